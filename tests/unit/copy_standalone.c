/* SPDX-License-Identifier: BSD-2-Clause */
/* replsvc_copy and replsvc_locator_get_info over simulated disks and plain files. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <replsvc/replsvc.h>

#include "sim/sim.h"
#include "sim/world.h"
#include "support/tempdir.h"
#include "util/alloc.h"

enum { MIB = 1 << 20, ODD = 5 * MIB + 1234 };

/* Where the images of a test lie: a world, or a directory. */
struct place {
    struct world *world;
    char directory[TEMPDIR_SIZE];
    char locator[4][512];
};

static struct place *place_new(const char *scheme)
{
    struct place *p = calloc(1, sizeof *p);
    const char *prefix = "sim:";
    if (strcmp(scheme, "sim") == 0) {
        p->world = world_new(512);
        assert_int_equal(world_bind(p->world, ""), 0);
    } else {
        tempdir_make(p->directory);
        prefix = p->directory;
    }
    for (int i = 0; i < 4; i++)
        (void)snprintf(p->locator[i], sizeof p->locator[i], "%s%s%s%c", p->world ? "" : "file:", prefix,
                       p->world ? "" : "/", 'a' + i);
    return p;
}

static void place_free(struct place *p)
{
    if (p->world) {
        world_unbind("");
        world_free(p->world);
    } else {
        tempdir_remove(p->directory);
    }
    free(p);
}

static void *opened(const char *locator, uint32_t flags, const replsvc_backend **b)
{
    char scheme[16];
    (void)snprintf(scheme, sizeof scheme, "%.*s", (int)strcspn(locator, ":"), locator);
    *b = replsvc_backend_find(scheme);
    replsvc_backend_open_options o = {.size = sizeof o, .flags = flags};
    void *h = NULL;
    assert_int_equal((*b)->open(strchr(locator, ':') + 1, &o, &h), 0);
    return h;
}

static void make(const char *locator, uint64_t size)
{
    char scheme[16];
    (void)snprintf(scheme, sizeof scheme, "%.*s", (int)strcspn(locator, ":"), locator);
    replsvc_backend_create_options c = {.size = sizeof c, .size_bytes = size};
    assert_int_equal(replsvc_backend_find(scheme)->create(strchr(locator, ':') + 1, &c), 0);
}

static void put(const char *locator, const void *data, size_t length, uint64_t offset)
{
    const replsvc_backend *b;
    void *h = opened(locator, REPLSVC_BACKEND_WRITABLE, &b);
    struct iovec iov = {(void *)(uintptr_t)data, length};
    assert_int_equal(b->pwritev(h, &iov, 1, offset, 0), 0);
    assert_int_equal(b->flush(h), 0);
    b->close(h);
}

static char *get(const char *locator, size_t length)
{
    const replsvc_backend *b;
    void *h = opened(locator, REPLSVC_BACKEND_SHARED, &b);
    char *p = malloc(length);
    struct iovec iov = {p, length};
    assert_int_equal(b->preadv(h, &iov, 1, 0, 0), 0);
    b->close(h);
    return p;
}

/* A source with a hole, data, zeroes, and a ragged end. */
static void make_source(const char *locator)
{
    make(locator, ODD);
    char *p = malloc(MIB);
    for (size_t i = 0; i < MIB; i++)
        p[i] = (char)(i / 512 + i % 7 + 1);
    put(locator, p, MIB / 2, 0);
    put(locator, p, MIB, 2 * MIB);
    put(locator, p, 1000, ODD - 1000);
    memset(p, 0, MIB);
    put(locator, p, MIB, 3 * MIB);
    free(p);
}

static bool exists(const char *locator)
{
    replsvc_element_info info = {.size = sizeof info};
    return replsvc_locator_get_info(locator, &info) == 0;
}

static void assert_equal_images(const char *a, const char *b, size_t length)
{
    char *x = get(a, length), *y = get(b, length);
    assert_memory_equal(x, y, length);
    free(x);
    free(y);
}

