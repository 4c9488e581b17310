/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Images that other programs wrote (Windows, QEMU, disk2vhd), dirty logs included: the content of each must
 * have the checksum that several independent readers agree on. They lie beside the tree, if at all.
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

#include "support/spec.h"
#include "vhdx/image.h"

enum { NAME = 0, PACKED = 3, VIRTUAL = 7, BLOCK = 8, SHA_FILE = 15, SHA_RAW = 16, FIELDS = 20 };

#define STEP (1u << 20)

/* The folder in which an opened file lies. */
static bool folder_of(FILE *f, char *folder, size_t size)
{
    char link[64];
    snprintf(link, sizeof(link), "/proc/self/fd/%d", fileno(f));
    ssize_t n = readlink(link, folder, size - 1);
    if (n <= 0)
        return false;
    folder[n] = '\0';
    char *slash = strrchr(folder, '/');
    if (slash != NULL)
        *slash = '\0';
    return slash != NULL;
}

static bool command_is_there(const char *name)
{
    char line[256];
    snprintf(line, sizeof(line), "command -v %s >/dev/null 2>&1", name);
    return system(line) == 0;
}

static bool unpack(const char *folder, const char *packed, const char *to)
{
    char line[8192];
    const char *tool = strstr(packed, ".bz2") != NULL ? "bzip2" : "gzip";
    snprintf(line, sizeof(line), "%s -dc '%s/%s' > '%s'", tool, folder, packed, to);
    return system(line) == 0;
}

static void content_checksum(struct vhdx *v, char sum[65])
{
    char name[] = "/tmp/vhdx-sum-XXXXXX", line[256];
    int fd = mkstemp(name);
    assert_true(fd >= 0);
    snprintf(line, sizeof(line), "%s > %s", command_is_there("openssl") ? "openssl sha256 -r" : "sha256sum",
             name);
    FILE *pipe = popen(line, "w");
    assert_non_null(pipe);
    uint8_t *buffer = malloc(STEP);
    uint64_t size = v->geometry.virtual_size;
    for (uint64_t at = 0; at < size; at += STEP) {
        struct iovec iov = {buffer, size - at < STEP ? (size_t)(size - at) : STEP};
        assert_int_equal(vhdx_preadv(v, &iov, 1, at), 0);
        assert_int_equal(fwrite(buffer, 1, iov.iov_len, pipe), iov.iov_len);
    }
    assert_int_equal(pclose(pipe), 0);
    assert_int_equal(read(fd, sum, 64), 64);
    sum[64] = '\0';
    free(buffer);
    close(fd);
    unlink(name);
}

static bool check_sample(const char *folder, char *fields[])
{
    uint64_t size = strtoull(fields[VIRTUAL], NULL, 10);
    bool dirty = strncmp(fields[12], "dirty", 5) == 0;
    if (size > (UINT64_C(1) << 30) && !dirty && getenv("REPLSVC_LONG") == NULL)
        return false;
    char path[] = "/tmp/vhdx-sample-XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    close(fd);
    assert_true(unpack(folder, fields[PACKED], path));
    struct vhdx_open_options options = {.writable = false};
    struct vhdx *v;
    assert_int_equal(vhdx_open(&vhdx_store_posix, path, &options, &v), 0);
    assert_int_equal(v->geometry.virtual_size, size);
    assert_int_equal(v->geometry.block_size, strtoull(fields[BLOCK], NULL, 10));
    char sum[65];
    content_checksum(v, sum);
    assert_string_equal(sum, fields[SHA_RAW]);
    vhdx_close(v);
    unlink(path);
    return true;
}

static void every_sample_reads_as_its_index_says(void **unused)
{
    (void)unused;
    char line[8192], folder[4096], *fields[FIELDS];
    FILE *index = spec_open("vhdx-samples/INDEX.tsv");
    if (index == NULL || !folder_of(index, folder, sizeof(folder)))
        skip();
    if (!command_is_there("bzip2") || !command_is_there("gzip")) {
        fprintf(stderr, "bzip2 or gzip is not installed: nothing to unpack the samples with\n");
        skip();
    }
    unsigned n = 0;
    while (spec_row(index, line, sizeof(line), fields, FIELDS) >= 0)
        if (*fields[NAME] != '\0')
            n += check_sample(folder, fields);
    fclose(index);
    printf("%u samples\n", n);
    assert_true(n > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_sample_reads_as_its_index_says),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
