/* SPDX-License-Identifier: BSD-2-Clause */
/* What a simulated power cut leaves of disks and of a state directory: support/powercut, support/simvfs. */
#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "sim/world.h"
#include "support/powercut.h"
#include "support/simvfs.h"

static int new_world(void **state)
{
    struct world *w = world_new(512);
    *state = w;
    return w == NULL || world_disk(w, "a", 1 << 20) != 0 ? -1 : world_settle(w);
}

static int end_world(void **state)
{
    world_free(*state);
    return 0;
}

/* Fills whole sectors of disks/a with a byte. */
static void fill(struct world *w, unsigned char byte, uint64_t sector, uint64_t n, bool durable)
{
    struct world_file *f;
    static unsigned char buf[65536];
    memset(buf, byte, n * 512);
    assert_int_equal(world_open(w, "disks/a", 0, &f), 0);
    assert_int_equal(world_write(f, buf, n * 512, sector * 512, durable), 0);
    world_close(f);
}

static void sync_disk(struct world *w, int expected)
{
    struct world_file *f;
    assert_int_equal(world_open(w, "disks/a", 0, &f), 0);
    assert_int_equal(world_sync(f), expected);
    world_close(f);
}

/* The byte that fills a sector; 255 if it is mixed. */
static unsigned char at(struct world *w, uint64_t sector)
{
    struct world_file *f;
    unsigned char buf[512];
    assert_int_equal(world_open(w, "disks/a", 0, &f), 0);
    assert_int_equal(world_read(f, buf, 512, sector * 512), 0);
    world_close(f);
    for (int i = 1; i < 512; i++)
        if (buf[i] != buf[0])
            return 255;
    return buf[0];
}

static void expect(struct world *recorded, size_t upto, enum cut_policy policy, uint64_t arg,
                   const char *sectors)
{
    struct world *w = world_crash(recorded, upto, policy, arg);
    assert_non_null(w);
    char found[32] = "";
    for (size_t i = 0; i < strlen(sectors); i++)
        found[i] = (char)('0' + at(w, i));
    assert_string_equal(found, sectors);
    world_free(w);
}

static void each_policy_leaves_what_it_says(void **state)
{
    struct world *w = *state;
    fill(w, 1, 0, 4, false);
    sync_disk(w, 0);
    fill(w, 2, 0, 2, false); /* pending 0 */
    fill(w, 3, 1, 2, false); /* pending 1 */
    expect(w, 4, CUT_KILL, 0, "2331");
    expect(w, 4, CUT_NONE, 0, "1111");
    expect(w, 4, CUT_ONLY, 0, "2211");
    expect(w, 4, CUT_ONLY, 1, "1331");
    expect(w, 4, CUT_WITHOUT, 0, "1131"); /* a sector that holds a later write holds the earlier ones */
    expect(w, 4, CUT_WITHOUT, 1, "2211");
    expect(w, 4, CUT_TORN, 1, "2311");
    expect(w, 4, CUT_TORN, 1 + 2, "2231");
    expect(w, 1, CUT_KILL, 0, "1111");
    expect(w, 1, CUT_NONE, 0, "0000");
    expect(w, 0, CUT_KILL, 0, "0000");
    /* The recorded world itself is as it was. */
    assert_int_equal(at(w, 1), 3);
}

static void random_subsets_differ_by_sector_and_reach_every_mixture(void **state)
{
    struct world *w = *state;
    fill(w, 1, 0, 2, false);
    sync_disk(w, 0);
    fill(w, 2, 0, 2, false);
    fill(w, 3, 0, 2, false);
    bool seen[4][4] = {{false}};
    for (uint64_t seed = 0; seed < 400; seed++) {
        struct world *c = world_crash(w, 4, CUT_RANDOM, seed), *again = world_crash(w, 4, CUT_RANDOM, seed);
        assert_true(at(c, 0) >= 1 && at(c, 0) <= 3);
        seen[at(c, 0)][at(c, 1)] = true;
        assert_int_equal(at(c, 0), at(again, 0)); /* a seed replays */
        assert_int_equal(at(c, 1), at(again, 1));
        world_free(c);
        world_free(again);
    }
    for (int i = 1; i < 4; i++)
        for (int j = 1; j < 4; j++)
            assert_true(seen[i][j]);
}

