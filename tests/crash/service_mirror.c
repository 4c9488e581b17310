/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Mirrors under the whole service, under kills and power cuts: a group is mirrored while it is written,
 * suspended and resumed, split and resynchronised, failed over, written on the other side, failed back.
 * Whatever the point of the crash, the service opens again, catches up, and then a mirror that says that it
 * is Synchronized has two sides that are alike; nothing that was flushed is lost on the side that hosts use.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <stdio.h>

#include "support/crash.h"
#include "support/file_world.h"
#include "support/service_world.h"

#define BLOCKS 12u
#define SIZE (BLOCKS * FW_BLOCK)
#define STATE(name) REPLSVC_COPY_STATE_##name
#define OP(name) REPLSVC_OPERATION_##name
#define DISKS 4

enum {
    MIRROR = 1, /* "m": d0, d1 → d2, d3; d0, d1 are full of A */
    WRITE_B,
    SUSPEND,
    WRITE_C,
    RESUME,
    SPLIT,
    WRITE_D,
    RESYNC,
    FAILOVER,
    WRITE_E, /* to the targets */
    FAILBACK,
    WRITE_F,
    DETACH,
    STEPS
};
enum { STARTED = 1, DONE };

static struct {
    int started, done;
    uint16_t mode;
    replsvc_element_ref e[DISKS];
} model;

static replsvc_service_options options(void)
{
    return (replsvc_service_options){
        .size = sizeof(replsvc_service_options), .region_size = 4096, .worker_threads = 2};
}

static int fill(replsvc_service *svc, size_t disk, unsigned char byte)
{
    unsigned char buffer[FW_BLOCK];
    replsvc_volume *v;
    int err = replsvc_volume_open(svc, &model.e[disk], REPLSVC_VOLUME_WRITABLE, &v);
    if (err != 0)
        return err;
    memset(buffer, byte, sizeof(buffer));
    for (uint64_t b = 0; b < BLOCKS && err == 0; b += 2)
        err = replsvc_volume_pwrite(v, buffer, sizeof(buffer), b * FW_BLOCK, 0);
    if (err == 0)
        err = replsvc_volume_flush(v);
    replsvc_volume_close(v);
    return err;
}

static int setup(void *user, struct world *w)
{
    (void)user;
    replsvc_service_options o = options();
    replsvc_service *svc;
    int err = 0;
    if (service_world_open(w, &o, &svc) != 0)
        return -1;
    for (int i = 0; i < DISKS && err == 0; i++) {
        char locator[32];
        snprintf(locator, sizeof(locator), "sim:d%d", i);
        err = world_disk(w, locator + 4, SIZE);
        if (err == 0)
            err = (int)replsvc_element_register(svc, NULL, locator, NULL, &model.e[i]);
    }
    for (size_t i = 0; i < 2 && err == 0; i++)
        err = fill(svc, i, 'A');
    if (err == 0)
        err = (int)replsvc_create_group(svc, "sources", model.e, 2, 0, 0, 0, NULL, NULL, NULL);
    if (err == 0)
        err = (int)replsvc_create_group(svc, "targets", &model.e[2], 2, 0, 0, 0, NULL, NULL, NULL);
    replsvc_service_close(svc);
    return err;
}

static uint32_t mirror_group(replsvc_service *svc)
{
    replsvc_group_ref source, target;
    uint32_t ret = replsvc_group_find(svc, "sources", &source);
    if (ret == 0)
        ret = replsvc_group_find(svc, "targets", &target);
    return ret != 0 ? ret
                    : replsvc_create_group_replica(svc, "m", REPLSVC_SYNC_TYPE_MIRROR, model.mode, &source,
                                                   NULL, NULL, &target, 0, NULL, 3, NULL, NULL, NULL, NULL,
                                                   NULL, STATE(SYNCHRONIZED));
}

static uint32_t operate(replsvc_service *svc, uint16_t op)
{
    replsvc_sync_ref s;
    uint32_t ret = replsvc_sync_find(svc, "m", &s);
    return ret != 0 ? ret
                    : replsvc_modify_replica_synchronization(svc, op, &s, NULL, NULL, 0, NULL, NULL,
                                                             REPLSVC_BOOL_TRUE, STATE(NOT_APPLICABLE), NULL);
}

