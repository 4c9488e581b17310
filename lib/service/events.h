/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The queue of life-cycle events: a bounded ring with a pollable descriptor. When it is full, newer events
 * are dropped and one OVERFLOW event, delivered after those that wait, says how many. Sequence numbers
 * count every event, dropped ones too. One lock of its own, a leaf: raising never blocks and never fails.
 */
#ifndef RSVC_SERVICE_EVENTS_H
#define RSVC_SERVICE_EVENTS_H

#include <stddef.h>
#include <stdint.h>

#include <replsvc/events.h>

struct events;

int events_new(uint32_t length, struct events **out); /* 0 or a negative errno */
void events_free(struct events *q);
int events_fd(const struct events *q);
/* Sequence and time are filled in here. */
void events_raise(struct events *q, const replsvc_event *event);
/* timeout_ms: 0 = do not wait, -1 = for ever. 0 (taken), or REPLSVC_TIMEOUT. */
uint32_t events_next(struct events *q, replsvc_event *event, int64_t timeout_ms);

#endif
