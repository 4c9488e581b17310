/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Making the target like the source: what is marked is copied while hosts write.
 *
 * For each run of marked regions the source's range is locked, its extents enter the activity log, it is
 * copied, its bits are cleared, and then the log and the lock are left. A host's write to the run comes
 * wholly before (and is copied) or wholly after (and goes to both sides). The range is taken only if it is
 * free, unless nothing of ours is in flight: host writes that wait behind a range of ours might be what
 * holds the next one.
 */
#include <errno.h>
#include <string.h>

#include "engine/copy.h"
#include "engine/cycle.h"
#include "engine/inside.h"
#include "engine/mirror_internal.h"
#include "engine/volume.h"
#include "util/alloc.h"
#include "util/fail.h"

#define RUN_MAX (UINT64_C(4) << 20)

/* A run in flight. */
struct run {
    struct region_hold hold;
    uint64_t offset, length;
    struct run *next;
};

struct resync {
    struct mirror *m;
    struct volume *from, *to;
    const struct engine_control *control;
    uint64_t total; /* bytes that differed when it began */
    struct run *runs;
};

/* ---- both ends ---- */

static int end_read(void *handle, const struct iovec *iov, int iovcnt, uint64_t offset)
{
    const struct resync *r = handle;
    return volume_read_now(r->from, iov, iovcnt, offset);
}

static int end_extents(void *handle, uint64_t offset, uint64_t length, replsvc_extent extents[], size_t *n)
{
    const struct resync *r = handle;
    return inside_extents(r->from, offset, length, extents, n);
}

static int end_write(void *handle, const struct iovec *iov, int iovcnt, uint64_t offset)
{
    const struct resync *r = handle;
    struct volume_write w = {.origin = r->from,
                             .kind = WRITE_DATA,
                             .offset = offset,
                             .length = iov_length(iov, iovcnt),
                             .iov = iov,
                             .iovcnt = iovcnt};
    return inside_write(r->to, &w, &mirror_to(r->m)->tap);
}

static int end_write_zeroes(void *handle, uint64_t offset, uint64_t length)
{
    const struct resync *r = handle;
    struct volume_write w = {.origin = r->from,
                             .kind = WRITE_ZEROES,
                             .offset = offset,
                             .length = length,
                             .flags = REPLSVC_IO_MAY_UNMAP};
    return inside_write(r->to, &w, &mirror_to(r->m)->tap);
}

/* ---- runs ---- */

/* The next run of marked regions at or after *offset, at most `room` bytes. */
static bool find_run(const struct mirror *m, uint64_t room, uint64_t *offset, uint64_t *length)
{
    struct map *map = activity_map(m->activity);
    uint64_t size = m->region_size, regions = map_regions(map);
    uint64_t first = map_next(map, *offset / size, true);
    if (first >= regions)
        return false;
    uint64_t most = room / size != 0 ? room / size : 1;
    uint64_t end = map_next(map, first, false);
    end = end - first > most ? first + most : end;
    *offset = first * size;
    *length = (end == regions ? m->size : end * size) - *offset;
    return true;
}

static bool lock_run(struct resync *r, struct run *run)
{
    if (r->runs != NULL)
        return inside_trylock(r->from, &run->hold, run->offset, run->offset + run->length);
    volume_lock_range(r->from, &run->hold, run->offset, run->offset + run->length);
    return true;
}

static int next(void *user, uint64_t *offset, uint64_t *length)
{
    struct resync *r = user;
    struct run *run = mem_zalloc(sizeof(*run));
    if (run == NULL)
        return -ENOMEM;
    int ret = COPY_END;
    run->offset = *offset;
    if (mirror_phase(r->m) != MIRROR_COPYING) {
        ret = -ESTALE;
    } else if (find_run(r->m, *length < RUN_MAX ? *length : RUN_MAX, &run->offset, &run->length)) {
        ret = COPY_LATER;
        if (lock_run(r, run)) {
            ret = activity_enter(r->m->activity, run->offset, run->length);
            if (ret != 0)
                volume_unlock_range(r->from, &run->hold);
            else
                ret = COPY_RANGE;
        }
    }
    if (ret != COPY_RANGE) {
        mem_free(run);
        return ret;
    }
    *offset = run->offset;
    *length = run->length;
    run->next = r->runs;
    r->runs = run;
    return COPY_RANGE;
}

static int done(void *user, uint64_t offset, uint64_t length, int err)
{
    struct resync *r = user;
    struct mirror *m = r->m;
    struct run **link = &r->runs;
    while ((*link)->offset != offset)
        link = &(*link)->next;
    struct run *run = *link;
    *link = run->next;
    int ret = 0;
    if (err == 0)
        ret = map_clear(activity_map(m->activity), offset / m->region_size,
                        (length + m->region_size - 1) / m->region_size);
    activity_leave(m->activity, offset, length, err != 0 || ret != 0);
    volume_unlock_range(r->from, &run->hold);
    mem_free(run);
    return ret;
}

