/* SPDX-License-Identifier: BSD-2-Clause */
/* The gate and the region locks under many threads: what is closed is empty, what overlaps takes turns. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "engine/gate.h"
#include "engine/region_lock.h"

#define THREADS 4
#define ROUNDS 20000

static struct gate gate;
static uint64_t generation; /* changed under the closed gate, read inside it: no atomic needed */
static _Atomic int stop;

static void *pass(void *arg)
{
    (void)arg;
    uint64_t seen = 0;
    while (!atomic_load(&stop)) {
        struct gate_shard *s = gate_enter(&gate, GATE_WRITE);
        if (generation < seen)
            seen = UINT64_MAX;
        else
            seen = generation;
        gate_leave(&gate, s, GATE_WRITE);
    }
    return (void *)(uintptr_t)(seen == UINT64_MAX);
}

static void a_closed_gate_is_empty_and_what_enters_later_sees_what_the_closer_wrote(void **unused)
{
    (void)unused;
    pthread_t threads[THREADS];
    assert_int_equal(gate_init(&gate), 0);
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, pass, NULL), 0);
    for (int i = 0; i < 300; i++) {
        gate_close(&gate, i % 2 ? GATE_CLOSE_WRITES : GATE_CLOSE_ALL);
        generation++;
        gate_open(&gate);
    }
    atomic_store(&stop, 1);
    for (int i = 0; i < THREADS; i++) {
        void *went_back;
        pthread_join(threads[i], &went_back);
        assert_null(went_back);
    }
    gate_destroy(&gate);
}

static struct region_locks locks;
static uint64_t cells[64]; /* each protected by a region of one byte */

static void *add(void *arg)
{
    uint64_t x = (uint64_t)(uintptr_t)arg * 0x9e3779b97f4a7c15u + 1;
    for (int i = 0; i < ROUNDS; i++) {
        x ^= x << 13, x ^= x >> 7, x ^= x << 17;
        uint64_t first = x % 64, end = first + 1 + (x >> 8) % 8;
        if (end > 64)
            end = 64;
        struct region_hold hold;
        region_lock(&locks, &hold, first, end, false);
        for (uint64_t c = first; c < end; c++)
            cells[c]++;
        region_unlock(&locks, &hold);
    }
    return NULL;
}

static void overlapping_ranges_take_turns(void **unused)
{
    (void)unused;
    pthread_t threads[THREADS];
    assert_int_equal(region_locks_init(&locks), 0);
    for (uintptr_t i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, add, (void *)i), 0);
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    uint64_t sum = 0;
    for (int i = 0; i < 64; i++)
        sum += cells[i];
    assert_true(sum >= THREADS * ROUNDS);
    assert_null(locks.head);
    region_locks_destroy(&locks);
}

static void shared_holds_go_together_and_exclusive_ones_alone(void **unused)
{
    (void)unused;
    struct region_hold a, b, c;
    assert_int_equal(region_locks_init(&locks), 0);
    region_lock(&locks, &a, 0, 10, true);
    region_lock(&locks, &b, 5, 15, true);
    assert_false(region_trylock(&locks, &c, 9, 11));
    assert_true(region_trylock(&locks, &c, 15, 20));
    region_unlock(&locks, &c);
    region_unlock(&locks, &a);
    assert_false(region_trylock(&locks, &c, 9, 11));
    region_unlock(&locks, &b);
    assert_true(region_trylock(&locks, &c, 9, 11));
    region_unlock(&locks, &c);
    region_locks_destroy(&locks);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_closed_gate_is_empty_and_what_enters_later_sees_what_the_closer_wrote),
        cmocka_unit_test(overlapping_ranges_take_turns),
        cmocka_unit_test(shared_holds_go_together_and_exclusive_ones_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
