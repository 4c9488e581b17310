/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A service that is killed while processes manage it through its socket. Every call ends, with an answer or
 * with an error that says whether it was done; what was answered with success is there when the service is
 * opened again; handles work again as they are. REPLSVC_LONG=1 makes it hundreds of rounds.
 *
 * The service lives in a child, and so does each round's kill; this process only calls. Its threads end
 * before the next child is made.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <replsvc/replsvc.h>

#include "support/tempdir.h"

#define CALLERS 4
#define MAX_CALLS 4000

static char directory[TEMPDIR_SIZE], state_directory[TEMPDIR_SIZE + 16], path[108];
static replsvc_service *client;
static atomic_uint answered;

/* The group that the n-th call of a caller makes, and how the call ended. */
struct caller {
    pthread_t thread;
    int round, number;
    int calls;
    uint32_t codes[MAX_CALLS];
    bool told[MAX_CALLS]; /* a failed call said whether it was done */
};

static void name_of(char name[64], const struct caller *c, int call)
{
    snprintf(name, 64, "%d.%d.%d", c->round, c->number, call);
}

/* A child that has the service open until it is killed. */
static pid_t start_service(void)
{
    int ready[2];
    char c;
    assert_int_equal(pipe(ready), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        replsvc_service *svc;
        replsvc_service_options options = {.size = sizeof options};
        if (replsvc_service_open(state_directory, &options, &svc) != 0 ||
            replsvc_service_listen(svc, path, NULL) != 0) {
            fprintf(stderr, "%s\n", replsvc_last_error()->message);
            _exit(1);
        }
        if (write(ready[1], "x", 1) != 1)
            _exit(1);
        for (;;)
            pause();
    }
    close(ready[1]);
    assert_int_equal(read(ready[0], &c, 1), 1);
    close(ready[0]);
    return child;
}

static void *call_until_it_breaks(void *arg)
{
    struct caller *c = arg;
    char name[64];
    uint32_t code = 0;
    for (c->calls = 0; code == 0 && c->calls < MAX_CALLS; c->calls++) {
        name_of(name, c, c->calls);
        code = replsvc_create_group(client, name, NULL, 0, 0, 0, 0, NULL, NULL, NULL);
        const char *message = replsvc_last_error()->message;
        c->codes[c->calls] = code;
        c->told[c->calls] = strstr(message, "not known") != NULL || strstr(message, "not done") != NULL ||
                            strstr(message, "no service") != NULL || strstr(message, "greet") != NULL;
        if (code == 0)
            atomic_fetch_add(&answered, 1);
    }
    return NULL;
}

static void *wait_for_events(void *arg)
{
    replsvc_event e = {.size = sizeof e};
    (void)arg;
    while (replsvc_event_next(client, &e, -1) == 0)
        ;
    return NULL;
}

/* What was answered with success is there; a call whose end is not known may have been done. */
static void check(const struct caller *c)
{
    replsvc_group_ref group;
    char name[64];
    assert_true(c->calls > 0);
    for (int i = 0; i < c->calls; i++) {
        name_of(name, c, i);
        if (c->codes[i] == 0) {
            assert_int_equal(replsvc_group_find(client, name, &group), 0);
            assert_int_equal(replsvc_delete_group(client, &group, NULL, 0, NULL), 0);
        } else {
            assert_int_equal(c->codes[i], REPLSVC_FAILED);
            assert_true(c->told[i]);
        }
    }
}

static void what_was_answered_is_there_after_a_kill(void **state)
{
    static struct caller callers[CALLERS];
    pthread_t follower;
    int rounds = getenv("REPLSVC_LONG") != NULL ? 300 : 6;
    (void)state;
    pid_t service = start_service();
    assert_int_equal(replsvc_service_connect(path, &client), 0);
    for (int round = 0; round < rounds; round++) {
        unsigned enough = atomic_load(&answered) + 1 + (unsigned)rand() % 60;
        assert_int_equal(pthread_create(&follower, NULL, wait_for_events, NULL), 0);
        for (int i = 0; i < CALLERS; i++) {
            callers[i].round = round;
            callers[i].number = i;
            assert_int_equal(pthread_create(&callers[i].thread, NULL, call_until_it_breaks, &callers[i]), 0);
        }
        while (atomic_load(&answered) < enough)
            sched_yield();
        assert_int_equal(kill(service, SIGKILL), 0);
        assert_int_equal(waitpid(service, NULL, 0), service);
        for (int i = 0; i < CALLERS; i++)
            assert_int_equal(pthread_join(callers[i].thread, NULL), 0);
        assert_int_equal(pthread_join(follower, NULL), 0);
        service = start_service();
        for (int i = 0; i < CALLERS; i++)
            check(&callers[i]);
    }
    print_message("%u calls answered, %d kills\n", atomic_load(&answered), rounds);
    replsvc_service_close(client);
    assert_int_equal(kill(service, SIGKILL), 0);
    assert_int_equal(waitpid(service, NULL, 0), service);
}

static int setup(void **state)
{
    (void)state;
    tempdir_make(directory);
    snprintf(state_directory, sizeof state_directory, "%s/state", directory);
    snprintf(path, sizeof path, "%.90s/socket", directory);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    tempdir_remove(directory);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_was_answered_is_there_after_a_kill, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
