/* SPDX-License-Identifier: BSD-2-Clause */
/* What befalls media: lost, full, failing, written behind the service's back. The source is never harmed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "support/file_world.h"

#define CLONE REPLSVC_SYNC_TYPE_CLONE
#define SNAPSHOT REPLSVC_SYNC_TYPE_SNAPSHOT
#define STATE(name) REPLSVC_COPY_STATE_##name
#define OP(name) REPLSVC_OPERATION_##name
#define BLOCKS 64u

static uint32_t modify(replsvc_service *svc, uint16_t op, const replsvc_sync_ref *s)
{
    return replsvc_modify_replica_synchronization(svc, op, s, NULL, NULL, 0, NULL, NULL, REPLSVC_BOOL_TRUE,
                                                  STATE(NOT_APPLICABLE), NULL);
}

static uint32_t create(replsvc_service *svc, uint16_t type, const replsvc_element_ref *source,
                       replsvc_element_ref *target, uint16_t wait, replsvc_job_ref *job, replsvc_sync_ref *s)
{
    return replsvc_create_element_replica(svc, NULL, type, 0, source, NULL, target, NULL, NULL, job, s, NULL,
                                          NULL, wait, NULL, NULL, 0);
}

static void a_lost_target_breaks_its_relationship_and_nothing_else(void **state)
{
    (void)state;
    static const uint16_t ends[] = {OP(DISSOLVE), OP(DETACH), OP(RETURN_TO_RESOURCEPOOL)};
    for (size_t i = 0; i < 3; i++) {
        struct file_world w;
        file_world_make(&w, 1, BLOCKS);
        assert_int_equal(fw_write(w.svc, &w.elements[0], 0, 8, 0x11), 0);
        replsvc_element_ref lost = {""}, kept = {""};
        replsvc_sync_ref a, b;
        assert_done(create(w.svc, SNAPSHOT, &w.elements[0], &lost, 0, NULL, &a));
        assert_int_equal(fw_write(w.svc, &w.elements[0], 0, 4, 0x22), 0);
        assert_done(create(w.svc, SNAPSHOT, &w.elements[0], &kept, 0, NULL, &b));
        replsvc_element_info info = {.size = sizeof(info)};
        assert_done(replsvc_element_get_info(w.svc, &lost, &info));
        replsvc_service_close(w.svc);
        assert_int_equal(unlink(strchr(info.locator, ':') + 1), 0);
        char path[TEMPDIR_SIZE + 16];
        snprintf(path, sizeof(path), "%s/state", w.directory);
        assert_done(replsvc_service_open(path, &w.options, &w.svc));
        assert_int_equal(fw_read(w.svc, &w.elements[0], 2), 0x22);
        assert_int_equal(fw_write(w.svc, &w.elements[0], 0, 8, 0x33), 0);
        assert_int_equal(fw_read(w.svc, &kept, 2), 0x22);
        replsvc_sync_info sync = fw_info(w.svc, &a);
        assert_int_equal(sync.copy_state, STATE(BROKEN));
        assert_non_null(strstr(sync.error_message, "cannot be opened"));
        assert_done(modify(w.svc, ends[i], &a));
        assert_int_equal(fw_count_syncs(w.svc), 1);
        assert_int_equal(fw_read(w.svc, &kept, 2), 0x22);
        assert_done(modify(w.svc, OP(RETURN_TO_RESOURCEPOOL), &b));
        file_world_free(&w);
    }
}

static void a_source_written_behind_the_services_back_invalidates_its_snapshots(void **state)
{
    (void)state;
    struct file_world w;
    file_world_make(&w, 1, BLOCKS);
    replsvc_element_ref snap = {""}, clone = {""};
    replsvc_sync_ref a, b;
    assert_done(create(w.svc, CLONE, &w.elements[0], &clone, STATE(SYNCHRONIZED), NULL, &b));
    assert_done(create(w.svc, SNAPSHOT, &w.elements[0], &snap, 0, NULL, &a));
    replsvc_service_close(w.svc);
    char path[TEMPDIR_SIZE + 16];
    snprintf(path, sizeof(path), "%s/v0", w.directory);
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    assert_int_equal(pwrite(fd, "x", 1, 0), 1);
    close(fd);
    snprintf(path, sizeof(path), "%s/state", w.directory);
    assert_done(replsvc_service_open(path, &w.options, &w.svc));
    assert_true(fw_read(w.svc, &snap, 0) < -1);
    replsvc_sync_info info = fw_info(w.svc, &a);
    assert_int_equal(info.copy_state, STATE(INVALID));
    assert_non_null(strstr(info.error_message, "written"));
    assert_int_equal(fw_info(w.svc, &b).copy_state, STATE(SYNCHRONIZED)); /* it stands alone */
    assert_int_equal(fw_read(w.svc, &clone, 0), 0);
    assert_done(modify(w.svc, OP(RETURN_TO_RESOURCEPOOL), &a));
    file_world_free(&w);
}

