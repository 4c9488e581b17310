/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Children and their parents: reading through a chain, merging and collapsing it, who stands in the way of
 * that, and paths that do not lead to the parent any more.
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
#include "vhdx/create.h"
#include "vhdx/extents.h"
#include "vhdx/merge.h"
#include "vhdx/parent.h"
#include "vhdx/relink.h"

#define MIB (UINT64_C(1) << 20)

static char folder[64];

static const char *in_folder(const char *name)
{
    static char paths[8][128];
    static unsigned next;
    char *path = paths[next++ % 8];
    snprintf(path, 128, "%s/%s", folder, name);
    return path;
}

static int try_open(const char *name, bool writable, struct vhdx **v)
{
    struct vhdx_open_options o = {.writable = writable};
    return vhdx_open(&vhdx_store_posix, in_folder(name), &o, v);
}

static struct vhdx *open_image(const char *name, bool writable)
{
    struct vhdx *v = NULL;
    if (try_open(name, writable, &v) != 0)
        fail_msg("%s: %s", name, svc_backend_error());
    return v;
}

static void create(const char *name, struct vhdx_create_options o, const char *parent)
{
    o.parent = parent != NULL ? in_folder(parent) : NULL;
    unlink(in_folder(name));
    assert_int_equal(vhdx_create(&vhdx_store_posix, in_folder(name), &o), 0);
}

static void put(struct vhdx *v, uint64_t offset, uint64_t length, uint64_t stamp)
{
    uint8_t *data = malloc(length);
    vhdx_pattern(data, length, stamp);
    assert_int_equal(vhdx_pwrite(v, data, length, offset), 0);
    free(data);
}

static void expect(struct vhdx *v, uint64_t offset, uint64_t length, uint64_t stamp)
{
    uint8_t *data = malloc(length), *got = malloc(length);
    vhdx_pattern(data, length, stamp);
    assert_int_equal(vhdx_pread(v, got, length, offset), 0);
    assert_memory_equal(got, data, length);
    free(data);
    free(got);
}

static bool is_there(const char *name)
{
    return access(in_folder(name), F_OK) == 0;
}

static void expect_sentence(const char *wanted)
{
    if (strstr(replsvc_last_error()->message, wanted) == NULL)
        fail_msg("\"%s\" does not say \"%s\"", replsvc_last_error()->message, wanted);
}

/* ---- reading ---- */

static void a_chain_reads_through(void **unused)
{
    (void)unused;
    struct vhdx_create_options base = {.size = 8 * MIB, .block_size = 2 * MIB};
    struct vhdx_create_options larger = {.size = 12 * MIB, .block_size = MIB};
    create("base.vhdx", base, NULL);
    struct vhdx *v = open_image("base.vhdx", true);
    put(v, 0, 8 * MIB, 1);
    assert_int_equal(vhdx_close(v), 0);
    create("middle.vhdx", larger, "base.vhdx");
    v = open_image("middle.vhdx", true);
    put(v, 3 * MIB + 4096, 8192, 2);
    put(v, 9 * MIB, 4096, 3);
    assert_int_equal(vhdx_discard(v, 5 * MIB, MIB), 0);
    assert_int_equal(vhdx_close(v), 0);
    create("top.vhdx", (struct vhdx_create_options){.block_size = 4 * MIB}, "middle.vhdx");
    v = open_image("top.vhdx", true);
    assert_int_equal(v->geometry.virtual_size, 12 * MIB);
    put(v, 3 * MIB + 5000, 100, 4); /* parts of sectors keep what is around them */
    expect(v, 0, 3 * MIB, 1);
    expect(v, 3 * MIB + 4096, 904, 2);
    expect(v, 3 * MIB + 5000, 100, 4);
    expect(v, 3 * MIB + 8192, 4096, 2);
    expect(v, 3 * MIB + 12288, 4096, 1);
    expect(v, 5 * MIB, MIB, 0);
    expect(v, 8 * MIB, MIB, 0); /* behind the base's end */
    expect(v, 9 * MIB, 4096, 3);
    replsvc_extent e[8];
    size_t n = 8;
    assert_int_equal(vhdx_extents(v, 4 * MIB, 8 * MIB, e, &n), 0);
    assert_int_equal(e[0].flags, 0);
    assert_int_equal(e[0].length, MIB);
    assert_int_equal(e[1].flags, REPLSVC_EXTENT_HOLE | REPLSVC_EXTENT_ZERO);
    assert_int_equal(e[1].length, MIB);
    uint64_t at = 4 * MIB;
    for (size_t i = 0; i < n; at += e[i++].length)
        assert_int_equal(e[i].offset, at);
    assert_int_equal(vhdx_close(v), 0);
}

