/* SPDX-License-Identifier: BSD-2-Clause */
/* Writing a parent locator anew: see relink.h. */
#include "vhdx/relink.h"

#include <inttypes.h>

#include "util/alloc.h"
#include "vhdx/parent.h"

#define MAX_PAGES 40 /* of the longest locator, and the table entry's */

/* The pages of one change, pinned. */
struct edit {
    struct vhdx_page *pages[MAX_PAGES];
    unsigned n;
};

static int take_pages(struct vhdx *v, struct edit *e, uint64_t at, uint64_t length)
{
    int r = 0;
    for (uint64_t page = at / VHDX_PAGE; page <= (at + length - 1) / VHDX_PAGE && r == 0; page++) {
        bool taken = e->n > 0 && e->pages[e->n - 1]->offset == page * VHDX_PAGE;
        if (taken)
            continue;
        if (e->n == MAX_PAGES)
            return -ENAMETOOLONG;
        r = vhdx_page_get(&v->pages, page * VHDX_PAGE, &e->pages[e->n]);
        e->n += r == 0;
    }
    return r;
}

static void write_pages(struct vhdx *v, struct edit *e, uint64_t at, const uint8_t *data, uint64_t length)
{
    for (unsigned i = 0; i < e->n; i++) {
        uint64_t from = e->pages[i]->offset > at ? e->pages[i]->offset : at;
        uint64_t end = vhdx_min(e->pages[i]->offset + VHDX_PAGE, at + length);
        if (from < end)
            vhdx_page_write(&v->pages, e->pages[i], from - e->pages[i]->offset, data + (from - at),
                            end - from);
    }
}

/* In its place if it fits there, else behind all other items; table entry and item change at once. */
static int log_locator(struct vhdx *v, const uint8_t *item, uint32_t length)
{
    struct vhdx_metadata *m = &v->metadata;
    struct edit e = {.n = 0};
    uint64_t at = length <= m->locator_length ? m->locator_at : m->items_end;
    uint8_t place[8];
    if (at + length > v->regions.metadata.offset + v->regions.metadata.length)
        return VHDX_FAIL(-ENOSPC, "parent locator at offset %" PRIu64 ": no room for %" PRIu32 " bytes",
                         m->locator_at, length);
    vhdx_put32(place, 0, (uint32_t)(at - v->regions.metadata.offset));
    vhdx_put32(place, 4, length);
    int r = take_pages(v, &e, m->locator_entry_at + 16, sizeof(place));
    if (r == 0)
        r = take_pages(v, &e, at, length);
    if (r == 0 && (r = vhdx_log_begin(v, e.n)) == 0) {
        for (unsigned i = 0; i < e.n && r == 0; i++)
            r = vhdx_log_add(v, e.pages[i]);
        if (r != 0) {
            vhdx_log_abandon(v);
        } else {
            write_pages(v, &e, m->locator_entry_at + 16, place, sizeof(place));
            write_pages(v, &e, at, item, length);
            r = vhdx_log_commit(v);
        }
    }
    for (unsigned i = 0; i < e.n; i++)
        vhdx_page_put(&v->pages, e.pages[i]);
    if (r == 0) {
        m->items_end = at == m->items_end ? at + vhdx_round_up(length, 8) : m->items_end;
        m->locator_at = at;
        m->locator_length = length;
    }
    return r;
}

int vhdx_locator_store(struct vhdx *v, const struct vhdx_locator *l)
{
    uint8_t *item = mem_alloc(VHDX_LOCATOR_ROOM);
    int64_t length = item != NULL ? vhdx_locator_encode(l, item, VHDX_LOCATOR_ROOM) : -ENOMEM;
    int r = length < 0 ? (int)length : vhdx_session_begin(v, VHDX_SESSION_LOG);
    if (r == 0)
        r = log_locator(v, item, (uint32_t)length);
    mem_free(item);
    return r == 0 ? vhdx_sync(v) : r;
}

/* ---- paths ---- */

static int refresh_relative(const char *own, const char *parent, struct vhdx_locator *l)
{
    char *relative;
    int r = vhdx_locator_relative(own, parent, &relative);
    if (r != 0)
        return r;
    mem_free(l->relative_path);
    l->relative_path = relative;
    return 0;
}

int vhdx_locator_refresh(struct vhdx *v, struct vhdx_locator *l)
{
    const size_t size = VHDX_LOCATOR_MAX_TEXT;
    char *own = mem_alloc(5 * size);
    if (own == NULL)
        return -ENOMEM;
    char *parent = own + size, *native = own + 2 * size; /* a unit may need three bytes */
    int r = v->store->ops->absolute(v->store, v->path, own, size);
    if (r == 0)
        r = v->store->ops->absolute(v->store, v->parent->path, parent, size);
    if (r == 0)
        r = refresh_relative(own, parent, l);
    if (r == 0 && l->absolute_path != NULL && vhdx_locator_native_path(l->absolute_path, native, 3 * size) &&
        strcmp(native, parent) != 0) {
        char *absolute = mem_strdup(parent);
        if (absolute != NULL) {
            mem_free(l->absolute_path);
            l->absolute_path = absolute;
        }
    }
    mem_free(own);
    return r;
}

int vhdx_relink(struct vhdx *v)
{
    struct vhdx_locator l;
    if (v->parent == NULL || vhdx_parent_locator(v, &l) != 0)
        return 0;
    if (vhdx_locator_refresh(v, &l) == 0)
        (void)vhdx_locator_store(v, &l);
    vhdx_locator_free(&l);
    return atomic_load(&v->error);
}
