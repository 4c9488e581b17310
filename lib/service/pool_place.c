/* SPDX-License-Identifier: BSD-2-Clause */
/* Pools that are a directory, or a place that a backend knows; see pool.h. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "registry/registry.h"
#include "service/media.h"
#include "service/pool.h"
#include "util/fail.h"

#define NAME_PART 96 /* bytes of the element's name in its image's */

enum pool_kind pool_kind(const char *locator, const char *parameter)
{
    const replsvc_backend *b;
    const char *path;
    int r = backend_locate(locator, &b, &path);
    if (r) {
        (void)svc_fail(r == -EPROTONOSUPPORT ? REPLSVC_NOT_SUPPORTED : REPLSVC_INVALID_PARAMETER, 0,
                       parameter, "%s: %s", parameter, svc_backend_error());
        return 0;
    }
    if (b->place_info)
        return POOL_PLACE;
    return b->create && b->remove ? POOL_DIRECTORY : POOL_DEVICES;
}

/* ---- a directory ---- */

/* A descriptor of an absolute directory, no component of which is a symlink; or a negative errno. */
static int open_directory(const char *path)
{
    int dir = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
    while (dir >= 0) {
        path += strspn(path, "/");
        size_t len = strcspn(path, "/");
        char part[NAME_MAX + 1];
        if (len == 0)
            return dir;
        int next = -1, err = ENAMETOOLONG;
        if (len < sizeof part) {
            memcpy(part, path, len);
            part[len] = '\0';
            next = openat(dir, part, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
            err = errno;
        }
        close(dir);
        if (next < 0)
            return -err;
        dir = next;
        path += len;
    }
    return -errno;
}

static uint32_t directory_look(const char *directory, const char *parameter, uint64_t *free_bytes,
                               uint64_t *total_bytes)
{
    int dir = open_directory(directory);
    struct statvfs fs;
    int r = dir < 0 ? dir : fstatvfs(dir, &fs) ? -errno : 0;
    if (dir >= 0)
        close(dir);
    if (r == -ENOTDIR || r == -ELOOP)
        return svc_fail(REPLSVC_INVALID_PARAMETER, -r, parameter,
                        "%s is no directory, or leads through a symlink", directory);
    if (r)
        return svc_fail_backend(r, parameter, "the pool directory %s cannot be opened", directory);
    *free_bytes = (uint64_t)fs.f_bavail * fs.f_frsize;
    *total_bytes = (uint64_t)fs.f_blocks * fs.f_frsize;
    return REPLSVC_OK;
}

static bool has_dotdot(const char *path)
{
    while (*path) {
        size_t len = strcspn(path, "/");
        if (len == 2 && path[0] == '.' && path[1] == '.')
            return true;
        path += len + strspn(path + len, "/");
    }
    return false;
}

/* "scheme:/absolute/directory"; the directory itself must not be a link. */
static uint32_t directory_canonical(const char *locator, char canonical[REPLSVC_LOCATOR_SIZE])
{
    const char *path = strchr(locator, ':') + 1;
    struct stat st;
    char real[PATH_MAX];
    if (!*path || has_dotdot(path))
        return svc_fail(REPLSVC_INVALID_PARAMETER, 0, "Locator", "Locator: \"%s\" is no plain directory name",
                        path);
    if (lstat(path, &st) || (!S_ISDIR(st.st_mode) && (errno = S_ISLNK(st.st_mode) ? ELOOP : ENOTDIR)) ||
        !realpath(path, real))
        return svc_fail(REPLSVC_INVALID_PARAMETER, errno, "Locator", "Locator: the directory \"%s\"", path);
    int n = snprintf(canonical, REPLSVC_LOCATOR_SIZE, "%.*s:%s", (int)(path - locator - 1), locator, real);
    if (n < 0 || n >= REPLSVC_LOCATOR_SIZE)
        return svc_fail(REPLSVC_INVALID_PARAMETER, ENAMETOOLONG, "Locator", "Locator: \"%s\"", path);
    return REPLSVC_OK;
}

/* ---- either ---- */

uint32_t place_canonical(const char *locator, char canonical[REPLSVC_LOCATOR_SIZE])
{
    uint32_t ret = pool_kind(locator, "Locator") == POOL_DIRECTORY
                       ? directory_canonical(locator, canonical)
                       : media_canonical(locator, "Locator", canonical);
    return ret ? ret : place_look(canonical, "Locator", NULL, NULL);
}

uint32_t place_look(const char *locator, const char *parameter, uint64_t *free_bytes, uint64_t *total_bytes)
{
    const replsvc_backend *b;
    const char *path;
    uint64_t unwanted;
    free_bytes = free_bytes ? free_bytes : &unwanted;
    total_bytes = total_bytes ? total_bytes : &unwanted;
    enum pool_kind kind = pool_kind(locator, parameter);
    if (kind != POOL_PLACE)
        return kind ? directory_look(strchr(locator, ':') + 1, parameter, free_bytes, total_bytes)
                    : replsvc_last_error()->code;
    int r = backend_locate(locator, &b, &path);
    if (!r)
        r = b->place_info(path, free_bytes, total_bytes);
    return r ? svc_fail_backend(r, parameter, "the pool's place \"%s\" cannot be looked at", locator)
             : REPLSVC_OK;
}

uint32_t place_image(const struct element *e, const char *name, const struct pool *p, const struct goal *goal,
                     char locator[REPLSVC_LOCATOR_SIZE])
{
    static const char harmless[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";
    const char *format = pool_format(p, goal), *place = strchr(p->r.locator, ':') + 1;
    bool directory = pool_kind(p->r.locator, "TargetPool") == POOL_DIRECTORY;
    char part[NAME_PART + 1];
    size_t len = strnlen(name, NAME_PART);
    for (size_t i = 0; i < len; i++)
        part[i] = strchr(harmless, name[i]) ? name[i] : '_';
    part[len] = '\0';
    if (part[0] == '.' || part[0] == '-')
        part[0] = '_';
    int n = snprintf(locator, REPLSVC_LOCATOR_SIZE, "%s:%s/%s%s%s%s", format, place, part,
                     strchr(e->o.id, '-'), directory ? "." : "",
                     !directory                    ? ""
                     : strcmp(format, "file") == 0 ? "img"
                                                   : format);
    if (n < 0 || n >= REPLSVC_LOCATOR_SIZE)
        return svc_fail(REPLSVC_INVALID_PARAMETER, 0, "TargetPool", "the pool's place %s is too long a name",
                        place);
    return REPLSVC_OK;
}
