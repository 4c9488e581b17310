/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Damaged images: each kind of damage is refused, when the image is opened or when the damaged block is
 * used, with a sentence that names the structure and the offset; nothing in the file changes. What is safe
 * to repair is repaired by the check, and is in order afterwards.
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

#include "support/vhdx_sim.h"
#include "util/fail.h"
#include "vhdx/create.h"
#include "vhdx/log_format.h"

#define MIB (UINT64_C(1) << 20)
#define KIB (UINT64_C(1) << 10)
#define BAT (3 * MIB)
#define META (2 * MIB)

static char path[64], parent[64], copy[64];

/* ---- changing bytes of the file ---- */

static struct vhdx_file *open_file(void)
{
    struct vhdx_file *f;
    assert_int_equal(vhdx_store_posix.ops->open(&vhdx_store_posix, path, VHDX_FILE_WRITE, &f), 0);
    return f;
}

static void poke(uint64_t offset, uint64_t value, size_t width)
{
    struct vhdx_file *f = open_file();
    uint8_t bytes[8];
    vhdx_put64(bytes, 0, value);
    assert_int_equal(vhdx_file_write(f, bytes, width, offset), 0);
    f->ops->close(f);
}

static void fix_checksum(uint64_t offset, size_t length)
{
    struct vhdx_file *f = open_file();
    uint8_t *data = malloc(length);
    assert_int_equal(vhdx_file_read(f, data, length, offset), 0);
    vhdx_put32(data, 4, vhdx_checksum(data, length, 4));
    assert_int_equal(vhdx_file_write(f, data, length, offset), 0);
    free(data);
    f->ops->close(f);
}

static void poke_headers(uint64_t field, uint64_t value, size_t width)
{
    for (unsigned i = 0; i < 2; i++) {
        poke(VHDX_HEADER_OFFSET(i) + field, value, width);
        fix_checksum(VHDX_HEADER_OFFSET(i), VHDX_HEADER_SIZE);
    }
}

static void poke_tables(uint64_t field, uint64_t value, size_t width)
{
    for (unsigned i = 0; i < 2; i++) {
        poke(VHDX_REGION_TABLE_OFFSET(i) + field, value, width);
        fix_checksum(VHDX_REGION_TABLE_OFFSET(i), VHDX_TABLE_SIZE);
    }
}

static void cut_file(uint64_t size)
{
    assert_int_equal(truncate(path, (off_t)size), 0);
}

/* ---- the image ---- */

static struct vhdx *open_image(bool writable)
{
    struct vhdx_open_options o = {.writable = writable};
    struct vhdx *v = NULL;
    assert_int_equal(vhdx_open(&vhdx_store_posix, path, &o, &v), 0);
    return v;
}

/* 8 blocks of 1 MiB, of which 0, 1 and 2 are there, at 4, 5 and 6 MiB. */
static void make_image(bool dirty)
{
    struct vhdx_create_options o = {.size = 8 * MIB, .block_size = MIB};
    uint8_t data[4096] = {1};
    char line[256];
    unlink(path);
    assert_int_equal(vhdx_create(&vhdx_store_posix, path, &o), 0);
    struct vhdx *v = open_image(true);
    for (uint64_t b = 0; b < 3; b++)
        assert_int_equal(vhdx_pwrite(v, data, sizeof(data), b * MIB), 0);
    snprintf(line, sizeof(line), "cp %s %s", path, copy);
    assert_int_equal(system(line), 0);
    assert_int_equal(vhdx_close(v), 0);
    if (dirty)
        assert_int_equal(rename(copy, path), 0);
}

static uint64_t file_sum(void)
{
    FILE *f = fopen(path, "rb");
    uint64_t sum = 0;
    uint8_t buffer[4096];
    assert_non_null(f);
    for (size_t n; (n = fread(buffer, 1, sizeof(buffer), f)) > 0;)
        for (size_t i = 0; i < n; i++)
            sum = sum * 31 + buffer[i];
    fclose(f);
    return sum;
}

static void expect_sentence(const char *wanted, uint64_t offset)
{
    char number[32];
    const char *text = svc_backend_error();
    snprintf(number, sizeof(number), "%llu", (unsigned long long)offset);
    if (strstr(text, wanted) == NULL || strstr(text, number) == NULL)
        fail_msg("\"%s\" does not name \"%s\" and %s", text, wanted, number);
}

