/* SPDX-License-Identifier: BSD-2-Clause */
/* Changing sector bitmaps: see bitmap.h. */
#include "vhdx/bitmap.h"

#include <inttypes.h>

/* A block of 256 MiB has 64 KiB of bits; smaller ones share a page. */
#define MAX_PAGES 16

/* The pages that hold a block's bits, and its BAT page. */
struct bits {
    struct vhdx_page *bat;
    struct vhdx_page *pages[MAX_PAGES];
    unsigned n;
    uint64_t first_bit; /* of the block, in the first page */
    uint64_t n_bits;
};

static void put_bits(struct vhdx *v, struct bits *b)
{
    if (b->bat != NULL)
        vhdx_page_put(&v->pages, b->bat);
    for (unsigned i = 0; i < b->n; i++)
        vhdx_page_put(&v->pages, b->pages[i]);
}

static int get_bits(struct vhdx *v, uint64_t block, struct bits *b)
{
    const struct vhdx_geometry *g = &v->geometry;
    uint64_t bitmap;
    memset(b, 0, sizeof(*b));
    int r = vhdx_bat_get(v, vhdx_bitmap_index(g, block), &bitmap);
    if (r != 0)
        return r;
    if (VHDX_BAT_STATE(bitmap) != VHDX_BITMAP_PRESENT)
        return VHDX_FAIL(VHDX_CORRUPT, "BAT entry %" PRIu64 ": no sector bitmap for block %" PRIu64,
                         vhdx_bitmap_index(g, block), block);
    b->n_bits = UINT64_C(1) << (g->block_shift - g->sector_shift);
    uint64_t bit = (block & ((UINT64_C(1) << g->chunk_shift) - 1)) * b->n_bits;
    uint64_t at = VHDX_BAT_OFFSET(bitmap) + bit / 8 / VHDX_PAGE * VHDX_PAGE;
    unsigned n = (unsigned)((bit % (VHDX_PAGE * 8) + b->n_bits + VHDX_PAGE * 8 - 1) / (VHDX_PAGE * 8));
    b->first_bit = bit % (VHDX_PAGE * 8);
    uint64_t entry_at = vhdx_bat_entry_at(v, vhdx_bat_index(g, block));
    r = vhdx_page_get(&v->pages, entry_at - entry_at % VHDX_PAGE, &b->bat);
    while (r == 0 && b->n < n) {
        r = vhdx_page_get(&v->pages, at + (uint64_t)b->n * VHDX_PAGE, &b->pages[b->n]);
        b->n += r == 0;
    }
    if (r != 0) {
        put_bits(v, b);
        return VHDX_FAIL(r, "sector bitmap at offset %" PRIu64 " cannot be read", at);
    }
    return 0;
}

/* Sets or clears the block's bits [first, first+n). Under the log's lock. */
static void change_bits(struct vhdx *v, struct bits *b, uint64_t first, uint64_t n, bool set)
{
    uint64_t bit = b->first_bit + first, end = bit + n;
    while (bit < end) {
        struct vhdx_page *page = b->pages[bit / (VHDX_PAGE * 8)];
        uint64_t in_page = bit % (VHDX_PAGE * 8);
        uint8_t byte = page->data[in_page / 8];
        if (in_page % 8 == 0 && end - bit >= 8) {
            uint8_t whole[512];
            uint64_t bytes = vhdx_min(vhdx_min((end - bit) / 8, VHDX_PAGE - in_page / 8), sizeof(whole));
            memset(whole, set ? 0xff : 0, bytes);
            vhdx_page_write(&v->pages, page, in_page / 8, whole, bytes);
            bit += bytes * 8;
            continue;
        }
        byte = (uint8_t)(set ? byte | 1u << (bit % 8) : byte & ~(1u << (bit % 8)));
        vhdx_page_write(&v->pages, page, in_page / 8, &byte, 1);
        bit++;
    }
}

static bool all_set(const struct bits *b)
{
    for (uint64_t bit = b->first_bit; bit < b->first_bit + b->n_bits;) {
        const uint8_t *data = b->pages[bit / (VHDX_PAGE * 8)]->data;
        uint64_t in_page = bit % (VHDX_PAGE * 8);
        if (data[in_page / 8] != 0xff) /* a block's bits are whole bytes: it has 256 sectors at least */
            return false;
        bit += 8;
    }
    return true;
}

static void write_entry(struct vhdx *v, struct vhdx_page *page, uint64_t index, uint64_t entry)
{
    uint8_t bytes[8];
    vhdx_put64(bytes, 0, entry);
    vhdx_page_write(&v->pages, page, vhdx_bat_entry_at(v, index) % VHDX_PAGE, bytes, sizeof(bytes));
}

