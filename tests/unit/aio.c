/* SPDX-License-Identifier: BSD-2-Clause */
/* Asynchronous I/O on descriptors: both of its engines behave alike. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "io/aio.h"
#include "io/rw.h"
#include "util/alloc.h"

enum { DEPTH = 16, PIECE = 8192, PIECES = 200 };

static int scratch(void)
{
    const char *dir = getenv("TMPDIR");
    int fd = open(dir ? dir : "/tmp", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    return fd;
}

/* Runs a test with the ring (where there is one) and with threads. */
static void with_both(void (*test)(struct aio *a, int fd))
{
    for (unsigned flags = 0; flags < 2; flags++) {
        struct aio *a;
        int fd = scratch();
        assert_int_equal(aio_open(DEPTH, flags ? AIO_NO_IO_URING : 0, &a), 0);
        assert_false(flags && aio_uses_io_uring(a));
        test(a, fd);
        aio_close(a);
        close(fd);
    }
}

static int one(struct aio *a, struct aio_request *r)
{
    struct aio_request *done = NULL;
    assert_int_equal(aio_submit(a, &r, 1), 1);
    assert_int_equal(aio_reap(a, &done, 1, 1, -1), 1);
    assert_ptr_equal(done, r);
    return r->result;
}

static void transfers(struct aio *a, int fd)
{
    static unsigned char out[PIECES][PIECE], in[PIECES][PIECE];
    struct aio_request r[PIECES], *done[DEPTH];
    struct iovec iov[PIECES][2];
    for (int write = 1; write >= 0; write--) {
        size_t sent = 0, back = 0;
        for (size_t i = 0; i < PIECES; i++) {
            unsigned char *p = write ? out[i] : in[i];
            memset(p, write ? (int)(i % 251) : 0xff, PIECE);
            iov[i][0] = (struct iovec){p, 100 * (i % 3)};
            iov[i][1] = (struct iovec){p + 100 * (i % 3), PIECE - 100 * (i % 3)};
            r[i] = (struct aio_request){.operation = write ? AIO_WRITE : AIO_READ,
                                        .fd = fd,
                                        .iov = i % 3 ? iov[i] : iov[i] + 1,
                                        .iovcnt = i % 3 ? 2 : 1,
                                        .offset = i * PIECE,
                                        .result = 1};
        }
        while (back < PIECES) {
            struct aio_request *batch[PIECES];
            for (size_t i = sent; i < PIECES; i++)
                batch[i - sent] = &r[i];
            sent += aio_submit(a, batch, PIECES - sent);
            assert_true(sent - back <= DEPTH);
            int n = aio_reap(a, done, DEPTH, 1, -1);
            assert_true(n >= 1);
            for (int i = 0; i < n; i++)
                assert_int_equal(done[i]->result, 0);
            back += (size_t)n;
        }
    }
    assert_memory_equal(in, out, sizeof in);
    struct aio_request sync = {.operation = AIO_SYNC, .fd = fd};
    assert_int_equal(one(a, &sync), 0);
}

static void many_transfers_come_back_whole_in_any_order(void **state)
{
    (void)state;
    with_both(transfers);
}

static void errors(struct aio *a, int fd)
{
    char buffer[512];
    struct iovec iov = {buffer, sizeof buffer};
    struct aio_request r = {.operation = AIO_READ, .fd = fd, .iov = &iov, .iovcnt = 1};
    assert_int_equal(one(a, &r), -ENODATA);
    assert_int_equal(ftruncate(fd, 100), 0);
    assert_int_equal(one(a, &r), -ENODATA); /* ends in the middle */
    r.fd = -1;
    assert_int_equal(one(a, &r), -EBADF);
    r = (struct aio_request){.operation = AIO_NOTHING, .result = -EINVAL};
    assert_int_equal(one(a, &r), -EINVAL);
}

static void failures_come_back_as_negative_errnos(void **state)
{
    (void)state;
    with_both(errors);
}

static void holes(struct aio *a, int fd)
{
    char buffer[65536], back[65536];
    memset(buffer, 1, sizeof buffer);
    struct iovec iov = {buffer, sizeof buffer};
    struct aio_request r = {.operation = AIO_WRITE, .fd = fd, .iov = &iov, .iovcnt = 1, .flags = RWF_DSYNC};
    assert_int_equal(one(a, &r), 0);
    r = (struct aio_request){.operation = AIO_FALLOCATE,
                             .fd = fd,
                             .flags = FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
                             .offset = 4096,
                             .length = 8192};
    assert_int_equal(one(a, &r), 0);
    memset(buffer + 4096, 0, 8192);
    assert_int_equal(pread(fd, back, sizeof back, 0), sizeof back);
    assert_memory_equal(back, buffer, sizeof back);
}

