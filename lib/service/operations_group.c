/* SPDX-License-Identifier: BSD-2-Clause */
/* Operations that only group relationships have: consistency on and off, pairs that join and leave. */
#include "service/operations.h"

#include <errno.h>
#include <string.h>

#include "service/capabilities_table.h"
#include "service/group_join.h"
#include "service/relationship_mirror.h"
#include "service/transitions.h"
#include "util/alloc.h"
#include "util/fail.h"

bool operation_is_for_groups(uint16_t operation)
{
    return operation == REPLSVC_OPERATION_ACTIVATE_CONSISTENCY ||
           operation == REPLSVC_OPERATION_DEACTIVATE_CONSISTENCY ||
           operation == REPLSVC_OPERATION_ADDSYNCPAIR || operation == REPLSVC_OPERATION_REMOVESYNCPAIR;
}

#define REFUSE(parameter, ...) svc_fail(REPLSVC_INVALID_PARAMETER, 0, parameter, parameter ": " __VA_ARGS__)

static uint32_t check_group(struct change *c, const struct operation_request *q, const replsvc_sync_ref *ref,
                            struct relationship **g)
{
    uint32_t ret = sync_by_ref(c->svc, ref, "Synchronization", g);
    if (ret != REPLSVC_OK)
        return ret;
    if (!capability_operation((*g)->r.sync_type, (*g)->r.is_group, q->operation))
        return svc_fail(REPLSVC_NOT_SUPPORTED, 0, "Operation", "Operation: %s is not supported for a %s%s",
                        operation_name(q->operation), sync_type_name((*g)->r.sync_type),
                        (*g)->r.is_group ? " group" : " that is no group");
    if (q->wait != 0 && q->wait != REPLSVC_COPY_STATE_NOT_APPLICABLE)
        return REFUSE("WaitForCopyState", "%s does not change the state", operation_name(q->operation));
    if ((*g)->busy)
        return svc_fail(REPLSVC_IN_USE, 0, "Synchronization", "Synchronization: \"%s\" is being worked on",
                        (*g)->r.name);
    return REPLSVC_OK;
}

/* ---- consistency ---- */

static void set_consistency(struct change *c, struct relationship *g, bool on)
{
    struct sync_record *r = change_edit(c, &g->o);
    if (r == NULL)
        return;
    r->consistency_enabled = on;
    relationship_update_group(c, g, NULL);
}

/* ---- pairs ---- */

static bool is_member(const struct group_record *g, const char *element)
{
    for (size_t i = 0; i < g->n_members; i++)
        if (strcmp(g->members[i].id, element) == 0)
            return true;
    return false;
}

/* Whether it was otherwise before. */
static bool change_member(struct change *c, struct group *g, const struct element *e, bool in)
{
    const struct group_record *now = change_peek(&g->o);
    if (now == NULL || is_member(now, e->o.id) == in)
        return false;
    struct group_record *r = change_edit(c, &g->o);
    size_t n = r != NULL ? r->n_members : 0;
    replsvc_element_ref *list = mem_array(n + 1, sizeof(*list));
    if (r == NULL || list == NULL) {
        c->err = -ENOMEM;
        mem_free(list);
        return false;
    }
    size_t k = 0;
    for (size_t i = 0; i < n; i++)
        if (in || strcmp(r->members[i].id, e->o.id) != 0)
            list[k++] = r->members[i];
    if (in)
        memcpy(list[k++].id, e->o.id, sizeof(list[0].id));
    change_array(c, (void *)&r->members, &r->n_members, list, k, sizeof(*list));
    change_event(c, REPLSVC_EVENT_MODIFIED, &g->o, REPLSVC_EVENT_PROPERTY_MEMBERS, (uint32_t)n, (uint32_t)k);
    mem_free(list);
    return true;
}

