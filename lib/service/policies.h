/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the service does by itself because a relationship's settings ask for it: replicas whose time is over
 * go (retention.c), relationships whose target was lost and is back are taken up again (recovery.c).
 *
 * One thread of the service looks through the relationships when a change may have given it something to
 * do, and when the earliest of what it knows of is due. It holds no lock while it waits or looks at a
 * medium; what it does goes through the same checks, intents and jobs as an operation that a client asks
 * for, so a crash in the middle of it is a crash in the middle of that operation.
 *
 * Time is reckoned with the monotonic clock from the opening of the service on: setting the wall clock
 * neither hurries nor delays anything that is under way. The wall clock is asked once for each relationship,
 * when it is first looked at: how much of its time has passed already.
 *
 * policies.lock is a leaf.
 */
#ifndef RSVC_SERVICE_POLICIES_H
#define RSVC_SERVICE_POLICIES_H

#include "service/service.h"

#define POLICY_NEVER INT64_MAX

/* Starts and ends the thread. Stopping waits for what it is just doing, but not for jobs that it began. */
uint32_t policies_start(struct replsvc_service *svc);
void policies_stop(struct replsvc_service *svc);
/* Something may be due: it looks soon. Any lock may be held. */
void policies_look(struct replsvc_service *svc);
/* Whether the record of that object, as it is now, is one for the thread to look at. */
bool policies_concern(const struct object *o);

/* Each does what is due at `now` (monotonic) and says when it wants to be called next, or POLICY_NEVER. No
 * lock may be held. */
int64_t retention_run(struct replsvc_service *svc, int64_t now);
int64_t recovery_run(struct replsvc_service *svc, int64_t now);

#endif
