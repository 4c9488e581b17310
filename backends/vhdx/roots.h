/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where parents may lie, beside the folder of the image that names them: what the process has allowed, for
 * images that are opened without saying so themselves.
 */
#ifndef RSVC_VHDX_ROOTS_H
#define RSVC_VHDX_ROOTS_H

#include <stddef.h>

/* A list to open one image with; its first entry, "", is the image's own folder. */
struct vhdx_roots {
    const char **paths; /* NULL: only that */
    size_t n;
};

/* Absolute folders instead of those before; 0 or a negative errno, and then it stays as it was. */
int vhdx_roots_allow(const char *const paths[], size_t n);
/* A copy of what is allowed now, to be freed. */
int vhdx_roots_take(struct vhdx_roots *roots);
void vhdx_roots_free(struct vhdx_roots *roots);

#endif
