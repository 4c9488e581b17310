/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Hanging taps and views on volumes, the path of a write through them, and the cut through many volumes.
 * See tap.h for what a tap may rely on.
 */
#include <errno.h>
#include <stdalign.h>
#include <stddef.h>
#include <stdlib.h>

#include "engine/overlay.h"
#include "engine/points.h"
#include "engine/restore.h"
#include "engine/volume.h"
#include "util/alloc.h"
#include "util/clock.h"
#include "util/probe.h"

void volume_special(struct volume *v, uint32_t set, uint32_t clear)
{
    atomic_store(&v->special, (atomic_load(&v->special) & ~clear) | set);
}

int volume_tap_add_closed(struct volume *v, struct tap *t)
{
    if (v->n_taps == VOLUME_TAPS || (v->restore && !t->ops->marks_only))
        return -EBUSY;
    v->taps[v->n_taps++] = t;
    volume_special(v, SPECIAL_TAPS, 0);
    return 0;
}

int volume_tap_add(struct volume *v, struct tap *t)
{
    gate_close(&v->gate, GATE_CLOSE_ALL);
    int rc = volume_tap_add_closed(v, t);
    gate_open(&v->gate);
    return rc;
}

void volume_marks_begin(struct volume *v, const struct tap *except, uint64_t offset, uint64_t length,
                        void **slots)
{
    const struct volume_write w = {.volume = v, .kind = WRITE_DATA, .offset = offset, .length = length};
    for (size_t i = 0; i < v->n_taps; i++)
        if (v->taps[i]->ops->marks_only && v->taps[i] != except)
            (void)v->taps[i]->ops->before(v->taps[i], &w, &slots[i]);
}

void volume_marks_end(struct volume *v, const struct tap *except, uint64_t offset, uint64_t length,
                      void **slots)
{
    const struct volume_write w = {.volume = v, .kind = WRITE_DATA, .offset = offset, .length = length};
    for (size_t i = 0; i < v->n_taps; i++)
        if (v->taps[i]->ops->marks_only && v->taps[i] != except)
            (void)v->taps[i]->ops->after(v->taps[i], &w, &slots[i], 0);
}

bool volume_has_legs(const struct volume *v)
{
    for (size_t i = 0; i < v->n_taps; i++)
        if (!v->taps[i]->ops->marks_only)
            return true;
    return false;
}

void volume_tap_remove(struct volume *v, struct tap *t)
{
    gate_close(&v->gate, GATE_CLOSE_ALL);
    size_t kept = 0;
    for (size_t i = 0; i < v->n_taps; i++)
        if (v->taps[i] != t)
            v->taps[kept++] = v->taps[i];
    v->n_taps = kept;
    if (!kept)
        volume_special(v, 0, SPECIAL_TAPS);
    gate_open(&v->gate);
}

void volume_view_closed(struct volume *v, const struct view_ops *ops, void *user)
{
    v->view = ops;
    v->view_user = user;
    if (ops)
        volume_special(v, SPECIAL_VIEW, 0);
    else
        volume_special(v, 0, SPECIAL_VIEW);
}

void volume_set_view(struct volume *v, const struct view_ops *ops, void *user)
{
    gate_close(&v->gate, GATE_CLOSE_ALL);
    volume_view_closed(v, ops, user);
    gate_open(&v->gate);
}

void volume_lock_range(struct volume *v, struct region_hold *hold, uint64_t first, uint64_t end)
{
    first -= first % VOLUME_GRANULE;
    end += (VOLUME_GRANULE - end % VOLUME_GRANULE) % VOLUME_GRANULE;
    region_lock(&v->locks, hold, first, end, false);
}

void volume_unlock_range(struct volume *v, struct region_hold *hold)
{
    region_unlock(&v->locks, hold);
}

/* Whether the write is one that the overlay is for: it may not go to the medium before more is kept. */
static bool belongs_to_overlay(struct volume *v, bool kept, const struct volume_write *w)
{
    if (!atomic_load(&v->overlay) || v->restore || w->kind != WRITE_DATA || w->length > OVERLAY_MAX_WRITE)
        return false;
    return !kept || overlay_covers(v, w->offset, w->length);
}

/* After it the write may go to the medium. kept: no point in time needs what is there; that stays so. */
static int prepare_medium(struct volume *v, const struct points *p, bool kept, const struct volume_write *w)
{
    int rc = atomic_load(&v->overlay) ? overlay_wait(v, w->offset, w->length) : 0;
    if (!rc && v->restore)
        rc = restore_before_write(v, w->offset, w->length);
    if (!rc && !kept)
        rc = points_keep(v, p, atomic_load(&v->order), w->offset, w->length);
    return rc;
}

