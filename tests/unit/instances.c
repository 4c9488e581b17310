/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Embedded instances that the service gives out: the same in both encodings, read back by the parser that
 * reads clients' ones, with the properties that the infos have.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "service/embedded.h"
#include "support/file_world.h"

#define SIZE (64 * FW_BLOCK)

static void open_with(struct service_world *w, uint32_t encoding)
{
    replsvc_service_options options = {.size = sizeof options, .instance_encoding = encoding};
    replsvc_service_close(w->svc);
    assert_done(service_world_open(w->world, &options, &w->svc));
}

static void parse(const char *text, uint32_t encoding, struct embedded *out)
{
    struct embedded_error error;
    assert_int_equal(text[0], encoding == REPLSVC_ENCODING_CIM_XML ? '<' : 'i');
    if (embedded_parse(text, out, &error))
        fail_msg("at %zu: %s in %s", error.position, error.reason, text);
}

static void assert_same(const struct embedded *a, const struct embedded *b)
{
    assert_string_equal(a->class_name, b->class_name);
    assert_int_equal(a->n, b->n);
    for (size_t i = 0; i < a->n; i++) {
        const struct embedded_property *p = &a->properties[i], *q = &b->properties[i];
        assert_string_equal(p->name, q->name);
        assert_int_equal(p->n, q->n);
        assert_int_equal(p->array, q->array);
        for (size_t k = 0; k < p->n; k++)
            assert_string_equal(p->values[k], q->values[k]);
    }
}

/* Gives the i-th instance of a kind out as text; NULL: there are no more. */
typedef char *give_function(replsvc_service *svc, size_t i);

static char *copy_of(char **texts, size_t n, size_t i)
{
    char *copy = i < n ? strdup(texts[i]) : NULL;
    replsvc_free(texts);
    return copy;
}

static char *give_relationship(replsvc_service *svc, size_t i)
{
    char **texts = NULL;
    size_t n = 0;
    assert_done(replsvc_get_replication_relationship_instances(svc, 0, 0, 0, 0, 0, NULL, &texts, &n, NULL));
    return copy_of(texts, n, i);
}

static char *give_aspect(replsvc_service *svc, size_t i)
{
    char **texts = NULL;
    size_t n = 0;
    assert_done(replsvc_get_synchronization_aspect_instances(svc, 0, 0, 0, 0, NULL, REPLSVC_BOOL_ABSENT, NULL,
                                                             &texts, &n));
    return copy_of(texts, n, i);
}

static char *give_error(replsvc_service *svc, size_t i)
{
    replsvc_job_ref *jobs = NULL;
    size_t n_jobs = 0, n = 0;
    char **texts = NULL, *copy = NULL;
    assert_done(replsvc_job_list(svc, &jobs, &n_jobs));
    for (size_t k = 0; k < n_jobs && copy == NULL; k++) {
        assert_done(replsvc_job_get_errors(svc, &jobs[k], &texts, &n));
        if (n != 0 && i-- == 0)
            copy = strdup(texts[0]);
        replsvc_free(texts);
    }
    replsvc_free(jobs);
    return copy;
}

static char *give_settings(replsvc_service *svc, size_t i)
{
    uint16_t *types = NULL;
    size_t n = 0;
    char *text = NULL, *copy = NULL;
    assert_done(replsvc_get_supported_replication_types(svc, &types, &n));
    if (i < n) {
        assert_done(replsvc_get_default_replication_setting_data(svc, types[i], &text));
        copy = strdup(text);
    }
    replsvc_free(text);
    replsvc_free(types);
    return copy;
}

/* Of each kind, both encodings say the same. Returns how many there were. */
static size_t compare(struct service_world *w, give_function *give)
{
    char *mof[32];
    size_t n = 0;
    open_with(w, REPLSVC_ENCODING_MOF);
    while (n < 32 && (mof[n] = give(w->svc, n)) != NULL)
        n++;
    open_with(w, REPLSVC_ENCODING_CIM_XML);
    for (size_t i = 0; i < n; i++) {
        struct embedded a, b;
        char *xml = give(w->svc, i);
        assert_non_null(xml);
        parse(mof[i], REPLSVC_ENCODING_MOF, &a);
        parse(xml, REPLSVC_ENCODING_CIM_XML, &b);
        assert_same(&a, &b);
        embedded_clear(&a);
        embedded_clear(&b);
        free(xml);
        free(mof[i]);
    }
    return n;
}

static void relationships_say_the_same_in_both_encodings(void **state)
{
    (void)state;
    struct service_world w;
    replsvc_group_ref from, to;
    service_world_make(&w, 6, SIZE);
    for (size_t i = 0; i < 2; i++)
        assert_done(replsvc_create_element_replica(
            w.svc, NULL, i == 0 ? REPLSVC_SYNC_TYPE_SNAPSHOT : REPLSVC_SYNC_TYPE_MIRROR, 0, &w.elements[0],
            NULL, &w.elements[1 + i], NULL, NULL, NULL, NULL, NULL, NULL, REPLSVC_COPY_STATE_SYNCHRONIZED,
            NULL, NULL, 0));
    assert_done(replsvc_create_group(w.svc, "a <b> & \"c\"", w.elements + 3, 1, 0, 0, 0, NULL, &from, NULL));
    assert_done(replsvc_create_group(w.svc, "to", w.elements + 4, 1, 0, 0, 0, NULL, &to, NULL));
    assert_done(replsvc_create_group_replica(w.svc, "x <y> & \"z\" \\", REPLSVC_SYNC_TYPE_CLONE, 0, &from,
                                             NULL, NULL, &to, 0, NULL, 0, NULL, NULL, NULL, NULL, NULL,
                                             REPLSVC_COPY_STATE_SYNCHRONIZED));
    assert_int_equal(compare(&w, give_relationship), 4); /* two, the group and its pair */
    service_world_free(&w);
}

