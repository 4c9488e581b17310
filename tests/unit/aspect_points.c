/* SPDX-License-Identifier: BSD-2-Clause */
/* Points in time without a target: taken, found, given targets, restored from, deleted; over restarts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include "service/embedded.h"
#include "support/file_world.h"
#include "util/alloc.h"

#define OP(name) REPLSVC_SETTINGS_STATE_OPERATION_##name
#define SNAPSHOT REPLSVC_SYNC_TYPE_SNAPSHOT
#define BLOCKS 64u

static int setup(void **state)
{
    static struct file_world w;
    file_world_make(&w, 4, BLOCKS);
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(fw_write(w.svc, &w.elements[i], 0, BLOCKS, (unsigned char)(0x10 + i)), 0);
    *state = &w;
    return 0;
}

static int teardown(void **state)
{
    file_world_free(*state);
    return 0;
}

static replsvc_settings_state_ref take(struct file_world *w, size_t element)
{
    replsvc_settings_state_ref st;
    replsvc_job_ref job = {"x"};
    assert_done(replsvc_create_synchronization_aspect(w->svc, NULL, SNAPSHOT, 0, NULL, &w->elements[element],
                                                      NULL, 0, NULL, &job, &st));
    assert_string_equal(job.id, "");
    return st;
}

static replsvc_settings_state_ref take_group(struct file_world *w, const replsvc_group_ref *g)
{
    replsvc_settings_state_ref st;
    assert_done(replsvc_create_synchronization_aspect(w->svc, "whole", SNAPSHOT, 0, g, NULL, NULL,
                                                      REPLSVC_CONSISTENCY_SEQUENTIAL_CONSISTENCY, NULL, NULL,
                                                      &st));
    return st;
}

static replsvc_group_ref group_of(struct file_world *w, size_t n)
{
    replsvc_group_ref g;
    assert_done(replsvc_create_group(w->svc, "g", w->elements, n, 0, 0, 0, NULL, &g, NULL));
    return g;
}

static uint32_t modify(struct file_world *w, uint16_t op, const replsvc_settings_state_ref *st,
                       replsvc_element_ref *target, replsvc_sync_ref *sync)
{
    replsvc_job_ref job = {""};
    uint32_t ret = replsvc_modify_settings_define_state(w->svc, op, st, target, NULL, 0, NULL, sync, NULL,
                                                        &job, NULL, NULL, 0, NULL, NULL, 0);
    return ret == REPLSVC_JOB_STARTED ? replsvc_job_wait(w->svc, &job, -1) : ret;
}

static replsvc_aspect_info info_of(struct file_world *w, const replsvc_settings_state_ref *st)
{
    replsvc_settings_state_info si = {.size = sizeof si};
    replsvc_aspect_info info = {.size = sizeof info};
    replsvc_aspect_ref ref;
    assert_done(replsvc_settings_state_get_info(w->svc, st, &si));
    assert_string_equal(si.id, st->id);
    memcpy(ref.id, si.setting_data, sizeof ref.id);
    assert_done(replsvc_aspect_get_info(w->svc, &ref, &info));
    assert_string_equal(info.id, ref.id);
    assert_string_equal(info.settings_state, st->id);
    assert_string_equal(info.source_element, si.managed_element);
    return info;
}

static size_t count_aspects(struct file_world *w, uint16_t sync_state)
{
    replsvc_aspect_ref *list;
    size_t n;
    assert_done(replsvc_get_synchronization_aspects(w->svc, 0, 0, 0, sync_state, NULL, 0, NULL, &list, &n));
    replsvc_free(list);
    return n;
}

/* What a caller sees of the service when nothing but the sources is there. */
static void assert_nothing(struct file_world *w, size_t elements)
{
    assert_int_equal(count_aspects(w, 0), 0);
    assert_int_equal(fw_count_syncs(w->svc), 0);
    assert_int_equal(fw_count_elements(w->svc), elements);
    assert_int_equal(fw_count_images(w), 0);
}

