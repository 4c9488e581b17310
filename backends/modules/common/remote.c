/* SPDX-License-Identifier: BSD-2-Clause */
/* Waiting calls and queues on top of an asynchronous start; see remote.h. */
#include "remote.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

struct sink {
    void (*done)(struct sink *s, replsvc_backend_request *r);
};

void remote_done(replsvc_backend_request *r, int result)
{
    struct sink *s = r->private_data[0];
    r->result = result;
    s->done(s, r);
}

uint64_t remote_length(const struct iovec *iov, int iovcnt)
{
    uint64_t n = 0;
    for (int i = 0; i < iovcnt; i++)
        n += iov[i].iov_len;
    return n;
}

int64_t remote_now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* ---- a call that waits ---- */

struct waiter {
    struct sink sink;
    pthread_mutex_t lock;
    pthread_cond_t over;
    bool done;
};

static void waiter_done(struct sink *s, replsvc_backend_request *r)
{
    struct waiter *w = (struct waiter *)s;
    (void)r;
    pthread_mutex_lock(&w->lock);
    w->done = true;
    pthread_cond_signal(&w->over); /* under the lock: the waiter's stack goes when it has seen it */
    pthread_mutex_unlock(&w->lock);
}

int remote_call(remote_start start, void *handle, uint32_t operation, const struct iovec *iov, int iovcnt,
                uint64_t offset, uint64_t length, uint32_t flags, void *user)
{
    struct waiter w = {
        .sink.done = waiter_done, .lock = PTHREAD_MUTEX_INITIALIZER, .over = PTHREAD_COND_INITIALIZER};
    replsvc_backend_request r = {.handle = handle,
                                 .operation = operation,
                                 .flags = flags,
                                 .iov = iov,
                                 .iovcnt = iovcnt,
                                 .offset = offset,
                                 .length = length,
                                 .user = user,
                                 .private_data[0] = &w};
    start(&r);
    pthread_mutex_lock(&w.lock);
    while (!w.done)
        pthread_cond_wait(&w.over, &w.lock);
    pthread_mutex_unlock(&w.lock);
    return r.result;
}

/* ---- a queue ---- */

struct queue {
    struct sink sink;
    pthread_mutex_t lock;
    pthread_cond_t some;
    int fd;                          /* an eventfd: readable while there are completed ones */
    uint32_t depth, busy;            /* busy: submitted and not reaped */
    uint32_t first, n_done;          /* completed ones, a ring */
    replsvc_backend_request *done[]; /* room for depth */
};

static void queue_done(struct sink *s, replsvc_backend_request *r)
{
    struct queue *q = (struct queue *)s;
    pthread_mutex_lock(&q->lock);
    q->done[(q->first + q->n_done++) % q->depth] = r;
    if (q->n_done == 1)
        (void)eventfd_write(q->fd, 1);
    pthread_cond_signal(&q->some);
    pthread_mutex_unlock(&q->lock);
}

int remote_queue_open(uint32_t depth, uint32_t flags, void **queue, int *fd)
{
    (void)flags;
    pthread_condattr_t monotonic;
    depth = depth ? depth : 128;
    struct queue *q = calloc(1, sizeof *q + depth * sizeof q->done[0]);
    if (!q)
        return -ENOMEM;
    q->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (q->fd < 0) {
        int err = errno;
        free(q);
        return -err;
    }
    q->sink.done = queue_done;
    q->depth = depth;
    pthread_mutex_init(&q->lock, NULL);
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&q->some, &monotonic);
    pthread_condattr_destroy(&monotonic);
    *queue = q;
    *fd = q->fd;
    return 0;
}

int remote_queue_close(void *queue)
{
    struct queue *q = queue;
    pthread_mutex_lock(&q->lock);
    while (q->n_done < q->busy)
        pthread_cond_wait(&q->some, &q->lock);
    pthread_mutex_unlock(&q->lock);
    pthread_mutex_destroy(&q->lock);
    pthread_cond_destroy(&q->some);
    close(q->fd);
    free(q);
    return 0;
}

int remote_queue_submit(remote_start start, void *queue, replsvc_backend_request *const requests[], size_t n)
{
    struct queue *q = queue;
    pthread_mutex_lock(&q->lock);
    size_t room = q->depth - q->busy;
    n = n < room ? n : room;
    q->busy += (uint32_t)n;
    pthread_mutex_unlock(&q->lock);
    for (size_t i = 0; i < n; i++) {
        requests[i]->private_data[0] = &q->sink;
        start(requests[i]);
    }
    return (int)n;
}

/* With the lock held: waits until there are so many, or the time is over. */
static void wait_for_some(struct queue *q, size_t wanted, int64_t timeout_ms)
{
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += timeout_ms / 1000;
    until.tv_nsec += timeout_ms % 1000 * 1000000;
    if (until.tv_nsec >= 1000000000) {
        until.tv_sec++;
        until.tv_nsec -= 1000000000;
    }
    int rc = 0;
    while (q->n_done < wanted && rc == 0)
        rc = timeout_ms < 0 ? pthread_cond_wait(&q->some, &q->lock)
                            : pthread_cond_timedwait(&q->some, &q->lock, &until);
}

