/* SPDX-License-Identifier: BSD-2-Clause */
/* From a request to a plan: the parameters' rules, pairing, names. See replica.h. */
#include "service/replica.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "service/capabilities_table.h"
#include "service/pool.h"
#include "service/relationship_mirror.h"
#include "service/transitions.h"
#include "util/alloc.h"
#include "util/fail.h"

void replica_plan_free(struct replica_plan *plan)
{
    mem_free(plan->pairs);
    plan->pairs = NULL;
}

#define REFUSE(parameter, ...) svc_fail(REPLSVC_INVALID_PARAMETER, 0, parameter, parameter ": " __VA_ARGS__)

/* ---- scalars ---- */

static uint32_t check_type(const struct replica_request *q, struct replica_plan *plan)
{
    if (q->sync_type == 0)
        return REFUSE("SyncType", "it is required");
    if (q->sync_type < REPLSVC_SYNC_TYPE_MIRROR || q->sync_type > REPLSVC_SYNC_TYPE_TOKENIZEDCLONE)
        return REFUSE("SyncType", "there is no SyncType %u", q->sync_type);
    if (q->mode != 0 && (q->mode < REPLSVC_MODE_SYNCHRONOUS || q->mode > REPLSVC_MODE_ACTIVE))
        return REFUSE("Mode", "there is no Mode %u", q->mode);
    plan->mode = q->mode != 0 ? q->mode : capability_default_mode(q->sync_type);
    if (!capability_sync(q->sync_type, plan->mode))
        return svc_fail(REPLSVC_NOT_SUPPORTED, 0, "SyncType", "SyncType: a %s%s%s is not supported",
                        q->mode != 0 ? mode_name(q->mode) : "", q->mode != 0 ? " " : "",
                        sync_type_name(q->sync_type));
    if (q->consistency != 0 && q->consistency != REPLSVC_CONSISTENCY_NO_CONSISTENCY &&
        q->consistency != REPLSVC_CONSISTENCY_SEQUENTIAL_CONSISTENCY)
        return REFUSE("Consistency", "there is no Consistency %u", q->consistency);
    if (q->wait != 0 && !capability_wait_create(q->sync_type, q->wait))
        return REFUSE("WaitForCopyState", "a new %s cannot be waited for to become %s (%u)",
                      sync_type_name(q->sync_type), copy_state_name(q->wait), q->wait);
    return REPLSVC_OK;
}

/* Delta-Update: an asynchronous mirror whose cycles come when they are said to. */
static uint32_t check_delta(const struct replica_request *q, struct replica_plan *plan)
{
    const replsvc_replication_settings *s = &plan->settings;
    uint16_t method = s->desired_copy_methodology;
    bool said = s->delta_update_interval_us > 0 || s->delta_update_blocks != 0;
    if (!said && method != REPLSVC_DESIRED_COPY_METHODOLOGY_DELTA_UPDATE)
        return REPLSVC_OK;
    if (method != 0 && method != REPLSVC_DESIRED_COPY_METHODOLOGY_INSTRUMENTATION_DECIDES &&
        method != REPLSVC_DESIRED_COPY_METHODOLOGY_DELTA_UPDATE)
        return REFUSE(
            "ReplicationSettingData",
            "DeltaUpdateInterval and DeltaUpdateBlocks are for DesiredCopyMethodology Delta-Update");
    if (s->desired_rpo_us > 0)
        return REFUSE("ReplicationSettingData", "DesiredRPO contradicts Delta-Update");
    if (q->mode != 0 && q->mode != REPLSVC_MODE_ASYNCHRONOUS)
        return REFUSE("Mode", "Delta-Update is asynchronous");
    plan->mode = REPLSVC_MODE_ASYNCHRONOUS;
    plan->delta_update = true;
    return REPLSVC_OK;
}

