/* SPDX-License-Identifier: BSD-2-Clause */
/* GetReplicationRelationships: which relationships match, and each as an embedded instance. */
#ifndef RSVC_SERVICE_RELATIONSHIP_LIST_H
#define RSVC_SERVICE_RELATIONSHIP_LIST_H

#include "service/service.h"

/* 0: any. */
struct relationship_filter {
    uint16_t type, sync_type, mode, locality, copy_state;
};

uint32_t relationship_filter_check(const struct relationship_filter *f);
uint32_t relationships_list(struct replsvc_service *svc, const struct relationship_filter *f,
                            replsvc_sync_ref **list, size_t *n);
/* MOF texts; the list and its texts are one allocation. */
uint32_t relationships_instances(struct replsvc_service *svc, const struct relationship_filter *f,
                                 char ***list, size_t *n);

#endif
