/* SPDX-License-Identifier: BSD-2-Clause */
/* replsvc_service_listen, _unlisten and _connect: one service, several processes. */
#include "api/api.h"

#include <errno.h>
#include <string.h>

#include "control/client.h"
#include "control/server.h"
#include "util/alloc.h"

/* A connected handle has nothing to listen for. */
static uint32_t enter(const replsvc_service *service)
{
    uint32_t ret = api_enter(service);
    if (ret == REPLSVC_OK && service->connected != NULL)
        ret = svc_fail(REPLSVC_NOT_SUPPORTED, 0, "service",
                       "service: only the process that has the state directory open can listen");
    return ret;
}

uint32_t replsvc_service_listen(replsvc_service *service, const char *path,
                                const replsvc_listen_options *options)
{
    uint32_t ret = enter(service);
    return ret ? ret : control_listen(service, path, options);
}

uint32_t replsvc_service_unlisten(replsvc_service *service, const char *path)
{
    uint32_t ret = enter(service);
    return ret ? ret : control_unlisten(service, path);
}

uint32_t replsvc_service_connect(const char *path, replsvc_service **service)
{
    svc_clear_error();
    if (service == NULL)
        return svc_fail(REPLSVC_INVALID_PARAMETER, 0, "service", "service: no place to put it");
    *service = NULL;
    if (path == NULL || *path == '\0')
        return svc_fail(REPLSVC_INVALID_PARAMETER, 0, "path", "path: a path is required");
    replsvc_service *handle = mem_zalloc(sizeof(*handle));
    if (handle == NULL)
        return svc_fail(REPLSVC_FAILED, ENOMEM, NULL, "cannot connect");
    uint32_t ret = client_new(path, &handle->connected);
    if (ret)
        mem_free(handle);
    else
        *service = handle;
    return ret;
}
