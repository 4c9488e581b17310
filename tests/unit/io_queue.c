/* SPDX-License-Identifier: BSD-2-Clause */
/* Asynchronous host I/O through the public API: against a model, under relationships, with refusals. */
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "engine/io_queue.h"
#include "support/file_world.h"

enum { VOLUMES = 3, BLOCKS = 256, DEPTH = 64, MOST = 8 /* blocks of a request */ };

/* One request, its buffer, and for a read what it must find. */
struct op {
    replsvc_io_request r;
    struct iovec iov[2];
    unsigned char buffer[MOST * FW_BLOCK], expected[MOST];
    bool busy;
};

struct bench {
    struct file_world w;
    replsvc_volume *volumes[VOLUMES];
    replsvc_io_queue *queue;
    unsigned char model[VOLUMES][BLOCKS]; /* what each block is filled with, in the order of submission */
    struct op ops[DEPTH];
    unsigned flying;
};

static struct bench *bench_new(uint32_t depth)
{
    struct bench *b = calloc(1, sizeof *b);
    file_world_make(&b->w, VOLUMES, BLOCKS);
    for (int i = 0; i < VOLUMES; i++)
        assert_int_equal(
            replsvc_volume_open(b->w.svc, &b->w.elements[i], REPLSVC_VOLUME_WRITABLE, &b->volumes[i]), 0);
    assert_int_equal(replsvc_io_queue_open(b->w.svc, depth, &b->queue), 0);
    return b;
}

static void bench_free(struct bench *b)
{
    assert_int_equal(replsvc_io_queue_close(b->queue), 0);
    for (int i = 0; i < VOLUMES; i++)
        assert_int_equal(replsvc_volume_close(b->volumes[i]), 0);
    file_world_free(&b->w);
    free(b);
}

static void fill(struct op *o, unsigned blocks, unsigned char value)
{
    memset(o->buffer, value, (size_t)blocks * FW_BLOCK);
}

/* Invents a request of any kind and changes the model as if it had been carried out already. */
static void invent(struct bench *b, struct op *o)
{
    static const uint32_t kinds[] = {REPLSVC_IO_WRITE,   REPLSVC_IO_WRITE,        REPLSVC_IO_WRITE,
                                     REPLSVC_IO_READ,    REPLSVC_IO_READ,         REPLSVC_IO_READ,
                                     REPLSVC_IO_DISCARD, REPLSVC_IO_WRITE_ZEROES, REPLSVC_IO_FLUSH};
    unsigned v = (unsigned)random() % VOLUMES, first = (unsigned)random() % BLOCKS;
    unsigned n = 1 + (unsigned)random() % MOST;
    n = n < BLOCKS - first ? n : BLOCKS - first;
    uint32_t kind = kinds[random() % 9];
    unsigned char value = (unsigned char)(kind == REPLSVC_IO_WRITE ? 1 + random() % 255 : 0);
    o->busy = true;
    o->r = (replsvc_io_request){.size = sizeof o->r,
                                .operation = kind,
                                .volume = b->volumes[v],
                                .iov = o->iov,
                                .iovcnt = 2,
                                .offset = first * FW_BLOCK,
                                .length = n * FW_BLOCK,
                                .user = o,
                                .result = 1};
    o->iov[0] = (struct iovec){o->buffer, 1000};
    o->iov[1] = (struct iovec){o->buffer + 1000, n * FW_BLOCK - 1000};
    if (kind != REPLSVC_IO_READ && kind != REPLSVC_IO_FLUSH && random() % 10 == 0)
        o->r.flags = REPLSVC_IO_FUA;
    fill(o, n, value);
    if (kind == REPLSVC_IO_READ)
        memcpy(o->expected, &b->model[v][first], n);
    else if (kind != REPLSVC_IO_FLUSH)
        memset(&b->model[v][first], value, n);
}

