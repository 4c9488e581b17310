/* SPDX-License-Identifier: BSD-2-Clause */
/* Walking a caller's buffers piece by piece without allocating. */
#ifndef RSVC_VHDX_IOV_H
#define RSVC_VHDX_IOV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

#define VHDX_IOV_PIECES 64

struct vhdx_iov_walk {
    const struct iovec *iov; /* the next, of which `done` bytes were taken */
    int iovcnt;
    size_t done;
    bool uncached; /* the data will not be wanted again soon */
};

static inline uint64_t vhdx_iov_length(const struct iovec *iov, int iovcnt)
{
    uint64_t length = 0;
    for (int i = 0; i < iovcnt; i++)
        length += iov[i].iov_len;
    return length;
}

/* Takes the next `length` bytes, or as many as fit into VHDX_IOV_PIECES; returns how many. */
uint64_t vhdx_iov_take(struct vhdx_iov_walk *w, uint64_t length, struct iovec out[VHDX_IOV_PIECES], int *n);
/* Fills the next `length` bytes with zeroes. */
void vhdx_iov_zero(struct vhdx_iov_walk *w, uint64_t length);

#endif
