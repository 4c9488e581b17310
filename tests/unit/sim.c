/* SPDX-License-Identifier: BSD-2-Clause */
/* The simulated world and its disks as a backend: backends/sim. */
#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <replsvc/replsvc.h>

#include "registry/registry.h"
#include "sim/pages.h"
#include "sim/world.h"

static const replsvc_backend *sim;

static int new_world(void **state)
{
    struct world *w = world_new(512);
    sim = replsvc_backend_find("sim");
    *state = w;
    return w == NULL || sim == NULL || world_disk(w, "a", 1 << 20) != 0 ? -1 : world_bind(w, "");
}

static int end_world(void **state)
{
    world_unbind("");
    world_free(*state);
    return 0;
}

static void *open_disk(const char *path, uint32_t flags)
{
    replsvc_backend_open_options options = {.size = sizeof(options), .flags = flags};
    void *handle = NULL;
    assert_int_equal(sim->open(path, &options, &handle), 0);
    return handle;
}

static int put(void *h, const void *buf, size_t len, uint64_t off, uint32_t flags)
{
    struct iovec v = {(void *)(uintptr_t)buf, len};
    return sim->pwritev(h, &v, 1, off, flags);
}

static int get(void *h, void *buf, size_t len, uint64_t off)
{
    struct iovec v = {buf, len};
    return sim->preadv(h, &v, 1, off, 0);
}

static void pages_behave_as_an_array_and_copies_are_their_own(void **state)
{
    (void)state;
    enum { SIZE = 300000 };
    static unsigned char model[SIZE], copy_model[SIZE], buf[SIZE], filler[SIZE];
    struct pages p = {0}, copy = {0};
    srand(7);
    memset(model, 0, sizeof(model));
    memset(copy_model, 0, sizeof(copy_model));
    for (int round = 0; round < 3000; round++) {
        uint64_t off = (uint64_t)(rand() % SIZE), len = (uint64_t)(rand() % 20000);
        if (len > SIZE - off)
            len = SIZE - off;
        if (rand() % 3 != 0) {
            memset(filler, rand(), len);
            memcpy(model + off, filler, len);
            assert_int_equal(pages_write(&p, filler, len, off), 0);
        } else {
            memset(model + off, 0, len);
            assert_int_equal(pages_zero(&p, off, len), 0);
        }
        if (round % 500 == 100) {
            pages_free(&copy);
            pages_share(&copy, &p);
            memcpy(copy_model, model, SIZE);
        }
        if (round % 100 == 0) {
            pages_read(&p, buf, SIZE, 0);
            assert_memory_equal(buf, model, SIZE);
            pages_read(&copy, buf, SIZE, 0);
            assert_memory_equal(buf, copy_model, SIZE);
        }
    }
    assert_int_equal(pages_zero(&p, 0, UINT64_MAX), 0);
    assert_int_equal(pages_count(&p), 0);
    pages_read(&copy, buf, SIZE, 0);
    assert_memory_equal(buf, copy_model, SIZE);
    pages_free(&p);
    pages_free(&copy);
}

static void pages_far_apart_cost_only_themselves(void **state)
{
    (void)state;
    struct pages p = {0};
    const uint64_t far = UINT64_C(1) << 60;
    assert_int_equal(pages_write(&p, "far", 4, far + 5), 0);
    assert_int_equal(pages_write(&p, "near", 5, 4094), 0);
    assert_int_equal(pages_count(&p), 3);
    assert_int_equal(pages_next(&p, 0, true), 0);
    assert_int_equal(pages_next(&p, 5, false), 8192);
    assert_true(pages_next(&p, 8192, true) == far);
    assert_true(pages_next(&p, far + 4096, true) == UINT64_MAX);
    char text[8];
    pages_read(&p, text, 5, 4094);
    assert_string_equal(text, "near");
    pages_free(&p);
}

