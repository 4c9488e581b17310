/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What is written here is read by others (qemu-img, 7-Zip, libvhdi), and the other way round. Each is asked
 * whether the image is in order and for its content. A reader that is not installed is left out, saying so;
 * with none of them the test is skipped.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "support/vhdx_sim.h"
#include "vhdx/create.h"
#include "vhdx/resize.h"

#define MIB (UINT64_C(1) << 20)

static char folder[64];
static bool has_qemu, has_7zz, has_vhdi;

static bool is_there(const char *command)
{
    char line[256];
    snprintf(line, sizeof(line), "%s >/dev/null 2>&1", command);
    bool there = system(line) == 0;
    if (!there)
        fprintf(stderr, "without: %s\n", command);
    return there;
}

/* Runs a shell command in the folder; it must succeed. */
static void must(const char *format, ...) __attribute__((format(printf, 1, 2)));
static void must(const char *format, ...)
{
    char command[2048], line[4096];
    va_list args;
    va_start(args, format);
    vsnprintf(command, sizeof(command), format, args);
    va_end(args);
    snprintf(line, sizeof(line), "cd %s && { %s\n} > log 2>&1 || { cat log >&2; exit 1; }", folder, command);
    if (system(line) != 0)
        fail_msg("failed: %s", command);
}

static void path_of(const char *name, char path[128])
{
    snprintf(path, 128, "%s/%s", folder, name);
}

static struct vhdx *open_image(const char *name, bool writable)
{
    char path[128];
    struct vhdx_open_options o = {.writable = writable};
    struct vhdx *v = NULL;
    path_of(name, path);
    assert_int_equal(vhdx_open(&vhdx_store_posix, path, &o, &v), 0);
    return v;
}

static void create_image(const char *name, const struct vhdx_create_options *options, const char *parent)
{
    char path[128], parent_path[128];
    struct vhdx_create_options o = *options;
    path_of(name, path);
    if (parent != NULL)
        path_of(parent, parent_path);
    o.parent = parent != NULL ? parent_path : NULL;
    assert_int_equal(vhdx_create(&vhdx_store_posix, path, &o), 0);
}

/* The same random writes to the image and to a raw file. */
static void scribble(struct vhdx *v, const char *raw, uint64_t seed, unsigned n)
{
    char path[128];
    uint64_t size = v->geometry.virtual_size;
    uint8_t *buffer = malloc(MIB);
    path_of(raw, path);
    FILE *f = fopen(path, "r+");
    if (f == NULL)
        f = fopen(path, "w+");
    assert_non_null(f);
    assert_int_equal(ftruncate(fileno(f), (off_t)size), 0);
    for (unsigned i = 0; i < n; i++) {
        uint64_t unit = v->metadata.logical_sector;
        uint64_t length = (1 + vhdx_random(&seed) % (MIB / unit)) * unit;
        uint64_t offset = vhdx_random(&seed) % (size / unit) * unit;
        length = vhdx_min(length, size - offset);
        bool clear = vhdx_random(&seed) % 8 == 0;
        vhdx_pattern(buffer, length, clear ? 0 : vhdx_random(&seed));
        if (clear)
            assert_int_equal(vhdx_discard(v, offset, length), 0);
        else
            assert_int_equal(vhdx_pwrite(v, buffer, length, offset), 0);
        assert_int_equal(fseeko(f, (off_t)offset, SEEK_SET), 0);
        assert_int_equal(fwrite(buffer, 1, length, f), length);
    }
    assert_int_equal(fclose(f), 0);
    free(buffer);
}

static void equal_here(const char *name, const char *raw)
{
    char path[128];
    struct vhdx *v = open_image(name, false);
    uint8_t *a = malloc(MIB), *b = malloc(MIB);
    path_of(raw, path);
    FILE *f = fopen(path, "r");
    assert_non_null(f);
    for (uint64_t at = 0; at < v->geometry.virtual_size; at += MIB) {
        uint64_t n = vhdx_min(MIB, v->geometry.virtual_size - at);
        assert_int_equal(vhdx_pread(v, a, n, at), 0);
        assert_int_equal(fread(b, 1, n, f), n);
        assert_memory_equal(a, b, n);
    }
    fclose(f);
    free(a);
    free(b);
    vhdx_close(v);
}

static void equal_by_vhdi(const char *name, const char *parent, const char *raw)
{
    must("/usr/bin/python3 -c 'import pyvhdi,sys\n"
         "f=pyvhdi.file(); f.open(\"%s\")\n"
         "if \"%s\": p=pyvhdi.file(); p.open(\"%s\"); f.set_parent(p)\n"
         "r=open(\"%s\",\"rb\"); n=f.get_media_size()\n"
         "at=0\n"
         "while at<n:\n"
         "  k=min(1<<20,n-at); f.seek(at)\n"
         "  if f.read(k)!=r.read(k): sys.exit(\"differs near %%d\"%%at)\n"
         "  at+=k\n'",
         name, parent != NULL ? parent : "", parent != NULL ? parent : "", raw);
}

