/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Sharing data between images: what the target shows is what copying would give, whatever the images are and
 * wherever the range lies; on a file system that shares, no data moves. The first part runs on simulated
 * files, where sharing is a copy; the second on XFS in a loop device, as root.
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

#include <replsvc/replsvc.h>

#include "support/vhdx_sim.h"
#include "util/fail.h"
#include "vhdx/check.h"
#include "vhdx/clone.h"
#include "vhdx/create.h"

#define MIB (UINT64_C(1) << 20)
#define DISK (10 * MIB + 8192)

static struct vhdx *open_at(struct vhdx_store *store, const char *path, bool writable)
{
    struct vhdx_open_options o = {.writable = writable};
    struct vhdx *v = NULL;
    if (vhdx_open(store, path, &o, &v) != 0)
        fail_msg("%s: %s", path, svc_backend_error());
    return v;
}

static void create_at(struct vhdx_store *store, const char *path, struct vhdx_create_options o)
{
    if (vhdx_create(store, path, &o) != 0)
        fail_msg("%s: %s", path, svc_backend_error());
}

static void put(struct vhdx *v, uint64_t offset, uint64_t length, uint64_t stamp)
{
    uint8_t *data = malloc(length);
    vhdx_pattern(data, length, stamp);
    assert_int_equal(vhdx_pwrite(v, data, length, offset), 0);
    free(data);
}

static uint8_t *content(struct vhdx *v)
{
    uint8_t *data = malloc(v->geometry.virtual_size);
    assert_int_equal(vhdx_pread(v, data, v->geometry.virtual_size, 0), 0);
    return data;
}

/* Writes and discards of any alignment. */
static void scribble(struct vhdx *v, uint64_t *seed, unsigned n)
{
    for (unsigned i = 0; i < n; i++) {
        uint64_t sector = v->metadata.logical_sector, sectors = v->geometry.virtual_size / sector;
        uint64_t at = vhdx_random(seed) % sectors, most = vhdx_min(sectors - at, 3000);
        uint64_t length = (1 + vhdx_random(seed) % most) * sector;
        if (vhdx_random(seed) % 4 == 0)
            assert_int_equal(vhdx_discard(v, at * sector, length), 0);
        else
            put(v, at * sector, length, vhdx_random(seed));
    }
}

static void in_order(struct vhdx_store *store, const char *path)
{
    struct vhdx_check c = {.found = NULL};
    assert_int_equal(vhdx_check(store, path, &c), 0);
    assert_int_equal(c.result.errors + c.result.damage, 0);
}

static void clone_ranges(struct vhdx *from, struct vhdx *to, uint64_t *seed)
{
    uint8_t *source = content(from), *target = content(to), *got;
    for (unsigned i = 0; i < 25; i++) {
        uint64_t unit = vhdx_random(seed) % 3 == 0 ? 512 : 4096;
        unit = unit < from->metadata.logical_sector ? 4096 : unit;
        uint64_t at = vhdx_random(seed) % (DISK / unit) * unit;
        uint64_t length = vhdx_random(seed) % ((DISK - at) / unit + 1) * unit;
        assert_int_equal(vhdx_clone_range(from, at, to, at, length), 0);
        memcpy(target + at, source + at, length);
        if (i % 5 == 4) { /* elsewhere, too, where the file system's blocks fit */
            assert_int_equal(vhdx_clone_range(from, 4096, to, 3 * MIB, 2 * MIB), 0);
            memcpy(target + 3 * MIB, source + 4096, 2 * MIB);
        }
    }
    got = content(to);
    assert_memory_equal(got, target, DISK);
    free(got);
    got = content(from);
    assert_memory_equal(got, source, DISK);
    free(got);
    free(source);
    free(target);
}

