# SPDX-License-Identifier: BSD-2-Clause
# Written by clients/python/generate.py from include/replsvc/*.h: do not edit.
"""The values of CIM's properties and of the library's own, as the C headers have them.

A value that this package does not know (a newer library may have more) is no error: it becomes a
member whose name is VALUE_n. 0 where the value map has none stands for absent and is named ABSENT."""

from __future__ import annotations

from enum import IntEnum, IntFlag
from typing import Any

__all__ = [
    "CimEnum",
    "SyncType",
    "Mode",
    "CopyState",
    "ProgressStatus",
    "CopyRecoveryMode",
    "Operation",
    "SettingsStateOperation",
    "Consistency",
    "ReservedAs",
    "RelationshipType",
    "Locality",
    "PeerOptions",
    "CopyType",
    "ReplicaType",
    "SyncState",
    "CopyMethodology",
    "CopyPriority",
    "ReadOnly",
    "UndiscoveredElement",
    "ConsistencyType",
    "ConsistencyState",
    "ConsistencyStatus",
    "ReplicationType",
    "JobState",
    "JobRequestedState",
    "Pairing",
    "UnequalGroupsAction",
    "UnequalListsAction",
    "TargetElementSupplier",
    "ThinProvisioningPolicy",
    "OnGroupOrListError",
    "StorageCompressionPolicy",
    "TargetElementGoal",
    "TargetElementResourcePool",
    "DesiredCopyMethodology",
    "Feature",
    "GroupFeature",
    "ListFeature",
    "ThinProvisioningFeature",
    "MaximumComponent",
    "GroupPersistency",
    "SettingProperty",
    "ConnectionFeature",
    "ElementRole",
    "StorageCompressionFeature",
    "NamedElementType",
    "NameFeature",
    "MethodName",
    "ServiceControlling",
    "SettingDatetimeProperty",
    "SupportedValuesIndicator",
    "StorageObject",
    "AsynchronousAction",
    "SynchronousAction",
    "SynchronizationType",
    "AspectSyncState",
    "AspectCopyStatus",
    "EntityType",
    "ErrorType",
    "PerceivedSeverity",
    "ProbableCause",
    "ReturnCode",
    "LogLevel",
    "QuiescePhase",
    "Encoding",
    "IOOperation",
    "EventKind",
    "ObjectKind",
    "EventProperty",
    "VhdxType",
    "VhdxSeverity",
    "ServiceFlags",
    "ElementFlags",
    "Features",
    "VolumeFlags",
    "IOFlags",
    "ExtentFlags",
    "CopyFlags",
    "VhdxCheckFlags",
    "BackendCapabilities",
    "BackendFlags",
]


class CimEnum(IntEnum):
    """An enum that lives with values it does not know."""

    @classmethod
    def _missing_(cls, value: object) -> Any:
        if not isinstance(value, int) or value < 0:
            return None
        member = int.__new__(cls, value)
        member._name_ = "ABSENT" if value == 0 else f"VALUE_{value}"
        member._value_ = value
        return cls._value2member_map_.setdefault(value, member)

    def __str__(self) -> str:
        return self.name.replace("_", " ").title()


class SyncType(CimEnum):
    """replsvc_sync_type"""

    MIRROR = 6
    SNAPSHOT = 7
    CLONE = 8
    TOKENIZEDCLONE = 9


class Mode(CimEnum):
    """Values of CIM_Synchronized.Mode."""

    UNKNOWN = 0
    SYNCHRONOUS = 2
    ASYNCHRONOUS = 3
    ADAPTIVE = 4
    ACTIVE = 5


class CopyState(CimEnum):
    """Values of CIM_Synchronized.CopyState."""

    INITIALIZED = 2
    UNSYNCHRONIZED = 3
    SYNCHRONIZED = 4
    BROKEN = 5
    FRACTURED = 6
    SPLIT = 7
    INACTIVE = 8
    SUSPENDED = 9
    FAILEDOVER = 10
    PREPARED = 11
    ABORTED = 12
    SKEWED = 13
    MIXED = 14
    NOT_APPLICABLE = 15
    PARTITIONED = 16
    INVALID = 17
    RESTORED = 18


class ProgressStatus(CimEnum):
    """Values of CIM_Synchronized.ProgressStatus."""

    UNKNOWN = 0
    COMPLETED = 2
    DORMANT = 3
    INITIALIZING = 4
    PREPARING = 5
    SYNCHRONIZING = 6
    RESYNCING = 7
    RESTORING = 8
    FRACTURING = 9
    SPLITTING = 10
    FAILING_OVER = 11
    FAILING_BACK = 12
    ABORTING = 13
    MIXED = 14
    NOT_APPLICABLE = 15
    SUSPENDING = 16
    REQUIRES_FRACTURE = 17
    REQUIRES_RESYNC = 18
    REQUIRES_ACTIVATE = 19
    PENDING = 20
    DETACHING = 21
    REQUIRES_DETACH = 22
    TERMINATING = 23
    REQUIRES_SPLIT = 24
    REQUIRES_RESUME = 25


class CopyRecoveryMode(CimEnum):
    """Values of CIM_Synchronized.CopyRecoveryMode."""

    UNKNOWN = 0
    AUTOMATIC = 2
    MANUAL = 3


class Operation(CimEnum):
    """Values of CIM_ReplicationService.ModifyReplicaSynchronization.Operation."""

    ABORT = 2
    ACTIVATE_CONSISTENCY = 3
    ACTIVATE = 4
    ADDSYNCPAIR = 5
    DEACTIVATE_CONSISTENCY = 6
    DEACTIVATE = 7
    DETACH = 8
    DISSOLVE = 9
    FAILOVER = 10
    FAILBACK = 11
    FRACTURE = 12
    REMOVESYNCPAIR = 13
    RESYNC_REPLICA = 14
    RESTORE_FROM_REPLICA = 15
    RESUME = 16
    RESET_TO_SYNC = 17
    RESET_TO_ASYNC = 18
    RETURN_TO_RESOURCEPOOL = 19
    REVERSE_ROLES = 20
    SPLIT = 21
    SUSPEND = 22
    UNPREPARE = 23
    PREPARE = 24
    RESET_TO_ADAPTIVE = 25
    RESET_TO_ACTIVE = 26
    RESET_REPLICA = 27


class SettingsStateOperation(CimEnum):
    """Values of CIM_ReplicationService.ModifySettingsDefineState.Operation."""

    ACTIVATE_CONSISTENCY = 2
    DEACTIVATE_CONSISTENCY = 3
    DELETE = 4
    COPY_TO_TARGET = 5
    DETACH = 6
    RESTORE = 7
    ATTACH_TO_TARGET = 8


class Consistency(CimEnum):
    """Values of CIM_ReplicationService.CreateGroupReplica.Consistency."""

    NO_CONSISTENCY = 2
    SEQUENTIAL_CONSISTENCY = 3


class ReservedAs(CimEnum):
    """Values of CIM_ReplicationService.CreateGroup.ReservedAs."""

    SOURCE_ONLY = 2
    TARGET_ONLY = 3
    SOURCE_OR_TARGET = 4


class RelationshipType(CimEnum):
    """Values of CIM_ReplicationService.GetReplicationRelationships.Type."""

    STORAGESYNCHRONIZED = 2
    GROUPSYNCHRONIZED = 3


