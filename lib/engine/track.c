/* SPDX-License-Identifier: BSD-2-Clause */
/* See track.h. */
#include "engine/track.h"

#include <errno.h>
#include <stdio.h>

#include "util/alloc.h"

/* ---- marks around writes ---- */

static void give_up(struct track *t)
{
    struct replica *r = t->r;
    pthread_mutex_lock(&r->break_lock);
    if (!atomic_load(&t->lost)) {
        char map[REPLICA_NAME_SIZE], log[REPLICA_NAME_SIZE];
        r->mark.tracked = r->mark.whole = 0;
        if (mark_store(&r->mark)) { /* then without its files it is taken for lost just as well */
            replica_file(r, "differs", map);
            replica_file(r, "active", log);
            (void)activity_remove(r->engine->options.vfs, map, log);
        }
        atomic_store(&t->lost, true);
    }
    pthread_mutex_unlock(&r->break_lock);
}

/* Whether it was entered as a whole; what is too long goes in parts. */
static bool enter(struct track *t, uint64_t offset, uint64_t length)
{
    uint64_t done = 0;
    if (atomic_load(&t->lost))
        return false;
    while (done < length) {
        uint64_t n = length - done < ACTIVITY_MAX_WRITE ? length - done : ACTIVITY_MAX_WRITE;
        if (activity_enter(t->activity, offset + done, n))
            break;
        done += n;
    }
    if (done == length)
        return true;
    for (uint64_t at = 0; at < done; at += ACTIVITY_MAX_WRITE)
        activity_leave(t->activity, offset + at,
                       done - at < ACTIVITY_MAX_WRITE ? done - at : ACTIVITY_MAX_WRITE, true);
    give_up(t);
    return false;
}

static void leave(struct track *t, uint64_t offset, uint64_t length, bool differs)
{
    for (uint64_t at = 0; at < length; at += ACTIVITY_MAX_WRITE)
        activity_leave(t->activity, offset + at,
                       length - at < ACTIVITY_MAX_WRITE ? length - at : ACTIVITY_MAX_WRITE, differs);
}

/* The part of a range that lies in the source: beyond it there is nothing to compare with. */
static uint64_t inside(const struct track *t, uint64_t offset, uint64_t length)
{
    uint64_t size = volume_size(t->r->source);
    return offset >= size ? 0 : offset + length > size ? size - offset : length;
}

static int before(struct tap *tap, const struct volume_write *w, void **slot)
{
    struct track *t = tap->user;
    uint64_t n = inside(t, w->offset, w->length);
    *slot = n && enter(t, w->offset, n) ? t : NULL;
    return 0;
}

static int after(struct tap *tap, const struct volume_write *w, void **slot, int result)
{
    struct track *t = tap->user;
    if (*slot)
        leave(t, w->offset, inside(t, w->offset, w->length), true);
    return result;
}

static const struct tap_ops track_ops = {.before = before, .after = after, .marks_only = true};

static int settle(void *user)
{
    struct replica *r = user;
    int rc = volume_flush_now(r->source);
    return rc ? rc : volume_flush_now(r->target);
}

/* ---- life ---- */

static void options_of(struct replica *r, struct activity_options *o, char map[REPLICA_NAME_SIZE],
                       char log[REPLICA_NAME_SIZE])
{
    replica_file(r, "differs", map);
    replica_file(r, "active", log);
    *o = (struct activity_options){.vfs = r->engine->options.vfs,
                                   .map_name = map,
                                   .log_name = log,
                                   .size = volume_size(r->source),
                                   .region_size = r->region_size,
                                   .settle = settle,
                                   .user = r};
}

static struct track *track_new(struct replica *r)
{
    struct track *t = mem_zalloc(sizeof *t);
    if (t) {
        t->r = r;
        t->source_tap = (struct tap){.ops = &track_ops, .user = t};
        t->target_tap = (struct tap){.ops = &track_ops, .user = t};
    }
    return t;
}

/* Durably: whether what is marked as different is all that differs. */
static int set_tracked(struct replica *r, bool tracked, bool whole)
{
    pthread_mutex_lock(&r->break_lock);
    uint32_t was_tracked = r->mark.tracked, was_whole = r->mark.whole;
    r->mark.tracked = tracked;
    r->mark.whole = whole;
    int rc = was_tracked == tracked && was_whole == whole ? 0 : mark_store(&r->mark);
    if (rc) {
        r->mark.tracked = was_tracked;
        r->mark.whole = was_whole;
    }
    pthread_mutex_unlock(&r->break_lock);
    return rc;
}

void track_make(struct replica *r)
{
    struct activity_options o;
    char map[REPLICA_NAME_SIZE], log[REPLICA_NAME_SIZE];
    if (track_remove(r))
        return;
    struct track *t = track_new(r);
    if (!t)
        return;
    options_of(r, &o, map, log);
    if (activity_create(&o, &t->activity)) {
        mem_free(t);
        return;
    }
    r->track = t;
    if (set_tracked(r, true, false))
        (void)track_remove(r); /* nothing says that it is there */
}

