/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Quiesce hooks: freeze before and thaw after the point in time, never held for longer than the limit, and
 * the truth told about it. A hook that hangs does so until the test lets it go, so nothing depends on how
 * long anything takes.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <string.h>

#include "support/file_world.h"

#define SNAPSHOT REPLSVC_SYNC_TYPE_SNAPSHOT
#define STATE(name) REPLSVC_COPY_STATE_##name
#define SIZE (1u << 20)
#define CONSISTENT "instance of CIM_ReplicationSettingData { ConsistentPointInTime = TRUE; };"

struct hooks {
    _Atomic int freezes, thaws, inside;
    _Atomic bool overlapped;
    int result; /* of the freeze */
    bool hang_frozen, hang_thaw;
    sem_t go;                 /* lets a hanging one go */
    sem_t thawed;             /* posted at the end of each thaw */
    replsvc_service *service; /* used from inside, unless NULL */
    replsvc_element_ref elements[4];
    size_t n;
};

static int hook(void *user, enum replsvc_quiesce_phase phase, const replsvc_element_ref elements[], size_t n)
{
    struct hooks *h = user;
    if (atomic_fetch_add(&h->inside, 1) != 0)
        h->overlapped = true;
    if (phase == REPLSVC_QUIESCE_FREEZE) {
        h->n = n;
        memcpy(h->elements, elements, n * sizeof(elements[0]));
        if (h->service != NULL && fw_write(h->service, &elements[0], 1, 1, 0x77) != 0)
            h->result = 1;
        if (h->hang_frozen)
            sem_wait(&h->go);
        h->freezes++;
    } else {
        if (h->hang_thaw)
            sem_wait(&h->go);
        h->thaws++;
    }
    atomic_fetch_sub(&h->inside, 1);
    if (phase == REPLSVC_QUIESCE_THAW)
        sem_post(&h->thawed);
    return phase == REPLSVC_QUIESCE_FREEZE ? h->result : 0;
}

static void make(struct service_world *w, struct hooks *h, uint32_t limit_ms)
{
    memset(h, 0, sizeof(*h));
    sem_init(&h->go, 0, 0);
    sem_init(&h->thawed, 0, 0);
    replsvc_service_options options = {
        .size = sizeof(options), .quiesce = hook, .quiesce_user = h, .quiesce_timeout_ms = limit_ms};
    service_world_make(w, 4, SIZE);
    replsvc_service_close(w->svc);
    assert_done(service_world_open(w->world, &options, &w->svc));
}

static uint32_t create(struct service_world *w, size_t target, const char *settings, replsvc_sync_ref *s)
{
    return replsvc_create_element_replica(w->svc, NULL, SNAPSHOT, 0, &w->elements[0], NULL,
                                          &w->elements[target], NULL, settings, NULL, s, NULL, NULL, 0, NULL,
                                          NULL, 0);
}

static void a_freeze_comes_before_and_a_thaw_after_the_point_in_time(void **state)
{
    (void)state;
    struct service_world w;
    struct hooks h;
    replsvc_sync_ref s;
    make(&w, &h, 0);
    h.service = w.svc; /* it may use the library: no lock is held */
    assert_done(create(&w, 1, CONSISTENT, &s));
    assert_int_equal(fw_info(w.svc, &s).quiesce_result, 1);
    assert_int_equal(h.freezes, 1);
    assert_int_equal(h.thaws, 1);
    assert_int_equal(h.n, 1);
    assert_string_equal(h.elements[0].id, w.elements[0].id);
    assert_int_equal(fw_read(w.svc, &w.elements[1], 1), 0x77); /* what the freeze wrote is in it */
    service_world_free(&w);
}

static void a_freeze_that_fails_is_told_and_fails_only_who_asked_for_it(void **state)
{
    (void)state;
    struct service_world w;
    struct hooks h;
    replsvc_sync_ref s;
    make(&w, &h, 0);
    h.result = -1;
    assert_refused(create(&w, 1, CONSISTENT, &s), REPLSVC_FAILED, "ReplicationSettingData");
    assert_int_equal(h.thaws, 1);
    assert_int_equal(fw_count_syncs(w.svc), 0);
    assert_done(create(&w, 1, NULL, &s));
    assert_int_equal(fw_info(w.svc, &s).quiesce_result, 2);
    assert_int_equal(h.thaws, 2);
    service_world_free(&w);
}

