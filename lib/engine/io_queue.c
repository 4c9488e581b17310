/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The queue of asynchronous host I/O (see io_queue.h).
 *
 * A request in flight has a node. Nodes stand in the list `active` in the order of submission; a node that
 * overlaps an earlier one there is BLOCKED and begins when none is left that it overlaps. Begun ones are
 * DIRECT (in the queue of a backend, a *lane*) or POOLED. What has completed is on the list `done`, linked
 * through the request itself, until it is reaped.
 *
 * Completions of lanes come in when somebody asks: the reaper, or, so that nobody who closes a gate waits for
 * a host that does not reap, the closer (gate_helper). Then they wait in `done`, and the eventfd says so.
 *
 * One lock per queue, a leaf but for the gate's, the pool's and the locks of a backend's queue: nothing is
 * waited for under it.
 */
#include "engine/io_queue.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "engine/volume_direct.h"
#include "io/pool.h"
#include "util/alloc.h"
#include "util/clock.h"

enum { MAX_DEPTH = 4096, MAX_LANES = 8, MAX_THREADS = 16, BATCH = 64 };

enum node_state { NODE_BLOCKED, NODE_DIRECT, NODE_POOLED };

struct node {
    struct io_queue *q;
    replsvc_io_request *r;
    struct volume *volume;
    enum node_state state;
    uint64_t offset, length; /* that it touches; length 0: none (flush) */
    bool writes;
    struct direct_io direct;
    replsvc_backend_request b;
    struct pool_task task;
    struct node *prev, *next; /* in active */
    struct node *next_free;
};

/* The queue of one backend. */
struct lane {
    const replsvc_backend *backend;
    void *queue;
    int fd;
    unsigned in_flight;
    replsvc_backend_request *batch[BATCH]; /* to be submitted */
    size_t n_batch;
};

struct io_queue {
    struct engine *engine;
    int (*resolve)(const replsvc_io_request *r, struct volume **v);
    uint32_t depth;
    int event_fd, poll_fd;
    struct gate_helper helper;

    pthread_mutex_t lock; /* everything below */
    struct node *nodes, *free, *active, *active_last;
    unsigned n_active, n_blocked;
    unsigned n_writing; /* of the active ones */
    bool unblocked;     /* something has ended: look at the blocked ones */
    replsvc_io_request *done, **done_last;
    bool signalled; /* the eventfd is readable */
    struct lane lanes[MAX_LANES];
    size_t n_lanes;
    bool new_lane;     /* who is waiting does not wait for this one yet */
    struct pool *pool; /* made when it is first needed */
};

/* ---- the life of a node ---- */

static replsvc_io_request **next_done(replsvc_io_request *r)
{
    return (replsvc_io_request **)(void *)&r->private_data[0];
}

static void put_done(struct io_queue *q, replsvc_io_request *r, int result)
{
    r->result = result;
    *next_done(r) = NULL;
    *q->done_last = r;
    q->done_last = next_done(r);
}

static void make_active(struct io_queue *q, struct node *n)
{
    n->prev = q->active_last;
    n->next = NULL;
    *(n->prev ? &n->prev->next : &q->active) = n;
    q->active_last = n;
    q->n_active++;
    q->n_writing += n->writes;
}

static void complete(struct io_queue *q, struct node *n, int result)
{
    *(n->prev ? &n->prev->next : &q->active) = n->next;
    *(n->next ? &n->next->prev : &q->active_last) = n->prev;
    q->n_active--;
    q->n_writing -= n->writes;
    q->unblocked = q->n_blocked > 0;
    put_done(q, n->r, result);
    n->next_free = q->free;
    q->free = n;
}

/* Whether an earlier request must end before this one may begin. */
static bool overlaps_earlier(const struct node *n)
{
    bool possible = n->length && n->q->n_writing; /* reads do not mind each other */
    for (const struct node *p = n->prev; possible && p; p = p->prev)
        if (p->volume == n->volume && (p->writes || n->writes) && p->offset < n->offset + n->length &&
            n->offset < p->offset + p->length)
            return true;
    return false;
}

