/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Finding files. The image that the caller names is opened as named, except that its last component may not
 * be a symlink. What an image names (its parent) is hostile input: the path is made absolute by text, must
 * lie below a root, and is then walked from the root's descriptor one component at a time with O_NOFOLLOW,
 * so that no link and no race leads out of it.
 */
#include "vhdx/store_posix.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "vhdx/format.h"

static int open_flags(unsigned flags)
{
    int f = O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY;
    f |= flags & VHDX_FILE_WRITE ? O_RDWR : O_RDONLY;
    if (flags & VHDX_FILE_CREATE)
        f |= O_CREAT | O_EXCL;
    return f;
}

static int store_open(struct vhdx_store *s, const char *path, unsigned flags, struct vhdx_file **file)
{
    (void)s;
    int fd = open(path, open_flags(flags), 0666);
    return fd < 0 ? -errno : vhdx_file_adopt(fd, flags, file);
}

/* The folder of a path, resolved: an absolute path without links. */
static int folder_of(const char *path, char folder[PATH_MAX])
{
    char copy[PATH_MAX];
    if (strlen(path) >= sizeof(copy))
        return -ENAMETOOLONG;
    strcpy(copy, path);
    char *slash = strrchr(copy, '/');
    if (slash != NULL)
        slash[slash == copy] = '\0'; /* "/x" leaves "/" */
    return realpath(slash != NULL ? copy : ".", folder) != NULL ? 0 : -errno;
}

/* Appends the components of `more` to the absolute path `to`, taking "." and ".." by their text. */
static int append_path(char to[PATH_MAX], const char *more)
{
    size_t len = strlen(to);
    if (len == 1)
        len = 0; /* "/" is the empty path here */
    while (*more != '\0') {
        size_t n = strcspn(more, "/");
        if (n == 2 && memcmp(more, "..", 2) == 0) {
            while (len > 0 && to[--len] != '/')
                ;
        } else if (n > 0 && !(n == 1 && *more == '.')) {
            if (len + 1 + n >= PATH_MAX)
                return -ENAMETOOLONG;
            to[len++] = '/';
            memcpy(to + len, more, n);
            len += n;
        }
        more += n + (more[n] == '/');
    }
    if (len == 0)
        to[len++] = '/';
    to[len] = '\0';
    return 0;
}

/* The part of path below root, or NULL. Both are absolute and plain. */
static const char *below(const char *root, const char *path)
{
    size_t len = strlen(root);
    if (len == 1)
        return path + 1;
    return strncmp(root, path, len) == 0 && path[len] == '/' ? path + len + 1 : NULL;
}

/* Opens root/rest without following a link below root. */
static int open_below(const char *root, const char *rest, unsigned flags)
{
    int folder = open(root, O_PATH | O_DIRECTORY | O_CLOEXEC);
    while (folder >= 0) {
        char name[NAME_MAX + 1];
        size_t n = strcspn(rest, "/");
        if (n == 0 || n > NAME_MAX) {
            close(folder);
            return n == 0 ? -EISDIR : -ENAMETOOLONG;
        }
        memcpy(name, rest, n);
        name[n] = '\0';
        bool last = rest[n] == '\0';
        rest += n + !last;
        int next =
            openat(folder, name, last ? open_flags(flags) : O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        int err = errno;
        close(folder);
        if (next < 0)
            return -err;
        if (last)
            return next;
        folder = next;
    }
    return -errno;
}

static int store_open_relative(struct vhdx_store *s, const char *child, const char *wanted,
                               const char *const *roots, size_t n_roots, unsigned flags,
                               struct vhdx_file **file, char *path, size_t path_size)
{
    (void)s;
    char own[PATH_MAX], target[PATH_MAX], root[PATH_MAX];
    int r = folder_of(child, own);
    if (r != 0)
        return r;
    strcpy(target, *wanted == '/' ? "/" : own);
    r = append_path(target, wanted);
    if (r != 0)
        return r;
    if (strlen(target) >= path_size)
        return -ENAMETOOLONG;
    strcpy(path, target);
    const char *self = own;
    if (roots == NULL || n_roots == 0) {
        roots = &self;
        n_roots = 1;
    }
    for (size_t i = 0; i < n_roots; i++) {
        if (realpath(*roots[i] != '\0' ? roots[i] : own, root) == NULL)
            continue;
        const char *rest = below(root, target);
        if (rest == NULL)
            continue;
        int fd = open_below(root, rest, flags);
        return fd < 0 ? fd : vhdx_file_adopt(fd, flags, file);
    }
    return -EACCES;
}

static int store_absolute(struct vhdx_store *s, const char *path, char *out, size_t size)
{
    (void)s;
    char folder[PATH_MAX];
    const char *name = strrchr(path, '/');
    name = name != NULL ? name + 1 : path;
    int r = folder_of(path, folder);
    if (r != 0)
        return r;
    int n = snprintf(out, size, "%s/%s", strcmp(folder, "/") == 0 ? "" : folder, name);
    return n < 0 || (size_t)n >= size ? -ENAMETOOLONG : 0;
}

static int sync_folder(const char *path)
{
    char folder[PATH_MAX];
    int r = folder_of(path, folder);
    int fd = r == 0 ? open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
    if (r == 0 && fd < 0)
        r = -errno;
    if (r == 0 && fsync(fd) != 0 && errno != EINVAL)
        r = -errno;
    if (fd >= 0)
        close(fd);
    return r;
}

static int store_publish(struct vhdx_store *s, const char *from, const char *to)
{
    (void)s;
    /* link() refuses an existing name atomically, which rename() would replace. */
    if (link(from, to) != 0) {
        int err = errno;
        if (err != EPERM && err != EOPNOTSUPP && err != EMLINK)
            return -err;
        if (access(to, F_OK) == 0)
            return -EEXIST;
        if (rename(from, to) != 0)
            return -errno;
    } else if (unlink(from) != 0) {
        return -errno;
    }
    return sync_folder(to);
}

static int store_unlink(struct vhdx_store *s, const char *path)
{
    (void)s;
    if (unlink(path) != 0)
        return -errno;
    return sync_folder(path);
}

static int store_beside(struct vhdx_store *s, const char *path, bool folder,
                        int (*found)(void *user, const char *path), void *user)
{
    (void)s;
    char name[PATH_MAX], at[PATH_MAX];
    int r = folder ? (realpath(path, at) != NULL ? 0 : -errno) : folder_of(path, at);
    DIR *dir = r == 0 ? opendir(at) : NULL;
    if (dir == NULL)
        return r != 0 ? r : -errno;
    for (struct dirent *e; r == 0 && (errno = 0, e = readdir(dir)) != NULL;) {
        if (e->d_type != DT_REG && e->d_type != DT_UNKNOWN)
            continue;
        int n = snprintf(name, sizeof(name), "%s/%s", strcmp(at, "/") == 0 ? "" : at, e->d_name);
        if (n > 0 && (size_t)n < sizeof(name))
            r = found(user, name);
    }
    if (r == 0 && errno != 0)
        r = -errno;
    closedir(dir);
    return r;
}

static const struct vhdx_store_ops posix_ops = {
    .open = store_open,
    .open_relative = store_open_relative,
    .absolute = store_absolute,
    .publish = store_publish,
    .unlink = store_unlink,
    .beside = store_beside,
};

struct vhdx_store vhdx_store_posix = {&posix_ops};
