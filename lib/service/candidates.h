/* SPDX-License-Identifier: BSD-2-Clause */
/* GetAvailableTargetElements: which registered elements a copy could go to. */
#ifndef RSVC_SERVICE_CANDIDATES_H
#define RSVC_SERVICE_CANDIDATES_H

#include "service/service.h"

struct candidates_request {
    const replsvc_element_ref *source;
    uint16_t sync_type, mode;
    const char *settings;
    const replsvc_access_point_ref *access_point;
    const replsvc_setting_ref *goal;
    const replsvc_pool_ref *pools;
    size_t n_pools;
    uint16_t max;
};

/* *list: for the caller (replsvc_free), the best first; NULL when there are none. */
uint32_t candidates_find(struct replsvc_service *svc, const struct candidates_request *q,
                         replsvc_element_ref **list, size_t *n);

#endif
