/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Comparing both sides of a mirror while hosts write: each run of unmarked regions is locked on the source's
 * side, read from both, and compared. Marked regions are known to differ and are left out.
 */
#include <errno.h>
#include <string.h>

#include "engine/mirror_internal.h"
#include "engine/volume.h"
#include "util/alloc.h"

#define PIECE (UINT64_C(1) << 20)
#define REPORT_EVERY (UINT64_C(64) << 20)

struct verify {
    struct mirror *m;
    struct mirror_verify *out;
    uint8_t *a, *b;
    struct map *found; /* what differs, when it is to be repaired: marked at the end, with the count known */
};

static int read_side(struct volume *v, void *buffer, uint64_t length, uint64_t offset)
{
    struct iovec iov = {buffer, (size_t)length};
    return volume_read_now(v, &iov, 1, offset);
}

/* The regions of a piece that is locked; both buffers are filled. */
static int compare_regions(struct verify *v, uint64_t offset, uint64_t length)
{
    struct mirror *m = v->m;
    struct map *map = activity_map(m->activity);
    for (uint64_t at = 0, step; at < length; at += step) {
        step = length - at < m->region_size ? length - at : m->region_size;
        uint64_t region = (offset + at) / m->region_size;
        if (map_test(map, region) || memcmp(v->a + at, v->b + at, step) == 0)
            continue;
        v->out->bytes_different += step;
        if (v->out->first_different == UINT64_MAX)
            v->out->first_different = offset + at;
        int ret = v->found != NULL ? map_set(v->found, region, 1) : 0;
        if (ret != 0)
            return ret;
    }
    return 0;
}

/* Hosts write as to any marked region from the mark on. */
static int mark_found(struct verify *v)
{
    struct mirror *m = v->m;
    int in_sync = MIRROR_IN_SYNC;
    int ret = map_or(activity_map(m->activity), v->found);
    (void)atomic_compare_exchange_strong(&m->phase, &in_sync, MIRROR_COPYING);
    return ret != 0 ? ret : activity_commit(m->activity);
}

static int compare_piece(struct verify *v, uint64_t offset, uint64_t length)
{
    struct mirror *m = v->m;
    struct region_hold hold;
    volume_lock_range(mirror_from(m)->volume, &hold, offset, offset + length);
    int ret = activity_enter(m->activity, offset, length);
    if (ret == 0) {
        ret = read_side(mirror_from(m)->volume, v->a, length, offset);
        if (ret == 0)
            ret = read_side(mirror_to(m)->volume, v->b, length, offset);
        if (ret == 0)
            ret = compare_regions(v, offset, length);
        activity_leave(m->activity, offset, length, false);
    }
    volume_unlock_range(mirror_from(m)->volume, &hold);
    return ret;
}

int mirror_verify(struct mirror *m, struct mirror_verify *verify, const struct engine_control *control)
{
    uint64_t piece = m->region_size > PIECE ? m->region_size : PIECE;
    struct verify v = {.m = m, .out = verify, .a = mem_aligned(4096, piece), .b = mem_aligned(4096, piece)};
    verify->bytes_different = 0;
    verify->first_different = UINT64_MAX;
    int ret = v.a == NULL || v.b == NULL || piece > ACTIVITY_MAX_WRITE ? -ENOMEM : 0;
    if (ret == 0 && verify->repair)
        ret = map_memory(map_regions(activity_map(m->activity)), m->region_size, &v.found);
    for (uint64_t at = 0; at < m->size && ret == 0; at += piece) {
        if (mirror_phase(m) != MIRROR_IN_SYNC && mirror_phase(m) != MIRROR_COPYING)
            ret = -ESTALE;
        else
            ret = compare_piece(&v, at, m->size - at < piece ? m->size - at : piece);
        if (ret == 0 && at % REPORT_EVERY == 0 && control != NULL && control->check != NULL)
            ret = control->check(control->user, at, m->size);
    }
    if (ret == 0 && verify->repair && verify->bytes_different != 0)
        ret = mark_found(&v);
    if (v.found != NULL)
        map_close(v.found);
    mem_free(v.a);
    mem_free(v.b);
    return ret;
}