class Locality(CimEnum):
    """Values of CIM_ReplicationService.GetReplicationRelationships.Locality."""

    LOCAL_ONLY = 2
    REMOTE_ONLY = 3


class PeerOptions(CimEnum):
    """Values of CIM_ReplicationService.GetPeerSystems.Options."""

    ONLY_SYSTEMS_CURRENTLY_REACHABLE = 2
    INCLUDE_ACCESS_POINTS_FOR_SYSTEMS_CURRENTLY_REACHABLE = 3


class CopyType(CimEnum):
    """Values of CIM_StorageSynchronized.CopyType."""

    ASYNC = 2
    SYNC = 3
    UNSYNCASSOC = 4
    UNSYNCUNASSOC = 5


class ReplicaType(CimEnum):
    """Values of CIM_StorageSynchronized.ReplicaType."""

    NOT_SPECIFIED = 0
    FULL_COPY = 2
    BEFORE_DELTA = 3
    AFTER_DELTA = 4
    LOG = 5


class SyncState(CimEnum):
    """Values of CIM_StorageSynchronized.SyncState."""

    UNKNOWN = 0
    INITIALIZED = 2
    PREPAREINPROGRESS = 3
    PREPARED = 4
    RESYNCINPROGRESS = 5
    SYNCHRONIZED = 6
    FRACTURE_IN_PROGRESS = 7
    QUIESCEINPROGRESS = 8
    QUIESCED = 9
    RESTORE_IN_PROGRESS = 10
    IDLE = 11
    BROKEN = 12
    FRACTURED = 13
    FROZEN = 14
    COPY_IN_PROGRESS = 15


class CopyMethodology(CimEnum):
    """Values of CIM_StorageSynchronized.CopyMethodology."""

    NOT_SPECIFIED = 0
    OTHER = 1
    IMPLEMENTATION_DECIDES = 2
    FULL_COPY = 3
    INCREMENTAL_COPY = 4
    DIFFERENTIAL_COPY = 5
    COPY_ON_WRITE = 6
    COPY_ON_ACCESS = 7
    DELTA_UPDATE = 8
    SNAP_AND_CLONE = 9
    COPY_BEFORE_ACTIVATION = 10
    REDIRECT_ON_WRITE = 11


class CopyPriority(CimEnum):
    """Values of CIM_StorageSynchronized.CopyPriority."""

    NOT_MANAGED = 0
    LOW = 1
    SAME = 2
    HIGH = 3
    URGENT = 4


class ReadOnly(CimEnum):
    """Values of CIM_StorageSynchronized.ReadOnly."""

    SYSTEMELEMENT = 2
    SYNCEDELEMENT = 3
    BOTH = 4


class UndiscoveredElement(CimEnum):
    """Values of CIM_StorageSynchronized.UndiscoveredElement."""

    SYSTEMELEMENT = 2
    SYNCEDELEMENT = 3
    BOTH = 4


class ConsistencyType(CimEnum):
    """Values of CIM_GroupSynchronized.ConsistencyType."""

    SEQUENTIALLY_CONSISTENT = 2


class ConsistencyState(CimEnum):
    """Values of CIM_GroupSynchronized.ConsistencyState."""

    UNKNOWN = 0
    OTHER = 1
    NOT_APPLICABLE = 2
    CONSISTENT = 3
    INCONSISTENT = 4


class ConsistencyStatus(CimEnum):
    """Values of CIM_GroupSynchronized.ConsistencyStatus."""

    UNKNOWN = 0
    OTHER = 1
    COMPLETED = 2
    CONSISTENCY_IN_PROGRESS = 3
    CONSISTENCY_DISABLED = 4
    CONSISTENCY_ERROR = 5


class ReplicationType(CimEnum):
    """Values of CIM_ReplicationServiceCapabilities.SupportedReplicationTypes."""

    SYNCHRONOUS_MIRROR_LOCAL = 2
    ASYNCHRONOUS_MIRROR_LOCAL = 3
    SYNCHRONOUS_MIRROR_REMOTE = 4
    ASYNCHRONOUS_MIRROR_REMOTE = 5
    SYNCHRONOUS_SNAPSHOT_LOCAL = 6
    ASYNCHRONOUS_SNAPSHOT_LOCAL = 7
    SYNCHRONOUS_SNAPSHOT_REMOTE = 8
    ASYNCHRONOUS_SNAPSHOT_REMOTE = 9
    SYNCHRONOUS_CLONE_LOCAL = 10
    ASYNCHRONOUS_CLONE_LOCAL = 11
    SYNCHRONOUS_CLONE_REMOTE = 12
    ASYNCHRONOUS_CLONE_REMOTE = 13
    SYNCHRONOUS_TOKENIZEDCLONE_LOCAL = 14
    ASYNCHRONOUS_TOKENIZEDCLONE_LOCAL = 15
    SYNCHRONOUS_TOKENIZEDCLONE_REMOTE = 16
    ASYNCHRONOUS_TOKENIZEDCLONE_REMOTE = 17
    ADAPTIVE_MIRROR_LOCAL = 18
    ADAPTIVE_MIRROR_REMOTE = 19
    ADAPTIVE_SNAPSHOT_LOCAL = 20
    ADAPTIVE_SNAPSHOT_REMOTE = 21
    ADAPTIVE_CLONE_LOCAL = 22
    ADAPTIVE_CLONE_REMOTE = 23
    ADAPTIVE_TOKENIZEDCLONE_LOCAL = 24
    ADAPTIVE_TOKENIZEDCLONE_REMOTE = 25
    ACTIVE_MIRROR_LOCAL = 26
    ACTIVE_MIRROR_REMOTE = 27


class JobState(CimEnum):
    """Values of CIM_ConcreteJob.JobState."""

    NEW = 2
    STARTING = 3
    RUNNING = 4
    SUSPENDED = 5
    SHUTTING_DOWN = 6
    COMPLETED = 7
    TERMINATED = 8
    KILLED = 9
    EXCEPTION = 10
    SERVICE = 11
    QUERY_PENDING = 12


class JobRequestedState(CimEnum):
    """Values of CIM_ConcreteJob.RequestStateChange.RequestedState."""

    START = 2
    SUSPEND = 3
    TERMINATE = 4
    KILL = 5
    SERVICE = 6


class Pairing(CimEnum):
    """Values of CIM_ReplicationSettingData.Pairing."""

    INSTRUMENTATION_DECIDES = 2
    EXACT_ORDER = 3
    OPTIMUM = 4


class UnequalGroupsAction(CimEnum):
    """Values of CIM_ReplicationSettingData.UnequalGroupsAction."""

    RETURN_AN_ERROR = 2
    ALLOW_SOURCE_GROUP_TO_BE_LARGER = 3
    ALLOW_TARGET_GROUP_TO_BE_LARGER = 4


class UnequalListsAction(CimEnum):
    """Values of CIM_ReplicationSettingData.UnequalListsAction."""

    RETURN_AN_ERROR = 2
    ALLOW_SOURCE_LIST_TO_BE_LARGER = 3
    ALLOW_TARGET_LIST_TO_BE_LARGER = 4


