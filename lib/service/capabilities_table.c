/* SPDX-License-Identifier: BSD-2-Clause */
/* What this version can do; see capabilities_table.h. */
#include "service/capabilities_table.h"

#include <inttypes.h>
#include <string.h>

#include "service/transitions.h"
#include "util/fail.h"

#define BIT(n) (UINT32_C(1) << (n))
#define STATE(name) BIT(REPLSVC_COPY_STATE_##name)
#define OP(name) BIT(REPLSVC_OPERATION_##name)
#define MODE(name) BIT(REPLSVC_MODE_##name)

/* ---- kinds of relationships ---- */

struct sync_capability {
    uint16_t sync_type;
    uint16_t default_mode;
    uint32_t modes;       /* of relationships between local elements */
    uint32_t operations;  /* on single relationships, on pairs and on groups as far as transitions say */
    uint32_t wait_create; /* CopyStates that the create methods can wait for */
};

#define REST_STATES (STATE(INITIALIZED) | STATE(PREPARED) | STATE(INACTIVE))

static const struct sync_capability kinds[] = {
    {
        .sync_type = REPLSVC_SYNC_TYPE_MIRROR,
        .default_mode = REPLSVC_MODE_SYNCHRONOUS,
        .modes = MODE(SYNCHRONOUS) | MODE(ASYNCHRONOUS) | MODE(ADAPTIVE),
        .operations = OP(ACTIVATE) | OP(DEACTIVATE) | OP(PREPARE) | OP(UNPREPARE) | OP(SUSPEND) | OP(RESUME) |
                      OP(FRACTURE) | OP(SPLIT) | OP(RESYNC_REPLICA) | OP(FAILOVER) | OP(FAILBACK) |
                      OP(ABORT) | OP(DETACH) | OP(DISSOLVE) | OP(RESET_TO_SYNC) | OP(RESET_TO_ASYNC) |
                      OP(RESET_TO_ADAPTIVE) | OP(RESTORE_FROM_REPLICA) | OP(REVERSE_ROLES),
        .wait_create = REST_STATES | STATE(UNSYNCHRONIZED) | STATE(SYNCHRONIZED),
    },
    {
        .sync_type = REPLSVC_SYNC_TYPE_SNAPSHOT,
        .default_mode = REPLSVC_MODE_ASYNCHRONOUS,
        .modes = MODE(SYNCHRONOUS) | MODE(ASYNCHRONOUS),
        .operations = OP(ACTIVATE) | OP(DEACTIVATE) | OP(PREPARE) | OP(UNPREPARE) | OP(FRACTURE) |
                      OP(DETACH) | OP(DISSOLVE) | OP(RETURN_TO_RESOURCEPOOL) | OP(RESYNC_REPLICA) |
                      OP(RESTORE_FROM_REPLICA) | OP(RESET_REPLICA),
        .wait_create = REST_STATES | STATE(SYNCHRONIZED),
    },
    {
        .sync_type = REPLSVC_SYNC_TYPE_CLONE,
        .default_mode = REPLSVC_MODE_ASYNCHRONOUS,
        .modes = MODE(SYNCHRONOUS) | MODE(ASYNCHRONOUS),
        .operations = OP(ACTIVATE) | OP(DEACTIVATE) | OP(PREPARE) | OP(UNPREPARE) | OP(FRACTURE) | OP(SPLIT) |
                      OP(DETACH) | OP(DISSOLVE) | OP(SUSPEND) | OP(RESUME) | OP(ABORT) | OP(RESYNC_REPLICA) |
                      OP(RESTORE_FROM_REPLICA),
        .wait_create = REST_STATES | STATE(UNSYNCHRONIZED) | STATE(SYNCHRONIZED),
    },
};

static const struct sync_capability *kind_of_sync(uint16_t sync_type)
{
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
        if (kinds[i].sync_type == sync_type)
            return &kinds[i];
    return NULL;
}

static bool in(uint32_t set, uint16_t value)
{
    return value < 32 && (set & BIT(value)) != 0;
}

bool capability_sync(uint16_t sync_type, uint16_t mode)
{
    const struct sync_capability *k = kind_of_sync(sync_type);
    return k != NULL && in(k->modes, mode);
}

uint16_t capability_default_mode(uint16_t sync_type)
{
    const struct sync_capability *k = kind_of_sync(sync_type);
    return k != NULL ? k->default_mode : 0;
}

/* Those that only groups have. */
#define GROUP_OPERATIONS                                                                                     \
    (OP(ACTIVATE_CONSISTENCY) | OP(DEACTIVATE_CONSISTENCY) | OP(ADDSYNCPAIR) | OP(REMOVESYNCPAIR))

bool capability_operation(uint16_t sync_type, bool group, uint16_t operation)
{
    const struct sync_capability *k = kind_of_sync(sync_type);
    if (k == NULL || transition_find(operation, sync_type, group) == NULL)
        return false;
    if (in(k->operations, operation))
        return true;
    return group && in(GROUP_OPERATIONS, operation);
}

bool capability_wait_create(uint16_t sync_type, uint16_t copy_state)
{
    const struct sync_capability *k = kind_of_sync(sync_type);
    return k != NULL && in(k->wait_create, copy_state);
}

