/* SPDX-License-Identifier: BSD-2-Clause */
/* Counters. */
#include "api/api.h"

#include "service/statistics.h"

uint32_t local_element_get_statistics(replsvc_service *service, const replsvc_element_ref *element,
                                      replsvc_element_statistics *statistics)
{
    uint32_t ret = api_enter(service);
    return ret ? ret : element_get_statistics(service, element, statistics);
}

uint32_t local_sync_get_statistics(replsvc_service *service, const replsvc_sync_ref *synchronization,
                                   replsvc_sync_statistics *statistics)
{
    uint32_t ret = api_enter(service);
    return ret ? ret : sync_get_statistics(service, synchronization, statistics);
}

uint32_t local_service_get_statistics(replsvc_service *service, replsvc_service_statistics *statistics)
{
    uint32_t ret = api_enter(service);
    return ret ? ret : service_get_statistics(service, statistics);
}
