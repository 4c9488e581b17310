/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The asynchronous queue of the backend "block": requests as of any medium that is a descriptor
 * (common/fd_request.h), on whole sectors, with errors that say when the device has shrunk or gone.
 */
#include <errno.h>

#include "block/device.h"
#include "common/fd_request.h"
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

static int look(const replsvc_backend_request *r, struct fd_medium *m)
{
    struct device *d = r->handle;
    m->fd = m->transfer_fd = d->fd;
    m->punch = (r->flags & REPLSVC_IO_MAY_UNMAP) != 0 && (d->capabilities & REPLSVC_BACKEND_CAP_DISCARD) != 0;
    m->no_dsync = &d->no_dsync;
    return refusal(d, r);
}

static int result_of(const replsvc_backend_request *r, int err, bool lost, bool refused)
{
    if (lost)
        device_poison(r->handle, err);
    bool plain = refused || err == 0 || err == -EOPNOTSUPP;
    return plain ? err : device_tell(r->handle, err, "a request failed", r->offset);
}

static const struct fd_medium_ops medium = {look, device_discard, device_write_zeroes, result_of};
static const struct fd_queue_ops ops = {fd_request_prepare, fd_request_go_on, fd_request_result, &medium};

int device_queue_open(uint32_t depth, uint32_t flags, void **queue, int *fd)
{
    return fd_queue_open(&ops, depth, flags, queue, fd);
}
