/* SPDX-License-Identifier: BSD-2-Clause */
/* AddElementsToGroupSynchronized: new pairs of a group relationship, or nothing at all. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <stdio.h>

#include "support/file_world.h"
#include "util/alloc.h"

#define MIRROR REPLSVC_SYNC_TYPE_MIRROR
#define SNAPSHOT REPLSVC_SYNC_TYPE_SNAPSHOT
#define CLONE REPLSVC_SYNC_TYPE_CLONE
#define STATE(name) REPLSVC_COPY_STATE_##name
#define OP(name) REPLSVC_OPERATION_##name
#define BLOCKS 64u

/* v0, v1 to v3, v4; v2 and v5 are for what is added. */
struct scene {
    struct file_world w;
    replsvc_group_ref source, target;
    replsvc_sync_ref group;
};

static void scene_make(struct scene *s, uint16_t sync_type, uint16_t mode)
{
    replsvc_element_ref *e = s->w.elements;
    file_world_make(&s->w, 6, BLOCKS);
    assert_done(replsvc_create_group(s->w.svc, "s", e, 2, 0, 0, 0, NULL, &s->source, NULL));
    assert_done(replsvc_create_group(s->w.svc, "t", &e[3], 2, 0, 0, 0, NULL, &s->target, NULL));
    assert_done(replsvc_create_group_replica(s->w.svc, "g", sync_type, mode, &s->source, NULL, NULL,
                                             &s->target, 0, NULL, 3, NULL, NULL, &s->group, NULL, NULL,
                                             STATE(SYNCHRONIZED)));
}

static uint32_t add_to(struct scene *s, const replsvc_sync_ref *group, const replsvc_element_ref *source,
                       const replsvc_element_ref *target, uint16_t consistency, const char *settings,
                       uint16_t wait, replsvc_sync_ref *pair)
{
    replsvc_sync_ref *list = NULL;
    size_t n = 0;
    uint32_t ret =
        replsvc_add_elements_to_group_synchronized(s->w.svc, group, source, 1, target, target != NULL, NULL,
                                                   NULL, consistency, settings, NULL, &list, &n, wait);
    if (ret == REPLSVC_OK || ret == REPLSVC_JOB_STARTED) {
        assert_int_equal(n, 1);
        *pair = list[0];
    } else {
        assert_null(list);
    }
    replsvc_free(list);
    return ret;
}

static void wait_idle(replsvc_service *svc)
{
    replsvc_job_ref *jobs;
    size_t n;
    assert_done(replsvc_job_list(svc, &jobs, &n));
    for (size_t i = 0; i < n; i++)
        (void)replsvc_job_wait(svc, &jobs[i], -1);
    replsvc_free(jobs);
}

static uint32_t operate(struct scene *s, uint16_t op)
{
    return replsvc_modify_replica_synchronization(s->w.svc, op, &s->group, NULL, NULL, 0, NULL, NULL,
                                                  REPLSVC_BOOL_ABSENT, STATE(NOT_APPLICABLE), NULL);
}

/* The groups have exactly that many members, the last of them these. */
static void assert_members(struct scene *s, size_t n, const char *source, const char *target)
{
    replsvc_element_ref *members;
    size_t n_members;
    assert_int_equal(fw_info(s->w.svc, &s->group).member_count, n);
    assert_done(replsvc_group_get_members(s->w.svc, &s->source, &members, &n_members));
    assert_int_equal(n_members, n);
    assert_string_equal(members[n - 1].id, source);
    replsvc_free(members);
    assert_done(replsvc_group_get_members(s->w.svc, &s->target, &members, &n_members));
    assert_int_equal(n_members, n);
    assert_string_equal(members[n - 1].id, target);
    replsvc_free(members);
}

