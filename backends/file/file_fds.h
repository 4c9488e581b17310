/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the asynchronous queue of the file backend (file_queue.c) needs of an opened file: its descriptors.
 * The handle belongs to file.c; nothing else looks inside it.
 *
 * A file has one descriptor through the page cache and, where the file system grants it, a second one
 * past it (O_DIRECT), opened through the first ("/proc/self/fd", so that it is the same file whatever the
 * path names now). Both may be used at once: the kernel writes back and drops cached pages around each
 * direct transfer. What it cannot do is keep one page right that is written both ways at the same
 * instant, so the direct descriptor is used only for transfers aligned to FILE_DIRECT_UNIT (at least a
 * page), whose callers hold the region; the ragged end of a file goes through the page cache.
 */
#ifndef RSVC_FILE_FDS_H
#define RSVC_FILE_FDS_H

#include <stdbool.h>
#include <stdint.h>

/* Offsets, lengths and buffers of direct transfers are multiples of the greater of this and what the
 * medium wants. */
#define FILE_DIRECT_UNIT 4096u

struct file_fds {
    int fd;               /* through the page cache */
    int direct_fd;        /* past it, or -1 */
    uint32_t direct_unit; /* >= FILE_DIRECT_UNIT */
    bool direct_always;   /* opened with REPLSVC_BACKEND_DIRECT: every aligned transfer goes past the cache;
                           * else those with REPLSVC_BACKEND_IO_UNCACHED do */
    bool writable;
    uint64_t size; /* bytes; transfers beyond are -EINVAL */
};

/* The descriptors of a handle of the file backend; valid until it is closed. */
void file_get_fds(void *handle, struct file_fds *fds);
/* The handle's poison: the errno with which an earlier flush failed, or 0. */
int file_poisoned(void *handle);
/* A flush by the queue failed: poison the handle, as flush itself would. */
void file_poison(void *handle, int err);

#endif
