/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The power is cut while an image is made, or copied by sharing its data, and while its block allocation
 * table moves to a larger region: there is no image or a whole one; the disk has its old size or the new one,
 * and all that was flushed.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "support/crash.h"
#include "support/vhdx_sim.h"
#include "vhdx/check.h"
#include "vhdx/clone.h"
#include "vhdx/create.h"
#include "vhdx/resize.h"

#define MIB (UINT64_C(1) << 20)
#define GIB (UINT64_C(1) << 30)
#define IMAGE "a.vhdx"
#define SMALL (120 * GIB)
#define LARGE (300 * GIB)

enum { MADE = 1, RESIZED, FLUSHED };

/* What the log's marks have told so far. */
struct known {
    bool made, resized, flushed;
};

static void restart(void *user)
{
    memset(user, 0, sizeof(struct known));
}

static void mark(void *user, const struct world_mark *m)
{
    struct known *k = user;
    k->made |= m->kind == MADE;
    k->resized |= m->kind == RESIZED;
    k->flushed |= m->kind == FLUSHED;
}

static int open_image(struct world *w, bool writable, struct vhdx **v)
{
    struct vhdx_open_options o = {.writable = writable};
    return vhdx_open(vhdx_sim_store(w), IMAGE, &o, v);
}

/* In order by the check, after the log was replayed. */
static int in_order(struct world *w, const struct crash_point *p)
{
    struct vhdx_check c = {.repair = true};
    int r = vhdx_check(vhdx_sim_store(w), IMAGE, &c);
    if (r != 0 || c.result.damage != 0)
        return crash_wrong(p, "the check says %d, %u kinds of damage", r, c.result.damage);
    r = vhdx_check(vhdx_sim_store(w), IMAGE, &c);
    return r != 0 || c.result.errors != 0 ? crash_wrong(p, "errors are left after the repair") : 0;
}

/* ---- making one ---- */

static int make(void *user, struct world *w)
{
    (void)user;
    struct vhdx_create_options o = {.size = 8 * MIB, .block_size = MIB, .fixed = true};
    int r = vhdx_create(vhdx_sim_store(w), IMAGE, &o);
    if (r == 0)
        world_mark(w, MADE, 0, 0, 0);
    return r;
}

static int check_made(void *user, struct world *w, const struct crash_point *p)
{
    struct known *k = user;
    struct vhdx *v;
    uint8_t data[4096];
    int r = open_image(w, false, &v);
    if (r == -ENOENT && !k->made)
        return 0;
    if (r != 0)
        return crash_wrong(p, "opening: %d", r);
    r = vhdx_pread(v, data, sizeof(data), 7 * MIB);
    vhdx_close(v);
    return r != 0 || !vhdx_all_zero(data, sizeof(data)) ? crash_wrong(p, "reading: %d", r) : in_order(w, p);
}

static void an_image_is_made_or_not(void **unused)
{
    (void)unused;
    struct known k;
    struct crash_scenario c = {.name = "vhdx create",
                               .run = make,
                               .restart = restart,
                               .mark = mark,
                               .check = check_made,
                               .user = &k};
    assert_int_equal(crash_run(&c), 0);
}

/* ---- a table that moves ---- */

static const uint64_t places[] = {0, 50 * GIB + 4096, SMALL - 4096};

static int put(struct vhdx *v, uint64_t offset)
{
    uint8_t data[4096];
    vhdx_pattern(data, sizeof(data), offset + 1);
    return vhdx_pwrite(v, data, sizeof(data), offset);
}

static bool is_there(struct vhdx *v, uint64_t offset)
{
    uint8_t data[4096], got[4096];
    vhdx_pattern(data, sizeof(data), offset + 1);
    return vhdx_pread(v, got, sizeof(got), offset) == 0 && memcmp(data, got, sizeof(got)) == 0;
}

static int make_small(void *user, struct world *w)
{
    (void)user;
    struct vhdx_create_options o = {.size = SMALL, .block_size = MIB};
    struct vhdx *v;
    int r = vhdx_create(vhdx_sim_store(w), IMAGE, &o);
    if (r == 0)
        r = open_image(w, true, &v);
    if (r != 0)
        return r;
    for (size_t i = 0; i < sizeof(places) / sizeof(places[0]) && r == 0; i++)
        r = put(v, places[i]);
    int closed = vhdx_close(v);
    return r != 0 ? r : closed;
}

static int enlarge(void *user, struct world *w)
{
    (void)user;
    struct vhdx *v;
    int r = open_image(w, true, &v);
    if (r != 0)
        return r;
    r = vhdx_resize(v, LARGE);
    world_mark(w, RESIZED, 0, 0, 0);
    if (r == 0)
        r = put(v, 250 * GIB);
    if (r == 0)
        r = vhdx_flush(v);
    world_mark(w, FLUSHED, 0, 0, 0);
    int closed = vhdx_close(v);
    return r != 0 ? r : closed;
}

