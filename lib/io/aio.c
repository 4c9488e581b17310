/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Asynchronous I/O, over a ring or over threads (see aio.h).
 *
 * Over threads, workers put what they have done on a list and write to an eventfd when the list was empty;
 * reaping takes the list and empties the eventfd. Over a ring, the ring's descriptor is the one to poll.
 * Calls are done by threads in both cases: while some are in flight the ring polls the eventfd, so that it
 * wakes whoever waits for the ring.
 */
#include "io/aio.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "io/rw.h"
#include "io/uring.h"
#include "util/alloc.h"
#include "util/clock.h"

enum { MAX_THREADS = 16 };

struct aio {
    unsigned depth;
    unsigned in_flight; /* submitted and not reaped */
    struct uring *ring; /* or NULL: threads do everything */
    unsigned calls;     /* of a ring: in flight */
    bool polled;        /* of a ring: it polls the eventfd */
    struct pool *pool;  /* of a ring: once there was a call */
    int event_fd;
    pthread_mutex_t lock;
    struct aio_request *done, **done_last; /* completed by threads; protected by lock */
};

static int open_threads(struct aio *a)
{
    if (a->event_fd < 0)
        a->event_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (a->event_fd < 0)
        return -errno;
    return pool_new(a->depth < MAX_THREADS ? a->depth : MAX_THREADS, &a->pool);
}

int aio_open(unsigned depth, unsigned flags, struct aio **out)
{
    struct aio *a = mem_zalloc(sizeof *a);
    if (!a)
        return -ENOMEM;
    a->depth = depth ? depth : 1;
    a->event_fd = -1;
    a->done_last = &a->done;
    pthread_mutex_init(&a->lock, NULL);
    /* One entry more than requests, to poll the eventfd. */
    int err = flags & AIO_NO_IO_URING ? -ENOSYS : uring_open(a->depth + 1, &a->ring);
    if (err)
        err = open_threads(a);
    if (err) {
        aio_close(a);
        return err;
    }
    *out = a;
    return 0;
}

void aio_close(struct aio *a)
{
    if (!a)
        return;
    pool_free(a->pool);
    uring_close(a->ring);
    if (a->event_fd >= 0)
        close(a->event_fd);
    pthread_mutex_destroy(&a->lock);
    mem_free(a);
}

int aio_fd(const struct aio *a)
{
    return a->ring ? uring_fd(a->ring) : a->event_fd;
}

bool aio_uses_io_uring(const struct aio *a)
{
    return a->ring;
}

/* ---- threads ---- */

static int perform(const struct aio_request *r)
{
    switch (r->operation) {
    case AIO_READ:
    case AIO_WRITE:
        return rw_whole(r->fd, r->operation == AIO_WRITE, r->iov, r->iovcnt, r->offset, 0, r->flags);
    case AIO_SYNC:
        return fdatasync(r->fd) < 0 ? -errno : 0;
    case AIO_FALLOCATE:
        return fallocate(r->fd, r->flags, (off_t)r->offset, (off_t)r->length) < 0 ? -errno : 0;
    case AIO_NOTHING:
        break;
    case AIO_CALL:
        return r->call(r->user);
    }
    return r->result;
}

static void put_done(struct aio *a, struct aio_request *r)
{
    r->next = NULL;
    pthread_mutex_lock(&a->lock);
    bool was_empty = !a->done;
    *a->done_last = r;
    a->done_last = &r->next;
    /* Under the lock, so that the aio is not closed between the two. */
    if (was_empty)
        (void)eventfd_write(a->event_fd, 1);
    pthread_mutex_unlock(&a->lock);
}

static void run_task(struct pool_task *task)
{
    struct aio_request *r = (struct aio_request *)(void *)((char *)task - offsetof(struct aio_request, task));
    r->result = perform(r);
    put_done(r->aio, r);
}

