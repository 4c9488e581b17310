/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The power is cut, or the process killed, after every write of a VHDX image: what was flushed (or, after a
 * kill, acknowledged) is there, nothing of another block shows, the image opens and can be written on.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/vhdx_model.h"
#include "vhdx/create.h"
#include "vhdx/merge.h"

#define MIB (UINT64_C(1) << 20)
#define KIB (UINT64_C(1) << 10)
#define DISK (6 * MIB)
#define MOST (8 * MIB)
#define IMAGE "a.vhdx"

struct scenario {
    struct model *model;
    bool child;
    bool merge; /* at the end, into the parent */
    int (*script)(struct scenario *s, struct world *w, struct vhdx *v);
    uint64_t stamp;
};

static int open_image(struct world *w, bool writable, struct vhdx **v)
{
    struct vhdx_open_options o = {.writable = writable};
    return vhdx_open(vhdx_sim_store(w), IMAGE, &o, v);
}

static int write_at(struct scenario *s, struct world *w, struct vhdx *v, uint64_t offset, uint64_t length)
{
    return model_write(w, v, offset, length, ++s->stamp);
}

/* ---- the scripts ---- */

static int first_writes(struct scenario *s, struct world *w, struct vhdx *v)
{
    int r = write_at(s, w, v, 0, 8 * KIB);
    r = r != 0 ? r : write_at(s, w, v, 4 * KIB, 4 * KIB);
    r = r != 0 ? r : write_at(s, w, v, MIB - 8 * KIB, 16 * KIB); /* across two blocks */
    r = r != 0 ? r : model_flush(w, v);
    r = r != 0 ? r : write_at(s, w, v, 3 * MIB, MIB);
    r = r != 0 ? r : write_at(s, w, v, 0, 8 * KIB);
    return r;
}

static int discard_and_reuse(struct scenario *s, struct world *w, struct vhdx *v)
{
    int r = 0;
    for (uint64_t b = 0; b < 4 && r == 0; b++)
        r = write_at(s, w, v, b * MIB, 64 * KIB);
    r = r != 0 ? r : model_flush(w, v);
    r = r != 0 ? r : model_discard(w, v, 0, 3 * MIB);
    r = r != 0 ? r : model_flush(w, v);
    r = r != 0 ? r : model_flush(w, v); /* the space is zeroed, then durably so: it is reused */
    r = r != 0 ? r : write_at(s, w, v, 4 * MIB, 8 * KIB);
    r = r != 0 ? r : write_at(s, w, v, 5 * MIB + 512 * KIB, 8 * KIB);
    r = r != 0 ? r : write_at(s, w, v, 0, 4 * KIB);
    r = r != 0 ? r : model_zero(w, v, 3 * MIB, MIB);
    r = r != 0 ? r : model_zero(w, v, 4 * MIB, 4 * KIB);
    r = r != 0 ? r : model_discard(w, v, 5 * MIB + 512 * KIB, 4 * KIB);
    r = r != 0 ? r : write_at(s, w, v, 3 * MIB + 4 * KIB, 4 * KIB);
    return r;
}

/* More entries than the ring holds, so that it is written round and round. */
static int many_entries(struct scenario *s, struct world *w, struct vhdx *v)
{
    int r = 0;
    for (int round = 0; round < 26 && r == 0; round++) {
        for (uint64_t b = 0; b < 6 && r == 0; b++)
            r = write_at(s, w, v, b * MIB, 4 * KIB);
        r = r != 0 ? r : model_discard(w, v, 0, DISK);
        if (round % 7 == 6)
            r = r != 0 ? r : model_flush(w, v);
    }
    return r;
}

/* Entries of several pages each: a block and its bits must never be told apart. */
static int child_entries(struct scenario *s, struct world *w, struct vhdx *v)
{
    int r = 0;
    for (uint64_t round = 0; round < 9 && r == 0; round++) {
        for (uint64_t b = 0; b < 6 && r == 0; b++)
            r = write_at(s, w, v, b * MIB + round * 8 * KIB, 4 * KIB);
        if (round % 4 == 3)
            r = r != 0 ? r : model_flush(w, v);
    }
    return r;
}