static int check_table(void *user, struct world *w, const struct crash_point *p)
{
    struct known *k = user;
    struct vhdx *v;
    for (int writable = 0; writable < 2; writable++) {
        int r = open_image(w, writable, &v);
        if (r != 0)
            return crash_wrong(p, "opening: %d", r);
        uint64_t size = v->geometry.virtual_size;
        bool whole = size == LARGE || (size == SMALL && !k->resized);
        for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++)
            whole = whole && is_there(v, places[i]);
        if (k->flushed)
            whole = whole && is_there(v, 250 * GIB);
        vhdx_close(v);
        if (!whole)
            return crash_wrong(p, "a disk of %llu bytes has lost something", (unsigned long long)size);
    }
    world_mark(w, CRASH_RECOVERED, 0, 0, 0);
    return in_order(w, p);
}

static void a_table_moves_or_stays(void **unused)
{
    (void)unused;
    struct known k;
    struct crash_scenario c = {.name = "vhdx table moves",
                               .recovery = true,
                               .random = 1,
                               .single = 1,
                               .setup = make_small,
                               .run = enlarge,
                               .restart = restart,
                               .mark = mark,
                               .check = check_table,
                               .user = &k};
    assert_int_equal(crash_run(&c), 0);
}

/* ---- sharing ---- */

#define SNAPSHOT "snapshot.vhdx"
#define TARGET "target.vhdx"

static int open_named(struct world *w, const char *name, bool writable, struct vhdx **v)
{
    struct vhdx_open_options o = {.writable = writable};
    return vhdx_open(vhdx_sim_store(w), name, &o, v);
}

static int make_source(void *user, struct world *w)
{
    (void)user;
    struct vhdx_create_options o = {.size = 4 * MIB, .block_size = MIB};
    struct vhdx *v;
    int r = vhdx_create(vhdx_sim_store(w), IMAGE, &o);
    r = r != 0 ? r : vhdx_create(vhdx_sim_store(w), TARGET, &o);
    r = r != 0 ? r : open_image(w, true, &v);
    if (r != 0)
        return r;
    r = put(v, 4096);
    r = r != 0 ? r : put(v, 2 * MIB + 8192);
    int closed = vhdx_close(v);
    return r != 0 ? r : closed;
}

static int share(void *user, struct world *w)
{
    (void)user;
    struct vhdx *v, *t;
    int r = open_image(w, true, &v);
    if (r != 0)
        return r;
    r = put(v, 3 * MIB);
    r = r != 0 ? r : vhdx_native_snapshot(v, SNAPSHOT);
    world_mark(w, MADE, 0, 0, 0);
    r = r != 0 ? r : vhdx_discard(v, 2 * MIB, 2 * MIB);
    r = r != 0 ? r : open_named(w, TARGET, true, &t);
    if (r == 0) {
        r = vhdx_clone_range(v, 0, t, 0, 4 * MIB);
        r = r != 0 ? r : vhdx_flush(t);
        world_mark(w, FLUSHED, 0, 0, 0);
        int closed = vhdx_close(t);
        r = r != 0 ? r : closed;
    }
    int closed = vhdx_close(v);
    return r != 0 ? r : closed;
}

static int check_shared(void *user, struct world *w, const struct crash_point *p)
{
    struct known *k = user;
    struct vhdx *v;
    uint8_t data[4096];
    int r = open_named(w, SNAPSHOT, false, &v);
    if (r != 0 && (r != -ENOENT || k->made))
        return crash_wrong(p, "opening the snapshot: %d", r);
    if (r == 0) {
        bool whole = is_there(v, 4096) && is_there(v, 2 * MIB + 8192) && is_there(v, 3 * MIB);
        vhdx_close(v);
        if (!whole)
            return crash_wrong(p, "the snapshot is not what it was made of");
    }
    for (int writable = 0; writable < 2; writable++) {
        r = open_named(w, TARGET, writable != 0, &v);
        if (r != 0)
            return crash_wrong(p, "opening the target: %d", r);
        bool there = is_there(v, 4096),
             none = vhdx_pread(v, data, sizeof(data), 4096) == 0 && vhdx_all_zero(data, sizeof(data));
        vhdx_close(v);
        if (!there && (k->flushed || (!none && p->killed)))
            return crash_wrong(p, "the target has something else");
    }
    return 0;
}

static void what_is_shared_is_there_or_not(void **unused)
{
    (void)unused;
    struct known k;
    struct crash_scenario c = {.name = "vhdx sharing",
                               .setup = make_source,
                               .run = share,
                               .restart = restart,
                               .mark = mark,
                               .check = check_shared,
                               .user = &k};
    assert_int_equal(crash_run(&c), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_image_is_made_or_not),
        cmocka_unit_test(a_table_moves_or_stays),
        cmocka_unit_test(what_is_shared_is_there_or_not),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
