/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Taking a point in time without a target: a list of hidden snapshots is made like any list of replicas,
 * all or nothing and at one instant, and the states that they hold are recorded with them. See aspect.h.
 */
#include "service/aspect.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "service/replica.h"
#include "service/transitions.h"
#include "util/alloc.h"
#include "util/fail.h"

struct taking {
    const struct aspect_request *q;
    replsvc_settings_state_ref *states;
};

static uint32_t name_state(struct change *c, const struct aspect_request *q, size_t i,
                           char name[REPLSVC_NAME_SIZE])
{
    const char *given = q->n_names != 0 ? q->names[i] : NULL;
    if (given == NULL)
        return name_make(c, KIND_SETTINGS_STATE, "aspect", name);
    uint32_t ret = name_check(c->svc, KIND_SETTINGS_STATE, given, q->name_parameter);
    for (size_t k = 0; k < i && ret == REPLSVC_OK; k++)
        if (q->names[k] != NULL && strcmp(q->names[k], given) == 0)
            ret = svc_fail(REPLSVC_INVALID_PARAMETER, 0, q->name_parameter, "%s: \"%s\" is given twice",
                           q->name_parameter, given);
    if (ret == REPLSVC_OK)
        (void)snprintf(name, REPLSVC_NAME_SIZE, "%s", given);
    return ret;
}

/* One state that n snapshots hold. */
static uint32_t record_state(struct change *c, const struct taking *t, const struct replica_plan *plan,
                             size_t i, const struct object *source, struct relationship *const syncs[],
                             size_t n)
{
    char name[REPLSVC_NAME_SIZE];
    uint32_t ret = name_state(c, t->q, i, name);
    struct settings_state *st = ret == REPLSVC_OK ? object_new(c, KIND_SETTINGS_STATE) : NULL;
    replsvc_sync_ref *refs = st != NULL ? mem_array(n, sizeof(*refs)) : NULL;
    if (refs == NULL)
        return ret != REPLSVC_OK
                   ? ret
                   : svc_fail(REPLSVC_FAILED, ENOMEM, NULL, "the point in time cannot be recorded");
    for (size_t k = 0; k < n; k++)
        if (syncs[k] != NULL)
            memcpy(refs[k].id, syncs[k]->o.id, sizeof(refs[k].id));
    struct settings_state_record *r = &st->r;
    change_string(c, &r->name, name);
    change_array(c, (void *)&r->snapshots, &r->n_snapshots, refs, n, sizeof(*refs));
    mem_free(refs);
    r->sync_type = REPLSVC_SYNC_TYPE_SNAPSHOT;
    r->mode = plan->mode;
    memcpy(r->source, source->id, sizeof(r->source));
    r->source_is_group = source->kind == KIND_GROUP;
    r->consistent = plan->consistent;
    r->settings = plan->settings;
    memcpy(t->states[i].id, st->o.id, sizeof(t->states[i].id));
    return REPLSVC_OK;
}

static uint32_t record(struct change *c, const struct replica_request *request,
                       const struct replica_plan *plan, struct relationship *const syncs[])
{
    const struct taking *t = request->user;
    if (plan->source_group != NULL) {
        struct group_record *g = change_edit(c, &plan->source_group->o);
        if (g != NULL)
            g->ever_associated = true;
        return record_state(c, t, plan, 0, &plan->source_group->o, syncs, plan->n);
    }
    uint32_t ret = REPLSVC_OK;
    for (size_t i = 0; i < plan->n && ret == REPLSVC_OK; i++)
        ret = record_state(c, t, plan, i, &plan->pairs[i].source->o, &syncs[i], 1);
    return ret;
}

static uint32_t check(const struct aspect_request *q)
{
    if (q->sync_type >= REPLSVC_SYNC_TYPE_MIRROR && q->sync_type <= REPLSVC_SYNC_TYPE_TOKENIZEDCLONE &&
        q->sync_type != REPLSVC_SYNC_TYPE_SNAPSHOT)
        return svc_fail(
            REPLSVC_NOT_SUPPORTED, 0, "SyncType",
            "SyncType: a point in time without a target is a Snapshot; a %s of one is not supported",
            sync_type_name(q->sync_type));
    size_t n = q->group != NULL ? 1 : q->n_sources;
    if (q->n_names != 0 && (q->n_names != n || q->names == NULL))
        return svc_fail(REPLSVC_INVALID_PARAMETER, 0, q->name_parameter,
                        "%s: there are %zu names for %zu points in time", q->name_parameter, q->n_names, n);
    return REPLSVC_OK;
}

uint32_t aspects_create(struct replsvc_service *svc, const struct aspect_request *q,
                        replsvc_settings_state_ref states[])
{
    struct taking t = {.q = q, .states = states};
    struct replica_request r = {
        .method = q->method,
        .form = FORM_LIST,
        .name_parameter = q->name_parameter,
        .sync_type = q->sync_type,
        .mode = q->mode,
        .consistency = q->consistency,
        .source_group = q->group,
        .sources = q->sources,
        .n_sources = q->n_sources,
        .source_parameter = q->source_parameter,
        .target_parameter = "ReplicationSettingData",
        .elsewhere = q->elsewhere,
        .elsewhere_parameter = "SourceAccessPoint",
        .settings = q->settings,
        .job = q->job,
        .hidden = true,
        .record = record,
        .user = &t,
    };
    uint32_t ret = check(q);
    return ret != REPLSVC_OK ? ret : replicate(svc, &r, NULL, NULL, NULL);
}
