/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The CopyState machine: see transitions.h. One row here is one row of the specification's table; a test
 * compares the two when the specification is at hand.
 */
#include "service/transitions.h"

#include <replsvc/enums.h>

#define TYPE(name) (1u << REPLSVC_SYNC_TYPE_##name)
#define M TYPE(MIRROR)
#define S TYPE(SNAPSHOT)
#define C TYPE(CLONE)
#define ST(name) TRANSITION_STATE(REPLSVC_COPY_STATE_##name)

/* Every state that a single relationship can be in. Mixed is a group's; Not Applicable is no state. */
#define ANY                                                                                                  \
    (ST(INITIALIZED) | ST(UNSYNCHRONIZED) | ST(SYNCHRONIZED) | ST(BROKEN) | ST(FRACTURED) | ST(SPLIT) |      \
     ST(INACTIVE) | ST(SUSPENDED) | ST(FAILEDOVER) | ST(PREPARED) | ST(ABORTED) | ST(SKEWED) |               \
     ST(PARTITIONED) | ST(INVALID) | ST(RESTORED))

#define ROW(operation, types, from, forced, progress, ends)                                                  \
    {                                                                                                        \
        REPLSVC_OPERATION_##operation, (types), (from), (forced), (progress), (ends)                         \
    }
#define ENDS(name) REPLSVC_COPY_STATE_##name
#define RUNS(name) REPLSVC_PROGRESS_STATUS_##name
#define AT_ONCE 0
#define SAME TRANSITION_ENDS_SAME
#define GONE TRANSITION_ENDS_GONE

static const struct transition table[] = {
    ROW(ACTIVATE, M | C | S, ST(INITIALIZED) | ST(PREPARED) | ST(INACTIVE), 0, RUNS(SYNCHRONIZING),
        ENDS(SYNCHRONIZED)),
    ROW(DEACTIVATE, M | C | S, ST(SYNCHRONIZED) | ST(UNSYNCHRONIZED) | ST(SKEWED), 0, RUNS(DORMANT),
        ENDS(INACTIVE)),
    ROW(SUSPEND, M | C, ST(UNSYNCHRONIZED) | ST(SYNCHRONIZED), 0, RUNS(SUSPENDING), ENDS(SUSPENDED)),
    ROW(RESUME, M | C, ST(SUSPENDED) | ST(BROKEN) | ST(PARTITIONED), 0, RUNS(RESYNCING), ENDS(SYNCHRONIZED)),
    ROW(FRACTURE, M | C | S, ST(SYNCHRONIZED), ST(UNSYNCHRONIZED), RUNS(FRACTURING), ENDS(FRACTURED)),
    ROW(SPLIT, M | C, ST(SYNCHRONIZED), 0, RUNS(SPLITTING), ENDS(SPLIT)),
    ROW(RESYNC_REPLICA, M, ST(FRACTURED) | ST(SPLIT) | ST(ABORTED) | ST(BROKEN) | ST(SKEWED) | ST(RESTORED),
        0, RUNS(RESYNCING), ENDS(SYNCHRONIZED)),
    ROW(RESYNC_REPLICA, C | S,
        ST(FRACTURED) | ST(SPLIT) | ST(ABORTED) | ST(BROKEN) | ST(SKEWED) | ST(RESTORED) | ST(SYNCHRONIZED),
        0, RUNS(RESYNCING), ENDS(SYNCHRONIZED)),
    ROW(RESTORE_FROM_REPLICA, M | C | S, ST(SYNCHRONIZED) | ST(FRACTURED) | ST(SPLIT) | ST(SKEWED), 0,
        RUNS(RESTORING), ENDS(RESTORED)),
    ROW(RESET_REPLICA, C | S, ST(SKEWED) | ST(SYNCHRONIZED), 0, RUNS(RESYNCING), ENDS(SYNCHRONIZED)),
    ROW(FAILOVER, M,
        ST(SYNCHRONIZED) | ST(FRACTURED) | ST(SPLIT) | ST(SUSPENDED) | ST(BROKEN) | ST(PARTITIONED), 0,
        RUNS(FAILING_OVER), ENDS(FAILEDOVER)),
    ROW(FAILBACK, M, ST(FAILEDOVER), 0, RUNS(FAILING_BACK), ENDS(SYNCHRONIZED)),
    ROW(REVERSE_ROLES, M, ST(SYNCHRONIZED) | ST(FRACTURED) | ST(SPLIT), 0, AT_ONCE, SAME),
    ROW(REVERSE_ROLES, M, ST(FAILEDOVER), 0, AT_ONCE, ENDS(SUSPENDED)),
    ROW(RESET_TO_SYNC, M, ANY & ~ST(FAILEDOVER), 0, AT_ONCE, SAME),
    ROW(RESET_TO_ASYNC, M, ANY & ~ST(FAILEDOVER), 0, AT_ONCE, SAME),
    ROW(RESET_TO_ADAPTIVE, M, ANY & ~ST(FAILEDOVER), 0, AT_ONCE, SAME),
    /* Reset to Active has no row: nothing here is active on both sides. */
    ROW(ABORT, M | C, ST(UNSYNCHRONIZED), 0, RUNS(ABORTING), ENDS(ABORTED)),
    ROW(PREPARE, M | C | S, ST(INITIALIZED) | ST(INACTIVE), 0, RUNS(PREPARING), ENDS(PREPARED)),
    ROW(UNPREPARE, M | C | S, ST(PREPARED), 0, AT_ONCE, ENDS(INITIALIZED)),
    ROW(DETACH, M | C | S, ANY & ~ST(UNSYNCHRONIZED), ST(UNSYNCHRONIZED), RUNS(DETACHING), GONE),
    ROW(DISSOLVE, M | C, ANY, 0, RUNS(TERMINATING), GONE),
    ROW(DISSOLVE, S, 0, ANY, RUNS(TERMINATING), GONE),
    ROW(RETURN_TO_RESOURCEPOOL, S, ANY, 0, RUNS(TERMINATING), GONE),
    ROW(ACTIVATE_CONSISTENCY, 0, ANY, 0, AT_ONCE, SAME),
    ROW(DEACTIVATE_CONSISTENCY, 0, ANY, 0, AT_ONCE, SAME),
    ROW(ADDSYNCPAIR, 0, ANY, 0, AT_ONCE, SAME),
    ROW(REMOVESYNCPAIR, 0, ANY, 0, AT_ONCE, SAME),
};

