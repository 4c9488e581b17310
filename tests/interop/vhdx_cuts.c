/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a power cut leaves of a VHDX image, in the hands of others: QEMU replays the log of a copy, which must
 * then have all that was flushed; 7-Zip and libvhdi must find the image sound that our replay has left. The
 * cuts are those of tests/crash; every so many of them is looked at.
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

#include "support/vhdx_scripts.h"

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

static bool shell(const char *command)
{
    char line[1024];
    snprintf(line, sizeof(line), "cd %s && { %s\n} >log 2>&1 || { cat log >&2; exit 1; }", folder, command);
    return system(line) == 0;
}

/* The world's file as a file of the machine's, without what is zero in it. */
static void bring_out(struct world *w, const char *name, const char *as)
{
    char path[128];
    struct world_file *f;
    uint64_t size;
    uint8_t *data = malloc(65536);
    snprintf(path, sizeof(path), "%s/%s", folder, as);
    FILE *out = fopen(path, "wb");
    assert_non_null(out);
    assert_int_equal(world_open(w, name, 0, &f), 0);
    assert_int_equal(world_size(f, &size), 0);
    for (uint64_t at = 0; at < size; at += 65536) {
        size_t n = (size_t)vhdx_min(65536, size - at);
        assert_int_equal(world_read(f, data, n, at), 0);
        if (vhdx_all_zero(data, n))
            continue;
        assert_int_equal(fseeko(out, (off_t)at, SEEK_SET), 0);
        assert_int_equal(fwrite(data, 1, n, out), n);
    }
    assert_int_equal(fflush(out), 0);
    assert_int_equal(ftruncate(fileno(out), (off_t)size), 0);
    fclose(out);
    world_close(f);
    free(data);
}

static struct vhdx *open_file(const char *name, bool writable)
{
    char path[128];
    struct vhdx_open_options o = {.writable = writable};
    struct vhdx *v;
    snprintf(path, sizeof(path), "%s/%s", folder, name);
    return vhdx_open(&vhdx_store_posix, path, &o, &v) == 0 ? v : NULL;
}

static uint8_t *content(const char *name, bool writable, uint64_t *size)
{
    struct vhdx *v = open_file(name, writable);
    if (v == NULL)
        return NULL;
    *size = v->geometry.virtual_size;
    uint8_t *data = malloc(*size);
    struct iovec iov = {data, *size};
    if (vhdx_preadv(v, &iov, 1, 0) != 0) {
        free(data);
        data = NULL;
    }
    if (vhdx_close(v) != 0) {
        free(data);
        data = NULL;
    }
    return data;
}

/* A plain image and a copy of it, replayed by QEMU; NULL, or a sentence of what is wrong. A lost entry in
 * the middle of those that were not flushed leaves QEMU with other ones than us, as it does not look at the
 * tail; so it is the model that says what must be there, or for a parent, which has no lost ones, our replay.
 */
static const char *look_at_plain(const struct model *m, const char *name, const char *copy,
                                 const struct crash_point *p)
{
    char command[160];
    uint64_t size, other_size = 0;
    uint8_t *own = content(name, true, &size), *other; /* replayed into the file */
    if (own == NULL)
        return "our own replay fails";
    if (!has_qemu) {
        free(own);
        return NULL;
    }
    snprintf(command, sizeof(command), "qemu-img check -q -r all -f vhdx %s && qemu-img check -f vhdx %s",
             copy, copy);
    const char *wrong = shell(command) ? NULL : "qemu-img check -r all";
    other = wrong == NULL ? content(copy, false, &other_size) : NULL;
    if (wrong == NULL &&
        (other == NULL || (m == NULL && (other_size != size || memcmp(own, other, size) != 0))))
        wrong = "QEMU's replay shows something else";
    free(own);
    free(other);
    if (wrong == NULL && m != NULL) {
        struct vhdx *v = open_file(copy, false);
        wrong = v == NULL || model_check(m, v, p) != 0 ? "QEMU's replay lacks something" : NULL;
        if (v != NULL)
            vhdx_close(v);
    }
    snprintf(command, sizeof(command), "qemu-img check -f vhdx %s", name);
    if (wrong == NULL && !shell(command))
        wrong = "qemu-img check of the image that we have replayed";
    return wrong;
}

