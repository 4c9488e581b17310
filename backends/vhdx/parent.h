/* SPDX-License-Identifier: BSD-2-Clause */
/* Finding and opening the parent of a child. */
#ifndef RSVC_VHDX_PARENT_H
#define RSVC_VHDX_PARENT_H

#include "vhdx/image.h"
#include "vhdx/locator.h"

/* Reads the image's locator; to be freed by vhdx_locator_free. */
int vhdx_parent_locator(struct vhdx *v, struct vhdx_locator *l);
enum {
    VHDX_PARENT_WRITABLE = 1, /* the parent for writing, locked against all others; not what lies below it */
    VHDX_PARENT_ALONE = 2     /* without what lies below it */
};
/* Opens v->parent and, by that, the rest of the chain. */
int vhdx_parent_open(struct vhdx *v, const struct vhdx_open_options *options, unsigned how);

#endif
