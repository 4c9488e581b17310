/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Replicas that go by themselves: TimeBeforeRemoval and AutoDelete. The clocks are the test's: they jump
 * where it says, and nothing waits for time to pass.
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
#include <sys/stat.h>

#include "service/policies.h"
#include "support/file_world.h"
#include "util/clock.h"

#define CLONE REPLSVC_SYNC_TYPE_CLONE
#define SNAPSHOT REPLSVC_SYNC_TYPE_SNAPSHOT
#define STATE(name) REPLSVC_COPY_STATE_##name
#define OP(name) REPLSVC_OPERATION_##name
#define BLOCKS 64u
#define HOUR INT64_C(3600000000)
#define YEAR (365 * 24 * HOUR)
#define FOR_AN_HOUR                                                                                          \
    "instance of CIM_ReplicationSettingData { TimeBeforeRemoval = \"00000000010000.000000:000\"; };"
#define WHEN_FULL "instance of CIM_ReplicationSettingData { AutoDelete = TRUE; };"

static uint32_t create(replsvc_service *svc, uint16_t type, const replsvc_element_ref *source,
                       replsvc_element_ref *target, const char *settings, uint16_t wait, replsvc_sync_ref *s)
{
    return replsvc_create_element_replica(svc, NULL, type, 0, source, NULL, target, NULL, settings, NULL, s,
                                          NULL, NULL, wait, NULL, NULL, 0);
}

/* What the service's own thread does when it looks. */
static void look(replsvc_service *svc)
{
    replsvc_job_ref *jobs;
    size_t n;
    (void)retention_run(svc, clock_monotonic_us());
    assert_done(replsvc_job_list(svc, &jobs, &n));
    for (size_t i = 0; i < n; i++)
        (void)replsvc_job_wait(svc, &jobs[i], -1);
    replsvc_free(jobs);
}

static void wait_for_count(replsvc_service *svc, size_t n)
{
    for (uint64_t seen = service_generation(svc); fw_count_syncs(svc) != n; seen = service_generation(svc))
        (void)service_wait_changed(svc, seen, -1);
}

static void a_replica_goes_with_its_target_when_its_time_is_over(void **state)
{
    (void)state;
    static const uint16_t types[] = {SNAPSHOT, CLONE};
    for (size_t i = 0; i < 2; i++) {
        struct file_world w;
        replsvc_element_ref target = {""};
        replsvc_sync_ref s;
        replsvc_sync_info info = {.size = sizeof(info)};
        file_world_make(&w, 1, BLOCKS);
        assert_done(create(w.svc, types[i], &w.elements[0], &target, FOR_AN_HOUR, STATE(SYNCHRONIZED), &s));
        assert_int_equal(fw_count_images(&w), 1);
        clock_jump(HOUR - 60000000, HOUR - 60000000);
        look(w.svc);
        assert_int_equal(fw_count_syncs(w.svc), 1);
        clock_jump(60000000, 60000000);
        look(w.svc);
        assert_int_equal(fw_count_syncs(w.svc), 0);
        assert_int_equal(fw_count_elements(w.svc), 1);
        assert_int_equal(fw_count_images(&w), 0);
        assert_refused(replsvc_sync_get_info(w.svc, &s, &info), REPLSVC_INVALID_PARAMETER, "Synchronization");
        file_world_free(&w);
    }
}

/* Nobody calls but the service itself, and it tells. */
static void the_service_does_it_by_itself_and_tells(void **state)
{
    (void)state;
    struct file_world w;
    replsvc_element_ref target = {""};
    replsvc_sync_ref s;
    replsvc_event e = {.size = sizeof(e)};
    bool told = false;
    file_world_make(&w, 1, BLOCKS);
    assert_done(create(w.svc, SNAPSHOT, &w.elements[0], &target, FOR_AN_HOUR, 0, &s));
    clock_jump(HOUR, HOUR);
    policies_look(w.svc);
    wait_for_count(w.svc, 0);
    while (!told) {
        assert_done(replsvc_event_next(w.svc, &e, -1));
        told = e.kind == REPLSVC_EVENT_DELETED && strcmp(e.object, s.id) == 0;
    }
    file_world_free(&w);
}

