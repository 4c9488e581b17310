/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Pairs that were made one by one become the pairs of a group relationship: one change of the records, no
 * data moves. A point in time that they did not have in common is not promised: Sequential Consistency is
 * refused for them, and begins with the group's next Resync.
 */
#include "service/regroup.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "service/aspect.h"
#include "service/capabilities_table.h"
#include "service/relationship_mirror.h"
#include "service/transitions.h"
#include "util/alloc.h"
#include "util/clock.h"
#include "util/fail.h"

#define PAIRS "ElementSynchronizations"

struct plan {
    struct relationship **pairs;
    struct element **sources, **targets;
    size_t n;
    bool one_source; /* one element to many targets: there is no source group */
    bool one_instant;
    bool consistent;
    struct group *source, *target; /* the given ones, or NULL: to be made */
};

static void plan_free(struct plan *p)
{
    mem_free(p->pairs);
    mem_free(p->sources);
    mem_free(p->targets);
}

/* ---- pairs ---- */

static uint32_t check_pair(const struct plan *p, const struct relationship *s)
{
    if (s->r.is_group)
        return svc_fail(REPLSVC_INVALID_PARAMETER, 0, PAIRS, PAIRS ": \"%s\" is a group relationship itself",
                        s->r.name);
    if (s->parent)
        return svc_fail(REPLSVC_IN_USE, 0, PAIRS, PAIRS ": \"%s\" is a pair of \"%s\"", s->r.name,
                        s->parent->r.name);
    if (s->busy)
        return svc_fail(REPLSVC_IN_USE, 0, PAIRS, PAIRS ": \"%s\" is being worked on", s->r.name);
    for (size_t i = 0; i < p->n; i++)
        if (p->pairs[i] == s)
            return svc_fail(REPLSVC_INVALID_PARAMETER, 0, PAIRS, PAIRS ": \"%s\" is there twice", s->r.name);
    if (p->n && (s->r.sync_type != p->pairs[0]->r.sync_type || s->r.mode != p->pairs[0]->r.mode))
        return svc_fail(REPLSVC_INVALID_PARAMETER, 0, PAIRS, PAIRS ": \"%s\" is a %s %s, \"%s\" is a %s %s",
                        s->r.name, mode_name(s->r.mode), sync_type_name(s->r.sync_type), p->pairs[0]->r.name,
                        mode_name(p->pairs[0]->r.mode), sync_type_name(p->pairs[0]->r.sync_type));
    return REPLSVC_OK;
}

/* All sources are one element, or each is another. */
static uint32_t check_sources(struct plan *p)
{
    size_t same = 0;
    for (size_t i = 1; i < p->n; i++)
        for (size_t k = 0; k < i; k++)
            if (p->sources[i] == p->sources[k]) {
                same++;
                break;
            }
    p->one_source = p->n > 1 && same == p->n - 1;
    if (same && !p->one_source)
        return svc_fail(REPLSVC_INVALID_PARAMETER, 0, PAIRS,
                        PAIRS ": some of the pairs have one source in common, and others have not");
    return REPLSVC_OK;
}

static uint32_t find_pairs(struct replsvc_service *svc, const struct regroup_request *q, struct plan *p)
{
    if (!q->pairs || !q->n_pairs)
        return svc_fail(REPLSVC_INVALID_PARAMETER, 0, PAIRS, PAIRS ": none is given");
    p->pairs = mem_array(q->n_pairs, sizeof *p->pairs);
    p->sources = mem_array(q->n_pairs, sizeof *p->sources);
    p->targets = mem_array(q->n_pairs, sizeof *p->targets);
    if (!p->pairs || !p->sources || !p->targets)
        return svc_fail(REPLSVC_FAILED, ENOMEM, NULL, PAIRS ": no memory for %zu pairs", q->n_pairs);
    p->one_instant = true;
    for (size_t i = 0; i < q->n_pairs; i++) {
        struct relationship *s = q->settings_state ? object_by_id(svc, KIND_SYNC, q->pairs[i].id) : NULL;
        uint32_t ret = s ? REPLSVC_OK : sync_by_ref(svc, &q->pairs[i], PAIRS, &s);
        if (ret == REPLSVC_OK)
            ret = check_pair(p, s);
        if (ret)
            return ret;
        p->pairs[i] = s;
        p->sources[i] = s->source;
        p->targets[i] = s->target;
        p->n++;
        if (s->r.when_point_in_time != p->pairs[0]->r.when_point_in_time)
            p->one_instant = false;
    }
    return check_sources(p);
}

static uint32_t check_consistency(const struct regroup_request *q, struct plan *p)
{
    if (q->consistency && q->consistency != REPLSVC_CONSISTENCY_NO_CONSISTENCY &&
        q->consistency != REPLSVC_CONSISTENCY_SEQUENTIAL_CONSISTENCY)
        return svc_fail(REPLSVC_INVALID_PARAMETER, 0, "Consistency",
                        "Consistency: %u is not in the value map", q->consistency);
    if (q->consistency == REPLSVC_CONSISTENCY_SEQUENTIAL_CONSISTENCY && !p->one_instant)
        return svc_fail(
            REPLSVC_INVALID_PARAMETER, 0, "Consistency",
            "Consistency: the pairs have points in time of their own; a resync of the group gives "
            "them one");
    p->consistent = p->one_instant && q->consistency != REPLSVC_CONSISTENCY_NO_CONSISTENCY;
    return REPLSVC_OK;
}