static void a_chain_merges_from_its_top(void **unused)
{
    (void)unused;
    struct vhdx *v;
    assert_int_equal(
        vhdx_merge(&vhdx_store_posix, in_folder("top.vhdx"), &(struct vhdx_merge_options){.all = false}), 0);
    for (int i = 0; i < 2; i++) {
        v = open_image(i == 0 ? "top.vhdx" : "middle.vhdx", false);
        expect(v, 3 * MIB + 5000, 100, 4);
        expect(v, 3 * MIB + 12288, 4096, 1);
        expect(v, 5 * MIB, MIB, 0);
        vhdx_close(v);
    }
    assert_int_equal(
        vhdx_merge(&vhdx_store_posix, in_folder("middle.vhdx"), &(struct vhdx_merge_options){.all = false}),
        0);
    v = open_image("base.vhdx", false);
    assert_int_equal(v->geometry.virtual_size, 12 * MIB);
    expect(v, 0, 3 * MIB, 1);
    expect(v, 3 * MIB + 5000, 100, 4);
    expect(v, 5 * MIB, MIB, 0);
    expect(v, 9 * MIB, 4096, 3);
    vhdx_close(v);
    assert_int_equal(
        vhdx_merge(&vhdx_store_posix, in_folder("base.vhdx"), &(struct vhdx_merge_options){.all = false}),
        -EINVAL);
}

static void a_parent_outside_the_roots_is_refused(void **unused)
{
    (void)unused;
    struct vhdx_create_options o = {.size = 8 * MIB, .block_size = MIB};
    struct vhdx *v;
    replsvc_vhdx_check_result result = {.size = sizeof(result)};
    assert_int_equal(mkdir(in_folder("sub"), 0700), 0);
    create("a.vhdx", o, NULL);
    o.parent = in_folder("a.vhdx");
    assert_int_equal(vhdx_create(&vhdx_store_posix, in_folder("sub/child.vhdx"), &o), -EACCES);
    assert_false(is_there("sub/child.vhdx"));
    const char *roots[] = {folder};
    o.roots = roots;
    o.n_roots = 1;
    assert_int_equal(vhdx_create(&vhdx_store_posix, in_folder("sub/child.vhdx"), &o), 0);
    assert_int_equal(try_open("sub/child.vhdx", false, &v), -EACCES);
    struct vhdx_open_options options = {.roots = roots, .n_roots = 1};
    assert_int_equal(vhdx_open(&vhdx_store_posix, in_folder("sub/child.vhdx"), &options, &v), 0);
    vhdx_close(v);
    assert_int_equal(replsvc_vhdx_check(in_folder("sub/child.vhdx"), 0, NULL, NULL, &result), REPLSVC_OK);
    assert_int_equal(result.notes, 1); /* its parent was not looked at */
}

