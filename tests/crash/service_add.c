/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A pair that is added to a mirrored or cloned group, under kills and power cuts: afterwards it is a pair of
 * the group, or nothing of it is left but that its elements may be. Two sides that are said to be alike are.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "support/service_crash.h"

enum { MAKE = 1, WRITE_B, ADD, WRITE_C, STEPS }; /* "m": d0, d1 → d2, d3; then d4 → d5 */
static uint16_t sync_type, mode;

static uint32_t add(replsvc_service *svc)
{
    replsvc_sync_ref g;
    uint32_t ret = replsvc_sync_find(svc, "m", &g);
    return ret != 0
               ? ret
               : replsvc_add_elements_to_group_synchronized(svc, &g, &sc.e[4], 1, &sc.e[5], 1, NULL, NULL, 0,
                                                            NULL, NULL, NULL, NULL, SC_STATE(SYNCHRONIZED));
}

static uint32_t do_step(replsvc_service *svc, int step)
{
    if (step == MAKE)
        return sc_replicate(svc, "m", sync_type, mode, SC_STATE(SYNCHRONIZED));
    if (step == ADD)
        return add(svc);
    return sc_write(svc, 4, step == WRITE_B ? 'B' : 'C');
}

/* The pair's copy is what it says. */
static int check_copy(replsvc_service *svc, const struct crash_point *p, const replsvc_sync_info *pair)
{
    if (pair->copy_state != SC_STATE(SYNCHRONIZED))
        return crash_wrong(p, "the pair is in state %u: %s", pair->copy_state, pair->error_message);
    if (sync_type != REPLSVC_SYNC_TYPE_MIRROR)
        return sc_expect_content(svc, p, 5, "B");
    if (sc_operate(svc, "m", SC_OP(SPLIT)) != 0)
        return crash_wrong(p, "it cannot be split: %s", replsvc_last_error()->message);
    return sc_expect_alike(svc, p, 4, 5);
}

static int check(replsvc_service *svc, const struct crash_point *p)
{
    replsvc_sync_ref g, s;
    replsvc_sync_info group = {.size = sizeof(group)}, pair = {.size = sizeof(pair)};
    bool there = replsvc_sync_find(svc, "m", &g) == 0;
    bool added = replsvc_sync_find_by_target(svc, &sc.e[5], &s) == 0;
    if (!there)
        return sc.done >= MAKE || added ? crash_wrong(p, "the group is gone") : 0;
    if (replsvc_sync_get_info(svc, &g, &group) != 0 || (added && replsvc_sync_get_info(svc, &s, &pair) != 0))
        return crash_wrong(p, "it has no info");
    if (added ? sc.started < ADD : sc.done >= ADD)
        return crash_wrong(p, "the pair is %s", added ? "there" : "gone");
    if (added && strcmp(pair.group_synchronization, g.id) != 0)
        return crash_wrong(p, "the pair is not in the group");
    if (group.member_count != (added ? 3u : 2u))
        return crash_wrong(p, "the group has %llu pairs", (unsigned long long)group.member_count);
    return added ? check_copy(svc, p, &pair) : 0;
}

static void survives(uint16_t in_type, uint16_t in_mode, const char *name)
{
    struct sc_scenario s = {.name = name, .steps = STEPS - 1, .every = 2, .step = do_step, .check = check};
    sync_type = in_type;
    mode = in_mode;
    assert_int_equal(sc_run(&s), 0);
}

static void a_pair_added_to_mirrors_survives_crashes(void **state)
{
    (void)state;
    survives(REPLSVC_SYNC_TYPE_MIRROR, REPLSVC_MODE_SYNCHRONOUS, "a pair added to mirrors");
}

static void a_pair_added_to_asynchronous_mirrors_survives_crashes(void **state)
{
    (void)state;
    survives(REPLSVC_SYNC_TYPE_MIRROR, REPLSVC_MODE_ASYNCHRONOUS, "a pair added to asynchronous mirrors");
}

static void a_pair_added_to_clones_survives_crashes(void **state)
{
    (void)state;
    survives(REPLSVC_SYNC_TYPE_CLONE, 0, "a pair added to clones");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_pair_added_to_mirrors_survives_crashes),
        cmocka_unit_test(a_pair_added_to_asynchronous_mirrors_survives_crashes),
        cmocka_unit_test(a_pair_added_to_clones_survives_crashes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
