/* SPDX-License-Identifier: BSD-2-Clause */
/* Which world a locator means: a small table of the process, changed by tests only. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "sim/record.h"

#define BINDINGS 32

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct {
    char name[32];
    struct world *world; /* NULL: free */
} bindings[BINDINGS];    /* protected by lock */

/* The binding of that name, or -1; called with the lock held. */
static int find(const char *name, size_t len)
{
    for (int i = 0; i < BINDINGS; i++)
        if (bindings[i].world != NULL && strlen(bindings[i].name) == len &&
            memcmp(bindings[i].name, name, len) == 0)
            return i;
    return -1;
}

int world_bind(struct world *w, const char *name)
{
    if (strlen(name) >= sizeof(bindings[0].name))
        return -ENAMETOOLONG;
    pthread_mutex_lock(&lock);
    int at = find(name, strlen(name));
    for (int i = 0; i < BINDINGS && at < 0; i++)
        if (bindings[i].world == NULL)
            at = i;
    if (at >= 0) {
        snprintf(bindings[at].name, sizeof(bindings[at].name), "%s", name);
        bindings[at].world = w;
    }
    pthread_mutex_unlock(&lock);
    return at >= 0 ? 0 : -ENOSPC;
}

void world_unbind(const char *name)
{
    pthread_mutex_lock(&lock);
    int at = find(name, strlen(name));
    if (at >= 0)
        bindings[at].world = NULL;
    pthread_mutex_unlock(&lock);
}

struct world *world_bound(const char *name, size_t len)
{
    pthread_mutex_lock(&lock);
    int at = find(name, len);
    struct world *w = at >= 0 ? bindings[at].world : NULL;
    pthread_mutex_unlock(&lock);
    return w;
}
