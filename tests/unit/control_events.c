/* SPDX-License-Identifier: BSD-2-Clause */
/* Events on connected handles: each is given all of them, from its connecting on. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "support/file_world.h"

#define QUEUE 8u

struct fixture {
    struct file_world w;
    char path[108];
    replsvc_service *client;
};

static int setup(void **state)
{
    static struct fixture f;
    file_world_make(&f.w, 2, 16);
    f.w.options.size = sizeof f.w.options;
    f.w.options.event_queue_length = QUEUE;
    file_world_reopen(&f.w);
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

static replsvc_group_ref make_group(replsvc_service *svc)
{
    replsvc_group_ref group;
    assert_done(replsvc_create_group(svc, NULL, NULL, 0, 0, 0, 0, NULL, &group, NULL));
    return group;
}

static replsvc_event next(replsvc_service *svc)
{
    replsvc_event e = {.size = sizeof e};
    assert_done(replsvc_event_next(svc, &e, -1));
    return e;
}

static void assert_created(replsvc_service *svc, const replsvc_group_ref *group)
{
    replsvc_event e = next(svc);
    assert_int_equal(e.kind, REPLSVC_EVENT_CREATED);
    assert_int_equal(e.object_kind, REPLSVC_OBJECT_GROUP);
    assert_string_equal(e.object, group->id);
}

static void none_is_missed_since_connecting(void **state)
{
    struct fixture *f = *state;
    replsvc_group_ref first = make_group(f->client), second = make_group(f->w.svc);
    assert_created(f->client, &first); /* it had not been asked for events before */
    assert_created(f->client, &second);
    replsvc_event e = {.size = sizeof e};
    assert_refused(replsvc_event_next(f->client, &e, 0), REPLSVC_TIMEOUT, "");
    assert_refused(replsvc_event_next(f->client, &e, 1), REPLSVC_TIMEOUT, "");
}

static void ones_own_are_there_without_waiting(void **state)
{
    struct fixture *f = *state;
    for (int i = 0; i < 50; i++) {
        replsvc_event e = {.size = sizeof e};
        replsvc_group_ref group = make_group(f->client);
        assert_done(replsvc_event_next(f->client, &e, 0));
        assert_string_equal(e.object, group.id);
        assert_refused(replsvc_event_next(f->client, &e, 0), REPLSVC_TIMEOUT, "");
    }
}

static void everybody_is_given_all(void **state)
{
    struct fixture *f = *state;
    replsvc_service *other;
    assert_done(replsvc_service_connect(f->path, &other));
    replsvc_group_ref group = make_group(other);
    assert_created(f->client, &group);
    assert_created(other, &group);
    assert_created(f->w.svc, &group);
    replsvc_service_close(other);
}

static void the_descriptor_is_readable_while_events_wait(void **state)
{
    struct fixture *f = *state;
    int fd = replsvc_event_fd(f->client);
    assert_true(fd >= 0);
    assert_int_equal(replsvc_event_fd(f->client), fd);
    struct pollfd p = {.fd = fd, .events = POLLIN};
    assert_int_equal(poll(&p, 1, 0), 0);
    replsvc_group_ref first = make_group(f->client), second = make_group(f->client);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(poll(&p, 1, -1), 1);
        assert_created(f->client, i == 0 ? &first : &second);
    }
    assert_int_equal(poll(&p, 1, 0), 0);
}

static void who_is_slow_is_told_what_was_lost(void **state)
{
    struct fixture *f = *state;
    replsvc_group_ref last;
    for (unsigned i = 0; i < 3 * QUEUE; i++)
        last = make_group(f->w.svc);
    replsvc_event e = next(f->client);
    assert_int_equal(e.kind, REPLSVC_EVENT_OVERFLOW);
    assert_int_equal(e.value, 2 * QUEUE);
    uint64_t number = e.sequence;
    for (unsigned i = 0; i < QUEUE; i++) {
        e = next(f->client);
        assert_int_equal(e.kind, REPLSVC_EVENT_CREATED);
        assert_int_equal(e.sequence, ++number);
    }
    assert_string_equal(e.object, last.id);
}

