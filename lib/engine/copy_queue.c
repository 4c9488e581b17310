/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Moves pieces by the backends' asynchronous queues, from one thread. A slot holds one piece and its
 * buffer: it reads, then writes the runs that are not zero (and zeroes the others, where the target is
 * not zeroed), and is free again when the last of its requests has come back.
 *
 *     free -> READING -> WRITING -> free          zero pieces begin with WRITING
 *
 * Buffers are runs of units in one arena, so that few long requests or many short ones may be in flight:
 * long ones for data that lies together, short ones for data that is scattered.
 *
 * Requests wait in a list per queue until there is room. If both ends belong to one backend they share
 * one queue. What a queue cannot do (the ragged end of an image with aligned requests, zeroes that the
 * medium cannot make) is done by piece_move while the others are in flight.
 */
#include "engine/copy_internal.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "util/alloc.h"
#include "util/fail.h"

enum {
    SLOTS = 64,
    PIECE = 4 << 20,
    UNIT = 256 << 10,
    UNITS = 128, /* 32 MiB */
    SLOT_REQUESTS =
        PIECE / (int)COPY_ZERO_GRANULE + 1, /* runs of alternating kind; the border may be inside */
    QUEUE_DEPTH = 64,
    BATCH = 32,
    TURN_MS = 100 /* nothing waits longer than this before check() is called again */
};

enum slot_state { SLOT_FREE, SLOT_READING, SLOT_WRITING };

struct request {
    replsvc_backend_request r;
    struct iovec iov;
    struct slot *slot;
    struct request *next; /* in the list of those that wait for room */
};

struct slot {
    enum slot_state state;
    unsigned pending; /* requests queued or in flight */
    struct piece piece;
    struct piece_failure failure;
    char *buffer;
    unsigned units; /* that it has of the arena */
    struct request requests[SLOT_REQUESTS];
    struct slot *next_free;
};

struct side {
    const replsvc_backend *backend;
    void *queue;
    int fd;
    unsigned in_flight;
    struct request *waiting, **waiting_last;
};

struct mover {
    struct cut *cut;
    struct side source, target;
    struct side *write_side; /* &source when both share one queue */
    struct slot slots[SLOTS], *free;
    struct slot *parked; /* has a piece and no buffer yet */
    unsigned busy;
    char *arena;
    bool taken[UNITS];
    unsigned next_unit; /* where to look first */
};

static int open_side(struct side *s, const struct copy_job *job, const struct copy_end *end)
{
    s->backend = end->backend;
    s->waiting_last = &s->waiting;
    uint32_t flags = job->flags & COPY_NO_IO_URING ? REPLSVC_BACKEND_NO_IO_URING : 0;
    return s->backend->queue_open(QUEUE_DEPTH, flags, &s->queue, &s->fd);
}

static void close_side(struct side *s)
{
    if (s->queue)
        s->backend->queue_close(s->queue);
}

static int prepare(struct mover *m)
{
    const struct copy_job *job = m->cut->job;
    int err = open_side(&m->source, job, &job->source);
    m->write_side = &m->source;
    if (!err && job->target.backend != job->source.backend) {
        m->write_side = &m->target;
        err = open_side(&m->target, job, &job->target);
    }
    if (err)
        return err;
    m->arena = mem_aligned(4096, (size_t)UNITS * UNIT);
    if (!m->arena)
        return -ENOMEM;
    for (int i = SLOTS - 1; i >= 0; i--) {
        m->slots[i].next_free = m->free;
        m->free = &m->slots[i];
    }
    return 0;
}

/* ---- the arena ---- */

/* The first run of n free units from `from` on; UNITS: none. */
static unsigned find_units(const struct mover *m, unsigned from, unsigned n)
{
    unsigned run = 0;
    for (unsigned i = from; i < UNITS; i++) {
        run = m->taken[i] ? 0 : run + 1;
        if (run == n)
            return i + 1 - n;
    }
    return UNITS;
}

/* Room for a piece of that length, taken from next_unit on and around, so that units are reused in turn. */
static bool take_units(struct mover *m, struct slot *s, uint64_t length)
{
    unsigned n = (unsigned)((length + UNIT - 1) / UNIT), at = find_units(m, m->next_unit, n);
    if (at == UNITS)
        at = find_units(m, 0, n);
    if (at == UNITS)
        return false;
    memset(m->taken + at, true, n);
    m->next_unit = at + n;
    s->buffer = m->arena + (size_t)at * UNIT;
    s->units = n;
    return true;
}

static void give_units_back(struct mover *m, struct slot *s)
{
    if (s->units)
        memset(m->taken + (s->buffer - m->arena) / UNIT, false, s->units);
    s->units = 0;
    s->buffer = NULL;
}

/* ---- requests ---- */

