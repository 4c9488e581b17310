/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Writing a parent locator anew. Table entry and item change in one entry of the log, so that a cut leaves
 * the old locator or the new one.
 */
#ifndef RSVC_VHDX_RELINK_H
#define RSVC_VHDX_RELINK_H

#include "vhdx/image.h"
#include "vhdx/locator.h"

/* The image's locator becomes this one; durable on return. Its log session is begun if need be. */
int vhdx_locator_store(struct vhdx *v, const struct vhdx_locator *l);
/* Paths that do not lead to the opened parent are replaced: the relative one always, the absolute one if it
 * is one of this system (what Windows means by its own cannot be told here, so they stay). */
int vhdx_locator_refresh(struct vhdx *v, struct vhdx_locator *l);
/* Both, for an image whose paths were found stale. What cannot be written stays as it was; an error only if
 * the image is poisoned by it. */
int vhdx_relink(struct vhdx *v);

#endif
