/* SPDX-License-Identifier: BSD-2-Clause */
/* See fd_request.h. */
#include "common/fd_request.h"

#include <errno.h>

#include "file/kernel.h"

static void prepare_transfer(struct fd_node *n, const struct fd_medium *m)
{
    const replsvc_backend_request *r = n->r;
    bool write = r->operation == REPLSVC_IO_WRITE;
    n->a.operation = write ? AIO_WRITE : AIO_READ;
    n->a.fd = m->transfer_fd;
    n->a.iov = r->iov;
    n->a.iovcnt = r->iovcnt;
    if (write && (r->flags & REPLSVC_IO_FUA)) {
        n->flush_after = atomic_load(m->no_dsync);
        n->a.flags = n->flush_after ? 0 : RWF_DSYNC;
    }
}

static void prepare_space(struct fd_node *n, const struct fd_medium *m)
{
    const replsvc_backend_request *r = n->r;
    bool punch = r->operation == REPLSVC_IO_DISCARD || m->punch;
    n->a.operation = r->length ? AIO_FALLOCATE : AIO_NOTHING;
    n->a.flags = FALLOC_FL_KEEP_SIZE | (punch ? FALLOC_FL_PUNCH_HOLE : FALLOC_FL_ZERO_RANGE);
    n->a.length = r->length;
    n->flush_after = r->flags & REPLSVC_IO_FUA;
}

void fd_request_prepare(struct fd_node *n)
{
    struct fd_medium m = {.fd = -1};
    n->a.result = n->ops->medium->look(n->r, &m);
    n->a.fd = n->fd = m.fd;
    n->no_dsync = m.no_dsync;
    if (n->a.result)
        return;
    switch (n->r->operation) {
    case REPLSVC_IO_READ:
    case REPLSVC_IO_WRITE:
        prepare_transfer(n, &m);
        break;
    case REPLSVC_IO_FLUSH:
        n->a.operation = AIO_SYNC;
        break;
    case REPLSVC_IO_DISCARD:
    case REPLSVC_IO_WRITE_ZEROES:
        prepare_space(n, &m);
        break;
    default:
        n->a.result = -EINVAL;
    }
}

static int second_way(const struct fd_node *n)
{
    const replsvc_backend_request *r = n->r;
    const struct fd_medium_ops *o = n->ops->medium;
    uint32_t flags = r->flags & ~REPLSVC_IO_FUA; /* the flush follows */
    return r->operation == REPLSVC_IO_DISCARD ? o->discard(r->handle, r->offset, r->length, flags)
                                              : o->write_zeroes(r->handle, r->offset, r->length, flags);
}

bool fd_request_go_on(struct fd_node *n)
{
    struct aio_request *a = &n->a;
    if (a->operation == AIO_FALLOCATE && a->result == -EOPNOTSUPP)
        a->result = second_way(n);
    if (a->operation == AIO_WRITE && a->result == -EOPNOTSUPP && a->flags == RWF_DSYNC) {
        atomic_store(n->no_dsync, true);
        a->flags = 0;
        n->flush_after = true;
    } else if (a->operation != AIO_NOTHING && a->result == -EINVAL && a->fd != n->fd) {
        a->fd = n->fd; /* the file system does not take this one past the cache */
    } else if (a->result == 0 && n->flush_after) {
        *a = (struct aio_request){.operation = AIO_SYNC, .fd = n->fd, .user = n};
        n->flush_after = false;
    } else {
        return false;
    }
    return true;
}

int fd_request_result(struct fd_node *n)
{
    const struct aio_request *a = &n->a;
    bool lost = (a->operation == AIO_SYNC && a->result) ||
                (a->operation == AIO_WRITE && a->flags && a->result == -EIO);
    return n->ops->medium->result(n->r, a->result, lost, a->operation == AIO_NOTHING);
}
