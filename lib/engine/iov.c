/* SPDX-License-Identifier: BSD-2-Clause */
/* Vectors of buffers: their length, and copies in and out from a position. Declared in medium.h. */
#include "engine/medium.h"

#include <string.h>

size_t iov_length(const struct iovec *iov, int iovcnt)
{
    size_t sum = 0;
    for (int i = 0; i < iovcnt; i++)
        sum += iov[i].iov_len;
    return sum;
}

/* Copies [skip, skip+length) of the vector to or from flat memory. */
static void copy(const struct iovec *iov, int iovcnt, size_t skip, char *to, const char *from, size_t length)
{
    for (int i = 0; i < iovcnt && length; i++) {
        if (skip >= iov[i].iov_len) {
            skip -= iov[i].iov_len;
            continue;
        }
        size_t n = iov[i].iov_len - skip;
        if (n > length)
            n = length;
        char *p = (char *)iov[i].iov_base + skip;
        if (to) {
            memcpy(to, p, n);
            to += n;
        } else {
            memcpy(p, from, n);
            from += n;
        }
        skip = 0;
        length -= n;
    }
}

void iov_gather(void *to, const struct iovec *iov, int iovcnt, size_t skip, size_t length)
{
    copy(iov, iovcnt, skip, to, NULL, length);
}

void iov_scatter(const struct iovec *iov, int iovcnt, size_t skip, const void *from, size_t length)
{
    copy(iov, iovcnt, skip, NULL, from, length);
}
