/* SPDX-License-Identifier: BSD-2-Clause */
/* What an operation works on, and the checks of all of it before anything is done; see operation_set.h. */
#include "service/operation_set.h"

#include <errno.h>
#include <string.h>

#include "service/capabilities_table.h"
#include "service/relationship_mirror.h"
#include "service/transitions.h"
#include "util/alloc.h"
#include "util/fail.h"

#define OPERATION_FIRST REPLSVC_OPERATION_ABORT
#define OPERATION_LAST REPLSVC_OPERATION_RESET_REPLICA

void operation_set_free(struct operation_set *set)
{
    mem_free(set->s);
    mem_free(set->ids);
    memset(set, 0, sizeof(*set));
}

static uint32_t set_add(struct operation_set *set, struct relationship *s)
{
    for (size_t i = 0; i < set->n; i++)
        if (set->s[i] == s)
            return svc_fail(REPLSVC_INVALID_PARAMETER, 0, "Synchronization",
                            "Synchronization: \"%s\" is given twice", s->r.name);
    if (set->n == set->room) {
        size_t room = set->room != 0 ? 2 * set->room : 8;
        void *more = mem_grow(set->s, room, sizeof(set->s[0]));
        if (more != NULL)
            set->s = more;
        void *ids = more != NULL ? mem_grow(set->ids, room, sizeof(set->ids[0])) : NULL;
        if (ids == NULL)
            return svc_fail(REPLSVC_FAILED, ENOMEM, NULL, "the operation cannot be begun");
        set->ids = ids;
        set->room = room;
    }
    set->s[set->n] = s;
    memcpy(set->ids[set->n++].id, s->o.id, sizeof(s->o.id));
    return REPLSVC_OK;
}

/* ---- checks ---- */

uint32_t operation_check_parameters(const struct operation_request *q)
{
    if (q->operation < OPERATION_FIRST || q->operation > OPERATION_LAST)
        return svc_fail(REPLSVC_INVALID_PARAMETER, 0, "Operation", "Operation: there is no operation %u",
                        q->operation);
    if (q->force != REPLSVC_BOOL_ABSENT && q->force != REPLSVC_BOOL_TRUE && q->force != REPLSVC_BOOL_FALSE)
        return svc_fail(REPLSVC_INVALID_PARAMETER, 0, "Force", "Force: %d is neither absent, true nor false",
                        (int)q->force);
    if (q->n == 0 || q->syncs == NULL)
        return svc_fail(REPLSVC_INVALID_PARAMETER, 0, "Synchronization", "Synchronization: it is required");
    bool takes_pairs =
        q->operation == REPLSVC_OPERATION_ADDSYNCPAIR || q->operation == REPLSVC_OPERATION_REMOVESYNCPAIR;
    if (takes_pairs && (q->n_pairs == 0 || q->pairs == NULL))
        return svc_fail(REPLSVC_INVALID_PARAMETER, 0, "SyncPair", "SyncPair: it is required for %s",
                        operation_name(q->operation));
    if (!takes_pairs && q->n_pairs != 0)
        return svc_fail(REPLSVC_INVALID_PARAMETER, 0, "SyncPair", "SyncPair: %s takes none",
                        operation_name(q->operation));
    return REPLSVC_OK;
}

static uint32_t check_supported(const struct operation_request *q, const struct relationship *s)
{
    if (!capability_operation(s->r.sync_type, s->r.is_group, q->operation))
        return svc_fail(REPLSVC_NOT_SUPPORTED, 0, "Operation", "Operation: %s is not supported for a %s%s",
                        operation_name(q->operation), sync_type_name(s->r.sync_type),
                        s->r.is_group ? " group" : "");
    if (q->wait != 0 && !capability_wait_operation(s->r.sync_type, s->r.is_group, q->operation, q->wait))
        return svc_fail(REPLSVC_INVALID_PARAMETER, 0, "WaitForCopyState",
                        "WaitForCopyState: %s (%u) cannot be waited for after %s", copy_state_name(q->wait),
                        q->wait, operation_name(q->operation));
    replsvc_replication_settings settings;
    uint32_t ret = settings_parse(q->settings, "ReplicationSettingData", &settings);
    return ret == REPLSVC_OK ? capability_check_settings(s->r.sync_type, &settings) : ret;
}

/* An operation that could not be finished (a medium failed) may be begun again. */
static bool again(const struct operation_request *q, const struct relationship *s)
{
    return !s->busy && s->r.intent == q->operation;
}

