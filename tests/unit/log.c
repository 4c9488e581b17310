/* SPDX-License-Identifier: BSD-2-Clause */
/* The log: what it tells, in which fields, and that whoever hears it may call the library. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/file_world.h"

#define SIZE (64 * FW_BLOCK)

/* What a listener heard; filled on threads of the library. */
struct heard {
    replsvc_service *_Atomic svc; /* called back, if set */
    replsvc_log_record last;
    char message[1024];
    atomic_uint records, lines, calls;
};

static void take_record(void *user, const replsvc_log_record *record)
{
    struct heard *h = user;
    replsvc_service *svc = atomic_load(&h->svc);
    if (record->level != REPLSVC_LOG_ERROR)
        return;
    h->last = *record;
    snprintf(h->message, sizeof h->message, "%s", record->message);
    if (svc != NULL) { /* both look and change */
        replsvc_element_ref *list;
        size_t n;
        if (replsvc_element_list(svc, &list, &n) == 0 &&
            replsvc_create_group(svc, NULL, NULL, 0, 0, 0, 0, NULL, NULL, NULL) == 0)
            atomic_fetch_add(&h->calls, 1);
        replsvc_free(list);
    }
    atomic_fetch_add(&h->records, 1);
}

static void take_line(void *user, enum replsvc_log_level level, const char *line)
{
    struct heard *h = user;
    (void)line;
    if (level == REPLSVC_LOG_ERROR)
        atomic_fetch_add(&h->lines, 1);
}

/* Breaks a mirror by its target; the record of it comes by itself. */
static void what_breaks_is_told_in_fields_to_whom_may_call_the_library(void **state)
{
    (void)state;
    struct service_world w;
    static struct heard h;
    replsvc_sync_ref s;
    replsvc_service_options options = {.size = sizeof options,
                                       .log = take_line,
                                       .log_record = take_record,
                                       .log_user = &h,
                                       .log_level = REPLSVC_LOG_DEBUG};
    service_world_make(&w, 2, SIZE);
    replsvc_service_close(w.svc);
    assert_done(service_world_open(w.world, &options, &w.svc));
    assert_done(replsvc_create_element_replica(
        w.svc, NULL, REPLSVC_SYNC_TYPE_MIRROR, 0, &w.elements[0], NULL, &w.elements[1], NULL,
        "instance of CIM_ReplicationSettingData { CopyRecoveryMode = 4; };", NULL, &s, NULL, NULL,
        REPLSVC_COPY_STATE_SYNCHRONIZED, NULL, NULL, 0));
    atomic_store(&h.svc, w.svc);
    const struct world_fault fault = {
        .kinds = 1u << WORLD_OP_WRITE, .path = "d1", .nth = 1, .forever = true, .err = -EIO};
    assert_int_equal(world_fault_add(w.world, &fault), 0);
    assert_int_equal(fw_write(w.svc, &w.elements[0], 0, 1, 0x11), 0);
    while (fw_info(w.svc, &s).copy_state != REPLSVC_COPY_STATE_BROKEN || atomic_load(&h.records) == 0)
        (void)replsvc_event_next(w.svc, &(replsvc_event){.size = sizeof(replsvc_event)}, 20);
    assert_string_equal(h.last.object, s.id);
    assert_int_equal(h.last.system_errno, EIO);
    assert_int_equal(h.last.level, REPLSVC_LOG_ERROR);
    assert_true(h.last.time > INT64_C(1500000000000000));
    assert_non_null(strstr(h.message, s.id));
    assert_true(atomic_load(&h.calls) >= 1);
    world_faults_clear(w.world);
    atomic_store(&h.svc, NULL);
    assert_int_equal(atomic_load(&h.lines), atomic_load(&h.records));
    service_world_free(&w);
}

static void secrets_are_in_no_line_and_no_message(void **state)
{
    (void)state;
    static const char *const wrong[] = {
        "instance of CIM_SharedSecret { RemoteID = \"u\"; Secret = \"Hush1234\" };",
        "instance of CIM_SharedSecret { RemoteID = 7; Secret = \"Hush1234\"; };",
        "instance of CIM_SharedSecret { RemoteID = \"u\"; Secret = {\"Hush1234\", \"x\"}; };",
        "<INSTANCE CLASSNAME=\"CIM_SharedSecret\"><PROPERTY NAME=\"Secret\" TYPE=\"string\"><VALUE>Hush1234"};
    struct service_world w;
    service_world_make(&w, 1, SIZE);
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        assert_refused(replsvc_add_shared_secret(w.svc, wrong[i], NULL, NULL, NULL), 5, "SharedSecret");
        assert_null(strstr(replsvc_last_error()->message, "Hush"));
    }
    service_world_free(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_breaks_is_told_in_fields_to_whom_may_call_the_library),
        cmocka_unit_test(secrets_are_in_no_line_and_no_message),
    };
    return cmocka_run_group_tests_name("log", tests, NULL, NULL);
}
