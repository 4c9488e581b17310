/* SPDX-License-Identifier: BSD-2-Clause */
/* CreateElementReplica, CreateGroupReplica, CreateListReplica. */
#include "api/api.h"

#include "service/replica.h"

/* The first of the parameters that lead elsewhere which was given. */
static const char *elsewhere(const replsvc_access_point_ref *source, const replsvc_access_point_ref *target,
                             const replsvc_collection_ref *connectivity, size_t n_collections)
{
    return !ref_absent(source)         ? "SourceAccessPoint"
           : !ref_absent(target)       ? "TargetAccessPoint"
           : !ref_absent(connectivity) ? "ConnectivityCollection"
           : n_collections != 0        ? "Collections"
                                       : NULL;
}

uint32_t local_create_element_replica(
    replsvc_service *service, const char *element_name, uint16_t sync_type, uint16_t mode,
    const replsvc_element_ref *source_element, const replsvc_access_point_ref *source_access_point,
    replsvc_element_ref *target_element, const replsvc_access_point_ref *target_access_point,
    const char *replication_setting_data, replsvc_job_ref *job, replsvc_sync_ref *synchronization,
    const replsvc_setting_ref *target_setting_goal, const replsvc_pool_ref *target_pool,
    uint16_t wait_for_copy_state, const replsvc_collection_ref *connectivity_collection,
    const replsvc_collection_ref collections[], size_t n_collections)
{
    (void)collections;
    const char *away =
        elsewhere(source_access_point, target_access_point, connectivity_collection, n_collections);
    struct replica_request q = {
        .method = "CreateElementReplica",
        .form = FORM_ELEMENT,
        .name = element_name,
        .name_parameter = "ElementName",
        .sync_type = sync_type,
        .mode = mode,
        .wait = wait_for_copy_state,
        .sources = source_element,
        .n_sources = 1,
        .source_parameter = "SourceElement",
        .targets = target_element,
        .n_targets = target_element != NULL,
        .target_parameter = "TargetElement",
        .elsewhere = away != NULL,
        .elsewhere_parameter = away,
        .settings = replication_setting_data,
        .goal = target_setting_goal,
        .pool = target_pool,
        .job = job,
    };
    uint32_t ret = api_enter(service);
    return ret ? ret : replicate(service, &q, synchronization, NULL, NULL);
}

uint32_t local_create_group_replica(replsvc_service *service, const char *relationship_name,
                                    uint16_t sync_type, uint16_t mode, const replsvc_group_ref *source_group,
                                    const replsvc_element_ref *source_element,
                                    const replsvc_access_point_ref *source_access_point,
                                    replsvc_group_ref *target_group, uint64_t target_element_count,
                                    const replsvc_access_point_ref *target_access_point, uint16_t consistency,
                                    const char *replication_setting_data, replsvc_job_ref *job,
                                    replsvc_sync_ref *synchronization,
                                    const replsvc_setting_ref *target_setting_goal,
                                    const replsvc_pool_ref *target_pool, uint16_t wait_for_copy_state)
{
    return local_create_group_replica_ex(
        service, relationship_name, sync_type, mode, source_group, source_element, source_access_point,
        target_group, target_element_count, target_access_point, consistency, replication_setting_data, job,
        synchronization, target_setting_goal, target_pool, wait_for_copy_state, NULL, NULL, 0);
}

uint32_t local_create_group_replica_ex(
    replsvc_service *service, const char *relationship_name, uint16_t sync_type, uint16_t mode,
    const replsvc_group_ref *source_group, const replsvc_element_ref *source_element,
    const replsvc_access_point_ref *source_access_point, replsvc_group_ref *target_group,
    uint64_t target_element_count, const replsvc_access_point_ref *target_access_point, uint16_t consistency,
    const char *replication_setting_data, replsvc_job_ref *job, replsvc_sync_ref *synchronization,
    const replsvc_setting_ref *target_setting_goal, const replsvc_pool_ref *target_pool,
    uint16_t wait_for_copy_state, const replsvc_collection_ref *connectivity_collection,
    const replsvc_collection_ref collections[], size_t n_collections)
{
    (void)collections;
    const char *away =
        elsewhere(source_access_point, target_access_point, connectivity_collection, n_collections);
    struct replica_request q = {
        .method = "CreateGroupReplica",
        .form = FORM_GROUP,
        .name = relationship_name,
        .name_parameter = "RelationshipName",
        .sync_type = sync_type,
        .mode = mode,
        .consistency = consistency,
        .wait = wait_for_copy_state,
        .source_group = source_group,
        .sources = source_element,
        .n_sources = 1,
        .source_parameter = ref_absent(source_group) ? "SourceElement" : "SourceGroup",
        .target_group = target_group,
        .target_count = target_element_count,
        .target_parameter = "TargetGroup",
        .elsewhere = away != NULL,
        .elsewhere_parameter = away,
        .settings = replication_setting_data,
        .goal = target_setting_goal,
        .pool = target_pool,
        .job = job,
    };
    uint32_t ret = api_enter(service);
    return ret ? ret : replicate(service, &q, synchronization, NULL, NULL);
}

uint32_t local_create_list_replica(
    replsvc_service *service, const char *const element_names[], size_t n_element_names, uint16_t sync_type,
    uint16_t mode, const replsvc_element_ref source_elements[], size_t n_source_elements,
    const replsvc_access_point_ref *source_access_point, replsvc_element_ref target_elements[],
    size_t n_target_elements, const replsvc_access_point_ref *target_access_point,
    const char *replication_setting_data, replsvc_job_ref *job, replsvc_sync_ref **synchronizations,
    size_t *n_synchronizations, const replsvc_setting_ref *target_setting_goal,
    const replsvc_pool_ref *target_pool, uint16_t wait_for_copy_state,
    const replsvc_collection_ref *connectivity_collection, uint16_t consistency,
    const replsvc_collection_ref collections[], size_t n_collections)
{
    (void)collections;
    const char *away =
        elsewhere(source_access_point, target_access_point, connectivity_collection, n_collections);
    struct replica_request q = {
        .method = "CreateListReplica",
        .form = FORM_LIST,
        .name_parameter = "ElementNames",
        .names = element_names,
        .n_names = n_element_names,
        .sync_type = sync_type,
        .mode = mode,
        .consistency = consistency,
        .wait = wait_for_copy_state,
        .sources = source_elements,
        .n_sources = n_source_elements,
        .source_parameter = "SourceElements",
        .targets = target_elements,
        .n_targets = target_elements != NULL ? n_target_elements : 0,
        .target_parameter = "TargetElements",
        .elsewhere = away != NULL,
        .elsewhere_parameter = away,
        .settings = replication_setting_data,
        .goal = target_setting_goal,
        .pool = target_pool,
        .job = job,
    };
    uint32_t ret = api_enter(service);
    if (ret)
        return ret;
    if (synchronizations == NULL || n_synchronizations == NULL)
        return replicate(service, &q, NULL, NULL, NULL);
    return replicate(service, &q, NULL, synchronizations, n_synchronizations);
}
