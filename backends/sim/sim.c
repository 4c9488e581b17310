/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The backend "sim": a disk of a simulated world as a medium, with a volatile cache.
 *
 * It keeps the promises of backend.h as a real medium does: a write is durable after a flush or when it was
 * made with FUA, a failed flush poisons the handle, one exclusive opener at a time. What it can do beyond
 * reading, writing and flushing is the world's to say (world_set_capabilities), so that tests can have the
 * engine work with the least.
 */
#include "sim/sim.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/world.h"
#include "util/alloc.h"

#define CAN                                                                                                  \
    (REPLSVC_BACKEND_CAP_THIN | REPLSVC_BACKEND_CAP_DISCARD | REPLSVC_BACKEND_CAP_DISCARD_ZEROES |           \
     REPLSVC_BACKEND_CAP_WRITE_ZEROES | REPLSVC_BACKEND_CAP_CLONE_RANGE | REPLSVC_BACKEND_CAP_EXTENTS |      \
     REPLSVC_BACKEND_CAP_RESIZE)

struct sim {
    struct world *world;
    struct world_file *file;
    bool writable;
    atomic_int poison; /* the error of the flush that failed, or 0 */
};

/* The world and the disk's name of "NAME" or "WORLD/NAME". */
static int locate(const char *path, struct world **world, const char **name)
{
    const char *slash = strchr(path, '/');
    size_t len = slash != NULL ? (size_t)(slash - path) : 0;
    *name = slash != NULL ? slash + 1 : path;
    *world = world_bound(path, len);
    if (**name == '\0' || strchr(*name, '/') != NULL) {
        replsvc_backend_set_error("\"%s\" does not name a simulated disk: it must be NAME or WORLD/NAME",
                                  path);
        return -EINVAL;
    }
    if (*world == NULL) {
        replsvc_backend_set_error("there is no simulated world \"%.*s\" in this process", (int)len, path);
        return -ENODEV;
    }
    return 0;
}

static int sim_check(const char *path, char *canonical, size_t canonical_size)
{
    const char *name = strrchr(path, '/');
    name = name != NULL ? name + 1 : path;
    if (*name == '\0' || memchr(path, '/', (size_t)(name - path)) != strrchr(path, '/')) {
        replsvc_backend_set_error("\"%s\" does not name a simulated disk: it must be NAME or WORLD/NAME",
                                  path);
        return -EINVAL;
    }
    return (size_t)snprintf(canonical, canonical_size, "%s", path) < canonical_size ? 0 : -ENAMETOOLONG;
}

static int sim_create(const char *path, const replsvc_backend_create_options *options)
{
    struct world *world;
    const char *name;
    int err = locate(path, &world, &name);
    if (err == 0)
        err = world_disk(world, name, options->size_bytes);
    if (err == -EEXIST)
        replsvc_backend_set_error("there is a simulated disk \"%s\" already", path);
    return err;
}

static int disk_path(const char *name, char *path, size_t size)
{
    return (size_t)snprintf(path, size, "disks/%s", name) < size ? 0 : -ENAMETOOLONG;
}

static int sim_remove(const char *path)
{
    struct world *world;
    const char *name;
    char file[256];
    int err = locate(path, &world, &name);
    if (err == 0)
        err = disk_path(name, file, sizeof(file));
    return err != 0 ? err : world_unlink(world, file, true);
}

static int sim_open(const char *path, const replsvc_backend_open_options *options, void **handle)
{
    struct world *world;
    const char *name;
    char file[256];
    int err = locate(path, &world, &name);
    if (err == 0)
        err = disk_path(name, file, sizeof(file));
    if (err != 0)
        return err;
    struct sim *s = mem_zalloc(sizeof(*s));
    if (s == NULL)
        return -ENOMEM;
    s->world = world;
    s->writable = (options->flags & REPLSVC_BACKEND_WRITABLE) != 0;
    err = world_open(world, file, 0, &s->file);
    if (err != 0) {
        replsvc_backend_set_error("the simulated disk \"%s\" cannot be opened: %s", path, strerror(-err));
        mem_free(s);
        return err;
    }
    if (s->writable || (options->flags & REPLSVC_BACKEND_SHARED) == 0)
        err = world_lock(s->file);
    if (err != 0) {
        replsvc_backend_set_error("the simulated disk \"%s\" is in use", path);
        world_close(s->file);
        mem_free(s);
        return err;
    }
    *handle = s;
    return 0;
}

