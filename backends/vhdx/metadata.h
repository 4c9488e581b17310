/* SPDX-License-Identifier: BSD-2-Clause */
/* The metadata region: what kind of disk this is. */
#ifndef RSVC_VHDX_METADATA_H
#define RSVC_VHDX_METADATA_H

#include "vhdx/file.h"
#include "vhdx/region_table.h"

struct vhdx_metadata {
    uint64_t virtual_size;
    uint32_t block_size;
    uint32_t logical_sector;
    uint32_t physical_sector;
    bool leave_allocated; /* fixed */
    bool has_parent;
    struct vhdx_guid disk_id;
    uint64_t size_at;    /* file offset of the VirtualDiskSize item */
    uint64_t locator_at; /* file offset of the parent locator's item, and of its table entry */
    uint64_t locator_entry_at;
    uint32_t locator_length;
    uint64_t items_end; /* file offset behind all items, a multiple of 8 */
};

/* Reads and checks the table and the items of the region. */
int vhdx_metadata_load(struct vhdx_file *f, struct vhdx_range region, struct vhdx_metadata *m);
/* The values alone: sizes and sectors within the format's limits. at: for the message. */
int vhdx_metadata_check(const struct vhdx_metadata *m, uint64_t at);

/* Where a new image's items lie in the region, and the room for its parent locator. */
#define VHDX_METADATA_LENGTH VHDX_MIB
#define VHDX_LOCATOR_OFFSET 0x10028u
#define VHDX_LOCATOR_ROOM (0x20000u - VHDX_LOCATOR_OFFSET)
#define VHDX_METADATA_IMAGE (128u * 1024)
/* Writes the first VHDX_METADATA_IMAGE bytes of a region; locator may be NULL. */
void vhdx_metadata_encode(const struct vhdx_metadata *m, const uint8_t *locator, uint32_t locator_length,
                          uint8_t *region);

/* ---- geometry ---- */

struct vhdx_geometry {
    uint64_t virtual_size;
    uint64_t blocks; /* payload blocks */
    uint64_t bat_entries;
    uint32_t block_size;
    unsigned block_shift;
    unsigned sector_shift; /* of the logical sector */
    unsigned chunk_shift;  /* payload blocks per sector bitmap block */
    bool differencing;
};

void vhdx_geometry_of(const struct vhdx_metadata *m, struct vhdx_geometry *g);

/* Index in the BAT of a payload block, and of the bitmap block of its chunk. */
static inline uint64_t vhdx_bat_index(const struct vhdx_geometry *g, uint64_t block)
{
    return block + (block >> g->chunk_shift);
}

static inline uint64_t vhdx_bitmap_index(const struct vhdx_geometry *g, uint64_t block)
{
    uint64_t chunk = block >> g->chunk_shift;
    return ((chunk + 1) << g->chunk_shift) + chunk;
}

/* Whether a BAT index is a bitmap block's, and which payload block it is otherwise. */
static inline bool vhdx_bat_is_bitmap(const struct vhdx_geometry *g, uint64_t index)
{
    uint64_t per_chunk = (UINT64_C(1) << g->chunk_shift) + 1;
    return index % per_chunk == per_chunk - 1;
}

static inline uint64_t vhdx_bat_block(const struct vhdx_geometry *g, uint64_t index)
{
    return index - index / ((UINT64_C(1) << g->chunk_shift) + 1);
}

#endif
