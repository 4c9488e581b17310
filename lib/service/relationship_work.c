/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The work that a relationship's intent asks for: see the table in relationship.h. Everything here is done
 * on busy relationships, whose objects stay and whose replicas nobody else touches; `change` is taken for
 * looking and recording only. Each step can be begun again after a crash between any two of them.
 */
#include "service/aspect.h"
#include "service/relationship_mirror.h"

#include <errno.h>
#include <string.h>

#include "util/alloc.h"
#include "util/clock.h"
#include "util/fail.h"

uint16_t relationship_resting(uint16_t copy_state)
{
    switch (copy_state) {
    case REPLSVC_COPY_STATE_INITIALIZED:
    case REPLSVC_COPY_STATE_PREPARED:
    case REPLSVC_COPY_STATE_INACTIVE:
        return REPLSVC_PROGRESS_STATUS_REQUIRES_ACTIVATE;
    case REPLSVC_COPY_STATE_SUSPENDED:
        return REPLSVC_PROGRESS_STATUS_REQUIRES_RESUME;
    case REPLSVC_COPY_STATE_ABORTED:
        return REPLSVC_PROGRESS_STATUS_REQUIRES_RESYNC;
    default:
        return REPLSVC_PROGRESS_STATUS_COMPLETED;
    }
}

bool relationship_goes_without_media(uint16_t intent)
{
    return intent == REPLSVC_OPERATION_DETACH || intent == REPLSVC_OPERATION_DISSOLVE ||
           intent == REPLSVC_OPERATION_RETURN_TO_RESOURCEPOOL || intent == INTENT_DELETE;
}

uint16_t relationship_mode_after(uint16_t operation)
{
    switch (operation) {
    case REPLSVC_OPERATION_RESET_TO_SYNC:
        return REPLSVC_MODE_SYNCHRONOUS;
    case REPLSVC_OPERATION_RESET_TO_ASYNC:
        return REPLSVC_MODE_ASYNCHRONOUS;
    case REPLSVC_OPERATION_RESET_TO_ADAPTIVE:
        return REPLSVC_MODE_ADAPTIVE;
    default:
        return 0;
    }
}

/* ---- rest ---- */

/* Whether another pair of the group still has work, as the change will leave it. */
static bool others_work(struct change *c, const struct sync_record *group, const struct relationship *except)
{
    for (size_t i = 0; i < group->n_pairs; i++) {
        const struct relationship *p = object_by_id(c->svc, KIND_SYNC, group->pairs[i].id);
        const struct sync_record *r = p != NULL && p != except ? relationship_record(p) : NULL;
        if (r != NULL && r->intent != INTENT_NONE)
            return true;
    }
    return false;
}

static void clear_work(struct sync_record *r)
{
    r->intent = INTENT_NONE;
    r->intent_force = false;
    r->job[0] = '\0';
}

/* A group whose copies are all there may be of no more use. */
static void completed(struct change *c, const struct relationship *group)
{
    const struct sync_record *r = relationship_record(group);
    if (r == NULL || r->copy_state != REPLSVC_COPY_STATE_SYNCHRONIZED ||
        r->sync_type != REPLSVC_SYNC_TYPE_CLONE)
        return;
    if (group->source_group != NULL)
        group_copy_completed(c, group->source_group);
    if (group->target_group != NULL)
        group_copy_completed(c, group->target_group);
}

void relationship_rest(struct change *c, struct relationship *s)
{
    struct sync_record *r = change_edit(c, &s->o);
    if (r == NULL)
        return;
    clear_work(r);
    if (s->parent == NULL)
        return;
    struct sync_record *g = change_edit(c, &s->parent->o);
    if (g != NULL && g->intent != INTENT_NONE && !others_work(c, g, s)) {
        clear_work(g);
        completed(c, s->parent);
    }
}

void relationship_idle(struct replsvc_service *svc, struct relationship *s)
{
    s->busy = false;
    struct relationship *g = s->parent;
    if (g == NULL)
        return;
    for (size_t i = 0; i < g->r.n_pairs; i++) {
        const struct relationship *p = sync_pair(svc, g, i);
        if (p != NULL && p->busy)
            return;
    }
    g->busy = false;
}

/* ---- deleting ---- */

/* Whether the group is in a relationship that the change leaves. */
static bool related(struct change *c, const struct group *g)
{
    size_t cursor = 0;
    const struct relationship *s;
    while ((s = object_next(c->svc, KIND_SYNC, &cursor)) != NULL)
        if ((s->source_group == g || s->target_group == g) && change_peek(&s->o) != NULL)
            return true;
    return false;
}

