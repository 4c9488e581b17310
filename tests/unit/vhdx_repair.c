/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The check of an image: what is safe to repair is repaired, and in order afterwards; damage is told and left
 * alone.
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

#include <replsvc/vhdx.h>

#include "support/vhdx_poke.h"

#define MIB (UINT64_C(1) << 20)
#define KIB (UINT64_C(1) << 10)

static int count(void *user, const replsvc_vhdx_finding *f)
{
    (*(unsigned *)user)++;
    assert_non_null(f->text);
    return 0;
}

static void repaired(unsigned errors)
{
    replsvc_vhdx_check_result result = {.size = sizeof(result)};
    unsigned n = 0;
    assert_int_equal(replsvc_vhdx_check(poke_path, 0, count, &n, &result), REPLSVC_FAILED);
    assert_int_equal(result.errors, errors);
    assert_int_equal(result.damage, 0);
    assert_true(n >= errors);
    assert_int_equal(replsvc_vhdx_check(poke_path, REPLSVC_VHDX_CHECK_REPAIR, NULL, NULL, &result),
                     REPLSVC_OK);
    assert_true(result.repaired);
    assert_int_equal(replsvc_vhdx_check(poke_path, 0, NULL, NULL, &result), REPLSVC_OK);
    assert_int_equal(result.errors, 0);
    struct vhdx *v = poke_open(false);
    uint8_t data[512];
    for (uint64_t b = 0; b < 8; b++) {
        assert_int_equal(vhdx_pread(v, data, sizeof(data), b * MIB), 0);
        assert_int_equal(data[0], b < 3);
    }
    vhdx_close(v);
}

static void what_is_safe_is_repaired(void **unused)
{
    (void)unused;
    replsvc_vhdx_check_result result = {.size = sizeof(result)};
    poke_make(false);
    assert_int_equal(replsvc_vhdx_check(poke_path, 0, NULL, NULL, &result), REPLSVC_OK);
    assert_int_equal(result.notes + result.errors + result.damage, 0);
    assert_int_equal(result.blocks, 8);
    assert_int_equal(result.blocks_present, 3);
    poke_bytes(64 * KIB + 100, 1, 1);
    repaired(1);
    poke_make(false);
    poke_bytes(192 * KIB + 100, 1, 1);
    repaired(1);
    poke_make(false);
    poke_bytes(256 * KIB + 100, 1, 1);
    repaired(1);
    poke_make(false);
    poke_bytes(POKE_BAT + 24, 50 * MIB + VHDX_BLOCK_ZERO, 8);
    poke_bytes(POKE_BAT + 32, 50 * MIB + VHDX_BLOCK_NOT_PRESENT, 8);
    poke_bytes(POKE_BAT + 8, 5 * MIB + VHDX_BLOCK_PARTIALLY_PRESENT, 8);
    repaired(3);
    poke_make(true);
    repaired(1);
}

static void damage_is_told_and_left_alone(void **unused)
{
    (void)unused;
    replsvc_vhdx_check_result result = {.size = sizeof(result)};
    unsigned n = 0;
    poke_make(false);
    poke_bytes(POKE_BAT + 16, 5 * MIB + 6, 8);
    poke_bytes(POKE_BAT + 24, 4, 8);
    uint64_t before = poke_sum();
    assert_int_equal(replsvc_vhdx_check(poke_path, REPLSVC_VHDX_CHECK_REPAIR, count, &n, &result),
                     REPLSVC_FAILED);
    assert_int_equal(result.damage, 3); /* both of the pair, and the state */
    assert_false(result.repaired);
    assert_int_equal(poke_sum(), before);
}

int main(void)
{
    if (!poke_begin("vhdx-repair"))
        return 1;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_safe_is_repaired),
        cmocka_unit_test(damage_is_told_and_left_alone),
    };
    int r = cmocka_run_group_tests(tests, NULL, NULL);
    poke_end();
    return r;
}
