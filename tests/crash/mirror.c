/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A synchronous mirror under power cuts and kills: whatever differs is marked, what was acknowledged and
 * flushed is on the source, and after a resync both sides are alike. What the service would have recorded is
 * the state that the mirror had when the last change of it was acknowledged.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "engine/mirror.h"
#include "engine/mirror_internal.h"
#include "support/crash.h"
#include "support/engine_world.h"

enum { STARTED = 1, ACKNOWLEDGED, FLUSHED, RECORDED };
enum { BLOCKS = 64, WRITES = 60 };

struct model {
    unsigned char sure[BLOCKS], maybe[BLOCKS][WRITES + 4]; /* flushed; what else it may be */
    unsigned n_maybe[BLOCKS];
    enum mirror_state state;
    uint64_t reversed;
    bool created;
};

static int open_mirror(struct engine_world *ew, struct world *w, struct mirror_group **g)
{
    *ew = (struct engine_world){.region_size = 8192};
    int ret = ew_start(ew, w);
    struct mirror_group_options options = {.engine = ew->engine, .id = "g", .mode = MIRROR_SYNCHRONOUS};
    if (ret == 0)
        ret = mirror_group_new(&options, g);
    return ret;
}

static struct mirror_spec spec_of(struct engine_world *ew, struct mirror_group *g, bool reversed)
{
    return (struct mirror_spec){.id = "m",
                                .group = g,
                                .source = ew_volume(ew, reversed ? "b" : "a"),
                                .target = ew_volume(ew, reversed ? "a" : "b")};
}

static int setup(void *user, struct world *w)
{
    (void)user;
    int ret = world_disk(w, "a", BLOCKS * EW_BLOCK);
    return ret != 0 ? ret : world_disk(w, "b", BLOCKS * EW_BLOCK);
}

struct run {
    struct world *w;
    struct engine_world ew;
    struct mirror *m;
    unsigned count;
};

/* Some writes to the source; a flush now and then. */
static int writes(struct run *r, unsigned n, unsigned flush_every)
{
    struct volume *v = mirror_source(r->m);
    for (unsigned i = 0; i < n; i++) {
        unsigned char byte = (unsigned char)++r->count;
        uint64_t block = (r->count * 37u) % (BLOCKS - 3), blocks = 1 + r->count % 3;
        world_mark(r->w, STARTED, block, blocks, byte);
        if (ew_write(v, block, blocks, byte) != 0)
            return -1;
        world_mark(r->w, ACKNOWLEDGED, block, blocks, byte);
        if (i % flush_every == flush_every - 1) {
            if (volume_flush(v) != 0)
                return -1;
            world_mark(r->w, FLUSHED, 0, 0, 0);
        }
    }
    return 0;
}

static int record(struct run *r, enum mirror_state state, uint64_t reversed)
{
    return world_mark(r->w, RECORDED, state, reversed, 0);
}

static int run(void *user, struct world *w)
{
    (void)user;
    struct run r = {.w = w};
    struct mirror_group *g;
    if (open_mirror(&r.ew, w, &g) != 0)
        return -1;
    struct mirror_spec spec = spec_of(&r.ew, g, false);
    volume_ready(spec.source);
    volume_ready(spec.target);
    int bad = mirror_create(&spec, &r.m);
    bad = bad || record(&r, MIRROR_IDLE, 0) || writes(&r, 5, 3);
    bad = bad || mirrors_start(&r.m, 1, NULL) || record(&r, MIRROR_COPYING, 0) || writes(&r, 6, 4);
    bad = bad || mirror_resync(r.m, NULL) || record(&r, MIRROR_IN_SYNC, 0) || writes(&r, 12, 5);
    bad = bad || mirrors_part(&r.m, 1, true, NULL, NULL) || record(&r, MIRROR_APART, 0) || writes(&r, 6, 3);
    bad = bad || mirrors_start(&r.m, 1, NULL) || record(&r, MIRROR_COPYING, 0) || writes(&r, 3, 3);
    bad = bad || mirror_resync(r.m, NULL) || record(&r, MIRROR_IN_SYNC, 0) || writes(&r, 4, 4);
    bad = bad || mirrors_part(&r.m, 1, true, NULL, NULL) || record(&r, MIRROR_APART, 0);
    /* Fail over and back: from here on the other side is the source. */
    bad = bad || mirrors_reverse(&r.m, 1) || record(&r, MIRROR_APART, 1) || writes(&r, 6, 2);
    bad = bad || mirrors_start(&r.m, 1, NULL) || record(&r, MIRROR_COPYING, 1) || writes(&r, 4, 2);
    bad = bad || mirror_resync(r.m, NULL) || record(&r, MIRROR_IN_SYNC, 1) || writes(&r, 6, 7);
    mirror_put(r.m);
    mirror_group_free(g);
    ew_stop(&r.ew);
    return bad;
}

