/* SPDX-License-Identifier: BSD-2-Clause */
/* Every write of every script keeps the rules of a writer (support/vhdx_rules.h). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>

#include "support/vhdx_rules.h"
#include "support/vhdx_scripts.h"
#include "vhdx/create.h"

#define MIB (UINT64_C(1) << 20)

static void end(const char *name)
{
    struct vhdx_rules_result r = vhdx_rules_end();
    printf("%s: %u entries, %u headers, %u pages in place, %u MiB used again\n", name, r.entries, r.headers,
           r.pages, r.reused);
    assert_int_equal(r.violations, 0);
    assert_true(r.entries > 0 && r.headers >= 4 && r.pages > 0);
}

static void every_script_keeps_the_rules(void **unused)
{
    (void)unused;
    for (size_t i = 0; i < n_vhdx_scripts; i++) {
        struct vhdx_script s;
        struct world *w = world_new(512);
        vhdx_script_begin(&s, &vhdx_scripts[i]);
        assert_int_equal(vhdx_script_setup(&s, w), 0);
        vhdx_rules_begin();
        assert_int_equal(vhdx_script_run(&s, w), 0);
        end(s.name);
        vhdx_script_end(&s);
        world_free(w);
    }
}

/* Random writes, discards, flushes and sessions, in a file whose space is used again and again. */
static void random_sessions_keep_the_rules(void **unused)
{
    (void)unused;
    const struct vhdx_create_options kinds[] = {
        {.size = 64 * MIB, .block_size = MIB},
        {.size = 64 * MIB, .block_size = 4 * MIB},
        {.size = 24 * MIB, .block_size = MIB, .parent = "parent.vhdx"},
    };
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        struct vhdx_create_options parent = {.size = 24 * MIB, .block_size = MIB};
        struct world *w = world_new(512);
        struct vhdx_store *store = vhdx_sim_store(w);
        uint64_t seed = i;
        uint8_t data[16384];
        assert_int_equal(vhdx_create(store, "parent.vhdx", &parent), 0);
        assert_int_equal(vhdx_create(store, "a.vhdx", &kinds[i]), 0);
        vhdx_rules_begin();
        for (int session = 0; session < 3; session++) {
            struct vhdx_open_options o = {.writable = true};
            struct vhdx *v;
            assert_int_equal(vhdx_open(store, "a.vhdx", &o, &v), 0);
            for (int n = 0; n < 600; n++) {
                uint64_t block = vhdx_random(&seed) % (kinds[i].size / MIB);
                unsigned what = vhdx_random(&seed) % 16;
                vhdx_pattern(data, sizeof(data), seed);
                if (what < 9)
                    assert_int_equal(
                        vhdx_pwrite(v, data, sizeof(data), block * MIB + vhdx_random(&seed) % 60 * 16384), 0);
                else if (what < 14)
                    assert_int_equal(
                        vhdx_discard(v, block * MIB,
                                     vhdx_min(1 + vhdx_random(&seed) % 5, kinds[i].size / MIB - block) * MIB),
                        0);
                else
                    assert_int_equal(vhdx_flush(v), 0);
            }
            assert_int_equal(vhdx_close(v), 0);
        }
        end("random");
        world_free(w);
    }
}

/* More entries than the ring holds, with nobody who writes in place meanwhile. */
static void a_full_ring_is_not_written_over(void **unused)
{
    (void)unused;
    struct vhdx_create_options o = {.size = 8 * MIB, .block_size = MIB};
    struct vhdx_open_options open_options = {.writable = true};
    struct world *w = world_new(512);
    struct vhdx *v;
    assert_int_equal(vhdx_create(vhdx_sim_store(w), "a.vhdx", &o), 0);
    vhdx_rules_begin();
    assert_int_equal(vhdx_open(vhdx_sim_store(w), "a.vhdx", &open_options, &v), 0);
    assert_int_equal(vhdx_session_begin(v, VHDX_SESSION_LOG), 0);
    for (uint64_t i = 0; i < 500; i++)
        assert_int_equal(vhdx_bat_set(v, i % 8, i % 2 != 0 ? VHDX_BLOCK_ZERO : VHDX_BLOCK_UNMAPPED), 0);
    assert_int_equal(vhdx_close(v), 0);
    end("full ring");
    world_free(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_script_keeps_the_rules),
        cmocka_unit_test(random_sessions_keep_the_rules),
        cmocka_unit_test(a_full_ring_is_not_written_over),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
