/* SPDX-License-Identifier: BSD-2-Clause */
/* Region maps: bits against a plain model, the file against restarts, damage and writes cut short. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "state/map.h"
#include "support/tempdir.h"
#include "util/alloc.h"
#include "util/crc32c.h"

#define LEAF 32512u   /* bits of a page */
#define TABLE 508u    /* pages of a table */
#define REGION 65536u /* bytes */
#define PAGE 4096u
#define NAME "m"

struct world {
    char dir[TEMPDIR_SIZE];
    struct vfs *vfs;
    struct map *map;
};

static int setup(void **state)
{
    struct world *w = calloc(1, sizeof *w);
    tempdir_make(w->dir);
    assert_int_equal(vfs_posix_open(w->dir, false, &w->vfs), 0);
    *state = w;
    return 0;
}

static int teardown(void **state)
{
    struct world *w = *state;
    map_close(w->map);
    w->vfs->ops->close(w->vfs);
    tempdir_remove(w->dir);
    free(w);
    return 0;
}

struct reported {
    unsigned calls;
    uint64_t regions, first;
};

static void note_damage(void *user, uint64_t first, uint64_t count)
{
    struct reported *d = user;
    if (d->calls++ == 0)
        d->first = first;
    d->regions += count;
}

static int reopen(struct world *w, bool on_damage_set, struct reported *d)
{
    *d = (struct reported){0, 0, 0};
    map_close(w->map);
    w->map = NULL;
    return map_open(w->vfs, NAME, on_damage_set, note_damage, d, &w->map);
}

static void reopen_whole(struct world *w)
{
    struct reported d;
    assert_int_equal(reopen(w, false, &d), 0);
    assert_int_equal(d.calls, 0);
}

static uint64_t next_random(uint64_t *seed)
{
    *seed = *seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return *seed >> 33;
}

/* ---- bits ---- */

static void same_as_model(const struct map *m, const bool *model, uint64_t n)
{
    uint64_t count = 0;
    for (uint64_t i = 0; i < n; i++) {
        assert_int_equal(map_test(m, i), model[i]);
        count += model[i];
    }
    assert_int_equal(map_count(m), count);
    for (int value = 0; value < 2; value++) {
        uint64_t at = 0;
        for (uint64_t i = 0; i <= n; i++)
            if (i == n || model[i] == value) {
                assert_int_equal(map_next(m, at, value), i);
                at = i + 1;
            }
    }
}

static void bits_follow_a_plain_model(void **state)
{
    struct world *w = *state;
    uint64_t n = 3 * LEAF + 77, seed = 42;
    bool *model = calloc(n, sizeof *model);
    assert_int_equal(map_create(w->vfs, NAME, n, REGION, &w->map), 0);
    for (int step = 0; step < 300; step++) {
        uint64_t first = next_random(&seed) % n, count = 1 + next_random(&seed) % (step % 3 ? 90 : 2 * LEAF);
        if (step % 50 == 49)
            first = 0, count = n;
        bool set = next_random(&seed) & 1;
        assert_int_equal(set ? map_set(w->map, first, count) : map_clear(w->map, first, count), 0);
        for (uint64_t i = first; i < n && i < first + count; i++)
            model[i] = set;
        if (step % 10 == 0)
            same_as_model(w->map, model, n);
        if (step % 7 == 0) {
            assert_int_equal(map_commit(w->map), 0);
            reopen_whole(w);
        }
    }
    assert_int_equal(map_commit(w->map), 0);
    reopen_whole(w);
    same_as_model(w->map, model, n);
    free(model);
}

static void what_is_outside_reads_as_clear_and_is_not_set(void **state)
{
    struct world *w = *state;
    assert_int_equal(map_memory(100, REGION, &w->map), 0);
    assert_int_equal(map_set(w->map, 90, UINT64_MAX), 0);
    assert_int_equal(map_set(w->map, 100, 1), 0);
    assert_int_equal(map_count(w->map), 10);
    assert_false(map_test(w->map, 100));
    assert_int_equal(map_next(w->map, 100, true), 100);
    assert_int_equal(map_next(w->map, 90, false), 100);
}

