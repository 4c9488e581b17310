/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How replicas come to their point in time and leave it.
 *
 * The cut: for every source the new set of points is made ready, then all write gates are closed, the sets
 * swapped, the gates opened. That is all that hosts wait for; nothing in it depends on any size. Then the
 * sources are flushed, for a point in time that shares with its source is durable only when the source is:
 * what was not flushed before the cut and not overwritten after it must not vanish in a power cut.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "engine/overlay.h"
#include "engine/own.h"
#include "engine/points.h"
#include "engine/track.h"
#include "util/alloc.h"
#include "util/clock.h"

/* One distinct source of a cut. */
struct cut_source {
    struct volume *v;
    struct points *set; /* the new one, then (after the swap) the old one */
    uint64_t order;     /* of its newest replica in this cut */
};

struct cut {
    struct cut_source *sources;
    size_t n;
    struct replica *const *replicas;
    size_t n_replicas;
};

static int by_address(const void *a, const void *b)
{
    const struct volume *x = ((const struct cut_source *)a)->v, *y = ((const struct cut_source *)b)->v;
    return x < y ? -1 : x > y;
}

/* The distinct sources, sorted: their change locks are taken in that order. */
static int collect(struct replica *const replicas[], size_t n, struct cut *c)
{
    c->n = 0;
    c->sources = mem_array(n, sizeof *c->sources);
    if (!c->sources)
        return -ENOMEM;
    for (size_t i = 0; i < n; i++)
        c->sources[i].v = replicas[i]->source;
    qsort(c->sources, n, sizeof *c->sources, by_address);
    for (size_t i = 0; i < n; i++)
        if (!i || c->sources[i].v != c->sources[c->n - 1].v)
            c->sources[c->n++] = c->sources[i];
    return 0;
}

/* Change locks held. Orders are given in the order of the call. */
static int prepare(struct replica *const replicas[], size_t n, struct cut *c)
{
    struct replica **add = mem_array(n, sizeof *add);
    if (!add)
        return -ENOMEM;
    int rc = 0;
    for (size_t s = 0; !rc && s < c->n; s++) {
        struct cut_source *source = &c->sources[s];
        size_t n_add = 0;
        source->order = atomic_load(&source->v->order);
        if (atomic_load(&source->v->special) & (SPECIAL_RESTORE | SPECIAL_VIEW)) {
            replsvc_backend_set_error("%s is being restored or shows another volume's data",
                                      volume_id(source->v));
            rc = -EBUSY;
            break;
        }
        for (size_t i = 0; i < n; i++) {
            if (replicas[i]->source != source->v)
                continue;
            replicas[i]->order = ++source->order;
            add[n_add++] = replicas[i];
        }
        rc = points_with(atomic_load(&source->v->points), add, n_add, &source->set);
    }
    mem_free(add);
    return rc;
}

static int swap_all(void *user)
{
    struct cut *c = user;
    for (size_t i = 0; i < c->n_replicas; i++) {
        struct replica *r = c->replicas[i];
        int rc = r->again ? track_finish_again(r) : 0;
        if (rc)
            return rc;
    }
    for (size_t i = 0; i < c->n_replicas; i++)
        track_hang_on_source(c->replicas[i]);
    for (size_t s = 0; s < c->n; s++) {
        struct cut_source *source = &c->sources[s];
        source->set = points_swap(source->v, source->set);
        atomic_store(&source->v->order, source->order);
    }
    return 0;
}

/* The parts they play; before anybody can see them. */
static void take_part(struct replica *r)
{
    atomic_store(&r->shares, r->kind == REPLICA_SNAPSHOT);
    if (r->kind == REPLICA_CLONE)
        atomic_store(&r->source->any_alone, true);
    atomic_store(&r->alone, r->kind == REPLICA_CLONE);
    atomic_store(&r->leaving, false);
}

void replica_show(struct replica *r, bool view)
{
    const struct view_ops *ops = r->kind == REPLICA_CLONE ? &clone_view : &snapshot_view;
    volume_set_view(r->target, view ? ops : NULL, view ? r : NULL);
}

