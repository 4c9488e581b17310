/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The live world: every operation takes the world's lock, meets the faults, is carried out on the latest
 * state and is appended to the log. What would have been left by a crash is no business of this file: it
 * is worked out from the log afterwards.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/record.h"

struct world_file {
    struct world *world;
    uint32_t inode;
    bool locked; /* this opener holds the inode's lock */
    char path[2 * WORLD_NAME_SIZE];
};

/* ---- a world ---- */

struct world *world_from_state(uint32_t sector, struct world_state *state)
{
    struct world *w = calloc(1, sizeof(*w));
    if (w == NULL || state_fork(&w->base, state) != 0) {
        state_free(state);
        free(w);
        return NULL;
    }
    w->latest = *state;
    w->sector = sector;
    w->capabilities = UINT32_MAX;
    pthread_mutex_init(&w->lock, NULL);
    pthread_cond_init(&w->changed, NULL);
    return w;
}

struct world *world_new(uint32_t sector)
{
    struct world_state state;
    if (state_init(&state) != 0)
        return NULL;
    struct world *w = world_from_state(sector, &state);
    if (w != NULL && (world_mkdir(w, "disks") != 0 || world_settle(w) != 0)) {
        world_free(w);
        w = NULL;
    }
    return w;
}

static void forget_ops(struct world *w)
{
    for (size_t i = 0; i < w->n_ops; i++) {
        free(w->ops[i].data);
        free(w->ops[i].name);
        free(w->ops[i].new_name);
    }
    w->n_ops = 0;
}

void world_free(struct world *w)
{
    if (w == NULL)
        return;
    forget_ops(w);
    free(w->ops);
    free(w->locked);
    state_free(&w->base);
    state_free(&w->latest);
    pthread_cond_destroy(&w->changed);
    pthread_mutex_destroy(&w->lock);
    free(w);
}

uint32_t world_sector(const struct world *w)
{
    return w->sector;
}

void world_set_capabilities(struct world *w, uint32_t capabilities)
{
    pthread_mutex_lock(&w->lock);
    w->capabilities = capabilities;
    pthread_mutex_unlock(&w->lock);
}

uint32_t world_capabilities(struct world *w)
{
    pthread_mutex_lock(&w->lock);
    uint32_t capabilities = w->capabilities;
    pthread_mutex_unlock(&w->lock);
    return capabilities;
}

/* ---- the log ---- */

/* Carries out an operation and appends it; takes over what it points to, also on failure. */
static int perform(struct world *w, struct world_op *op)
{
    int err = 0;
    if (w->n_ops == w->room_ops) {
        size_t room = w->room_ops != 0 ? 2 * w->room_ops : 64;
        struct world_op *grown = realloc(w->ops, room * sizeof(*grown));
        if (grown != NULL) {
            w->ops = grown;
            w->room_ops = room;
        } else {
            err = -ENOMEM;
        }
    }
    if (err == 0)
        err = state_apply(&w->latest, op);
    if (err == 0) {
        w->ops[w->n_ops++] = *op;
        return 0;
    }
    free(op->data);
    free(op->name);
    free(op->new_name);
    return err;
}

int world_mark(struct world *w, uint32_t kind, uint64_t a, uint64_t b, uint64_t c)
{
    struct world_op op = {.kind = WORLD_OP_MARK, .mark = {kind, a, b, c}};
    pthread_mutex_lock(&w->lock);
    int err = perform(w, &op);
    pthread_mutex_unlock(&w->lock);
    return err;
}

int world_settle(struct world *w)
{
    struct world_state now;
    pthread_mutex_lock(&w->lock);
    int err = state_fork(&now, &w->latest);
    if (err == 0) {
        state_free(&w->base);
        w->base = now;
        forget_ops(w);
    }
    pthread_mutex_unlock(&w->lock);
    return err;
}

size_t world_ops(struct world *w)
{
    pthread_mutex_lock(&w->lock);
    size_t n = w->n_ops;
    pthread_mutex_unlock(&w->lock);
    return n;
}

void world_describe(struct world *w, size_t index, char *text, size_t size)
{
    static const char *const kinds[WORLD_OP_KINDS] = {"write",       "zero",   "truncate", "sync",
                                                      "failed sync", "create", "unlink",   "rename",
                                                      "sync dir",    "mark",   "read"};
    pthread_mutex_lock(&w->lock);
    if (index >= w->n_ops) {
        snprintf(text, size, "end of the log");
    } else {
        const struct world_op *op = &w->ops[index];
        if (op->kind == WORLD_OP_MARK)
            snprintf(text, size, "mark %u (%llu, %llu, %llu)", op->mark.kind, (unsigned long long)op->mark.a,
                     (unsigned long long)op->mark.b, (unsigned long long)op->mark.c);
        else
            snprintf(text, size, "%s inode %u offset %llu length %llu%s%s%s%s%s", kinds[op->kind], op->inode,
                     (unsigned long long)op->offset, (unsigned long long)op->length,
                     op->durable ? " durable" : "", op->name != NULL ? " " : "",
                     op->name != NULL ? op->name : "", op->new_name != NULL ? " -> " : "",
                     op->new_name != NULL ? op->new_name : "");
    }
    pthread_mutex_unlock(&w->lock);
}

