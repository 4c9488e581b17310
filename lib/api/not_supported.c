/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the library does not have yet: every public function that nobody implements answers Not Supported
 * here, so that clients of the complete API link and are told so. Whoever implements one removes it here;
 * the capabilities promise nothing that is in this file.
 */
#include <errno.h>

#include <replsvc/replsvc.h>

#include "util/fail.h"

#pragma GCC diagnostic ignored "-Wunused-parameter"

static uint32_t absent(const char *function)
{
    svc_clear_error();
    return svc_fail(REPLSVC_NOT_SUPPORTED, 0, NULL, "%s is not supported by this version", function);
}

/* ---- service.h ---- */

uint32_t replsvc_aspect_get_info(replsvc_service *service, const replsvc_aspect_ref *aspect,
                                 replsvc_aspect_info *info)
{
    return absent(__func__);
}

uint32_t replsvc_settings_state_get_info(replsvc_service *service,
                                         const replsvc_settings_state_ref *settings_state,
                                         replsvc_settings_state_info *info)
{
    return absent(__func__);
}

uint32_t replsvc_collection_get_info(replsvc_service *service, const replsvc_collection_ref *collection,
                                     replsvc_collection_info *info)
{
    return absent(__func__);
}

/* ---- methods.h ---- */

uint32_t replsvc_create_synchronization_aspect(replsvc_service *service, const char *name, uint16_t sync_type,
                                               uint16_t mode, const replsvc_group_ref *source_group,
                                               const replsvc_element_ref *source_element,
                                               const replsvc_access_point_ref *source_access_point,
                                               uint16_t consistency, const char *replication_setting_data,
                                               replsvc_job_ref *job,
                                               replsvc_settings_state_ref *settings_state)
{
    return absent(__func__);
}

uint32_t replsvc_modify_settings_define_state(
    replsvc_service *service, uint16_t operation, const replsvc_settings_state_ref *settings_state,
    replsvc_element_ref *target_element, replsvc_group_ref *target_group, uint64_t target_element_count,
    const replsvc_access_point_ref *target_access_point, replsvc_sync_ref *synchronization,
    const char *replication_setting_data, replsvc_job_ref *job,
    const replsvc_setting_ref *target_setting_goal, const replsvc_pool_ref *target_pool,
    uint16_t wait_for_copy_state, const char *element_name, const replsvc_collection_ref collections[],
    size_t n_collections)
{
    return absent(__func__);
}

uint32_t replsvc_add_replication_entity(replsvc_service *service, const char *replication_entity,
                                        replsvc_opt_bool persistent, const char *instance_namespace,
                                        replsvc_entity_ref *replication_entity_path)
{
    return absent(__func__);
}

uint32_t replsvc_modify_list_settings_define_state(
    replsvc_service *service, uint16_t operation, const replsvc_settings_state_ref settings_states[],
    size_t n_settings_states, replsvc_element_ref target_elements[], size_t n_target_elements,
    replsvc_group_ref target_groups[], size_t n_target_groups, uint64_t target_element_count,
    const replsvc_access_point_ref *target_access_point, replsvc_sync_ref **synchronizations,
    size_t *n_synchronizations, const char *replication_setting_data, replsvc_job_ref *job,
    const replsvc_setting_ref target_setting_goals[], size_t n_target_setting_goals,
    const replsvc_pool_ref target_pools[], size_t n_target_pools, uint16_t wait_for_copy_state,
    const char *const element_names[], size_t n_element_names, const replsvc_collection_ref collections[],
    size_t n_collections)
{
    return absent(__func__);
}

uint32_t replsvc_add_to_remote_replication_collection(
    replsvc_service *service, const replsvc_access_point_ref local_access_points[],
    size_t n_local_access_points, const replsvc_access_point_ref remote_access_points[],
    size_t n_remote_access_points, const replsvc_system_ref *remote_computer_system, replsvc_job_ref *job,
    const replsvc_collection_ref *connectivity_collection)
{
    return absent(__func__);
}