static int cut(struct replica *const replicas[], size_t n, struct cut *c, int64_t *pause_us)
{
    struct volume **volumes = mem_array(c->n, sizeof(*volumes));
    if (!volumes)
        return -ENOMEM;
    for (size_t s = 0; s < c->n; s++) {
        volumes[s] = c->sources[s].v;
        pthread_mutex_lock(&c->sources[s].v->change_lock);
    }
    int rc = prepare(replicas, n, c);
    if (!rc)
        rc = volumes_cut(volumes, c->n, GATE_CLOSE_WRITES, swap_all, c, pause_us);
    if (rc)
        for (size_t s = 0; s < c->n; s++)
            mem_free(c->sources[s].set);
    for (size_t s = c->n; s-- > 0;)
        pthread_mutex_unlock(&c->sources[s].v->change_lock);
    if (!rc)
        for (size_t s = 0; s < c->n; s++)
            points_retire(c->sources[s].v, c->sources[s].set);
    mem_free(volumes);
    return rc;
}

/* Before the first point: hosts' writes will need it. */
static int make_overlay(struct volume *v)
{
    pthread_mutex_lock(&v->change_lock);
    bool fresh = !atomic_load(&v->overlay);
    int rc = overlay_open(v, true);
    if (!rc && fresh)
        overlay_go(v);
    pthread_mutex_unlock(&v->change_lock);
    return rc;
}

static int flush_sources(const struct cut *c)
{
    int rc = 0;
    for (size_t s = 0; !rc && s < c->n; s++)
        rc = volume_flush_now(c->sources[s].v);
    return rc;
}

/* A clone whose target is whole but for known differences needs only those copied. */
static void prepare_track(struct replica *r)
{
    r->again = false;
    if (r->kind != REPLICA_CLONE)
        return;
    replica_show(r, true); /* hosts' writes to the target end here, and what they wrote is marked */
    r->again = track_prepare_again(r) == 0;
    if (!r->again)
        track_make(r);
}

static void forget_track(struct replica *r)
{
    if (r->again)
        (void)map_clear(r->kept, 0, replica_regions(r)); /* it is emptied in the file too when it is loaded */
    if (r->kind == REPLICA_CLONE) {
        (void)track_remove(r);
        replica_show(r, false);
    }
}

static int check_inactive(struct replica *const replicas[], size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (replica_get_state(replicas[i]) != REPLICA_INACTIVE)
            return -EINVAL;
        if (volume_is_source(replicas[i]->target)) {
            replsvc_backend_set_error("%s is itself a source now", volume_id(replicas[i]->target));
            return -EBUSY;
        }
        for (size_t j = 0; j < i; j++)
            if (replicas[j] == replicas[i])
                return -EINVAL;
    }
    return n ? 0 : -EINVAL;
}

int replicas_activate(struct replica *const replicas[], size_t n, int64_t *pause_us)
{
    struct cut c = {.replicas = replicas, .n_replicas = n};
    int64_t pause = 0;
    int rc = check_inactive(replicas, n);
    if (!rc)
        rc = collect(replicas, n, &c);
    if (rc)
        return rc;
    for (size_t s = 0; !rc && s < c.n; s++)
        rc = make_overlay(c.sources[s].v);
    if (!rc)
        rc = flush_sources(&c); /* most of it now, while nothing depends on it */
    if (rc)
        goto out;
    for (size_t i = 0; !rc && i < n;
         i++) /* a target that was a source once: its medium is written from now on */
        rc = volume_settle(replicas[i]->target);
    if (rc)
        goto out;
    for (size_t i = 0; i < n; i++) {
        take_part(replicas[i]);
        prepare_track(replicas[i]);
    }
    rc = cut(replicas, n, &c, &pause);
    if (rc) {
        for (size_t i = 0; i < n; i++)
            forget_track(replicas[i]);
        goto out;
    }
    int64_t now = clock_wall_us(); /* one instant has one time */
    for (size_t i = 0; i < n; i++) {
        struct replica *r = replicas[i];
        pthread_mutex_lock(&r->lock);
        r->state = REPLICA_ACTIVE;
        r->when_cut_us = now;
        r->pause_us = pause;
        pthread_mutex_unlock(&r->lock);
        replica_show(r, true);
        track_hang_on_target(r);
        if (r->again && !rc)
            rc = map_commit(r->kept);
    }
    if (!rc)
        rc = flush_sources(&c);
    if (rc)
        for (size_t i = n; i-- > 0;)
            if (replica_deactivate(replicas[i], NULL))
                replica_break(replicas[i], rc, "%s: its source could not be flushed",
                              volume_id(replicas[i]->target));
    if (pause_us)
        *pause_us = pause;
out:
    mem_free(c.sources);
    return rc;
}

