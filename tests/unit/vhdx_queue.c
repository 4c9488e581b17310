/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The asynchronous queue of the VHDX backend, with io_uring and with threads. Several threads, each with a
 * queue of its own, have many requests in flight on one image, each in its own part of every block or in
 * blocks of its own; everything is compared with a copy in memory, again after reopening, and the image is
 * checked. And what becomes of space that is given up under a transfer.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <replsvc/vhdx.h>

#include "support/vhdx_sim.h"
#include "vhdx/create.h"
#include "vhdx/vhdx.h"

#define MIB (UINT64_C(1) << 20)
#define THREADS 3
#define DEPTH 8
#define PIECE (UINT64_C(64) << 10)

struct disk {
    struct vhdx *v;
    uint8_t *copy;
    uint64_t size;
    uint64_t part; /* what one thread has in a row: whole blocks, or parts of one */
    char folder[32], path[64], parent[64];
};

/* A request on a piece, or on a whole part, where nothing else is in flight. */
struct slot {
    replsvc_backend_request r;
    struct iovec iov[2];
    uint8_t *buffer;
    bool busy;
};

struct worker {
    struct disk *disk;
    unsigned number;
    uint64_t seed;
    unsigned rounds, flying;
    void *queue;
    struct slot slots[DEPTH];
    int result;
};

static uint64_t pick(struct worker *w, uint64_t below)
{
    return vhdx_random(&w->seed) % below;
}

static bool overlaps(struct worker *w, uint64_t offset, uint64_t length)
{
    for (int i = 0; i < DEPTH; i++) {
        const replsvc_backend_request *r = &w->slots[i].r;
        if (w->slots[i].busy && r->operation != REPLSVC_IO_FLUSH && offset < r->offset + r->length &&
            r->offset < offset + length)
            return true;
    }
    return false;
}

static void fill(struct worker *w, struct slot *s, uint64_t offset, uint64_t length)
{
    uint8_t *copy = w->disk->copy + offset;
    if (s->r.operation == REPLSVC_IO_WRITE) {
        vhdx_pattern(copy, length, vhdx_random(&w->seed));
        memcpy(s->buffer, copy, length);
    } else if (s->r.operation == REPLSVC_IO_DISCARD || s->r.operation == REPLSVC_IO_WRITE_ZEROES) {
        memset(copy, 0, length);
    }
    bool whole = pick(w, 2) == 0; /* aligned, if the range is */
    uint64_t first = whole ? length : pick(w, length + 1);
    s->r.iovcnt = whole ? 1 : 2;
    s->iov[0] = (struct iovec){s->buffer, first};
    s->iov[1] = (struct iovec){s->buffer + first, length - first};
}

static bool invent(struct worker *w, struct slot *s)
{
    static const uint32_t operations[] = {REPLSVC_IO_READ,  REPLSVC_IO_READ,    REPLSVC_IO_READ,
                                          REPLSVC_IO_WRITE, REPLSVC_IO_WRITE,   REPLSVC_IO_WRITE,
                                          REPLSVC_IO_WRITE, REPLSVC_IO_DISCARD, REPLSVC_IO_WRITE_ZEROES};
    const struct disk *d = w->disk;
    uint64_t part = (pick(w, d->size / d->part / THREADS) * THREADS + w->number) * d->part;
    uint64_t offset = part, length = d->part;
    if (pick(w, 8) != 0) {
        uint64_t unit = pick(w, 8) == 0 ? 1 : pick(w, 2) == 0 ? 512 : 4096;
        offset += pick(w, d->part / unit) * unit;
        uint64_t most = vhdx_min(PIECE, part + d->part - offset);
        length = pick(w, 2) == 0 ? most : 1 + pick(w, most);
    }
    if (overlaps(w, offset, length))
        return false;
    s->r = (replsvc_backend_request){.handle = d->v,
                                     .operation = operations[pick(w, 9)],
                                     .flags = (pick(w, 64) == 0 ? REPLSVC_IO_FUA : 0) |
                                              (pick(w, 2) == 0 ? REPLSVC_IO_MAY_UNMAP : 0) |
                                              (pick(w, 3) == 0 ? REPLSVC_BACKEND_IO_UNCACHED : 0),
                                     .iov = s->iov,
                                     .offset = offset,
                                     .length = length,
                                     .user = s,
                                     .result = 1};
    if (pick(w, 64) == 0)
        s->r.operation = REPLSVC_IO_FLUSH;
    if (s->r.operation != REPLSVC_IO_FLUSH)
        fill(w, s, offset, length);
    return true;
}

