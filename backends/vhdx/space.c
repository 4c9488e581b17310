/* SPDX-License-Identifier: BSD-2-Clause */
/* Allocation of space in the file: see space.h. */
#include "vhdx/space.h"

#include <inttypes.h>

#include "util/alloc.h"
#include "vhdx/image.h"

#define MIB(bytes) ((bytes) / VHDX_MIB)
#define MAX_PENDING 65536u
#define REFILL MIB(UINT64_C(64) << 20)  /* zeroed at once */
#define GROW (UINT64_C(32) << 20)       /* the file grows by so much at a time */
#define SEARCH_GAPS (UINT64_C(1) << 40) /* files up to this length are searched for gaps */

void vhdx_space_destroy(struct vhdx *v)
{
    struct vhdx_space *s = &v->space;
    vhdx_mbmap_destroy(&s->clean);
    vhdx_mbmap_destroy(&s->zeroed);
    vhdx_mbmap_destroy(&s->flushing);
    vhdx_mbmap_destroy(&s->dirty);
    mem_free(s->pending);
    pthread_mutex_destroy(&s->lock);
}

/* What nobody claims, once everybody has claimed. */
static int find_gaps(struct vhdx *v)
{
    struct vhdx_space *s = &v->space;
    uint64_t end = atomic_load(&s->used_end);
    int r = 0;
    if (end > SEARCH_GAPS || !vhdx_bat_all_seen(v))
        return 0;
    pthread_mutex_lock(&s->lock);
    pthread_mutex_lock(&v->bat.lock);
    for (uint64_t at = 0; at < end && r == 0; at += VHDX_MIB) {
        if (!vhdx_mbmap_any(&v->bat.claimed, MIB(at), 1) && !vhdx_regions_overlap(&v->regions, at, VHDX_MIB))
            r = vhdx_mbmap_set(&s->dirty, MIB(at), 1);
    }
    for (uint64_t at = vhdx_mbmap_next(&s->dirty, 0); at != UINT64_MAX && r == 0;
         at = vhdx_mbmap_next(&s->dirty, at + 1))
        r = vhdx_mbmap_set(&v->bat.claimed, at, 1);
    pthread_mutex_unlock(&v->bat.lock);
    pthread_mutex_unlock(&s->lock);
    return r;
}

/* Where the last block of the disk ends; 0: it is not there. */
static int last_block_end(struct vhdx *v, uint64_t *end)
{
    uint64_t entry, index = vhdx_bat_index(&v->geometry, v->geometry.blocks - 1);
    int r = vhdx_bat_get(v, index, &entry);
    if (r == 0)
        *end = vhdx_bat_length(v, index, entry) != 0 ? VHDX_BAT_OFFSET(entry) + v->geometry.block_size : 0;
    return r;
}

int vhdx_space_start(struct vhdx *v)
{
    uint64_t end, last;
    int r = last_block_end(v, &last);
    if (r != 0)
        return r;
    end = vhdx_round_up(atomic_load(&v->file_size), VHDX_MIB);
    atomic_store(&v->space.used_end, last > end ? last : end);
    return find_gaps(v);
}

int vhdx_space_complete(struct vhdx *v)
{
    uint64_t end;
    int r = last_block_end(v, &end);
    if (r != 0 || end <= atomic_load(&v->file_size))
        return r;
    r = v->file->ops->truncate(v->file, end);
    if (r != 0)
        return VHDX_FAIL(r, "%s: the file cannot grow to %" PRIu64 " bytes", v->path, end);
    atomic_store(&v->file_size, end);
    return 0;
}

/* Under the lock. */
static int make_longer(struct vhdx *v, uint64_t needed)
{
    uint64_t size = atomic_load(&v->file_size);
    if (needed <= size)
        return 0;
    if (needed > VHDX_MAX_FILE_SIZE)
        return -EFBIG;
    uint64_t wanted = vhdx_min(
        vhdx_round_up(needed, VHDX_MIB) + vhdx_min(GROW, size / 8 / VHDX_MIB * VHDX_MIB), VHDX_MAX_FILE_SIZE);
    int r = v->file->ops->truncate(v->file, wanted);
    if (r != 0) {
        wanted = needed;
        r = v->file->ops->truncate(v->file, wanted);
    }
    if (r == 0)
        atomic_store(&v->file_size, wanted);
    return r;
}