static uint32_t do_step(replsvc_service *svc, int step)
{
    static const uint16_t ops[STEPS] = {
        [SUSPEND] = OP(SUSPEND),       [RESUME] = OP(RESUME),     [SPLIT] = OP(SPLIT),
        [RESYNC] = OP(RESYNC_REPLICA), [FAILOVER] = OP(FAILOVER), [FAILBACK] = OP(FAILBACK),
        [DETACH] = OP(DETACH)};
    static const char bytes[STEPS] = {
        [WRITE_B] = 'B', [WRITE_C] = 'C', [WRITE_D] = 'D', [WRITE_E] = 'E', [WRITE_F] = 'F'};
    if (step == MIRROR)
        return mirror_group(svc);
    if (ops[step] != 0)
        return operate(svc, ops[step]);
    return (uint32_t)-fill(svc, step == WRITE_E ? 2 : 0, (unsigned char)bytes[step]);
}

static int run(void *user, struct world *w)
{
    (void)user;
    replsvc_service_options o = options();
    replsvc_service *svc;
    uint32_t ret = service_world_open(w, &o, &svc);
    for (int step = MIRROR; step < STEPS && ret == 0; step++) {
        world_mark(w, STARTED, (uint64_t)step, 0, 0);
        ret = do_step(svc, step);
        world_mark(w, DONE, (uint64_t)step, 0, 0);
        if (ret != 0)
            print_error("step %d: %u %s\n", step, ret, replsvc_last_error()->message);
        if (ret == 0 && step == RESYNC) { /* closed in order in between */
            replsvc_service_close(svc);
            ret = service_world_open(w, &o, &svc);
            replsvc_sync_ref s;
            (void)replsvc_sync_find(svc, "m", &s);
            for (int i = 0; i < 1000 && fw_info(svc, &s).copy_state != STATE(SYNCHRONIZED); i++) {
                replsvc_job_ref *jobs;
                size_t n;
                (void)replsvc_job_list(svc, &jobs, &n);
                for (size_t k = 0; k < n; k++)
                    (void)replsvc_job_wait(svc, &jobs[k], -1);
                replsvc_free(jobs);
            }
        }
    }
    replsvc_service_close(svc);
    return ret == 0 ? 0 : -1;
}

static void restart(void *user)
{
    (void)user;
    model.started = model.done = 0;
}

static void mark(void *user, const struct world_mark *m)
{
    (void)user;
    *(m->kind == STARTED ? &model.started : &model.done) = (int)m->a;
}

/* ---- after the crash ---- */

static int finish_jobs(replsvc_service *svc, const struct crash_point *p)
{
    replsvc_job_ref *jobs;
    size_t n;
    int wrong = 0;
    if (replsvc_job_list(svc, &jobs, &n) != 0)
        return crash_wrong(p, "jobs cannot be listed");
    for (size_t i = 0; i < n && wrong == 0; i++) {
        uint32_t ret = replsvc_job_wait(svc, &jobs[i], 60000);
        if (ret != 0)
            wrong = crash_wrong(p, "job %s: %u %s", jobs[i].id, ret, replsvc_last_error()->message);
    }
    replsvc_free(jobs);
    return wrong;
}

/* Every other block of d0 as hosts left it, each as a whole one of these. */
static int expect_bytes(replsvc_service *svc, const struct crash_point *p, size_t disk, const char *any_of)
{
    for (uint64_t b = 0; b < BLOCKS; b += 2) {
        int got = fw_read(svc, &model.e[disk], b);
        if (got <= 0 || strchr(any_of, got) == NULL)
            return crash_wrong(p, "d%zu has at block %u %d, not one of %s", disk, (unsigned)b, got, any_of);
    }
    return 0;
}

