/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The backend of Ceph's RBD images, a module: rbd:POOL/IMAGE (see cluster.h for other clusters and users). A
 * pool of the service may be a pool of the cluster: rbd:POOL.
 *
 * - Who may write holds the image's exclusive lock, where the image has that feature: a second writer, also
 * on another machine, is refused.
 * - librbd's cache is off, so what is acknowledged is on the cluster; a flush has little left to do.
 * - Discarding is done as writing zeroes: librbd may leave parts of objects as they were.
 */
#include <errno.h>
#include <rbd/librbd.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cluster.h"

#define REQUEST_MAX (16u << 20) /* librbd splits by objects; this bounds what one of ours takes at a time */
#define DIFF_MAX (UINT64_C(16) << 30)

struct image {
    struct cluster *cluster;
    rados_ioctx_t pool;
    rbd_image_t rbd;
    bool writable, locked;
    char identity[128];
    char path[];
};

/* ---- opening ---- */

static int image_close(void *handle)
{
    struct image *m = handle;
    if (m->locked)
        (void)rbd_lock_release(m->rbd);
    int err = rbd_close(m->rbd);
    cluster_close(m->cluster, m->pool);
    free(m);
    return err;
}

/* The name that an image has for its life: cluster, pool and image ids. */
static int identify(struct image *m)
{
    char fsid[64], id[64];
    int n = rados_cluster_fsid(cluster_handle(m->cluster), fsid, sizeof fsid);
    int err = n < 0 ? n : rbd_get_id(m->rbd, id, sizeof id);
    if (err)
        return cluster_fail(m->path, err, "its identity");
    (void)snprintf(m->identity, sizeof m->identity, "rbd-%s-%lld-%s", fsid,
                   (long long)rados_ioctx_get_id(m->pool), id);
    return 0;
}

static int lock_image(struct image *m, bool exclusive)
{
    uint64_t features = 0;
    if (!m->writable || !exclusive || rbd_get_features(m->rbd, &features) ||
        !(features & RBD_FEATURE_EXCLUSIVE_LOCK))
        return 0;
    int err = rbd_lock_acquire(m->rbd, RBD_LOCK_MODE_EXCLUSIVE);
    m->locked = err == 0;
    return err ? cluster_fail(m->path, err == -EROFS ? -EBUSY : err, "its exclusive lock") : 0;
}

static int image_open(const char *path, const replsvc_backend_open_options *options, void **handle)
{
    struct rbd_name name;
    int err = rbd_name_parse(path, true, &name);
    if (err)
        return err;
    struct image *m = calloc(1, sizeof *m + strlen(path) + 1);
    if (!m)
        return -ENOMEM;
    strcpy(m->path, path);
    m->writable = (options->flags & REPLSVC_BACKEND_WRITABLE) != 0;
    err = cluster_open(&name, &m->cluster, &m->pool);
    if (err) {
        free(m);
        return err;
    }
    err = m->writable ? rbd_open(m->pool, name.image, &m->rbd, NULL)
                      : rbd_open_read_only(m->pool, name.image, &m->rbd, NULL);
    if (err) {
        err = cluster_fail(path, err, "the image");
        cluster_close(m->cluster, m->pool);
        free(m);
        return err;
    }
    err = identify(m);
    if (!err)
        err = lock_image(m, true);
    if (err)
        image_close(m);
    else
        *handle = m;
    return err;
}

static int image_info(void *handle, replsvc_backend_info *info)
{
    struct image *m = handle;
    rbd_image_info_t now;
    int err = rbd_stat(m->rbd, &now, sizeof now);
    if (err)
        return cluster_fail(m->path, err, "its size");
    replsvc_backend_info i = {
        .size = info->size,
        .capabilities = REPLSVC_BACKEND_CAP_THIN | REPLSVC_BACKEND_CAP_EXTENTS | REPLSVC_BACKEND_CAP_QUEUE,
        .size_bytes = now.size,
        .logical_block_size = 512,
        .physical_block_size = 4096,
        .optimal_io_size = (uint32_t)now.obj_size,
    };
    if (m->writable)
        i.capabilities |= REPLSVC_BACKEND_CAP_DISCARD | REPLSVC_BACKEND_CAP_DISCARD_ZEROES |
                          REPLSVC_BACKEND_CAP_WRITE_ZEROES | REPLSVC_BACKEND_CAP_RESIZE;
    memcpy(i.identity, m->identity, sizeof i.identity);
    memcpy(info, &i, info->size < sizeof i ? info->size : sizeof i);
    return 0;
}

