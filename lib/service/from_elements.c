/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * CreateGroupReplicaFromElements in three steps: the groups are made or completed, the one is replicated to
 * the other as CreateGroupReplica does, and what was made gets its names. If the second step fails the first
 * is undone. Until the end the groups are not Persistent, so that whatever takes the relationship back, a
 * restart after a crash included, takes them along.
 */
#include "service/from_elements.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "util/alloc.h"
#include "util/fail.h"

/* What the first step did to one side. */
struct side {
    char id[REPLSVC_REF_SIZE]; /* the group; "" = the replication makes it */
    bool made;
    size_t members_before; /* of one that was given */
};

/* ---- checks ---- */

static uint32_t find_elements(struct replsvc_service *svc, const struct elements_side *s,
                              struct element ***out)
{
    struct element **elements = mem_array(s->n + 1, sizeof *elements);
    uint32_t ret =
        elements ? REPLSVC_OK : svc_fail(REPLSVC_FAILED, ENOMEM, NULL, "no memory for %zu elements", s->n);
    for (size_t i = 0; i < s->n && ret == REPLSVC_OK; i++) {
        ret = element_by_ref(svc, &s->elements[i], s->elements_parameter, &elements[i]);
        for (size_t k = 0; k < i && ret == REPLSVC_OK; k++)
            if (elements[k] == elements[i])
                ret =
                    svc_fail(REPLSVC_INVALID_PARAMETER, 0, s->elements_parameter,
                             "%s: element \"%s\" is there twice", s->elements_parameter, elements[i]->r.name);
    }
    if (ret) {
        mem_free(elements);
        elements = NULL;
    }
    *out = elements;
    return ret;
}

/* The members of a given group are the first of the elements, in their order; the others join it. */
static uint32_t check_given(const struct elements_side *s, const struct group *g)
{
    bool fits = g->r.n_members <= s->n;
    for (size_t i = 0; fits && i < g->r.n_members; i++)
        fits = strcmp(g->r.members[i].id, s->elements[i].id) == 0;
    if (!fits)
        return svc_fail(REPLSVC_INVALID_PARAMETER, 0, s->elements_parameter,
                        "%s: they do not begin with the members of group \"%s\" in order",
                        s->elements_parameter, g->r.name);
    if (g->r.n_members < s->n && (g->as_source || g->as_target))
        return svc_fail(REPLSVC_IN_USE, 0, s->group_parameter,
                        "%s: group \"%s\" is in a relationship and takes no new members", s->group_parameter,
                        g->r.name);
    return REPLSVC_OK;
}

static uint32_t check_name(struct replsvc_service *svc, const struct elements_side *s,
                           const struct group *given)
{
    if (!s->name || !s->name->text[0])
        return REPLSVC_OK;
    if (!memchr(s->name->text, 0, sizeof s->name->text))
        return svc_fail(REPLSVC_INVALID_PARAMETER, 0, s->name_parameter, "%s: is not terminated",
                        s->name_parameter);
    if (!given)
        return name_check(svc, KIND_GROUP, s->name->text, s->name_parameter);
    if (strcmp(given->r.name, s->name->text) == 0)
        return REPLSVC_OK;
    return svc_fail(REPLSVC_INVALID_PARAMETER, 0, s->name_parameter, "%s: group %s has the name \"%s\"",
                    s->name_parameter, given->o.id, given->r.name);
}

static uint32_t check_target_names(struct replsvc_service *svc, const struct from_elements_request *q)
{
    static const char parameter[] = "TargetElementNames";
    if (q->n_target_names == 0)
        return REPLSVC_OK;
    if (q->target.n || !q->target_names || q->n_target_names != q->source.n)
        return svc_fail(REPLSVC_INVALID_PARAMETER, 0, parameter,
                        "%s: is for targets that are made, one name for each of %zu", parameter, q->source.n);
    for (size_t i = 0; i < q->n_target_names; i++) {
        const char *name = q->target_names[i];
        uint32_t ret = name_check(svc, KIND_ELEMENT, name ? name : "", parameter);
        for (size_t k = 0; k < i && ret == REPLSVC_OK; k++)
            if (strcmp(q->target_names[k], name) == 0)
                ret = svc_fail(REPLSVC_INVALID_PARAMETER, 0, parameter, "%s: \"%s\" is there twice",
                               parameter, name);
        if (ret)
            return ret;
    }
    return REPLSVC_OK;
}

/* ---- 1: groups ---- */

static void join(struct change *c, struct group *g, const struct elements_side *s)
{
    size_t before = g->r.n_members;
    struct group_record *r = before < s->n ? change_edit(c, &g->o) : NULL;
    if (!r)
        return;
    change_array(c, &r->members, &r->n_members, s->elements, s->n, sizeof *s->elements);
    change_event(c, REPLSVC_EVENT_MODIFIED, &g->o, REPLSVC_EVENT_PROPERTY_MEMBERS, (uint32_t)before,
                 (uint32_t)s->n);
}

static uint32_t take_side(struct change *c, const struct elements_side *s, struct side *side)
{
    struct group *g = NULL;
    struct element **elements = NULL;
    uint32_t ret = ref_absent(s->group) ? REPLSVC_OK : group_by_ref(c->svc, s->group, s->group_parameter, &g);
    if (ret == REPLSVC_OK)
        ret = check_name(c->svc, s, g);
    if (ret == REPLSVC_OK)
        ret = find_elements(c->svc, s, &elements);
    if (ret == REPLSVC_OK && g && s->n)
        ret = check_given(s, g);
    if (ret == REPLSVC_OK && g) {
        side->members_before = g->r.n_members;
        join(c, g, s);
    } else if (ret == REPLSVC_OK && s->n) {
        const char *name = s->name && s->name->text[0] ? s->name->text : NULL;
        ret = group_make(c, name, s->name_parameter, elements, s->n, false, &g);
        side->made = true;
    }
    if (ret == REPLSVC_OK && g)
        memcpy(side->id, g->o.id, sizeof side->id);
    mem_free(elements);
    return ret;
}

