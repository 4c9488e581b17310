/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Damaged logs: what is not sound from its tail to its head is not replayed, but refused; an entry that was
 * not finished ends the log before it.
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
#include "vhdx/log_format.h"

#define MIB (UINT64_C(1) << 20)
#define KIB (UINT64_C(1) << 10)

static void bad_logs_are_refused(void **unused)
{
    (void)unused;
    poke_make(true);
    vhdx_close(poke_open(false));
    poke_bytes(MIB + 4096 + 100, 1, 1); /* a torn entry: the sequence ends before it */
    vhdx_close(poke_open(false));
    poke_make(true);
    for (uint64_t at = MIB; at < 2 * MIB; at += 4096)
        poke_bytes(at, 0, 4);
    poke_refused("no valid sequence", MIB);
    poke_make(true);
    poke_bytes(MIB + 4096 + 64 + 16, 4096, 8); /* the identifier */
    poke_checksum(MIB + 4096, 8192);
    poke_bytes(MIB + 4096 + 8192, 0, 4);
    poke_refused("log entry", MIB + 4096);
    poke_make(true);
    poke_bytes(MIB + 4096 + 64 + 16, MIB + 8192, 8);
    poke_checksum(MIB + 4096, 8192);
    poke_bytes(MIB + 4096 + 8192, 0, 4);
    poke_refused("the log itself", MIB + 4096);
    poke_make(true);
    poke_bytes(MIB + 4096 + 48, 64 * MIB, 8);
    poke_checksum(MIB + 4096, 8192);
    poke_bytes(MIB + 4096 + 8192, 0, 4);
    poke_refused("it was cut off", MIB + 4096);
    poke_make(true);
    poke_headers(64, 1, 2);
    poke_refused("log version 1", 131072);
}

/* The log of poke_make(true): an empty entry at 0, and entries of one page (8 KiB each) from 4096 on. */
#define ENTRY (POKE_LOG + 4096)

/* The first entry of a page with one field changed: it is not valid then, and the log ends before it. */
static void entry_not_taken(uint64_t field, uint64_t value, size_t width)
{
    uint8_t data[512];
    poke_make(true);
    poke_bytes(ENTRY + field, value, width);
    if (field != 4)
        poke_checksum(ENTRY, 8192);
    struct vhdx *v = poke_open(false);
    for (uint64_t b = 0; b < 3; b++) {
        assert_int_equal(vhdx_pread(v, data, sizeof(data), b * MIB), 0);
        assert_int_equal(data[0], 0); /* no block is there yet */
    }
    vhdx_close(v);
}

static void an_entry_that_is_not_sound_ends_the_log(void **unused)
{
    (void)unused;
    const struct {
        uint64_t field, value;
        size_t width;
    } cases[] = {
        {0, 0x12345678, 4}, /* signature */
        {4, 0, 4},          /* checksum */
        {8, 0, 4},          /* length */
        {8, 4096, 4},       /* shorter than its descriptors say */
        {8, 12288, 4},      /* longer */
        {8, 100, 4},        /* no multiple of a sector */
        {8, 0xfffff000, 4}, /* longer than the ring */
        {12, 100, 4},       /* a tail between sectors */
        {12, 64u << 20, 4}, /* a tail outside the ring */
        {16, 0, 8},         /* sequence */
        {16, 5, 8},         /* another than the descriptors' */
        {24, 0, 4},         /* descriptors */
        {24, 2, 4},
        {24, UINT32_MAX, 4},
        {32, 0x1234567812345678, 8}, /* somebody else's */
        {64, 0x11111111, 4},         /* a descriptor of no known kind */
        {64 + 16, 3 * MIB + 100, 8}, /* of no whole page */
        {64 + 24, 77, 8},            /* of another sequence */
        {4096, 0x22222222, 4},       /* data: signature */
        {4096 + 4, 0x33333333, 4},   /* the halves of its sequence */
        {8192 - 4, 0x44444444, 4},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        entry_not_taken(cases[i].field, cases[i].value, cases[i].width);
}

static void absurd_sizes_in_a_log_are_refused(void **unused)
{
    (void)unused;
    const struct {
        uint64_t field, value;
        const char *sentence;
    } cases[] = {
        {48, UINT64_C(1) << 60, "it was cut off"},         {56, UINT64_C(1) << 60, "a file of"},
        {64 + 16, UINT64_C(1) << 60, "it changes offset"}, {64 + 16, 0, "it changes offset"},
        {64 + 16, 128 * KIB, "it changes offset"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        poke_make(true);
        poke_bytes(ENTRY + cases[i].field, cases[i].value, 8);
        poke_checksum(ENTRY, 8192);
        poke_bytes(ENTRY + 8192, 0, 4); /* it is the last */
        poke_refused(cases[i].sentence, ENTRY);
    }
    poke_make(true); /* a descriptor of zeroes, of more than there can be */
    poke_bytes(ENTRY + 8, 4096, 4);
    poke_bytes(ENTRY + 64, 0x6f72657a, 4);
    poke_bytes(ENTRY + 64 + 8, UINT64_C(1) << 60, 8);
    poke_checksum(ENTRY, 4096);
    poke_refused("it changes offset", ENTRY);
}

static void a_tail_that_does_not_lead_to_the_head_is_not_followed(void **unused)
{
    (void)unused;
    poke_make(true);
    for (uint64_t at = 0; at < 4; at++) { /* of all entries */
        uint64_t entry = at == 0 ? POKE_LOG : ENTRY + (at - 1) * 8192;
        poke_bytes(entry + 12, 512 * KIB, 4);
        poke_checksum(entry, at == 0 ? 4096 : 8192);
    }
    poke_refused("no valid sequence", POKE_LOG);
}

int main(void)
{
    if (!poke_begin("vhdx-log"))
        return 1;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bad_logs_are_refused),
        cmocka_unit_test(an_entry_that_is_not_sound_ends_the_log),
        cmocka_unit_test(absurd_sizes_in_a_log_are_refused),
        cmocka_unit_test(a_tail_that_does_not_lead_to_the_head_is_not_followed),
    };
    int r = cmocka_run_group_tests(tests, NULL, NULL);
    poke_end();
    return r;
}
