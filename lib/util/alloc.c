/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The allocator: malloc behind a counter. Every allocation takes the next number; the one whose number is
 * `failing` fails, once. Two relaxed atomics, so the seam costs nothing that can be measured and is there
 * in every build: what the tests break is what runs in production.
 */
#include "util/alloc.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static atomic_ulong allocations;
static atomic_ulong failing; /* number of the allocation that fails; 0 = none */

static bool refused(void)
{
    unsigned long number = atomic_fetch_add_explicit(&allocations, 1, memory_order_relaxed) + 1;
    return number == atomic_load_explicit(&failing, memory_order_relaxed);
}

/* malloc(0) may be NULL, which callers would take for "out of memory". */
static size_t at_least_one(size_t size)
{
    return size ? size : 1;
}

void *mem_alloc(size_t size)
{
    return refused() ? NULL : malloc(at_least_one(size));
}

void *mem_zalloc(size_t size)
{
    return refused() ? NULL : calloc(1, at_least_one(size));
}

void *mem_array(size_t n, size_t size)
{
    size_t bytes; /* checked here: a sanitizer's calloc takes an overflow for a bug */
    if (refused() || __builtin_mul_overflow(n, size, &bytes))
        return NULL;
    return calloc(1, at_least_one(bytes));
}

void *mem_grow(void *p, size_t n, size_t size)
{
    size_t bytes;
    if (refused() || __builtin_mul_overflow(n, size, &bytes))
        return NULL;
    return realloc(p, at_least_one(bytes));
}

void *mem_aligned(size_t align, size_t size)
{
    void *p = NULL;
    if (refused() || posix_memalign(&p, align, at_least_one(size)) != 0)
        return NULL;
    return p;
}

char *mem_strdup(const char *s)
{
    size_t size = strlen(s) + 1;
    char *copy = mem_alloc(size);
    return copy ? memcpy(copy, s, size) : NULL;
}

void mem_free(void *p)
{
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
