/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Giving points in time targets, restoring their sources, deleting them; see aspect.h. Deleting and
 * restoring are the operations of the hidden snapshots; a target is given by showing them.
 */
#include "service/aspect.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "service/capabilities_table.h"
#include "service/operations.h"
#include "service/regroup.h"
#include "service/transitions.h"
#include "util/alloc.h"
#include "util/fail.h"

#define OP(name) REPLSVC_SETTINGS_STATE_OPERATION_##name

/* ---- what there is ---- */

bool aspect_operation_supported(uint16_t sync_type, uint16_t operation)
{
    return sync_type == REPLSVC_SYNC_TYPE_SNAPSHOT &&
           (operation == OP(DELETE) || operation == OP(COPY_TO_TARGET) || operation == OP(RESTORE));
}

/* Of the snapshots. */
static uint16_t operation_of(uint16_t operation)
{
    return operation == OP(DELETE) ? REPLSVC_OPERATION_RETURN_TO_RESOURCEPOOL
                                   : REPLSVC_OPERATION_RESTORE_FROM_REPLICA;
}

bool aspect_wait_supported(uint16_t sync_type, uint16_t operation, uint16_t copy_state)
{
    if (!aspect_operation_supported(sync_type, operation))
        return false;
    if (operation == OP(COPY_TO_TARGET))
        return copy_state == REPLSVC_COPY_STATE_SYNCHRONIZED;
    return capability_wait_operation(sync_type, false, operation_of(operation), copy_state);
}

/* ---- checks ---- */

static uint32_t given_too_much(const char *parameter, uint16_t code, const char *why)
{
    return svc_fail(code, 0, parameter, "%s: %s", parameter, why);
}

/* The store that holds the point in time is the target: there is nothing to choose any more. */
static uint32_t check_target_parameters(const struct aspect_operation *q)
{
    bool copy = q->operation == OP(COPY_TO_TARGET);
    uint32_t code = copy ? REPLSVC_NOT_SUPPORTED : REPLSVC_INVALID_PARAMETER;
    const char *why = copy
                          ? "the target is the element that holds the point in time, made when that was taken"
                          : "the operation takes no target";
    for (size_t i = 0; i < q->n_targets; i++)
        if (!ref_absent(&q->targets[i]))
            return given_too_much(q->n_targets == 1 ? "TargetElement" : "TargetElements", (uint16_t)code,
                                  why);
    for (size_t i = 0; i < q->n_groups; i++)
        if (!ref_absent(&q->groups[i]))
            return given_too_much(q->n_groups == 1 ? "TargetGroup" : "TargetGroups", (uint16_t)code, why);
    if (q->made_by != NULL)
        return given_too_much(q->made_by, (uint16_t)code, why);
    if (q->elsewhere != NULL)
        return given_too_much(q->elsewhere, REPLSVC_NOT_SUPPORTED, "it is not supported here");
    if (!copy && (q->n_names != 0 || q->target_count != 0))
        return given_too_much(q->n_names != 0 ? "ElementName" : "TargetElementCount",
                              REPLSVC_INVALID_PARAMETER, why);
    if (q->n_names != 0 && (q->n_names != q->n || q->names == NULL))
        return svc_fail(REPLSVC_INVALID_PARAMETER, 0, "ElementNames",
                        "ElementNames: there are %zu names for %zu points in time", q->n_names, q->n);
    return REPLSVC_OK;
}

static uint32_t check_request(const struct aspect_operation *q)
{
    replsvc_replication_settings settings;
    if (q->operation < OP(ACTIVATE_CONSISTENCY) || q->operation > OP(ATTACH_TO_TARGET))
        return svc_fail(REPLSVC_INVALID_PARAMETER, 0, "Operation", "Operation: there is no operation %u",
                        q->operation);
    if (!aspect_operation_supported(REPLSVC_SYNC_TYPE_SNAPSHOT, q->operation))
        return svc_fail(REPLSVC_NOT_SUPPORTED, 0, "Operation", "Operation: %u is not supported",
                        q->operation);
    if (q->n == 0 || q->states == NULL)
        return svc_fail(REPLSVC_INVALID_PARAMETER, 0, q->states_parameter, "%s: it is required",
                        q->states_parameter);
    if (q->wait != 0 && !aspect_wait_supported(REPLSVC_SYNC_TYPE_SNAPSHOT, q->operation, q->wait))
        return svc_fail(REPLSVC_INVALID_PARAMETER, 0, "WaitForCopyState",
                        "WaitForCopyState: %s (%u) cannot be waited for after this operation",
                        copy_state_name(q->wait), q->wait);
    uint32_t ret = settings_parse(q->settings, "ReplicationSettingData", &settings);
    if (ret == REPLSVC_OK)
        ret = capability_check_settings(REPLSVC_SYNC_TYPE_SNAPSHOT, &settings);
    return ret == REPLSVC_OK ? check_target_parameters(q) : ret;
}

