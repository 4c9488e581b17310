/* SPDX-License-Identifier: BSD-2-Clause */
/* A connected handle, as its two files know it; see client.h. */
#ifndef RSVC_CONTROL_CLIENT_INTERNAL_H
#define RSVC_CONTROL_CLIENT_INTERNAL_H

#include <pthread.h>
#include <stdbool.h>

#include "control/client.h"
#include "control/socket.h"

#define CLIENT_IDLE 8 /* connections that are kept for later calls */

struct control_client {
    char path[SOCKET_PATH_SIZE]; /* absolute */

    pthread_mutex_t lock;
    int n_idle;
    struct {
        int fd;
        int64_t since;   /* monotonic */
    } idle[CLIENT_IDLE]; /* the last used last */

    /* event_lock */
    pthread_mutex_t event_lock;
    int event_fd;   /* an epoll of the stream alone, which stays the same when that is made anew; or -1 */
    int stream;     /* the connection that events come on, or -1 */
    bool broken;    /* it has ended */
    uint64_t epoch; /* whose events */
    uint64_t seen;  /* number of the last */

    _Atomic uint64_t owed; /* number of the last that the service is known to have raised */
};

/* A new connection, greeted. epoch, seen: where the service's events are. 0, or a code with its error. */
uint32_t client_connect(const struct control_client *c, int *fd, uint64_t *epoch, uint64_t *seen);
/* Later calls of event_next find what the service had raised by now. */
void client_events_owed(struct control_client *c, uint64_t last);
/* After client_new; before client_free. */
void client_events_init(struct control_client *c);
void client_events_free(struct control_client *c);

#endif
