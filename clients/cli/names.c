/* SPDX-License-Identifier: BSD-2-Clause */
/* Names of CIM values for people: lower case, words joined by dashes. */
#include <stdio.h>
#include <strings.h>

#include "cli.h"

const struct value_name sync_type_names[] = {
    {REPLSVC_SYNC_TYPE_MIRROR, "mirror"},
    {REPLSVC_SYNC_TYPE_SNAPSHOT, "snapshot"},
    {REPLSVC_SYNC_TYPE_CLONE, "clone"},
    {REPLSVC_SYNC_TYPE_TOKENIZEDCLONE, "tokenizedclone"},
    {0, NULL},
};

const struct value_name mode_names[] = {
    {REPLSVC_MODE_UNKNOWN, "unknown"},
    {REPLSVC_MODE_SYNCHRONOUS, "synchronous"},
    {REPLSVC_MODE_ASYNCHRONOUS, "asynchronous"},
    {REPLSVC_MODE_ADAPTIVE, "adaptive"},
    {REPLSVC_MODE_ACTIVE, "active"},
    {0, NULL},
};

const struct value_name copy_state_names[] = {
    {REPLSVC_COPY_STATE_INITIALIZED, "initialized"},
    {REPLSVC_COPY_STATE_UNSYNCHRONIZED, "unsynchronized"},
    {REPLSVC_COPY_STATE_SYNCHRONIZED, "synchronized"},
    {REPLSVC_COPY_STATE_BROKEN, "broken"},
    {REPLSVC_COPY_STATE_FRACTURED, "fractured"},
    {REPLSVC_COPY_STATE_SPLIT, "split"},
    {REPLSVC_COPY_STATE_INACTIVE, "inactive"},
    {REPLSVC_COPY_STATE_SUSPENDED, "suspended"},
    {REPLSVC_COPY_STATE_FAILEDOVER, "failedover"},
    {REPLSVC_COPY_STATE_PREPARED, "prepared"},
    {REPLSVC_COPY_STATE_ABORTED, "aborted"},
    {REPLSVC_COPY_STATE_SKEWED, "skewed"},
    {REPLSVC_COPY_STATE_MIXED, "mixed"},
    {REPLSVC_COPY_STATE_NOT_APPLICABLE, "not-applicable"},
    {REPLSVC_COPY_STATE_PARTITIONED, "partitioned"},
    {REPLSVC_COPY_STATE_INVALID, "invalid"},
    {REPLSVC_COPY_STATE_RESTORED, "restored"},
    {0, NULL},
};

const struct value_name progress_status_names[] = {
    {REPLSVC_PROGRESS_STATUS_UNKNOWN, "unknown"},
    {REPLSVC_PROGRESS_STATUS_COMPLETED, "completed"},
    {REPLSVC_PROGRESS_STATUS_DORMANT, "dormant"},
    {REPLSVC_PROGRESS_STATUS_INITIALIZING, "initializing"},
    {REPLSVC_PROGRESS_STATUS_PREPARING, "preparing"},
    {REPLSVC_PROGRESS_STATUS_SYNCHRONIZING, "synchronizing"},
    {REPLSVC_PROGRESS_STATUS_RESYNCING, "resyncing"},
    {REPLSVC_PROGRESS_STATUS_RESTORING, "restoring"},
    {REPLSVC_PROGRESS_STATUS_FRACTURING, "fracturing"},
    {REPLSVC_PROGRESS_STATUS_SPLITTING, "splitting"},
    {REPLSVC_PROGRESS_STATUS_FAILING_OVER, "failing-over"},
    {REPLSVC_PROGRESS_STATUS_FAILING_BACK, "failing-back"},
    {REPLSVC_PROGRESS_STATUS_ABORTING, "aborting"},
    {REPLSVC_PROGRESS_STATUS_MIXED, "mixed"},
    {REPLSVC_PROGRESS_STATUS_NOT_APPLICABLE, "not-applicable"},
    {REPLSVC_PROGRESS_STATUS_SUSPENDING, "suspending"},
    {REPLSVC_PROGRESS_STATUS_REQUIRES_FRACTURE, "requires-fracture"},
    {REPLSVC_PROGRESS_STATUS_REQUIRES_RESYNC, "requires-resync"},
    {REPLSVC_PROGRESS_STATUS_REQUIRES_ACTIVATE, "requires-activate"},
    {REPLSVC_PROGRESS_STATUS_PENDING, "pending"},
    {REPLSVC_PROGRESS_STATUS_DETACHING, "detaching"},
    {REPLSVC_PROGRESS_STATUS_REQUIRES_DETACH, "requires-detach"},
    {REPLSVC_PROGRESS_STATUS_TERMINATING, "terminating"},
    {REPLSVC_PROGRESS_STATUS_REQUIRES_SPLIT, "requires-split"},
    {REPLSVC_PROGRESS_STATUS_REQUIRES_RESUME, "requires-resume"},
    {0, NULL},
};

