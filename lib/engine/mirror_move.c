/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Mirrors that go from one group to another while hosts write.
 *
 * From begin to end no group concerned runs a cycle, and nothing that was committed is left to be applied: so
 * the redo logs name nobody, and a crash may find the mirrors recorded in either group. Each mirror changes
 * its group under the closed gates of its two sides, so a write is wholly of one or the other.
 */
#include <errno.h>
#include <stdlib.h>

#include "engine/cycle.h"
#include "engine/volume.h"
#include "util/alloc.h"

struct mirror_move {
    struct mirror_group *to, **groups; /* groups: all that are concerned, each once, by address */
    size_t n_groups, n;
    struct mirror *mirrors[];
};

static int by_address(const void *a, const void *b)
{
    const struct mirror_group *x = *(struct mirror_group *const *)a, *y = *(struct mirror_group *const *)b;
    return x < y ? -1 : x > y;
}

static void collect_groups(struct mirror_move *move)
{
    size_t n = 0;
    move->groups[n++] = move->to;
    for (size_t i = 0; i < move->n; i++)
        move->groups[n++] = move->mirrors[i]->group;
    qsort(move->groups, n, sizeof(move->groups[0]), by_address);
    for (size_t i = 0; i < n; i++)
        if (move->n_groups == 0 || move->groups[move->n_groups - 1] != move->groups[i])
            move->groups[move->n_groups++] = move->groups[i];
}

/* A cycle that is under way ends first. */
static int hold(struct mirror_group *g)
{
    pthread_mutex_lock(&g->cycle_lock);
    int ret = cycle_recover(g);
    g->held = ret == 0;
    pthread_mutex_unlock(&g->cycle_lock);
    return ret;
}

/* Adaptive groups: if one trails, all do. */
static int trail_alike(struct mirror_move *move)
{
    bool any = false;
    int ret = 0;
    for (size_t i = 0; i < move->n_groups; i++)
        any = any || mirror_async(move->groups[i]);
    for (size_t i = 0; i < move->n_groups && any && ret == 0; i++) {
        pthread_mutex_lock(&move->groups[i]->cycle_lock);
        ret = mirror_group_trail(move->groups[i], true);
        pthread_mutex_unlock(&move->groups[i]->cycle_lock);
    }
    return ret;
}

int mirrors_move_begin(struct mirror *const mirrors[], size_t n, struct mirror_group *to,
                       struct mirror_move **out)
{
    for (size_t i = 0; i < n; i++)
        if (atomic_load(&mirrors[i]->group->mode) != atomic_load(&to->mode))
            return -EINVAL;
    struct mirror_move *move = mem_zalloc(sizeof(*move) + n * sizeof(move->mirrors[0]));
    if (move != NULL)
        move->groups = mem_array(n + 1, sizeof(move->groups[0]));
    if (move == NULL || move->groups == NULL) {
        mem_free(move);
        return -ENOMEM;
    }
    move->to = to;
    move->n = n;
    for (size_t i = 0; i < n; i++)
        move->mirrors[i] = mirrors[i];
    collect_groups(move);
    int ret = mirror_group_restart(to);
    for (size_t i = 0; i < move->n_groups && ret == 0; i++)
        ret = hold(move->groups[i]);
    if (ret == 0)
        ret = trail_alike(move);
    if (ret != 0)
        mirrors_move_end(move);
    else
        *out = move;
    return ret;
}

struct step {
    struct mirror *m;
    struct mirror_group *to;
};

static int change_group(void *user)
{
    const struct step *s = user;
    struct mirror *m = s->m;
    struct mirror_group *from = m->group, *to = s->to;
    pthread_mutex_lock(&from->lock);
    struct mirror **link = &from->mirrors;
    while (*link != m)
        link = &(*link)->next;
    *link = m->next;
    pthread_mutex_unlock(&from->lock);
    pthread_mutex_lock(&to->lock);
    m->next = to->mirrors;
    to->mirrors = m;
    m->group = to;
    pthread_mutex_unlock(&to->lock);
    return 0;
}

void mirrors_move(struct mirror_move *move)
{
    for (size_t i = 0; i < move->n_groups; i++)
        pthread_mutex_lock(&move->groups[i]->cycle_lock);
    for (size_t i = 0; i < move->n; i++) {
        struct mirror *m = move->mirrors[i];
        struct volume *both[] = {m->side[0].volume, m->side[1].volume};
        struct step s = {m, move->to};
        (void)volumes_cut(both, 2, GATE_CLOSE_ALL, change_group, &s, NULL); /* of two it cannot fail */
    }
    for (size_t i = 0; i < move->n_groups; i++)
        pthread_mutex_unlock(&move->groups[i]->cycle_lock);
}

void mirrors_move_end(struct mirror_move *move)
{
    for (size_t i = 0; i < move->n_groups; i++) {
        pthread_mutex_lock(&move->groups[i]->cycle_lock);
        move->groups[i]->held = false;
        pthread_mutex_unlock(&move->groups[i]->cycle_lock);
        cycle_thread_wake(move->groups[i]); /* the next cycle is one cut across old and new members */
    }
    mem_free(move->groups);
    mem_free(move);
}
