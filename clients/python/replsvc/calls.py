# SPDX-License-Identifier: BSD-2-Clause
# Written by clients/python/generate.py from include/replsvc/*.h: do not edit.
"""The functions of the library, as methods of a service and as functions of the package.

A method has the name of the function without `replsvc_`. What is required comes first, in C's
order; what may be absent is given by its name. What a function gives out is returned: one thing
as it is, several as a tuple with names. A job that is "" stands for no job: waiting for it
returns at once."""
from __future__ import annotations

import ctypes as c
from typing import TYPE_CHECKING, Any, Iterable, NamedTuple

from . import enums, types
from . import marshal as m
from .marshal import Settings, StrPath

if TYPE_CHECKING:
    from .job import Job

__all__ = [
    "CollectionGetAccessPointsResult",
    "ConvertReplicationTypeToSyncTypeResult",
    "GetSupportedCopyStatesResult",
    "GetSupportedOperationsResult",
    "GetSupportedGroupOperationsResult",
    "GetSupportedListOperationsResult",
    "GetSynchronizationSupportedResult",
    "GetElementNameCapabilitiesResult",
    "GetSupportedOperationsForSynchronizationResult",
    "GetSupportedReplicationSettingDataDateTimeResult",
    "CreateElementReplicaResult",
    "CreateGroupReplicaResult",
    "CreateGroupReplicaExResult",
    "CreateSynchronizationAspectResult",
    "ModifyReplicaSynchronizationResult",
    "ModifyListSynchronizationResult",
    "ModifySettingsDefineStateResult",
    "GetAvailableTargetElementsResult",
    "GetPeerSystemsResult",
    "GetReplicationRelationshipsResult",
    "GetServiceAccessPointsResult",
    "CreateListReplicaResult",
    "CreateGroupReplicaFromElementsResult",
    "GetReplicationRelationshipInstancesResult",
    "ModifyListSettingsDefineStateResult",
    "CreateRemoteReplicationCollectionResult",
    "AddElementsToGroupSynchronizedResult",
    "CreateGroupReplicaFromElementSynchronizationsResult",
    "GetSynchronizationAspectInstancesResult",
    "GetSynchronizationAspectsResult",
    "CreateListSynchronizationAspectResult",
    "replication_settings_format",
    "replication_settings_parse",
    "backend_load",
    "locator_get_info",
    "locator_create",
    "vhdx_get_info",
    "vhdx_allow_roots",
    "vhdx_merge",
    "vhdx_collapse",
]


class CollectionGetAccessPointsResult(NamedTuple):
    """What collection_get_access_points() answers."""

    local_access_points: list[types.AccessPointRef]
    remote_access_points: list[types.AccessPointRef]


class ConvertReplicationTypeToSyncTypeResult(NamedTuple):
    """What convert_replication_type_to_sync_type() answers."""

    sync_type: enums.SyncType
    mode: enums.Mode
    local_or_remote: enums.Locality


class GetSupportedCopyStatesResult(NamedTuple):
    """What get_supported_copy_states() answers."""

    supported_copy_states: list[enums.CopyState]
    host_accessible: list[bool]


class GetSupportedOperationsResult(NamedTuple):
    """What get_supported_operations() answers."""

    supported_operations: list[enums.Operation]
    service_controlling: list[enums.ServiceControlling]
    requires_force: list[bool]
    updates_synchronized_path: list[bool]


class GetSupportedGroupOperationsResult(NamedTuple):
    """What get_supported_group_operations() answers."""

    supported_group_operations: list[enums.Operation]
    service_controlling: list[enums.ServiceControlling]
    requires_force: list[bool]
    updates_synchronized_path: list[bool]


class GetSupportedListOperationsResult(NamedTuple):
    """What get_supported_list_operations() answers."""

    supported_list_operations: list[enums.Operation]
    service_controlling: list[enums.ServiceControlling]
    requires_force: list[bool]
    updates_synchronized_path: list[bool]


class GetSynchronizationSupportedResult(NamedTuple):
    """What get_synchronization_supported() answers."""

    sync_types: list[enums.SyncType]
    modes: list[enums.Mode]
    local_element_role: list[enums.ElementRole]


class GetElementNameCapabilitiesResult(NamedTuple):
    """What get_element_name_capabilities() answers."""

    supported_features: list[enums.NameFeature]
    max_element_name_len: int
    element_name_mask: str | None


class GetSupportedOperationsForSynchronizationResult(NamedTuple):
    """What get_supported_operations_for_synchronization() answers."""

    supported_operations: list[enums.Operation]
    service_controlling: list[enums.ServiceControlling]
    requires_force: list[bool]
    updates_synchronized_path: list[bool]


class GetSupportedReplicationSettingDataDateTimeResult(NamedTuple):
    """What get_supported_replication_setting_data_date_time() answers."""

    supported_values: list[int]
    supported_values_indicator: enums.SupportedValuesIndicator


class CreateElementReplicaResult(NamedTuple):
    """What create_element_replica() answers."""

    target_element: types.ElementRef
    job: Job
    synchronization: types.SyncRef


class CreateGroupReplicaResult(NamedTuple):
    """What create_group_replica() answers."""

    target_group: types.GroupRef
    job: Job
    synchronization: types.SyncRef


class CreateGroupReplicaExResult(NamedTuple):
    """What create_group_replica_ex() answers."""

    target_group: types.GroupRef
    job: Job
    synchronization: types.SyncRef


class CreateSynchronizationAspectResult(NamedTuple):
    """What create_synchronization_aspect() answers."""

    job: Job
    settings_state: types.SettingsStateRef


class ModifyReplicaSynchronizationResult(NamedTuple):
    """What modify_replica_synchronization() answers."""

    job: Job
    settings_state: types.SettingsStateRef
    updated_synchronization: types.SyncRef


class ModifyListSynchronizationResult(NamedTuple):
    """What modify_list_synchronization() answers."""

    job: Job
    settings_state: list[types.SettingsStateRef]
    updated_synchronizations: list[types.SyncRef]


class ModifySettingsDefineStateResult(NamedTuple):
    """What modify_settings_define_state() answers."""

    target_element: types.ElementRef
    target_group: types.GroupRef
    synchronization: types.SyncRef
    job: Job


class GetAvailableTargetElementsResult(NamedTuple):
    """What get_available_target_elements() answers."""

    job: Job
    candidates: list[types.ElementRef]


class GetPeerSystemsResult(NamedTuple):
    """What get_peer_systems() answers."""

    job: Job
    systems: list[types.SystemRef]
    local_access_points: list[types.AccessPointRef]
    remote_access_points: list[types.AccessPointRef]


class GetReplicationRelationshipsResult(NamedTuple):
    """What get_replication_relationships() answers."""

    job: Job
    synchronizations: list[types.SyncRef]


class GetServiceAccessPointsResult(NamedTuple):
    """What get_service_access_points() answers."""

    job: Job
    service_access_points: list[types.AccessPointRef]


class CreateListReplicaResult(NamedTuple):
    """What create_list_replica() answers."""

    target_elements: list[types.ElementRef]
    job: Job
    synchronizations: list[types.SyncRef]


class CreateGroupReplicaFromElementsResult(NamedTuple):
    """What create_group_replica_from_elements() answers."""

    source_group: types.GroupRef
    source_group_name: str
    target_group: types.GroupRef
    target_group_name: str
    job: Job
    synchronization: types.SyncRef


class GetReplicationRelationshipInstancesResult(NamedTuple):
    """What get_replication_relationship_instances() answers."""

    job: Job
    synchronizations: list[str]


class ModifyListSettingsDefineStateResult(NamedTuple):
    """What modify_list_settings_define_state() answers."""

    target_elements: list[types.ElementRef]
    target_groups: list[types.GroupRef]
    synchronizations: list[types.SyncRef]
    job: Job


class CreateRemoteReplicationCollectionResult(NamedTuple):
    """What create_remote_replication_collection() answers."""

    job: Job
    connectivity_collection: types.CollectionRef


class AddElementsToGroupSynchronizedResult(NamedTuple):
    """What add_elements_to_group_synchronized() answers."""

    job: Job
    synchronizations: list[types.SyncRef]


class CreateGroupReplicaFromElementSynchronizationsResult(NamedTuple):
    """What create_group_replica_from_element_synchronizations() answers."""

    source_group_name: str
    source_group: types.GroupRef
    target_group_name: str
    target_group: types.GroupRef
    job: Job
    group_synchronization: types.SyncRef


class GetSynchronizationAspectInstancesResult(NamedTuple):
    """What get_synchronization_aspect_instances() answers."""

    job: Job
    synchronization_aspects: list[str]


class GetSynchronizationAspectsResult(NamedTuple):
    """What get_synchronization_aspects() answers."""

    job: Job
    synchronization_aspects: list[types.AspectRef]


class CreateListSynchronizationAspectResult(NamedTuple):
    """What create_list_synchronization_aspect() answers."""

    job: Job
    settings_states: list[types.SettingsStateRef]


_element_register = m.Call(
    "replsvc_element_register",
    [
        m.Text("name"),
        m.Text("locator"),
        m.RecordIn("options", types.ElementOptions),
        m.RefOut("element", types.ElementRef),
    ],
    None,
    False,
)

_element_create = m.Call(
    "replsvc_element_create",
    [
        m.Text("name"),
        m.RefIn("pool", types.PoolRef),
        m.Int("size_bytes", c.c_uint64),
        m.RefIn("goal", types.SettingRef),
        m.RefOut("element", types.ElementRef),
    ],
    None,
    False,
)

_element_unregister = m.Call(
    "replsvc_element_unregister",
    [
        m.RefIn("element", types.ElementRef),
        m.Bool("remove_data"),
    ],
    None,
    False,
)

_element_get_info = m.Call(
    "replsvc_element_get_info",
    [
        m.RefIn("element", types.ElementRef),
        m.RecordOut("info", types.ElementInfo),
    ],
    None,
    False,
)

_element_list = m.Call(
    "replsvc_element_list",
    [
        m.RefsOut("elements", types.ElementRef),
    ],
    None,
    False,
)

_element_find = m.Call(
    "replsvc_element_find",
    [
        m.Text("name"),
        m.RefOut("element", types.ElementRef),
    ],
    None,
    False,
)

_pool_register = m.Call(
    "replsvc_pool_register",
    [
        m.Text("name"),
        m.Text("locator"),
        m.RecordIn("options", types.PoolOptions),
        m.RefOut("pool", types.PoolRef),
    ],
    None,
    False,
)

_pool_unregister = m.Call(
    "replsvc_pool_unregister",
    [
        m.RefIn("pool", types.PoolRef),
    ],
    None,
    False,
)

_pool_get_info = m.Call(
    "replsvc_pool_get_info",
    [
        m.RefIn("pool", types.PoolRef),
        m.RecordOut("info", types.PoolInfo),
    ],
    None,
    False,
)

_pool_list = m.Call(
    "replsvc_pool_list",
    [
        m.RefsOut("pools", types.PoolRef),
    ],
    None,
    False,
)

_pool_find = m.Call(
    "replsvc_pool_find",
    [
        m.Text("name"),
        m.RefOut("pool", types.PoolRef),
    ],
    None,
    False,
)

_setting_create = m.Call(
    "replsvc_setting_create",
    [
        m.RecordIn("goal", types.SettingGoal),
        m.RefOut("setting", types.SettingRef),
    ],
    None,
    False,
)

_setting_get = m.Call(
    "replsvc_setting_get",
    [
        m.RefIn("setting", types.SettingRef),
        m.RecordOut("goal", types.SettingGoal),
    ],
    None,
    False,
)

_setting_delete = m.Call(
    "replsvc_setting_delete",
    [
        m.RefIn("setting", types.SettingRef),
    ],
    None,
    False,
)

_group_get_info = m.Call(
    "replsvc_group_get_info",
    [
        m.RefIn("group", types.GroupRef),
        m.RecordOut("info", types.GroupInfo),
    ],
    None,
    False,
)

_group_get_members = m.Call(
    "replsvc_group_get_members",
    [
        m.RefIn("group", types.GroupRef),
        m.RefsOut("members", types.ElementRef),
    ],
    None,
    False,
)

_group_list = m.Call(
    "replsvc_group_list",
    [
        m.RefsOut("groups", types.GroupRef),
    ],
    None,
    False,
)

_group_find = m.Call(
    "replsvc_group_find",
    [
        m.Text("name"),
        m.RefOut("group", types.GroupRef),
    ],
    None,
    False,
)

_sync_get_info = m.Call(
    "replsvc_sync_get_info",
    [
        m.RefIn("synchronization", types.SyncRef),
        m.RecordOut("info", types.SyncInfo),
    ],
    None,
    False,
)

_sync_list = m.Call(
    "replsvc_sync_list",
    [
        m.RefsOut("synchronizations", types.SyncRef),
    ],
    None,
    False,
)

_sync_find = m.Call(
    "replsvc_sync_find",
    [
        m.Text("name"),
        m.RefOut("synchronization", types.SyncRef),
    ],
    None,
    False,
)

_sync_find_by_target = m.Call(
    "replsvc_sync_find_by_target",
    [
        m.RefIn("target", types.ElementRef),
        m.RefOut("synchronization", types.SyncRef),
    ],
    None,
    False,
)

_sync_get_pairs = m.Call(
    "replsvc_sync_get_pairs",
    [
        m.RefIn("synchronization", types.SyncRef),
        m.RefsOut("pairs", types.SyncRef),
    ],
    None,
    False,
)

_sync_set_limit = m.Call(
    "replsvc_sync_set_limit",
    [
        m.RefIn("synchronization", types.SyncRef),
        m.Int("bytes_per_second", c.c_uint64),
    ],
    None,
    False,
)

_service_set_limit = m.Call(
    "replsvc_service_set_limit",
    [
        m.Int("bytes_per_second", c.c_uint64),
    ],
    None,
    False,
)

_aspect_get_info = m.Call(
    "replsvc_aspect_get_info",
    [
        m.RefIn("aspect", types.AspectRef),
        m.RecordOut("info", types.AspectInfo),
    ],
    None,
    False,
)

_settings_state_get_info = m.Call(
    "replsvc_settings_state_get_info",
    [
        m.RefIn("settings_state", types.SettingsStateRef),
        m.RecordOut("info", types.SettingsStateInfo),
    ],
    None,
    False,
)

_access_point_get_info = m.Call(
    "replsvc_access_point_get_info",
    [
        m.RefIn("access_point", types.AccessPointRef),
        m.RecordOut("info", types.AccessPointInfo),
    ],
    None,
    False,
)

_system_get_info = m.Call(
    "replsvc_system_get_info",
    [
        m.RefIn("system", types.SystemRef),
        m.RecordOut("info", types.SystemInfo),
    ],
    None,
    False,
)

_collection_get_info = m.Call(
    "replsvc_collection_get_info",
    [
        m.RefIn("collection", types.CollectionRef),
        m.RecordOut("info", types.CollectionInfo),
    ],
    None,
    False,
)

_collection_get_access_points = m.Call(
    "replsvc_collection_get_access_points",
    [
        m.RefIn("collection", types.CollectionRef),
        m.RefsOut("local_access_points", types.AccessPointRef),
        m.RefsOut("remote_access_points", types.AccessPointRef),
    ],
    CollectionGetAccessPointsResult,
    False,
)

_collection_list = m.Call(
    "replsvc_collection_list",
    [
        m.RefsOut("collections", types.CollectionRef),
    ],
    None,
    False,
)

_collection_find = m.Call(
    "replsvc_collection_find",
    [
        m.Text("name"),
        m.RefOut("collection", types.CollectionRef),
    ],
    None,
    False,
)

_collection_delete = m.Call(
    "replsvc_collection_delete",
    [
        m.RefIn("collection", types.CollectionRef),
    ],
    None,
    False,
)

_entity_get_info = m.Call(
    "replsvc_entity_get_info",
    [
        m.RefIn("entity", types.EntityRef),
        m.RecordOut("info", types.EntityInfo),
    ],
    None,
    False,
)

_entity_list = m.Call(
    "replsvc_entity_list",
    [
        m.RefsOut("entities", types.EntityRef),
    ],
    None,
    False,
)

_entity_delete = m.Call(
    "replsvc_entity_delete",
    [
        m.RefIn("entity", types.EntityRef),
    ],
    None,
    False,
)

_replication_settings_format = m.Call(
    "replsvc_replication_settings_format",
    [
        m.RecordIn("settings", types.ReplicationSettings),
        m.Int("encoding", c.c_uint32),
        m.OutText("text"),
    ],
    None,
    False,
)

_replication_settings_parse = m.Call(
    "replsvc_replication_settings_parse",
    [
        m.Text("text"),
        m.RecordOut("settings", types.ReplicationSettings),
    ],
    None,
    False,
)

_backend_load = m.Call(
    "replsvc_backend_load",
    [
        m.Text("path"),
    ],
    None,
    False,
)

_convert_sync_type_to_replication_type = m.Call(
    "replsvc_convert_sync_type_to_replication_type",
    [
        m.Int("sync_type", c.c_uint16),
        m.Int("mode", c.c_uint16),
        m.Int("local_or_remote", c.c_uint16),
        m.IntOut("supported_replication_types", c.c_uint16, enums.ReplicationType),
    ],
    None,
    False,
)

_convert_replication_type_to_sync_type = m.Call(
    "replsvc_convert_replication_type_to_sync_type",
    [
        m.Int("replication_type", c.c_uint16),
        m.IntOut("sync_type", c.c_uint16, enums.SyncType),
        m.IntOut("mode", c.c_uint16, enums.Mode),
        m.IntOut("local_or_remote", c.c_uint16, enums.Locality),
    ],
    ConvertReplicationTypeToSyncTypeResult,
    False,
)

_get_supported_copy_states = m.Call(
    "replsvc_get_supported_copy_states",
    [
        m.Int("replication_type", c.c_uint16),
        m.IntsOut("supported_copy_states", c.c_uint16, enums.CopyState),
        m.IntsOut("host_accessible", c.c_bool, bool),
        m.SettingData("replication_setting_data"),
        m.Int("operation", c.c_uint16),
    ],
    GetSupportedCopyStatesResult,
    False,
)

_get_supported_group_copy_states = m.Call(
    "replsvc_get_supported_group_copy_states",
    [
        m.Int("replication_type", c.c_uint16),
        m.IntsOut("supported_copy_states", c.c_uint16, enums.CopyState),
        m.SettingData("replication_setting_data"),
        m.Int("operation", c.c_uint16),
    ],
    None,
    False,
)

_get_supported_wait_for_copy_states = m.Call(
    "replsvc_get_supported_wait_for_copy_states",
    [
        m.Int("replication_type", c.c_uint16),
        m.Int("method_name", c.c_uint16),
        m.IntsOut("supported_copy_states", c.c_uint16, enums.CopyState),
        m.SettingData("replication_setting_data"),
        m.Int("operation", c.c_uint16),
    ],
    None,
    False,
)

_get_supported_features = m.Call(
    "replsvc_get_supported_features",
    [
        m.Int("replication_type", c.c_uint16),
        m.IntsOut("features", c.c_uint16, enums.Feature),
        m.SettingData("replication_setting_data"),
    ],
    None,
    False,
)

_get_supported_group_features = m.Call(
    "replsvc_get_supported_group_features",
    [
        m.Int("replication_type", c.c_uint16),
        m.IntsOut("group_features", c.c_uint16, enums.GroupFeature),
        m.SettingData("replication_setting_data"),
    ],
    None,
    False,
)