static void absurd_geometry_is_refused(void **state)
{
    struct world *w = *state;
    assert_int_equal(map_memory(0, REGION, &w->map), -EINVAL);
    assert_int_equal(map_memory(UINT64_MAX, REGION, &w->map), -EINVAL);
    assert_int_equal(map_memory(1, 2048, &w->map), -EINVAL);
    assert_int_equal(map_memory(1, 5000, &w->map), -EINVAL);
    assert_int_equal(map_create(w->vfs, NAME, 0, REGION, &w->map), -EINVAL);
    assert_int_equal(map_open(w->vfs, NAME, false, NULL, NULL, &w->map), -ENOENT);
}

static void a_terabyte_takes_little_memory_and_an_empty_one_nearly_none(void **state)
{
    struct world *w = *state;
    uint64_t regions = (UINT64_C(1) << 40) / REGION;
    assert_int_equal(map_create(w->vfs, NAME, regions, REGION, &w->map), 0);
    assert_true(map_memory_bytes(w->map) < 64 << 10);
    assert_int_equal(map_set_all(w->map), 0);
    assert_int_equal(map_count(w->map), regions);
    assert_true(map_memory_bytes(w->map) < 64 << 10); /* flags only */
    for (uint64_t i = 0; i < regions; i += LEAF)
        assert_int_equal(map_clear(w->map, i, 1), 0);
    assert_true(map_memory_bytes(w->map) <= 21 * (UINT64_C(1) << 20) / 10);
    assert_int_equal(map_commit(w->map), 0);
    reopen_whole(w);
    assert_int_equal(map_count(w->map), regions - (regions + LEAF - 1) / LEAF);
}

static void the_largest_volumes_have_room(void **state)
{
    struct world *w = *state;
    uint64_t regions = (UINT64_C(64) << 40) / REGION;
    assert_int_equal(map_create(w->vfs, NAME, regions, REGION, &w->map), 0);
    assert_int_equal(map_set(w->map, regions - 1, 1), 0);
    assert_int_equal(map_set(w->map, UINT64_C(40) * TABLE * LEAF / 64, 1), 0);
    assert_int_equal(map_commit(w->map), 0);
    reopen_whole(w);
    assert_true(map_test(w->map, regions - 1));
    assert_int_equal(map_count(w->map), 2);
    assert_int_equal(map_next(w->map, 0, true), UINT64_C(40) * TABLE * LEAF / 64);
}

static void or_joins_two_maps(void **state)
{
    struct world *w = *state;
    struct map *other, *small;
    uint64_t n = 4 * LEAF;
    assert_int_equal(map_memory(n, REGION, &w->map), 0);
    assert_int_equal(map_memory(n, REGION, &other), 0);
    assert_int_equal(map_memory(n - 1, REGION, &small), 0);
    assert_int_equal(map_set(w->map, 3, 2), 0);
    assert_int_equal(map_set(w->map, LEAF, LEAF), 0);
    assert_int_equal(map_set(other, 4, 2), 0);
    assert_int_equal(map_set(other, LEAF + 5, 1), 0);
    assert_int_equal(map_set(other, 2 * LEAF, LEAF), 0);
    assert_int_equal(map_set(other, 3 * LEAF + 9, 1), 0);
    assert_int_equal(map_or(w->map, other), 0);
    assert_int_equal(map_count(w->map), 3 + 2 * LEAF + 1);
    assert_true(map_test(w->map, 5) && map_test(w->map, 2 * LEAF + 1) && map_test(w->map, 3 * LEAF + 9));
    assert_int_equal(map_or(w->map, small), -EINVAL);
    map_close(other);
    map_close(small);
}

