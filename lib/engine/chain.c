/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Leaving the chain of snapshots. What others read through a snapshot's store must be theirs before it
 * goes: its next older neighbour takes what it lacks (those older still read through that one), and so does
 * every older snapshot that is being detached, for nobody reads through that.
 *
 * First the snapshot is marked leaving: from then on first overwrites are kept for the older neighbour, so
 * what is handed down does not grow and one pass is enough. (Hosts' writes know it from the gate on; the
 * overlay's thread and restores, which keep outside of it, are waited for once.) One leaves at a time per
 * source: two neighbours that left at once could each count on the other.
 */
#include <errno.h>
#include <time.h>

#include "engine/clone.h"
#include "engine/fill.h"
#include "engine/overlay.h"
#include "engine/own.h"
#include "engine/track.h"
#include "util/fail.h"

static int take_turn(struct volume *v, const struct engine_control *control)
{
    int rc = 0;
    pthread_mutex_lock(&v->points_lock);
    while (!rc && v->handing_down) {
        struct timespec soon;
        clock_gettime(CLOCK_REALTIME, &soon);
        soon.tv_sec++; /* only to ask whether to go on waiting */
        pthread_cond_timedwait(&v->points_unused, &v->points_lock, &soon);
        if (v->handing_down && control && control->check) {
            pthread_mutex_unlock(&v->points_lock);
            rc = control->check(control->user, 0, 0);
            pthread_mutex_lock(&v->points_lock);
        }
    }
    if (!rc)
        v->handing_down = true;
    pthread_mutex_unlock(&v->points_lock);
    return rc;
}

static void end_turn(struct volume *v)
{
    pthread_mutex_lock(&v->points_lock);
    v->handing_down = false;
    pthread_cond_broadcast(&v->points_unused);
    pthread_mutex_unlock(&v->points_lock);
}

/* One who would lose something: *to. An error is about to_'s own store (then it is broken and the next one
 * is asked) or about r's, which only a broken r may ignore. */
static int hand_to(struct replica *r, struct replica *to, const struct engine_control *control)
{
    struct fill f = {.r = to, .giver = r, .control = control, .total = map_count(r->kept) << r->shift};
    bool target_failed;
    int rc = fill_run(&f, &target_failed);
    if (!rc || rc == -ENOMEM)
        return rc;
    bool stopped = control && control->check && !target_failed && !atomic_load(&r->broken) &&
                   (rc == -ECANCELED || rc == -EINTR);
    if (stopped || (!target_failed && !atomic_load(&r->broken)))
        return rc;
    replica_break(to, rc, "%s: could not take over what %s kept (%s)", volume_id(to->target),
                  volume_id(r->target), svc_backend_error());
    return 0;
}

int chain_hand_down(struct replica *r, const struct engine_control *control)
{
    struct volume *v = r->source;
    int rc = take_turn(v, control);
    if (rc)
        return rc;
    points_keepers_barrier(v); /* what they keep in r for who did not know that it leaves is there now */
    bool again = true;
    while (!rc && again) {
        again = false;
        bool neighbour = false;
        struct points *p = points_get(v);
        size_t i = p ? p->n : 0;
        while (i > 0 && p->r[i - 1] != r)
            i--;
        if (i > 0)
            i--;
        while (!rc && !again && i-- > 0) {
            struct replica *older = p->r[i];
            bool detaching = atomic_load(&older->alone) && older->kind == REPLICA_SNAPSHOT;
            bool next = atomic_load(&older->shares) && !neighbour;
            if (atomic_load(&older->broken) || !(detaching || next))
                continue;
            neighbour |= next;
            rc = hand_to(r, older, control);
            again = atomic_load(&older->broken); /* then the one before it is the neighbour */
        }
        points_put(v, p);
    }
    end_turn(v);
    return rc;
}

/* Out of the chain for good; the view is gone before. */
static int leave_chain(struct replica *r, const struct engine_control *control)
{
    int rc = 0;
    replica_show(r, false);
    gate_close(&r->source->gate, GATE_CLOSE_WRITES);
    atomic_store(&r->leaving, true);
    atomic_store(&r->alone, false);
    gate_open(&r->source->gate);
    /* The overlay passes no gate: a round of it that began before may still be keeping for r. */
    overlay_round_end(r->source);
    if (atomic_load(&r->shares))
        rc = chain_hand_down(r, control);
    return rc ? rc : replica_leave_points(r);
}

/* A map that is removed must not be taken for one that is lost, should a crash come in between. */
static int mark_left(struct replica *r)
{
    if (r->mark.detached || !r->mark.file) /* a mark that is lost says the same as one that is lost later */
        return 0;
    r->mark.detached = 1;
    int rc = mark_store(&r->mark);
    if (rc)
        r->mark.detached = 0;
    return rc;
}

static bool has_point(enum replica_state state)
{
    return state != REPLICA_INACTIVE && state != REPLICA_COMPLETE;
}

int replica_deactivate(struct replica *r, const struct engine_control *control)
{
    enum replica_state state = replica_get_state(r);
    if (state == REPLICA_INACTIVE)
        return 0;
    if (state == REPLICA_RESTORING)
        return -EBUSY;
    int rc = 0;
    if (has_point(state)) {
        replica_set_state(r, REPLICA_LEAVING);
        rc = leave_chain(r, control);
    }
    if (!rc)
        rc = mark_left(r);
    if (!rc && (state != REPLICA_COMPLETE || track_keep_whole(r)))
        rc = track_remove(r);
    if (!rc)
        rc = own_remove(r);
    if (!rc)
        rc = replica_empty_map(r, "kept", &r->kept);
    if (!rc)
        rc = r->engine->options.vfs->ops->sync_dir(r->engine->options.vfs, "maps");
    if (!rc && (r->mark.err || r->mark.detached)) {
        r->mark.err = 0;
        r->mark.detached = 0;
        rc = mark_store(&r->mark);
    }
    if (rc)
        return rc;
    atomic_store(&r->zeroed, false);
    atomic_store(&r->broken, false);
    atomic_store(&r->skewed, false);
    atomic_store(&r->shares, false);
    r->complete = false;
    volume_target_complete(r->target, false);
    pthread_mutex_lock(&r->lock);
    r->state = REPLICA_INACTIVE;
    r->error = 0;
    r->error_text[0] = '\0';
    pthread_mutex_unlock(&r->lock);
    return 0;
}

int replica_remove(struct replica *r, const struct engine_control *control)
{
    enum replica_state state = replica_get_state(r);
    int rc = 0;
    if (state == REPLICA_RESTORING)
        return -EBUSY;
    if (has_point(state)) {
        replica_set_state(r, REPLICA_LEAVING);
        rc = leave_chain(r, control);
    }
    if (!rc)
        rc = mark_left(r);
    if (!rc)
        rc = track_remove(r);
    if (!rc)
        rc = replica_remove_files(r);
    if (!rc)
        replica_free_removed(r);
    return rc;
}