_get_supported_consistency = m.Call(
    "replsvc_get_supported_consistency",
    [
        m.Int("replication_type", c.c_uint16),
        m.IntsOut("supported_consistency", c.c_uint16, enums.Consistency),
        m.SettingData("replication_setting_data"),
    ],
    None,
    False,
)

_get_supported_operations = m.Call(
    "replsvc_get_supported_operations",
    [
        m.Int("replication_type", c.c_uint16),
        m.IntsOut("supported_operations", c.c_uint16, enums.Operation),
        m.SettingData("replication_setting_data"),
        m.Int("copy_state", c.c_uint16),
        m.IntsOut("service_controlling", c.c_uint16, enums.ServiceControlling),
        m.IntsOut("requires_force", c.c_bool, bool),
        m.IntsOut("updates_synchronized_path", c.c_bool, bool),
    ],
    GetSupportedOperationsResult,
    False,
)

_get_supported_group_operations = m.Call(
    "replsvc_get_supported_group_operations",
    [
        m.Int("replication_type", c.c_uint16),
        m.IntsOut("supported_group_operations", c.c_uint16, enums.Operation),
        m.SettingData("replication_setting_data"),
        m.Int("copy_state", c.c_uint16),
        m.IntsOut("service_controlling", c.c_uint16, enums.ServiceControlling),
        m.IntsOut("requires_force", c.c_bool, bool),
        m.IntsOut("updates_synchronized_path", c.c_bool, bool),
    ],
    GetSupportedGroupOperationsResult,
    False,
)

_get_supported_list_operations = m.Call(
    "replsvc_get_supported_list_operations",
    [
        m.Int("replication_type", c.c_uint16),
        m.Int("synchronization_type", c.c_uint16),
        m.IntsOut("supported_list_operations", c.c_uint16, enums.Operation),
        m.SettingData("replication_setting_data"),
        m.Int("copy_state", c.c_uint16),
        m.IntsOut("service_controlling", c.c_uint16, enums.ServiceControlling),
        m.IntsOut("requires_force", c.c_bool, bool),
        m.IntsOut("updates_synchronized_path", c.c_bool, bool),
    ],
    GetSupportedListOperationsResult,
    False,
)

_get_supported_settings_define_state_operations = m.Call(
    "replsvc_get_supported_settings_define_state_operations",
    [
        m.Int("replication_type", c.c_uint16),
        m.IntsOut("supported_operations", c.c_uint16, enums.SettingsStateOperation),
        m.SettingData("replication_setting_data"),
    ],
    None,
    False,
)

_get_supported_thin_provisioning_features = m.Call(
    "replsvc_get_supported_thin_provisioning_features",
    [
        m.Int("replication_type", c.c_uint16),
        m.IntsOut("supported_thin_provisioning_features", c.c_uint16, enums.ThinProvisioningFeature),
        m.SettingData("replication_setting_data"),
    ],
    None,
    False,
)

_get_supported_maximum = m.Call(
    "replsvc_get_supported_maximum",
    [
        m.Int("replication_type", c.c_uint16),
        m.Int("component", c.c_uint16),
        m.IntOut("max_value", c.c_uint64, int),
        m.SettingData("replication_setting_data"),
    ],
    None,
    False,
)

_get_default_consistency = m.Call(
    "replsvc_get_default_consistency",
    [
        m.Int("replication_type", c.c_uint16),
        m.IntOut("default_consistency", c.c_uint16, enums.Consistency),
        m.SettingData("replication_setting_data"),
    ],
    None,
    False,
)

_get_default_group_persistency = m.Call(
    "replsvc_get_default_group_persistency",
    [
        m.IntOut("default_group_persistency", c.c_uint16, enums.GroupPersistency),
    ],
    None,
    False,
)

_get_supported_replication_setting_data = m.Call(
    "replsvc_get_supported_replication_setting_data",
    [
        m.Int("replication_type", c.c_uint16),
        m.Int("property_name", c.c_uint16),
        m.IntsOut("supported_values", c.c_uint64, int),
        m.SettingData("replication_setting_data"),
    ],
    None,
    False,
)

_get_default_replication_setting_data = m.Call(
    "replsvc_get_default_replication_setting_data",
    [
        m.Int("replication_type", c.c_uint16),
        m.OutText("default_instance"),
    ],
    None,
    False,
)

_get_supported_connection_features = m.Call(
    "replsvc_get_supported_connection_features",
    [
        m.RefIn("connection", types.AccessPointRef),
        m.IntsOut("supported_connection_features", c.c_uint16, enums.ConnectionFeature),
    ],
    None,
    False,
)

_get_synchronization_supported = m.Call(
    "replsvc_get_synchronization_supported",
    [
        m.RefIn("local_element", types.ElementRef),
        m.RefIn("other_element", types.ElementRef),
        m.RefIn("other_element_access_point", types.AccessPointRef),
        m.Int("method_name", c.c_uint16),
        m.SettingData("replication_setting_data"),
        m.IntsOut("sync_types", c.c_uint16, enums.SyncType),
        m.IntsOut("modes", c.c_uint16, enums.Mode),
        m.IntsOut("local_element_role", c.c_uint16, enums.ElementRole),
    ],
    GetSynchronizationSupportedResult,
    False,
)

_get_supported_storage_compression_features = m.Call(
    "replsvc_get_supported_storage_compression_features",
    [
        m.Int("replication_type", c.c_uint16),
        m.IntsOut("supported_storage_compression_features", c.c_uint16, enums.StorageCompressionFeature),
        m.SettingData("replication_setting_data"),
    ],
    None,
    False,
)

_get_supported_tokenized_replication_type = m.Call(
    "replsvc_get_supported_tokenized_replication_type",
    [
        m.RefIn("source_element", types.ElementRef),
        m.RefIn("target_element", types.ElementRef),
        m.RefIn("element_access_point", types.AccessPointRef),
        m.SettingData("replication_setting_data"),
        m.IntsOut("replication_types", c.c_uint16, enums.ReplicationType),
    ],
    None,
    False,
)

_get_element_name_capabilities = m.Call(
    "replsvc_get_element_name_capabilities",
    [
        m.Int("element_type", c.c_uint16),
        m.IntsOut("supported_features", c.c_uint16, enums.NameFeature),
        m.IntOut("max_element_name_len", c.c_uint16, int),
        m.OutText("element_name_mask"),
    ],
    GetElementNameCapabilitiesResult,
    False,
)

_get_supported_list_features = m.Call(
    "replsvc_get_supported_list_features",
    [
        m.Int("replication_type", c.c_uint16),
        m.IntsOut("group_features", c.c_uint16, enums.ListFeature),
        m.SettingData("replication_setting_data"),
    ],
    None,
    False,
)

_get_supported_operations_for_synchronization = m.Call(
    "replsvc_get_supported_operations_for_synchronization",
    [
        m.RefIn("synchronization", types.SyncRef),
        m.SettingData("replication_setting_data"),
        m.IntsOut("supported_operations", c.c_uint16, enums.Operation),
        m.IntsOut("service_controlling", c.c_uint16, enums.ServiceControlling),
        m.IntsOut("requires_force", c.c_bool, bool),
        m.IntsOut("updates_synchronized_path", c.c_bool, bool),
    ],
    GetSupportedOperationsForSynchronizationResult,
    False,
)

_get_supported_replication_types_for_system = m.Call(
    "replsvc_get_supported_replication_types_for_system",
    [
        m.RefIn("system", types.SystemRef),
        m.SettingData("replication_setting_data"),
        m.IntsOut("supported_replication_types", c.c_uint16, enums.ReplicationType),
    ],
    None,
    False,
)

_get_supported_replication_setting_data_date_time = m.Call(
    "replsvc_get_supported_replication_setting_data_date_time",
    [
        m.Int("replication_type", c.c_uint16),
        m.Int("property_name", c.c_uint16),
        m.IntsOut("supported_values", c.c_int64, int),
        m.IntOut("supported_values_indicator", c.c_uint16, enums.SupportedValuesIndicator),
        m.SettingData("replication_setting_data"),
    ],
    GetSupportedReplicationSettingDataDateTimeResult,
    False,
)

_get_supported_replication_types = m.Call(
    "replsvc_get_supported_replication_types",
    [
        m.IntsOut("types", c.c_uint16, enums.ReplicationType),
    ],
    None,
    False,
)

_get_supported_storage_objects = m.Call(
    "replsvc_get_supported_storage_objects",
    [
        m.IntsOut("objects", c.c_uint16, enums.StorageObject),
    ],
    None,
    False,
)

_get_supported_asynchronous_actions = m.Call(
    "replsvc_get_supported_asynchronous_actions",
    [
        m.IntsOut("actions", c.c_uint16, enums.AsynchronousAction),
    ],
    None,
    False,
)

_get_supported_synchronous_actions = m.Call(
    "replsvc_get_supported_synchronous_actions",
    [
        m.IntsOut("actions", c.c_uint16, enums.SynchronousAction),
    ],
    None,
    False,
)

_service_listen = m.Call(
    "replsvc_service_listen",
    [
        m.Text("path"),
        m.RecordIn("options", types.ListenOptions),
    ],
    None,
    False,
)

_service_unlisten = m.Call(
    "replsvc_service_unlisten",
    [
        m.Text("path"),
    ],
    None,
    False,
)

_locator_get_info = m.Call(
    "replsvc_locator_get_info",
    [
        m.Text("locator"),
        m.RecordOut("info", types.ElementInfo),
    ],
    None,
    False,
)

_locator_create = m.Call(
    "replsvc_locator_create",
    [
        m.Text("locator"),
        m.RecordIn("options", types.ImageOptions),
    ],
    None,
    False,
)

_job_get_info = m.Call(
    "replsvc_job_get_info",
    [
        m.RefIn("job", types.JobRef),
        m.RecordOut("info", types.JobInfo),
    ],
    None,
    False,
)

_job_list = m.Call(
    "replsvc_job_list",
    [
        m.RefsOut("jobs", types.JobRef),
    ],
    None,
    False,
)

_job_request_state_change = m.Call(
    "replsvc_job_request_state_change",
    [
        m.RefIn("job", types.JobRef),
        m.Int("requested_state", c.c_uint16),
        m.Int("timeout_period", c.c_int64),
    ],
    None,
    True,
)

_job_get_error = m.Call(
    "replsvc_job_get_error",
    [
        m.RefIn("job", types.JobRef),
        m.OutText("error"),
    ],
    None,
    False,
)

_job_get_errors = m.Call(
    "replsvc_job_get_errors",
    [
        m.RefIn("job", types.JobRef),
        m.TextsOut("errors"),
    ],
    None,
    False,
)

_job_kill = m.Call(
    "replsvc_job_kill",
    [
        m.RefIn("job", types.JobRef),
        m.Bool("delete_on_kill"),
    ],
    None,
    True,
)

_job_modify = m.Call(
    "replsvc_job_modify",
    [
        m.RefIn("job", types.JobRef),
        m.Tristate("delete_on_completion"),
        m.Int("time_before_removal_us", c.c_int64),
        m.Int("priority", c.c_uint32),
    ],
    None,
    False,
)

_job_delete = m.Call(
    "replsvc_job_delete",
    [
        m.RefIn("job", types.JobRef),
    ],
    None,
    False,
)

_create_group = m.Call(
    "replsvc_create_group",
    [
        m.Text("group_name"),
        m.RefsIn("members", types.ElementRef),
        m.Tristate("persistent"),
        m.Tristate("delete_on_empty_element"),
        m.Tristate("delete_on_unassociated"),
        m.RefIn("service_access_point", types.AccessPointRef),
        m.RefOut("replication_group", types.GroupRef),
        m.SettingData("replication_setting_data"),
    ],
    None,
    False,
)

_create_group_ex = m.Call(
    "replsvc_create_group_ex",
    [
        m.Text("group_name"),
        m.RefsIn("members", types.ElementRef),
        m.Tristate("persistent"),
        m.Tristate("delete_on_empty_element"),
        m.Tristate("delete_on_unassociated"),
        m.RefIn("service_access_point", types.AccessPointRef),
        m.RefOut("replication_group", types.GroupRef),
        m.SettingData("replication_setting_data"),
        m.Int("reserved_as", c.c_uint16),
    ],
    None,
    False,
)

_delete_group = m.Call(
    "replsvc_delete_group",
    [
        m.RefIn("replication_group", types.GroupRef),
        m.RefIn("service_access_point", types.AccessPointRef),
        m.Tristate("remove_elements"),
        m.SettingData("replication_setting_data"),
    ],
    None,
    False,
)

_add_members = m.Call(
    "replsvc_add_members",
    [
        m.RefsIn("members", types.ElementRef),
        m.RefIn("replication_group", types.GroupRef),
        m.RefIn("service_access_point", types.AccessPointRef),
        m.SettingData("replication_setting_data"),
    ],
    None,
    False,
)

_remove_members = m.Call(
    "replsvc_remove_members",
    [
        m.RefsIn("members", types.ElementRef),
        m.Tristate("delete_on_empty_element"),
        m.RefIn("replication_group", types.GroupRef),
        m.RefIn("service_access_point", types.AccessPointRef),
        m.SettingData("replication_setting_data"),
    ],
    None,
    False,
)

_create_element_replica = m.Call(
    "replsvc_create_element_replica",
    [
        m.Text("element_name"),
        m.Int("sync_type", c.c_uint16),
        m.Int("mode", c.c_uint16),
        m.RefIn("source_element", types.ElementRef),
        m.RefIn("source_access_point", types.AccessPointRef),
        m.RefInOut("target_element", types.ElementRef),
        m.RefIn("target_access_point", types.AccessPointRef),
        m.SettingData("replication_setting_data"),
        m.RefOut("job", types.JobRef),
        m.RefOut("synchronization", types.SyncRef),
        m.RefIn("target_setting_goal", types.SettingRef),
        m.RefIn("target_pool", types.PoolRef),
        m.Int("wait_for_copy_state", c.c_uint16),
        m.RefIn("connectivity_collection", types.CollectionRef),
        m.RefsIn("collections", types.CollectionRef),
    ],
    CreateElementReplicaResult,
    False,
)

_create_group_replica = m.Call(
    "replsvc_create_group_replica",
    [
        m.Text("relationship_name"),
        m.Int("sync_type", c.c_uint16),
        m.Int("mode", c.c_uint16),
        m.RefIn("source_group", types.GroupRef),
        m.RefIn("source_element", types.ElementRef),
        m.RefIn("source_access_point", types.AccessPointRef),
        m.RefInOut("target_group", types.GroupRef),
        m.Int("target_element_count", c.c_uint64),
        m.RefIn("target_access_point", types.AccessPointRef),
        m.Int("consistency", c.c_uint16),
        m.SettingData("replication_setting_data"),
        m.RefOut("job", types.JobRef),
        m.RefOut("synchronization", types.SyncRef),
        m.RefIn("target_setting_goal", types.SettingRef),
        m.RefIn("target_pool", types.PoolRef),
        m.Int("wait_for_copy_state", c.c_uint16),
    ],
    CreateGroupReplicaResult,
    False,
)

_create_group_replica_ex = m.Call(
    "replsvc_create_group_replica_ex",
    [
        m.Text("relationship_name"),
        m.Int("sync_type", c.c_uint16),
        m.Int("mode", c.c_uint16),
        m.RefIn("source_group", types.GroupRef),
        m.RefIn("source_element", types.ElementRef),
        m.RefIn("source_access_point", types.AccessPointRef),
        m.RefInOut("target_group", types.GroupRef),
        m.Int("target_element_count", c.c_uint64),
        m.RefIn("target_access_point", types.AccessPointRef),
        m.Int("consistency", c.c_uint16),
        m.SettingData("replication_setting_data"),
        m.RefOut("job", types.JobRef),
        m.RefOut("synchronization", types.SyncRef),
        m.RefIn("target_setting_goal", types.SettingRef),
        m.RefIn("target_pool", types.PoolRef),
        m.Int("wait_for_copy_state", c.c_uint16),
        m.RefIn("connectivity_collection", types.CollectionRef),
        m.RefsIn("collections", types.CollectionRef),
    ],
    CreateGroupReplicaExResult,
    False,
)

_create_synchronization_aspect = m.Call(
    "replsvc_create_synchronization_aspect",
    [
        m.Text("name"),
        m.Int("sync_type", c.c_uint16),
        m.Int("mode", c.c_uint16),
        m.RefIn("source_group", types.GroupRef),
        m.RefIn("source_element", types.ElementRef),
        m.RefIn("source_access_point", types.AccessPointRef),
        m.Int("consistency", c.c_uint16),
        m.SettingData("replication_setting_data"),
        m.RefOut("job", types.JobRef),
        m.RefOut("settings_state", types.SettingsStateRef),
    ],
    CreateSynchronizationAspectResult,
    False,
)

_modify_replica_synchronization = m.Call(
    "replsvc_modify_replica_synchronization",
    [
        m.Int("operation", c.c_uint16),
        m.RefIn("synchronization", types.SyncRef),
        m.SettingData("replication_setting_data"),
        m.RefsIn("sync_pair", types.SyncRef),
        m.RefOut("job", types.JobRef),
        m.RefOut("settings_state", types.SettingsStateRef),
        m.Tristate("force"),
        m.Int("wait_for_copy_state", c.c_uint16),
        m.RefOut("updated_synchronization", types.SyncRef),
    ],
    ModifyReplicaSynchronizationResult,
    False,
)

_modify_list_synchronization = m.Call(
    "replsvc_modify_list_synchronization",
    [
        m.Int("operation", c.c_uint16),
        m.RefsIn("synchronization", types.SyncRef),
        m.SettingData("replication_setting_data"),
        m.RefOut("job", types.JobRef),
        m.RefsOut("settings_state", types.SettingsStateRef),
        m.Tristate("force"),
        m.Int("wait_for_copy_state", c.c_uint16),
        m.RefsOut("updated_synchronizations", types.SyncRef),
    ],
    ModifyListSynchronizationResult,
    False,
)

_modify_settings_define_state = m.Call(
    "replsvc_modify_settings_define_state",
    [
        m.Int("operation", c.c_uint16),
        m.RefIn("settings_state", types.SettingsStateRef),
        m.RefInOut("target_element", types.ElementRef),
        m.RefInOut("target_group", types.GroupRef),
        m.Int("target_element_count", c.c_uint64),
        m.RefIn("target_access_point", types.AccessPointRef),
        m.RefOut("synchronization", types.SyncRef),
        m.SettingData("replication_setting_data"),
        m.RefOut("job", types.JobRef),
        m.RefIn("target_setting_goal", types.SettingRef),
        m.RefIn("target_pool", types.PoolRef),
        m.Int("wait_for_copy_state", c.c_uint16),
        m.Text("element_name"),
        m.RefsIn("collections", types.CollectionRef),
    ],
    ModifySettingsDefineStateResult,
    False,
)

_get_available_target_elements = m.Call(
    "replsvc_get_available_target_elements",
    [
        m.RefIn("source_element", types.ElementRef),
        m.Int("sync_type", c.c_uint16),
        m.Int("mode", c.c_uint16),
        m.SettingData("replication_setting_data"),
        m.RefIn("target_access_point", types.AccessPointRef),
        m.RefIn("target_setting_goal", types.SettingRef),
        m.RefsIn("target_pools", types.PoolRef),
        m.RefOut("job", types.JobRef),
        m.RefsOut("candidates", types.ElementRef),
        m.Int("max_element_count", c.c_uint16),
    ],
    GetAvailableTargetElementsResult,
    False,
)