static size_t take_done(struct aio *a, struct aio_request *completed[], size_t max)
{
    size_t n = 0;
    pthread_mutex_lock(&a->lock);
    while (a->done && n < max) {
        completed[n++] = a->done;
        a->done = a->done->next;
    }
    if (!a->done) {
        eventfd_t ignored;
        a->done_last = &a->done;
        (void)eventfd_read(a->event_fd, &ignored);
    }
    pthread_mutex_unlock(&a->lock);
    return n;
}

/* ---- the ring ---- */

/* Lets a call that is done complete something of the ring. */
static void poll_eventfd(struct aio *a)
{
    struct uring_sqe *s = a->polled ? NULL : uring_next(a->ring);
    if (!s)
        return;
    s->opcode = URING_OP_POLL_ADD;
    s->fd = a->event_fd;
    s->op_flags = __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__ ? (uint32_t)POLLIN << 16 : POLLIN;
    s->user_data = 0; /* no request's address */
    a->polled = true;
}

/* Gives a call to a thread. False: there is none. */
static bool start_call(struct aio *a, struct aio_request *r)
{
    if (!a->pool && open_threads(a) != 0)
        return false;
    poll_eventfd(a);
    a->calls++;
    r->task.run = run_task;
    pool_submit(a->pool, &r->task);
    return true;
}

static size_t take_calls(struct aio *a, struct aio_request *completed[], size_t max)
{
    size_t n = a->calls ? take_done(a, completed, max) : 0;
    a->calls -= (unsigned)n;
    if (a->calls && !a->polled) {
        poll_eventfd(a);
        (void)uring_enter(a->ring, 0, 0);
    }
    return n;
}

static void fill_sqe(struct uring_sqe *s, struct aio_request *r)
{
    s->fd = r->fd;
    s->off = r->offset;
    s->user_data = (uint64_t)(uintptr_t)r;
    switch (r->operation) {
    case AIO_READ:
    case AIO_WRITE: {
        bool write = r->operation == AIO_WRITE;
        /* One piece needs no vector to be copied, unless it is longer than the entry can say. */
        if (r->iovcnt == 1 && r->iov[0].iov_len <= INT_MAX) {
            s->opcode = write ? URING_OP_WRITE : URING_OP_READ;
            s->addr = (uint64_t)(uintptr_t)r->iov[0].iov_base;
            s->len = (uint32_t)r->iov[0].iov_len;
        } else {
            s->opcode = write ? URING_OP_WRITEV : URING_OP_READV;
            s->addr = (uint64_t)(uintptr_t)r->iov;
            s->len = (uint32_t)(r->iovcnt < IOV_MAX ? r->iovcnt : IOV_MAX);
        }
        s->op_flags = (uint32_t)r->flags;
        break;
    }
    case AIO_SYNC:
        s->opcode = URING_OP_FSYNC;
        s->off = 0; /* and length 0: all of the file */
        s->op_flags = URING_FSYNC_DATASYNC;
        break;
    case AIO_FALLOCATE:
        s->opcode = URING_OP_FALLOCATE;
        s->addr = r->length;
        s->len = (uint32_t)r->flags;
        break;
    case AIO_NOTHING: /* URING_OP_NOP is 0 and ignores the rest */
    case AIO_CALL:    /* has been done */
        s->off = 0;
        break;
    }
}

/* What a completion means for the request; the rest of a short transfer is done here. */
static int finish(struct aio_request *r, int32_t res)
{
    bool transfer = r->operation == AIO_READ || r->operation == AIO_WRITE;
    if (r->operation == AIO_NOTHING || r->operation == AIO_CALL)
        return r->result;
    if (!transfer)
        return res == -EINTR || res == -EAGAIN ? perform(r) : (int)res;
    if (res == -EINTR || res == -EAGAIN)
        res = 0;
    else if (res == 0 && rw_length(r->iov, r->iovcnt))
        return r->operation == AIO_READ ? -ENODATA : -EIO;
    if (res < 0)
        return (int)res;
    return rw_whole(r->fd, r->operation == AIO_WRITE, r->iov, r->iovcnt, r->offset, (size_t)res, r->flags);
}

