/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef REPLSVC_METHODS_H
#define REPLSVC_METHODS_H

#include <replsvc/cim.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Mirrors CIM_ReplicationService.CreateGroup. */
REPLSVC_API uint32_t replsvc_create_group(
    replsvc_service *service, const char *group_name, const replsvc_element_ref members[], size_t n_members,
    replsvc_opt_bool persistent, replsvc_opt_bool delete_on_empty_element,
    replsvc_opt_bool delete_on_unassociated, const replsvc_access_point_ref *service_access_point,
    replsvc_group_ref *replication_group, const char *replication_setting_data);

/** Mirrors CIM_ReplicationService.CreateGroup. */
REPLSVC_API uint32_t replsvc_create_group_ex(
    replsvc_service *service, const char *group_name, const replsvc_element_ref members[], size_t n_members,
    replsvc_opt_bool persistent, replsvc_opt_bool delete_on_empty_element,
    replsvc_opt_bool delete_on_unassociated, const replsvc_access_point_ref *service_access_point,
    replsvc_group_ref *replication_group, const char *replication_setting_data, uint16_t reserved_as);

/** Mirrors CIM_ReplicationService.DeleteGroup. */
REPLSVC_API uint32_t replsvc_delete_group(replsvc_service *service,
                                          const replsvc_group_ref *replication_group,
                                          const replsvc_access_point_ref *service_access_point,
                                          replsvc_opt_bool remove_elements,
                                          const char *replication_setting_data);

/** Mirrors CIM_ReplicationService.AddMembers. */
REPLSVC_API uint32_t replsvc_add_members(replsvc_service *service, const replsvc_element_ref members[],
                                         size_t n_members, const replsvc_group_ref *replication_group,
                                         const replsvc_access_point_ref *service_access_point,
                                         const char *replication_setting_data);

/** Mirrors CIM_ReplicationService.RemoveMembers. */
REPLSVC_API uint32_t replsvc_remove_members(replsvc_service *service, const replsvc_element_ref members[],
                                            size_t n_members, replsvc_opt_bool delete_on_empty_element,
                                            const replsvc_group_ref *replication_group,
                                            const replsvc_access_point_ref *service_access_point,
                                            const char *replication_setting_data);

/** Mirrors CIM_ReplicationService.CreateElementReplica. */
REPLSVC_API uint32_t replsvc_create_element_replica(
    replsvc_service *service, const char *element_name, uint16_t sync_type, uint16_t mode,
    const replsvc_element_ref *source_element, const replsvc_access_point_ref *source_access_point,
    replsvc_element_ref *target_element, const replsvc_access_point_ref *target_access_point,
    const char *replication_setting_data, replsvc_job_ref *job, replsvc_sync_ref *synchronization,
    const replsvc_setting_ref *target_setting_goal, const replsvc_pool_ref *target_pool,
    uint16_t wait_for_copy_state, const replsvc_collection_ref *connectivity_collection,
    const replsvc_collection_ref collections[], size_t n_collections);

/** Mirrors CIM_ReplicationService.CreateGroupReplica. */
REPLSVC_API uint32_t replsvc_create_group_replica(
    replsvc_service *service, const char *relationship_name, uint16_t sync_type, uint16_t mode,
    const replsvc_group_ref *source_group, const replsvc_element_ref *source_element,
    const replsvc_access_point_ref *source_access_point, replsvc_group_ref *target_group,
    uint64_t target_element_count, const replsvc_access_point_ref *target_access_point, uint16_t consistency,
    const char *replication_setting_data, replsvc_job_ref *job, replsvc_sync_ref *synchronization,
    const replsvc_setting_ref *target_setting_goal, const replsvc_pool_ref *target_pool,
    uint16_t wait_for_copy_state);

/** Mirrors CIM_ReplicationService.CreateGroupReplica. */
REPLSVC_API uint32_t replsvc_create_group_replica_ex(
    replsvc_service *service, const char *relationship_name, uint16_t sync_type, uint16_t mode,
    const replsvc_group_ref *source_group, const replsvc_element_ref *source_element,
    const replsvc_access_point_ref *source_access_point, replsvc_group_ref *target_group,
    uint64_t target_element_count, const replsvc_access_point_ref *target_access_point, uint16_t consistency,
    const char *replication_setting_data, replsvc_job_ref *job, replsvc_sync_ref *synchronization,
    const replsvc_setting_ref *target_setting_goal, const replsvc_pool_ref *target_pool,
    uint16_t wait_for_copy_state, const replsvc_collection_ref *connectivity_collection,
    const replsvc_collection_ref collections[], size_t n_collections);

