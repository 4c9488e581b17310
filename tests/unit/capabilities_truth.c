/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The capabilities tell the truth: what they list works, what they don't is refused and changes nothing.
 * Every SyncType × CopyState × operation is tried, every ReplicationType, every CopyState to wait for, and
 * every value of the setting data.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <stdio.h>

#include "service/embedded.h"
#include "service/settings.h"
#include "service/transitions.h"
#include "support/file_world.h"
#include "support/service_world.h"

#define STATE(name) REPLSVC_COPY_STATE_##name
#define OP(name) REPLSVC_OPERATION_##name
#define SNAPSHOT REPLSVC_SYNC_TYPE_SNAPSHOT
#define CLONE REPLSVC_SYNC_TYPE_CLONE
#define MIRROR REPLSVC_SYNC_TYPE_MIRROR
#define SIZE (1u << 20)

static uint16_t type_of(uint16_t sync_type)
{
    return sync_type == MIRROR  ? REPLSVC_REPLICATION_TYPE_SYNCHRONOUS_MIRROR_LOCAL
           : sync_type == CLONE ? REPLSVC_REPLICATION_TYPE_ASYNCHRONOUS_CLONE_LOCAL
                                : REPLSVC_REPLICATION_TYPE_ASYNCHRONOUS_SNAPSHOT_LOCAL;
}

static uint32_t create(struct service_world *w, uint16_t sync_type, uint16_t mode, uint16_t wait,
                       const char *settings, replsvc_sync_ref *s)
{
    return replsvc_create_element_replica(w->svc, "r", sync_type, mode, &w->elements[0], NULL,
                                          &w->elements[1], NULL, settings, NULL, s, NULL, NULL, wait, NULL,
                                          NULL, 0);
}

static uint32_t modify(struct service_world *w, uint16_t op, const replsvc_sync_ref *s, bool force)
{
    return replsvc_modify_replica_synchronization(w->svc, op, s, NULL, NULL, 0, NULL, NULL,
                                                  force ? REPLSVC_BOOL_TRUE : REPLSVC_BOOL_ABSENT,
                                                  STATE(NOT_APPLICABLE), NULL);
}

/* A service so slow at copying that a clone stays Unsynchronized. */
static void slow(struct service_world *w)
{
    replsvc_service_options options = {.size = sizeof(options), .background_bytes_per_second = 65536};
    replsvc_service_close(w->svc);
    w->svc = NULL;
    assert_done(service_world_open(w->world, &options, &w->svc));
}

static replsvc_sync_ref reach(struct service_world *w, uint16_t sync_type, uint16_t state)
{
    replsvc_sync_ref s;
    bool unfinished = state == STATE(UNSYNCHRONIZED) || state == STATE(ABORTED) || state == STATE(SUSPENDED);
    uint64_t size = unfinished ? 16 * SIZE : SIZE;
    service_world_make(w, 2, size);
    assert_int_equal(fw_write(w->svc, &w->elements[0], 0, size / FW_BLOCK, 0x11), 0);
    if (unfinished) {
        /* Sharing would copy all at once, whatever the bound. */
        world_set_capabilities(w->world, world_capabilities(w->world) & ~REPLSVC_BACKEND_CAP_CLONE_RANGE);
        slow(w);
    }
    if (state == STATE(INITIALIZED) || state == STATE(PREPARED) || state == STATE(INACTIVE)) {
        assert_done(create(w, sync_type, 0, state, NULL, &s));
        return s;
    }
    uint32_t ret = create(w, sync_type, 0, unfinished ? 0 : STATE(SYNCHRONIZED), NULL, &s);
    assert_true(ret == REPLSVC_OK || ret == REPLSVC_JOB_STARTED);
    switch (state) {
    case STATE(FRACTURED):
        assert_done(modify(w, OP(FRACTURE), &s, false));
        break;
    case STATE(SPLIT):
        assert_done(modify(w, OP(SPLIT), &s, false));
        break;
    case STATE(SUSPENDED):
        assert_done(modify(w, OP(SUSPEND), &s, false));
        service_world_reopen(w);
        break;
    case STATE(ABORTED):
        assert_done(modify(w, OP(ABORT), &s, false));
        service_world_reopen(w);
        break;
    case STATE(FAILEDOVER):
        assert_done(modify(w, OP(FAILOVER), &s, false));
        break;
    case STATE(SKEWED):
        assert_int_equal(fw_write(w->svc, &w->elements[1], 0, 1, 0x99), 0);
        engine_events_drain(w->svc->engine);
        break;
    case STATE(RESTORED):
        assert_done(modify(w, OP(RESTORE_FROM_REPLICA), &s, false));
        break;
    default:
        break;
    }
    assert_int_equal(fw_info(w->svc, &s).copy_state, state);
    return s;
}