/* A source stays a member while another pair of the group copies it. */
static bool copied_by_another(struct change *c, const struct relationship *g, const struct relationship *pair)
{
    const struct sync_record *r = relationship_record(g);
    for (size_t i = 0; i < r->n_pairs; i++) {
        const struct relationship *p = object_by_id(c->svc, KIND_SYNC, r->pairs[i].id);
        if (p != NULL && p != pair && p->source == pair->source)
            return true;
    }
    return false;
}

static void set_pairs(struct change *c, struct relationship *g, const struct relationship *pair, bool in)
{
    struct sync_record *r = change_edit(c, &g->o);
    replsvc_sync_ref *list = r != NULL ? mem_array(r->n_pairs + 1, sizeof(*list)) : NULL;
    if (list == NULL) {
        c->err = -ENOMEM;
        return;
    }
    size_t k = 0;
    for (size_t i = 0; i < r->n_pairs; i++)
        if (in || strcmp(r->pairs[i].id, pair->o.id) != 0)
            list[k++] = r->pairs[i];
    if (in)
        memcpy(list[k++].id, pair->o.id, sizeof(list[0].id));
    change_array(c, (void *)&r->pairs, &r->n_pairs, list, k, sizeof(*list));
    mem_free(list);
}

static uint32_t check_pair(const struct relationship *g, const struct relationship *p, bool add)
{
    if (p->r.is_group)
        return REFUSE("SyncPair", "\"%s\" is a group relationship itself", p->r.name);
    if (p->busy)
        return svc_fail(REPLSVC_IN_USE, 0, "SyncPair", "SyncPair: \"%s\" is being worked on", p->r.name);
    if (!add)
        return p->parent == g ? REPLSVC_OK
                              : REFUSE("SyncPair", "\"%s\" is no pair of \"%s\"", p->r.name, g->r.name);
    if (p->parent != NULL)
        return svc_fail(REPLSVC_IN_USE, 0, "SyncPair", "SyncPair: \"%s\" is a pair of \"%s\"", p->r.name,
                        p->parent->r.name);
    return group_check_fit(g, &p->r, p->source, "SyncPair");
}

void group_lose_members(struct change *c, struct relationship *g, const struct relationship *p, bool source,
                        bool target)
{
    if (source && g->source_group != NULL && !copied_by_another(c, g, p))
        change_member(c, g->source_group, p->source, false);
    if (target && g->target_group != NULL)
        change_member(c, g->target_group, p->target, false);
}

void group_take_pair(struct change *c, struct relationship *g, struct relationship *p, bool *source_came,
                     bool *target_came)
{
    struct sync_record *r = change_edit(c, &p->o);
    if (r == NULL)
        return;
    memcpy(r->group, g->o.id, sizeof(r->group));
    set_pairs(c, g, p, true);
    *source_came = g->source_group != NULL && change_member(c, g->source_group, p->source, true);
    *target_came = g->target_group != NULL && change_member(c, g->target_group, p->target, true);
}

static void lose_pair(struct change *c, struct relationship *g, struct relationship *p)
{
    struct sync_record *r = change_edit(c, &p->o);
    if (r == NULL)
        return;
    r->group[0] = '\0';
    set_pairs(c, g, p, false);
    group_lose_members(c, g, p, true, true);
}

static uint32_t change_pair(struct change *c, const struct operation_request *q, struct relationship *g,
                            const replsvc_sync_ref *ref)
{
    bool add = q->operation == REPLSVC_OPERATION_ADDSYNCPAIR;
    struct relationship *p;
    uint32_t ret = sync_by_ref(c->svc, ref, "SyncPair", &p);
    if (ret == REPLSVC_OK)
        ret = check_pair(g, p, add);
    if (ret == REPLSVC_OK && p->o.pending != NULL)
        ret = REFUSE("SyncPair", "\"%s\" is given twice", p->r.name);
    bool came;
    if (ret == REPLSVC_OK && add)
        group_take_pair(c, g, p, &came, &came);
    else if (ret == REPLSVC_OK)
        lose_pair(c, g, p);
    return ret;
}

