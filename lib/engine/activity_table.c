/* SPDX-License-Identifier: BSD-2-Clause */
/* The extents of an activity log in memory: see activity_table.h. A hash of chains over a fixed array. */
#include "engine/activity_table.h"

#include <stdlib.h>
#include <string.h>

#define NOWHERE UINT16_MAX
#define LET_GO (ACTIVITY_EXTENTS / 8u)

/* ---- words ---- */

#define STATE_SHIFT 29
#define WRITERS ((UINT64_C(1) << STATE_SHIFT) - 1)

static uint64_t word_of(uint32_t number, enum extent_state state)
{
    return (uint64_t)number << 32 | (uint64_t)state << STATE_SHIFT;
}

static uint32_t number_in(uint64_t word)
{
    return (uint32_t)(word >> 32);
}

static enum extent_state state_in(uint64_t word)
{
    return (enum extent_state)(word >> STATE_SHIFT & 7);
}

static uint64_t word(const struct active_extent *e)
{
    return atomic_load(&e->word);
}

/* Under the lock. Nobody steps in or out meanwhile: it is not ACTIVE, or does not become anything else. */
static void set_state(struct active_extent *e, enum extent_state state)
{
    atomic_fetch_xor(&e->word, (uint64_t)(state ^ state_in(word(e))) << STATE_SHIFT);
}

/* ---- chains ---- */

void activity_table_init(struct activity_table *t)
{
    memset(t, 0, sizeof(*t));
    for (size_t i = 0; i < ACTIVITY_BUCKETS; i++)
        atomic_init(&t->bucket[i], NOWHERE);
    for (size_t i = 0; i < ACTIVITY_EXTENTS; i++)
        atomic_init(&t->extent[i].next, i + 1 < ACTIVITY_EXTENTS ? (uint16_t)(i + 1) : NOWHERE);
    t->n_free = ACTIVITY_EXTENTS;
}

static size_t bucket_of(uint32_t number)
{
    return (uint32_t)(number * UINT32_C(2654435761)) >> 21;
}

static uint16_t follow(const _Atomic uint16_t *link)
{
    return atomic_load_explicit(link, memory_order_relaxed);
}

static void lead(_Atomic uint16_t *link, uint16_t to)
{
    atomic_store_explicit(link, to, memory_order_relaxed);
}

static uint16_t find(const struct activity_table *t, uint32_t number)
{
    uint16_t i = follow(&t->bucket[bucket_of(number)]);
    while (i != NOWHERE && number_in(word(&t->extent[i])) != number)
        i = follow(&t->extent[i].next);
    return i;
}

static uint16_t add(struct activity_table *t, uint32_t number)
{
    uint16_t i = t->free_head;
    _Atomic uint16_t *head = &t->bucket[bucket_of(number)];
    t->free_head = follow(&t->extent[i].next);
    t->n_free--;
    atomic_store(&t->extent[i].word, word_of(number, EXTENT_WANTED));
    lead(&t->extent[i].next, follow(head));
    lead(head, i);
    return i;
}

static void drop(struct activity_table *t, uint16_t i)
{
    _Atomic uint16_t *link = &t->bucket[bucket_of(number_in(word(&t->extent[i])))];
    while (follow(link) != i)
        link = &t->extent[follow(link)].next;
    lead(link, follow(&t->extent[i].next));
    atomic_store(&t->extent[i].word, word_of(0, EXTENT_FREE));
    lead(&t->extent[i].next, t->free_head);
    t->free_head = i;
    t->n_free++;
}

/* ---- under the lock ---- */

bool activity_table_has_room(const struct activity_table *t, struct extent_span s, bool *leaving)
{
    unsigned missing = 0;
    *leaving = false;
    for (uint32_t number = s.first; number <= s.last; number++) {
        uint16_t i = find(t, number);
        missing += i == NOWHERE;
        *leaving |= i != NOWHERE && state_in(word(&t->extent[i])) == EXTENT_LEAVING;
    }
    return missing <= t->n_free && !*leaving;
}

void activity_table_take(struct activity_table *t, struct extent_span s)
{
    uint64_t now = atomic_fetch_add(&t->clock, 1) + 1;
    for (uint32_t number = s.first; number <= s.last; number++) {
        uint16_t i = find(t, number);
        if (i == NOWHERE)
            i = add(t, number);
        atomic_fetch_add(&t->extent[i].word, 1);
        atomic_store_explicit(&t->extent[i].used, now, memory_order_relaxed);
    }
}

void activity_table_let_go(struct activity_table *t, struct extent_span s)
{
    for (uint32_t number = s.first; number <= s.last; number++) {
        uint16_t i = find(t, number);
        uint64_t was = atomic_fetch_sub(&t->extent[i].word, 1);
        if ((was & WRITERS) == 1 && state_in(was) == EXTENT_WANTED)
            drop(t, i);
    }
}

