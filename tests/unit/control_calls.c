/* SPDX-License-Identifier: BSD-2-Clause */
/* Calls through the control socket: the same functions, answers and errors as on the service itself. */
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

#include "support/file_world.h"

struct fixture {
    struct file_world w;
    char path[108];
    replsvc_service *client;
};

static int setup(void **state)
{
    static struct fixture f;
    file_world_make(&f.w, 4, 64);
    snprintf(f.path, sizeof f.path, "%.90s/socket", f.w.directory);
    assert_done(replsvc_service_listen(f.w.svc, f.path, NULL));
    assert_done(replsvc_service_connect(f.path, &f.client));
    *state = &f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    replsvc_service_close(f->client);
    file_world_free(&f->w);
    return 0;
}

static void objects_are_made_found_and_described(void **state)
{
    struct fixture *f = *state;
    replsvc_element_ref e, *list;
    replsvc_element_info here = {.size = sizeof here}, there = {.size = sizeof there};
    replsvc_setting_goal goal = {.size = sizeof goal, .format = "vhdx", .block_size = 1 << 20},
                         back = {.size = sizeof back};
    replsvc_setting_ref setting;
    size_t n;
    assert_done(replsvc_setting_create(f->client, &goal, &setting));
    assert_done(replsvc_setting_get(f->client, &setting, &back));
    assert_string_equal(back.format, "vhdx");
    assert_int_equal(back.block_size, 1 << 20);
    assert_done(replsvc_element_create(f->client, "new", &f->w.pool, 4 << 20, &setting, &e));
    assert_done(replsvc_element_get_info(f->client, &e, &there));
    assert_done(replsvc_element_get_info(f->w.svc, &e, &here));
    assert_memory_equal(&here, &there, sizeof here);
    assert_string_equal(there.name, "new");
    assert_done(replsvc_element_list(f->client, &list, &n));
    assert_int_equal(n, f->w.n + 1);
    assert_string_equal(list[n - 1].id, e.id);
    replsvc_free(list);
    assert_done(replsvc_element_unregister(f->client, &e, true));
    assert_refused(replsvc_element_get_info(f->client, &e, &there), REPLSVC_INVALID_PARAMETER, "Element");
}

static void an_empty_list_is_null(void **state)
{
    struct fixture *f = *state;
    replsvc_group_ref *list = (replsvc_group_ref *)f;
    size_t n = 7;
    assert_done(replsvc_group_list(f->client, &list, &n));
    assert_null(list);
    assert_int_equal(n, 0);
}

static void references_go_in_and_out(void **state)
{
    struct fixture *f = *state;
    replsvc_element_ref target = {""};
    replsvc_job_ref job;
    replsvc_sync_ref sync;
    memset(&job, 'x', sizeof job);
    assert_done(replsvc_create_element_replica(
        f->client, "copy", REPLSVC_SYNC_TYPE_SNAPSHOT, 0, &f->w.elements[0], NULL, &target, NULL, NULL, &job,
        &sync, NULL, &f->w.pool, REPLSVC_COPY_STATE_SYNCHRONIZED, NULL, NULL, 0));
    assert_string_equal(job.id, "");
    assert_string_equal(target.id, fw_target(f->w.svc, &sync).id);
    assert_int_equal(fw_info(f->client, &sync).copy_state, REPLSVC_COPY_STATE_SYNCHRONIZED);
}