const struct value_name job_state_names[] = {
    {REPLSVC_JOB_STATE_NEW, "new"},
    {REPLSVC_JOB_STATE_STARTING, "starting"},
    {REPLSVC_JOB_STATE_RUNNING, "running"},
    {REPLSVC_JOB_STATE_SUSPENDED, "suspended"},
    {REPLSVC_JOB_STATE_SHUTTING_DOWN, "shutting-down"},
    {REPLSVC_JOB_STATE_COMPLETED, "completed"},
    {REPLSVC_JOB_STATE_TERMINATED, "terminated"},
    {REPLSVC_JOB_STATE_KILLED, "killed"},
    {REPLSVC_JOB_STATE_EXCEPTION, "exception"},
    {REPLSVC_JOB_STATE_SERVICE, "service"},
    {REPLSVC_JOB_STATE_QUERY_PENDING, "query-pending"},
    {0, NULL},
};

const struct value_name consistency_state_names[] = {
    {REPLSVC_CONSISTENCY_STATE_UNKNOWN, "unknown"},
    {REPLSVC_CONSISTENCY_STATE_OTHER, "other"},
    {REPLSVC_CONSISTENCY_STATE_NOT_APPLICABLE, "not-applicable"},
    {REPLSVC_CONSISTENCY_STATE_CONSISTENT, "consistent"},
    {REPLSVC_CONSISTENCY_STATE_INCONSISTENT, "inconsistent"},
    {0, NULL},
};

const struct value_name methodology_names[] = {
    {REPLSVC_COPY_METHODOLOGY_NOT_SPECIFIED, "not-specified"},
    {REPLSVC_COPY_METHODOLOGY_OTHER, "other"},
    {REPLSVC_COPY_METHODOLOGY_IMPLEMENTATION_DECIDES, "implementation-decides"},
    {REPLSVC_COPY_METHODOLOGY_FULL_COPY, "full-copy"},
    {REPLSVC_COPY_METHODOLOGY_INCREMENTAL_COPY, "incremental-copy"},
    {REPLSVC_COPY_METHODOLOGY_DIFFERENTIAL_COPY, "differential-copy"},
    {REPLSVC_COPY_METHODOLOGY_COPY_ON_WRITE, "copy-on-write"},
    {REPLSVC_COPY_METHODOLOGY_COPY_ON_ACCESS, "copy-on-access"},
    {REPLSVC_COPY_METHODOLOGY_DELTA_UPDATE, "delta-update"},
    {REPLSVC_COPY_METHODOLOGY_SNAP_AND_CLONE, "snap-and-clone"},
    {REPLSVC_COPY_METHODOLOGY_COPY_BEFORE_ACTIVATION, "copy-before-activation"},
    {REPLSVC_COPY_METHODOLOGY_REDIRECT_ON_WRITE, "redirect-on-write"},
    {0, NULL},
};

const struct value_name recovery_mode_names[] = {
    {REPLSVC_COPY_RECOVERY_MODE_UNKNOWN, "unknown"},
    {REPLSVC_COPY_RECOVERY_MODE_AUTOMATIC, "automatic"},
    {REPLSVC_COPY_RECOVERY_MODE_MANUAL, "manual"},
    {0, NULL},
};

