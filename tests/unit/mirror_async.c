/* SPDX-License-Identifier: BSD-2-Clause */
/* Asynchronous mirrors: the target trails, and is at every instant one earlier state of the whole group. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <string.h>

#include "engine/cycle.h"
#include "support/mirror_world.h"
#include "util/alloc.h"

#define BLOCKS 256u
#define REGION_BLOCKS 4u
#define FOR_EVER MW_FOR_EVER

static int set_up_mode(void **state, enum mirror_mode mode, int64_t rpo_us)
{
    struct mirror_world *f = mem_zalloc(sizeof(*f));
    *state = f;
    f->mode = mode;
    f->rpo_us = rpo_us;
    f->blocks = BLOCKS;
    f->region_blocks = REGION_BLOCKS;
    mw_make(f);
    return 0;
}

/* Cycles are the test's own. */
static int set_up(void **state)
{
    return set_up_mode(state, MIRROR_ASYNCHRONOUS, FOR_EVER);
}
static int set_up_busy(void **state)
{
    return set_up_mode(state, MIRROR_ASYNCHRONOUS, 1);
}
static int set_up_sync(void **state)
{
    return set_up_mode(state, MIRROR_SYNCHRONOUS, FOR_EVER);
}

static int tear_down(void **state)
{
    mw_free(*state);
    mem_free(*state);
    return 0;
}

static void a_write_reaches_the_target_with_the_next_cycle(void **state)
{
    struct mirror_world *f = *state;
    mw_bring_in_sync(f);
    assert_int_equal(ew_write(mw_volume(f, "a"), 5, 1, 'x'), 0);
    assert_int_equal(ew_read(mw_volume(f, "b"), 5), 0);
    assert_int_equal(mw_info(f->m).skew, REGION_BLOCKS * EW_BLOCK);
    assert_int_equal(mw_cycle(f), 0);
    assert_int_equal(ew_read(mw_volume(f, "b"), 5), 'x');
    assert_int_equal(mw_info(f->m).skew, 0);
    assert_int_equal(volume_write_zeroes(mw_volume(f, "a"), 5 * EW_BLOCK, EW_BLOCK, 0), 0);
    assert_int_equal(mw_cycle(f), 0);
    assert_int_equal(ew_read(mw_volume(f, "b"), 5), 0);
}

static void parted_and_settled_the_targets_are_this_instant(void **state)
{
    struct mirror_world *f = *state;
    mw_bring_in_sync(f);
    assert_int_equal(ew_write(mw_volume(f, "a"), 5, 9, 'x'), 0);
    assert_int_equal(ew_write(mw_volume(f, "c"), 50, 9, 'y'), 0);
    assert_int_equal(mw_part(f, true), 0);
    assert_int_equal(mw_info(f->m).state, MIRROR_APART);
    mw_assert_alike(f, "a", "b");
    mw_assert_alike(f, "c", "d");
    assert_int_equal(mw_info(f->m).bytes_differing, 0);
}

static void one_that_parts_leaves_the_others_in_step(void **state)
{
    struct mirror_world *f = *state;
    mw_bring_in_sync(f);
    assert_int_equal(ew_write(mw_volume(f, "a"), 5, 9, 'x'), 0);
    assert_int_equal(ew_write(mw_volume(f, "c"), 50, 9, 'y'), 0);
    assert_int_equal(mirrors_part(&f->m, 1, true, NULL, NULL), 0);
    assert_int_equal(mw_info(f->m).state, MIRROR_APART);
    assert_int_equal(mw_info(f->n).state, MIRROR_IN_SYNC);
    assert_int_equal(ew_write(mw_volume(f, "a"), 5, 9, 'z'), 0);
    assert_int_equal(ew_write(mw_volume(f, "c"), 50, 9, 'z'), 0);
    assert_int_equal(mw_cycle(f), 0);
    assert_int_equal(ew_read(mw_volume(f, "b"), 5), 'x');
    mw_assert_alike(f, "c", "d");
}

static void parted_at_once_the_targets_are_an_earlier_state(void **state)
{
    struct mirror_world *f = *state;
    mw_bring_in_sync(f);
    assert_int_equal(ew_write(mw_volume(f, "a"), 5, 1, 'x'), 0);
    assert_int_equal(mw_cycle(f), 0);
    assert_int_equal(ew_write(mw_volume(f, "a"), 5, 1, 'y'), 0);
    assert_int_equal(mw_part(f, false), 0);
    assert_int_equal(ew_read(mw_volume(f, "b"), 5), 'x');
    assert_int_equal(ew_write(mw_volume(f, "b"), 90, 1, 't'), 0);
    mw_bring_in_sync(f);
    mw_assert_alike(f, "a", "b");
    assert_int_equal(ew_read(mw_volume(f, "b"), 5), 'y');
}

