/* SPDX-License-Identifier: BSD-2-Clause */
/* See volume_direct.h. */
#include "engine/volume_direct.h"

#include <errno.h>

#include "util/probe.h"

/* What may hang on a volume without a read having to know: reads of a source are the medium's, as long as
 * nothing else shows itself in its place or is ahead of it. */
#define READS_DO_NOT_MIND ((uint32_t)(SPECIAL_TAPS | SPECIAL_POINTS | SPECIAL_FROZEN))

static bool has_queue(const struct medium *m)
{
    const replsvc_backend *b = m->backend;
    return (m->info.capabilities & REPLSVC_BACKEND_CAP_QUEUE) && b->queue_open && b->submit && b->reap;
}

int volume_direct_begin(struct volume *v, bool write, const struct iovec *iov, int iovcnt, uint64_t offset,
                        uint32_t flags, struct direct_io *d, replsvc_backend_request *r,
                        const replsvc_backend **backend)
{
    struct medium *m = &v->medium;
    int side = write ? GATE_WRITE : GATE_READ;
    if (!has_queue(m) || (m->align > 1 && !medium_is_aligned(m, iov, iovcnt, offset)))
        return -EAGAIN;
    struct gate_shard *s = gate_try_enter(&v->gate, side);
    if (!s)
        return -EAGAIN;
    size_t length = iov_length(iov, iovcnt);
    int rc = volume_check(v, side, offset, length);
    if (!rc && write && !m->writable)
        rc = -EROFS;
    uint32_t special = atomic_load_explicit(&v->special, memory_order_acquire);
    if (!rc && (special & ~(write ? 0 : READS_DO_NOT_MIND)))
        rc = -EAGAIN;
    if (!rc && write && !medium_try_hold(m, &d->edges, offset, length))
        rc = -EAGAIN;
    if (rc) {
        gate_leave(&v->gate, s, side);
        return rc;
    }
    d->volume = v;
    d->shard = s;
    d->side = side;
    d->length = length;
    d->began = io_begin(v->statistics, write ? IO_WRITE : IO_READ);
    d->offset = offset;
    PROBE4(io_begin, v->id, write ? IO_WRITE : IO_READ, offset, length);
    *r = (replsvc_backend_request){.handle = m->handle,
                                   .operation = write ? REPLSVC_IO_WRITE : REPLSVC_IO_READ,
                                   .flags = flags,
                                   .iov = iov,
                                   .iovcnt = iovcnt,
                                   .offset = offset,
                                   .length = length};
    *backend = m->backend;
    return 0;
}

void volume_direct_cancel(struct direct_io *d)
{
    if (d->side == GATE_WRITE)
        medium_release(&d->volume->medium, &d->edges);
    gate_leave(&d->volume->gate, d->shard, d->side);
}

void volume_direct_end(struct direct_io *d, int result)
{
    struct volume_statistics *counters = d->volume->statistics;
    PROBE5(io_end, d->volume->id, d->side == GATE_WRITE ? IO_WRITE : IO_READ, d->offset, d->length, result);
    volume_direct_cancel(d);
    io_end(counters, d->side == GATE_WRITE ? IO_WRITE : IO_READ, d->began, d->length, result);
}
