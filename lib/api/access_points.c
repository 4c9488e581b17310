/* SPDX-License-Identifier: BSD-2-Clause */
/* AddServiceAccessPoint, AddSharedSecret, GetServiceAccessPoints, GetPeerSystems. */
#include "api/api.h"

#include "service/access_point.h"

static void no_job(replsvc_job_ref *job)
{
    if (job)
        job->id[0] = '\0';
}

uint32_t local_add_service_access_point(replsvc_service *service, const char *service_access_point,
                                        const char *instance_namespace,
                                        replsvc_access_point_ref *service_access_point_path)
{
    uint32_t ret = api_enter(service);
    return ret ? ret
               : access_point_add(service, service_access_point, instance_namespace,
                                  service_access_point_path);
}

uint32_t local_add_shared_secret(replsvc_service *service, const char *shared_secret,
                                 const replsvc_access_point_ref *service_access_point,
                                 const char *instance_namespace, replsvc_secret_ref *shared_secret_path)
{
    uint32_t ret = api_enter(service);
    return ret ? ret
               : secret_add(service, shared_secret, service_access_point, instance_namespace,
                            shared_secret_path);
}

uint32_t local_get_service_access_points(replsvc_service *service, const replsvc_system_ref *system,
                                         replsvc_job_ref *job,
                                         replsvc_access_point_ref **service_access_points,
                                         size_t *n_service_access_points)
{
    uint32_t ret = api_enter(service);
    if (ret)
        return ret;
    if (!service_access_points || !n_service_access_points)
        return svc_fail(REPLSVC_INVALID_PARAMETER, 0, "ServiceAccessPoints",
                        "ServiceAccessPoints: no place to put the list");
    replsvc_access_point_ref *list;
    size_t n;
    ret = access_points_of_system(service, system, &list, &n);
    if (ret)
        return ret;
    *service_access_points = list;
    *n_service_access_points = n;
    no_job(job);
    return REPLSVC_OK;
}

/* No system answers as long as no backend goes to one, so the lists of those that do are empty. */
uint32_t local_get_peer_systems(replsvc_service *service, uint16_t options, replsvc_job_ref *job,
                                replsvc_system_ref **systems, size_t *n_systems,
                                replsvc_access_point_ref **local_access_points, size_t *n_local_access_points,
                                replsvc_access_point_ref **remote_access_points,
                                size_t *n_remote_access_points)
{
    uint32_t ret = api_enter(service);
    if (ret)
        return ret;
    if (options && options != REPLSVC_PEER_OPTIONS_ONLY_SYSTEMS_CURRENTLY_REACHABLE &&
        options != REPLSVC_PEER_OPTIONS_INCLUDE_ACCESS_POINTS_FOR_SYSTEMS_CURRENTLY_REACHABLE)
        return svc_fail(REPLSVC_INVALID_PARAMETER, 0, "Options", "Options: %u is not in the value map",
                        options);
    if (!systems || !n_systems || !local_access_points != !n_local_access_points ||
        !remote_access_points != !n_remote_access_points)
        return svc_fail(REPLSVC_INVALID_PARAMETER, 0, "Systems",
                        "Systems: no place to put a list or its length");
    if (options) {
        *systems = NULL;
        *n_systems = 0;
    } else {
        ret = object_list(service, KIND_SYSTEM, "Systems", (void **)systems, n_systems);
    }
    if (ret)
        return ret;
    if (local_access_points) {
        *local_access_points = NULL;
        *n_local_access_points = 0;
    }
    if (remote_access_points) {
        *remote_access_points = NULL;
        *n_remote_access_points = 0;
    }
    no_job(job);
    return REPLSVC_OK;
}

uint32_t local_access_point_get_info(replsvc_service *service, const replsvc_access_point_ref *access_point,
                                     replsvc_access_point_info *info)
{
    uint32_t ret = api_enter(service);
    return ret ? ret : access_point_get_info(service, access_point, info);
}

uint32_t local_system_get_info(replsvc_service *service, const replsvc_system_ref *system,
                               replsvc_system_info *info)
{
    uint32_t ret = api_enter(service);
    return ret ? ret : system_get_info(service, system, info);
}
