/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What only snapshots do: forget hosts' writes (reset), and become independent (detach).
 *
 * Detaching. The snapshot at once stands alone: it gets its own copy of everything that is overwritten.
 * It still shares until what others read through it has been handed down; then nobody looks into its store
 * but itself, hosts' own writes can be moved into it, and the rest is filled like a clone's. A crash
 * begins it again: what was handed down is found there. That nobody reads through it any more is marked
 * durably before the first of the hosts' own writes goes into the store.
 */
#include <errno.h>

#include "engine/clone.h"
#include "engine/own.h"
#include "engine/points.h"
#include "util/alloc.h"

int replica_reset(struct replica *r)
{
    enum replica_state state = replica_get_state(r);
    if (r->kind != REPLICA_SNAPSHOT || state != REPLICA_ACTIVE)
        return -EINVAL;
    gate_close(&r->target->gate, GATE_CLOSE_ALL);
    int rc = own_remove(r);
    gate_open(&r->target->gate);
    return rc;
}

int replica_detach_begin(struct replica *r)
{
    enum replica_state state = replica_get_state(r);
    if (r->kind != REPLICA_SNAPSHOT || (state != REPLICA_ACTIVE && state != REPLICA_DETACHING))
        return -EINVAL;
    gate_close(&r->source->gate, GATE_CLOSE_WRITES);
    atomic_store(&r->source->any_alone, true);
    atomic_store(&r->alone, true);
    gate_open(&r->source->gate);
    replica_set_state(r, REPLICA_DETACHING);
    return 0;
}

/* One region of a host's own writes goes to the store; then it is kept, as the host left it. */
static int move_region(struct replica *r, struct own *own, uint64_t region, char *buffer)
{
    struct region_hold hold;
    uint64_t offset = region << r->shift;
    size_t n = (size_t)replica_bytes(r, region, 1);
    int rc = own->file->ops->pread(own->file, buffer, n, offset);
    if (rc)
        return rc;
    region_lock(&r->store_locks, &hold, offset, offset + r->region_size, false);
    rc = medium_write(&r->target->medium, buffer, n, offset);
    region_unlock(&r->store_locks, &hold);
    return rc;
}

/* Hosts' own writes into the store. The map of them stays until the end: it is what a crash goes by, and
 * hosts still read and write there meanwhile (the target's gate is closed for the last pass). */
static int move_own(struct replica *r)
{
    struct own *own = atomic_load(&r->own);
    char *buffer = own ? mem_aligned(4096, r->region_size) : NULL;
    if (!own)
        return 0;
    if (!buffer)
        return -ENOMEM;
    int rc = 0;
    uint64_t regions = replica_regions(r);
    for (uint64_t region = map_next(own->map, 0, true); !rc && region < regions;
         region = map_next(own->map, region + 1, true))
        rc = move_region(r, own, region, buffer);
    mem_free(buffer);
    return rc;
}

int snapshot_detach(struct replica *r, const struct engine_control *control)
{
    int rc = volume_settle(r->source);
    if (!rc && atomic_load(&r->shares)) {
        rc = chain_hand_down(r, control);
        if (!rc)
            rc = replica_stop_sharing(r);
    }
    if (!rc)
        rc = replica_fill_all(r, control);
    if (!rc && !r->mark.detached) {
        r->mark.detached = 1;
        rc = mark_store(&r->mark);
        if (rc)
            r->mark.detached = 0;
    }
    if (rc)
        return rc;
    /* All of the point in time is there. What hosts wrote since goes over it while they wait. */
    gate_close(&r->target->gate, GATE_CLOSE_ALL);
    rc = move_own(r);
    if (!rc)
        rc = medium_flush(&r->target->medium);
    if (!rc)
        rc = own_remove(r);
    if (!rc)
        volume_view_closed(r->target, NULL, NULL); /* before the next host's write */
    gate_open(&r->target->gate);
    return rc ? rc : replica_complete(r);
}
