/* SPDX-License-Identifier: BSD-2-Clause */
/* Images by locator; see media.h. */
#include "service/media.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "registry/registry.h"
#include "util/alloc.h"
#include "util/fail.h"

/* An unknown scheme is something this library does not do; anything else wrong with a locator is the
 * caller's. */
static uint32_t bad_locator(int r, const char *locator, const char *parameter)
{
    if (r == -EPROTONOSUPPORT)
        return svc_fail(REPLSVC_NOT_SUPPORTED, 0, parameter, "\"%.256s\": %s", locator, svc_backend_error());
    if (r == -ENOMEM || r == -EIO)
        return svc_fail_backend(r, NULL, "\"%.256s\"", locator);
    return svc_fail(REPLSVC_INVALID_PARAMETER, -r, parameter, "\"%.256s\": %s", locator, svc_backend_error());
}

uint32_t media_canonical(const char *locator, const char *parameter, char *canonical)
{
    if (!locator || !*locator)
        return svc_fail(REPLSVC_INVALID_PARAMETER, 0, parameter, "%s: a locator is required", parameter);
    if (strnlen(locator, REPLSVC_LOCATOR_SIZE) == REPLSVC_LOCATOR_SIZE)
        return svc_fail(REPLSVC_INVALID_PARAMETER, ENAMETOOLONG, parameter,
                        "%s: the locator is longer than %d bytes", parameter, REPLSVC_LOCATOR_SIZE - 1);
    int r = backend_canonical(locator, canonical);
    return r ? bad_locator(r, locator, parameter) : REPLSVC_OK;
}

#define PROBE_BYTES 4096u

static int read_ends(const replsvc_backend *backend, void *handle, const replsvc_backend_info *info)
{
    uint64_t last = info->size_bytes / PROBE_BYTES;
    char *buffer = mem_aligned(PROBE_BYTES, PROBE_BYTES);
    struct iovec iov = {buffer, PROBE_BYTES};
    int r = buffer ? 0 : -ENOMEM;
    if (r == 0 && last != 0)
        r = backend->preadv(handle, &iov, 1, 0, 0);
    if (r == 0 && last > 1)
        r = backend->preadv(handle, &iov, 1, (last - 1) * PROBE_BYTES, 0);
    mem_free(buffer);
    return r;
}

static uint32_t look(const char *locator, uint32_t flags, const char *parameter, bool read,
                     replsvc_backend_info *info)
{
    const replsvc_backend *backend;
    const char *path;
    void *handle;
    int r = backend_locate(locator, &backend, &path);
    if (r)
        return bad_locator(r, locator, parameter);
    replsvc_backend_open_options options = {.size = sizeof options, .flags = flags};
    r = backend->open(path, &options, &handle);
    if (r)
        return svc_fail_backend(r, parameter, "\"%.256s\" cannot be opened", locator);
    memset(info, 0, sizeof *info);
    info->size = sizeof *info;
    r = backend->info(handle, info);
    if (r == 0 && read)
        r = read_ends(backend, handle, info);
    (void)backend->close(handle);
    info->identity[sizeof info->identity - 1] = '\0';
    info->generation[sizeof info->generation - 1] = '\0';
    return r ? svc_fail_backend(r, parameter, "\"%.256s\" cannot be looked at", locator) : REPLSVC_OK;
}

uint32_t media_look(const char *locator, uint32_t flags, const char *parameter, replsvc_backend_info *info)
{
    return look(locator, flags, parameter, false, info);
}

uint32_t media_probe(const char *locator, replsvc_backend_info *info)
{
    return look(locator, REPLSVC_BACKEND_SHARED, NULL, true, info);
}

uint32_t media_create(const char *locator, const replsvc_backend_create_options *options, bool *made)
{
    const replsvc_backend *backend;
    const char *path;
    *made = false;
    int r = backend_locate(locator, &backend, &path);
    if (r)
        return bad_locator(r, locator, NULL);
    if (!backend->create || !backend->remove)
        return svc_fail(REPLSVC_NOT_SUPPORTED, 0, NULL, "backend \"%s\" cannot make images", backend->name);
    r = backend->create(path, options);
    *made = r == 0;
    return r ? svc_fail_backend(r, NULL, "\"%.256s\" cannot be made", locator) : REPLSVC_OK;
}

uint32_t media_remove(const char *locator)
{
    const replsvc_backend *backend;
    const char *path;
    int r = backend_locate(locator, &backend, &path);
    if (r)
        return bad_locator(r, locator, NULL);
    r = backend->remove ? backend->remove(path) : 0;
    return r && r != -ENOENT ? svc_fail_backend(r, NULL, "\"%.256s\" cannot be removed", locator)
                             : REPLSVC_OK;
}

void media_scheme(const char *locator, char *scheme, size_t size)
{
    (void)snprintf(scheme, size, "%.*s", (int)strcspn(locator, ":"), locator);
}