class TargetElementSupplier(CimEnum):
    """Values of CIM_ReplicationSettingData.TargetElementSupplier."""

    USE_EXISTING = 1
    CREATE_NEW = 2
    USE_AND_CREATE = 3
    INSTRUMENTATION_DECIDES = 4
    CLIENT_MUST_SUPPLY = 5


class ThinProvisioningPolicy(CimEnum):
    """Values of CIM_ReplicationSettingData.ThinProvisioningPolicy."""

    COPY_THIN_SOURCE_TO_THIN_TARGET = 2
    COPY_THIN_SOURCE_TO_FULL_TARGET = 3
    COPY_FULL_SOURCE_TO_THIN_TARGET = 4
    PROVISIONING_OF_TARGET_SAME_AS_SOURCE = 5
    TARGET_POOL_DECIDES_PROVISIONING_OF_TARGET_ELEMENT = 6
    IMPLEMENTATION_DECIDES_PROVISIONING_OF_TARGET = 7


class OnGroupOrListError(CimEnum):
    """Values of CIM_ReplicationSettingData.OnGroupOrListError."""

    CONTINUE = 2
    STOP = 3


class StorageCompressionPolicy(CimEnum):
    """Values of CIM_ReplicationSettingData.StorageCompressionPolicy."""

    COMPRESSED_SOURCE_TO_COMPRESSED_TARGET = 2
    COMPRESSED_SOURCE_TO_UNCOMPRESSED_TARGET = 3
    UNCOMPRESSED_SOURCE_TO_COMPRESSED_TARGET = 4
    COMPRESSION_OF_TARGET_SAME_AS_SOURCE = 5
    TARGET_POOL_DECIDES_COMPRESSION_OF_TARGET_ELEMENT = 6
    IMPLEMENTATION_DECIDES_COMPRESSION_OF_TARGET = 7


class TargetElementGoal(CimEnum):
    """Values of CIM_ReplicationSettingData.TargetElementGoal."""

    IMPLEMENTATION_DECIDES = 2
    SAME_AS_SOURCE_ELEMENT = 3


class TargetElementResourcePool(CimEnum):
    """Values of CIM_ReplicationSettingData.TargetElementResourcePool."""

    IMPLEMENTATION_DECIDES = 2
    SAME_AS_SOURCE_ELEMENT = 3


class DesiredCopyMethodology(CimEnum):
    """Values of CIM_ReplicationSettingData.DesiredCopyMethodology."""

    OTHER = 1
    INSTRUMENTATION_DECIDES = 2
    FULL_COPY = 3
    INCREMENTAL_COPY = 4
    DIFFERENTIAL_COPY = 5
    COPY_ON_WRITE = 6
    COPY_ON_ACCESS = 7
    DELTA_UPDATE = 8
    SNAP_AND_CLONE = 9
    COPY_BEFORE_ACTIVATION = 10
    REDIRECT_ON_WRITE = 11


class Feature(CimEnum):
    """Values of CIM_ReplicationServiceCapabilities.GetSupportedFeatures.Features."""

    REPLICATION_GROUPS = 2
    MULTI_HOP_ELEMENT_REPLICATION = 3
    MULTI_HOP_ELEMENTS_MUST_HAVE_SAME_SYNCTYPE = 4
    MULTI_HOP_REQUIRES_ADVANCE_NOTICE = 5
    REQUIRES_FULL_DISCOVERY_OF_TARGET_COMPUTERSYSTEM = 6
    SERVICE_SUSPENDS_SOURCE_I_O_WHEN_NECESSARY = 7
    TARGETS_ALLOCATED_FROM_ANY_STORAGE_POOL = 8
    TARGETS_ALLOCATED_FROM_SHARED_STORAGE_POOL = 9
    TARGETS_ALLOCATED_FROM_EXCLUSIVE_STORAGE_POOL = 10
    TARGETS_ALLOCATED_FROM_MULTIPLE_STORAGE_POOLS = 11
    TARGETS_REQUIRE_RESERVED_ELEMENTS = 12
    TARGET_IS_ASSOCIATED_TO_SYNCHRONIZATIONASPECT = 13
    SOURCE_IS_ASSOCIATED_TO_SYNCHRONIZATIONASPECT = 14
    ERROR_RECOVERY_FROM_BROKEN_STATE_AUTOMATIC = 15
    TARGET_MUST_REMAIN_ASSOCIATED_TO_SOURCE = 16
    REMOTE_RESOURCE_REQUIRES_REMOTE_CIMOM = 17
    SYNCHRONIZED_CLONE_TARGET_DETACHES_AUTOMATICALLY = 18
    REVERSE_ROLES_OPERATION_REQUIRES_READ_ONLY_SOURCE = 19
    REVERSE_ROLES_OPERATION_REQUIRES_SUBSEQUENT_RESYNC = 20
    RESTORE_OPERATION_REQUIRES_SUBSEQUENT_FRACTURE = 21
    RESYNC_OPERATION_REQUIRES_SUBSEQUENT_ACTIVATE = 22
    COPY_OPERATION_REQUIRES_OFFLINE_SOURCE = 23
    ADJUSTABLE_COPYPRIORITY = 24
    SOURCE_REQUIRES_RESERVED_ELEMENT = 25
    SUPPORTS_UNDISCOVERED_RESOURCES = 26
    RESTORE_OPERATION_REQUIRES_SUBSEQUENT_DETACH = 27
    TARGET_ELEMENT_CAN_BE_ADDED_TO_COLLECTIONS = 28
    REVERSE_ROLES_OPERATION_REQUIRES_SYNCHRONIZED_STATE = 29
    REVERSE_ROLES_OPERATION_REQUIRES_FRACTURED_STATE = 30
    REVERSE_ROLES_OPERATION_REQUIRES_SPLIT_STATE = 31
    REVERSE_ROLES_OPERATION_REQUIRES_FAILEDOVER_STATE = 32
    REVERSE_ROLES_OPERATION_REQUIRES_SUSPENDED_STATE = 33
    PROVIDER_CAN_MANAGE_REMOTE_SOURCE = 34
    PROVIDER_CAN_MANAGE_REMOTE_TARGET = 35
    SUPPORTS_TEMPORARY_REPLICATIONENTITY = 36
    SUPPORTS_PERSISTENT_REPLICATIONENTITY = 37
    REPLICATIONENTITY_SUPPORTS_EMBEDDED_INSTANCE = 38
    TARGETELEMENT_SHALL_NOT_BE_SUPPLIED = 39
    TARGETPOOL_SHALL_NOT_BE_SUPPLIED = 40
    TARGETGOAL_SHALL_NOT_BE_SUPPLIED = 41
    PROVIDER_CAN_CREATE_REMOTE_ELEMENTS = 42
    CREATING_REMOTE_ELEMENTS_REQUIRES_TARGETPOOL = 43
    LOCAL_TARGETS_ALLOCATED_FROM_SOURCES_RESOURCE_POOL = 44
    SUPPORTS_SYNCHRONIZATIONASPECT = 45
    ACCEPTS_FOREIGN_OBJECT_PATHS = 46
    FAILOVER_OPERATION_REQUIRES_SUBSEQUENT_FRACTURE = 47
    FAILOVER_OPERATION_REQUIRES_SUBSEQUENT_SPLIT = 48
    RESTORE_OPERATION_REQUIRES_SUBSEQUENT_RESUME = 49
    GETPEERSYSTEMS_CAN_RETURN_ACCESS_POINTS = 50
    CLIENT_CAN_SUPPLY_TARGET_ELEMENTNAME = 51
    REVERSE_ROLES_OPERATION_DOES_NOT_CHANGE_COPYSTATE = 52
    FAILOVER_OPERATION_REQUIRES_SUBSEQUENT_FAILBACK = 53
    PLANNED_FAILOVER_OPERATION_REQUIRES_FRACTURED_STATE = 54
    TARGET_ELEMENT_REQUIRES_RESOURCE_POOL_RESERVED_FOR_REPLICATION = 55
    USES_REVERSE_ROLES_FOR_FAILOVER_AND_FAILBACK = 56
    CREATE_REPLICATION_REQUESTS_SHOULD_BE_SENT_TO_TARGET_SERVICE = 57
    CREATE_REPLICATION_REQUESTS_SHOULD_BE_SENT_TO_SOURCE_SERVICE = 58
    ALL_MODIFY_OPERATIONS_SHOULD_BE_SENT_TO_TARGET_SERVICE = 59
    ALL_MODIFY_OPERATIONS_SHOULD_BE_SENT_TO_SOURCE_SERVICE = 60
    SUPPORTS_MULTIPLE_TARGET_ELEMENTS_PER_SYNCHRONIZATIONASPECT = 61
    CAN_DELETE_SOURCE_IN_A_COPY_RELATIONSHIP = 62
    DETACH_A_SNAPSHOT_MAKES_SNAPSHOT_AN_INDEPENDENT_VOLUME = 63
    TARGET_ALWAYS_IN_A_SYSTEM_GENERATED_GROUP = 64


