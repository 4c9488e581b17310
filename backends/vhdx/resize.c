/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Changing the size of the disk. One log entry does it: with the new size in the metadata and, where the BAT
 * has moved to a larger region, both region tables. What comes before it touches nothing that counts at the
 * old size (BAT entries behind the end, a copy of the BAT), what comes after it nothing that counts at the
 * new one; so a cut leaves the old disk or the new one.
 *
 * What is gained reads as zeroes: the rest of the last block is zeroed first, and a child whose parent is
 * longer than the child was gets ZERO blocks there. Everything is done under all stripes.
 */
#include "vhdx/resize.h"

#include <inttypes.h>
#include <stdlib.h>

#include "util/alloc.h"
#include "vhdx/iov.h"

#define STEP (64u * 1024)

/* ---- the rest of the last block ---- */

static int write_zeroes(struct vhdx *v, uint64_t block, uint64_t in_block, uint64_t length)
{
    uint8_t *zeroes = mem_zalloc(STEP);
    int r = zeroes != NULL ? 0 : -ENOMEM;
    while (length > 0 && r == 0) {
        struct iovec iov = {zeroes, (size_t)vhdx_min(length, STEP)};
        struct vhdx_iov_walk w = {&iov, 1, 0, false};
        r = vhdx_write_locked(v, &w, block, in_block, iov.iov_len);
        in_block += iov.iov_len;
        length -= iov.iov_len;
    }
    mem_free(zeroes);
    return r;
}

static int clear_last_block(struct vhdx *v)
{
    const struct vhdx_geometry *g = &v->geometry;
    uint64_t in_block = g->virtual_size & (g->block_size - 1), block = g->blocks - 1, entry;
    if (in_block == 0)
        return 0;
    int r = vhdx_bat_get(v, vhdx_bat_index(g, block), &entry);
    if (r != 0)
        return r;
    uint64_t length = g->block_size - in_block;
    bool parent_shows = v->parent != NULL && atomic_load(&v->parent->disk_size) > g->virtual_size;
    switch (VHDX_BAT_STATE(entry)) {
    case VHDX_BLOCK_FULLY_PRESENT:
        r = vhdx_file_zero(v->file, VHDX_BAT_OFFSET(entry) + in_block, length, false);
        return r == 0 ? 0
                      : VHDX_FAIL(r, "payload at offset %" PRIu64 " cannot be zeroed",
                                  VHDX_BAT_OFFSET(entry) + in_block);
    case VHDX_BLOCK_PARTIALLY_PRESENT:
        return write_zeroes(v, block, in_block, length);
    case VHDX_BLOCK_NOT_PRESENT:
        return parent_shows ? write_zeroes(v, block, in_block, length) : 0;
    default:
        return 0;
    }
}

/* ---- entries behind the end ---- */

/* What a block that the disk gains begins with. */
static int new_entry(struct vhdx *v, uint64_t index, uint64_t *entry)
{
    const struct vhdx_geometry *g = &v->geometry;
    uint64_t at = vhdx_bat_block(g, index) << g->block_shift;
    *entry = 0;
    if (vhdx_bat_is_bitmap(g, index))
        return 0;
    if (v->metadata.leave_allocated) {
        int r = vhdx_space_allocate(v, g->block_size, entry);
        if (r == 0)
            r = v->file->ops->allocate(v->file, *entry, g->block_size);
        *entry |= VHDX_BLOCK_FULLY_PRESENT;
        return r == -EOPNOTSUPP ? 0 : r;
    }
    if (v->parent != NULL && at < atomic_load(&v->parent->disk_size))
        *entry = VHDX_BLOCK_ZERO;
    return 0;
}

/* Writes the entries [from, to) of a BAT at that offset; nobody reads them there yet. */
static int write_entries(struct vhdx *v, uint64_t bat, uint64_t from, uint64_t to)
{
    uint8_t *buffer = mem_alloc(STEP);
    int r = buffer != NULL ? 0 : -ENOMEM;
    while (from < to && r == 0) {
        uint64_t n = vhdx_min(STEP / 8, to - from);
        for (uint64_t i = 0; i < n && r == 0; i++) {
            uint64_t entry;
            r = new_entry(v, from + i, &entry);
            vhdx_put64(buffer, 8 * i, entry);
        }
        if (r == 0)
            r = vhdx_file_write(v->file, buffer, 8 * n, bat + 8 * from);
        from += n;
    }
    mem_free(buffer);
    return r == 0 ? 0 : VHDX_FAIL(r, "BAT at offset %" PRIu64 " cannot be written", bat);
}

