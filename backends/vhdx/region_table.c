/* SPDX-License-Identifier: BSD-2-Clause */
/* Reading and writing region tables: see region_table.h. */
#include "vhdx/region_table.h"

#include <inttypes.h>
#include <stdlib.h>

#include "util/alloc.h"
#include "vhdx/error.h"

#define SIGNATURE 0x69676572u /* "regi" */
#define ENTRY(i) (16 + 32 * (size_t)(i))

static int compare_guids(const void *a, const void *b)
{
    return memcmp(a, b, sizeof(struct vhdx_guid));
}

static int compare_ranges(const void *a, const void *b)
{
    const struct vhdx_range *x = a, *y = b;
    return x->offset < y->offset ? -1 : x->offset > y->offset;
}

static int check_head(const uint8_t *table, uint64_t at)
{
    if (vhdx_get32(table, 0) != SIGNATURE)
        return VHDX_FAIL(VHDX_CORRUPT, "region table at offset %" PRIu64 ": no signature", at);
    if (vhdx_get32(table, 4) != vhdx_checksum(table, VHDX_TABLE_SIZE, 4))
        return VHDX_FAIL(VHDX_CORRUPT, "region table at offset %" PRIu64 ": wrong checksum", at);
    if (vhdx_get32(table, 8) > VHDX_MAX_ENTRIES)
        return VHDX_FAIL(VHDX_CORRUPT, "region table at offset %" PRIu64 ": %" PRIu32 " entries", at,
                         vhdx_get32(table, 8));
    return 0;
}

static int check_unique(const uint8_t *table, uint32_t n, uint64_t at)
{
    struct vhdx_guid *guids = mem_array(n + 1, sizeof(*guids));
    if (guids == NULL)
        return -ENOMEM;
    for (uint32_t i = 0; i < n; i++)
        guids[i] = vhdx_get_guid(table, ENTRY(i));
    qsort(guids, n, sizeof(*guids), compare_guids);
    bool twice = false;
    for (uint32_t i = 1; i < n; i++)
        twice |= vhdx_guid_equal(&guids[i - 1], &guids[i]);
    mem_free(guids);
    return twice ? VHDX_FAIL(VHDX_CORRUPT, "region table at offset %" PRIu64 ": a region is there twice", at)
                 : 0;
}

static int check_range(struct vhdx_range range, uint64_t at, uint64_t file_size)
{
    if (range.offset < VHDX_MIB || range.offset % VHDX_MIB != 0 || range.length == 0 ||
        range.length % VHDX_MIB != 0)
        return VHDX_FAIL(VHDX_CORRUPT,
                         "region table entry at offset %" PRIu64 ": offset %" PRIu64 " or length %" PRIu64
                         " is not valid",
                         at, range.offset, range.length);
    if (range.offset > file_size || range.length > file_size - range.offset)
        return VHDX_FAIL(VHDX_CORRUPT,
                         "region table entry at offset %" PRIu64 ": the region at offset %" PRIu64
                         " ends behind the end of the file",
                         at, range.offset);
    return 0;
}

static int take_entry(const uint8_t *table, uint32_t i, uint64_t table_at, uint64_t file_size,
                      struct vhdx_regions *regions)
{
    struct vhdx_guid guid = vhdx_get_guid(table, ENTRY(i));
    struct vhdx_range range = {vhdx_get64(table, ENTRY(i) + 16), vhdx_get32(table, ENTRY(i) + 24)};
    uint64_t at = table_at + ENTRY(i);
    int r = check_range(range, at, file_size);
    if (r != 0)
        return r;
    regions->reserved[regions->n_reserved++] = range;
    if (vhdx_guid_equal(&guid, &vhdx_guid_bat)) {
        regions->bat = range;
        regions->bat_entry = i;
    } else if (vhdx_guid_equal(&guid, &vhdx_guid_metadata)) {
        regions->metadata = range;
        regions->metadata_entry = i;
    } else if (vhdx_get32(table, ENTRY(i) + 28) & VHDX_REGION_REQUIRED) {
        char text[VHDX_GUID_TEXT_SIZE];
        vhdx_guid_text(&guid, text);
        return VHDX_FAIL(
            -ENOTSUP, "region table entry at offset %" PRIu64 ": required region %s is not known", at, text);
    }
    return 0;
}