static void take(struct worker *w, bool wait)
{
    replsvc_backend_request *done[DEPTH];
    int n = vhdx_backend.reap(w->queue, done, DEPTH, wait && w->flying > 0, -1);
    if (n < 0)
        w->result = n;
    for (int i = 0; i < n; i++) {
        struct slot *s = done[i]->user;
        s->busy = false;
        w->flying--;
        if (s->r.result != 0)
            w->result = s->r.result;
        else if (s->r.operation == REPLSVC_IO_READ &&
                 memcmp(s->buffer, w->disk->copy + s->r.offset, s->r.length) != 0)
            w->result = 1;
    }
}

static void *work(void *user)
{
    struct worker *w = user;
    for (unsigned round = 0; round < w->rounds && w->result == 0; round++) {
        struct slot *s = &w->slots[pick(w, DEPTH)];
        if (!s->busy && invent(w, s)) {
            replsvc_backend_request *r = &s->r;
            s->busy = true;
            if (vhdx_backend.submit(w->queue, &r, 1) != 1)
                w->result = 2;
            w->flying++;
        }
        take(w, pick(w, 4) == 0);
    }
    while (w->flying > 0)
        take(w, true);
    return NULL;
}

static void run_threads(struct disk *d, uint64_t seed, unsigned rounds, uint32_t flags)
{
    static struct worker workers[THREADS];
    pthread_t threads[THREADS];
    int fd;
    for (unsigned t = 0; t < THREADS; t++) {
        struct worker *w = &workers[t];
        *w = (struct worker){.disk = d, .number = t, .seed = seed * THREADS + t, .rounds = rounds};
        for (int i = 0; i < DEPTH; i++)
            assert_non_null(w->slots[i].buffer = aligned_alloc(4096, d->part > PIECE ? d->part : PIECE));
        assert_int_equal(vhdx_backend.queue_open(DEPTH, flags, &w->queue, &fd), 0);
        assert_int_equal(pthread_create(&threads[t], NULL, work, w), 0);
    }
    for (unsigned t = 0; t < THREADS; t++) {
        pthread_join(threads[t], NULL);
        assert_int_equal(workers[t].result, 0);
        vhdx_backend.queue_close(workers[t].queue);
        for (int i = 0; i < DEPTH; i++)
            free(workers[t].slots[i].buffer);
    }
}

static void compare_all(struct disk *d)
{
    uint8_t *buffer = malloc(5 * MIB); /* across blocks */
    for (uint64_t at = 0; at < d->size; at += 5 * MIB) {
        uint64_t n = vhdx_min(5 * MIB, d->size - at);
        assert_int_equal(vhdx_pread(d->v, buffer, n, at), 0);
        assert_memory_equal(buffer, d->copy + at, n);
    }
    free(buffer);
}

static void open_disk(struct disk *d, bool writable, bool direct)
{
    struct vhdx_open_options o = {.writable = writable, .direct = direct};
    assert_int_equal(vhdx_open(&vhdx_store_posix, d->path, &o, &d->v), 0);
}

