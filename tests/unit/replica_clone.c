/* SPDX-License-Identifier: BSD-2-Clause */
/* Clones from the create methods to their end, over real files. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <stdio.h>

#include "support/file_world.h"

#define CLONE REPLSVC_SYNC_TYPE_CLONE
#define SYNCHRONIZED REPLSVC_COPY_STATE_SYNCHRONIZED
#define BLOCKS 512u /* 2 MiB */

static uint32_t clone_element(struct file_world *w, const char *name, size_t source,
                              replsvc_element_ref *target, uint16_t wait, replsvc_job_ref *job,
                              replsvc_sync_ref *sync)
{
    return replsvc_create_element_replica(w->svc, name, CLONE, 0, &w->elements[source], NULL, target, NULL,
                                          NULL, job, sync, NULL, NULL, wait, NULL, NULL, 0);
}

static void an_element_is_cloned_into_a_new_one(void **state)
{
    (void)state;
    struct file_world w;
    file_world_make(&w, 1, BLOCKS);
    assert_int_equal(fw_write(w.svc, &w.elements[0], 10, 20, 0x11), 0);
    replsvc_element_ref target = {""};
    replsvc_sync_ref sync;
    replsvc_job_ref job;
    uint32_t ret = clone_element(&w, "copy", 0, &target, 0, &job, &sync);
    assert_int_equal(ret, REPLSVC_JOB_STARTED);
    assert_true(job.id[0] != '\0' && target.id[0] != '\0');
    assert_int_equal(fw_write(w.svc, &w.elements[0], 10, 5, 0x22), 0); /* after the point in time */
    assert_int_equal(fw_read(w.svc, &target, 12), 0x11);
    assert_done(replsvc_job_wait(w.svc, &job, -1));

    replsvc_sync_info info = fw_info(w.svc, &sync);
    assert_string_equal(info.name, "copy");
    assert_string_equal(info.system_element, w.elements[0].id);
    assert_string_equal(info.synced_element, target.id);
    assert_int_equal(info.copy_state, SYNCHRONIZED);
    assert_int_equal(info.requested_copy_state, REPLSVC_COPY_STATE_NOT_APPLICABLE);
    assert_int_equal(info.progress_status, REPLSVC_PROGRESS_STATUS_COMPLETED);
    assert_int_equal(info.percent_synced, 100);
    assert_int_equal(info.bytes_total, BLOCKS * FW_BLOCK);
    assert_int_equal(info.bytes_synced, info.bytes_total);
    assert_int_equal(info.sync_type, CLONE);
    assert_int_equal(info.mode, REPLSVC_MODE_ASYNCHRONOUS);
    assert_true(info.when_established != 0 && info.when_activated != 0 && info.when_point_in_time != 0 &&
                info.when_synchronized >= info.when_activated);
    assert_string_equal(info.error_message, "");
    assert_int_equal(fw_read(w.svc, &target, 12), 0x11);
    assert_int_equal(fw_read(w.svc, &target, 29), 0x11);
    assert_int_equal(fw_read(w.svc, &target, 30), 0);
    assert_int_equal(fw_read(w.svc, &w.elements[0], 12), 0x22);

    replsvc_element_info element = {.size = sizeof(element)};
    assert_done(replsvc_element_get_info(w.svc, &target, &element));
    assert_string_equal(element.name, "copy");
    assert_true(element.created_by_service && element.in_use);
    replsvc_sync_ref found;
    assert_done(replsvc_sync_find(w.svc, "copy", &found));
    assert_string_equal(found.id, sync.id);
    assert_done(replsvc_sync_find_by_target(w.svc, &target, &found));
    assert_string_equal(found.id, sync.id);
    file_world_free(&w);
}

static void waiting_for_synchronized_needs_no_job(void **state)
{
    (void)state;
    struct file_world w;
    file_world_make(&w, 2, BLOCKS);
    assert_int_equal(fw_write(w.svc, &w.elements[0], 0, BLOCKS, 0x33), 0);
    replsvc_sync_ref sync;
    replsvc_job_ref job;
    assert_done(clone_element(&w, NULL, 0, &w.elements[1], SYNCHRONIZED, &job, &sync));
    assert_string_equal(job.id, "");
    assert_int_equal(fw_info(w.svc, &sync).copy_state, SYNCHRONIZED);
    assert_int_equal(fw_read(w.svc, &w.elements[1], BLOCKS - 1), 0x33);
    file_world_free(&w);
}

