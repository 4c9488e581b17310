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

#include "engine/mirror.h"
#include "support/engine_world.h"
#include "util/alloc.h"

#define BLOCKS 512u
#define SIZE (BLOCKS * EW_BLOCK)
#define REGION_BLOCKS 16u /* of 64 KiB */

struct fixture {
    struct world *w;
    struct engine_world ew;
    struct mirror_group *g;
    struct mirror *m, *n; /* a -> b, c -> d */
    _Atomic unsigned broken, differs;
    bool stop_host_io;
};

static void on_event(void *user, struct mirror *m, enum mirror_event event, int err, const char *text)
{
    struct fixture *f = user;
    (void)m;
    (void)err;
    assert_non_null(text);
    if (event == MIRROR_EVENT_BROKEN)
        f->broken++;
    if (event == MIRROR_EVENT_DIFFERS)
        f->differs++;
}

static struct mirror_spec spec_of(struct fixture *f, const char *id, const char *from, const char *to)
{
    return (struct mirror_spec){.id = id,
                                .group = f->g,
                                .source = ew_volume(&f->ew, from),
                                .target = ew_volume(&f->ew, to),
                                .user = f};
}

static void start_engine(struct fixture *f)
{
    assert_int_equal(ew_start(&f->ew, f->w), 0);
    struct mirror_group_options options = {.engine = f->ew.engine,
                                           .id = "g",
                                           .mode = MIRROR_SYNCHRONOUS,
                                           .stop_host_io = f->stop_host_io,
                                           .event = on_event};
    assert_int_equal(mirror_group_new(&options, &f->g), 0);
    const char *const names[] = {"a", "b", "c", "d"};
    for (int i = 0; i < 4; i++)
        assert_int_equal(volume_ready(ew_volume(&f->ew, names[i])), 0);
}

static int set_up(void **state)
{
    struct fixture *f = mem_zalloc(sizeof(*f));
    *state = f;
    f->w = world_new(4096);
    assert_int_equal(world_bind(f->w, ""), 0);
    assert_int_equal(world_disk(f->w, "a", SIZE), 0);
    assert_int_equal(world_disk(f->w, "b", SIZE), 0);
    assert_int_equal(world_disk(f->w, "c", SIZE), 0);
    assert_int_equal(world_disk(f->w, "d", SIZE), 0);
    start_engine(f);
    struct mirror_spec m = spec_of(f, "m", "a", "b"), n = spec_of(f, "n", "c", "d");
    assert_int_equal(mirror_create(&m, &f->m), 0);
    assert_int_equal(mirror_create(&n, &f->n), 0);
    return 0;
}

static void stop_engine(struct fixture *f)
{
    mirror_put(f->m);
    mirror_put(f->n);
    mirror_group_free(f->g);
    ew_stop(&f->ew);
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    world_faults_clear(f->w);
    stop_engine(f);
    world_unbind("");
    world_free(f->w);
    mem_free(f);
    return 0;
}

static struct volume *vol(struct fixture *f, const char *disk)
{
    return ew_volume(&f->ew, disk);
}

static struct mirror_info info(struct mirror *m)
{
    struct mirror_info i;
    mirror_get_info(m, &i);
    return i;
}

static void bring_in_sync(struct fixture *f)
{
    struct mirror *both[] = {f->m, f->n};
    assert_int_equal(mirrors_start(both, 2, NULL), 0);
    assert_int_equal(mirror_resync(f->m, NULL), 0);
    assert_int_equal(mirror_resync(f->n, NULL), 0);
    assert_int_equal(info(f->m).state, MIRROR_IN_SYNC);
    assert_int_equal(info(f->n).state, MIRROR_IN_SYNC);
}

static void part(struct fixture *f)
{
    struct mirror *both[] = {f->m, f->n};
    assert_int_equal(mirrors_part(both, 2, true, NULL, NULL), 0);
}

static void assert_alike(struct fixture *f, const char *x, const char *y)
{
    for (unsigned i = 0; i < BLOCKS; i++)
        assert_int_equal(ew_read(vol(f, x), i), ew_read(vol(f, y), i));
}