/** Mirrors CIM_ReplicationService.CreateSynchronizationAspect. */
REPLSVC_API uint32_t replsvc_create_synchronization_aspect(
    replsvc_service *service, const char *name, uint16_t sync_type, uint16_t mode,
    const replsvc_group_ref *source_group, const replsvc_element_ref *source_element,
    const replsvc_access_point_ref *source_access_point, uint16_t consistency,
    const char *replication_setting_data, replsvc_job_ref *job, replsvc_settings_state_ref *settings_state);

/** Mirrors CIM_ReplicationService.ModifyReplicaSynchronization. */
REPLSVC_API uint32_t replsvc_modify_replica_synchronization(
    replsvc_service *service, uint16_t operation, const replsvc_sync_ref *synchronization,
    const char *replication_setting_data, const replsvc_sync_ref sync_pair[], size_t n_sync_pair,
    replsvc_job_ref *job, replsvc_settings_state_ref *settings_state, replsvc_opt_bool force,
    uint16_t wait_for_copy_state, replsvc_sync_ref *updated_synchronization);

/** Mirrors CIM_ReplicationService.ModifyListSynchronization. */
REPLSVC_API uint32_t replsvc_modify_list_synchronization(
    replsvc_service *service, uint16_t operation, const replsvc_sync_ref synchronization[],
    size_t n_synchronization, const char *replication_setting_data, replsvc_job_ref *job,
    replsvc_settings_state_ref **settings_state, size_t *n_settings_state, replsvc_opt_bool force,
    uint16_t wait_for_copy_state, replsvc_sync_ref **updated_synchronizations,
    size_t *n_updated_synchronizations);

/** Mirrors CIM_ReplicationService.ModifySettingsDefineState. */
REPLSVC_API uint32_t replsvc_modify_settings_define_state(
    replsvc_service *service, uint16_t operation, const replsvc_settings_state_ref *settings_state,
    replsvc_element_ref *target_element, replsvc_group_ref *target_group, uint64_t target_element_count,
    const replsvc_access_point_ref *target_access_point, replsvc_sync_ref *synchronization,
    const char *replication_setting_data, replsvc_job_ref *job,
    const replsvc_setting_ref *target_setting_goal, const replsvc_pool_ref *target_pool,
    uint16_t wait_for_copy_state, const char *element_name, const replsvc_collection_ref collections[],
    size_t n_collections);

/** Mirrors CIM_ReplicationService.GetAvailableTargetElements. */
REPLSVC_API uint32_t replsvc_get_available_target_elements(
    replsvc_service *service, const replsvc_element_ref *source_element, uint16_t sync_type, uint16_t mode,
    const char *replication_setting_data, const replsvc_access_point_ref *target_access_point,
    const replsvc_setting_ref *target_setting_goal, const replsvc_pool_ref target_pools[],
    size_t n_target_pools, replsvc_job_ref *job, replsvc_element_ref **candidates, size_t *n_candidates,
    uint16_t max_element_count);

/** Mirrors CIM_ReplicationService.GetPeerSystems. */
REPLSVC_API uint32_t replsvc_get_peer_systems(
    replsvc_service *service, uint16_t options, replsvc_job_ref *job, replsvc_system_ref **systems,
    size_t *n_systems, replsvc_access_point_ref **local_access_points, size_t *n_local_access_points,
    replsvc_access_point_ref **remote_access_points, size_t *n_remote_access_points);

/** Mirrors CIM_ReplicationService.GetReplicationRelationships. */
REPLSVC_API uint32_t replsvc_get_replication_relationships(
    replsvc_service *service, uint16_t type, uint16_t sync_type, uint16_t mode, uint16_t locality,
    uint16_t copy_state, replsvc_job_ref *job, replsvc_sync_ref **synchronizations,
    size_t *n_synchronizations, const char *replication_setting_data);

/** Mirrors CIM_ReplicationService.GetServiceAccessPoints. */
REPLSVC_API uint32_t replsvc_get_service_access_points(replsvc_service *service,
                                                       const replsvc_system_ref *system, replsvc_job_ref *job,
                                                       replsvc_access_point_ref **service_access_points,
                                                       size_t *n_service_access_points);

/** Mirrors CIM_ReplicationService.AddReplicationEntity. */
REPLSVC_API uint32_t replsvc_add_replication_entity(replsvc_service *service, const char *replication_entity,
                                                    replsvc_opt_bool persistent,
                                                    const char *instance_namespace,
                                                    replsvc_entity_ref *replication_entity_path);

