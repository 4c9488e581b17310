/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The bulk mover over images in memory, by each of its ways: by threads over plain functions, by threads
 * over a backend, and by a queue that completes requests in a shuffled order.
 */
#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "engine/copy.h"
#include "util/clock.h"
#include "util/fail.h"

enum { BLOCK = 4096, MIB = 1 << 20 };

/* An image: data, and which blocks of it are holes. */
struct image {
    unsigned char *data;
    bool *hole;
    size_t size;
    atomic_long reads, writes, zeroings, clones;
    atomic_long fail_in; /* the n-th operation from now fails with EIO; 0 = none */
    uint32_t alignment;
    bool no_zeroes;  /* write_zeroes answers -EOPNOTSUPP */
    int clone_error; /* what clone_range answers */
};

static struct image *image_new(size_t size)
{
    struct image *i = calloc(1, sizeof *i);
    i->size = size;
    i->data = calloc(1, size + 1);
    i->hole = calloc(1, size / BLOCK + 1);
    i->clone_error = -EXDEV;
    return i;
}

static void image_free(struct image *i)
{
    free(i->data);
    free(i->hole);
    free(i);
}

/* Fills with noise; a run of blocks in `holes` of 8 is a hole, another is data of zeroes. */
static void image_fill(struct image *i, unsigned seed, unsigned holes)
{
    srandom(seed);
    for (size_t at = 0; at < i->size; at += BLOCK) {
        size_t n = i->size - at < BLOCK ? i->size - at : BLOCK;
        /* The kind changes every 16 blocks. */
        if (at % (16 * BLOCK) == 0)
            srandom(seed + (unsigned)(at / BLOCK));
        else
            srandom(seed + (unsigned)(at / (16 * BLOCK) * 16));
        unsigned kind = (unsigned)random() % 8;
        i->hole[at / BLOCK] = kind < holes;
        if (kind >= holes && kind != 7) {
            memset(i->data + at, (int)(at / BLOCK % 255 + 1), n);
            memcpy(i->data + at, &at, n < sizeof at ? n : sizeof at);
            i->data[at] |= 1;
        }
    }
}

static int failing(struct image *i)
{
    return atomic_load(&i->fail_in) && atomic_fetch_sub(&i->fail_in, 1) == 1 ? -EIO : 0;
}

static int image_rw(struct image *i, bool write, const struct iovec *iov, int iovcnt, uint64_t offset)
{
    atomic_fetch_add(write ? &i->writes : &i->reads, 1);
    int err = failing(i);
    if (err) {
        replsvc_backend_set_error("the image fails");
        return err;
    }
    for (int k = 0; k < iovcnt; k++) {
        if (offset + iov[k].iov_len > i->size)
            return -EINVAL;
        if (i->alignment > 1 && (offset % i->alignment || iov[k].iov_len % i->alignment ||
                                 (uintptr_t)iov[k].iov_base % i->alignment))
            return -EINVAL;
        if (write)
            memcpy(i->data + offset, iov[k].iov_base, iov[k].iov_len);
        else
            memcpy(iov[k].iov_base, i->data + offset, iov[k].iov_len);
        offset += iov[k].iov_len;
    }
    return 0;
}

static int image_read(void *h, const struct iovec *iov, int n, uint64_t offset)
{
    return image_rw(h, false, iov, n, offset);
}

static int image_write(void *h, const struct iovec *iov, int n, uint64_t offset)
{
    return image_rw(h, true, iov, n, offset);
}

static int image_preadv(void *h, const struct iovec *iov, int n, uint64_t offset, uint32_t flags)
{
    (void)flags;
    return image_rw(h, false, iov, n, offset);
}

static int image_pwritev(void *h, const struct iovec *iov, int n, uint64_t offset, uint32_t flags)
{
    (void)flags;
    return image_rw(h, true, iov, n, offset);
}

static int image_zero(void *h, uint64_t offset, uint64_t length)
{
    struct image *i = h;
    if (i->no_zeroes)
        return -EOPNOTSUPP;
    atomic_fetch_add(&i->zeroings, 1);
    if (failing(i))
        return -EIO;
    if (offset + length > i->size)
        return -EINVAL;
    memset(i->data + offset, 0, length);
    return 0;
}

