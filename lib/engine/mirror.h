/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Mirrors: two volumes kept alike while hosts write to the source. The seam to the service, like engine.h.
 *
 * A mirror remembers in which regions its two sides may differ, durably and ahead of the writes that make
 * them differ (activity.h). All of its operations come down to four things that a mirror can be doing:
 *
 *     IDLE     nothing; hosts' writes are not noticed (Initialized, Prepared, Inactive).
 *     COPYING  the target is being made like the source: what is alike is kept alike by the host writes
 *              themselves, the rest is copied by mirror_resync (Unsynchronized, Resyncing, Failing back).
 *     IN_SYNC  alike, and kept so (Synchronized).
 *     APART    each side goes its own way and the changes of both are marked (Suspended, Fractured, Split,
 *              Failedover, Aborted, Broken). Who may write to which side is the service's business
 *              (volume_set_access).
 *
 *     create → IDLE → mirrors_start → COPYING → mirror_resync → IN_SYNC → mirrors_part → APART →
 * mirrors_start …
 *
 * Fail over is parting; fail back is mirrors_reverse, start, resync (hosts go on writing to what was the
 * target), and in the end part, reverse, start, which finds nothing to copy.
 *
 * Groups. Mirrors of one mirror_group are one consistency group: they start and part at one instant, and
 * when a write to one target fails all of them part before that write is acknowledged, so that the targets
 * together are what the sources together once were. A mirror by itself is a group of one. An asynchronous
 * group cuts its cycles for all members at once.
 *
 * When to record (service): the state after mirrors_start, mirror_resync, mirrors_part, mirrors_reverse
 * returned 0; a mirror that is loaded as IN_SYNC or COPYING goes on in sync as far as its marks say so and is
 * COPYING otherwise, so a record that is a step behind does no harm. Breaking is made durable by the mirror.
 *
 * Locks: group.lock → activity.lock → map. Host writes hold the source's granules (tap.h) around both legs;
 * resync holds them around each region that it copies.
 */
#ifndef RSVC_ENGINE_MIRROR_H
#define RSVC_ENGINE_MIRROR_H

#include "engine/engine.h"

struct mirror;
struct mirror_group;

/* CIM's Mode values. */
enum mirror_mode { MIRROR_SYNCHRONOUS = 2, MIRROR_ASYNCHRONOUS = 3, MIRROR_ADAPTIVE = 4 };
enum mirror_state { MIRROR_IDLE = 1, MIRROR_COPYING, MIRROR_IN_SYNC, MIRROR_APART };

enum mirror_event {
    MIRROR_EVENT_BROKEN = 1, /* a side failed: the group is APART; err and text say why */
    MIRROR_EVENT_DIFFERS, /* a region has come to differ while IN_SYNC: COPYING again, call mirror_resync */
    MIRROR_EVENT_IN_SYNC  /* an asynchronous mirror's first cycle has been applied */
};

struct mirror_group_options {
    struct engine *engine;
    const char *id; /* names its files; [A-Za-z0-9._-] */
    enum mirror_mode mode;
    int64_t desired_rpo_us; /* asynchronous: age of the target that is aimed at; 0 = 5 s */
    /* Asynchronous, instead of an RPO (Delta-Update): a cycle so often, 0 = not by time; and as soon as so
     * many bytes of one source have changed since the last, 0 = not by that. Both 0: by the RPO. */
    int64_t delta_interval_us;
    uint64_t delta_bytes;
    uint64_t maximum_skew; /* adaptive: bytes that the target may trail; 0 = 64 MiB */
    bool stop_host_io;     /* a write whose target fails is answered with the error, not acknowledged, and
                            * so is every later one until the mirrors are started again */
    /* From the engine's event thread, no lock held. May be NULL. user: mirror_spec.user. */
    void (*event)(void *user, struct mirror *m, enum mirror_event event, int err, const char *text);
};
int mirror_group_new(const struct mirror_group_options *options, struct mirror_group **out);
/* After its mirrors were loaded (or before the first is made): an asynchronous group finishes what a crash
 * left half applied, and begins its cycles. Before hosts write, and before any of the functions below. If it
 * cannot finish, its mirrors break. */
int mirror_group_ready(struct mirror_group *g);
/* All of its mirrors have been put. */
void mirror_group_free(struct mirror_group *g);
/* All of its mirrors have been removed: removes its files too, and frees it on 0. */
int mirror_group_remove(struct mirror_group *g);
/* Reset To Sync/Async/Adaptive, at any time. -EOPNOTSUPP: not that mode. */
int mirror_group_set_mode(struct mirror_group *g, enum mirror_mode mode, int64_t desired_rpo_us,
                          uint64_t maximum_skew);

/* To another group of the same mode, while hosts write (nobody else does anything with them or with the
 * groups meanwhile): begin may wait for a cycle; then the new groups are recorded; mirrors_move cannot fail;
 * end frees it, also without the move. A group that they left may be freed. */
struct mirror_move;
int mirrors_move_begin(struct mirror *const mirrors[], size_t n, struct mirror_group *to,
                       struct mirror_move **move);
