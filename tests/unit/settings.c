/* SPDX-License-Identifier: BSD-2-Clause */
/* Embedded CIM_ReplicationSettingData: both encodings, every rule, and the table against the schema. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <stdio.h>

#include <replsvc/service.h>

#include "service/embedded.h"
#include "service/settings.h"
#include "support/spec.h"
#include "util/alloc.h"

#define CLASS "CIM_ReplicationSettingData"

static uint32_t parse(const char *text, replsvc_replication_settings *s)
{
    memset(s, 0, sizeof(*s));
    s->size = sizeof(*s);
    return replsvc_replication_settings_parse(text, s);
}

static void both_encodings_are_read(void **state)
{
    (void)state;
    replsvc_replication_settings s;
    assert_int_equal(
        parse("instance of " CLASS " { Pairing = 3; ConsistentPointInTime = TRUE; "
              "DesiredRPO = \"00000001020304.000005:000\"; CopyPriority = 0; MaximumSkew = 0x10; };",
              &s),
        0);
    assert_int_equal(s.pairing, REPLSVC_PAIRING_EXACT_ORDER);
    assert_int_equal(s.consistent_point_in_time, REPLSVC_BOOL_TRUE);
    assert_int_equal(s.desired_rpo_us, ((26 * 60 + 3) * 60 + 4) * INT64_C(1000000) + 5);
    assert_int_equal(s.copy_priority, 1);
    assert_int_equal(s.maximum_skew, 16);
    assert_int_equal(s.unequal_groups_action, 0);
    assert_int_equal(s.auto_delete, REPLSVC_BOOL_ABSENT);
    assert_int_equal(
        parse("<INSTANCE CLASSNAME='" CLASS "'>"
              "<PROPERTY NAME='Pairing' TYPE='uint16'><VALUE>4</VALUE></PROPERTY>"
              "<PROPERTY NAME='AutoDelete' TYPE='boolean'><VALUE>false</VALUE></PROPERTY>"
              "<PROPERTY NAME='MaximumSkew' TYPE='uint64'></PROPERTY>"
              "<PROPERTY NAME='Description' TYPE='string'><VALUE>&lt;x&#65;&gt;</VALUE></PROPERTY>"
              "</INSTANCE>",
              &s),
        0);
    assert_int_equal(s.pairing, REPLSVC_PAIRING_OPTIMUM);
    assert_int_equal(s.auto_delete, REPLSVC_BOOL_FALSE);
    assert_int_equal(s.maximum_skew, 0);
}

static void names_have_no_case_and_derived_classes_are_taken(void **state)
{
    (void)state;
    replsvc_replication_settings s;
    assert_int_equal(parse("INSTANCE OF msiscsitarget_replicationsettingdata{pairing=2;}", &s), 0);
    assert_int_equal(s.pairing, 2);
}

static void what_is_wrong_is_refused_with_its_position(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *says;
    } bad[] = {
        {"", "byte 0"},
        {"Pairing=3", "byte 0: neither MOF"},
        {"instance of " CLASS " { Pairing = 1; };", "byte 41"},     /* value map */
        {"instance of " CLASS " { Pairing = 5; };", "byte 41"},     /* reserved */
        {"instance of " CLASS " { Pairing = 32768; };", "byte 41"}, /* vendor's */
        {"instance of " CLASS " { Pairing = 65539; };", "uint16"},  /* too large */
        {"instance of " CLASS " { Pairing = -3; };", "uint16"},
        {"instance of " CLASS " { Pairing = \"3\"; };", "uint16"},
        {"instance of " CLASS " { Pairing = {3}; };", "uint16"},
        {"instance of " CLASS " { Pairing = TRUE; };", "uint16"},
        {"instance of " CLASS " { AutoDelete = 1; };", "boolean"},
        {"instance of " CLASS " { DesiredRPO = 30; };", "interval"},
        {"instance of " CLASS " { DesiredRPO = \"20260101000000.000000+000\"; };", "interval"},
        {"instance of " CLASS " { DesiredRPO = \"00000000240000.000000:000\"; };", "interval"},
        {"instance of " CLASS " { MaximumSkew = 18446744073709551616; };", "64 bits"},
        {"instance of " CLASS " { Colour = 3; };", "no property Colour"},
        {"instance of " CLASS " { Pairing = 3; pairing = 3; };", "byte 54: property Pairing is given twice"},
        {"instance of CIM_StorageSetting { };", "not of CIM_StorageSetting"},
        {"instance of " CLASS " { Pairing = 3 };", "';' is expected"},
        {"instance of " CLASS " { Pairing = 3; }; x", "after the instance"},
        {"instance of " CLASS " { Description = \"\xff\"; };", "UTF-8"},
        {"instance of " CLASS " { Description = \"\\x0\"; };", "no character"},
        {"instance of " CLASS " { Description = \"a", "no end"},
        {"instance of " CLASS " { /* ", "no end"},
        {"instance of " CLASS " { Pairing = 08; };", "no digit"},
        {"instance of " CLASS " as $a { };", "'{' is expected"},
        {"<INSTANCE CLASSNAME='" CLASS "'>", "byte 49"},
        {"<INSTANCE>", "CLASSNAME"},
        {"<!DOCTYPE x><INSTANCE CLASSNAME='" CLASS "'/>", "byte 1"},
        {"<INSTANCE CLASSNAME='" CLASS "'><PROPERTY NAME='Pairing'><VALUE>3</VALUE></PROPERTY></INSTANCE>",
         "TYPE"},
        {"<INSTANCE CLASSNAME='" CLASS "'><PROPERTY NAME='Pairing' TYPE='uint32'><VALUE>3</VALUE></PROPERTY>"
         "</INSTANCE>",
         "uint16"},
        {"<INSTANCE CLASSNAME='" CLASS "'><PROPERTY NAME='Pairing' TYPE='uint16'><VALUE>x</VALUE></PROPERTY>"
         "</INSTANCE>",
         "no number"},
        {"<INSTANCE CLASSNAME='" CLASS
         "'><PROPERTY NAME='Caption' TYPE='string'><VALUE>&nbsp;</VALUE></PROPERTY>"
         "</INSTANCE>",
         "entity"},
        {"<INSTANCE CLASSNAME='" CLASS "'></INSTANCE><x/>", "after the instance"},
        {"<INSTANCE CLASSNAME='" CLASS "'><QUALIFIER NAME='x'/></INSTANCE>", "<PROPERTY>"},
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        replsvc_replication_settings s, before;
        memset(&before, 0x5a, sizeof(before));
        before.size = sizeof(before);
        s = before;
        assert_int_equal(replsvc_replication_settings_parse(bad[i].text, &s), REPLSVC_INVALID_PARAMETER);
        if (strstr(replsvc_last_error()->message, bad[i].says) == NULL)
            fail_msg("\"%s\" gave \"%s\"", bad[i].text, replsvc_last_error()->message);
        assert_memory_equal(&s, &before, sizeof(s));
    }
}

