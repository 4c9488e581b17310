/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * An asynchronous group of two mirrors under power cuts and kills: after recovery both targets together show
 * the sources as they were after one and the same write, never older than the last cycle that was reported;
 * what differs is marked, and a resync makes all alike.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "engine/cycle.h"
#include "support/crash.h"
#include "support/engine_world.h"

enum { WRITTEN = 1, RECORDED };
enum { BLOCKS = 24, WRITES = 64 };

/* Write i (from 1) fills `blocks` blocks from `first` on of source `which` with byte i. */
struct step {
    unsigned which, first, blocks;
};

static struct step step_of(unsigned i)
{
    return (struct step){.which = i % 2, .first = i * 7 % (BLOCKS - 2), .blocks = 1 + i % 3};
}

struct model {
    unsigned written;         /* writes that may have begun */
    enum mirror_state state;  /* as the service has recorded it */
    unsigned shipped;         /* the targets are at least as new as that many writes */
    bool apart_exact, exists; /* the targets are exactly that */
};

/* What sources (and targets that are as new) hold after n writes. */
static void image_after(unsigned n, unsigned char image[2][BLOCKS])
{
    memset(image, 0, 2 * BLOCKS);
    for (unsigned i = 1; i <= n; i++) {
        struct step s = step_of(i);
        memset(image[s.which] + s.first, (int)i, s.blocks);
    }
}

struct run {
    struct world *w;
    struct engine_world ew;
    struct mirror_group *g;
    struct mirror *m[2];
    unsigned written;
};

static const char *const sources[] = {"a", "c"}, *const targets[] = {"b", "d"}, *const ids[] = {"m", "n"};

static int open_group(struct run *r, struct world *w)
{
    *r = (struct run){.w = w, .ew = {.region_size = 8192}};
    int ret = ew_start(&r->ew, w);
    struct mirror_group_options options = {.engine = r->ew.engine,
                                           .id = "g",
                                           .mode = MIRROR_ASYNCHRONOUS,
                                           .desired_rpo_us = INT64_C(3600) * 1000000};
    return ret != 0 ? ret : mirror_group_new(&options, &r->g);
}

static struct mirror_spec spec_of(struct run *r, int i, enum mirror_state state)
{
    return (struct mirror_spec){.id = ids[i],
                                .group = r->g,
                                .source = ew_volume(&r->ew, sources[i]),
                                .target = ew_volume(&r->ew, targets[i]),
                                .state = state};
}

static void close_group(struct run *r)
{
    for (int i = 0; i < 2; i++)
        mirror_put(r->m[i]);
    mirror_group_free(r->g);
    ew_stop(&r->ew);
}

static int setup(void *user, struct world *w)
{
    (void)user;
    int ret = 0;
    for (int i = 0; i < 2 && ret == 0; i++) {
        ret = world_disk(w, sources[i], BLOCKS * EW_BLOCK);
        if (ret == 0)
            ret = world_disk(w, targets[i], BLOCKS * EW_BLOCK);
    }
    return ret;
}

static int writes(struct run *r, unsigned n)
{
    for (unsigned end = r->written + n; r->written < end;) {
        unsigned i = ++r->written;
        struct step s = step_of(i);
        world_mark(r->w, WRITTEN, i, 0, 0);
        if (ew_write(ew_volume(&r->ew, sources[s.which]), s.first, s.blocks, (unsigned char)i) != 0)
            return -1;
    }
    return 0;
}

static int record(struct run *r, enum mirror_state state, bool exact)
{
    return world_mark(r->w, RECORDED, state, r->written, exact);
}

static int cycle(struct run *r)
{
    unsigned shipped = r->written;
    pthread_mutex_lock(&r->g->cycle_lock);
    int ret = cycle_run(r->g, NULL);
    pthread_mutex_unlock(&r->g->cycle_lock);
    return ret != 0 ? ret : world_mark(r->w, RECORDED, MIRROR_IN_SYNC, shipped, 0);
}

static int run(void *user, struct world *w)
{
    (void)user;
    struct run r;
    if (open_group(&r, w) != 0 || mirror_group_ready(r.g) != 0)
        return -1;
    int bad = 0;
    for (int i = 0; i < 2 && !bad; i++) {
        volume_ready(ew_volume(&r.ew, sources[i]));
        volume_ready(ew_volume(&r.ew, targets[i]));
        struct mirror_spec s = spec_of(&r, i, MIRROR_IDLE);
        bad = mirror_create(&s, &r.m[i]);
    }
    bad = bad || writes(&r, 6) || mirrors_start(r.m, 2, NULL) || record(&r, MIRROR_COPYING, false);
    bad = bad || mirror_resync(r.m[0], NULL) || mirror_resync(r.m[1], NULL) ||
          record(&r, MIRROR_IN_SYNC, false);
    for (int i = 0; i < 4 && !bad; i++)
        bad = writes(&r, 6) || cycle(&r) || (i == 1 && volume_flush(ew_volume(&r.ew, "a")) != 0);
    bad = bad || writes(&r, 3) || mirrors_part(r.m, 2, true, NULL, NULL) || record(&r, MIRROR_APART, true);
    close_group(&r);
    return bad;
}

