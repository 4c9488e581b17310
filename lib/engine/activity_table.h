/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The extents of an activity log in memory: which there are, in what state, with how many writers.
 *
 * An extent goes FREE -> WANTED (a writer waits for it) -> WRITING (in the transaction under way) -> ACTIVE
 * (on stable storage) -> LEAVING (chosen to be let go) -> FREE. Only ACTIVE ones with no writer in them
 * leave. No locks: the owner's.
 */
#ifndef RSVC_ENGINE_ACTIVITY_TABLE_H
#define RSVC_ENGINE_ACTIVITY_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/activity_log.h"

#define ACTIVITY_BUCKETS 2048u

enum extent_state { EXTENT_FREE, EXTENT_WANTED, EXTENT_WRITING, EXTENT_ACTIVE, EXTENT_LEAVING };

struct active_extent {
    uint32_t number;
    uint16_t next; /* in its bucket, or among the free */
    uint8_t state;
    uint32_t writers;
    uint64_t used; /* clock of the last take */
};

struct activity_table {
    uint64_t clock;
    uint16_t bucket[ACTIVITY_BUCKETS], free_head;
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
size_t activity_table_count(const struct activity_table *t, enum extent_state state);

#endif
