/* SPDX-License-Identifier: BSD-2-Clause */
/* Looking for children: see dependents.h. */
#include "vhdx/dependents.h"

#include "util/alloc.h"
#include "vhdx/locator.h"
#include "vhdx/parent.h"

struct search {
    struct vhdx_store *store;
    struct vhdx *const *chain;
    size_t n, from;
    const char *const *roots;
    size_t n_roots;
};

static void identity(const struct vhdx *v, char text[64])
{
    v->file->ops->identity(v->file, text, 64);
}

static bool same_file(const struct vhdx *a, const struct vhdx *b)
{
    char x[64], y[64];
    identity(a, x);
    identity(b, y);
    return strcmp(x, y) == 0;
}

/* The image of the chain that this one, opened alone, names as its parent; or NULL. */
static const struct vhdx *named_parent(const struct search *s, struct vhdx *child)
{
    struct vhdx_locator l;
    const struct vhdx *found = NULL;
    if (vhdx_parent_locator(child, &l) != 0)
        return NULL; /* not readable by anybody: nothing depends on it */
    for (size_t i = s->from; i < s->n && found == NULL; i++) {
        const struct vhdx_guid *has = &s->chain[i]->header.data_write;
        if (vhdx_guid_equal(has, &l.linkage) ||
            (!vhdx_guid_is_zero(&l.linkage2) && vhdx_guid_equal(has, &l.linkage2)))
            found = s->chain[i];
    }
    vhdx_locator_free(&l);
    return found;
}

static int judge(const struct search *s, struct vhdx *child, const char *path)
{
    struct vhdx_open_options o = {.unlocked = true, .roots = s->roots, .n_roots = s->n_roots};
    for (size_t i = 0; i < s->n; i++)
        if (same_file(s->chain[i], child))
            return 0;
    const struct vhdx *parent = child->metadata.has_parent ? named_parent(s, child) : NULL;
    if (parent == NULL || (vhdx_parent_open(child, &o, 0) == 0 && !same_file(child->parent, parent)))
        return 0;
    return VHDX_FAIL(-EBUSY, "%s is another child of %s, which would break", path, parent->path);
}

static int look(void *user, const char *path)
{
    const struct search *s = user;
    struct vhdx_open_options o = {.unlocked = true, .no_parent = true};
    struct vhdx *child;
    int r = vhdx_open(s->store, path, &o, &child);
    if (r != 0)
        return r == -ENOMEM ? r : 0; /* no image, or none that can be read */
    r = judge(s, child, path);
    vhdx_close(child);
    return r;
}

int vhdx_dependents_refuse(struct vhdx_store *store, struct vhdx *const chain[], size_t n, size_t from,
                           const char *const *roots, size_t n_roots)
{
    struct search s = {store, chain, n, from, roots, n_roots};
    int r = 0;
    for (size_t i = 0; i < n && r == 0; i++)
        r = store->ops->beside(store, chain[i]->path, false, look, &s);
    for (size_t i = 0; i < n_roots && r == 0; i++) {
        if (*roots[i] != '\0') /* the images' own folders were looked at */
            r = store->ops->beside(store, roots[i], true, look, &s);
        r = r == -ENOENT ? 0 : r; /* nothing can lie in a folder that is not there */
    }
    return r;
}
