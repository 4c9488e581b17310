/* SPDX-License-Identifier: BSD-2-Clause */
/* The activity log: what it lets pass without I/O, what it leaves marked after a crash, and how it fails. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <pthread.h>
#include <string.h>

#include "engine/activity.h"
#include "engine/activity_log.h"
#include "support/simvfs.h"
#include "util/alloc.h"

#define MIB (UINT64_C(1) << 20)
#define REGION 65536u

struct fixture {
    struct world *w;
    struct vfs *vfs;
    struct activity *a;
    struct activity_options options;
    unsigned settled;
    int settle_error;
};

static int settle(void *user)
{
    struct fixture *f = user;
    f->settled++;
    return f->settle_error;
}

static int set_up_of(void **state, uint64_t size)
{
    struct fixture *f = mem_zalloc(sizeof(*f));
    *state = f;
    f->w = world_new(4096);
    assert_int_equal(simvfs_open(f->w, "state", true, &f->vfs), 0);
    assert_int_equal(f->vfs->ops->mkdir(f->vfs, "maps"), 0);
    f->options = (struct activity_options){.vfs = f->vfs,
                                           .map_name = "maps/m.dirty",
                                           .log_name = "maps/m.active",
                                           .size = size,
                                           .region_size = REGION,
                                           .settle = settle,
                                           .user = f};
    assert_int_equal(activity_create(&f->options, &f->a), 0);
    return 0;
}

static int set_up(void **state)
{
    return set_up_of(state, 64 * 1024 * MIB);
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    activity_abandon(f->a);
    f->vfs->ops->close(f->vfs);
    world_free(f->w);
    mem_free(f);
    return 0;
}

/* As after a kill: everything written is there, nothing was closed. */
static bool reopen(struct fixture *f)
{
    bool guessed;
    activity_abandon(f->a);
    f->a = NULL;
    assert_int_equal(activity_open(&f->options, &f->a, &guessed), 0);
    return guessed;
}

static uint64_t log_writes(struct fixture *f)
{
    uint64_t active, writes;
    activity_stats(f->a, &active, &writes);
    return writes;
}

static void write_at(struct fixture *f, uint64_t offset, uint64_t length, bool differs)
{
    assert_int_equal(activity_enter(f->a, offset, length), 0);
    activity_leave(f->a, offset, length, differs);
}

static void a_hot_extent_costs_one_log_write(void **state)
{
    struct fixture *f = *state;
    for (int i = 0; i < 1000; i++)
        write_at(f, (uint64_t)i * 4096, 4096, false);
    assert_int_equal(log_writes(f), 1);
    assert_int_equal(f->settled, 0);
    assert_int_equal(map_count(activity_map(f->a)), 0);
}

static void after_a_crash_the_extents_of_the_log_differ_and_nothing_else(void **state)
{
    struct fixture *f = *state;
    write_at(f, 5 * 1024 * MIB + 7, 100, false);
    assert_false(reopen(f));
    struct map *map = activity_map(f->a);
    uint64_t first = map_next(map, 0, true), end = map_next(map, first, false);
    assert_true(first * REGION <= 5 * 1024 * MIB && end * REGION > 5 * 1024 * MIB);
    assert_true((end - first) * REGION <= 16 * MIB);
    assert_int_equal(map_count(map), end - first);
}

static void after_a_close_nothing_differs(void **state)
{
    struct fixture *f = *state;
    write_at(f, 0, 100, false);
    assert_int_equal(activity_close(f->a), 0);
    assert_int_equal(f->settled, 1);
    f->a = NULL;
    bool guessed;
    assert_int_equal(activity_open(&f->options, &f->a, &guessed), 0);
    assert_false(guessed);
    assert_int_equal(map_count(activity_map(f->a)), 0);
}

static void a_write_that_differs_is_marked_and_survives_being_let_go(void **state)
{
    struct fixture *f = *state;
    write_at(f, 3 * MIB, 100, true);
    assert_true(map_test(activity_map(f->a), 3 * MIB / REGION));
    /* Push its extent out of the log. */
    for (uint64_t i = 1; i <= 2 * ACTIVITY_EXTENTS; i++)
        write_at(f, i * 16 * MIB, 1, false);
    assert_true(f->settled > 0);
    assert_true(f->settled < 2 * ACTIVITY_EXTENTS / 64);
    assert_false(reopen(f));
    assert_true(map_test(activity_map(f->a), 3 * MIB / REGION));
    assert_false(map_test(activity_map(f->a), 3 * MIB / REGION + 1));
}

static void an_extent_with_a_writer_is_never_let_go(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(activity_enter(f->a, 0, 1), 0);
    for (uint64_t i = 1; i <= 3 * ACTIVITY_EXTENTS; i++)
        write_at(f, i * 16 * MIB, 1, false);
    assert_false(reopen(f));
    assert_true(map_test(activity_map(f->a), 0));
}

static void a_failing_settle_lets_nothing_go_and_poisons_the_log(void **state)
{
    struct fixture *f = *state;
    write_at(f, 0, 1, false);
    f->settle_error = -EIO;
    int ret = 0;
    for (uint64_t i = 1; i <= 2 * ACTIVITY_EXTENTS && ret == 0; i++) {
        ret = activity_enter(f->a, i * 16 * MIB, 1);
        if (ret == 0)
            activity_leave(f->a, i * 16 * MIB, 1, false);
    }
    assert_int_equal(ret, -EIO);
    assert_int_equal(activity_enter(f->a, 0, 1), -EIO);
    assert_false(reopen(f));
    assert_true(map_test(activity_map(f->a), 0));
}