static void a_resized_map_keeps_what_it_still_has(void **state)
{
    struct world *w = *state;
    assert_int_equal(map_create(w->vfs, NAME, LEAF + 10, REGION, &w->map), 0);
    assert_int_equal(map_set_all(w->map), 0);
    assert_int_equal(map_commit(w->map), 0);
    assert_int_equal(map_resize(w->map, 3 * LEAF), 0);
    assert_int_equal(map_count(w->map), LEAF + 10);
    assert_false(map_test(w->map, LEAF + 10));
    assert_int_equal(map_set(w->map, 3 * LEAF - 1, 1), 0);
    assert_int_equal(map_commit(w->map), 0);
    reopen_whole(w);
    assert_int_equal(map_regions(w->map), 3 * LEAF);
    assert_int_equal(map_count(w->map), LEAF + 11);
    assert_int_equal(map_resize(w->map, LEAF - 5), 0);
    assert_int_equal(map_count(w->map), LEAF - 5);
    assert_int_equal(map_commit(w->map), 0);
    /* What was cut off must not come back. */
    assert_int_equal(map_resize(w->map, 3 * LEAF), 0);
    assert_int_equal(map_commit(w->map), 0);
    reopen_whole(w);
    assert_int_equal(map_count(w->map), LEAF - 5);
    assert_int_equal(map_next(w->map, 0, false), LEAF - 5);
}

/* ---- the file ---- */

static void what_is_not_committed_is_not_there_after_a_restart(void **state)
{
    struct world *w = *state;
    assert_int_equal(map_create(w->vfs, NAME, 1000, REGION, &w->map), 0);
    assert_int_equal(map_set(w->map, 1, 1), 0);
    assert_int_equal(map_commit(w->map), 0);
    assert_int_equal(map_set(w->map, 2, 1), 0);
    reopen_whole(w);
    assert_true(map_test(w->map, 1));
    assert_false(map_test(w->map, 2));
    assert_int_equal(map_create(w->vfs, NAME, 1000, REGION, &(struct map *){NULL}), -EEXIST);
    assert_int_equal(map_remove(w->vfs, NAME), 0);
    assert_int_equal(map_remove(w->vfs, NAME), 0);
}

/* Three pages of two tables: regions 7 in page 0, 8 in page 1, 9 in the first of table 1. */
#define SMALL_REGIONS (TABLE * (uint64_t)LEAF + 2 * LEAF)
static const uint64_t small_set[] = {7, LEAF + 8, TABLE *(uint64_t)LEAF + 9};

static void make_small(struct world *w)
{
    assert_int_equal(map_create(w->vfs, NAME, SMALL_REGIONS, REGION, &w->map), 0);
    for (int i = 0; i < 3; i++)
        assert_int_equal(map_set(w->map, small_set[i], 1), 0);
    assert_int_equal(map_commit(w->map), 0);
    map_close(w->map);
    w->map = NULL;
}

/* The file's pages that are not holes, by number. */
static size_t used_pages(const unsigned char *bytes, size_t len, size_t pages[], size_t room)
{
    static const unsigned char zero[PAGE];
    size_t n = 0;
    for (size_t p = 0; p < len / PAGE; p++)
        if (memcmp(bytes + p * PAGE, zero, PAGE) != 0) {
            assert_true(n < room);
            pages[n++] = p;
        }
    return n;
}

static void poke(struct world *w, uint64_t at, const void *bytes, size_t len)
{
    struct vfs_file *f;
    assert_int_equal(w->vfs->ops->open(w->vfs, NAME, 0, &f), 0);
    assert_int_equal(f->ops->pwrite(f, bytes, len, at), 0);
    f->ops->close(f);
}

