/* SPDX-License-Identifier: BSD-2-Clause */
/* Reading: what lies together in the file at once, without a lock; else block by block, each under its
 * stripe's shared lock. */
#include "vhdx/image.h"

#include <inttypes.h>

#include "vhdx/iov.h"
#include "vhdx/map.h"

/* Reads from the file; a block that was cut short at the end of the file goes on with zeroes. */
static int read_file(struct vhdx *v, struct vhdx_iov_walk *w, uint64_t offset, uint64_t length)
{
    uint64_t size = atomic_load_explicit(&v->file_size, memory_order_relaxed);
    uint64_t there = offset < size ? vhdx_min(length, size - offset) : 0;
    struct iovec pieces[VHDX_IOV_PIECES];
    for (uint64_t done = 0; done < there;) {
        int n;
        uint64_t step = vhdx_iov_take(w, there - done, pieces, &n);
        int r = vhdx_file_payload(v->file, false, pieces, n, offset + done, w->uncached);
        if (r != 0)
            return VHDX_FAIL(r, "payload at offset %" PRIu64 " cannot be read", offset + done);
        done += step;
    }
    vhdx_iov_zero(w, length - there);
    return 0;
}

static int read_range(struct vhdx *v, struct vhdx_iov_walk *w, uint64_t offset, uint64_t length);

/* What is not in this image: the parent's, or zeroes. */
static int read_parent(struct vhdx *v, struct vhdx_iov_walk *w, uint64_t offset, uint64_t length)
{
    uint64_t there = 0;
    if (v->geometry.differencing && v->parent == NULL)
        return VHDX_FAIL(-ENOLINK, "the parent was not opened");
    uint64_t size = v->parent != NULL ? atomic_load(&v->parent->disk_size) : 0;
    if (offset < size)
        there = vhdx_min(length, size - offset);
    int r = there > 0 ? read_range(v->parent, w, offset, there) : 0;
    if (r == 0)
        vhdx_iov_zero(w, length - there);
    return r;
}

int vhdx_bitmap_run(struct vhdx *v, uint64_t block, uint32_t first, uint32_t n, uint32_t *run, bool *here)
{
    const struct vhdx_geometry *g = &v->geometry;
    uint64_t entry, index = vhdx_bitmap_index(g, block);
    int r = vhdx_bat_get(v, index, &entry);
    if (r != 0)
        return r;
    if (VHDX_BAT_STATE(entry) != VHDX_BITMAP_PRESENT)
        return VHDX_FAIL(VHDX_CORRUPT,
                         "BAT entry %" PRIu64 " at offset %" PRIu64 ": no sector bitmap for block %" PRIu64
                         ", which is there in part",
                         index, vhdx_bat_entry_at(v, index), block);
    uint64_t in_chunk = block & ((UINT64_C(1) << g->chunk_shift) - 1);
    uint64_t bit = (in_chunk << (g->block_shift - g->sector_shift)) + first;
    uint8_t bytes[64];
    *run = 0;
    while (*run < n) {
        /* As much of the page as the buffer holds, from the bit's byte on. */
        uint64_t at = bit / 8;
        size_t size = (size_t)vhdx_min(sizeof(bytes), VHDX_PAGE - at % VHDX_PAGE);
        r = vhdx_pages_read(&v->pages, VHDX_BAT_OFFSET(entry) + at, bytes, size);
        if (r != 0)
            return VHDX_FAIL(r, "sector bitmap at offset %" PRIu64 " cannot be read",
                             VHDX_BAT_OFFSET(entry) + at);
        for (uint64_t end = (at + size) * 8; bit < end && *run < n; bit++, (*run)++) {
            bool set = bytes[bit / 8 - at] >> (bit % 8) & 1;
            if (*run == 0)
                *here = set;
            else if (set != *here)
                return 0;
        }
    }
    return 0;
}

