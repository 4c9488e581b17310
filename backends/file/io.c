/* SPDX-License-Identifier: BSD-2-Clause */
/* Transfers and flushes of a raw image. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "file/file_fds.h"
#include "file/image.h"
#include "file/kernel.h"
#include "io/rw.h"

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

/* fd: where to try; what the file system does not take there goes through the page cache. */
static int transfer(struct image *f, int fd, bool writing, const struct iovec *iov, int iovcnt,
                    uint64_t offset, int flags)
{
    int err = rw_whole(fd, writing, iov, iovcnt, offset, 0, flags);
    if (err == -EINVAL && fd != f->fd)
        err = rw_whole(f->fd, writing, iov, iovcnt, offset, 0, flags);
    return err == -ENODATA ? -EIO : err; /* somebody has cut the file short */
}

int image_choose_fd(const struct image *f, const struct iovec *iov, int iovcnt, uint64_t offset,
                    uint32_t flags, bool reading)
{
    if (f->direct_fd < 0 || !(f->direct_always || (flags & REPLSVC_BACKEND_IO_UNCACHED) != 0))
        return f->fd;
    uint64_t bits = offset, length = 0;
    for (int i = 0; i < iovcnt; i++) {
        bits |= (uintptr_t)iov[i].iov_base | iov[i].iov_len;
        length += iov[i].iov_len;
    }
    if ((bits & (f->direct_unit - 1)) != 0)
        return f->fd;
    /* Bulk data is read from where it is: the cache, if somebody has brought all of it there. */
    return reading && !f->direct_always && rw_is_cached(f->fd, offset, length) ? f->fd : f->direct_fd;
}

/* The case that hosts meet most, in one system call and little else: a single buffer through the page
 * cache. false: it takes the long way (again, from the start). */
static inline bool simple_case(const struct image *f, const struct iovec *iov, int iovcnt, uint64_t offset,
                               uint32_t flags)
{
    uint64_t size = atomic_load_explicit(&f->size, memory_order_relaxed);
    return iovcnt == 1 && flags == 0 && !f->direct_always && offset <= size &&
           iov[0].iov_len <= size - offset;
}

int image_preadv(void *handle, const struct iovec *iov, int iovcnt, uint64_t offset, uint32_t flags)
{
    struct image *f = handle;
    if (simple_case(f, iov, iovcnt, offset, flags) &&
        rw_pread(f->fd, iov[0].iov_base, iov[0].iov_len, offset) == (ssize_t)iov[0].iov_len)
        return 0;
    size_t length = rw_length(iov, iovcnt);
    int err = image_range(f, offset, length);
    if (err != 0)
        return err;
    err = transfer(f, image_choose_fd(f, iov, iovcnt, offset, flags, true), false, iov, iovcnt, offset, 0);
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
static int write_through(struct image *f, int fd, const struct iovec *iov, int iovcnt, uint64_t offset)
{
    if (!atomic_load(&f->no_dsync)) {
        int err = transfer(f, fd, true, iov, iovcnt, offset, RWF_DSYNC);
        if (err == -EIO) /* the data may have been written to the cache and be lost from there */
            file_poison(f, err);
        if (err != -EOPNOTSUPP)
            return err;
        atomic_store(&f->no_dsync, true);
    }
    int err = transfer(f, fd, true, iov, iovcnt, offset, 0);
    return err != 0 ? err : image_flush(f);
}

int image_pwritev(void *handle, const struct iovec *iov, int iovcnt, uint64_t offset, uint32_t flags)
{
    struct image *f = handle;
    if (!f->writable)
        return image_fail(f->path, EROFS, "writing failed");
    if (!atomic_load_explicit(&f->written, memory_order_relaxed))
        atomic_store(&f->written, true);
    if (simple_case(f, iov, iovcnt, offset, flags) &&
        rw_pwrite(f->fd, iov[0].iov_base, iov[0].iov_len, offset) == (ssize_t)iov[0].iov_len)
        return 0;
    size_t length = rw_length(iov, iovcnt);
    int err = image_range(f, offset, length);
    if (err != 0)
        return err;
    int fd = image_choose_fd(f, iov, iovcnt, offset, flags, false);
    err = (flags & REPLSVC_IO_FUA) != 0 ? write_through(f, fd, iov, iovcnt, offset)
                                        : transfer(f, fd, true, iov, iovcnt, offset, 0);
    return err != 0 ? fail_at(f, -err, "writing failed", offset) : 0;
}