static void take_back(struct bench *b, size_t min_wait, int64_t timeout)
{
    replsvc_io_request *done[DEPTH];
    int n = replsvc_io_reap(b->queue, done, DEPTH, min_wait, timeout);
    assert_true(n >= 0);
    for (int i = 0; i < n; i++) {
        struct op *o = done[i]->user;
        assert_int_equal(o->r.result, 0);
        for (size_t k = 0; o->r.operation == REPLSVC_IO_READ && k < o->r.length; k += 512)
            assert_int_equal(o->buffer[k], o->expected[k / FW_BLOCK]);
        o->busy = false;
        b->flying--;
    }
}

static void submit(struct bench *b, struct op *o)
{
    replsvc_io_request *r = &o->r;
    assert_int_equal(replsvc_io_submit(b->queue, &r, 1), 1);
    b->flying++;
}

static void submit_some(struct bench *b, unsigned n)
{
    for (int i = 0; i < DEPTH && n; i++)
        if (!b->ops[i].busy) {
            invent(b, &b->ops[i]);
            submit(b, &b->ops[i]);
            n--;
        }
}

static void drain(struct bench *b)
{
    while (b->flying)
        take_back(b, 1, -1);
}

static void compare(struct bench *b)
{
    drain(b);
    for (unsigned v = 0; v < VOLUMES; v++)
        for (unsigned k = 0; k < BLOCKS; k++) {
            unsigned char block[FW_BLOCK];
            assert_int_equal(replsvc_volume_pread(b->volumes[v], block, sizeof block, k * FW_BLOCK, 0), 0);
            assert_int_equal(block[0], b->model[v][k]);
            assert_int_equal(block[FW_BLOCK - 1], b->model[v][k]);
        }
}

static void overlapping_requests_keep_their_order_and_others_need_not(void **state)
{
    (void)state;
    static const uint32_t depths[] = {1, 7, DEPTH};
    for (int d = 0; d < 3; d++) {
        struct bench *b = bench_new(DEPTH);
        for (int round = 0; round < 600; round++) {
            submit_some(b, 1 + (unsigned)random() % depths[d]);
            while (b->flying > depths[d])
                take_back(b, 1, -1);
            take_back(b, 0, 0);
        }
        compare(b);
        bench_free(b);
    }
}

static void replicas_come_and_go_while_their_owner_has_requests_in_flight(void **state)
{
    (void)state;
    struct bench *b = bench_new(DEPTH);
    for (int round = 0; round < 6; round++) {
        replsvc_element_ref target = {""};
        replsvc_sync_ref sync;
        compare(b);
        /* Nobody reaps while the replica is made: its cut must bring in itself what is inside the gate. */
        submit_some(b, DEPTH);
        uint16_t type = round % 2 ? REPLSVC_SYNC_TYPE_SNAPSHOT : REPLSVC_SYNC_TYPE_CLONE;
        uint32_t ret =
            replsvc_create_element_replica(b->w.svc, NULL, type, 0, &b->w.elements[0], NULL, &target, NULL,
                                           NULL, NULL, &sync, NULL, NULL, 0, NULL, NULL, 0);
        assert_true(ret == 0 || ret == REPLSVC_JOB_STARTED);
        for (int k = 0; k < 50; k++) {
            take_back(b, b->flying > 20, -1);
            submit_some(b, 8);
        }
        compare(b);
        replsvc_sync_info info = fw_info(b->w.svc, &sync);
        assert_true(info.copy_state == REPLSVC_COPY_STATE_SYNCHRONIZED ||
                    info.copy_state == REPLSVC_COPY_STATE_UNSYNCHRONIZED);
    }
    bench_free(b);
}

