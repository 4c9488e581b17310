/* SPDX-License-Identifier: BSD-2-Clause */
/* The region table: where BAT and metadata lie, and which ranges of the file belong to others. */
#ifndef RSVC_VHDX_REGION_TABLE_H
#define RSVC_VHDX_REGION_TABLE_H

#include "vhdx/format.h"

/* A range of the file that holds no blocks. */
struct vhdx_range {
    uint64_t offset;
    uint64_t length;
};

struct vhdx_regions {
    struct vhdx_range bat;
    struct vhdx_range metadata;
    unsigned bat_entry, metadata_entry; /* their places in the table */
    /* The header section, the log and every region, known or not, sorted by offset; none overlap. */
    struct vhdx_range *reserved;
    size_t n_reserved;
};

/* Decodes one copy of the table (0 or 1). log: as the header has it (length 0: none). On success
 * regions->reserved is the caller's, to be freed by vhdx_regions_free. */
int vhdx_region_table_decode(const uint8_t *table, unsigned copy, uint64_t file_size, struct vhdx_range log,
                             struct vhdx_regions *regions);
void vhdx_regions_free(struct vhdx_regions *regions);
/* One of the reserved ranges is another now. */
void vhdx_regions_move(struct vhdx_regions *regions, struct vhdx_range from, struct vhdx_range to);
/* Whether [offset, offset+length) touches a reserved range. */
bool vhdx_regions_overlap(const struct vhdx_regions *regions, uint64_t offset, uint64_t length);

/* A table of the two regions (VHDX_TABLE_SIZE bytes). */
void vhdx_region_table_encode(uint8_t *table, struct vhdx_range bat, struct vhdx_range metadata);
/* Changes the place of one entry and the checksum. */
void vhdx_region_table_move(uint8_t *table, unsigned entry, struct vhdx_range to);

#endif
