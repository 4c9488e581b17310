/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Host I/O. A volume without relationships costs the gate and one look at `special` more than the
 * backend's own call; everything else branches off from there.
 */
#include "engine/overlay.h"

#include <errno.h>

#include "util/probe.h"

int volume_check(struct volume *v, int side, uint64_t offset, uint64_t length)
{
    uint32_t need = side == GATE_WRITE ? VOLUME_HOST_WRITE : VOLUME_HOST_READ;
    uint64_t size = atomic_load_explicit(&v->size, memory_order_relaxed);
    if (!(atomic_load_explicit(&v->access, memory_order_acquire) & need))
        return side == GATE_WRITE ? -EROFS : -EPERM;
    if (offset > size || length > size - offset)
        return side == GATE_WRITE ? -ENOSPC : -EINVAL;
    return 0;
}

/* Enters the gate if the bits allow it now. Looking inside the gate is what makes volume_set_access right. */
static int enter(struct volume *v, int side, uint64_t offset, uint64_t length, struct gate_shard **shard)
{
    struct gate_shard *s = gate_enter(&v->gate, side);
    int rc = volume_check(v, side, offset, length);
    if (rc)
        gate_leave(&v->gate, s, side);
    else
        *shard = s;
    return rc;
}

static uint32_t special(struct volume *v)
{
    return atomic_load_explicit(&v->special, memory_order_acquire);
}

int volume_preadv(struct volume *v, const struct iovec *iov, int iovcnt, uint64_t offset, uint32_t flags)
{
    struct gate_shard *s;
    size_t length = iov_length(iov, iovcnt);
    int64_t began = io_begin(v->statistics, IO_READ);
    PROBE4(io_begin, v->id, IO_READ, offset, length);
    int rc = enter(v, GATE_READ, offset, length, &s);
    if (rc) {
        io_end(v->statistics, IO_READ, began, length, rc);
        PROBE5(io_end, v->id, IO_READ, offset, length, rc);
        return rc;
    }
    if (!special(v))
        rc = medium_preadv(&v->medium, iov, iovcnt, offset, flags);
    else if (v->view)
        rc = v->view->read(v->view_user, iov, iovcnt, offset);
    else
        rc = volume_read_now(v, iov, iovcnt, offset);
    gate_leave(&v->gate, s, GATE_READ);
    io_end(v->statistics, IO_READ, began, length, rc);
    PROBE5(io_end, v->id, IO_READ, offset, length, rc);
    return rc;
}

int volume_write_medium(struct volume *v, const struct volume_write *w)
{
    switch (w->kind) {
    case WRITE_DATA:
        return medium_pwritev(&v->medium, w->iov, w->iovcnt, w->offset, w->flags);
    case WRITE_ZEROES:
        return medium_write_zeroes(&v->medium, w->offset, w->length, w->flags);
    case WRITE_DISCARD:
        return medium_discard(&v->medium, w->offset, w->length, w->flags);
    }
    return -EINVAL;
}

/* What has to wait for the overlay does so outside the gate, or a cut would have to wait for it too. (It is
 * looked at again inside, under the range's lock.) */
#define IN_THE_WAY 1
/* What hangs on a volume takes no longer write in one piece: locks, marks and logs are bounded. */
#define TOO_LONG 2
#define PIECE_MAX (UINT64_C(64) << 20)
static int write_special(struct volume *v, const struct volume_write *w)
{
    if (!w->length)
        return 0;
    if (w->length > PIECE_MAX)
        return TOO_LONG;
    if (special(v) & SPECIAL_FROZEN)
        return -EBUSY;
    if (v->view) {
        void *slots[VOLUME_TAPS] = {NULL};
        volume_marks_begin(v, NULL, w->offset, w->length, slots);
        int rc = v->view->write(v->view_user, w);
        volume_marks_end(v, NULL, w->offset, w->length, slots);
        return rc;
    }
    return overlay_in_the_way(v, w) ? IN_THE_WAY : volume_write_tapped(v, w);
}

static int write_piece(struct volume *v, const struct volume_write *w)
{
    struct gate_shard *s;
    for (;;) {
        if (special(v) & SPECIAL_OVERLAY)
            overlay_throttle(v);
        int rc = enter(v, GATE_WRITE, w->offset, w->length, &s);
        if (rc)
            return rc;
        if (!v->medium.writable)
            rc = -EROFS;
        else if (!special(v))
            rc = volume_write_medium(v, w);
        else
            rc = write_special(v, w);
        if (rc != IN_THE_WAY) {
            gate_leave(&v->gate, s, GATE_WRITE);
            return rc;
        }
        gate_leave(&v->gate, s, GATE_WRITE);
        rc = overlay_wait(v, w->offset, w->length);
        if (rc)
            return rc;
    }
}