static void with_each(void (*test)(struct place *p))
{
    static const char *const schemes[] = {"sim", "file"};
    for (int i = 0; i < 2; i++) {
        if (!replsvc_backend_find(schemes[i]))
            continue;
        struct place *p = place_new(schemes[i]);
        test(p);
        place_free(p);
    }
}

static void copies(struct place *p)
{
    static const uint32_t flags[] = {0,
                                     REPLSVC_COPY_NO_REFLINK,
                                     REPLSVC_COPY_NO_REFLINK | REPLSVC_COPY_NO_IO_URING,
                                     REPLSVC_COPY_NO_REFLINK | REPLSVC_COPY_FORCE_THREADS,
                                     REPLSVC_COPY_NO_REFLINK | REPLSVC_COPY_PREALLOCATE,
                                     REPLSVC_COPY_NO_FLUSH};
    make_source(p->locator[0]);
    for (size_t i = 0; i < sizeof flags / sizeof *flags; i++) {
        replsvc_copy_options o = {.size = sizeof o, .flags = flags[i] | REPLSVC_COPY_VERIFY};
        replsvc_copy_statistics s = {.size = sizeof s};
        assert_int_equal(replsvc_copy(p->locator[0], p->locator[1], &o, &s), 0);
        assert_true(s.target_created);
        assert_int_equal(s.bytes_total, ODD);
        assert_int_equal(s.bytes_written + s.bytes_shared + s.bytes_zero, ODD);
        assert_equal_images(p->locator[0], p->locator[1], ODD);
        assert_int_equal(
            replsvc_backend_find(p->world ? "sim" : "file")->remove(strchr(p->locator[1], ':') + 1), 0);
    }
}

static void a_copy_equals_its_source_by_every_way(void **state)
{
    (void)state;
    with_each(copies);
}

static void existing(struct place *p)
{
    replsvc_copy_options o = {.size = sizeof o};
    make_source(p->locator[0]);
    make(p->locator[1], ODD + 4096);
    char *ones = malloc(ODD + 4096);
    memset(ones, 1, ODD + 4096);
    put(p->locator[1], ones, ODD + 4096, 0);
    assert_int_equal(replsvc_copy(p->locator[0], p->locator[1], NULL, NULL), REPLSVC_IN_USE);
    char *kept = get(p->locator[1], ODD);
    assert_memory_equal(kept, ones, ODD);
    free(kept);
    o.flags = REPLSVC_COPY_OVERWRITE | REPLSVC_COPY_VERIFY;
    assert_int_equal(replsvc_copy(p->locator[0], p->locator[1], &o, NULL), 0);
    assert_equal_images(p->locator[0], p->locator[1], ODD);
    char *all = get(p->locator[1], ODD + 4096);
    assert_memory_equal(all + ODD, ones, 4096); /* beyond the source nothing changes */
    free(all);
    free(ones);

    o.flags = REPLSVC_COPY_MUST_EXIST;
    assert_int_equal(replsvc_copy(p->locator[0], p->locator[2], &o, NULL), REPLSVC_INVALID_PARAMETER);
    assert_false(exists(p->locator[2]));
    make(p->locator[2], ODD - 1);
    assert_int_equal(replsvc_copy(p->locator[0], p->locator[2], &o, NULL), REPLSVC_INVALID_PARAMETER);
    assert_non_null(strstr(replsvc_last_error()->message, "bytes"));
    assert_true(exists(p->locator[2]));
}

static void an_existing_target_is_overwritten_only_when_asked_and_large_enough(void **state)
{
    (void)state;
    with_each(existing);
}