/* Opening fails, for reading and for writing. */
static void refused(const char *sentence, uint64_t offset)
{
    uint64_t before = file_sum();
    for (int writable = 0; writable < 2; writable++) {
        struct vhdx_open_options o = {.writable = writable != 0};
        struct vhdx *v;
        svc_clear_error();
        int r = vhdx_open(&vhdx_store_posix, path, &o, &v);
        if (r == 0)
            fail_msg("opened in spite of: %s", sentence);
        assert_true(r == VHDX_CORRUPT || r == -ENOTSUP);
        expect_sentence(sentence, offset);
    }
    assert_int_equal(file_sum(), before);
}

/* The block cannot be read, and nothing can be written. */
static void block_refused(uint64_t block, const char *sentence, uint64_t offset)
{
    uint8_t data[512];
    struct vhdx *v = open_image(false);
    svc_clear_error();
    assert_int_equal(vhdx_pread(v, data, sizeof(data), block * MIB), VHDX_CORRUPT);
    expect_sentence(sentence, offset);
    vhdx_close(v);
    uint64_t before = file_sum();
    v = open_image(true);
    svc_clear_error();
    assert_int_equal(vhdx_pwrite(v, data, sizeof(data), block * MIB), VHDX_CORRUPT);
    expect_sentence(sentence, offset);
    vhdx_close(v);
    assert_int_equal(file_sum(), before);
}

/* ---- what is refused ---- */

static void a_bad_identifier_or_length_is_refused(void **unused)
{
    (void)unused;
    make_image(false);
    poke(0, 'x', 1);
    refused("file identifier", 0);
    make_image(false);
    cut_file(100);
    refused("header", 100);
    cut_file(3);
    refused("no VHDX image", 3);
    make_image(false);
    cut_file(3 * MIB);
    refused("region", 3 * MIB);
    make_image(false);
    cut_file(6 * MIB);
    block_refused(2, "ends behind the end of the file", BAT + 16);
}

static void bad_headers_are_refused(void **unused)
{
    (void)unused;
    make_image(false);
    poke(64 * KIB + 100, 1, 1);
    poke(128 * KIB + 100, 1, 1);
    refused("neither is valid", 65536);
    make_image(false);
    poke_headers(66, 2, 2);
    refused("version 2", 131072);
    make_image(false);
    poke_headers(72, 1234, 8);
    refused("log offset 1234", 131072);
    make_image(false);
    poke_headers(72, UINT64_C(1) << 60, 8);
    refused("log offset", 131072);
    make_image(false);
    poke_headers(68, 0xfff00000u, 4);
    refused("log length", 131072);
    make_image(false);
    poke_headers(72, 2 * MIB, 8);
    refused("overlap", 2 * MIB);
    make_image(false);
    poke_headers(8, 5, 8); /* equal numbers, different content */
    poke(64 * KIB + 200, 1, 1);
    fix_checksum(64 * KIB, VHDX_HEADER_SIZE);
    refused("same sequence number", 65536);
}

static void one_good_header_is_enough(void **unused)
{
    (void)unused;
    for (unsigned i = 0; i < 2; i++) {
        make_image(false);
        poke(VHDX_HEADER_OFFSET(i) + 100, 1, 1);
        vhdx_close(open_image(false));
        vhdx_close(open_image(true));
    }
}

static void bad_region_tables_are_refused(void **unused)
{
    (void)unused;
    make_image(false);
    poke(192 * KIB + 100, 1, 1);
    poke(256 * KIB + 100, 1, 1);
    refused("wrong checksum", 262144);
    make_image(false);
    poke_tables(8, 3000, 4);
    refused("3000 entries", 262144);
    make_image(false);
    poke_tables(16 + 16, 2 * MIB, 8); /* BAT onto metadata */
    refused("overlap", 2 * MIB);
    make_image(false);
    poke_tables(16 + 16, 12345, 8);
    refused("offset 12345", 262144 + 16);
    make_image(false);
    poke_tables(16 + 24, 0xfff00000u, 4);
    refused("ends behind the end", 262144 + 16);
    make_image(false);
    poke_tables(16, 0x1234, 8); /* an unknown region that is required */
    refused("is not known", 196608 + 16);
    make_image(false);
    poke_tables(8, 1, 4);
    refused("no metadata region", 262144);
}

