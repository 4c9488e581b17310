/* SPDX-License-Identifier: BSD-2-Clause */
/* Merging a child, or a whole chain, into an image that it is based on. */
#ifndef RSVC_VHDX_MERGE_H
#define RSVC_VHDX_MERGE_H

#include "vhdx/image.h"

struct vhdx_merge_options {
    const char *into;   /* path of the ancestor; NULL: the parent */
    bool all;           /* into the chain's first image */
    bool remove;        /* afterwards, the child and everything between */
    bool ignore_others; /* also where other children break by it */
    const char *const *roots;
    size_t n_roots;
};

int vhdx_merge(struct vhdx_store *store, const char *child, const struct vhdx_merge_options *options);

#endif
