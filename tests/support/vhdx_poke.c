/* SPDX-License-Identifier: BSD-2-Clause */
/* Damaging VHDX images: see vhdx_poke.h. */
#include "support/vhdx_poke.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "util/fail.h"
#include "vhdx/create.h"

#define MIB (UINT64_C(1) << 20)

char poke_path[64], poke_parent[64], poke_copy[64];
static char folder[64];

bool poke_begin(const char *name)
{
    snprintf(folder, sizeof(folder), "/tmp/%s-XXXXXX", name);
    if (mkdtemp(folder) == NULL)
        return false;
    snprintf(poke_path, sizeof(poke_path), "%.40s/a.vhdx", folder);
    snprintf(poke_parent, sizeof(poke_parent), "%.40s/parent.vhdx", folder);
    snprintf(poke_copy, sizeof(poke_copy), "%.40s/copy.vhdx", folder);
    return true;
}

void poke_end(void)
{
    unlink(poke_path);
    unlink(poke_parent);
    unlink(poke_copy);
    rmdir(folder);
}

/* ---- changing bytes of the file ---- */

static struct vhdx_file *open_file(void)
{
    struct vhdx_file *f;
    assert_int_equal(vhdx_store_posix.ops->open(&vhdx_store_posix, poke_path, VHDX_FILE_WRITE, &f), 0);
    return f;
}

void poke_bytes(uint64_t offset, uint64_t value, size_t width)
{
    struct vhdx_file *f = open_file();
    uint8_t bytes[8];
    vhdx_put64(bytes, 0, value);
    assert_int_equal(vhdx_file_write(f, bytes, width, offset), 0);
    f->ops->close(f);
}

void poke_checksum(uint64_t offset, size_t length)
{
    struct vhdx_file *f = open_file();
    uint8_t *data = malloc(length);
    assert_int_equal(vhdx_file_read(f, data, length, offset), 0);
    vhdx_put32(data, 4, vhdx_checksum(data, length, 4));
    assert_int_equal(vhdx_file_write(f, data, length, offset), 0);
    free(data);
    f->ops->close(f);
}

void poke_headers(uint64_t field, uint64_t value, size_t width)
{
    for (unsigned i = 0; i < 2; i++) {
        poke_bytes(VHDX_HEADER_OFFSET(i) + field, value, width);
        poke_checksum(VHDX_HEADER_OFFSET(i), VHDX_HEADER_SIZE);
    }
}

void poke_tables(uint64_t field, uint64_t value, size_t width)
{
    for (unsigned i = 0; i < 2; i++) {
        poke_bytes(VHDX_REGION_TABLE_OFFSET(i) + field, value, width);
        poke_checksum(VHDX_REGION_TABLE_OFFSET(i), VHDX_TABLE_SIZE);
    }
}

void poke_cut(uint64_t size)
{
    assert_int_equal(truncate(poke_path, (off_t)size), 0);
}

/* ---- the image ---- */

struct vhdx *poke_open(bool writable)
{
    struct vhdx_open_options o = {.writable = writable};
    struct vhdx *v = NULL;
    assert_int_equal(vhdx_open(&vhdx_store_posix, poke_path, &o, &v), 0);
    return v;
}

/* 8 blocks of 1 MiB, of which 0, 1 and 2 are there, at 4, 5 and 6 MiB. */
void poke_make(bool dirty)
{
    struct vhdx_create_options o = {.size = 8 * MIB, .block_size = MIB};
    uint8_t data[4096] = {1};
    char line[256];
    unlink(poke_path);
    assert_int_equal(vhdx_create(&vhdx_store_posix, poke_path, &o), 0);
    struct vhdx *v = poke_open(true);
    for (uint64_t b = 0; b < 3; b++)
        assert_int_equal(vhdx_pwrite(v, data, sizeof(data), b * MIB), 0);
    snprintf(line, sizeof(line), "cp %s %s", poke_path, poke_copy);
    assert_int_equal(system(line), 0);
    assert_int_equal(vhdx_close(v), 0);
    if (dirty)
        assert_int_equal(rename(poke_copy, poke_path), 0);
}

uint64_t poke_sum(void)
{
    FILE *f = fopen(poke_path, "rb");
    uint64_t sum = 0;
    uint8_t buffer[4096];
    assert_non_null(f);
    for (size_t n; (n = fread(buffer, 1, sizeof(buffer), f)) > 0;)
        for (size_t i = 0; i < n; i++)
            sum = sum * 31 + buffer[i];
    fclose(f);
    return sum;
}

void poke_expect_sentence(const char *wanted, uint64_t offset)
{
    char number[32];
    const char *text = svc_backend_error();
    snprintf(number, sizeof(number), "%llu", (unsigned long long)offset);
    if (strstr(text, wanted) == NULL || strstr(text, number) == NULL)
        fail_msg("\"%s\" does not name \"%s\" and %s", text, wanted, number);
}

/* Opening fails, for reading and for writing. */
void poke_refused(const char *sentence, uint64_t offset)
{
    uint64_t before = poke_sum();
    for (int writable = 0; writable < 2; writable++) {
        struct vhdx_open_options o = {.writable = writable != 0};
        struct vhdx *v;
        svc_clear_error();
        int r = vhdx_open(&vhdx_store_posix, poke_path, &o, &v);
        if (r == 0)
            fail_msg("opened in spite of: %s", sentence);
        assert_true(r == VHDX_CORRUPT || r == -ENOTSUP);
        poke_expect_sentence(sentence, offset);
    }
    assert_int_equal(poke_sum(), before);
}

/* The block cannot be read, and nothing can be written. */
void poke_block_refused(uint64_t block, const char *sentence, uint64_t offset)
{
    uint8_t data[512];
    struct vhdx *v = poke_open(false);
    svc_clear_error();
    assert_int_equal(vhdx_pread(v, data, sizeof(data), block * MIB), VHDX_CORRUPT);
    poke_expect_sentence(sentence, offset);
    vhdx_close(v);
    uint64_t before = poke_sum();
    v = poke_open(true);
    svc_clear_error();
    assert_int_equal(vhdx_pwrite(v, data, sizeof(data), block * MIB), VHDX_CORRUPT);
    poke_expect_sentence(sentence, offset);
    vhdx_close(v);
    assert_int_equal(poke_sum(), before);
}