static void a_write_before_the_cut_is_in_it_and_one_after_it_is_not(void **state)
{
    (void)state;
    struct bench *b = bench_new(DEPTH);
    for (unsigned char round = 1; round <= 20; round++) {
        for (unsigned k = 0; k < 32; k++) { /* do not overlap: all are inside the gate at once */
            struct op *o = &b->ops[k];
            o->r = (replsvc_io_request){.size = sizeof o->r,
                                        .operation = REPLSVC_IO_WRITE,
                                        .volume = b->volumes[1],
                                        .iov = o->iov,
                                        .iovcnt = 1,
                                        .offset = k * FW_BLOCK,
                                        .user = o};
            o->iov[0] = (struct iovec){o->buffer, FW_BLOCK};
            fill(o, 1, round);
            submit(b, o);
        }
        if (round > 1)
            drain(b); /* there is a replica already: they are on threads, before the gate maybe */
        replsvc_element_ref target = {""};
        replsvc_sync_ref sync;
        assert_done(replsvc_create_element_replica(b->w.svc, NULL, REPLSVC_SYNC_TYPE_SNAPSHOT, 0,
                                                   &b->w.elements[1], NULL, &target, NULL, NULL, NULL, &sync,
                                                   NULL, NULL, 0, NULL, NULL, 0));
        drain(b);
        for (unsigned k = 0; k < 32; k++) {
            struct op *o = &b->ops[k];
            fill(o, 1, 0xee);
            submit(b, o);
        }
        drain(b);
        for (unsigned k = 0; k < 32; k++)
            assert_int_equal(fw_read(b->w.svc, &target, k), round);
    }
    bench_free(b);
}

static int result_of(struct bench *b, struct op *o)
{
    replsvc_io_request *done = NULL;
    submit(b, o);
    assert_int_equal(replsvc_io_reap(b->queue, &done, 1, 1, -1), 1);
    assert_ptr_equal(done, &o->r);
    b->flying--;
    return o->r.result;
}

static void refusals_come_back_as_results(void **state)
{
    (void)state;
    struct bench *b = bench_new(4);
    struct op *o = &b->ops[0];
    o->iov[0] = (struct iovec){o->buffer, FW_BLOCK};
    replsvc_io_request good = {.size = sizeof good,
                               .operation = REPLSVC_IO_WRITE,
                               .volume = b->volumes[0],
                               .iov = o->iov,
                               .iovcnt = 1,
                               .user = o};
    o->r = good;
    assert_int_equal(result_of(b, o), 0);
    o->r.volume = NULL;
    assert_int_equal(result_of(b, o), -EINVAL);
    o->r = good;
    o->r.operation = 77;
    assert_int_equal(result_of(b, o), -EINVAL);
    o->r = good;
    o->r.flags = 0x80;
    assert_int_equal(result_of(b, o), -EINVAL);
    o->r = good;
    o->r.offset = BLOCKS * FW_BLOCK;
    assert_int_equal(result_of(b, o), -ENOSPC);
    o->r.offset = UINT64_MAX - 100;
    assert_int_equal(result_of(b, o), -ENOSPC);
    o->r.operation = REPLSVC_IO_READ;
    assert_int_equal(result_of(b, o), -EINVAL);
    replsvc_volume *read_only;
    assert_int_equal(replsvc_volume_open(b->w.svc, &b->w.elements[0], 0, &read_only), 0);
    o->r = good;
    o->r.volume = read_only;
    assert_int_equal(result_of(b, o), -EROFS);
    o->r.operation = REPLSVC_IO_FLUSH;
    assert_int_equal(result_of(b, o), 0);
    assert_int_equal(replsvc_volume_close(read_only), 0);

    replsvc_io_request *r = &o->r, *none = NULL, *done[1];
    o->r.size = 8;
    assert_int_equal(replsvc_io_submit(b->queue, &r, 1), -EINVAL);
    assert_int_equal(replsvc_io_submit(b->queue, &none, 1), -EINVAL);
    assert_int_equal(replsvc_io_submit(NULL, &r, 1), -EINVAL);
    assert_int_equal(replsvc_io_reap(b->queue, NULL, 1, 1, 0), -EINVAL);
    assert_int_equal(replsvc_io_reap(b->queue, done, 1, 1, -1), 0); /* nothing in flight: no waiting */
    replsvc_io_queue *q = NULL;
    assert_int_equal(replsvc_io_queue_open(NULL, 4, &q), -EINVAL);
    assert_int_equal(replsvc_io_queue_open(b->w.svc, 0, &q), 0); /* the default depth */
    assert_int_equal(replsvc_io_queue_close(q), 0);
    assert_int_equal(replsvc_io_queue_open(b->w.svc, 4097, &q), -EINVAL);
    assert_int_equal(replsvc_io_queue_close(NULL), -EINVAL);
    bench_free(b);
}