static bool listed(const uint16_t *list, size_t n, uint16_t value, size_t *at)
{
    for (size_t i = 0; i < n; i++)
        if (list[i] == value) {
            if (at != NULL)
                *at = i;
            return true;
        }
    return false;
}

/* The mode changes at once, and the copy that gave way for it goes on: that is not waited for here. */
static bool goes_on(uint16_t state, uint16_t op)
{
    return state == STATE(UNSYNCHRONIZED) &&
           (op == OP(RESET_TO_SYNC) || op == OP(RESET_TO_ASYNC) || op == OP(RESET_TO_ADAPTIVE));
}

static uint32_t begin(struct service_world *w, uint16_t op, const replsvc_sync_ref *s)
{
    uint32_t ret = replsvc_modify_replica_synchronization(w->svc, op, s, NULL, NULL, 0, NULL, NULL,
                                                          REPLSVC_BOOL_TRUE, 0, NULL);
    return ret == REPLSVC_JOB_STARTED ? REPLSVC_OK : ret;
}

static void try_operation(uint16_t sync_type, uint16_t state, uint16_t op, bool can, bool force)
{
    struct service_world w;
    replsvc_sync_ref s = reach(&w, sync_type, state);
    replsvc_sync_info before = fw_info(w.svc, &s);
    if (can && force)
        assert_refused(modify(&w, op, &s, false), REPLSVC_INVALID_PARAMETER, "Force");
    uint32_t ret = goes_on(state, op) ? begin(&w, op, &s) : modify(&w, op, &s, true);
    if (can && ret != REPLSVC_OK)
        fail_msg("%s of a %s that is %s: %u %s", operation_name(op), sync_type_name(sync_type),
                 copy_state_name(state), ret, replsvc_last_error()->message);
    if (can) {
        const struct transition *t = transition_from(op, sync_type, false, state);
        uint16_t end = transition_end_state(t, state);
        replsvc_sync_info after = {.size = sizeof(after)};
        ret = replsvc_sync_get_info(w.svc, &s, &after);
        if (end == TRANSITION_ENDS_GONE)
            assert_int_equal(ret, REPLSVC_INVALID_PARAMETER);
        else if (after.copy_state != end)
            fail_msg("%s of a %s that is %s ends in %s", operation_name(op), sync_type_name(sync_type),
                     copy_state_name(state), copy_state_name(after.copy_state));
    } else {
        if (ret != REPLSVC_NOT_SUPPORTED && ret != REPLSVC_INVALID_PARAMETER)
            fail_msg("%s of a %s that is %s: %u", operation_name(op), sync_type_name(sync_type),
                     copy_state_name(state), ret);
        replsvc_sync_info after = fw_info(w.svc, &s);
        if (state != STATE(UNSYNCHRONIZED)) /* there the copy goes on */
            assert_memory_equal(&before, &after, sizeof(before));
    }
    service_world_free(&w);
}

static void every_operation_in_every_state(void **state)
{
    (void)state;
    static const uint16_t types[] = {SNAPSHOT, CLONE, MIRROR};
    for (size_t i = 0; i < 3; i++) {
        struct service_world w;
        uint16_t *states, *ops, *all;
        bool *readable, *force;
        size_t n_states, n_ops, n_all, n_readable, n_force, at = 0;
        service_world_make(&w, 0, 0);
        assert_done(replsvc_get_supported_copy_states(w.svc, type_of(types[i]), &states, &n_states, &readable,
                                                      &n_readable, NULL, 0));
        assert_done(replsvc_get_supported_operations(w.svc, type_of(types[i]), &all, &n_all, NULL, 0, NULL,
                                                     NULL, NULL, NULL, NULL, NULL));
        assert_int_equal(n_states, n_readable);
        for (size_t k = 0; k < n_states; k++) {
            if (states[k] == STATE(BROKEN) || states[k] == STATE(INVALID) || states[k] == STATE(PARTITIONED))
                continue; /* come by themselves: see replica_faults.c, recovery.c */
            assert_done(replsvc_get_supported_operations(w.svc, type_of(types[i]), &ops, &n_ops, NULL,
                                                         states[k], NULL, NULL, &force, &n_force, NULL,
                                                         NULL));
            assert_int_equal(n_ops, n_force);
            world_unbind(""); /* the service that answers has no disks */
            struct service_world probe;
            (void)reach(&probe, types[i], states[k]);
            if ((fw_read(probe.svc, &probe.elements[1], 0) > -2) != readable[k])
                fail_msg("the target of a %s that is %s: readable or not?", sync_type_name(types[i]),
                         copy_state_name(states[k]));
            service_world_free(&probe);
            for (uint16_t op = OP(ABORT); op <= OP(RESET_REPLICA); op++) {
                if (op == OP(ADDSYNCPAIR) || op == OP(REMOVESYNCPAIR))
                    continue;
                bool can = listed(ops, n_ops, op, &at);
                assert_true(!can || listed(all, n_all, op, NULL));
                try_operation(types[i], states[k], op, can, can && force[at]);
            }
            replsvc_free(ops);
            replsvc_free(force);
        }
        replsvc_free(states);
        replsvc_free(readable);
        replsvc_free(all);
        world_bind(w.world, "");
        service_world_free(&w);
    }
}

