/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The backend of NBD servers, a module: the locator is an NBD URI, such as nbd://host/export,
 * nbds://host/export?tls-certificates=DIR, nbd+unix:///export?socket=PATH. Of its own it knows
 *
 *     ?timeout=SECONDS    how long a request, or connecting, may take (30)
 *     ?connections=N      how many at a time, where the server allows several (4)
 *
 * Discarding is done as writing zeroes that may unmap: a trimmed range reads as anything. Who may be written
 * to must offer flush. An export has no identity but its name.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "connection.h"

#define CONNECTIONS 4u
#define TIMEOUT_S 30u
#define ZEROES_MAX (1u << 30) /* a length has 32 bits on the wire */
#define STATUS_MAX (1u << 31)

/* ---- opening ---- */

static int disk_close(void *handle)
{
    struct nbd_disk *d = handle;
    for (unsigned i = 0; i < d->n_connections; i++)
        nbd_connection_close(d->connections[i]);
    free(d->uri);
    free(d->name);
    free(d);
    return 0;
}

static int disk_connect(struct nbd_disk *d, unsigned wanted)
{
    for (unsigned i = 0; i < wanted && (i == 0 || d->multi_conn); i++) {
        int err = nbd_connection_open(d, &d->connections[i]);
        if (err && i == 0)
            return err;
        if (err) /* the server has enough of us */
            break;
        d->n_connections++;
    }
    return 0;
}

static int disk_open(const char *scheme, const char *path, const replsvc_backend_open_options *options,
                     void **handle)
{
    uint64_t timeout = TIMEOUT_S, connections = CONNECTIONS;
    if (strncmp(path, "//", 2) != 0) {
        replsvc_backend_set_error("%s:%s: an NBD URI is written %s://HOST/EXPORT", scheme, path, scheme);
        return -EINVAL;
    }
    if (!remote_option(path, "timeout", 86400, &timeout) ||
        !remote_option(path, "connections", 8, &connections))
        return -EINVAL;
    struct nbd_disk *d = calloc(1, sizeof *d);
    size_t room = strlen(scheme) + strlen(path) + 2;
    if (d) {
        d->uri = malloc(room);
        d->name = malloc(room);
    }
    if (!d || !d->uri || !d->name) {
        if (d)
            disk_close(d);
        return -ENOMEM;
    }
    strcat(strcat(strcpy(d->uri, scheme), ":"), path);
    strcpy(d->name, d->uri);
    d->name[strcspn(d->name, "?")] = '\0';
    d->writable = (options->flags & REPLSVC_BACKEND_WRITABLE) != 0;
    d->timeout_ms = (int64_t)(timeout ? timeout : 1) * 1000;
    int err = disk_connect(d, connections ? (unsigned)connections : 1);
    if (err)
        disk_close(d);
    else
        *handle = d;
    return err;
}

static int disk_info(void *handle, replsvc_backend_info *info)
{
    struct nbd_disk *d = handle;
    replsvc_backend_info i = {.size = info->size, .size_bytes = d->size, .allocated_bytes = d->size};
    i.capabilities = REPLSVC_BACKEND_CAP_QUEUE | (d->can_extents ? REPLSVC_BACKEND_CAP_EXTENTS : 0) |
                     (d->read_only ? REPLSVC_BACKEND_CAP_READ_ONLY : 0);
    if (d->can_zero && !d->read_only)
        i.capabilities |= REPLSVC_BACKEND_CAP_WRITE_ZEROES | REPLSVC_BACKEND_CAP_DISCARD |
                          REPLSVC_BACKEND_CAP_DISCARD_ZEROES;
    i.logical_block_size = d->minimum >= 512 ? d->minimum : 512;
    i.physical_block_size = d->preferred >= i.logical_block_size ? d->preferred : 4096;
    i.optimal_io_size = d->preferred;
    i.request_alignment = d->minimum;
    strncpy(i.identity, d->name, sizeof i.identity - 1);
    memcpy(info, &i, info->size < sizeof i ? info->size : sizeof i);
    return 0;
}

/* ---- requests ---- */

static void disk_start(replsvc_backend_request *r)
{
    struct nbd_disk *d = r->handle;
    bool zeroes = r->operation == REPLSVC_IO_WRITE_ZEROES || r->operation == REPLSVC_IO_DISCARD;
    if (zeroes && !d->can_zero) {
        remote_done(r, -EOPNOTSUPP);
        return;
    }
    r->private_data[1] = d->connections[atomic_fetch_add(&d->next, 1) % d->n_connections];
    remote_start_parts(nbd_connection_start, r, zeroes ? ZEROES_MAX : d->maximum);
}

