/* SPDX-License-Identifier: BSD-2-Clause */
/* See medium.h. The fast path of reads and writes is one comparison and the backend's own call. */
#include "engine/medium.h"

#include <errno.h>
#include <string.h>
#include <time.h>

#include "util/alloc.h"

/* Bounce buffers and written-out zeroes go in pieces of this. */
#define PIECE (1024u * 1024u)

#define HAS(m, op) ((m)->backend->size > offsetof(replsvc_backend, op) && (m)->backend->op != NULL)

static int refuse_open(int err, const char *locator, const char *why)
{
    replsvc_backend_set_error("%s: %s", locator, why);
    return err;
}

int medium_open(struct medium *m, const char *locator, uint32_t flags)
{
    memset(m, 0, sizeof *m);
    const char *colon = strchr(locator, ':');
    char scheme[64];
    if (!colon || colon == locator || (size_t)(colon - locator) >= sizeof scheme)
        return refuse_open(-EINVAL, locator, "a locator is written scheme:path");
    memcpy(scheme, locator, (size_t)(colon - locator));
    scheme[colon - locator] = '\0';
    m->backend = replsvc_backend_find(scheme);
    if (!m->backend)
        return refuse_open(-ENODEV, locator, "there is no backend of this scheme");

    int rc = region_locks_init(&m->edges);
    if (rc)
        return rc;
    replsvc_backend_open_options options = {.size = sizeof options, .flags = flags};
    rc = m->backend->open(colon + 1, &options, &m->handle);
    if (rc)
        goto no_open;
    m->info.size = sizeof m->info;
    rc = m->backend->info(m->handle, &m->info);
    if (rc)
        goto no_info;
    m->align = m->info.request_alignment > 1 ? m->info.request_alignment : 1;
    if (m->align & (m->align - 1) || m->align > PIECE) {
        rc = refuse_open(-EINVAL, locator, "the backend asks for an impossible alignment");
        goto no_info;
    }
    m->writable =
        (flags & REPLSVC_BACKEND_WRITABLE) && !(m->info.capabilities & REPLSVC_BACKEND_CAP_READ_ONLY);
    return 0;

no_info:
    (void)m->backend->close(m->handle);
no_open:
    region_locks_destroy(&m->edges);
    return rc;
}

void medium_close(struct medium *m)
{
    (void)m->backend->close(m->handle);
    region_locks_destroy(&m->edges);
}

bool medium_is_aligned(const struct medium *m, const struct iovec *iov, int iovcnt, uint64_t offset)
{
    uint64_t bits = offset;
    for (int i = 0; i < iovcnt; i++)
        bits |= (uintptr_t)iov[i].iov_base | iov[i].iov_len;
    return !(bits & (m->align - 1));
}

static uint64_t round_down(const struct medium *m, uint64_t offset)
{
    return offset & ~(uint64_t)(m->align - 1);
}

/* The medium's own size is a multiple of its alignment: blocks at the edges exist. */
static uint64_t round_up(const struct medium *m, uint64_t offset)
{
    return round_down(m, offset + m->align - 1);
}

static int read_blocks(struct medium *m, char *buffer, size_t length, uint64_t offset)
{
    struct iovec one = {buffer, length};
    return m->backend->preadv(m->handle, &one, 1, offset, 0);
}

static int bounced_read(struct medium *m, const struct iovec *iov, int iovcnt, uint64_t offset)
{
    size_t length = iov_length(iov, iovcnt);
    uint64_t end = round_up(m, offset + length), at = round_down(m, offset);
    size_t room = end - at < PIECE ? (size_t)(end - at) : PIECE;
    char *bounce = mem_aligned(m->align < 512 ? 512 : m->align, room);
    if (!bounce)
        return -ENOMEM;
    int rc = 0;
    for (size_t done = 0; !rc && done < length;) {
        size_t n = end - at < room ? (size_t)(end - at) : room;
        rc = read_blocks(m, bounce, n, at);
        size_t lead = (size_t)(offset + done - at), take = n - lead;
        if (take > length - done)
            take = length - done;
        if (!rc)
            iov_scatter(iov, iovcnt, done, bounce + lead, take);
        done += take;
        at += n;
    }
    mem_free(bounce);
    return rc;
}

