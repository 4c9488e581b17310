/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Finding and opening the parent of a child. Paths come from the image and are tried in the order relative,
 * volume, absolute; those that only mean something on Windows are left out. When none leads anywhere, a file
 * of the parent's name beside the child is tried, since whole chains get moved here from elsewhere. Each file
 * is opened inside the allowed roots, for reading, under a shared lock (nobody may change a parent while
 * children use it), and must have the identity that the child wrote down. A chain that is too long or comes
 * back to a file that is already in it is refused.
 */
#include "vhdx/parent.h"

#include <inttypes.h>
#include <stdio.h>

#include "util/alloc.h"
#include "util/fail.h"
#include "vhdx/locator.h"

int vhdx_parent_locator(struct vhdx *v, struct vhdx_locator *l)
{
    const struct vhdx_metadata *m = &v->metadata;
    uint8_t *item = mem_alloc(m->locator_length + 1);
    if (item == NULL)
        return -ENOMEM;
    int r = vhdx_file_read(v->file, item, m->locator_length, m->locator_at);
    if (r != 0)
        r = VHDX_FAIL(r, "parent locator at offset %" PRIu64 " cannot be read", m->locator_at);
    else
        r = vhdx_locator_decode(item, m->locator_length, m->locator_at, l);
    mem_free(item);
    return r;
}

static int check_parent(const struct vhdx *v, const struct vhdx_locator *l, const struct vhdx *parent)
{
    const struct vhdx_guid *has = &parent->header.data_write;
    bool zero = vhdx_guid_is_zero(has);
    if (zero || (!vhdx_guid_equal(has, &l->linkage) && !vhdx_guid_equal(has, &l->linkage2)))
        return VHDX_FAIL(-ESTALE,
                         "parent %s: its content is not the one that the child was made of "
                         "(DataWriteGuid differs from the locator at offset %" PRIu64 ")",
                         parent->path, v->metadata.locator_at);
    if (parent->metadata.logical_sector != v->metadata.logical_sector)
        return VHDX_FAIL(VHDX_CORRUPT, "parent %s: sectors of %" PRIu32 " bytes, the child's have %" PRIu32,
                         parent->path, parent->metadata.logical_sector, v->metadata.logical_sector);
    return 0;
}

/* Whether the file is one of those between the chain's beginning and v. */
static bool in_chain(const struct vhdx *v, struct vhdx_file *file)
{
    char new_id[64], old_id[64];
    file->ops->identity(file, new_id, sizeof(new_id));
    for (; v != NULL && *new_id != '\0'; v = v->child) {
        v->file->ops->identity(v->file, old_id, sizeof(old_id));
        if (strcmp(new_id, old_id) == 0)
            return true;
    }
    return false;
}

/* Room for a path on its way; not on the stack, as chains are opened by recursion. */
struct paths {
    char native[VHDX_LOCATOR_MAX_TEXT * 3 + 1];
    char found[VHDX_LOCATOR_MAX_TEXT];
};

static int open_found(struct vhdx *v, const struct vhdx_locator *l, const char *path, struct vhdx_file *file,
                      const struct vhdx_open_options *options, unsigned how)
{
    if (in_chain(v, file)) {
        file->ops->close(file);
        return VHDX_FAIL(-ELOOP, "parent %s: it is its own descendant", path);
    }
    struct vhdx_open_options parent_options = *options;
    parent_options.writable = (how & VHDX_PARENT_WRITABLE) != 0;
    parent_options.no_parent = (how & VHDX_PARENT_ALONE) != 0;
    int r = vhdx_open_file(v->store, file, path, &parent_options, v, &v->parent);
    if (r == 0)
        r = check_parent(v, l, v->parent);
    else
        r = VHDX_FAIL(r, "parent %.200s: %.300s", path, svc_backend_error());
    if (r != 0 && v->parent != NULL) {
        vhdx_close(v->parent);
        v->parent = NULL;
    }
    return r;
}