static void a_full_queue_takes_fewer_and_a_busy_one_does_not_close(void **state)
{
    (void)state;
    struct bench *b = bench_new(4);
    replsvc_io_request *all[DEPTH], *done[DEPTH];
    for (unsigned i = 0; i < DEPTH; i++) {
        struct op *o = &b->ops[i];
        o->iov[0] = (struct iovec){o->buffer, FW_BLOCK};
        /* All of one block: all but the first are held back. */
        o->r = (replsvc_io_request){.size = sizeof o->r,
                                    .operation = REPLSVC_IO_WRITE,
                                    .volume = b->volumes[0],
                                    .iov = o->iov,
                                    .iovcnt = 1,
                                    .user = o};
        all[i] = &o->r;
    }
    size_t sent = 0, back = 0;
    assert_int_equal(replsvc_io_submit(b->queue, all, DEPTH), 4);
    assert_int_equal(replsvc_io_queue_close(b->queue), -EBUSY);
    for (sent = 4; back < DEPTH;) {
        struct pollfd p = {.fd = replsvc_io_queue_fd(b->queue), .events = POLLIN};
        assert_int_equal(poll(&p, 1, 20000), 1);
        int n = replsvc_io_reap(b->queue, done, DEPTH, 0, 0);
        assert_true(n >= 0);
        back += (size_t)n;
        int took = replsvc_io_submit(b->queue, all + sent, DEPTH - sent);
        assert_true(took >= 0);
        sent += (size_t)took;
    }
    struct pollfd p = {.fd = replsvc_io_queue_fd(b->queue), .events = POLLIN};
    assert_int_equal(poll(&p, 1, 0), 0);
    bench_free(b);
}

/* ---- several threads ---- */

struct worker {
    struct bench *b;
    unsigned first; /* of its own quarter of each volume */
    atomic_bool *stop;
    pthread_t thread;
};

static void *work(void *arg)
{
    struct worker *w = arg;
    replsvc_io_queue *q;
    assert_int_equal(replsvc_io_queue_open(w->b->w.svc, 16, &q), 0);
    struct op *o = calloc(16, sizeof *o);
    for (unsigned round = 1; !atomic_load(w->stop) || round < 30; round++) {
        replsvc_io_request *r[16], *done[16];
        for (unsigned i = 0; i < 16; i++) {
            o[i].iov[0] = (struct iovec){o[i].buffer, FW_BLOCK};
            memset(o[i].buffer, (int)round, FW_BLOCK);
            o[i].r = (replsvc_io_request){.size = sizeof o[i].r,
                                          .operation = i % 4 == 3 ? REPLSVC_IO_READ : REPLSVC_IO_WRITE,
                                          .volume = w->b->volumes[i % VOLUMES],
                                          .iov = o[i].iov,
                                          .iovcnt = 1,
                                          .offset = (w->first + i) * FW_BLOCK};
            r[i] = &o[i].r;
        }
        assert_int_equal(replsvc_io_submit(q, r, 16), 16);
        assert_int_equal(replsvc_io_reap(q, done, 16, 16, -1), 16);
        for (int i = 0; i < 16; i++)
            assert_int_equal(done[i]->result, 0);
    }
    free(o);
    assert_int_equal(replsvc_io_queue_close(q), 0);
    return NULL;
}

static void snapshots_are_made_and_returned_under_the_queues_of_many_threads(void **state)
{
    (void)state;
    struct bench *b = bench_new(DEPTH);
    atomic_bool stop = false;
    struct worker workers[3];
    for (unsigned i = 0; i < 3; i++) {
        workers[i] = (struct worker){.b = b, .first = i * 32, .stop = &stop};
        assert_int_equal(pthread_create(&workers[i].thread, NULL, work, &workers[i]), 0);
    }
    for (int round = 0; round < 10; round++) {
        replsvc_element_ref target = {""};
        replsvc_sync_ref sync;
        assert_done(replsvc_create_element_replica(b->w.svc, NULL, REPLSVC_SYNC_TYPE_SNAPSHOT, 0,
                                                   &b->w.elements[round % VOLUMES], NULL, &target, NULL, NULL,
                                                   NULL, &sync, NULL, NULL, 0, NULL, NULL, 0));
    }
    atomic_store(&stop, true);
    for (int i = 0; i < 3; i++)
        pthread_join(workers[i].thread, NULL);
    bench_free(b);
}