_get_peer_systems = m.Call(
    "replsvc_get_peer_systems",
    [
        m.Int("options", c.c_uint16),
        m.RefOut("job", types.JobRef),
        m.RefsOut("systems", types.SystemRef),
        m.RefsOut("local_access_points", types.AccessPointRef),
        m.RefsOut("remote_access_points", types.AccessPointRef),
    ],
    GetPeerSystemsResult,
    False,
)

_get_replication_relationships = m.Call(
    "replsvc_get_replication_relationships",
    [
        m.Int("type", c.c_uint16),
        m.Int("sync_type", c.c_uint16),
        m.Int("mode", c.c_uint16),
        m.Int("locality", c.c_uint16),
        m.Int("copy_state", c.c_uint16),
        m.RefOut("job", types.JobRef),
        m.RefsOut("synchronizations", types.SyncRef),
        m.SettingData("replication_setting_data"),
    ],
    GetReplicationRelationshipsResult,
    False,
)

_get_service_access_points = m.Call(
    "replsvc_get_service_access_points",
    [
        m.RefIn("system", types.SystemRef),
        m.RefOut("job", types.JobRef),
        m.RefsOut("service_access_points", types.AccessPointRef),
    ],
    GetServiceAccessPointsResult,
    False,
)

_add_replication_entity = m.Call(
    "replsvc_add_replication_entity",
    [
        m.Text("replication_entity"),
        m.Tristate("persistent"),
        m.Text("instance_namespace"),
        m.RefOut("replication_entity_path", types.EntityRef),
    ],
    None,
    False,
)

_add_service_access_point = m.Call(
    "replsvc_add_service_access_point",
    [
        m.Text("service_access_point"),
        m.Text("instance_namespace"),
        m.RefOut("service_access_point_path", types.AccessPointRef),
    ],
    None,
    False,
)

_add_shared_secret = m.Call(
    "replsvc_add_shared_secret",
    [
        m.Text("shared_secret"),
        m.RefIn("service_access_point", types.AccessPointRef),
        m.Text("instance_namespace"),
        m.RefOut("shared_secret_path", types.SecretRef),
    ],
    None,
    False,
)

_create_list_replica = m.Call(
    "replsvc_create_list_replica",
    [
        m.TextsIn("element_names"),
        m.Int("sync_type", c.c_uint16),
        m.Int("mode", c.c_uint16),
        m.RefsIn("source_elements", types.ElementRef),
        m.RefIn("source_access_point", types.AccessPointRef),
        m.RefsInOut("target_elements", types.ElementRef),
        m.RefIn("target_access_point", types.AccessPointRef),
        m.SettingData("replication_setting_data"),
        m.RefOut("job", types.JobRef),
        m.RefsOut("synchronizations", types.SyncRef),
        m.RefIn("target_setting_goal", types.SettingRef),
        m.RefIn("target_pool", types.PoolRef),
        m.Int("wait_for_copy_state", c.c_uint16),
        m.RefIn("connectivity_collection", types.CollectionRef),
        m.Int("consistency", c.c_uint16),
        m.RefsIn("collections", types.CollectionRef),
    ],
    CreateListReplicaResult,
    False,
)

_create_group_replica_from_elements = m.Call(
    "replsvc_create_group_replica_from_elements",
    [
        m.Text("relationship_name"),
        m.Int("sync_type", c.c_uint16),
        m.Int("mode", c.c_uint16),
        m.RefInOut("source_group", types.GroupRef),
        m.RefsIn("source_elements", types.ElementRef),
        m.NameInOut("source_group_name"),
        m.RefIn("source_access_point", types.AccessPointRef),
        m.RefInOut("target_group", types.GroupRef),
        m.NameInOut("target_group_name"),
        m.RefsIn("target_elements", types.ElementRef),
        m.TextsIn("target_element_names"),
        m.RefIn("target_access_point", types.AccessPointRef),
        m.Int("consistency", c.c_uint16),
        m.SettingData("replication_setting_data"),
        m.RefOut("job", types.JobRef),
        m.RefOut("synchronization", types.SyncRef),
        m.RefIn("target_setting_goal", types.SettingRef),
        m.RefIn("target_pool", types.PoolRef),
        m.RefsIn("target_pools", types.PoolRef),
        m.Int("wait_for_copy_state", c.c_uint16),
        m.RefIn("connectivity_collection", types.CollectionRef),
        m.RefsIn("collections", types.CollectionRef),
    ],
    CreateGroupReplicaFromElementsResult,
    False,
)

_get_replication_relationship_instances = m.Call(
    "replsvc_get_replication_relationship_instances",
    [
        m.Int("type", c.c_uint16),
        m.Int("sync_type", c.c_uint16),
        m.Int("mode", c.c_uint16),
        m.Int("locality", c.c_uint16),
        m.Int("copy_state", c.c_uint16),
        m.RefOut("job", types.JobRef),
        m.TextsOut("synchronizations"),
        m.SettingData("replication_setting_data"),
    ],
    GetReplicationRelationshipInstancesResult,
    False,
)

_modify_list_settings_define_state = m.Call(
    "replsvc_modify_list_settings_define_state",
    [
        m.Int("operation", c.c_uint16),
        m.RefsIn("settings_states", types.SettingsStateRef),
        m.RefsInOut("target_elements", types.ElementRef),
        m.RefsInOut("target_groups", types.GroupRef),
        m.Int("target_element_count", c.c_uint64),
        m.RefIn("target_access_point", types.AccessPointRef),
        m.RefsOut("synchronizations", types.SyncRef),
        m.SettingData("replication_setting_data"),
        m.RefOut("job", types.JobRef),
        m.RefsIn("target_setting_goals", types.SettingRef),
        m.RefsIn("target_pools", types.PoolRef),
        m.Int("wait_for_copy_state", c.c_uint16),
        m.TextsIn("element_names"),
        m.RefsIn("collections", types.CollectionRef),
    ],
    ModifyListSettingsDefineStateResult,
    False,
)

_add_to_remote_replication_collection = m.Call(
    "replsvc_add_to_remote_replication_collection",
    [
        m.RefsIn("local_access_points", types.AccessPointRef),
        m.RefsIn("remote_access_points", types.AccessPointRef),
        m.RefIn("remote_computer_system", types.SystemRef),
        m.RefOut("job", types.JobRef),
        m.RefIn("connectivity_collection", types.CollectionRef),
    ],
    None,
    False,
)

_create_remote_replication_collection = m.Call(
    "replsvc_create_remote_replication_collection",
    [
        m.Text("element_name"),
        m.RefsIn("local_access_points", types.AccessPointRef),
        m.RefsIn("remote_access_points", types.AccessPointRef),
        m.RefIn("remote_computer_system", types.SystemRef),
        m.Tristate("active"),
        m.Tristate("delete_on_unassociated"),
        m.RefOut("job", types.JobRef),
        m.RefOut("connectivity_collection", types.CollectionRef),
        m.SettingData("replication_setting_data"),
    ],
    CreateRemoteReplicationCollectionResult,
    False,
)

_remove_from_remote_replication_collection = m.Call(
    "replsvc_remove_from_remote_replication_collection",
    [
        m.RefsIn("local_access_points", types.AccessPointRef),
        m.RefsIn("remote_access_points", types.AccessPointRef),
        m.RefIn("remote_computer_system", types.SystemRef),
        m.RefOut("job", types.JobRef),
        m.RefIn("connectivity_collection", types.CollectionRef),
    ],
    None,
    False,
)

_add_elements_to_group_synchronized = m.Call(
    "replsvc_add_elements_to_group_synchronized",
    [
        m.RefIn("synchronized", types.SyncRef),
        m.RefsIn("source_elements", types.ElementRef),
        m.RefsIn("target_elements", types.ElementRef),
        m.RefIn("source_access_point", types.AccessPointRef),
        m.RefIn("target_access_point", types.AccessPointRef),
        m.Int("consistency", c.c_uint16),
        m.SettingData("replication_setting_data"),
        m.RefOut("job", types.JobRef),
        m.RefsOut("synchronizations", types.SyncRef),
        m.Int("wait_for_copy_state", c.c_uint16),
    ],
    AddElementsToGroupSynchronizedResult,
    False,
)

_confirm_target_data = m.Call(
    "replsvc_confirm_target_data",
    [
        m.RefIn("synchronized", types.SyncRef),
        m.RefIn("source_access_point", types.AccessPointRef),
        m.RefIn("target_access_point", types.AccessPointRef),
        m.SettingData("replication_setting_data"),
        m.RefOut("job", types.JobRef),
        m.RefIn("connectivity_collection", types.CollectionRef),
        m.Int("wait_time", c.c_int64),
    ],
    None,
    False,
)

_create_group_replica_from_element_synchronizations = m.Call(
    "replsvc_create_group_replica_from_element_synchronizations",
    [
        m.Text("relationship_name"),
        m.RefsIn("element_synchronizations", types.SyncRef),
        m.NameInOut("source_group_name"),
        m.RefInOut("source_group", types.GroupRef),
        m.RefIn("source_access_point", types.AccessPointRef),
        m.NameInOut("target_group_name"),
        m.RefInOut("target_group", types.GroupRef),
        m.RefIn("target_access_point", types.AccessPointRef),
        m.Int("consistency", c.c_uint16),
        m.SettingData("replication_setting_data"),
        m.RefOut("job", types.JobRef),
        m.RefOut("group_synchronization", types.SyncRef),
        m.Int("wait_for_copy_state", c.c_uint16),
    ],
    CreateGroupReplicaFromElementSynchronizationsResult,
    False,
)

_get_synchronization_aspect_instances = m.Call(
    "replsvc_get_synchronization_aspect_instances",
    [
        m.Int("sync_type", c.c_uint16),
        m.Int("mode", c.c_uint16),
        m.Int("locality", c.c_uint16),
        m.Int("sync_state", c.c_uint16),
        m.RefOut("job", types.JobRef),
        m.Tristate("cached_data"),
        m.SettingData("replication_setting_data"),
        m.TextsOut("synchronization_aspects"),
    ],
    GetSynchronizationAspectInstancesResult,
    False,
)

_get_synchronization_aspects = m.Call(
    "replsvc_get_synchronization_aspects",
    [
        m.Int("sync_type", c.c_uint16),
        m.Int("mode", c.c_uint16),
        m.Int("locality", c.c_uint16),
        m.Int("sync_state", c.c_uint16),
        m.RefOut("job", types.JobRef),
        m.Tristate("cached_data"),
        m.SettingData("replication_setting_data"),
        m.RefsOut("synchronization_aspects", types.AspectRef),
    ],
    GetSynchronizationAspectsResult,
    False,
)

_create_list_synchronization_aspect = m.Call(
    "replsvc_create_list_synchronization_aspect",
    [
        m.TextsIn("names"),
        m.Int("sync_type", c.c_uint16),
        m.Int("mode", c.c_uint16),
        m.RefsIn("source_elements", types.ElementRef),
        m.RefIn("source_access_point", types.AccessPointRef),
        m.Int("consistency", c.c_uint16),
        m.SettingData("replication_setting_data"),
        m.RefOut("job", types.JobRef),
        m.RefsOut("settings_states", types.SettingsStateRef),
    ],
    CreateListSynchronizationAspectResult,
    False,
)

_element_get_statistics = m.Call(
    "replsvc_element_get_statistics",
    [
        m.RefIn("element", types.ElementRef),
        m.RecordOut("statistics", types.ElementStatistics),
    ],
    None,
    False,
)

_sync_get_statistics = m.Call(
    "replsvc_sync_get_statistics",
    [
        m.RefIn("synchronization", types.SyncRef),
        m.RecordOut("statistics", types.SyncStatistics),
    ],
    None,
    False,
)

_service_get_statistics = m.Call(
    "replsvc_service_get_statistics",
    [
        m.RecordOut("statistics", types.ServiceStatistics),
    ],
    None,
    False,
)

_vhdx_get_info = m.Call(
    "replsvc_vhdx_get_info",
    [
        m.Text("path"),
        m.RecordOut("info", types.VhdxInfo),
    ],
    None,
    False,
)

_vhdx_allow_roots = m.Call(
    "replsvc_vhdx_allow_roots",
    [
        m.TextsIn("roots"),
    ],
    None,
    False,
)

_vhdx_merge = m.Call(
    "replsvc_vhdx_merge",
    [
        m.Text("child"),
        m.TextsIn("roots"),
    ],
    None,
    False,
)

_vhdx_collapse = m.Call(
    "replsvc_vhdx_collapse",
    [
        m.Text("child"),
        m.Text("into"),
        m.TextsIn("roots"),
        m.Int("flags", c.c_uint32),
    ],
    None,
    False,
)


