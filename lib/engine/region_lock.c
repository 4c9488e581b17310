/* SPDX-License-Identifier: BSD-2-Clause */
/* See region_lock.h. The list's order is the order of service; that is all there is to it. */
#include "engine/region_lock.h"

#include <stddef.h>

int region_locks_init(struct region_locks *l)
{
    l->head = l->tail = NULL;
    l->waiting = 0;
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

/* Under l->lock: whether an earlier hold overlaps. */
static bool blocked(const struct region_hold *h)
{
    for (const struct region_hold *p = h->prev; p; p = p->prev)
        if (p->first < h->end && h->first < p->end && !(p->shared && h->shared))
            return true;
    return false;
}

static void append(struct region_locks *l, struct region_hold *h, uint64_t first, uint64_t end, bool shared)
{
    *h = (struct region_hold){.first = first, .end = end, .shared = shared, .prev = l->tail};
    if (l->tail)
        l->tail->next = h;
    else
        l->head = h;
    l->tail = h;
}

static void take_out(struct region_locks *l, struct region_hold *h)
{
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
    pthread_mutex_lock(&l->lock);
    append(l, h, first, end, shared);
    while (blocked(h)) {
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
    bool taken = !blocked(h);
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
    pthread_mutex_lock(&l->lock);
    take_out(l, h);
    if (l->waiting)
        pthread_cond_broadcast(&l->released);
    pthread_mutex_unlock(&l->lock);
}
