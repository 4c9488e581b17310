/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Without memory: each allocation of making, changing and ending relationships fails in turn. What cannot be
 * done leaves everything as it was, or can be asked for again; nothing leaks (run under ASan).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <stdio.h>

#include "support/file_world.h"
#include "support/service_world.h"
#include "util/alloc.h"

#define STATE(name) REPLSVC_COPY_STATE_##name
#define OP(name) REPLSVC_OPERATION_##name
#define MIRROR REPLSVC_SYNC_TYPE_MIRROR
#define SIZE (64u * FW_BLOCK)

static const uint16_t types[] = {REPLSVC_SYNC_TYPE_SNAPSHOT, REPLSVC_SYNC_TYPE_CLONE, MIRROR};

static uint32_t create(struct service_world *w, uint16_t type, uint16_t wait, replsvc_sync_ref *s)
{
    return replsvc_create_element_replica(w->svc, "r", type, 0, &w->elements[0], NULL, &w->elements[1], NULL,
                                          NULL, NULL, s, NULL, NULL, wait, NULL, NULL, 0);
}

static uint32_t modify(struct service_world *w, uint16_t op, const replsvc_sync_ref *s)
{
    return replsvc_modify_replica_synchronization(w->svc, op, s, NULL, NULL, 0, NULL, NULL, REPLSVC_BOOL_TRUE,
                                                  STATE(NOT_APPLICABLE), NULL);
}

/* Until there is nothing of it: what was begun and failed is ended by asking again. */
static void clean_up(struct service_world *w)
{
    replsvc_job_ref *jobs;
    size_t n_jobs;
    assert_done(replsvc_job_list(w->svc, &jobs, &n_jobs));
    for (size_t i = 0; i < n_jobs; i++)
        (void)replsvc_job_wait(w->svc, &jobs[i], -1); /* a restore that goes on gives way to nothing */
    replsvc_free(jobs);
    replsvc_sync_ref *list;
    size_t n;
    assert_done(replsvc_sync_list(w->svc, &list, &n));
    for (size_t i = 0; i < n; i++) {
        replsvc_sync_info info = {.size = sizeof(info)};
        if (replsvc_sync_get_info(w->svc, &list[i], &info) == REPLSVC_OK &&
            info.group_synchronization[0] == '\0')
            assert_done(modify(w, OP(DISSOLVE), &list[i]));
    }
    replsvc_free(list);
    assert_int_equal(fw_count_syncs(w->svc), 0);
}

static void a_creation_that_fails_leaves_nothing(void **state)
{
    (void)state;
    for (size_t t = 0; t < 3; t++) {
        struct service_world w;
        service_world_make(&w, 2, SIZE);
        assert_int_equal(fw_write(w.svc, &w.elements[0], 0, 8, 0x11), 0);
        unsigned failures = 0;
        for (unsigned long n = 1;; n++) {
            replsvc_sync_ref s;
            mem_fail_at(n);
            uint32_t ret = create(&w, types[t], STATE(INACTIVE), &s);
            mem_fail_at(0);
            if (ret == REPLSVC_OK)
                break;
            failures++;
            assert_int_equal(ret, REPLSVC_FAILED);
            assert_int_equal(fw_count_syncs(w.svc), 0);
            assert_true(fw_writable(w.svc, &w.elements[1]));
        }
        assert_true(failures > 10);
        service_world_free(&w);
    }
}

static void a_copy_that_fails_can_be_ended(void **state)
{
    (void)state;
    for (size_t t = 0; t < 3; t++) {
        struct service_world w;
        service_world_make(&w, 2, SIZE);
        assert_int_equal(fw_write(w.svc, &w.elements[0], 0, 8, 0x11), 0);
        for (unsigned long n = 1;; n++) {
            replsvc_sync_ref s;
            mem_fail_at(n);
            uint32_t ret = create(&w, types[t], STATE(SYNCHRONIZED), &s);
            mem_fail_at(0);
            bool whole = ret == REPLSVC_OK;
            if (whole) {
                assert_int_equal(fw_info(w.svc, &s).copy_state, STATE(SYNCHRONIZED));
                if (types[t] != REPLSVC_SYNC_TYPE_MIRROR)
                    assert_int_equal(fw_read(w.svc, &w.elements[1], 3), 0x11);
            }
            clean_up(&w);
            assert_int_equal(fw_read(w.svc, &w.elements[0], 3), 0x11);
            if (whole)
                break;
        }
        service_world_free(&w);
    }
}