/* A group's point in time of which a deletion has left only a part is good for nothing but the rest of it. */
static uint32_t check_whole(const struct aspect_operation *q, const struct settings_state *st)
{
    if (q->operation == OP(DELETE) || st->group == NULL || st->group->r.n_members == st->r.n_snapshots)
        return REPLSVC_OK;
    return svc_fail(REPLSVC_INVALID_PARAMETER, 0, q->states_parameter,
                    "%s: a part of \"%s\" has been deleted already", q->states_parameter, st->r.name);
}

/* The i-th state; checked against those before. */
static uint32_t find_state(struct replsvc_service *svc, const struct aspect_operation *q, size_t i,
                           struct settings_state **st)
{
    uint32_t ret = object_by_ref(svc, KIND_SETTINGS_STATE, &q->states[i], q->states_parameter, st);
    if (ret == REPLSVC_OK)
        ret = check_whole(q, *st);
    for (size_t k = 0; k < i && ret == REPLSVC_OK; k++)
        if (strcmp(q->states[k].id, q->states[i].id) == 0)
            ret = svc_fail(REPLSVC_INVALID_PARAMETER, 0, q->states_parameter, "%s: \"%s\" is given twice",
                           q->states_parameter, (*st)->r.name);
    return ret;
}

/* ---- the operations of the snapshots ---- */

struct snapshots {
    replsvc_sync_ref *refs;
    size_t n;
};

/* Two points in time cannot both be what one source becomes. */
static uint32_t check_sources(struct replsvc_service *svc, const struct aspect_operation *q,
                              const struct snapshots *all)
{
    for (size_t i = 0; i < all->n && q->operation == OP(RESTORE); i++)
        for (size_t k = 0; k < i; k++) {
            const struct relationship *a = object_by_id(svc, KIND_SYNC, all->refs[i].id);
            const struct relationship *b = object_by_id(svc, KIND_SYNC, all->refs[k].id);
            if (a->source == b->source)
                return svc_fail(REPLSVC_INVALID_PARAMETER, 0, q->states_parameter,
                                "%s: two of them are of the source \"%s\"", q->states_parameter,
                                a->source->r.name);
        }
    return REPLSVC_OK;
}

static uint32_t collect(struct replsvc_service *svc, const struct aspect_operation *q, struct snapshots *all)
{
    struct settings_state *st;
    uint32_t ret = REPLSVC_OK;
    size_t room = 0;
    model_read(svc);
    for (size_t i = 0; i < q->n && ret == REPLSVC_OK; i++) {
        ret = find_state(svc, q, i, &st);
        room += ret == REPLSVC_OK ? st->r.n_snapshots : 0;
    }
    if (ret == REPLSVC_OK && (all->refs = mem_array(room, sizeof(all->refs[0]))) == NULL)
        ret = svc_fail(REPLSVC_FAILED, ENOMEM, NULL, "the operation cannot be begun");
    for (size_t i = 0; i < q->n && ret == REPLSVC_OK; i++) {
        st = object_by_id(svc, KIND_SETTINGS_STATE, q->states[i].id);
        memcpy(all->refs + all->n, st->r.snapshots, st->r.n_snapshots * sizeof(all->refs[0]));
        all->n += st->r.n_snapshots;
    }
    if (ret == REPLSVC_OK)
        ret = check_sources(svc, q, all);
    model_done(svc);
    return ret;
}

static uint32_t operate_on_snapshots(struct replsvc_service *svc, const struct aspect_operation *q)
{
    struct snapshots all = {0};
    uint32_t ret = collect(svc, q, &all);
    struct operation_request r = {
        .method = q->method,
        .operation = operation_of(q->operation),
        .syncs = all.refs,
        .n = all.n,
        .hidden = true,
        .wait = q->wait,
        .job = q->job,
    };
    if (ret == REPLSVC_OK)
        ret = operate(svc, &r, NULL);
    mem_free(all.refs);
    return ret;
}

/* ---- targets ---- */

