/* SPDX-License-Identifier: BSD-2-Clause */
/* replsvc_service_*: opening a service on a state directory, and closing it. */
#include "api/api.h"

#include <string.h>

#include "control/client.h"
#include "control/server.h"
#include "util/alloc.h"

uint32_t replsvc_service_open(const char *state_directory, const replsvc_service_options *options,
                              replsvc_service **service)
{
    svc_clear_error();
    if (!service)
        return svc_fail(REPLSVC_INVALID_PARAMETER, 0, "service", "service: no place to put it");
    *service = NULL;
    if (!state_directory || !*state_directory)
        return svc_fail(REPLSVC_INVALID_PARAMETER, 0, "state_directory",
                        "state_directory: a directory is required");
    uint32_t size = 0, flags = 0;
    if (options) /* size and flags have always been there; what they hold is checked by the opening */
        memcpy(&size, &options->size, sizeof size);
    if (size >= offsetof(replsvc_service_options, flags) + sizeof flags)
        flags = options->flags;
    struct vfs *vfs;
    int r = vfs_posix_open(state_directory, !(flags & REPLSVC_SERVICE_MUST_EXIST), &vfs);
    if (r)
        return svc_fail_backend(r, "state_directory", "the state directory cannot be opened");
    return service_open_on(vfs, true, options, service);
}

void replsvc_service_close(replsvc_service *service)
{
    svc_clear_error();
    if (service == NULL)
        return;
    if (service->connected != NULL) {
        client_free(service->connected);
        mem_free(service);
        return;
    }
    control_stop(service);
    service_close(service);
}
