/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Operations on relationships; see operations.h.
 *
 * An operation goes: check (under `change`), record the intent and become busy, do what is to be done at
 * once (in the caller's thread, without the lock), and leave what takes time to a job. A copy that runs
 * in the background gives way to an operation that is legal while it runs: its job is stopped first.
 */
#include "service/operations.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "service/capabilities_table.h"
#include "service/relationship_mirror.h"
#include "service/transitions.h"
#include "util/alloc.h"
#include "util/fail.h"

#define OPERATION_FIRST REPLSVC_OPERATION_ABORT
#define OPERATION_LAST REPLSVC_OPERATION_RESET_REPLICA

/* The relationships that an operation works on: no groups, but their pairs. */
struct set {
    struct relationship **s;
    replsvc_sync_ref *ids;
    size_t n, room;
    struct relationship *owner; /* what the job works for: the first that was named */
};

static void set_free(struct set *set)
{
    mem_free(set->s);
    mem_free(set->ids);
    memset(set, 0, sizeof(*set));
}

static uint32_t set_add(struct set *set, struct relationship *s)
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

static uint32_t check_parameters(const struct operation_request *q)
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

static uint32_t check_state(const struct operation_request *q, const struct relationship *s)
{
    bool needs_force = false;
    if (again(q, s))
        return REPLSVC_OK;
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
    if (relationship_mode_after(q->operation) != 0 && s->parent != NULL && q->syncs[0].id[0] != '\0' &&
        strcmp(q->syncs[0].id, s->parent->o.id) != 0)
        return svc_fail(REPLSVC_INVALID_PARAMETER, 0, "Synchronization",
                        "Synchronization: \"%s\" is a pair of \"%s\", whose mirrors have one mode", s->r.name,
                        s->parent->r.name);
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

static uint32_t collect(struct change *c, const struct operation_request *q, struct set *set)
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
static bool all_in_set(struct replsvc_service *svc, const struct set *set, const char *job)
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
static uint32_t check_idle(struct change *c, const struct operation_request *q, const struct set *set,
                           const struct relationship **stop)
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

/* ---- doing ---- */

/* Mirrors have to part for what is but a state of a point in time. */
static bool only_a_state(uint16_t operation, bool mirror)
{
    switch (operation) {
    case REPLSVC_OPERATION_PREPARE:
    case REPLSVC_OPERATION_UNPREPARE:
        return true;
    case REPLSVC_OPERATION_FRACTURE:
    case REPLSVC_OPERATION_SPLIT:
    case REPLSVC_OPERATION_SUSPEND:
        return !mirror;
    default:
        return false;
    }
}

static void update_parents(struct change *c, const struct set *set)
{
    for (size_t i = 0; i < set->n; i++)
        if (set->s[i]->parent != NULL && (i == 0 || set->s[i]->parent != set->s[i - 1]->parent))
            relationship_update_group(c, set->s[i]->parent, NULL);
}

/* What needs nothing of the engine: one change, all or nothing. */
static uint32_t set_states(struct change *c, const struct operation_request *q, const struct set *set)
{
    for (size_t i = 0; i < set->n; i++) {
        const struct transition *t =
            transition_from(q->operation, set->s[i]->r.sync_type, false, set->s[i]->r.copy_state);
        uint16_t end = transition_end_state(t, set->s[i]->r.copy_state);
        relationship_set_state(c, set->s[i], end, relationship_resting(end));
    }
    update_parents(c, set);
    uint32_t ret = change_save(c);
    for (size_t i = 0; i < set->n && ret == REPLSVC_OK; i++)
        relationship_apply_access(c->svc, set->s[i]);
    return ret;
}

static void note_intent(struct change *c, const struct operation_request *q, struct relationship *s)
{
    struct sync_record *r = change_edit(c, &s->o);
    if (r == NULL)
        return;
    uint16_t state = s->r.is_group && s->r.copy_state == REPLSVC_COPY_STATE_MIXED ? 0 : s->r.copy_state;
    const struct transition *t = transition_find(q->operation, s->r.sync_type, s->r.is_group);
    const struct transition *from =
        state != 0 ? transition_from(q->operation, s->r.sync_type, s->r.is_group, state) : NULL;
    t = from != NULL ? from : t;
    r->intent = q->operation;
    r->intent_force = q->force == REPLSVC_BOOL_TRUE;
    r->job[0] = '\0';
    r->requested_copy_state = t->ends_in == TRANSITION_ENDS_GONE || t->ends_in == TRANSITION_ENDS_SAME
                                  ? REPLSVC_COPY_STATE_NOT_APPLICABLE
                                  : t->ends_in;
    if (t->progress_status == 0)
        return;
    /* A copy that goes on is under way again; all else keeps its state until it is done. */
    bool copies = q->operation == REPLSVC_OPERATION_RESUME;
    relationship_set_state(c, s, copies ? REPLSVC_COPY_STATE_UNSYNCHRONIZED : s->r.copy_state,
                           t->progress_status);
}

/* From here on a crash does not lose the operation. */
static uint32_t begin(struct change *c, const struct operation_request *q, const struct set *set)
{
    uint32_t ret = REPLSVC_OK;
    for (size_t i = 0; i < set->n && ret == REPLSVC_OK; i++) {
        ret = relationship_need(c, set->s[i]);
        if (ret != REPLSVC_OK && relationship_goes_without_media(q->operation))
            ret = REPLSVC_OK;
    }
    if (ret != REPLSVC_OK)
        return ret;
    for (size_t i = 0; i < set->n; i++) {
        note_intent(c, q, set->s[i]);
        struct relationship *g = set->s[i]->parent;
        if (g != NULL && (i == 0 || g != set->s[i - 1]->parent))
            note_intent(c, q, g);
    }
    ret = change_save(c);
    for (size_t i = 0; i < set->n && ret == REPLSVC_OK; i++) {
        set->s[i]->busy = true;
        if (set->s[i]->parent != NULL)
            set->s[i]->parent->busy = true;
        relationship_apply_access(c->svc, set->s[i]); /* hosts stand back from what is being worked on */
    }
    return ret;
}

/* An operation that did not come to anything: as before. */
static void call_off(struct replsvc_service *svc, const struct set *set)
{
    replsvc_error why = *replsvc_last_error();
    struct change c;
    change_begin(&c, svc);
    for (size_t i = 0; i < set->n; i++) {
        if (!set->s[i]->busy)
            continue;
        relationship_set_state(&c, set->s[i], set->s[i]->r.copy_state,
                               relationship_resting(set->s[i]->r.copy_state));
        relationship_rest(&c, set->s[i]);
    }
    update_parents(&c, set);
    bool saved = change_save(&c) == REPLSVC_OK;
    for (size_t i = 0; i < set->n; i++) {
        relationship_idle(svc, set->s[i]);
        if (saved)
            relationship_apply_access(svc, set->s[i]);
    }
    change_end(&c);
    (void)svc_fail(why.code, 0, *why.parameter != '\0' ? why.parameter : NULL, "%s", why.message);
}

/* Some of a set. */
static struct set part_of(const struct set *set, size_t from, size_t n)
{
    return (struct set){.s = set->s + from, .ids = set->ids + from, .n = n, .owner = set->owner};
}

/* The source shows the replica's content from here on; what differs is copied later. There is no way back
 * for those that have begun, so if one cannot begin they go on, and the others stay as they are. */
static uint32_t begin_restore(struct replsvc_service *svc, const struct set *set)
{
    uint32_t ret = REPLSVC_OK;
    size_t begun = 0;
    while (begun < set->n && ret == REPLSVC_OK) {
        int err = replica_restore_begin(set->s[begun]->replica);
        if (err != 0)
            ret = svc_fail_backend(err, NULL, "\"%s\" cannot be restored", set->s[begun]->r.name);
        else
            begun++;
    }
    if (ret != REPLSVC_OK) {
        struct set others = part_of(set, begun, set->n - begun);
        call_off(svc, &others);
    }
    struct change c;
    change_begin(&c, svc);
    for (size_t i = 0; i < begun; i++) {
        struct sync_record *r = change_edit(&c, &set->s[i]->o);
        if (r != NULL)
            relationship_take_info(r, set->s[i]);
    }
    (void)change_save(&c); /* not recorded: a crash would begin it again, which is allowed */
    change_end(&c);
    return ret;
}

/* Snapshots hand down what older ones need: that takes as long as there is data. */
static bool may_take_long(const struct relationship *s)
{
    return s->r.sync_type == REPLSVC_SYNC_TYPE_SNAPSHOT && s->source->as_source != NULL &&
           s->source->as_source->next_of_source != NULL;
}

/* Whether the work goes to a job (else it is done here and now). */
static bool for_a_job(const struct operation_request *q, const struct relationship *s)
{
    switch (q->operation) {
    case REPLSVC_OPERATION_ACTIVATE:
    case REPLSVC_OPERATION_RESYNC_REPLICA:
    case REPLSVC_OPERATION_RESUME:
    case REPLSVC_OPERATION_RESTORE_FROM_REPLICA:
    case REPLSVC_OPERATION_FAILBACK:
        return true;
    case REPLSVC_OPERATION_RESET_TO_SYNC:
    case REPLSVC_OPERATION_RESET_TO_ASYNC:
    case REPLSVC_OPERATION_RESET_TO_ADAPTIVE:
        return s->r.copy_state == REPLSVC_COPY_STATE_UNSYNCHRONIZED;
    case REPLSVC_OPERATION_DETACH:
        return s->r.sync_type == REPLSVC_SYNC_TYPE_SNAPSHOT && s->r.replica_state != REPLICA_INACTIVE;
    case REPLSVC_OPERATION_DISSOLVE:
    case REPLSVC_OPERATION_RETURN_TO_RESOURCEPOOL:
    case REPLSVC_OPERATION_DEACTIVATE:
        return may_take_long(s);
    default:
        return false;
    }
}

/* All of a group at one instant; each is recorded afterwards. */
static uint32_t do_mirrors_now(struct replsvc_service *svc, const struct operation_request *q,
                               const struct set *set)
{
    int64_t pause;
    int err = 0;
    switch (q->operation) {
    case REPLSVC_OPERATION_RESUME:
        err = relationship_mirrors_start(set->s, set->n, &pause);
        break;
    case REPLSVC_OPERATION_SUSPEND:
    case REPLSVC_OPERATION_FRACTURE:
    case REPLSVC_OPERATION_FAILOVER:
    case REPLSVC_OPERATION_ABORT:
        err = relationship_mirrors_part(set->s, set->n, false);
        break;
    case REPLSVC_OPERATION_SPLIT:
        err = relationship_mirrors_part(set->s, set->n, true);
        break;
    case REPLSVC_OPERATION_DEACTIVATE:
        err = relationship_mirrors_deactivate(set->s, set->n);
        break;
    case REPLSVC_OPERATION_RESET_TO_SYNC:
    case REPLSVC_OPERATION_RESET_TO_ASYNC:
    case REPLSVC_OPERATION_RESET_TO_ADAPTIVE:
        err = relationship_mirrors_set_mode(set->s, set->n, relationship_mode_after(q->operation));
        break;
    default:
        break;
    }
    if (err == 0)
        return REPLSVC_OK;
    uint32_t ret =
        svc_fail_backend(err, NULL, "%s of \"%s\" failed", operation_name(q->operation), set->owner->r.name);
    call_off(svc, set);
    return ret;
}

/* What happens in the caller's thread, at the instant of the call. */
static uint32_t do_now(struct replsvc_service *svc, const struct operation_request *q, const struct set *set)
{
    uint32_t ret = REPLSVC_OK;
    switch (q->operation) {
    case REPLSVC_OPERATION_ACTIVATE:
        ret = relationship_cut(svc, set->s, set->n, true);
        if (ret != REPLSVC_OK)
            call_off(svc, set);
        return ret;
    case REPLSVC_OPERATION_RESYNC_REPLICA:
        return relationship_begin_again(svc, set->s, set->n);
    case REPLSVC_OPERATION_RESTORE_FROM_REPLICA:
        return begin_restore(svc, set);
    default:
        return is_mirror(set->s[0]) ? do_mirrors_now(svc, q, set) : ret;
    }
}

static uint32_t work_here(struct replsvc_service *svc, const struct set *set)
{
    uint32_t first = REPLSVC_OK;
    replsvc_error why = {0};
    for (size_t i = 0; i < set->n; i++) {
        bool stopped;
        uint32_t ret = relationship_work(svc, set->ids[i].id, NULL, &stopped);
        if (ret != REPLSVC_OK && first == REPLSVC_OK) {
            first = ret;
            why = *replsvc_last_error();
        }
    }
    if (first != REPLSVC_OK)
        (void)svc_fail(first, 0, *why.parameter != '\0' ? why.parameter : NULL, "%s", why.message);
    return first;
}

static uint32_t work_in_job(struct replsvc_service *svc, const struct operation_request *q,
                            const struct set *set, char id[REPLSVC_REF_SIZE])
{
    struct change c;
    struct job *job = NULL;
    change_begin(&c, svc);
    uint32_t ret = relationship_job_make(&c, q->method, set->owner, set->s, set->n, &job);
    if (ret == REPLSVC_OK)
        ret = change_save(&c);
    if (ret == REPLSVC_OK)
        snprintf(id, REPLSVC_REF_SIZE, "%s", job_id(job));
    change_end(&c);
    if (ret == REPLSVC_OK)
        job_start(job);
    else if (job != NULL)
        job_discard(job);
    return ret;
}

/* Some are done already (an empty clone); a job is for those that are not. */
static uint32_t do_all(struct replsvc_service *svc, const struct operation_request *q, const struct set *set,
                       char job[REPLSVC_REF_SIZE])
{
    bool with_job = false, left = false;
    for (size_t i = 0; i < set->n; i++)
        with_job = with_job || for_a_job(q, set->s[i]);
    uint32_t ret = do_now(svc, q, set);
    replsvc_error why = *replsvc_last_error();
    struct change c;
    change_begin(&c, svc);
    for (size_t i = 0; i < set->n; i++)
        left = left || set->s[i]->r.intent != INTENT_NONE;
    change_end(&c);
    if (!left)
        return ret;
    if (ret != REPLSVC_OK) { /* part of it goes on */
        (void)work_in_job(svc, q, set, job);
        return svc_fail(ret, 0, *why.parameter != '\0' ? why.parameter : NULL, "%s", why.message);
    }
    if (!with_job)
        return work_here(svc, set);
    ret = work_in_job(svc, q, set, job);
    return ret == REPLSVC_OK ? REPLSVC_JOB_STARTED : work_here(svc, set); /* no job to be had: here, then */
}

/* ---- all of it ---- */

/* Checks, with copies that give way stopped, and the intents recorded. *done: that was all. */
static uint32_t prepare(struct replsvc_service *svc, const struct operation_request *q, struct set *set,
                        bool *done)
{
    for (;;) {
        struct change c;
        const struct relationship *stop = NULL;
        char id[REPLSVC_REF_SIZE] = "";
        set_free(set);
        change_begin(&c, svc);
        uint32_t ret = collect(&c, q, set);
        if (ret == REPLSVC_OK)
            ret = check_idle(&c, q, set, &stop);
        if (stop != NULL)
            memcpy(id, stop->o.id, sizeof(id));
        *done = set->n != 0 && only_a_state(q->operation, is_mirror(set->s[0]));
        if (ret == REPLSVC_OK)
            ret = *done ? set_states(&c, q, set) : begin(&c, q, set);
        change_end(&c);
        if (ret != REPLSVC_JOB_STARTED)
            return ret;
        ret = relationship_preempt(svc, id);
        if (ret != REPLSVC_OK)
            return ret;
    }
}

static uint32_t wait_all(struct replsvc_service *svc, const struct operation_request *q)
{
    uint32_t ret = REPLSVC_OK;
    for (size_t i = 0; i < q->n && ret == REPLSVC_OK; i++)
        ret = relationship_wait(svc, q->syncs[i].id, q->wait);
    return ret;
}

static void give_updated(struct replsvc_service *svc, const struct operation_request *q,
                         replsvc_sync_ref updated[])
{
    model_read(svc);
    for (size_t i = 0; i < q->n; i++) {
        bool there = object_by_id(svc, KIND_SYNC, q->syncs[i].id) != NULL;
        replsvc_sync_ref ref = q->syncs[i]; /* they may lie in one place */
        memset(&updated[i], 0, sizeof(updated[i]));
        if (there)
            updated[i] = ref;
    }
    model_done(svc);
}

uint32_t operate(struct replsvc_service *svc, const struct operation_request *q, replsvc_sync_ref updated[])
{
    struct set set = {0};
    char job[REPLSVC_REF_SIZE] = "";
    bool done = false;
    if (q->job != NULL)
        q->job->id[0] = '\0';
    uint32_t ret = check_parameters(q);
    if (ret == REPLSVC_OK && operation_is_for_groups(q->operation))
        return operate_on_group(svc, q);
    if (ret == REPLSVC_OK)
        ret = prepare(svc, q, &set, &done);
    if (ret == REPLSVC_OK && !done)
        ret = do_all(svc, q, &set, job);
    set_free(&set);
    if (ret == REPLSVC_JOB_STARTED && q->job != NULL)
        memcpy(q->job->id, job, sizeof(q->job->id));
    if (ret == REPLSVC_JOB_STARTED && q->wait != 0) {
        bool over = q->wait != REPLSVC_COPY_STATE_UNSYNCHRONIZED;
        uint32_t waited = wait_all(svc, q);
        if (waited == REPLSVC_OK && over)
            waited = relationship_wait_job(svc, job);
        if (waited != REPLSVC_OK)
            return waited;
        ret = over ? REPLSVC_OK : REPLSVC_JOB_STARTED;
        if (over && q->job != NULL)
            q->job->id[0] = '\0';
    }
    if ((ret == REPLSVC_OK || ret == REPLSVC_JOB_STARTED) && updated != NULL)
        give_updated(svc, q, updated);
    return ret;
}
