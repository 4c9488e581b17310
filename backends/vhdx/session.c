/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The beginning and the end of writing. Before the first byte of payload changes, both headers have this
 * session's FileWriteGuid and a new DataWriteGuid (so that nobody takes the changed content for the old
 * one); before the first metadata page changes, a log has begun and both headers name it. An image whose
 * blocks overlap is never written to.
 */
#include "vhdx/image.h"

#include <inttypes.h>

#include "vhdx/relink.h"

/* A table of ordinary size is seen whole; of a larger one a piece with each allocation. */
#define SEE_AT_ONCE (UINT64_C(16) << 20) / VHDX_PAGE

static int see_bat(struct vhdx *v, uint64_t pages)
{
    int r = 0;
    uint64_t used = vhdx_round_up(v->geometry.bat_entries * 8, VHDX_PAGE) / VHDX_PAGE;
    uint64_t from = atomic_load(&v->bat.scanned), to = from + vhdx_min(pages, used - from);
    for (uint64_t page = from; page < to && r == 0; page++)
        r = vhdx_bat_see(v, page);
    if (r == 0)
        atomic_store(&v->bat.scanned, to);
    return r;
}

bool vhdx_bat_all_seen(struct vhdx *v)
{
    return atomic_load(&v->bat.scanned) * (VHDX_PAGE / 8) >= v->geometry.bat_entries;
}

int vhdx_bat_see_more(struct vhdx *v)
{
    return vhdx_bat_all_seen(v) ? 0 : see_bat(v, 16);
}

static int check_writable(struct vhdx *v)
{
    if (!v->writable)
        return VHDX_FAIL(-EROFS, "%s is open for reading", v->path);
    int r = see_bat(v, SEE_AT_ONCE);
    if (r == 0 && atomic_load(&v->bat.n_bad) > 0) {
        uint64_t entry, index = v->bat.bad[0];
        r = vhdx_bat_get(v, index, &entry);
        r = r != 0 ? r : VHDX_CORRUPT;
    }
    return r;
}

static int write_header(struct vhdx *v, const struct vhdx_header *h)
{
    v->header = *h;
    int r = vhdx_header_update(v->file, &v->header, &v->slot);
    if (r != 0)
        return vhdx_poison(v, r);
    /* Its flushes cover all that was done before. */
    atomic_store(&v->durable_size, atomic_load(&v->file_size));
    return 0;
}

/* The first header of a session, and the one that begins its log, are one if they come at once. */
static int update_header(struct vhdx *v, enum vhdx_session now, enum vhdx_session wanted)
{
    struct vhdx_header h = v->header;
    int r = 0;
    if (!v->file_write_done)
        r = vhdx_guid_new(&h.file_write);
    if (r == 0 && now == VHDX_SESSION_NONE && !v->keeps_content) {
        h.data_write = v->next_data_guid;
        r = vhdx_guid_is_zero(&h.data_write) ? vhdx_guid_new(&h.data_write) : 0;
    }
    if (r == 0 && wanted == VHDX_SESSION_LOG)
        r = vhdx_space_start(v);
    if (r == 0 && wanted == VHDX_SESSION_LOG) {
        h.log_version = 0; /* ours, whatever an unused one was said to be */
        r = vhdx_log_start(v, &h.log);
    }
    if (r == 0)
        r = write_header(v, &h);
    if (r == 0)
        v->file_write_done = true;
    if (r == 0 && now == VHDX_SESSION_NONE)
        r = vhdx_space_complete(v);
    return r;
}

int vhdx_session_begin(struct vhdx *v, enum vhdx_session wanted)
{
    int r = atomic_load_explicit(&v->error, memory_order_relaxed);
    if (r != 0)
        return VHDX_FAIL(r, "%s: an earlier I/O error has ended writing", v->path);
    if (atomic_load_explicit(&v->session, memory_order_acquire) >= (int)wanted)
        return 0;
    pthread_mutex_lock(&v->session_lock);
    enum vhdx_session now = (enum vhdx_session)atomic_load(&v->session);
    if (now < wanted) {
        r = now == VHDX_SESSION_NONE ? check_writable(v) : 0;
        if (r == 0)
            r = update_header(v, now, wanted);
        if (r == 0)
            atomic_store_explicit(&v->session, (int)wanted, memory_order_release);
    }
    pthread_mutex_unlock(&v->session_lock);
    if (r == 0 && wanted == VHDX_SESSION_LOG && atomic_exchange(&v->stale_paths, false))
        r = vhdx_relink(v);
    return r;
}

int vhdx_session_end(struct vhdx *v)
{
    int r = atomic_load(&v->error);
    if (r != 0 || atomic_load(&v->session) != VHDX_SESSION_LOG)
        return r;
    r = vhdx_log_drain(v);
    if (r != 0)
        return r;
    struct vhdx_header h = v->header;
    memset(&h.log, 0, sizeof(h.log));
    r = write_header(v, &h);
    if (r != 0)
        return r;
    vhdx_space_after_sync(v, UINT64_MAX); /* no log any more that could name what was freed */
    uint64_t end = vhdx_space_end(v);
    if (end < atomic_load(&v->file_size))
        (void)v->file->ops->truncate(v->file, end); /* else the file stays longer than it need be */
    vhdx_space_trim(v);
    return 0;
}
