/* SPDX-License-Identifier: BSD-2-Clause */
/* Whole transfers: the caller's vector is never changed; after a short transfer a window of it is copied. */
#include "io/rw.h"

#include <errno.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { WINDOW = 64 };

size_t rw_length(const struct iovec *iov, int iovcnt)
{
    size_t n = 0;
    for (int i = 0; i < iovcnt; i++)
        n += iov[i].iov_len;
    return n;
}

/* The part of iov from byte `from` on, as far as it fits. */
static int window(const struct iovec *iov, int iovcnt, size_t from, struct iovec out[WINDOW])
{
    int n = 0;
    for (int i = 0; i < iovcnt && n < WINDOW; i++) {
        if (from >= iov[i].iov_len) {
            from -= iov[i].iov_len;
            continue;
        }
        out[n].iov_base = (char *)iov[i].iov_base + from;
        out[n++].iov_len = iov[i].iov_len - from;
        from = 0;
    }
    return n;
}

/* The system calls themselves where an offset is one argument: in a program with threads the library's pwrite
 * turns cancellation on and off again, which small writes into the page cache feel. */
#ifdef __LP64__
ssize_t rw_pread(int fd, void *buffer, size_t length, uint64_t offset)
{
    return syscall(SYS_pread64, fd, buffer, length, offset);
}

ssize_t rw_pwrite(int fd, const void *buffer, size_t length, uint64_t offset)
{
    return syscall(SYS_pwrite64, fd, buffer, length, offset);
}
#else
ssize_t rw_pread(int fd, void *buffer, size_t length, uint64_t offset)
{
    return pread(fd, buffer, length, (off_t)offset);
}

ssize_t rw_pwrite(int fd, const void *buffer, size_t length, uint64_t offset)
{
    return pwrite(fd, buffer, length, (off_t)offset);
}
#endif

/* preadv2 and pwritev2, which not every C library has. */
static ssize_t with_flags(long call, int fd, const struct iovec *iov, int n, uint64_t offset, int flags)
{
    return syscall(call, fd, iov, n, (long)offset, (long)(offset >> 32), flags);
}

/* The plain calls where they will do: the kernel need not fetch a vector, which is a tenth of the cost of a
 * small write into the page cache. */
static ssize_t transfer(int fd, bool write, const struct iovec *iov, int n, uint64_t offset, int flags)
{
    if (n == 1 && !flags)
        return write ? rw_pwrite(fd, iov->iov_base, iov->iov_len, offset)
                     : rw_pread(fd, iov->iov_base, iov->iov_len, offset);
    if (write)
        return flags ? with_flags(SYS_pwritev2, fd, iov, n, offset, flags)
                     : pwritev(fd, iov, n, (off_t)offset);
    return flags ? with_flags(SYS_preadv2, fd, iov, n, offset, flags) : preadv(fd, iov, n, (off_t)offset);
}

int rw_whole(int fd, bool write, const struct iovec *iov, int iovcnt, uint64_t offset, size_t skip, int flags)
{
    size_t length = rw_length(iov, iovcnt);
    while (skip < length) {
        struct iovec part[WINDOW];
        const struct iovec *from = iov;
        int n = iovcnt;
        if (skip || iovcnt > WINDOW) {
            n = window(iov, iovcnt, skip, part);
            from = part;
        }
        ssize_t r = transfer(fd, write, from, n, offset + skip, flags);
        if (r > 0)
            skip += (size_t)r;
        else if (r == 0)
            return write ? -EIO : -ENODATA;
        else if (errno != EINTR && errno != EAGAIN)
            return -errno;
    }
    return 0;
}

bool rw_is_cached(int fd, uint64_t offset, uint64_t length)
{
    enum { NR_CACHESTAT = 451, PAGE = 4096 };
    struct {
        uint64_t offset, length;
    } range = {offset, length};
    struct {
        uint64_t cached, dirty, writeback, evicted, recently_evicted;
    } pages = {0};
    return syscall(NR_CACHESTAT, fd, &range, &pages, 0u) == 0 && pages.cached * PAGE >= length;
}