static void a_group_is_cloned_into_a_new_group(void **state)
{
    (void)state;
    struct file_world w;
    file_world_make(&w, 3, BLOCKS);
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(fw_write(w.svc, &w.elements[i], 0, BLOCKS / 2, (unsigned char)(i + 1)), 0);
    replsvc_group_ref group, target = {""};
    assert_done(replsvc_create_group(w.svc, "sources", w.elements, 3, 0, 0, 0, NULL, &group, NULL));
    replsvc_sync_ref sync;
    replsvc_job_ref job;
    uint32_t ret = replsvc_create_group_replica(w.svc, "night", CLONE, 0, &group, NULL, NULL, &target, 0,
                                                NULL, REPLSVC_CONSISTENCY_SEQUENTIAL_CONSISTENCY, NULL, &job,
                                                &sync, NULL, &w.pool, 0);
    assert_int_equal(ret, REPLSVC_JOB_STARTED);
    assert_done(replsvc_job_wait(w.svc, &job, -1));
    replsvc_sync_info info = fw_info(w.svc, &sync);
    assert_true(info.is_group);
    assert_int_equal(info.member_count, 3);
    assert_int_equal(info.copy_state, SYNCHRONIZED);
    assert_int_equal(info.percent_synced, 100);
    assert_int_equal(info.bytes_total, 3u * BLOCKS * FW_BLOCK);
    assert_true(info.consistency_enabled);
    assert_int_equal(info.consistency_state, REPLSVC_CONSISTENCY_STATE_CONSISTENT);
    assert_string_equal(info.system_element, group.id);
    assert_string_equal(info.synced_element, target.id);

    replsvc_sync_ref *pairs;
    replsvc_element_ref *members;
    size_t n, n_members;
    assert_done(replsvc_sync_get_pairs(w.svc, &sync, &pairs, &n));
    assert_done(replsvc_group_get_members(w.svc, &target, &members, &n_members));
    assert_int_equal(n, 3);
    assert_int_equal(n_members, 3);
    for (size_t i = 0; i < 3; i++) {
        char name[32];
        snprintf(name, sizeof(name), "night_%zu", i + 1);
        replsvc_sync_info pair = fw_info(w.svc, &pairs[i]);
        assert_string_equal(pair.name, name);
        assert_string_equal(pair.system_element, w.elements[i].id);
        assert_string_equal(pair.synced_element, members[i].id);
        assert_string_equal(pair.group_synchronization, sync.id);
        replsvc_element_info element = {.size = sizeof(element)};
        assert_done(replsvc_element_get_info(w.svc, &members[i], &element));
        assert_string_equal(element.name, name);
        assert_int_equal(fw_read(w.svc, &members[i], 3), (int)i + 1);
        assert_int_equal(fw_read(w.svc, &members[i], BLOCKS - 1), 0);
    }
    replsvc_free(pairs);
    replsvc_free(members);
    file_world_free(&w);
}

static void one_element_is_cloned_many_times(void **state)
{
    (void)state;
    struct file_world w;
    file_world_make(&w, 1, BLOCKS);
    assert_int_equal(fw_write(w.svc, &w.elements[0], 7, 1, 0x44), 0);
    replsvc_group_ref target = {""};
    replsvc_sync_ref sync;
    assert_done(replsvc_create_group_replica(w.svc, NULL, CLONE, 0, NULL, &w.elements[0], NULL, &target, 4,
                                             NULL, 0, NULL, NULL, &sync, NULL, NULL, SYNCHRONIZED));
    replsvc_element_ref *members;
    size_t n;
    assert_done(replsvc_group_get_members(w.svc, &target, &members, &n));
    assert_int_equal(n, 4);
    for (size_t i = 0; i < n; i++)
        assert_int_equal(fw_read(w.svc, &members[i], 7), 0x44);
    assert_string_equal(fw_info(w.svc, &sync).system_element, w.elements[0].id);
    replsvc_free(members);
    file_world_free(&w);
}

