/* SPDX-License-Identifier: BSD-2-Clause */
/* Walking buffers: see iov.h. */
#include "vhdx/iov.h"

#include <string.h>

uint64_t vhdx_iov_take(struct vhdx_iov_walk *w, uint64_t length, struct iovec out[VHDX_IOV_PIECES], int *n)
{
    uint64_t taken = 0;
    *n = 0;
    while (taken < length && w->iovcnt > 0 && *n < VHDX_IOV_PIECES) {
        size_t left = w->iov->iov_len - w->done;
        if (left > length - taken)
            left = (size_t)(length - taken);
        if (left > 0) {
            out[*n].iov_base = (uint8_t *)w->iov->iov_base + w->done;
            out[(*n)++].iov_len = left;
            taken += left;
            w->done += left;
        }
        if (w->done == w->iov->iov_len) {
            w->iov++;
            w->iovcnt--;
            w->done = 0;
        }
    }
    return taken;
}

void vhdx_iov_zero(struct vhdx_iov_walk *w, uint64_t length)
{
    struct iovec pieces[VHDX_IOV_PIECES];
    while (length > 0) {
        int n;
        length -= vhdx_iov_take(w, length, pieces, &n);
        for (int i = 0; i < n; i++)
            memset(pieces[i].iov_base, 0, pieces[i].iov_len);
        if (n == 0)
            return;
    }
}