static void a_durable_write_stays_and_takes_its_sectors_along(void **state)
{
    struct world *w = *state;
    fill(w, 1, 0, 3, false);
    fill(w, 2, 1, 1, true);
    expect(w, 2, CUT_NONE, 0, "020");
    for (uint64_t seed = 0; seed < 50; seed++) {
        struct world *c = world_crash(w, 2, CUT_RANDOM, seed);
        assert_int_equal(at(c, 1), 2);
        world_free(c);
    }
    fill(w, 3, 0, 3, false);
    expect(w, 3, CUT_NONE, 0, "020");
}

static void a_durable_write_under_way_may_be_torn(void **state)
{
    struct world *w = *state;
    fill(w, 1, 0, 2, true);
    expect(w, 0, CUT_NONE, 0, "00");
    expect(w, 0, CUT_TORN, 0, "10");
    expect(w, 0, CUT_TORN, 1, "01");
    expect(w, 1, CUT_NONE, 0, "11");
}

static void what_a_failed_flush_lost_no_later_flush_brings_back(void **state)
{
    struct world *w = *state;
    struct world_fault f = {.kinds = 1u << WORLD_OP_SYNC, .nth = 1, .err = -EIO};
    fill(w, 1, 0, 2, false);
    assert_int_equal(world_fault_add(w, &f), 0);
    sync_disk(w, -EIO);
    fill(w, 2, 1, 2, false);
    sync_disk(w, 0);
    expect(w, world_ops(w), CUT_NONE, 0, "022");
    expect(w, world_ops(w), CUT_KILL, 0, "122");
}

static void *sync_later(void *w)
{
    sync_disk(w, 0);
    return NULL;
}

static void a_flush_promises_nothing_of_what_is_written_meanwhile(void **state)
{
    struct world *w = *state;
    struct world_fault f = {.kinds = 1u << WORLD_OP_SYNC, .nth = 1, .stall = true};
    pthread_t t;
    fill(w, 1, 0, 1, false);
    assert_int_equal(world_fault_add(w, &f), 0);
    assert_int_equal(pthread_create(&t, NULL, sync_later, w), 0);
    world_wait_stalled(w, 1);
    fill(w, 2, 1, 1, false);
    world_release(w);
    assert_int_equal(pthread_join(t, NULL), 0);
    expect(w, world_ops(w), CUT_NONE, 0, "10");
    expect(w, world_ops(w), CUT_KILL, 0, "12");
}

static void zeroing_is_pending_like_a_write(void **state)
{
    struct world *w = *state;
    struct world_file *f;
    fill(w, 1, 0, 4, false);
    sync_disk(w, 0);
    assert_int_equal(world_open(w, "disks/a", 0, &f), 0);
    assert_int_equal(world_zero(f, 512, 1 << 19, false), 0);
    world_close(f);
    expect(w, 3, CUT_NONE, 0, "1111");
    expect(w, 3, CUT_KILL, 0, "1000");
    expect(w, 3, CUT_ONLY, 0, "1000");
    int mixed = 0;
    for (uint64_t seed = 0; seed < 60; seed++) {
        struct world *c = world_crash(w, 3, CUT_RANDOM, seed);
        mixed += at(c, 1) != at(c, 2);
        world_free(c);
    }
    assert_true(mixed > 0);
}

/* ---- a state directory ---- */

static struct vfs *state_dir(struct world *w)
{
    struct vfs *v;
    assert_int_equal(simvfs_open(w, "state", true, &v), 0);
    return v;
}

static void write_file(struct vfs *v, const char *name, const char *text, bool sync)
{
    struct vfs_file *f;
    assert_int_equal(v->ops->open(v, name, VFS_CREATE | VFS_TRUNC, &f), 0);
    assert_int_equal(f->ops->pwrite(f, text, strlen(text), 0), 0);
    if (sync)
        assert_int_equal(f->ops->sync(f), 0);
    f->ops->close(f);
}

/* The content of a file, "" if it is empty, "-" if it is not there. */
static const char *content(struct vfs *v, const char *name)
{
    static char text[64];
    struct vfs_file *f;
    uint64_t size;
    if (v->ops->open(v, name, 0, &f) != 0)
        return "-";
    assert_int_equal(f->ops->size(f, &size), 0);
    assert_true(size < sizeof(text));
    assert_int_equal(f->ops->pread(f, text, size, 0), 0);
    text[size] = '\0';
    f->ops->close(f);
    return text;
}

static void expect_file(struct world *recorded, enum cut_policy policy, uint64_t arg, const char *name,
                        const char *text)
{
    struct world *w = world_crash(recorded, world_ops(recorded), policy, arg);
    assert_non_null(w);
    struct vfs *v = state_dir(w);
    assert_string_equal(content(v, name), text);
    v->ops->close(v);
    world_free(w);
}

