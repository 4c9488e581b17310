/* SPDX-License-Identifier: BSD-2-Clause */
/* Freeze and thaw within a limit; see quiesce.h. */
#include "service/quiesce.h"

#include <errno.h>
#include <string.h>

#include "engine/thread.h"
#include "util/alloc.h"
#include "util/clock.h"

/* One point in time's use of the hooks. It is the thread's: freed when that has thawed and nobody waits. */
struct quiesce {
    struct replsvc_service *svc;
    int result;          /* of the freeze, once frozen */
    bool frozen, thawed; /* the hook has returned */
    bool waited_for;     /* somebody still looks at this */
    bool thaw;           /* the thread may go on to it */
    size_t n;
    replsvc_element_ref elements[];
};

int quiesce_init(struct replsvc_service *svc)
{
    pthread_condattr_t monotonic;
    int err = pthread_mutex_init(&svc->quiesce_lock, NULL);
    if (err != 0)
        return -err;
    err = pthread_condattr_init(&monotonic);
    if (err == 0) {
        err = pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
        if (err == 0)
            err = pthread_cond_init(&svc->quiesce_moved, &monotonic);
        pthread_condattr_destroy(&monotonic);
    }
    if (err != 0)
        pthread_mutex_destroy(&svc->quiesce_lock);
    return -err;
}

void quiesce_destroy(struct replsvc_service *svc)
{
    pthread_cond_destroy(&svc->quiesce_moved);
    pthread_mutex_destroy(&svc->quiesce_lock);
}

static int call(const struct quiesce *q, enum replsvc_quiesce_phase phase)
{
    const replsvc_service_options *o = &q->svc->options;
    return o->quiesce(o->quiesce_user, phase, q->elements, q->n);
}

static void *turn(void *arg)
{
    struct quiesce *q = arg;
    struct replsvc_service *svc = q->svc;
    int result = call(q, REPLSVC_QUIESCE_FREEZE);
    pthread_mutex_lock(&svc->quiesce_lock);
    q->result = result;
    q->frozen = true;
    pthread_cond_broadcast(&svc->quiesce_moved);
    while (!q->thaw)
        pthread_cond_wait(&svc->quiesce_moved, &svc->quiesce_lock);
    pthread_mutex_unlock(&svc->quiesce_lock);
    (void)call(q, REPLSVC_QUIESCE_THAW);
    pthread_mutex_lock(&svc->quiesce_lock);
    q->thawed = true;
    svc->quiesce_turn = NULL;
    if (!q->waited_for)
        mem_free(q);
    pthread_cond_broadcast(&svc->quiesce_moved);
    pthread_mutex_unlock(&svc->quiesce_lock);
    return NULL;
}

/* quiesce_lock is held; false: the limit has passed. */
static bool wait_moved(struct replsvc_service *svc, const struct timespec *limit)
{
    return pthread_cond_timedwait(&svc->quiesce_moved, &svc->quiesce_lock, limit) != ETIMEDOUT;
}

static struct timespec limit_of(const struct replsvc_service *svc)
{
    return clock_deadline(clock_monotonic_us() + (int64_t)svc->options.quiesce_timeout_ms * 1000);
}

/* The thread of the last turn, which is over: it needs the lock no more. */
static void join_last(struct replsvc_service *svc)
{
    if (svc->quiesce_joinable)
        pthread_join(svc->quiesce_thread, NULL);
    svc->quiesce_joinable = false;
}

static int begin_turn(struct quiesce *q)
{
    struct replsvc_service *svc = q->svc;
    join_last(svc);
    int err = thread_start(&svc->quiesce_thread, turn, q);
    svc->quiesce_joinable = err == 0;
    return err;
}

static enum quiesce_result freeze(struct replsvc_service *svc, struct quiesce *q)
{
    struct timespec limit = limit_of(svc);
    bool in_time = true;
    while (svc->quiesce_turn != NULL && in_time)
        in_time = wait_moved(svc, &limit);
    if (svc->quiesce_turn != NULL)
        return QUIESCE_TIMED_OUT;
    if (begin_turn(q) != 0)
        return QUIESCE_FAILED;
    svc->quiesce_turn = q;
    while (!q->frozen && in_time)
        in_time = wait_moved(svc, &limit);
    if (!q->frozen) {
        q->thaw = true; /* as soon as it comes back */
        q->waited_for = false;
        pthread_cond_broadcast(&svc->quiesce_moved);
        return QUIESCE_TIMED_OUT;
    }
    return q->result == 0 ? QUIESCE_DONE : QUIESCE_FAILED;
}

enum quiesce_result quiesce_begin(struct replsvc_service *svc, const replsvc_element_ref elements[], size_t n,
                                  struct quiesce **out)
{
    *out = NULL;
    if (svc->options.quiesce == NULL)
        return QUIESCE_NONE;
    struct quiesce *q = n <= (SIZE_MAX - sizeof(*q)) / sizeof(elements[0])
                            ? mem_zalloc(sizeof(*q) + n * sizeof(elements[0]))
                            : NULL;
    if (q == NULL)
        return QUIESCE_FAILED;
    q->svc = svc;
    q->n = n;
    q->waited_for = true;
    memcpy(q->elements, elements, n * sizeof(elements[0]));
    pthread_mutex_lock(&svc->quiesce_lock);
    enum quiesce_result result = freeze(svc, q);
    bool mine = svc->quiesce_turn == q, ours = mine && q->frozen;
    if (!mine)
        mem_free(q); /* no thread has it */
    pthread_mutex_unlock(&svc->quiesce_lock);
    if (ours)
        *out = q;
    return result;
}

void quiesce_end(struct replsvc_service *svc, struct quiesce *q)
{
    if (q == NULL)
        return;
    struct timespec limit = limit_of(svc);
    bool in_time = true;
    pthread_mutex_lock(&svc->quiesce_lock);
    q->thaw = true;
    pthread_cond_broadcast(&svc->quiesce_moved);
    while (!q->thawed && in_time)
        in_time = wait_moved(svc, &limit);
    bool thawed = q->thawed;
    q->waited_for = false;
    if (thawed)
        mem_free(q);
    pthread_mutex_unlock(&svc->quiesce_lock);
    if (!thawed)
        log_line(&svc->log, REPLSVC_LOG_WARNING, "a quiesce hook has not thawed within its limit");
}

void quiesce_finish(struct replsvc_service *svc)
{
    pthread_mutex_lock(&svc->quiesce_lock);
    while (svc->quiesce_turn != NULL)
        pthread_cond_wait(&svc->quiesce_moved, &svc->quiesce_lock);
    join_last(svc);
    pthread_mutex_unlock(&svc->quiesce_lock);
}
