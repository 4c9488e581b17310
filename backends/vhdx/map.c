/* SPDX-License-Identifier: BSD-2-Clause */
/* Where a range of the disk lies: see map.h. */
#include "vhdx/map.h"

static int look(struct vhdx *v, uint64_t block, bool patient, uint64_t *entry)
{
    pthread_rwlock_t *stripe = vhdx_stripe(v, block);
    uint64_t index = vhdx_bat_index(&v->geometry, block);
    if (patient)
        pthread_rwlock_rdlock(stripe);
    else if (pthread_rwlock_tryrdlock(stripe) != 0)
        return -EAGAIN;
    int r = patient ? vhdx_bat_get(v, index, entry) : vhdx_bat_peek(v, index, entry);
    pthread_rwlock_unlock(stripe);
    return r;
}

static enum vhdx_map_kind kind_of(const struct vhdx *v, uint64_t entry)
{
    switch (VHDX_BAT_STATE(entry)) {
    case VHDX_BLOCK_FULLY_PRESENT:
        return VHDX_MAP_FILE;
    case VHDX_BLOCK_PARTIALLY_PRESENT:
        return VHDX_MAP_OTHER;
    case VHDX_BLOCK_NOT_PRESENT:
        return v->geometry.differencing ? VHDX_MAP_OTHER : VHDX_MAP_ZEROES;
    default:
        return VHDX_MAP_ZEROES;
    }
}

int vhdx_map(struct vhdx *v, uint64_t offset, uint64_t length, bool patient, struct vhdx_map *m)
{
    uint64_t mask = v->geometry.block_size - 1, file = atomic_load(&v->file_size);
    m->kind = VHDX_MAP_OTHER;
    m->length = 0;
    while (m->length < length) {
        uint64_t at = offset + m->length, entry;
        int r = look(v, at >> v->geometry.block_shift, patient, &entry);
        if (r != 0) /* of a later block: for whoever comes to it */
            return patient && m->length == 0 ? r : 0;
        enum vhdx_map_kind kind = kind_of(v, entry);
        uint64_t step = vhdx_min(length - m->length, mask + 1 - (at & mask));
        uint64_t place = VHDX_BAT_OFFSET(entry) + (at & mask);
        /* Some writers cut the last block of the disk short: what is behind the end of the file is not in it.
         */
        if (kind == VHDX_MAP_FILE && (place > file || step > file - place))
            kind = VHDX_MAP_OTHER;
        if (m->length == 0) {
            m->kind = kind;
            m->place = place;
        } else if (kind != m->kind || (kind == VHDX_MAP_FILE && place != m->place + m->length)) {
            break;
        }
        m->length += step;
        if (kind == VHDX_MAP_OTHER)
            break;
    }
    return 0;
}
