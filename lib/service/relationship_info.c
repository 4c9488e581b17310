/* SPDX-License-Identifier: BSD-2-Clause */
/* Looking at relationships: everything here reads the records, under `model`. */
#include "service/relationship_mirror.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "util/alloc.h"
#include "util/fail.h"

static void copy_text(char *to, size_t size, const char *from)
{
    snprintf(to, size, "%s", from != NULL ? from : "");
}

static uint64_t total_of(struct replsvc_service *svc, const struct relationship *s, uint64_t *synced,
                         uint32_t *region)
{
    uint64_t total = s->r.bytes_total;
    *synced = relationship_bytes_synced(s);
    *region = s->r.region_size;
    if (!s->r.is_group)
        return total;
    total = *synced = 0;
    for (size_t i = 0; i < s->r.n_pairs; i++) {
        const struct relationship *p = sync_pair(svc, s, i);
        if (p == NULL)
            continue;
        total += p->r.bytes_total;
        *synced += relationship_bytes_synced(p);
        *region = p->r.region_size;
    }
    return total;
}

static void fill_states(const struct sync_record *r, replsvc_sync_info *info)
{
    info->sync_type = r->sync_type;
    info->mode = r->mode;
    info->copy_state = r->copy_state;
    info->requested_copy_state = r->requested_copy_state;
    info->progress_status = r->progress_status;
    info->copy_recovery_mode = r->copy_recovery_mode;
    info->copy_type = r->copy_type;
    info->replica_type = r->replica_type;
    info->sync_state = r->sync_state;
    info->copy_methodology = r->copy_methodology;
    info->copy_priority = r->copy_priority;
    info->read_only = r->read_only;
    info->undiscovered_element = r->undiscovered_element;
    info->consistency_type = r->consistency_type;
    info->consistency_state = r->consistency_state;
    info->consistency_status = r->consistency_status;
    info->quiesce_result = r->quiesce_result;
    info->sync_maintained = r->sync_maintained;
    info->failed_copy_stops_host_io = r->failed_copy_stops_host_io;
    info->consistency_enabled = r->consistency_enabled;
}

static void fill_times(const struct sync_record *r, replsvc_sync_info *info)
{
    info->when_synced = r->when_synced;
    info->when_activated = r->when_activated;
    info->when_deactivated = r->when_deactivated;
    info->when_established = r->when_established;
    info->when_suspended = r->when_suspended;
    info->when_synchronized = r->when_synchronized;
    info->when_point_in_time = r->when_point_in_time;
    info->cut_pause_us = r->cut_pause_us;
}

void relationship_info(struct replsvc_service *svc, const struct relationship *s, replsvc_sync_info *info)
{
    const struct sync_record *r = &s->r;
    memset(info, 0, sizeof(*info));
    info->size = sizeof(*info);
    info->is_group = r->is_group;
    memcpy(info->id, s->o.id, sizeof(info->id));
    copy_text(info->name, sizeof(info->name), r->name);
    memcpy(info->system_element, r->source, sizeof(info->system_element));
    memcpy(info->synced_element, r->target, sizeof(info->synced_element));
    memcpy(info->group_synchronization, r->group, sizeof(info->group_synchronization));
    fill_states(r, info);
    fill_times(r, info);
    info->percent_synced = relationship_percent(svc, s);
    info->member_count = (uint32_t)r->n_pairs;
    info->bytes_total = total_of(svc, s, &info->bytes_synced, &info->region_size);
    relationship_trails(svc, s, &info->skew, &info->rpo_us);
    copy_text(info->error_message, sizeof(info->error_message), r->error_message);
}

uint32_t sync_get_info(struct replsvc_service *svc, const replsvc_sync_ref *ref, replsvc_sync_info *info)
{
    struct relationship *s;
    replsvc_sync_info filled;
    model_read(svc);
    uint32_t ret = sync_by_ref(svc, ref, "Synchronization", &s);
    if (ret == REPLSVC_OK)
        relationship_info(svc, s, &filled);
    model_done(svc);
    return ret == REPLSVC_OK ? info_out(info, &filled, sizeof(filled), "info") : ret;
}

uint32_t sync_find_by_target(struct replsvc_service *svc, const replsvc_element_ref *target,
                             replsvc_sync_ref *ref)
{
    struct element *e;
    if (ref == NULL)
        return svc_fail(REPLSVC_INVALID_PARAMETER, 0, "Synchronization", "no place to put the reference");
    memset(ref, 0, sizeof(*ref));
    model_read(svc);
    uint32_t ret = element_by_ref(svc, target, "TargetElement", &e);
    if (ret == REPLSVC_OK && e->as_target == NULL)
        ret = svc_fail(REPLSVC_INVALID_PARAMETER, 0, "TargetElement",
                       "TargetElement: \"%s\" is the target of no relationship", e->r.name);
    else if (ret == REPLSVC_OK)
        memcpy(ref->id, e->as_target->o.id, sizeof(ref->id));
    model_done(svc);
    return ret;
}

uint32_t sync_get_pairs(struct replsvc_service *svc, const replsvc_sync_ref *ref, replsvc_sync_ref **pairs,
                        size_t *n)
{
    struct relationship *s;
    if (pairs == NULL || n == NULL)
        return svc_fail(REPLSVC_INVALID_PARAMETER, 0, "Pairs", "no place to put the list");
    *pairs = NULL;
    *n = 0;
    model_read(svc);
    uint32_t ret = sync_by_ref(svc, ref, "Synchronization", &s);
    if (ret == REPLSVC_OK && !s->r.is_group)
        ret = svc_fail(REPLSVC_INVALID_PARAMETER, 0, "Synchronization",
                       "Synchronization: \"%s\" is no group relationship and has no pairs", s->r.name);
    if (ret == REPLSVC_OK && s->r.n_pairs != 0) {
        *pairs = mem_array(s->r.n_pairs, sizeof(**pairs));
        if (*pairs == NULL)
            ret = svc_fail(REPLSVC_FAILED, ENOMEM, NULL, "cannot list the pairs");
        else
            memcpy(*pairs, s->r.pairs, s->r.n_pairs * sizeof(**pairs));
        *n = ret == REPLSVC_OK ? s->r.n_pairs : 0;
    }
    model_done(svc);
    return ret;
}
