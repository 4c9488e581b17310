/* SPDX-License-Identifier: BSD-2-Clause */
/* ModifyReplicaSynchronization on snapshots, clones and groups, over real files. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <stdio.h>

#include "support/file_world.h"

#define SNAPSHOT REPLSVC_SYNC_TYPE_SNAPSHOT
#define CLONE REPLSVC_SYNC_TYPE_CLONE
#define STATE(name) REPLSVC_COPY_STATE_##name
#define OP(name) REPLSVC_OPERATION_##name
#define BLOCKS 256u

static replsvc_sync_ref make(struct file_world *w, uint16_t type, uint16_t wait, replsvc_element_ref *target)
{
    replsvc_sync_ref s;
    memset(target, 0, sizeof(*target));
    assert_done(replsvc_create_element_replica(w->svc, NULL, type, 0, &w->elements[0], NULL, target, NULL,
                                               NULL, NULL, &s, NULL, NULL, wait, NULL, NULL, 0));
    return s;
}

/* To its end. */
static uint32_t modify(struct file_world *w, uint16_t operation, const replsvc_sync_ref *s,
                       replsvc_opt_bool force)
{
    replsvc_job_ref job;
    uint32_t ret = replsvc_modify_replica_synchronization(w->svc, operation, s, NULL, NULL, 0, &job, NULL,
                                                          force, STATE(NOT_APPLICABLE), NULL);
    if (ret == REPLSVC_OK)
        assert_string_equal(job.id, "");
    return ret;
}

static uint16_t state_of(struct file_world *w, const replsvc_sync_ref *s)
{
    return fw_info(w->svc, s).copy_state;
}

static void assert_gone(struct file_world *w, const replsvc_sync_ref *s)
{
    replsvc_sync_info info = {.size = sizeof(info)};
    assert_refused(replsvc_sync_get_info(w->svc, s, &info), REPLSVC_INVALID_PARAMETER, "Synchronization");
    assert_non_null(strstr(replsvc_last_error()->message, "any more"));
}

static void a_snapshot_shows_its_point_in_time_at_once(void **state)
{
    (void)state;
    struct file_world w;
    file_world_make(&w, 1, BLOCKS);
    assert_int_equal(fw_write(w.svc, &w.elements[0], 0, 8, 0x11), 0);
    replsvc_element_ref t1, t2;
    replsvc_sync_ref s1 = make(&w, SNAPSHOT, STATE(SYNCHRONIZED), &t1);
    assert_int_equal(fw_write(w.svc, &w.elements[0], 2, 4, 0x22), 0);
    replsvc_sync_ref s2 = make(&w, SNAPSHOT, 0, &t2);
    assert_int_equal(fw_write(w.svc, &w.elements[0], 0, 8, 0x33), 0);
    assert_int_equal(fw_read(w.svc, &t1, 3), 0x11);
    assert_int_equal(fw_read(w.svc, &t2, 3), 0x22);
    assert_int_equal(fw_read(w.svc, &t2, 0), 0x11);
    assert_int_equal(fw_read(w.svc, &w.elements[0], 0), 0x33);
    replsvc_sync_info info = fw_info(w.svc, &s1);
    assert_int_equal(info.copy_state, STATE(SYNCHRONIZED));
    assert_int_equal(info.percent_synced, 100);
    assert_int_equal(info.replica_type, REPLSVC_REPLICA_TYPE_BEFORE_DELTA);
    assert_int_equal(info.copy_methodology, REPLSVC_COPY_METHODOLOGY_COPY_ON_WRITE);
    file_world_reopen(&w);
    assert_int_equal(fw_read(w.svc, &t1, 3), 0x11);
    assert_int_equal(fw_read(w.svc, &t2, 3), 0x22);
    assert_int_equal(fw_read(w.svc, &t2, 7), 0x11);
    assert_int_equal(state_of(&w, &s2), STATE(SYNCHRONIZED));
    file_world_free(&w);
}