static int tell_progress(void *user, uint64_t bytes_done)
{
    struct resync *r = user;
    if (r->control == NULL || r->control->check == NULL)
        return 0;
    return r->control->check(r->control->user, bytes_done < r->total ? bytes_done : r->total, r->total);
}

/* One pass over the map. */
static int pass(struct resync *r, uint64_t bytes_per_second)
{
    struct copy_result result;
    struct copy_job job = {
        .source = {.handle = r, .read = end_read, .extents = end_extents},
        .target = {.handle = r, .write = end_write, .write_zeroes = end_write_zeroes},
        .flags = atomic_load(&r->m->target_zeroed) ? COPY_TARGET_ZEROED : 0,
        .next = next,
        .done = done,
        .check = tell_progress,
        .user = r,
        .limits = {r->from->engine->background},
    };
    if (bytes_per_second != 0) {
        job.limits[1] = copy_limit_new(bytes_per_second);
        if (job.limits[1] == NULL)
            return -ENOMEM;
    }
    int ret = copy_run(&job, &result);
    statistics_copied(r->m->statistics, &result);
    if (job.limits[1] != NULL)
        copy_limit_free(job.limits[1]);
    if (ret != 0)
        atomic_store(&r->m->target_zeroed, false);
    /* The caller's own wish to stop breaks nothing; a medium that fails does. */
    if (ret != 0 && (result.side == COPY_SIDE_SOURCE || result.side == COPY_SIDE_TARGET))
        mirror_break(r->m, ret, false, "copying %llu bytes at %llu: the %s failed",
                     (unsigned long long)result.length, (unsigned long long)result.offset,
                     result.side == COPY_SIDE_SOURCE ? "source" : "target");
    return ret;
}

/* ---- the whole ---- */

static int try_in_sync(void *user)
{
    struct mirror *m = user;
    int copying = MIRROR_COPYING;
    if (map_count(activity_map(m->activity)) != 0 || mirror_trails(m))
        return -EAGAIN;
    return atomic_compare_exchange_strong(&m->phase, &copying, MIRROR_IN_SYNC) || copying == MIRROR_IN_SYNC
               ? 0
               : -ESTALE;
}

/* What was copied is durable on the target. */
static int flush_target(struct mirror *m)
{
    int ret = inside_flush(mirror_to(m)->volume);
    if (ret != 0)
        mirror_break(m, ret, false, "a flush of the target failed");
    return ret;
}

/* Everything is copied: makes it durable, and the mirror IN_SYNC if that is still so. */
static int finish(struct mirror *m)
{
    int ret = flush_target(m);
    if (ret == 0)
        ret = activity_commit(m->activity);
    if (ret != 0)
        return ret;
    struct volume *both[] = {m->side[0].volume, m->side[1].volume};
    ret = volumes_cut(both, 2, GATE_CLOSE_WRITES, try_in_sync, m, NULL);
    if (ret == 0)
        atomic_store(&m->target_zeroed, false);
    return ret;
}

/* What is still marked after a pass becomes the current regions of a member that the next cycle brings in. */
static int converge(void *user)
{
    struct mirror *m = user;
    int ret = mirror_phase(m) == MIRROR_COPYING ? cycle_restart(m) : -ESTALE;
    atomic_store(&m->converging, ret == 0);
    return ret;
}

static int finish_by_cycle(struct mirror *m)
{
    struct mirror_group *g = m->group;
    struct volume *source = mirror_from(m)->volume;
    int ret = flush_target(m);
    if (ret != 0)
        return ret;
    pthread_mutex_lock(&g->cycle_lock);
    /* The mode may have changed since the pass. */
    ret = mirror_trails(m) ? volumes_cut(&source, 1, GATE_CLOSE_WRITES, converge, m, NULL) : -EAGAIN;
    if (ret == 0)
        ret = cycle_run(g, NULL);
    pthread_mutex_unlock(&g->cycle_lock);
    if (ret == 0)
        ret = mirror_phase(m) == MIRROR_IN_SYNC ? 0 : -ESTALE;
    return ret == -ECANCELED ? -ESTALE : ret;
}

int mirror_resync(struct mirror *m, const struct engine_control *control)
{
    struct resync r = {
        .m = m, .from = mirror_from(m)->volume, .to = mirror_to(m)->volume, .control = control};
    uint64_t limit = control != NULL ? control->bytes_per_second : 0;
    struct map *map = activity_map(m->activity);
    enum mirror_state phase = mirror_phase(m);
    r.total = map_count(map) * m->region_size;
    if (phase != MIRROR_COPYING && phase != MIRROR_IN_SYNC)
        return -ESTALE;
    statistics_add(&m->statistics->resyncs, r.total != 0);
    int ret = -EAGAIN;
    while (ret == -EAGAIN) {
        ret = mirror_phase(m) == MIRROR_COPYING ? pass(&r, limit) : 0;
        if (ret == 0 && !mirror_trails(m))
            ret = finish(m);
        else if (ret == 0 && mirror_phase(m) != MIRROR_IN_SYNC)
            ret = finish_by_cycle(m);
    }
    return ret;
}
