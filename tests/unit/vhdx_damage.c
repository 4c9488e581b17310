/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Damaged images: each kind of damage of headers, tables, metadata and BAT is refused, when the image is
 * opened or when the damaged block is used, with a sentence that names the structure and the offset; nothing
 * in the file changes.
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

#define MIB (UINT64_C(1) << 20)
#define KIB (UINT64_C(1) << 10)

static void a_bad_identifier_or_length_is_refused(void **unused)
{
    (void)unused;
    poke_make(false);
    poke_bytes(0, 'x', 1);
    poke_refused("file identifier", 0);
    poke_make(false);
    poke_cut(100);
    poke_refused("header", 100);
    poke_cut(3);
    poke_refused("no VHDX image", 3);
    poke_make(false);
    poke_cut(3 * MIB);
    poke_refused("region", 3 * MIB);
    poke_make(false);
    poke_cut(6 * MIB);
    poke_block_refused(2, "ends behind the end of the file", POKE_BAT + 16);
}

static void bad_headers_are_refused(void **unused)
{
    (void)unused;
    poke_make(false);
    poke_bytes(64 * KIB + 100, 1, 1);
    poke_bytes(128 * KIB + 100, 1, 1);
    poke_refused("neither is valid", 65536);
    poke_make(false);
    poke_headers(66, 2, 2);
    poke_refused("version 2", 131072);
    poke_make(false);
    poke_headers(72, 1234, 8);
    poke_refused("log offset 1234", 131072);
    poke_make(false);
    poke_headers(72, UINT64_C(1) << 60, 8);
    poke_refused("log offset", 131072);
    poke_make(false);
    poke_headers(68, 0xfff00000u, 4);
    poke_refused("log length", 131072);
    poke_make(false);
    poke_headers(72, 2 * MIB, 8);
    poke_refused("overlap", 2 * MIB);
    poke_make(false);
    poke_headers(8, 5, 8); /* equal numbers, different content */
    poke_bytes(64 * KIB + 200, 1, 1);
    poke_checksum(64 * KIB, VHDX_HEADER_SIZE);
    poke_refused("same sequence number", 65536);
}

static void one_good_header_is_enough(void **unused)
{
    (void)unused;
    for (unsigned i = 0; i < 2; i++) {
        poke_make(false);
        poke_bytes(VHDX_HEADER_OFFSET(i) + 100, 1, 1);
        vhdx_close(poke_open(false));
        vhdx_close(poke_open(true));
    }
}

static void bad_region_tables_are_refused(void **unused)
{
    (void)unused;
    poke_make(false);
    poke_bytes(192 * KIB + 100, 1, 1);
    poke_bytes(256 * KIB + 100, 1, 1);
    poke_refused("wrong checksum", 262144);
    poke_make(false);
    poke_tables(8, 3000, 4);
    poke_refused("3000 entries", 262144);
    poke_make(false);
    poke_tables(16 + 16, 2 * MIB, 8); /* POKE_BAT onto metadata */
    poke_refused("overlap", 2 * MIB);
    poke_make(false);
    poke_tables(16 + 16, 12345, 8);
    poke_refused("offset 12345", 262144 + 16);
    poke_make(false);
    poke_tables(16 + 24, 0xfff00000u, 4);
    poke_refused("ends behind the end", 262144 + 16);
    poke_make(false);
    poke_tables(16, 0x1234, 8); /* an unknown region that is required */
    poke_refused("is not known", 196608 + 16);
    poke_make(false);
    poke_tables(8, 1, 4);
    poke_refused("no metadata region", 262144);
}

static void a_region_that_is_there_twice_is_refused(void **unused)
{
    (void)unused;
    for (size_t b = 0; b < 16; b += 8) {
        if (b == 0)
            poke_make(false);
        poke_tables(16 + 32 + b, vhdx_get64(vhdx_guid_bat.bytes, b), 8);
    }
    poke_refused("there twice", 262144);
    poke_make(false);
    poke_tables(16 + 24, 0, 4);
    poke_refused("length 0", 262144 + 16);
    poke_make(false);
    poke_tables(16 + 32 + 16, UINT64_C(1) << 62, 8);
    poke_refused("ends behind the end", 262144 + 48);
    poke_make(false);
    poke_tables(16 + 32 + 24, 129 << 20, 4); /* metadata of more than anybody has */
    poke_cut(512 * MIB);
    poke_tables(16 + 16, 300 * MIB, 8);
    poke_refused("a metadata region of", 262144);
}

static void a_used_up_sequence_number_is_not_counted_on(void **unused)
{
    (void)unused;
    uint8_t data[512] = {1};
    poke_make(false);
    poke_bytes(VHDX_HEADER_OFFSET(1) + 8, UINT64_MAX, 8);
    poke_checksum(VHDX_HEADER_OFFSET(1), VHDX_HEADER_SIZE);
    vhdx_close(poke_open(false));
    uint64_t before = poke_sum();
    struct vhdx *v = poke_open(true);
    assert_int_equal(vhdx_pwrite(v, data, sizeof(data), 0), VHDX_CORRUPT);
    poke_expect_sentence("sequence number is used up", 131072);
    vhdx_close(v);
    assert_int_equal(poke_sum(), before);
}