static const char *look_at_all(const char *name, bool merging)
{
    char command[128];
    uint64_t size;
    uint8_t *own = content(name, true, &size);
    free(own);
    if (own == NULL)
        return "our own replay fails";
    /* 1 is a warning: of space at the end that was taken, but not used before the cut. */
    /* Nor does it read a child on behind its parent's end. */
    snprintf(command, sizeof(command), "7zz %s -tvhdx %s || [ $? = 1 ]", size > VHDX_SCRIPT_DISK ? "l" : "t",
             name);
    /* In the midst of a merge the parent is the one of the second linkage, which 7-Zip does not look at. */
    if (has_7zz && !merging && !shell(command))
        return "7zz t";
    snprintf(command, sizeof(command), "vhdiinfo %s", name);
    return has_vhdi && !shell(command) ? "vhdiinfo" : NULL;
}

struct cuts {
    struct vhdx_script script; /* the first: the crash harness hands it on */
    unsigned n, looked_at;
};

static int check(void *user, struct world *w, const struct crash_point *p)
{
    struct cuts *c = user;
    unsigned every = c->script.many ? 97 : 13;
    every = getenv("REPLSVC_LONG") != NULL ? 3 : every;
    if (c->n++ % every != 0)
        return 0;
    c->looked_at++;
    const char *plain = c->script.child ? "parent.vhdx" : VHDX_SCRIPT_IMAGE;
    bring_out(w, plain, plain);
    bring_out(w, plain, "qemu.vhdx");
    if (c->script.child)
        bring_out(w, VHDX_SCRIPT_IMAGE, VHDX_SCRIPT_IMAGE);
    const char *wrong = look_at_plain(c->script.child ? NULL : c->script.model, plain, "qemu.vhdx", p);
    wrong = wrong != NULL ? wrong : look_at_all(VHDX_SCRIPT_IMAGE, c->script.merge);
    return wrong != NULL ? crash_wrong(p, "%s", wrong) : 0;
}

static void others_find_sound_what_a_cut_leaves(void **unused)
{
    (void)unused;
    for (size_t i = 0; i < n_vhdx_scripts; i++) {
        struct cuts cuts = {.n = 0};
        vhdx_script_begin(&cuts.script, &vhdx_scripts[i]);
        struct crash_scenario c = {.name = cuts.script.name,
                                   .random = 1,
                                   .single = 1,
                                   .setup = vhdx_script_setup,
                                   .run = vhdx_script_run,
                                   .restart = vhdx_script_restart,
                                   .mark = vhdx_script_mark,
                                   .check = check,
                                   .user = &cuts};
        assert_int_equal(crash_run(&c), 0);
        printf("%u of them looked at\n", cuts.looked_at);
        vhdx_script_end(&cuts.script);
    }
}

int main(void)
{
    snprintf(folder, sizeof(folder), "%s/vhdx-cuts-XXXXXX",
             access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
    if (mkdtemp(folder) == NULL)
        return 1;
    has_qemu = is_there("command -v qemu-img");
    has_7zz = is_there("command -v 7zz");
    has_vhdi = is_there("command -v vhdiinfo");
    int r = 77;
    if (has_qemu || has_7zz || has_vhdi) {
        const struct CMUnitTest tests[] = {
            cmocka_unit_test(others_find_sound_what_a_cut_leaves),
        };
        r = cmocka_run_group_tests(tests, NULL, NULL);
    }
    char line[128];
    snprintf(line, sizeof(line), "rm -rf %s", folder);
    return system(line) == 0 ? r : 1;
}