static void a_group_is_copied_with_names_and_texts(void **state)
{
    struct fixture *f = *state;
    replsvc_name source_name = {"sources"}, target_name = {""};
    replsvc_group_ref source = {""}, target = {""};
    replsvc_sync_ref sync, *pairs;
    const char *const names[] = {"one", NULL};
    char **instances;
    size_t n;
    assert_done(replsvc_create_group_replica_from_elements(
        f->client, "both", REPLSVC_SYNC_TYPE_SNAPSHOT, 0, &source, f->w.elements, 2, &source_name, NULL,
        &target, &target_name, NULL, 0, NULL, 0, NULL, 0, NULL, NULL, &sync, NULL, &f->w.pool, NULL, 0,
        REPLSVC_COPY_STATE_SYNCHRONIZED, NULL, NULL, 0));
    assert_string_equal(source_name.text, "sources");
    assert_string_not_equal(target_name.text, "");
    assert_string_not_equal(source.id, "");
    assert_string_not_equal(target.id, "");
    assert_done(replsvc_sync_get_pairs(f->client, &sync, &pairs, &n));
    assert_int_equal(n, 2);
    replsvc_free(pairs);
    assert_done(
        replsvc_get_replication_relationship_instances(f->client, 0, 0, 0, 0, 0, NULL, &instances, &n, NULL));
    assert_int_equal(n, 3);
    for (size_t i = 0; i < n; i++)
        assert_non_null(strstr(instances[i], "Synchronized"));
    replsvc_free(instances);
    assert_done(replsvc_create_list_replica(
        f->client, names, 2, REPLSVC_SYNC_TYPE_SNAPSHOT, 0, f->w.elements + 2, 2, NULL, NULL, 0, NULL, NULL,
        NULL, &pairs, &n, NULL, &f->w.pool, REPLSVC_COPY_STATE_SYNCHRONIZED, NULL, 0, NULL, 0));
    assert_int_equal(n, 2);
    replsvc_free(pairs);
    replsvc_element_ref one;
    assert_done(replsvc_element_find(f->client, "one", &one));
}

static void capabilities_are_the_same(void **state)
{
    struct fixture *f = *state;
    uint16_t *here, *there, *controlling, length;
    bool *force_here, *force_there;
    char *text, *mask;
    size_t n_here, n_there, n;
    assert_done(replsvc_get_supported_operations(f->w.svc, REPLSVC_REPLICATION_TYPE_SYNCHRONOUS_MIRROR_LOCAL,
                                                 &here, &n_here, NULL, 0, NULL, NULL, &force_here, &n, NULL,
                                                 NULL));
    assert_done(replsvc_get_supported_operations(f->client, REPLSVC_REPLICATION_TYPE_SYNCHRONOUS_MIRROR_LOCAL,
                                                 &there, &n_there, NULL, 0, &controlling, NULL, &force_there,
                                                 NULL, NULL, NULL));
    assert_int_equal(n_here, n_there);
    assert_memory_equal(here, there, n_here * sizeof *here);
    assert_memory_equal(force_here, force_there, n_here * sizeof *force_here);
    replsvc_free(here);
    replsvc_free(there);
    replsvc_free(controlling);
    replsvc_free(force_here);
    replsvc_free(force_there);
    assert_done(replsvc_get_default_replication_setting_data(
        f->client, REPLSVC_REPLICATION_TYPE_SYNCHRONOUS_MIRROR_LOCAL, &text));
    assert_non_null(strstr(text, "CIM_ReplicationSettingData"));
    replsvc_free(text);
    assert_done(replsvc_get_element_name_capabilities(f->client, 2, NULL, NULL, &length, &mask));
    assert_int_equal(length, 255);
    replsvc_free(mask);
}

/* The same call on both: the same code and, word by word, the same error. */
#define assert_same_error(f, call)                                                                           \
    do {                                                                                                     \
        replsvc_service *svc = (f)->w.svc;                                                                   \
        uint32_t here = (call);                                                                              \
        replsvc_error error = *replsvc_last_error();                                                         \
        svc = (f)->client;                                                                                   \
        assert_int_equal(call, here);                                                                        \
        assert_int_not_equal(here, 0);                                                                       \
        assert_int_equal(replsvc_last_error()->code, error.code);                                            \
        assert_int_equal(replsvc_last_error()->system_errno, error.system_errno);                            \
        assert_string_equal(replsvc_last_error()->message_id, error.message_id);                             \
        assert_string_equal(replsvc_last_error()->parameter, error.parameter);                               \
        assert_string_equal(replsvc_last_error()->message, error.message);                                   \
    } while (0)

