/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Groups and elements that are in relationships: what may no longer be done with them, what goes by itself
 * when a relationship goes, and which elements are offered as targets.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "support/loopback.h"
#include "support/service_world.h"

#define N 8
#define SIZE (256u << 10)
#define YES REPLSVC_BOOL_TRUE
#define NO REPLSVC_BOOL_FALSE

static int setup(void **state)
{
    static struct service_world w;
    service_world_make(&w, N, SIZE);
    *state = &w;
    return 0;
}

static int teardown(void **state)
{
    service_world_free(*state);
    return 0;
}

static replsvc_group_ref make(struct service_world *w, const char *name, size_t first, size_t n,
                              replsvc_opt_bool persistent, replsvc_opt_bool delete_on_unassociated,
                              uint16_t reserved_as)
{
    replsvc_group_ref g;
    assert_done(replsvc_create_group_ex(w->svc, name, &w->elements[first], n, persistent, 0,
                                        delete_on_unassociated, NULL, &g, NULL, reserved_as));
    return g;
}

static uint32_t settle(struct service_world *w, uint32_t ret, const replsvc_job_ref *job)
{
    return ret == REPLSVC_JOB_STARTED ? replsvc_job_wait(w->svc, job, -1) : ret;
}

static uint32_t replicate(struct service_world *w, const replsvc_group_ref *source, replsvc_group_ref *target,
                          replsvc_sync_ref *sync)
{
    replsvc_job_ref job = {""};
    uint32_t ret = replsvc_create_group_replica(w->svc, NULL, REPLSVC_SYNC_TYPE_CLONE, 0, source, NULL, NULL,
                                                target, 0, NULL, 0, NULL, &job, sync, NULL, NULL, 0);
    return settle(w, ret, &job);
}

static void detach(struct service_world *w, const replsvc_sync_ref *sync)
{
    replsvc_job_ref job = {""};
    uint32_t ret = replsvc_modify_replica_synchronization(w->svc, REPLSVC_OPERATION_DETACH, sync, NULL, NULL,
                                                          0, &job, NULL, 0, 0, NULL);
    assert_done(settle(w, ret, &job));
}

static bool there(struct service_world *w, const replsvc_group_ref *g)
{
    replsvc_group_info info = {.size = sizeof info};
    return replsvc_group_get_info(w->svc, g, &info) == REPLSVC_OK;
}

static void a_group_in_a_relationship_stays_as_it_is(void **state)
{
    struct service_world *w = *state;
    replsvc_group_ref source = make(w, "source", 0, 2, 0, 0, 0), target = make(w, "target", 2, 2, 0, 0, 0);
    replsvc_sync_ref sync;
    assert_done(replicate(w, &source, &target, &sync));
    for (int round = 0; round < 2; round++) {
        replsvc_group_ref *groups[] = {&source, &target};
        for (int i = 0; i < 2; i++) {
            assert_refused(replsvc_delete_group(w->svc, groups[i], NULL, YES, NULL),
                           REPLSVC_DELETE_GROUP_IN_RELATIONSHIP, "ReplicationGroup");
            assert_refused(replsvc_add_members(w->svc, &w->elements[5], 1, groups[i], NULL, NULL),
                           REPLSVC_IN_USE, "ReplicationGroup");
            assert_refused(replsvc_remove_members(w->svc, &w->elements[2 * i], 1, 0, groups[i], NULL, NULL),
                           REPLSVC_IN_USE, "ReplicationGroup");
        }
        for (int i = 0; i < 4; i++) {
            replsvc_element_info info = {.size = sizeof info};
            assert_refused(replsvc_element_unregister(w->svc, &w->elements[i], false), REPLSVC_IN_USE,
                           "Element");
            assert_done(replsvc_element_get_info(w->svc, &w->elements[i], &info));
            assert_true(info.in_use);
        }
        service_world_reopen(w);
    }
    detach(w, &sync);
    assert_done(replsvc_add_members(w->svc, &w->elements[5], 1, &source, NULL, NULL));
    assert_done(replsvc_delete_group(w->svc, &source, NULL, YES, NULL));
    assert_done(replsvc_delete_group(w->svc, &target, NULL, YES, NULL));
}

/* An element that is in a relationship of its own doesn't tie the groups that it happens to be in. */
static void a_relationship_of_an_element_does_not_hold_its_group(void **state)
{
    struct service_world *w = *state;
    replsvc_group_ref g = make(w, "g", 0, 2, 0, 0, 0);
    replsvc_job_ref job = {""};
    uint32_t ret =
        replsvc_create_element_replica(w->svc, NULL, REPLSVC_SYNC_TYPE_CLONE, 0, &w->elements[0], NULL,
                                       &w->elements[4], NULL, NULL, &job, NULL, NULL, NULL, 0, NULL, NULL, 0);
    assert_done(settle(w, ret, &job));
    assert_done(replsvc_remove_members(w->svc, &w->elements[0], 1, 0, &g, NULL, NULL));
    assert_done(replsvc_delete_group(w->svc, &g, NULL, 0, NULL));
}

