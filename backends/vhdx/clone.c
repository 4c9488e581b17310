/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Sharing data between images by reflink: see clone.h.
 *
 * A range is cut into pieces of one kind, each within one block of either image. A piece that the source
 * holds somewhere in a file is shared with the target's block. If that is not there yet, its first sectors
 * are written, which makes it be there, zero behind them; then the whole piece is put over it. The source's
 * block keeps its place meanwhile, as its stripe is held; the locks of the two images are taken by address,
 * so that clones in both directions at once cannot wait for each other.
 */
#include "vhdx/clone.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "util/alloc.h"
#include "util/id.h"
#include "vhdx/iov.h"
#include "vhdx/parent.h"
#include "vhdx/relink.h"

#define UNIT 4096u /* of what is shared; file systems with larger blocks refuse it, and it is copied */

/* Where the content of a piece lies. */
struct place {
    struct vhdx_file *file; /* NULL: it reads as zeroes */
    uint64_t offset;
    uint64_t length; /* of the run that goes on like that */
};

bool vhdx_can_share(struct vhdx *v)
{
    return v->file->ops->can_share != NULL && v->file->ops->can_share(v->file);
}

/* ---- finding the source's data ---- */

static int locate(struct vhdx *v, uint64_t offset, uint64_t length, struct place *p);

static int locate_below(struct vhdx *v, uint64_t offset, uint64_t length, struct place *p)
{
    if (v->geometry.differencing && v->parent == NULL)
        return VHDX_FAIL(-ENOLINK, "the parent was not opened");
    uint64_t size = v->parent != NULL ? atomic_load(&v->parent->disk_size) : 0;
    if (offset < size)
        return locate(v->parent, offset, vhdx_min(length, size - offset), p);
    *p = (struct place){NULL, 0, length};
    return 0;
}

static int locate_partial(struct vhdx *v, uint64_t block, uint64_t entry, uint64_t offset, uint64_t length,
                          struct place *p)
{
    const struct vhdx_geometry *g = &v->geometry;
    uint64_t sector = UINT64_C(1) << g->sector_shift, in_block = offset & (g->block_size - 1);
    uint32_t first = (uint32_t)(in_block >> g->sector_shift), run;
    uint32_t n = (uint32_t)(((in_block + length + sector - 1) >> g->sector_shift) - first);
    bool here;
    int r = vhdx_bitmap_run(v, block, first, n, &run, &here);
    if (r != 0)
        return r;
    length = vhdx_min(length, ((uint64_t)(first + run) << g->sector_shift) - in_block);
    if (!here)
        return locate_below(v, offset, length, p);
    *p = (struct place){v->file, VHDX_BAT_OFFSET(entry) + in_block, length};
    return 0;
}

/* What is there of one block; the caller holds the stripe of the image at the chain's end, and nobody
 * changes its parents. */
static int locate(struct vhdx *v, uint64_t offset, uint64_t length, struct place *p)
{
    const struct vhdx_geometry *g = &v->geometry;
    uint64_t block = offset >> g->block_shift, in_block = offset & (g->block_size - 1), entry;
    length = vhdx_min(length, g->block_size - in_block);
    int r = vhdx_bat_get(v, vhdx_bat_index(g, block), &entry);
    if (r != 0)
        return r;
    switch (VHDX_BAT_STATE(entry)) {
    case VHDX_BLOCK_FULLY_PRESENT:
        *p = (struct place){v->file, VHDX_BAT_OFFSET(entry) + in_block, length};
        return 0;
    case VHDX_BLOCK_PARTIALLY_PRESENT:
        return locate_partial(v, block, entry, offset, length, p);
    case VHDX_BLOCK_NOT_PRESENT:
        return locate_below(v, offset, length, p);
    default:
        *p = (struct place){NULL, 0, length};
        return 0;
    }
}

/* ---- a piece ---- */

struct clone {
    struct vhdx *source, *target;
    uint8_t *buffer; /* VHDX_MIB bytes */
};

static int copy_piece(struct clone *c, uint64_t from, uint64_t to, uint64_t length)
{
    int r = 0;
    while (length > 0 && r == 0) {
        struct iovec iov = {c->buffer, (size_t)vhdx_min(length, VHDX_MIB)};
        r = vhdx_preadv(c->source, &iov, 1, from);
        if (r == 0)
            r = vhdx_pwritev(c->target, &iov, 1, to);
        from += iov.iov_len;
        to += iov.iov_len;
        length -= iov.iov_len;
    }
    return r;
}