static void a_list_is_cloned(void **state)
{
    (void)state;
    struct file_world w;
    file_world_make(&w, 4, BLOCKS);
    assert_int_equal(fw_write(w.svc, &w.elements[1], 7, 1, 0x55), 0);
    static const char *const names[] = {"a", "b"};
    replsvc_element_ref targets[2] = {{""}, {""}};
    replsvc_sync_ref *syncs;
    size_t n;
    assert_done(replsvc_create_list_replica(w.svc, names, 2, CLONE, 0, w.elements, 2, NULL, targets, 2, NULL,
                                            NULL, NULL, &syncs, &n, NULL, NULL, SYNCHRONIZED, NULL, 0, NULL,
                                            0));
    assert_int_equal(n, 2);
    assert_int_equal(fw_read(w.svc, &targets[1], 7), 0x55);
    assert_string_equal(fw_info(w.svc, &syncs[1]).name, "b");
    assert_false(fw_info(w.svc, &syncs[1]).is_group);
    replsvc_free(syncs);
    assert_done(replsvc_create_list_replica(w.svc, NULL, 0, CLONE, 0, w.elements, 2, NULL, &w.elements[2], 2,
                                            NULL, NULL, NULL, NULL, NULL, NULL, NULL, SYNCHRONIZED, NULL, 0,
                                            NULL, 0));
    assert_int_equal(fw_read(w.svc, &w.elements[3], 7), 0x55);
    file_world_free(&w);
}

static void everything_is_there_after_reopening(void **state)
{
    (void)state;
    struct file_world w;
    file_world_make(&w, 2, BLOCKS);
    assert_int_equal(fw_write(w.svc, &w.elements[0], 7, 1, 0x66), 0);
    replsvc_sync_ref sync;
    replsvc_job_ref job;
    replsvc_element_ref target = {""};
    assert_int_equal(clone_element(&w, "copy", 0, &target, 0, &job, &sync), REPLSVC_JOB_STARTED);
    assert_done(replsvc_job_wait(w.svc, &job, -1));
    replsvc_sync_info before = fw_info(w.svc, &sync);
    file_world_reopen(&w);
    replsvc_sync_info after = fw_info(w.svc, &sync);
    assert_memory_equal(&before, &after, sizeof(before));
    assert_done(replsvc_job_wait(w.svc, &job, 0));
    assert_int_equal(fw_read(w.svc, &target, 7), 0x66);
    assert_true(fw_writable(w.svc, &target));
    file_world_free(&w);
}

/* 8 MiB/s for 16 MiB: the service is closed in the middle. */
static void a_clone_goes_on_after_reopening(void **state)
{
    (void)state;
    struct file_world w;
    file_world_make(&w, 1, 4096);
    assert_int_equal(fw_write(w.svc, &w.elements[0], 0, 4096, 0x77), 0);
    w.options.background_bytes_per_second = 8 << 20;
    file_world_reopen(&w);
    replsvc_sync_ref sync;
    replsvc_job_ref job;
    replsvc_element_ref target = {""};
    assert_int_equal(clone_element(&w, "copy", 0, &target, 0, &job, &sync), REPLSVC_JOB_STARTED);
    assert_int_equal(fw_info(w.svc, &sync).copy_state, REPLSVC_COPY_STATE_UNSYNCHRONIZED);
    assert_false(fw_writable(w.svc, &target));
    w.options.background_bytes_per_second = 0;
    file_world_reopen(&w);
    assert_int_equal(fw_write(w.svc, &w.elements[0], 0, 4096, 0x78), 0);
    assert_done(replsvc_job_wait(w.svc, &job, -1));
    assert_int_equal(fw_info(w.svc, &sync).copy_state, SYNCHRONIZED);
    for (uint64_t b = 0; b < 4096; b += 64)
        assert_int_equal(fw_read(w.svc, &target, b), 0x77);
    file_world_free(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_element_is_cloned_into_a_new_one),
        cmocka_unit_test(waiting_for_synchronized_needs_no_job),
        cmocka_unit_test(a_group_is_cloned_into_a_new_group),
        cmocka_unit_test(one_element_is_cloned_many_times),
        cmocka_unit_test(a_list_is_cloned),
        cmocka_unit_test(everything_is_there_after_reopening),
        cmocka_unit_test(a_clone_goes_on_after_reopening),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