static void a_log_that_cannot_be_written_fails_the_write_that_needs_it(void **state)
{
    struct fixture *f = *state;
    struct world_fault fault = {
        .kinds = 1u << WORLD_OP_WRITE, .path = "m.active", .nth = 1, .forever = true, .err = -ENOSPC};
    assert_int_equal(world_fault_add(f->w, &fault), 0);
    assert_int_equal(activity_enter(f->a, 0, 1), -ENOSPC);
    world_faults_clear(f->w);
    assert_int_equal(activity_enter(f->a, 0, 1), -ENOSPC);
}

static void a_damaged_or_missing_file_means_that_everything_differs(void **state)
{
    struct fixture *f = *state;
    const char *const names[] = {"state/maps/m.active", "state/maps/m.dirty"};
    for (int i = 0; i < 4; i++) {
        struct world_file *file;
        if (i < 2) {
            assert_int_equal(world_open(f->w, names[i], 0, &file), 0);
            assert_int_equal(world_write(file, "damage", 6, 20, true), 0);
            assert_int_equal(world_write(file, "damage", 6, 4096 + 20, true), 0);
            world_close(file);
        } else {
            assert_int_equal(world_unlink(f->w, names[i - 2], true), 0);
        }
        assert_true(reopen(f));
        assert_int_equal(map_count(activity_map(f->a)), map_regions(activity_map(f->a)));
        /* And it is on record: not guessed again, still different. */
        assert_false(reopen(f));
        assert_int_equal(map_count(activity_map(f->a)), map_regions(activity_map(f->a)));
        assert_int_equal(activity_enter(f->a, 0, 4096), 0);
        assert_int_equal(map_clear(activity_map(f->a), 0, map_regions(activity_map(f->a))), 0);
        activity_leave(f->a, 0, 4096, false);
        assert_int_equal(activity_close(f->a), 0);
        assert_int_equal(activity_open(&f->options, &f->a, NULL), 0);
        assert_int_equal(map_count(activity_map(f->a)), 0);
    }
}

static void too_large_a_write_is_refused(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(activity_enter(f->a, 0, ACTIVITY_MAX_WRITE + 1), -E2BIG);
    write_at(f, 1, ACTIVITY_MAX_WRITE, false);
}

static void *hammer(void *arg)
{
    struct fixture *f = arg;
    uint64_t at = (uint64_t)(uintptr_t)pthread_self();
    for (int i = 0; i < 3000; i++) {
        at = at * 6364136223846793005u + 1442695040888963407u;
        uint64_t offset = (at >> 20) % (64 * 1024 * MIB - ACTIVITY_MAX_WRITE);
        if (activity_enter(f->a, offset, 1 + (at >> 8) % (9 * MIB)) != 0)
            return arg;
        activity_leave(f->a, offset, 1 + (at >> 8) % (9 * MIB), (i & 255) == 0);
    }
    return NULL;
}

static void many_writers_over_more_extents_than_fit(void **state)
{
    struct fixture *f = *state;
    pthread_t t[6];
    for (int i = 0; i < 6; i++)
        assert_int_equal(pthread_create(&t[i], NULL, hammer, f), 0);
    for (int i = 0; i < 6; i++) {
        void *failed;
        pthread_join(t[i], &failed);
        assert_null(failed);
    }
    assert_true(f->settled > 0);
}

static void no_memory_leaves_no_half_made_thing(void **state)
{
    struct fixture *f = *state;
    struct activity_options options = f->options;
    options.map_name = "maps/n.dirty";
    options.log_name = "maps/n.active";
    struct activity *a = NULL;
    int ret = -ENOMEM;
    for (unsigned long n = 1; ret == -ENOMEM; n++) {
        mem_fail_at(n);
        ret = activity_create(&options, &a);
        mem_fail_at(0);
    }
    assert_int_equal(ret, 0);
    activity_abandon(a);
    ret = -ENOMEM;
    for (unsigned long n = 1; ret == -ENOMEM; n++) {
        mem_fail_at(n);
        ret = activity_open(&options, &a, NULL);
        mem_fail_at(0);
    }
    assert_int_equal(ret, 0);
    assert_int_equal(map_count(activity_map(a)), 0);
    activity_abandon(a);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_hot_extent_costs_one_log_write),
        TEST(after_a_crash_the_extents_of_the_log_differ_and_nothing_else),
        TEST(after_a_close_nothing_differs),
        TEST(a_write_that_differs_is_marked_and_survives_being_let_go),
        TEST(an_extent_with_a_writer_is_never_let_go),
        TEST(a_failing_settle_lets_nothing_go_and_poisons_the_log),
        TEST(a_log_that_cannot_be_written_fails_the_write_that_needs_it),
        TEST(a_damaged_or_missing_file_means_that_everything_differs),
        TEST(too_large_a_write_is_refused),
        TEST(many_writers_over_more_extents_than_fit),
        TEST(no_memory_leaves_no_half_made_thing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