static void what_the_process_allows_goes_for_all_it_opens(void **unused)
{
    (void)unused;
    const char *roots[] = {"/nowhere/at/all", folder}, *relative[] = {"here"};
    const replsvc_backend *backend = replsvc_backend_find("vhdx");
    replsvc_backend_open_options options = {.size = sizeof(options)};
    replsvc_vhdx_check_result result = {.size = sizeof(result)};
    void *handle;
    assert_int_equal(backend->open(in_folder("sub/child.vhdx"), &options, &handle), -EACCES);
    assert_int_equal(replsvc_vhdx_allow_roots(relative, 1), REPLSVC_INVALID_PARAMETER);
    assert_int_equal(replsvc_vhdx_allow_roots(NULL, 1), REPLSVC_INVALID_PARAMETER);
    assert_int_equal(replsvc_vhdx_allow_roots(roots, 2), REPLSVC_OK);
    assert_int_equal(backend->open(in_folder("sub/child.vhdx"), &options, &handle), 0);
    backend->close(handle);
    assert_int_equal(replsvc_vhdx_check(in_folder("sub/child.vhdx"), 0, NULL, NULL, &result), REPLSVC_OK);
    assert_int_equal(result.notes, 0);
    replsvc_backend_create_options c = {.size = sizeof(c), .parent = in_folder("sub/child.vhdx")};
    assert_int_equal(backend->create(in_folder("sub/grandchild.vhdx"), &c), 0); /* its own folder goes on */
    assert_int_equal(
        replsvc_vhdx_collapse(in_folder("sub/grandchild.vhdx"), NULL, NULL, 0, REPLSVC_VHDX_COLLAPSE_REMOVE),
        REPLSVC_OK);
    assert_int_equal(replsvc_vhdx_allow_roots(NULL, 0), REPLSVC_OK);
    assert_false(is_there("sub/child.vhdx"));
    rmdir(in_folder("sub"));
}

/* ---- collapsing ---- */

/* base <- middle <- top <- last, of different sizes and block sizes; what last shows is in expect_last. */
static void make_chain(void)
{
    create("base.vhdx", (struct vhdx_create_options){.size = 12 * MIB, .block_size = 2 * MIB}, NULL);
    struct vhdx *v = open_image("base.vhdx", true);
    put(v, 0, 12 * MIB, 1);
    assert_int_equal(vhdx_close(v), 0);
    create("middle.vhdx", (struct vhdx_create_options){.size = 8 * MIB, .block_size = MIB}, "base.vhdx");
    v = open_image("middle.vhdx", true);
    put(v, 4096, 8192, 2);
    put(v, 3 * MIB, MIB, 2);
    assert_int_equal(vhdx_discard(v, 5 * MIB, MIB), 0);
    assert_int_equal(vhdx_close(v), 0);
    create("top.vhdx", (struct vhdx_create_options){.size = 16 * MIB, .block_size = 4 * MIB}, "middle.vhdx");
    v = open_image("top.vhdx", true);
    put(v, 8192, 8192, 3);
    put(v, 5 * MIB + 4096, 4096, 3);
    put(v, 15 * MIB, 4096, 3);
    assert_int_equal(vhdx_close(v), 0);
    create("last.vhdx", (struct vhdx_create_options){.block_size = MIB}, "top.vhdx");
    v = open_image("last.vhdx", true);
    put(v, 3 * MIB + 512, 512, 4);
    put(v, 6 * MIB, MIB, 4);
    assert_int_equal(vhdx_close(v), 0);
}

static void expect_last(const char *name)
{
    struct vhdx *v = open_image(name, false);
    assert_int_equal(v->geometry.virtual_size, 16 * MIB);
    expect(v, 0, 4096, 1);
    expect(v, 4096, 4096, 2);
    expect(v, 8192, 8192, 3);
    expect(v, 16384, 2 * MIB, 1);
    expect(v, 3 * MIB, 512, 2);
    expect(v, 3 * MIB + 512, 512, 4);
    expect(v, 3 * MIB + 1024, MIB - 1024, 2);
    expect(v, 4 * MIB, MIB, 1);
    expect(v, 5 * MIB, 4096, 0);
    expect(v, 5 * MIB + 4096, 4096, 3);
    expect(v, 5 * MIB + 8192, 4096, 0);
    expect(v, 6 * MIB, MIB, 4);
    expect(v, 7 * MIB, MIB, 1);
    expect(v, 8 * MIB, 7 * MIB, 0); /* behind the middle's end, though the base has data there */
    expect(v, 15 * MIB, 4096, 3);
    expect(v, 15 * MIB + 4096, MIB - 4096, 0);
    vhdx_close(v);
}

