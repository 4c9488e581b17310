/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef REPLSVC_CAPABILITIES_H
#define REPLSVC_CAPABILITIES_H

#include <replsvc/cim.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Mirrors CIM_ReplicationServiceCapabilities.ConvertSyncTypeToReplicationType. */
REPLSVC_API uint32_t replsvc_convert_sync_type_to_replication_type(replsvc_service *service,
                                                                   uint16_t sync_type, uint16_t mode,
                                                                   uint16_t local_or_remote,
                                                                   uint16_t *supported_replication_types);

/** Mirrors CIM_ReplicationServiceCapabilities.ConvertReplicationTypeToSyncType. */
REPLSVC_API uint32_t replsvc_convert_replication_type_to_sync_type(replsvc_service *service,
                                                                   uint16_t replication_type,
                                                                   uint16_t *sync_type, uint16_t *mode,
                                                                   uint16_t *local_or_remote);

/** Mirrors CIM_ReplicationServiceCapabilities.GetSupportedCopyStates. */
REPLSVC_API uint32_t replsvc_get_supported_copy_states(replsvc_service *service, uint16_t replication_type,
                                                       uint16_t **supported_copy_states,
                                                       size_t *n_supported_copy_states,
                                                       bool **host_accessible, size_t *n_host_accessible,
                                                       const char *replication_setting_data,
                                                       uint16_t operation);

/** Mirrors CIM_ReplicationServiceCapabilities.GetSupportedGroupCopyStates. */
REPLSVC_API uint32_t replsvc_get_supported_group_copy_states(
    replsvc_service *service, uint16_t replication_type, uint16_t **supported_copy_states,
    size_t *n_supported_copy_states, const char *replication_setting_data, uint16_t operation);

/** Mirrors CIM_ReplicationServiceCapabilities.GetSupportedWaitForCopyStates. */
REPLSVC_API uint32_t replsvc_get_supported_wait_for_copy_states(
    replsvc_service *service, uint16_t replication_type, uint16_t method_name,
    uint16_t **supported_copy_states, size_t *n_supported_copy_states, const char *replication_setting_data,
    uint16_t operation);

/** Mirrors CIM_ReplicationServiceCapabilities.GetSupportedFeatures. */
REPLSVC_API uint32_t replsvc_get_supported_features(replsvc_service *service, uint16_t replication_type,
                                                    uint16_t **features, size_t *n_features,
                                                    const char *replication_setting_data);

/** Mirrors CIM_ReplicationServiceCapabilities.GetSupportedGroupFeatures. */
REPLSVC_API uint32_t replsvc_get_supported_group_features(replsvc_service *service, uint16_t replication_type,
                                                          uint16_t **group_features, size_t *n_group_features,
                                                          const char *replication_setting_data);

/** Mirrors CIM_ReplicationServiceCapabilities.GetSupportedConsistency. */
REPLSVC_API uint32_t replsvc_get_supported_consistency(replsvc_service *service, uint16_t replication_type,
                                                       uint16_t **supported_consistency,
                                                       size_t *n_supported_consistency,
                                                       const char *replication_setting_data);

/** Mirrors CIM_ReplicationServiceCapabilities.GetSupportedOperations. */
REPLSVC_API uint32_t replsvc_get_supported_operations(
    replsvc_service *service, uint16_t replication_type, uint16_t **supported_operations,
    size_t *n_supported_operations, const char *replication_setting_data, uint16_t copy_state,
    uint16_t **service_controlling, size_t *n_service_controlling, bool **requires_force,
    size_t *n_requires_force, bool **updates_synchronized_path, size_t *n_updates_synchronized_path);

/** Mirrors CIM_ReplicationServiceCapabilities.GetSupportedGroupOperations. */
REPLSVC_API uint32_t replsvc_get_supported_group_operations(
    replsvc_service *service, uint16_t replication_type, uint16_t **supported_group_operations,
    size_t *n_supported_group_operations, const char *replication_setting_data, uint16_t copy_state,
    uint16_t **service_controlling, size_t *n_service_controlling, bool **requires_force,
    size_t *n_requires_force, bool **updates_synchronized_path, size_t *n_updates_synchronized_path);

/** Mirrors CIM_ReplicationServiceCapabilities.GetSupportedListOperations. */
REPLSVC_API uint32_t replsvc_get_supported_list_operations(
    replsvc_service *service, uint16_t replication_type, uint16_t synchronization_type,
    uint16_t **supported_list_operations, size_t *n_supported_list_operations,
    const char *replication_setting_data, uint16_t copy_state, uint16_t **service_controlling,
    size_t *n_service_controlling, bool **requires_force, size_t *n_requires_force,
    bool **updates_synchronized_path, size_t *n_updates_synchronized_path);

/** Mirrors CIM_ReplicationServiceCapabilities.GetSupportedSettingsDefineStateOperations. */
REPLSVC_API uint32_t replsvc_get_supported_settings_define_state_operations(
    replsvc_service *service, uint16_t replication_type, uint16_t **supported_operations,
    size_t *n_supported_operations, const char *replication_setting_data);

/** Mirrors CIM_ReplicationServiceCapabilities.GetSupportedThinProvisioningFeatures. */
REPLSVC_API uint32_t replsvc_get_supported_thin_provisioning_features(
    replsvc_service *service, uint16_t replication_type, uint16_t **supported_thin_provisioning_features,
    size_t *n_supported_thin_provisioning_features, const char *replication_setting_data);