static void an_added_mirror_keeps_up_with_the_group(void **state)
{
    static const uint16_t modes[] = {REPLSVC_MODE_SYNCHRONOUS, REPLSVC_MODE_ASYNCHRONOUS,
                                     REPLSVC_MODE_ADAPTIVE};
    (void)state;
    for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
        struct scene s;
        replsvc_sync_ref p;
        scene_make(&s, MIRROR, modes[i]);
        replsvc_element_ref *e = s.w.elements;
        assert_int_equal(fw_write(s.w.svc, &e[2], 0, BLOCKS, 0x11), 0);
        assert_done(add_to(&s, &s.group, &e[2], &e[5], 0, NULL, STATE(SYNCHRONIZED), &p));
        assert_members(&s, 3, e[2].id, e[5].id);
        replsvc_sync_info info = fw_info(s.w.svc, &p);
        assert_string_equal(info.group_synchronization, s.group.id);
        assert_int_equal(info.mode, modes[i]);
        wait_idle(s.w.svc);
        assert_int_equal(fw_info(s.w.svc, &s.group).copy_state, STATE(SYNCHRONIZED));
        for (size_t k = 0; k < 3; k++)
            assert_int_equal(fw_write(s.w.svc, &e[k], 3, 1, 0x12), 0);
        assert_done(operate(&s, OP(SPLIT)));
        for (size_t k = 3; k < 6; k++)
            assert_int_equal(fw_read(s.w.svc, &e[k], 3), 0x12);
        assert_int_equal(fw_read(s.w.svc, &e[5], 4), 0x11);
        assert_done(operate(&s, OP(RESYNC_REPLICA)));
        file_world_reopen(&s.w);
        wait_idle(s.w.svc);
        assert_members(&s, 3, e[2].id, e[5].id);
        assert_int_equal(fw_info(s.w.svc, &s.group).copy_state, STATE(SYNCHRONIZED));
        assert_int_equal(fw_info(s.w.svc, &s.group).consistency_state, REPLSVC_CONSISTENCY_STATE_CONSISTENT);
        file_world_free(&s.w);
    }
}

static void added_points_in_time_have_one_instant_after_a_resync(void **state)
{
    static const uint16_t types[] = {SNAPSHOT, CLONE};
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct scene s;
        replsvc_sync_ref p;
        scene_make(&s, types[i], 0);
        replsvc_element_ref *e = s.w.elements;
        assert_int_equal(fw_write(s.w.svc, &e[2], 0, BLOCKS, 0x11), 0);
        assert_int_equal(fw_info(s.w.svc, &s.group).consistency_state, REPLSVC_CONSISTENCY_STATE_CONSISTENT);
        assert_done(add_to(&s, &s.group, &e[2], NULL, 0, NULL, STATE(SYNCHRONIZED), &p));
        replsvc_element_ref t = fw_target(s.w.svc, &p);
        assert_members(&s, 3, e[2].id, t.id);
        assert_int_equal(fw_write(s.w.svc, &e[2], 0, 1, 0x12), 0);
        assert_int_equal(fw_read(s.w.svc, &t, 0), 0x11);
        assert_int_equal(fw_info(s.w.svc, &s.group).copy_state, STATE(SYNCHRONIZED));
        assert_int_equal(fw_info(s.w.svc, &s.group).consistency_state,
                         REPLSVC_CONSISTENCY_STATE_INCONSISTENT);
        assert_done(operate(&s, OP(RESYNC_REPLICA)));
        assert_int_equal(fw_read(s.w.svc, &t, 0), 0x12);
        assert_int_equal(fw_info(s.w.svc, &s.group).consistency_state, REPLSVC_CONSISTENCY_STATE_CONSISTENT);
        file_world_reopen(&s.w);
        wait_idle(s.w.svc);
        assert_int_equal(fw_info(s.w.svc, &s.group).consistency_state, REPLSVC_CONSISTENCY_STATE_CONSISTENT);
        file_world_free(&s.w);
    }
}

