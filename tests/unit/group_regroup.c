/* SPDX-License-Identifier: BSD-2-Clause */
/* CreateGroupReplicaFromElementSynchronizations: pairs that exist become a group relationship. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "support/service_world.h"

#define N 8
#define SIZE (256u << 10)

struct scene {
    struct service_world w;
    replsvc_sync_ref pair[3]; /* of d0 in d3, d1 in d4, d2 in d5 */
};

static uint32_t settle(replsvc_service *svc, uint32_t ret, const replsvc_job_ref *job)
{
    return ret == REPLSVC_JOB_STARTED ? replsvc_job_wait(svc, job, -1) : ret;
}

static replsvc_sync_ref clone_of(struct service_world *w, size_t source, size_t target)
{
    replsvc_job_ref job = {""};
    replsvc_sync_ref sync;
    uint32_t ret = replsvc_create_element_replica(w->svc, NULL, REPLSVC_SYNC_TYPE_CLONE, 0,
                                                  &w->elements[source], NULL, &w->elements[target], NULL,
                                                  NULL, &job, &sync, NULL, NULL, 0, NULL, NULL, 0);
    assert_done(settle(w->svc, ret, &job));
    return sync;
}

static int setup(void **state)
{
    static struct scene s;
    service_world_make(&s.w, N, SIZE);
    for (size_t i = 0; i < 3; i++)
        s.pair[i] = clone_of(&s.w, i, i + 3);
    *state = &s;
    return 0;
}

static int teardown(void **state)
{
    service_world_free(&((struct scene *)*state)->w);
    return 0;
}

/* With whatever is NULL absent. */
static uint32_t regroup(struct scene *s, const char *name, const replsvc_sync_ref pairs[], size_t n,
                        replsvc_group_ref *source, replsvc_name *source_name, replsvc_group_ref *target,
                        replsvc_name *target_name, uint16_t consistency, replsvc_sync_ref *group)
{
    replsvc_job_ref job = {"x"};
    uint32_t ret = replsvc_create_group_replica_from_element_synchronizations(
        s->w.svc, name, pairs, n, source_name, source, NULL, target_name, target, NULL, consistency, NULL,
        &job, group, 0);
    if (ret == REPLSVC_OK)
        assert_string_equal(job.id, "");
    return ret;
}

static replsvc_sync_info info_of(struct scene *s, const replsvc_sync_ref *sync)
{
    replsvc_sync_info info = {.size = sizeof info};
    assert_done(replsvc_sync_get_info(s->w.svc, sync, &info));
    return info;
}

static void assert_members(struct scene *s, const char *group, size_t first, size_t n)
{
    replsvc_group_ref g;
    replsvc_element_ref *members;
    size_t count;
    memcpy(g.id, group, sizeof g.id);
    assert_done(replsvc_group_get_members(s->w.svc, &g, &members, &count));
    assert_int_equal(count, n);
    for (size_t i = 0; i < n; i++)
        assert_string_equal(members[i].id, s->w.elements[first + i].id);
    replsvc_free(members);
}