static void a_file_is_there_when_data_and_directory_were_synced(void **state)
{
    struct vfs *v = state_dir(*state);
    write_file(v, "f", "hello", true);
    expect_file(*state, CUT_NONE, 0, "f", "-");
    expect_file(*state, CUT_KILL, 0, "f", "hello");
    assert_int_equal(v->ops->sync_dir(v, ""), 0);
    expect_file(*state, CUT_NONE, 0, "f", "hello");
    v->ops->close(v);
}

static void a_synced_name_does_not_make_the_data_durable(void **state)
{
    struct vfs *v = state_dir(*state);
    write_file(v, "f", "hello", false);
    assert_int_equal(v->ops->sync_dir(v, ""), 0);
    expect_file(*state, CUT_NONE, 0, "f", "");
    v->ops->close(v);
}

static void a_rename_is_whole_or_not_at_all(void **state)
{
    struct vfs *v = state_dir(*state);
    write_file(v, "f", "old", true);
    write_file(v, "f.new", "new", true);
    assert_int_equal(v->ops->sync_dir(v, ""), 0);
    assert_int_equal(v->ops->rename(v, "f.new", "f"), 0);
    expect_file(*state, CUT_NONE, 0, "f", "old");
    expect_file(*state, CUT_NONE, 0, "f.new", "new");
    expect_file(*state, CUT_KILL, 0, "f", "new");
    expect_file(*state, CUT_KILL, 0, "f.new", "-");
    int renamed = 0;
    for (uint64_t seed = 0; seed < 64; seed++) {
        struct world *w = world_crash(*state, world_ops(*state), CUT_RANDOM, seed);
        struct vfs *c = state_dir(w);
        bool done = strcmp(content(c, "f"), "new") == 0;
        assert_string_equal(content(c, "f.new"), done ? "-" : "new");
        renamed += done;
        c->ops->close(c);
        world_free(w);
    }
    assert_true(renamed > 0 && renamed < 64);
    v->ops->close(v);
}

static void an_unlink_may_be_undone_until_the_directory_is_synced(void **state)
{
    struct vfs *v = state_dir(*state);
    write_file(v, "f", "text", true);
    assert_int_equal(v->ops->sync_dir(v, ""), 0);
    assert_int_equal(v->ops->unlink(v, "f"), 0);
    expect_file(*state, CUT_NONE, 0, "f", "text");
    expect_file(*state, CUT_KILL, 0, "f", "-");
    assert_int_equal(v->ops->sync_dir(v, ""), 0);
    expect_file(*state, CUT_NONE, 0, "f", "-");
    v->ops->close(v);
}

static void a_directory_that_was_not_synced_takes_its_files_along(void **state)
{
    struct vfs *v = state_dir(*state);
    assert_int_equal(v->ops->mkdir(v, "maps"), 0);
    assert_int_equal(v->ops->mkdir(v, "maps"), 0);
    write_file(v, "maps/m", "text", true);
    assert_int_equal(v->ops->sync_dir(v, "maps"), 0);
    expect_file(*state, CUT_NONE, 0, "maps/m", "-");
    assert_int_equal(v->ops->sync_dir(v, ""), 0);
    expect_file(*state, CUT_NONE, 0, "maps/m", "text");
    v->ops->close(v);
}

static void size_and_data_of_an_append_are_lost_apart(void **state)
{
    struct vfs *v = state_dir(*state);
    struct vfs_file *f;
    write_file(v, "f", "", true);
    assert_int_equal(v->ops->sync_dir(v, ""), 0);
    assert_int_equal(v->ops->open(v, "f", 0, &f), 0);
    assert_int_equal(f->ops->pwrite(f, "abc", 3, 0), 0);
    bool lost = false, zeroes = false, whole = false;
    for (uint64_t seed = 0; seed < 64; seed++) {
        struct world *w = world_crash(*state, world_ops(*state), CUT_RANDOM, seed);
        struct vfs *c = state_dir(w);
        struct vfs_file *g;
        uint64_t size;
        char text[3] = "xx";
        assert_int_equal(c->ops->open(c, "f", 0, &g), 0);
        assert_int_equal(g->ops->size(g, &size), 0);
        assert_true(size == 0 || (size == 3 && g->ops->pread(g, text, 3, 0) == 0));
        lost |= size == 0;
        zeroes |= size == 3 && memcmp(text, "\0\0\0", 3) == 0;
        whole |= size == 3 && memcmp(text, "abc", 3) == 0;
        /* What lies behind the end is gone even if its sectors were written. */
        assert_int_equal(g->ops->truncate(g, 10), 0);
        char longer[10];
        assert_int_equal(g->ops->pread(g, longer, 10, 0), 0);
        assert_true(size != 0 || memcmp(longer, "\0\0\0", 3) == 0);
        g->ops->close(g);
        c->ops->close(c);
        world_free(w);
    }
    assert_true(lost && zeroes && whole);
    f->ops->close(f);
    v->ops->close(v);
}

