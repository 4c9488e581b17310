/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The asynchronous queue of the backend "vhdx" (common/fd_queue.h). Reads and overwrites of what lies
 * together in the file become one operation on its descriptor, from the submitter's thread; while it is under
 * way the request is in transit (transit.h). All else (allocation, blocks that are there in part, what would
 * have to be waited for, flushes, zeroing) is done by the plain functions on a thread of the queue.
 */
#include "vhdx/queue.h"

#include "common/fd_queue.h"
#include "io/rw.h"
#include "vhdx/image.h"
#include "vhdx/iov.h"
#include "vhdx/map.h"
#include "vhdx/vhdx.h"

/* Writes up to this length through the page cache are done at once: handing them to one of the kernel's
 * threads costs more. */
#define AT_ONCE 65536u

static int plainly(void *user)
{
    const replsvc_backend_request *r = ((struct fd_node *)user)->r;
    const replsvc_backend *b = &vhdx_backend;
    switch (r->operation) {
    case REPLSVC_IO_READ:
        return b->preadv(r->handle, r->iov, r->iovcnt, r->offset, r->flags);
    case REPLSVC_IO_WRITE:
        return b->pwritev(r->handle, r->iov, r->iovcnt, r->offset, r->flags);
    case REPLSVC_IO_FLUSH:
        return b->flush(r->handle);
    case REPLSVC_IO_DISCARD:
        return b->discard(r->handle, r->offset, r->length, r->flags);
    case REPLSVC_IO_WRITE_ZEROES:
        return b->write_zeroes(r->handle, r->offset, r->length, r->flags);
    default:
        return -EINVAL;
    }
}

static void call(struct fd_node *n)
{
    n->a.operation = AIO_CALL;
    n->a.call = plainly;
}

/* ---- what a descriptor can do ---- */

/* Each request that is in transit remembers as what. */
static void enter(struct fd_node *n, struct vhdx *v)
{
    n->r->private_data[0] = (void *)(uintptr_t)(1 + vhdx_transit_enter(&v->transit));
}

static void leave(struct fd_node *n)
{
    uintptr_t which = (uintptr_t)n->r->private_data[0];
    struct vhdx *v = n->r->handle;
    if (which != 0)
        vhdx_transit_leave(&v->transit, (unsigned)which - 1);
    n->r->private_data[0] = NULL;
}

static bool may_overwrite(struct vhdx *v)
{
    return v->writable && atomic_load_explicit(&v->error, memory_order_relaxed) == 0 &&
           atomic_load_explicit(&v->session, memory_order_acquire) >= VHDX_SESSION_WRITES;
}

static bool inside(struct vhdx *v, uint64_t offset, uint64_t length)
{
    uint64_t size = atomic_load_explicit(&v->disk_size, memory_order_relaxed);
    return length <= size && offset <= size - length;
}

static void transfer(struct fd_node *n, struct vhdx *v, uint64_t length, uint64_t place)
{
    const replsvc_backend_request *r = n->r;
    bool cached, write = r->operation == REPLSVC_IO_WRITE;
    n->a.fd = v->file->ops->descriptor(v->file, r->iov, r->iovcnt, place, write,
                                       r->flags & REPLSVC_BACKEND_IO_UNCACHED, &cached);
    if (write && cached && length <= AT_ONCE) {
        n->a.operation = AIO_NOTHING;
        n->a.result = rw_whole(n->a.fd, true, r->iov, r->iovcnt, place, 0, 0);
        return;
    }
    n->a.operation = write ? AIO_WRITE : AIO_READ;
    n->a.iov = r->iov;
    n->a.iovcnt = r->iovcnt;
    n->a.offset = place;
}

/* False: it needs more. */
static bool directly(struct fd_node *n, struct vhdx *v)
{
    const replsvc_backend_request *r = n->r;
    uint64_t length = vhdx_iov_length(r->iov, r->iovcnt);
    bool write = r->operation == REPLSVC_IO_WRITE;
    struct vhdx_map m;
    if (v->file->ops->descriptor == NULL || !inside(v, r->offset, length) || (write && !may_overwrite(v)))
        return false;
    enter(n, v);
    if (vhdx_map(v, r->offset, length, false, &m) != 0 || m.length < length)
        return false;
    if (m.kind == VHDX_MAP_FILE) {
        transfer(n, v, length, m.place);
        return true;
    }
    if (m.kind == VHDX_MAP_OTHER || write)
        return false;
    struct vhdx_iov_walk w = {r->iov, r->iovcnt, 0, false};
    vhdx_iov_zero(&w, length); /* and nothing is left to do */
    return true;
}

static void prepare(struct fd_node *n)
{
    replsvc_backend_request *r = n->r;
    bool write = r->operation == REPLSVC_IO_WRITE && (r->flags & REPLSVC_IO_FUA) == 0;
    r->private_data[0] = NULL;
    if ((write || r->operation == REPLSVC_IO_READ) && directly(n, r->handle))
        return;
    leave(n);
    call(n);
}

/* ---- and back ---- */

static bool go_on(struct fd_node *n)
{
    struct aio_request *a = &n->a;
    bool transfer = a->operation == AIO_READ || a->operation == AIO_WRITE;
    /* The file system does not take this one past the cache, or somebody has cut the file short: the plain
     * way knows what to do, or to say. */
    if (!transfer || (a->result != -EINVAL && a->result != -ENODATA))
        return false;
    call(n);
    return true;
}

static int result_of(struct fd_node *n)
{
    leave(n);
    return n->a.result;
}

static const struct fd_queue_ops ops = {prepare, go_on, result_of, NULL};

int vhdx_queue_open(uint32_t depth, uint32_t flags, void **queue, int *fd)
{
    return fd_queue_open(&ops, depth, flags, queue, fd);
}
