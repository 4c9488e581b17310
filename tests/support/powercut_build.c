/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What of the pending operations a crash leaves (see powercut.h), and the world made of it. Every answer
 * is a function of the policy, its argument and the place, so that a point can be built again.
 */
#include <stdlib.h>

#include "support/powercut_internal.h"

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
    return !powercut_is_name(op) && op->inode == inode;
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
    bool chosen_here = c->chosen < p->n && same_file(powercut_op(p, &p->pending[c->chosen]), inode);
    for (size_t i = 0; i < p->n; i++) {
        const struct world_op *op = powercut_op(p, &p->pending[i]);
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
    const struct world_op *op = i < p->n ? powercut_op(p, &p->pending[i]) : &p->world->ops[p->at];
    if (i < b->floor)
        return true;
    for (size_t j = i; j < p->n && p->n_durable != 0;
         j++) { /* a durable write takes the earlier ones to its sectors along */
        const struct world_op *later = powercut_op(p, &p->pending[j]);
        if (p->pending[j].durable && same_file(later, op->inode) && later->length != 0 &&
            sector >= later->offset / p->world->sector &&
            sector <= (later->offset + later->length - 1) / p->world->sector)
            return true;
    }
    if (i >= b->cap)
        return false;
    const struct world_op *chosen = c->chosen < p->n    ? powercut_op(p, &p->pending[c->chosen])
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
    const struct world_op *op = i < p->n ? powercut_op(p, &p->pending[i]) : &p->world->ops[p->at];
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
        const struct world_op *op = powercut_op(p, &p->pending[i]);
        if (!powercut_is_name(op))
            err = apply_file_op(p, s, c, bounds, i, op);
        else if (name_reached(p, c, i))
            err = state_apply(s, op);
    }
    if (err == 0 && powercut_under_way(p) && c->policy != CUT_NONE && c->policy != CUT_WITHOUT)
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
