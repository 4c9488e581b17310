/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The application's hooks around a point in time: freeze before the cut, thaw after it.
 *
 * A hook may hang, and nobody shall wait for it longer than the service's limit. So the hooks of one point
 * in time are called by a thread made for it: freeze, and when the cut is done or nobody waits any more,
 * thaw. Whoever takes the point in time waits for the freeze until the limit, then goes on without it; a
 * freeze that comes back late is thawed at once. One such turn at a time: the limit covers the waiting for
 * an earlier one, so a hook that hangs costs each later point in time its limit and no more.
 *
 * No lock may be held by the caller; none of the library is held while a hook runs.
 */
#ifndef RSVC_SERVICE_QUIESCE_H
#define RSVC_SERVICE_QUIESCE_H

#include "service/service.h"

/* replsvc_sync_info.quiesce_result */
enum quiesce_result { QUIESCE_NONE = 0, QUIESCE_DONE, QUIESCE_FAILED, QUIESCE_TIMED_OUT };

struct quiesce;

/* The freeze for these elements. *turn: to be ended after the cut, or NULL. */
enum quiesce_result quiesce_begin(struct replsvc_service *svc, const replsvc_element_ref elements[], size_t n,
                                  struct quiesce **turn);
/* The thaw; waits for it no longer than the limit. */
void quiesce_end(struct replsvc_service *svc, struct quiesce *turn);
/* Waits until no hook runs any more: they are the application's, and so is what they use. */
void quiesce_finish(struct replsvc_service *svc);

int quiesce_init(struct replsvc_service *svc);
void quiesce_destroy(struct replsvc_service *svc);

#endif
