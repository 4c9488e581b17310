/* SPDX-License-Identifier: BSD-2-Clause */
/* CreateGroupReplicaFromElements. */
#include "api/api.h"

#include <string.h>

#include "service/from_elements.h"

/* TargetPool, or TargetPools that are all one: targets of one call are made in one pool. */
static uint32_t one_pool(const replsvc_pool_ref *pool, const replsvc_pool_ref pools[], size_t n,
                         const replsvc_pool_ref **out)
{
    *out = pool;
    if (n == 0)
        return REPLSVC_OK;
    if (!pools || !ref_absent(pool))
        return svc_fail(REPLSVC_INVALID_PARAMETER, 0, "TargetPools",
                        "TargetPools: NULL, or given together with TargetPool");
    for (size_t i = 0; i < n; i++)
        if (!memchr(pools[i].id, 0, sizeof pools[i].id))
            return svc_fail(REPLSVC_INVALID_PARAMETER, 0, "TargetPools",
                            "TargetPools: a reference is not terminated");
        else if (strcmp(pools[i].id, pools[0].id) != 0)
            return svc_fail(REPLSVC_NOT_SUPPORTED, 0, "TargetPools",
                            "TargetPools: targets of one call cannot be made in several pools");
    *out = &pools[0];
    return REPLSVC_OK;
}

uint32_t local_create_group_replica_from_elements(
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
    size_t n_collections)
{
    (void)collections;
    const char *away = !ref_absent(source_access_point)       ? "SourceAccessPoint"
                       : !ref_absent(target_access_point)     ? "TargetAccessPoint"
                       : !ref_absent(connectivity_collection) ? "ConnectivityCollection"
                       : n_collections != 0                   ? "Collections"
                                                              : NULL;
    struct from_elements_request q = {
        .source = {.group = source_group,
                   .name = source_group_name,
                   .elements = source_elements,
                   .n = n_source_elements,
                   .group_parameter = "SourceGroup",
                   .name_parameter = "SourceGroupName",
                   .elements_parameter = "SourceElements"},
        .target = {.group = target_group,
                   .name = target_group_name,
                   .elements = target_elements,
                   .n = n_target_elements,
                   .group_parameter = "TargetGroup",
                   .name_parameter = "TargetGroupName",
                   .elements_parameter = "TargetElements"},
        .target_names = target_element_names,
        .n_target_names = n_target_element_names,
        .replica = {.method = "CreateGroupReplicaFromElements",
                    .name = relationship_name,
                    .name_parameter = "RelationshipName",
                    .sync_type = sync_type,
                    .mode = mode,
                    .consistency = consistency,
                    .wait = wait_for_copy_state,
                    .elsewhere = away != NULL,
                    .elsewhere_parameter = away,
                    .settings = replication_setting_data,
                    .goal = target_setting_goal,
                    .job = job},
    };
    uint32_t ret = api_enter(service);
    if (ret == REPLSVC_OK)
        ret = one_pool(target_pool, target_pools, n_target_pools, &q.replica.pool);
    return ret ? ret : replicate_elements(service, &q, synchronization);
}
