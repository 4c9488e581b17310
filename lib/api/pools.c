/* SPDX-License-Identifier: BSD-2-Clause */
/* replsvc_pool_* and replsvc_setting_*: where elements are made, and what they should be like. */
#include "api/api.h"

#include "service/goal.h"
#include "service/pool.h"

uint32_t local_pool_register(replsvc_service *service, const char *name, const char *locator,
                             const replsvc_pool_options *options, replsvc_pool_ref *pool)
{
    uint32_t ret = api_enter(service);
    return ret ? ret : pool_register(service, name, locator, options, pool);
}

uint32_t local_pool_unregister(replsvc_service *service, const replsvc_pool_ref *pool)
{
    uint32_t ret = api_enter(service);
    return ret ? ret : pool_unregister(service, pool);
}

uint32_t local_pool_get_info(replsvc_service *service, const replsvc_pool_ref *pool, replsvc_pool_info *info)
{
    uint32_t ret = api_enter(service);
    return ret ? ret : pool_get_info(service, pool, info);
}

uint32_t local_pool_list(replsvc_service *service, replsvc_pool_ref **pools, size_t *n_pools)
{
    uint32_t ret = api_enter(service);
    return ret ? ret : object_list(service, KIND_POOL, "pools", (void **)pools, n_pools);
}

uint32_t local_pool_find(replsvc_service *service, const char *name, replsvc_pool_ref *pool)
{
    uint32_t ret = api_enter(service);
    return ret ? ret : object_find(service, KIND_POOL, name, pool);
}

uint32_t local_setting_create(replsvc_service *service, const replsvc_setting_goal *goal,
                              replsvc_setting_ref *setting)
{
    uint32_t ret = api_enter(service);
    return ret ? ret : goal_create(service, goal, setting);
}

uint32_t local_setting_get(replsvc_service *service, const replsvc_setting_ref *setting,
                           replsvc_setting_goal *goal)
{
    uint32_t ret = api_enter(service);
    return ret ? ret : goal_get(service, setting, goal);
}

uint32_t local_setting_delete(replsvc_service *service, const replsvc_setting_ref *setting)
{
    uint32_t ret = api_enter(service);
    return ret ? ret : goal_delete(service, setting);
}
