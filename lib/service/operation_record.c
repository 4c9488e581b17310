/* SPDX-License-Identifier: BSD-2-Clause */
/* The records of an operation: begun, called off, or all there is to it; see operation_set.h. */
#include "service/operation_set.h"

#include <string.h>

#include "service/settings.h"
#include "service/transitions.h"
#include "util/fail.h"

static void update_parents(struct change *c, const struct operation_set *set)
{
    for (size_t i = 0; i < set->n; i++)
        if (set->s[i]->parent != NULL && (i == 0 || set->s[i]->parent != set->s[i - 1]->parent))
            relationship_update_group(c, set->s[i]->parent, NULL);
}

/* What needs nothing of the engine: one change, all or nothing. */
uint32_t operation_set_states(struct change *c, const struct operation_request *q,
                              const struct operation_set *set)
{
    for (size_t i = 0; i < set->n; i++) {
        const struct transition *t =
            transition_from(q->operation, set->s[i]->r.sync_type, false, set->s[i]->r.copy_state);
        uint16_t end = transition_end_state(t, set->s[i]->r.copy_state);
        relationship_set_state(c, set->s[i], end, relationship_resting(end));
    }
    update_parents(c, set);
    uint32_t ret = change_save(c);
    for (size_t i = 0; i < set->n && ret == REPLSVC_OK; i++)
        relationship_apply_access(c->svc, set->s[i]);
    return ret;
}

/* A change of mode (or to the same again) may come with other bounds for how far the target trails. The
 * setting data were checked. */
static void take_bounds(struct sync_record *r, const char *text)
{
    replsvc_replication_settings s;
    if (settings_parse(text, "ReplicationSettingData", &s) != REPLSVC_OK)
        return;
    if (s.desired_rpo_us != 0)
        r->settings.desired_rpo_us = s.desired_rpo_us;
    if (s.maximum_skew != 0)
        r->settings.maximum_skew = s.maximum_skew;
}

static void note_intent(struct change *c, const struct operation_request *q, struct relationship *s)
{
    struct sync_record *r = change_edit(c, &s->o);
    if (r == NULL)
        return;
    uint16_t state = s->r.is_group && s->r.copy_state == REPLSVC_COPY_STATE_MIXED ? 0 : s->r.copy_state;
    const struct transition *t = transition_find(q->operation, s->r.sync_type, s->r.is_group);
    const struct transition *from =
        state != 0 ? transition_from(q->operation, s->r.sync_type, s->r.is_group, state) : NULL;
    t = from != NULL ? from : t;
    if (relationship_mode_after(q->operation) != 0)
        take_bounds(r, q->settings);
    r->intent = q->operation;
    r->intent_force = q->force == REPLSVC_BOOL_TRUE;
    r->job[0] = '\0';
    r->requested_copy_state = t->ends_in == TRANSITION_ENDS_GONE || t->ends_in == TRANSITION_ENDS_SAME
                                  ? REPLSVC_COPY_STATE_NOT_APPLICABLE
                                  : t->ends_in;
    if (t->progress_status == 0)
        return;
    /* A copy that goes on is under way again; all else keeps its state until it is done. */
    bool copies = q->operation == REPLSVC_OPERATION_RESUME;
    relationship_set_state(c, s, copies ? REPLSVC_COPY_STATE_UNSYNCHRONIZED : s->r.copy_state,
                           t->progress_status);
}

/* From here on a crash does not lose the operation. */
uint32_t operation_begin(struct change *c, const struct operation_request *q, const struct operation_set *set)
{
    uint32_t ret = REPLSVC_OK;
    for (size_t i = 0; i < set->n && ret == REPLSVC_OK; i++) {
        ret = relationship_need(c, set->s[i]);
        if (ret != REPLSVC_OK && relationship_goes_without_media(q->operation))
            ret = REPLSVC_OK;
    }
    if (ret != REPLSVC_OK)
        return ret;
    for (size_t i = 0; i < set->n; i++) {
        note_intent(c, q, set->s[i]);
        struct relationship *g = set->s[i]->parent;
        if (g != NULL && (i == 0 || g != set->s[i - 1]->parent))
            note_intent(c, q, g);
    }
    ret = change_save(c);
    for (size_t i = 0; i < set->n && ret == REPLSVC_OK; i++) {
        set->s[i]->busy = true;
        if (set->s[i]->parent != NULL)
            set->s[i]->parent->busy = true;
        relationship_apply_access(c->svc, set->s[i]); /* hosts stand back from what is being worked on */
    }
    return ret;
}

void operation_call_off(struct replsvc_service *svc, const struct operation_set *set)
{
    relationship_stay(svc, set->s, set->n);
}
