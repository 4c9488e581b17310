/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Mirrors that go the other way, under kills and power cuts: sources are restored from their targets, roles
 * change in step, failed over and parted, while hosts write on the side that is the source. Whatever the
 * point of the crash, the service opens again, goes on with what was begun, and then no write that was
 * flushed is lost, the roles are the old ones or the new ones for the whole group, and two sides that are
 * said to be alike are.
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
    MIRROR = 1, /* "m": d0, d1 -> d2, d3 */
    WRITE_B,
    SPLIT,
    WRITE_C,
    WRITE_T, /* to the targets */
    RESTORE, /* the sources are T, too */
    WRITE_D,
    RESYNC,
    RESTORE_IN_STEP,
    RESYNC_AGAIN,
    REVERSE, /* d2, d3 -> d0, d1 */
    WRITE_E, /* to d2 */
    REVERSE_BACK,
    FAILOVER,
    WRITE_F, /* to d2 */
    REVERSE_FAILED_OVER,
    WRITE_G, /* to d2 */
    RESUME,
    DETACH,
    STEPS
};

static uint16_t mode;

static uint32_t write_targets(replsvc_service *svc)
{
    uint32_t ret = sc_write(svc, 2, 'T');
    return ret == 0 ? sc_write(svc, 3, 'T') : ret;
}

static uint32_t do_step(replsvc_service *svc, int step)
{
    static const uint16_t ops[STEPS] = {[SPLIT] = OP(SPLIT),
                                        [RESTORE] = OP(RESTORE_FROM_REPLICA),
                                        [RESYNC] = OP(RESYNC_REPLICA),
                                        [RESTORE_IN_STEP] = OP(RESTORE_FROM_REPLICA),
                                        [RESYNC_AGAIN] = OP(RESYNC_REPLICA),
                                        [REVERSE] = OP(REVERSE_ROLES),
                                        [REVERSE_BACK] = OP(REVERSE_ROLES),
                                        [FAILOVER] = OP(FAILOVER),
                                        [REVERSE_FAILED_OVER] = OP(REVERSE_ROLES),
                                        [RESUME] = OP(RESUME),
                                        [DETACH] = OP(DETACH)};
    static const char bytes[STEPS] = {
        [WRITE_B] = 'B', [WRITE_C] = 'C', [WRITE_D] = 'D', [WRITE_E] = 'E', [WRITE_F] = 'F', [WRITE_G] = 'G'};
    if (step == MIRROR)
        return sc_replicate(svc, "m", REPLSVC_SYNC_TYPE_MIRROR, mode, STATE(SYNCHRONIZED));
    if (step == WRITE_T)
        return write_targets(svc);
    if (ops[step] != 0)
        return sc_operate(svc, "m", ops[step]);
    return sc_write(svc, step >= WRITE_E ? 2 : 0, (unsigned char)bytes[step]);
}

/* What hosts have on the side that is theirs (d0, and from Failover or a reversal on d2) once a step is done.
 * An asynchronous mirror in step may be restored to what it was some cycles ago. */
static const char *content_after(int step)
{
    static const char *const after[STEPS] = {
        [0] = "A",       [MIRROR] = "A",          [WRITE_B] = "B",      [SPLIT] = "B",
        [WRITE_C] = "C", [WRITE_T] = "C",         [RESTORE] = "T",      [WRITE_D] = "D",
        [RESYNC] = "D",  [RESTORE_IN_STEP] = "D", [RESYNC_AGAIN] = "D", [REVERSE] = "D",
        [WRITE_E] = "E", [REVERSE_BACK] = "E",    [FAILOVER] = "E",     [WRITE_F] = "F",
        [WRITE_G] = "G", [RESUME] = "G",          [DETACH] = "G",       [REVERSE_FAILED_OVER] = "F"};
    return after[step];
}

/* Where the hosts' content is by the roles found. */
static int check_data(replsvc_service *svc, const struct crash_point *p, const replsvc_sync_info *info)
{
    char any[4];
    snprintf(any, sizeof(any), "%s%s", content_after(sc.done), content_after(sc.started));
    bool turned = info != NULL ? strcmp(info->system_element, sc.e[2].id) == 0 : sc.started >= DETACH;
    bool on_targets = turned || (info != NULL && info->copy_state == STATE(FAILEDOVER));
    return sc_expect_blocks(svc, p, on_targets ? 2 : 0, any);
}

