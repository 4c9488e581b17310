/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Data in motion: the host write path, points in time, background copy. The seam to the service.
 *
 * Words: a *volume* is an opened element; hosts read and write it here and nowhere else. A *replica* is
 * one relationship of two volumes (source and target). Its *region map* says which regions the target
 * holds by itself. A *cut* is the instant at which replicas get their point in time.
 *
 * Who remembers what. The engine keeps region maps, overlay logs and break marks in the state directory
 * (sub-directories "maps" and "overlay"); they need nobody else to be right after a crash. The service
 * keeps the records: which replicas exist, between what, of which kind, in which state, with which order.
 *
 * Opening after a restart or a crash, for each volume that takes part in a relationship:
 *   1. volume_get each volume, 2. replica_load each replica as the service's record says,
 *   3. volume_ready each volume. Only then hosts may write, and only then writes that were still in a
 *      volume's overlay log go on to the medium (they may need the replicas for their copy before write).
 *
 * When to record: a change is recorded after the engine's call returned 0 (creation, activation,
 * completion); the intent of a removal, deactivation, reset, detach or restore is recorded before it is
 * called, so that it is begun again after a crash. Each of these may be called again at any point.
 *
 * All functions are thread-safe except that operations on one replica must not overlap each other (the
 * service has one job per relationship); host I/O, fills and cuts of different replicas may all overlap.
 * Locks, in the order in which they may be taken: engine.open_lock, engine.lock; volume.change_lock (who
 * changes what points in time a source has; several by address); the gates (several by address); a volume's
 * range locks; restore.locks; a replica's store_locks; keeper.lock, break_lock; overlay.lock, overlay_log's;
 * map's and activity's. points_lock, replica.lock, own_lock, events.lock are leaves. Of these, only range
 * locks, restore.locks, store_locks and break_lock are held across I/O.
 *
 * All return 0 or a negative errno, and leave a sentence by svc_fail-style backend errors where a
 * medium is at fault. Nothing is called back under a lock: events come from a thread of their own.
 */
#ifndef RSVC_ENGINE_ENGINE_H
#define RSVC_ENGINE_ENGINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

#include <replsvc/backend.h>
#include <replsvc/statistics.h>
#include <replsvc/volume.h>

#include "state/vfs.h"

struct engine;
struct volume;
struct replica;
struct volume_statistics;
struct sync_statistics;

/* ---- the engine ---- */

enum replica_event {
    REPLICA_EVENT_BROKEN = 1, /* err and text say why; its source goes on without it */
    REPLICA_EVENT_SKEWED,  /* a host has written to the target for the first time since the point in time */
    REPLICA_EVENT_COMPLETE /* the last region became present (also told by replica_fill's return) */
};

struct engine_options {
    struct vfs *vfs;        /* the state directory; stays the caller's */
    uint32_t region_size;   /* default of replica_spec.region_size; 0 = 64 KiB */
    uint32_t open_flags;    /* REPLSVC_BACKEND_* added to every open (e.g. NO_IO_URING) */
    uint64_t overlay_bytes; /* bound of each volume's log; 0 = none: a first touch waits for its batch */
    uint64_t background_bytes_per_second; /* bound of all fills together; 0 = none */
    /* user: replica_spec.user. Called from the engine's own thread, no lock held. May be NULL. */
    void (*event)(void *user, struct replica *r, enum replica_event event, int err, const char *text);
};

int engine_new(const struct engine_options *options, struct engine **out);
/* Every volume and replica must have been put. */
void engine_free(struct engine *e);
/* Another bound of all fills together, from now on; 0 = none. */
void engine_set_background_limit(struct engine *e, uint64_t bytes_per_second);
/* How long cuts have held hosts' writes, into the zeroed struct. */
void engine_get_cut_pause(const struct engine *e, replsvc_histogram *out);
/* Returns when every event raised before the call has been delivered. Not from an event function. */
void engine_events_drain(struct engine *e);

/* ---- volumes ---- */

enum { VOLUME_HOST_READ = 1, VOLUME_HOST_WRITE = 2 }; /* access bits: what hosts may do now */
enum { VOLUME_READ_ONLY = 1 };                        /* flags of volume_get: open the medium for reading */

/* The volume of that id, opened at the first get (locator as "scheme:path") and shared by later ones,
 * for which locator may be NULL. Hosts may read and write until volume_set_access says otherwise. An
 * overlay log left by a crash is read here: -EUCLEAN if it is damaged beyond what a crash can do. */