void relationship_leave_groups(struct change *c, const struct element *e)
{
    size_t cursor = 0;
    struct group *g;
    while ((g = object_next(c->svc, KIND_GROUP, &cursor)) != NULL) {
        const struct group_record *now = change_peek(&g->o);
        size_t at = 0;
        while (now != NULL && at < now->n_members && strcmp(now->members[at].id, e->o.id) != 0)
            at++;
        if (now == NULL || at == now->n_members)
            continue;
        struct group_record *r = change_edit(c, &g->o);
        if (r == NULL)
            return;
        memmove(&r->members[at], &r->members[at + 1], (r->n_members - at - 1) * sizeof(r->members[0]));
        r->n_members--;
        change_event(c, REPLSVC_EVENT_MODIFIED, &g->o, REPLSVC_EVENT_PROPERTY_MEMBERS,
                     (uint32_t)r->n_members + 1, (uint32_t)r->n_members);
        if (r->n_members == 0 && r->delete_on_empty_element && !related(c, g))
            change_remove(c, &g->o);
    }
}

static void leave_parent(struct change *c, struct relationship *s)
{
    struct relationship *parent = s->parent;
    struct sync_record *g = change_edit(c, &parent->o);
    if (g == NULL)
        return;
    size_t at = 0;
    while (at < g->n_pairs && strcmp(g->pairs[at].id, s->o.id) != 0)
        at++;
    if (at == g->n_pairs)
        return;
    memmove(&g->pairs[at], &g->pairs[at + 1], (g->n_pairs - at - 1) * sizeof(g->pairs[0]));
    g->n_pairs--;
    if (g->n_pairs != 0) {
        relationship_update_group(c, parent, s);
        return;
    }
    struct group *source = parent->source_group, *target = parent->target_group;
    change_remove(c, &parent->o);
    if (source != NULL)
        group_unassociated(c, source);
    if (target != NULL)
        group_unassociated(c, target);
}

void relationship_delete(struct change *c, struct relationship *s, bool with_target)
{
    struct element *target = s->target;
    if (s->parent != NULL) {
        relationship_rest(c, s);
        leave_parent(c, s);
    }
    if (s->r.hidden)
        aspect_loses(c, s);
    change_remove(c, &s->o);
    if (with_target && target != NULL) {
        struct element_record *e = change_edit(c, &target->o);
        if (e != NULL)
            e->state = ELEMENT_REMOVING;
        relationship_leave_groups(c, target);
    }
}

/* ---- the cut ---- */

struct quiesce {
    replsvc_element_ref *elements;
    size_t n;
    uint16_t result;
};

static int freeze(struct replsvc_service *svc, struct quiesce *q, struct relationship *const s[], size_t n)
{
    q->elements = mem_array(n, sizeof(q->elements[0]));
    if (q->elements == NULL)
        return -ENOMEM;
    for (size_t i = 0; i < n; i++)
        memcpy(q->elements[i].id, s[i]->source->o.id, sizeof(q->elements[i].id));
    q->n = n;
    int64_t start = clock_monotonic_us();
    int err = svc->options.quiesce(svc->options.quiesce_user, REPLSVC_QUIESCE_FREEZE, q->elements, n);
    bool late = clock_monotonic_us() - start > (int64_t)svc->options.quiesce_timeout_ms * 1000;
    q->result = err != 0 ? 2 : late ? 3 : 1;
    return 0;
}

static void thaw(struct replsvc_service *svc, struct quiesce *q)
{
    if (q->elements != NULL)
        svc->options.quiesce(svc->options.quiesce_user, REPLSVC_QUIESCE_THAW, q->elements, q->n);
    mem_free(q->elements);
}

/* Never told of, if it cannot be recorded: the point in time goes again. */
static void uncut(struct relationship *const s[], size_t n)
{
    (void)relationship_mirrors_deactivate(s, n);
    for (size_t i = 0; i < n; i++)
        if (s[i]->replica != NULL)
            (void)replica_deactivate(s[i]->replica, NULL);
}

static void note_pause(struct group *g, int64_t pause)
{
    if (g == NULL)
        return;
    __atomic_store_n(&g->last_cut_pause_us, pause, __ATOMIC_RELAXED);
    if (pause > __atomic_load_n(&g->max_cut_pause_us, __ATOMIC_RELAXED))
        __atomic_store_n(&g->max_cut_pause_us, pause, __ATOMIC_RELAXED);
}

