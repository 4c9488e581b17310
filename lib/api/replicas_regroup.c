/* SPDX-License-Identifier: BSD-2-Clause */
/* CreateGroupReplicaFromElementSynchronizations. */
#include "api/api.h"

#include <string.h>

#include "service/regroup.h"

uint32_t local_create_group_replica_from_element_synchronizations(
    replsvc_service *service, const char *relationship_name,
    const replsvc_sync_ref element_synchronizations[], size_t n_element_synchronizations,
    replsvc_name *source_group_name, replsvc_group_ref *source_group,
    const replsvc_access_point_ref *source_access_point, replsvc_name *target_group_name,
    replsvc_group_ref *target_group, const replsvc_access_point_ref *target_access_point,
    uint16_t consistency, const char *replication_setting_data, replsvc_job_ref *job,
    replsvc_sync_ref *group_synchronization, uint16_t wait_for_copy_state)
{
    const struct regroup_request q = {
        .name = relationship_name,
        .pairs = element_synchronizations,
        .n_pairs = n_element_synchronizations,
        .source = {.group = source_group,
                   .name = source_group_name,
                   .group_parameter = "SourceGroup",
                   .name_parameter = "SourceGroupName"},
        .target = {.group = target_group,
                   .name = target_group_name,
                   .group_parameter = "TargetGroup",
                   .name_parameter = "TargetGroupName"},
        .consistency = consistency,
        .wait = wait_for_copy_state,
        .settings = replication_setting_data,
    };
    replsvc_sync_ref made;
    uint32_t ret = api_enter(service);
    if (ret)
        return ret;
    const char *elsewhere = !ref_absent(source_access_point)   ? "SourceAccessPoint"
                            : !ref_absent(target_access_point) ? "TargetAccessPoint"
                                                               : NULL;
    if (elsewhere)
        return svc_fail(REPLSVC_NOT_SUPPORTED, 0, elsewhere, "%s: it is not supported here", elsewhere);
    ret = regroup(service, &q, &made);
    if (ret)
        return ret;
    if (group_synchronization)
        memcpy(group_synchronization->id, made.id, sizeof made.id);
    if (job)
        job->id[0] = '\0';
    return REPLSVC_OK;
}
