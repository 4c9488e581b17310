/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The asynchronous queue of the backend "file": requests of any opened images, carried out by lib/io/aio.
 *
 * A request becomes one operation on a descriptor, and some a second one: zeroing and discarding with FUA
 * are followed by a flush. Refusals (past the end, read-only, poisoned) come back through the queue like
 * everything else. What the file system cannot zero or discard is tried once more by the synchronous way,
 * which knows the other methods and remembers.
 */
#include "file/file_queue.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "file/file_fds.h"
#include "file/image.h"
#include "file/kernel.h"
#include "io/aio.h"
#include "util/alloc.h"
#include "util/clock.h"

enum { BATCH = 64 };

struct node {
    struct aio_request a;
    replsvc_backend_request *r;
    bool flush_after;
    struct node *next_free;
};

struct queue {
    struct aio *aio;
    struct node *nodes, *free;
};

int image_queue_open(uint32_t depth, uint32_t flags, void **queue, int *fd)
{
    struct queue *q = mem_zalloc(sizeof *q);
    if (!q)
        return -ENOMEM;
    depth = depth ? depth : 1;
    q->nodes = mem_array(depth, sizeof *q->nodes);
    int err = q->nodes ? 0 : -ENOMEM;
    if (!err)
        err = aio_open(depth, flags & REPLSVC_BACKEND_NO_IO_URING ? AIO_NO_IO_URING : 0, &q->aio);
    if (err) {
        image_queue_close(q);
        return err;
    }
    for (uint32_t i = depth; i-- > 0;) {
        q->nodes[i].next_free = q->free;
        q->free = &q->nodes[i];
    }
    *queue = q;
    *fd = aio_fd(q->aio);
    return 0;
}

int image_queue_close(void *queue)
{
    struct queue *q = queue;
    aio_close(q->aio);
    mem_free(q->nodes);
    mem_free(q);
    return 0;
}

/* ---- from a request to an operation ---- */

static void prepare_transfer(struct node *n, struct image *f)
{
    const replsvc_backend_request *r = n->r;
    bool write = r->operation == REPLSVC_IO_WRITE;
    n->a.operation = write ? AIO_WRITE : AIO_READ;
    n->a.fd = image_choose_fd(f, r->iov, r->iovcnt, r->offset, r->flags);
    n->a.iov = r->iov;
    n->a.iovcnt = r->iovcnt;
    if (write && (r->flags & REPLSVC_IO_FUA)) {
        n->flush_after = atomic_load(&f->no_dsync);
        n->a.flags = n->flush_after ? 0 : RWF_DSYNC;
    }
}

static void prepare_space(struct node *n)
{
    const replsvc_backend_request *r = n->r;
    bool punch = r->operation == REPLSVC_IO_DISCARD || (r->flags & REPLSVC_IO_MAY_UNMAP);
    n->a.operation = r->length ? AIO_FALLOCATE : AIO_NOTHING;
    n->a.flags = FALLOC_FL_KEEP_SIZE | (punch ? FALLOC_FL_PUNCH_HOLE : FALLOC_FL_ZERO_RANGE);
    n->a.length = r->length;
    n->flush_after = r->flags & REPLSVC_IO_FUA;
}

static int refusal(struct image *f, const replsvc_backend_request *r)
{
    if (r->operation == REPLSVC_IO_FLUSH)
        return atomic_load(&f->poison);
    if (r->operation != REPLSVC_IO_READ && !f->writable)
        return -EROFS;
    return image_range(f, r->offset, r->length);
}

static void prepare(struct node *n, replsvc_backend_request *r)
{
    struct image *f = r->handle;
    n->r = r;
    n->flush_after = false;
    n->a = (struct aio_request){.fd = f->fd, .offset = r->offset, .user = n, .result = refusal(f, r)};
    if (n->a.result) {
        n->a.operation = AIO_NOTHING;
        return;
    }
    if (r->operation != REPLSVC_IO_READ && r->operation != REPLSVC_IO_FLUSH)
        atomic_store_explicit(&f->written, true, memory_order_relaxed);
    switch (r->operation) {
    case REPLSVC_IO_READ:
    case REPLSVC_IO_WRITE:
        prepare_transfer(n, f);
        break;
    case REPLSVC_IO_FLUSH:
        n->a.operation = AIO_SYNC;
        break;
    case REPLSVC_IO_DISCARD:
    case REPLSVC_IO_WRITE_ZEROES:
        prepare_space(n);
        break;
    default:
        n->a.operation = AIO_NOTHING;
        n->a.result = -EINVAL;
    }
}