class GroupFeature(CimEnum):
    """Values of CIM_ReplicationServiceCapabilities.GetSupportedGroupFeatures.GroupFeatures."""

    ONE_TO_MANY_REPLICATION = 2
    MANY_TO_MANY_GROUPS = 3
    CONSISTENCY_ENABLED_FOR_ALL_GROUPS = 4
    EMPTY_REPLICATION_GROUPS_ALLOWED = 5
    SOURCE_GROUP_MUST_HAVE_MORE_THAN_ONE_ELEMENT = 6
    COMPOSITE_GROUPS = 7
    MULTIHOP_ELEMENT_REPLICATION = 8
    MULTI_HOP_ELEMENTS_MUST_HAVE_SAME_SYNCTYPE = 9
    GROUP_CAN_ONLY_HAVE_ONE_SINGLE_RELATIONSHIP_ACTIVE = 10
    SOURCE_ELEMENT_CAN_BE_REMOVED_FROM_GROUP = 11
    TARGET_ELEMENT_CAN_BE_REMOVED_FROM_GROUP = 12
    GROUP_CAN_BE_TEMPORARY = 13
    GROUP_IS_NAMEABLE = 14
    SUPPORTS_TARGET_ELEMENT_COUNT = 15
    SYNCHRONIZED_CLONE_TARGET_DETACHES_AUTOMATICALLY = 16
    REVERSE_ROLES_OPERATION_REQUIRES_READ_ONLY_SOURCE = 17
    REVERSE_ROLES_OPERATION_REQUIRES_SUBSEQUENT_RESYNC = 18
    RESTORE_OPERATION_REQUIRES_SUBSEQUENT_FRACTURE = 19
    RESYNC_OPERATION_REQUIRES_SUBSEQUENT_ACTIVATE = 20
    COPY_OPERATION_REQUIRES_OFFLINE_SOURCE = 21
    RESTORE_OPERATION_REQUIRES_SUBSEQUENT_DETACH = 22
    ELEMENT_CAN_BE_MEMBER_OF_MULTIPLE_GROUPS = 23
    ELEMENTS_OF_GROUP_CAN_BE_MIX_OF_THIN_AND_THICK = 24
    TOKENIZEDCLONE_CONSISTENTPOINTINTIME = 25
    TARGET_ELEMENTS_CAN_BE_ADDED_TO_COLLECTIONS = 26
    REVERSE_ROLES_OPERATION_REQUIRES_SYNCHRONIZED_STATE = 27
    REVERSE_ROLES_OPERATION_REQUIRES_FRACTURED_STATE = 28
    REVERSE_ROLES_OPERATION_REQUIRES_SPLIT_STATE = 29
    REVERSE_ROLES_OPERATION_REQUIRES_FAILEDOVER_STATE = 30
    REVERSE_ROLES_OPERATION_REQUIRES_SUSPENDED_STATE = 31
    PROVIDER_CAN_MANAGE_REMOTE_SOURCE_GROUP = 32
    PROVIDER_CAN_MANAGE_REMOTE_TARGET_GROUP = 33
    TARGETGROUP_SHALL_NOT_BE_SUPPLIED = 34
    TARGETPOOL_SHALL_NOT_BE_SUPPLIED = 35
    TARGETSETTINGGOAL_SHALL_NOT_BE_SUPPLIED = 36
    PROVIDER_CAN_CREATE_REMOTE_TARGET_GROUP = 37
    PROVIDER_CAN_CREATE_LOCAL_TARGET_GROUP = 38
    PROVIDER_MUST_CREATE_REMOTE_GROUP = 39
    CREATING_REMOTE_ELEMENTS_REQUIRES_TARGETPOOL = 40
    TARGET_GROUP_SHALL_BE_SUPPLIED = 41
    CREATEGROUPREPLICA_ONLY_ACCEPTS_EMPTY_GROUPS = 42
    ONE_REPLICATION_GROUP_PER_STORAGE_POOL = 43
    SUPPORTS_CONSISTENCYEXEMPT_WHEN_ADDING_TO_GROUP = 44
    ADD_OR_REMOVE_TO_GROUP_REQUIRES_FRACTURED_STATE = 45
    ADD_OR_REMOVE_TO_GROUP_REQUIRES_SPLIT_STATE = 46
    ADD_OR_REMOVE_TO_GROUP_REQUIRES_SUSPENDED_STATE = 47
    ADD_OR_REMOVE_TO_GROUP_REQUIRES_FAILEDOVER_STATE = 48
    SUPPORTS_SYNCHRONIZATIONASPECT_OF_REPLICATION_GROUP = 49
    NO_ELEMENT_LEVEL_STORAGESYNCHRONIZED = 50
    ACCEPTS_FOREIGN_OBJECT_PATHS = 51
    FAILOVER_OPERATION_REQUIRES_SUBSEQUENT_FRACTURE = 52
    FAILOVER_OPERATION_REQUIRES_SUBSEQUENT_SPLIT = 53
    RESTORE_OPERATION_REQUIRES_SUBSEQUENT_RESUME = 54
    ONE_CONSISTENT_ASYNC_PER_REMOTEREPLICATIONCOLLECTION = 55
    CLIENT_CAN_SUPPLY_RELATIONSHIPNAME = 56
    IMPLEMENTATION_DECIDES_GROUP_MEMBER_ORDER = 57
    REVERSE_ROLES_OPERATION_DOES_NOT_CHANGE_COPYSTATE = 58
    FAILOVER_OPERATION_REQUIRES_SUBSEQUENT_FAILBACK = 59
    PLANNED_FAILOVER_OPERATION_REQUIRES_SPLIT_STATE = 60
    PLANNED_FAILOVER_OPERATION_REQUIRES_FRACTURED_STATE = 61
    TARGET_ELEMENT_REQUIRES_RESOURCE_POOL_RESERVED_FOR_REPLICATION = 62
    ADDSYNCPAIR_REQUIRES_SYNCHRONIZED_MIRROR_PAIR = 63
    PROVIDER_CAN_CREATE_REMOTE_ELEMENTS_USING_TARGETPOOLS = 64
    USES_REVERSE_ROLES_FOR_FAILOVER_AND_FAILBACK = 65
    CREATE_REPLICATION_REQUESTS_SHOULD_BE_SENT_TO_TARGET_SERVICE = 66
    CREATE_REPLICATION_REQUESTS_SHOULD_BE_SENT_TO_SOURCE_SERVICE = 67
    ALL_MODIFY_OPERATIONS_SHOULD_BE_SENT_TO_TARGET_SERVICE = 68
    ALL_MODIFY_OPERATIONS_SHOULD_BE_SENT_TO_SOURCE_SERVICE = 69
    SUPPORTS_MULTIPLE_TARGET_GROUPS_PER_SYNCHRONIZATIONASPECT = 70
    CAN_DELETE_SOURCE_IN_A_COPY_RELATIONSHIP = 71