static void a_target_that_was_there_before_stays(void **state)
{
    (void)state;
    struct file_world w;
    replsvc_sync_ref s;
    file_world_make(&w, 2, BLOCKS);
    assert_int_equal(fw_write(w.svc, &w.elements[0], 0, 4, 0x31), 0);
    assert_done(create(w.svc, CLONE, &w.elements[0], &w.elements[1], FOR_AN_HOUR, STATE(SYNCHRONIZED), &s));
    clock_jump(HOUR, HOUR);
    look(w.svc);
    assert_int_equal(fw_count_syncs(w.svc), 0);
    assert_int_equal(fw_count_elements(w.svc), 2);
    assert_int_equal(fw_read(w.svc, &w.elements[1], 2), 0x31);
    file_world_free(&w);
}

static void setting_the_wall_clock_neither_hurries_nor_delays(void **state)
{
    (void)state;
    struct file_world w;
    replsvc_element_ref target = {""};
    replsvc_sync_ref s;
    file_world_make(&w, 1, BLOCKS);
    assert_done(create(w.svc, SNAPSHOT, &w.elements[0], &target, FOR_AN_HOUR, 0, &s));
    look(w.svc);
    clock_jump(10 * YEAR, 0);
    look(w.svc);
    assert_int_equal(fw_count_syncs(w.svc), 1);
    clock_jump(-20 * YEAR, 0);
    look(w.svc);
    assert_int_equal(fw_count_syncs(w.svc), 1);
    clock_jump(0, HOUR);
    look(w.svc);
    assert_int_equal(fw_count_syncs(w.svc), 0);
    clock_jump(10 * YEAR, 0);
    file_world_free(&w);
}

static void what_is_overdue_at_the_opening_goes_soon_after(void **state)
{
    (void)state;
    struct file_world w;
    replsvc_element_ref target = {""};
    replsvc_sync_ref s;
    file_world_make(&w, 1, BLOCKS);
    assert_done(create(w.svc, SNAPSHOT, &w.elements[0], &target, FOR_AN_HOUR, 0, &s));
    clock_jump(HOUR / 2, 0);
    file_world_reopen(&w);
    look(w.svc);
    assert_int_equal(fw_count_syncs(w.svc), 1); /* half of it is left */
    clock_jump(0, HOUR / 2 - 60000000);
    look(w.svc);
    assert_int_equal(fw_count_syncs(w.svc), 1);
    clock_jump(HOUR, 0);
    file_world_reopen(&w);
    wait_for_count(w.svc, 0);
    file_world_free(&w);
}

/* A machine that comes up with its clock behind: nothing is known to have passed. */
static void a_clock_that_is_behind_at_the_opening_removes_nothing(void **state)
{
    (void)state;
    struct file_world w;
    replsvc_element_ref target = {""};
    replsvc_sync_ref s;
    file_world_make(&w, 1, BLOCKS);
    assert_done(create(w.svc, SNAPSHOT, &w.elements[0], &target, FOR_AN_HOUR, 0, &s));
    clock_jump(-20 * YEAR, 0);
    file_world_reopen(&w);
    look(w.svc);
    clock_jump(20 * YEAR, 0); /* it is set */
    look(w.svc);
    assert_int_equal(fw_count_syncs(w.svc), 1);
    clock_jump(0, HOUR);
    look(w.svc);
    assert_int_equal(fw_count_syncs(w.svc), 0);
    file_world_free(&w);
}

