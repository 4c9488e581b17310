/* SPDX-License-Identifier: BSD-2-Clause */
/* Mirrors as relationships: created, kept, parted, failed over and back, in groups, across restarts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <time.h>

#include "support/file_world.h"

#define MIRROR REPLSVC_SYNC_TYPE_MIRROR
#define STATE(name) REPLSVC_COPY_STATE_##name
#define OP(name) REPLSVC_OPERATION_##name
#define BLOCKS 256u
#define SIZE (BLOCKS * FW_BLOCK)

static uint32_t modify(replsvc_service *svc, uint16_t op, const replsvc_sync_ref *s)
{
    return replsvc_modify_replica_synchronization(svc, op, s, NULL, NULL, 0, NULL, NULL, REPLSVC_BOOL_ABSENT,
                                                  STATE(NOT_APPLICABLE), NULL);
}

static uint16_t state_of(replsvc_service *svc, const replsvc_sync_ref *s)
{
    return fw_info(svc, s).copy_state;
}

static replsvc_sync_ref mirror(struct service_world *w, uint16_t mode, size_t source, size_t target)
{
    replsvc_sync_ref s;
    assert_done(replsvc_create_element_replica(w->svc, NULL, MIRROR, mode, &w->elements[source], NULL,
                                               &w->elements[target], NULL, NULL, NULL, &s, NULL, NULL,
                                               STATE(SYNCHRONIZED), NULL, NULL, 0));
    return s;
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

/* The disk behind the service's back. */
static int raw(struct service_world *w, const char *disk, uint64_t block)
{
    struct world_file *f;
    char path[64];
    unsigned char buffer[FW_BLOCK];
    snprintf(path, sizeof(path), "disks/%s", disk);
    assert_int_equal(world_open(w->world, path, 0, &f), 0);
    assert_int_equal(world_read(f, buffer, sizeof(buffer), block * FW_BLOCK), 0);
    world_close(f);
    for (size_t i = 1; i < sizeof(buffer); i++)
        if (buffer[i] != buffer[0])
            return -1;
    return buffer[0];
}

static void a_mirror_is_kept_up_to_date(void **state)
{
    (void)state;
    struct service_world w;
    service_world_make(&w, 2, SIZE);
    assert_int_equal(fw_write(w.svc, &w.elements[0], 0, 16, 0x11), 0);
    replsvc_sync_ref s = mirror(&w, REPLSVC_MODE_SYNCHRONOUS, 0, 1);
    replsvc_sync_info info = fw_info(w.svc, &s);
    assert_int_equal(info.copy_state, STATE(SYNCHRONIZED));
    assert_int_equal(info.percent_synced, 100);
    assert_true(info.sync_maintained);
    assert_int_equal(info.mode, REPLSVC_MODE_SYNCHRONOUS);
    assert_int_equal(raw(&w, "d1", 3), 0x11);
    assert_int_equal(fw_write(w.svc, &w.elements[0], 3, 2, 0x22), 0);
    assert_int_equal(raw(&w, "d1", 3), 0x22);
    assert_false(fw_writable(w.svc, &w.elements[1]));
    service_world_free(&w);
}

static void a_mirror_goes_on_after_reopening(void **state)
{
    (void)state;
    static const uint16_t modes[] = {REPLSVC_MODE_SYNCHRONOUS, REPLSVC_MODE_ASYNCHRONOUS};
    for (size_t i = 0; i < 2; i++) {
        struct service_world w;
        service_world_make(&w, 2, SIZE);
        replsvc_sync_ref s = mirror(&w, modes[i], 0, 1);
        for (int round = 0; round < 3; round++) {
            assert_int_equal(fw_write(w.svc, &w.elements[0], 0, 8, (unsigned char)(0x20 + round)), 0);
            service_world_reopen(&w);
            wait_idle(w.svc);
            assert_int_equal(state_of(w.svc, &s), STATE(SYNCHRONIZED));
        }
        assert_done(modify(w.svc, OP(SPLIT), &s));
        assert_int_equal(fw_read(w.svc, &w.elements[1], 5), 0x22);
        assert_done(modify(w.svc, OP(DETACH), &s));
        assert_int_equal(fw_count_syncs(w.svc), 0);
        service_world_free(&w);
    }
}

