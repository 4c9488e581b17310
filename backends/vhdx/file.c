/* SPDX-License-Identifier: BSD-2-Clause */
/* What every kind of file under an image has in common: see file.h. */
#include "vhdx/file.h"

#include <errno.h>

#include "io/rw.h"
#include "vhdx/format.h"

int vhdx_file_read(struct vhdx_file *f, void *buffer, size_t length, uint64_t offset)
{
    struct iovec iov = {buffer, length};
    return length == 0 ? 0 : f->ops->preadv(f, &iov, 1, offset, false);
}

int vhdx_file_write(struct vhdx_file *f, const void *buffer, size_t length, uint64_t offset)
{
    struct iovec iov = {(void *)(uintptr_t)buffer, length};
    return length == 0 ? 0 : f->ops->pwritev(f, &iov, 1, offset, false);
}

int vhdx_file_payload(struct vhdx_file *f, bool write, struct iovec *iov, int iovcnt, uint64_t offset,
                      bool uncached)
{
    if (uncached && f->ops->descriptor != NULL) {
        bool cached;
        int fd = f->ops->descriptor(f, iov, iovcnt, offset, write, true, &cached);
        int r = cached ? -EINVAL : rw_whole(fd, write, iov, iovcnt, offset, 0, 0);
        if (r != -EINVAL)
            return r;
    }
    return write ? f->ops->pwritev(f, iov, iovcnt, offset, true)
                 : f->ops->preadv(f, iov, iovcnt, offset, true);
}

int vhdx_file_zero(struct vhdx_file *f, uint64_t offset, uint64_t length, bool keep)
{
    static const uint8_t zeroes[64 * 1024];
    if (length == 0)
        return 0;
    int r = f->ops->zero(f, offset, length, keep);
    if (r != -EOPNOTSUPP)
        return r;
    r = 0;
    while (r == 0 && length > 0) {
        struct iovec iov[16];
        int n = 0;
        uint64_t step = 0;
        while (n < 16 && step < length) {
            iov[n].iov_base = (void *)(uintptr_t)zeroes;
            iov[n].iov_len = (size_t)vhdx_min(sizeof(zeroes), length - step);
            step += iov[n++].iov_len;
        }
        r = f->ops->pwritev(f, iov, n, offset, false);
        offset += step;
        length -= step;
    }
    return r;
}
