/* SPDX-License-Identifier: BSD-2-Clause */
/* Comparing as a way to write (see compare.h). Where the other side is a hole and this one says that it has
 * a hole there too, nothing is read. */
#include "api/compare.h"

#include <errno.h>
#include <string.h>

#include "util/alloc.h"

enum { PART = 1 << 20 };

/* Compares [offset, offset+length) with data, or with zeroes (data NULL). */
static int compare_part(const struct comparer *c, const void *data, size_t length, uint64_t offset)
{
    uint32_t unit = c->alignment > 1 ? c->alignment : 1;
    size_t whole = (length + unit - 1) / unit * unit;
    char *buffer = mem_aligned(4096, whole);
    if (!buffer)
        return -ENOMEM;
    struct iovec iov = {buffer, whole};
    int err = c->backend->preadv(c->handle, &iov, 1, offset, REPLSVC_BACKEND_IO_UNCACHED);
    if (!err && !(data ? memcmp(data, buffer, length) == 0 : copy_is_zero(buffer, length))) {
        replsvc_backend_set_error("source and target differ in the %zu bytes at offset %llu", length,
                                  (unsigned long long)offset);
        err = -EILSEQ;
    }
    mem_free(buffer);
    return err;
}

static int compare_data(void *handle, const struct iovec *iov, int iovcnt, uint64_t offset)
{
    int err = 0;
    for (int i = 0; i < iovcnt && !err; i++) {
        err = compare_part(handle, iov[i].iov_base, iov[i].iov_len, offset);
        offset += iov[i].iov_len;
    }
    return err;
}

/* The run at the start of [offset, offset+length) that is a hole, or is not. */
static int first_run(const struct comparer *c, uint64_t offset, uint64_t length, bool *hole, uint64_t *run)
{
    replsvc_extent e = {.length = length};
    size_t n = 1;
    int err = c->backend->extents ? c->backend->extents(c->handle, offset, length, &e, &n) : -EOPNOTSUPP;
    if (err && err != -EOPNOTSUPP)
        return err;
    *hole = !err && n && (e.flags & (REPLSVC_EXTENT_HOLE | REPLSVC_EXTENT_ZERO));
    *run = !err && n && e.length && e.length < length ? e.length : length;
    return 0;
}

static int compare_zeroes(void *handle, uint64_t offset, uint64_t length)
{
    const struct comparer *c = handle;
    while (length) {
        bool hole;
        uint64_t run;
        int err = first_run(c, offset, length, &hole, &run);
        if (!err && !hole) {
            run = run < PART ? run : PART;
            err = compare_part(c, NULL, (size_t)run, offset);
        }
        if (err)
            return err;
        offset += run;
        length -= run;
    }
    return 0;
}

struct copy_end comparer_end(struct comparer *c)
{
    return (struct copy_end){.handle = c, .write = compare_data, .write_zeroes = compare_zeroes};
}