static void returning_a_snapshot_gives_back_its_space(void **state)
{
    (void)state;
    struct file_world w;
    file_world_make(&w, 1, BLOCKS);
    assert_int_equal(fw_write(w.svc, &w.elements[0], 0, 8, 0x11), 0);
    replsvc_element_ref t1, t2, t3;
    replsvc_sync_ref s1 = make(&w, SNAPSHOT, 0, &t1);
    assert_int_equal(fw_write(w.svc, &w.elements[0], 0, 4, 0x22), 0);
    replsvc_sync_ref s2 = make(&w, SNAPSHOT, 0, &t2);
    assert_int_equal(fw_write(w.svc, &w.elements[0], 0, 8, 0x33), 0);
    replsvc_sync_ref s3 = make(&w, SNAPSHOT, 0, &t3);
    assert_int_equal(fw_count_images(&w), 3);
    assert_done(modify(&w, OP(RETURN_TO_RESOURCEPOOL), &s2, REPLSVC_BOOL_TRUE));
    assert_gone(&w, &s2);
    assert_int_equal(fw_count_images(&w), 2);
    assert_int_equal(fw_count_elements(w.svc), 3);
    assert_int_equal(fw_read(w.svc, &t1, 1), 0x11);
    assert_int_equal(fw_read(w.svc, &t1, 6), 0x11); /* handed down */
    assert_int_equal(fw_read(w.svc, &t3, 1), 0x33);
    assert_refused(modify(&w, OP(RETURN_TO_RESOURCEPOOL), &s2, REPLSVC_BOOL_TRUE), REPLSVC_INVALID_PARAMETER,
                   "Synchronization");
    assert_non_null(strstr(replsvc_last_error()->message, "any more"));
    assert_done(modify(&w, OP(RETURN_TO_RESOURCEPOOL), &s1, REPLSVC_BOOL_TRUE));
    assert_done(modify(&w, OP(RETURN_TO_RESOURCEPOOL), &s3, 0));
    assert_int_equal(fw_count_images(&w), 0);
    assert_int_equal(fw_count_syncs(w.svc), 0);
    assert_int_equal(fw_read(w.svc, &w.elements[0], 1), 0x33);
    file_world_free(&w);
}

static void detaching_a_snapshot_makes_it_independent(void **state)
{
    (void)state;
    struct file_world w;
    file_world_make(&w, 1, BLOCKS);
    assert_int_equal(fw_write(w.svc, &w.elements[0], 0, 8, 0x11), 0);
    replsvc_element_ref t1, t2;
    replsvc_sync_ref s1 = make(&w, SNAPSHOT, 0, &t1);
    replsvc_sync_ref s2 = make(&w, SNAPSHOT, 0, &t2);
    assert_int_equal(fw_write(w.svc, &w.elements[0], 0, 2, 0x22), 0);
    assert_int_equal(fw_write(w.svc, &t1, 5, 1, 0x55), 0);
    assert_done(modify(&w, OP(DETACH), &s1, 0));
    assert_gone(&w, &s1);
    assert_int_equal(fw_write(w.svc, &w.elements[0], 0, 8, 0x33), 0);
    assert_int_equal(fw_read(w.svc, &t1, 0), 0x11);
    assert_int_equal(fw_read(w.svc, &t1, 5), 0x55);
    assert_int_equal(fw_read(w.svc, &t1, 7), 0x11);
    assert_int_equal(fw_read(w.svc, &t2, 7), 0x11);
    assert_done(modify(&w, OP(RETURN_TO_RESOURCEPOOL), &s2, 0));
    assert_int_equal(fw_read(w.svc, &t1, 7), 0x11);
    assert_done(replsvc_element_unregister(w.svc, &t1, true));
    file_world_free(&w);
}

static void writing_to_a_snapshot_skews_it_and_reset_undoes_that(void **state)
{
    (void)state;
    struct file_world w;
    file_world_make(&w, 1, BLOCKS);
    assert_int_equal(fw_write(w.svc, &w.elements[0], 0, 8, 0x11), 0);
    replsvc_element_ref t;
    replsvc_sync_ref s = make(&w, SNAPSHOT, 0, &t);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(fw_write(w.svc, &t, 3, 1, 0x44), 0);
        engine_events_drain(w.svc->engine);
        assert_int_equal(state_of(&w, &s), STATE(SKEWED));
        assert_int_equal(fw_read(w.svc, &t, 3), 0x44);
        assert_done(modify(&w, OP(RESET_REPLICA), &s, 0));
        assert_int_equal(state_of(&w, &s), STATE(SYNCHRONIZED));
        assert_int_equal(fw_read(w.svc, &t, 3), 0x11);
    }
    file_world_free(&w);
}

