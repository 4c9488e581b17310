/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Events at the connected end. They come on a connection of their own, which is made when they are first
 * asked for, and told the number of the last event before replsvc_service_connect() returned: so none is
 * missed that the service's ring still has. Exactly one message is read at a time, and the descriptor that
 * callers poll is one that polls the socket: it is readable while there is more. Each reply to a call tells
 * the number of the last event then, so that even who does not want to wait finds the events of his own
 * calls.
 *
 * When the connection breaks, the descriptor stays readable, and each replsvc_event_next() first tries to
 * make it anew: from where it broke off, or with an OVERFLOW when it is not the same queue any more.
 */
#include <errno.h>
#include <poll.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "control/client_internal.h"
#include "control/message.h"
#include "service/service.h"
#include "util/clock.h"
#include "util/fail.h"

#define SEND_US INT64_C(10000000)
#define REST_US INT64_C(10000000)
#define OWED_US INT64_C(10000000) /* for an event that is known to come */
#define MAX_EVENT 65536u

void client_events_init(struct control_client *c)
{
    c->event_fd = c->stream = -1;
    pthread_mutex_init(&c->event_lock, NULL);
}

void client_events_free(struct control_client *c)
{
    if (c->stream >= 0)
        close(c->stream);
    if (c->event_fd >= 0)
        close(c->event_fd);
    pthread_mutex_destroy(&c->event_lock);
}

void client_events_owed(struct control_client *c, uint64_t last)
{
    uint64_t known = c->owed;
    while (known < last && !atomic_compare_exchange_weak(&c->owed, &known, last))
        ;
}

static int ask_for_events(const struct control_client *c, int fd)
{
    struct codec_writer w = CODEC_WRITER_INIT;
    codec_put_u64(&w, WELCOME_EPOCH, c->epoch);
    codec_put_u64(&w, WELCOME_SEEN, c->seen);
    int r = message_send(fd, -1, MESSAGE_EVENTS, &w, MESSAGE_MAX_REQUEST, clock_monotonic_us() + SEND_US);
    codec_writer_free(&w);
    return r;
}

/* Makes the stream, if there is none that is whole. Under event_lock. */
static uint32_t begin(struct control_client *c)
{
    struct epoll_event readable = {.events = EPOLLIN};
    uint64_t epoch, seen;
    int fd;
    if (c->stream >= 0 && !c->broken)
        return REPLSVC_OK;
    if (c->event_fd < 0 && (c->event_fd = epoll_create1(EPOLL_CLOEXEC)) < 0)
        return svc_fail(REPLSVC_FAILED, errno, NULL, "cannot wait for events");
    uint32_t ret = client_connect(c, &fd, &epoch, &seen);
    if (ret)
        return ret;
    int r = ask_for_events(c, fd);
    if (r == 0 && epoll_ctl(c->event_fd, EPOLL_CTL_ADD, fd, &readable) != 0)
        r = -errno;
    if (r != 0) {
        close(fd);
        return svc_fail(REPLSVC_FAILED, -r, NULL, "%s cannot be asked for events", c->path);
    }
    if (c->stream >= 0)
        close(c->stream); /* which takes it out of the epoll */
    c->stream = fd;
    c->broken = false;
    if (c->epoch != epoch)
        c->owed = 0; /* numbers of another queue */
    c->epoch = epoch;
    client_events_owed(c, seen);
    return REPLSVC_OK;
}

/* 0; -ETIMEDOUT: none is there; or the stream is broken. Under event_lock. */
static int take(struct control_client *c, replsvc_event *event)
{
    struct message m = {0};
    struct codec_reader r;
    struct codec_field f;
    int64_t start = c->seen < c->owed ? clock_monotonic_us() + OWED_US : 0;
    int err = message_receive(c->stream, -1, &m, MAX_EVENT, start, REST_US);
    if (err == 0) {
        codec_reader_init(&r, m.data, m.len);
        if (m.type != MESSAGE_EVENT || codec_next(&r, &f) <= 0 || f.tag != EVENT_EVENT)
            err = -EPROTO;
    }
    if (err == 0) {
        memset(event, 0, sizeof(*event));
        memcpy(event, f.data, f.len < sizeof(*event) ? f.len : sizeof(*event));
        c->seen = event->sequence;
    } else if (err != -ETIMEDOUT) {
        c->broken = true;
    }
    message_free(&m);
    return err;
}

int client_event_fd(struct control_client *c)
{
    pthread_mutex_lock(&c->event_lock);
    int fd = begin(c) == REPLSVC_OK ? c->event_fd : -1;
    pthread_mutex_unlock(&c->event_lock);
    return fd;
}

/* Another thread may take what came first. */
static bool wait_readable(int fd, int64_t deadline_us)
{
    struct pollfd p = {.fd = fd, .events = POLLIN};
    int64_t left = deadline_us < 0 ? INT32_MAX : (deadline_us - clock_monotonic_us() + 999) / 1000;
    if (left <= 0)
        return false;
    (void)poll(&p, 1, deadline_us < 0 ? -1 : left < INT32_MAX ? (int)left : INT32_MAX);
    return true;
}

uint32_t client_event_next(struct control_client *c, replsvc_event *event, int64_t timeout_ms)
{
    replsvc_event taken;
    int64_t limit = timeout_ms < INT32_MAX ? timeout_ms : INT32_MAX;
    int64_t deadline = timeout_ms < 0 ? -1 : clock_monotonic_us() + limit * 1000;
    for (;;) {
        pthread_mutex_lock(&c->event_lock);
        uint32_t ret = begin(c);
        int r = ret == REPLSVC_OK ? take(c, &taken) : 0, fd = c->event_fd;
        pthread_mutex_unlock(&c->event_lock);
        if (ret)
            return ret;
        if (r == 0)
            return info_out(event, &taken, sizeof(taken), "event");
        if (r != -ETIMEDOUT)
            return svc_fail(REPLSVC_FAILED, -r, NULL,
                            "the connection to %s broke: events may come when it listens again", c->path);
        if (!wait_readable(fd, deadline))
            return svc_fail(REPLSVC_TIMEOUT, 0, NULL, "no event came in %lld ms", (long long)timeout_ms);
    }
}
