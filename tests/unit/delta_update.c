/* SPDX-License-Identifier: BSD-2-Clause */
/* Delta-Update: mirrors that are brought forward when an interval is over or so many blocks have changed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <sched.h>

#include "engine/mirror.h"
#include "support/file_world.h"

#define MIRROR REPLSVC_SYNC_TYPE_MIRROR
#define SNAPSHOT REPLSVC_SYNC_TYPE_SNAPSHOT
#define STATE(name) REPLSVC_COPY_STATE_##name
#define BLOCKS 1024u
#define SIZE (BLOCKS * FW_BLOCK)
#define SETTINGS(text) "instance of CIM_ReplicationSettingData { " text " };"
#define EVERY_DAY "DeltaUpdateInterval = \"00000001000000.000000:000\"; "

static uint32_t create(struct service_world *w, uint16_t type, uint16_t mode, const char *settings,
                       replsvc_sync_ref *s)
{
    return replsvc_create_element_replica(w->svc, NULL, type, mode, &w->elements[0], NULL, &w->elements[1],
                                          NULL, settings, NULL, s, NULL, NULL, STATE(SYNCHRONIZED), NULL,
                                          NULL, 0);
}

static int raw(struct service_world *w, uint64_t block)
{
    struct world_file *f;
    unsigned char byte;
    assert_int_equal(world_open(w->world, "disks/d1", 0, &f), 0);
    assert_int_equal(world_read(f, &byte, 1, block * FW_BLOCK), 0);
    world_close(f);
    return byte;
}

/* What is written while an update is cut goes with the next. */
static void wait_for_block(struct service_world *w, uint64_t block, int byte)
{
    while (raw(w, block) != byte)
        sched_yield();
}

static uint64_t differing(struct service_world *w, const replsvc_sync_ref *s)
{
    struct mirror_info info;
    struct relationship *r = object_by_id(w->svc, KIND_SYNC, s->id);
    mirror_get_info(r->mirror, &info);
    return info.bytes_differing;
}

static void wait_for_jobs(replsvc_service *svc)
{
    replsvc_job_ref *jobs;
    size_t n;
    assert_done(replsvc_job_list(svc, &jobs, &n));
    for (size_t i = 0; i < n; i++)
        (void)replsvc_job_wait(svc, &jobs[i], -1);
    replsvc_free(jobs);
}

static void wait_until_alike(struct service_world *w, const replsvc_sync_ref *s)
{
    while (differing(w, s) != 0)
        sched_yield();
}

static void the_target_is_brought_forward_when_the_interval_is_over(void **state)
{
    (void)state;
    struct service_world w;
    replsvc_sync_ref s;
    service_world_make(&w, 2, SIZE);
    assert_done(create(&w, MIRROR, 0,
                       SETTINGS("DesiredCopyMethodology = 8; "
                                "DeltaUpdateInterval = \"00000000000000.020000:000\";"),
                       &s));
    replsvc_sync_info info = fw_info(w.svc, &s);
    assert_int_equal(info.copy_methodology, REPLSVC_COPY_METHODOLOGY_DELTA_UPDATE);
    assert_int_equal(info.mode, REPLSVC_MODE_ASYNCHRONOUS);
    for (int round = 0; round < 3; round++) {
        assert_int_equal(fw_write(w.svc, &w.elements[0], 0, 8, (unsigned char)(0x21 + round)), 0);
        wait_until_alike(&w, &s);
        assert_int_equal(raw(&w, 3), 0x21 + round);
    }
    service_world_free(&w);
}

static void until_then_the_target_stays_what_it_was(void **state)
{
    (void)state;
    struct service_world w;
    replsvc_sync_ref s;
    service_world_make(&w, 2, SIZE);
    assert_done(create(&w, MIRROR, 0, SETTINGS(EVERY_DAY), &s));
    assert_int_equal(fw_write(w.svc, &w.elements[0], 0, 8, 0x21), 0);
    assert_true(differing(&w, &s) != 0);
    assert_int_equal(raw(&w, 3), 0);
    /* What was changed since goes with a Split, whose instant it is. */
    assert_done(replsvc_modify_replica_synchronization(w.svc, REPLSVC_OPERATION_SPLIT, &s, NULL, NULL, 0,
                                                       NULL, NULL, 0, STATE(NOT_APPLICABLE), NULL));
    assert_int_equal(raw(&w, 3), 0x21);
    service_world_free(&w);
}

static void so_many_changed_blocks_bring_it_forward(void **state)
{
    (void)state;
    struct service_world w;
    replsvc_sync_ref s;
    service_world_make(&w, 2, SIZE);
    /* Two regions of 64 KiB are 256 blocks of 512 bytes. */
    assert_done(create(&w, MIRROR, REPLSVC_MODE_ASYNCHRONOUS,
                       SETTINGS(EVERY_DAY "DesiredCopyMethodology = 8; DeltaUpdateBlocks = 256;"), &s));
    assert_int_equal(fw_write(w.svc, &w.elements[0], 0, 8, 0x21), 0);
    assert_int_equal(fw_write(w.svc, &w.elements[0], 4, 4, 0x22), 0); /* the same region */
    assert_int_equal(raw(&w, 3), 0);
    assert_int_equal(fw_write(w.svc, &w.elements[0], 64, 8, 0x23), 0);
    wait_for_block(&w, 3, 0x21);
    service_world_reopen(&w); /* and so after a restart, once it has caught up */
    wait_for_jobs(w.svc);
    assert_int_equal(fw_write(w.svc, &w.elements[0], 128, 20, 0x24), 0);
    wait_for_block(&w, 130, 0x24);
    service_world_free(&w);
}

static void what_contradicts_it_is_refused(void **state)
{
    (void)state;
    struct service_world w;
    replsvc_sync_ref s;
    service_world_make(&w, 2, SIZE);
    assert_refused(create(&w, MIRROR, REPLSVC_MODE_SYNCHRONOUS, SETTINGS(EVERY_DAY), &s),
                   REPLSVC_INVALID_PARAMETER, "Mode");
    assert_refused(create(&w, MIRROR, 0, SETTINGS(EVERY_DAY "DesiredCopyMethodology = 3;"), &s),
                   REPLSVC_INVALID_PARAMETER, "ReplicationSettingData");
    assert_refused(
        create(&w, MIRROR, 0, SETTINGS(EVERY_DAY "DesiredRPO = \"00000000000001.000000:000\";"), &s),
        REPLSVC_INVALID_PARAMETER, "ReplicationSettingData");
    assert_refused(create(&w, SNAPSHOT, 0, SETTINGS(EVERY_DAY), &s), REPLSVC_NOT_SUPPORTED,
                   "ReplicationSettingData");
    assert_refused(create(&w, SNAPSHOT, 0, SETTINGS("DeltaUpdateBlocks = 3;"), &s), REPLSVC_NOT_SUPPORTED,
                   "ReplicationSettingData");
    assert_int_equal(fw_count_syncs(w.svc), 0);
    service_world_free(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_target_is_brought_forward_when_the_interval_is_over),
        cmocka_unit_test(until_then_the_target_stays_what_it_was),
        cmocka_unit_test(so_many_changed_blocks_bring_it_forward),
        cmocka_unit_test(what_contradicts_it_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