static void a_whole_chain_collapses_into_its_first_image(void **unused)
{
    (void)unused;
    make_chain();
    expect_last("last.vhdx");
    assert_int_equal(replsvc_vhdx_collapse(in_folder("last.vhdx"), NULL, NULL, 0, 0), REPLSVC_OK);
    expect_last("base.vhdx");
    expect_last("last.vhdx");
    assert_int_equal(replsvc_vhdx_collapse(in_folder("last.vhdx"), NULL, NULL, 0, 0), REPLSVC_OK);
    expect_last("base.vhdx");
    for (size_t i = 0; i < 2; i++) {
        const char *names[] = {"base.vhdx", "middle.vhdx"};
        assert_int_equal(replsvc_vhdx_check(in_folder(names[i]), 0, NULL, NULL, NULL), REPLSVC_OK);
    }
}

static void a_chain_collapses_down_to_where_it_is_told(void **unused)
{
    (void)unused;
    make_chain();
    assert_int_equal(replsvc_vhdx_collapse(in_folder("last.vhdx"), in_folder("middle.vhdx"), NULL, 0,
                                           REPLSVC_VHDX_COLLAPSE_REMOVE),
                     REPLSVC_OK);
    expect_last("middle.vhdx");
    assert_false(is_there("last.vhdx") || is_there("top.vhdx"));
    struct vhdx *v = open_image("base.vhdx", false);
    expect(v, 0, 12 * MIB, 1);
    vhdx_close(v);
    assert_int_equal(replsvc_vhdx_collapse(in_folder("middle.vhdx"), in_folder("middle.vhdx"), NULL, 0, 0),
                     REPLSVC_INVALID_PARAMETER);
    expect_sentence("no ancestor");
    assert_int_equal(replsvc_vhdx_collapse(in_folder("base.vhdx"), NULL, NULL, 0, 0),
                     REPLSVC_INVALID_PARAMETER);
    expect_sentence("no parent");
    assert_int_equal(replsvc_vhdx_collapse(in_folder("middle.vhdx"), NULL, NULL, 0, 0x80),
                     REPLSVC_INVALID_PARAMETER);
    assert_int_equal(replsvc_vhdx_collapse(NULL, NULL, NULL, 0, 0), REPLSVC_INVALID_PARAMETER);
}

static void refused_for(const char *other, uint32_t flags)
{
    assert_int_equal(replsvc_vhdx_collapse(in_folder("last.vhdx"), NULL, NULL, 0, flags), REPLSVC_IN_USE);
    expect_sentence(other);
    expect_last("last.vhdx");
    struct vhdx *v = open_image(other, false);
    vhdx_close(v);
}

static void other_children_stand_in_the_way(void **unused)
{
    (void)unused;
    const char *parents[] = {"base.vhdx", "middle.vhdx", "top.vhdx"};
    for (size_t i = 0; i < 3; i++) {
        make_chain();
        create("other.avhdx", (struct vhdx_create_options){0}, parents[i]);
        refused_for("other.avhdx", 0);
    }
    assert_int_equal(replsvc_vhdx_merge(in_folder("last.vhdx"), NULL, 0), REPLSVC_IN_USE);
    assert_int_equal(replsvc_vhdx_merge(in_folder("middle.vhdx"), NULL, 0), REPLSVC_OK);
    make_chain(); /* a child of the chain's end only minds if that is to go */
    create("other.avhdx", (struct vhdx_create_options){0}, "last.vhdx");
    refused_for("other.avhdx", REPLSVC_VHDX_COLLAPSE_REMOVE);
    assert_int_equal(replsvc_vhdx_collapse(in_folder("last.vhdx"), NULL, NULL, 0, 0), REPLSVC_OK);
    expect_last("other.avhdx");
    make_chain();
    create("other.avhdx", (struct vhdx_create_options){0}, "middle.vhdx");
    assert_int_equal(
        replsvc_vhdx_collapse(in_folder("last.vhdx"), NULL, NULL, 0, REPLSVC_VHDX_COLLAPSE_IGNORE_OTHERS),
        REPLSVC_OK);
    expect_last("base.vhdx");
    unlink(in_folder("other.avhdx"));
}

