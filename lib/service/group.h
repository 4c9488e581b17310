/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Groups, for lib/api: each function is a method with its parameters as the caller gave them (references
 * may be NULL, stale, foreign); relationships use the functions of service.h.
 */
#ifndef RSVC_SERVICE_GROUP_H
#define RSVC_SERVICE_GROUP_H

#include "service/service.h"

uint32_t group_create(struct replsvc_service *svc, const char *group_name,
                      const replsvc_element_ref members[], size_t n_members, replsvc_opt_bool persistent,
                      replsvc_opt_bool delete_on_empty_element, replsvc_opt_bool delete_on_unassociated,
                      const replsvc_access_point_ref *service_access_point,
                      replsvc_group_ref *replication_group, const char *replication_setting_data,
                      uint16_t reserved_as);
uint32_t group_delete(struct replsvc_service *svc, const replsvc_group_ref *replication_group,
                      const replsvc_access_point_ref *service_access_point, replsvc_opt_bool remove_elements,
                      const char *replication_setting_data);
uint32_t group_add_members(struct replsvc_service *svc, const replsvc_element_ref members[], size_t n_members,
                           const replsvc_group_ref *replication_group,
                           const replsvc_access_point_ref *service_access_point,
                           const char *replication_setting_data);
uint32_t group_remove_members(struct replsvc_service *svc, const replsvc_element_ref members[],
                              size_t n_members, replsvc_opt_bool delete_on_empty_element,
                              const replsvc_group_ref *replication_group,
                              const replsvc_access_point_ref *service_access_point,
                              const char *replication_setting_data);
uint32_t group_get_info(struct replsvc_service *svc, const replsvc_group_ref *group,
                        replsvc_group_info *info);
uint32_t group_get_members(struct replsvc_service *svc, const replsvc_group_ref *group,
                           replsvc_element_ref **members, size_t *n_members);

#endif
