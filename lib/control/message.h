/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Messages on a Unix stream socket: a header (length of the body u32, type u16, 0 u16, little-endian), then
 * the body, fields as in state/codec.h. The sockets do not block; every function here has a deadline, never
 * raises SIGPIPE, and reads no byte of the message after.
 *
 * One side: HELLO, answered by WELCOME; then CALL, answered by REPLY, as often as wanted, one at a time; or
 * once EVENTS, after which the other side sends EVENT messages and nothing else.
 */
#ifndef RSVC_CONTROL_MESSAGE_H
#define RSVC_CONTROL_MESSAGE_H

#include <stddef.h>
#include <stdint.h>

#include "state/codec.h"

enum message_type {
    MESSAGE_HELLO = 1,
    MESSAGE_WELCOME = 2,
    MESSAGE_CALL = 3,
    MESSAGE_REPLY = 4,
    MESSAGE_EVENTS = 5,
    MESSAGE_EVENT = 6
};

/* Fields of HELLO. */
enum {
    HELLO_MAGIC = 1,
    HELLO_PROTOCOL = 2,
    HELLO_LAYOUT = 3, /* struct message_layout as the peer has it */
    HELLO_VERSION = 4 /* of its library */
};
#define MESSAGE_MAGIC "libreplsvc control"
#define MESSAGE_PROTOCOL 1u

/* Infos and options travel as they lie in memory, since the ABI of one machine fixes that. Peers that lay
 * structs out differently (32 and 64 bits on some machines) are told apart by this one's bytes. */
struct message_layout {
    uint8_t first;
    uint64_t number;
};

/* Fields of WELCOME, after a code and an error as in REPLY; EVENTS has the last two. */
enum {
    WELCOME_PROTOCOL = 16,
    WELCOME_VERSION = 17,
    WELCOME_EPOCH = 18, /* which queue of events */
    WELCOME_SEEN = 19   /* its last event so far */
};

/* The field of EVENT: a replsvc_event. */
enum { EVENT_EVENT = 1 };

#define MESSAGE_HEADER 8u
#define MESSAGE_MAX_REQUEST (UINT32_C(1) << 20) /* body of what a client sends */
#define MESSAGE_MAX_REPLY (UINT32_C(64) << 20)  /* body of what a service sends */
#define MESSAGE_NEVER INT64_MAX                 /* as a deadline */

/* A received message. Its memory is kept for the next one; message_free in the end. */
struct message {
    uint16_t type;
    uint8_t *data;
    size_t len;
    size_t room;
};

/* Sends what was put into w as the body. 0; -ETIMEDOUT; -EPIPE, -ECONNRESET: the peer has gone;
 * -EMSGSIZE: more than max; or the error that w holds. Deadlines are monotonic microseconds; once wake_fd
 * (if not -1) is readable, a peer that does not read has little time left. */
int message_send(int fd, int wake_fd, enum message_type type, const struct codec_writer *w, size_t max,
                 int64_t deadline_us);

/* Receives one. First waits for its beginning until start_us, then for the rest of it for within_us:
 * -ETIMEDOUT; -EINTR: wake_fd (if not -1) is readable. -ECONNRESET: the peer has gone. -EMSGSIZE: its header
 * tells of more than max bytes, nothing more was read. -EPROTO: a header that is none. -ENOMEM. Memory grows
 * with what arrives, not with what is told. */
int message_receive(int fd, int wake_fd, struct message *m, size_t max, int64_t start_us, int64_t within_us);

/* What it holds may have been secret. */
void message_free(struct message *m);

/* The field HELLO_LAYOUT of this process. */
void message_put_layout(struct codec_writer *w);
bool message_same_layout(const struct codec_field *f);

#endif
