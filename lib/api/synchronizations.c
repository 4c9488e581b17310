/* SPDX-License-Identifier: BSD-2-Clause */
/* Looking at relationships. */
#include "api/api.h"

#include "service/objects.h"
#include "service/relationship.h"

uint32_t replsvc_sync_get_info(replsvc_service *service, const replsvc_sync_ref *synchronization,
                               replsvc_sync_info *info)
{
    uint32_t ret = api_enter(service);
    return ret ? ret : sync_get_info(service, synchronization, info);
}

uint32_t replsvc_sync_list(replsvc_service *service, replsvc_sync_ref **synchronizations,
                           size_t *n_synchronizations)
{
    uint32_t ret = api_enter(service);
    return ret ? ret
               : object_list(service, KIND_SYNC, "Synchronizations", (void **)synchronizations,
                             n_synchronizations);
}

uint32_t replsvc_sync_find(replsvc_service *service, const char *name, replsvc_sync_ref *synchronization)
{
    uint32_t ret = api_enter(service);
    return ret ? ret : object_find(service, KIND_SYNC, name, synchronization);
}

uint32_t replsvc_sync_find_by_target(replsvc_service *service, const replsvc_element_ref *target,
                                     replsvc_sync_ref *synchronization)
{
    uint32_t ret = api_enter(service);
    return ret ? ret : sync_find_by_target(service, target, synchronization);
}

uint32_t replsvc_sync_get_pairs(replsvc_service *service, const replsvc_sync_ref *synchronization,
                                replsvc_sync_ref **pairs, size_t *n_pairs)
{
    uint32_t ret = api_enter(service);
    return ret ? ret : sync_get_pairs(service, synchronization, pairs, n_pairs);
}
