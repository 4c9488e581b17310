/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ModifyReplicaSynchronization and ModifyListSynchronization: an operation on one relationship, on a group
 * relationship (on all of its pairs), or on a list of either. Everything is checked for every member
 * before anything is done to one: is there such an operation (capabilities_table.h), is it legal in the
 * member's state (transitions.h), with or without Force, is nobody else at work.
 */
#ifndef RSVC_SERVICE_OPERATIONS_H
#define RSVC_SERVICE_OPERATIONS_H

#include "service/relationship.h"

struct operation_request {
    const char *method; /* CIM's name: a job is named so */
    uint16_t operation;
    const replsvc_sync_ref *syncs; /* as given; n of them */
    size_t n;
    bool hidden;                   /* they are the service's own, named by it */
    const replsvc_sync_ref *pairs; /* SyncPair */
    size_t n_pairs;
    const char *settings;
    replsvc_opt_bool force;
    uint16_t wait;
    replsvc_job_ref *job; /* out; may be NULL */
};

/* updated: n references, "" for what is gone; may be NULL. */
uint32_t operate(struct replsvc_service *svc, const struct operation_request *request,
                 replsvc_sync_ref updated[]);

/* ---- operations_group.c: what only groups have ---- */

uint32_t operate_on_group(struct replsvc_service *svc, const struct operation_request *request);
bool operation_is_for_groups(uint16_t operation);
/* p becomes a pair of g, its ends members of g's groups; *_came: whether they were not before. */
void group_take_pair(struct change *c, struct relationship *g, struct relationship *p, bool *source_came,
                     bool *target_came);
/* Its ends go out of the groups of g, which does not have p any more; a source that another pair copies
 * stays. */
void group_lose_members(struct change *c, struct relationship *g, const struct relationship *p, bool source,
                        bool target);

#endif
