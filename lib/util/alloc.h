/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The allocator: a seam, so that tests can make the n-th allocation fail. All of lib/ and backends/
 * allocate through it; lists handed to callers come from it too and are freed by replsvc_free.
 */
#ifndef RSVC_UTIL_ALLOC_H
#define RSVC_UTIL_ALLOC_H

#include <stddef.h>
#include <stdint.h>

void *mem_alloc(size_t size);                   /* uninitialised */
void *mem_zalloc(size_t size);                  /* zero-filled */
void *mem_array(size_t n, size_t size);         /* zero-filled, overflow checked */
void *mem_grow(void *p, size_t n, size_t size); /* realloc, overflow checked; p stays valid on NULL */
void *mem_aligned(size_t align, size_t size);
char *mem_strdup(const char *s);
void mem_free(void *p);

/* Bytes that are allocated now, by all of this process's threads (with what malloc rounds up). */
uint64_t mem_in_use(void);

/* Tests: the n-th allocation from now on fails (1 = the next; 0 = none); all of this process's threads. */
void mem_fail_at(unsigned long n);
unsigned long mem_count(void); /* allocations since the start */

#endif