static void every_replication_type(void **state)
{
    (void)state;
    struct service_world w;
    uint16_t *types;
    size_t n;
    service_world_make(&w, 2, SIZE);
    assert_done(replsvc_get_supported_replication_types(w.svc, &types, &n));
    for (uint16_t sync_type = 0; sync_type <= 11; sync_type++)
        for (uint16_t mode = 1; mode <= 6; mode++) {
            uint16_t type = 0, back_type = 0, back_mode = 0, where = 0;
            replsvc_sync_ref s;
            uint32_t said = replsvc_convert_sync_type_to_replication_type(w.svc, sync_type, mode, 2, &type);
            uint32_t ret = create(&w, sync_type, mode, STATE(INACTIVE), NULL, &s);
            assert_int_equal(ret == REPLSVC_OK, said == REPLSVC_OK);
            if (said != REPLSVC_OK)
                continue;
            assert_true(listed(types, n, type, NULL));
            assert_done(
                replsvc_convert_replication_type_to_sync_type(w.svc, type, &back_type, &back_mode, &where));
            assert_true(back_type == sync_type && back_mode == mode && where == 2);
            assert_done(modify(&w, OP(DISSOLVE), &s, true));
        }
    for (uint16_t t = 0; t < 40; t++) {
        uint16_t type, mode, where;
        assert_int_equal(replsvc_convert_replication_type_to_sync_type(w.svc, t, &type, &mode, &where) ==
                             REPLSVC_OK,
                         listed(types, n, t, NULL));
    }
    replsvc_free(types);
    service_world_free(&w);
}

static void every_state_to_wait_for(void **state)
{
    (void)state;
    static const uint16_t types[] = {SNAPSHOT, CLONE, MIRROR};
    for (size_t i = 0; i < 3; i++)
        for (uint16_t wait = 1; wait < 20; wait++) {
            struct service_world w;
            uint16_t *states;
            size_t n;
            replsvc_sync_ref s;
            service_world_make(&w, 2, SIZE);
            assert_done(replsvc_get_supported_wait_for_copy_states(
                w.svc, type_of(types[i]), REPLSVC_METHOD_NAME_CREATEELEMENTREPLICA, &states, &n, NULL, 0));
            uint32_t ret = create(&w, types[i], 0, wait, NULL, &s);
            if (listed(states, n, wait, NULL))
                assert_true(ret == REPLSVC_OK || ret == REPLSVC_JOB_STARTED);
            else
                assert_refused(ret, REPLSVC_INVALID_PARAMETER, "WaitForCopyState");
            replsvc_free(states);
            service_world_free(&w);
        }
}

static void try_setting(struct service_world *w, uint16_t sync_type, const struct setting_property *p,
                        uint16_t value, bool can)
{
    char text[160];
    replsvc_sync_ref s;
    snprintf(text, sizeof(text), "instance of CIM_ReplicationSettingData { %s = %u; };", p->name, value);
    if (p->type == SETTING_BOOL)
        snprintf(text, sizeof(text), "instance of CIM_ReplicationSettingData { %s = %s; };", p->name,
                 value != 0 ? "TRUE" : "FALSE");
    uint32_t ret = create(w, sync_type, 0, STATE(INACTIVE), text, &s);
    if ((ret != REPLSVC_NOT_SUPPORTED) != can)
        fail_msg("%s = %u of a %s: %u %s", p->name, value, sync_type_name(sync_type), ret,
                 replsvc_last_error()->message);
    if (ret == REPLSVC_OK)
        assert_done(modify(w, OP(DISSOLVE), &s, true));
}

