/* SPDX-License-Identifier: BSD-2-Clause */
/* What of the disk holds data. */
#ifndef RSVC_VHDX_EXTENTS_H
#define RSVC_VHDX_EXTENTS_H

#include <replsvc/volume.h>

#include "vhdx/image.h"

/* Extents of [offset, offset+length), in order, without gaps; *n: in the room, out the number (>= 1). */
int vhdx_extents(struct vhdx *v, uint64_t offset, uint64_t length, replsvc_extent extents[], size_t *n);

#endif
