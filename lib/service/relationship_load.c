/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Relationships loaded into the engine. Elements hang together by relationships; what hangs together is
 * loaded at once, as engine.h wants it: all volumes, then all replicas in order of creation, then the volumes
 * are ready. A medium that is gone or was changed behind the service's back makes the relationships Broken
 * or Invalid that cannot be right without it, and nothing else: its other volumes are served.
 */
#include "service/relationship_mirror.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "service/statistics.h"
#include "util/alloc.h"
#include "util/fail.h"

struct replica_spec relationship_spec(struct relationship *s, struct volume *source, struct volume *target)
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
        .statistics = relationship_counters(s),
        .order = r->order,
        .restore_order = r->restore_order,
    };
}

static bool has_point_in_time(const struct sync_record *r)
{
    if (r->sync_type == REPLSVC_SYNC_TYPE_MIRROR)
        return false;
    return r->replica_state == REPLICA_ACTIVE || r->replica_state == REPLICA_DETACHING ||
           r->replica_state == REPLICA_RESTORING;
}

/* ---- what hangs together ---- */

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

/* ---- loading ---- */

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

/* A mirror marks what its target misses also when that cannot be opened: then only differences are copied
 * when it is back. For a target that is nothing else, and does not hold what the source lacks. NULL: no such.
 */
static struct volume *stand_in(struct replsvc_service *svc, struct element *e, int err)
{
    const struct relationship *s = e->as_target;
    struct volume *v;
    if (s == NULL || !is_mirror(s) || e->as_source != NULL || s->r.reversed ||
        s->r.replica_state == MIRROR_IDLE || s->r.intent == REPLSVC_OPERATION_RESTORE_FROM_REPLICA)
        return NULL;
    return volume_get_absent(svc->engine, e->o.id, e->r.size_bytes, err != 0 ? err : -ENODEV, &v) == 0 ? v
                                                                                                       : NULL;
}

static void open_volumes(struct change *c, struct component *k)
{
    for (size_t i = 0; i < k->n_elements; i++) {
        struct element *e = k->elements[i];
        bool changed;
        char why[512];
        uint32_t flags = e->r.read_only ? VOLUME_READ_ONLY : 0;
        if (element_volume_get(c->svc, e, flags, &k->volumes[i], &changed, why, sizeof(why)) != REPLSVC_OK) {
            k->volumes[i] = stand_in(c->svc, e, -replsvc_last_error()->system_errno);
            continue;
        }
        if (changed)
            medium_changed(c, k, e, why);
        if (e->r.guard != GUARD_OPEN && !volume_is_absent(k->volumes[i]))
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

static int note_lost(struct relationship *s, struct volume *target)
{
    char why[512];
    int err = volume_absence(target);
    snprintf(why, sizeof(why), "the target \"%s\" cannot be opened", s->target->r.name);
    return mirror_note_lost(s->mirror, err, why);
}

/* By its record as the change will leave it; what had come to be broken is told. */
static int load_mirror(struct change *c, struct relationship *s, struct volume *source, struct volume *target)
{
    const struct sync_record *now = relationship_record(s);
    struct mirror_info info;
    bool lost = volume_is_absent(target);
    int err = relationship_mirror_load(c->svc, s, lost ? MIRROR_APART : now->replica_state, source, target);
    if (err == 0 && lost)
        err = note_lost(s, target);
    if (err != 0)
        return err;
    mirror_get_info(s->mirror, &info);
    struct sync_record *edited = change_edit(c, &s->o);
    if (edited == NULL)
        return -ENOMEM;
    edited->alike_at_close = false;
    if (info.error != 0 && relationship_flows(now) && !now->reversed)
        relationship_break(c, s, REPLSVC_COPY_STATE_BROKEN, info.error, info.error_text);
    return 0;
}

/* Both sides' hosts go on without what cannot be loaded, so nothing that is known of it may be believed
 * later: that is durable before they do. Its mirrors' siblings and the older snapshots, which are loaded, are
 * told by their marks too. */
static int forsake(struct change *c, const struct component *k, struct relationship *s, const char *why)
{
    int err = 0;
    for (size_t i = 0; i < k->n_syncs && err == 0; i++) {
        struct relationship *o = k->syncs[i];
        bool sibling = is_mirror(s) && is_mirror(o) && s->parent != NULL && o->parent == s->parent;
        bool older = has_point_in_time(&s->r) && has_point_in_time(&o->r) && o->source == s->source &&
                     o->r.order <= s->r.order;
        if (!to_load(o) || (o != s && !sibling && !older))
            continue;
        if (is_mirror(o) ? relationship_flows(relationship_record(o))
                         : o->r.copy_state != REPLSVC_COPY_STATE_INVALID)
            relationship_break(c, o, REPLSVC_COPY_STATE_BROKEN, -ENODEV, why);
        err = replica_forsake(c->svc->engine, o->o.id, is_mirror(o), -ENODEV, why);
    }
    return err;
}

/* A source that shows what its replica holds is nothing without it. */
static uint32_t forsake_missing(struct change *c, struct component *k)
{
    for (size_t i = 0; i < k->n_syncs; i++) {
        struct relationship *s = k->syncs[i];
        struct volume *source = volume_in(k, s->source), *target = volume_in(k, s->target);
        char why[512];
        if (!to_load(s) || (source != NULL && target != NULL))
            continue;
        snprintf(why, sizeof(why), "the %s \"%s\" cannot be opened", source == NULL ? "source" : "target",
                 (source == NULL ? s->source : s->target)->r.name);
        if (s->r.intent == REPLSVC_OPERATION_RESTORE_FROM_REPLICA || s->r.replica_state == REPLICA_RESTORING)
            return svc_fail(REPLSVC_FAILED, ENODEV, NULL, "\"%s\" is being restored from \"%s\": %s",
                            s->source->r.name, s->target->r.name, why);
        int err = forsake(c, k, s, why);
        if (err != 0)
            return svc_fail(REPLSVC_FAILED, -err, NULL, "that \"%s\" is broken cannot be recorded",
                            s->r.name);
    }
    return REPLSVC_OK;
}

static void load_one(struct change *c, struct component *k, size_t i)
{
    struct relationship *s = k->syncs[i];
    struct volume *source = volume_in(k, s->source), *target = volume_in(k, s->target);
    char why[512];
    if (!to_load(s) || source == NULL || target == NULL)
        return;
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
    uint32_t ret = forsake_missing(c, &k);
    if (ret != REPLSVC_OK) {
        change_drop(c);
        component_free(&k);
        return ret;
    }
    for (size_t i = 0; i < k.n_syncs; i++)
        load_one(c, &k, i);
    ret = change_save(c);
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
