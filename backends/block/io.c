/* SPDX-License-Identifier: BSD-2-Clause */
/* Transfers, flushes, zeroing and discarding on a block device. The rules are in block.c. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "block/device.h"
#include "file/kernel.h"
#include "io/rw.h"

int device_check_range(struct device *d, uint64_t offset, uint64_t length, uint64_t bits)
{
    uint64_t size = atomic_load_explicit(&d->size, memory_order_relaxed);
    if (offset > size || length > size - offset) {
        replsvc_backend_set_error("%s: bytes %llu to %llu are past the end at %llu", d->path,
                                  (unsigned long long)offset, (unsigned long long)(offset + length),
                                  (unsigned long long)size);
        return -EINVAL;
    }
    if (((offset | length | bits) & (d->align - 1)) != 0) {
        replsvc_backend_set_error("%s: a request of %llu bytes at byte %llu is not aligned to %u bytes",
                                  d->path, (unsigned long long)length, (unsigned long long)offset, d->align);
        return -EINVAL;
    }
    return 0;
}

int device_tell(struct device *d, int err, const char *what, uint64_t offset)
{
    uint64_t before = atomic_load(&d->size);
    bool changed = device_look(d) == 0 && atomic_load(&d->size) != before;
    if (err == -ENODATA || (err == -ENOSPC && changed)) /* how the kernel says "past the end" */
        err = -EIO;
    if (changed)
        replsvc_backend_set_error(
            "%s: %s at byte %llu: the device has changed its size from %llu to %llu bytes", d->path, what,
            (unsigned long long)offset, (unsigned long long)before,
            (unsigned long long)atomic_load(&d->size));
    else
        replsvc_backend_set_error("%s: %s at byte %llu: %s", d->path, what, (unsigned long long)offset,
                                  strerror(-err));
    return err;
}

uint64_t device_vector_bits(const struct device *d, const struct iovec *iov, int iovcnt)
{
    uint64_t bits = 0;
    for (int i = 0; d->direct && i < iovcnt; i++)
        bits |= (uintptr_t)iov[i].iov_base | iov[i].iov_len;
    return bits;
}

int device_preadv(void *handle, const struct iovec *iov, int iovcnt, uint64_t offset, uint32_t flags)
{
    struct device *d = handle;
    (void)flags;
    int err = device_check_range(d, offset, rw_length(iov, iovcnt), device_vector_bits(d, iov, iovcnt));
    if (err != 0)
        return err;
    err = rw_whole(d->fd, false, iov, iovcnt, offset, 0, 0);
    return err != 0 ? device_tell(d, err, "reading failed", offset) : 0;
}

void device_poison(struct device *d, int err)
{
    int clean = 0;
    atomic_compare_exchange_strong(&d->poison, &clean, err);
}

int device_flush(void *handle)
{
    struct device *d = handle;
    int err = atomic_load(&d->poison), rc;
    if (err != 0)
        return device_fail(d->path, -err, "an earlier flush failed");
    do
        rc = fdatasync(d->fd);
    while (rc != 0 && errno == EINTR);
    if (rc == 0)
        return 0;
    err = device_fail(d->path, errno, "flushing failed");
    device_poison(d, err);
    return err;
}

/* A write that is durable when it returns: by the kernel's flag, or by a flush. */
static int write_through(struct device *d, const struct iovec *iov, int iovcnt, uint64_t offset)
{
    if (!atomic_load(&d->no_dsync)) {
        int err = rw_whole(d->fd, true, iov, iovcnt, offset, 0, RWF_DSYNC);
        if (err == -EIO) /* it may have been the flush */
            device_poison(d, err);
        if (err != -EOPNOTSUPP)
            return err;
        atomic_store(&d->no_dsync, true);
    }
    int err = rw_whole(d->fd, true, iov, iovcnt, offset, 0, 0);
    return err != 0 ? err : device_flush(d);
}

int device_pwritev(void *handle, const struct iovec *iov, int iovcnt, uint64_t offset, uint32_t flags)
{
    struct device *d = handle;
    if (!d->writable)
        return device_fail(d->path, EROFS, "writing failed");
    int err = device_check_range(d, offset, rw_length(iov, iovcnt), device_vector_bits(d, iov, iovcnt));
    if (err != 0)
        return err;
    err = (flags & REPLSVC_IO_FUA) != 0 ? write_through(d, iov, iovcnt, offset)
                                        : rw_whole(d->fd, true, iov, iovcnt, offset, 0, 0);
    return err != 0 ? device_tell(d, err, "writing failed", offset) : 0;
}

/* Zeroes by the kernel: deallocating if it can (and else not at all), or keeping the space. */
static int zero(struct device *d, bool deallocate, uint64_t offset, uint64_t length)
{
    uint64_t range[2] = {offset, length};
    int rc;
    do
        rc = deallocate
                 ? fallocate(d->fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, (off_t)offset, (off_t)length)
                 : kernel_ioctl(d->fd, BLKZEROOUT, range);
    while (rc != 0 && errno == EINTR);
    return rc == 0 ? 0 : errno == ENOSYS || errno == ENOTTY ? -EOPNOTSUPP : -errno;
}

int device_discard(void *handle, uint64_t offset, uint64_t length, uint32_t flags)
{
    struct device *d = handle;
    if (!d->writable)
        return device_fail(d->path, EROFS, "discarding failed");
    if ((d->capabilities & REPLSVC_BACKEND_CAP_DISCARD) == 0)
        return -EOPNOTSUPP;
    int err = device_check_range(d, offset, length, 0);
    if (err != 0 || length == 0)
        return err;
    err = zero(d, true, offset, length);
    if (err == 0)
        return (flags & REPLSVC_IO_FUA) != 0 ? device_flush(d) : 0;
    return err == -EOPNOTSUPP ? err : device_tell(d, err, "discarding failed", offset);
}

int device_write_zeroes(void *handle, uint64_t offset, uint64_t length, uint32_t flags)
{
    struct device *d = handle;
    if (!d->writable)
        return device_fail(d->path, EROFS, "zeroing failed");
    int err = (flags & REPLSVC_IO_MAY_UNMAP) != 0 ? device_discard(d, offset, length, flags) : -EOPNOTSUPP;
    if (err != -EOPNOTSUPP)
        return err;
    err = device_check_range(d, offset, length, 0);
    if (err != 0 || length == 0)
        return err;
    err = zero(d, false, offset, length);
    if (err == 0)
        return (flags & REPLSVC_IO_FUA) != 0 ? device_flush(d) : 0;
    return err == -EOPNOTSUPP ? err : device_tell(d, err, "zeroing failed", offset);
}
