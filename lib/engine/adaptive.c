/* SPDX-License-Identifier: BSD-2-Clause */
/* See adaptive.h. */
#include "engine/adaptive.h"

/* Slow: eight times the source's own time and more than 2 ms, as the average of some sixteen writes. */
#define SLOW_FACTOR 8
#define SLOW_US 2000
/* Quick again: a cycle that ships in less, and leaves at most a sixteenth of the allowed skew. */
#define QUICK_CYCLE_US INT64_C(100000)

static void average(_Atomic int64_t *average_16, int64_t us)
{
    int64_t was = atomic_load_explicit(average_16, memory_order_relaxed);
    atomic_store_explicit(average_16, was + us - was / 16, memory_order_relaxed);
}

void adaptive_note(struct adaptive *a, int64_t source_us, int64_t leg_us)
{
    average(&a->source_us, source_us);
    average(&a->leg_us, leg_us);
}

void adaptive_forget(struct adaptive *a)
{
    atomic_store(&a->source_us, 0);
    atomic_store(&a->leg_us, 0);
}

bool adaptive_is_slow(const struct adaptive *a)
{
    int64_t source = atomic_load_explicit(&a->source_us, memory_order_relaxed) / 16;
    int64_t leg = atomic_load_explicit(&a->leg_us, memory_order_relaxed) / 16;
    return leg > SLOW_US && leg > SLOW_FACTOR * source;
}

bool adaptive_turns_back(const struct adaptive *a, int64_t cycle_us, uint64_t left)
{
    uint64_t most = atomic_load(&a->maximum_skew);
    return left > most || (cycle_us < QUICK_CYCLE_US && left <= most / 16);
}