static void every_value_of_the_setting_data(void **state)
{
    (void)state;
    static const uint16_t types[] = {SNAPSHOT, CLONE, MIRROR};
    struct service_world w;
    size_t n_table;
    const struct setting_property *table = settings_table(&n_table);
    service_world_make(&w, 2, SIZE);
    for (size_t i = 0; i < 3; i++)
        for (size_t k = 0; k < n_table; k++) {
            uint64_t *values = NULL;
            size_t n = 0;
            if (table[k].number == 0 || (table[k].type != SETTING_U16 && table[k].type != SETTING_BOOL))
                continue;
            uint32_t ret = replsvc_get_supported_replication_setting_data(w.svc, type_of(types[i]),
                                                                          table[k].number, &values, &n, NULL);
            assert_true(ret == REPLSVC_OK || ret == REPLSVC_NOT_SUPPORTED);
            for (uint16_t v = 0; v < 12; v++) {
                bool can = v == 0 && table[k].type == SETTING_U16; /* absent */
                if (table[k].type == SETTING_BOOL ? v > 1 : (table[k].values >> v & 1) == 0)
                    continue;
                for (size_t j = 0; j < n; j++)
                    can = can || values[j] == v;
                try_setting(&w, types[i], &table[k], v, can);
            }
            replsvc_free(values);
        }
    service_world_free(&w);
}

static void default_settings_are_taken(void **state)
{
    (void)state;
    static const uint16_t types[] = {SNAPSHOT, CLONE, MIRROR};
    for (size_t i = 0; i < 3; i++) {
        struct service_world w;
        char *text;
        replsvc_sync_ref s;
        service_world_make(&w, 2, SIZE);
        assert_done(replsvc_get_default_replication_setting_data(w.svc, type_of(types[i]), &text));
        assert_done(create(&w, types[i], 0, STATE(SYNCHRONIZED), text, &s));
        replsvc_free(text);
        service_world_free(&w);
    }
}

static void the_other_questions_are_answered(void **state)
{
    (void)state;
    struct service_world w;
    uint16_t *list, *modes, *roles, value, length;
    size_t n, n_modes, n_roles;
    uint64_t max;
    char *mask;
    uint16_t type = type_of(CLONE);
    service_world_make(&w, 2, SIZE);
#define ASK(call)                                                                                            \
    do {                                                                                                     \
        assert_done(call);                                                                                   \
        assert_true(n != 0);                                                                                 \
        replsvc_free(list);                                                                                  \
    } while (0)
    ASK(replsvc_get_supported_group_copy_states(w.svc, type, &list, &n, NULL, 0));
    ASK(replsvc_get_supported_features(w.svc, type, &list, &n, NULL));
    ASK(replsvc_get_supported_group_features(w.svc, type, &list, &n, NULL));
    ASK(replsvc_get_supported_list_features(w.svc, type, &list, &n, NULL));
    ASK(replsvc_get_supported_consistency(w.svc, type, &list, &n, NULL));
    ASK(replsvc_get_supported_thin_provisioning_features(w.svc, type, &list, &n, NULL));
    ASK(replsvc_get_supported_storage_compression_features(w.svc, type, &list, &n, NULL));
    ASK(replsvc_get_supported_group_operations(w.svc, type, &list, &n, NULL, STATE(MIXED), NULL, NULL, NULL,
                                               NULL, NULL, NULL));
    ASK(replsvc_get_supported_list_operations(w.svc, type, 2, &list, &n, NULL, 0, NULL, NULL, NULL, NULL,
                                              NULL, NULL));
    ASK(replsvc_get_element_name_capabilities(w.svc, 2, &list, &n, &length, &mask));
    replsvc_free(mask);
    ASK(replsvc_get_supported_storage_objects(w.svc, &list, &n));
    ASK(replsvc_get_supported_asynchronous_actions(w.svc, &list, &n));
    ASK(replsvc_get_supported_synchronous_actions(w.svc, &list, &n));
    assert_done(replsvc_get_default_consistency(w.svc, type, &value, NULL));
    assert_done(replsvc_get_default_group_persistency(w.svc, &value));
    assert_int_equal(value, REPLSVC_GROUP_PERSISTENCY_PERSISTENT);
    assert_done(replsvc_get_supported_maximum(w.svc, type, 2, &max, NULL));
    assert_refused(replsvc_get_supported_maximum(w.svc, type, 99, &max, NULL), REPLSVC_INVALID_PARAMETER,
                   "Component");
    assert_refused(replsvc_get_supported_features(w.svc, 99, &list, &n, NULL), REPLSVC_INVALID_PARAMETER,
                   "ReplicationType");

    assert_done(replsvc_get_synchronization_supported(w.svc, &w.elements[0], &w.elements[1], NULL, 0, NULL,
                                                      &list, &n, &modes, &n_modes, &roles, &n_roles));
    assert_true(n == n_modes && n == n_roles && n != 0);
    replsvc_free(list);
    replsvc_free(modes);
    replsvc_free(roles);
    replsvc_sync_ref s;
    assert_done(create(&w, CLONE, 0, STATE(INACTIVE), NULL, &s));
    assert_done(replsvc_get_synchronization_supported(w.svc, &w.elements[0], &w.elements[1], NULL, 0, NULL,
                                                      &list, &n, NULL, NULL, NULL, NULL));
    assert_int_equal(n, 0);
    ASK(replsvc_get_supported_operations_for_synchronization(w.svc, &s, NULL, &list, &n, NULL, NULL, NULL,
                                                             NULL, NULL, NULL));
    service_world_free(&w);
}

