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
    uint64_t sequence;      /* of the last event raised */
    uint32_t first, count, length;
    uint32_t lost; /* events dropped before those that wait, since the last one taken */
    uint64_t lost_ever;
    replsvc_event ring[];
};

int event_queue_new(uint32_t length, struct event_queue **out)
{
    *out = NULL;
    if (length == 0 || length > UINT32_MAX / 2)
        return -EINVAL;
    struct event_queue *q = mem_zalloc(sizeof *q + length * sizeof q->ring[0]);
    if (!q)
        return -ENOMEM;
    q->length = length;
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

/* Neither can fail or block: the counter goes between 0 and 1. */
static void fd_set_readable(struct event_queue *q, bool readable)
{
    uint64_t value = 1;
    ssize_t n = readable ? write(q->fd, &value, sizeof value) : read(q->fd, &value, sizeof value);
    (void)n;
}

void event_queue_raise(struct event_queue *q, const replsvc_event *event)
{
    pthread_mutex_lock(&q->lock);
    if (q->count == q->length) {
        q->first = (q->first + 1) % q->length;
        q->count--;
        q->lost_ever++;
        if (q->lost < UINT32_MAX)
            q->lost++;
    }
    replsvc_event *e = &q->ring[(q->first + q->count) % q->length];
    *e = *event;
    e->size = sizeof *e;
    e->sequence = ++q->sequence;
    e->time = clock_wall_us();
    if (q->count++ == 0)
        fd_set_readable(q, true);
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

/* Takes the word of what was lost, or else the oldest. The word's number is the last lost one's, so that
 * numbers rise without a gap after it. */
static void take(struct event_queue *q, replsvc_event *event)
{
    if (q->lost) {
        memset(event, 0, sizeof *event);
        event->size = sizeof *event;
        event->kind = REPLSVC_EVENT_OVERFLOW;
        event->value = q->lost;
        event->sequence = q->ring[q->first].sequence - 1;
        event->time = q->ring[q->first].time;
        q->lost = 0;
        return;
    }
    *event = q->ring[q->first];
    q->first = (q->first + 1) % q->length;
    if (--q->count == 0)
        fd_set_readable(q, false);
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
    while (q->count == 0 && timeout_ms != 0 && r == 0)
        r = timeout_ms < 0 ? pthread_cond_wait(&q->arrived, &q->lock)
                           : pthread_cond_timedwait(&q->arrived, &q->lock, &deadline);
    bool taken = q->count != 0;
    if (taken)
        take(q, event);
    pthread_mutex_unlock(&q->lock);
    return taken ? REPLSVC_OK : REPLSVC_TIMEOUT;
}
