/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Asynchronous I/O, over a ring or over threads (see aio.h).
 *
 * Over threads, workers put what they have done on a list and write to an eventfd when the list was empty;
 * reaping takes the list and empties the eventfd. Over a ring, the ring's descriptor is the one to poll.
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
    struct uring *ring; /* or NULL, then: */
    struct pool *pool;
    int event_fd;
    pthread_mutex_t lock;
    struct aio_request *done, **done_last; /* completed by threads; protected by lock */
};

static int open_threads(struct aio *a)
{
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
    int err = flags & AIO_NO_IO_URING ? -ENOSYS : uring_open(a->depth, &a->ring);
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
    uring_close(a->ring);
    pool_free(a->pool);
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
        s->off = 0;
        break;
    }
}

/* What a completion means for the request; the rest of a short transfer is done here. */
static int finish(struct aio_request *r, int32_t res)
{
    bool transfer = r->operation == AIO_READ || r->operation == AIO_WRITE;
    if (r->operation == AIO_NOTHING)
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
        r->result = finish(r, cqe.res);
        completed[n++] = r;
    }
    return n;
}

/* ---- both ---- */

size_t aio_submit(struct aio *a, struct aio_request *const requests[], size_t n)
{
    size_t taken = 0;
    for (; taken < n && a->in_flight < a->depth; taken++) {
        struct aio_request *r = requests[taken];
        r->aio = a;
        if (a->ring) {
            struct uring_sqe *sqe = uring_next(a->ring);
            if (!sqe)
                break;
            fill_sqe(sqe, r);
        } else if (r->operation == AIO_NOTHING) {
            put_done(a, r);
        } else {
            r->task.run = run_task;
            pool_submit(a->pool, &r->task);
        }
        a->in_flight++;
    }
    /* What the kernel does not take now it takes at the next call: the entries stay in the queue. */
    if (a->ring && taken)
        (void)uring_enter(a->ring, 0, 0);
    return taken;
}

static int wait_for_some(struct aio *a, size_t wanted, int64_t timeout_ms)
{
    if (a->ring) {
        int r = uring_enter(a->ring, (unsigned)wanted, timeout_ms);
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