int medium_preadv(struct medium *m, const struct iovec *iov, int iovcnt, uint64_t offset, uint32_t flags)
{
    if (m->align == 1 || medium_is_aligned(m, iov, iovcnt, offset))
        return m->backend->preadv(m->handle, iov, iovcnt, offset, flags);
    return bounced_read(m, iov, iovcnt, offset);
}

/* One piece of an unaligned write: [at, at+n) are whole blocks, the data covers [from, from+take). */
static int write_piece(struct medium *m, char *bounce, uint64_t at, size_t n, const struct iovec *iov,
                       int iovcnt, size_t done, uint64_t from, size_t take, uint32_t flags)
{
    size_t lead = (size_t)(from - at), tail = n - lead - take;
    int rc = 0;
    if (lead)
        rc = read_blocks(m, bounce, m->align, at);
    if (!rc && tail && !(lead && n == m->align))
        rc = read_blocks(m, bounce + n - m->align, m->align, at + n - m->align);
    if (rc)
        return rc;
    iov_gather(bounce + lead, iov, iovcnt, done, take);
    struct iovec one = {bounce, n};
    return m->backend->pwritev(m->handle, &one, 1, at, flags);
}

/* Blocks in the way may be those of asynchronous requests that are done, whose owner does not reap; he may
 * even be the one who waits here. */
static void hold_alone(struct medium *m, struct region_hold *hold, uint64_t first, uint64_t end)
{
    if (!m->helpers || !atomic_load(&m->helpers->n)) {
        region_lock(&m->edges, hold, first, end, false);
        return;
    }
    while (!region_trylock(&m->edges, hold, first, end)) {
        static const struct timespec moment = {.tv_nsec = 100000};
        gate_helpers_call(m->helpers);
        nanosleep(&moment, NULL);
    }
}

static int bounced_write(struct medium *m, const struct iovec *iov, int iovcnt, uint64_t offset,
                         uint32_t flags)
{
    size_t length = iov_length(iov, iovcnt);
    uint64_t end = round_up(m, offset + length), at = round_down(m, offset);
    size_t room = end - at < PIECE ? (size_t)(end - at) : PIECE;
    char *bounce = mem_aligned(m->align < 512 ? 512 : m->align, room);
    if (!bounce)
        return -ENOMEM;
    int rc = 0;
    struct region_hold hold;
    hold_alone(m, &hold, at, end);
    for (size_t done = 0; !rc && done < length;) {
        size_t n = end - at < room ? (size_t)(end - at) : room;
        size_t take = n - (size_t)(offset + done - at);
        if (take > length - done)
            take = length - done;
        rc = write_piece(m, bounce, at, n, iov, iovcnt, done, offset + done, take, flags);
        done += take;
        at += n;
    }
    region_unlock(&m->edges, &hold);
    mem_free(bounce);
    return rc;
}

int medium_pwritev(struct medium *m, const struct iovec *iov, int iovcnt, uint64_t offset, uint32_t flags)
{
    if (!m->writable)
        return -EROFS;
    if (m->align == 1)
        return m->backend->pwritev(m->handle, iov, iovcnt, offset, flags);
    if (!medium_is_aligned(m, iov, iovcnt, offset))
        return bounced_write(m, iov, iovcnt, offset, flags);
    struct region_hold hold;
    medium_hold(m, &hold, offset, iov_length(iov, iovcnt));
    int rc = m->backend->pwritev(m->handle, iov, iovcnt, offset, flags);
    medium_release(m, &hold);
    return rc;
}

void medium_hold(struct medium *m, struct region_hold *hold, uint64_t offset, uint64_t length)
{
    if (m->align > 1)
        region_lock(&m->edges, hold, offset, offset + length, true);
}

bool medium_try_hold(struct medium *m, struct region_hold *hold, uint64_t offset, uint64_t length)
{
    return m->align == 1 || region_trylock_shared(&m->edges, hold, offset, offset + length);
}

void medium_release(struct medium *m, struct region_hold *hold)
{
    if (m->align > 1)
        region_unlock(&m->edges, hold);
}

int medium_read(struct medium *m, void *buffer, size_t length, uint64_t offset)
{
    struct iovec one = {buffer, length};
    return medium_preadv(m, &one, 1, offset, 0);
}

