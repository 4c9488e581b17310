/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The log of a writing session: every change of a metadata page goes through it.
 *
 * A change is: begin (room in the open batch), write the pages, add each, commit. Commit returns when the
 * batch that has the change is written as one entry; whoever comes first writes the batch, and meanwhile the
 * next one gathers. Nothing is flushed by it: a later flush makes the entry durable with all before it, and
 * an entry that a power cut loses takes all behind it along.
 *
 * Pages are written in place by a checkpoint: flush (their entries are durable), write the images that the
 * entries have, flush; then the tail moves on. A sector of the ring is written again only when an entry that
 * names a tail behind it is durable, since that is what a replay would start from. Two sectors stay free:
 * one so that a full ring isn't an empty one, one for an empty entry that says where the tail is.
 *
 * Lock: log.lock for everything here, and for the log's fields of pages. `writing` and `checkpointing` are
 * roles that one thread at a time has; their I/O is done without the lock.
 */
#ifndef RSVC_VHDX_LOG_WRITER_H
#define RSVC_VHDX_LOG_WRITER_H

#include <pthread.h>
#include <stdatomic.h>

#include "vhdx/format.h"
#include "vhdx/pages.h"

struct vhdx;

#define VHDX_LOG_BATCH 64u /* pages of one entry at most */
/* Of a larger ring only so much is in use at a time: it bounds what a checkpoint holds. */
#define VHDX_LOG_USABLE (1u << 20)

/* A page on its way into its place. */
struct vhdx_copy {
    uint64_t offset;
    uint8_t *data;
};

struct vhdx_log {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool started;
    uint32_t length;
    uint32_t usable;
    uint64_t offset;
    uint64_t next_sequence;
    uint32_t head; /* where the next entry goes */
    uint32_t tail; /* what is before it lies in place, durably */
    uint64_t written_sequence, durable_sequence;
    uint32_t written_tail, durable_tail; /* as those entries have it */
    struct vhdx_page *batch[VHDX_LOG_BATCH];
    unsigned n_batch;
    uint64_t open_batch, done_batch; /* numbers; a batch is done when it is written */
    bool writing, checkpointing;
    _Atomic bool checkpoint_due; /* read without the lock */
    struct vhdx_page **dirty;    /* pages whose image is newer than the file */
    unsigned n_dirty;
    uint8_t *entry;           /* the writer's */
    struct vhdx_copy *copies; /* the checkpoint's */
    uint8_t *copy_data;
};

void vhdx_log_init(struct vhdx *v);
void vhdx_log_destroy(struct vhdx *v);
/* Begins a log under a new GUID, which goes to *guid: its first, empty entry is written, not flushed. */
int vhdx_log_start(struct vhdx *v, struct vhdx_guid *guid);

/* Waits for room for n pages and takes the log's lock; on error it is not held. */
int vhdx_log_begin(struct vhdx *v, unsigned n);
/* A pinned page that was or is about to be changed belongs to the change. -ENOMEM: before it was changed. */
int vhdx_log_add(struct vhdx *v, struct vhdx_page *page);
/* Gives the lock back without a change. */
void vhdx_log_abandon(struct vhdx *v);
/* Returns without the lock, when the change is written. */
int vhdx_log_commit(struct vhdx *v);

/* Writes in place if enough has gathered; called without locks, when a write is done with its block. Costs
 * nothing if not. */
int vhdx_log_maintain(struct vhdx *v);
/* Writes everything in place, durably: the log is not needed any more. */
int vhdx_log_drain(struct vhdx *v);

/* What a flush made durable: taken before it, told after it (by sync.c). */
struct vhdx_log_mark {
    uint64_t sequence;
    uint32_t tail;
};
struct vhdx_log_mark vhdx_log_mark(struct vhdx *v);
void vhdx_log_is_durable(struct vhdx *v, struct vhdx_log_mark mark);
uint64_t vhdx_log_written_sequence(struct vhdx *v);
void vhdx_log_wake(struct vhdx *v); /* after poisoning */

#endif