/* ---- names ---- */

/* The directory of a path, and its last component; called with the lock held. */
static int64_t parent_of(const struct world *w, const char *path, char name[WORLD_NAME_SIZE])
{
    uint32_t dir = 0;
    for (;;) {
        size_t len = strcspn(path, "/");
        if (len == 0 || len >= WORLD_NAME_SIZE)
            return len == 0 ? -ENOENT : -ENAMETOOLONG;
        memcpy(name, path, len);
        name[len] = '\0';
        if (path[len] == '\0')
            return dir;
        int64_t inode = state_lookup(&w->latest, dir, name);
        if (inode < 0)
            return inode;
        if (!w->latest.inodes[inode].directory)
            return -ENOTDIR;
        dir = (uint32_t)inode;
        path += len + 1;
    }
}

/* The inode of a path ("" = the root); called with the lock held. */
static int64_t inode_of(const struct world *w, const char *path)
{
    char name[WORLD_NAME_SIZE];
    if (path[0] == '\0')
        return 0;
    int64_t dir = parent_of(w, path, name);
    return dir < 0 ? dir : state_lookup(&w->latest, (uint32_t)dir, name);
}

/* Makes a file of that size, or a directory; its inode. */
static int64_t create(struct world *w, const char *path, bool directory, uint64_t size, bool durable)
{
    char name[WORLD_NAME_SIZE];
    int64_t dir = parent_of(w, path, name);
    if (dir < 0)
        return dir;
    int err = world_meet_fault(w, WORLD_OP_CREATE, path, NULL);
    if (err != 0)
        return err;
    struct world_op op = {.kind = WORLD_OP_CREATE,
                          .durable = durable,
                          .inode = (uint32_t)dir,
                          .target = (uint32_t)w->latest.n,
                          .length = directory,
                          .size = size,
                          .name = strdup(name)};
    err = op.name == NULL ? -ENOMEM : perform(w, &op);
    return err != 0 ? err : (int64_t)op.target;
}

int world_mkdir(struct world *w, const char *path)
{
    pthread_mutex_lock(&w->lock);
    int64_t inode = inode_of(w, path);
    if (inode == -ENOENT)
        inode = create(w, path, true, 0, false);
    else if (inode >= 0 && !w->latest.inodes[inode].directory)
        inode = -EEXIST;
    pthread_mutex_unlock(&w->lock);
    return inode < 0 ? (int)inode : 0;
}

int world_unlink(struct world *w, const char *path, bool durable)
{
    char name[WORLD_NAME_SIZE];
    pthread_mutex_lock(&w->lock);
    int64_t dir = parent_of(w, path, name);
    int64_t inode = dir < 0 ? dir : state_lookup(&w->latest, (uint32_t)dir, name);
    int err = inode < 0 ? (int)inode : 0;
    if (err == 0 && w->latest.inodes[inode].directory)
        err = -EISDIR;
    if (err == 0)
        err = world_meet_fault(w, WORLD_OP_UNLINK, path, NULL);
    if (err == 0) {
        struct world_op op = {
            .kind = WORLD_OP_UNLINK, .durable = durable, .inode = (uint32_t)dir, .name = strdup(name)};
        err = op.name == NULL ? -ENOMEM : perform(w, &op);
    }
    pthread_mutex_unlock(&w->lock);
    return err;
}

int world_rename(struct world *w, const char *from, const char *to)
{
    char name[WORLD_NAME_SIZE], new_name[WORLD_NAME_SIZE];
    pthread_mutex_lock(&w->lock);
    int64_t dir = parent_of(w, from, name), new_dir = parent_of(w, to, new_name);
    int64_t inode = dir < 0 ? dir : state_lookup(&w->latest, (uint32_t)dir, name);
    int err = inode < 0 ? (int)inode : new_dir < 0 ? (int)new_dir : 0;
    if (err == 0)
        err = world_meet_fault(w, WORLD_OP_RENAME, from, NULL);
    if (err == 0) {
        struct world_op op = {.kind = WORLD_OP_RENAME,
                              .inode = (uint32_t)dir,
                              .target = (uint32_t)new_dir,
                              .name = strdup(name),
                              .new_name = strdup(new_name)};
        if (op.name != NULL && op.new_name != NULL) {
            err = perform(w, &op);
        } else {
            free(op.name);
            free(op.new_name);
            err = -ENOMEM;
        }
    }
    pthread_mutex_unlock(&w->lock);
    return err;
}