#define ROWS (sizeof(table) / sizeof(table[0]))

const struct transition *transition_table(size_t *n)
{
    *n = ROWS;
    return table;
}

static bool row_applies(const struct transition *t, uint16_t operation, uint16_t sync_type, bool group)
{
    if (t->operation != operation)
        return false;
    if (t->sync_types == 0)
        return group;
    return sync_type < 16 && (t->sync_types >> sync_type & 1u) != 0;
}

/*
 * A group whose pairs differ is Mixed. What is legal in any state is legal then too (its pairs are checked
 * one by one besides), and needs Force only if it does in every state.
 */
static bool legal_when_mixed(const struct transition *t)
{
    return (t->from | t->from_forced) == ANY;
}

const struct transition *transition_find(uint16_t operation, uint16_t sync_type, bool group)
{
    for (size_t i = 0; i < ROWS; i++)
        if (row_applies(&table[i], operation, sync_type, group))
            return &table[i];
    return NULL;
}

static bool row_legal_in(const struct transition *t, bool group, uint16_t copy_state)
{
    if (group && copy_state == REPLSVC_COPY_STATE_MIXED)
        return legal_when_mixed(t);
    return copy_state < 32 && ((t->from | t->from_forced) & TRANSITION_STATE(copy_state)) != 0;
}

const struct transition *transition_from(uint16_t operation, uint16_t sync_type, bool group,
                                         uint16_t copy_state)
{
    for (size_t i = 0; i < ROWS; i++)
        if (row_applies(&table[i], operation, sync_type, group) && row_legal_in(&table[i], group, copy_state))
            return &table[i];
    return NULL;
}

