/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Building the world as it may be after a crash, from the log of the one that was recorded.
 *
 * A powercut is a cursor that moves forward along a log; at each position it can build any number of
 * worlds. It holds what is on stable storage there (everything synced) and which operations are pending
 * (done, but not synced). A policy says what of the pending is found afterwards:
 *
 * - For each sector of a file, the sector as it was after one of the writes to it: the latest, the one on
 *   stable storage, or one between. Sectors are independent of each other, so that a write of several may
 *   be torn.
 * - The file's size likewise. Truncation is done before anything that was written after it.
 * - Names: each create, unlink or rename whole or not at all, in the order of the log, each directory by
 *   itself. Contents and names are independent: a renamed file may have the new name and the old data.
 *
 * What a failed sync should have made durable stays pending for good.
 */
#ifndef TESTS_SUPPORT_POWERCUT_H
#define TESTS_SUPPORT_POWERCUT_H

#include "sim/world.h"

enum cut_policy {
    CUT_KILL,    /* the process died: all operations are there */
    CUT_NONE,    /* nothing pending is */
    CUT_ONLY,    /* arg: the one pending operation that is */
    CUT_WITHOUT, /* arg: the one pending operation that is not */
    CUT_TORN,  /* arg: the pending operation of which only the first half of the sectors is (+ n: the second)
                */
    CUT_RANDOM /* arg: seed of a random choice for each sector, size and name */
};

struct powercut;

/* At the start of the log; the recorded world must not change meanwhile. NULL: out of memory. */
struct powercut *powercut_new(struct world *recorded);
void powercut_free(struct powercut *p);
size_t powercut_position(const struct powercut *p);
/* Moves behind the next operation; false at the end of the log. *mark (may be NULL): its mark, if it is one.
 */
bool powercut_step(struct powercut *p, const struct world_mark **mark);
/* Whether the next operation is a mark. */
bool powercut_before_mark(const struct powercut *p);
/* Operations pending here: numbers 0..n-1 for CUT_ONLY, CUT_WITHOUT, CUT_TORN, oldest first. A durable
 * write that comes next counts as one more: it may be under way. */
size_t powercut_pending(const struct powercut *p);
/* The world after a crash here; NULL: out of memory. */
struct world *powercut_build(struct powercut *p, enum cut_policy policy, uint64_t arg);
const char *cut_policy_name(enum cut_policy policy);

/* Both steps at once, for single points: the world after the first upto operations. */
struct world *world_crash(struct world *recorded, size_t upto, enum cut_policy policy, uint64_t arg);
struct world *world_kill(struct world *recorded, size_t upto);

#endif
