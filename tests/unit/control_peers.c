/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Peers that are slow, hostile or dead: what they send on a bare socket harms neither the service nor its
 * other clients, and a bad service harms no client.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "control/marshal.h"
#include "control/message.h"
#include "control/socket.h"
#include "support/file_world.h"
#include "util/bytes.h"
#include "util/clock.h"
#include "util/fail.h"

struct fixture {
    struct file_world w;
    char path[108];
    replsvc_service *client;
};

static int setup(void **state)
{
    static struct fixture f;
    file_world_make(&f.w, 2, 64);
    snprintf(f.path, sizeof f.path, "%.90s/socket", f.w.directory);
    assert_done(replsvc_service_listen(f.w.svc, f.path, NULL));
    assert_done(replsvc_service_connect(f.path, &f.client));
    *state = &f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    replsvc_service_close(f->client);
    file_world_free(&f->w);
    return 0;
}

static void assert_served(struct fixture *f)
{
    replsvc_element_ref e;
    assert_done(replsvc_element_find(f->client, "v0", &e));
}

static int64_t soon(void)
{
    return clock_monotonic_us() + 20000000;
}

static int connect_bare(const struct fixture *f)
{
    int fd;
    assert_int_equal(socket_connect(f->path, &fd), 0);
    return fd;
}

static void send_message(int fd, enum message_type type, struct codec_writer *w)
{
    assert_int_equal(message_send(fd, -1, type, w, SIZE_MAX, soon()), 0);
    codec_writer_free(w);
}

/* Receives a message and gives the code in it. */
static uint32_t receive_code(int fd, enum message_type type)
{
    struct message m = {0};
    assert_int_equal(message_receive(fd, -1, &m, MESSAGE_MAX_REPLY, soon(), 20000000), 0);
    assert_int_equal(m.type, type);
    uint32_t code = reply_take_code(m.data, m.len);
    message_free(&m);
    return code;
}

static void assert_ended(int fd)
{
    struct message m = {0};
    int r = message_receive(fd, -1, &m, MESSAGE_MAX_REPLY, soon(), 20000000);
    assert_true(r == -ECONNRESET || r == -EPIPE);
    message_free(&m);
    close(fd);
}

static void put_hello(struct codec_writer *w, const char *magic, uint32_t protocol)
{
    codec_put_str(w, HELLO_MAGIC, magic);
    codec_put_u32(w, HELLO_PROTOCOL, protocol);
    message_put_layout(w);
}

static int greet(const struct fixture *f)
{
    struct codec_writer w = CODEC_WRITER_INIT;
    int fd = connect_bare(f);
    put_hello(&w, MESSAGE_MAGIC, MESSAGE_PROTOCOL);
    send_message(fd, MESSAGE_HELLO, &w);
    assert_int_equal(receive_code(fd, MESSAGE_WELCOME), 0);
    return fd;
}

static void strangers_are_not_greeted(void **state)
{
    struct fixture *f = *state;
    struct codec_writer w = CODEC_WRITER_INIT;
    int fd = connect_bare(f);
    put_hello(&w, "something else", MESSAGE_PROTOCOL);
    send_message(fd, MESSAGE_HELLO, &w);
    assert_int_equal(receive_code(fd, MESSAGE_WELCOME), REPLSVC_INVALID_PARAMETER);
    assert_ended(fd);
    fd = connect_bare(f);
    put_hello(&w, MESSAGE_MAGIC, MESSAGE_PROTOCOL + 1);
    send_message(fd, MESSAGE_HELLO, &w);
    assert_int_equal(receive_code(fd, MESSAGE_WELCOME), REPLSVC_NOT_SUPPORTED);
    assert_non_null(strstr(replsvc_last_error()->message, "version 2"));
    assert_ended(fd);
    fd = connect_bare(f); /* of another architecture */
    codec_put_str(&w, HELLO_MAGIC, MESSAGE_MAGIC);
    codec_put_u32(&w, HELLO_PROTOCOL, MESSAGE_PROTOCOL);
    codec_put_u64(&w, HELLO_LAYOUT, 1);
    send_message(fd, MESSAGE_HELLO, &w);
    assert_int_equal(receive_code(fd, MESSAGE_WELCOME), REPLSVC_NOT_SUPPORTED);
    assert_ended(fd);
    fd = connect_bare(f);
    assert_int_equal(send(fd, "GET / HTTP/1.0\r\n\r\n", 18, MSG_NOSIGNAL), 18);
    assert_ended(fd);
    assert_served(f);
}

