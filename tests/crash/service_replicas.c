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

#include "support/service_crash.h"

#define STATE SC_STATE
#define OP SC_OP

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
static uint32_t snapshot(replsvc_service *svc, const char *name, size_t source, size_t target)
{
    return replsvc_create_element_replica(svc, name, REPLSVC_SYNC_TYPE_SNAPSHOT, 0, &sc.e[source], NULL,
                                          &sc.e[target], NULL, NULL, NULL, NULL, NULL, NULL,
                                          STATE(SYNCHRONIZED), NULL, NULL, 0);
}

static uint32_t do_step(replsvc_service *svc, int step)
{
    switch (step) {
    case CLONE:
        return sc_replicate(svc, "c", REPLSVC_SYNC_TYPE_CLONE, 0, 0);
    case WRITE_B:
        return sc_write(svc, 0, 'B');
    case SNAP_S:
        sc_wait_for_jobs(svc);
        return snapshot(svc, "s", 0, 4);
    case WRITE_C:
        return sc_write(svc, 0, 'C');
    case SNAP_T:
        return snapshot(svc, "t", 0, 5);
    case WRITE_D:
        return sc_write(svc, 0, 'D');
    case RETURN_S:
        return sc_operate(svc, "s", OP(RETURN_TO_RESOURCEPOOL));
    case RESTORE_T:
        return sc_operate(svc, "t", OP(RESTORE_FROM_REPLICA));
    case DETACH_C:
        return sc_operate(svc, "c", OP(DETACH));
    case WRITE_E:
        return sc_write(svc, 0, 'E');
    case RESYNC_T:
        return sc_operate(svc, "t", OP(RESYNC_REPLICA));
    default:
        return sc_operate(svc, "t", OP(DETACH));
    }
}

/* ---- after the crash ---- */

/* The relationship is there from the end of step `from` to the beginning of step `to`. *there: it is. */
static int expect_sync(replsvc_service *svc, const struct crash_point *p, const char *name, int from, int to,
                       bool *there)
{
    replsvc_sync_ref s;
    *there = replsvc_sync_find(svc, name, &s) == 0;
    if (*there && (sc.started < from || sc.done >= to))
        return crash_wrong(p, "%s is there", name);
    if (!*there && sc.done >= from && sc.started < to)
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
    for (size_t d = 2; d < 4 && wrong == 0 && (there || sc.done >= CLONE); d++)
        wrong = sc_expect_content(svc, p, d, "A");
    return wrong;
}

static int check_snapshots(replsvc_service *svc, const struct crash_point *p)
{
    bool there;
    int wrong = expect_sync(svc, p, "s", SNAP_S, RETURN_S, &there);
    if (wrong == 0 && there)
        wrong = sc_expect_content(svc, p, 4, "B");
    if (wrong == 0)
        wrong = expect_sync(svc, p, "t", SNAP_T, DETACH_T, &there);
    if (wrong == 0 && (there || sc.done >= SNAP_T))
        wrong = sc_expect_content(svc, p, 5, sc.done >= RESYNC_T ? "E" : sc.started >= RESYNC_T ? "CE" : "C");
    return wrong;
}

static int check_source(replsvc_service *svc, const struct crash_point *p)
{
    bool writing = sc.started > sc.done;
    switch (sc.started) {
    case WRITE_B:
        return writing ? sc_expect_blocks(svc, p, 0, "AB") : sc_expect_content(svc, p, 0, "B");
    case SNAP_S:
        return sc_expect_content(svc, p, 0, "B");
    case WRITE_C:
        return writing ? sc_expect_blocks(svc, p, 0, "BC") : sc_expect_content(svc, p, 0, "C");
    case SNAP_T:
        return sc_expect_content(svc, p, 0, "C");
    case WRITE_D:
        return writing ? sc_expect_blocks(svc, p, 0, "CD") : sc_expect_content(svc, p, 0, "D");
    case RETURN_S:
        return sc_expect_content(svc, p, 0, "D");
    case RESTORE_T:
        return sc_expect_content(svc, p, 0, writing ? "CD" : "C");
    case DETACH_C:
        return sc_expect_content(svc, p, 0, "C");
    case WRITE_E:
        return writing ? sc_expect_blocks(svc, p, 0, "CE") : sc_expect_content(svc, p, 0, "E");
    case RESYNC_T:
    case DETACH_T:
        return sc_expect_content(svc, p, 0, "E");
    default:
        return sc_expect_content(svc, p, 0, "A");
    }
}

/* It goes on working. */
static int check_use(replsvc_service *svc, const struct crash_point *p)
{
    if (snapshot(svc, "later", 0, 6) != 0)
        return crash_wrong(p, "no new snapshot: %s", replsvc_last_error()->message);
    if (sc_operate(svc, "later", OP(RETURN_TO_RESOURCEPOOL)) != 0)
        return crash_wrong(p, "it cannot be returned: %s", replsvc_last_error()->message);
    return 0;
}

static int check(replsvc_service *svc, const struct crash_point *p)
{
    int wrong = check_source(svc, p);
    if (wrong == 0)
        wrong = check_clone(svc, p);
    if (wrong == 0)
        wrong = check_snapshots(svc, p);
    return wrong == 0 ? check_use(svc, p) : wrong;
}

static void replicas_survive_crashes(void **state)
{
    (void)state;
    struct sc_scenario s = {.name = "replicas of the service",
                            .steps = STEPS - 1,
                            .reopen = RESTORE_T,
                            .every = 1,
                            .step = do_step,
                            .check = check};
    assert_int_equal(sc_run(&s), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(replicas_survive_crashes)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
