/* SPDX-License-Identifier: BSD-2-Clause */
/* replsvc_element_*: making images known to the service, and looking them up; GetAvailableTargetElements. */
#include "api/api.h"

#include "service/candidates.h"
#include "service/element.h"

uint32_t local_element_register(replsvc_service *service, const char *name, const char *locator,
                                const replsvc_element_options *options, replsvc_element_ref *element)
{
    uint32_t ret = api_enter(service);
    return ret ? ret : element_register(service, name, locator, options, element);
}

uint32_t local_element_create(replsvc_service *service, const char *name, const replsvc_pool_ref *pool,
                              uint64_t size_bytes, const replsvc_setting_ref *goal,
                              replsvc_element_ref *element)
{
    uint32_t ret = api_enter(service);
    return ret ? ret : element_create(service, name, pool, size_bytes, goal, element);
}

uint32_t local_element_unregister(replsvc_service *service, const replsvc_element_ref *element,
                                  bool remove_data)
{
    struct change c;
    struct element *e;
    uint32_t ret = api_enter(service);
    if (ret)
        return ret;
    change_begin(&c, service);
    ret = element_by_ref(service, element, "Element", &e);
    if (ret == REPLSVC_OK)
        ret = element_remove(&c, e, remove_data);
    change_end(&c);
    return ret;
}

uint32_t local_element_get_info(replsvc_service *service, const replsvc_element_ref *element,
                                replsvc_element_info *info)
{
    uint32_t ret = api_enter(service);
    return ret ? ret : element_get_info(service, element, info);
}

uint32_t local_element_list(replsvc_service *service, replsvc_element_ref **elements, size_t *n_elements)
{
    uint32_t ret = api_enter(service);
    return ret ? ret : object_list(service, KIND_ELEMENT, "elements", (void **)elements, n_elements);
}

uint32_t local_element_find(replsvc_service *service, const char *name, replsvc_element_ref *element)
{
    uint32_t ret = api_enter(service);
    return ret ? ret : object_find(service, KIND_ELEMENT, name, element);
}

uint32_t local_get_available_target_elements(replsvc_service *service,
                                             const replsvc_element_ref *source_element, uint16_t sync_type,
                                             uint16_t mode, const char *replication_setting_data,
                                             const replsvc_access_point_ref *target_access_point,
                                             const replsvc_setting_ref *target_setting_goal,
                                             const replsvc_pool_ref target_pools[], size_t n_target_pools,
                                             replsvc_job_ref *job, replsvc_element_ref **candidates,
                                             size_t *n_candidates, uint16_t max_element_count)
{
    struct candidates_request q = {.source = source_element,
                                   .sync_type = sync_type,
                                   .mode = mode,
                                   .settings = replication_setting_data,
                                   .access_point = target_access_point,
                                   .goal = target_setting_goal,
                                   .pools = target_pools,
                                   .n_pools = n_target_pools,
                                   .max = max_element_count};
    uint32_t ret = api_enter(service);
    if (ret)
        return ret;
    if (!candidates || !n_candidates)
        return svc_fail(REPLSVC_INVALID_PARAMETER, 0, "Candidates", "Candidates: no place to put the list");
    ret = candidates_find(service, &q, candidates, n_candidates);
    if (ret == REPLSVC_OK && job)
        job->id[0] = '\0';
    return ret;
}