static void record_cut(struct change *c, struct relationship *s, const struct quiesce *q, int64_t pause)
{
    struct sync_record *r = change_edit(c, &s->o);
    if (r == NULL)
        return;
    relationship_take_info(r, s);
    r->when_activated = clock_wall_us();
    r->cut_pause_us = pause;
    r->quiesce_result = q->result;
    r->error = 0;
    change_string(c, &r->error_message, NULL);
    if (r->hidden)
        aspect_taken(c, s);
    if (r->sync_type == REPLSVC_SYNC_TYPE_SNAPSHOT ||
        (!is_mirror(s) && r->replica_state == REPLICA_COMPLETE)) {
        relationship_set_state(c, s, REPLSVC_COPY_STATE_SYNCHRONIZED, REPLSVC_PROGRESS_STATUS_COMPLETED);
        relationship_rest(c, s);
    } else {
        relationship_set_state(c, s, REPLSVC_COPY_STATE_UNSYNCHRONIZED,
                               r->intent == REPLSVC_OPERATION_RESYNC_REPLICA
                                   ? REPLSVC_PROGRESS_STATUS_RESYNCING
                                   : REPLSVC_PROGRESS_STATUS_SYNCHRONIZING);
    }
}

static void record_group_cut(struct change *c, struct relationship *g, const struct relationship *pair)
{
    struct sync_record *r = change_edit(c, &g->o);
    const struct sync_record *p = relationship_record(pair);
    if (r == NULL || p == NULL)
        return;
    r->when_activated = p->when_activated;
    r->when_point_in_time = p->when_point_in_time;
    r->cut_pause_us = p->cut_pause_us;
    r->quiesce_result = p->quiesce_result;
    relationship_update_group(c, g, NULL);
}

static uint32_t record_cuts(struct replsvc_service *svc, struct relationship *const s[], size_t n,
                            const struct quiesce *q, int64_t pause)
{
    struct change c;
    change_begin(&c, svc);
    for (size_t i = 0; i < n; i++)
        record_cut(&c, s[i], q, pause);
    for (size_t i = 0; i < n; i++)
        if (s[i]->parent != NULL && (i == 0 || s[i]->parent != s[i - 1]->parent))
            record_group_cut(&c, s[i]->parent, s[i]);
    uint32_t ret = change_save(&c);
    for (size_t i = 0; i < n && ret == REPLSVC_OK; i++) {
        if (s[i]->r.intent == INTENT_NONE)
            relationship_idle(svc, s[i]);
        relationship_apply_access(svc, s[i]);
        if (s[i]->parent != NULL) {
            note_pause(s[i]->parent->source_group, pause);
            note_pause(s[i]->parent->target_group, pause);
        }
    }
    change_end(&c);
    return ret;
}

/* The engine's part: for clones and snapshots a point in time; mirrors start from here on. */
static int cut_now(struct relationship *const s[], size_t n, int64_t *pause)
{
    if (is_mirror(s[0]))
        return relationship_mirrors_start(s, n, pause);
    struct replica **replicas = mem_array(n, sizeof(replicas[0]));
    if (replicas == NULL)
        return -ENOMEM;
    for (size_t i = 0; i < n; i++)
        replicas[i] = s[i]->replica;
    int err = replicas_activate(replicas, n, pause);
    mem_free(replicas);
    return err;
}

uint32_t relationship_cut(struct replsvc_service *svc, struct relationship *const s[], size_t n, bool quiesce)
{
    struct quiesce q = {0};
    int64_t pause = 0;
    int err = 0;
    if (quiesce && svc->options.quiesce != NULL && !is_mirror(s[0]))
        err = freeze(svc, &q, s, n);
    if (err == 0)
        err = cut_now(s, n, &pause);
    thaw(svc, &q);
    if (err != 0)
        return svc_fail_backend(err, NULL, "the point in time could not be taken");
    uint32_t ret = record_cuts(svc, s, n, &q, pause);
    if (ret != REPLSVC_OK)
        uncut(s, n);
    return ret;
}

/* ---- fills ---- */

struct filling {
    struct replsvc_service *svc;
    struct relationship *s;
    const struct engine_control *outer;
    uint64_t bound; /* bytes per second with which the present piece of work was begun */
    bool stopped;
    bool rebound; /* it was stopped to go on with another bound */
};

