/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A repair is a session that changes no content: opening replays the log, the header update makes both
 * headers good, region tables and BAT entries are written through the log like any other change. The
 * DataWriteGuid stays, so that children still fit.
 */
#include "vhdx/check_repair.h"

#include "vhdx/parent.h"
#include "vhdx/resize.h"

uint64_t vhdx_repaired_entry(const struct vhdx *v, uint64_t index, uint64_t entry)
{
    const struct vhdx_geometry *g = &v->geometry;
    if (vhdx_bat_is_bitmap(g, index))
        return g->differencing ? entry : 0;
    switch (VHDX_BAT_STATE(entry)) {
    case VHDX_BLOCK_NOT_PRESENT:
    case VHDX_BLOCK_ZERO:
        return VHDX_BAT_STATE(entry);
    case VHDX_BLOCK_PARTIALLY_PRESENT:
        return g->differencing ? entry : VHDX_BAT_OFFSET(entry) | VHDX_BLOCK_FULLY_PRESENT;
    default:
        return entry;
    }
}

static int repair_bat(struct vhdx *v)
{
    int r = 0;
    for (uint64_t index = 0; index < v->geometry.bat_entries && r == 0; index++) {
        uint64_t entry;
        r = vhdx_pages_read64(&v->pages, vhdx_bat_entry_at(v, index), &entry);
        if (r != 0 || vhdx_repaired_entry(v, index, entry) == entry)
            continue;
        r = vhdx_bat_set(v, index, vhdx_repaired_entry(v, index, entry));
        if (r == 0)
            r = vhdx_log_maintain(v);
    }
    return r;
}

int vhdx_repair(struct vhdx_store *store, const char *path, const char *const *roots, size_t n_roots)
{
    struct vhdx_open_options o = {.writable = true, .no_parent = true, .roots = roots, .n_roots = n_roots};
    struct vhdx *v;
    int r = vhdx_open(store, path, &o, &v);
    if (r != 0)
        return r;
    v->keeps_content = true;
    if (v->metadata.has_parent)
        (void)vhdx_parent_open(v, &o, 0); /* if it is there, a locator that misses it is mended */
    r = vhdx_session_begin(v, VHDX_SESSION_LOG);
    if (r == 0)
        r = vhdx_regions_rewrite(v);
    if (r == 0)
        r = repair_bat(v);
    int closed = vhdx_close(v);
    return r != 0 ? r : closed;
}