static void a_copy_of_the_parent_has_its_own_children(void **unused)
{
    (void)unused;
    char command[512];
    make_chain();
    assert_int_equal(mkdir(in_folder("sub"), 0700), 0);
    snprintf(command, sizeof(command), "cd %s && cp base.vhdx middle.vhdx sub", folder);
    assert_int_equal(system(command), 0);
    /* Whoever allows the other folder, too, has its files looked at. */
    const char *roots[] = {folder, in_folder("sub")};
    assert_int_equal(replsvc_vhdx_collapse(in_folder("last.vhdx"), NULL, roots, 2, 0), REPLSVC_OK);
    expect_last("base.vhdx");
    struct vhdx *v = open_image("sub/middle.vhdx", false);
    expect(v, 0, 4096, 1);
    vhdx_close(v);
    snprintf(command, sizeof(command), "rm -r %s/sub", folder);
    assert_int_equal(system(command), 0);
}

static void a_chain_in_use_is_left_alone(void **unused)
{
    (void)unused;
    make_chain();
    const char *names[] = {"base.vhdx", "middle.vhdx", "last.vhdx"};
    for (size_t i = 0; i < 3; i++) {
        struct vhdx *v = open_image(names[i], i == 2);
        assert_int_equal(replsvc_vhdx_collapse(in_folder("last.vhdx"), NULL, NULL, 0, 0), REPLSVC_IN_USE);
        vhdx_close(v);
    }
    expect_last("last.vhdx");
}

/* ---- paths ---- */

/* The child's locator with other paths; "" = keeps what it has, NULL = none. */
static void set_paths(const char *child, const char *relative, const char *absolute)
{
    struct vhdx_open_options o = {.writable = true, .no_parent = true};
    struct vhdx_locator l;
    struct vhdx *v;
    assert_int_equal(vhdx_open(&vhdx_store_posix, in_folder(child), &o, &v), 0);
    v->keeps_content = true;
    assert_int_equal(vhdx_parent_locator(v, &l), 0);
    free(l.relative_path);
    free(l.absolute_path);
    l.relative_path = relative != NULL ? strdup(relative) : NULL;
    l.absolute_path = absolute != NULL ? strdup(absolute) : NULL;
    assert_int_equal(vhdx_locator_store(v, &l), 0);
    vhdx_locator_free(&l);
    assert_int_equal(vhdx_close(v), 0);
}

static void expect_paths(const char *child, const char *relative, const char *absolute)
{
    struct vhdx_open_options o = {.no_parent = true};
    struct vhdx_locator l;
    struct vhdx *v;
    assert_int_equal(vhdx_open(&vhdx_store_posix, in_folder(child), &o, &v), 0);
    assert_int_equal(vhdx_parent_locator(v, &l), 0);
    assert_string_equal(l.relative_path != NULL ? l.relative_path : "none", relative);
    assert_string_equal(l.absolute_path != NULL ? l.absolute_path : "none", absolute);
    vhdx_locator_free(&l);
    vhdx_close(v);
}