static int sim_close(void *handle)
{
    struct sim *s = handle;
    world_close(s->file);
    mem_free(s);
    return 0;
}

static bool lacks(const struct sim *s, uint32_t capability)
{
    return (world_capabilities(s->world) & capability) == 0;
}

static int sim_info(void *handle, replsvc_backend_info *info)
{
    struct sim *s = handle;
    replsvc_backend_info i = {.size = info->size,
                              .capabilities = CAN & world_capabilities(s->world),
                              .allocated_bytes = world_allocated(s->file),
                              .logical_block_size = 512,
                              .physical_block_size = world_sector(s->world)};
    int err = world_size(s->file, &i.size_bytes);
    snprintf(i.identity, sizeof(i.identity), "sim-%llu", (unsigned long long)world_inode(s->file));
    snprintf(i.generation, sizeof(i.generation), "%llu", (unsigned long long)world_changes(s->file));
    memcpy(info, &i, info->size < sizeof(i) ? info->size : sizeof(i));
    return err;
}

/* 0 if [offset, offset+length) is inside the disk. */
static int in_disk(struct sim *s, uint64_t offset, uint64_t length)
{
    uint64_t size;
    int err = world_size(s->file, &size);
    return err != 0 ? err : offset > size || length > size - offset ? -EINVAL : 0;
}

static uint64_t total(const struct iovec *iov, int iovcnt)
{
    uint64_t sum = 0;
    for (int i = 0; i < iovcnt; i++)
        sum += iov[i].iov_len;
    return sum;
}

static int sim_preadv(void *handle, const struct iovec *iov, int iovcnt, uint64_t offset, uint32_t flags)
{
    struct sim *s = handle;
    (void)flags;
    uint64_t length = total(iov, iovcnt);
    int err = in_disk(s, offset, length);
    if (err != 0 || iovcnt == 1)
        return err != 0 ? err : world_read(s->file, iov[0].iov_base, length, offset);
    unsigned char *all = malloc(length + 1); /* the medium's, not the library's: see world.h */
    if (all == NULL)
        return -ENOMEM;
    err = world_read(s->file, all, length, offset);
    unsigned char *from = all;
    for (int i = 0; i < iovcnt && err == 0; from += iov[i++].iov_len)
        memcpy(iov[i].iov_base, from, iov[i].iov_len);
    free(all);
    return err;
}

static int writable(const struct sim *s)
{
    return s->writable ? 0 : -EROFS;
}

static int sim_pwritev(void *handle, const struct iovec *iov, int iovcnt, uint64_t offset, uint32_t flags)
{
    struct sim *s = handle;
    uint64_t length = total(iov, iovcnt);
    bool durable = (flags & REPLSVC_IO_FUA) != 0;
    int err = writable(s);
    if (err == 0)
        err = in_disk(s, offset, length);
    if (err != 0 || iovcnt == 1)
        return err != 0 ? err : world_write(s->file, iov[0].iov_base, length, offset, durable);
    unsigned char *all = malloc(length + 1);
    if (all == NULL)
        return -ENOMEM;
    unsigned char *to = all;
    for (int i = 0; i < iovcnt; to += iov[i++].iov_len)
        memcpy(to, iov[i].iov_base, iov[i].iov_len);
    err = world_write(s->file, all, length, offset, durable);
    free(all);
    return err;
}

static int sim_flush(void *handle)
{
    struct sim *s = handle;
    int err = atomic_load(&s->poison);
    if (err != 0)
        return err;
    err = world_sync(s->file);
    if (err != 0)
        atomic_store(&s->poison, err);
    return err;
}

static int zero(struct sim *s, uint64_t offset, uint64_t length, uint32_t flags, uint32_t capability)
{
    int err = writable(s);
    if (err == 0 && lacks(s, capability))
        err = -EOPNOTSUPP;
    if (err == 0)
        err = in_disk(s, offset, length);
    return err != 0 ? err : world_zero(s->file, offset, length, (flags & REPLSVC_IO_FUA) != 0);
}