static void restoring_brings_the_source_back(void **state)
{
    (void)state;
    for (int clone = 0; clone < 2; clone++) {
        struct file_world w;
        file_world_make(&w, 1, BLOCKS);
        assert_int_equal(fw_write(w.svc, &w.elements[0], 0, 8, 0x11), 0);
        replsvc_element_ref t, later;
        replsvc_sync_ref s = make(&w, clone ? CLONE : SNAPSHOT, STATE(SYNCHRONIZED), &t);
        assert_int_equal(fw_write(w.svc, &w.elements[0], 0, 6, 0x22), 0);
        (void)make(&w, SNAPSHOT, 0, &later);
        replsvc_job_ref job;
        uint32_t ret = replsvc_modify_replica_synchronization(w.svc, OP(RESTORE_FROM_REPLICA), &s, NULL, NULL,
                                                              0, &job, NULL, 0, 0, NULL);
        assert_int_equal(ret, REPLSVC_JOB_STARTED);
        assert_int_equal(fw_read(w.svc, &w.elements[0], 3), 0x11); /* at once */
        assert_done(replsvc_job_wait(w.svc, &job, -1));
        assert_int_equal(state_of(&w, &s), STATE(RESTORED));
        assert_int_equal(fw_read(w.svc, &w.elements[0], 3), 0x11);
        assert_int_equal(fw_read(w.svc, &later, 3), 0x22);
        assert_int_equal(fw_read(w.svc, &t, 3), 0x11);
        assert_done(modify(&w, OP(RESYNC_REPLICA), &s, 0));
        assert_int_equal(state_of(&w, &s), STATE(SYNCHRONIZED));
        file_world_free(&w);
    }
}

static void resync_takes_a_new_point_in_time(void **state)
{
    (void)state;
    for (int clone = 0; clone < 2; clone++) {
        struct file_world w;
        file_world_make(&w, 1, BLOCKS);
        replsvc_element_ref t;
        replsvc_sync_ref s = make(&w, clone ? CLONE : SNAPSHOT, STATE(SYNCHRONIZED), &t);
        int64_t first = fw_info(w.svc, &s).when_point_in_time;
        assert_int_equal(fw_write(w.svc, &w.elements[0], 0, 6, 0x22), 0);
        assert_done(modify(&w, OP(RESYNC_REPLICA), &s, 0));
        assert_int_equal(fw_write(w.svc, &w.elements[0], 0, 6, 0x33), 0);
        assert_int_equal(fw_read(w.svc, &t, 2), 0x22);
        assert_true(fw_info(w.svc, &s).when_point_in_time > first);
        file_world_free(&w);
    }
}

static void a_replica_made_at_rest_is_activated_later(void **state)
{
    (void)state;
    static const uint16_t rest[] = {STATE(INITIALIZED), STATE(PREPARED), STATE(INACTIVE)};
    for (int clone = 0; clone < 2; clone++)
        for (size_t i = 0; i < 3; i++) {
            struct file_world w;
            file_world_make(&w, 1, BLOCKS);
            replsvc_element_ref t;
            replsvc_sync_ref s = make(&w, clone ? CLONE : SNAPSHOT, rest[i], &t);
            assert_int_equal(state_of(&w, &s), rest[i]);
            assert_int_equal(fw_info(w.svc, &s).when_point_in_time, 0);
            assert_false(fw_writable(w.svc, &t));
            file_world_reopen(&w);
            assert_int_equal(fw_write(w.svc, &w.elements[0], 0, 6, 0x22), 0);
            assert_done(modify(&w, OP(ACTIVATE), &s, 0));
            assert_int_equal(fw_write(w.svc, &w.elements[0], 0, 6, 0x33), 0);
            assert_int_equal(state_of(&w, &s), STATE(SYNCHRONIZED));
            assert_int_equal(fw_read(w.svc, &t, 2), 0x22);
            assert_done(modify(&w, OP(DEACTIVATE), &s, 0));
            assert_int_equal(state_of(&w, &s), STATE(INACTIVE));
            assert_int_equal(fw_info(w.svc, &s).progress_status, REPLSVC_PROGRESS_STATUS_REQUIRES_ACTIVATE);
            assert_done(modify(&w, OP(PREPARE), &s, 0));
            assert_done(modify(&w, OP(UNPREPARE), &s, 0));
            assert_int_equal(state_of(&w, &s), STATE(INITIALIZED));
            file_world_free(&w);
        }
}

