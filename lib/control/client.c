/* SPDX-License-Identifier: BSD-2-Clause */
/* Connections to a service and calls on them; see client.h. */
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "control/advert.h"
#include "control/client_internal.h"
#include "control/marshal.h"
#include "control/message.h"
#include "util/alloc.h"
#include "util/clock.h"
#include "util/fail.h"

#define SECONDS INT64_C(1000000)
#define GREETING_US (10 * SECONDS)
#define SEND_US (60 * SECONDS)  /* until the service has read a request */
#define REPLY_US (60 * SECONDS) /* from a reply's first byte to its last; the first may take long */
#define IDLE_US (30 * SECONDS)  /* a service closes what is idle for much longer */

/* ---- connecting ---- */

static int say_hello(int fd)
{
    struct codec_writer w = CODEC_WRITER_INIT;
    codec_put_str(&w, HELLO_MAGIC, MESSAGE_MAGIC);
    codec_put_u32(&w, HELLO_PROTOCOL, MESSAGE_PROTOCOL);
    message_put_layout(&w);
    codec_put_str(&w, HELLO_VERSION, replsvc_version_string());
    int r = message_send(fd, -1, MESSAGE_HELLO, &w, MESSAGE_MAX_REQUEST, clock_monotonic_us() + GREETING_US);
    codec_writer_free(&w);
    return r;
}

/* The code that the service greets with; epoch and seen when it is 0. */
static uint32_t hear_welcome(const struct message *m, uint64_t *epoch, uint64_t *seen)
{
    struct codec_reader r;
    struct codec_field f;
    uint32_t code = reply_take_code(m->data, m->len);
    if (code != REPLSVC_OK)
        return code;
    codec_reader_init(&r, m->data, m->len);
    while (codec_next(&r, &f) > 0) {
        if (f.tag == WELCOME_EPOCH)
            (void)codec_get_u64(&f, epoch);
        else if (f.tag == WELCOME_SEEN)
            (void)codec_get_u64(&f, seen);
    }
    return REPLSVC_OK;
}

/* A service that refuses may have gone before it is greeted: what it said is there all the same. */
static uint32_t greet(const struct control_client *c, int fd, uint64_t *epoch, uint64_t *seen)
{
    struct message m = {0};
    int r = say_hello(fd);
    if (r == 0 || r == -EPIPE || r == -ECONNRESET)
        r = message_receive(fd, -1, &m, MESSAGE_MAX_REQUEST, clock_monotonic_us() + GREETING_US, GREETING_US);
    if (r == 0 && m.type != MESSAGE_WELCOME)
        r = -EPROTO;
    uint32_t ret = r == 0
                       ? hear_welcome(&m, epoch, seen)
                       : svc_fail(REPLSVC_FAILED, -r, NULL, "%s does not greet as a service does", c->path);
    message_free(&m);
    return ret;
}

uint32_t client_connect(const struct control_client *c, int *fd, uint64_t *epoch, uint64_t *seen)
{
    int r = socket_connect(c->path, fd);
    if (r)
        return svc_fail(REPLSVC_FAILED, -r, NULL, "no service can be reached on %s", c->path);
    uint32_t ret = greet(c, *fd, epoch, seen);
    if (ret)
        close(*fd);
    return ret;
}

/* ---- the handle ---- */

/* The socket's path, absolute, so that chdir() changes nothing where there is room for that. */
static uint32_t find_socket(const char *path, char found[SOCKET_PATH_SIZE])
{
    struct stat st;
    char text[PATH_MAX] = "", whole[PATH_MAX];
    bool is_directory = stat(path, &st) == 0 && S_ISDIR(st.st_mode);
    if (is_directory) {
        int r = advert_read(path, text, sizeof(text));
        if (r)
            return svc_fail(REPLSVC_FAILED, -r, "path", "path: no service that has %s open listens", path);
        path = text;
    }
    uint32_t ret = socket_check_path(path);
    if (ret)
        return ret;
    if (*path != '/' && realpath(path, whole) != NULL && strlen(whole) < SOCKET_PATH_SIZE)
        path = whole;
    memcpy(found, path, strlen(path) + 1);
    return REPLSVC_OK;
}

