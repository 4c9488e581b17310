/* SPDX-License-Identifier: BSD-2-Clause */
/* Collecting what can be told; see capabilities.h. */
#include "service/capabilities.h"

#include <string.h>

#include "service/aspect.h"
#include "service/relationship.h"
#include "service/replica.h"
#include "service/transitions.h"
#include "util/fail.h"

#define LOCAL REPLSVC_LOCALITY_LOCAL_ONLY
#define REMOTE REPLSVC_LOCALITY_REMOTE_ONLY
#define KIND(TYPE, MODE, WHERE)                                                                              \
    {                                                                                                        \
        REPLSVC_REPLICATION_TYPE_##MODE##_##TYPE##_##WHERE, REPLSVC_SYNC_TYPE_##TYPE, REPLSVC_MODE_##MODE,   \
            WHERE                                                                                            \
    }
#define KINDS(TYPE)                                                                                          \
    KIND(TYPE, SYNCHRONOUS, LOCAL), KIND(TYPE, ASYNCHRONOUS, LOCAL), KIND(TYPE, SYNCHRONOUS, REMOTE),        \
        KIND(TYPE, ASYNCHRONOUS, REMOTE), KIND(TYPE, ADAPTIVE, LOCAL), KIND(TYPE, ADAPTIVE, REMOTE)

static const struct replication_kind kinds[] = {
    KINDS(MIRROR),
    KINDS(SNAPSHOT),
    KINDS(CLONE),
    KINDS(TOKENIZEDCLONE),
    KIND(MIRROR, ACTIVE, LOCAL),
    KIND(MIRROR, ACTIVE, REMOTE),
};
#define N_KINDS (sizeof(kinds) / sizeof(kinds[0]))

const struct replication_kind *replication_kind_of(uint16_t type)
{
    for (size_t i = 0; i < N_KINDS; i++)
        if (kinds[i].type == type)
            return &kinds[i];
    return NULL;
}

const struct replication_kind *replication_kind_by(uint16_t sync_type, uint16_t mode, uint16_t locality)
{
    for (size_t i = 0; i < N_KINDS; i++)
        if (kinds[i].sync_type == sync_type && kinds[i].mode == mode && kinds[i].locality == locality)
            return &kinds[i];
    return NULL;
}

bool replication_kind_supported(const struct replication_kind *kind)
{
    return kind->locality == LOCAL && capability_sync(kind->sync_type, kind->mode);
}

uint32_t replication_kind(uint16_t type, struct replication_kind *kind)
{
    const struct replication_kind *k = replication_kind_of(type);
    if (k == NULL)
        return svc_fail(REPLSVC_INVALID_PARAMETER, 0, "ReplicationType",
                        "ReplicationType: there is no type %u", type);
    if (!replication_kind_supported(k))
        return svc_fail(
            REPLSVC_NOT_SUPPORTED, 0, "ReplicationType", "ReplicationType: a %s %s %s is not supported",
            k->locality == LOCAL ? "local" : "remote", mode_name(k->mode), sync_type_name(k->sync_type));
    *kind = *k;
    return REPLSVC_OK;
}

static void add(struct capability_list *list, uint16_t value, bool flag)
{
    for (size_t i = 0; i < list->n; i++)
        if (list->values[i] == value)
            return;
    if (list->n == CAPABILITY_LIST_MAX)
        return;
    list->values[list->n] = value;
    list->flags[list->n++] = flag;
}

/* ---- CopyStates ---- */

/* States that come about: by creation, as the end of an operation, or by themselves. */
static bool comes_about(const struct replication_kind *kind, uint16_t state)
{
    if (capability_wait_create(kind->sync_type, state) || state == REPLSVC_COPY_STATE_BROKEN ||
        state == REPLSVC_COPY_STATE_INVALID)
        return true;
    if (state == REPLSVC_COPY_STATE_PARTITIONED)
        return kind->sync_type == REPLSVC_SYNC_TYPE_MIRROR;
    if (state == REPLSVC_COPY_STATE_SKEWED)
        return kind->sync_type == REPLSVC_SYNC_TYPE_SNAPSHOT;
    for (uint16_t op = REPLSVC_OPERATION_ABORT; op <= REPLSVC_OPERATION_RESET_REPLICA; op++) {
        const struct transition *t = transition_find(op, kind->sync_type, false);
        if (t != NULL && t->ends_in == state && capability_operation(kind->sync_type, false, op))
            return true;
    }
    return false;
}

void capability_copy_states(const struct replication_kind *kind, bool group, uint16_t operation,
                            struct capability_list *list)
{
    memset(list, 0, sizeof(*list));
    for (uint16_t state = REPLSVC_COPY_STATE_INITIALIZED; state <= REPLSVC_COPY_STATE_RESTORED; state++) {
        bool mixed = group && state == REPLSVC_COPY_STATE_MIXED;
        if (!mixed && !comes_about(kind, state))
            continue;
        if (operation != 0 && !transition_allowed(operation, kind->sync_type, group, state, NULL))
            continue;
        add(list, state, !mixed && relationship_target_readable(kind->sync_type, state));
    }
}