static void the_text_is_bounded(void **state)
{
    (void)state;
    char *text = malloc(70001);
    memset(text, ' ', 70000);
    text[70000] = '\0';
    replsvc_replication_settings s;
    assert_int_equal(parse(text, &s), REPLSVC_INVALID_PARAMETER);
    assert_non_null(strstr(replsvc_last_error()->message, "longer"));
    free(text);
}

static void bad_arguments_are_refused(void **state)
{
    (void)state;
    replsvc_replication_settings s = {.size = sizeof(s)};
    char *text = NULL;
    assert_int_equal(replsvc_replication_settings_parse(NULL, &s), REPLSVC_INVALID_PARAMETER);
    assert_int_equal(replsvc_replication_settings_parse("instance of " CLASS "{};", NULL),
                     REPLSVC_INVALID_PARAMETER);
    assert_int_equal(replsvc_replication_settings_format(NULL, REPLSVC_ENCODING_MOF, &text),
                     REPLSVC_INVALID_PARAMETER);
    assert_int_equal(replsvc_replication_settings_format(&s, REPLSVC_ENCODING_MOF, NULL),
                     REPLSVC_INVALID_PARAMETER);
    assert_int_equal(replsvc_replication_settings_format(&s, (enum replsvc_encoding)3, &text),
                     REPLSVC_INVALID_PARAMETER);
    s.pairing = 9;
    assert_int_equal(replsvc_replication_settings_format(&s, REPLSVC_ENCODING_MOF, &text),
                     REPLSVC_INVALID_PARAMETER);
    assert_string_equal(replsvc_last_error()->parameter, "Pairing");
    s.size = 0;
    assert_int_equal(replsvc_replication_settings_format(&s, REPLSVC_ENCODING_MOF, &text),
                     REPLSVC_INVALID_PARAMETER);
    assert_null(text);
}