static size_t take_ring(struct aio *a, struct aio_request *completed[], size_t max)
{
    size_t n = 0;
    struct uring_cqe cqe;
    bool asked = false;
    while (n < max) {
        if (!uring_take(a->ring, &cqe)) {
            if (n || asked)
                break;
            asked = true; /* a system call only if the kernel holds something back */
            (void)uring_enter(a->ring, 0, 0);
            continue;
        }
        struct aio_request *r = (struct aio_request *)(uintptr_t)cqe.user_data;
        if (!r) {
            a->polled = false;
            continue;
        }
        r->result = finish(r, cqe.res);
        completed[n++] = r;
    }
    return n + take_calls(a, completed + n, max - n);
}

/* ---- both ---- */

size_t aio_room(struct aio *a)
{
    unsigned room = a->depth - a->in_flight;
    if (!a->ring)
        return room;
    unsigned entries = uring_room(a->ring); /* one is the eventfd's */
    return entries <= 1 ? 0 : entries - 1 < room ? entries - 1 : room;
}

/* False: the ring is full. */
static bool submit_one(struct aio *a, struct aio_request *r)
{
    r->aio = a;
    if (!a->ring && r->operation == AIO_NOTHING) {
        put_done(a, r);
        return true;
    }
    if (!a->ring) {
        r->task.run = run_task;
        pool_submit(a->pool, &r->task);
        return true;
    }
    if (aio_room(a) == 0)
        return false;
    if (r->operation == AIO_CALL) {
        if (start_call(a, r))
            return true;
        r->result = perform(r);
    }
    fill_sqe(uring_next(a->ring), r);
    return true;
}

size_t aio_submit(struct aio *a, struct aio_request *const requests[], size_t n)
{
    size_t taken = 0;
    for (; taken < n && a->in_flight < a->depth && submit_one(a, requests[taken]); taken++)
        a->in_flight++;
    /* What the kernel does not take now it takes at the next call: the entries stay in the queue. */
    if (a->ring && taken)
        (void)uring_enter(a->ring, 0, 0);
    return taken;
}

static int wait_for_some(struct aio *a, size_t wanted, int64_t timeout_ms)
{
    if (a->ring) {
        /* Many calls may come with one completion of the ring. */
        int r = uring_enter(a->ring, a->calls ? 1 : (unsigned)wanted, timeout_ms);
        return r == -EINTR || r == -EAGAIN || r == -EBUSY ? 0 : r;
    }
    struct pollfd p = {.fd = aio_fd(a), .events = POLLIN};
    int r = poll(&p, 1, timeout_ms < 0 ? -1 : timeout_ms > INT_MAX ? INT_MAX : (int)timeout_ms);
    return r < 0 && errno != EINTR ? -errno : 0;
}

int aio_reap(struct aio *a, struct aio_request *completed[], size_t max, size_t min_wait, int64_t timeout_ms)
{
    if (min_wait > a->in_flight)
        min_wait = a->in_flight;
    if (min_wait > max)
        min_wait = max;
    int64_t deadline = timeout_ms > 0 ? clock_monotonic_us() + timeout_ms * 1000 : 0;
    size_t n = 0;
    int err = 0;
    for (;;) {
        n += a->ring ? take_ring(a, completed + n, max - n) : take_done(a, completed + n, max - n);
        if (n >= min_wait || err)
            break;
        if (timeout_ms >= 0) {
            int64_t left = timeout_ms ? deadline - clock_monotonic_us() : 0;
            if (left <= 0)
                break;
            err = wait_for_some(a, min_wait - n, left / 1000 + 1);
        } else {
            err = wait_for_some(a, min_wait - n, -1);
        }
    }
    a->in_flight -= (unsigned)n;
    return n ? (int)n : err;
}
