/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Carrying out a plan, all or nothing, in steps that a crash may fall between:
 *
 *   1. the missing targets are made (recorded as half-made: the next open takes them back)
 *   2. relationships are recorded with INTENT_CREATE (from here the next open takes them back)
 *   3. the engine makes its replicas
 *   4. the point in time is taken and recorded, with the job for the copy: now they exist
 *
 * `change` is held for 1 and 2; the relationships are busy for 3 and 4. A failure takes everything back.
 */
#include "service/pool.h"
#include "service/replica.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "service/group_join.h"
#include "service/relationship_mirror.h"
#include "service/retention.h"
#include "util/alloc.h"
#include "util/clock.h"
#include "util/fail.h"

/* What is being made. */
struct making {
    struct replsvc_service *svc;
    const struct replica_request *q;
    struct replica_plan plan;
    struct relationship *group;  /* FORM_GROUP */
    struct relationship **syncs; /* of each pair */
    struct volume **sources, **targets;
    struct element **made;
    size_t n_made;
    struct job *job;
    char job_id[REPLSVC_REF_SIZE];
    uint64_t bytes_wanted; /* of the targets that are to be made */
};

static void making_free(struct making *m)
{
    for (size_t i = 0; i < m->plan.n; i++) {
        if (m->sources != NULL && m->sources[i] != NULL)
            volume_put(m->sources[i]);
        if (m->targets != NULL && m->targets[i] != NULL)
            volume_put(m->targets[i]);
    }
    mem_free(m->sources);
    mem_free(m->targets);
    mem_free(m->syncs);
    mem_free(m->made);
    replica_plan_free(&m->plan);
}

static uint32_t making_room(struct making *m)
{
    size_t n = m->plan.n;
    m->syncs = mem_array(n, sizeof(m->syncs[0]));
    m->sources = mem_array(n, sizeof(m->sources[0]));
    m->targets = mem_array(n, sizeof(m->targets[0]));
    m->made = mem_array(n, sizeof(m->made[0]));
    return m->syncs != NULL && m->sources != NULL && m->targets != NULL && m->made != NULL
               ? REPLSVC_OK
               : svc_fail(REPLSVC_FAILED, ENOMEM, NULL, "the replica cannot be made");
}

/* ---- 1: targets ---- */

static uint32_t make_targets(struct change *c, struct making *m)
{
    struct element_plan *plans = mem_array(m->plan.n, sizeof(*plans));
    if (plans == NULL)
        return svc_fail(REPLSVC_FAILED, ENOMEM, NULL, "the targets cannot be made");
    for (size_t i = 0; i < m->plan.n; i++) {
        const struct replica_pair *p = &m->plan.pairs[i];
        if (p->target == NULL)
            plans[m->n_made++] =
                (struct element_plan){.name = p->name,
                                      .pool = p->pool,
                                      .goal = m->plan.goal,
                                      .size_bytes = p->source->r.size_bytes,
                                      .block_size = p->source->r.block_size,
                                      .physical_block_size = p->source->r.physical_block_size,
                                      .unread = p->source->r.size_bytes,
                                      .hidden = m->q->hidden};
    }
    uint32_t ret = m->n_made != 0 ? elements_create(c, plans, m->n_made, m->made) : REPLSVC_OK;
    mem_free(plans);
    if (ret != REPLSVC_OK) {
        m->n_made = 0;
        return ret;
    }
    size_t next = 0;
    for (size_t i = 0; i < m->plan.n; i++)
        if (m->plan.pairs[i].target == NULL) {
            m->plan.pairs[i].target = m->made[next++];
            m->plan.pairs[i].made = true;
        }
    return REPLSVC_OK;
}

/* ---- 2: records ---- */

static uint32_t open_volumes(struct change *c, struct making *m)
{
    uint32_t ret = REPLSVC_OK;
    for (size_t i = 0; i < m->plan.n && ret == REPLSVC_OK; i++) {
        const struct replica_pair *p = &m->plan.pairs[i];
        ret = element_volume(c, p->source, VOLUME_READ_ONLY, m->q->source_parameter, &m->sources[i]);
        if (ret == REPLSVC_OK)
            ret = element_volume(c, p->target, 0, m->q->target_parameter, &m->targets[i]);
        if (ret == REPLSVC_OK && volume_size(m->targets[i]) < volume_size(m->sources[i]))
            ret =
                svc_fail(REPLSVC_INVALID_PARAMETER, 0, m->q->target_parameter,
                         "%s: \"%s\" is smaller than its source", m->q->target_parameter, p->target->r.name);
    }
    return ret;
}

