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
#include "support/engine_world.h"
#include "util/alloc.h"

#define BLOCKS 256u
#define REGION_BLOCKS 4u
#define FOR_EVER (INT64_C(3600) * 1000000)

struct fixture {
    struct world *w;
    struct engine_world ew;
    struct mirror_group *g;
    struct mirror *m, *n; /* a -> b, c -> d */
    _Atomic unsigned broken;
};

static void on_event(void *user, struct mirror *m, enum mirror_event event, int err, const char *text)
{
    struct fixture *f = user;
    (void)m;
    (void)err;
    (void)text;
    f->broken += event == MIRROR_EVENT_BROKEN;
}

static struct volume *vol(struct fixture *f, const char *disk)
{
    return ew_volume(&f->ew, disk);
}

static int set_up_mode(void **state, enum mirror_mode mode, int64_t rpo_us)
{
    struct fixture *f = mem_zalloc(sizeof(*f));
    *state = f;
    f->w = world_new(4096);
    assert_int_equal(world_bind(f->w, ""), 0);
    f->ew.region_size = REGION_BLOCKS * EW_BLOCK;
    for (const char *d = "abcd"; *d != '\0'; d++)
        assert_int_equal(world_disk(f->w, (char[]){*d, '\0'}, BLOCKS * EW_BLOCK), 0);
    assert_int_equal(ew_start(&f->ew, f->w), 0);
    struct mirror_group_options options = {
        .engine = f->ew.engine, .id = "g", .mode = mode, .desired_rpo_us = rpo_us, .event = on_event};
    assert_int_equal(mirror_group_new(&options, &f->g), 0);
    for (const char *d = "abcd"; *d != '\0'; d++)
        assert_int_equal(volume_ready(vol(f, (char[]){*d, '\0'})), 0);
    assert_int_equal(mirror_group_ready(f->g), 0);
    struct mirror_spec m = {
        .id = "m", .group = f->g, .source = vol(f, "a"), .target = vol(f, "b"), .user = f};
    struct mirror_spec n = {
        .id = "n", .group = f->g, .source = vol(f, "c"), .target = vol(f, "d"), .user = f};
    assert_int_equal(mirror_create(&m, &f->m), 0);
    assert_int_equal(mirror_create(&n, &f->n), 0);
    return 0;
}

/* The thread runs no cycle in the time of a test: cycles are the test's own. */
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
    struct fixture *f = *state;
    world_faults_clear(f->w);
    mirror_put(f->m);
    mirror_put(f->n);
    mirror_group_free(f->g);
    ew_stop(&f->ew);
    world_unbind("");
    world_free(f->w);
    mem_free(f);
    return 0;
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

static int part(struct fixture *f, bool settled)
{
    struct mirror *both[] = {f->m, f->n};
    return mirrors_part(both, 2, settled, NULL, NULL);
}

static int cycle(struct fixture *f)
{
    pthread_mutex_lock(&f->g->cycle_lock);
    int ret = cycle_run(f->g, false, NULL);
    pthread_mutex_unlock(&f->g->cycle_lock);
    return ret;
}

static void assert_alike(struct fixture *f, const char *x, const char *y)
{
    for (unsigned i = 0; i < BLOCKS; i++)
        assert_int_equal(ew_read(vol(f, x), i), ew_read(vol(f, y), i));
}

static void a_write_reaches_the_target_with_the_next_cycle(void **state)
{
    struct fixture *f = *state;
    bring_in_sync(f);
    assert_int_equal(ew_write(vol(f, "a"), 5, 1, 'x'), 0);
    assert_int_equal(ew_read(vol(f, "b"), 5), 0);
    assert_int_equal(info(f->m).skew, REGION_BLOCKS * EW_BLOCK);
    assert_int_equal(cycle(f), 0);
    assert_int_equal(ew_read(vol(f, "b"), 5), 'x');
    assert_int_equal(info(f->m).skew, 0);
    assert_int_equal(volume_write_zeroes(vol(f, "a"), 5 * EW_BLOCK, EW_BLOCK, 0), 0);
    assert_int_equal(cycle(f), 0);
    assert_int_equal(ew_read(vol(f, "b"), 5), 0);
}

