/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Jobs of relationships. A job works for every relationship whose record names it: what there is to do
 * stands in their intents, so the job itself needs to remember nothing, and one that was on record when
 * the process ended is made anew from the records.
 *
 * The listener keeps the jobs' own records: their states are recorded, percentages only raise events.
 */
#include "service/relationship.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "util/alloc.h"
#include "util/fail.h"

struct sync_work {
    struct replsvc_service *svc;
};

/* ---- the relationships of a job ---- */

struct members {
    replsvc_sync_ref *ids;
    struct relationship **s; /* busy: they stay while the job works on them */
    size_t n;
    uint64_t bytes;
};

bool relationship_works_for(const struct relationship *s, const char *job)
{
    return !s->r.is_group && s->r.intent != INTENT_NONE && strcmp(s->r.job, job) == 0;
}

/* What came to nothing for several of them may have been left to another job. */
static bool still_works_for(struct replsvc_service *svc, const char *id, const char *job)
{
    model_read(svc);
    const struct relationship *s = object_by_id(svc, KIND_SYNC, id);
    bool still = s != NULL && relationship_works_for(s, job);
    model_done(svc);
    return still;
}

static int members_of(struct replsvc_service *svc, const char *job, struct members *m)
{
    struct change c;
    struct relationship *s;
    memset(m, 0, sizeof(*m));
    change_begin(&c, svc);
    size_t cursor = 0, n = 0;
    while ((s = object_next(svc, KIND_SYNC, &cursor)) != NULL)
        n += relationship_works_for(s, job);
    m->ids = mem_array(n != 0 ? n : 1, sizeof(m->ids[0]));
    m->s = mem_array(n != 0 ? n : 1, sizeof(m->s[0]));
    cursor = 0;
    while (m->ids != NULL && m->s != NULL && (s = object_next(svc, KIND_SYNC, &cursor)) != NULL)
        if (relationship_works_for(s, job)) {
            memcpy(m->ids[m->n].id, s->o.id, sizeof(s->o.id));
            m->s[m->n++] = s;
            m->bytes += s->r.bytes_total;
        }
    change_end(&c);
    return m->ids != NULL && m->s != NULL ? 0 : -ENOMEM;
}

static void members_free(struct members *m)
{
    mem_free(m->ids);
    mem_free(m->s);
}

/* ---- running ---- */

struct run {
    struct job *job;
    uint64_t before, total; /* bytes of the relationships that are done, and of all */
    uint64_t share;         /* of the present one */
    bool abortable;         /* the present work is a copy: it may be given up for good */
    uint32_t code;          /* of its error so far */
    char said[512];
};

static int check(void *user, uint64_t done, uint64_t total)
{
    struct run *r = user;
    uint64_t part = total != 0 ? (uint64_t)((double)done / (double)total * (double)r->share) : 0;
    job_progress(r->job, r->before + part, r->total);
    switch (job_check(r->job)) {
    case JOB_GO_ON:
        return 0;
    case JOB_TERMINATE:
    case JOB_KILL: /* what was begun on a restore or a removal must be ended: there is no way back */
        return r->abortable ? -ECANCELED : 0;
    default:
        return -EINTR;
    }
}

static bool abortable(const struct relationship *s)
{
    switch (s->r.intent) {
    case INTENT_CREATE:
    case REPLSVC_OPERATION_ACTIVATE:
    case REPLSVC_OPERATION_RESYNC_REPLICA:
    case REPLSVC_OPERATION_RESUME:
    case INTENT_CATCH_UP:
    case INTENT_VERIFY:
        return true;
    default:
        return false;
    }
}

/* New points in time that a crash kept from being taken: all at once. */
static uint32_t cut_again(struct replsvc_service *svc, const struct members *m)
{
    struct relationship **uncut = mem_array(m->n != 0 ? m->n : 1, sizeof(uncut[0]));
    struct change c;
    size_t n = 0;
    if (uncut == NULL)
        return svc_fail(REPLSVC_FAILED, ENOMEM, NULL, "the job could not go on");
    uint32_t ret = REPLSVC_OK;
    change_begin(&c, svc);
    for (size_t i = 0; i < m->n && ret == REPLSVC_OK; i++)
        if (relationship_uncut(m->s[i])) {
            ret = relationship_need(&c, m->s[i]);
            uncut[n++] = m->s[i];
        }
    change_end(&c);
    if (ret == REPLSVC_OK && n != 0)
        ret = relationship_begin_again(svc, uncut, n);
    mem_free(uncut);
    return ret;
}

static enum job_outcome failed(struct job *job, uint32_t code)
{
    job_set_error(job, code, replsvc_last_error()->message);
    return JOB_FAILED;
}

/* Of several errors the first is the job's, and the others have copies of their own; comparisons have all
 * that they found told. */
static void tell(struct run *r, uint32_t code)
{
    const char *message = replsvc_last_error()->message;
    size_t length = strlen(r->said);
    if (*message == '\0')
        return;
    (void)snprintf(r->said + length, sizeof(r->said) - length, "%s%s", length != 0 ? "; " : "", message);
    r->code = r->code != REPLSVC_OK ? r->code : code;
    job_set_error(r->job, r->code, r->said);
}