static void add_request(struct mover *m, struct slot *s, unsigned index, uint32_t operation, uint64_t offset,
                        uint64_t length)
{
    struct request *q = &s->requests[index];
    const struct copy_job *job = m->cut->job;
    struct side *side = operation == REPLSVC_IO_READ ? &m->source : m->write_side;
    q->slot = s;
    q->next = NULL;
    q->iov.iov_base = s->buffer ? s->buffer + (offset - s->piece.offset) : NULL;
    q->iov.iov_len = (size_t)length;
    q->r = (replsvc_backend_request){
        .handle = operation == REPLSVC_IO_READ ? job->source.handle : job->target.handle,
        .operation = operation,
        .flags = operation == REPLSVC_IO_WRITE_ZEROES ? REPLSVC_IO_MAY_UNMAP : copy_io_flags(job),
        .iov = &q->iov,
        .iovcnt = operation == REPLSVC_IO_WRITE_ZEROES ? 0 : 1,
        .offset = offset,
        .length = length,
        .user = q,
    };
    *side->waiting_last = q;
    side->waiting_last = &q->next;
    s->pending++;
}

static void free_slot(struct mover *m, struct slot *s)
{
    cut_complete(m->cut, &s->piece, &s->failure);
    give_units_back(m, s);
    s->state = SLOT_FREE;
    s->next_free = m->free;
    m->free = s;
    m->busy--;
}

static void move_synchronously(struct mover *m, struct slot *s)
{
    struct piece_counts counts = {0};
    char *buffer = mem_aligned(4096, PIECE);
    if (buffer)
        piece_move(m->cut, &s->piece, buffer, &counts, &s->failure);
    else
        piece_fail(&s->failure, -ENOMEM, COPY_SIDE_SOURCE, s->piece.offset, s->piece.length);
    mem_free(buffer);
    m->cut->result->bytes_read += counts.read;
    m->cut->result->bytes_written += counts.written;
    m->cut->result->bytes_zeroed += counts.zeroed;
    free_slot(m, s);
}

/* False: there is no buffer for it now. */
static bool start(struct mover *m, struct slot *s)
{
    s->failure.err = 0;
    s->pending = 0;
    if (!piece_aligned(m->cut, &s->piece) || (s->piece.zero && !m->cut->target.write_zeroes)) {
        move_synchronously(m, s);
    } else if (s->piece.zero) {
        s->state = SLOT_WRITING;
        add_request(m, s, 0, REPLSVC_IO_WRITE_ZEROES, s->piece.offset, s->piece.length);
    } else {
        if (!take_units(m, s, s->piece.length))
            return false;
        s->state = SLOT_READING;
        add_request(m, s, 0, REPLSVC_IO_READ, s->piece.offset, s->piece.length);
    }
    return true;
}

/* The piece has been read: writes what has to be written. */
static void write_runs(struct mover *m, struct slot *s)
{
    const struct cut *c = m->cut;
    bool zeroed = c->job->flags & COPY_TARGET_ZEROED;
    s->state = SLOT_WRITING;
    if (!zeroed && !c->target.write_zeroes) {
        add_request(m, s, 0, REPLSVC_IO_WRITE, s->piece.offset, s->piece.length);
        return;
    }
    unsigned index = 0;
    for (size_t at = 0; at < s->piece.length;) {
        bool zero;
        uint64_t offset = s->piece.offset + at;
        size_t n = piece_run(s->buffer + at, (size_t)s->piece.length - at, offset, &zero);
        if (!zero)
            add_request(m, s, index++, REPLSVC_IO_WRITE, offset, n);
        else if (!zeroed)
            add_request(m, s, index++, REPLSVC_IO_WRITE_ZEROES, offset, n);
        at += n;
    }
}

static void count(struct copy_result *result, const replsvc_backend_request *r)
{
    if (r->operation == REPLSVC_IO_READ)
        result->bytes_read += r->length;
    else if (r->operation == REPLSVC_IO_WRITE)
        result->bytes_written += r->length;
    else
        result->bytes_zeroed += r->length;
}

/* Zeroes that the medium cannot make by itself: the second way, for this part of the piece only. */
static int zeroes_by_hand(struct mover *m, const replsvc_backend_request *r, struct piece_failure *failure)
{
    char *buffer = mem_aligned(4096, PIECE);
    if (!buffer)
        return -ENOMEM;
    struct piece part = {.offset = r->offset, .length = r->length, .zero = true};
    struct piece_counts counts = {0};
    m->cut->target.write_zeroes = false;
    piece_move(m->cut, &part, buffer, &counts, failure);
    mem_free(buffer);
    return failure->err;
}

static void completed(struct mover *m, struct request *q)
{
    struct slot *s = q->slot;
    s->pending--;
    int err = q->r.result;
    if (err == -EOPNOTSUPP && q->r.operation == REPLSVC_IO_WRITE_ZEROES)
        err = s->failure.err ? 0 : zeroes_by_hand(m, &q->r, &s->failure);
    if (err && !s->failure.err) {
        svc_clear_error(); /* a sentence left by another request */
        q->r.result = err;
        piece_fail(&s->failure, err, q->r.operation == REPLSVC_IO_READ ? COPY_SIDE_SOURCE : COPY_SIDE_TARGET,
                   q->r.offset, q->r.length);
    }
    if (!err)
        count(m->cut->result, &q->r);
    if (s->state == SLOT_READING && !s->failure.err)
        write_runs(m, s);
    if (!s->pending)
        free_slot(m, s);
}