static void parted_and_settled_the_targets_are_this_instant(void **state)
{
    struct fixture *f = *state;
    bring_in_sync(f);
    assert_int_equal(ew_write(vol(f, "a"), 5, 9, 'x'), 0);
    assert_int_equal(ew_write(vol(f, "c"), 50, 9, 'y'), 0);
    assert_int_equal(part(f, true), 0);
    assert_int_equal(info(f->m).state, MIRROR_APART);
    assert_alike(f, "a", "b");
    assert_alike(f, "c", "d");
    assert_int_equal(info(f->m).bytes_differing, 0);
}

static void parted_at_once_the_targets_are_an_earlier_state(void **state)
{
    struct fixture *f = *state;
    bring_in_sync(f);
    assert_int_equal(ew_write(vol(f, "a"), 5, 1, 'x'), 0);
    assert_int_equal(cycle(f), 0);
    assert_int_equal(ew_write(vol(f, "a"), 5, 1, 'y'), 0);
    assert_int_equal(part(f, false), 0);
    assert_int_equal(ew_read(vol(f, "b"), 5), 'x');
    assert_int_equal(ew_write(vol(f, "b"), 90, 1, 't'), 0);
    bring_in_sync(f);
    assert_alike(f, "a", "b");
    assert_int_equal(ew_read(vol(f, "b"), 5), 'y');
}

static void *run_cycle(void *arg)
{
    return (void *)(intptr_t)cycle(arg);
}

static void a_write_to_a_region_that_is_not_shipped_yet_saves_it_first(void **state)
{
    struct fixture *f = *state;
    bring_in_sync(f);
    assert_int_equal(ew_write(vol(f, "a"), 0, 1, '1'), 0);
    assert_int_equal(ew_write(vol(f, "a"), 100, 1, '1'), 0);
    struct world_fault fault = {.kinds = 1u << WORLD_OP_WRITE, .path = "g.redo", .nth = 1, .stall = true};
    assert_int_equal(world_fault_add(f->w, &fault), 0);
    pthread_t t;
    assert_int_equal(pthread_create(&t, NULL, run_cycle, f), 0);
    world_wait_stalled(f->w, 1); /* the gathering hangs in the first region */
    assert_int_equal(ew_write(vol(f, "a"), 100, 1, '2'), 0);
    assert_int_equal(ew_write(vol(f, "a"), 200, 1, '2'), 0);
    world_release(f->w);
    void *ret;
    pthread_join(t, &ret);
    assert_int_equal((intptr_t)ret, 0);
    assert_int_equal(ew_read(vol(f, "b"), 0), '1');
    assert_int_equal(ew_read(vol(f, "b"), 100), '1');
    assert_int_equal(ew_read(vol(f, "b"), 200), 0);
    assert_int_equal(cycle(f), 0);
    assert_alike(f, "a", "b");
}

static void without_room_for_the_redo_log_the_mirrors_break_and_the_targets_stay_whole(void **state)
{
    struct fixture *f = *state;
    bring_in_sync(f);
    assert_int_equal(ew_write(vol(f, "a"), 0, 20, '1'), 0);
    assert_int_equal(cycle(f), 0);
    assert_int_equal(ew_write(vol(f, "a"), 0, 20, '2'), 0);
    struct world_fault fault = {
        .kinds = 1u << WORLD_OP_WRITE, .path = "g.redo", .nth = 3, .forever = true, .err = -ENOSPC};
    assert_int_equal(world_fault_add(f->w, &fault), 0);
    assert_int_equal(cycle(f), -ENOSPC);
    assert_int_equal(info(f->m).state, MIRROR_APART);
    assert_int_equal(info(f->n).state, MIRROR_APART);
    assert_int_equal(info(f->m).error, -ENOSPC);
    for (unsigned i = 0; i < 20; i++)
        assert_int_equal(ew_read(vol(f, "b"), i), '1');
    assert_int_equal(ew_write(vol(f, "a"), 0, 1, '3'), 0);
    world_faults_clear(f->w);
    bring_in_sync(f);
    assert_alike(f, "a", "b");
}