uint32_t replsvc_create_remote_replication_collection(
    replsvc_service *service, const char *element_name, const replsvc_access_point_ref local_access_points[],
    size_t n_local_access_points, const replsvc_access_point_ref remote_access_points[],
    size_t n_remote_access_points, const replsvc_system_ref *remote_computer_system, replsvc_opt_bool active,
    replsvc_opt_bool delete_on_unassociated, replsvc_job_ref *job,
    replsvc_collection_ref *connectivity_collection, const char *replication_setting_data)
{
    return absent(__func__);
}

uint32_t replsvc_remove_from_remote_replication_collection(
    replsvc_service *service, const replsvc_access_point_ref local_access_points[],
    size_t n_local_access_points, const replsvc_access_point_ref remote_access_points[],
    size_t n_remote_access_points, const replsvc_system_ref *remote_computer_system, replsvc_job_ref *job,
    const replsvc_collection_ref *connectivity_collection)
{
    return absent(__func__);
}

uint32_t replsvc_add_elements_to_group_synchronized(
    replsvc_service *service, const replsvc_sync_ref *synchronized,
    const replsvc_element_ref source_elements[], size_t n_source_elements,
    const replsvc_element_ref target_elements[], size_t n_target_elements,
    const replsvc_access_point_ref *source_access_point, const replsvc_access_point_ref *target_access_point,
    uint16_t consistency, const char *replication_setting_data, replsvc_job_ref *job,
    replsvc_sync_ref **synchronizations, size_t *n_synchronizations, uint16_t wait_for_copy_state)
{
    return absent(__func__);
}

uint32_t replsvc_confirm_target_data(replsvc_service *service, const replsvc_sync_ref *synchronized,
                                     const replsvc_access_point_ref *source_access_point,
                                     const replsvc_access_point_ref *target_access_point,
                                     const char *replication_setting_data, replsvc_job_ref *job,
                                     const replsvc_collection_ref *connectivity_collection, int64_t wait_time)
{
    return absent(__func__);
}

uint32_t replsvc_get_synchronization_aspect_instances(replsvc_service *service, uint16_t sync_type,
                                                      uint16_t mode, uint16_t locality, uint16_t sync_state,
                                                      replsvc_job_ref *job, replsvc_opt_bool cached_data,
                                                      const char *replication_setting_data,
                                                      char ***synchronization_aspects,
                                                      size_t *n_synchronization_aspects)
{
    return absent(__func__);
}

uint32_t replsvc_get_synchronization_aspects(replsvc_service *service, uint16_t sync_type, uint16_t mode,
                                             uint16_t locality, uint16_t sync_state, replsvc_job_ref *job,
                                             replsvc_opt_bool cached_data,
                                             const char *replication_setting_data,
                                             replsvc_aspect_ref **synchronization_aspects,
                                             size_t *n_synchronization_aspects)
{
    return absent(__func__);
}

uint32_t replsvc_create_list_synchronization_aspect(
    replsvc_service *service, const char *const names[], size_t n_names, uint16_t sync_type, uint16_t mode,
    const replsvc_element_ref source_elements[], size_t n_source_elements,
    const replsvc_access_point_ref *source_access_point, uint16_t consistency,
    const char *replication_setting_data, replsvc_job_ref *job, replsvc_settings_state_ref **settings_states,
    size_t *n_settings_states)
{
    return absent(__func__);
}

/* ---- capabilities.h ---- */

/* ---- jobs.h ---- */

/* ---- events.h ---- */

/* ---- volume.h ---- */

/* ---- statistics.h ---- */

uint32_t replsvc_element_get_statistics(replsvc_service *service, const replsvc_element_ref *element,
                                        replsvc_element_statistics *statistics)
{
    return absent(__func__);
}

uint32_t replsvc_sync_get_statistics(replsvc_service *service, const replsvc_sync_ref *synchronization,
                                     replsvc_sync_statistics *statistics)
{
    return absent(__func__);
}

uint32_t replsvc_service_get_statistics(replsvc_service *service, replsvc_service_statistics *statistics)
{
    return absent(__func__);
}

/* ---- control.h ---- */

uint32_t replsvc_service_listen(replsvc_service *service, const char *path,
                                const replsvc_listen_options *options)
{
    return absent(__func__);
}

uint32_t replsvc_service_unlisten(replsvc_service *service, const char *path)
{
    return absent(__func__);
}

uint32_t replsvc_service_connect(const char *path, replsvc_service **service)
{
    return absent(__func__);
}