/* Makes the target's block be there; *there: it is, all of it. Both stripes are held. */
static int provide_block(struct clone *c, const struct place *p, uint64_t to, bool *there, uint64_t *at)
{
    struct vhdx *t = c->target;
    uint64_t block = to >> t->geometry.block_shift, in_block = to & (t->geometry.block_size - 1), entry;
    int r = vhdx_bat_get(t, vhdx_bat_index(&t->geometry, block), &entry);
    if (r == 0 && VHDX_BAT_STATE(entry) != VHDX_BLOCK_FULLY_PRESENT && !t->geometry.differencing) {
        struct iovec iov = {c->buffer, UNIT};
        struct vhdx_iov_walk w = {&iov, 1, 0, false};
        r = vhdx_file_read(p->file, c->buffer, UNIT, p->offset);
        if (r == 0)
            r = vhdx_write_locked(t, &w, block, in_block, UNIT);
        if (r == 0)
            r = vhdx_bat_get(t, vhdx_bat_index(&t->geometry, block), &entry);
    }
    if (r == 0)
        r = vhdx_session_begin(t, VHDX_SESSION_WRITES);
    *there = r == 0 && VHDX_BAT_STATE(entry) == VHDX_BLOCK_FULLY_PRESENT;
    *at = VHDX_BAT_OFFSET(entry) + in_block;
    return r;
}

/* One piece whose content lies in a file; *shared: it is done. Both stripes are held. */
static int share_piece(struct clone *c, const struct place *p, uint64_t to, bool *shared)
{
    uint64_t at, size;
    bool there;
    *shared = false;
    if (p->file->ops != c->target->file->ops || ((p->offset ^ to) & (UNIT - 1)) != 0)
        return 0;
    int r = p->file->ops->size(p->file, &size);
    if (r != 0 || p->offset + p->length > size) /* some writers cut the last block of the disk short */
        return 0;
    r = provide_block(c, p, to, &there, &at);
    if (r != 0 || !there)
        return r;
    r = p->file->ops->share(p->file, p->offset, c->target->file, at, p->length);
    *shared = r == 0;
    /* What the file system does not share is copied; only that it cannot be written is an error. */
    return r == 0 || r == -EINVAL || r == -EOPNOTSUPP || r == -EXDEV
               ? 0
               : VHDX_FAIL(r, "payload at offset %" PRIu64 " cannot be shared", at);
}

static void lock_both(struct clone *c, uint64_t from, uint64_t to, bool lock)
{
    pthread_rwlock_t *a = vhdx_stripe(c->source, from >> c->source->geometry.block_shift);
    pthread_rwlock_t *b = vhdx_stripe(c->target, to >> c->target->geometry.block_shift);
    if (!lock) {
        pthread_rwlock_unlock(a);
        pthread_rwlock_unlock(b);
    } else if ((uintptr_t)c->source < (uintptr_t)c->target) {
        pthread_rwlock_rdlock(a);
        pthread_rwlock_wrlock(b);
    } else {
        pthread_rwlock_wrlock(b);
        pthread_rwlock_rdlock(a);
    }
}

/* The first piece of the range; *done: its length. */
static int clone_piece(struct clone *c, uint64_t from, uint64_t to, uint64_t length, uint64_t *done)
{
    const struct vhdx_geometry *g = &c->target->geometry;
    struct place p;
    bool shared = false;
    length = vhdx_min(length, g->block_size - (to & (g->block_size - 1)));
    uint64_t ragged = from & (UNIT - 1) ? UNIT - (from & (UNIT - 1)) : 0;
    if (ragged != 0 || length < UNIT) {
        *done = ragged != 0 ? vhdx_min(length, ragged) : length;
        return copy_piece(c, from, to, *done);
    }
    lock_both(c, from, to, true);
    int r = locate(c->source, from, length, &p);
    *done = p.length;
    if (r == 0 && p.file != NULL) {
        if (p.length >= UNIT)
            p.length -= p.length % UNIT;
        *done = p.length;
        if (p.length >= UNIT)
            r = share_piece(c, &p, to, &shared);
    }
    lock_both(c, from, to, false);
    if (r == 0 && p.file == NULL)
        return vhdx_write_zeroes(c->target, to, *done, true);
    if (r == 0 && !shared)
        r = copy_piece(c, from, to, *done);
    return r == 0 ? vhdx_log_maintain(c->target) : r;
}

