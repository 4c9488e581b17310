/* SPDX-License-Identifier: BSD-2-Clause */
/* Replicas whose time is over, and those that make room; see retention.h. */
#include "service/retention.h"

#include <errno.h>
#include <string.h>

#include "service/policies.h"
#include "service/pool.h"
#include "service/relationship.h"
#include "util/alloc.h"
#include "util/clock.h"
#include "util/fail.h"

/* What could not go is tried again after this. */
#define RETRY_US INT64_C(30000000)

static bool is_replica(const struct relationship *s)
{
    return !s->r.is_group && s->r.sync_type != REPLSVC_SYNC_TYPE_MIRROR && s->target != NULL;
}

static bool auto_deletes(const struct relationship *s)
{
    return s->r.settings.auto_delete == REPLSVC_BOOL_TRUE;
}

static bool ages(const struct relationship *s)
{
    return s->r.settings.time_before_removal_us > 0 && s->r.when_point_in_time != 0;
}

static bool out_of_space(const struct relationship *s)
{
    return auto_deletes(s) && s->r.copy_state == REPLSVC_COPY_STATE_BROKEN && s->r.error == -ENOSPC;
}

bool retention_concerns(const struct relationship *s)
{
    return is_replica(s) && (ages(s) || out_of_space(s));
}

/* ---- when ---- */

/* When its time is over. The wall clock is asked for what has passed when it is seen for the first time; a
 * clock that is behind the point in time says that nothing has. */
static int64_t due_of(struct relationship *s, int64_t now)
{
    if (out_of_space(s))
        return now;
    if (s->removal_from != s->r.when_point_in_time) {
        int64_t all = s->r.settings.time_before_removal_us;
        int64_t passed = clock_wall_us() - s->r.when_point_in_time;
        int64_t left = passed <= 0 ? all : passed < all ? all - passed : 0;
        s->removal_from = s->r.when_point_in_time;
        s->removal_due = left > INT64_MAX - 1 - now ? INT64_MAX - 1 : now + left;
    }
    return s->removal_due;
}

/* ---- removing ---- */

/* Relationships that go together, by one job. */
struct going {
    struct relationship **s;
    size_t n;
};

static bool is_copying(const struct relationship *s)
{
    return s->busy && s->r.job[0] != '\0' && s->r.copy_state == REPLSVC_COPY_STATE_UNSYNCHRONIZED;
}

/* Nobody uses what would go; a copy under way can be stopped. */
static bool is_free(const struct relationship *s)
{
    bool used = s->target->handles != 0 || (s->r.target_created && s->target->as_source != NULL);
    return !used && (!s->busy || is_copying(s));
}

static void note(struct change *c, struct relationship *s)
{
    struct sync_record *r = change_edit(c, &s->o);
    if (r == NULL)
        return;
    r->intent = INTENT_DELETE;
    r->requested_copy_state = REPLSVC_COPY_STATE_NOT_APPLICABLE;
    relationship_set_state(c, s, s->r.copy_state, REPLSVC_PROGRESS_STATUS_TERMINATING);
}

/* All of them, idle: from here on a crash does not keep them. *job is to be started after the change. */
static uint32_t record(struct change *c, const struct going *g, struct job **job)
{
    struct relationship *owner = g->s[0]->parent != NULL ? g->s[0]->parent : g->s[0];
    for (size_t i = 0; i < g->n; i++)
        note(c, g->s[i]);
    if (owner->r.is_group) {
        struct sync_record *r = change_edit(c, &owner->o);
        if (r != NULL)
            r->intent = INTENT_DELETE;
        relationship_update_group(c, owner, NULL);
    }
    uint32_t ret = relationship_job_make(c, "Retention", owner, g->s, g->n, job);
    if (ret == REPLSVC_OK)
        ret = change_save(c);
    for (size_t i = 0; i < g->n && ret == REPLSVC_OK; i++) {
        g->s[i]->busy = owner->busy = true;
        relationship_apply_access(c->svc, g->s[i]);
        log_about(&c->svc->log, REPLSVC_LOG_INFO, g->s[i]->o.id, 0, "relationship %s (%s) is removed: %s",
                  g->s[i]->r.name, g->s[i]->o.id,
                  out_of_space(g->s[i]) ? "its space ran out" : "its settings ask for it");
    }
    return ret;
}

