/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Locks on byte ranges: host writes that overlap, and background work that must keep them away, go one
 * after the other; what does not overlap never meets. First come, first served among those that overlap,
 * so nobody starves, and two writes that overlap reach every leg in the order in which they came.
 *
 * A hold lives on its owner's stack. Shared holds of one range go together. The table is a list of what is
 * held and waited for: as long as there are writers at work, not as long as the volume.
 */
#ifndef RSVC_ENGINE_REGION_LOCK_H
#define RSVC_ENGINE_REGION_LOCK_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

struct region_hold {
    uint64_t first, end; /* bytes [first, end) */
    bool shared;
    struct region_hold *prev, *next;
};

struct region_locks {
    pthread_mutex_t lock;
    pthread_cond_t released;
    struct region_hold *head, *tail; /* in the order of arrival; a hold behind an overlapping one waits */
    unsigned waiting;
};

int region_locks_init(struct region_locks *l);
void region_locks_destroy(struct region_locks *l);
void region_lock(struct region_locks *l, struct region_hold *h, uint64_t first, uint64_t end, bool shared);
/* Takes it only if nobody is in the way. */
bool region_trylock(struct region_locks *l, struct region_hold *h, uint64_t first, uint64_t end);
bool region_trylock_shared(struct region_locks *l, struct region_hold *h, uint64_t first, uint64_t end);
void region_unlock(struct region_locks *l, struct region_hold *h);

#endif
