/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The power is cut, or the process killed, after every write while a chain is collapsed, and while a child's
 * locator gets new paths: the end of the chain opens and shows the same at every moment, and what was begun
 * can be done again.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "support/crash.h"
#include "support/vhdx_sim.h"
#include "util/alloc.h"
#include "vhdx/check.h"
#include "vhdx/create.h"
#include "vhdx/merge.h"
#include "vhdx/parent.h"
#include "vhdx/relink.h"

#define MIB (UINT64_C(1) << 20)
#define KIB (UINT64_C(1) << 10)

static const char *const names[] = {"last.vhdx", "top.vhdx", "middle.vhdx", "base.vhdx"};

struct chain {
    bool remove;
    bool done; /* the log's mark: the collapse has returned */
};

/* What the end of the chain shows: ranges of one stamp, in order, up to the end of the disk. */
static const struct {
    uint64_t length, stamp;
} shown[] = {
    {4 * KIB, 1},
    {4 * KIB, 3},
    {4 * KIB, 2},
    {MIB - 12 * KIB, 1},
    {MIB, 2},
    {64 * KIB, 0},
    {8 * KIB, 4},
    {MIB - 72 * KIB, 0},
    {MIB, 1},
    {MIB, 0}, /* the base has data here, but the middle ends before it */
    {MIB - 64 * KIB, 0},
    {64 * KIB, 3},
};

static int put(struct vhdx *v, uint64_t offset, uint64_t length, uint64_t stamp)
{
    uint8_t *data = malloc(length);
    vhdx_pattern(data, length, stamp);
    int r = vhdx_pwrite(v, data, length, offset);
    free(data);
    return r;
}

static int fill(struct vhdx *v, const char *name)
{
    if (strcmp(name, "base.vhdx") == 0)
        return put(v, 0, 5 * MIB, 1);
    if (strcmp(name, "middle.vhdx") == 0) {
        int r = put(v, 4 * KIB, 8 * KIB, 2);
        r = r != 0 ? r : put(v, MIB, MIB, 2);
        return r != 0 ? r : vhdx_discard(v, 2 * MIB, MIB);
    }
    if (strcmp(name, "top.vhdx") == 0) {
        int r = put(v, 4 * KIB, 4 * KIB, 3);
        return r != 0 ? r : put(v, 6 * MIB - 64 * KIB, 64 * KIB, 3);
    }
    return put(v, 2 * MIB + 64 * KIB, 8 * KIB, 4);
}

static int open_image(struct world *w, const char *name, bool writable, struct vhdx **v)
{
    struct vhdx_open_options o = {.writable = writable};
    return vhdx_open(vhdx_sim_store(w), name, &o, v);
}

static int make_image(struct world *w, const char *name, const char *parent, uint64_t size)
{
    struct vhdx_create_options o = {.size = size, .block_size = MIB, .parent = parent};
    struct vhdx *v;
    int r = vhdx_create(vhdx_sim_store(w), name, &o);
    if (r == 0)
        r = open_image(w, name, true, &v);
    if (r != 0)
        return r;
    r = fill(v, name);
    int closed = vhdx_close(v);
    return r != 0 ? r : closed;
}

static int make_chain(void *user, struct world *w)
{
    (void)user;
    int r = make_image(w, "base.vhdx", NULL, 5 * MIB);
    r = r != 0 ? r : make_image(w, "middle.vhdx", "base.vhdx", 4 * MIB);
    r = r != 0 ? r : make_image(w, "top.vhdx", "middle.vhdx", 6 * MIB);
    return r != 0 ? r : make_image(w, "last.vhdx", "top.vhdx", 0);
}

static int shows_all(struct vhdx *v)
{
    uint8_t *data = malloc(MIB), *got = malloc(MIB);
    uint64_t at = 0;
    int r = v->geometry.virtual_size == 6 * MIB ? 0 : 1;
    for (size_t i = 0; i < sizeof(shown) / sizeof(shown[0]) && r == 0; i++) {
        vhdx_pattern(data, shown[i].length, shown[i].stamp);
        r = vhdx_pread(v, got, shown[i].length, at);
        r = r != 0 ? r : memcmp(data, got, shown[i].length);
        at += shown[i].length;
    }
    free(data);
    free(got);
    return r;
}

static int check_image(struct world *w, const char *name, bool writable, const struct crash_point *p)
{
    struct vhdx *v;
    int r = open_image(w, name, writable, &v);
    if (r != 0)
        return crash_wrong(p, "%s cannot be opened: %d", name, r);
    r = shows_all(v);
    vhdx_close(v);
    return r != 0 ? crash_wrong(p, "%s shows something else", name) : 0;
}

static int in_order(struct world *w, const char *name, const struct crash_point *p)
{
    struct vhdx_check c = {.repair = true};
    int r = vhdx_check(vhdx_sim_store(w), name, &c);
    return r != 0 || c.result.damage != 0
               ? crash_wrong(p, "%s: the check says %d, %u kinds of damage", name, r, c.result.damage)
               : 0;
}

