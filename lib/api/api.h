/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a public function that takes a service does on one that this process has open is local_NAME, here
 * in lib/api. The public function itself comes from the table in control/calls.def (entry.c): it goes
 * there, or on a handle of replsvc_service_connect() to the process that has the service open. A new public
 * function is a row in that table and a local_NAME; only what is about the handle itself or host I/O is
 * written by hand (the end of entry.c).
 *
 * All of them begin alike: the thread's error is forgotten, and the service must be one.
 */
#ifndef RSVC_API_API_H
#define RSVC_API_API_H

#include <errno.h>

#include <replsvc/replsvc.h>

#include "control/each.h"
#include "service/service.h"
#include "util/fail.h"

#define CALL(name, ...) uint32_t local_##name(replsvc_service *service EACH(DECLARE_, __VA_ARGS__));
#include "control/calls.def"
#undef CALL

static inline uint32_t api_enter(const replsvc_service *service)
{
    svc_clear_error();
    return service ? REPLSVC_OK : svc_fail(REPLSVC_INVALID_PARAMETER, 0, "service", "service: is NULL");
}

/* Host I/O does not go through the control socket: -EOPNOTSUPP on a connected handle. */
static inline int api_host_io(const replsvc_service *service)
{
    if (service->connected == NULL)
        return 0;
    (void)svc_fail(REPLSVC_NOT_SUPPORTED, EOPNOTSUPP, "service",
                   "service: host I/O is for the process that has the state directory open");
    return -EOPNOTSUPP;
}

#endif