static enum job_outcome run_members(struct replsvc_service *svc, struct job *job, const struct members *m)
{
    struct run r = {.job = job, .total = m->bytes};
    struct engine_control control = {.check = check, .user = &r};
    enum job_outcome outcome = JOB_DONE;
    for (size_t i = 0; i < m->n; i++) {
        bool stopped;
        if (!still_works_for(svc, m->ids[i].id, job_id(job)))
            continue;
        r.abortable = abortable(m->s[i]);
        r.share = m->s[i]->r.bytes_total;
        bool compares = m->s[i]->r.intent == INTENT_VERIFY;
        svc_clear_error();
        if (check(&r, 0, 1) != 0)
            return JOB_YIELDED;
        uint32_t ret = relationship_work(svc, m->ids[i].id, &control, &stopped);
        if (stopped)
            return JOB_YIELDED;
        if (ret != REPLSVC_OK || compares)
            tell(&r, ret);
        if (ret != REPLSVC_OK)
            outcome = JOB_FAILED;
        r.before += r.share;
    }
    return outcome;
}

/* What a job that failed leaves behind: copies that can be resumed, and operations that can be asked for
 * again. */
static void put_to_rest(struct replsvc_service *svc, const char *job)
{
    struct change c;
    struct relationship *s;
    size_t cursor = 0;
    change_begin(&c, svc);
    while ((s = object_next(svc, KIND_SYNC, &cursor)) != NULL) {
        if (!relationship_works_for(s, job))
            continue;
        if (abortable(s) && s->r.copy_state == REPLSVC_COPY_STATE_UNSYNCHRONIZED) {
            relationship_set_state(&c, s, REPLSVC_COPY_STATE_SUSPENDED,
                                   relationship_resting(REPLSVC_COPY_STATE_SUSPENDED));
            relationship_rest(&c, s);
            if (s->parent != NULL)
                relationship_update_group(&c, s->parent, NULL);
        }
        relationship_idle(svc, s);
    }
    if (change_save(&c) != REPLSVC_OK)
        log_about(&svc->log, REPLSVC_LOG_WARNING, job, 0, "what job %s left could not be recorded", job);
    change_end(&c);
}

static enum job_outcome run(struct job *job, void *user)
{
    struct sync_work *w = user;
    struct members m;
    svc_clear_error();
    enum job_outcome outcome;
    if (members_of(w->svc, job_id(job), &m) != 0) {
        svc_fail(REPLSVC_FAILED, ENOMEM, NULL, "the job could not go on");
        outcome = failed(job, REPLSVC_FAILED);
    } else {
        uint32_t ret = cut_again(w->svc, &m);
        bool creates = relationship_creates(m.s, m.n);
        outcome = ret == REPLSVC_OK ? run_members(w->svc, job, &m) : failed(job, ret);
        if (outcome == JOB_FAILED && creates)
            relationship_take_back(w->svc, m.ids, m.n);
    }
    members_free(&m);
    if (outcome == JOB_FAILED)
        put_to_rest(w->svc, job_id(job));
    return outcome;
}

/* ---- giving up ---- */

/* Copies that were stopped: Aborted, unless an operation that takes the job's place asked for it. */
static void give_up(struct replsvc_service *svc, struct relationship *s)
{
    struct change c;
    bool stopped;
    if (!abortable(s)) {
        (void)relationship_work(svc, s->o.id, NULL, &stopped); /* there is no way back */
        return;
    }
    if (s->r.intent == INTENT_VERIFY && !s->preempted) {
        relationship_stay(svc, &s, 1);
        return;
    }
    change_begin(&c, svc);
    bool preempted = s->preempted;
    s->preempted = false;
    struct sync_record *r = change_edit(&c, &s->o);
    if (r != NULL && !preempted)
        r->intent = REPLSVC_OPERATION_ABORT;
    if (r != NULL && preempted) {
        if (relationship_loaded(s))
            relationship_take_info(r, s);
        relationship_rest(&c, s);
    }
    uint32_t ret = change_save(&c);
    if (preempted || ret != REPLSVC_OK)
        relationship_idle(svc, s);
    change_end(&c);
    if (!preempted && ret == REPLSVC_OK)
        (void)relationship_work(svc, s->o.id, NULL, &stopped);
}

static void cancelled(struct job *job, void *user, bool killed)
{
    (void)killed; /* either way the copy has stopped at a region's end */
    struct sync_work *w = user;
    struct members m;
    if (members_of(w->svc, job_id(job), &m) == 0)
        for (size_t i = 0; i < m.n; i++)
            give_up(w->svc, m.s[i]);
    members_free(&m);
}

static void destroy(void *user)
{
    mem_free(user);
}

/* ---- making jobs ---- */

