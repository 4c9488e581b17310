/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What hosts see on the target of a replica that still shares data with its source.
 *
 * Reads: a host's own writes first, then the point in time (points_read). Beyond the end of the source the
 * target is a plain image. Writes to a clone: what the write leaves out of a missing region is copied in
 * first, then the host's data, then the region counts as present: all in the target itself. Writes to a
 * snapshot: own.h. Writes lock their regions in the target volume, so that they are ordered among each
 * other; a clone's also take the store lock, so that the fill and copies before write stay away.
 *
 * A broken replica's content is undefined: its hosts get -EIO, never something that may be wrong. While
 * its source is restored from it, hosts must not write to it.
 */
#include <errno.h>
#include <string.h>

#include "engine/own.h"
#include "engine/points.h"
#include "util/alloc.h"

#define MAX(a, b) ((a) > (b) ? (a) : (b))
#define MIN(a, b) ((a) < (b) ? (a) : (b))

/* ---- reading ---- */

/* How far from offset on the host's own writes are (or are not) what counts. */
static bool own_run(struct replica *r, uint64_t offset, uint64_t *length)
{
    struct own *own = atomic_load(&r->own);
    if (!own)
        return false;
    uint64_t end = offset + *length, region = offset >> r->shift;
    bool has = map_test(own->map, region);
    do
        region++;
    while (region << r->shift < end && map_test(own->map, region) == has);
    *length = MIN(region << r->shift, end) - offset;
    return has;
}

int replica_read_content(struct replica *r, void *buffer, size_t length, uint64_t offset)
{
    uint64_t size = volume_size(r->source);
    char *to = buffer;
    int rc = 0;
    while (!rc && length) {
        uint64_t n = length;
        if (offset >= size || r->complete) { /* a whole target may be a source itself, with an overlay */
            struct iovec one = {to, (size_t)n};
            rc = volume_read_now(r->target, &one, 1, offset);
        } else {
            n = MIN(n, size - offset);
            if (own_run(r, offset, &n)) {
                struct vfs_file *f = atomic_load(&r->own)->file;
                rc = f->ops->pread(f, to, (size_t)n, offset);
            } else {
                rc = points_read(r, to, (size_t)n, offset, NULL);
            }
        }
        to += n;
        offset += n;
        length -= (size_t)n;
    }
    return rc;
}

static int read_view(void *user, const struct iovec *iov, int iovcnt, uint64_t offset)
{
    struct replica *r = user;
    if (atomic_load(&r->broken))
        return -EIO;
    if (iovcnt == 1)
        return replica_read_content(r, iov[0].iov_base, iov[0].iov_len, offset);
    size_t length = iov_length(iov, iovcnt);
    char *flat = mem_aligned(4096, length ? length : 1);
    if (!flat)
        return -ENOMEM;
    int rc = replica_read_content(r, flat, length, offset);
    if (!rc)
        iov_scatter(iov, iovcnt, 0, flat, length);
    mem_free(flat);
    return rc;
}

static bool all_kept(const struct replica *r, uint64_t offset, uint64_t length)
{
    uint64_t size = volume_size(r->source), end = MIN(offset + length, size);
    for (uint64_t region = offset >> r->shift; region << r->shift < end; region++)
        if (!map_test(r->kept, region))
            return false;
    return true;
}

static int read_clone(void *user, const struct iovec *iov, int iovcnt, uint64_t offset)
{
    struct replica *r = user;
    if (!atomic_load(&r->broken) && all_kept(r, offset, iov_length(iov, iovcnt)))
        return medium_preadv(&r->target->medium, iov, iovcnt, offset, 0);
    return read_view(r, iov, iovcnt, offset);
}

static int may_write(struct replica *r)
{
    if (atomic_load(&r->broken))
        return -EIO;
    if (r->read_only)
        return -EROFS;
    return atomic_load(&r->restoring) ? -EBUSY : 0;
}

/* ---- writing to a clone ---- */

/* Whether the write leaves out a part of that region (which ends at the end of the source at the latest). */
static bool partial(const struct replica *r, const struct volume_write *w, uint64_t region)
{
    uint64_t from = region << r->shift, end = from + replica_bytes(r, region, 1);
    return w->offset > from || w->offset + w->length < end;
}

static int fetch_edges(struct replica *r, const struct volume_write *w, uint64_t first, uint64_t last,
                       struct replica **at_fault)
{
    int rc = 0;
    for (uint64_t region = first; !rc && region <= last; region += MAX(last - first, 1)) {
        if (!map_test(r->kept, region) && partial(r, w, region))
            rc = points_copy_in(r, region << r->shift, replica_bytes(r, region, 1), at_fault);
    }
    return rc;
}

static int commit_missing(struct replica *r, uint64_t first, uint64_t last)
{
    int rc = 0;
    for (uint64_t region = first; !rc && region <= last; region++) {
        uint64_t from = region;
        while (region <= last && !map_test(r->kept, region))
            region++;
        if (region > from)
            rc = keep_commit(r, from, region - from);
    }
    return rc;
}

