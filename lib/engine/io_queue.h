/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Asynchronous host I/O: many requests of many volumes in flight from one thread, which never blocks.
 *
 * A request takes the shortest way that its volume has at that moment: straight into the queue of the
 * medium's backend (volume_direct.h), or, where something hangs on the volume or the operation is another
 * than reading and writing, the ordinary blocking way on a thread of the queue's pool.
 *
 * Requests complete in any order, with one exception: of two that overlap and of which one writes, the later
 * one begins when the earlier one has ended. A flush covers the writes that had completed when it was
 * submitted.
 */
#ifndef RSVC_ENGINE_IO_QUEUE_H
#define RSVC_ENGINE_IO_QUEUE_H

#include "engine/engine.h"

struct io_queue;

struct io_queue_options {
    struct engine *engine;
    uint32_t depth; /* requests in flight */
    /* The volume of a request, and whether it may be: 0 or the negative errno with which it completes. */
    int (*resolve)(const replsvc_io_request *r, struct volume **v);
};

int io_queue_open(const struct io_queue_options *options, struct io_queue **out);
/* -EBUSY: requests are in flight, or completed and not reaped. */
int io_queue_close(struct io_queue *q);
int io_queue_fd(const struct io_queue *q);
/* The number taken: the first ones of the array, fewer when the queue is full. */
int io_queue_submit(struct io_queue *q, replsvc_io_request *const requests[], size_t n);
int io_queue_reap(struct io_queue *q, replsvc_io_request *completed[], size_t max, size_t min_wait,
                  int64_t timeout_ms);

#endif
