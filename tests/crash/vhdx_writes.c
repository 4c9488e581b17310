/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The power is cut, or the process killed, after every write of a VHDX image: what was flushed (or, after a
 * kill, acknowledged) is there, nothing of another block shows, the image opens and can be written on.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "support/vhdx_scripts.h"

#define MIB (UINT64_C(1) << 20)
#define KIB (UINT64_C(1) << 10)

/* Writes what the model does not know of, behind everything it does: the image must go on working. */
static int write_on(struct world *w, const struct crash_point *p)
{
    uint8_t data[4096], got[4096];
    struct vhdx *v;
    int r = vhdx_script_open(w, true, &v);
    if (r != 0)
        return crash_wrong(p, "opening for writing again: %d", r);
    vhdx_pattern(data, sizeof(data), 0x777);
    for (uint64_t b = 0; b < 5 && r == 0; b += 2)
        r = vhdx_pwrite(v, data, sizeof(data), b * MIB + 128 * KIB);
    r = r != 0 ? r : vhdx_close(v);
    r = r != 0 ? r : vhdx_script_open(w, false, &v);
    if (r != 0)
        return crash_wrong(p, "writing on: %d", r);
    for (uint64_t b = 0; b < 5 && r == 0; b += 2) {
        r = vhdx_pread(v, got, sizeof(got), b * MIB + 128 * KIB);
        r = r != 0 ? r : memcmp(got, data, sizeof(got));
    }
    vhdx_close(v);
    return r != 0 ? crash_wrong(p, "what was written after the recovery is not there") : 0;
}

static int check(void *user, struct world *w, const struct crash_point *p)
{
    struct vhdx_script *s = user;
    struct vhdx *v;
    int r = vhdx_script_open(w, false, &v); /* replayed in memory */
    if (r != 0)
        return crash_wrong(p, "opening for reading: %d", r);
    r = model_check(s->model, v, p);
    vhdx_close(v);
    r = r != 0 ? r : vhdx_script_open(w, true, &v); /* replayed into the file */
    if (r != 0)
        return crash_wrong(p, "opening for writing: %d", r);
    r = model_check(s->model, v, p);
    vhdx_close(v);
    world_mark(w, CRASH_RECOVERED, 0, 0, 0);
    return r != 0 ? r : write_on(w, p);
}

static void every_script_survives_every_cut(void **unused)
{
    (void)unused;
    for (size_t i = 0; i < n_vhdx_scripts; i++) {
        struct vhdx_script s;
        vhdx_script_begin(&s, &vhdx_scripts[i]);
        struct crash_scenario c = {.name = s.name,
                                   .recovery = !s.many,
                                   .random = s.many,
                                   .single = s.many,
                                   .setup = vhdx_script_setup,
                                   .run = vhdx_script_run,
                                   .restart = vhdx_script_restart,
                                   .mark = vhdx_script_mark,
                                   .check = check,
                                   .user = &s};
        assert_int_equal(crash_run(&c), 0);
        vhdx_script_end(&s);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_script_survives_every_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
