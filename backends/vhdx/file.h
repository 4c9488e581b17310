/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The files under a VHDX image: the seam beneath which tests put a disk that crashes, fails or fills up,
 * and which shows a file with its log replayed in memory. Functions return 0 or a negative errno; a
 * transfer is whole or an error. May be called from several threads at once.
 */
#ifndef RSVC_VHDX_FILE_H
#define RSVC_VHDX_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

struct vhdx_file;

struct vhdx_file_ops {
    /* Past the end of the file reads give -ENODATA. iov may be changed by the call. payload: bypassing the
     * page cache is wanted, if the file was opened so. */
    int (*preadv)(struct vhdx_file *f, struct iovec *iov, int iovcnt, uint64_t offset, bool payload);
    int (*pwritev)(struct vhdx_file *f, struct iovec *iov, int iovcnt, uint64_t offset, bool payload);
    int (*sync)(struct vhdx_file *f); /* everything written, and the size, durable */
    int (*size)(struct vhdx_file *f, uint64_t *size);
    int (*truncate)(struct vhdx_file *f, uint64_t size); /* what is gained reads as zeroes */
    /* Makes a range within the file read as zeroes; keep: its space stays allocated. -EOPNOTSUPP where
     * that would mean writing them. */
    int (*zero)(struct vhdx_file *f, uint64_t offset, uint64_t length, bool keep);
    int (*allocate)(struct vhdx_file *f, uint64_t offset, uint64_t length); /* -EOPNOTSUPP, -ENOSPC */
    /* End of the run of data or hole that begins at offset, within [offset, end). NULL: not known. */
    int (*extent)(struct vhdx_file *f, uint64_t offset, uint64_t end, uint64_t *run_end, bool *hole);
    /* The descriptor by which that transfer of payload goes best, and whether that is through the page cache.
     * uncached: what is transferred will not be wanted again soon. NULL: there is none. */
    int (*descriptor)(struct vhdx_file *f, const struct iovec *iov, int iovcnt, uint64_t offset, bool write,
                      bool uncached, bool *cached);
    int (*usage)(struct vhdx_file *f, uint64_t *bytes); /* space taken on the medium */
    /* Text that names the file for its life, e.g. device and inode; "" = none. */
    void (*identity)(struct vhdx_file *f, char *text, size_t size);
    void (*close)(struct vhdx_file *f);
    /* The following may be NULL, all or none. Whether the file system shares data between files; whether two
     * files of this kind lie in one; and doing it (length 0: up to the end): -EINVAL, -EXDEV, -EOPNOTSUPP if
     * it cannot be. */
    bool (*can_share)(struct vhdx_file *f);
    bool (*same_system)(struct vhdx_file *a, struct vhdx_file *b);
    int (*share)(struct vhdx_file *from, uint64_t from_at, struct vhdx_file *to, uint64_t to_at,
                 uint64_t length);
};

struct vhdx_file {
    const struct vhdx_file_ops *ops;
};

enum {
    VHDX_FILE_WRITE = 1,  /* for reading and writing, locked against every other opener */
    VHDX_FILE_CREATE = 2, /* must not exist */
    VHDX_FILE_DIRECT = 4,
    VHDX_FILE_UNLOCKED = 8 /* take no lock (reading only) */
};

/* Where files lie. */
struct vhdx_store;
struct vhdx_store_ops {
    int (*open)(struct vhdx_store *s, const char *path, unsigned flags, struct vhdx_file **file);
    /* Opens `wanted` as the image at `child` names it (already with '/' separators), if it lies inside one
     * of the roots ("" is the child's own folder), or in the child's own folder when there are none; no
     * symlink is followed below a root. path: its path, for messages and for the next in the chain. -EACCES:
     * outside. */
    int (*open_relative)(struct vhdx_store *s, const char *child, const char *wanted,
                         const char *const *roots, size_t n_roots, unsigned flags, struct vhdx_file **file,
                         char *path, size_t path_size);
    /* The path from the root on, its folders without links. */
    int (*absolute)(struct vhdx_store *s, const char *path, char *out, size_t size);
    int (*publish)(struct vhdx_store *s, const char *from, const char *to); /* -EEXIST; durable */
    int (*unlink)(struct vhdx_store *s, const char *path);                  /* durable */
    /* Calls found for every file beside that one (and itself); what it returns but 0 ends it and is returned.
     * folder: the path is the folder's own. */
    int (*beside)(struct vhdx_store *s, const char *path, bool folder,
                  int (*found)(void *user, const char *path), void *user);
};
struct vhdx_store {
    const struct vhdx_store_ops *ops;
};

/* The real one. */
extern struct vhdx_store vhdx_store_posix;

int vhdx_file_read(struct vhdx_file *f, void *buffer, size_t length, uint64_t offset);
/* Transfers payload; iov may be changed. */
int vhdx_file_payload(struct vhdx_file *f, bool write, struct iovec *iov, int iovcnt, uint64_t offset,
                      bool uncached);
int vhdx_file_write(struct vhdx_file *f, const void *buffer, size_t length, uint64_t offset);
/* By the file's own means, or by writing zeroes. */
int vhdx_file_zero(struct vhdx_file *f, uint64_t offset, uint64_t length, bool keep);

#endif