static int child_sectors(struct scenario *s, struct world *w, struct vhdx *v)
{
    int r = write_at(s, w, v, 4 * KIB, 4 * KIB); /* part: the parent shows around it */
    r = r != 0 ? r : write_at(s, w, v, 64 * KIB, 8 * KIB);
    r = r != 0 ? r : model_flush(w, v);
    r = r != 0 ? r : write_at(s, w, v, MIB, MIB); /* whole: no bitmap */
    r = r != 0 ? r : model_discard(w, v, 2 * MIB, MIB);
    r = r != 0 ? r : write_at(s, w, v, 2 * MIB + 4 * KIB, 4 * KIB); /* zero around it, not the parent */
    r = r != 0 ? r : write_at(s, w, v, 8 * KIB, MIB - 8 * KIB);
    r = r != 0 ? r : write_at(s, w, v, 0, 4 * KIB); /* now all of the block is there */
    r = r != 0 ? r : model_flush(w, v);
    r = r != 0 ? r : model_zero(w, v, 3 * MIB + 4 * KIB, 8 * KIB);
    r = r != 0 ? r : write_at(s, w, v, 3 * MIB, 4 * KIB);
    return r;
}

static int resize(struct scenario *s, struct world *w, struct vhdx *v)
{
    int r = write_at(s, w, v, 4 * MIB, 2 * MIB);
    r = r != 0 ? r : write_at(s, w, v, 0, 64 * KIB);
    r = r != 0 ? r : model_flush(w, v);
    r = r != 0 ? r : model_resize(w, v, 5 * MIB + 256 * KIB); /* inside a block that is there */
    r = r != 0 ? r : model_resize(w, v, 7 * MIB);             /* what comes back is zero */
    r = r != 0 ? r : write_at(s, w, v, 5 * MIB + 240 * KIB, 64 * KIB);
    r = r != 0 ? r : write_at(s, w, v, 6 * MIB, 64 * KIB);
    r = r != 0 ? r : model_flush(w, v);
    return r;
}

/* ---- the harness ---- */

static int make_parent(struct world *w)
{
    struct vhdx_create_options c = {.size = DISK, .block_size = 2 * MIB};
    struct vhdx_open_options o = {.writable = true};
    struct vhdx *v;
    uint8_t *data = malloc(DISK);
    vhdx_pattern(data, DISK, UINT64_C(0xabcdef));
    int r = vhdx_create(vhdx_sim_store(w), "parent.vhdx", &c);
    r = r != 0 ? r : vhdx_open(vhdx_sim_store(w), "parent.vhdx", &o, &v);
    if (r == 0) {
        r = vhdx_pwrite(v, data, DISK, 0);
        int closed = vhdx_close(v);
        r = r != 0 ? r : closed;
    }
    free(data);
    return r;
}

static int setup(void *user, struct world *w)
{
    struct scenario *s = user;
    struct vhdx_create_options c = {.size = DISK, .block_size = MIB};
    s->stamp = 0;
    int r = s->child ? make_parent(w) : 0;
    c.parent = s->child ? "parent.vhdx" : NULL;
    return r != 0 ? r : vhdx_create(vhdx_sim_store(w), IMAGE, &c);
}

static int run(void *user, struct world *w)
{
    struct scenario *s = user;
    struct vhdx *v;
    int r = open_image(w, true, &v);
    if (r != 0)
        return r;
    r = s->script(s, w, v);
    model_flushing(w);
    int closed = vhdx_close(v);
    if (closed == 0)
        model_flushed(w);
    r = r != 0 ? r : closed;
    return r == 0 && s->merge
               ? vhdx_merge(vhdx_sim_store(w), IMAGE, &(struct vhdx_merge_options){.all = false})
               : r;
}

static void restart(void *user)
{
    model_restart(((struct scenario *)user)->model);
}

static void mark(void *user, const struct world_mark *m)
{
    model_mark(((struct scenario *)user)->model, m);
}

/* Writes what the model does not know of, behind everything it does: the image must go on working. */
static int write_on(struct world *w, const struct crash_point *p)
{
    uint8_t data[4096], got[4096];
    struct vhdx *v;
    int r = open_image(w, true, &v);
    if (r != 0)
        return crash_wrong(p, "opening for writing again: %d", r);
    vhdx_pattern(data, sizeof(data), 0x777);
    for (uint64_t b = 0; b < 5 && r == 0; b += 2)
        r = vhdx_pwrite(v, data, sizeof(data), b * MIB + 128 * KIB);
    r = r != 0 ? r : vhdx_close(v);
    r = r != 0 ? r : open_image(w, false, &v);
    if (r != 0)
        return crash_wrong(p, "writing on: %d", r);
    for (uint64_t b = 0; b < 5 && r == 0; b += 2) {
        r = vhdx_pread(v, got, sizeof(got), b * MIB + 128 * KIB);
        r = r != 0 ? r : memcmp(got, data, sizeof(got));
    }
    vhdx_close(v);
    return r != 0 ? crash_wrong(p, "what was written after the recovery is not there") : 0;
}