/* ---- groups ---- */

/* A given group has exactly these members, in whatever order. */
static uint32_t check_members(const struct group *g, struct element *const elements[], size_t n,
                              const char *parameter)
{
    size_t found = 0;
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < g->r.n_members; k++)
            found += strcmp(g->r.members[k].id, elements[i]->o.id) == 0;
    if (found == n && g->r.n_members == n)
        return REPLSVC_OK;
    return svc_fail(REPLSVC_INVALID_PARAMETER, 0, parameter,
                    "%s: the members of group \"%s\" are not the elements of the pairs", parameter,
                    g->r.name);
}

static uint32_t check_side(struct replsvc_service *svc, const struct regroup_side *side, bool source,
                           struct element *const elements[], size_t n, struct group **g)
{
    *g = NULL;
    if (side->name && !memchr(side->name->text, 0, sizeof side->name->text))
        return svc_fail(REPLSVC_INVALID_PARAMETER, 0, side->name_parameter, "%s: is not terminated",
                        side->name_parameter);
    bool named = side->name && side->name->text[0];
    if (ref_absent(side->group))
        return named ? name_check(svc, KIND_GROUP, side->name->text, side->name_parameter) : REPLSVC_OK;
    uint32_t ret = group_by_ref(svc, side->group, side->group_parameter, g);
    if (ret == REPLSVC_OK && named && strcmp((*g)->r.name, side->name->text) != 0)
        ret = svc_fail(REPLSVC_INVALID_PARAMETER, 0, side->name_parameter, "%s: group %s has the name \"%s\"",
                       side->name_parameter, (*g)->o.id, (*g)->r.name);
    if (ret == REPLSVC_OK)
        ret = group_check_role(*g, source, side->group_parameter);
    if (ret == REPLSVC_OK && !source && (*g)->as_target)
        ret = svc_fail(REPLSVC_IN_USE, 0, side->group_parameter,
                       "%s: group \"%s\" is the target of another relationship", side->group_parameter,
                       (*g)->r.name);
    return ret ? ret : check_members(*g, elements, n, side->group_parameter);
}

static uint32_t check_groups(struct replsvc_service *svc, const struct regroup_request *q, struct plan *p)
{
    bool given = !ref_absent(q->source.group) || (q->source.name && q->source.name->text[0]);
    if (p->one_source && given)
        return svc_fail(REPLSVC_INVALID_PARAMETER, 0, q->source.group_parameter,
                        "%s: all pairs have one source element: there is no source group",
                        q->source.group_parameter);
    uint32_t ret = check_side(svc, &q->source, true, p->sources, p->n, &p->source);
    return ret ? ret : check_side(svc, &q->target, false, p->targets, p->n, &p->target);
}

/* The given group, or a new one of these elements. */
static uint32_t take_group(struct change *c, const struct regroup_side *side,
                           struct element *const elements[], size_t n, struct group **g)
{
    const char *name = side->name && side->name->text[0] ? side->name->text : NULL;
    uint32_t ret = *g ? REPLSVC_OK : group_make(c, name, side->name_parameter, elements, n, true, g);
    struct group_record *r = ret ? NULL : change_edit(c, &(*g)->o);
    if (r)
        r->ever_associated = true;
    return ret;
}

/* ---- the relationship ---- */

/* What all pairs have in common is the group's. */
static void fill(struct change *c, struct sync_record *r, const struct plan *p, const char *name)
{
    const struct sync_record *first = &p->pairs[0]->r;
    change_string(c, &r->name, name);
    r->is_group = true;
    r->source_is_element = p->one_source;
    memcpy(r->source, p->one_source ? p->sources[0]->o.id : p->source->o.id, sizeof r->source);
    memcpy(r->target, p->target->o.id, sizeof r->target);
    r->sync_type = first->sync_type;
    r->mode = first->mode;
    r->copy_state = first->copy_state;
    r->progress_status = first->progress_status;
    r->requested_copy_state = REPLSVC_COPY_STATE_NOT_APPLICABLE;
    r->copy_methodology = first->copy_methodology;
    r->copy_priority = first->copy_priority;
    r->copy_recovery_mode = first->copy_recovery_mode;
    r->copy_type = first->copy_type;
    r->replica_type = first->replica_type;
    r->sync_state = first->sync_state;
    r->settings = first->settings;
    r->read_only = first->read_only;
    r->when_established = clock_wall_us();
    r->when_point_in_time = p->one_instant ? first->when_point_in_time : 0;
    r->consistency_enabled = p->consistent;
    r->consistency_type = REPLSVC_CONSISTENCY_TYPE_SEQUENTIALLY_CONSISTENT;
}