int world_sync_dir(struct world *w, const char *path)
{
    pthread_mutex_lock(&w->lock);
    int64_t inode = inode_of(w, path);
    int err = inode < 0 ? (int)inode : w->latest.inodes[inode].directory ? 0 : -ENOTDIR;
    size_t begun = w->n_ops;
    if (err == 0)
        err = world_meet_fault(w, WORLD_OP_SYNC_DIR, path, NULL);
    if (err == 0) {
        struct world_op op = {.kind = WORLD_OP_SYNC_DIR, .inode = (uint32_t)inode, .offset = begun};
        err = perform(w, &op);
    }
    pthread_mutex_unlock(&w->lock);
    return err;
}

int world_list(struct world *w, const char *path, int (*fn)(void *user, const char *entry), void *user)
{
    struct world_state seen = {0};
    pthread_mutex_lock(&w->lock);
    int64_t inode = inode_of(w, path);
    int err = inode < 0 ? (int)inode : w->latest.inodes[inode].directory ? 0 : -ENOTDIR;
    if (err == 0)
        err = state_fork(&seen, &w->latest);
    pthread_mutex_unlock(&w->lock);
    const struct world_dir *d = err == 0 ? seen.inodes[inode].dir : NULL;
    for (size_t i = 0; d != NULL && i < d->n && err == 0; i++)
        err = fn(user, d->entries[i].name);
    state_free(&seen);
    return err;
}

/* ---- files ---- */

int world_open(struct world *w, const char *path, int flags, struct world_file **file)
{
    struct world_file *f = calloc(1, sizeof(*f));
    if (f == NULL)
        return -ENOMEM;
    pthread_mutex_lock(&w->lock);
    int64_t inode = inode_of(w, path);
    if (inode >= 0 && (flags & WORLD_EXCL) != 0)
        inode = -EEXIST;
    else if (inode >= 0 && w->latest.inodes[inode].directory)
        inode = -EISDIR;
    else if (inode == -ENOENT && (flags & WORLD_CREATE_FILE) != 0)
        inode = create(w, path, false, 0, false);
    int err = inode < 0 ? (int)inode : 0;
    if (err == 0 && (flags & WORLD_TRUNC) != 0 && w->latest.inodes[inode].size != 0) {
        struct world_op op = {.kind = WORLD_OP_TRUNCATE, .inode = (uint32_t)inode};
        err = world_meet_fault(w, WORLD_OP_TRUNCATE, path, NULL);
        if (err == 0)
            err = perform(w, &op);
    }
    pthread_mutex_unlock(&w->lock);
    if (err != 0) {
        free(f);
        return err;
    }
    f->world = w;
    f->inode = (uint32_t)inode;
    snprintf(f->path, sizeof(f->path), "%s", path);
    *file = f;
    return 0;
}

void world_close(struct world_file *f)
{
    if (f->locked) {
        pthread_mutex_lock(&f->world->lock);
        f->world->locked[f->inode] = false;
        pthread_mutex_unlock(&f->world->lock);
    }
    free(f);
}

int world_lock(struct world_file *f)
{
    struct world *w = f->world;
    int err = 0;
    pthread_mutex_lock(&w->lock);
    if (f->inode >= w->n_locked) {
        bool *grown = realloc(w->locked, w->latest.n);
        if (grown == NULL) {
            err = -ENOMEM;
        } else {
            memset(grown + w->n_locked, 0, w->latest.n - w->n_locked);
            w->locked = grown;
            w->n_locked = w->latest.n;
        }
    }
    if (err == 0 && !f->locked) {
        err = w->locked[f->inode] ? -EBUSY : 0;
        if (err == 0)
            w->locked[f->inode] = f->locked = true;
    }
    pthread_mutex_unlock(&w->lock);
    return err;
}

int world_read(struct world_file *f, void *buf, uint64_t len, uint64_t off)
{
    struct world *w = f->world;
    pthread_mutex_lock(&w->lock);
    int err = world_meet_fault(w, WORLD_OP_READ, f->path, NULL);
    const struct world_inode *inode = &w->latest.inodes[f->inode];
    if (err == 0 && (off > inode->size || len > inode->size - off))
        err = -ENODATA;
    if (err == 0)
        pages_read(&inode->pages, buf, len, off);
    pthread_mutex_unlock(&w->lock);
    return err;
}

