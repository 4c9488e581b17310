/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The asynchronous queue of the backend "file": requests of any opened images, carried out by fd_queue.
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

#include "common/fd_queue.h"
#include "file/file_fds.h"
#include "file/image.h"
#include "file/kernel.h"

/* ---- from a request to an operation ---- */

static void prepare_transfer(struct fd_node *n, struct image *f)
{
    const replsvc_backend_request *r = n->r;
    bool write = r->operation == REPLSVC_IO_WRITE;
    n->a.operation = write ? AIO_WRITE : AIO_READ;
    n->a.fd = image_choose_fd(f, r->iov, r->iovcnt, r->offset, r->flags, !write);
    n->a.iov = r->iov;
    n->a.iovcnt = r->iovcnt;
    if (write && (r->flags & REPLSVC_IO_FUA)) {
        n->flush_after = atomic_load(&f->no_dsync);
        n->a.flags = n->flush_after ? 0 : RWF_DSYNC;
    }
}

static void prepare_space(struct fd_node *n)
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

static void prepare(struct fd_node *n)
{
    const replsvc_backend_request *r = n->r;
    struct image *f = r->handle;
    n->a.fd = f->fd;
    n->a.result = refusal(f, r);
    if (n->a.result)
        return;
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

/* ---- and back ---- */

static int second_way(const replsvc_backend_request *r)
{
    uint32_t flags = r->flags & ~REPLSVC_IO_FUA; /* the flush follows */
    return r->operation == REPLSVC_IO_DISCARD ? image_discard(r->handle, r->offset, r->length, flags)
                                              : image_write_zeroes(r->handle, r->offset, r->length, flags);
}

/* Begins the operation that follows this one, if there is one. */
static bool go_on(struct fd_node *n)
{
    struct image *f = n->r->handle;
    struct aio_request *a = &n->a;
    if (a->operation == AIO_FALLOCATE && a->result == -EOPNOTSUPP)
        a->result = second_way(n->r);
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
    return true;
}

static int result_of(struct fd_node *n)
{
    struct image *f = n->r->handle;
    const struct aio_request *a = &n->a;
    int err = a->result;
    /* A sync, or a write that was to be durable: the kernel may have dropped the data. */
    if ((a->operation == AIO_SYNC && err) || (a->operation == AIO_WRITE && a->flags && err == -EIO))
        file_poison(f, err);
    return err == -ENODATA ? -EIO : err; /* cut short by somebody else */
}

static const struct fd_queue_ops ops = {prepare, go_on, result_of};

int image_queue_open(uint32_t depth, uint32_t flags, void **queue, int *fd)
{
    return fd_queue_open(&ops, depth, flags, queue, fd);
}