static void an_older_struct_gets_what_fits(void **state)
{
    (void)state;
    replsvc_replication_settings s;
    memset(&s, 0x77, sizeof(s));
    s.size = offsetof(replsvc_replication_settings, unequal_lists_action);
    assert_int_equal(
        replsvc_replication_settings_parse(
            "instance of " CLASS " { Pairing = 3; UnequalGroupsAction = 2; UnequalListsAction = 2; };", &s),
        0);
    assert_int_equal(s.pairing, 3);
    assert_int_equal(s.unequal_groups_action, 2);
    assert_int_equal(s.unequal_lists_action, 0x7777);
}

static void random_settings(replsvc_replication_settings *s, unsigned *seed)
{
    size_t n;
    const struct setting_property *table = settings_table(&n);
    memset(s, 0, sizeof(*s));
    s->size = sizeof(*s);
    for (size_t i = 0; i < n; i++) {
        void *f = (char *)s + table[i].offset;
        if (rand_r(seed) % 3 == 0)
            continue;
        uint64_t big = (uint64_t)rand_r(seed) << 31 | (uint64_t)rand_r(seed);
        switch (table[i].type) {
        case SETTING_U16:
            for (;;) {
                uint16_t v = (uint16_t)(rand_r(seed) % 32);
                if (table[i].values != 0 && (table[i].values >> v & 1) == 0)
                    continue;
                *(uint16_t *)f = (uint16_t)(v + table[i].bias);
                break;
            }
            break;
        case SETTING_U64:
            memcpy(f, &big, sizeof(big));
            break;
        case SETTING_BOOL:
            *(replsvc_opt_bool *)f = (replsvc_opt_bool)(rand_r(seed) % 3);
            break;
        case SETTING_INTERVAL:
            big %= INT64_C(8640000000000000000);
            memcpy(f, &big, sizeof(big));
            break;
        }
    }
}

static void what_is_written_is_read_back(void **state)
{
    (void)state;
    unsigned seed = 20261124;
    for (int i = 0; i < 2000; i++) {
        replsvc_replication_settings s, back;
        random_settings(&s, &seed);
        for (enum replsvc_encoding e = REPLSVC_ENCODING_MOF; e <= REPLSVC_ENCODING_CIM_XML; e++) {
            char *text;
            assert_int_equal(replsvc_replication_settings_format(&s, e, &text), 0);
            assert_int_equal(parse(text, &back), 0);
            assert_memory_equal(&s, &back, sizeof(s));
            replsvc_free(text);
        }
    }
}

static void every_kind_of_value_comes_back(void **state)
{
    (void)state;
    for (enum replsvc_encoding e = REPLSVC_ENCODING_MOF; e <= REPLSVC_ENCODING_CIM_XML; e++) {
        static const char *const list[] = {"a", "<&\"\\'>", "", "Gr\xc3\xbcn\n\ttab"};
        struct embedded_writer w;
        embedded_begin(&w, e, "CIM_Error");
        embedded_put_string(&w, "Message", "line\none \"two\" \\ <3> & \x01\xff");
        embedded_put_strings(&w, "MessageArguments", list, 4);
        embedded_put_time(&w, "When", INT64_C(1795555800123456));
        embedded_put_reference(&w, "SystemElement", "CIM_StorageVolume", "DeviceID", "elem-1");
        char *text = embedded_end(&w);
        assert_non_null(text);
        struct embedded in;
        struct embedded_error error;
        assert_int_equal(embedded_parse(text, &in, &error), 0);
        assert_string_equal(in.class_name, "CIM_Error");
        assert_string_equal(embedded_find(&in, "message")->values[0], "line\none \"two\" \\ <3> & ??");
        const struct embedded_property *p = embedded_find(&in, "MessageArguments");
        assert_true(p->array && p->n == 4);
        for (size_t i = 0; i < 4; i++)
            assert_string_equal(p->values[i], list[i]);
        int64_t us;
        assert_int_equal(embedded_time(embedded_find(&in, "When"), 0, &us), 0);
        assert_int_equal(us, INT64_C(1795555800123456));
        assert_string_equal(embedded_find(&in, "SystemElement")->values[0],
                            "CIM_StorageVolume.DeviceID=\"elem-1\"");
        embedded_clear(&in);
        mem_free(text);
    }
}