/* A write, or (buf NULL) zeroes. What a fault lets through before it fails is done and logged. */
static int change(struct world_file *f, const void *buf, uint64_t len, uint64_t off, bool durable)
{
    struct world *w = f->world;
    enum world_op_kind kind = buf != NULL ? WORLD_OP_WRITE : WORLD_OP_ZERO;
    if (len == 0)
        return 0;
    pthread_mutex_lock(&w->lock);
    uint64_t done = len;
    int fault = world_meet_fault(w, kind, f->path, &done), err = 0;
    uint64_t size = w->latest.inodes[f->inode].size;
    if (off + len < off || (buf == NULL && off + len > size))
        err = -EINVAL;
    if (err == 0 && done != 0) {
        struct world_op op = {.kind = kind,
                              .durable = durable && fault == 0,
                              .inode = f->inode,
                              .offset = off,
                              .length = done,
                              .size = off + done > size ? off + done : size};
        if (buf != NULL) {
            op.data = malloc(done);
            err = op.data != NULL ? 0 : -ENOMEM;
        }
        if (err == 0) {
            if (buf != NULL)
                memcpy(op.data, buf, done);
            err = perform(w, &op);
        }
    }
    pthread_mutex_unlock(&w->lock);
    return err != 0 ? err : fault;
}

int world_write(struct world_file *f, const void *buf, uint64_t len, uint64_t off, bool durable)
{
    return change(f, buf, len, off, durable);
}

int world_zero(struct world_file *f, uint64_t off, uint64_t len, bool durable)
{
    return change(f, NULL, len, off, durable);
}

/* An operation on a file that a fault makes fail without a trace, or (a sync) with one. */
static int simple(struct world_file *f, enum world_op_kind kind, uint64_t size)
{
    struct world *w = f->world;
    pthread_mutex_lock(&w->lock);
    size_t begun = w->n_ops; /* a sync promises nothing about what is written while it is under way */
    int fault = world_meet_fault(w, kind, f->path, NULL), err = 0;
    struct world_op op = {
        .kind = kind, .inode = f->inode, .offset = kind == WORLD_OP_SYNC ? begun : size, .size = size};
    if (fault != 0 && kind == WORLD_OP_SYNC)
        op.kind = WORLD_OP_SYNC_FAILED;
    if (fault == 0 || kind == WORLD_OP_SYNC)
        err = perform(w, &op);
    pthread_mutex_unlock(&w->lock);
    return fault != 0 ? fault : err;
}

int world_truncate(struct world_file *f, uint64_t size)
{
    return simple(f, WORLD_OP_TRUNCATE, size);
}

int world_sync(struct world_file *f)
{
    return simple(f, WORLD_OP_SYNC, 0);
}

int world_size(struct world_file *f, uint64_t *size)
{
    pthread_mutex_lock(&f->world->lock);
    *size = f->world->latest.inodes[f->inode].size;
    pthread_mutex_unlock(&f->world->lock);
    return 0;
}

uint64_t world_next(struct world_file *f, uint64_t off, bool data)
{
    pthread_mutex_lock(&f->world->lock);
    const struct world_inode *inode = &f->world->latest.inodes[f->inode];
    uint64_t at = off < inode->size ? pages_next(&inode->pages, off, data) : inode->size;
    if (at > inode->size)
        at = inode->size;
    pthread_mutex_unlock(&f->world->lock);
    return at;
}

uint64_t world_allocated(struct world_file *f)
{
    pthread_mutex_lock(&f->world->lock);
    uint64_t bytes = pages_count(&f->world->latest.inodes[f->inode].pages) * PAGES_SIZE;
    pthread_mutex_unlock(&f->world->lock);
    return bytes;
}

uint64_t world_inode(struct world_file *f)
{
    return f->inode;
}

uint64_t world_changes(struct world_file *f)
{
    pthread_mutex_lock(&f->world->lock);
    uint64_t changes = f->world->latest.inodes[f->inode].changes;
    pthread_mutex_unlock(&f->world->lock);
    return changes;
}

int world_disk(struct world *w, const char *name, uint64_t size)
{
    char path[WORLD_NAME_SIZE];
    if ((size_t)snprintf(path, sizeof(path), "disks/%s", name) >= sizeof(path))
        return -ENAMETOOLONG;
    pthread_mutex_lock(&w->lock);
    int64_t inode = inode_of(w, path);
    if (inode == -ENOENT)
        inode = create(w, path, false, size, true);
    else if (inode >= 0)
        inode = -EEXIST;
    pthread_mutex_unlock(&w->lock);
    return inode < 0 ? (int)inode : 0;
}
