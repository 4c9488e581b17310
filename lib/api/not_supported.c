/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the library does not have yet: every public function that nobody implements answers Not Supported
 * here, so that clients of the complete API link and are told so. Whoever implements one removes it here;
 * the capabilities promise nothing that is in this file.
 */
#include "api/api.h"

#include <string.h>

#pragma GCC diagnostic ignored "-Wunused-parameter"

static uint32_t absent(const char *function)
{
    svc_clear_error();
    return svc_fail(REPLSVC_NOT_SUPPORTED, 0, NULL, "replsvc_%s is not supported by this version",
                    function + strlen("local_"));
}

/* ---- methods.h ---- */

uint32_t local_add_elements_to_group_synchronized(
    replsvc_service *service, const replsvc_sync_ref *synchronized,
    const replsvc_element_ref source_elements[], size_t n_source_elements,
    const replsvc_element_ref target_elements[], size_t n_target_elements,
    const replsvc_access_point_ref *source_access_point, const replsvc_access_point_ref *target_access_point,
    uint16_t consistency, const char *replication_setting_data, replsvc_job_ref *job,
    replsvc_sync_ref **synchronizations, size_t *n_synchronizations, uint16_t wait_for_copy_state)
{
    return absent(__func__);
}