static uint32_t check_snapshots(struct replsvc_service *svc, const struct aspect_operation *q,
                                const struct settings_state *st)
{
    for (size_t i = 0; i < st->r.n_snapshots; i++) {
        const struct relationship *s = aspect_snapshot(svc, st, i);
        if (s->busy || s->r.intent != INTENT_NONE)
            return svc_fail(REPLSVC_IN_USE, 0, q->states_parameter, "%s: \"%s\" is being worked on",
                            q->states_parameter, st->r.name);
        if (s->r.copy_state != REPLSVC_COPY_STATE_SYNCHRONIZED &&
            (s->r.copy_state != REPLSVC_COPY_STATE_RESTORED || q->wait != 0))
            return svc_fail(REPLSVC_INVALID_PARAMETER, 0, q->states_parameter, "%s: \"%s\" is %s",
                            q->states_parameter, st->r.name, copy_state_name(s->r.copy_state));
    }
    if (q->target_count != 0 && q->target_count != st->r.n_snapshots)
        return svc_fail(REPLSVC_INVALID_PARAMETER, 0, "TargetElementCount",
                        "TargetElementCount: it is %llu, and the point in time is of %zu elements",
                        (unsigned long long)q->target_count, st->r.n_snapshots);
    return REPLSVC_OK;
}

/* Names of hidden objects do not count until they are seen. */
static bool name_taken(struct replsvc_service *svc, char names[][REPLSVC_NAME_SIZE], size_t n,
                       const char *name)
{
    for (size_t i = 0; i < n; i++)
        if (strcmp(names[i], name) == 0)
            return true;
    return object_by_name(svc, KIND_SYNC, name) != NULL || object_by_name(svc, KIND_ELEMENT, name) != NULL;
}

/* The name of the n-th snapshot and of its target from here on, unlike those before. */
static uint32_t choose_name(struct change *c, const char *given, struct relationship *s,
                            char names[][REPLSVC_NAME_SIZE], size_t n)
{
    if (given == NULL) {
        uint32_t ret = REPLSVC_OK;
        (void)snprintf(names[n], sizeof(names[n]), "%s", s->r.name);
        while (ret == REPLSVC_OK && name_taken(c->svc, names, n, names[n]))
            ret = name_make(c, KIND_SYNC, "replica", names[n]);
        return ret;
    }
    uint32_t ret = name_check(c->svc, KIND_SYNC, given, "ElementName");
    if (ret == REPLSVC_OK)
        ret = name_check(c->svc, KIND_ELEMENT, given, "ElementName");
    if (ret == REPLSVC_OK && name_taken(c->svc, names, n, given))
        ret = svc_fail(REPLSVC_INVALID_PARAMETER, 0, "ElementName", "ElementName: \"%s\" is given twice",
                       given);
    if (ret == REPLSVC_OK)
        (void)snprintf(names[n], sizeof(names[n]), "%s", given);
    return ret;
}

static void rename_snapshot(struct change *c, struct relationship *s, const char *name)
{
    struct sync_record *r = change_edit(c, &s->o);
    struct element_record *e = change_edit(c, &s->target->o);
    if (r != NULL && e != NULL) {
        change_string(c, &r->name, name);
        change_string(c, &e->name, name);
    }
}

/* In the change: names, then seen. Given names first, so that made ones keep out of their way. */
static uint32_t show(struct change *c, const struct aspect_operation *q,
                     struct settings_state *const states[], char names[][REPLSVC_NAME_SIZE])
{
    uint32_t ret = REPLSVC_OK;
    size_t n = 0;
    for (int pass = 0; pass < 2; pass++)
        for (size_t i = 0; i < q->n && ret == REPLSVC_OK; i++) {
            struct relationship *s = aspect_snapshot(c->svc, states[i], 0);
            const char *given = q->n_names != 0 ? q->names[i] : NULL;
            if ((given != NULL) != (pass == 0))
                continue;
            ret = choose_name(c, given, s, names, n);
            if (ret == REPLSVC_OK)
                rename_snapshot(c, s, names[n++]);
        }
    for (size_t i = 0; i < q->n && ret == REPLSVC_OK; i++)
        ret = aspect_show(c, states[i]);
    return ret;
}

/* Of elements: all at once. */
static uint32_t show_elements(struct change *c, const struct aspect_operation *q,
                              struct settings_state *const states[], replsvc_sync_ref syncs[])
{
    char(*names)[REPLSVC_NAME_SIZE] = mem_array(q->n, sizeof(*names));
    struct relationship **shown = mem_array(q->n, sizeof(*shown));
    uint32_t ret = names != NULL && shown != NULL
                       ? REPLSVC_OK
                       : svc_fail(REPLSVC_FAILED, ENOMEM, NULL, "the points in time cannot be given targets");
    for (size_t i = 0; i < q->n && ret == REPLSVC_OK; i++)
        shown[i] = aspect_snapshot(c->svc, states[i], 0);
    if (ret == REPLSVC_OK)
        ret = show(c, q, states, names);
    if (ret == REPLSVC_OK)
        ret = change_save(c);
    for (size_t i = 0; i < q->n && ret == REPLSVC_OK; i++) {
        if (syncs != NULL)
            memcpy(syncs[i].id, shown[i]->o.id, sizeof(syncs[i].id));
        if (i < q->n_targets)
            memcpy(q->targets[i].id, shown[i]->target->o.id, sizeof(q->targets[i].id));
    }
    mem_free(names);
    mem_free(shown);
    return ret;
}