static void a_target_that_fails_while_a_cycle_is_applied_is_finished_later(void **state)
{
    struct fixture *f = *state;
    bring_in_sync(f);
    assert_int_equal(ew_write(vol(f, "a"), 0, 20, '1'), 0);
    struct world_fault fault = {
        .kinds = 1u << WORLD_OP_WRITE, .path = "disks/b", .nth = 3, .forever = true, .err = -EIO};
    assert_int_equal(world_fault_add(f->w, &fault), 0);
    assert_int_equal(cycle(f), -EIO);
    assert_int_equal(info(f->m).state, MIRROR_APART);
    assert_int_equal(part(f, false), -EIO); /* the target is no state of the source now: said so */
    world_faults_clear(f->w);
    assert_int_equal(part(f, false), 0);
    assert_alike(f, "a", "b");
    bring_in_sync(f);
    assert_alike(f, "a", "b");
}

static void loaded_again_it_ships_what_was_marked(void **state)
{
    struct fixture *f = *state;
    bring_in_sync(f);
    assert_int_equal(ew_write(vol(f, "a"), 7, 1, 'x'), 0);
    mirror_put(f->m);
    struct mirror_spec m = {.id = "m",
                            .group = f->g,
                            .source = vol(f, "a"),
                            .target = vol(f, "b"),
                            .user = f,
                            .state = MIRROR_IN_SYNC};
    assert_int_equal(mirror_load(&m, &f->m), 0);
    assert_int_equal(info(f->m).state, MIRROR_IN_SYNC);
    assert_int_equal(cycle(f), 0);
    assert_alike(f, "a", "b");
}

static void a_damaged_redo_log_breaks_the_mirrors_and_not_the_sources(void **state)
{
    struct fixture *f = *state;
    bring_in_sync(f);
    assert_int_equal(ew_write(vol(f, "a"), 7, 1, 'x'), 0);
    mirror_put(f->m);
    mirror_put(f->n);
    mirror_group_free(f->g);
    struct world_file *file;
    assert_int_equal(world_open(f->w, "state/cycles/g.commit", 0, &file), 0);
    assert_int_equal(world_write(file, "damage", 6, 20, true), 0);
    assert_int_equal(world_write(file, "damage", 6, 4096 + 20, true), 0);
    world_close(file);
    struct mirror_group_options options = {.engine = f->ew.engine,
                                           .id = "g",
                                           .mode = MIRROR_ASYNCHRONOUS,
                                           .desired_rpo_us = FOR_EVER,
                                           .event = on_event};
    assert_int_equal(mirror_group_new(&options, &f->g), 0);
    struct mirror_spec m = {
        .id = "m", .group = f->g, .source = vol(f, "a"), .target = vol(f, "b"), .user = f};
    struct mirror_spec n = {
        .id = "n", .group = f->g, .source = vol(f, "c"), .target = vol(f, "d"), .user = f};
    m.state = n.state = MIRROR_IN_SYNC;
    assert_int_equal(mirror_load(&m, &f->m), 0);
    assert_int_equal(mirror_load(&n, &f->n), 0);
    assert_int_equal(mirror_group_ready(f->g), 0);
    assert_int_equal(info(f->m).error, -EUCLEAN);
    assert_int_equal(info(f->m).state, MIRROR_APART);
    assert_int_equal(ew_write(vol(f, "a"), 9, 1, 'y'), 0);
    assert_int_equal(part(f, false), 0);
    bring_in_sync(f);
    assert_int_equal(cycle(f), 0);
    assert_alike(f, "a", "b");
}

struct writer {
    struct fixture *f;
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
        if (volume_pwritev(vol(w->f, "a"), &iov, 1, (i % 8) * 5 * EW_BLOCK, 0) != 0 ||
            volume_pwritev(vol(w->f, "a"), &iov, 1, 200 * EW_BLOCK, 0) != 0 ||
            volume_pwritev(vol(w->f, "c"), &iov, 1, 100 * EW_BLOCK, 0) != 0)
            return arg;
        w->last = i;
    }
    return NULL;
}

static unsigned number_at(struct fixture *f, const char *disk, unsigned at)
{
    unsigned char block[EW_BLOCK];
    struct iovec iov = {block, sizeof(block)};
    unsigned number;
    assert_int_equal(volume_preadv(vol(f, disk), &iov, 1, (uint64_t)at * EW_BLOCK, 0), 0);
    memcpy(&number, block, sizeof(number));
    return number;
}