int relationship_job_work(struct replsvc_service *svc, struct job_work *work)
{
    struct sync_work *w = mem_zalloc(sizeof(*w));
    if (w == NULL)
        return -ENOMEM;
    w->svc = svc;
    *work = (struct job_work){run, cancelled, destroy, w};
    return 0;
}

static void name_job(struct change *c, struct relationship *s, const char *id)
{
    struct sync_record *r = change_edit(c, &s->o);
    if (r != NULL)
        memcpy(r->job, id, sizeof(r->job));
}

uint32_t relationship_job_make(struct change *c, const char *name, struct relationship *owner,
                               struct relationship *const s[], size_t n, struct job **job)
{
    struct job_work work;
    struct job_object *o = object_new(c, KIND_JOB);
    int err = o != NULL ? relationship_job_work(c->svc, &work) : -ENOMEM;
    if (err == 0) {
        err = job_new(c->svc->jobs, o->o.id, name, owner->o.id, &work, job);
        if (err != 0)
            destroy(work.user);
    }
    if (err != 0)
        return svc_fail(REPLSVC_FAILED, -err, NULL, "a job could not be made");
    job_get_info(*job, &o->r.info);
    o->r.info.size = sizeof(o->r.info);
    for (size_t i = 0; i < n; i++) {
        const struct sync_record *r = relationship_record(s[i]);
        if (r != NULL && r->intent != INTENT_NONE)
            name_job(c, s[i], o->o.id);
    }
    if (owner->r.is_group)
        name_job(c, owner, o->o.id);
    return REPLSVC_OK;
}

uint32_t relationship_preempt(struct replsvc_service *svc, const char *id)
{
    struct change c;
    struct relationship *s;
    char job[REPLSVC_REF_SIZE] = "";
    change_begin(&c, svc);
    struct relationship *asked = object_by_id(svc, KIND_SYNC, id);
    if (asked != NULL)
        memcpy(job, asked->r.job, sizeof(job));
    size_t cursor = 0;
    while (job[0] != '\0' && (s = object_next(svc, KIND_SYNC, &cursor)) != NULL)
        s->preempted = relationship_works_for(s, job) && abortable(s);
    change_end(&c);
    if (job[0] == '\0')
        return REPLSVC_OK;
    uint32_t ret = jobs_request_state(svc->jobs, job, REPLSVC_JOB_REQUESTED_STATE_TERMINATE);
    if (ret == REPLSVC_JOB_STARTED || ret == REPLSVC_INVALID_STATE_TRANSITION)
        (void)jobs_wait(svc->jobs, job, -1);
    svc_clear_error();
    change_begin(&c, svc);
    cursor = 0;
    while ((s = object_next(svc, KIND_SYNC, &cursor)) !=
           NULL) /* those that were done before they were stopped */
        s->preempted = s->preempted && strcmp(s->r.job, job) != 0;
    change_end(&c);
    return REPLSVC_OK;
}

/* ---- the listener ---- */

static void raise_percent(struct replsvc_service *svc, const char *id, uint16_t percent)
{
    replsvc_event e = {.size = sizeof(e),
                       .kind = REPLSVC_EVENT_MODIFIED,
                       .object_kind = REPLSVC_OBJECT_JOB,
                       .property = REPLSVC_EVENT_PROPERTY_PERCENT_COMPLETE,
                       .value = percent};
    snprintf(e.object, sizeof(e.object), "%s", id);
    event_queue_raise(svc->events, &e);
}

static void job_changed(void *user, struct job *job, uint16_t old_state, uint16_t new_state, bool percent)
{
    struct replsvc_service *svc = user;
    replsvc_job_info info = {.size = sizeof(info)};
    if (jobs_get_info(svc->jobs, job_id(job), &info) != REPLSVC_OK)
        return;
    if (percent)
        raise_percent(svc, info.id, info.percent_complete);
    if (old_state == new_state)
        return;
    struct change c;
    change_begin(&c, svc);
    struct job_object *o = object_by_id(svc, KIND_JOB, info.id);
    struct job_record *r = o != NULL ? change_edit(&c, &o->o) : NULL;
    if (r != NULL) {
        r->info = info;
        change_event(&c, REPLSVC_EVENT_MODIFIED, &o->o, REPLSVC_EVENT_PROPERTY_JOB_STATE, old_state,
                     new_state);
    }
    if (change_save(&c) != REPLSVC_OK)
        log_about(&svc->log, REPLSVC_LOG_WARNING, info.id, 0, "the state of job %s could not be recorded",
                  info.id);
    change_end(&c);
}

static void job_removed(void *user, const char *id)
{
    struct replsvc_service *svc = user;
    struct change c;
    change_begin(&c, svc);
    struct job_object *o = object_by_id(svc, KIND_JOB, id);
    if (o != NULL)
        change_remove(&c, &o->o);
    if (change_save(&c) != REPLSVC_OK)
        log_about(&svc->log, REPLSVC_LOG_WARNING, id, 0, "the record of job %s goes at a later opening", id);
    change_end(&c);
}

struct job_listener relationships_job_listener(struct replsvc_service *svc)
{
    return (struct job_listener){job_changed, job_removed, svc};
}