static int image_write_zeroes(void *h, uint64_t offset, uint64_t length, uint32_t flags)
{
    assert_int_equal(flags & REPLSVC_IO_MAY_UNMAP, REPLSVC_IO_MAY_UNMAP);
    return image_zero(h, offset, length);
}

static int image_extents(void *h, uint64_t offset, uint64_t length, replsvc_extent e[], size_t *n)
{
    struct image *i = h;
    uint64_t end = offset + length;
    size_t room = *n;
    assert_true(end <= i->size && length);
    for (*n = 0; *n < room && offset < end; (*n)++) {
        bool hole = i->hole[offset / BLOCK];
        uint64_t to = offset;
        while (to < end && i->hole[to / BLOCK] == hole)
            to = (to / BLOCK + 1) * BLOCK;
        if (to > end)
            to = end;
        e[*n] = (replsvc_extent){
            .offset = offset, .length = to - offset, .flags = hole ? REPLSVC_EXTENT_HOLE : 0};
        offset = to;
    }
    return 0;
}

static uint32_t capabilities;

static int image_info(void *h, replsvc_backend_info *info)
{
    struct image *i = h;
    info->size_bytes = i->size;
    info->request_alignment = i->alignment;
    info->capabilities = capabilities;
    return 0;
}

static int image_clone(void *s, uint64_t from, void *t, uint64_t to, uint64_t length)
{
    struct image *source = s, *target = t;
    if (target->clone_error)
        return target->clone_error;
    atomic_fetch_add(&target->clones, 1);
    memcpy(target->data + to, source->data + from, length);
    return 0;
}

/* A queue that carries out requests when they are submitted and hands them back shuffled. */
struct shuffled {
    replsvc_backend_request *done[128];
    size_t n, depth;
};

static int queue_open(uint32_t depth, uint32_t flags, void **queue, int *fd)
{
    (void)flags;
    struct shuffled *q = calloc(1, sizeof *q);
    q->depth = depth > 128 ? 128 : depth;
    *queue = q;
    *fd = -1;
    return 0;
}

static int queue_close(void *queue)
{
    assert_int_equal(((struct shuffled *)queue)->n, 0);
    free(queue);
    return 0;
}

static int queue_submit(void *queue, replsvc_backend_request *const r[], size_t n)
{
    struct shuffled *q = queue;
    size_t taken = 0;
    for (; taken < n && q->n < q->depth; taken++) {
        replsvc_backend_request *x = r[taken];
        q->done[q->n++] = x;
        x->result = x->operation == REPLSVC_IO_READ ? image_preadv(x->handle, x->iov, x->iovcnt, x->offset, 0)
                    : x->operation == REPLSVC_IO_WRITE
                        ? image_pwritev(x->handle, x->iov, x->iovcnt, x->offset, 0)
                        : image_write_zeroes(x->handle, x->offset, x->length, x->flags);
    }
    return (int)taken;
}

static int queue_reap(void *queue, replsvc_backend_request *done[], size_t max, size_t min_wait,
                      int64_t timeout)
{
    struct shuffled *q = queue;
    (void)timeout;
    size_t n = 0;
    assert_true(min_wait <= q->n);
    /* Not all at once, so that slots stay in flight. */
    while (n < max && q->n && (n < min_wait || n < 3)) {
        size_t k = (size_t)random() % q->n;
        done[n++] = q->done[k];
        q->done[k] = q->done[--q->n];
    }
    return (int)n;
}

static const replsvc_backend memory_backend = {
    .size = sizeof memory_backend,
    .api_version = REPLSVC_BACKEND_API_VERSION,
    .name = "testmem",
    .info = image_info,
    .preadv = image_preadv,
    .pwritev = image_pwritev,
    .write_zeroes = image_write_zeroes,
    .extents = image_extents,
    .clone_range = image_clone,
    .queue_open = queue_open,
    .queue_close = queue_close,
    .submit = queue_submit,
    .reap = queue_reap,
};

/* ---- the caller's part ---- */

enum way { PLAIN, THREADS, MEMORY, QUEUE, WAYS };

