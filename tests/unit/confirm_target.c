/* SPDX-License-Identifier: BSD-2-Clause */
/* ConfirmTargetData: what differs between the sides of a mirror is found while hosts write, told, repaired.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <stdatomic.h>
#include <stdio.h>
#include <pthread.h>

#include "support/file_world.h"

#define STATE(name) REPLSVC_COPY_STATE_##name
#define OP(name) REPLSVC_OPERATION_##name
#define BLOCKS 256u
#define SIZE (BLOCKS * FW_BLOCK)
#define SECOND INT64_C(1000000)
#define REPAIR "instance of CIM_ReplicationSettingData { CopyRecoveryMode = 2; };"

static const uint16_t modes[] = {REPLSVC_MODE_SYNCHRONOUS, REPLSVC_MODE_ASYNCHRONOUS, REPLSVC_MODE_ADAPTIVE};
#define MODES (sizeof(modes) / sizeof(modes[0]))

static uint32_t modify(replsvc_service *svc, uint16_t op, const replsvc_sync_ref *s)
{
    return replsvc_modify_replica_synchronization(svc, op, s, NULL, NULL, 0, NULL, NULL, REPLSVC_BOOL_ABSENT,
                                                  STATE(NOT_APPLICABLE), NULL);
}

static replsvc_sync_ref replicate(struct service_world *w, uint16_t type, uint16_t mode)
{
    replsvc_sync_ref s;
    assert_done(replsvc_create_element_replica(w->svc, NULL, type, mode, &w->elements[0], NULL,
                                               &w->elements[1], NULL, NULL, NULL, &s, NULL, NULL,
                                               STATE(SYNCHRONIZED), NULL, NULL, 0));
    return s;
}

static uint32_t confirm(struct service_world *w, const replsvc_sync_ref *s, const char *settings,
                        replsvc_job_ref *job)
{
    return replsvc_confirm_target_data(w->svc, s, NULL, NULL, settings, job, NULL, 60 * SECOND);
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

/* Behind the service's back. */
static void damage(struct service_world *w, const char *disk, uint64_t block)
{
    struct world_file *f;
    char path[64];
    unsigned char buffer[FW_BLOCK];
    memset(buffer, 0xee, sizeof(buffer));
    snprintf(path, sizeof(path), "disks/%s", disk);
    assert_int_equal(world_open(w->world, path, 0, &f), 0);
    assert_int_equal(world_write(f, buffer, sizeof(buffer), block * FW_BLOCK, true), 0);
    world_close(f);
}

static void both_sides_that_agree_are_confirmed(void **state)
{
    (void)state;
    for (size_t i = 0; i < MODES; i++) {
        struct service_world w;
        replsvc_job_ref job;
        service_world_make(&w, 2, SIZE);
        assert_int_equal(fw_write(w.svc, &w.elements[0], 0, 64, 0x11), 0);
        replsvc_sync_ref s = replicate(&w, REPLSVC_SYNC_TYPE_MIRROR, modes[i]);
        assert_int_equal(fw_write(w.svc, &w.elements[0], 9, 1, 0x12), 0);
        assert_done(confirm(&w, &s, NULL, &job));
        assert_string_equal(job.id, "");
        assert_int_equal(fw_info(w.svc, &s).copy_state, STATE(SYNCHRONIZED));
        assert_int_equal(replsvc_confirm_target_data(w.svc, &s, NULL, NULL, NULL, &job, NULL, 0),
                         REPLSVC_JOB_STARTED);
        assert_done(replsvc_job_wait(w.svc, &job, -1));
        service_world_free(&w);
    }
}

static void what_differs_is_counted_and_not_called_synchronized(void **state)
{
    (void)state;
    for (size_t i = 0; i < MODES; i++) {
        struct service_world w;
        replsvc_job_ref job;
        service_world_make(&w, 2, SIZE);
        assert_int_equal(fw_write(w.svc, &w.elements[0], 0, BLOCKS, 0x11), 0);
        replsvc_sync_ref s = replicate(&w, REPLSVC_SYNC_TYPE_MIRROR, modes[i]);
        damage(&w, "d1", 100);
        damage(&w, "d1", 101);
        damage(&w, "d1", 200);
        assert_int_equal(confirm(&w, &s, NULL, &job), REPLSVC_FAILED);
        assert_non_null(strstr(replsvc_last_error()->message, "offset 393216")); /* a region of 64 KiB */
        replsvc_job_info info = {.size = sizeof(info)};
        assert_done(replsvc_job_get_info(w.svc, &job, &info));
        assert_int_equal(info.job_state, REPLSVC_JOB_STATE_EXCEPTION);
        assert_non_null(strstr(info.error_description, "131072 bytes"));
        replsvc_sync_info sync = fw_info(w.svc, &s);
        assert_int_equal(sync.copy_state, STATE(UNSYNCHRONIZED));
        assert_int_equal(sync.progress_status, REPLSVC_PROGRESS_STATUS_REQUIRES_RESYNC);
        assert_non_null(strstr(sync.error_message, "131072 bytes"));
        /* A second look, which repairs. */
        assert_done(confirm(&w, &s, REPAIR, &job));
        sync = fw_info(w.svc, &s);
        assert_int_equal(sync.copy_state, STATE(SYNCHRONIZED));
        assert_string_equal(sync.error_message, "");
        assert_done(confirm(&w, &s, NULL, NULL));
        assert_done(modify(w.svc, OP(SPLIT), &s));
        assert_int_equal(fw_read(w.svc, &w.elements[1], 101), 0x11);
        service_world_free(&w);
    }
}

