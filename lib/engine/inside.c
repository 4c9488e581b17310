/* SPDX-License-Identifier: BSD-2-Clause */
/* See inside.h. */
#include "engine/inside.h"

#include <errno.h>

#include "engine/volume.h"

static int refusal(struct volume *v, const struct volume_write *w)
{
    uint64_t size = atomic_load_explicit(&v->size, memory_order_relaxed);
    if (!v->medium.writable)
        return -EROFS;
    return w->offset > size || w->length > size - w->offset ? -ENOSPC : 0;
}

static bool is_short(struct volume *v, const struct tap *own)
{
    uint32_t special = atomic_load_explicit(&v->special, memory_order_acquire) & ~(uint32_t)SPECIAL_VIEW;
    return special == 0 || (special == SPECIAL_TAPS && v->n_taps == 1 && v->taps[0] == own);
}

bool inside_is_plain(struct volume *v, const struct volume_write *w, const struct tap *own)
{
    return is_short(v, own) && refusal(v, w) == 0;
}

int inside_write(struct volume *v, const struct volume_write *w, const struct tap *own)
{
    struct gate_shard *s = gate_enter_through(&v->gate, GATE_WRITE, &w->origin->gate);
    int ret = refusal(v, w);
    if (ret == 0 && is_short(v, own)) {
        ret = volume_write_medium(v, w);
    } else if (ret == 0) {
        struct volume_write mine = *w;
        mine.volume = v;
        ret = volume_write_tapped(v, &mine);
    }
    gate_leave(&v->gate, s, GATE_WRITE);
    return ret;
}

/* Somebody inside v may be waiting for this flush, so it passes as long as anybody is. */
int inside_flush(struct volume *v)
{
    struct gate_shard *s = gate_enter_through(&v->gate, GATE_WRITE, &v->gate);
    int ret = atomic_load_explicit(&v->special, memory_order_acquire) ? volume_flush_tapped(v)
                                                                      : medium_flush(&v->medium);
    gate_leave(&v->gate, s, GATE_WRITE);
    return ret;
}

int inside_extents(struct volume *v, uint64_t offset, uint64_t length, replsvc_extent extents[], size_t *n)
{
    uint32_t special = atomic_load_explicit(&v->special, memory_order_acquire);
    if (special & (SPECIAL_OVERLAY | SPECIAL_RESTORE)) {
        extents[0] = (replsvc_extent){.offset = offset, .length = length};
        *n = 1;
        return 0;
    }
    return medium_extents(&v->medium, offset, length, extents, n);
}

bool inside_trylock(struct volume *v, struct region_hold *hold, uint64_t first, uint64_t end)
{
    first -= first % VOLUME_GRANULE;
    end += (VOLUME_GRANULE - end % VOLUME_GRANULE) % VOLUME_GRANULE;
    return region_trylock(&v->locks, hold, first, end);
}