static void groups_go_with_their_last_relationship_if_they_are_to(void **state)
{
    struct service_world *w = *state;
    static const struct {
        replsvc_opt_bool persistent, unassociated;
        bool goes;
    } cases[] = {{0, 0, false}, {YES, NO, false}, {0, YES, true}, {NO, 0, true}, {NO, YES, true}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        replsvc_group_ref source = make(w, NULL, 0, 2, cases[i].persistent, cases[i].unassociated, 0);
        replsvc_group_ref first = make(w, NULL, 2, 2, 0, 0, 0), second = make(w, NULL, 4, 2, 0, YES, 0);
        replsvc_sync_ref one, two;
        assert_done(replicate(w, &source, &first, &one));
        assert_done(replicate(w, &source, &second, &two));
        detach(w, &one);
        assert_true(there(w, &source)); /* the other one is left */
        assert_true(there(w, &first));
        detach(w, &two);
        assert_int_equal(there(w, &source), !cases[i].goes);
        assert_false(there(w, &second));
        service_world_reopen(w);
        assert_int_equal(there(w, &source), !cases[i].goes);
        if (!cases[i].goes)
            assert_done(replsvc_delete_group(w->svc, &source, NULL, 0, NULL));
        assert_done(replsvc_delete_group(w->svc, &first, NULL, 0, NULL));
    }
}

static void a_reserved_group_takes_only_its_role(void **state)
{
    struct service_world *w = *state;
    replsvc_group_ref sources = make(w, "s", 0, 2, 0, 0, REPLSVC_RESERVED_AS_SOURCE_ONLY);
    replsvc_group_ref targets = make(w, "t", 2, 2, 0, 0, REPLSVC_RESERVED_AS_TARGET_ONLY);
    replsvc_group_ref either = make(w, "e", 4, 2, 0, 0, REPLSVC_RESERVED_AS_SOURCE_OR_TARGET), g = sources;
    replsvc_sync_ref sync;
    assert_refused(replicate(w, &targets, &either, &sync), REPLSVC_IN_USE, "SourceGroup");
    assert_refused(replicate(w, &either, &g, &sync), REPLSVC_IN_USE, "TargetGroup");
    g = targets;
    assert_done(replicate(w, &sources, &g, &sync));
    assert_refused(replsvc_create_group_ex(w->svc, NULL, &w->elements[2], 1, 0, 0, 0, NULL, NULL, NULL,
                                           REPLSVC_RESERVED_AS_SOURCE_ONLY),
                   REPLSVC_IN_USE, "Members");
    assert_refused(replsvc_create_group_ex(w->svc, NULL, &w->elements[0], 1, 0, 0, 0, NULL, NULL, NULL,
                                           REPLSVC_RESERVED_AS_TARGET_ONLY),
                   REPLSVC_IN_USE, "Members");
}

/* ---- GetAvailableTargetElements ---- */

static void assert_candidates(struct service_world *w, const replsvc_element_ref expected[],
                              size_t n_expected, uint16_t max)
{
    replsvc_element_ref *list;
    replsvc_job_ref job = {"x"};
    size_t n;
    assert_done(replsvc_get_available_target_elements(w->svc, &w->elements[0], REPLSVC_SYNC_TYPE_CLONE, 0,
                                                      NULL, NULL, NULL, NULL, 0, &job, &list, &n, max));
    assert_string_equal(job.id, "");
    assert_int_equal(n, n_expected);
    for (size_t i = 0; i < n; i++)
        assert_string_equal(list[i].id, expected[i].id);
    replsvc_free(list);
}

