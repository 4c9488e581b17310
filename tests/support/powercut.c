/* SPDX-License-Identifier: BSD-2-Clause */
/* Building crashed worlds: see powercut.h. */
#include "support/powercut_internal.h"

#include <stdlib.h>

struct powercut *powercut_new(struct world *recorded)
{
    struct powercut *p = calloc(1, sizeof(*p));
    if (p == NULL)
        return NULL;
    p->world = recorded;
    if (state_fork(&p->stable, &recorded->base) != 0 || state_fork(&p->latest, &recorded->base) != 0) {
        powercut_free(p);
        return NULL;
    }
    return p;
}

void powercut_free(struct powercut *p)
{
    state_free(&p->stable);
    state_free(&p->latest);
    free(p->pending);
    free(p);
}

size_t powercut_position(const struct powercut *p)
{
    return p->at;
}

bool powercut_before_mark(const struct powercut *p)
{
    return p->at < p->world->n_ops && p->world->ops[p->at].kind == WORLD_OP_MARK;
}

static bool of_directory(const struct world_op *op, uint32_t dir)
{
    return powercut_is_name(op) && (op->inode == dir || (op->kind == WORLD_OP_RENAME && op->target == dir));
}

/* ---- moving forward ---- */

/* Carries the pending operations that are meant over to stable storage, in order: those of the inode from
 * before the sync began. */
static int settle(struct powercut *p, bool names, uint32_t inode, uint64_t begun)
{
    int err = 0;
    size_t kept = 0, durable = 0;
    for (size_t i = 0; i < p->n; i++) {
        const struct world_op *op = powercut_op(p, &p->pending[i]);
        bool meant = names ? of_directory(op, inode) : !powercut_is_name(op) && op->inode == inode;
        meant = meant && p->pending[i].op < begun;
        if (meant && err == 0)
            err = state_apply(&p->stable, op);
        else
            p->pending[kept++] = p->pending[i];
        durable += !meant && p->pending[i].durable;
    }
    p->n = kept;
    p->n_durable = durable;
    return err;
}

/* The same for a file of which a sync has failed: what came before the failure stays as it is, for good;
 * what came after it is durable now, but must be found on top of the older. */
static int settle_file(struct powercut *p, uint32_t inode, uint64_t begun)
{
    size_t failed = 0;
    for (size_t i = 0; i < p->n; i++)
        if (powercut_op(p, &p->pending[i])->kind == WORLD_OP_SYNC_FAILED &&
            powercut_op(p, &p->pending[i])->inode == inode)
            failed = i + 1;
    if (failed == 0)
        return settle(p, false, inode, begun);
    for (size_t i = failed; i < p->n && p->pending[i].op < begun; i++)
        if (!powercut_is_name(powercut_op(p, &p->pending[i])) &&
            powercut_op(p, &p->pending[i])->inode == inode)
            p->pending[i].durable = true;
    p->n_durable = p->n; /* an upper bound is enough */
    return 0;
}

static int add_pending(struct powercut *p, size_t op, bool durable)
{
    if (p->n == p->room) {
        size_t room = p->room != 0 ? 2 * p->room : 64;
        struct pending *grown = realloc(p->pending, room * sizeof(*grown));
        if (grown == NULL)
            return -1;
        p->pending = grown;
        p->room = room;
    }
    p->pending[p->n++] = (struct pending){op, durable};
    p->n_durable += durable;
    return 0;
}

static int step(struct powercut *p, const struct world_op *op)
{
    /* A new inode exists in every state: what it holds and who names it are matters of their own. */
    if (op->kind == WORLD_OP_CREATE && state_create_inode(&p->stable, op) != 0)
        return -1;
    if (state_apply(&p->latest, op) != 0)
        return -1;
    switch (op->kind) {
    case WORLD_OP_SYNC:
        return settle_file(p, op->inode, op->offset);
    case WORLD_OP_SYNC_DIR:
        return settle(p, true, op->inode, op->offset);
    case WORLD_OP_CREATE:
    case WORLD_OP_UNLINK:
    case WORLD_OP_RENAME:
        if (add_pending(p, p->at, op->durable) != 0)
            return -1;
        return op->durable ? settle(p, true, op->inode, p->at + 1) : 0;
    case WORLD_OP_MARK:
        return 0;
    default:
        return add_pending(p, p->at, op->durable);
    }
}

bool powercut_step(struct powercut *p, const struct world_mark **mark)
{
    if (p->at >= p->world->n_ops)
        return false;
    const struct world_op *op = &p->world->ops[p->at];
    if (step(p, op) != 0)
        p->failed = true;
    if (mark != NULL)
        *mark = op->kind == WORLD_OP_MARK ? &op->mark : NULL;
    p->at++;
    return true;
}

size_t powercut_pending(const struct powercut *p)
{
    return p->n + (powercut_under_way(p) ? 1 : 0);
}

const char *cut_policy_name(enum cut_policy policy)
{
    static const char *const names[] = {"kill", "none", "only", "without", "torn", "random"};
    return names[policy];
}

struct world *world_crash(struct world *recorded, size_t upto, enum cut_policy policy, uint64_t arg)
{
    struct powercut *p = powercut_new(recorded);
    if (p == NULL)
        return NULL;
    while (p->at < upto && powercut_step(p, NULL))
        ;
    struct world *w = powercut_build(p, policy, arg);
    powercut_free(p);
    return w;
}

struct world *world_kill(struct world *recorded, size_t upto)
{
    return world_crash(recorded, upto, CUT_KILL, 0);
}