static void a_point_in_time_shows_nothing_but_itself(void **state)
{
    struct file_world *w = *state;
    replsvc_sync_ref *syncs;
    size_t n;
    replsvc_settings_state_ref st = take(w, 0);
    for (int round = 0; round < 2; round++) {
        replsvc_aspect_info info = info_of(w, &st);
        assert_int_equal(info.sync_type, SNAPSHOT);
        assert_int_equal(info.sync_state, REPLSVC_ASPECT_SYNC_STATE_SYNCHRONIZED);
        assert_int_equal(info.copy_status, REPLSVC_ASPECT_COPY_STATUS_OPERATION_COMPLETED);
        assert_int_equal(info.copy_methodology, REPLSVC_COPY_METHODOLOGY_COPY_ON_WRITE);
        assert_string_equal(info.source_element, w->elements[0].id);
        assert_int_equal(info.bytes_total, BLOCKS * FW_BLOCK);
        assert_true(info.when_point_in_time > 0);
        assert_false(info.is_group);
        assert_int_equal(fw_count_elements(w->svc), 4);
        assert_done(replsvc_sync_list(w->svc, &syncs, &n));
        assert_int_equal(n, 0);
        assert_done(replsvc_get_replication_relationships(w->svc, 0, 0, 0, 0, 0, NULL, &syncs, &n, NULL));
        assert_int_equal(n, 0);
        assert_refused(replsvc_element_unregister(w->svc, &w->elements[0], false), REPLSVC_IN_USE, "Element");
        file_world_reopen(w);
    }
}

static void a_target_has_the_content_of_the_instant(void **state)
{
    struct file_world *w = *state;
    replsvc_element_ref target = {""};
    replsvc_sync_ref sync;
    replsvc_settings_state_ref st = take(w, 0);
    assert_int_equal(fw_write(w->svc, &w->elements[0], 0, BLOCKS / 2, 0x77), 0);
    file_world_reopen(w);
    assert_int_equal(fw_write(w->svc, &w->elements[0], BLOCKS / 2, 4, 0x78), 0);
    int64_t when = info_of(w, &st).when_point_in_time;
    assert_done(modify(w, OP(COPY_TO_TARGET), &st, &target, &sync));
    for (int round = 0; round < 2; round++) {
        replsvc_sync_info info = fw_info(w->svc, &sync);
        assert_int_equal(info.copy_state, REPLSVC_COPY_STATE_SYNCHRONIZED);
        assert_int_equal(info.when_point_in_time, when);
        assert_string_equal(info.synced_element, target.id);
        assert_int_equal(fw_count_elements(w->svc), 5);
        assert_int_equal(fw_count_syncs(w->svc), 1);
        for (uint64_t b = 0; b < BLOCKS; b++)
            assert_int_equal(fw_read(w->svc, &target, b), 0x10);
        assert_int_equal(count_aspects(w, 0), 0);
        file_world_reopen(w);
    }
    assert_refused(modify(w, OP(DELETE), &st, NULL, NULL), REPLSVC_INVALID_PARAMETER, "SettingsState");
}

static void a_target_gets_the_name_that_is_given(void **state)
{
    struct file_world *w = *state;
    replsvc_settings_state_ref st = take(w, 0);
    replsvc_element_ref target = {""}, found;
    replsvc_sync_ref sync;
    assert_refused(replsvc_modify_settings_define_state(w->svc, OP(COPY_TO_TARGET), &st, &target, NULL, 0,
                                                        NULL, &sync, NULL, NULL, NULL, NULL, 0, "v1", NULL,
                                                        0),
                   REPLSVC_INVALID_PARAMETER, "ElementName");
    assert_done(replsvc_modify_settings_define_state(w->svc, OP(COPY_TO_TARGET), &st, &target, NULL, 1, NULL,
                                                     &sync, NULL, NULL, NULL, NULL,
                                                     REPLSVC_COPY_STATE_SYNCHRONIZED, "monday", NULL, 0));
    assert_done(replsvc_element_find(w->svc, "monday", &found));
    assert_string_equal(found.id, target.id);
    assert_string_equal(fw_info(w->svc, &sync).name, "monday");
}

static void the_source_goes_back_to_the_instant(void **state)
{
    struct file_world *w = *state;
    replsvc_settings_state_ref st = take(w, 0);
    assert_int_equal(fw_write(w->svc, &w->elements[0], 3, 9, 0x77), 0);
    assert_done(modify(w, OP(RESTORE), &st, NULL, NULL));
    for (uint64_t b = 0; b < BLOCKS; b++)
        assert_int_equal(fw_read(w->svc, &w->elements[0], b), 0x10);
    assert_int_equal(info_of(w, &st).sync_state, REPLSVC_ASPECT_SYNC_STATE_RESTORED);
    assert_int_equal(count_aspects(w, REPLSVC_ASPECT_SYNC_STATE_RESTORED), 1);
    assert_done(modify(w, OP(DELETE), &st, NULL, NULL));
    assert_nothing(w, 4);
}