/* The first entry behind the disk's end; in a child its chunk's bitmap entry still comes behind it. */
static uint64_t entries_begin(const struct vhdx_geometry *g)
{
    return vhdx_bat_index(g, g->blocks);
}

static int extend_in_place(struct vhdx *v, const struct vhdx_geometry *to)
{
    /* A child's table has whole chunks: what the disk gains may begin inside it. */
    uint64_t inside = vhdx_min(v->geometry.bat_entries, entries_begin(to));
    int r = 0;
    for (uint64_t index = entries_begin(&v->geometry); index < inside && r == 0; index++) {
        uint64_t entry;
        if (vhdx_bat_is_bitmap(&v->geometry, index))
            continue;
        r = new_entry(v, index, &entry);
        if (r == 0)
            r = vhdx_bat_set(v, index, entry);
    }
    if (r == 0)
        r = vhdx_log_drain(v); /* no page of the table is on its way into its place */
    if (r == 0)
        r = write_entries(v, v->regions.bat.offset, v->geometry.bat_entries, to->bat_entries);
    if (r == 0)
        vhdx_pages_forget(&v->pages, v->regions.bat.offset, v->regions.bat.length);
    return r == 0 ? vhdx_sync(v) : r;
}

/* ---- a larger BAT ---- */

static int copy_bat(struct vhdx *v, uint64_t to)
{
    uint64_t length = v->geometry.bat_entries * 8, from = v->regions.bat.offset;
    uint8_t *buffer = mem_alloc(STEP);
    int r = buffer != NULL ? 0 : -ENOMEM;
    for (uint64_t done = 0; done < length && r == 0; done += STEP) {
        size_t n = (size_t)vhdx_min(STEP, length - done);
        r = vhdx_file_read(v->file, buffer, n, from + done);
        if (r == 0)
            r = vhdx_file_write(v->file, buffer, n, to + done);
    }
    mem_free(buffer);
    return r == 0 ? 0 : VHDX_FAIL(r, "BAT at offset %" PRIu64 " cannot be copied", from);
}

static int move_bat(struct vhdx *v, const struct vhdx_geometry *to, struct vhdx_range *bat)
{
    bat->length = vhdx_round_up(to->bat_entries * 8, VHDX_MIB);
    int r = vhdx_space_allocate(v, bat->length, &bat->offset);
    if (r != 0)
        return r;
    struct vhdx_range old = v->regions.bat;
    r = vhdx_log_drain(v);
    if (r == 0)
        r = copy_bat(v, bat->offset);
    /* In the copy nothing is in use yet: entries behind the end are new ones. */
    uint64_t from = entries_begin(&v->geometry);
    for (; r == 0 && from < v->geometry.bat_entries; from++)
        if (!vhdx_bat_is_bitmap(&v->geometry, from))
            r = write_entries(v, bat->offset, from, from + 1);
    if (r == 0)
        r = write_entries(v, bat->offset, v->geometry.bat_entries, to->bat_entries);
    if (r == 0)
        r = vhdx_sync(v);
    if (r != 0)
        vhdx_space_return(v, bat->offset, bat->length);
    vhdx_pages_forget(&v->pages, old.offset, old.length);
    return r;
}

/* ---- the entry that does it ---- */

#define TABLE_PAGES (VHDX_TABLE_SIZE / VHDX_PAGE)

struct change {
    struct vhdx_page *pages[2 * TABLE_PAGES + 2];
    unsigned n;
};

static int take_page(struct vhdx *v, struct change *c, uint64_t at)
{
    int r = vhdx_page_get(&v->pages, at - at % VHDX_PAGE, &c->pages[c->n]);
    c->n += r == 0;
    return r == 0 ? 0 : VHDX_FAIL(r, "metadata at offset %" PRIu64 " cannot be read", at);
}