class ListFeature(CimEnum):
    """Values of CIM_ReplicationServiceCapabilities.GetSupportedListFeatures.GroupFeatures."""

    LIST_IS_SUPPORTED = 2
    SEQUENTIAL_CONSISTENCY = 3
    NO_CONSISTENCY = 4
    CONSISTENT_LIST_REQUIRES_SAME_ELEMENTNAMES = 5
    TARGET_ELEMENT_CAN_BE_ADDED_TO_COLLECTIONS = 6


class ThinProvisioningFeature(CimEnum):
    """Values of
    CIM_ReplicationServiceCapabilities.GetSupportedThinProvisioningFeatures.SupportedThinProvisioningFeatures.
    """

    THIN_PROVISIONING_IS_NOT_SUPPORTED = 1
    ZEROS_WRITTEN_IN_UNUSED_ALLOCATED_BLOCKS_OF_TARGET = 2
    UNUSED_ALLOCATED_BLOCKS_OF_TARGET_ARE_NOT_INITIALIZED = 3


class MaximumComponent(CimEnum):
    """Values of CIM_ReplicationServiceCapabilities.GetSupportedMaximum.Component."""

    NUMBER_OF_GROUPS = 2
    NUMBER_OF_ELEMENTS_PER_SOURCE_GROUP = 3
    NUMBER_OF_ELEMENTS_PER_TARGET_GROUP = 4
    NUMBER_OF_TARGET_ELEMENTS_PER_SOURCE_ELEMENT = 5
    NUMBER_OF_TOTAL_SOURCE_ELEMENTS = 6
    NUMBER_OF_TOTAL_TARGET_ELEMENTS = 7
    NUMBER_OF_PEER_SYSTEMS = 8
    NUMBER_OF_HOPS_IN_MULTI_HOP_COPY = 9
    MAXIMUM_NUMBER_OF_TOKENS_SUPPORTED = 10
    CURRENT_NUMBER_OF_TOKENS_IN_USE = 11
    OPTIMAL_TOKEN_SIZE = 12
    NUMBER_OF_SYNCHRONIZATIONASPECT_INSTANCES = 13
    NUMBER_OF_SYNCHRONIZATIONASPECT_INSTANCES_PER_SOURCE_ELEMENT = 14
    NUMBER_OF_SYNCHRONIZATIONASPECT_INSTANCES_PER_SOURCE_GROUP = 15


class GroupPersistency(CimEnum):
    """Values of CIM_ReplicationServiceCapabilities.GetDefaultGroupPersistency.DefaultGroupPersistency."""

    NO_DEFAULT_PERSISTENCY = 0
    PERSISTENT = 2
    NOT_PERSISTENT = 3


class SettingProperty(CimEnum):
    """Values of CIM_ReplicationServiceCapabilities.GetSupportedReplicationSettingData.PropertyName."""

    CONSISTENTPOINTINTIME = 2
    DESIREDCOPYMETHODOLOGY = 3
    MULTIHOP = 4
    ONGROUPORLISTERROR = 5
    UNEQUALGROUPSACTION = 6
    TARGETELEMENTSUPPLIER = 7
    THINPROVISIONINGPOLICY = 8
    PAIRING = 9
    FAILEDCOPYSTOPSHOSTIO = 10
    COPYRECOVERYMODE = 11
    UNEQUALLISTSACTION = 12
    DELTAUPDATEINTERVAL = 13
    DELTAUPDATEBLOCKS = 14
    READONLY = 15
    STORAGECOMPRESSIONPOLICY = 16
    TARGETELEMENTRESOURCEPOOL = 17
    TARGETELEMENTGOAL = 18
    RRCSOFTWARECOMPRESSIONENABLED = 19
    RRCHARDWARECOMPRESSIONENABLED = 20
    AUTODELETE = 21
    TIMEBEFOREREMOVAL = 23
    CONSISTENCYEXEMPT = 24
    CONSISTENTASYNCCOPY = 25
    RPO = 26
    SKEW = 27


class ConnectionFeature(CimEnum):
    """Values of CIM_ReplicationServiceCapabilities.GetSupportedConnectionFeatures.SupportedConnectionFeatures.
    """

    UNIDIRECTIONAL_TO_SERVICEACCESSPOINT = 2
    UNIDIRECTIONAL_FROM_SERVICEACCESSPOINT = 3


class ElementRole(CimEnum):
    """Values of CIM_ReplicationServiceCapabilities.GetSynchronizationSupported.LocalElementRole."""

    SYSTEMELEMENT = 2
    SYNCEDELEMENT = 3


class StorageCompressionFeature(CimEnum):
    """Values of CIM_ReplicationServiceCapabilities.GetSupportedStorageCompressionFeatures.SupportedStorageCompre
    ssionFeatures.
    """

    STORAGE_COMPRESSION_IS_NOT_SUPPORTED = 1
    COMPRESSED_SOURCE_TO_COMPRESSED_TARGET = 2
    COMPRESSED_SOURCE_TO_UNCOMPRESSED_TARGET = 3
    UNCOMPRESSED_SOURCE_TO_COMPRESSED_TARGET = 4
    COMPRESSION_OF_TARGET_SAME_AS_SOURCE = 5
    TARGET_POOL_DECIDES_COMPRESSION_OF_TARGET_ELEMENT = 6
    IMPLEMENTATION_DECIDES_COMPRESSION_OF_TARGET = 7


class NamedElementType(CimEnum):
    """Values of CIM_ReplicationServiceCapabilities.GetElementNameCapabilities.ElementType."""

    REPLICATIONGROUP = 2
    STORAGESYNCHRONIZED = 3
    GROUPSYNCHRONIZED = 4
    SYNCHRONIZATIONASPECT = 5
    REPLICATIONENTITY = 6


class NameFeature(CimEnum):
    """Values of CIM_ReplicationServiceCapabilities.GetElementNameCapabilities.SupportedFeatures."""

    ELEMENTNAME_CAN_BE_SUPPLIED_DURING_CREATION = 2
    ELEMENTNAME_CAN_BE_MODIFIED_WITH_INVOKEMETHOD = 3
    ELEMENTNAME_CAN_BE_MODIFIED_WITH_INTRINSIC_METHOD = 4


