/* SPDX-License-Identifier: BSD-2-Clause */
/* Mirrors whose target is back; see recovery.h. */
#include "service/recovery.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "service/media.h"
#include "service/operations.h"
#include "service/policies.h"
#include "service/relationship_mirror.h"
#include "util/alloc.h"
#include "util/fail.h"

#define FIRST_AWAY_US INT64_C(1000000)   /* a connection may be back in a moment */
#define FIRST_BROKEN_US INT64_C(5000000) /* a medium that failed hardly so */
#define LONGEST_US INT64_C(300000000)

static bool is_lost(const struct sync_record *r)
{
    return r->copy_state == REPLSVC_COPY_STATE_BROKEN || r->copy_state == REPLSVC_COPY_STATE_PARTITIONED;
}

/* Broken by a target that may be back; not by what makes the marks doubtful. */
static bool waits(const struct relationship *s)
{
    return !s->r.is_group && is_mirror(s) && is_lost(&s->r) && s->r.error != -ESTALE &&
           s->r.error != -EUCLEAN && s->target != NULL && !s->r.reversed;
}

bool recovery_concerns(const struct relationship *s)
{
    return waits(s) || s->probes != 0;
}

static int64_t distance(const struct relationship *s)
{
    int64_t us = s->r.copy_state == REPLSVC_COPY_STATE_PARTITIONED ? FIRST_AWAY_US : FIRST_BROKEN_US;
    for (unsigned i = 0; i < s->probes && us < LONGEST_US; i++)
        us *= 2;
    return us < LONGEST_US ? us : LONGEST_US;
}

/* ---- one look ---- */

/* What is to be looked at, without a lock. */
struct target {
    char sync[REPLSVC_REF_SIZE], element[REPLSVC_REF_SIZE];
    char *locator, *identity, *generation; /* generation: "" = not to be looked at */
    uint64_t size;
    bool back, changed; /* changed: another medium, or another size */
    bool written;       /* by others, while it was closed */
    char why[512];
};

struct targets {
    struct target *t;
    size_t n;
    bool whole; /* all were taken; false: no memory */
};

static void targets_free(struct targets *ts)
{
    for (size_t i = 0; i < ts->n; i++) {
        mem_free(ts->t[i].locator);
        mem_free(ts->t[i].identity);
        mem_free(ts->t[i].generation);
    }
    mem_free(ts->t);
}

static void take(struct targets *ts, const struct relationship *s)
{
    struct target *more = ts->whole ? mem_grow(ts->t, ts->n + 1, sizeof(*more)) : NULL;
    ts->whole = more != NULL;
    if (more == NULL)
        return;
    ts->t = more;
    struct target *t = &ts->t[ts->n];
    memset(t, 0, sizeof(*t));
    memcpy(t->sync, s->o.id, sizeof(t->sync));
    memcpy(t->element, s->target->o.id, sizeof(t->element));
    t->size = s->target->r.size_bytes;
    t->locator = mem_strdup(s->target->r.locator);
    t->identity = mem_strdup(s->target->r.identity != NULL ? s->target->r.identity : "");
    const char *generation = s->target->r.guard == GUARD_CLEAN ? s->target->r.generation : NULL;
    t->generation = mem_strdup(generation != NULL ? generation : "");
    ts->n++;
    ts->whole = t->locator != NULL && t->identity != NULL && t->generation != NULL;
}

/* The opened medium if it still answers, else what is found in its place. */
static void probe(struct replsvc_service *svc, struct target *t)
{
    replsvc_backend_info info;
    struct volume *v;
    if (volume_get(svc->engine, t->element, NULL, 0, &v) == 0) {
        t->back = !volume_has_failed(v) && volume_probe(v) == 0;
        volume_put(v);
    }
    if (t->back || media_probe(t->locator, &info) != REPLSVC_OK)
        return;
    t->changed = strcmp(info.identity, t->identity) != 0 || info.size_bytes != t->size;
    t->written = !t->changed && t->generation[0] != '\0' && info.generation[0] != '\0' &&
                 strcmp(t->generation, info.generation) != 0;
    t->back = !t->changed && !t->written;
    if (strcmp(info.identity, t->identity) != 0)
        snprintf(t->why, sizeof(t->why), "the target %.400s was replaced by another", t->locator);
    else if (t->changed)
        snprintf(t->why, sizeof(t->why), "the target %.400s has %llu bytes now, and had %llu", t->locator,
                 (unsigned long long)info.size_bytes, (unsigned long long)t->size);
    else if (t->written)
        snprintf(t->why, sizeof(t->why), "the target %.400s was written while the service was closed",
                 t->locator);
}

/* ---- what is due ---- */

/* The lost ones of one family (a group's pairs, or a single one) of which one is due. The next time. */
static int64_t choose(struct replsvc_service *svc, int64_t now, struct targets *ts)
{
    struct relationship *s, *first = NULL;
    int64_t next = POLICY_NEVER;
    size_t cursor = 0;
    while ((s = object_next(svc, KIND_SYNC, &cursor)) != NULL) {
        if (s->probes != 0 && s->r.copy_state == REPLSVC_COPY_STATE_SYNCHRONIZED) {
            s->probes = 0;
            s->probe_due = 0;
        }
        if (!waits(s))
            continue;
        if (s->probe_due == 0)
            s->probe_due = now + distance(s);
        bool due = s->probe_due <= now && !s->busy && s->r.intent == INTENT_NONE;
        if (first == NULL && due)
            first = s;
        if (first == s || (first != NULL && s->parent != NULL && s->parent == first->parent)) {
            s->probes++;
            s->probe_due = now + distance(s);
            take(ts, s);
        } else if (due) {
            next = now;
            continue;
        }
        int64_t again = s->probe_due > now ? s->probe_due : now + distance(s);
        next = again < next ? again : next;
    }
    return next;
}

