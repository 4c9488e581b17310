/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a volume is made of. For the engine's own files: volume.c (life), volume_io.c (host I/O), taps.c,
 * and those that hang points in time, overlays and restores on it.
 *
 * Locks, in order: engine.open_lock, engine.lock, gate, locks (ranges), then whatever the replicas have.
 * Fields marked "gate" are changed only while the gate is closed on both sides, and read inside it.
 */
#ifndef RSVC_ENGINE_VOLUME_H
#define RSVC_ENGINE_VOLUME_H

#include "engine/engine.h"
#include "engine/events.h"
#include "engine/gate.h"
#include "engine/medium.h"
#include "engine/region_lock.h"
#include "engine/statistics.h"
#include "engine/tap.h"
#include "util/hash.h"

struct points;
struct restore;
struct overlay;
struct copy_limit;

struct engine {
    struct engine_options options;
    struct events events;
    struct copy_limit *background; /* all fills together */
    pthread_mutex_t open_lock;     /* a volume is being opened or closed */
    pthread_mutex_t lock;
    struct hash *volumes;        /* by id. lock */
    struct histogram cut_pause;  /* how long cuts held writes */
    struct gate_helpers helpers; /* the asynchronous queues, which hold requests inside gates */
};

/* Bits of volume.special: why a host's I/O does not go straight to the medium. */
enum {
    SPECIAL_TAPS = 1,
    SPECIAL_VIEW = 2,
    SPECIAL_POINTS = 4,
    SPECIAL_OVERLAY = 8,
    SPECIAL_RESTORE = 16,
    SPECIAL_FROZEN = 32 /* replicas are being loaded or have been put: hosts must not write */
};

struct volume {
    struct engine *engine;
    char *id;
    unsigned refs;     /* engine.lock */
    unsigned n_source; /* replicas of which it is the source. engine.lock */
    bool is_target;    /* engine.lock */
    bool target_whole; /* the target of a complete replica, or of a mirror: may be a source. engine.lock */
    struct medium medium;
    struct gate gate;
    region_slots granules; /* of locks */
    struct region_locks locks;
    /* A line that every write reads, kept apart from what they change. */
    alignas(64) _Atomic uint32_t access; /* VOLUME_HOST_* */
    _Atomic uint32_t special;            /* SPECIAL_*; changed under the closed gate */
    _Atomic uint64_t size;
    struct volume_statistics *statistics; /* a reference; fixed before hosts have it (volume_count_in) */

    struct tap *taps[VOLUME_TAPS]; /* gate */
    size_t n_taps;                 /* gate */
    const struct view_ops *view;   /* gate */
    void *view_user;               /* gate */

    struct overlay *_Atomic overlay; /* set once, under the closed gate; NULL = none */
    struct restore *restore;         /* it shows a replica's content. gate */

    /* Its points in time, as a source (points.h). */
    pthread_mutex_t change_lock;   /* who makes and swaps a new set; before the gate */
    pthread_mutex_t points_lock;   /* references; a leaf */
    pthread_cond_t points_unused;  /* somebody dropped the last reference to a set */
    unsigned keepers[2];           /* who keeps old data outside the gate, by parity. points_lock */
    unsigned parity;               /* of those who come now. points_lock */
    bool handing_down;             /* one removal from the chain at a time. points_lock */
    struct points *_Atomic points; /* gate (writes) */
    _Atomic bool any_alone;        /* one of its points in time stands alone, or has done so. gate (writes) */
    _Atomic uint64_t order;        /* of the newest cut: the epoch of what hosts write. gate (writes) */
};

/* Sets and clears bits of special; the gate is closed. */
void volume_special(struct volume *v, uint32_t set, uint32_t clear);

/* Whether it has taps that see more than where is written. Inside the gate. */
bool volume_has_legs(const struct volume *v);
/* volume_set_view for who has closed the gate. */
void volume_view_closed(struct volume *v, const struct view_ops *ops, void *user);

/* volume_io.c: whether hosts may do that now (inside the gate): 0, or what they get. */
int volume_check(struct volume *v, int side, uint64_t offset, uint64_t length);

/* taps.c: a write that has to pass taps or points in time. Inside the gate. */
int volume_write_tapped(struct volume *v, const struct volume_write *w);
int volume_flush_tapped(struct volume *v);

/* Reads what the source held at the point in time of that order, for bytes that no replica keeps: the
 * medium, and of what has not reached it the writes of an earlier epoch. */
int volume_read_at(struct volume *v, uint64_t order, void *buffer, size_t length, uint64_t offset);

/* Everything that hosts were told is written becomes durable. */
int volume_flush_now(struct volume *v);

/* The write itself, to the medium. */
int volume_write_medium(struct volume *v, const struct volume_write *w);

#endif