/* Whether a copy has to be stopped first; its id then. */
static bool copies(const struct going *g, char id[REPLSVC_REF_SIZE])
{
    for (size_t i = 0; i < g->n; i++)
        if (is_copying(g->s[i])) {
            memcpy(id, g->s[i]->o.id, REPLSVC_REF_SIZE);
            return true;
        }
    return false;
}

typedef bool choose_fn(struct replsvc_service *svc, struct going *g, void *user);
enum outcome { NOTHING_TO_REMOVE, REMOVAL_BEGUN, REMOVAL_FAILED, COPY_STOPPED /* choose again */ };

/* Begins to remove those that `choose` finds under the lock. id: the job that does it. */
static enum outcome remove_chosen(struct replsvc_service *svc, choose_fn *choose, void *user,
                                  char id[REPLSVC_REF_SIZE])
{
    struct going g = {0};
    struct change c;
    struct job *job = NULL;
    uint32_t ret = REPLSVC_OK;
    change_begin(&c, svc);
    bool found = choose(svc, &g, user);
    bool stop = found && copies(&g, id);
    if (found && !stop) {
        ret = record(&c, &g, &job);
        if (job != NULL)
            memcpy(id, job_id(job), strlen(job_id(job)) + 1);
    }
    change_end(&c);
    mem_free(g.s);
    if (!found)
        return NOTHING_TO_REMOVE;
    if (stop) {
        (void)relationship_preempt(svc, id);
        return COPY_STOPPED;
    }
    if (ret == REPLSVC_OK)
        job_start(job);
    else if (job != NULL)
        job_discard(job);
    return ret == REPLSVC_OK ? REMOVAL_BEGUN : REMOVAL_FAILED;
}

/* false: no memory. */
static bool take(struct going *g, struct relationship *s)
{
    struct relationship **more = mem_grow(g->s, g->n + 1, sizeof(g->s[0]));
    if (more == NULL)
        return false;
    g->s = more;
    g->s[g->n++] = s;
    return true;
}

/* ---- time ---- */

struct aging {
    int64_t now, next;
    unsigned stops; /* copies that may still be stopped for it in this run */
};

/* Of one family (a group's pairs, or a single one) what is due and free; and when more will be. */
static bool choose_due(struct replsvc_service *svc, struct going *g, void *user)
{
    struct aging *a = user;
    struct relationship *s;
    size_t cursor = 0;
    a->next = POLICY_NEVER;
    while ((s = object_next(svc, KIND_SYNC, &cursor)) != NULL) {
        if (!retention_concerns(s) || s->r.intent == INTENT_DELETE)
            continue;
        int64_t due = due_of(s, a->now);
        due = due > s->removal_retry ? due : s->removal_retry;
        bool goes = due <= a->now && is_free(s) && (!s->busy || a->stops != 0);
        if (goes && g->n != 0 && (s->parent == NULL || s->parent != g->s[0]->parent))
            continue; /* its turn comes */
        if (due <= a->now) {
            if (!s->busy || !goes)
                s->removal_retry = a->now + RETRY_US; /* if it is still there then */
            due = a->now + RETRY_US;
            goes = goes && take(g, s);
        }
        a->next = due < a->next ? due : a->next;
    }
    return g->n != 0;
}

int64_t retention_run(struct replsvc_service *svc, int64_t now)
{
    struct aging a = {.now = now, .stops = 64};
    char id[REPLSVC_REF_SIZE];
    enum outcome outcome;
    do {
        outcome = remove_chosen(svc, choose_due, &a, id);
        a.stops -= outcome == COPY_STOPPED;
    } while (outcome != NOTHING_TO_REMOVE);
    return a.next;
}