static void what_follows_a_truncation_is_not_there_without_it(void **state)
{
    struct vfs *v = state_dir(*state);
    write_file(v, "f", "old text", true);
    assert_int_equal(v->ops->sync_dir(v, ""), 0);
    write_file(v, "f", "new", false);
    for (uint64_t seed = 0; seed < 64; seed++) {
        struct world *w = world_crash(*state, world_ops(*state), CUT_RANDOM, seed);
        struct vfs *c = state_dir(w);
        const char *text = content(c, "f");
        assert_true(strcmp(text, "old text") == 0 || strcmp(text, "") == 0 || strcmp(text, "new") == 0);
        c->ops->close(c);
        world_free(w);
    }
    v->ops->close(v);
}

static void a_directory_is_locked_once_and_free_after_a_crash(void **state)
{
    struct vfs *v = state_dir(*state), *second = state_dir(*state);
    assert_int_equal(v->ops->lock(v), 0);
    assert_int_equal(v->ops->lock(v), 0);
    assert_int_equal(second->ops->lock(second), -EBUSY);
    struct world *w = world_kill(*state, world_ops(*state));
    struct vfs *c = state_dir(w);
    assert_int_equal(c->ops->lock(c), 0);
    c->ops->close(c);
    world_free(w);
    v->ops->close(v);
    assert_int_equal(second->ops->lock(second), 0);
    second->ops->close(second);
}

static int count_entry(void *user, const char *entry)
{
    assert_string_not_equal(entry, ".lock");
    ++*(int *)user;
    return 0;
}

static void the_vfs_answers_as_its_header_says(void **state)
{
    struct vfs *v = state_dir(*state);
    struct vfs_file *f;
    assert_int_equal(v->ops->open(v, "none", 0, &f), -ENOENT);
    assert_int_equal(v->ops->open(v, "none/f", VFS_CREATE, &f), -ENOENT);
    assert_int_equal(v->ops->lock(v), 0);
    write_file(v, "f", "abc", false);
    assert_int_equal(v->ops->open(v, "f", VFS_CREATE | VFS_EXCL, &f), -EEXIST);
    assert_int_equal(v->ops->open(v, "f", 0, &f), 0);
    char buf[8];
    assert_int_equal(f->ops->pread(f, buf, 4, 0), -ENODATA);
    assert_int_equal(f->ops->pread(f, buf, 3, 0), 0);
    struct world_fault fault = {.kinds = 1u << WORLD_OP_SYNC, .path = "state/f", .nth = 1, .err = -EIO};
    assert_int_equal(world_fault_add(*state, &fault), 0);
    assert_int_equal(f->ops->sync(f), -EIO);
    assert_int_equal(f->ops->sync(f), -EIO);
    f->ops->close(f);
    int n = 0;
    assert_int_equal(v->ops->list(v, "", count_entry, &n), 0);
    assert_int_equal(n, 1);
    assert_int_equal(v->ops->unlink(v, "none"), -ENOENT);
    assert_int_equal(v->ops->rename(v, "none", "f"), -ENOENT);
    v->ops->close(v);
}

#define T(name) cmocka_unit_test_setup_teardown(name, new_world, end_world)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(each_policy_leaves_what_it_says),
        T(random_subsets_differ_by_sector_and_reach_every_mixture),
        T(a_durable_write_stays_and_takes_its_sectors_along),
        T(a_durable_write_under_way_may_be_torn),
        T(what_a_failed_flush_lost_no_later_flush_brings_back),
        T(a_flush_promises_nothing_of_what_is_written_meanwhile),
        T(zeroing_is_pending_like_a_write),
        T(a_file_is_there_when_data_and_directory_were_synced),
        T(a_synced_name_does_not_make_the_data_durable),
        T(a_rename_is_whole_or_not_at_all),
        T(an_unlink_may_be_undone_until_the_directory_is_synced),
        T(a_directory_that_was_not_synced_takes_its_files_along),
        T(size_and_data_of_an_append_are_lost_apart),
        T(what_follows_a_truncation_is_not_there_without_it),
        T(a_directory_is_locked_once_and_free_after_a_crash),
        T(the_vfs_answers_as_its_header_says),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
