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

enum { GRANULE = 4, SPREAD = 128, WIDE = 20 * GRANULE };
static uint64_t spread[SPREAD];

/* Mostly single granules, which need no list, among ranges of all lengths that may cut granules, and tries.
 */
static void *add_mixed(void *arg)
{
    uint64_t x = (uint64_t)(uintptr_t)arg * 0x9e3779b97f4a7c15u + 1;
    for (int i = 0; i < ROUNDS; i++) {
        x ^= x << 13, x ^= x >> 7, x ^= x << 17;
        uint64_t first = x % SPREAD, end = first + 1 + (x >> 8) % (x & 0x10000 ? WIDE : 2 * GRANULE);
        if (x & 0x60000) {
            first -= first % GRANULE;
            end = first + GRANULE;
        }
        if (end > SPREAD)
            end = SPREAD;
        struct region_hold hold;
        if ((x & 0x180000) || !region_trylock(&locks, &hold, first, end))
            region_lock(&locks, &hold, first, end, false);
        for (uint64_t c = first; c < end; c++)
            spread[c]++;
        region_unlock(&locks, &hold);
    }
    return NULL;
}

static void holds_of_whole_granules_and_of_any_other_range_take_turns(void **unused)
{
    (void)unused;
    static region_slots slots;
    pthread_t threads[THREADS];
    assert_int_equal(region_locks_init_slots(&locks, 2, slots), 0);
    for (uintptr_t i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, add_mixed, (void *)i), 0);
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    assert_null(locks.head);
    assert_int_equal(locks.wide, 0);
    for (unsigned i = 0; i < REGION_SLOTS; i++)
        assert_int_equal(slots[i], 0);
    region_locks_destroy(&locks);
}

static void a_granule_in_a_slot_keeps_other_ranges_away(void **unused)
{
    (void)unused;
    static region_slots slots;
    struct region_hold a, b, c;
    assert_int_equal(region_locks_init_slots(&locks, 2, slots), 0);
    region_lock(&locks, &a, 8, 12, false);
    assert_null(locks.head); /* it needs no list */
    assert_false(region_trylock(&locks, &b, 11, 14));
    assert_false(region_trylock_shared(&locks, &b, 0, 9));
    assert_false(region_trylock(&locks, &b, 0, 100 * GRANULE));
    assert_true(region_trylock(&locks, &b, 12, 14));
    assert_true(region_trylock(&locks, &c, 20, 20 + 100 * GRANULE));
    region_unlock(&locks, &a);
    assert_true(region_trylock(&locks, &a, 8, 12));
    region_unlock(&locks, &a);
    region_unlock(&locks, &b);
    region_unlock(&locks, &c);
    region_lock(&locks, &a, 20, 24, false);
    assert_null(locks.head);
    region_unlock(&locks, &a);
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
        cmocka_unit_test(holds_of_whole_granules_and_of_any_other_range_take_turns),
        cmocka_unit_test(a_granule_in_a_slot_keeps_other_ranges_away),
        cmocka_unit_test(shared_holds_go_together_and_exclusive_ones_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