struct walk {
    struct image *source, *target;
    size_t at, step; /* step: largest range given; 0 = as wanted */
    unsigned *done;  /* how often each block was done without an error */
    unsigned given, ended, failed;
    unsigned later; /* answer COPY_LATER every so many calls */
    unsigned calls, checks;
    unsigned stop_check; /* the n-th check stops */
    pthread_t thread;
    int next_error, done_error;
};

static int walk_next(void *user, uint64_t *offset, uint64_t *length)
{
    struct walk *w = user;
    assert_true(pthread_equal(w->thread, pthread_self()));
    w->calls++;
    if (w->later && w->calls % w->later == 0)
        return COPY_LATER;
    if (w->at >= w->source->size)
        return COPY_END;
    if (w->next_error && w->given > 3)
        return w->next_error;
    *offset = w->at;
    if (w->step && *length > w->step)
        *length = w->step;
    if (*length > w->source->size - w->at)
        *length = w->source->size - w->at;
    w->at += *length;
    w->given++;
    return COPY_RANGE;
}

static int walk_done(void *user, uint64_t offset, uint64_t length, int err)
{
    struct walk *w = user;
    assert_true(pthread_equal(w->thread, pthread_self()));
    w->ended++;
    if (err)
        w->failed++;
    else
        assert_memory_equal(w->source->data + offset, w->target->data + offset, length);
    for (uint64_t b = offset / BLOCK; !err && b * BLOCK < offset + length; b++)
        w->done[b]++;
    return w->done_error;
}

static int walk_check(void *user, uint64_t bytes_done)
{
    struct walk *w = user;
    assert_true(bytes_done <= w->source->size);
    return ++w->checks == w->stop_check ? -ECANCELED : 0;
}

static struct walk walk_new(struct image *source, struct image *target)
{
    return (struct walk){.source = source,
                         .target = target,
                         .thread = pthread_self(),
                         .done = calloc(source->size / BLOCK + 1, sizeof(unsigned))};
}

static int copy(struct walk *w, enum way way, uint32_t flags, struct copy_limit *limit,
                struct copy_result *result)
{
    struct copy_job job = {.flags = flags,
                           .next = walk_next,
                           .done = walk_done,
                           .check = walk_check,
                           .user = w,
                           .limits = {limit, NULL},
                           .threads = 3};
    capabilities =
        REPLSVC_BACKEND_CAP_WRITE_ZEROES | REPLSVC_BACKEND_CAP_EXTENTS | REPLSVC_BACKEND_CAP_CLONE_RANGE;
    capabilities |= way == QUEUE ? REPLSVC_BACKEND_CAP_QUEUE : way == MEMORY ? REPLSVC_BACKEND_CAP_MEMORY : 0;
    job.source.handle = w->source;
    job.target.handle = w->target;
    if (way == PLAIN) {
        job.source.read = image_read;
        job.source.extents = image_extents;
        job.target.write = image_write;
        job.target.write_zeroes = image_zero;
    } else {
        job.source.backend = job.target.backend = &memory_backend;
    }
    svc_clear_error();
    int err = copy_run(&job, result);
    assert_int_equal(err, result->err);
    /* Whatever happened: every range came back. */
    assert_int_equal(w->given, w->ended);
    free(w->done);
    return err;
}

static void scribble(struct image *i)
{
    memset(i->data, 0xaa, i->size);
}

/* ---- tests ---- */

static void every_way_makes_the_target_equal_whatever_size_and_steps(void **state)
{
    (void)state;
    static const size_t sizes[] = {0, 1, 511, 4096, 65536 + 1, 3 * MIB + 12345, 9 * MIB + 4096 * 5};
    static const size_t steps[] = {0, 16384, 65536, 5 * 65536, 4 * MIB};
    for (enum way way = 0; way < WAYS; way++)
        for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++)
            for (size_t k = 0; k < sizeof steps / sizeof *steps; k++) {
                struct image *a = image_new(sizes[s]), *b = image_new(sizes[s] + 8192);
                image_fill(a, (unsigned)(s * 7 + k), (unsigned)k);
                scribble(b);
                struct walk w = walk_new(a, b);
                w.step = steps[k];
                w.later = k == 2 ? 5 : 0;
                struct copy_result result;
                assert_int_equal(copy(&w, way, 0, NULL, &result), 0);
                assert_memory_equal(a->data, b->data, a->size);
                assert_int_equal(b->data[a->size], 0xaa);
                assert_int_equal(result.bytes_done, a->size);
                assert_string_equal(result.method, way == QUEUE ? "queue" : "threads");
                image_free(a);
                image_free(b);
            }
}

