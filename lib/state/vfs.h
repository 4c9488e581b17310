/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The file system as the state directory sees it: the seam under which tests put a disk that crashes,
 * fills up or fails. Everything the library keeps in the state directory (journal, checkpoint, maps,
 * activity logs, overlays, redo logs) goes through it; element data goes through backends.
 *
 * Names are relative to the state directory, one level of sub-directories ("maps/sync-…"). All functions
 * return 0 or a negative errno (pread/pwrite: 0 when whole). A failed sync poisons the file: later syncs
 * fail with the same error.
 */
#ifndef RSVC_STATE_VFS_H
#define RSVC_STATE_VFS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct vfs;
struct vfs_file;

enum { VFS_CREATE = 1, VFS_EXCL = 2, VFS_TRUNC = 4 };

struct vfs_ops {
    int (*open)(struct vfs *v, const char *name, int flags, struct vfs_file **file);
    int (*unlink)(struct vfs *v, const char *name);
    int (*rename)(struct vfs *v, const char *from, const char *to);
    int (*mkdir)(struct vfs *v, const char *name);    /* 0 also when it exists */
    int (*sync_dir)(struct vfs *v, const char *name); /* "" = the state directory */
    /* Calls fn for each entry of a directory ("" = the state directory itself). */
    int (*list)(struct vfs *v, const char *name, int (*fn)(void *user, const char *entry), void *user);
    /* Takes the directory's lock: -EBUSY when another opener has it. Released by close; 0 if this vfs has it.
     */
    int (*lock)(struct vfs *v);
    void (*close)(struct vfs *v);
};
struct vfs_file_ops {
    int (*pread)(struct vfs_file *f, void *buf, size_t len, uint64_t off); /* past the end: -ENODATA */
    int (*pwrite)(struct vfs_file *f, const void *buf, size_t len, uint64_t off);
    int (*sync)(struct vfs_file *f); /* data and size durable */
    int (*truncate)(struct vfs_file *f, uint64_t size);
    int (*size)(struct vfs_file *f, uint64_t *size);
    void (*close)(struct vfs_file *f);
};
struct vfs {
    const struct vfs_ops *ops;
};
struct vfs_file {
    const struct vfs_file_ops *ops;
};

/* The real one. create: make the directory (0700) if it does not exist. Refuses symlinks inside. */
int vfs_posix_open(const char *directory, bool create, struct vfs **out);

#endif
