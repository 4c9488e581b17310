/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What replicas hang on a volume. Two kinds of things:
 *
 * *Taps* sit on a volume that is a source, in order. Each host write passes all of them:
 *
 *     gate_enter, lock the write's range (rounded out to VOLUME_GRANULE, first come first served)
 *       before()  of each tap in order: may block and do I/O (copy old data away, make a mark durable)
 *       start()   of each tap: begin a leg that goes on in parallel (a mirror's write to its target)
 *       the write to the source itself
 *       after()   of each tap: wait for its leg; sees the source's result and makes the final one
 *     unlock, gate_leave
 *
 * So overlapping writes reach every leg in one order, and between before() and after() nobody else writes
 * in that range, neither a host nor background work that takes volume_lock_range.
 *
 * A *view* sits on a volume that is a target and answers host I/O in place of its medium (a snapshot
 * reads through its chain; a clone fetches what it does not have). At most one per volume.
 *
 * Both are changed only while the volume's gate is closed, so inside an I/O they cannot change and need no
 * lock, and when volume_tap_remove or volume_set_view has returned nobody is in the old ones any more.
 * Do not call these, nor volumes_cut, from inside an operation of a tap or view.
 *
 * Points in time (clones, snapshots) are not taps: they decide where the write goes (see points.h) and
 * come after all before() and ahead of start(). With an overlay (overlay.h) the medium of a source is
 * behind what hosts wrote: whoever wants a source's content as it is now reads by volume_read_now, never
 * the medium itself; whoever needs the medium itself to be up to date calls volume_settle first.
 */
#ifndef RSVC_ENGINE_TAP_H
#define RSVC_ENGINE_TAP_H

#include "engine/engine.h"
#include "engine/gate.h"
#include "engine/region_lock.h"

/* Host writes lock whole granules of this many bytes: a mark or copy of one granule never meets another
 * write to the same. Regions may be smaller (then several are held together) or larger (then do not rely
 * on it: lock in region size yourself). */
#define VOLUME_GRANULE_SHIFT 16u
#define VOLUME_GRANULE (1u << VOLUME_GRANULE_SHIFT)
#define VOLUME_TAPS 8
#define TAP_ROOM 512

enum write_kind { WRITE_DATA = 1, WRITE_ZEROES, WRITE_DISCARD };

/* One host write on its way. */
struct volume_write {
    struct volume *volume;
    struct volume *origin; /* the volume that the host wrote to: this one, unless it is a leg or the like */
    enum write_kind kind;
    uint64_t offset, length;
    const struct iovec *iov; /* WRITE_DATA only */
    int iovcnt;
    uint32_t flags; /* REPLSVC_IO_* */
};

struct tap;

struct tap_ops {
    /* May block. An error fails the write: nothing has been written then, and after() is called with that
     * error for the taps whose before() had succeeded. slot: this tap's own word for this write, which points
     * to TAP_ROOM bytes for it at first (nobody has set them; NULL in volume_marks_begin). May be NULL. */
    int (*before)(struct tap *t, const struct volume_write *w, void **slot);
    /* Begin the leg; must not wait for it. May be NULL. */
    void (*start)(struct tap *t, const struct volume_write *w, void **slot);
    /* The leg must have ended when it returns. result: of the source's write (or an earlier tap's after).
     * Returns what the host gets, usually result. May be NULL. */
    int (*after)(struct tap *t, const struct volume_write *w, void **slot, int result);
    /* A host flush of the source: after the source's own. Returns what the host gets, usually result. NULL:
     * result. */
    int (*flush)(struct tap *t, int result);
    /* It only notes where is written; before and after do not look at the data. Such taps stay while the
     * volume is being restored, and see that too (volume_marks_begin). */
    bool marks_only;
};

struct tap {
    const struct tap_ops *ops;
    void *user; /* the owner's */
};

/* At the end of the order. -EBUSY when there are VOLUME_TAPS already, or while the volume is being restored
 * (what a restore puts into the medium passes no taps but those that only mark; nor does one begin while
 * there are others). _closed: the caller has closed the write gate. */
int volume_tap_add(struct volume *v, struct tap *t);
int volume_tap_add_closed(struct volume *v, struct tap *t);
void volume_tap_remove(struct volume *v, struct tap *t);

struct view_ops {
    int (*read)(void *user, const struct iovec *iov, int iovcnt, uint64_t offset);
    int (*write)(void *user, const struct volume_write *w);
    int (*flush)(void *user);
    int (*extents)(void *user, uint64_t offset, uint64_t length, replsvc_extent extents[], size_t *n);
};

/* ops NULL: none; the medium itself again. */
void volume_set_view(struct volume *v, const struct view_ops *ops, void *user);

/* The cut: closes those sides (GATE_CLOSE_*) of the gates of n volumes (any order; one may be there more than
 * once), calls fn, opens them. When fn runs no such host I/O is under way on any of them; it switches
 * generations and returns at once: no I/O. Returns what fn returned. *pause_us (may be NULL): how long they
 * were held. */
int volumes_cut(struct volume *const volumes[], size_t n, uint32_t sides, int (*fn)(void *user), void *user,
                int64_t *pause_us);

/* Keeps host writes (and others who lock) away from [first, end), rounded out to granules. Only while
 * the volume has a tap or a point in time: a volume that has none takes no locks. */
void volume_lock_range(struct volume *v, struct region_hold *hold, uint64_t first, uint64_t end);
void volume_unlock_range(struct volume *v, struct region_hold *hold);

/* The volume's content as hosts see it, whatever hosts may do now; no gate is passed. */
int volume_read_now(struct volume *v, const struct iovec *iov, int iovcnt, uint64_t offset);
/* Around a write to the volume that is not a host's and so passes no taps: before() and after() of those
 * that only mark, but for `except`. slots: VOLUME_TAPS words, for the two calls. The taps must not change
 * in between. */
void volume_marks_begin(struct volume *v, const struct tap *except, uint64_t offset, uint64_t length,
                        void **slots);
void volume_marks_end(struct volume *v, const struct tap *except, uint64_t offset, uint64_t length,
                      void **slots);
/* Past all taps, to the medium: for who writes in a host's place (a resync onto this volume). */
struct medium *volume_medium(struct volume *v);
struct engine *volume_engine(struct volume *v);

/* Parts that volumes play in replicas. -EBUSY if it may not play that one as well: a target has one source
 * and is nobody's source, unless it holds all by itself (volume_target_complete): then it may be one. A
 * target that is written by inside_write only (a mirror's) may be a source at any time. */
enum volume_role { VOLUME_SOURCE, VOLUME_TARGET, VOLUME_MIRROR_TARGET };
int volume_role_take(struct volume *v, enum volume_role role);
void volume_role_drop(struct volume *v, enum volume_role role);
void volume_target_complete(struct volume *v, bool complete);
bool volume_is_source(struct volume *v);

#endif
