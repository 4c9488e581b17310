/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A connection at the service's end; see connection.h, and message.h for what is said on it.
 *
 * The thread waits without limit for nothing that a peer has to do: an idle connection is closed after a
 * while (clients open another when they need it), a message has to arrive whole soon after its beginning, a
 * reply has to be read. A peer that keeps to none of that is given up. While a call waits, the socket is
 * looked at now and then (util/caller.h).
 */
#include "control/connection.h"

#include <errno.h>
#include <poll.h>
#include <stdint.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "control/marshal.h"
#include "control/message.h"
#include "service/service.h"
#include "util/caller.h"
#include "util/clock.h"
#include "util/fail.h"

#define SECONDS INT64_C(1000000)
#define GREETING_US (5 * SECONDS) /* until a new peer has said who it is */
#define MESSAGE_US (10 * SECONDS) /* from a message's first byte to its last */
#define IDLE_US (300 * SECONDS)   /* between a reply and the next call; clients drop theirs much sooner */
#define REPLY_US (30 * SECONDS)   /* until a reply has been read */
#define EVENT_US (60 * SECONDS)   /* until a follower whose socket is full reads on */
#define MAX_GREETING 4096u

static int64_t within(int64_t us)
{
    return clock_monotonic_us() + us;
}

static int send_and_free(int fd, int wake_fd, enum message_type type, struct codec_writer *w,
                         int64_t deadline_us)
{
    int r = message_send(fd, wake_fd, type, w, MESSAGE_MAX_REPLY, deadline_us);
    codec_writer_free(w);
    return r;
}

void connection_refuse(int fd, uint32_t code)
{
    struct codec_writer w = CODEC_WRITER_INIT;
    reply_put_code(&w, code);
    (void)send_and_free(fd, -1, MESSAGE_WELCOME, &w, 0);
}

/* ---- greeting ---- */

/* 0, or a CIM code: that is no peer to talk to. */
static uint32_t check_hello(const struct message *m)
{
    struct codec_reader r;
    struct codec_field f;
    char magic[sizeof(MESSAGE_MAGIC)] = "";
    uint32_t protocol = 0;
    bool same_layout = false;
    codec_reader_init(&r, m->data, m->len);
    while (m->type == MESSAGE_HELLO && codec_next(&r, &f) > 0) {
        if (f.tag == HELLO_MAGIC)
            (void)codec_get_str(&f, magic, sizeof(magic));
        else if (f.tag == HELLO_PROTOCOL)
            (void)codec_get_u32(&f, &protocol);
        else if (f.tag == HELLO_LAYOUT)
            same_layout = message_same_layout(&f);
    }
    if (strcmp(magic, MESSAGE_MAGIC) != 0)
        return svc_fail(REPLSVC_INVALID_PARAMETER, EPROTO, NULL, "this is no client of a control socket");
    if (protocol != MESSAGE_PROTOCOL)
        return svc_fail(REPLSVC_NOT_SUPPORTED, EPROTO, NULL,
                        "the client speaks version %u of the protocol, the service (%s) version %u",
                        (unsigned)protocol, replsvc_version_string(), MESSAGE_PROTOCOL);
    if (!same_layout)
        return svc_fail(REPLSVC_NOT_SUPPORTED, EPROTO, NULL,
                        "the client was built for another kind of processor than the service");
    return REPLSVC_OK;
}

static bool greet(const struct connection *c, struct message *m)
{
    struct event_queue *events = c->service->events;
    struct codec_writer w = CODEC_WRITER_INIT;
    uint64_t last, lost;
    if (message_receive(c->fd, c->stop_fd, m, MAX_GREETING, within(GREETING_US), GREETING_US) != 0)
        return false;
    svc_clear_error();
    uint32_t code = check_hello(m);
    reply_put_code(&w, code);
    codec_put_u32(&w, WELCOME_PROTOCOL, MESSAGE_PROTOCOL);
    codec_put_str(&w, WELCOME_VERSION, replsvc_version_string());
    codec_put_u64(&w, WELCOME_EPOCH, event_queue_epoch(events));
    event_queue_count(events, &last, &lost);
    codec_put_u64(&w, WELCOME_SEEN, last);
    return send_and_free(c->fd, c->stop_fd, MESSAGE_WELCOME, &w, within(GREETING_US)) == 0 &&
           code == REPLSVC_OK;
}

/* ---- calls ---- */

struct remote_caller {
    struct caller caller;
    const struct connection *c;
};

static bool peer_gone(const struct caller *caller)
{
    const struct connection *c = ((const struct remote_caller *)caller)->c;
    struct pollfd p = {.fd = c->fd, .events = POLLRDHUP};
    return atomic_load(c->stop) || (poll(&p, 1, 0) > 0 && (p.revents & (POLLRDHUP | POLLHUP | POLLERR)) != 0);
}

