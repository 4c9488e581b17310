/* SPDX-License-Identifier: BSD-2-Clause */
/* The caller behind this thread; see caller.h. */
#include "util/caller.h"

#include <errno.h>
#include <stddef.h>

#include <replsvc/cim.h>

#include "util/clock.h"
#include "util/fail.h"

#define LOOK_EVERY_US INT64_C(250000)

static _Thread_local const struct caller *this_caller;

void caller_set(const struct caller *caller)
{
    this_caller = caller;
}

bool caller_gone(void)
{
    return this_caller != NULL && this_caller->gone(this_caller);
}

int64_t caller_look_until(int64_t deadline_us)
{
    if (this_caller == NULL)
        return deadline_us;
    int64_t look = clock_monotonic_us() + LOOK_EVERY_US;
    return look < deadline_us ? look : deadline_us;
}

uint32_t caller_fail(void)
{
    return svc_fail(
        REPLSVC_FAILED, ECANCELED, NULL,
        "nobody waits any more: whoever called has gone, or the service no longer listens; what was "
        "begun goes on");
}
