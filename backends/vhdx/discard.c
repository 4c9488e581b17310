/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Discard and write zeroes. Whole blocks change their state: to UNMAPPED (discard) or ZERO, without a place,
 * and their space is given up once that is durable; a child's too never become NOT_PRESENT, which would show
 * the parent again. Parts of blocks that are there are zeroed in place; in a child, parts that are not there
 * are written as zeroes. A fixed image keeps its blocks.
 *
 * All blocks of a range whose entries lie in one page of the BAT change at once, in one entry of the log,
 * under their stripes taken by rising number.
 */
#include "vhdx/image.h"

#include <inttypes.h>

#include "util/alloc.h"

/* ---- parts of a block ---- */

/* Writes zeroes as data: what is not there gets there. */
static int write_zero_data(struct vhdx *v, uint64_t offset, uint64_t length)
{
    static const uint8_t zeroes[64 * 1024];
    int r = 0;
    while (length > 0 && r == 0) {
        struct iovec iov[32];
        int n = 0;
        uint64_t step = 0;
        for (; n < 32 && step < length; step += iov[n++].iov_len)
            iov[n] =
                (struct iovec){(void *)(uintptr_t)zeroes, (size_t)vhdx_min(length - step, sizeof(zeroes))};
        r = vhdx_pwritev(v, iov, n, offset);
        offset += step;
        length -= step;
    }
    return r;
}

/* A part of one block; *write: it must be written as data instead (without the stripe). */
static int zero_part(struct vhdx *v, uint64_t offset, uint64_t length, bool keep, bool *write)
{
    const struct vhdx_geometry *g = &v->geometry;
    uint64_t block = offset >> g->block_shift, entry;
    *write = false;
    int r = vhdx_bat_get(v, vhdx_bat_index(g, block), &entry);
    if (r != 0)
        return r;
    switch (VHDX_BAT_STATE(entry)) {
    case VHDX_BLOCK_FULLY_PRESENT:
        r = vhdx_session_begin(v, VHDX_SESSION_WRITES);
        if (r != 0)
            return r;
        r = vhdx_file_zero(v->file, VHDX_BAT_OFFSET(entry) + (offset & (g->block_size - 1)), length, keep);
        return r == 0
                   ? 0
                   : VHDX_FAIL(r, "payload at offset %" PRIu64 " cannot be zeroed", VHDX_BAT_OFFSET(entry));
    case VHDX_BLOCK_PARTIALLY_PRESENT:
        *write = true;
        return 0;
    case VHDX_BLOCK_NOT_PRESENT:
        *write = g->differencing;
        return 0;
    default:
        return 0;
    }
}

static int clear_part(struct vhdx *v, uint64_t offset, uint64_t length, bool keep)
{
    uint64_t block = offset >> v->geometry.block_shift;
    bool write;
    pthread_rwlock_rdlock(vhdx_stripe(v, block));
    int r = zero_part(v, offset, length, keep, &write);
    pthread_rwlock_unlock(vhdx_stripe(v, block));
    return r == 0 && write ? write_zero_data(v, offset, length) : r;
}

/* ---- whole blocks ---- */

#define PER_PAGE (VHDX_PAGE / 8)

/* Blocks whose entries lie in one page of the BAT: they change in one entry of the log. */
struct run {
    uint64_t first, n;
    unsigned changed;
    uint64_t index[PER_PAGE], old[PER_PAGE]; /* of those that change */
};

/* As many of the n blocks from `first` on as one page has. */
static uint64_t in_page(const struct vhdx_geometry *g, uint64_t first, uint64_t n)
{
    uint64_t page = vhdx_bat_index(g, first) / PER_PAGE, k = 1;
    while (k < n && vhdx_bat_index(g, first + k) / PER_PAGE == page)
        k++;
    return k;
}

static int pick_blocks(struct vhdx *v, struct run *w)
{
    w->changed = 0;
    for (uint64_t block = w->first; block < w->first + w->n; block++) {
        uint64_t index = vhdx_bat_index(&v->geometry, block), entry;
        int r = vhdx_bat_get(v, index, &entry);
        if (r != 0)
            return r;
        unsigned old = VHDX_BAT_STATE(entry);
        bool nothing = !v->geometry.differencing && old == VHDX_BLOCK_NOT_PRESENT;
        if (vhdx_bat_length(v, index, entry) == 0 &&
            (nothing || old == VHDX_BLOCK_ZERO || old == VHDX_BLOCK_UNMAPPED))
            continue;
        w->index[w->changed] = index;
        w->old[w->changed++] = entry;
    }
    return 0;
}

