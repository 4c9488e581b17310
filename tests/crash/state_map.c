/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Region maps on a disk that crashes and fails: after every crash point each bit whose commit was
 * acknowledged is as it was committed, others are as before or after; no crash ever looks like damage.
 */
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
#include "support/crash.h"
#include "support/simvfs.h"

#define LEAF 32512u
#define REGIONS (UINT64_C(508) * LEAF + 3 * LEAF) /* two tables */
#define NAME "maps/m"

enum { CREATED = 1, STARTED, DONE };
enum { BITS = 24, THREADS = 3 };

/* The regions that are changed: in several words and leaves, and in both tables. */
static uint64_t region_of(unsigned bit)
{
    static const uint64_t leaves[] = {0, 1, 507, 508, 510};
    return leaves[bit % 5] * LEAF + bit * 37;
}

struct model {
    bool created;
    enum { CLEAR, SET, EITHER } bit[BITS];
};

static void model_restart(void *user)
{
    memset(user, 0, sizeof(struct model));
}

static void model_mark(void *user, const struct world_mark *m)
{
    struct model *model = user;
    if (m->kind == CREATED)
        model->created = true;
    else
        model->bit[m->a] = m->kind == STARTED ? EITHER : m->b ? SET : CLEAR;
}

static void note_damage(void *user, uint64_t first, uint64_t count)
{
    (void)first, (void)count;
    ++*(unsigned *)user;
}

static int open_map(struct world *w, struct vfs **vfs, struct map **m, unsigned *damaged)
{
    int r = simvfs_open(w, "state", true, vfs);
    if (r)
        return r;
    *damaged = 0;
    r = map_open(*vfs, NAME, false, note_damage, damaged, m);
    if (r)
        (*vfs)->ops->close(*vfs);
    return r;
}

static void close_map(struct vfs *vfs, struct map *m)
{
    map_close(m);
    vfs->ops->close(vfs);
}

static const char *verify(const struct model *model, const struct map *m)
{
    uint64_t most = 0;
    for (unsigned bit = 0; bit < BITS; bit++) {
        bool set = map_test(m, region_of(bit));
        if (model->bit[bit] == SET && !set)
            return "a bit that was committed is clear";
        if (model->bit[bit] == CLEAR && set)
            return "a bit is set that was committed clear or never set";
        most += set;
    }
    return map_count(m) == most ? NULL : "bits are set that nobody set";
}

static int check(void *user, struct world *w, const struct crash_point *p)
{
    struct model *model = user;
    struct vfs *vfs;
    struct map *m;
    unsigned damaged;
    int r = open_map(w, &vfs, &m, &damaged);
    if (r)
        return model->created ? crash_wrong(p, "the map does not open: %d", r) : 0;
    const char *wrong = damaged ? "it is taken for damaged" : verify(model, m);
    world_mark(w, CRASH_RECOVERED, 0, 0, 0);
    struct model then;
    for (unsigned bit = 0; bit < BITS; bit++)
        then.bit[bit] = map_test(m, region_of(bit)) ? SET : CLEAR;
    then.bit[1] = SET;
    if (!wrong && (map_set(m, region_of(1), 1) || map_commit(m)))
        wrong = "it takes no commit any more";
    close_map(vfs, m);
    if (!wrong && open_map(w, &vfs, &m, &damaged) == 0) {
        wrong = damaged ? "it is taken for damaged later" : verify(&then, m);
        close_map(vfs, m);
    }
    return wrong ? crash_wrong(p, "%s", wrong) : 0;
}

static int setup(void *user, struct world *w)
{
    (void)user;
    struct vfs *vfs;
    int r = simvfs_open(w, "state", true, &vfs);
    if (r)
        return r;
    r = vfs->ops->mkdir(vfs, "maps");
    if (r == 0)
        r = vfs->ops->sync_dir(vfs, "");
    vfs->ops->close(vfs);
    return r;
}

static int create(struct world *w, struct vfs **vfs, struct map **m)
{
    int r = simvfs_open(w, "state", true, vfs);
    if (r == 0)
        r = map_create(*vfs, NAME, REGIONS, 65536, m);
    if (r == 0)
        world_mark(w, CREATED, 0, 0, 0);
    return r;
}

/* Changes n bits from `first` on and commits. */
static int step(struct world *w, struct map *m, unsigned first, unsigned n, bool set)
{
    for (unsigned bit = first; bit < first + n; bit++) {
        world_mark(w, STARTED, bit, set, 0);
        int r = set ? map_set(m, region_of(bit), 1) : map_clear(m, region_of(bit), 1);
        if (r)
            return r;
    }
    int r = map_commit(m);
    for (unsigned bit = first; r == 0 && bit < first + n; bit++)
        world_mark(w, DONE, bit, set, 0);
    return r;
}

