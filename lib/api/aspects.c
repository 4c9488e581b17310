/* SPDX-License-Identifier: BSD-2-Clause */
/* Points in time without a target: CreateSynchronizationAspect, ModifySettingsDefineState, and lists. */
#include "api/api.h"

#include <errno.h>

#include "service/aspect.h"
#include "service/settings.h"
#include "util/alloc.h"

/* ---- looking ---- */

uint32_t local_aspect_get_info(replsvc_service *service, const replsvc_aspect_ref *aspect,
                               replsvc_aspect_info *info)
{
    uint32_t ret = api_enter(service);
    return ret ? ret : aspect_get_info(service, aspect, info);
}

uint32_t local_settings_state_get_info(replsvc_service *service,
                                       const replsvc_settings_state_ref *settings_state,
                                       replsvc_settings_state_info *info)
{
    uint32_t ret = api_enter(service);
    return ret ? ret : settings_state_get_info(service, settings_state, info);
}

static uint32_t enter_list(replsvc_service *service, const struct aspect_filter *f, const void *list,
                           const size_t *n, replsvc_opt_bool cached, const char *text, replsvc_job_ref *job)
{
    replsvc_replication_settings settings;
    uint32_t ret = api_enter(service);
    if (ret == REPLSVC_OK && (list == NULL || n == NULL))
        ret = svc_fail(REPLSVC_INVALID_PARAMETER, 0, "SynchronizationAspects",
                       "SynchronizationAspects: there is no place to put the list");
    if (ret == REPLSVC_OK && cached != REPLSVC_BOOL_ABSENT && cached != REPLSVC_BOOL_TRUE &&
        cached != REPLSVC_BOOL_FALSE)
        ret = svc_fail(REPLSVC_INVALID_PARAMETER, 0, "CachedData",
                       "CachedData: %d is neither absent, true nor false", (int)cached);
    if (ret == REPLSVC_OK)
        ret = aspect_filter_check(f);
    if (ret == REPLSVC_OK)
        ret = settings_parse(text, "ReplicationSettingData", &settings);
    if (job != NULL)
        job->id[0] = '\0'; /* never one: the answer is there */
    return ret;
}

uint32_t local_get_synchronization_aspects(replsvc_service *service, uint16_t sync_type, uint16_t mode,
                                           uint16_t locality, uint16_t sync_state, replsvc_job_ref *job,
                                           replsvc_opt_bool cached_data, const char *replication_setting_data,
                                           replsvc_aspect_ref **synchronization_aspects,
                                           size_t *n_synchronization_aspects)
{
    struct aspect_filter f = {sync_type, mode, locality, sync_state};
    uint32_t ret = enter_list(service, &f, synchronization_aspects, n_synchronization_aspects, cached_data,
                              replication_setting_data, job);
    return ret ? ret : aspects_list(service, &f, synchronization_aspects, n_synchronization_aspects);
}

uint32_t local_get_synchronization_aspect_instances(replsvc_service *service, uint16_t sync_type,
                                                    uint16_t mode, uint16_t locality, uint16_t sync_state,
                                                    replsvc_job_ref *job, replsvc_opt_bool cached_data,
                                                    const char *replication_setting_data,
                                                    char ***synchronization_aspects,
                                                    size_t *n_synchronization_aspects)
{
    struct aspect_filter f = {sync_type, mode, locality, sync_state};
    uint32_t ret = enter_list(service, &f, synchronization_aspects, n_synchronization_aspects, cached_data,
                              replication_setting_data, job);
    return ret ? ret : aspects_instances(service, &f, synchronization_aspects, n_synchronization_aspects);
}

/* ---- taking ---- */

uint32_t local_create_synchronization_aspect(replsvc_service *service, const char *name, uint16_t sync_type,
                                             uint16_t mode, const replsvc_group_ref *source_group,
                                             const replsvc_element_ref *source_element,
                                             const replsvc_access_point_ref *source_access_point,
                                             uint16_t consistency, const char *replication_setting_data,
                                             replsvc_job_ref *job, replsvc_settings_state_ref *settings_state)
{
    bool group = !ref_absent(source_group);
    replsvc_settings_state_ref state = {""};
    const struct aspect_request q = {
        .method = "CreateSynchronizationAspect",
        .names = &name,
        .n_names = name != NULL,
        .name_parameter = "Name",
        .sync_type = sync_type,
        .mode = mode,
        .consistency = consistency,
        .group = group ? source_group : NULL,
        .sources = source_element,
        .n_sources = 1,
        .source_parameter = group ? "SourceGroup" : "SourceElement",
        .elsewhere = !ref_absent(source_access_point),
        .settings = replication_setting_data,
        .job = job,
    };
    uint32_t ret = api_enter(service);
    if (ret == REPLSVC_OK && group == !ref_absent(source_element))
        ret = svc_fail(REPLSVC_INVALID_PARAMETER, 0, "SourceGroup",
                       "SourceGroup: exactly one of SourceGroup and SourceElement is required");
    if (ret == REPLSVC_OK)
        ret = aspects_create(service, &q, &state);
    if (ret == REPLSVC_OK && settings_state != NULL)
        *settings_state = state;
    return ret;
}