static void a_synchronous_mirror_closed_in_step_opens_in_step(void **state)
{
    (void)state;
    struct service_world w;
    service_world_make(&w, 2, SIZE);
    replsvc_sync_ref s = mirror(&w, REPLSVC_MODE_SYNCHRONOUS, 0, 1);
    assert_int_equal(fw_write(w.svc, &w.elements[0], 0, 8, 0x31), 0);
    for (int round = 0; round < 2; round++) {
        service_world_reopen(&w);
        assert_int_equal(state_of(w.svc, &s), STATE(SYNCHRONIZED));
    }
    /* Writing brings it in, and it is in step. */
    assert_int_equal(fw_write(w.svc, &w.elements[0], 4, 2, 0x32), 0);
    assert_int_equal(raw(&w, "d1", 4), 0x32);
    service_world_free(&w);
}

static void a_suspended_mirror_catches_up(void **state)
{
    (void)state;
    struct service_world w;
    service_world_make(&w, 2, SIZE);
    replsvc_sync_ref s = mirror(&w, 0, 0, 1);
    assert_done(modify(w.svc, OP(SUSPEND), &s));
    assert_int_equal(state_of(w.svc, &s), STATE(SUSPENDED));
    assert_int_equal(fw_write(w.svc, &w.elements[0], 0, 8, 0x33), 0);
    assert_int_equal(raw(&w, "d1", 3), 0);
    service_world_reopen(&w);
    assert_int_equal(state_of(w.svc, &s), STATE(SUSPENDED));
    assert_done(modify(w.svc, OP(RESUME), &s));
    assert_int_equal(state_of(w.svc, &s), STATE(SYNCHRONIZED));
    assert_int_equal(raw(&w, "d1", 3), 0x33);
    service_world_free(&w);
}

static void a_fractured_mirror_is_resynchronised(void **state)
{
    (void)state;
    struct service_world w;
    service_world_make(&w, 2, SIZE);
    replsvc_sync_ref s = mirror(&w, 0, 0, 1);
    assert_done(modify(w.svc, OP(FRACTURE), &s));
    assert_true(fw_writable(w.svc, &w.elements[1]));
    assert_int_equal(fw_write(w.svc, &w.elements[1], 0, 4, 0x44), 0);
    assert_int_equal(fw_write(w.svc, &w.elements[0], 2, 4, 0x55), 0);
    assert_done(modify(w.svc, OP(RESYNC_REPLICA), &s));
    assert_int_equal(state_of(w.svc, &s), STATE(SYNCHRONIZED));
    assert_int_equal(raw(&w, "d1", 0), 0);
    assert_int_equal(raw(&w, "d1", 3), 0x55);
    assert_done(modify(w.svc, OP(DEACTIVATE), &s));
    assert_int_equal(state_of(w.svc, &s), STATE(INACTIVE));
    assert_done(modify(w.svc, OP(ACTIVATE), &s));
    assert_int_equal(state_of(w.svc, &s), STATE(SYNCHRONIZED));
    service_world_free(&w);
}

