/* SPDX-License-Identifier: BSD-2-Clause */
/* See service_crash.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "support/service_crash.h"
#include "support/service_world.h"

#define SIZE (SC_BLOCKS * FW_BLOCK)

enum { STARTED = 1, DONE };

struct sc_model sc;
static const struct sc_scenario *scenario;

static replsvc_service_options options(void)
{
    return (replsvc_service_options){
        .size = sizeof(replsvc_service_options), .region_size = 4096, .worker_threads = 2};
}

/* ---- steps ---- */

uint32_t sc_write(replsvc_service *svc, size_t disk, unsigned char byte)
{
    unsigned char buffer[FW_BLOCK];
    replsvc_volume *v;
    int err = replsvc_volume_open(svc, &sc.e[disk], REPLSVC_VOLUME_WRITABLE, &v);
    if (err != 0)
        return (uint32_t)-err;
    memset(buffer, byte, sizeof(buffer));
    for (uint64_t b = 0; b < SC_BLOCKS && err == 0; b += scenario->every)
        err = replsvc_volume_pwrite(v, buffer, sizeof(buffer), b * FW_BLOCK, 0);
    if (err == 0)
        err = replsvc_volume_flush(v);
    int closed = replsvc_volume_close(v);
    return (uint32_t) - (err != 0 ? err : closed);
}

uint32_t sc_replicate(replsvc_service *svc, const char *name, uint16_t sync_type, uint16_t mode,
                      uint16_t wait)
{
    replsvc_group_ref source, target;
    uint32_t ret = replsvc_group_find(svc, "sources", &source);
    if (ret == 0)
        ret = replsvc_group_find(svc, "targets", &target);
    if (ret == 0)
        ret = replsvc_create_group_replica(svc, name, sync_type, mode, &source, NULL, NULL, &target, 0, NULL,
                                           3, NULL, NULL, NULL, NULL, NULL, wait);
    return ret == REPLSVC_JOB_STARTED ? 0 : ret;
}

uint32_t sc_operate(replsvc_service *svc, const char *name, uint16_t operation)
{
    replsvc_sync_ref s;
    uint32_t ret = replsvc_sync_find(svc, name, &s);
    return ret != 0
               ? ret
               : replsvc_modify_replica_synchronization(svc, operation, &s, NULL, NULL, 0, NULL, NULL,
                                                        REPLSVC_BOOL_TRUE, SC_STATE(NOT_APPLICABLE), NULL);
}

static uint32_t wait_for_jobs(replsvc_service *svc, replsvc_job_ref *failed)
{
    replsvc_job_ref *jobs;
    size_t n;
    uint32_t ret = replsvc_job_list(svc, &jobs, &n);
    if (ret != 0)
        return ret;
    for (size_t i = 0; i < n && ret == 0; i++) {
        ret = replsvc_job_wait(svc, &jobs[i], 60000);
        *failed = jobs[i];
    }
    replsvc_free(jobs);
    return ret;
}

void sc_wait_for_jobs(replsvc_service *svc)
{
    replsvc_job_ref job;
    (void)wait_for_jobs(svc, &job);
}

/* ---- the run ---- */

static int setup(void *user, struct world *w)
{
    (void)user;
    replsvc_service_options o = options();
    replsvc_service *svc;
    uint32_t err = 0;
    unsigned every = scenario->every;
    struct sc_scenario all = *scenario;
    all.every = 1;
    if (service_world_open(w, &o, &svc) != 0)
        return -1;
    for (int i = 0; i < SC_DISKS && err == 0; i++) {
        char locator[32];
        snprintf(locator, sizeof(locator), "sim:d%d", i);
        err = world_disk(w, locator + 4, SIZE) != 0;
        if (err == 0)
            err = replsvc_element_register(svc, NULL, locator, NULL, &sc.e[i]);
    }
    const struct sc_scenario *own = scenario;
    scenario = every != 1 ? &all : own;
    for (size_t i = 0; i < 2 && err == 0; i++)
        err = sc_write(svc, i, 'A');
    scenario = own;
    if (err == 0)
        err = replsvc_create_group(svc, "sources", sc.e, 2, 0, 0, 0, NULL, NULL, NULL);
    if (err == 0)
        err = replsvc_create_group(svc, "targets", &sc.e[2], 2, 0, 0, 0, NULL, NULL, NULL);
    replsvc_service_close(svc);
    return (int)err;
}