/* A clone that takes its time. */
static replsvc_sync_ref slow_clone(struct file_world *w, replsvc_job_ref *job, replsvc_element_ref *t)
{
    replsvc_sync_ref s;
    file_world_make(w, 1, 4096);
    assert_int_equal(fw_write(w->svc, &w->elements[0], 0, 4096, 0x11), 0);
    w->options.background_bytes_per_second = 4 << 20;
    file_world_reopen(w);
    memset(t, 0, sizeof(*t));
    assert_int_equal(replsvc_create_element_replica(w->svc, "slow", CLONE, 0, &w->elements[0], NULL, t, NULL,
                                                    NULL, job, &s, NULL, NULL, 0, NULL, NULL, 0),
                     REPLSVC_JOB_STARTED);
    assert_int_equal(state_of(w, &s), STATE(UNSYNCHRONIZED));
    return s;
}

static void fast_again(struct file_world *w)
{
    w->options.background_bytes_per_second = 0;
    file_world_reopen(w);
}

static void a_running_copy_is_suspended_and_resumed(void **state)
{
    (void)state;
    struct file_world w;
    replsvc_job_ref job;
    replsvc_element_ref t;
    replsvc_sync_ref s = slow_clone(&w, &job, &t);
    assert_done(modify(&w, OP(SUSPEND), &s, 0));
    replsvc_sync_info info = fw_info(w.svc, &s);
    assert_int_equal(info.copy_state, STATE(SUSPENDED));
    assert_int_equal(info.progress_status, REPLSVC_PROGRESS_STATUS_REQUIRES_RESUME);
    assert_true(info.when_suspended != 0);
    assert_int_equal(replsvc_job_wait(w.svc, &job, -1), REPLSVC_FAILED);
    assert_int_equal(fw_write(w.svc, &w.elements[0], 0, 64, 0x22), 0);
    assert_int_equal(fw_read(w.svc, &t, 5), 0x11);
    fast_again(&w);
    assert_int_equal(state_of(&w, &s), STATE(SUSPENDED));
    assert_done(modify(&w, OP(RESUME), &s, 0));
    assert_int_equal(state_of(&w, &s), STATE(SYNCHRONIZED));
    for (uint64_t b = 0; b < 4096; b += 100)
        assert_int_equal(fw_read(w.svc, &t, b), 0x11);
    file_world_free(&w);
}

static void a_running_copy_is_aborted_and_begun_anew(void **state)
{
    (void)state;
    struct file_world w;
    replsvc_job_ref job;
    replsvc_element_ref t;
    replsvc_sync_ref s = slow_clone(&w, &job, &t);
    assert_done(modify(&w, OP(ABORT), &s, 0));
    assert_int_equal(state_of(&w, &s), STATE(ABORTED));
    assert_true(fw_read(w.svc, &t, 0) < -1);
    fast_again(&w);
    assert_int_equal(fw_write(w.svc, &w.elements[0], 0, 64, 0x22), 0);
    assert_done(modify(&w, OP(RESYNC_REPLICA), &s, 0));
    assert_int_equal(fw_read(w.svc, &t, 5), 0x22);
    assert_int_equal(fw_read(w.svc, &t, 4000), 0x11);
    file_world_free(&w);
}