/* ---- media that want aligned requests ---- */

static struct volume *direct_volume;

static int the_volume(const replsvc_io_request *r, struct volume **v)
{
    (void)r;
    *v = direct_volume;
    return 0;
}

static void an_unaligned_write_gets_past_unreaped_requests_of_its_own_thread(void **state)
{
    (void)state;
    char directory[TEMPDIR_SIZE], path[TEMPDIR_SIZE + 16];
    tempdir_make(directory);
    struct engine_options options = {.open_flags = REPLSVC_BACKEND_DIRECT};
    assert_int_equal(vfs_posix_open(directory, false, &options.vfs), 0);
    struct engine *e;
    assert_int_equal(engine_new(&options, &e), 0);
    (void)snprintf(path, sizeof path, "file:%s/image", directory);
    replsvc_backend_create_options c = {.size = sizeof c, .size_bytes = 64 * FW_BLOCK};
    assert_int_equal(replsvc_backend_find("file")->create(path + 5, &c), 0);
    assert_int_equal(volume_get(e, "image", path, 0, &direct_volume), 0);
    assert_int_equal(volume_ready(direct_volume), 0);

    struct io_queue_options o = {.engine = e, .depth = 32, .resolve = the_volume};
    struct io_queue *q;
    assert_int_equal(io_queue_open(&o, &q), 0);
    unsigned char *block;
    assert_int_equal(posix_memalign((void **)&block, FW_BLOCK, FW_BLOCK), 0);
    memset(block, 7, FW_BLOCK);
    struct iovec iov = {block, FW_BLOCK};
    replsvc_io_request r[32], *all[32];
    for (unsigned i = 0; i < 32; i++) {
        r[i] = (replsvc_io_request){.size = sizeof r[i],
                                    .operation = REPLSVC_IO_WRITE,
                                    .iov = &iov,
                                    .iovcnt = 1,
                                    .offset = i * FW_BLOCK};
        all[i] = &r[i];
    }
    assert_int_equal(io_queue_submit(q, all, 32), 32);
    unsigned char few[3] = {1, 2, 3}, back[FW_BLOCK];
    for (unsigned i = 0; i < 32; i++) {
        struct iovec small = {few, sizeof few};
        assert_int_equal(volume_pwritev(direct_volume, &small, 1, i * FW_BLOCK + 100, 0), 0);
    }
    assert_int_equal(io_queue_reap(q, all, 32, 32, -1), 32);
    for (unsigned i = 0; i < 32; i++) {
        struct iovec one = {back, FW_BLOCK};
        assert_int_equal(all[i]->result, 0);
        assert_int_equal(volume_preadv(direct_volume, &one, 1, i * FW_BLOCK, 0), 0);
        assert_int_equal(back[99], 7);
        assert_int_equal(back[103], 7);
    }
    assert_int_equal(io_queue_close(q), 0);
    volume_put(direct_volume);
    engine_free(e);
    options.vfs->ops->close(options.vfs);
    tempdir_remove(directory);
    free(block);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(overlapping_requests_keep_their_order_and_others_need_not),
        cmocka_unit_test(replicas_come_and_go_while_their_owner_has_requests_in_flight),
        cmocka_unit_test(a_write_before_the_cut_is_in_it_and_one_after_it_is_not),
        cmocka_unit_test(refusals_come_back_as_results),
        cmocka_unit_test(a_full_queue_takes_fewer_and_a_busy_one_does_not_close),
        cmocka_unit_test(an_unaligned_write_gets_past_unreaped_requests_of_its_own_thread),
        cmocka_unit_test(snapshots_are_made_and_returned_under_the_queues_of_many_threads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