static void without_memory_reading_and_writing_fail_whole(void **state)
{
    (void)state;
    replsvc_replication_settings s;
    unsigned seed = 1;
    random_settings(&s, &seed);
    for (unsigned long n = 1;; n++) {
        char *text = NULL;
        mem_fail_at(n);
        uint32_t ret = replsvc_replication_settings_format(&s, REPLSVC_ENCODING_CIM_XML, &text);
        mem_fail_at(0);
        if (ret == 0) {
            for (unsigned long k = 1;; k++) {
                replsvc_replication_settings back = {.size = sizeof(back)};
                mem_fail_at(k);
                ret = replsvc_replication_settings_parse(text, &back);
                mem_fail_at(0);
                if (ret == 0)
                    break;
                assert_int_equal(ret, REPLSVC_FAILED);
            }
            replsvc_free(text);
            break;
        }
        assert_int_equal(ret, REPLSVC_FAILED);
        assert_null(text);
    }
}

/* ---- against the schema ---- */

static const struct setting_property *by_name(const char *name)
{
    size_t n;
    const struct setting_property *table = settings_table(&n);
    for (size_t i = 0; i < n; i++)
        if (strcmp(table[i].name, name) == 0)
            return &table[i];
    return NULL;
}

static void the_table_has_every_property_of_the_schema(void **state)
{
    (void)state;
    static const char *const types[] = {"uint16", "uint64", "boolean", "datetime"};
    FILE *f = spec_open("cim/properties.tsv");
    if (f == NULL)
        skip();
    char line[512], *field[4];
    size_t found = 0, n;
    settings_table(&n);
    while (spec_row(f, line, sizeof(line), field, 4) >= 0) {
        if (strcmp(field[0], CLASS) != 0)
            continue;
        const struct setting_property *p = by_name(field[1]);
        if (p == NULL)
            fail_msg("%s is missing", field[1]);
        assert_string_equal(types[p->type], field[2]);
        found++;
    }
    fclose(f);
    assert_int_equal(found, n);
}

static void the_table_has_every_value_of_the_schema(void **state)
{
    (void)state;
    FILE *f = spec_open("cim/values.tsv");
    if (f == NULL)
        skip();
    char line[1024], *field[5];
    size_t n;
    const struct setting_property *table = settings_table(&n);
    uint32_t seen[64] = {0};
    while (spec_row(f, line, sizeof(line), field, 5) >= 0) {
        if (strcmp(field[0], CLASS) != 0 || field[2][0] != '\0' || strstr(field[3], "..") != NULL)
            continue;
        const struct setting_property *p = by_name(field[1]);
        assert_non_null(p);
        seen[p - table] |= UINT32_C(1) << atoi(field[3]);
    }
    fclose(f);
    for (size_t i = 0; i < n; i++)
        if (seen[i] != table[i].values)
            fail_msg("%s: values %x in the schema, %x here", table[i].name, seen[i], table[i].values);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_encodings_are_read),
        cmocka_unit_test(names_have_no_case_and_derived_classes_are_taken),
        cmocka_unit_test(what_is_wrong_is_refused_with_its_position),
        cmocka_unit_test(the_text_is_bounded),
        cmocka_unit_test(bad_arguments_are_refused),
        cmocka_unit_test(an_older_struct_gets_what_fits),
        cmocka_unit_test(what_is_written_is_read_back),
        cmocka_unit_test(every_kind_of_value_comes_back),
        cmocka_unit_test(without_memory_reading_and_writing_fail_whole),
        cmocka_unit_test(the_table_has_every_property_of_the_schema),
        cmocka_unit_test(the_table_has_every_value_of_the_schema),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