const struct value_name replication_type_names[] = {
    {REPLSVC_REPLICATION_TYPE_SYNCHRONOUS_MIRROR_LOCAL, "synchronous-mirror-local"},
    {REPLSVC_REPLICATION_TYPE_ASYNCHRONOUS_MIRROR_LOCAL, "asynchronous-mirror-local"},
    {REPLSVC_REPLICATION_TYPE_SYNCHRONOUS_MIRROR_REMOTE, "synchronous-mirror-remote"},
    {REPLSVC_REPLICATION_TYPE_ASYNCHRONOUS_MIRROR_REMOTE, "asynchronous-mirror-remote"},
    {REPLSVC_REPLICATION_TYPE_SYNCHRONOUS_SNAPSHOT_LOCAL, "synchronous-snapshot-local"},
    {REPLSVC_REPLICATION_TYPE_ASYNCHRONOUS_SNAPSHOT_LOCAL, "asynchronous-snapshot-local"},
    {REPLSVC_REPLICATION_TYPE_SYNCHRONOUS_SNAPSHOT_REMOTE, "synchronous-snapshot-remote"},
    {REPLSVC_REPLICATION_TYPE_ASYNCHRONOUS_SNAPSHOT_REMOTE, "asynchronous-snapshot-remote"},
    {REPLSVC_REPLICATION_TYPE_SYNCHRONOUS_CLONE_LOCAL, "synchronous-clone-local"},
    {REPLSVC_REPLICATION_TYPE_ASYNCHRONOUS_CLONE_LOCAL, "asynchronous-clone-local"},
    {REPLSVC_REPLICATION_TYPE_SYNCHRONOUS_CLONE_REMOTE, "synchronous-clone-remote"},
    {REPLSVC_REPLICATION_TYPE_ASYNCHRONOUS_CLONE_REMOTE, "asynchronous-clone-remote"},
    {REPLSVC_REPLICATION_TYPE_SYNCHRONOUS_TOKENIZEDCLONE_LOCAL, "synchronous-tokenizedclone-local"},
    {REPLSVC_REPLICATION_TYPE_ASYNCHRONOUS_TOKENIZEDCLONE_LOCAL, "asynchronous-tokenizedclone-local"},
    {REPLSVC_REPLICATION_TYPE_SYNCHRONOUS_TOKENIZEDCLONE_REMOTE, "synchronous-tokenizedclone-remote"},
    {REPLSVC_REPLICATION_TYPE_ASYNCHRONOUS_TOKENIZEDCLONE_REMOTE, "asynchronous-tokenizedclone-remote"},
    {REPLSVC_REPLICATION_TYPE_ADAPTIVE_MIRROR_LOCAL, "adaptive-mirror-local"},
    {REPLSVC_REPLICATION_TYPE_ADAPTIVE_MIRROR_REMOTE, "adaptive-mirror-remote"},
    {REPLSVC_REPLICATION_TYPE_ADAPTIVE_SNAPSHOT_LOCAL, "adaptive-snapshot-local"},
    {REPLSVC_REPLICATION_TYPE_ADAPTIVE_SNAPSHOT_REMOTE, "adaptive-snapshot-remote"},
    {REPLSVC_REPLICATION_TYPE_ADAPTIVE_CLONE_LOCAL, "adaptive-clone-local"},
    {REPLSVC_REPLICATION_TYPE_ADAPTIVE_CLONE_REMOTE, "adaptive-clone-remote"},
    {REPLSVC_REPLICATION_TYPE_ADAPTIVE_TOKENIZEDCLONE_LOCAL, "adaptive-tokenizedclone-local"},
    {REPLSVC_REPLICATION_TYPE_ADAPTIVE_TOKENIZEDCLONE_REMOTE, "adaptive-tokenizedclone-remote"},
    {REPLSVC_REPLICATION_TYPE_ACTIVE_MIRROR_LOCAL, "active-mirror-local"},
    {REPLSVC_REPLICATION_TYPE_ACTIVE_MIRROR_REMOTE, "active-mirror-remote"},
    {0, NULL},
};