/* Pieces of one buffer, or of no data. */
static int write_run(struct volume *v, const struct volume_write *w, uint8_t *base, uint64_t offset,
                     uint64_t length)
{
    int rc = 0;
    for (uint64_t done = 0, n; !rc && done < length; done += n) {
        n = length - done < PIECE_MAX ? length - done : PIECE_MAX;
        struct iovec one = {base ? base + done : NULL, (size_t)n};
        struct volume_write piece = *w;
        piece.offset = offset + done;
        piece.length = n;
        piece.iov = &one;
        piece.iovcnt = 1;
        rc = write_piece(v, &piece);
    }
    return rc;
}

static int host_write(struct volume *v, const struct volume_write *w)
{
    int rc = write_piece(v, w);
    if (rc != TOO_LONG)
        return rc;
    if (w->kind != WRITE_DATA)
        return write_run(v, w, NULL, w->offset, w->length);
    uint64_t at = w->offset;
    rc = 0;
    for (int i = 0; !rc && i < w->iovcnt; i++) {
        rc = write_run(v, w, w->iov[i].iov_base, at, w->iov[i].iov_len);
        at += w->iov[i].iov_len;
    }
    return rc;
}

int volume_pwritev(struct volume *v, const struct iovec *iov, int iovcnt, uint64_t offset, uint32_t flags)
{
    struct volume_write w = {.volume = v,
                             .origin = v,
                             .kind = WRITE_DATA,
                             .offset = offset,
                             .length = iov_length(iov, iovcnt),
                             .iov = iov,
                             .iovcnt = iovcnt,
                             .flags = flags};
    int64_t began = io_begin(v->statistics, IO_WRITE);
    PROBE4(io_begin, v->id, IO_WRITE, offset, w.length);
    int rc = host_write(v, &w);
    io_end(v->statistics, IO_WRITE, began, w.length, rc);
    PROBE5(io_end, v->id, IO_WRITE, offset, w.length, rc);
    return rc;
}

int volume_write_zeroes(struct volume *v, uint64_t offset, uint64_t length, uint32_t flags)
{
    struct volume_write w = {
        .volume = v, .origin = v, .kind = WRITE_ZEROES, .offset = offset, .length = length, .flags = flags};
    PROBE4(io_begin, v->id, IO_ZEROES, offset, length);
    int rc = host_write(v, &w);
    io_other(v->statistics, IO_ZEROES, 0, rc);
    PROBE5(io_end, v->id, IO_ZEROES, offset, length, rc);
    return rc;
}

int volume_discard(struct volume *v, uint64_t offset, uint64_t length, uint32_t flags)
{
    if (!medium_can_discard(&v->medium))
        return -EOPNOTSUPP;
    struct volume_write w = {
        .volume = v, .origin = v, .kind = WRITE_DISCARD, .offset = offset, .length = length, .flags = flags};
    PROBE4(io_begin, v->id, IO_DISCARD, offset, length);
    int rc = host_write(v, &w);
    io_other(v->statistics, IO_DISCARD, 0, rc);
    PROBE5(io_end, v->id, IO_DISCARD, offset, length, rc);
    return rc;
}

/* Whoever may only read may flush too: it is a write to nothing. */
int volume_flush(struct volume *v)
{
    int rc;
    int64_t began = clock_monotonic_ns();
    PROBE4(io_begin, v->id, IO_FLUSH, 0, 0);
    struct gate_shard *s = gate_enter(&v->gate, GATE_WRITE);
    if (!special(v))
        rc = medium_flush(&v->medium);
    else if (v->view)
        rc = v->view->flush(v->view_user);
    else
        rc = volume_flush_tapped(v);
    gate_leave(&v->gate, s, GATE_WRITE);
    io_other(v->statistics, IO_FLUSH, began, rc);
    PROBE5(io_end, v->id, IO_FLUSH, 0, 0, rc);
    return rc;
}

int volume_extents(struct volume *v, uint64_t offset, uint64_t length, replsvc_extent extents[], size_t *n)
{
    if (!*n || !length)
        return -EINVAL;
    struct gate_shard *s;
    int rc = enter(v, GATE_READ, offset, length, &s);
    if (rc)
        return rc;
    uint32_t why = special(v);
    if (v->view && v->view->extents) {
        rc = v->view->extents(v->view_user, offset, length, extents, n);
    } else if (why & (SPECIAL_VIEW | SPECIAL_RESTORE) || !overlay_is_empty(v)) {
        /* What the medium has allocated is not what a read shows: data, as far as anybody knows. */
        extents[0] = (replsvc_extent){.offset = offset, .length = length};
        *n = 1;
    } else {
        rc = medium_extents(&v->medium, offset, length, extents, n);
    }
    gate_leave(&v->gate, s, GATE_READ);
    return rc;
}