static void pairs_become_a_group_with_groups_made_for_them(void **state)
{
    struct scene *s = *state;
    replsvc_name source_name = {"sources"}, target_name = {""};
    replsvc_group_ref source = {""}, target = {""};
    replsvc_sync_ref group, *pairs;
    replsvc_job_ref job = {""};
    size_t n;
    assert_done(regroup(s, "together", s->pair, 3, &source, &source_name, &target, &target_name, 0, &group));
    assert_string_equal(source_name.text, "sources");
    assert_true(target_name.text[0] != '\0');
    for (int round = 0; round < 2; round++) {
        replsvc_sync_info info = info_of(s, &group);
        assert_true(info.is_group);
        assert_string_equal(info.name, "together");
        assert_string_equal(info.system_element, source.id);
        assert_string_equal(info.synced_element, target.id);
        assert_int_equal(info.copy_state, REPLSVC_COPY_STATE_SYNCHRONIZED);
        assert_int_equal(info.percent_synced, 100);
        assert_false(info.consistency_enabled); /* each was cut by itself */
        assert_members(s, source.id, 0, 3);
        assert_members(s, target.id, 3, 3);
        assert_done(replsvc_sync_get_pairs(s->w.svc, &group, &pairs, &n));
        assert_int_equal(n, 3);
        for (size_t i = 0; i < 3; i++) {
            assert_string_equal(pairs[i].id, s->pair[i].id);
            assert_string_equal(info_of(s, &pairs[i]).group_synchronization, group.id);
        }
        replsvc_free(pairs);
        assert_refused(replsvc_delete_group(s->w.svc, &source, NULL, REPLSVC_BOOL_TRUE, NULL),
                       REPLSVC_DELETE_GROUP_IN_RELATIONSHIP, "ReplicationGroup");
        service_world_reopen(&s->w);
    }
    uint32_t ret = replsvc_modify_replica_synchronization(s->w.svc, REPLSVC_OPERATION_DETACH, &group, NULL,
                                                          NULL, 0, &job, NULL, 0, 0, NULL);
    assert_done(settle(s->w.svc, ret, &job));
    assert_done(replsvc_delete_group(s->w.svc, &source, NULL, 0, NULL));
}

static void a_resync_gives_the_group_one_instant(void **state)
{
    struct scene *s = *state;
    replsvc_sync_ref group;
    replsvc_job_ref job = {""};
    assert_refused(regroup(s, NULL, s->pair, 3, NULL, NULL, NULL, NULL, 3, &group), REPLSVC_INVALID_PARAMETER,
                   "Consistency");
    assert_done(regroup(s, NULL, s->pair, 3, NULL, NULL, NULL, NULL, 2, &group));
    uint32_t ret = replsvc_modify_replica_synchronization(s->w.svc, REPLSVC_OPERATION_RESYNC_REPLICA, &group,
                                                          NULL, NULL, 0, &job, NULL, 0, 0, NULL);
    assert_done(settle(s->w.svc, ret, &job));
    int64_t instant = info_of(s, &s->pair[0]).when_point_in_time;
    for (size_t i = 1; i < 3; i++)
        assert_int_equal(info_of(s, &s->pair[i]).when_point_in_time, instant);
}

static void groups_that_are_given_have_the_elements_as_members(void **state)
{
    struct scene *s = *state;
    replsvc_element_ref shuffled[] = {s->w.elements[5], s->w.elements[3], s->w.elements[4]};
    replsvc_group_ref source, target, wrong;
    replsvc_name other = {"other"};
    replsvc_sync_ref group;
    assert_done(replsvc_create_group(s->w.svc, "s", s->w.elements, 3, 0, 0, 0, NULL, &source, NULL));
    assert_done(replsvc_create_group(s->w.svc, "t", shuffled, 3, 0, 0, 0, NULL, &target, NULL));
    assert_done(replsvc_create_group(s->w.svc, "w", s->w.elements, 4, 0, 0, 0, NULL, &wrong, NULL));
    assert_refused(regroup(s, NULL, s->pair, 3, &wrong, NULL, NULL, NULL, 0, &group),
                   REPLSVC_INVALID_PARAMETER, "SourceGroup");
    assert_refused(regroup(s, NULL, s->pair, 3, NULL, NULL, &source, NULL, 0, &group),
                   REPLSVC_INVALID_PARAMETER, "TargetGroup");
    assert_refused(regroup(s, NULL, s->pair, 2, &source, NULL, NULL, NULL, 0, &group),
                   REPLSVC_INVALID_PARAMETER, "SourceGroup");
    assert_refused(regroup(s, NULL, s->pair, 3, &source, &other, NULL, NULL, 0, &group),
                   REPLSVC_INVALID_PARAMETER, "SourceGroupName");
    assert_done(regroup(s, NULL, s->pair, 3, &source, NULL, &target, NULL, 0, &group));
    replsvc_sync_info info = info_of(s, &group);
    assert_string_equal(info.system_element, source.id);
    assert_string_equal(info.synced_element, target.id);
}