/* CopyPriority Low leaves most of a disk to the hosts; Same and above are held by the service's bound only,
 * and all by what replsvc_sync_set_limit said. */
#define LOW_BYTES_PER_SECOND (UINT64_C(32) << 20)

static uint64_t bound_of(const struct sync_record *r)
{
    uint64_t low = r->copy_priority == REPLSVC_COPY_PRIORITY_LOW ? LOW_BYTES_PER_SECOND : 0;
    return low == 0 || (r->bytes_per_second != 0 && r->bytes_per_second < low) ? r->bytes_per_second : low;
}

static void tell_percent(struct replsvc_service *svc, struct relationship *s)
{
    uint16_t now = relationship_percent(svc, s), before = s->percent_told;
    if (now == before || s->r.hidden)
        return;
    s->percent_told = now;
    replsvc_event e = {.size = sizeof(e),
                       .kind = REPLSVC_EVENT_MODIFIED,
                       .object_kind = REPLSVC_OBJECT_SYNCHRONIZATION,
                       .property = REPLSVC_EVENT_PROPERTY_PERCENT_SYNCED,
                       .previous_value = before,
                       .value = now};
    memcpy(e.object, s->o.id, sizeof(e.object));
    event_queue_raise(svc->events, &e);
}

static int check(void *user, uint64_t done, uint64_t total)
{
    struct filling *f = user;
    __atomic_store_n(&f->s->bytes_now, done != 0 ? done : 1, __ATOMIC_RELAXED);
    model_read(f->svc);
    tell_percent(f->svc, f->s);
    if (f->s->parent != NULL)
        tell_percent(f->svc, f->s->parent);
    model_done(f->svc);
    int err = f->outer != NULL && f->outer->check != NULL ? f->outer->check(f->outer->user, done, total) : 0;
    f->stopped = err != 0;
    return err;
}

/* Also asks whether to go on with another bound. */
static int check_fill(void *user, uint64_t done, uint64_t total)
{
    struct filling *f = user;
    int err = check(f, done, total);
    model_read(f->svc);
    f->rebound = err == 0 && bound_of(&f->s->r) != f->bound;
    model_done(f->svc);
    return f->rebound ? -EAGAIN : err;
}

static int fill_replica(struct relationship *s, const struct engine_control *control)
{
    return replica_fill(s->replica, control);
}

static int fill_restored(struct relationship *s, const struct engine_control *control)
{
    return replica_restore_fill(s->replica, control);
}

static int fill(struct filling *f, int (*work)(struct relationship *, const struct engine_control *))
{
    struct engine_control control = {.check = check_fill, .user = f};
    int err;
    do {
        model_read(f->svc);
        f->bound = bound_of(&f->s->r);
        model_done(f->svc);
        f->rebound = false;
        control.bytes_per_second = f->bound;
        err = work(f->s, &control);
    } while (err == -EAGAIN && f->rebound);
    __atomic_store_n(&f->s->bytes_now, 0, __ATOMIC_RELAXED);
    return err;
}

/* Puts the end of the work into the record. */
static uint32_t record_end(struct replsvc_service *svc, struct relationship *s, uint16_t copy_state)
{
    struct change c;
    change_begin(&c, svc);
    struct sync_record *r = change_edit(&c, &s->o);
    if (r != NULL) {
        relationship_take_info(r, s);
        relationship_set_state(&c, s, copy_state, relationship_resting(copy_state));
        relationship_rest(&c, s);
        if (s->parent != NULL) {
            relationship_update_group(&c, s->parent, NULL);
            completed(&c, s->parent);
        }
    }
    uint32_t ret = change_save(&c);
    relationship_idle(svc, s);
    if (ret == REPLSVC_OK)
        relationship_apply_access(svc, s);
    model_read(svc);
    tell_percent(svc, s);
    if (s->parent != NULL)
        tell_percent(svc, s->parent);
    model_done(svc);
    change_end(&c);
    return ret;
}

/* The work failed: the relationship is Broken, its source goes on. */
static uint32_t record_failure(struct replsvc_service *svc, struct relationship *s, int err, const char *what)
{
    struct change c;
    uint32_t ret = svc_fail_backend(err, NULL, "%s of relationship \"%s\" failed", what, s->r.name);
    replsvc_error why = *replsvc_last_error();
    change_begin(&c, svc);
    relationship_break(&c, s, REPLSVC_COPY_STATE_BROKEN, err, why.message);
    relationship_rest(&c, s);
    if (change_save(&c) == REPLSVC_OK)
        relationship_apply_access(svc, s);
    relationship_idle(svc, s);
    change_end(&c);
    (void)svc_fail(ret, 0, NULL, "%s", why.message);
    return ret == REPLSVC_INVALID_PARAMETER ? REPLSVC_FAILED : ret;
}

