/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the service does by itself, under kills and power cuts: a group's snapshots and clones are removed
 * when their time is over; a group of mirrors loses a target and is taken up again; a Delta-Update group is
 * brought forward. Whatever the point of the crash, the service opens again and goes on with it: no replica
 * is left that is neither whole nor gone, and mirrors that say that they are Synchronized are alike.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <errno.h>
#include <stdio.h>

#include "service/policies.h"
#include "support/service_crash.h"
#include "util/clock.h"

#define STATE SC_STATE
#define OP SC_OP
#define AN_HOUR INT64_C(3600000000)
#define SETTINGS(text) "instance of CIM_ReplicationSettingData { " text " };"

static uint32_t replicate(replsvc_service *svc, uint16_t sync_type, const char *settings)
{
    replsvc_group_ref source, target;
    uint32_t ret = replsvc_group_find(svc, "sources", &source);
    if (ret == 0)
        ret = replsvc_group_find(svc, "targets", &target);
    if (ret == 0)
        ret = replsvc_create_group_replica(svc, "r", sync_type, 0, &source, NULL, NULL, &target, 0, NULL, 3,
                                           settings, NULL, NULL, NULL, NULL, STATE(SYNCHRONIZED));
    return ret;
}

/* Of the service's time: the wall clock, which is asked after a crash, stays. */
static void pass_an_hour(replsvc_service *svc)
{
    (void)retention_run(svc, clock_monotonic_us());
    (void)recovery_run(svc, clock_monotonic_us());
    clock_jump(0, AN_HOUR);
    (void)retention_run(svc, clock_monotonic_us());
    (void)recovery_run(svc, clock_monotonic_us());
    sc_wait_for_jobs(svc);
}

/* ---- removal ---- */

enum { REPLICATE = 1, WRITE_B, REMOVE, WRITE_C, REMOVAL_STEPS };
static uint16_t removed_type;

static uint32_t removal_step(replsvc_service *svc, int step)
{
    switch (step) {
    case REPLICATE:
        return replicate(svc, removed_type, SETTINGS("TimeBeforeRemoval = \"00000000010000.000000:000\";"));
    case REMOVE:
        pass_an_hour(svc);
        return fw_count_syncs(svc) == 0 ? 0 : REPLSVC_FAILED;
    default:
        return sc_write(svc, 0, step == WRITE_B ? 'B' : 'C');
    }
}

static int removal_check(replsvc_service *svc, const struct crash_point *p)
{
    static const char *const after[] = {"A", "A", "B", "B", "C"};
    size_t n = fw_count_syncs(svc);
    char any[4];
    snprintf(any, sizeof(any), "%s%s", after[sc.done], after[sc.started]);
    if (sc_expect_blocks(svc, p, 0, any) != 0)
        return -1;
    if (n == 0)
        return sc.done >= REPLICATE && sc.started < REMOVE ? crash_wrong(p, "it is gone") : 0;
    if (sc.done >= REMOVE)
        return crash_wrong(p, "%zu relationships are there", n);
    if (n != 3)
        return crash_wrong(p, "it is there in part: %zu", n);
    return sc_expect_content(svc, p, 2, "A");
}

static void removals_are_whole(void **state)
{
    (void)state;
    static const uint16_t types[] = {REPLSVC_SYNC_TYPE_SNAPSHOT, REPLSVC_SYNC_TYPE_CLONE};
    for (size_t i = 0; i < 2; i++) {
        struct sc_scenario s = {.name = i == 0 ? "removal of snapshots" : "removal of clones",
                                .steps = REMOVAL_STEPS - 1,
                                .every = 2,
                                .step = removal_step,
                                .check = removal_check};
        removed_type = types[i];
        assert_int_equal(sc_run(&s), 0);
    }
}

/* ---- recovery, delta updates ---- */

enum { MIRROR = 1, WRITE_1, BREAK, WRITE_2, RECOVER, WRITE_3, MIRROR_STEPS };

static uint32_t lose_target(replsvc_service *svc)
{
    struct world_fault fault = {
        .path = "disks/d3", .kinds = 1u << WORLD_OP_WRITE, .nth = 1, .forever = true, .err = -EIO};
    if (world_fault_add(world_bound("", 0), &fault) != 0)
        return REPLSVC_FAILED;
    uint32_t ret = sc_write(svc, 1, 'C');
    engine_events_drain(svc->engine);
    return ret;
}

