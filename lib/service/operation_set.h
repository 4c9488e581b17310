/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * An operation inside: the relationships it works on, checked together and recorded together. All functions
 * but operation_call_off are called within a change.
 */
#ifndef RSVC_SERVICE_OPERATION_SET_H
#define RSVC_SERVICE_OPERATION_SET_H

#include "service/operations.h"

/* The relationships that an operation works on: no groups, but their pairs. */
struct operation_set {
    struct relationship **s;
    replsvc_sync_ref *ids;
    size_t n, room;
    struct relationship *owner; /* what the job works for: the first that was named */
};

/* ---- operation_check.c ---- */

void operation_set_free(struct operation_set *set);
uint32_t operation_check_parameters(const struct operation_request *q);
/* Fills the set, and checks every member: is there such an operation, is it legal in its state. */
uint32_t operation_collect(struct change *c, const struct operation_request *q, struct operation_set *set);
/* 0: nobody works on any; JOB_STARTED: *stop is the relationship whose job is to be stopped first. */
uint32_t operation_check_idle(struct change *c, const struct operation_request *q,
                              const struct operation_set *set, const struct relationship **stop);

/* ---- operation_record.c ---- */

/* What needs nothing of the engine: one change, all or nothing. Saves. */
uint32_t operation_set_states(struct change *c, const struct operation_request *q,
                              const struct operation_set *set);
/* Intents recorded, and busy: from here on a crash does not lose the operation. Saves. */
uint32_t operation_begin(struct change *c, const struct operation_request *q,
                         const struct operation_set *set);
/* An operation that did not come to anything: as before. No lock may be held; the error stays. */
void operation_call_off(struct replsvc_service *svc, const struct operation_set *set);

#endif
