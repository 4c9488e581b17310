/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Points in time: one instant for any number of relationships, with the service's quiesce hooks around it,
 * recorded afterwards. A point in time that cannot be recorded is taken back.
 */
#include "service/aspect.h"
#include "service/group_join.h"
#include "service/quiesce.h"
#include "service/relationship_mirror.h"
#include "service/relationship_work.h"

#include <errno.h>
#include <string.h>

#include "util/alloc.h"
#include "util/clock.h"
#include "util/fail.h"

/* Freezes the hosts of the sources. Failed when that was to be had (ConsistentPointInTime) and was not. */
static uint32_t freeze(struct replsvc_service *svc, struct relationship *const s[], size_t n,
                       enum quiesce_result *result, struct quiesce **turn)
{
    replsvc_element_ref *elements = mem_array(n, sizeof(elements[0]));
    bool wanted = false;
    if (elements == NULL)
        return svc_fail(REPLSVC_FAILED, ENOMEM, NULL, "the point in time could not be taken");
    for (size_t i = 0; i < n; i++) {
        memcpy(elements[i].id, s[i]->source->o.id, sizeof(elements[i].id));
        wanted = wanted || s[i]->r.settings.consistent_point_in_time == REPLSVC_BOOL_TRUE;
    }
    *result = quiesce_begin(svc, elements, n, turn);
    mem_free(elements);
    if (!wanted || (*result != QUIESCE_FAILED && *result != QUIESCE_TIMED_OUT))
        return REPLSVC_OK;
    return svc_fail(REPLSVC_FAILED, 0, "ReplicationSettingData",
                    "ConsistentPointInTime is asked for, and the quiesce hook %s: no point in time is taken",
                    *result == QUIESCE_FAILED ? "failed" : "did not come back within its limit");
}

/* Never told of, if it cannot be recorded: the point in time goes again. */
static void uncut(struct relationship *const s[], size_t n)
{
    (void)relationship_mirrors_deactivate(s, n);
    for (size_t i = 0; i < n; i++)
        if (s[i]->replica != NULL)
            (void)replica_deactivate(s[i]->replica, NULL);
}

static void note_pause(struct group *g, int64_t pause)
{
    if (g == NULL)
        return;
    __atomic_store_n(&g->last_cut_pause_us, pause, __ATOMIC_RELAXED);
    if (pause > __atomic_load_n(&g->max_cut_pause_us, __ATOMIC_RELAXED))
        __atomic_store_n(&g->max_cut_pause_us, pause, __ATOMIC_RELAXED);
}

static void record_cut(struct change *c, struct relationship *s, enum quiesce_result quiesced, int64_t pause)
{
    struct sync_record *r = change_edit(c, &s->o);
    if (r == NULL)
        return;
    relationship_take_info(r, s);
    r->when_activated = clock_wall_us();
    r->cut_pause_us = pause;
    r->quiesce_result = (uint16_t)quiesced;
    relationship_mend(c, r);
    if (r->hidden)
        aspect_taken(c, s);
    if (r->sync_type == REPLSVC_SYNC_TYPE_SNAPSHOT ||
        (!is_mirror(s) && r->replica_state == REPLICA_COMPLETE)) {
        relationship_set_state(c, s, REPLSVC_COPY_STATE_SYNCHRONIZED, REPLSVC_PROGRESS_STATUS_COMPLETED);
        relationship_rest(c, s);
    } else {
        relationship_set_state(c, s, REPLSVC_COPY_STATE_UNSYNCHRONIZED,
                               r->intent == REPLSVC_OPERATION_RESYNC_REPLICA
                                   ? REPLSVC_PROGRESS_STATUS_RESYNCING
                                   : REPLSVC_PROGRESS_STATUS_SYNCHRONIZING);
    }
}

static void record_group_cut(struct change *c, struct relationship *g, const struct relationship *pair)
{
    struct sync_record *r = change_edit(c, &g->o);
    const struct sync_record *p = relationship_record(pair);
    if (r == NULL || p == NULL)
        return;
    r->when_activated = p->when_activated;
    r->when_point_in_time = p->when_point_in_time;
    r->cut_pause_us = p->cut_pause_us;
    r->quiesce_result = p->quiesce_result;
    relationship_update_group(c, g, NULL);
}