static void a_job_goes_on_with_a_copy_that_is_not_waited_for(void **state)
{
    struct scene s;
    replsvc_job_ref job;
    (void)state;
    scene_make(&s, CLONE, 0);
    replsvc_element_ref *e = s.w.elements;
    assert_int_equal(fw_write(s.w.svc, &e[2], 0, BLOCKS, 0x11), 0);
    uint32_t ret = replsvc_add_elements_to_group_synchronized(s.w.svc, &s.group, &e[2], 1, &e[5], 1, NULL,
                                                              NULL, 0, NULL, &job, NULL, NULL, 0);
    if (ret == REPLSVC_JOB_STARTED) { /* else the file system had a faster way */
        assert_done(replsvc_job_wait(s.w.svc, &job, -1));
    } else {
        assert_done(ret);
        assert_string_equal(job.id, "");
    }
    assert_members(&s, 3, e[2].id, e[5].id);
    assert_int_equal(fw_read(s.w.svc, &e[5], 1), 0x11);
    file_world_free(&s.w);
}

static void what_rests_joins_at_rest(void **state)
{
    struct scene s;
    replsvc_sync_ref p;
    (void)state;
    scene_make(&s, SNAPSHOT, 0);
    replsvc_element_ref *e = s.w.elements;
    assert_done(
        add_to(&s, &s.group, &e[2], &e[5], REPLSVC_CONSISTENCY_NO_CONSISTENCY, NULL, STATE(INACTIVE), &p));
    assert_members(&s, 3, e[2].id, e[5].id);
    assert_int_equal(fw_info(s.w.svc, &p).copy_state, STATE(INACTIVE));
    assert_int_equal(fw_info(s.w.svc, &s.group).copy_state, STATE(MIXED));
    assert_false(fw_info(s.w.svc, &s.group).consistency_enabled);
    file_world_free(&s.w);
}

static void what_does_not_fit_is_refused_and_changes_nothing(void **state)
{
    struct scene s;
    replsvc_sync_ref p, nobody = {"nobody"}, *pairs;
    replsvc_access_point_ref away = {"away"};
    size_t n;
    (void)state;
    scene_make(&s, CLONE, 0);
    replsvc_element_ref *e = s.w.elements, stranger = {"stranger"};
    replsvc_element_ref small = file_world_element(&s.w, "small", BLOCKS / 2);
    size_t syncs = fw_count_syncs(s.w.svc), elements = fw_count_elements(s.w.svc),
           images = fw_count_images(&s.w);
    assert_done(replsvc_sync_get_pairs(s.w.svc, &s.group, &pairs, &n));
#define REFUSED(group, source, target, consistency, settings, wait, code, parameter)                         \
    assert_refused(add_to(&s, group, source, target, consistency, settings, wait, &p), code, parameter)
    REFUSED(NULL, &e[2], &e[5], 0, NULL, 0, REPLSVC_INVALID_PARAMETER, "Synchronized");
    REFUSED(&nobody, &e[2], &e[5], 0, NULL, 0, REPLSVC_INVALID_PARAMETER, "Synchronized");
    REFUSED(&pairs[0], &e[2], &e[5], 0, NULL, 0, REPLSVC_INVALID_PARAMETER, "Synchronized");
    REFUSED(&s.group, &stranger, &e[5], 0, NULL, 0, REPLSVC_INVALID_PARAMETER, "SourceElements");
    REFUSED(&s.group, &e[2], &stranger, 0, NULL, 0, REPLSVC_INVALID_PARAMETER, "TargetElements");
    REFUSED(&s.group, &e[2], &e[2], 0, NULL, 0, REPLSVC_INVALID_PARAMETER, "TargetElements");
    REFUSED(&s.group, &e[2], &small, 0, NULL, 0, REPLSVC_INVALID_PARAMETER, "TargetElements");
    REFUSED(&s.group, &e[2], &e[3], 0, NULL, 0, REPLSVC_IN_USE, "TargetElements");
    REFUSED(&s.group, &e[2], &e[5], 9, NULL, 0, REPLSVC_INVALID_PARAMETER, "Consistency");
    REFUSED(&s.group, &e[2], &e[5], 3, NULL, 0, REPLSVC_INVALID_PARAMETER, "Consistency");
    REFUSED(&s.group, &e[2], &e[5], 0, NULL, STATE(BROKEN), REPLSVC_INVALID_PARAMETER, "WaitForCopyState");
    REFUSED(&s.group, &e[2], &e[5], 0, "nonsense", 0, REPLSVC_INVALID_PARAMETER, "ReplicationSettingData");
    REFUSED(&s.group, &e[2], NULL, 0,
            "instance of CIM_ReplicationSettingData { InstanceID = \"x\"; DesiredCopyMethodology = 9; };", 0,
            REPLSVC_INVALID_PARAMETER, "SourceElements"); /* Snap-And-Clone; the group is none */
    assert_refused(replsvc_add_elements_to_group_synchronized(s.w.svc, &s.group, NULL, 0, NULL, 0, NULL, NULL,
                                                              0, NULL, NULL, NULL, NULL, 0),
                   REPLSVC_INVALID_PARAMETER, "SourceElements");
    assert_refused(replsvc_add_elements_to_group_synchronized(s.w.svc, &s.group, &e[2], 1, &small, 1, NULL,
                                                              &away, 0, NULL, NULL, NULL, NULL, 0),
                   REPLSVC_NOT_SUPPORTED, "TargetAccessPoint");
    assert_int_equal(fw_count_syncs(s.w.svc), syncs);
    assert_int_equal(fw_count_elements(s.w.svc), elements);
    assert_int_equal(fw_count_images(&s.w), images);
    assert_members(&s, 2, e[1].id, e[4].id);
    assert_done(add_to(&s, &s.group, &e[2], &e[5], 0, NULL, STATE(SYNCHRONIZED), &p));
    replsvc_free(pairs);
    file_world_free(&s.w);
}

