/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Listening; see server.h.
 *
 * Threads: the acceptor, and one for each connection. A connection's thread that is done says so and wakes
 * the acceptor, which joins it; so no thread outlives the server, and none joins itself. Stopping is a flag
 * and a descriptor that stays readable: whoever waits in poll() sees it, whoever makes a call goes on to
 * its end first.
 */
#include "control/server.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "control/advert.h"
#include "control/connection.h"
#include "control/socket.h"
#include "engine/thread.h"
#include "service/service.h"
#include "util/alloc.h"
#include "util/fail.h"

#define DEFAULT_MODE 0600u
#define DEFAULT_CONNECTIONS 64u
#define MAX_CONNECTIONS 4096u
#define MAX_USER_IDS 4096u

struct server_connection {
    struct connection c;
    struct control_server *server;
    struct server_connection *next;
    pthread_t thread;
    bool done; /* lock: the thread is about to end */
};

struct control_server {
    replsvc_service *service;
    struct control_server *next; /* of the service; its control_lock */
    struct listening_socket socket;
    uint32_t max_connections;
    uid_t *user_ids;
    size_t n_user_ids;
    int stop_fd; /* eventfds */
    int wake_fd;
    atomic_bool stop;
    pthread_t acceptor;

    pthread_mutex_t lock;
    struct server_connection *connections;
    uint32_t n_connections;
};

/* ---- connections ---- */

static void *run_connection(void *arg)
{
    struct server_connection *sc = arg;
    struct control_server *s = sc->server;
    uint64_t one = 1;
    connection_run(&sc->c);
    (void)shutdown(sc->c.fd, SHUT_RDWR);
    pthread_mutex_lock(&s->lock);
    sc->done = true;
    ssize_t n =
        write(s->wake_fd, &one, sizeof(one)); /* under the lock: the server lives until this is joined */
    (void)n;
    pthread_mutex_unlock(&s->lock);
    return NULL;
}

/* Joins those that are done; all: every one, when it is. */
static void join_connections(struct control_server *s, bool all)
{
    struct server_connection *ended = NULL, *sc;
    pthread_mutex_lock(&s->lock);
    for (struct server_connection **at = &s->connections; (sc = *at) != NULL;) {
        if (!all && !sc->done) {
            at = &sc->next;
            continue;
        }
        *at = sc->next;
        s->n_connections--;
        sc->next = ended;
        ended = sc;
    }
    pthread_mutex_unlock(&s->lock);
    while ((sc = ended) != NULL) {
        ended = sc->next;
        pthread_join(sc->thread, NULL);
        close(sc->c.fd);
        mem_free(sc);
    }
}

static bool may_connect(const struct control_server *s, uid_t uid)
{
    bool may = uid == 0 || uid == geteuid();
    for (size_t i = 0; !may && i < s->n_user_ids; i++)
        may = s->user_ids[i] == uid;
    return may;
}

/* 0, or the code to refuse the peer with. */
static uint32_t check_peer(struct control_server *s, int fd)
{
    struct ucred peer = {.uid = (uid_t)-1};
    socklen_t len = sizeof(peer);
    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) != 0)
        return svc_fail(REPLSVC_FAILED, errno, NULL, "cannot tell who connects");
    if (may_connect(s, peer.uid))
        return REPLSVC_OK;
    log_line(&s->service->log, REPLSVC_LOG_WARNING, "%s: user %u (process %d) may not connect",
             s->socket.path, (unsigned)peer.uid, (int)peer.pid);
    return svc_fail(REPLSVC_FAILED, EPERM, NULL, "user %u may not connect to this service",
                    (unsigned)peer.uid);
}

static uint32_t start_connection(struct control_server *s, int fd)
{
    if (s->n_connections >= s->max_connections)
        return svc_fail(REPLSVC_FAILED, EBUSY, NULL, "the service has %u connections, and takes no more",
                        (unsigned)s->max_connections);
    struct server_connection *sc = mem_zalloc(sizeof(*sc));
    if (sc == NULL)
        return svc_fail(REPLSVC_FAILED, ENOMEM, NULL, "the service cannot take another connection");
    sc->server = s;
    sc->c = (struct connection){.service = s->service, .fd = fd, .stop_fd = s->stop_fd, .stop = &s->stop};
    pthread_mutex_lock(&s->lock);
    int r = thread_start(&sc->thread, run_connection, sc);
    if (r == 0) {
        sc->next = s->connections;
        s->connections = sc;
        s->n_connections++;
    }
    pthread_mutex_unlock(&s->lock);
    if (r == 0)
        return REPLSVC_OK;
    mem_free(sc);
    return svc_fail(REPLSVC_FAILED, -r, NULL, "the service cannot take another connection");
}

