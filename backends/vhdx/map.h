/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where a range of the disk lies, for transfers without locks. The caller is in transit (transit.h) from
 * before it asks until its transfer has ended. The stripe of each block is held only for the look: so a block
 * that is there is there for good, in the log too, not one that is about to be.
 */
#ifndef RSVC_VHDX_MAP_H
#define RSVC_VHDX_MAP_H

#include "vhdx/image.h"

enum vhdx_map_kind {
    VHDX_MAP_FILE,   /* in the file, at `place` */
    VHDX_MAP_ZEROES, /* nowhere, and no parent has it */
    VHDX_MAP_OTHER   /* anything else: for those who lock the block; its length says nothing */
};

struct vhdx_map {
    enum vhdx_map_kind kind;
    uint64_t place;
    uint64_t length; /* of the run from the offset on that is so, not beyond what was asked for */
};

/* patient: waits for locks and for the table to be read; else what would have to be waited for is
 * VHDX_MAP_OTHER. The range is inside the disk. */
int vhdx_map(struct vhdx *v, uint64_t offset, uint64_t length, bool patient, struct vhdx_map *m);

#endif