/* ---- the ordinary way, on a thread ---- */

static int perform(const struct node *n)
{
    const replsvc_io_request *r = n->r;
    switch (r->operation) {
    case REPLSVC_IO_READ:
        return volume_preadv(n->volume, r->iov, r->iovcnt, r->offset, r->flags);
    case REPLSVC_IO_WRITE:
        return volume_pwritev(n->volume, r->iov, r->iovcnt, r->offset, r->flags);
    case REPLSVC_IO_FLUSH:
        return volume_flush(n->volume);
    case REPLSVC_IO_DISCARD:
        return volume_discard(n->volume, r->offset, r->length, r->flags);
    case REPLSVC_IO_WRITE_ZEROES:
        return volume_write_zeroes(n->volume, r->offset, r->length, r->flags);
    default:
        return -EINVAL;
    }
}

static void go_on(struct io_queue *q);

static void run_task(struct pool_task *task)
{
    struct node *n = (struct node *)(void *)((char *)task - offsetof(struct node, task));
    struct io_queue *q = n->q;
    int result = perform(n);
    pthread_mutex_lock(&q->lock);
    complete(q, n, result);
    go_on(q);
    pthread_mutex_unlock(&q->lock);
}

static void begin_pooled(struct io_queue *q, struct node *n)
{
    int err = q->pool ? 0 : pool_new(q->depth < MAX_THREADS ? q->depth : MAX_THREADS, &q->pool);
    if (err) {
        complete(q, n, err);
        return;
    }
    n->state = NODE_POOLED;
    n->task.run = run_task;
    pool_submit(q->pool, &n->task);
}

/* ---- lanes ---- */

static struct lane *lane_of(struct io_queue *q, const replsvc_backend *b)
{
    for (size_t i = 0; i < q->n_lanes; i++)
        if (q->lanes[i].backend == b)
            return &q->lanes[i];
    if (q->n_lanes == MAX_LANES)
        return NULL;
    struct lane *l = &q->lanes[q->n_lanes];
    *l = (struct lane){.backend = b};
    if (b->queue_open(q->depth, q->engine->options.open_flags & REPLSVC_BACKEND_NO_IO_URING, &l->queue,
                      &l->fd))
        return NULL;
    struct epoll_event e = {.events = EPOLLIN};
    if (epoll_ctl(q->poll_fd, EPOLL_CTL_ADD, l->fd, &e)) {
        b->queue_close(l->queue);
        return NULL;
    }
    q->n_lanes++;
    q->new_lane = true;
    return l;
}

/* Submits what has gathered in a lane; what it does not take goes the ordinary way. */
static void submit_batch(struct io_queue *q, struct lane *l)
{
    size_t n = l->n_batch;
    int taken = n ? l->backend->submit(l->queue, l->batch, n) : 0;
    l->n_batch = 0;
    l->in_flight += taken > 0 ? (unsigned)taken : 0;
    for (size_t i = taken > 0 ? (size_t)taken : 0; i < n; i++) {
        struct node *node = l->batch[i]->user;
        volume_direct_cancel(&node->direct);
        begin_pooled(q, node);
    }
}

static void begin(struct io_queue *q, struct node *n)
{
    const replsvc_io_request *r = n->r;
    const replsvc_backend *backend;
    int rc = -EAGAIN;
    if (r->operation == REPLSVC_IO_READ || r->operation == REPLSVC_IO_WRITE)
        rc = volume_direct_begin(n->volume, n->writes, r->iov, r->iovcnt, r->offset, r->flags, &n->direct,
                                 &n->b, &backend);
    if (rc == -EAGAIN) {
        begin_pooled(q, n);
        return;
    }
    if (rc) {
        complete(q, n, rc);
        return;
    }
    struct lane *l = lane_of(q, backend);
    if (!l) {
        volume_direct_cancel(&n->direct);
        begin_pooled(q, n);
        return;
    }
    n->state = NODE_DIRECT;
    n->b.user = n;
    if (l->n_batch == BATCH)
        submit_batch(q, l);
    l->batch[l->n_batch++] = &n->b;
}

