/* SPDX-License-Identifier: BSD-2-Clause */
/* Synchronous mirrors as their hosts see them: alike while in sync, marked while apart, mended by resync. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

#include "support/mirror_world.h"
#include "util/alloc.h"

#define BLOCKS 512u
#define SIZE (BLOCKS * EW_BLOCK)
#define REGION_BLOCKS 16u /* of 64 KiB */

static int set_up(void **state)
{
    struct mirror_world *f = mem_zalloc(sizeof(*f));
    *state = f;
    f->mode = MIRROR_SYNCHRONOUS;
    f->blocks = BLOCKS;
    mw_make(f);
    return 0;
}

static int tear_down(void **state)
{
    mw_free(*state);
    mem_free(*state);
    return 0;
}

static void the_first_copy_makes_the_target_alike(void **state)
{
    struct mirror_world *f = *state;
    assert_int_equal(ew_write(mw_volume(f, "a"), 3, 100, 'x'), 0);
    assert_int_equal(ew_write(mw_volume(f, "b"), 200, 10, 'o'), 0); /* a used target */
    assert_int_equal(mw_info(f->m).bytes_differing, SIZE);
    mw_bring_in_sync(f);
    assert_int_equal(mw_info(f->m).bytes_differing, 0);
    mw_assert_alike(f, "a", "b");
    assert_int_equal(ew_read(mw_volume(f, "b"), 3), 'x');
    assert_int_equal(ew_read(mw_volume(f, "b"), 205), 0);
}

static void in_sync_a_write_a_zeroing_and_a_discard_reach_both_sides(void **state)
{
    struct mirror_world *f = *state;
    mw_bring_in_sync(f);
    assert_int_equal(ew_write(mw_volume(f, "a"), 0, BLOCKS, 'x'), 0);
    assert_int_equal(volume_write_zeroes(mw_volume(f, "a"), EW_BLOCK, EW_BLOCK, 0), 0);
    assert_int_equal(volume_discard(mw_volume(f, "a"), 40 * EW_BLOCK, 20 * EW_BLOCK, 0), 0);
    assert_int_equal(ew_read(mw_volume(f, "b"), 0), 'x');
    assert_int_equal(ew_read(mw_volume(f, "b"), 1), 0);
    assert_int_equal(ew_read(mw_volume(f, "b"), 45), 0);
    mw_assert_alike(f, "a", "b");
    assert_int_equal(mw_info(f->m).bytes_differing, 0);
}

static void apart_changes_of_both_sides_are_marked_and_only_they_are_copied(void **state)
{
    struct mirror_world *f = *state;
    assert_int_equal(ew_write(mw_volume(f, "a"), 0, BLOCKS, 'x'), 0);
    mw_bring_in_sync(f);
    assert_int_equal(mw_part(f, true), 0);
    assert_int_equal(ew_write(mw_volume(f, "a"), 5, 1, 's'), 0);
    assert_int_equal(ew_write(mw_volume(f, "b"), 5 + 4 * REGION_BLOCKS, 1, 't'), 0);
    assert_true(mw_info(f->m).target_written);
    assert_int_equal(mw_info(f->m).bytes_differing, 2 * REGION_BLOCKS * EW_BLOCK);
    assert_int_equal(ew_read(mw_volume(f, "b"), 5), 'x');
    mw_bring_in_sync(f);
    assert_int_equal(ew_read(mw_volume(f, "b"), 5), 's');
    assert_int_equal(ew_read(mw_volume(f, "b"), 5 + 4 * REGION_BLOCKS), 'x');
    mw_assert_alike(f, "a", "b");
}

