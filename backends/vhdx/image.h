/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * An opened image, and how its parts work together.
 *
 * Reading: the BAT entry of a block says where it lies; entries come from the page cache. A block of a child
 * that is not there, or sectors of it that its bitmap does not have, come from the parent's image, which is
 * opened for reading.
 *
 * Writing: a block that is there is written in place, without a lock. A block that is not gets space that
 * reads as zeroes on stable storage (space.h), its data, and then the changed BAT and bitmap pages go into
 * the log as one entry; the write is complete when the entry is written. Nothing is flushed for that: a
 * killed process loses nothing, as the page cache has all of it, and a power cut finds either the entry (then
 * the block is there: with its data, or, unflushed, with zeroes) or none. Only where the old content was not
 * zeroes (a parent's sectors show through) the data is flushed before it is logged. A host's flush is one
 * flush of the file; it covers any number of allocations.
 *
 * Locks, in order: stripes (by rising number), session, bitmap, log, space, bat, a page shard. A stripe is
 * held exclusively by whoever changes a block's state or place, shared by I/O on blocks that are there in
 * part, and shared for a moment by whoever looks up where a block lies that is wholly there: those transfers
 * hold no lock; transit.h keeps the space that they use from being given away. So holding all stripes does
 * not mean that nobody writes into blocks that are there: keeping hosts away is the engine's. No other lock
 * is held across I/O.
 *
 * An I/O error of the log, a header or a flush poisons the image: every later change and flush fails, the
 * log stays marked as in use, and the next open replays what is durable.
 */
#ifndef RSVC_VHDX_IMAGE_H
#define RSVC_VHDX_IMAGE_H

#include <pthread.h>
#include <stdatomic.h>

#include "vhdx/error.h"
#include "vhdx/file.h"
#include "vhdx/header.h"
#include "vhdx/log_writer.h"
#include "vhdx/mbmap.h"
#include "vhdx/metadata.h"
#include "vhdx/pages.h"
#include "vhdx/region_table.h"
#include "vhdx/space.h"
#include "vhdx/transit.h"

#define VHDX_STRIPES 48    /* a resize holds all: thread sanitizers keep book of 64 locks at most */
#define VHDX_MAX_DEPTH 256 /* of a chain of parents */
#define VHDX_MAX_BAD 64

struct vhdx_bat {
    pthread_mutex_t lock;
    struct vhdx_mbmap claimed; /* MiB that belong to something that was seen; by lock */
    _Atomic uint64_t *seen;    /* one bit per BAT page: its entries were claimed; set under lock */
    uint64_t n_pages;
    uint64_t bad[VHDX_MAX_BAD]; /* BAT indices that claim what another has; by lock */
    _Atomic unsigned n_bad;     /* > VHDX_MAX_BAD: too many to tell, none is trusted */
    _Atomic uint64_t scanned;   /* pages below are all seen */
};

/* Flushes of the file: one serves all who asked before it began. */
struct vhdx_sync {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    uint64_t begun, done; /* numbers */
    bool running;
};

/* How far this writing session has come. */
enum vhdx_session {
    VHDX_SESSION_NONE,   /* nothing was changed */
    VHDX_SESSION_WRITES, /* the header has this session's GUIDs: payload may be overwritten */
    VHDX_SESSION_LOG     /* the log is in use: metadata may change */
};

struct vhdx {
    struct vhdx_file *file;
    struct vhdx_store *store;
    char *path;
    bool writable;
    _Atomic int error; /* poisoned: the negative errno */

    struct vhdx_header header; /* by session lock once opened for writing */
    unsigned slot;
    struct vhdx_regions regions;
    struct vhdx_metadata metadata;
    struct vhdx_geometry geometry; /* its sizes change under all stripes */
    _Atomic uint64_t disk_size;    /* geometry.virtual_size for those who hold none */
    _Atomic uint64_t file_size;

    struct vhdx_pages pages;
    struct vhdx_bat bat;
    struct vhdx *parent;
    struct vhdx *child;              /* while the chain is being opened */
    bool file_write_done;            /* this session has its FileWriteGuid */
    bool keeps_content;              /* this session changes no content: the DataWriteGuid stays */
    _Atomic bool stale_paths;        /* the locator's: to be written anew with the next change of metadata */
    struct vhdx_guid next_data_guid; /* the one that this session gives it; zero: a random one */

    pthread_mutex_t session_lock;
    _Atomic int session; /* enum vhdx_session; changes under the lock */
    struct vhdx_sync sync;
    struct vhdx_log log;
    struct vhdx_guid log_guid;
    struct vhdx_space space;
    struct vhdx_transit transit;
    _Atomic uint64_t durable_size; /* the file is at least so long on stable storage */
    pthread_mutex_t bitmap_lock;   /* one bitmap block is made at a time; below stripes */

    pthread_rwlock_t stripes[VHDX_STRIPES];
};

struct vhdx_open_options {
    bool writable;
    bool unlocked;
    bool direct;
    bool no_parent; /* a child without its parent: its own blocks only */
    const char *const *roots;
    size_t n_roots;
};

int vhdx_open(struct vhdx_store *store, const char *path, const struct vhdx_open_options *options,
              struct vhdx **out);
/* The same on an open file, which is closed on error. child: whose parent it will be, or NULL. */
int vhdx_open_file(struct vhdx_store *store, struct vhdx_file *file, const char *path,
                   const struct vhdx_open_options *options, struct vhdx *child, struct vhdx **out);
int vhdx_close(struct vhdx *v);

/* ---- bat.c ---- */

int vhdx_bat_init(struct vhdx *v);
void vhdx_bat_destroy(struct vhdx *v);
/* File offset of an entry. */
static inline uint64_t vhdx_bat_entry_at(const struct vhdx *v, uint64_t index)
{
    return v->regions.bat.offset + index * 8;
}
/* The checked entry: its state is one that the image's kind can have (a plain image's PARTIALLY_PRESENT is
 * given as FULLY_PRESENT), and a place lies inside the file, touches no region and is nobody else's. */
int vhdx_bat_get(struct vhdx *v, uint64_t index, uint64_t *entry);
/* The same without waiting for the medium: -EAGAIN if it would have to be read. */
int vhdx_bat_peek(struct vhdx *v, uint64_t index, uint64_t *entry);
/* Makes sure that a page of the table was seen, its space claimed. */
int vhdx_bat_see(struct vhdx *v, uint64_t page);
bool vhdx_bat_all_seen(struct vhdx *v);
/* A piece more of a table that is too large to be seen at once. */
int vhdx_bat_see_more(struct vhdx *v);
/* What is wrong with an entry by itself; 0, or VHDX_CORRUPT with the sentence. */
int vhdx_bat_check(const struct vhdx *v, uint64_t index, uint64_t entry);
/* Bytes that an entry occupies in the file (0: none). */
uint64_t vhdx_bat_length(const struct vhdx *v, uint64_t index, uint64_t entry);

/* Changes an entry, through the log. */
int vhdx_bat_set(struct vhdx *v, uint64_t index, uint64_t entry);
/* The same for n entries, whose indices rise and which lie in one page of the BAT or in two that follow each
 * other, at once: the first gets `entry`, each of the others `step` more than the one before. */
int vhdx_bat_set_all(struct vhdx *v, const uint64_t indices[], unsigned n, uint64_t entry, uint64_t step);

/* ---- read.c ---- */

/* The same within one block whose stripe the caller holds. */
int vhdx_read_locked(struct vhdx *v, void *buffer, uint64_t offset, uint64_t length);

/* flags: REPLSVC_BACKEND_IO_UNCACHED */
int vhdx_preadv2(struct vhdx *v, const struct iovec *iov, int iovcnt, uint64_t offset, uint32_t flags);
static inline int vhdx_preadv(struct vhdx *v, const struct iovec *iov, int iovcnt, uint64_t offset)
{
    return vhdx_preadv2(v, iov, iovcnt, offset, 0);
}
/* The block's sectors [first, first+n): the bitmap's run from first on; *here: in the child. */
int vhdx_bitmap_run(struct vhdx *v, uint64_t block, uint32_t first, uint32_t n, uint32_t *run, bool *here);

/* ---- session.c ---- */

/* Before the first change: what the log and the header must say first. Cheap afterwards. */
int vhdx_session_begin(struct vhdx *v, enum vhdx_session wanted);
/* The last of a session: everything in place and durable, and the header says that the log is empty. */
int vhdx_session_end(struct vhdx *v);

/* ---- sync.c ---- */

/* Makes everything that was written before the call durable. An error poisons the image. */
int vhdx_sync(struct vhdx *v);
/* Remembers the first error of log, header or flush; returns it. */
int vhdx_poison(struct vhdx *v, int error);

/* ---- write.c ---- */

int vhdx_pwritev2(struct vhdx *v, const struct iovec *iov, int iovcnt, uint64_t offset, uint32_t flags);
static inline int vhdx_pwritev(struct vhdx *v, const struct iovec *iov, int iovcnt, uint64_t offset)
{
    return vhdx_pwritev2(v, iov, iovcnt, offset, 0);
}
/* Within one block, whose stripe the caller holds exclusively; up to the block's end, also behind the disk's.
 */
struct vhdx_iov_walk;
int vhdx_write_locked(struct vhdx *v, struct vhdx_iov_walk *w, uint64_t block, uint64_t in_block,
                      uint64_t length);
int vhdx_flush(struct vhdx *v);

/* ---- discard.c ---- */

/* Both make the range read as zeroes. may_unmap: its space need not stay. */
int vhdx_discard(struct vhdx *v, uint64_t offset, uint64_t length);
int vhdx_write_zeroes(struct vhdx *v, uint64_t offset, uint64_t length, bool may_unmap);

/* Those of n blocks that follow each other, exclusively. */
void vhdx_stripes_lock(struct vhdx *v, uint64_t block, uint64_t n);
void vhdx_stripes_unlock(struct vhdx *v, uint64_t block, uint64_t n);
static inline pthread_rwlock_t *vhdx_stripe(struct vhdx *v, uint64_t block)
{
    return &v->stripes[block % VHDX_STRIPES];
}

#endif
