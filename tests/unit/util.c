/* SPDX-License-Identifier: BSD-2-Clause */
/* The small pieces: checksums, ids, clocks, hash, allocator, errors, log. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <replsvc/replsvc.h>

#include "util/alloc.h"
#include "util/bytes.h"
#include "util/clock.h"
#include "util/crc32c.h"
#include "util/fail.h"
#include "util/hash.h"
#include "util/id.h"
#include "util/log.h"

/* ---- CRC-32C ---- */

static void crc32c_has_the_published_values(void **state)
{
    (void)state;
    uint8_t bytes[32];
    /* RFC 3720, B.4 */
    memset(bytes, 0, sizeof bytes);
    assert_int_equal(crc32c(0, bytes, 32), 0x8a9136aa);
    memset(bytes, 0xff, sizeof bytes);
    assert_int_equal(crc32c(0, bytes, 32), 0x62a8ab43);
    for (uint8_t i = 0; i < 32; i++)
        bytes[i] = i;
    assert_int_equal(crc32c(0, bytes, 32), 0x46dd794e);
    assert_int_equal(crc32c(0, "123456789", 9), 0xe3069283);
    assert_int_equal(crc32c(0, NULL, 0), 0);
}

static void all_ways_to_crc32c_agree_at_every_length_and_alignment(void **state)
{
    (void)state;
    uint8_t bytes[300];
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (uint8_t)(i * 151 + 7);
    for (size_t at = 0; at < 9; at++)
        for (size_t len = 0; at + len <= sizeof bytes; len++) {
            uint32_t crc = crc32c_by_table(0x12345678, bytes + at, len);
            assert_int_equal(crc32c(0x12345678, bytes + at, len), crc);
            if (crc32c_has_hardware())
                assert_int_equal(crc32c_by_hardware(0x12345678, bytes + at, len), crc);
        }
}

static void a_crc32c_goes_on_where_another_ended(void **state)
{
    (void)state;
    for (size_t cut = 0; cut <= 9; cut++)
        assert_int_equal(crc32c(crc32c(0, "123456789", cut), &"123456789"[cut], 9 - cut), 0xe3069283);
}

/* ---- bytes ---- */

static void numbers_are_little_endian_at_any_alignment(void **state)
{
    (void)state;
    static const uint8_t expected[] = {0, 8, 7, 6, 5, 4, 3, 2, 1};
    uint8_t b[9] = {0};
    put_le64(b + 1, UINT64_C(0x0102030405060708));
    assert_memory_equal(b, expected, sizeof b);
    assert_true(get_le64(b + 1) == UINT64_C(0x0102030405060708));
    assert_int_equal(get_le32(b + 1), 0x05060708);
    assert_int_equal(get_le16(b + 1), 0x0708);
    put_le16(b, 0xfffe);
    put_le32(b + 3, 0xfffefdfc);
    assert_int_equal(get_le16(b), 0xfffe);
    assert_int_equal(get_le32(b + 3), 0xfffefdfc);
}

/* ---- ids, clocks ---- */

static void ids_have_their_prefix_fit_a_reference_and_differ(void **state)
{
    (void)state;
    replsvc_group_ref a, b;
    assert_int_equal(id_new("group", a.id, sizeof a.id), 0);
    assert_int_equal(id_new("group", b.id, sizeof b.id), 0);
    assert_string_not_equal(a.id, b.id);
    assert_int_equal(strlen(a.id), strlen("group-") + 36);
    assert_int_equal(strncmp(a.id, "group-", 6), 0);
    assert_int_equal(a.id[6 + 14], '4'); /* the version */
    assert_non_null(strchr("89ab", a.id[6 + 19]));
    assert_int_equal(strspn(a.id + 6, "0123456789abcdef-"), 36);
    assert_int_equal(id_new("a-prefix-of-twenty-seven-by", a.id, sizeof a.id), -ENAMETOOLONG);
}

static void clocks_run_forward(void **state)
{
    (void)state;
    int64_t a = clock_monotonic_us(), b = clock_monotonic_us();
    assert_true(b >= a);
    assert_true(clock_wall_us() > INT64_C(1700000000) * 1000000);
}