static void one_good_region_table_is_enough(void **unused)
{
    (void)unused;
    make_image(false);
    poke(192 * KIB + 100, 1, 1);
    vhdx_close(open_image(true));
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
        {META, 0, 1, "no signature", META},
        {META + 10, 2048, 2, "2048 entries", META},
        {META + 10, 4, 2, "no physical sector size", META},
        {META + 32, 0x77, 8, "is not known", META + 32},
        {META + 32 + 16, 12, 4, "does not lie in the region", META + 32},
        {META + 32 + 20, 0x7fffffff, 4, "does not lie in the region", META + 32},
        {META + 32 + 20, 16, 4, "overlap", META + 32},
        {META + 64 + 16, 0x10000, 4, "overlap", META + 64},
        {META + 0x10000, 3 << 20, 4, "block size", META},
        {META + 0x10000, 512, 4, "block size", META},
        {META + 0x10000, 0, 4, "block size", META},
        {META + 0x10000 + 4, 2, 4, "parent locator", META},
        {META + 0x10000 + 4, 16, 4, "reserved flags", META + 0x10000},
        {META + 0x10008, 0, 8, "virtual disk size", META},
        {META + 0x10008, 1000, 8, "virtual disk size", META},
        {META + 0x10008, UINT64_C(1) << 62, 8, "virtual disk size", META},
        {META + 0x10008, UINT64_C(60) << 40, 8, "BAT region", BAT},
        {META + 0x10020, 1024, 4, "logical sector size", META},
        {META + 0x10024, 0, 4, "physical sector size", META},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        make_image(false);
        poke(cases[i].offset, cases[i].value, cases[i].width);
        refused(cases[i].sentence, cases[i].named);
    }
    make_image(false); /* an unfinished creation */
    poke(META + 10, 6, 2);
    for (size_t b = 0; b < 16; b += 8)
        poke(META + 32 + 5 * 32 + b, vhdx_get64(vhdx_item_incomplete.bytes, b), 8);
    refused("never finished", META + 32 + 5 * 32);
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
        {BAT + 6, "overlaps header"},
        {100 * MIB + 6, "ends behind the end"},
        {(UINT64_C(0xfffffffffff) << 20) + 6, "ends behind the end"},
        {5 * MIB + 6, "another block"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        make_image(false);
        poke(BAT + 16, cases[i].value, 8);
        block_refused(2, cases[i].sentence, BAT + 16);
    }
}

static void bad_logs_are_refused(void **unused)
{
    (void)unused;
    make_image(true);
    vhdx_close(open_image(false));
    poke(MIB + 4096 + 100, 1, 1); /* a torn entry: the sequence ends before it */
    vhdx_close(open_image(false));
    make_image(true);
    for (uint64_t at = MIB; at < 2 * MIB; at += 4096)
        poke(at, 0, 4);
    refused("no valid sequence", MIB);
    make_image(true);
    poke(MIB + 4096 + 64 + 16, 4096, 8); /* the identifier */
    fix_checksum(MIB + 4096, 8192);
    poke(MIB + 4096 + 8192, 0, 4);
    refused("log entry", MIB + 4096);
    make_image(true);
    poke(MIB + 4096 + 64 + 16, MIB + 8192, 8);
    fix_checksum(MIB + 4096, 8192);
    poke(MIB + 4096 + 8192, 0, 4);
    refused("the log itself", MIB + 4096);
    make_image(true);
    poke(MIB + 4096 + 48, 64 * MIB, 8);
    fix_checksum(MIB + 4096, 8192);
    poke(MIB + 4096 + 8192, 0, 4);
    refused("it was cut off", MIB + 4096);
    make_image(true);
    poke_headers(64, 1, 2);
    refused("log version 1", 131072);
}

static void a_wrong_parent_is_refused(void **unused)
{
    (void)unused;
    struct vhdx_create_options o = {.size = 8 * MIB, .block_size = MIB}, child = {.parent = parent};
    struct vhdx_open_options open_options = {.writable = false};
    struct vhdx *v;
    uint8_t data[512] = {1};
    unlink(path);
    unlink(parent);
    assert_int_equal(vhdx_create(&vhdx_store_posix, parent, &o), 0);
    assert_int_equal(vhdx_create(&vhdx_store_posix, path, &child), 0);
    vhdx_close(open_image(true));
    struct vhdx_open_options w = {.writable = true};
    assert_int_equal(vhdx_open(&vhdx_store_posix, parent, &w, &v), 0);
    assert_int_equal(vhdx_pwrite(v, data, sizeof(data), 0), 0);
    assert_int_equal(vhdx_close(v), 0);
    assert_int_equal(vhdx_open(&vhdx_store_posix, path, &open_options, &v), -ESTALE);
    expect_sentence("DataWriteGuid", META + 0x10028);
    unlink(parent);
    assert_int_equal(vhdx_open(&vhdx_store_posix, path, &open_options, &v), -ENOENT);
    expect_sentence("no such file", META + 0x10028);
    assert_int_equal(symlink(path, parent), 0);
    assert_true(vhdx_open(&vhdx_store_posix, path, &open_options, &v) < 0);
    unlink(parent);
    assert_int_equal(link(path, parent), 0);
    assert_int_equal(vhdx_open(&vhdx_store_posix, path, &open_options, &v), -ELOOP);
    unlink(parent);
}

