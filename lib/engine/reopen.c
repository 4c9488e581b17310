/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Volumes whose medium is not to be had: one that is missing when its relationships are loaded, or that has
 * failed and may be had again.
 *
 * In place of the medium stands one of the same size that answers every request with the error for which it
 * is missing. What relates to the volume (a mirror's marks above all) is kept as ever; and when the medium is
 * back it takes its place, with the gate closed, so that no request sees a change.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "engine/overlay.h"
#include "engine/volume.h"
#include "util/alloc.h"

/* ---- the stand-in ---- */

struct absence {
    uint64_t size;
    int err;
};

static int absent_close(void *handle)
{
    mem_free(handle);
    return 0;
}

static int absent_info(void *handle, replsvc_backend_info *info)
{
    const struct absence *a = handle;
    replsvc_backend_info all = {.size = info->size < sizeof(all) ? info->size : (uint32_t)sizeof(all),
                                .size_bytes = a->size};
    memcpy(info, &all, all.size);
    return 0;
}

static int absent_io(void *handle, const struct iovec *iov, int iovcnt, uint64_t offset, uint32_t flags)
{
    (void)iov, (void)iovcnt, (void)offset, (void)flags;
    return ((const struct absence *)handle)->err;
}

static int absent_flush(void *handle)
{
    return ((const struct absence *)handle)->err;
}

static const replsvc_backend absent = {
    .size = sizeof(replsvc_backend),
    .api_version = REPLSVC_BACKEND_API_VERSION,
    .name = "absent",
    .close = absent_close,
    .info = absent_info,
    .preadv = absent_io,
    .pwritev = absent_io,
    .flush = absent_flush,
};

/* a becomes the handle. Its align is 1: edges are never used, but closed with it. */
static void be_absent(struct medium *m, struct absence *a)
{
    memset(m, 0, sizeof(*m));
    (void)region_locks_init(&m->edges);
    m->backend = &absent;
    m->handle = a;
    m->align = 1;
    m->writable = true;
    m->info = (replsvc_backend_info){.size = sizeof(m->info), .size_bytes = a->size};
}

int medium_be_absent(struct medium *m, uint64_t size, int err)
{
    struct absence *a = mem_alloc(sizeof(*a));
    if (a == NULL)
        return -ENOMEM;
    *a = (struct absence){size, err};
    be_absent(m, a);
    return 0;
}

bool medium_is_absent(const struct medium *m)
{
    return m->backend == &absent;
}

/* ---- volumes ---- */

bool volume_is_absent(const struct volume *v)
{
    return medium_is_absent(&v->medium);
}

int volume_absence(const struct volume *v)
{
    return volume_is_absent(v) ? ((const struct absence *)v->medium.handle)->err : 0;
}

bool volume_has_failed(const struct volume *v)
{
    return volume_is_absent(v) || atomic_load(&v->medium.poisoned) != 0;
}

/* Nobody but taps looks at the medium from outside the gate, and nothing is on its way there. */
static bool may_change(struct volume *v)
{
    pthread_mutex_lock(&v->engine->lock);
    bool source = v->n_source != 0;
    pthread_mutex_unlock(&v->engine->lock);
    uint32_t known = SPECIAL_TAPS | SPECIAL_OVERLAY;
    return !source && (atomic_load(&v->special) & ~known) == 0 && overlay_is_empty(v);
}

static int fits(const struct medium *m, const char *identity, uint64_t size)
{
    if (m->info.size_bytes != size || (identity != NULL && strcmp(m->info.identity, identity) != 0))
        return -ESTALE;
    return m->writable ? 0 : -EROFS;
}

/* In place of the old one, which goes first: it holds the lock on what is to be opened. */
static int change_medium(struct medium *m, const char *locator, const char *identity, uint32_t flags,
                         struct absence *a)
{
    struct gate_helpers *helpers = m->helpers;
    medium_close(m);
    int ret = medium_open(m, locator, flags | REPLSVC_BACKEND_WRITABLE);
    if (ret == 0) {
        ret = fits(m, identity, a->size);
        if (ret != 0)
            medium_close(m);
    }
    a->err = ret;
    if (ret != 0)
        be_absent(m, a);
    m->helpers = helpers;
    return ret;
}

int volume_reopen(struct volume *v, const char *locator, const char *identity)
{
    struct absence *a = mem_alloc(sizeof(*a));
    if (a == NULL)
        return -ENOMEM;
    *a = (struct absence){.size = volume_size(v)};
    int ret = -EBUSY;
    gate_close(&v->gate, GATE_CLOSE_ALL);
    bool may = may_change(v);
    if (may)
        ret = change_medium(&v->medium, locator, identity, v->engine->options.open_flags, a);
    gate_open(&v->gate);
    if (!may || ret == 0)
        mem_free(a);
    return ret;
}

#define PROBE_BYTES 4096u

int volume_probe(struct volume *v)
{
    uint64_t size = volume_size(v), length = size < PROBE_BYTES ? size : PROBE_BYTES;
    char *buffer = mem_aligned(PROBE_BYTES, PROBE_BYTES);
    if (buffer == NULL)
        return -ENOMEM;
    struct gate_shard *s = gate_enter(&v->gate, GATE_READ);
    int ret = volume_has_failed(v) ? -EIO : medium_read(&v->medium, buffer, (size_t)length, 0);
    if (ret == 0)
        ret = medium_read(&v->medium, buffer, (size_t)length, size - length);
    gate_leave(&v->gate, s, GATE_READ);
    mem_free(buffer);
    return ret;
}