static void a_freeze_that_hangs_is_not_waited_for_and_is_thawed_when_it_comes_back(void **state)
{
    (void)state;
    struct service_world w;
    struct hooks h;
    replsvc_sync_ref s;
    make(&w, &h, 5);
    h.hang_frozen = true;
    assert_refused(create(&w, 1, CONSISTENT, &s), REPLSVC_FAILED, "ReplicationSettingData");
    assert_int_equal(fw_count_syncs(w.svc), 0);
    assert_int_equal(h.thaws, 0);
    /* It still hangs; the next does not get in beside it, and is not held either. */
    assert_done(create(&w, 1, NULL, &s));
    assert_int_equal(fw_info(w.svc, &s).quiesce_result, 3);
    assert_int_equal(h.freezes, 0);
    sem_post(&h.go);
    sem_wait(&h.thawed);
    assert_int_equal(h.freezes, 1);
    h.hang_frozen = false;
    service_world_free(&w);
    assert_int_equal(h.thaws, 1);
    assert_false(h.overlapped);
}

static void a_thaw_that_hangs_holds_nobody(void **state)
{
    (void)state;
    struct service_world w;
    struct hooks h;
    replsvc_sync_ref s;
    make(&w, &h, 5);
    h.hang_thaw = true;
    assert_done(create(&w, 1, NULL, &s));
    assert_true(fw_info(w.svc, &s).quiesce_result == 1 || fw_info(w.svc, &s).quiesce_result == 3);
    assert_int_equal(h.thaws, 0);
    sem_post(&h.go);
    sem_wait(&h.thawed);
    service_world_free(&w);
}

static void *let_go(void *arg)
{
    struct hooks *h = arg;
    sem_post(&h->go);
    return NULL;
}

static void closing_the_service_waits_for_a_hook_that_runs(void **state)
{
    (void)state;
    struct service_world w;
    struct hooks h;
    replsvc_sync_ref s;
    pthread_t thread;
    make(&w, &h, 5);
    h.hang_frozen = true;
    assert_done(create(&w, 1, NULL, &s));
    assert_int_equal(pthread_create(&thread, NULL, let_go, &h), 0);
    replsvc_service_close(w.svc);
    assert_int_equal(h.thaws, 1);
    pthread_join(thread, NULL);
    assert_done(service_world_open(w.world, NULL, &w.svc));
    service_world_free(&w);
}

static void the_pause_of_a_cut_is_read_from_the_group(void **state)
{
    (void)state;
    struct service_world w;
    struct hooks h;
    replsvc_group_ref source, target;
    replsvc_sync_ref s;
    replsvc_group_info info = {.size = sizeof(info)};
    make(&w, &h, 0);
    assert_done(replsvc_create_group(w.svc, "s", &w.elements[0], 2, 0, 0, 0, NULL, &source, NULL));
    assert_done(replsvc_create_group(w.svc, "t", &w.elements[2], 2, 0, 0, 0, NULL, &target, NULL));
    assert_done(replsvc_group_get_info(w.svc, &source, &info));
    assert_int_equal(info.max_cut_pause_us, 0);
    assert_done(replsvc_create_group_replica(w.svc, "r", SNAPSHOT, 0, &source, NULL, NULL, &target, 0, NULL,
                                             3, NULL, NULL, &s, NULL, NULL, 0));
    assert_int_equal(h.n, 2); /* one freeze for all of them */
    assert_int_equal(h.freezes, 1);
    assert_done(replsvc_group_get_info(w.svc, &source, &info));
    assert_int_equal(info.last_cut_pause_us, fw_info(w.svc, &s).cut_pause_us);
    assert_int_equal(info.max_cut_pause_us, info.last_cut_pause_us);
    assert_int_equal(fw_info(w.svc, &s).quiesce_result, 1);
    service_world_free(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_freeze_comes_before_and_a_thaw_after_the_point_in_time),
        cmocka_unit_test(a_freeze_that_fails_is_told_and_fails_only_who_asked_for_it),
        cmocka_unit_test(a_freeze_that_hangs_is_not_waited_for_and_is_thawed_when_it_comes_back),
        cmocka_unit_test(a_thaw_that_hangs_holds_nobody),
        cmocka_unit_test(closing_the_service_waits_for_a_hook_that_runs),
        cmocka_unit_test(the_pause_of_a_cut_is_read_from_the_group),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
