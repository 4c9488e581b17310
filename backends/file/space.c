/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The space of a raw image: zeroing, discarding, extents, resizing, and sharing data with other files.
 * What the file system cannot do answers -EOPNOTSUPP and has changed nothing; callers then do it by hand.
 */
#include <errno.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "file/image.h"
#include "file/kernel.h"

/* *unable: remembered once the file system has said that it cannot. */
static int allocate(struct image *f, int mode, uint64_t offset, uint64_t length, uint32_t flags,
                    atomic_bool *unable, const char *what)
{
    if (!f->writable)
        return image_fail(f->path, EROFS, what);
    int err = image_range(f, offset, length);
    if (err != 0 || length == 0)
        return err;
    if (atomic_load_explicit(unable, memory_order_relaxed))
        return -EOPNOTSUPP;
    atomic_store(&f->written, true);
    int rc;
    do
        rc = fallocate(f->fd, mode | FALLOC_FL_KEEP_SIZE, (off_t)offset, (off_t)length);
    while (rc != 0 && errno == EINTR);
    if (rc != 0 && (errno == EOPNOTSUPP || errno == ENOSYS)) {
        atomic_store(unable, true);
        return -EOPNOTSUPP;
    }
    if (rc != 0)
        return image_fail(f->path, errno, what);
    return (flags & REPLSVC_IO_FUA) != 0 ? image_flush(f) : 0;
}

int image_discard(void *handle, uint64_t offset, uint64_t length, uint32_t flags)
{
    struct image *f = handle;
    return allocate(f, FALLOC_FL_PUNCH_HOLE, offset, length, flags, &f->no_punch, "discarding failed");
}

int image_write_zeroes(void *handle, uint64_t offset, uint64_t length, uint32_t flags)
{
    struct image *f = handle;
    if ((flags & REPLSVC_IO_MAY_UNMAP) != 0) {
        int err = image_discard(f, offset, length, flags);
        if (err != -EOPNOTSUPP)
            return err;
    }
    return allocate(f, FALLOC_FL_ZERO_RANGE, offset, length, flags, &f->no_zero_range, "zeroing failed");
}

/* The end of the run of data or hole that begins at `at`, not past end. A file system that cannot tell
 * has data only. */
static int run_from(struct image *f, uint64_t at, uint64_t end, bool *hole, uint64_t *to)
{
    off_t data = lseek(f->fd, (off_t)at, SEEK_DATA);
    *hole = false;
    *to = end;
    if (data < 0 && errno == EINVAL)
        return 0;
    if (data < 0 && errno != ENXIO)
        return image_fail(f->path, errno, "its extents cannot be found");
    if (data < 0 || (uint64_t)data > at) { /* ENXIO: a hole up to the end */
        *hole = true;
        if (data >= 0 && (uint64_t)data < end)
            *to = (uint64_t)data;
        return 0;
    }
    off_t next = lseek(f->fd, (off_t)at, SEEK_HOLE);
    if (next > (off_t)at && (uint64_t)next < end)
        *to = (uint64_t)next;
    return 0;
}

int image_extents(void *handle, uint64_t offset, uint64_t length, replsvc_extent extents[], size_t *n)
{
    struct image *f = handle;
    size_t room = *n, filled = 0;
    if (room == 0 || length == 0)
        return -EINVAL;
    int err = image_range(f, offset, length);
    for (uint64_t at = offset, end = offset + length, to; err == 0 && at < end && filled < room; at = to) {
        bool hole;
        err = run_from(f, at, end, &hole, &to);
        if (err == 0)
            extents[filled++] =
                (replsvc_extent){.offset = at,
                                 .length = to - at,
                                 .flags = hole ? REPLSVC_EXTENT_HOLE | REPLSVC_EXTENT_ZERO : 0};
    }
    *n = filled;
    return err;
}

int image_resize(void *handle, uint64_t size_bytes)
{
    struct image *f = handle;
    if (!f->writable)
        return image_fail(f->path, EROFS, "resizing failed");
    if (size_bytes > INT64_MAX)
        return image_fail(f->path, EFBIG, "resizing failed");
    if (f->direct_always && size_bytes % f->direct_unit != 0)
        return image_fail(f->path, EINVAL, "the size must be a multiple of the request alignment");
    atomic_store(&f->written, true);
    int rc;
    do
        rc = ftruncate(f->fd, (off_t)size_bytes);
    while (rc != 0 && errno == EINTR);
    if (rc != 0)
        return image_fail(f->path, errno, "resizing failed");
    atomic_store(&f->size, size_bytes);
    return 0;
}

/* ---- sharing ---- */

bool image_can_share(int fd)
{
    /* An unaligned byte onto itself: "invalid" from a file system that shares, "unsupported" from others. */
    struct file_clone_range r = {.src_fd = fd, .src_offset = 1, .src_length = 1, .dest_offset = 1};
    return ioctl(fd, FICLONERANGE, &r) == 0 || errno == EINVAL;
}

/* What the kernel's refusals mean to the caller. */
static int share_error(struct image *f, int err)
{
    switch (err) {
    case EXDEV:
    case EINVAL:
        return -err;
    case EOPNOTSUPP:
    case ENOTTY:
    case ENOSYS:
    case ETXTBSY:
    case EPERM:
        return -EOPNOTSUPP;
    default:
        return image_fail(f->path, err, "sharing data failed");
    }
}

int image_clone_range(void *source, uint64_t source_offset, void *target, uint64_t target_offset,
                      uint64_t length)
{
    struct image *from = source, *to = target;
    if (!to->writable)
        return image_fail(to->path, EROFS, "sharing data failed");
    int err = image_range(from, source_offset, length);
    if (err == 0)
        err = image_range(to, target_offset, length);
    if (err != 0 || length == 0)
        return err;
    atomic_store(&to->written, true);
    /* Both whole: one call that need not care for a last part of a block. */
    bool whole = source_offset == 0 && target_offset == 0 && length == atomic_load(&from->size) &&
                 length == atomic_load(&to->size);
    struct file_clone_range r = {
        .src_fd = from->fd, .src_offset = source_offset, .src_length = length, .dest_offset = target_offset};
    int rc;
    do
        rc = whole ? ioctl(to->fd, FICLONE, from->fd) : ioctl(to->fd, FICLONERANGE, &r);
    while (rc != 0 && errno == EINTR);
    return rc == 0 ? 0 : share_error(to, errno);
}

static int fill_shared(int fd, const char *path, const void *user)
{
    const struct image *from = user;
    (void)path;
    int rc;
    do
        rc = ioctl(fd, FICLONE, from->fd);
    while (rc != 0 && errno == EINTR);
    return rc == 0 ? 0 : -errno;
}

int image_native_snapshot(void *handle, const char *path, uint32_t flags)
{
    struct image *f = handle;
    (void)flags;
    int err = image_make(path, fill_shared, f);
    if (err == -ENOTTY || err == -ENOSYS)
        err = -EOPNOTSUPP;
    return err;
}
