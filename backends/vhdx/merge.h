/* SPDX-License-Identifier: BSD-2-Clause */
/* Merging a child into its parent. */
#ifndef RSVC_VHDX_MERGE_H
#define RSVC_VHDX_MERGE_H

#include "vhdx/image.h"

int vhdx_merge(struct vhdx_store *store, const char *child, const char *const *roots, size_t n_roots);

#endif
