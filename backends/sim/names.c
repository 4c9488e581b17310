/* SPDX-License-Identifier: BSD-2-Clause */
/* The names of a live world: making, removing, renaming and listing files and directories. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/record.h"

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

int64_t world_inode_of(const struct world *w, const char *path)
{
    char name[WORLD_NAME_SIZE];
    if (path[0] == '\0')
        return 0;
    int64_t dir = parent_of(w, path, name);
    return dir < 0 ? dir : state_lookup(&w->latest, (uint32_t)dir, name);
}

int64_t world_create(struct world *w, const char *path, bool directory, uint64_t size, bool durable)
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
    err = op.name == NULL ? -ENOMEM : world_perform(w, &op);
    return err != 0 ? err : (int64_t)op.target;
}

int world_mkdir(struct world *w, const char *path)
{
    pthread_mutex_lock(&w->lock);
    int64_t inode = world_inode_of(w, path);
    if (inode == -ENOENT)
        inode = world_create(w, path, true, 0, false);
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
        err = op.name == NULL ? -ENOMEM : world_perform(w, &op);
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
            err = world_perform(w, &op);
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
    int64_t inode = world_inode_of(w, path);
    int err = inode < 0 ? (int)inode : w->latest.inodes[inode].directory ? 0 : -ENOTDIR;
    size_t begun = w->n_ops;
    if (err == 0)
        err = world_meet_fault(w, WORLD_OP_SYNC_DIR, path, NULL);
    if (err == 0) {
        struct world_op op = {.kind = WORLD_OP_SYNC_DIR, .inode = (uint32_t)inode, .offset = begun};
        err = world_perform(w, &op);
    }
    pthread_mutex_unlock(&w->lock);
    return err;
}

int world_list(struct world *w, const char *path, int (*fn)(void *user, const char *entry), void *user)
{
    struct world_state seen = {0};
    pthread_mutex_lock(&w->lock);
    int64_t inode = world_inode_of(w, path);
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

int world_disk(struct world *w, const char *name, uint64_t size)
{
    char path[WORLD_NAME_SIZE];
    if ((size_t)snprintf(path, sizeof(path), "disks/%s", name) >= sizeof(path))
        return -ENAMETOOLONG;
    pthread_mutex_lock(&w->lock);
    int64_t inode = world_inode_of(w, path);
    if (inode == -ENOENT)
        inode = world_create(w, path, false, size, true);
    else if (inode >= 0)
        inode = -EEXIST;
    pthread_mutex_unlock(&w->lock);
    return inode < 0 ? (int)inode : 0;
}