static uint32_t check_settings(const struct replica_request *q, struct replica_plan *plan)
{
    uint32_t ret = settings_parse(q->settings, "ReplicationSettingData", &plan->settings);
    if (ret == REPLSVC_OK)
        ret = capability_check_settings(q->sync_type, &plan->settings);
    if (ret == REPLSVC_OK && plan->settings.consistent_point_in_time == REPLSVC_BOOL_TRUE &&
        q->consistency == REPLSVC_CONSISTENCY_NO_CONSISTENCY)
        ret = REFUSE("Consistency", "No Consistency contradicts ConsistentPointInTime");
    if (ret == REPLSVC_OK)
        ret = check_delta(q, plan);
    /* One cut is made in any case; it is promised unless the caller does not want it. */
    plan->consistent = q->consistency != REPLSVC_CONSISTENCY_NO_CONSISTENCY &&
                       plan->settings.consistent_point_in_time != REPLSVC_BOOL_FALSE;
    return ret;
}

static uint32_t check_elsewhere(const struct replica_request *q)
{
    if (!q->elsewhere)
        return REPLSVC_OK;
    return svc_fail(REPLSVC_NOT_SUPPORTED, 0, q->elsewhere_parameter, "%s: it is not supported here",
                    q->elsewhere_parameter);
}

/* ---- sources ---- */

static uint32_t pairs_of(struct replica_plan *plan, size_t n)
{
    plan->pairs = mem_array(n != 0 ? n : 1, sizeof(plan->pairs[0]));
    if (plan->pairs == NULL)
        return svc_fail(REPLSVC_FAILED, ENOMEM, NULL, "the replica cannot be planned");
    plan->n = n;
    for (size_t i = 0; i < n; i++)
        plan->pairs[i].index = i;
    return REPLSVC_OK;
}

static uint32_t group_sources(struct change *c, const struct replica_request *q, struct replica_plan *plan)
{
    struct group *g;
    uint32_t ret = group_by_ref(c->svc, q->source_group, "SourceGroup", &g);
    if (ret == REPLSVC_OK)
        ret = group_check_role(g, true, "SourceGroup");
    if (ret == REPLSVC_OK && g->r.n_members == 0)
        ret = REFUSE("SourceGroup", "group \"%s\" is empty", g->r.name);
    if (ret == REPLSVC_OK)
        ret = pairs_of(plan, g->r.n_members);
    for (size_t i = 0; i < plan->n && ret == REPLSVC_OK; i++)
        plan->pairs[i].source = object_by_id(c->svc, KIND_ELEMENT, g->r.members[i].id);
    plan->source_group = g;
    return ret;
}

static uint32_t single_source(struct change *c, const struct replica_request *q, struct replica_plan *plan)
{
    struct element *e;
    uint64_t n = q->target_count != 0 ? q->target_count : 1;
    uint32_t ret = element_by_ref(c->svc, q->sources, q->source_parameter, &e);
    if (ret == REPLSVC_OK && n > 4096)
        ret = REFUSE("TargetElementCount", "%llu is more than 4096", (unsigned long long)n);
    struct group *g = NULL;
    if (ret == REPLSVC_OK && q->form == FORM_GROUP && !ref_absent(q->target_group)) {
        ret = group_by_ref(c->svc, q->target_group, "TargetGroup", &g);
        if (ret == REPLSVC_OK && g->r.n_members != 0)
            n = g->r.n_members; /* one copy to each member */
    }
    if (ret == REPLSVC_OK)
        ret = pairs_of(plan, (size_t)n);
    for (size_t i = 0; i < plan->n && ret == REPLSVC_OK; i++)
        plan->pairs[i].source = e;
    return ret;
}

static uint32_t list_sources(struct change *c, const struct replica_request *q, struct replica_plan *plan)
{
    if (q->n_sources == 0 || q->sources == NULL)
        return REFUSE("SourceElements", "they are required");
    uint32_t ret = pairs_of(plan, q->n_sources);
    for (size_t i = 0; i < plan->n && ret == REPLSVC_OK; i++)
        ret = element_by_ref(c->svc, &q->sources[i], "SourceElements", &plan->pairs[i].source);
    return ret;
}