static void elements_that_could_be_targets_are_offered_best_first(void **state)
{
    struct service_world *w = *state;
    replsvc_element_ref small, large, *e = w->elements;
    replsvc_element_options read_only = {.size = sizeof read_only, .flags = REPLSVC_ELEMENT_READ_ONLY};
    replsvc_job_ref job = {""};
    replsvc_sync_ref sync;
    replsvc_volume *v;
    assert_int_equal(world_disk(w->world, "small", SIZE / 2), 0);
    assert_int_equal(world_disk(w->world, "large", 2 * SIZE), 0);
    assert_int_equal(world_disk(w->world, "only", SIZE), 0);
    assert_done(replsvc_element_register(w->svc, "large", "sim:large", NULL, &large));
    assert_done(replsvc_element_register(w->svc, "small", "sim:small", NULL, &small));
    assert_done(replsvc_element_register(w->svc, "only", "sim:only", &read_only, NULL));
    assert_int_equal(replsvc_volume_open(loopback_opened(w->svc), &e[1], 0, &v), 0);
    uint32_t ret =
        replsvc_create_element_replica(w->svc, NULL, REPLSVC_SYNC_TYPE_CLONE, 0, &e[2], NULL, &e[3], NULL,
                                       NULL, &job, &sync, NULL, NULL, 0, NULL, NULL, 0);
    assert_done(settle(w, ret, &job));
    const replsvc_element_ref expected[] = {e[4], e[5], e[6], e[7], large};
    assert_candidates(w, expected, 5, 0);
    assert_candidates(w, expected, 2, 2);
    assert_int_equal(replsvc_volume_close(v), 0);
    detach(w, &sync);
    const replsvc_element_ref more[] = {e[1], e[2], e[3], e[4], e[5], e[6], e[7], large};
    assert_candidates(w, more, 8, 0);
    /* Each is taken, and is none any more. */
    for (size_t i = 0; i < 8; i++) {
        ret = replsvc_create_element_replica(w->svc, NULL, REPLSVC_SYNC_TYPE_CLONE, 0, &e[0], NULL,
                                             (replsvc_element_ref[]){more[i]}, NULL, NULL, &job, &sync, NULL,
                                             NULL, 0, NULL, NULL, 0);
        assert_done(settle(w, ret, &job));
        assert_candidates(w, &more[i + 1], 7 - i, 0);
    }
}

static void the_parameters_of_the_offer_are_checked(void **state)
{
    struct service_world *w = *state;
    const replsvc_element_ref *e = w->elements;
    replsvc_element_ref unknown = {"elem-1"}, *list;
    replsvc_pool_ref pool = {"pool-1"};
    replsvc_setting_ref goal = {"goal-1"};
    replsvc_access_point_ref ap = {"ap-1"};
    size_t n;
#define ASK(source, type, mode, settings, place, setting, pools, n_pools)                                    \
    replsvc_get_available_target_elements(w->svc, source, type, mode, settings, place, setting, pools,       \
                                          n_pools, NULL, &list, &n, 0)
    assert_refused(ASK(&unknown, 8, 0, NULL, NULL, NULL, NULL, 0), REPLSVC_INVALID_PARAMETER,
                   "SourceElement");
    assert_refused(ASK(NULL, 8, 0, NULL, NULL, NULL, NULL, 0), REPLSVC_INVALID_PARAMETER, "SourceElement");
    assert_refused(ASK(e, 0, 0, NULL, NULL, NULL, NULL, 0), REPLSVC_INVALID_PARAMETER, "SyncType");
    assert_refused(ASK(e, 99, 0, NULL, NULL, NULL, NULL, 0), REPLSVC_INVALID_PARAMETER, "SyncType");
    assert_refused(ASK(e, 9, 0, NULL, NULL, NULL, NULL, 0), REPLSVC_NOT_SUPPORTED, "SyncType");
    assert_refused(ASK(e, 8, 77, NULL, NULL, NULL, NULL, 0), REPLSVC_INVALID_PARAMETER, "Mode");
    assert_refused(ASK(e, 8, 0, "x", NULL, NULL, NULL, 0), REPLSVC_INVALID_PARAMETER,
                   "ReplicationSettingData");
    assert_refused(ASK(e, 8, 0, NULL, &ap, NULL, NULL, 0), REPLSVC_INVALID_PARAMETER, "TargetAccessPoint");
    assert_refused(ASK(e, 8, 0, NULL, NULL, &goal, NULL, 0), REPLSVC_INVALID_PARAMETER, "TargetSettingGoal");
    assert_refused(ASK(e, 8, 0, NULL, NULL, NULL, &pool, 1), REPLSVC_INVALID_PARAMETER, "TargetPools");
    assert_refused(ASK(e, 8, 0, NULL, NULL, NULL, NULL, 1), REPLSVC_INVALID_PARAMETER, "TargetPools");
    assert_refused(
        replsvc_get_available_target_elements(w->svc, e, 8, 0, NULL, NULL, NULL, NULL, 0, NULL, NULL, &n, 0),
        REPLSVC_INVALID_PARAMETER, "Candidates");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_group_in_a_relationship_stays_as_it_is),
        TEST(a_relationship_of_an_element_does_not_hold_its_group),
        TEST(groups_go_with_their_last_relationship_if_they_are_to),
        TEST(a_reserved_group_takes_only_its_role),
        TEST(elements_that_could_be_targets_are_offered_best_first),
        TEST(the_parameters_of_the_offer_are_checked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
