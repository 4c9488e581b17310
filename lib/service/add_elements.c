/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * AddElementsToGroupSynchronized: pairs are made as CreateListReplica makes them, of the group's SyncType and
 * Mode, and join the group as AddSyncPair has them join, in the change in which they come to exist.
 */
#include "service/add_elements.h"

#include <errno.h>
#include <string.h>

#include "service/capabilities_table.h"
#include "service/group_join.h"
#include "service/settings.h"
#include "service/transitions.h"
#include "util/alloc.h"
#include "util/fail.h"

/* What the group was made with says how copies and targets are made; not how its own were paired up. */
static uint32_t inherit(const struct relationship *g, bool targets_given, char **text)
{
    replsvc_replication_settings s = g->r.settings;
    s.pairing = s.unequal_groups_action = s.unequal_lists_action = 0;
    if (targets_given)
        s.target_element_supplier = 0;
    *text = settings_format(&s, REPLSVC_ENCODING_MOF);
    return *text != NULL ? REPLSVC_OK
                         : svc_fail(REPLSVC_FAILED, ENOMEM, NULL, "the new pairs cannot be planned");
}

static uint32_t check_group(const struct relationship *g, const struct replica_request *q)
{
    if (!g->r.is_group)
        return svc_fail(REPLSVC_INVALID_PARAMETER, 0, "Synchronized",
                        "Synchronized: \"%s\" is no group relationship", g->r.name);
    if (!capability_operation(g->r.sync_type, true, REPLSVC_OPERATION_ADDSYNCPAIR))
        return svc_fail(REPLSVC_NOT_SUPPORTED, 0, "Synchronized",
                        "Synchronized: pairs of a %s group are not added", sync_type_name(g->r.sync_type));
    if (g->busy)
        return svc_fail(REPLSVC_IN_USE, 0, "Synchronized", "Synchronized: \"%s\" is being worked on",
                        g->r.name);
    if (q->consistency == REPLSVC_CONSISTENCY_SEQUENTIAL_CONSISTENCY &&
        g->r.sync_type != REPLSVC_SYNC_TYPE_MIRROR)
        return svc_fail(REPLSVC_INVALID_PARAMETER, 0, "Consistency",
                        "Consistency: the new pairs have a point in time of their own; a resync of the group "
                        "gives all of them one");
    return REPLSVC_OK;
}

static uint32_t look_at_group(struct replsvc_service *svc, struct add_elements_request *q,
                              struct group_join *join, char **settings)
{
    struct relationship *g;
    struct change c;
    bool given = false;
    for (size_t i = 0; i < q->replica.n_targets && q->replica.targets != NULL; i++)
        given = given || !ref_absent(&q->replica.targets[i]);
    change_begin(&c, svc);
    uint32_t ret = sync_by_ref(svc, q->group, "Synchronized", &g);
    if (ret == REPLSVC_OK)
        ret = check_group(g, &q->replica);
    if (ret == REPLSVC_OK) {
        memcpy(join->group, g->o.id, sizeof(join->group));
        q->replica.sync_type = g->r.sync_type;
        q->replica.mode = g->r.mode;
        if (q->replica.settings == NULL)
            ret = inherit(g, given, settings);
    }
    change_end(&c);
    return ret;
}

/* Before anything is on record: whether they will fit when they join. */
static uint32_t check_pairs(struct change *c, const struct replica_request *q,
                            const struct replica_plan *plan, struct relationship *const syncs[])
{
    const struct relationship *g = object_by_id(c->svc, KIND_SYNC, q->join->group);
    uint32_t ret = g != NULL ? REPLSVC_OK
                             : svc_fail(REPLSVC_IN_USE, 0, "Synchronized",
                                        "Synchronized: \"%s\" is there no more", q->join->group);
    for (size_t i = 0; i < plan->n && ret == REPLSVC_OK; i++)
        if (syncs[i] != NULL)
            ret = group_check_fit(g, &syncs[i]->r, plan->pairs[i].source, "SourceElements");
    return ret;
}

uint32_t add_elements(struct replsvc_service *svc, struct add_elements_request *q, replsvc_sync_ref **list,
                      size_t *n)
{
    struct group_join join = {.consistency = q->replica.consistency};
    char *settings = NULL;
    uint32_t ret = look_at_group(svc, q, &join, &settings);
    if (settings != NULL)
        q->replica.settings = settings;
    q->replica.method = "AddElementsToGroupSynchronized";
    q->replica.form = FORM_LIST;
    q->replica.source_parameter = "SourceElements";
    q->replica.target_parameter = "TargetElements";
    q->replica.name_parameter = "SourceElements";
    q->replica.record = check_pairs;
    q->replica.join = &join;
    if (ret == REPLSVC_OK)
        ret = replicate(svc, &q->replica, NULL, list, n);
    group_join_free(&join);
    mem_free(settings);
    return ret;
}