static int sim_discard(void *handle, uint64_t offset, uint64_t length, uint32_t flags)
{
    return zero(handle, offset, length, flags, REPLSVC_BACKEND_CAP_DISCARD);
}

static int sim_write_zeroes(void *handle, uint64_t offset, uint64_t length, uint32_t flags)
{
    return zero(handle, offset, length, flags, REPLSVC_BACKEND_CAP_WRITE_ZEROES);
}

static int sim_extents(void *handle, uint64_t offset, uint64_t length, replsvc_extent extents[], size_t *n)
{
    struct sim *s = handle;
    size_t room = *n, filled = 0;
    if (lacks(s, REPLSVC_BACKEND_CAP_EXTENTS))
        return -EOPNOTSUPP;
    int err = room == 0 || length == 0 ? -EINVAL : in_disk(s, offset, length);
    for (uint64_t at = offset, end = offset + length; err == 0 && at < end && filled < room; filled++) {
        bool hole = world_next(s->file, at, true) != at;
        uint64_t to = world_next(s->file, at, hole);
        extents[filled] = (replsvc_extent){.offset = at,
                                           .length = (to < end ? to : end) - at,
                                           .flags = hole ? REPLSVC_EXTENT_HOLE | REPLSVC_EXTENT_ZERO : 0};
        at = to;
    }
    *n = filled;
    return err;
}

static int sim_resize(void *handle, uint64_t size_bytes)
{
    struct sim *s = handle;
    int err = writable(s);
    if (err == 0 && lacks(s, REPLSVC_BACKEND_CAP_RESIZE))
        err = -EOPNOTSUPP;
    return err != 0 ? err : world_truncate(s->file, size_bytes);
}

/* Copies a run of data in steps. */
static int copy(struct sim *from, uint64_t from_offset, struct sim *to, uint64_t to_offset, uint64_t length)
{
    uint64_t step = 1 << 20;
    unsigned char *buf = malloc(step);
    int err = buf != NULL ? 0 : -ENOMEM;
    for (uint64_t done = 0, n; err == 0 && done < length; done += n) {
        n = length - done < step ? length - done : step;
        err = world_read(from->file, buf, n, from_offset + done);
        if (err == 0)
            err = world_write(to->file, buf, n, to_offset + done, false);
    }
    free(buf);
    return err;
}

static int sim_clone_range(void *source, uint64_t source_offset, void *target, uint64_t target_offset,
                           uint64_t length)
{
    struct sim *from = source, *to = target;
    if (from->world != to->world)
        return -EXDEV;
    if (lacks(from, REPLSVC_BACKEND_CAP_CLONE_RANGE))
        return -EOPNOTSUPP;
    int err = writable(to);
    if (err == 0)
        err = in_disk(from, source_offset, length);
    if (err == 0)
        err = in_disk(to, target_offset, length);
    if (err == 0 && ((source_offset | target_offset | length) & (world_sector(from->world) - 1)) != 0)
        err = -EINVAL;
    for (uint64_t done = 0; err == 0 && done < length;) {
        uint64_t at = source_offset + done, left = length - done;
        uint64_t data = world_next(from->file, at, true);
        bool hole = data != at;
        uint64_t end = hole ? data : world_next(from->file, at, false);
        uint64_t n = end - at < left ? end - at : left;
        err = hole ? world_zero(to->file, target_offset + done, n, false)
                   : copy(from, at, to, target_offset + done, n);
        done += n;
    }
    return err;
}

const replsvc_backend sim_backend = {
    .size = sizeof(sim_backend),
    .api_version = REPLSVC_BACKEND_API_VERSION,
    .name = "sim",
    .description = "simulated disk in memory, for tests",
    .check = sim_check,
    .create = sim_create,
    .remove = sim_remove,
    .open = sim_open,
    .close = sim_close,
    .info = sim_info,
    .preadv = sim_preadv,
    .pwritev = sim_pwritev,
    .flush = sim_flush,
    .discard = sim_discard,
    .write_zeroes = sim_write_zeroes,
    .extents = sim_extents,
    .resize = sim_resize,
    .clone_range = sim_clone_range,
};