static void stale_paths_are_written_anew(void **unused)
{
    (void)unused;
    char base[128];
    snprintf(base, sizeof(base), "%s", in_folder("base.vhdx"));
    const struct {
        const char *relative, *absolute, *relative_then, *absolute_then;
    } cases[] = {
        {".\\gone.vhdx", base, ".\\base.vhdx", base},
        {NULL, base, ".\\base.vhdx", base},
        {".\\base.vhdx", "/gone/base.vhdx", ".\\base.vhdx", base},
        {".\\base.vhdx", "C:\\VMs\\base.vhdx", ".\\base.vhdx", "C:\\VMs\\base.vhdx"},
        {"..\\Virtual Hard Disks\\base.vhdx", NULL, ".\\base.vhdx", "none"}, /* found beside the child */
        {NULL, "C:\\VMs\\base.vhdx", ".\\base.vhdx", "C:\\VMs\\base.vhdx"},
        {"./base.vhdx", NULL, "./base.vhdx", "none"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        make_chain();
        unlink(in_folder("top.vhdx"));
        unlink(in_folder("last.vhdx"));
        set_paths("middle.vhdx", cases[i].relative, cases[i].absolute);
        struct vhdx *v = open_image("middle.vhdx", false);
        expect(v, 3 * MIB, MIB, 2);
        expect(v, 4 * MIB, MIB, 1);
        vhdx_close(v);
        vhdx_close(open_image("middle.vhdx", true)); /* opened, not written */
        if (cases[i].relative != NULL)
            expect_paths("middle.vhdx", cases[i].relative,
                         cases[i].absolute != NULL ? cases[i].absolute : "none");
        v = open_image("middle.vhdx", true);
        put(v, 7 * MIB, 4096, 9);
        assert_int_equal(vhdx_close(v), 0);
        expect_paths("middle.vhdx", cases[i].relative_then, cases[i].absolute_then);
        v = open_image("middle.vhdx", false);
        expect(v, 7 * MIB, 4096, 9);
        expect(v, 4 * MIB, MIB, 1);
        vhdx_close(v);
    }
}

static void the_check_tells_a_stale_path_and_the_repair_mends_it(void **unused)
{
    (void)unused;
    replsvc_vhdx_check_result result = {.size = sizeof(result)};
    struct vhdx_header before;
    make_chain();
    set_paths("middle.vhdx", ".\\gone\\base.vhdx", NULL);
    struct vhdx *v = open_image("middle.vhdx", false);
    before = v->header;
    vhdx_close(v);
    assert_int_equal(replsvc_vhdx_check(in_folder("middle.vhdx"), 0, NULL, NULL, &result), REPLSVC_FAILED);
    assert_int_equal(result.errors, 1);
    assert_int_equal(
        replsvc_vhdx_check(in_folder("middle.vhdx"), REPLSVC_VHDX_CHECK_REPAIR, NULL, NULL, &result),
        REPLSVC_OK);
    expect_paths("middle.vhdx", ".\\base.vhdx", "none");
    assert_int_equal(replsvc_vhdx_check(in_folder("middle.vhdx"), 0, NULL, NULL, &result), REPLSVC_OK);
    v = open_image("middle.vhdx", false); /* its own children still fit */
    assert_true(vhdx_guid_equal(&v->header.data_write, &before.data_write));
    vhdx_close(v);
}

int main(void)
{
    snprintf(folder, sizeof(folder), "%s/vhdx-chain-XXXXXX",
             access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
    if (mkdtemp(folder) == NULL)
        return 1;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_chain_reads_through),
        cmocka_unit_test(a_chain_merges_from_its_top),
        cmocka_unit_test(a_parent_outside_the_roots_is_refused),
        cmocka_unit_test(what_the_process_allows_goes_for_all_it_opens),
        cmocka_unit_test(a_whole_chain_collapses_into_its_first_image),
        cmocka_unit_test(a_chain_collapses_down_to_where_it_is_told),
        cmocka_unit_test(other_children_stand_in_the_way),
        cmocka_unit_test(a_copy_of_the_parent_has_its_own_children),
        cmocka_unit_test(a_chain_in_use_is_left_alone),
        cmocka_unit_test(stale_paths_are_written_anew),
        cmocka_unit_test(the_check_tells_a_stale_path_and_the_repair_mends_it),
    };
    int r = cmocka_run_group_tests(tests, NULL, NULL);
    char line[128];
    snprintf(line, sizeof(line), "rm -rf %s", folder);
    return system(line) == 0 ? r : 1;
}