uint32_t local_create_list_synchronization_aspect(
    replsvc_service *service, const char *const names[], size_t n_names, uint16_t sync_type, uint16_t mode,
    const replsvc_element_ref source_elements[], size_t n_source_elements,
    const replsvc_access_point_ref *source_access_point, uint16_t consistency,
    const char *replication_setting_data, replsvc_job_ref *job, replsvc_settings_state_ref **settings_states,
    size_t *n_settings_states)
{
    bool wanted = settings_states != NULL && n_settings_states != NULL;
    replsvc_settings_state_ref *states = NULL;
    const struct aspect_request q = {
        .method = "CreateListSynchronizationAspect",
        .names = names,
        .n_names = n_names,
        .name_parameter = "Names",
        .sync_type = sync_type,
        .mode = mode,
        .consistency = consistency,
        .sources = source_elements,
        .n_sources = source_elements != NULL ? n_source_elements : 0,
        .source_parameter = "SourceElements",
        .elsewhere = !ref_absent(source_access_point),
        .settings = replication_setting_data,
        .job = job,
    };
    uint32_t ret = api_enter(service);
    if (wanted) {
        *settings_states = NULL;
        *n_settings_states = 0;
    }
    if (ret == REPLSVC_OK) {
        states = mem_array(q.n_sources != 0 ? q.n_sources : 1, sizeof(*states));
        ret = states != NULL ? aspects_create(service, &q, states)
                             : svc_fail(REPLSVC_FAILED, ENOMEM, NULL, "the points in time cannot be taken");
    }
    if (ret == REPLSVC_OK && wanted) {
        *settings_states = states;
        *n_settings_states = q.n_sources;
        states = NULL;
    }
    mem_free(states);
    return ret;
}

/* ---- modifying ---- */

uint32_t local_modify_settings_define_state(
    replsvc_service *service, uint16_t operation, const replsvc_settings_state_ref *settings_state,
    replsvc_element_ref *target_element, replsvc_group_ref *target_group, uint64_t target_element_count,
    const replsvc_access_point_ref *target_access_point, replsvc_sync_ref *synchronization,
    const char *replication_setting_data, replsvc_job_ref *job,
    const replsvc_setting_ref *target_setting_goal, const replsvc_pool_ref *target_pool,
    uint16_t wait_for_copy_state, const char *element_name, const replsvc_collection_ref collections[],
    size_t n_collections)
{
    (void)collections;
    const struct aspect_operation q = {
        .method = "ModifySettingsDefineState",
        .operation = operation,
        .states = settings_state,
        .n = settings_state != NULL,
        .states_parameter = "SettingsState",
        .targets = target_element,
        .n_targets = target_element != NULL,
        .groups = target_group,
        .n_groups = target_group != NULL,
        .target_count = target_element_count,
        .elsewhere = !ref_absent(target_access_point) ? "TargetAccessPoint"
                     : n_collections != 0             ? "Collections"
                                                      : NULL,
        .made_by = !ref_absent(target_setting_goal) ? "TargetSettingGoal"
                   : !ref_absent(target_pool)       ? "TargetPool"
                                                    : NULL,
        .names = &element_name,
        .n_names = element_name != NULL,
        .settings = replication_setting_data,
        .wait = wait_for_copy_state,
        .job = job,
    };
    uint32_t ret = api_enter(service);
    return ret ? ret : aspects_modify(service, &q, synchronization);
}

uint32_t local_modify_list_settings_define_state(
    replsvc_service *service, uint16_t operation, const replsvc_settings_state_ref settings_states[],
    size_t n_settings_states, replsvc_element_ref target_elements[], size_t n_target_elements,
    replsvc_group_ref target_groups[], size_t n_target_groups, uint64_t target_element_count,
    const replsvc_access_point_ref *target_access_point, replsvc_sync_ref **synchronizations,
    size_t *n_synchronizations, const char *replication_setting_data, replsvc_job_ref *job,
    const replsvc_setting_ref target_setting_goals[], size_t n_target_setting_goals,
    const replsvc_pool_ref target_pools[], size_t n_target_pools, uint16_t wait_for_copy_state,
    const char *const element_names[], size_t n_element_names, const replsvc_collection_ref collections[],
    size_t n_collections)
{
    (void)collections;
    bool wanted = synchronizations != NULL && n_synchronizations != NULL;
    bool makes = operation == REPLSVC_SETTINGS_STATE_OPERATION_COPY_TO_TARGET;
    replsvc_sync_ref *syncs = NULL;
    const struct aspect_operation q = {
        .method = "ModifyListSettingsDefineState",
        .operation = operation,
        .states = settings_states,
        .n = settings_states != NULL ? n_settings_states : 0,
        .states_parameter = "SettingsStates",
        .targets = target_elements,
        .n_targets = target_elements != NULL ? n_target_elements : 0,
        .groups = target_groups,
        .n_groups = target_groups != NULL ? n_target_groups : 0,
        .target_count = target_element_count,
        .elsewhere = !ref_absent(target_access_point) ? "TargetAccessPoint"
                     : n_collections != 0             ? "Collections"
                                                      : NULL,
        .made_by = target_setting_goals != NULL && n_target_setting_goals != 0 ? "TargetSettingGoals"
                   : target_pools != NULL && n_target_pools != 0               ? "TargetPools"
                                                                               : NULL,
        .names = element_names,
        .n_names = n_element_names,
        .settings = replication_setting_data,
        .wait = wait_for_copy_state,
        .job = job,
    };
    uint32_t ret = api_enter(service);
    if (wanted) {
        *synchronizations = NULL;
        *n_synchronizations = 0;
    }
    if (ret == REPLSVC_OK && wanted && makes && q.n != 0) {
        syncs = mem_array(q.n, sizeof(*syncs));
        if (syncs == NULL)
            ret = svc_fail(REPLSVC_FAILED, ENOMEM, NULL, "the operation cannot be begun");
    }
    if (ret == REPLSVC_OK)
        ret = aspects_modify(service, &q, syncs);
    if (ret == REPLSVC_OK && syncs != NULL) {
        *synchronizations = syncs;
        *n_synchronizations = q.n;
        syncs = NULL;
    }
    mem_free(syncs);
    return ret;
}