static int write_clone(void *user, const struct volume_write *w)
{
    struct replica *r = user, *at_fault = NULL;
    struct volume *t = r->target;
    int rc = may_write(r);
    if (rc)
        return rc;
    replica_skewed(r);
    if (all_kept(r, w->offset, w->length))
        return volume_write_medium(t, w);
    uint64_t end = MIN(w->offset + w->length, volume_size(r->source));
    uint64_t first = w->offset >> r->shift, last = (end - 1) >> r->shift;
    struct region_hold host, store;
    region_lock(&t->locks, &host, first << r->shift, MAX((last + 1) << r->shift, w->offset + w->length),
                false);
    region_lock(&r->store_locks, &store, first << r->shift, (last + 1) << r->shift, false);
    rc = fetch_edges(r, w, first, last, &at_fault);
    if (!rc) {
        rc = volume_write_medium(t, w);
        if (rc)
            atomic_store(&r->zeroed, false); /* the missing regions may hold a part of the write */
    }
    if (!rc) {
        rc = commit_missing(r, first, last);
        at_fault = rc ? r : NULL;
    }
    region_unlock(&r->store_locks, &store);
    region_unlock(&t->locks, &host);
    if (rc && at_fault == r && rc != -ENOMEM) {
        replica_break(r, rc, "%s: a region could not be made present", volume_id(t));
        rc = -EIO;
    }
    return rc;
}

static int flush_clone(void *user)
{
    struct replica *r = user;
    return medium_flush(&r->target->medium);
}

/* ---- writing to a snapshot ---- */

static int fill_own(struct replica *r, struct own *own, uint64_t region)
{
    size_t n = (size_t)replica_bytes(r, region, 1);
    char *buffer = mem_aligned(4096, n);
    if (!buffer)
        return -ENOMEM;
    int rc = points_read(r, buffer, n, region << r->shift, NULL);
    if (!rc)
        rc = own->file->ops->pwrite(own->file, buffer, n, region << r->shift);
    mem_free(buffer);
    return rc;
}

/* The data or zeroes, flat, in pieces. */
static int write_own(struct own *own, const struct volume_write *w)
{
    size_t room = w->length < (1u << 20) ? (size_t)w->length : 1u << 20;
    char *flat = mem_aligned(4096, room);
    if (!flat)
        return -ENOMEM;
    memset(flat, 0, room);
    int rc = 0;
    for (uint64_t done = 0; !rc && done < w->length;) {
        size_t n = MIN(room, (size_t)(w->length - done));
        if (w->kind == WRITE_DATA)
            iov_gather(flat, w->iov, w->iovcnt, (size_t)done, n);
        rc = own->file->ops->pwrite(own->file, flat, n, w->offset + done);
        done += n;
    }
    mem_free(flat);
    return rc;
}

static int write_own_regions(struct replica *r, struct own *own, const struct volume_write *w)
{
    uint64_t first = w->offset >> r->shift, last = (w->offset + w->length - 1) >> r->shift;
    bool missing = false;
    int rc = 0;
    for (uint64_t region = first; !rc && region <= last; region++) {
        if (map_test(own->map, region))
            continue;
        missing = true;
        if (partial(r, w, region))
            rc = fill_own(r, own, region);
    }
    if (!rc)
        rc = write_own(own, w);
    if (!rc && (missing || (w->flags & REPLSVC_IO_FUA)))
        rc = own->file->ops->sync(own->file);
    if (!rc && missing) {
        rc = map_set(own->map, first, last - first + 1);
        if (!rc) {
            rc = map_commit(own->map);
            if (rc) /* what is in the map and what is on disk differ now */
                replica_break(r, rc, "%s: a host's write could not be recorded", volume_id(r->target));
        }
    }
    return rc;
}

static int write_snapshot(void *user, const struct volume_write *w)
{
    struct replica *r = user;
    int rc = may_write(r);
    if (rc)
        return rc;
    uint64_t size = volume_size(r->source);
    if (w->offset >= size)
        return volume_write_medium(r->target, w);
    if (w->offset + w->length > size)
        return -ENOSPC; /* half in the snapshot, half beyond it: no host of it has a reason to */
    rc = own_make(r);
    if (rc)
        return rc;
    struct region_hold hold;
    uint64_t first = w->offset >> r->shift, last = (w->offset + w->length - 1) >> r->shift;
    region_lock(&r->target->locks, &hold, first << r->shift, (last + 1) << r->shift, false);
    rc = write_own_regions(r, atomic_load(&r->own), w);
    region_unlock(&r->target->locks, &hold);
    if (!rc)
        replica_skewed(r);
    return rc;
}

int replica_flush_content(struct replica *r)
{
    struct own *own = atomic_load(&r->own);
    int rc = own ? own->file->ops->sync(own->file) : 0;
    return rc ? rc : volume_flush_now(r->target);
}

static int flush_snapshot(void *user)
{
    return replica_flush_content(user);
}

const struct view_ops clone_view = {.read = read_clone, .write = write_clone, .flush = flush_clone};
const struct view_ops snapshot_view = {.read = read_view, .write = write_snapshot, .flush = flush_snapshot};
