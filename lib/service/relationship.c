/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Relationships and the engine: loading them, what hosts may do by role, what the engine reports, opening
 * and closing the service.
 *
 * Elements hang together by relationships; what hangs together is loaded at once, as engine.h wants it:
 * all volumes, then all replicas in order of creation, then the volumes are ready. A medium that is
 * gone or was changed behind the service's back makes the relationships Broken or Invalid that cannot be
 * right without it, and nothing else: its other volumes are served.
 *
 * The engine names a replica in its events by a token that outlives the relationship; tokens of
 * relationships that are gone are freed when the service is closed and no event can come any more.
 */
#include "service/relationship_mirror.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util/alloc.h"
#include "util/fail.h"

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

struct replica_spec relationship_spec(const struct relationship *s, struct volume *source,
                                      struct volume *target)
{
    const struct sync_record *r = &s->r;
    return (struct replica_spec){
        .id = s->o.id,
        .kind = r->sync_type == REPLSVC_SYNC_TYPE_CLONE      ? REPLICA_CLONE
                : r->sync_type == REPLSVC_SYNC_TYPE_SNAPSHOT ? REPLICA_SNAPSHOT
                                                             : REPLICA_MIRROR,
        .region_size = r->region_size,
        .source = source,
        .target = target,
        .target_zeroed = r->target_zeroed,
        .read_only =
            r->read_only == REPLSVC_READ_ONLY_SYNCEDELEMENT || r->read_only == REPLSVC_READ_ONLY_BOTH,
        .user = s->token,
        .order = r->order,
        .restore_order = r->restore_order,
    };
}

/* ---- access ---- */

static bool target_read_only(const struct sync_record *r)
{
    return r->read_only == REPLSVC_READ_ONLY_SYNCEDELEMENT || r->read_only == REPLSVC_READ_ONLY_BOTH;
}