bool activity_table_all_active(const struct activity_table *t, struct extent_span s)
{
    for (uint32_t number = s.first; number <= s.last; number++)
        if (state_in(word(&t->extent[find(t, number)])) != EXTENT_ACTIVE)
            return false;
    return true;
}

/* What is compared must not change while it is sorted. */
struct idle_extent {
    uint64_t used;
    struct active_extent *extent;
};

static int by_use(const void *x, const void *y)
{
    const struct idle_extent *a = x, *b = y;
    return a->used < b->used ? -1 : a->used > b->used;
}

bool activity_table_choose_leavers(struct activity_table *t)
{
    struct idle_extent idle[ACTIVITY_EXTENTS];
    size_t n = 0, chosen = 0;
    for (size_t i = 0; i < ACTIVITY_EXTENTS; i++) {
        struct active_extent *e = &t->extent[i];
        if (word(e) == word_of(number_in(word(e)), EXTENT_ACTIVE))
            idle[n++] = (struct idle_extent){atomic_load_explicit(&e->used, memory_order_relaxed), e};
    }
    qsort(idle, n, sizeof(idle[0]), by_use);
    for (size_t i = 0; i < n && chosen < LET_GO; i++) {
        /* Unless a writer has stepped in. */
        uint64_t free_of_writers = word_of(number_in(word(idle[i].extent)), EXTENT_ACTIVE);
        chosen += atomic_compare_exchange_strong(&idle[i].extent->word, &free_of_writers,
                                                 word_of(number_in(free_of_writers), EXTENT_LEAVING));
    }
    return chosen != 0;
}

void activity_table_move_all(struct activity_table *t, enum extent_state from, enum extent_state to)
{
    for (size_t i = 0; i < ACTIVITY_EXTENTS; i++)
        if (state_in(word(&t->extent[i])) == from)
            set_state(&t->extent[i], to);
}

void activity_table_drop_leavers(struct activity_table *t)
{
    for (uint16_t i = 0; i < ACTIVITY_EXTENTS; i++)
        if (state_in(word(&t->extent[i])) == EXTENT_LEAVING)
            drop(t, i);
}

size_t activity_table_named(const struct activity_table *t, uint32_t numbers[])
{
    size_t n = 0;
    for (size_t i = 0; i < ACTIVITY_EXTENTS; i++) {
        uint64_t w = word(&t->extent[i]);
        if (state_in(w) == EXTENT_WRITING || state_in(w) == EXTENT_ACTIVE)
            numbers[n++] = number_in(w);
    }
    return n;
}

size_t activity_table_all(const struct activity_table *t, uint32_t numbers[])
{
    size_t n = 0;
    for (size_t i = 0; i < ACTIVITY_EXTENTS; i++) {
        uint64_t w = word(&t->extent[i]);
        if (state_in(w) != EXTENT_FREE)
            numbers[n++] = number_in(w);
    }
    return n;
}

size_t activity_table_count(const struct activity_table *t, enum extent_state state)
{
    size_t n = 0;
    for (size_t i = 0; i < ACTIVITY_EXTENTS; i++)
        n += state_in(word(&t->extent[i])) == state;
    return n;
}

/* ---- without the lock ---- */

/* The extent if it is ACTIVE and soon found, with its word. */
static struct active_extent *find_active(struct activity_table *t, uint32_t number, uint64_t *w)
{
    uint16_t i = follow(&t->bucket[bucket_of(number)]);
    for (int steps = 0; i != NOWHERE && steps < 8; steps++) {
        *w = word(&t->extent[i]);
        if (number_in(*w) == number && state_in(*w) == EXTENT_ACTIVE)
            return &t->extent[i];
        i = follow(&t->extent[i].next);
    }
    return NULL;
}

bool activity_table_step_in(struct activity_table *t, uint32_t number)
{
    uint64_t w, now = atomic_load_explicit(&t->clock, memory_order_relaxed);
    struct active_extent *e = find_active(t, number, &w);
    if (e == NULL)
        return false;
    while (!atomic_compare_exchange_weak(&e->word, &w, w + 1))
        if (number_in(w) != number || state_in(w) != EXTENT_ACTIVE)
            return false;
    if (atomic_load_explicit(&e->used, memory_order_relaxed) != now)
        atomic_store_explicit(&e->used, now, memory_order_relaxed);
    return true;
}

bool activity_table_step_out(struct activity_table *t, uint32_t number, bool *last)
{
    uint64_t w;
    struct active_extent *e = find_active(t, number, &w);
    if (e == NULL)
        return false;
    *last = (atomic_fetch_sub(&e->word, 1) & WRITERS) == 1;
    return true;
}