/* ---- hash ---- */

#define KEYS 5000

static void a_hash_follows_a_plain_model_and_keeps_the_order(void **state)
{
    (void)state;
    static char keys[KEYS][16];
    static unsigned place[KEYS]; /* 0 = not in */
    unsigned puts = 0, seed = 1;
    struct hash *h = hash_new();
    for (unsigned i = 0; i < KEYS; i++)
        (void)snprintf(keys[i], sizeof keys[i], "key-%u", i);
    for (unsigned step = 0; step < 40000; step++) {
        seed = seed * 1103515245u + 12345u;
        unsigned i = (seed >> 8) % KEYS;
        if (seed >> 30 && !place[i]) {
            assert_int_equal(hash_put(h, keys[i], &place[i]), 0);
            place[i] = ++puts;
        } else if (seed >> 30) {
            assert_int_equal(hash_put(h, keys[i], &place[i]), -EEXIST);
            assert_ptr_equal(hash_get(h, keys[i]), &place[i]);
        } else {
            assert_ptr_equal(hash_remove(h, keys[i]), place[i] ? &place[i] : NULL);
            place[i] = 0;
            assert_null(hash_get(h, keys[i]));
        }
    }
    size_t cursor = 0, n = 0, in = 0;
    unsigned last = 0;
    for (const unsigned *p; (p = hash_next(h, &cursor)); n++) {
        assert_true(*p > last);
        last = *p;
    }
    for (unsigned i = 0; i < KEYS; i++)
        in += place[i] != 0;
    assert_int_equal(n, in);
    assert_int_equal(hash_count(h), in);
    hash_free(h);
}

static void what_is_walked_in_a_hash_may_be_removed(void **state)
{
    (void)state;
    char keys[100][8];
    struct hash *h = hash_new();
    for (int i = 0; i < 100; i++) {
        (void)snprintf(keys[i], sizeof keys[i], "%d", i);
        assert_int_equal(hash_put(h, keys[i], keys[i]), 0);
    }
    size_t cursor = 0;
    int n = 0;
    for (const char *key; (key = hash_next(h, &cursor)); n++)
        assert_ptr_equal(hash_remove(h, key), key);
    assert_int_equal(n, 100);
    assert_int_equal(hash_count(h), 0);
    hash_free(h);
}

static void a_replaced_value_keeps_its_place(void **state)
{
    (void)state;
    int a = 1, b = 2, c = 3;
    struct hash *h = hash_new();
    assert_int_equal(hash_put(h, "a", &a), 0);
    assert_int_equal(hash_put(h, "b", &b), 0);
    assert_ptr_equal(hash_replace(h, "a", &c), &a);
    assert_null(hash_replace(h, "nobody", &c));
    size_t cursor = 0;
    assert_ptr_equal(hash_next(h, &cursor), &c);
    assert_ptr_equal(hash_next(h, &cursor), &b);
    assert_null(hash_next(h, &cursor));
    hash_free(h);
}

static void a_hash_without_memory_refuses_and_keeps_what_it_has(void **state)
{
    (void)state;
    char keys[9][4];
    struct hash *h = hash_new();
    for (int i = 0; i < 8; i++) {
        (void)snprintf(keys[i], sizeof keys[i], "%d", i);
        assert_int_equal(hash_put(h, keys[i], keys[i]), 0);
    }
    for (unsigned long n = 1; n <= 2; n++) {
        mem_fail_at(n);
        assert_int_equal(hash_put(h, "another", keys[8]), -ENOMEM);
        assert_int_equal(hash_count(h), 8);
        assert_ptr_equal(hash_get(h, "3"), keys[3]);
    }
    mem_fail_at(0);
    /* Reserved room is there whatever fails afterwards. */
    assert_int_equal(hash_reserve(h, 1), 0);
    mem_fail_at(1);
    assert_int_equal(hash_put(h, "another", keys[8]), 0);
    mem_fail_at(0);
    assert_int_equal(hash_reserve(h, SIZE_MAX / 2), -ENOMEM);
    hash_free(h);
}

/* ---- the allocator ---- */