/* All pairs of the group go in one direction, and it is one that the steps allow. */
static int check_roles(replsvc_service *svc, const struct crash_point *p, const replsvc_sync_ref *pairs,
                       size_t n, bool *turned)
{
    for (size_t i = 0; i < n; i++) {
        replsvc_sync_info info = fw_info(svc, &pairs[i]);
        bool now = strcmp(info.system_element, sc.e[i + 2].id) == 0;
        if (strcmp(info.system_element, sc.e[now ? i + 2 : i].id) != 0 ||
            strcmp(info.synced_element, sc.e[now ? i : i + 2].id) != 0)
            return crash_wrong(p, "pair %zu has other elements", i);
        if (i != 0 && now != *turned)
            return crash_wrong(p, "the pairs go in two directions");
        *turned = now;
    }
    bool may = (sc.started >= REVERSE && sc.done < REVERSE_BACK) || sc.started >= REVERSE_FAILED_OVER;
    bool must = (sc.done >= REVERSE && sc.started < REVERSE_BACK) || sc.done >= REVERSE_FAILED_OVER;
    if (*turned ? !may : must)
        return crash_wrong(p, "the roles are %s", *turned ? "changed" : "as before");
    return 0;
}

/* Restored, both sides are what the target was, and what hosts wrote since is marked. */
static int check_restored(replsvc_service *svc, const struct crash_point *p)
{
    if (sc.started != RESTORE && sc.done != RESTORE)
        return 0;
    return sc.started == RESTORE ? sc_expect_alike(svc, p, 0, 2) : sc_expect_blocks(svc, p, 2, "T");
}

static int check_alike(replsvc_service *svc, const struct crash_point *p)
{
    if (sc_operate(svc, "m", OP(SPLIT)) != 0)
        return crash_wrong(p, "it cannot be split: %s", replsvc_last_error()->message);
    int wrong = sc_expect_alike(svc, p, 0, 2);
    return wrong == 0 ? sc_expect_alike(svc, p, 1, 3) : wrong;
}

/* It goes on: whatever it was, it can be in step again. */
static int check_use(replsvc_service *svc, const struct crash_point *p, uint16_t state)
{
    uint16_t op = state == STATE(FAILEDOVER)  ? OP(FAILBACK)
                  : state == STATE(SUSPENDED) ? OP(RESUME)
                                              : OP(RESYNC_REPLICA);
    if (state != STATE(SYNCHRONIZED) && sc_operate(svc, "m", op) != 0)
        return crash_wrong(p, "it does not go on: %s", replsvc_last_error()->message);
    return check_alike(svc, p);
}

static int check(replsvc_service *svc, const struct crash_point *p)
{
    replsvc_sync_ref s, *pairs;
    size_t n;
    bool turned = false;
    bool there = replsvc_sync_find(svc, "m", &s) == 0;
    if (there && (sc.started < MIRROR || sc.done >= DETACH))
        return crash_wrong(p, "the mirror is there");
    if (!there && sc.done >= MIRROR && sc.started < DETACH)
        return crash_wrong(p, "the mirror is gone");
    if (!there)
        return check_data(svc, p, NULL);
    if (replsvc_sync_get_pairs(svc, &s, &pairs, &n) != 0 || n == 0)
        return crash_wrong(p, "the mirror has no pairs");
    int wrong = check_roles(svc, p, pairs, n, &turned);
    replsvc_sync_info info = fw_info(svc, &pairs[0]);
    replsvc_free(pairs);
    if (wrong != 0)
        return wrong;
    switch (info.copy_state) {
    case STATE(SYNCHRONIZED):
    case STATE(SPLIT):
    case STATE(RESTORED):
    case STATE(FAILEDOVER):
    case STATE(SUSPENDED):
        break;
    default:
        return crash_wrong(p, "the mirror is in state %u: %s", info.copy_state, info.error_message);
    }
    wrong = check_data(svc, p, &info);
    if (wrong == 0 && info.copy_state == STATE(RESTORED))
        wrong = check_restored(svc, p);
    return wrong == 0 ? check_use(svc, p, info.copy_state) : wrong;
}

static void roles_survive(uint16_t in_mode, int reopen, const char *name)
{
    struct sc_scenario s = {
        .name = name, .steps = STEPS - 1, .reopen = reopen, .every = 2, .step = do_step, .check = check};
    mode = in_mode;
    assert_int_equal(sc_run(&s), 0);
}

static void synchronous_mirrors_turn_round_in_spite_of_crashes(void **state)
{
    (void)state;
    roles_survive(REPLSVC_MODE_SYNCHRONOUS, RESTORE, "roles of synchronous mirrors");
}

static void asynchronous_mirrors_turn_round_in_spite_of_crashes(void **state)
{
    (void)state;
    roles_survive(REPLSVC_MODE_ASYNCHRONOUS, REVERSE, "roles of asynchronous mirrors");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(synchronous_mirrors_turn_round_in_spite_of_crashes),
        cmocka_unit_test(asynchronous_mirrors_turn_round_in_spite_of_crashes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