static void *run_cycle(void *arg)
{
    return (void *)(intptr_t)mw_cycle(arg);
}

static void a_write_to_a_region_that_is_not_shipped_yet_saves_it_first(void **state)
{
    struct mirror_world *f = *state;
    mw_bring_in_sync(f);
    assert_int_equal(ew_write(mw_volume(f, "a"), 0, 1, '1'), 0);
    assert_int_equal(ew_write(mw_volume(f, "a"), 100, 1, '1'), 0);
    struct world_fault fault = {.kinds = 1u << WORLD_OP_WRITE, .path = "g.redo", .nth = 1, .stall = true};
    assert_int_equal(world_fault_add(f->w, &fault), 0);
    pthread_t t;
    assert_int_equal(pthread_create(&t, NULL, run_cycle, f), 0);
    world_wait_stalled(f->w, 1); /* the gathering hangs in the first region */
    assert_int_equal(ew_write(mw_volume(f, "a"), 100, 1, '2'), 0);
    assert_int_equal(ew_write(mw_volume(f, "a"), 200, 1, '2'), 0);
    world_release(f->w);
    void *ret;
    pthread_join(t, &ret);
    assert_int_equal((intptr_t)ret, 0);
    assert_int_equal(ew_read(mw_volume(f, "b"), 0), '1');
    assert_int_equal(ew_read(mw_volume(f, "b"), 100), '1');
    assert_int_equal(ew_read(mw_volume(f, "b"), 200), 0);
    assert_int_equal(mw_cycle(f), 0);
    mw_assert_alike(f, "a", "b");
}

/* Ten regions that do not touch: as many records. */
#define APART (2 * REGION_BLOCKS)
static void write_apart(struct mirror_world *f, unsigned char byte)
{
    for (unsigned i = 0; i < 10; i++)
        assert_int_equal(ew_write(mw_volume(f, "a"), i * APART, 1, byte), 0);
}

static void without_room_for_the_redo_log_the_mirrors_break_and_the_targets_stay_whole(void **state)
{
    struct mirror_world *f = *state;
    mw_bring_in_sync(f);
    write_apart(f, '1');
    assert_int_equal(mw_cycle(f), 0);
    write_apart(f, '2');
    struct world_fault fault = {
        .kinds = 1u << WORLD_OP_WRITE, .path = "g.redo", .nth = 3, .forever = true, .err = -ENOSPC};
    assert_int_equal(world_fault_add(f->w, &fault), 0);
    assert_int_equal(mw_cycle(f), -ENOSPC);
    assert_int_equal(mw_info(f->m).state, MIRROR_APART);
    assert_int_equal(mw_info(f->n).state, MIRROR_APART);
    assert_int_equal(mw_info(f->m).error, -ENOSPC);
    for (unsigned i = 0; i < 10; i++)
        assert_int_equal(ew_read(mw_volume(f, "b"), i * APART), '1');
    assert_int_equal(ew_write(mw_volume(f, "a"), 0, 1, '3'), 0);
    world_faults_clear(f->w);
    mw_bring_in_sync(f);
    mw_assert_alike(f, "a", "b");
}

static void a_target_that_fails_while_a_cycle_is_applied_is_finished_later(void **state)
{
    struct mirror_world *f = *state;
    mw_bring_in_sync(f);
    write_apart(f, '1');
    struct world_fault fault = {
        .kinds = 1u << WORLD_OP_WRITE, .path = "disks/b", .nth = 3, .forever = true, .err = -EIO};
    assert_int_equal(world_fault_add(f->w, &fault), 0);
    assert_int_equal(mw_cycle(f), -EIO);
    assert_int_equal(mw_info(f->m).state, MIRROR_APART);
    assert_int_equal(mw_part(f, false), -EIO); /* the target is no state of the source now: said so */
    world_faults_clear(f->w);
    assert_int_equal(mw_part(f, false), 0);
    mw_assert_alike(f, "a", "b");
    mw_bring_in_sync(f);
    mw_assert_alike(f, "a", "b");
}

static void loaded_again_it_ships_what_was_marked(void **state)
{
    struct mirror_world *f = *state;
    mw_bring_in_sync(f);
    assert_int_equal(ew_write(mw_volume(f, "a"), 7, 1, 'x'), 0);
    mirror_put(f->m);
    struct mirror_spec m = mw_spec(f, "m", "a", "b");
    m.state = MIRROR_IN_SYNC;
    assert_int_equal(mirror_load(&m, &f->m), 0);
    assert_int_equal(mw_info(f->m).state, MIRROR_IN_SYNC);
    assert_int_equal(mw_cycle(f), 0);
    mw_assert_alike(f, "a", "b");
}

