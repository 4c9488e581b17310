/* SPDX-License-Identifier: BSD-2-Clause */
/* A connection and its thread; see connection.h. Only the thread touches the libnbd handle. */
#include "connection.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define IN_FLIGHT_MAX 64u
#define BACK_OFF_FIRST_MS 50
#define BACK_OFF_MAX_MS 5000
#define RECONNECT_MS 3000 /* one try: requests whose time is over wait so much longer at most */

/* A request's way through the thread. */
struct job {
    struct job *next;
    replsvc_backend_request *request;
    struct nbd_connection *connection;
    uint32_t operation; /* the request's; a write with FUA becomes a flush where the server has no FUA */
    void *flat;
    int64_t until;   /* when its time is over */
    uint64_t before; /* of a flush: the acknowledged writes that it covers */
    bool writes;
};

struct nbd_connection {
    struct nbd_disk *disk;
    struct nbd_handle *nbd; /* NULL while there is no connection */
    pthread_t thread;
    int wake; /* an eventfd */
    pthread_mutex_t lock;
    struct job *arrived, **arrived_end; /* lock */
    bool closing;                       /* lock */
    /* the thread's own */
    struct job *waiting, *in_flight;
    unsigned n_in_flight;
    int64_t retry_at, back_off_ms;
};

/* ---- requests ---- */

static bool is_write(const replsvc_backend_request *r)
{
    return r->operation == REPLSVC_IO_WRITE || r->operation == REPLSVC_IO_WRITE_ZEROES ||
           r->operation == REPLSVC_IO_DISCARD;
}

static void finish(struct job *j, int result)
{
    replsvc_backend_request *r = j->request;
    remote_unflatten(r, j->flat, result == 0);
    free(j);
    remote_done(r, result);
}

/* Keeps the account of what is durable. true: a flush must follow before the request is over. */
static bool count(struct job *j, int result)
{
    struct nbd_disk *d = j->connection->disk;
    if (j->operation == REPLSVC_IO_FLUSH) {
        uint64_t flushed = atomic_load(&d->flushed);
        while (!result && flushed < j->before &&
               !atomic_compare_exchange_weak(&d->flushed, &flushed, j->before))
            ;
        if (result) /* what it should have made durable may be gone, and no later one would tell */
            atomic_store(&d->lost, true);
    } else if (j->writes && !result) {
        bool fua = (j->request->flags & REPLSVC_IO_FUA) != 0;
        if (!fua || !d->can_fua)
            atomic_fetch_add(&d->unflushed, 1);
        return fua && !d->can_fua;
    }
    return false;
}

static void take_out(struct nbd_connection *c, struct job *j)
{
    struct job **p = &c->in_flight;
    while (*p != j)
        p = &(*p)->next;
    *p = j->next;
    c->n_in_flight--;
}

static int completed(void *user, int *error)
{
    struct job *j = user;
    struct nbd_connection *c = j->connection;
    int result = *error ? -*error : 0;
    take_out(c, j);
    if (count(j, result)) {
        j->operation = REPLSVC_IO_FLUSH;
        j->next = c->waiting;
        c->waiting = j;
    } else {
        finish(j, result);
    }
    return 1; /* libnbd may forget the command */
}

static int extent_found(void *user, const char *context, uint64_t offset, uint32_t *entries, size_t n,
                        int *error)
{
    struct nbd_extents *x = user;
    (void)error;
    if (strcmp(context, LIBNBD_CONTEXT_BASE_ALLOCATION) != 0)
        return 0;
    for (size_t i = 0; i + 1 < n && x->n < x->room; i += 2) {
        if (i == 0)
            x->next = offset;
        uint32_t flags = (entries[i + 1] & LIBNBD_STATE_HOLE ? REPLSVC_EXTENT_HOLE : 0) |
                         (entries[i + 1] & LIBNBD_STATE_ZERO ? REPLSVC_EXTENT_ZERO : 0);
        if (!(flags & REPLSVC_EXTENT_ZERO))
            flags = 0; /* a hole that does not read as zeroes is data to us */
        x->extent[x->n++] = (replsvc_extent){.offset = x->next, .length = entries[i], .flags = flags};
        x->next += entries[i];
    }
    return 0;
}