static int check(void *user, struct world *w, const struct crash_point *p)
{
    struct scenario *s = user;
    struct vhdx *v;
    int r = open_image(w, false, &v); /* replayed in memory */
    if (r != 0)
        return crash_wrong(p, "opening for reading: %d", r);
    r = model_check(s->model, v, p);
    vhdx_close(v);
    r = r != 0 ? r : open_image(w, true, &v); /* replayed into the file */
    if (r != 0)
        return crash_wrong(p, "opening for writing: %d", r);
    r = model_check(s->model, v, p);
    vhdx_close(v);
    world_mark(w, CRASH_RECOVERED, 0, 0, 0);
    return r != 0 ? r : write_on(w, p);
}

static void run_scenario(const char *name, bool child, bool quick,
                         int (*script)(struct scenario *s, struct world *w, struct vhdx *v))
{
    struct scenario s = {.model = model_new(DISK, MOST), .child = child, .script = script};
    struct crash_scenario c = {.name = name,
                               .recovery = !quick,
                               .random = quick,
                               .single = quick,
                               .setup = setup,
                               .run = run,
                               .restart = restart,
                               .mark = mark,
                               .check = check,
                               .user = &s};
    if (child)
        model_initial(s.model, 0, DISK, UINT64_C(0xabcdef)); /* the parent's content */
    assert_int_equal(crash_run(&c), 0);
    model_free(s.model);
}

static void the_first_writes_of_a_session_survive(void **unused)
{
    (void)unused;
    run_scenario("vhdx first writes", false, false, first_writes);
}

static void discarded_space_is_reused_safely(void **unused)
{
    (void)unused;
    run_scenario("vhdx discard and reuse", false, false, discard_and_reuse);
}

static void the_log_goes_round_safely(void **unused)
{
    (void)unused;
    run_scenario("vhdx log ring", false, true, many_entries);
    run_scenario("vhdx child log ring", true, true, child_entries);
}

static void a_child_shows_its_parent_or_what_was_written(void **unused)
{
    (void)unused;
    run_scenario("vhdx child", true, false, child_sectors);
}

static void a_resize_is_done_or_not(void **unused)
{
    (void)unused;
    run_scenario("vhdx resize", false, false, resize);
    run_scenario("vhdx child resize", true, false, resize);
}

static int before_merge(struct scenario *s, struct world *w, struct vhdx *v)
{
    int r = write_at(s, w, v, 4 * KIB, 8 * KIB);
    r = r != 0 ? r : write_at(s, w, v, MIB, MIB);
    r = r != 0 ? r : model_discard(w, v, 4 * MIB, MIB);
    r = r != 0 ? r : model_resize(w, v, 7 * MIB);
    r = r != 0 ? r : write_at(s, w, v, 6 * MIB + 64 * KIB, 8 * KIB);
    return r;
}

static void a_child_reads_the_same_while_it_is_merged(void **unused)
{
    (void)unused;
    struct scenario s = {
        .model = model_new(DISK, MOST), .child = true, .merge = true, .script = before_merge};
    struct crash_scenario c = {.name = "vhdx merge",
                               .recovery = true,
                               .setup = setup,
                               .run = run,
                               .restart = restart,
                               .mark = mark,
                               .check = check,
                               .user = &s};
    model_initial(s.model, 0, DISK, UINT64_C(0xabcdef));
    assert_int_equal(crash_run(&c), 0);
    model_free(s.model);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_writes_of_a_session_survive),
        cmocka_unit_test(discarded_space_is_reused_safely),
        cmocka_unit_test(a_child_shows_its_parent_or_what_was_written),
        cmocka_unit_test(a_child_reads_the_same_while_it_is_merged),
        cmocka_unit_test(a_resize_is_done_or_not),
        cmocka_unit_test(the_log_goes_round_safely),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
