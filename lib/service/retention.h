/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Replicas that go by themselves: TimeBeforeRemoval and AutoDelete of snapshots and clones (and of points in
 * time without a target, which snapshots hold).
 *
 *   TimeBeforeRemoval  When that time has passed since the point in time was taken, the relationship goes,
 *                      and its target too if the service made it for this relationship. A new point in time
 *                      (Resync Replica) begins the time anew. What has no point in time yet does not age.
 *   AutoDelete         It goes in the same way as soon as its own space has run out (Broken, ENOSPC); and
 *                      when there is no room in a pool for something new, those with a target in that pool
 *                      go, the oldest first and a group's together, until there is.
 *
 * What hosts have open, what is itself a source, and what is being worked on stays until it is free. A copy
 * that is still running is stopped first.
 */
#ifndef RSVC_SERVICE_RETENTION_H
#define RSVC_SERVICE_RETENTION_H

#include "service/service.h"

bool retention_concerns(const struct relationship *s);
/* A host has closed it: perhaps it was all that kept it. change is held. */
void retention_target_closed(struct replsvc_service *svc, struct element *e);
/* There was no room in that pool ("" = any) for so many bytes: true when a replica that may go for it has
 * gone, so that the caller tries again. Nothing goes if all that may would not be enough. No lock may be
 * held; the error of before stays. */
bool retention_make_room(struct replsvc_service *svc, const char *pool, uint64_t bytes);

#endif