static int write_source(struct volume *v, const struct points *p, bool kept, const struct volume_write *w,
                        bool overlay)
{
    int rc = overlay ? overlay_write(v, w, atomic_load(&v->order)) : 0;
    if (overlay && rc != -EAGAIN)
        return rc;
    if (overlay)
        rc = prepare_medium(v, p, kept, w);
    return rc ? rc : volume_write_medium(v, w);
}

int volume_write_tapped(struct volume *v, const struct volume_write *w)
{
    alignas(max_align_t) unsigned char rooms[VOLUME_TAPS][TAP_ROOM];
    void *slots[VOLUME_TAPS];
    struct region_hold hold;
    size_t asked = 0;
    int rc = 0;
    const struct points *p = atomic_load(&v->points);
    if (!p && !v->n_taps && !v->restore && overlay_is_empty(v))
        return volume_write_medium(v, w); /* there were replicas, and will be: none now */
    volume_lock_range(v, &hold, w->offset, w->offset + w->length);
    for (; asked < v->n_taps; asked++) {
        const struct tap_ops *ops = v->taps[asked]->ops;
        slots[asked] = rooms[asked];
        rc = ops->before ? ops->before(v->taps[asked], w, &slots[asked]) : 0;
        if (rc)
            break;
    }
    bool kept = rc || !p || points_kept(p, atomic_load(&v->order), w->offset, w->length);
    bool overlay = !rc && belongs_to_overlay(v, kept, w);
    if (!rc && !overlay)
        rc = prepare_medium(v, p, kept, w);
    if (!rc) {
        for (size_t i = 0; i < v->n_taps; i++)
            if (v->taps[i]->ops->start)
                v->taps[i]->ops->start(v->taps[i], w, &slots[i]);
        rc = write_source(v, p, kept, w, overlay);
    }
    for (size_t i = 0; i < asked; i++)
        if (v->taps[i]->ops->after)
            rc = v->taps[i]->ops->after(v->taps[i], w, &slots[i], rc);
    volume_unlock_range(v, &hold);
    return rc;
}

int volume_flush_tapped(struct volume *v)
{
    int rc = volume_flush_now(v);
    for (size_t i = 0; i < v->n_taps; i++)
        if (v->taps[i]->ops->flush)
            rc = v->taps[i]->ops->flush(v->taps[i], rc);
    return rc;
}

int volume_read_now(struct volume *v, const struct iovec *iov, int iovcnt, uint64_t offset)
{
    if (v->restore)
        return restore_read(v, iov, iovcnt, offset);
    if (atomic_load(&v->overlay))
        return overlay_read(v, UINT64_MAX, iov, iovcnt, offset);
    return medium_preadv(&v->medium, iov, iovcnt, offset, 0);
}

int volume_read_at(struct volume *v, uint64_t order, void *buffer, size_t length, uint64_t offset)
{
    struct iovec one = {buffer, length};
    if (atomic_load(&v->overlay))
        return overlay_read(v, order, &one, 1, offset);
    return medium_preadv(&v->medium, &one, 1, offset, 0);
}

int volume_flush_now(struct volume *v)
{
    int rc = medium_flush(&v->medium);
    return rc ? rc : overlay_sync(v);
}

static int by_address(const void *a, const void *b)
{
    const struct gate *x = *(struct gate *const *)a, *y = *(struct gate *const *)b;
    return x < y ? -1 : x > y;
}

int volumes_cut(struct volume *const volumes[], size_t n, uint32_t sides, int (*fn)(void *user), void *user,
                int64_t *pause_us)
{
    struct gate *few[4]; /* one mirror's cut never fails */
    struct gate **gates = n <= sizeof few / sizeof few[0] ? few : mem_array(n, sizeof *gates);
    if (!gates)
        return -ENOMEM;
    for (size_t i = 0; i < n; i++)
        gates[i] = &volumes[i]->gate;
    qsort(gates, n, sizeof *gates, by_address);
    size_t distinct = 0;
    for (size_t i = 0; i < n; i++)
        if (!distinct || gates[distinct - 1] != gates[i])
            gates[distinct++] = gates[i];
    int64_t start = clock_monotonic_us();
    gates_close(gates, distinct, sides);
    int rc = fn(user);
    gates_open(gates, distinct);
    int64_t pause = clock_monotonic_us() - start;
    if (n)
        histogram_add(&volumes[0]->engine->cut_pause, pause * 1000);
    PROBE2(cut, n, pause);
    if (pause_us)
        *pause_us = pause;
    if (gates != few)
        mem_free(gates);
    return rc;
}
