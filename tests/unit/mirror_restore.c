/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Restore from Replica of mirrors, in every mode: the source shows the target at once, both end alike, and
 * nothing that was acknowledged meanwhile is lost, whatever fails.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>

#include "support/mirror_world.h"
#include "util/alloc.h"

#define BLOCKS 512u

static int make(void **state, enum mirror_mode mode, unsigned target_blocks)
{
    struct mirror_world *f = mem_zalloc(sizeof(*f));
    *state = f;
    f->mode = mode;
    f->rpo_us = MW_FOR_EVER;
    f->blocks = BLOCKS;
    f->target_blocks = target_blocks;
    mw_make(f);
    return 0;
}

static int set_up(void **state)
{
    return make(state, MIRROR_SYNCHRONOUS, 0);
}
static int set_up_async(void **state)
{
    return make(state, MIRROR_ASYNCHRONOUS, 0);
}
static int set_up_larger(void **state)
{
    return make(state, MIRROR_SYNCHRONOUS, BLOCKS + 64);
}

static int tear_down(void **state)
{
    mw_free(*state);
    mem_free(*state);
    return 0;
}

static int end(struct mirror *const mirrors[], size_t n)
{
    int ret = mirrors_restore_settle(mirrors, n, true);
    return ret != 0 ? ret : mirrors_restore_end(mirrors, n);
}

static void restored_the_source_shows_the_target_at_once_and_both_end_alike(void **state)
{
    struct mirror_world *f = *state;
    struct mirror *both[] = {f->m, f->n};
    assert_int_equal(ew_write(mw_volume(f, "a"), 0, BLOCKS, 'x'), 0);
    mw_bring_in_sync(f);
    assert_int_equal(mirrors_restore_begin(both, 2), -EBUSY);
    assert_int_equal(mw_part(f, true), 0);
    assert_int_equal(ew_write(mw_volume(f, "a"), 0, 100, 's'), 0);
    assert_int_equal(ew_write(mw_volume(f, "b"), 200, 5, 't'), 0);
    assert_int_equal(mirrors_restore_begin(both, 2), 0);
    assert_int_equal(ew_read(mw_volume(f, "a"), 50), 'x');
    assert_int_equal(ew_read(mw_volume(f, "a"), 200), 't');
    assert_int_equal(ew_write(mw_volume(f, "a"), 60, 1, 'n'), 0); /* to a region that is not copied yet */
    assert_int_equal(ew_read(mw_volume(f, "a"), 60), 'n');
    assert_int_equal(mirrors_restore_settle(both, 2, true), -EAGAIN);
    assert_int_equal(mirrors_restore_end(both, 2), -EINVAL);
    assert_int_equal(mirror_resync(f->m, NULL), 0);
    assert_int_equal(mirror_resync(f->n, NULL), 0);
    assert_int_equal(ew_write(mw_volume(f, "a"), 61, 1, 'm'), 0);
    assert_int_equal(volume_flush(mw_volume(f, "a")), 0);
    assert_int_equal(mirrors_restore_settle(both, 2, true), 0);
    assert_int_equal(ew_write(mw_volume(f, "a"), 62, 1, 'k'), 0);
    assert_int_equal(mirrors_restore_end(both, 2), 0);
    assert_int_equal(mw_info(f->m).state, MIRROR_APART);
    assert_int_equal(mw_info(f->m).bytes_differing, 0);
    assert_ptr_equal(mirror_source(f->m), mw_volume(f, "a"));
    mw_assert_alike(f, "a", "b");
    assert_int_equal(ew_read(mw_volume(f, "a"), 50), 'x');
    assert_int_equal(ew_read(mw_volume(f, "a"), 60), 'n');
    assert_int_equal(ew_read(mw_volume(f, "a"), 61), 'm');
    /* And each is itself again. */
    assert_int_equal(ew_write(mw_volume(f, "a"), 70, 1, 'o'), 0);
    assert_int_equal(ew_read(mw_volume(f, "b"), 70), 'x');
}

