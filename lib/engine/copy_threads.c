/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Moves pieces by threads: the caller's own and some of ours. Each moves whole pieces, so that what was
 * read is still in that core's cache when it is written: in memory small pieces are the fastest there are.
 *
 * The caller's thread cuts pieces ahead into a list, takes back what is done, and moves a piece itself when
 * it has nothing else to do. Lists are protected by the lock; the cutter is the caller's alone.
 */
#include "engine/copy_internal.h"

#include <errno.h>
#include <pthread.h>
#include <time.h>
#include <unistd.h>

#include "io/pool.h"
#include "util/alloc.h"

enum { MEMORY_PIECE = 128 << 10, MEDIUM_PIECE = 1 << 20, MEDIUM_THREADS = 8, MAX_THREADS = 32, IDLE_MS = 50 };

struct item {
    struct piece piece;
    struct piece_failure failure;
    struct item *next;
};

struct crew {
    struct cut *cut;
    pthread_mutex_t lock;
    pthread_cond_t work, done;
    struct item *todo, **todo_last; /* protected by lock */
    struct item *finished;          /* protected by lock */
    unsigned idle;                  /* threads that wait for work; protected by lock */
    bool caller_waits;              /* protected by lock */
    bool ending;                    /* protected by lock */
    struct piece_counts counts;     /* protected by lock */

    unsigned threads; /* the caller's included */
    struct item *items, *free;
    unsigned outstanding; /* items that are neither free nor taken back */
    struct helper *helpers;
};

struct helper {
    struct pool_task task;
    struct crew *crew;
    char *buffer;
};

/* Called and returns with the lock held. */
static void do_one(struct crew *w, struct item *i, char *buffer)
{
    struct piece_counts counts = {0};
    pthread_mutex_unlock(&w->lock);
    piece_move(w->cut, &i->piece, buffer, &counts, &i->failure);
    pthread_mutex_lock(&w->lock);
    w->counts.read += counts.read;
    w->counts.written += counts.written;
    w->counts.zeroed += counts.zeroed;
    i->next = w->finished;
    w->finished = i;
}

static struct item *take_todo(struct crew *w)
{
    struct item *i = w->todo;
    if (i && !(w->todo = i->next))
        w->todo_last = &w->todo;
    return i;
}

static void help(struct pool_task *task)
{
    struct helper *h = (struct helper *)(void *)task;
    struct crew *w = h->crew;
    pthread_mutex_lock(&w->lock);
    while (!w->ending) {
        struct item *i = take_todo(w);
        if (i) {
            do_one(w, i, h->buffer);
            if (w->caller_waits)
                pthread_cond_signal(&w->done);
        } else {
            w->idle++;
            pthread_cond_wait(&w->work, &w->lock);
            w->idle--;
        }
    }
    pthread_mutex_unlock(&w->lock);
}

/* Cuts ahead as far as there are items. */
static enum cut_answer feed(struct crew *w, int64_t *wait_us)
{
    *wait_us = 0;
    while (w->free) {
        struct item *i = w->free;
        enum cut_answer a = cut_next(w->cut, &i->piece, wait_us);
        if (a != CUT_PIECE)
            return a;
        w->free = i->next;
        i->next = NULL;
        w->outstanding++;
        pthread_mutex_lock(&w->lock);
        *w->todo_last = i;
        w->todo_last = &i->next;
        if (w->idle)
            pthread_cond_signal(&w->work);
        pthread_mutex_unlock(&w->lock);
    }
    return CUT_LATER;
}

static void wait_done(struct crew *w, int64_t wait_us)
{
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    int64_t us = wait_us && wait_us < IDLE_MS * 1000 ? wait_us : IDLE_MS * 1000;
    until.tv_nsec += us * 1000;
    until.tv_sec += until.tv_nsec / 1000000000;
    until.tv_nsec %= 1000000000;
    w->caller_waits = true;
    pthread_cond_timedwait(&w->done, &w->lock, &until);
    w->caller_waits = false;
}