/* false: there was nobody, or no descriptor for them. */
static bool accept_one(struct control_server *s)
{
    int fd = accept4(s->socket.fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (fd < 0)
        return errno == ECONNABORTED || errno == EINTR;
    svc_clear_error();
    uint32_t code = check_peer(s, fd);
    if (code == REPLSVC_OK)
        code = start_connection(s, fd);
    if (code != REPLSVC_OK) {
        connection_refuse(fd, code);
        close(fd);
    }
    return true;
}

/* Where descriptors are short, peers wait in the socket's queue; a look now and then finds one free. */
static void *accept_connections(void *arg)
{
    struct control_server *s = arg;
    bool short_of_fds = false;
    while (!atomic_load(&s->stop)) {
        uint64_t count;
        struct pollfd p[3] = {{.fd = s->stop_fd, .events = POLLIN},
                              {.fd = s->wake_fd, .events = POLLIN},
                              {.fd = s->socket.fd, .events = POLLIN}};
        if (poll(p, short_of_fds ? 2 : 3, short_of_fds ? 100 : -1) < 0)
            continue;
        if (p[1].revents != 0) {
            ssize_t n = read(s->wake_fd, &count, sizeof(count));
            (void)n;
            join_connections(s, false);
        }
        if (short_of_fds || p[2].revents != 0)
            short_of_fds = !accept_one(s) && errno != EAGAIN;
    }
    join_connections(s, true);
    return NULL;
}

/* ---- the server ---- */

static void server_free(struct control_server *s)
{
    if (s->stop_fd >= 0)
        close(s->stop_fd);
    if (s->wake_fd >= 0)
        close(s->wake_fd);
    pthread_mutex_destroy(&s->lock);
    mem_free(s->user_ids);
    mem_free(s);
}

static uint32_t check_options(replsvc_listen_options *o, const replsvc_listen_options *given)
{
    uint32_t ret = options_in(o, sizeof(*o), given, "options");
    if (ret)
        return ret;
    if ((o->mode & ~0777u) != 0)
        return svc_fail(REPLSVC_INVALID_PARAMETER, 0, "options",
                        "options: mode has more than permission bits");
    if (o->max_connections > MAX_CONNECTIONS)
        return svc_fail(REPLSVC_INVALID_PARAMETER, 0, "options", "options: max_connections is more than %u",
                        MAX_CONNECTIONS);
    if (o->n_user_ids > MAX_USER_IDS || (o->n_user_ids != 0 && o->user_ids == NULL))
        return svc_fail(REPLSVC_INVALID_PARAMETER, 0, "options", "options: n_user_ids is more than %s",
                        o->user_ids == NULL ? "there are" : "4096");
    return REPLSVC_OK;
}

static struct control_server *server_new(replsvc_service *service, const replsvc_listen_options *o)
{
    struct control_server *s = mem_zalloc(sizeof(*s));
    if (s == NULL)
        return NULL;
    s->service = service;
    s->max_connections = o->max_connections != 0 ? o->max_connections : DEFAULT_CONNECTIONS;
    s->n_user_ids = o->n_user_ids;
    s->stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    s->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    pthread_mutex_init(&s->lock, NULL);
    s->user_ids = o->n_user_ids != 0 ? mem_array(o->n_user_ids, sizeof(*s->user_ids)) : NULL;
    if (s->stop_fd < 0 || s->wake_fd < 0 || (o->n_user_ids != 0 && s->user_ids == NULL)) {
        int err = errno;
        server_free(s);
        errno = err;
        return NULL;
    }
    for (uint32_t i = 0; i < o->n_user_ids; i++)
        s->user_ids[i] = o->user_ids[i];
    return s;
}

static void server_stop(struct control_server *s)
{
    uint64_t one = 1;
    socket_remove(&s->socket);
    atomic_store(&s->stop, true);
    ssize_t n = write(s->stop_fd, &one, sizeof(one));
    (void)n;
    pthread_join(s->acceptor, NULL);
    socket_close(&s->socket);
    server_free(s);
}

uint32_t control_listen(replsvc_service *service, const char *path, const replsvc_listen_options *given)
{
    replsvc_listen_options options;
    uint32_t ret = socket_check_path(path);
    if (ret == REPLSVC_OK)
        ret = check_options(&options, given);
    if (ret)
        return ret;
    errno = ENOMEM;
    struct control_server *s = server_new(service, &options);
    if (s == NULL)
        return svc_fail(REPLSVC_FAILED, errno, NULL, "cannot listen on %s", path);
    pthread_mutex_lock(&service->control_lock);
    ret = socket_listen(path, options.mode != 0 ? options.mode : DEFAULT_MODE, &s->socket);
    if (ret == REPLSVC_OK) {
        int r = thread_start(&s->acceptor, accept_connections, s);
        if (r != 0) {
            socket_remove(&s->socket);
            socket_close(&s->socket);
            ret = svc_fail(REPLSVC_FAILED, -r, NULL, "cannot start a thread to listen on %s", path);
        }
    }
    if (ret == REPLSVC_OK) {
        s->next = service->servers;
        service->servers = s;
        advert_put(service, path);
    } else {
        server_free(s);
    }
    pthread_mutex_unlock(&service->control_lock);
    return ret;
}

/* Takes a server off the service: the one of that path, or any. */
static struct control_server *take_off(replsvc_service *service, const char *path)
{
    pthread_mutex_lock(&service->control_lock);
    struct control_server **at = &service->servers;
    while (*at != NULL && path != NULL && strcmp((*at)->socket.path, path) != 0)
        at = &(*at)->next;
    struct control_server *s = *at;
    if (s != NULL) {
        *at = s->next;
        if (service->servers == NULL)
            advert_remove(service);
        else
            advert_put(service, service->servers->socket.path);
    }
    pthread_mutex_unlock(&service->control_lock);
    return s;
}

uint32_t control_unlisten(replsvc_service *service, const char *path)
{
    uint32_t ret = socket_check_path(path);
    if (ret)
        return ret;
    struct control_server *s = take_off(service, path);
    if (s == NULL)
        return svc_fail(REPLSVC_INVALID_PARAMETER, 0, "path", "path: the service does not listen on %s",
                        path);
    server_stop(s);
    return REPLSVC_OK;
}

void control_stop(replsvc_service *service)
{
    struct control_server *s;
    while ((s = take_off(service, NULL)) != NULL)
        server_stop(s);
}