/* The BAT pages from one entry to another, pinned. */
static int get_bat_pages(struct vhdx *v, uint64_t first, uint64_t last, struct vhdx_page *pages[2],
                         unsigned *n)
{
    uint64_t at = vhdx_bat_entry_at(v, first), end = vhdx_bat_entry_at(v, last);
    for (at -= at % VHDX_PAGE; at <= end; at += VHDX_PAGE) {
        int r = vhdx_page_get(&v->pages, at, &pages[*n]);
        if (r != 0)
            return VHDX_FAIL(r, "BAT at offset %" PRIu64 " cannot be read", at);
        (*n)++;
    }
    return 0;
}

int vhdx_bat_set_all(struct vhdx *v, const uint64_t indices[], unsigned n, uint64_t entry, uint64_t step)
{
    struct vhdx_page *pages[2];
    unsigned n_pages = 0;
    int r = get_bat_pages(v, indices[0], indices[n - 1], pages, &n_pages);
    if (r == 0)
        r = vhdx_log_begin(v, n_pages);
    if (r == 0) {
        for (unsigned i = 0; i < n_pages && r == 0; i++)
            r = vhdx_log_add(v, pages[i]);
        for (unsigned i = 0; i < n && r == 0; i++) {
            bool second = vhdx_bat_entry_at(v, indices[i]) - pages[0]->offset >= VHDX_PAGE;
            write_entry(v, pages[second], indices[i], entry + i * step);
        }
        if (r == 0)
            r = vhdx_log_commit(v);
        else
            vhdx_log_abandon(v);
    }
    for (unsigned i = 0; i < n_pages; i++)
        vhdx_page_put(&v->pages, pages[i]);
    return r;
}

int vhdx_bat_set(struct vhdx *v, uint64_t index, uint64_t entry)
{
    return vhdx_bat_set_all(v, &index, 1, entry, 0);
}

/* Makes sure that the block's chunk has a bitmap block. */
static int ensure_bitmap(struct vhdx *v, uint64_t block)
{
    uint64_t index = vhdx_bitmap_index(&v->geometry, block), entry, place;
    pthread_mutex_lock(&v->bitmap_lock);
    int r = vhdx_bat_get(v, index, &entry);
    if (r == 0 && VHDX_BAT_STATE(entry) != VHDX_BITMAP_PRESENT) {
        r = vhdx_space_allocate(v, VHDX_MIB, &place);
        if (r == 0) {
            r = vhdx_bat_set(v, index, place | VHDX_BITMAP_PRESENT);
            if (r != 0 && atomic_load(&v->error) == 0)
                vhdx_space_return(v, place, VHDX_MIB);
        }
    }
    pthread_mutex_unlock(&v->bitmap_lock);
    return r;
}

int vhdx_bitmap_add(struct vhdx *v, uint64_t block, uint64_t first, uint64_t n)
{
    struct bits b;
    uint64_t index = vhdx_bat_index(&v->geometry, block);
    int r = get_bits(v, block, &b);
    if (r != 0)
        return r;
    unsigned from = (unsigned)((b.first_bit + first) / (VHDX_PAGE * 8));
    unsigned to = (unsigned)((b.first_bit + first + n - 1) / (VHDX_PAGE * 8));
    r = vhdx_log_begin(v, to - from + 2);
    if (r == 0) {
        for (unsigned i = from; i <= to && r == 0; i++)
            r = vhdx_log_add(v, b.pages[i]);
        if (r != 0) {
            vhdx_log_abandon(v);
        } else {
            uint64_t entry = vhdx_get64(b.bat->data, vhdx_bat_entry_at(v, index) % VHDX_PAGE);
            change_bits(v, &b, first, n, true);
            if (all_set(&b) && vhdx_log_add(v, b.bat) == 0)
                write_entry(v, b.bat, index, VHDX_BAT_OFFSET(entry) | VHDX_BLOCK_FULLY_PRESENT);
            r = vhdx_log_commit(v);
        }
    }
    put_bits(v, &b);
    return r;
}

int vhdx_bitmap_publish(struct vhdx *v, uint64_t block, uint64_t entry, uint64_t first, uint64_t n)
{
    struct bits b;
    int r = ensure_bitmap(v, block);
    if (r == 0)
        r = get_bits(v, block, &b);
    if (r != 0)
        return r;
    r = vhdx_log_begin(v, b.n + 1);
    if (r == 0) {
        r = vhdx_log_add(v, b.bat);
        for (unsigned i = 0; i < b.n && r == 0; i++)
            r = vhdx_log_add(v, b.pages[i]);
        if (r != 0) {
            vhdx_log_abandon(v);
        } else {
            change_bits(v, &b, 0, b.n_bits, false);
            change_bits(v, &b, first, n, true);
            write_entry(v, b.bat, vhdx_bat_index(&v->geometry, block), entry);
            r = vhdx_log_commit(v);
        }
    }
    put_bits(v, &b);
    return r;
}
