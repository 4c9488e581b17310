/* SPDX-License-Identifier: BSD-2-Clause */
/* CreateGroupReplicaFromElements: the groups and their replication in one call. */
#ifndef RSVC_SERVICE_FROM_ELEMENTS_H
#define RSVC_SERVICE_FROM_ELEMENTS_H

#include "service/replica.h"

/* One side as the caller gave it. */
struct elements_side {
    replsvc_group_ref *group; /* in, out; may be NULL */
    replsvc_name *name;       /* in, out; may be NULL */
    const replsvc_element_ref *elements;
    size_t n;
    const char *group_parameter, *name_parameter, *elements_parameter;
};

struct from_elements_request {
    struct elements_side source, target; /* target without elements: they are made */
    const char *const *target_names;     /* ElementNames of targets that are made */
    size_t n_target_names;
    struct replica_request replica; /* the rest; its groups and job are filled in here */
};

uint32_t replicate_elements(struct replsvc_service *svc, struct from_elements_request *q,
                            replsvc_sync_ref *sync);

#endif
