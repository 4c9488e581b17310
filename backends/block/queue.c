/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The asynchronous queue of the backend "block" (common/fd_queue.h). Zeroing goes by fallocate here too; what
 * the kernel cannot do that way is done once more by the synchronous way.
 */
#include <errno.h>
#include <fcntl.h>

#include "block/device.h"
#include "common/fd_queue.h"
#include "file/kernel.h"
#include "io/rw.h"

static int refusal(struct device *d, const replsvc_backend_request *r)
{
    if (r->operation == REPLSVC_IO_FLUSH)
        return atomic_load(&d->poison);
    if (r->operation != REPLSVC_IO_READ && !d->writable)
        return -EROFS;
    bool transfer = r->operation == REPLSVC_IO_READ || r->operation == REPLSVC_IO_WRITE;
    if (r->operation == REPLSVC_IO_DISCARD && (d->capabilities & REPLSVC_BACKEND_CAP_DISCARD) == 0)
        return -EOPNOTSUPP;
    return device_check_range(d, r->offset, transfer ? rw_length(r->iov, r->iovcnt) : r->length,
                              transfer ? device_vector_bits(d, r->iov, r->iovcnt) : 0);
}

static void prepare_space(struct fd_node *n, const struct device *d)
{
    const replsvc_backend_request *r = n->r;
    bool punch = r->operation == REPLSVC_IO_DISCARD || ((r->flags & REPLSVC_IO_MAY_UNMAP) != 0 &&
                                                        (d->capabilities & REPLSVC_BACKEND_CAP_DISCARD) != 0);
    n->a.operation = r->length != 0 ? AIO_FALLOCATE : AIO_NOTHING;
    n->a.flags = FALLOC_FL_KEEP_SIZE | (punch ? FALLOC_FL_PUNCH_HOLE : FALLOC_FL_ZERO_RANGE);
    n->a.length = r->length;
    n->flush_after = (r->flags & REPLSVC_IO_FUA) != 0;
}

static void prepare(struct fd_node *n)
{
    const replsvc_backend_request *r = n->r;
    struct device *d = r->handle;
    n->a.fd = d->fd;
    n->a.result = refusal(d, r);
    if (n->a.result != 0)
        return;
    switch (r->operation) {
    case REPLSVC_IO_READ:
    case REPLSVC_IO_WRITE:
        n->a.operation = r->operation == REPLSVC_IO_WRITE ? AIO_WRITE : AIO_READ;
        n->a.iov = r->iov;
        n->a.iovcnt = r->iovcnt;
        if (r->operation == REPLSVC_IO_WRITE && (r->flags & REPLSVC_IO_FUA) != 0) {
            n->flush_after = atomic_load(&d->no_dsync);
            n->a.flags = n->flush_after ? 0 : RWF_DSYNC;
        }
        break;
    case REPLSVC_IO_FLUSH:
        n->a.operation = AIO_SYNC;
        break;
    case REPLSVC_IO_DISCARD:
    case REPLSVC_IO_WRITE_ZEROES:
        prepare_space(n, d);
        break;
    default:
        n->a.result = -EINVAL;
    }
}

static int second_way(const replsvc_backend_request *r)
{
    uint32_t flags = r->flags & ~REPLSVC_IO_FUA; /* the flush follows */
    return r->operation == REPLSVC_IO_DISCARD ? device_discard(r->handle, r->offset, r->length, flags)
                                              : device_write_zeroes(r->handle, r->offset, r->length, flags);
}

static bool go_on(struct fd_node *n)
{
    struct device *d = n->r->handle;
    struct aio_request *a = &n->a;
    if (a->operation == AIO_FALLOCATE && a->result == -EOPNOTSUPP)
        a->result = second_way(n->r);
    if (a->operation == AIO_WRITE && a->result == -EOPNOTSUPP && a->flags == RWF_DSYNC) {
        atomic_store(&d->no_dsync, true);
        a->flags = 0;
        n->flush_after = true;
        return true;
    }
    if (a->result != 0 || !n->flush_after)
        return false;
    *a = (struct aio_request){.operation = AIO_SYNC, .fd = d->fd, .user = n};
    n->flush_after = false;
    return true;
}

static int result_of(struct fd_node *n)
{
    struct device *d = n->r->handle;
    const struct aio_request *a = &n->a;
    if ((a->operation == AIO_SYNC && a->result != 0) ||
        (a->operation == AIO_WRITE && a->flags != 0 && a->result == -EIO))
        device_poison(d, a->result);
    bool refused = a->operation == AIO_NOTHING || a->result == 0 || a->result == -EOPNOTSUPP;
    return refused ? a->result : device_tell(d, a->result, "a request failed", n->r->offset);
}

static const struct fd_queue_ops ops = {prepare, go_on, result_of};

int device_queue_open(uint32_t depth, uint32_t flags, void **queue, int *fd)
{
    return fd_queue_open(&ops, depth, flags, queue, fd);
}
