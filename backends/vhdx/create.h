/* SPDX-License-Identifier: BSD-2-Clause */
/* Making new images. */
#ifndef RSVC_VHDX_CREATE_H
#define RSVC_VHDX_CREATE_H

#include "vhdx/file.h"

struct vhdx_create_options {
    uint64_t size;            /* bytes; 0 with a parent: the parent's */
    uint64_t block_size;      /* 0 = 32 MiB, fixed and differencing 2 MiB */
    uint32_t logical_sector;  /* 0 = 512, or the parent's */
    uint32_t physical_sector; /* 0 = 4096, or the parent's */
    bool fixed;
    const char *parent;       /* path, or NULL */
    const char *const *roots; /* where the parent's own parents may lie; NULL: in its folder */
    size_t n_roots;
};

/* The image is whole and durable under its name when this returns 0; otherwise the name does not exist, or
 * belongs to what was there before (-EEXIST). */
int vhdx_create(struct vhdx_store *store, const char *path, const struct vhdx_create_options *options);

#endif