static void deleting_leaves_nothing(void **state)
{
    struct file_world *w = *state;
    replsvc_settings_state_ref a = take(w, 0), b = take(w, 0);
    assert_int_equal(fw_write(w->svc, &w->elements[0], 0, 8, 0x77), 0);
    replsvc_settings_state_ref c = take(w, 0);
    file_world_reopen(w);
    assert_done(modify(w, OP(DELETE), &b, NULL, NULL));
    replsvc_element_ref target = {""};
    assert_done(modify(w, OP(COPY_TO_TARGET), &a, &target, NULL));
    assert_int_equal(fw_read(w->svc, &target, 2), 0x10);
    assert_done(modify(w, OP(DELETE), &c, NULL, NULL));
    replsvc_sync_ref sync;
    assert_done(replsvc_sync_find_by_target(w->svc, &target, &sync));
    assert_done(replsvc_modify_replica_synchronization(w->svc, REPLSVC_OPERATION_RETURN_TO_RESOURCEPOOL,
                                                       &sync, NULL, NULL, 0, NULL, NULL, 0,
                                                       REPLSVC_COPY_STATE_NOT_APPLICABLE, NULL));
    assert_nothing(w, 4);
    assert_done(replsvc_element_unregister(w->svc, &w->elements[0], false));
}

static void a_group_has_one_point_in_time_and_one_target_group(void **state)
{
    struct file_world *w = *state;
    replsvc_group_ref g = group_of(w, 3), targets = {""};
    replsvc_settings_state_ref st = take_group(w, &g);
    replsvc_sync_ref sync, *pairs;
    size_t n;
    file_world_reopen(w);
    replsvc_aspect_info info = info_of(w, &st);
    assert_true(info.is_group && info.consistency_enabled);
    assert_string_equal(info.name, "whole");
    assert_string_equal(info.source_element, g.id);
    assert_int_equal(info.bytes_total, 3 * BLOCKS * FW_BLOCK);
    assert_refused(replsvc_delete_group(w->svc, &g, NULL, REPLSVC_BOOL_TRUE, NULL),
                   REPLSVC_DELETE_GROUP_IN_RELATIONSHIP, "ReplicationGroup");
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(fw_write(w->svc, &w->elements[i], 0, 5, 0x77), 0);
    assert_done(replsvc_modify_settings_define_state(w->svc, OP(COPY_TO_TARGET), &st, NULL, &targets, 3, NULL,
                                                     &sync, NULL, NULL, NULL, NULL, 0, "friday", NULL, 0));
    for (int round = 0; round < 2; round++) {
        replsvc_sync_info si = fw_info(w->svc, &sync);
        assert_true(si.is_group && si.consistency_enabled);
        assert_string_equal(si.name, "friday");
        assert_string_equal(si.system_element, g.id);
        assert_string_equal(si.synced_element, targets.id);
        assert_done(replsvc_sync_get_pairs(w->svc, &sync, &pairs, &n));
        assert_int_equal(n, 3);
        for (size_t i = 0; i < 3; i++) {
            replsvc_element_ref t = fw_target(w->svc, &pairs[i]);
            assert_int_equal(fw_read(w->svc, &t, 2), 0x10 + (int)i);
        }
        replsvc_free(pairs);
        assert_int_equal(count_aspects(w, 0), 0);
        file_world_reopen(w);
    }
}

static void a_group_is_restored_and_deleted_as_one(void **state)
{
    struct file_world *w = *state;
    replsvc_group_ref g = group_of(w, 3);
    replsvc_settings_state_ref st = take_group(w, &g);
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(fw_write(w->svc, &w->elements[i], 0, 5, 0x77), 0);
    assert_done(modify(w, OP(RESTORE), &st, NULL, NULL));
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(fw_read(w->svc, &w->elements[i], 2), 0x10 + (int)i);
    assert_done(modify(w, OP(DELETE), &st, NULL, NULL));
    assert_nothing(w, 4);
    assert_done(replsvc_delete_group(w->svc, &g, NULL, REPLSVC_BOOL_TRUE, NULL));
}

