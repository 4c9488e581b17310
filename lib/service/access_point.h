/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Access points: where other systems are reached, the secrets for that, and the systems that follow from
 * them. What is kept is configuration; the backends that use it say whether anybody answers there.
 */
#ifndef RSVC_SERVICE_ACCESS_POINT_H
#define RSVC_SERVICE_ACCESS_POINT_H

#include "service/service.h"

uint32_t access_point_add(struct replsvc_service *svc, const char *instance, const char *instance_namespace,
                          replsvc_access_point_ref *path);
uint32_t access_point_get_info(struct replsvc_service *svc, const replsvc_access_point_ref *access_point,
                               replsvc_access_point_info *info);
uint32_t access_points_of_system(struct replsvc_service *svc, const replsvc_system_ref *system,
                                 replsvc_access_point_ref **list, size_t *n);
uint32_t secret_add(struct replsvc_service *svc, const char *instance,
                    const replsvc_access_point_ref *access_point, const char *instance_namespace,
                    replsvc_secret_ref *path);
uint32_t system_get_info(struct replsvc_service *svc, const replsvc_system_ref *system,
                         replsvc_system_info *info);

#endif