static void restart(void *user)
{
    memset(user, 0, sizeof(struct model));
}

static void mark(void *user, const struct world_mark *k)
{
    struct model *m = user;
    if (k->kind == RECORDED) {
        m->state = (enum mirror_state)k->a;
        m->reversed = k->b;
        m->created = true;
        return;
    }
    for (uint64_t i = k->a; k->kind == STARTED && i < k->a + k->b; i++)
        m->maybe[i][m->n_maybe[i]++] = (unsigned char)k->c;
    for (unsigned i = 0; k->kind == FLUSHED && i < BLOCKS; i++)
        if (m->n_maybe[i] != 0) {
            m->sure[i] = m->maybe[i][m->n_maybe[i] - 1];
            m->n_maybe[i] = 0;
        }
    for (uint64_t i = k->a; k->kind == ACKNOWLEDGED && i < k->a + k->b; i++)
        m->maybe[i][m->n_maybe[i]] = 0; /* nothing more to learn: it is the last of the maybes */
}

static bool may_be(const struct model *m, unsigned block, int byte, bool killed)
{
    if (killed && m->n_maybe[block] > 1 && byte == m->sure[block])
        return false; /* at most the last write had not been acknowledged */
    if (byte == m->sure[block])
        return true;
    for (unsigned i = 0; i < m->n_maybe[block]; i++)
        if (byte == m->maybe[block][i])
            return true;
    return false;
}

static int check_content(struct model *m, struct engine_world *ew, const struct crash_point *p,
                         const char *disk)
{
    for (unsigned i = 0; i < BLOCKS; i++) {
        int byte = ew_read(ew_volume(ew, disk), i);
        if (!may_be(m, i, byte, p->killed))
            return crash_wrong(p, "block %u of the source holds %d", i, byte);
    }
    return 0;
}

/* What differs is marked, before anything is copied. */
static int check_marks(struct mirror *mirror, struct engine_world *ew, const struct crash_point *p)
{
    struct map *map = activity_map(mirror->activity);
    for (unsigned i = 0; i < BLOCKS; i++)
        if (ew_read(ew_volume(ew, "a"), i) != ew_read(ew_volume(ew, "b"), i) &&
            !map_test(map, i * EW_BLOCK / mirror->region_size))
            return crash_wrong(p, "block %u differs and is not marked", i);
    return 0;
}

static int check_mirror(struct model *m, struct mirror *mirror, struct engine_world *ew,
                        const struct crash_point *p)
{
    int wrong = check_marks(mirror, ew, p);
    if (wrong == 0 && m->state == MIRROR_APART && mirrors_start(&mirror, 1, NULL) != 0)
        wrong = crash_wrong(p, "it cannot be started");
    if (wrong == 0 && m->state != MIRROR_IDLE) {
        if (mirror_resync(mirror, NULL) != 0)
            wrong = crash_wrong(p, "resync fails");
        for (unsigned i = 0; i < BLOCKS && wrong == 0; i++)
            if (ew_read(ew_volume(ew, "a"), i) != ew_read(ew_volume(ew, "b"), i))
                wrong = crash_wrong(p, "block %u differs after the resync", i);
    }
    return wrong != 0 ? wrong : check_content(m, ew, p, m->reversed ? "b" : "a");
}

static int check(void *user, struct world *w, const struct crash_point *p)
{
    struct model *m = user;
    if (!m->created)
        return 0;
    struct engine_world ew;
    struct mirror_group *g;
    struct mirror *mirror;
    if (open_mirror(&ew, w, &g) != 0)
        return crash_wrong(p, "the engine does not open");
    struct mirror_spec spec = spec_of(&ew, g, m->reversed != 0);
    spec.state = m->state;
    volume_ready(spec.source);
    volume_ready(spec.target);
    int wrong;
    if (mirror_load(&spec, &mirror) != 0) {
        wrong = crash_wrong(p, "the mirror does not load");
    } else {
        wrong = check_mirror(m, mirror, &ew, p);
        mirror_put(mirror);
    }
    mirror_group_free(g);
    ew_stop(&ew);
    return wrong;
}

static void a_mirror_forgets_no_difference(void **unused)
{
    (void)unused;
    struct model model;
    struct crash_scenario s = {.name = "synchronous mirror",
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
    const struct CMUnitTest tests[] = {cmocka_unit_test(a_mirror_forgets_no_difference)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
