/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Space in the file for blocks. What is handed out always reads as zeroes on stable storage, so that a block
 * may name it before its data is flushed: after a power cut it shows zeroes, never another block's bytes.
 *
 * New space comes from the end of the file. Space that was given up goes through pools: `pending` until the
 * log entry that gave it up is durable (a replay may still name it) and no transfer to it is under way,
 * `dirty` until it is zeroed, `zeroed` until the next flush has made that durable, `clean` until it is handed
 * out. Gaps that earlier sessions left begin as dirty. Zeroing and its flush are done for many blocks at
 * once.
 *
 * Lock: space.lock for all of it; the file is made longer under it.
 */
#ifndef RSVC_VHDX_SPACE_H
#define RSVC_VHDX_SPACE_H

#include <pthread.h>
#include <stdatomic.h>

#include "vhdx/mbmap.h"

struct vhdx;

struct vhdx_freed {
    uint64_t first, n; /* MiB */
    uint64_t sequence; /* of the log entry, or an earlier bound */
    uint64_t mark;     /* transit.h */
};

struct vhdx_space {
    pthread_mutex_t lock;
    _Atomic uint64_t used_end; /* everything in use lies below; allocation goes on here */
    struct vhdx_mbmap clean, zeroed, flushing, dirty;
    struct vhdx_freed *pending;
    size_t n_pending, pending_room;
};

void vhdx_space_destroy(struct vhdx *v);
/* Before the first write: some writers cut the last block of the disk short at the end of the file; it gets
 * its whole length. */
int vhdx_space_complete(struct vhdx *v);
/* Before the first allocation: where the file ends, which gaps it has. */
int vhdx_space_start(struct vhdx *v);
/* Space of that length (a multiple of 1 MiB); its offset in the file. */
int vhdx_space_allocate(struct vhdx *v, uint64_t length, uint64_t *offset);
/* Space for several blocks that lie together, as long as there is none to be had one by one: -EAGAIN. */
int vhdx_space_allocate_run(struct vhdx *v, uint64_t length, uint64_t *offset);
/* It was not used after all, or a log entry was written that gives it up. */
void vhdx_space_return(struct vhdx *v, uint64_t offset, uint64_t length);
int vhdx_space_free(struct vhdx *v, uint64_t offset, uint64_t length);
/* Around each flush of the file. */
void vhdx_space_before_sync(struct vhdx *v);
void vhdx_space_after_sync(struct vhdx *v, uint64_t durable_sequence);
/* Gives what was freed back to the file system; nothing depends on it. */
void vhdx_space_trim(struct vhdx *v);
/* At the end of a session: where the file may be cut off. */
uint64_t vhdx_space_end(struct vhdx *v);

#endif
