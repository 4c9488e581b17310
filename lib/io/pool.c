/* SPDX-License-Identifier: BSD-2-Clause */
/* Threads behind one list, one mutex and one condition. A thread that cannot be started is done without,
 * as long as there is one. */
#include "io/pool.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>

#include "util/alloc.h"

struct pool {
    pthread_mutex_t lock;
    pthread_cond_t work;
    struct pool_task *first, **last; /* protected by lock */
    bool ending;                     /* protected by lock */
    unsigned n_threads;
    pthread_t threads[];
};

static void *run(void *arg)
{
    struct pool *p = arg;
    pthread_mutex_lock(&p->lock);
    for (;;) {
        while (!p->first && !p->ending)
            pthread_cond_wait(&p->work, &p->lock);
        struct pool_task *task = p->first;
        if (!task)
            break;
        p->first = task->next;
        if (!p->first)
            p->last = &p->first;
        pthread_mutex_unlock(&p->lock);
        task->run(task);
        pthread_mutex_lock(&p->lock);
    }
    pthread_mutex_unlock(&p->lock);
    return NULL;
}

int pool_new(unsigned threads, struct pool **out)
{
    struct pool *p = mem_zalloc(sizeof *p + threads * sizeof p->threads[0]);
    if (!p)
        return -ENOMEM;
    pthread_mutex_init(&p->lock, NULL);
    pthread_cond_init(&p->work, NULL);
    p->last = &p->first;

    sigset_t all, old;
    sigfillset(&all);
    int err = 0;
    pthread_sigmask(SIG_SETMASK, &all, &old);
    while (p->n_threads < threads && !err) {
        err = pthread_create(&p->threads[p->n_threads], NULL, run, p);
        if (!err)
            p->n_threads++;
    }
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    if (!p->n_threads) {
        pool_free(p);
        return err ? -err : -EINVAL;
    }
    *out = p;
    return 0;
}

void pool_submit(struct pool *p, struct pool_task *task)
{
    task->next = NULL;
    pthread_mutex_lock(&p->lock);
    *p->last = task;
    p->last = &task->next;
    pthread_cond_signal(&p->work);
    pthread_mutex_unlock(&p->lock);
}

void pool_free(struct pool *p)
{
    if (!p)
        return;
    pthread_mutex_lock(&p->lock);
    p->ending = true;
    pthread_cond_broadcast(&p->work);
    pthread_mutex_unlock(&p->lock);
    for (unsigned i = 0; i < p->n_threads; i++)
        pthread_join(p->threads[i], NULL);
    pthread_cond_destroy(&p->work);
    pthread_mutex_destroy(&p->lock);
    mem_free(p);
}