static void fill_common(struct making *m, struct sync_record *r)
{
    const replsvc_replication_settings *s = &m->plan.settings;
    bool snapshot = m->q->sync_type == REPLSVC_SYNC_TYPE_SNAPSHOT;
    r->sync_type = m->q->sync_type;
    r->mode = m->plan.mode;
    r->intent = INTENT_CREATE;
    r->copy_state = REPLSVC_COPY_STATE_INITIALIZED;
    r->requested_copy_state = m->q->wait != 0 ? m->q->wait : REPLSVC_COPY_STATE_SYNCHRONIZED;
    r->progress_status = REPLSVC_PROGRESS_STATUS_INITIALIZING;
    bool mirror = m->q->sync_type == REPLSVC_SYNC_TYPE_MIRROR;
    r->sync_maintained = mirror;
    r->failed_copy_stops_host_io = s->failed_copy_stops_host_io == REPLSVC_BOOL_TRUE;
    r->copy_methodology = snapshot               ? REPLSVC_COPY_METHODOLOGY_COPY_ON_WRITE
                          : m->plan.delta_update ? REPLSVC_COPY_METHODOLOGY_DELTA_UPDATE
                          : s->desired_copy_methodology == REPLSVC_DESIRED_COPY_METHODOLOGY_SNAP_AND_CLONE
                              ? REPLSVC_COPY_METHODOLOGY_SNAP_AND_CLONE
                              : REPLSVC_COPY_METHODOLOGY_FULL_COPY;
    r->copy_priority =
        s->copy_priority != 0 ? (uint16_t)(s->copy_priority - 1) : REPLSVC_COPY_PRIORITY_NOT_MANAGED;
    r->copy_recovery_mode = s->copy_recovery_mode == REPLSVC_COPY_RECOVERY_MODE_AUTOMATIC
                                ? REPLSVC_COPY_RECOVERY_MODE_AUTOMATIC
                                : REPLSVC_COPY_RECOVERY_MODE_MANUAL;
    r->copy_type =
        mirror ? (m->plan.mode == REPLSVC_MODE_SYNCHRONOUS ? REPLSVC_COPY_TYPE_SYNC : REPLSVC_COPY_TYPE_ASYNC)
        : snapshot ? REPLSVC_COPY_TYPE_UNSYNCASSOC
                   : REPLSVC_COPY_TYPE_UNSYNCUNASSOC;
    r->replica_type = snapshot ? REPLSVC_REPLICA_TYPE_BEFORE_DELTA : REPLSVC_REPLICA_TYPE_FULL_COPY;
    r->sync_state = REPLSVC_SYNC_STATE_INITIALIZED;
    r->read_only = s->read_only;
    r->settings = *s;
    r->when_established = clock_wall_us();
}

static void record_pair(struct change *c, struct making *m, size_t i)
{
    const struct replica_pair *p = &m->plan.pairs[i];
    struct relationship *s = object_new(c, KIND_SYNC);
    m->syncs[i] = s;
    if (s == NULL)
        return;
    struct sync_record *r = &s->r;
    fill_common(m, r);
    change_string(c, &r->name, p->name);
    memcpy(r->source, p->source->o.id, sizeof(r->source));
    memcpy(r->target, p->target->o.id, sizeof(r->target));
    if (m->group != NULL)
        memcpy(r->group, m->group->o.id, sizeof(r->group));
    r->region_size = c->svc->options.region_size;
    r->bytes_total = p->source->r.size_bytes;
    r->hidden = m->q->hidden;
    r->target_created = p->made;
    r->target_zeroed = p->made && pool_kind(p->pool->r.locator, "TargetPool") != POOL_DEVICES;
    element_guard_record(c, p->source, m->sources[i], GUARD_OPEN);
    element_guard_record(c, p->target, m->targets[i], GUARD_OPEN);
    struct element_record *e = p->made ? change_edit(c, &p->target->o) : NULL;
    if (e != NULL)
        e->state = ELEMENT_PRESENT;
}