static void a_list_has_one_instant(void **state)
{
    struct file_world *w = *state;
    static const char *const names[] = {"a", "b", "c"};
    replsvc_settings_state_ref *states;
    replsvc_sync_ref *syncs;
    replsvc_element_ref targets[3] = {{""}, {""}, {""}};
    size_t n;
    assert_done(replsvc_create_list_synchronization_aspect(w->svc, names, 3, SNAPSHOT, 0, w->elements, 3,
                                                           NULL, 0, NULL, NULL, &states, &n));
    assert_int_equal(n, 3);
    for (size_t i = 0; i < 3; i++) {
        replsvc_aspect_info info = info_of(w, &states[i]);
        assert_string_equal(info.name, names[i]);
        assert_string_equal(info.source_element, w->elements[i].id);
        assert_int_equal(info.when_point_in_time, info_of(w, &states[0]).when_point_in_time);
        assert_int_equal(fw_write(w->svc, &w->elements[i], 0, 5, 0x77), 0);
    }
    assert_done(replsvc_modify_list_settings_define_state(w->svc, OP(COPY_TO_TARGET), states, 2, targets, 2,
                                                          NULL, 0, 0, NULL, &syncs, &n, NULL, NULL, NULL, 0,
                                                          NULL, 0, 0, NULL, 0, NULL, 0));
    assert_int_equal(n, 2);
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(fw_read(w->svc, &targets[i], 2), 0x10 + (int)i);
        assert_string_equal(fw_info(w->svc, &syncs[i]).synced_element, targets[i].id);
    }
    replsvc_free(syncs);
    replsvc_job_ref job = {""};
    uint32_t ret = replsvc_modify_list_settings_define_state(
        w->svc, OP(RESTORE), &states[2], 1, NULL, 0, NULL, 0, 0, NULL, &syncs, &n, NULL, &job, NULL, 0, NULL,
        0, REPLSVC_COPY_STATE_RESTORED, NULL, 0, NULL, 0);
    assert_done(ret);
    assert_null(syncs);
    assert_int_equal(fw_read(w->svc, &w->elements[2], 2), 0x12);
    replsvc_free(states);
}

struct writing {
    struct file_world *w;
    atomic_bool stop;
};

/* The same number to one element, then to the other. */
static void *write_on(void *arg)
{
    struct writing *x = arg;
    for (unsigned k = 0; !atomic_load(&x->stop); k++)
        for (size_t i = 0; i < 2; i++)
            if (fw_write(x->w->svc, &x->w->elements[i], 0, 1, (unsigned char)(k % 200)) != 0)
                return x;
    return NULL;
}

static void an_instant_is_one_under_writes(void **state)
{
    struct file_world *w = *state;
    struct writing x = {.w = w};
    replsvc_group_ref g = group_of(w, 2);
    pthread_t thread;
    void *failed;
    assert_int_equal(fw_write(w->svc, &w->elements[0], 0, 1, 0), 0);
    assert_int_equal(fw_write(w->svc, &w->elements[1], 0, 1, 0), 0);
    assert_int_equal(pthread_create(&thread, NULL, write_on, &x), 0);
    for (int round = 0; round < 10; round++) {
        replsvc_settings_state_ref st;
        replsvc_sync_ref sync, *pairs;
        size_t n;
        assert_done(replsvc_create_synchronization_aspect(w->svc, NULL, SNAPSHOT, 0, &g, NULL, NULL, 3, NULL,
                                                          NULL, &st));
        assert_done(modify(w, OP(COPY_TO_TARGET), &st, NULL, &sync));
        assert_done(replsvc_sync_get_pairs(w->svc, &sync, &pairs, &n));
        replsvc_element_ref a = fw_target(w->svc, &pairs[0]), b = fw_target(w->svc, &pairs[1]);
        int first = fw_read(w->svc, &a, 0), second = fw_read(w->svc, &b, 0);
        if (first != second && first != (second + 1) % 200)
            fail_msg("%d in the first, %d in the second", first, second);
        replsvc_free(pairs);
    }
    atomic_store(&x.stop, true);
    assert_int_equal(pthread_join(thread, &failed), 0);
    assert_null(failed);
}