static void refusals(struct place *p)
{
    replsvc_copy_options o = {.size = sizeof o};
    make_source(p->locator[0]);
    assert_int_equal(replsvc_copy(NULL, p->locator[1], NULL, NULL), REPLSVC_INVALID_PARAMETER);
    assert_int_equal(replsvc_copy(p->locator[0], "", NULL, NULL), REPLSVC_INVALID_PARAMETER);
    assert_int_equal(replsvc_copy("nosuch:thing", p->locator[1], NULL, NULL), REPLSVC_INVALID_PARAMETER);
    assert_int_equal(replsvc_copy(p->locator[2], p->locator[1], NULL, NULL), REPLSVC_INVALID_PARAMETER);
    o.flags = REPLSVC_COPY_OVERWRITE;
    assert_int_equal(replsvc_copy(p->locator[0], p->locator[0], &o, NULL), REPLSVC_INVALID_PARAMETER);
    o.flags = 0x80000000u;
    assert_int_equal(replsvc_copy(p->locator[0], p->locator[1], &o, NULL), REPLSVC_INVALID_PARAMETER);
    o.flags = 0;
    o.target_size = 4096;
    assert_int_equal(replsvc_copy(p->locator[0], p->locator[1], &o, NULL), REPLSVC_INVALID_PARAMETER);
    o.size = 2;
    assert_int_equal(replsvc_copy(p->locator[0], p->locator[1], &o, NULL), REPLSVC_INVALID_PARAMETER);
    replsvc_copy_statistics s = {.size = 0};
    assert_int_equal(replsvc_copy(p->locator[0], p->locator[1], NULL, &s), REPLSVC_INVALID_PARAMETER);
    assert_false(exists(p->locator[1]));
    assert_int_equal(replsvc_locator_get_info(p->locator[0], NULL), REPLSVC_INVALID_PARAMETER);
}

static void wrong_arguments_are_refused_and_change_nothing(void **state)
{
    (void)state;
    with_each(refusals);
}

struct watch {
    unsigned calls, cancel_at;
    uint64_t last, total;
};

static int watch(void *user, uint64_t done, uint64_t total, uint64_t rate)
{
    struct watch *w = user;
    (void)rate;
    assert_true(done >= w->last && done <= total);
    w->last = done;
    w->total = total;
    return ++w->calls == w->cancel_at;
}

static void cancelled(struct place *p)
{
    make_source(p->locator[0]);
    struct watch w = {.cancel_at = 1};
    replsvc_copy_options o = {.size = sizeof o, .progress = watch, .progress_user = &w};
    assert_int_equal(replsvc_copy(p->locator[0], p->locator[1], &o, NULL), REPLSVC_FAILED);
    assert_int_equal(replsvc_last_error()->system_errno, ECANCELED);
    assert_false(exists(p->locator[1]));
    w = (struct watch){0};
    o.flags = REPLSVC_COPY_VERIFY;
    assert_int_equal(replsvc_copy(p->locator[0], p->locator[1], &o, NULL), 0);
    assert_int_equal(w.last, w.total);
    assert_int_equal(w.total, 2 * ODD);
}

static void progress_ends_at_the_total_and_a_cancelled_copy_leaves_no_target(void **state)
{
    (void)state;
    with_each(cancelled);
}

static void every_failing_operation_leaves_the_source_whole_and_no_target(void **state)
{
    (void)state;
    static const uint32_t kinds[] = {1u << WORLD_OP_WRITE, 1u << WORLD_OP_READ, 1u << WORLD_OP_SYNC,
                                     1u << WORLD_OP_CREATE};
    for (size_t k = 0; k < 4; k++)
        for (unsigned long n = 1;; n++) {
            struct place *p = place_new("sim");
            make_source(p->locator[0]);
            char *before = get(p->locator[0], ODD);
            struct world_fault f = {
                .kinds = kinds[k], .path = k == 1 ? "disks/a" : "disks/b", .nth = n, .err = -EIO};
            assert_int_equal(world_fault_add(p->world, &f), 0);
            replsvc_copy_options o = {.size = sizeof o, .flags = REPLSVC_COPY_NO_REFLINK};
            uint32_t code = replsvc_copy(p->locator[0], p->locator[1], &o, NULL);
            unsigned long struck = world_faults_struck(p->world);
            world_faults_clear(p->world);
            assert_int_equal(code, struck ? REPLSVC_FAILED : 0);
            if (struck)
                assert_int_equal(replsvc_last_error()->system_errno, EIO);
            assert_int_equal(exists(p->locator[1]), !struck);
            char *after = get(p->locator[0], ODD);
            assert_memory_equal(before, after, ODD);
            free(before);
            free(after);
            place_free(p);
            if (!struck)
                break;
        }
}