void mirrors_move(struct mirror_move *move);
void mirrors_move_end(struct mirror_move *move);

struct mirror_spec {
    const char *id;
    struct mirror_group *group;
    uint32_t region_size;           /* 0 = the engine's; a power of two >= 4096; fixed for life */
    struct volume *source, *target; /* the mirror takes references of its own; the target is not smaller */
    bool target_zeroed;             /* the target was just made: reads as zeroes everywhere */
    bool reversed; /* mirror_load only: they have changed places, and the source may be the larger one */
    void *user;
    struct sync_statistics *statistics; /* counts there (takes a reference); NULL: by itself */
    enum mirror_state state;            /* mirror_load only: as recorded */
};

struct mirror_info {
    enum mirror_state state;
    enum mirror_mode mode;
    bool trailing; /* writes do not wait for the target now */
    uint64_t bytes_total;
    uint64_t bytes_differing; /* in marked regions */
    uint64_t skew;            /* bytes that the target trails by now */
    int64_t rpo_us;           /* age of the target; 0 = up to date */
    uint64_t map_memory;
    bool target_written; /* a host has written to the target since they parted */
    bool restoring;      /* the source shows the target */
    int error;           /* negative errno behind a break, 0 = whole */
    char error_text[256];
};

/* A new one, IDLE, in which everything differs. -EEXIST, -ENOSPC (target smaller), -EBUSY, -EINVAL. */
int mirror_create(const struct mirror_spec *spec, struct mirror **out);
/* An existing one. One that broke before the crash is APART with its error. */
int mirror_load(const struct mirror_spec *spec, struct mirror **out);
/* Nothing of the two sides is known to be alike. APART or IDLE. */
int mirror_mark_all(struct mirror *m);
/* Its target is not to be had, for that error, since it was loaded: the mirror is broken. (One that is IDLE
 * stays so.) */
int mirror_note_lost(struct mirror *m, int err, const char *why);
/* The target's medium is opened anew (volume_reopen), before the mirror is started again. What may not have
 * got to the old one is marked. APART or IDLE only, and no other operation on it meanwhile. */
int mirror_reopen_target(struct mirror *m, const char *locator, const char *identity);
/* Lets go of it, in order: what is alike is durable and known to be alike when it is loaded again. Whether
 * all of it was, and that is on record (never of a mirror that trails). */
bool mirror_put(struct mirror *m);
/* Takes it out and removes its files; both volumes stay as they are. Frees it on 0. */
int mirror_remove(struct mirror *m);
void mirror_get_info(struct mirror *m, struct mirror_info *info);
struct volume *mirror_source(struct mirror *m);
struct volume *mirror_target(struct mirror *m);

/* All n (of one group, none IN_SYNC) become COPYING at one instant, and lose their error. Hosts must not
 * have write access to the targets. */
int mirrors_start(struct mirror *const mirrors[], size_t n, int64_t *pause_us);
/* Copies what differs, until nothing does (0, IN_SYNC). May be called again after any error. -ESTALE: the
 * mirror was parted meanwhile. */
int mirror_resync(struct mirror *m, const struct engine_control *control);
/* All n (of one group) become APART at one instant, each target a state that its source had: with settled,
 * that of this instant for all of them together (Split), which an asynchronous mirror has to ship first. */
int mirrors_part(struct mirror *const mirrors[], size_t n, bool settled, const struct engine_control *control,
                 int64_t *pause_us);
/* Back to IDLE: changes are not noticed any more, so everything differs. */
int mirrors_deactivate(struct mirror *const mirrors[], size_t n);
/* Source and target swap; APART or IDLE only (-EBUSY). The service records the new order of the two. */
int mirrors_reverse(struct mirror *const mirrors[], size_t n);

/* Restore from Replica, of n of one group that are all APART: from begin on hosts of the source see the
 * target's content and write to both; mirror_resync copies it. When all are IN_SYNC: settle (else -EAGAIN;
 * false takes it back), record that they have ended, end: that leaves them APART and alike. In between, a
 * crash may find them recorded either way. Hosts must not use the targets meanwhile. Until the end
 * mirror_source is the target; one that is loaded before that is recorded is loaded so (source and target
 * swapped, COPYING), and resume is called before hosts use the source. One that breaks on the way is APART
 * and goes on showing the target: mirrors_start goes on with the copy. */
int mirrors_restore_begin(struct mirror *const mirrors[], size_t n);
int mirrors_restore_resume(struct mirror *const mirrors[], size_t n);
int mirrors_restore_settle(struct mirror *const mirrors[], size_t n, bool settled);
int mirrors_restore_end(struct mirror *const mirrors[], size_t n);

struct mirror_verify {
    bool repair;              /* mark what differs when all was compared, so that resync copies it */
    uint64_t bytes_different; /* [out] */
    uint64_t first_different; /* [out] offset, UINT64_MAX = none */
};
/* Compares both sides online, region by region, by content. IN_SYNC or COPYING (marked regions are left out).
 */
int mirror_verify(struct mirror *m, struct mirror_verify *verify, const struct engine_control *control);

#endif