static void the_first_copy_makes_the_target_alike(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(ew_write(vol(f, "a"), 3, 100, 'x'), 0);
    assert_int_equal(ew_write(vol(f, "b"), 200, 10, 'o'), 0); /* a used target */
    assert_int_equal(info(f->m).bytes_differing, SIZE);
    bring_in_sync(f);
    assert_int_equal(info(f->m).bytes_differing, 0);
    assert_alike(f, "a", "b");
    assert_int_equal(ew_read(vol(f, "b"), 3), 'x');
    assert_int_equal(ew_read(vol(f, "b"), 205), 0);
}

static void in_sync_a_write_a_zeroing_and_a_discard_reach_both_sides(void **state)
{
    struct fixture *f = *state;
    bring_in_sync(f);
    assert_int_equal(ew_write(vol(f, "a"), 0, BLOCKS, 'x'), 0);
    assert_int_equal(volume_write_zeroes(vol(f, "a"), EW_BLOCK, EW_BLOCK, 0), 0);
    assert_int_equal(volume_discard(vol(f, "a"), 40 * EW_BLOCK, 20 * EW_BLOCK, 0), 0);
    assert_int_equal(ew_read(vol(f, "b"), 0), 'x');
    assert_int_equal(ew_read(vol(f, "b"), 1), 0);
    assert_int_equal(ew_read(vol(f, "b"), 45), 0);
    assert_alike(f, "a", "b");
    assert_int_equal(info(f->m).bytes_differing, 0);
}

static void apart_changes_of_both_sides_are_marked_and_only_they_are_copied(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(ew_write(vol(f, "a"), 0, BLOCKS, 'x'), 0);
    bring_in_sync(f);
    part(f);
    assert_int_equal(ew_write(vol(f, "a"), 5, 1, 's'), 0);
    assert_int_equal(ew_write(vol(f, "b"), 5 + 4 * REGION_BLOCKS, 1, 't'), 0);
    assert_true(info(f->m).target_written);
    assert_int_equal(info(f->m).bytes_differing, 2 * REGION_BLOCKS * EW_BLOCK);
    assert_int_equal(ew_read(vol(f, "b"), 5), 'x');
    bring_in_sync(f);
    assert_int_equal(ew_read(vol(f, "b"), 5), 's');
    assert_int_equal(ew_read(vol(f, "b"), 5 + 4 * REGION_BLOCKS), 'x');
    assert_alike(f, "a", "b");
}

static void reversed_the_target_s_changes_win(void **state)
{
    struct fixture *f = *state;
    struct mirror *both[] = {f->m, f->n};
    bring_in_sync(f);
    part(f);
    assert_int_equal(ew_write(vol(f, "a"), 5, 1, 's'), 0);
    assert_int_equal(ew_write(vol(f, "b"), 100, 1, 't'), 0);
    assert_int_equal(mirrors_reverse(both, 2), 0);
    assert_ptr_equal(mirror_source(f->m), vol(f, "b"));
    bring_in_sync(f);
    assert_int_equal(ew_read(vol(f, "a"), 5), 0);
    assert_int_equal(ew_read(vol(f, "a"), 100), 't');
    assert_int_equal(ew_write(vol(f, "b"), 7, 1, 'u'), 0);
    assert_int_equal(ew_read(vol(f, "a"), 7), 'u');
    /* And back: nothing to copy. */
    part(f);
    assert_int_equal(mirrors_reverse(both, 2), 0);
    assert_int_equal(mirrors_start(both, 2, NULL), 0);
    assert_int_equal(info(f->m).bytes_differing, 0);
    assert_int_equal(mirror_resync(f->m, NULL), 0);
    assert_alike(f, "a", "b");
}

static void a_failing_target_parts_the_group_and_the_source_goes_on(void **state)
{
    struct fixture *f = *state;
    bring_in_sync(f);
    struct world_fault fault = {
        .kinds = 1u << WORLD_OP_WRITE, .path = "disks/b", .nth = 1, .forever = true, .err = -EIO};
    assert_int_equal(world_fault_add(f->w, &fault), 0);
    assert_int_equal(ew_write(vol(f, "a"), 9, 1, 'x'), 0);
    assert_int_equal(ew_read(vol(f, "a"), 9), 'x');
    assert_int_equal(info(f->m).state, MIRROR_APART);
    assert_int_equal(info(f->m).error, -EIO);
    assert_int_equal(info(f->n).state, MIRROR_APART);
    assert_int_equal(info(f->n).error, 0);
    assert_int_equal(ew_write(vol(f, "c"), 9, 1, 'y'), 0);
    assert_int_equal(ew_read(vol(f, "d"), 9), 0);
    engine_events_drain(f->ew.engine);
    assert_int_equal(f->broken, 1);
    world_faults_clear(f->w);
    bring_in_sync(f);
    assert_int_equal(info(f->m).error, 0);
    assert_alike(f, "a", "b");
    assert_alike(f, "c", "d");
}

