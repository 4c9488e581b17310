/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The allocator: malloc behind a counter. Every allocation takes the next number; the one whose number is
 * `failing` fails, once. Two relaxed atomics, so the seam costs nothing that can be measured and is there
 * in every build: what the tests break is what runs in production. Bytes are counted too, by slots.
 */
#include "util/alloc.h"

#include <malloc.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "util/slot.h"

static atomic_ulong allocations;
static atomic_ulong failing; /* number of the allocation that fails; 0 = none */

static bool refused(void)
{
    unsigned long number = atomic_fetch_add_explicit(&allocations, 1, memory_order_relaxed) + 1;
    return number == atomic_load_explicit(&failing, memory_order_relaxed);
}

/* Bytes that were allocated and freed, by slots; the difference of the sums is what is in use. */
static struct {
    _Alignas(64) _Atomic uint64_t allocated, freed;
} bytes_by_slot[SLOTS];

static void *counted(void *p)
{
    unsigned slot = slot_get();
    if (p)
        slot_add(&bytes_by_slot[slot].allocated, slot, malloc_usable_size(p));
    return p;
}

static void uncounted(uint64_t bytes)
{
    unsigned slot = slot_get();
    slot_add(&bytes_by_slot[slot].freed, slot, bytes);
}

uint64_t mem_in_use(void)
{
    uint64_t sum = 0;
    for (unsigned i = 0; i < SLOTS; i++)
        sum += atomic_load_explicit(&bytes_by_slot[i].allocated, memory_order_relaxed) -
               atomic_load_explicit(&bytes_by_slot[i].freed, memory_order_relaxed);
    return sum;
}

/* malloc(0) may be NULL, which callers would take for "out of memory". */
static size_t at_least_one(size_t size)
{
    return size ? size : 1;
}

void *mem_alloc(size_t size)
{
    return refused() ? NULL : counted(malloc(at_least_one(size)));
}

void *mem_zalloc(size_t size)
{
    return refused() ? NULL : counted(calloc(1, at_least_one(size)));
}

void *mem_array(size_t n, size_t size)
{
    size_t bytes; /* checked here: a sanitizer's calloc takes an overflow for a bug */
    if (refused() || __builtin_mul_overflow(n, size, &bytes))
        return NULL;
    return counted(calloc(1, at_least_one(bytes)));
}

void *mem_grow(void *p, size_t n, size_t size)
{
    size_t bytes;
    if (refused() || __builtin_mul_overflow(n, size, &bytes))
        return NULL;
    uint64_t before = malloc_usable_size(p);
    void *grown = counted(realloc(p, at_least_one(bytes)));
    if (grown)
        uncounted(before);
    return grown;
}

void *mem_aligned(size_t align, size_t size)
{
    void *p = NULL;
    if (refused() || posix_memalign(&p, align, at_least_one(size)) != 0)
        return NULL;
    return counted(p);
}

char *mem_strdup(const char *s)
{
    size_t size = strlen(s) + 1;
    char *copy = mem_alloc(size);
    return copy ? memcpy(copy, s, size) : NULL;
}

void mem_free(void *p)
{
    if (p)
        uncounted(malloc_usable_size(p));
    free(p);
}

void mem_fail_at(unsigned long n)
{
    atomic_store(&failing, n ? atomic_load(&allocations) + n : 0);
}

unsigned long mem_count(void)
{
    return atomic_load(&allocations);
}