static void errors_come_over_whole(void **state)
{
    struct fixture *f = *state;
    replsvc_element_ref e, unterminated, nothing = {"element-0"};
    replsvc_element_info info = {.size = sizeof info};
    replsvc_element_options flags = {.size = sizeof flags, .flags = 0x80}, sizeless = {0};
    replsvc_job_ref job = {"job-0"};
    struct {
        replsvc_pool_options known;
        char more[8];
    } newer = {.known = {.size = sizeof newer}, .more = "x"};
    memset(&unterminated, 'x', sizeof unterminated);
    assert_same_error(f, replsvc_element_find(svc, "nobody", &e));
    assert_same_error(f, replsvc_element_find(svc, NULL, &e));
    assert_same_error(f, replsvc_element_find(svc, "v0", NULL));
    assert_same_error(f, replsvc_element_list(svc, NULL, NULL));
    assert_same_error(f, replsvc_element_get_info(svc, &nothing, &info));
    assert_same_error(f, replsvc_element_get_info(svc, &unterminated, &info));
    assert_same_error(f, replsvc_element_get_info(svc, NULL, &info));
    assert_same_error(f, replsvc_element_get_info(svc, &f->w.elements[0], NULL));
    info.size = 3;
    assert_same_error(f, replsvc_element_get_info(svc, &f->w.elements[0], &info));
    assert_same_error(f, replsvc_element_register(svc, NULL, "file:/nowhere/at/all", NULL, &e));
    assert_same_error(f, replsvc_element_register(svc, NULL, "what:/ever", NULL, &e));
    assert_same_error(f, replsvc_element_register(svc, NULL, "file:/x", &flags, &e));
    assert_same_error(f, replsvc_element_register(svc, NULL, "file:/x", &sizeless, &e));
    assert_same_error(f, replsvc_pool_register(svc, "p", "file:/tmp", &newer.known, NULL));
    assert_same_error(f, replsvc_job_wait(svc, &job, -1));
    assert_same_error(f, replsvc_create_group(svc, "g", NULL, 3, 0, 0, 0, NULL, NULL, NULL));
    assert_same_error(f, replsvc_create_group(svc, "g", f->w.elements, 2, 7, 0, 0, NULL, NULL, NULL));
    assert_same_error(f, replsvc_create_group(svc, "g", NULL, 0, 0, 0, 0, NULL, NULL, "no instance"));
    assert_same_error(f, replsvc_collection_get_info(svc, NULL, NULL));
}

static void a_success_leaves_no_error(void **state)
{
    struct fixture *f = *state;
    replsvc_element_ref e;
    assert_refused(replsvc_element_find(f->client, "nobody", &e), REPLSVC_INVALID_PARAMETER, "Name");
    assert_done(replsvc_element_find(f->client, "v0", &e));
    assert_int_equal(replsvc_last_error()->code, 0);
    assert_string_equal(replsvc_last_error()->message, "");
}

static void infos_of_other_versions_are_filled_as_far_as_they_go(void **state)
{
    struct fixture *f = *state;
    struct {
        replsvc_element_info known;
        char newer[16];
    } larger = {.known = {.size = sizeof larger}, .newer = "as it was"};
    replsvc_element_info smaller = {.size = offsetof(replsvc_element_info, locator)};
    memset(smaller.locator, 'x', sizeof smaller.locator);
    assert_done(replsvc_element_get_info(f->client, &f->w.elements[1], &larger.known));
    assert_int_equal(larger.known.size, sizeof larger);
    assert_string_equal(larger.known.name, "v1");
    assert_int_equal(larger.known.block_size, 512);
    assert_string_equal(larger.newer, "as it was");
    assert_done(replsvc_element_get_info(f->client, &f->w.elements[1], &smaller));
    assert_int_equal(smaller.size, offsetof(replsvc_element_info, locator));
    assert_string_equal(smaller.name, "v1");
    assert_int_equal(smaller.locator[0], 'x');
}