/* On the side that hosts use now. */
static int check_data(replsvc_service *svc, const struct crash_point *p, uint16_t state)
{
    static const char *const after[STEPS] = {
        [0] = "A",       [MIRROR] = "A",   [WRITE_B] = "B", [SUSPEND] = "B", [WRITE_C] = "C",
        [RESUME] = "C",  [SPLIT] = "C",    [WRITE_D] = "D", [RESYNC] = "D",  [FAILOVER] = "D",
        [WRITE_E] = "E", [FAILBACK] = "E", [WRITE_F] = "F", [DETACH] = "F"};
    char any[4];
    snprintf(any, sizeof(any), "%s%s", after[model.done], after[model.started]);
    return expect_bytes(svc, p, state == STATE(FAILEDOVER) ? 2 : 0, any);
}

/* Both sides hold the same: they are parted for it, so that the targets can be read. */
static int check_alike(replsvc_service *svc, const struct crash_point *p)
{
    if (operate(svc, OP(SPLIT)) != 0)
        return crash_wrong(p, "it cannot be split: %s", replsvc_last_error()->message);
    for (size_t d = 0; d < 2; d++)
        for (uint64_t b = 0; b < BLOCKS; b++) {
            int left = fw_read(svc, &model.e[d], b), right = fw_read(svc, &model.e[d + 2], b);
            if (left != right || left < 0)
                return crash_wrong(p, "d%zu and d%zu differ at block %u: %d %d", d, d + 2, (unsigned)b, left,
                                   right);
        }
    return 0;
}

static int check_mirror(replsvc_service *svc, const struct crash_point *p)
{
    replsvc_sync_ref s;
    bool there = replsvc_sync_find(svc, "m", &s) == 0;
    if (there && (model.started < MIRROR || model.done >= DETACH))
        return crash_wrong(p, "the mirror is there");
    if (!there && model.done >= MIRROR && model.started < DETACH)
        return crash_wrong(p, "the mirror is gone");
    if (!there)
        return check_data(svc, p, 0);
    replsvc_sync_info info = {.size = sizeof(info)};
    if (replsvc_sync_get_info(svc, &s, &info) != 0)
        return crash_wrong(p, "the mirror has no info");
    switch (info.copy_state) {
    case STATE(SYNCHRONIZED):
    case STATE(SUSPENDED):
    case STATE(SPLIT):
    case STATE(FAILEDOVER):
        break;
    default:
        return crash_wrong(p, "the mirror is in state %u: %s", info.copy_state, info.error_message);
    }
    int wrong = check_data(svc, p, info.copy_state);
    return wrong == 0 && info.copy_state == STATE(SYNCHRONIZED) ? check_alike(svc, p) : wrong;
}

static int check(void *user, struct world *w, const struct crash_point *p)
{
    (void)user;
    replsvc_service_options o = options();
    replsvc_service *svc;
    if (service_world_open(w, &o, &svc) != 0)
        return crash_wrong(p, "it cannot be opened: %s", replsvc_last_error()->message);
    int wrong = finish_jobs(svc, p);
    world_mark(w, CRASH_RECOVERED, 0, 0, 0);
    if (wrong == 0)
        wrong = check_mirror(svc, p);
    replsvc_service_close(svc);
    return wrong;
}

static void mirrors_survive(uint16_t mode, const char *name)
{
    struct crash_scenario s = {
        .name = name,
        .sector = FW_BLOCK,
        .recovery = crash_long(),
        .random = crash_long() ? 0 : 1,
        .single = crash_long() ? 0 : 1,
        .setup = setup,
        .run = run,
        .restart = restart,
        .mark = mark,
        .check = check,
    };
    model.mode = mode;
    assert_int_equal(crash_run(&s), 0);
}

static void synchronous_mirrors_survive_crashes(void **state)
{
    (void)state;
    mirrors_survive(REPLSVC_MODE_SYNCHRONOUS, "synchronous mirrors of the service");
}

static void asynchronous_mirrors_survive_crashes(void **state)
{
    (void)state;
    mirrors_survive(REPLSVC_MODE_ASYNCHRONOUS, "asynchronous mirrors of the service");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(synchronous_mirrors_survive_crashes),
        cmocka_unit_test(asynchronous_mirrors_survive_crashes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
