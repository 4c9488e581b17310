/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The block allocation table. It is read page by page, when a block in the page is first used. An entry is
 * checked by itself each time (a few comparisons), and against all others as they become known: the first
 * use of a page claims the space of all its entries, so that two blocks which share space are found as soon
 * as both pages were seen. What was claimed second is not read, and an image with such a conflict is not
 * written to. Opening costs nothing; a writer sees all of a table of ordinary size before its first change.
 */
#include "vhdx/image.h"

#include <inttypes.h>

#include "util/alloc.h"

#define PER_PAGE (VHDX_PAGE / 8)

int vhdx_bat_init(struct vhdx *v)
{
    struct vhdx_bat *b = &v->bat;
    uint64_t bytes = v->geometry.bat_entries * 8;
    if (bytes > v->regions.bat.length)
        return VHDX_FAIL(VHDX_CORRUPT,
                         "BAT region at offset %" PRIu64 ": %" PRIu64 " bytes for %" PRIu64 " entries",
                         v->regions.bat.offset, v->regions.bat.length, v->geometry.bat_entries);
    /* The region's length bounds the table for the image's life, also when the disk grows in it. */
    b->n_pages = v->regions.bat.length / VHDX_PAGE;
    b->seen = mem_array(b->n_pages / 64 + 1, sizeof(*b->seen));
    return b->seen != NULL ? 0 : -ENOMEM;
}

void vhdx_bat_destroy(struct vhdx *v)
{
    vhdx_mbmap_destroy(&v->bat.claimed);
    mem_free((void *)v->bat.seen);
}

uint64_t vhdx_bat_length(const struct vhdx *v, uint64_t index, uint64_t entry)
{
    bool bitmap = vhdx_bat_is_bitmap(&v->geometry, index);
    if (bitmap && !v->geometry.differencing)
        return 0; /* padding */
    switch (VHDX_BAT_STATE(entry)) {
    case VHDX_BLOCK_FULLY_PRESENT:
    case VHDX_BLOCK_PARTIALLY_PRESENT:
        return bitmap ? VHDX_MIB : v->geometry.block_size;
    case VHDX_BLOCK_UNDEFINED:
    case VHDX_BLOCK_UNMAPPED:
        return !bitmap && VHDX_BAT_OFFSET(entry) != 0 ? v->geometry.block_size : 0;
    default:
        return 0;
    }
}

/* What of it must lie inside the file: some writers cut the last block of the disk short. */
static uint64_t needed_length(const struct vhdx *v, uint64_t index, uint64_t length)
{
    const struct vhdx_geometry *g = &v->geometry;
    if (vhdx_bat_is_bitmap(g, index) || vhdx_bat_block(g, index) + 1 != g->blocks)
        return length;
    return vhdx_min(length, g->virtual_size - ((g->blocks - 1) << g->block_shift));
}

static int check_state(const struct vhdx *v, uint64_t index, uint64_t entry)
{
    unsigned state = VHDX_BAT_STATE(entry);
    bool bitmap = vhdx_bat_is_bitmap(&v->geometry, index);
    bool known = state <= VHDX_BLOCK_UNMAPPED || state >= VHDX_BLOCK_FULLY_PRESENT;
    if (bitmap)
        known = state == VHDX_BITMAP_NOT_PRESENT || state >= VHDX_BITMAP_PRESENT;
    if (!known)
        return VHDX_FAIL(VHDX_CORRUPT, "BAT entry %" PRIu64 " at offset %" PRIu64 ": reserved state %u",
                         index, vhdx_bat_entry_at(v, index), state);
    if (VHDX_BAT_RESERVED(entry) != 0)
        return VHDX_FAIL(VHDX_CORRUPT, "BAT entry %" PRIu64 " at offset %" PRIu64 ": reserved bits are set",
                         index, vhdx_bat_entry_at(v, index));
    return 0;
}

int vhdx_bat_check(const struct vhdx *v, uint64_t index, uint64_t entry)
{
    if (!v->geometry.differencing && vhdx_bat_is_bitmap(&v->geometry, index))
        return 0; /* padding: old writers have left garbage in it */
    int r = check_state(v, index, entry);
    uint64_t length = r == 0 ? vhdx_bat_length(v, index, entry) : 0;
    if (length == 0)
        return r;
    uint64_t offset = VHDX_BAT_OFFSET(entry);
    uint64_t size = atomic_load_explicit(&v->file_size, memory_order_relaxed);
    uint64_t needed = needed_length(v, index, length);
    if (offset > VHDX_MAX_FILE_SIZE || needed > size || offset > size - needed)
        return VHDX_FAIL(VHDX_CORRUPT,
                         "BAT entry %" PRIu64 " at offset %" PRIu64 ": the block at offset %" PRIu64
                         " ends behind the end of the file",
                         index, vhdx_bat_entry_at(v, index), offset);
    if (vhdx_regions_overlap(&v->regions, offset, length))
        return VHDX_FAIL(VHDX_CORRUPT,
                         "BAT entry %" PRIu64 " at offset %" PRIu64 ": the block at offset %" PRIu64
                         " overlaps header, log or a region",
                         index, vhdx_bat_entry_at(v, index), offset);
    return 0;
}

