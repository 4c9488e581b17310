/* SPDX-License-Identifier: BSD-2-Clause */
/* One connection at the service's end, from its greeting until the peer goes or is given up. */
#ifndef RSVC_CONTROL_CONNECTION_H
#define RSVC_CONTROL_CONNECTION_H

#include <stdatomic.h>
#include <stdbool.h>

#include <replsvc/cim.h>

struct connection {
    replsvc_service *service;
    int fd;                  /* the caller's to close */
    int stop_fd;             /* readable when the service stops listening */
    const atomic_bool *stop; /* and set */
};

void connection_run(const struct connection *c);
/* Tells a peer why it is not served: the code and this thread's error. Does not wait. */
void connection_refuse(int fd, uint32_t code);

#endif
