/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Operations on relationships; see operations.h.
 *
 * An operation goes: check (under `change`), record the intent and become busy, do what is to be done at
 * once (in the caller's thread, without the lock), and leave what takes time to a job. A copy that runs
 * in the background gives way to an operation that is legal while it runs: its job is stopped first.
 */
#include "service/operation_set.h"

#include <stdio.h>
#include <string.h>

#include "service/relationship_mirror.h"
#include "service/relationship_work.h"
#include "service/transitions.h"
#include "util/fail.h"

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

/* Some of a set. */
static struct operation_set part_of(const struct operation_set *set, size_t from, size_t n)
{
    return (struct operation_set){.s = set->s + from, .ids = set->ids + from, .n = n, .owner = set->owner};
}

/* The source shows the replica's content from here on; what differs is copied later. There is no way back
 * for those that have begun, so if one cannot operation_begin they go on, and the others stay as they are. */
static uint32_t begin_mirror_restore(struct replsvc_service *svc, const struct operation_set *set)
{
    for (size_t i = 0, n; i < set->n; i += n) {
        for (n = 1;
             i + n < set->n && set->s[i]->parent != NULL && set->s[i + n]->parent == set->s[i]->parent;)
            n++;
        uint32_t ret = relationship_restore_mirrors(svc, set->s + i, n);
        if (ret == REPLSVC_OK)
            continue;
        struct operation_set others = part_of(set, i, set->n - i);
        operation_call_off(svc, &others);
        return ret;
    }
    return REPLSVC_OK;
}

static uint32_t begin_restore(struct replsvc_service *svc, const struct operation_set *set)
{
    if (is_mirror(set->s[0]))
        return begin_mirror_restore(svc, set);
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
        struct operation_set others = part_of(set, begun, set->n - begun);
        operation_call_off(svc, &others);
    }
    struct change c;
    change_begin(&c, svc);
    for (size_t i = 0; i < begun; i++) {
        struct sync_record *r = change_edit(&c, &set->s[i]->o);
        if (r != NULL)
            relationship_take_info(r, set->s[i]);
    }
    (void)change_save(&c); /* not recorded: a crash would operation_begin it again, which is allowed */
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
        return s->r.copy_state == REPLSVC_COPY_STATE_UNSYNCHRONIZED ||
               (s->r.mode != REPLSVC_MODE_SYNCHRONOUS && s->r.copy_state == REPLSVC_COPY_STATE_SYNCHRONIZED &&
                q->operation == REPLSVC_OPERATION_RESET_TO_SYNC);
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
                               const struct operation_set *set)
{
    int64_t pause;
    int err = 0;
    switch (q->operation) {
    case REPLSVC_OPERATION_RESUME:
        err = relationship_mirrors_start(svc, set->s, set->n, &pause);
        break;
    case REPLSVC_OPERATION_FAILOVER: /* to a target that is there */
        err = relationship_mirrors_reach(svc, set->s, set->n);
        if (err == 0)
            err = relationship_mirrors_part(set->s, set->n, false);
        break;
    case REPLSVC_OPERATION_SUSPEND:
    case REPLSVC_OPERATION_FRACTURE:
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
    if (q->operation != REPLSVC_OPERATION_RESUME) {
        operation_call_off(svc, set);
        return ret;
    }
    replsvc_error why = *replsvc_last_error();
    for (size_t i = 0; i < set->n; i++) {
        struct relationship *s = set->s[i];
        bool at_fault = set->n == 1 || s->mirror == NULL || volume_has_failed(mirror_target(s->mirror));
        (void)(at_fault ? work_record_failure(svc, s, err, "the resumption")
                        : work_record_end(svc, s, REPLSVC_COPY_STATE_SUSPENDED));
    }
    return svc_fail_again(&why);
}

/* What happens in the caller's thread, at the instant of the call. */
static uint32_t do_now(struct replsvc_service *svc, const struct operation_request *q,
                       const struct operation_set *set)
{
    uint32_t ret = REPLSVC_OK;
    switch (q->operation) {
    case REPLSVC_OPERATION_ACTIVATE:
        ret = relationship_cut(svc, set->s, set->n, true);
        if (ret != REPLSVC_OK)
            operation_call_off(svc, set);
        return ret;
    case REPLSVC_OPERATION_RESYNC_REPLICA:
        return relationship_begin_again(svc, set->s, set->n);
    case REPLSVC_OPERATION_RESTORE_FROM_REPLICA:
        return begin_restore(svc, set);
    default:
        return is_mirror(set->s[0]) ? do_mirrors_now(svc, q, set) : ret;
    }
}

/* What came to nothing for several of them may have been left to a job. */
static bool still_begun(struct replsvc_service *svc, const char *id, uint16_t operation)
{
    model_read(svc);
    const struct relationship *s = object_by_id(svc, KIND_SYNC, id);
    bool still = s != NULL && s->r.intent == operation;
    model_done(svc);
    return still;
}

static uint32_t work_here(struct replsvc_service *svc, const struct operation_request *q,
                          const struct operation_set *set)
{
    uint32_t first = REPLSVC_OK;
    replsvc_error why = {0};
    for (size_t i = 0; i < set->n; i++) {
        bool stopped;
        if (!still_begun(svc, set->ids[i].id, q->operation))
            continue;
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
                            const struct operation_set *set, char id[REPLSVC_REF_SIZE])
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
static uint32_t do_all(struct replsvc_service *svc, const struct operation_request *q,
                       const struct operation_set *set, char job[REPLSVC_REF_SIZE])
{
    bool with_job = false, left = false;
    model_read(svc); /* events change their records at any time */
    for (size_t i = 0; i < set->n; i++)
        with_job = with_job || for_a_job(q, set->s[i]);
    model_done(svc);
    uint32_t ret = do_now(svc, q, set);
    replsvc_error why = *replsvc_last_error();
    struct change c;
    change_begin(&c, svc);
    for (size_t i = 0; i < set->n; i++)
        left = left || set->s[i]->r.intent == q->operation;
    change_end(&c);
    if (!left)
        return ret;
    if (ret != REPLSVC_OK) { /* part of it goes on */
        (void)work_in_job(svc, q, set, job);
        return svc_fail(ret, 0, *why.parameter != '\0' ? why.parameter : NULL, "%s", why.message);
    }
    if (!with_job)
        return work_here(svc, q, set);
    ret = work_in_job(svc, q, set, job);
    return ret == REPLSVC_OK ? REPLSVC_JOB_STARTED
                             : work_here(svc, q, set); /* no job to be had: here, then */
}

/* ---- all of it ---- */

/* Checks, with copies that give way stopped, and the intents recorded. *done: that was all. */
static uint32_t prepare(struct replsvc_service *svc, const struct operation_request *q,
                        struct operation_set *set, bool *done)
{
    for (;;) {
        struct change c;
        const struct relationship *stop = NULL;
        char id[REPLSVC_REF_SIZE] = "";
        operation_set_free(set);
        change_begin(&c, svc);
        uint32_t ret = operation_collect(&c, q, set);
        if (ret == REPLSVC_OK)
            ret = operation_check_idle(&c, q, set, &stop);
        if (stop != NULL)
            memcpy(id, stop->o.id, sizeof(id));
        *done = set->n != 0 && only_a_state(q->operation, is_mirror(set->s[0]));
        if (ret == REPLSVC_OK)
            ret = *done ? operation_set_states(&c, q, set) : operation_begin(&c, q, set);
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
    struct operation_set set = {0};
    char job[REPLSVC_REF_SIZE] = "";
    bool done = false;
    if (q->job != NULL)
        q->job->id[0] = '\0';
    uint32_t ret = operation_check_parameters(q);
    if (ret == REPLSVC_OK && operation_is_for_groups(q->operation))
        return operate_on_group(svc, q);
    if (ret == REPLSVC_OK)
        ret = prepare(svc, q, &set, &done);
    if (ret == REPLSVC_OK && !done)
        ret = do_all(svc, q, &set, job);
    operation_set_free(&set);
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