static void relationships_are_listed_by_filter(void **state)
{
    (void)state;
    struct service_world w;
    replsvc_sync_ref a, b, *list;
    size_t n;
    char **texts;
    service_world_make(&w, 3, SIZE);
    assert_done(create(&w, CLONE, 0, STATE(SYNCHRONIZED), NULL, &a));
    assert_done(replsvc_create_element_replica(w.svc, "s", SNAPSHOT, 2, &w.elements[0], NULL, &w.elements[2],
                                               NULL, NULL, NULL, &b, NULL, NULL, STATE(INACTIVE), NULL, NULL,
                                               0));
    static const struct {
        uint16_t type, sync_type, mode, locality, copy_state;
        size_t n;
    } asked[] = {
        {0, 0, 0, 0, 0, 2},      {2, 0, 0, 0, 0, 2},
        {3, 0, 0, 0, 0, 0},      {0, CLONE, 0, 0, 0, 1},
        {0, 0, 2, 0, 0, 1},      {0, 0, 0, 2, 0, 2},
        {0, 0, 0, 3, 0, 0},      {0, 0, 0, 0, STATE(INACTIVE), 1},
        {0, 0, 3, 2, 4, 1},      {2, SNAPSHOT, 2, 2, 8, 1},
        {0, MIRROR, 0, 0, 0, 0},
    };
    for (size_t i = 0; i < sizeof(asked) / sizeof(asked[0]); i++) {
        assert_done(replsvc_get_replication_relationships(w.svc, asked[i].type, asked[i].sync_type,
                                                          asked[i].mode, asked[i].locality,
                                                          asked[i].copy_state, NULL, &list, &n, NULL));
        assert_int_equal(n, asked[i].n);
        replsvc_free(list);
        assert_done(replsvc_get_replication_relationship_instances(
            w.svc, asked[i].type, asked[i].sync_type, asked[i].mode, asked[i].locality, asked[i].copy_state,
            NULL, &texts, &n, NULL));
        assert_int_equal(n, asked[i].n);
        for (size_t k = 0; k < n; k++) {
            struct embedded e;
            struct embedded_error error;
            assert_int_equal(embedded_parse(texts[k], &e, &error), 0);
            assert_string_equal(e.class_name, "CIM_StorageSynchronized");
            assert_non_null(embedded_find(&e, "WhenEstablished"));
            assert_non_null(embedded_find(&e, "CopyState"));
            embedded_clear(&e);
        }
        replsvc_free(texts);
    }
    assert_refused(replsvc_get_replication_relationships(w.svc, 9, 0, 0, 0, 0, NULL, &list, &n, NULL),
                   REPLSVC_INVALID_PARAMETER, "Type");
    assert_refused(replsvc_get_replication_relationships(w.svc, 0, 0, 0, 0, 99, NULL, &list, &n, NULL),
                   REPLSVC_INVALID_PARAMETER, "CopyState");
    service_world_free(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_operation_in_every_state),
        cmocka_unit_test(every_replication_type),
        cmocka_unit_test(every_state_to_wait_for),
        cmocka_unit_test(every_value_of_the_setting_data),
        cmocka_unit_test(default_settings_are_taken),
        cmocka_unit_test(the_other_questions_are_answered),
        cmocka_unit_test(relationships_are_listed_by_filter),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