static void instances_say_what_is_there(void **state)
{
    struct file_world *w = *state;
    char **texts;
    size_t n;
    replsvc_settings_state_ref st = take(w, 1);
    replsvc_aspect_info info = info_of(w, &st);
    assert_done(
        replsvc_get_synchronization_aspect_instances(w->svc, SNAPSHOT, 0, 2, 4, NULL, 0, NULL, &texts, &n));
    assert_int_equal(n, 1);
    struct embedded e;
    struct embedded_error error;
    int64_t when;
    assert_int_equal(embedded_parse(texts[0], &e, &error), 0);
    assert_string_equal(e.class_name, "CIM_SynchronizationAspect");
    assert_string_equal(embedded_find(&e, "InstanceID")->values[0], info.id);
    assert_string_equal(embedded_find(&e, "SyncState")->values[0], "4");
    assert_non_null(strstr(embedded_find(&e, "SourceElement")->values[0], w->elements[1].id));
    assert_int_equal(embedded_time(embedded_find(&e, "WhenPointInTime"), 0, &when), 0);
    assert_int_equal(when, info.when_point_in_time);
    embedded_clear(&e);
    replsvc_free(texts);
    static const struct {
        uint16_t sync_type, mode, locality, sync_state;
        size_t n;
    } asked[] = {
        {0, 0, 0, 0, 1}, {8, 0, 0, 0, 0}, {0, 2, 0, 0, 0}, {0, 3, 2, 4, 1}, {0, 0, 3, 0, 0}, {0, 0, 0, 5, 0},
    };
    for (size_t i = 0; i < sizeof asked / sizeof asked[0]; i++) {
        assert_done(replsvc_get_synchronization_aspect_instances(w->svc, asked[i].sync_type, asked[i].mode,
                                                                 asked[i].locality, asked[i].sync_state, NULL,
                                                                 0, NULL, &texts, &n));
        assert_int_equal(n, asked[i].n);
        replsvc_free(texts);
    }
    assert_refused(
        replsvc_get_synchronization_aspect_instances(w->svc, 0, 0, 0, 9, NULL, 0, NULL, &texts, &n),
        REPLSVC_INVALID_PARAMETER, "SyncState");
}

