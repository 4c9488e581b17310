/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Files of the operating system. A writer holds an exclusive lock on the open file description, a reader a
 * shared one, so that neither two writers nor a writer and a child's parent meet. Where bypassing the page
 * cache was asked for, a second descriptor does it for what is aligned; everything else (metadata, odd
 * transfers) goes through the page cache, and the kernel keeps the two coherent.
 */
#include "vhdx/file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/falloc.h>
#include <stdatomic.h>
#include <linux/fs.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "file/image.h"
#include "io/rw.h"
#include "util/alloc.h"
#include "vhdx/format.h"
#include "vhdx/store_posix.h"

#define DIRECT_ALIGNMENT 4096u
#define REFUSED (-1)
#define NOT_OPENED (-2)

struct posix_file {
    struct vhdx_file base;
    int fd;
    bool writable;
    bool bypass;        /* payload goes past the page cache whenever it can */
    _Atomic int direct; /* the descriptor for that; NOT_OPENED, REFUSED */
    dev_t device;
    ino_t inode;
};

static struct posix_file *of(struct vhdx_file *f)
{
    return (struct posix_file *)f;
}

static bool aligned(const struct iovec *iov, int iovcnt, uint64_t offset)
{
    uint64_t bits = offset;
    for (int i = 0; i < iovcnt; i++)
        bits |= (uint64_t)(uintptr_t)iov[i].iov_base | iov[i].iov_len;
    return (bits & (DIRECT_ALIGNMENT - 1)) == 0;
}

/* Steps over what a short transfer has done. */
static void advance(struct iovec **iov, int *iovcnt, size_t done)
{
    while (*iovcnt > 0 && done >= (*iov)->iov_len) {
        done -= (*iov)->iov_len;
        (*iov)++;
        (*iovcnt)--;
    }
    if (*iovcnt > 0) {
        (*iov)->iov_base = (uint8_t *)(*iov)->iov_base + done;
        (*iov)->iov_len -= done;
    }
}

static int transfer(struct posix_file *p, bool write, struct iovec *iov, int iovcnt, uint64_t offset, int fd)
{
    if (offset > INT64_MAX)
        return -EINVAL;
    advance(&iov, &iovcnt, 0); /* empty pieces would look like the end of the file */
    while (iovcnt > 0) {
        int n = iovcnt < IOV_MAX ? iovcnt : IOV_MAX;
        ssize_t done = write ? pwritev(fd, iov, n, (off_t)offset) : preadv(fd, iov, n, (off_t)offset);
        if (done < 0 && errno == EINTR)
            continue;
        if (done < 0 && errno == EINVAL && fd != p->fd) {
            fd = p->fd; /* the file system wants more than our alignment */
            continue;
        }
        if (done < 0)
            return -errno;
        if (done == 0)
            return write ? -ENOSPC : -ENODATA;
        offset += (uint64_t)done;
        advance(&iov, &iovcnt, (size_t)done);
        if (fd != p->fd && !aligned(iov, iovcnt, offset))
            fd = p->fd;
    }
    return 0;
}

/* The descriptor past the page cache, opened when it is first wanted; < 0: there is none. */
static int direct_fd(struct posix_file *p)
{
    int fd = atomic_load_explicit(&p->direct, memory_order_acquire), none = NOT_OPENED;
    if (fd != NOT_OPENED)
        return fd;
    char name[64];
    snprintf(name, sizeof(name), "/proc/self/fd/%d", p->fd);
    fd = open(name, (p->writable ? O_RDWR : O_RDONLY) | O_DIRECT | O_CLOEXEC);
    if (fd < 0)
        fd = REFUSED;
    if (!atomic_compare_exchange_strong(&p->direct, &none, fd)) {
        if (fd >= 0)
            close(fd);
        fd = none; /* somebody else's */
    }
    return fd;
}

static int file_descriptor(struct vhdx_file *f, const struct iovec *iov, int iovcnt, uint64_t offset,
                           bool write, bool uncached, bool *cached)
{
    struct posix_file *p = of(f);
    *cached = true;
    if (!(p->bypass || uncached) || !aligned(iov, iovcnt, offset))
        return p->fd;
    /* Bulk data is read from where it is: the cache, if somebody has brought all of it there. */
    if (!write && !p->bypass && rw_is_cached(p->fd, offset, rw_length(iov, iovcnt)))
        return p->fd;
    int fd = direct_fd(p);
    *cached = fd < 0;
    return fd < 0 ? p->fd : fd;
}

static int file_preadv(struct vhdx_file *f, struct iovec *iov, int iovcnt, uint64_t offset, bool payload)
{
    bool cached;
    int fd = payload ? file_descriptor(f, iov, iovcnt, offset, false, false, &cached) : of(f)->fd;
    return transfer(of(f), false, iov, iovcnt, offset, fd);
}

static int file_pwritev(struct vhdx_file *f, struct iovec *iov, int iovcnt, uint64_t offset, bool payload)
{
    bool cached;
    int fd = payload ? file_descriptor(f, iov, iovcnt, offset, true, false, &cached) : of(f)->fd;
    return transfer(of(f), true, iov, iovcnt, offset, fd);
}

static int file_sync(struct vhdx_file *f)
{
    return fdatasync(of(f)->fd) == 0 ? 0 : -errno;
}

static int file_size(struct vhdx_file *f, uint64_t *size)
{
    struct stat st;
    if (fstat(of(f)->fd, &st) != 0)
        return -errno;
    *size = (uint64_t)st.st_size;
    return 0;
}