static void the_nth_allocation_fails_and_no_other(void **state)
{
    (void)state;
    unsigned long before = mem_count();
    mem_fail_at(2);
    void *a = mem_alloc(1), *b = mem_alloc(1), *c = mem_zalloc(1);
    assert_non_null(a);
    assert_null(b);
    assert_non_null(c);
    assert_int_equal(mem_count() - before, 3);
    mem_free(a);
    mem_free(c);
    mem_fail_at(0);
}

static void sizes_that_overflow_or_are_zero_are_handled(void **state)
{
    (void)state;
    char *p = mem_strdup("kept");
    assert_null(mem_array(SIZE_MAX / 2, 3));
    assert_null(mem_grow(p, SIZE_MAX / 2, 3));
    assert_string_equal(p, "kept");
    p = mem_grow(p, 100, 1);
    assert_string_equal(p, "kept");
    mem_free(p);
    p = mem_alloc(0);
    assert_non_null(p);
    mem_free(p);
    p = mem_aligned(4096, 100);
    assert_int_equal((uintptr_t)p % 4096, 0);
    mem_free(p);
    mem_free(NULL);
}

/* ---- errors ---- */

static void an_error_names_code_parameter_and_errno(void **state)
{
    (void)state;
    assert_int_equal(svc_fail(REPLSVC_INVALID_PARAMETER, ENOENT, "TargetGroup", "group %s", "g1"), 5);
    const replsvc_error *e = replsvc_last_error();
    assert_int_equal(e->size, sizeof *e);
    assert_int_equal(e->code, 5);
    assert_int_equal(e->system_errno, ENOENT);
    assert_string_equal(e->message_id, "RSVC0005");
    assert_string_equal(e->parameter, "TargetGroup");
    assert_string_equal(e->message, "group g1: No such file or directory");
    svc_clear_error();
    assert_int_equal(replsvc_last_error()->code, 0);
    assert_string_equal(replsvc_last_error()->message, "");
}

static void a_backends_sentence_is_appended_and_its_errno_gives_the_code(void **state)
{
    (void)state;
    replsvc_backend_set_error("sector %d", 7);
    assert_string_equal(svc_backend_error(), "sector 7");
    assert_int_equal(svc_fail_backend(-EIO, NULL, "the source"), REPLSVC_FAILED);
    assert_string_equal(replsvc_last_error()->message, "the source: sector 7");
    svc_clear_error();
    assert_int_equal(svc_fail_backend(-EBUSY, NULL, "it"), REPLSVC_IN_USE);
    assert_string_equal(replsvc_last_error()->message, "it: Device or resource busy");
    assert_int_equal(svc_fail_backend(-EOPNOTSUPP, "Mode", "it"), REPLSVC_NOT_SUPPORTED);
    assert_int_equal(svc_fail_backend(-ENOENT, "Locator", "it"), REPLSVC_INVALID_PARAMETER);
    assert_int_equal(svc_fail_backend(-ENOENT, NULL, "it"), REPLSVC_FAILED);
    assert_int_equal(svc_fail_backend(-ENOSPC, "Locator", "it"), REPLSVC_FAILED);
    assert_int_equal(svc_fail_backend(-ETIMEDOUT, NULL, "it"), REPLSVC_TIMEOUT);
}

static void a_long_message_is_cut_and_may_quote_the_last_error(void **state)
{
    (void)state;
    char longest[3000];
    memset(longest, 'x', sizeof longest - 1);
    longest[sizeof longest - 1] = '\0';
    (void)svc_fail(REPLSVC_FAILED, EIO, longest, "%s", longest);
    assert_int_equal(strlen(replsvc_last_error()->message), sizeof(replsvc_last_error()->message) - 1);
    (void)svc_fail(REPLSVC_FAILED, 0, NULL, "first");
    (void)svc_fail(REPLSVC_FAILED, 0, NULL, "second after %s", replsvc_last_error()->message);
    assert_string_equal(replsvc_last_error()->message, "second after first");
    replsvc_backend_set_error("inner");
    replsvc_backend_set_error("outer: %s", svc_backend_error());
    assert_string_equal(svc_backend_error(), "outer: inner");
    svc_clear_error();
}