static void what_is_cloned_is_what_a_copy_would_be(void **unused)
{
    (void)unused;
    const struct vhdx_create_options kinds[] = {
        {.size = DISK, .block_size = MIB},
        {.size = DISK, .block_size = 4 * MIB},
        {.size = DISK, .fixed = true},
        {.size = DISK, .block_size = MIB, .parent = "parent.vhdx"},
    };
    const size_t n = sizeof(kinds) / sizeof(kinds[0]);
    for (size_t i = 0; i < n * n; i++) {
        struct world *w = world_new(512);
        struct vhdx_store *store = vhdx_sim_store(w);
        uint64_t seed = i + 1;
        create_at(store, "parent.vhdx", (struct vhdx_create_options){.size = DISK, .block_size = 2 * MIB});
        struct vhdx *v = open_at(store, "parent.vhdx", true), *to;
        scribble(v, &seed, 12);
        assert_int_equal(vhdx_close(v), 0);
        create_at(store, "source.vhdx", kinds[i / n]);
        create_at(store, "target.vhdx", kinds[i % n]);
        v = open_at(store, "source.vhdx", true);
        to = open_at(store, "target.vhdx", true);
        scribble(v, &seed, 12);
        scribble(to, &seed, 6);
        clone_ranges(v, to, &seed);
        uint8_t *then = content(to), *now;
        assert_int_equal(vhdx_close(to), 0);
        assert_int_equal(vhdx_close(v), 0);
        to = open_at(store, "target.vhdx", false);
        now = content(to);
        assert_memory_equal(now, then, DISK);
        free(now);
        free(then);
        vhdx_close(to);
        in_order(store, "target.vhdx");
        in_order(store, "source.vhdx");
        world_free(w);
    }
}

static void what_cannot_be_shared_is_refused_untouched(void **unused)
{
    (void)unused;
    struct world *w = world_new(512);
    struct vhdx_store *store = vhdx_sim_store(w);
    create_at(store, "a.vhdx", (struct vhdx_create_options){.size = DISK, .block_size = MIB});
    create_at(store, "b.vhdx", (struct vhdx_create_options){.size = DISK, .block_size = MIB});
    struct vhdx *a = open_at(store, "a.vhdx", true), *b = open_at(store, "b.vhdx", true);
    put(a, 0, MIB, 1);
    assert_int_equal(vhdx_clone_range(a, 0, b, 512, MIB), -EINVAL);
    assert_int_equal(vhdx_clone_range(a, 0, b, DISK - 4096, 8192), -EINVAL);
    assert_int_equal(vhdx_clone_range(a, DISK, b, 0, 4096), -EINVAL);
    assert_int_equal(vhdx_clone_range(a, 0, a, MIB, MIB), -EOPNOTSUPP);
    assert_int_equal(vhdx_close(b), 0);
    b = open_at(store, "b.vhdx", false);
    assert_int_equal(vhdx_clone_range(a, 0, b, 0, MIB), -EROFS);
    uint8_t *data = content(b);
    assert_true(vhdx_all_zero(data, DISK));
    free(data);
    vhdx_close(b);
    assert_int_equal(vhdx_close(a), 0);
    world_free(w);
}

/* ---- a file system that shares ---- */

static char folder[64];
static bool mounted;

static const char *on_xfs(const char *name)
{
    static char paths[8][128];
    static unsigned next;
    char *path = paths[next++ % 8];
    snprintf(path, 128, "%s/mnt/%s", folder, name);
    return path;
}

static bool shell(const char *command)
{
    char line[512];
    snprintf(line, sizeof(line), "cd %s && { %s\n} >log 2>&1", folder, command);
    return system(line) == 0;
}

static void need_xfs(void)
{
    if (!mounted) {
        fprintf(stderr, "no XFS with reflink can be mounted here (it takes root and mkfs.xfs)\n");
        skip();
    }
}

static void a_copy_on_a_file_system_that_shares_moves_no_data(void **unused)
{
    (void)unused;
    need_xfs();
    struct vhdx_create_options o = {.size = 64 * MIB, .block_size = MIB};
    char source[160], target[160];
    replsvc_copy_statistics s = {.size = sizeof(s)};
    replsvc_copy_options options = {.size = sizeof(options)};
    create_at(&vhdx_store_posix, on_xfs("a.vhdx"), o);
    struct vhdx *v = open_at(&vhdx_store_posix, on_xfs("a.vhdx"), true), *t;
    for (uint64_t b = 0; b < 64; b += 2)
        put(v, b * MIB + b * 4096, 640 * 1024, b + 1);
    assert_int_equal(vhdx_close(v), 0);
    snprintf(source, sizeof(source), "vhdx:%s", on_xfs("a.vhdx"));
    snprintf(target, sizeof(target), "vhdx:%s", on_xfs("b.vhdx"));
    if (replsvc_copy(source, target, &options, &s) != REPLSVC_OK)
        fail_msg("%s", replsvc_last_error()->message);
    assert_string_equal(s.method, "reflink");
    assert_true(s.bytes_shared >= 32 * MIB / 2);
    assert_int_equal(s.bytes_written, 0);
    v = open_at(&vhdx_store_posix, on_xfs("a.vhdx"), true);
    t = open_at(&vhdx_store_posix, on_xfs("b.vhdx"), true);
    uint8_t *a = content(v), *b = content(t);
    assert_memory_equal(a, b, o.size);
    free(b);
    put(v, 0, 4096, 99); /* they are two disks */
    b = content(t);
    assert_memory_equal(a, b, o.size);
    free(a);
    free(b);
    assert_int_equal(vhdx_close(v), 0);
    assert_int_equal(vhdx_close(t), 0);
    in_order(&vhdx_store_posix, on_xfs("b.vhdx"));
    unlink(on_xfs("a.vhdx"));
    unlink(on_xfs("b.vhdx"));
}