/* ---- operations ---- */

void capability_operations(const struct replication_kind *kind, bool group, uint16_t copy_state,
                           struct capability_list *list)
{
    memset(list, 0, sizeof(*list));
    for (uint16_t op = REPLSVC_OPERATION_ABORT; op <= REPLSVC_OPERATION_RESET_REPLICA; op++) {
        bool force = false;
        if (!capability_operation(kind->sync_type, group, op))
            continue;
        const struct transition *t = transition_find(op, kind->sync_type, group);
        force = t->from == 0;
        if (copy_state != 0 && !transition_allowed(op, kind->sync_type, group, copy_state, &force))
            continue;
        add(list, op, force);
    }
}

void capability_without_pairs(struct capability_list *list)
{
    size_t n = 0;
    for (size_t i = 0; i < list->n; i++) {
        if (list->values[i] == REPLSVC_OPERATION_ADDSYNCPAIR ||
            list->values[i] == REPLSVC_OPERATION_REMOVESYNCPAIR)
            continue;
        list->values[n] = list->values[i];
        list->flags[n++] = list->flags[i];
    }
    list->n = n;
}

#define FIRST_ASPECT_OPERATION REPLSVC_SETTINGS_STATE_OPERATION_ACTIVATE_CONSISTENCY
#define LAST_ASPECT_OPERATION REPLSVC_SETTINGS_STATE_OPERATION_ATTACH_TO_TARGET

void capability_aspect_operations(const struct replication_kind *kind, struct capability_list *list)
{
    memset(list, 0, sizeof(*list));
    for (uint16_t op = FIRST_ASPECT_OPERATION; op <= LAST_ASPECT_OPERATION; op++)
        if (aspect_operation_supported(kind->sync_type, op))
            add(list, op, false);
}

void capability_default_settings(uint16_t sync_type, replsvc_replication_settings *s)
{
    *s = (replsvc_replication_settings){
        .size = sizeof(*s),
        .pairing = REPLSVC_PAIRING_EXACT_ORDER,
        .unequal_groups_action = REPLSVC_UNEQUAL_GROUPS_ACTION_RETURN_AN_ERROR,
        .unequal_lists_action = REPLSVC_UNEQUAL_LISTS_ACTION_RETURN_AN_ERROR,
        .desired_copy_methodology = sync_type == REPLSVC_SYNC_TYPE_SNAPSHOT
                                        ? REPLSVC_DESIRED_COPY_METHODOLOGY_COPY_ON_WRITE
                                        : REPLSVC_DESIRED_COPY_METHODOLOGY_FULL_COPY,
        .target_element_supplier = REPLSVC_TARGET_ELEMENT_SUPPLIER_INSTRUMENTATION_DECIDES,
        .thin_provisioning_policy =
            REPLSVC_THIN_PROVISIONING_POLICY_IMPLEMENTATION_DECIDES_PROVISIONING_OF_TARGET,
        .on_group_or_list_error = REPLSVC_ON_GROUP_OR_LIST_ERROR_STOP,
        .copy_recovery_mode = REPLSVC_COPY_RECOVERY_MODE_MANUAL,
        .target_element_goal = REPLSVC_TARGET_ELEMENT_GOAL_SAME_AS_SOURCE_ELEMENT,
        .target_element_resource_pool = REPLSVC_TARGET_ELEMENT_RESOURCE_POOL_IMPLEMENTATION_DECIDES,
        .copy_priority = REPLSVC_COPY_PRIORITY_NOT_MANAGED + 1,
        .consistent_point_in_time = REPLSVC_BOOL_TRUE,
        .failed_copy_stops_host_io = REPLSVC_BOOL_FALSE,
    };
}

/* ---- waiting ---- */

void capability_wait_states(const struct replication_kind *kind, uint16_t method, uint16_t operation,
                            struct capability_list *list)
{
    memset(list, 0, sizeof(*list));
    bool create = method == REPLSVC_METHOD_NAME_CREATEELEMENTREPLICA ||
                  method == REPLSVC_METHOD_NAME_CREATEGROUPREPLICA ||
                  method == REPLSVC_METHOD_NAME_CREATELISTREPLICA ||
                  method == REPLSVC_METHOD_NAME_ADDELEMENTSTOGROUPSYNCHRONIZED;
    bool modify = method == REPLSVC_METHOD_NAME_MODIFYREPLICASYNCHRONIZATION ||
                  method == REPLSVC_METHOD_NAME_MODIFYLISTSYNCHRONIZATION;
    bool aspect = method == REPLSVC_METHOD_NAME_MODIFYSETTINGSDEFINESTATE ||
                  method == REPLSVC_METHOD_NAME_MODIFYLISTSETTINGSDEFINESTATE;
    for (uint16_t state = REPLSVC_COPY_STATE_INITIALIZED; state <= REPLSVC_COPY_STATE_RESTORED; state++) {
        bool can = create && capability_wait_create(kind->sync_type, state);
        for (uint16_t op = REPLSVC_OPERATION_ABORT; modify && op <= REPLSVC_OPERATION_RESET_REPLICA; op++)
            if (operation == 0 || operation == op)
                can = can || capability_wait_operation(kind->sync_type, false, op, state);
        for (uint16_t op = FIRST_ASPECT_OPERATION; aspect && op <= LAST_ASPECT_OPERATION; op++)
            if (operation == 0 || operation == op)
                can = can || aspect_wait_supported(kind->sync_type, op, state);
        if (can)
            add(list, state, false);
    }
}

