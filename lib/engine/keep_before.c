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
#include "util/probe.h"

/* Old data is moved in pieces of at most this. */
#define PIECE (1024u * 1024u)
/* Regions that are locked together at most, until one flush makes them count. */
#define BATCH 1024u

/* The newest point that shares and takes first overwrites of that epoch, or p->n. */
static size_t newest_sharing(const struct points *p, uint64_t epoch)
{
    for (size_t i = p->n; i-- > 0;) {
        const struct replica *r = p->r[i];
        if (r->order <= epoch && atomic_load(&r->shares) && !atomic_load(&r->leaving) &&
            !atomic_load(&r->broken) && !atomic_load(&r->alone))
            return i;
    }
    return p->n;
}

/* Whether first overwrites of that epoch are kept for p->r[i]; newest: as above. */
static bool serves(const struct points *p, size_t i, uint64_t epoch, size_t newest)
{
    const struct replica *r = p->r[i];
    return i == newest || (atomic_load(&r->alone) && r->order <= epoch && !atomic_load(&r->broken));
}

bool points_needs(const struct points *p, const struct replica *r, uint64_t offset, uint64_t length)
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
    size_t newest = newest_sharing(p, epoch);
    if (newest < p->n && points_needs(p, p->r[newest], offset, length))
        return false;
    /* Every write passes here: the older ones of a long chain are looked at only if one may count. */
    if (p->n == 0 || !atomic_load(&p->r[0]->source->any_alone))
        return true;
    for (size_t i = 0; i < p->n; i++)
        if (serves(p, i, epoch, newest) && points_needs(p, p->r[i], offset, length))
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

/* Regions that have been copied into a store and are still locked, until they count. */
struct batch {
    struct volume *v;
    const struct points *p;
    struct replica *r;
    struct copied {
        struct region_hold hold;
        struct keep_request request;
    } * runs;
    size_t n, room;
    uint64_t wide; /* ranges are rounded out to this */
};

/* Makes what was copied count, and lets go of it. */
static int settle(struct batch *b, int rc, struct replica **at_fault)
{
    uint64_t regions = 0, bytes = 0;
    if (!rc && b->n) {
        for (size_t i = 0; i < b->n; i++) {
            b->runs[i].request.next = i + 1 < b->n ? &b->runs[i + 1].request : NULL;
            regions += b->runs[i].request.count;
            bytes += replica_bytes(b->r, b->runs[i].request.first, b->runs[i].request.count);
        }
        rc = keep_commit_all(b->r, &b->runs[0].request);
        *at_fault = rc ? b->r : NULL;
    }
    for (size_t i = 0; i < b->n; i++)
        region_unlock(&b->r->store_locks, &b->runs[i].hold);
    b->n = 0;
    if (!rc && regions) {
        statistics_add(&b->v->statistics->copies_before_write, regions);
        statistics_add(&b->v->statistics->bytes_copied_before_write, bytes);
        statistics_add(&b->r->statistics->copies_before_write, regions);
        PROBE4(copied_before_write, b->v->id, b->r->id, regions, bytes);
    }
    return rc;
}

/* Holds live in the list of locks, so the array may only grow while it is empty. */
static int make_room(struct batch *b, struct replica **at_fault)
{
    if (b->n < b->room)
        return 0;
    int rc = settle(b, 0, at_fault);
    size_t room = b->room ? BATCH : 1;
    if (rc || room == b->room)
        return rc;
    struct copied *runs = mem_array(room, sizeof *runs);
    if (!runs)
        return b->room ? 0 : -ENOMEM;
    mem_free(b->runs);
    b->runs = runs;
    b->room = room;
    return 0;
}

/* Locks one region. Waiting for it while holding others could be waiting for somebody who waits for those. */
static int lock_region(struct batch *b, struct copied *c, uint64_t region, struct replica **at_fault)
{
    uint64_t first = region << b->r->shift, end = (region + 1) << b->r->shift;
    if (b->n == 0) {
        region_lock(&b->r->store_locks, &c->hold, first, end, false);
        return 0;
    }
    return region_trylock(&b->r->store_locks, &c->hold, first, end) ? 0
           : settle(b, 0, at_fault)                                 ? -EIO
                                                                    : -EAGAIN;
}