uint32_t client_new(const char *path, struct control_client **out)
{
    int fd;
    struct control_client *c = mem_zalloc(sizeof(*c));
    if (c == NULL)
        return svc_fail(REPLSVC_FAILED, ENOMEM, NULL, "cannot connect");
    client_events_init(c);
    pthread_mutex_init(&c->lock, NULL);
    uint32_t ret = find_socket(path, c->path);
    if (ret == REPLSVC_OK)
        ret = client_connect(c, &fd, &c->epoch, &c->seen);
    if (ret) {
        client_free(c);
        return ret;
    }
    c->idle[c->n_idle].fd = fd;
    c->idle[c->n_idle++].since = clock_monotonic_us();
    *out = c;
    return REPLSVC_OK;
}

void client_free(struct control_client *c)
{
    while (c->n_idle > 0)
        close(c->idle[--c->n_idle].fd);
    client_events_free(c);
    pthread_mutex_destroy(&c->lock);
    mem_free(c);
}

/* ---- calls ---- */

/* An idle connection that is still good; -1: there is none. */
static int take_idle(struct control_client *c)
{
    int good = -1;
    pthread_mutex_lock(&c->lock);
    while (good < 0 && c->n_idle > 0) {
        c->n_idle--;
        struct pollfd p = {.fd = c->idle[c->n_idle].fd, .events = POLLIN};
        if (clock_monotonic_us() - c->idle[c->n_idle].since < IDLE_US && poll(&p, 1, 0) == 0)
            good = p.fd;
        else
            close(p.fd);
    }
    pthread_mutex_unlock(&c->lock);
    return good;
}

static void give_back(struct control_client *c, int fd)
{
    pthread_mutex_lock(&c->lock);
    bool room = c->n_idle < CLIENT_IDLE;
    if (room) {
        c->idle[c->n_idle].fd = fd;
        c->idle[c->n_idle++].since = clock_monotonic_us();
    }
    pthread_mutex_unlock(&c->lock);
    if (!room)
        close(fd);
}

/* Sends the request on a connection: *fd. One that was idle may have ended meanwhile; a request that did
 * not arrive whole was not done, so another is tried. */
static uint32_t ask(struct control_client *c, const struct control_call *call, const struct codec_writer *w,
                    int *fd)
{
    uint64_t epoch, seen;
    for (;;) {
        *fd = take_idle(c);
        bool fresh = *fd < 0;
        uint32_t ret = fresh ? client_connect(c, fd, &epoch, &seen) : REPLSVC_OK;
        if (ret)
            return ret;
        int r = message_send(*fd, -1, MESSAGE_CALL, w, MESSAGE_MAX_REQUEST, clock_monotonic_us() + SEND_US);
        if (r == 0)
            return REPLSVC_OK;
        close(*fd);
        if (fresh)
            return svc_fail(REPLSVC_FAILED, -r, NULL,
                            "%s did not take the request for replsvc_%s; it was not done", c->path,
                            call->name);
    }
}

static uint32_t hear(struct control_client *c, const struct control_call *call, const void *args, int fd)
{
    struct message m = {0};
    int r = message_receive(fd, -1, &m, MESSAGE_MAX_REPLY, MESSAGE_NEVER, REPLY_US);
    if (r == 0 && m.type != MESSAGE_REPLY)
        r = -EPROTO;
    uint32_t ret;
    if (r == 0) {
        give_back(c, fd);
        client_events_owed(c, reply_last_event(m.data, m.len));
        ret = reply_take(call, args, m.data, m.len);
    } else {
        close(fd);
        ret = svc_fail(REPLSVC_FAILED, -r, NULL,
                       "the connection to %s broke during replsvc_%s: whether it was done is not known",
                       c->path, call->name);
    }
    message_free(&m);
    return ret;
}

uint32_t client_call(struct control_client *c, const struct control_call *call, const void *args)
{
    struct codec_writer w = CODEC_WRITER_INIT;
    int fd;
    svc_clear_error();
    uint32_t ret = request_put(&w, call, args);
    if (ret == REPLSVC_OK)
        ret = ask(c, call, &w, &fd);
    if (w.data != NULL)
        explicit_bzero(w.data, w.capacity); /* it may hold a secret */
    codec_writer_free(&w);
    return ret ? ret : hear(c, call, args, fd);
}