static void what_differs_is_repaired_when_asked_for(void **state)
{
    (void)state;
    struct service_world w;
    replsvc_job_ref job;
    service_world_make(&w, 2, SIZE);
    assert_int_equal(fw_write(w.svc, &w.elements[0], 0, BLOCKS, 0x11), 0);
    replsvc_sync_ref s = replicate(&w, REPLSVC_SYNC_TYPE_MIRROR, 0);
    damage(&w, "d1", 40);
    assert_int_equal(replsvc_confirm_target_data(w.svc, &s, NULL, NULL, REPAIR, &job, NULL, 0),
                     REPLSVC_JOB_STARTED);
    assert_done(replsvc_job_wait(w.svc, &job, -1));
    replsvc_job_info info = {.size = sizeof(info)};
    assert_done(replsvc_job_get_info(w.svc, &job, &info));
    assert_int_equal(info.job_state, REPLSVC_JOB_STATE_COMPLETED);
    assert_int_equal(info.error_code, 0);
    assert_non_null(strstr(info.error_description, "65536 bytes"));
    assert_int_equal(fw_info(w.svc, &s).copy_state, STATE(SYNCHRONIZED));
    assert_done(modify(w.svc, OP(SPLIT), &s));
    assert_int_equal(fw_read(w.svc, &w.elements[1], 40), 0x11);
    service_world_free(&w);
}

static void of_a_group_all_pairs_are_compared(void **state)
{
    (void)state;
    struct service_world w;
    replsvc_group_ref source, target;
    replsvc_sync_ref s;
    replsvc_job_ref job;
    service_world_make(&w, 4, SIZE);
    assert_done(replsvc_create_group(w.svc, "s", w.elements, 2, 0, 0, 0, NULL, &source, NULL));
    assert_done(replsvc_create_group(w.svc, "t", &w.elements[2], 2, 0, 0, 0, NULL, &target, NULL));
    assert_done(replsvc_create_group_replica(w.svc, "m", REPLSVC_SYNC_TYPE_MIRROR, 0, &source, NULL, NULL,
                                             &target, 0, NULL, 3, NULL, NULL, &s, NULL, NULL,
                                             STATE(SYNCHRONIZED)));
    assert_done(confirm(&w, &s, NULL, &job));
    damage(&w, "d2", 0);
    damage(&w, "d3", 16);
    assert_int_equal(confirm(&w, &s, NULL, &job), REPLSVC_FAILED);
    assert_non_null(strstr(replsvc_last_error()->message, "\"m_1\""));
    assert_non_null(strstr(replsvc_last_error()->message, "\"m_2\""));
    assert_int_equal(fw_info(w.svc, &s).copy_state, STATE(UNSYNCHRONIZED));
    assert_done(confirm(&w, &s, REPAIR, &job));
    assert_int_equal(fw_info(w.svc, &s).copy_state, STATE(SYNCHRONIZED));
    service_world_free(&w);
}

static void what_cannot_be_compared_is_refused(void **state)
{
    (void)state;
    struct service_world w;
    replsvc_job_ref job;
    static const replsvc_sync_ref nobody = {"sync-00000000-0000-0000-0000-000000000000"};
    static const replsvc_access_point_ref elsewhere = {"ap-1"};
    service_world_make(&w, 2, SIZE);
    replsvc_sync_ref s = replicate(&w, REPLSVC_SYNC_TYPE_CLONE, 0);
    assert_refused(confirm(&w, &s, NULL, &job), REPLSVC_NOT_SUPPORTED, "Synchronized");
    assert_done(modify(w.svc, OP(DETACH), &s));
    assert_refused(confirm(&w, &nobody, NULL, &job), REPLSVC_INVALID_PARAMETER, "Synchronized");
    assert_refused(confirm(&w, NULL, NULL, &job), REPLSVC_INVALID_PARAMETER, "Synchronized");
    s = replicate(&w, REPLSVC_SYNC_TYPE_MIRROR, 0);
    replsvc_sync_info before = fw_info(w.svc, &s), after;
    assert_refused(confirm(&w, &s, "nonsense", &job), REPLSVC_INVALID_PARAMETER, "ReplicationSettingData");
    assert_refused(confirm(&w, &s, "instance of CIM_ReplicationSettingData { ReadOnly = 2; };", &job),
                   REPLSVC_NOT_SUPPORTED, "ReplicationSettingData");
    assert_refused(replsvc_confirm_target_data(w.svc, &s, &elsewhere, NULL, NULL, &job, NULL, 0),
                   REPLSVC_NOT_SUPPORTED, "SourceAccessPoint");
    assert_refused(replsvc_confirm_target_data(w.svc, &s, NULL, NULL, NULL, &job, NULL, -1),
                   REPLSVC_INVALID_PARAMETER, "WaitTime");
    after = fw_info(w.svc, &s);
    assert_memory_equal(&before, &after, sizeof(before));
    assert_done(modify(w.svc, OP(SPLIT), &s));
    assert_refused(confirm(&w, &s, NULL, &job), REPLSVC_INVALID_PARAMETER, "Synchronized");
    service_world_free(&w);
}