static void a_disk_reads_what_was_written(void **state)
{
    (void)state;
    void *h = open_disk("a", REPLSVC_BACKEND_WRITABLE);
    unsigned char a[1000], b[3000], all[4000], back[4000];
    memset(a, 1, sizeof(a));
    memset(b, 2, sizeof(b));
    struct iovec v[2] = {{a, sizeof(a)}, {b, sizeof(b)}};
    assert_int_equal(sim->pwritev(h, v, 2, 777, 0), 0);
    memcpy(all, a, sizeof(a));
    memcpy(all + sizeof(a), b, sizeof(b));
    assert_int_equal(get(h, back, sizeof(back), 777), 0);
    assert_memory_equal(back, all, sizeof(all));
    memset(a, 0, sizeof(a));
    memset(b, 0, sizeof(b));
    assert_int_equal(sim->preadv(h, v, 2, 777, 0), 0);
    assert_memory_equal(a, all, sizeof(a));
    assert_memory_equal(b, all + sizeof(a), sizeof(b));
    sim->close(h);
}

static void nothing_reaches_past_the_end(void **state)
{
    (void)state;
    void *h = open_disk("a", REPLSVC_BACKEND_WRITABLE);
    char c[2] = {0};
    assert_int_equal(get(h, c, 2, (1 << 20) - 1), -EINVAL);
    assert_int_equal(get(h, c, 1, UINT64_MAX), -EINVAL);
    assert_int_equal(put(h, c, 2, (1 << 20) - 1, 0), -EINVAL);
    assert_int_equal(sim->discard(h, 1 << 20, 1, 0), -EINVAL);
    assert_int_equal(put(h, c, 2, (1 << 20) - 2, 0), 0);
    sim->close(h);
}

static void one_exclusive_opener_at_a_time(void **state)
{
    (void)state;
    replsvc_backend_open_options rw = {.size = sizeof(rw), .flags = REPLSVC_BACKEND_WRITABLE};
    replsvc_backend_open_options shared = {.size = sizeof(shared), .flags = REPLSVC_BACKEND_SHARED};
    void *first = open_disk("a", REPLSVC_BACKEND_WRITABLE), *second, *reader;
    assert_int_equal(sim->open("a", &rw, &second), -EBUSY);
    assert_int_equal(sim->open("a", &shared, &reader), 0);
    char c = 1;
    assert_int_equal(put(reader, &c, 1, 0, 0), -EROFS);
    sim->close(first);
    assert_int_equal(sim->open("a", &rw, &second), 0);
    sim->close(second);
    sim->close(reader);
}

static void names_and_worlds_are_told_apart(void **state)
{
    (void)state;
    replsvc_backend_open_options rw = {.size = sizeof(rw), .flags = REPLSVC_BACKEND_WRITABLE};
    replsvc_backend_create_options make = {.size = sizeof(make), .size_bytes = 4096};
    void *h;
    assert_int_equal(sim->open("nobody", &rw, &h), -ENOENT);
    assert_int_equal(sim->open("other/a", &rw, &h), -ENODEV);
    assert_int_equal(sim->open("a/b/c", &rw, &h), -EINVAL);
    assert_int_equal(sim->open("a/", &rw, &h), -EINVAL);
    struct world *other = world_new(512);
    assert_int_equal(world_bind(other, "other"), 0);
    assert_int_equal(sim->create("other/a", &make), 0);
    assert_int_equal(sim->create("other/a", &make), -EEXIST);
    h = open_disk("other/a", REPLSVC_BACKEND_WRITABLE);
    replsvc_backend_info info = {.size = sizeof(info)};
    assert_int_equal(sim->info(h, &info), 0);
    assert_int_equal(info.size_bytes, 4096);
    sim->close(h);
    assert_int_equal(sim->remove("other/a"), 0);
    assert_int_equal(sim->remove("other/a"), -ENOENT);
    world_unbind("other");
    world_free(other);
}