int remote_queue_reap(void *queue, replsvc_backend_request *completed[], size_t max, size_t min_wait,
                      int64_t timeout_ms)
{
    struct queue *q = queue;
    size_t n = 0;
    eventfd_t count;
    pthread_mutex_lock(&q->lock);
    min_wait = min_wait < q->busy ? min_wait : q->busy;
    min_wait = min_wait < max ? min_wait : max;
    if (q->n_done < min_wait)
        wait_for_some(q, min_wait, timeout_ms);
    for (; n < max && q->n_done; n++) {
        completed[n] = q->done[q->first];
        q->first = (q->first + 1) % q->depth;
        q->n_done--;
        q->busy--;
    }
    if (q->n_done == 0)
        (void)eventfd_read(q->fd, &count);
    pthread_mutex_unlock(&q->lock);
    return (int)n;
}

/* ---- parts ---- */

struct part {
    replsvc_backend_request request;
    struct iovec iov;
};

struct parts {
    struct sink sink;
    replsvc_backend_request *whole;
    void *flat; /* NULL: there is no data */
    atomic_uint left;
    atomic_int result;
    struct part part[];
};

static void part_done(struct sink *s, replsvc_backend_request *r)
{
    struct parts *p = (struct parts *)s;
    int none = 0;
    if (r->result)
        atomic_compare_exchange_strong(&p->result, &none, r->result);
    if (atomic_fetch_sub(&p->left, 1) != 1)
        return;
    replsvc_backend_request *whole = p->whole;
    int result = atomic_load(&p->result);
    remote_unflatten(whole, p->flat, result == 0);
    free(p);
    remote_done(whole, result);
}

void remote_start_parts(remote_start start, replsvc_backend_request *r, uint64_t max)
{
    if (r->length <= max || r->operation == REPLSVC_IO_FLUSH) {
        start(r);
        return;
    }
    size_t n = (size_t)((r->length + max - 1) / max);
    bool data = r->operation == REPLSVC_IO_READ || r->operation == REPLSVC_IO_WRITE;
    struct parts *p = calloc(1, sizeof *p + n * sizeof p->part[0]);
    void *flat = p && data ? remote_flatten(r) : NULL;
    if (!p || (data && !flat)) {
        free(p);
        remote_done(r, -ENOMEM);
        return;
    }
    p->sink.done = part_done;
    p->whole = r;
    p->flat = flat;
    p->left = (unsigned)n;
    for (size_t i = 0; i < n; i++) {
        uint64_t at = i * max, length = r->length - at < max ? r->length - at : max;
        struct part *one = &p->part[i];
        one->request = *r;
        one->request.offset = r->offset + at;
        one->request.length = length;
        one->request.private_data[0] = &p->sink;
        if (data) {
            one->iov = (struct iovec){(char *)flat + at, (size_t)length};
            one->request.iov = &one->iov;
            one->request.iovcnt = 1;
        }
    }
    for (size_t i = 0; i < n; i++) /* with the last one p may be gone */
        start(&p->part[i].request);
}

/* ---- buffers, options ---- */

void *remote_flatten(const replsvc_backend_request *r)
{
    if (r->iovcnt == 1)
        return r->iov[0].iov_base;
    char *flat = malloc(remote_length(r->iov, r->iovcnt) + 1);
    char *to = flat;
    for (int i = 0; flat && r->operation == REPLSVC_IO_WRITE && i < r->iovcnt; i++) {
        memcpy(to, r->iov[i].iov_base, r->iov[i].iov_len);
        to += r->iov[i].iov_len;
    }
    return flat;
}

void remote_unflatten(const replsvc_backend_request *r, void *flat, bool ok)
{
    const char *from = flat;
    if (!flat || r->iovcnt == 1)
        return;
    for (int i = 0; ok && r->operation == REPLSVC_IO_READ && i < r->iovcnt; i++) {
        memcpy(r->iov[i].iov_base, from, r->iov[i].iov_len);
        from += r->iov[i].iov_len;
    }
    free(flat);
}

bool remote_option(const char *path, const char *key, uint64_t max, uint64_t *value)
{
    const char *at = strchr(path, '?');
    size_t n = strlen(key);
    while (at) {
        at++;
        if (strncmp(at, key, n) == 0 && at[n] == '=') {
            char *end;
            errno = 0;
            unsigned long long number = strtoull(at + n + 1, &end, 10);
            if (errno || end == at + n + 1 || (*end && *end != '&') || number > max) {
                replsvc_backend_set_error("%s: %s must be a number up to %llu", path, key,
                                          (unsigned long long)max);
                return false;
            }
            *value = number;
            return true;
        }
        at = strchr(at, '&');
    }
    return true;
}
