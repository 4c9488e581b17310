/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Copy before write: what must be kept before new data may reach a source's medium. The rules are in
 * points.h; here they are carried out, point by point, oldest first.
 *
 * A store's locks are held from looking at the bits until they are durable, so a region is copied once
 * and everybody else who wants to overwrite it waits for that one copy. Reading the old data needs no lock
 * on the source: whoever would change it needs this same region kept first.
 */
#include <errno.h>
#include <string.h>

#include "engine/points.h"
#include "util/alloc.h"
#include "util/fail.h"

/* Old data is moved in pieces of at most this. */
#define PIECE (1024u * 1024u)

/* Whether p->r[i] is one that first overwrites of that epoch are kept for. */
static bool serves(const struct points *p, size_t i, uint64_t epoch)
{
    struct replica *r = p->r[i];
    if (r->order > epoch || atomic_load(&r->broken))
        return false;
    if (atomic_load(&r->alone))
        return true;
    if (!atomic_load(&r->shares) || atomic_load(&r->leaving))
        return false;
    for (size_t j = i + 1; j < p->n && p->r[j]->order <= epoch; j++) {
        struct replica *newer = p->r[j];
        if (atomic_load(&newer->shares) && !atomic_load(&newer->leaving) && !atomic_load(&newer->broken) &&
            !atomic_load(&newer->alone))
            return false;
    }
    return true;
}

/* Whether r lacks any of these bytes and would read them from the source. */
static bool needs(const struct points *p, const struct replica *r, uint64_t offset, uint64_t length)
{
    while (length) {
        uint64_t n = length;
        if (!points_find(p, r, offset, &n))
            return true;
        offset += n;
        length -= n;
    }
    return false;
}

bool points_kept(const struct points *p, uint64_t epoch, uint64_t offset, uint64_t length)
{
    for (size_t i = 0; i < p->n; i++)
        if (serves(p, i, epoch) && needs(p, p->r[i], offset, length))
            return false;
    return true;
}

int points_copy_in(struct replica *r, uint64_t offset, uint64_t length, struct replica **at_fault)
{
    size_t room = length < PIECE ? (size_t)length : PIECE;
    char *buffer = mem_aligned(4096, room);
    *at_fault = NULL;
    if (!buffer)
        return -ENOMEM;
    int rc = 0;
    while (!rc && length) {
        size_t n = length < room ? (size_t)length : room;
        rc = points_read(r, buffer, n, offset, at_fault);
        if (!rc) {
            rc = medium_write(&r->target->medium, buffer, n, offset);
            *at_fault = rc ? r : NULL;
        }
        offset += n;
        length -= n;
    }
    mem_free(buffer);
    return rc;
}

/* Keeps a run of regions that r lacks; its store lock is held. */
static int keep_run(struct volume *v, struct replica *r, uint64_t first, uint64_t count,
                    struct replica **at_fault)
{
    int rc = points_copy_in(r, first << r->shift, replica_bytes(r, first, count), at_fault);
    if (!rc) {
        rc = keep_commit(r, first, count);
        *at_fault = rc ? r : NULL;
    }
    if (!rc)
        atomic_fetch_add_explicit(&v->copies_before_write, count, memory_order_relaxed);
    return rc;
}

/* Serves one point. */
static int keep_for(struct volume *v, const struct points *p, struct replica *r, uint64_t offset,
                    uint64_t length, struct replica **at_fault)
{
    uint64_t first = offset >> r->shift, last = (offset + length - 1) >> r->shift;
    struct region_hold hold;
    int rc = 0;
    region_lock(&r->store_locks, &hold, first << r->shift, (last + 1) << r->shift, false);
    for (uint64_t region = first; !rc && region <= last;) {
        uint64_t from = region, count = 0;
        for (; region <= last && !map_test(r->kept, region); region++) {
            uint64_t a = region << r->shift, b = (region + 1) << r->shift;
            a = a > offset ? a : offset;
            b = b < offset + length ? b : offset + length;
            if (!needs(p, r, a, b - a))
                break;
            count++;
        }
        if (count)
            rc = keep_run(v, r, from, count, at_fault);
        else
            region++;
    }
    region_unlock(&r->store_locks, &hold);
    return rc;
}

/* Whose fault it was decides who suffers: the write if it is the source's or memory's, else the point. */
static int blame(struct replica *r, struct replica *at_fault, int rc)
{
    if (rc == -ENOMEM || !at_fault)
        return rc;
    if (at_fault == r)
        replica_break(r, rc, "%s: old data could not be kept", volume_id(r->target));
    else
        replica_break(r, rc, "%s: old data could not be read from %s", volume_id(r->target),
                      volume_id(at_fault->target));
    return 0;
}

int points_keep(struct volume *v, const struct points *p, uint64_t epoch, uint64_t offset, uint64_t length)
{
    for (bool again = true; again;) {
        again = false;
        for (size_t i = 0; i < p->n; i++) {
            struct replica *r = p->r[i], *at_fault = NULL;
            if (!serves(p, i, epoch) || !needs(p, r, offset, length))
                continue;
            int rc = keep_for(v, p, r, offset, length, &at_fault);
            if (rc) {
                rc = blame(r, at_fault, rc);
                if (rc)
                    return rc;
                again = true; /* one is out: another may have to keep in its place */
            }
        }
    }
    return 0;
}