static void reversed_the_target_s_changes_win(void **state)
{
    struct mirror_world *f = *state;
    struct mirror *both[] = {f->m, f->n};
    mw_bring_in_sync(f);
    assert_int_equal(mw_part(f, true), 0);
    assert_int_equal(ew_write(mw_volume(f, "a"), 5, 1, 's'), 0);
    assert_int_equal(ew_write(mw_volume(f, "b"), 100, 1, 't'), 0);
    assert_int_equal(mirrors_reverse(both, 2), 0);
    assert_ptr_equal(mirror_source(f->m), mw_volume(f, "b"));
    mw_bring_in_sync(f);
    assert_int_equal(ew_read(mw_volume(f, "a"), 5), 0);
    assert_int_equal(ew_read(mw_volume(f, "a"), 100), 't');
    assert_int_equal(ew_write(mw_volume(f, "b"), 7, 1, 'u'), 0);
    assert_int_equal(ew_read(mw_volume(f, "a"), 7), 'u');
    /* And back: nothing to copy. */
    assert_int_equal(mw_part(f, true), 0);
    assert_int_equal(mirrors_reverse(both, 2), 0);
    assert_int_equal(mirrors_start(both, 2, NULL), 0);
    assert_int_equal(mw_info(f->m).bytes_differing, 0);
    assert_int_equal(mirror_resync(f->m, NULL), 0);
    mw_assert_alike(f, "a", "b");
}

static void a_failing_target_parts_the_group_and_the_source_goes_on(void **state)
{
    struct mirror_world *f = *state;
    mw_bring_in_sync(f);
    struct world_fault fault = {
        .kinds = 1u << WORLD_OP_WRITE, .path = "disks/b", .nth = 1, .forever = true, .err = -EIO};
    assert_int_equal(world_fault_add(f->w, &fault), 0);
    assert_int_equal(ew_write(mw_volume(f, "a"), 9, 1, 'x'), 0);
    assert_int_equal(ew_read(mw_volume(f, "a"), 9), 'x');
    assert_int_equal(mw_info(f->m).state, MIRROR_APART);
    assert_int_equal(mw_info(f->m).error, -EIO);
    assert_int_equal(mw_info(f->n).state, MIRROR_APART);
    assert_int_equal(mw_info(f->n).error, 0);
    assert_int_equal(ew_write(mw_volume(f, "c"), 9, 1, 'y'), 0);
    assert_int_equal(ew_read(mw_volume(f, "d"), 9), 0);
    engine_events_drain(f->ew.engine);
    assert_int_equal(f->broken, 1);
    world_faults_clear(f->w);
    mw_bring_in_sync(f);
    assert_int_equal(mw_info(f->m).error, 0);
    mw_assert_alike(f, "a", "b");
    mw_assert_alike(f, "c", "d");
}

static void with_stop_host_io_the_host_gets_the_target_s_error(void **state)
{
    struct mirror_world *f = *state;
    mw_stop(f);
    f->stop_host_io = true;
    mw_start(f);
    struct mirror_spec m = mw_spec(f, "m", "a", "b"), n = mw_spec(f, "n", "c", "d");
    m.state = n.state = MIRROR_IDLE;
    assert_int_equal(mirror_load(&m, &f->m), 0);
    assert_int_equal(mirror_load(&n, &f->n), 0);
    mw_bring_in_sync(f);
    struct world_fault fault = {.kinds = 1u << WORLD_OP_WRITE, .path = "disks/b", .nth = 1, .err = -EIO};
    assert_int_equal(world_fault_add(f->w, &fault), 0);
    assert_int_equal(ew_write(mw_volume(f, "a"), 9, 1, 'x'), -EIO);
    assert_int_equal(mw_info(f->m).state, MIRROR_APART);
}

static void a_failing_source_write_is_the_host_s_and_marked(void **state)
{
    struct mirror_world *f = *state;
    mw_bring_in_sync(f);
    struct world_fault fault = {.kinds = 1u << WORLD_OP_WRITE, .path = "disks/a", .nth = 1, .err = -EIO};
    assert_int_equal(world_fault_add(f->w, &fault), 0);
    assert_int_equal(ew_write(mw_volume(f, "a"), 9, 1, 'x'), -EIO);
    assert_int_equal(mw_info(f->m).state, MIRROR_COPYING);
    assert_int_equal(mw_info(f->m).bytes_differing, REGION_BLOCKS * EW_BLOCK);
    engine_events_drain(f->ew.engine);
    assert_int_equal(f->differs, 1);
    assert_int_equal(f->broken, 0);
    assert_int_equal(mirror_resync(f->m, NULL), 0);
    mw_assert_alike(f, "a", "b");
}

