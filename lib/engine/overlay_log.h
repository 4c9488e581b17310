/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The log behind a volume's overlay: what hosts wrote and were told is written, but what has not reached
 * the medium yet because old data must be kept first. A kill loses nothing of it (it is in the page
 * cache), a power cut nothing that was synced.
 *
 * Two files take turns. A generation is written to one of them: a header, then records one after the
 * other, each with its generation, number and checksum. Records are appended to the newest generation
 * while the one before is carried out; when that is on the medium, durably, its file gets the header of
 * the generation to come, which makes its records void, durably: it is retired. At open everything that
 * is found counts, older generation first.
 *
 * Why that is right: nobody writes to the medium past an entry that is not retired, so replaying one never
 * puts old data over new.
 *
 * A record also tells how far its file was known to be durable. A record that is not whole ends its
 * generation if nothing after it claims that it was synced, as a crash may leave it; else it is damage.
 */
#ifndef RSVC_ENGINE_OVERLAY_LOG_H
#define RSVC_ENGINE_OVERLAY_LOG_H

#include <pthread.h>
#include <stdatomic.h>

#include "state/vfs.h"

#define OVERLAY_HEADER 64u

/* One write, in memory as in the log: OVERLAY_HEADER bytes that the log fills, then the data. */
struct overlay_record {
    struct overlay_record *next; /* of its generation, in order */
    uint64_t generation, epoch, offset, length;
    char *bytes; /* OVERLAY_HEADER + length */
};

struct overlay_file {
    struct vfs_file *file;
    uint64_t generation; /* 0: none */
    bool idle;           /* retired: waits to become the newest */
    uint64_t records;    /* number of the next */
    uint64_t tail;       /* where it goes */
    uint64_t synced;     /* durable up to here */
};

struct overlay_log {
    struct vfs *vfs;
    char name[2][320];
    char identity[128]; /* of the medium it belongs to */
    /* Protected by lock: */
    pthread_mutex_t lock;
    struct overlay_file files[2];
    int active;             /* index */
    _Atomic uint64_t bytes; /* in the active one; read without the lock */
    uint64_t generation;
    int failed;                /* a write or sync failed: nothing is appended any more */
    pthread_mutex_t sync_lock; /* who syncs; before lock */
    bool named;                /* the files' names are durable. sync_lock */
};

/* Opens or makes the log of a volume and hands out what it holds, oldest first; *max_epoch: the highest.
 * -EUCLEAN: damaged beyond what a crash can do; -ESTALE: it belongs to another medium. */
int overlay_log_open(struct overlay_log *l, struct vfs *vfs, const char *volume_id, const char *identity,
                     struct overlay_record **records, uint64_t *max_epoch);
void overlay_log_close(struct overlay_log *l);
bool overlay_log_exists(struct vfs *vfs, const char *volume_id);
/* Both files gone, durably: nothing of it is replayed any more. */
int overlay_log_remove(struct overlay_log *l);

/* In the newest generation, in the order of the calls. Sets r->generation. */
int overlay_log_append(struct overlay_log *l, struct overlay_record *r);
/* Bytes in the newest generation. */
uint64_t overlay_log_bytes(struct overlay_log *l);
/* The generation that is to be carried out next: an older one that is there still, or 0. */
uint64_t overlay_log_older(struct overlay_log *l);
bool overlay_log_failed(struct overlay_log *l);
/* A new generation begins, in the idle file; *old: the one before, which is to be carried out. */
int overlay_log_switch(struct overlay_log *l, uint64_t *old);
/* That generation, the one before the newest, is on the medium, durably. */
int overlay_log_retire(struct overlay_log *l, uint64_t generation);
/* Everything appended before the call is durable. */
int overlay_log_sync(struct overlay_log *l);

#endif
