/* SPDX-License-Identifier: BSD-2-Clause */
/* New pairs that join a group relationship; see group_join.h. */
#include "service/group_join.h"

#include <errno.h>

#include "service/operations.h"
#include "service/relationship_mirror.h"
#include "service/transitions.h"
#include "util/alloc.h"
#include "util/fail.h"

struct group_came {
    bool source, target;
};

uint32_t group_check_fit(const struct relationship *g, const struct sync_record *p,
                         const struct element *source, const char *parameter)
{
    if (p->sync_type != g->r.sync_type || p->mode != g->r.mode)
        return svc_fail(REPLSVC_INVALID_PARAMETER, 0, parameter, "%s: \"%s\" is a %s %s, not a %s %s",
                        parameter, p->name, mode_name(p->mode), sync_type_name(p->sync_type),
                        mode_name(g->r.mode), sync_type_name(g->r.sync_type));
    if (p->copy_methodology != g->r.copy_methodology)
        return svc_fail(REPLSVC_INVALID_PARAMETER, 0, parameter,
                        "%s: \"%s\" is copied by another methodology than \"%s\"", parameter, p->name,
                        g->r.name);
    if (g->r.source_is_element && source != g->source)
        return svc_fail(REPLSVC_INVALID_PARAMETER, 0, parameter,
                        "%s: the source of \"%s\" is not that of \"%s\"", parameter, p->name, g->r.name);
    return REPLSVC_OK;
}

static uint32_t in_use(const char *name, const char *why)
{
    return svc_fail(REPLSVC_IN_USE, 0, "Synchronized", "Synchronized: \"%s\" %s", name, why);
}

/* Mirrors move between groups whose others are idle and go forward. */
static uint32_t need_pair(struct change *c, struct relationship *p)
{
    if (p->busy)
        return in_use(p->r.name, "is being worked on");
    if (p->r.reversed)
        return in_use(p->r.name, "copies from its target to its source");
    return relationship_need(c, p);
}

uint32_t group_join_need(struct change *c, struct group_join *j, size_t n)
{
    struct relationship *g = object_by_id(c->svc, KIND_SYNC, j->group);
    if (g == NULL)
        return in_use(j->group, "is there no more");
    if (g->busy)
        return in_use(g->r.name, "is being worked on");
    uint32_t ret = REPLSVC_OK;
    for (size_t i = 0; i < g->r.n_pairs && ret == REPLSVC_OK && is_mirror(g); i++)
        ret = need_pair(c, sync_pair(c->svc, g, i));
    if (ret != REPLSVC_OK)
        return ret;
    j->n = n;
    j->moves = mem_array(n, sizeof(*j->moves));
    j->came = mem_array(n, sizeof(*j->came));
    return j->moves != NULL && j->came != NULL
               ? REPLSVC_OK
               : svc_fail(REPLSVC_FAILED, ENOMEM, NULL, "the new pairs cannot be recorded");
}

static void record_consistency(struct change *c, struct group_join *j, struct relationship *g)
{
    j->was_consistent = g->r.consistency_enabled;
    struct sync_record *r = j->consistency != 0 ? change_edit(c, &g->o) : NULL;
    if (r != NULL)
        r->consistency_enabled = j->consistency == REPLSVC_CONSISTENCY_SEQUENTIAL_CONSISTENCY;
}

uint32_t group_join_record(struct change *c, struct group_join *j, struct relationship *const s[])
{
    struct relationship *g = object_by_id(c->svc, KIND_SYNC, j->group);
    uint32_t ret = REPLSVC_OK;
    for (size_t i = 0; i < j->n && ret == REPLSVC_OK; i++) {
        ret = group_check_fit(g, &s[i]->r, s[i]->source, "Synchronized"); /* its Mode may be another by now */
        if (ret == REPLSVC_OK)
            group_take_pair(c, g, s[i], &j->came[i].source, &j->came[i].target);
    }
    if (ret != REPLSVC_OK)
        return ret;
    record_consistency(c, j, g);
    relationship_update_group(c, g, NULL);
    int err = 0;
    for (size_t i = 0; i < j->n && err == 0; i++)
        err = relationship_move_begin(c->svc, s[i], g, &j->moves[i]);
    return err == 0 ? REPLSVC_OK
                    : svc_fail_backend(err, NULL, "the pairs of \"%s\" cannot be changed", g->r.name);
}

void group_join_end(struct change *c, struct group_join *j, bool saved)
{
    for (size_t i = 0; i < j->n && saved && j->moves != NULL; i++)
        relationship_move_do(c->svc, &j->moves[i]);
    if (j->moves != NULL)
        relationship_moves_end(j->moves, j->n);
    mem_free(j->moves);
    j->moves = NULL;
    if (!saved)
        group_join_free(j);
}

void group_join_undo(struct change *c, const struct group_join *j, struct relationship *const s[])
{
    struct relationship *g = object_by_id(c->svc, KIND_SYNC, j->group);
    if (j->came == NULL || g == NULL || relationship_record(g) == NULL)
        return;
    for (size_t i = 0; i < j->n; i++)
        group_lose_members(c, g, s[i], j->came[i].source, j->came[i].target);
    struct sync_record *r = j->consistency != 0 ? change_edit(c, &g->o) : NULL;
    if (r != NULL)
        r->consistency_enabled = j->was_consistent;
    relationship_update_group(c, g, NULL);
}

void group_join_free(struct group_join *j)
{
    mem_free(j->came);
    j->came = NULL;
}