static int try_path(struct vhdx *v, const struct vhdx_locator *l, const char *windows,
                    const struct vhdx_open_options *options, unsigned how)
{
    struct paths *p = mem_alloc(sizeof(*p));
    struct vhdx_file *file;
    if (p == NULL)
        return -ENOMEM;
    int r = -ENOENT;
    unsigned flags = (how & VHDX_PARENT_WRITABLE ? VHDX_FILE_WRITE
                      : options->unlocked        ? VHDX_FILE_UNLOCKED
                                                 : 0) |
                     (options->direct ? VHDX_FILE_DIRECT : 0);
    if (vhdx_locator_native_path(windows, p->native, sizeof(p->native)))
        r = v->store->ops->open_relative(v->store, v->path, p->native, options->roots, options->n_roots,
                                         flags, &file, p->found, sizeof(p->found));
    if (r == 0)
        r = open_found(v, l, p->found, file, options, how);
    mem_free(p);
    return r;
}

enum { RELATIVE, VOLUME, ABSOLUTE, N_PATHS };

/* Another way than the one that led there: which is not what the paths say any more. */
static bool paths_are_stale(const struct vhdx_locator *l, int found, const char *parent)
{
    struct paths *p;
    if (found != RELATIVE)
        return true;
    if (l->absolute_path == NULL || (p = mem_alloc(sizeof(*p))) == NULL)
        return false;
    bool stale =
        vhdx_locator_native_path(l->absolute_path, p->native, sizeof(p->native)) && strcmp(p->native, parent);
    mem_free(p);
    return stale;
}

/* The last resort: beside the child, by each path's file name. */
static int try_names(struct vhdx *v, const struct vhdx_locator *l, const char *const paths[N_PATHS],
                     const struct vhdx_open_options *options, unsigned how)
{
    int r = -ENOENT;
    for (int i = N_PATHS - 1; i >= 0 && r != 0 && r != -ENOMEM; i--) {
        const char *name = paths[i] != NULL ? vhdx_locator_file_name(paths[i]) : "";
        if (*name != '\0' && strchr(name, ':') == NULL)
            r = try_path(v, l, name, options, how);
    }
    return r;
}

static int fail_parent(struct vhdx *v, const char *named, int r)
{
    if (r == -ENOENT)
        return VHDX_FAIL(r, "parent %.300s, named at offset %" PRIu64 ": no such file", named,
                         v->metadata.locator_at);
    if (r == -EACCES)
        return VHDX_FAIL(r, "parent %.300s, named at offset %" PRIu64 ": outside the allowed folders", named,
                         v->metadata.locator_at);
    return r;
}

static int find_parent(struct vhdx *v, const struct vhdx_locator *l, const struct vhdx_open_options *options,
                       unsigned how)
{
    const char *const paths[N_PATHS] = {l->relative_path, l->volume_path, l->absolute_path};
    const char *named = NULL;
    int first = -ENOENT, r = -ENOENT, found = N_PATHS;
    for (int i = 0; i < N_PATHS && r != 0; i++) {
        if (paths[i] == NULL)
            continue;
        named = named != NULL ? named : paths[i];
        r = try_path(v, l, paths[i], options, how);
        if (r == 0)
            found = i;
        else if (r != -ENOENT && first == -ENOENT)
            first = r; /* a later path may still lead to the right file */
        if (r == -ENOMEM || r == -ELOOP)
            break;
    }
    if (r != 0 && (first == -ENOENT || first == -EACCES))
        r = try_names(v, l, paths, options, how);
    if (r == -ENOMEM || (r != 0 && r != -ENOENT && first == -ENOENT))
        return r;
    if (r != 0)
        return fail_parent(v, named, first);
    atomic_store(&v->stale_paths, paths_are_stale(l, found, v->parent->path));
    return 0;
}

int vhdx_parent_open(struct vhdx *v, const struct vhdx_open_options *options, unsigned how)
{
    struct vhdx_locator l;
    int depth = 0;
    for (const struct vhdx *c = v->child; c != NULL; c = c->child)
        depth++;
    if (depth >= VHDX_MAX_DEPTH)
        return VHDX_FAIL(-ELOOP, "a chain of more than %d parents", VHDX_MAX_DEPTH);
    int r = vhdx_parent_locator(v, &l);
    if (r != 0)
        return r;
    r = find_parent(v, &l, options, how);
    vhdx_locator_free(&l);
    return r;
}