/* ---- requests ---- */

static void completed(rbd_completion_t completion, void *user)
{
    replsvc_backend_request *r = user;
    ssize_t n = rbd_aio_get_return_value(completion);
    rbd_aio_release(completion);
    if (n == -ESHUTDOWN)
        n = -ENOTCONN;
    remote_done(r, n < 0 ? (int)n : 0);
}

static void start_now(replsvc_backend_request *r)
{
    struct image *m = r->handle;
    rbd_completion_t done;
    int thick = r->operation == REPLSVC_IO_WRITE_ZEROES && !(r->flags & REPLSVC_IO_MAY_UNMAP)
                    ? RBD_WRITE_ZEROES_FLAG_THICK_PROVISION
                    : 0;
    int err = rbd_aio_create_completion(r, completed, &done);
    if (err) {
        remote_done(r, err);
        return;
    }
    switch (r->operation) {
    case REPLSVC_IO_READ:
        err = rbd_aio_readv(m->rbd, r->iov, r->iovcnt, r->offset, done);
        break;
    case REPLSVC_IO_WRITE:
        err = rbd_aio_writev(m->rbd, r->iov, r->iovcnt, r->offset, done);
        break;
    case REPLSVC_IO_FLUSH:
        err = rbd_aio_flush(m->rbd, done);
        break;
    case REPLSVC_IO_DISCARD:
    case REPLSVC_IO_WRITE_ZEROES:
        err = rbd_aio_write_zeroes(m->rbd, r->offset, r->length, done, thick, 0);
        break;
    default:
        err = -EOPNOTSUPP;
    }
    if (err) { /* it was not begun, and will not be completed */
        rbd_aio_release(done);
        remote_done(r, err);
    }
}

static void image_start(replsvc_backend_request *r)
{
    remote_start_parts(start_now, r, REQUEST_MAX);
}

static int image_preadv(void *handle, const struct iovec *iov, int iovcnt, uint64_t offset, uint32_t flags)
{
    (void)flags;
    return remote_call(image_start, handle, REPLSVC_IO_READ, iov, iovcnt, offset, remote_length(iov, iovcnt),
                       0, NULL);
}

static int image_pwritev(void *handle, const struct iovec *iov, int iovcnt, uint64_t offset, uint32_t flags)
{
    return remote_call(image_start, handle, REPLSVC_IO_WRITE, iov, iovcnt, offset, remote_length(iov, iovcnt),
                       flags, NULL);
}

static int image_flush(void *handle)
{
    const struct image *m = handle;
    return m->writable ? remote_call(image_start, handle, REPLSVC_IO_FLUSH, NULL, 0, 0, 0, 0, NULL) : 0;
}

static int image_discard(void *handle, uint64_t offset, uint64_t length, uint32_t flags)
{
    return remote_call(image_start, handle, REPLSVC_IO_DISCARD, NULL, 0, offset, length, flags, NULL);
}

static int image_write_zeroes(void *handle, uint64_t offset, uint64_t length, uint32_t flags)
{
    return remote_call(image_start, handle, REPLSVC_IO_WRITE_ZEROES, NULL, 0, offset, length, flags, NULL);
}

static int submit(void *queue, replsvc_backend_request *const requests[], size_t n)
{
    return remote_queue_submit(image_start, queue, requests, n);
}

static int image_resize(void *handle, uint64_t size_bytes)
{
    struct image *m = handle;
    int err = rbd_resize(m->rbd, size_bytes);
    return err ? cluster_fail(m->path, err, "resizing") : 0;
}

/* ---- extents ---- */

struct found {
    replsvc_extent *extent;
    size_t room, n;
    uint64_t next, end;
};