static void a_mirror_fails_over_and_back(void **state)
{
    (void)state;
    struct service_world w;
    service_world_make(&w, 2, SIZE);
    assert_int_equal(fw_write(w.svc, &w.elements[0], 0, 16, 0x11), 0);
    replsvc_sync_ref s = mirror(&w, 0, 0, 1);
    assert_done(modify(w.svc, OP(FAILOVER), &s));
    assert_int_equal(state_of(w.svc, &s), STATE(FAILEDOVER));
    assert_true(fw_writable(w.svc, &w.elements[1]));
    assert_false(fw_writable(w.svc, &w.elements[0]));
    assert_int_equal(fw_write(w.svc, &w.elements[1], 4, 4, 0x66), 0);
    service_world_reopen(&w);
    assert_int_equal(state_of(w.svc, &s), STATE(FAILEDOVER));
    assert_done(modify(w.svc, OP(FAILBACK), &s));
    assert_int_equal(state_of(w.svc, &s), STATE(SYNCHRONIZED));
    assert_int_equal(fw_read(w.svc, &w.elements[0], 5), 0x66);
    assert_int_equal(fw_read(w.svc, &w.elements[0], 3), 0x11);
    assert_true(fw_writable(w.svc, &w.elements[0]));
    assert_false(fw_writable(w.svc, &w.elements[1]));
    assert_int_equal(fw_write(w.svc, &w.elements[0], 5, 1, 0x77), 0);
    assert_int_equal(raw(&w, "d1", 5), 0x77);
    service_world_free(&w);
}

static void a_group_of_mirrors_is_one(void **state)
{
    (void)state;
    static const uint16_t modes[] = {REPLSVC_MODE_SYNCHRONOUS, REPLSVC_MODE_ASYNCHRONOUS};
    for (size_t i = 0; i < 2; i++) {
        struct service_world w;
        service_world_make(&w, 4, SIZE);
        replsvc_group_ref source, target;
        replsvc_sync_ref s;
        assert_done(replsvc_create_group(w.svc, "s", w.elements, 2, 0, 0, 0, NULL, &source, NULL));
        assert_done(replsvc_create_group(w.svc, "t", &w.elements[2], 2, 0, 0, 0, NULL, &target, NULL));
        assert_done(replsvc_create_group_replica(w.svc, "m", MIRROR, modes[i], &source, NULL, NULL, &target,
                                                 0, NULL, 3, NULL, NULL, &s, NULL, NULL,
                                                 STATE(SYNCHRONIZED)));
        assert_int_equal(state_of(w.svc, &s), STATE(SYNCHRONIZED));
        for (size_t k = 0; k < 2; k++)
            assert_int_equal(fw_write(w.svc, &w.elements[k], 0, 8, (unsigned char)(0x10 + k)), 0);
        service_world_reopen(&w);
        wait_idle(w.svc);
        assert_int_equal(state_of(w.svc, &s), STATE(SYNCHRONIZED));
        assert_done(modify(w.svc, OP(SPLIT), &s));
        assert_int_equal(state_of(w.svc, &s), STATE(SPLIT));
        assert_int_equal(fw_read(w.svc, &w.elements[2], 1), 0x10);
        assert_int_equal(fw_read(w.svc, &w.elements[3], 1), 0x11);
        assert_done(modify(w.svc, OP(RESYNC_REPLICA), &s));
        assert_done(modify(w.svc, OP(FAILOVER), &s));
        assert_done(modify(w.svc, OP(FAILBACK), &s));
        assert_int_equal(state_of(w.svc, &s), STATE(SYNCHRONIZED));
        assert_done(modify(w.svc, OP(DISSOLVE), &s));
        assert_int_equal(fw_count_syncs(w.svc), 0);
        service_world_free(&w);
    }
}

static void the_mode_changes_while_it_runs(void **state)
{
    (void)state;
    static const uint16_t ops[] = {OP(RESET_TO_ASYNC), OP(RESET_TO_ADAPTIVE), OP(RESET_TO_SYNC)};
    static const uint16_t modes[] = {REPLSVC_MODE_ASYNCHRONOUS, REPLSVC_MODE_ADAPTIVE,
                                     REPLSVC_MODE_SYNCHRONOUS};
    struct service_world w;
    service_world_make(&w, 2, SIZE);
    replsvc_sync_ref s = mirror(&w, 0, 0, 1);
    for (size_t i = 0; i < 3; i++) {
        assert_done(modify(w.svc, ops[i], &s));
        assert_int_equal(fw_info(w.svc, &s).mode, modes[i]);
        assert_int_equal(fw_write(w.svc, &w.elements[0], 0, 4, (unsigned char)(0x41 + i)), 0);
        service_world_reopen(&w);
        wait_idle(w.svc);
        assert_int_equal(fw_info(w.svc, &s).mode, modes[i]);
        assert_int_equal(state_of(w.svc, &s), STATE(SYNCHRONIZED));
    }
    assert_done(modify(w.svc, OP(SPLIT), &s));
    assert_int_equal(fw_read(w.svc, &w.elements[1], 2), 0x43);
    service_world_free(&w);
}

