/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What follows from a relationship's state: times, SyncState, percentages, and the state of a group
 * relationship, which is that of its pairs when they agree and Mixed when they don't.
 */
#include "service/relationship.h"

#include <string.h>

#include "util/clock.h"

const struct sync_record *relationship_record(const struct relationship *s)
{
    return change_peek(&s->o);
}

/* ---- CIM_StorageSynchronized.SyncState, the older description of the same ---- */

static uint16_t sync_state_of(const struct sync_record *r)
{
    switch (r->progress_status) {
    case REPLSVC_PROGRESS_STATUS_PREPARING:
        return REPLSVC_SYNC_STATE_PREPAREINPROGRESS;
    case REPLSVC_PROGRESS_STATUS_RESYNCING:
        return REPLSVC_SYNC_STATE_RESYNCINPROGRESS;
    case REPLSVC_PROGRESS_STATUS_RESTORING:
        return REPLSVC_SYNC_STATE_RESTORE_IN_PROGRESS;
    case REPLSVC_PROGRESS_STATUS_FRACTURING:
        return REPLSVC_SYNC_STATE_FRACTURE_IN_PROGRESS;
    case REPLSVC_PROGRESS_STATUS_SYNCHRONIZING:
        return REPLSVC_SYNC_STATE_COPY_IN_PROGRESS;
    default:
        break;
    }
    switch (r->copy_state) {
    case REPLSVC_COPY_STATE_INITIALIZED:
        return REPLSVC_SYNC_STATE_INITIALIZED;
    case REPLSVC_COPY_STATE_PREPARED:
        return REPLSVC_SYNC_STATE_PREPARED;
    case REPLSVC_COPY_STATE_BROKEN:
    case REPLSVC_COPY_STATE_PARTITIONED:
    case REPLSVC_COPY_STATE_INVALID:
        return REPLSVC_SYNC_STATE_BROKEN;
    case REPLSVC_COPY_STATE_FRACTURED:
    case REPLSVC_COPY_STATE_SPLIT:
        return REPLSVC_SYNC_STATE_FRACTURED;
    case REPLSVC_COPY_STATE_SUSPENDED:
        return REPLSVC_SYNC_STATE_QUIESCED;
    case REPLSVC_COPY_STATE_SYNCHRONIZED: /* a point in time stands still; a mirror keeps up */
        return r->sync_type == REPLSVC_SYNC_TYPE_MIRROR ? REPLSVC_SYNC_STATE_SYNCHRONIZED
                                                        : REPLSVC_SYNC_STATE_FROZEN;
    default:
        return REPLSVC_SYNC_STATE_IDLE;
    }
}

/* ---- one relationship ---- */

static void note_time(struct sync_record *r, uint16_t copy_state)
{
    int64_t now = clock_wall_us();
    switch (copy_state) {
    case REPLSVC_COPY_STATE_SYNCHRONIZED:
        r->when_synchronized = r->when_synced = now;
        break;
    case REPLSVC_COPY_STATE_SUSPENDED:
        r->when_suspended = now;
        break;
    case REPLSVC_COPY_STATE_INACTIVE:
        r->when_deactivated = now;
        break;
    default:
        break;
    }
}

void relationship_set_state(struct change *c, struct relationship *s, uint16_t copy_state,
                            uint16_t progress_status)
{
    struct sync_record *r = change_edit(c, &s->o);
    if (r == NULL)
        return;
    uint16_t state_before = r->copy_state, progress_before = r->progress_status;
    r->copy_state = copy_state;
    r->progress_status = progress_status;
    r->sync_state = sync_state_of(r);
    if (r->requested_copy_state == copy_state || r->requested_copy_state == 0)
        r->requested_copy_state = REPLSVC_COPY_STATE_NOT_APPLICABLE; /* met */
    if (state_before != copy_state)
        note_time(r, copy_state);
    if (state_before != 0 && state_before != copy_state)
        change_event(c, REPLSVC_EVENT_MODIFIED, &s->o, REPLSVC_EVENT_PROPERTY_COPY_STATE, state_before,
                     copy_state);
    if (progress_before != 0 && progress_before != progress_status)
        change_event(c, REPLSVC_EVENT_MODIFIED, &s->o, REPLSVC_EVENT_PROPERTY_PROGRESS_STATUS,
                     progress_before, progress_status);
}

static void take_mirror(struct sync_record *r, const struct relationship *s)
{
    struct mirror_info info;
    mirror_get_info(s->mirror, &info);
    r->replica_state = (uint32_t)info.state;
    r->bytes_total = info.bytes_total;
    r->bytes_synced = info.bytes_total - info.bytes_differing;
}

void relationship_take_info(struct sync_record *r, const struct relationship *s)
{
    struct replica_info info;
    if (s->mirror != NULL)
        take_mirror(r, s);
    if (s->replica == NULL)
        return;
    replica_get_info(s->replica, &info);
    if (info.state != REPLICA_BROKEN)
        r->replica_state = (uint32_t)info.state;
    r->order = info.order;
    r->restore_order = info.restore_order;
    if (info.when_cut_us != 0) {
        r->when_point_in_time = info.when_cut_us;
        r->cut_pause_us = info.pause_us;
    }
    r->bytes_total = info.bytes_total;
    r->bytes_synced = r->sync_type == REPLSVC_SYNC_TYPE_SNAPSHOT || info.state == REPLICA_COMPLETE
                          ? info.bytes_total
                      : info.state == REPLICA_ACTIVE ? info.bytes_present
                                                     : 0;
}

/* ---- how far ---- */