static void terminating_the_job_aborts_the_copy(void **state)
{
    (void)state;
    struct file_world w;
    replsvc_job_ref job;
    replsvc_element_ref t;
    replsvc_sync_ref s = slow_clone(&w, &job, &t);
    assert_done(replsvc_job_request_state_change(w.svc, &job, REPLSVC_JOB_REQUESTED_STATE_SUSPEND, 10000000));
    assert_int_equal(state_of(&w, &s), STATE(UNSYNCHRONIZED));
    assert_done(
        replsvc_job_request_state_change(w.svc, &job, REPLSVC_JOB_REQUESTED_STATE_TERMINATE, 10000000));
    replsvc_job_info info = {.size = sizeof(info)};
    assert_done(replsvc_job_get_info(w.svc, &job, &info));
    assert_int_equal(info.job_state, REPLSVC_JOB_STATE_TERMINATED);
    assert_int_equal(state_of(&w, &s), STATE(ABORTED));
    file_world_free(&w);
}

static void a_suspended_job_stays_so_after_reopening(void **state)
{
    (void)state;
    struct file_world w;
    replsvc_job_ref job;
    replsvc_element_ref t;
    replsvc_sync_ref s = slow_clone(&w, &job, &t);
    assert_done(replsvc_job_request_state_change(w.svc, &job, REPLSVC_JOB_REQUESTED_STATE_SUSPEND, 10000000));
    fast_again(&w);
    replsvc_job_info info = {.size = sizeof(info)};
    assert_done(replsvc_job_get_info(w.svc, &job, &info));
    assert_int_equal(info.job_state, REPLSVC_JOB_STATE_SUSPENDED);
    assert_done(replsvc_job_request_state_change(w.svc, &job, REPLSVC_JOB_REQUESTED_STATE_START, 0));
    assert_done(replsvc_job_wait(w.svc, &job, -1));
    assert_int_equal(state_of(&w, &s), STATE(SYNCHRONIZED));
    file_world_free(&w);
}

static void detaching_an_unfinished_copy_needs_force(void **state)
{
    (void)state;
    struct file_world w;
    replsvc_job_ref job;
    replsvc_element_ref t;
    replsvc_sync_ref s = slow_clone(&w, &job, &t);
    assert_refused(modify(&w, OP(DETACH), &s, 0), REPLSVC_INVALID_PARAMETER, "Force");
    assert_int_equal(state_of(&w, &s), STATE(UNSYNCHRONIZED));
    assert_done(modify(&w, OP(DETACH), &s, REPLSVC_BOOL_TRUE));
    assert_gone(&w, &s);
    assert_true(fw_writable(w.svc, &t));
    file_world_free(&w);
}

static void waiting_ends_with_the_services_timeout(void **state)
{
    (void)state;
    struct file_world w;
    replsvc_job_ref job;
    replsvc_element_ref t = {""}, t2;
    (void)slow_clone(&w, &job, &t2);
    w.options.wait_timeout_ms = 30;
    file_world_reopen(&w);
    replsvc_sync_ref s;
    assert_int_equal(replsvc_create_element_replica(w.svc, "late", CLONE, 0, &w.elements[0], NULL, &t, NULL,
                                                    NULL, &job, &s, NULL, NULL, STATE(SYNCHRONIZED), NULL,
                                                    NULL, 0),
                     REPLSVC_TIMEOUT);
    assert_int_equal(state_of(&w, &s), STATE(UNSYNCHRONIZED));
    assert_true(job.id[0] != '\0');
    file_world_free(&w);
}

