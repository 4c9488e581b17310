/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The backend "block": a raw block device.
 *
 * - Names. A path lies below /dev. Symbolic links are followed here, because the stable names of devices
 *   (/dev/disk/by-id/…) are links; what is opened must be a block device, which is asked of the descriptor.
 * - Holders. Who is not REPLSVC_BACKEND_SHARED claims the device (O_EXCL): that is refused while it, its
 *   disk or one of its partitions is mounted, used as swap, part of a device above it, or claimed by
 *   another, and refuses all of those while we have it. The error names the holder where it can be found.
 * - I/O goes past the page cache (O_DIRECT), so that two openers never see different contents, and is
 *   aligned to info.request_alignment; where that is refused, through it. A request that is not aligned
 *   is refused: aligning is the caller's, who can lock what it reads, changes and writes back.
 * - A device that is read-only is opened so, whatever was asked for; info says it.
 * - Size. info looks each time; a transfer that meets another size than it knew of says so.
 * - A flush that failed is not tried again, as for files.
 * - Discarding. What a device really returns after a discard is not known; so discard is offered only where
 *   the kernel can deallocate and promise zeroes (the device has a command for writing zeroes).
 */
#include "block/block.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <linux/fs.h>

#include "block/device.h"
#include "common/fd_queue.h"
#include "file/kernel.h"
#include "file/patience.h"
#include "util/alloc.h"

int device_fail(const char *path, int err, const char *what)
{
    replsvc_backend_set_error("%s: %s: %s", path, what, strerror(err));
    return -err;
}

static int refuse(int err, const char *path, const char *why)
{
    replsvc_backend_set_error("%s: %s", path, why);
    return -err;
}

/* ---- names ---- */

static int check_form(const char *path)
{
    if (strlen(path) >= PATH_MAX)
        return refuse(ENAMETOOLONG, "the path", "is too long");
    if (strncmp(path, "/dev/", 5) != 0)
        return refuse(EINVAL, path, "a block device is named by its path below /dev");
    for (const char *p = path; *p != '\0';) {
        size_t len = strcspn(p, "/");
        if (len == 2 && memcmp(p, "..", 2) == 0)
            return refuse(EINVAL, path, "a path with \"..\" in it is not taken");
        p += len;
        p += strspn(p, "/");
    }
    return 0;
}

/* The path exists, ends below /dev and is a block device. */
static int check_device(const char *path)
{
    struct stat st;
    int err = check_form(path);
    if (err != 0)
        return err;
    if (stat(path, &st) != 0)
        return device_fail(path, errno, "cannot be found");
    if (!S_ISBLK(st.st_mode))
        return refuse(S_ISDIR(st.st_mode) ? EISDIR : ENOTBLK, path, "is not a block device");
    char *real = realpath(path, NULL);
    bool below = real != NULL && strncmp(real, "/dev/", 5) == 0;
    free(real); /* the C library's */
    return below ? 0 : refuse(EINVAL, path, "leads to a place outside /dev");
}

/* The name itself is kept: a stable one says more than the one it leads to today. Only slashes and dots
 * without a meaning go. */
static int block_check(const char *path, char *canonical, size_t canonical_size)
{
    int err = check_device(path);
    size_t n = 0;
    for (const char *p = path; err == 0 && *p != '\0';) {
        size_t len;
        p += strspn(p, "/");
        len = strcspn(p, "/");
        if (len != 0 && !(len == 1 && *p == '.')) {
            if (n + len + 2 > canonical_size)
                return refuse(ENAMETOOLONG, path, "the path is too long");
            canonical[n++] = '/';
            memcpy(canonical + n, p, len);
            n += len;
            canonical[n] = '\0';
        }
        p += len;
    }
    return err;
}

/* ---- opening ---- */

int device_look(struct device *d)
{
    uint64_t size;
    if (kernel_ioctl(d->fd, BLKGETSIZE64, &size) != 0)
        return device_fail(d->path, errno, "its size cannot be read");
    atomic_store(&d->size, size);
    return 0;
}

static int open_node(struct device *d, uint32_t flags)
{
    int claim = (flags & REPLSVC_BACKEND_SHARED) == 0 || d->writable ? O_EXCL : 0;
    int mode = (d->writable ? O_RDWR : O_RDONLY) | claim | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;
    d->fd = open(d->path, mode | O_DIRECT);
    d->direct = d->fd >= 0;
    if (d->fd < 0 && errno == EINVAL)
        d->fd = open(d->path, mode);
    return d->fd >= 0 ? 0 : -errno;
}

/* Whether it is worth while to try again: the claim of a process that died lasts as long as its I/O. */
static bool may_be_free_soon(const struct device *d, struct patience *patience)
{
    struct stat st;
    char holder[768];
    return (patience->tries || stat(d->path, &st) != 0 ||
            !device_holder(st.st_rdev, holder, sizeof(holder))) &&
           patience_left(patience);
}

/* Opens and claims the device, for reading only if it is read-only. */
static int open_device(struct device *d, uint32_t flags)
{
    struct stat st;
    struct patience patience = {0};
    int err, read_only = 0;
    do
        err = open_node(d, flags);
    while (err == -EBUSY && may_be_free_soon(d, &patience));
    if (err == 0 && d->writable && kernel_ioctl(d->fd, BLKROGET, &read_only) == 0 && read_only != 0) {
        close(d->fd);
        err = -EROFS;
    }
    if (d->writable && (err == -EROFS || err == -EACCES)) {
        int first = err;
        d->writable = false;
        err = open_node(d, flags);
        if (err == 0 && first == -EACCES &&
            (kernel_ioctl(d->fd, BLKROGET, &read_only) != 0 || read_only == 0)) {
            close(d->fd); /* it is not the device, it is us who may not write */
            err = first;
        }
    }
    if (err != 0)
        return err;
    if (fstat(d->fd, &st) != 0 || !S_ISBLK(st.st_mode)) {
        close(d->fd);
        return -ENOTBLK;
    }
    d->number = st.st_rdev;
    return 0;
}