static void what_is_no_request_is_answered_once(void **state)
{
    struct fixture *f = *state;
    uint8_t huge[MESSAGE_HEADER] = {0}, odd[MESSAGE_HEADER] = {0};
    struct codec_writer empty = CODEC_WRITER_INIT;
    put_le32(huge, UINT32_MAX);
    put_le16(huge + 4, MESSAGE_CALL);
    put_le16(odd + 6, 1);
    int fd = greet(f);
    assert_int_equal(send(fd, huge, sizeof huge, MSG_NOSIGNAL), sizeof huge);
    assert_int_equal(receive_code(fd, MESSAGE_REPLY), REPLSVC_INVALID_PARAMETER);
    assert_int_equal(replsvc_last_error()->system_errno, EMSGSIZE);
    assert_non_null(strstr(replsvc_last_error()->message, "1048576"));
    assert_ended(fd);
    fd = greet(f);
    assert_int_equal(send(fd, odd, sizeof odd, MSG_NOSIGNAL), sizeof odd);
    assert_int_equal(receive_code(fd, MESSAGE_REPLY), REPLSVC_INVALID_PARAMETER);
    assert_ended(fd);
    fd = greet(f);
    send_message(fd, MESSAGE_WELCOME, &empty);
    assert_int_equal(receive_code(fd, MESSAGE_REPLY), REPLSVC_INVALID_PARAMETER);
    assert_ended(fd);
    assert_served(f);
}

/* One request on a new connection, which goes on: the next is answered, too. */
static uint32_t ask(const struct fixture *f, struct codec_writer *w)
{
    struct codec_writer good = CODEC_WRITER_INIT;
    struct args_element_find args = {.name = "v0"};
    int fd = greet(f);
    send_message(fd, MESSAGE_CALL, w);
    uint32_t code = receive_code(fd, MESSAGE_REPLY);
    replsvc_error error = *replsvc_last_error();
    replsvc_element_ref e;
    args.element = &e;
    assert_int_equal(request_put(&good, control_call_element_find(), &args), 0);
    send_message(fd, MESSAGE_CALL, &good);
    assert_int_equal(receive_code(fd, MESSAGE_REPLY), 0);
    close(fd);
    (void)svc_fail_again(&error);
    return code;
}

