/* SPDX-License-Identifier: BSD-2-Clause */
/* VHDX images on a simulated world: see vhdx_sim.h. */
#include "support/vhdx_sim.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct sim_file {
    struct vhdx_file base;
    struct world_file *file;
};

struct sim_store {
    struct vhdx_store base;
    struct world *world;
};

static struct world_file *of(struct vhdx_file *f)
{
    return ((struct sim_file *)f)->file;
}

static const struct vhdx_sim_observer *observer;

void vhdx_sim_observe(const struct vhdx_sim_observer *o)
{
    observer = o;
}

static int sim_preadv(struct vhdx_file *f, struct iovec *iov, int iovcnt, uint64_t offset, bool payload)
{
    (void)payload;
    int r = 0;
    for (int i = 0; i < iovcnt && r == 0; offset += iov[i++].iov_len)
        r = world_read(of(f), iov[i].iov_base, iov[i].iov_len, offset);
    return r;
}

static int sim_pwritev(struct vhdx_file *f, struct iovec *iov, int iovcnt, uint64_t offset, bool payload)
{
    (void)payload;
    int r = 0;
    for (int i = 0; i < iovcnt && r == 0; offset += iov[i++].iov_len) {
        r = world_write(of(f), iov[i].iov_base, iov[i].iov_len, offset, false);
        if (r == 0 && observer != NULL)
            observer->write(of(f), offset, iov[i].iov_base, iov[i].iov_len);
    }
    return r;
}

static int sim_sync(struct vhdx_file *f)
{
    int r = world_sync(of(f));
    if (r == 0 && observer != NULL)
        observer->sync(of(f));
    return r;
}

static int sim_size(struct vhdx_file *f, uint64_t *size)
{
    return world_size(of(f), size);
}

static int sim_truncate(struct vhdx_file *f, uint64_t size)
{
    int r = world_truncate(of(f), size);
    if (r == 0 && observer != NULL)
        observer->truncate(of(f), size);
    return r;
}

static int sim_zero(struct vhdx_file *f, uint64_t offset, uint64_t length, bool keep)
{
    (void)keep;
    uint64_t size;
    int r = world_size(of(f), &size);
    if (r != 0 || offset >= size)
        return r;
    length = vhdx_min(length, size - offset);
    r = world_zero(of(f), offset, length, false);
    if (r == 0 && observer != NULL)
        observer->zero(of(f), offset, length);
    return r;
}

static int sim_allocate(struct vhdx_file *f, uint64_t offset, uint64_t length)
{
    (void)f, (void)offset, (void)length;
    return 0;
}

static int sim_usage(struct vhdx_file *f, uint64_t *bytes)
{
    *bytes = world_allocated(of(f));
    return 0;
}

static void sim_identity(struct vhdx_file *f, char *text, size_t size)
{
    snprintf(text, size, "%llu", (unsigned long long)world_inode(of(f)));
}

static void sim_close(struct vhdx_file *f)
{
    world_close(of(f));
    free(f);
}

static bool sim_can_share(struct vhdx_file *f)
{
    (void)f;
    return true;
}

static bool sim_same_system(struct vhdx_file *a, struct vhdx_file *b)
{
    (void)a, (void)b;
    return true;
}

/* The same by copying: what it means for the files' content and the order of things. */
static int sim_share(struct vhdx_file *from, uint64_t from_at, struct vhdx_file *to, uint64_t to_at,
                     uint64_t length)
{
    uint64_t size;
    int r = world_size(of(from), &size);
    if (r == 0 && (from_at | to_at | length) % 4096 != 0)
        r = -EINVAL;
    length = length != 0 ? length : size - from_at;
    uint8_t *data = malloc(length);
    if (r == 0)
        r = world_read(of(from), data, length, from_at);
    if (r == 0)
        r = world_write(of(to), data, length, to_at, false);
    free(data);
    return r;
}

static const struct vhdx_file_ops file_ops = {
    .preadv = sim_preadv,
    .pwritev = sim_pwritev,
    .sync = sim_sync,
    .size = sim_size,
    .truncate = sim_truncate,
    .zero = sim_zero,
    .allocate = sim_allocate,
    .usage = sim_usage,
    .identity = sim_identity,
    .close = sim_close,
    .can_share = sim_can_share,
    .same_system = sim_same_system,
    .share = sim_share,
};

