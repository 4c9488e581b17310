/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Merging a child into its parent. The parent's content changes, and with it its DataWriteGuid, by which the
 * child knows it. So the child's locator first gets, as second linkage, the GUID that the parent will have;
 * only then the parent is written, beginning with that GUID. Whatever is in the parent already is what the
 * child shows anyway: at every moment the child opens and reads the same.
 */
#include "vhdx/merge.h"

#include <inttypes.h>

#include "util/alloc.h"
#include "vhdx/parent.h"
#include "vhdx/resize.h"

#define STEP (1u << 20)

struct merge {
    struct vhdx *child, *parent;
    struct vhdx_locator locator;
    uint8_t *buffer;
};

/* ---- the child's locator ---- */

#define MAX_PAGES 40 /* of the longest locator, and the table entry's */

struct edit {
    struct vhdx_page *pages[MAX_PAGES];
    unsigned n;
};

static int take_pages(struct vhdx *v, struct edit *e, uint64_t at, uint64_t length)
{
    int r = 0;
    for (uint64_t page = at / VHDX_PAGE; page <= (at + length - 1) / VHDX_PAGE && r == 0; page++) {
        bool taken = e->n > 0 && e->pages[e->n - 1]->offset == page * VHDX_PAGE;
        if (taken)
            continue;
        if (e->n == MAX_PAGES)
            return -ENAMETOOLONG;
        r = vhdx_page_get(&v->pages, page * VHDX_PAGE, &e->pages[e->n]);
        e->n += r == 0;
    }
    return r;
}

static void write_pages(struct vhdx *v, struct edit *e, uint64_t at, const uint8_t *data, uint64_t length)
{
    for (unsigned i = 0; i < e->n; i++) {
        uint64_t from = e->pages[i]->offset > at ? e->pages[i]->offset : at;
        uint64_t end = vhdx_min(e->pages[i]->offset + VHDX_PAGE, at + length);
        if (from < end)
            vhdx_page_write(&v->pages, e->pages[i], from - e->pages[i]->offset, data + (from - at),
                            end - from);
    }
}

/* In its place if it fits there, else behind all other items; table entry and item change at once. */
static int log_locator(struct vhdx *v, const uint8_t *item, uint32_t length)
{
    struct vhdx_metadata *m = &v->metadata;
    struct edit e = {.n = 0};
    uint64_t at = length <= m->locator_length ? m->locator_at : m->items_end;
    uint8_t place[8];
    if (at + length > v->regions.metadata.offset + v->regions.metadata.length)
        return VHDX_FAIL(-ENOSPC, "parent locator at offset %" PRIu64 ": no room for %" PRIu32 " bytes",
                         m->locator_at, length);
    vhdx_put32(place, 0, (uint32_t)(at - v->regions.metadata.offset));
    vhdx_put32(place, 4, length);
    int r = take_pages(v, &e, m->locator_entry_at + 16, sizeof(place));
    if (r == 0)
        r = take_pages(v, &e, at, length);
    if (r == 0 && (r = vhdx_log_begin(v, e.n)) == 0) {
        for (unsigned i = 0; i < e.n && r == 0; i++)
            r = vhdx_log_add(v, e.pages[i]);
        if (r != 0) {
            vhdx_log_abandon(v);
        } else {
            write_pages(v, &e, m->locator_entry_at + 16, place, sizeof(place));
            write_pages(v, &e, at, item, length);
            r = vhdx_log_commit(v);
        }
    }
    for (unsigned i = 0; i < e.n; i++)
        vhdx_page_put(&v->pages, e.pages[i]);
    if (r == 0) {
        m->items_end = at == m->items_end ? at + vhdx_round_up(length, 8) : m->items_end;
        m->locator_at = at;
        m->locator_length = length;
    }
    return r;
}

static int write_locator(struct merge *m)
{
    uint8_t *item = mem_alloc(VHDX_LOCATOR_ROOM);
    int64_t length = item != NULL ? vhdx_locator_encode(&m->locator, item, VHDX_LOCATOR_ROOM) : -ENOMEM;
    int r = length < 0 ? (int)length : vhdx_session_begin(m->child, VHDX_SESSION_LOG);
    if (r == 0)
        r = log_locator(m->child, item, (uint32_t)length);
    mem_free(item);
    return r == 0 ? vhdx_sync(m->child) : r;
}

/* ---- the data ---- */

