/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The gate's counters are spread over shards so that threads do not share a cache line; a thread keeps
 * the shard that it was given at its first I/O. The order that makes it right is Dekker's: who enters adds
 * itself and then looks whether the gate is closed; who closes marks it closed and then counts. Both are
 * sequentially consistent, so at least one of them sees the other.
 */
#include "engine/gate.h"

#include <stdbool.h>
#include <time.h>

#include "util/slot.h"

enum { HELP_NS = 200 * 1000 }; /* between two calls of helpers */

int gate_init(struct gate *g)
{
    for (size_t i = 0; i < GATE_SHARDS; i++)
        for (int side = 0; side < GATE_SIDES; side++)
            atomic_init(&g->shards[i].inside[side], 0);
    atomic_init(&g->closed, 0);
    g->helpers = NULL;
    int rc = pthread_mutex_init(&g->closer, NULL);
    if (rc)
        return -rc;
    rc = pthread_mutex_init(&g->lock, NULL);
    if (rc)
        goto no_lock;
    rc = pthread_cond_init(&g->left, NULL);
    if (rc)
        goto no_left;
    rc = pthread_cond_init(&g->opened, NULL);
    if (rc)
        goto no_opened;
    return 0;

no_opened:
    pthread_cond_destroy(&g->left);
no_left:
    pthread_mutex_destroy(&g->lock);
no_lock:
    pthread_mutex_destroy(&g->closer);
    return -rc;
}

void gate_destroy(struct gate *g)
{
    pthread_cond_destroy(&g->opened);
    pthread_cond_destroy(&g->left);
    pthread_mutex_destroy(&g->lock);
    pthread_mutex_destroy(&g->closer);
}

static unsigned shard_of_thread(void)
{
    return slot_get() % GATE_SHARDS;
}

/* Whether one more may come in now. from: NULL, or see gate_enter_through. */
static bool lets_in(struct gate *g, int side, struct gate *from)
{
    uint32_t closed = atomic_load(&g->closed);
    if (!(closed & (UINT32_C(1) << side)))
        return true;
    return from && !(closed & GATE_SEALED) && atomic_load(&from->closed);
}

static struct gate_shard *enter(struct gate *g, int side, struct gate *from)
{
    struct gate_shard *s = &g->shards[shard_of_thread()];
    for (;;) {
        atomic_fetch_add(&s->inside[side], 1);
        if (lets_in(g, side, from))
            return s;
        gate_leave(g, s, side);
        pthread_mutex_lock(&g->lock);
        while (!lets_in(g, side, from))
            pthread_cond_wait(&g->opened, &g->lock);
        pthread_mutex_unlock(&g->lock);
    }
}

struct gate_shard *gate_enter(struct gate *g, int side)
{
    return enter(g, side, NULL);
}

struct gate_shard *gate_try_enter(struct gate *g, int side)
{
    struct gate_shard *s = &g->shards[shard_of_thread()];
    atomic_fetch_add(&s->inside[side], 1);
    if (lets_in(g, side, NULL))
        return s;
    gate_leave(g, s, side);
    return NULL;
}

struct gate_shard *gate_enter_through(struct gate *g, int side, struct gate *from)
{
    return enter(g, side, from);
}

void gate_leave(struct gate *g, struct gate_shard *s, int side)
{
    atomic_fetch_sub(&s->inside[side], 1);
    if (atomic_load(&g->closed) & (UINT32_C(1) << side)) {
        pthread_mutex_lock(&g->lock);
        pthread_cond_broadcast(&g->left);
        pthread_mutex_unlock(&g->lock);
    }
}

uint64_t gate_inside(struct gate *g, uint32_t sides)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < GATE_SHARDS; i++)
        for (int side = 0; side < GATE_SIDES; side++)
            if (sides & (UINT32_C(1) << side))
                sum += atomic_load(&g->shards[i].inside[side]);
    return sum;
}