static void a_damaged_page_is_reported_and_read_as_the_owner_says(void **state)
{
    struct world *w = *state;
    size_t len, pages[16];
    make_small(w);
    unsigned char *bytes = tempdir_read(w->dir, NAME, &len);
    size_t n = used_pages(bytes, len, pages, 16), damaged_pages = 0;
    assert_int_equal(n, 2 + 2 + 3);
    for (size_t i = 0; i < n; i++)
        for (size_t at = pages[i] * PAGE; at < (pages[i] + 1) * PAGE; at += 97) {
            unsigned char flipped = bytes[at] ^ 0x20;
            struct reported d;
            poke(w, at, &flipped, 1);
            assert_int_equal(reopen(w, false, &d), 0);
            if (i < 2) {
                assert_int_equal(d.calls, 0); /* the other header is as good */
                assert_int_equal(map_count(w->map), 3);
            } else {
                damaged_pages++;
                assert_true(d.calls > 0);
                assert_true(map_count(w->map) < 3);
                assert_int_equal(map_set(w->map, 0, 1), 0);
                assert_int_equal(map_commit(w->map), -EUCLEAN);
                assert_int_equal(reopen(w, true, &d), 0);
                for (int k = 0; k < 3; k++)
                    assert_true(map_test(w->map, small_set[k]));
                assert_true(map_test(w->map, d.first) && map_count(w->map) >= d.regions);
            }
            map_close(w->map);
            w->map = NULL;
            poke(w, 0, bytes, 2 * PAGE); /* a close may have sealed */
            poke(w, pages[i] * PAGE, bytes + pages[i] * PAGE, PAGE);
        }
    assert_true(damaged_pages > 0);
    free(bytes);
}

static void a_lost_page_is_noticed(void **state)
{
    struct world *w = *state;
    static const unsigned char zero[PAGE];
    size_t len, pages[16];
    make_small(w);
    unsigned char *bytes = tempdir_read(w->dir, NAME, &len);
    size_t n = used_pages(bytes, len, pages, 16);
    for (size_t i = 2; i < n; i++) {
        struct reported d;
        poke(w, pages[i] * PAGE, zero, PAGE);
        assert_int_equal(reopen(w, true, &d), 0);
        assert_true(d.calls > 0);
        for (int k = 0; k < 3; k++)
            assert_true(map_test(w->map, small_set[k]));
        /* The next commit makes it whole again. */
        assert_int_equal(map_commit(w->map), 0);
        reopen_whole(w);
        map_close(w->map);
        w->map = NULL;
        tempdir_write(w->dir, NAME, bytes, len);
    }
    free(bytes);
}

static void damage_to_both_headers_is_an_error(void **state)
{
    struct world *w = *state;
    struct reported d;
    size_t len;
    make_small(w);
    unsigned char *bytes = tempdir_read(w->dir, NAME, &len);
    unsigned char x = bytes[40] ^ 1;
    poke(w, 40, &x, 1);
    poke(w, PAGE + 40, &x, 1);
    assert_int_equal(reopen(w, true, &d), -EUCLEAN);
    for (size_t cut = 0; cut < PAGE; cut += 511) {
        tempdir_write(w->dir, NAME, bytes, cut);
        assert_int_equal(reopen(w, true, &d), -EUCLEAN);
    }
    /* Behind the headers a file cut short is one with lost pages. */
    for (size_t cut = 2 * PAGE; cut < len; cut += PAGE * 97) {
        tempdir_write(w->dir, NAME, bytes, cut);
        assert_int_equal(reopen(w, true, &d), 0);
        assert_true(d.calls > 0);
        for (int k = 0; k < 3; k++)
            assert_true(map_test(w->map, small_set[k]));
        map_close(w->map);
        w->map = NULL;
    }
    free(bytes);
}

static void a_newer_version_is_refused(void **state)
{
    struct world *w = *state;
    struct reported d;
    size_t len;
    make_small(w);
    unsigned char *bytes = tempdir_read(w->dir, NAME, &len);
    bytes[8] = 2;
    memset(bytes + 12, 0, 4);
    uint32_t crc = crc32c(0, bytes, PAGE);
    for (int i = 0; i < 4; i++)
        bytes[12 + i] = (unsigned char)(crc >> 8 * i);
    poke(w, 0, bytes, PAGE);
    assert_int_equal(reopen(w, true, &d), -EPROTO);
    free(bytes);
}

