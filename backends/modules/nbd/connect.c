/* SPDX-License-Identifier: BSD-2-Clause */
/* Connecting to a server within a bounded time, and what it says that the export is; see connection.h. */
#include "connection.h"

#include <errno.h>
#include <poll.h>

static int last_error(const struct nbd_disk *d, const char *what)
{
    int err = nbd_get_errno();
    replsvc_backend_set_error("%s: %s: %s", d->name, what, nbd_get_error());
    return err ? -err : -EIO;
}

/* Drives the handle until it has connected; at most until that time. */
static int drive_connecting(const struct nbd_disk *d, struct nbd_handle *nbd, int64_t until)
{
    while (nbd_aio_is_connecting(nbd)) {
        int64_t left = until - remote_now();
        unsigned direction = nbd_aio_get_direction(nbd);
        struct pollfd p = {.fd = nbd_aio_get_fd(nbd)};
        p.events = (short)((direction & LIBNBD_AIO_DIRECTION_READ ? POLLIN : 0) |
                           (direction & LIBNBD_AIO_DIRECTION_WRITE ? POLLOUT : 0));
        if (left <= 0) {
            replsvc_backend_set_error("%s: the server does not answer", d->name);
            return -ETIMEDOUT;
        }
        if (poll(&p, 1, (int)left) < 0 && errno != EINTR)
            return -errno;
        int rc = 0;
        if (p.revents & POLLIN || (p.revents && !(p.revents & POLLOUT)))
            rc = nbd_aio_notify_read(nbd);
        else if (p.revents & POLLOUT)
            rc = nbd_aio_notify_write(nbd);
        if (rc < 0)
            return last_error(d, "connecting");
    }
    return nbd_aio_is_ready(nbd) ? 0 : last_error(d, "connecting");
}

static uint32_t block_size(struct nbd_handle *nbd, int which)
{
    int64_t n = nbd_get_block_size(nbd, which);
    return n > 0 && n <= UINT32_MAX ? (uint32_t)n : 0;
}

/* What the server says that the export is; or whether it is still what it was. */
static int look(struct nbd_disk *d, struct nbd_handle *nbd, bool first)
{
    int64_t size = nbd_get_size(nbd);
    if (size <= 0) {
        replsvc_backend_set_error("%s: the server tells no size", d->name);
        return -EIO;
    }
    if (!first && (uint64_t)size != d->size) {
        replsvc_backend_set_error("%s: had %llu bytes, and has %llu now", d->name,
                                  (unsigned long long)d->size, (unsigned long long)size);
        return -EIO;
    }
    if (!first)
        return 0;
    d->size = (uint64_t)size;
    d->read_only = nbd_is_read_only(nbd) != 0;
    d->multi_conn = nbd_can_multi_conn(nbd) == 1;
    d->can_flush = nbd_can_flush(nbd) == 1;
    d->can_fua = nbd_can_fua(nbd) == 1;
    d->can_trim = nbd_can_trim(nbd) == 1;
    d->can_zero = nbd_can_zero(nbd) == 1;
    d->can_extents = nbd_can_meta_context(nbd, LIBNBD_CONTEXT_BASE_ALLOCATION) == 1;
    d->minimum = block_size(nbd, LIBNBD_SIZE_MINIMUM);
    d->preferred = block_size(nbd, LIBNBD_SIZE_PREFERRED);
    d->maximum = block_size(nbd, LIBNBD_SIZE_MAXIMUM);
    if (d->minimum & (d->minimum - 1) || d->minimum > 65536) {
        replsvc_backend_set_error("%s: the server wants blocks of %u bytes", d->name, d->minimum);
        return -EIO;
    }
    if (d->maximum < 65536 || d->maximum > (32u << 20))
        d->maximum = 32u << 20;
    d->maximum -= d->maximum % (d->minimum ? d->minimum : 1);
    if (d->writable && !d->read_only && !d->can_flush) {
        replsvc_backend_set_error(
            "%s: the server offers no flush, so nothing written to it could be called durable", d->name);
        return -EOPNOTSUPP;
    }
    return 0;
}

int nbd_disk_connect(struct nbd_disk *d, bool first, int64_t timeout_ms, struct nbd_handle **out)
{
    struct nbd_handle *nbd = nbd_create();
    if (!nbd)
        return last_error(d, "libnbd");
    int err = 0;
    if (nbd_add_meta_context(nbd, LIBNBD_CONTEXT_BASE_ALLOCATION) ||
        nbd_set_uri_allow_local_file(nbd, true) || nbd_set_pread_initialize(nbd, false) ||
        nbd_aio_connect_uri(nbd, d->uri))
        err = last_error(d, "connecting");
    if (!err)
        err = drive_connecting(d, nbd, remote_now() + timeout_ms);
    if (!err)
        err = look(d, nbd, first);
    if (err)
        nbd_close(nbd);
    else
        *out = nbd;
    return err;
}