static void rules_are_kept(void **state)
{
    struct file_world *w = *state;
    replsvc_settings_state_ref st, *list;
    replsvc_group_ref g = group_of(w, 2);
    size_t n;
    static const char *const twice[] = {"x", "x"};
#define TAKE(name, type, group, element)                                                                     \
    replsvc_create_synchronization_aspect(w->svc, name, type, 0, group, element, NULL, 0, NULL, NULL, &st)
    assert_refused(TAKE(NULL, 0, NULL, &w->elements[0]), REPLSVC_INVALID_PARAMETER, "SyncType");
    assert_refused(TAKE(NULL, 6, NULL, &w->elements[0]), REPLSVC_NOT_SUPPORTED, "SyncType");
    assert_refused(TAKE(NULL, 8, NULL, &w->elements[0]), REPLSVC_NOT_SUPPORTED, "SyncType");
    assert_refused(TAKE(NULL, 7, &g, &w->elements[0]), REPLSVC_INVALID_PARAMETER, "SourceGroup");
    assert_refused(TAKE(NULL, 7, NULL, NULL), REPLSVC_INVALID_PARAMETER, "SourceGroup");
    assert_refused(TAKE("", 7, NULL, &w->elements[0]), REPLSVC_INVALID_PARAMETER, "Name");
    assert_refused(replsvc_create_list_synchronization_aspect(w->svc, twice, 2, SNAPSHOT, 0, w->elements, 2,
                                                              NULL, 0, NULL, NULL, &list, &n),
                   REPLSVC_INVALID_PARAMETER, "Names");
    assert_refused(replsvc_create_list_synchronization_aspect(w->svc, twice, 1, SNAPSHOT, 0, w->elements, 2,
                                                              NULL, 0, NULL, NULL, &list, &n),
                   REPLSVC_INVALID_PARAMETER, "Names");
    assert_nothing(w, 4);
    assert_done(TAKE("x", 7, NULL, &w->elements[0]));
    replsvc_settings_state_ref first = st, pair[2];
    assert_refused(TAKE("x", 7, NULL, &w->elements[1]), REPLSVC_INVALID_PARAMETER, "Name");
    assert_int_equal(count_aspects(w, 0), 1);
    assert_int_equal(fw_count_images(w), 1);

    for (uint16_t op = 0; op < 12; op++)
        if (op != OP(DELETE) && op != OP(COPY_TO_TARGET) && op != OP(RESTORE))
            assert_refused(modify(w, op, &first, NULL, NULL),
                           op >= 2 && op <= 8 ? REPLSVC_NOT_SUPPORTED : REPLSVC_INVALID_PARAMETER,
                           "Operation");
    assert_refused(modify(w, OP(DELETE), NULL, NULL, NULL), REPLSVC_INVALID_PARAMETER, "SettingsState");
    assert_refused(modify(w, OP(COPY_TO_TARGET), &first, &w->elements[3], NULL), REPLSVC_NOT_SUPPORTED,
                   "TargetElement");
    assert_refused(modify(w, OP(RESTORE), &first, &w->elements[3], NULL), REPLSVC_INVALID_PARAMETER,
                   "TargetElement");
    assert_refused(replsvc_modify_settings_define_state(w->svc, OP(COPY_TO_TARGET), &first, NULL, NULL, 2,
                                                        NULL, NULL, NULL, NULL, NULL, NULL, 0, NULL, NULL, 0),
                   REPLSVC_INVALID_PARAMETER, "TargetElementCount");
    assert_refused(replsvc_modify_settings_define_state(w->svc, OP(COPY_TO_TARGET), &first, NULL, NULL, 0,
                                                        NULL, NULL, NULL, NULL, NULL, &w->pool, 0, NULL, NULL,
                                                        0),
                   REPLSVC_NOT_SUPPORTED, "TargetPool");
    pair[0] = pair[1] = first;
    assert_refused(replsvc_modify_list_settings_define_state(w->svc, OP(DELETE), pair, 2, NULL, 0, NULL, 0, 0,
                                                             NULL, NULL, NULL, NULL, NULL, NULL, 0, NULL, 0,
                                                             0, NULL, 0, NULL, 0),
                   REPLSVC_INVALID_PARAMETER, "SettingsStates");
    pair[1] = take(w, 0);
    assert_refused(replsvc_modify_list_settings_define_state(w->svc, OP(RESTORE), pair, 2, NULL, 0, NULL, 0,
                                                             0, NULL, NULL, NULL, NULL, NULL, NULL, 0, NULL,
                                                             0, 0, NULL, 0, NULL, 0),
                   REPLSVC_INVALID_PARAMETER, "SettingsStates");
    replsvc_aspect_ref not_one = {"state-x"};
    replsvc_aspect_info info = {.size = sizeof info};
    assert_refused(replsvc_aspect_get_info(w->svc, &not_one, &info), REPLSVC_INVALID_PARAMETER,
                   "SynchronizationAspect");
    assert_int_equal(count_aspects(w, 0), 2);
}

static void without_a_pool_there_is_none(void **state)
{
    (void)state;
    struct service_world w;
    replsvc_settings_state_ref st;
    service_world_make(&w, 1, 1u << 20);
    assert_refused(replsvc_create_synchronization_aspect(w.svc, NULL, SNAPSHOT, 0, NULL, &w.elements[0], NULL,
                                                         0, NULL, NULL, &st),
                   REPLSVC_INVALID_PARAMETER, "TargetPool");
    service_world_free(&w);
}

static void without_memory_all_or_nothing_is_done(void **state)
{
    struct file_world *w = *state;
    replsvc_group_ref g = group_of(w, 2);
    replsvc_settings_state_ref st;
    replsvc_sync_ref sync;
    uint32_t ret = REPLSVC_FAILED;
    for (unsigned long n = 1; ret != REPLSVC_OK; n++) {
        mem_fail_at(n);
        ret = replsvc_create_synchronization_aspect(w->svc, NULL, SNAPSHOT, 0, &g, NULL, NULL, 0, NULL, NULL,
                                                    &st);
        mem_fail_at(0);
        if (ret != REPLSVC_OK) {
            assert_int_equal(ret, REPLSVC_FAILED);
            assert_nothing(w, 4);
        }
    }
    ret = REPLSVC_FAILED;
    for (unsigned long n = 1; ret != REPLSVC_OK; n++) {
        mem_fail_at(n);
        ret = replsvc_modify_settings_define_state(w->svc, OP(COPY_TO_TARGET), &st, NULL, NULL, 0, NULL,
                                                   &sync, NULL, NULL, NULL, NULL, 0, NULL, NULL, 0);
        mem_fail_at(0);
        if (ret != REPLSVC_OK) {
            assert_int_equal(ret, REPLSVC_FAILED);
            assert_int_equal(fw_count_syncs(w->svc), 0);
            assert_int_equal(count_aspects(w, 0), 1);
        }
    }
    assert_int_equal(fw_count_syncs(w->svc), 3);
}