void retention_target_closed(struct replsvc_service *svc, struct element *e)
{
    struct relationship *s = e->as_target;
    if (s == NULL || e->handles != 0 || !retention_concerns(s))
        return;
    s->removal_retry = 0;
    policies_look(svc);
}

/* ---- room ---- */

/* All of a family that has a target in the pool and may go, with the oldest point in time. */
static bool may_make_room(const struct relationship *s)
{
    return is_replica(s) && auto_deletes(s) && s->r.target_created && s->r.when_point_in_time != 0 &&
           s->r.intent == INTENT_NONE && !s->busy && is_free(s);
}

static bool family_may_go(struct replsvc_service *svc, const struct relationship *s)
{
    for (size_t i = 0; s->parent != NULL && i < s->parent->r.n_pairs; i++) {
        const struct relationship *p = sync_pair(svc, s->parent, i);
        if (p == NULL || !may_make_room(p))
            return false;
    }
    return may_make_room(s);
}

/* What is wanted, and of whom. */
struct room {
    const char *pool;
    uint64_t bytes;
};

static bool is_in(struct replsvc_service *svc, const struct relationship *s, const struct pool *p)
{
    return is_replica(s) && strcmp(s->target->r.pool, p->o.id) == 0 && family_may_go(svc, s);
}

/* Whether the pool would have enough room without all that may go. */
static bool is_worth_it(struct replsvc_service *svc, const struct pool *p, uint64_t bytes)
{
    uint64_t free_bytes = 0, allowance = pool_allowance(p), sum = 0;
    const struct relationship *s;
    size_t cursor = 0;
    if (pool_kind(p->r.locator, "Pool") == POOL_DEVICES ||
        place_look(p->r.locator, "Pool", &free_bytes, NULL) != REPLSVC_OK)
        return false;
    while ((s = object_next(svc, KIND_SYNC, &cursor)) != NULL)
        if (is_in(svc, s, p))
            sum += s->target->r.size_bytes;
    uint64_t now = allowance < free_bytes ? allowance : free_bytes;
    return sum != 0 && (now >= bytes || bytes - now <= sum);
}

static struct relationship *oldest_in(struct replsvc_service *svc, const struct pool *p)
{
    struct relationship *s, *oldest = NULL;
    size_t cursor = 0;
    while ((s = object_next(svc, KIND_SYNC, &cursor)) != NULL)
        if (is_in(svc, s, p) && (oldest == NULL || s->r.when_point_in_time < oldest->r.when_point_in_time))
            oldest = s;
    return oldest;
}

static bool choose_oldest(struct replsvc_service *svc, struct going *g, void *user)
{
    const struct room *room = user;
    struct relationship *oldest = NULL;
    const struct pool *p;
    size_t cursor = 0;
    while (oldest == NULL && (p = object_next(svc, KIND_POOL, &cursor)) != NULL)
        if ((room->pool[0] == '\0' || strcmp(p->o.id, room->pool) == 0) && is_worth_it(svc, p, room->bytes))
            oldest = oldest_in(svc, p);
    if (oldest == NULL)
        return false;
    if (oldest->parent == NULL)
        return take(g, oldest);
    for (size_t i = 0; i < oldest->parent->r.n_pairs; i++)
        if (!take(g, sync_pair(svc, oldest->parent, i)))
            return false;
    return true;
}

bool retention_make_room(struct replsvc_service *svc, const char *pool, uint64_t bytes)
{
    replsvc_error why = *replsvc_last_error();
    char id[REPLSVC_REF_SIZE];
    struct room room = {pool, bytes};
    bool gone = remove_chosen(svc, choose_oldest, &room, id) == REMOVAL_BEGUN &&
                jobs_wait(svc->jobs, id, -1) == REPLSVC_OK;
    (void)svc_fail_again(&why);
    return gone;
}