static uint32_t find_sources(struct change *c, const struct replica_request *q, struct replica_plan *plan)
{
    bool group = (q->form == FORM_GROUP || q->hidden) && !ref_absent(q->source_group);
    if (q->form == FORM_LIST && !group)
        return list_sources(c, q, plan);
    if (q->form == FORM_GROUP && group == !ref_absent(q->sources))
        return REFUSE("SourceGroup", "exactly one of SourceGroup and SourceElement is required");
    return group ? group_sources(c, q, plan) : single_source(c, q, plan);
}

/* A replica's source may itself be a replica only when it stands on its own. */
static uint32_t check_source(const struct replica_request *q, const struct element *e)
{
    for (const struct relationship *s = e->as_source; s != NULL; s = s->next_of_source)
        if (relationship_half_restored(s))
            return svc_fail(REPLSVC_IN_USE, 0, q->source_parameter,
                            "%s: \"%s\" is being restored from \"%s\"", q->source_parameter, e->r.name,
                            s->r.name);
    const struct relationship *t = e->as_target;
    if (t == NULL)
        return REPLSVC_OK;
    bool whole =
        t->r.sync_type == REPLSVC_SYNC_TYPE_CLONE && t->r.replica_state == REPLICA_COMPLETE &&
        t->r.intent == INTENT_NONE &&
        (t->r.copy_state == REPLSVC_COPY_STATE_SYNCHRONIZED ||
         t->r.copy_state == REPLSVC_COPY_STATE_FRACTURED || t->r.copy_state == REPLSVC_COPY_STATE_SPLIT ||
         t->r.copy_state == REPLSVC_COPY_STATE_SKEWED);
    if (whole)
        return REPLSVC_OK;
    return svc_fail(REPLSVC_IN_USE, 0, q->source_parameter, "%s: \"%s\" is the target of \"%s\", which is %s",
                    q->source_parameter, e->r.name, t->r.name, copy_state_name(t->r.copy_state));
}

/* ---- targets ---- */

static uint32_t check_target(const struct replica_request *q, const struct replica_pair *p)
{
    const struct element *e = p->target;
    const char *why = e->as_target != NULL   ? "is the target of another relationship"
                      : e->as_source != NULL ? "is the source of a relationship"
                      : e->handles != 0      ? "has an open volume"
                                             : NULL;
    if (e == p->source)
        return svc_fail(REPLSVC_INVALID_PARAMETER, 0, q->target_parameter, "%s: \"%s\" is the source itself",
                        q->target_parameter, e->r.name);
    if (why != NULL)
        return svc_fail(REPLSVC_IN_USE, 0, q->target_parameter, "%s: \"%s\" %s", q->target_parameter,
                        e->r.name, why);
    if (e->r.read_only)
        return svc_fail(REPLSVC_INVALID_PARAMETER, 0, q->target_parameter, "%s: \"%s\" may only be read",
                        q->target_parameter, e->r.name);
    if (e->r.size_bytes < p->source->r.size_bytes)
        return svc_fail(REPLSVC_INVALID_PARAMETER, 0, q->target_parameter,
                        "%s: \"%s\" has %llu bytes, its source \"%s\" has %llu", q->target_parameter,
                        e->r.name, (unsigned long long)e->r.size_bytes, p->source->r.name,
                        (unsigned long long)p->source->r.size_bytes);
    return REPLSVC_OK;
}

bool replica_can_be(const struct element *source, const struct element *target)
{
    static const struct replica_request q = {.source_parameter = "SourceElement",
                                             .target_parameter = "TargetElement"};
    struct element any = {0};
    struct replica_pair p = {.source = (struct element *)(uintptr_t)(source != NULL ? source : &any),
                             .target = (struct element *)(uintptr_t)target};
    bool can = (source == NULL || check_source(&q, source) == REPLSVC_OK) &&
               (target == NULL || check_target(&q, &p) == REPLSVC_OK);
    svc_clear_error();
    return can;
}