static int run(void *user, struct world *w)
{
    (void)user;
    replsvc_service_options o = options();
    replsvc_service *svc;
    uint32_t ret = service_world_open(w, &o, &svc);
    for (int step = 1; step <= scenario->steps && ret == 0; step++) {
        world_mark(w, STARTED, (uint64_t)step, 0, 0);
        ret = scenario->step(svc, step);
        world_mark(w, DONE, (uint64_t)step, 0, 0);
        if (ret != 0)
            print_error("step %d: %u %s\n", step, ret, replsvc_last_error()->message);
        if (ret == 0 && step == scenario->reopen) {
            replsvc_service_close(svc);
            ret = service_world_open(w, &o, &svc);
            if (ret == 0)
                sc_wait_for_jobs(svc);
        }
    }
    replsvc_service_close(svc);
    return ret == 0 ? 0 : -1;
}

static void restart(void *user)
{
    (void)user;
    sc.started = sc.done = 0;
}

static void mark(void *user, const struct world_mark *m)
{
    (void)user;
    *(m->kind == STARTED ? &sc.started : &sc.done) = (int)m->a;
}

/* ---- after the crash ---- */

int sc_expect_blocks(replsvc_service *svc, const struct crash_point *p, size_t disk, const char *any_of)
{
    for (uint64_t b = 0; b < SC_BLOCKS; b += scenario->every) {
        int got = fw_read(svc, &sc.e[disk], b);
        if (got <= 0 || strchr(any_of, got) == NULL)
            return crash_wrong(p, "d%zu has at block %u %d, not one of %s", disk, (unsigned)b, got, any_of);
    }
    return 0;
}

int sc_expect_content(replsvc_service *svc, const struct crash_point *p, size_t disk, const char *any_of)
{
    int first = fw_read(svc, &sc.e[disk], 0);
    if (sc_expect_blocks(svc, p, disk, any_of) != 0)
        return -1;
    for (uint64_t b = 0; b < SC_BLOCKS; b += scenario->every) {
        int got = fw_read(svc, &sc.e[disk], b);
        if (got != first)
            return crash_wrong(p, "d%zu has '%c' and at block %u %d", disk, first, (unsigned)b, got);
    }
    return 0;
}

int sc_expect_alike(replsvc_service *svc, const struct crash_point *p, size_t a, size_t b)
{
    for (uint64_t i = 0; i < SC_BLOCKS; i++) {
        int left = fw_read(svc, &sc.e[a], i), right = fw_read(svc, &sc.e[b], i);
        if (left != right || left < 0)
            return crash_wrong(p, "d%zu and d%zu differ at block %u: %d %d", a, b, (unsigned)i, left, right);
    }
    return 0;
}

static int check(void *user, struct world *w, const struct crash_point *p)
{
    (void)user;
    replsvc_service_options o = options();
    replsvc_service *svc;
    replsvc_job_ref job = {""};
    if (service_world_open(w, &o, &svc) != 0)
        return crash_wrong(p, "it cannot be opened: %s", replsvc_last_error()->message);
    uint32_t ret = wait_for_jobs(svc, &job);
    int wrong = ret != 0 && !scenario->jobs_may_fail
                    ? crash_wrong(p, "job %s: %u %s", job.id, ret, replsvc_last_error()->message)
                    : 0;
    world_mark(w, CRASH_RECOVERED, 0, 0, 0);
    if (wrong == 0)
        wrong = scenario->check(svc, p);
    replsvc_service_close(svc);
    return wrong;
}

int sc_run(const struct sc_scenario *s)
{
    struct crash_scenario all = {
        .name = s->name,
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
    scenario = s;
    return crash_run(&all);
}