/* Takes completions out of the lanes, without waiting. */
static void bring_in(struct io_queue *q)
{
    for (size_t i = 0; i < q->n_lanes; i++) {
        struct lane *l = &q->lanes[i];
        replsvc_backend_request *got[BATCH];
        int n = BATCH;
        while (n == BATCH && l->in_flight) {
            n = l->backend->reap(l->queue, got, BATCH, 0, 0);
            for (int k = 0; k < n; k++) {
                struct node *node = got[k]->user;
                l->in_flight--;
                volume_direct_end(&node->direct, node->b.result);
                complete(q, node, node->b.result);
            }
        }
    }
}

/* Begins what is no longer blocked, and submits. */
static void begin_unblocked(struct io_queue *q)
{
    do {
        bool look = q->unblocked;
        q->unblocked = false;
        for (struct node *n = look ? q->active : NULL, *next; n; n = next) {
            next = n->next;
            if (n->state != NODE_BLOCKED || overlaps_earlier(n))
                continue;
            q->n_blocked--;
            n->state = NODE_POOLED; /* not blocked; begin says what it is */
            begin(q, n);
        }
        for (size_t i = 0; i < q->n_lanes; i++)
            submit_batch(q, &q->lanes[i]);
    } while (q->unblocked);
}

static void set_signal(struct io_queue *q)
{
    bool readable = q->done || q->new_lane;
    eventfd_t ignored;
    if (readable != q->signalled)
        (void)(readable ? eventfd_write(q->event_fd, 1) : eventfd_read(q->event_fd, &ignored));
    q->signalled = readable;
}

/* After anything has changed. */
static void go_on(struct io_queue *q)
{
    begin_unblocked(q);
    set_signal(q);
}

/* ---- for the owner ---- */

static void help(struct gate_helper *h)
{
    struct io_queue *q = (struct io_queue *)(void *)((char *)h - offsetof(struct io_queue, helper));
    pthread_mutex_lock(&q->lock);
    bring_in(q);
    go_on(q);
    pthread_mutex_unlock(&q->lock);
}

static int open_fds(struct io_queue *q)
{
    q->event_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    q->poll_fd = epoll_create1(EPOLL_CLOEXEC);
    struct epoll_event e = {.events = EPOLLIN};
    if (q->event_fd < 0 || q->poll_fd < 0 || epoll_ctl(q->poll_fd, EPOLL_CTL_ADD, q->event_fd, &e))
        return -errno;
    return 0;
}

static void free_queue(struct io_queue *q)
{
    pool_free(q->pool);
    for (size_t i = 0; i < q->n_lanes; i++)
        q->lanes[i].backend->queue_close(q->lanes[i].queue);
    if (q->event_fd >= 0)
        close(q->event_fd);
    if (q->poll_fd >= 0)
        close(q->poll_fd);
    pthread_mutex_destroy(&q->lock);
    mem_free(q->nodes);
    mem_free(q);
}

int io_queue_open(const struct io_queue_options *options, struct io_queue **out)
{
    if (!options->depth || options->depth > MAX_DEPTH)
        return -EINVAL;
    struct io_queue *q = mem_zalloc(sizeof *q);
    if (!q)
        return -ENOMEM;
    q->engine = options->engine;
    q->resolve = options->resolve;
    q->depth = options->depth;
    q->event_fd = q->poll_fd = -1;
    q->done_last = &q->done;
    q->helper.help = help;
    pthread_mutex_init(&q->lock, NULL);
    q->nodes = mem_array(q->depth, sizeof *q->nodes);
    int err = q->nodes ? open_fds(q) : -ENOMEM;
    if (err) {
        free_queue(q);
        return err;
    }
    for (uint32_t i = q->depth; i-- > 0;) {
        q->nodes[i].next_free = q->free;
        q->free = &q->nodes[i];
    }
    gate_helper_add(&q->engine->helpers, &q->helper);
    *out = q;
    return 0;
}