int medium_write(struct medium *m, const void *buffer, size_t length, uint64_t offset)
{
    struct iovec one = {(void *)(uintptr_t)buffer, length};
    return medium_pwritev(m, &one, 1, offset, 0);
}

int medium_flush(struct medium *m)
{
    int rc = atomic_load(&m->poisoned);
    if (rc || !m->writable)
        return rc;
    rc = m->backend->flush(m->handle);
    if (rc) {
        int clean = 0;
        atomic_compare_exchange_strong(&m->poisoned, &clean, rc);
    }
    return rc;
}

static int zero_by_writing(struct medium *m, uint64_t offset, uint64_t length, uint32_t flags)
{
    size_t room = length < PIECE ? (size_t)length : PIECE;
    char *zeroes = mem_aligned(4096, room);
    if (!zeroes)
        return -ENOMEM;
    memset(zeroes, 0, room);
    int rc = 0;
    while (!rc && length) {
        size_t n = length < room ? (size_t)length : room;
        struct iovec one = {zeroes, n};
        rc = medium_pwritev(m, &one, 1, offset, flags & REPLSVC_IO_FUA);
        offset += n;
        length -= n;
    }
    mem_free(zeroes);
    return rc;
}

/* The backend's own operation on the whole blocks in the middle, zeroes written at the edges. */
static int zero_middle(struct medium *m, uint64_t offset, uint64_t length, uint32_t flags,
                       int (*op)(void *, uint64_t, uint64_t, uint32_t))
{
    uint64_t first = round_up(m, offset), end = round_down(m, offset + length);
    if (first >= end)
        return zero_by_writing(m, offset, length, flags);
    int rc = 0;
    if (first > offset)
        rc = zero_by_writing(m, offset, first - offset, flags);
    if (!rc && end < offset + length)
        rc = zero_by_writing(m, end, offset + length - end, flags);
    if (rc)
        return rc;
    struct region_hold hold;
    if (m->align > 1)
        region_lock(&m->edges, &hold, first, end, true);
    rc = op(m->handle, first, end - first, flags);
    if (m->align > 1)
        region_unlock(&m->edges, &hold);
    return rc;
}

int medium_write_zeroes(struct medium *m, uint64_t offset, uint64_t length, uint32_t flags)
{
    if (!m->writable)
        return -EROFS;
    if (!length)
        return 0;
    if (HAS(m, write_zeroes)) {
        int rc = zero_middle(m, offset, length, flags, m->backend->write_zeroes);
        if (rc != -EOPNOTSUPP)
            return rc;
    }
    return zero_by_writing(m, offset, length, flags);
}

bool medium_can_discard(const struct medium *m)
{
    return m->writable && ((HAS(m, discard) && (m->info.capabilities & REPLSVC_BACKEND_CAP_DISCARD_ZEROES)) ||
                           HAS(m, write_zeroes));
}

int medium_discard(struct medium *m, uint64_t offset, uint64_t length, uint32_t flags)
{
    if (!m->writable)
        return -EROFS;
    if (!length)
        return 0;
    int rc = -EOPNOTSUPP;
    if (HAS(m, discard) && (m->info.capabilities & REPLSVC_BACKEND_CAP_DISCARD_ZEROES))
        rc = zero_middle(m, offset, length, flags, m->backend->discard);
    if (rc == -EOPNOTSUPP && HAS(m, write_zeroes))
        rc = zero_middle(m, offset, length, flags | REPLSVC_IO_MAY_UNMAP, m->backend->write_zeroes);
    return rc;
}

int medium_extents(struct medium *m, uint64_t offset, uint64_t length, replsvc_extent extents[], size_t *n)
{
    if (HAS(m, extents)) {
        int rc = m->backend->extents(m->handle, offset, length, extents, n);
        if (rc != -EOPNOTSUPP)
            return rc;
    }
    extents[0] = (replsvc_extent){.offset = offset, .length = length};
    *n = 1;
    return 0;
}

int medium_resize(struct medium *m, uint64_t size)
{
    if (!m->writable)
        return -EROFS;
    if (!HAS(m, resize) || !(m->info.capabilities & REPLSVC_BACKEND_CAP_RESIZE))
        return -EOPNOTSUPP;
    int rc = m->backend->resize(m->handle, size);
    if (!rc)
        m->info.size_bytes = size;
    return rc;
}