static uint32_t check_roles(const struct replica_request *q, const struct replica_plan *plan)
{
    uint32_t ret = REPLSVC_OK;
    for (size_t i = 0; i < plan->n && ret == REPLSVC_OK; i++) {
        const struct replica_pair *p = &plan->pairs[i];
        ret = check_source(q, p->source);
        if (ret != REPLSVC_OK || p->target == NULL)
            continue;
        ret = check_target(q, p);
        for (size_t k = 0; k < plan->n && ret == REPLSVC_OK; k++)
            if ((k < i && plan->pairs[k].target == p->target) || plan->pairs[k].source == p->target)
                ret = svc_fail(REPLSVC_IN_USE, 0, q->target_parameter, "%s: \"%s\" is given two parts",
                               q->target_parameter, p->target->r.name);
    }
    return ret;
}

static int by_size(const void *a, const void *b)
{
    const struct replica_pair *x = a, *y = b;
    uint64_t p = x->source->r.size_bytes, q = y->source->r.size_bytes;
    return p > q ? -1 : p < q;
}

/* The largest source first takes the smallest target that it fits into. */
static uint32_t pair_optimum(struct replica_plan *plan, struct element **targets, size_t n)
{
    struct replica_pair *order = mem_array(plan->n, sizeof(*order));
    if (order == NULL)
        return svc_fail(REPLSVC_FAILED, ENOMEM, NULL, "the replica cannot be planned");
    memcpy(order, plan->pairs, plan->n * sizeof(*order));
    qsort(order, plan->n, sizeof(*order), by_size);
    for (size_t i = 0; i < plan->n; i++) {
        struct element **best = NULL;
        for (size_t k = 0; k < n; k++)
            if (targets[k] != NULL && targets[k]->r.size_bytes >= order[i].source->r.size_bytes &&
                (best == NULL || targets[k]->r.size_bytes < (*best)->r.size_bytes))
                best = &targets[k];
        for (size_t k = 0; k < plan->n && best != NULL; k++)
            if (plan->pairs[k].source == order[i].source && plan->pairs[k].target == NULL) {
                plan->pairs[k].target = *best;
                *best = NULL;
                break;
            }
    }
    mem_free(order);
    return REPLSVC_OK;
}

/* Gives targets to sources as Pairing says; the first min(n, sources) of each. */
static uint32_t pair_up(struct replica_plan *plan, struct element **targets, size_t n)
{
    if (plan->settings.pairing == REPLSVC_PAIRING_OPTIMUM)
        return pair_optimum(plan, targets, n);
    for (size_t i = 0; i < plan->n && i < n; i++)
        plan->pairs[i].target = targets[i];
    return REPLSVC_OK;
}

/* More sources than targets, or fewer: what the caller said is to be done. */
static uint32_t check_counts(const struct replica_request *q, const struct replica_plan *plan, size_t n,
                             bool fill_up)
{
    bool list = q->form == FORM_LIST;
    uint16_t action = list ? plan->settings.unequal_lists_action : plan->settings.unequal_groups_action;
    if (plan->n == n ||
        (plan->n > n &&
         (fill_up || action == REPLSVC_UNEQUAL_GROUPS_ACTION_ALLOW_SOURCE_GROUP_TO_BE_LARGER)) ||
        (plan->n < n && action == REPLSVC_UNEQUAL_GROUPS_ACTION_ALLOW_TARGET_GROUP_TO_BE_LARGER))
        return REPLSVC_OK;
    return svc_fail(REPLSVC_INVALID_PARAMETER, 0, q->target_parameter,
                    "%s: there are %zu targets for %zu sources", q->target_parameter, n, plan->n);
}

/* What nobody is to copy falls out of the plan. */
static void drop_unpaired(struct replica_plan *plan)
{
    size_t n = 0;
    for (size_t i = 0; i < plan->n; i++)
        if (plan->pairs[i].target != NULL)
            plan->pairs[n++] = plan->pairs[i];
    plan->n = n;
}