static void written_while_it_trailed_it_is_alike_when_it_is_synchronous_again(void **state)
{
    (void)state;
    struct service_world w;
    service_world_make(&w, 2, SIZE);
    replsvc_sync_ref s = mirror(&w, REPLSVC_MODE_ASYNCHRONOUS, 0, 1);
    for (int round = 0; round < 20; round++) {
        assert_int_equal(fw_write(w.svc, &w.elements[0], 0, 32, (unsigned char)(0x41 + round)), 0);
        assert_done(modify(w.svc, OP(RESET_TO_SYNC), &s));
        assert_int_equal(state_of(w.svc, &s), STATE(SYNCHRONIZED));
        assert_int_equal(raw(&w, "d1", 7), 0x41 + round);
        assert_int_equal(fw_write(w.svc, &w.elements[0], 40, 1, (unsigned char)(0x41 + round)), 0);
        assert_int_equal(raw(&w, "d1", 40), 0x41 + round);
        assert_done(modify(w.svc, OP(RESET_TO_ASYNC), &s));
    }
    service_world_free(&w);
}

static uint32_t reset_with(replsvc_service *svc, uint16_t op, const replsvc_sync_ref *s, const char *settings)
{
    return replsvc_modify_replica_synchronization(svc, op, s, settings, NULL, 0, NULL, NULL,
                                                  REPLSVC_BOOL_ABSENT, STATE(NOT_APPLICABLE), NULL);
}

static void how_far_it_trails_is_told_and_bounded(void **state)
{
    (void)state;
    struct service_world w;
    replsvc_group_ref source, target;
    replsvc_sync_ref s;
    service_world_make(&w, 4, SIZE);
    assert_done(replsvc_create_group(w.svc, "s", w.elements, 2, 0, 0, 0, NULL, &source, NULL));
    assert_done(replsvc_create_group(w.svc, "t", &w.elements[2], 2, 0, 0, 0, NULL, &target, NULL));
    assert_done(replsvc_create_group_replica(
        w.svc, "m", MIRROR, REPLSVC_MODE_ASYNCHRONOUS, &source, NULL, NULL, &target, 0, NULL, 3,
        "instance of CIM_ReplicationSettingData { DesiredRPO = \"00000000010000.000000:000\"; };", NULL, &s,
        NULL, NULL, STATE(SYNCHRONIZED)));
    assert_int_equal(fw_info(w.svc, &s).skew, 0);
    for (size_t i = 0; i < 2; i++)
        assert_int_equal(fw_write(w.svc, &w.elements[i], 0, 1, 0x11), 0);
    replsvc_sync_info info = fw_info(w.svc, &s);
    assert_int_equal(info.skew, 2 * 65536);
    assert_true(info.rpo_us > 0);
    /* An hour was wanted; a hundredth of a second is, from now on. */
    assert_done(reset_with(
        w.svc, OP(RESET_TO_ASYNC), &s,
        "instance of CIM_ReplicationSettingData { DesiredRPO = \"00000000000000.010000:000\"; };"));
    for (int i = 0; i < 2000 && fw_info(w.svc, &s).skew != 0; i++)
        nanosleep(&(struct timespec){.tv_nsec = 10000000}, NULL);
    assert_int_equal(fw_info(w.svc, &s).skew, 0);
    assert_int_equal(fw_info(w.svc, &s).rpo_us, 0);
    assert_int_equal(raw(&w, "d3", 0), 0x11);
    assert_done(modify(w.svc, OP(RESET_TO_SYNC), &s));
    assert_int_equal(fw_write(w.svc, &w.elements[0], 0, 1, 0x12), 0);
    assert_int_equal(fw_info(w.svc, &s).skew, 0);
    service_world_free(&w);
}

