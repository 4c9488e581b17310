/* SPDX-License-Identifier: BSD-2-Clause */
/* One cycle from cut to finish: see cycle.h. */
#include "engine/cycle.h"

#include <errno.h>
#include <string.h>

#include "engine/copy.h"
#include "engine/inside.h"
#include "engine/volume.h"
#include "util/alloc.h"
#include "util/clock.h"
#include "util/probe.h"

/* Bytes that are read and appended in one piece: a host that wants to write there waits as long. */
#define SAVED_AT_ONCE (UINT64_C(256) << 10)

/* ---- members ---- */

int cycle_join(struct mirror *m)
{
    uint64_t regions = map_regions(activity_map(m->activity));
    struct map **maps[] = {&m->current, &m->closed, &m->saved};
    if (m->current != NULL)
        return 0;
    int ret = region_locks_init(&m->save_locks);
    if (ret != 0)
        return ret;
    for (int i = 0; i < 3 && ret == 0; i++)
        ret = map_memory(regions, m->region_size, maps[i]);
    if (ret == 0)
        ret = map_or(m->current, activity_map(m->activity));
    if (ret == 0)
        return 0;
    for (int i = 0; i < 3; i++) {
        if (*maps[i] != NULL)
            map_close(*maps[i]);
        *maps[i] = NULL;
    }
    region_locks_destroy(&m->save_locks);
    return ret;
}

void cycle_leave(struct mirror *m)
{
    if (m->current == NULL)
        return;
    map_close(m->current);
    map_close(m->closed);
    map_close(m->saved);
    m->current = m->closed = m->saved = NULL;
    region_locks_destroy(&m->save_locks);
}

static int empty(struct map *map)
{
    return map_count(map) == 0 ? 0 : map_clear(map, 0, map_regions(map));
}

int cycle_restart(struct mirror *m)
{
    int ret = empty(m->current);
    if (ret == 0)
        ret = empty(m->closed);
    if (ret == 0)
        ret = empty(m->saved);
    return ret != 0 ? ret : map_or(m->current, activity_map(m->activity));
}

/* ---- saving a region as it was at the cut ---- */

static bool to_be_saved(struct mirror *m, uint64_t region)
{
    return map_test(m->closed, region) && !map_test(m->saved, region);
}

static uint64_t bytes_of(const struct mirror *m, uint64_t first, uint64_t end)
{
    uint64_t offset = first * m->region_size, stop = end * m->region_size;
    return (stop < m->size ? stop : m->size) - offset;
}

/* Regions [first, end) as they are in data; those that are zeroes become records of their own. */
static int append(struct mirror *m, uint64_t first, uint64_t end, uint8_t *data)
{
    int ret = 0;
    for (uint64_t r = first, stop; r < end && ret == 0; r = stop) {
        uint8_t *from = data + (r - first) * m->region_size;
        bool zeroes = copy_is_zero(from, (size_t)bytes_of(m, r, r + 1));
        for (stop = r + 1; stop < end; stop++)
            if (copy_is_zero(data + (stop - first) * m->region_size, (size_t)bytes_of(m, stop, stop + 1)) !=
                zeroes)
                break;
        ret = cycle_log_append(&m->group->log, m->id, r * m->region_size, bytes_of(m, r, stop), from, zeroes);
    }
    return ret;
}

/* Those of the regions [first, end) that are needed and not there yet; buffer has room for all of them. Their
 * save_locks are held. */
static int save(struct mirror *m, uint64_t first, uint64_t end, uint8_t *buffer)
{
    int ret = 0;
    for (uint64_t r = first, stop; r < end && ret == 0; r = stop) {
        for (stop = r; stop < end && to_be_saved(m, stop); stop++)
            ;
        if (stop == r) {
            stop++;
            continue;
        }
        struct iovec iov = {cycle_log_data(buffer), (size_t)bytes_of(m, r, stop)};
        ret = volume_read_now(mirror_from(m)->volume, &iov, 1, r * m->region_size);
        if (ret == 0)
            ret = append(m, r, stop, iov.iov_base);
        if (ret == 0)
            ret = map_set(m->saved, r, stop - r);
    }
    return ret;
}

/* A host is about to write to regions [first, end). */
static int save_first(struct mirror *m, uint64_t first, uint64_t end)
{
    struct region_hold hold;
    uint64_t step = SAVED_AT_ONCE / m->region_size != 0 ? SAVED_AT_ONCE / m->region_size : 1;
    step = end - first < step ? end - first : step;
    uint8_t *buffer = cycle_log_buffer(step * m->region_size);
    int ret = buffer == NULL ? -ENOMEM : 0;
    region_lock(&m->save_locks, &hold, first, end, false);
    for (uint64_t r = first; r < end && ret == 0; r += step)
        ret = save(m, r, end - r < step ? end : r + step, buffer);
    region_unlock(&m->save_locks, &hold);
    mem_free(buffer);
    return ret;
}