static void a_huge_disk_costs_what_is_written(void **state)
{
    assert_int_equal(world_disk(*state, "huge", UINT64_C(64) << 40), 0);
    void *h = open_disk("huge", REPLSVC_BACKEND_WRITABLE);
    uint64_t middle = UINT64_C(40) << 40;
    assert_int_equal(put(h, "data", 4, middle, 0), 0);
    replsvc_extent e[4];
    size_t n = 4;
    assert_int_equal(sim->extents(h, 0, UINT64_C(64) << 40, e, &n), 0);
    assert_int_equal(n, 3);
    assert_true(e[0].offset == 0 && e[0].length == middle && e[0].flags != 0);
    assert_true(e[1].offset == middle && e[1].length == 4096 && e[1].flags == 0);
    assert_true(e[2].offset + e[2].length == UINT64_C(64) << 40 && e[2].flags != 0);
    assert_int_equal(sim->discard(h, 0, UINT64_C(64) << 40, 0), 0);
    replsvc_backend_info info = {.size = sizeof(info)};
    assert_int_equal(sim->info(h, &info), 0);
    assert_int_equal(info.allocated_bytes, 0);
    assert_int_equal(sim->resize(h, 100), 0);
    n = 1;
    assert_int_equal(sim->extents(h, 0, 100, e, &n), 0);
    sim->close(h);
}

static void the_world_says_what_its_disks_can(void **state)
{
    void *h = open_disk("a", REPLSVC_BACKEND_WRITABLE);
    world_set_capabilities(*state, 0);
    replsvc_extent e;
    size_t n = 1;
    assert_int_equal(sim->discard(h, 0, 512, 0), -EOPNOTSUPP);
    assert_int_equal(sim->write_zeroes(h, 0, 512, 0), -EOPNOTSUPP);
    assert_int_equal(sim->extents(h, 0, 512, &e, &n), -EOPNOTSUPP);
    assert_int_equal(sim->resize(h, 512), -EOPNOTSUPP);
    assert_int_equal(sim->clone_range(h, 0, h, 512, 512), -EOPNOTSUPP);
    replsvc_backend_info info = {.size = sizeof(info)};
    assert_int_equal(sim->info(h, &info), 0);
    assert_int_equal(info.capabilities, 0);
    sim->close(h);
}

static void a_range_is_cloned(void **state)
{
    assert_int_equal(world_disk(*state, "b", 1 << 20), 0);
    void *a = open_disk("a", REPLSVC_BACKEND_WRITABLE), *b = open_disk("b", REPLSVC_BACKEND_WRITABLE);
    unsigned char x[8192], y[8192], zero[8192] = {0};
    memset(x, 5, sizeof(x));
    assert_int_equal(put(a, x, sizeof(x), 65536, 0), 0);
    assert_int_equal(put(b, x, sizeof(x), 0, 0), 0);
    assert_int_equal(sim->clone_range(a, 0, b, 0, 131072), 0);
    assert_int_equal(get(b, y, sizeof(y), 0), 0);
    assert_memory_equal(y, zero, sizeof(y));
    assert_int_equal(get(b, y, sizeof(y), 65536), 0);
    assert_memory_equal(y, x, sizeof(y));
    assert_int_equal(sim->clone_range(a, 1, b, 0, 512), -EINVAL);
    sim->close(a);
    sim->close(b);
}

static void the_nth_operation_fails_and_only_that(void **state)
{
    struct world_fault f = {.kinds = 1u << WORLD_OP_WRITE, .path = "disks/a", .nth = 3, .err = -EIO};
    void *h = open_disk("a", REPLSVC_BACKEND_WRITABLE);
    assert_int_equal(world_fault_add(*state, &f), 0);
    int results[5];
    for (int i = 0; i < 5; i++)
        results[i] = put(h, "x", 1, 0, 0);
    assert_int_equal(results[1], 0);
    assert_int_equal(results[2], -EIO);
    assert_int_equal(results[3], 0);
    assert_int_equal(world_faults_struck(*state), 1);
    f.forever = true;
    f.nth = 1;
    assert_int_equal(world_fault_add(*state, &f), 0);
    for (int i = 0; i < 3; i++)
        assert_int_equal(put(h, "x", 1, 0, 0), -EIO);
    world_faults_clear(*state);
    assert_int_equal(put(h, "x", 1, 0, 0), 0);
    sim->close(h);
}

