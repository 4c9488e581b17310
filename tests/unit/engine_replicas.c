/* SPDX-License-Identifier: BSD-2-Clause */
/* Clones, snapshots and restores as their hosts see them, one rule at a time, on a simulated world. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "support/engine_world.h"

#define SIZE (1u << 20) /* 16 regions of 64 KiB, 256 blocks */
#define BLOCKS (SIZE / EW_BLOCK)
#define REGION (65536 / EW_BLOCK) /* blocks in a region */

static struct engine_world ew;
static bool with_overlay;

static const char *const disks[] = {"src", "src2", "t1", "t2", "t3", "t4"};

static int setup(void **state)
{
    (void)state;
    struct world *w = world_new(512);
    if (!w || world_bind(w, ""))
        return -1;
    for (size_t i = 0; i < sizeof disks / sizeof *disks; i++)
        if (world_disk(w, disks[i], SIZE))
            return -1;
    ew.overlay_bytes = with_overlay ? 256 * 1024 : 0;
    if (ew_start(&ew, w))
        return -1;
    /* Block b of the source begins as b / 16 + 1. */
    for (uint64_t b = 0; b < BLOCKS; b += REGION)
        if (ew_write(ew_volume(&ew, "src"), b, REGION, (unsigned char)(b / REGION + 1)))
            return -1;
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    ew_stop(&ew);
    world_faults_clear(ew.world);
    world_unbind("");
    world_free(ew.world);
    return 0;
}

static struct volume *vol(const char *disk)
{
    struct volume *v = ew_volume(&ew, disk);
    assert_non_null(v);
    return v;
}

static struct replica *make(const char *id, enum replica_kind kind, const char *target)
{
    struct replica *r;
    assert_int_equal(ew_create(&ew, id, kind, "src", target, &r), 0);
    return r;
}

static struct replica *activated(const char *id, enum replica_kind kind, const char *target)
{
    struct replica *r = make(id, kind, target);
    assert_int_equal(replicas_activate(&r, 1, NULL), 0);
    return r;
}

static void assert_original(const char *disk)
{
    for (uint64_t b = 0; b < BLOCKS; b++)
        assert_int_equal(ew_read(vol(disk), b), b / REGION + 1);
}

static void remove_replica(struct replica *r)
{
    assert_int_equal(replica_remove(r, NULL), 0);
}

static struct replica_info info_of(struct replica *r)
{
    struct replica_info info;
    replica_get_info(r, &info);
    return info;
}

static void a_clone_shows_its_point_in_time_at_once_and_when_complete(void **unused)
{
    (void)unused;
    struct replica *r = activated("c", REPLICA_CLONE, "t1");
    assert_original("t1");
    assert_int_equal(ew_write(vol("src"), 5, 40, 0xaa), 0);
    assert_original("t1");
    assert_int_equal(ew_read(vol("src"), 5), 0xaa);
    assert_int_equal(replica_fill(r, NULL), 0);
    assert_int_equal(info_of(r).state, REPLICA_COMPLETE);
    assert_original("t1");
    assert_int_equal(ew_write(vol("src"), 0, BLOCKS, 0xbb), 0);
    assert_original("t1");
    remove_replica(r);
    assert_original("t1");
}

static void what_hosts_write_to_a_clone_stays_when_it_is_filled(void **unused)
{
    (void)unused;
    struct replica *r = activated("c", REPLICA_CLONE, "t1");
    assert_int_equal(ew_write(vol("t1"), 3, 1, 0x77), 0);
    assert_int_equal(ew_write(vol("t1"), 30, 40, 0x78), 0);
    assert_int_equal(ew_write(vol("src"), 0, 64, 0xaa), 0);
    assert_int_equal(replica_fill(r, NULL), 0);
    for (uint64_t b = 0; b < BLOCKS; b++) {
        int expected = b == 3 ? 0x77 : b >= 30 && b < 70 ? 0x78 : (int)(b / REGION + 1);
        assert_int_equal(ew_read(vol("t1"), b), expected);
    }
    engine_events_drain(ew.engine);
    assert_int_equal(ew.events[0].event, REPLICA_EVENT_SKEWED);
    assert_int_equal(ew.events[1].event, REPLICA_EVENT_COMPLETE);
    remove_replica(r);
}

