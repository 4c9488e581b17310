/* SPDX-License-Identifier: BSD-2-Clause */
/* A restore's life: begun, loaded after a restart, ended; and its place in hosts' I/O. See restore.h. */
#include "engine/restore.h"

#include <errno.h>
#include <string.h>

#include "engine/own.h"
#include "engine/points.h"
#include "engine/track.h"
#include "util/alloc.h"

/* ---- hosts ---- */

int restore_read(struct volume *v, const struct iovec *iov, int iovcnt, uint64_t offset)
{
    struct restore *s = v->restore;
    size_t length = iov_length(iov, iovcnt);
    uint32_t shift = s->r->shift;
    uint64_t first = offset >> shift;
    if (map_next(s->todo, first, true) << shift >= offset + length)
        return medium_preadv(&v->medium, iov, iovcnt, offset, 0);
    char *flat = mem_aligned(4096, length);
    if (!flat)
        return -ENOMEM;
    int rc = 0;
    for (size_t done = 0; !rc && done < length;) {
        uint64_t at = offset + done, region = at >> shift, end = (region + 1) << shift;
        size_t n = (size_t)(end < offset + length ? end - at : offset + length - at);
        if (map_test(s->todo, region))
            rc = replica_read_content(s->r, flat + done, n, at);
        else
            rc = medium_read(&v->medium, flat + done, n, at);
        done += n;
    }
    if (!rc)
        iov_scatter(iov, iovcnt, 0, flat, length);
    mem_free(flat);
    return rc;
}

/* Its own differences go, everybody else's come. */
void restore_marks_begin(struct restore *s, uint64_t offset, uint64_t length, void **slots)
{
    struct replica *r = s->r;
    volume_marks_begin(r->source, r->track ? &r->track->source_tap : NULL, offset, length, slots);
    track_equal_begin(r, offset, length);
}

void restore_marks_end(struct restore *s, uint64_t offset, uint64_t length, void **slots, bool done)
{
    struct replica *r = s->r;
    track_equal_end(r, offset, length, done);
    volume_marks_end(r->source, r->track ? &r->track->source_tap : NULL, offset, length, slots);
}

/* The region's lock is held. */
static int put_region(struct volume *v, struct restore *s, uint64_t region, char *buffer)
{
    uint64_t offset = region << s->r->shift;
    size_t n = (size_t)replica_bytes(s->r, region, 1);
    struct points *p = points_get(v);
    int rc = p ? points_keep(v, p, atomic_load(&v->order), offset, n) : 0;
    points_put(v, p);
    if (!rc)
        rc = replica_read_content(s->r, buffer, n, offset);
    if (rc)
        return rc;
    void *slots[VOLUME_TAPS] = {NULL};
    restore_marks_begin(s, offset, n, slots);
    rc = medium_write(&v->medium, buffer, n, offset);
    restore_marks_end(s, offset, n, slots, rc == 0);
    return rc;
}

int restore_before_write(struct volume *v, uint64_t offset, uint64_t length)
{
    struct restore *s = v->restore;
    uint32_t shift = s->r->shift;
    uint64_t first = offset >> shift, last = (offset + length - 1) >> shift;
    if (map_next(s->todo, first, true) > last)
        return 0;
    char *buffer = mem_aligned(4096, s->r->region_size);
    if (!buffer)
        return -ENOMEM;
    struct region_hold hold;
    region_lock(&s->locks, &hold, first << shift, (last + 1) << shift, false);
    int rc = 0;
    for (uint64_t region = first; !rc && region <= last; region++)
        if (map_test(s->todo, region))
            rc = put_region(v, s, region, buffer);
    if (!rc)
        rc = medium_flush(&v->medium);
    if (!rc) {
        rc = map_clear(s->todo, first, last - first + 1);
        if (!rc)
            rc = map_commit(s->todo);
        if (rc) /* not durable: what a crash would restore again must not be written to */
            (void)map_set(s->todo, first, last - first + 1);
    }
    region_unlock(&s->locks, &hold);
    mem_free(buffer);
    return rc;
}

/* ---- life ---- */

/* todo |= other, whatever the region sizes. */
static int add_regions(struct restore *s, const struct map *other, uint32_t other_size)
{
    if (!other)
        return 0;
    if (other_size == s->r->region_size)
        return map_or(s->todo, other);
    uint64_t n = map_regions(other), size = volume_size(s->r->source);
    int rc = 0;
    for (uint64_t i = map_next(other, 0, true); !rc && i < n; i = map_next(other, i + 1, true)) {
        uint64_t from = i * other_size, end = from + other_size < size ? from + other_size : size;
        uint64_t first = from >> s->r->shift, last = (end - 1) >> s->r->shift;
        rc = map_set(s->todo, first, last - first + 1);
    }
    return rc;
}

/* What r would not read from the source: it keeps it, a newer snapshot does, or hosts wrote it. */
static int collect(struct restore *s)
{
    struct replica *r = s->r;
    const struct map *differs = track_map(r);
    if (r->complete)
        return differs ? map_or(s->todo, differs) : map_set_all(s->todo);
    struct own *own = atomic_load(&r->own);
    int rc = add_regions(s, r->kept, r->region_size);
    if (!rc && own)
        rc = add_regions(s, own->map, r->region_size);
    struct points *p = points_get(r->source);
    bool newer = false;
    for (size_t i = 0; !rc && p && i < p->n; i++) {
        if (newer && r->kind == REPLICA_SNAPSHOT && atomic_load(&p->r[i]->shares))
            rc = add_regions(s, p->r[i]->kept, p->r[i]->region_size);
        newer |= p->r[i] == r;
    }
    points_put(r->source, p);
    return rc;
}

