/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The second leg of a mirrored write, in parallel with the first. A leg that is short and goes into memory
 * (the page cache) is quicker done than handed over, so it is done at once. The others go to the queue of the
 * target's backend (leg_queue.h) or, where that cannot be, to a few threads.
 */
#ifndef RSVC_ENGINE_LEG_H
#define RSVC_ENGINE_LEG_H

#include "engine/tap.h"

struct legs;
struct leg_queue;

/* One write; lives in its owner's hands until leg_wait has returned. */
struct leg {
    struct volume_write write;
    const struct tap *own; /* see inside.h */
    struct legs *legs;     /* NULL: done at once */
    struct leg *next;
    int result;
    bool done;
    /* leg_queue.c. queue: NULL unless it goes there. */
    struct leg_queue *queue;
    replsvc_backend_request request;
    struct region_hold blocks;
    struct gate_shard *shard;
};

/* The threads start with the first leg that needs them. */
int legs_new(struct legs **out);
/* No leg is under way. */
void legs_free(struct legs *l);

/* Begin to write w to volume v (as by inside_write). */
void leg_start(struct legs *l, struct leg *leg, struct volume *v, const struct volume_write *w,
               const struct tap *own);
/* Whether leg_start did it all. */
static inline bool leg_was_done_at_once(const struct leg *leg)
{
    return leg->legs == NULL;
}
/* Its result. */
int leg_wait(struct leg *leg);

#endif
