/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Who depends on an image: a child works only while its parent's content stays as it is. Nothing in a parent
 * names its children, so they are looked for where they usually lie: in the folders of the images at hand
 * and in the roots.
 */
#ifndef RSVC_VHDX_DEPENDENTS_H
#define RSVC_VHDX_DEPENDENTS_H

#include "vhdx/image.h"

/* chain: images of one chain, each the parent of the one before it; all of them may be opened for writing.
 * Whether any image outside the chain is a child of one of chain[from..n): -EBUSY with the sentence. A file
 * counts that names the image's identity, unless its path leads to another copy of it. */
int vhdx_dependents_refuse(struct vhdx_store *store, struct vhdx *const chain[], size_t n, size_t from,
                           const char *const *roots, size_t n_roots);

#endif