static void one_copy_serves_all_snapshots(void **unused)
{
    (void)unused;
    struct replica *s1 = activated("s1", REPLICA_SNAPSHOT, "t1");
    struct replica *s2 = activated("s2", REPLICA_SNAPSHOT, "t2");
    assert_int_equal(ew_write(vol("src"), 0, 1, 0xaa), 0);
    assert_int_equal(volume_settle(vol("src")), 0);
    assert_int_equal(info_of(s1).bytes_present, 0);
    assert_int_equal(info_of(s2).bytes_present, 65536);
    assert_original("t1");
    assert_original("t2");
    struct replica *s3 = activated("s3", REPLICA_SNAPSHOT, "t3");
    assert_int_equal(ew_write(vol("src"), 0, 20, 0xab), 0);
    assert_original("t1");
    assert_original("t2");
    assert_int_equal(ew_read(vol("t3"), 0), 0xaa);
    assert_int_equal(ew_read(vol("t3"), 1), 1);
    assert_int_equal(ew_read(vol("t3"), 16), 2);
    remove_replica(s2);
    assert_original("t1");
    assert_int_equal(ew_read(vol("t3"), 0), 0xaa);
    assert_int_equal(ew_write(vol("src"), 100, 60, 0xac), 0);
    remove_replica(s3);
    assert_original("t1");
    remove_replica(s1);
}

static void a_snapshots_own_writes_are_seen_there_only_and_go_with_a_reset(void **unused)
{
    (void)unused;
    struct replica *s1 = activated("s1", REPLICA_SNAPSHOT, "t1");
    struct replica *s2 = activated("s2", REPLICA_SNAPSHOT, "t2");
    assert_int_equal(ew_write(vol("src"), 0, 64, 0xaa), 0);
    assert_int_equal(ew_write(vol("t2"), 10, 30, 0x55), 0);
    assert_original("t1");
    for (uint64_t b = 0; b < BLOCKS; b++)
        assert_int_equal(ew_read(vol("t2"), b), b >= 10 && b < 40 ? 0x55 : (int)(b / REGION + 1));
    assert_int_equal(info_of(s2).bytes_skewed, 3 * 65536);
    assert_int_equal(replica_reset(s2), 0);
    assert_original("t2");
    assert_int_equal(info_of(s2).bytes_skewed, 0);
    remove_replica(s1);
    remove_replica(s2);
}

static void a_detached_snapshot_is_a_whole_image_and_older_ones_keep_their_content(void **unused)
{
    (void)unused;
    struct replica *s1 = activated("s1", REPLICA_SNAPSHOT, "t1");
    struct replica *s2 = activated("s2", REPLICA_SNAPSHOT, "t2");
    struct replica *s3 = activated("s3", REPLICA_SNAPSHOT, "t3");
    assert_int_equal(ew_write(vol("src"), 0, 20, 0xaa), 0);
    assert_int_equal(ew_write(vol("t2"), 50, 1, 0x66), 0);
    assert_int_equal(replica_detach_begin(s2), 0);
    assert_int_equal(ew_write(vol("src"), 40, 20, 0xab), 0);
    assert_int_equal(replica_fill(s2, NULL), 0);
    assert_int_equal(info_of(s2).state, REPLICA_COMPLETE);
    assert_int_equal(ew_write(vol("src"), 0, BLOCKS, 0xac), 0);
    assert_original("t1");
    assert_original("t3");
    remove_replica(s2);
    for (uint64_t b = 0; b < BLOCKS; b++)
        assert_int_equal(ew_read(vol("t2"), b), b == 50 ? 0x66 : (int)(b / REGION + 1));
    remove_replica(s3);
    assert_original("t1");
    remove_replica(s1);
}

static void a_restored_source_shows_the_content_at_once_and_spares_other_snapshots(void **unused)
{
    (void)unused;
    struct replica *s1 = activated("s1", REPLICA_SNAPSHOT, "t1");
    assert_int_equal(ew_write(vol("src"), 0, 40, 0xaa), 0);
    struct replica *s2 = activated("s2", REPLICA_SNAPSHOT, "t2");
    assert_int_equal(ew_write(vol("src"), 20, 60, 0xab), 0);
    assert_int_equal(replica_restore_begin(s1), 0);
    assert_original("src");
    assert_int_equal(ew_write(vol("src"), 33, 1, 0x99), 0);
    struct replica *s3 = make("s3", REPLICA_SNAPSHOT, "t3");
    assert_int_equal(replicas_activate(&s3, 1, NULL), -EBUSY);
    assert_int_equal(replica_restore_fill(s1, NULL), 0);
    assert_int_equal(info_of(s1).state, REPLICA_ACTIVE);
    for (uint64_t b = 0; b < BLOCKS; b++) {
        assert_int_equal(ew_read(vol("src"), b), b == 33 ? 0x99 : (int)(b / REGION + 1));
        assert_int_equal(ew_read(vol("t2"), b), b < 40 ? 0xaa : (int)(b / REGION + 1));
    }
    assert_original("t1");
    remove_replica(s3);
    remove_replica(s2);
    remove_replica(s1);
}

