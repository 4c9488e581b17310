/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The whole service under kills and power cuts: a group is cloned, snapshots are taken, returned, restored
 * from, resynchronised and detached while the source is written. Whatever the point of the crash, the
 * service opens again, goes on with what was begun, and then every relationship that was acknowledged is
 * there in its state, with its point in time byte for byte; one that was not is there whole or not at all.
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
#define DISKS 7

enum {
    CLONE = 1, /* "c": d0, d1 → d2, d3, both full of A */
    WRITE_B,
    SNAP_S, /* "s": d0 → d4 */
    WRITE_C,
    SNAP_T, /* "t": d0 → d5 */
    WRITE_D,
    RETURN_S,
    RESTORE_T, /* d0 is C again */
    DETACH_C,
    WRITE_E,
    RESYNC_T,
    DETACH_T,
    STEPS
};
enum { STARTED = 1, DONE };

static struct {
    int started, done;
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
    memset(buffer, byte, sizeof(buffer));
    for (uint64_t b = 0; b < BLOCKS && err == 0; b++)
        err = replsvc_volume_pwrite(v, buffer, sizeof(buffer), b * FW_BLOCK, 0);
    if (err == 0)
        err = replsvc_volume_flush(v);
    if (err == 0)
        err = replsvc_volume_close(v);
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

/* ---- the calls ---- */

static uint32_t clone_group(replsvc_service *svc, replsvc_job_ref *job)
{
    replsvc_group_ref source, target;
    uint32_t ret = replsvc_group_find(svc, "sources", &source);
    if (ret == 0)
        ret = replsvc_group_find(svc, "targets", &target);
    return ret != 0 ? ret
                    : replsvc_create_group_replica(svc, "c", REPLSVC_SYNC_TYPE_CLONE, 0, &source, NULL, NULL,
                                                   &target, 0, NULL, 3, NULL, job, NULL, NULL, NULL, 0);
}

static uint32_t snapshot(replsvc_service *svc, const char *name, size_t source, size_t target)
{
    return replsvc_create_element_replica(svc, name, REPLSVC_SYNC_TYPE_SNAPSHOT, 0, &model.e[source], NULL,
                                          &model.e[target], NULL, NULL, NULL, NULL, NULL, NULL,
                                          STATE(SYNCHRONIZED), NULL, NULL, 0);
}

static uint32_t operate(replsvc_service *svc, const char *name, uint16_t op)
{
    replsvc_sync_ref s;
    uint32_t ret = replsvc_sync_find(svc, name, &s);
    return ret != 0 ? ret
                    : replsvc_modify_replica_synchronization(svc, op, &s, NULL, NULL, 0, NULL, NULL,
                                                             REPLSVC_BOOL_TRUE, STATE(NOT_APPLICABLE), NULL);
}

static uint32_t do_step(replsvc_service *svc, int step, replsvc_job_ref *job)
{
    switch (step) {
    case CLONE:
        return clone_group(svc, job);
    case WRITE_B:
        return (uint32_t)-fill(svc, 0, 'B');
    case SNAP_S:
        return snapshot(svc, "s", 0, 4);
    case WRITE_C:
        return (uint32_t)-fill(svc, 0, 'C');
    case SNAP_T:
        return snapshot(svc, "t", 0, 5);
    case WRITE_D:
        return (uint32_t)-fill(svc, 0, 'D');
    case RETURN_S:
        return operate(svc, "s", OP(RETURN_TO_RESOURCEPOOL));
    case RESTORE_T:
        return operate(svc, "t", OP(RESTORE_FROM_REPLICA));
    case DETACH_C:
        return operate(svc, "c", OP(DETACH));
    case WRITE_E:
        return (uint32_t)-fill(svc, 0, 'E');
    case RESYNC_T:
        return operate(svc, "t", OP(RESYNC_REPLICA));
    default:
        return operate(svc, "t", OP(DETACH));
    }
}

static int run(void *user, struct world *w)
{
    (void)user;
    replsvc_service_options o = options();
    replsvc_service *svc;
    replsvc_job_ref job = {""};
    uint32_t ret = service_world_open(w, &o, &svc);
    for (int step = CLONE; step < STEPS && (ret == 0 || ret == REPLSVC_JOB_STARTED); step++) {
        if (step == SNAP_S && job.id[0] != '\0' && replsvc_job_wait(svc, &job, -1) != 0)
            return -1;
        world_mark(w, STARTED, (uint64_t)step, 0, 0);
        ret = do_step(svc, step, &job);
        world_mark(w, DONE, (uint64_t)step, 0, 0);
        if (ret != 0 && ret != REPLSVC_JOB_STARTED)
            print_error("step %d: %u %s\n", step, ret, replsvc_last_error()->message);
        if (step == RESTORE_T) { /* closed in order in between */
            replsvc_service_close(svc);
            ret = service_world_open(w, &o, &svc);
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

/* Every block of the disk is one and the same of these. */
static int expect_content(replsvc_service *svc, const struct crash_point *p, size_t disk, const char *any_of)
{
    int first = fw_read(svc, &model.e[disk], 0);
    if (first <= 0 || strchr(any_of, first) == NULL)
        return crash_wrong(p, "d%zu begins with %d, not one of %s", disk, first, any_of);
    for (uint64_t b = 1; b < BLOCKS; b++) {
        int got = fw_read(svc, &model.e[disk], b);
        if (got != first)
            return crash_wrong(p, "d%zu has '%c' and at block %u %d", disk, first, (unsigned)b, got);
    }
    return 0;
}

/* A write under way may have reached any blocks. */
static int expect_blocks(replsvc_service *svc, const struct crash_point *p, size_t disk, const char *any_of)
{
    for (uint64_t b = 0; b < BLOCKS; b++) {
        int got = fw_read(svc, &model.e[disk], b);
        if (got <= 0 || strchr(any_of, got) == NULL)
            return crash_wrong(p, "d%zu has at block %u %d, not one of %s", disk, (unsigned)b, got, any_of);
    }
    return 0;
}

/* The relationship is there from the end of step `from` to the beginning of step `to`. *there: it is. */
static int expect_sync(replsvc_service *svc, const struct crash_point *p, const char *name, int from, int to,
                       bool *there)
{
    replsvc_sync_ref s;
    *there = replsvc_sync_find(svc, name, &s) == 0;
    if (*there && (model.started < from || model.done >= to))
        return crash_wrong(p, "%s is there", name);
    if (!*there && model.done >= from && model.started < to)
        return crash_wrong(p, "%s is gone", name);
    if (!*there)
        return 0;
    replsvc_sync_info info = {.size = sizeof(info)};
    if (replsvc_sync_get_info(svc, &s, &info) != 0)
        return crash_wrong(p, "%s has no info", name);
    bool whole = info.copy_state == STATE(SYNCHRONIZED) || info.copy_state == STATE(RESTORED);
    if (!whole || info.percent_synced != 100)
        return crash_wrong(p, "%s is in state %u, %u %%: %s", name, info.copy_state, info.percent_synced,
                           info.error_message);
    return 0;
}

static int check_clone(replsvc_service *svc, const struct crash_point *p)
{
    bool there;
    int wrong = expect_sync(svc, p, "c", CLONE, DETACH_C, &there);
    for (size_t d = 2; d < 4 && wrong == 0 && (there || model.done >= CLONE); d++)
        wrong = expect_content(svc, p, d, "A");
    return wrong;
}

static int check_snapshots(replsvc_service *svc, const struct crash_point *p)
{
    bool there;
    int wrong = expect_sync(svc, p, "s", SNAP_S, RETURN_S, &there);
    if (wrong == 0 && there)
        wrong = expect_content(svc, p, 4, "B");
    if (wrong == 0)
        wrong = expect_sync(svc, p, "t", SNAP_T, DETACH_T, &there);
    if (wrong == 0 && (there || model.done >= SNAP_T))
        wrong = expect_content(svc, p, 5,
                               model.done >= RESYNC_T      ? "E"
                               : model.started >= RESYNC_T ? "CE"
                                                           : "C");
    return wrong;
}

static int check_source(replsvc_service *svc, const struct crash_point *p)
{
    bool writing = model.started > model.done;
    switch (model.started) {
    case WRITE_B:
        return writing ? expect_blocks(svc, p, 0, "AB") : expect_content(svc, p, 0, "B");
    case SNAP_S:
        return expect_content(svc, p, 0, "B");
    case WRITE_C:
        return writing ? expect_blocks(svc, p, 0, "BC") : expect_content(svc, p, 0, "C");
    case SNAP_T:
        return expect_content(svc, p, 0, "C");
    case WRITE_D:
        return writing ? expect_blocks(svc, p, 0, "CD") : expect_content(svc, p, 0, "D");
    case RETURN_S:
        return expect_content(svc, p, 0, "D");
    case RESTORE_T:
        return expect_content(svc, p, 0, writing ? "CD" : "C");
    case DETACH_C:
        return expect_content(svc, p, 0, "C");
    case WRITE_E:
        return writing ? expect_blocks(svc, p, 0, "CE") : expect_content(svc, p, 0, "E");
    case RESYNC_T:
    case DETACH_T:
        return expect_content(svc, p, 0, "E");
    default:
        return expect_content(svc, p, 0, "A");
    }
}

/* It goes on working. */
static int check_use(replsvc_service *svc, const struct crash_point *p)
{
    if (snapshot(svc, "later", 0, 6) != 0)
        return crash_wrong(p, "no new snapshot: %s", replsvc_last_error()->message);
    if (operate(svc, "later", OP(RETURN_TO_RESOURCEPOOL)) != 0)
        return crash_wrong(p, "it cannot be returned: %s", replsvc_last_error()->message);
    return 0;
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
        wrong = check_source(svc, p);
    if (wrong == 0)
        wrong = check_clone(svc, p);
    if (wrong == 0)
        wrong = check_snapshots(svc, p);
    if (wrong == 0)
        wrong = check_use(svc, p);
    replsvc_service_close(svc);
    return wrong;
}

static void replicas_survive_crashes(void **state)
{
    (void)state;
    struct crash_scenario s = {
        .name = "replicas of the service",
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
    assert_int_equal(crash_run(&s), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(replicas_survive_crashes)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