static void a_new_point_in_time_begins_its_time_anew(void **state)
{
    (void)state;
    struct file_world w;
    replsvc_element_ref target = {""};
    replsvc_sync_ref s;
    file_world_make(&w, 1, BLOCKS);
    assert_done(create(w.svc, SNAPSHOT, &w.elements[0], &target, FOR_AN_HOUR, STATE(INACTIVE), &s));
    clock_jump(2 * HOUR, 2 * HOUR);
    look(w.svc);
    assert_int_equal(fw_count_syncs(w.svc), 1); /* it has no point in time yet */
    for (int i = 0; i < 3; i++) {
        assert_done(replsvc_modify_replica_synchronization(w.svc, i == 0 ? OP(ACTIVATE) : OP(RESYNC_REPLICA),
                                                           &s, NULL, NULL, 0, NULL, NULL, 0,
                                                           STATE(SYNCHRONIZED), NULL));
        clock_jump(HOUR - 60000000, HOUR - 60000000);
        look(w.svc);
        assert_int_equal(fw_count_syncs(w.svc), 1);
    }
    clock_jump(HOUR, HOUR);
    look(w.svc);
    assert_int_equal(fw_count_syncs(w.svc), 0);
    file_world_free(&w);
}

static void the_replicas_of_a_group_go_together(void **state)
{
    (void)state;
    struct file_world w;
    replsvc_group_ref source, target = {""};
    replsvc_sync_ref s;
    replsvc_job_ref *jobs;
    size_t n, removals = 0;
    file_world_make(&w, 3, BLOCKS);
    assert_done(replsvc_create_group(w.svc, "g", w.elements, 3, 0, 0, 0, NULL, &source, NULL));
    assert_done(replsvc_create_group_replica(w.svc, "r", SNAPSHOT, 0, &source, NULL, NULL, &target, 0, NULL,
                                             3, FOR_AN_HOUR, NULL, &s, NULL, &w.pool, 0));
    assert_int_equal(fw_count_images(&w), 3);
    clock_jump(HOUR, HOUR);
    look(w.svc);
    assert_int_equal(fw_count_syncs(w.svc), 0);
    assert_int_equal(fw_count_images(&w), 0);
    assert_done(replsvc_job_list(w.svc, &jobs, &n));
    for (size_t i = 0; i < n; i++) {
        replsvc_job_info info = {.size = sizeof(info)};
        assert_done(replsvc_job_get_info(w.svc, &jobs[i], &info));
        removals += strcmp(info.name, "Retention") == 0;
    }
    assert_int_equal(removals, 1);
    replsvc_free(jobs);
    file_world_free(&w);
}

static void what_is_in_use_stays_until_it_is_free(void **state)
{
    (void)state;
    struct file_world w;
    replsvc_element_ref target = {""};
    replsvc_sync_ref s, b;
    replsvc_volume *v;
    file_world_make(&w, 1, BLOCKS);
    assert_done(create(w.svc, CLONE, &w.elements[0], &target, FOR_AN_HOUR, STATE(SYNCHRONIZED), &s));
    assert_int_equal(replsvc_volume_open(w.svc, &target, 0, &v), 0);
    clock_jump(HOUR, HOUR);
    look(w.svc);
    assert_int_equal(fw_count_syncs(w.svc), 1);
    assert_int_equal(replsvc_volume_close(v), 0);
    wait_for_count(w.svc, 0); /* closing it makes the service look */
    target = (replsvc_element_ref){""};
    assert_done(create(w.svc, CLONE, &w.elements[0], &target, FOR_AN_HOUR, STATE(SYNCHRONIZED), &s));
    replsvc_element_ref snap = {""};
    assert_done(create(w.svc, SNAPSHOT, &target, &snap, NULL, 0, &b));
    clock_jump(HOUR, HOUR);
    look(w.svc);
    assert_int_equal(fw_count_syncs(w.svc), 2); /* its target is a source */
    assert_done(replsvc_modify_replica_synchronization(w.svc, OP(RETURN_TO_RESOURCEPOOL), &b, NULL, NULL, 0,
                                                       NULL, NULL, 0, STATE(NOT_APPLICABLE), NULL));
    clock_jump(HOUR, HOUR);
    look(w.svc);
    assert_int_equal(fw_count_syncs(w.svc), 0);
    file_world_free(&w);
}

