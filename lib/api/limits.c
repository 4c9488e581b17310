/* SPDX-License-Identifier: BSD-2-Clause */
/* Bounds of background work: of one relationship, kept on record, and of the service, until it is closed. */
#include "api/api.h"

static void set_bound(struct change *c, struct relationship *s, uint64_t bytes_per_second)
{
    struct sync_record *r = s ? change_edit(c, &s->o) : NULL;
    if (r)
        r->bytes_per_second = bytes_per_second;
}

uint32_t local_sync_set_limit(replsvc_service *service, const replsvc_sync_ref *synchronization,
                              uint64_t bytes_per_second)
{
    struct relationship *s;
    struct change c;
    uint32_t ret = api_enter(service);
    if (ret)
        return ret;
    change_begin(&c, service);
    ret = sync_by_ref(service, synchronization, "Synchronization", &s);
    if (ret == REPLSVC_OK) {
        set_bound(&c, s, bytes_per_second);
        for (size_t i = 0; s->r.is_group && i < s->r.n_pairs; i++)
            set_bound(&c, sync_pair(service, s, i), bytes_per_second);
        ret = change_save(&c);
    }
    change_end(&c);
    return ret;
}

uint32_t local_service_set_limit(replsvc_service *service, uint64_t bytes_per_second)
{
    uint32_t ret = api_enter(service);
    if (ret == REPLSVC_OK)
        engine_set_background_limit(service->engine, bytes_per_second);
    return ret;
}
