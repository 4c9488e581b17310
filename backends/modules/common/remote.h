/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the backends of other machines share: their libraries are asynchronous, so each has one function that
 * starts a request, and everything that backend.h wants follows from it: calls that wait, and queues.
 *
 * A request belongs to a sink, which is told when it is done: a waiting call on its stack, or a queue.
 * private_data[0] is the sink's; the module may use the others while it has the request. Completion may come
 * from any thread, also from within the start.
 */
#ifndef REPLSVC_MODULES_REMOTE_H
#define REPLSVC_MODULES_REMOTE_H

#include <replsvc/backend.h>

/* Starts r on r->handle; remote_done will be called for it exactly once, whatever happens. */
typedef void (*remote_start)(replsvc_backend_request *r);

/* The request is over; the module must not touch it any more. */
void remote_done(replsvc_backend_request *r, int result);

/* Starts a request and waits for its end. iov may be NULL where there is no data. user: for the module. */
int remote_call(remote_start start, void *handle, uint32_t operation, const struct iovec *iov, int iovcnt,
                uint64_t offset, uint64_t length, uint32_t flags, void *user);

/* The queue functions of a backend; submit needs to know how to start. */
int remote_queue_open(uint32_t depth, uint32_t flags, void **queue, int *fd);
int remote_queue_close(void *queue);
int remote_queue_submit(remote_start start, void *queue, replsvc_backend_request *const requests[], size_t n);
int remote_queue_reap(void *queue, replsvc_backend_request *completed[], size_t max, size_t min_wait,
                      int64_t timeout_ms);

/* Starts r by parts of at most max bytes each, all at once, if it is longer. */
void remote_start_parts(remote_start start, replsvc_backend_request *r, uint64_t max);

/* The bytes of a vector in one piece: the buffer itself if it is one, else a new one, filled for a write. To
 * be given back by remote_unflatten, which spreads what was read. NULL: no memory. */
void *remote_flatten(const replsvc_backend_request *r);
void remote_unflatten(const replsvc_backend_request *r, void *flat, bool ok);

uint64_t remote_length(const struct iovec *iov, int iovcnt);
/* Milliseconds of a clock that only goes forward. */
int64_t remote_now(void);

/* The value of key in a "?key=value&key=value" part of a path, as a number of at most max; otherwise as it
 * was. false: it is no such number, with the error left. */
bool remote_option(const char *path, const char *key, uint64_t max, uint64_t *value);

#endif