static int run_commits(void *user, struct world *w)
{
    (void)user;
    struct vfs *vfs;
    struct map *m;
    unsigned damaged;
    int r = create(w, &vfs, &m);
    for (unsigned i = 0; r == 0 && i < 24; i++) {
        r = step(w, m, i * 5 % 20, 1 + i % 4, i % 3 != 2);
        if (r == 0 && i % 7 == 6) {
            close_map(vfs, m);
            r = open_map(w, &vfs, &m, &damaged);
        }
    }
    if (r == 0)
        close_map(vfs, m);
    return r;
}

static void commits_and_restarts_survive_every_crash(void **state)
{
    (void)state;
    struct model model;
    struct crash_scenario c = {.name = "map: commits, restarts",
                               .recovery = true,
                               .setup = setup,
                               .run = run_commits,
                               .restart = model_restart,
                               .mark = model_mark,
                               .check = check,
                               .user = &model};
    assert_int_equal(crash_run(&c), 0);
}

struct committer {
    struct world *world;
    struct map *map;
    unsigned first;
    int result;
};

static void *commit_many(void *arg)
{
    struct committer *k = arg;
    for (unsigned i = 0; i < 10 && k->result == 0; i++)
        k->result = step(k->world, k->map, k->first + i % 5, 1 + i % 3, i % 3 != 1);
    return NULL;
}

static int run_threads(void *user, struct world *w)
{
    (void)user;
    struct vfs *vfs;
    struct map *m;
    struct committer committers[THREADS];
    pthread_t threads[THREADS];
    int r = create(w, &vfs, &m);
    if (r)
        return r;
    for (unsigned i = 0; i < THREADS; i++) {
        committers[i] = (struct committer){w, m, i * 8, 0};
        assert_int_equal(pthread_create(&threads[i], NULL, commit_many, &committers[i]), 0);
    }
    for (unsigned i = 0; i < THREADS; i++) {
        (void)pthread_join(threads[i], NULL);
        r = r ? r : committers[i].result;
    }
    close_map(vfs, m);
    return r;
}

static void commits_of_several_threads_survive_every_crash(void **state)
{
    (void)state;
    struct model model;
    struct crash_scenario c = {.name = "map: commits of several threads",
                               .setup = setup,
                               .run = run_threads,
                               .restart = model_restart,
                               .mark = model_mark,
                               .check = check,
                               .user = &model};
    assert_int_equal(crash_run(&c), 0);
}

/* Writes and syncs fail, also the seal of a close; a poisoned map is closed and opened again. */
static int run_faults(void *user, struct world *w)
{
    (void)user;
    static const struct world_fault faults[] = {
        {.kinds = 1u << WORLD_OP_WRITE, .nth = 1, .partial = true, .err = -ENOSPC},
        {.kinds = 1u << WORLD_OP_WRITE, .nth = 3, .partial = true, .err = -EIO},
        {.kinds = 1u << WORLD_OP_SYNC, .nth = 1, .err = -EIO},
        {.kinds = 1u << WORLD_OP_SYNC, .nth = 2, .err = -EIO}, /* the seal's */
        {.kinds = 1u << WORLD_OP_WRITE, .nth = 2, .forever = true, .err = -EIO},
    };
    struct vfs *vfs;
    struct map *m;
    unsigned damaged;
    int r = create(w, &vfs, &m);
    for (unsigned i = 0; r == 0 && i < 40; i++) {
        if (i % 2)
            (void)world_fault_add(w, &faults[i / 2 % 5]);
        int failed = step(w, m, i * 3 % 20, 1 + i % 4, i % 3 != 2);
        if (i % 4 > 1 || failed) {
            close_map(vfs, m);
            world_faults_clear(w);
            r = open_map(w, &vfs, &m, &damaged);
        }
        world_faults_clear(w);
    }
    if (r == 0)
        close_map(vfs, m);
    return r;
}

static void failed_writes_and_syncs_lose_nothing_that_was_committed(void **state)
{
    (void)state;
    struct model model;
    struct crash_scenario c = {.name = "map: failing writes and syncs",
                               .setup = setup,
                               .run = run_faults,
                               .restart = model_restart,
                               .mark = model_mark,
                               .check = check,
                               .user = &model};
    assert_int_equal(crash_run(&c), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(commits_and_restarts_survive_every_crash),
        cmocka_unit_test(commits_of_several_threads_survive_every_crash),
        cmocka_unit_test(failed_writes_and_syncs_lose_nothing_that_was_committed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