static void a_clone_is_fractured_split_detached_dissolved(void **state)
{
    (void)state;
    struct file_world w;
    file_world_make(&w, 1, BLOCKS);
    replsvc_element_ref t;
    replsvc_sync_ref s = make(&w, CLONE, STATE(SYNCHRONIZED), &t);
    assert_done(modify(&w, OP(FRACTURE), &s, 0));
    assert_int_equal(state_of(&w, &s), STATE(FRACTURED));
    assert_true(fw_writable(w.svc, &t));
    assert_refused(modify(&w, OP(SPLIT), &s, 0), REPLSVC_INVALID_PARAMETER, "Operation");
    assert_non_null(strstr(replsvc_last_error()->message, "Fractured"));
    assert_done(modify(&w, OP(RESYNC_REPLICA), &s, 0));
    assert_done(modify(&w, OP(SPLIT), &s, 0));
    assert_int_equal(state_of(&w, &s), STATE(SPLIT));
    assert_done(modify(&w, OP(DETACH), &s, 0));
    assert_gone(&w, &s);
    s = make(&w, CLONE, STATE(SYNCHRONIZED), &t);
    assert_done(modify(&w, OP(DISSOLVE), &s, 0));
    assert_gone(&w, &s);
    assert_true(fw_writable(w.svc, &t));
    assert_refused(modify(&w, OP(FAILOVER), &s, 0), REPLSVC_INVALID_PARAMETER, "Synchronization");
    s = make(&w, CLONE, STATE(SYNCHRONIZED), &t);
    assert_refused(modify(&w, OP(FAILOVER), &s, 0), REPLSVC_NOT_SUPPORTED, "Operation");
    assert_refused(modify(&w, OP(RETURN_TO_RESOURCEPOOL), &s, 0), REPLSVC_NOT_SUPPORTED, "Operation");
    file_world_free(&w);
}

static void a_group_is_operated_on_as_one(void **state)
{
    (void)state;
    struct file_world w;
    file_world_make(&w, 3, BLOCKS);
    replsvc_group_ref group, target = {""};
    assert_done(replsvc_create_group(w.svc, "g", w.elements, 3, 0, 0, 0, NULL, &group, NULL));
    replsvc_sync_ref s;
    assert_done(replsvc_create_group_replica(w.svc, "hour", SNAPSHOT, 3, &group, NULL, NULL, &target, 0, NULL,
                                             3, NULL, NULL, &s, NULL, NULL, STATE(INACTIVE)));
    assert_int_equal(state_of(&w, &s), STATE(INACTIVE));
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(fw_write(w.svc, &w.elements[i], 0, 4, 0x21), 0);
    assert_done(modify(&w, OP(ACTIVATE), &s, 0));
    replsvc_sync_info info = fw_info(w.svc, &s);
    assert_int_equal(info.copy_state, STATE(SYNCHRONIZED));
    assert_int_equal(info.consistency_state, REPLSVC_CONSISTENCY_STATE_CONSISTENT);
    assert_true(info.when_point_in_time != 0);
    replsvc_group_info g = {.size = sizeof(g)};
    assert_done(replsvc_group_get_info(w.svc, &group, &g));
    assert_true(g.last_cut_pause_us > 0 && g.max_cut_pause_us >= g.last_cut_pause_us);

    replsvc_sync_ref *pairs;
    size_t n;
    assert_done(replsvc_sync_get_pairs(w.svc, &s, &pairs, &n));
    replsvc_element_ref t = fw_target(w.svc, &pairs[1]);
    assert_int_equal(fw_read(w.svc, &t, 1), 0x21);
    assert_int_equal(fw_write(w.svc, &t, 1, 1, 0x99), 0);
    engine_events_drain(w.svc->engine);
    assert_int_equal(state_of(&w, &s), STATE(MIXED));
    assert_int_equal(fw_info(w.svc, &s).consistency_state, REPLSVC_CONSISTENCY_STATE_INCONSISTENT);
    assert_done(modify(&w, OP(RESET_REPLICA), &s, 0));
    assert_int_equal(state_of(&w, &s), STATE(SYNCHRONIZED));
    assert_done(modify(&w, OP(DEACTIVATE_CONSISTENCY), &s, 0));
    assert_int_equal(fw_info(w.svc, &s).consistency_state, REPLSVC_CONSISTENCY_STATE_NOT_APPLICABLE);
    assert_refused(modify(&w, OP(ACTIVATE_CONSISTENCY), &pairs[0], 0), REPLSVC_NOT_SUPPORTED, "Operation");
    assert_refused(modify(&w, OP(DISSOLVE), &s, 0), REPLSVC_INVALID_PARAMETER, "Force");
    assert_done(modify(&w, OP(RETURN_TO_RESOURCEPOOL), &s, REPLSVC_BOOL_TRUE));
    assert_gone(&w, &s);
    assert_int_equal(fw_count_syncs(w.svc), 0);
    assert_int_equal(fw_count_images(&w), 0);
    replsvc_group_ref *groups;
    size_t n_groups;
    assert_done(replsvc_group_list(w.svc, &groups, &n_groups));
    assert_int_equal(n_groups, 1); /* the target group went with its last member */
    replsvc_free(groups);
    replsvc_free(pairs);
    file_world_free(&w);
}