static int read_partial(struct vhdx *v, struct vhdx_iov_walk *w, uint64_t block, uint64_t entry,
                        uint64_t offset, uint64_t length)
{
    const struct vhdx_geometry *g = &v->geometry;
    uint64_t sector = UINT64_C(1) << g->sector_shift;
    int r = 0;
    while (length > 0 && r == 0) {
        uint64_t in_block = offset & (g->block_size - 1);
        uint32_t first = (uint32_t)(in_block >> g->sector_shift);
        uint32_t n = (uint32_t)(((in_block + length + sector - 1) >> g->sector_shift) - first);
        uint32_t run;
        bool here;
        r = vhdx_bitmap_run(v, block, first, n, &run, &here);
        if (r != 0)
            break;
        uint64_t step = vhdx_min(length, ((uint64_t)(first + run) << g->sector_shift) - in_block);
        r = here ? read_file(v, w, VHDX_BAT_OFFSET(entry) + in_block, step) : read_parent(v, w, offset, step);
        offset += step;
        length -= step;
    }
    return r;
}

/* Within one block, under its stripe's lock. */
static int read_block(struct vhdx *v, struct vhdx_iov_walk *w, uint64_t block, uint64_t offset,
                      uint64_t length)
{
    const struct vhdx_geometry *g = &v->geometry;
    uint64_t entry;
    int r = vhdx_bat_get(v, vhdx_bat_index(g, block), &entry);
    if (r != 0)
        return r;
    switch (VHDX_BAT_STATE(entry)) {
    case VHDX_BLOCK_FULLY_PRESENT:
        return read_file(v, w, VHDX_BAT_OFFSET(entry) + (offset & (g->block_size - 1)), length);
    case VHDX_BLOCK_PARTIALLY_PRESENT:
        return read_partial(v, w, block, entry, offset, length);
    case VHDX_BLOCK_NOT_PRESENT:
        return read_parent(v, w, offset, length);
    default:
        vhdx_iov_zero(w, length);
        return 0;
    }
}

int vhdx_read_locked(struct vhdx *v, void *buffer, uint64_t offset, uint64_t length)
{
    struct iovec iov = {buffer, (size_t)length};
    struct vhdx_iov_walk w = {&iov, 1, 0, false};
    return read_block(v, &w, offset >> v->geometry.block_shift, offset, length);
}

static int read_block_locked(struct vhdx *v, struct vhdx_iov_walk *w, uint64_t offset, uint64_t length)
{
    uint64_t block = offset >> v->geometry.block_shift;
    pthread_rwlock_rdlock(vhdx_stripe(v, block));
    int r = read_block(v, w, block, offset, length);
    pthread_rwlock_unlock(vhdx_stripe(v, block));
    return r;
}

static int read_range(struct vhdx *v, struct vhdx_iov_walk *w, uint64_t offset, uint64_t length)
{
    int r = 0;
    while (length > 0 && r == 0) {
        struct vhdx_map m;
        unsigned transit = vhdx_transit_enter(&v->transit);
        r = vhdx_map(v, offset, length, true, &m);
        if (r == 0 && m.kind == VHDX_MAP_FILE)
            r = read_file(v, w, m.place, m.length);
        vhdx_transit_leave(&v->transit, transit);
        if (r == 0 && m.kind == VHDX_MAP_ZEROES)
            vhdx_iov_zero(w, m.length);
        if (r == 0 && m.kind == VHDX_MAP_OTHER) {
            uint64_t in_block = offset & (v->geometry.block_size - 1);
            m.length = vhdx_min(length, v->geometry.block_size - in_block);
            r = read_block_locked(v, w, offset, m.length);
        }
        offset += m.length;
        length -= m.length;
    }
    return r;
}

int vhdx_preadv2(struct vhdx *v, const struct iovec *iov, int iovcnt, uint64_t offset, uint32_t flags)
{
    struct vhdx_iov_walk w = {iov, iovcnt, 0, flags & REPLSVC_BACKEND_IO_UNCACHED};
    uint64_t length = vhdx_iov_length(iov, iovcnt);
    uint64_t size = atomic_load_explicit(&v->disk_size, memory_order_relaxed);
    if (length > size || offset > size - length)
        return VHDX_FAIL(-EINVAL, "read of %" PRIu64 " bytes at %" PRIu64 ": the disk has %" PRIu64, length,
                         offset, size);
    return read_range(v, &w, offset, length);
}
