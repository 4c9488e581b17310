/* SPDX-License-Identifier: BSD-2-Clause */
/* The public functions of replsvc/vhdx.h: they check parameters and hand on. */
#include <replsvc/vhdx.h>

#include <errno.h>
#include <stdio.h>

#include "util/alloc.h"
#include "util/fail.h"
#include "vhdx/check.h"
#include "vhdx/merge.h"
#include "vhdx/parent.h"
#include "vhdx/roots.h"

static uint32_t check_path(const char *path, const char *parameter)
{
    svc_clear_error();
    if (path == NULL || *path == '\0')
        return svc_fail(REPLSVC_INVALID_PARAMETER, EINVAL, parameter, "no path was given");
    return REPLSVC_OK;
}

static void read_creator(struct vhdx *v, char *creator, size_t size)
{
    uint8_t id[512];
    size_t n = 0;
    if (vhdx_file_read(v->file, id, sizeof(id), 8) == 0)
        for (size_t i = 0; i + 1 < sizeof(id) && n + 1 < size && vhdx_get16(id, i) != 0; i += 2)
            creator[n++] = vhdx_get16(id, i) < 0x7f && vhdx_get16(id, i) >= 0x20 ? (char)id[i] : '?';
    creator[n] = '\0';
}

static int read_parent(struct vhdx *v, replsvc_vhdx_info *i)
{
    struct vhdx_locator l;
    int r = vhdx_parent_locator(v, &l);
    if (r != 0)
        return r;
    const char *path = l.relative_path != NULL ? l.relative_path
                       : l.volume_path != NULL ? l.volume_path
                                               : l.absolute_path;
    vhdx_guid_text(&l.linkage, i->parent_linkage);
    snprintf(i->parent_path, sizeof(i->parent_path), "%s", path);
    vhdx_locator_free(&l);
    return 0;
}

static int fill_info(struct vhdx *v, replsvc_vhdx_info *i)
{
    const struct vhdx_metadata *m = &v->metadata;
    i->type = m->has_parent        ? REPLSVC_VHDX_DIFFERENCING
              : m->leave_allocated ? REPLSVC_VHDX_FIXED
                                   : REPLSVC_VHDX_DYNAMIC;
    i->virtual_size = m->virtual_size;
    i->file_size = atomic_load(&v->file_size);
    i->block_size = m->block_size;
    i->logical_sector_size = m->logical_sector;
    i->physical_sector_size = m->physical_sector;
    i->log_in_use = !vhdx_guid_is_zero(&v->header.log);
    i->log_offset = v->header.log_offset;
    i->log_length = v->header.log_length;
    i->bat_offset = v->regions.bat.offset;
    i->bat_length = v->regions.bat.length;
    read_creator(v, i->creator, sizeof(i->creator));
    vhdx_guid_text(&m->disk_id, i->disk_id);
    vhdx_guid_text(&v->header.data_write, i->data_write_guid);
    vhdx_guid_text(&v->header.file_write, i->file_write_guid);
    int r = v->file->ops->usage(v->file, &i->allocated_bytes);
    return r == 0 && m->has_parent ? read_parent(v, i) : r;
}

uint32_t replsvc_vhdx_get_info(const char *path, replsvc_vhdx_info *info)
{
    struct vhdx_open_options o = {.unlocked = true, .no_parent = true};
    struct vhdx *v;
    uint32_t code = check_path(path, "path");
    if (code != REPLSVC_OK)
        return code;
    if (info == NULL || info->size < sizeof(info->size))
        return svc_fail(REPLSVC_INVALID_PARAMETER, EINVAL, "info", "no room for the information was given");
    int r = vhdx_open(&vhdx_store_posix, path, &o, &v);
    if (r != 0)
        return svc_fail_backend(r, "path", "%s cannot be opened", path);
    replsvc_vhdx_info *i = mem_zalloc(sizeof(*i));
    r = i != NULL ? fill_info(v, i) : -ENOMEM;
    vhdx_close(v);
    if (r == 0) {
        i->size = info->size;
        memcpy(info, i, vhdx_min(info->size, sizeof(*i)));
    }
    mem_free(i);
    return r == 0 ? REPLSVC_OK : svc_fail_backend(r, "path", "%s cannot be read", path);
}

