/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Moves one piece, synchronously: reads it, leaves out what is zero, writes the rest. The threads' whole
 * work; the queue's for the ragged end of an image and where a request needs a second way.
 */
#include "engine/copy_internal.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "util/alloc.h"
#include "util/fail.h"

bool copy_is_zero(const void *p, size_t length)
{
    const unsigned char *b = p;
    size_t head = length < 16 ? length : 16;
    for (size_t i = 0; i < head; i++)
        if (b[i])
            return false;
    /* Each byte equals the one 16 before it, by the C library's fastest loop. */
    return length <= 16 || memcmp(b, b + 16, length - 16) == 0;
}

size_t piece_run(const void *buffer, size_t length, uint64_t offset, bool *zero)
{
    const char *p = buffer;
    size_t at = 0;
    while (at < length) {
        size_t n = COPY_ZERO_GRANULE - (size_t)((offset + at) % COPY_ZERO_GRANULE);
        if (n > length - at)
            n = length - at;
        bool z = copy_is_zero(p + at, n);
        if (at == 0)
            *zero = z;
        else if (z != *zero)
            break;
        at += n;
    }
    return at;
}

void piece_fail(struct piece_failure *f, int err, enum copy_side side, uint64_t offset, uint64_t length)
{
    const char *why = svc_backend_error();
    f->err = err;
    f->side = side;
    f->offset = offset;
    f->length = length;
    (void)snprintf(f->sentence, sizeof f->sentence, "cannot %s %llu bytes at offset %llu: %s",
                   side == COPY_SIDE_SOURCE ? "read" : "write", (unsigned long long)length,
                   (unsigned long long)offset, *why ? why : strerror(-err));
}

static int end_io(const struct copy_end *end, bool write, void *buffer, size_t length, uint64_t offset,
                  uint32_t flags)
{
    struct iovec iov = {.iov_base = buffer, .iov_len = length};
    if (!end->backend)
        return write ? end->write(end->handle, &iov, 1, offset) : end->read(end->handle, &iov, 1, offset);
    return write ? end->backend->pwritev(end->handle, &iov, 1, offset, flags)
                 : end->backend->preadv(end->handle, &iov, 1, offset, flags);
}

/* A transfer of any length to an end that wants aligned ones: through a larger buffer, and when writing,
 * around what is there. The offset of a piece is always aligned, so only its end needs this. */
static int ragged_io(const struct copy_end *end, uint32_t alignment, bool write, void *buffer, size_t length,
                     uint64_t offset, uint32_t flags)
{
    size_t whole = (length + alignment - 1) / alignment * alignment;
    char *bounce = mem_aligned(alignment > 4096 ? alignment : 4096, whole);
    if (!bounce)
        return -ENOMEM;
    int err = 0;
    if (write) {
        size_t last = whole - alignment;
        err = end_io(end, false, bounce + last, alignment, offset + last, flags);
        if (!err)
            memcpy(bounce, buffer, length);
    }
    if (!err)
        err = end_io(end, write, bounce, whole, offset, flags);
    if (!err && !write)
        memcpy(buffer, bounce, length);
    mem_free(bounce);
    return err;
}

static int transfer(const struct cut *c, bool write, void *buffer, size_t length, uint64_t offset)
{
    const struct copy_end *end = write ? &c->job->target : &c->job->source;
    uint32_t alignment = write ? c->target.alignment : c->source.alignment;
    uint32_t flags = copy_io_flags(c->job);
    if (length % alignment)
        return ragged_io(end, alignment, write, buffer, length, offset, flags);
    return end_io(end, write, buffer, length, offset, flags);
}

static int write_zeroes(const struct cut *c, uint64_t offset, uint64_t length, void *buffer)
{
    size_t size = c->piece_size;
    memset(buffer, 0, size < length ? size : (size_t)length);
    while (length) {
        size_t n = size < length ? size : (size_t)length;
        int err = transfer(c, true, buffer, n, offset);
        if (err)
            return err;
        offset += n;
        length -= n;
    }
    return 0;
}

/* Zeroes by the target's own means; -EOPNOTSUPP: write them. */
static int native_zeroes(const struct cut *c, uint64_t offset, uint64_t length)
{
    const struct copy_end *t = &c->job->target;
    if (!c->target.write_zeroes || length % c->target.alignment)
        return -EOPNOTSUPP;
    return t->backend ? t->backend->write_zeroes(t->handle, offset, length, REPLSVC_IO_MAY_UNMAP)
                      : t->write_zeroes(t->handle, offset, length);
}

static void move_zeroes(const struct cut *c, const struct piece *p, void *buffer, struct piece_counts *counts,
                        struct piece_failure *failure)
{
    int err = native_zeroes(c, p->offset, p->length);
    if (err == -EOPNOTSUPP)
        err = write_zeroes(c, p->offset, p->length, buffer);
    if (err)
        piece_fail(failure, err, COPY_SIDE_TARGET, p->offset, p->length);
    else
        counts->zeroed += p->length;
}

void piece_move(const struct cut *c, const struct piece *p, void *buffer, struct piece_counts *counts,
                struct piece_failure *failure)
{
    failure->err = 0;
    svc_clear_error();
    if (p->zero) {
        move_zeroes(c, p, buffer, counts, failure);
        return;
    }
    int err = transfer(c, false, buffer, (size_t)p->length, p->offset);
    if (err) {
        piece_fail(failure, err, COPY_SIDE_SOURCE, p->offset, p->length);
        return;
    }
    counts->read += p->length;
    bool zeroed = c->job->flags & COPY_TARGET_ZEROED;
    for (size_t at = 0; at < p->length;) {
        bool zero;
        size_t n = piece_run((char *)buffer + at, (size_t)p->length - at, p->offset + at, &zero);
        err = 0;
        if (!zero || (!zeroed && (err = native_zeroes(c, p->offset + at, n)) == -EOPNOTSUPP)) {
            err = transfer(c, true, (char *)buffer + at, n, p->offset + at);
            counts->written += n;
        } else {
            counts->zeroed += n;
        }
        if (err) {
            piece_fail(failure, err, COPY_SIDE_TARGET, p->offset + at, n);
            return;
        }
        at += n;
    }
}