/* ---- what is repaired ---- */

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
    assert_int_equal(replsvc_vhdx_check(path, 0, count, &n, &result), REPLSVC_FAILED);
    assert_int_equal(result.errors, errors);
    assert_int_equal(result.damage, 0);
    assert_true(n >= errors);
    assert_int_equal(replsvc_vhdx_check(path, REPLSVC_VHDX_CHECK_REPAIR, NULL, NULL, &result), REPLSVC_OK);
    assert_true(result.repaired);
    assert_int_equal(replsvc_vhdx_check(path, 0, NULL, NULL, &result), REPLSVC_OK);
    assert_int_equal(result.errors, 0);
    struct vhdx *v = open_image(false);
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
    make_image(false);
    assert_int_equal(replsvc_vhdx_check(path, 0, NULL, NULL, &result), REPLSVC_OK);
    assert_int_equal(result.notes + result.errors + result.damage, 0);
    assert_int_equal(result.blocks, 8);
    assert_int_equal(result.blocks_present, 3);
    poke(64 * KIB + 100, 1, 1);
    repaired(1);
    make_image(false);
    poke(192 * KIB + 100, 1, 1);
    repaired(1);
    make_image(false);
    poke(256 * KIB + 100, 1, 1);
    repaired(1);
    make_image(false);
    poke(BAT + 24, 50 * MIB + VHDX_BLOCK_ZERO, 8);
    poke(BAT + 32, 50 * MIB + VHDX_BLOCK_NOT_PRESENT, 8);
    poke(BAT + 8, 5 * MIB + VHDX_BLOCK_PARTIALLY_PRESENT, 8);
    repaired(3);
    make_image(true);
    repaired(1);
}

static void damage_is_told_and_left_alone(void **unused)
{
    (void)unused;
    replsvc_vhdx_check_result result = {.size = sizeof(result)};
    unsigned n = 0;
    make_image(false);
    poke(BAT + 16, 5 * MIB + 6, 8);
    poke(BAT + 24, 4, 8);
    uint64_t before = file_sum();
    assert_int_equal(replsvc_vhdx_check(path, REPLSVC_VHDX_CHECK_REPAIR, count, &n, &result), REPLSVC_FAILED);
    assert_int_equal(result.damage, 3); /* both of the pair, and the state */
    assert_false(result.repaired);
    assert_int_equal(file_sum(), before);
}

int main(void)
{
    char folder[] = "/tmp/vhdx-damage-XXXXXX";
    if (mkdtemp(folder) == NULL)
        return 1;
    snprintf(path, sizeof(path), "%s/a.vhdx", folder);
    snprintf(parent, sizeof(parent), "%s/parent.vhdx", folder);
    snprintf(copy, sizeof(copy), "%s/copy.vhdx", folder);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_bad_identifier_or_length_is_refused),
        cmocka_unit_test(bad_headers_are_refused),
        cmocka_unit_test(one_good_header_is_enough),
        cmocka_unit_test(bad_region_tables_are_refused),
        cmocka_unit_test(one_good_region_table_is_enough),
        cmocka_unit_test(bad_metadata_are_refused),
        cmocka_unit_test(bad_bat_entries_are_refused),
        cmocka_unit_test(bad_logs_are_refused),
        cmocka_unit_test(a_wrong_parent_is_refused),
        cmocka_unit_test(what_is_safe_is_repaired),
        cmocka_unit_test(damage_is_told_and_left_alone),
    };
    int r = cmocka_run_group_tests(tests, NULL, NULL);
    unlink(path);
    unlink(parent);
    unlink(copy);
    rmdir(folder);
    return r;
}
