/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The asynchronous queue of backends whose media are descriptors ("file", "block"): requests become
 * operations of lib/io/aio, some of them more than one after another. What differs between those backends
 * is in three functions; those for plain descriptors are in fd_request.h. One thread at a time per queue.
 */
#ifndef RSVC_COMMON_FD_QUEUE_H
#define RSVC_COMMON_FD_QUEUE_H

#include <stdatomic.h>

#include <replsvc/backend.h>

#include "io/aio.h"

struct fd_queue_ops;
struct fd_medium_ops;

/* A request on its way. */
struct fd_node {
    struct aio_request a; /* the operation under way */
    replsvc_backend_request *r;
    const struct fd_queue_ops *ops;
    struct fd_node *next_free;
    /* Of fd_request.h: */
    int fd;                /* the medium's */
    bool flush_after;      /* a flush of it follows */
    atomic_bool *no_dsync; /* the medium's */
};

struct fd_queue_ops {
    /* Fills n->a from n->r; sets n->a.result to refuse it. */
    void (*prepare)(struct fd_node *n);
    /* The operation has ended with n->a.result: sets up the next one and returns true, or false. */
    bool (*go_on)(struct fd_node *n);
    /* What the request has come to. */
    int (*result)(struct fd_node *n);
    const struct fd_medium_ops *medium; /* where these are fd_request.h's */
};

int fd_queue_open(const struct fd_queue_ops *ops, uint32_t depth, uint32_t flags, void **queue, int *fd);
int fd_queue_close(void *queue);
int fd_queue_submit(void *queue, replsvc_backend_request *const requests[], size_t n);
int fd_queue_reap(void *queue, replsvc_backend_request *completed[], size_t max, size_t min_wait,
                  int64_t timeout_ms);

#endif