static void pairs_leave_and_join_a_group(void **state)
{
    (void)state;
    struct file_world w;
    file_world_make(&w, 2, BLOCKS);
    replsvc_group_ref group, target = {""};
    assert_done(replsvc_create_group(w.svc, "g", w.elements, 2, 0, 0, 0, NULL, &group, NULL));
    replsvc_sync_ref s, *pairs;
    assert_done(replsvc_create_group_replica(w.svc, "r", SNAPSHOT, 0, &group, NULL, NULL, &target, 0, NULL, 0,
                                             NULL, NULL, &s, NULL, NULL, 0));
    size_t n;
    assert_done(replsvc_sync_get_pairs(w.svc, &s, &pairs, &n));
    assert_done(replsvc_modify_replica_synchronization(w.svc, OP(REMOVESYNCPAIR), &s, NULL, &pairs[0], 1,
                                                       NULL, NULL, 0, 0, NULL));
    assert_string_equal(fw_info(w.svc, &pairs[0]).group_synchronization, "");
    assert_int_equal(fw_info(w.svc, &s).member_count, 1);
    replsvc_group_info g = {.size = sizeof(g)};
    assert_done(replsvc_group_get_info(w.svc, &group, &g));
    assert_int_equal(g.member_count, 1);
    assert_refused(replsvc_modify_replica_synchronization(w.svc, OP(REMOVESYNCPAIR), &s, NULL, &pairs[1], 1,
                                                          NULL, NULL, 0, 0, NULL),
                   REPLSVC_INVALID_PARAMETER, "SyncPair");
    assert_done(replsvc_modify_replica_synchronization(w.svc, OP(ADDSYNCPAIR), &s, NULL, &pairs[0], 1, NULL,
                                                       NULL, 0, 0, NULL));
    assert_int_equal(fw_info(w.svc, &s).member_count, 2);
    file_world_reopen(&w);
    assert_int_equal(fw_info(w.svc, &s).member_count, 2);
    assert_done(modify(&w, OP(RETURN_TO_RESOURCEPOOL), &s, 0));
    replsvc_free(pairs);
    file_world_free(&w);
}

static void a_list_is_operated_on(void **state)
{
    (void)state;
    struct file_world w;
    file_world_make(&w, 1, BLOCKS);
    replsvc_element_ref t;
    replsvc_sync_ref s[3], *updated;
    size_t n;
    for (int i = 0; i < 3; i++)
        s[i] = make(&w, SNAPSHOT, 0, &t);
    replsvc_sync_ref twice[2] = {s[0], s[0]};
    assert_refused(replsvc_modify_list_synchronization(w.svc, OP(DEACTIVATE), twice, 2, NULL, NULL, NULL,
                                                       NULL, 0, 0, NULL, NULL),
                   REPLSVC_INVALID_PARAMETER, "Synchronization");
    assert_done(replsvc_modify_list_synchronization(w.svc, OP(DEACTIVATE), s, 2, NULL, NULL, NULL, NULL, 0,
                                                    STATE(INACTIVE), &updated, &n));
    assert_int_equal(n, 2);
    assert_string_equal(updated[1].id, s[1].id);
    replsvc_free(updated);
    /* One of them cannot: nothing happens to any. */
    assert_refused(replsvc_modify_list_synchronization(w.svc, OP(ACTIVATE), s, 3, NULL, NULL, NULL, NULL, 0,
                                                       0, NULL, NULL),
                   REPLSVC_INVALID_PARAMETER, "Operation");
    assert_int_equal(state_of(&w, &s[0]), STATE(INACTIVE));
    assert_done(replsvc_modify_list_synchronization(w.svc, OP(ACTIVATE), s, 2, NULL, NULL, NULL, NULL, 0,
                                                    STATE(SYNCHRONIZED), NULL, NULL));
    assert_done(replsvc_modify_list_synchronization(w.svc, OP(RETURN_TO_RESOURCEPOOL), s, 3, NULL, NULL, NULL,
                                                    NULL, REPLSVC_BOOL_TRUE, STATE(NOT_APPLICABLE), &updated,
                                                    &n));
    assert_int_equal(n, 3);
    assert_string_equal(updated[0].id, "");
    replsvc_free(updated);
    assert_int_equal(fw_count_syncs(w.svc), 0);
    file_world_free(&w);
}

