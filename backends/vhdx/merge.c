/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Merging a child into an ancestor, the base: of everything that the child and the images between have, the
 * uppermost is written to the base, once. The base's content changes, and with it its DataWriteGuid, by which
 * the image above it knows it. So that one's locator first gets, as second linkage, the GUID that the base
 * will have; only then the base is written, beginning with that GUID. Whatever is in the base already is what
 * the child shows anyway: at every moment the child opens and reads the same.
 *
 * Other children of the base, and of the images between, would show something else; so none may be there.
 */
#include "vhdx/merge.h"

#include <inttypes.h>

#include "util/alloc.h"
#include "vhdx/dependents.h"
#include "vhdx/parent.h"
#include "vhdx/relink.h"
#include "vhdx/resize.h"

#define STEP (1u << 20)

struct merge {
    const struct vhdx_merge_options *options;
    struct vhdx_store *store;
    struct vhdx *chain[VHDX_MAX_DEPTH + 1]; /* 0: the child; base: what it is merged into */
    size_t n;                               /* opened */
    size_t base;
    struct vhdx_locator locator; /* of chain[base - 1] */
    uint8_t *buffer;
};

/* ---- the data ---- */

static int copy_range(struct merge *m, uint64_t offset, uint64_t length)
{
    int r = 0;
    while (length > 0 && r == 0) {
        struct iovec iov = {m->buffer, (size_t)vhdx_min(length, STEP)};
        r = vhdx_preadv(m->chain[0], &iov, 1, offset);
        if (r == 0)
            r = vhdx_pwritev(m->chain[m->base], &iov, 1, offset);
        offset += iov.iov_len;
        length -= iov.iov_len;
    }
    return r;
}

static int merge_range(struct merge *m, size_t level, uint64_t offset, uint64_t length);

/* What an image does not have is a matter of the one below; the base has its own. */
static int merge_below(struct merge *m, size_t level, uint64_t offset, uint64_t length)
{
    return level + 1 == m->base ? 0 : merge_range(m, level + 1, offset, length);
}

static int merge_partial(struct merge *m, size_t level, uint64_t block, uint64_t offset, uint64_t length)
{
    const struct vhdx_geometry *g = &m->chain[level]->geometry;
    int r = 0;
    while (length > 0 && r == 0) {
        uint64_t in_block = offset & (g->block_size - 1);
        uint32_t first = (uint32_t)(in_block >> g->sector_shift);
        uint32_t n = (uint32_t)((length + (UINT64_C(1) << g->sector_shift) - 1) >> g->sector_shift), run;
        bool here;
        r = vhdx_bitmap_run(m->chain[level], block, first, n, &run, &here);
        if (r != 0)
            break;
        uint64_t step = vhdx_min(length, (uint64_t)run << g->sector_shift);
        r = here ? copy_range(m, offset, step) : merge_below(m, level, offset, step);
        offset += step;
        length -= step;
    }
    return r;
}

static int merge_piece(struct merge *m, size_t level, uint64_t block, uint64_t offset, uint64_t length)
{
    uint64_t entry;
    int r = vhdx_bat_get(m->chain[level], vhdx_bat_index(&m->chain[level]->geometry, block), &entry);
    if (r != 0)
        return r;
    switch (VHDX_BAT_STATE(entry)) {
    case VHDX_BLOCK_NOT_PRESENT:
        return merge_below(m, level, offset, length);
    case VHDX_BLOCK_FULLY_PRESENT:
        return copy_range(m, offset, length);
    case VHDX_BLOCK_PARTIALLY_PRESENT:
        return merge_partial(m, level, block, offset, length);
    default:
        return vhdx_write_zeroes(m->chain[m->base], offset, length, true);
    }
}

static int merge_range(struct merge *m, size_t level, uint64_t offset, uint64_t length)
{
    const struct vhdx_geometry *g = &m->chain[level]->geometry;
    uint64_t there = offset < g->virtual_size ? vhdx_min(length, g->virtual_size - offset) : 0;
    int r = 0;
    for (uint64_t done = 0; done < there && r == 0;) {
        uint64_t at = offset + done, block = at >> g->block_shift;
        uint64_t step = vhdx_min(there - done, ((block + 1) << g->block_shift) - at);
        r = merge_piece(m, level, block, at, step);
        done += step;
    }
    /* Behind the end of an image its child reads zeroes, whatever lies below. */
    if (r == 0 && there < length)
        r = vhdx_write_zeroes(m->chain[m->base], offset + there, length - there, true);
    return r;
}

static int merge_data(struct merge *m)
{
    struct vhdx *base = m->chain[m->base];
    uint64_t size = m->chain[0]->geometry.virtual_size;
    int r = 0;
    if (size > base->geometry.virtual_size)
        r = vhdx_resize(base, size);
    if (r == 0)
        r = merge_range(m, 0, 0, size);
    if (r == 0 && size < base->geometry.virtual_size)
        r = vhdx_resize(base, size);
    return r == 0 ? vhdx_flush(base) : r;
}

/* ---- the chain ---- */

