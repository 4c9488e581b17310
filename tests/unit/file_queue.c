/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The asynchronous queue of the file backend, with io_uring and with threads: against a model in memory,
 * with requests through and past the page cache on one file.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "file/file.h"
#include "support/tempdir.h"

enum { UNIT = 4096, UNITS = 512, SIZE = UNIT * UNITS + 700, DEPTH = 32, PIECE = 16 * UNIT };

static char directory[TEMPDIR_SIZE];

static void *open_image(uint32_t flags, bool create)
{
    char path[TEMPDIR_SIZE + 8];
    (void)snprintf(path, sizeof path, "%s/image", directory);
    replsvc_backend_create_options c = {.size = sizeof c, .size_bytes = SIZE};
    if (create) {
        (void)file_backend.remove(path);
        assert_int_equal(file_backend.create(path, &c), 0);
    }
    replsvc_backend_open_options o = {.size = sizeof o, .flags = flags};
    void *h = NULL;
    assert_int_equal(file_backend.open(path, &o, &h), 0);
    return h;
}

static void with_both(void (*test)(void *queue))
{
    for (int k = 0; k < 2; k++) {
        void *queue;
        int fd;
        assert_int_equal(file_backend.queue_open(DEPTH, k ? REPLSVC_BACKEND_NO_IO_URING : 0, &queue, &fd), 0);
        assert_true(fd >= 0);
        test(queue);
        file_backend.queue_close(queue);
    }
}

static int one(void *queue, replsvc_backend_request *r)
{
    replsvc_backend_request *done = NULL;
    assert_int_equal(file_backend.submit(queue, &r, 1), 1);
    assert_int_equal(file_backend.reap(queue, &done, 1, 1, -1), 1);
    assert_ptr_equal(done, r);
    return r->result;
}

/* One request in flight, on units of its own. */
struct job {
    replsvc_backend_request r;
    struct iovec iov[2];
    char *buffer;
    bool busy;
};

/* Makes a request somewhere where none is in flight; false: no room found. */
static bool invent(struct job *jobs, struct job *j, void *handle, char *model)
{
    static const uint32_t operations[] = {REPLSVC_IO_READ,         REPLSVC_IO_READ,  REPLSVC_IO_WRITE,
                                          REPLSVC_IO_WRITE,        REPLSVC_IO_WRITE, REPLSVC_IO_DISCARD,
                                          REPLSVC_IO_WRITE_ZEROES, REPLSVC_IO_FLUSH};
    uint64_t offset = (uint64_t)(random() % UNITS) * UNIT, length = (uint64_t)(1 + random() % 16) * UNIT;
    bool cached = random() % 2;
    if (cached && random() % 2) /* anything goes through the cache */
        length -= (uint64_t)(random() % UNIT);
    if (random() % 20 == 0)
        length = SIZE - offset < PIECE ? SIZE - offset : length;
    if (offset + length > SIZE)
        return false;
    uint32_t operation = operations[random() % 8];
    for (int i = 0; i < DEPTH && operation != REPLSVC_IO_FLUSH; i++)
        if (jobs[i].busy && jobs[i].r.operation != REPLSVC_IO_FLUSH &&
            offset < (jobs[i].r.offset + jobs[i].r.length + UNIT - 1) / UNIT * UNIT &&
            jobs[i].r.offset < (offset + length + UNIT - 1) / UNIT * UNIT)
            return false;
    j->busy = true;
    j->r = (replsvc_backend_request){.handle = handle,
                                     .operation = operation,
                                     .offset = offset,
                                     .length = length,
                                     .iov = j->iov,
                                     .iovcnt = 2,
                                     .user = j,
                                     .result = 1,
                                     .flags = cached ? 0 : REPLSVC_BACKEND_IO_UNCACHED};
    if (random() % 8 == 0 && operation != REPLSVC_IO_READ)
        j->r.flags |= REPLSVC_IO_FUA;
    if (operation == REPLSVC_IO_WRITE_ZEROES && random() % 2)
        j->r.flags |= REPLSVC_IO_MAY_UNMAP;
    size_t first = length > UNIT ? UNIT : length;
    j->iov[0] = (struct iovec){j->buffer, first};
    j->iov[1] = (struct iovec){j->buffer + first, length - first};
    if (operation == REPLSVC_IO_WRITE) {
        memset(j->buffer, (int)random(), length);
        memcpy(model + offset, j->buffer, length);
    } else if (operation == REPLSVC_IO_DISCARD || operation == REPLSVC_IO_WRITE_ZEROES) {
        memset(model + offset, 0, length);
    }
    return true;
}

