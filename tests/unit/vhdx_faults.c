/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One script of everything that writes (create, write, discard, flush, resize, a child, its merge, close) is
 * run again and again, and each time another single allocation or file operation fails. Whatever fails: no
 * crash and no leak, the images open afterwards, are in order by the check, and hold what was acknowledged.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/vhdx_sim.h"
#include "util/alloc.h"
#include "vhdx/check.h"
#include "vhdx/create.h"
#include "vhdx/merge.h"
#include "vhdx/resize.h"

#define MIB (UINT64_C(1) << 20)
#define UNIT 4096u
#define UNITS (8 * MIB / UNIT)

/* What the disk holds: acknowledged, and what was under way when something failed. */
struct expected {
    uint64_t acknowledged[UNITS];
    uint64_t begun[UNITS];
    bool made, child_made;
};

struct script {
    struct world *world;
    struct vhdx_store *store;
    struct expected e;
    uint64_t stamp;
};

static void begin(struct script *s, uint64_t offset, uint64_t length, uint64_t stamp)
{
    for (uint64_t u = offset / UNIT; u < (offset + length) / UNIT; u++)
        s->e.begun[u] = stamp;
}

static void end(struct script *s, uint64_t offset, uint64_t length, int r)
{
    for (uint64_t u = offset / UNIT; u < (offset + length) / UNIT && r == 0; u++)
        s->e.acknowledged[u] = s->e.begun[u];
}

static int put(struct script *s, struct vhdx *v, uint64_t offset, uint64_t length)
{
    uint8_t *data = malloc(length);
    vhdx_pattern(data, length, ++s->stamp);
    begin(s, offset, length, s->stamp);
    int r = vhdx_pwrite(v, data, length, offset);
    end(s, offset, length, r);
    free(data);
    return r;
}

static int drop(struct script *s, struct vhdx *v, uint64_t offset, uint64_t length)
{
    begin(s, offset, length, 0);
    int r = vhdx_discard(v, offset, length);
    end(s, offset, length, r);
    return r;
}

static int write_image(struct script *s, const char *name)
{
    struct vhdx_open_options o = {.writable = true};
    struct vhdx *v;
    int r = vhdx_open(s->store, name, &o, &v);
    if (r != 0)
        return r;
    r = put(s, v, 0, 8 * 1024);
    r = r != 0 ? r : put(s, v, MIB - UNIT, 2 * UNIT);
    r = r != 0 ? r : put(s, v, 3 * MIB, MIB);
    r = r != 0 ? r : vhdx_flush(v);
    r = r != 0 ? r : drop(s, v, 3 * MIB, MIB);
    r = r != 0 ? r : vhdx_flush(v);
    r = r != 0 ? r : vhdx_flush(v);
    r = r != 0 ? r : put(s, v, 5 * MIB, UNIT);
    r = r != 0 ? r : vhdx_resize(v, 7 * MIB);
    r = r != 0 ? r : put(s, v, 2 * MIB, UNIT);
    int closed = vhdx_close(v);
    return r != 0 ? r : closed;
}

static int run_script(struct script *s)
{
    struct vhdx_create_options c = {.size = 6 * MIB, .block_size = MIB};
    int r = vhdx_create(s->store, "a.vhdx", &c);
    s->e.made = r == 0;
    r = r != 0 ? r : write_image(s, "a.vhdx");
    if (r != 0)
        return r;
    c = (struct vhdx_create_options){.parent = "a.vhdx", .block_size = 2 * MIB};
    r = vhdx_create(s->store, "child.vhdx", &c);
    s->e.child_made = r == 0;
    r = r != 0 ? r : write_image(s, "child.vhdx");
    return r != 0 ? r : vhdx_merge(s->store, "child.vhdx", &(struct vhdx_merge_options){.all = false});
}

static void in_order(struct script *s, const char *name)
{
    struct vhdx_check c = {.repair = true};
    assert_int_equal(vhdx_check(s->store, name, &c), 0);
    assert_int_equal(c.result.damage, 0);
    assert_true(c.result.errors == 0 || c.result.repaired);
    assert_int_equal(vhdx_check(s->store, name, &c), 0);
    assert_int_equal(c.result.errors + c.result.damage, 0);
}

static void holds_what_was_acknowledged(struct script *s, const char *name)
{
    struct vhdx_open_options o = {.writable = true};
    struct vhdx *v;
    uint8_t sector[512], old[512], new[512];
    assert_int_equal(vhdx_open(s->store, name, &o, &v), 0);
    for (uint64_t at = 0; at < v->geometry.virtual_size; at += 512) {
        assert_int_equal(vhdx_pread(v, sector, sizeof(sector), at), 0);
        vhdx_pattern(old, sizeof(old), s->e.acknowledged[at / UNIT]);
        vhdx_pattern(new, sizeof(new), s->e.begun[at / UNIT]);
        assert_true(memcmp(sector, old, sizeof(old)) == 0 || memcmp(sector, new, sizeof(new)) == 0);
    }
    assert_int_equal(vhdx_close(v), 0);
}

static void check_all(struct script *s)
{
    if (!s->e.made)
        return;
    in_order(s, "a.vhdx");
    if (s->e.child_made)
        in_order(s, "child.vhdx");
    holds_what_was_acknowledged(s, s->e.child_made ? "child.vhdx" : "a.vhdx");
}

static void start(struct script *s)
{
    memset(s, 0, sizeof(*s));
    s->world = world_new(512);
    assert_non_null(s->world);
    s->store = vhdx_sim_store(s->world);
}

static void the_script_runs(void **unused)
{
    (void)unused;
    struct script s;
    start(&s);
    assert_int_equal(run_script(&s), 0);
    check_all(&s);
    holds_what_was_acknowledged(&s, "a.vhdx"); /* merged */
    world_free(s.world);
}

static void any_allocation_may_fail(void **unused)
{
    (void)unused;
    unsigned n = 0;
    for (bool failed = true; failed;) {
        struct script s;
        start(&s);
        unsigned long before = mem_count();
        mem_fail_at(++n);
        int r = run_script(&s);
        failed = mem_count() - before >= n;
        mem_fail_at(0);
        assert_true(r == 0 || r == -ENOMEM);
        check_all(&s);
        world_free(s.world);
    }
    printf("%u allocations failed\n", n - 1);
    assert_true(n > 100);
}

static void fail_every(uint32_t kinds, int err, bool partial, const char *what)
{
    unsigned n = 0;
    for (bool struck = true; struck;) {
        struct script s;
        start(&s);
        struct world_fault fault = {.kinds = kinds, .nth = ++n, .partial = partial, .err = err};
        assert_int_equal(world_fault_add(s.world, &fault), 0);
        (void)run_script(&s);
        struck = world_faults_struck(s.world) > 0;
        world_faults_clear(s.world);
        check_all(&s);
        world_free(s.world);
    }
    printf("%u %s failed\n", n - 1, what);
    assert_true(n > 5);
}

static void any_file_operation_may_fail(void **unused)
{
    (void)unused;
    fail_every(1u << WORLD_OP_WRITE, -EIO, false, "writes");
    fail_every(1u << WORLD_OP_WRITE, -ENOSPC, true, "writes in their middle");
    fail_every(1u << WORLD_OP_SYNC, -EIO, false, "flushes");
    fail_every(1u << WORLD_OP_TRUNCATE, -ENOSPC, false, "truncations");
    fail_every(1u << WORLD_OP_READ, -EIO, false, "reads");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_script_runs),
        cmocka_unit_test(any_allocation_may_fail),
        cmocka_unit_test(any_file_operation_may_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