const struct value_name feature_names[] = {
    {REPLSVC_FEATURE_REPLICATION_GROUPS, "replication-groups"},
    {REPLSVC_FEATURE_MULTI_HOP_ELEMENT_REPLICATION, "multi-hop-element-replication"},
    {REPLSVC_FEATURE_MULTI_HOP_ELEMENTS_MUST_HAVE_SAME_SYNCTYPE,
     "multi-hop-elements-must-have-same-synctype"},
    {REPLSVC_FEATURE_MULTI_HOP_REQUIRES_ADVANCE_NOTICE, "multi-hop-requires-advance-notice"},
    {REPLSVC_FEATURE_REQUIRES_FULL_DISCOVERY_OF_TARGET_COMPUTERSYSTEM,
     "requires-full-discovery-of-target-computersystem"},
    {REPLSVC_FEATURE_SERVICE_SUSPENDS_SOURCE_I_O_WHEN_NECESSARY,
     "service-suspends-source-i-o-when-necessary"},
    {REPLSVC_FEATURE_TARGETS_ALLOCATED_FROM_ANY_STORAGE_POOL, "targets-allocated-from-any-storage-pool"},
    {REPLSVC_FEATURE_TARGETS_ALLOCATED_FROM_SHARED_STORAGE_POOL,
     "targets-allocated-from-shared-storage-pool"},
    {REPLSVC_FEATURE_TARGETS_ALLOCATED_FROM_EXCLUSIVE_STORAGE_POOL,
     "targets-allocated-from-exclusive-storage-pool"},
    {REPLSVC_FEATURE_TARGETS_ALLOCATED_FROM_MULTIPLE_STORAGE_POOLS,
     "targets-allocated-from-multiple-storage-pools"},
    {REPLSVC_FEATURE_TARGETS_REQUIRE_RESERVED_ELEMENTS, "targets-require-reserved-elements"},
    {REPLSVC_FEATURE_TARGET_IS_ASSOCIATED_TO_SYNCHRONIZATIONASPECT,
     "target-is-associated-to-synchronizationaspect"},
    {REPLSVC_FEATURE_SOURCE_IS_ASSOCIATED_TO_SYNCHRONIZATIONASPECT,
     "source-is-associated-to-synchronizationaspect"},
    {REPLSVC_FEATURE_ERROR_RECOVERY_FROM_BROKEN_STATE_AUTOMATIC,
     "error-recovery-from-broken-state-automatic"},
    {REPLSVC_FEATURE_TARGET_MUST_REMAIN_ASSOCIATED_TO_SOURCE, "target-must-remain-associated-to-source"},
    {REPLSVC_FEATURE_REMOTE_RESOURCE_REQUIRES_REMOTE_CIMOM, "remote-resource-requires-remote-cimom"},
    {REPLSVC_FEATURE_SYNCHRONIZED_CLONE_TARGET_DETACHES_AUTOMATICALLY,
     "synchronized-clone-target-detaches-automatically"},
    {REPLSVC_FEATURE_REVERSE_ROLES_OPERATION_REQUIRES_READ_ONLY_SOURCE,
     "reverse-roles-operation-requires-read-only-source"},
    {REPLSVC_FEATURE_REVERSE_ROLES_OPERATION_REQUIRES_SUBSEQUENT_RESYNC,
     "reverse-roles-operation-requires-subsequent-resync"},
    {REPLSVC_FEATURE_RESTORE_OPERATION_REQUIRES_SUBSEQUENT_FRACTURE,
     "restore-operation-requires-subsequent-fracture"},
    {REPLSVC_FEATURE_RESYNC_OPERATION_REQUIRES_SUBSEQUENT_ACTIVATE,
     "resync-operation-requires-subsequent-activate"},
    {REPLSVC_FEATURE_COPY_OPERATION_REQUIRES_OFFLINE_SOURCE, "copy-operation-requires-offline-source"},
    {REPLSVC_FEATURE_ADJUSTABLE_COPYPRIORITY, "adjustable-copypriority"},
    {REPLSVC_FEATURE_SOURCE_REQUIRES_RESERVED_ELEMENT, "source-requires-reserved-element"},
    {REPLSVC_FEATURE_SUPPORTS_UNDISCOVERED_RESOURCES, "supports-undiscovered-resources"},
    {REPLSVC_FEATURE_RESTORE_OPERATION_REQUIRES_SUBSEQUENT_DETACH,
     "restore-operation-requires-subsequent-detach"},
    {REPLSVC_FEATURE_TARGET_ELEMENT_CAN_BE_ADDED_TO_COLLECTIONS,
     "target-element-can-be-added-to-collections"},
    {REPLSVC_FEATURE_REVERSE_ROLES_OPERATION_REQUIRES_SYNCHRONIZED_STATE,
     "reverse-roles-operation-requires-synchronized-state"},
    {REPLSVC_FEATURE_REVERSE_ROLES_OPERATION_REQUIRES_FRACTURED_STATE,
     "reverse-roles-operation-requires-fractured-state"},
    {REPLSVC_FEATURE_REVERSE_ROLES_OPERATION_REQUIRES_SPLIT_STATE,
     "reverse-roles-operation-requires-split-state"},
    {REPLSVC_FEATURE_REVERSE_ROLES_OPERATION_REQUIRES_FAILEDOVER_STATE,
     "reverse-roles-operation-requires-failedover-state"},
    {REPLSVC_FEATURE_REVERSE_ROLES_OPERATION_REQUIRES_SUSPENDED_STATE,
     "reverse-roles-operation-requires-suspended-state"},
    {REPLSVC_FEATURE_PROVIDER_CAN_MANAGE_REMOTE_SOURCE, "provider-can-manage-remote-source"},
    {REPLSVC_FEATURE_PROVIDER_CAN_MANAGE_REMOTE_TARGET, "provider-can-manage-remote-target"},
    {REPLSVC_FEATURE_SUPPORTS_TEMPORARY_REPLICATIONENTITY, "supports-temporary-replicationentity"},
    {REPLSVC_FEATURE_SUPPORTS_PERSISTENT_REPLICATIONENTITY, "supports-persistent-replicationentity"},
    {REPLSVC_FEATURE_REPLICATIONENTITY_SUPPORTS_EMBEDDED_INSTANCE,
     "replicationentity-supports-embedded-instance"},
    {REPLSVC_FEATURE_TARGETELEMENT_SHALL_NOT_BE_SUPPLIED, "targetelement-shall-not-be-supplied"},
    {REPLSVC_FEATURE_TARGETPOOL_SHALL_NOT_BE_SUPPLIED, "targetpool-shall-not-be-supplied"},
    {REPLSVC_FEATURE_TARGETGOAL_SHALL_NOT_BE_SUPPLIED, "targetgoal-shall-not-be-supplied"},
    {REPLSVC_FEATURE_PROVIDER_CAN_CREATE_REMOTE_ELEMENTS, "provider-can-create-remote-elements"},
    {REPLSVC_FEATURE_CREATING_REMOTE_ELEMENTS_REQUIRES_TARGETPOOL,
     "creating-remote-elements-requires-targetpool"},
    {REPLSVC_FEATURE_LOCAL_TARGETS_ALLOCATED_FROM_SOURCES_RESOURCE_POOL,
     "local-targets-allocated-from-sources-resource-pool"},
    {REPLSVC_FEATURE_SUPPORTS_SYNCHRONIZATIONASPECT, "supports-synchronizationaspect"},
    {REPLSVC_FEATURE_ACCEPTS_FOREIGN_OBJECT_PATHS, "accepts-foreign-object-paths"},
    {REPLSVC_FEATURE_FAILOVER_OPERATION_REQUIRES_SUBSEQUENT_FRACTURE,
     "failover-operation-requires-subsequent-fracture"},
    {REPLSVC_FEATURE_FAILOVER_OPERATION_REQUIRES_SUBSEQUENT_SPLIT,
     "failover-operation-requires-subsequent-split"},
    {REPLSVC_FEATURE_RESTORE_OPERATION_REQUIRES_SUBSEQUENT_RESUME,
     "restore-operation-requires-subsequent-resume"},
    {REPLSVC_FEATURE_GETPEERSYSTEMS_CAN_RETURN_ACCESS_POINTS, "getpeersystems-can-return-access-points"},
    {REPLSVC_FEATURE_CLIENT_CAN_SUPPLY_TARGET_ELEMENTNAME, "client-can-supply-target-elementname"},
    {REPLSVC_FEATURE_REVERSE_ROLES_OPERATION_DOES_NOT_CHANGE_COPYSTATE,
     "reverse-roles-operation-does-not-change-copystate"},
    {REPLSVC_FEATURE_FAILOVER_OPERATION_REQUIRES_SUBSEQUENT_FAILBACK,
     "failover-operation-requires-subsequent-failback"},
    {REPLSVC_FEATURE_PLANNED_FAILOVER_OPERATION_REQUIRES_FRACTURED_STATE,
     "planned-failover-operation-requires-fractured-state"},
    {REPLSVC_FEATURE_TARGET_ELEMENT_REQUIRES_RESOURCE_POOL_RESERVED_FOR_REPLICATION,
     "target-element-requires-resource-pool-reserved-for-replication"},
    {REPLSVC_FEATURE_USES_REVERSE_ROLES_FOR_FAILOVER_AND_FAILBACK,
     "uses-reverse-roles-for-failover-and-failback"},
    {REPLSVC_FEATURE_CREATE_REPLICATION_REQUESTS_SHOULD_BE_SENT_TO_TARGET_SERVICE,
     "create-replication-requests-should-be-sent-to-target-service"},
    {REPLSVC_FEATURE_CREATE_REPLICATION_REQUESTS_SHOULD_BE_SENT_TO_SOURCE_SERVICE,
     "create-replication-requests-should-be-sent-to-source-service"},
    {REPLSVC_FEATURE_ALL_MODIFY_OPERATIONS_SHOULD_BE_SENT_TO_TARGET_SERVICE,
     "all-modify-operations-should-be-sent-to-target-service"},
    {REPLSVC_FEATURE_ALL_MODIFY_OPERATIONS_SHOULD_BE_SENT_TO_SOURCE_SERVICE,
     "all-modify-operations-should-be-sent-to-source-service"},
    {REPLSVC_FEATURE_SUPPORTS_MULTIPLE_TARGET_ELEMENTS_PER_SYNCHRONIZATIONASPECT,
     "supports-multiple-target-elements-per-synchronizationaspect"},
    {REPLSVC_FEATURE_CAN_DELETE_SOURCE_IN_A_COPY_RELATIONSHIP, "can-delete-source-in-a-copy-relationship"},
    {REPLSVC_FEATURE_DETACH_A_SNAPSHOT_MAKES_SNAPSHOT_AN_INDEPENDENT_VOLUME,
     "detach-a-snapshot-makes-snapshot-an-independent-volume"},
    {REPLSVC_FEATURE_TARGET_ALWAYS_IN_A_SYSTEM_GENERATED_GROUP, "target-always-in-a-system-generated-group"},
    {0, NULL},
};

