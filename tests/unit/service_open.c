/* SPDX-License-Identifier: BSD-2-Clause */
/* Opening and closing a service: options, the lock, directories that are not ours to read, events. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "service/objects.h"
#include "support/service_world.h"
#include "support/simvfs.h"
#include "support/tempdir.h"

/* ---- options ---- */

static void wrong_options_are_refused(void **state)
{
    (void)state;
    struct world *w = world_new(512);
    replsvc_service *svc;
    const replsvc_service_options bad[] = {
        {.size = 0},
        {.size = sizeof bad[0], .flags = 0x8000},
        {.size = sizeof bad[0], .worker_threads = 100000},
        {.size = sizeof bad[0], .event_queue_length = UINT32_MAX},
        {.size = sizeof bad[0], .wait_timeout_ms = -1},
        {.size = sizeof bad[0], .region_size = 2048},
        {.size = sizeof bad[0], .region_size = 4097},
        {.size = sizeof bad[0], .log_level = 9},
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_refused(service_world_open(w, &bad[i], &svc), REPLSVC_INVALID_PARAMETER, "options");
    replsvc_service_options good = {.size = sizeof good, .worker_threads = 1, .region_size = 4096};
    assert_done(service_world_open(w, &good, &svc));
    replsvc_service_close(svc);
    world_free(w);
}

static void the_parameters_of_open_are_checked(void **state)
{
    (void)state;
    replsvc_service *svc = (void *)1;
    assert_refused(replsvc_service_open(NULL, NULL, &svc), REPLSVC_INVALID_PARAMETER, "state_directory");
    assert_null(svc);
    assert_refused(replsvc_service_open("", NULL, &svc), REPLSVC_INVALID_PARAMETER, "state_directory");
    assert_refused(replsvc_service_open("/tmp", NULL, NULL), REPLSVC_INVALID_PARAMETER, "service");
    assert_refused(replsvc_service_open("/dev/null", NULL, &svc), REPLSVC_INVALID_PARAMETER,
                   "state_directory");
    replsvc_service_close(NULL);
}

static void a_state_directory_is_made_for_its_owner_only_or_must_exist(void **state)
{
    (void)state;
    char dir[TEMPDIR_SIZE], path[TEMPDIR_SIZE + 8];
    replsvc_service *svc;
    struct stat st;
    tempdir_make(dir);
    snprintf(path, sizeof path, "%s/state", dir);
    replsvc_service_options options = {.size = sizeof options, .flags = REPLSVC_SERVICE_MUST_EXIST};
    assert_refused(replsvc_service_open(path, &options, &svc), REPLSVC_INVALID_PARAMETER, "state_directory");
    assert_int_equal(stat(path, &st), -1);
    assert_done(replsvc_service_open(path, NULL, &svc));
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0700);
    replsvc_service_close(svc);
    assert_done(replsvc_service_open(path, &options, &svc));
    replsvc_service_close(svc);
    tempdir_remove(dir);
}

/* ---- the lock ---- */

static void a_second_opener_is_refused_at_once(void **state)
{
    (void)state;
    char dir[TEMPDIR_SIZE];
    replsvc_service *svc, *second;
    tempdir_make(dir);
    assert_done(replsvc_service_open(dir, NULL, &svc));
    assert_refused(replsvc_service_open(dir, NULL, &second), REPLSVC_IN_USE, "state_directory");
    assert_null(second);
    replsvc_service_close(svc);
    assert_done(replsvc_service_open(dir, NULL, &second));
    replsvc_service_close(second);
    tempdir_remove(dir);
}

/* Tells by its exit status what another process gets. */
static int open_in_child(const char *dir, int hold)
{
    int ready[2];
    assert_int_equal(pipe(ready), 0);
    fflush(NULL);
    pid_t pid = fork();
    if (pid == 0) {
        replsvc_service *svc;
        uint32_t ret = replsvc_service_open(dir, NULL, &svc);
        ssize_t n = write(ready[1], "x", 1);
        if (hold)
            pause();
        _exit(n == 1 ? (int)ret : 99);
    }
    assert_true(pid > 0);
    char byte;
    assert_int_equal(read(ready[0], &byte, 1), 1);
    close(ready[0]);
    close(ready[1]);
    if (hold)
        return pid;
    int status;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return WEXITSTATUS(status);
}

