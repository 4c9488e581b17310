/* SPDX-License-Identifier: BSD-2-Clause */
/* See leg_queue.h. */
#include "engine/leg_queue.h"

#include <errno.h>
#include <time.h>

#include "engine/inside.h"
#include "engine/volume.h"
#include "util/alloc.h"

#define QUEUES_MAX 64u

int leg_queues_init(struct leg_queues *q)
{
    q->idle = NULL;
    q->n = 0;
    return -pthread_mutex_init(&q->lock, NULL);
}

static void close_queue(struct leg_queue *one)
{
    (void)one->backend->queue_close(one->queue);
    mem_free(one);
}

void leg_queues_destroy(struct leg_queues *q)
{
    for (struct leg_queue *one = q->idle, *next; one != NULL; one = next) {
        next = one->next;
        close_queue(one);
    }
    pthread_mutex_destroy(&q->lock);
}

/* An idle one of that backend, out of the list. lock held. */
static struct leg_queue *take_idle(struct leg_queues *q, const replsvc_backend *backend)
{
    struct leg_queue **link = &q->idle;
    while (*link != NULL && (*link)->backend != backend)
        link = &(*link)->next;
    struct leg_queue *one = *link;
    if (one != NULL)
        *link = one->next;
    return one;
}

static struct leg_queue *open_queue(struct volume *v)
{
    struct leg_queue *one = mem_zalloc(sizeof(*one));
    int fd;
    if (one == NULL)
        return NULL;
    one->backend = v->medium.backend;
    uint32_t flags = v->engine->options.open_flags & REPLSVC_BACKEND_NO_IO_URING;
    if (one->backend->queue_open(1, flags, &one->queue, &fd) == 0)
        return one;
    mem_free(one);
    return NULL;
}

static struct leg_queue *borrow(struct leg_queues *q, struct volume *v)
{
    pthread_mutex_lock(&q->lock);
    struct leg_queue *one = take_idle(q, v->medium.backend);
    bool may_open = one == NULL && q->n < QUEUES_MAX;
    q->n += may_open;
    pthread_mutex_unlock(&q->lock);
    if (!may_open)
        return one;
    one = open_queue(v);
    if (one == NULL) {
        pthread_mutex_lock(&q->lock);
        q->n--;
        pthread_mutex_unlock(&q->lock);
    }
    return one;
}

static void give_back(struct leg_queues *q, struct leg_queue *one)
{
    pthread_mutex_lock(&q->lock);
    one->next = q->idle;
    q->idle = one;
    pthread_mutex_unlock(&q->lock);
}

static void leave(struct leg *leg)
{
    struct volume *v = leg->write.volume;
    medium_release(&v->medium, &leg->blocks);
    gate_leave(&v->gate, leg->shard, GATE_WRITE);
}

bool leg_queue_start(struct leg_queues *q, struct leg *leg)
{
    const struct volume_write *w = &leg->write;
    struct volume *v = w->volume;
    if (w->kind != WRITE_DATA || (v->medium.info.capabilities & REPLSVC_BACKEND_CAP_QUEUE) == 0 ||
        !medium_is_aligned(&v->medium, w->iov, w->iovcnt, w->offset))
        return false;
    leg->queue = borrow(q, v);
    if (leg->queue == NULL)
        return false;
    leg->shard = gate_enter_through(&v->gate, GATE_WRITE, &leg->write.origin->gate);
    if (!inside_is_plain(v, w, leg->own)) {
        gate_leave(&v->gate, leg->shard, GATE_WRITE);
        give_back(q, leg->queue);
        return false;
    }
    medium_hold(&v->medium, &leg->blocks, w->offset, w->length);
    leg->request = (replsvc_backend_request){.handle = v->medium.handle,
                                             .operation = REPLSVC_IO_WRITE,
                                             .flags = w->flags,
                                             .iov = w->iov,
                                             .iovcnt = w->iovcnt,
                                             .offset = w->offset,
                                             .length = w->length};
    replsvc_backend_request *request = &leg->request;
    if (leg->queue->backend->submit(leg->queue->queue, &request, 1) == 1)
        return true;
    leave(leg);
    give_back(q, leg->queue);
    return false;
}

int leg_queue_wait(struct leg_queues *q, struct leg *leg)
{
    replsvc_backend_request *request = NULL;
    /* The host's buffer is the kernel's until the request is reaped, whatever else fails. */
    for (;;) {
        int n = leg->queue->backend->reap(leg->queue->queue, &request, 1, 1, -1);
        if (n == 1)
            break;
        if (n < 0)
            (void)nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
    }
    leave(leg);
    give_back(q, leg->queue);
    return leg->request.result;
}