uint32_t replsvc_vhdx_check(const char *path, uint32_t flags, replsvc_vhdx_finding_function found, void *user,
                            replsvc_vhdx_check_result *result)
{
    struct vhdx_check c = {.found = found,
                           .user = user,
                           .no_parent = (flags & REPLSVC_VHDX_CHECK_NO_PARENT) != 0,
                           .repair = (flags & REPLSVC_VHDX_CHECK_REPAIR) != 0};
    uint32_t code = check_path(path, "path");
    if (code != REPLSVC_OK)
        return code;
    if (flags & ~(REPLSVC_VHDX_CHECK_REPAIR | REPLSVC_VHDX_CHECK_NO_PARENT))
        return svc_fail(REPLSVC_INVALID_PARAMETER, EINVAL, "flags", "flags %#x are not known", flags);
    if (result != NULL && result->size < sizeof(result->size))
        return svc_fail(REPLSVC_INVALID_PARAMETER, EINVAL, "result", "no room for the result was given");
    struct vhdx_roots allowed;
    int r = vhdx_roots_take(&allowed);
    c.roots = allowed.paths;
    c.n_roots = allowed.n;
    if (r == 0)
        r = vhdx_check(&vhdx_store_posix, path, &c);
    vhdx_roots_free(&allowed);
    if (result != NULL) {
        c.result.size = result->size;
        memcpy(result, &c.result, vhdx_min(result->size, sizeof(c.result)));
    }
    if (r != 0)
        return svc_fail_backend(r, "path", "%s cannot be %s", path,
                                c.repair && c.result.errors ? "repaired" : "checked");
    if (c.result.damage > 0 || (c.result.errors > 0 && !c.result.repaired))
        return svc_fail(REPLSVC_FAILED, EUCLEAN, "path", "%s: errors: %u, damage: %u", path, c.result.errors,
                        c.result.damage);
    return REPLSVC_OK;
}

static int merge(const char *child, struct vhdx_merge_options *o)
{
    struct vhdx_roots allowed = {NULL, 0};
    int r = o->n_roots == 0 ? vhdx_roots_take(&allowed) : 0;
    if (allowed.n != 0) {
        o->roots = allowed.paths;
        o->n_roots = allowed.n;
    }
    if (r == 0)
        r = vhdx_merge(&vhdx_store_posix, child, o);
    vhdx_roots_free(&allowed);
    return r;
}

uint32_t replsvc_vhdx_allow_roots(const char *const roots[], size_t n_roots)
{
    svc_clear_error();
    if (roots == NULL && n_roots != 0)
        return svc_fail(REPLSVC_INVALID_PARAMETER, EINVAL, "roots", "no folders were given");
    for (size_t i = 0; i < n_roots; i++)
        if (roots[i] == NULL || roots[i][0] != '/')
            return svc_fail(REPLSVC_INVALID_PARAMETER, EINVAL, "roots", "folder %zu has no absolute path", i);
    int r = vhdx_roots_allow(roots, n_roots);
    return r == 0 ? REPLSVC_OK : svc_fail(REPLSVC_FAILED, -r, NULL, "the folders cannot be noted");
}

uint32_t replsvc_vhdx_merge(const char *child, const char *const roots[], size_t n_roots)
{
    struct vhdx_merge_options o = {.roots = roots, .n_roots = n_roots};
    uint32_t code = check_path(child, "child");
    if (code != REPLSVC_OK)
        return code;
    int r = merge(child, &o);
    return r == 0 ? REPLSVC_OK : svc_fail_backend(r, "child", "%s cannot be merged into its parent", child);
}

uint32_t replsvc_vhdx_collapse(const char *child, const char *into, const char *const roots[], size_t n_roots,
                               uint32_t flags)
{
    struct vhdx_merge_options o = {.into = into,
                                   .all = into == NULL,
                                   .remove = (flags & REPLSVC_VHDX_COLLAPSE_REMOVE) != 0,
                                   .ignore_others = (flags & REPLSVC_VHDX_COLLAPSE_IGNORE_OTHERS) != 0,
                                   .roots = roots,
                                   .n_roots = n_roots};
    uint32_t code = check_path(child, "child");
    if (code == REPLSVC_OK && into != NULL)
        code = check_path(into, "into");
    if (code != REPLSVC_OK)
        return code;
    if (flags & ~(REPLSVC_VHDX_COLLAPSE_REMOVE | REPLSVC_VHDX_COLLAPSE_IGNORE_OTHERS))
        return svc_fail(REPLSVC_INVALID_PARAMETER, EINVAL, "flags", "flags %#x are not known", flags);
    int r = merge(child, &o);
    return r == 0 ? REPLSVC_OK : svc_fail_backend(r, "child", "the chain of %s cannot be collapsed", child);
}