/* A moment, or until somebody leaves. */
static void wait_a_moment(struct gate *g)
{
    struct timespec until;
    clock_gettime(CLOCK_REALTIME,
                  &until); /* a jump of the clock makes one moment longer, no more: see below */
    until.tv_nsec += HELP_NS;
    until.tv_sec += until.tv_nsec / 1000000000;
    until.tv_nsec %= 1000000000;
    pthread_cond_timedwait(&g->left, &g->lock, &until);
}

void gate_helpers_call(struct gate_helpers *h)
{
    pthread_mutex_lock(&h->lock);
    for (struct gate_helper *one = h->first; one; one = one->next)
        one->help(one);
    pthread_mutex_unlock(&h->lock);
}

static void wait_until_empty(struct gate *g, uint32_t sides)
{
    bool helped = g->helpers && atomic_load(&g->helpers->n);
    if (helped && gate_inside(g, sides))
        gate_helpers_call(g->helpers);
    pthread_mutex_lock(&g->lock);
    while (gate_inside(g, sides)) {
        if (!helped) {
            pthread_cond_wait(&g->left, &g->lock);
            continue;
        }
        wait_a_moment(g);
        pthread_mutex_unlock(&g->lock);
        gate_helpers_call(g->helpers);
        pthread_mutex_lock(&g->lock);
    }
    pthread_mutex_unlock(&g->lock);
}

/* ---- helpers ---- */

int gate_helpers_init(struct gate_helpers *h)
{
    h->first = NULL;
    atomic_init(&h->n, 0);
    return -pthread_mutex_init(&h->lock, NULL);
}

void gate_helpers_destroy(struct gate_helpers *h)
{
    pthread_mutex_destroy(&h->lock);
}

void gate_helper_add(struct gate_helpers *h, struct gate_helper *one)
{
    pthread_mutex_lock(&h->lock);
    one->next = h->first;
    h->first = one;
    atomic_fetch_add(&h->n, 1);
    pthread_mutex_unlock(&h->lock);
}

void gate_helper_remove(struct gate_helpers *h, struct gate_helper *one)
{
    pthread_mutex_lock(&h->lock);
    struct gate_helper **link = &h->first;
    while (*link != one)
        link = &(*link)->next;
    *link = one->next;
    atomic_fetch_sub(&h->n, 1);
    pthread_mutex_unlock(&h->lock);
}

void gate_close(struct gate *g, uint32_t sides)
{
    gates_close(&g, 1, sides);
}

void gate_open(struct gate *g)
{
    gates_open(&g, 1);
}

/* Says what is closed, and wakes those who may pass through now. */
static void set_closed(struct gate *const gates[], size_t n, uint32_t closed)
{
    for (size_t i = 0; i < n; i++)
        atomic_store(&gates[i]->closed, closed);
    for (size_t i = 0; i < n; i++) {
        pthread_mutex_lock(&gates[i]->lock);
        pthread_cond_broadcast(&gates[i]->opened);
        pthread_mutex_unlock(&gates[i]->lock);
    }
}

void gates_close(struct gate *const gates[], size_t n, uint32_t sides)
{
    for (size_t i = 0; i < n; i++)
        pthread_mutex_lock(&gates[i]->closer);
    uint64_t left;
    do {
        set_closed(gates, n, sides);
        for (size_t i = 0; i < n; i++)
            wait_until_empty(gates[i], sides);
        for (size_t i = 0; i < n; i++)
            atomic_store(&gates[i]->closed, sides | GATE_SEALED);
        left = 0; /* who passed through while others were waited for */
        for (size_t i = 0; i < n; i++)
            left += gate_inside(gates[i], sides);
    } while (left);
}

void gates_open(struct gate *const gates[], size_t n)
{
    for (size_t i = 0; i < n; i++) {
        pthread_mutex_lock(&gates[i]->lock);
        atomic_store(&gates[i]->closed, 0);
        pthread_cond_broadcast(&gates[i]->opened);
        pthread_mutex_unlock(&gates[i]->lock);
    }
    for (size_t i = 0; i < n; i++)
        pthread_mutex_unlock(&gates[i]->closer);
}