static void one_source_with_many_targets_has_no_source_group(void **state)
{
    struct scene *s = *state;
    replsvc_sync_ref pairs[] = {s->pair[0], clone_of(&s->w, 0, 6), clone_of(&s->w, 0, 7)}, group;
    replsvc_name name = {"sources"};
    assert_refused(regroup(s, NULL, pairs, 3, NULL, &name, NULL, NULL, 0, &group), REPLSVC_INVALID_PARAMETER,
                   "SourceGroup");
    replsvc_sync_ref mixed[] = {pairs[0], pairs[1], s->pair[1]};
    assert_refused(regroup(s, NULL, mixed, 3, NULL, NULL, NULL, NULL, 0, &group), REPLSVC_INVALID_PARAMETER,
                   "ElementSynchronizations");
    assert_done(regroup(s, NULL, pairs, 3, NULL, NULL, NULL, NULL, 0, &group));
    assert_string_equal(info_of(s, &group).system_element, s->w.elements[0].id);
}

static void pairs_that_will_not_do_are_refused(void **state)
{
    struct scene *s = *state;
    replsvc_sync_ref group, twice[] = {s->pair[0], s->pair[0]}, unknown[] = {s->pair[0], {"sync-1"}};
    replsvc_access_point_ref ap = {"ap-1"};
    assert_refused(regroup(s, NULL, NULL, 0, NULL, NULL, NULL, NULL, 0, &group), REPLSVC_INVALID_PARAMETER,
                   "ElementSynchronizations");
    assert_refused(regroup(s, NULL, twice, 2, NULL, NULL, NULL, NULL, 0, &group), REPLSVC_INVALID_PARAMETER,
                   "ElementSynchronizations");
    assert_refused(regroup(s, NULL, unknown, 2, NULL, NULL, NULL, NULL, 0, &group), REPLSVC_INVALID_PARAMETER,
                   "ElementSynchronizations");
    assert_refused(regroup(s, "", s->pair, 2, NULL, NULL, NULL, NULL, 0, &group), REPLSVC_INVALID_PARAMETER,
                   "RelationshipName");
    assert_refused(regroup(s, NULL, s->pair, 2, NULL, NULL, NULL, NULL, 9, &group), REPLSVC_INVALID_PARAMETER,
                   "Consistency");
    assert_refused(replsvc_create_group_replica_from_element_synchronizations(s->w.svc, NULL, s->pair, 2,
                                                                              NULL, NULL, &ap, NULL, NULL,
                                                                              NULL, 0, NULL, NULL, &group, 0),
                   REPLSVC_NOT_SUPPORTED, "SourceAccessPoint");
    assert_refused(
        replsvc_create_group_replica_from_element_synchronizations(
            s->w.svc, NULL, s->pair, 2, NULL, NULL, NULL, NULL, NULL, NULL, 0, NULL, NULL, &group, 99),
        REPLSVC_INVALID_PARAMETER, "WaitForCopyState");
    assert_done(replsvc_create_group_replica_from_element_synchronizations(
        s->w.svc, NULL, s->pair, 2, NULL, NULL, NULL, NULL, NULL, NULL, 0, NULL, NULL, &group,
        REPLSVC_COPY_STATE_SYNCHRONIZED));
    assert_refused(regroup(s, NULL, &s->pair[1], 2, NULL, NULL, NULL, NULL, 0, &group), REPLSVC_IN_USE,
                   "ElementSynchronizations");
    replsvc_sync_ref nested[] = {group, s->pair[2]};
    assert_refused(regroup(s, NULL, nested, 2, NULL, NULL, NULL, NULL, 0, &group), REPLSVC_INVALID_PARAMETER,
                   "ElementSynchronizations");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(pairs_become_a_group_with_groups_made_for_them),
        TEST(a_resync_gives_the_group_one_instant),
        TEST(groups_that_are_given_have_the_elements_as_members),
        TEST(one_source_with_many_targets_has_no_source_group),
        TEST(pairs_that_will_not_do_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
