/* SPDX-License-Identifier: BSD-2-Clause */
/* Where parents may lie: see roots.h. */
#include "vhdx/roots.h"

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <string.h>

#include "util/alloc.h"

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct vhdx_roots allowed; /* by the lock */

/* One allocation: the pointers, and the texts behind them. */
static int copy_roots(const char *const paths[], size_t n, bool own, struct vhdx_roots *to)
{
    size_t size = (n + own) * sizeof(char *) + own, at = (n + own) * sizeof(char *);
    for (size_t i = 0; i < n; i++)
        size += strlen(paths[i]) + 1;
    to->paths = mem_alloc(size);
    if (to->paths == NULL)
        return -ENOMEM;
    char *texts = (char *)to->paths;
    to->n = 0;
    if (own) {
        texts[at] = '\0';
        to->paths[to->n++] = texts + at++;
    }
    for (size_t i = 0; i < n; i++) {
        strcpy(texts + at, paths[i]);
        to->paths[to->n++] = texts + at;
        at += strlen(paths[i]) + 1;
    }
    return 0;
}

int vhdx_roots_allow(const char *const paths[], size_t n)
{
    struct vhdx_roots now = {NULL, 0};
    int r = n != 0 ? copy_roots(paths, n, false, &now) : 0;
    if (r != 0)
        return r;
    pthread_mutex_lock(&lock);
    struct vhdx_roots old = allowed;
    allowed = now;
    pthread_mutex_unlock(&lock);
    vhdx_roots_free(&old);
    return 0;
}

int vhdx_roots_take(struct vhdx_roots *roots)
{
    *roots = (struct vhdx_roots){NULL, 0};
    pthread_mutex_lock(&lock);
    int r = allowed.n != 0 ? copy_roots(allowed.paths, allowed.n, true, roots) : 0;
    pthread_mutex_unlock(&lock);
    return r;
}

void vhdx_roots_free(struct vhdx_roots *roots)
{
    mem_free((void *)roots->paths);
    *roots = (struct vhdx_roots){NULL, 0};
}
