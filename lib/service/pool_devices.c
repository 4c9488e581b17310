/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Pools that are a list of media that exist: "block:/dev/a,/dev/b". Nothing is made in them: an element takes
 * one and gives it back. That one is taken is nowhere on record but in the element that has its locator, so
 * there is nothing that a crash could leave behind.
 *
 * Free is what nobody has registered and nobody else holds: it is opened exclusively for a moment to find
 * out. The smallest that will do is taken: larger ones stay for larger sources, and whatever order the wishes
 * come in, all are met if any order meets them.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "engine/medium.h"
#include "service/goal.h"
#include "service/media.h"
#include "service/pool.h"
#include "util/fail.h"

/* ---- the list ---- */

/* The next name as "scheme:name"; *at moves on. false: there are no more, or it is too long. */
static bool next_name(const char *locator, const char **at, char name[REPLSVC_LOCATOR_SIZE])
{
    size_t scheme = strcspn(locator, ":") + 1;
    const char *from = *at ? *at : locator + scheme;
    from += strspn(from, ",");
    size_t n = strcspn(from, ",");
    if (n == 0 || scheme + n >= REPLSVC_LOCATOR_SIZE)
        return false;
    memcpy(name, locator, scheme);
    memcpy(name + scheme, from, n);
    name[scheme + n] = '\0';
    *at = from + n;
    return true;
}

bool devices_shared(const char *a, const char *b, char name[REPLSVC_LOCATOR_SIZE])
{
    const char *i = NULL;
    char other[REPLSVC_LOCATOR_SIZE];
    if (pool_kind(a, "Locator") != POOL_DEVICES || pool_kind(b, "Locator") != POOL_DEVICES)
        return false;
    while (next_name(a, &i, name))
        for (const char *k = NULL; next_name(b, &k, other);)
            if (strcmp(name, other) == 0)
                return true;
    return false;
}

/* Whether the list already has that name, or another name of that medium. */
static uint32_t check_new(const char *list, const char *name, const char *identity)
{
    char other[REPLSVC_LOCATOR_SIZE];
    replsvc_backend_info info;
    for (const char *at = NULL; *list && next_name(list, &at, other);) {
        uint32_t ret = media_look(other, REPLSVC_BACKEND_SHARED, "Locator", &info);
        if (ret)
            return ret;
        if (strcmp(other, name) == 0 || (*identity && strcmp(info.identity, identity) == 0))
            return svc_fail(REPLSVC_INVALID_PARAMETER, 0, "Locator", "Locator: %s and %s are one device",
                            other, name);
    }
    return REPLSVC_OK;
}

uint32_t devices_canonical(const char *locator, char canonical[REPLSVC_LOCATOR_SIZE])
{
    char name[REPLSVC_LOCATOR_SIZE], whole[REPLSVC_LOCATOR_SIZE];
    size_t used = 0;
    canonical[0] = '\0';
    for (const char *at = NULL; next_name(locator, &at, name);) {
        replsvc_backend_info info;
        uint32_t ret = media_canonical(name, "Locator", whole);
        if (!ret)
            ret = media_look(whole, REPLSVC_BACKEND_SHARED, "Locator", &info);
        if (!ret)
            ret = check_new(canonical, whole, info.identity);
        if (ret)
            return ret;
        int n = snprintf(canonical + used, REPLSVC_LOCATOR_SIZE - used, "%s%s", used ? "," : "",
                         used ? strchr(whole, ':') + 1 : whole);
        if (n < 0 || (size_t)n >= REPLSVC_LOCATOR_SIZE - used)
            return svc_fail(REPLSVC_INVALID_PARAMETER, ENAMETOOLONG, "Locator",
                            "Locator: the list has more than %d bytes", REPLSVC_LOCATOR_SIZE - 1);
        used += (size_t)n;
    }
    return used ? REPLSVC_OK
                : svc_fail(REPLSVC_INVALID_PARAMETER, 0, "Locator",
                           "Locator: names of devices, separated by commas, are wanted");
}

/* ---- which are free ---- */

static bool registered(struct replsvc_service *svc, const char *locator, const char *identity)
{
    return hash_get(svc->by_locator, locator) || (*identity && hash_get(svc->by_identity, identity));
}

static bool taken_now(const char *locator, struct element *const taken[], size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (taken[i] && taken[i]->r.locator && strcmp(taken[i]->r.locator, locator) == 0)
            return true;
    return false;
}

uint32_t devices_choose(struct replsvc_service *svc, const struct pool *p, const struct goal *goal,
                        uint64_t size, struct element *const taken[], size_t n,
                        char locator[REPLSVC_LOCATOR_SIZE])
{
    char name[REPLSVC_LOCATOR_SIZE];
    uint64_t best = UINT64_MAX;
    if (goal && goal->r.goal.format[0] && strcmp(goal->r.goal.format, p->r.format) != 0)
        return svc_fail(REPLSVC_NOT_SUPPORTED, 0, "TargetSettingGoal",
                        "TargetSettingGoal: pool \"%s\" has devices, no images of format \"%s\"", p->r.name,
                        goal->r.goal.format);
    svc_clear_error();
    for (const char *at = NULL; next_name(p->r.locator, &at, name);) {
        replsvc_backend_info info;
        if (taken_now(name, taken, n) || hash_get(svc->by_locator, name) ||
            media_look(name, REPLSVC_BACKEND_WRITABLE, "TargetPool", &info))
            continue; /* what holds it stays as the error */
        if (info.size_bytes >= size && info.size_bytes < best &&
            goal_fits(goal, info.logical_block_size, info.physical_block_size) &&
            !(info.capabilities & REPLSVC_BACKEND_CAP_READ_ONLY) && !registered(svc, name, info.identity)) {
            best = info.size_bytes;
            memcpy(locator, name, sizeof name);
        }
    }
    if (best != UINT64_MAX) {
        svc_clear_error();
        return REPLSVC_OK;
    }
    replsvc_error why = *replsvc_last_error();
    return svc_fail(REPLSVC_FAILED, ENOSPC, "TargetPool", "pool \"%s\" has no free device of %llu bytes%s%s",
                    p->r.name, (unsigned long long)size, why.code ? "; the last one looked at: " : "",
                    why.code ? why.message : "");
}

uint32_t devices_clear(const char *locator, uint64_t from)
{
    struct medium m;
    int r = medium_open(&m, locator, REPLSVC_BACKEND_WRITABLE);
    if (r)
        return svc_fail_backend(r, "TargetPool", "\"%.256s\" cannot be opened", locator);
    if (from < m.info.size_bytes)
        r = medium_write_zeroes(&m, from, m.info.size_bytes - from, 0);
    if (!r)
        r = medium_flush(&m);
    medium_close(&m);
    return r ? svc_fail_backend(r, "TargetPool", "\"%.256s\" cannot be filled with zeroes", locator)
             : REPLSVC_OK;
}

void devices_space(struct replsvc_service *svc, const char *locator, uint64_t *free_bytes,
                   uint64_t *total_bytes)
{
    char name[REPLSVC_LOCATOR_SIZE];
    for (const char *at = NULL; next_name(locator, &at, name);) {
        replsvc_backend_info info;
        if (media_look(name, REPLSVC_BACKEND_SHARED, "Pool", &info))
            continue;
        *total_bytes += info.size_bytes;
        model_read(svc);
        bool is_registered = registered(svc, name, info.identity);
        model_done(svc);
        if (!is_registered && media_look(name, REPLSVC_BACKEND_WRITABLE, "Pool", &info) == REPLSVC_OK)
            *free_bytes += info.size_bytes;
    }
    svc_clear_error();
}