/* The given target group, with those who are new in it; or a new one. */
static uint32_t record_target_group(struct change *c, struct making *m, struct group **out)
{
    struct replica_plan *plan = &m->plan;
    struct element **members = mem_array(plan->n, sizeof(*members));
    if (members == NULL)
        return svc_fail(REPLSVC_FAILED, ENOMEM, NULL, "the target group cannot be made");
    for (size_t i = 0; i < plan->n; i++)
        members[i] = plan->pairs[i].target;
    uint32_t ret = REPLSVC_OK;
    *out = plan->target_group;
    if (plan->target_group == NULL) {
        bool free = name_check(c->svc, KIND_GROUP, plan->name, "RelationshipName") == REPLSVC_OK;
        ret = group_make(c, free ? plan->name : NULL, "RelationshipName", members, plan->n, true, out);
        if (ret == REPLSVC_OK)
            (*out)->r.delete_on_empty_element = true; /* it was made for them, and goes with the last */
    } else if (m->n_made != 0) {
        struct group_record *g = change_edit(c, &plan->target_group->o);
        size_t n = g != NULL ? g->n_members : 0;
        replsvc_element_ref *refs = mem_array(n + m->n_made, sizeof(*refs));
        if (g == NULL || refs == NULL) {
            ret = svc_fail(REPLSVC_FAILED, ENOMEM, NULL, "the target group cannot be made");
        } else {
            if (n != 0)
                memcpy(refs, g->members, n * sizeof(*refs));
            for (size_t i = 0; i < m->n_made; i++)
                memcpy(refs[n + i].id, m->made[i]->o.id, sizeof(refs[0].id));
            change_array(c, (void *)&g->members, &g->n_members, refs, n + m->n_made, sizeof(*refs));
            change_event(c, REPLSVC_EVENT_MODIFIED, &plan->target_group->o, REPLSVC_EVENT_PROPERTY_MEMBERS,
                         (uint32_t)n, (uint32_t)(n + m->n_made));
        }
        mem_free(refs);
    }
    mem_free(members);
    return ret;
}

static void record_group(struct change *c, struct making *m, const struct group *target)
{
    struct sync_record *r = &m->group->r;
    const struct replica_plan *plan = &m->plan;
    fill_common(m, r);
    change_string(c, &r->name, plan->name);
    r->is_group = true;
    r->source_is_element = plan->source_group == NULL;
    memcpy(r->source, plan->source_group != NULL ? plan->source_group->o.id : plan->pairs[0].source->o.id,
           sizeof(r->source));
    memcpy(r->target, target->o.id, sizeof(r->target));
    r->consistency_enabled = plan->consistent;
    r->consistency_type = REPLSVC_CONSISTENCY_TYPE_SEQUENTIALLY_CONSISTENT;
    r->consistency_state = REPLSVC_CONSISTENCY_STATE_NOT_APPLICABLE;
    r->consistency_status = plan->consistent ? REPLSVC_CONSISTENCY_STATUS_COMPLETED
                                             : REPLSVC_CONSISTENCY_STATUS_CONSISTENCY_DISABLED;
}

static void associate(struct change *c, struct group *g)
{
    struct group_record *r = g != NULL ? change_edit(c, &g->o) : NULL;
    if (r != NULL)
        r->ever_associated = true;
}

static uint32_t record_group_pairs(struct change *c, struct making *m)
{
    replsvc_sync_ref *pairs = mem_array(m->plan.n, sizeof(*pairs));
    if (pairs == NULL)
        return svc_fail(REPLSVC_FAILED, ENOMEM, NULL, "the relationship cannot be recorded");
    for (size_t i = 0; i < m->plan.n; i++)
        if (m->syncs[i] != NULL)
            memcpy(pairs[i].id, m->syncs[i]->o.id, sizeof(pairs[i].id));
    change_array(c, (void *)&m->group->r.pairs, &m->group->r.n_pairs, pairs, m->plan.n, sizeof(*pairs));
    mem_free(pairs);
    return REPLSVC_OK;
}