static void holes_cost_no_reading_and_zeroes_are_not_written_to_a_zeroed_target(void **state)
{
    (void)state;
    for (enum way way = 0; way < WAYS; way++) {
        struct image *a = image_new(64 * MIB), *b = image_new(64 * MIB);
        memset(a->hole, true, a->size / BLOCK);
        memset(a->data + 40 * MIB, 7, MIB / 2);
        memset(a->hole + 40 * (MIB / BLOCK), false, MIB / BLOCK); /* half of it data of zeroes */
        struct walk w = walk_new(a, b);
        struct copy_result result;
        assert_int_equal(copy(&w, way, COPY_TARGET_ZEROED, NULL, &result), 0);
        assert_memory_equal(a->data, b->data, a->size);
        assert_int_equal(result.bytes_read, MIB);
        assert_int_equal(result.bytes_written, MIB / 2);
        assert_int_equal(b->zeroings, 0);
        if (way != PLAIN)
            assert_true(w.given < 12); /* the holes were seen coming */
        image_free(a);
        image_free(b);
    }
}

static void zeroes_are_written_out_where_the_target_cannot_make_them(void **state)
{
    (void)state;
    for (enum way way = 0; way < WAYS; way++) {
        struct image *a = image_new(9 * MIB + 17), *b = image_new(9 * MIB + 17);
        image_fill(a, 5, 4);
        scribble(b);
        b->no_zeroes = true;
        struct walk w = walk_new(a, b);
        struct copy_result result;
        assert_int_equal(copy(&w, way, 0, NULL, &result), 0);
        assert_memory_equal(a->data, b->data, a->size);
        image_free(a);
        image_free(b);
    }
}

static void a_ragged_end_fits_into_aligned_requests(void **state)
{
    (void)state;
    for (enum way way = THREADS; way < WAYS; way++) {
        struct image *a = image_new(3 * MIB + 777), *b = image_new(4 * MIB);
        image_fill(a, 3, 2);
        scribble(b);
        b->alignment = 4096;
        struct walk w = walk_new(a, b);
        struct copy_result result;
        assert_int_equal(copy(&w, way, 0, NULL, &result), 0);
        assert_memory_equal(a->data, b->data, a->size);
        for (size_t i = a->size; i < b->size; i++)
            assert_int_equal(b->data[i], 0xaa);
        image_free(a);
        image_free(b);
    }
}

static void the_nth_failing_operation_names_side_and_place_and_every_range_comes_back(void **state)
{
    (void)state;
    for (enum way way = 0; way < WAYS; way++)
        for (int side = 0; side < 2; side++)
            for (long n = 1; n < 40; n += 3) {
                struct image *a = image_new(5 * MIB + 100), *b = image_new(5 * MIB + 100);
                image_fill(a, (unsigned)n, 3);
                scribble(b);
                struct image *bad = side ? b : a;
                bad->fail_in = n;
                struct walk w = walk_new(a, b);
                w.step = 131072;
                struct copy_result result;
                int err = copy(&w, way, 0, NULL, &result);
                if (bad->fail_in > 0) { /* it did not come that far */
                    assert_int_equal(err, 0);
                    assert_memory_equal(a->data, b->data, a->size);
                } else {
                    assert_int_equal(err, -EIO);
                    assert_int_equal(result.side, side ? COPY_SIDE_TARGET : COPY_SIDE_SOURCE);
                    assert_true(result.length > 0 && result.offset < a->size);
                    assert_non_null(strstr(svc_backend_error(), side ? "cannot write" : "cannot read"));
                    assert_true(w.failed >= 1);
                }
                image_free(a);
                image_free(b);
            }
}