static int disk_preadv(void *handle, const struct iovec *iov, int iovcnt, uint64_t offset, uint32_t flags)
{
    (void)flags;
    return remote_call(disk_start, handle, REPLSVC_IO_READ, iov, iovcnt, offset, remote_length(iov, iovcnt),
                       0, NULL);
}

static int disk_pwritev(void *handle, const struct iovec *iov, int iovcnt, uint64_t offset, uint32_t flags)
{
    return remote_call(disk_start, handle, REPLSVC_IO_WRITE, iov, iovcnt, offset, remote_length(iov, iovcnt),
                       flags, NULL);
}

static int disk_flush(void *handle)
{
    const struct nbd_disk *d = handle;
    if (d->read_only || !d->writable)
        return 0;
    return remote_call(disk_start, handle, REPLSVC_IO_FLUSH, NULL, 0, 0, 0, 0, NULL);
}

static int disk_discard(void *handle, uint64_t offset, uint64_t length, uint32_t flags)
{
    return remote_call(disk_start, handle, REPLSVC_IO_DISCARD, NULL, 0, offset, length, flags, NULL);
}

static int disk_write_zeroes(void *handle, uint64_t offset, uint64_t length, uint32_t flags)
{
    return remote_call(disk_start, handle, REPLSVC_IO_WRITE_ZEROES, NULL, 0, offset, length, flags, NULL);
}

/* The server may tell less than was asked, or more. */
static int disk_extents(void *handle, uint64_t offset, uint64_t length, replsvc_extent extents[], size_t *n)
{
    struct nbd_disk *d = handle;
    struct nbd_extents found = {.extent = extents, .room = *n, .next = offset};
    uint64_t asked = length < STATUS_MAX ? length : STATUS_MAX;
    uint32_t edge = d->minimum > 1 ? d->minimum : 1;
    uint64_t from = offset / edge * edge, to = (offset + asked + edge - 1) / edge * edge;
    to = to < d->size ? to : d->size;
    int err = -EOPNOTSUPP;
    if (d->can_extents)
        err = remote_call(disk_start, handle, NBD_OPERATION_EXTENTS, NULL, 0, from, to - from, 0, &found);
    if (err)
        return err;
    size_t kept = 0;
    for (size_t i = 0; i < found.n; i++) {
        replsvc_extent x = extents[i];
        uint64_t end = x.offset + x.length;
        x.offset = x.offset > offset ? x.offset : offset;
        end = end < offset + length ? end : offset + length;
        if (x.offset < end) {
            x.length = end - x.offset;
            extents[kept++] = x;
        }
    }
    if (kept == 0) /* a server that tells nothing: it may be anything */
        extents[kept++] = (replsvc_extent){.offset = offset, .length = length};
    *n = kept;
    return 0;
}

static int disk_submit(void *queue, replsvc_backend_request *const requests[], size_t n)
{
    return remote_queue_submit(disk_start, queue, requests, n);
}

/* ---- the schemes ---- */

#define SCHEME(id, text)                                                                                     \
    static int open_##id(const char *path, const replsvc_backend_open_options *options, void **handle)       \
    {                                                                                                        \
        return disk_open(text, path, options, handle);                                                       \
    }                                                                                                        \
    static const replsvc_backend backend_##id = {                                                            \
        .size = sizeof(replsvc_backend),                                                                     \
        .api_version = REPLSVC_BACKEND_API_VERSION,                                                          \
        .name = text,                                                                                        \
        .description = "export of an NBD server",                                                            \
        .open = open_##id,                                                                                   \
        .close = disk_close,                                                                                 \
        .info = disk_info,                                                                                   \
        .preadv = disk_preadv,                                                                               \
        .pwritev = disk_pwritev,                                                                             \
        .flush = disk_flush,                                                                                 \
        .discard = disk_discard,                                                                             \
        .write_zeroes = disk_write_zeroes,                                                                   \
        .extents = disk_extents,                                                                             \
        .queue_open = remote_queue_open,                                                                     \
        .queue_close = remote_queue_close,                                                                   \
        .submit = disk_submit,                                                                               \
        .reap = remote_queue_reap,                                                                           \
    }

SCHEME(nbd, "nbd");
SCHEME(nbds, "nbds");
SCHEME(nbd_unix, "nbd+unix");
SCHEME(nbds_unix, "nbds+unix");

__attribute__((visibility("default"))) const replsvc_backend *replsvc_backend_module(void);
const replsvc_backend *replsvc_backend_module(void)
{
    (void)replsvc_backend_register(&backend_nbds);
    (void)replsvc_backend_register(&backend_nbd_unix);
    (void)replsvc_backend_register(&backend_nbds_unix);
    return &backend_nbd;
}