static uint32_t work_fill(struct filling *f)
{
    int err = fill(f, is_mirror(f->s) ? relationship_mirror_fill : fill_replica);
    if (err != 0 && f->stopped)
        return REPLSVC_OK;
    return err == 0 ? record_end(f->svc, f->s, REPLSVC_COPY_STATE_SYNCHRONIZED)
                    : record_failure(f->svc, f->s, err, "the copy");
}

static uint32_t work_restore(struct filling *f)
{
    struct replica_info info;
    replica_get_info(f->s->replica, &info);
    int err = info.state == REPLICA_RESTORING ? 0 : replica_restore_begin(f->s->replica);
    if (err == 0)
        err = fill(f, fill_restored);
    if (err != 0 && f->stopped)
        return REPLSVC_OK;
    return err == 0 ? record_end(f->svc, f->s, REPLSVC_COPY_STATE_RESTORED)
                    : record_failure(f->svc, f->s, err, "the restore");
}

/* ---- ends of relationships ---- */

static uint32_t work_deactivate(struct filling *f, uint16_t copy_state)
{
    struct engine_control control = {.check = check, .user = f};
    int err = !is_mirror(f->s)                           ? replica_deactivate(f->s->replica, &control)
              : copy_state == REPLSVC_COPY_STATE_ABORTED ? relationship_mirrors_part(&f->s, 1, false)
                                                         : relationship_mirrors_deactivate(&f->s, 1);
    if (err != 0 && f->stopped)
        return REPLSVC_OK;
    __atomic_store_n(&f->s->bytes_now, 0, __ATOMIC_RELAXED);
    return err == 0 ? record_end(f->svc, f->s, copy_state)
                    : record_failure(f->svc, f->s, err, "the deactivation");
}

static uint32_t work_reset(struct filling *f)
{
    int err = replica_reset(f->s->replica);
    return err == 0 ? record_end(f->svc, f->s, REPLSVC_COPY_STATE_SYNCHRONIZED)
                    : record_failure(f->svc, f->s, err, "the reset");
}

static void end_access(struct replsvc_service *svc, const struct element *e)
{
    struct volume *v;
    if (e == NULL || volume_get(svc->engine, e->o.id, NULL, 0, &v) != 0)
        return;
    volume_set_access(v, relationships_access(e));
    volume_put(v);
}

/* Out of the model, and its target's image if it goes. */
static uint32_t delete_record(struct replsvc_service *svc, struct relationship *s, bool with_target)
{
    struct change c;
    char group[REPLSVC_REF_SIZE];
    change_begin(&c, svc);
    struct element *target = s->target, *source = s->source;
    memcpy(group, s->r.group, sizeof(group));
    relationship_delete(&c, s, with_target);
    uint32_t ret = change_save(&c);
    if (ret != REPLSVC_OK) {
        s->leaving = false; /* the engine no longer has it; what asks again, or the next open, ends it */
        relationship_idle(svc, s);
        change_end(&c);
        return ret;
    }
    struct relationship *parent = object_by_id(svc, KIND_SYNC, group); /* s is gone; perhaps it is, too */
    struct relationship *pair = parent != NULL ? sync_pair(svc, parent, 0) : NULL;
    if (pair != NULL && !pair->busy)
        relationship_idle(svc, pair);
    end_access(svc, source);
    end_access(svc, with_target ? NULL : target);
    if (with_target && target != NULL)
        elements_discard(&c, &target, 1);
    change_end(&c);
    return REPLSVC_OK;
}

/* What the engine has of it, taken out of everybody's sight while it goes. */
struct hidden {
    struct replica *replica;
    struct mirror *mirror;
};

static struct hidden hide(struct replsvc_service *svc, struct relationship *s, struct hidden back)
{
    struct change c;
    change_begin(&c, svc);
    struct hidden h = {s->replica, s->mirror};
    s->replica = back.replica;
    s->mirror = back.mirror;
    s->leaving = back.replica == NULL && back.mirror == NULL;
    change_end(&c);
    return h;
}