int image_queue_submit(void *queue, replsvc_backend_request *const requests[], size_t n)
{
    struct queue *q = queue;
    size_t taken = 0;
    while (taken < n && q->free) {
        struct aio_request *batch[BATCH];
        size_t filled = 0;
        while (filled < BATCH && taken + filled < n && q->free) {
            struct node *node = q->free;
            q->free = node->next_free;
            prepare(node, requests[taken + filled]);
            batch[filled++] = &node->a;
        }
        size_t accepted = aio_submit(q->aio, batch, filled);
        for (size_t i = accepted; i < filled; i++) {
            struct node *node = batch[i]->user;
            node->next_free = q->free;
            q->free = node;
        }
        taken += accepted;
        if (accepted < filled)
            break;
    }
    return (int)taken;
}

/* ---- and back ---- */

static int second_way(const replsvc_backend_request *r)
{
    uint32_t flags = r->flags & ~REPLSVC_IO_FUA; /* the flush follows */
    return r->operation == REPLSVC_IO_DISCARD ? image_discard(r->handle, r->offset, r->length, flags)
                                              : image_write_zeroes(r->handle, r->offset, r->length, flags);
}

/* Begins the operation that follows this one, if there is one. */
static bool go_on(struct queue *q, struct node *n)
{
    struct image *f = n->r->handle;
    struct aio_request *a = &n->a;
    if (a->operation == AIO_WRITE && a->result == -EOPNOTSUPP && a->flags == RWF_DSYNC) {
        atomic_store(&f->no_dsync, true);
        a->flags = 0;
        n->flush_after = true;
    } else if (a->result == -EINVAL && a->fd == f->direct_fd && a->fd != f->fd) {
        a->fd = f->fd; /* the file system does not take this one past the cache */
    } else if (a->result == 0 && n->flush_after) {
        *a = (struct aio_request){.operation = AIO_SYNC, .fd = f->fd, .user = n};
        n->flush_after = false;
    } else {
        return false;
    }
    return aio_submit(q->aio, &a, 1) == 1;
}

static int result_of(const struct node *n)
{
    struct image *f = n->r->handle;
    const struct aio_request *a = &n->a;
    int err = a->result;
    /* A sync, or a write that was to be durable: the kernel may have dropped the data. */
    if ((a->operation == AIO_SYNC && err) || (a->operation == AIO_WRITE && a->flags && err == -EIO))
        file_poison(f, err);
    return err == -ENODATA ? -EIO : err; /* cut short by somebody else */
}

int image_queue_reap(void *queue, replsvc_backend_request *completed[], size_t max, size_t min_wait,
                     int64_t timeout_ms)
{
    struct queue *q = queue;
    int64_t deadline = timeout_ms > 0 ? clock_monotonic_us() + timeout_ms * 1000 : 0;
    size_t n = 0;
    for (;;) {
        struct aio_request *batch[BATCH];
        size_t room = max - n < BATCH ? max - n : BATCH;
        int got = aio_reap(q->aio, batch, room, n < min_wait ? min_wait - n : 0, timeout_ms);
        if (got < 0 && !n)
            return got;
        for (int i = 0; i < got; i++) {
            struct node *node = batch[i]->user;
            if (node->a.operation == AIO_FALLOCATE && node->a.result == -EOPNOTSUPP)
                node->a.result = second_way(node->r);
            if (go_on(q, node))
                continue;
            node->r->result = result_of(node);
            completed[n++] = node->r;
            node->next_free = q->free;
            q->free = node;
        }
        if (got <= 0 || n >= min_wait)
            return (int)n;
        if (timeout_ms > 0 && (timeout_ms = (deadline - clock_monotonic_us()) / 1000) <= 0)
            timeout_ms = 0;
    }
}
