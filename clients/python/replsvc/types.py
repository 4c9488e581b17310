# SPDX-License-Identifier: BSD-2-Clause
# Written by clients/python/generate.py from include/replsvc/*.h: do not edit.
"""References, and what the library tells of objects (infos) or is told (options)."""
from __future__ import annotations

from dataclasses import dataclass

from . import abi
from .enums import (
    AspectCopyStatus,
    AspectSyncState,
    ConsistencyState,
    ConsistencyStatus,
    ConsistencyType,
    CopyFlags,
    CopyMethodology,
    CopyPriority,
    CopyRecoveryMode,
    CopyState,
    CopyType,
    DesiredCopyMethodology,
    ElementFlags,
    Encoding,
    EntityType,
    EventKind,
    EventProperty,
    ExtentFlags,
    JobState,
    LogLevel,
    Mode,
    ObjectKind,
    OnGroupOrListError,
    Pairing,
    ProgressStatus,
    ReadOnly,
    ReplicaType,
    ReservedAs,
    ServiceFlags,
    StorageCompressionPolicy,
    SyncState,
    SyncType,
    TargetElementGoal,
    TargetElementResourcePool,
    TargetElementSupplier,
    ThinProvisioningPolicy,
    UndiscoveredElement,
    UnequalGroupsAction,
    UnequalListsAction,
    VhdxType,
)
from .record import Record, Ref

__all__ = [
    "ElementRef",
    "GroupRef",
    "SyncRef",
    "JobRef",
    "PoolRef",
    "SettingRef",
    "SettingsStateRef",
    "AspectRef",
    "AccessPointRef",
    "SystemRef",
    "CollectionRef",
    "EntityRef",
    "SecretRef",
    "ElementInfo",
    "PoolInfo",
    "GroupInfo",
    "SyncInfo",
    "AspectInfo",
    "SettingsStateInfo",
    "AccessPointInfo",
    "SystemInfo",
    "CollectionInfo",
    "EntityInfo",
    "JobInfo",
    "LogRecord",
    "ServiceOptions",
    "ElementOptions",
    "PoolOptions",
    "SettingGoal",
    "ReplicationSettings",
    "Extent",
    "VolumeInfo",
    "ListenOptions",
    "CopyOptions",
    "CopyStatistics",
    "ImageOptions",
    "Event",
    "Histogram",
    "ElementStatistics",
    "SyncStatistics",
    "ServiceStatistics",
    "VhdxInfo",
    "VhdxCheckResult",
]


class ElementRef(Ref):
    """Names an element."""

    __slots__ = ()


class GroupRef(Ref):
    """Names a group."""

    __slots__ = ()


class SyncRef(Ref):
    """Names a sync."""

    __slots__ = ()


class JobRef(Ref):
    """Names a job."""

    __slots__ = ()


class PoolRef(Ref):
    """Names a pool."""

    __slots__ = ()


class SettingRef(Ref):
    """Names a setting."""

    __slots__ = ()


class SettingsStateRef(Ref):
    """Names a settings state."""

    __slots__ = ()


class AspectRef(Ref):
    """Names an aspect."""

    __slots__ = ()


class AccessPointRef(Ref):
    """Names an access point."""

    __slots__ = ()


class SystemRef(Ref):
    """Names a system."""

    __slots__ = ()


class CollectionRef(Ref):
    """Names a collection."""

    __slots__ = ()


class EntityRef(Ref):
    """Names an entity."""

    __slots__ = ()


class SecretRef(Ref):
    """Names a secret."""

    __slots__ = ()


@dataclass(frozen=True)
class ElementInfo(Record):
    """Properties of an element (CIM_StorageVolume, CIM_StorageExtent)."""

    _c_ = abi.replsvc_element_info
    id: str
    name: str
    """ElementName."""
    locator: str
    backend: str
    pool: str
    """Pool that it was allocated from, or ""."""
    size_bytes: int
    """Bytes a host sees; 0 if it cannot be opened now."""
    allocated_bytes: int
    """Bytes it takes up, as far as known."""
    block_size: int
    """CIM BlockSize: logical sector, bytes."""
    physical_block_size: int
    number_of_blocks: int
    thinly_provisioned: bool
    read_only: bool
    created_by_service: bool
    """Made by the service in a pool (its data may be removed by it)."""
    in_use: bool
    """Plays a part in a relationship."""


