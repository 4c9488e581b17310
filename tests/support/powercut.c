/* SPDX-License-Identifier: BSD-2-Clause */
/* Building crashed worlds: see powercut.h. */
#include "support/powercut.h"

#include <stdlib.h>
#include <string.h>

#include "sim/record.h"

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

static const struct world_op *op_of(const struct powercut *p, const struct pending *q)
{
    return &p->world->ops[q->op];
}

static bool is_name(const struct world_op *op)
{
    return op->kind == WORLD_OP_CREATE || op->kind == WORLD_OP_UNLINK || op->kind == WORLD_OP_RENAME;
}

static bool of_directory(const struct world_op *op, uint32_t dir)
{
    return is_name(op) && (op->inode == dir || (op->kind == WORLD_OP_RENAME && op->target == dir));
}

/* ---- moving forward ---- */

/* Carries the pending operations that are meant over to stable storage, in order: those of the inode from
 * before the sync began. */
static int settle(struct powercut *p, bool names, uint32_t inode, uint64_t begun)
{
    int err = 0;
    size_t kept = 0, durable = 0;
    for (size_t i = 0; i < p->n; i++) {
        const struct world_op *op = op_of(p, &p->pending[i]);
        bool meant = names ? of_directory(op, inode) : !is_name(op) && op->inode == inode;
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
        if (op_of(p, &p->pending[i])->kind == WORLD_OP_SYNC_FAILED &&
            op_of(p, &p->pending[i])->inode == inode)
            failed = i + 1;
    if (failed == 0)
        return settle(p, false, inode, begun);
    for (size_t i = failed; i < p->n && p->pending[i].op < begun; i++)
        if (!is_name(op_of(p, &p->pending[i])) && op_of(p, &p->pending[i])->inode == inode)
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

static bool under_way(const struct powercut *p)
{
    if (p->at >= p->world->n_ops)
        return false;
    const struct world_op *op = &p->world->ops[p->at];
    return op->durable && !is_name(op);
}

size_t powercut_pending(const struct powercut *p)
{
    return p->n + (under_way(p) ? 1 : 0);
}

/* ---- choosing ---- */

struct choice {
    enum cut_policy policy;
    uint64_t arg;
    size_t n;       /* pending operations */
    size_t chosen;  /* the operation that ONLY, WITHOUT and TORN mean */
    bool second;    /* TORN: its second half */
    unsigned grain; /* RANDOM: sectors that share a fate */
};

static uint64_t mix(uint64_t a, uint64_t b)
{
    uint64_t x = a * 0x9E3779B97F4A7C15u + b + 0x7F4A7C15u;
    x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9u;
    x = (x ^ (x >> 27)) * 0x94D049BB133111EBu;
    return x ^ (x >> 31);
}

/* How many of the pending operations had reached a thing (sector, size) of a file: one time in three all,
 * in three none, else any number. */
static size_t random_version(const struct choice *c, uint64_t inode, uint64_t thing)
{
    uint64_t r = mix(mix(c->arg, inode), thing);
    return r % 3 == 0 ? c->n : r % 3 == 1 ? 0 : (size_t)(r / 3 % (c->n + 1));
}

/* What truncations imply for everything else of a file. */
struct bounds {
    bool known;
    size_t floor; /* operations before it have been done */
    size_t cap;   /* operations from it on have not */
};

static bool same_file(const struct world_op *op, uint32_t inode)
{
    return !is_name(op) && op->inode == inode;
}

/* How many operations had reached the file's size. */
static size_t size_version(const struct choice *c, uint32_t inode)
{
    switch (c->policy) {
    case CUT_RANDOM:
        return random_version(c, inode, UINT64_MAX);
    case CUT_WITHOUT:
    case CUT_TORN:
        return c->n;
    default:
        return 0;
    }
}

static struct bounds find_bounds(const struct powercut *p, const struct choice *c, uint32_t inode)
{
    struct bounds b = {true, 0, c->n};
    size_t version = size_version(c, inode);
    bool chosen_here = c->chosen < p->n && same_file(op_of(p, &p->pending[c->chosen]), inode);
    for (size_t i = 0; i < p->n; i++) {
        const struct world_op *op = op_of(p, &p->pending[i]);
        if (op->kind != WORLD_OP_TRUNCATE || op->inode != inode)
            continue;
        bool done = i < version;
        if (c->policy == CUT_ONLY && chosen_here)
            done = i <= c->chosen;
        if (c->policy == CUT_WITHOUT && chosen_here && i == c->chosen)
            done = false;
        if (p->pending[i].durable)
            done = true;
        if (done)
            b.floor = i + 1;
        else if (b.cap == c->n)
            b.cap = i;
    }
    if (b.cap < b.floor) /* a later one that was done took the earlier ones with it */
        b.cap = c->n;
    return b;
}

/* Whether operation i, which touches the sector, has reached it. */
static bool reached(const struct powercut *p, const struct choice *c, const struct bounds *b, size_t i,
                    uint64_t sector)
{
    const struct world_op *op = i < p->n ? op_of(p, &p->pending[i]) : &p->world->ops[p->at];
    if (i < b->floor)
        return true;
    for (size_t j = i; j < p->n && p->n_durable != 0;
         j++) { /* a durable write takes the earlier ones to its sectors along */
        const struct world_op *later = op_of(p, &p->pending[j]);
        if (p->pending[j].durable && same_file(later, op->inode) && later->length != 0 &&
            sector >= later->offset / p->world->sector &&
            sector <= (later->offset + later->length - 1) / p->world->sector)
            return true;
    }
    if (i >= b->cap)
        return false;
    const struct world_op *chosen = c->chosen < p->n    ? op_of(p, &p->pending[c->chosen])
                                    : c->chosen == p->n ? &p->world->ops[p->at]
                                                        : NULL;
    uint64_t first = 0, last = 0;
    bool touched = false;
    if (chosen != NULL && same_file(chosen, op->inode) && chosen->length != 0) {
        first = chosen->offset / p->world->sector;
        last = (chosen->offset + chosen->length - 1) / p->world->sector;
        touched = sector >= first && sector <= last;
    }
    switch (c->policy) {
    case CUT_ONLY:
        return touched && i <= c->chosen;
    case CUT_WITHOUT:
        return !touched || i < c->chosen;
    case CUT_TORN:
        if (!touched || i < c->chosen)
            return true;
        return (sector < first + (last - first + 1) / 2) != c->second;
    case CUT_RANDOM:
        return i < random_version(c, op->inode, sector / c->grain);
    default:
        return false;
    }
}

static bool name_reached(const struct powercut *p, const struct choice *c, size_t i)
{
    if (p->pending[i].durable)
        return true;
    switch (c->policy) {
    case CUT_ONLY:
        return i == c->chosen;
    case CUT_WITHOUT:
        return i != c->chosen;
    case CUT_TORN:
        return true;
    case CUT_RANDOM: /* half of the seeds: as a journal would, up to a point; else each by itself */
        if (c->arg % 2 == 0)
            return i < random_version(c, UINT32_MAX, 0);
        return mix(mix(c->arg, i), 1) % 2 == 0;
    default:
        return false;
    }
}

/* ---- building ---- */

static int apply_run(struct world_state *s, const struct world_op *op, uint64_t from, uint64_t to)
{
    struct pages *pages = &s->inodes[op->inode].pages;
    if (op->kind == WORLD_OP_ZERO)
        return pages_zero(pages, from, to - from);
    return pages_write(pages, (const unsigned char *)op->data + (from - op->offset), to - from, from);
}

/* Applies those sectors of a write or zeroing that have reached the medium, run by run. */
static int apply_part(const struct powercut *p, struct world_state *s, const struct choice *c,
                      const struct bounds *b, size_t i, const struct world_op *op)
{
    uint64_t sector = p->world->sector, end = op->offset + op->length;
    uint64_t run = UINT64_MAX; /* where the run of reached sectors began */
    int err = 0;
    for (uint64_t at = op->offset; at < end && err == 0;) {
        uint64_t next = at - at % sector + sector;
        if (op->kind == WORLD_OP_ZERO && run == UINT64_MAX) { /* zeroing what is zero changes nothing */
            uint64_t data = pages_next(&s->inodes[op->inode].pages, at, true);
            if (data >= end)
                break;
            if (data > at) {
                at = data;
                continue;
            }
        }
        if (next > end)
            next = end;
        bool yes = reached(p, c, b, i, at / sector);
        if (yes && run == UINT64_MAX)
            run = at;
        if (!yes && run != UINT64_MAX) {
            err = apply_run(s, op, run, at);
            run = UINT64_MAX;
        }
        at = next;
    }
    return err == 0 && run != UINT64_MAX ? apply_run(s, op, run, end) : err;
}

/* Whether the operation has reached the file's size. */
static bool size_reached(const struct powercut *p, const struct choice *c, const struct bounds *b, size_t i)
{
    if (i < b->floor || (i < p->n && p->pending[i].durable))
        return true;
    if (i >= b->cap)
        return false;
    if (c->policy == CUT_ONLY)
        return i == c->chosen;
    if (c->policy == CUT_WITHOUT)
        return i != c->chosen;
    const struct world_op *op = i < p->n ? op_of(p, &p->pending[i]) : &p->world->ops[p->at];
    return i < size_version(c, op->inode);
}

static int apply_file_op(const struct powercut *p, struct world_state *s, const struct choice *c,
                         struct bounds bounds[], size_t i, const struct world_op *op)
{
    struct world_inode *inode = &s->inodes[op->inode];
    struct bounds *b = &bounds[op->inode];
    if (!b->known)
        *b = find_bounds(p, c, op->inode);
    switch (op->kind) {
    case WORLD_OP_TRUNCATE:
        return size_reached(p, c, b, i) ? state_resize(inode, op->offset) : 0;
    case WORLD_OP_WRITE:
    case WORLD_OP_ZERO:
        inode->changes++;
        if (size_reached(p, c, b, i) && op->offset + op->length > inode->size)
            inode->size = op->offset + op->length;
        return apply_part(p, s, c, b, i, op);
    default:
        return 0;
    }
}

static int build(const struct powercut *p, struct world_state *s, const struct choice *c)
{
    struct bounds *bounds = calloc(s->n, sizeof(*bounds));
    int err = bounds != NULL ? 0 : -1;
    for (size_t i = 0; i < p->n && err == 0; i++) {
        const struct world_op *op = op_of(p, &p->pending[i]);
        if (!is_name(op))
            err = apply_file_op(p, s, c, bounds, i, op);
        else if (name_reached(p, c, i))
            err = state_apply(s, op);
    }
    if (err == 0 && under_way(p) && c->policy != CUT_NONE && c->policy != CUT_WITHOUT)
        err = apply_file_op(p, s, c, bounds, p->n, &p->world->ops[p->at]);
    for (size_t i = 0; i < s->n && err == 0; i++) /* sectors behind the end are gone */
        if (bounds[i].known)
            err = state_resize(&s->inodes[i], s->inodes[i].size);
    free(bounds);
    return err;
}

struct world *powercut_build(struct powercut *p, enum cut_policy policy, uint64_t arg)
{
    struct world_state s;
    if (p->failed || state_fork(&s, policy == CUT_KILL ? &p->latest : &p->stable) != 0)
        return NULL;
    size_t n = powercut_pending(p);
    struct choice c = {.policy = policy, .arg = arg, .n = n, .chosen = SIZE_MAX, .grain = 1};
    if (policy == CUT_ONLY || policy == CUT_WITHOUT || policy == CUT_TORN) {
        c.chosen = n != 0 ? (size_t)(arg % n) : SIZE_MAX;
        c.second = n != 0 && arg / n % 2 != 0;
    }
    if (policy == CUT_RANDOM && mix(arg, 2) % 2 == 0)
        c.grain = p->world->sector < 4096 ? 4096 / p->world->sector : 1;
    if (policy != CUT_KILL && build(p, &s, &c) != 0) {
        state_free(&s);
        return NULL;
    }
    struct world *w = world_from_state(p->world->sector, &s);
    if (w != NULL)
        w->capabilities = p->world->capabilities;
    return w;
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
