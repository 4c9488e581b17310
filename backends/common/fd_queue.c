/* SPDX-License-Identifier: BSD-2-Clause */
/* See fd_queue.h. */
#include "common/fd_queue.h"

#include <errno.h>

#include "util/alloc.h"
#include "util/clock.h"

enum { BATCH = 64 };

struct fd_queue {
    const struct fd_queue_ops *ops;
    struct aio *aio;
    struct fd_node *nodes, *free;
};

int fd_queue_open(const struct fd_queue_ops *ops, uint32_t depth, uint32_t flags, void **queue, int *fd)
{
    struct fd_queue *q = mem_zalloc(sizeof *q);
    if (!q)
        return -ENOMEM;
    q->ops = ops;
    depth = depth ? depth : 1;
    q->nodes = mem_array(depth, sizeof *q->nodes);
    int err = q->nodes ? 0 : -ENOMEM;
    if (!err)
        err = aio_open(depth, flags & REPLSVC_BACKEND_NO_IO_URING ? AIO_NO_IO_URING : 0, &q->aio);
    if (err) {
        fd_queue_close(q);
        return err;
    }
    for (uint32_t i = depth; i-- > 0;) {
        q->nodes[i].next_free = q->free;
        q->free = &q->nodes[i];
    }
    *queue = q;
    *fd = aio_fd(q->aio);
    return 0;
}

int fd_queue_close(void *queue)
{
    struct fd_queue *q = queue;
    aio_close(q->aio);
    mem_free(q->nodes);
    mem_free(q);
    return 0;
}

static void prepare(struct fd_queue *q, struct fd_node *n, replsvc_backend_request *r)
{
    n->r = r;
    n->ops = q->ops;
    n->flush_after = false;
    n->a = (struct aio_request){.operation = AIO_NOTHING, .fd = -1, .offset = r->offset, .user = n};
    q->ops->prepare(n);
    n->a.user = n;
    if (n->a.result != 0)
        n->a.operation = AIO_NOTHING;
}

int fd_queue_submit(void *queue, replsvc_backend_request *const requests[], size_t n)
{
    struct fd_queue *q = queue;
    size_t taken = 0, room = aio_room(q->aio);
    if (n > room) /* what is prepared is taken */
        n = room;
    while (taken < n) {
        struct aio_request *batch[BATCH];
        size_t filled = 0;
        while (filled < BATCH && taken + filled < n) {
            struct fd_node *node = q->free;
            q->free = node->next_free;
            prepare(q, node, requests[taken + filled]);
            batch[filled++] = &node->a;
        }
        taken += aio_submit(q->aio, batch, filled);
    }
    return (int)taken;
}

int fd_queue_reap(void *queue, replsvc_backend_request *completed[], size_t max, size_t min_wait,
                  int64_t timeout_ms)
{
    struct fd_queue *q = queue;
    int64_t deadline = timeout_ms > 0 ? clock_monotonic_us() + timeout_ms * 1000 : 0;
    size_t n = 0;
    for (;;) {
        struct aio_request *batch[BATCH];
        size_t room = max - n < BATCH ? max - n : BATCH;
        int got = aio_reap(q->aio, batch, room, n < min_wait ? min_wait - n : 0, timeout_ms);
        if (got < 0 && !n)
            return got;
        for (int i = 0; i < got; i++) {
            struct fd_node *node = batch[i]->user;
            struct aio_request *again = &node->a;
            if (q->ops->go_on(node)) {
                if (aio_submit(q->aio, &again, 1) == 1)
                    continue;
                again->result = -EAGAIN;
            }
            node->r->result = q->ops->result(node);
            completed[n++] = node->r;
            node->next_free = q->free;
            q->free = node;
        }
        if (got <= 0 || n >= min_wait)
            return (int)n;
        if (timeout_ms > 0 && (timeout_ms = (deadline - clock_monotonic_us()) / 1000) <= 0)
            timeout_ms = 0;
    }
}