static void a_copy_under_way_is_stopped_for_it(void **state)
{
    (void)state;
    struct service_world w;
    replsvc_sync_ref s;
    replsvc_service_options options = {.size = sizeof(options), .background_bytes_per_second = 1};
    service_world_make(&w, 2, BLOCKS * FW_BLOCK);
    world_set_capabilities(w.world, world_capabilities(w.world) & ~REPLSVC_BACKEND_CAP_CLONE_RANGE);
    assert_int_equal(fw_write(w.svc, &w.elements[0], 0, BLOCKS, 0x11), 0);
    replsvc_service_close(w.svc);
    assert_done(service_world_open(w.world, &options, &w.svc));
    assert_int_equal(create(w.svc, CLONE, &w.elements[0], &w.elements[1], FOR_AN_HOUR, 0, &s),
                     REPLSVC_JOB_STARTED);
    clock_jump(HOUR, HOUR);
    look(w.svc);
    assert_int_equal(fw_count_syncs(w.svc), 0);
    service_world_free(&w);
}

static void a_point_in_time_without_a_target_ages_too(void **state)
{
    (void)state;
    struct file_world w;
    replsvc_settings_state_ref st;
    replsvc_aspect_ref *list;
    size_t n;
    file_world_make(&w, 1, BLOCKS);
    assert_done(replsvc_create_synchronization_aspect(w.svc, "p", SNAPSHOT, 0, NULL, &w.elements[0], NULL, 0,
                                                      FOR_AN_HOUR, NULL, &st));
    assert_int_equal(fw_count_images(&w), 1);
    clock_jump(HOUR, HOUR);
    look(w.svc);
    assert_done(replsvc_get_synchronization_aspects(w.svc, 0, 0, 0, 0, NULL, 0, NULL, &list, &n));
    assert_int_equal(n, 0);
    assert_int_equal(fw_count_images(&w), 0);
    replsvc_free(list);
    file_world_free(&w);
}

static void a_replica_that_ran_out_of_space_goes_if_it_may(void **state)
{
    (void)state;
    for (int may = 0; may < 2; may++) {
        struct service_world w;
        replsvc_sync_ref s;
        replsvc_service_options options = {.size = sizeof(options), .flags = REPLSVC_SERVICE_NO_OVERLAY};
        service_world_make(&w, 2, BLOCKS * FW_BLOCK);
        world_set_capabilities(w.world, world_capabilities(w.world) & ~REPLSVC_BACKEND_CAP_CLONE_RANGE);
        replsvc_service_close(w.svc);
        assert_done(service_world_open(w.world, &options, &w.svc));
        assert_int_equal(fw_write(w.svc, &w.elements[0], 0, BLOCKS, 0x11), 0);
        assert_done(create(w.svc, SNAPSHOT, &w.elements[0], &w.elements[1], may ? WHEN_FULL : NULL, 0, &s));
        struct world_fault full = {.path = "disks/d1",
                                   .kinds = 1u << WORLD_OP_WRITE | 1u << WORLD_OP_ZERO,
                                   .nth = 1,
                                   .forever = true,
                                   .err = -ENOSPC};
        assert_int_equal(world_fault_add(w.world, &full), 0);
        assert_int_equal(fw_write(w.svc, &w.elements[0], 0, BLOCKS, 0x22), 0);
        engine_events_drain(w.svc->engine);
        if (may) {
            wait_for_count(w.svc, 0);
        } else {
            look(w.svc);
            assert_int_equal(fw_info(w.svc, &s).copy_state, STATE(BROKEN));
        }
        assert_int_equal(fw_read(w.svc, &w.elements[0], 3), 0x22);
        world_faults_clear(w.world);
        service_world_free(&w);
    }
}

