/* SPDX-License-Identifier: BSD-2-Clause */
/* Messages on a socket; see message.h. */
#include "control/message.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include "util/alloc.h"
#include "util/bytes.h"
#include "util/clock.h"

#define FIRST_ROOM ((size_t)4096)
#define HURRIED_US INT64_C(1000000) /* for who does not read, when the connection is to end */

/* 0: ready, or the peer has gone; -EINTR: wake_fd is readable; -ETIMEDOUT. */
static int wait_for(int fd, short events, int wake_fd, int64_t deadline_us)
{
    struct pollfd p[2] = {{.fd = fd, .events = events}, {.fd = wake_fd, .events = POLLIN}};
    for (;;) {
        int timeout = -1;
        if (deadline_us != MESSAGE_NEVER) {
            int64_t left = deadline_us - clock_monotonic_us();
            timeout = left <= 0 ? 0 : left / 1000 >= INT_MAX ? INT_MAX : (int)(left / 1000) + 1;
        }
        int n = poll(p, wake_fd >= 0 ? 2 : 1, timeout);
        if (n < 0 && errno != EINTR)
            return -errno;
        if (n > 0 && wake_fd >= 0 && p[1].revents)
            return -EINTR;
        if (n > 0)
            return 0;
        if (n == 0 && timeout == 0)
            return -ETIMEDOUT;
    }
}

int message_send(int fd, int wake_fd, enum message_type type, const struct codec_writer *w, size_t max,
                 int64_t deadline_us)
{
    uint8_t header[MESSAGE_HEADER] = {0};
    if (w->err)
        return w->err;
    if (w->len > max)
        return -EMSGSIZE;
    put_le32(header, (uint32_t)w->len);
    put_le16(header + 4, (uint16_t)type);
    size_t done = 0, whole = sizeof(header) + w->len;
    while (done < whole) {
        struct iovec iov[2] = {{header, sizeof(header)}, {w->data, w->len}};
        struct msghdr msg = {.msg_iov = iov, .msg_iovlen = 2};
        if (done < sizeof(header)) {
            iov[0].iov_base = header + done;
            iov[0].iov_len -= done;
        } else {
            msg.msg_iov = iov + 1;
            msg.msg_iovlen = 1;
            iov[1].iov_base = w->data + (done - sizeof(header));
            iov[1].iov_len -= done - sizeof(header);
        }
        ssize_t n = sendmsg(fd, &msg, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (n < 0 && errno != EAGAIN && errno != EINTR)
            return -errno;
        if (n >= 0)
            done += (size_t)n;
        else if (errno == EAGAIN) {
            int r = wait_for(fd, POLLOUT, wake_fd, deadline_us);
            if (r == -EINTR) {
                int64_t soon = clock_monotonic_us() + HURRIED_US;
                deadline_us = soon < deadline_us ? soon : deadline_us;
                wake_fd = -1;
            } else if (r) {
                return r;
            }
        }
    }
    return 0;
}

/* Exactly len bytes. */
static int receive_bytes(int fd, int wake_fd, void *data, size_t len, int64_t deadline_us)
{
    size_t done = 0;
    while (done < len) {
        ssize_t n = recv(fd, (uint8_t *)data + done, len - done, MSG_DONTWAIT);
        if (n == 0)
            return -ECONNRESET;
        if (n < 0 && errno != EAGAIN && errno != EINTR)
            return -errno;
        if (n > 0)
            done += (size_t)n;
        else if (errno == EAGAIN) {
            int r = wait_for(fd, POLLIN, wake_fd, deadline_us);
            if (r)
                return r;
        }
    }
    return 0;
}

static int receive_body(int fd, int wake_fd, struct message *m, size_t len, int64_t deadline_us)
{
    size_t done = 0;
    while (done < len) {
        if (m->room == done) {
            size_t room = m->room != 0 ? m->room * 2 : FIRST_ROOM;
            uint8_t *data = mem_alloc(room); /* not mem_grow: what is left behind is wiped */
            if (data == NULL)
                return -ENOMEM;
            if (done != 0) {
                memcpy(data, m->data, done);
                explicit_bzero(m->data, done);
            }
            mem_free(m->data);
            m->data = data;
            m->room = room;
        }
        size_t part = len - done < m->room - done ? len - done : m->room - done;
        int r = receive_bytes(fd, wake_fd, m->data + done, part, deadline_us);
        if (r)
            return r;
        done += part;
    }
    m->len = len;
    return 0;
}

int message_receive(int fd, int wake_fd, struct message *m, size_t max, int64_t start_us, int64_t within_us)
{
    uint8_t header[MESSAGE_HEADER];
    m->len = 0;
    int r = wait_for(fd, POLLIN, wake_fd, start_us);
    if (r)
        return r;
    int64_t deadline = clock_monotonic_us() + within_us;
    r = receive_bytes(fd, wake_fd, header, sizeof(header), deadline);
    if (r)
        return r;
    size_t len = get_le32(header);
    m->type = get_le16(header + 4);
    if (get_le16(header + 6) != 0)
        return -EPROTO;
    if (len > max)
        return -EMSGSIZE;
    return receive_body(fd, wake_fd, m, len, deadline);
}

void message_free(struct message *m)
{
    if (m->data != NULL)
        explicit_bzero(m->data, m->room);
    mem_free(m->data);
    *m = (struct message){0};
}

/* The bytes of the struct, what lies between its fields included. */
static void own_layout(uint8_t bytes[sizeof(struct message_layout)])
{
    uint64_t number = UINT64_C(0x0102030405060708);
    memset(bytes, 0, sizeof(struct message_layout));
    bytes[offsetof(struct message_layout, first)] = 1;
    memcpy(bytes + offsetof(struct message_layout, number), &number, sizeof(number));
}

void message_put_layout(struct codec_writer *w)
{
    uint8_t own[sizeof(struct message_layout)];
    own_layout(own);
    codec_put_bytes(w, HELLO_LAYOUT, own, sizeof(own));
}

bool message_same_layout(const struct codec_field *f)
{
    uint8_t own[sizeof(struct message_layout)];
    own_layout(own);
    return f->len == sizeof(own) && memcmp(f->data, own, sizeof(own)) == 0;
}