/* Hands it to libnbd. < 0: it did not take it, with the error of why. */
static int64_t issue(struct nbd_connection *c, struct job *j)
{
    replsvc_backend_request *r = j->request;
    nbd_completion_callback done = {.callback = completed, .user_data = j};
    uint32_t fua = r->flags & REPLSVC_IO_FUA && c->disk->can_fua ? LIBNBD_CMD_FLAG_FUA : 0;
    switch (j->operation) {
    case REPLSVC_IO_READ:
        return nbd_aio_pread(c->nbd, j->flat, r->length, r->offset, done, 0);
    case REPLSVC_IO_WRITE:
        return nbd_aio_pwrite(c->nbd, j->flat, r->length, r->offset, done, fua);
    case REPLSVC_IO_FLUSH:
        return nbd_aio_flush(c->nbd, done, 0);
    case REPLSVC_IO_DISCARD:
        return nbd_aio_zero(c->nbd, r->length, r->offset, done, fua);
    case REPLSVC_IO_WRITE_ZEROES:
        return nbd_aio_zero(c->nbd, r->length, r->offset, done,
                            fua | (r->flags & REPLSVC_IO_MAY_UNMAP ? 0 : LIBNBD_CMD_FLAG_NO_HOLE));
    case NBD_OPERATION_EXTENTS: {
        nbd_extent_callback found = {.callback = extent_found, .user_data = r->user};
        return nbd_aio_block_status(c->nbd, r->length, r->offset, found, done, 0);
    }
    default:
        return -1;
    }
}

static void begin(struct nbd_connection *c, struct job *j)
{
    if (j->operation == REPLSVC_IO_READ || j->operation == REPLSVC_IO_WRITE) {
        j->flat = remote_flatten(j->request);
        if (!j->flat) {
            finish(j, -ENOMEM);
            return;
        }
    }
    j->before = atomic_load(&c->disk->unflushed);
    j->next = c->in_flight;
    c->in_flight = j;
    c->n_in_flight++;
    if (issue(c, j) >= 0)
        return;
    int err = nbd_get_errno();
    take_out(c, j);
    finish(j, err ? -err : -EIO);
}

/* ---- the connection is gone ---- */

static void gone(struct nbd_connection *c)
{
    struct nbd_disk *d = c->disk;
    if (atomic_load(&d->unflushed) != atomic_load(&d->flushed))
        atomic_store(&d->lost, true);
    struct job *j = c->in_flight;
    c->in_flight = NULL;
    c->n_in_flight = 0;
    nbd_close(c->nbd); /* after it, nothing of libnbd touches a buffer */
    c->nbd = NULL;
    while (j) {
        struct job *next = j->next;
        if (j->writes)
            atomic_store(&d->lost, true);
        if (j->operation == REPLSVC_IO_READ) { /* it is asked again */
            remote_unflatten(j->request, j->flat, false);
            j->flat = NULL;
            j->next = c->waiting;
            c->waiting = j;
        } else {
            finish(j, -ENOTCONN);
        }
        j = next;
    }
    c->back_off_ms = BACK_OFF_FIRST_MS;
    c->retry_at = remote_now() + c->back_off_ms;
}

static void try_again(struct nbd_connection *c)
{
    if (c->nbd || remote_now() < c->retry_at)
        return;
    if (nbd_disk_connect(c->disk, false, RECONNECT_MS, &c->nbd) == 0)
        return;
    c->back_off_ms = c->back_off_ms * 2 < BACK_OFF_MAX_MS ? c->back_off_ms * 2 : BACK_OFF_MAX_MS;
    c->retry_at = remote_now() + c->back_off_ms;
}

/* ---- the thread ---- */

static void take_arrived(struct nbd_connection *c, bool *closing)
{
    struct job **end = &c->waiting;
    eventfd_t count;
    while (*end)
        end = &(*end)->next;
    pthread_mutex_lock(&c->lock);
    *end = c->arrived;
    c->arrived = NULL;
    c->arrived_end = &c->arrived;
    *closing = c->closing;
    pthread_mutex_unlock(&c->lock);
    (void)eventfd_read(c->wake, &count);
}

/* Starts what waits; ends what has waited too long, or can no longer be done. */
static void go_on(struct nbd_connection *c)
{
    int64_t now = remote_now();
    struct job **p = &c->waiting;
    while (*p) {
        struct job *j = *p;
        bool lost = atomic_load(&c->disk->lost) && (j->writes || j->operation == REPLSVC_IO_FLUSH);
        if (!lost && now < j->until && (!c->nbd || c->n_in_flight >= IN_FLIGHT_MAX)) {
            p = &j->next;
            continue;
        }
        *p = j->next;
        if (lost)
            finish(j, -ENOTCONN);
        else if (now >= j->until)
            finish(j, -ETIMEDOUT);
        else
            begin(c, j);
    }
}