const struct value_name operation_names[] = {
    {REPLSVC_OPERATION_ABORT, "abort"},
    {REPLSVC_OPERATION_ACTIVATE_CONSISTENCY, "activate-consistency"},
    {REPLSVC_OPERATION_ACTIVATE, "activate"},
    {REPLSVC_OPERATION_ADDSYNCPAIR, "add-pair"},
    {REPLSVC_OPERATION_DEACTIVATE_CONSISTENCY, "deactivate-consistency"},
    {REPLSVC_OPERATION_DEACTIVATE, "deactivate"},
    {REPLSVC_OPERATION_DETACH, "detach"},
    {REPLSVC_OPERATION_DISSOLVE, "dissolve"},
    {REPLSVC_OPERATION_FAILOVER, "failover"},
    {REPLSVC_OPERATION_FAILBACK, "failback"},
    {REPLSVC_OPERATION_FRACTURE, "fracture"},
    {REPLSVC_OPERATION_REMOVESYNCPAIR, "remove-pair"},
    {REPLSVC_OPERATION_RESYNC_REPLICA, "resync"},
    {REPLSVC_OPERATION_RESTORE_FROM_REPLICA, "restore"},
    {REPLSVC_OPERATION_RESUME, "resume"},
    {REPLSVC_OPERATION_RESET_TO_SYNC, "reset-to-sync"},
    {REPLSVC_OPERATION_RESET_TO_ASYNC, "reset-to-async"},
    {REPLSVC_OPERATION_RETURN_TO_RESOURCEPOOL, "return"},
    {REPLSVC_OPERATION_REVERSE_ROLES, "reverse-roles"},
    {REPLSVC_OPERATION_SPLIT, "split"},
    {REPLSVC_OPERATION_SUSPEND, "suspend"},
    {REPLSVC_OPERATION_UNPREPARE, "unprepare"},
    {REPLSVC_OPERATION_PREPARE, "prepare"},
    {REPLSVC_OPERATION_RESET_TO_ADAPTIVE, "reset-to-adaptive"},
    {REPLSVC_OPERATION_RESET_TO_ACTIVE, "reset-to-active"},
    {REPLSVC_OPERATION_RESET_REPLICA, "reset"},
    {0, NULL},
};

const struct value_name consistency_names[] = {
    {REPLSVC_CONSISTENCY_NO_CONSISTENCY, "none"},
    {REPLSVC_CONSISTENCY_SEQUENTIAL_CONSISTENCY, "sequential"},
    {0, NULL},
};

const char *name_of(const struct value_name *table, uint16_t value)
{
    static char number[4][8];
    static unsigned next;
    for (; table->name != NULL; table++) {
        if (table->value == value)
            return table->name;
    }
    if (value == 0)
        return "-";
    snprintf(number[++next % 4], sizeof(number[0]), "%u", value);
    return number[next % 4];
}

bool value_of(const struct value_name *table, const char *name, uint16_t *value)
{
    for (; table->name != NULL; table++) {
        if (strcasecmp(table->name, name) == 0) {
            *value = table->value;
            return true;
        }
    }
    return false;
}