static void a_target_that_fails_or_is_full_leaves_the_source_alone(void **state)
{
    (void)state;
    static const int errors[] = {-ENOSPC, -EIO};
    for (size_t i = 0; i < 2; i++) {
        struct service_world w;
        replsvc_sync_ref s;
        replsvc_job_ref job;
        service_world_make(&w, 2, BLOCKS * FW_BLOCK);
        world_set_capabilities(w.world, world_capabilities(w.world) & ~REPLSVC_BACKEND_CAP_CLONE_RANGE);
        assert_int_equal(fw_write(w.svc, &w.elements[0], 0, BLOCKS, 0x11), 0);
        struct world_fault fault = {
            .path = "disks/d1", .kinds = 1u << WORLD_OP_WRITE, .nth = 1, .forever = true, .err = errors[i]};
        assert_int_equal(world_fault_add(w.world, &fault), 0);
        assert_int_equal(create(w.svc, CLONE, &w.elements[0], &w.elements[1], 0, &job, &s),
                         REPLSVC_JOB_STARTED);
        assert_int_equal(replsvc_job_wait(w.svc, &job, -1), REPLSVC_FAILED);
        char *error;
        assert_done(replsvc_job_get_error(w.svc, &job, &error));
        assert_non_null(strstr(error, "CIM_Error"));
        replsvc_free(error);
        replsvc_sync_info info = fw_info(w.svc, &s);
        assert_int_equal(info.copy_state, STATE(BROKEN));
        assert_true(info.error_message[0] != '\0');
        assert_false(fw_writable(w.svc, &w.elements[1]));
        assert_int_equal(fw_write(w.svc, &w.elements[0], 0, 4, 0x22), 0);
        assert_int_equal(fw_read(w.svc, &w.elements[0], 9), 0x11);
        world_faults_clear(w.world);
        assert_done(modify(w.svc, OP(RESYNC_REPLICA), &s));
        assert_int_equal(fw_info(w.svc, &s).copy_state, STATE(SYNCHRONIZED));
        assert_int_equal(fw_read(w.svc, &w.elements[1], 1), 0x22);
        service_world_free(&w);
    }
}

static void a_state_directory_that_is_full_changes_nothing(void **state)
{
    (void)state;
    struct service_world w;
    replsvc_sync_ref s;
    service_world_make(&w, 2, BLOCKS * FW_BLOCK);
    for (unsigned long n = 1; n < 12; n++) {
        struct world_fault fault = {
            .path = "state/", .kinds = 1u << WORLD_OP_WRITE, .nth = n, .err = -ENOSPC};
        assert_int_equal(world_fault_add(w.world, &fault), 0);
        uint32_t ret = create(w.svc, SNAPSHOT, &w.elements[0], &w.elements[1], STATE(SYNCHRONIZED), NULL, &s);
        world_faults_clear(w.world);
        if (ret == REPLSVC_OK) {
            assert_done(modify(w.svc, OP(DISSOLVE), &s));
            continue;
        }
        /* What could not even be taken back goes at the next open. */
        service_world_reopen(&w);
        replsvc_job_ref *jobs;
        size_t n_jobs;
        assert_done(replsvc_job_list(w.svc, &jobs, &n_jobs));
        for (size_t i = 0; i < n_jobs; i++)
            (void)replsvc_job_wait(w.svc, &jobs[i], -1);
        replsvc_free(jobs);
        assert_int_equal(fw_count_syncs(w.svc), 0);
        assert_true(fw_writable(w.svc, &w.elements[1]));
    }
    service_world_free(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_lost_target_breaks_its_relationship_and_nothing_else),
        cmocka_unit_test(a_source_written_behind_the_services_back_invalidates_its_snapshots),
        cmocka_unit_test(a_target_that_fails_or_is_full_leaves_the_source_alone),
        cmocka_unit_test(a_state_directory_that_is_full_changes_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
