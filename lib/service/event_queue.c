/* SPDX-License-Identifier: BSD-2-Clause */
/* The bounded queue of events; see event_queue.h. */
#include "service/event_queue.h"

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include <replsvc/cim.h>

#include "util/alloc.h"
#include "util/clock.h"

struct event_queue {
    pthread_mutex_t lock;
    pthread_cond_t arrived; /* CLOCK_MONOTONIC */
    int fd;                 /* its counter is not 0 exactly while something waits */
    uint64_t epoch;         /* when it was made, microseconds since the epoch */
    uint64_t sequence;      /* of the last event raised; the ring has the last `length` of them */
    uint64_t taken;         /* of the last event taken or dropped by the service's own reader */
    uint32_t length;
    uint32_t lost; /* events dropped before those that wait, since the last one taken */
    uint64_t lost_ever;
    struct event_watch *watches;
    replsvc_event ring[]; /* event n lies at (n - 1) % length */
};

static replsvc_event *event_at(struct event_queue *q, uint64_t sequence)
{
    return &q->ring[(sequence - 1) % q->length];
}

int event_queue_new(uint32_t length, struct event_queue **out)
{
    *out = NULL;
    if (length == 0 || length > UINT32_MAX / 2)
        return -EINVAL;
    struct event_queue *q = mem_zalloc(sizeof *q + length * sizeof q->ring[0]);
    if (!q)
        return -ENOMEM;
    q->length = length;
    q->epoch = (uint64_t)clock_wall_us();
    q->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (q->fd < 0) {
        int err = -errno;
        mem_free(q);
        return err;
    }
    pthread_condattr_t attr;
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_mutex_init(&q->lock, NULL);
    pthread_cond_init(&q->arrived, &attr);
    pthread_condattr_destroy(&attr);
    *out = q;
    return 0;
}

void event_queue_free(struct event_queue *q)
{
    if (!q)
        return;
    close(q->fd);
    pthread_cond_destroy(&q->arrived);
    pthread_mutex_destroy(&q->lock);
    mem_free(q);
}

int event_queue_fd(const struct event_queue *q)
{
    return q->fd;
}

/* Neither can fail or block: the counters stay small. */
static void fd_set_readable(int fd, bool readable)
{
    uint64_t value = 1;
    ssize_t n = readable ? write(fd, &value, sizeof value) : read(fd, &value, sizeof value);
    (void)n;
}

void event_queue_raise(struct event_queue *q, const replsvc_event *event)
{
    pthread_mutex_lock(&q->lock);
    if (q->sequence - q->taken == q->length) {
        q->taken++;
        q->lost_ever++;
        if (q->lost < UINT32_MAX)
            q->lost++;
    }
    bool was_empty = q->sequence == q->taken;
    replsvc_event *e = event_at(q, ++q->sequence);
    *e = *event;
    e->size = sizeof *e;
    e->sequence = q->sequence;
    e->time = clock_wall_us();
    if (was_empty)
        fd_set_readable(q->fd, true);
    for (struct event_watch *w = q->watches; w; w = w->next)
        fd_set_readable(w->fd, true);
    pthread_cond_signal(&q->arrived);
    pthread_mutex_unlock(&q->lock);
}

void event_queue_count(struct event_queue *q, uint64_t *raised, uint64_t *lost)
{
    pthread_mutex_lock(&q->lock);
    *raised = q->sequence;
    *lost = q->lost_ever;
    pthread_mutex_unlock(&q->lock);
}

/* The word of what was lost before an event. Its number is the last lost one's, so that numbers rise
 * without a gap after it. */
static void overflow(const replsvc_event *before, uint64_t lost, replsvc_event *event)
{
    memset(event, 0, sizeof *event);
    event->size = sizeof *event;
    event->kind = REPLSVC_EVENT_OVERFLOW;
    event->value = lost < UINT32_MAX ? (uint32_t)lost : UINT32_MAX;
    event->sequence = before->sequence - 1;
    event->time = before->time;
}

/* Takes the word of what was lost, or else the oldest. */
static void take(struct event_queue *q, replsvc_event *event)
{
    if (q->lost) {
        overflow(event_at(q, q->taken + 1), q->lost, event);
        q->lost = 0;
        return;
    }
    *event = *event_at(q, ++q->taken);
    if (q->taken == q->sequence)
        fd_set_readable(q->fd, false);
}

uint32_t event_queue_next(struct event_queue *q, replsvc_event *event, int64_t timeout_ms)
{
    struct timespec deadline;
    clock_gettime(CLOCK_MONOTONIC, &deadline);
    if (timeout_ms > 0) {
        int64_t limit = timeout_ms < INT32_MAX ? timeout_ms : INT32_MAX; /* 24 days; keeps time_t whole */
        deadline.tv_sec += (time_t)(limit / 1000);
        deadline.tv_nsec += (long)(limit % 1000) * 1000000;
        deadline.tv_sec += deadline.tv_nsec / 1000000000;
        deadline.tv_nsec %= 1000000000;
    }
    int r = 0;
    pthread_mutex_lock(&q->lock);
    while (q->taken == q->sequence && timeout_ms != 0 && r == 0)
        r = timeout_ms < 0 ? pthread_cond_wait(&q->arrived, &q->lock)
                           : pthread_cond_timedwait(&q->arrived, &q->lock, &deadline);
    bool taken = q->taken != q->sequence;
    if (taken)
        take(q, event);
    pthread_mutex_unlock(&q->lock);
    return taken ? REPLSVC_OK : REPLSVC_TIMEOUT;
}

/* ---- followers ---- */

void event_queue_watch(struct event_queue *q, struct event_watch *watch)
{
    pthread_mutex_lock(&q->lock);
    watch->next = q->watches;
    q->watches = watch;
    pthread_mutex_unlock(&q->lock);
}

void event_queue_unwatch(struct event_queue *q, struct event_watch *watch)
{
    pthread_mutex_lock(&q->lock);
    struct event_watch **w = &q->watches;
    while (*w != watch)
        w = &(*w)->next;
    *w = watch->next;
    pthread_mutex_unlock(&q->lock);
}

uint64_t event_queue_epoch(const struct event_queue *q)
{
    return q->epoch;
}

uint32_t event_queue_after(struct event_queue *q, uint64_t *seen, replsvc_event *event)
{
    pthread_mutex_lock(&q->lock);
    uint64_t gone =
        q->sequence > q->length ? q->sequence - q->length : 0; /* the last one that is overwritten */
    bool there = *seen < q->sequence;
    if (there && *seen < gone) {
        overflow(event_at(q, gone + 1), gone - *seen, event);
        *seen = gone;
    } else if (there) {
        *event = *event_at(q, ++*seen);
    }
    pthread_mutex_unlock(&q->lock);
    return there ? REPLSVC_OK : REPLSVC_TIMEOUT;
}