static void a_comparison_goes_on_after_reopening(void **state)
{
    (void)state;
    struct service_world w;
    replsvc_job_ref job;
    service_world_make(&w, 2, SIZE);
    assert_int_equal(fw_write(w.svc, &w.elements[0], 0, BLOCKS, 0x11), 0);
    replsvc_sync_ref s = replicate(&w, REPLSVC_SYNC_TYPE_MIRROR, 0);
    damage(&w, "d1", 40);
    assert_int_equal(replsvc_confirm_target_data(w.svc, &s, NULL, NULL, NULL, &job, NULL, 0),
                     REPLSVC_JOB_STARTED);
    service_world_reopen(&w);
    assert_int_equal(replsvc_job_wait(w.svc, &job, -1), REPLSVC_FAILED);
    replsvc_job_info info = {.size = sizeof(info)};
    assert_done(replsvc_job_get_info(w.svc, &job, &info));
    assert_int_equal(info.job_state, REPLSVC_JOB_STATE_EXCEPTION);
    assert_non_null(strstr(info.error_description, "65536 bytes"));
    wait_idle(w.svc); /* what had been found before it was closed is copied now */
    assert_done(confirm(&w, &s, REPAIR, NULL));
    service_world_free(&w);
}

struct writer {
    struct service_world *w;
    _Atomic bool stop;
};

static void *write_all_the_time(void *arg)
{
    struct writer *t = arg;
    unsigned at = 1;
    while (!atomic_load(&t->stop)) {
        at = at * 1103515245u + 12345u;
        if (fw_write(t->w->svc, &t->w->elements[0], (at >> 8) % (BLOCKS - 8), 1 + (at >> 20) % 8,
                     (unsigned char)at) != 0)
            return arg;
    }
    return NULL;
}

static void under_a_writer_nothing_is_found_that_is_not_there(void **state)
{
    (void)state;
    for (size_t i = 0; i < MODES; i++) {
        struct service_world w;
        service_world_make(&w, 2, SIZE);
        replsvc_sync_ref s = replicate(&w, REPLSVC_SYNC_TYPE_MIRROR, modes[i]);
        struct writer writer = {.w = &w};
        pthread_t t;
        void *failed;
        assert_int_equal(pthread_create(&t, NULL, write_all_the_time, &writer), 0);
        for (int round = 0; round < 20; round++)
            assert_done(confirm(&w, &s, NULL, NULL));
        atomic_store(&writer.stop, true);
        pthread_join(t, &failed);
        assert_null(failed);
        assert_int_equal(fw_info(w.svc, &s).copy_state, STATE(SYNCHRONIZED));
        service_world_free(&w);
    }
}

static void an_operation_takes_the_place_of_a_comparison(void **state)
{
    (void)state;
    struct service_world w;
    replsvc_job_ref job;
    service_world_make(&w, 2, SIZE);
    replsvc_sync_ref s = replicate(&w, REPLSVC_SYNC_TYPE_MIRROR, 0);
    for (int round = 0; round < 20; round++) {
        assert_int_equal(replsvc_confirm_target_data(w.svc, &s, NULL, NULL, NULL, &job, NULL, 0),
                         REPLSVC_JOB_STARTED);
        assert_done(modify(w.svc, OP(SPLIT), &s));
        assert_int_equal(fw_info(w.svc, &s).copy_state, STATE(SPLIT));
        assert_done(modify(w.svc, OP(RESYNC_REPLICA), &s));
    }
    service_world_free(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_sides_that_agree_are_confirmed),
        cmocka_unit_test(what_differs_is_counted_and_not_called_synchronized),
        cmocka_unit_test(what_differs_is_repaired_when_asked_for),
        cmocka_unit_test(of_a_group_all_pairs_are_compared),
        cmocka_unit_test(what_cannot_be_compared_is_refused),
        cmocka_unit_test(a_comparison_goes_on_after_reopening),
        cmocka_unit_test(under_a_writer_nothing_is_found_that_is_not_there),
        cmocka_unit_test(an_operation_takes_the_place_of_a_comparison),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