/* Both tables with the BAT's new place. */
static int make_table(struct vhdx *v, struct vhdx_range bat, uint8_t *table)
{
    struct vhdx_regions r;
    struct vhdx_range log = {v->header.log_offset, v->header.log_length};
    int err = VHDX_CORRUPT;
    for (unsigned copy = 0; copy < 2 && err == VHDX_CORRUPT; copy++) {
        err = vhdx_file_read(v->file, table, VHDX_TABLE_SIZE, VHDX_REGION_TABLE_OFFSET(copy));
        if (err == 0)
            err = vhdx_region_table_decode(table, copy, atomic_load(&v->file_size), log, &r);
    }
    if (err != 0)
        return err;
    vhdx_region_table_move(table, r.bat_entry, bat);
    vhdx_regions_free(&r);
    return 0;
}

static void write_change(struct vhdx *v, const struct change *c, const uint8_t *table, uint64_t size)
{
    uint8_t bytes[8];
    vhdx_put64(bytes, 0, size);
    for (unsigned i = 0; i < c->n; i++) {
        struct vhdx_page *page = c->pages[i];
        if (page->offset < VHDX_REGION_TABLE_OFFSET(2)) {
            vhdx_page_write(&v->pages, page, 0,
                            table + (page->offset - VHDX_REGION_TABLE_OFFSET(0)) % VHDX_TABLE_SIZE,
                            VHDX_PAGE);
            continue;
        }
        /* The item may lie across two pages. */
        uint64_t from = v->metadata.size_at > page->offset ? v->metadata.size_at : page->offset;
        uint64_t end = vhdx_min(v->metadata.size_at + 8, page->offset + VHDX_PAGE);
        vhdx_page_write(&v->pages, page, from - page->offset, bytes + (from - v->metadata.size_at),
                        end - from);
    }
}

/* table: NULL where the BAT stays. */
static int log_change(struct vhdx *v, const uint8_t *table, uint64_t size)
{
    struct change c = {.n = 0};
    int r = take_page(v, &c, v->metadata.size_at);
    if (r == 0 && v->metadata.size_at % VHDX_PAGE > VHDX_PAGE - 8)
        r = take_page(v, &c, v->metadata.size_at + 8);
    for (unsigned i = 0; table != NULL && i < 2 * TABLE_PAGES && r == 0; i++)
        r = take_page(v, &c, VHDX_REGION_TABLE_OFFSET(0) + (uint64_t)i * VHDX_PAGE);
    if (r == 0 && (r = vhdx_log_begin(v, c.n)) == 0) {
        for (unsigned i = 0; i < c.n && r == 0; i++)
            r = vhdx_log_add(v, c.pages[i]);
        if (r != 0) {
            vhdx_log_abandon(v);
        } else {
            write_change(v, &c, table, size);
            r = vhdx_log_commit(v);
        }
    }
    for (unsigned i = 0; i < c.n; i++)
        vhdx_page_put(&v->pages, c.pages[i]);
    return r;
}

int vhdx_regions_rewrite(struct vhdx *v)
{
    uint8_t *table = mem_alloc(VHDX_TABLE_SIZE);
    int r = table != NULL ? make_table(v, v->regions.bat, table) : -ENOMEM;
    if (r == 0)
        r = log_change(v, table, v->geometry.virtual_size);
    mem_free(table);
    return r;
}

/* ---- after it ---- */

/* Blocks that the disk has lost: their entries are cleared, their space is given up. */
static int free_blocks(struct vhdx *v, const struct vhdx_geometry *to)
{
    int r = vhdx_sync(v);                                                /* the smaller size is durable */
    uint64_t keep = to->differencing ? to->bat_entries - 1 : UINT64_MAX; /* the last chunk's bitmap */
    for (uint64_t index = entries_begin(to); index < v->geometry.bat_entries && r == 0; index++) {
        uint64_t entry;
        if (index == keep)
            continue;
        r = vhdx_pages_read64(&v->pages, vhdx_bat_entry_at(v, index), &entry);
        if (r != 0 || entry == 0)
            continue;
        bool sound = vhdx_bat_get(v, index, &entry) == 0;
        uint64_t length = sound ? vhdx_bat_length(v, index, entry) : 0;
        r = vhdx_bat_set(v, index, 0);
        if (r == 0 && length > 0)
            r = vhdx_space_free(v, VHDX_BAT_OFFSET(entry), length);
        if (r == 0)
            r = vhdx_log_maintain(v);
    }
    return r;
}