/* ---- what is done about it ---- */

/* What was found to be another medium is not to be used, and what others wrote to is not overwritten without
 * being asked; the rest stays as it is. */
static void give_up(struct replsvc_service *svc, const struct targets *ts)
{
    struct change c;
    change_begin(&c, svc);
    for (size_t i = 0; i < ts->n; i++) {
        struct relationship *s = object_by_id(svc, KIND_SYNC, ts->t[i].sync);
        if ((ts->t[i].changed || ts->t[i].written) && s != NULL && waits(s) && !s->busy)
            relationship_break(&c, s,
                               ts->t[i].changed ? REPLSVC_COPY_STATE_INVALID : REPLSVC_COPY_STATE_BROKEN,
                               -ESTALE, ts->t[i].why);
    }
    (void)change_save(&c); /* or at the next look */
    change_end(&c);
}

/* All that parted together, those whose own target was not lost too; n: how many. NULL: no memory, or one is
 * being worked on. */
static replsvc_sync_ref *parted(struct replsvc_service *svc, const struct targets *ts, size_t *n)
{
    struct change c;
    change_begin(&c, svc);
    struct relationship *s = object_by_id(svc, KIND_SYNC, ts->t[0].sync);
    const struct relationship *g = s != NULL ? s->parent : NULL;
    size_t room = g != NULL ? g->r.n_pairs : 1;
    bool free = s != NULL;
    replsvc_sync_ref *refs = mem_array(room, sizeof(refs[0]));
    *n = 0;
    for (size_t i = 0; i < room && refs != NULL && s != NULL; i++) {
        const struct relationship *p = g != NULL ? sync_pair(svc, g, i) : s;
        if (p == NULL || (!is_lost(&p->r) && p->r.copy_state != REPLSVC_COPY_STATE_SUSPENDED))
            continue;
        free = free && !p->busy;
        memcpy(refs[(*n)++].id, p->o.id, sizeof(refs[0].id));
    }
    change_end(&c);
    if (free && *n != 0)
        return refs;
    mem_free(refs);
    return NULL;
}

static void suspend(struct change *c, struct relationship *s)
{
    struct sync_record *r = change_edit(c, &s->o);
    if (r == NULL)
        return;
    relationship_mend(c, r);
    relationship_set_state(c, s, REPLSVC_COPY_STATE_SUSPENDED, REPLSVC_PROGRESS_STATUS_REQUIRES_RESUME);
    if (s->parent != NULL)
        relationship_update_group(c, s->parent, NULL);
}

/* Manual: whoever wants it resumes it. */
static bool left_to_others(struct replsvc_service *svc, const struct targets *ts)
{
    struct change c;
    bool manual = false;
    change_begin(&c, svc);
    for (size_t i = 0; i < ts->n; i++) {
        struct relationship *s = object_by_id(svc, KIND_SYNC, ts->t[i].sync);
        if (s == NULL || s->r.copy_recovery_mode == REPLSVC_COPY_RECOVERY_MODE_AUTOMATIC)
            continue;
        manual = true;
        if (waits(s) && !s->busy)
            suspend(&c, s);
    }
    (void)change_save(&c); /* or at the next look */
    change_end(&c);
    return manual;
}

static void take_up(struct replsvc_service *svc, const struct targets *ts)
{
    size_t n;
    if (left_to_others(svc, ts))
        return;
    replsvc_sync_ref *refs = parted(svc, ts, &n);
    if (refs == NULL)
        return;
    struct operation_request q = {
        .method = "Recovery", .operation = REPLSVC_OPERATION_RESUME, .syncs = refs, .n = n};
    uint32_t ret = operate(svc, &q, NULL);
    if (ret != REPLSVC_OK && ret != REPLSVC_JOB_STARTED)
        log_about(&svc->log, REPLSVC_LOG_WARNING, refs[0].id, -replsvc_last_error()->system_errno,
                  "relationship %s could not be taken up again: %s", refs[0].id,
                  replsvc_last_error()->message);
    mem_free(refs);
}

int64_t recovery_run(struct replsvc_service *svc, int64_t now)
{
    int64_t next;
    bool found;
    do {
        struct targets ts = {.whole = true};
        struct change c;
        bool back = true, other = false;
        change_begin(&c, svc);
        next = choose(svc, now, &ts);
        change_end(&c);
        found = ts.n != 0;
        for (size_t i = 0; i < ts.n && ts.whole; i++) {
            probe(svc, &ts.t[i]);
            back = back && ts.t[i].back;
            other = other || ts.t[i].changed || ts.t[i].written;
        }
        if (other)
            give_up(svc, &ts);
        else if (found && back && ts.whole)
            take_up(svc, &ts);
        targets_free(&ts);
    } while (found);
    return next;
}