static void against_a_model(void *queue)
{
    void *h = open_image(REPLSVC_BACKEND_WRITABLE, true);
    char *model = calloc(1, SIZE);
    struct job jobs[DEPTH] = {0};
    for (int i = 0; i < DEPTH; i++)
        assert_int_equal(posix_memalign((void **)&jobs[i].buffer, UNIT, PIECE), 0);
    unsigned flying = 0;
    for (int round = 0; round < 6000 || flying; round++) {
        struct job *j = &jobs[random() % DEPTH];
        if (round < 6000 && !j->busy && invent(jobs, j, h, model)) {
            replsvc_backend_request *r = &j->r;
            assert_int_equal(file_backend.submit(queue, &r, 1), 1);
            flying++;
        }
        replsvc_backend_request *done[DEPTH];
        int n = file_backend.reap(queue, done, DEPTH, round >= 6000, round >= 6000 ? -1 : 0);
        assert_true(n >= 0);
        for (int i = 0; i < n; i++) {
            struct job *d = done[i]->user;
            assert_int_equal(d->r.result, 0);
            if (d->r.operation == REPLSVC_IO_READ)
                assert_memory_equal(d->buffer, model + d->r.offset, d->r.length);
            d->busy = false;
            flying--;
        }
    }
    char *all = malloc(SIZE);
    struct iovec iov = {all, SIZE};
    assert_int_equal(file_backend.preadv(h, &iov, 1, 0, 0), 0);
    assert_memory_equal(all, model, SIZE);
    file_backend.close(h);
    for (int i = 0; i < DEPTH; i++)
        free(jobs[i].buffer);
    free(all);
    free(model);
}

static void requests_through_and_past_the_cache_agree_with_a_model(void **state)
{
    (void)state;
    with_both(against_a_model);
}

static void refusals(void *queue)
{
    char buffer[UNIT];
    struct iovec iov = {buffer, UNIT};
    void *h = open_image(REPLSVC_BACKEND_WRITABLE, true);
    replsvc_backend_request r = {.handle = h,
                                 .operation = REPLSVC_IO_READ,
                                 .iov = &iov,
                                 .iovcnt = 1,
                                 .offset = SIZE - UNIT + 1,
                                 .length = UNIT};
    assert_int_equal(one(queue, &r), -EINVAL);
    r.operation = REPLSVC_IO_WRITE;
    assert_int_equal(one(queue, &r), -EINVAL);
    r.offset = UINT64_MAX - 10;
    assert_int_equal(one(queue, &r), -EINVAL);
    r.operation = 99;
    r.offset = 0;
    assert_int_equal(one(queue, &r), -EINVAL);
    file_backend.close(h);
    h = open_image(0, false);
    r.handle = h;
    for (uint32_t op = REPLSVC_IO_WRITE; op <= REPLSVC_IO_WRITE_ZEROES; op++) {
        r.operation = op;
        assert_int_equal(one(queue, &r), op == REPLSVC_IO_FLUSH ? 0 : -EROFS);
    }
    r.operation = REPLSVC_IO_READ;
    assert_int_equal(one(queue, &r), 0);
    file_backend.close(h);
}

static void requests_that_cannot_be_come_back_with_the_reason(void **state)
{
    (void)state;
    with_both(refusals);
}

static void fullness(void *queue)
{
    void *h = open_image(REPLSVC_BACKEND_WRITABLE, true);
    replsvc_backend_request r[2 * DEPTH], *batch[2 * DEPTH], *done[2 * DEPTH];
    for (int i = 0; i < 2 * DEPTH; i++) {
        r[i] = (replsvc_backend_request){.handle = h,
                                         .operation = REPLSVC_IO_WRITE_ZEROES,
                                         .length = UNIT,
                                         .offset = (uint64_t)i * UNIT,
                                         .flags = REPLSVC_IO_FUA};
        batch[i] = &r[i];
    }
    assert_int_equal(file_backend.submit(queue, batch, 2 * DEPTH), DEPTH);
    assert_int_equal(file_backend.submit(queue, batch + DEPTH, DEPTH), 0);
    assert_int_equal(file_backend.reap(queue, done, 2 * DEPTH, DEPTH, -1), DEPTH);
    assert_int_equal(file_backend.submit(queue, batch + DEPTH, DEPTH), DEPTH);
    assert_int_equal(file_backend.reap(queue, done, 2 * DEPTH, 2 * DEPTH, -1), DEPTH);
    assert_int_equal(file_backend.reap(queue, done, 2 * DEPTH, 1, 10), 0);
    file_backend.close(h);
}

static void a_full_queue_takes_no_more_until_something_is_reaped(void **state)
{
    (void)state;
    with_both(fullness);
}

static int set_up(void **state)
{
    (void)state;
    tempdir_make(directory);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    tempdir_remove(directory);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(requests_through_and_past_the_cache_agree_with_a_model),
        cmocka_unit_test(requests_that_cannot_be_come_back_with_the_reason),
        cmocka_unit_test(a_full_queue_takes_no_more_until_something_is_reaped),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