bool capability_wait_operation(uint16_t sync_type, bool group, uint16_t operation, uint16_t copy_state)
{
    if (!capability_operation(sync_type, group, operation))
        return false;
    if (copy_state == REPLSVC_COPY_STATE_NOT_APPLICABLE)
        return true; /* until the operation has ended, whatever it ends in */
    const struct transition *t = transition_find(operation, sync_type, group);
    if (t->ends_in == copy_state)
        return true;
    /* A new copy is on its way to Synchronized. */
    return sync_type != REPLSVC_SYNC_TYPE_SNAPSHOT && t->ends_in == REPLSVC_COPY_STATE_SYNCHRONIZED &&
           copy_state == REPLSVC_COPY_STATE_UNSYNCHRONIZED;
}

/* ---- setting data ---- */

#define V(n) BIT(n)
#define FALSE_ONLY V(0)
#define BOTH (V(0) | V(1))
#define ANY_VALUE 1u
#define NONE 0u

struct setting_capability {
    const char *name;
    uint32_t snapshot, clone, mirror;
};

static const struct setting_capability settings[] = {
    {"Pairing", V(2) | V(3) | V(4), V(2) | V(3) | V(4), V(2) | V(3) | V(4)},
    {"UnequalGroupsAction", V(2) | V(3) | V(4), V(2) | V(3) | V(4), V(2) | V(3) | V(4)},
    {"UnequalListsAction", V(2) | V(3) | V(4), V(2) | V(3) | V(4), V(2) | V(3) | V(4)},
    /* Besides Instrumentation decides: Copy-On-Write; Full-Copy and Snap-And-Clone; Full-Copy, Delta-Update.
     */
    {"DesiredCopyMethodology", V(2) | V(6), V(2) | V(3) | V(9), V(2) | V(3) | V(8)},
    {"TargetElementSupplier", V(1) | V(2) | V(3) | V(4) | V(5), V(1) | V(2) | V(3) | V(4) | V(5),
     V(1) | V(2) | V(3) | V(4) | V(5)},
    /* Targets are thin, unless the goal says otherwise. */
    {"ThinProvisioningPolicy", V(2) | V(4) | V(6) | V(7), V(2) | V(4) | V(6) | V(7),
     V(2) | V(4) | V(6) | V(7)},
    {"OnGroupOrListError", V(3), V(3), V(3)}, /* Stop: all or nothing */
    /* Implementation decides: Manual. The point in time of a clone or snapshot that broke is lost. */
    {"CopyRecoveryMode", V(0) | V(3) | V(4), V(0) | V(3) | V(4), V(0) | V(2) | V(3) | V(4)},
    {"Multihop", V(1), V(1), V(1)},
    {"ReadOnly", V(2) | V(3) | V(4), V(2) | V(3) | V(4), V(2) | V(3) | V(4)},
    {"StorageCompressionPolicy", V(5) | V(6) | V(7), V(5) | V(6) | V(7),
     V(5) | V(6) | V(7)}, /* nothing is ever compressed */
    {"TargetElementGoal", V(2) | V(3), V(2) | V(3), V(2) | V(3)},
    {"TargetElementResourcePool", V(2) | V(3), V(2) | V(3), V(2) | V(3)},
    {"CopyPriority", V(0) | V(2), V(0) | V(1) | V(2), V(0) | V(1) | V(2)},
    {"ConsistentPointInTime", BOTH, BOTH, BOTH},
    {"FailedCopyStopsHostIO", FALSE_ONLY, FALSE_ONLY, BOTH},
    {"AutoDelete", BOTH, BOTH, FALSE_ONLY},
    {"ConsistencyExempt", FALSE_ONLY, FALSE_ONLY, FALSE_ONLY},
    {"ConsistentAsyncCopy", FALSE_ONLY, FALSE_ONLY, BOTH},
    {"RRCHardwareCompressionEnabled", FALSE_ONLY, FALSE_ONLY, FALSE_ONLY},
    {"RRCSoftwareCompressionEnabled", FALSE_ONLY, FALSE_ONLY, FALSE_ONLY},
    {"DeltaUpdateInterval", NONE, NONE, ANY_VALUE},
    {"TimeBeforeRemoval", ANY_VALUE, ANY_VALUE, NONE},
    {"DesiredRPO", NONE, NONE, ANY_VALUE},
    {"DeltaUpdateBlocks", NONE, NONE, ANY_VALUE},
    {"MaximumSkew", NONE, NONE, ANY_VALUE},
};

uint32_t capability_setting(uint16_t sync_type, const struct setting_property *p)
{
    for (size_t i = 0; i < sizeof(settings) / sizeof(settings[0]); i++) {
        if (strcmp(settings[i].name, p->name) != 0)
            continue;
        if (sync_type == REPLSVC_SYNC_TYPE_SNAPSHOT)
            return settings[i].snapshot;
        if (sync_type == REPLSVC_SYNC_TYPE_MIRROR)
            return settings[i].mirror;
        return sync_type == REPLSVC_SYNC_TYPE_CLONE ? settings[i].clone : 0;
    }
    return 0;
}

uint32_t capability_check_settings(uint16_t sync_type, const replsvc_replication_settings *s)
{
    size_t n;
    const struct setting_property *table = settings_table(&n);
    for (size_t i = 0; i < n; i++) {
        uint64_t v;
        if (!settings_get(s, &table[i], &v))
            continue;
        uint32_t can = capability_setting(sync_type, &table[i]);
        bool number = table[i].type == SETTING_U16 || table[i].type == SETTING_BOOL;
        if (number ? v < 32 && (can & BIT(v)) != 0 : can != 0)
            continue;
        return svc_fail(REPLSVC_NOT_SUPPORTED, 0, "ReplicationSettingData",
                        "ReplicationSettingData: %s = %" PRIu64 " is not supported for a %s", table[i].name,
                        v, sync_type_name(sync_type));
    }
    return REPLSVC_OK;
}
