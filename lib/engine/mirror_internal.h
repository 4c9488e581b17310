/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a mirror is made of. For the engine's mirror files.
 *
 * A mirror has two sides; `from` says which of them is the source now. Both have a tap from the start until
 * it is idle again. The tap of the source's side writes the second leg while COPYING or IN_SYNC and marks
 * while APART; the tap of the target's side marks while APART and does nothing otherwise (then what passes
 * there are the legs themselves).
 *
 * The phase is changed to COPYING and IN_SYNC under the closed gates of both sides, so a write is wholly in
 * one or the other. It falls to APART at any time (a break, from inside a write): writes under way finish
 * their legs, later ones mark; since the phase falls before the failed write is acknowledged, no write that
 * follows from its acknowledgement reaches any target of the group.
 */
#ifndef RSVC_ENGINE_MIRROR_INTERNAL_H
#define RSVC_ENGINE_MIRROR_INTERNAL_H

#include <pthread.h>
#include <stdatomic.h>

#include "engine/activity.h"
#include "engine/adaptive.h"
#include "engine/cycle_log.h"
#include "engine/events.h"
#include "engine/leg.h"
#include "engine/mark.h"
#include "engine/mirror.h"
#include "engine/statistics.h"
#include "engine/tap.h"

struct mirror_side {
    struct tap tap;
    struct mirror *mirror;
    struct volume *volume;
    bool tapped;
};

struct mirror {
    struct mirror_group *group;
    struct mirror *next; /* in its group. group.lock */
    char *id;
    void *user;
    uint32_t region_size;
    uint64_t size; /* bytes that are mirrored: of the source when it was created */
    struct mirror_side side[2];
    _Atomic int from;  /* index of the source. Closed gates, or nothing is tapped */
    _Atomic int phase; /* enum mirror_state */
    struct activity *activity;
    struct sync_statistics *statistics; /* a reference */
    _Atomic bool target_written;        /* since they parted */
    _Atomic bool doubtful;              /* it broke: what is in the activity log may not be on the target */
    _Atomic bool target_zeroed; /* what is marked reads as zeroes on the target; until the first fault */
    _Atomic bool restoring;     /* mirror_restore.c. Closed gates */
    _Atomic bool settled;       /* restoring, and a write counts only when both sides have it. Closed gates */
    pthread_mutex_t lock;       /* a leaf, but for the mark's I/O */
    int error;                  /* lock */
    char error_text[256];       /* lock */
    struct mark mark;           /* lock; its restore_order is 1 when the marks themselves were lost */
    struct event_source events;

    /* Asynchronous (cycle.h). Maps in memory; NULL while the group was never asynchronous. */
    struct map *current; /* regions written since the last cut. Pointer: closed gate */
    struct map *closed;  /* regions of the cycle under way. Pointer: closed gate */
    struct map *saved;   /* of those, the ones that are in the redo log */
    struct region_locks save_locks;
    bool in_cycle;           /* group.cycle_lock */
    bool parting;            /* group.cycle_lock: APART from the cut of the cycle that is being run */
    _Atomic bool converging; /* COPYING, and the next cycle makes it IN_SYNC */
};

struct mirror_group {
    struct mirror_group_options options; /* id is the group's own */
    pthread_mutex_t lock;
    struct mirror *mirrors; /* lock */
    _Atomic int mode;
    _Atomic int failed;    /* why its sources stop their hosts (stop_host_io), or 0 */
    _Atomic bool trailing; /* always when asynchronous, at times when adaptive (adaptive.h). Closed gates */
    struct adaptive adaptive;
    struct legs *legs;

    /* Asynchronous (cycle.h). */
    pthread_mutex_t cycle_lock; /* one cycle at a time; before lock, and never inside a write */
    struct cycle_log log;       /* cycle_lock; appends: any writer while gathering */
    bool log_open;              /* cycle_lock */
    bool held;                  /* cycle_lock: members come or go, the thread runs no cycle */
    _Atomic bool gathering;     /* first touches of closed regions save them. Set under the closed gates */
    _Atomic bool abandoned;     /* the cycle that is being gathered will not be committed */
    _Atomic bool delta_due;     /* delta_bytes have changed, and the thread knows */
    _Atomic int64_t rpo_us;     /* aimed at */
    _Atomic int64_t alike_us;   /* wall clock of the instant that the targets show; 0 = unknown */
    pthread_t thread;
    pthread_mutex_t wake_lock; /* a leaf */
    pthread_cond_t wake;
    bool running, stop, woken; /* wake_lock */
};

static inline enum mirror_state mirror_phase(const struct mirror *m)
{
    return (enum mirror_state)atomic_load_explicit(&m->phase, memory_order_acquire);
}
static inline struct mirror_side *mirror_from(struct mirror *m)
{
    return &m->side[atomic_load_explicit(&m->from, memory_order_relaxed)];
}
static inline struct mirror_side *mirror_to(struct mirror *m)
{
    return &m->side[!atomic_load_explicit(&m->from, memory_order_relaxed)];
}

/* Writes have no legs now: they mark, and cycles ship. */
static inline bool mirror_async(const struct mirror_group *g)
{
    return atomic_load_explicit(&g->trailing, memory_order_relaxed);
}
/* The same of one mirror: what is being restored is written on both sides whatever its group does. */
static inline bool mirror_trails(const struct mirror *m)
{
    return mirror_async(m->group) && !atomic_load_explicit(&m->restoring, memory_order_relaxed);
}

extern const struct tap_ops mirror_tap_ops; /* mirror_tap.c */

/* mirror_break.c: the whole group is APART from now on. lost: not even the marks can be kept, everything
 * differs. 0 when it is durable that the mirror is broken. Callable from inside a write. */
int mirror_break(struct mirror *m, int err, bool lost, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
bool mirror_is_broken(struct mirror *m);
/* The error is forgotten, durably. */
int mirror_mend(struct mirror *m);
void mirror_tell(struct mirror *m, enum mirror_event event, int err, const char *text);

/* Both sides durable (activity_options.settle). */
int mirror_settle(void *mirror);
/* A new activity log and map after they had failed; nothing is tapped. Everything differs. */
int mirror_renew_marks(struct mirror *m);
/* Hangs the taps on both sides, or takes them off. */
int mirror_tap(struct mirror *m);
void mirror_untap(struct mirror *m);

/* mirror_state.c. volumes_cut through both sides of all. */
int mirrors_cut(struct mirror *const mirrors[], size_t n, uint32_t sides, int (*fn)(void *user), void *user,
                int64_t *pause_us);
/* Marks that can be trusted (what was idle had them all set when it became so), no error,
 * taps. */
int mirror_make_fit(struct mirror *m);
/* The volumes play each other's part, or (before or after `from` is changed) their old ones again. */
int mirrors_trade_roles(struct mirror *const mirrors[], size_t n);
void mirrors_untrade_roles(struct mirror *const mirrors[], size_t n);

/* mirror_restore.c. The source shows itself, if it was restored; it is being closed. */
void mirror_hide(struct mirror *m);

/* mirror_group.c. What cycles need is there again, and nothing is left to be applied: members may start. */
int mirror_group_restart(struct mirror_group *g);
/* An adaptive group begins to trail, or ends it. cycle_lock is held. */
int mirror_group_trail(struct mirror_group *g, bool trail);

#define MIRROR_NAME_SIZE 320
void mirror_file(const char *id, const char *what, char name[MIRROR_NAME_SIZE]);

#endif