int cycle_before(struct mirror *m, uint64_t offset, uint64_t length)
{
    struct mirror_group *g = m->group;
    unsigned shift = (unsigned)__builtin_ctz(m->region_size);
    uint64_t first = offset >> shift, last = (offset + length - 1) >> shift;
    bool needed = false;
    for (uint64_t r = first; atomic_load(&g->gathering) && r <= last && !needed; r++)
        needed = to_be_saved(m, r);
    /* The host does not pay for a cycle that fails: that one is not committed. */
    if (needed && save_first(m, first, last + 1) != 0)
        atomic_store(&g->abandoned, true);
    int ret = map_set(m->current, first, last - first + 1);
    uint64_t enough = g->options.delta_bytes;
    if (enough != 0 && map_count(m->current) * m->region_size >= enough &&
        !atomic_exchange(&g->delta_due, true))
        cycle_thread_wake(g);
    return ret;
}

/* ---- cut ---- */

static bool takes_part(struct mirror *m)
{
    enum mirror_state phase = mirror_phase(m);
    if (atomic_load(&m->restoring))
        return false;
    return phase == MIRROR_IN_SYNC || (phase == MIRROR_COPYING && atomic_load(&m->converging));
}

static int at_the_cut(void *user)
{
    struct mirror_group *g = user;
    for (struct mirror *m = g->mirrors; m != NULL; m = m->next) {
        m->in_cycle = takes_part(m);
        if (m->in_cycle) {
            struct map *was = m->current;
            m->current = m->closed; /* empty */
            m->closed = was;
        }
        if (m->parting)
            atomic_store(&m->phase, MIRROR_APART);
    }
    atomic_store(&g->gathering, true);
    return 0;
}

/* group.lock is not needed: members come and go under cycle_lock. */
int cycle_close_sources(struct mirror_group *g, int (*fn)(void *user), void *user, int64_t *pause_us)
{
    size_t n = 0;
    for (struct mirror *m = g->mirrors; m != NULL; m = m->next)
        n++;
    struct volume **sources = mem_array(n + 1, sizeof(struct volume *));
    if (sources == NULL)
        return -ENOMEM;
    n = 0;
    for (struct mirror *m = g->mirrors; m != NULL; m = m->next)
        sources[n++] = mirror_from(m)->volume;
    int ret = volumes_cut(sources, n, GATE_CLOSE_WRITES, fn, user, pause_us);
    mem_free(sources);
    return ret;
}

/* ---- gather ---- */

static bool given_up(struct mirror *m)
{
    return atomic_load(&m->group->abandoned) || (!m->parting && mirror_phase(m) == MIRROR_APART);
}

static int gather(struct mirror *m)
{
    uint64_t step = SAVED_AT_ONCE / m->region_size != 0 ? SAVED_AT_ONCE / m->region_size : 1;
    uint8_t *buffer = cycle_log_buffer(step * m->region_size);
    int ret = buffer == NULL ? -ENOMEM : 0;
    uint64_t regions = map_regions(m->closed), end;
    for (uint64_t r = map_next(m->closed, 0, true); r < regions && ret == 0;
         r = map_next(m->closed, end, true)) {
        struct region_hold hold;
        end = map_next(m->closed, r, false);
        end = end - r > step ? r + step : end;
        if (given_up(m)) {
            ret = -ECANCELED;
            break;
        }
        region_lock(&m->save_locks, &hold, r, end, false);
        ret = save(m, r, end, buffer);
        region_unlock(&m->save_locks, &hold);
    }
    mem_free(buffer);
    return ret != 0 || !given_up(m) ? ret : -ECANCELED;
}

/* ---- apply ---- */

static int apply_record(void *user, const char *member, uint64_t offset, uint64_t length, const void *data)
{
    struct mirror_group *g = user;
    struct mirror *m = g->mirrors;
    while (m != NULL && strcmp(m->id, member) != 0)
        m = m->next;
    if (m == NULL)
        return 0; /* it has left the group since */
    struct iovec iov = {(void *)(uintptr_t)data, (size_t)length};
    struct volume_write w = {.origin = mirror_from(m)->volume,
                             .kind = data != NULL ? WRITE_DATA : WRITE_ZEROES,
                             .offset = offset,
                             .length = length,
                             .iov = &iov,
                             .iovcnt = 1,
                             .flags = data != NULL ? 0 : REPLSVC_IO_MAY_UNMAP};
    int ret = inside_write(mirror_to(m)->volume, &w, &mirror_to(m)->tap);
    if (ret != 0)
        mirror_break(m, ret, false, "applying a cycle: %llu bytes at %llu of the target",
                     (unsigned long long)length, (unsigned long long)offset);
    return ret;
}

int cycle_recover(struct mirror_group *g)
{
    if (!g->log_open || g->log.replay == 0)
        return 0;
    int ret = cycle_log_replay(&g->log, apply_record, g);
    for (struct mirror *m = g->mirrors; m != NULL && ret == 0; m = m->next)
        ret = inside_flush(mirror_to(m)->volume);
    if (ret == 0)
        ret = cycle_log_applied(&g->log);
    if (ret == 0)
        atomic_store(&g->alike_us, g->log.cut_us);
    return ret;
}

/* ---- finish ---- */

