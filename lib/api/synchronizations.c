/* SPDX-License-Identifier: BSD-2-Clause */
/* Looking at relationships. */
#include "api/api.h"

#include "service/objects.h"
#include "service/relationship.h"
#include "service/relationship_list.h"
#include "service/settings.h"

uint32_t local_sync_get_info(replsvc_service *service, const replsvc_sync_ref *synchronization,
                             replsvc_sync_info *info)
{
    uint32_t ret = api_enter(service);
    return ret ? ret : sync_get_info(service, synchronization, info);
}

uint32_t local_sync_list(replsvc_service *service, replsvc_sync_ref **synchronizations,
                         size_t *n_synchronizations)
{
    uint32_t ret = api_enter(service);
    return ret ? ret
               : object_list(service, KIND_SYNC, "Synchronizations", (void **)synchronizations,
                             n_synchronizations);
}

uint32_t local_sync_find(replsvc_service *service, const char *name, replsvc_sync_ref *synchronization)
{
    uint32_t ret = api_enter(service);
    return ret ? ret : object_find(service, KIND_SYNC, name, synchronization);
}

uint32_t local_sync_find_by_target(replsvc_service *service, const replsvc_element_ref *target,
                                   replsvc_sync_ref *synchronization)
{
    uint32_t ret = api_enter(service);
    return ret ? ret : sync_find_by_target(service, target, synchronization);
}

uint32_t local_sync_get_pairs(replsvc_service *service, const replsvc_sync_ref *synchronization,
                              replsvc_sync_ref **pairs, size_t *n_pairs)
{
    uint32_t ret = api_enter(service);
    return ret ? ret : sync_get_pairs(service, synchronization, pairs, n_pairs);
}

/* ---- GetReplicationRelationships ---- */

static uint32_t enter_list(replsvc_service *service, const struct relationship_filter *f, const void *list,
                           const size_t *n, const char *text, replsvc_job_ref *job)
{
    replsvc_replication_settings settings;
    uint32_t ret = api_enter(service);
    if (ret == REPLSVC_OK && (list == NULL || n == NULL))
        ret = svc_fail(REPLSVC_INVALID_PARAMETER, 0, "Synchronizations",
                       "Synchronizations: there is no place to put the list");
    if (ret == REPLSVC_OK)
        ret = relationship_filter_check(f);
    if (ret == REPLSVC_OK)
        ret = settings_parse(text, "ReplicationSettingData", &settings);
    if (job != NULL)
        job->id[0] = '\0'; /* never one: the answer is there */
    return ret;
}

uint32_t local_get_replication_relationships(replsvc_service *service, uint16_t type, uint16_t sync_type,
                                             uint16_t mode, uint16_t locality, uint16_t copy_state,
                                             replsvc_job_ref *job, replsvc_sync_ref **synchronizations,
                                             size_t *n_synchronizations, const char *replication_setting_data)
{
    struct relationship_filter f = {type, sync_type, mode, locality, copy_state};
    uint32_t ret =
        enter_list(service, &f, synchronizations, n_synchronizations, replication_setting_data, job);
    return ret ? ret : relationships_list(service, &f, synchronizations, n_synchronizations);
}

uint32_t local_get_replication_relationship_instances(replsvc_service *service, uint16_t type,
                                                      uint16_t sync_type, uint16_t mode, uint16_t locality,
                                                      uint16_t copy_state, replsvc_job_ref *job,
                                                      char ***synchronizations, size_t *n_synchronizations,
                                                      const char *replication_setting_data)
{
    struct relationship_filter f = {type, sync_type, mode, locality, copy_state};
    uint32_t ret =
        enter_list(service, &f, synchronizations, n_synchronizations, replication_setting_data, job);
    return ret ? ret : relationships_instances(service, &f, synchronizations, n_synchronizations);
}
