/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Mirrors that go the other way: sources restored from their targets, and roles that change for good; one by
 * one, in lists and groups, in every mode, over restarts and faults.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <errno.h>
#include <stdio.h>

#include "support/file_world.h"

#define MIRROR REPLSVC_SYNC_TYPE_MIRROR
#define STATE(name) REPLSVC_COPY_STATE_##name
#define OP(name) REPLSVC_OPERATION_##name
#define BLOCKS 256u
#define SIZE (BLOCKS * FW_BLOCK)

static const uint16_t modes[] = {REPLSVC_MODE_SYNCHRONOUS, REPLSVC_MODE_ASYNCHRONOUS, REPLSVC_MODE_ADAPTIVE};
#define MODES (sizeof(modes) / sizeof(modes[0]))

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

static replsvc_sync_ref mirror_group(struct service_world *w, uint16_t mode)
{
    replsvc_group_ref source, target;
    replsvc_sync_ref s;
    assert_done(replsvc_create_group(w->svc, "s", w->elements, 2, 0, 0, 0, NULL, &source, NULL));
    assert_done(replsvc_create_group(w->svc, "t", &w->elements[2], 2, 0, 0, 0, NULL, &target, NULL));
    assert_done(replsvc_create_group_replica(w->svc, "m", MIRROR, mode, &source, NULL, NULL, &target, 0, NULL,
                                             3, NULL, NULL, &s, NULL, NULL, STATE(SYNCHRONIZED)));
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

static int write_blocks(struct service_world *w, size_t disk, uint64_t first, uint64_t n, int byte)
{
    return fw_write(w->svc, &w->elements[disk], first, n, (unsigned char)byte);
}

/* Both sides hold the same; they are parted to be looked at. */
static void assert_alike(struct service_world *w, const replsvc_sync_ref *s, size_t a, size_t b)
{
    if (state_of(w->svc, s) == STATE(SYNCHRONIZED))
        assert_done(modify(w->svc, OP(SPLIT), s));
    for (uint64_t i = 0; i < BLOCKS; i++)
        assert_int_equal(fw_read(w->svc, &w->elements[a], i), fw_read(w->svc, &w->elements[b], i));
}

/* ---- restore ---- */

static void a_source_becomes_what_its_mirror_is(void **state)
{
    (void)state;
    static const uint16_t parts[] = {OP(FRACTURE), OP(SPLIT)};
    for (size_t i = 0; i < MODES; i++)
        for (size_t k = 0; k < 2; k++) {
            struct service_world w;
            service_world_make(&w, 2, SIZE);
            assert_int_equal(write_blocks(&w, 0, 0, 64, 0x11), 0);
            replsvc_sync_ref s = mirror(&w, modes[i], 0, 1);
            assert_done(modify(w.svc, parts[k], &s));
            assert_int_equal(write_blocks(&w, 0, 0, 32, 0x22), 0);
            assert_int_equal(write_blocks(&w, 1, 40, 8, 0x33), 0);
            assert_done(modify(w.svc, OP(RESTORE_FROM_REPLICA), &s));
            replsvc_sync_info info = fw_info(w.svc, &s);
            assert_int_equal(info.copy_state, STATE(RESTORED));
            assert_int_equal(info.progress_status, REPLSVC_PROGRESS_STATUS_COMPLETED);
            assert_int_equal(fw_read(w.svc, &w.elements[0], 3), 0x11);
            assert_int_equal(fw_read(w.svc, &w.elements[0], 41), 0x33);
            assert_alike(&w, &s, 0, 1);
            assert_int_equal(write_blocks(&w, 0, 0, 4, 0x44), 0);
            assert_int_equal(write_blocks(&w, 1, 60, 4, 0x55), 0);
            service_world_reopen(&w);
            assert_int_equal(state_of(w.svc, &s), STATE(RESTORED));
            assert_int_equal(fw_read(w.svc, &w.elements[0], 1), 0x44);
            assert_done(modify(w.svc, OP(RESYNC_REPLICA), &s));
            assert_int_equal(state_of(w.svc, &s), STATE(SYNCHRONIZED));
            assert_alike(&w, &s, 0, 1);
            assert_int_equal(fw_read(w.svc, &w.elements[1], 60), 0x11);
            service_world_free(&w);
        }
}

static void a_mirror_in_step_is_restored_from_as_well(void **state)
{
    (void)state;
    for (size_t i = 0; i < MODES; i++) {
        struct service_world w;
        service_world_make(&w, 2, SIZE);
        replsvc_sync_ref s = mirror(&w, modes[i], 0, 1);
        assert_int_equal(write_blocks(&w, 0, 0, 8, 0x11), 0);
        assert_done(modify(w.svc, OP(RESTORE_FROM_REPLICA), &s));
        assert_int_equal(state_of(w.svc, &s), STATE(RESTORED));
        assert_alike(&w, &s, 0, 1);
        if (modes[i] == REPLSVC_MODE_SYNCHRONOUS)
            assert_int_equal(fw_read(w.svc, &w.elements[0], 3), 0x11);
        service_world_free(&w);
    }
}

/* So slow at copying that a restore is still under way. */
static void slow(struct service_world *w)
{
    replsvc_service_options options = {.size = sizeof(options), .background_bytes_per_second = 65536};
    replsvc_service_close(w->svc);
    w->svc = NULL;
    assert_done(service_world_open(w->world, &options, &w->svc));
}

static void hosts_see_the_restored_content_at_once_and_write_to_both(void **state)
{
    (void)state;
    for (size_t i = 0; i < MODES; i++) {
        struct service_world w;
        service_world_make(&w, 3, SIZE);
        assert_int_equal(write_blocks(&w, 0, 0, BLOCKS, 0x11), 0);
        replsvc_sync_ref s = mirror(&w, modes[i], 0, 1), snap;
        assert_done(modify(w.svc, OP(SPLIT), &s));
        assert_int_equal(write_blocks(&w, 0, 0, BLOCKS, 0x22), 0);
        slow(&w);
        assert_int_equal(replsvc_modify_replica_synchronization(w.svc, OP(RESTORE_FROM_REPLICA), &s, NULL,
                                                                NULL, 0, NULL, NULL, 0, 0, NULL),
                         REPLSVC_JOB_STARTED);
        assert_int_equal(fw_info(w.svc, &s).progress_status, REPLSVC_PROGRESS_STATUS_RESTORING);
        assert_int_equal(fw_read(w.svc, &w.elements[0], 200), 0x11);
        assert_false(fw_writable(w.svc, &w.elements[1]));
        assert_int_equal(write_blocks(&w, 0, 200, 1, 0x33), 0);
        assert_refused(modify(w.svc, OP(RESYNC_REPLICA), &s), REPLSVC_IN_USE, "Synchronization");
        assert_refused(replsvc_create_element_replica(w.svc, NULL, REPLSVC_SYNC_TYPE_SNAPSHOT, 0,
                                                      &w.elements[0], NULL, &w.elements[2], NULL, NULL, NULL,
                                                      &snap, NULL, NULL, 0, NULL, NULL, 0),
                       REPLSVC_IN_USE, "SourceElement");
        service_world_reopen(&w); /* in the middle, and quick from here on */
        assert_int_equal(fw_read(w.svc, &w.elements[0], 200), 0x33);
        assert_int_equal(fw_read(w.svc, &w.elements[0], 100), 0x11);
        assert_int_equal(write_blocks(&w, 0, 201, 1, 0x44), 0);
        wait_idle(w.svc);
        assert_int_equal(state_of(w.svc, &s), STATE(RESTORED));
        assert_int_equal(fw_read(w.svc, &w.elements[0], 201), 0x44);
        assert_true(fw_writable(w.svc, &w.elements[1]));
        for (uint64_t b = 0; b < BLOCKS; b++)
            if (b != 201) /* which may have been written when the restore had ended, and parted the sides */
                assert_int_equal(fw_read(w.svc, &w.elements[0], b), fw_read(w.svc, &w.elements[1], b));
        service_world_free(&w);
    }
}

static void a_group_is_restored_as_one(void **state)
{
    (void)state;
    for (size_t i = 0; i < MODES; i++) {
        struct service_world w;
        replsvc_sync_ref *pairs;
        size_t n;
        service_world_make(&w, 4, SIZE);
        for (size_t k = 0; k < 2; k++)
            assert_int_equal(write_blocks(&w, k, 0, 16, (int)(0x11 + k)), 0);
        replsvc_sync_ref s = mirror_group(&w, modes[i]);
        assert_done(modify(w.svc, OP(SPLIT), &s));
        for (size_t k = 0; k < 2; k++)
            assert_int_equal(write_blocks(&w, k, 0, 16, 0x77), 0);
        assert_done(modify(w.svc, OP(RESTORE_FROM_REPLICA), &s));
        assert_int_equal(state_of(w.svc, &s), STATE(RESTORED));
        for (size_t k = 0; k < 2; k++)
            assert_int_equal(fw_read(w.svc, &w.elements[k], 5), 0x11 + (int)k);
        assert_done(modify(w.svc, OP(RESYNC_REPLICA), &s));
        /* One pair alone: the other is kept up to date. */
        assert_done(replsvc_sync_get_pairs(w.svc, &s, &pairs, &n));
        assert_done(modify(w.svc, OP(FRACTURE), &pairs[0]));
        assert_int_equal(write_blocks(&w, 0, 0, 4, 0x22), 0);
        assert_done(modify(w.svc, OP(RESTORE_FROM_REPLICA), &pairs[0]));
        assert_int_equal(state_of(w.svc, &pairs[0]), STATE(RESTORED));
        assert_int_equal(state_of(w.svc, &pairs[1]), STATE(SYNCHRONIZED));
        assert_int_equal(state_of(w.svc, &s), STATE(MIXED));
        assert_int_equal(fw_read(w.svc, &w.elements[0], 1), 0x11);
        assert_int_equal(write_blocks(&w, 1, 9, 1, 0x23), 0);
        assert_alike(&w, &pairs[1], 1, 3);
        replsvc_free(pairs);
        service_world_free(&w);
    }
}

static void a_list_is_restored(void **state)
{
    (void)state;
    struct service_world w;
    service_world_make(&w, 4, SIZE);
    for (size_t k = 0; k < 2; k++)
        assert_int_equal(write_blocks(&w, k, 0, 16, (int)(0x11 + k)), 0);
    replsvc_sync_ref list[] = {mirror(&w, 0, 0, 2), mirror(&w, REPLSVC_MODE_ASYNCHRONOUS, 1, 3)};
    for (size_t k = 0; k < 2; k++) {
        assert_done(modify(w.svc, OP(SPLIT), &list[k]));
        assert_int_equal(write_blocks(&w, k, 0, 16, 0x77), 0);
    }
    assert_done(replsvc_modify_list_synchronization(w.svc, OP(RESTORE_FROM_REPLICA), list, 2, NULL, NULL,
                                                    NULL, NULL, 0, STATE(RESTORED), NULL, NULL));
    for (size_t k = 0; k < 2; k++)
        assert_int_equal(fw_read(w.svc, &w.elements[k], 5), 0x11 + (int)k);
    service_world_free(&w);
}

static void a_restore_that_breaks_shows_the_target_and_can_be_gone_on_with(void **state)
{
    (void)state;
    for (int reopen = 0; reopen < 2; reopen++) {
        struct service_world w;
        service_world_make(&w, 2, SIZE);
        assert_int_equal(write_blocks(&w, 0, 0, BLOCKS, 0x11), 0);
        replsvc_sync_ref s = mirror(&w, 0, 0, 1);
        assert_done(modify(w.svc, OP(SPLIT), &s));
        assert_int_equal(write_blocks(&w, 0, 0, BLOCKS, 0x22), 0);
        struct world_fault fault = {
            .path = "disks/d0", .kinds = 1u << WORLD_OP_WRITE, .nth = 1, .forever = true, .err = -EIO};
        assert_int_equal(world_fault_add(w.world, &fault), 0);
        assert_int_not_equal(modify(w.svc, OP(RESTORE_FROM_REPLICA), &s), REPLSVC_OK);
        engine_events_drain(w.svc->engine);
        world_faults_clear(w.world);
        replsvc_sync_info info = fw_info(w.svc, &s);
        assert_int_equal(info.copy_state, STATE(BROKEN));
        assert_true(info.error_message[0] != '\0');
        assert_int_equal(fw_read(w.svc, &w.elements[0], 100), 0x11);
        assert_int_equal(write_blocks(&w, 0, 100, 1, 0x33), 0);
        assert_refused(modify(w.svc, OP(RESUME), &s), REPLSVC_INVALID_PARAMETER, "Operation");
        assert_refused(modify(w.svc, OP(FAILOVER), &s), REPLSVC_INVALID_PARAMETER, "Operation");
        assert_refused(modify(w.svc, OP(DETACH), &s), REPLSVC_INVALID_PARAMETER, "Force");
        if (reopen) {
            service_world_reopen(&w);
            wait_idle(w.svc);
        } else {
            assert_done(modify(w.svc, OP(RESTORE_FROM_REPLICA), &s));
        }
        assert_int_equal(state_of(w.svc, &s), STATE(RESTORED));
        assert_string_equal(fw_info(w.svc, &s).error_message, "");
        assert_int_equal(fw_read(w.svc, &w.elements[0], 100), 0x33);
        assert_int_equal(fw_read(w.svc, &w.elements[0], 101), 0x11);
        assert_alike(&w, &s, 0, 1);
        service_world_free(&w);
    }
}

static void a_snapshot_of_the_source_stays_as_it_was(void **state)
{
    (void)state;
    struct service_world w;
    replsvc_sync_ref snap;
    service_world_make(&w, 3, SIZE);
    assert_int_equal(write_blocks(&w, 0, 0, 16, 0x11), 0);
    replsvc_sync_ref s = mirror(&w, 0, 0, 1);
    assert_done(modify(w.svc, OP(SPLIT), &s));
    assert_int_equal(write_blocks(&w, 0, 0, 16, 0x22), 0);
    assert_done(replsvc_create_element_replica(w.svc, NULL, REPLSVC_SYNC_TYPE_SNAPSHOT, 0, &w.elements[0],
                                               NULL, &w.elements[2], NULL, NULL, NULL, &snap, NULL, NULL, 0,
                                               NULL, NULL, 0));
    assert_done(modify(w.svc, OP(RESTORE_FROM_REPLICA), &s));
    assert_int_equal(fw_read(w.svc, &w.elements[0], 5), 0x11);
    assert_int_equal(fw_read(w.svc, &w.elements[2], 5), 0x22);
    service_world_reopen(&w);
    assert_int_equal(fw_read(w.svc, &w.elements[2], 5), 0x22);
    assert_int_equal(state_of(w.svc, &snap), STATE(SYNCHRONIZED));
    service_world_free(&w);
}

/* ---- reverse roles ---- */

static void assert_ends(struct service_world *w, const replsvc_sync_ref *s, size_t source, size_t target)
{
    replsvc_sync_info info = fw_info(w->svc, s);
    assert_string_equal(info.system_element, w->elements[source].id);
    assert_string_equal(info.synced_element, w->elements[target].id);
    replsvc_sync_ref found;
    assert_done(replsvc_sync_find_by_target(w->svc, &w->elements[target], &found));
    assert_string_equal(found.id, s->id);
}

static void the_roles_of_a_mirror_in_step_change_and_it_stays_in_step(void **state)
{
    (void)state;
    for (size_t i = 0; i < MODES; i++) {
        struct service_world w;
        service_world_make(&w, 2, SIZE);
        replsvc_sync_ref s = mirror(&w, modes[i], 0, 1);
        char name[sizeof(fw_info(w.svc, &s).name)];
        snprintf(name, sizeof(name), "%s", fw_info(w.svc, &s).name);
        assert_int_equal(write_blocks(&w, 0, 0, 16, 0x11), 0);
        assert_done(modify(w.svc, OP(REVERSE_ROLES), &s));
        replsvc_sync_info info = fw_info(w.svc, &s);
        assert_int_equal(info.copy_state, STATE(SYNCHRONIZED));
        assert_int_equal(info.mode, modes[i]);
        assert_string_equal(info.name, name);
        assert_ends(&w, &s, 1, 0);
        assert_false(fw_writable(w.svc, &w.elements[0]));
        assert_int_equal(fw_read(w.svc, &w.elements[1], 5), 0x11);
        assert_int_equal(write_blocks(&w, 1, 3, 4, 0x22), 0);
        service_world_reopen(&w);
        wait_idle(w.svc);
        assert_int_equal(state_of(w.svc, &s), STATE(SYNCHRONIZED));
        assert_int_equal(write_blocks(&w, 1, 30, 4, 0x33), 0);
        assert_done(modify(w.svc, OP(REVERSE_ROLES), &s));
        assert_ends(&w, &s, 0, 1);
        assert_int_equal(fw_read(w.svc, &w.elements[0], 4), 0x22);
        assert_int_equal(fw_read(w.svc, &w.elements[0], 31), 0x33);
        assert_alike(&w, &s, 0, 1);
        service_world_free(&w);
    }
}

static void parted_both_sides_go_on_in_their_new_roles(void **state)
{
    (void)state;
    static const uint16_t parts[] = {OP(FRACTURE), OP(SPLIT)};
    for (size_t i = 0; i < MODES; i++)
        for (size_t k = 0; k < 2; k++) {
            struct service_world w;
            service_world_make(&w, 2, SIZE);
            replsvc_sync_ref s = mirror(&w, modes[i], 0, 1);
            assert_done(modify(w.svc, parts[k], &s));
            uint16_t before = state_of(w.svc, &s);
            assert_int_equal(write_blocks(&w, 0, 0, 8, 0x11), 0);
            assert_int_equal(write_blocks(&w, 1, 4, 8, 0x22), 0);
            assert_done(modify(w.svc, OP(REVERSE_ROLES), &s));
            assert_int_equal(state_of(w.svc, &s), before);
            assert_ends(&w, &s, 1, 0);
            assert_int_equal(fw_read(w.svc, &w.elements[0], 2), 0x11);
            assert_int_equal(write_blocks(&w, 0, 20, 8, 0x33), 0);
            assert_int_equal(write_blocks(&w, 1, 24, 8, 0x44), 0);
            service_world_reopen(&w);
            assert_done(modify(w.svc, OP(RESYNC_REPLICA), &s));
            assert_alike(&w, &s, 0, 1);
            assert_int_equal(fw_read(w.svc, &w.elements[0], 2), 0);
            assert_int_equal(fw_read(w.svc, &w.elements[0], 5), 0x22);
            assert_int_equal(fw_read(w.svc, &w.elements[0], 21), 0);
            assert_int_equal(fw_read(w.svc, &w.elements[0], 25), 0x44);
            service_world_free(&w);
        }
}

static void failed_over_the_new_source_keeps_what_hosts_wrote(void **state)
{
    (void)state;
    for (size_t i = 0; i < MODES; i++) {
        struct service_world w;
        service_world_make(&w, 2, SIZE);
        replsvc_sync_ref s = mirror(&w, modes[i], 0, 1);
        assert_done(modify(w.svc, OP(FAILOVER), &s));
        assert_int_equal(write_blocks(&w, 1, 4, 8, 0x22), 0);
        assert_done(modify(w.svc, OP(REVERSE_ROLES), &s));
        assert_int_equal(state_of(w.svc, &s), STATE(SUSPENDED));
        assert_ends(&w, &s, 1, 0);
        assert_true(fw_writable(w.svc, &w.elements[1]));
        assert_int_equal(write_blocks(&w, 1, 6, 8, 0x33), 0);
        assert_done(modify(w.svc, OP(RESUME), &s));
        assert_int_equal(state_of(w.svc, &s), STATE(SYNCHRONIZED));
        assert_alike(&w, &s, 0, 1);
        assert_int_equal(fw_read(w.svc, &w.elements[0], 5), 0x22);
        assert_int_equal(fw_read(w.svc, &w.elements[0], 10), 0x33);
        service_world_free(&w);
    }
}

static void the_groups_change_places_with_their_members(void **state)
{
    (void)state;
    for (size_t i = 0; i < MODES; i++) {
        struct service_world w;
        replsvc_sync_ref *pairs;
        replsvc_group_ref source, target;
        size_t n;
        service_world_make(&w, 4, SIZE);
        replsvc_sync_ref s = mirror_group(&w, modes[i]);
        assert_done(replsvc_group_find(w.svc, "s", &source));
        assert_done(replsvc_group_find(w.svc, "t", &target));
        assert_int_equal(write_blocks(&w, 1, 0, 16, 0x11), 0);
        assert_done(replsvc_sync_get_pairs(w.svc, &s, &pairs, &n));
        assert_refused(modify(w.svc, OP(REVERSE_ROLES), &pairs[0]), REPLSVC_INVALID_PARAMETER,
                       "Synchronization");
        assert_done(modify(w.svc, OP(REVERSE_ROLES), &s));
        replsvc_sync_info info = fw_info(w.svc, &s);
        assert_int_equal(info.copy_state, STATE(SYNCHRONIZED));
        assert_string_equal(info.name, "m");
        assert_string_equal(info.system_element, target.id);
        assert_string_equal(info.synced_element, source.id);
        for (size_t k = 0; k < 2; k++)
            assert_ends(&w, &pairs[k], k + 2, k);
        assert_int_equal(write_blocks(&w, 3, 4, 4, 0x22), 0);
        service_world_reopen(&w);
        wait_idle(w.svc);
        assert_int_equal(state_of(w.svc, &s), STATE(SYNCHRONIZED));
        assert_done(modify(w.svc, OP(SPLIT), &s));
        assert_int_equal(fw_read(w.svc, &w.elements[1], 2), 0x11);
        assert_int_equal(fw_read(w.svc, &w.elements[1], 5), 0x22);
        replsvc_free(pairs);
        service_world_free(&w);
    }
}

static void roles_that_others_count_on_do_not_change(void **state)
{
    (void)state;
    struct service_world w;
    replsvc_sync_ref snap;
    service_world_make(&w, 3, SIZE);
    replsvc_sync_ref s = mirror(&w, 0, 0, 1);
    assert_done(replsvc_create_element_replica(w.svc, NULL, REPLSVC_SYNC_TYPE_SNAPSHOT, 0, &w.elements[0],
                                               NULL, &w.elements[2], NULL, NULL, NULL, &snap, NULL, NULL, 0,
                                               NULL, NULL, 0));
    replsvc_sync_info before = fw_info(w.svc, &s), after;
    assert_refused(modify(w.svc, OP(REVERSE_ROLES), &s), REPLSVC_IN_USE, "Synchronization");
    after = fw_info(w.svc, &s);
    assert_memory_equal(&before, &after, sizeof(before));
    service_world_free(&w);
}

static void a_failback_that_fails_leaves_hosts_where_they_are(void **state)
{
    (void)state;
    struct service_world w;
    service_world_make(&w, 2, SIZE);
    replsvc_sync_ref s = mirror(&w, 0, 0, 1);
    assert_done(modify(w.svc, OP(FAILOVER), &s));
    assert_int_equal(write_blocks(&w, 1, 0, 8, 0x22), 0);
    struct world_fault fault = {
        .path = "disks/d0", .kinds = 1u << WORLD_OP_WRITE, .nth = 1, .forever = true, .err = -EIO};
    assert_int_equal(world_fault_add(w.world, &fault), 0);
    assert_int_not_equal(modify(w.svc, OP(FAILBACK), &s), REPLSVC_OK);
    engine_events_drain(w.svc->engine);
    world_faults_clear(w.world);
    assert_int_equal(state_of(w.svc, &s), STATE(FAILEDOVER));
    assert_true(fw_writable(w.svc, &w.elements[1]));
    assert_false(fw_writable(w.svc, &w.elements[0]));
    assert_int_equal(write_blocks(&w, 1, 4, 8, 0x33), 0);
    service_world_reopen(&w);
    assert_int_equal(state_of(w.svc, &s), STATE(FAILEDOVER));
    assert_int_equal(write_blocks(&w, 1, 5, 1, 0x44), 0);
    assert_done(modify(w.svc, OP(FAILBACK), &s));
    assert_int_equal(state_of(w.svc, &s), STATE(SYNCHRONIZED));
    assert_int_equal(fw_read(w.svc, &w.elements[0], 1), 0x22);
    assert_int_equal(fw_read(w.svc, &w.elements[0], 5), 0x44);
    assert_alike(&w, &s, 0, 1);
    service_world_free(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_source_becomes_what_its_mirror_is),
        cmocka_unit_test(a_mirror_in_step_is_restored_from_as_well),
        cmocka_unit_test(hosts_see_the_restored_content_at_once_and_write_to_both),
        cmocka_unit_test(a_group_is_restored_as_one),
        cmocka_unit_test(a_list_is_restored),
        cmocka_unit_test(a_restore_that_breaks_shows_the_target_and_can_be_gone_on_with),
        cmocka_unit_test(a_snapshot_of_the_source_stays_as_it_was),
        cmocka_unit_test(the_roles_of_a_mirror_in_step_change_and_it_stays_in_step),
        cmocka_unit_test(parted_both_sides_go_on_in_their_new_roles),
        cmocka_unit_test(failed_over_the_new_source_keeps_what_hosts_wrote),
        cmocka_unit_test(the_groups_change_places_with_their_members),
        cmocka_unit_test(roles_that_others_count_on_do_not_change),
        cmocka_unit_test(a_failback_that_fails_leaves_hosts_where_they_are),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
