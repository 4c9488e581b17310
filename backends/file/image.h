/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * An opened raw image, and what the files of this backend offer each other: place.c (paths, opening,
 * making, removing), io.c (transfers and flushes), space.c (zeroing, extents, sizes, sharing).
 */
#ifndef RSVC_FILE_IMAGE_H
#define RSVC_FILE_IMAGE_H

#include <stdatomic.h>

#include <replsvc/backend.h>

struct image {
    int fd;        /* through the page cache; has the lock */
    int direct_fd; /* past it, or -1: see file_fds.h */
    bool writable;
    bool direct_always; /* hosts' I/O goes past the page cache; requests are aligned to direct_unit */
    uint32_t direct_unit;
    uint32_t block_size; /* of the file system */
    uint32_t capabilities;
    _Atomic uint64_t size; /* bytes, as at open or after the last resize */
    atomic_int poison;     /* negative errno of the sync that failed, or 0: it is never tried again */
    atomic_bool written;   /* something was changed through this handle */
    atomic_bool no_dsync;  /* the kernel has no RWF_DSYNC for this file */
    atomic_bool no_zero_range;
    atomic_bool no_punch;
    char path[]; /* as given, for messages */
};

/* Leaves "PATH: what: reason" as the error's sentence; returns -err. */
int image_fail(const char *path, int err, const char *what);

/* place.c */
int image_check(const char *path, char *canonical, size_t canonical_size);
int image_open(const char *path, const replsvc_backend_open_options *options, void **handle);
int image_create(const char *path, const replsvc_backend_create_options *options);
int image_remove(const char *path);
/* Makes a new file at path by fill (which writes it), durable when it returns, or nothing; -EEXIST. */
int image_make(const char *path, int (*fill)(int fd, const char *path, const void *user), const void *user);

/* io.c */
int image_preadv(void *handle, const struct iovec *iov, int iovcnt, uint64_t offset, uint32_t flags);
int image_pwritev(void *handle, const struct iovec *iov, int iovcnt, uint64_t offset, uint32_t flags);
int image_flush(void *handle);
/* The descriptor for a transfer: past the page cache if that is wanted and the request is aligned. */
int image_choose_fd(const struct image *f, const struct iovec *iov, int iovcnt, uint64_t offset,
                    uint32_t flags, bool reading);
/* -EINVAL unless the range is inside the image. */
int image_range(struct image *f, uint64_t offset, uint64_t length);

/* space.c */
int image_discard(void *handle, uint64_t offset, uint64_t length, uint32_t flags);
int image_write_zeroes(void *handle, uint64_t offset, uint64_t length, uint32_t flags);
int image_extents(void *handle, uint64_t offset, uint64_t length, replsvc_extent extents[], size_t *n);
int image_resize(void *handle, uint64_t size_bytes);
int image_clone_range(void *source, uint64_t source_offset, void *target, uint64_t target_offset,
                      uint64_t length);
int image_native_snapshot(void *handle, const char *path, uint32_t flags);
/* Whether the file system can share data between files (asks it without changing anything). */
bool image_can_share(int fd);

#endif