static void a_damaged_redo_log_breaks_the_mirrors_and_not_the_sources(void **state)
{
    struct mirror_world *f = *state;
    mw_bring_in_sync(f);
    assert_int_equal(ew_write(mw_volume(f, "a"), 7, 1, 'x'), 0);
    mw_stop(f);
    struct world_file *file;
    assert_int_equal(world_open(f->w, "state/cycles/g.commit", 0, &file), 0);
    assert_int_equal(world_write(file, "damage", 6, 20, true), 0);
    assert_int_equal(world_write(file, "damage", 6, 4096 + 20, true), 0);
    world_close(file);
    mw_start(f);
    struct mirror_spec m = mw_spec(f, "m", "a", "b"), n = mw_spec(f, "n", "c", "d");
    m.state = n.state = MIRROR_IN_SYNC;
    assert_int_equal(mirror_load(&m, &f->m), 0);
    assert_int_equal(mirror_load(&n, &f->n), 0);
    assert_int_equal(mirror_group_ready(f->g), 0);
    assert_int_equal(mw_info(f->m).error, -EUCLEAN);
    assert_int_equal(mw_info(f->m).state, MIRROR_APART);
    assert_int_equal(ew_write(mw_volume(f, "a"), 9, 1, 'y'), 0);
    assert_int_equal(mw_part(f, false), 0);
    mw_bring_in_sync(f);
    assert_int_equal(mw_cycle(f), 0);
    mw_assert_alike(f, "a", "b");
}

struct writer {
    struct mirror_world *f;
    _Atomic bool stop;
    unsigned last;
};

/* Numbers 1, 2, 3 … to a and then to c: any instant shows c's number equal to a's or one less. */
static void *count_up(void *arg)
{
    struct writer *w = arg;
    unsigned char block[EW_BLOCK] = {0};
    for (unsigned i = 1; !atomic_load(&w->stop); i++) {
        struct iovec iov = {block, sizeof(block)};
        memcpy(block, &i, sizeof(i));
        if (volume_pwritev(mw_volume(w->f, "a"), &iov, 1, (i % 8) * 5 * EW_BLOCK, 0) != 0 ||
            volume_pwritev(mw_volume(w->f, "a"), &iov, 1, 200 * EW_BLOCK, 0) != 0 ||
            volume_pwritev(mw_volume(w->f, "c"), &iov, 1, 100 * EW_BLOCK, 0) != 0)
            return arg;
        w->last = i;
    }
    return NULL;
}

static unsigned number_at(struct mirror_world *f, const char *disk, unsigned at)
{
    unsigned char block[EW_BLOCK];
    struct iovec iov = {block, sizeof(block)};
    unsigned number;
    assert_int_equal(volume_preadv(mw_volume(f, disk), &iov, 1, (uint64_t)at * EW_BLOCK, 0), 0);
    memcpy(&number, block, sizeof(number));
    return number;
}

static void assert_one_instant(struct mirror_world *f)
{
    unsigned b = number_at(f, "b", 200), d = number_at(f, "d", 100);
    assert_true(b == d || b == d + 1);
    unsigned slot = number_at(f, "b", (b % 8) * 5), next = number_at(f, "b", ((b + 1) % 8) * 5);
    assert_int_equal(slot, b);
    assert_true(next == b + 1 || next + 7 == b || b < 8);
}

static void under_a_writer_the_targets_are_always_one_instant(void **state)
{
    struct mirror_world *f = *state;
    struct writer w = {.f = f};
    pthread_t t;
    assert_int_equal(pthread_create(&t, NULL, count_up, &w), 0);
    unsigned before = 0;
    for (int round = 0; round < 30; round++) {
        mw_bring_in_sync(f);
        assert_int_equal(mw_part(f, round % 2 == 0), 0);
        assert_one_instant(f);
        assert_true(number_at(f, "b", 200) >= before);
        before = number_at(f, "b", 200);
    }
    mw_bring_in_sync(f);
    atomic_store(&w.stop, true);
    void *failed;
    pthread_join(t, &failed);
    assert_null(failed);
    assert_int_equal(mw_part(f, true), 0);
    mw_assert_alike(f, "a", "b");
    mw_assert_alike(f, "c", "d");
    assert_int_equal(f->broken, 0);
}

static void the_thread_keeps_the_target_up_to_date(void **state)
{
    struct mirror_world *f = *state;
    mw_bring_in_sync(f);
    assert_int_equal(ew_write(mw_volume(f, "a"), 7, 1, 'x'), 0);
    while (mw_info(f->m).bytes_differing != 0)
        sched_yield();
    assert_int_equal(ew_read(mw_volume(f, "b"), 7), 'x');
}