static void a_hole_can_be_punched_in_the_same_queue(void **state)
{
    (void)state;
    with_both(holes);
}

static void polling(struct aio *a, int fd)
{
    (void)fd;
    struct pollfd p = {.fd = aio_fd(a), .events = POLLIN};
    struct aio_request r[3], *batch[3], *done[3];
    assert_int_equal(poll(&p, 1, 0), 0);
    assert_int_equal(aio_reap(a, done, 3, 3, 0), 0);
    assert_int_equal(aio_reap(a, done, 3, 3, -1), 0); /* nothing in flight: nothing to wait for */
    for (int i = 0; i < 3; i++) {
        r[i] = (struct aio_request){.operation = AIO_NOTHING};
        batch[i] = &r[i];
    }
    assert_int_equal(aio_submit(a, batch, 3), 3);
    assert_int_equal(poll(&p, 1, 10000), 1);
    assert_int_equal(aio_reap(a, done, 2, 2, 1000), 2);
    assert_int_equal(poll(&p, 1, 10000), 1); /* one more waits */
    assert_int_equal(aio_reap(a, done, 3, 1, 1000), 1);
    assert_int_equal(poll(&p, 1, 0), 0);
}

static void the_descriptor_is_readable_while_completions_wait(void **state)
{
    (void)state;
    with_both(polling);
}

struct called {
    struct aio_request r;
    pthread_t by;
    int result;
};

static int called(void *user)
{
    struct called *c = user;
    c->by = pthread_self();
    return c->result;
}

static void calling(struct aio *a, int fd)
{
    struct pollfd p = {.fd = aio_fd(a), .events = POLLIN};
    struct called c[DEPTH];
    struct aio_request *batch[DEPTH], *done[DEPTH];
    char byte = 1;
    struct iovec iov = {&byte, 1};
    for (int round = 0; round < 100; round++) {
        for (int i = 0; i < DEPTH; i++) {
            c[i] = (struct called){.r = {.operation = AIO_CALL, .call = called, .user = &c[i]}, .result = -i};
            if (i % 3 == 0) /* others between them */
                c[i].r = (struct aio_request){
                    .operation = AIO_WRITE, .fd = fd, .iov = &iov, .iovcnt = 1, .user = &c[i]};
            batch[i] = &c[i].r;
        }
        assert_int_equal(aio_room(a), DEPTH);
        assert_int_equal(aio_submit(a, batch, DEPTH), DEPTH);
        assert_int_equal(aio_room(a), 0);
        int n = 0;
        if (round % 2 == 0)
            n = aio_reap(a, done, DEPTH, DEPTH, -1); /* more than one come with one wake-up */
        while (n < DEPTH) {
            assert_int_equal(poll(&p, 1, 60000), 1);
            int more = aio_reap(a, done + n, (size_t)(1 + round % 3), 0, 0);
            assert_true(more >= 0);
            n += more;
            if (n > DEPTH - 1 - round % 3)
                n += aio_reap(a, done + n, (size_t)(DEPTH - n), (size_t)(DEPTH - n), -1);
        }
        assert_int_equal(n, DEPTH);
        for (int i = 0; i < DEPTH; i++) {
            assert_int_equal(c[i].r.result, i % 3 == 0 ? 0 : -i);
            assert_false(i % 3 != 0 && pthread_equal(c[i].by, pthread_self()));
        }
    }
}

static void calls_are_done_by_threads_and_wake_whoever_waits(void **state)
{
    (void)state;
    with_both(calling);
}

static void out_of_memory_at_open_leaves_nothing_behind(void **state)
{
    (void)state;
    for (unsigned flags = 0; flags < 2; flags++) {
        int err = -ENOMEM;
        for (unsigned long n = 1; err; n++) {
            struct aio *a = NULL;
            mem_fail_at(n);
            err = aio_open(DEPTH, flags ? AIO_NO_IO_URING : 0, &a);
            mem_fail_at(0);
            assert_true(err == 0 || err == -ENOMEM);
            aio_close(a);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(many_transfers_come_back_whole_in_any_order),
        cmocka_unit_test(failures_come_back_as_negative_errnos),
        cmocka_unit_test(a_hole_can_be_punched_in_the_same_queue),
        cmocka_unit_test(the_descriptor_is_readable_while_completions_wait),
        cmocka_unit_test(calls_are_done_by_threads_and_wake_whoever_waits),
        cmocka_unit_test(out_of_memory_at_open_leaves_nothing_behind),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
