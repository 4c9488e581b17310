/* SPDX-License-Identifier: BSD-2-Clause */
/* The files of a live world: opening, locking, reading, changing and syncing. */
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

int world_open(struct world *w, const char *path, int flags, struct world_file **file)
{
    struct world_file *f = calloc(1, sizeof(*f));
    if (f == NULL)
        return -ENOMEM;
    pthread_mutex_lock(&w->lock);
    int64_t inode = world_inode_of(w, path);
    if (inode >= 0 && (flags & WORLD_EXCL) != 0)
        inode = -EEXIST;
    else if (inode >= 0 && w->latest.inodes[inode].directory)
        inode = -EISDIR;
    else if (inode == -ENOENT && (flags & WORLD_CREATE_FILE) != 0)
        inode = world_create(w, path, false, 0, false);
    int err = inode < 0 ? (int)inode : 0;
    if (err == 0 && (flags & WORLD_TRUNC) != 0 && w->latest.inodes[inode].size != 0) {
        struct world_op op = {.kind = WORLD_OP_TRUNCATE, .inode = (uint32_t)inode};
        err = world_meet_fault(w, WORLD_OP_TRUNCATE, path, NULL);
        if (err == 0)
            err = world_perform(w, &op);
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
            err = world_perform(w, &op);
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
        err = world_perform(w, &op);
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
