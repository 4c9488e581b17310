/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Jobs of relationships when the service is opened: those on record go on, what was begun without one gets
 * one, and mirrors that were at work catch up.
 */
#include "service/relationship.h"

#include <errno.h>
#include <stdio.h>

#include "util/alloc.h"
#include "util/fail.h"

static bool has_ended(const replsvc_job_info *info)
{
    return info->job_state >= REPLSVC_JOB_STATE_COMPLETED && info->job_state <= REPLSVC_JOB_STATE_EXCEPTION;
}

/* Work that its job could not end is taken up by another. */
static void forget_ended_job(struct change *c, struct relationship *s)
{
    const struct job_object *o = object_by_id(c->svc, KIND_JOB, s->r.job);
    if (s->r.job[0] == '\0' || (o != NULL && !has_ended(&o->r.info)))
        return;
    struct sync_record *r = change_edit(c, &s->o);
    if (r != NULL)
        r->job[0] = '\0';
}

static bool mirror_at_work(const struct relationship *s)
{
    return s->r.sync_type == REPLSVC_SYNC_TYPE_MIRROR && !s->r.is_group &&
           (s->r.intent == INTENT_NONE || s->r.intent == INTENT_VERIFY) &&
           !(s->r.alike_at_close && s->r.copy_state == REPLSVC_COPY_STATE_SYNCHRONIZED) &&
           relationship_flows(&s->r);
}

/* Not Synchronized before it is known again that both sides are alike. */
static void note_mirror(struct change *c, struct relationship *s)
{
    struct sync_record *r = change_edit(c, &s->o);
    if (r == NULL)
        return;
    if (r->intent != INTENT_VERIFY) {
        r->intent = INTENT_CATCH_UP;
        r->job[0] = '\0';
    }
    relationship_set_state(c, s, REPLSVC_COPY_STATE_UNSYNCHRONIZED, REPLSVC_PROGRESS_STATUS_RESYNCING);
    if (s->parent != NULL) {
        s->parent->busy = true;
        struct sync_record *g = change_edit(c, &s->parent->o);
        if (g != NULL && g->intent == INTENT_NONE)
            g->intent = INTENT_CATCH_UP;
        relationship_update_group(c, s->parent, NULL);
    }
}

/* What a crash left: creations that nobody was told of are taken back, all else goes on. */
static void note_unfinished(struct change *c)
{
    struct relationship *s;
    size_t cursor = 0;
    while ((s = object_next(c->svc, KIND_SYNC, &cursor)) != NULL) {
        if (mirror_at_work(s))
            note_mirror(c, s);
        else if (s->r.intent == INTENT_NONE)
            continue;
        s->busy = true;
        forget_ended_job(c, s);
        if (s->r.is_group || s->r.intent != INTENT_CREATE || s->r.replica_state != 0)
            continue;
        struct sync_record *r = change_edit(c, &s->o);
        if (r != NULL) {
            r->intent = INTENT_DELETE;
            r->replica_state = REPLICA_LEAVING;
        }
    }
}

static bool somebody_relationship_works_for(struct replsvc_service *svc, const char *job)
{
    struct relationship *s;
    size_t cursor = 0;
    while ((s = object_next(svc, KIND_SYNC, &cursor)) != NULL)
        if (relationship_works_for(s, job))
            return true;
    return false;
}

static uint32_t restore_job(struct replsvc_service *svc, const char *id)
{
    struct job_work work = {0};
    struct job *job;
    struct change c;
    change_begin(&c, svc);
    const struct job_object *o = object_by_id(svc, KIND_JOB, id);
    replsvc_job_info info = o != NULL ? o->r.info : (replsvc_job_info){0};
    bool more = !has_ended(&info) && somebody_relationship_works_for(svc, id);
    change_end(&c);
    if (o == NULL)
        return REPLSVC_OK;
    info.size = sizeof(info);
    snprintf(info.id, sizeof(info.id), "%s", id);
    bool suspended = info.job_state == REPLSVC_JOB_STATE_SUSPENDED;
    if (!more && !has_ended(&info)) {
        info.job_state = REPLSVC_JOB_STATE_COMPLETED; /* its work was recorded, its end was not */
        info.percent_complete = 100;
    }
    int err = more ? relationship_job_work(svc, &work) : 0;
    if (err == 0) {
        err = job_restore(svc->jobs, &info, &work, &job);
        if (err == -EEXIST) { /* adopted just now */
            mem_free(work.user);
            return REPLSVC_OK;
        }
        if (err != 0)
            mem_free(work.user);
    }
    if (err != 0)
        return svc_fail(REPLSVC_FAILED, -err, NULL, "job %s cannot go on", id);
    if (more && !suspended)
        job_start(job);
    return REPLSVC_OK;
}

static bool is_orphan(const struct relationship *s)
{
    return s->r.intent != INTENT_NONE && !s->r.is_group && s->r.job[0] == '\0';
}

/* One job for s and, of a group, for all that were begun together with it. */
static uint32_t adopt_together(struct change *c, struct relationship *s, struct job **job)
{
    struct relationship *g = s->parent, *owner = g != NULL ? g : s;
    struct relationship **all = mem_array(g != NULL ? g->r.n_pairs : 1, sizeof(struct relationship *));
    size_t n = 0;
    if (all == NULL)
        return svc_fail(REPLSVC_FAILED, ENOMEM, NULL, "a job could not be made");
    for (size_t i = 0; g != NULL && i < g->r.n_pairs; i++) {
        struct relationship *p = sync_pair(c->svc, g, i);
        if (p != NULL && is_orphan(p))
            all[n++] = p;
    }
    if (g == NULL)
        all[n++] = s;
    uint32_t ret = relationship_job_make(c, "Recovery", owner, all, n, job);
    mem_free(all);
    return ret;
}

/* Jobs for what was begun without one. */
static uint32_t adopt(struct replsvc_service *svc)
{
    struct relationship *s;
    for (;;) {
        struct change c;
        struct job *job = NULL;
        size_t cursor = 0;
        change_begin(&c, svc);
        while ((s = object_next(svc, KIND_SYNC, &cursor)) != NULL && !is_orphan(s))
            ;
        uint32_t ret = s != NULL ? adopt_together(&c, s, &job) : REPLSVC_OK;
        if (ret == REPLSVC_OK && s != NULL)
            ret = change_save(&c);
        change_end(&c);
        if (ret != REPLSVC_OK && job != NULL)
            job_discard(job);
        if (ret != REPLSVC_OK || s == NULL)
            return ret;
        job_start(job);
    }
}

uint32_t relationship_jobs_restore(struct replsvc_service *svc)
{
    struct change c;
    change_begin(&c, svc);
    note_unfinished(&c);
    uint32_t ret = change_save(&c);
    change_end(&c);
    if (ret == REPLSVC_OK)
        ret = adopt(svc);
    replsvc_job_ref *jobs = NULL;
    size_t n = 0;
    if (ret == REPLSVC_OK)
        ret = object_list(svc, KIND_JOB, "Job", (void **)&jobs, &n);
    for (size_t i = 0; i < n && ret == REPLSVC_OK; i++)
        ret = restore_job(svc, jobs[i].id);
    mem_free(jobs);
    if (ret == REPLSVC_OK)
        svc_clear_error();
    return ret;
}