/* Mirrors become one group to the engine as well. */
static uint32_t save(struct change *c, const struct plan *p, struct relationship *g)
{
    struct relationship_move *moves = mem_array(p->n, sizeof *moves);
    int err = moves ? 0 : -ENOMEM;
    for (size_t i = 0; i < p->n && err == 0; i++)
        err = relationship_move_begin(c->svc, p->pairs[i], g, &moves[i]);
    uint32_t ret = err == 0 ? change_save(c) : svc_fail_backend(err, NULL, "the pairs cannot become a group");
    for (size_t i = 0; i < p->n && ret == REPLSVC_OK; i++)
        relationship_move_do(c->svc, &moves[i]);
    for (size_t i = 0; i < p->n && err == 0 && ret != REPLSVC_OK; i++)
        moves[i].to = NULL; /* the group went with the change */
    if (moves)
        relationship_moves_end(moves, p->n);
    mem_free(moves);
    return ret;
}

static uint32_t record(struct change *c, const struct regroup_request *q, struct plan *p, const char *name,
                       struct relationship **out)
{
    uint32_t ret = p->one_source ? REPLSVC_OK : take_group(c, &q->source, p->sources, p->n, &p->source);
    if (ret == REPLSVC_OK)
        ret = take_group(c, &q->target, p->targets, p->n, &p->target);
    struct relationship *g = ret ? NULL : object_new(c, KIND_SYNC);
    if (!g)
        return ret ? ret : svc_fail(REPLSVC_FAILED, ENOMEM, NULL, "the relationship cannot be recorded");
    fill(c, &g->r, p, name);
    change_array(c, &g->r.pairs, &g->r.n_pairs, q->pairs, p->n, sizeof *q->pairs);
    for (size_t i = 0; i < p->n; i++) {
        struct sync_record *r = change_edit(c, &p->pairs[i]->o);
        if (r)
            memcpy(r->group, g->o.id, sizeof r->group);
    }
    relationship_update_group(c, g, NULL);
    struct settings_state *st =
        q->settings_state ? object_by_id(c->svc, KIND_SETTINGS_STATE, q->settings_state) : NULL;
    if (st)
        ret = aspect_show(c, st);
    *out = g;
    return ret == REPLSVC_OK ? save(c, p, g) : ret;
}

static void give_out(const struct regroup_side *side, const struct group *g)
{
    if (side->group && g)
        memcpy(side->group->id, g->o.id, sizeof side->group->id);
    if (side->name && g)
        (void)snprintf(side->name->text, sizeof side->name->text, "%s", g->r.name);
}

static uint32_t check_name(struct change *c, const char *given, char name[REPLSVC_NAME_SIZE])
{
    if (!given)
        return name_make(c, KIND_SYNC, "replica", name);
    uint32_t ret = name_check(c->svc, KIND_SYNC, given, "RelationshipName");
    if (ret == REPLSVC_OK)
        (void)snprintf(name, REPLSVC_NAME_SIZE, "%s", given);
    return ret;
}

uint32_t regroup(struct replsvc_service *svc, const struct regroup_request *q,
                 replsvc_sync_ref *synchronization)
{
    replsvc_replication_settings settings;
    struct plan p = {0};
    struct relationship *g = NULL;
    char name[REPLSVC_NAME_SIZE];
    struct change c;
    uint32_t ret = settings_parse(q->settings, "ReplicationSettingData", &settings);
    if (ret)
        return ret;
    change_begin(&c, svc);
    ret = find_pairs(svc, q, &p);
    for (size_t i = 0; i < p.n && ret == REPLSVC_OK; i++)
        if (is_mirror(p.pairs[i])) /* before anything is edited */
            ret = relationship_need(&c, p.pairs[i]);
    if (ret == REPLSVC_OK)
        ret = capability_check_settings(p.pairs[0]->r.sync_type, &settings);
    if (ret == REPLSVC_OK && q->wait && !capability_wait_create(p.pairs[0]->r.sync_type, q->wait))
        ret = svc_fail(REPLSVC_INVALID_PARAMETER, 0, "WaitForCopyState",
                       "WaitForCopyState: %u cannot be waited for", q->wait);
    if (ret == REPLSVC_OK)
        ret = check_consistency(q, &p);
    if (ret == REPLSVC_OK)
        ret = check_groups(svc, q, &p);
    if (ret == REPLSVC_OK)
        ret = check_name(&c, q->name, name);
    if (ret == REPLSVC_OK)
        ret = record(&c, q, &p, name, &g);
    if (ret == REPLSVC_OK) {
        give_out(&q->source, p.source);
        give_out(&q->target, p.target);
        memcpy(synchronization->id, g->o.id, sizeof synchronization->id);
    }
    change_end(&c);
    plan_free(&p);
    for (size_t i = 0; i < q->n_pairs && ret == REPLSVC_OK && q->wait; i++)
        ret = relationship_wait(svc, q->pairs[i].id, q->wait);
    return ret;
}
