/* SPDX-License-Identifier: BSD-2-Clause */
/* ModifyReplicaSynchronization and ModifyListSynchronization; ConfirmTargetData. */
#include "api/api.h"

#include <errno.h>
#include <string.h>

#include "service/confirm.h"
#include "service/operations.h"
#include "util/alloc.h"

uint32_t local_modify_replica_synchronization(
    replsvc_service *service, uint16_t operation, const replsvc_sync_ref *synchronization,
    const char *replication_setting_data, const replsvc_sync_ref sync_pair[], size_t n_sync_pair,
    replsvc_job_ref *job, replsvc_settings_state_ref *settings_state, replsvc_opt_bool force,
    uint16_t wait_for_copy_state, replsvc_sync_ref *updated_synchronization)
{
    struct operation_request q = {
        .method = "ModifyReplicaSynchronization",
        .operation = operation,
        .syncs = synchronization,
        .n = 1,
        .pairs = sync_pair,
        .n_pairs = n_sync_pair,
        .settings = replication_setting_data,
        .force = force,
        .wait = wait_for_copy_state,
        .job = job,
    };
    uint32_t ret = api_enter(service);
    if (settings_state != NULL)
        settings_state->id[0] = '\0';
    return ret ? ret : operate(service, &q, updated_synchronization);
}

uint32_t local_modify_list_synchronization(replsvc_service *service, uint16_t operation,
                                           const replsvc_sync_ref synchronization[], size_t n_synchronization,
                                           const char *replication_setting_data, replsvc_job_ref *job,
                                           replsvc_settings_state_ref **settings_state,
                                           size_t *n_settings_state, replsvc_opt_bool force,
                                           uint16_t wait_for_copy_state,
                                           replsvc_sync_ref **updated_synchronizations,
                                           size_t *n_updated_synchronizations)
{
    struct operation_request q = {
        .method = "ModifyListSynchronization",
        .operation = operation,
        .syncs = synchronization,
        .n = n_synchronization,
        .settings = replication_setting_data,
        .force = force,
        .wait = wait_for_copy_state,
        .job = job,
    };
    uint32_t ret = api_enter(service);
    if (ret)
        return ret;
    if (settings_state != NULL && n_settings_state != NULL) {
        *settings_state = NULL;
        *n_settings_state = 0;
    }
    if (updated_synchronizations == NULL || n_updated_synchronizations == NULL || n_synchronization == 0)
        return operate(service, &q, NULL);
    replsvc_sync_ref *list = mem_array(n_synchronization, sizeof(*list));
    if (list == NULL)
        return svc_fail(REPLSVC_FAILED, ENOMEM, NULL, "the operation cannot be begun");
    ret = operate(service, &q, list);
    bool whole = ret == REPLSVC_OK || ret == REPLSVC_JOB_STARTED;
    *updated_synchronizations = whole ? list : NULL;
    *n_updated_synchronizations = whole ? n_synchronization : 0;
    if (!whole)
        mem_free(list);
    return ret;
}

uint32_t local_confirm_target_data(replsvc_service *service, const replsvc_sync_ref *synchronized,
                                   const replsvc_access_point_ref *source_access_point,
                                   const replsvc_access_point_ref *target_access_point,
                                   const char *replication_setting_data, replsvc_job_ref *job,
                                   const replsvc_collection_ref *connectivity_collection, int64_t wait_time)
{
    struct confirm_request q = {
        .sync = synchronized,
        .elsewhere_parameter = !ref_absent(source_access_point)       ? "SourceAccessPoint"
                               : !ref_absent(target_access_point)     ? "TargetAccessPoint"
                               : !ref_absent(connectivity_collection) ? "ConnectivityCollection"
                                                                      : NULL,
        .settings = replication_setting_data,
        .job = job,
        .wait_us = wait_time,
    };
    uint32_t ret = api_enter(service);
    return ret ? ret : confirm_target_data(service, &q);
}
