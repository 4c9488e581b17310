/* SPDX-License-Identifier: BSD-2-Clause */
/* What hosts may do with a volume by the parts it plays in relationships. */
#include "service/relationship_mirror.h"

static bool target_read_only(const struct sync_record *r)
{
    return r->read_only == REPLSVC_READ_ONLY_SYNCEDELEMENT || r->read_only == REPLSVC_READ_ONLY_BOTH;
}

static bool source_read_only(const struct sync_record *r)
{
    return r->read_only == REPLSVC_READ_ONLY_SYSTEMELEMENT || r->read_only == REPLSVC_READ_ONLY_BOTH ||
           r->copy_state == REPLSVC_COPY_STATE_FAILEDOVER ||
           (r->intent == REPLSVC_OPERATION_REVERSE_ROLES && r->copy_state == REPLSVC_COPY_STATE_SYNCHRONIZED);
}

/* What hosts may do with the target of a relationship in that state. */
static uint32_t target_access(const struct sync_record *r)
{
    bool mirror = r->sync_type == REPLSVC_SYNC_TYPE_MIRROR;
    uint32_t all = VOLUME_HOST_READ | (target_read_only(r) ? 0 : VOLUME_HOST_WRITE);
    switch (r->copy_state) {
    case REPLSVC_COPY_STATE_UNSYNCHRONIZED:
    case REPLSVC_COPY_STATE_SUSPENDED: /* a clone reads through its source what it does not have yet */
        return !mirror && r->replica_state == REPLICA_ACTIVE ? VOLUME_HOST_READ : 0;
    case REPLSVC_COPY_STATE_SYNCHRONIZED:
        if (mirror)
            return r->intent == REPLSVC_OPERATION_RESTORE_FROM_REPLICA ? 0 : VOLUME_HOST_READ;
        return r->intent != 0 ? VOLUME_HOST_READ : all;
    case REPLSVC_COPY_STATE_SKEWED:
    case REPLSVC_COPY_STATE_FRACTURED:
    case REPLSVC_COPY_STATE_SPLIT:
    case REPLSVC_COPY_STATE_RESTORED:
        if (r->sync_type == REPLSVC_SYNC_TYPE_CLONE && r->replica_state != REPLICA_COMPLETE)
            return VOLUME_HOST_READ; /* fractured before it was whole */
        return r->intent == 0 ? all : mirror ? 0 : VOLUME_HOST_READ;
    case REPLSVC_COPY_STATE_FAILEDOVER:
        return all;
    default:
        return 0;
    }
}

bool relationship_target_readable(uint16_t sync_type, uint16_t copy_state)
{
    struct sync_record r = {
        .sync_type = sync_type, .copy_state = copy_state, .replica_state = REPLICA_ACTIVE};
    return (target_access(&r) & VOLUME_HOST_READ) != 0;
}

uint32_t relationships_access(const struct element *e)
{
    uint32_t bits = e->r.read_only ? VOLUME_HOST_READ : VOLUME_HOST_READ | VOLUME_HOST_WRITE;
    if (e->as_target != NULL)
        bits &= target_access(&e->as_target->r);
    for (const struct relationship *s = e->as_source; s != NULL; s = s->next_of_source) {
        if (source_read_only(&s->r))
            bits &= ~(uint32_t)VOLUME_HOST_WRITE;
        if (relationship_half_restored(s) && s->mirror == NULL)
            bits = 0; /* what it should show is not to be had */
    }
    return bits;
}

static void apply_element_access(struct replsvc_service *svc, const struct element *e)
{
    struct volume *v;
    if (e == NULL || volume_get(svc->engine, e->o.id, NULL, 0, &v) != 0)
        return; /* not open: the next opening sets it */
    volume_set_access(v, relationships_access(e));
    volume_put(v);
}

void relationship_apply_access(struct replsvc_service *svc, struct relationship *s)
{
    apply_element_access(svc, s->source);
    apply_element_access(svc, s->target);
}

void relationship_bar_target(struct replsvc_service *svc, struct relationship *s)
{
    struct volume *v;
    if (s->target == NULL || volume_get(svc->engine, s->target->o.id, NULL, 0, &v) != 0)
        return;
    volume_set_access(v, 0);
    volume_put(v);
}
