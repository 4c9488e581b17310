/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A host's write passing a mirror: see mirror_internal.h for the two taps and the phases.
 *
 * The order, in the source's tap: its extents enter the activity log (so that any crash from now on leaves
 * them to be compared), the leg starts beside the source's write, both end; then the write leaves the log,
 * with a mark if the two sides may differ. The range is locked all along, so overlapping writes reach both
 * sides in one order and a resync never meets one.
 *
 * A write that only touches marked regions needs no leg: they will be copied anyway. One that touches some
 * unmarked region is written whole. In an asynchronous group no write has a leg: all of them mark, and cycles
 * (cycle.h) ship what is marked.
 */
#include <errno.h>

#include "engine/cycle.h"
#include "engine/inside.h"
#include "engine/mirror_internal.h"
#include "util/clock.h"
#include "util/probe.h"

/* What a tap keeps between before and after. */
struct passing {
    bool entered; /* the activity log */
    bool leg;     /* a leg is under way */
    /* Adaptive: when the leg began, and the source's write after it. A leg that is done at once is over then.
     */
    int64_t leg_us, source_us;
    int64_t began_ns; /* leg_begin */
    struct leg second;
};
_Static_assert(sizeof(struct passing) <= TAP_ROOM, "it lies in the room of its write");

static bool all_marked(struct mirror *m, uint64_t offset, uint64_t length)
{
    struct map *map = activity_map(m->activity);
    unsigned shift = (unsigned)__builtin_ctz(m->region_size);
    uint64_t first = offset >> shift, last = (offset + length - 1) >> shift;
    return map_test(map, first) && (first == last || map_next(map, first, false) > last);
}

/* Beyond the mirrored size (a larger target) nothing is compared. */
static bool within(const struct mirror *m, const struct volume_write *w)
{
    return w->offset < m->size && w->length != 0;
}
static uint64_t length_within(const struct mirror *m, const struct volume_write *w)
{
    return w->length < m->size - w->offset ? w->length : m->size - w->offset;
}

static bool adapts(const struct mirror_group *g)
{
    return atomic_load_explicit(&g->mode, memory_order_relaxed) == MIRROR_ADAPTIVE;
}

static void watch(struct mirror_group *g, int64_t source_us, int64_t leg_us)
{
    adaptive_note(&g->adaptive, source_us, leg_us);
    if (adaptive_is_slow(&g->adaptive))
        cycle_thread_wake(g);
}

static int before(struct tap *t, const struct volume_write *w, void **slot)
{
    struct mirror_side *side = t->user;
    struct mirror *m = side->mirror;
    bool source = side == mirror_from(m);
    struct passing *p = *slot;
    *slot = NULL;
    if (!within(m, w) || (!source && mirror_phase(m) != MIRROR_APART))
        return 0;
    int failed = source && m->group->options.stop_host_io ? atomic_load(&m->group->failed) : 0;
    if (failed != 0)
        return failed;
    int ret = activity_enter(m->activity, w->offset, length_within(m, w));
    if (ret != 0) {
        /* No mark can be made any more: only if that is on record may the host go on without the mirror. */
        int broken = mirror_break(m, ret, true, "the differences of %s can no longer be recorded", m->id);
        if (broken != 0)
            return ret;
    }
    p->entered = ret == 0;
    enum mirror_state phase = mirror_phase(m);
    bool async = mirror_trails(m);
    if (p->entered && source && async) {
        ret = cycle_before(m, w->offset, length_within(m, w));
        if (ret != 0) {
            activity_leave(m->activity, w->offset, length_within(m, w), false);
            return ret;
        }
    }
    p->leg = p->entered && source && !async && (phase == MIRROR_COPYING || phase == MIRROR_IN_SYNC) &&
             !all_marked(m, w->offset, length_within(m, w));
    p->second.write.volume = NULL;
    p->leg_us = p->source_us = 0;
    if (!source)
        atomic_store(&m->target_written, true);
    *slot = p;
    return 0;
}

static void start(struct tap *t, const struct volume_write *w, void **slot)
{
    struct mirror *m = ((struct mirror_side *)t->user)->mirror;
    struct mirror_side *to = mirror_to(m);
    struct passing *p = *slot;
    bool timed = p != NULL && p->leg && adapts(m->group);
    if (timed)
        p->leg_us = clock_monotonic_us();
    if (p != NULL && p->leg)
        p->began_ns = leg_begin(m->statistics);
    if (p != NULL && p->leg)
        leg_start(m->group->legs, &p->second, to->volume, w, &to->tap);
    if (timed)
        p->source_us = clock_monotonic_us();
}

/* What is acknowledged has to be on both sides. */
static bool both_or_none(const struct mirror *m)
{
    return m->group->options.stop_host_io || atomic_load_explicit(&m->settled, memory_order_relaxed);
}

/* What the host gets for what reached the source alone. */
static int parted(const struct mirror *m, int result)
{
    return result == 0 && atomic_load_explicit(&m->settled, memory_order_relaxed) ? -EIO : result;
}

static int after(struct tap *t, const struct volume_write *w, void **slot, int result)
{
    struct mirror_side *side = t->user;
    struct mirror *m = side->mirror;
    bool source = side == mirror_from(m);
    struct passing *p = *slot;
    if (p == NULL)
        return result;
    bool started = p->leg && p->second.write.volume != NULL;
    int64_t source_end_us = p->source_us != 0 ? clock_monotonic_us() : 0;
    int second = started ? leg_wait(&p->second) : 0;
    if (started)
        leg_end(m->statistics, p->began_ns, w->length, second);
    if (started)
        PROBE4(leg_end, m->id, w->offset, w->length, second);
    if (started && p->source_us != 0)
        watch(m->group, source_end_us - p->source_us,
              (leg_was_done_at_once(&p->second) ? p->source_us : clock_monotonic_us()) - p->leg_us);
    /* A leg that was never started: an earlier step failed, and neither side was written. */
    bool differs = started ? result != 0 || second != 0 : !p->leg;
    if (second != 0)
        mirror_break(m, second, false, "a write of %llu bytes at %llu to the target failed",
                     (unsigned long long)w->length, (unsigned long long)w->offset);
    if (p->entered)
        activity_leave(m->activity, w->offset, length_within(m, w), differs);
    int in_sync = MIRROR_IN_SYNC;
    if (second == 0 && differs && started &&
        atomic_compare_exchange_strong(&m->phase, &in_sync, MIRROR_COPYING))
        mirror_tell(m, MIRROR_EVENT_DIFFERS, result, "a write to the source failed");
    if (source && !started)
        return parted(m, result);
    return second != 0 && result == 0 && both_or_none(m) ? second : result;
}

static int flush(struct tap *t, int result)
{
    struct mirror_side *side = t->user;
    struct mirror *m = side->mirror;
    enum mirror_state phase = mirror_phase(m);
    if (side != mirror_from(m))
        return result;
    if ((phase != MIRROR_COPYING && phase != MIRROR_IN_SYNC) || mirror_trails(m))
        return parted(m, result);
    int second = inside_flush(mirror_to(m)->volume);
    if (second != 0)
        mirror_break(m, second, false, "a flush of the target failed");
    return second != 0 && result == 0 && both_or_none(m) ? second : result;
}

const struct tap_ops mirror_tap_ops = {.before = before, .start = start, .after = after, .flush = flush};