/* What regroup is told of a group's state; the ids are copied, for it takes the lock by itself. */
static uint32_t show_group(struct replsvc_service *svc, const struct aspect_operation *q,
                           const replsvc_sync_ref pairs[], size_t n, const char *source, bool consistent,
                           replsvc_sync_ref syncs[])
{
    replsvc_group_ref group;
    replsvc_sync_ref made;
    memcpy(group.id, source, sizeof(group.id));
    struct regroup_request r = {
        .name = q->n_names != 0 ? q->names[0] : NULL,
        .pairs = pairs,
        .n_pairs = n,
        .source = {.group = &group, .group_parameter = q->states_parameter, .name_parameter = "GroupName"},
        .target = {.group = q->n_groups != 0 ? &q->groups[0] : NULL,
                   .group_parameter = "TargetGroup",
                   .name_parameter = "GroupName"},
        .consistency =
            consistent ? REPLSVC_CONSISTENCY_SEQUENTIAL_CONSISTENCY : REPLSVC_CONSISTENCY_NO_CONSISTENCY,
        .settings_state = q->states[0].id,
    };
    uint32_t ret = regroup(svc, &r, &made);
    if (ret == REPLSVC_OK && syncs != NULL)
        syncs[0] = made;
    return ret;
}

static uint32_t find_states(struct change *c, const struct aspect_operation *q,
                            struct settings_state *states[])
{
    uint32_t ret = REPLSVC_OK;
    for (size_t i = 0; i < q->n && ret == REPLSVC_OK; i++) {
        ret = find_state(c->svc, q, i, &states[i]);
        if (ret == REPLSVC_OK)
            ret = check_snapshots(c->svc, q, states[i]);
        if (ret == REPLSVC_OK && states[i]->group != NULL && q->n > 1)
            ret = svc_fail(REPLSVC_NOT_SUPPORTED, 0, q->states_parameter,
                           "%s: \"%s\" is of a group; those are given targets one at a time",
                           q->states_parameter, states[i]->r.name);
    }
    return ret;
}

static uint32_t give_targets(struct replsvc_service *svc, const struct aspect_operation *q,
                             replsvc_sync_ref syncs[])
{
    struct settings_state **states = mem_array(q->n, sizeof(*states));
    replsvc_sync_ref *pairs = NULL;
    char source[REPLSVC_REF_SIZE];
    bool consistent = false;
    size_t n = 0;
    struct change c;
    if (states == NULL)
        return svc_fail(REPLSVC_FAILED, ENOMEM, NULL, "the points in time cannot be given targets");
    change_begin(&c, svc);
    uint32_t ret = find_states(&c, q, states);
    const struct settings_state *first = states[0];
    if (ret == REPLSVC_OK && first->group != NULL) {
        n = first->r.n_snapshots;
        consistent = first->r.consistent;
        memcpy(source, first->r.source, sizeof(source));
        pairs = mem_array(n, sizeof(*pairs));
        if (pairs != NULL)
            memcpy(pairs, first->r.snapshots, n * sizeof(*pairs));
        else
            ret = svc_fail(REPLSVC_FAILED, ENOMEM, NULL, "the point in time cannot be given targets");
    } else if (ret == REPLSVC_OK) {
        ret = show_elements(&c, q, states, syncs);
    }
    change_end(&c);
    if (ret == REPLSVC_OK && pairs != NULL)
        ret = show_group(svc, q, pairs, n, source, consistent, syncs);
    mem_free(pairs);
    mem_free(states);
    return ret;
}

uint32_t aspects_modify(struct replsvc_service *svc, const struct aspect_operation *q,
                        replsvc_sync_ref syncs[])
{
    if (q->job != NULL)
        q->job->id[0] = '\0';
    if (syncs != NULL && q->n != 0)
        memset(syncs, 0, q->n * sizeof(syncs[0]));
    uint32_t ret = check_request(q);
    if (ret != REPLSVC_OK)
        return ret;
    return q->operation == OP(COPY_TO_TARGET) ? give_targets(svc, q, syncs) : operate_on_snapshots(svc, q);
}
