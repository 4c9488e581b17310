/* SPDX-License-Identifier: BSD-2-Clause */
/* CreateGroupReplicaFromElementSynchronizations: one group relationship of pairs that exist. */
#ifndef RSVC_SERVICE_REGROUP_H
#define RSVC_SERVICE_REGROUP_H

#include "service/service.h"

/* As the caller gave it. */
struct regroup_request {
    const char *name; /* RelationshipName, or NULL */
    const replsvc_sync_ref *pairs;
    size_t n_pairs;
    struct regroup_side {
        replsvc_group_ref *group; /* in, out; may be NULL */
        replsvc_name *name;       /* in, out; may be NULL */
        const char *group_parameter, *name_parameter;
    } source, target;
    uint16_t consistency, wait;
    const char *settings;
    /* A point in time without a target whose hidden snapshots the pairs are: they become seen with the
     * group, and it goes. NULL: ordinary pairs. */
    const char *settings_state;
};

uint32_t regroup(struct replsvc_service *svc, const struct regroup_request *q,
                 replsvc_sync_ref *synchronization);

#endif