/* Which ancestor is meant, by a look at the whole chain. */
static int find_base(struct merge *m, const char *path)
{
    struct vhdx_open_options o = {.roots = m->options->roots, .n_roots = m->options->n_roots};
    struct vhdx *v, *into = NULL;
    char wanted[64] = "", found[64];
    int r = vhdx_open(m->store, path, &o, &v);
    if (r != 0)
        return r;
    if (m->options->into != NULL) {
        o.unlocked = o.no_parent = true;
        r = vhdx_open(m->store, m->options->into, &o, &into);
        if (r == 0) {
            into->file->ops->identity(into->file, wanted, sizeof(wanted));
            vhdx_close(into);
        }
    }
    size_t level = 0;
    for (const struct vhdx *at = v->parent; at != NULL && r == 0 && m->base == 0; at = at->parent) {
        level++;
        at->file->ops->identity(at->file, found, sizeof(found));
        if (m->options->into != NULL ? strcmp(found, wanted) == 0 : !m->options->all || at->parent == NULL)
            m->base = level;
    }
    if (r == 0 && level == 0)
        r = VHDX_FAIL(-EINVAL, "%s has no parent", path);
    else if (r == 0 && m->base == 0)
        r = VHDX_FAIL(-EINVAL, "%s is no ancestor of %s", m->options->into, path);
    vhdx_close(v);
    return r;
}

/* The base and the image above it for writing, the others so that nobody changes them. */
static int open_chain(struct merge *m, const char *path)
{
    struct vhdx_open_options o = {.writable = m->base == 1,
                                  .no_parent = true,
                                  .roots = m->options->roots,
                                  .n_roots = m->options->n_roots};
    int r = vhdx_open(m->store, path, &o, &m->chain[0]);
    m->n = r == 0;
    while (r == 0 && m->n <= m->base) {
        struct vhdx *above = m->chain[m->n - 1];
        unsigned how =
            (m->n + 1 >= m->base ? VHDX_PARENT_WRITABLE : 0) | (m->n < m->base ? VHDX_PARENT_ALONE : 0);
        if (!above->metadata.has_parent)
            return VHDX_FAIL(-ESTALE, "%s has no parent any more", above->path);
        r = vhdx_parent_open(above, &o, how);
        if (r == 0)
            m->chain[m->n++] = above->parent;
    }
    return r != 0 ? r : vhdx_parent_locator(m->chain[m->base - 1], &m->locator);
}

/* The base first: what names it is right as long as it is there. */
static int close_chain(struct merge *m)
{
    int r = 0;
    for (size_t i = 0; i + 1 < m->n; i++)
        m->chain[i]->parent = NULL;
    for (size_t i = m->n; i > 0; i--) {
        int closed = vhdx_close(m->chain[i - 1]);
        r = r != 0 ? r : closed;
    }
    m->n = 0;
    return r;
}

static int refuse_others(struct merge *m)
{
    if (m->options->ignore_others)
        return 0;
    return vhdx_dependents_refuse(m->store, m->chain, m->n, m->options->remove ? 0 : 1, m->options->roots,
                                  m->options->n_roots);
}

/* ---- */

static int merge(struct merge *m)
{
    struct vhdx *base = m->chain[m->base], *above = m->chain[m->base - 1];
    above->keeps_content = true;
    m->locator.linkage = base->header.data_write;
    int r = vhdx_guid_new(&m->locator.linkage2);
    if (r == 0 && atomic_exchange(&above->stale_paths, false))
        r = vhdx_locator_refresh(above, &m->locator);
    if (r == 0)
        r = vhdx_locator_store(above, &m->locator);
    base->next_data_guid = m->locator.linkage2;
    if (r == 0)
        r = merge_data(m);
    /* What the base is called now, for those who look at the first linkage only. */
    m->locator.linkage = base->header.data_write;
    memset(&m->locator.linkage2, 0, sizeof(m->locator.linkage2));
    return r == 0 ? vhdx_locator_store(above, &m->locator) : r;
}

/* From the top, so that no child is ever left without its parent. */
static int remove_images(struct vhdx_store *store, char *const paths[], size_t n)
{
    int r = 0;
    for (size_t i = 0; i < n && r == 0; i++) {
        r = store->ops->unlink(store, paths[i]);
        if (r != 0)
            r = VHDX_FAIL(r, "%s cannot be removed", paths[i]);
    }
    return r;
}

static int check_and_merge(struct merge *m, char *paths[])
{
    int r = 0;
    for (size_t i = 0; i < m->base && r == 0; i++) {
        paths[i] = mem_strdup(m->chain[i]->path);
        r = paths[i] != NULL ? 0 : -ENOMEM;
    }
    if (r == 0)
        r = refuse_others(m);
    if (r == 0)
        r = merge(m);
    return r;
}

int vhdx_merge(struct vhdx_store *store, const char *child, const struct vhdx_merge_options *options)
{
    struct merge *m = mem_zalloc(sizeof(*m));
    uint8_t *buffer = mem_alloc(STEP);
    char **paths = mem_array(VHDX_MAX_DEPTH + 1, sizeof(*paths));
    int r = m != NULL && buffer != NULL && paths != NULL ? 0 : -ENOMEM;
    if (r == 0) {
        m->options = options;
        m->store = store;
        m->buffer = buffer;
        r = find_base(m, child);
        if (r == 0)
            r = open_chain(m, child);
        if (r == 0)
            r = check_and_merge(m, paths);
        int closed = close_chain(m);
        r = r != 0 ? r : closed;
        if (r == 0 && options->remove)
            r = remove_images(store, paths, m->base);
        vhdx_locator_free(&m->locator);
        for (size_t i = 0; i < m->base; i++)
            mem_free(paths[i]);
    }
    mem_free(paths);
    mem_free(buffer);
    mem_free(m);
    return r;
}
