/* SPDX-License-Identifier: BSD-2-Clause */
/* A state directory inside a simulated world: see simvfs.h. */
#include "support/simvfs.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct simvfs {
    struct vfs vfs;
    struct world *world;
    struct world_file *lock; /* NULL: not locked */
    char directory[64];
};

struct simvfs_file {
    struct vfs_file file;
    struct world_file *of;
    atomic_int poison; /* the error of the sync that failed */
};

#define PATH_SIZE 320

static int path_of(const struct simvfs *v, const char *name, char path[PATH_SIZE])
{
    int n = name[0] != '\0' ? snprintf(path, PATH_SIZE, "%s/%s", v->directory, name)
                            : snprintf(path, PATH_SIZE, "%s", v->directory);
    return n < PATH_SIZE ? 0 : -ENAMETOOLONG;
}

/* ---- files ---- */

static int file_pread(struct vfs_file *f, void *buf, size_t len, uint64_t off)
{
    return world_read(((struct simvfs_file *)f)->of, buf, len, off);
}

static int file_pwrite(struct vfs_file *f, const void *buf, size_t len, uint64_t off)
{
    return world_write(((struct simvfs_file *)f)->of, buf, len, off, false);
}

static int file_sync(struct vfs_file *f)
{
    struct simvfs_file *s = (struct simvfs_file *)f;
    int err = atomic_load(&s->poison);
    if (err != 0)
        return err;
    err = world_sync(s->of);
    if (err != 0)
        atomic_store(&s->poison, err);
    return err;
}

static int file_truncate(struct vfs_file *f, uint64_t size)
{
    return world_truncate(((struct simvfs_file *)f)->of, size);
}

static int file_size(struct vfs_file *f, uint64_t *size)
{
    return world_size(((struct simvfs_file *)f)->of, size);
}

static void file_close(struct vfs_file *f)
{
    world_close(((struct simvfs_file *)f)->of);
    free(f);
}

static const struct vfs_file_ops file_ops = {file_pread,    file_pwrite, file_sync,
                                             file_truncate, file_size,   file_close};

/* ---- the directory ---- */

static int dir_open(struct vfs *vfs, const char *name, int flags, struct vfs_file **file)
{
    struct simvfs *v = (struct simvfs *)vfs;
    char path[PATH_SIZE];
    int err = path_of(v, name, path);
    if (err != 0)
        return err;
    struct simvfs_file *f = calloc(1, sizeof(*f));
    if (f == NULL)
        return -ENOMEM;
    f->file.ops = &file_ops;
    err = world_open(v->world, path,
                     ((flags & VFS_CREATE) != 0 ? WORLD_CREATE_FILE : 0) |
                         ((flags & VFS_EXCL) != 0 ? WORLD_EXCL : 0) |
                         ((flags & VFS_TRUNC) != 0 ? WORLD_TRUNC : 0),
                     &f->of);
    if (err != 0) {
        free(f);
        return err;
    }
    *file = &f->file;
    return 0;
}

static int dir_unlink(struct vfs *vfs, const char *name)
{
    struct simvfs *v = (struct simvfs *)vfs;
    char path[PATH_SIZE];
    int err = path_of(v, name, path);
    return err != 0 ? err : world_unlink(v->world, path, false);
}

static int dir_rename(struct vfs *vfs, const char *from, const char *to)
{
    struct simvfs *v = (struct simvfs *)vfs;
    char path[PATH_SIZE], new_path[PATH_SIZE];
    int err = path_of(v, from, path);
    if (err == 0)
        err = path_of(v, to, new_path);
    return err != 0 ? err : world_rename(v->world, path, new_path);
}

static int dir_mkdir(struct vfs *vfs, const char *name)
{
    struct simvfs *v = (struct simvfs *)vfs;
    char path[PATH_SIZE];
    int err = path_of(v, name, path);
    return err != 0 ? err : world_mkdir(v->world, path);
}

static int dir_sync(struct vfs *vfs, const char *name)
{
    struct simvfs *v = (struct simvfs *)vfs;
    char path[PATH_SIZE];
    int err = path_of(v, name, path);
    return err != 0 ? err : world_sync_dir(v->world, path);
}

struct listing {
    int (*fn)(void *user, const char *entry);
    void *user;
};

static int list_entry(void *user, const char *entry)
{
    const struct listing *l = user;
    return strcmp(entry, ".lock") == 0 ? 0 : l->fn(l->user, entry);
}

static int dir_list(struct vfs *vfs, const char *name, int (*fn)(void *user, const char *entry), void *user)
{
    struct simvfs *v = (struct simvfs *)vfs;
    struct listing l = {fn, user};
    char path[PATH_SIZE];
    int err = path_of(v, name, path);
    return err != 0 ? err : world_list(v->world, path, list_entry, &l);
}

static int dir_lock(struct vfs *vfs)
{
    struct simvfs *v = (struct simvfs *)vfs;
    char path[PATH_SIZE];
    struct world_file *f;
    if (v->lock != NULL)
        return 0;
    int err = path_of(v, ".lock", path);
    if (err == 0)
        err = world_open(v->world, path, WORLD_CREATE_FILE, &f);
    if (err != 0)
        return err;
    err = world_lock(f);
    if (err != 0)
        world_close(f);
    else
        v->lock = f;
    return err;
}

static void dir_close(struct vfs *vfs)
{
    struct simvfs *v = (struct simvfs *)vfs;
    if (v->lock != NULL)
        world_close(v->lock);
    free(v);
}

static const struct vfs_ops dir_ops = {dir_open, dir_unlink, dir_rename, dir_mkdir,
                                       dir_sync, dir_list,   dir_lock,   dir_close};

int simvfs_open(struct world *w, const char *directory, bool create, struct vfs **out)
{
    if (strlen(directory) >= sizeof(((struct simvfs *)0)->directory))
        return -ENAMETOOLONG;
    if (create) {
        int err = world_mkdir(w, directory);
        if (err == 0)
            err = world_sync_dir(w, "");
        if (err != 0)
            return err;
    }
    struct simvfs *v = calloc(1, sizeof(*v));
    if (v == NULL)
        return -ENOMEM;
    v->vfs.ops = &dir_ops;
    v->world = w;
    snprintf(v->directory, sizeof(v->directory), "%s", directory);
    *out = &v->vfs;
    return 0;
}
