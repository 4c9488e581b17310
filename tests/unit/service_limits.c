/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Bounds of background work. Nothing is timed: a bound of a few bytes a second would hold the copy for days,
 * so that the copy ends at all shows that taking the bound away reached the work that was running.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "support/service_world.h"

#define SIZE (8u << 20)

static int setup(void **state)
{
    static struct service_world w;
    service_world_make(&w, 4, SIZE);
    /* What is shared is not copied, and no bound holds it. */
    world_set_capabilities(w.world, world_capabilities(w.world) & ~REPLSVC_BACKEND_CAP_CLONE_RANGE);
    for (size_t i = 0; i < 2; i++) {
        replsvc_volume *v;
        char *data = malloc(SIZE);
        assert_non_null(data);
        memset(data, 'x', SIZE);
        assert_int_equal(replsvc_volume_open(w.svc, &w.elements[i], REPLSVC_VOLUME_WRITABLE, &v), 0);
        assert_int_equal(replsvc_volume_pwrite(v, data, SIZE, 0, 0), 0);
        assert_int_equal(replsvc_volume_close(v), 0);
        free(data);
    }
    *state = &w;
    return 0;
}

static int teardown(void **state)
{
    service_world_free(*state);
    return 0;
}

static void the_bound_of_a_relationship_holds_for_work_that_runs(void **state)
{
    struct service_world *w = *state;
    replsvc_group_ref source, target;
    replsvc_job_ref job = {""};
    replsvc_sync_ref group, *pairs, unknown = {"sync-1"};
    size_t n;
    assert_done(replsvc_create_group(w->svc, "s", &w->elements[0], 2, 0, 0, 0, NULL, &source, NULL));
    assert_done(replsvc_create_group(w->svc, "t", &w->elements[2], 2, 0, 0, 0, NULL, &target, NULL));
    assert_done(replsvc_create_group_replica(w->svc, "r", REPLSVC_SYNC_TYPE_CLONE, 0, &source, NULL, NULL,
                                             &target, 0, NULL, 0, NULL, NULL, &group, NULL, NULL,
                                             REPLSVC_COPY_STATE_INACTIVE));
    assert_done(replsvc_sync_set_limit(w->svc, &group, 1));
    service_world_reopen(w); /* it is kept */
    assert_done(replsvc_sync_get_pairs(w->svc, &group, &pairs, &n));
    assert_int_equal(n, 2);
    for (size_t i = 0; i < n; i++) {
        struct relationship *s = object_by_id(w->svc, KIND_SYNC, pairs[i].id);
        assert_int_equal(s->r.bytes_per_second, 1);
    }
    assert_int_equal(replsvc_modify_replica_synchronization(w->svc, REPLSVC_OPERATION_ACTIVATE, &group, NULL,
                                                            NULL, 0, &job, NULL, 0, 0, NULL),
                     REPLSVC_JOB_STARTED);
    assert_int_equal(replsvc_job_wait(w->svc, &job, 50), REPLSVC_TIMEOUT);
    assert_done(replsvc_sync_set_limit(w->svc, &group, 0));
    assert_done(replsvc_job_wait(w->svc, &job, -1));
    replsvc_sync_info info = {.size = sizeof info};
    assert_done(replsvc_sync_get_info(w->svc, &group, &info));
    assert_int_equal(info.copy_state, REPLSVC_COPY_STATE_SYNCHRONIZED);
    replsvc_free(pairs);
    assert_refused(replsvc_sync_set_limit(w->svc, &unknown, 1), REPLSVC_INVALID_PARAMETER, "Synchronization");
    assert_refused(replsvc_sync_set_limit(NULL, &group, 1), REPLSVC_INVALID_PARAMETER, "service");
}

static void the_bound_of_the_service_holds_for_work_that_runs(void **state)
{
    struct service_world *w = *state;
    replsvc_job_ref job = {""};
    assert_done(replsvc_service_set_limit(w->svc, 1));
    assert_int_equal(replsvc_create_element_replica(w->svc, NULL, REPLSVC_SYNC_TYPE_CLONE, 0, &w->elements[0],
                                                    NULL, &w->elements[2], NULL, NULL, &job, NULL, NULL, NULL,
                                                    0, NULL, NULL, 0),
                     REPLSVC_JOB_STARTED);
    assert_int_equal(replsvc_job_wait(w->svc, &job, 50), REPLSVC_TIMEOUT);
    assert_done(replsvc_service_set_limit(w->svc, 0));
    assert_done(replsvc_job_wait(w->svc, &job, -1));
    assert_refused(replsvc_service_set_limit(NULL, 1), REPLSVC_INVALID_PARAMETER, "service");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_bound_of_a_relationship_holds_for_work_that_runs),
        TEST(the_bound_of_the_service_holds_for_work_that_runs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
