/* SPDX-License-Identifier: BSD-2-Clause */
/* The vtable of scheme "vhdx": each operation hands on to the file that does it. */
#include "vhdx/vhdx.h"

#include <stdio.h>

#include "vhdx/image.h"

static int backend_open(const char *path, const replsvc_backend_open_options *options, void **handle)
{
    struct vhdx_open_options o = {
        .writable = (options->flags & REPLSVC_BACKEND_WRITABLE) != 0,
        .unlocked = (options->flags & REPLSVC_BACKEND_SHARED) != 0,
        .direct = (options->flags & REPLSVC_BACKEND_DIRECT) != 0,
        .roots = options->roots,
        .n_roots = options->n_roots,
    };
    struct vhdx *v;
    if (o.writable)
        return VHDX_FAIL(-EROFS, "%s: VHDX images cannot be written yet", path);
    int r = vhdx_open(&vhdx_store_posix, path, &o, &v);
    if (r == 0)
        *handle = v;
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
        .capabilities = REPLSVC_BACKEND_CAP_THIN | REPLSVC_BACKEND_CAP_READ_ONLY,
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
    vhdx_guid_text(&v->header.data_write, guid);
    snprintf(i.generation, sizeof(i.generation), "%s", guid);
    memcpy(info, &i, vhdx_min(info->size, sizeof(i)));
    return 0;
}

static int backend_preadv(void *handle, const struct iovec *iov, int iovcnt, uint64_t offset, uint32_t flags)
{
    (void)flags;
    return vhdx_preadv(handle, iov, iovcnt, offset);
}

static int backend_pwritev(void *handle, const struct iovec *iov, int iovcnt, uint64_t offset, uint32_t flags)
{
    (void)iov, (void)iovcnt, (void)offset, (void)flags;
    return VHDX_FAIL(-EROFS, "%s is open for reading", ((struct vhdx *)handle)->path);
}

static int backend_flush(void *handle)
{
    (void)handle;
    return 0;
}

const replsvc_backend vhdx_backend = {
    .size = sizeof(replsvc_backend),
    .api_version = REPLSVC_BACKEND_API_VERSION,
    .name = "vhdx",
    .description = "VHDX images: fixed, dynamic and differencing",
    .open = backend_open,
    .close = backend_close,
    .info = backend_info,
    .preadv = backend_preadv,
    .pwritev = backend_pwritev,
    .flush = backend_flush,
};