static void a_deletion_without_memory_can_be_asked_for_again(void **state)
{
    struct file_world *w = *state;
    uint32_t ret = REPLSVC_FAILED;
    for (unsigned long n = 1; ret != REPLSVC_OK; n++) {
        replsvc_settings_state_ref st = take(w, 0);
        mem_fail_at(n);
        ret = modify(w, OP(DELETE), &st, NULL, NULL);
        mem_fail_at(0);
        if (ret != REPLSVC_OK && count_aspects(w, 0) != 0)
            assert_done(modify(w, OP(DELETE), &st, NULL, NULL));
        assert_nothing(w, 4);
    }
}

static bool listed(const uint16_t *list, size_t n, uint16_t value)
{
    for (size_t i = 0; i < n; i++)
        if (list[i] == value)
            return true;
    return false;
}

static void the_capabilities_say_the_same(void **state)
{
    struct file_world *w = *state;
    uint16_t *list;
    size_t n;
    assert_done(replsvc_get_supported_settings_define_state_operations(
        w->svc, REPLSVC_REPLICATION_TYPE_ASYNCHRONOUS_SNAPSHOT_LOCAL, &list, &n, NULL));
    for (uint16_t op = 0; op < 12; op++) {
        replsvc_settings_state_ref st = take(w, 0);
        uint32_t ret = modify(w, op, &st, NULL, NULL);
        assert_int_equal(ret == REPLSVC_OK, listed(list, n, op));
    }
    replsvc_free(list);
    assert_refused(replsvc_get_supported_settings_define_state_operations(
                       w->svc, REPLSVC_REPLICATION_TYPE_ASYNCHRONOUS_CLONE_LOCAL, &list, &n, NULL),
                   REPLSVC_NOT_SUPPORTED, "");
    for (uint16_t op = OP(ACTIVATE_CONSISTENCY); op <= OP(ATTACH_TO_TARGET); op++) {
        assert_done(replsvc_get_supported_wait_for_copy_states(
            w->svc, REPLSVC_REPLICATION_TYPE_ASYNCHRONOUS_SNAPSHOT_LOCAL,
            REPLSVC_METHOD_NAME_MODIFYSETTINGSDEFINESTATE, &list, &n, NULL, op));
        for (uint16_t wait = 1; wait < 20; wait++) {
            replsvc_settings_state_ref st = take(w, 1);
            uint32_t ret = replsvc_modify_settings_define_state(w->svc, op, &st, NULL, NULL, 0, NULL, NULL,
                                                                NULL, NULL, NULL, NULL, wait, NULL, NULL, 0);
            assert_int_equal(ret == REPLSVC_OK, listed(list, n, wait));
            if (ret != REPLSVC_OK)
                assert_done(modify(w, OP(DELETE), &st, NULL, NULL));
        }
        replsvc_free(list);
    }
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_point_in_time_shows_nothing_but_itself),
        TEST(a_target_has_the_content_of_the_instant),
        TEST(a_target_gets_the_name_that_is_given),
        TEST(the_source_goes_back_to_the_instant),
        TEST(deleting_leaves_nothing),
        TEST(a_group_has_one_point_in_time_and_one_target_group),
        TEST(a_group_is_restored_and_deleted_as_one),
        TEST(a_list_has_one_instant),
        TEST(an_instant_is_one_under_writes),
        TEST(instances_say_what_is_there),
        TEST(rules_are_kept),
        cmocka_unit_test(without_a_pool_there_is_none),
        TEST(without_memory_all_or_nothing_is_done),
        TEST(a_deletion_without_memory_can_be_asked_for_again),
        TEST(the_capabilities_say_the_same),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
