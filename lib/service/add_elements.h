/* SPDX-License-Identifier: BSD-2-Clause */
/* AddElementsToGroupSynchronized. */
#ifndef RSVC_SERVICE_ADD_ELEMENTS_H
#define RSVC_SERVICE_ADD_ELEMENTS_H

#include "service/replica.h"

/* As the caller gave it; replica: sources, targets, consistency, settings, wait, job and what leads
 * elsewhere. The rest of it is filled in here. */
struct add_elements_request {
    const replsvc_sync_ref *group;
    struct replica_request replica;
};

/* *list: n new pairs, for mem_free. */
uint32_t add_elements(struct replsvc_service *svc, struct add_elements_request *q, replsvc_sync_ref **list,
                      size_t *n);

#endif