/* Blocks that lie one behind the other are given up together. */
static int free_blocks(struct vhdx *v, const struct run *w)
{
    uint64_t from = 0, length = 0;
    int r = 0;
    for (unsigned i = 0; i < w->changed && r == 0; i++) {
        uint64_t more = vhdx_bat_length(v, w->index[i], w->old[i]), at = VHDX_BAT_OFFSET(w->old[i]);
        if (more == 0)
            continue;
        if (length != 0 && from + length != at) {
            r = vhdx_space_free(v, from, length);
            length = 0;
        }
        from = length == 0 ? at : from;
        length += more;
    }
    return r == 0 && length != 0 ? vhdx_space_free(v, from, length) : r;
}

static int drop_blocks(struct vhdx *v, struct run *w, unsigned state)
{
    int r = pick_blocks(v, w);
    if (r != 0 || w->changed == 0)
        return r;
    r = vhdx_session_begin(v, VHDX_SESSION_LOG);
    if (r == 0)
        r = vhdx_bat_set_all(v, w->index, w->changed, state, 0);
    return r == 0 ? free_blocks(v, w) : r;
}

static int clear_blocks(struct vhdx *v, uint64_t first, uint64_t n, unsigned state)
{
    struct run w = {.first = first, .n = n};
    vhdx_stripes_lock(v, first, n);
    int r = drop_blocks(v, &w, state);
    vhdx_stripes_unlock(v, first, n);
    return r == 0 ? vhdx_log_maintain(v) : r;
}

/* ---- */

/* state: of whole blocks that are given up; VHDX_BLOCK_FULLY_PRESENT: keep them. */
static int clear_range(struct vhdx *v, uint64_t offset, uint64_t length, unsigned state)
{
    uint64_t size = atomic_load_explicit(&v->disk_size, memory_order_relaxed);
    if (length > size || offset > size - length)
        return VHDX_FAIL(-EINVAL, "%" PRIu64 " bytes at %" PRIu64 ": the disk has %" PRIu64, length, offset,
                         size);
    bool keep = state == VHDX_BLOCK_FULLY_PRESENT;
    int r = v->writable ? 0 : VHDX_FAIL(-EROFS, "%s is open for reading", v->path);
    while (length > 0 && r == 0) {
        uint64_t block = offset >> v->geometry.block_shift;
        uint64_t block_at = block << v->geometry.block_shift;
        uint64_t in_disk = vhdx_min(v->geometry.block_size, size - block_at);
        uint64_t step = vhdx_min(length, block_at + in_disk - offset);
        /* In a child even zeroes that shall keep their space are had without any. */
        if (step == in_disk && (!keep || v->geometry.differencing)) {
            uint64_t whole = length >> v->geometry.block_shift;
            if (length == size - block_at) /* up to the disk's end, which may lie inside a block */
                whole = (length + v->geometry.block_size - 1) >> v->geometry.block_shift;
            whole = in_page(&v->geometry, block, whole);
            step = vhdx_min(whole << v->geometry.block_shift, size - block_at);
            r = clear_blocks(v, block, whole, keep ? VHDX_BLOCK_ZERO : state);
        } else {
            r = clear_part(v, offset, step, keep);
        }
        offset += step;
        length -= step;
    }
    return r;
}

int vhdx_discard(struct vhdx *v, uint64_t offset, uint64_t length)
{
    return clear_range(v, offset, length,
                       v->metadata.leave_allocated ? VHDX_BLOCK_FULLY_PRESENT : VHDX_BLOCK_UNMAPPED);
}

int vhdx_write_zeroes(struct vhdx *v, uint64_t offset, uint64_t length, bool may_unmap)
{
    return clear_range(v, offset, length,
                       v->metadata.leave_allocated || !may_unmap ? VHDX_BLOCK_FULLY_PRESENT
                                                                 : VHDX_BLOCK_ZERO);
}