/** Mirrors CIM_ReplicationService.AddServiceAccessPoint. */
REPLSVC_API uint32_t replsvc_add_service_access_point(replsvc_service *service,
                                                      const char *service_access_point,
                                                      const char *instance_namespace,
                                                      replsvc_access_point_ref *service_access_point_path);

/** Mirrors CIM_ReplicationService.AddSharedSecret. */
REPLSVC_API uint32_t replsvc_add_shared_secret(replsvc_service *service, const char *shared_secret,
                                               const replsvc_access_point_ref *service_access_point,
                                               const char *instance_namespace,
                                               replsvc_secret_ref *shared_secret_path);

/** Mirrors CIM_ReplicationService.CreateListReplica. */
REPLSVC_API uint32_t replsvc_create_list_replica(
    replsvc_service *service, const char *const element_names[], size_t n_element_names, uint16_t sync_type,
    uint16_t mode, const replsvc_element_ref source_elements[], size_t n_source_elements,
    const replsvc_access_point_ref *source_access_point, replsvc_element_ref target_elements[],
    size_t n_target_elements, const replsvc_access_point_ref *target_access_point,
    const char *replication_setting_data, replsvc_job_ref *job, replsvc_sync_ref **synchronizations,
    size_t *n_synchronizations, const replsvc_setting_ref *target_setting_goal,
    const replsvc_pool_ref *target_pool, uint16_t wait_for_copy_state,
    const replsvc_collection_ref *connectivity_collection, uint16_t consistency,
    const replsvc_collection_ref collections[], size_t n_collections);

/** Mirrors CIM_ReplicationService.CreateGroupReplicaFromElements. */
REPLSVC_API uint32_t replsvc_create_group_replica_from_elements(
    replsvc_service *service, const char *relationship_name, uint16_t sync_type, uint16_t mode,
    replsvc_group_ref *source_group, const replsvc_element_ref source_elements[], size_t n_source_elements,
    replsvc_name *source_group_name, const replsvc_access_point_ref *source_access_point,
    replsvc_group_ref *target_group, replsvc_name *target_group_name,
    const replsvc_element_ref target_elements[], size_t n_target_elements,
    const char *const target_element_names[], size_t n_target_element_names,
    const replsvc_access_point_ref *target_access_point, uint16_t consistency,
    const char *replication_setting_data, replsvc_job_ref *job, replsvc_sync_ref *synchronization,
    const replsvc_setting_ref *target_setting_goal, const replsvc_pool_ref *target_pool,
    const replsvc_pool_ref target_pools[], size_t n_target_pools, uint16_t wait_for_copy_state,
    const replsvc_collection_ref *connectivity_collection, const replsvc_collection_ref collections[],
    size_t n_collections);

/** Mirrors CIM_ReplicationService.GetReplicationRelationshipInstances. */
REPLSVC_API uint32_t replsvc_get_replication_relationship_instances(
    replsvc_service *service, uint16_t type, uint16_t sync_type, uint16_t mode, uint16_t locality,
    uint16_t copy_state, replsvc_job_ref *job, char ***synchronizations, size_t *n_synchronizations,
    const char *replication_setting_data);

/** Mirrors CIM_ReplicationService.ModifyListSettingsDefineState. */
REPLSVC_API uint32_t replsvc_modify_list_settings_define_state(
    replsvc_service *service, uint16_t operation, const replsvc_settings_state_ref settings_states[],
    size_t n_settings_states, replsvc_element_ref target_elements[], size_t n_target_elements,
    replsvc_group_ref target_groups[], size_t n_target_groups, uint64_t target_element_count,
    const replsvc_access_point_ref *target_access_point, replsvc_sync_ref **synchronizations,
    size_t *n_synchronizations, const char *replication_setting_data, replsvc_job_ref *job,
    const replsvc_setting_ref target_setting_goals[], size_t n_target_setting_goals,
    const replsvc_pool_ref target_pools[], size_t n_target_pools, uint16_t wait_for_copy_state,
    const char *const element_names[], size_t n_element_names, const replsvc_collection_ref collections[],
    size_t n_collections);

/** Mirrors CIM_ReplicationService.AddToRemoteReplicationCollection. */
REPLSVC_API uint32_t replsvc_add_to_remote_replication_collection(
    replsvc_service *service, const replsvc_access_point_ref local_access_points[],
    size_t n_local_access_points, const replsvc_access_point_ref remote_access_points[],
    size_t n_remote_access_points, const replsvc_system_ref *remote_computer_system, replsvc_job_ref *job,
    const replsvc_collection_ref *connectivity_collection);