static void a_complete_clone_restores_its_source(void **unused)
{
    (void)unused;
    struct replica *r = activated("c", REPLICA_CLONE, "t1");
    assert_int_equal(replica_fill(r, NULL), 0);
    assert_int_equal(ew_write(vol("src"), 0, BLOCKS, 0xaa), 0);
    assert_int_equal(replica_restore_begin(r), 0);
    assert_original("src");
    assert_int_equal(replica_restore_fill(r, NULL), 0);
    assert_original("src");
    assert_int_equal(info_of(r).state, REPLICA_COMPLETE);
    remove_replica(r);
}

static void a_complete_clone_knows_what_differs(void **unused)
{
    (void)unused;
    struct replica *r = activated("c", REPLICA_CLONE, "t1");
    assert_int_equal(ew_write(vol("src"), 0, 2, 0xa0), 0); /* region 0, since the point in time */
    assert_int_equal(replica_fill(r, NULL), 0);
    assert_int_equal(ew_write(vol("src"), 33, 1, 0xaa), 0); /* region 2 */
    assert_int_equal(ew_write(vol("t1"), 100, 1, 0xab), 0); /* region 6 */
    assert_int_equal(replica_restore_begin(r), 0);
    assert_int_equal(info_of(r).bytes_to_restore, 3 * 65536);
    assert_int_equal(ew_write(vol("src"), 34, 1, 0xac), 0);
    assert_int_equal(ew_write(vol("src"), 160, 1, 0xad), 0); /* region 10 */
    assert_int_equal(replica_restore_fill(r, NULL), 0);
    for (uint64_t b = 0; b < BLOCKS; b++) {
        int t = b == 100 ? 0xab : (int)(b / REGION + 1);
        assert_int_equal(ew_read(vol("t1"), b), t);
        assert_int_equal(ew_read(vol("src"), b), b == 34 ? 0xac : b == 160 ? 0xad : t);
    }
    /* A new point in time in the same target needs regions 2 and 10 only. */
    assert_int_equal(replica_deactivate(r, NULL), 0);
    assert_int_equal(ew_write(vol("src"), 161, 1, 0xae), 0);
    assert_int_equal(replicas_activate(&r, 1, NULL), 0);
    assert_int_equal(info_of(r).bytes_present, SIZE - 2 * 65536);
    assert_int_equal(ew_write(vol("src"), 0, BLOCKS, 0xaf), 0);
    for (int filled = 0; filled < 2; filled++) {
        for (uint64_t b = 0; b < BLOCKS; b++) {
            int expected = b == 100   ? 0xab
                           : b == 34  ? 0xac
                           : b == 160 ? 0xad
                           : b == 161 ? 0xae
                                      : (int)(b / REGION + 1);
            assert_int_equal(ew_read(vol("t1"), b), expected);
        }
        assert_int_equal(replica_fill(r, NULL), 0);
    }
    remove_replica(r);
}

static void a_whole_target_is_a_source_in_its_turn(void **unused)
{
    (void)unused;
    struct replica *c = activated("c", REPLICA_CLONE, "t1"), *s;
    assert_int_equal(replica_fill(c, NULL), 0);
    assert_int_equal(ew_create(&ew, "s", REPLICA_SNAPSHOT, "t1", "t2", &s), 0);
    assert_int_equal(replicas_activate(&s, 1, NULL), 0);
    assert_int_equal(ew_write(vol("t1"), 20, 20, 0x66), 0); /* in its overlay at first */
    assert_int_equal(replica_restore_begin(c), 0);
    assert_int_equal(replica_restore_fill(c, NULL), 0);
    for (uint64_t b = 0; b < BLOCKS; b++) {
        assert_int_equal(ew_read(vol("src"), b), b >= 20 && b < 40 ? 0x66 : (int)(b / REGION + 1));
        assert_int_equal(ew_read(vol("t2"), b), b / REGION + 1);
    }
    /* It cannot take a new point in time while others depend on it. */
    assert_int_equal(replica_deactivate(c, NULL), 0);
    assert_int_equal(replicas_activate(&c, 1, NULL), -EBUSY);
    remove_replica(s);
    assert_int_equal(replicas_activate(&c, 1, NULL), 0);
    assert_int_equal(replica_fill(c, NULL), 0);
    assert_int_equal(ew_read(vol("t1"), 30), 0x66);
    remove_replica(c);
}

