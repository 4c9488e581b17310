/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Many threads at once on one service: some make clones and take them apart, some write to sources, some only
 * look. Nothing is asserted but that each call answers as it may; the thread sanitizer does the rest.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/service_world.h"

#define MAKERS 3u
#define ROUNDS 12
#define SIZE (512u << 10)

struct shared {
    struct service_world w;
    atomic_bool stop;
    atomic_uint faults;
};

struct worker {
    struct shared *s;
    unsigned index;
};

#define EXPECT(condition)                                                                                    \
    do {                                                                                                     \
        if (!(condition)) {                                                                                  \
            print_error("%s:%d: %s: %s\n", __FILE__, __LINE__, #condition, replsvc_last_error()->message);   \
            atomic_fetch_add(&s->faults, 1);                                                                 \
        }                                                                                                    \
    } while (0)

static uint32_t settle(replsvc_service *svc, uint32_t ret, const replsvc_job_ref *job)
{
    return ret == REPLSVC_JOB_STARTED ? replsvc_job_wait(svc, job, -1) : ret;
}

/* Clones its own source into its own target and a group of them, again and again. */
static void *make(void *arg)
{
    struct worker *k = arg;
    struct shared *s = k->s;
    replsvc_service *svc = s->w.svc;
    replsvc_element_ref source = s->w.elements[2 * k->index], target = s->w.elements[2 * k->index + 1];
    for (int i = 0; i < ROUNDS; i++) {
        replsvc_job_ref job = {""};
        replsvc_sync_ref sync = {""};
        replsvc_sync_info info = {.size = sizeof info};
        uint32_t ret =
            replsvc_create_element_replica(svc, NULL, REPLSVC_SYNC_TYPE_CLONE, 0, &source, NULL, &target,
                                           NULL, NULL, &job, &sync, NULL, NULL, 0, NULL, NULL, 0);
        EXPECT(settle(svc, ret, &job) == REPLSVC_OK);
        EXPECT(replsvc_sync_get_info(svc, &sync, &info) == REPLSVC_OK);
        EXPECT(info.copy_state == REPLSVC_COPY_STATE_SYNCHRONIZED);
        EXPECT(replsvc_element_unregister(svc, &target, false) == REPLSVC_IN_USE);
        job.id[0] = '\0';
        ret = replsvc_modify_replica_synchronization(svc, REPLSVC_OPERATION_DETACH, &sync, NULL, NULL, 0,
                                                     &job, NULL, 0, REPLSVC_COPY_STATE_NOT_APPLICABLE, NULL);
        EXPECT(settle(svc, ret, &job) == REPLSVC_OK);
        EXPECT(replsvc_sync_get_info(svc, &sync, &info) == REPLSVC_INVALID_PARAMETER);
    }
    return NULL;
}

static void *write_on(void *arg)
{
    struct worker *k = arg;
    struct shared *s = k->s;
    while (!atomic_load(&s->stop)) {
        replsvc_volume *v;
        char buffer[4096];
        memset(buffer, (int)k->index + 1, sizeof buffer);
        EXPECT(replsvc_volume_open(s->w.svc, &s->w.elements[2 * k->index], REPLSVC_VOLUME_WRITABLE, &v) == 0);
        for (uint64_t i = 0; i < 8; i++)
            EXPECT(replsvc_volume_pwrite(v, buffer, sizeof buffer, i * 65536, 0) == 0);
        EXPECT(replsvc_volume_flush(v) == 0);
        EXPECT(replsvc_volume_close(v) == 0);
    }
    return NULL;
}

static void look_at_relationships(struct shared *s)
{
    replsvc_sync_ref *syncs;
    size_t n;
    EXPECT(replsvc_sync_list(s->w.svc, &syncs, &n) == REPLSVC_OK);
    for (size_t i = 0; i < n; i++) {
        replsvc_sync_info info = {.size = sizeof info};
        uint32_t ret = replsvc_sync_get_info(s->w.svc, &syncs[i], &info);
        EXPECT(ret == REPLSVC_OK || ret == REPLSVC_INVALID_PARAMETER);
    }
    replsvc_free(syncs);
}

static void look_at_elements(struct shared *s)
{
    replsvc_element_ref *elements;
    size_t n;
    EXPECT(replsvc_element_list(s->w.svc, &elements, &n) == REPLSVC_OK);
    for (size_t i = 0; i < n; i++) {
        replsvc_element_info info = {.size = sizeof info};
        EXPECT(replsvc_element_get_info(s->w.svc, &elements[i], &info) == REPLSVC_OK);
        EXPECT(info.size_bytes == SIZE);
    }
    replsvc_free(elements);
    EXPECT(replsvc_get_available_target_elements(s->w.svc, &s->w.elements[0], REPLSVC_SYNC_TYPE_CLONE, 0,
                                                 NULL, NULL, NULL, NULL, 0, NULL, &elements, &n,
                                                 0) == REPLSVC_OK);
    replsvc_free(elements);
}

static void *look(void *arg)
{
    struct worker *k = arg;
    struct shared *s = k->s;
    while (!atomic_load(&s->stop)) {
        replsvc_event event = {.size = sizeof event};
        replsvc_job_ref *jobs;
        replsvc_group_ref g;
        size_t n;
        look_at_relationships(s);
        look_at_elements(s);
        EXPECT(replsvc_job_list(s->w.svc, &jobs, &n) == REPLSVC_OK);
        for (size_t i = 0; i < n; i++) {
            replsvc_job_info info = {.size = sizeof info};
            uint32_t ret = replsvc_job_get_info(s->w.svc, &jobs[i], &info);
            EXPECT(ret == REPLSVC_OK || ret == REPLSVC_INVALID_PARAMETER);
        }
        replsvc_free(jobs);
        while (replsvc_event_next(s->w.svc, &event, 0) == REPLSVC_OK)
            ;
        EXPECT(replsvc_create_group(s->w.svc, NULL, s->w.elements, 2, 0, 0, 0, NULL, &g, NULL) == REPLSVC_OK);
        EXPECT(replsvc_delete_group(s->w.svc, &g, NULL, 0, NULL) == REPLSVC_OK);
    }
    return NULL;
}

static void threads_make_write_and_look_at_once(void **state)
{
    (void)state;
    static struct shared s;
    struct worker workers[MAKERS];
    pthread_t makers[MAKERS], writers[MAKERS], lookers[2];
    service_world_make(&s.w, 2 * MAKERS, SIZE);
    for (unsigned i = 0; i < MAKERS; i++) {
        workers[i] = (struct worker){&s, i};
        assert_int_equal(pthread_create(&makers[i], NULL, make, &workers[i]), 0);
        assert_int_equal(pthread_create(&writers[i], NULL, write_on, &workers[i]), 0);
    }
    for (unsigned i = 0; i < 2; i++)
        assert_int_equal(pthread_create(&lookers[i], NULL, look, &workers[i]), 0);
    for (unsigned i = 0; i < MAKERS; i++)
        pthread_join(makers[i], NULL);
    atomic_store(&s.stop, true);
    for (unsigned i = 0; i < MAKERS; i++)
        pthread_join(writers[i], NULL);
    for (unsigned i = 0; i < 2; i++)
        pthread_join(lookers[i], NULL);
    assert_int_equal(atomic_load(&s.faults), 0);
    service_world_reopen(&s.w);
    replsvc_sync_ref *syncs;
    size_t n;
    assert_done(replsvc_sync_list(s.w.svc, &syncs, &n));
    assert_int_equal(n, 0);
    service_world_free(&s.w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(threads_make_write_and_look_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