static bool is_whole(const struct sync_record *r)
{
    if (r->sync_type == REPLSVC_SYNC_TYPE_MIRROR)
        return r->replica_state == MIRROR_IN_SYNC ||
               (r->replica_state != 0 && r->bytes_synced == r->bytes_total);
    return r->replica_state == REPLICA_COMPLETE ||
           (r->sync_type == REPLSVC_SYNC_TYPE_SNAPSHOT && r->replica_state != 0 &&
            r->replica_state != REPLICA_INACTIVE);
}

static bool is_moving(const struct relationship *s)
{
    return __atomic_load_n(&s->bytes_now, __ATOMIC_RELAXED) != 0;
}

uint64_t relationship_bytes_synced(const struct relationship *s)
{
    uint64_t moving = __atomic_load_n(&s->bytes_now, __ATOMIC_RELAXED);
    if (is_whole(&s->r) && moving == 0)
        return s->r.bytes_total;
    return moving != 0 ? moving : s->r.bytes_synced;
}

static uint16_t percent(uint64_t done, uint64_t total, bool whole)
{
    if (whole || total == 0)
        return whole ? 100 : 0;
    uint16_t p = (uint16_t)((double)done * 100.0 / (double)total);
    return p > 99 ? 99 : p;
}

uint16_t relationship_percent(struct replsvc_service *svc, const struct relationship *s)
{
    if (!s->r.is_group)
        return percent(relationship_bytes_synced(s), s->r.bytes_total, is_whole(&s->r) && !is_moving(s));
    uint64_t done = 0, total = 0;
    bool whole = s->r.n_pairs != 0;
    for (size_t i = 0; i < s->r.n_pairs; i++) {
        const struct relationship *p = sync_pair(svc, s, i);
        if (p == NULL)
            continue;
        done += relationship_bytes_synced(p);
        total += p->r.bytes_total;
        whole = whole && is_whole(&p->r) && !is_moving(p);
    }
    return percent(done, total, whole);
}

/* ---- groups ---- */

static uint16_t consistency_state_of(const struct sync_record *g, bool one_instant)
{
    if (!g->consistency_enabled)
        return REPLSVC_CONSISTENCY_STATE_NOT_APPLICABLE;
    uint16_t one =
        one_instant ? REPLSVC_CONSISTENCY_STATE_CONSISTENT : REPLSVC_CONSISTENCY_STATE_INCONSISTENT;
    switch (g->copy_state) { /* one instant for all members, or not (any more) */
    case REPLSVC_COPY_STATE_UNSYNCHRONIZED:
        return g->sync_type == REPLSVC_SYNC_TYPE_MIRROR ? REPLSVC_CONSISTENCY_STATE_INCONSISTENT : one;
    case REPLSVC_COPY_STATE_SYNCHRONIZED:
    case REPLSVC_COPY_STATE_FRACTURED:
    case REPLSVC_COPY_STATE_SPLIT:
    case REPLSVC_COPY_STATE_RESTORED:
    case REPLSVC_COPY_STATE_SUSPENDED:
    case REPLSVC_COPY_STATE_FAILEDOVER:
        return one;
    case REPLSVC_COPY_STATE_MIXED:
    case REPLSVC_COPY_STATE_BROKEN:
    case REPLSVC_COPY_STATE_PARTITIONED:
    case REPLSVC_COPY_STATE_INVALID:
    case REPLSVC_COPY_STATE_ABORTED:
    case REPLSVC_COPY_STATE_SKEWED:
        return REPLSVC_CONSISTENCY_STATE_INCONSISTENT;
    default:
        return REPLSVC_CONSISTENCY_STATE_NOT_APPLICABLE;
    }
}

void relationship_update_group(struct change *c, struct relationship *group, const struct relationship *gone)
{
    struct sync_record *g = change_edit(c, &group->o);
    if (g == NULL)
        return;
    uint16_t copy_state = 0, progress = 0;
    int32_t error = 0;
    const char *message = NULL;
    const struct sync_record *first = NULL;
    bool one_instant = true; /* mirrors have none */
    for (size_t i = 0; i < g->n_pairs; i++) {
        const struct relationship *p = object_by_id(c->svc, KIND_SYNC, g->pairs[i].id);
        const struct sync_record *r = p != NULL && p != gone ? relationship_record(p) : NULL;
        if (r == NULL)
            continue;
        first = first != NULL ? first : r;
        one_instant = one_instant && (g->sync_type == REPLSVC_SYNC_TYPE_MIRROR ||
                                      r->when_point_in_time == first->when_point_in_time);
        copy_state =
            copy_state == 0 || copy_state == r->copy_state ? r->copy_state : REPLSVC_COPY_STATE_MIXED;
        progress = progress == 0 || progress == r->progress_status ? r->progress_status
                                                                   : REPLSVC_PROGRESS_STATUS_MIXED;
        if (r->error != 0 && error == 0) {
            error = r->error;
            message = r->error_message;
        }
    }
    if (copy_state == 0)
        return; /* no pair left: whoever takes the last one decides about the group */
    g->error = error;
    change_string(c, &g->error_message, message);
    relationship_set_state(c, group, copy_state, progress);
    uint16_t before = g->consistency_state, now = consistency_state_of(g, one_instant);
    g->consistency_state = now;
    g->consistency_status = g->consistency_enabled ? REPLSVC_CONSISTENCY_STATUS_COMPLETED
                                                   : REPLSVC_CONSISTENCY_STATUS_CONSISTENCY_DISABLED;
    if (before != 0 && before != now)
        change_event(c, REPLSVC_EVENT_MODIFIED, &group->o, REPLSVC_EVENT_PROPERTY_CONSISTENCY_STATE, before,
                     now);
}

bool relationship_flows(const struct sync_record *r)
{
    return r->copy_state == REPLSVC_COPY_STATE_SYNCHRONIZED ||
           r->copy_state == REPLSVC_COPY_STATE_UNSYNCHRONIZED;
}
