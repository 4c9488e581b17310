/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * io_uring by its raw system calls: one ring, its three mappings, and nothing else. What to submit and
 * what results mean is aio.c's business.
 *
 * Not thread-safe: one thread at a time per ring (it may be a different one each time).
 */
#ifndef RSVC_IO_URING_H
#define RSVC_IO_URING_H

#include <stdbool.h>
#include <stdint.h>

#include "io/uring_abi.h"

struct uring;

/* A ring with room for `entries` requests in flight. A negative errno when the kernel, seccomp or a sysctl
 * refuses, or lacks an operation that aio.c uses: the caller then takes threads. */
int uring_open(unsigned entries, struct uring **out);
/* Nothing may be in flight. */
void uring_close(struct uring *u);
/* Readable while completions wait. */
int uring_fd(const struct uring *u);

/* The next free submission entry, zero-filled, or NULL when the queue is full (uring_enter empties it). */
struct uring_sqe *uring_next(struct uring *u);
/* How many entries uring_next has yet to give. */
unsigned uring_room(const struct uring *u);
/* Hands what was filled to the kernel, and waits for `wait` completions for up to timeout_ms (-1 = for
 * ever). 0 (also when time has run out), or a negative errno: after -EINTR, -EAGAIN and -EBUSY it may be
 * tried again, the entries stay queued. */
int uring_enter(struct uring *u, unsigned wait, int64_t timeout_ms);
/* Takes one completion, if there is one. */
bool uring_take(struct uring *u, struct uring_cqe *out);

#endif
