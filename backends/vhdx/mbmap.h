/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A set of MiB of the file, one bit for each, in pieces that are allocated when a bit in them is first set:
 * memory follows what is in use, not the size of file or disk. Not locked: its owner's lock.
 */
#ifndef RSVC_VHDX_MBMAP_H
#define RSVC_VHDX_MBMAP_H

#include "vhdx/format.h"

#define VHDX_MBMAP_PIECE_BITS 32768u /* 4 KiB for 32 GiB of file */
#define VHDX_MBMAP_PIECES (VHDX_MAX_FILE_SIZE / VHDX_MIB / VHDX_MBMAP_PIECE_BITS)

struct vhdx_mbmap {
    uint64_t **pieces; /* allocated with the first */
    uint64_t count;    /* bits set */
    uint64_t hint;     /* no bit is set below it */
};

void vhdx_mbmap_destroy(struct vhdx_mbmap *m);
/* Whether any MiB of [first, first+n) is in. */
bool vhdx_mbmap_any(const struct vhdx_mbmap *m, uint64_t first, uint64_t n);
/* Puts them in, or nothing: -ENOMEM. */
int vhdx_mbmap_set(struct vhdx_mbmap *m, uint64_t first, uint64_t n);
void vhdx_mbmap_clear(struct vhdx_mbmap *m, uint64_t first, uint64_t n);
/* The next MiB from `from` on that is in, or UINT64_MAX; and the length of its run, up to max. */
uint64_t vhdx_mbmap_next(const struct vhdx_mbmap *m, uint64_t from);
uint64_t vhdx_mbmap_run(const struct vhdx_mbmap *m, uint64_t first, uint64_t max);
/* A run of n that is in: its first, or UINT64_MAX. */
uint64_t vhdx_mbmap_find(struct vhdx_mbmap *m, uint64_t n);

#endif