static void two_processes_do_not_share_a_state_directory(void **state)
{
    (void)state;
    char dir[TEMPDIR_SIZE];
    replsvc_service *svc;
    tempdir_make(dir);
    assert_done(replsvc_service_open(dir, NULL, &svc));
    assert_int_equal(open_in_child(dir, 0), REPLSVC_IN_USE);
    replsvc_service_close(svc);
    pid_t holder = open_in_child(dir, 1);
    assert_refused(replsvc_service_open(dir, NULL, &svc), REPLSVC_IN_USE, "state_directory");
    kill(holder, SIGKILL);
    assert_int_equal(waitpid(holder, NULL, 0), holder);
    assert_done(replsvc_service_open(dir, NULL, &svc));
    replsvc_service_close(svc);
    tempdir_remove(dir);
}

/* ---- what is in the directory ---- */

/* A record that names what isn't there is damage: the message says which. */
static void records_that_do_not_fit_together_are_refused(void **state)
{
    (void)state;
    struct service_world w;
    service_world_make(&w, 2, 4096);
    replsvc_group_ref g;
    assert_done(replsvc_create_group(w.svc, "g", w.elements, 2, 0, 0, 0, NULL, &g, NULL));
    replsvc_service_close(w.svc);
    w.svc = NULL;
    struct vfs *vfs;
    struct store *store;
    assert_int_equal(simvfs_open(w.world, "state", true, &vfs), 0);
    assert_int_equal(store_open(vfs, &store, NULL, 0), 0);
    struct store_txn *t = store_begin(store);
    assert_int_equal(store_delete(t, KIND_ELEMENT, w.elements[1].id), 0);
    assert_int_equal(store_commit(t), 0);
    store_close(store);
    vfs->ops->close(vfs);
    assert_refused(service_world_open(w.world, NULL, &w.svc), REPLSVC_FAILED, "");
    assert_non_null(strstr(replsvc_last_error()->message, g.id));
    assert_non_null(strstr(replsvc_last_error()->message, w.elements[1].id));
    service_world_free(&w);
}

static void a_record_that_is_none_is_refused(void **state)
{
    (void)state;
    struct service_world w;
    service_world_make(&w, 0, 0);
    replsvc_service_close(w.svc);
    w.svc = NULL;
    struct vfs *vfs;
    struct store *store;
    assert_int_equal(simvfs_open(w.world, "state", true, &vfs), 0);
    assert_int_equal(store_open(vfs, &store, NULL, 0), 0);
    struct store_txn *t = store_begin(store);
    assert_int_equal(store_put(t, KIND_GROUP, "grp-x", "\x01\x00\xff\xff\xff\x00garbage", 13), 0);
    assert_int_equal(store_commit(t), 0);
    store_close(store);
    vfs->ops->close(vfs);
    assert_refused(service_world_open(w.world, NULL, &w.svc), REPLSVC_FAILED, "");
    assert_non_null(strstr(replsvc_last_error()->message, "grp-x"));
    service_world_free(&w);
}

/* ---- changes that the state directory refuses ---- */

