/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The points in time of a source: its replicas that are not complete, oldest first.
 *
 * Orders and epochs. Each cut gives its replicas the next order numbers. A write belongs to the epoch that
 * is the highest order when it is accepted: it comes after all points of an order <= its epoch, and before
 * all later ones. Old data is kept for the former only.
 *
 * Who keeps what. Snapshots share: the first overwrite of a region is kept by the newest sharing point
 * (of an order <= the write's epoch), and an older snapshot that lacks a region finds it in the next newer
 * one that has it, else in the source. Points that stand alone (clones) keep for themselves. One rule
 * serves both: a point needs a region kept when it lacks it and what it would read comes from the source.
 * Points are served oldest first, so that when one that is about to leave the chain has a region, the
 * older one that will read without it has been served before.
 *
 * The set is immutable and swapped under the source's closed gate. Host writes use it inside the gate;
 * everybody else takes a reference, and whoever swapped waits for those before he ends what is no longer
 * in it. Readers are optimistic: they find out where the data lies, read, and look again. A write sets the
 * bit before it changes the source, so if the bit is still clear what was read is old.
 */
#ifndef RSVC_ENGINE_POINTS_H
#define RSVC_ENGINE_POINTS_H

#include "engine/replica.h"

struct points {
    unsigned refs; /* volume.points_lock */
    size_t n;
    struct replica *r[]; /* by order, oldest first */
};

/* The current set (NULL: empty) with a reference. */
struct points *points_get(struct volume *v);
void points_put(struct volume *v, struct points *p);

/* New sets, to be swapped in. NULL in *out is the empty set. -ENOMEM */
int points_with(const struct points *old, struct replica *const add[], size_t n, struct points **out);
int points_without(const struct points *old, const struct replica *r, struct points **out);
/* Under the closed gate: returns the old set, for points_retire after the gate is open again. */
struct points *points_swap(struct volume *v, struct points *p);
/* Under the closed gate, needs no memory: waits for all readers and changes the set in place. */
void points_take_out(struct volume *v, const struct replica *r);
/* Waits until nobody uses it any more and frees it. */
void points_retire(struct volume *v, struct points *old);

/* Where r's point in time has the bytes from offset on: a replica (in its store) or NULL (the source).
 * *length: in what is wanted, out how far that holds. r must be in p. */
struct replica *points_find(const struct points *p, const struct replica *r, uint64_t offset,
                            uint64_t *length);

/* Reads r's point in time (not hosts' writes to the target). r must be in the source's current set.
 * *at_fault (may be NULL): the replica whose store failed, or NULL for the source. */
int points_read(struct replica *r, void *buffer, size_t length, uint64_t offset, struct replica **at_fault);

/* Before a write of that epoch to [offset, offset+length) of the medium: everything that a point needs is
 * kept, durable, or the point broken. An error (the source cannot be read, no memory) is the write's. */
int points_keep(struct volume *v, const struct points *p, uint64_t epoch, uint64_t offset, uint64_t length);

/* The same for many, with few flushes. At least one; of one epoch in a row for speed. */
struct keep_range {
    uint64_t epoch, offset, length;
};
int points_keep_all(struct volume *v, const struct points *p, const struct keep_range ranges[], size_t n);

/* Whether r lacks any of these bytes and would read them from the source. */
bool points_needs(const struct points *p, const struct replica *r, uint64_t offset, uint64_t length);

/* The current set, for who keeps old data outside the gate: what part a point plays may change meanwhile.
 * Whoever changes it (under the gate) and then relies on it waits once for those who came before. */
struct points *points_get_keeping(struct volume *v, unsigned *parity);
void points_put_keeping(struct volume *v, struct points *p, unsigned parity);
void points_keepers_barrier(struct volume *v);

/* Whether points_keep would have nothing to do. */
bool points_kept(const struct points *p, uint64_t epoch, uint64_t offset, uint64_t length);

/* Copies what r lacks of [offset, offset+length) into its store, without keep_commit; r's store locks held.
 */
int points_copy_in(struct replica *r, uint64_t offset, uint64_t length, struct replica **at_fault);

#endif
