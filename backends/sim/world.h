/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A simulated world: disks and files in memory behind a volatile cache, for tests that cut the power.
 *
 * A world is a small tree of directories and files. What is written is seen at once by every reader of the
 * world, but is on stable storage only after a sync of that file (data and size) or of that directory
 * (names). Every change is appended to the world's one operation log, so that tests can afterwards build
 * the world as it may be after a power cut or a kill at any point of the log (tests/support/powercut.h).
 * Contents are sparse: a disk of 64 TiB takes the room of what was written to it.
 *
 * The sim backend shows the files of the directory "disks" as media: "sim:NAME" is disks/NAME of the world
 * that is bound to "", "sim:WORLD/NAME" of the one bound to WORLD. A world that was built for a crash is
 * bound in place of the one that was recorded, so that locators kept in a state directory go on working.
 *
 * All functions are thread-safe. Return: 0 or a negative errno. Memory comes from the C library and not
 * from util/alloc.h: a test that makes the library's n-th allocation fail must not break the medium.
 */
#ifndef RSVC_SIM_WORLD_H
#define RSVC_SIM_WORLD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct world;
struct world_file;

/* ---- a world ---- */

/* sector: what is written whole or not at all (512 or 4096). NULL: out of memory. */
struct world *world_new(uint32_t sector);
/* Nothing of it may be open any more. */
void world_free(struct world *w);
uint32_t world_sector(const struct world *w);

/* Makes the world the one that "sim:NAME/…" means ("" = "sim:…"), in place of another. */
int world_bind(struct world *w, const char *name);
void world_unbind(const char *name);
/* The world bound to a name of len bytes, or NULL. */
struct world *world_bound(const char *name, size_t len);

/* Makes disks/NAME of that size, durable. -EEXIST. */
int world_disk(struct world *w, const char *name, uint64_t size);

/* What the sim backend's disks of this world can do, as REPLSVC_BACKEND_CAP_* bits; all at first. */
void world_set_capabilities(struct world *w, uint32_t capabilities);
uint32_t world_capabilities(struct world *w);

/* ---- files and directories: "a", "dir/a", "dir/sub/a" ---- */

enum { WORLD_CREATE_FILE = 1, WORLD_EXCL = 2, WORLD_TRUNC = 4 };

int world_open(struct world *w, const char *path, int flags, struct world_file **file);
void world_close(struct world_file *f);
/* Past the end: -ENODATA. */
int world_read(struct world_file *f, void *buf, uint64_t len, uint64_t off);
/* Grows the file. durable: on stable storage when it returns, like O_DSYNC. */
int world_write(struct world_file *f, const void *buf, uint64_t len, uint64_t off, bool durable);
/* Makes a range inside the file read as zeroes. */
int world_zero(struct world_file *f, uint64_t off, uint64_t len, bool durable);
int world_truncate(struct world_file *f, uint64_t size);
int world_sync(struct world_file *f);
int world_size(struct world_file *f, uint64_t *size);
/* The first byte at or after off that is (data) or is not in storage; the size when there is none. */
uint64_t world_next(struct world_file *f, uint64_t off, bool data);
uint64_t world_allocated(struct world_file *f);
/* Stable for the file's life / changes with every write to it. */
uint64_t world_inode(struct world_file *f);
uint64_t world_changes(struct world_file *f);
/* One opener at a time: -EBUSY. Let go of by world_close. */
int world_lock(struct world_file *f);

/* durable: as if the directory were synced in the same instant. */
int world_unlink(struct world *w, const char *path, bool durable);
int world_rename(struct world *w, const char *from, const char *to);
int world_mkdir(struct world *w, const char *path); /* 0 also when it exists */
int world_sync_dir(struct world *w, const char *path);
/* Calls fn for each entry, without a lock; stops at the first result other than 0 and returns it. */
int world_list(struct world *w, const char *path, int (*fn)(void *user, const char *entry), void *user);

/* ---- the operation log ---- */

enum world_op_kind {
    WORLD_OP_WRITE,
    WORLD_OP_ZERO,
    WORLD_OP_TRUNCATE,
    WORLD_OP_SYNC,
    WORLD_OP_SYNC_FAILED, /* what it should have made durable may be lost for good */
    WORLD_OP_CREATE,      /* a file or directory */
    WORLD_OP_UNLINK,
    WORLD_OP_RENAME,
    WORLD_OP_SYNC_DIR,
    WORLD_OP_MARK,
    WORLD_OP_READ, /* never in the log: only for faults */
    WORLD_OP_KINDS
};

/* What a test notes in the log, in the order of things: "this write has been acknowledged". */
struct world_mark {
    uint32_t kind; /* the test's own */
    uint64_t a, b, c;
};
int world_mark(struct world *w, uint32_t kind, uint64_t a, uint64_t b, uint64_t c);

/* Everything so far becomes durable and the log empty: recording starts here. */
int world_settle(struct world *w);
size_t world_ops(struct world *w);
/* One line about an operation of the log, for messages. */
void world_describe(struct world *w, size_t op, char *text, size_t size);

/* ---- faults ---- */

/* What befalls the nth operation from now on that matches kinds and path. */
struct world_fault {
    uint32_t kinds;    /* 1u << WORLD_OP_…, or'ed; 0 = every kind */
    const char *path;  /* a part of the path, e.g. "disks/a" or "journal"; NULL = any */
    unsigned long nth; /* 1 = the next */
    bool forever;      /* and all matching ones after it */
    bool partial;      /* a write: its first half is written before it fails */
    bool stall;        /* waits until world_release before it is done (and fails if err is set) */
    int err;           /* negative errno with which it fails; 0 = it does not */
};
/* At most 16 at a time: -ENOSPC. */
int world_fault_add(struct world *w, const struct world_fault *fault);
/* Forgets all faults; releases what is stalled. */
void world_faults_clear(struct world *w);
/* How often a fault struck since they were last cleared. */
unsigned long world_faults_struck(struct world *w);
/* Returns when n operations at least are stalled. */
void world_wait_stalled(struct world *w, unsigned n);
/* Lets go on what is stalled now; the faults that stalled them are forgotten. */
void world_release(struct world *w);

#endif