static void a_store_that_fails_breaks_its_snapshot_only(void **unused)
{
    (void)unused;
    struct replica *s1 = activated("s1", REPLICA_SNAPSHOT, "t1");
    struct replica *s2 = activated("s2", REPLICA_SNAPSHOT, "t2");
    assert_int_equal(ew_write(vol("src"), 0, 16, 0xaa), 0);
    struct world_fault full = {
        .kinds = 1u << WORLD_OP_WRITE, .path = "disks/t2", .nth = 1, .forever = true, .err = -ENOSPC};
    assert_int_equal(world_fault_add(ew.world, &full), 0);
    assert_int_equal(ew_write(vol("src"), 10, 50, 0xab), 0);
    assert_int_equal(volume_settle(vol("src")), 0);
    assert_int_equal(ew_read(vol("src"), 59), 0xab);
    assert_int_equal(info_of(s2).state, REPLICA_BROKEN);
    assert_int_equal(info_of(s2).error, -ENOSPC);
    assert_int_equal(ew_read(vol("t2"), 0), -2);
    assert_original("t1");
    remove_replica(s2);
    assert_original("t1");
    remove_replica(s1);
}

static void a_volume_plays_one_part_at_a_time(void **unused)
{
    (void)unused;
    struct replica *r = activated("c", REPLICA_CLONE, "t1"), *no;
    assert_int_equal(ew_create(&ew, "x", REPLICA_SNAPSHOT, "src2", "t1", &no), -EBUSY);
    assert_int_equal(ew_create(&ew, "x", REPLICA_SNAPSHOT, "t1", "t2", &no), -EBUSY);
    assert_int_equal(ew_create(&ew, "x", REPLICA_SNAPSHOT, "src2", "src", &no), -EBUSY);
    assert_int_equal(volume_resize(vol("src"), SIZE * 2), -EBUSY);
    assert_int_equal(ew_create(&ew, "x", REPLICA_MIRROR, "src2", "t2", &no), -EOPNOTSUPP);
    assert_int_equal(replica_fill(r, NULL), 0);
    assert_int_equal(ew_create(&ew, "x", REPLICA_SNAPSHOT, "t1", "t2", &no), 0);
    remove_replica(no);
    remove_replica(r);
    assert_int_equal(ew_create(&ew, "x", REPLICA_SNAPSHOT, "src2", "src", &no), 0);
    remove_replica(no);
}

static void hosts_do_what_the_access_bits_allow(void **unused)
{
    (void)unused;
    volume_set_access(vol("src"), VOLUME_HOST_READ);
    assert_int_equal(ew_write(vol("src"), 0, 1, 9), -EROFS);
    assert_int_equal(ew_read(vol("src"), 0), 1);
    volume_set_access(vol("src"), 0);
    assert_int_equal(ew_read(vol("src"), 0), -2);
    volume_set_access(vol("src"), VOLUME_HOST_READ | VOLUME_HOST_WRITE);
    assert_int_equal(ew_write(vol("src"), BLOCKS, 1, 9), -ENOSPC);
    assert_int_equal(ew_read(vol("src"), BLOCKS), -2);
}

static void replicas_are_found_again_after_a_restart(void **unused)
{
    (void)unused;
    struct replica *s1 = activated("s1", REPLICA_SNAPSHOT, "t1");
    struct replica *c = activated("c", REPLICA_CLONE, "t2");
    uint64_t o1 = info_of(s1).order, oc = info_of(c).order;
    assert_int_equal(ew_write(vol("src"), 0, 20, 0xaa), 0);
    assert_int_equal(ew_write(vol("t1"), 100, 1, 0x44), 0);
    assert_int_equal(ew_write(vol("t2"), 101, 1, 0x45), 0);
    replica_put(s1);
    replica_put(c);
    assert_int_equal(ew_write(vol("src"), 0, 1, 0xab), -EBUSY);
    ew_stop(&ew);
    assert_int_equal(ew_start(&ew, ew.world), 0);
    assert_int_equal(ew_load(&ew, "s1", REPLICA_SNAPSHOT, "src", "t1", REPLICA_ACTIVE, o1, &s1), 0);
    assert_int_equal(ew_load(&ew, "c", REPLICA_CLONE, "src", "t2", REPLICA_ACTIVE, oc, &c), 0);
    assert_int_equal(ew_write(vol("src"), 0, 1, 0xab), -EBUSY);
    assert_int_equal(volume_ready(vol("src")), 0);
    assert_int_equal(ew_write(vol("src"), 200, 1, 0xab), 0);
    for (uint64_t b = 0; b < BLOCKS; b++) {
        assert_int_equal(ew_read(vol("t1"), b), b == 100 ? 0x44 : (int)(b / REGION + 1));
        assert_int_equal(ew_read(vol("t2"), b), b == 101 ? 0x45 : (int)(b / REGION + 1));
    }
    assert_int_equal(replica_fill(c, NULL), 0);
    assert_int_equal(ew_read(vol("t2"), 101), 0x45);
    assert_int_equal(ew_read(vol("t2"), 200), 13);
    remove_replica(c);
    remove_replica(s1);
}