/* ---- features ---- */

void capability_features(const struct replication_kind *kind, struct capability_list *list)
{
    static const uint16_t all[] = {
        REPLSVC_FEATURE_REPLICATION_GROUPS,
        REPLSVC_FEATURE_SERVICE_SUSPENDS_SOURCE_I_O_WHEN_NECESSARY, /* for the instant of a cut */
        REPLSVC_FEATURE_TARGETS_ALLOCATED_FROM_ANY_STORAGE_POOL,
        REPLSVC_FEATURE_CLIENT_CAN_SUPPLY_TARGET_ELEMENTNAME,
        REPLSVC_FEATURE_SUPPORTS_TEMPORARY_REPLICATIONENTITY,
        REPLSVC_FEATURE_SUPPORTS_PERSISTENT_REPLICATIONENTITY,
    };
    memset(list, 0, sizeof(*list));
    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
        add(list, all[i], false);
    if (kind->sync_type == REPLSVC_SYNC_TYPE_CLONE) {
        add(list, REPLSVC_FEATURE_MULTI_HOP_ELEMENT_REPLICATION,
            false); /* a clone that is whole is a source */
        add(list, REPLSVC_FEATURE_ADJUSTABLE_COPYPRIORITY, false);
    }
    if (kind->sync_type == REPLSVC_SYNC_TYPE_SNAPSHOT) {
        add(list, REPLSVC_FEATURE_DETACH_A_SNAPSHOT_MAKES_SNAPSHOT_AN_INDEPENDENT_VOLUME, false);
        add(list, REPLSVC_FEATURE_SUPPORTS_SYNCHRONIZATIONASPECT, false);
    }
}

void capability_group_features(const struct replication_kind *kind, struct capability_list *list)
{
    static const uint16_t all[] = {
        REPLSVC_GROUP_FEATURE_ONE_TO_MANY_REPLICATION,
        REPLSVC_GROUP_FEATURE_MANY_TO_MANY_GROUPS,
        REPLSVC_GROUP_FEATURE_EMPTY_REPLICATION_GROUPS_ALLOWED,
        REPLSVC_GROUP_FEATURE_SOURCE_ELEMENT_CAN_BE_REMOVED_FROM_GROUP,
        REPLSVC_GROUP_FEATURE_TARGET_ELEMENT_CAN_BE_REMOVED_FROM_GROUP,
        REPLSVC_GROUP_FEATURE_GROUP_CAN_BE_TEMPORARY,
        REPLSVC_GROUP_FEATURE_GROUP_IS_NAMEABLE,
        REPLSVC_GROUP_FEATURE_SUPPORTS_TARGET_ELEMENT_COUNT,
        REPLSVC_GROUP_FEATURE_ELEMENT_CAN_BE_MEMBER_OF_MULTIPLE_GROUPS,
        REPLSVC_GROUP_FEATURE_ELEMENTS_OF_GROUP_CAN_BE_MIX_OF_THIN_AND_THICK,
        REPLSVC_GROUP_FEATURE_PROVIDER_CAN_CREATE_LOCAL_TARGET_GROUP,
        REPLSVC_GROUP_FEATURE_CLIENT_CAN_SUPPLY_RELATIONSHIPNAME,
    };
    memset(list, 0, sizeof(*list));
    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
        add(list, all[i], false);
    if (kind->sync_type == REPLSVC_SYNC_TYPE_CLONE)
        add(list, REPLSVC_GROUP_FEATURE_MULTIHOP_ELEMENT_REPLICATION, false);
    if (kind->sync_type == REPLSVC_SYNC_TYPE_SNAPSHOT)
        add(list, REPLSVC_GROUP_FEATURE_SUPPORTS_SYNCHRONIZATIONASPECT_OF_REPLICATION_GROUP, false);
}

/* ---- two elements ---- */

static void add_relation(struct capability_relation *out, uint16_t role)
{
    for (size_t i = 0; i < N_KINDS; i++) {
        if (!replication_kind_supported(&kinds[i]) || out->n == CAPABILITY_LIST_MAX)
            continue;
        out->sync_types[out->n] = kinds[i].sync_type;
        out->modes[out->n] = kinds[i].mode;
        out->roles[out->n++] = role;
    }
}

void capability_relations(const struct element *local, const struct element *other,
                          struct capability_relation *out)
{
    memset(out, 0, sizeof(*out));
    if (replica_can_be(local, other))
        add_relation(out, REPLSVC_ELEMENT_ROLE_SYSTEMELEMENT);
    if (other == NULL ? replica_can_be(NULL, local) : replica_can_be(other, local))
        add_relation(out, REPLSVC_ELEMENT_ROLE_SYNCEDELEMENT);
}