/* TargetElementSupplier, with targets given or not. *make: targets that lack are to be made. */
static uint32_t check_supplier(const struct replica_request *q, const struct replica_plan *plan, bool given,
                               bool *make)
{
    uint16_t supplier = plan->settings.target_element_supplier;
    *make = !given || supplier == REPLSVC_TARGET_ELEMENT_SUPPLIER_USE_AND_CREATE;
    if (given && supplier == REPLSVC_TARGET_ELEMENT_SUPPLIER_CREATE_NEW)
        return svc_fail(
            REPLSVC_INVALID_PARAMETER, 0, q->target_parameter,
            "%s: targets are given though TargetElementSupplier says that new ones are to be made",
            q->target_parameter);
    if (!given && (supplier == REPLSVC_TARGET_ELEMENT_SUPPLIER_USE_EXISTING ||
                   supplier == REPLSVC_TARGET_ELEMENT_SUPPLIER_CLIENT_MUST_SUPPLY))
        return svc_fail(REPLSVC_INVALID_PARAMETER, 0, q->target_parameter,
                        "%s: TargetElementSupplier wants existing targets, and none are given",
                        q->target_parameter);
    return REPLSVC_OK;
}

static uint32_t take_targets(const struct replica_request *q, struct replica_plan *plan,
                             struct element **targets, size_t n)
{
    bool make;
    uint32_t ret = check_supplier(q, plan, n != 0, &make);
    if (ret == REPLSVC_OK && n != 0)
        ret = check_counts(q, plan, n, make);
    if (ret == REPLSVC_OK && n != 0)
        ret = pair_up(plan, targets, n);
    size_t unpaired = 0;
    for (size_t i = 0; i < plan->n; i++)
        unpaired += plan->pairs[i].target == NULL;
    if (ret != REPLSVC_OK || make || unpaired == 0)
        return ret;
    if (plan->settings.pairing == REPLSVC_PAIRING_OPTIMUM && unpaired > (plan->n > n ? plan->n - n : 0))
        return svc_fail(REPLSVC_INVALID_PARAMETER, 0, q->target_parameter,
                        "%s: there are not enough targets that are large enough", q->target_parameter);
    drop_unpaired(plan);
    return REPLSVC_OK;
}

static uint32_t group_targets(struct change *c, const struct replica_request *q, struct replica_plan *plan)
{
    struct group *g = NULL;
    bool given = !ref_absent(q->target_group);
    if (given && q->target_count != 0)
        return REFUSE("TargetElementCount", "it is given together with TargetGroup");
    if (plan->source_group != NULL && q->target_count != 0 && q->target_count != plan->n)
        return REFUSE("TargetElementCount", "it is %llu, and the source group has %zu members",
                      (unsigned long long)q->target_count, plan->n);
    uint32_t ret = given ? group_by_ref(c->svc, q->target_group, "TargetGroup", &g) : REPLSVC_OK;
    if (ret == REPLSVC_OK && given && g == plan->source_group)
        ret = REFUSE("TargetGroup", "it is the source group");
    if (ret == REPLSVC_OK && given)
        ret = group_check_role(g, false, "TargetGroup");
    if (ret == REPLSVC_OK && given && g->as_target != 0)
        ret = svc_fail(REPLSVC_IN_USE, 0, "TargetGroup",
                       "TargetGroup: group \"%s\" is the target of another relationship", g->r.name);
    if (ret != REPLSVC_OK)
        return ret;
    plan->target_group = g;
    size_t n = given ? g->r.n_members : 0;
    struct element **targets = mem_array(n != 0 ? n : 1, sizeof(*targets));
    if (targets == NULL)
        return svc_fail(REPLSVC_FAILED, ENOMEM, NULL, "the replica cannot be planned");
    for (size_t i = 0; i < n; i++)
        targets[i] = object_by_id(c->svc, KIND_ELEMENT, g->r.members[i].id);
    ret = take_targets(q, plan, targets, n);
    mem_free(targets);
    return ret;
}