/** Mirrors CIM_ReplicationServiceCapabilities.GetSupportedMaximum. */
REPLSVC_API uint32_t replsvc_get_supported_maximum(replsvc_service *service, uint16_t replication_type,
                                                   uint16_t component, uint64_t *max_value,
                                                   const char *replication_setting_data);

/** Mirrors CIM_ReplicationServiceCapabilities.GetDefaultConsistency. */
REPLSVC_API uint32_t replsvc_get_default_consistency(replsvc_service *service, uint16_t replication_type,
                                                     uint16_t *default_consistency,
                                                     const char *replication_setting_data);

/** Mirrors CIM_ReplicationServiceCapabilities.GetDefaultGroupPersistency. */
REPLSVC_API uint32_t replsvc_get_default_group_persistency(replsvc_service *service,
                                                           uint16_t *default_group_persistency);

/** Mirrors CIM_ReplicationServiceCapabilities.GetSupportedReplicationSettingData. */
REPLSVC_API uint32_t replsvc_get_supported_replication_setting_data(
    replsvc_service *service, uint16_t replication_type, uint16_t property_name, uint64_t **supported_values,
    size_t *n_supported_values, const char *replication_setting_data);

/** Mirrors CIM_ReplicationServiceCapabilities.GetDefaultReplicationSettingData. */
REPLSVC_API uint32_t replsvc_get_default_replication_setting_data(replsvc_service *service,
                                                                  uint16_t replication_type,
                                                                  char **default_instance);

/** Mirrors CIM_ReplicationServiceCapabilities.GetSupportedConnectionFeatures. */
REPLSVC_API uint32_t replsvc_get_supported_connection_features(replsvc_service *service,
                                                               const replsvc_access_point_ref *connection,
                                                               uint16_t **supported_connection_features,
                                                               size_t *n_supported_connection_features);

/** Mirrors CIM_ReplicationServiceCapabilities.GetSynchronizationSupported. */
REPLSVC_API uint32_t replsvc_get_synchronization_supported(
    replsvc_service *service, const replsvc_element_ref *local_element,
    const replsvc_element_ref *other_element, const replsvc_access_point_ref *other_element_access_point,
    uint16_t method_name, const char *replication_setting_data, uint16_t **sync_types, size_t *n_sync_types,
    uint16_t **modes, size_t *n_modes, uint16_t **local_element_role, size_t *n_local_element_role);

/** Mirrors CIM_ReplicationServiceCapabilities.GetSupportedStorageCompressionFeatures. */
REPLSVC_API uint32_t replsvc_get_supported_storage_compression_features(
    replsvc_service *service, uint16_t replication_type, uint16_t **supported_storage_compression_features,
    size_t *n_supported_storage_compression_features, const char *replication_setting_data);

/** Mirrors CIM_ReplicationServiceCapabilities.GetSupportedTokenizedReplicationType. */
REPLSVC_API uint32_t replsvc_get_supported_tokenized_replication_type(
    replsvc_service *service, const replsvc_element_ref *source_element,
    const replsvc_element_ref *target_element, const replsvc_access_point_ref *element_access_point,
    const char *replication_setting_data, uint16_t **replication_types, size_t *n_replication_types);

/** Mirrors CIM_ReplicationServiceCapabilities.GetElementNameCapabilities. */
REPLSVC_API uint32_t replsvc_get_element_name_capabilities(replsvc_service *service, uint16_t element_type,
                                                           uint16_t **supported_features,
                                                           size_t *n_supported_features,
                                                           uint16_t *max_element_name_len,
                                                           char **element_name_mask);

/** Mirrors CIM_ReplicationServiceCapabilities.GetSupportedListFeatures. */
REPLSVC_API uint32_t replsvc_get_supported_list_features(replsvc_service *service, uint16_t replication_type,
                                                         uint16_t **group_features, size_t *n_group_features,
                                                         const char *replication_setting_data);

/** Mirrors CIM_ReplicationServiceCapabilities.GetSupportedOperationsForSynchronization. */
REPLSVC_API uint32_t replsvc_get_supported_operations_for_synchronization(
    replsvc_service *service, const replsvc_sync_ref *synchronization, const char *replication_setting_data,
    uint16_t **supported_operations, size_t *n_supported_operations, uint16_t **service_controlling,
    size_t *n_service_controlling, bool **requires_force, size_t *n_requires_force,
    bool **updates_synchronized_path, size_t *n_updates_synchronized_path);

/** Mirrors CIM_ReplicationServiceCapabilities.GetSupportedReplicationTypesForSystem. */
REPLSVC_API uint32_t replsvc_get_supported_replication_types_for_system(
    replsvc_service *service, const replsvc_system_ref *system, const char *replication_setting_data,
    uint16_t **supported_replication_types, size_t *n_supported_replication_types);

/** Mirrors CIM_ReplicationServiceCapabilities.GetSupportedReplicationSettingDataDateTime. */
REPLSVC_API uint32_t replsvc_get_supported_replication_setting_data_date_time(
    replsvc_service *service, uint16_t replication_type, uint16_t property_name, int64_t **supported_values,
    size_t *n_supported_values, uint16_t *supported_values_indicator, const char *replication_setting_data);

#ifdef __cplusplus
}
#endif

#endif
