/* SPDX-License-Identifier: BSD-2-Clause */
/* What befalls operations of a world: the n-th one that matches fails, in part or whole, or stalls. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "sim/record.h"

int world_fault_add(struct world *w, const struct world_fault *fault)
{
    int err = -ENOSPC;
    pthread_mutex_lock(&w->lock);
    for (size_t i = 0; i < WORLD_FAULTS && err != 0; i++) {
        if (w->faults[i].used)
            continue;
        memset(&w->faults[i], 0, sizeof(w->faults[i]));
        w->faults[i].fault = *fault;
        w->faults[i].used = true;
        if (fault->path != NULL)
            snprintf(w->faults[i].path, sizeof(w->faults[i].path), "%s", fault->path);
        w->faults[i].fault.path = NULL;
        err = 0;
    }
    pthread_mutex_unlock(&w->lock);
    return err;
}

static void release(struct world *w, bool all)
{
    pthread_mutex_lock(&w->lock);
    for (size_t i = 0; i < WORLD_FAULTS; i++)
        if (all || w->faults[i].fault.stall)
            w->faults[i].used = false;
    if (all)
        w->struck = 0;
    w->released++;
    pthread_cond_broadcast(&w->changed);
    pthread_mutex_unlock(&w->lock);
}

void world_faults_clear(struct world *w)
{
    release(w, true);
}

void world_release(struct world *w)
{
    release(w, false);
}

unsigned long world_faults_struck(struct world *w)
{
    pthread_mutex_lock(&w->lock);
    unsigned long n = w->struck;
    pthread_mutex_unlock(&w->lock);
    return n;
}

void world_wait_stalled(struct world *w, unsigned n)
{
    pthread_mutex_lock(&w->lock);
    while (w->stalled < n)
        pthread_cond_wait(&w->changed, &w->lock);
    pthread_mutex_unlock(&w->lock);
}

static void stall(struct world *w)
{
    unsigned released = w->released;
    w->stalled++;
    pthread_cond_broadcast(&w->changed);
    while (w->released == released)
        pthread_cond_wait(&w->changed, &w->lock);
    w->stalled--;
}

int world_meet_fault(struct world *w, enum world_op_kind kind, const char *path, uint64_t *length)
{
    int err = 0;
    for (size_t i = 0; i < WORLD_FAULTS && err == 0; i++) {
        const struct world_fault fault = w->faults[i].fault;
        if (!w->faults[i].used || (fault.kinds != 0 && (fault.kinds & (1u << kind)) == 0) ||
            strstr(path, w->faults[i].path) == NULL)
            continue;
        w->faults[i].seen++;
        if (w->faults[i].seen != fault.nth && !(fault.forever && w->faults[i].seen > fault.nth))
            continue;
        w->struck++;
        if (!fault.forever)
            w->faults[i].used = false;
        err = fault.err;
        if (length != NULL && err != 0)
            *length = fault.partial ? *length / 2 : 0;
        if (fault.stall)
            stall(w);
    }
    return err;
}
