/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The background half of a restore: moves what is still to do from the replica into its source's medium,
 * by the bulk mover. As in fill.c a range is locked while it moves; the bits are cleared, after a flush,
 * about once a second. A host's write to a range that was moved but not cleared moves it once more.
 */
#include <errno.h>

#include "engine/copy.h"
#include "engine/points.h"
#include "engine/restore.h"
#include "util/alloc.h"
#include "util/clock.h"

#define LOCKED_MAX (4u << 20)
#define COMMIT_US 1000000
#define RUNS 1024

struct held {
    struct region_hold hold;
    uint64_t offset;
    void *slots[VOLUME_TAPS];
    struct held *next;
};

struct work {
    struct replica *r;
    struct restore *s;
    const struct engine_control *control;
    uint64_t cursor; /* region */
    struct held *held;
    struct {
        uint64_t first, count;
    } runs[RUNS];
    size_t n_runs;
    int64_t last_commit_us;
};

/* Old data that other points in time need is kept before the mover may write. */
static int keep(struct work *w, uint64_t offset, uint64_t length)
{
    struct volume *v = w->r->source;
    unsigned parity;
    struct points *p = points_get_keeping(v, &parity);
    int rc = p ? points_keep(v, p, atomic_load(&v->order), offset, length) : 0;
    points_put_keeping(v, p, parity);
    return rc;
}

static int next(void *user, uint64_t *offset, uint64_t *length)
{
    struct work *w = user;
    uint32_t shift = w->r->shift;
    uint64_t regions = replica_regions(w->r);
    uint64_t first = map_next(w->s->todo, w->cursor, true), end = first;
    if (first >= regions)
        return COPY_END;
    do
        end++;
    while (end < regions && (end - first) << shift < LOCKED_MAX && map_test(w->s->todo, end));
    struct held *h = mem_zalloc(sizeof *h);
    if (!h)
        return -ENOMEM;
    if (!region_trylock(&w->s->locks, &h->hold, first << shift, end << shift)) {
        mem_free(h);
        return COPY_LATER;
    }
    for (uint64_t i = first; i < end; i++)
        if (!map_test(w->s->todo, i)) { /* a host was faster */
            region_unlock(&w->s->locks, &h->hold);
            mem_free(h);
            return COPY_LATER;
        }
    *offset = first << shift;
    *length = replica_bytes(w->r, first, end - first);
    int rc = keep(w, *offset, *length);
    if (rc) {
        region_unlock(&w->s->locks, &h->hold);
        mem_free(h);
        return rc;
    }
    restore_marks_begin(w->s, *offset, *length, h->slots);
    h->offset = *offset;
    h->next = w->held;
    w->held = h;
    w->cursor = end;
    return COPY_RANGE;
}

static int commit(struct work *w)
{
    int rc = w->n_runs ? medium_flush(&w->r->source->medium) : 0;
    for (size_t i = 0; !rc && i < w->n_runs; i++)
        rc = map_clear(w->s->todo, w->runs[i].first, w->runs[i].count);
    if (!rc && w->n_runs)
        rc = map_commit(w->s->todo);
    w->n_runs = 0;
    w->last_commit_us = clock_monotonic_us();
    return rc;
}

static int done(void *user, uint64_t offset, uint64_t length, int err)
{
    struct work *w = user;
    struct held **link = &w->held;
    while ((*link)->offset != offset)
        link = &(*link)->next;
    struct held *h = *link;
    *link = h->next;
    restore_marks_end(w->s, offset, length, h->slots, err == 0);
    region_unlock(&w->s->locks, &h->hold);
    mem_free(h);
    if (err)
        return 0;
    uint64_t first = offset >> w->r->shift;
    w->runs[w->n_runs].first = first;
    w->runs[w->n_runs++].count = ((offset + length - 1) >> w->r->shift) - first + 1;
    if (w->n_runs == RUNS || clock_monotonic_us() - w->last_commit_us > COMMIT_US)
        return commit(w);
    return 0;
}

static int check(void *user, uint64_t bytes_done)
{
    struct work *w = user;
    if (!w->control || !w->control->check)
        return 0;
    uint64_t left = map_count(w->s->todo) << w->r->shift;
    return w->control->check(w->control->user, bytes_done, bytes_done > left ? bytes_done : left);
}

static int read_replica(void *handle, const struct iovec *iov, int iovcnt, uint64_t offset)
{
    int rc = 0;
    for (int i = 0; !rc && i < iovcnt; i++) {
        rc = replica_read_content(handle, iov[i].iov_base, iov[i].iov_len, offset);
        offset += iov[i].iov_len;
    }
    return rc;
}

static int move(struct work *w, struct copy_limit *own_limit)
{
    struct replica *r = w->r;
    struct copy_job job = {
        .source = {.handle = r, .read = read_replica},
        .target = {.backend = r->source->medium.backend, .handle = r->source->medium.handle},
        .limits = {r->engine->background, own_limit},
        .next = next,
        .done = done,
        .check = check,
        .user = w,
    };
    if (r->engine->options.open_flags & REPLSVC_BACKEND_NO_IO_URING)
        job.flags |= COPY_NO_IO_URING;
    struct copy_result result;
    int rc = copy_run(&job, &result);
    statistics_copied(r->statistics, &result);
    int committed = commit(w);
    return rc ? rc : committed;
}

/* Everything is in the source: durably so, then the mark goes, then the list. */
static int finish(struct replica *r)
{
    char name[REPLICA_NAME_SIZE];
    uint64_t order = r->mark.restore_order;
    r->mark.restore_order = 0;
    int rc = mark_store(&r->mark);
    if (rc) {
        r->mark.restore_order = order;
        return rc;
    }
    restore_leave(r);
    replica_set_state(r, r->complete ? REPLICA_COMPLETE : REPLICA_ACTIVE);
    replica_file(r, "todo", name);
    (void)map_remove(r->engine->options.vfs, name); /* the next restore makes it anew in any case */
    return 0;
}

int replica_restore_fill(struct replica *r, const struct engine_control *control)
{
    if (!atomic_load(&r->restoring))
        return replica_get_state(r) == REPLICA_ACTIVE || replica_get_state(r) == REPLICA_COMPLETE ? 0
                                                                                                  : -EINVAL;
    struct work *w = mem_zalloc(sizeof *w);
    struct copy_limit *own_limit = copy_limit_new(control ? control->bytes_per_second : 0);
    int rc = w && own_limit ? 0 : -ENOMEM;
    if (!rc) {
        w->r = r;
        w->s = r->source->restore;
        w->control = control;
        w->last_commit_us = clock_monotonic_us();
        while (!rc && map_next(w->s->todo, 0, true) < replica_regions(r)) {
            w->cursor = 0;
            rc = move(w, own_limit);
        }
    }
    if (!rc)
        rc = finish(r);
    copy_limit_free(own_limit);
    mem_free(w);
    return rc;
}