/* Whether the caller named it (and not only one of its pairs). */
static bool names(const struct operation_request *q, const struct relationship *group)
{
    for (size_t i = 0; i < q->n; i++)
        if (strcmp(q->syncs[i].id, group->o.id) == 0)
            return true;
    return false;
}

/* Its source would be a target, and its target a source. */
static uint32_t check_reverse(const struct relationship *s)
{
    const struct element *source = s->source, *target = s->target;
    if (source->r.size_bytes != target->r.size_bytes)
        return svc_fail(REPLSVC_INVALID_PARAMETER, 0, "Synchronization",
                        "Synchronization: \"%s\" and \"%s\" differ in size", source->r.name, target->r.name);
    if (source->r.read_only || target->r.read_only)
        return svc_fail(REPLSVC_INVALID_PARAMETER, 0, "Synchronization",
                        "Synchronization: \"%s\" may only be read",
                        (source->r.read_only ? source : target)->r.name);
    if (source->as_source->next_of_source != NULL || source->as_target != NULL)
        return svc_fail(REPLSVC_IN_USE, 0, "Synchronization",
                        "Synchronization: the source \"%s\" plays a part in other relationships",
                        source->r.name);
    const struct relationship *g = s->parent;
    if (g == NULL)
        return REPLSVC_OK;
    if (g->source_group == NULL)
        return svc_fail(REPLSVC_INVALID_PARAMETER, 0, "Synchronization",
                        "Synchronization: all mirrors of \"%s\" have one source", g->r.name);
    if (g->source_group->as_source + g->source_group->as_target != 1)
        return svc_fail(REPLSVC_IN_USE, 0, "Synchronization",
                        "Synchronization: the group \"%s\" plays a part in other relationships",
                        g->source_group->r.name);
    uint32_t ret = group_check_role(g->source_group, false, "Synchronization");
    return ret == REPLSVC_OK ? group_check_role(g->target_group, true, "Synchronization") : ret;
}

/* There is no way back from a restore that has begun, but to let go of both. */
static uint32_t check_half_restored(const struct operation_request *q, const struct relationship *s)
{
    bool ends = q->operation == REPLSVC_OPERATION_DETACH || q->operation == REPLSVC_OPERATION_DISSOLVE;
    if (!relationship_half_restored(s) || s->busy || (ends && q->force == REPLSVC_BOOL_TRUE))
        return REPLSVC_OK;
    return svc_fail(REPLSVC_INVALID_PARAMETER, 0, ends ? "Force" : "Operation",
                    "%s: \"%s\" is restored in part; %s", ends ? "Force" : "Operation", s->source->r.name,
                    ends ? "without Force it is not left so" : "only Restore from Replica can go on with it");
}

static uint32_t check_state(const struct operation_request *q, const struct relationship *s)
{
    bool needs_force = false;
    if (again(q, s))
        return REPLSVC_OK;
    uint32_t ret = check_half_restored(q, s);
    if (ret != REPLSVC_OK)
        return ret;
    if (!transition_allowed(q->operation, s->r.sync_type, false, s->r.copy_state, &needs_force))
        return svc_fail(REPLSVC_INVALID_PARAMETER, 0, "Operation",
                        "Operation: \"%s\" is %s; %s is not possible then", s->r.name,
                        copy_state_name(s->r.copy_state), operation_name(q->operation));
    if (needs_force && q->force != REPLSVC_BOOL_TRUE)
        return svc_fail(REPLSVC_INVALID_PARAMETER, 0, "Force",
                        "Force: \"%s\" is %s; %s needs Force then, for the target's content is lost",
                        s->r.name, copy_state_name(s->r.copy_state), operation_name(q->operation));
    if (q->operation == REPLSVC_OPERATION_RETURN_TO_RESOURCEPOOL && s->target != NULL &&
        s->target->handles != 0)
        return svc_fail(REPLSVC_IN_USE, 0, "Synchronization", "Synchronization: \"%s\" has an open volume",
                        s->target->r.name);
    bool all_alike =
        relationship_mode_after(q->operation) != 0 || q->operation == REPLSVC_OPERATION_REVERSE_ROLES;
    if (all_alike && s->parent != NULL && !names(q, s->parent))
        return svc_fail(
            REPLSVC_INVALID_PARAMETER, 0, "Synchronization",
            "Synchronization: \"%s\" is a pair of \"%s\", whose mirrors have one mode and one direction",
            s->r.name, s->parent->r.name);
    if (q->operation == REPLSVC_OPERATION_REVERSE_ROLES)
        return check_reverse(s);
    if (q->operation == REPLSVC_OPERATION_RESTORE_FROM_REPLICA && s->source->r.read_only)
        return svc_fail(REPLSVC_INVALID_PARAMETER, 0, "Synchronization",
                        "Synchronization: \"%s\" may only be read", s->source->r.name);
    return REPLSVC_OK;
}