/* In a list absent ones may stand between others: they are to be made. */
static uint32_t listed_targets(struct change *c, const struct replica_request *q, struct replica_plan *plan)
{
    size_t given = 0;
    for (size_t i = 0; i < q->n_targets && q->targets != NULL; i++)
        given += !ref_absent(&q->targets[i]);
    size_t n = given != 0 ? q->n_targets : 0;
    struct element **targets = mem_array(n != 0 ? n : 1, sizeof(*targets));
    if (targets == NULL)
        return svc_fail(REPLSVC_FAILED, ENOMEM, NULL, "the replica cannot be planned");
    uint32_t ret = REPLSVC_OK;
    for (size_t i = 0; i < n && ret == REPLSVC_OK; i++)
        if (!ref_absent(&q->targets[i]))
            ret = element_by_ref(c->svc, &q->targets[i], q->target_parameter, &targets[i]);
    if (ret == REPLSVC_OK && given != 0 && given != n &&
        plan->settings.target_element_supplier != REPLSVC_TARGET_ELEMENT_SUPPLIER_USE_AND_CREATE)
        ret = svc_fail(REPLSVC_INVALID_PARAMETER, 0, q->target_parameter,
                       "%s: some are absent, and TargetElementSupplier does not say that they are to be made",
                       q->target_parameter);
    if (ret == REPLSVC_OK)
        ret = take_targets(q, plan, targets, n);
    mem_free(targets);
    return ret;
}

/* ---- what is made ---- */

static bool makes_targets(const struct replica_plan *plan)
{
    for (size_t i = 0; i < plan->n; i++)
        if (plan->pairs[i].target == NULL)
            return true;
    return false;
}

static uint32_t choose_pool(struct change *c, const struct replica_plan *plan, struct pool *given,
                            struct replica_pair *p)
{
    p->pool = given;
    if (given != NULL)
        return REPLSVC_OK;
    if (plan->settings.target_element_resource_pool ==
        REPLSVC_TARGET_ELEMENT_RESOURCE_POOL_SAME_AS_SOURCE_ELEMENT) {
        p->pool = object_by_id(c->svc, KIND_POOL, p->source->r.pool);
        return p->pool != NULL ? REPLSVC_OK
                               : REFUSE("TargetPool", "the source \"%s\" is in no pool", p->source->r.name);
    }
    return pool_choose(c->svc, p->source->r.size_bytes, "TargetPool", &p->pool);
}

static uint32_t plan_targets(struct change *c, const struct replica_request *q, struct replica_plan *plan)
{
    struct pool *pool = NULL;
    uint32_t ret = REPLSVC_OK;
    if (!makes_targets(plan)) {
        if (!ref_absent(q->pool))
            ret = REFUSE("TargetPool", "no target is to be made");
        else if (!ref_absent(q->goal))
            ret = REFUSE("TargetSettingGoal", "no target is to be made");
        return ret;
    }
    if (!ref_absent(q->pool))
        ret = pool_by_ref(c->svc, q->pool, "TargetPool", &pool);
    if (ret == REPLSVC_OK && !ref_absent(q->goal))
        ret = goal_by_ref(c->svc, q->goal, "TargetSettingGoal", &plan->goal);
    for (size_t i = 0; i < plan->n && ret == REPLSVC_OK; i++)
        if (plan->pairs[i].target == NULL)
            ret = choose_pool(c, plan, pool, &plan->pairs[i]);
    return ret;
}

/* ---- names ---- */

#define SUFFIX_MAX 11u /* "_" and a number */

static uint32_t name_pair(struct change *c, const struct replica_request *q, struct replica_pair *p)
{
    uint32_t ret = name_check(c->svc, KIND_SYNC, p->name, q->name_parameter);
    if (ret == REPLSVC_OK && p->target == NULL)
        ret = name_check(c->svc, KIND_ELEMENT, p->name, q->name_parameter);
    return ret;
}