static uint32_t prepare(struct replsvc_service *svc, const struct from_elements_request *q,
                        struct side *source, struct side *target)
{
    struct change c;
    uint32_t ret = REPLSVC_OK;
    if (!q->source.elements || !q->source.n)
        return svc_fail(REPLSVC_INVALID_PARAMETER, 0, "SourceElements", "SourceElements: none is given");
    if (q->target.n && !q->target.elements)
        return svc_fail(REPLSVC_INVALID_PARAMETER, 0, "TargetElements",
                        "TargetElements: NULL, but %zu of them", q->target.n);
    change_begin(&c, svc);
    ret = check_target_names(svc, q);
    if (ret == REPLSVC_OK)
        ret = take_side(&c, &q->source, source);
    if (ret == REPLSVC_OK)
        ret = take_side(&c, &q->target, target);
    if (ret == REPLSVC_OK)
        ret = change_save(&c);
    change_end(&c);
    return ret;
}

/* ---- failure ---- */

static void undo_side(struct change *c, const struct side *side)
{
    struct group *g = *side->id ? object_by_id(c->svc, KIND_GROUP, side->id) : NULL;
    if (!g || g->as_source || g->as_target)
        return; /* went with the relationship, or is in another by now */
    struct group_record *r = NULL;
    if (side->made)
        change_remove(c, &g->o);
    else if (g->r.n_members > side->members_before)
        r = change_edit(c, &g->o);
    if (r)
        r->n_members = side->members_before;
}

static void undo(struct replsvc_service *svc, const struct side *source, const struct side *target)
{
    replsvc_error why = *replsvc_last_error();
    struct change c;
    change_begin(&c, svc);
    undo_side(&c, source);
    undo_side(&c, target);
    if (change_save(&c))
        log_line(&svc->log, REPLSVC_LOG_WARNING, "groups of a replica that could not be made are left");
    change_end(&c);
    (void)svc_fail(why.code, why.system_errno, *why.parameter ? why.parameter : NULL, "%s", why.message);
}

/* ---- 3: names ---- */

static void keep(struct change *c, const struct elements_side *s, const char *id, bool made_here)
{
    struct group *g = object_by_id(c->svc, KIND_GROUP, id);
    struct group_record *r = g ? change_edit(c, &g->o) : NULL;
    if (!r)
        return;
    if (made_here)
        r->persistent = true;
    else if (ref_absent(s->group) && s->name && s->name->text[0] &&
             !object_by_name(c->svc, KIND_GROUP, s->name->text))
        change_string(c, &r->name, s->name->text); /* the replication has made it under a name of its own */
}

static void name_targets(struct change *c, const struct from_elements_request *q, const char *group)
{
    const struct group *g = object_by_id(c->svc, KIND_GROUP, group);
    for (size_t i = 0; g && i < q->n_target_names && i < g->r.n_members; i++) {
        struct element *e = object_by_id(c->svc, KIND_ELEMENT, g->r.members[i].id);
        bool taken = object_by_name(c->svc, KIND_ELEMENT, q->target_names[i]) != NULL; /* by now */
        struct element_record *r = e && !taken ? change_edit(c, &e->o) : NULL;
        if (r)
            change_string(c, &r->name, q->target_names[i]);
    }
}

static void give_out(struct replsvc_service *svc, const struct elements_side *s, const char *id)
{
    model_read(svc);
    const struct group *g = object_by_id(svc, KIND_GROUP, id);
    if (g && s->name)
        (void)snprintf(s->name->text, sizeof s->name->text, "%s", g->r.name);
    model_done(svc);
    if (s->group)
        memcpy(s->group->id, id, sizeof s->group->id);
}

/* The replica exists: what is left are names, and without them it is whole. */
static void finish(struct replsvc_service *svc, const struct from_elements_request *q,
                   const struct side *source, const struct side *target, const char *target_group)
{
    struct change c;
    change_begin(&c, svc);
    keep(&c, &q->source, source->id, source->made);
    keep(&c, &q->target, target_group, target->made);
    name_targets(&c, q, target_group);
    if (change_save(&c))
        log_line(&svc->log, REPLSVC_LOG_WARNING, "%s: %s", q->replica.method, replsvc_last_error()->message);
    change_end(&c);
    give_out(svc, &q->source, source->id);
    give_out(svc, &q->target, target_group);
}

/* ---- the method ---- */

uint32_t replicate_elements(struct replsvc_service *svc, struct from_elements_request *q,
                            replsvc_sync_ref *sync)
{
    struct side source = {.id = ""}, target = {.id = ""};
    replsvc_group_ref source_group, target_group;
    uint32_t ret = prepare(svc, q, &source, &target);
    if (ret)
        return ret;
    memcpy(source_group.id, source.id, sizeof source_group.id);
    memcpy(target_group.id, target.id, sizeof target_group.id);
    q->replica.form = FORM_GROUP;
    q->replica.source_group = &source_group;
    q->replica.target_group = &target_group;
    q->replica.source_parameter = q->source.elements_parameter;
    q->replica.target_parameter = q->target.elements_parameter;
    replsvc_sync_ref made = {""};
    ret = replicate(svc, &q->replica, &made, NULL, NULL);
    if (made.id[0]) /* it exists, even if it was waited for in vain */
        finish(svc, q, &source, &target, target_group.id);
    else
        undo(svc, &source, &target);
    if (made.id[0] && sync)
        memcpy(sync->id, made.id, sizeof made.id);
    return ret;
}