/** Mirrors CIM_ReplicationService.CreateRemoteReplicationCollection. */
REPLSVC_API uint32_t replsvc_create_remote_replication_collection(
    replsvc_service *service, const char *element_name, const replsvc_access_point_ref local_access_points[],
    size_t n_local_access_points, const replsvc_access_point_ref remote_access_points[],
    size_t n_remote_access_points, const replsvc_system_ref *remote_computer_system, replsvc_opt_bool active,
    replsvc_opt_bool delete_on_unassociated, replsvc_job_ref *job,
    replsvc_collection_ref *connectivity_collection, const char *replication_setting_data);

/** Mirrors CIM_ReplicationService.RemoveFromRemoteReplicationCollection. */
REPLSVC_API uint32_t replsvc_remove_from_remote_replication_collection(
    replsvc_service *service, const replsvc_access_point_ref local_access_points[],
    size_t n_local_access_points, const replsvc_access_point_ref remote_access_points[],
    size_t n_remote_access_points, const replsvc_system_ref *remote_computer_system, replsvc_job_ref *job,
    const replsvc_collection_ref *connectivity_collection);

/** Mirrors CIM_ReplicationService.AddElementsToGroupSynchronized. */
REPLSVC_API uint32_t replsvc_add_elements_to_group_synchronized(
    replsvc_service *service, const replsvc_sync_ref *synchronized,
    const replsvc_element_ref source_elements[], size_t n_source_elements,
    const replsvc_element_ref target_elements[], size_t n_target_elements,
    const replsvc_access_point_ref *source_access_point, const replsvc_access_point_ref *target_access_point,
    uint16_t consistency, const char *replication_setting_data, replsvc_job_ref *job,
    replsvc_sync_ref **synchronizations, size_t *n_synchronizations, uint16_t wait_for_copy_state);

/** Mirrors CIM_ReplicationService.ConfirmTargetData. */
REPLSVC_API uint32_t replsvc_confirm_target_data(replsvc_service *service,
                                                 const replsvc_sync_ref *synchronized,
                                                 const replsvc_access_point_ref *source_access_point,
                                                 const replsvc_access_point_ref *target_access_point,
                                                 const char *replication_setting_data, replsvc_job_ref *job,
                                                 const replsvc_collection_ref *connectivity_collection,
                                                 int64_t wait_time);

/** Mirrors CIM_ReplicationService.CreateGroupReplicaFromElementSynchronizations. */
REPLSVC_API uint32_t replsvc_create_group_replica_from_element_synchronizations(
    replsvc_service *service, const char *relationship_name,
    const replsvc_sync_ref element_synchronizations[], size_t n_element_synchronizations,
    replsvc_name *source_group_name, replsvc_group_ref *source_group,
    const replsvc_access_point_ref *source_access_point, replsvc_name *target_group_name,
    replsvc_group_ref *target_group, const replsvc_access_point_ref *target_access_point,
    uint16_t consistency, const char *replication_setting_data, replsvc_job_ref *job,
    replsvc_sync_ref *group_synchronization, uint16_t wait_for_copy_state);

/** Mirrors CIM_ReplicationService.GetSynchronizationAspectInstances. */
REPLSVC_API uint32_t replsvc_get_synchronization_aspect_instances(
    replsvc_service *service, uint16_t sync_type, uint16_t mode, uint16_t locality, uint16_t sync_state,
    replsvc_job_ref *job, replsvc_opt_bool cached_data, const char *replication_setting_data,
    char ***synchronization_aspects, size_t *n_synchronization_aspects);

/** Mirrors CIM_ReplicationService.GetSynchronizationAspects. */
REPLSVC_API uint32_t replsvc_get_synchronization_aspects(
    replsvc_service *service, uint16_t sync_type, uint16_t mode, uint16_t locality, uint16_t sync_state,
    replsvc_job_ref *job, replsvc_opt_bool cached_data, const char *replication_setting_data,
    replsvc_aspect_ref **synchronization_aspects, size_t *n_synchronization_aspects);

/** Mirrors CIM_ReplicationService.CreateListSynchronizationAspect. */
REPLSVC_API uint32_t replsvc_create_list_synchronization_aspect(
    replsvc_service *service, const char *const names[], size_t n_names, uint16_t sync_type, uint16_t mode,
    const replsvc_element_ref source_elements[], size_t n_source_elements,
    const replsvc_access_point_ref *source_access_point, uint16_t consistency,
    const char *replication_setting_data, replsvc_job_ref *job, replsvc_settings_state_ref **settings_states,
    size_t *n_settings_states);

#ifdef __cplusplus
}
#endif

#endif