/* Each allocation of the call fails in turn. */
static void memory_runs_out_and_nothing_is_added(void **state)
{
    static const uint16_t types[] = {SNAPSHOT, CLONE, MIRROR};
    (void)state;
    for (size_t i = 0; i < 3; i++) {
        struct scene s;
        replsvc_sync_ref p;
        scene_make(&s, types[i], 0);
        replsvc_element_ref *e = s.w.elements;
        size_t syncs = fw_count_syncs(s.w.svc), images = fw_count_images(&s.w);
        for (unsigned long n = 1, failed = 1; failed != 0; n++) {
            bool made = types[i] != MIRROR;
            mem_fail_at(n);
            uint32_t ret = add_to(&s, &s.group, &e[2], made ? NULL : &e[5], 0, NULL, STATE(SYNCHRONIZED), &p);
            mem_fail_at(0);
            wait_idle(s.w.svc);
            failed = ret != REPLSVC_OK;
            if (fw_count_syncs(s.w.svc) != syncs) /* what failed was the wait for it, if anything */
                break;
            assert_int_equal(ret, REPLSVC_FAILED);
            assert_int_equal(fw_count_images(&s.w), images);
            assert_members(&s, 2, e[1].id, e[4].id);
        }
        file_world_reopen(&s.w);
        wait_idle(s.w.svc);
        assert_int_equal(fw_count_syncs(s.w.svc), syncs + 1);
        assert_int_equal(fw_info(s.w.svc, &s.group).member_count, 3);
        assert_int_equal(fw_info(s.w.svc, &s.group).copy_state, STATE(SYNCHRONIZED));
        file_world_free(&s.w);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_added_mirror_keeps_up_with_the_group),
        cmocka_unit_test(added_points_in_time_have_one_instant_after_a_resync),
        cmocka_unit_test(a_job_goes_on_with_a_copy_that_is_not_waited_for),
        cmocka_unit_test(what_rests_joins_at_rest),
        cmocka_unit_test(what_does_not_fit_is_refused_and_changes_nothing),
        cmocka_unit_test(memory_runs_out_and_nothing_is_added),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
