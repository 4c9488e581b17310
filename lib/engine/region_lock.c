/* SPDX-License-Identifier: BSD-2-Clause */
/* See region_lock.h. The list's order is the order of service; that is all there is to it. */
#include "engine/region_lock.h"

#include <stddef.h>

/* A slot: how many holds of the list touch it, and above that the granule that is held in it, plus one. */
#define LISTED_BITS 16
#define LISTED_MASK ((UINT64_C(1) << LISTED_BITS) - 1)
/* A hold of more granules counts itself in `wide`. */
#define NARROW 16u

int region_locks_init(struct region_locks *l)
{
    return region_locks_init_slots(l, 0, NULL);
}

int region_locks_init_slots(struct region_locks *l, unsigned shift, region_slots slots)
{
    l->head = l->tail = NULL;
    l->waiting = 0;
    l->shift = shift;
    l->slots = slots;
    atomic_init(&l->wide, 0);
    int rc = pthread_mutex_init(&l->lock, NULL);
    if (rc)
        return -rc;
    rc = pthread_cond_init(&l->released, NULL);
    if (rc)
        pthread_mutex_destroy(&l->lock);
    return -rc;
}

void region_locks_destroy(struct region_locks *l)
{
    pthread_cond_destroy(&l->released);
    pthread_mutex_destroy(&l->lock);
}

/* ---- slots ---- */

static _Atomic uint64_t *slot_of(struct region_locks *l, uint64_t granule)
{
    return &l->slots[(uint32_t)((uint32_t)granule * UINT32_C(2654435761)) >> 24];
}

static uint64_t held(uint64_t granule)
{
    return (granule + 1) << LISTED_BITS;
}

/* Whoever waits in the list looks again. */
static void wake(struct region_locks *l)
{
    pthread_mutex_lock(&l->lock);
    if (l->waiting)
        pthread_cond_broadcast(&l->released);
    pthread_mutex_unlock(&l->lock);
}

static void leave_slot(struct region_locks *l, const struct region_hold *h)
{
    uint64_t granule = h->first >> l->shift;
    uint64_t was = atomic_fetch_sub(slot_of(l, granule), held(granule));
    if ((was & LISTED_MASK) || atomic_load(&l->wide))
        wake(l);
}

/* Takes one whole granule whose slot nobody is at. */
static bool take_slot(struct region_locks *l, struct region_hold *h, uint64_t first, uint64_t end)
{
    uint64_t empty = 0, size = UINT64_C(1) << l->shift;
    if (!l->slots || end - first != size || (first & (size - 1)) ||
        !atomic_compare_exchange_strong(slot_of(l, first >> l->shift), &empty, held(first >> l->shift)))
        return false;
    h->first = first;
    h->end = end;
    h->in_slot = true;
    if (!atomic_load(&l->wide))
        return true;
    leave_slot(l, h);
    return false;
}

/* Counts a hold of the list in or out of the slots. */
static void count_in_slots(struct region_locks *l, const struct region_hold *h, bool in)
{
    if (!l->slots)
        return;
    uint64_t first = h->first >> l->shift, last = (h->end - 1) >> l->shift;
    if (last - first >= NARROW) {
        atomic_fetch_add(&l->wide, in ? 1u : -1u);
        return;
    }
    for (uint64_t granule = first; granule <= last; granule++)
        atomic_fetch_add(slot_of(l, granule), in ? UINT64_C(1) : -UINT64_C(1));
}

static bool slots_hold_some(struct region_locks *l, const struct region_hold *h)
{
    uint64_t first = h->first >> l->shift, last = (h->end - 1) >> l->shift;
    if (!l->slots)
        return false;
    for (uint64_t granule = first; last - first < NARROW && granule <= last; granule++)
        if (atomic_load(slot_of(l, granule)) >> LISTED_BITS == granule + 1)
            return true;
    for (unsigned i = 0; last - first >= NARROW && i < REGION_SLOTS; i++) {
        uint64_t holder = atomic_load(&l->slots[i]) >> LISTED_BITS;
        if (holder && holder - 1 >= first && holder - 1 <= last)
            return true;
    }
    return false;
}

/* ---- the list ---- */

/* Under l->lock: whether an earlier hold overlaps. */
static bool blocked(struct region_locks *l, const struct region_hold *h)
{
    for (const struct region_hold *p = h->prev; p; p = p->prev)
        if (p->first < h->end && h->first < p->end && !(p->shared && h->shared))
            return true;
    return slots_hold_some(l, h);
}

static void append(struct region_locks *l, struct region_hold *h, uint64_t first, uint64_t end, bool shared)
{
    *h = (struct region_hold){.first = first, .end = end, .shared = shared, .prev = l->tail};
    if (l->tail)
        l->tail->next = h;
    else
        l->head = h;
    l->tail = h;
    count_in_slots(l, h, true);
}

static void take_out(struct region_locks *l, struct region_hold *h)
{
    count_in_slots(l, h, false);
    if (h->prev)
        h->prev->next = h->next;
    else
        l->head = h->next;
    if (h->next)
        h->next->prev = h->prev;
    else
        l->tail = h->prev;
}

void region_lock(struct region_locks *l, struct region_hold *h, uint64_t first, uint64_t end, bool shared)
{
    if (!shared && take_slot(l, h, first, end))
        return;
    pthread_mutex_lock(&l->lock);
    append(l, h, first, end, shared);
    while (blocked(l, h)) {
        l->waiting++;
        pthread_cond_wait(&l->released, &l->lock);
        l->waiting--;
    }
    pthread_mutex_unlock(&l->lock);
}

static bool try(struct region_locks *l, struct region_hold *h, uint64_t first, uint64_t end, bool shared)
{
    pthread_mutex_lock(&l->lock);
    append(l, h, first, end, shared);
    bool taken = !blocked(l, h);
    if (!taken)
        take_out(l, h);
    pthread_mutex_unlock(&l->lock);
    return taken;
}

bool region_trylock(struct region_locks *l, struct region_hold *h, uint64_t first, uint64_t end)
{
    return try(l, h, first, end, false);
}

bool region_trylock_shared(struct region_locks *l, struct region_hold *h, uint64_t first, uint64_t end)
{
    return try(l, h, first, end, true);
}

void region_unlock(struct region_locks *l, struct region_hold *h)
{
    if (h->in_slot) {
        leave_slot(l, h);
        return;
    }
    pthread_mutex_lock(&l->lock);
    take_out(l, h);
    if (l->waiting)
        pthread_cond_broadcast(&l->released);
    pthread_mutex_unlock(&l->lock);
}
