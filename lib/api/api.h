/* SPDX-License-Identifier: BSD-2-Clause */
/* How every public function begins: the thread's error is forgotten, and the service must be one. */
#ifndef RSVC_API_API_H
#define RSVC_API_API_H

#include <replsvc/replsvc.h>

#include "service/service.h"
#include "util/fail.h"

static inline uint32_t api_enter(const replsvc_service *service)
{
    svc_clear_error();
    return service ? REPLSVC_OK : svc_fail(REPLSVC_INVALID_PARAMETER, 0, "service", "service: is NULL");
}

#endif
