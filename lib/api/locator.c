/* SPDX-License-Identifier: BSD-2-Clause */
/* Making an image without a service. */
#include <errno.h>
#include <string.h>

#include <replsvc/copy.h>

#include "registry/registry.h"
#include "util/alloc.h"
#include "util/fail.h"

/* The caller's options as far as he knows them; what he does not know is 0. */
static uint32_t options_in(const replsvc_image_options *options, replsvc_backend_create_options *c)
{
    replsvc_image_options o = {0};
    if (options == NULL || options->size < sizeof(options->size))
        return svc_fail(REPLSVC_INVALID_PARAMETER, 0, "options", "options is NULL or has no size");
    memcpy(&o, options, options->size < sizeof(o) ? options->size : sizeof(o));
    if (o.flags != 0)
        return svc_fail(REPLSVC_INVALID_PARAMETER, 0, "flags", "flags has unknown bits");
    if (o.size_bytes == 0 && o.parent == NULL)
        return svc_fail(REPLSVC_INVALID_PARAMETER, 0, "size_bytes", "size_bytes is 0");
    *c = (replsvc_backend_create_options){.size = sizeof(*c),
                                          .size_bytes = o.size_bytes,
                                          .block_size = o.block_size,
                                          .logical_sector_size = o.logical_sector_size,
                                          .physical_sector_size = o.physical_sector_size,
                                          .preallocate = o.preallocate,
                                          .parent = o.parent};
    return REPLSVC_OK;
}

/* CIM code of what a backend's create answered. */
static uint32_t answer(int err, const char *locator)
{
    if (err == 0)
        return REPLSVC_OK;
    if (err == -EEXIST)
        return svc_fail(REPLSVC_IN_USE, EEXIST, "locator", "\"%s\" exists", locator);
    return svc_fail_backend(err, "locator", "\"%s\" cannot be made", locator);
}

uint32_t replsvc_locator_create(const char *locator, const replsvc_image_options *options)
{
    svc_clear_error();
    replsvc_backend_create_options c;
    uint32_t code = options_in(options, &c);
    if (code == 0 && (locator == NULL || locator[0] == '\0'))
        code = svc_fail(REPLSVC_INVALID_PARAMETER, 0, "locator", "locator is missing");
    if (code != 0)
        return code;
    char *canonical = mem_alloc(REPLSVC_LOCATOR_SIZE);
    if (canonical == NULL)
        return svc_fail(REPLSVC_FAILED, ENOMEM, NULL, "no memory to make an image");
    const replsvc_backend *backend;
    const char *path;
    int err = backend_canonical(locator, canonical);
    if (err == 0)
        err = backend_locate(canonical, &backend, &path);
    if (err != 0)
        code = svc_fail_backend(err == -EPROTONOSUPPORT ? -EINVAL : err, "locator",
                                "locator \"%s\" cannot be used", locator);
    else if (backend->create == NULL)
        code = svc_fail(REPLSVC_NOT_SUPPORTED, 0, "locator", "%s makes no images", backend->name);
    else
        code = answer(backend->create(path, &c), canonical);
    mem_free(canonical);
    return code;
}
