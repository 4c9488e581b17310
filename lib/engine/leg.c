/* SPDX-License-Identifier: BSD-2-Clause */
/* See leg.h. One queue, LEG_THREADS threads, one condition for each direction. */
#include "engine/leg.h"

#include <errno.h>

#include "engine/inside.h"
#include "engine/leg_queue.h"
#include "engine/thread.h"
#include "engine/volume.h"
#include "util/alloc.h"

#define LEG_THREADS 4u
/* From this length on a write into the page cache takes longer than waking a thread. */
#define LEG_WORTH (UINT64_C(128) << 10)

struct legs {
    pthread_mutex_t lock;
    pthread_cond_t queued, done;
    struct leg *head, **tail; /* lock */
    pthread_t thread[LEG_THREADS];
    unsigned n_threads, idle; /* lock */
    bool stop;                /* lock */
    struct leg_queues queues;
};

int legs_new(struct legs **out)
{
    struct legs *l = mem_zalloc(sizeof(*l));
    if (l == NULL)
        return -ENOMEM;
    l->tail = &l->head;
    int ret = pthread_mutex_init(&l->lock, NULL);
    if (ret != 0)
        goto no_lock;
    ret = pthread_cond_init(&l->queued, NULL);
    if (ret != 0)
        goto no_queued;
    ret = pthread_cond_init(&l->done, NULL);
    if (ret != 0)
        goto no_done;
    ret = -leg_queues_init(&l->queues);
    if (ret != 0)
        goto no_queues;
    *out = l;
    return 0;
no_queues:
    pthread_cond_destroy(&l->done);
no_done:
    pthread_cond_destroy(&l->queued);
no_queued:
    pthread_mutex_destroy(&l->lock);
no_lock:
    mem_free(l);
    return -ret;
}

void legs_free(struct legs *l)
{
    if (l == NULL)
        return;
    pthread_mutex_lock(&l->lock);
    l->stop = true;
    pthread_cond_broadcast(&l->queued);
    pthread_mutex_unlock(&l->lock);
    for (unsigned i = 0; i < l->n_threads; i++)
        pthread_join(l->thread[i], NULL);
    leg_queues_destroy(&l->queues);
    pthread_cond_destroy(&l->done);
    pthread_cond_destroy(&l->queued);
    pthread_mutex_destroy(&l->lock);
    mem_free(l);
}

static void *work(void *arg)
{
    struct legs *l = arg;
    pthread_mutex_lock(&l->lock);
    while (l->head != NULL || !l->stop) {
        struct leg *leg = l->head;
        if (leg == NULL) {
            l->idle++;
            pthread_cond_wait(&l->queued, &l->lock);
            l->idle--;
            continue;
        }
        l->head = leg->next;
        if (l->head == NULL)
            l->tail = &l->head;
        pthread_mutex_unlock(&l->lock);
        int result = inside_write(leg->write.volume, &leg->write, leg->own);
        pthread_mutex_lock(&l->lock);
        leg->result = result;
        leg->done = true;
        pthread_cond_broadcast(&l->done);
    }
    pthread_mutex_unlock(&l->lock);
    return NULL;
}

/* Hands the leg to a thread; false: there is none to be had. */
static bool hand_over(struct legs *l, struct leg *leg)
{
    pthread_mutex_lock(&l->lock);
    if (l->idle == 0 && l->n_threads < LEG_THREADS && thread_start(&l->thread[l->n_threads], work, l) == 0)
        l->n_threads++;
    bool taken = l->n_threads != 0;
    if (taken) {
        *l->tail = leg;
        l->tail = &leg->next;
        pthread_cond_signal(&l->queued);
    }
    pthread_mutex_unlock(&l->lock);
    return taken;
}

void leg_start(struct legs *l, struct leg *leg, struct volume *v, const struct volume_write *w,
               const struct tap *own)
{
    bool slow = v->medium.align > 1 || (w->flags & REPLSVC_IO_FUA) != 0;
    leg->own = own;
    leg->queue = NULL;
    if (slow || w->length >= LEG_WORTH) {
        leg->write = *w;
        leg->write.volume = v;
        leg->legs = l;
        leg->next = NULL;
        leg->done = false;
        if (slow && leg_queue_start(&l->queues, leg))
            return;
        leg->queue = NULL;
        if (hand_over(l, leg))
            return;
    }
    leg->write.volume = v;
    leg->legs = NULL;
    leg->result = inside_write(v, w, own);
}

int leg_wait(struct leg *leg)
{
    struct legs *l = leg->legs;
    if (l == NULL)
        return leg->result;
    if (leg->queue != NULL)
        return leg_queue_wait(&l->queues, leg);
    pthread_mutex_lock(&l->lock);
    while (!leg->done)
        pthread_cond_wait(&l->done, &l->lock);
    pthread_mutex_unlock(&l->lock);
    return leg->result;
}