static uint32_t record_cuts(struct replsvc_service *svc, struct relationship *const s[], size_t n,
                            enum quiesce_result quiesced, int64_t pause, struct group_join *join)
{
    struct change c;
    change_begin(&c, svc);
    uint32_t ret = join != NULL ? group_join_need(&c, join, n) : REPLSVC_OK;
    for (size_t i = 0; i < n && ret == REPLSVC_OK; i++)
        record_cut(&c, s[i], quiesced, pause);
    for (size_t i = 0; i < n && ret == REPLSVC_OK; i++)
        if (s[i]->parent != NULL && (i == 0 || s[i]->parent != s[i - 1]->parent))
            record_group_cut(&c, s[i]->parent, s[i]);
    if (ret == REPLSVC_OK && join != NULL)
        ret = group_join_record(&c, join, s);
    if (ret == REPLSVC_OK)
        ret = change_save(&c);
    if (join != NULL)
        group_join_end(&c, join, ret == REPLSVC_OK);
    for (size_t i = 0; i < n && ret == REPLSVC_OK; i++) {
        if (s[i]->r.intent == INTENT_NONE)
            relationship_idle(svc, s[i]);
        relationship_apply_access(svc, s[i]);
        if (s[i]->parent != NULL) {
            note_pause(s[i]->parent->source_group, pause);
            note_pause(s[i]->parent->target_group, pause);
        }
    }
    change_end(&c);
    return ret;
}

/* The engine's part: for clones and snapshots a point in time; mirrors start from here on. */
static int cut_now(struct replsvc_service *svc, struct relationship *const s[], size_t n, int64_t *pause)
{
    if (is_mirror(s[0]))
        return relationship_mirrors_start(svc, s, n, pause);
    struct replica **replicas = mem_array(n, sizeof(replicas[0]));
    if (replicas == NULL)
        return -ENOMEM;
    for (size_t i = 0; i < n; i++)
        replicas[i] = s[i]->replica;
    int err = replicas_activate(replicas, n, pause);
    mem_free(replicas);
    return err;
}

uint32_t relationship_cut_and_join(struct replsvc_service *svc, struct relationship *const s[], size_t n,
                                   bool quiesce, struct group_join *join)
{
    struct quiesce *turn = NULL;
    enum quiesce_result quiesced = QUIESCE_NONE;
    int64_t pause = 0;
    int err = 0;
    uint32_t ret = quiesce && !is_mirror(s[0]) ? freeze(svc, s, n, &quiesced, &turn) : REPLSVC_OK;
    if (ret == REPLSVC_OK)
        err = cut_now(svc, s, n, &pause);
    quiesce_end(svc, turn);
    if (ret != REPLSVC_OK)
        return ret;
    if (err != 0)
        return svc_fail_backend(err, NULL, "the point in time could not be taken");
    ret = record_cuts(svc, s, n, quiesced, pause, join);
    if (ret != REPLSVC_OK)
        uncut(s, n);
    return ret;
}

uint32_t relationship_cut(struct replsvc_service *svc, struct relationship *const s[], size_t n, bool quiesce)
{
    return relationship_cut_and_join(svc, s, n, quiesce, NULL);
}

bool relationship_uncut(const struct relationship *s)
{
    return (s->r.intent == REPLSVC_OPERATION_ACTIVATE || s->r.intent == REPLSVC_OPERATION_RESYNC_REPLICA) &&
           s->r.copy_state != REPLSVC_COPY_STATE_UNSYNCHRONIZED;
}

uint32_t relationship_begin_again(struct replsvc_service *svc, struct relationship *const s[], size_t n)
{
    int err = 0;
    for (size_t i = 0; i < n && err == 0; i++) {
        struct replica_info info;
        if (is_mirror(s[i]))
            continue;
        replica_get_info(s[i]->replica, &info);
        if (info.state != REPLICA_INACTIVE)
            err = replica_deactivate(s[i]->replica, NULL);
    }
    uint32_t ret = err == 0 ? relationship_cut(svc, s, n, true)
                            : svc_fail_backend(err, NULL, "the old point in time could not be dropped");
    if (ret == REPLSVC_OK)
        return ret;
    for (size_t i = 0; i < n; i++)
        (void)work_record_failure(svc, s[i], err != 0 ? err : -EIO, "a new point in time");
    return ret;
}
