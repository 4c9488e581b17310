/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The state directory on a real file system.
 *
 * Everything is reached from one descriptor of the directory, component by component and never through a
 * symlink, so that nobody who can write beside or inside it makes us open something else; what was opened
 * must be a regular file (the open does not block on a FIFO). The directory itself may be named through a
 * symlink: that is its administrator's word.
 *
 * The lock is an open-file-description lock on the file "lock": it goes with the process, however that
 * ends, and two openers within one process exclude each other too.
 *
 * A failed sync poisons its file: the kernel reports a lost page once and then forgets it, so a second
 * sync that succeeds would prove nothing.
 */
#include "state/vfs.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <replsvc/backend.h>

#include "util/alloc.h"

#define LOCK_NAME "lock"

struct posix_vfs {
    struct vfs vfs;
    int dir;  /* the state directory */
    int lock; /* or -1 */
};

struct posix_file {
    struct vfs_file file;
    int fd;
    atomic_int poison; /* negative errno of the sync that failed, or 0 */
    char name[];       /* for messages */
};

/* Leaves the sentence and returns the errno. What callers probe for (-ENOENT, -EEXIST) is no fault. */
static int failed(const char *what, const char *name, int err)
{
    if (err != ENOENT && err != EEXIST)
        replsvc_backend_set_error("state directory, %s: %s: %s", name[0] ? name : ".", what, strerror(err));
    return -err;
}

/* ---- names ---- */

/* Where a name leads: a directory's descriptor and the last component in it. */
struct place {
    int dir;
    bool opened; /* dir is a sub-directory's and is to be closed */
    const char *leaf;
};

