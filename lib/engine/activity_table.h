/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The extents of an activity log in memory: which there are, in what state, with how many writers.
 *
 * An extent goes FREE -> WANTED (a writer waits for it) -> WRITING (in the transaction under way) -> ACTIVE
 * (on stable storage) -> LEAVING (chosen to be let go) -> FREE. Only ACTIVE ones with no writer in them
 * leave.
 *
 * All is done under the owner's lock, but for the two functions at the end: a writer may step into an extent
 * that is ACTIVE, and out of it, without one. So number, state and writers are one word. States change under
 * the lock only, and an extent with writers stays where it is. Who walks a chain without the lock may be led
 * astray by those who change it: he believes the word alone, and gives up after a few steps.
 */
#ifndef RSVC_ENGINE_ACTIVITY_TABLE_H
#define RSVC_ENGINE_ACTIVITY_TABLE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/activity_log.h"

#define ACTIVITY_BUCKETS 2048u

enum extent_state { EXTENT_FREE, EXTENT_WANTED, EXTENT_WRITING, EXTENT_ACTIVE, EXTENT_LEAVING };

struct active_extent {
    _Atomic uint64_t word; /* number, state (3 bits), writers (29 bits) */
    _Atomic uint64_t used; /* clock of the last one who came in */
    _Atomic uint16_t next; /* in its bucket, or among the free */
};

struct activity_table {
    _Atomic uint64_t clock; /* of those who came in under the lock */
    _Atomic uint16_t bucket[ACTIVITY_BUCKETS];
    uint16_t free_head;
    unsigned n_free;
    struct active_extent extent[ACTIVITY_EXTENTS];
};

/* Extents first to last. */
struct extent_span {
    uint32_t first, last;
};

void activity_table_init(struct activity_table *t);
/* Whether all of the span are in or there is room for them, and none of them is leaving. *leaving: one is. */
bool activity_table_has_room(const struct activity_table *t, struct extent_span s, bool *leaving);
/* One more writer in each; those that are not in come in as WANTED (there is room). */
void activity_table_take(struct activity_table *t, struct extent_span s);
/* One writer less in each; WANTED ones that nobody waits for any more are dropped. */
void activity_table_let_go(struct activity_table *t, struct extent_span s);
bool activity_table_all_active(const struct activity_table *t, struct extent_span s);
/* Chooses an eighth, least lately used, to leave; false: every one has writers. */
bool activity_table_choose_leavers(struct activity_table *t);
void activity_table_move_all(struct activity_table *t, enum extent_state from, enum extent_state to);
void activity_table_drop_leavers(struct activity_table *t);
/* Those that are in the log when the transaction under way is done. numbers: room for ACTIVITY_EXTENTS. */
size_t activity_table_named(const struct activity_table *t, uint32_t numbers[]);
/* All that are or may be in the log. */
size_t activity_table_all(const struct activity_table *t, uint32_t numbers[]);
size_t activity_table_count(const struct activity_table *t, enum extent_state state);

/* Without the lock. Steps into an extent that is ACTIVE; false: take it under the lock. */
bool activity_table_step_in(struct activity_table *t, uint32_t number);
/* Steps out of it again, whichever way he came in, as long as it was ACTIVE then; false: let it go under the
 * lock. *last: nobody else is in. */
bool activity_table_step_out(struct activity_table *t, uint32_t number, bool *last);

#endif