static void with_stop_host_io_the_host_gets_the_target_s_error(void **state)
{
    struct fixture *f = *state;
    stop_engine(f);
    f->stop_host_io = true;
    start_engine(f);
    struct mirror_spec m = spec_of(f, "m", "a", "b"), n = spec_of(f, "n", "c", "d");
    m.state = n.state = MIRROR_IDLE;
    assert_int_equal(mirror_load(&m, &f->m), 0);
    assert_int_equal(mirror_load(&n, &f->n), 0);
    bring_in_sync(f);
    struct world_fault fault = {.kinds = 1u << WORLD_OP_WRITE, .path = "disks/b", .nth = 1, .err = -EIO};
    assert_int_equal(world_fault_add(f->w, &fault), 0);
    assert_int_equal(ew_write(vol(f, "a"), 9, 1, 'x'), -EIO);
    assert_int_equal(info(f->m).state, MIRROR_APART);
}

static void a_failing_source_write_is_the_host_s_and_marked(void **state)
{
    struct fixture *f = *state;
    bring_in_sync(f);
    struct world_fault fault = {.kinds = 1u << WORLD_OP_WRITE, .path = "disks/a", .nth = 1, .err = -EIO};
    assert_int_equal(world_fault_add(f->w, &fault), 0);
    assert_int_equal(ew_write(vol(f, "a"), 9, 1, 'x'), -EIO);
    assert_int_equal(info(f->m).state, MIRROR_COPYING);
    assert_int_equal(info(f->m).bytes_differing, REGION_BLOCKS * EW_BLOCK);
    engine_events_drain(f->ew.engine);
    assert_int_equal(f->differs, 1);
    assert_int_equal(f->broken, 0);
    assert_int_equal(mirror_resync(f->m, NULL), 0);
    assert_alike(f, "a", "b");
}

static void when_marks_cannot_be_kept_the_mirror_breaks_and_all_differs(void **state)
{
    struct fixture *f = *state;
    bring_in_sync(f);
    struct world_fault fault = {
        .kinds = 1u << WORLD_OP_WRITE, .path = "m.active", .nth = 1, .forever = true, .err = -ENOSPC};
    stop_engine(f); /* so that nothing is in the log */
    start_engine(f);
    struct mirror_spec m = spec_of(f, "m", "a", "b"), n = spec_of(f, "n", "c", "d");
    m.state = n.state = MIRROR_IN_SYNC;
    assert_int_equal(mirror_load(&m, &f->m), 0);
    assert_int_equal(mirror_load(&n, &f->n), 0);
    assert_int_equal(info(f->m).state, MIRROR_IN_SYNC);
    assert_int_equal(world_fault_add(f->w, &fault), 0);
    assert_int_equal(ew_write(vol(f, "a"), 9, 1, 'x'), 0);
    assert_int_equal(info(f->m).state, MIRROR_APART);
    world_faults_clear(f->w);
    bring_in_sync(f);
    assert_alike(f, "a", "b");
    assert_int_equal(ew_read(vol(f, "b"), 9), 'x');
}

static void when_nothing_can_be_recorded_the_write_is_not_acknowledged(void **state)
{
    struct fixture *f = *state;
    bring_in_sync(f);
    stop_engine(f);
    start_engine(f);
    struct mirror_spec m = spec_of(f, "m", "a", "b"), n = spec_of(f, "n", "c", "d");
    m.state = n.state = MIRROR_IN_SYNC;
    assert_int_equal(mirror_load(&m, &f->m), 0);
    assert_int_equal(mirror_load(&n, &f->n), 0);
    struct world_fault fault = {
        .kinds = 1u << WORLD_OP_WRITE, .path = "state/", .nth = 1, .forever = true, .err = -EIO};
    assert_int_equal(world_fault_add(f->w, &fault), 0);
    assert_int_equal(ew_write(vol(f, "a"), 9, 1, 'x'), -EIO);
    assert_int_equal(ew_read(vol(f, "a"), 9), 0);
}