static uint32_t work_remove(struct filling *f, bool with_target)
{
    struct engine_control control = {.check = check, .user = f};
    struct relationship *s = f->s;
    struct hidden h = hide(f->svc, s, (struct hidden){0});
    int err = h.mirror != NULL    ? relationship_mirror_remove(f->svc, s, h.mirror)
              : h.replica != NULL ? replica_remove(h.replica, &control)
                                  : 0;
    if (err == 0)
        return delete_record(f->svc, s, with_target);
    (void)hide(f->svc, s, h);
    return f->stopped ? REPLSVC_OK : record_failure(f->svc, s, err, "the removal");
}

/* A snapshot is made complete first: what it reads from its source, it copies. */
static uint32_t work_detach(struct filling *f)
{
    struct relationship *s = f->s;
    struct replica_info info;
    int err = 0;
    if (is_mirror(s) && s->mirror != NULL)
        (void)relationship_mirrors_part(&f->s, 1, s->r.copy_state == REPLSVC_COPY_STATE_SYNCHRONIZED);
    if (s->replica == NULL)
        return work_remove(f, false);
    replica_get_info(s->replica, &info);
    if (s->r.sync_type == REPLSVC_SYNC_TYPE_SNAPSHOT && info.state == REPLICA_ACTIVE)
        err = replica_detach_begin(s->replica);
    replica_get_info(s->replica, &info);
    if (err == 0 && info.state == REPLICA_DETACHING)
        err = fill(f, fill_replica);
    if (err != 0 && f->stopped)
        return REPLSVC_OK;
    if (err != 0)
        return record_failure(f->svc, s, err, "the detachment");
    return work_remove(f, false);
}

bool relationship_uncut(const struct relationship *s)
{
    return (s->r.intent == REPLSVC_OPERATION_ACTIVATE || s->r.intent == REPLSVC_OPERATION_RESYNC_REPLICA) &&
           s->r.copy_state != REPLSVC_COPY_STATE_UNSYNCHRONIZED;
}

uint32_t relationship_begin_again(struct replsvc_service *svc, struct relationship *const s[], size_t n)
{
    int err = 0;
    for (size_t i = 0; i < n && err == 0; i++) {
        struct replica_info info;
        if (is_mirror(s[i]))
            continue;
        replica_get_info(s[i]->replica, &info);
        if (info.state != REPLICA_INACTIVE)
            err = replica_deactivate(s[i]->replica, NULL);
    }
    uint32_t ret = err == 0 ? relationship_cut(svc, s, n, true)
                            : svc_fail_backend(err, NULL, "the old point in time could not be dropped");
    if (ret == REPLSVC_OK)
        return ret;
    for (size_t i = 0; i < n; i++)
        (void)record_failure(svc, s[i], err != 0 ? err : -EIO, "a new point in time");
    return ret;
}

/* ---- what only mirrors do ---- */

static uint32_t work_part(struct filling *f, uint16_t copy_state, bool settled)
{
    struct mirror_info info;
    mirror_get_info(f->s->mirror, &info);
    /* Begun again after a crash: what was alike has to be found so first. */
    int err = settled && info.state == MIRROR_COPYING ? fill(f, relationship_mirror_fill) : 0;
    if (err != 0 && f->stopped)
        return REPLSVC_OK;
    if (err == 0)
        err = relationship_mirrors_part(&f->s, 1, settled);
    return err == 0 ? record_end(f->svc, f->s, copy_state)
                    : record_failure(f->svc, f->s, err, "parting the two sides");
}

/* A mirror that was at work when the service ended. One that had broken stays so. */
static uint32_t work_catch_up(struct filling *f)
{
    struct mirror_info info;
    mirror_get_info(f->s->mirror, &info);
    if (info.error != 0)
        return record_failure(f->svc, f->s, info.error, "the mirror");
    return work_fill(f);
}

/* Of all at once, so that a crash finds the whole group in one direction. */
static uint32_t record_reversed(struct replsvc_service *svc, struct relationship *const s[], size_t n,
                                bool reversed)
{
    struct change c;
    change_begin(&c, svc);
    for (size_t i = 0; i < n; i++) {
        struct sync_record *r = change_edit(&c, &s[i]->o);
        if (r == NULL)
            break;
        r->reversed = reversed;
        relationship_take_info(r, s[i]);
        if (!reversed) /* hosts come back to the source, and leave the target */
            relationship_set_state(&c, s[i], REPLSVC_COPY_STATE_UNSYNCHRONIZED, r->progress_status);
    }
    uint32_t ret = change_save(&c);
    for (size_t i = 0; i < n && ret == REPLSVC_OK; i++)
        relationship_apply_access(svc, s[i]);
    change_end(&c);
    return ret;
}