static int check_overlap(struct vhdx_regions *regions, uint64_t table_at)
{
    qsort(regions->reserved, regions->n_reserved, sizeof(*regions->reserved), compare_ranges);
    for (size_t i = 1; i < regions->n_reserved; i++) {
        const struct vhdx_range *a = &regions->reserved[i - 1], *b = &regions->reserved[i];
        if (a->offset + a->length > b->offset)
            return VHDX_FAIL(VHDX_CORRUPT,
                             "region table at offset %" PRIu64 ": regions (or the log) at offsets %" PRIu64
                             " and %" PRIu64 " overlap",
                             table_at, a->offset, b->offset);
    }
    return 0;
}

static int take_entries(const uint8_t *table, uint32_t n, uint64_t at, uint64_t file_size,
                        struct vhdx_regions *regions)
{
    int r = check_unique(table, n, at);
    for (uint32_t i = 0; i < n && r == 0; i++)
        r = take_entry(table, i, at, file_size, regions);
    if (r == 0)
        r = check_overlap(regions, at);
    if (r == 0 && (regions->bat.length == 0 || regions->metadata.length == 0))
        r = VHDX_FAIL(VHDX_CORRUPT, "region table at offset %" PRIu64 ": no %s region", at,
                      regions->bat.length == 0 ? "BAT" : "metadata");
    if (r == 0 && regions->metadata.length > VHDX_MAX_METADATA_LENGTH)
        r = VHDX_FAIL(VHDX_CORRUPT,
                      "region table at offset %" PRIu64 ": a metadata region of %" PRIu64 " bytes", at,
                      regions->metadata.length);
    return r;
}

int vhdx_region_table_decode(const uint8_t *table, unsigned copy, uint64_t file_size, struct vhdx_range log,
                             struct vhdx_regions *regions)
{
    uint64_t at = VHDX_REGION_TABLE_OFFSET(copy);
    memset(regions, 0, sizeof(*regions));
    int r = check_head(table, at);
    if (r != 0)
        return r;
    uint32_t n = vhdx_get32(table, 8);
    regions->reserved = mem_array(n + 2, sizeof(*regions->reserved));
    if (regions->reserved == NULL)
        return -ENOMEM;
    regions->reserved[regions->n_reserved++] = (struct vhdx_range){0, VHDX_MIB};
    if (log.length != 0)
        regions->reserved[regions->n_reserved++] = log;
    r = take_entries(table, n, at, file_size, regions);
    if (r != 0)
        vhdx_regions_free(regions);
    return r;
}

void vhdx_regions_free(struct vhdx_regions *regions)
{
    mem_free(regions->reserved);
    regions->reserved = NULL;
    regions->n_reserved = 0;
}

void vhdx_regions_move(struct vhdx_regions *regions, struct vhdx_range from, struct vhdx_range to)
{
    for (size_t i = 0; i < regions->n_reserved; i++)
        if (regions->reserved[i].offset == from.offset)
            regions->reserved[i] = to;
    qsort(regions->reserved, regions->n_reserved, sizeof(*regions->reserved), compare_ranges);
}

bool vhdx_regions_overlap(const struct vhdx_regions *regions, uint64_t offset, uint64_t length)
{
    size_t low = 0, high = regions->n_reserved; /* the first range that ends behind offset */
    while (low < high) {
        size_t middle = (low + high) / 2;
        const struct vhdx_range *range = &regions->reserved[middle];
        if (range->offset + range->length <= offset)
            low = middle + 1;
        else
            high = middle;
    }
    return low < regions->n_reserved && regions->reserved[low].offset < offset + length;
}

static void put_entry(uint8_t *table, unsigned i, const struct vhdx_guid *guid, struct vhdx_range range)
{
    vhdx_put_guid(table, ENTRY(i), guid);
    vhdx_put64(table, ENTRY(i) + 16, range.offset);
    vhdx_put32(table, ENTRY(i) + 24, (uint32_t)range.length);
    vhdx_put32(table, ENTRY(i) + 28, VHDX_REGION_REQUIRED);
}

void vhdx_region_table_encode(uint8_t *table, struct vhdx_range bat, struct vhdx_range metadata)
{
    memset(table, 0, VHDX_TABLE_SIZE);
    vhdx_put32(table, 0, SIGNATURE);
    vhdx_put32(table, 8, 2);
    put_entry(table, 0, &vhdx_guid_bat, bat);
    put_entry(table, 1, &vhdx_guid_metadata, metadata);
    vhdx_put32(table, 4, vhdx_checksum(table, VHDX_TABLE_SIZE, 4));
}

void vhdx_region_table_move(uint8_t *table, unsigned entry, struct vhdx_range to)
{
    vhdx_put64(table, ENTRY(entry) + 16, to.offset);
    vhdx_put32(table, ENTRY(entry) + 24, (uint32_t)to.length);
    vhdx_put32(table, 4, vhdx_checksum(table, VHDX_TABLE_SIZE, 4));
}
