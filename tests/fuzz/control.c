/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What comes through the control socket. The first byte says what the rest is:
 *   0  calls, each a length (u16) and the body of a CALL, served by a service on simulated disks
 *   1  an index of the table of calls and the body of a REPLY, taken by a client
 *   2  what a peer sends after a good greeting, given to a connection as it is
 *   3  the same from the first byte on
 * A field "@A" of a call stands for the id of the first object of the service, "@B" for the second, …, so
 * that inputs need not guess them. Locators must begin with "sim:": no input reaches the machine's own files.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "control/connection.h"
#include "control/marshal.h"
#include "control/message.h"
#include "support/service_world.h"
#include "util/alloc.h"
#include "util/bytes.h"
#include "util/caller.h"

#define INPUTS_PER_WORLD 200
#define MAX_IDS 26u

static struct service_world world;
static unsigned inputs;

/* Whoever waits would wait for ever. */
static bool always_gone(const struct caller *caller)
{
    (void)caller;
    return true;
}

/* Six elements, a group of two of them, a snapshot. */
static void make_world(void)
{
    replsvc_group_ref group;
    service_world_make(&world, 6, 1 << 20);
    replsvc_element_ref target = world.elements[4];
    (void)replsvc_create_group(world.svc, "g", world.elements, 2, 0, 0, 0, NULL, &group, NULL);
    (void)replsvc_create_element_replica(world.svc, "s", REPLSVC_SYNC_TYPE_SNAPSHOT, 0, &world.elements[0],
                                         NULL, &target, NULL, NULL, NULL, NULL, NULL, NULL, 0, NULL, NULL, 0);
}

static void renew_world(void)
{
    if (inputs++ % INPUTS_PER_WORLD != 0)
        return;
    if (world.svc != NULL)
        service_world_free(&world);
    make_world();
}

/* ---- calls ---- */

static size_t list_ids(replsvc_element_ref ids[MAX_IDS])
{
    replsvc_element_ref *elements = NULL;
    replsvc_group_ref *groups = NULL;
    replsvc_sync_ref *syncs = NULL;
    replsvc_job_ref *jobs = NULL;
    size_t n[4] = {0}, filled = 0;
    (void)replsvc_element_list(world.svc, &elements, &n[0]);
    (void)replsvc_group_list(world.svc, &groups, &n[1]);
    (void)replsvc_sync_list(world.svc, &syncs, &n[2]);
    (void)replsvc_job_list(world.svc, &jobs, &n[3]);
    const void *const lists[4] = {elements, groups, syncs, jobs};
    for (size_t i = 0; i < 4; i++)
        for (size_t k = 0; k < n[i] && filled < MAX_IDS; k++)
            memcpy(&ids[filled++], (const replsvc_element_ref *)lists[i] + k, sizeof ids[0]);
    replsvc_free(elements);
    replsvc_free(groups);
    replsvc_free(syncs);
    replsvc_free(jobs);
    return filled;
}

/* A locator that is none of the simulated world's. */
static bool reaches_out(const char *name, const struct codec_field *f)
{
    if (strcmp(name, "add_service_access_point") == 0)
        return true;
    if (strcmp(name, "element_register") != 0 && strcmp(name, "pool_register") != 0)
        return false;
    return f->tag == TAG_VALUE(1) && (f->len < 4 || memcmp(f->data, "sim:", 4) != 0);
}

/* The body with its ids filled in; false: not to be served. */
static bool prepare(const uint8_t *body, size_t len, struct codec_writer *w)
{
    replsvc_element_ref ids[MAX_IDS];
    size_t n_ids = list_ids(ids);
    struct codec_reader r;
    struct codec_field f;
    char name[64] = "";
    codec_reader_init(&r, body, len);
    while (codec_next(&r, &f) > 0) {
        if (f.tag == TAG_NAME && name[0] == '\0')
            (void)codec_get_str(&f, name, sizeof name);
        if (reaches_out(name, &f))
            return false;
        if (f.len == 2 && f.data[0] == '@' && (size_t)(f.data[1] - 'A') < n_ids)
            codec_put_str(w, f.tag, ids[f.data[1] - 'A'].id);
        else
            codec_put_bytes(w, f.tag, f.data, f.len);
    }
    if (r.pos < len) { /* one that lies about its length is followed by one that is cut short */
        codec_put_bytes(w, UINT16_MAX, body + r.pos, len - r.pos);
        w->len--;
    }
    return true;
}