static void a_change_that_cannot_be_recorded_is_not_made(void **state)
{
    (void)state;
    struct service_world w;
    service_world_make(&w, 2, 4096);
    replsvc_group_ref g, *list;
    size_t n;
    assert_done(replsvc_create_group(w.svc, "g", w.elements, 1, 0, 0, 0, NULL, &g, NULL));
    struct world_fault full = {.path = "state/",
                               .nth = 1,
                               .forever = true,
                               .err = -ENOSPC,
                               .kinds =
                                   1u << WORLD_OP_WRITE | 1u << WORLD_OP_CREATE | 1u << WORLD_OP_TRUNCATE};
    assert_int_equal(world_fault_add(w.world, &full), 0);
    uint32_t ret = replsvc_add_members(w.svc, &w.elements[1], 1, &g, NULL, NULL);
    assert_refused(ret, REPLSVC_FAILED, "");
    assert_int_equal(replsvc_last_error()->system_errno, ENOSPC);
    assert_refused(replsvc_create_group(w.svc, "h", NULL, 0, 0, 0, 0, NULL, NULL, NULL), REPLSVC_FAILED, "");
    assert_refused(replsvc_delete_group(w.svc, &g, NULL, 0, NULL), REPLSVC_FAILED, "");
    assert_refused(replsvc_element_unregister(w.svc, &w.elements[1], false), REPLSVC_FAILED, "");
    world_faults_clear(w.world);
    for (int round = 0; round < 2; round++) {
        replsvc_group_info info = {.size = sizeof info};
        assert_done(replsvc_group_get_info(w.svc, &g, &info));
        assert_int_equal(info.member_count, 1);
        assert_done(replsvc_group_list(w.svc, &list, &n));
        assert_int_equal(n, 1);
        replsvc_free(list);
        service_world_reopen(&w);
    }
    assert_done(replsvc_add_members(w.svc, &w.elements[1], 1, &g, NULL, NULL));
    service_world_free(&w);
}

/* ---- events ---- */

static bool readable(int fd)
{
    struct pollfd p = {.fd = fd, .events = POLLIN};
    assert_true(poll(&p, 1, 0) >= 0);
    return p.revents & POLLIN;
}

static replsvc_event next(replsvc_service *svc)
{
    replsvc_event e = {.size = sizeof e};
    assert_done(replsvc_event_next(svc, &e, 0));
    return e;
}

static void every_change_is_told_once_and_in_order(void **state)
{
    (void)state;
    struct service_world w;
    service_world_make(&w, 2, 4096);
    int fd = replsvc_event_fd(w.svc);
    replsvc_event e;
    for (uint64_t i = 0; i < 2; i++) {
        assert_true(readable(fd));
        e = next(w.svc);
        assert_int_equal(e.kind, REPLSVC_EVENT_CREATED);
        assert_int_equal(e.object_kind, REPLSVC_OBJECT_ELEMENT);
        assert_string_equal(e.object, w.elements[i].id);
        assert_int_equal(e.sequence, i + 1);
        assert_true(e.time > 0);
    }
    assert_false(readable(fd));
    replsvc_group_ref g;
    assert_done(replsvc_create_group(w.svc, "g", w.elements, 1, 0, REPLSVC_BOOL_TRUE, 0, NULL, &g, NULL));
    assert_done(replsvc_add_members(w.svc, &w.elements[1], 1, &g, NULL, NULL));
    assert_done(replsvc_remove_members(w.svc, w.elements, 2, 0, &g, NULL, NULL));
    assert_done(replsvc_element_unregister(w.svc, &w.elements[0], false));
    static const struct {
        int kind, object_kind, property;
        uint32_t before, after;
    } expected[] = {
        {REPLSVC_EVENT_CREATED, REPLSVC_OBJECT_GROUP, 0, 0, 0},
        {REPLSVC_EVENT_MODIFIED, REPLSVC_OBJECT_GROUP, REPLSVC_EVENT_PROPERTY_MEMBERS, 1, 2},
        {REPLSVC_EVENT_MODIFIED, REPLSVC_OBJECT_GROUP, REPLSVC_EVENT_PROPERTY_MEMBERS, 2, 0},
        {REPLSVC_EVENT_DELETED, REPLSVC_OBJECT_GROUP, 0, 0, 0},
        {REPLSVC_EVENT_DELETED, REPLSVC_OBJECT_ELEMENT, 0, 0, 0},
    };
    for (size_t i = 0; i < sizeof expected / sizeof expected[0]; i++) {
        e = next(w.svc);
        assert_int_equal(e.kind, expected[i].kind);
        assert_int_equal(e.object_kind, expected[i].object_kind);
        assert_int_equal(e.property, expected[i].property);
        assert_int_equal(e.previous_value, expected[i].before);
        assert_int_equal(e.value, expected[i].after);
        assert_int_equal(e.sequence, 3 + i);
    }
    assert_int_equal(replsvc_event_next(w.svc, &e, 0), REPLSVC_TIMEOUT);
    /* A call that is refused tells nothing. */
    assert_int_equal(replsvc_delete_group(w.svc, &g, NULL, 0, NULL), REPLSVC_INVALID_PARAMETER);
    assert_int_equal(replsvc_event_next(w.svc, &e, 1), REPLSVC_TIMEOUT);
    assert_refused(replsvc_event_next(w.svc, NULL, 0), REPLSVC_INVALID_PARAMETER, "event");
    assert_int_equal(replsvc_event_fd(NULL), -1);
    service_world_free(&w);
}

