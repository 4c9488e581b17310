/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The backend "file": a raw image in a regular file.
 *
 * - Paths. A path has no ".." in it and does not end at a symbolic link; links among its directories are
 *   resolved by check, which gives the canonical path to keep. What is opened must be a regular file: that
 *   is asked of the descriptor, not of the name, and a FIFO or device is never waited for.
 * - Locks. A writer holds an exclusive lock on the open file description (OFD) of the whole file, a reader
 *   a shared one, unless it asked for none (REPLSVC_BACKEND_SHARED). QEMU and others honour such locks.
 * - Page cache. A second descriptor goes past it where the file system allows that: for bulk data that asks
 *   so, and with REPLSVC_BACKEND_DIRECT for everything, if the size is a multiple of the alignment that this
 *   takes. info.request_alignment is above 1 exactly when that is so, else the page cache is used.
 * - Durability. flush is fdatasync. One that failed is not tried again: the kernel may have dropped the
 *   pages that it could not write and would then report success.
 * - Identity is file system, inode and inode generation; the file may be moved within its file system.
 *   Generation is size, mtime and ctime. Our own writes change them too, so it proves something only about
 *   times at which the file was closed: whoever guards a medium records it after the last write and flush
 *   before a close in order, compares at open, and compares nothing after a crash. Close brings the times
 *   to the disk, so that a power cut later does not make an untouched file look changed.
 */
#include "file/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "file/file_fds.h"
#include "common/fd_queue.h"
#include "file/file_queue.h"
#include "file/image.h"
#include "file/kernel.h"
#include "util/alloc.h"

int image_fail(const char *path, int err, const char *what)
{
    replsvc_backend_set_error("%s: %s: %s", path, what, strerror(err));
    return -err;
}

static int file_close(void *handle)
{
    struct image *f = handle;
    if (atomic_load(&f->written) && atomic_load(&f->poison) == 0)
        (void)fsync(f->fd); /* for the times: see above */
    if (f->direct_fd >= 0)
        close(f->direct_fd);
    close(f->fd);
    mem_free(f);
    return 0;
}

void file_get_fds(void *handle, struct file_fds *fds)
{
    struct image *f = handle;
    if (f->writable) /* whoever asks is about to write past us */
        atomic_store(&f->written, true);
    *fds = (struct file_fds){.fd = f->fd,
                             .direct_fd = f->direct_fd,
                             .direct_unit = f->direct_unit,
                             .direct_always = f->direct_always,
                             .writable = f->writable,
                             .size = atomic_load(&f->size)};
}

int file_poisoned(void *handle)
{
    struct image *f = handle;
    return atomic_load(&f->poison);
}

void file_poison(void *handle, int err)
{
    struct image *f = handle;
    int clean = 0;
    atomic_compare_exchange_strong(&f->poison, &clean, err);
}

/* The file system's own UUID (Linux 6.9 and later): unlike the device number it outlives a restart. */
static bool file_system_uuid(int fd, char text[33])
{
    struct {
        uint8_t len;
        uint8_t uuid[16];
    } u = {0};
    if (kernel_ioctl(fd, _IOR(0x15, 0, u), &u) != 0 || u.len != 16)
        return false;
    for (int i = 0; i < 16; i++)
        snprintf(text + 2 * (size_t)i, 3, "%02x", u.uuid[i]);
    return true;
}

static void tell_identity(int fd, const struct statx *st, char *text, size_t size)
{
    char where[40];
    unsigned long inode_generation = 0;
    if (!file_system_uuid(fd, where))
        snprintf(where, sizeof(where), "dev%u:%u", st->stx_dev_major, st->stx_dev_minor);
    /* Told as an int whatever the header says. Where it is not told, the time of birth stands in. */
    if (kernel_ioctl(fd, FS_IOC_GETVERSION, &inode_generation) == 0)
        snprintf(text, size, "file-%s-%llu-%x", where, (unsigned long long)st->stx_ino,
                 (unsigned)inode_generation);
    else
        snprintf(text, size, "file-%s-%llu-b%lld.%09u", where, (unsigned long long)st->stx_ino,
                 (long long)st->stx_btime.tv_sec, st->stx_btime.tv_nsec);
}

/* Reads "1" from the block device's queue, or from its disk's when it is a partition. */
static bool rotational(const struct statx *st)
{
    static const char *const places[] = {"queue/rotational", "../queue/rotational"};
    for (size_t i = 0; i < 2; i++) {
        char path[96], value = 0;
        snprintf(path, sizeof(path), "/sys/dev/block/%u:%u/%s", st->stx_dev_major, st->stx_dev_minor,
                 places[i]);
        int fd = open(path, O_RDONLY | O_CLOEXEC);
        if (fd < 0)
            continue;
        bool yes = read(fd, &value, 1) == 1 && value == '1';
        close(fd);
        return yes;
    }
    return false;
}

static int file_info(void *handle, replsvc_backend_info *info)
{
    struct image *f = handle;
    struct statx st;
    if (kernel_statx(f->fd, STATX_BASIC_STATS | STATX_BTIME, &st) != 0)
        return image_fail(f->path, errno, "cannot be looked at");
    replsvc_backend_info i = {.size = info->size,
                              .capabilities =
                                  f->capabilities | (rotational(&st) ? REPLSVC_BACKEND_CAP_ROTATIONAL : 0),
                              .size_bytes = st.stx_size,
                              .allocated_bytes = st.stx_blocks * 512,
                              .logical_block_size = 512,
                              .physical_block_size = f->block_size,
                              .request_alignment = f->direct_always ? f->direct_unit : 0};
    tell_identity(f->fd, &st, i.identity, sizeof(i.identity));
    snprintf(i.generation, sizeof(i.generation), "%llu-%lld.%09u-%lld.%09u", (unsigned long long)st.stx_size,
             (long long)st.stx_mtime.tv_sec, st.stx_mtime.tv_nsec, (long long)st.stx_ctime.tv_sec,
             st.stx_ctime.tv_nsec);
    memcpy(info, &i, info->size < sizeof(i) ? info->size : sizeof(i));
    return 0;
}

const replsvc_backend file_backend = {
    .size = sizeof(file_backend),
    .api_version = REPLSVC_BACKEND_API_VERSION,
    .name = "file",
    .description = "raw image in a regular file",
    .check = image_check,
    .create = image_create,
    .remove = image_remove,
    .open = image_open,
    .close = file_close,
    .info = file_info,
    .preadv = image_preadv,
    .pwritev = image_pwritev,
    .flush = image_flush,
    .discard = image_discard,
    .write_zeroes = image_write_zeroes,
    .extents = image_extents,
    .resize = image_resize,
    .clone_range = image_clone_range,
    .native_snapshot = image_native_snapshot,
    .queue_open = image_queue_open,
    .queue_close = fd_queue_close,
    .submit = fd_queue_submit,
    .reap = fd_queue_reap,
};