static int open_directory(int dir, const char *name)
{
    int fd = openat(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    return fd < 0 ? -errno : fd;
}

static bool is_component(const char *s, size_t len)
{
    return len > 0 && len <= NAME_MAX && !(len == 1 && s[0] == '.') &&
           !(len == 2 && s[0] == '.' && s[1] == '.');
}

static int find_place(const struct posix_vfs *v, const char *name, struct place *p)
{
    const char *slash = strchr(name, '/');
    *p = (struct place){v->dir, false, slash ? slash + 1 : name};
    if (!is_component(p->leaf, strlen(p->leaf)) || strchr(p->leaf, '/'))
        return failed("not a name inside it", name, EINVAL);
    if (!slash)
        return 0;
    char sub[NAME_MAX + 1];
    size_t len = (size_t)(slash - name);
    if (!is_component(name, len))
        return failed("not a name inside it", name, EINVAL);
    memcpy(sub, name, len);
    sub[len] = '\0';
    int fd = open_directory(v->dir, sub);
    if (fd < 0)
        return failed("open directory", sub, -fd);
    p->dir = fd;
    p->opened = true;
    return 0;
}

static void leave_place(const struct place *p)
{
    if (p->opened)
        (void)close(p->dir);
}

/* ---- files ---- */

static int file_pread(struct vfs_file *file, void *buf, size_t len, uint64_t off)
{
    struct posix_file *f = (struct posix_file *)file;
    for (uint8_t *p = buf; len;) {
        ssize_t n = pread(f->fd, p, len, (off_t)off);
        if (n == 0)
            return -ENODATA;
        if (n < 0) {
            if (errno == EINTR)
                continue;
            return failed("read", f->name, errno);
        }
        p += n;
        len -= (size_t)n;
        off += (uint64_t)n;
    }
    return 0;
}

static int file_pwrite(struct vfs_file *file, const void *buf, size_t len, uint64_t off)
{
    struct posix_file *f = (struct posix_file *)file;
    for (const uint8_t *p = buf; len;) {
        ssize_t n = pwrite(f->fd, p, len, (off_t)off);
        if (n <= 0) {
            if (n < 0 && errno == EINTR)
                continue;
            return failed("write", f->name, n < 0 ? errno : EIO);
        }
        p += n;
        len -= (size_t)n;
        off += (uint64_t)n;
    }
    return 0;
}

static int file_sync(struct vfs_file *file)
{
    struct posix_file *f = (struct posix_file *)file;
    int poison = atomic_load(&f->poison);
    if (poison)
        return failed("sync (failed before)", f->name, -poison);
    int r;
    do
        r = fdatasync(f->fd);
    while (r < 0 && errno == EINTR);
    if (r == 0)
        return atomic_load(&f->poison);
    r = failed("sync", f->name, errno);
    atomic_store(&f->poison, r);
    return r;
}

static int file_truncate(struct vfs_file *file, uint64_t size)
{
    struct posix_file *f = (struct posix_file *)file;
    int r;
    do
        r = ftruncate(f->fd, (off_t)size);
    while (r < 0 && errno == EINTR);
    return r < 0 ? failed("truncate", f->name, errno) : 0;
}

static int file_size(struct vfs_file *file, uint64_t *size)
{
    struct posix_file *f = (struct posix_file *)file;
    struct stat st;
    if (fstat(f->fd, &st) < 0)
        return failed("stat", f->name, errno);
    *size = (uint64_t)st.st_size;
    return 0;
}

static void file_close(struct vfs_file *file)
{
    struct posix_file *f = (struct posix_file *)file;
    (void)close(f->fd);
    mem_free(f);
}

static const struct vfs_file_ops file_ops = {
    .pread = file_pread,
    .pwrite = file_pwrite,
    .sync = file_sync,
    .truncate = file_truncate,
    .size = file_size,
    .close = file_close,
};

/* A descriptor of a regular file there, or a negative errno. */
static int open_regular(const struct place *p, const char *name, int flags)
{
    int oflags = O_RDWR | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK | O_NOCTTY;
    oflags |= (flags & VFS_CREATE ? O_CREAT : 0) | (flags & VFS_EXCL ? O_EXCL : 0);
    int fd = openat(p->dir, p->leaf, oflags, 0600);
    if (fd < 0)
        return failed("open", name, errno);
    struct stat st;
    int r = 0;
    if (fstat(fd, &st) < 0)
        r = failed("stat", name, errno);
    else if (!S_ISREG(st.st_mode))
        r = failed("not a regular file", name, EINVAL);
    else if (flags & VFS_TRUNC && ftruncate(fd, 0) < 0) /* only now that it is known to be a file */
        r = failed("truncate", name, errno);
    if (r) {
        (void)close(fd);
        return r;
    }
    return fd;
}

/* ---- the directory ---- */

static int posix_open(struct vfs *vfs, const char *name, int flags, struct vfs_file **out)
{
    struct posix_vfs *v = (struct posix_vfs *)vfs;
    size_t name_size = strlen(name) + 1;
    struct posix_file *f = mem_alloc(sizeof *f + name_size);
    if (!f)
        return -ENOMEM;
    struct place p;
    int r = find_place(v, name, &p);
    if (r == 0) {
        r = open_regular(&p, name, flags);
        leave_place(&p);
    }
    if (r < 0) {
        mem_free(f);
        return r;
    }
    f->file.ops = &file_ops;
    f->fd = r;
    atomic_init(&f->poison, 0);
    memcpy(f->name, name, name_size);
    *out = &f->file;
    return 0;
}

static int posix_unlink(struct vfs *vfs, const char *name)
{
    struct place p;
    int r = find_place((struct posix_vfs *)vfs, name, &p);
    if (r)
        return r;
    if (unlinkat(p.dir, p.leaf, 0) < 0)
        r = failed("remove", name, errno);
    leave_place(&p);
    return r;
}

static int posix_rename(struct vfs *vfs, const char *from, const char *to)
{
    struct place a, b;
    int r = find_place((struct posix_vfs *)vfs, from, &a);
    if (r)
        return r;
    r = find_place((struct posix_vfs *)vfs, to, &b);
    if (r == 0) {
        if (renameat(a.dir, a.leaf, b.dir, b.leaf) < 0)
            r = failed("rename", from, errno);
        leave_place(&b);
    }
    leave_place(&a);
    return r;
}

static int posix_mkdir(struct vfs *vfs, const char *name)
{
    struct posix_vfs *v = (struct posix_vfs *)vfs;
    if (!is_component(name, strlen(name)) || strchr(name, '/'))
        return failed("not a name inside it", name, EINVAL);
    if (mkdirat(v->dir, name, 0700) < 0 && errno != EEXIST)
        return failed("make directory", name, errno);
    int fd = open_directory(v->dir, name); /* what exists may be something else */
    if (fd < 0)
        return failed("open directory", name, -fd);
    (void)close(fd);
    return 0;
}

/* A descriptor of a directory by the name that the vfs functions take ("" = the state directory). */
static int open_listed(const struct posix_vfs *v, const char *name)
{
    if (name[0] && (!is_component(name, strlen(name)) || strchr(name, '/')))
        return failed("not a name inside it", name, EINVAL);
    int fd = open_directory(v->dir, name[0] ? name : ".");
    return fd < 0 ? failed("open directory", name, -fd) : fd;
}

static int posix_sync_dir(struct vfs *vfs, const char *name)
{
    int fd = open_listed((struct posix_vfs *)vfs, name);
    if (fd < 0)
        return fd;
    int r;
    do
        r = fsync(fd);
    while (r < 0 && errno == EINTR);
    if (r < 0)
        r = failed("sync directory", name, errno);
    (void)close(fd);
    return r;
}

static int posix_list(struct vfs *vfs, const char *name, int (*fn)(void *user, const char *entry), void *user)
{
    int fd = open_listed((struct posix_vfs *)vfs, name);
    if (fd < 0)
        return fd;
    DIR *d = fdopendir(fd);
    if (!d) {
        int r = failed("list", name, errno);
        (void)close(fd);
        return r;
    }
    int r = 0;
    while (r == 0) {
        errno = 0;
        const struct dirent *e = readdir(d);
        if (!e) {
            r = errno ? failed("list", name, errno) : 0;
            break;
        }
        if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0)
            r = fn(user, e->d_name);
    }
    (void)closedir(d);
    return r;
}

