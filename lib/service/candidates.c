/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Candidates for targets: elements that a create method would take, by the sizes on record, so that asking
 * opens no medium. The nearer in size to the source the better: larger ones stay for larger sources.
 */
#include "service/candidates.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "service/capabilities_table.h"
#include "service/goal.h"
#include "service/media.h"
#include "service/transitions.h"
#include "util/alloc.h"
#include "util/fail.h"

static uint32_t check_type(const struct candidates_request *q)
{
    if (q->sync_type < REPLSVC_SYNC_TYPE_MIRROR || q->sync_type > REPLSVC_SYNC_TYPE_TOKENIZEDCLONE)
        return svc_fail(REPLSVC_INVALID_PARAMETER, 0, "SyncType", "SyncType: %u is not in the value map",
                        q->sync_type);
    if (q->mode && (q->mode < REPLSVC_MODE_SYNCHRONOUS || q->mode > REPLSVC_MODE_ACTIVE))
        return svc_fail(REPLSVC_INVALID_PARAMETER, 0, "Mode", "Mode: %u is not in the value map", q->mode);
    if (!capability_sync(q->sync_type, q->mode ? q->mode : capability_default_mode(q->sync_type)))
        return svc_fail(REPLSVC_NOT_SUPPORTED, 0, "SyncType", "SyncType: a %s of that Mode is not supported",
                        sync_type_name(q->sync_type));
    replsvc_replication_settings settings;
    uint32_t ret = settings_parse(q->settings, "ReplicationSettingData", &settings);
    return ret ? ret : capability_check_settings(q->sync_type, &settings);
}

static uint32_t check_references(struct replsvc_service *svc, const struct candidates_request *q,
                                 struct element **source, struct goal **goal)
{
    uint32_t ret = element_by_ref(svc, q->source, "SourceElement", source);
    *goal = NULL;
    if (ret == REPLSVC_OK && !ref_absent(q->access_point)) {
        struct access_point *ap;
        ret = object_by_ref(svc, KIND_ACCESS_POINT, q->access_point, "TargetAccessPoint", &ap);
        if (ret == REPLSVC_OK)
            ret = svc_fail(REPLSVC_NOT_SUPPORTED, 0, "TargetAccessPoint",
                           "TargetAccessPoint: targets on other systems are not supported");
    }
    if (ret == REPLSVC_OK && !ref_absent(q->goal))
        ret = goal_by_ref(svc, q->goal, "TargetSettingGoal", goal);
    if (ret == REPLSVC_OK && q->n_pools && !q->pools)
        ret = svc_fail(REPLSVC_INVALID_PARAMETER, 0, "TargetPools", "TargetPools: NULL, but %zu of them",
                       q->n_pools);
    for (size_t i = 0; i < q->n_pools && ret == REPLSVC_OK; i++) {
        struct pool *p;
        ret = pool_by_ref(svc, &q->pools[i], "TargetPools", &p);
    }
    return ret;
}

static bool in_pools(const struct element *e, const struct candidates_request *q)
{
    for (size_t i = 0; i < q->n_pools; i++)
        if (strcmp(e->r.pool, q->pools[i].id) == 0)
            return true;
    return q->n_pools == 0;
}

static bool like_goal(const struct element *e, const struct goal *goal)
{
    char scheme[32];
    if (!goal)
        return true;
    const replsvc_setting_goal *g = &goal->r.goal;
    media_scheme(e->r.locator, scheme, sizeof scheme);
    return (!g->format[0] || strcmp(g->format, scheme) == 0) &&
           goal_fits(goal, e->r.block_size, e->r.physical_block_size);
}

static bool could_be_target(const struct element *e, const struct element *source)
{
    return e != source && e->r.state == ELEMENT_PRESENT && !e->r.hidden && !e->r.read_only && !e->as_source &&
           !e->as_target && !e->handles && e->r.size_bytes >= source->r.size_bytes;
}

static int smaller_first(const void *a, const void *b)
{
    const struct element *x = *(const struct element *const *)a, *y = *(const struct element *const *)b;
    if (x->r.size_bytes != y->r.size_bytes)
        return x->r.size_bytes < y->r.size_bytes ? -1 : 1;
    return x->o.serial < y->o.serial ? -1 : 1;
}

/* Those that will do, the best first. */
static uint32_t collect(struct replsvc_service *svc, const struct candidates_request *q,
                        const struct element *source, const struct goal *goal, replsvc_element_ref **list,
                        size_t *n)
{
    size_t room = hash_count(svc->by_id[KIND_ELEMENT]), found = 0, cursor = 0;
    struct element **elements = mem_array(room, sizeof *elements), *e;
    if (!elements)
        return svc_fail(REPLSVC_FAILED, ENOMEM, NULL, "cannot look for candidates");
    while ((e = object_next(svc, KIND_ELEMENT, &cursor)) != NULL)
        if (could_be_target(e, source) && in_pools(e, q) && like_goal(e, goal))
            elements[found++] = e;
    qsort(elements, found, sizeof *elements, smaller_first);
    if (q->max && found > q->max)
        found = q->max;
    *list = found ? mem_array(found, sizeof **list) : NULL;
    for (size_t i = 0; i < found && *list; i++)
        memcpy((*list)[i].id, elements[i]->o.id, sizeof(*list)->id);
    *n = *list ? found : 0;
    mem_free(elements);
    return found && !*list ? svc_fail(REPLSVC_FAILED, ENOMEM, NULL, "cannot list the candidates")
                           : REPLSVC_OK;
}

uint32_t candidates_find(struct replsvc_service *svc, const struct candidates_request *q,
                         replsvc_element_ref **list, size_t *n)
{
    struct element *source;
    struct goal *goal;
    uint32_t ret = check_type(q);
    if (ret)
        return ret;
    model_read(svc);
    ret = check_references(svc, q, &source, &goal);
    if (ret == REPLSVC_OK)
        ret = collect(svc, q, source, goal, list, n);
    model_done(svc);
    return ret;
}
