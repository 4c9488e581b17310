/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Bounds of background work: how many bytes are admitted by what time. The clock stands still but where the
 * test moves it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "engine/copy_internal.h"
#include "util/clock.h"

#define PIECE 65536u
#define SECOND INT64_C(1000000)

static int setup(void **state)
{
    (void)state;
    clock_stand_still(true);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    clock_stand_still(false);
    return 0;
}

/* Bytes that get through in so many microseconds, of one who always has a piece at hand. */
static uint64_t admitted(struct copy_limit *const limits[2], int64_t us)
{
    uint64_t bytes = 0;
    int64_t end = clock_monotonic_us() + us;
    for (;;) {
        int64_t wait = copy_limit_take(limits, PIECE);
        if (wait == 0) {
            bytes += PIECE;
            continue;
        }
        if (clock_monotonic_us() + wait >= end) {
            clock_jump(0, end - clock_monotonic_us());
            return bytes;
        }
        clock_jump(0, wait);
    }
}

/* No more than the rate (costs are rounded to microseconds), a burst and the piece that was under way; and no
 * less than the rate but for one. */
static void assert_rate(uint64_t bytes, uint64_t rate, int64_t us)
{
    double due = (double)rate * (double)us / 1e6;
    assert_true((double)bytes <= due * 1.001 + (double)rate / 20 + 2 * PIECE);
    assert_true((double)bytes >= due - 2 * PIECE);
}

static void no_more_is_admitted_than_the_rate_lets_through(void **state)
{
    (void)state;
    static const uint64_t rates[] = {PIECE, 1u << 20, 32u << 20, UINT64_C(1) << 30};
    for (size_t i = 0; i < 4; i++) {
        struct copy_limit *limits[2] = {copy_limit_new(rates[i]), NULL};
        assert_non_null(limits[0]);
        assert_rate(admitted(limits, 10 * SECOND), rates[i], 10 * SECOND);
        copy_limit_free(limits[0]);
    }
}

static void idle_time_is_not_saved_up(void **state)
{
    (void)state;
    struct copy_limit *limits[2] = {copy_limit_new(1u << 20), NULL};
    assert_rate(admitted(limits, SECOND), 1u << 20, SECOND);
    clock_jump(0, 3600 * SECOND);
    assert_rate(admitted(limits, SECOND), 1u << 20, SECOND);
    copy_limit_free(limits[0]);
}

static void the_smaller_of_two_bounds_holds_and_what_is_shared_is_shared(void **state)
{
    (void)state;
    struct copy_limit *all = copy_limit_new(4u << 20);
    struct copy_limit *a[2] = {all, copy_limit_new(1u << 20)}, *b[2] = {all, NULL};
    assert_rate(admitted(a, 4 * SECOND), 1u << 20, 4 * SECOND);
    /* Two at work at once get together what is for all. */
    uint64_t bytes = 0;
    for (int i = 0; i < 400; i++) {
        bytes += copy_limit_take(a, PIECE) == 0 ? PIECE : 0;
        while (copy_limit_take(b, PIECE) == 0)
            bytes += PIECE;
        clock_jump(0, SECOND / 100);
    }
    assert_true(bytes <= 4 * (UINT64_C(4) << 20) + (4u << 20) / 20 + 4 * PIECE);
    copy_limit_free(a[1]);
    copy_limit_free(all);
}

static void a_new_rate_holds_at_once(void **state)
{
    (void)state;
    struct copy_limit *limits[2] = {copy_limit_new(1), NULL};
    (void)admitted(limits, SECOND);
    assert_true(copy_limit_take(limits, PIECE) > SECOND);
    copy_limit_set(limits[0], 1u << 20);
    assert_rate(admitted(limits, 4 * SECOND), 1u << 20, 4 * SECOND);
    copy_limit_set(limits[0], 0);
    for (int i = 0; i < 1000; i++)
        assert_int_equal(copy_limit_take(limits, PIECE), 0);
    copy_limit_free(limits[0]);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(no_more_is_admitted_than_the_rate_lets_through),
        TEST(idle_time_is_not_saved_up),
        TEST(the_smaller_of_two_bounds_holds_and_what_is_shared_is_shared),
        TEST(a_new_rate_holds_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