static uint32_t recovery_step(replsvc_service *svc, int step)
{
    static const char bytes[MIRROR_STEPS] = {[WRITE_1] = 'B', [WRITE_2] = 'D', [WRITE_3] = 'E'};
    switch (step) {
    case MIRROR:
        return replicate(svc, REPLSVC_SYNC_TYPE_MIRROR, SETTINGS("CopyRecoveryMode = 2;"));
    case BREAK:
        return lose_target(svc);
    case RECOVER:
        world_faults_clear(world_bound("", 0));
        pass_an_hour(svc);
        return 0;
    default:
        return sc_write(svc, 1, (unsigned char)bytes[step]);
    }
}

/* The targets are there again after the crash: an hour later at the latest all is alike. */
static int mirror_check(replsvc_service *svc, const struct crash_point *p)
{
    static const char *const after[] = {"A", "A", "B", "C", "D", "D", "E"};
    replsvc_sync_ref s;
    char any[4];
    snprintf(any, sizeof(any), "%s%s", after[sc.done], after[sc.started]);
    if (sc_expect_blocks(svc, p, 1, any) != 0)
        return -1;
    if (replsvc_sync_find(svc, "r", &s) != 0)
        return sc.done >= MIRROR ? crash_wrong(p, "the mirror is gone") : 0;
    pass_an_hour(svc);
    replsvc_sync_info info = {.size = sizeof(info)};
    if (replsvc_sync_get_info(svc, &s, &info) != 0 || info.copy_state != STATE(SYNCHRONIZED))
        return crash_wrong(p, "the mirror is in state %u: %s", info.copy_state, info.error_message);
    if (sc_operate(svc, "r", OP(SPLIT)) != 0)
        return crash_wrong(p, "it cannot be split: %s", replsvc_last_error()->message);
    int wrong = sc_expect_alike(svc, p, 0, 2);
    return wrong == 0 ? sc_expect_alike(svc, p, 1, 3) : wrong;
}

static void lost_targets_are_brought_up_to_date(void **state)
{
    (void)state;
    struct sc_scenario s = {.name = "automatic recovery",
                            .steps = MIRROR_STEPS - 1,
                            .every = 2,
                            .jobs_may_fail = true,
                            .step = recovery_step,
                            .check = mirror_check};
    assert_int_equal(sc_run(&s), 0);
}

static uint32_t delta_step(replsvc_service *svc, int step)
{
    if (step == MIRROR)
        return replicate(svc, REPLSVC_SYNC_TYPE_MIRROR, SETTINGS("DeltaUpdateBlocks = 8;"));
    return sc_write(svc, 1, (unsigned char)('A' + step - 1));
}

static int delta_check(replsvc_service *svc, const struct crash_point *p)
{
    char any[4] = {(char)(sc.done <= MIRROR ? 'A' : 'A' + sc.done - 1),
                   (char)(sc.started <= MIRROR ? 'A' : 'A' + sc.started - 1)};
    replsvc_sync_ref s;
    if (sc_expect_blocks(svc, p, 1, any) != 0)
        return -1;
    if (replsvc_sync_find(svc, "r", &s) != 0)
        return sc.done >= MIRROR ? crash_wrong(p, "the mirror is gone") : 0;
    if (sc_operate(svc, "r", OP(SPLIT)) != 0)
        return crash_wrong(p, "it cannot be split: %s", replsvc_last_error()->message);
    return sc_expect_alike(svc, p, 1, 3);
}

static void delta_updates_survive_crashes(void **state)
{
    (void)state;
    struct sc_scenario s = {
        .name = "delta updates", .steps = 4, .every = 3, .step = delta_step, .check = delta_check};
    assert_int_equal(sc_run(&s), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(removals_are_whole),
        cmocka_unit_test(lost_targets_are_brought_up_to_date),
        cmocka_unit_test(delta_updates_survive_crashes),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    print_message("crash points tried: %lu\n", crash_points());
    return failed;
}