static void what_is_too_much_is_refused_before_it_is_sent(void **state)
{
    struct fixture *f = *state;
    size_t n = 300000;
    replsvc_element_ref *many = calloc(n, sizeof *many), e;
    char *name = malloc(2 << 20);
    assert_non_null(many);
    assert_non_null(name);
    for (size_t i = 0; i < n; i++)
        many[i] = f->w.elements[0];
    memset(name, 'x', 2 << 20);
    name[(2 << 20) - 1] = '\0';
    assert_refused(replsvc_create_group(f->client, "g", many, n, 0, 0, 0, NULL, NULL, NULL),
                   REPLSVC_INVALID_PARAMETER, "");
    assert_int_equal(replsvc_last_error()->system_errno, EMSGSIZE);
    assert_refused(replsvc_create_group(f->client, "g", many, SIZE_MAX, 0, 0, 0, NULL, NULL, NULL),
                   REPLSVC_INVALID_PARAMETER, "");
    assert_refused(replsvc_element_find(f->client, name, &e), REPLSVC_INVALID_PARAMETER, "");
    assert_done(replsvc_element_find(f->client, "v0", &e));
    free(many);
    free(name);
}

static void long_lists_come_over_whole(void **state)
{
    struct fixture *f = *state;
    size_t n;
    replsvc_group_ref *here, *there;
    for (int i = 0; i < 600; i++)
        assert_done(replsvc_create_group(f->client, NULL, NULL, 0, 0, 0, 0, NULL, NULL, NULL));
    assert_done(replsvc_group_list(f->w.svc, &here, &n));
    assert_int_equal(n, 600);
    assert_done(replsvc_group_list(f->client, &there, &n));
    assert_int_equal(n, 600);
    assert_memory_equal(here, there, n * sizeof *here);
    replsvc_free(here);
    replsvc_free(there);
}

static void host_io_and_listening_stay_where_the_service_is(void **state)
{
    struct fixture *f = *state;
    replsvc_volume *v = (replsvc_volume *)f;
    replsvc_io_queue *q;
    assert_int_equal(replsvc_volume_open(f->client, &f->w.elements[0], 0, &v), -EOPNOTSUPP);
    assert_null(v);
    assert_int_equal(replsvc_last_error()->code, REPLSVC_NOT_SUPPORTED);
    assert_non_null(strstr(replsvc_last_error()->message, "host I/O"));
    assert_int_equal(replsvc_io_queue_open(f->client, 0, &q), -EOPNOTSUPP);
    assert_refused(replsvc_service_listen(f->client, "/tmp/x", NULL), REPLSVC_NOT_SUPPORTED, "service");
    assert_refused(replsvc_service_unlisten(f->client, f->path), REPLSVC_NOT_SUPPORTED, "service");
}

/* ---- waiting ---- */

/* A copy that does not get on, so that its job runs as long as the test wants. */
static replsvc_job_ref endless_job(struct fixture *f, replsvc_sync_ref *sync)
{
    replsvc_job_ref job;
    replsvc_element_ref target = f->w.elements[1];
    assert_int_equal(fw_write(f->w.svc, &f->w.elements[0], 0, 64, 'x'), 0);
    assert_done(replsvc_service_set_limit(f->client, 1));
    assert_int_equal(replsvc_create_element_replica(
                         f->client, NULL, REPLSVC_SYNC_TYPE_CLONE, 0, &f->w.elements[0], NULL, &target, NULL,
                         "instance of CIM_ReplicationSettingData { DesiredCopyMethodology = 3; };", &job,
                         sync, NULL, NULL, 0, NULL, NULL, 0),
                     REPLSVC_JOB_STARTED);
    return job;
}

struct waiter {
    pthread_t thread;
    replsvc_service *svc;
    replsvc_job_ref job;
    uint32_t code;
    int err;
};

static void *wait_for_job(void *arg)
{
    struct waiter *w = arg;
    w->code = replsvc_job_wait(w->svc, &w->job, -1);
    w->err = replsvc_last_error()->system_errno;
    return NULL;
}

static void a_call_that_waits_holds_up_no_other(void **state)
{
    struct fixture *f = *state;
    struct waiter waiters[8];
    replsvc_sync_ref sync;
    replsvc_job_ref job = endless_job(f, &sync);
    replsvc_job_info info = {.size = sizeof info};
    assert_refused(replsvc_job_wait(f->client, &job, 0), REPLSVC_TIMEOUT, "");
    assert_refused(replsvc_job_wait(f->client, &job, 1), REPLSVC_TIMEOUT, "");
    for (size_t i = 0; i < 8; i++) {
        waiters[i] = (struct waiter){.svc = f->client, .job = job};
        assert_int_equal(pthread_create(&waiters[i].thread, NULL, wait_for_job, &waiters[i]), 0);
    }
    assert_done(replsvc_job_get_info(f->client, &job, &info));
    assert_int_not_equal(info.job_state, REPLSVC_JOB_STATE_COMPLETED);
    assert_done(replsvc_service_set_limit(f->client, 0));
    for (size_t i = 0; i < 8; i++) {
        assert_int_equal(pthread_join(waiters[i].thread, NULL), 0);
        assert_int_equal(waiters[i].code, 0);
    }
}