static uint32_t make_name(struct change *c, bool element_too, const char *prefix,
                          char name[REPLSVC_NAME_SIZE])
{
    uint32_t ret;
    do
        ret = name_make(c, KIND_SYNC, prefix, name);
    while (ret == REPLSVC_OK && element_too && object_by_name(c->svc, KIND_ELEMENT, name) != NULL);
    return ret;
}

static uint32_t name_group(struct change *c, const struct replica_request *q, struct replica_plan *plan)
{
    uint32_t ret = REPLSVC_OK;
    if (q->name == NULL)
        ret = make_name(c, false, "replica", plan->name);
    else if (strnlen(q->name, REPLSVC_NAME_SIZE) + SUFFIX_MAX >= REPLSVC_NAME_SIZE)
        ret = REFUSE("RelationshipName", "it is longer than %u bytes", REPLSVC_NAME_SIZE - SUFFIX_MAX - 1);
    else
        ret = name_check(c->svc, KIND_SYNC, q->name, "RelationshipName");
    if (ret == REPLSVC_OK && q->name != NULL)
        snprintf(plan->name, sizeof(plan->name), "%s", q->name);
    for (size_t i = 0; i < plan->n && ret == REPLSVC_OK; i++) {
        snprintf(plan->pairs[i].name, REPLSVC_NAME_SIZE, "%.*s_%u", (int)(REPLSVC_NAME_SIZE - 1 - SUFFIX_MAX),
                 plan->name, (unsigned)i + 1);
        ret = name_pair(c, q, &plan->pairs[i]);
    }
    return ret;
}

static uint32_t name_single(struct change *c, const struct replica_request *q, struct replica_plan *plan,
                            size_t i)
{
    struct replica_pair *p = &plan->pairs[i];
    const char *given = q->form == FORM_ELEMENT ? q->name : q->n_names != 0 ? q->names[p->index] : NULL;
    if (given == NULL)
        return make_name(c, p->target == NULL, "replica", p->name);
    if (strnlen(given, REPLSVC_NAME_SIZE) == REPLSVC_NAME_SIZE)
        return name_check(c->svc, KIND_SYNC, given, q->name_parameter);
    snprintf(p->name, sizeof(p->name), "%s", given);
    for (size_t k = 0; k < i; k++)
        if (strcmp(plan->pairs[k].name, p->name) == 0)
            return svc_fail(REPLSVC_INVALID_PARAMETER, 0, q->name_parameter, "%s: \"%s\" is given twice",
                            q->name_parameter, p->name);
    return name_pair(c, q, p);
}

static uint32_t make_names(struct change *c, const struct replica_request *q, struct replica_plan *plan)
{
    uint32_t ret = REPLSVC_OK;
    if (q->form == FORM_GROUP)
        return name_group(c, q, plan);
    if (q->n_names != 0 && (q->n_names != q->n_sources || q->names == NULL))
        return REFUSE("ElementNames", "there are %zu names for %zu elements", q->n_names, q->n_sources);
    for (size_t i = 0; i < plan->n && ret == REPLSVC_OK; i++)
        ret = name_single(c, q, plan, i);
    return ret;
}

/* ---- all of it ---- */

uint32_t replica_plan_make(struct change *c, const struct replica_request *q, struct replica_plan *plan)
{
    memset(plan, 0, sizeof(*plan));
    plan->request = q;
    uint32_t ret = check_type(q, plan);
    if (ret == REPLSVC_OK)
        ret = check_elsewhere(q);
    if (ret == REPLSVC_OK)
        ret = check_settings(q, plan);
    if (ret == REPLSVC_OK)
        ret = find_sources(c, q, plan);
    if (ret == REPLSVC_OK)
        ret = q->form == FORM_GROUP ? group_targets(c, q, plan) : listed_targets(c, q, plan);
    if (ret == REPLSVC_OK)
        ret = check_roles(q, plan);
    if (ret == REPLSVC_OK)
        ret = plan_targets(c, q, plan);
    if (ret == REPLSVC_OK)
        ret = make_names(c, q, plan);
    return ret;
}
