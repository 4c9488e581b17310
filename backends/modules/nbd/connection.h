/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One connection to an NBD server, driven by a thread of its own. Requests come in from any thread, many are
 * in flight at a time.
 *
 * When the server goes away, what that means depends on what was under way:
 * - Nothing written since the last flush: the connection is made again, with waits that grow, and requests
 * wait for it, until their time is over.
 * - Writes that were acknowledged but not flushed, or not answered: nobody knows whether they are there. The
 *   handle is *lost*: every write, and above all every flush, fails from then on, so that nobody takes for
 *   durable what is not. Who opens it anew knows that he has to look.
 */
#ifndef REPLSVC_MODULES_NBD_CONNECTION_H
#define REPLSVC_MODULES_NBD_CONNECTION_H

#include <pthread.h>
#include <stdatomic.h>

#include <libnbd.h>

#include "../common/remote.h"

/* What the connections of one opened disk share. */
struct nbd_disk {
    char *uri;
    char *name; /* for messages: the URI without what may be secret */
    bool writable;
    int64_t timeout_ms; /* of a request, and of connecting */
    unsigned n_connections;
    struct nbd_connection *connections[8];
    atomic_uint next;           /* which of them takes the next request */
    _Atomic uint64_t unflushed; /* acknowledged writes so far */
    _Atomic uint64_t flushed;   /* of these, known to be durable */
    atomic_bool lost;
    /* as at open */
    uint64_t size;
    uint32_t minimum, preferred, maximum;
    bool read_only, multi_conn, can_flush, can_fua, can_trim, can_zero, can_extents;
};

/* A connected handle, or an error left; the first one fills in what the disk is, others must find it so. */
int nbd_disk_connect(struct nbd_disk *disk, bool first, int64_t timeout_ms, struct nbd_handle **nbd);
/* Connects and starts the thread; the first connection fills in what the disk is. Leaves an error. */
int nbd_connection_open(struct nbd_disk *disk, struct nbd_connection **out);
/* Ends what is in flight with an error, then the thread. */
void nbd_connection_close(struct nbd_connection *c);
/* A remote_start for requests whose private_data[1] is the connection. */
void nbd_connection_start(replsvc_backend_request *r);
/* Extents: r->user is a struct nbd_extents. */
struct nbd_extents {
    replsvc_extent *extent;
    size_t room, n;
    uint64_t next;
};
#define NBD_OPERATION_EXTENTS 100u

#endif