/* A point in time cannot be taken of a source that is being restored. */
static uint32_t check_source(const struct operation_request *q, const struct relationship *s)
{
    if (q->operation != REPLSVC_OPERATION_ACTIVATE && q->operation != REPLSVC_OPERATION_RESYNC_REPLICA &&
        q->operation != REPLSVC_OPERATION_RESTORE_FROM_REPLICA)
        return REPLSVC_OK;
    for (const struct relationship *o = s->source->as_source; o != NULL; o = o->next_of_source)
        if (o != s && o->r.intent == REPLSVC_OPERATION_RESTORE_FROM_REPLICA)
            return svc_fail(REPLSVC_IN_USE, 0, "Synchronization",
                            "Synchronization: the source \"%s\" is being restored from \"%s\"",
                            s->source->r.name, o->r.name);
    return REPLSVC_OK;
}

/* Whether the work under way is a copy that gives way to this operation. */
static bool gives_way(const struct operation_request *q, const struct relationship *s)
{
    if (s->r.intent == INTENT_VERIFY)
        return s->r.job[0] != '\0';
    return s->r.job[0] != '\0' && s->r.copy_state == REPLSVC_COPY_STATE_UNSYNCHRONIZED &&
           transition_allowed(q->operation, s->r.sync_type, false, REPLSVC_COPY_STATE_UNSYNCHRONIZED, NULL);
}

static uint32_t find(struct replsvc_service *svc, const struct operation_request *q,
                     const replsvc_sync_ref *ref, struct relationship **s)
{
    if (!q->hidden)
        return sync_by_ref(svc, ref, "Synchronization", s);
    *s = object_by_id(svc, KIND_SYNC, ref->id);
    if (*s != NULL && (*s)->r.hidden)
        return REPLSVC_OK;
    return svc_fail(REPLSVC_INVALID_PARAMETER, 0, "SettingsState",
                    "SettingsState: its point in time is not there (any more)");
}

uint32_t operation_collect(struct change *c, const struct operation_request *q, struct operation_set *set)
{
    uint32_t ret = REPLSVC_OK;
    for (size_t i = 0; i < q->n && ret == REPLSVC_OK; i++) {
        struct relationship *s;
        ret = find(c->svc, q, &q->syncs[i], &s);
        if (ret == REPLSVC_OK)
            ret = check_supported(q, s);
        if (ret != REPLSVC_OK)
            break;
        if (set->owner == NULL)
            set->owner = s;
        for (size_t k = 0; s->r.is_group && k < s->r.n_pairs && ret == REPLSVC_OK; k++)
            ret = set_add(set, sync_pair(c->svc, s, k));
        if (!s->r.is_group)
            ret = set_add(set, s);
    }
    for (size_t i = 0; i < set->n && ret == REPLSVC_OK; i++) {
        ret = check_state(q, set->s[i]);
        if (ret == REPLSVC_OK)
            ret = check_source(q, set->s[i]);
    }
    return ret;
}

/* A job that copies for others than those of the set cannot be stopped for it. */
static bool all_in_set(struct replsvc_service *svc, const struct operation_set *set, const char *job)
{
    struct relationship *s;
    size_t cursor = 0;
    while ((s = object_next(svc, KIND_SYNC, &cursor)) != NULL) {
        if (s->r.is_group || strcmp(s->r.job, job) != 0 || s->r.intent == INTENT_NONE)
            continue;
        size_t i = 0;
        while (i < set->n && set->s[i] != s)
            i++;
        if (i == set->n)
            return false;
    }
    return true;
}

/* 0: nobody works on any; JOB_STARTED: *stop is the relationship whose job is to be stopped first. */
uint32_t operation_check_idle(struct change *c, const struct operation_request *q,
                              const struct operation_set *set, const struct relationship **stop)
{
    for (size_t i = 0; i < set->n; i++) {
        const struct relationship *s = set->s[i];
        if (!s->busy)
            continue;
        if (gives_way(q, s) && all_in_set(c->svc, set, s->r.job)) {
            *stop = s;
            return REPLSVC_JOB_STARTED;
        }
        return svc_fail(REPLSVC_IN_USE, 0, "Synchronization",
                        "Synchronization: \"%s\" is being worked on%s%s", s->r.name,
                        s->r.job[0] != '\0' ? " by " : "", s->r.job);
    }
    return REPLSVC_OK;
}