/* ---- queues ---- */

static int submit_waiting(struct side *s)
{
    while (s->waiting && s->in_flight < QUEUE_DEPTH) {
        replsvc_backend_request *batch[BATCH];
        size_t n = 0;
        for (struct request *q = s->waiting; q && n < BATCH && s->in_flight + n < QUEUE_DEPTH; q = q->next)
            batch[n++] = &q->r;
        int taken = s->backend->submit(s->queue, batch, n);
        if (taken < 0)
            return taken;
        for (int i = 0; i < taken; i++)
            s->waiting = s->waiting->next;
        if (!s->waiting)
            s->waiting_last = &s->waiting;
        s->in_flight += (unsigned)taken;
        if (!s->in_flight)
            return -EIO; /* it refuses although nothing is in flight: it would for ever */
        if ((size_t)taken < n)
            break;
    }
    return 0;
}

static int reap_side(struct mover *m, struct side *s, size_t min_wait, int64_t timeout_ms)
{
    replsvc_backend_request *done[BATCH];
    int n = s->backend->reap(s->queue, done, BATCH, min_wait, timeout_ms);
    for (int i = 0; i < n; i++) {
        s->in_flight--;
        completed(m, done[i]->user);
    }
    return n < 0 ? n : 0;
}

static int reap(struct mover *m, int64_t timeout_ms)
{
    if (m->write_side == &m->source)
        return reap_side(m, &m->source, m->source.in_flight ? 1 : 0, timeout_ms);
    struct pollfd fds[2] = {{.fd = m->source.fd, .events = POLLIN}, {.fd = m->target.fd, .events = POLLIN}};
    if (poll(fds, 2, (int)timeout_ms) < 0 && errno != EINTR)
        return -errno;
    int err = reap_side(m, &m->source, 0, 0);
    return err ? err : reap_side(m, &m->target, 0, 0);
}

static int submit(struct mover *m)
{
    int err = submit_waiting(&m->source);
    return err || m->write_side == &m->source ? err : submit_waiting(&m->target);
}

/* A queue failed: what waits in its list will never come back, so those slots are given up; what the
 * queue has taken is its own to return, and without that its buffers must not be freed. */
static void give_up_waiting(struct mover *m, struct side *s, int err)
{
    while (s->waiting) {
        struct request *q = s->waiting;
        s->waiting = q->next;
        if (!s->waiting)
            s->waiting_last = &s->waiting;
        q->r.result = err;
        completed(m, q);
    }
}

static void pause_for(int64_t us)
{
    struct timespec t = {.tv_nsec = (us < TURN_MS * 1000 ? us : TURN_MS * 1000) * 1000};
    nanosleep(&t, NULL);
}

/* Begins one piece more. CUT_LATER also when there is no slot or no buffer for it now. */
static enum cut_answer feed(struct mover *m, int64_t *wait_us)
{
    struct slot *s = m->parked;
    if (!s) {
        s = m->free;
        if (!s)
            return CUT_LATER;
        enum cut_answer a = cut_next(m->cut, &s->piece, wait_us);
        if (a != CUT_PIECE)
            return a;
        m->free = s->next_free;
        m->busy++;
    }
    m->parked = start(m, s) ? NULL : s;
    return m->parked ? CUT_LATER : CUT_PIECE;
}

static void run(struct mover *m)
{
    for (;;) {
        int64_t wait_us = 0;
        enum cut_answer a;
        while ((a = feed(m, &wait_us)) == CUT_PIECE)
            ;
        int err = submit(m);
        if (err) {
            cut_abort(m->cut, err, "the queue of the backend failed");
            give_up_waiting(m, &m->source, err);
            give_up_waiting(m, &m->target, err);
        }
        if (!m->busy) {
            if (a == CUT_END)
                return;
            if (wait_us)
                pause_for(wait_us);
            continue;
        }
        if (wait_us > TURN_MS * 1000 || !wait_us)
            wait_us = TURN_MS * 1000;
        err = reap(m, (wait_us + 999) / 1000);
        if (err) {
            cut_abort(m->cut, err, "the queue of the backend failed");
            pause_for(TURN_MS * 1000);
        }
    }
}

int copy_by_queue(struct cut *c)
{
    struct mover *m = mem_zalloc(sizeof *m);
    if (!m)
        return -ENOMEM;
    m->cut = c;
    m->target.waiting_last = &m->target.waiting;
    c->piece_size = PIECE;
    int err = prepare(m);
    if (!err) {
        c->result->method = "queue";
        run(m);
    }
    close_side(&m->source);
    close_side(&m->target);
    mem_free(m->arena);
    mem_free(m);
    return err;
}