static void a_full_queue_drops_the_oldest_and_says_so(void **state)
{
    (void)state;
    struct world *world = world_new(512);
    replsvc_service *svc;
    replsvc_service_options options = {.size = sizeof options, .event_queue_length = 4};
    assert_done(service_world_open(world, &options, &svc));
    for (int i = 0; i < 10; i++)
        assert_done(replsvc_create_group(svc, NULL, NULL, 0, 0, 0, 0, NULL, NULL, NULL));
    replsvc_event e = next(svc);
    assert_int_equal(e.kind, REPLSVC_EVENT_OVERFLOW);
    assert_int_equal(e.object_kind, 0);
    assert_int_equal(e.value, 6);
    assert_int_equal(e.sequence, 6);
    for (uint64_t i = 7; i <= 10; i++) {
        assert_true(readable(replsvc_event_fd(svc)));
        assert_int_equal(next(svc).sequence, i);
    }
    assert_false(readable(replsvc_event_fd(svc)));
    replsvc_service_close(svc);
    world_free(world);
}

static void *wait_for_event(void *svc)
{
    replsvc_event e = {.size = sizeof e};
    return (void *)(uintptr_t)(replsvc_event_next(svc, &e, -1) == REPLSVC_OK ? e.kind : 0);
}

static void an_event_wakes_who_waits_for_it(void **state)
{
    (void)state;
    struct service_world w;
    service_world_make(&w, 0, 0);
    pthread_t thread;
    void *kind;
    assert_int_equal(pthread_create(&thread, NULL, wait_for_event, w.svc), 0);
    assert_done(replsvc_create_group(w.svc, "g", NULL, 0, 0, 0, 0, NULL, NULL, NULL));
    pthread_join(thread, &kind);
    assert_int_equal((uintptr_t)kind, REPLSVC_EVENT_CREATED);
    service_world_free(&w);
}

/* ---- threads ---- */

/* Every thread of the process but this one has all signals blocked that can be. */
static void threads_of_the_library_take_no_signals(void **state)
{
    (void)state;
    struct service_world w;
    service_world_make(&w, 0, 0);
    FILE *f = popen("grep -H SigBlk /proc/$PPID/task/*/status", "r");
    assert_non_null(f);
    char line[256], mine[64];
    snprintf(mine, sizeof mine, "/task/%d/", (int)getpid());
    int others = 0;
    while (fgets(line, sizeof line, f)) {
        unsigned long long blocked;
        if (strstr(line, mine))
            continue;
        assert_int_equal(sscanf(strstr(line, "SigBlk:"), "SigBlk: %llx", &blocked), 1);
        assert_true(blocked >> (SIGTERM - 1) & 1);
        assert_true(blocked >> (SIGINT - 1) & 1);
        assert_true(blocked >> (SIGUSR1 - 1) & 1);
        others++;
    }
    pclose(f);
    assert_true(others > 0);
    service_world_free(&w);
}

#define THREADS 6
#define ROUNDS 40

struct worker {
    struct service_world *w;
    unsigned seed;
};

