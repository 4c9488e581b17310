/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Requests on media that are a descriptor, raw images and block devices: each becomes one operation on it,
 * and some a second one: zeroing and discarding with FUA, and writes with FUA where the kernel has no flag
 * for that, are followed by a flush. What the kernel cannot zero or discard is done once more by the
 * synchronous function, which knows other ways. These are the three functions of an fd_queue for such media.
 */
#ifndef RSVC_COMMON_FD_REQUEST_H
#define RSVC_COMMON_FD_REQUEST_H

#include <stdatomic.h>

#include "common/fd_queue.h"

/* What a request meets. */
struct fd_medium {
    int fd;          /* for all but transfers, and for transfers that transfer_fd does not take (-EINVAL) */
    int transfer_fd; /* or the same */
    bool punch;      /* write zeroes: by a hole */
    atomic_bool *no_dsync; /* the kernel has no RWF_DSYNC for it; set when that is found out */
};

struct fd_medium_ops {
    /* Fills *m, or refuses the request with a negative errno. */
    int (*look)(const replsvc_backend_request *r, struct fd_medium *m);
    /* Of the vtable. */
    int (*discard)(void *handle, uint64_t offset, uint64_t length, uint32_t flags);
    int (*write_zeroes)(void *handle, uint64_t offset, uint64_t length, uint32_t flags);
    /* Words an error. lost: a flush failed, or a write that was to be durable, and the kernel may have
     * dropped data. refused: it never came to the medium. */
    int (*result)(const replsvc_backend_request *r, int err, bool lost, bool refused);
};

void fd_request_prepare(struct fd_node *n);
bool fd_request_go_on(struct fd_node *n);
int fd_request_result(struct fd_node *n);

#endif
