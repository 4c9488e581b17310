/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Transfers that are under way to blocks that are there. They hold no lock: a block may be given up under
 * them, and they then read or write what nobody needs any more. What must not happen is that its space gets
 * another use before they have ended. So each enters before it looks up where its block lies, and leaves when
 * it has ended; space that is given up takes a mark, and is used again when the mark has passed: when all who
 * entered before it have left. Nobody waits for that; what has not passed is looked at again later.
 *
 * They are counted by epochs, the present one and the one before. An epoch begins only when nobody of the
 * one before the last is left: so two epochs on, everybody who could have seen the block is gone.
 */
#ifndef RSVC_VHDX_TRANSIT_H
#define RSVC_VHDX_TRANSIT_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct vhdx_transit {
    _Atomic uint64_t epoch;
    _Atomic uint32_t inside[2]; /* of even and of odd epochs */
};

/* Returns what leave wants. */
static inline unsigned vhdx_transit_enter(struct vhdx_transit *t)
{
    for (;;) {
        uint64_t epoch = atomic_load(&t->epoch);
        atomic_fetch_add(&t->inside[epoch & 1], 1);
        if (atomic_load(&t->epoch) == epoch)
            return epoch & 1;
        atomic_fetch_sub(&t->inside[epoch & 1], 1);
    }
}

static inline void vhdx_transit_leave(struct vhdx_transit *t, unsigned which)
{
    atomic_fetch_sub(&t->inside[which], 1);
}

/* After the block table has changed. */
static inline uint64_t vhdx_transit_mark(struct vhdx_transit *t)
{
    return atomic_load(&t->epoch);
}

static inline bool vhdx_transit_passed(struct vhdx_transit *t, uint64_t mark)
{
    uint64_t epoch;
    while ((epoch = atomic_load(&t->epoch)) < mark + 2) {
        if (atomic_load(&t->inside[(epoch + 1) & 1]) != 0)
            return false;
        atomic_compare_exchange_strong(&t->epoch, &epoch, epoch + 1);
    }
    return true;
}

#endif