static void an_operation_that_fails_can_be_asked_for_again(void **state)
{
    (void)state;
    static const uint16_t ops[] = {OP(FRACTURE), OP(RESYNC_REPLICA),       OP(DEACTIVATE),
                                   OP(ACTIVATE), OP(RESTORE_FROM_REPLICA), OP(REVERSE_ROLES),
                                   OP(DETACH)};
    for (size_t t = 0; t < 3; t++)
        for (size_t o = 0; o < sizeof(ops) / sizeof(ops[0]); o++)
            for (unsigned long n = 1; ops[o] != OP(REVERSE_ROLES) || types[t] == MIRROR; n++) {
                struct service_world w;
                replsvc_sync_ref s;
                service_world_make(&w, 2, SIZE);
                assert_done(
                    create(&w, types[t], ops[o] == OP(ACTIVATE) ? STATE(INACTIVE) : STATE(SYNCHRONIZED), &s));
                if (ops[o] == OP(RESYNC_REPLICA))
                    assert_done(modify(&w, OP(FRACTURE), &s));
                mem_fail_at(n);
                uint32_t ret = modify(&w, ops[o], &s);
                mem_fail_at(0);
                if (ret != REPLSVC_OK) {
                    replsvc_sync_info info = {.size = sizeof(info)};
                    if (replsvc_sync_get_info(w.svc, &s, &info) == REPLSVC_OK)
                        assert_true(info.copy_state != 0);
                    clean_up(&w);
                }
                service_world_free(&w);
                if (ret == REPLSVC_OK)
                    break;
            }
}

static void a_group_is_made_whole_or_not_at_all(void **state)
{
    (void)state;
    struct service_world w;
    replsvc_group_ref source, target;
    service_world_make(&w, 6, SIZE);
    assert_done(replsvc_create_group(w.svc, "s", w.elements, 3, 0, 0, 0, NULL, &source, NULL));
    assert_done(replsvc_create_group(w.svc, "t", &w.elements[3], 3, 0, 0, 0, NULL, &target, NULL));
    for (unsigned long n = 1;; n++) {
        replsvc_sync_ref s;
        mem_fail_at(n);
        uint32_t ret = replsvc_create_group_replica(w.svc, "r", REPLSVC_SYNC_TYPE_SNAPSHOT, 0, &source, NULL,
                                                    NULL, &target, 0, NULL, 3, NULL, NULL, &s, NULL, NULL,
                                                    STATE(SYNCHRONIZED));
        mem_fail_at(0);
        if (ret == REPLSVC_OK) {
            assert_int_equal(fw_info(w.svc, &s).copy_state, STATE(SYNCHRONIZED));
            assert_int_equal(fw_count_syncs(w.svc), 4);
            break;
        }
        assert_int_equal(fw_count_syncs(w.svc), 0);
        for (size_t i = 3; i < 6; i++)
            assert_true(fw_writable(w.svc, &w.elements[i]));
    }
    service_world_free(&w);
}

static void opening_with_relationships_fails_whole(void **state)
{
    (void)state;
    for (size_t t = 0; t < 3; t++) {
        struct service_world w;
        replsvc_sync_ref s;
        service_world_make(&w, 2, SIZE);
        assert_done(create(&w, types[t], STATE(SYNCHRONIZED), &s));
        for (unsigned long n = 1;; n++) {
            replsvc_service_close(w.svc);
            w.svc = NULL;
            mem_fail_at(n);
            uint32_t ret = service_world_open(w.world, NULL, &w.svc);
            mem_fail_at(0);
            if (ret != REPLSVC_OK)
                assert_done(service_world_open(w.world, NULL, &w.svc));
            assert_true(fw_info(w.svc, &s).copy_state != 0);
            if (ret == REPLSVC_OK)
                break;
        }
        service_world_free(&w);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_creation_that_fails_leaves_nothing),
        cmocka_unit_test(a_copy_that_fails_can_be_ended),
        cmocka_unit_test(an_operation_that_fails_can_be_asked_for_again),
        cmocka_unit_test(a_group_is_made_whole_or_not_at_all),
        cmocka_unit_test(opening_with_relationships_fails_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
