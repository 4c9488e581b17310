/* SPDX-License-Identifier: BSD-2-Clause */
/* replsvc_io_*: asynchronous host I/O. The engine's queue, plus what a handle may do. */
#include "engine/io_queue.h"

#include <errno.h>

#include "api/api.h"
#include "service/volume.h"
#include "util/alloc.h"

enum { DEFAULT_DEPTH = 128 };

struct replsvc_io_queue {
    struct replsvc_service *svc; /* held */
    struct io_queue *queue;
};

static uint32_t allowed_flags(uint32_t operation)
{
    switch (operation) {
    case REPLSVC_IO_WRITE:
    case REPLSVC_IO_DISCARD:
        return REPLSVC_IO_FUA;
    case REPLSVC_IO_WRITE_ZEROES:
        return REPLSVC_IO_FUA | REPLSVC_IO_MAY_UNMAP;
    default:
        return 0;
    }
}

/* The checks of the synchronous functions. */
static int resolve(const replsvc_io_request *r, struct volume **v)
{
    if (!r->volume || (r->flags & ~allowed_flags(r->operation)))
        return -EINVAL;
    if (r->operation < REPLSVC_IO_READ || r->operation > REPLSVC_IO_WRITE_ZEROES)
        return -EINVAL;
    bool transfer = r->operation == REPLSVC_IO_READ || r->operation == REPLSVC_IO_WRITE;
    if (transfer && (r->iovcnt < 0 || (r->iovcnt && !r->iov)))
        return -EINVAL;
    if (!r->volume->writable && r->operation != REPLSVC_IO_READ && r->operation != REPLSVC_IO_FLUSH)
        return -EROFS;
    *v = r->volume->volume;
    return 0;
}

int replsvc_io_queue_open(replsvc_service *service, uint32_t depth, replsvc_io_queue **queue)
{
    if (api_enter(service) || !queue)
        return -EINVAL;
    *queue = NULL;
    int err = api_host_io(service);
    if (err)
        return err;
    replsvc_io_queue *q = mem_zalloc(sizeof *q);
    if (!q)
        return -ENOMEM;
    struct io_queue_options options = {
        .engine = service->engine, .depth = depth ? depth : DEFAULT_DEPTH, .resolve = resolve};
    err = io_queue_open(&options, &q->queue);
    if (err) {
        mem_free(q);
        return err;
    }
    q->svc = service;
    service_hold(service);
    *queue = q;
    return 0;
}

int replsvc_io_queue_close(replsvc_io_queue *queue)
{
    if (!queue)
        return -EINVAL;
    int err = io_queue_close(queue->queue);
    if (err)
        return err;
    struct replsvc_service *svc = queue->svc;
    mem_free(queue);
    service_release(svc);
    return 0;
}

int replsvc_io_queue_fd(replsvc_io_queue *queue)
{
    return queue ? io_queue_fd(queue->queue) : -EINVAL;
}

int replsvc_io_submit(replsvc_io_queue *queue, replsvc_io_request *const requests[], size_t n_requests)
{
    if (!queue || (n_requests && !requests))
        return -EINVAL;
    for (size_t i = 0; i < n_requests; i++)
        if (!requests[i] || requests[i]->size < sizeof *requests[i])
            return -EINVAL;
    return io_queue_submit(queue->queue, requests, n_requests);
}

int replsvc_io_reap(replsvc_io_queue *queue, replsvc_io_request *completed[], size_t max, size_t min_wait,
                    int64_t timeout_ms)
{
    if (!queue || !max || !completed)
        return -EINVAL;
    return io_queue_reap(queue->queue, completed, max, min_wait, timeout_ms);
}
