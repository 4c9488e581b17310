/* SPDX-License-Identifier: BSD-2-Clause */
/* Sharing data between images by reflink. */
#ifndef RSVC_VHDX_CLONE_H
#define RSVC_VHDX_CLONE_H

#include "vhdx/image.h"

/* Whether the file system under the image shares data at all. */
bool vhdx_can_share(struct vhdx *v);

/* The target's range gets the source's content: what the source has in its file, or its parents in theirs,
 * is shared, holes become holes; what cannot be shared (edges that no block of the file system fits) is
 * copied. -EINVAL, -EXDEV, -EOPNOTSUPP: it cannot be, and nothing has changed. */
int vhdx_clone_range(struct vhdx *source, uint64_t source_offset, struct vhdx *target, uint64_t target_offset,
                     uint64_t length);

/* Makes path a new image of what the image holds now, sharing all of the file; a child's copy is a child of
 * the same parent. It has a DataWriteGuid of its own, as it will have a content of its own. */
int vhdx_native_snapshot(struct vhdx *v, const char *path);

#endif