/* Every way in which a commit can be cut short: each of its pages new, old, or torn in the middle. */
static void a_commit_cut_short_leaves_the_state_before_or_after(void **state)
{
    struct world *w = *state;
    size_t len, after_len, changed[16], n = 0;
    make_small(w);
    reopen_whole(w);
    /* A few commits, so that the slots have old states in them; no close, so no seal. */
    for (int i = 0; i < 3; i++) {
        assert_int_equal(map_set(w->map, 100 + (uint64_t)i, 1), 0);
        assert_int_equal(map_set(w->map, small_set[2] + 1 + (uint64_t)i, 1), 0);
        assert_int_equal(map_commit(w->map), 0);
    }
    uint64_t before = map_count(w->map);
    unsigned char *old = tempdir_read(w->dir, NAME, &len);
    assert_int_equal(map_set(w->map, 200, 3), 0);
    assert_int_equal(map_clear(w->map, 100, 1), 0);
    assert_int_equal(map_set(w->map, small_set[2] + 100, 1), 0);
    assert_int_equal(map_commit(w->map), 0);
    uint64_t after = map_count(w->map);
    unsigned char *new = tempdir_read(w->dir, NAME, &after_len);
    assert_int_equal(len, after_len);
    for (size_t p = 0; p < len / PAGE; p++)
        if (memcmp(old + p * PAGE, new + p *PAGE, PAGE) != 0)
            changed[n++] = p;
    assert_int_equal(n, 5); /* two leaves, two tables, a header */
    unsigned ways = 1, whole = 0;
    for (size_t i = 0; i < n; i++)
        ways *= 3;
    map_close(w->map);
    w->map = NULL;
    for (unsigned way = 0; way < ways; way++) {
        unsigned rest = way;
        poke(w, 0, old, 2 * PAGE);
        for (size_t i = 0; i < n; i++, rest /= 3) {
            poke(w, changed[i] * PAGE, (rest % 3 == 0 ? old : new) + changed[i] * PAGE, PAGE);
            /* Torn where old and new differ: sectors of 512 bytes, the first with the checksum or number. */
            if (rest % 3 == 2)
                poke(w, changed[i] * PAGE, old + changed[i] * PAGE, 512);
        }
        reopen_whole(w);
        uint64_t count = map_count(w->map);
        assert_true(count == before ? map_test(w->map, 100) && !map_test(w->map, 200)
                                    : count == after && !map_test(w->map, 100) && map_test(w->map, 202));
        whole += count == after;
        /* It goes on from there. */
        assert_int_equal(map_set(w->map, 300, 1), 0);
        assert_int_equal(map_commit(w->map), 0);
        reopen_whole(w);
        assert_int_equal(map_count(w->map), count + 1);
        map_close(w->map);
        w->map = NULL;
        tempdir_write(w->dir, NAME, old, len);
    }
    assert_true(whole >= 1);
    free(old);
    free(new);
}

/* ---- lack of memory ---- */

