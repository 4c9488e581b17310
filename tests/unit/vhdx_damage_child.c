/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Damage that only a child can have: its locator, its bitmaps, its parent.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "support/vhdx_poke.h"
#include "vhdx/create.h"

#define MIB (UINT64_C(1) << 20)
#define KIB (UINT64_C(1) << 10)

static void a_wrong_parent_is_refused(void **unused)
{
    (void)unused;
    struct vhdx_create_options o = {.size = 8 * MIB, .block_size = MIB}, child = {.parent = poke_parent};
    struct vhdx_open_options open_options = {.writable = false};
    struct vhdx *v;
    uint8_t data[512] = {1};
    unlink(poke_path);
    unlink(poke_parent);
    assert_int_equal(vhdx_create(&vhdx_store_posix, poke_parent, &o), 0);
    assert_int_equal(vhdx_create(&vhdx_store_posix, poke_path, &child), 0);
    vhdx_close(poke_open(true));
    struct vhdx_open_options w = {.writable = true};
    assert_int_equal(vhdx_open(&vhdx_store_posix, poke_parent, &w, &v), 0);
    assert_int_equal(vhdx_pwrite(v, data, sizeof(data), 0), 0);
    assert_int_equal(vhdx_close(v), 0);
    assert_int_equal(vhdx_open(&vhdx_store_posix, poke_path, &open_options, &v), -ESTALE);
    poke_expect_sentence("DataWriteGuid", POKE_METADATA + 0x10028);
    unlink(poke_parent);
    assert_int_equal(vhdx_open(&vhdx_store_posix, poke_path, &open_options, &v), -ENOENT);
    poke_expect_sentence("no such file", POKE_METADATA + 0x10028);
    assert_int_equal(symlink(poke_path, poke_parent), 0);
    assert_true(vhdx_open(&vhdx_store_posix, poke_path, &open_options, &v) < 0);
    unlink(poke_parent);
    assert_int_equal(link(poke_path, poke_parent), 0);
    assert_int_equal(vhdx_open(&vhdx_store_posix, poke_path, &open_options, &v), -ELOOP);
    unlink(poke_parent);
}

/* ---- locators and bitmaps ---- */

#define LOCATOR (POKE_METADATA + 0x10028)
#define PAIRS (LOCATOR + 20)

/* A child of 8 blocks, of which 0 is there in part: its bitmap is the chunk's, entry 4096. Returns where in
 * the file. */
static uint64_t make_child(void)
{
    struct vhdx_create_options o = {.size = 8 * MIB, .block_size = MIB};
    struct vhdx_create_options c = {.block_size = MIB, .parent = poke_parent};
    uint8_t data[4096] = {1};
    uint64_t entry;
    unlink(poke_path);
    unlink(poke_parent);
    assert_int_equal(vhdx_create(&vhdx_store_posix, poke_parent, &o), 0);
    assert_int_equal(vhdx_create(&vhdx_store_posix, poke_path, &c), 0);
    struct vhdx *v = poke_open(true);
    assert_int_equal(vhdx_pwrite(v, data, sizeof(data), 0), 0);
    assert_int_equal(vhdx_bat_get(v, 4096, &entry), 0);
    assert_int_equal(vhdx_close(v), 0);
    return VHDX_BAT_OFFSET(entry);
}

static void bad_locators_are_refused(void **unused)
{
    (void)unused;
    const struct {
        uint64_t offset, value;
        size_t width;
        const char *sentence;
    } cases[] = {
        {LOCATOR, 0, 8, "type is not known"},
        {LOCATOR + 18, 0, 2, "0 pairs"},
        {LOCATOR + 18, 257, 2, "257 pairs"},
        {LOCATOR + 18, 0xffff, 2, "65535 pairs"},
        {PAIRS, 0xfffffff0, 4, "is not valid"},     /* the first key: where it is */
        {PAIRS + 4, 0xfffffff0, 4, "is not valid"}, /* its value */
        {PAIRS + 8, 3, 2, "is not valid"},          /* an odd length */
        {PAIRS + 8, 0, 2, "is not valid"},          /* none */
        {PAIRS + 10, 0xfffe, 2, "is not valid"},    /* more than there is */
        {PAIRS + 10, 8, 2, "is not a GUID"},
        {PAIRS + 8, 8, 2, "no parent_linkage"}, /* a key that is not known */
        {PAIRS + 24 + 8, 8, 2, "no path"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        (void)make_child();
        poke_bytes(cases[i].offset, cases[i].value, cases[i].width);
        poke_refused(cases[i].sentence, LOCATOR);
    }
    (void)make_child(); /* a child that names nobody */
    poke_bytes(POKE_METADATA + 10, 5, 2);
    poke_refused("without parent locator", POKE_METADATA);
    (void)make_child(); /* an item across the region's end */
    poke_bytes(POKE_METADATA + 32 + 5 * 32 + 20, 0xf0000, 4);
    poke_refused("does not lie in the region", POKE_METADATA + 32 + 5 * 32);
}

static void bad_bitmaps_are_refused(void **unused)
{
    (void)unused;
    const uint64_t at = POKE_BAT + 4096 * 8;
    const struct {
        uint64_t value;
        const char *sentence;
    } cases[] = {
        {0, "no sector bitmap"},
        {1, "reserved state 1"},
        {5, "reserved state 5"},
        {6, "overlaps header"},
        {POKE_BAT + 6, "overlaps header"},
        {(UINT64_C(1) << 50) + 6, "ends behind the end"},
        {4 * MIB + 6 + 64, "reserved bits"},
        {4 * MIB + 6, "another block"}, /* in the payload of block 0 */
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        uint64_t bitmap = make_child();
        assert_int_not_equal(bitmap, 4 * MIB);
        poke_bytes(at, cases[i].value, 8);
        uint8_t data[512];
        struct vhdx *v = poke_open(false);
        assert_int_equal(vhdx_pread(v, data, sizeof(data), 0), VHDX_CORRUPT);
        poke_expect_sentence(cases[i].sentence, at);
        vhdx_close(v);
        uint64_t before = poke_sum();
        v = poke_open(true);
        assert_int_equal(vhdx_pwrite(v, data, sizeof(data), 64 * KIB), VHDX_CORRUPT);
        vhdx_close(v);
        assert_int_equal(poke_sum(), before);
    }
}

int main(void)
{
    if (!poke_begin("vhdx-child"))
        return 1;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_wrong_parent_is_refused),
        cmocka_unit_test(bad_locators_are_refused),
        cmocka_unit_test(bad_bitmaps_are_refused),
    };
    int r = cmocka_run_group_tests(tests, NULL, NULL);
    poke_end();
    return r;
}