int track_load(struct replica *r)
{
    struct activity_options o;
    char map[REPLICA_NAME_SIZE], log[REPLICA_NAME_SIZE];
    struct track *t = r->mark.tracked ? track_new(r) : NULL;
    if (!r->mark.tracked)
        return 0;
    options_of(r, &o, map, log);
    if (!t || activity_open(&o, &t->activity, NULL)) {
        mem_free(t);
        return track_remove(r); /* what happens from now on will not be marked */
    }
    r->track = t;
    gate_close(&r->source->gate, GATE_CLOSE_ALL);
    track_hang_on_source(r);
    gate_open(&r->source->gate);
    track_hang_on_target(r);
    return 0;
}

void track_hang_on_source(struct replica *r)
{
    if (!r->track || r->track->on_source)
        return;
    r->track->on_source = volume_tap_add_closed(r->source, &r->track->source_tap) == 0;
    if (!r->track->on_source)
        atomic_store(&r->track->lost, true); /* track_hang_on_target makes that durable */
}

void track_hang_on_target(struct replica *r)
{
    struct track *t = r->track;
    if (!t || t->on_target)
        return;
    t->on_target = volume_tap_add(r->target, &t->target_tap) == 0;
    if (!t->on_target || atomic_load(&t->lost)) {
        atomic_store(&t->lost, false);
        give_up(t);
    }
}

static void take_down(struct replica *r)
{
    struct track *t = r->track;
    if (t->on_source)
        volume_tap_remove(r->source, &t->source_tap);
    if (t->on_target)
        volume_tap_remove(r->target, &t->target_tap);
}

void track_put(struct replica *r)
{
    struct track *t = r->track;
    if (!t)
        return;
    take_down(r);
    if (atomic_load(&t->lost))
        activity_abandon(t->activity);
    else
        (void)activity_close(t->activity); /* what fails leaves files that are right for a crash */
    mem_free(t);
    r->track = NULL;
}

int track_remove(struct replica *r)
{
    char map[REPLICA_NAME_SIZE], log[REPLICA_NAME_SIZE];
    if (r->track) {
        take_down(r);
        activity_abandon(r->track->activity);
        mem_free(r->track);
        r->track = NULL;
    }
    int marked = r->mark.file ? set_tracked(r, false, false) : 0;
    replica_file(r, "differs", map);
    replica_file(r, "active", log);
    int removed = activity_remove(r->engine->options.vfs, map, log);
    return marked && removed ? marked : 0;
}

struct map *track_map(struct replica *r)
{
    return r->track && !atomic_load(&r->track->lost) ? activity_map(r->track->activity) : NULL;
}

/* ---- a new point in time ---- */

static int clear_differences(struct replica *r, const struct map *differs)
{
    uint64_t n = replica_regions(r);
    int rc = 0;
    for (uint64_t i = map_next(differs, 0, true); !rc && i < n;) {
        uint64_t end = map_next(differs, i, false);
        rc = map_clear(r->kept, i, (end < n ? end : n) - i);
        i = map_next(differs, end, true);
    }
    return rc;
}

int track_prepare_again(struct replica *r)
{
    const struct map *differs = track_map(r);
    if (!differs || !r->mark.whole)
        return -ENOENT;
    int rc = set_tracked(r, true, false); /* not whole any more, whatever happens now */
    if (!rc) /* what is kept must be durable there; a restore may have made equal what a host just wrote */
        rc = medium_flush(&r->target->medium);
    if (!rc)
        rc = map_set_all(r->kept);
    if (!rc)
        rc = clear_differences(r, differs);
    if (rc)
        (void)map_clear(r->kept, 0, replica_regions(r));
    return rc;
}

int track_finish_again(struct replica *r)
{
    struct map *differs = track_map(r);
    if (!differs)
        return -ENOENT;
    int rc = clear_differences(r, differs);
    return rc ? rc : map_clear(differs, 0, replica_regions(r));
}

int track_keep_whole(struct replica *r)
{
    return track_map(r) ? set_tracked(r, true, true) : -ENOENT;
}

/* ---- a restore ---- */

void track_equal_begin(struct replica *r, uint64_t offset, uint64_t length)
{
    if (r->track && !enter(r->track, offset, length))
        give_up(r->track);
}

void track_equal_end(struct replica *r, uint64_t offset, uint64_t length, bool equal)
{
    struct map *differs = track_map(r);
    if (!differs)
        return;
    uint64_t first = offset >> r->shift, last = (offset + length - 1) >> r->shift;
    if (equal)
        equal = map_clear(differs, first, last - first + 1) == 0;
    leave(r->track, offset, length, !equal);
}
