/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * @file capabilities.h
 * The methods and properties of CIM_ReplicationServiceCapabilities: what this
 * service can do, told truly: what they do not name answers Not Supported.
 *
 * The functions have the methods' names in snake case and their parameters in
 * the schema's order, the service first. An array is a pointer and its length;
 * lists are freed with replsvc_free(), an empty one is NULL. [out] parameters
 * are set on success only; each may be NULL when it is not wanted. Any thread
 * may call them.
 */
#ifndef REPLSVC_CAPABILITIES_H
#define REPLSVC_CAPABILITIES_H

#include <replsvc/cim.h>

#ifdef __cplusplus
extern "C" {
#endif

/** The replication type that is meant by sync type, mode and locality.
 *
 * Mirrors CIM_ReplicationServiceCapabilities.ConvertSyncTypeToReplicationType.
 *
 * @param[in] service the opened service
 * @param[in] sync_type which kind of copy: enum replsvc_sync_type; required
 * @param[in] mode enum replsvc_mode; required
 * @param[in] local_or_remote enum replsvc_locality; required
 * @param[out] supported_replication_types enum replsvc_replication_type
 * @retval 0 answered
 * @retval 1 this service has nothing of the kind
 * @retval 4 no memory
 * @retval 5 a parameter is wrong: replsvc_last_error() names it and the rule */
REPLSVC_API uint32_t replsvc_convert_sync_type_to_replication_type(replsvc_service *service,
                                                                   uint16_t sync_type, uint16_t mode,
                                                                   uint16_t local_or_remote,
                                                                   uint16_t *supported_replication_types);

/** What a replication type means as sync type, mode and locality.
 *
 * Mirrors CIM_ReplicationServiceCapabilities.ConvertReplicationTypeToSyncType.
 *
 * @param[in] service the opened service
 * @param[in] replication_type enum replsvc_replication_type; required
 * @param[out] sync_type enum replsvc_sync_type
 * @param[out] mode enum replsvc_mode
 * @param[out] local_or_remote enum replsvc_locality
 * @retval 0 answered
 * @retval 1 this service has nothing of the kind
 * @retval 4 no memory
 * @retval 5 a parameter is wrong: replsvc_last_error() names it and the rule */
REPLSVC_API uint32_t replsvc_convert_replication_type_to_sync_type(replsvc_service *service,
                                                                   uint16_t replication_type,
                                                                   uint16_t *sync_type, uint16_t *mode,
                                                                   uint16_t *local_or_remote);

/** The copy states that a pair of that type can be in.
 *
 * Mirrors CIM_ReplicationServiceCapabilities.GetSupportedCopyStates. Lists are freed with replsvc_free().
 *
 * @param[in] service the opened service
 * @param[in] replication_type enum replsvc_replication_type; required
 * @param[out] supported_copy_states list of enum replsvc_copy_state
 * @param[out] n_supported_copy_states its length
 * @param[out] host_accessible list: whether a host may use the target in that state; may be NULL
 * @param[out] n_host_accessible its length
 * @param[in] replication_setting_data an embedded CIM_ReplicationSettingData instance in MOF or CIM-XML,
 *   as replsvc_replication_settings_format() writes it; NULL: the defaults
 * @param[in] operation states in which this enum replsvc_operation ends; 0: all that can occur
 * @retval 0 answered
 * @retval 1 this service has nothing of the kind
 * @retval 4 no memory
 * @retval 5 a parameter is wrong: replsvc_last_error() names it and the rule */
REPLSVC_API uint32_t replsvc_get_supported_copy_states(replsvc_service *service, uint16_t replication_type,
                                                       uint16_t **supported_copy_states,
                                                       size_t *n_supported_copy_states,
                                                       bool **host_accessible, size_t *n_host_accessible,
                                                       const char *replication_setting_data,
                                                       uint16_t operation);

/** The copy states that a group relationship of that type can be in.
 *
 * Mirrors CIM_ReplicationServiceCapabilities.GetSupportedGroupCopyStates. Lists are freed with
 * replsvc_free().
 *
 * @param[in] service the opened service
 * @param[in] replication_type enum replsvc_replication_type; required
 * @param[out] supported_copy_states list of enum replsvc_copy_state
 * @param[out] n_supported_copy_states its length
 * @param[in] replication_setting_data an embedded CIM_ReplicationSettingData instance in MOF or CIM-XML,
 *   as replsvc_replication_settings_format() writes it; NULL: the defaults
 * @param[in] operation states in which this enum replsvc_operation ends; 0: all that can occur
 * @retval 0 answered
 * @retval 1 this service has nothing of the kind
 * @retval 4 no memory
 * @retval 5 a parameter is wrong: replsvc_last_error() names it and the rule */
REPLSVC_API uint32_t replsvc_get_supported_group_copy_states(
    replsvc_service *service, uint16_t replication_type, uint16_t **supported_copy_states,
    size_t *n_supported_copy_states, const char *replication_setting_data, uint16_t operation);

/** The values of WaitForCopyState that a method accepts.
 *
 * Mirrors CIM_ReplicationServiceCapabilities.GetSupportedWaitForCopyStates. Lists are freed with
 * replsvc_free().
 *
 * @param[in] service the opened service
 * @param[in] replication_type enum replsvc_replication_type; required
 * @param[in] method_name enum replsvc_method_name; required
 * @param[out] supported_copy_states list of enum replsvc_copy_state
 * @param[out] n_supported_copy_states its length
 * @param[in] replication_setting_data an embedded CIM_ReplicationSettingData instance in MOF or CIM-XML,
 *   as replsvc_replication_settings_format() writes it; NULL: the defaults
 * @param[in] operation enum replsvc_operation, for the methods that have one; 0: any
 * @retval 0 answered
 * @retval 1 this service has nothing of the kind
 * @retval 4 no memory
 * @retval 5 a parameter is wrong: replsvc_last_error() names it and the rule */
REPLSVC_API uint32_t replsvc_get_supported_wait_for_copy_states(
    replsvc_service *service, uint16_t replication_type, uint16_t method_name,
    uint16_t **supported_copy_states, size_t *n_supported_copy_states, const char *replication_setting_data,
    uint16_t operation);

/** What the service can do for that type.
 *
 * Mirrors CIM_ReplicationServiceCapabilities.GetSupportedFeatures. Lists are freed with replsvc_free().
 *
 * @param[in] service the opened service
 * @param[in] replication_type enum replsvc_replication_type; required
 * @param[out] features list of enum replsvc_feature
 * @param[out] n_features its length
 * @param[in] replication_setting_data an embedded CIM_ReplicationSettingData instance in MOF or CIM-XML,
 *   as replsvc_replication_settings_format() writes it; NULL: the defaults
 * @retval 0 answered
 * @retval 1 this service has nothing of the kind
 * @retval 4 no memory
 * @retval 5 a parameter is wrong: replsvc_last_error() names it and the rule */
REPLSVC_API uint32_t replsvc_get_supported_features(replsvc_service *service, uint16_t replication_type,
                                                    uint16_t **features, size_t *n_features,
                                                    const char *replication_setting_data);

/** What the service can do for groups of that type.
 *
 * Mirrors CIM_ReplicationServiceCapabilities.GetSupportedGroupFeatures. Lists are freed with
 * replsvc_free().
 *
 * @param[in] service the opened service
 * @param[in] replication_type enum replsvc_replication_type; required
 * @param[out] group_features list of enum replsvc_group_feature
 * @param[out] n_group_features its length
 * @param[in] replication_setting_data an embedded CIM_ReplicationSettingData instance in MOF or CIM-XML,
 *   as replsvc_replication_settings_format() writes it; NULL: the defaults
 * @retval 0 answered
 * @retval 1 this service has nothing of the kind
 * @retval 4 no memory
 * @retval 5 a parameter is wrong: replsvc_last_error() names it and the rule */
REPLSVC_API uint32_t replsvc_get_supported_group_features(replsvc_service *service, uint16_t replication_type,
                                                          uint16_t **group_features, size_t *n_group_features,
                                                          const char *replication_setting_data);

/** The kinds of consistency that a group of that type can have.
 *
 * Mirrors CIM_ReplicationServiceCapabilities.GetSupportedConsistency. Lists are freed with
 * replsvc_free().
 *
 * @param[in] service the opened service
 * @param[in] replication_type enum replsvc_replication_type; required
 * @param[out] supported_consistency list of enum replsvc_consistency
 * @param[out] n_supported_consistency its length
 * @param[in] replication_setting_data an embedded CIM_ReplicationSettingData instance in MOF or CIM-XML,
 *   as replsvc_replication_settings_format() writes it; NULL: the defaults
 * @retval 0 answered
 * @retval 1 this service has nothing of the kind
 * @retval 4 no memory
 * @retval 5 a parameter is wrong: replsvc_last_error() names it and the rule */
REPLSVC_API uint32_t replsvc_get_supported_consistency(replsvc_service *service, uint16_t replication_type,
                                                       uint16_t **supported_consistency,
                                                       size_t *n_supported_consistency,
                                                       const char *replication_setting_data);

/** The operations that a pair of that type knows.
 *
 * Mirrors CIM_ReplicationServiceCapabilities.GetSupportedOperations. Lists are freed with replsvc_free().
 *
 * @param[in] service the opened service
 * @param[in] replication_type enum replsvc_replication_type; required
 * @param[out] supported_operations list of enum replsvc_operation
 * @param[out] n_supported_operations its length
 * @param[in] replication_setting_data an embedded CIM_ReplicationSettingData instance in MOF or CIM-XML,
 *   as replsvc_replication_settings_format() writes it; NULL: the defaults
 * @param[in] copy_state operations that are legal in this enum replsvc_copy_state; 0: in any
 * @param[out] service_controlling list of enum replsvc_service_controlling, one for each operation; may
 *   be NULL
 * @param[out] n_service_controlling its length
 * @param[out] requires_force list: whether the operation needs Force there; may be NULL
 * @param[out] n_requires_force its length
 * @param[out] updates_synchronized_path list: whether the operation changes the reference of the
 *   relationship; may be NULL
 * @param[out] n_updates_synchronized_path its length
 * @retval 0 answered
 * @retval 1 this service has nothing of the kind
 * @retval 4 no memory
 * @retval 5 a parameter is wrong: replsvc_last_error() names it and the rule */
REPLSVC_API uint32_t replsvc_get_supported_operations(
    replsvc_service *service, uint16_t replication_type, uint16_t **supported_operations,
    size_t *n_supported_operations, const char *replication_setting_data, uint16_t copy_state,
    uint16_t **service_controlling, size_t *n_service_controlling, bool **requires_force,
    size_t *n_requires_force, bool **updates_synchronized_path, size_t *n_updates_synchronized_path);

/** The operations that a group relationship of that type knows.
 *
 * Mirrors CIM_ReplicationServiceCapabilities.GetSupportedGroupOperations. Lists are freed with
 * replsvc_free().
 *
 * @param[in] service the opened service
 * @param[in] replication_type enum replsvc_replication_type; required
 * @param[out] supported_group_operations list of enum replsvc_operation
 * @param[out] n_supported_group_operations its length
 * @param[in] replication_setting_data an embedded CIM_ReplicationSettingData instance in MOF or CIM-XML,
 *   as replsvc_replication_settings_format() writes it; NULL: the defaults
 * @param[in] copy_state operations that are legal in this enum replsvc_copy_state; 0: in any
 * @param[out] service_controlling list of enum replsvc_service_controlling, one for each operation; may
 *   be NULL
 * @param[out] n_service_controlling its length
 * @param[out] requires_force list: whether the operation needs Force there; may be NULL
 * @param[out] n_requires_force its length
 * @param[out] updates_synchronized_path list: whether the operation changes the reference of the
 *   relationship; may be NULL
 * @param[out] n_updates_synchronized_path its length
 * @retval 0 answered
 * @retval 1 this service has nothing of the kind
 * @retval 4 no memory
 * @retval 5 a parameter is wrong: replsvc_last_error() names it and the rule */
REPLSVC_API uint32_t replsvc_get_supported_group_operations(
    replsvc_service *service, uint16_t replication_type, uint16_t **supported_group_operations,
    size_t *n_supported_group_operations, const char *replication_setting_data, uint16_t copy_state,
    uint16_t **service_controlling, size_t *n_service_controlling, bool **requires_force,
    size_t *n_requires_force, bool **updates_synchronized_path, size_t *n_updates_synchronized_path);

/** The operations that replsvc_modify_list_synchronization() knows.
 *
 * Mirrors CIM_ReplicationServiceCapabilities.GetSupportedListOperations. Lists are freed with
 * replsvc_free().
 *
 * @param[in] service the opened service
 * @param[in] replication_type enum replsvc_replication_type; required
 * @param[in] synchronization_type pairs or group relationships: enum replsvc_synchronization_type; 0:
 *   pairs
 * @param[out] supported_list_operations list of enum replsvc_operation
 * @param[out] n_supported_list_operations its length
 * @param[in] replication_setting_data an embedded CIM_ReplicationSettingData instance in MOF or CIM-XML,
 *   as replsvc_replication_settings_format() writes it; NULL: the defaults
 * @param[in] copy_state operations that are legal in this enum replsvc_copy_state; 0: in any
 * @param[out] service_controlling list of enum replsvc_service_controlling, one for each operation; may
 *   be NULL
 * @param[out] n_service_controlling its length
 * @param[out] requires_force list: whether the operation needs Force there; may be NULL
 * @param[out] n_requires_force its length
 * @param[out] updates_synchronized_path list: whether the operation changes the reference of the
 *   relationship; may be NULL
 * @param[out] n_updates_synchronized_path its length
 * @retval 0 answered
 * @retval 1 this service has nothing of the kind
 * @retval 4 no memory
 * @retval 5 a parameter is wrong: replsvc_last_error() names it and the rule */
REPLSVC_API uint32_t replsvc_get_supported_list_operations(
    replsvc_service *service, uint16_t replication_type, uint16_t synchronization_type,
    uint16_t **supported_list_operations, size_t *n_supported_list_operations,
    const char *replication_setting_data, uint16_t copy_state, uint16_t **service_controlling,
    size_t *n_service_controlling, bool **requires_force, size_t *n_requires_force,
    bool **updates_synchronized_path, size_t *n_updates_synchronized_path);

/** The operations that replsvc_modify_settings_define_state() knows.
 *
 * Mirrors CIM_ReplicationServiceCapabilities.GetSupportedSettingsDefineStateOperations. Lists are freed
 * with replsvc_free().
 *
 * @param[in] service the opened service
 * @param[in] replication_type enum replsvc_replication_type; required
 * @param[out] supported_operations list of enum replsvc_settings_state_operation
 * @param[out] n_supported_operations its length
 * @param[in] replication_setting_data an embedded CIM_ReplicationSettingData instance in MOF or CIM-XML,
 *   as replsvc_replication_settings_format() writes it; NULL: the defaults
 * @retval 0 answered
 * @retval 1 this service has nothing of the kind
 * @retval 4 no memory
 * @retval 5 a parameter is wrong: replsvc_last_error() names it and the rule */
REPLSVC_API uint32_t replsvc_get_supported_settings_define_state_operations(
    replsvc_service *service, uint16_t replication_type, uint16_t **supported_operations,
    size_t *n_supported_operations, const char *replication_setting_data);

/** What happens to unused space of a target of that type.
 *
 * Mirrors CIM_ReplicationServiceCapabilities.GetSupportedThinProvisioningFeatures. Lists are freed with
 * replsvc_free().
 *
 * @param[in] service the opened service
 * @param[in] replication_type enum replsvc_replication_type; required
 * @param[out] supported_thin_provisioning_features list of enum replsvc_thin_provisioning_feature
 * @param[out] n_supported_thin_provisioning_features its length
 * @param[in] replication_setting_data an embedded CIM_ReplicationSettingData instance in MOF or CIM-XML,
 *   as replsvc_replication_settings_format() writes it; NULL: the defaults
 * @retval 0 answered
 * @retval 1 this service has nothing of the kind
 * @retval 4 no memory
 * @retval 5 a parameter is wrong: replsvc_last_error() names it and the rule */
REPLSVC_API uint32_t replsvc_get_supported_thin_provisioning_features(
    replsvc_service *service, uint16_t replication_type, uint16_t **supported_thin_provisioning_features,
    size_t *n_supported_thin_provisioning_features, const char *replication_setting_data);

/** How many there may be of something.
 *
 * Mirrors CIM_ReplicationServiceCapabilities.GetSupportedMaximum.
 *
 * @param[in] service the opened service
 * @param[in] replication_type enum replsvc_replication_type; required
 * @param[in] component enum replsvc_maximum_component: what is asked about; required
 * @param[out] max_value the bound; 0: there is none but memory and disk
 * @param[in] replication_setting_data an embedded CIM_ReplicationSettingData instance in MOF or CIM-XML,
 *   as replsvc_replication_settings_format() writes it; NULL: the defaults
 * @retval 0 answered
 * @retval 1 this service has nothing of the kind
 * @retval 4 no memory
 * @retval 5 a parameter is wrong: replsvc_last_error() names it and the rule */
REPLSVC_API uint32_t replsvc_get_supported_maximum(replsvc_service *service, uint16_t replication_type,
                                                   uint16_t component, uint64_t *max_value,
                                                   const char *replication_setting_data);

/** The consistency that a group of that type gets when nothing is asked for.
 *
 * Mirrors CIM_ReplicationServiceCapabilities.GetDefaultConsistency.
 *
 * @param[in] service the opened service
 * @param[in] replication_type enum replsvc_replication_type; required
 * @param[out] default_consistency enum replsvc_consistency, or 0 for none
 * @param[in] replication_setting_data an embedded CIM_ReplicationSettingData instance in MOF or CIM-XML,
 *   as replsvc_replication_settings_format() writes it; NULL: the defaults
 * @retval 0 answered
 * @retval 1 this service has nothing of the kind
 * @retval 4 no memory
 * @retval 5 a parameter is wrong: replsvc_last_error() names it and the rule */
REPLSVC_API uint32_t replsvc_get_default_consistency(replsvc_service *service, uint16_t replication_type,
                                                     uint16_t *default_consistency,
                                                     const char *replication_setting_data);

/** What Persistent is when it is absent.
 *
 * Mirrors CIM_ReplicationServiceCapabilities.GetDefaultGroupPersistency.
 *
 * @param[in] service the opened service
 * @param[out] default_group_persistency enum replsvc_group_persistency
 * @retval 0 answered
 * @retval 1 this service has nothing of the kind
 * @retval 4 no memory
 * @retval 5 a parameter is wrong: replsvc_last_error() names it and the rule */
REPLSVC_API uint32_t replsvc_get_default_group_persistency(replsvc_service *service,
                                                           uint16_t *default_group_persistency);

/** The values that a property of ReplicationSettingData may have.
 *
 * Mirrors CIM_ReplicationServiceCapabilities.GetSupportedReplicationSettingData. Lists are freed with
 * replsvc_free().
 *
 * @param[in] service the opened service
 * @param[in] replication_type enum replsvc_replication_type; required
 * @param[in] property_name enum replsvc_setting_property; required
 * @param[out] supported_values list of values; of a boolean 1 and 2 (enum replsvc_opt_bool)
 * @param[out] n_supported_values its length
 * @param[in] replication_setting_data an embedded CIM_ReplicationSettingData instance in MOF or CIM-XML,
 *   as replsvc_replication_settings_format() writes it; NULL: the defaults
 * @retval 0 answered
 * @retval 1 this service has nothing of the kind
 * @retval 4 no memory
 * @retval 5 a parameter is wrong: replsvc_last_error() names it and the rule */
REPLSVC_API uint32_t replsvc_get_supported_replication_setting_data(
    replsvc_service *service, uint16_t replication_type, uint16_t property_name, uint64_t **supported_values,
    size_t *n_supported_values, const char *replication_setting_data);

/** The settings that are used when none are given.
 *
 * Mirrors CIM_ReplicationServiceCapabilities.GetDefaultReplicationSettingData. Lists are freed with
 * replsvc_free().
 *
 * @param[in] service the opened service
 * @param[in] replication_type enum replsvc_replication_type; required
 * @param[out] default_instance an embedded CIM_ReplicationSettingData in MOF; free it with replsvc_free()
 * @retval 0 answered
 * @retval 1 this service has nothing of the kind
 * @retval 4 no memory
 * @retval 5 a parameter is wrong: replsvc_last_error() names it and the rule */
REPLSVC_API uint32_t replsvc_get_default_replication_setting_data(replsvc_service *service,
                                                                  uint16_t replication_type,
                                                                  char **default_instance);

/** What a connection to an access point can do.
 *
 * Mirrors CIM_ReplicationServiceCapabilities.GetSupportedConnectionFeatures. Lists are freed with
 * replsvc_free().
 *
 * @param[in] service the opened service
 * @param[in] connection the access point; required
 * @param[out] supported_connection_features list of enum replsvc_connection_feature
 * @param[out] n_supported_connection_features its length
 * @retval 0 answered
 * @retval 1 this service has nothing of the kind
 * @retval 4 no memory
 * @retval 5 a parameter is wrong: replsvc_last_error() names it and the rule */
REPLSVC_API uint32_t replsvc_get_supported_connection_features(replsvc_service *service,
                                                               const replsvc_access_point_ref *connection,
                                                               uint16_t **supported_connection_features,
                                                               size_t *n_supported_connection_features);

/** In which ways two elements can be in a relationship.
 *
 * The three lists belong together, entry by entry. Mirrors
 * CIM_ReplicationServiceCapabilities.GetSynchronizationSupported. Lists are freed with replsvc_free().
 *
 * @param[in] service the opened service
 * @param[in] local_element an element of this service; required
 * @param[in] other_element the other element; NULL: any
 * @param[in] other_element_access_point how to reach it; NULL: it is local
 * @param[in] method_name the method that would make it: enum replsvc_method_name; 0: any
 * @param[in] replication_setting_data an embedded CIM_ReplicationSettingData instance in MOF or CIM-XML,
 *   as replsvc_replication_settings_format() writes it; NULL: the defaults
 * @param[out] sync_types list of enum replsvc_sync_type
 * @param[out] n_sync_types its length
 * @param[out] modes list of enum replsvc_mode
 * @param[out] n_modes its length
 * @param[out] local_element_role list of enum replsvc_element_role
 * @param[out] n_local_element_role its length
 * @retval 0 answered
 * @retval 1 this service has nothing of the kind
 * @retval 4 no memory
 * @retval 5 a parameter is wrong: replsvc_last_error() names it and the rule */
REPLSVC_API uint32_t replsvc_get_synchronization_supported(
    replsvc_service *service, const replsvc_element_ref *local_element,
    const replsvc_element_ref *other_element, const replsvc_access_point_ref *other_element_access_point,
    uint16_t method_name, const char *replication_setting_data, uint16_t **sync_types, size_t *n_sync_types,
    uint16_t **modes, size_t *n_modes, uint16_t **local_element_role, size_t *n_local_element_role);

/** What can be done about compression.
 *
 * Mirrors CIM_ReplicationServiceCapabilities.GetSupportedStorageCompressionFeatures. Lists are freed with
 * replsvc_free().
 *
 * @param[in] service the opened service
 * @param[in] replication_type enum replsvc_replication_type; required
 * @param[out] supported_storage_compression_features list of enum replsvc_storage_compression_feature
 * @param[out] n_supported_storage_compression_features its length
 * @param[in] replication_setting_data an embedded CIM_ReplicationSettingData instance in MOF or CIM-XML,
 *   as replsvc_replication_settings_format() writes it; NULL: the defaults
 * @retval 0 answered
 * @retval 1 this service has nothing of the kind
 * @retval 4 no memory
 * @retval 5 a parameter is wrong: replsvc_last_error() names it and the rule */
REPLSVC_API uint32_t replsvc_get_supported_storage_compression_features(
    replsvc_service *service, uint16_t replication_type, uint16_t **supported_storage_compression_features,
    size_t *n_supported_storage_compression_features, const char *replication_setting_data);

/** The replication types by token that are possible between two elements.
 *
 * Mirrors CIM_ReplicationServiceCapabilities.GetSupportedTokenizedReplicationType. Lists are freed with
 * replsvc_free().
 *
 * @param[in] service the opened service
 * @param[in] source_element the element to copy
 * @param[in] target_element where to; NULL: any
 * @param[in] element_access_point how to reach it; NULL: it is local
 * @param[in] replication_setting_data an embedded CIM_ReplicationSettingData instance in MOF or CIM-XML,
 *   as replsvc_replication_settings_format() writes it; NULL: the defaults
 * @param[out] replication_types list of enum replsvc_replication_type
 * @param[out] n_replication_types its length
 * @retval 0 answered
 * @retval 1 this service has nothing of the kind
 * @retval 4 no memory
 * @retval 5 a parameter is wrong: replsvc_last_error() names it and the rule */
REPLSVC_API uint32_t replsvc_get_supported_tokenized_replication_type(
    replsvc_service *service, const replsvc_element_ref *source_element,
    const replsvc_element_ref *target_element, const replsvc_access_point_ref *element_access_point,
    const char *replication_setting_data, uint16_t **replication_types, size_t *n_replication_types);

/** What names an object of that kind may have.
 *
 * Mirrors CIM_ReplicationServiceCapabilities.GetElementNameCapabilities. Lists are freed with
 * replsvc_free().
 *
 * @param[in] service the opened service
 * @param[in] element_type enum replsvc_named_element_type; required
 * @param[out] supported_features list of enum replsvc_name_feature
 * @param[out] n_supported_features its length
 * @param[out] max_element_name_len bytes that a name may have
 * @param[out] element_name_mask regular expression that a name must match; free it with replsvc_free()
 * @retval 0 answered
 * @retval 1 this service has nothing of the kind
 * @retval 4 no memory
 * @retval 5 a parameter is wrong: replsvc_last_error() names it and the rule */
REPLSVC_API uint32_t replsvc_get_element_name_capabilities(replsvc_service *service, uint16_t element_type,
                                                           uint16_t **supported_features,
                                                           size_t *n_supported_features,
                                                           uint16_t *max_element_name_len,
                                                           char **element_name_mask);

/** What the service can do for lists of that type.
 *
 * Mirrors CIM_ReplicationServiceCapabilities.GetSupportedListFeatures. Lists are freed with
 * replsvc_free().
 *
 * @param[in] service the opened service
 * @param[in] replication_type enum replsvc_replication_type; required
 * @param[out] group_features list of enum replsvc_list_feature
 * @param[out] n_group_features its length
 * @param[in] replication_setting_data an embedded CIM_ReplicationSettingData instance in MOF or CIM-XML,
 *   as replsvc_replication_settings_format() writes it; NULL: the defaults
 * @retval 0 answered
 * @retval 1 this service has nothing of the kind
 * @retval 4 no memory
 * @retval 5 a parameter is wrong: replsvc_last_error() names it and the rule */
REPLSVC_API uint32_t replsvc_get_supported_list_features(replsvc_service *service, uint16_t replication_type,
                                                         uint16_t **group_features, size_t *n_group_features,
                                                         const char *replication_setting_data);

/** The operations that are legal for a relationship in the state in which it is now.
 *
 * Mirrors CIM_ReplicationServiceCapabilities.GetSupportedOperationsForSynchronization. Lists are freed
 * with replsvc_free().
 *
 * @param[in] service the opened service
 * @param[in] synchronization the pair or group relationship; required
 * @param[in] replication_setting_data an embedded CIM_ReplicationSettingData instance in MOF or CIM-XML,
 *   as replsvc_replication_settings_format() writes it; NULL: the defaults
 * @param[out] supported_operations list of enum replsvc_operation
 * @param[out] n_supported_operations its length
 * @param[out] service_controlling list of enum replsvc_service_controlling, one for each operation; may
 *   be NULL
 * @param[out] n_service_controlling its length
 * @param[out] requires_force list: whether the operation needs Force there; may be NULL
 * @param[out] n_requires_force its length
 * @param[out] updates_synchronized_path list: whether the operation changes the reference of the
 *   relationship; may be NULL
 * @param[out] n_updates_synchronized_path its length
 * @retval 0 answered
 * @retval 1 this service has nothing of the kind
 * @retval 4 no memory
 * @retval 5 a parameter is wrong: replsvc_last_error() names it and the rule */
REPLSVC_API uint32_t replsvc_get_supported_operations_for_synchronization(
    replsvc_service *service, const replsvc_sync_ref *synchronization, const char *replication_setting_data,
    uint16_t **supported_operations, size_t *n_supported_operations, uint16_t **service_controlling,
    size_t *n_service_controlling, bool **requires_force, size_t *n_requires_force,
    bool **updates_synchronized_path, size_t *n_updates_synchronized_path);

/** The replication types that are possible with another system.
 *
 * Mirrors CIM_ReplicationServiceCapabilities.GetSupportedReplicationTypesForSystem. Lists are freed with
 * replsvc_free().
 *
 * @param[in] service the opened service
 * @param[in] system the other system; required
 * @param[in] replication_setting_data an embedded CIM_ReplicationSettingData instance in MOF or CIM-XML,
 *   as replsvc_replication_settings_format() writes it; NULL: the defaults
 * @param[out] supported_replication_types list of enum replsvc_replication_type
 * @param[out] n_supported_replication_types its length
 * @retval 0 answered
 * @retval 1 this service has nothing of the kind
 * @retval 4 no memory
 * @retval 5 a parameter is wrong: replsvc_last_error() names it and the rule */
REPLSVC_API uint32_t replsvc_get_supported_replication_types_for_system(
    replsvc_service *service, const replsvc_system_ref *system, const char *replication_setting_data,
    uint16_t **supported_replication_types, size_t *n_supported_replication_types);

/** The values that a time property of ReplicationSettingData may have.
 *
 * Mirrors CIM_ReplicationServiceCapabilities.GetSupportedReplicationSettingDataDateTime. Lists are freed
 * with replsvc_free().
 *
 * @param[in] service the opened service
 * @param[in] replication_type enum replsvc_replication_type; required
 * @param[in] property_name enum replsvc_setting_datetime_property; required
 * @param[out] supported_values list of microseconds, read as the indicator says
 * @param[out] n_supported_values its length
 * @param[out] supported_values_indicator enum replsvc_supported_values_indicator
 * @param[in] replication_setting_data an embedded CIM_ReplicationSettingData instance in MOF or CIM-XML,
 *   as replsvc_replication_settings_format() writes it; NULL: the defaults
 * @retval 0 answered
 * @retval 1 this service has nothing of the kind
 * @retval 4 no memory
 * @retval 5 a parameter is wrong: replsvc_last_error() names it and the rule */
REPLSVC_API uint32_t replsvc_get_supported_replication_setting_data_date_time(
    replsvc_service *service, uint16_t replication_type, uint16_t property_name, int64_t **supported_values,
    size_t *n_supported_values, uint16_t *supported_values_indicator, const char *replication_setting_data);

/** What CIM_ReplicationServiceCapabilities.SupportedReplicationTypes holds.
 *
 * @param[in] service the opened service
 * @param[out] types list of enum replsvc_replication_type; free it with replsvc_free()
 * @param[out] n_types its length
 * @retval 0 answered
 * @retval 4 no memory
 * @retval 5 a parameter is NULL */
REPLSVC_API uint32_t replsvc_get_supported_replication_types(replsvc_service *service, uint16_t **types,
                                                             size_t *n_types);

/** What CIM_ReplicationServiceCapabilities.SupportedStorageObjects holds.
 *
 * @param[in] service the opened service
 * @param[out] objects list of enum replsvc_storage_object; free it with replsvc_free()
 * @param[out] n_objects its length
 * @retval 0 answered
 * @retval 4 no memory
 * @retval 5 a parameter is NULL */
REPLSVC_API uint32_t replsvc_get_supported_storage_objects(replsvc_service *service, uint16_t **objects,
                                                           size_t *n_objects);

/** What CIM_ReplicationServiceCapabilities.SupportedAsynchronousActions holds: the methods that may answer
 * 4096.
 *
 * @param[in] service the opened service
 * @param[out] actions list of enum replsvc_asynchronous_action; free it with replsvc_free()
 * @param[out] n_actions its length
 * @retval 0 answered
 * @retval 4 no memory
 * @retval 5 a parameter is NULL */
REPLSVC_API uint32_t replsvc_get_supported_asynchronous_actions(replsvc_service *service, uint16_t **actions,
                                                                size_t *n_actions);

/** What CIM_ReplicationServiceCapabilities.SupportedSynchronousActions holds: the methods that may answer 0.
 *
 * @param[in] service the opened service
 * @param[out] actions list of enum replsvc_synchronous_action; free it with replsvc_free()
 * @param[out] n_actions its length
 * @retval 0 answered
 * @retval 4 no memory
 * @retval 5 a parameter is NULL */
REPLSVC_API uint32_t replsvc_get_supported_synchronous_actions(replsvc_service *service, uint16_t **actions,
                                                               size_t *n_actions);

#ifdef __cplusplus
}
#endif

#endif