static void equal_everywhere(const char *name, const char *parent, const char *raw, bool large_sectors)
{
    equal_here(name, raw);
    if (has_qemu && parent == NULL && !large_sectors) {
        must("qemu-img check -f vhdx %s", name);
        must("qemu-img compare -f raw -F vhdx %s %s", raw, name);
    }
    if (has_7zz) {
        must("7zz t -tvhdx %s && ! grep -qi -e warning -e error log", name);
        must("7zz x -so -tvhdx %s | cmp - %s", name, raw);
    }
    if (has_vhdi) {
        must("vhdiinfo %s", name);
        equal_by_vhdi(name, parent, raw);
    }
}

static void round_trip(const struct vhdx_create_options *o)
{
    must("rm -f *");
    create_image("a.vhdx", o, NULL);
    for (uint64_t seed = 1; seed <= 2; seed++) {
        struct vhdx *v = open_image("a.vhdx", true);
        scribble(v, "raw", seed, 40);
        assert_int_equal(vhdx_close(v), 0);
        equal_everywhere("a.vhdx", NULL, "raw", o->logical_sector == 4096);
    }
}

static void dynamic_and_fixed_images_are_read_by_all(void **unused)
{
    (void)unused;
    const struct vhdx_create_options kinds[] = {
        {.size = 64 * MIB, .block_size = MIB},
        {.size = 100 * MIB + 4096}, /* 7-Zip opens no disk whose size is not a multiple of that */
        {.size = 32 * MIB, .block_size = 256 * MIB},
        {.size = 32 * MIB, .fixed = true},
        {.size = 64 * MIB, .block_size = MIB, .logical_sector = 4096, .physical_sector = 4096},
        {.size = 600 * MIB, .block_size = MIB}, /* more than one BAT page */
    };
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
        round_trip(&kinds[i]);
}

static void the_largest_image_is_accepted(void **unused)
{
    (void)unused;
    must("rm -f *");
    struct vhdx_create_options o = {.size = UINT64_C(64) << 40, .block_size = MIB};
    uint8_t data[4096], got[4096];
    create_image("big.vhdx", &o, NULL);
    struct vhdx *v = open_image("big.vhdx", true);
    vhdx_pattern(data, sizeof(data), 5);
    for (uint64_t i = 0; i < 20; i++)
        assert_int_equal(vhdx_pwrite(v, data, sizeof(data), o.size - 4096 - i * (o.size / 20 / 4096 * 4096)),
                         0);
    assert_int_equal(vhdx_close(v), 0);
    v = open_image("big.vhdx", false);
    for (uint64_t i = 0; i < 20; i++) {
        assert_int_equal(vhdx_pread(v, got, sizeof(got), o.size - 4096 - i * (o.size / 20 / 4096 * 4096)), 0);
        assert_memory_equal(got, data, sizeof(got));
    }
    vhdx_close(v);
    if (has_qemu)
        must("qemu-img check -f vhdx big.vhdx");
    if (has_vhdi)
        must("vhdiinfo big.vhdx");
}

static void children_are_read_with_their_parents(void **unused)
{
    (void)unused;
    must("rm -f *");
    struct vhdx_create_options base = {.size = 32 * MIB, .block_size = 2 * MIB};
    struct vhdx_create_options child = {.block_size = MIB};
    create_image("base.vhdx", &base, NULL);
    struct vhdx *v = open_image("base.vhdx", true);
    scribble(v, "raw", 7, 60);
    assert_int_equal(vhdx_close(v), 0);
    create_image("child.vhdx", &child, "base.vhdx");
    v = open_image("child.vhdx", true);
    scribble(v, "raw", 8, 60);
    assert_int_equal(vhdx_close(v), 0);
    equal_everywhere("child.vhdx", "base.vhdx", "raw", false);
}

static void a_dirty_log_is_replayed_by_others(void **unused)
{
    (void)unused;
    must("rm -f *");
    if (!has_qemu)
        skip();
    struct vhdx_create_options o = {.size = 64 * MIB, .block_size = MIB};
    create_image("a.vhdx", &o, NULL);
    struct vhdx *v = open_image("a.vhdx", true);
    for (uint64_t round = 0; round < 6; round++) {
        scribble(v, "raw", 20 + round, 30);
        must("cp a.vhdx killed.vhdx && cp a.vhdx own.vhdx"); /* as a killed process leaves it */
        must("qemu-img check -r all -f vhdx killed.vhdx");
        must("qemu-img compare -f raw -F vhdx raw killed.vhdx");
        equal_here("own.vhdx", "raw");
        equal_here("killed.vhdx", "raw");
    }
    assert_int_equal(vhdx_close(v), 0);
    equal_everywhere("a.vhdx", NULL, "raw", false);
}