static int tell_open_error(const struct device *d, int err)
{
    struct stat st;
    char holder[768];
    if (err == -ENOMEDIUM || err == -ENXIO)
        return refuse(-err, d->path, "there is no medium in the device");
    if (err != -EBUSY || stat(d->path, &st) != 0)
        return device_fail(d->path, -err, "cannot be opened");
    (void)device_holder(st.st_rdev, holder, sizeof(holder));
    replsvc_backend_set_error("%s: %s", d->path, holder);
    return err;
}

static uint32_t find_capabilities(const struct device *d)
{
    uint64_t value;
    uint32_t found = REPLSVC_BACKEND_CAP_QUEUE;
    unsigned short rotational = 0;
    if (kernel_ioctl(d->fd, BLKROTATIONAL, &rotational) == 0 && rotational != 0)
        found |= REPLSVC_BACKEND_CAP_ROTATIONAL;
    if (!d->writable) { /* that we read only does not make the device read-only */
        int read_only = 0;
        bool known = kernel_ioctl(d->fd, BLKROGET, &read_only) == 0;
        return found | (known && read_only == 0 ? 0 : REPLSVC_BACKEND_CAP_READ_ONLY);
    }
    found |= REPLSVC_BACKEND_CAP_WRITE_ZEROES;
    if (sysfs_number(d->number, "queue/write_zeroes_max_bytes", &value) && value != 0)
        found |= REPLSVC_BACKEND_CAP_DISCARD | REPLSVC_BACKEND_CAP_DISCARD_ZEROES;
    if (sysfs_number(d->number, "queue/discard_max_bytes", &value) && value != 0)
        found |= REPLSVC_BACKEND_CAP_THIN;
    return found;
}

static int set_up(struct device *d)
{
    int sector = 0;
    if (kernel_ioctl(d->fd, BLKSSZGET, &sector) != 0)
        return device_fail(d->path, errno, "its sector size cannot be read");
    if (sector < 512 || sector > 65536 || (sector & (sector - 1)) != 0)
        return refuse(EINVAL, d->path, "has an impossible sector size");
    d->sector = d->align = (uint32_t)sector;
#ifdef STATX_DIOALIGN /* Linux 6.1 */
    struct statx st;
    if (d->direct && kernel_statx(d->fd, STATX_DIOALIGN, &st) == 0 && (st.stx_mask & STATX_DIOALIGN) != 0 &&
        st.stx_dio_mem_align > d->align && st.stx_dio_mem_align <= 65536)
        d->align = st.stx_dio_mem_align;
#endif
    d->capabilities = find_capabilities(d);
    int err = device_look(d);
    if (err == 0 && atomic_load(&d->size) == 0)
        err = refuse(ENOMEDIUM, d->path, "has no size: there is no medium in it");
    return err;
}

static int block_open(const char *path, const replsvc_backend_open_options *options, void **handle)
{
    int err = check_device(path);
    if (err != 0)
        return err;
    struct device *d = mem_zalloc(sizeof(*d) + strlen(path) + 1);
    if (d == NULL)
        return -ENOMEM;
    strcpy(d->path, path);
    d->writable = (options->flags & REPLSVC_BACKEND_WRITABLE) != 0;
    err = open_device(d, options->flags);
    if (err != 0) {
        err = tell_open_error(d, err);
    } else {
        err = set_up(d);
        if (err != 0)
            close(d->fd);
    }
    if (err != 0)
        mem_free(d);
    else
        *handle = d;
    return err;
}

static int block_close(void *handle)
{
    struct device *d = handle;
    close(d->fd);
    mem_free(d);
    return 0;
}

static int block_info(void *handle, replsvc_backend_info *info)
{
    struct device *d = handle;
    unsigned physical = 0, optimal = 0;
    int err = device_look(d);
    if (err != 0)
        return err;
    (void)kernel_ioctl(d->fd, BLKPBSZGET, &physical);
    (void)kernel_ioctl(d->fd, BLKIOOPT, &optimal);
    uint64_t size = atomic_load(&d->size);
    replsvc_backend_info i = {.size = info->size,
                              .capabilities = d->capabilities,
                              .size_bytes = size,
                              .allocated_bytes = size,
                              .logical_block_size = d->sector,
                              .physical_block_size = physical >= d->sector ? physical : d->sector,
                              .optimal_io_size = optimal,
                              .request_alignment = d->align};
    device_identity(d, i.identity, sizeof(i.identity));
    memcpy(info, &i, info->size < sizeof(i) ? info->size : sizeof(i));
    return 0;
}

const replsvc_backend block_backend = {
    .size = sizeof(block_backend),
    .api_version = REPLSVC_BACKEND_API_VERSION,
    .name = "block",
    .description = "raw block device",
    .check = block_check,
    .open = block_open,
    .close = block_close,
    .info = block_info,
    .preadv = device_preadv,
    .pwritev = device_pwritev,
    .flush = device_flush,
    .discard = device_discard,
    .write_zeroes = device_write_zeroes,
    .queue_open = device_queue_open,
    .queue_close = fd_queue_close,
    .submit = fd_queue_submit,
    .reap = fd_queue_reap,
};
