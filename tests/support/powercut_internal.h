/* SPDX-License-Identifier: BSD-2-Clause */
/* The inside of a powercut: powercut.c moves it along the log, powercut_build.c builds worlds from it. */
#ifndef TESTS_SUPPORT_POWERCUT_INTERNAL_H
#define TESTS_SUPPORT_POWERCUT_INTERNAL_H

#include "sim/record.h"
#include "support/powercut.h"

/* Pending operations are kept by their place in the log. */
struct pending {
    size_t op;
    bool durable; /* written through, or synced while older ones were lost by a failed sync: always found */
};

struct powercut {
    struct world *world;
    size_t at;
    struct world_state stable; /* base and everything synced */
    struct world_state latest; /* base and everything done */
    struct pending *pending;
    size_t n, room;
    size_t n_durable; /* of the pending ones */
    bool failed;      /* out of memory: nothing can be built any more */
};

static inline const struct world_op *powercut_op(const struct powercut *p, const struct pending *q)
{
    return &p->world->ops[q->op];
}

static inline bool powercut_is_name(const struct world_op *op)
{
    return op->kind == WORLD_OP_CREATE || op->kind == WORLD_OP_UNLINK || op->kind == WORLD_OP_RENAME;
}

/* Whether the next operation is a durable write: it may have been under way at the crash. */
static inline bool powercut_under_way(const struct powercut *p)
{
    if (p->at >= p->world->n_ops)
        return false;
    const struct world_op *op = &p->world->ops[p->at];
    return op->durable && !powercut_is_name(op);
}

#endif