static int restore_new(struct replica *r, struct restore **out)
{
    struct restore *s = mem_zalloc(sizeof *s);
    if (!s)
        return -ENOMEM;
    s->r = r;
    int rc = region_locks_init(&s->locks);
    if (rc)
        mem_free(s);
    else
        *out = s;
    return rc;
}

static void restore_free(struct restore *s)
{
    map_close(s->todo);
    region_locks_destroy(&s->locks);
    mem_free(s);
}

/* The gate is closed on all sides. */
static void show(struct volume *v, struct restore *s)
{
    v->restore = s;
    atomic_store(&s->r->restoring, true);
    volume_special(v, SPECIAL_RESTORE, 0);
}

/* From the last look at the maps to the mark nothing may change: the gate is closed meanwhile. */
static int switch_over(struct replica *r, struct restore *s)
{
    struct volume *v = r->source;
    gate_close(&v->gate, GATE_CLOSE_ALL);
    /* A tap would not see what is put into the medium, and its other side would miss it. */
    int rc = v->restore || volume_has_legs(v) ? -EBUSY : volume_settle(v);
    if (!rc)
        rc = collect(s);
    if (!rc)
        rc = map_commit(s->todo);
    if (!rc) {
        r->mark.restore_order = atomic_load(&v->order) + 1;
        rc = mark_store(&r->mark);
        if (rc)
            r->mark.restore_order = 0;
    }
    if (!rc) {
        atomic_store(&v->order, r->mark.restore_order);
        show(v, s);
    }
    gate_open(&v->gate);
    return rc;
}

int replica_restore_begin(struct replica *r)
{
    enum replica_state state = replica_get_state(r);
    struct volume *v = r->source;
    if (state == REPLICA_RESTORING)
        return 0;
    if (state != REPLICA_ACTIVE && state != REPLICA_COMPLETE)
        return -EINVAL;
    if (!v->medium.writable)
        return -EROFS;
    if (atomic_load(&r->target->special) & SPECIAL_RESTORE)
        return -EBUSY;                               /* it shows another one's content itself */
    gate_close(&r->target->gate, GATE_CLOSE_WRITES); /* what hosts write there now is in its marks then */
    gate_open(&r->target->gate);
    struct restore *s;
    int rc = restore_new(r, &s);
    if (rc)
        return rc;
    rc = replica_flush_content(r); /* what the source shows from now on does not vanish in a power cut */
    if (!rc)
        rc = replica_empty_map(r, "todo", &s->todo);
    if (!rc)
        rc = r->engine->options.vfs->ops->sync_dir(r->engine->options.vfs, "maps");
    if (!rc)
        rc = volume_settle(v);
    if (!rc)
        rc = collect(s); /* most of it, while hosts go on */
    pthread_mutex_lock(&v->change_lock);
    if (!rc)
        rc = switch_over(r, s);
    pthread_mutex_unlock(&v->change_lock);
    if (rc) {
        restore_free(s);
        return rc;
    }
    replica_set_state(r, REPLICA_RESTORING);
    return 0;
}

int restore_load(struct replica *r)
{
    struct volume *v = r->source;
    struct restore *s;
    char name[REPLICA_NAME_SIZE];
    int rc = restore_new(r, &s);
    if (rc)
        return rc;
    replica_file(r, "todo", name);
    rc = map_open(r->engine->options.vfs, name, true, NULL, NULL, &s->todo);
    if (!rc && (map_regions(s->todo) != replica_regions(r) || map_region_size(s->todo) != r->region_size))
        rc = -EUCLEAN;
    pthread_mutex_lock(&v->change_lock);
    gate_close(&v->gate, GATE_CLOSE_ALL);
    if (!rc && v->restore)
        rc = -EBUSY;
    if (!rc) {
        if (atomic_load(&v->order) < r->mark.restore_order)
            atomic_store(&v->order, r->mark.restore_order);
        volume_special(v, SPECIAL_FROZEN, 0);
        show(v, s);
    }
    gate_open(&v->gate);
    pthread_mutex_unlock(&v->change_lock);
    if (rc) {
        replsvc_backend_set_error("%s: what is still to be restored from it is lost or damaged",
                                  volume_id(r->target));
        restore_free(s);
    }
    return rc;
}

void restore_leave(struct replica *r)
{
    struct volume *v = r->source;
    if (!atomic_load(&r->restoring))
        return;
    gate_close(&v->gate, GATE_CLOSE_ALL);
    struct restore *s = v->restore;
    pthread_mutex_lock(&r->lock); /* who asks for information looks at todo */
    v->restore = NULL;
    atomic_store(&r->restoring, false);
    pthread_mutex_unlock(&r->lock);
    volume_special(v, 0, SPECIAL_RESTORE);
    gate_open(&v->gate);
    restore_free(s);
}

void restore_get_info(struct replica *r, struct replica_info *info)
{
    pthread_mutex_lock(&r->lock);
    if (atomic_load(&r->restoring)) {
        struct restore *s = r->source->restore;
        info->restore_order = r->mark.restore_order;
        info->bytes_to_restore = map_count(s->todo) << r->shift;
        if (info->bytes_to_restore > info->bytes_total)
            info->bytes_to_restore = info->bytes_total;
        info->map_memory += map_memory_bytes(s->todo);
    }
    pthread_mutex_unlock(&r->lock);
}