class MethodName(CimEnum):
    """Values of CIM_ReplicationServiceCapabilities.GetSupportedWaitForCopyStates.MethodName."""

    CREATEELEMENTREPLICA = 2
    CREATEGROUPREPLICA = 3
    MODIFYREPLICASYNCHRONIZATION = 4
    MODIFYLISTSYNCHRONIZATION = 5
    MODIFYSETTINGSDEFINESTATE = 6
    CREATELISTREPLICA = 7
    CREATEGROUPREPLICAFROMELEMENTS = 8
    MODIFYLISTSETTINGSDEFINESTATE = 9
    CREATEGROUPREPLICAFROMELEMENTSYNCHRONIZATIONS = 10
    ADDELEMENTSTOGROUPSYNCHRONIZED = 11


class ServiceControlling(CimEnum):
    """Values of CIM_ReplicationServiceCapabilities.GetSupportedOperations.ServiceControlling."""

    SOURCE_ONLY = 2
    TARGET_ONLY = 3
    SOURCE_OR_TARGET = 4
    BOTH_SOURCE_AND_TARGET = 5


class SettingDatetimeProperty(CimEnum):
    """Values of CIM_ReplicationServiceCapabilities.GetSupportedReplicationSettingDataDateTime.PropertyName.
    """

    DELTAUPDATEINTERVAL = 13
    TIMEBEFOREREMOVAL = 23
    RPO = 26


class SupportedValuesIndicator(CimEnum):
    """Values of
    CIM_ReplicationServiceCapabilities.GetSupportedReplicationSettingDataDateTime.SupportedValuesIndicator.
    """

    SINGLE = 2
    RANGE = 3
    RANGE_WITH_INCREMENT = 4
    DISCRETE = 5


class StorageObject(CimEnum):
    """Values of CIM_ReplicationServiceCapabilities.SupportedStorageObjects."""

    STORAGEVOLUME = 2
    LOGICALDISK = 3
    REPLICATIONENTITY = 4


class AsynchronousAction(CimEnum):
    """Values of CIM_ReplicationServiceCapabilities.SupportedAsynchronousActions."""

    CREATEELEMENTREPLICA = 2
    CREATEGROUPREPLICA = 3
    CREATESYNCHRONIZATIONASPECT = 4
    MODIFYREPLICASYNCHRONIZATION = 5
    MODIFYLISTSYNCHRONIZATION = 6
    MODIFYSETTINGSDEFINESTATE = 7
    GETAVAILABLETARGETELEMENTS = 8
    GETPEERSYSTEMS = 9
    GETREPLICATIONRELATIONSHIPS = 10
    GETSERVICEACCESSPOINTS = 11
    CREATELISTREPLICA = 19
    CREATEGROUPREPLICAFROMELEMENTS = 20
    GETREPLICATIONRELATIONSHIPINSTANCES = 21
    MODIFYLISTSETTINGSDEFINESTATE = 22
    CREATEREMOTEREPLICATIONCOLLECTION = 23
    ADDTOREMOTEREPLICATIONCOLLECTION = 24
    REMOVEFROMREMOTEREPLICATIONCOLLECTION = 25
    GETSYNCHRONIZATIONASPECTS = 26
    GETSYNCHRONIZATIONASPECTINSTANCES = 27
    CREATEGROUPREPLICAFROMELEMENTSYNCHRONIZATIONS = 28
    ADDELEMENTSTOGROUPSYNCHRONIZED = 29
    CONFIRMTARGETDATA = 30
    CREATELISTSYNCHRONIZATIONASPECT = 31


class SynchronousAction(CimEnum):
    """Values of CIM_ReplicationServiceCapabilities.SupportedSynchronousActions."""

    CREATEELEMENTREPLICA = 2
    CREATEGROUPREPLICA = 3
    CREATESYNCHRONIZATIONASPECT = 4
    MODIFYREPLICASYNCHRONIZATION = 5
    MODIFYLISTSYNCHRONIZATION = 6
    MODIFYSETTINGSDEFINESTATE = 7
    GETAVAILABLETARGETELEMENTS = 8
    GETPEERSYSTEMS = 9
    GETREPLICATIONRELATIONSHIPS = 10
    GETSERVICEACCESSPOINTS = 11
    CREATEGROUP = 12
    DELETEGROUP = 13
    ADDMEMBERS = 14
    REMOVEMEMBERS = 15
    ADDREPLICATIONENTITY = 16
    ADDSERVICEACCESSPOINT = 17
    ADDSHAREDSECRET = 18
    CREATELISTREPLICA = 19
    CREATEGROUPREPLICAFROMELEMENTS = 20
    GETREPLICATIONRELATIONSHIPINSTANCES = 21
    MODIFYLISTSETTINGSDEFINESTATE = 22
    CREATEREMOTEREPLICATIONCOLLECTION = 23
    ADDTOREMOTEREPLICATIONCOLLECTION = 24
    REMOVEFROMREMOTEREPLICATIONCOLLECTION = 25
    GETSYNCHRONIZATIONASPECTS = 26
    GETSYNCHRONIZATIONASPECTINSTANCES = 27
    CREATEGROUPREPLICAFROMELEMENTSYNCHRONIZATIONS = 28
    ADDELEMENTSTOGROUPSYNCHRONIZED = 29
    CONFIRMTARGETDATA = 30
    CREATELISTSYNCHRONIZATIONASPECT = 31


class SynchronizationType(CimEnum):
    """Values of CIM_ReplicationServiceCapabilities.GetSupportedListOperations.SynchronizationType."""

    STORAGESYNCHRONIZED = 2
    GROUPSYNCHRONIZED = 3


class AspectSyncState(CimEnum):
    """Values of CIM_SynchronizationAspect.SyncState."""

    INITIALIZED = 2
    UNSYNCHRONIZED = 3
    SYNCHRONIZED = 4
    ERROR = 5
    INVALID = 6
    RESTORED = 7


class AspectCopyStatus(CimEnum):
    """Values of CIM_SynchronizationAspect.CopyStatus."""

    NOT_APPLICABLE = 2
    OPERATION_IN_PROGRESS = 3
    OPERATION_COMPLETED = 4
    INITIALIZING = 5
    SYNCHRONIZING = 6
    RESYNCING = 7
    RESTORING = 8
    ABORTING = 9
    TERMINATING = 10
    MIXED = 11


class EntityType(CimEnum):
    """Values of CIM_ReplicationEntity.Type."""

    UNKNOWN = 0
    OTHER = 1
    STORAGEPOOL = 2
    STORAGEEXTENT = 3
    STORAGEVOLUME = 4
    LOGICALDISK = 5
    FILESYSTEM = 6
    WWN = 7
    URI = 8
    OBJECTPATH = 9
    ENCODED_IN_ENTITYID = 10
    EMBEDDED_INSTANCE = 11
    PARTITION = 12
    REPLICATIONGROUP = 13
    COMPUTERSYSTEM = 14


