/* SPDX-License-Identifier: BSD-2-Clause */
/* Pools; see pool.h. */
#include "service/pool.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include <replsvc/backend.h>

#include "registry/registry.h"
#include "service/media.h"
#include "util/fail.h"

#define KNOWN_FLAGS 0u

const char *pool_format(const struct pool *p, const struct goal *goal)
{
    return goal && goal->r.goal.format[0] ? goal->r.goal.format : p->r.format;
}

/* The backend that makes the pool's elements. */
static uint32_t check_format(const char *locator, const replsvc_pool_options *options, char format[32])
{
    if (!locator || strnlen(locator, REPLSVC_LOCATOR_SIZE) == REPLSVC_LOCATOR_SIZE)
        return svc_fail(REPLSVC_INVALID_PARAMETER, 0, "Locator",
                        "Locator: must be \"file:\" and a directory, at most %d bytes",
                        REPLSVC_LOCATOR_SIZE - 1);
    if (!memchr(options->format, 0, sizeof options->format))
        return svc_fail(REPLSVC_INVALID_PARAMETER, 0, "options", "options: format is not terminated");
    enum pool_kind kind = pool_kind(locator, "Locator");
    if (!kind)
        return replsvc_last_error()->code;
    media_scheme(locator, format, 32);
    if (options->format[0] && strcmp(options->format, format) != 0) {
        if (kind != POOL_DIRECTORY)
            return svc_fail(REPLSVC_NOT_SUPPORTED, 0, "options",
                            "options: a pool of kind \"%s\" cannot have elements of format \"%s\"", format,
                            options->format);
        memcpy(format, options->format, sizeof options->format);
    }
    const replsvc_backend *backend = replsvc_backend_find(format);
    if (!backend || (kind != POOL_DEVICES && (!backend->create || !backend->remove)))
        return svc_fail(REPLSVC_NOT_SUPPORTED, 0, "options", "options: no backend \"%s\" that makes images",
                        format);
    return REPLSVC_OK;
}

static uint32_t canonical_locator(const char *locator, char canonical[REPLSVC_LOCATOR_SIZE])
{
    return pool_kind(locator, "Locator") == POOL_DEVICES ? devices_canonical(locator, canonical)
                                                         : place_canonical(locator, canonical);
}

/* ---- register, unregister ---- */

/* Whether two directories are one; a place of another kind has just one name. */
static bool same_directory(const char *a, const char *b)
{
    struct stat x, y;
    return *a == '/' && *b == '/' && lstat(a, &x) == 0 && lstat(b, &y) == 0 && x.st_dev == y.st_dev &&
           x.st_ino == y.st_ino;
}

static uint32_t check_new_place(struct replsvc_service *svc, const char *canonical)
{
    char shared[REPLSVC_LOCATOR_SIZE];
    const char *place = strchr(canonical, ':') + 1;
    size_t cursor = 0;
    struct pool *p;
    while ((p = object_next(svc, KIND_POOL, &cursor)) != NULL) {
        (void)snprintf(shared, sizeof shared, "%s", place);
        if (strcmp(p->r.locator, canonical) == 0 || same_directory(strchr(p->r.locator, ':') + 1, place) ||
            devices_shared(p->r.locator, canonical, shared))
            return svc_fail(REPLSVC_IN_USE, 0, "Locator", "Locator: %s is the place of pool \"%s\" (%s)",
                            shared, p->r.name, p->o.id);
    }
    svc_clear_error();
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
        ret = canonical_locator(locator, canonical);
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

static bool has_room(struct replsvc_service *svc, const struct pool *p, uint64_t size_bytes,
                     const char *parameter)
{
    char device[REPLSVC_LOCATOR_SIZE];
    if (pool_allowance(p) < size_bytes)
        return false;
    if (pool_kind(p->r.locator, parameter) == POOL_DEVICES)
        return devices_choose(svc, p, NULL, size_bytes, NULL, 0, device) == REPLSVC_OK;
    return place_look(p->r.locator, parameter, NULL, NULL) == REPLSVC_OK;
}

uint32_t pool_choose(struct replsvc_service *svc, uint64_t size_bytes, const char *parameter, struct pool **p)
{
    size_t cursor = 0;
    while ((*p = object_next(svc, KIND_POOL, &cursor)) != NULL)
        if (has_room(svc, *p, size_bytes, parameter))
            return REPLSVC_OK;
    return svc_fail(REPLSVC_INVALID_PARAMETER, hash_count(svc->by_id[KIND_POOL]) ? ENOSPC : 0, parameter,
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
    /* What cannot be reached now has no space. */
    if (pool_kind(filled.locator, "Pool") == POOL_DEVICES)
        devices_space(svc, filled.locator, &free_bytes, &total_bytes);
    else
        (void)place_look(filled.locator, "Pool", &free_bytes, &total_bytes);
    filled.space_limit = limit;
    filled.total_managed_space = limit && limit < total_bytes ? limit : total_bytes;
    filled.remaining_managed_space = allowance < free_bytes ? allowance : free_bytes;
    return info_out(info, &filled, sizeof filled, "info");
}