class ServiceCalls:
    """Every function whose first parameter is the service."""

    def _call(self, call: m.Call, *arguments: Any) -> Any:
        raise NotImplementedError

    def element_register(
        self,
        locator: StrPath,
        *,
        name: str | None = None,
        options: types.ElementOptions | None = None,
    ) -> types.ElementRef:
        """Make an existing image or device known as an element.

        The image is opened to look at it, and not changed.

        :param name: ElementName, at most 255 bytes, unique among the elements; None: the locator's last part,
            made unique
        :param locator: where it is: "scheme:path" with the scheme of a backend ("file:/srv/a.img"); at most
            4095 bytes
        :param options: None: defaults
        :returns: the element
        :raises NotSupported: there is no backend of that scheme
        :raises Failed: an I/O error or no memory
        :raises InvalidParameter: the locator is wrong, nothing is there, or it is no image of that kind; the
            name is in use
        :raises InUse: the image is registered already, or locked by another program
        """
        return self._call(_element_register, name, locator, options)

    def element_create(
        self,
        size_bytes: int,
        *,
        name: str | None = None,
        pool: str | None = None,
        goal: str | None = None,
    ) -> types.ElementRef:
        """Make a new element in a pool.

        :param name: ElementName, at most 255 bytes, unique among the elements; None: generated
        :param pool: where to make it; None: the service chooses
        :param size_bytes: bytes a host will see; a multiple of 512. In a pool of devices it is the least: the
            element has the size of the device, which is filled with zeroes before the call returns
        :param goal: what it should be like; None: as the pool says
        :returns: the element
        :raises NotSupported: the pool cannot make such elements
        :raises Failed: an I/O error, no space or no memory; nothing was made
        :raises InvalidParameter: a parameter is wrong or the name is in use
        """
        return self._call(_element_create, name, pool, size_bytes, goal)

    def element_unregister(
        self,
        element: str,
        *,
        remove_data: bool = False,
    ) -> None:
        """Forget an element.

        :param element: the element
        :param remove_data: also remove the image, if the service made it; an image that was registered is
            never removed
        :raises Failed: an I/O error: the element is still there
        :raises InvalidParameter: no such element
        :raises InUse: it is in a relationship or group, or a volume is open on it
        """
        return self._call(_element_unregister, element, remove_data)

    def element_get_info(
        self,
        element: str,
    ) -> types.ElementInfo:
        """Properties of an element.

        :param element: the element
        :returns: set size before; the library fills what fits
        :raises InvalidParameter: no such element, or info is None or has no size
        """
        return self._call(_element_get_info, element)

    def element_list(
        self,
    ) -> list[types.ElementRef]:
        """All elements.

        :returns: list, in order of registration
        :raises Failed: no memory
        :raises InvalidParameter: a parameter is None
        """
        return self._call(_element_list)

    def element_find(
        self,
        name: str,
    ) -> types.ElementRef:
        """Find an element by its name or id.

        :param name: ElementName or id
        :returns: the element
        :raises InvalidParameter: there is no such element
        """
        return self._call(_element_find, name)

    def pool_register(
        self,
        locator: StrPath,
        *,
        name: str | None = None,
        options: types.PoolOptions | None = None,
    ) -> types.PoolRef:
        """Make a pool known: a place where elements can be made.

        There are three kinds, told by the locator's scheme. "file:/srv/pool" is a directory in which images
        are made. "block:/dev/disk/by-id/a,/dev/disk/by-id/b" is a list of devices (of any backend that makes
        no images), separated by commas: an element takes the smallest free one that is large enough, has that
        device's size, and gives it back when it is removed; a device that is held by a mount, by swap or by
        another program, or registered as an element, is not free. What a device held is overwritten: by the
        replica, and by zeroes beyond it. Others ("rbd:pool") are places that their backend knows.

        :param name: name, at most 255 bytes, unique among the pools; None: generated
        :param locator: where it is; at most 4095 bytes
        :param options: None: defaults
        :returns: the pool
        :raises NotSupported: there is no backend of that kind that can make elements
        :raises Failed: an I/O error or no memory
        :raises InvalidParameter: the locator or an option is wrong, or the name is in use
        :raises InUse: the place is a pool already
        """
        return self._call(_pool_register, name, locator, options)

    def pool_unregister(
        self,
        pool: str,
    ) -> None:
        """Forget a pool.

        :param pool: the pool
        :raises Failed: an I/O error: the pool is still there
        :raises InvalidParameter: no such pool
        :raises InUse: elements of the pool exist
        """
        return self._call(_pool_unregister, pool)

    def pool_get_info(
        self,
        pool: str,
    ) -> types.PoolInfo:
        """Properties of a pool.

        :param pool: the pool
        :returns: set size before; the library fills what fits
        :raises InvalidParameter: no such pool, or info is None or has no size
        """
        return self._call(_pool_get_info, pool)

    def pool_list(
        self,
    ) -> list[types.PoolRef]:
        """All pools.

        :returns: list, in order of registration
        :raises Failed: no memory
        :raises InvalidParameter: a parameter is None
        """
        return self._call(_pool_list)

    def pool_find(
        self,
        name: str,
    ) -> types.PoolRef:
        """Find a pool by its name or id.

        :param name: name or id
        :returns: the pool
        :raises InvalidParameter: there is no such pool
        """
        return self._call(_pool_find, name)

    def setting_create(
        self,
        goal: types.SettingGoal,
    ) -> types.SettingRef:
        """Keep a goal for targets that are to be made, for use as a TargetSettingGoal.

        :param goal: set size before
        :returns: the setting
        :raises Failed: an I/O error or no memory
        :raises InvalidParameter: a value of the goal is out of range
        """
        return self._call(_setting_create, goal)

    def setting_get(
        self,
        setting: str,
    ) -> types.SettingGoal:
        """The goal behind a setting.

        :param setting: the setting
        :returns: set size before; the library fills what fits
        :raises InvalidParameter: no such setting, or goal is None or has no size
        """
        return self._call(_setting_get, setting)

    def setting_delete(
        self,
        setting: str,
    ) -> None:
        """Delete a setting; elements made by it stay.

        :param setting: the setting
        :raises Failed: an I/O error: the setting is still there
        :raises InvalidParameter: no such setting
        """
        return self._call(_setting_delete, setting)

    def group_get_info(
        self,
        group: str,
    ) -> types.GroupInfo:
        """Properties of a group.

        :param group: the group
        :returns: set size before; the library fills what fits
        :raises InvalidParameter: no such group, or info is None or has no size
        """
        return self._call(_group_get_info, group)

    def group_get_members(
        self,
        group: str,
    ) -> list[types.ElementRef]:
        """The members of a group, in order.

        :param group: the group
        :returns: list
        :raises Failed: no memory
        :raises InvalidParameter: no such group
        """
        return self._call(_group_get_members, group)

    def group_list(
        self,
    ) -> list[types.GroupRef]:
        """All groups.

        :returns: list, in order of creation
        :raises Failed: no memory
        :raises InvalidParameter: a parameter is None
        """
        return self._call(_group_list)

    def group_find(
        self,
        name: str,
    ) -> types.GroupRef:
        """Find a group by its name or id.

        :param name: name or id
        :returns: the group
        :raises InvalidParameter: there is no such group
        """
        return self._call(_group_find, name)

    def sync_get_info(
        self,
        synchronization: str,
    ) -> types.SyncInfo:
        """Properties of a relationship.

        :param synchronization: a pair or a group relationship
        :returns: set size before; the library fills what fits
        :raises InvalidParameter: no such relationship (any more), or info is None or has no size
        """
        return self._call(_sync_get_info, synchronization)

    def sync_list(
        self,
    ) -> list[types.SyncRef]:
        """All relationships, group relationships and pairs.

        :returns: list, in order of creation
        :raises Failed: no memory
        :raises InvalidParameter: a parameter is None
        """
        return self._call(_sync_list)

    def sync_find(
        self,
        name: str,
    ) -> types.SyncRef:
        """Find a relationship by its name or id.

        :param name: RelationshipName or id
        :returns: the relationship
        :raises InvalidParameter: there is no such relationship
        """
        return self._call(_sync_find, name)

    def sync_find_by_target(
        self,
        target: str,
    ) -> types.SyncRef:
        """Find the relationship of which an element is the target.

        :param target: the element
        :returns: the pair
        :raises InvalidParameter: there is no such element, or it is not a target
        """
        return self._call(_sync_find_by_target, target)

    def sync_get_pairs(
        self,
        synchronization: str,
    ) -> list[types.SyncRef]:
        """The pairs of a group relationship, in the order of its members.

        :param synchronization: the group relationship
        :returns: list
        :raises Failed: no memory
        :raises InvalidParameter: no such relationship, or it is a pair
        """
        return self._call(_sync_get_pairs, synchronization)

    def sync_set_limit(
        self,
        synchronization: str,
        *,
        bytes_per_second: int = 0,
    ) -> None:
        """Bound the speed of a relationship's background work: initial copy, resync, restore.

        :param synchronization: a pair, or a group relationship for each of its pairs
        :param bytes_per_second: 0: no bound
        :raises NotSupported: this version cannot
        :raises Failed: an I/O error: nothing was changed
        :raises InvalidParameter: no such relationship
        """
        return self._call(_sync_set_limit, synchronization, bytes_per_second)

    def service_set_limit(
        self,
        *,
        bytes_per_second: int = 0,
    ) -> None:
        """Bound the speed of all background work together.

        :param bytes_per_second: 0: no bound
        :raises NotSupported: this version cannot
        :raises InvalidParameter: the service is None
        """
        return self._call(_service_set_limit, bytes_per_second)

    def aspect_get_info(
        self,
        aspect: str,
    ) -> types.AspectInfo:
        """Properties of a point in time that has no target.

        :param aspect: the aspect
        :returns: set size before; the library fills what fits
        :raises InvalidParameter: no such aspect, or info is None or has no size
        """
        return self._call(_aspect_get_info, aspect)

    def settings_state_get_info(
        self,
        settings_state: str,
    ) -> types.SettingsStateInfo:
        """What a settings state ties together.

        :param settings_state: the state
        :returns: set size before; the library fills what fits
        :raises InvalidParameter: no such state, or info is None or has no size
        """
        return self._call(_settings_state_get_info, settings_state)

    def access_point_get_info(
        self,
        access_point: str,
    ) -> types.AccessPointInfo:
        """Properties of an access point. Its secret is never told.

        :param access_point: the access point
        :returns: set size before; the library fills what fits
        :raises NotSupported: this version has no access points
        :raises InvalidParameter: no such access point, or info is None or has no size
        """
        return self._call(_access_point_get_info, access_point)

    def system_get_info(
        self,
        system: str,
    ) -> types.SystemInfo:
        """Properties of another system.

        :param system: the system
        :returns: set size before; the library fills what fits
        :raises NotSupported: this version knows no other systems
        :raises InvalidParameter: no such system, or info is None or has no size
        """
        return self._call(_system_get_info, system)

    def collection_get_info(
        self,
        collection: str,
    ) -> types.CollectionInfo:
        """Properties of a collection of paths to another system.

        :param collection: the collection
        :returns: set size before; the library fills what fits
        :raises InvalidParameter: no such collection, or info is None or has no size
        """
        return self._call(_collection_get_info, collection)

    def collection_get_access_points(
        self,
        collection: str,
    ) -> CollectionGetAccessPointsResult:
        """The access points of a collection, in the order in which they were added.

        :param collection: the collection
        :returns: local_access_points: list of those of this system; remote_access_points: list of those of
            the other system
        :raises Failed: no memory
        :raises InvalidParameter: no such collection, or no place for a list
        """
        return self._call(_collection_get_access_points, collection)

    def collection_list(
        self,
    ) -> list[types.CollectionRef]:
        """All collections of paths, in order of creation.

        :returns: list
        :raises Failed: no memory
        :raises InvalidParameter: a pointer is None
        """
        return self._call(_collection_list)

    def collection_find(
        self,
        name: str,
    ) -> types.CollectionRef:
        """Find a collection by its name or id.

        :param name: name or id
        :returns: the collection
        :raises InvalidParameter: there is none of that name
        """
        return self._call(_collection_find, name)

    def collection_delete(
        self,
        collection: str,
    ) -> None:
        """Delete a collection of paths; its access points stay. (What DeleteInstance is to a CIM client.)

        :param collection: the collection
        :raises Failed: an I/O error, no space or no memory; nothing was changed
        :raises InvalidParameter: no such collection
        """
        return self._call(_collection_delete, collection)

    def entity_get_info(
        self,
        entity: str,
    ) -> types.EntityInfo:
        """Properties of a replication entity.

        :param entity: the entity, of add_replication_entity()
        :returns: set size before; the library fills what fits
        :raises InvalidParameter: no such entity, or info is None or has no size
        """
        return self._call(_entity_get_info, entity)

    def entity_list(
        self,
    ) -> list[types.EntityRef]:
        """All replication entities, in order of creation.

        :returns: list
        :raises Failed: no memory
        :raises InvalidParameter: a pointer is None
        """
        return self._call(_entity_list)

    def entity_delete(
        self,
        entity: str,
    ) -> None:
        """Forget a replication entity. (What DeleteInstance is to a CIM client.)

        :param entity: the entity
        :raises Failed: an I/O error, no space or no memory; nothing was changed
        :raises InvalidParameter: no such entity
        """
        return self._call(_entity_delete, entity)

    def convert_sync_type_to_replication_type(
        self,
        sync_type: enums.SyncType,
        mode: enums.Mode,
        local_or_remote: enums.Locality,
    ) -> enums.ReplicationType:
        """The replication type that is meant by sync type, mode and locality.

        Mirrors CIM_ReplicationServiceCapabilities.ConvertSyncTypeToReplicationType.

        :param sync_type: which kind of copy: SyncType; required
        :param mode: Mode; required
        :param local_or_remote: Locality; required
        :returns: ReplicationType
        :raises NotSupported: this service has nothing of the kind
        :raises Failed: no memory
        :raises InvalidParameter: a parameter is wrong: last_error() names it and the rule
        """
        return self._call(_convert_sync_type_to_replication_type, sync_type, mode, local_or_remote)

    def convert_replication_type_to_sync_type(
        self,
        replication_type: enums.ReplicationType,
    ) -> ConvertReplicationTypeToSyncTypeResult:
        """What a replication type means as sync type, mode and locality.

        Mirrors CIM_ReplicationServiceCapabilities.ConvertReplicationTypeToSyncType.

        :param replication_type: ReplicationType; required
        :returns: sync_type: SyncType; mode: Mode; local_or_remote: Locality
        :raises NotSupported: this service has nothing of the kind
        :raises Failed: no memory
        :raises InvalidParameter: a parameter is wrong: last_error() names it and the rule
        """
        return self._call(_convert_replication_type_to_sync_type, replication_type)

    def get_supported_copy_states(
        self,
        replication_type: enums.ReplicationType,
        *,
        replication_setting_data: Settings | None = None,
        operation: enums.Operation | None = None,
    ) -> GetSupportedCopyStatesResult:
        """The copy states that a pair of that type can be in.

        Mirrors CIM_ReplicationServiceCapabilities.GetSupportedCopyStates.

        :param replication_type: ReplicationType; required
        :param replication_setting_data: an embedded CIM_ReplicationSettingData instance in MOF or CIM-XML, as
            replication_settings_format() writes it; None: the defaults
        :param operation: states in which this Operation ends; 0: all that can occur
        :returns: supported_copy_states: list of CopyState; host_accessible: list: whether a host may use the
            target in that state
        :raises NotSupported: this service has nothing of the kind
        :raises Failed: no memory
        :raises InvalidParameter: a parameter is wrong: last_error() names it and the rule
        """
        return self._call(
            _get_supported_copy_states, replication_type, replication_setting_data, operation
        )

    def get_supported_group_copy_states(
        self,
        replication_type: enums.ReplicationType,
        *,
        replication_setting_data: Settings | None = None,
        operation: enums.Operation | None = None,
    ) -> list[enums.CopyState]:
        """The copy states that a group relationship of that type can be in.

        Mirrors CIM_ReplicationServiceCapabilities.GetSupportedGroupCopyStates.

        :param replication_type: ReplicationType; required
        :param replication_setting_data: an embedded CIM_ReplicationSettingData instance in MOF or CIM-XML, as
            replication_settings_format() writes it; None: the defaults
        :param operation: states in which this Operation ends; 0: all that can occur
        :returns: list of CopyState
        :raises NotSupported: this service has nothing of the kind
        :raises Failed: no memory
        :raises InvalidParameter: a parameter is wrong: last_error() names it and the rule
        """
        return self._call(
            _get_supported_group_copy_states, replication_type, replication_setting_data, operation
        )

    def get_supported_wait_for_copy_states(
        self,
        replication_type: enums.ReplicationType,
        method_name: enums.MethodName,
        *,
        replication_setting_data: Settings | None = None,
        operation: enums.Operation | None = None,
    ) -> list[enums.CopyState]:
        """The values of WaitForCopyState that a method accepts.

        Mirrors CIM_ReplicationServiceCapabilities.GetSupportedWaitForCopyStates.

        :param replication_type: ReplicationType; required
        :param method_name: MethodName; required
        :param replication_setting_data: an embedded CIM_ReplicationSettingData instance in MOF or CIM-XML, as
            replication_settings_format() writes it; None: the defaults
        :param operation: Operation, for the methods that have one; 0: any
        :returns: list of CopyState
        :raises NotSupported: this service has nothing of the kind
        :raises Failed: no memory
        :raises InvalidParameter: a parameter is wrong: last_error() names it and the rule
        """
        return self._call(
            _get_supported_wait_for_copy_states, replication_type, method_name,
            replication_setting_data, operation
        )

    def get_supported_features(
        self,
        replication_type: enums.ReplicationType,
        *,
        replication_setting_data: Settings | None = None,
    ) -> list[enums.Feature]:
        """What the service can do for that type.

        Mirrors CIM_ReplicationServiceCapabilities.GetSupportedFeatures.

        :param replication_type: ReplicationType; required
        :param replication_setting_data: an embedded CIM_ReplicationSettingData instance in MOF or CIM-XML, as
            replication_settings_format() writes it; None: the defaults
        :returns: list of Feature
        :raises NotSupported: this service has nothing of the kind
        :raises Failed: no memory
        :raises InvalidParameter: a parameter is wrong: last_error() names it and the rule
        """
        return self._call(_get_supported_features, replication_type, replication_setting_data)

    def get_supported_group_features(
        self,
        replication_type: enums.ReplicationType,
        *,
        replication_setting_data: Settings | None = None,
    ) -> list[enums.GroupFeature]:
        """What the service can do for groups of that type.

        Mirrors CIM_ReplicationServiceCapabilities.GetSupportedGroupFeatures.

        :param replication_type: ReplicationType; required
        :param replication_setting_data: an embedded CIM_ReplicationSettingData instance in MOF or CIM-XML, as
            replication_settings_format() writes it; None: the defaults
        :returns: list of GroupFeature
        :raises NotSupported: this service has nothing of the kind
        :raises Failed: no memory
        :raises InvalidParameter: a parameter is wrong: last_error() names it and the rule
        """
        return self._call(_get_supported_group_features, replication_type, replication_setting_data)

    def get_supported_consistency(
        self,
        replication_type: enums.ReplicationType,
        *,
        replication_setting_data: Settings | None = None,
    ) -> list[enums.Consistency]:
        """The kinds of consistency that a group of that type can have.

        Mirrors CIM_ReplicationServiceCapabilities.GetSupportedConsistency.

        :param replication_type: ReplicationType; required
        :param replication_setting_data: an embedded CIM_ReplicationSettingData instance in MOF or CIM-XML, as
            replication_settings_format() writes it; None: the defaults
        :returns: list of Consistency
        :raises NotSupported: this service has nothing of the kind
        :raises Failed: no memory
        :raises InvalidParameter: a parameter is wrong: last_error() names it and the rule
        """
        return self._call(_get_supported_consistency, replication_type, replication_setting_data)

    def get_supported_operations(
        self,
        replication_type: enums.ReplicationType,
        *,
        replication_setting_data: Settings | None = None,
        copy_state: enums.CopyState | None = None,
    ) -> GetSupportedOperationsResult:
        """The operations that a pair of that type knows.

        Mirrors CIM_ReplicationServiceCapabilities.GetSupportedOperations.

        :param replication_type: ReplicationType; required
        :param replication_setting_data: an embedded CIM_ReplicationSettingData instance in MOF or CIM-XML, as
            replication_settings_format() writes it; None: the defaults
        :param copy_state: operations that are legal in this CopyState; 0: in any
        :returns: supported_operations: list of Operation; service_controlling: list of ServiceControlling,
            one for each operation; requires_force: list: whether the operation needs Force there;
            updates_synchronized_path: list: whether the operation changes the reference of the relationship
        :raises NotSupported: this service has nothing of the kind
        :raises Failed: no memory
        :raises InvalidParameter: a parameter is wrong: last_error() names it and the rule
        """
        return self._call(
            _get_supported_operations, replication_type, replication_setting_data, copy_state
        )

    def get_supported_group_operations(
        self,
        replication_type: enums.ReplicationType,
        *,
        replication_setting_data: Settings | None = None,
        copy_state: enums.CopyState | None = None,
    ) -> GetSupportedGroupOperationsResult:
        """The operations that a group relationship of that type knows.

        Mirrors CIM_ReplicationServiceCapabilities.GetSupportedGroupOperations.

        :param replication_type: ReplicationType; required
        :param replication_setting_data: an embedded CIM_ReplicationSettingData instance in MOF or CIM-XML, as
            replication_settings_format() writes it; None: the defaults
        :param copy_state: operations that are legal in this CopyState; 0: in any
        :returns: supported_group_operations: list of Operation; service_controlling: list of
            ServiceControlling, one for each operation; requires_force: list: whether the operation needs
            Force there; updates_synchronized_path: list: whether the operation changes the reference of the
            relationship
        :raises NotSupported: this service has nothing of the kind
        :raises Failed: no memory
        :raises InvalidParameter: a parameter is wrong: last_error() names it and the rule
        """
        return self._call(
            _get_supported_group_operations, replication_type, replication_setting_data, copy_state
        )

    def get_supported_list_operations(
        self,
        replication_type: enums.ReplicationType,
        *,
        synchronization_type: enums.SynchronizationType | None = None,
        replication_setting_data: Settings | None = None,
        copy_state: enums.CopyState | None = None,
    ) -> GetSupportedListOperationsResult:
        """The operations that modify_list_synchronization() knows.

        Mirrors CIM_ReplicationServiceCapabilities.GetSupportedListOperations.

        :param replication_type: ReplicationType; required
        :param synchronization_type: pairs or group relationships: SynchronizationType; 0: pairs
        :param replication_setting_data: an embedded CIM_ReplicationSettingData instance in MOF or CIM-XML, as
            replication_settings_format() writes it; None: the defaults
        :param copy_state: operations that are legal in this CopyState; 0: in any
        :returns: supported_list_operations: list of Operation; service_controlling: list of
            ServiceControlling, one for each operation; requires_force: list: whether the operation needs
            Force there; updates_synchronized_path: list: whether the operation changes the reference of the
            relationship
        :raises NotSupported: this service has nothing of the kind
        :raises Failed: no memory
        :raises InvalidParameter: a parameter is wrong: last_error() names it and the rule
        """
        return self._call(
            _get_supported_list_operations, replication_type, synchronization_type,
            replication_setting_data, copy_state
        )

    def get_supported_settings_define_state_operations(
        self,
        replication_type: enums.ReplicationType,
        *,
        replication_setting_data: Settings | None = None,
    ) -> list[enums.SettingsStateOperation]:
        """The operations that modify_settings_define_state() knows.

        Mirrors CIM_ReplicationServiceCapabilities.GetSupportedSettingsDefineStateOperations.

        :param replication_type: ReplicationType; required
        :param replication_setting_data: an embedded CIM_ReplicationSettingData instance in MOF or CIM-XML, as
            replication_settings_format() writes it; None: the defaults
        :returns: list of SettingsStateOperation
        :raises NotSupported: this service has nothing of the kind
        :raises Failed: no memory
        :raises InvalidParameter: a parameter is wrong: last_error() names it and the rule
        """
        return self._call(
            _get_supported_settings_define_state_operations, replication_type, replication_setting_data
        )

    def get_supported_thin_provisioning_features(
        self,
        replication_type: enums.ReplicationType,
        *,
        replication_setting_data: Settings | None = None,
    ) -> list[enums.ThinProvisioningFeature]:
        """What happens to unused space of a target of that type.

        Mirrors CIM_ReplicationServiceCapabilities.GetSupportedThinProvisioningFeatures.

        :param replication_type: ReplicationType; required
        :param replication_setting_data: an embedded CIM_ReplicationSettingData instance in MOF or CIM-XML, as
            replication_settings_format() writes it; None: the defaults
        :returns: list of ThinProvisioningFeature
        :raises NotSupported: this service has nothing of the kind
        :raises Failed: no memory
        :raises InvalidParameter: a parameter is wrong: last_error() names it and the rule
        """
        return self._call(
            _get_supported_thin_provisioning_features, replication_type, replication_setting_data
        )

    def get_supported_maximum(
        self,
        replication_type: enums.ReplicationType,
        component: enums.MaximumComponent,
        *,
        replication_setting_data: Settings | None = None,
    ) -> int:
        """How many there may be of something.

        Mirrors CIM_ReplicationServiceCapabilities.GetSupportedMaximum.

        :param replication_type: ReplicationType; required
        :param component: MaximumComponent: what is asked about; required
        :param replication_setting_data: an embedded CIM_ReplicationSettingData instance in MOF or CIM-XML, as
            replication_settings_format() writes it; None: the defaults
        :returns: the bound; 0: there is none but memory and disk
        :raises NotSupported: this service has nothing of the kind
        :raises Failed: no memory
        :raises InvalidParameter: a parameter is wrong: last_error() names it and the rule
        """
        return self._call(
            _get_supported_maximum, replication_type, component, replication_setting_data
        )

    def get_default_consistency(
        self,
        replication_type: enums.ReplicationType,
        *,
        replication_setting_data: Settings | None = None,
    ) -> enums.Consistency:
        """The consistency that a group of that type gets when nothing is asked for.

        Mirrors CIM_ReplicationServiceCapabilities.GetDefaultConsistency.

        :param replication_type: ReplicationType; required
        :param replication_setting_data: an embedded CIM_ReplicationSettingData instance in MOF or CIM-XML, as
            replication_settings_format() writes it; None: the defaults
        :returns: Consistency, or 0 for none
        :raises NotSupported: this service has nothing of the kind
        :raises Failed: no memory
        :raises InvalidParameter: a parameter is wrong: last_error() names it and the rule
        """
        return self._call(_get_default_consistency, replication_type, replication_setting_data)

    def get_default_group_persistency(
        self,
    ) -> enums.GroupPersistency:
        """What Persistent is when it is absent.

        Mirrors CIM_ReplicationServiceCapabilities.GetDefaultGroupPersistency.

        :returns: GroupPersistency
        :raises NotSupported: this service has nothing of the kind
        :raises Failed: no memory
        :raises InvalidParameter: a parameter is wrong: last_error() names it and the rule
        """
        return self._call(_get_default_group_persistency)

    def get_supported_replication_setting_data(
        self,
        replication_type: enums.ReplicationType,
        property_name: enums.SettingProperty,
        *,
        replication_setting_data: Settings | None = None,
    ) -> list[int]:
        """The values that a property of ReplicationSettingData may have.

        Mirrors CIM_ReplicationServiceCapabilities.GetSupportedReplicationSettingData.

        :param replication_type: ReplicationType; required
        :param property_name: SettingProperty; required
        :param replication_setting_data: an embedded CIM_ReplicationSettingData instance in MOF or CIM-XML, as
            replication_settings_format() writes it; None: the defaults
        :returns: list of values; of a boolean 1 and 2 (OptBool)
        :raises NotSupported: this service has nothing of the kind
        :raises Failed: no memory
        :raises InvalidParameter: a parameter is wrong: last_error() names it and the rule
        """
        return self._call(
            _get_supported_replication_setting_data, replication_type, property_name,
            replication_setting_data
        )

    def get_default_replication_setting_data(
        self,
        replication_type: enums.ReplicationType,
    ) -> str | None:
        """The settings that are used when none are given.

        Mirrors CIM_ReplicationServiceCapabilities.GetDefaultReplicationSettingData.

        :param replication_type: ReplicationType; required
        :returns: an embedded CIM_ReplicationSettingData in MOF
        :raises NotSupported: this service has nothing of the kind
        :raises Failed: no memory
        :raises InvalidParameter: a parameter is wrong: last_error() names it and the rule
        """
        return self._call(_get_default_replication_setting_data, replication_type)

    def get_supported_connection_features(
        self,
        connection: str,
    ) -> list[enums.ConnectionFeature]:
        """What a connection to an access point can do.

        Mirrors CIM_ReplicationServiceCapabilities.GetSupportedConnectionFeatures.

        :param connection: the access point; required
        :returns: list of ConnectionFeature
        :raises NotSupported: this service has nothing of the kind
        :raises Failed: no memory
        :raises InvalidParameter: a parameter is wrong: last_error() names it and the rule
        """
        return self._call(_get_supported_connection_features, connection)

    def get_synchronization_supported(
        self,
        local_element: str,
        *,
        other_element: str | None = None,
        other_element_access_point: str | None = None,
        method_name: enums.MethodName | None = None,
        replication_setting_data: Settings | None = None,
    ) -> GetSynchronizationSupportedResult:
        """In which ways two elements can be in a relationship.

        The three lists belong together, entry by entry. Mirrors
        CIM_ReplicationServiceCapabilities.GetSynchronizationSupported.

        :param local_element: an element of this service; required
        :param other_element: the other element; None: any
        :param other_element_access_point: how to reach it; None: it is local
        :param method_name: the method that would make it: MethodName; 0: any
        :param replication_setting_data: an embedded CIM_ReplicationSettingData instance in MOF or CIM-XML, as
            replication_settings_format() writes it; None: the defaults
        :returns: sync_types: list of SyncType; modes: list of Mode; local_element_role: list of ElementRole
        :raises NotSupported: this service has nothing of the kind
        :raises Failed: no memory
        :raises InvalidParameter: a parameter is wrong: last_error() names it and the rule
        """
        return self._call(
            _get_synchronization_supported, local_element, other_element, other_element_access_point,
            method_name, replication_setting_data
        )

    def get_supported_storage_compression_features(
        self,
        replication_type: enums.ReplicationType,
        *,
        replication_setting_data: Settings | None = None,
    ) -> list[enums.StorageCompressionFeature]:
        """What can be done about compression.

        Mirrors CIM_ReplicationServiceCapabilities.GetSupportedStorageCompressionFeatures.

        :param replication_type: ReplicationType; required
        :param replication_setting_data: an embedded CIM_ReplicationSettingData instance in MOF or CIM-XML, as
            replication_settings_format() writes it; None: the defaults
        :returns: list of StorageCompressionFeature
        :raises NotSupported: this service has nothing of the kind
        :raises Failed: no memory
        :raises InvalidParameter: a parameter is wrong: last_error() names it and the rule
        """
        return self._call(
            _get_supported_storage_compression_features, replication_type, replication_setting_data
        )

    def get_supported_tokenized_replication_type(
        self,
        source_element: str,
        *,
        target_element: str | None = None,
        element_access_point: str | None = None,
        replication_setting_data: Settings | None = None,
    ) -> list[enums.ReplicationType]:
        """The replication types by token that are possible between two elements.

        Mirrors CIM_ReplicationServiceCapabilities.GetSupportedTokenizedReplicationType.

        :param source_element: the element to copy
        :param target_element: where to; None: any
        :param element_access_point: how to reach it; None: it is local
        :param replication_setting_data: an embedded CIM_ReplicationSettingData instance in MOF or CIM-XML, as
            replication_settings_format() writes it; None: the defaults
        :returns: list of ReplicationType
        :raises NotSupported: this service has nothing of the kind
        :raises Failed: no memory
        :raises InvalidParameter: a parameter is wrong: last_error() names it and the rule
        """
        return self._call(
            _get_supported_tokenized_replication_type, source_element, target_element,
            element_access_point, replication_setting_data
        )

    def get_element_name_capabilities(
        self,
        element_type: enums.NamedElementType,
    ) -> GetElementNameCapabilitiesResult:
        """What names an object of that kind may have.

        Mirrors CIM_ReplicationServiceCapabilities.GetElementNameCapabilities.

        :param element_type: NamedElementType; required
        :returns: supported_features: list of NameFeature; max_element_name_len: bytes that a name may have;
            element_name_mask: regular expression that a name must match
        :raises NotSupported: this service has nothing of the kind
        :raises Failed: no memory
        :raises InvalidParameter: a parameter is wrong: last_error() names it and the rule
        """
        return self._call(_get_element_name_capabilities, element_type)

    def get_supported_list_features(
        self,
        replication_type: enums.ReplicationType,
        *,
        replication_setting_data: Settings | None = None,
    ) -> list[enums.ListFeature]:
        """What the service can do for lists of that type.

        Mirrors CIM_ReplicationServiceCapabilities.GetSupportedListFeatures.

        :param replication_type: ReplicationType; required
        :param replication_setting_data: an embedded CIM_ReplicationSettingData instance in MOF or CIM-XML, as
            replication_settings_format() writes it; None: the defaults
        :returns: list of ListFeature
        :raises NotSupported: this service has nothing of the kind
        :raises Failed: no memory
        :raises InvalidParameter: a parameter is wrong: last_error() names it and the rule
        """
        return self._call(_get_supported_list_features, replication_type, replication_setting_data)

    def get_supported_operations_for_synchronization(
        self,
        synchronization: str,
        *,
        replication_setting_data: Settings | None = None,
    ) -> GetSupportedOperationsForSynchronizationResult:
        """The operations that are legal for a relationship in the state in which it is now.

        Mirrors CIM_ReplicationServiceCapabilities.GetSupportedOperationsForSynchronization.

        :param synchronization: the pair or group relationship; required
        :param replication_setting_data: an embedded CIM_ReplicationSettingData instance in MOF or CIM-XML, as
            replication_settings_format() writes it; None: the defaults
        :returns: supported_operations: list of Operation; service_controlling: list of ServiceControlling,
            one for each operation; requires_force: list: whether the operation needs Force there;
            updates_synchronized_path: list: whether the operation changes the reference of the relationship
        :raises NotSupported: this service has nothing of the kind
        :raises Failed: no memory
        :raises InvalidParameter: a parameter is wrong: last_error() names it and the rule
        """
        return self._call(
            _get_supported_operations_for_synchronization, synchronization, replication_setting_data
        )

    def get_supported_replication_types_for_system(
        self,
        system: str,
        *,
        replication_setting_data: Settings | None = None,
    ) -> list[enums.ReplicationType]:
        """The replication types that are possible with another system.

        Mirrors CIM_ReplicationServiceCapabilities.GetSupportedReplicationTypesForSystem.

        :param system: the other system; required
        :param replication_setting_data: an embedded CIM_ReplicationSettingData instance in MOF or CIM-XML, as
            replication_settings_format() writes it; None: the defaults
        :returns: list of ReplicationType
        :raises NotSupported: this service has nothing of the kind
        :raises Failed: no memory
        :raises InvalidParameter: a parameter is wrong: last_error() names it and the rule
        """
        return self._call(
            _get_supported_replication_types_for_system, system, replication_setting_data
        )

    def get_supported_replication_setting_data_date_time(
        self,
        replication_type: enums.ReplicationType,
        property_name: enums.SettingDatetimeProperty,
        *,
        replication_setting_data: Settings | None = None,
    ) -> GetSupportedReplicationSettingDataDateTimeResult:
        """The values that a time property of ReplicationSettingData may have.

        Mirrors CIM_ReplicationServiceCapabilities.GetSupportedReplicationSettingDataDateTime.

        :param replication_type: ReplicationType; required
        :param property_name: SettingDatetimeProperty; required
        :param replication_setting_data: an embedded CIM_ReplicationSettingData instance in MOF or CIM-XML, as
            replication_settings_format() writes it; None: the defaults
        :returns: supported_values: list of microseconds, read as the indicator says;
            supported_values_indicator: SupportedValuesIndicator
        :raises NotSupported: this service has nothing of the kind
        :raises Failed: no memory
        :raises InvalidParameter: a parameter is wrong: last_error() names it and the rule
        """
        return self._call(
            _get_supported_replication_setting_data_date_time, replication_type, property_name,
            replication_setting_data
        )

    def get_supported_replication_types(
        self,
    ) -> list[enums.ReplicationType]:
        """What CIM_ReplicationServiceCapabilities.SupportedReplicationTypes holds.

        :returns: list of ReplicationType
        :raises Failed: no memory
        :raises InvalidParameter: a parameter is None
        """
        return self._call(_get_supported_replication_types)

    def get_supported_storage_objects(
        self,
    ) -> list[enums.StorageObject]:
        """What CIM_ReplicationServiceCapabilities.SupportedStorageObjects holds.

        :returns: list of StorageObject
        :raises Failed: no memory
        :raises InvalidParameter: a parameter is None
        """
        return self._call(_get_supported_storage_objects)

    def get_supported_asynchronous_actions(
        self,
    ) -> list[enums.AsynchronousAction]:
        """What CIM_ReplicationServiceCapabilities.SupportedAsynchronousActions holds: the methods that may
        answer 4096.

        :returns: list of AsynchronousAction
        :raises Failed: no memory
        :raises InvalidParameter: a parameter is None
        """
        return self._call(_get_supported_asynchronous_actions)

    def get_supported_synchronous_actions(
        self,
    ) -> list[enums.SynchronousAction]:
        """What CIM_ReplicationServiceCapabilities.SupportedSynchronousActions holds: the methods that may answer
        0.

        :returns: list of SynchronousAction
        :raises Failed: no memory
        :raises InvalidParameter: a parameter is None
        """
        return self._call(_get_supported_synchronous_actions)

    def service_listen(
        self,
        path: StrPath,
        *,
        options: types.ListenOptions | None = None,
    ) -> None:
        """Listen on a Unix socket.

        Whoever may connect may do everything that the service can. Who that is, is decided twice: by the
        file's mode, and by the user of the process that connects, which the kernel tells. A service may
        listen on several sockets. The library starts a thread for each, and one for each connection.

        :param path: of the socket to be made, at most 107 bytes. A socket that a dead process left is
            replaced. The directory should be one that only the service's user can write to
        :param options: None = defaults
        :raises NotSupported: service is itself a connected one
        :raises Failed: the socket cannot be made: see last_error()
        :raises InvalidParameter: the path or an option is wrong, or something that is no socket is there
        :raises InUse: somebody listens there
        """
        return self._call(_service_listen, path, options)

    def service_unlisten(
        self,
        path: StrPath,
    ) -> None:
        """Stop listening.

        The socket is removed, calls that run are let end and answered, then the connections are closed. Calls
        that wait for something are answered with code 4 at once; what they wait for goes on. Closing the
        service does all this too.

        :param path: as it was given to service_listen()
        :raises NotSupported: service is itself a connected one
        :raises InvalidParameter: the service does not listen there
        """
        return self._call(_service_unlisten, path)

    def job_get_info(
        self,
        job: str,
    ) -> types.JobInfo:
        """Properties of a job.

        :param job: the job
        :returns: set size before; the library fills what fits
        :raises InvalidParameter: no such job (an ended one may have been removed), or info is None or has no
            size
        """
        return self._call(_job_get_info, job)

    def job_list(
        self,
    ) -> list[Job]:
        """All jobs, ended ones too until they are removed.

        :returns: list, in order of submission
        :raises Failed: no memory
        :raises InvalidParameter: a parameter is None
        """
        return self._call(_job_list)

    def job_request_state_change(
        self,
        job: str,
        requested_state: enums.JobRequestedState,
        *,
        timeout_period: int = 0,
    ) -> enums.ReturnCode:
        """Ask a job to start, suspend, terminate or die.

        Mirrors CIM_ConcreteJob.RequestStateChange. Terminate leaves things whole, Kill stops at once.

        :param job: the job
        :param requested_state: JobRequestedState
        :param timeout_period: microseconds in which it must be done; 0: absent, no bound
        :returns: ReturnCode.OK or ReturnCode.JOB_STARTED
        :raises TimedOut: not in that time; the job is on its way
        :raises Failed: the change could not be recorded
        :raises InvalidParameter: no such job (an ended one may have been removed), or the state is unknown
        :raises InvalidStateTransition: the job cannot go there from its state
        """
        return self._call(_job_request_state_change, job, requested_state, timeout_period)

    def job_get_error(
        self,
        job: str,
    ) -> str | None:
        """Why a job failed.

        Mirrors CIM_ConcreteJob.GetError.

        :param job: the job
        :returns: an embedded CIM_Error instance in the service's instance_encoding, or None when there is
            none
        :raises Failed: no memory
        :raises InvalidParameter: no such job (an ended one may have been removed)
        """
        return self._call(_job_get_error, job)

    def job_get_errors(
        self,
        job: str,
    ) -> list[str]:
        """Why a job failed, all reasons.

        Mirrors CIM_ConcreteJob.GetErrors.

        :param job: the job
        :returns: list of embedded CIM_Error instances in the service's instance_encoding
        :raises Failed: no memory
        :raises InvalidParameter: no such job (an ended one may have been removed)
        """
        return self._call(_job_get_errors, job)

    def job_kill(
        self,
        job: str,
        *,
        delete_on_kill: bool = False,
    ) -> enums.ReturnCode:
        """Stop a job at once.

        Mirrors CIM_Job.KillJob.

        :param job: the job
        :param delete_on_kill: also remove it
        :returns: ReturnCode.OK or ReturnCode.JOB_STARTED
        :raises Failed: the change could not be recorded
        :raises InvalidParameter: no such job (an ended one may have been removed)
        :raises InvalidStateTransition: it had ended already
        """
        return self._call(_job_kill, job, delete_on_kill)

    def job_modify(
        self,
        job: str,
        *,
        delete_on_completion: bool | None = None,
        time_before_removal_us: int = -1,
        priority: int = 0,
    ) -> None:
        """Set the properties of a job that a client may set.

        :param job: the job
        :param delete_on_completion: remove the job when it has Completed; absent: leave as it is
        :param time_before_removal_us: microseconds between its end and its removal; negative: leave as it is
        :param priority: lower is sooner; 0: leave as it is
        :raises Failed: the change could not be recorded
        :raises InvalidParameter: no such job (an ended one may have been removed)
        """
        return self._call(_job_modify, job, delete_on_completion, time_before_removal_us, priority)

    def job_delete(
        self,
        job: str,
    ) -> None:
        """Remove a job that has ended.

        :param job: the job
        :raises Failed: the change could not be recorded
        :raises InvalidParameter: no such job (an ended one may have been removed)
        :raises InUse: it has not ended
        """
        return self._call(_job_delete, job)

    def create_group(
        self,
        *,
        group_name: str | None = None,
        members: Iterable[str] = (),
        persistent: bool | None = None,
        delete_on_empty_element: bool | None = None,
        delete_on_unassociated: bool | None = None,
        service_access_point: str | None = None,
        replication_setting_data: Settings | None = None,
    ) -> types.GroupRef:
        """Make a group of elements.

        The order of the members is kept; a group without members is allowed. An element may be in several
        groups, but only once in one. Mirrors CIM_ReplicationService.CreateGroup.

        :param group_name: name of the group, at most 255 bytes; None: one is generated. A name that is in use
            is refused
        :param members: the elements, in order; None: none
        :param persistent: false: the service may delete the group once a copy of it is complete; absent: true
        :param delete_on_empty_element: delete the group when its last member goes; absent: false
        :param delete_on_unassociated: delete the group when its last relationship goes; absent: false
        :param service_access_point: another system to do this on; None: this service
        :param replication_setting_data: an embedded CIM_ReplicationSettingData instance in MOF or CIM-XML, as
            replication_settings_format() writes it; None: the defaults
        :returns: the group
        :raises NotSupported: this service cannot do that; the capabilities say the same
        :raises Failed: an I/O error, no space or no memory; nothing was changed
        :raises InvalidParameter: a parameter is wrong: last_error() names it and the rule
        """
        return self._call(
            _create_group, group_name, members, persistent, delete_on_empty_element,
            delete_on_unassociated, service_access_point, replication_setting_data
        )

    def create_group_ex(
        self,
        *,
        group_name: str | None = None,
        members: Iterable[str] = (),
        persistent: bool | None = None,
        delete_on_empty_element: bool | None = None,
        delete_on_unassociated: bool | None = None,
        service_access_point: str | None = None,
        replication_setting_data: Settings | None = None,
        reserved_as: enums.ReservedAs | None = None,
    ) -> types.GroupRef:
        """Make a group of elements, with the parameters that later schemas added.

        As create_group(). Mirrors CIM_ReplicationService.CreateGroup.

        :param group_name: name of the group, at most 255 bytes; None: one is generated. A name that is in use
            is refused
        :param members: the elements, in order; None: none
        :param persistent: false: the service may delete the group once a copy of it is complete; absent: true
        :param delete_on_empty_element: delete the group when its last member goes; absent: false
        :param delete_on_unassociated: delete the group when its last relationship goes; absent: false
        :param service_access_point: another system to do this on; None: this service
        :param replication_setting_data: an embedded CIM_ReplicationSettingData instance in MOF or CIM-XML, as
            replication_settings_format() writes it; None: the defaults
        :param reserved_as: keep the members for the role of sources, of targets, or either: ReservedAs; 0:
            absent
        :returns: the group
        :raises NotSupported: this service cannot do that; the capabilities say the same
        :raises Failed: an I/O error, no space or no memory; nothing was changed
        :raises InvalidParameter: a parameter is wrong: last_error() names it and the rule
        """
        return self._call(
            _create_group_ex, group_name, members, persistent, delete_on_empty_element,
            delete_on_unassociated, service_access_point, replication_setting_data, reserved_as
        )

    def delete_group(
        self,
        replication_group: str,
        *,
        service_access_point: str | None = None,
        remove_elements: bool | None = None,
        replication_setting_data: Settings | None = None,
    ) -> None:
        """Delete a group; its elements stay.

        Mirrors CIM_ReplicationService.DeleteGroup.

        :param replication_group: the group; required
        :param service_access_point: another system to do this on; None: this service
        :param remove_elements: true: also when it has members, which are taken out of it; false: only when it
            is empty; absent: as true
        :param replication_setting_data: an embedded CIM_ReplicationSettingData instance in MOF or CIM-XML, as
            replication_settings_format() writes it; None: the defaults
        :raises NotSupported: this service cannot do that; the capabilities say the same
        :raises Failed: an I/O error, no space or no memory; nothing was changed
        :raises InvalidParameter: a parameter is wrong: last_error() names it and the rule
        :raises InUse: the group has members and remove_elements is false
        :raises MethodFailed: (REPLSVC_DELETE_GROUP_IN_RELATIONSHIP) the group or one of its elements is in a
            relationship of that group
        """
        return self._call(
            _delete_group, replication_group, service_access_point, remove_elements,
            replication_setting_data
        )

    def add_members(
        self,
        members: Iterable[str],
        replication_group: str,
        *,
        service_access_point: str | None = None,
        replication_setting_data: Settings | None = None,
    ) -> None:
        """Append elements to a group.

        All or none are added. Mirrors CIM_ReplicationService.AddMembers.

        :param members: the elements to append, in order
        :param replication_group: the group; required
        :param service_access_point: another system to do this on; None: this service
        :param replication_setting_data: an embedded CIM_ReplicationSettingData instance in MOF or CIM-XML, as
            replication_settings_format() writes it; None: the defaults
        :raises NotSupported: this service cannot do that; the capabilities say the same
        :raises Failed: an I/O error, no space or no memory; nothing was changed
        :raises InvalidParameter: a parameter is wrong: last_error() names it and the rule
        :raises InUse: the group is in a relationship that does not allow it
        :raises MethodFailed: (REPLSVC_MEMBERS_NO_SUCH_GROUP) there is no such group
        """
        return self._call(
            _add_members, members, replication_group, service_access_point, replication_setting_data
        )

    def remove_members(
        self,
        members: Iterable[str],
        replication_group: str,
        *,
        delete_on_empty_element: bool | None = None,
        service_access_point: str | None = None,
        replication_setting_data: Settings | None = None,
    ) -> None:
        """Take elements out of a group.

        All or none are removed. The elements themselves stay. Mirrors CIM_ReplicationService.RemoveMembers.

        :param members: the elements to take out
        :param delete_on_empty_element: delete the group if no member is left; absent: as the group says
        :param replication_group: the group; required
        :param service_access_point: another system to do this on; None: this service
        :param replication_setting_data: an embedded CIM_ReplicationSettingData instance in MOF or CIM-XML, as
            replication_settings_format() writes it; None: the defaults
        :raises NotSupported: this service cannot do that; the capabilities say the same
        :raises Failed: an I/O error, no space or no memory; nothing was changed
        :raises InvalidParameter: a parameter is wrong: last_error() names it and the rule
        :raises InUse: an element is in a relationship of that group
        :raises MethodFailed: (REPLSVC_MEMBERS_NO_SUCH_GROUP) there is no such group
        :raises MethodFailed: (REPLSVC_MEMBERS_NOT_A_MEMBER) an element is not a member
        """
        return self._call(
            _remove_members, members, delete_on_empty_element, replication_group, service_access_point,
            replication_setting_data
        )

    def create_element_replica(
        self,
        sync_type: enums.SyncType,
        source_element: str,
        *,
        element_name: str | None = None,
        mode: enums.Mode | None = None,
        source_access_point: str | None = None,
        target_element: str | None = None,
        target_access_point: str | None = None,
        replication_setting_data: Settings | None = None,
        target_setting_goal: str | None = None,
        target_pool: str | None = None,
        wait_for_copy_state: enums.CopyState | None = None,
        connectivity_collection: str | None = None,
        collections: Iterable[str] = (),
    ) -> CreateElementReplicaResult:
        """Copy one element: a mirror, a snapshot or a clone of it.

        The point in time of a snapshot or clone is the instant of the call. Either an existing element is the
        target, or one is made in a pool. Mirrors CIM_ReplicationService.CreateElementReplica.

        :param element_name: name of the target that is made, at most 255 bytes; None: one is generated
        :param sync_type: which kind of copy: SyncType; required
        :param mode: Mode; 0: absent, the service decides
        :param source_element: the element to copy; required
        :param source_access_point: how to reach the source; None: it is local
        :param target_element: in: an existing element to copy to, not smaller than the source, "" to have one
            made; out: the target. May be None
        :param target_access_point: how to reach the target; None: it is local
        :param replication_setting_data: an embedded CIM_ReplicationSettingData instance in MOF or CIM-XML, as
            replication_settings_format() writes it; None: the defaults
        :param target_setting_goal: what targets that are made should be like (setting_create()); None:
            absent. Only when targets are to be made
        :param target_pool: where targets are made; None: the service chooses among its pools. Only when
            targets are to be made
        :param wait_for_copy_state: return only when this CopyState is reached; 0: absent, return at once. See
            get_supported_wait_for_copy_states()
        :param connectivity_collection: paths to another system to use; None: absent
        :param collections: collections that the targets are to be added to; None: absent
        :returns: target_element: in: an existing element to copy to, not smaller than the source, "" to have
            one made; out: the target. May be None; job: the job that goes on with the work, "" when none
            does; synchronization: the relationship that was made
        :raises NotSupported: this service cannot do that; the capabilities say the same
        :raises TimedOut: wait_for_copy_state was not reached in the time that the service allows
            (wait_timeout_ms); the work goes on
        :raises Failed: an I/O error, no space or no memory; nothing was changed
        :raises InvalidParameter: a parameter is wrong: last_error() names it and the rule
        :raises InUse: an element plays a part that excludes the new one, or its image is locked by another
            program
        """
        return self._call(
            _create_element_replica, element_name, sync_type, mode, source_element, source_access_point,
            target_element, target_access_point, replication_setting_data, target_setting_goal,
            target_pool, wait_for_copy_state, connectivity_collection, collections
        )

    def create_group_replica(
        self,
        sync_type: enums.SyncType,
        *,
        relationship_name: str | None = None,
        mode: enums.Mode | None = None,
        source_group: str | None = None,
        source_element: str | None = None,
        source_access_point: str | None = None,
        target_group: str | None = None,
        target_element_count: int = 0,
        target_access_point: str | None = None,
        consistency: enums.Consistency | None = None,
        replication_setting_data: Settings | None = None,
        target_setting_goal: str | None = None,
        target_pool: str | None = None,
        wait_for_copy_state: enums.CopyState | None = None,
    ) -> CreateGroupReplicaResult:
        """Copy a group of elements, or one element several times.

        Targets are the members of target_group, or are made in a pool and named `RelationshipName_n`, n from
        1 in the order of the sources. A failure for one member undoes the others. Mirrors
        CIM_ReplicationService.CreateGroupReplica.

        :param relationship_name: name of the relationship, at most 255 bytes; None: one is generated. A name
            that is in use is refused
        :param sync_type: which kind of copy: SyncType; required
        :param mode: Mode; 0: absent, the service decides
        :param source_group: the group to copy; None: absent. Exactly one of source_group and source_element
            is needed
        :param source_element: one element to copy to every target; None: absent. Exactly one of source_group
            and source_element is needed
        :param source_access_point: how to reach the source; None: it is local
        :param target_group: in: an existing group of targets, "" for absent; out: the group used or made. May
            be None
        :param target_element_count: how many targets to make; 0: absent, as many as there are sources.
            Excludes target_group; needed with source_element
        :param target_access_point: how to reach the target; None: it is local
        :param consistency: Consistency: whether all members get one and the same point in time; 0: absent, as
            the settings or the group say
        :param replication_setting_data: an embedded CIM_ReplicationSettingData instance in MOF or CIM-XML, as
            replication_settings_format() writes it; None: the defaults
        :param target_setting_goal: what targets that are made should be like (setting_create()); None:
            absent. Only when targets are to be made
        :param target_pool: where targets are made; None: the service chooses among its pools. Only when
            targets are to be made
        :param wait_for_copy_state: return only when this CopyState is reached; 0: absent, return at once. See
            get_supported_wait_for_copy_states()
        :returns: target_group: in: an existing group of targets, "" for absent; out: the group used or made.
            May be None; job: the job that goes on with the work, "" when none does; synchronization: the
            relationship that was made
        :raises NotSupported: this service cannot do that; the capabilities say the same
        :raises TimedOut: wait_for_copy_state was not reached in the time that the service allows
            (wait_timeout_ms); the work goes on
        :raises Failed: an I/O error, no space or no memory; nothing was changed
        :raises InvalidParameter: a parameter is wrong: last_error() names it and the rule
        :raises InUse: an element plays a part that excludes the new one, or its image is locked by another
            program
        """
        return self._call(
            _create_group_replica, relationship_name, sync_type, mode, source_group, source_element,
            source_access_point, target_group, target_element_count, target_access_point, consistency,
            replication_setting_data, target_setting_goal, target_pool, wait_for_copy_state
        )

    def create_group_replica_ex(
        self,
        sync_type: enums.SyncType,
        *,
        relationship_name: str | None = None,
        mode: enums.Mode | None = None,
        source_group: str | None = None,
        source_element: str | None = None,
        source_access_point: str | None = None,
        target_group: str | None = None,
        target_element_count: int = 0,
        target_access_point: str | None = None,
        consistency: enums.Consistency | None = None,
        replication_setting_data: Settings | None = None,
        target_setting_goal: str | None = None,
        target_pool: str | None = None,
        wait_for_copy_state: enums.CopyState | None = None,
        connectivity_collection: str | None = None,
        collections: Iterable[str] = (),
    ) -> CreateGroupReplicaExResult:
        """Copy a group of elements, with the parameters that later schemas added.

        As create_group_replica(). Mirrors CIM_ReplicationService.CreateGroupReplica.

        :param relationship_name: name of the relationship, at most 255 bytes; None: one is generated. A name
            that is in use is refused
        :param sync_type: which kind of copy: SyncType; required
        :param mode: Mode; 0: absent, the service decides
        :param source_group: the group to copy; None: absent. Exactly one of source_group and source_element
            is needed
        :param source_element: one element to copy to every target; None: absent. Exactly one of source_group
            and source_element is needed
        :param source_access_point: how to reach the source; None: it is local
        :param target_group: in: an existing group of targets, "" for absent; out: the group used or made. May
            be None
        :param target_element_count: how many targets to make; 0: absent, as many as there are sources.
            Excludes target_group; needed with source_element
        :param target_access_point: how to reach the target; None: it is local
        :param consistency: Consistency: whether all members get one and the same point in time; 0: absent, as
            the settings or the group say
        :param replication_setting_data: an embedded CIM_ReplicationSettingData instance in MOF or CIM-XML, as
            replication_settings_format() writes it; None: the defaults
        :param target_setting_goal: what targets that are made should be like (setting_create()); None:
            absent. Only when targets are to be made
        :param target_pool: where targets are made; None: the service chooses among its pools. Only when
            targets are to be made
        :param wait_for_copy_state: return only when this CopyState is reached; 0: absent, return at once. See
            get_supported_wait_for_copy_states()
        :param connectivity_collection: paths to another system to use; None: absent
        :param collections: collections that the targets are to be added to; None: absent
        :returns: target_group: in: an existing group of targets, "" for absent; out: the group used or made.
            May be None; job: the job that goes on with the work, "" when none does; synchronization: the
            relationship that was made
        :raises NotSupported: this service cannot do that; the capabilities say the same
        :raises TimedOut: wait_for_copy_state was not reached in the time that the service allows
            (wait_timeout_ms); the work goes on
        :raises Failed: an I/O error, no space or no memory; nothing was changed
        :raises InvalidParameter: a parameter is wrong: last_error() names it and the rule
        :raises InUse: an element plays a part that excludes the new one, or its image is locked by another
            program
        """
        return self._call(
            _create_group_replica_ex, relationship_name, sync_type, mode, source_group, source_element,
            source_access_point, target_group, target_element_count, target_access_point, consistency,
            replication_setting_data, target_setting_goal, target_pool, wait_for_copy_state,
            connectivity_collection, collections
        )

    def create_synchronization_aspect(
        self,
        sync_type: enums.SyncType,
        *,
        name: str | None = None,
        mode: enums.Mode | None = None,
        source_group: str | None = None,
        source_element: str | None = None,
        source_access_point: str | None = None,
        consistency: enums.Consistency | None = None,
        replication_setting_data: Settings | None = None,
    ) -> CreateSynchronizationAspectResult:
        """Take a point in time of an element or group without giving it a target yet.

        Targets are given to it later by modify_settings_define_state(). Mirrors
        CIM_ReplicationService.CreateSynchronizationAspect.

        :param name: name of the aspect, at most 255 bytes; None: one is generated
        :param sync_type: which kind of copy: SyncType; required
        :param mode: Mode; 0: absent, the service decides
        :param source_group: the group to copy; None: absent. Exactly one of source_group and source_element
            is needed
        :param source_element: the element; None: absent. Exactly one of source_group and source_element is
            needed
        :param source_access_point: how to reach the source; None: it is local
        :param consistency: Consistency: whether all members get one and the same point in time; 0: absent, as
            the settings or the group say
        :param replication_setting_data: an embedded CIM_ReplicationSettingData instance in MOF or CIM-XML, as
            replication_settings_format() writes it; None: the defaults
        :returns: job: the job that goes on with the work, "" when none does; settings_state: the state that
            ties the source to its aspect: settings_state_get_info()
        :raises NotSupported: this service cannot do that; the capabilities say the same
        :raises Failed: an I/O error, no space or no memory; nothing was changed
        :raises InvalidParameter: a parameter is wrong: last_error() names it and the rule
        :raises InUse: an element plays a part that excludes the new one, or its image is locked by another
            program
        """
        return self._call(
            _create_synchronization_aspect, name, sync_type, mode, source_group, source_element,
            source_access_point, consistency, replication_setting_data
        )

    def modify_replica_synchronization(
        self,
        operation: enums.Operation,
        synchronization: str,
        *,
        replication_setting_data: Settings | None = None,
        sync_pair: Iterable[str] = (),
        force: bool | None = None,
        wait_for_copy_state: enums.CopyState | None = None,
    ) -> ModifyReplicaSynchronizationResult:
        """Do something with a relationship: split, resync, restore, detach and so on.

        Which operation is legal in which state: get_supported_operations_for_synchronization().
        wait_for_copy_state REPLSVC_COPY_STATE_NOT_APPLICABLE waits until the operation has ended, whatever
        state that is. Mirrors CIM_ReplicationService.ModifyReplicaSynchronization.

        :param operation: what to do: Operation; required
        :param synchronization: the pair or group relationship; required
        :param replication_setting_data: an embedded CIM_ReplicationSettingData instance in MOF or CIM-XML, as
            replication_settings_format() writes it; None: the defaults
        :param sync_pair: pairs that AddSyncPair adds or RemoveSyncPair removes; None: absent
        :param force: do it although data that only the target (or the source) has is lost; absent: false.
            Needed where get_supported_operations() says so
        :param wait_for_copy_state: return only when this CopyState is reached; 0: absent, return at once. See
            get_supported_wait_for_copy_states()
        :returns: job: the job that goes on with the work, "" when none does; settings_state: the settings
            state that the operation made, or ""; updated_synchronization: the relationship after the
            operation (Reverse Roles may change it), "" when it is gone
        :raises NotSupported: this service cannot do that; the capabilities say the same
        :raises TimedOut: wait_for_copy_state was not reached in the time that the service allows
            (wait_timeout_ms); the work goes on
        :raises Failed: an I/O error, no space or no memory; nothing was changed
        :raises InvalidParameter: a parameter is wrong, there is no such relationship (any more), or the
            operation is not legal in its state, which the message names
        :raises InUse: an element plays a part that excludes the new one, or its image is locked by another
            program
        """
        return self._call(
            _modify_replica_synchronization, operation, synchronization, replication_setting_data,
            sync_pair, force, wait_for_copy_state
        )

    def modify_list_synchronization(
        self,
        operation: enums.Operation,
        synchronization: Iterable[str],
        *,
        replication_setting_data: Settings | None = None,
        force: bool | None = None,
        wait_for_copy_state: enums.CopyState | None = None,
    ) -> ModifyListSynchronizationResult:
        """Do the same thing with several relationships.

        Checked for every one before anything is done. Mirrors
        CIM_ReplicationService.ModifyListSynchronization.

        :param operation: what to do: Operation; required
        :param synchronization: the relationships; required
        :param replication_setting_data: an embedded CIM_ReplicationSettingData instance in MOF or CIM-XML, as
            replication_settings_format() writes it; None: the defaults
        :param force: do it although data that only the target (or the source) has is lost; absent: false.
            Needed where get_supported_operations() says so
        :param wait_for_copy_state: return only when this CopyState is reached; 0: absent, return at once. See
            get_supported_wait_for_copy_states()
        :returns: job: the job that goes on with the work, "" when none does; settings_state: list of the
            settings states that the operation made; updated_synchronizations: list of the relationships after
            the operation
        :raises NotSupported: this service cannot do that; the capabilities say the same
        :raises TimedOut: wait_for_copy_state was not reached in the time that the service allows
            (wait_timeout_ms); the work goes on
        :raises Failed: an I/O error, no space or no memory; nothing was changed
        :raises InvalidParameter: a parameter is wrong: last_error() names it and the rule
        :raises InUse: an element plays a part that excludes the new one, or its image is locked by another
            program
        """
        return self._call(
            _modify_list_synchronization, operation, synchronization, replication_setting_data, force,
            wait_for_copy_state
        )

    def modify_settings_define_state(
        self,
        operation: enums.SettingsStateOperation,
        settings_state: str,
        *,
        target_element: str | None = None,
        target_group: str | None = None,
        target_element_count: int = 0,
        target_access_point: str | None = None,
        replication_setting_data: Settings | None = None,
        target_setting_goal: str | None = None,
        target_pool: str | None = None,
        wait_for_copy_state: enums.CopyState | None = None,
        element_name: str | None = None,
        collections: Iterable[str] = (),
    ) -> ModifySettingsDefineStateResult:
        """Give a point in time that has no target a target, restore its source from it, or delete it.

        Delete, Copy To Target and Restore are supported, for snapshots. The target is the element that holds
        the point in time, made when that was taken: an existing one, a goal or a pool is refused with 1. The
        state goes when it has got its target.

        Mirrors CIM_ReplicationService.ModifySettingsDefineState.

        :param operation: what to do: SettingsStateOperation; required
        :param settings_state: the state to work on; required
        :param target_element: in: an existing target, "" to have one made; out: the target. May be None
        :param target_group: in: an existing group of targets, "" for absent; out: the group used or made. May
            be None
        :param target_element_count: how many targets to make; 0: absent. Excludes target_group
        :param target_access_point: how to reach the target; None: it is local
        :param replication_setting_data: an embedded CIM_ReplicationSettingData instance in MOF or CIM-XML, as
            replication_settings_format() writes it; None: the defaults
        :param target_setting_goal: what targets that are made should be like (setting_create()); None:
            absent. Only when targets are to be made
        :param target_pool: where targets are made; None: the service chooses among its pools. Only when
            targets are to be made
        :param wait_for_copy_state: return only when this CopyState is reached; 0: absent, return at once. See
            get_supported_wait_for_copy_states()
        :param element_name: name of the target that is made; None: generated
        :param collections: collections that the targets are to be added to; None: absent
        :returns: target_element: in: an existing target, "" to have one made; out: the target. May be None;
            target_group: in: an existing group of targets, "" for absent; out: the group used or made. May be
            None; synchronization: the relationship that was made, or ""; job: the job that goes on with the
            work, "" when none does
        :raises NotSupported: this service cannot do that; the capabilities say the same
        :raises TimedOut: wait_for_copy_state was not reached in the time that the service allows
            (wait_timeout_ms); the work goes on
        :raises Failed: an I/O error, no space or no memory; nothing was changed
        :raises InvalidParameter: a parameter is wrong: last_error() names it and the rule
        :raises InUse: an element plays a part that excludes the new one, or its image is locked by another
            program
        """
        return self._call(
            _modify_settings_define_state, operation, settings_state, target_element, target_group,
            target_element_count, target_access_point, replication_setting_data, target_setting_goal,
            target_pool, wait_for_copy_state, element_name, collections
        )

    def get_available_target_elements(
        self,
        source_element: str,
        sync_type: enums.SyncType,
        *,
        mode: enums.Mode | None = None,
        replication_setting_data: Settings | None = None,
        target_access_point: str | None = None,
        target_setting_goal: str | None = None,
        target_pools: Iterable[str] = (),
        max_element_count: int = 0,
    ) -> GetAvailableTargetElementsResult:
        """Find elements that could be targets of a copy of an element.

        These are registered, not smaller than the source, not in use and not the source. Mirrors
        CIM_ReplicationService.GetAvailableTargetElements.

        :param source_element: the element to copy; required
        :param sync_type: which kind of copy: SyncType; required
        :param mode: Mode; 0: absent, the service decides
        :param replication_setting_data: an embedded CIM_ReplicationSettingData instance in MOF or CIM-XML, as
            replication_settings_format() writes it; None: the defaults
        :param target_access_point: how to reach the target; None: it is local
        :param target_setting_goal: only elements that are like this; None: absent
        :param target_pools: only elements of these pools; None: all
        :param max_element_count: at most so many; 0: absent, all
        :returns: job: the job that goes on with the work, "" when none does; candidates: list of elements,
            best first
        :raises NotSupported: this service cannot do that; the capabilities say the same
        :raises Failed: an I/O error, no space or no memory; nothing was changed
        :raises InvalidParameter: a parameter is wrong: last_error() names it and the rule
        """
        return self._call(
            _get_available_target_elements, source_element, sync_type, mode, replication_setting_data,
            target_access_point, target_setting_goal, target_pools, max_element_count
        )

    def get_peer_systems(
        self,
        *,
        options: enums.PeerOptions | None = None,
    ) -> GetPeerSystemsResult:
        """List the other systems that this service knows.

        Mirrors CIM_ReplicationService.GetPeerSystems.

        :param options: PeerOptions; 0: absent, all without access points
        :returns: job: the job that goes on with the work, "" when none does; systems: list of systems;
            local_access_points: list: the access point on this side for each; remote_access_points: list: the
            access point on their side for each
        :raises NotSupported: this service cannot do that; the capabilities say the same
        :raises Failed: an I/O error, no space or no memory; nothing was changed
        :raises InvalidParameter: a parameter is wrong: last_error() names it and the rule
        """
        return self._call(_get_peer_systems, options)

    def get_replication_relationships(
        self,
        *,
        type: enums.RelationshipType | None = None,
        sync_type: enums.SyncType | None = None,
        mode: enums.Mode | None = None,
        locality: enums.Locality | None = None,
        copy_state: enums.CopyState | None = None,
        replication_setting_data: Settings | None = None,
    ) -> GetReplicationRelationshipsResult:
        """List relationships, all or those that pass the filters.

        Mirrors CIM_ReplicationService.GetReplicationRelationships.

        :param type: only pairs or only group relationships: RelationshipType; 0: both
        :param sync_type: only this SyncType; 0: all
        :param mode: only this Mode; 0: all
        :param locality: only local or only remote ones: Locality; 0: all
        :param copy_state: only those in this CopyState; 0: all
        :param replication_setting_data: an embedded CIM_ReplicationSettingData instance in MOF or CIM-XML, as
            replication_settings_format() writes it; None: the defaults
        :returns: job: the job that goes on with the work, "" when none does; synchronizations: list of
            relationships, in order of creation
        :raises NotSupported: this service cannot do that; the capabilities say the same
        :raises Failed: an I/O error, no space or no memory; nothing was changed
        :raises InvalidParameter: a parameter is wrong: last_error() names it and the rule
        """
        return self._call(
            _get_replication_relationships, type, sync_type, mode, locality, copy_state,
            replication_setting_data
        )

    def get_service_access_points(
        self,
        system: str,
    ) -> GetServiceAccessPointsResult:
        """List the access points of another system.

        Mirrors CIM_ReplicationService.GetServiceAccessPoints.

        :param system: the other system; required
        :returns: job: the job that goes on with the work, "" when none does; service_access_points: list of
            access points
        :raises NotSupported: this service cannot do that; the capabilities say the same
        :raises Failed: an I/O error, no space or no memory; nothing was changed
        :raises InvalidParameter: a parameter is wrong: last_error() names it and the rule
        """
        return self._call(_get_service_access_points, system)

    def add_replication_entity(
        self,
        replication_entity: str,
        *,
        persistent: bool | None = None,
        instance_namespace: str | None = None,
    ) -> types.EntityRef:
        """Make something that is not a storage element known as an end of a replication.

        Mirrors CIM_ReplicationService.AddReplicationEntity.

        What is kept is what was given; relationships are made between storage elements only. Type and one of
        EntityID and Element are required, OtherTypeDescription with Type 1 (Other) only; Type 11 (Embedded
        Instance) is not supported. Read it again by entity_get_info().

        :param replication_entity: an embedded CIM_ReplicationEntity instance; required
        :param persistent: keep it across restarts; absent: as the instance's Persistent says, else true
        :param instance_namespace: CIM namespace of the instance; None: absent. Kept, without a meaning of its
            own
        :returns: the entity
        :raises NotSupported: this service cannot do that; the capabilities say the same
        :raises Failed: an I/O error, no space or no memory; nothing was changed
        :raises InvalidParameter: a parameter is wrong: last_error() names it and the rule
        """
        return self._call(_add_replication_entity, replication_entity, persistent, instance_namespace)

    def add_service_access_point(
        self,
        service_access_point: str,
        *,
        instance_namespace: str | None = None,
    ) -> types.AccessPointRef:
        """Make the access point of another system known.

        Mirrors CIM_ReplicationService.AddServiceAccessPoint.

        :param service_access_point: an embedded CIM_RemoteServiceAccessPoint (or subclass) instance; required
        :param instance_namespace: CIM namespace of the instance; None: absent. Kept, without a meaning of its
            own
        :returns: the access point
        :raises NotSupported: this service cannot do that; the capabilities say the same
        :raises Failed: an I/O error, no space or no memory; nothing was changed
        :raises InvalidParameter: a parameter is wrong: last_error() names it and the rule
        """
        return self._call(_add_service_access_point, service_access_point, instance_namespace)

    def add_shared_secret(
        self,
        shared_secret: str,
        *,
        service_access_point: str | None = None,
        instance_namespace: str | None = None,
    ) -> types.SecretRef:
        """Give the secret with which an access point is used.

        The secret is kept out of logs and messages, and readable only by the owner of the state directory.
        Mirrors CIM_ReplicationService.AddSharedSecret.

        :param shared_secret: an embedded CIM_SharedSecret instance; required
        :param service_access_point: where it is used; None: absent
        :param instance_namespace: CIM namespace of the instance; None: absent. Kept, without a meaning of its
            own
        :returns: the secret
        :raises NotSupported: this service cannot do that; the capabilities say the same
        :raises Failed: an I/O error, no space or no memory; nothing was changed
        :raises InvalidParameter: a parameter is wrong: last_error() names it and the rule
        """
        return self._call(_add_shared_secret, shared_secret, service_access_point, instance_namespace)

    def create_list_replica(
        self,
        sync_type: enums.SyncType,
        source_elements: Iterable[str],
        *,
        element_names: Iterable[str] = (),
        mode: enums.Mode | None = None,
        source_access_point: str | None = None,
        target_elements: Iterable[str] = (),
        target_access_point: str | None = None,
        replication_setting_data: Settings | None = None,
        target_setting_goal: str | None = None,
        target_pool: str | None = None,
        wait_for_copy_state: enums.CopyState | None = None,
        connectivity_collection: str | None = None,
        consistency: enums.Consistency | None = None,
        collections: Iterable[str] = (),
    ) -> CreateListReplicaResult:
        """Copy several elements, each to a target of its own, without making groups.

        All of them or none. Mirrors CIM_ReplicationService.CreateListReplica.

        :param element_names: names of the targets to be made, in order; None: generated
        :param sync_type: which kind of copy: SyncType; required
        :param mode: Mode; 0: absent, the service decides
        :param source_elements: the elements to copy, in order; required
        :param source_access_point: how to reach the source; None: it is local
        :param target_elements: in: existing targets, one for each source, "" in an entry to have one made, or
            None; out: the targets. May be None
        :param target_access_point: how to reach the target; None: it is local
        :param replication_setting_data: an embedded CIM_ReplicationSettingData instance in MOF or CIM-XML, as
            replication_settings_format() writes it; None: the defaults
        :param target_setting_goal: what targets that are made should be like (setting_create()); None:
            absent. Only when targets are to be made
        :param target_pool: where targets are made; None: the service chooses among its pools. Only when
            targets are to be made
        :param wait_for_copy_state: return only when this CopyState is reached; 0: absent, return at once. See
            get_supported_wait_for_copy_states()
        :param connectivity_collection: paths to another system to use; None: absent
        :param consistency: Consistency: whether all members get one and the same point in time; 0: absent, as
            the settings or the group say
        :param collections: collections that the targets are to be added to; None: absent
        :returns: target_elements: in: existing targets, one for each source, "" in an entry to have one made,
            or None; out: the targets. May be None; job: the job that goes on with the work, "" when none
            does; synchronizations: list of relationships, in the order of the sources
        :raises NotSupported: this service cannot do that; the capabilities say the same
        :raises TimedOut: wait_for_copy_state was not reached in the time that the service allows
            (wait_timeout_ms); the work goes on
        :raises Failed: an I/O error, no space or no memory; nothing was changed
        :raises InvalidParameter: a parameter is wrong: last_error() names it and the rule
        :raises InUse: an element plays a part that excludes the new one, or its image is locked by another
            program
        """
        return self._call(
            _create_list_replica, element_names, sync_type, mode, source_elements, source_access_point,
            target_elements, target_access_point, replication_setting_data, target_setting_goal,
            target_pool, wait_for_copy_state, connectivity_collection, consistency, collections
        )

    def create_group_replica_from_elements(
        self,
        sync_type: enums.SyncType,
        source_elements: Iterable[str],
        *,
        relationship_name: str | None = None,
        mode: enums.Mode | None = None,
        source_group: str | None = None,
        source_group_name: str | None = None,
        source_access_point: str | None = None,
        target_group: str | None = None,
        target_group_name: str | None = None,
        target_elements: Iterable[str] = (),
        target_element_names: Iterable[str] = (),
        target_access_point: str | None = None,
        consistency: enums.Consistency | None = None,
        replication_setting_data: Settings | None = None,
        target_setting_goal: str | None = None,
        target_pool: str | None = None,
        target_pools: Iterable[str] = (),
        wait_for_copy_state: enums.CopyState | None = None,
        connectivity_collection: str | None = None,
        collections: Iterable[str] = (),
    ) -> CreateGroupReplicaFromElementsResult:
        """Copy elements and make source and target groups of them in one call.

        Mirrors CIM_ReplicationService.CreateGroupReplicaFromElements.

        :param relationship_name: name of the relationship, at most 255 bytes; None: one is generated. A name
            that is in use is refused
        :param sync_type: which kind of copy: SyncType; required
        :param mode: Mode; 0: absent, the service decides
        :param source_group: in: an existing group that the sources are or become members of, "" to have one
            made; out: the group. May be None
        :param source_elements: the elements to copy, in order; required
        :param source_group_name: name for a source group that is made, "" for a generated one; out: its name.
            May be None
        :param source_access_point: how to reach the source; None: it is local
        :param target_group: in: an existing group of targets, "" for absent; out: the group used or made. May
            be None
        :param target_group_name: name for a target group that is made, "" for a generated one; out: its name.
            May be None
        :param target_elements: existing targets, in order; None: they are made
        :param target_element_names: names of targets that are made; None: `RelationshipName_n`
        :param target_access_point: how to reach the target; None: it is local
        :param consistency: Consistency: whether all members get one and the same point in time; 0: absent, as
            the settings or the group say
        :param replication_setting_data: an embedded CIM_ReplicationSettingData instance in MOF or CIM-XML, as
            replication_settings_format() writes it; None: the defaults
        :param target_setting_goal: what targets that are made should be like (setting_create()); None:
            absent. Only when targets are to be made
        :param target_pool: where targets are made; None: the service chooses among its pools. Only when
            targets are to be made
        :param target_pools: pools to make the targets in, one for all or one for each; None: absent
        :param wait_for_copy_state: return only when this CopyState is reached; 0: absent, return at once. See
            get_supported_wait_for_copy_states()
        :param connectivity_collection: paths to another system to use; None: absent
        :param collections: collections that the targets are to be added to; None: absent
        :returns: source_group: in: an existing group that the sources are or become members of, "" to have
            one made; out: the group. May be None; source_group_name: name for a source group that is made, ""
            for a generated one; out: its name. May be None; target_group: in: an existing group of targets,
            "" for absent; out: the group used or made. May be None; target_group_name: name for a target
            group that is made, "" for a generated one; out: its name. May be None; job: the job that goes on
            with the work, "" when none does; synchronization: the relationship that was made
        :raises NotSupported: this service cannot do that; the capabilities say the same
        :raises TimedOut: wait_for_copy_state was not reached in the time that the service allows
            (wait_timeout_ms); the work goes on
        :raises Failed: an I/O error, no space or no memory; nothing was changed
        :raises InvalidParameter: a parameter is wrong: last_error() names it and the rule
        :raises InUse: an element plays a part that excludes the new one, or its image is locked by another
            program
        """
        return self._call(
            _create_group_replica_from_elements, relationship_name, sync_type, mode, source_group,
            source_elements, source_group_name, source_access_point, target_group, target_group_name,
            target_elements, target_element_names, target_access_point, consistency,
            replication_setting_data, target_setting_goal, target_pool, target_pools,
            wait_for_copy_state, connectivity_collection, collections
        )

    def get_replication_relationship_instances(
        self,
        *,
        type: enums.RelationshipType | None = None,
        sync_type: enums.SyncType | None = None,
        mode: enums.Mode | None = None,
        locality: enums.Locality | None = None,
        copy_state: enums.CopyState | None = None,
        replication_setting_data: Settings | None = None,
    ) -> GetReplicationRelationshipInstancesResult:
        """List relationships as embedded instances.

        Mirrors CIM_ReplicationService.GetReplicationRelationshipInstances.

        :param type: only pairs or only group relationships: RelationshipType; 0: both
        :param sync_type: only this SyncType; 0: all
        :param mode: only this Mode; 0: all
        :param locality: only local or only remote ones: Locality; 0: all
        :param copy_state: only those in this CopyState; 0: all
        :param replication_setting_data: an embedded CIM_ReplicationSettingData instance in MOF or CIM-XML, as
            replication_settings_format() writes it; None: the defaults
        :returns: job: the job that goes on with the work, "" when none does; synchronizations: list of
            CIM_StorageSynchronized and CIM_GroupSynchronized instances in MOF
        :raises NotSupported: this service cannot do that; the capabilities say the same
        :raises Failed: an I/O error, no space or no memory; nothing was changed
        :raises InvalidParameter: a parameter is wrong: last_error() names it and the rule
        """
        return self._call(
            _get_replication_relationship_instances, type, sync_type, mode, locality, copy_state,
            replication_setting_data
        )

    def modify_list_settings_define_state(
        self,
        operation: enums.SettingsStateOperation,
        settings_states: Iterable[str],
        *,
        target_elements: Iterable[str] = (),
        target_groups: Iterable[str] = (),
        target_element_count: int = 0,
        target_access_point: str | None = None,
        replication_setting_data: Settings | None = None,
        target_setting_goals: Iterable[str] = (),
        target_pools: Iterable[str] = (),
        wait_for_copy_state: enums.CopyState | None = None,
        element_names: Iterable[str] = (),
        collections: Iterable[str] = (),
    ) -> ModifyListSettingsDefineStateResult:
        """Do the same thing with several points in time that have no target.

        Mirrors CIM_ReplicationService.ModifyListSettingsDefineState.

        :param operation: what to do: SettingsStateOperation; required
        :param settings_states: the states to work on; required
        :param target_elements: in: existing targets, one for each, "" to have one made; out: the targets. May
            be None
        :param target_groups: the same for states of groups. May be None
        :param target_element_count: how many targets to make; 0: absent. Excludes target_group
        :param target_access_point: how to reach the target; None: it is local
        :param replication_setting_data: an embedded CIM_ReplicationSettingData instance in MOF or CIM-XML, as
            replication_settings_format() writes it; None: the defaults
        :param target_setting_goals: what targets that are made should be like, one for all or one for each;
            None: absent
        :param target_pools: pools to make the targets in, one for all or one for each; None: absent
        :param wait_for_copy_state: return only when this CopyState is reached; 0: absent, return at once. See
            get_supported_wait_for_copy_states()
        :param element_names: names of the targets to be made, in order; None: generated
        :param collections: collections that the targets are to be added to; None: absent
        :returns: target_elements: in: existing targets, one for each, "" to have one made; out: the targets.
            May be None; target_groups: the same for states of groups. May be None; synchronizations: list of
            the relationships that were made; job: the job that goes on with the work, "" when none does
        :raises NotSupported: this service cannot do that; the capabilities say the same
        :raises TimedOut: wait_for_copy_state was not reached in the time that the service allows
            (wait_timeout_ms); the work goes on
        :raises Failed: an I/O error, no space or no memory; nothing was changed
        :raises InvalidParameter: a parameter is wrong: last_error() names it and the rule
        :raises InUse: an element plays a part that excludes the new one, or its image is locked by another
            program
        """
        return self._call(
            _modify_list_settings_define_state, operation, settings_states, target_elements,
            target_groups, target_element_count, target_access_point, replication_setting_data,
            target_setting_goals, target_pools, wait_for_copy_state, element_names, collections
        )

    def add_to_remote_replication_collection(
        self,
        connectivity_collection: str,
        *,
        local_access_points: Iterable[str] = (),
        remote_access_points: Iterable[str] = (),
        remote_computer_system: str | None = None,
    ) -> Job:
        """Add paths to a collection of paths to another system.

        Mirrors CIM_ReplicationService.AddToRemoteReplicationCollection.

        An access point is in a collection once. The remote ones lead to one system, the collection's.

        :param local_access_points: access points of this system; None: absent
        :param remote_access_points: access points of the other system; None: absent
        :param remote_computer_system: the other system; None: it follows from remote_access_points
        :param connectivity_collection: the collection; required
        :returns: the job that goes on with the work, "" when none does
        :raises NotSupported: this service cannot do that; the capabilities say the same
        :raises Failed: an I/O error, no space or no memory; nothing was changed
        :raises InvalidParameter: a parameter is wrong: last_error() names it and the rule
        """
        return self._call(
            _add_to_remote_replication_collection, local_access_points, remote_access_points,
            remote_computer_system, connectivity_collection
        )

    def create_remote_replication_collection(
        self,
        *,
        element_name: str | None = None,
        local_access_points: Iterable[str] = (),
        remote_access_points: Iterable[str] = (),
        remote_computer_system: str | None = None,
        active: bool | None = None,
        delete_on_unassociated: bool | None = None,
        replication_setting_data: Settings | None = None,
    ) -> CreateRemoteReplicationCollectionResult:
        """Make a collection of paths to another system.

        Mirrors CIM_ReplicationService.CreateRemoteReplicationCollection.

        A path is a pair of access points, one of this system and one of the other. All may be absent and be
        added later. The remote access points lead to one system; local ones do not lead there. Of the
        settings only the compression of paths would apply, which is not supported. What is kept is
        configuration: no connection is made.

        :param element_name: name of the collection; None: generated
        :param local_access_points: access points of this system; None: absent
        :param remote_access_points: access points of the other system; None: absent
        :param remote_computer_system: the other system; None: it follows from remote_access_points
        :param active: use it at once; absent: true
        :param delete_on_unassociated: delete the collection when its last path goes; absent: false
        :param replication_setting_data: an embedded CIM_ReplicationSettingData instance in MOF or CIM-XML, as
            replication_settings_format() writes it; None: the defaults
        :returns: job: the job that goes on with the work, "" when none does; connectivity_collection: the
            collection
        :raises NotSupported: this service cannot do that; the capabilities say the same
        :raises Failed: an I/O error, no space or no memory; nothing was changed
        :raises InvalidParameter: a parameter is wrong: last_error() names it and the rule
        """
        return self._call(
            _create_remote_replication_collection, element_name, local_access_points,
            remote_access_points, remote_computer_system, active, delete_on_unassociated,
            replication_setting_data
        )

    def remove_from_remote_replication_collection(
        self,
        connectivity_collection: str,
        *,
        local_access_points: Iterable[str] = (),
        remote_access_points: Iterable[str] = (),
        remote_computer_system: str | None = None,
    ) -> Job:
        """Take paths out of a collection of paths to another system.

        Mirrors CIM_ReplicationService.RemoveFromRemoteReplicationCollection.

        A system without access points takes all of the remote ones out. With delete_on_unassociated the
        collection goes with its last access point.

        :param local_access_points: access points of this system; None: absent
        :param remote_access_points: access points of the other system; None: absent
        :param remote_computer_system: the other system; None: it follows from remote_access_points
        :param connectivity_collection: the collection; required
        :returns: the job that goes on with the work, "" when none does
        :raises NotSupported: this service cannot do that; the capabilities say the same
        :raises Failed: an I/O error, no space or no memory; nothing was changed
        :raises InvalidParameter: a parameter is wrong: last_error() names it and the rule
        :raises InUse: an element plays a part that excludes the new one, or its image is locked by another
            program
        """
        return self._call(
            _remove_from_remote_replication_collection, local_access_points, remote_access_points,
            remote_computer_system, connectivity_collection
        )

    def add_elements_to_group_synchronized(
        self,
        synchronized: str,
        source_elements: Iterable[str],
        *,
        target_elements: Iterable[str] = (),
        source_access_point: str | None = None,
        target_access_point: str | None = None,
        consistency: enums.Consistency | None = None,
        replication_setting_data: Settings | None = None,
        wait_for_copy_state: enums.CopyState | None = None,
    ) -> AddElementsToGroupSynchronizedResult:
        """Add pairs of elements to a group relationship.

        The groups grow by these members, the new pairs have SyncType and Mode of the others. All or nothing.
        Mirrors CIM_ReplicationService.AddElementsToGroupSynchronized.

        Snapshots and clones that are added have one point in time among themselves, another than those that
        were there; where consistency is enabled the group is Inconsistent until its next resync.

        :param synchronized: the group relationship; required
        :param source_elements: the new sources, in order; required
        :param target_elements: their targets, one for each; None: they are made
        :param source_access_point: how to reach the source; None: it is local
        :param target_access_point: how to reach the target; None: it is local
        :param consistency: Consistency: what the group promises from now on: No Consistency; or Sequential
            Consistency, of mirrors only (5 for others, which have points in time of their own); 0: absent, as
            before
        :param replication_setting_data: an embedded CIM_ReplicationSettingData instance in MOF or CIM-XML, as
            replication_settings_format() writes it; None: what the group was made with
        :param wait_for_copy_state: return only when this CopyState is reached; 0: absent, return at once. See
            get_supported_wait_for_copy_states()
        :returns: job: the job that goes on with the work, "" when none does; synchronizations: list of the
            new pairs
        :raises NotSupported: this service cannot do that; the capabilities say the same
        :raises TimedOut: wait_for_copy_state was not reached in the time that the service allows
            (wait_timeout_ms); the work goes on
        :raises Failed: an I/O error, no space or no memory; nothing was changed
        :raises InvalidParameter: a parameter is wrong: last_error() names it and the rule
        :raises InUse: an element plays a part that excludes the new one, or its image is locked by another
            program
        """
        return self._call(
            _add_elements_to_group_synchronized, synchronized, source_elements, target_elements,
            source_access_point, target_access_point, consistency, replication_setting_data,
            wait_for_copy_state
        )

    def confirm_target_data(
        self,
        synchronized: str,
        *,
        source_access_point: str | None = None,
        target_access_point: str | None = None,
        replication_setting_data: Settings | None = None,
        connectivity_collection: str | None = None,
        wait_time: int = 0,
    ) -> Job:
        """Compare the target of a mirror with its source while hosts go on.

        A job reads both sides; it gives way to operations on the relationship. What differs is counted in the
        error of the job: how many bytes, and the offset of the first. It is copied, and the job completes
        (with that text as its description), when CopyRecoveryMode 2 (Automatic) is asked for in
        replication_setting_data, the one property that has a meaning here. Otherwise the job fails, and the
        mirror is Unsynchronized (Requires resync) until a call with repair, a Suspend and Resume, or the next
        opening has copied it. What a mirror knows to differ anyway is not compared. Only mirrors that are
        Synchronized or Unsynchronized can be compared: the source of a snapshot or clone has moved on.
        Mirrors CIM_ReplicationService.ConfirmTargetData.

        :param synchronized: the pair or group relationship; required
        :param source_access_point: how to reach the source; None: it is local
        :param target_access_point: how to reach the target; None: it is local
        :param replication_setting_data: an embedded CIM_ReplicationSettingData instance in MOF or CIM-XML, as
            replication_settings_format() writes it; None: the defaults
        :param connectivity_collection: paths to another system to use; None: absent
        :param wait_time: microseconds to wait for the result before the job goes on alone; 0: absent, do not
            wait
        :returns: the job that goes on with the work, "" when none does
        :raises NotSupported: this service cannot do that; the capabilities say the same
        :raises TimedOut: wait_time is over; the job goes on
        :raises Failed: the sides differ, or an I/O error: see last_error() or the job
        :raises InvalidParameter: a parameter is wrong: last_error() names it and the rule
        """
        return self._call(
            _confirm_target_data, synchronized, source_access_point, target_access_point,
            replication_setting_data, connectivity_collection, wait_time
        )

    def create_group_replica_from_element_synchronizations(
        self,
        element_synchronizations: Iterable[str],
        *,
        relationship_name: str | None = None,
        source_group_name: str | None = None,
        source_group: str | None = None,
        source_access_point: str | None = None,
        target_group_name: str | None = None,
        target_group: str | None = None,
        target_access_point: str | None = None,
        consistency: enums.Consistency | None = None,
        replication_setting_data: Settings | None = None,
        wait_for_copy_state: enums.CopyState | None = None,
    ) -> CreateGroupReplicaFromElementSynchronizationsResult:
        """Make one group relationship of pairs that exist.

        The pairs must have the same sync type and mode. Mirrors
        CIM_ReplicationService.CreateGroupReplicaFromElementSynchronizations.

        :param relationship_name: name of the relationship, at most 255 bytes; None: one is generated. A name
            that is in use is refused
        :param element_synchronizations: the pairs, in order; required
        :param source_group_name: name for a source group that is made, "" for a generated one; out: its name.
            May be None
        :param source_group: in: the group whose members are the sources, "" to have one made; out: the group.
            May be None
        :param source_access_point: how to reach the source; None: it is local
        :param target_group_name: name for a target group that is made, "" for a generated one; out: its name.
            May be None
        :param target_group: in: the group whose members are the targets, "" to have one made; out: the group.
            May be None
        :param target_access_point: how to reach the target; None: it is local
        :param consistency: Consistency: whether all members get one and the same point in time; 0: absent, as
            the settings or the group say
        :param replication_setting_data: an embedded CIM_ReplicationSettingData instance in MOF or CIM-XML, as
            replication_settings_format() writes it; None: the defaults
        :param wait_for_copy_state: return only when this CopyState is reached; 0: absent, return at once. See
            get_supported_wait_for_copy_states()
        :returns: source_group_name: name for a source group that is made, "" for a generated one; out: its
            name. May be None; source_group: in: the group whose members are the sources, "" to have one made;
            out: the group. May be None; target_group_name: name for a target group that is made, "" for a
            generated one; out: its name. May be None; target_group: in: the group whose members are the
            targets, "" to have one made; out: the group. May be None; job: the job that goes on with the
            work, "" when none does; group_synchronization: the group relationship
        :raises NotSupported: this service cannot do that; the capabilities say the same
        :raises TimedOut: wait_for_copy_state was not reached in the time that the service allows
            (wait_timeout_ms); the work goes on
        :raises Failed: an I/O error, no space or no memory; nothing was changed
        :raises InvalidParameter: a parameter is wrong: last_error() names it and the rule
        :raises InUse: an element plays a part that excludes the new one, or its image is locked by another
            program
        """
        return self._call(
            _create_group_replica_from_element_synchronizations, relationship_name,
            element_synchronizations, source_group_name, source_group, source_access_point,
            target_group_name, target_group, target_access_point, consistency, replication_setting_data,
            wait_for_copy_state
        )

    def get_synchronization_aspect_instances(
        self,
        *,
        sync_type: enums.SyncType | None = None,
        mode: enums.Mode | None = None,
        locality: enums.Locality | None = None,
        sync_state: enums.AspectSyncState | None = None,
        cached_data: bool | None = None,
        replication_setting_data: Settings | None = None,
    ) -> GetSynchronizationAspectInstancesResult:
        """List points in time that have no target as embedded instances.

        Mirrors CIM_ReplicationService.GetSynchronizationAspectInstances.

        :param sync_type: only this SyncType; 0: all
        :param mode: only this Mode; 0: all
        :param locality: only local or only remote ones: Locality; 0: all
        :param sync_state: only this AspectSyncState; 0: all
        :param cached_data: whether figures that are a little old will do; absent: false
        :param replication_setting_data: an embedded CIM_ReplicationSettingData instance in MOF or CIM-XML, as
            replication_settings_format() writes it; None: the defaults
        :returns: job: the job that goes on with the work, "" when none does; synchronization_aspects: list of
            CIM_SynchronizationAspect instances in MOF
        :raises NotSupported: this service cannot do that; the capabilities say the same
        :raises Failed: an I/O error, no space or no memory; nothing was changed
        :raises InvalidParameter: a parameter is wrong: last_error() names it and the rule
        """
        return self._call(
            _get_synchronization_aspect_instances, sync_type, mode, locality, sync_state, cached_data,
            replication_setting_data
        )

    def get_synchronization_aspects(
        self,
        *,
        sync_type: enums.SyncType | None = None,
        mode: enums.Mode | None = None,
        locality: enums.Locality | None = None,
        sync_state: enums.AspectSyncState | None = None,
        cached_data: bool | None = None,
        replication_setting_data: Settings | None = None,
    ) -> GetSynchronizationAspectsResult:
        """List points in time that have no target, all or those that pass the filters.

        Mirrors CIM_ReplicationService.GetSynchronizationAspects.

        :param sync_type: only this SyncType; 0: all
        :param mode: only this Mode; 0: all
        :param locality: only local or only remote ones: Locality; 0: all
        :param sync_state: only this AspectSyncState; 0: all
        :param cached_data: whether figures that are a little old will do; absent: false
        :param replication_setting_data: an embedded CIM_ReplicationSettingData instance in MOF or CIM-XML, as
            replication_settings_format() writes it; None: the defaults
        :returns: job: the job that goes on with the work, "" when none does; synchronization_aspects: list of
            aspects, oldest first
        :raises NotSupported: this service cannot do that; the capabilities say the same
        :raises Failed: an I/O error, no space or no memory; nothing was changed
        :raises InvalidParameter: a parameter is wrong: last_error() names it and the rule
        """
        return self._call(
            _get_synchronization_aspects, sync_type, mode, locality, sync_state, cached_data,
            replication_setting_data
        )

    def create_list_synchronization_aspect(
        self,
        sync_type: enums.SyncType,
        source_elements: Iterable[str],
        *,
        names: Iterable[str] = (),
        mode: enums.Mode | None = None,
        source_access_point: str | None = None,
        consistency: enums.Consistency | None = None,
        replication_setting_data: Settings | None = None,
    ) -> CreateListSynchronizationAspectResult:
        """Take a point in time of several elements without giving them targets yet.

        Mirrors CIM_ReplicationService.CreateListSynchronizationAspect.

        :param names: names of the aspects, in order; None: generated
        :param sync_type: which kind of copy: SyncType; required
        :param mode: Mode; 0: absent, the service decides
        :param source_elements: the elements to copy, in order; required
        :param source_access_point: how to reach the source; None: it is local
        :param consistency: Consistency: whether all members get one and the same point in time; 0: absent, as
            the settings or the group say
        :param replication_setting_data: an embedded CIM_ReplicationSettingData instance in MOF or CIM-XML, as
            replication_settings_format() writes it; None: the defaults
        :returns: job: the job that goes on with the work, "" when none does; settings_states: list of states,
            in the order of the sources
        :raises NotSupported: this service cannot do that; the capabilities say the same
        :raises Failed: an I/O error, no space or no memory; nothing was changed
        :raises InvalidParameter: a parameter is wrong: last_error() names it and the rule
        :raises InUse: an element plays a part that excludes the new one, or its image is locked by another
            program
        """
        return self._call(
            _create_list_synchronization_aspect, names, sync_type, mode, source_elements,
            source_access_point, consistency, replication_setting_data
        )

    def element_get_statistics(
        self,
        element: str,
    ) -> types.ElementStatistics:
        """Counters of host I/O to an element.

        :param element: the element
        :returns: set size before; the library fills what fits
        :raises InvalidParameter: no such element, or statistics is None or has no size
        """
        return self._call(_element_get_statistics, element)

    def sync_get_statistics(
        self,
        synchronization: str,
    ) -> types.SyncStatistics:
        """Counters of a relationship.

        :param synchronization: a pair or a group relationship
        :returns: set size before; the library fills what fits
        :raises InvalidParameter: no such relationship, or statistics is None or has no size
        """
        return self._call(_sync_get_statistics, synchronization)

    def service_get_statistics(
        self,
    ) -> types.ServiceStatistics:
        """Counters of the service.

        :returns: set size before; the library fills what fits
        :raises InvalidParameter: statistics is None or has no size
        """
        return self._call(_service_get_statistics)