static uint32_t record_all(struct change *c, struct making *m)
{
    uint32_t ret = REPLSVC_OK;
    struct group *target = NULL;
    if (m->q->form == FORM_GROUP) {
        ret = record_target_group(c, m, &target);
        if (ret == REPLSVC_OK)
            m->group = object_new(c, KIND_SYNC);
        if (m->group != NULL)
            record_group(c, m, target);
        associate(c, m->plan.source_group);
        associate(c, target);
    }
    for (size_t i = 0; i < m->plan.n && ret == REPLSVC_OK; i++)
        record_pair(c, m, i);
    if (ret == REPLSVC_OK && m->group != NULL)
        ret = record_group_pairs(c, m);
    if (ret == REPLSVC_OK && m->q->record != NULL)
        ret = m->q->record(c, m->q, &m->plan, m->syncs);
    if (ret == REPLSVC_OK)
        ret = change_save(c);
    if (ret != REPLSVC_OK)
        return ret;
    for (size_t i = 0; i < m->plan.n; i++)
        m->syncs[i]->busy = true;
    if (m->group != NULL)
        m->group->busy = true;
    m->plan.target_group = target;
    return REPLSVC_OK;
}

/* ---- 3: replicas ---- */

static uint32_t make_replicas(struct making *m)
{
    for (size_t i = 0; i < m->plan.n; i++) {
        struct relationship *s = m->syncs[i];
        struct replica *replica = NULL;
        struct change c;
        change_begin(&c, m->svc);
        int err = relationship_token(m->svc, s) != NULL ? 0 : -ENOMEM;
        struct replica_spec spec = relationship_spec(s, m->sources[i], m->targets[i]);
        if (err == 0)
            volume_set_access(m->targets[i], 0);
        if (err == 0 && is_mirror(s))
            err = relationship_mirror_make(m->svc, s, m->sources[i], m->targets[i]);
        else if (err == 0)
            err = replica_create(&spec, &replica);
        s->replica = replica;
        change_end(&c);
        if (err != 0)
            return svc_fail_backend(err, m->q->target_parameter, "\"%s\" cannot be copied to \"%s\"",
                                    m->plan.pairs[i].source->r.name, m->plan.pairs[i].target->r.name);
    }
    return REPLSVC_OK;
}

/* ---- 4: existence ---- */

static bool waits_at_rest(uint16_t wait)
{
    return wait == REPLSVC_COPY_STATE_INITIALIZED || wait == REPLSVC_COPY_STATE_PREPARED ||
           wait == REPLSVC_COPY_STATE_INACTIVE;
}

/* Without a point in time, until Activate. */
static uint32_t exist_at_rest(struct making *m)
{
    struct change c;
    struct group_join *join = m->q->join;
    uint16_t state = m->q->wait, progress = relationship_resting(state);
    change_begin(&c, m->svc);
    uint32_t ret = join != NULL ? group_join_need(&c, join, m->plan.n) : REPLSVC_OK;
    for (size_t i = 0; i < m->plan.n && ret == REPLSVC_OK; i++) {
        struct sync_record *r = change_edit(&c, &m->syncs[i]->o);
        if (r == NULL)
            break;
        relationship_take_info(r, m->syncs[i]);
        relationship_set_state(&c, m->syncs[i], state, progress);
        relationship_rest(&c, m->syncs[i]);
    }
    if (m->group != NULL)
        relationship_update_group(&c, m->group, NULL);
    if (ret == REPLSVC_OK && join != NULL)
        ret = group_join_record(&c, join, m->syncs);
    if (ret == REPLSVC_OK)
        ret = change_save(&c);
    if (join != NULL)
        group_join_end(&c, join, ret == REPLSVC_OK);
    for (size_t i = 0; i < m->plan.n && ret == REPLSVC_OK; i++)
        relationship_idle(m->svc, m->syncs[i]);
    change_end(&c);
    return ret;
}