/* The closed regions are alike now, as far as nobody has written to them since the cut. */
static int clear_marks(struct mirror *m)
{
    struct volume *source = mirror_from(m)->volume;
    struct map *marks = activity_map(m->activity);
    uint64_t regions = map_regions(m->closed), end;
    for (uint64_t r = map_next(m->closed, 0, true); r < regions; r = map_next(m->closed, end, true)) {
        struct region_hold hold;
        end = map_next(m->closed, r, false);
        end = end - r > 64 ? r + 64 : end;
        volume_lock_range(source, &hold, r * m->region_size, end == regions ? m->size : end * m->region_size);
        for (uint64_t i = r; i < end; i++)
            if (!map_test(m->current, i))
                (void)map_clear(marks, i, 1); /* without memory it stays marked: copied once more */
        volume_unlock_range(source, &hold);
    }
    int ret = empty(m->closed);
    return ret != 0 ? ret : empty(m->saved);
}

static void finish(struct mirror *m, int64_t took_us)
{
    int copying = MIRROR_COPYING;
    statistics_add(&m->statistics->cycles, 1);
    statistics_add(&m->statistics->cycle_bytes, map_count(m->closed) * m->region_size);
    atomic_store(&m->statistics->last_cycle_us, took_us);
    PROBE3(cycle, m->id, map_count(m->closed) * m->region_size, took_us);
    int ret = clear_marks(m);
    m->in_cycle = false;
    if (ret != 0) {
        mirror_break(m, ret, false, "a cycle could not be closed");
        return;
    }
    if (atomic_exchange(&m->converging, false) &&
        atomic_compare_exchange_strong(&m->phase, &copying, MIRROR_IN_SYNC)) {
        atomic_store(&m->target_zeroed, false);
        mirror_tell(m, MIRROR_EVENT_IN_SYNC, 0, "");
    }
}

/* The cycle is not to be finished: its regions are current again. Hosts that are saving some are waited for,
 * and find nothing more to save: the log is free to be used anew. */
static void abandon(struct mirror_group *g)
{
    for (struct mirror *m = g->mirrors; m != NULL; m = m->next) {
        struct region_hold hold;
        if (!m->in_cycle)
            continue;
        m->in_cycle = false;
        region_lock(&m->save_locks, &hold, 0, map_regions(m->closed), false);
        int ret = map_or(m->current, m->closed);
        if (ret == 0)
            ret = empty(m->closed);
        if (ret == 0)
            ret = empty(m->saved);
        region_unlock(&m->save_locks, &hold);
        if (ret != 0)
            mirror_break(m, ret, false, "a cycle could not be taken back");
    }
}

/* Whether there is anything to be shipped. */
static bool anything(struct mirror_group *g)
{
    for (struct mirror *m = g->mirrors; m != NULL; m = m->next)
        if (m->parting || (takes_part(m) && (map_count(m->current) != 0 || atomic_load(&m->converging))))
            return true;
    return false;
}

/* All that take part in the cycle. */
static void break_members(struct mirror_group *g, int err, const char *what)
{
    for (struct mirror *m = g->mirrors; m != NULL; m = m->next)
        if (m->in_cycle)
            mirror_break(m, err, false, "%s", what);
}

/* Between the cut and the commit. */
static int gather_all(struct mirror_group *g, int64_t cut_us)
{
    int ret = 0;
    for (struct mirror *m = g->mirrors; m != NULL && ret == 0; m = m->next)
        if (m->in_cycle)
            ret = gather(m);
    atomic_store(&g->gathering, false);
    if (ret == 0)
        ret = cycle_log_commit(&g->log, cut_us);
    /* Given up because they were parted is no fault; because a host could not save a region is one. */
    if (ret == -ECANCELED && !atomic_load(&g->abandoned))
        return ret;
    if (ret != 0)
        break_members(g, ret == -ECANCELED ? -EIO : ret, "a cycle could not be gathered");
    return ret;
}

int cycle_run(struct mirror_group *g, int64_t *pause_us)
{
    atomic_store(&g->delta_due, false);
    int64_t cut_us = clock_wall_us(), began_us = clock_monotonic_us();
    int ret = cycle_recover(g);
    if (ret != 0)
        return ret;
    if (!anything(g)) {
        atomic_store(&g->alike_us, cut_us);
        return 0;
    }
    for (struct mirror *m = g->mirrors; m != NULL; m = m->next)
        m->in_cycle = takes_part(m);
    ret = cycle_log_begin(&g->log);
    if (ret != 0)
        break_members(g, ret, "the redo log cannot be begun");
    atomic_store(&g->abandoned, false);
    if (ret == 0)
        ret = cycle_close_sources(g, at_the_cut, g, pause_us);
    if (ret == 0)
        ret = gather_all(g, cut_us);
    if (ret == 0) {
        ret = cycle_recover(g);
        if (ret != 0)
            break_members(g, ret, "a cycle could not be applied");
    }
    if (ret != 0) {
        abandon(g);
        return ret;
    }
    atomic_store(&g->alike_us, cut_us); /* also when nothing had to be shipped */
    for (struct mirror *m = g->mirrors; m != NULL; m = m->next)
        if (m->in_cycle)
            finish(m, clock_monotonic_us() - began_us);
    return 0;
}