static void calls_that_make_no_sense_are_refused(void **state)
{
    struct fixture *f = *state;
    struct codec_writer w = CODEC_WRITER_INIT;
    uint8_t options[8] = {255, 0, 0, 0};
    assert_int_equal(ask(f, &w), REPLSVC_INVALID_PARAMETER); /* names nothing */
    codec_put_str(&w, TAG_NAME, "from_the_future");
    assert_int_equal(ask(f, &w), REPLSVC_NOT_SUPPORTED);
    assert_non_null(strstr(replsvc_last_error()->message, "replsvc_from_the_future"));
    codec_put_str(&w, TAG_NAME, "element_find");
    codec_put_bytes(&w, TAG_VALUE(0), "v0", 2); /* without its end */
    assert_int_equal(ask(f, &w), REPLSVC_INVALID_PARAMETER);
    codec_put_str(&w, TAG_NAME, "element_find"); /* no place for what it finds */
    codec_put_bytes(&w, TAG_VALUE(0), "v0", 3);
    assert_int_equal(ask(f, &w), REPLSVC_INVALID_PARAMETER);
    codec_put_str(&w, TAG_NAME, "pool_register"); /* options that are longer than what came */
    codec_put_bytes(&w, TAG_VALUE(2), options, sizeof options);
    assert_int_equal(ask(f, &w), REPLSVC_INVALID_PARAMETER);
    codec_put_str(&w, TAG_NAME, "element_get_info"); /* a reference that is too long */
    codec_put_bytes(&w, TAG_VALUE(0), "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
                    65);
    assert_int_equal(ask(f, &w), REPLSVC_INVALID_PARAMETER);
    codec_put_str(&w, TAG_NAME, "create_group"); /* more members than came */
    codec_put_bytes(&w, TAG_VALUE(1), "e", 1);
    codec_put_u64(&w, TAG_COUNT(1), UINT64_MAX);
    assert_int_equal(ask(f, &w), REPLSVC_INVALID_PARAMETER);
    codec_put_str(&w, TAG_NAME, "get_replication_relationships"); /* a number that does not fit */
    codec_put_u64(&w, TAG_VALUE(0), 65536);
    assert_int_equal(ask(f, &w), REPLSVC_INVALID_PARAMETER);
    codec_put_str(&w, TAG_NAME, "element_unregister"); /* a bool that is none */
    codec_put_u32(&w, TAG_VALUE(1), 2);
    assert_int_equal(ask(f, &w), REPLSVC_INVALID_PARAMETER);
    codec_put_str(&w, TAG_NAME, "element_list"); /* fields of versions to come are skipped */
    codec_put_bytes(&w, TAG_VALUE(0), NULL, 0);
    codec_put_bytes(&w, TAG_COUNT(0), NULL, 0);
    codec_put_u64(&w, TAG_VALUE(40), 1);
    assert_int_equal(ask(f, &w), REPLSVC_OK);
}

/* While peers say nothing, half a header, half a message, or do not read their answers. */
static void slow_peers_hold_up_nobody(void **state)
{
    struct fixture *f = *state;
    struct codec_writer w = CODEC_WRITER_INIT;
    uint8_t header[MESSAGE_HEADER] = {0};
    int fds[6];
    put_le32(header, 1000);
    put_le16(header + 4, MESSAGE_CALL);
    fds[0] = connect_bare(f);
    fds[1] = connect_bare(f);
    assert_int_equal(send(fds[1], header, 3, MSG_NOSIGNAL), 3);
    fds[2] = greet(f);
    fds[3] = greet(f);
    assert_int_equal(send(fds[3], header, sizeof header, MSG_NOSIGNAL), sizeof header);
    fds[4] = greet(f);
    fds[5] = greet(f);
    for (int i = 0; i < 2000; i++) { /* until neither side's socket takes more */
        codec_put_str(&w, TAG_NAME, "element_list");
        codec_put_bytes(&w, TAG_VALUE(0), NULL, 0);
        codec_put_bytes(&w, TAG_COUNT(0), NULL, 0);
        int r = message_send(fds[5], -1, MESSAGE_CALL, &w, SIZE_MAX, clock_monotonic_us() + 100000);
        codec_writer_free(&w);
        if (r)
            break;
    }
    assert_served(f);
    close(fds[0]);
    close(fds[2]);
    assert_served(f);
    assert_done(replsvc_service_unlisten(f->w.svc, f->path)); /* which waits for none of them, either */
    for (int i = 1; i < 6; i++)
        if (i != 2)
            close(fds[i]);
}

static void followers_that_do_not_read_hold_up_nobody(void **state)
{
    struct fixture *f = *state;
    struct codec_writer w = CODEC_WRITER_INIT;
    int fd = greet(f);
    send_message(fd, MESSAGE_EVENTS, &w);
    for (int i = 0; i < 250; i++) { /* more than its socket takes */
        replsvc_group_ref group;
        assert_done(replsvc_create_group(f->client, NULL, NULL, 0, 0, 0, 0, NULL, &group, NULL));
        assert_done(replsvc_delete_group(f->client, &group, NULL, 0, NULL));
    }
    close(fd);
    assert_served(f);
}