int volume_get(struct engine *e, const char *id, const char *locator, uint32_t flags, struct volume **out);
/* The same without the medium, which is missing for `err`: the volume has that size, and what is read or
 * written there is answered with err until volume_reopen. -EBUSY: there are writes for it in an overlay log.
 */
int volume_get_absent(struct engine *e, const char *id, uint64_t size, int err, struct volume **out);
bool volume_is_absent(const struct volume *v);
/* Why it is; 0: it is not. */
int volume_absence(const struct volume *v);
/* It is absent, or a flush of it has failed: it can be of use again only after volume_reopen. */
bool volume_has_failed(const struct volume *v);
/* Reads its first and last block from the medium: 0, or what is wrong with it. */
int volume_probe(struct volume *v);
/* Opens its medium anew, for writing. -EBUSY: it is a source, or shows a replica (nothing has changed then);
 * -ESTALE: what is there now is another medium (identity may be NULL: any) or of another size; or why it
 * cannot be opened. After such an error the volume is absent. */
int volume_reopen(struct volume *v, const char *locator, const char *identity);
/* The replicas of this volume have been loaded: writes in the overlay log may go to the medium now. */
int volume_ready(struct volume *v);
struct volume *volume_ref(struct volume *v);
/* The last put drains the overlay, flushes and closes. */
void volume_put(struct volume *v);

/* Returns when I/O that the old bits allowed has ended. I/O that is not allowed answers -EPERM (reads)
 * or -EROFS (writes). */
void volume_set_access(struct volume *v, uint32_t bits);
uint32_t volume_get_access(const struct volume *v);
const char *volume_id(const struct volume *v);
uint64_t volume_size(const struct volume *v);

/* Host I/O: the whole or an error; outside the volume -EINVAL (writes: -ENOSPC). flags: REPLSVC_IO_*. */
int volume_preadv(struct volume *v, const struct iovec *iov, int iovcnt, uint64_t offset, uint32_t flags);
int volume_pwritev(struct volume *v, const struct iovec *iov, int iovcnt, uint64_t offset, uint32_t flags);
int volume_flush(struct volume *v);
/* What was discarded reads as zeroes afterwards; -EOPNOTSUPP where that cannot be had. */
int volume_discard(struct volume *v, uint64_t offset, uint64_t length, uint32_t flags);
int volume_write_zeroes(struct volume *v, uint64_t offset, uint64_t length, uint32_t flags);
int volume_extents(struct volume *v, uint64_t offset, uint64_t length, replsvc_extent extents[], size_t *n);
/* -EBUSY while the volume plays a part in a replica. */
int volume_resize(struct volume *v, uint64_t size_bytes);
void volume_get_info(struct volume *v, replsvc_volume_info *info); /* fills info->size bytes */
/* What is in flight and in the overlay of the volume of that id, if it is open. Never waits for I/O. */
void engine_look_at_volume(struct engine *e, const char *id, replsvc_element_statistics *out);
/* Counts go on in *counters (a reference of the caller's, volume_statistics_put) from now on; NULL: it
 * becomes the volume's own. Nobody uses the volume yet, or it counts there already. */
void volume_count_in(struct volume *v, struct volume_statistics **counters);
/* The medium as it is: identity, generation, capabilities, sizes (for identity guards). */
int volume_backend_info(struct volume *v, replsvc_backend_info *info);
/* Waits until the overlay is empty and the medium flushed (close to a plain image for other programs). */
int volume_settle(struct volume *v);

/* ---- replicas ---- */

enum replica_kind { REPLICA_CLONE = 1, REPLICA_SNAPSHOT = 2, REPLICA_MIRROR = 3 /* -EOPNOTSUPP for now */ };

enum replica_state {
    REPLICA_INACTIVE = 1, /* allocated and checked; no point in time, the target is just an image */
    REPLICA_ACTIVE,       /* has a point in time; a clone: still shares regions with its source */
    REPLICA_COMPLETE,     /* a clone or detached snapshot: all regions present; source and target are free */
    REPLICA_LEAVING,      /* load only: a removal or deactivation was begun; the content is undefined */
    REPLICA_DETACHING,    /* load: a detach was begun (snapshot) */
    REPLICA_RESTORING,    /* its source shows its content and is being filled from it */
    REPLICA_BROKEN /* see replica_info.error; content undefined, older snapshots still read its store */
};

