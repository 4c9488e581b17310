/* SPDX-License-Identifier: BSD-2-Clause */
/* Reads and writes on descriptors that are whole or fail. */
#ifndef RSVC_IO_RW_H
#define RSVC_IO_RW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <sys/uio.h>

/* Transfers everything but the first `skip` bytes of iov, which stands at offset (of the byte 0 of iov).
 * flags: RWF_*. 0, or a negative errno; -ENODATA when a read meets the end of the file. */
int rw_whole(int fd, bool write, const struct iovec *iov, int iovcnt, uint64_t offset, size_t skip,
             int flags);

/* pread and pwrite, but no points where a thread is cancelled (the caller may be inside a gate). */
ssize_t rw_pread(int fd, void *buffer, size_t length, uint64_t offset);
ssize_t rw_pwrite(int fd, const void *buffer, size_t length, uint64_t offset);

size_t rw_length(const struct iovec *iov, int iovcnt);

/* Whether all of a range is in the page cache now (Linux 6.5 and later can tell). */
bool rw_is_cached(int fd, uint64_t offset, uint64_t length);

#endif