/* false: there is no room. */
static bool add(struct found *f, uint64_t end, uint32_t flags)
{
    if (end <= f->next)
        return true;
    if (f->n && f->extent[f->n - 1].flags == flags) {
        f->extent[f->n - 1].length += end - f->next;
    } else {
        if (f->n == f->room)
            return false;
        f->extent[f->n++] = (replsvc_extent){.offset = f->next, .length = end - f->next, .flags = flags};
    }
    f->next = end;
    return true;
}

#define HOLE (REPLSVC_EXTENT_HOLE | REPLSVC_EXTENT_ZERO)

static int differs(uint64_t offset, size_t length, int exists, void *user)
{
    struct found *f = user;
    uint64_t end = offset + length < f->end ? offset + length : f->end;
    bool room = add(f, offset < f->end ? offset : f->end, HOLE) && add(f, end, exists ? 0 : HOLE);
    return room ? 0 : -ENOBUFS; /* ends the search */
}

static int image_extents(void *handle, uint64_t offset, uint64_t length, replsvc_extent extents[], size_t *n)
{
    struct image *m = handle;
    length = length < DIFF_MAX ? length : DIFF_MAX;
    struct found f = {.extent = extents, .room = *n, .next = offset, .end = offset + length};
    int err = rbd_diff_iterate2(m->rbd, NULL, offset, length, 1, 1, differs, &f);
    if (err && err != -ENOBUFS)
        return cluster_fail(m->path, err, "what it consists of");
    if (!err)
        (void)add(&f, f.end, HOLE);
    *n = f.n;
    return 0;
}

/* ---- making images ---- */

static int image_create(const char *path, const replsvc_backend_create_options *options)
{
    struct rbd_name name;
    struct cluster *cluster;
    rados_ioctx_t pool;
    int order = 0;
    int err = rbd_name_parse(path, true, &name);
    if (!err && options->parent) {
        replsvc_backend_set_error("rbd:%s: an image with a parent is not made here", path);
        err = -EOPNOTSUPP;
    }
    while (options->block_size && order < 25 && (UINT64_C(1) << order) < options->block_size)
        order++;
    if (!err)
        err = cluster_open(&name, &cluster, &pool);
    if (err)
        return err;
    err = rbd_create(pool, name.image, options->size_bytes, &order);
    if (err)
        err = cluster_fail(path, err, "making the image");
    cluster_close(cluster, pool);
    return err;
}

static int image_remove(const char *path)
{
    struct rbd_name name;
    struct cluster *cluster;
    rados_ioctx_t pool;
    int err = rbd_name_parse(path, true, &name);
    if (!err)
        err = cluster_open(&name, &cluster, &pool);
    if (err)
        return err;
    err = rbd_remove(pool, name.image);
    if (err)
        err = cluster_fail(path, err, "removing the image");
    cluster_close(cluster, pool);
    return err;
}

static int place_info(const char *place, uint64_t *free_bytes, uint64_t *total_bytes)
{
    struct rbd_name name;
    struct cluster *cluster;
    rados_ioctx_t pool;
    struct rados_cluster_stat_t space;
    int err = rbd_name_parse(place, false, &name);
    if (!err)
        err = cluster_open(&name, &cluster, &pool);
    if (err)
        return err;
    err = rados_cluster_stat(cluster_handle(cluster), &space);
    cluster_close(cluster, pool);
    if (err)
        return cluster_fail(place, err, "its space");
    *free_bytes = space.kb_avail * 1024;
    *total_bytes = space.kb * 1024;
    return 0;
}

static const replsvc_backend backend = {
    .size = sizeof backend,
    .api_version = REPLSVC_BACKEND_API_VERSION,
    .name = "rbd",
    .description = "image of a Ceph cluster",
    .create = image_create,
    .remove = image_remove,
    .open = image_open,
    .close = image_close,
    .info = image_info,
    .preadv = image_preadv,
    .pwritev = image_pwritev,
    .flush = image_flush,
    .discard = image_discard,
    .write_zeroes = image_write_zeroes,
    .extents = image_extents,
    .resize = image_resize,
    .queue_open = remote_queue_open,
    .queue_close = remote_queue_close,
    .submit = submit,
    .reap = remote_queue_reap,
    .place_info = place_info,
};

__attribute__((visibility("default"))) const replsvc_backend *replsvc_backend_module(void);
const replsvc_backend *replsvc_backend_module(void)
{
    return &backend;
}
