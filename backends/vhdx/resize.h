/* SPDX-License-Identifier: BSD-2-Clause */
/* Changing the size of the disk. */
#ifndef RSVC_VHDX_RESIZE_H
#define RSVC_VHDX_RESIZE_H

#include "vhdx/image.h"

/* Larger or smaller, durable on return; what is gained reads as zeroes. */
int vhdx_resize(struct vhdx *v, uint64_t size);
/* Writes both copies of the region table anew, through the log, from the one that is valid. */
int vhdx_regions_rewrite(struct vhdx *v);

#endif
