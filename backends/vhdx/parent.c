/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Finding and opening the parent of a child. Paths come from the image and are tried in the order relative,
 * volume, absolute; those that only mean something on Windows are left out. Each file is opened inside the
 * allowed roots, for reading, under a shared lock (nobody may change a parent while children use it), and
 * must have the identity that the child wrote down. A chain that is too long or comes back to a file that
 * is already in it is refused.
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
                      const struct vhdx_open_options *options, bool writable)
{
    if (in_chain(v, file)) {
        file->ops->close(file);
        return VHDX_FAIL(-ELOOP, "parent %s: it is its own descendant", path);
    }
    struct vhdx_open_options parent_options = *options;
    parent_options.writable = writable;
    parent_options.no_parent = false;
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
                    const struct vhdx_open_options *options, bool writable)
{
    struct paths *p = mem_alloc(sizeof(*p));
    struct vhdx_file *file;
    if (p == NULL)
        return -ENOMEM;
    int r = -ENOENT;
    unsigned flags = (writable            ? VHDX_FILE_WRITE
                      : options->unlocked ? VHDX_FILE_UNLOCKED
                                          : 0) |
                     (options->direct ? VHDX_FILE_DIRECT : 0);
    if (vhdx_locator_native_path(windows, p->native, sizeof(p->native)))
        r = v->store->ops->open_relative(v->store, v->path, p->native, options->roots, options->n_roots,
                                         flags, &file, p->found, sizeof(p->found));
    if (r == 0)
        r = open_found(v, l, p->found, file, options, writable);
    mem_free(p);
    return r;
}

static int open_parent(struct vhdx *v, const struct vhdx_open_options *options, bool writable)
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
    const char *paths[3] = {l.relative_path, l.volume_path, l.absolute_path};
    const char *named = NULL;
    int first = -ENOENT;
    r = -ENOENT;
    for (int i = 0; i < 3 && r != 0; i++) {
        if (paths[i] == NULL)
            continue;
        named = named != NULL ? named : paths[i];
        r = try_path(v, &l, paths[i], options, writable);
        if (r != 0 && r != -ENOENT && first == -ENOENT)
            first = r; /* a later path may still lead to the right file */
        if (r == -ENOMEM || r == -ELOOP)
            break;
    }
    if (r != 0 && first == -ENOENT)
        replsvc_backend_set_error("parent %.300s, named at offset %" PRIu64 ": no such file", named,
                                  v->metadata.locator_at);
    else if (r != 0 && first == -EACCES)
        replsvc_backend_set_error("parent %.300s, named at offset %" PRIu64 ": outside the allowed folders",
                                  named, v->metadata.locator_at);
    vhdx_locator_free(&l);
    return r == 0 ? 0 : first;
}

int vhdx_parent_open(struct vhdx *v, const struct vhdx_open_options *options)
{
    return open_parent(v, options, false);
}

int vhdx_parent_open_writable(struct vhdx *v, const struct vhdx_open_options *options)
{
    return open_parent(v, options, true);
}