/* ---- claims ---- */

static bool is_seen(const struct vhdx_bat *b, uint64_t page)
{
    return atomic_load_explicit(&b->seen[page / 64], memory_order_acquire) >> (page % 64) & 1;
}

/* Under the lock. */
static int claim(struct vhdx *v, uint64_t index, uint64_t entry)
{
    struct vhdx_bat *b = &v->bat;
    uint64_t length = vhdx_bat_length(v, index, entry);
    bool behind = !vhdx_bat_is_bitmap(&v->geometry, index) &&
                  vhdx_bat_block(&v->geometry, index) >= v->geometry.blocks; /* of a child's last chunk */
    if (length == 0 || behind || vhdx_bat_check(v, index, entry) != 0)
        return 0; /* an entry that is wrong by itself is found whenever it is used */
    uint64_t first = VHDX_BAT_OFFSET(entry) / VHDX_MIB;
    if (!vhdx_mbmap_any(&b->claimed, first, length / VHDX_MIB))
        return vhdx_mbmap_set(&b->claimed, first, length / VHDX_MIB);
    unsigned n = atomic_load_explicit(&b->n_bad, memory_order_relaxed);
    if (n < VHDX_MAX_BAD)
        b->bad[n] = index;
    if (n <= VHDX_MAX_BAD)
        atomic_store_explicit(&b->n_bad, n + 1, memory_order_release);
    return 0;
}

static int claim_page(struct vhdx *v, uint64_t page_number)
{
    struct vhdx_bat *b = &v->bat;
    struct vhdx_page *page;
    int r = vhdx_page_get(&v->pages, v->regions.bat.offset + page_number * VHDX_PAGE, &page);
    if (r != 0)
        return VHDX_FAIL(r, "BAT at offset %" PRIu64 " cannot be read",
                         v->regions.bat.offset + page_number * VHDX_PAGE);
    pthread_mutex_lock(&b->lock);
    for (uint64_t i = 0; i < PER_PAGE && !is_seen(b, page_number) && r == 0; i++) {
        uint64_t index = page_number * PER_PAGE + i;
        /* Nobody changes a page before it was seen. */
        if (index < v->geometry.bat_entries)
            r = claim(v, index, vhdx_get64(page->data, 8 * i));
    }
    if (r == 0)
        atomic_fetch_or_explicit(&b->seen[page_number / 64], UINT64_C(1) << (page_number % 64),
                                 memory_order_release);
    pthread_mutex_unlock(&b->lock);
    vhdx_page_put(&v->pages, page);
    return r;
}

static int check_conflict(struct vhdx *v, uint64_t index, uint64_t entry)
{
    struct vhdx_bat *b = &v->bat;
    unsigned n = atomic_load_explicit(&b->n_bad, memory_order_acquire);
    bool bad = n > VHDX_MAX_BAD;
    for (unsigned i = 0; i < n && i < VHDX_MAX_BAD && !bad; i++)
        bad = b->bad[i] == index; /* written before n_bad counted it, never again */
    if (!bad || vhdx_bat_length(v, index, entry) == 0)
        return 0;
    return VHDX_FAIL(VHDX_CORRUPT,
                     "BAT entry %" PRIu64 " at offset %" PRIu64 ": the space at offset %" PRIu64
                     " belongs to another block too",
                     index, vhdx_bat_entry_at(v, index), VHDX_BAT_OFFSET(entry));
}

int vhdx_bat_see(struct vhdx *v, uint64_t page)
{
    return is_seen(&v->bat, page) ? 0 : claim_page(v, page);
}

/* What everybody who uses an entry checks. */
static int check_entry(struct vhdx *v, uint64_t index, uint64_t *entry)
{
    int r = vhdx_bat_check(v, index, *entry);
    if (r == 0 && atomic_load_explicit(&v->bat.n_bad, memory_order_relaxed) != 0)
        r = check_conflict(v, index, *entry);
    if (r == 0 && VHDX_BAT_STATE(*entry) == VHDX_BLOCK_PARTIALLY_PRESENT &&
        (!v->geometry.differencing || vhdx_bat_is_bitmap(&v->geometry, index)))
        *entry = VHDX_BAT_OFFSET(*entry) | VHDX_BLOCK_FULLY_PRESENT;
    return r;
}

int vhdx_bat_get(struct vhdx *v, uint64_t index, uint64_t *entry)
{
    int r = vhdx_bat_see(v, index / PER_PAGE);
    if (r == 0)
        r = vhdx_pages_read64(&v->pages, vhdx_bat_entry_at(v, index), entry);
    return r == 0 ? check_entry(v, index, entry) : r;
}

int vhdx_bat_peek(struct vhdx *v, uint64_t index, uint64_t *entry)
{
    if (!is_seen(&v->bat, index / PER_PAGE))
        return -EAGAIN;
    int r = vhdx_pages_peek64(&v->pages, vhdx_bat_entry_at(v, index), entry);
    return r == 0 ? check_entry(v, index, entry) : r;
}
