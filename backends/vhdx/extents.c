/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Extents: what of the disk holds data. Blocks that are there are data, except for holes that the file has
 * below them; blocks that are not there are the parent's matter, or holes.
 */
#include "vhdx/extents.h"

#include "vhdx/error.h"

/* The list that is being filled. */
struct list {
    replsvc_extent *extents;
    size_t n, room;
    bool full; /* one more did not fit */
};

static void add(struct list *l, uint64_t offset, uint64_t length, uint32_t flags)
{
    if (l->full)
        return;
    replsvc_extent *last = l->n > 0 ? &l->extents[l->n - 1] : NULL;
    if (last != NULL && last->flags == flags) {
        last->length += length;
        return;
    }
    if (l->n == l->room) {
        l->full = true;
        return;
    }
    l->extents[l->n++] = (replsvc_extent){.offset = offset, .length = length, .flags = flags};
}

static void add_hole(struct list *l, uint64_t offset, uint64_t length)
{
    add(l, offset, length, REPLSVC_EXTENT_HOLE | REPLSVC_EXTENT_ZERO);
}

/* A range that lies at `place` in the file. */
static int add_file(struct vhdx *v, struct list *l, uint64_t offset, uint64_t length, uint64_t place)
{
    while (length > 0 && !l->full) {
        uint64_t end = place + length;
        bool hole = false;
        if (v->file->ops->extent != NULL) {
            uint64_t size = atomic_load(&v->file_size);
            int r = place < size ? v->file->ops->extent(v->file, place, vhdx_min(end, size), &end, &hole) : 0;
            if (r != 0) { /* not known here: data */
                end = place + length;
                hole = false;
            }
        }
        uint64_t step = end - place;
        if (hole)
            add(l, offset, step, REPLSVC_EXTENT_ZERO);
        else
            add(l, offset, step, 0);
        offset += step;
        place += step;
        length -= step;
    }
    return 0;
}

static int walk(struct vhdx *v, struct list *l, uint64_t offset, uint64_t length);

static int add_parent(struct vhdx *v, struct list *l, uint64_t offset, uint64_t length)
{
    if (v->geometry.differencing && v->parent == NULL)
        return VHDX_FAIL(-ENOLINK, "the parent was not opened");
    uint64_t size = v->parent != NULL ? atomic_load(&v->parent->disk_size) : 0;
    uint64_t there = offset < size ? vhdx_min(length, size - offset) : 0;
    int r = there > 0 ? walk(v->parent, l, offset, there) : 0;
    if (r == 0 && there < length)
        add_hole(l, offset + there, length - there);
    return r;
}

static int add_partial(struct vhdx *v, struct list *l, uint64_t block, uint64_t entry, uint64_t offset,
                       uint64_t length)
{
    const struct vhdx_geometry *g = &v->geometry;
    uint64_t sector = UINT64_C(1) << g->sector_shift;
    int r = 0;
    while (length > 0 && r == 0 && !l->full) {
        uint64_t in_block = offset & (g->block_size - 1);
        uint32_t first = (uint32_t)(in_block >> g->sector_shift), run;
        uint32_t n = (uint32_t)(((in_block + length + sector - 1) >> g->sector_shift) - first);
        bool here;
        r = vhdx_bitmap_run(v, block, first, n, &run, &here);
        if (r != 0)
            break;
        uint64_t step = vhdx_min(length, ((uint64_t)(first + run) << g->sector_shift) - in_block);
        r = here ? add_file(v, l, offset, step, VHDX_BAT_OFFSET(entry) + in_block)
                 : add_parent(v, l, offset, step);
        offset += step;
        length -= step;
    }
    return r;
}

static int add_block(struct vhdx *v, struct list *l, uint64_t block, uint64_t offset, uint64_t length)
{
    uint64_t entry;
    int r = vhdx_bat_get(v, vhdx_bat_index(&v->geometry, block), &entry);
    if (r != 0)
        return r;
    switch (VHDX_BAT_STATE(entry)) {
    case VHDX_BLOCK_FULLY_PRESENT:
        return add_file(v, l, offset, length,
                        VHDX_BAT_OFFSET(entry) + (offset & (v->geometry.block_size - 1)));
    case VHDX_BLOCK_PARTIALLY_PRESENT:
        return add_partial(v, l, block, entry, offset, length);
    case VHDX_BLOCK_NOT_PRESENT:
        return add_parent(v, l, offset, length);
    default:
        add_hole(l, offset, length);
        return 0;
    }
}

static int walk(struct vhdx *v, struct list *l, uint64_t offset, uint64_t length)
{
    int r = 0;
    while (length > 0 && r == 0 && !l->full) {
        uint64_t block = offset >> v->geometry.block_shift;
        uint64_t step = vhdx_min(length, ((block + 1) << v->geometry.block_shift) - offset);
        pthread_rwlock_rdlock(vhdx_stripe(v, block));
        r = add_block(v, l, block, offset, step);
        pthread_rwlock_unlock(vhdx_stripe(v, block));
        offset += step;
        length -= step;
    }
    return r;
}

int vhdx_extents(struct vhdx *v, uint64_t offset, uint64_t length, replsvc_extent extents[], size_t *n)
{
    struct list l = {extents, 0, *n, false};
    uint64_t size = atomic_load(&v->disk_size);
    if (*n == 0 || length == 0 || length > size || offset > size - length)
        return VHDX_FAIL(-EINVAL, "extents of no valid range");
    int r = walk(v, &l, offset, length);
    *n = l.n;
    return r;
}