/* The mirrors of a group that fail back together, or the one. They are busy: they stay. */
struct together {
    struct relationship **s;
    size_t n;
};

static uint32_t all_of(struct filling *f, struct together *t)
{
    struct relationship *g = f->s->parent;
    struct change c;
    t->s = mem_array(g != NULL ? g->r.n_pairs : 1, sizeof(struct relationship *));
    t->n = 0;
    if (t->s == NULL)
        return svc_fail(REPLSVC_FAILED, ENOMEM, NULL, "the failback of \"%s\" cannot be begun", f->s->r.name);
    change_begin(&c, f->svc);
    for (size_t i = 0; g != NULL && i < g->r.n_pairs; i++) {
        struct relationship *p = sync_pair(f->svc, g, i);
        if (p != NULL && p->r.intent == REPLSVC_OPERATION_FAILBACK && p->mirror != NULL)
            t->s[t->n++] = p;
    }
    change_end(&c);
    if (g == NULL)
        t->s[t->n++] = f->s;
    return REPLSVC_OK;
}

static bool roles_are_as_before(const struct relationship *s)
{
    return !s->r.reversed && s->r.copy_state == REPLSVC_COPY_STATE_UNSYNCHRONIZED;
}

/* All that do not copy in that direction yet turn round at one instant. */
static uint32_t turn(struct filling *f, const struct together *t, bool reversed)
{
    struct relationship **turning = mem_array(t->n, sizeof(struct relationship *));
    size_t n = 0;
    if (turning == NULL)
        return svc_fail(REPLSVC_FAILED, ENOMEM, NULL, "the failback cannot go on");
    for (size_t i = 0; i < t->n; i++)
        if (t->s[i]->r.reversed != reversed && !(reversed && roles_are_as_before(t->s[i])))
            turning[n++] = t->s[i];
    int err = n != 0 ? relationship_mirrors_part(turning, n, !reversed) : 0;
    if (err == 0 && n != 0)
        err = relationship_mirrors_reverse(turning, n);
    uint32_t ret = err == 0 ? REPLSVC_OK : svc_fail_backend(err, NULL, "the direction could not be changed");
    if (ret == REPLSVC_OK && n != 0)
        ret = record_reversed(f->svc, turning, n, reversed);
    mem_free(turning);
    return ret;
}

/* Both sides alike, of each; *stopped by the caller: nothing more is done. */
static uint32_t fill_all(struct filling *f, const struct together *t)
{
    struct relationship *own = f->s;
    int err = 0;
    for (size_t i = 0; i < t->n && err == 0; i++) {
        f->s = t->s[i];
        err = fill(f, relationship_mirror_fill);
    }
    f->s = own;
    return err == 0 || f->stopped ? REPLSVC_OK : svc_fail_backend(err, NULL, "the copy failed");
}

static uint32_t failback(struct filling *f, const struct together *t)
{
    uint32_t ret = turn(f, t, true);
    if (ret == REPLSVC_OK)
        ret = fill_all(f, t);
    if (ret != REPLSVC_OK || f->stopped)
        return ret;
    for (size_t i = 0; i < t->n; i++)
        relationship_bar_target(f->svc, t->s[i]); /* from here on hosts are to come back to the source */
    ret = turn(f, t, false);
    if (ret == REPLSVC_OK)
        ret = fill_all(f, t);
    for (size_t i = 0; i < t->n && ret == REPLSVC_OK && !f->stopped; i++)
        ret = record_end(f->svc, t->s[i], REPLSVC_COPY_STATE_SYNCHRONIZED);
    return ret;
}

/* What was written to the targets goes back while hosts go on there; then the roles are as before. */
static uint32_t work_failback(struct filling *f)
{
    struct together t;
    uint32_t ret = all_of(f, &t);
    if (ret == REPLSVC_OK)
        ret = failback(f, &t);
    for (size_t i = 0; i < t.n && ret != REPLSVC_OK; i++)
        if (t.s[i]->r.intent != INTENT_NONE)
            (void)record_failure(f->svc, t.s[i], -EIO, "the failback");
    mem_free(t.s);
    return ret;
}