def replication_settings_format(
    settings: types.ReplicationSettings,
    encoding: enums.Encoding,
) -> str | None:
    """Write settings as an embedded CIM_ReplicationSettingData instance.

    :param settings: set size before; a property that is 0 is left out
    :param encoding: MOF or CIM-XML
    :returns: the text
    :raises Failed: no memory
    :raises InvalidParameter: a value is outside its value map, or a parameter is None
    """
    return _replication_settings_format(None, None, settings, encoding)


def replication_settings_parse(
    text: str,
) -> types.ReplicationSettings:
    """Read an embedded CIM_ReplicationSettingData instance, in either encoding.

    :param text: the instance
    :returns: set size before; properties that the text does not name become 0
    :raises InvalidParameter: the text is neither encoding, has an unknown property, a wrong type or a value
        outside its value map: the message names it and its position
    """
    return _replication_settings_parse(None, None, text)


def backend_load(
    path: StrPath,
) -> None:
    """Load a module and register the backend that its `replsvc_backend_module` function returns.

    There is seldom need to: when a locator has a scheme that nobody registered, `replsvc-SCHEME.so` is looked
    for in the directories of the environment variable REPLSVC_BACKENDS (absolute, separated by colons) and
    where the library's own modules were installed (LIBDIR/replsvc).

    :param path: the shared object
    :raises NotSupported: its api_version is not one that this library knows
    :raises Failed: it cannot be loaded: the message says why
    :raises InvalidParameter: it is no module of a backend
    """
    return _backend_load(None, None, path)