static void the_caller_stops_it_by_next_done_or_check(void **state)
{
    (void)state;
    for (enum way way = 0; way < WAYS; way++)
        for (int who = 0; who < 3; who++) {
            struct image *a = image_new(80 * MIB), *b = image_new(80 * MIB);
            memset(a->data, 1, a->size);
            struct walk w = walk_new(a, b);
            w.step = MIB;
            w.next_error = who == 0 ? -EINTR : 0;
            w.done_error = who == 1 ? -ENOSPC : 0;
            w.stop_check = who == 2 ? 1 : 0;
            struct copy_result result;
            assert_int_equal(copy(&w, way, 0, NULL, &result), who == 0   ? -EINTR
                                                              : who == 1 ? -ENOSPC
                                                                         : -ECANCELED);
            assert_int_equal(result.side, COPY_SIDE_CALLER);
            assert_true(result.bytes_done < a->size);
            image_free(a);
            image_free(b);
        }
}

static void check_is_called_at_least_every_64_mib(void **state)
{
    (void)state;
    for (enum way way = 0; way < WAYS; way++) {
        struct image *a = image_new(140 * MIB), *b = image_new(140 * MIB);
        memset(a->data, 1, a->size);
        struct walk w = walk_new(a, b);
        struct copy_result result;
        assert_int_equal(copy(&w, way, COPY_TARGET_ZEROED, NULL, &result), 0);
        assert_true(w.checks >= 2);
        image_free(a);
        image_free(b);
    }
}

static void a_limit_keeps_the_rate_and_can_be_lifted(void **state)
{
    (void)state;
    for (enum way way = 0; way < WAYS; way++) {
        struct image *a = image_new(24 * MIB), *b = image_new(24 * MIB);
        memset(a->data, 1, a->size);
        struct copy_limit *limit = copy_limit_new(80 * MIB);
        struct walk w = walk_new(a, b);
        struct copy_result result;
        int64_t start = clock_monotonic_us();
        assert_int_equal(copy(&w, way, 0, limit, &result), 0);
        /* 24 MiB at 80 MiB/s are 300 ms, less what a burst allows and the last request is not waited for. */
        assert_true(clock_monotonic_us() - start > 90000);
        copy_limit_set(limit, 0);
        w = walk_new(a, b);
        assert_int_equal(copy(&w, way, 0, limit, &result), 0);
        copy_limit_free(limit);
        image_free(a);
        image_free(b);
    }
}

static void ranges_are_shared_where_the_backend_can_and_copied_where_not(void **state)
{
    (void)state;
    static const int answers[] = {0, -EXDEV, -EOPNOTSUPP, -EINVAL};
    for (enum way way = THREADS; way < WAYS; way++)
        for (size_t k = 0; k < 4; k++) {
            struct image *a = image_new(7 * MIB), *b = image_new(7 * MIB);
            image_fill(a, 9, 3);
            scribble(b);
            b->clone_error = answers[k];
            struct walk w = walk_new(a, b);
            struct copy_result result;
            assert_int_equal(copy(&w, way, COPY_REFLINK, NULL, &result), 0);
            assert_memory_equal(a->data, b->data, a->size);
            assert_int_equal(result.bytes_shared, k ? 0 : a->size);
            assert_int_equal(b->writes > 0, k != 0);
            if (!k)
                assert_string_equal(result.method, "reflink");
            image_free(a);
            image_free(b);
        }
}

static void zero_detection_looks_at_every_byte(void **state)
{
    (void)state;
    unsigned char p[300] = {0};
    for (size_t n = 0; n <= 200; n++) {
        assert_true(copy_is_zero(p + 3, n));
        for (size_t i = 0; i < n; i++) {
            p[3 + i] = 1;
            assert_false(copy_is_zero(p + 3, n));
            p[3 + i] = 0;
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_way_makes_the_target_equal_whatever_size_and_steps),
        cmocka_unit_test(holes_cost_no_reading_and_zeroes_are_not_written_to_a_zeroed_target),
        cmocka_unit_test(zeroes_are_written_out_where_the_target_cannot_make_them),
        cmocka_unit_test(a_ragged_end_fits_into_aligned_requests),
        cmocka_unit_test(the_nth_failing_operation_names_side_and_place_and_every_range_comes_back),
        cmocka_unit_test(the_caller_stops_it_by_next_done_or_check),
        cmocka_unit_test(check_is_called_at_least_every_64_mib),
        cmocka_unit_test(a_limit_keeps_the_rate_and_can_be_lifted),
        cmocka_unit_test(ranges_are_shared_where_the_backend_can_and_copied_where_not),
        cmocka_unit_test(zero_detection_looks_at_every_byte),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