static void every_failing_allocation_leaves_the_source_whole_and_no_target(void **state)
{
    (void)state;
    for (unsigned long n = 1;; n++) {
        struct place *p = place_new("sim");
        make_source(p->locator[0]);
        mem_fail_at(n);
        unsigned long before = mem_count();
        uint32_t code = replsvc_copy(p->locator[0], p->locator[1], NULL, NULL);
        bool failed = mem_count() - before >= n;
        mem_fail_at(0);
        /* Some can be done without. */
        assert_true(code == 0 || (failed && code == REPLSVC_FAILED));
        assert_int_equal(exists(p->locator[1]), code == 0);
        if (code == 0)
            assert_equal_images(p->locator[0], p->locator[1], ODD);
        place_free(p);
        if (!failed)
            break;
    }
}

/* A medium that says it has written, and has not quite. */
static int lying_pwritev(void *handle, const struct iovec *iov, int iovcnt, uint64_t offset, uint32_t flags)
{
    char *p = malloc(iov[0].iov_len);
    memcpy(p, iov[0].iov_base, iov[0].iov_len);
    if (offset >= 2 * MIB)
        p[iov[0].iov_len - 1] ^= 1;
    struct iovec other = {p, iov[0].iov_len};
    assert_int_equal(iovcnt, 1);
    int err = sim_backend.pwritev(handle, &other, 1, offset, flags);
    free(p);
    return err;
}

static void verifying_finds_a_byte_that_the_medium_changed(void **state)
{
    (void)state;
    static replsvc_backend liar;
    liar = sim_backend;
    liar.name = "liar";
    liar.pwritev = lying_pwritev;
    assert_int_equal(replsvc_backend_register(&liar), 0);
    struct place *p = place_new("sim");
    make_source(p->locator[0]);
    replsvc_copy_options o = {.size = sizeof o, .flags = REPLSVC_COPY_VERIFY};
    assert_int_equal(replsvc_copy(p->locator[0], "liar:b", &o, NULL), REPLSVC_FAILED);
    assert_int_equal(replsvc_last_error()->system_errno, EILSEQ);
    assert_non_null(strstr(replsvc_last_error()->message, "differ"));
    assert_false(exists(p->locator[1]));
    o.flags = 0;
    assert_int_equal(replsvc_copy(p->locator[0], "liar:b", &o, NULL), 0);
    place_free(p);
}

static void info(struct place *p)
{
    make_source(p->locator[0]);
    replsvc_element_info i = {.size = sizeof i};
    assert_int_equal(replsvc_locator_get_info(p->locator[0], &i), 0);
    assert_int_equal(i.size_bytes, ODD);
    assert_string_equal(i.backend, p->world ? "sim" : "file");
    assert_true(i.block_size >= 512);
    assert_int_equal(i.number_of_blocks, ODD / i.block_size);
    assert_true(i.allocated_bytes < ODD);
    assert_int_equal(replsvc_locator_get_info(p->locator[1], &i), REPLSVC_INVALID_PARAMETER);
}

static void an_image_can_be_looked_at_without_a_service(void **state)
{
    (void)state;
    with_each(info);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_copy_equals_its_source_by_every_way),
        cmocka_unit_test(an_existing_target_is_overwritten_only_when_asked_and_large_enough),
        cmocka_unit_test(wrong_arguments_are_refused_and_change_nothing),
        cmocka_unit_test(progress_ends_at_the_total_and_a_cancelled_copy_leaves_no_target),
        cmocka_unit_test(every_failing_operation_leaves_the_source_whole_and_no_target),
        cmocka_unit_test(every_failing_allocation_leaves_the_source_whole_and_no_target),
        cmocka_unit_test(verifying_finds_a_byte_that_the_medium_changed),
        cmocka_unit_test(an_image_can_be_looked_at_without_a_service),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