static void loaded_again_after_an_orderly_put_it_is_in_sync(void **state)
{
    struct fixture *f = *state;
    bring_in_sync(f);
    assert_int_equal(ew_write(vol(f, "a"), 0, 30, 'x'), 0);
    stop_engine(f);
    start_engine(f);
    struct mirror_spec m = spec_of(f, "m", "a", "b"), n = spec_of(f, "n", "c", "d");
    m.state = n.state = MIRROR_IN_SYNC;
    assert_int_equal(mirror_load(&m, &f->m), 0);
    assert_int_equal(mirror_load(&n, &f->n), 0);
    assert_int_equal(info(f->m).state, MIRROR_IN_SYNC);
    assert_int_equal(ew_write(vol(f, "a"), 100, 1, 'y'), 0);
    assert_int_equal(ew_read(vol(f, "b"), 100), 'y');
    assert_alike(f, "a", "b");
}

static void removed_it_leaves_both_volumes_and_no_files(void **state)
{
    struct fixture *f = *state;
    bring_in_sync(f);
    assert_int_equal(mirror_remove(f->m), 0);
    assert_int_equal(ew_write(vol(f, "a"), 0, 1, 'x'), 0);
    assert_int_equal(ew_read(vol(f, "b"), 0), 0);
    struct mirror_spec m = spec_of(f, "m", "a", "b");
    assert_int_equal(mirror_create(&m, &f->m), 0);
    assert_int_equal(info(f->m).bytes_differing, SIZE);
}

static void verify_finds_what_was_changed_behind_its_back_and_repairs_it(void **state)
{
    struct fixture *f = *state;
    bring_in_sync(f);
    assert_int_equal(ew_write(vol(f, "a"), 0, 30, 'x'), 0);
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
    assert_int_equal(info(f->m).state, MIRROR_IN_SYNC);
    v.repair = true;
    assert_int_equal(mirror_verify(f->m, &v, NULL), 0);
    assert_int_equal(info(f->m).state, MIRROR_COPYING);
    assert_int_equal(mirror_resync(f->m, NULL), 0);
    assert_alike(f, "a", "b");
}

static void a_write_longer_than_the_log_takes_goes_in_pieces(void **state)
{
    struct fixture *f = *state;
    const uint64_t size = UINT64_C(200) << 20;
    assert_int_equal(world_disk(f->w, "big", size), 0);
    assert_int_equal(world_disk(f->w, "big2", size), 0);
    assert_int_equal(mirror_remove(f->n), 0);
    struct mirror_spec n = spec_of(f, "n", "big", "big2");
    assert_int_equal(volume_ready(vol(f, "big")), 0);
    assert_int_equal(volume_ready(vol(f, "big2")), 0);
    assert_int_equal(mirror_create(&n, &f->n), 0);
    bring_in_sync(f);
    assert_int_equal(ew_write(vol(f, "big"), 1, 40000, 'x'), 0);
    assert_int_equal(volume_write_zeroes(vol(f, "big"), 5000, size - 10000, 0), 0);
    assert_int_equal(info(f->n).state, MIRROR_IN_SYNC);
    assert_int_equal(ew_read(vol(f, "big2"), 1), -1); /* 4096 to 5000 is still x */
    assert_int_equal(ew_read(vol(f, "big2"), 30000), 0);
    assert_int_equal(volume_write_zeroes(vol(f, "big"), 5000, size, 0), -ENOSPC);
    struct mirror_verify v = {.repair = false};
    assert_int_equal(mirror_verify(f->n, &v, NULL), 0);
    assert_int_equal(v.bytes_different, 0);
}