static void the_mode_changes_under_a_writer(void **state)
{
    struct mirror_world *f = *state;
    struct writer w = {.f = f};
    pthread_t t;
    mw_bring_in_sync(f);
    assert_int_equal(pthread_create(&t, NULL, count_up, &w), 0);
    for (int round = 0; round < 20; round++) {
        assert_int_equal(mirror_group_set_mode(f->g, MIRROR_ASYNCHRONOUS, FOR_EVER, 0), 0);
        assert_int_equal(mw_cycle(f), 0);
        assert_int_equal(mirror_group_set_mode(f->g, MIRROR_SYNCHRONOUS, 0, 0), 0);
        assert_int_equal(mirror_resync(f->m, NULL), 0);
        assert_int_equal(mirror_resync(f->n, NULL), 0);
    }
    atomic_store(&w.stop, true);
    void *failed;
    pthread_join(t, &failed);
    assert_null(failed);
    mw_assert_alike(f, "a", "b");
    mw_assert_alike(f, "c", "d");
}

static void an_adaptive_group_trails_a_slow_target_and_comes_back(void **state)
{
    struct mirror_world *f = *state;
    mw_bring_in_sync(f);
    assert_int_equal(mirror_group_set_mode(f->g, MIRROR_ADAPTIVE, 0, 1 << 20), 0);
    assert_int_equal(ew_write(mw_volume(f, "a"), 0, 1, 'x'), 0);
    assert_int_equal(ew_read(mw_volume(f, "b"), 0), 'x');
    assert_false(mw_info(f->m).trailing);
    for (int i = 0; i < 64; i++)
        adaptive_note(&f->g->adaptive, 100, 50000);
    assert_int_equal(ew_write(mw_volume(f, "a"), 1, 1, 'x'), 0); /* sees it, and wakes the thread */
    while (!mw_info(f->m).trailing && mw_info(f->m).state == MIRROR_IN_SYNC)
        sched_yield();
    /* Cycles are short here, so it is soon in step again, and says so. */
    while (mw_info(f->m).trailing)
        sched_yield();
    assert_int_equal(mirror_resync(f->m, NULL), 0);
    assert_int_equal(mirror_resync(f->n, NULL), 0);
    assert_int_equal(ew_write(mw_volume(f, "a"), 2, 1, 'y'), 0);
    assert_int_equal(ew_read(mw_volume(f, "b"), 2), 'y');
    mw_assert_alike(f, "a", "b");
}

static void what_adaptive_goes_by(void **state)
{
    (void)state;
    struct adaptive a = {0};
    atomic_store(&a.maximum_skew, 1600);
    for (int i = 0; i < 100; i++)
        adaptive_note(&a, 3000, 9000);
    assert_false(adaptive_is_slow(&a)); /* both are slow */
    for (int i = 0; i < 100; i++)
        adaptive_note(&a, 100, 9000);
    assert_true(adaptive_is_slow(&a));
    for (int i = 0; i < 100; i++)
        adaptive_note(&a, 10, 100);
    assert_false(adaptive_is_slow(&a)); /* slower, but nobody minds */
    assert_true(adaptive_turns_back(&a, 1000, 0));
    assert_false(adaptive_turns_back(&a, 1000, 200));
    assert_false(adaptive_turns_back(&a, 10000000, 0));
    assert_true(adaptive_turns_back(&a, 10000000, 1601));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_write_reaches_the_target_with_the_next_cycle),
        TEST(parted_and_settled_the_targets_are_this_instant),
        TEST(one_that_parts_leaves_the_others_in_step),
        TEST(parted_at_once_the_targets_are_an_earlier_state),
        TEST(a_write_to_a_region_that_is_not_shipped_yet_saves_it_first),
        TEST(without_room_for_the_redo_log_the_mirrors_break_and_the_targets_stay_whole),
        TEST(a_target_that_fails_while_a_cycle_is_applied_is_finished_later),
        TEST(loaded_again_it_ships_what_was_marked),
        TEST(a_damaged_redo_log_breaks_the_mirrors_and_not_the_sources),
        cmocka_unit_test_setup_teardown(under_a_writer_the_targets_are_always_one_instant, set_up_busy,
                                        tear_down),
        cmocka_unit_test_setup_teardown(the_thread_keeps_the_target_up_to_date, set_up_busy, tear_down),
        cmocka_unit_test_setup_teardown(the_mode_changes_under_a_writer, set_up_sync, tear_down),
        cmocka_unit_test_setup_teardown(an_adaptive_group_trails_a_slow_target_and_comes_back, set_up_sync,
                                        tear_down),
        cmocka_unit_test(what_adaptive_goes_by),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
