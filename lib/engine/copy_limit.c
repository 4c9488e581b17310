/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A bound of bytes per second, kept as the time at which the next byte is due: taking bytes moves it on by
 * what they cost. It never lags more than BURST behind the clock, so an idle time is not saved up.
 */
#include "engine/copy_internal.h"

#include <pthread.h>

#include "util/alloc.h"
#include "util/clock.h"

enum { BURST_US = 50 * 1000 };

struct copy_limit {
    pthread_mutex_t lock;
    uint64_t rate;  /* bytes per second, 0 = no bound; protected by lock */
    int64_t due_us; /* protected by lock */
};

struct copy_limit *copy_limit_new(uint64_t bytes_per_second)
{
    struct copy_limit *limit = mem_zalloc(sizeof *limit);
    if (!limit)
        return NULL;
    pthread_mutex_init(&limit->lock, NULL);
    limit->rate = bytes_per_second;
    return limit;
}

void copy_limit_set(struct copy_limit *limit, uint64_t bytes_per_second)
{
    pthread_mutex_lock(&limit->lock);
    limit->rate = bytes_per_second;
    /* A debt made at the old rate must not hold the new one up. */
    limit->due_us = 0;
    pthread_mutex_unlock(&limit->lock);
}

void copy_limit_free(struct copy_limit *limit)
{
    if (!limit)
        return;
    pthread_mutex_destroy(&limit->lock);
    mem_free(limit);
}

static int64_t wait_of(struct copy_limit *limit, int64_t now)
{
    pthread_mutex_lock(&limit->lock);
    int64_t wait = limit->rate && limit->due_us > now ? limit->due_us - now : 0;
    pthread_mutex_unlock(&limit->lock);
    return wait;
}

static void charge(struct copy_limit *limit, uint64_t bytes, int64_t now)
{
    pthread_mutex_lock(&limit->lock);
    if (limit->rate) {
        if (limit->due_us < now - BURST_US)
            limit->due_us = now - BURST_US;
        limit->due_us += (int64_t)((double)bytes * 1e6 / (double)limit->rate);
    }
    pthread_mutex_unlock(&limit->lock);
}

uint64_t copy_limit_piece(struct copy_limit *const limits[2], uint64_t most)
{
    for (int i = 0; i < 2; i++) {
        if (!limits[i])
            continue;
        pthread_mutex_lock(&limits[i]->lock);
        uint64_t rate = limits[i]->rate;
        pthread_mutex_unlock(&limits[i]->lock);
        uint64_t piece = rate / 16 / COPY_ZERO_GRANULE * COPY_ZERO_GRANULE;
        if (rate && piece < most)
            most = piece ? piece : COPY_ZERO_GRANULE;
    }
    return most;
}

int64_t copy_limit_take(struct copy_limit *const limits[2], uint64_t bytes)
{
    if (!limits[0] && !limits[1])
        return 0;
    int64_t now = clock_monotonic_us(), wait = 0;
    for (int i = 0; i < 2; i++) {
        int64_t w = limits[i] ? wait_of(limits[i], now) : 0;
        wait = w > wait ? w : wait;
    }
    if (wait)
        return wait;
    for (int i = 0; i < 2; i++)
        if (limits[i])
            charge(limits[i], bytes, now);
    return 0;
}
