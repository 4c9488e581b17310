/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The asynchronous queue of the backend "file": requests of any opened images, as of any medium that is a
 * descriptor (common/fd_request.h). Refusals (past the end, read-only, poisoned) come back through the queue
 * like everything else.
 */
#include "file/file_queue.h"

#include <errno.h>

#include "common/fd_request.h"
#include "file/file_fds.h"
#include "file/image.h"

static int refusal(struct image *f, const replsvc_backend_request *r)
{
    if (r->operation == REPLSVC_IO_FLUSH)
        return atomic_load(&f->poison);
    if (r->operation != REPLSVC_IO_READ && !f->writable)
        return -EROFS;
    return image_range(f, r->offset, r->length);
}

static int look(const replsvc_backend_request *r, struct fd_medium *m)
{
    struct image *f = r->handle;
    bool transfer = r->operation == REPLSVC_IO_READ || r->operation == REPLSVC_IO_WRITE;
    int err = refusal(f, r);
    if (err)
        return err;
    if (r->operation != REPLSVC_IO_READ && r->operation != REPLSVC_IO_FLUSH)
        atomic_store_explicit(&f->written, true, memory_order_relaxed);
    m->fd = m->transfer_fd = f->fd;
    if (transfer)
        m->transfer_fd =
            image_choose_fd(f, r->iov, r->iovcnt, r->offset, r->flags, r->operation == REPLSVC_IO_READ);
    m->punch = r->flags & REPLSVC_IO_MAY_UNMAP;
    m->no_dsync = &f->no_dsync;
    return 0;
}

static int result_of(const replsvc_backend_request *r, int err, bool lost, bool refused)
{
    (void)refused;
    if (lost)
        file_poison(r->handle, err);
    return err == -ENODATA ? -EIO : err; /* cut short by somebody else */
}

static const struct fd_medium_ops medium = {look, image_discard, image_write_zeroes, result_of};
static const struct fd_queue_ops ops = {fd_request_prepare, fd_request_go_on, fd_request_result, &medium};

int image_queue_open(uint32_t depth, uint32_t flags, void **queue, int *fd)
{
    return fd_queue_open(&ops, depth, flags, queue, fd);
}