static void a_restore_goes_on_after_the_mirror_was_loaded_again(void **state)
{
    struct mirror_world *f = *state;
    assert_int_equal(mirror_remove(f->n), 0);
    assert_int_equal(mirrors_start(&f->m, 1, NULL), 0);
    assert_int_equal(mirror_resync(f->m, NULL), 0);
    assert_int_equal(mirrors_part(&f->m, 1, true, NULL, NULL), 0);
    assert_int_equal(ew_write(mw_volume(f, "a"), 0, 100, 's'), 0);
    assert_int_equal(mirrors_restore_begin(&f->m, 1), 0);
    f->n = NULL;
    mw_stop(f);
    mw_start(f);
    struct mirror_spec m = mw_spec(f, "m", "b", "a");
    m.state = MIRROR_COPYING;
    assert_int_equal(mirror_load(&m, &f->m), 0);
    assert_int_equal(mirrors_restore_resume(&f->m, 1), 0);
    assert_int_equal(ew_read(mw_volume(f, "a"), 50), 0);
    assert_int_equal(mirror_resync(f->m, NULL), 0);
    assert_int_equal(mirrors_restore_settle(&f->m, 1, true), 0);
    assert_int_equal(mirrors_restore_end(&f->m, 1), 0);
    assert_ptr_equal(mirror_source(f->m), mw_volume(f, "a"));
    mw_assert_alike(f, "a", "b");
    assert_int_equal(ew_read(mw_volume(f, "a"), 50), 0);
}

/* The mirror m parted, its source written with s and its target shown; everything was x. */
static void begin_one(struct mirror_world *f)
{
    assert_int_equal(ew_write(mw_volume(f, "a"), 0, BLOCKS, 'x'), 0);
    mw_bring_in_sync(f);
    assert_int_equal(mirrors_part(&f->m, 1, false, NULL, NULL), 0);
    assert_int_equal(ew_write(mw_volume(f, "a"), 0, 100, 's'), 0);
    assert_int_equal(mirrors_restore_begin(&f->m, 1), 0);
}

static void a_host_gets_no_word_for_what_only_one_side_has_once_it_is_settled(void **state)
{
    struct mirror_world *f = *state;
    begin_one(f);
    assert_int_equal(mirror_resync(f->m, NULL), 0);
    assert_int_equal(mirrors_restore_settle(&f->m, 1, true), 0);
    assert_int_equal(ew_write(mw_volume(f, "a"), 10, 1, 'n'), 0);
    struct world_fault fault = {.path = "disks/a", .kinds = 1u << WORLD_OP_WRITE, .nth = 1, .err = -EIO};
    assert_int_equal(world_fault_add(f->w, &fault), 0);
    assert_int_equal(ew_write(mw_volume(f, "a"), 11, 1, 'o'), -EIO);
    assert_int_equal(mw_info(f->m).state, MIRROR_APART);
    assert_int_equal(ew_write(mw_volume(f, "a"), 12, 1, 'p'), -EIO);
    assert_int_equal(volume_flush(mw_volume(f, "a")), -EIO);
    assert_int_equal(mirrors_restore_end(&f->m, 1), 0);
    assert_int_equal(ew_read(mw_volume(f, "a"), 10), 'n');
    assert_int_equal(ew_write(mw_volume(f, "a"), 12, 1, 'p'), 0);
    assert_int_equal(mirrors_start(&f->m, 1, NULL), 0);
    assert_int_equal(mirror_resync(f->m, NULL), 0);
    mw_assert_alike(f, "a", "b");
    assert_int_equal(ew_read(mw_volume(f, "b"), 12), 'p');
}

static void unsettled_again_it_goes_on_as_before(void **state)
{
    struct mirror_world *f = *state;
    begin_one(f);
    assert_int_equal(mirror_resync(f->m, NULL), 0);
    assert_int_equal(mirrors_restore_settle(&f->m, 1, true), 0);
    assert_int_equal(mirrors_restore_settle(&f->m, 1, false), 0);
    struct world_fault fault = {.path = "disks/a", .kinds = 1u << WORLD_OP_WRITE, .nth = 1, .err = -EIO};
    assert_int_equal(world_fault_add(f->w, &fault), 0);
    assert_int_equal(ew_write(mw_volume(f, "a"), 11, 1, 'o'), 0); /* the target has it, and is shown */
    assert_int_equal(ew_read(mw_volume(f, "a"), 11), 'o');
    assert_int_equal(mirrors_start(&f->m, 1, NULL), 0);
    assert_int_equal(mirror_resync(f->m, NULL), 0);
    assert_int_equal(end(&f->m, 1), 0);
    assert_int_equal(ew_read(mw_volume(f, "a"), 11), 'o');
    mw_assert_alike(f, "a", "b");
}

