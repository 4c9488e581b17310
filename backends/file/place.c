/* SPDX-License-Identifier: BSD-2-Clause */
/* Where an image lies: paths, opening, making and removing. The rules are in file.c. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <unistd.h>

#include "file/file_fds.h"
#include "file/image.h"
#include "file/kernel.h"
#include "file/patience.h"
#include "util/alloc.h"
#include "util/id.h"

/* ---- paths ---- */

static int refuse(int err, const char *path, const char *why)
{
    replsvc_backend_set_error("%s: %s", path, why);
    return -err;
}

/* A path that names something, without "..". */
static int check_form(const char *path)
{
    if (path[0] == '\0' || strlen(path) >= PATH_MAX)
        return refuse(path[0] == '\0' ? EINVAL : ENAMETOOLONG, "the path",
                      path[0] == '\0' ? "is empty" : "is too long");
    for (const char *p = path; *p != '\0';) {
        size_t len = strcspn(p, "/");
        if (len == 2 && memcmp(p, "..", 2) == 0)
            return refuse(EINVAL, path, "a path with \"..\" in it is not taken");
        p += len;
        p += strspn(p, "/");
    }
    const char *slash = strrchr(path, '/');
    const char *name = slash != NULL ? slash + 1 : path;
    if (name[0] == '\0' || strcmp(name, ".") == 0)
        return refuse(EISDIR, path, "names a directory, not an image");
    return 0;
}

/* The directory of a path ("/" and "." included) and, as the result, its last component. */
static const char *split(const char *path, char directory[PATH_MAX])
{
    const char *slash = strrchr(path, '/');
    if (slash == NULL)
        strcpy(directory, ".");
    else if (slash == path)
        strcpy(directory, "/");
    else
        snprintf(directory, PATH_MAX, "%.*s", (int)(slash - path), path);
    return slash != NULL ? slash + 1 : path;
}

static int check_type(const char *path, mode_t mode)
{
    switch (mode & S_IFMT) {
    case S_IFREG:
        return 0;
    case S_IFDIR:
        return refuse(EISDIR, path, "is a directory, not a regular file");
    case S_IFLNK:
        return refuse(ELOOP, path, "is a symbolic link; name the file itself");
    case S_IFIFO:
        return refuse(EINVAL, path, "is a FIFO, not a regular file");
    case S_IFSOCK:
        return refuse(EINVAL, path, "is a socket, not a regular file");
    case S_IFBLK:
        return refuse(EINVAL, path, "is a block device, not a regular file (use block:)");
    default:
        return refuse(EINVAL, path, "is a device, not a regular file");
    }
}

int image_check(const char *path, char *canonical, size_t canonical_size)
{
    char directory[PATH_MAX], real[PATH_MAX];
    struct stat st;
    int err = check_form(path);
    if (err != 0)
        return err;
    const char *name = split(path, directory);
    if (realpath(directory, real) == NULL)
        return image_fail(directory, errno, "the image's directory cannot be looked up");
    if (lstat(path, &st) == 0) {
        err = check_type(path, st.st_mode);
        if (err != 0)
            return err;
    }
    int n = snprintf(canonical, canonical_size, "%s/%s", strcmp(real, "/") == 0 ? "" : real, name);
    return n >= 0 && (size_t)n < canonical_size ? 0 : refuse(ENAMETOOLONG, path, "the path is too long");
}

/* ---- opening ---- */

/* A process that died leaves its lock a little longer than it lives: until the I/O that it had handed to
 * the kernel has ended. That must be waited for, and is no reason to refuse the file. */
static int lock_file(int fd, bool exclusive)
{
    struct flock lock = {.l_type = exclusive ? F_WRLCK : F_RDLCK, .l_whence = SEEK_SET};
    struct patience patience = {0};
    do
        if (fcntl(fd, F_OFD_SETLK, &lock) == 0)
            return 0;
    while ((errno == EACCES || errno == EAGAIN) && patience_left(&patience));
    return errno == EACCES || errno == EAGAIN ? -EBUSY : -errno;
}