/* Whether the connection goes on. A reply that cannot be sent because of what it is becomes an error. */
static bool answer(const struct connection *c, struct codec_writer *reply)
{
    int err = reply->err ? reply->err : reply->len > MESSAGE_MAX_REPLY ? -EMSGSIZE : 0;
    if (err) {
        codec_writer_free(reply);
        svc_clear_error();
        reply_put_code(
            reply, svc_fail(REPLSVC_FAILED, -err, NULL, "the call was made, but its answer cannot be sent"));
    }
    return send_and_free(c->fd, c->stop_fd, MESSAGE_REPLY, reply, within(REPLY_US)) == 0;
}

static bool serve(const struct connection *c, struct message *m)
{
    struct remote_caller caller = {{peer_gone}, c};
    struct codec_writer reply = CODEC_WRITER_INIT;
    uint64_t last, lost;
    caller_set(&caller.caller);
    request_serve(c->service, m->data, m->len, &reply);
    caller_set(NULL);
    message_free(m);
    event_queue_count(c->service->events, &last, &lost);
    codec_put_u64(&reply, TAG_LAST_EVENT, last);
    return answer(c, &reply);
}

/* What was received is no message: said once, then the connection ends. */
static void complain(const struct connection *c, int err)
{
    struct codec_writer w = CODEC_WRITER_INIT;
    svc_clear_error();
    uint32_t code = err == -EMSGSIZE
                        ? svc_fail(REPLSVC_INVALID_PARAMETER, EMSGSIZE, NULL,
                                   "a request has at most %u bytes", (unsigned)MESSAGE_MAX_REQUEST)
                        : svc_fail(REPLSVC_INVALID_PARAMETER, -err, NULL, "this is no request");
    reply_put_code(&w, code);
    (void)send_and_free(c->fd, c->stop_fd, MESSAGE_REPLY, &w, 0);
}

/* ---- events ---- */

static int send_event(const struct connection *c, const replsvc_event *event)
{
    struct codec_writer w = CODEC_WRITER_INIT;
    codec_put_bytes(&w, EVENT_EVENT, event, sizeof(*event));
    return send_and_free(c->fd, c->stop_fd, MESSAGE_EVENT, &w, within(EVENT_US));
}

/* From where to go on. Of another queue (the service was opened anew) nothing is known: all is lost. */
static uint64_t begin_events(struct event_queue *q, const struct message *m, replsvc_event *lost)
{
    struct codec_reader r;
    struct codec_field f;
    uint64_t epoch = 0, seen = 0, last, n_lost;
    event_queue_count(q, &last, &n_lost);
    codec_reader_init(&r, m->data, m->len);
    while (codec_next(&r, &f) > 0) {
        if (f.tag == WELCOME_EPOCH)
            (void)codec_get_u64(&f, &epoch);
        else if (f.tag == WELCOME_SEEN)
            (void)codec_get_u64(&f, &seen);
    }
    if (epoch == event_queue_epoch(q) && seen <= last)
        return seen;
    *lost = (replsvc_event){
        .size = sizeof(*lost), .kind = REPLSVC_EVENT_OVERFLOW, .sequence = last, .time = clock_wall_us()};
    return last;
}

/* false: the peer has gone or says something, or the service stops listening. */
static bool wait_for_event(const struct connection *c, int watch_fd)
{
    uint64_t count;
    struct pollfd p[3] = {{.fd = watch_fd, .events = POLLIN},
                          {.fd = c->fd, .events = POLLIN},
                          {.fd = c->stop_fd, .events = POLLIN}};
    int n = poll(p, 3, -1);
    if ((n < 0 && errno != EINTR) || (n > 0 && (p[1].revents != 0 || p[2].revents != 0)))
        return false;
    return n <= 0 || read(watch_fd, &count, sizeof(count)) > 0 || errno == EAGAIN;
}

static void send_events(const struct connection *c, const struct message *m)
{
    struct event_queue *q = c->service->events;
    struct event_watch watch = {.fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
    replsvc_event event = {0};
    if (watch.fd < 0)
        return;
    uint64_t seen = begin_events(q, m, &event);
    event_queue_watch(q, &watch);
    int r = event.size != 0 ? send_event(c, &event) : 0;
    do {
        while (r == 0 && !atomic_load(c->stop) && event_queue_after(q, &seen, &event) == REPLSVC_OK)
            r = send_event(c, &event);
    } while (r == 0 && wait_for_event(c, watch.fd));
    event_queue_unwatch(q, &watch);
    close(watch.fd);
}

void connection_run(const struct connection *c)
{
    struct message m = {0};
    bool goes_on = greet(c, &m);
    while (goes_on) {
        int r = message_receive(c->fd, c->stop_fd, &m, MESSAGE_MAX_REQUEST, within(IDLE_US), MESSAGE_US);
        if (r == 0 && m.type == MESSAGE_CALL) {
            goes_on = serve(c, &m);
        } else if (r == 0 && m.type == MESSAGE_EVENTS) {
            send_events(c, &m);
            goes_on = false;
        } else {
            if (r == 0 || r == -EMSGSIZE || r == -EPROTO)
                complain(c, r == 0 ? -EPROTO : r);
            goes_on = false;
        }
    }
    message_free(&m);
}
