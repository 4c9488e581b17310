/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * An opened image or device as the engine wants it: any offset, any length, any buffer. What the backend
 * cannot do by itself (unaligned requests on a direct device, zeroing, discarding) is made up for here.
 *
 * Where the backend wants aligned requests, an unaligned write reads the blocks at its edges, changes them
 * and writes them back. Nobody else may write those blocks meanwhile, so on such a medium every write
 * holds its blocks in `edges` (aligned ones share). These locks are leaves: nothing is taken under them.
 *
 * A flush that failed is never retried as if it were clean: from then on every flush fails.
 */
#ifndef RSVC_ENGINE_MEDIUM_H
#define RSVC_ENGINE_MEDIUM_H

#include <stdatomic.h>

#include <replsvc/backend.h>

#include "engine/gate.h"
#include "engine/region_lock.h"

struct medium {
    const replsvc_backend *backend;
    void *handle;
    replsvc_backend_info info; /* as at open, but size_bytes follows medium_resize */
    uint32_t align;            /* >= 1 */
    bool writable;
    struct region_locks edges;
    struct gate_helpers *helpers; /* who may hold edges until somebody asks; set after medium_open, or NULL */
    _Atomic int poisoned;         /* the first flush error, negative, or 0 */
};

/* locator: "scheme:path". flags: REPLSVC_BACKEND_*. */
int medium_open(struct medium *m, const char *locator, uint32_t flags);
void medium_close(struct medium *m);

/* reopen.c: a stand-in of that size, whose every request is answered with err; or -ENOMEM. */
int medium_be_absent(struct medium *m, uint64_t size, int err);
bool medium_is_absent(const struct medium *m);

int medium_preadv(struct medium *m, const struct iovec *iov, int iovcnt, uint64_t offset, uint32_t flags);
int medium_pwritev(struct medium *m, const struct iovec *iov, int iovcnt, uint64_t offset, uint32_t flags);
int medium_read(struct medium *m, void *buffer, size_t length, uint64_t offset);
int medium_write(struct medium *m, const void *buffer, size_t length, uint64_t offset);
int medium_flush(struct medium *m);
/* Always possible: writes zeroes out where nothing better exists. */
int medium_write_zeroes(struct medium *m, uint64_t offset, uint64_t length, uint32_t flags);
/* Reads as zeroes afterwards, or -EOPNOTSUPP. */
int medium_discard(struct medium *m, uint64_t offset, uint64_t length, uint32_t flags);
bool medium_can_discard(const struct medium *m);
int medium_extents(struct medium *m, uint64_t offset, uint64_t length, replsvc_extent extents[], size_t *n);
int medium_resize(struct medium *m, uint64_t size);

/* For who writes by the backend's own queue: the request is as the backend wants it, and its blocks are held
 * from before it is submitted until it is reaped. */
bool medium_is_aligned(const struct medium *m, const struct iovec *iov, int iovcnt, uint64_t offset);
void medium_hold(struct medium *m, struct region_hold *hold, uint64_t offset, uint64_t length);
/* The same without waiting. Any thread may release it. */
bool medium_try_hold(struct medium *m, struct region_hold *hold, uint64_t offset, uint64_t length);
void medium_release(struct medium *m, struct region_hold *hold);

/* Helpers for vectors. */
size_t iov_length(const struct iovec *iov, int iovcnt);
void iov_gather(void *to, const struct iovec *iov, int iovcnt, size_t skip, size_t length);
void iov_scatter(const struct iovec *iov, int iovcnt, size_t skip, const void *from, size_t length);

#endif
