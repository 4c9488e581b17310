/* SPDX-License-Identifier: BSD-2-Clause */
/* Mirrors that join groups and leave them while hosts write: what they are together follows at once. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>

#include "support/file_world.h"

#define MIRROR REPLSVC_SYNC_TYPE_MIRROR
#define STATE(name) REPLSVC_COPY_STATE_##name
#define OP(name) REPLSVC_OPERATION_##name
#define BLOCKS 256u
#define SIZE (BLOCKS * FW_BLOCK)

static const uint16_t modes[] = {REPLSVC_MODE_SYNCHRONOUS, REPLSVC_MODE_ASYNCHRONOUS, REPLSVC_MODE_ADAPTIVE};
#define MODES (sizeof(modes) / sizeof(modes[0]))

static uint32_t modify(replsvc_service *svc, uint16_t op, const replsvc_sync_ref *s)
{
    return replsvc_modify_replica_synchronization(svc, op, s, NULL, NULL, 0, NULL, NULL, REPLSVC_BOOL_ABSENT,
                                                  STATE(NOT_APPLICABLE), NULL);
}

static uint32_t pair(replsvc_service *svc, uint16_t op, const replsvc_sync_ref *g, const replsvc_sync_ref *p)
{
    return replsvc_modify_replica_synchronization(svc, op, g, NULL, p, 1, NULL, NULL, REPLSVC_BOOL_ABSENT, 0,
                                                  NULL);
}

static uint16_t state_of(replsvc_service *svc, const replsvc_sync_ref *s)
{
    return fw_info(svc, s).copy_state;
}

static replsvc_sync_ref mirror(struct service_world *w, uint16_t mode, size_t source, size_t target)
{
    replsvc_sync_ref s;
    assert_done(replsvc_create_element_replica(w->svc, NULL, MIRROR, mode, &w->elements[source], NULL,
                                               &w->elements[target], NULL, NULL, NULL, &s, NULL, NULL,
                                               STATE(SYNCHRONIZED), NULL, NULL, 0));
    return s;
}

/* d0, d1 to d3, d4. */
static replsvc_sync_ref mirror_group(struct service_world *w, uint16_t mode)
{
    replsvc_group_ref source, target;
    replsvc_sync_ref s;
    assert_done(replsvc_create_group(w->svc, "s", w->elements, 2, 0, 0, 0, NULL, &source, NULL));
    assert_done(replsvc_create_group(w->svc, "t", &w->elements[3], 2, 0, 0, 0, NULL, &target, NULL));
    assert_done(replsvc_create_group_replica(w->svc, "m", MIRROR, mode, &source, NULL, NULL, &target, 0, NULL,
                                             3, NULL, NULL, &s, NULL, NULL, STATE(SYNCHRONIZED)));
    return s;
}

static void wait_idle(replsvc_service *svc)
{
    replsvc_job_ref *jobs;
    size_t n;
    assert_done(replsvc_job_list(svc, &jobs, &n));
    for (size_t i = 0; i < n; i++)
        (void)replsvc_job_wait(svc, &jobs[i], -1);
    replsvc_free(jobs);
}

static void fill(struct service_world *w, uint64_t block, int byte)
{
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(fw_write(w->svc, &w->elements[i], block, 1, (unsigned char)byte), 0);
}

/* All three parted at once hold that byte in that block. */
static void assert_targets(struct service_world *w, uint64_t block, int byte)
{
    for (size_t i = 3; i < 6; i++)
        assert_int_equal(fw_read(w->svc, &w->elements[i], block), byte);
}