def locator_get_info(
    locator: StrPath,
) -> types.ElementInfo:
    """Look at an image: opens it for reading, without locking it, and closes it again.

    :param locator: the image
    :returns: set size before; id, name and pool are ""; locator is the canonical form
    """
    return _locator_get_info(None, None, locator)


def locator_create(
    locator: StrPath,
    options: types.ImageOptions,
) -> None:
    """Make an empty image.

    :param locator: the image, which must not exist
    :param options: what to make; required
    """
    return _locator_create(None, None, locator, options)


def vhdx_get_info(
    path: StrPath,
) -> types.VhdxInfo:
    """Look inside an image; its parent is not opened and nothing is changed.

    :param path: the image
    :returns: set size before
    """
    return _vhdx_get_info(None, None, path)


def vhdx_allow_roots(
    *,
    roots: Iterable[StrPath] = (),
) -> None:
    """Say where parents may lie. An image that names its parent is not trusted: without this, only a parent in
    the image's own folder is opened; with it, one below these folders too, everywhere in this process where
    no roots are given: elements, copies, checks, merges. What was opened before stays as it is.

    :param roots: absolute paths of folders, instead of those of an earlier call; None = none
    :raises Failed: no memory; it is as it was
    :raises InvalidParameter: a path is not absolute
    """
    return _vhdx_allow_roots(None, None, roots)


