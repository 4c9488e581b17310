/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Sector bitmaps of a child: which sectors of a block that is there in part are the child's own. Bits change
 * only through the log. The bits of a block count only while the block is PARTIALLY_PRESENT, so that they
 * are set anew, all of them, with the entry that makes it so.
 */
#ifndef RSVC_VHDX_BITMAP_H
#define RSVC_VHDX_BITMAP_H

#include "vhdx/image.h"

/* Sectors [first, first+n) of a PARTIALLY_PRESENT block are there now. Under its stripe's lock, shared at
 * least. All of them there: the block becomes FULLY_PRESENT. */
int vhdx_bitmap_add(struct vhdx *v, uint64_t block, uint64_t first, uint64_t n);
/* The block gets this PARTIALLY_PRESENT entry, and of its sectors only those are there. Exclusively. */
int vhdx_bitmap_publish(struct vhdx *v, uint64_t block, uint64_t entry, uint64_t first, uint64_t n);

#endif