static void begin(struct disk *d, const struct vhdx_create_options *options, uint64_t part)
{
    *d = (struct disk){.size = options->size, .part = part};
    snprintf(d->folder, sizeof(d->folder), "%s/vhdx-q-XXXXXX",
             access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
    assert_non_null(mkdtemp(d->folder));
    snprintf(d->path, sizeof(d->path), "%s/a.vhdx", d->folder);
    snprintf(d->parent, sizeof(d->parent), "%s/p.vhdx", d->folder);
    assert_non_null(d->copy = calloc(1, d->size));
    struct vhdx_create_options o = *options;
    if (o.parent != NULL)
        o.parent = d->parent;
    assert_int_equal(vhdx_create(&vhdx_store_posix, d->path, &o), 0);
}

static void end(struct disk *d)
{
    replsvc_vhdx_check_result result = {.size = sizeof(result)};
    assert_int_equal(replsvc_vhdx_check(d->path, 0, NULL, NULL, &result), REPLSVC_OK);
    unlink(d->path);
    unlink(d->parent);
    rmdir(d->folder);
    free(d->copy);
}

static void run_image(const struct vhdx_create_options *options, uint64_t part)
{
    struct disk d;
    unsigned rounds = getenv("REPLSVC_LONG") != NULL ? 20000 : 600;
    if (options->parent != NULL) {
        struct vhdx_create_options p = {.size = options->size};
        char path[64];
        struct vhdx_create_options none = *options;
        none.parent = NULL;
        begin(&d, &none, part); /* for the folder */
        unlink(d.path);
        strcpy(path, d.path);
        strcpy(d.path, d.parent);
        assert_int_equal(vhdx_create(&vhdx_store_posix, d.path, &p), 0);
        open_disk(&d, true, false);
        run_threads(&d, 77, rounds, 0);
        assert_int_equal(vhdx_close(d.v), 0);
        strcpy(d.path, path);
        struct vhdx_create_options o = *options;
        o.parent = d.parent;
        assert_int_equal(vhdx_create(&vhdx_store_posix, d.path, &o), 0);
    } else {
        begin(&d, options, part);
    }
    for (unsigned way = 0; way < 4; way++) {
        open_disk(&d, true, way / 2 == 1);
        run_threads(&d, way + 1, rounds, way % 2 == 0 ? 0 : REPLSVC_BACKEND_NO_IO_URING);
        compare_all(&d);
        assert_int_equal(vhdx_close(d.v), 0);
        open_disk(&d, false, false);
        compare_all(&d);
        assert_int_equal(vhdx_close(d.v), 0);
    }
    end(&d);
}

static void queues_share_an_image_whose_blocks_are_their_own(void **unused)
{
    (void)unused;
    struct vhdx_create_options o = {.size = 36 * MIB, .block_size = MIB};
    run_image(&o, MIB);
}

static void queues_share_an_image_block_by_block_and_several_at_once(void **unused)
{
    (void)unused;
    struct vhdx_create_options o = {.size = 72 * MIB, .block_size = MIB};
    run_image(&o, 4 * MIB);
}

static void queues_share_the_blocks_of_an_image(void **unused)
{
    (void)unused;
    struct vhdx_create_options o = {.size = 24 * MIB, .block_size = 2 * MIB};
    run_image(&o, 2 * PIECE);
}

static void queues_share_a_fixed_image(void **unused)
{
    (void)unused;
    struct vhdx_create_options o = {.size = 12 * MIB, .fixed = true};
    run_image(&o, 2 * PIECE);
}

static void queues_share_a_child(void **unused)
{
    (void)unused;
    struct vhdx_create_options o = {.size = 12 * MIB, .block_size = MIB, .parent = ""};
    run_image(&o, 2 * PIECE);
}

/* ---- space that is given up ---- */

static uint64_t place_of(struct vhdx *v, uint64_t block)
{
    uint64_t entry;
    assert_int_equal(vhdx_bat_get(v, vhdx_bat_index(&v->geometry, block), &entry), 0);
    return VHDX_BAT_OFFSET(entry);
}

/* Has a block given up, and others written and given up until its space has been used again, or `most` times.
 */
static bool is_used_again(struct vhdx *v, uint64_t place, unsigned most)
{
    uint8_t *data = malloc(MIB);
    bool found = false;
    vhdx_pattern(data, MIB, 5);
    for (unsigned i = 0; i < most && !found; i++) {
        for (uint64_t block = 1; block < 100 && !found; block++) {
            assert_int_equal(vhdx_pwrite(v, data, MIB, block * MIB), 0);
            found = place_of(v, block) == place;
        }
        assert_int_equal(vhdx_discard(v, MIB, 99 * MIB), 0);
        assert_int_equal(vhdx_flush(v), 0);
        assert_int_equal(vhdx_flush(v), 0);
    }
    free(data);
    return found;
}

static void space_is_not_used_again_while_a_transfer_to_it_is_under_way(void **unused)
{
    (void)unused;
    struct vhdx_create_options o = {.size = 128 * MIB, .block_size = MIB};
    struct disk d;
    uint8_t byte = 7;
    begin(&d, &o, MIB);
    open_disk(&d, true, false);
    assert_int_equal(vhdx_pwrite(d.v, &byte, 1, 0), 0);
    uint64_t place = place_of(d.v, 0);
    unsigned transit = vhdx_transit_enter(&d.v->transit);
    assert_int_equal(vhdx_discard(d.v, 0, MIB), 0);
    assert_int_equal(vhdx_flush(d.v), 0);
    assert_false(is_used_again(d.v, place, 4));
    vhdx_transit_leave(&d.v->transit, transit);
    assert_true(is_used_again(d.v, place, 8));
    assert_int_equal(vhdx_close(d.v), 0);
    end(&d);
}

/* ---- refusals ---- */

static int one(void *queue, replsvc_backend_request *r)
{
    replsvc_backend_request *done = NULL;
    assert_int_equal(vhdx_backend.submit(queue, &r, 1), 1);
    assert_int_equal(vhdx_backend.reap(queue, &done, 1, 1, -1), 1);
    assert_ptr_equal(done, r);
    return r->result;
}

static void refusals_come_back_through_the_queue(void **unused)
{
    (void)unused;
    struct vhdx_create_options o = {.size = 4 * MIB, .block_size = MIB};
    struct disk d;
    char buffer[512];
    struct iovec iov = {buffer, sizeof(buffer)};
    begin(&d, &o, MIB);
    open_disk(&d, false, false);
    for (int way = 0; way < 2; way++) {
        void *queue;
        int fd;
        assert_int_equal(vhdx_backend.queue_open(4, way ? REPLSVC_BACKEND_NO_IO_URING : 0, &queue, &fd), 0);
        replsvc_backend_request r = {
            .handle = d.v, .operation = REPLSVC_IO_WRITE, .iov = &iov, .iovcnt = 1, .length = sizeof(buffer)};
        assert_int_equal(one(queue, &r), -EROFS);
        r.operation = REPLSVC_IO_READ;
        r.offset = d.size - 100;
        assert_int_equal(one(queue, &r), -EINVAL);
        r.offset = UINT64_MAX - 100;
        assert_int_equal(one(queue, &r), -EINVAL);
        r.operation = 4711;
        assert_int_equal(one(queue, &r), -EINVAL);
        r.operation = REPLSVC_IO_DISCARD;
        r.offset = 0;
        assert_int_equal(one(queue, &r), -EROFS);
        struct pollfd p = {.fd = fd, .events = POLLIN};
        replsvc_backend_request *list = &r, *done;
        assert_int_equal(vhdx_backend.submit(queue, &list, 1), 1);
        assert_int_equal(poll(&p, 1, 60000), 1); /* what threads do wakes the descriptor too */
        assert_int_equal(vhdx_backend.reap(queue, &done, 1, 1, -1), 1);
        assert_int_equal(vhdx_backend.queue_close(queue), 0);
    }
    assert_int_equal(vhdx_close(d.v), 0);
    end(&d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(queues_share_an_image_whose_blocks_are_their_own),
        cmocka_unit_test(queues_share_an_image_block_by_block_and_several_at_once),
        cmocka_unit_test(queues_share_the_blocks_of_an_image),
        cmocka_unit_test(queues_share_a_fixed_image),
        cmocka_unit_test(queues_share_a_child),
        cmocka_unit_test(space_is_not_used_again_while_a_transfer_to_it_is_under_way),
        cmocka_unit_test(refusals_come_back_through_the_queue),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
