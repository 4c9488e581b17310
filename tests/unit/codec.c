/* SPDX-License-Identifier: BSD-2-Clause */
/* Tagged fields: round trips, unknown tags, damage, lack of memory. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <string.h>

#include "state/codec.h"
#include "util/alloc.h"

enum { T_NAME = 1, T_FLAG, T_SMALL, T_NUMBER, T_BIG, T_TIME, T_ITEM, T_LATER };

struct thing {
    char name[16], items[3][8];
    size_t n_items;
    bool flag;
    uint16_t small;
    uint32_t number;
    uint64_t big;
    int64_t time;
};

static const struct thing example = {.name = "a thing",
                                     .items = {"x", "", "seven77"},
                                     .n_items = 3,
                                     .flag = true,
                                     .small = 0xfffe,
                                     .number = 0xfffefdfc,
                                     .big = UINT64_MAX - 1,
                                     .time = -5};

static void encode(struct codec_writer *w, const struct thing *t)
{
    codec_put_str(w, T_NAME, t->name);
    codec_put_bool(w, T_FLAG, t->flag);
    codec_put_str(w, T_LATER, "a field of a later version");
    codec_put_u16(w, T_SMALL, t->small);
    codec_put_u32(w, T_NUMBER, t->number);
    codec_put_u64(w, T_BIG, t->big);
    codec_put_i64(w, T_TIME, t->time);
    for (size_t i = 0; i < t->n_items; i++)
        codec_put_str(w, T_ITEM, t->items[i]);
}

static int decode(const void *data, size_t len, struct thing *t)
{
    struct codec_reader r;
    struct codec_field f;
    int result;
    memset(t, 0, sizeof *t);
    codec_reader_init(&r, data, len);
    while ((result = codec_next(&r, &f)) == 1) {
        int e = 0;
        switch (f.tag) {
        case T_NAME:
            e = codec_get_str(&f, t->name, sizeof t->name);
            break;
        case T_FLAG:
            e = codec_get_bool(&f, &t->flag);
            break;
        case T_SMALL:
            e = codec_get_u16(&f, &t->small);
            break;
        case T_NUMBER:
            e = codec_get_u32(&f, &t->number);
            break;
        case T_BIG:
            e = codec_get_u64(&f, &t->big);
            break;
        case T_TIME:
            e = codec_get_i64(&f, &t->time);
            break;
        case T_ITEM:
            e = t->n_items < 3 ? codec_get_str(&f, t->items[t->n_items], sizeof t->items[0]) : -EUCLEAN;
            t->n_items++;
            break;
        default: /* of a later version */
            break;
        }
        if (e)
            return e;
    }
    return result;
}

static void a_record_comes_back_and_unknown_fields_are_skipped(void **state)
{
    (void)state;
    struct codec_writer w = CODEC_WRITER_INIT;
    struct thing t;
    encode(&w, &example);
    assert_int_equal(w.err, 0);
    assert_int_equal(decode(w.data, w.len, &t), 0);
    assert_memory_equal(&t, &example, sizeof t);
    codec_writer_free(&w);
    assert_int_equal(decode(NULL, 0, &t), 0);
}

static void a_record_cut_short_is_noticed_or_ends_between_fields(void **state)
{
    (void)state;
    struct codec_writer w = CODEC_WRITER_INIT;
    struct thing t;
    encode(&w, &example);
    unsigned whole = 0;
    for (size_t cut = 0; cut < w.len; cut++) {
        int r = decode(w.data, cut, &t);
        assert_true(r == 0 || r == -EUCLEAN);
        whole += r == 0;
    }
    assert_int_equal(whole, 10); /* before each of the fields */
    codec_writer_free(&w);
}

static void values_that_do_not_fit_are_refused(void **state)
{
    (void)state;
    static const uint8_t bytes[] = {1, 2, 3, 4, 5, 6, 7, 8};
    struct codec_field f = {1, bytes, 8};
    char s[4];
    bool b;
    uint16_t u16;
    uint32_t u32;
    uint64_t u64;
    int64_t i64;
    assert_int_equal(codec_get_u16(&f, &u16), -EUCLEAN);
    assert_int_equal(codec_get_u32(&f, &u32), -EUCLEAN);
    assert_int_equal(codec_get_bool(&f, &b), -EUCLEAN);
    f.len = 3;
    assert_int_equal(codec_get_u64(&f, &u64), -EUCLEAN);
    assert_int_equal(codec_get_i64(&f, &i64), -EUCLEAN);
    assert_int_equal(codec_get_str(&f, s, sizeof s), 0);
    f.len = 4;
    assert_int_equal(codec_get_str(&f, s, sizeof s), -EUCLEAN);
    f = (struct codec_field){1, (const uint8_t *)"a\0b", 3};
    assert_int_equal(codec_get_str(&f, s, sizeof s), -EUCLEAN);
    /* A number may have been narrower. */
    f = (struct codec_field){1, bytes + 1, 1};
    assert_int_equal(codec_get_u64(&f, &u64), 0);
    assert_int_equal(u64, 2);
    f.len = 2;
    assert_int_equal(codec_get_u32(&f, &u32), 0);
    assert_int_equal(u32, 0x0302);
}

static void a_length_beyond_the_record_is_refused(void **state)
{
    (void)state;
    static const uint8_t lie[] = {1, 0, 0xff, 0xff, 0xff, 0xff, 'x'};
    struct codec_reader r;
    struct codec_field f;
    codec_reader_init(&r, lie, sizeof lie);
    assert_int_equal(codec_next(&r, &f), -EUCLEAN);
}

static void lack_of_memory_is_kept_until_the_end(void **state)
{
    (void)state;
    struct codec_writer w = CODEC_WRITER_INIT;
    mem_fail_at(1);
    encode(&w, &example);
    mem_fail_at(0);
    assert_int_equal(w.err, -ENOMEM);
    codec_writer_free(&w);
    codec_put_bytes(&w, 1, "", SIZE_MAX);
    assert_int_equal(w.err, -EFBIG);
    codec_writer_free(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_record_comes_back_and_unknown_fields_are_skipped),
        cmocka_unit_test(a_record_cut_short_is_noticed_or_ends_between_fields),
        cmocka_unit_test(values_that_do_not_fit_are_refused),
        cmocka_unit_test(a_length_beyond_the_record_is_refused),
        cmocka_unit_test(lack_of_memory_is_kept_until_the_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