static void they_go_on_after_a_break(void **state)
{
    struct fixture *f = *state;
    replsvc_event e = {.size = sizeof e};
    replsvc_group_ref group = make_group(f->client);
    int fd = replsvc_event_fd(f->client);
    struct pollfd p = {.fd = fd, .events = POLLIN};
    assert_created(f->client, &group);
    assert_done(replsvc_service_unlisten(f->w.svc, f->path));
    group = make_group(f->w.svc);
    assert_int_equal(poll(&p, 1, -1), 1); /* who waits is told of the break */
    assert_refused(replsvc_event_next(f->client, &e, -1), REPLSVC_FAILED, "");
    assert_refused(replsvc_event_next(f->client, &e, -1), REPLSVC_FAILED, "");
    assert_done(replsvc_service_listen(f->w.svc, f->path, NULL));
    assert_created(f->client, &group); /* of the same queue none is missing */
    assert_int_equal(replsvc_event_fd(f->client), fd);
    assert_int_equal(poll(&p, 1, 0), 0);
}

static void of_a_service_opened_anew_all_before_is_lost(void **state)
{
    struct fixture *f = *state;
    replsvc_event e = {.size = sizeof e};
    make_group(f->client);
    assert_int_equal(next(f->client).kind, REPLSVC_EVENT_CREATED);
    file_world_reopen(&f->w);
    assert_refused(replsvc_event_next(f->client, &e, -1), REPLSVC_FAILED, "");
    assert_done(replsvc_service_listen(f->w.svc, f->path, NULL));
    assert_int_equal(next(f->client).kind, REPLSVC_EVENT_OVERFLOW);
    replsvc_group_ref group = make_group(f->client);
    assert_created(f->client, &group);
}

static void wrong_parameters_take_no_event(void **state)
{
    struct fixture *f = *state;
    replsvc_event e = {.size = 1};
    replsvc_group_ref group = make_group(f->client);
    assert_refused(replsvc_event_next(f->client, NULL, 0), REPLSVC_INVALID_PARAMETER, "event");
    assert_refused(replsvc_event_next(f->client, &e, 0), REPLSVC_INVALID_PARAMETER, "event");
    assert_created(f->client, &group);
}

struct taker {
    pthread_t thread;
    replsvc_service *svc;
    unsigned taken;
};

static void *take(void *arg)
{
    struct taker *t = arg;
    replsvc_event e = {.size = sizeof e};
    while (replsvc_event_next(t->svc, &e, -1) == REPLSVC_OK)
        t->taken++;
    return NULL;
}

static void threads_share_a_handles_events(void **state)
{
    struct fixture *f = *state;
    struct taker takers[3];
    unsigned taken = 0;
    for (int i = 0; i < 3; i++) {
        takers[i] = (struct taker){.svc = f->client};
        assert_int_equal(pthread_create(&takers[i].thread, NULL, take, &takers[i]), 0);
    }
    replsvc_service *other;
    assert_done(replsvc_service_connect(f->path, &other));
    for (int i = 0; i < 40; i++) {
        replsvc_group_ref group = make_group(f->client);
        assert_created(other, &group); /* and so no faster than they come */
    }
    replsvc_service_close(other);
    assert_done(replsvc_service_unlisten(f->w.svc, f->path));
    for (int i = 0; i < 3; i++) {
        assert_int_equal(pthread_join(takers[i].thread, NULL), 0);
        taken += takers[i].taken;
    }
    assert_true(taken >= 1 && taken <= 40);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(none_is_missed_since_connecting, setup, teardown),
        cmocka_unit_test_setup_teardown(ones_own_are_there_without_waiting, setup, teardown),
        cmocka_unit_test_setup_teardown(everybody_is_given_all, setup, teardown),
        cmocka_unit_test_setup_teardown(the_descriptor_is_readable_while_events_wait, setup, teardown),
        cmocka_unit_test_setup_teardown(who_is_slow_is_told_what_was_lost, setup, teardown),
        cmocka_unit_test_setup_teardown(they_go_on_after_a_break, setup, teardown),
        cmocka_unit_test_setup_teardown(of_a_service_opened_anew_all_before_is_lost, setup, teardown),
        cmocka_unit_test_setup_teardown(wrong_parameters_take_no_event, setup, teardown),
        cmocka_unit_test_setup_teardown(threads_share_a_handles_events, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
