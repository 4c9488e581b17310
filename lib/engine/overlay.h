/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The overlay of a source: hosts' first overwrites, acknowledged before old data has been kept.
 *
 * Keeping old data durably costs flushes. So a first overwrite is appended to a log (overlay_log.h) and
 * noted here in memory; reads see it; and a thread of the volume carries out what has gathered: keeps all
 * the old data under a few flushes, then writes the new data to the medium, flushes it, and retires the
 * log's generation. Bounded: hosts that write faster than that wait, before they enter the gate.
 *
 * Everything is held by granules (VOLUME_GRANULE). Invariants:
 * - While a granule has a pending write, nobody writes to it on the medium but the volume's thread: later
 *   host writes there go to the overlay too, or wait.
 * - All pending writes of a granule are of one epoch. A write of a later one waits until they are through,
 *   for the new point in time needs them in the medium before it can keep them.
 * - Whoever reads at a point in time sees the pending writes of earlier epochs over the medium, and no
 *   others (points_read finds out if the medium changed under him).
 *
 * Locks: the host's range lock → overlay.lock → log.lock. The thread holds none while it does I/O.
 */
#ifndef RSVC_ENGINE_OVERLAY_H
#define RSVC_ENGINE_OVERLAY_H

#include "engine/overlay_log.h"
#include "engine/volume.h"

/* Larger writes go the plain way: for them a flush is cheap. */
#define OVERLAY_MAX_WRITE (1u << 20)

struct overlay_bucket;

struct overlay {
    struct volume *v;
    struct overlay_log log;
    _Atomic uint64_t bound; /* bytes of one generation that hosts fill before they wait; 0: takes nothing */

    pthread_mutex_t lock;
    pthread_cond_t work;            /* the thread has something to do */
    pthread_cond_t changed;         /* a generation was retired, or could not be */
    struct overlay_bucket *buckets; /* by granule */
    size_t n_buckets;
    _Atomic uint64_t pending;           /* pieces */
    _Atomic uint64_t retired;           /* counts retirements: who read meanwhile reads again */
    struct overlay_record *head, *tail; /* all records, in order */
    bool draining;                      /* a generation is being carried out */
    uint64_t rounds;                    /* that have ended */
    int error;                          /* of the last attempt; 0 = it went well */
    unsigned hurry;                     /* somebody waits */
    bool go, stop;                      /* may it work; must it end */
    pthread_t thread;
};

/* Opens the log of a volume if there is one or make is set. v->overlay stays NULL if there is none. */
int overlay_open(struct volume *v, bool make);
void overlay_close(struct volume *v);
/* The replicas are there: it may write to the medium. */
void overlay_go(struct volume *v);
/* Whatever is left stays in the log. */
void overlay_halt(struct volume *v);
/* Returns when what the thread is carrying out now, if anything, has ended: rounds that begin later see what
 * the caller has changed before. */
void overlay_round_end(struct volume *v);

bool overlay_is_empty(struct volume *v);
/* Before the gate: waits while too much is pending. */
void overlay_throttle(struct volume *v);
/* Whether the write would have to wait for what is pending: better outside the gate, by overlay_wait. */
bool overlay_in_the_way(struct volume *v, const struct volume_write *w);
/* Takes a host's write (its range is locked): 0, or -EAGAIN: it must go the plain way. */
int overlay_write(struct volume *v, const struct volume_write *w, uint64_t epoch);
/* Whether a granule of the range has pending writes. */
bool overlay_covers(struct volume *v, uint64_t offset, uint64_t length);
/* Until none has. */
int overlay_wait(struct volume *v, uint64_t offset, uint64_t length);
/* Until everything that was pending is on the medium. */
int overlay_drain(struct volume *v);
int overlay_sync(struct volume *v);
/* Reads the medium with the pending writes of epochs before `order` over it. */
int overlay_read(struct volume *v, uint64_t order, const struct iovec *iov, int iovcnt, uint64_t offset);

/* overlay_drain.c */
void *overlay_work(void *arg);
/* overlay.c, for it: forgets the pieces and records of a retired generation. */
void overlay_forget(struct overlay *o, uint64_t generation);

#endif