static int check_clone(struct vhdx *source, uint64_t from, struct vhdx *target, uint64_t to, uint64_t length)
{
    uint64_t has = atomic_load(&source->disk_size), room = atomic_load(&target->disk_size);
    if (!target->writable)
        return VHDX_FAIL(-EROFS, "%s is open for reading", target->path);
    if (length > has || from > has - length || length > room || to > room - length)
        return VHDX_FAIL(-EINVAL, "%" PRIu64 " bytes from %" PRIu64 " to %" PRIu64 " are not on both disks",
                         length, from, to);
    if (((from ^ to) & (UNIT - 1)) != 0)
        return VHDX_FAIL(-EINVAL, "%" PRIu64 " and %" PRIu64 " lie differently in the file system's blocks",
                         from, to);
    if (source == target || source->file->ops != target->file->ops || !vhdx_can_share(target))
        return -EOPNOTSUPP;
    return source->file->ops->same_system(source->file, target->file) ? 0 : -EXDEV;
}

int vhdx_clone_range(struct vhdx *source, uint64_t from, struct vhdx *target, uint64_t to, uint64_t length)
{
    struct clone c = {source, target, NULL};
    int r = check_clone(source, from, target, to, length);
    if (r == 0 && (c.buffer = mem_alloc(VHDX_MIB)) == NULL)
        r = -ENOMEM;
    while (length > 0 && r == 0) {
        uint64_t done;
        r = clone_piece(&c, from, to, length, &done);
        from += done;
        to += done;
        length -= done;
    }
    mem_free(c.buffer);
    return r;
}

/* ---- a whole file ---- */

/* What the copy must say of itself: nothing left in its log, its own GUIDs, paths that fit its folder. */
static int make_own(struct vhdx *v, struct vhdx_file *f, const char *path)
{
    struct vhdx_open_options o = {.writable = true, .no_parent = true};
    struct vhdx_locator l;
    struct vhdx *copy;
    int r = vhdx_open_file(v->store, f, path, &o, NULL, &copy);
    if (r != 0)
        return r;
    r = vhdx_session_begin(copy, VHDX_SESSION_LOG); /* new GUIDs, a log that is its own */
    if (r == 0 && copy->metadata.has_parent && v->parent != NULL &&
        (r = vhdx_parent_locator(copy, &l)) == 0) {
        copy->parent = v->parent;
        r = vhdx_locator_refresh(copy, &l);
        if (r == 0)
            r = vhdx_locator_store(copy, &l);
        copy->parent = NULL;
        vhdx_locator_free(&l);
    }
    int closed = vhdx_close(copy);
    return r != 0 ? r : closed;
}

static int copy_file(struct vhdx *v, const char *temporary)
{
    struct vhdx_file *f;
    int r = v->store->ops->open(v->store, temporary, VHDX_FILE_WRITE | VHDX_FILE_CREATE, &f);
    if (r != 0)
        return r;
    for (int i = 0; i < VHDX_STRIPES; i++)
        pthread_rwlock_wrlock(&v->stripes[i]);
    r = v->writable ? vhdx_log_drain(v) : 0;
    if (r == 0)
        r = f->ops->truncate(f, atomic_load(&v->file_size));
    if (r == 0)
        r = v->file->ops->share(v->file, 0, f, 0, 0);
    for (int i = VHDX_STRIPES - 1; i >= 0; i--)
        pthread_rwlock_unlock(&v->stripes[i]);
    if (r == 0)
        return make_own(v, f, temporary); /* closes it */
    f->ops->close(f);
    return r;
}

int vhdx_native_snapshot(struct vhdx *v, const char *path)
{
    char uuid[UUID_TEXT_SIZE], *temporary = mem_alloc(strlen(path) + sizeof(uuid) + 8);
    int r = temporary != NULL ? uuid_new(uuid) : -ENOMEM;
    if (r == 0 && !vhdx_can_share(v))
        r = -EOPNOTSUPP;
    if (r == 0) {
        snprintf(temporary, strlen(path) + sizeof(uuid) + 8, "%s.%.8s.tmp", path, uuid);
        r = copy_file(v, temporary);
        if (r == 0)
            r = v->store->ops->publish(v->store, temporary, path);
        if (r != 0) {
            (void)v->store->ops->unlink(v->store, temporary);
            r = r == -EEXIST ? VHDX_FAIL(r, "%s is there already", path)
                             : VHDX_FAIL(r, "%s cannot be made", path);
        }
    }
    mem_free(temporary);
    return r;
}