static void a_message_has_its_time(void **state)
{
    struct message m = {0};
    int fds[2];
    uint8_t header[MESSAGE_HEADER] = {100, 0, 0, 0, MESSAGE_CALL};
    (void)state;
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
    assert_int_equal(message_receive(fds[0], -1, &m, 1000, 0, 1), -ETIMEDOUT);
    assert_int_equal(send(fds[1], header, 5, 0), 5);
    assert_int_equal(message_receive(fds[0], -1, &m, 1000, 0, 1), -ETIMEDOUT);
    assert_int_equal(send(fds[1], header, sizeof header, 0), sizeof header);
    assert_int_equal(send(fds[1], "half of it", 10, 0), 10);
    assert_int_equal(message_receive(fds[0], -1, &m, 1000, 0, 1), -ETIMEDOUT);
    struct codec_writer w = CODEC_WRITER_INIT;
    char *much = calloc(1, 8 << 20);
    codec_put_bytes(&w, 1, much, 8 << 20);
    assert_int_equal(message_send(fds[0], -1, MESSAGE_REPLY, &w, SIZE_MAX, clock_monotonic_us() + 1),
                     -ETIMEDOUT);
    close(fds[1]);
    assert_int_equal(message_send(fds[0], -1, MESSAGE_REPLY, &w, SIZE_MAX, soon()),
                     -EPIPE); /* and no signal */
    assert_int_equal(message_send(fds[0], -1, MESSAGE_REPLY, &w, 1000, soon()), -EMSGSIZE);
    codec_writer_free(&w);
    message_free(&m);
    free(much);
    close(fds[0]);
}

/* ---- peers that die ---- */

static replsvc_job_ref endless_job(struct fixture *f)
{
    replsvc_job_ref job;
    replsvc_element_ref target = f->w.elements[1];
    assert_int_equal(fw_write(f->w.svc, &f->w.elements[0], 0, 64, 'x'), 0);
    assert_done(replsvc_service_set_limit(f->w.svc, 1));
    assert_int_equal(replsvc_create_element_replica(
                         f->w.svc, NULL, REPLSVC_SYNC_TYPE_CLONE, 0, &f->w.elements[0], NULL, &target, NULL,
                         "instance of CIM_ReplicationSettingData { DesiredCopyMethodology = 3; };", &job,
                         NULL, NULL, NULL, 0, NULL, NULL, 0),
                     REPLSVC_JOB_STARTED);
    return job;
}

static void a_dead_peers_wait_ends(void **state)
{
    struct fixture *f = *state;
    replsvc_listen_options options = {.size = sizeof options, .max_connections = 1};
    char path[108];
    int ready[2];
    replsvc_service *client;
    replsvc_job_ref job = endless_job(f);
    snprintf(path, sizeof path, "%.90s/single", f->w.directory);
    assert_done(replsvc_service_listen(f->w.svc, path, &options));
    assert_int_equal(pipe(ready), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        if (replsvc_service_connect(path, &client) != 0 || write(ready[1], "x", 1) != 1)
            _exit(1);
        (void)replsvc_job_wait(client, &job, -1);
        _exit(2);
    }
    char c;
    assert_int_equal(read(ready[0], &c, 1), 1);
    assert_int_equal(kill(child, SIGKILL), 0);
    assert_int_equal(waitpid(child, NULL, 0), child);
    while (replsvc_service_connect(path, &client) !=
           0) /* the only place is free again, though the job runs on */
        assert_int_equal(replsvc_last_error()->system_errno, EBUSY);
    replsvc_job_info info = {.size = sizeof info};
    assert_done(replsvc_job_get_info(client, &job, &info));
    assert_int_not_equal(info.job_state, REPLSVC_JOB_STATE_COMPLETED);
    replsvc_service_close(client);
    assert_done(replsvc_service_set_limit(f->w.svc, 0));
    assert_done(replsvc_job_wait(f->w.svc, &job, -1));
    close(ready[0]);
    close(ready[1]);
}

/* ---- services that lie ---- */

struct liar {
    pthread_t thread;
    int fd; /* listening */
    const struct codec_writer *reply;
    enum message_type type;
};