/* A job for what is left to copy. The relationships are busy for it. */
static uint32_t exist_with_job(struct making *m)
{
    struct change c;
    uint32_t ret = REPLSVC_OK;
    change_begin(&c, m->svc);
    bool more = false;
    for (size_t i = 0; i < m->plan.n; i++)
        more = more || m->syncs[i]->r.intent != INTENT_NONE;
    if (more) {
        struct relationship *owner = m->group != NULL ? m->group : m->syncs[0];
        ret = relationship_job_make(&c, m->q->method, owner, m->syncs, m->plan.n, &m->job);
        if (ret == REPLSVC_OK)
            ret = change_save(&c);
        if (ret == REPLSVC_OK)
            snprintf(m->job_id, sizeof(m->job_id), "%s", job_id(m->job));
    }
    change_end(&c);
    if (ret != REPLSVC_OK && m->job != NULL) {
        job_discard(m->job);
        m->job = NULL;
    }
    return ret;
}

static uint32_t make_exist(struct making *m)
{
    if (waits_at_rest(m->q->wait))
        return exist_at_rest(m);
    uint32_t ret = relationship_cut_and_join(m->svc, m->syncs, m->plan.n, true, m->q->join);
    return ret == REPLSVC_OK ? exist_with_job(m) : ret;
}

/* ---- failure ---- */

/* Best effort: what cannot be taken back now is taken back at the next open, by its intent. */
static void take_back(struct making *m)
{
    replsvc_error why = *replsvc_last_error();
    struct change c;
    bool left = false;
    for (size_t i = 0; i < m->plan.n; i++) {
        struct relationship *s = m->syncs[i];
        struct replica *replica = s->replica;
        struct mirror *mirror = s->mirror;
        change_begin(&c, m->svc);
        s->replica = NULL;
        relationship_set_mirror(m->svc, s, NULL);
        s->leaving = true;
        change_end(&c);
        if (mirror != NULL)
            left = relationship_mirror_remove(m->svc, s, mirror) != 0 || left;
        if (replica != NULL && replica_remove(replica, NULL) != 0) {
            replica_put(replica);
            left = true;
        }
    }
    change_begin(&c, m->svc);
    for (size_t i = 0; i < m->plan.n && !left; i++)
        relationship_delete(&c, m->syncs[i], false);
    if (m->q->join != NULL && !left)
        group_join_undo(&c, m->q->join, m->syncs);
    for (size_t i = 0; i < m->n_made && !left; i++) {
        struct element_record *e = change_edit(&c, &m->made[i]->o);
        if (e != NULL)
            e->state = ELEMENT_CREATING;
        relationship_leave_groups(&c, m->made[i]);
    }
    if (left || change_save(&c) != REPLSVC_OK) {
        log_line(&m->svc->log, REPLSVC_LOG_WARNING,
                 "a replica that could not be made is taken back at the next open");
    } else {
        for (size_t i = 0; i < m->plan.n; i++) {
            struct element *ends[] = {m->plan.pairs[i].source, m->plan.pairs[i].target};
            volume_set_access(m->sources[i], relationships_access(ends[0]));
            volume_set_access(m->targets[i], relationships_access(ends[1]));
        }
        for (size_t i = 0; i < m->plan.n; i++) /* images go when nobody holds them */
            if (m->plan.pairs[i].made) {
                volume_put(m->targets[i]);
                m->targets[i] = NULL;
            }
        if (m->n_made != 0)
            elements_discard(&c, m->made, m->n_made);
    }
    change_end(&c);
    (void)svc_fail(why.code, why.system_errno, *why.parameter != '\0' ? why.parameter : NULL, "%s",
                   why.message);
}

/* ---- the method ---- */

static uint32_t begin(struct making *m)
{
    struct change c;
    change_begin(&c, m->svc);
    uint32_t ret = replica_plan_make(&c, m->q, &m->plan);
    for (size_t i = 0; i < m->plan.n; i++)
        if (m->plan.pairs[i].source != NULL && m->plan.pairs[i].target == NULL)
            m->bytes_wanted += m->plan.pairs[i].source->r.size_bytes;
    if (ret == REPLSVC_OK)
        ret = making_room(m);
    if (ret == REPLSVC_OK)
        ret = make_targets(&c, m);
    if (ret == REPLSVC_OK)
        ret = open_volumes(&c, m);
    if (ret == REPLSVC_OK)
        ret = record_all(&c, m);
    if (ret != REPLSVC_OK && m->n_made != 0) {
        for (size_t i = 0; i < m->plan.n; i++)
            if (m->targets[i] != NULL) {
                volume_put(m->targets[i]);
                m->targets[i] = NULL;
            }
        change_drop(&c);
        elements_discard(&c, m->made, m->n_made);
    }
    change_end(&c);
    return ret;
}