static void a_partial_write_leaves_its_first_half(void **state)
{
    struct world_fault f = {.kinds = 1u << WORLD_OP_WRITE, .nth = 1, .partial = true, .err = -ENOSPC};
    void *h = open_disk("a", REPLSVC_BACKEND_WRITABLE);
    assert_int_equal(world_fault_add(*state, &f), 0);
    assert_int_equal(put(h, "abcd", 4, 0, 0), -ENOSPC);
    char back[4];
    assert_int_equal(get(h, back, 4, 0), 0);
    assert_memory_equal(back, "ab\0\0", 4);
    sim->close(h);
}

static void a_failed_flush_poisons_the_handle(void **state)
{
    struct world_fault f = {.kinds = 1u << WORLD_OP_SYNC, .nth = 1, .err = -EIO};
    void *h = open_disk("a", REPLSVC_BACKEND_WRITABLE);
    assert_int_equal(world_fault_add(*state, &f), 0);
    assert_int_equal(sim->flush(h), -EIO);
    assert_int_equal(sim->flush(h), -EIO);
    sim->close(h);
    h = open_disk("a", REPLSVC_BACKEND_WRITABLE);
    assert_int_equal(sim->flush(h), 0);
    sim->close(h);
}

static void *write_one(void *h)
{
    return put(h, "s", 1, 9, 0) == 0 ? NULL : h;
}

static void an_operation_stalls_until_released(void **state)
{
    struct world_fault f = {.kinds = 1u << WORLD_OP_WRITE, .nth = 1, .stall = true};
    void *h = open_disk("a", REPLSVC_BACKEND_WRITABLE), *failed;
    pthread_t t;
    assert_int_equal(world_fault_add(*state, &f), 0);
    assert_int_equal(pthread_create(&t, NULL, write_one, h), 0);
    world_wait_stalled(*state, 1);
    char c = 1;
    assert_int_equal(get(h, &c, 1, 9), 0); /* others go on, and do not see it */
    assert_int_equal(c, 0);
    world_release(*state);
    assert_int_equal(pthread_join(t, &failed), 0);
    assert_null(failed);
    assert_int_equal(get(h, &c, 1, 9), 0);
    assert_int_equal(c, 's');
    sim->close(h);
}

static void *write_many(void *h)
{
    for (int i = 0; i < 500; i++)
        if (put(h, &i, sizeof(i), (uint64_t)(i * 16), 0) != 0 || (i % 50 == 0 && sim->flush(h) != 0))
            return h;
    return NULL;
}

static void threads_may_use_a_world_at_once(void **state)
{
    void *h = open_disk("a", REPLSVC_BACKEND_WRITABLE), *failed;
    pthread_t t[4];
    size_t before = world_ops(*state);
    for (int i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&t[i], NULL, write_many, h), 0);
    for (int i = 0; i < 4; i++) {
        assert_int_equal(pthread_join(t[i], &failed), 0);
        assert_null(failed);
    }
    assert_int_equal(world_ops(*state) - before, 4 * 510);
    sim->close(h);
}

#define T(name) cmocka_unit_test_setup_teardown(name, new_world, end_world)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(pages_behave_as_an_array_and_copies_are_their_own),
        T(pages_far_apart_cost_only_themselves),
        T(a_disk_reads_what_was_written),
        T(nothing_reaches_past_the_end),
        T(one_exclusive_opener_at_a_time),
        T(names_and_worlds_are_told_apart),
        T(a_huge_disk_costs_what_is_written),
        T(the_world_says_what_its_disks_can),
        T(a_range_is_cloned),
        T(the_nth_operation_fails_and_only_that),
        T(a_partial_write_leaves_its_first_half),
        T(a_failed_flush_poisons_the_handle),
        T(an_operation_stalls_until_released),
        T(threads_may_use_a_world_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