static void one_that_breaks_on_the_way_shows_the_target_until_it_has_gone_on(void **state)
{
    struct mirror_world *f = *state;
    begin_one(f);
    struct world_fault fault = {.path = "disks/a", .kinds = 1u << WORLD_OP_WRITE, .nth = 1, .err = -EIO};
    assert_int_equal(world_fault_add(f->w, &fault), 0);
    assert_int_equal(mirror_resync(f->m, NULL), -EIO);
    assert_int_equal(mw_info(f->m).state, MIRROR_APART);
    assert_true(mw_info(f->m).restoring);
    assert_int_equal(ew_read(mw_volume(f, "a"), 50), 'x');
    assert_int_equal(ew_write(mw_volume(f, "a"), 60, 1, 'n'), 0);
    assert_int_equal(mirrors_start(&f->m, 1, NULL), 0);
    assert_int_equal(mirror_resync(f->m, NULL), 0);
    assert_int_equal(end(&f->m, 1), 0);
    assert_false(mw_info(f->m).restoring);
    assert_int_equal(ew_read(mw_volume(f, "a"), 60), 'n');
    mw_assert_alike(f, "a", "b");
}

static void in_an_asynchronous_group_the_others_go_on_trailing(void **state)
{
    struct mirror_world *f = *state;
    begin_one(f);
    assert_false(mw_info(f->m).trailing);
    assert_true(mw_info(f->n).trailing);
    assert_int_equal(ew_write(mw_volume(f, "a"), 60, 1, 'n'), 0);
    assert_int_equal(ew_write(mw_volume(f, "c"), 60, 1, 'n'), 0);
    assert_int_equal(mw_cycle(f), 0);
    mw_assert_alike(f, "c", "d");
    assert_int_equal(ew_read(mw_volume(f, "a"), 50), 'x');
    assert_int_equal(mirror_resync(f->m, NULL), 0);
    assert_int_equal(ew_write(mw_volume(f, "a"), 61, 1, 'm'), 0);
    assert_int_equal(ew_read(mw_volume(f, "b"), 61), 'm'); /* on both sides */
    assert_int_equal(mw_cycle(f), 0);
    assert_int_equal(end(&f->m, 1), 0);
    mw_assert_alike(f, "a", "b");
    /* And it trails like the others when it is started again. */
    assert_int_equal(ew_write(mw_volume(f, "a"), 62, 1, 'l'), 0);
    assert_int_equal(ew_read(mw_volume(f, "b"), 62), 'x');
    assert_int_equal(mirrors_start(&f->m, 1, NULL), 0);
    assert_int_equal(mirror_resync(f->m, NULL), 0);
    assert_int_equal(ew_read(mw_volume(f, "b"), 62), 'l');
    assert_int_equal(ew_write(mw_volume(f, "a"), 63, 1, 'k'), 0);
    assert_int_equal(ew_read(mw_volume(f, "b"), 63), 'x');
    assert_int_equal(mw_cycle(f), 0);
    mw_assert_alike(f, "a", "b");
}

