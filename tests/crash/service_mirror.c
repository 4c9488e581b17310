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

#include "support/service_crash.h"

#define STATE SC_STATE
#define OP SC_OP

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
static uint16_t mode;

static uint32_t do_step(replsvc_service *svc, int step)
{
    static const uint16_t ops[STEPS] = {
        [SUSPEND] = OP(SUSPEND),       [RESUME] = OP(RESUME),     [SPLIT] = OP(SPLIT),
        [RESYNC] = OP(RESYNC_REPLICA), [FAILOVER] = OP(FAILOVER), [FAILBACK] = OP(FAILBACK),
        [DETACH] = OP(DETACH)};
    static const char bytes[STEPS] = {
        [WRITE_B] = 'B', [WRITE_C] = 'C', [WRITE_D] = 'D', [WRITE_E] = 'E', [WRITE_F] = 'F'};
    if (step == MIRROR)
        return sc_replicate(svc, "m", REPLSVC_SYNC_TYPE_MIRROR, mode, STATE(SYNCHRONIZED));
    if (ops[step] != 0)
        return sc_operate(svc, "m", ops[step]);
    return sc_write(svc, step == WRITE_E ? 2 : 0, (unsigned char)bytes[step]);
}

/* On the side that hosts use now. */
static int check_data(replsvc_service *svc, const struct crash_point *p, uint16_t state)
{
    static const char *const after[STEPS] = {
        [0] = "A",       [MIRROR] = "A",   [WRITE_B] = "B", [SUSPEND] = "B", [WRITE_C] = "C",
        [RESUME] = "C",  [SPLIT] = "C",    [WRITE_D] = "D", [RESYNC] = "D",  [FAILOVER] = "D",
        [WRITE_E] = "E", [FAILBACK] = "E", [WRITE_F] = "F", [DETACH] = "F"};
    char any[4];
    snprintf(any, sizeof(any), "%s%s", after[sc.done], after[sc.started]);
    return sc_expect_blocks(svc, p, state == STATE(FAILEDOVER) ? 2 : 0, any);
}

/* Both sides hold the same: they are parted for it, so that the targets can be read. */
static int check_alike(replsvc_service *svc, const struct crash_point *p)
{
    if (sc_operate(svc, "m", OP(SPLIT)) != 0)
        return crash_wrong(p, "it cannot be split: %s", replsvc_last_error()->message);
    int wrong = sc_expect_alike(svc, p, 0, 2);
    return wrong == 0 ? sc_expect_alike(svc, p, 1, 3) : wrong;
}

static int check_mirror(replsvc_service *svc, const struct crash_point *p)
{
    replsvc_sync_ref s;
    bool there = replsvc_sync_find(svc, "m", &s) == 0;
    if (there && (sc.started < MIRROR || sc.done >= DETACH))
        return crash_wrong(p, "the mirror is there");
    if (!there && sc.done >= MIRROR && sc.started < DETACH)
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

static void mirrors_survive(uint16_t in_mode, const char *name)
{
    struct sc_scenario s = {.name = name,
                            .steps = STEPS - 1,
                            .reopen = RESYNC,
                            .every = 2,
                            .step = do_step,
                            .check = check_mirror};
    mode = in_mode;
    assert_int_equal(sc_run(&s), 0);
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