static void a_snapshot_of_a_mirrored_source(void **state)
{
    (void)state;
    struct service_world w;
    service_world_make(&w, 3, SIZE);
    replsvc_sync_ref s = mirror(&w, 0, 0, 1), snap;
    assert_int_equal(fw_write(w.svc, &w.elements[0], 0, 8, 0x11), 0);
    assert_done(replsvc_create_element_replica(w.svc, NULL, REPLSVC_SYNC_TYPE_SNAPSHOT, 0, &w.elements[0],
                                               NULL, &w.elements[2], NULL, NULL, NULL, &snap, NULL, NULL, 0,
                                               NULL, NULL, 0));
    assert_int_equal(fw_write(w.svc, &w.elements[0], 0, 8, 0x22), 0);
    assert_int_equal(fw_read(w.svc, &w.elements[2], 4), 0x11);
    assert_int_equal(raw(&w, "d1", 4), 0x22);
    service_world_reopen(&w);
    wait_idle(w.svc);
    assert_int_equal(fw_read(w.svc, &w.elements[2], 4), 0x11);
    assert_int_equal(state_of(w.svc, &s), STATE(SYNCHRONIZED));
    service_world_free(&w);
}

static void a_target_that_fails_breaks_its_mirror_and_nothing_else(void **state)
{
    (void)state;
    struct service_world w;
    service_world_make(&w, 2, SIZE);
    replsvc_sync_ref s = mirror(&w, 0, 0, 1);
    struct world_fault fault = {.path = "disks/d1", .kinds = 1u << WORLD_OP_WRITE, .nth = 1, .err = -EIO};
    assert_int_equal(world_fault_add(w.world, &fault), 0);
    assert_int_equal(fw_write(w.svc, &w.elements[0], 0, 1, 0x11), 0);
    engine_events_drain(w.svc->engine);
    replsvc_sync_info info = fw_info(w.svc, &s);
    assert_int_equal(info.copy_state, STATE(BROKEN));
    assert_true(info.error_message[0] != '\0');
    assert_int_equal(fw_write(w.svc, &w.elements[0], 1, 1, 0x12), 0);
    service_world_reopen(&w);
    assert_int_equal(state_of(w.svc, &s), STATE(BROKEN));
    assert_done(modify(w.svc, OP(RESUME), &s));
    assert_int_equal(state_of(w.svc, &s), STATE(SYNCHRONIZED));
    assert_int_equal(raw(&w, "d1", 0), 0x11);
    assert_int_equal(raw(&w, "d1", 1), 0x12);
    service_world_free(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_mirror_is_kept_up_to_date),
        cmocka_unit_test(a_mirror_goes_on_after_reopening),
        cmocka_unit_test(a_synchronous_mirror_closed_in_step_opens_in_step),
        cmocka_unit_test(a_suspended_mirror_catches_up),
        cmocka_unit_test(a_fractured_mirror_is_resynchronised),
        cmocka_unit_test(a_mirror_fails_over_and_back),
        cmocka_unit_test(a_group_of_mirrors_is_one),
        cmocka_unit_test(the_mode_changes_while_it_runs),
        cmocka_unit_test(written_while_it_trailed_it_is_alike_when_it_is_synchronous_again),
        cmocka_unit_test(how_far_it_trails_is_told_and_bounded),
        cmocka_unit_test(a_snapshot_of_a_mirrored_source),
        cmocka_unit_test(a_target_that_fails_breaks_its_mirror_and_nothing_else),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
