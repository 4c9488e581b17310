/* SPDX-License-Identifier: BSD-2-Clause */
/* Pools; see pool.h. */
#include "service/pool.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <replsvc/backend.h>

#include "registry/registry.h"
#include "service/media.h"
#include "util/fail.h"

#define KNOWN_FLAGS 0u

const char *pool_directory(const struct pool *p)
{
    return strchr(p->r.locator, ':') + 1;
}

const char *pool_format(const struct pool *p, const struct goal *goal)
{
    return goal && goal->r.goal.format[0] ? goal->r.goal.format : p->r.format;
}

/* ---- the directory ---- */

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

uint32_t pool_look(const char *directory, const char *parameter, uint64_t *free_bytes, uint64_t *total_bytes)
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
    if (free_bytes)
        *free_bytes = (uint64_t)fs.f_bavail * fs.f_frsize;
    if (total_bytes)
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

/* "scheme:/absolute/directory" of what the caller gave: links on the way to the directory are its
 * administrator's and are resolved now, once; the directory itself must not be one. */
static uint32_t canonical_directory(const char *locator, char canonical[REPLSVC_LOCATOR_SIZE])
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
    return pool_look(real, "Locator", NULL, NULL);
}

/* The backend that makes the pool's elements. */
static uint32_t check_format(const char *locator, const replsvc_pool_options *options, char format[32])
{
    const char *colon = locator ? strchr(locator, ':') : NULL;
    if (!colon || strnlen(locator, REPLSVC_LOCATOR_SIZE) == REPLSVC_LOCATOR_SIZE)
        return svc_fail(REPLSVC_INVALID_PARAMETER, 0, "Locator",
                        "Locator: must be \"file:\" and a directory, at most %d bytes",
                        REPLSVC_LOCATOR_SIZE - 1);
    if (!memchr(options->format, 0, sizeof options->format))
        return svc_fail(REPLSVC_INVALID_PARAMETER, 0, "options", "options: format is not terminated");
    if (options->format[0])
        memcpy(format, options->format, sizeof options->format);
    else
        media_scheme(locator, format, 32);
    if (colon - locator != 4 || memcmp(locator, "file", 4) != 0) {
        char scheme[32];
        media_scheme(locator, scheme, sizeof scheme);
        const replsvc_backend *of_pool = replsvc_backend_find(scheme);
        if (!of_pool || !of_pool->create || !of_pool->remove || strcmp(scheme, "block") == 0)
            return svc_fail(REPLSVC_NOT_SUPPORTED, 0, "Locator", "Locator: there are no pools of kind \"%s\"",
                            scheme);
    }
    const replsvc_backend *backend = replsvc_backend_find(format);
    if (!backend || !backend->create || !backend->remove)
        return svc_fail(REPLSVC_NOT_SUPPORTED, 0, "options", "options: no backend \"%s\" that makes images",
                        format);
    return REPLSVC_OK;
}

/* ---- register, unregister ---- */

static uint32_t check_new_place(struct replsvc_service *svc, const char *canonical)
{
    const char *directory = strchr(canonical, ':') + 1;
    struct stat mine, theirs;
    if (stat(directory, &mine))
        return svc_fail(REPLSVC_INVALID_PARAMETER, errno, "Locator", "Locator: \"%s\"", directory);
    size_t cursor = 0;
    struct pool *p;
    while ((p = object_next(svc, KIND_POOL, &cursor)) != NULL)
        if (strcmp(pool_directory(p), directory) == 0 ||
            (lstat(pool_directory(p), &theirs) == 0 && theirs.st_dev == mine.st_dev &&
             theirs.st_ino == mine.st_ino))
            return svc_fail(REPLSVC_IN_USE, 0, "Locator", "Locator: %s is the place of pool \"%s\" (%s)",
                            directory, p->r.name, p->o.id);
    return REPLSVC_OK;
}