static void restart(void *user)
{
    memset(user, 0, sizeof(struct model));
}

static void mark(void *user, const struct world_mark *k)
{
    struct model *m = user;
    if (k->kind == WRITTEN)
        m->written = (unsigned)k->a;
    if (k->kind != RECORDED)
        return;
    m->state = (enum mirror_state)k->a;
    m->shipped = (unsigned)k->b;
    m->apart_exact = k->c != 0;
    m->exists = true;
}

static bool targets_are(struct run *r, unsigned n)
{
    unsigned char image[2][BLOCKS];
    image_after(n, image);
    for (int i = 0; i < 2; i++)
        for (unsigned b = 0; b < BLOCKS; b++)
            if (ew_read(ew_volume(&r->ew, targets[i]), b) != image[i][b])
                return false;
    return true;
}

static int check_targets(const struct model *m, struct run *r, const struct crash_point *p)
{
    for (unsigned n = m->shipped; n <= m->written; n++)
        if (targets_are(r, n))
            return m->apart_exact && n != m->shipped ? crash_wrong(p, "parted targets went on to %u", n) : 0;
    return crash_wrong(p, "the targets are the sources after no write from %u to %u", m->shipped, m->written);
}

static int check_alike(struct run *r, const struct crash_point *p, bool marked)
{
    for (int i = 0; i < 2; i++)
        for (unsigned b = 0; b < BLOCKS; b++)
            if (ew_read(ew_volume(&r->ew, sources[i]), b) != ew_read(ew_volume(&r->ew, targets[i]), b) &&
                (!marked || !map_test(activity_map(r->m[i]->activity), b * EW_BLOCK / 8192)))
                return crash_wrong(p, "block %u of %s differs%s", b, sources[i], marked ? " unmarked" : "");
    return 0;
}

static int check_group(const struct model *m, struct run *r, const struct crash_point *p)
{
    int wrong = m->state != MIRROR_COPYING ? check_targets(m, r, p) : 0;
    /* After a power cut a source may hold what it never held before: a later cycle ships that. */
    world_mark(r->w, CRASH_RECOVERED, 0, 0, 0);
    if (wrong == 0)
        wrong = check_alike(r, p, true);
    if (wrong == 0 && m->state == MIRROR_APART && mirrors_start(r->m, 2, NULL) != 0)
        wrong = crash_wrong(p, "they do not start");
    for (int i = 0; i < 2 && wrong == 0 && m->state != MIRROR_IN_SYNC; i++)
        if (mirror_resync(r->m[i], NULL) != 0)
            wrong = crash_wrong(p, "resync fails");
    if (wrong == 0 && mirrors_part(r->m, 2, true, NULL, NULL) != 0)
        wrong = crash_wrong(p, "they do not part");
    return wrong != 0 ? wrong : check_alike(r, p, false);
}

static int check(void *user, struct world *w, const struct crash_point *p)
{
    const struct model *m = user;
    struct run r;
    if (!m->exists)
        return 0;
    if (open_group(&r, w) != 0)
        return crash_wrong(p, "the engine does not open");
    int wrong = 0;
    for (int i = 0; i < 2 && wrong == 0; i++) {
        struct mirror_spec s = spec_of(&r, i, m->state);
        if (mirror_load(&s, &r.m[i]) != 0)
            wrong = crash_wrong(p, "a mirror does not load");
    }
    if (wrong == 0 && mirror_group_ready(r.g) != 0)
        wrong = crash_wrong(p, "the group does not recover");
    for (int i = 0; i < 2 && wrong == 0; i++) {
        volume_ready(ew_volume(&r.ew, sources[i]));
        volume_ready(ew_volume(&r.ew, targets[i]));
    }
    if (wrong == 0)
        wrong = check_group(m, &r, p);
    close_group(&r);
    return wrong;
}

static void the_targets_are_always_one_earlier_state_of_the_group(void **unused)
{
    (void)unused;
    struct model model;
    struct crash_scenario s = {.name = "asynchronous group",
                               .sector = 4096,
                               .recovery = true,
                               .setup = setup,
                               .run = run,
                               .restart = restart,
                               .mark = mark,
                               .check = check,
                               .user = &model};
    assert_int_equal(crash_run(&s), 0);
    assert_true(crash_points() > 1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_targets_are_always_one_earlier_state_of_the_group),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
