/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Without memory at either end of the control socket (they share this process, and so its allocations): each
 * call is done or fails, nothing breaks, and the next is served.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "support/service_world.h"
#include "support/tempdir.h"
#include "util/alloc.h"

struct fixture {
    struct service_world w;
    char directory[TEMPDIR_SIZE], path[108];
};

static int setup(void **state)
{
    static struct fixture f;
    service_world_make(&f.w, 4, 1 << 16);
    tempdir_make(f.directory);
    snprintf(f.path, sizeof f.path, "%.90s/socket", f.directory);
    *state = &f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    service_world_free(&f->w);
    tempdir_remove(f->directory);
    return 0;
}

static unsigned long counted; /* allocations until the failing ended */

static void end_failing(void)
{
    counted = mem_count();
    mem_fail_at(0);
}

/* Tries each allocation of a step, the first to the last; the step ends the failing. */
static void with_each_failure(struct fixture *f, bool (*step)(struct fixture *f))
{
    bool whole = false;
    for (unsigned long n = 1; !whole; n++) {
        unsigned long before = mem_count();
        mem_fail_at(n);
        whole = step(f) && counted - before < n;
        assert_true(n < 5000);
    }
}

static bool done_or_failed(uint32_t code)
{
    if (code != REPLSVC_OK)
        assert_refused(code, REPLSVC_FAILED, replsvc_last_error()->parameter);
    return code == REPLSVC_OK;
}

static bool listen_and_connect(struct fixture *f)
{
    replsvc_service *client = NULL;
    replsvc_element_ref e;
    bool listens = done_or_failed(replsvc_service_listen(f->w.svc, f->path, NULL));
    bool connected = listens && done_or_failed(replsvc_service_connect(f->path, &client));
    bool found = connected && done_or_failed(replsvc_element_find(client, "d0", &e));
    end_failing();
    if (!connected)
        assert_null(client);
    replsvc_service_close(client);
    if (listens)
        assert_done(replsvc_service_unlisten(f->w.svc, f->path));
    return found;
}

static void listening_and_connecting_fail_whole(void **state)
{
    with_each_failure(*state, listen_and_connect);
}

static replsvc_service *client;

static bool make_calls(struct fixture *f)
{
    replsvc_element_ref *elements = NULL, target = f->w.elements[3];
    replsvc_element_info info = {.size = sizeof info};
    replsvc_group_ref group = {""};
    replsvc_sync_ref sync = {""};
    char **instances = NULL;
    uint16_t *types = NULL;
    size_t n = 0;
    bool good = done_or_failed(replsvc_element_list(client, &elements, &n));
    assert_true(good ? n == 4 : elements == NULL);
    replsvc_free(elements);
    good &= done_or_failed(replsvc_element_get_info(client, &f->w.elements[0], &info));
    good &= done_or_failed(replsvc_create_group(client, NULL, f->w.elements, 2, 0, 0, 0, NULL, &group,
                                                "instance of CIM_ReplicationSettingData { };"));
    good &= done_or_failed(
        replsvc_get_replication_relationship_instances(client, 0, 0, 0, 0, 0, NULL, &instances, &n, NULL));
    replsvc_free(instances);
    good &= done_or_failed(replsvc_get_supported_replication_types(client, &types, &n));
    replsvc_free(types);
    good &= done_or_failed(replsvc_create_element_replica(
        client, NULL, REPLSVC_SYNC_TYPE_SNAPSHOT, 0, &f->w.elements[2], NULL, &target, NULL, NULL, NULL,
        &sync, NULL, NULL, REPLSVC_COPY_STATE_SYNCHRONIZED, NULL, NULL, 0));
    return good;
}

static void take_back(struct fixture *f)
{
    replsvc_group_ref *groups;
    replsvc_sync_ref *syncs;
    size_t n;
    assert_done(replsvc_group_list(f->w.svc, &groups, &n));
    for (size_t i = 0; i < n; i++)
        assert_done(replsvc_delete_group(client, &groups[i], NULL, 0, NULL));
    replsvc_free(groups);
    assert_done(replsvc_sync_list(f->w.svc, &syncs, &n));
    for (size_t i = 0; i < n; i++)
        assert_done(replsvc_modify_replica_synchronization(
            client, REPLSVC_OPERATION_RETURN_TO_RESOURCEPOOL, &syncs[i], NULL, NULL, 0, NULL, NULL,
            REPLSVC_BOOL_TRUE, REPLSVC_COPY_STATE_NOT_APPLICABLE, NULL));
    replsvc_free(syncs);
}

static bool make_calls_and_take_back(struct fixture *f)
{
    bool good = make_calls(f);
    end_failing();
    take_back(f);
    return good;
}

static void each_call_is_done_or_fails(void **state)
{
    struct fixture *f = *state;
    assert_done(replsvc_service_listen(f->w.svc, f->path, NULL));
    assert_done(replsvc_service_connect(f->path, &client));
    with_each_failure(f, make_calls_and_take_back);
    replsvc_service_close(client);
}

static bool take_events(struct fixture *f)
{
    replsvc_event e = {.size = sizeof e};
    replsvc_group_ref group;
    replsvc_service *follower;
    mem_fail_at(0);
    assert_done(replsvc_service_connect(f->path, &follower));
    assert_done(replsvc_create_group(f->w.svc, NULL, NULL, 0, 0, 0, 0, NULL, &group, NULL));
    static unsigned long n;
    mem_fail_at(++n);
    bool good = done_or_failed(replsvc_event_next(follower, &e, -1));
    mem_fail_at(0);
    if (!good) /* it is not lost by that */
        assert_done(replsvc_event_next(follower, &e, -1));
    assert_string_equal(e.object, group.id);
    replsvc_service_close(follower);
    return good && n > 40;
}

static void no_event_is_lost(void **state)
{
    struct fixture *f = *state;
    assert_done(replsvc_service_listen(f->w.svc, f->path, NULL));
    while (!take_events(f))
        ;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(listening_and_connecting_fail_whole, setup, teardown),
        cmocka_unit_test_setup_teardown(each_call_is_done_or_fails, setup, teardown),
        cmocka_unit_test_setup_teardown(no_event_is_lost, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