/* Opens a regular file; *fd. Neither waits for nor starts anything if it is something else. */
static int open_regular(const char *path, int flags, int *fd)
{
    struct stat st;
    if (lstat(path, &st) == 0) { /* the plain word first; what counts is the descriptor below */
        int err = check_type(path, st.st_mode);
        if (err != 0)
            return err;
    }
    *fd = open(path, flags | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (*fd < 0)
        return errno == ELOOP ? check_type(path, S_IFLNK) : image_fail(path, errno, "cannot be opened");
    int err = fstat(*fd, &st) == 0 ? check_type(path, st.st_mode) : -errno;
    if (err != 0)
        close(*fd);
    return err;
}

/* What O_DIRECT asks of requests for this file; 0: it is not possible. */
static uint32_t direct_alignment(int fd)
{
    uint32_t align = 4096;
#ifdef STATX_DIOALIGN /* Linux 6.1 */
    struct statx st;
    if (kernel_statx(fd, STATX_DIOALIGN, &st) == 0 && (st.stx_mask & STATX_DIOALIGN) != 0)
        align =
            st.stx_dio_offset_align > st.stx_dio_mem_align ? st.stx_dio_offset_align : st.stx_dio_mem_align;
#else
    (void)fd;
#endif
    return (align & (align - 1)) == 0 ? align : 0;
}

/* A second descriptor of the same file, whatever its name means now. */
static void open_direct(struct image *f, bool always)
{
    char self[40];
    uint32_t align = direct_alignment(f->fd);
    f->direct_fd = -1;
    f->direct_unit = align > FILE_DIRECT_UNIT ? align : FILE_DIRECT_UNIT;
    if (align == 0)
        return;
    snprintf(self, sizeof(self), "/proc/self/fd/%d", f->fd);
    f->direct_fd =
        open(self, (f->writable ? O_RDWR : O_RDONLY) | O_DIRECT | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    f->direct_always = always && f->direct_fd >= 0 && atomic_load(&f->size) % f->direct_unit == 0;
}

static uint32_t find_capabilities(const struct image *f)
{
    if (!f->writable) {
        /* That we read only does not make the image read-only. */
        char self[40];
        snprintf(self, sizeof(self), "/proc/self/fd/%d", f->fd);
        uint32_t can = access(self, W_OK) == 0 ? 0 : REPLSVC_BACKEND_CAP_READ_ONLY;
        return can | REPLSVC_BACKEND_CAP_THIN | REPLSVC_BACKEND_CAP_EXTENTS;
    }
    uint32_t share =
        image_can_share(f->fd) ? REPLSVC_BACKEND_CAP_CLONE_RANGE | REPLSVC_BACKEND_CAP_NATIVE_SNAPSHOT : 0;
    return REPLSVC_BACKEND_CAP_THIN | REPLSVC_BACKEND_CAP_EXTENTS | REPLSVC_BACKEND_CAP_RESIZE |
           REPLSVC_BACKEND_CAP_DISCARD | REPLSVC_BACKEND_CAP_DISCARD_ZEROES |
           REPLSVC_BACKEND_CAP_WRITE_ZEROES | share;
}

static int set_up(struct image *f, uint32_t flags)
{
    struct stat st;
    struct statfs fs;
    if ((flags & REPLSVC_BACKEND_SHARED) == 0 || f->writable) {
        int err = lock_file(f->fd, f->writable);
        if (err == -EBUSY)
            return refuse(EBUSY, f->path, "is in use: another opener holds a lock on it");
        /* A file system without locks is used without. */
        if (err != 0 && err != -ENOLCK && err != -EOPNOTSUPP && err != -ENOSYS && err != -EINVAL)
            return image_fail(f->path, -err, "cannot be locked");
    }
    if (fstat(f->fd, &st) != 0 || fstatfs(f->fd, &fs) != 0)
        return image_fail(f->path, errno, "cannot be looked at");
    atomic_init(&f->size, (uint64_t)st.st_size);
    f->block_size = fs.f_bsize >= 512 && fs.f_bsize <= 65536 ? (uint32_t)fs.f_bsize : 4096;
    f->capabilities = find_capabilities(f) | REPLSVC_BACKEND_CAP_QUEUE;
    if (fs.f_type == TMPFS_MAGIC || fs.f_type == RAMFS_MAGIC)
        f->capabilities |= REPLSVC_BACKEND_CAP_MEMORY;
    open_direct(f, (flags & REPLSVC_BACKEND_DIRECT) != 0);
    return 0;
}

int image_open(const char *path, const replsvc_backend_open_options *options, void **handle)
{
    int err = check_form(path);
    if (err != 0)
        return err;
    struct image *f = mem_zalloc(sizeof(*f) + strlen(path) + 1);
    if (f == NULL)
        return -ENOMEM;
    strcpy(f->path, path);
    f->writable = (options->flags & REPLSVC_BACKEND_WRITABLE) != 0;
    err = open_regular(path, f->writable ? O_RDWR : O_RDONLY, &f->fd);
    if (err == 0) {
        err = set_up(f, options->flags);
        if (err != 0)
            close(f->fd);
    }
    if (err != 0)
        mem_free(f);
    else
        *handle = f;
    return err;
}

/* ---- making and removing ---- */

static int open_directory(const char *directory)
{
    int fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return fd >= 0 ? fd : image_fail(directory, errno, "the image's directory cannot be opened");
}

/* A file without a name, which nobody has to clear away after a crash; or, where there is no such thing,
 * one with the temporary name that is left in temporary. */
static int open_nameless(int directory, char temporary[NAME_MAX + 1])
{
    temporary[0] = '\0';
    int fd = openat(directory, ".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    if (fd >= 0 || (errno != EOPNOTSUPP && errno != EISDIR && errno != ENOENT))
        return fd >= 0 ? fd : -errno;
    char unique[REPLSVC_REF_SIZE];
    int err = id_new("new", unique, sizeof(unique));
    if (err != 0)
        return err;
    snprintf(temporary, NAME_MAX + 1, ".replsvc-%s", unique);
    fd = openat(directory, temporary, O_CREAT | O_EXCL | O_NOFOLLOW | O_RDWR | O_CLOEXEC, 0600);
    return fd >= 0 ? fd : -errno;
}

/* Gives the file its name; never in place of another. */
static int publish(int directory, int fd, const char *temporary, const char *name)
{
    if (temporary[0] == '\0') {
        char self[40];
        snprintf(self, sizeof(self), "/proc/self/fd/%d", fd);
        return linkat(AT_FDCWD, self, directory, name, AT_SYMLINK_FOLLOW) == 0 ? 0 : -errno;
    }
    if (kernel_rename_noreplace(directory, temporary, name) == 0)
        return 0;
    if (errno != EINVAL && errno != ENOSYS)
        return -errno;
    if (linkat(directory, temporary, directory, name, 0) != 0)
        return -errno;
    (void)unlinkat(directory, temporary, 0);
    return 0;
}

int image_make(const char *path, int (*fill)(int fd, const char *path, const void *user), const void *user)
{
    char directory_path[PATH_MAX], temporary[NAME_MAX + 1];
    struct stat st;
    int err = check_form(path);
    if (err != 0)
        return err;
    const char *name = split(path, directory_path);
    int directory = open_directory(directory_path);
    if (directory < 0)
        return directory;
    int fd = -1;
    bool named = false;
    if (fstatat(directory, name, &st, AT_SYMLINK_NOFOLLOW) ==
        0) { /* before any work; publish is what counts */
        err = refuse(EEXIST, path, "there is a file of this name already");
        goto out;
    }
    fd = open_nameless(directory, temporary);
    if (fd < 0) {
        err = image_fail(path, -fd, "a file cannot be made in its directory");
        goto out;
    }
    err = fill(fd, path, user);
    if (err == 0 && fsync(fd) != 0)
        err = image_fail(path, errno, "cannot be made durable");
    if (err == 0) {
        err = publish(directory, fd, temporary, name);
        named = err == 0;
        if (err != 0)
            image_fail(path, -err, "cannot be given its name");
    }
    if (err == 0 && fsync(directory) != 0)
        err = image_fail(path, errno, "its directory cannot be made durable");
out:
    if (err != 0 && named)
        (void)unlinkat(directory, name, 0);
    else if (err != 0 && fd >= 0 && temporary[0] != '\0')
        (void)unlinkat(directory, temporary, 0);
    if (fd >= 0)
        close(fd);
    close(directory);
    return err;
}

/* Takes the space by writing zeroes, where the file system has no better way. */
static int write_out(int fd, uint64_t size)
{
    static const char zeroes[65536];
    for (uint64_t at = 0; at < size;) {
        size_t n = size - at < sizeof(zeroes) ? (size_t)(size - at) : sizeof(zeroes);
        ssize_t done = pwrite(fd, zeroes, n, (off_t)at);
        if (done < 0 && errno != EINTR)
            return errno;
        at += done > 0 ? (uint64_t)done : 0;
    }
    return 0;
}

static int fill_new(int fd, const char *path, const void *user)
{
    const replsvc_backend_create_options *options = user;
    uint64_t size = options->size_bytes;
    if (ftruncate(fd, (off_t)size) != 0)
        return image_fail(path, errno, "cannot be made that large");
    if (!options->preallocate || size == 0)
        return 0;
    int err;
    do
        err = fallocate(fd, 0, 0, (off_t)size) == 0 ? 0 : errno;
    while (err == EINTR);
    if (err == EOPNOTSUPP)
        err = write_out(fd, size);
    return err != 0 ? image_fail(path, err, "its space cannot be allocated") : 0;
}

int image_create(const char *path, const replsvc_backend_create_options *options)
{
    if (options->parent != NULL && options->parent[0] != '\0')
        return refuse(EOPNOTSUPP, path, "a raw image has no parent");
    if (options->size_bytes > INT64_MAX)
        return refuse(EFBIG, path, "no file can be that large");
    return image_make(path, fill_new, options);
}

int image_remove(const char *path)
{
    char directory_path[PATH_MAX];
    int fd, err = check_form(path);
    if (err == 0)
        err = open_regular(path, O_RDWR, &fd);
    if (err != 0)
        return err;
    err = lock_file(fd, true);
    if (err == -EBUSY) {
        close(fd);
        return refuse(EBUSY, path, "is in use: another opener holds a lock on it");
    }
    const char *name = split(path, directory_path);
    int directory = open_directory(directory_path);
    err = directory < 0 ? directory : 0;
    if (err == 0 && unlinkat(directory, name, 0) != 0)
        err = image_fail(path, errno, "cannot be removed");
    if (err == 0 && fsync(directory) != 0)
        err = image_fail(path, errno, "its directory cannot be made durable");
    if (directory >= 0)
        close(directory);
    close(fd);
    return err;
}