class ErrorType(CimEnum):
    """Values of CIM_Error.ErrorType."""

    UNKNOWN = 0
    OTHER = 1
    COMMUNICATIONS_ERROR = 2
    QUALITY_OF_SERVICE_ERROR = 3
    SOFTWARE_ERROR = 4
    HARDWARE_ERROR = 5
    ENVIRONMENTAL_ERROR = 6
    SECURITY_ERROR = 7
    OVERSUBSCRIPTION_ERROR = 8
    UNAVAILABLE_RESOURCE_ERROR = 9
    UNSUPPORTED_OPERATION_ERROR = 10


class PerceivedSeverity(CimEnum):
    """Values of CIM_Error.PerceivedSeverity."""

    UNKNOWN = 0
    OTHER = 1
    INFORMATION = 2
    DEGRADED_WARNING = 3
    MINOR = 4
    MAJOR = 5
    CRITICAL = 6
    FATAL_NONRECOVERABLE = 7


class ProbableCause(CimEnum):
    """Values of CIM_Error.ProbableCause."""

    UNKNOWN = 0
    OTHER = 1
    ADAPTER_CARD_ERROR = 2
    APPLICATION_SUBSYSTEM_FAILURE = 3
    BANDWIDTH_REDUCED = 4
    CONNECTION_ESTABLISHMENT_ERROR = 5
    COMMUNICATIONS_PROTOCOL_ERROR = 6
    COMMUNICATIONS_SUBSYSTEM_FAILURE = 7
    CONFIGURATION_CUSTOMIZATION_ERROR = 8
    CONGESTION = 9
    CORRUPT_DATA = 10
    CPU_CYCLES_LIMIT_EXCEEDED = 11
    DATASET_MODEM_ERROR = 12
    DEGRADED_SIGNAL = 13
    DTE_DCE_INTERFACE_ERROR = 14
    ENCLOSURE_DOOR_OPEN = 15
    EQUIPMENT_MALFUNCTION = 16
    EXCESSIVE_VIBRATION = 17
    FILE_FORMAT_ERROR = 18
    FIRE_DETECTED = 19
    FLOOD_DETECTED = 20
    FRAMING_ERROR = 21
    HVAC_PROBLEM = 22
    HUMIDITY_UNACCEPTABLE = 23
    I_O_DEVICE_ERROR = 24
    INPUT_DEVICE_ERROR = 25
    LAN_ERROR = 26
    NON_TOXIC_LEAK_DETECTED = 27
    LOCAL_NODE_TRANSMISSION_ERROR = 28
    LOSS_OF_FRAME = 29
    LOSS_OF_SIGNAL = 30
    MATERIAL_SUPPLY_EXHAUSTED = 31
    MULTIPLEXER_PROBLEM = 32
    OUT_OF_MEMORY = 33
    OUTPUT_DEVICE_ERROR = 34
    PERFORMANCE_DEGRADED = 35
    POWER_PROBLEM = 36
    PRESSURE_UNACCEPTABLE = 37
    PROCESSOR_PROBLEM_INTERNAL_MACHINE_ERROR = 38
    PUMP_FAILURE = 39
    QUEUE_SIZE_EXCEEDED = 40
    RECEIVE_FAILURE = 41
    RECEIVER_FAILURE = 42
    REMOTE_NODE_TRANSMISSION_ERROR = 43
    RESOURCE_AT_OR_NEARING_CAPACITY = 44
    RESPONSE_TIME_EXCESSIVE = 45
    RETRANSMISSION_RATE_EXCESSIVE = 46
    SOFTWARE_ERROR = 47
    SOFTWARE_PROGRAM_ABNORMALLY_TERMINATED = 48
    SOFTWARE_PROGRAM_ERROR_INCORRECT_RESULTS = 49
    STORAGE_CAPACITY_PROBLEM = 50
    TEMPERATURE_UNACCEPTABLE = 51
    THRESHOLD_CROSSED = 52
    TIMING_PROBLEM = 53
    TOXIC_LEAK_DETECTED = 54
    TRANSMIT_FAILURE = 55
    TRANSMITTER_FAILURE = 56
    UNDERLYING_RESOURCE_UNAVAILABLE = 57
    VERSION_MISMATCH = 58
    PREVIOUS_ALERT_CLEARED = 59
    LOGIN_ATTEMPTS_FAILED = 60
    SOFTWARE_VIRUS_DETECTED = 61
    HARDWARE_SECURITY_BREACHED = 62
    DENIAL_OF_SERVICE_DETECTED = 63
    SECURITY_CREDENTIAL_MISMATCH = 64
    UNAUTHORIZED_ACCESS = 65
    ALARM_RECEIVED = 66
    LOSS_OF_POINTER = 67
    PAYLOAD_MISMATCH = 68
    TRANSMISSION_ERROR = 69
    EXCESSIVE_ERROR_RATE = 70
    TRACE_PROBLEM = 71
    ELEMENT_UNAVAILABLE = 72
    ELEMENT_MISSING = 73
    LOSS_OF_MULTI_FRAME = 74
    BROADCAST_CHANNEL_FAILURE = 75
    INVALID_MESSAGE_RECEIVED = 76
    ROUTING_FAILURE = 77
    BACKPLANE_FAILURE = 78
    IDENTIFIER_DUPLICATION = 79
    PROTECTION_PATH_FAILURE = 80
    SYNC_LOSS_OR_MISMATCH = 81
    TERMINAL_PROBLEM = 82
    REAL_TIME_CLOCK_FAILURE = 83
    ANTENNA_FAILURE = 84
    BATTERY_CHARGING_FAILURE = 85
    DISK_FAILURE = 86
    FREQUENCY_HOPPING_FAILURE = 87
    LOSS_OF_REDUNDANCY = 88
    POWER_SUPPLY_FAILURE = 89
    SIGNAL_QUALITY_PROBLEM = 90
    BATTERY_DISCHARGING = 91
    BATTERY_FAILURE = 92
    COMMERCIAL_POWER_PROBLEM = 93
    FAN_FAILURE = 94
    ENGINE_FAILURE = 95
    SENSOR_FAILURE = 96
    FUSE_FAILURE = 97
    GENERATOR_FAILURE = 98
    LOW_BATTERY = 99
    LOW_FUEL = 100
    LOW_WATER = 101
    EXPLOSIVE_GAS = 102
    HIGH_WINDS = 103
    ICE_BUILDUP = 104
    SMOKE = 105
    MEMORY_MISMATCH = 106
    OUT_OF_CPU_CYCLES = 107
    SOFTWARE_ENVIRONMENT_PROBLEM = 108
    SOFTWARE_DOWNLOAD_FAILURE = 109
    ELEMENT_REINITIALIZED = 110
    TIMEOUT = 111
    LOGGING_PROBLEMS = 112
    LEAK_DETECTED = 113
    PROTECTION_MECHANISM_FAILURE = 114
    PROTECTING_RESOURCE_FAILURE = 115
    DATABASE_INCONSISTENCY = 116
    AUTHENTICATION_FAILURE = 117
    BREACH_OF_CONFIDENTIALITY = 118
    CABLE_TAMPER = 119
    DELAYED_INFORMATION = 120
    DUPLICATE_INFORMATION = 121
    INFORMATION_MISSING = 122
    INFORMATION_MODIFICATION = 123
    INFORMATION_OUT_OF_SEQUENCE = 124
    KEY_EXPIRED = 125
    NON_REPUDIATION_FAILURE = 126
    OUT_OF_HOURS_ACTIVITY = 127
    OUT_OF_SERVICE = 128
    PROCEDURAL_ERROR = 129
    UNEXPECTED_INFORMATION = 130