/* The engine has the mode already, or gets it (again) now. */
static uint32_t work_mode(struct filling *f, uint16_t mode)
{
    struct relationship *s = f->s;
    int err = relationship_mirrors_set_mode(&s, 1, mode);
    if (err != 0)
        return record_failure(f->svc, s, err, "the change of mode");
    struct change c;
    change_begin(&c, f->svc);
    struct relationship *both[] = {s, s->parent};
    for (size_t i = 0; i < 2; i++) {
        struct sync_record *r = both[i] != NULL ? change_edit(&c, &both[i]->o) : NULL;
        if (r == NULL)
            continue;
        r->mode = mode;
        r->copy_type = mode == REPLSVC_MODE_SYNCHRONOUS ? REPLSVC_COPY_TYPE_SYNC : REPLSVC_COPY_TYPE_ASYNC;
    }
    uint32_t ret = change_save(&c);
    change_end(&c);
    if (ret != REPLSVC_OK)
        return ret;
    /* A copy that gave way goes on. */
    return s->r.copy_state == REPLSVC_COPY_STATE_UNSYNCHRONIZED ? work_fill(f)
                                                                : record_end(f->svc, s, s->r.copy_state);
}

static uint32_t work_on(struct filling *f)
{
    const struct sync_record *r = &f->s->r;
    if (relationship_mode_after(r->intent) != 0)
        return work_mode(f, relationship_mode_after(r->intent));
    switch (r->intent) {
    case INTENT_CATCH_UP:
        return work_catch_up(f);
    case REPLSVC_OPERATION_SUSPEND:
        return work_part(f, REPLSVC_COPY_STATE_SUSPENDED, false);
    case REPLSVC_OPERATION_FRACTURE:
        return work_part(f, REPLSVC_COPY_STATE_FRACTURED, false);
    case REPLSVC_OPERATION_SPLIT:
        return work_part(f, REPLSVC_COPY_STATE_SPLIT, true);
    case REPLSVC_OPERATION_FAILOVER:
        return work_part(f, REPLSVC_COPY_STATE_FAILEDOVER, false);
    case REPLSVC_OPERATION_FAILBACK:
        return work_failback(f);
    case INTENT_CREATE:
        return work_fill(f);
    case REPLSVC_OPERATION_ACTIVATE:
    case REPLSVC_OPERATION_RESYNC_REPLICA:
    case REPLSVC_OPERATION_RESUME:
        return work_fill(f);
    case REPLSVC_OPERATION_RESTORE_FROM_REPLICA:
        return work_restore(f);
    case REPLSVC_OPERATION_DETACH:
        return work_detach(f);
    case REPLSVC_OPERATION_DISSOLVE:
        return work_remove(f, false);
    case INTENT_DELETE:
        return work_remove(f, r->target_created);
    case REPLSVC_OPERATION_RETURN_TO_RESOURCEPOOL:
        return work_remove(f, f->s->target != NULL && f->s->target->r.created_by_service);
    case REPLSVC_OPERATION_DEACTIVATE:
        return work_deactivate(f, REPLSVC_COPY_STATE_INACTIVE);
    case REPLSVC_OPERATION_ABORT:
        return work_deactivate(f, REPLSVC_COPY_STATE_ABORTED);
    case REPLSVC_OPERATION_RESET_REPLICA:
        return work_reset(f);
    default:
        return record_failure(f->svc, f->s, -EUCLEAN, "an operation that this version does not know");
    }
}

uint32_t relationship_work(struct replsvc_service *svc, const char *id, const struct engine_control *control,
                           bool *stopped)
{
    struct change c;
    struct filling f = {.svc = svc, .outer = control};
    *stopped = false;
    change_begin(&c, svc);
    struct relationship *s = object_by_id(svc, KIND_SYNC, id);
    uint32_t ret = REPLSVC_OK;
    bool work = s != NULL && s->r.intent != INTENT_NONE;
    if (work && !relationship_loaded(s) && s->r.replica_state != 0) {
        ret = relationship_need(&c, s);
        if (relationship_goes_without_media(s->r.intent))
            ret = REPLSVC_OK;
        if (ret != REPLSVC_OK)
            relationship_idle(svc, s); /* its intent stays: whoever asks again begins again */
    }
    change_end(&c);
    if (ret != REPLSVC_OK || !work)
        return ret;
    f.s = s;
    if (relationship_uncut(s))
        ret = relationship_begin_again(svc, &s, 1);
    if (ret == REPLSVC_OK && s->busy)
        ret = work_on(&f);
    *stopped = f.stopped;
    return ret;
}
