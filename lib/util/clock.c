/* SPDX-License-Identifier: BSD-2-Clause */
/* The two clocks; see clock.h. */
#include "util/clock.h"

#include <stdatomic.h>

static _Atomic int64_t wall_ahead, monotonic_ahead; /* of the system's clocks */
static _Atomic int64_t stopped_at;                  /* the system's monotonic time then; 0 = it runs */

static int64_t now_us(clockid_t clock)
{
    struct timespec t = {0, 0};
    (void)clock_gettime(clock, &t); /* cannot fail for these two clocks */
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

int64_t clock_wall_us(void)
{
    return now_us(CLOCK_REALTIME) + atomic_load_explicit(&wall_ahead, memory_order_relaxed);
}

int64_t clock_monotonic_ns(void)
{
    struct timespec t = {0, 0};
    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

int64_t clock_monotonic_us(void)
{
    int64_t still = atomic_load_explicit(&stopped_at, memory_order_relaxed);
    int64_t system = still != 0 ? still : now_us(CLOCK_MONOTONIC);
    return system + atomic_load_explicit(&monotonic_ahead, memory_order_relaxed);
}

struct timespec clock_deadline(int64_t monotonic_us)
{
    int64_t us = monotonic_us - atomic_load_explicit(&monotonic_ahead, memory_order_relaxed);
    if (us < 0)
        us = 0;
    return (struct timespec){.tv_sec = (time_t)(us / 1000000), .tv_nsec = (long)(us % 1000000) * 1000};
}

void clock_jump(int64_t wall_us, int64_t monotonic_us)
{
    atomic_fetch_add(&wall_ahead, wall_us);
    atomic_fetch_add(&monotonic_ahead, monotonic_us);
}

void clock_stand_still(bool still)
{
    atomic_store(&stopped_at, still ? now_us(CLOCK_MONOTONIC) : 0);
}