@dataclass(frozen=True)
class PoolInfo(Record):
    """Properties of a pool (CIM_StoragePool)."""

    _c_ = abi.replsvc_pool_info
    id: str
    name: str
    locator: str
    total_managed_space: int
    """Bytes."""
    remaining_managed_space: int
    """Bytes."""
    element_count: int
    """Elements allocated from it."""
    space_limit: int
    """Bytes that its elements may take; 0 = none was set."""


@dataclass(frozen=True)
class GroupInfo(Record):
    """Properties of a group (CIM_ReplicationGroup)."""

    _c_ = abi.replsvc_group_info
    member_count: int
    id: str
    name: str
    persistent: bool
    delete_on_empty_element: bool
    delete_on_unassociated: bool
    consistent_point_in_time: bool
    reserved_as: ReservedAs
    last_cut_pause_us: int
    """How long the last cut of all members held writes."""
    max_cut_pause_us: int
    """The longest such pause since the service was opened."""


@dataclass(frozen=True)
class SyncInfo(Record):
    """Properties of a relationship (CIM_StorageSynchronized, or CIM_GroupSynchronized when is_group). Times are
    microseconds since the epoch, 0 = never.
    """

    _c_ = abi.replsvc_sync_info
    is_group: bool
    sync_maintained: bool
    failed_copy_stops_host_io: bool
    consistency_enabled: bool
    id: str
    name: str
    """RelationshipName, or the pair's name."""
    system_element: str
    """Source element or group."""
    synced_element: str
    """Target element or group."""
    group_synchronization: str
    """Of a pair: its GroupSynchronized, or ""."""
    sync_type: SyncType
    mode: Mode
    copy_state: CopyState
    requested_copy_state: CopyState
    progress_status: ProgressStatus
    percent_synced: int
    copy_recovery_mode: CopyRecoveryMode
    copy_type: CopyType
    replica_type: ReplicaType
    sync_state: SyncState
    copy_methodology: CopyMethodology
    copy_priority: CopyPriority
    read_only: ReadOnly
    undiscovered_element: UndiscoveredElement
    consistency_type: ConsistencyType
    consistency_state: ConsistencyState
    consistency_status: ConsistencyStatus
    quiesce_result: int
    """0 none asked for, 1 succeeded, 2 failed, 3 timed out."""
    member_count: int
    """Pairs of a group relationship."""
    region_size: int
    """Bytes per region of its maps."""
    bytes_total: int
    bytes_synced: int
    skew: int
    """Bytes by which an asynchronous target trails."""
    rpo_us: int
    """How far, in time, the target trails now."""
    when_synced: int
    when_activated: int
    when_deactivated: int
    when_established: int
    when_suspended: int
    when_synchronized: int
    when_point_in_time: int
    """The instant that a snapshot or clone shows."""
    cut_pause_us: int
    """How long that cut held the hosts' writes."""
    error_message: str
    """Why it is Broken or Invalid, or ""."""


@dataclass(frozen=True)
class AspectInfo(Record):
    """Properties of a point in time that has no target (CIM_SynchronizationAspect)."""

    _c_ = abi.replsvc_aspect_info
    sync_type: SyncType
    """SyncType."""
    sync_state: AspectSyncState
    """AspectSyncState."""
    copy_status: AspectCopyStatus
    """AspectCopyStatus."""
    copy_methodology: CopyMethodology
    """CopyMethodology."""
    consistency_type: ConsistencyType
    """ConsistencyType, 0 = none."""
    consistency_enabled: bool
    auto_delete: bool
    is_group: bool
    """Of a group; then source_element names the group."""
    id: str
    name: str
    """ElementName."""
    source_element: str
    """Element or group."""
    settings_state: str
    """What ties the source to it."""
    when_point_in_time: int
    """Microseconds since the epoch."""
    time_before_removal_us: int
    """0 = it stays."""
    bytes_total: int
    """Of the source."""
    bytes_kept: int
    """That are kept because they have been overwritten since."""