/* A pool that takes three images of BLOCKS blocks. */
static replsvc_pool_ref small_pool(struct file_world *w)
{
    replsvc_pool_ref pool;
    char locator[TEMPDIR_SIZE + 32];
    replsvc_pool_options options = {.size = sizeof(options), .space_limit = 3 * BLOCKS * FW_BLOCK};
    snprintf(locator, sizeof(locator), "%s/small", w->directory);
    assert_int_equal(mkdir(locator, 0700), 0);
    snprintf(locator, sizeof(locator), "file:%s/small", w->directory);
    assert_done(replsvc_pool_register(w->svc, "small", locator, &options, &pool));
    return pool;
}

static uint32_t create_in(struct file_world *w, const replsvc_pool_ref *pool, const char *settings,
                          replsvc_sync_ref *s)
{
    return replsvc_create_element_replica(w->svc, NULL, SNAPSHOT, 0, &w->elements[0], NULL, NULL, NULL,
                                          settings, NULL, s, NULL, pool, 0, NULL, NULL, 0);
}

static bool exists(replsvc_service *svc, const replsvc_sync_ref *s)
{
    replsvc_sync_info info = {.size = sizeof(info)};
    return replsvc_sync_get_info(svc, s, &info) == REPLSVC_OK;
}

static void the_oldest_that_may_go_make_room_in_a_full_pool(void **state)
{
    (void)state;
    struct file_world w;
    replsvc_sync_ref s[5];
    replsvc_element_ref e;
    file_world_make(&w, 1, BLOCKS);
    replsvc_pool_ref pool = small_pool(&w);
    assert_done(create_in(&w, &pool, NULL, &s[0]));
    assert_done(create_in(&w, &pool, WHEN_FULL, &s[1]));
    assert_done(create_in(&w, &pool, WHEN_FULL, &s[2]));
    assert_done(create_in(&w, &pool, WHEN_FULL, &s[3]));
    assert_true(exists(w.svc, &s[0]));
    assert_false(exists(w.svc, &s[1]));
    assert_true(exists(w.svc, &s[2]));
    /* All that may go would not be enough: nothing goes. */
    assert_int_equal(replsvc_element_create(w.svc, "large", &pool, 3 * BLOCKS * FW_BLOCK, NULL, &e),
                     REPLSVC_FAILED);
    assert_true(exists(w.svc, &s[2]) && exists(w.svc, &s[3]));
    assert_done(replsvc_element_create(w.svc, "fits", &pool, 2 * BLOCKS * FW_BLOCK, NULL, &e));
    assert_false(exists(w.svc, &s[2]) || exists(w.svc, &s[3]));
    assert_int_equal(create_in(&w, &pool, WHEN_FULL, &s[4]), REPLSVC_FAILED);
    assert_true(exists(w.svc, &s[0]));
    file_world_free(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_replica_goes_with_its_target_when_its_time_is_over),
        cmocka_unit_test(the_service_does_it_by_itself_and_tells),
        cmocka_unit_test(a_target_that_was_there_before_stays),
        cmocka_unit_test(setting_the_wall_clock_neither_hurries_nor_delays),
        cmocka_unit_test(what_is_overdue_at_the_opening_goes_soon_after),
        cmocka_unit_test(a_clock_that_is_behind_at_the_opening_removes_nothing),
        cmocka_unit_test(a_new_point_in_time_begins_its_time_anew),
        cmocka_unit_test(the_replicas_of_a_group_go_together),
        cmocka_unit_test(what_is_in_use_stays_until_it_is_free),
        cmocka_unit_test(a_copy_under_way_is_stopped_for_it),
        cmocka_unit_test(a_point_in_time_without_a_target_ages_too),
        cmocka_unit_test(a_replica_that_ran_out_of_space_goes_if_it_may),
        cmocka_unit_test(the_oldest_that_may_go_make_room_in_a_full_pool),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