static bool source_read_only(const struct sync_record *r)
{
    return r->read_only == REPLSVC_READ_ONLY_SYSTEMELEMENT || r->read_only == REPLSVC_READ_ONLY_BOTH ||
           r->copy_state == REPLSVC_COPY_STATE_FAILEDOVER;
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
        return mirror ? VOLUME_HOST_READ : r->intent != 0 ? VOLUME_HOST_READ : all;
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
    for (const struct relationship *s = e->as_source; s != NULL; s = s->next_of_source)
        if (source_read_only(&s->r))
            bits &= ~(uint32_t)VOLUME_HOST_WRITE;
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

/* ---- what is broken ---- */

static bool has_point_in_time(const struct sync_record *r)
{
    if (r->sync_type == REPLSVC_SYNC_TYPE_MIRROR)
        return false;
    return r->replica_state == REPLICA_ACTIVE || r->replica_state == REPLICA_DETACHING ||
           r->replica_state == REPLICA_RESTORING;
}

void relationship_break(struct change *c, struct relationship *s, uint16_t copy_state, int err,
                        const char *why)
{
    struct sync_record *r = change_edit(c, &s->o);
    if (r == NULL)
        return;
    r->error = err;
    change_string(c, &r->error_message, why);
    relationship_set_state(c, s, copy_state, REPLSVC_PROGRESS_STATUS_COMPLETED);
    if (s->parent != NULL)
        relationship_update_group(c, s->parent, NULL);
    log_line(&c->svc->log, REPLSVC_LOG_ERROR, "relationship %s (%s): %s", r->name, s->o.id, why);
}

/* ---- loading ---- */

/* All that hangs together with an element. */
struct component {
    struct element **elements;
    struct volume **volumes; /* of each, or NULL: not to be had */
    struct relationship **syncs;
    size_t n_elements, room_elements, n_syncs, room_syncs;
    struct replica **loaded; /* of each of syncs: by this load, or NULL */
};

static void component_free(struct component *k)
{
    for (size_t i = 0; i < k->n_elements && k->volumes != NULL; i++)
        if (k->volumes[i] != NULL)
            volume_put(k->volumes[i]);
    mem_free(k->elements);
    mem_free(k->volumes);
    mem_free(k->syncs);
    mem_free(k->loaded);
}

static int append(void *list, size_t *n, size_t *room, void *item)
{
    void ***items = list;
    if (*n == *room) {
        size_t more = *room != 0 ? 2 * *room : 8;
        void **grown = mem_grow(*items, more, sizeof(**items));
        if (grown == NULL)
            return -ENOMEM;
        *items = grown;
        *room = more;
    }
    (*items)[(*n)++] = item;
    return 0;
}

static int add_element(struct component *k, struct element *e)
{
    for (size_t i = 0; i < k->n_elements; i++)
        if (k->elements[i] == e)
            return 0;
    return append(&k->elements, &k->n_elements, &k->room_elements, e);
}

static int add_sync(struct component *k, struct relationship *s)
{
    for (size_t i = 0; i < k->n_syncs; i++)
        if (k->syncs[i] == s)
            return 0;
    int err = append(&k->syncs, &k->n_syncs, &k->room_syncs, s);
    if (err == 0)
        err = add_element(k, s->source);
    return err == 0 ? add_element(k, s->target) : err;
}

/* In order of creation: what is the source of one was the target of an older one. */
static int older_first(const void *a, const void *b)
{
    const struct relationship *x = *(struct relationship *const *)a, *y = *(struct relationship *const *)b;
    return x->o.serial < y->o.serial ? -1 : x->o.serial > y->o.serial;
}

/* The mirrors of a group are one to the engine. */
static int add_siblings(struct replsvc_service *svc, struct component *k, const struct relationship *s)
{
    int err = 0;
    for (size_t i = 0; is_mirror(s) && s->parent != NULL && i < s->parent->r.n_pairs && err == 0; i++) {
        struct relationship *p = sync_pair(svc, s->parent, i);
        if (p != NULL && p->source != NULL && p->target != NULL)
            err = add_sync(k, p);
    }
    return err;
}

static int collect(struct replsvc_service *svc, struct component *k, struct element *from)
{
    int err = add_element(k, from);
    for (size_t i = 0; i < k->n_elements && err == 0; i++) {
        struct element *e = k->elements[i];
        for (struct relationship *s = e->as_source; s != NULL && err == 0; s = s->next_of_source)
            err = add_sync(k, s);
        if (e->as_target != NULL && err == 0)
            err = add_sync(k, e->as_target);
        for (struct relationship *s = e->as_source; s != NULL && err == 0; s = s->next_of_source)
            err = add_siblings(svc, k, s);
        if (e->as_target != NULL && err == 0)
            err = add_siblings(svc, k, e->as_target);
    }
    if (err != 0)
        return err;
    if (k->n_syncs != 0)
        qsort(k->syncs, k->n_syncs, sizeof(k->syncs[0]), older_first);
    k->volumes = mem_array(k->n_elements, sizeof(k->volumes[0]));
    k->loaded = mem_array(k->n_syncs != 0 ? k->n_syncs : 1, sizeof(k->loaded[0]));
    return k->volumes != NULL && k->loaded != NULL ? 0 : -ENOMEM;
}

static struct volume *volume_in(const struct component *k, const struct element *e)
{
    for (size_t i = 0; i < k->n_elements; i++)
        if (k->elements[i] == e)
            return k->volumes[i];
    return NULL;
}

bool relationship_loaded(const struct relationship *s)
{
    return s->replica != NULL || s->mirror != NULL;
}

static bool to_load(const struct relationship *s)
{
    return !relationship_loaded(s) && s->r.replica_state != 0 && !s->leaving;
}

static bool all_loaded(const struct element *e)
{
    for (const struct relationship *s = e->as_source; s != NULL; s = s->next_of_source)
        if (to_load(s))
            return false;
    return e->as_target == NULL || !to_load(e->as_target);
}

/* A source that others wrote: what its replicas read through it is no longer what it was. A target that
 * others wrote: it is no longer what it was made to be. */
static void medium_changed(struct change *c, const struct component *k, const struct element *e,
                           const char *why)
{
    for (size_t i = 0; i < k->n_syncs; i++) {
        struct relationship *s = k->syncs[i];
        if (!to_load(s) || s->r.copy_state == REPLSVC_COPY_STATE_INVALID)
            continue;
        if ((s->source == e || s->target == e) && has_point_in_time(&s->r))
            relationship_break(c, s, REPLSVC_COPY_STATE_INVALID, -ESTALE, why);
        else if (s->target == e && !is_mirror(s) && s->r.replica_state == REPLICA_COMPLETE)
            relationship_break(c, s, REPLSVC_COPY_STATE_INVALID, -ESTALE, why);
        else if (is_mirror(s) && s->r.replica_state != MIRROR_IDLE) {
            relationship_break(c, s, REPLSVC_COPY_STATE_BROKEN, -ESTALE, why);
            struct sync_record *r = change_edit(c, &s->o);
            if (r != NULL)
                r->replica_state = MIRROR_IDLE; /* anything may differ: a resync copies it all */
        }
    }
}

static void open_volumes(struct change *c, struct component *k)
{
    for (size_t i = 0; i < k->n_elements; i++) {
        struct element *e = k->elements[i];
        bool changed;
        char why[512];
        uint32_t flags = e->r.read_only ? VOLUME_READ_ONLY : 0;
        if (element_volume_get(c->svc, e, flags, &k->volumes[i], &changed, why, sizeof(why)) != REPLSVC_OK) {
            k->volumes[i] = NULL;
            continue;
        }
        if (changed)
            medium_changed(c, k, e, why);
        if (e->r.guard != GUARD_OPEN)
            element_guard_record(c, e, k->volumes[i], GUARD_OPEN);
    }
}

/* The state in which the engine is to take it up: see the table in relationship.h. */
static enum replica_state state_to_load(const struct relationship *s)
{
    const struct sync_record *r = &s->r;
    if (r->intent == REPLSVC_OPERATION_RESYNC_REPLICA && r->replica_state == REPLICA_ACTIVE &&
        relationship_uncut(s))
        return REPLICA_LEAVING; /* the old point in time may be gone in part */
    switch (r->intent) {
    case INTENT_DELETE:
    case REPLSVC_OPERATION_DISSOLVE:
    case REPLSVC_OPERATION_RETURN_TO_RESOURCEPOOL:
    case REPLSVC_OPERATION_DEACTIVATE:
    case REPLSVC_OPERATION_ABORT:
        return r->replica_state == REPLICA_COMPLETE ? REPLICA_COMPLETE : REPLICA_LEAVING;
    default:
        return (enum replica_state)r->replica_state;
    }
}

/* A snapshot that cannot be loaded takes along the older ones, which read what it kept. */
static void break_with_older(struct change *c, const struct component *k, struct relationship *s, int err,
                             const char *why)
{
    for (size_t i = 0; i < k->n_syncs; i++) {
        struct relationship *o = k->syncs[i];
        bool older = o->source == s->source && o->r.order <= s->r.order && has_point_in_time(&o->r);
        if (o->r.copy_state == REPLSVC_COPY_STATE_BROKEN || o->r.copy_state == REPLSVC_COPY_STATE_INVALID)
            continue;
        if (o == s || (older && has_point_in_time(&s->r)))
            relationship_break(c, o, REPLSVC_COPY_STATE_BROKEN, err, why);
    }
}

/* By its record as the change will leave it; what had come to be broken is told. */
static int load_mirror(struct change *c, struct relationship *s, struct volume *source, struct volume *target)
{
    const struct sync_record *now = relationship_record(s);
    struct mirror_info info;
    int err = s->r.reversed ? relationship_mirror_load(c->svc, s, now->replica_state, target, source)
                            : relationship_mirror_load(c->svc, s, now->replica_state, source, target);
    if (err != 0)
        return err;
    mirror_get_info(s->mirror, &info);
    struct sync_record *edited = change_edit(c, &s->o);
    if (edited == NULL)
        return -ENOMEM;
    edited->alike_at_close = false;
    bool at_work = now->copy_state == REPLSVC_COPY_STATE_SYNCHRONIZED ||
                   now->copy_state == REPLSVC_COPY_STATE_UNSYNCHRONIZED;
    if (info.error != 0 && at_work)
        relationship_break(c, s, REPLSVC_COPY_STATE_BROKEN, info.error, info.error_text);
    return 0;
}

static void load_one(struct change *c, struct component *k, size_t i)
{
    struct relationship *s = k->syncs[i];
    struct volume *source = volume_in(k, s->source), *target = volume_in(k, s->target);
    char why[512];
    if (!to_load(s))
        return;
    if (source == NULL || target == NULL) {
        snprintf(why, sizeof(why), "the %s \"%s\" cannot be opened", source == NULL ? "source" : "target",
                 (source == NULL ? s->source : s->target)->r.name);
        break_with_older(c, k, s, -ENODEV, why);
        return;
    }
    int err = relationship_token(c->svc, s) != NULL ? 0 : -ENOMEM;
    struct replica_info info = {0};
    if (is_mirror(s)) {
        if (err == 0)
            err = load_mirror(c, s, source, target);
    } else {
        struct replica_spec spec = relationship_spec(s, source, target);
        spec.state = state_to_load(s);
        if (err == 0)
            err = replica_load(&spec, &k->loaded[i]);
    }
    if (err == -ENOMEM) {
        c->err = err; /* nobody's medium is at fault */
        return;
    }
    if (err == 0 && k->loaded[i] != NULL)
        replica_get_info(k->loaded[i], &info);
    if (err != 0)
        snprintf(why, sizeof(why), "it cannot be loaded: %s", strerror(-err));
    else if (info.state == REPLICA_BROKEN)
        snprintf(why, sizeof(why), "%s", info.error_text);
    else
        return;
    break_with_older(c, k, s, err != 0 ? err : info.error, why);
}

/* After a save that failed (the change is empty, and the caller gives up). Putting waits for events that are
 * being delivered, and their receiver waits for `change`. */
static void unload(struct change *c, struct component *k)
{
    replsvc_error why = *replsvc_last_error();
    pthread_mutex_unlock(&c->svc->change);
    for (size_t i = 0; i < k->n_syncs; i++) {
        if (k->loaded[i] != NULL)
            replica_put(k->loaded[i]);
        relationship_mirror_put(c->svc, k->syncs[i]);
    }
    pthread_mutex_lock(&c->svc->change);
    (void)svc_fail(why.code, why.system_errno, NULL, "%s", why.message);
}

uint32_t relationships_load(struct change *c, struct element *e)
{
    if (all_loaded(e))
        return REPLSVC_OK;
    struct component k = {0};
    int err = collect(c->svc, &k, e);
    if (err != 0) {
        component_free(&k);
        return svc_fail(REPLSVC_FAILED, -err, NULL, "the relationships of \"%s\" cannot be loaded",
                        e->r.name);
    }
    open_volumes(c, &k);
    for (size_t i = 0; i < k.n_syncs; i++)
        load_one(c, &k, i);
    uint32_t ret = change_save(c);
    for (size_t i = 0; i < k.n_syncs; i++) {
        if (k.loaded[i] != NULL && ret == REPLSVC_OK)
            k.syncs[i]->replica = k.loaded[i];
    }
    if (ret != REPLSVC_OK)
        unload(c, &k);
    for (size_t i = 0; i < k.n_syncs && ret == REPLSVC_OK; i++) {
        err = relationship_mirror_ready(k.syncs[i]);
        if (err != 0)
            ret = svc_fail_backend(err, NULL, "relationship \"%s\" cannot be made ready", k.syncs[i]->r.name);
    }
    for (size_t i = 0; i < k.n_elements && ret == REPLSVC_OK; i++) {
        if (k.volumes[i] == NULL)
            continue;
        volume_set_access(k.volumes[i], relationships_access(k.elements[i]));
        err = volume_ready(k.volumes[i]);
        if (err != 0 && k.elements[i] == e)
            ret = svc_fail_backend(err, NULL, "element \"%s\" cannot be made ready", e->r.name);
    }
    component_free(&k);
    return ret;
}

uint32_t relationship_need(struct change *c, struct relationship *s)
{
    uint32_t ret = relationships_load(c, s->source);
    if (ret == REPLSVC_OK && !relationship_loaded(s))
        ret = svc_fail(REPLSVC_FAILED, s->r.error < 0 ? -s->r.error : 0, NULL,
                       "relationship \"%s\" cannot be used: %s", s->r.name,
                       s->r.error_message != NULL ? s->r.error_message : "it is not loaded");
    return ret;
}

/* ---- what the engine reports ---- */

static void now_broken(struct change *c, struct relationship *s, int err, const char *text)
{
    if (s->r.copy_state == REPLSVC_COPY_STATE_BROKEN || s->r.copy_state == REPLSVC_COPY_STATE_INVALID)
        return;
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
        log_line(&t->svc->log, REPLSVC_LOG_ERROR, "relationship %s: %s could not be recorded", t->id,
                 event == REPLICA_EVENT_BROKEN ? "that it is Broken" : "that its target was written");
    else if (s != NULL)
        relationship_apply_access(t->svc, s);
    change_end(&c);
}

/* One write could not reach a target: its whole group has parted at that instant. */
static void mirror_broke(struct change *c, struct relationship *s, int err, const char *text)
{
    now_broken(c, s, err, text);
    for (size_t i = 0; s->parent != NULL && i < s->parent->r.n_pairs; i++) {
        struct relationship *p = sync_pair(c->svc, s->parent, i);
        struct mirror_info info;
        if (p == NULL || p == s || p->mirror == NULL)
            continue;
        mirror_get_info(p->mirror, &info);
        bool at_work = p->r.copy_state == REPLSVC_COPY_STATE_SYNCHRONIZED ||
                       p->r.copy_state == REPLSVC_COPY_STATE_UNSYNCHRONIZED;
        if (at_work && info.state == MIRROR_APART)
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
    struct sync_record *r = change_edit(c, &s->o);
    if (r == NULL)
        return;
    r->intent = INTENT_CATCH_UP;
    relationship_set_state(c, s, REPLSVC_COPY_STATE_UNSYNCHRONIZED, REPLSVC_PROGRESS_STATUS_RESYNCING);
    if (s->parent != NULL)
        relationship_update_group(c, s->parent, NULL);
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
        log_line(&t->svc->log, REPLSVC_LOG_ERROR, "what became of mirror %s could not be recorded: %s", t->id,
                 text);
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

/* ---- opening and closing ---- */

uint32_t relationships_start(struct replsvc_service *svc)
{
    return relationship_jobs_restore(svc);
}

/* The open volumes of elements in relationships, held so that they stay open while their guards are taken. */
struct held {
    struct element *e;
    struct volume *v;
};

static struct held *hold_volumes(struct replsvc_service *svc, size_t *n)
{
    struct element *e;
    size_t cursor = 0;
    *n = 0;
    struct held *held = mem_array(hash_count(svc->by_id[KIND_ELEMENT]) + 1, sizeof(*held));
    while (held != NULL && (e = object_next(svc, KIND_ELEMENT, &cursor)) != NULL)
        if ((e->as_source != NULL || e->as_target != NULL) &&
            volume_get(svc->engine, e->o.id, NULL, 0, &held[*n].v) == 0)
            held[(*n)++].e = e;
    return held;
}

/* Nobody else is left but the engine's events, which neither add nor remove a relationship. */
static void put_mirrors(struct replsvc_service *svc)
{
    struct relationship *s;
    size_t cursor = 0;
    while ((s = object_next(svc, KIND_SYNC, &cursor)) != NULL)
        relationship_mirror_put(svc, s);
}

static void put_replicas(struct replsvc_service *svc)
{
    struct relationship *s;
    size_t cursor = 0;
    while ((s = object_next(svc, KIND_SYNC, &cursor)) != NULL) {
        struct change c;
        change_begin(&c, svc);
        struct replica *r = s->replica;
        s->replica = NULL;
        change_end(&c);
        if (r != NULL)
            replica_put(r);
    }
}

/* What was in step at the end is so at the next open, if it has not been loaded before. */
static void record_alike(struct change *c)
{
    struct relationship *s;
    size_t cursor = 0;
    while ((s = object_next(c->svc, KIND_SYNC, &cursor)) != NULL) {
        struct sync_record *r = s->closed_alike ? change_edit(c, &s->o) : NULL;
        if (r != NULL)
            r->alike_at_close = true;
    }
}

/* Everything written and nothing under way: from here on the media must stay as they are. */
static void record_guards(struct replsvc_service *svc)
{
    struct change c;
    size_t n;
    change_begin(&c, svc);
    struct held *held = hold_volumes(svc, &n);
    change_end(&c);
    put_mirrors(svc);
    change_begin(&c, svc);
    for (int pass = 0; pass < 2; pass++) /* what a source still had to write may go to its targets */
        for (size_t i = 0; i < n; i++)
            if (volume_settle(held[i].v) == 0 && pass == 1)
                element_guard_record(&c, held[i].e, held[i].v, GUARD_CLEAN);
    record_alike(&c);
    if (change_save(&c) != REPLSVC_OK)
        log_line(&svc->log, REPLSVC_LOG_WARNING, "the state of the images at closing could not be recorded");
    for (size_t i = 0; i < n; i++)
        volume_put(held[i].v);
    mem_free(held);
    change_end(&c);
}

void relationships_stop(struct replsvc_service *svc)
{
    struct change c;
    change_begin(&c, svc);
    struct job_manager *jobs = svc->jobs;
    change_end(&c);
    job_manager_free(jobs);
    change_begin(&c, svc);
    svc->jobs = NULL;
    change_end(&c);
    record_guards(svc);
    put_replicas(svc);
    engine_events_drain(svc->engine);
    while (svc->tokens != NULL) {
        struct sync_token *t = svc->tokens;
        svc->tokens = t->next;
        mem_free(t);
    }
}