@dataclass(frozen=True)
class SettingsStateInfo(Record):
    """What a settings state ties together (CIM_SettingsDefineState)."""

    _c_ = abi.replsvc_settings_state_info
    is_group: bool
    """managed_element names a group."""
    id: str
    managed_element: str
    """Element or group."""
    setting_data: str
    """The aspect."""


@dataclass(frozen=True)
class AccessPointInfo(Record):
    """Properties of an access point (CIM_RemoteServiceAccessPoint)."""

    _c_ = abi.replsvc_access_point_info
    reachable: bool
    """It answered when it was last used."""
    has_secret: bool
    """A secret was given for it."""
    id: str
    name: str
    """ElementName."""
    uri: str
    """AccessInfo, without secrets."""
    system: str
    """The system that it leads to, or ""."""


@dataclass(frozen=True)
class SystemInfo(Record):
    """Properties of another system (CIM_ComputerSystem)."""

    _c_ = abi.replsvc_system_info
    reachable: bool
    """One of its access points answered when it was last used."""
    id: str
    name: str


@dataclass(frozen=True)
class CollectionInfo(Record):
    """Properties of a collection of paths to another system (CIM_RemoteReplicationCollection)."""

    _c_ = abi.replsvc_collection_info
    active: bool
    delete_on_unassociated: bool
    n_local_access_points: int
    n_remote_access_points: int
    id: str
    name: str
    """ElementName."""
    remote_system: str


@dataclass(frozen=True)
class EntityInfo(Record):
    """Properties of a replication entity (CIM_ReplicationEntity)."""

    _c_ = abi.replsvc_entity_info
    type: EntityType
    """EntityType."""
    persistent: bool
    """It is kept when the service is closed."""
    id: str
    """InstanceID."""
    entity_id: str
    """EntityID, or ""."""
    other_type_description: str
    """OtherTypeDescription, or ""."""
    element: str
    """Element, or ""."""


@dataclass(frozen=True)
class JobInfo(Record):
    """Properties of a job (CIM_ConcreteJob)."""

    _c_ = abi.replsvc_job_info
    job_state: JobState
    percent_complete: int
    id: str
    name: str
    owner: str
    job_status: str
    synchronization: str
    """What it works for, or ""."""
    time_submitted: int
    start_time: int
    time_of_last_state_change: int
    elapsed_time_us: int
    time_before_removal_us: int
    estimated_end: int
    """0 = unknown."""
    delete_on_completion: bool
    priority: int
    error_code: int
    """CIM code of the failure; 0 = none."""
    bytes_total: int
    bytes_done: int
    bytes_per_second: int
    error_description: str


@dataclass(frozen=True)
class LogRecord(Record):
    """One line of the log, in fields."""

    _c_ = abi.replsvc_log_record
    level: LogLevel
    """LogLevel."""
    time: int
    """Microseconds since the epoch."""
    system_errno: int
    """errno behind it, or 0."""
    object: str
    """Id of what it is about, or ""."""
    message: str | None
    """The line that replsvc_log_function gets; valid during the call only."""


@dataclass
class ServiceOptions(Record):
    """How to open a service. Zero-filled with size set = all defaults."""

    _c_ = abi.replsvc_service_options
    flags: ServiceFlags = ServiceFlags(0)
    """REPLSVC_SERVICE_*."""
    worker_threads: int = 0
    """0 = by the number of CPUs."""
    event_queue_length: int = 0
    """0 = 1024."""
    wait_timeout_ms: int = 0
    """Bound for WaitForCopyState; 0 = none."""
    region_size: int = 0
    """Default bytes per region; 0 = 64 KiB; a power of two >= 4096."""
    overlay_bytes: int = 0
    """Bound of the write overlay's log per volume; 0 = 64 MiB."""
    background_bytes_per_second: int = 0
    """Bound of all background copying; 0 = none."""
    log_level: int = 0
    """0 = REPLSVC_LOG_WARNING."""
    quiesce_timeout_ms: int = 0
    """0 = 10 s."""
    instance_encoding: Encoding = Encoding(0)
    """Encoding of the embedded instances that the service gives out (relationships, aspects, errors, default
    settings); 0 = MOF.
    """
    reserved_2: int = 0


@dataclass
class ElementOptions(Record):
    """How an element is to be used. Zero-filled with size set = all defaults."""

    _c_ = abi.replsvc_element_options
    flags: ElementFlags = ElementFlags(0)
    """REPLSVC_ELEMENT_*."""