static void a_native_snapshot_is_an_image_of_its_own(void **unused)
{
    (void)unused;
    need_xfs();
    create_at(&vhdx_store_posix, on_xfs("base.vhdx"),
              (struct vhdx_create_options){.size = 16 * MIB, .block_size = MIB});
    struct vhdx *v = open_at(&vhdx_store_posix, on_xfs("base.vhdx"), true), *s;
    put(v, MIB, MIB, 1);
    put(v, 5 * MIB, 4096, 2);
    uint8_t *then = content(v), *got;
    assert_int_equal(vhdx_native_snapshot(v, on_xfs("snap.vhdx")), 0); /* in the middle of a session */
    assert_int_equal(vhdx_native_snapshot(v, on_xfs("snap.vhdx")), -EEXIST);
    put(v, MIB, 4096, 3);
    assert_int_equal(vhdx_discard(v, 5 * MIB, MIB), 0);
    s = open_at(&vhdx_store_posix, on_xfs("snap.vhdx"), true);
    assert_false(vhdx_guid_equal(&s->header.data_write, &v->header.data_write));
    assert_false(vhdx_guid_equal(&s->header.file_write, &v->header.file_write));
    got = content(s);
    assert_memory_equal(got, then, 16 * MIB);
    free(got);
    put(s, 9 * MIB, 4096, 4);
    assert_int_equal(vhdx_close(s), 0);
    got = malloc(4096);
    assert_int_equal(vhdx_pread(v, got, 4096, 9 * MIB), 0);
    assert_true(vhdx_all_zero(got, 4096));
    free(got);
    free(then);
    assert_int_equal(vhdx_close(v), 0);
    in_order(&vhdx_store_posix, on_xfs("snap.vhdx"));
    in_order(&vhdx_store_posix, on_xfs("base.vhdx"));

    /* A child's is a child of the same parent, also from another folder. */
    create_at(&vhdx_store_posix, on_xfs("child.vhdx"),
              (struct vhdx_create_options){.block_size = MIB, .parent = on_xfs("base.vhdx")});
    v = open_at(&vhdx_store_posix, on_xfs("child.vhdx"), true);
    put(v, 2 * MIB + 512, 512, 7);
    then = content(v);
    assert_int_equal(mkdir(on_xfs("sub"), 0700), 0);
    assert_int_equal(vhdx_native_snapshot(v, on_xfs("sub/child.vhdx")), 0);
    assert_int_equal(vhdx_close(v), 0);
    const char *roots[] = {on_xfs("")};
    struct vhdx_open_options o = {.roots = roots, .n_roots = 1};
    assert_int_equal(vhdx_open(&vhdx_store_posix, on_xfs("sub/child.vhdx"), &o, &s), 0);
    got = content(s);
    assert_memory_equal(got, then, 16 * MIB);
    free(got);
    free(then);
    vhdx_close(s);
    assert_false(shell("ls mnt mnt/sub | grep tmp"));
}

int main(void)
{
    snprintf(folder, sizeof(folder), "/tmp/vhdx-clone-XXXXXX");
    if (mkdtemp(folder) == NULL)
        return 1;
    mounted = geteuid() == 0 && shell("mkdir mnt && truncate -s 512M xfs.img && mkfs.xfs -q -m reflink=1 "
                                      "xfs.img && mount -o loop xfs.img mnt");
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_cloned_is_what_a_copy_would_be),
        cmocka_unit_test(what_cannot_be_shared_is_refused_untouched),
        cmocka_unit_test(a_copy_on_a_file_system_that_shares_moves_no_data),
        cmocka_unit_test(a_native_snapshot_is_an_image_of_its_own),
    };
    int r = cmocka_run_group_tests(tests, NULL, NULL);
    if (mounted)
        shell("umount mnt");
    char line[128];
    snprintf(line, sizeof(line), "rm -rf %s", folder);
    return system(line) == 0 ? r : 1;
}