static int collapse(void *user, struct world *w)
{
    struct chain *s = user;
    struct vhdx_merge_options o = {.all = true, .remove = s->remove};
    int r = vhdx_merge(vhdx_sim_store(w), "last.vhdx", &o);
    if (r == 0)
        world_mark(w, 1, 0, 0, 0);
    return r;
}

static void restart(void *user)
{
    ((struct chain *)user)->done = false;
}

static void mark(void *user, const struct world_mark *m)
{
    (void)m;
    ((struct chain *)user)->done = true;
}

static bool is_there(struct world *w, const char *name)
{
    struct world_file *f;
    int r = world_open(w, name, 0, &f);
    if (r == 0)
        world_close(f);
    return r == 0;
}

static int check_chain(void *user, struct world *w, const struct crash_point *p)
{
    struct chain *s = user;
    bool last = is_there(w, "last.vhdx"), whole = s->done || !last;
    if (!last && !s->remove)
        return crash_wrong(p, "the chain's end is gone");
    if (last && s->done && s->remove)
        return crash_wrong(p, "the chain's end is still there");
    int r = last ? check_image(w, "last.vhdx", false, p) : 0;
    if (r == 0 && last && !p->in_recovery && (s->remove ? p->at % 3 == 0 : true)) {
        struct vhdx_merge_options o = {.all = true};
        r = check_image(w, "last.vhdx", true, p);
        r = r != 0 ? r
                   : vhdx_merge(vhdx_sim_store(w), "last.vhdx", &o); /* once more, from where it stopped */
        if (r != 0)
            return crash_wrong(p, "collapsing again: %d", r);
        whole = true;
    }
    if (r == 0 && whole)
        r = check_image(w, "base.vhdx", true, p);
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]) && r == 0; i++)
        if (is_there(w, names[i]))
            r = in_order(w, names[i], p);
    return r;
}

static void run_collapse(const char *name, bool removing)
{
    struct chain s = {.remove = removing};
    struct crash_scenario c = {.name = name,
                               .random = 1,
                               .single = 1,
                               .setup = make_chain,
                               .run = collapse,
                               .restart = restart,
                               .mark = mark,
                               .check = check_chain,
                               .user = &s};
    assert_int_equal(crash_run(&c), 0);
}

static void a_chain_reads_the_same_while_it_is_collapsed(void **unused)
{
    (void)unused;
    run_collapse("vhdx collapse", false);
}

static void images_go_only_when_all_is_in_the_base(void **unused)
{
    (void)unused;
    run_collapse("vhdx collapse and remove", true);
}

/* ---- paths ---- */

static int make_stale(void *user, struct world *w)
{
    struct vhdx_open_options o = {.writable = true, .no_parent = true};
    struct vhdx_locator l;
    struct vhdx *v;
    int r = make_chain(user, w);
    r = r != 0 ? r : vhdx_open(vhdx_sim_store(w), "last.vhdx", &o, &v);
    if (r != 0)
        return r;
    v->keeps_content = true;
    r = vhdx_parent_locator(v, &l);
    mem_free(l.relative_path);
    l.relative_path = mem_strdup("..\\elsewhere\\top.vhdx");
    r = r != 0 ? r : vhdx_locator_store(v, &l);
    vhdx_locator_free(&l);
    int closed = vhdx_close(v);
    return r != 0 ? r : closed;
}

static int write_child(void *user, struct world *w)
{
    (void)user;
    struct vhdx *v;
    int r = open_image(w, "last.vhdx", true, &v);
    if (r != 0)
        return r;
    r = put(v, 2 * MIB + 64 * KIB, 8 * KIB, 4); /* what is there already: only the locator changes */
    r = r != 0 ? r : put(v, 3 * MIB, 4 * KIB, 1);
    int closed = vhdx_close(v);
    return r != 0 ? r : closed;
}

static int check_paths(void *user, struct world *w, const struct crash_point *p)
{
    (void)user;
    int r = check_image(w, "last.vhdx", false, p);
    r = r != 0 ? r : check_image(w, "last.vhdx", true, p);
    world_mark(w, CRASH_RECOVERED, 0, 0, 0);
    return r != 0 ? r : in_order(w, "last.vhdx", p);
}

static void a_locator_has_its_old_paths_or_the_new_ones(void **unused)
{
    (void)unused;
    struct chain s = {.remove = false};
    struct crash_scenario c = {.name = "vhdx locator",
                               .recovery = true,
                               .setup = make_stale,
                               .run = write_child,
                               .check = check_paths,
                               .user = &s};
    assert_int_equal(crash_run(&c), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_chain_reads_the_same_while_it_is_collapsed),
        cmocka_unit_test(images_go_only_when_all_is_in_the_base),
        cmocka_unit_test(a_locator_has_its_old_paths_or_the_new_ones),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