/* Greets one client, then answers each of its calls with what it was given. */
static void *lie(void *arg)
{
    struct liar *l = arg;
    struct codec_writer welcome = CODEC_WRITER_INIT;
    struct message m = {0};
    struct pollfd p = {.fd = l->fd, .events = POLLIN};
    (void)poll(&p, 1, -1);
    int fd = accept4(l->fd, NULL, NULL, SOCK_CLOEXEC);
    codec_put_u32(&welcome, TAG_CODE, 0);
    if (message_receive(fd, -1, &m, MESSAGE_MAX_REQUEST, soon(), 20000000) == 0 &&
        message_send(fd, -1, MESSAGE_WELCOME, &welcome, SIZE_MAX, soon()) == 0)
        while (message_receive(fd, -1, &m, MESSAGE_MAX_REQUEST, soon(), 20000000) == 0)
            (void)message_send(fd, -1, l->type, l->reply, SIZE_MAX, soon());
    codec_writer_free(&welcome);
    message_free(&m);
    close(fd);
    return NULL;
}

/* What the client makes of a reply to element_list. */
static void assert_not_believed(struct fixture *f, struct codec_writer *reply, enum message_type type)
{
    struct listening_socket s;
    char path[108];
    replsvc_service *client;
    replsvc_element_ref *list = (replsvc_element_ref *)f;
    size_t n = 7;
    snprintf(path, sizeof path, "%.90s/liar", f->w.directory);
    assert_done(socket_listen(path, 0600, &s));
    struct liar l = {.fd = s.fd, .reply = reply, .type = type};
    assert_int_equal(pthread_create(&l.thread, NULL, lie, &l), 0);
    assert_done(replsvc_service_connect(path, &client));
    assert_refused(replsvc_element_list(client, &list, &n), REPLSVC_FAILED, "");
    assert_ptr_equal(list, f);
    assert_int_equal(n, 7);
    replsvc_service_close(client);
    assert_int_equal(pthread_join(l.thread, NULL), 0);
    socket_remove(&s);
    socket_close(&s);
    codec_writer_free(reply);
}

static void a_client_does_not_believe_all_that_it_hears(void **state)
{
    struct fixture *f = *state;
    struct codec_writer w = CODEC_WRITER_INIT;
    codec_put_u32(&w, TAG_CODE, 0);
    assert_not_believed(f, &w, MESSAGE_EVENT);
    assert_not_believed(f, &w, MESSAGE_REPLY); /* no code */
    codec_put_u32(&w, TAG_CODE, 0);
    codec_put_u64(&w, TAG_COUNT(0), UINT64_MAX);
    codec_put_bytes(&w, TAG_VALUE(0), "element-1", 9);
    assert_not_believed(f, &w, MESSAGE_REPLY); /* more entries than came */
    codec_put_u32(&w, TAG_CODE, 0);
    codec_put_u64(&w, TAG_COUNT(0), 1);
    codec_put_bytes(&w, TAG_VALUE(0), "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
                    64);
    assert_not_believed(f, &w, MESSAGE_REPLY); /* a reference that does not end */
    codec_put_u32(&w, TAG_CODE, 0);
    codec_put_u64(&w, TAG_COUNT(0), 2);
    w.len--;
    assert_not_believed(f, &w, MESSAGE_REPLY); /* cut short */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(strangers_are_not_greeted, setup, teardown),
        cmocka_unit_test_setup_teardown(what_is_no_request_is_answered_once, setup, teardown),
        cmocka_unit_test_setup_teardown(calls_that_make_no_sense_are_refused, setup, teardown),
        cmocka_unit_test_setup_teardown(slow_peers_hold_up_nobody, setup, teardown),
        cmocka_unit_test_setup_teardown(followers_that_do_not_read_hold_up_nobody, setup, teardown),
        cmocka_unit_test(a_message_has_its_time),
        cmocka_unit_test_setup_teardown(a_dead_peers_wait_ends, setup, teardown),
        cmocka_unit_test_setup_teardown(a_client_does_not_believe_all_that_it_hears, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