/* The part of [offset, offset+length) that lies in the region. */
static bool region_needs(const struct batch *b, uint64_t region, uint64_t offset, uint64_t length)
{
    const struct replica *r = b->r;
    uint64_t from = region << r->shift, end = (region + 1) << r->shift;
    if (map_test(r->kept, region))
        return false;
    from = from > offset ? from : offset;
    end = end < offset + length ? end : offset + length;
    return points_needs(b->p, r, from, end - from);
}

static int keep_region(struct batch *b, uint64_t region, uint64_t offset, uint64_t length,
                       struct replica **at_fault)
{
    if (!region_needs(b, region, offset, length))
        return 0;
    int rc = make_room(b, at_fault);
    if (rc)
        return rc;
    struct copied *c = &b->runs[b->n];
    rc = lock_region(b, c, region, at_fault);
    if (rc == -EAGAIN) { /* all others have been let go of */
        c = &b->runs[0];
        rc = lock_region(b, c, region, at_fault);
    }
    if (rc)
        return rc;
    if (region_needs(b, region, offset, length)) { /* nobody was faster */
        rc = points_copy_in(b->r, region << b->r->shift, replica_bytes(b->r, region, 1), at_fault);
        if (!rc) {
            c->request = (struct keep_request){.first = region, .count = 1};
            b->n++;
            return 0;
        }
    }
    region_unlock(&b->r->store_locks, &c->hold);
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

/*
 * While a snapshot is being detached it keeps for itself and is still read through by older ones. Those
 * must have been served for everything that it gets, or they would find a part of its (larger) region
 * there that nobody hands down: all ranges are widened to its regions.
 */
static uint64_t widening(const struct points *p)
{
    uint64_t size = 1;
    for (size_t i = 0; i < p->n; i++)
        if (atomic_load(&p->r[i]->alone) && atomic_load(&p->r[i]->shares) && p->r[i]->region_size > size)
            size = p->r[i]->region_size;
    return size;
}

/* Serves one point. */
static int keep_for(struct batch *b, size_t i, const struct keep_range ranges[], size_t n,
                    struct replica **at_fault)
{
    int rc = 0;
    uint64_t epoch = ranges[0].epoch;
    size_t newest = newest_sharing(b->p, epoch);
    for (size_t j = 0; !rc && j < n; j++) {
        const struct keep_range *k = &ranges[j];
        if (k->epoch != epoch) {
            epoch = k->epoch;
            newest = newest_sharing(b->p, epoch);
        }
        if (!serves(b->p, i, epoch, newest))
            continue;
        uint64_t size = volume_size(b->v), offset = k->offset - k->offset % b->wide;
        uint64_t end = k->offset + k->length + b->wide - 1;
        end -= end % b->wide;
        end = end < size ? end : size;
        for (uint64_t region = offset >> b->r->shift; !rc && region <= (end - 1) >> b->r->shift; region++)
            rc = keep_region(b, region, offset, end - offset, at_fault);
    }
    return settle(b, rc, at_fault);
}

int points_keep_all(struct volume *v, const struct points *p, const struct keep_range ranges[], size_t n)
{
    struct batch b = {.v = v, .p = p, .wide = widening(p)};
    int rc = 0;
    for (bool again = true; again && !rc;) {
        again = false;
        for (size_t i = 0; !rc && i < p->n; i++) {
            struct replica *at_fault = NULL;
            if (atomic_load(&p->r[i]->broken))
                continue;
            b.r = p->r[i];
            rc = keep_for(&b, i, ranges, n, &at_fault);
            if (rc) {
                rc = blame(b.r, at_fault, rc);
                again = true; /* one is out: another may have to keep in its place */
            }
        }
    }
    mem_free(b.runs);
    return rc;
}

int points_keep(struct volume *v, const struct points *p, uint64_t epoch, uint64_t offset, uint64_t length)
{
    const struct keep_range range = {.epoch = epoch, .offset = offset, .length = length};
    return points_kept(p, epoch, offset, length) ? 0 : points_keep_all(v, p, &range, 1);
}