static void bad_parameters_change_nothing(void **state)
{
    (void)state;
    struct file_world w;
    file_world_make(&w, 1, BLOCKS);
    replsvc_element_ref t;
    replsvc_sync_ref s = make(&w, SNAPSHOT, 0, &t), none = {"sync-none"};
    replsvc_sync_info before = fw_info(w.svc, &s);
    assert_refused(modify(&w, 1, &s, 0), REPLSVC_INVALID_PARAMETER, "Operation");
    assert_refused(modify(&w, 28, &s, 0), REPLSVC_INVALID_PARAMETER, "Operation");
    assert_refused(modify(&w, OP(DETACH), NULL, 0), REPLSVC_INVALID_PARAMETER, "Synchronization");
    assert_refused(modify(&w, OP(DETACH), &none, 0), REPLSVC_INVALID_PARAMETER, "Synchronization");
    assert_refused(modify(&w, OP(DETACH), (void *)&w.elements[0], 0), REPLSVC_INVALID_PARAMETER,
                   "Synchronization");
    assert_refused(modify(&w, OP(DETACH), &s, (replsvc_opt_bool)7), REPLSVC_INVALID_PARAMETER, "Force");
    assert_refused(
        replsvc_modify_replica_synchronization(w.svc, OP(DETACH), &s, NULL, &s, 1, NULL, NULL, 0, 0, NULL),
        REPLSVC_INVALID_PARAMETER, "SyncPair");
    assert_refused(replsvc_modify_replica_synchronization(w.svc, OP(DETACH), &s, "nonsense", NULL, 0, NULL,
                                                          NULL, 0, 0, NULL),
                   REPLSVC_INVALID_PARAMETER, "ReplicationSettingData");
    assert_refused(replsvc_modify_replica_synchronization(w.svc, OP(DETACH), &s, NULL, NULL, 0, NULL, NULL, 0,
                                                          STATE(SPLIT), NULL),
                   REPLSVC_INVALID_PARAMETER, "WaitForCopyState");
    replsvc_sync_info after = fw_info(w.svc, &s);
    assert_memory_equal(&before, &after, sizeof(before));
    file_world_free(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_snapshot_shows_its_point_in_time_at_once),
        cmocka_unit_test(returning_a_snapshot_gives_back_its_space),
        cmocka_unit_test(detaching_a_snapshot_makes_it_independent),
        cmocka_unit_test(writing_to_a_snapshot_skews_it_and_reset_undoes_that),
        cmocka_unit_test(restoring_brings_the_source_back),
        cmocka_unit_test(resync_takes_a_new_point_in_time),
        cmocka_unit_test(a_replica_made_at_rest_is_activated_later),
        cmocka_unit_test(a_running_copy_is_suspended_and_resumed),
        cmocka_unit_test(a_running_copy_is_aborted_and_begun_anew),
        cmocka_unit_test(terminating_the_job_aborts_the_copy),
        cmocka_unit_test(a_suspended_job_stays_so_after_reopening),
        cmocka_unit_test(detaching_an_unfinished_copy_needs_force),
        cmocka_unit_test(waiting_ends_with_the_services_timeout),
        cmocka_unit_test(a_clone_is_fractured_split_detached_dissolved),
        cmocka_unit_test(a_group_is_operated_on_as_one),
        cmocka_unit_test(pairs_leave_and_join_a_group),
        cmocka_unit_test(a_list_is_operated_on),
        cmocka_unit_test(bad_parameters_change_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