/* The BAT lies elsewhere now. */
static int adopt_bat(struct vhdx *v, struct vhdx_range bat, _Atomic uint64_t *seen)
{
    struct vhdx_range old = v->regions.bat;
    uint64_t words = v->bat.n_pages / 64 + 1;
    for (uint64_t i = 0; i < words; i++)
        atomic_store(&seen[i], atomic_load(&v->bat.seen[i]));
    mem_free((void *)v->bat.seen);
    v->bat.seen = seen;
    v->bat.n_pages = bat.length / VHDX_PAGE;
    vhdx_regions_move(&v->regions, old, bat);
    v->regions.bat = bat;
    pthread_mutex_lock(&v->bat.lock);
    (void)vhdx_mbmap_set(&v->bat.claimed, old.offset / VHDX_MIB, old.length / VHDX_MIB);
    pthread_mutex_unlock(&v->bat.lock);
    return vhdx_space_free(v, old.offset, old.length);
}

static void adopt_geometry(struct vhdx *v, const struct vhdx_geometry *to)
{
    v->geometry.virtual_size = to->virtual_size;
    v->geometry.blocks = to->blocks;
    v->geometry.bat_entries = to->bat_entries;
    v->metadata.virtual_size = to->virtual_size;
    atomic_store(&v->disk_size, to->virtual_size);
}

static int grow(struct vhdx *v, const struct vhdx_geometry *to)
{
    struct vhdx_range bat = v->regions.bat;
    bool moves = to->bat_entries * 8 > bat.length;
    uint8_t *table = moves ? mem_alloc(VHDX_TABLE_SIZE) : NULL;
    uint64_t new_pages = vhdx_round_up(to->bat_entries * 8, VHDX_MIB) / VHDX_PAGE;
    _Atomic uint64_t *seen = moves ? mem_array(new_pages / 64 + 1, sizeof(*seen)) : NULL;
    int r = moves && (table == NULL || seen == NULL) ? -ENOMEM : clear_last_block(v);
    if (r == 0)
        r = moves ? move_bat(v, to, &bat) : extend_in_place(v, to);
    if (r == 0 && moves)
        r = make_table(v, bat, table);
    if (r == 0)
        r = log_change(v, table, to->virtual_size);
    if (r == 0) {
        adopt_geometry(v, to);
        r = moves ? adopt_bat(v, bat, seen) : 0;
        seen = NULL;
    }
    mem_free((void *)seen);
    mem_free(table);
    return r;
}

static int shrink(struct vhdx *v, const struct vhdx_geometry *to)
{
    int r = log_change(v, NULL, to->virtual_size);
    if (r != 0)
        return r;
    atomic_store(&v->disk_size, to->virtual_size);
    r = free_blocks(v, to);
    adopt_geometry(v, to);
    return r;
}

static int resize_locked(struct vhdx *v, uint64_t size)
{
    struct vhdx_metadata m = v->metadata;
    struct vhdx_geometry to;
    if (size == v->geometry.virtual_size)
        return 0;
    m.virtual_size = size;
    vhdx_geometry_of(&m, &to);
    int r = vhdx_session_begin(v, VHDX_SESSION_LOG);
    if (r == 0)
        r = size > v->geometry.virtual_size ? grow(v, &to) : shrink(v, &to);
    return r == 0 ? vhdx_sync(v) : r;
}

int vhdx_resize(struct vhdx *v, uint64_t size)
{
    if (!v->writable)
        return VHDX_FAIL(-EROFS, "%s is open for reading", v->path);
    if (size == 0 || size > VHDX_MAX_VIRTUAL_SIZE || size % v->metadata.logical_sector != 0)
        return VHDX_FAIL(-EINVAL, "a disk of %" PRIu64 " bytes: whole sectors, up to 64 TiB, are possible",
                         size);
    for (int i = 0; i < VHDX_STRIPES; i++)
        pthread_rwlock_wrlock(&v->stripes[i]);
    int r = resize_locked(v, size);
    for (int i = VHDX_STRIPES - 1; i >= 0; i--)
        pthread_rwlock_unlock(&v->stripes[i]);
    return r == 0 ? vhdx_log_maintain(v) : r;
}
