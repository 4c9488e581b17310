/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Relationships at rest: what ProgressStatus says then, intent and job cleared when the work is done, and the
 * way out of the model.
 */
#include "service/aspect.h"
#include "service/relationship_mirror.h"

#include <errno.h>
#include <string.h>

#include "util/alloc.h"
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
void relationship_completed(struct change *c, const struct relationship *group)
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
        relationship_completed(c, s->parent);
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

/* ---- what came to nothing ---- */

/* A mirror whose record says that it is at work, and which has parted. */
static bool is_behind(const struct relationship *s)
{
    struct mirror_info info;
    bool flows = is_mirror(s) && relationship_flows(&s->r);
    if (!flows || s->mirror == NULL)
        return flows;
    mirror_get_info(s->mirror, &info);
    return info.state != MIRROR_IN_SYNC;
}

void relationship_catch_up(struct change *c, struct relationship *s)
{
    struct sync_record *r = change_edit(c, &s->o);
    struct sync_record *g = s->parent != NULL ? change_edit(c, &s->parent->o) : NULL;
    if (r == NULL)
        return;
    clear_work(r);
    r->intent = INTENT_CATCH_UP;
    relationship_set_state(c, s, REPLSVC_COPY_STATE_UNSYNCHRONIZED, REPLSVC_PROGRESS_STATUS_RESYNCING);
    if (g == NULL)
        return;
    clear_work(g);
    g->intent = INTENT_CATCH_UP;
    relationship_update_group(c, s->parent, NULL);
}

static void stay(struct change *c, struct relationship *s)
{
    relationship_set_state(c, s, s->r.copy_state, relationship_resting(s->r.copy_state));
    relationship_rest(c, s);
    if (s->parent != NULL)
        relationship_update_group(c, s->parent, NULL);
}

/* Records it all; *job: for those who have to catch up. */
static bool stay_all(struct change *c, struct relationship *const s[], size_t n, struct job **job)
{
    struct relationship **behind = mem_array(n != 0 ? n : 1, sizeof(struct relationship *));
    size_t n_behind = 0;
    for (size_t i = 0; i < n; i++) {
        if (!s[i]->busy)
            continue;
        if (behind != NULL && c->svc->jobs != NULL && is_behind(s[i])) {
            relationship_catch_up(c, s[i]);
            behind[n_behind++] = s[i];
        } else {
            stay(c, s[i]);
        }
    }
    if (n_behind != 0 && relationship_job_make(c, "Resynchronization", behind[0], behind, n_behind, job) != 0)
        c->err = -ENOMEM;
    bool saved = change_save(c) == REPLSVC_OK;
    for (size_t i = 0; i < n; i++) {
        if (!saved || s[i]->r.intent != INTENT_CATCH_UP)
            relationship_idle(c->svc, s[i]);
        if (saved)
            relationship_apply_access(c->svc, s[i]);
    }
    mem_free(behind);
    return saved;
}

void relationship_stay(struct replsvc_service *svc, struct relationship *const s[], size_t n)
{
    replsvc_error why = *replsvc_last_error();
    struct change c;
    struct job *job = NULL;
    change_begin(&c, svc);
    bool saved = stay_all(&c, s, n, &job);
    change_end(&c);
    if (job != NULL && saved)
        job_start(job);
    else if (job != NULL)
        job_discard(job);
    (void)svc_fail(why.code, 0, *why.parameter != '\0' ? why.parameter : NULL, "%s", why.message);
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