bool transition_allowed(uint16_t operation, uint16_t sync_type, bool group, uint16_t copy_state,
                        bool *requires_force)
{
    const struct transition *t = transition_from(operation, sync_type, group, copy_state);
    if (t == NULL)
        return false;
    if (requires_force != NULL)
        *requires_force = copy_state == REPLSVC_COPY_STATE_MIXED
                              ? t->from == 0
                              : (t->from_forced & TRANSITION_STATE(copy_state)) != 0;
    return true;
}

uint16_t transition_end_state(const struct transition *t, uint16_t copy_state)
{
    return t->ends_in == TRANSITION_ENDS_SAME ? copy_state : t->ends_in;
}

static const char *name_in(const char *const names[], size_t n, uint16_t value)
{
    return value < n && names[value] != NULL ? names[value] : "?";
}
#define NAME_IN(names, value) name_in(names, sizeof(names) / sizeof(names[0]), value)

const char *copy_state_name(uint16_t copy_state)
{
    static const char *const names[] = {
        [2] = "Initialized", [3] = "Unsynchronized",  [4] = "Synchronized", [5] = "Broken",
        [6] = "Fractured",   [7] = "Split",           [8] = "Inactive",     [9] = "Suspended",
        [10] = "Failedover", [11] = "Prepared",       [12] = "Aborted",     [13] = "Skewed",
        [14] = "Mixed",      [15] = "Not Applicable", [16] = "Partitioned", [17] = "Invalid",
        [18] = "Restored",
    };
    return NAME_IN(names, copy_state);
}

const char *operation_name(uint16_t operation)
{
    static const char *const names[] = {
        [2] = "Abort",
        [3] = "Activate Consistency",
        [4] = "Activate",
        [5] = "AddSyncPair",
        [6] = "Deactivate Consistency",
        [7] = "Deactivate",
        [8] = "Detach",
        [9] = "Dissolve",
        [10] = "Failover",
        [11] = "Failback",
        [12] = "Fracture",
        [13] = "RemoveSyncPair",
        [14] = "Resync Replica",
        [15] = "Restore from Replica",
        [16] = "Resume",
        [17] = "Reset To Sync",
        [18] = "Reset To Async",
        [19] = "Return To ResourcePool",
        [20] = "Reverse Roles",
        [21] = "Split",
        [22] = "Suspend",
        [23] = "Unprepare",
        [24] = "Prepare",
        [25] = "Reset to Adaptive",
        [26] = "Reset to Active",
        [27] = "Reset Replica",
    };
    return NAME_IN(names, operation);
}

const char *progress_status_name(uint16_t progress_status)
{
    static const char *const names[] = {
        [0] = "Unknown",
        [2] = "Completed",
        [3] = "Dormant",
        [4] = "Initializing",
        [5] = "Preparing",
        [6] = "Synchronizing",
        [7] = "Resyncing",
        [8] = "Restoring",
        [9] = "Fracturing",
        [10] = "Splitting",
        [11] = "Failing over",
        [12] = "Failing back",
        [13] = "Aborting",
        [14] = "Mixed",
        [15] = "Not Applicable",
        [16] = "Suspending",
        [17] = "Requires fracture",
        [18] = "Requires resync",
        [19] = "Requires activate",
        [20] = "Pending",
        [21] = "Detaching",
        [22] = "Requires detach",
        [23] = "Terminating",
        [24] = "Requires split",
        [25] = "Requires resume",
    };
    return NAME_IN(names, progress_status);
}

const char *sync_type_name(uint16_t sync_type)
{
    static const char *const names[] = {
        [6] = "Mirror", [7] = "Snapshot", [8] = "Clone", [9] = "TokenizedClone"};
    return NAME_IN(names, sync_type);
}

const char *mode_name(uint16_t mode)
{
    static const char *const names[] = {
        [2] = "Synchronous", [3] = "Asynchronous", [4] = "Adaptive", [5] = "Active"};
    return NAME_IN(names, mode);
}