int io_queue_close(struct io_queue *q)
{
    pthread_mutex_lock(&q->lock);
    bool busy = q->n_active || q->done;
    pthread_mutex_unlock(&q->lock);
    if (busy)
        return -EBUSY;
    gate_helper_remove(&q->engine->helpers, &q->helper);
    free_queue(q);
    return 0;
}

int io_queue_fd(const struct io_queue *q)
{
    return q->poll_fd;
}

static void take(struct io_queue *q, struct node *n, replsvc_io_request *r)
{
    bool transfer = r->operation == REPLSVC_IO_READ || r->operation == REPLSVC_IO_WRITE;
    n->q = q;
    n->r = r;
    n->writes = r->operation != REPLSVC_IO_READ && r->operation != REPLSVC_IO_FLUSH;
    n->offset = r->offset;
    n->length = transfer ? iov_length(r->iov, r->iovcnt) : r->operation == REPLSVC_IO_FLUSH ? 0 : r->length;
    if (n->length > UINT64_MAX - n->offset)
        n->length = UINT64_MAX - n->offset; /* to be refused by the volume */
    make_active(q, n);
    if (overlaps_earlier(n)) {
        n->state = NODE_BLOCKED;
        q->n_blocked++;
    } else {
        begin(q, n);
    }
}

int io_queue_submit(struct io_queue *q, replsvc_io_request *const requests[], size_t n)
{
    size_t taken = 0;
    pthread_mutex_lock(&q->lock);
    for (; taken < n && taken < INT_MAX && q->free; taken++) {
        replsvc_io_request *r = requests[taken];
        struct node *node = q->free;
        int err = q->resolve(r, &node->volume);
        if (err) {
            put_done(q, r, err);
            continue;
        }
        q->free = node->next_free;
        take(q, node, r);
    }
    go_on(q);
    pthread_mutex_unlock(&q->lock);
    return (int)taken;
}

/* Waits until the lanes or the pool have something; fds as they were when the lock was held. */
static int wait_for_some(struct pollfd fds[], nfds_t n, int64_t timeout_ms)
{
    int timeout = timeout_ms < 0 ? -1 : timeout_ms > INT_MAX ? INT_MAX : (int)timeout_ms;
    return poll(fds, n, timeout) < 0 && errno != EINTR ? -errno : 0;
}

static size_t pop_done(struct io_queue *q, replsvc_io_request *completed[], size_t max)
{
    size_t n = 0;
    while (q->done && n < max) {
        completed[n] = q->done;
        q->done = *next_done(completed[n]);
        n++;
    }
    if (!q->done)
        q->done_last = &q->done;
    return n;
}

int io_queue_reap(struct io_queue *q, replsvc_io_request *completed[], size_t max, size_t min_wait,
                  int64_t timeout_ms)
{
    int64_t deadline = timeout_ms > 0 ? clock_monotonic_us() + timeout_ms * 1000 : 0;
    size_t n = 0;
    max = max < INT_MAX ? max : INT_MAX;
    min_wait = min_wait < max ? min_wait : max;
    for (;;) {
        struct pollfd fds[MAX_LANES + 1];
        nfds_t n_fds = 0;
        pthread_mutex_lock(&q->lock);
        bring_in(q);
        begin_unblocked(q);
        n += pop_done(q, completed + n, max - n);
        q->new_lane = false;
        set_signal(q);
        bool more = q->n_active || q->done;
        for (size_t i = 0; i < q->n_lanes; i++)
            fds[n_fds++] = (struct pollfd){.fd = q->lanes[i].fd, .events = POLLIN};
        fds[n_fds++] = (struct pollfd){.fd = q->event_fd, .events = POLLIN};
        pthread_mutex_unlock(&q->lock);
        if (n >= min_wait || !more)
            return (int)n;
        int64_t left = timeout_ms;
        if (timeout_ms >= 0 && (left = timeout_ms ? (deadline - clock_monotonic_us() + 999) / 1000 : 0) <= 0)
            return (int)n;
        int err = wait_for_some(fds, n_fds, left);
        if (err)
            return n ? (int)n : err;
    }
}