static void assert_one_instant(struct fixture *f)
{
    unsigned b = number_at(f, "b", 200), d = number_at(f, "d", 100);
    assert_true(b == d || b == d + 1);
    unsigned slot = number_at(f, "b", (b % 8) * 5), next = number_at(f, "b", ((b + 1) % 8) * 5);
    assert_int_equal(slot, b);
    assert_true(next == b + 1 || next + 7 == b || b < 8);
}

static void under_a_writer_the_targets_are_always_one_instant(void **state)
{
    struct fixture *f = *state;
    struct writer w = {.f = f};
    pthread_t t;
    assert_int_equal(pthread_create(&t, NULL, count_up, &w), 0);
    unsigned before = 0;
    for (int round = 0; round < 30; round++) {
        bring_in_sync(f);
        assert_int_equal(part(f, round % 2 == 0), 0);
        assert_one_instant(f);
        assert_true(number_at(f, "b", 200) >= before);
        before = number_at(f, "b", 200);
    }
    bring_in_sync(f);
    atomic_store(&w.stop, true);
    void *failed;
    pthread_join(t, &failed);
    assert_null(failed);
    assert_int_equal(part(f, true), 0);
    assert_alike(f, "a", "b");
    assert_alike(f, "c", "d");
    assert_int_equal(f->broken, 0);
}

static void the_thread_keeps_the_target_up_to_date(void **state)
{
    struct fixture *f = *state;
    bring_in_sync(f);
    assert_int_equal(ew_write(vol(f, "a"), 7, 1, 'x'), 0);
    while (info(f->m).bytes_differing != 0)
        sched_yield();
    assert_int_equal(ew_read(vol(f, "b"), 7), 'x');
}

static void the_mode_changes_under_a_writer(void **state)
{
    struct fixture *f = *state;
    struct writer w = {.f = f};
    pthread_t t;
    bring_in_sync(f);
    assert_int_equal(pthread_create(&t, NULL, count_up, &w), 0);
    for (int round = 0; round < 20; round++) {
        assert_int_equal(mirror_group_set_mode(f->g, MIRROR_ASYNCHRONOUS, FOR_EVER, 0), 0);
        assert_int_equal(cycle(f), 0);
        assert_int_equal(mirror_group_set_mode(f->g, MIRROR_SYNCHRONOUS, 0, 0), 0);
        assert_int_equal(mirror_resync(f->m, NULL), 0);
        assert_int_equal(mirror_resync(f->n, NULL), 0);
    }
    atomic_store(&w.stop, true);
    void *failed;
    pthread_join(t, &failed);
    assert_null(failed);
    assert_alike(f, "a", "b");
    assert_alike(f, "c", "d");
}

static void an_adaptive_group_trails_a_slow_target_and_comes_back(void **state)
{
    struct fixture *f = *state;
    bring_in_sync(f);
    assert_int_equal(mirror_group_set_mode(f->g, MIRROR_ADAPTIVE, 0, 1 << 20), 0);
    assert_int_equal(ew_write(vol(f, "a"), 0, 1, 'x'), 0);
    assert_int_equal(ew_read(vol(f, "b"), 0), 'x');
    assert_false(info(f->m).trailing);
    for (int i = 0; i < 64; i++)
        adaptive_note(&f->g->adaptive, 100, 50000);
    assert_int_equal(ew_write(vol(f, "a"), 1, 1, 'x'), 0); /* sees it, and wakes the thread */
    while (!info(f->m).trailing && info(f->m).state == MIRROR_IN_SYNC)
        sched_yield();
    /* Cycles are short here, so it is soon in step again, and says so. */
    while (info(f->m).trailing)
        sched_yield();
    assert_int_equal(mirror_resync(f->m, NULL), 0);
    assert_int_equal(mirror_resync(f->n, NULL), 0);
    assert_int_equal(ew_write(vol(f, "a"), 2, 1, 'y'), 0);
    assert_int_equal(ew_read(vol(f, "b"), 2), 'y');
    assert_alike(f, "a", "b");
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