def vhdx_merge(
    child: StrPath,
    *,
    roots: Iterable[StrPath] = (),
) -> None:
    """Merge a differencing image into its parent: the parent gets the child's content and size. Both stay, and
    read the same, also after a cut or kill at any moment of the merge; the child can be removed afterwards.
    Refused (6) while the parent has other children, which would not fit any more; they are looked for in the
    folders of both images and in the roots.

    :param child: the differencing image
    :param roots: directories inside which the parent may lie; None = the child's own, and those of
        vhdx_allow_roots()
    """
    return _vhdx_merge(None, None, child, roots)


def vhdx_collapse(
    child: StrPath,
    flags: int,
    *,
    into: str | None = None,
    roots: Iterable[StrPath] = (),
) -> None:
    """Collapse a chain: an ancestor gets the content and size of a differencing image that is based on it, over
    any number of images between; what lies in several of them is written once. The child reads the same at
    every moment, also after a cut or kill at any write, and the call can simply be made again then. The
    images between go on being part of the chain, but no longer show what they did by themselves: they are of
    no use but to the child, and can be removed with it.

    :param child: the differencing image
    :param into: an image that it is based on; None = the first of its chain
    :param roots: directories inside which the parents may lie; None = each child's own, and those of
        vhdx_allow_roots()
    :param flags: REPLSVC_VHDX_COLLAPSE_*
    """
    return _vhdx_collapse(None, None, child, into, roots, flags)
