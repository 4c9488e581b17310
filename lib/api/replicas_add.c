/* SPDX-License-Identifier: BSD-2-Clause */
/* AddElementsToGroupSynchronized. */
#include "api/api.h"

#include <errno.h>
#include <string.h>

#include "service/add_elements.h"
#include "util/alloc.h"

uint32_t local_add_elements_to_group_synchronized(
    replsvc_service *service, const replsvc_sync_ref *synchronized,
    const replsvc_element_ref source_elements[], size_t n_source_elements,
    const replsvc_element_ref target_elements[], size_t n_target_elements,
    const replsvc_access_point_ref *source_access_point, const replsvc_access_point_ref *target_access_point,
    uint16_t consistency, const char *replication_setting_data, replsvc_job_ref *job,
    replsvc_sync_ref **synchronizations, size_t *n_synchronizations, uint16_t wait_for_copy_state)
{
    const char *away = !ref_absent(source_access_point)   ? "SourceAccessPoint"
                       : !ref_absent(target_access_point) ? "TargetAccessPoint"
                                                          : NULL;
    struct add_elements_request q = {
        .group = synchronized,
        .replica = {.sources = source_elements,
                    .n_sources = n_source_elements,
                    .n_targets = n_target_elements,
                    .consistency = consistency,
                    .wait = wait_for_copy_state,
                    .elsewhere = away != NULL,
                    .elsewhere_parameter = away,
                    .settings = replication_setting_data,
                    .job = job},
    };
    replsvc_sync_ref *list = NULL;
    size_t n = 0;
    uint32_t ret = api_enter(service);
    if (ret)
        return ret;
    if (job != NULL)
        job->id[0] = '\0';
    if (n_target_elements != 0 && target_elements == NULL)
        return svc_fail(REPLSVC_INVALID_PARAMETER, 0, "TargetElements",
                        "TargetElements: NULL, but %zu of them", n_target_elements);
    if (n_target_elements != 0) { /* written to by who makes targets; the caller's are not */
        q.replica.targets = mem_array(n_target_elements, sizeof(*q.replica.targets));
        if (q.replica.targets == NULL)
            return svc_fail(REPLSVC_FAILED, ENOMEM, NULL, "the new pairs cannot be planned");
        memcpy(q.replica.targets, target_elements, n_target_elements * sizeof(*target_elements));
    }
    ret = add_elements(service, &q, &list, &n);
    mem_free(q.replica.targets);
    if (synchronizations != NULL && n_synchronizations != NULL) {
        *synchronizations = list;
        *n_synchronizations = n;
    } else {
        mem_free(list);
    }
    return ret;
}
