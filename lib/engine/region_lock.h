/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Locks on byte ranges: host writes that overlap, and background work that must keep them away, go one
 * after the other; what does not overlap never meets. First come, first served among those that overlap,
 * so nobody starves, and two writes that overlap reach every leg in the order in which they came.
 *
 * A hold lives on its owner's stack. Shared holds of one range go together. The table is a list of what is
 * held and waited for: as long as there are writers at work, not as long as the volume.
 *
 * Most holds are of one granule that nobody else wants. Where the owner has given *slots* these never see the
 * list: a granule's slot (several granules share one) holds the granule itself while it is held like that,
 * and how many holds of the list touch the slot. It is taken by one exchange of an empty slot, so who comes
 * to a slot that anybody waits at goes to the end of the list. Who is in the list waits for what slots hold
 * of its range as for earlier holds. Long ranges do not count themselves in each slot but in `wide`, which
 * who has taken a slot looks at afterwards, as the list's owner looks at the slots after he has counted
 * himself: one of them sees the other.
 */
#ifndef RSVC_ENGINE_REGION_LOCK_H
#define RSVC_ENGINE_REGION_LOCK_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#define REGION_SLOTS 256u

/* Zeroed by its owner. */
typedef _Atomic uint64_t region_slots[REGION_SLOTS];

struct region_hold {
    uint64_t first, end; /* bytes [first, end) */
    bool shared;
    bool in_slot; /* and not in the list */
    struct region_hold *prev, *next;
};

struct region_locks {
    pthread_mutex_t lock;
    pthread_cond_t released;
    struct region_hold *head, *tail; /* in the order of arrival; a hold behind an overlapping one waits */
    unsigned waiting;
    unsigned shift;          /* of a granule */
    _Atomic uint64_t *slots; /* NULL: none */
    _Atomic unsigned wide;   /* holds in the list that are counted in no slot */
};

int region_locks_init(struct region_locks *l);
/* The same with slots, for granules of 1 << shift bytes. */
int region_locks_init_slots(struct region_locks *l, unsigned shift, region_slots slots);
void region_locks_destroy(struct region_locks *l);
void region_lock(struct region_locks *l, struct region_hold *h, uint64_t first, uint64_t end, bool shared);
/* Takes it only if nobody is in the way. */
bool region_trylock(struct region_locks *l, struct region_hold *h, uint64_t first, uint64_t end);
bool region_trylock_shared(struct region_locks *l, struct region_hold *h, uint64_t first, uint64_t end);
void region_unlock(struct region_locks *l, struct region_hold *h);

#endif