static void restored_the_source_shows_the_target_at_once_and_both_end_alike(void **state)
{
    struct fixture *f = *state;
    struct mirror *both[] = {f->m, f->n};
    assert_int_equal(ew_write(vol(f, "a"), 0, BLOCKS, 'x'), 0);
    bring_in_sync(f);
    assert_int_equal(mirrors_restore_begin(both, 2), -EBUSY);
    part(f);
    assert_int_equal(ew_write(vol(f, "a"), 0, 100, 's'), 0);
    assert_int_equal(ew_write(vol(f, "b"), 200, 5, 't'), 0);
    assert_int_equal(mirrors_restore_begin(both, 2), 0);
    assert_int_equal(ew_read(vol(f, "a"), 50), 'x');
    assert_int_equal(ew_read(vol(f, "a"), 200), 't');
    assert_int_equal(ew_write(vol(f, "a"), 60, 1, 'n'), 0); /* to a region that is not copied yet */
    assert_int_equal(ew_read(vol(f, "a"), 60), 'n');
    assert_int_equal(mirrors_restore_end(both, 2), -EAGAIN);
    assert_int_equal(mirror_resync(f->m, NULL), 0);
    assert_int_equal(mirror_resync(f->n, NULL), 0);
    assert_int_equal(ew_write(vol(f, "a"), 61, 1, 'm'), 0);
    assert_int_equal(volume_flush(vol(f, "a")), 0);
    assert_int_equal(mirrors_restore_end(both, 2), 0);
    assert_int_equal(info(f->m).state, MIRROR_APART);
    assert_int_equal(info(f->m).bytes_differing, 0);
    assert_ptr_equal(mirror_source(f->m), vol(f, "a"));
    assert_alike(f, "a", "b");
    assert_int_equal(ew_read(vol(f, "a"), 50), 'x');
    assert_int_equal(ew_read(vol(f, "a"), 60), 'n');
    assert_int_equal(ew_read(vol(f, "a"), 61), 'm');
    /* And each is itself again. */
    assert_int_equal(ew_write(vol(f, "a"), 70, 1, 'o'), 0);
    assert_int_equal(ew_read(vol(f, "b"), 70), 'x');
}

static void a_restore_goes_on_after_the_mirror_was_loaded_again(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(mirror_remove(f->n), 0);
    assert_int_equal(mirrors_start(&f->m, 1, NULL), 0);
    assert_int_equal(mirror_resync(f->m, NULL), 0);
    assert_int_equal(mirrors_part(&f->m, 1, true, NULL, NULL), 0);
    assert_int_equal(ew_write(vol(f, "a"), 0, 100, 's'), 0);
    assert_int_equal(mirrors_restore_begin(&f->m, 1), 0);
    f->n = NULL;
    stop_engine(f);
    start_engine(f);
    struct mirror_spec m = spec_of(f, "m", "b", "a");
    m.state = MIRROR_COPYING;
    assert_int_equal(mirror_load(&m, &f->m), 0);
    assert_int_equal(mirrors_restore_resume(&f->m, 1), 0);
    assert_int_equal(ew_read(vol(f, "a"), 50), 0);
    assert_int_equal(mirror_resync(f->m, NULL), 0);
    assert_int_equal(mirrors_restore_end(&f->m, 1), 0);
    assert_ptr_equal(mirror_source(f->m), vol(f, "a"));
    assert_alike(f, "a", "b");
    assert_int_equal(ew_read(vol(f, "a"), 50), 0);
}

struct writer {
    struct fixture *f;
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
    struct fixture *f = *state;
    _Atomic bool stop = false;
    struct writer writers[] = {{f, "a", 1, &stop}, {f, "a", 90, &stop}, {f, "c", 180, &stop}};
    pthread_t t[3];
    for (int i = 0; i < 3; i++)
        assert_int_equal(pthread_create(&t[i], NULL, write_all_the_time, &writers[i]), 0);
    for (int round = 0; round < 40; round++) {
        bring_in_sync(f);
        struct mirror_verify v = {.repair = false};
        assert_int_equal(mirror_verify(f->m, &v, NULL), 0);
        assert_int_equal(v.bytes_different, 0);
        part(f);
        if (round % 2 == 0)
            continue;
        struct mirror *both[] = {f->m, f->n};
        assert_int_equal(mirrors_restore_begin(both, 2), 0);
        assert_int_equal(mirror_resync(f->m, NULL), 0);
        assert_int_equal(mirror_resync(f->n, NULL), 0);
        assert_int_equal(mirrors_restore_end(both, 2), 0);
    }
    bring_in_sync(f);
    atomic_store(&stop, true);
    for (int i = 0; i < 3; i++) {
        void *failed;
        pthread_join(t[i], &failed);
        assert_null(failed);
    }
    assert_alike(f, "a", "b");
    assert_alike(f, "c", "d");
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
        TEST(restored_the_source_shows_the_target_at_once_and_both_end_alike),
        TEST(a_restore_goes_on_after_the_mirror_was_loaded_again),
        TEST(split_resynced_and_restored_again_and_again_under_writers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
