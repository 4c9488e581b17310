/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The check looks at the file as it is (both headers, both region tables) and then at the image as it reads
 * with its log replayed in memory: metadata, every BAT entry by itself and against all others, bitmaps, the
 * parent. It goes on behind a finding where the rest can still be found.
 */
#include "vhdx/check.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#include "util/alloc.h"
#include "util/fail.h"
#include "vhdx/check_repair.h"
#include "vhdx/parent.h"

static void find(struct vhdx_check *c, uint32_t severity, uint64_t offset, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
static void find(struct vhdx_check *c, uint32_t severity, uint64_t offset, const char *format, ...)
{
    char text[512];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    c->result.notes += severity == REPLSVC_VHDX_NOTE;
    c->result.errors += severity == REPLSVC_VHDX_ERROR;
    c->result.damage += severity == REPLSVC_VHDX_DAMAGE;
    replsvc_vhdx_finding f = {sizeof(f), severity, offset, text};
    if (c->found != NULL && !c->stopped)
        c->stopped = c->found(c->user, &f) != 0;
}

/* What a function of the backend has left as its sentence. */
static void find_error(struct vhdx_check *c, uint32_t severity, uint64_t offset)
{
    char text[512];
    snprintf(text, sizeof(text), "%s", svc_backend_error());
    find(c, severity, offset, "%s", text);
}

/* ---- headers and region tables, as they lie in the file ---- */

static void check_headers(struct vhdx_check *c, struct vhdx *v, uint64_t raw_size)
{
    struct vhdx_header h[2];
    uint8_t data[VHDX_HEADER_SIZE];
    int bad = 0;
    for (unsigned i = 0; i < 2; i++) {
        uint64_t at = VHDX_HEADER_OFFSET(i);
        if (vhdx_file_read(v->file, data, sizeof(data), at) != 0 ||
            vhdx_header_decode(data, i, raw_size, &h[i]) != 0) {
            find_error(c, REPLSVC_VHDX_ERROR, at);
            bad++;
        } else if (!vhdx_all_zero(data + 80, sizeof(data) - 80)) {
            find(c, REPLSVC_VHDX_NOTE, at + 80,
                 "header %u at offset %" PRIu64 ": reserved bytes are not zero", i + 1, at);
        }
    }
    if (bad == 0 && h[0].sequence == h[1].sequence)
        find(c, REPLSVC_VHDX_NOTE, VHDX_HEADER_OFFSET(0), "headers: both have the sequence number %" PRIu64,
             h[0].sequence);
    if (!vhdx_guid_is_zero(&v->header.log) || v->header.log_length != 0)
        return;
    find(c, REPLSVC_VHDX_NOTE, VHDX_HEADER_OFFSET(v->slot), "header: there is no room for a log");
}

static void check_regions_required(struct vhdx_check *c, const uint8_t *table, unsigned copy)
{
    for (uint32_t i = 0; i < vhdx_get32(table, 8); i++) {
        size_t at = 16 + 32 * (size_t)i;
        struct vhdx_guid g = vhdx_get_guid(table, at);
        bool known = vhdx_guid_equal(&g, &vhdx_guid_bat) || vhdx_guid_equal(&g, &vhdx_guid_metadata);
        if (known && !(vhdx_get32(table, at + 28) & VHDX_REGION_REQUIRED))
            find(c, REPLSVC_VHDX_NOTE, VHDX_REGION_TABLE_OFFSET(copy) + at,
                 "region table entry at offset %" PRIu64 ": not flagged as required",
                 VHDX_REGION_TABLE_OFFSET(copy) + at);
    }
}

static int check_region_tables(struct vhdx_check *c, struct vhdx *v)
{
    struct vhdx_range log = {v->header.log_offset, v->header.log_length};
    struct vhdx_regions regions;
    uint8_t *tables = mem_alloc(2 * VHDX_TABLE_SIZE);
    bool good[2] = {false, false};
    int r = tables != NULL ? 0 : -ENOMEM;
    for (unsigned copy = 0; copy < 2 && r == 0; copy++) {
        uint8_t *table = tables + copy * VHDX_TABLE_SIZE;
        r = vhdx_file_read(v->file, table, VHDX_TABLE_SIZE, VHDX_REGION_TABLE_OFFSET(copy));
        if (r != 0)
            break;
        int bad = vhdx_region_table_decode(table, copy, atomic_load(&v->file_size), log, &regions);
        if (bad == -ENOMEM)
            r = bad;
        else if (bad != 0)
            find_error(c, REPLSVC_VHDX_ERROR, VHDX_REGION_TABLE_OFFSET(copy));
        else
            vhdx_regions_free(&regions);
        good[copy] = bad == 0;
        if (good[copy])
            check_regions_required(c, table, copy);
    }
    if (r == 0 && good[0] && good[1] && memcmp(tables, tables + VHDX_TABLE_SIZE, VHDX_TABLE_SIZE) != 0)
        find(c, REPLSVC_VHDX_ERROR, VHDX_REGION_TABLE_OFFSET(1),
             "region table at offset %" PRIu64 ": not the same as the one at offset %" PRIu64,
             VHDX_REGION_TABLE_OFFSET(1), VHDX_REGION_TABLE_OFFSET(0));
    mem_free(tables);
    return r;
}

/* ---- the BAT ---- */

/* Who else has space that an entry wants: marked in `claimed` by the first, in `twice` by every later one. */
struct claims {
    struct vhdx_mbmap claimed, twice;
};

static void count_block(struct vhdx_check *c, uint64_t entry)
{
    unsigned state = VHDX_BAT_STATE(entry);
    c->result.blocks++;
    c->result.blocks_present += state == VHDX_BLOCK_FULLY_PRESENT;
    c->result.blocks_partly_present += state == VHDX_BLOCK_PARTIALLY_PRESENT;
    c->result.blocks_zero += state == VHDX_BLOCK_ZERO || state == VHDX_BLOCK_UNMAPPED;
}

/* Deviations that say nothing about where the content is. */
static void check_entry_form(struct vhdx_check *c, struct vhdx *v, uint64_t index, uint64_t entry)
{
    uint64_t at = vhdx_bat_entry_at(v, index);
    uint64_t fixed = vhdx_repaired_entry(v, index, entry);
    if (fixed == entry)
        return;
    if (vhdx_bat_is_bitmap(&v->geometry, index))
        find(c, REPLSVC_VHDX_ERROR, at, "BAT entry %" PRIu64 " at offset %" PRIu64 ": unused, but not zero",
             index, at);
    else if (VHDX_BAT_STATE(entry) == VHDX_BLOCK_PARTIALLY_PRESENT)
        find(c, REPLSVC_VHDX_ERROR, at,
             "BAT entry %" PRIu64 " at offset %" PRIu64 ": there in part, but there is no parent", index, at);
    else
        find(c, REPLSVC_VHDX_ERROR, at,
             "BAT entry %" PRIu64 " at offset %" PRIu64 ": not there, but it names a place", index, at);
}

static int claim(struct vhdx *v, struct claims *k, uint64_t index, uint64_t entry)
{
    uint64_t first = VHDX_BAT_OFFSET(entry) / VHDX_MIB, n = vhdx_bat_length(v, index, entry) / VHDX_MIB;
    int r = 0;
    for (uint64_t i = first; i < first + n && r == 0; i++)
        r = vhdx_mbmap_set(vhdx_mbmap_any(&k->claimed, i, 1) ? &k->twice : &k->claimed, i, 1);
    return r;
}

static int check_entry(struct vhdx_check *c, struct vhdx *v, struct claims *k, uint64_t index)
{
    const struct vhdx_geometry *g = &v->geometry;
    uint64_t entry, bitmap, at = vhdx_bat_entry_at(v, index);
    int r = vhdx_pages_read64(&v->pages, at, &entry);
    if (r != 0)
        return VHDX_FAIL(r, "BAT at offset %" PRIu64 " cannot be read", at);
    bool is_bitmap = vhdx_bat_is_bitmap(g, index);
    if (!is_bitmap && vhdx_bat_block(g, index) >= g->blocks)
        return 0;
    if (!is_bitmap)
        count_block(c, entry);
    if (vhdx_bat_check(v, index, entry) != 0) {
        find_error(c, REPLSVC_VHDX_DAMAGE, at);
        return 0;
    }
    check_entry_form(c, v, index, entry);
    if (!is_bitmap && g->differencing && VHDX_BAT_STATE(entry) == VHDX_BLOCK_PARTIALLY_PRESENT) {
        r = vhdx_pages_read64(&v->pages, vhdx_bat_entry_at(v, vhdx_bitmap_index(g, vhdx_bat_block(g, index))),
                              &bitmap);
        if (r == 0 && VHDX_BAT_STATE(bitmap) < VHDX_BITMAP_PRESENT)
            find(c, REPLSVC_VHDX_DAMAGE, at,
                 "BAT entry %" PRIu64 " at offset %" PRIu64
                 ": there in part, but its chunk has no sector bitmap",
                 index, at);
    }
    return r == 0 ? claim(v, k, index, entry) : r;
}

/* Every entry whose space was claimed more than once. */
static int name_conflicts(struct vhdx_check *c, struct vhdx *v, const struct claims *k)
{
    int r = 0;
    for (uint64_t index = 0; index < v->geometry.bat_entries && k->twice.count > 0 && r == 0; index++) {
        uint64_t entry, at = vhdx_bat_entry_at(v, index);
        r = vhdx_pages_read64(&v->pages, at, &entry);
        uint64_t length =
            r == 0 && vhdx_bat_check(v, index, entry) == 0 ? vhdx_bat_length(v, index, entry) : 0;
        if (vhdx_mbmap_any(&k->twice, VHDX_BAT_OFFSET(entry) / VHDX_MIB, length / VHDX_MIB))
            find(c, REPLSVC_VHDX_DAMAGE, at,
                 "BAT entry %" PRIu64 " at offset %" PRIu64 ": the space at offset %" PRIu64
                 " belongs to another block too",
                 index, at, VHDX_BAT_OFFSET(entry));
    }
    return r;
}

static void count_unused(struct vhdx_check *c, struct vhdx *v, const struct claims *k)
{
    uint64_t size = atomic_load(&v->file_size), reserved = 0;
    for (size_t i = 0; i < v->regions.n_reserved; i++)
        reserved += v->regions.reserved[i].length;
    uint64_t used = reserved + k->claimed.count * VHDX_MIB;
    c->result.unused_bytes = size > used ? size - used : 0;
    if (c->result.unused_bytes >= VHDX_MIB)
        find(c, REPLSVC_VHDX_NOTE, 0, "%" PRIu64 " bytes of the file belong to nobody",
             c->result.unused_bytes);
}

static int check_bat(struct vhdx_check *c, struct vhdx *v)
{
    struct claims k;
    memset(&k, 0, sizeof(k));
    int r = 0;
    for (uint64_t index = 0; index < v->geometry.bat_entries && r == 0 && !c->stopped; index++)
        r = check_entry(c, v, &k, index);
    if (r == 0)
        r = name_conflicts(c, v, &k);
    if (r == 0)
        count_unused(c, v, &k);
    vhdx_mbmap_destroy(&k.claimed);
    vhdx_mbmap_destroy(&k.twice);
    return r;
}

/* ---- */

static void check_parent(struct vhdx_check *c, struct vhdx *v, const struct vhdx_open_options *options)
{
    if (!v->metadata.has_parent || c->no_parent)
        return;
    int r = vhdx_parent_open(v, options, 0);
    if (r != 0) /* one that may not be looked at is nothing that the image could help */
        find_error(c, r == -EACCES ? REPLSVC_VHDX_NOTE : REPLSVC_VHDX_DAMAGE, v->metadata.locator_at);
    else if (atomic_load(&v->stale_paths))
        find(c, REPLSVC_VHDX_ERROR, v->metadata.locator_at,
             "parent locator at offset %" PRIu64 ": it does not lead to the parent, %.300s, by every path",
             v->metadata.locator_at, v->parent->path);
}

static void check_length(struct vhdx_check *c, struct vhdx *v)
{
    uint64_t last = vhdx_bat_index(&v->geometry, v->geometry.blocks - 1), entry;
    uint64_t size = atomic_load(&v->file_size);
    if (vhdx_bat_get(v, last, &entry) != 0)
        return;
    uint64_t length = vhdx_bat_length(v, last, entry);
    if (length != 0 && VHDX_BAT_OFFSET(entry) + length > size)
        find(c, REPLSVC_VHDX_ERROR, size,
             "the last block, at offset %" PRIu64 ", is cut short at the end of the file",
             VHDX_BAT_OFFSET(entry));
}

int vhdx_check(struct vhdx_store *store, const char *path, struct vhdx_check *c)
{
    struct vhdx_open_options o = {.no_parent = true, .roots = c->roots, .n_roots = c->n_roots};
    struct vhdx *v;
    uint32_t size = c->result.size;
    memset(&c->result, 0, sizeof(c->result));
    c->result.size = size;
    int r = vhdx_open(store, path, &o, &v);
    if (r == VHDX_CORRUPT || r == -ENOTSUP) {
        find_error(c, REPLSVC_VHDX_DAMAGE, 0);
        return 0;
    }
    if (r != 0)
        return r;
    check_headers(c, v, atomic_load(&v->file_size));
    if (!vhdx_guid_is_zero(&v->header.log))
        find(c, REPLSVC_VHDX_ERROR, v->header.log_offset,
             "log at offset %" PRIu64 ": it has changes that must be replayed", v->header.log_offset);
    r = check_region_tables(c, v);
    if (r == 0)
        r = check_bat(c, v);
    if (r == 0) {
        check_length(c, v);
        check_parent(c, v, &o);
    }
    bool dirty = !vhdx_guid_is_zero(&v->header.log);
    vhdx_close(v);
    if (r == 0 && c->repair && c->result.damage == 0 && c->result.errors > 0 && !c->stopped) {
        r = vhdx_repair(store, path, c->roots, c->n_roots);
        c->result.repaired = r == 0;
        c->result.log_replayed = r == 0 && dirty;
    }
    return r;
}
