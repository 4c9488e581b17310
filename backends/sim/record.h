/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The inside of a world: its state (inodes) and its log (operations). For the files of this folder and
 * whatever builds worlds out of logs (tests/support/powercut.c).
 *
 * A state is plain data without a lock, cheap to fork: contents and directories are shared until changed.
 * Inodes are never reused; inode 0 is the root directory. An inode that no directory names is unreachable,
 * and stays.
 */
#ifndef RSVC_SIM_RECORD_H
#define RSVC_SIM_RECORD_H

#include <pthread.h>

#include "sim/pages.h"
#include "sim/world.h"

#define WORLD_NAME_SIZE 128
#define WORLD_FAULTS 16

struct world_entry {
    char name[WORLD_NAME_SIZE];
    uint32_t inode;
};

/* Immutable once two states share it. */
struct world_dir {
    unsigned refs; /* changed by __atomic builtins: states of several worlds share it */
    size_t n;
    struct world_entry entries[];
};

struct world_inode {
    bool directory;
    struct world_dir *dir; /* NULL: empty */
    struct pages pages;
    uint64_t size;
    uint64_t changes;
};

struct world_state {
    struct world_inode *inodes;
    size_t n;
};

struct world_op {
    enum world_op_kind kind;
    bool durable;    /* on stable storage when it returned; never lost in part */
    uint32_t inode;  /* the file or directory meant; CREATE, UNLINK, RENAME: the directory */
    uint32_t target; /* CREATE: the new inode; RENAME: the directory it goes to */
    uint64_t offset; /* TRUNCATE: the new size; SYNC, SYNC_DIR: operations of the log before it began */
    uint64_t length; /* CREATE: 1 for a directory */
    uint64_t size;   /* of the file after the operation */
    void *data;      /* WRITE: what is written */
    char *name;      /* CREATE, UNLINK, RENAME: in inode */
    char *new_name;  /* RENAME: in target */
    struct world_mark mark;
};

struct world {
    pthread_mutex_t lock; /* protects everything below; held for the length of one operation only */
    pthread_cond_t changed;
    uint32_t sector;
    uint32_t capabilities;
    struct world_state base;   /* at the last settle */
    struct world_state latest; /* base and all operations */
    struct world_op *ops;
    size_t n_ops, room_ops;
    bool *locked; /* by inode: somebody holds its lock; as long as n_locked */
    size_t n_locked;

    struct {
        struct world_fault fault;
        char path[WORLD_NAME_SIZE];
        unsigned long seen; /* matching operations so far */
        bool used;
    } faults[WORLD_FAULTS];
    unsigned long struck;
    unsigned stalled;  /* operations that wait now */
    unsigned released; /* rises with every release */
};

int state_init(struct world_state *s); /* just a root directory */
void state_free(struct world_state *s);
int state_fork(struct world_state *to, const struct world_state *from);
/* Adds an inode; its number, or a negative errno. */
int64_t state_add(struct world_state *s, bool directory);
/* The inode of a name in a directory; -ENOENT. */
int64_t state_lookup(const struct world_state *s, uint32_t dir, const char *name);
/* Sets (inode >= 0) or removes (-1) a name. */
int state_set_entry(struct world_state *s, uint32_t dir, const char *name, int64_t inode);
/* Makes the inode of a CREATE, without a name, if it is not there. */
int state_create_inode(struct world_state *s, const struct world_op *op);
/* Carries out an operation (syncs and marks do nothing). */
int state_apply(struct world_state *s, const struct world_op *op);
/* Sets a file's size; what lies behind it is gone. */
int state_resize(struct world_inode *inode, uint64_t size);

/* A world of its own that starts in that state (which it takes over, also on failure); NULL: no memory. */
struct world *world_from_state(uint32_t sector, struct world_state *state);

/* Called with the lock held: carries out an operation and appends it to the log. Takes over what the
 * operation points to, also on failure. */
int world_perform(struct world *w, struct world_op *op);
/* Called with the lock held: the inode of a path ("" = the root). */
int64_t world_inode_of(const struct world *w, const char *path);
/* Called with the lock held: makes a file of that size, or a directory; its inode. */
int64_t world_create(struct world *w, const char *path, bool directory, uint64_t size, bool durable);

/* Called with the lock held, before an operation: 0, or how it fails. *length (of a write; may be NULL) is
 * cut to what is written before it fails. May wait without the lock. */
int world_meet_fault(struct world *w, enum world_op_kind kind, const char *path, uint64_t *length);

#endif