static void serve_calls(const uint8_t *data, size_t size)
{
    while (size >= 2) {
        size_t len = get_le16(data);
        data += 2;
        size -= 2;
        if (len > size)
            len = size;
        struct codec_writer request = CODEC_WRITER_INIT, reply = CODEC_WRITER_INIT;
        if (prepare(data, len, &request)) {
            request_serve(world.svc, request.data, request.len, &reply);
            if (reply.err != 0 || reply.len == 0)
                abort(); /* everything is answered */
        }
        codec_writer_free(&request);
        codec_writer_free(&reply);
        data += len;
        size -= len;
    }
}

/* ---- replies ---- */

/* Room for whatever a call gives out, all of it wanted. */
struct room {
    _Alignas(max_align_t) char args[CONTROL_MAX_ARGS];
    _Alignas(max_align_t) char out[CONTROL_MAX_PARAMETERS][8192];
    size_t n[CONTROL_MAX_PARAMETERS];
};

static void make_room(struct room *room, const struct control_call *call)
{
    memset(room, 0, sizeof *room);
    for (size_t i = 0; i < call->n_parameters; i++) {
        const struct control_parameter *p = &call->parameters[i];
        void *out = room->out[i], *n = &room->n[i];
        size_t two = 2;
        if (p->kind == PARAMETER_BOOL || p->kind == PARAMETER_NUMBER)
            continue;
        memcpy(room->args + p->at, &out, sizeof out);
        if (p->kind == PARAMETER_INFO)
            memcpy(out, &p->size, sizeof(uint32_t));
        if (p->n_at != 0 && p->kind < PARAMETER_OUT)
            memcpy(room->args + p->n_at, &two, sizeof two);
        else if (p->n_at != 0)
            memcpy(room->args + p->n_at, &n, sizeof n);
    }
}

static void take_reply(const uint8_t *data, size_t size)
{
    static struct room room;
    const struct control_call *call = size > 0 ? control_call_at(data[0]) : NULL;
    if (call == NULL)
        return;
    make_room(&room, call);
    (void)reply_take(call, room.args, data + 1, size - 1);
    for (size_t i = 0; i < call->n_parameters; i++) {
        const struct control_parameter *p = &call->parameters[i];
        char **list = (char **)(void *)room.out[i];
        if (p->kind == PARAMETER_OUT_TEXTS)
            for (size_t k = 0; *list != NULL && k < room.n[i]; k++)
                (void)strlen(((char **)(void *)*list)[k]);
        if (p->kind >= PARAMETER_OUT_TEXT)
            replsvc_free(*list);
    }
}

/* ---- connections ---- */

static void *drain(void *arg)
{
    char buffer[4096];
    while (read(*(int *)arg, buffer, sizeof buffer) > 0)
        ;
    return NULL;
}

static void send_hello(int fd)
{
    struct codec_writer w = CODEC_WRITER_INIT;
    codec_put_str(&w, HELLO_MAGIC, MESSAGE_MAGIC);
    codec_put_u32(&w, HELLO_PROTOCOL, MESSAGE_PROTOCOL);
    message_put_layout(&w);
    (void)message_send(fd, -1, MESSAGE_HELLO, &w, MESSAGE_MAX_REQUEST, MESSAGE_NEVER);
    codec_writer_free(&w);
}

/* Nothing here looks at locators, so that calls with some are left to serve_calls. */
static void run_connection(const uint8_t *data, size_t size, bool greeted)
{
    int fds[2], stop_fd = eventfd(0, EFD_CLOEXEC);
    atomic_bool stop = false;
    pthread_t thread;
    if (size > 65536 || memmem(data, size, "register", 8) != NULL ||
        memmem(data, size, "access_point", 12) != NULL ||
        socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) != 0) {
        close(stop_fd);
        return;
    }
    if (pthread_create(&thread, NULL, drain, &fds[1]) != 0)
        abort();
    if (greeted)
        send_hello(fds[1]);
    if (size > 0 && send(fds[1], data, size, MSG_NOSIGNAL) != (ssize_t)size)
        abort();
    shutdown(fds[1], SHUT_WR);
    connection_run(
        &(struct connection){.service = world.svc, .fd = fds[0], .stop_fd = stop_fd, .stop = &stop});
    close(fds[0]);
    pthread_join(thread, NULL);
    close(fds[1]);
    close(stop_fd);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct caller caller = {always_gone};
    if (size == 0)
        return 0;
    renew_world();
    caller_set(&caller);
    if (data[0] == 0)
        serve_calls(data + 1, size - 1);
    else if (data[0] == 1)
        take_reply(data + 1, size - 1);
    else
        run_connection(data + 1, size - 1, data[0] == 2);
    caller_set(NULL);
    return 0;
}