static int take_from_end(struct vhdx *v, uint64_t length, uint64_t *offset)
{
    struct vhdx_space *s = &v->space;
    uint64_t at = atomic_load(&s->used_end);
    int r = make_longer(v, at + length);
    if (r != 0)
        return VHDX_FAIL(r, "%s: the file cannot grow to %" PRIu64 " bytes", v->path, at + length);
    pthread_mutex_lock(&v->bat.lock);
    r = vhdx_mbmap_set(&v->bat.claimed, MIB(at), MIB(length));
    pthread_mutex_unlock(&v->bat.lock);
    if (r != 0)
        return r;
    atomic_store(&s->used_end, at + length);
    *offset = at;
    return 0;
}

static bool take_clean(struct vhdx_space *s, uint64_t length, uint64_t *offset)
{
    uint64_t first = vhdx_mbmap_find(&s->clean, MIB(length));
    if (first == UINT64_MAX)
        return false;
    vhdx_mbmap_clear(&s->clean, first, MIB(length));
    *offset = first * VHDX_MIB;
    return true;
}

/* Zeroes up to `most` MiB of the dirty pool; cheaply: not by writing. Enters and leaves with the lock. */
static int zero_dirty(struct vhdx *v, uint64_t most, bool cheaply)
{
    struct vhdx_space *s = &v->space;
    int r = 0;
    while (most > 0 && r == 0 && s->dirty.count > 0) {
        uint64_t first = vhdx_mbmap_next(&s->dirty, 0);
        uint64_t n = vhdx_mbmap_run(&s->dirty, first, most);
        vhdx_mbmap_clear(&s->dirty, first, n); /* ours, while the lock is open */
        pthread_mutex_unlock(&s->lock);
        uint64_t at = first * VHDX_MIB, size = atomic_load(&v->file_size);
        uint64_t length = at < size ? vhdx_min(n * VHDX_MIB, size - at) : 0;
        if (length > 0 && cheaply)
            r = v->file->ops->zero(v->file, at, length, false);
        else
            r = vhdx_file_zero(v->file, at, length, false);
        pthread_mutex_lock(&s->lock);
        (void)vhdx_mbmap_set(r == 0 ? &s->zeroed : &s->dirty, first,
                             n); /* without memory it is lost: a gap */
        most -= n;
    }
    return r;
}

/* Makes freed space clean and takes of it. Enters and leaves with the lock. */
static bool take_freed(struct vhdx *v, uint64_t length, uint64_t *offset)
{
    struct vhdx_space *s = &v->space;
    int r = zero_dirty(v, REFILL, false);
    pthread_mutex_unlock(&s->lock);
    if (r == 0)
        r = vhdx_sync(v);
    pthread_mutex_lock(&s->lock);
    return r == 0 && take_clean(s, length, offset);
}

int vhdx_space_allocate(struct vhdx *v, uint64_t length, uint64_t *offset)
{
    struct vhdx_space *s = &v->space;
    int r = 0;
    pthread_mutex_lock(&s->lock);
    bool found = take_clean(s, length, offset);
    uint64_t waiting = s->dirty.count + s->zeroed.count;
    if (!found && waiting >= REFILL / 2 && waiting >= MIB(length))
        found = take_freed(v, length, offset);
    if (!found)
        r = take_from_end(v, length, offset);
    if (r != 0 && waiting >= MIB(length) && take_freed(v, length, offset))
        r = 0;
    pthread_mutex_unlock(&s->lock);
    return r;
}

int vhdx_space_allocate_run(struct vhdx *v, uint64_t length, uint64_t *offset)
{
    struct vhdx_space *s = &v->space;
    int r = 0;
    pthread_mutex_lock(&s->lock);
    if (!take_clean(s, length, offset)) {
        bool others = s->clean.count + s->dirty.count + s->zeroed.count > 0;
        r = others ? -EAGAIN : take_from_end(v, length, offset);
    }
    pthread_mutex_unlock(&s->lock);
    return r;
}

