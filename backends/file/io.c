/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Transfers and flushes of a raw image. A transfer is whole or an error: what the kernel cuts short is
 * gone on with. The vector of the caller is used as it is until that happens.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "file/file_fds.h"
#include "file/image.h"

#define WINDOW 64 /* vectors handed to the kernel at a time when a transfer is gone on with */

int image_range(struct image *f, uint64_t offset, uint64_t length)
{
    uint64_t size = atomic_load_explicit(&f->size, memory_order_relaxed);
    if (offset <= size && length <= size - offset)
        return 0;
    replsvc_backend_set_error("%s: bytes %llu to %llu are past the end at %llu", f->path,
                              (unsigned long long)offset, (unsigned long long)(offset + length),
                              (unsigned long long)size);
    return -EINVAL;
}

static int fail_at(struct image *f, int err, const char *what, uint64_t offset)
{
    replsvc_backend_set_error("%s: %s at byte %llu: %s", f->path, what, (unsigned long long)offset,
                              strerror(err));
    return -err;
}

/* What is left of the vector behind `done` bytes, as far as it fits. */
static int rest_of(const struct iovec *iov, int iovcnt, size_t done, struct iovec rest[WINDOW])
{
    int n = 0;
    for (int i = 0; i < iovcnt && n < WINDOW; i++) {
        if (done >= iov[i].iov_len) {
            done -= iov[i].iov_len;
            continue;
        }
        rest[n].iov_base = (char *)iov[i].iov_base + done;
        rest[n++].iov_len = iov[i].iov_len - done;
        done = 0;
    }
    return n;
}

static ssize_t transfer_some(int fd, bool writing, const struct iovec *iov, int iovcnt, uint64_t offset,
                             int flags)
{
    ssize_t n;
    do
        n = writing ? pwritev2(fd, iov, iovcnt, (off_t)offset, flags)
                    : preadv2(fd, iov, iovcnt, (off_t)offset, flags);
    while (n < 0 && errno == EINTR);
    return n;
}

/* fd: where to begin; what it does not take goes through the page cache. */
static int transfer(struct image *f, int fd, bool writing, const struct iovec *iov, int iovcnt,
                    uint64_t offset, size_t length, int flags)
{
    struct iovec rest[WINDOW];
    const struct iovec *now = iov;
    int n_now = iovcnt;
    size_t done = 0;
    if (iovcnt > WINDOW) { /* the kernel takes no more than 1024 */
        now = rest;
        n_now = rest_of(iov, iovcnt, 0, rest);
    }
    while (done < length) {
        ssize_t n = transfer_some(fd, writing, now, n_now, offset + done, flags);
        if (n < 0 && errno == EINVAL && fd != f->fd) {
            fd = f->fd;
            continue;
        }
        if (n < 0)
            return -errno;
        if (n == 0) /* somebody has cut the file short, or there is no room */
            return writing ? -ENOSPC : -EIO;
        done += (size_t)n;
        now = rest;
        n_now = done < length ? rest_of(iov, iovcnt, done, rest) : 0;
    }
    return 0;
}

/* Past the page cache if that is wanted and the request is aligned. */
static int choose_fd(const struct image *f, const struct iovec *iov, int iovcnt, uint64_t offset,
                     uint32_t flags)
{
    if (f->direct_fd < 0 || !(f->direct_always || (flags & REPLSVC_BACKEND_IO_UNCACHED) != 0))
        return f->fd;
    uint64_t bits = offset;
    for (int i = 0; i < iovcnt; i++)
        bits |= (uintptr_t)iov[i].iov_base | iov[i].iov_len;
    return (bits & (f->direct_unit - 1)) == 0 ? f->direct_fd : f->fd;
}

static size_t total(const struct iovec *iov, int iovcnt)
{
    size_t sum = 0;
    for (int i = 0; i < iovcnt; i++)
        sum += iov[i].iov_len;
    return sum;
}

int image_preadv(void *handle, const struct iovec *iov, int iovcnt, uint64_t offset, uint32_t flags)
{
    struct image *f = handle;
    size_t length = total(iov, iovcnt);
    int err = image_range(f, offset, length);
    if (err != 0)
        return err;
    err = transfer(f, choose_fd(f, iov, iovcnt, offset, flags), false, iov, iovcnt, offset, length, 0);
    return err != 0 ? fail_at(f, -err, "reading failed", offset) : 0;
}

int image_flush(void *handle)
{
    struct image *f = handle;
    int err = atomic_load(&f->poison), rc;
    if (err != 0)
        return image_fail(f->path, -err, "an earlier flush failed");
    do
        rc = fdatasync(f->fd);
    while (rc != 0 && errno == EINTR);
    if (rc == 0)
        return 0;
    err = image_fail(f->path, errno, "flushing failed");
    file_poison(f, err);
    return err;
}

/* A write that is durable when it returns: by the kernel's flag, or by a flush. */
static int write_through(struct image *f, int fd, const struct iovec *iov, int iovcnt, uint64_t offset,
                         size_t length)
{
    if (!atomic_load(&f->no_dsync)) {
        int err = transfer(f, fd, true, iov, iovcnt, offset, length, RWF_DSYNC);
        if (err == -EIO) /* the data may have been written to the cache and be lost from there */
            file_poison(f, err);
        if (err != -EOPNOTSUPP)
            return err;
        atomic_store(&f->no_dsync, true);
    }
    int err = transfer(f, fd, true, iov, iovcnt, offset, length, 0);
    return err != 0 ? err : image_flush(f);
}

int image_pwritev(void *handle, const struct iovec *iov, int iovcnt, uint64_t offset, uint32_t flags)
{
    struct image *f = handle;
    if (!f->writable)
        return image_fail(f->path, EROFS, "writing failed");
    size_t length = total(iov, iovcnt);
    int err = image_range(f, offset, length);
    if (err != 0)
        return err;
    if (!atomic_load_explicit(&f->written, memory_order_relaxed))
        atomic_store(&f->written, true);
    int fd = choose_fd(f, iov, iovcnt, offset, flags);
    err = (flags & REPLSVC_IO_FUA) != 0 ? write_through(f, fd, iov, iovcnt, offset, length)
                                        : transfer(f, fd, true, iov, iovcnt, offset, length, 0);
    return err != 0 ? fail_at(f, -err, "writing failed", offset) : 0;
}