static void one_good_region_table_is_enough(void **unused)
{
    (void)unused;
    poke_make(false);
    poke_bytes(192 * KIB + 100, 1, 1);
    vhdx_close(poke_open(true));
}

static void bad_metadata_are_refused(void **unused)
{
    (void)unused;
    const struct {
        uint64_t offset, value;
        size_t width;
        const char *sentence;
        uint64_t named;
    } cases[] = {
        {POKE_METADATA, 0, 1, "no signature", POKE_METADATA},
        {POKE_METADATA + 32 + 24, 5, 4, "a required user item", POKE_METADATA + 32},
        {POKE_METADATA + 32 + 20, 4, 4, "instead of 8", POKE_METADATA + 32},
        {POKE_METADATA + 10, 2048, 2, "2048 entries", POKE_METADATA},
        {POKE_METADATA + 10, 4, 2, "no physical sector size", POKE_METADATA},
        {POKE_METADATA + 32, 0x77, 8, "is not known", POKE_METADATA + 32},
        {POKE_METADATA + 32 + 16, 12, 4, "does not lie in the region", POKE_METADATA + 32},
        {POKE_METADATA + 32 + 20, 0x7fffffff, 4, "does not lie in the region", POKE_METADATA + 32},
        {POKE_METADATA + 32 + 20, 16, 4, "overlap", POKE_METADATA + 32},
        {POKE_METADATA + 64 + 16, 0x10000, 4, "overlap", POKE_METADATA + 64},
        {POKE_METADATA + 0x10000, 3 << 20, 4, "block size", POKE_METADATA},
        {POKE_METADATA + 0x10000, 512, 4, "block size", POKE_METADATA},
        {POKE_METADATA + 0x10000, 0, 4, "block size", POKE_METADATA},
        {POKE_METADATA + 0x10000 + 4, 2, 4, "parent locator", POKE_METADATA},
        {POKE_METADATA + 0x10000 + 4, 16, 4, "reserved flags", POKE_METADATA + 0x10000},
        {POKE_METADATA + 0x10008, 0, 8, "virtual disk size", POKE_METADATA},
        {POKE_METADATA + 0x10008, 1000, 8, "virtual disk size", POKE_METADATA},
        {POKE_METADATA + 0x10008, UINT64_C(1) << 62, 8, "virtual disk size", POKE_METADATA},
        {POKE_METADATA + 0x10008, UINT64_C(60) << 40, 8, "BAT region", POKE_BAT},
        {POKE_METADATA + 0x10020, 1024, 4, "logical sector size", POKE_METADATA},
        {POKE_METADATA + 0x10024, 0, 4, "physical sector size", POKE_METADATA},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        poke_make(false);
        poke_bytes(cases[i].offset, cases[i].value, cases[i].width);
        poke_refused(cases[i].sentence, cases[i].named);
    }
    poke_make(false); /* an item that is there twice */
    for (size_t b = 0; b < 16; b += 8)
        poke_bytes(POKE_METADATA + 64 + b, vhdx_get64(vhdx_item_file_parameters.bytes, b), 8);
    poke_refused("one item twice", POKE_METADATA + 32);
    poke_make(false); /* one without an id */
    poke_bytes(POKE_METADATA + 10, 6, 2);
    poke_refused("no item id", POKE_METADATA + 32 + 5 * 32);
    poke_make(false); /* an unfinished creation */
    poke_bytes(POKE_METADATA + 10, 6, 2);
    for (size_t b = 0; b < 16; b += 8)
        poke_bytes(POKE_METADATA + 32 + 5 * 32 + b, vhdx_get64(vhdx_item_incomplete.bytes, b), 8);
    poke_refused("never finished", POKE_METADATA + 32 + 5 * 32);
}

static void bad_bat_entries_are_refused(void **unused)
{
    (void)unused;
    const struct {
        uint64_t value;
        const char *sentence;
    } cases[] = {
        {4, "reserved state 4"},
        {5 * MIB + 5, "reserved state 5"},
        {5 * MIB + 6 + 8, "reserved bits"},
        {6, "overlaps header"},
        {MIB + 6, "overlaps header, log"},
        {POKE_BAT + 6, "overlaps header"},
        {100 * MIB + 6, "ends behind the end"},
        {(UINT64_C(0xfffffffffff) << 20) + 6, "ends behind the end"},
        {5 * MIB + 6, "another block"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        poke_make(false);
        poke_bytes(POKE_BAT + 16, cases[i].value, 8);
        poke_block_refused(2, cases[i].sentence, POKE_BAT + 16);
    }
}

int main(void)
{
    if (!poke_begin("vhdx-damage"))
        return 1;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_bad_identifier_or_length_is_refused),
        cmocka_unit_test(bad_headers_are_refused),
        cmocka_unit_test(one_good_header_is_enough),
        cmocka_unit_test(bad_region_tables_are_refused),
        cmocka_unit_test(a_region_that_is_there_twice_is_refused),
        cmocka_unit_test(a_used_up_sequence_number_is_not_counted_on),
        cmocka_unit_test(one_good_region_table_is_enough),
        cmocka_unit_test(bad_metadata_are_refused),
        cmocka_unit_test(bad_bat_entries_are_refused),
    };
    int r = cmocka_run_group_tests(tests, NULL, NULL);
    poke_end();
    return r;
}
