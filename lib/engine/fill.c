/* SPDX-License-Identifier: BSD-2-Clause */
/* See fill.h. The mover calls next, done and check from one thread, so this state needs no lock. */
#include "engine/fill.h"

#include <errno.h>
#include <string.h>

#include "engine/copy.h"
#include "util/alloc.h"
#include "util/clock.h"

#define LOCKED_MAX (4u << 20) /* how much is locked for one range of data */
#define COMMIT_US 1000000     /* how much work a crash may undo */
#define RUNS 1024             /* of regions, until the next commit */

struct held {
    struct region_hold hold;
    uint64_t offset; /* as the mover knows it */
    struct held *next;
};

struct run {
    uint64_t first, count;
};

struct work {
    const struct fill *f;
    struct replica *r;
    uint64_t cursor; /* bytes */
    struct held *held;
    struct run runs[RUNS];
    size_t n_runs;
    int64_t last_commit_us;
    int commit_error;
};

/* Whether r wants the region at that offset, and would read its start from the giver if there is one. */
static bool wanted(const struct work *w, const struct points *p, uint64_t offset)
{
    struct replica *r = w->r;
    if (map_test(r->kept, offset >> r->shift))
        return false;
    if (!w->f->giver)
        return true;
    uint64_t end = offset + replica_bytes(r, offset >> r->shift, 1);
    while (offset < end) {
        uint64_t n = end - offset;
        if (points_find(p, r, offset, &n) == w->f->giver)
            return true;
        offset += n;
    }
    return false;
}

/* The first region boundary from the cursor on that may be wanted; the end of the source: none. */
static uint64_t candidate(const struct work *w)
{
    struct replica *r = w->r, *giver = w->f->giver;
    uint64_t at = map_next(r->kept, w->cursor >> r->shift, false) << r->shift;
    if (giver) {
        uint64_t given = map_next(giver->kept, w->cursor >> giver->shift, true) << giver->shift;
        if (given > at)
            at = given >> r->shift << r->shift;
        if (at < w->cursor)
            at = w->cursor;
    }
    uint64_t size = volume_size(r->source);
    return at < size ? at : size;
}

/* Locks a run of wanted regions from offset on: its end, or 0 when somebody else is there. */
static uint64_t lock_run(struct work *w, const struct points *p, uint64_t offset, uint64_t most,
                         struct held *h)
{
    struct replica *r = w->r;
    uint64_t size = volume_size(r->source), end = offset;
    do
        end += r->region_size;
    while (end < size && end - offset < most && wanted(w, p, end));
    if (!region_trylock(&r->store_locks, &h->hold, offset, end))
        return 0;
    for (uint64_t at = offset; at < end; at += r->region_size)
        if (!wanted(w, p, at)) { /* kept while we were looking: what is before it will do */
            region_unlock(&r->store_locks, &h->hold);
            if (at == offset || !region_trylock(&r->store_locks, &h->hold, offset, at))
                return 0;
            end = at;
        }
    return end;
}

static int next(void *user, uint64_t *offset, uint64_t *length)
{
    struct work *w = user;
    uint64_t size = volume_size(w->r->source), most = *length > LOCKED_MAX ? *length : LOCKED_MAX;
    if (w->commit_error)
        return w->commit_error;
    struct held *h = mem_alloc(sizeof *h);
    if (!h)
        return -ENOMEM;
    struct points *p = points_get(w->r->source);
    uint64_t at = candidate(w), end = 0;
    while (at < size && !wanted(w, p, at)) {
        w->cursor = at + w->r->region_size;
        at = candidate(w);
    }
    if (at < size)
        end = lock_run(w, p, at, most, h);
    points_put(w->r->source, p);
    if (!end) {
        mem_free(h);
        return at < size ? COPY_LATER : COPY_END;
    }
    h->offset = at;
    h->next = w->held;
    w->held = h;
    w->cursor = end;
    *offset = at;
    *length = (end < size ? end : size) - at;
    return COPY_RANGE;
}