static void a_mirror_joins_a_group_and_leaves_it(void **state)
{
    (void)state;
    for (size_t i = 0; i < MODES; i++) {
        struct service_world w;
        service_world_make(&w, 6, SIZE);
        replsvc_sync_ref g = mirror_group(&w, modes[i]), p = mirror(&w, modes[i], 2, 5);
        assert_done(pair(w.svc, OP(ADDSYNCPAIR), &g, &p));
        replsvc_sync_info info = fw_info(w.svc, &g);
        assert_int_equal(info.member_count, 3);
        assert_int_equal(info.copy_state, STATE(SYNCHRONIZED));
        assert_string_equal(fw_info(w.svc, &p).group_synchronization, g.id);
        fill(&w, 3, 0x11);
        assert_done(modify(w.svc, OP(SPLIT), &g));
        assert_targets(&w, 3, 0x11);
        assert_done(modify(w.svc, OP(RESYNC_REPLICA), &g));
        service_world_reopen(&w);
        wait_idle(w.svc);
        assert_int_equal(state_of(w.svc, &g), STATE(SYNCHRONIZED));
        fill(&w, 4, 0x12);
        assert_refused(pair(w.svc, OP(ADDSYNCPAIR), &g, &p), REPLSVC_IN_USE, "SyncPair");
        assert_done(pair(w.svc, OP(REMOVESYNCPAIR), &g, &p));
        assert_int_equal(fw_info(w.svc, &g).member_count, 2);
        assert_int_equal(state_of(w.svc, &p), STATE(SYNCHRONIZED));
        fill(&w, 5, 0x13);
        assert_done(modify(w.svc, OP(SPLIT), &g));
        assert_int_equal(state_of(w.svc, &p), STATE(SYNCHRONIZED));
        assert_done(modify(w.svc, OP(SPLIT), &p));
        assert_targets(&w, 5, 0x13);
        assert_done(modify(w.svc, OP(RESYNC_REPLICA), &p));
        service_world_reopen(&w);
        wait_idle(w.svc);
        assert_int_equal(state_of(w.svc, &p), STATE(SYNCHRONIZED));
        assert_done(pair(w.svc, OP(ADDSYNCPAIR), &g, &p));
        assert_int_equal(state_of(w.svc, &g), STATE(MIXED));
        assert_done(modify(w.svc, OP(DISSOLVE), &g));
        assert_int_equal(fw_count_syncs(w.svc), 0);
        service_world_free(&w);
    }
}

static void one_that_breaks_parts_those_it_joined(void **state)
{
    (void)state;
    struct service_world w;
    service_world_make(&w, 6, SIZE);
    replsvc_sync_ref g = mirror_group(&w, 0), p = mirror(&w, 0, 2, 5);
    assert_done(pair(w.svc, OP(ADDSYNCPAIR), &g, &p));
    struct world_fault fault = {.path = "disks/d5", .kinds = 1u << WORLD_OP_WRITE, .nth = 1, .err = -EIO};
    assert_int_equal(world_fault_add(w.world, &fault), 0);
    assert_int_equal(fw_write(w.svc, &w.elements[2], 0, 1, 0x11), 0);
    engine_events_drain(w.svc->engine);
    assert_int_equal(state_of(w.svc, &p), STATE(BROKEN));
    assert_int_equal(state_of(w.svc, &g), STATE(MIXED));
    /* And no longer those that it has left. */
    assert_done(pair(w.svc, OP(REMOVESYNCPAIR), &g, &p));
    assert_int_equal(state_of(w.svc, &g), STATE(SUSPENDED));
    assert_done(modify(w.svc, OP(RESUME), &g));
    assert_done(modify(w.svc, OP(RESUME), &p));
    fault.nth = 1;
    assert_int_equal(world_fault_add(w.world, &fault), 0);
    assert_int_equal(fw_write(w.svc, &w.elements[2], 0, 1, 0x12), 0);
    engine_events_drain(w.svc->engine);
    assert_int_equal(state_of(w.svc, &p), STATE(BROKEN));
    assert_int_equal(state_of(w.svc, &g), STATE(SYNCHRONIZED));
    service_world_free(&w);
}

