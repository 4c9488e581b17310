/* SPDX-License-Identifier: BSD-2-Clause */
/* The vtable of scheme "vhdx": each operation hands on to the file that does it. */
#include "vhdx/vhdx.h"

#include <stdio.h>

#include "common/fd_queue.h"
#include "file/image.h"
#include "vhdx/clone.h"
#include "vhdx/create.h"
#include "vhdx/extents.h"
#include "vhdx/image.h"
#include "vhdx/queue.h"
#include "vhdx/resize.h"
#include "vhdx/roots.h"

static int backend_create(const char *path, const replsvc_backend_create_options *options)
{
    struct vhdx_roots allowed;
    struct vhdx_create_options o = {
        .size = options->size_bytes,
        .block_size = options->block_size,
        .logical_sector = options->logical_sector_size,
        .physical_sector = options->physical_sector_size,
        .fixed = options->preallocate,
        .parent = options->parent,
    };
    int r = vhdx_roots_take(&allowed);
    o.roots = allowed.paths;
    o.n_roots = allowed.n;
    if (r == 0)
        r = vhdx_create(&vhdx_store_posix, path, &o);
    vhdx_roots_free(&allowed);
    return r;
}

static int backend_remove(const char *path)
{
    int r = vhdx_store_posix.ops->unlink(&vhdx_store_posix, path);
    return r == 0 ? 0 : VHDX_FAIL(r, "%s cannot be removed", path);
}

static int backend_open(const char *path, const replsvc_backend_open_options *options, void **handle)
{
    struct vhdx_open_options o = {
        .writable = (options->flags & REPLSVC_BACKEND_WRITABLE) != 0,
        .unlocked = (options->flags & REPLSVC_BACKEND_SHARED) != 0,
        .direct = (options->flags & REPLSVC_BACKEND_DIRECT) != 0,
        .roots = options->roots,
        .n_roots = options->n_roots,
    };
    struct vhdx_roots allowed = {NULL, 0};
    struct vhdx *v;
    int r = o.n_roots == 0 ? vhdx_roots_take(&allowed) : 0;
    if (allowed.n != 0) {
        o.roots = allowed.paths;
        o.n_roots = allowed.n;
    }
    if (r == 0)
        r = vhdx_open(&vhdx_store_posix, path, &o, &v);
    if (r == 0)
        *handle = v;
    vhdx_roots_free(&allowed);
    return r;
}

static int backend_close(void *handle)
{
    return vhdx_close(handle);
}

static int backend_info(void *handle, replsvc_backend_info *info)
{
    struct vhdx *v = handle;
    char file[64], guid[VHDX_GUID_TEXT_SIZE];
    replsvc_backend_info i = {
        .size = info->size,
        .capabilities =
            (v->metadata.leave_allocated ? 0 : REPLSVC_BACKEND_CAP_THIN) | REPLSVC_BACKEND_CAP_EXTENTS |
            REPLSVC_BACKEND_CAP_QUEUE |
            (vhdx_can_share(v) ? REPLSVC_BACKEND_CAP_CLONE_RANGE | REPLSVC_BACKEND_CAP_NATIVE_SNAPSHOT : 0) |
            (v->writable ? REPLSVC_BACKEND_CAP_DISCARD | REPLSVC_BACKEND_CAP_DISCARD_ZEROES |
                               REPLSVC_BACKEND_CAP_WRITE_ZEROES | REPLSVC_BACKEND_CAP_RESIZE
                         : REPLSVC_BACKEND_CAP_READ_ONLY),
        .size_bytes = atomic_load(&v->disk_size),
        .logical_block_size = v->metadata.logical_sector,
        .physical_block_size = v->metadata.physical_sector,
    };
    int r = v->file->ops->usage(v->file, &i.allocated_bytes);
    if (r != 0)
        return VHDX_FAIL(r, "%s: its allocation cannot be read", v->path);
    v->file->ops->identity(v->file, file, sizeof(file));
    vhdx_guid_text(&v->metadata.disk_id, guid);
    snprintf(i.identity, sizeof(i.identity), "%s@%s", guid, file);
    pthread_mutex_lock(&v->session_lock); /* the first write of a session changes it */
    vhdx_guid_text(&v->header.data_write, guid);
    pthread_mutex_unlock(&v->session_lock);
    snprintf(i.generation, sizeof(i.generation), "%s", guid);
    memcpy(info, &i, vhdx_min(info->size, sizeof(i)));
    return 0;
}

static int backend_preadv(void *handle, const struct iovec *iov, int iovcnt, uint64_t offset, uint32_t flags)
{
    return vhdx_preadv2(handle, iov, iovcnt, offset, flags);
}

static int backend_pwritev(void *handle, const struct iovec *iov, int iovcnt, uint64_t offset, uint32_t flags)
{
    int r = vhdx_pwritev2(handle, iov, iovcnt, offset, flags);
    return r == 0 && (flags & REPLSVC_IO_FUA) ? vhdx_flush(handle) : r;
}

static int backend_flush(void *handle)
{
    return vhdx_flush(handle);
}

static int backend_discard(void *handle, uint64_t offset, uint64_t length, uint32_t flags)
{
    int r = vhdx_discard(handle, offset, length);
    return r == 0 && (flags & REPLSVC_IO_FUA) ? vhdx_flush(handle) : r;
}

static int backend_write_zeroes(void *handle, uint64_t offset, uint64_t length, uint32_t flags)
{
    int r = vhdx_write_zeroes(handle, offset, length, (flags & REPLSVC_IO_MAY_UNMAP) != 0);
    return r == 0 && (flags & REPLSVC_IO_FUA) ? vhdx_flush(handle) : r;
}

static int backend_extents(void *handle, uint64_t offset, uint64_t length, replsvc_extent extents[],
                           size_t *n)
{
    return vhdx_extents(handle, offset, length, extents, n);
}

static int backend_resize(void *handle, uint64_t size_bytes)
{
    return vhdx_resize(handle, size_bytes);
}

static int backend_clone_range(void *source, uint64_t source_offset, void *target, uint64_t target_offset,
                               uint64_t length)
{
    return vhdx_clone_range(source, source_offset, target, target_offset, length);
}

static int backend_native_snapshot(void *handle, const char *path, uint32_t flags)
{
    (void)flags;
    return vhdx_native_snapshot(handle, path);
}

const replsvc_backend vhdx_backend = {
    .size = sizeof(replsvc_backend),
    .api_version = REPLSVC_BACKEND_API_VERSION,
    .name = "vhdx",
    .description = "VHDX images: fixed, dynamic and differencing",
    .check = image_check, /* the rules for paths are those of raw images */
    .create = backend_create,
    .remove = backend_remove,
    .open = backend_open,
    .close = backend_close,
    .info = backend_info,
    .preadv = backend_preadv,
    .pwritev = backend_pwritev,
    .flush = backend_flush,
    .discard = backend_discard,
    .write_zeroes = backend_write_zeroes,
    .extents = backend_extents,
    .resize = backend_resize,
    .clone_range = backend_clone_range,
    .native_snapshot = backend_native_snapshot,
    .queue_open = vhdx_queue_open,
    .queue_close = fd_queue_close,
    .submit = fd_queue_submit,
    .reap = fd_queue_reap,
};