static void lead(struct crew *w)
{
    for (;;) {
        int64_t wait_us;
        enum cut_answer a = feed(w, &wait_us);
        if (a == CUT_END && !w->outstanding)
            return;
        pthread_mutex_lock(&w->lock);
        if (!w->finished) {
            struct item *mine = take_todo(w);
            if (mine)
                do_one(w, mine, w->helpers[0].buffer);
            else
                wait_done(w, wait_us);
        }
        struct item *list = w->finished;
        w->finished = NULL;
        pthread_mutex_unlock(&w->lock);
        while (list) {
            struct item *i = list;
            list = i->next;
            w->outstanding--;
            cut_complete(w->cut, &i->piece, &i->failure);
            i->next = w->free;
            w->free = i;
        }
    }
}

static unsigned thread_count(const struct cut *c)
{
    if (c->job->threads)
        return c->job->threads < MAX_THREADS ? c->job->threads : MAX_THREADS;
    if (!(c->source.memory && c->target.memory))
        return MEDIUM_THREADS;
    long cpus = sysconf(_SC_NPROCESSORS_ONLN);
    return cpus < 1 ? 1 : cpus > 4 ? 4 : (unsigned)cpus;
}

static int prepare(struct crew *w, size_t buffer_size)
{
    w->helpers = mem_array(w->threads, sizeof *w->helpers);
    w->items = mem_array((size_t)w->threads * 4, sizeof *w->items);
    if (!w->helpers || !w->items)
        return -ENOMEM;
    for (size_t i = 0; i < (size_t)w->threads * 4; i++) {
        w->items[i].next = w->free;
        w->free = &w->items[i];
    }
    for (unsigned i = 0; i < w->threads; i++) {
        w->helpers[i] =
            (struct helper){.task.run = help, .crew = w, .buffer = mem_aligned(4096, buffer_size)};
        if (!w->helpers[i].buffer)
            return -ENOMEM;
    }
    return 0;
}

/* Starts the helpers. Each is one task that lasts until the end; without any, the caller works alone. */
static struct pool *start(struct crew *w)
{
    struct pool *pool = NULL;
    if (w->threads > 1 && pool_new(w->threads - 1, &pool) == 0)
        for (unsigned i = 1; i < w->threads; i++)
            pool_submit(pool, &w->helpers[i].task);
    return pool;
}

static void end(struct crew *w, struct pool *pool)
{
    pthread_mutex_lock(&w->lock);
    w->ending = true;
    pthread_cond_broadcast(&w->work);
    pthread_mutex_unlock(&w->lock);
    pool_free(pool);
}

int copy_by_threads(struct cut *c)
{
    c->piece_size = c->source.memory && c->target.memory ? MEMORY_PIECE : MEDIUM_PIECE;
    c->result->method = "threads";
    struct crew w = {.cut = c, .threads = thread_count(c)};
    w.todo_last = &w.todo;
    pthread_mutex_init(&w.lock, NULL);
    pthread_cond_init(&w.work, NULL);
    pthread_condattr_t attr;
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(&w.done, &attr);
    pthread_condattr_destroy(&attr);

    int err = prepare(&w, c->piece_size);
    if (!err) {
        struct pool *pool = start(&w);
        lead(&w);
        end(&w, pool);
        c->result->bytes_read += w.counts.read;
        c->result->bytes_written += w.counts.written;
        c->result->bytes_zeroed += w.counts.zeroed;
    }
    for (unsigned i = 0; w.helpers && i < w.threads; i++)
        mem_free(w.helpers[i].buffer);
    mem_free(w.helpers);
    mem_free(w.items);
    pthread_cond_destroy(&w.done);
    pthread_cond_destroy(&w.work);
    pthread_mutex_destroy(&w.lock);
    return err;
}
