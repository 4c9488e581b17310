/* SPDX-License-Identifier: BSD-2-Clause */
/* CreateGroup, DeleteGroup, AddMembers, RemoveMembers, and looking groups up. */
#include "api/api.h"

#include "service/group.h"

uint32_t local_create_group(replsvc_service *service, const char *group_name,
                            const replsvc_element_ref members[], size_t n_members,
                            replsvc_opt_bool persistent, replsvc_opt_bool delete_on_empty_element,
                            replsvc_opt_bool delete_on_unassociated,
                            const replsvc_access_point_ref *service_access_point,
                            replsvc_group_ref *replication_group, const char *replication_setting_data)
{
    return local_create_group_ex(service, group_name, members, n_members, persistent, delete_on_empty_element,
                                 delete_on_unassociated, service_access_point, replication_group,
                                 replication_setting_data, 0);
}

uint32_t local_create_group_ex(replsvc_service *service, const char *group_name,
                               const replsvc_element_ref members[], size_t n_members,
                               replsvc_opt_bool persistent, replsvc_opt_bool delete_on_empty_element,
                               replsvc_opt_bool delete_on_unassociated,
                               const replsvc_access_point_ref *service_access_point,
                               replsvc_group_ref *replication_group, const char *replication_setting_data,
                               uint16_t reserved_as)
{
    uint32_t ret = api_enter(service);
    return ret ? ret
               : group_create(service, group_name, members, n_members, persistent, delete_on_empty_element,
                              delete_on_unassociated, service_access_point, replication_group,
                              replication_setting_data, reserved_as);
}

uint32_t local_delete_group(replsvc_service *service, const replsvc_group_ref *replication_group,
                            const replsvc_access_point_ref *service_access_point,
                            replsvc_opt_bool remove_elements, const char *replication_setting_data)
{
    uint32_t ret = api_enter(service);
    return ret ? ret
               : group_delete(service, replication_group, service_access_point, remove_elements,
                              replication_setting_data);
}

uint32_t local_add_members(replsvc_service *service, const replsvc_element_ref members[], size_t n_members,
                           const replsvc_group_ref *replication_group,
                           const replsvc_access_point_ref *service_access_point,
                           const char *replication_setting_data)
{
    uint32_t ret = api_enter(service);
    return ret ? ret
               : group_add_members(service, members, n_members, replication_group, service_access_point,
                                   replication_setting_data);
}

uint32_t local_remove_members(replsvc_service *service, const replsvc_element_ref members[], size_t n_members,
                              replsvc_opt_bool delete_on_empty_element,
                              const replsvc_group_ref *replication_group,
                              const replsvc_access_point_ref *service_access_point,
                              const char *replication_setting_data)
{
    uint32_t ret = api_enter(service);
    return ret ? ret
               : group_remove_members(service, members, n_members, delete_on_empty_element, replication_group,
                                      service_access_point, replication_setting_data);
}

uint32_t local_group_get_info(replsvc_service *service, const replsvc_group_ref *group,
                              replsvc_group_info *info)
{
    uint32_t ret = api_enter(service);
    return ret ? ret : group_get_info(service, group, info);
}

uint32_t local_group_get_members(replsvc_service *service, const replsvc_group_ref *group,
                                 replsvc_element_ref **members, size_t *n_members)
{
    uint32_t ret = api_enter(service);
    return ret ? ret : group_get_members(service, group, members, n_members);
}

uint32_t local_group_list(replsvc_service *service, replsvc_group_ref **groups, size_t *n_groups)
{
    uint32_t ret = api_enter(service);
    return ret ? ret : object_list(service, KIND_GROUP, "groups", (void **)groups, n_groups);
}

uint32_t local_group_find(replsvc_service *service, const char *name, replsvc_group_ref *group)
{
    uint32_t ret = api_enter(service);
    return ret ? ret : object_find(service, KIND_GROUP, name, group);
}