static int copy_range(struct merge *m, uint64_t offset, uint64_t length)
{
    int r = 0;
    while (length > 0 && r == 0) {
        struct iovec iov = {m->buffer, (size_t)vhdx_min(length, STEP)};
        r = vhdx_preadv(m->child, &iov, 1, offset);
        if (r == 0)
            r = vhdx_pwritev(m->parent, &iov, 1, offset);
        offset += iov.iov_len;
        length -= iov.iov_len;
    }
    return r;
}

static int copy_partial(struct merge *m, uint64_t block, uint64_t offset, uint64_t length)
{
    const struct vhdx_geometry *g = &m->child->geometry;
    uint32_t first = 0, end = (uint32_t)(length >> g->sector_shift);
    int r = 0;
    while (first < end && r == 0) {
        uint32_t run;
        bool here;
        r = vhdx_bitmap_run(m->child, block, first, end - first, &run, &here);
        if (r == 0 && here)
            r = copy_range(m, offset + ((uint64_t)first << g->sector_shift),
                           (uint64_t)run << g->sector_shift);
        first += run;
    }
    return r;
}

static int merge_block(struct merge *m, uint64_t block)
{
    const struct vhdx_geometry *g = &m->child->geometry;
    uint64_t entry, offset = block << g->block_shift;
    uint64_t length = vhdx_min(g->block_size, g->virtual_size - offset);
    int r = vhdx_bat_get(m->child, vhdx_bat_index(g, block), &entry);
    if (r != 0)
        return r;
    switch (VHDX_BAT_STATE(entry)) {
    case VHDX_BLOCK_NOT_PRESENT:
        return 0;
    case VHDX_BLOCK_FULLY_PRESENT:
        return copy_range(m, offset, length);
    case VHDX_BLOCK_PARTIALLY_PRESENT:
        return copy_partial(m, block, offset, length);
    default:
        return vhdx_write_zeroes(m->parent, offset, length, true);
    }
}

static int merge_data(struct merge *m)
{
    uint64_t size = m->child->geometry.virtual_size;
    int r = 0;
    if (size > m->parent->geometry.virtual_size)
        r = vhdx_resize(m->parent, size);
    for (uint64_t block = 0; block < m->child->geometry.blocks && r == 0; block++)
        r = merge_block(m, block);
    if (r == 0 && size < m->parent->geometry.virtual_size)
        r = vhdx_resize(m->parent, size);
    return r == 0 ? vhdx_flush(m->parent) : r;
}

/* ---- */

static int open_both(struct merge *m, struct vhdx_store *store, const char *path, const char *const *roots,
                     size_t n_roots)
{
    struct vhdx_open_options o = {.writable = true, .no_parent = true, .roots = roots, .n_roots = n_roots};
    int r = vhdx_open(store, path, &o, &m->child);
    if (r != 0)
        return r;
    if (!m->child->metadata.has_parent)
        return VHDX_FAIL(-EINVAL, "%s has no parent", path);
    r = vhdx_parent_locator(m->child, &m->locator);
    if (r == 0)
        r = vhdx_parent_open_writable(m->child, &o);
    m->parent = m->child->parent;
    return r;
}

static int merge(struct merge *m)
{
    struct vhdx_guid now = m->parent->header.data_write;
    m->child->keeps_content = true;
    m->locator.linkage = now;
    int r = vhdx_guid_new(&m->locator.linkage2);
    if (r == 0)
        r = write_locator(m);
    m->parent->next_data_guid = m->locator.linkage2;
    if (r == 0)
        r = merge_data(m);
    /* What the parent is called now, for those who look at the first linkage only. */
    m->locator.linkage = m->parent->header.data_write;
    memset(&m->locator.linkage2, 0, sizeof(m->locator.linkage2));
    if (r == 0)
        r = write_locator(m);
    return r;
}

int vhdx_merge(struct vhdx_store *store, const char *child, const char *const *roots, size_t n_roots)
{
    struct merge m;
    memset(&m, 0, sizeof(m));
    m.buffer = mem_alloc(STEP);
    int r = m.buffer != NULL ? open_both(&m, store, child, roots, n_roots) : -ENOMEM;
    if (r == 0)
        r = merge(&m);
    if (m.child != NULL) {
        m.child->parent = NULL;
        int closed = m.parent != NULL ? vhdx_close(m.parent) : 0;
        r = r != 0 ? r : closed;
        closed = vhdx_close(m.child);
        r = r != 0 ? r : closed;
    }
    vhdx_locator_free(&m.locator);
    mem_free(m.buffer);
    return r;
}