static void when_marks_cannot_be_kept_the_mirror_breaks_and_all_differs(void **state)
{
    struct mirror_world *f = *state;
    mw_bring_in_sync(f);
    struct world_fault fault = {
        .kinds = 1u << WORLD_OP_WRITE, .path = "m.active", .nth = 1, .forever = true, .err = -ENOSPC};
    mw_stop(f); /* so that nothing is in the log */
    mw_start(f);
    struct mirror_spec m = mw_spec(f, "m", "a", "b"), n = mw_spec(f, "n", "c", "d");
    m.state = n.state = MIRROR_IN_SYNC;
    assert_int_equal(mirror_load(&m, &f->m), 0);
    assert_int_equal(mirror_load(&n, &f->n), 0);
    assert_int_equal(mw_info(f->m).state, MIRROR_IN_SYNC);
    assert_int_equal(world_fault_add(f->w, &fault), 0);
    assert_int_equal(ew_write(mw_volume(f, "a"), 9, 1, 'x'), 0);
    assert_int_equal(mw_info(f->m).state, MIRROR_APART);
    world_faults_clear(f->w);
    mw_bring_in_sync(f);
    mw_assert_alike(f, "a", "b");
    assert_int_equal(ew_read(mw_volume(f, "b"), 9), 'x');
}

static void when_nothing_can_be_recorded_the_write_is_not_acknowledged(void **state)
{
    struct mirror_world *f = *state;
    mw_bring_in_sync(f);
    mw_stop(f);
    mw_start(f);
    struct mirror_spec m = mw_spec(f, "m", "a", "b"), n = mw_spec(f, "n", "c", "d");
    m.state = n.state = MIRROR_IN_SYNC;
    assert_int_equal(mirror_load(&m, &f->m), 0);
    assert_int_equal(mirror_load(&n, &f->n), 0);
    struct world_fault fault = {
        .kinds = 1u << WORLD_OP_WRITE, .path = "state/", .nth = 1, .forever = true, .err = -EIO};
    assert_int_equal(world_fault_add(f->w, &fault), 0);
    assert_int_equal(ew_write(mw_volume(f, "a"), 9, 1, 'x'), -EIO);
    assert_int_equal(ew_read(mw_volume(f, "a"), 9), 0);
}

static void loaded_again_after_an_orderly_put_it_is_in_sync(void **state)
{
    struct mirror_world *f = *state;
    mw_bring_in_sync(f);
    assert_int_equal(ew_write(mw_volume(f, "a"), 0, 30, 'x'), 0);
    mw_stop(f);
    mw_start(f);
    struct mirror_spec m = mw_spec(f, "m", "a", "b"), n = mw_spec(f, "n", "c", "d");
    m.state = n.state = MIRROR_IN_SYNC;
    assert_int_equal(mirror_load(&m, &f->m), 0);
    assert_int_equal(mirror_load(&n, &f->n), 0);
    assert_int_equal(mw_info(f->m).state, MIRROR_IN_SYNC);
    assert_int_equal(ew_write(mw_volume(f, "a"), 100, 1, 'y'), 0);
    assert_int_equal(ew_read(mw_volume(f, "b"), 100), 'y');
    mw_assert_alike(f, "a", "b");
}

static void removed_it_leaves_both_volumes_and_no_files(void **state)
{
    struct mirror_world *f = *state;
    mw_bring_in_sync(f);
    assert_int_equal(mirror_remove(f->m), 0);
    assert_int_equal(ew_write(mw_volume(f, "a"), 0, 1, 'x'), 0);
    assert_int_equal(ew_read(mw_volume(f, "b"), 0), 0);
    struct mirror_spec m = mw_spec(f, "m", "a", "b");
    assert_int_equal(mirror_create(&m, &f->m), 0);
    assert_int_equal(mw_info(f->m).bytes_differing, SIZE);
}