/* Whether r's content may depend on regions that newer, whose map is lost, kept. */
static void break_older(struct volume *v, const struct points *p)
{
    (void)v;
    bool lost = false;
    for (size_t i = p ? p->n : 0; i-- > 0;) {
        struct replica *r = p->r[i];
        if (lost && atomic_load(&r->shares) && !atomic_load(&r->broken))
            replica_break(r, -EUCLEAN, "%s: a newer snapshot that it reads through has lost its map",
                          volume_id(r->target));
        if (atomic_load(&r->shares) && r->map_lost)
            lost = true;
    }
}

int replica_join_loaded(struct replica *r)
{
    enum replica_state state = r->state;
    if (state == REPLICA_COMPLETE)
        volume_target_complete(r->target, true);
    if (state == REPLICA_INACTIVE || state == REPLICA_COMPLETE || !r->order)
        return 0;
    if (state == REPLICA_LEAVING && r->kind == REPLICA_CLONE)
        return 0; /* nobody reads through it */
    struct volume *v = r->source;
    struct points *set, *old;
    take_part(r);
    atomic_store(&r->leaving, state == REPLICA_LEAVING);
    if (state == REPLICA_DETACHING) {
        atomic_store(&r->source->any_alone, true);
        atomic_store(&r->alone, true);
    }
    if (r->mark.detached)
        atomic_store(&r->shares, false);
    pthread_mutex_lock(&v->change_lock);
    int rc = overlay_open(v, true);
    if (!rc)
        rc = points_with(atomic_load(&v->points), &r, 1, &set);
    if (!rc) {
        gate_close(&v->gate, GATE_CLOSE_WRITES);
        old = points_swap(v, set);
        if (atomic_load(&v->order) < r->order)
            atomic_store(&v->order, r->order);
        volume_special(v, SPECIAL_FROZEN, 0);
        gate_open(&v->gate);
        break_older(v, set);
    }
    pthread_mutex_unlock(&v->change_lock);
    if (rc)
        return rc;
    points_retire(v, old);
    if (state != REPLICA_LEAVING)
        replica_show(r, true);
    return 0;
}

static bool is_in(struct volume *v, const struct replica *r)
{
    const struct points *p = atomic_load(&v->points);
    for (size_t i = 0; p && i < p->n; i++)
        if (p->r[i] == r)
            return true;
    return false;
}

int replica_leave_points(struct replica *r)
{
    struct volume *v = r->source;
    struct points *set, *old = NULL;
    pthread_mutex_lock(&v->change_lock);
    int rc = 0;
    if (is_in(v, r)) {
        rc = points_without(atomic_load(&v->points), r, &set);
        if (!rc) {
            gate_close(&v->gate, GATE_CLOSE_WRITES);
            old = points_swap(v, set);
            gate_open(&v->gate);
        }
    }
    pthread_mutex_unlock(&v->change_lock);
    if (!rc)
        points_retire(v, old);
    return rc;
}

int replica_stop_sharing(struct replica *r)
{
    struct volume *v = r->source;
    struct points *set, *old = NULL;
    pthread_mutex_lock(&v->change_lock);
    /* The same points once more: when the old set has no readers left, nobody is on his way to the store. */
    int rc = points_with(atomic_load(&v->points), NULL, 0, &set);
    if (!rc) {
        gate_close(&v->gate, GATE_CLOSE_WRITES);
        atomic_store(&r->shares, false);
        old = points_swap(v, set);
        gate_open(&v->gate);
    }
    pthread_mutex_unlock(&v->change_lock);
    if (!rc)
        points_retire(v, old);
    return rc;
}

void replica_leave_closing(struct replica *r)
{
    struct volume *v = r->source;
    if (replica_get_state(r) == REPLICA_INACTIVE || replica_get_state(r) == REPLICA_COMPLETE)
        return;
    replica_show(r, false);
    pthread_mutex_lock(&v->change_lock);
    if (is_in(v, r)) {
        gate_close(&v->gate, GATE_CLOSE_WRITES);
        volume_special(v, SPECIAL_FROZEN, 0);
        gate_open(&v->gate);
        (void)volume_settle(v); /* while the points that pending writes need are all there */
        overlay_halt(v);        /* and what could not be carried out stays in the log */
        gate_close(&v->gate, GATE_CLOSE_WRITES);
        points_take_out(v, r);
        gate_open(&v->gate);
    }
    pthread_mutex_unlock(&v->change_lock);
}
