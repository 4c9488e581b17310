/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The crash harness finds what it must find, and nothing else: a block store with a redo log that is
 * right, and the same with a flush left out. Also the shortest example of its use.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "support/crash.h"

enum { STARTED = 1, DONE };
enum { BLOCKS = 8, ROUNDS = 60 };

/* Sector 0 of disks/a: the log (block, value, seal); sectors 1..BLOCKS in pairs of two: the blocks, each of
 * which must be as one. */
struct log_record {
    uint64_t block, value, seal;
};

struct store {
    bool without_flush;
    uint64_t value[BLOCKS], next[BLOCKS]; /* acknowledged; acknowledged or begun */
};

static uint64_t seal(const struct log_record *r)
{
    return r->block * 31 + r->value * 7 + 12345;
}

static int put_block(struct world_file *f, uint64_t block, uint64_t value)
{
    uint64_t both[128];
    for (int i = 0; i < 128; i++)
        both[i] = value;
    return world_write(f, both, sizeof(both), 512 + block * 1024, false);
}

static int write_block(struct world_file *f, const struct store *s, uint64_t block, uint64_t value)
{
    struct log_record r = {block, value, 0};
    r.seal = seal(&r);
    int err = world_write(f, &r, sizeof(r), 0, false);
    if (err == 0 && !s->without_flush)
        err = world_sync(f);
    if (err == 0)
        err = put_block(f, block, value);
    return err == 0 ? world_sync(f) : err;
}

static int setup(void *user, struct world *w)
{
    (void)user;
    return world_disk(w, "a", 64 << 10);
}

static int run(void *user, struct world *w)
{
    struct world_file *f;
    int err = world_open(w, "disks/a", 0, &f);
    for (uint64_t i = 1; i <= ROUNDS && err == 0; i++) {
        uint64_t block = i * 5 % BLOCKS;
        world_mark(w, STARTED, block, i, 0);
        err = write_block(f, user, block, i);
        world_mark(w, DONE, block, i, 0);
    }
    world_close(f);
    return err;
}

static void restart(void *user)
{
    struct store *s = user;
    memset(s->value, 0, sizeof(s->value));
    memset(s->next, 0, sizeof(s->next));
}

static void mark(void *user, const struct world_mark *m)
{
    struct store *s = user;
    s->next[m->a] = m->b;
    if (m->kind == DONE)
        s->value[m->a] = m->b;
}

static int check(void *user, struct world *w, const struct crash_point *p)
{
    struct store *s = user;
    struct world_file *f;
    struct log_record r;
    int wrong = world_open(w, "disks/a", 0, &f);
    if (wrong != 0)
        return crash_wrong(p, "the disk is gone");
    /* Recovery: what the log holds is done again. */
    if (world_read(f, &r, sizeof(r), 0) == 0 && r.seal == seal(&r) && r.block < BLOCKS)
        wrong = put_block(f, r.block, r.value) != 0 || world_sync(f) != 0;
    for (uint64_t b = 0; b < BLOCKS && wrong == 0; b++) {
        uint64_t both[128];
        wrong = world_read(f, both, sizeof(both), 512 + b * 1024);
        for (int i = 1; i < 128 && wrong == 0; i++)
            if (both[i] != both[0])
                wrong = s->without_flush ? -1 : crash_wrong(p, "block %llu is torn", (unsigned long long)b);
        if (wrong == 0 && both[0] != s->value[b] && both[0] != s->next[b])
            wrong = s->without_flush ? -1
                                     : crash_wrong(p, "block %llu has %llu", (unsigned long long)b,
                                                   (unsigned long long)both[0]);
    }
    world_close(f);
    return wrong;
}

static const struct crash_scenario scenario = {.name = "block store with a redo log",
                                               .recovery = true,
                                               .setup = setup,
                                               .run = run,
                                               .restart = restart,
                                               .mark = mark,
                                               .check = check};

static void a_right_store_survives_every_crash(void **state)
{
    (void)state;
    struct store s = {.without_flush = false};
    struct crash_scenario c = scenario;
    c.user = &s;
    unsigned long before = crash_points();
    assert_int_equal(crash_run(&c), 0);
    assert_true(crash_points() - before > ROUNDS * 8);
}

static void a_missing_flush_is_found(void **state)
{
    (void)state;
    struct store s = {.without_flush = true};
    struct crash_scenario c = scenario;
    c.user = &s;
    c.name = "the same without a flush (failures are what must be found)";
    fprintf(stderr, "failures follow, as they must:\n");
    assert_true(crash_run(&c) > 0);
}

static int failing_run(void *user, struct world *w)
{
    (void)user, (void)w;
    return -1;
}

static void a_scenario_that_cannot_run_is_a_failure(void **state)
{
    (void)state;
    struct store s = {.without_flush = false};
    struct crash_scenario c = scenario;
    c.user = &s;
    c.run = failing_run;
    assert_int_equal(crash_run(&c), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_right_store_survives_every_crash),
        cmocka_unit_test(a_missing_flush_is_found),
        cmocka_unit_test(a_scenario_that_cannot_run_is_a_failure),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