static void unlistening_wakes_who_waits_and_leaves_the_work(void **state)
{
    struct fixture *f = *state;
    struct waiter waiter = {.svc = f->client};
    replsvc_sync_ref sync;
    waiter.job = endless_job(f, &sync);
    assert_int_equal(pthread_create(&waiter.thread, NULL, wait_for_job, &waiter), 0);
    assert_done(replsvc_service_unlisten(f->w.svc, f->path));
    assert_int_equal(pthread_join(waiter.thread, NULL), 0);
    assert_int_equal(waiter.code, REPLSVC_FAILED);
    assert_done(replsvc_service_set_limit(f->w.svc, 0));
    assert_done(replsvc_job_wait(f->w.svc, &waiter.job, -1));
}

/* ---- threads ---- */

struct worker {
    pthread_t thread;
    struct fixture *f;
    int i;
    bool good;
};

static void *work(void *arg)
{
    struct worker *w = arg;
    char name[32];
    replsvc_group_ref group, found;
    replsvc_group_info info = {.size = sizeof info};
    snprintf(name, sizeof name, "group of %d", w->i);
    w->good = true;
    for (int round = 0; w->good && round < 20; round++) {
        w->good =
            replsvc_create_group(w->f->client, name, w->f->w.elements, 2, 0, 0, 0, NULL, &group, NULL) == 0 &&
            replsvc_group_find(w->f->client, name, &found) == 0 && strcmp(group.id, found.id) == 0 &&
            replsvc_group_get_info(w->f->client, &found, &info) == 0 && info.member_count == 2 &&
            replsvc_group_find(w->f->client, "nobody", &found) == REPLSVC_INVALID_PARAMETER &&
            strstr(replsvc_last_error()->message, "nobody") != NULL &&
            replsvc_delete_group(w->f->client, &group, NULL, 0, NULL) == 0;
    }
    return NULL;
}

static void threads_share_a_handle(void **state)
{
    struct worker workers[6];
    for (int i = 0; i < 6; i++) {
        workers[i] = (struct worker){.f = *state, .i = i};
        assert_int_equal(pthread_create(&workers[i].thread, NULL, work, &workers[i]), 0);
    }
    for (int i = 0; i < 6; i++) {
        assert_int_equal(pthread_join(workers[i].thread, NULL), 0);
        assert_true(workers[i].good);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(objects_are_made_found_and_described, setup, teardown),
        cmocka_unit_test_setup_teardown(an_empty_list_is_null, setup, teardown),
        cmocka_unit_test_setup_teardown(references_go_in_and_out, setup, teardown),
        cmocka_unit_test_setup_teardown(a_group_is_copied_with_names_and_texts, setup, teardown),
        cmocka_unit_test_setup_teardown(capabilities_are_the_same, setup, teardown),
        cmocka_unit_test_setup_teardown(errors_come_over_whole, setup, teardown),
        cmocka_unit_test_setup_teardown(a_success_leaves_no_error, setup, teardown),
        cmocka_unit_test_setup_teardown(infos_of_other_versions_are_filled_as_far_as_they_go, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(what_is_too_much_is_refused_before_it_is_sent, setup, teardown),
        cmocka_unit_test_setup_teardown(long_lists_come_over_whole, setup, teardown),
        cmocka_unit_test_setup_teardown(host_io_and_listening_stay_where_the_service_is, setup, teardown),
        cmocka_unit_test_setup_teardown(a_call_that_waits_holds_up_no_other, setup, teardown),
        cmocka_unit_test_setup_teardown(unlistening_wakes_who_waits_and_leaves_the_work, setup, teardown),
        cmocka_unit_test_setup_teardown(threads_share_a_handle, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
