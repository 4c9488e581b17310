/* SPDX-License-Identifier: BSD-2-Clause */
/* The set of a source's points in time: its versions, and where a point's data lies. See points.h. */
#include "engine/points.h"

#include <errno.h>
#include <string.h>

#include "util/alloc.h"

struct points *points_get(struct volume *v)
{
    pthread_mutex_lock(&v->points_lock);
    struct points *p = atomic_load(&v->points);
    if (p)
        p->refs++;
    pthread_mutex_unlock(&v->points_lock);
    return p;
}

void points_put(struct volume *v, struct points *p)
{
    if (!p)
        return;
    pthread_mutex_lock(&v->points_lock);
    if (--p->refs == 0)
        pthread_cond_broadcast(&v->points_unused);
    pthread_mutex_unlock(&v->points_lock);
}

struct points *points_get_keeping(struct volume *v, unsigned *parity)
{
    pthread_mutex_lock(&v->points_lock);
    *parity = v->parity;
    v->keepers[*parity]++;
    pthread_mutex_unlock(&v->points_lock);
    return points_get(v);
}

void points_put_keeping(struct volume *v, struct points *p, unsigned parity)
{
    points_put(v, p);
    pthread_mutex_lock(&v->points_lock);
    if (--v->keepers[parity] == 0)
        pthread_cond_broadcast(&v->points_unused);
    pthread_mutex_unlock(&v->points_lock);
}

/* One at a time (handing_down). */
void points_keepers_barrier(struct volume *v)
{
    pthread_mutex_lock(&v->points_lock);
    unsigned before = v->parity;
    v->parity = !before;
    while (v->keepers[before])
        pthread_cond_wait(&v->points_unused, &v->points_lock);
    pthread_mutex_unlock(&v->points_lock);
}

int points_with(const struct points *old, struct replica *const add[], size_t n, struct points **out)
{
    size_t n_old = old ? old->n : 0, have = 0;
    struct points *p = mem_zalloc(sizeof *p + (n_old + n) * sizeof p->r[0]);
    if (!p)
        return -ENOMEM;
    p->n = n_old + n;
    size_t i = 0;
    for (size_t j = 0; j < n; j++) {
        while (i < n_old && old->r[i]->order <= add[j]->order)
            p->r[have++] = old->r[i++];
        p->r[have++] = add[j];
    }
    while (i < n_old)
        p->r[have++] = old->r[i++];
    *out = p;
    return 0;
}

int points_without(const struct points *old, const struct replica *r, struct points **out)
{
    *out = NULL;
    size_t n = 0;
    if (!old || old->n == 1)
        return 0;
    struct points *p = mem_zalloc(sizeof *p + old->n * sizeof p->r[0]);
    if (!p)
        return -ENOMEM;
    for (size_t i = 0; i < old->n; i++)
        if (old->r[i] != r)
            p->r[n++] = old->r[i];
    p->n = n;
    *out = p;
    return 0;
}

struct points *points_swap(struct volume *v, struct points *p)
{
    pthread_mutex_lock(&v->points_lock);
    struct points *old = atomic_load(&v->points);
    atomic_store(&v->points, p);
    pthread_mutex_unlock(&v->points_lock);
    if (p)
        volume_special(v, SPECIAL_POINTS, 0);
    else
        volume_special(v, 0, SPECIAL_POINTS);
    return old;
}

static size_t index_of(const struct points *p, const struct replica *r)
{
    for (size_t i = p->n; i-- > 0;)
        if (p->r[i] == r)
            return i;
    return p->n;
}

void points_take_out(struct volume *v, const struct replica *r)
{
    struct points *p = atomic_load(&v->points);
    pthread_mutex_lock(&v->points_lock);
    while (p->refs)
        pthread_cond_wait(&v->points_unused, &v->points_lock);
    for (size_t i = index_of(p, r); i + 1 < p->n; i++)
        p->r[i] = p->r[i + 1];
    if (--p->n == 0) {
        atomic_store(&v->points, NULL);
        volume_special(v, 0, SPECIAL_POINTS);
        mem_free(p);
    }
    pthread_mutex_unlock(&v->points_lock);
}

void points_retire(struct volume *v, struct points *old)
{
    if (!old)
        return;
    pthread_mutex_lock(&v->points_lock);
    while (old->refs)
        pthread_cond_wait(&v->points_unused, &v->points_lock);
    pthread_mutex_unlock(&v->points_lock);
    mem_free(old);
}

/* How far from offset on r's regions have that value, at most until end. */
static uint64_t run_of(const struct replica *r, uint64_t offset, uint64_t end, bool value)
{
    uint64_t region = (offset >> r->shift) + 1;
    while (region << r->shift < end && map_test(r->kept, region) == value)
        region++;
    return region << r->shift < end ? region << r->shift : end;
}

struct replica *points_find(const struct points *p, const struct replica *r, uint64_t offset,
                            uint64_t *length)
{
    uint64_t end = offset + *length;
    struct replica *found = NULL;
    for (size_t i = index_of(p, r); i < p->n && !found; i++) {
        struct replica *c = p->r[i];
        if (c != r && (r->kind == REPLICA_CLONE || !atomic_load(&c->shares)))
            continue; /* a clone that lacks a region has it in the source: all its first overwrites are kept
                       */
        bool has = map_test(c->kept, offset >> c->shift);
        end = run_of(c, offset, end, has);
        if (has)
            found = c;
    }
    *length = end - offset;
    return found;
}

/* What was read before is not looked at after the bits are: map_test alone orders only what follows it. */
static void reads_before_bits(void)
{
#ifndef __SANITIZE_THREAD__ /* which knows no fences; the bits are sequentially consistent by themselves */
    atomic_thread_fence(memory_order_seq_cst);
#endif
}

/* One try at a run that lies in one place. *moved: it has been overwritten meanwhile; look again. */
static int read_run(struct replica *r, const struct points *p, char *buffer, uint64_t offset,
                    uint64_t *length, struct replica **at_fault, bool *moved)
{
    struct volume *v = r->source;
    if (!p || index_of(p, r) == p->n)
        return -ESTALE; /* it left: its operations do not overlap, so nobody should still read it */
    struct replica *where = points_find(p, r, offset, length);
    *at_fault = where;
    if (where)
        return medium_read(&where->target->medium, buffer, (size_t)*length, offset);
    int rc = volume_read_at(v, r->order, buffer, (size_t)*length, offset);
    reads_before_bits();
    uint64_t again = *length;
    *moved = atomic_load(&v->points) != p || points_find(p, r, offset, &again) || again != *length;
    return rc;
}

int points_read(struct replica *r, void *buffer, size_t length, uint64_t offset, struct replica **at_fault)
{
    struct volume *v = r->source;
    struct replica *fault = NULL;
    char *to = buffer;
    int rc = 0;
    struct points *p = points_get(v);
    while (!rc && length) {
        uint64_t n = length;
        bool moved = false;
        rc = read_run(r, p, to, offset, &n, &fault, &moved);
        if (moved) { /* whatever was read, or failed to be, was perhaps not ours */
            points_put(v, p);
            p = points_get(v);
            rc = 0;
            continue;
        }
        to += n;
        offset += n;
        length -= (size_t)n;
    }
    points_put(v, p);
    if (at_fault)
        *at_fault = fault;
    return rc;
}