static void lack_of_memory_fails_a_call_and_changes_nothing(void **state)
{
    struct world *w = *state;
    int r = -ENOMEM;
    for (unsigned long n = 1; r; n++) {
        mem_fail_at(n);
        r = map_create(w->vfs, NAME, 3 * LEAF, REGION, &w->map);
        mem_fail_at(0);
        assert_true(r == 0 || r == -ENOMEM);
    }
    r = -ENOMEM;
    for (unsigned long n = 1; r; n++) {
        mem_fail_at(n);
        r = map_set(w->map, 5, 2 * LEAF + 7);
        mem_fail_at(0);
        assert_int_equal(map_count(w->map), r ? 0 : 2 * LEAF + 7);
    }
    assert_int_equal(map_set_all(w->map), 0);
    r = -ENOMEM;
    for (unsigned long n = 1; r; n++) {
        mem_fail_at(n);
        r = map_clear(w->map, LEAF + 5, LEAF);
        mem_fail_at(0);
        assert_int_equal(map_count(w->map), r ? 3 * LEAF : 2 * LEAF);
    }
    r = -ENOMEM;
    for (unsigned long n = 1; r; n++) {
        mem_fail_at(n);
        r = map_resize(w->map, 4 * LEAF);
        mem_fail_at(0);
        assert_int_equal(map_regions(w->map), r ? 3 * LEAF : 4 * LEAF);
        assert_int_equal(map_count(w->map), 2 * LEAF);
    }
    assert_int_equal(map_commit(w->map), 0);
    map_close(w->map);
    w->map = NULL;
    r = -ENOMEM;
    for (unsigned long n = 1; r; n++) {
        mem_fail_at(n);
        r = map_open(w->vfs, NAME, false, NULL, NULL, &w->map);
        mem_fail_at(0);
        assert_true(r == 0 || r == -ENOMEM);
    }
    assert_int_equal(map_count(w->map), 2 * LEAF);
}

/* ---- threads ---- */

#define THREADS 6
#define STEPS 60

struct worker {
    struct map *map;
    uint64_t number;
    int result;
};

/* Sets every THREADS-th region, so that all share words; clears some again; reads everywhere. */
static void *change_and_commit(void *arg)
{
    struct worker *k = arg;
    for (uint64_t i = 0; i < STEPS && k->result == 0; i++) {
        uint64_t region = i * (LEAF / 16) / THREADS * THREADS + k->number;
        k->result = map_set(k->map, region, 1);
        if (k->result == 0 && !map_test(k->map, region))
            k->result = -EIO;
        (void)map_next(k->map, region, i & 1);
        if (k->result == 0 && i % 4 == 0)
            k->result = map_commit(k->map);
        if (k->result == 0 && i % 5 == 0)
            k->result = map_clear(k->map, region, 1);
    }
    if (k->result == 0)
        k->result = map_commit(k->map);
    return NULL;
}

static void threads_change_and_commit_at_once(void **state)
{
    struct world *w = *state;
    pthread_t threads[THREADS];
    struct worker workers[THREADS];
    assert_int_equal(map_create(w->vfs, NAME, 4 * LEAF, REGION, &w->map), 0);
    for (unsigned i = 0; i < THREADS; i++) {
        workers[i] = (struct worker){w->map, i, 0};
        assert_int_equal(pthread_create(&threads[i], NULL, change_and_commit, &workers[i]), 0);
    }
    for (unsigned i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
        assert_int_equal(workers[i].result, 0);
    }
    uint64_t count = map_count(w->map);
    assert_int_equal(count, THREADS * (STEPS - STEPS / 5));
    reopen_whole(w);
    assert_int_equal(map_count(w->map), count);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(bits_follow_a_plain_model),
        TEST(what_is_outside_reads_as_clear_and_is_not_set),
        TEST(absurd_geometry_is_refused),
        TEST(a_terabyte_takes_little_memory_and_an_empty_one_nearly_none),
        TEST(the_largest_volumes_have_room),
        TEST(or_joins_two_maps),
        TEST(a_resized_map_keeps_what_it_still_has),
        TEST(what_is_not_committed_is_not_there_after_a_restart),
        TEST(a_damaged_page_is_reported_and_read_as_the_owner_says),
        TEST(a_lost_page_is_noticed),
        TEST(damage_to_both_headers_is_an_error),
        TEST(a_newer_version_is_refused),
        TEST(a_commit_cut_short_leaves_the_state_before_or_after),
        TEST(lack_of_memory_fails_a_call_and_changes_nothing),
        TEST(threads_change_and_commit_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