static void verify_finds_what_was_changed_behind_its_back_and_repairs_it(void **state)
{
    struct mirror_world *f = *state;
    mw_bring_in_sync(f);
    assert_int_equal(ew_write(mw_volume(f, "a"), 0, 30, 'x'), 0);
    struct mirror_verify v = {.repair = false};
    assert_int_equal(mirror_verify(f->m, &v, NULL), 0);
    assert_int_equal(v.bytes_different, 0);
    struct world_file *file;
    assert_int_equal(world_open(f->w, "disks/b", 0, &file), 0);
    assert_int_equal(world_write(file, "evil", 4, 20 * EW_BLOCK, true), 0);
    world_close(file);
    assert_int_equal(mirror_verify(f->m, &v, NULL), 0);
    assert_int_equal(v.bytes_different, REGION_BLOCKS * EW_BLOCK);
    assert_int_equal(v.first_different, REGION_BLOCKS * EW_BLOCK);
    assert_int_equal(mw_info(f->m).state, MIRROR_IN_SYNC);
    v.repair = true;
    assert_int_equal(mirror_verify(f->m, &v, NULL), 0);
    assert_int_equal(mw_info(f->m).state, MIRROR_COPYING);
    assert_int_equal(mirror_resync(f->m, NULL), 0);
    mw_assert_alike(f, "a", "b");
}

static void a_write_longer_than_the_log_takes_goes_in_pieces(void **state)
{
    struct mirror_world *f = *state;
    const uint64_t size = UINT64_C(200) << 20;
    assert_int_equal(world_disk(f->w, "big", size), 0);
    assert_int_equal(world_disk(f->w, "big2", size), 0);
    assert_int_equal(mirror_remove(f->n), 0);
    struct mirror_spec n = mw_spec(f, "n", "big", "big2");
    assert_int_equal(volume_ready(mw_volume(f, "big")), 0);
    assert_int_equal(volume_ready(mw_volume(f, "big2")), 0);
    assert_int_equal(mirror_create(&n, &f->n), 0);
    mw_bring_in_sync(f);
    assert_int_equal(ew_write(mw_volume(f, "big"), 1, 40000, 'x'), 0);
    assert_int_equal(volume_write_zeroes(mw_volume(f, "big"), 5000, size - 10000, 0), 0);
    assert_int_equal(mw_info(f->n).state, MIRROR_IN_SYNC);
    assert_int_equal(ew_read(mw_volume(f, "big2"), 1), -1); /* 4096 to 5000 is still x */
    assert_int_equal(ew_read(mw_volume(f, "big2"), 30000), 0);
    assert_int_equal(volume_write_zeroes(mw_volume(f, "big"), 5000, size, 0), -ENOSPC);
    struct mirror_verify v = {.repair = false};
    assert_int_equal(mirror_verify(f->n, &v, NULL), 0);
    assert_int_equal(v.bytes_different, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_first_copy_makes_the_target_alike),
        TEST(in_sync_a_write_a_zeroing_and_a_discard_reach_both_sides),
        TEST(apart_changes_of_both_sides_are_marked_and_only_they_are_copied),
        TEST(reversed_the_target_s_changes_win),
        TEST(a_failing_target_parts_the_group_and_the_source_goes_on),
        TEST(with_stop_host_io_the_host_gets_the_target_s_error),
        TEST(a_failing_source_write_is_the_host_s_and_marked),
        TEST(when_marks_cannot_be_kept_the_mirror_breaks_and_all_differs),
        TEST(when_nothing_can_be_recorded_the_write_is_not_acknowledged),
        TEST(loaded_again_after_an_orderly_put_it_is_in_sync),
        TEST(removed_it_leaves_both_volumes_and_no_files),
        TEST(verify_finds_what_was_changed_behind_its_back_and_repairs_it),
        TEST(a_write_longer_than_the_log_takes_goes_in_pieces),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
