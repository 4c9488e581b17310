/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The end of the control socket that has not got the service open: what replsvc_service_connect() hands
 * out. It has no thread. Each call takes a connection that is idle, or makes one, and gives it back, so a
 * call that waits holds up no other. A connection that breaks fails the call that uses it; the next makes a
 * new one, so that a handle outlives a restart of the service, whose references stay good.
 */
#ifndef RSVC_CONTROL_CLIENT_H
#define RSVC_CONTROL_CLIENT_H

#include <stdint.h>

#include <replsvc/events.h>

#include "control/calls.h"

struct control_client;

/* path: of the socket, or of the state directory whose service listens. 0, or a code with its error. */
uint32_t client_new(const char *path, struct control_client **out);
void client_free(struct control_client *c);
uint32_t client_call(struct control_client *c, const struct control_call *call, const void *args);

/* As the public functions; -1: see the error. */
int client_event_fd(struct control_client *c);
uint32_t client_event_next(struct control_client *c, replsvc_event *event, int64_t timeout_ms);

#endif
