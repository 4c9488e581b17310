/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Legs by the asynchronous queue of the target's backend: the writer itself submits the leg, does its own
 * write, and reaps the leg. No other thread is woken, and both writes are on their way at once.
 *
 * Only for what goes straight to the target's medium in one request: no taps or points in time there, and as
 * aligned as the medium wants it. While the leg is under way it is inside the target's gate and holds the
 * medium's blocks like any other write.
 *
 * A queue is lent to one leg at a time, so there are as many as there were legs at once, up to a bound.
 */
#ifndef RSVC_ENGINE_LEG_QUEUE_H
#define RSVC_ENGINE_LEG_QUEUE_H

#include "engine/leg.h"

struct leg_queue {
    const replsvc_backend *backend;
    void *queue;
    struct leg_queue *next;
};

struct leg_queues {
    pthread_mutex_t lock;
    struct leg_queue *idle; /* lock */
    unsigned n;             /* lock. lent ones too */
};

int leg_queues_init(struct leg_queues *q);
/* All of them are idle. */
void leg_queues_destroy(struct leg_queues *q);

/* leg->write is set. Whether the leg is under way now; if not nothing has happened. */
bool leg_queue_start(struct leg_queues *q, struct leg *leg);
/* Its result. */
int leg_queue_wait(struct leg_queues *q, struct leg *leg);

#endif