@dataclass
class PoolOptions(Record):
    """How a pool makes elements. Zero-filled with size set = all defaults."""

    _c_ = abi.replsvc_pool_options
    flags: int = 0
    space_limit: int = 0
    """Bytes that its elements may have together; 0 = what the medium has."""
    format: str = ""
    """Backend of the elements it makes; "" = "file"."""


@dataclass
class SettingGoal(Record):
    """A goal for targets to be created (CIM_StorageSetting)."""

    _c_ = abi.replsvc_setting_goal
    flags: int = 0
    format: str = ""
    """Backend; "" = as the pool says."""
    block_size: int = 0
    """Format's allocation unit, bytes; 0 = its default."""
    logical_sector_size: int = 0
    """0 = as the source."""
    physical_sector_size: int = 0
    """0 = as the source."""
    preallocate: bool = False
    """Full instead of thin."""


@dataclass
class ReplicationSettings(Record):
    """Fill a C struct's worth of CIM_ReplicationSettingData. 0 = property absent."""

    _c_ = abi.replsvc_replication_settings
    _plus_one_ = frozenset(['copy_priority'])
    _optional_ = frozenset(["auto_delete", "consistency_exempt", "consistent_async_copy", "consistent_point_in_time", "failed_copy_stops_host_io", "rrc_hardware_compression_enabled", "rrc_software_compression_enabled"])
    pairing: Pairing | None = None
    unequal_groups_action: UnequalGroupsAction | None = None
    unequal_lists_action: UnequalListsAction | None = None
    desired_copy_methodology: DesiredCopyMethodology | None = None
    target_element_supplier: TargetElementSupplier | None = None
    thin_provisioning_policy: ThinProvisioningPolicy | None = None
    on_group_or_list_error: OnGroupOrListError | None = None
    copy_recovery_mode: CopyRecoveryMode | None = None
    """Mirrors: whether one is resumed when its lost target is back."""
    multihop: int = 0
    read_only: ReadOnly | None = None
    storage_compression_policy: StorageCompressionPolicy | None = None
    target_element_goal: TargetElementGoal | None = None
    target_element_resource_pool: TargetElementResourcePool | None = None
    copy_priority: CopyPriority | None = None
    consistent_point_in_time: bool | None = None
    """TRUE: fail rather than do without a quiesce hook."""
    failed_copy_stops_host_io: bool | None = None
    """Mirrors: until resumed or dissolved."""
    auto_delete: bool | None = None
    """Snapshots, clones: goes when space runs out, its own or its pool's."""
    consistency_exempt: bool | None = None
    consistent_async_copy: bool | None = None
    rrc_hardware_compression_enabled: bool | None = None
    rrc_software_compression_enabled: bool | None = None
    delta_update_interval_us: int = 0
    """Mirrors: time between two updates of the target."""
    time_before_removal_us: int = 0
    """Snapshots, clones: how long their point in time is kept."""
    desired_rpo_us: int = 0
    delta_update_blocks: int = 0
    """Mirrors: changed blocks of the source that bring an update."""
    maximum_skew: int = 0
    """Bytes."""


@dataclass(frozen=True)
class Extent(Record):
    """A run of bytes of a volume."""

    _c_ = abi.replsvc_extent
    offset: int
    length: int
    flags: ExtentFlags
    """REPLSVC_EXTENT_*."""


@dataclass(frozen=True)
class VolumeInfo(Record):
    """replsvc_volume_info"""

    _c_ = abi.replsvc_volume_info
    flags: int
    size_bytes: int
    block_size: int
    physical_block_size: int
    optimal_io_size: int
    read_only: bool
    can_discard: bool
    can_write_zeroes: bool
    bytes_read: int
    bytes_written: int
    reads: int
    writes: int
    flushes: int
    copies_before_write: int
    """Regions that were copied before a first overwrite."""


@dataclass
class ListenOptions(Record):
    """How to listen. Zero-filled with size set = all defaults."""

    _c_ = abi.replsvc_listen_options
    mode: int = 0
    """Permission bits of the socket, whatever the umask; 0 = 0600."""
    max_connections: int = 0
    """Connections at a time, at most 4096; 0 = 64."""
    user_ids: tuple[int, ...] = ()
    """Users that may connect besides root and the service's own, or None."""