static void a_replica_takes_a_new_point_in_time_in_the_same_target(void **unused)
{
    (void)unused;
    struct replica *c = activated("c", REPLICA_CLONE, "t1");
    struct replica *s = activated("s", REPLICA_SNAPSHOT, "t2");
    assert_int_equal(ew_write(vol("src"), 0, 40, 0xaa), 0);
    assert_int_equal(replica_fill(c, NULL), 0);
    assert_int_equal(replica_deactivate(c, NULL), 0);
    assert_int_equal(replica_deactivate(s, NULL), 0);
    assert_int_equal(ew_write(vol("t1"), 100, 40, 0xcc), 0);
    assert_int_equal(replicas_activate((struct replica *const[]){c, s}, 2, NULL), 0);
    assert_int_equal(ew_write(vol("src"), 20, 40, 0xab), 0);
    for (int filled = 0; filled < 2; filled++) {
        for (uint64_t b = 0; b < BLOCKS; b++) {
            assert_int_equal(ew_read(vol("t1"), b), b < 40 ? 0xaa : (int)(b / REGION + 1));
            assert_int_equal(ew_read(vol("t2"), b), b < 40 ? 0xaa : (int)(b / REGION + 1));
        }
        assert_int_equal(replica_fill(c, NULL), 0);
    }
    remove_replica(c);
    remove_replica(s);
}

static void a_group_has_one_instant(void **unused)
{
    (void)unused;
    struct replica *r[4];
    assert_int_equal(ew_create(&ew, "a", REPLICA_SNAPSHOT, "src", "t1", &r[0]), 0);
    assert_int_equal(ew_create(&ew, "b", REPLICA_CLONE, "src2", "t2", &r[1]), 0);
    assert_int_equal(ew_create(&ew, "c", REPLICA_SNAPSHOT, "src2", "t3", &r[2]), 0);
    assert_int_equal(ew_create(&ew, "d", REPLICA_CLONE, "src", "t4", &r[3]), 0);
    int64_t pause = -1;
    assert_int_equal(replicas_activate(r, 4, &pause), 0);
    assert_true(pause >= 0);
    assert_int_equal(ew_write(vol("src"), 0, BLOCKS, 0xaa), 0);
    assert_int_equal(ew_write(vol("src2"), 0, BLOCKS, 0xaa), 0);
    assert_original("t1");
    assert_original("t4");
    assert_int_equal(ew_read(vol("t2"), 7), 0);
    assert_int_equal(ew_read(vol("t3"), 7), 0);
    for (int i = 0; i < 4; i++)
        remove_replica(r[i]);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_clone_shows_its_point_in_time_at_once_and_when_complete),
        TEST(what_hosts_write_to_a_clone_stays_when_it_is_filled),
        TEST(one_copy_serves_all_snapshots),
        TEST(a_snapshots_own_writes_are_seen_there_only_and_go_with_a_reset),
        TEST(a_detached_snapshot_is_a_whole_image_and_older_ones_keep_their_content),
        TEST(a_restored_source_shows_the_content_at_once_and_spares_other_snapshots),
        TEST(a_complete_clone_restores_its_source),
        TEST(a_complete_clone_knows_what_differs),
        TEST(a_whole_target_is_a_source_in_its_turn),
        TEST(a_store_that_fails_breaks_its_snapshot_only),
        TEST(a_volume_plays_one_part_at_a_time),
        TEST(hosts_do_what_the_access_bits_allow),
        TEST(replicas_are_found_again_after_a_restart),
        TEST(a_replica_takes_a_new_point_in_time_in_the_same_target),
        TEST(a_group_has_one_instant),
    };
    int failed = 0;
    for (int i = 0; i < 2; i++) {
        with_overlay = i;
        failed +=
            cmocka_run_group_tests_name(i ? "with an overlay" : "without an overlay", tests, NULL, NULL);
    }
    return failed;
}