static void from_a_larger_target_the_source_s_size_is_restored(void **state)
{
    struct mirror_world *f = *state;
    assert_int_equal(mirror_remove(f->n), 0);
    f->n = NULL;
    assert_int_equal(mirrors_start(&f->m, 1, NULL), 0);
    assert_int_equal(mirror_resync(f->m, NULL), 0);
    assert_int_equal(mirrors_part(&f->m, 1, true, NULL, NULL), 0);
    assert_int_equal(ew_write(mw_volume(f, "b"), BLOCKS - 2, 10, 't'), 0);
    assert_int_equal(mirrors_restore_begin(&f->m, 1), 0);
    assert_int_equal(ew_read(mw_volume(f, "a"), BLOCKS - 1), 't');
    mw_stop(f);
    mw_start(f);
    struct mirror_spec m = mw_spec(f, "m", "b", "a");
    m.state = MIRROR_COPYING;
    m.reversed = true;
    assert_int_equal(mirror_load(&m, &f->m), 0);
    assert_int_equal(mirrors_restore_resume(&f->m, 1), 0);
    assert_int_equal(ew_write(mw_volume(f, "a"), BLOCKS - 1, 1, 'u'), 0);
    assert_int_equal(ew_write(mw_volume(f, "a"), BLOCKS, 1, 'v'), -ENOSPC);
    assert_int_equal(mirror_resync(f->m, NULL), 0);
    assert_int_equal(end(&f->m, 1), 0);
    mw_assert_alike(f, "a", "b");
    assert_int_equal(ew_read(mw_volume(f, "a"), BLOCKS - 1), 'u');
    assert_int_equal(ew_read(mw_volume(f, "b"), BLOCKS), 't');
}

struct writer {
    struct mirror_world *f;
    const char *disk;
    unsigned char byte;
    _Atomic bool *stop;
};

static void *write_all_the_time(void *arg)
{
    struct writer *w = arg;
    struct volume *v = ew_volume(&w->f->ew, w->disk);
    unsigned at = w->byte;
    while (!atomic_load(w->stop)) {
        at = at * 1103515245u + 12345u;
        if (ew_write(v, (at >> 8) % (BLOCKS - 20), 1 + (at >> 20) % 20, w->byte++) != 0)
            return arg;
        if ((at >> 13) % 16 == 0 && volume_flush(v) != 0)
            return arg;
    }
    return NULL;
}

static void split_resynced_and_restored_again_and_again_under_writers(void **state)
{
    struct mirror_world *f = *state;
    _Atomic bool stop = false;
    struct writer writers[] = {{f, "a", 1, &stop}, {f, "a", 90, &stop}, {f, "c", 180, &stop}};
    pthread_t t[3];
    for (int i = 0; i < 3; i++)
        assert_int_equal(pthread_create(&t[i], NULL, write_all_the_time, &writers[i]), 0);
    for (int round = 0; round < 40; round++) {
        mw_bring_in_sync(f);
        struct mirror_verify v = {.repair = false};
        assert_int_equal(mirror_verify(f->m, &v, NULL), 0);
        assert_int_equal(v.bytes_different, 0);
        assert_int_equal(mw_part(f, true), 0);
        if (round % 2 == 0)
            continue;
        struct mirror *both[] = {f->m, f->n};
        assert_int_equal(mirrors_restore_begin(both, 2), 0);
        assert_int_equal(mirror_resync(f->m, NULL), 0);
        assert_int_equal(mirror_resync(f->n, NULL), 0);
        assert_int_equal(end(both, 2), 0);
    }
    mw_bring_in_sync(f);
    atomic_store(&stop, true);
    for (int i = 0; i < 3; i++) {
        void *failed;
        pthread_join(t[i], &failed);
        assert_null(failed);
    }
    if (f->mode == MIRROR_ASYNCHRONOUS)
        assert_int_equal(mw_cycle(f), 0);
    mw_assert_alike(f, "a", "b");
    mw_assert_alike(f, "c", "d");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
#define ASYNC(name) cmocka_unit_test_setup_teardown(name, set_up_async, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(restored_the_source_shows_the_target_at_once_and_both_end_alike),
        TEST(a_restore_goes_on_after_the_mirror_was_loaded_again),
        TEST(a_host_gets_no_word_for_what_only_one_side_has_once_it_is_settled),
        TEST(unsettled_again_it_goes_on_as_before),
        TEST(one_that_breaks_on_the_way_shows_the_target_until_it_has_gone_on),
        ASYNC(a_restore_goes_on_after_the_mirror_was_loaded_again),
        ASYNC(a_host_gets_no_word_for_what_only_one_side_has_once_it_is_settled),
        ASYNC(in_an_asynchronous_group_the_others_go_on_trailing),
        cmocka_unit_test_setup_teardown(from_a_larger_target_the_source_s_size_is_restored, set_up_larger,
                                        tear_down),
        TEST(split_resynced_and_restored_again_and_again_under_writers),
        ASYNC(split_resynced_and_restored_again_and_again_under_writers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