static int sim_open(struct vhdx_store *s, const char *path, unsigned flags, struct vhdx_file **file)
{
    struct sim_file *f = calloc(1, sizeof(*f));
    int r = world_open(((struct sim_store *)s)->world, path,
                       flags & VHDX_FILE_CREATE ? WORLD_CREATE_FILE | WORLD_EXCL : 0, &f->file);
    if (r == 0 && (flags & VHDX_FILE_WRITE) && (r = world_lock(f->file)) != 0)
        world_close(f->file);
    if (r != 0) {
        free(f);
        return r;
    }
    f->base.ops = &file_ops;
    *file = &f->base;
    return 0;
}

static int sim_open_relative(struct vhdx_store *s, const char *child, const char *wanted,
                             const char *const *roots, size_t n_roots, unsigned flags,
                             struct vhdx_file **file, char *path, size_t path_size)
{
    (void)roots, (void)n_roots;
    const char *slash = strrchr(child, '/');
    int folder = slash != NULL ? (int)(slash - child) + 1 : 0;
    while (strncmp(wanted, "./", 2) == 0)
        wanted += 2;
    snprintf(path, path_size, "%.*s%s", folder, child, wanted);
    return sim_open(s, path, flags, file);
}

static int sim_absolute(struct vhdx_store *s, const char *path, char *out, size_t size)
{
    (void)s;
    snprintf(out, size, "/%s", path);
    return 0;
}

/* The world has one level of folders at most; images of tests lie in its root or in "disks". */
static int sync_folder(struct world *w, const char *path)
{
    char folder[256] = "";
    const char *slash = strrchr(path, '/');
    if (slash != NULL)
        snprintf(folder, sizeof(folder), "%.*s", (int)(slash - path), path);
    return world_sync_dir(w, folder);
}

static int sim_publish(struct vhdx_store *s, const char *from, const char *to)
{
    struct world *w = ((struct sim_store *)s)->world;
    struct world_file *f;
    if (world_open(w, to, 0, &f) == 0) {
        world_close(f);
        return -EEXIST;
    }
    int r = world_rename(w, from, to);
    return r == 0 ? sync_folder(w, to) : r;
}

static int sim_unlink(struct vhdx_store *s, const char *path)
{
    struct world *w = ((struct sim_store *)s)->world;
    int r = world_unlink(w, path, 0);
    return r == 0 ? sync_folder(w, path) : r;
}

struct entries {
    const char *folder;
    int (*found)(void *user, const char *path);
    void *user;
};

static int sim_entry(void *user, const char *entry)
{
    const struct entries *e = user;
    char path[512];
    snprintf(path, sizeof(path), "%s%s%s", e->folder, *e->folder != '\0' ? "/" : "", entry);
    return e->found(e->user, path);
}

static int sim_beside(struct vhdx_store *s, const char *path, bool folder,
                      int (*found)(void *user, const char *path), void *user)
{
    char at[256] = "";
    const char *slash = strrchr(path, '/');
    if (folder)
        snprintf(at, sizeof(at), "%s", path);
    else if (slash != NULL)
        snprintf(at, sizeof(at), "%.*s", (int)(slash - path), path);
    struct entries e = {at, found, user};
    return world_list(((struct sim_store *)s)->world, at, sim_entry, &e);
}

static const struct vhdx_store_ops store_ops = {
    .open = sim_open,
    .open_relative = sim_open_relative,
    .absolute = sim_absolute,
    .publish = sim_publish,
    .unlink = sim_unlink,
    .beside = sim_beside,
};

struct vhdx_store *vhdx_sim_store(struct world *w)
{
    static struct sim_store stores[2];
    static unsigned next;
    for (unsigned i = 0; i < 2; i++)
        if (stores[i].world == w)
            return &stores[i].base;
    struct sim_store *s = &stores[next++ % 2];
    *s = (struct sim_store){{&store_ops}, w};
    return &s->base;
}

uint64_t vhdx_random(uint64_t *seed)
{
    uint64_t z = *seed += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

void vhdx_pattern(uint8_t *buffer, size_t length, uint64_t stamp)
{
    if (stamp == 0) {
        memset(buffer, 0, length);
        return;
    }
    for (size_t i = 0; i < length; i += sizeof(stamp)) {
        uint64_t word = stamp * UINT64_C(0x9e3779b97f4a7c15) + 1;
        memcpy(buffer + i, &word, length - i < sizeof(word) ? length - i : sizeof(word));
    }
}

int vhdx_pread(struct vhdx *v, void *buffer, size_t length, uint64_t offset)
{
    struct iovec iov = {buffer, length};
    return vhdx_preadv(v, &iov, 1, offset);
}

int vhdx_pwrite(struct vhdx *v, const void *buffer, size_t length, uint64_t offset)
{
    struct iovec iov = {(void *)(uintptr_t)buffer, length};
    return vhdx_pwritev(v, &iov, 1, offset);
}