static void *work(void *arg)
{
    struct worker *k = arg;
    struct service_world *w = k->w;
    for (int i = 0; i < ROUNDS; i++) {
        replsvc_group_ref g, *groups;
        replsvc_group_info info = {.size = sizeof info};
        replsvc_element_info element = {.size = sizeof element};
        replsvc_element_ref *members;
        replsvc_event event = {.size = sizeof event};
        replsvc_volume *v;
        size_t n, first = (size_t)rand_r(&k->seed) % (w->n / 2);
        assert_done(
            replsvc_create_group(w->svc, NULL, &w->elements[first], w->n / 2, 0, 0, 0, NULL, &g, NULL));
        assert_done(replsvc_group_get_info(w->svc, &g, &info));
        assert_int_equal(info.member_count, w->n / 2);
        assert_done(replsvc_remove_members(w->svc, &w->elements[first], 1, 0, &g, NULL, NULL));
        assert_done(replsvc_group_get_members(w->svc, &g, &members, &n));
        assert_int_equal(n, w->n / 2 - 1);
        replsvc_free(members);
        assert_done(replsvc_group_list(w->svc, &groups, &n));
        replsvc_free(groups);
        assert_done(replsvc_element_get_info(w->svc, &w->elements[first], &element));
        assert_int_equal(replsvc_volume_open(w->svc, &w->elements[first], REPLSVC_VOLUME_WRITABLE, &v), 0);
        assert_int_equal(replsvc_volume_pwrite(v, &i, sizeof i, 0, 0), 0);
        assert_int_equal(replsvc_volume_close(v), 0);
        (void)replsvc_event_next(w->svc, &event, 0);
        assert_done(replsvc_delete_group(w->svc, &g, NULL, 0, NULL));
        assert_int_equal(replsvc_delete_group(w->svc, &g, NULL, 0, NULL), REPLSVC_INVALID_PARAMETER);
        assert_non_null(strstr(replsvc_last_error()->message, g.id)); /* each thread has its own */
    }
    return NULL;
}

static void many_threads_may_call_at_once(void **state)
{
    (void)state;
    struct service_world w;
    struct worker workers[THREADS];
    pthread_t threads[THREADS];
    service_world_make(&w, 8, 4096);
    for (unsigned i = 0; i < THREADS; i++) {
        workers[i] = (struct worker){&w, i};
        assert_int_equal(pthread_create(&threads[i], NULL, work, &workers[i]), 0);
    }
    for (unsigned i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    replsvc_group_ref *groups;
    size_t n;
    service_world_reopen(&w);
    assert_done(replsvc_group_list(w.svc, &groups, &n));
    assert_int_equal(n, 0);
    service_world_free(&w);
}

/* ---- scale ---- */

static void a_group_of_a_thousand_keeps_its_order(void **state)
{
    (void)state;
    struct service_world w;
    replsvc_element_ref *members;
    replsvc_group_ref g;
    size_t n;
    service_world_make(&w, 1000, 4096);
    assert_done(replsvc_create_group(w.svc, "g", w.elements, 1000, 0, 0, 0, NULL, &g, NULL));
    service_world_reopen(&w);
    assert_done(replsvc_group_get_members(w.svc, &g, &members, &n));
    assert_int_equal(n, 1000);
    for (size_t i = 0; i < n; i++)
        assert_string_equal(members[i].id, w.elements[i].id);
    replsvc_free(members);
    service_world_free(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(wrong_options_are_refused),
        cmocka_unit_test(the_parameters_of_open_are_checked),
        cmocka_unit_test(a_state_directory_is_made_for_its_owner_only_or_must_exist),
        cmocka_unit_test(a_second_opener_is_refused_at_once),
        cmocka_unit_test(two_processes_do_not_share_a_state_directory),
        cmocka_unit_test(records_that_do_not_fit_together_are_refused),
        cmocka_unit_test(a_record_that_is_none_is_refused),
        cmocka_unit_test(a_change_that_cannot_be_recorded_is_not_made),
        cmocka_unit_test(every_change_is_told_once_and_in_order),
        cmocka_unit_test(a_full_queue_drops_the_oldest_and_says_so),
        cmocka_unit_test(an_event_wakes_who_waits_for_it),
        cmocka_unit_test(threads_of_the_library_take_no_signals),
        cmocka_unit_test(many_threads_may_call_at_once),
        cmocka_unit_test(a_group_of_a_thousand_keeps_its_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