static int commit(struct work *w)
{
    int rc = 0;
    for (size_t i = 0; !rc && i < w->n_runs; i++)
        rc = keep_commit(w->r, w->runs[i].first, w->runs[i].count);
    w->n_runs = 0;
    w->last_commit_us = clock_monotonic_us();
    if (rc)
        w->commit_error = rc;
    return rc;
}

static void note(struct work *w, uint64_t first, uint64_t count)
{
    struct run *last = w->n_runs ? &w->runs[w->n_runs - 1] : NULL;
    if (last && last->first + last->count == first)
        last->count += count;
    else
        w->runs[w->n_runs++] = (struct run){first, count};
}

static int done(void *user, uint64_t offset, uint64_t length, int err)
{
    struct work *w = user;
    struct held **link = &w->held;
    while ((*link)->offset != offset)
        link = &(*link)->next;
    struct held *h = *link;
    *link = h->next;
    region_unlock(&w->r->store_locks, &h->hold);
    mem_free(h);
    if (err)
        return 0; /* the mover stops with it anyway */
    uint64_t first = offset >> w->r->shift;
    note(w, first, ((offset + length - 1) >> w->r->shift) - first + 1);
    if (w->n_runs == RUNS || clock_monotonic_us() - w->last_commit_us > COMMIT_US)
        return commit(w);
    return 0;
}

static int check(void *user, uint64_t bytes_done)
{
    struct work *w = user;
    const struct engine_control *c = w->f->control;
    if (atomic_load(&w->r->broken))
        return -EIO;
    if (!c || !c->check)
        return 0;
    uint64_t all = w->f->done_before + bytes_done;
    return c->check(c->user, all < w->f->total ? all : w->f->total, w->f->total);
}

/* A point in time as the mover's source. */
static int read_point(void *handle, const struct iovec *iov, int iovcnt, uint64_t offset)
{
    int rc = 0;
    for (int i = 0; !rc && i < iovcnt; i++) {
        rc = points_read(handle, iov[i].iov_base, iov[i].iov_len, offset, NULL);
        offset += iov[i].iov_len;
    }
    return rc;
}

static struct copy_end source_end(const struct fill *f)
{
    /* A clone lacks only what was never overwritten in the source since: that lies in its medium. */
    if (f->r->kind == REPLICA_CLONE)
        return (struct copy_end){.backend = f->r->source->medium.backend,
                                 .handle = f->r->source->medium.handle};
    return (struct copy_end){.handle = f->r, .read = read_point};
}

int fill_run(const struct fill *f, bool *target_failed)
{
    struct replica *r = f->r;
    struct work *w = mem_zalloc(sizeof *w);
    struct copy_limit *own_limit = copy_limit_new(f->control ? f->control->bytes_per_second : 0);
    int rc = -ENOMEM;
    *target_failed = false;
    if (!w || !own_limit)
        goto out;
    w->f = f;
    w->r = r;
    w->last_commit_us = clock_monotonic_us();
    struct copy_job job = {
        .source = source_end(f),
        .target = {.backend = r->target->medium.backend, .handle = r->target->medium.handle},
        .flags = COPY_REFLINK,
        .limits = {r->engine->background, own_limit},
        .next = next,
        .done = done,
        .check = check,
        .user = w,
    };
    if (atomic_load(&r->zeroed))
        job.flags |= COPY_TARGET_ZEROED;
    if (r->engine->options.open_flags & REPLSVC_BACKEND_NO_IO_URING)
        job.flags |= COPY_NO_IO_URING;
    struct copy_result result;
    rc = copy_run(&job, &result);
    statistics_copied(r->statistics, &result);
    *target_failed = rc && (result.side == COPY_SIDE_TARGET || w->commit_error);
    int committed = commit(w); /* also what was done before a stop */
    if (committed && !rc) {
        rc = committed;
        *target_failed = true;
    }
out:
    copy_limit_free(own_limit);
    mem_free(w);
    return rc;
}