void vhdx_space_return(struct vhdx *v, uint64_t offset, uint64_t length)
{
    pthread_mutex_lock(&v->space.lock);
    (void)vhdx_mbmap_set(&v->space.dirty, MIB(offset), MIB(length));
    pthread_mutex_unlock(&v->space.lock);
}

int vhdx_space_free(struct vhdx *v, uint64_t offset, uint64_t length)
{
    struct vhdx_space *s = &v->space;
    uint64_t sequence = vhdx_log_written_sequence(v), mark = vhdx_transit_mark(&v->transit);
    pthread_mutex_lock(&s->lock);
    bool full = s->n_pending == MAX_PENDING;
    pthread_mutex_unlock(&s->lock);
    if (full) {
        int r = vhdx_sync(v);
        if (r != 0)
            return r;
    }
    pthread_mutex_lock(&s->lock);
    if (s->n_pending == s->pending_room) {
        size_t more = s->pending_room == 0 ? 64 : s->pending_room * 2;
        struct vhdx_freed *p = mem_grow(s->pending, more, sizeof(*p));
        if (p != NULL) {
            s->pending = p;
            s->pending_room = more;
        }
    }
    if (s->n_pending < s->pending_room) /* without memory it is lost: a gap */
        s->pending[s->n_pending++] = (struct vhdx_freed){MIB(offset), MIB(length), sequence, mark};
    pthread_mutex_unlock(&s->lock);
    return 0;
}

static void move_all(struct vhdx_mbmap *from, struct vhdx_mbmap *to)
{
    while (from->count > 0) {
        uint64_t first = vhdx_mbmap_next(from, 0);
        uint64_t n = vhdx_mbmap_run(from, first, UINT32_MAX);
        vhdx_mbmap_clear(from, first, n);
        (void)vhdx_mbmap_set(to, first, n);
    }
}

void vhdx_space_before_sync(struct vhdx *v)
{
    struct vhdx_space *s = &v->space;
    pthread_mutex_lock(&s->lock);
    move_all(&s->zeroed, &s->flushing);
    pthread_mutex_unlock(&s->lock);
}

void vhdx_space_after_sync(struct vhdx *v, uint64_t durable_sequence)
{
    struct vhdx_space *s = &v->space;
    pthread_mutex_lock(&s->lock);
    move_all(&s->flushing, &s->clean);
    size_t kept = 0;
    for (size_t i = 0; i < s->n_pending; i++) {
        if (s->pending[i].sequence > durable_sequence ||
            !vhdx_transit_passed(&v->transit, s->pending[i].mark))
            s->pending[kept++] = s->pending[i];
        else
            (void)vhdx_mbmap_set(&s->dirty, s->pending[i].first, s->pending[i].n);
    }
    s->n_pending = kept;
    pthread_mutex_unlock(&s->lock);
}

void vhdx_space_trim(struct vhdx *v)
{
    pthread_mutex_lock(&v->space.lock);
    if (v->space.dirty.count > 0)
        (void)zero_dirty(v, UINT64_MAX, true); /* an error leaves it as it was */
    pthread_mutex_unlock(&v->space.lock);
}

uint64_t vhdx_space_end(struct vhdx *v)
{
    struct vhdx_space *s = &v->space;
    pthread_mutex_lock(&s->lock);
    uint64_t end = atomic_load(&s->used_end);
    struct vhdx_mbmap *pools[] = {&s->clean, &s->zeroed, &s->dirty};
    for (bool found = true; found && end > VHDX_MIB;) {
        found = false;
        for (size_t i = 0; i < sizeof(pools) / sizeof(pools[0]) && !found; i++)
            found = vhdx_mbmap_any(pools[i], MIB(end) - 1, 1);
        end -= found ? VHDX_MIB : 0;
    }
    pthread_mutex_unlock(&s->lock);
    return end;
}
