/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Writing. What lies together in the file is overwritten at once, without a lock. Otherwise block by block:
 *
 *   plain image           any block          -> FULLY_PRESENT
 *   child, not there      whole block        -> FULLY_PRESENT
 *                         part               -> PARTIALLY_PRESENT, its bits: exactly what was written
 *   child, there in part  new sectors        -> their bits; all of the block there: FULLY_PRESENT
 *   child, reads as zero  any                -> FULLY_PRESENT (its rest must not show the parent)
 *
 * Whole blocks that are not there are written several at a time, into space that lies together, with one
 * entry of the log for all.
 *
 * New space reads as zeroes, so nothing else of it is written. Where other content than zeroes was visible
 * before (the parent's), the new data is flushed before the log can show it.
 */
#include "vhdx/image.h"

#include <inttypes.h>

#include "vhdx/bitmap.h"
#include "vhdx/iov.h"
#include "vhdx/map.h"

/* A piece of a request: within one block. */
struct piece {
    struct vhdx_iov_walk *walk;
    uint64_t block;
    uint64_t in_block; /* offset in the block */
    uint64_t length;
};

static int write_file(struct vhdx *v, struct vhdx_iov_walk *w, uint64_t offset, uint64_t length)
{
    struct iovec pieces[VHDX_IOV_PIECES];
    int r = vhdx_session_begin(v, VHDX_SESSION_WRITES);
    if (r != 0)
        return r;
    for (uint64_t done = 0; done < length;) {
        int n;
        uint64_t step = vhdx_iov_take(w, length - done, pieces, &n);
        r = vhdx_file_payload(v->file, true, pieces, n, offset + done, w->uncached);
        if (r != 0)
            return VHDX_FAIL(r, "payload at offset %" PRIu64 " cannot be written", offset + done);
        done += step;
    }
    return 0;
}

static bool whole_sectors(const struct vhdx *v, const struct piece *p)
{
    uint64_t mask = v->metadata.logical_sector - 1;
    uint64_t end = (p->block << v->geometry.block_shift) + p->in_block + p->length;
    return (p->in_block & mask) == 0 && (end & mask) == 0;
}

static uint64_t first_sector(const struct vhdx *v, const struct piece *p)
{
    return p->in_block >> v->geometry.sector_shift;
}

static uint64_t n_sectors(const struct vhdx *v, const struct piece *p)
{
    uint64_t end = p->in_block + p->length + v->metadata.logical_sector - 1;
    return (end >> v->geometry.sector_shift) - first_sector(v, p);
}

/* Writes the piece at its block's place and, around it, the rest of the sectors that it cuts, as they read
 * now. The stripe is held exclusively, or the piece has whole sectors. */
static int write_sectors(struct vhdx *v, struct piece *p, uint64_t place)
{
    uint8_t edge[4096];
    uint64_t sector = v->metadata.logical_sector, block_at = p->block << v->geometry.block_shift;
    uint64_t head = p->in_block & (sector - 1);
    uint64_t end = p->in_block + p->length, tail = (sector - (end & (sector - 1))) & (sector - 1);
    int r = 0;
    if (head != 0) {
        r = vhdx_read_locked(v, edge, block_at + p->in_block - head, head);
        if (r == 0)
            r = vhdx_file_write(v->file, edge, head, place + p->in_block - head);
    }
    if (r == 0 && tail != 0) {
        r = vhdx_read_locked(v, edge, block_at + end, tail);
        if (r == 0)
            r = vhdx_file_write(v->file, edge, tail, place + end);
    }
    return r == 0 ? write_file(v, p->walk, place + p->in_block, p->length) : r;
}

/* ---- a block that is there in part ---- */

static int write_partial(struct vhdx *v, struct piece *p, uint64_t entry, bool exclusive, bool *again)
{
    uint64_t n = n_sectors(v, p), first = first_sector(v, p);
    uint32_t run;
    bool here;
    int r = vhdx_bitmap_run(v, p->block, (uint32_t)first, (uint32_t)n, &run, &here);
    if (r != 0)
        return r;
    if (here && run == n)
        return write_file(v, p->walk, VHDX_BAT_OFFSET(entry) + p->in_block, p->length);
    if (!exclusive && !whole_sectors(v, p)) {
        *again = true;
        return 0;
    }
    r = vhdx_session_begin(v, VHDX_SESSION_LOG);
    if (r == 0)
        r = write_sectors(v, p, VHDX_BAT_OFFSET(entry));
    if (r == 0)
        r = vhdx_sync(v);
    return r == 0 ? vhdx_bitmap_add(v, p->block, first, n) : r;
}

/* ---- a block that is not there ---- */

/* Its space: what it has kept from earlier, zeroed, or new one. */
static int block_space(struct vhdx *v, uint64_t index, uint64_t entry, uint64_t *place)
{
    uint64_t length = vhdx_bat_length(v, index, entry);
    if (length == 0)
        return vhdx_space_allocate(v, v->geometry.block_size, place);
    *place = VHDX_BAT_OFFSET(entry);
    int r = vhdx_file_zero(v->file, *place, length, false);
    return r == 0 ? vhdx_sync(v) : VHDX_FAIL(r, "payload at offset %" PRIu64 " cannot be zeroed", *place);
}

static int publish_block(struct vhdx *v, struct piece *p, uint64_t entry)
{
    if (VHDX_BAT_STATE(entry) == VHDX_BLOCK_PARTIALLY_PRESENT)
        return vhdx_bitmap_publish(v, p->block, entry, first_sector(v, p), n_sectors(v, p));
    return vhdx_bat_set(v, vhdx_bat_index(&v->geometry, p->block), entry);
}

/* Under the stripe's exclusive lock. */
static int write_new(struct vhdx *v, struct piece *p, uint64_t old)
{
    const struct vhdx_geometry *g = &v->geometry;
    uint64_t index = vhdx_bat_index(g, p->block), place;
    uint64_t last = g->virtual_size - (p->block << g->block_shift);
    bool whole = p->in_block == 0 && p->length == vhdx_min(g->block_size, last);
    bool shows_parent = g->differencing && VHDX_BAT_STATE(old) == VHDX_BLOCK_NOT_PRESENT;
    bool partial = shows_parent && !whole;
    int r = vhdx_session_begin(v, VHDX_SESSION_LOG);
    if (r == 0)
        r = vhdx_bat_see_more(v);
    if (r == 0)
        r = block_space(v, index, old, &place);
    if (r != 0)
        return r;
    r = partial ? write_sectors(v, p, place) : write_file(v, p->walk, place + p->in_block, p->length);
    if (r == 0 && shows_parent)
        r = vhdx_sync(v);
    if (r == 0)
        r = publish_block(v, p, place | (partial ? VHDX_BLOCK_PARTIALLY_PRESENT : VHDX_BLOCK_FULLY_PRESENT));
    if (r != 0 && vhdx_bat_length(v, index, old) == 0 && atomic_load(&v->error) == 0)
        vhdx_space_return(v, place, g->block_size);
    return r;
}

/* Under the stripe's exclusive lock. */
static int write_any(struct vhdx *v, struct piece *p)
{
    uint64_t entry;
    bool again = false;
    int r = vhdx_bat_get(v, vhdx_bat_index(&v->geometry, p->block), &entry);
    if (r != 0)
        return r;
    if (VHDX_BAT_STATE(entry) == VHDX_BLOCK_FULLY_PRESENT)
        return write_file(v, p->walk, VHDX_BAT_OFFSET(entry) + p->in_block, p->length);
    if (VHDX_BAT_STATE(entry) == VHDX_BLOCK_PARTIALLY_PRESENT)
        return write_partial(v, p, entry, true, &again);
    return write_new(v, p, entry);
}

int vhdx_write_locked(struct vhdx *v, struct vhdx_iov_walk *w, uint64_t block, uint64_t in_block,
                      uint64_t length)
{
    struct piece p = {w, block, in_block, length};
    return write_any(v, &p);
}

static int write_piece_exclusively(struct vhdx *v, struct piece *p)
{
    pthread_rwlock_wrlock(vhdx_stripe(v, p->block));
    int r = write_any(v, p);
    pthread_rwlock_unlock(vhdx_stripe(v, p->block));
    return r;
}

static int write_piece(struct vhdx *v, struct piece *p)
{
    uint64_t entry;
    bool again = false;
    pthread_rwlock_rdlock(vhdx_stripe(v, p->block));
    int r = vhdx_bat_get(v, vhdx_bat_index(&v->geometry, p->block), &entry);
    if (r == 0 && VHDX_BAT_STATE(entry) == VHDX_BLOCK_FULLY_PRESENT)
        r = write_file(v, p->walk, VHDX_BAT_OFFSET(entry) + p->in_block, p->length);
    else if (r == 0 && VHDX_BAT_STATE(entry) == VHDX_BLOCK_PARTIALLY_PRESENT)
        r = write_partial(v, p, entry, false, &again);
    else
        again = r == 0;
    pthread_rwlock_unlock(vhdx_stripe(v, p->block));
    return again ? write_piece_exclusively(v, p) : r;
}

/* ---- several blocks ---- */

#define RUN (VHDX_STRIPES / 2) /* of blocks at once */

/* Whether n blocks, whose stripes are held, have neither data nor space. indices: of their BAT entries. */
static int all_new(struct vhdx *v, uint64_t block, unsigned n, uint64_t indices[RUN], bool *are)
{
    int r = 0;
    *are = true;
    for (unsigned i = 0; i < n && r == 0 && *are; i++) {
        uint64_t entry;
        indices[i] = vhdx_bat_index(&v->geometry, block + i);
        r = vhdx_bat_get(v, indices[i], &entry);
        *are = r == 0 && vhdx_bat_length(v, indices[i], entry) == 0;
    }
    return r;
}

/* Under the stripes' exclusive locks. *done: false if each has to be written by itself, and nothing was. */
static int write_new_run(struct vhdx *v, struct vhdx_iov_walk *w, uint64_t block, unsigned n, bool *done)
{
    uint64_t length = (uint64_t)n << v->geometry.block_shift, place, indices[RUN];
    int r = all_new(v, block, n, indices, done);
    if (r != 0 || !*done)
        return r;
    r = vhdx_session_begin(v, VHDX_SESSION_LOG);
    if (r == 0)
        r = vhdx_bat_see_more(v);
    if (r == 0)
        r = vhdx_space_allocate_run(v, length, &place);
    if (r != 0) {
        *done = false; /* one block may still find its space; and if not, says so */
        return 0;
    }
    r = write_file(v, w, place, length);
    if (r == 0 && v->geometry.differencing)
        r = vhdx_sync(v); /* the parent may have been seen there */
    if (r == 0)
        r = vhdx_bat_set_all(v, indices, n, place | VHDX_BLOCK_FULLY_PRESENT, v->geometry.block_size);
    if (r != 0 && atomic_load(&v->error) == 0)
        vhdx_space_return(v, place, length);
    return r;
}

/* Writes at the beginning of what is left of the request; *step: how much. */
static int write_next(struct vhdx *v, struct vhdx_iov_walk *w, uint64_t offset, uint64_t length,
                      uint64_t *step)
{
    const struct vhdx_geometry *g = &v->geometry;
    struct piece p = {w, offset >> g->block_shift, offset & (g->block_size - 1), 0};
    unsigned whole = p.in_block == 0 ? (unsigned)vhdx_min(length >> g->block_shift, RUN) : 0;
    bool done = false;
    int r = 0;
    if (whole > 1) {
        vhdx_stripes_lock(v, p.block, whole);
        r = write_new_run(v, w, p.block, whole, &done);
        vhdx_stripes_unlock(v, p.block, whole);
    }
    if (done) {
        *step = (uint64_t)whole << g->block_shift;
        return r;
    }
    *step = p.length = vhdx_min(length, g->block_size - p.in_block);
    return r == 0 ? write_piece(v, &p) : r;
}

/* ---- a request ---- */

/* What lies together is overwritten; *step: how much, 0 if nothing is there. */
static int overwrite(struct vhdx *v, struct vhdx_iov_walk *w, uint64_t offset, uint64_t length,
                     uint64_t *step)
{
    struct vhdx_map m;
    unsigned transit = vhdx_transit_enter(&v->transit);
    int r = vhdx_map(v, offset, length, true, &m);
    bool there = r == 0 && m.kind == VHDX_MAP_FILE;
    if (there)
        r = write_file(v, w, m.place, m.length);
    vhdx_transit_leave(&v->transit, transit);
    *step = there ? m.length : 0;
    return r;
}

int vhdx_pwritev2(struct vhdx *v, const struct iovec *iov, int iovcnt, uint64_t offset, uint32_t flags)
{
    struct vhdx_iov_walk w = {iov, iovcnt, 0, flags & REPLSVC_BACKEND_IO_UNCACHED};
    uint64_t length = vhdx_iov_length(iov, iovcnt);
    uint64_t size = atomic_load_explicit(&v->disk_size, memory_order_relaxed);
    if (length > size || offset > size - length)
        return VHDX_FAIL(-ENOSPC, "write of %" PRIu64 " bytes at %" PRIu64 ": the disk has %" PRIu64, length,
                         offset, size);
    int r = v->writable ? 0 : VHDX_FAIL(-EROFS, "%s is open for reading", v->path);
    while (length > 0 && r == 0) {
        uint64_t step;
        r = overwrite(v, &w, offset, length, &step);
        if (r == 0 && step == 0)
            r = write_next(v, &w, offset, length, &step);
        offset += step;
        length -= step;
    }
    return r == 0 ? vhdx_log_maintain(v) : r;
}

int vhdx_flush(struct vhdx *v)
{
    int r = atomic_load(&v->error);
    if (r != 0)
        return VHDX_FAIL(r, "%s: an earlier I/O error has ended writing", v->path);
    if (!v->writable || atomic_load(&v->session) == VHDX_SESSION_NONE)
        return 0;
    r = vhdx_sync(v);
    if (r == 0)
        vhdx_space_trim(v);
    return r;
}