static uint32_t change_pairs(struct change *c, const struct operation_request *q, struct relationship *g)
{
    uint32_t ret = REPLSVC_OK;
    for (size_t i = 0; i < q->n_pairs && ret == REPLSVC_OK; i++)
        ret = change_pair(c, q, g, &q->pairs[i]);
    const struct sync_record *r = relationship_record(g);
    if (ret == REPLSVC_OK && c->err == 0 && r->n_pairs == 0)
        ret = REFUSE("SyncPair", "\"%s\" would have no pair left", g->r.name);
    if (ret == REPLSVC_OK)
        relationship_update_group(c, g, NULL);
    return ret;
}

/* ---- what mirrors need besides ---- */

/* Loaded before anything is edited, all of the group and those that come, and nobody works on them. */
static uint32_t need_mirrors(struct change *c, const struct operation_request *q, struct relationship *g)
{
    uint32_t ret = REPLSVC_OK;
    for (size_t i = 0; i < g->r.n_pairs && ret == REPLSVC_OK; i++) {
        struct relationship *p = sync_pair(c->svc, g, i);
        ret = p->busy ? svc_fail(REPLSVC_IN_USE, 0, "Synchronization",
                                 "Synchronization: \"%s\" is being worked on", p->r.name)
                      : relationship_need(c, p);
    }
    for (size_t i = 0; i < q->n_pairs && ret == REPLSVC_OK; i++) {
        struct relationship *p;
        ret = sync_by_ref(c->svc, &q->pairs[i], "SyncPair", &p);
        if (ret == REPLSVC_OK && !p->r.is_group && is_mirror(p) && !p->busy)
            ret = relationship_need(c, p);
    }
    return ret;
}

static uint32_t begin_moves(struct change *c, const struct operation_request *q, struct relationship *g,
                            struct relationship_move moves[])
{
    int err = 0;
    for (size_t i = 0; i < q->n_pairs && err == 0; i++) {
        struct relationship *p = object_by_id(c->svc, KIND_SYNC, q->pairs[i].id);
        err = relationship_move_begin(c->svc, p, q->operation == REPLSVC_OPERATION_ADDSYNCPAIR ? g : p,
                                      &moves[i]);
    }
    return err == 0 ? REPLSVC_OK
                    : svc_fail_backend(err, NULL, "the pairs of \"%s\" cannot be changed", g->r.name);
}

/* The records and the engine's groups change together. */
static uint32_t change_mirrors(struct change *c, const struct operation_request *q, struct relationship *g)
{
    struct relationship_move *moves = mem_array(q->n_pairs, sizeof(*moves));
    if (moves == NULL)
        return svc_fail(REPLSVC_FAILED, ENOMEM, NULL, "the pairs of \"%s\" cannot be changed", g->r.name);
    uint32_t ret = need_mirrors(c, q, g);
    if (ret == REPLSVC_OK)
        ret = change_pairs(c, q, g);
    if (ret == REPLSVC_OK)
        ret = begin_moves(c, q, g, moves);
    if (ret == REPLSVC_OK)
        ret = change_save(c);
    for (size_t i = 0; i < q->n_pairs && ret == REPLSVC_OK; i++)
        relationship_move_do(c->svc, &moves[i]);
    relationship_moves_end(moves, q->n_pairs);
    mem_free(moves);
    return ret;
}

uint32_t operate_on_group(struct replsvc_service *svc, const struct operation_request *q)
{
    struct change c;
    uint32_t ret = REPLSVC_OK;
    change_begin(&c, svc);
    for (size_t i = 0; i < q->n && ret == REPLSVC_OK; i++) {
        struct relationship *g;
        ret = check_group(&c, q, &q->syncs[i], &g);
        if (ret != REPLSVC_OK)
            break;
        if (q->n_pairs != 0)
            ret = is_mirror(g) ? change_mirrors(&c, q, g) : change_pairs(&c, q, g);
        else
            set_consistency(&c, g, q->operation == REPLSVC_OPERATION_ACTIVATE_CONSISTENCY);
    }
    if (ret == REPLSVC_OK)
        ret = change_save(&c);
    change_end(&c);
    return ret;
}
