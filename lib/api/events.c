/* SPDX-License-Identifier: BSD-2-Clause */
/* replsvc_event_*: the queue of life-cycle events. */
#include "api/api.h"
#include "control/client.h"

int replsvc_event_fd(replsvc_service *service)
{
    if (api_enter(service))
        return -1;
    return service->connected != NULL ? client_event_fd(service->connected) : event_queue_fd(service->events);
}

uint32_t replsvc_event_next(replsvc_service *service, replsvc_event *event, int64_t timeout_ms)
{
    replsvc_event taken;
    uint32_t ret = api_enter(service);
    if (ret)
        return ret;
    if (!event || event->size < sizeof event->size) /* before one is taken and lost */
        return svc_fail(REPLSVC_INVALID_PARAMETER, 0, "event", "event: set its size to sizeof the struct");
    if (service->connected != NULL)
        return client_event_next(service->connected, event, timeout_ms);
    ret = event_queue_next(service->events, &taken, timeout_ms);
    if (ret)
        return svc_fail(ret, 0, NULL, "no event came in %lld ms", (long long)timeout_ms);
    return info_out(event, &taken, sizeof taken, "event");
}