static void mirrors_made_one_by_one_become_a_group(void **state)
{
    (void)state;
    for (size_t i = 0; i < MODES; i++) {
        struct service_world w;
        replsvc_sync_ref g;
        service_world_make(&w, 6, SIZE);
        replsvc_sync_ref pairs[3];
        for (size_t k = 0; k < 3; k++)
            pairs[k] = mirror(&w, modes[i], k, k + 3);
        assert_done(replsvc_create_group_replica_from_element_synchronizations(
            w.svc, "g", pairs, 3, NULL, NULL, NULL, NULL, NULL, NULL, 0, NULL, NULL, &g, 0));
        assert_int_equal(state_of(w.svc, &g), STATE(SYNCHRONIZED));
        fill(&w, 7, 0x21);
        assert_done(modify(w.svc, OP(SPLIT), &g));
        assert_targets(&w, 7, 0x21);
        assert_done(modify(w.svc, OP(RESYNC_REPLICA), &g));
        fill(&w, 8, 0x22);
        service_world_reopen(&w);
        wait_idle(w.svc);
        assert_int_equal(state_of(w.svc, &g), STATE(SYNCHRONIZED));
        assert_done(modify(w.svc, OP(SPLIT), &g));
        assert_targets(&w, 8, 0x22);
        service_world_free(&w);
    }
}

struct writer {
    struct service_world *w;
    size_t disk;
    _Atomic bool *stop;
};

static void *write_all_the_time(void *arg)
{
    struct writer *t = arg;
    unsigned at = (unsigned)t->disk + 1;
    while (!atomic_load(t->stop)) {
        at = at * 1103515245u + 12345u;
        if (fw_write(t->w->svc, &t->w->elements[t->disk], (at >> 8) % (BLOCKS - 8), 1 + (at >> 20) % 8,
                     (unsigned char)at) != 0)
            return arg;
    }
    return NULL;
}

static void again_and_again_under_writers(void **state)
{
    (void)state;
    for (size_t i = 0; i < MODES; i++) {
        struct service_world w;
        _Atomic bool stop = false;
        pthread_t threads[3];
        void *failed;
        service_world_make(&w, 6, SIZE);
        replsvc_sync_ref g = mirror_group(&w, modes[i]), p = mirror(&w, modes[i], 2, 5);
        struct writer writers[] = {{&w, 0, &stop}, {&w, 1, &stop}, {&w, 2, &stop}};
        for (size_t k = 0; k < 3; k++)
            assert_int_equal(pthread_create(&threads[k], NULL, write_all_the_time, &writers[k]), 0);
        for (int round = 0; round < 20; round++) {
            wait_idle(w.svc); /* an adaptive mirror may be catching up */
            uint32_t ret = pair(w.svc, round % 2 == 0 ? OP(ADDSYNCPAIR) : OP(REMOVESYNCPAIR), &g, &p);
            if (modes[i] == REPLSVC_MODE_ADAPTIVE && ret == REPLSVC_IN_USE)
                round--;
            else
                assert_done(ret);
            (void)fw_info(w.svc, &g);
        }
        atomic_store(&stop, true);
        for (size_t k = 0; k < 3; k++) {
            pthread_join(threads[k], &failed);
            assert_null(failed);
        }
        wait_idle(w.svc);
        assert_done(modify(w.svc, OP(SPLIT), &g));
        assert_done(modify(w.svc, OP(SPLIT), &p));
        for (size_t k = 0; k < 3; k++)
            for (uint64_t b = 0; b < BLOCKS; b++)
                assert_int_equal(fw_read(w.svc, &w.elements[k], b), fw_read(w.svc, &w.elements[k + 3], b));
        service_world_free(&w);
    }
}

static void a_pair_of_another_mode_is_refused(void **state)
{
    (void)state;
    struct service_world w;
    service_world_make(&w, 6, SIZE);
    replsvc_sync_ref g = mirror_group(&w, 0), p = mirror(&w, REPLSVC_MODE_ASYNCHRONOUS, 2, 5);
    assert_refused(pair(w.svc, OP(ADDSYNCPAIR), &g, &p), REPLSVC_INVALID_PARAMETER, "SyncPair");
    assert_refused(pair(w.svc, OP(REMOVESYNCPAIR), &g, &p), REPLSVC_INVALID_PARAMETER, "SyncPair");
    service_world_free(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_mirror_joins_a_group_and_leaves_it),
        cmocka_unit_test(one_that_breaks_parts_those_it_joined),
        cmocka_unit_test(mirrors_made_one_by_one_become_a_group),
        cmocka_unit_test(again_and_again_under_writers),
        cmocka_unit_test(a_pair_of_another_mode_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
