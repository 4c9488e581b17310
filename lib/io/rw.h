/* SPDX-License-Identifier: BSD-2-Clause */
/* Reads and writes on descriptors that are whole or fail. */
#ifndef RSVC_IO_RW_H
#define RSVC_IO_RW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

/* Transfers everything but the first `skip` bytes of iov, which stands at offset (of the byte 0 of iov).
 * flags: RWF_*. 0, or a negative errno; -ENODATA when a read meets the end of the file. */
int rw_whole(int fd, bool write, const struct iovec *iov, int iovcnt, uint64_t offset, size_t skip,
             int flags);

size_t rw_length(const struct iovec *iov, int iovcnt);

#endif
