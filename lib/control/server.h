/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The end of the control socket that has the service open. One thread accepts, and each connection has one
 * of its own, which reads a call, makes it, writes the reply. A connection has one call at a time; a client
 * that makes several at once has several connections.
 *
 * What a peer can do to the service is bounded: by the number of connections; by the size of a message, for
 * which memory is taken as it arrives; by time limits for everything that the peer has to do before it is
 * its turn to wait; and a call that waits (for a job, a CopyState) ends when its caller has gone. Peers are
 * told apart by the kernel (SO_PEERCRED); what they then say is believed no more than any caller's words.
 */
#ifndef RSVC_CONTROL_SERVER_H
#define RSVC_CONTROL_SERVER_H

#include <stdint.h>

#include <replsvc/control.h>

struct control_server;

/* replsvc_service_listen and _unlisten, of a service that this process has open. */
uint32_t control_listen(replsvc_service *service, const char *path, const replsvc_listen_options *options);
uint32_t control_unlisten(replsvc_service *service, const char *path);
/* Before the service is closed: ends all listening. */
void control_stop(replsvc_service *service);

#endif