static void images_of_qemu_are_read_and_written(void **unused)
{
    (void)unused;
    if (!has_qemu)
        skip();
    const char *options[] = {"subformat=dynamic,block_size=1M", "subformat=dynamic", "subformat=fixed",
                             "subformat=fixed,block_state_zero=off"};
    for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++) {
        must("rm -f *; truncate -s 50M raw");
        must("dd if=/dev/urandom of=raw bs=1M count=3 seek=7 conv=notrunc");
        must("qemu-img convert -f raw -O vhdx -o %s raw a.vhdx", options[i]);
        equal_here("a.vhdx", "raw");
        struct vhdx *v = open_image("a.vhdx", true);
        scribble(v, "raw", 30 + i, 40);
        assert_int_equal(vhdx_close(v), 0);
        equal_everywhere("a.vhdx", NULL, "raw", false);
    }
}

static void check_stamps(struct vhdx *v, uint64_t upto)
{
    uint8_t data[4096], got[4096];
    for (uint64_t at = 0; at < upto; at += 7 * 1024 * MIB) {
        vhdx_pattern(data, sizeof(data), at + 1);
        assert_int_equal(vhdx_pread(v, got, sizeof(got), at), 0);
        assert_memory_equal(got, data, sizeof(got));
    }
}

static void a_disk_that_grows_moves_its_table(void **unused)
{
    (void)unused;
    must("rm -f *");
    const uint64_t gib = 1024 * MIB,
                   sizes[] = {100 * gib, 300 * gib, 310 * gib + 5 * MIB, 90 * gib, 280 * gib};
    struct vhdx_create_options o = {.size = 60 * gib, .block_size = MIB};
    uint64_t written = 0;
    create_image("a.vhdx", &o, NULL);
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        struct vhdx *v = open_image("a.vhdx", true);
        uint8_t data[4096], got[4096];
        for (uint64_t at = 0; at < v->geometry.virtual_size; at += 7 * gib, written = at) {
            vhdx_pattern(data, sizeof(data), at + 1);
            assert_int_equal(vhdx_pwrite(v, data, sizeof(data), at), 0);
        }
        assert_int_equal(vhdx_resize(v, sizes[i]), 0);
        check_stamps(v, vhdx_min(written, sizes[i]));
        if (sizes[i] > written) {
            assert_int_equal(vhdx_pread(v, got, sizeof(got), written), 0);
            assert_true(vhdx_all_zero(got, sizeof(got)));
        }
        if (i % 2 == 1)
            assert_int_equal(vhdx_pwrite(v, data, 512, sizes[i] - 512), 0);
        must("cp --sparse=always a.vhdx killed.vhdx");
        assert_int_equal(vhdx_close(v), 0);
        if (has_qemu) {
            must("qemu-img check -f vhdx a.vhdx");
            must("qemu-img check -r all -f vhdx killed.vhdx");
        }
        if (has_7zz)
            must("7zz l -tvhdx a.vhdx && ! grep -qi -e warning -e error log"); /* t reads all of it */
        v = open_image("killed.vhdx", false);
        assert_int_equal(v->geometry.virtual_size, sizes[i]);
        check_stamps(v, vhdx_min(written, sizes[i]));
        vhdx_close(v);
    }
}

int main(void)
{
    snprintf(folder, sizeof(folder), "%s/vhdx-interop-XXXXXX",
             access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
    if (mkdtemp(folder) == NULL)
        return 1;
    has_qemu = is_there("command -v qemu-img");
    has_7zz = is_there("command -v 7zz");
    has_vhdi = is_there("command -v vhdiinfo") && is_there("/usr/bin/python3 -c 'import pyvhdi'");
    if (!has_qemu && !has_7zz && !has_vhdi) {
        rmdir(folder);
        return 77;
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(dynamic_and_fixed_images_are_read_by_all),
        cmocka_unit_test(the_largest_image_is_accepted),
        cmocka_unit_test(children_are_read_with_their_parents),
        cmocka_unit_test(a_dirty_log_is_replayed_by_others),
        cmocka_unit_test(a_disk_that_grows_moves_its_table),
        cmocka_unit_test(images_of_qemu_are_read_and_written),
    };
    int r = cmocka_run_group_tests(tests, NULL, NULL);
    char line[128];
    snprintf(line, sizeof(line), "rm -rf %s", folder);
    return system(line) == 0 ? r : 1;
}