static int file_truncate(struct vhdx_file *f, uint64_t size)
{
    if (size > INT64_MAX)
        return -EFBIG;
    return ftruncate(of(f)->fd, (off_t)size) == 0 ? 0 : -errno;
}

static int file_zero(struct vhdx_file *f, uint64_t offset, uint64_t length, bool keep)
{
    int mode = FALLOC_FL_KEEP_SIZE | (keep ? FALLOC_FL_ZERO_RANGE : FALLOC_FL_PUNCH_HOLE);
    if (offset > INT64_MAX || length > INT64_MAX)
        return -EINVAL;
    while (fallocate(of(f)->fd, mode, (off_t)offset, (off_t)length) != 0)
        if (errno != EINTR)
            return errno == ENOSYS || errno == EINVAL ? -EOPNOTSUPP : -errno;
    return 0;
}

static int file_allocate(struct vhdx_file *f, uint64_t offset, uint64_t length)
{
    if (offset > INT64_MAX || length > INT64_MAX)
        return -EINVAL;
    while (fallocate(of(f)->fd, 0, (off_t)offset, (off_t)length) != 0)
        if (errno != EINTR)
            return errno == ENOSYS ? -EOPNOTSUPP : -errno;
    return 0;
}

static int file_extent(struct vhdx_file *f, uint64_t offset, uint64_t end, uint64_t *run_end, bool *hole)
{
    int fd = of(f)->fd;
    off_t data = lseek(fd, (off_t)offset, SEEK_DATA);
    if (data < 0 && errno != ENXIO)
        return errno == EINVAL ? -EOPNOTSUPP : -errno;
    if (data < 0 || (uint64_t)data > offset) {
        *hole = true;
        *run_end = data < 0 ? end : vhdx_min((uint64_t)data, end);
        return 0;
    }
    off_t next = lseek(fd, (off_t)offset, SEEK_HOLE);
    if (next < 0)
        return -errno;
    *hole = false;
    *run_end = vhdx_min((uint64_t)next, end);
    return 0;
}

static int file_usage(struct vhdx_file *f, uint64_t *bytes)
{
    struct stat st;
    if (fstat(of(f)->fd, &st) != 0)
        return -errno;
    *bytes = (uint64_t)st.st_blocks * 512;
    return 0;
}

static void file_identity(struct vhdx_file *f, char *text, size_t size)
{
    snprintf(text, size, "%llx:%llx", (unsigned long long)of(f)->device, (unsigned long long)of(f)->inode);
}

static void file_close(struct vhdx_file *f)
{
    struct posix_file *p = of(f);
    if (p->direct >= 0)
        close(p->direct);
    close(p->fd);
    mem_free(p);
}

static bool file_can_share(struct vhdx_file *f)
{
    return image_can_share(of(f)->fd);
}

static bool file_same_system(struct vhdx_file *a, struct vhdx_file *b)
{
    return of(a)->device == of(b)->device;
}

static int file_share(struct vhdx_file *from, uint64_t from_at, struct vhdx_file *to, uint64_t to_at,
                      uint64_t length)
{
    struct file_clone_range r = {
        .src_fd = of(from)->fd, .src_offset = from_at, .src_length = length, .dest_offset = to_at};
    while (ioctl(of(to)->fd, FICLONERANGE, &r) != 0)
        if (errno != EINTR)
            return errno == ENOTTY || errno == ENOSYS || errno == EPERM || errno == ETXTBSY ? -EOPNOTSUPP
                                                                                            : -errno;
    return 0;
}

static const struct vhdx_file_ops posix_ops = {
    .preadv = file_preadv,
    .pwritev = file_pwritev,
    .sync = file_sync,
    .size = file_size,
    .truncate = file_truncate,
    .zero = file_zero,
    .allocate = file_allocate,
    .extent = file_extent,
    .descriptor = file_descriptor,
    .usage = file_usage,
    .identity = file_identity,
    .close = file_close,
    .can_share = file_can_share,
    .same_system = file_same_system,
    .share = file_share,
};

static int lock_file(int fd, bool exclusive)
{
    struct flock lock = {.l_type = (short)(exclusive ? F_WRLCK : F_RDLCK), .l_whence = SEEK_SET};
    if (fcntl(fd, F_OFD_SETLK, &lock) == 0)
        return 0;
    /* Some network file systems have no locks: nothing that could be asked, and not the image's fault. */
    return errno == EAGAIN || errno == EACCES ? -EBUSY : errno == ENOLCK || errno == EOPNOTSUPP ? 0 : -errno;
}

int vhdx_file_adopt(int fd, unsigned flags, struct vhdx_file **file)
{
    struct stat st;
    int r = 0;
    if (fstat(fd, &st) != 0)
        r = -errno;
    else if (!S_ISREG(st.st_mode))
        r = S_ISDIR(st.st_mode) ? -EISDIR : -ENOTSUP;
    if (r == 0 && !(flags & VHDX_FILE_UNLOCKED))
        r = lock_file(fd, (flags & VHDX_FILE_WRITE) != 0);
    struct posix_file *p = r == 0 ? mem_zalloc(sizeof(*p)) : NULL;
    if (p == NULL) {
        close(fd);
        return r != 0 ? r : -ENOMEM;
    }
    p->base.ops = &posix_ops;
    p->fd = fd;
    p->writable = (flags & VHDX_FILE_WRITE) != 0;
    p->bypass = (flags & VHDX_FILE_DIRECT) != 0;
    atomic_init(&p->direct, NOT_OPENED);
    p->device = st.st_dev;
    p->inode = st.st_ino;
    *file = &p->base;
    return 0;
}
