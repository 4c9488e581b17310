/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The live world: every operation takes the world's lock, meets the faults, is carried out on the latest
 * state and is appended to the log. What would have been left by a crash is no business of this file: it
 * is worked out from the log afterwards.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/record.h"

/* ---- a world ---- */

struct world *world_from_state(uint32_t sector, struct world_state *state)
{
    struct world *w = calloc(1, sizeof(*w));
    if (w == NULL || state_fork(&w->base, state) != 0) {
        state_free(state);
        free(w);
        return NULL;
    }
    w->latest = *state;
    w->sector = sector;
    w->capabilities = UINT32_MAX;
    pthread_mutex_init(&w->lock, NULL);
    pthread_cond_init(&w->changed, NULL);
    return w;
}

struct world *world_new(uint32_t sector)
{
    struct world_state state;
    if (state_init(&state) != 0)
        return NULL;
    struct world *w = world_from_state(sector, &state);
    if (w != NULL && (world_mkdir(w, "disks") != 0 || world_settle(w) != 0)) {
        world_free(w);
        w = NULL;
    }
    return w;
}

static void forget_ops(struct world *w)
{
    for (size_t i = 0; i < w->n_ops; i++) {
        free(w->ops[i].data);
        free(w->ops[i].name);
        free(w->ops[i].new_name);
    }
    w->n_ops = 0;
}

void world_free(struct world *w)
{
    if (w == NULL)
        return;
    forget_ops(w);
    free(w->ops);
    free(w->locked);
    state_free(&w->base);
    state_free(&w->latest);
    pthread_cond_destroy(&w->changed);
    pthread_mutex_destroy(&w->lock);
    free(w);
}

uint32_t world_sector(const struct world *w)
{
    return w->sector;
}

void world_set_capabilities(struct world *w, uint32_t capabilities)
{
    pthread_mutex_lock(&w->lock);
    w->capabilities = capabilities;
    pthread_mutex_unlock(&w->lock);
}

uint32_t world_capabilities(struct world *w)
{
    pthread_mutex_lock(&w->lock);
    uint32_t capabilities = w->capabilities;
    pthread_mutex_unlock(&w->lock);
    return capabilities;
}

/* ---- the log ---- */

int world_perform(struct world *w, struct world_op *op)
{
    int err = 0;
    if (w->n_ops == w->room_ops) {
        size_t room = w->room_ops != 0 ? 2 * w->room_ops : 64;
        struct world_op *grown = realloc(w->ops, room * sizeof(*grown));
        if (grown != NULL) {
            w->ops = grown;
            w->room_ops = room;
        } else {
            err = -ENOMEM;
        }
    }
    if (err == 0)
        err = state_apply(&w->latest, op);
    if (err == 0) {
        w->ops[w->n_ops++] = *op;
        return 0;
    }
    free(op->data);
    free(op->name);
    free(op->new_name);
    return err;
}

int world_mark(struct world *w, uint32_t kind, uint64_t a, uint64_t b, uint64_t c)
{
    struct world_op op = {.kind = WORLD_OP_MARK, .mark = {kind, a, b, c}};
    pthread_mutex_lock(&w->lock);
    int err = world_perform(w, &op);
    pthread_mutex_unlock(&w->lock);
    return err;
}

int world_settle(struct world *w)
{
    struct world_state now;
    pthread_mutex_lock(&w->lock);
    int err = state_fork(&now, &w->latest);
    if (err == 0) {
        state_free(&w->base);
        w->base = now;
        forget_ops(w);
    }
    pthread_mutex_unlock(&w->lock);
    return err;
}

size_t world_ops(struct world *w)
{
    pthread_mutex_lock(&w->lock);
    size_t n = w->n_ops;
    pthread_mutex_unlock(&w->lock);
    return n;
}

void world_describe(struct world *w, size_t index, char *text, size_t size)
{
    static const char *const kinds[WORLD_OP_KINDS] = {"write",       "zero",   "truncate", "sync",
                                                      "failed sync", "create", "unlink",   "rename",
                                                      "sync dir",    "mark",   "read"};
    pthread_mutex_lock(&w->lock);
    if (index >= w->n_ops) {
        snprintf(text, size, "end of the log");
    } else {
        const struct world_op *op = &w->ops[index];
        if (op->kind == WORLD_OP_MARK)
            snprintf(text, size, "mark %u (%llu, %llu, %llu)", op->mark.kind, (unsigned long long)op->mark.a,
                     (unsigned long long)op->mark.b, (unsigned long long)op->mark.c);
        else
            snprintf(text, size, "%s inode %u offset %llu length %llu%s%s%s%s%s", kinds[op->kind], op->inode,
                     (unsigned long long)op->offset, (unsigned long long)op->length,
                     op->durable ? " durable" : "", op->name != NULL ? " " : "",
                     op->name != NULL ? op->name : "", op->new_name != NULL ? " -> " : "",
                     op->new_name != NULL ? op->new_name : "");
    }
    pthread_mutex_unlock(&w->lock);
}