uint32_t pool_register(struct replsvc_service *svc, const char *name, const char *locator,
                       const replsvc_pool_options *given, replsvc_pool_ref *pool)
{
    replsvc_pool_options options;
    char format[32] = "", canonical[REPLSVC_LOCATOR_SIZE], made[REPLSVC_NAME_SIZE];
    uint32_t ret = options_in(&options, sizeof options, given, "options");
    if (ret == REPLSVC_OK && (options.flags & ~KNOWN_FLAGS))
        ret =
            svc_fail(REPLSVC_INVALID_PARAMETER, 0, "options", "options: flags has a bit that means nothing");
    if (ret == REPLSVC_OK)
        ret = check_format(locator, &options, format);
    if (ret == REPLSVC_OK)
        ret = canonical_directory(locator, canonical);
    if (ret)
        return ret;
    struct change c;
    change_begin(&c, svc);
    ret = check_new_place(svc, canonical);
    if (ret == REPLSVC_OK)
        ret = name ? name_check(svc, KIND_POOL, name, "Name") : name_make(&c, KIND_POOL, "pool", made);
    struct pool *p = ret ? NULL : object_new(&c, KIND_POOL);
    if (p) {
        change_string(&c, &p->r.name, name ? name : made);
        change_string(&c, &p->r.locator, canonical);
        p->r.space_limit = options.space_limit;
        memcpy(p->r.format, format, sizeof p->r.format);
    }
    if (ret == REPLSVC_OK)
        ret = change_save(&c);
    if (ret == REPLSVC_OK && pool)
        memcpy(pool->id, p->o.id, sizeof pool->id);
    change_end(&c);
    return ret;
}

uint32_t pool_unregister(struct replsvc_service *svc, const replsvc_pool_ref *pool)
{
    struct change c;
    struct pool *p;
    change_begin(&c, svc);
    uint32_t ret = pool_by_ref(svc, pool, "Pool", &p);
    if (ret == REPLSVC_OK && p->elements)
        ret = svc_fail(REPLSVC_IN_USE, 0, "Pool", "Pool: %llu elements of pool \"%s\" exist",
                       (unsigned long long)p->elements, p->r.name);
    if (ret == REPLSVC_OK) {
        change_remove(&c, &p->o);
        ret = change_save(&c);
    }
    change_end(&c);
    return ret;
}

/* ---- space ---- */

uint64_t pool_allowance(const struct pool *p)
{
    if (p->r.space_limit == 0)
        return UINT64_MAX;
    return p->allocated < p->r.space_limit ? p->r.space_limit - p->allocated : 0;
}

uint32_t pool_choose(struct replsvc_service *svc, uint64_t size_bytes, const char *parameter, struct pool **p)
{
    size_t cursor = 0;
    while ((*p = object_next(svc, KIND_POOL, &cursor)) != NULL)
        if (pool_allowance(*p) >= size_bytes && pool_look(pool_directory(*p), parameter, NULL, NULL) == 0)
            return REPLSVC_OK;
    return svc_fail(REPLSVC_INVALID_PARAMETER, 0, parameter,
                    "%s: no pool is registered that takes %llu bytes", parameter,
                    (unsigned long long)size_bytes);
}

uint32_t pool_get_info(struct replsvc_service *svc, const replsvc_pool_ref *pool, replsvc_pool_info *info)
{
    replsvc_pool_info filled = {.size = sizeof filled};
    struct pool *p;
    uint64_t limit = 0, allowance = 0, free_bytes = 0, total_bytes = 0;
    model_read(svc);
    uint32_t ret = pool_by_ref(svc, pool, "Pool", &p);
    if (ret == REPLSVC_OK) {
        memcpy(filled.id, p->o.id, sizeof filled.id);
        (void)snprintf(filled.name, sizeof filled.name, "%s", p->r.name);
        (void)snprintf(filled.locator, sizeof filled.locator, "%s", p->r.locator);
        filled.element_count = p->elements;
        limit = p->r.space_limit;
        allowance = pool_allowance(p);
    }
    model_done(svc);
    if (ret)
        return ret;
    /* A directory that cannot be reached now has no space. */
    (void)pool_look(strchr(filled.locator, ':') + 1, NULL, &free_bytes, &total_bytes);
    filled.total_managed_space = limit && limit < total_bytes ? limit : total_bytes;
    filled.remaining_managed_space = allowance < free_bytes ? allowance : free_bytes;
    return info_out(info, &filled, sizeof filled, "info");
}