class ReturnCode(CimEnum):
    """Return codes shared by the CIM methods of both classes."""

    OK = 0
    NOT_SUPPORTED = 1
    UNKNOWN = 2
    TIMEOUT = 3
    FAILED = 4
    INVALID_PARAMETER = 5
    IN_USE = 6
    DELETE_GROUP_IN_RELATIONSHIP = 7
    """DeleteGroup: an element of the group is in a replication relationship."""
    MEMBERS_NO_SUCH_GROUP = 7
    """AddMembers and RemoveMembers: the group does not exist."""
    MEMBERS_NOT_A_MEMBER = 8
    """RemoveMembers: an element is not a member of the group."""
    JOB_STARTED = 4096
    """The parameters were checked and a job was started."""
    INVALID_STATE_TRANSITION = 4097
    """RequestStateChange: the job cannot go from its state to the requested one."""


class LogLevel(CimEnum):
    """Severity of a log line."""

    ERROR = 1
    WARNING = 2
    INFO = 3
    DEBUG = 4


class QuiescePhase(CimEnum):
    """Phase of a point in time in which a quiesce hook is called."""

    FREEZE = 1
    THAW = 2


class Encoding(CimEnum):
    """Encodings of an embedded instance."""

    MOF = 1
    CIM_XML = 2


class IOOperation(CimEnum):
    """replsvc_io_operation"""

    READ = 1
    WRITE = 2
    FLUSH = 3
    DISCARD = 4
    WRITE_ZEROES = 5


class EventKind(CimEnum):
    """replsvc_event_kind"""

    CREATED = 1
    MODIFIED = 2
    DELETED = 3
    OVERFLOW = 4
    """Events were lost: read again what you watch."""


class ObjectKind(CimEnum):
    """replsvc_object_kind"""

    ELEMENT = 1
    GROUP = 2
    SYNCHRONIZATION = 3
    JOB = 4
    POOL = 5
    COLLECTION = 6
    """A remote replication collection."""
    ENTITY = 7
    """A replication entity."""


class EventProperty(CimEnum):
    """Which property a MODIFIED event tells of."""

    NONE = 0
    COPY_STATE = 1
    PROGRESS_STATUS = 2
    PERCENT_SYNCED = 3
    CONSISTENCY_STATE = 4
    JOB_STATE = 5
    PERCENT_COMPLETE = 6
    MEMBERS = 7


class VhdxType(CimEnum):
    """Kinds of images."""

    FIXED = 1
    """All blocks are allocated from the beginning."""
    DYNAMIC = 2
    """Blocks are allocated when they are first written."""
    DIFFERENCING = 3
    """Holds what differs from its parent."""


class VhdxSeverity(CimEnum):
    """How bad a finding is."""

    NOTE = 1
    """Deviates from the format; harmless."""
    ERROR = 2
    """Wrong, but the content is not in doubt: can be repaired."""
    DAMAGE = 3
    """Content is lost or in doubt: cannot be repaired here."""


class ServiceFlags(IntFlag):
    """How to open a service."""

    MUST_EXIST = 0x1
    """Fail if the state directory does not exist, instead of making it."""
    NO_OVERLAY = 0x2
    """Do not write ahead of the source for first touches: flush per batch instead (see guarantees)."""
    NO_IO_URING = 0x4
    """Never use io_uring."""


class ElementFlags(IntFlag):
    """How an element is to be used."""

    READ_ONLY = 0x1
    """The element may only be read."""


class Features(IntFlag):
    """What a build of the library has."""

    IO_URING = 0x1
    """io_uring is used where the kernel allows it."""
    MODULES = 0x2
    """Modules with backends can be loaded: backend_load()."""
    CONTROL_SOCKET = 0x4
    """A service can be managed from other processes: control.h."""
    STATISTICS = 0x8
    """Counters are kept: statistics.h."""
    PROBES = 0x10
    """Probes for tracers (sys/sdt.h) are compiled in."""


class VolumeFlags(IntFlag):
    """How to open a volume."""

    WRITABLE = 0x1
    """Open for reading and writing (default: reading only)."""


class IOFlags(IntFlag):
    """How a request of host I/O is to be done."""

    FUA = 0x1
    """Force unit access: the write is on stable storage when the call returns."""
    MAY_UNMAP = 0x2
    """write_zeroes: the space need not stay allocated."""


class ExtentFlags(IntFlag):
    """What a run of bytes of a volume is."""

    HOLE = 0x1
    """Not allocated; reads as zeroes."""
    ZERO = 0x2
    """Reads as zeroes."""


class CopyFlags(IntFlag):
    """How to copy an image."""

    OVERWRITE = 0x1
    """The target may exist: its content is replaced. It must not be smaller than the source. Without this flag
    an existing target is refused (In Use), except one that is a device and cannot be made.
    """
    MUST_EXIST = 0x2
    """The target must exist (implies overwriting it); never make one."""
    VERIFY = 0x4
    """Read both sides again afterwards and compare them."""
    NO_REFLINK = 0x8
    """Do not share data with the source (reflink), even where the file system can: a full copy."""
    NO_IO_URING = 0x10
    """Never use io_uring."""
    FORCE_THREADS = 0x20
    """Copy by threads, whatever the backends can do (for tests and comparisons)."""
    PREALLOCATE = 0x40
    """Allocate all of a target that is made."""
    NO_FLUSH = 0x80
    """Do not make the target durable at the end."""


class VhdxCheckFlags(IntFlag):
    """How to check a VHDX image."""

    REPAIR = 0x1
    """Repair what can be repaired safely (severity Error), and replay the log. Nothing is changed in an image
    that has damage. The content, and the identity that children check, stay the same.
    """
    NO_PARENT = 0x2
    """Do not look for the parent of a differencing image."""


class BackendCapabilities(IntFlag):
    """What a backend can do."""

    THIN = 0x1
    """Unwritten space takes no room."""
    DISCARD = 0x2
    DISCARD_ZEROES = 0x4
    """Discarded space reads as zeroes."""
    WRITE_ZEROES = 0x8
    CLONE_RANGE = 0x10
    """clone_range shares data within one file system."""
    EXTENTS = 0x20
    RESIZE = 0x40
    ROTATIONAL = 0x80
    READ_ONLY = 0x100
    NATIVE_SNAPSHOT = 0x200
    QUEUE = 0x400
    """queue_open, submit, reap exist."""
    MEMORY = 0x800
    """The medium is memory (tmpfs): bulk copies use small requests."""


class BackendFlags(IntFlag):
    """How a backend is to open an image."""

    WRITABLE = 0x1
    """Open for writing."""
    SHARED = 0x2
    """Do not take the exclusive lock (reading only)."""
    DIRECT = 0x4
    """Bypass the page cache where possible."""
    NO_IO_URING = 0x8
    IO_UNCACHED = 0x10000
    """Flag of preadv, pwritev and of a queue's requests, beside REPLSVC_IO_*: bulk data that will not be wanted
    again soon; leave no trace in the page cache where that can be done. A hint.
    """