/* Until when nothing can happen by itself. */
static int patience(const struct nbd_connection *c)
{
    int64_t now = remote_now(), until = now + 60000;
    if (!c->nbd && c->retry_at < until)
        until = c->retry_at;
    for (const struct job *j = c->waiting; j; j = j->next)
        until = j->until < until ? j->until : until;
    for (const struct job *j = c->in_flight; j; j = j->next)
        until = j->until < until ? j->until : until;
    return until > now ? (int)(until - now) : 0;
}

static bool overdue(const struct nbd_connection *c)
{
    int64_t now = remote_now();
    for (const struct job *j = c->in_flight; j; j = j->next)
        if (now >= j->until)
            return true;
    return false;
}

static void wait_and_notify(struct nbd_connection *c)
{
    struct pollfd p[2] = {{.fd = c->wake, .events = POLLIN}, {.fd = -1}};
    if (c->nbd) {
        unsigned direction = nbd_aio_get_direction(c->nbd);
        p[1].fd = nbd_aio_get_fd(c->nbd);
        p[1].events = (short)((direction & LIBNBD_AIO_DIRECTION_READ ? POLLIN : 0) |
                              (direction & LIBNBD_AIO_DIRECTION_WRITE ? POLLOUT : 0));
    }
    (void)poll(p, 2, patience(c));
    if (!c->nbd)
        return;
    if (p[1].revents & (POLLIN | POLLHUP | POLLERR | POLLNVAL))
        (void)nbd_aio_notify_read(c->nbd);
    else if (p[1].revents & POLLOUT)
        (void)nbd_aio_notify_write(c->nbd);
    if (nbd_aio_is_dead(c->nbd) || nbd_aio_is_closed(c->nbd) || overdue(c))
        gone(c);
}

static void *run(void *arg)
{
    struct nbd_connection *c = arg;
    bool closing = false;
    for (;;) {
        take_arrived(c, &closing);
        if (closing)
            break;
        try_again(c);
        go_on(c);
        wait_and_notify(c);
    }
    if (c->nbd) {
        struct job *left = c->in_flight;
        c->in_flight = NULL;
        nbd_shutdown(c->nbd, 0);
        nbd_close(c->nbd);
        while (left) {
            struct job *j = left;
            left = j->next;
            finish(j, -ENOTCONN);
        }
    }
    while (c->waiting) {
        struct job *j = c->waiting;
        c->waiting = j->next;
        finish(j, -ENOTCONN);
    }
    return NULL;
}

/* ---- from outside ---- */

void nbd_connection_start(replsvc_backend_request *r)
{
    struct nbd_connection *c = r->private_data[1];
    struct job *j = calloc(1, sizeof *j);
    if (!j) {
        remote_done(r, -ENOMEM);
        return;
    }
    j->request = r;
    j->connection = c;
    j->operation = r->operation;
    j->writes = is_write(r);
    j->until = remote_now() + c->disk->timeout_ms;
    pthread_mutex_lock(&c->lock);
    *c->arrived_end = j;
    c->arrived_end = &j->next;
    pthread_mutex_unlock(&c->lock);
    (void)eventfd_write(c->wake, 1);
}

int nbd_connection_open(struct nbd_disk *disk, struct nbd_connection **out)
{
    struct nbd_connection *c = calloc(1, sizeof *c);
    if (!c)
        return -ENOMEM;
    c->disk = disk;
    c->arrived_end = &c->arrived;
    pthread_mutex_init(&c->lock, NULL);
    c->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    int err =
        c->wake < 0 ? -errno : nbd_disk_connect(disk, disk->n_connections == 0, disk->timeout_ms, &c->nbd);
    if (!err) {
        sigset_t all, before;
        sigfillset(&all);
        pthread_sigmask(SIG_SETMASK, &all, &before);
        err = -pthread_create(&c->thread, NULL, run, c);
        pthread_sigmask(SIG_SETMASK, &before, NULL);
        if (err)
            nbd_close(c->nbd);
    }
    if (err) {
        if (c->wake >= 0)
            close(c->wake);
        pthread_mutex_destroy(&c->lock);
        free(c);
        return err;
    }
    *out = c;
    return 0;
}

void nbd_connection_close(struct nbd_connection *c)
{
    pthread_mutex_lock(&c->lock);
    c->closing = true;
    pthread_mutex_unlock(&c->lock);
    (void)eventfd_write(c->wake, 1);
    pthread_join(c->thread, NULL);
    close(c->wake);
    pthread_mutex_destroy(&c->lock);
    free(c);
}
