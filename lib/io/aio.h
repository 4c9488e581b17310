/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Asynchronous I/O on descriptors: many requests in flight, reaped in any order. io_uring where the kernel
 * lets us, a thread pool where not; both behave alike. Backends build the queue of their vtable on it. What
 * is more than one operation on a descriptor is a call, which a thread does in both cases.
 *
 * One thread at a time per aio. Requests are whole or fail: what the kernel left undone of a transfer is
 * finished when it is reaped. Nothing is ordered against anything else.
 */
#ifndef RSVC_IO_AIO_H
#define RSVC_IO_AIO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

#include "io/pool.h"

struct aio;

enum { AIO_NO_IO_URING = 1 }; /* flags of aio_open */

enum aio_operation {
    AIO_READ = 1, /* past the end: -ENODATA */
    AIO_WRITE,
    AIO_SYNC, /* fdatasync */
    AIO_FALLOCATE,
    AIO_NOTHING, /* completes at once with the result that is set in the request */
    AIO_CALL     /* request.call, on a thread */
};

/* The submitter's until it is submitted, then the aio's until it is reaped. */
struct aio_request {
    enum aio_operation operation;
    int fd;
    int flags; /* RWF_* of a transfer; the mode of fallocate */
    int iovcnt;
    const struct iovec *iov;
    uint64_t offset, length; /* length: of fallocate */
    int (*call)(void *user); /* gives the result; in the submitting thread where there is no other */
    int result;              /* 0 or a negative errno */
    void *user;

    struct aio *aio; /* the aio's own, from here */
    struct pool_task task;
    struct aio_request *next;
};

/* For up to depth requests in flight. */
int aio_open(unsigned depth, unsigned flags, struct aio **out);
/* Nothing may be in flight. */
void aio_close(struct aio *a);
/* Readable while completions wait. */
int aio_fd(const struct aio *a);
bool aio_uses_io_uring(const struct aio *a);
/* So many requests will be taken now. */
size_t aio_room(struct aio *a);
/* Takes the first requests of the array, as many as there is room for; returns how many. */
size_t aio_submit(struct aio *a, struct aio_request *const requests[], size_t n);
/* Up to max completed ones; waits for min_wait of them (no more than are in flight) for up to timeout_ms
 * (-1 = for ever). Returns the number, or a negative errno. */
int aio_reap(struct aio *a, struct aio_request *completed[], size_t max, size_t min_wait, int64_t timeout_ms);

#endif
