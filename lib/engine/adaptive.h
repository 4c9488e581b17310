/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * When an adaptive group trails. It writes both sides as long as the target keeps up. When the target's leg
 * has been much slower than the source's own write for a while, the group turns asynchronous; when cycles are
 * short again and little is left to ship, or when more is than MaximumSkew allows, it turns back: then hosts
 * wait for the target again, and what is left is copied by a resync (COPYING).
 *
 * The measure is an average over the last writes, kept without a lock: a lost update does no harm.
 */
#ifndef RSVC_ENGINE_ADAPTIVE_H
#define RSVC_ENGINE_ADAPTIVE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#define ADAPTIVE_DEFAULT_SKEW (UINT64_C(64) << 20)

struct adaptive {
    _Atomic int64_t source_us, leg_us; /* averages, times 16 */
    _Atomic uint64_t maximum_skew;
};

/* A write took that long on the source, and its leg that long. */
void adaptive_note(struct adaptive *a, int64_t source_us, int64_t leg_us);
void adaptive_forget(struct adaptive *a);
/* While both sides are written: whether it is time to trail. */
bool adaptive_is_slow(const struct adaptive *a);
/* While trailing, after a cycle that took so long, with so much left to ship: whether it is time to turn
 * back. */
bool adaptive_turns_back(const struct adaptive *a, int64_t cycle_us, uint64_t left);

#endif