static void aspects_say_the_same_in_both_encodings(void **state)
{
    (void)state;
    struct file_world w;
    replsvc_settings_state_ref st;
    file_world_make(&w, 2, 64);
    assert_done(replsvc_create_synchronization_aspect(
        w.svc, "noon", REPLSVC_SYNC_TYPE_SNAPSHOT, 0, NULL, &w.elements[0], NULL, 0,
        "instance of CIM_ReplicationSettingData { TimeBeforeRemoval = \"00000001000000.000000:000\"; };",
        NULL, &st));
    struct embedded a, b;
    char *mof = give_aspect(w.svc, 0);
    w.options.instance_encoding = REPLSVC_ENCODING_CIM_XML;
    file_world_reopen(&w);
    char *xml = give_aspect(w.svc, 0);
    assert_non_null(mof);
    assert_non_null(xml);
    parse(mof, REPLSVC_ENCODING_MOF, &a);
    parse(xml, REPLSVC_ENCODING_CIM_XML, &b);
    assert_same(&a, &b);
    const struct embedded_property *p = embedded_find(&b, "TimeBeforeRemoval");
    int64_t us = 0;
    assert_non_null(p);
    assert_int_equal(embedded_interval(p, 0, &us), 0);
    assert_true(us == INT64_C(86400000000));
    assert_non_null(embedded_find(&b, "WhenPointInTime"));
    embedded_clear(&a);
    embedded_clear(&b);
    free(mof);
    free(xml);
    file_world_free(&w);
}

static void default_settings_say_the_same_in_both_encodings_and_are_taken_back(void **state)
{
    (void)state;
    struct service_world w;
    uint16_t *types = NULL;
    size_t n;
    service_world_make(&w, 1, SIZE);
    assert_done(replsvc_get_supported_replication_types(w.svc, &types, &n));
    replsvc_free(types);
    assert_int_equal(compare(&w, give_settings), n);
    for (size_t i = 0; i < n; i++) { /* as CIM-XML now */
        replsvc_replication_settings s = {.size = sizeof s};
        char *text = give_settings(w.svc, i);
        assert_done(replsvc_replication_settings_parse(text, &s));
        free(text);
    }
    service_world_free(&w);
}

static void errors_of_jobs_say_the_same_in_both_encodings(void **state)
{
    (void)state;
    struct service_world w;
    replsvc_job_ref job;
    replsvc_job_info info = {.size = sizeof info};
    struct embedded e;
    service_world_make(&w, 2, SIZE);
    world_set_capabilities(w.world, world_capabilities(w.world) & ~REPLSVC_BACKEND_CAP_CLONE_RANGE);
    assert_int_equal(fw_write(w.svc, &w.elements[0], 0, 64, 0x11), 0);
    struct world_fault fault = {
        .path = "disks/d1", .kinds = 1u << WORLD_OP_WRITE, .nth = 1, .forever = true, .err = -EIO};
    assert_int_equal(world_fault_add(w.world, &fault), 0);
    assert_int_equal(replsvc_create_element_replica(w.svc, "a <b> & \"c\"", REPLSVC_SYNC_TYPE_CLONE, 0,
                                                    &w.elements[0], NULL, &w.elements[1], NULL, NULL, &job,
                                                    NULL, NULL, NULL, 0, NULL, NULL, 0),
                     REPLSVC_JOB_STARTED);
    assert_int_equal(replsvc_job_wait(w.svc, &job, -1), REPLSVC_FAILED);
    assert_done(replsvc_job_get_info(w.svc, &job, &info));
    world_faults_clear(w.world);
    assert_int_equal(compare(&w, give_error), 1);
    char *xml = give_error(w.svc, 0);
    parse(xml, REPLSVC_ENCODING_CIM_XML, &e);
    assert_string_equal(e.class_name, "CIM_Error");
    assert_string_equal(embedded_find(&e, "Message")->values[0], info.error_description);
    assert_string_equal(embedded_find(&e, "ErrorSource")->values[0], job.id);
    assert_string_equal(embedded_find(&e, "CIMStatusCode")->values[0], "1");
    embedded_clear(&e);
    free(xml);
    service_world_free(&w);
}

static void an_encoding_that_there_is_not_is_refused(void **state)
{
    (void)state;
    struct service_world w;
    replsvc_service *svc;
    replsvc_service_options options = {.size = sizeof options, .instance_encoding = 3};
    service_world_make(&w, 1, SIZE);
    replsvc_service_close(w.svc);
    assert_refused(service_world_open(w.world, &options, &svc), 5, "options");
    options.instance_encoding = 0;
    assert_done(service_world_open(w.world, &options, &w.svc));
    service_world_free(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(relationships_say_the_same_in_both_encodings),
        cmocka_unit_test(aspects_say_the_same_in_both_encodings),
        cmocka_unit_test(default_settings_say_the_same_in_both_encodings_and_are_taken_back),
        cmocka_unit_test(errors_of_jobs_say_the_same_in_both_encodings),
        cmocka_unit_test(an_encoding_that_there_is_not_is_refused),
    };
    return cmocka_run_group_tests_name("instances", tests, NULL, NULL);
}