static int posix_lock(struct vfs *vfs)
{
    struct posix_vfs *v = (struct posix_vfs *)vfs;
    struct place p;
    if (v->lock >= 0)
        return 0;
    int r = find_place(v, LOCK_NAME, &p);
    if (r)
        return r;
    int fd = open_regular(&p, LOCK_NAME, VFS_CREATE);
    if (fd < 0)
        return fd;
    struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    if (fcntl(fd, F_OFD_SETLK, &whole) < 0) {
        r = failed("lock", LOCK_NAME, errno == EAGAIN || errno == EACCES ? EBUSY : errno);
        (void)close(fd);
        return r;
    }
    v->lock = fd;
    return 0;
}

static void vfs_close(struct vfs *vfs)
{
    struct posix_vfs *v = (struct posix_vfs *)vfs;
    if (v->lock >= 0)
        (void)close(v->lock);
    (void)close(v->dir);
    mem_free(v);
}

static const struct vfs_ops ops = {
    .open = posix_open,
    .unlink = posix_unlink,
    .rename = posix_rename,
    .mkdir = posix_mkdir,
    .sync_dir = posix_sync_dir,
    .list = posix_list,
    .lock = posix_lock,
    .close = vfs_close,
};

/* Makes the entry of a new state directory durable in its parent. */
static int sync_parent(int dir)
{
    int parent = openat(dir, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (parent < 0)
        return -errno;
    int r = fsync(parent) < 0 ? -errno : 0;
    (void)close(parent);
    return r;
}

int vfs_posix_open(const char *directory, bool create, struct vfs **out)
{
    struct posix_vfs *v = mem_zalloc(sizeof *v);
    if (!v)
        return -ENOMEM;
    int r = 0;
    bool made = create && mkdir(directory, 0700) == 0;
    v->vfs.ops = &ops;
    v->lock = -1;
    v->dir = create && !made && errno != EEXIST ? -1 : open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (v->dir < 0)
        r = -errno;
    else if (made)
        r = sync_parent(v->dir);
    if (r) {
        replsvc_backend_set_error("state directory %s: %s", directory, strerror(-r));
        if (v->dir >= 0)
            (void)close(v->dir);
        mem_free(v);
        return r;
    }
    *out = &v->vfs;
    return 0;
}
