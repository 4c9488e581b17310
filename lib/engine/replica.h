/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a replica is made of. For the engine's own files.
 *
 * Its target's medium is its *store*: a region whose bit is set in `kept` lies there, at its own offset,
 * as it was at the point in time (a clone's host writes included). Bits are only ever set, and only after
 * the store was flushed, and the source's new data goes to its medium only after the bit is durable: that
 * is keep_commit, and it is the one way in which bits are set. Bits are cleared only when nobody can see.
 *
 * Two parts that it may play for its source, changed under the source's closed gate:
 *   shares    older snapshots read through it: what is kept here must not change. Snapshots.
 *   alone     it gets its own copy of everything that is overwritten: clones, detaching snapshots.
 *   newest    (shares, not leaving) first overwrites go to the newest of these only.
 *
 * Locks: store_locks (regions being copied into the store) → keeper.lock; lock (state) is a leaf;
 * break_lock is held across the writing of the mark.
 */
#ifndef RSVC_ENGINE_REPLICA_H
#define RSVC_ENGINE_REPLICA_H

#include "engine/mark.h"
#include "engine/volume.h"
#include "state/map.h"

/* Regions to be made durable together (keep.c). */
struct keep_request {
    uint64_t first, count;
    int result;
    bool done;
    struct keep_request *next;
};
struct keeper {
    pthread_mutex_t lock;
    pthread_cond_t done;
    struct keep_request *waiting;
    bool leading; /* somebody flushes and commits */
};

struct own;
struct track;

struct replica {
    struct engine *engine;
    char *id;
    enum replica_kind kind;
    uint32_t region_size, shift;
    struct volume *source, *target;
    bool read_only;
    _Atomic bool zeroed; /* the store reads as zeroes where nothing was kept */
    bool map_lost;       /* at load: nobody knows what it kept */

    struct map *kept;
    struct region_locks store_locks;
    struct keeper keeper;
    struct own *_Atomic own;  /* snapshot: what hosts wrote to the target; NULL until the first write */
    pthread_mutex_t own_lock; /* making it */

    struct sync_statistics *statistics; /* a reference */

    struct track *track; /* a clone's differences from its source, or NULL */

    uint64_t order;      /* set under the source's closed gate, before it joins */
    _Atomic bool shares; /* see above */
    _Atomic bool alone;
    _Atomic bool leaving;
    _Atomic bool broken;
    _Atomic bool skewed;    /* told */
    _Atomic bool restoring; /* its source shows its content */
    bool again;             /* this activation found the target whole but for differences */
    bool complete;          /* all of the target is its own */

    pthread_mutex_t lock;
    enum replica_state state;      /* lock; BROKEN is told by broken */
    int error;                     /* lock */
    char error_text[256];          /* lock */
    int64_t when_cut_us, pause_us; /* lock */
    pthread_mutex_t break_lock;
    struct mark mark; /* break_lock */

    struct event_source events;
};

/* Names of its files in the state directory. */
#define REPLICA_NAME_SIZE 320
void replica_file(const struct replica *r, const char *what, char name[REPLICA_NAME_SIZE]);

enum replica_state replica_get_state(struct replica *r);
void replica_set_state(struct replica *r, enum replica_state state);
uint64_t replica_regions(const struct replica *r);
/* Bytes of [first, first+count) regions, the last one cut at the end of the source. */
uint64_t replica_bytes(const struct replica *r, uint64_t first, uint64_t count);

/* keep.c: flushes the store, then sets the bits and makes them durable; together with others who wait for
 * the same. The regions' store locks are held, or nobody else can want these regions. */
int keep_commit(struct replica *r, uint64_t first, uint64_t count);
/* The same for a list (linked by next, not empty), as one. */
int keep_commit_all(struct replica *r, struct keep_request *list);
int keeper_init(struct keeper *k);
void keeper_destroy(struct keeper *k);

/* broken.c: from now on its source goes on without it. Returns when that is durable (as far as it can be). */
void replica_break(struct replica *r, int err, const char *format, ...) __attribute__((format(printf, 3, 4)));
void replica_skewed(struct replica *r);

/* activate.c: a loaded one takes its place; one that is put leaves it without a trace. */
int replica_join_loaded(struct replica *r);
void replica_leave_closing(struct replica *r);
/* Takes it out of its source's set, under the source's gate, and waits for those who still read by it. */
int replica_leave_points(struct replica *r);
/* Nobody looks into its store for another point in time, now and later. */
int replica_stop_sharing(struct replica *r);
/* The target shows the replica (a view), or is a plain image. */
void replica_show(struct replica *r, bool view);

/* replica.c: the object of one whose files are gone. */
void replica_free_removed(struct replica *r);
int replica_remove_files(struct replica *r);

/* An empty map in place of the old one; nobody uses it. */
int replica_empty_map(struct replica *r, const char *what, struct map **map);

extern const struct view_ops clone_view, snapshot_view;
/* view.c: reads what the target shows into flat memory, hosts' writes included, broken or not. */
int replica_read_content(struct replica *r, void *buffer, size_t length, uint64_t offset);
/* What hosts wrote to the target is durable. */
int replica_flush_content(struct replica *r);

#endif
