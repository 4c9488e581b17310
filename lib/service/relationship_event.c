/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the engine reports of replicas and mirrors, on its own thread.
 *
 * It names a replica by a token that outlives the relationship; tokens of relationships that are gone are
 * freed when the service is closed and no event can come any more.
 */
#include "service/relationship_mirror.h"

#include <errno.h>
#include <string.h>

#include "util/alloc.h"

struct sync_token {
    struct replsvc_service *svc;
    char id[REPLSVC_REF_SIZE];
    struct sync_token *next; /* of svc->tokens */
};

struct sync_token *relationship_token(struct replsvc_service *svc, struct relationship *s)
{
    if (s->token != NULL)
        return s->token;
    struct sync_token *t = mem_zalloc(sizeof(*t));
    if (t == NULL)
        return NULL;
    t->svc = svc;
    memcpy(t->id, s->o.id, sizeof(t->id));
    t->next = svc->tokens;
    svc->tokens = t;
    s->token = t;
    return t;
}

void relationship_tokens_free(struct replsvc_service *svc)
{
    while (svc->tokens != NULL) {
        struct sync_token *t = svc->tokens;
        svc->tokens = t->next;
        mem_free(t);
    }
}

bool relationship_out_of_reach(int err)
{
    switch (-err) {
    case ENOTCONN:
    case ETIMEDOUT:
    case ECONNRESET:
    case ECONNREFUSED:
    case ECONNABORTED:
    case EHOSTDOWN:
    case EHOSTUNREACH:
    case ENETDOWN:
    case ENETUNREACH:
    case ENETRESET:
        return true;
    default:
        return false;
    }
}

void relationship_break(struct change *c, struct relationship *s, uint16_t copy_state, int err,
                        const char *why)
{
    struct sync_record *r = change_edit(c, &s->o);
    if (r == NULL)
        return;
    if (copy_state == REPLSVC_COPY_STATE_BROKEN && is_mirror(s) && relationship_out_of_reach(err))
        copy_state = REPLSVC_COPY_STATE_PARTITIONED;
    r->error = err;
    change_string(c, &r->error_message, why);
    relationship_set_state(c, s, copy_state, REPLSVC_PROGRESS_STATUS_COMPLETED);
    if (s->parent != NULL)
        relationship_update_group(c, s->parent, NULL);
    log_about(&c->svc->log, REPLSVC_LOG_ERROR, s->o.id, err, "relationship %s (%s): %s", r->name, s->o.id,
              why);
}

void relationship_mend(struct change *c, struct sync_record *r)
{
    r->error = 0;
    change_string(c, &r->error_message, NULL);
}

static void now_broken(struct change *c, struct relationship *s, int err, const char *text)
{
    if (s->r.copy_state == REPLSVC_COPY_STATE_BROKEN || s->r.copy_state == REPLSVC_COPY_STATE_INVALID ||
        s->r.copy_state == REPLSVC_COPY_STATE_PARTITIONED)
        return;
    if (s->r.reversed)
        return; /* a mirror on its way back: who works on it finds out, and it can go on */
    relationship_break(c, s, REPLSVC_COPY_STATE_BROKEN, err, text);
}

static void now_skewed(struct change *c, struct relationship *s)
{
    if (s->r.copy_state != REPLSVC_COPY_STATE_SYNCHRONIZED || change_edit(c, &s->o) == NULL)
        return;
    relationship_set_state(c, s, REPLSVC_COPY_STATE_SKEWED, s->r.progress_status);
    if (s->parent != NULL)
        relationship_update_group(c, s->parent, NULL);
}

void relationships_engine_event(void *user, struct replica *replica, enum replica_event event, int err,
                                const char *text)
{
    (void)replica; /* may be gone by now; the token is not */
    struct sync_token *t = user;
    struct change c;
    if (event == REPLICA_EVENT_COMPLETE)
        return; /* whoever fills it is told by the fill's return */
    change_begin(&c, t->svc);
    struct relationship *s = object_by_id(t->svc, KIND_SYNC, t->id);
    if (s != NULL && event == REPLICA_EVENT_BROKEN)
        now_broken(&c, s, err, text);
    else if (s != NULL && event == REPLICA_EVENT_SKEWED)
        now_skewed(&c, s);
    if (change_save(&c) != REPLSVC_OK)
        log_about(&t->svc->log, REPLSVC_LOG_ERROR, t->id, 0, "relationship %s: %s could not be recorded",
                  t->id, event == REPLICA_EVENT_BROKEN ? "that it is Broken" : "that its target was written");
    else if (s != NULL)
        relationship_apply_access(t->svc, s);
    change_end(&c);
}

/* Parted and left alone: nothing flows that could be broken. What differs is marked, or all is taken to. */
static bool rests_apart(const struct relationship *s)
{
    return !s->busy && s->r.intent == INTENT_NONE &&
           (s->r.copy_state == REPLSVC_COPY_STATE_FRACTURED || s->r.copy_state == REPLSVC_COPY_STATE_SPLIT ||
            s->r.copy_state == REPLSVC_COPY_STATE_FAILEDOVER ||
            s->r.copy_state == REPLSVC_COPY_STATE_SUSPENDED);
}

/* One write could not reach a target: its whole group has parted at that instant. */
static void mirror_broke(struct change *c, struct relationship *s, int err, const char *text)
{
    if (rests_apart(s))
        return;
    now_broken(c, s, err, text);
    for (size_t i = 0; s->parent != NULL && i < s->parent->r.n_pairs; i++) {
        struct relationship *p = sync_pair(c->svc, s->parent, i);
        struct mirror_info info;
        if (p == NULL || p == s || p->mirror == NULL)
            continue;
        mirror_get_info(p->mirror, &info);
        if (relationship_flows(&p->r) && info.state == MIRROR_APART)
            relationship_set_state(c, p, REPLSVC_COPY_STATE_SUSPENDED,
                                   relationship_resting(REPLSVC_COPY_STATE_SUSPENDED));
    }
    if (s->parent != NULL)
        relationship_update_group(c, s->parent, NULL);
}

/* A region differs again: a job makes it alike. */
static void mirror_differs(struct change *c, struct relationship *s, struct job **job)
{
    if (s->busy || s->r.copy_state != REPLSVC_COPY_STATE_SYNCHRONIZED || c->svc->jobs == NULL)
        return; /* or the service is being closed: the next open catches up */
    relationship_catch_up(c, s);
    if (relationship_job_make(c, "Resynchronization", s, &s, 1, job) != REPLSVC_OK)
        c->err = -ENOMEM;
}

void relationships_mirror_event(void *user, struct mirror *m, enum mirror_event event, int err,
                                const char *text)
{
    (void)m;
    struct sync_token *t = user;
    struct change c;
    struct job *job = NULL;
    change_begin(&c, t->svc);
    struct relationship *s = object_by_id(t->svc, KIND_SYNC, t->id);
    if (s != NULL && event == MIRROR_EVENT_BROKEN)
        mirror_broke(&c, s, err, text);
    else if (s != NULL && event == MIRROR_EVENT_DIFFERS)
        mirror_differs(&c, s, &job);
    bool saved = change_save(&c) == REPLSVC_OK;
    if (!saved)
        log_about(&t->svc->log, REPLSVC_LOG_ERROR, t->id, err,
                  "what became of mirror %s could not be recorded: %s", t->id, text);
    else if (s != NULL)
        relationship_apply_access(t->svc, s);
    if (saved && job != NULL)
        s->busy = true;
    change_end(&c);
    if (saved && job != NULL)
        job_start(job);
    else if (job != NULL)
        job_discard(job);
}
