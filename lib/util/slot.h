/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Slots: a small number for each thread, by which counters are spread so that threads do not meet on a cache
 * line. The first SLOTS_OWN live threads that ask have one each to themselves (and give it back when they
 * end): what they count needs no locked instruction. All others share the rest.
 *
 * A counter is an array of SLOTS numbers that are changed by slot_add only; its value is their sum.
 */
#ifndef RSVC_UTIL_SLOT_H
#define RSVC_UTIL_SLOT_H

#include <stdatomic.h>
#include <stdint.h>

#define SLOTS_OWN 24u
#define SLOTS 32u

/* glibc keeps room for small ones of libraries that are loaded late, and reaching it is then no call. */
#ifdef __GLIBC__
#define SLOT_TLS __attribute__((tls_model("initial-exec")))
#else
#define SLOT_TLS
#endif
extern _Thread_local unsigned slot_of_this_thread SLOT_TLS; /* plus 1; 0 = none yet. By slot_get only. */
unsigned slot_take(void);

static inline unsigned slot_get(void)
{
    unsigned slot = slot_of_this_thread;
    return __builtin_expect(slot != 0, 1) ? slot - 1 : slot_take();
}

/* slot: this thread's own, from slot_get. */
static inline void slot_add(_Atomic uint64_t *counter, unsigned slot, uint64_t n)
{
    if (__builtin_expect(slot < SLOTS_OWN, 1))
        atomic_store_explicit(counter, atomic_load_explicit(counter, memory_order_relaxed) + n,
                              memory_order_relaxed);
    else
        atomic_fetch_add_explicit(counter, n, memory_order_relaxed);
}

#endif
