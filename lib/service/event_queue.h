/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The queue of life-cycle events: a bounded ring with a pollable descriptor. When it is full, the oldest
 * are dropped, and an OVERFLOW event that says how many is given in their place. Sequence numbers count
 * every event, dropped ones too. One lock of its own, a leaf: raising never blocks and never fails.
 */
#ifndef RSVC_SERVICE_EVENT_QUEUE_H
#define RSVC_SERVICE_EVENT_QUEUE_H

#include <stddef.h>
#include <stdint.h>

#include <replsvc/events.h>

struct event_queue;

int event_queue_new(uint32_t length, struct event_queue **out); /* 0 or a negative errno */
void event_queue_free(struct event_queue *q);
int event_queue_fd(const struct event_queue *q);
/* Sequence and time are filled in here. */
void event_queue_raise(struct event_queue *q, const replsvc_event *event);
/* Since the queue was made. */
void event_queue_count(struct event_queue *q, uint64_t *raised, uint64_t *lost);
/* timeout_ms: 0 = do not wait, -1 = for ever. 0 (taken), or REPLSVC_TIMEOUT. */
uint32_t event_queue_next(struct event_queue *q, replsvc_event *event, int64_t timeout_ms);

#endif
