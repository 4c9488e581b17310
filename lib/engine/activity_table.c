/* SPDX-License-Identifier: BSD-2-Clause */
/* The extents of an activity log in memory: see activity_table.h. A hash of chains over a fixed array. */
#include "engine/activity_table.h"

#include <stdlib.h>
#include <string.h>

#define NOWHERE UINT16_MAX
#define LET_GO (ACTIVITY_EXTENTS / 8u)

void activity_table_init(struct activity_table *t)
{
    memset(t, 0, sizeof(*t));
    memset(t->bucket, 0xff, sizeof(t->bucket));
    for (size_t i = 0; i < ACTIVITY_EXTENTS; i++)
        t->extent[i].next = i + 1 < ACTIVITY_EXTENTS ? (uint16_t)(i + 1) : NOWHERE;
    t->n_free = ACTIVITY_EXTENTS;
}

static size_t bucket_of(uint32_t number)
{
    return (uint32_t)(number * UINT32_C(2654435761)) >> 21;
}

static uint16_t find(const struct activity_table *t, uint32_t number)
{
    uint16_t i = t->bucket[bucket_of(number)];
    while (i != NOWHERE && t->extent[i].number != number)
        i = t->extent[i].next;
    return i;
}

static uint16_t add(struct activity_table *t, uint32_t number)
{
    uint16_t i = t->free_head, *head = &t->bucket[bucket_of(number)];
    t->free_head = t->extent[i].next;
    t->n_free--;
    t->extent[i] = (struct active_extent){.number = number, .next = *head, .state = EXTENT_WANTED};
    *head = i;
    return i;
}

static void drop(struct activity_table *t, uint16_t i)
{
    uint16_t *link = &t->bucket[bucket_of(t->extent[i].number)];
    while (*link != i)
        link = &t->extent[*link].next;
    *link = t->extent[i].next;
    t->extent[i] = (struct active_extent){.next = t->free_head, .state = EXTENT_FREE};
    t->free_head = i;
    t->n_free++;
}

bool activity_table_has_room(const struct activity_table *t, struct extent_span s, bool *leaving)
{
    unsigned missing = 0;
    *leaving = false;
    for (uint32_t number = s.first; number <= s.last; number++) {
        uint16_t i = find(t, number);
        missing += i == NOWHERE;
        *leaving |= i != NOWHERE && t->extent[i].state == EXTENT_LEAVING;
    }
    return missing <= t->n_free && !*leaving;
}

void activity_table_take(struct activity_table *t, struct extent_span s)
{
    t->clock++;
    for (uint32_t number = s.first; number <= s.last; number++) {
        uint16_t i = find(t, number);
        if (i == NOWHERE)
            i = add(t, number);
        t->extent[i].writers++;
        t->extent[i].used = t->clock;
    }
}

void activity_table_let_go(struct activity_table *t, struct extent_span s)
{
    for (uint32_t number = s.first; number <= s.last; number++) {
        uint16_t i = find(t, number);
        if (--t->extent[i].writers == 0 && t->extent[i].state == EXTENT_WANTED)
            drop(t, i);
    }
}

bool activity_table_all_active(const struct activity_table *t, struct extent_span s)
{
    for (uint32_t number = s.first; number <= s.last; number++)
        if (t->extent[find(t, number)].state != EXTENT_ACTIVE)
            return false;
    return true;
}

static int by_use(const void *x, const void *y)
{
    const struct active_extent *a = *(struct active_extent *const *)x;
    const struct active_extent *b = *(struct active_extent *const *)y;
    return a->used < b->used ? -1 : a->used > b->used;
}

bool activity_table_choose_leavers(struct activity_table *t)
{
    struct active_extent *idle[ACTIVITY_EXTENTS];
    size_t n = 0;
    for (size_t i = 0; i < ACTIVITY_EXTENTS; i++)
        if (t->extent[i].state == EXTENT_ACTIVE && t->extent[i].writers == 0)
            idle[n++] = &t->extent[i];
    qsort(idle, n, sizeof(idle[0]), by_use);
    for (size_t i = 0; i < n && i < LET_GO; i++)
        idle[i]->state = EXTENT_LEAVING;
    return n != 0;
}

void activity_table_move_all(struct activity_table *t, enum extent_state from, enum extent_state to)
{
    for (size_t i = 0; i < ACTIVITY_EXTENTS; i++)
        if (t->extent[i].state == from)
            t->extent[i].state = (uint8_t)to;
}

void activity_table_drop_leavers(struct activity_table *t)
{
    for (uint16_t i = 0; i < ACTIVITY_EXTENTS; i++)
        if (t->extent[i].state == EXTENT_LEAVING)
            drop(t, i);
}

size_t activity_table_named(const struct activity_table *t, uint32_t numbers[])
{
    size_t n = 0;
    for (size_t i = 0; i < ACTIVITY_EXTENTS; i++)
        if (t->extent[i].state == EXTENT_WRITING || t->extent[i].state == EXTENT_ACTIVE)
            numbers[n++] = t->extent[i].number;
    return n;
}

size_t activity_table_count(const struct activity_table *t, enum extent_state state)
{
    size_t n = 0;
    for (size_t i = 0; i < ACTIVITY_EXTENTS; i++)
        n += t->extent[i].state == state;
    return n;
}