struct replica_spec {
    const char *id; /* unique; names its files in the state directory; [A-Za-z0-9._-] */
    enum replica_kind kind;
    uint32_t region_size;  /* 0 = the engine's; a power of two >= 4096; fixed for life */
    struct volume *source; /* the replica takes a reference of its own to both */
    struct volume *target; /* not smaller than the source */
    bool target_zeroed;    /* the target was just made: reads as zeroes everywhere */
    bool read_only;        /* hosts never write to the target (no room for their writes is kept) */
    void *user;            /* for events */
    struct sync_statistics *statistics; /* counts there (takes a reference); NULL: by itself */
    /* Only for replica_load, as recorded by the service: */
    enum replica_state state;
    uint64_t order;         /* as told by replica_info after activation; 0 = never activated */
    uint64_t restore_order; /* as told by replica_info after replica_restore_begin */
};

struct replica_info {
    enum replica_state state;
    uint64_t order; /* rises with every cut of the source; record it with the activation */
    uint64_t restore_order;
    uint64_t bytes_total;      /* of the source */
    uint64_t bytes_present;    /* clone: regions the target holds; snapshot: regions kept before overwrite */
    uint64_t bytes_skewed;     /* of regions that hosts wrote to the target */
    uint64_t bytes_to_restore; /* while RESTORING */
    uint64_t map_memory;       /* bytes of memory that its maps take */
    int64_t when_cut_us; /* wall clock of the point in time, microseconds since the epoch; 0 after a load */
    int64_t pause_us;    /* how long that cut held writes; 0 after a load */
    int error;           /* negative errno behind REPLICA_BROKEN */
    char error_text[256];
};

/* Of a replica or mirror that is not loaded, since one of its media could not be opened: hosts may write to
 * the other from now on, with nothing kept or marked. Durable on 0: when it is loaded again, its point in
 * time is broken, and a mirror, or a complete clone, is taken to differ everywhere. */
int replica_forsake(struct engine *e, const char *id, bool mirror, int err, const char *text);

/* How long work reports and asks what to do: called between steps, no lock held, at least about every
 * 64 MiB. Returns 0 to go on, or a negative errno with which the work stops and returns (-ECANCELED,
 * -EINTR...); it can be called again and goes on where it was. Both may be NULL. */
struct engine_control {
    int (*check)(void *user, uint64_t bytes_done, uint64_t bytes_total);
    void *user;
    uint64_t bytes_per_second; /* bound for this piece of work; 0 = none */
};

/* Makes the maps of a new, inactive replica: -EEXIST, -ENOSPC (target smaller), -EINVAL. Constant work. */
int replica_create(const struct replica_spec *spec, struct replica **out);
/* Opens an existing one in spec->state. A lost or damaged map, or a break mark, gives a replica in state
 * BROKEN (0 is returned): it still serves older snapshots as far as it can. */
int replica_load(const struct replica_spec *spec, struct replica **out);
/* Lets go of it without changing anything durable (closing the service). */
void replica_put(struct replica *r);
void replica_get_info(struct replica *r, struct replica_info *info);
struct volume *replica_source(struct replica *r);
struct volume *replica_target(struct replica *r);

/* The cut: all n replicas (INACTIVE) get one and the same point in time. Prepares everything first, then
 * closes the gates of the distinct sources, switches, opens. *pause_us (may be NULL): how long writes
 * were held. All or nothing. On return the point in time is durable; constant work whatever the size.
 * From then on hosts may use the targets. */
int replicas_activate(struct replica *const replicas[], size_t n, int64_t *pause_us);

/* Clone, or detaching snapshot: copies what is not present. Returns 0 when complete (state COMPLETE). */
int replica_fill(struct replica *r, const struct engine_control *control);

/* Snapshot: drops its point in time and what it kept; other snapshots of the source keep their content.
 * Clone: stops; what is not present is lost. State INACTIVE. The target is no longer a view. */
int replica_deactivate(struct replica *r, const struct engine_control *control);

/* Snapshot: drops what hosts wrote to the target. A complete clone: -EINVAL. */
int replica_reset(struct replica *r);

/* Snapshot: starts to make it independent; replica_fill then does the work and completes it. */
int replica_detach_begin(struct replica *r);

/* The source shows the replica's content when this returns; replica_restore_fill copies what differs and
 * returns 0 when it is done (state ACTIVE or COMPLETE again). Hosts must not write to the target
 * meanwhile. Other snapshots of the source keep their content. */
int replica_restore_begin(struct replica *r);
int replica_restore_fill(struct replica *r, const struct engine_control *control);

/* Takes the replica out (whatever its state), removes its files in the state directory and its own-write
 * store, and frees it on 0. The target volume stays as an image: whole if the replica was COMPLETE or
 * INACTIVE, else undefined. Snapshots in the middle of the chain hand down what older ones need: long. */
int replica_remove(struct replica *r, const struct engine_control *control);

#endif