/* Replicas that may go for it make room. */
static uint32_t begin_with_room(struct making *m)
{
    for (;;) {
        uint32_t ret = begin(m);
        const char *pool = ref_absent(m->q->pool) ? "" : m->q->pool->id;
        if (ret == REPLSVC_OK || replsvc_last_error()->system_errno != ENOSPC ||
            !retention_make_room(m->svc, pool, m->bytes_wanted))
            return ret;
        making_free(m);
        *m = (struct making){.svc = m->svc, .q = m->q};
    }
}

static uint32_t give_out(struct making *m, replsvc_sync_ref *sync, replsvc_sync_ref **list, size_t *n)
{
    const struct replica_request *q = m->q;
    if (sync != NULL)
        memcpy(sync->id, (m->group != NULL ? m->group : m->syncs[0])->o.id, sizeof(sync->id));
    if (q->target_group != NULL && m->plan.target_group != NULL)
        memcpy(q->target_group->id, m->plan.target_group->o.id, sizeof(q->target_group->id));
    for (size_t i = 0; i < m->plan.n; i++) {
        size_t at = m->plan.pairs[i].index;
        if (q->targets != NULL && at < q->n_targets)
            memcpy(q->targets[at].id, m->plan.pairs[i].target->o.id, sizeof(q->targets[at].id));
    }
    if (list == NULL)
        return REPLSVC_OK;
    for (size_t i = 0; i < m->plan.n; i++)
        memcpy((*list)[i].id, m->syncs[i]->o.id, sizeof((*list)[i].id));
    *n = m->plan.n;
    return REPLSVC_OK;
}

static uint32_t wait_for(struct replsvc_service *svc, const replsvc_sync_ref ids[], size_t n, uint16_t wait)
{
    uint32_t ret = REPLSVC_OK;
    for (size_t i = 0; i < n && ret == REPLSVC_OK; i++)
        ret = relationship_wait(svc, ids[i].id, wait);
    return ret;
}

uint32_t replicate(struct replsvc_service *svc, const struct replica_request *q, replsvc_sync_ref *sync,
                   replsvc_sync_ref **list, size_t *n)
{
    struct making m = {.svc = svc, .q = q};
    replsvc_sync_ref *ids = NULL;
    if (q->job != NULL)
        q->job->id[0] = '\0';
    if (list != NULL)
        *list = NULL;
    uint32_t ret = begin_with_room(&m);
    if (ret == REPLSVC_OK) {
        ids = mem_array(m.plan.n, sizeof(*ids));
        ret = ids != NULL ? make_replicas(&m)
                          : svc_fail(REPLSVC_FAILED, ENOMEM, NULL, "the replica cannot be made");
        if (ret == REPLSVC_OK)
            ret = make_exist(&m);
        if (ret != REPLSVC_OK)
            take_back(&m);
    }
    size_t count = 0;
    if (ret == REPLSVC_OK) {
        (void)give_out(&m, sync, ids != NULL ? &ids : NULL, &count);
        if (q->job != NULL)
            memcpy(q->job->id, m.job_id, sizeof(q->job->id));
    }
    bool working = m.job != NULL;
    making_free(&m);
    if (working)
        job_start(m.job); /* from here on the relationships may go */
    if (ret == REPLSVC_OK && q->wait != 0 && working) {
        ret = wait_for(svc, ids, count, q->wait);
        if (ret == REPLSVC_OK && q->wait == REPLSVC_COPY_STATE_SYNCHRONIZED) {
            ret = relationship_wait_job(svc, m.job_id);
            working = false;
            if (q->job != NULL)
                q->job->id[0] = '\0';
        }
    }
    if (ret == REPLSVC_OK && list != NULL) {
        *list = ids;
        *n = count;
        ids = NULL;
    }
    mem_free(ids);
    return ret == REPLSVC_OK && working ? REPLSVC_JOB_STARTED : ret;
}
