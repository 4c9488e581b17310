/* SPDX-License-Identifier: BSD-2-Clause */
/* Remote replication collections and replication entities. */
#include "api/api.h"

#include <string.h>

#include "service/collection.h"
#include "service/entity.h"
#include "service/settings.h"

static void no_job(replsvc_job_ref *job)
{
    if (job)
        job->id[0] = '\0';
}

/* The only properties that could mean something for paths ask for compression, which nobody does here. */
static uint32_t check_settings(const char *text)
{
    replsvc_replication_settings s;
    uint32_t ret = settings_parse(text, "ReplicationSettingData", &s);
    if (ret == REPLSVC_OK && (s.rrc_hardware_compression_enabled == REPLSVC_BOOL_TRUE ||
                              s.rrc_software_compression_enabled == REPLSVC_BOOL_TRUE))
        ret = svc_fail(REPLSVC_NOT_SUPPORTED, 0, "ReplicationSettingData",
                       "ReplicationSettingData: compression is not supported");
    return ret;
}

uint32_t local_create_remote_replication_collection(
    replsvc_service *service, const char *element_name, const replsvc_access_point_ref local_access_points[],
    size_t n_local_access_points, const replsvc_access_point_ref remote_access_points[],
    size_t n_remote_access_points, const replsvc_system_ref *remote_computer_system, replsvc_opt_bool active,
    replsvc_opt_bool delete_on_unassociated, replsvc_job_ref *job,
    replsvc_collection_ref *connectivity_collection, const char *replication_setting_data)
{
    const struct collection_paths paths = {local_access_points, remote_access_points, n_local_access_points,
                                           n_remote_access_points, remote_computer_system};
    const struct collection_options options = {element_name, active, delete_on_unassociated};
    no_job(job);
    if (connectivity_collection)
        memset(connectivity_collection, 0, sizeof *connectivity_collection);
    uint32_t ret = api_enter(service);
    if (ret == REPLSVC_OK)
        ret = check_settings(replication_setting_data);
    return ret ? ret : collection_create(service, &options, &paths, connectivity_collection);
}

uint32_t local_add_to_remote_replication_collection(
    replsvc_service *service, const replsvc_access_point_ref local_access_points[],
    size_t n_local_access_points, const replsvc_access_point_ref remote_access_points[],
    size_t n_remote_access_points, const replsvc_system_ref *remote_computer_system, replsvc_job_ref *job,
    const replsvc_collection_ref *connectivity_collection)
{
    const struct collection_paths paths = {local_access_points, remote_access_points, n_local_access_points,
                                           n_remote_access_points, remote_computer_system};
    no_job(job);
    uint32_t ret = api_enter(service);
    return ret ? ret : collection_add(service, connectivity_collection, &paths);
}

uint32_t local_remove_from_remote_replication_collection(
    replsvc_service *service, const replsvc_access_point_ref local_access_points[],
    size_t n_local_access_points, const replsvc_access_point_ref remote_access_points[],
    size_t n_remote_access_points, const replsvc_system_ref *remote_computer_system, replsvc_job_ref *job,
    const replsvc_collection_ref *connectivity_collection)
{
    const struct collection_paths paths = {local_access_points, remote_access_points, n_local_access_points,
                                           n_remote_access_points, remote_computer_system};
    no_job(job);
    uint32_t ret = api_enter(service);
    return ret ? ret : collection_remove(service, connectivity_collection, &paths);
}

uint32_t local_collection_get_info(replsvc_service *service, const replsvc_collection_ref *collection,
                                   replsvc_collection_info *info)
{
    uint32_t ret = api_enter(service);
    return ret ? ret : collection_get_info(service, collection, info);
}

uint32_t local_collection_get_access_points(replsvc_service *service,
                                            const replsvc_collection_ref *collection,
                                            replsvc_access_point_ref **local_access_points,
                                            size_t *n_local_access_points,
                                            replsvc_access_point_ref **remote_access_points,
                                            size_t *n_remote_access_points)
{
    uint32_t ret = api_enter(service);
    return ret ? ret
               : collection_get_access_points(service, collection, local_access_points, n_local_access_points,
                                              remote_access_points, n_remote_access_points);
}

uint32_t local_collection_list(replsvc_service *service, replsvc_collection_ref **collections,
                               size_t *n_collections)
{
    uint32_t ret = api_enter(service);
    return ret ? ret
               : object_list(service, KIND_COLLECTION, "Collections", (void **)collections, n_collections);
}

uint32_t local_collection_find(replsvc_service *service, const char *name, replsvc_collection_ref *collection)
{
    uint32_t ret = api_enter(service);
    return ret ? ret : object_find(service, KIND_COLLECTION, name, collection);
}

uint32_t local_collection_delete(replsvc_service *service, const replsvc_collection_ref *collection)
{
    uint32_t ret = api_enter(service);
    return ret ? ret : collection_delete(service, collection);
}

/* ---- entities ---- */

uint32_t local_add_replication_entity(replsvc_service *service, const char *replication_entity,
                                      replsvc_opt_bool persistent, const char *instance_namespace,
                                      replsvc_entity_ref *replication_entity_path)
{
    uint32_t ret = api_enter(service);
    return ret ? ret
               : entity_add(service, replication_entity, persistent, instance_namespace,
                            replication_entity_path);
}

uint32_t local_entity_get_info(replsvc_service *service, const replsvc_entity_ref *entity,
                               replsvc_entity_info *info)
{
    uint32_t ret = api_enter(service);
    return ret ? ret : entity_get_info(service, entity, info);
}

uint32_t local_entity_list(replsvc_service *service, replsvc_entity_ref **entities, size_t *n_entities)
{
    uint32_t ret = api_enter(service);
    return ret ? ret : object_list(service, KIND_ENTITY, "Entities", (void **)entities, n_entities);
}

uint32_t local_entity_delete(replsvc_service *service, const replsvc_entity_ref *entity)
{
    uint32_t ret = api_enter(service);
    return ret ? ret : entity_delete(service, entity);
}