static void *other_thread(void *arg)
{
    (void)arg;
    bool clean = replsvc_last_error()->code == 0 && svc_backend_error()[0] == '\0';
    (void)svc_fail(REPLSVC_TIMEOUT, 0, NULL, "theirs");
    return clean ? NULL : "dirty";
}

static void each_thread_has_its_own_error(void **state)
{
    (void)state;
    pthread_t thread;
    void *result;
    (void)svc_fail(REPLSVC_FAILED, 0, NULL, "ours");
    assert_int_equal(pthread_create(&thread, NULL, other_thread, NULL), 0);
    assert_int_equal(pthread_join(thread, &result), 0);
    assert_null(result);
    assert_string_equal(replsvc_last_error()->message, "ours");
}

static void every_code_has_a_text_and_the_version_is_one(void **state)
{
    (void)state;
    char text[32];
    for (uint32_t code = 0; code < 10; code++)
        assert_true(strlen(replsvc_strerror(code)) > 0);
    assert_string_equal(replsvc_strerror(12345), "Unknown return code");
    uint32_t v = replsvc_version();
    (void)snprintf(text, sizeof text, "%u.%u.%u", v >> 16, v >> 8 & 0xff, v & 0xff);
    assert_string_equal(replsvc_version_string(), text);
    replsvc_free(NULL);
}

/* ---- the log ---- */

static char last_line[2048];
static unsigned lines;

static void take_line(void *user, enum replsvc_log_level level, const char *line)
{
    (void)level;
    assert_ptr_equal(user, last_line);
    (void)snprintf(last_line, sizeof last_line, "%s", line);
    lines++;
}

static void the_log_drops_what_is_above_its_level_and_keeps_to_one_line(void **state)
{
    (void)state;
    struct log log = {take_line, NULL, last_line, 0};
    lines = 0;
    log_line(&log, REPLSVC_LOG_INFO, "not this");
    assert_int_equal(lines, 0);
    log_line(&log, REPLSVC_LOG_WARNING, "a\nb\t%d", 7);
    assert_string_equal(last_line, "a b 7");
    log.level = REPLSVC_LOG_DEBUG;
    log_line(&log, REPLSVC_LOG_DEBUG, "%2000d", 1);
    assert_true(strlen(last_line) > 900 && strlen(last_line) < 1100);
    assert_int_equal(lines, 2);
    log_line(NULL, REPLSVC_LOG_ERROR, "nobody hears");
    log.function = NULL;
    log_line(&log, REPLSVC_LOG_ERROR, "nobody hears");
    assert_int_equal(lines, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(crc32c_has_the_published_values),
        cmocka_unit_test(all_ways_to_crc32c_agree_at_every_length_and_alignment),
        cmocka_unit_test(a_crc32c_goes_on_where_another_ended),
        cmocka_unit_test(numbers_are_little_endian_at_any_alignment),
        cmocka_unit_test(ids_have_their_prefix_fit_a_reference_and_differ),
        cmocka_unit_test(clocks_run_forward),
        cmocka_unit_test(a_hash_follows_a_plain_model_and_keeps_the_order),
        cmocka_unit_test(what_is_walked_in_a_hash_may_be_removed),
        cmocka_unit_test(a_replaced_value_keeps_its_place),
        cmocka_unit_test(a_hash_without_memory_refuses_and_keeps_what_it_has),
        cmocka_unit_test(the_nth_allocation_fails_and_no_other),
        cmocka_unit_test(sizes_that_overflow_or_are_zero_are_handled),
        cmocka_unit_test(an_error_names_code_parameter_and_errno),
        cmocka_unit_test(a_backends_sentence_is_appended_and_its_errno_gives_the_code),
        cmocka_unit_test(a_long_message_is_cut_and_may_quote_the_last_error),
        cmocka_unit_test(each_thread_has_its_own_error),
        cmocka_unit_test(every_code_has_a_text_and_the_version_is_one),
        cmocka_unit_test(the_log_drops_what_is_above_its_level_and_keeps_to_one_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
