/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The queue of life-cycle events: a bounded ring with a pollable descriptor. When it is full, the oldest
 * are dropped, and an OVERFLOW event that says how many is given in their place. Sequence numbers count
 * every event, dropped ones too. One lock of its own, a leaf: raising never blocks and never fails.
 *
 * The service's own reader takes events out of the queue. Others (processes that are connected) follow it:
 * the ring keeps what was taken until the room is needed, and each follower knows the number of the last
 * event that it saw.
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
/* Since the queue was made; raised is the number of the last one, too. */
void event_queue_count(struct event_queue *q, uint64_t *raised, uint64_t *lost);
/* timeout_ms: 0 = do not wait, -1 = for ever. 0 (taken), or REPLSVC_TIMEOUT. */
uint32_t event_queue_next(struct event_queue *q, replsvc_event *event, int64_t timeout_ms);

/* ---- followers ---- */

/* A descriptor to which a counter of 1 is added with each event, an eventfd. The queue's while it watches. */
struct event_watch {
    int fd;
    struct event_watch *next;
};

void event_queue_watch(struct event_queue *q, struct event_watch *watch);
void event_queue_unwatch(struct event_queue *q, struct event_watch *watch);
/* What tells this queue from that of another opening. */
uint64_t event_queue_epoch(const struct event_queue *q);
/* The event after *seen, which is moved on; an OVERFLOW if that is no longer in the ring. 0, or
 * REPLSVC_TIMEOUT: there is none yet. */
uint32_t event_queue_after(struct event_queue *q, uint64_t *seen, replsvc_event *event);

#endif