@dataclass
class CopyOptions(Record):
    """How to copy. Zero-filled with size set = all defaults."""

    _c_ = abi.replsvc_copy_options
    flags: CopyFlags = CopyFlags(0)
    """REPLSVC_COPY_*."""
    bytes_per_second: int = 0
    """Bound of the copy's speed; 0 = none."""
    block_size: int = 0
    """Allocation unit of a target that is made; 0 = its format's default."""
    logical_sector_size: int = 0
    """Of a target that is made; 0 = as the source."""
    physical_sector_size: int = 0
    """Of a target that is made; 0 = as the source."""
    target_size: int = 0
    """Bytes of a target that is made; 0 = as the source; never smaller."""
    parent: str | None = None
    """Parent of a differencing target that is made, or None."""


@dataclass(frozen=True)
class CopyStatistics(Record):
    """What a copy did. Set size before."""

    _c_ = abi.replsvc_copy_statistics
    target_created: bool
    bytes_total: int
    """Size of the source."""
    bytes_read: int
    bytes_written: int
    bytes_shared: int
    """Shared by reflink."""
    bytes_zero: int
    """Holes and zeroes, which were not copied."""
    elapsed_us: int
    """The flush at the end included."""
    method: str
    """ "reflink", "queue" or "threads". """


@dataclass
class ImageOptions(Record):
    """What to make. Zero-filled with size and size_bytes set = all defaults."""

    _c_ = abi.replsvc_image_options
    flags: int = 0
    """0."""
    size_bytes: int = 0
    """Bytes a host will see; 0 with a parent: the parent's."""
    block_size: int = 0
    """Allocation unit; 0 = the format's default."""
    logical_sector_size: int = 0
    """0 = the format's default."""
    physical_sector_size: int = 0
    """0 = the format's default."""
    preallocate: bool = False
    """Allocate all of it."""
    parent: str | None = None
    """Path of the parent of a differencing image, or None."""


@dataclass(frozen=True)
class Event(Record):
    """One indication."""

    _c_ = abi.replsvc_event
    kind: EventKind
    """EventKind."""
    object_kind: ObjectKind
    """ObjectKind; 0 for OVERFLOW."""
    property: EventProperty
    """EventProperty."""
    previous_value: int
    value: int
    sequence: int
    """Rises by 1 for each event of the service."""
    time: int
    """Microseconds since the epoch."""
    object: str


@dataclass(frozen=True)
class Histogram(Record):
    """Latencies: bucket i counts those below 2^i microseconds that are not in bucket i-1; the last takes all
    longer ones.
    """

    _c_ = abi.replsvc_histogram
    bucket: tuple[int, ...]
    count: int
    """All of them."""
    sum_us: int
    """Together, microseconds."""
    max_us: int
    """The longest, microseconds."""


@dataclass(frozen=True)
class ElementStatistics(Record):
    """Counters of host I/O to one element."""

    _c_ = abi.replsvc_element_statistics
    openers: int
    """Volumes that hosts have open on it now."""
    reads: int
    """Host reads completed well."""
    writes: int
    """Host writes completed well."""
    flushes: int
    """Host flushes completed."""
    discards: int
    """Host discards completed."""
    zeroes: int
    """Host write-zeroes completed."""
    bytes_read: int
    """By hosts."""
    bytes_written: int
    """By hosts."""
    errors: int
    """Host requests that failed."""
    in_flight: int
    """Host requests that are being worked on now."""
    copies_before_write: int
    """Regions that were copied before a first overwrite."""
    bytes_copied_before_write: int
    """Bytes of these."""
    overlay_bytes: int
    """Bytes in its write overlay now."""
    overlay_waits: int
    """Writes that had to wait because the overlay was full."""
    read_latency: Histogram
    """Host reads, sampled."""
    write_latency: Histogram
    """Host writes, sampled."""
    flush_latency: Histogram
    """Host flushes."""


