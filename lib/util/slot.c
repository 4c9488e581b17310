/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Slots of threads; see slot.h. Which are taken is a bitmap. Who gives one back releases what he has counted
 * to who takes it next. A thread learns that it ends by a key's destructor, so the library must not be
 * unloaded before its threads: it is linked with -z nodelete.
 */
#include "util/slot.h"

#include <pthread.h>
#include <stdbool.h>

_Thread_local unsigned slot_of_this_thread;

static _Atomic uint32_t taken; /* of the first SLOTS_OWN */
static _Atomic unsigned next_shared;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static pthread_key_t key;
static bool have_key;

/* Runs at the end of a thread. What it still does afterwards takes a slot anew. */
static void give_back(void *slot_plus_1)
{
    unsigned slot = (unsigned)(uintptr_t)slot_plus_1 - 1;
    slot_of_this_thread = 0;
    atomic_fetch_and_explicit(&taken, ~(UINT32_C(1) << slot), memory_order_release);
}

static void make_key(void)
{
    have_key = pthread_key_create(&key, give_back) == 0;
}

static bool take_own(unsigned *slot)
{
    uint32_t seen = atomic_load_explicit(&taken, memory_order_relaxed);
    for (;;) {
        uint32_t free = ~seen & ((UINT32_C(1) << SLOTS_OWN) - 1);
        if (!free)
            return false;
        *slot = (unsigned)__builtin_ctz(free);
        if (atomic_compare_exchange_weak_explicit(&taken, &seen, seen | (UINT32_C(1) << *slot),
                                                  memory_order_acquire, memory_order_relaxed))
            return true;
    }
}

unsigned slot_take(void)
{
    unsigned slot;
    pthread_once(&once, make_key);
    if (have_key && take_own(&slot)) {
        if (pthread_setspecific(key, (void *)(uintptr_t)(slot + 1)) == 0) {
            slot_of_this_thread = slot + 1;
            return slot;
        }
        atomic_fetch_and_explicit(&taken, ~(UINT32_C(1) << slot), memory_order_release);
    }
    slot = SLOTS_OWN + atomic_fetch_add_explicit(&next_shared, 1, memory_order_relaxed) % (SLOTS - SLOTS_OWN);
    slot_of_this_thread = slot + 1;
    return slot;
}