@dataclass(frozen=True)
class SyncStatistics(Record):
    """Counters of one relationship (of a group relationship: of its pairs together)."""

    _c_ = abi.replsvc_sync_statistics
    bytes_copied: int
    """By background copying, resync and restore, when a run of it has ended or was stopped.
    """
    bytes_zero: int
    """Holes and zeroes that these did not have to copy."""
    bytes_shared: int
    """Shared with the source instead of being copied."""
    bytes_per_second: int
    """Of background work lately."""
    bytes_per_second_limit: int
    """As set by sync_set_limit(); 0 = none."""
    copies_before_write: int
    """Regions kept for this point in time."""
    regions_marked: int
    """Regions now marked as different (mirrors), still to be copied (clones, restores) or kept (snapshots); as
    of the last look that did not have to wait.
    """
    map_memory: int
    """Bytes of memory that its maps take, seen likewise."""
    mirror_writes: int
    """Host writes passed on to the target."""
    mirror_bytes: int
    """Bytes of these."""
    cycles: int
    """Cycles that an asynchronous mirror completed."""
    cycle_bytes: int
    """Bytes that these shipped."""
    last_cycle_us: int
    """How long the last cycle took, microseconds."""
    resyncs: int
    """Resynchronisations begun."""
    errors: int
    """Failed requests to the target."""
    target_latency: Histogram
    """Host writes passed on to the target, sampled."""


@dataclass(frozen=True)
class ServiceStatistics(Record):
    """Counters of a service."""

    _c_ = abi.replsvc_service_statistics
    worker_threads: int
    """Of its job manager."""
    elements: int
    """Registered now."""
    groups: int
    """Existing now."""
    synchronizations: int
    """Relationships existing now, pairs included."""
    jobs_active: int
    """Jobs that have not ended."""
    jobs_completed: int
    """Jobs that ended well."""
    jobs_failed: int
    """Jobs that ended in Exception."""
    events_sent: int
    """Events raised."""
    events_lost: int
    """Events dropped because the queue was full."""
    state_commits: int
    """Transactions made durable in the state directory."""
    state_bytes: int
    """Bytes of journal and checkpoint now."""
    checkpoints: int
    """Checkpoints written."""
    memory_bytes: int
    """Memory that the library has allocated now, for all services of the process."""
    cut_pause: Histogram
    """How long cuts (points in time, starts and splits of mirrors, cycles) held the hosts' writes.
    """


@dataclass(frozen=True)
class VhdxInfo(Record):
    """What an image says about itself. Set size before."""

    _c_ = abi.replsvc_vhdx_info
    type: VhdxType
    """VhdxType."""
    virtual_size: int
    """Bytes of the disk."""
    file_size: int
    """Bytes of the file."""
    allocated_bytes: int
    """Space that the file takes on its medium."""
    block_size: int
    """Allocation unit."""
    logical_sector_size: int
    """Of the disk."""
    physical_sector_size: int
    """Of the disk."""
    log_in_use: bool
    """It was not closed cleanly: its log must be replayed."""
    log_offset: int
    """Place of the log in the file."""
    log_length: int
    """Bytes of the log."""
    bat_offset: int
    """Place of the block allocation table."""
    bat_length: int
    """Bytes of its region."""
    creator: str
    """The program that made it, as it calls itself."""
    disk_id: str
    """VirtualDiskId; a child has its parent's."""
    data_write_guid: str
    """Identity of the content: what children check."""
    file_write_guid: str
    """Changes with every session that writes."""
    parent_linkage: str
    """DataWriteGuid of the parent; "" = no parent."""
    parent_path: str
    """The parent's path as the image has it; "" = no parent."""


@dataclass(frozen=True)
class VhdxCheckResult(Record):
    """The sums of a check. Set size before."""

    _c_ = abi.replsvc_vhdx_check_result
    notes: int
    """Findings of severity Note."""
    errors: int
    """Findings of severity Error."""
    damage: int
    """Findings of severity Damage."""
    repaired: bool
    """The errors were repaired."""
    log_replayed: bool
    """The log was replayed into the file."""
    blocks: int
    """Payload blocks of the disk."""
    blocks_present: int
    """Of these, wholly in the file."""
    blocks_partly_present: int
    """Partly in the file, partly the parent's."""
    blocks_zero: int
    """Known to read as zeroes."""
    unused_bytes: int
    """Bytes of the file that belong to nobody."""
