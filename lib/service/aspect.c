/* SPDX-License-Identifier: BSD-2-Clause */
/* What a point in time without a target is, and what becomes of it; see aspect.h. */
#include "service/aspect.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "util/fail.h"

#define STATE_PREFIX "state-"
#define ASPECT_PREFIX "aspect-"

struct relationship *aspect_snapshot(struct replsvc_service *svc, const struct settings_state *st, size_t i)
{
    return object_by_id(svc, KIND_SYNC, st->r.snapshots[i].id);
}

/* ---- looking ---- */

/* The two ids differ in their prefix. */
static void aspect_id(const struct settings_state *st, char id[REPLSVC_REF_SIZE])
{
    (void)snprintf(id, REPLSVC_REF_SIZE, ASPECT_PREFIX "%s", st->o.id + sizeof(STATE_PREFIX) - 1);
}

static uint32_t aspect_by_ref(struct replsvc_service *svc, const replsvc_aspect_ref *ref,
                              struct settings_state **st)
{
    static const size_t prefix = sizeof(ASPECT_PREFIX) - 1;
    replsvc_settings_state_ref id;
    if (ref_absent(ref) || memchr(ref->id, 0, sizeof(ref->id)) == NULL ||
        strncmp(ref->id, ASPECT_PREFIX, prefix) != 0)
        return svc_fail(REPLSVC_INVALID_PARAMETER, 0, "SynchronizationAspect",
                        "SynchronizationAspect: a reference to a synchronization aspect is required");
    (void)snprintf(id.id, sizeof(id.id), STATE_PREFIX "%.57s", ref->id + prefix);
    if (object_by_ref(svc, KIND_SETTINGS_STATE, &id, "SynchronizationAspect", st) == REPLSVC_OK)
        return REPLSVC_OK;
    return svc_fail(REPLSVC_INVALID_PARAMETER, 0, "SynchronizationAspect",
                    "SynchronizationAspect: there is no synchronization aspect %s (any more)", ref->id);
}

static uint16_t sync_state_of(const struct settings_state *st, const struct relationship *s, uint16_t before)
{
    (void)st;
    uint16_t now = s->r.copy_state == REPLSVC_COPY_STATE_BROKEN     ? REPLSVC_ASPECT_SYNC_STATE_ERROR
                   : s->r.copy_state == REPLSVC_COPY_STATE_INVALID  ? REPLSVC_ASPECT_SYNC_STATE_INVALID
                   : s->r.copy_state == REPLSVC_COPY_STATE_RESTORED ? REPLSVC_ASPECT_SYNC_STATE_RESTORED
                                                                    : REPLSVC_ASPECT_SYNC_STATE_SYNCHRONIZED;
    bool bad = before == REPLSVC_ASPECT_SYNC_STATE_ERROR || before == REPLSVC_ASPECT_SYNC_STATE_INVALID;
    bool worse = now == REPLSVC_ASPECT_SYNC_STATE_ERROR || now == REPLSVC_ASPECT_SYNC_STATE_INVALID;
    if (before == 0 || worse)
        return now;
    /* Restored when all are. */
    return bad || before == now ? before : REPLSVC_ASPECT_SYNC_STATE_SYNCHRONIZED;
}

static uint16_t copy_status_of(const struct relationship *s)
{
    switch (s->r.intent) {
    case INTENT_NONE:
        return REPLSVC_ASPECT_COPY_STATUS_OPERATION_COMPLETED;
    case REPLSVC_OPERATION_RESTORE_FROM_REPLICA:
        return REPLSVC_ASPECT_COPY_STATUS_RESTORING;
    default:
        return REPLSVC_ASPECT_COPY_STATUS_TERMINATING;
    }
}

void aspect_info(struct replsvc_service *svc, const struct settings_state *st, replsvc_aspect_info *info)
{
    memset(info, 0, sizeof(*info));
    info->size = sizeof(*info);
    info->sync_type = st->r.sync_type;
    info->copy_methodology = REPLSVC_COPY_METHODOLOGY_COPY_ON_WRITE;
    info->consistency_enabled = st->r.consistent;
    info->consistency_type = st->r.consistent ? REPLSVC_CONSISTENCY_TYPE_SEQUENTIALLY_CONSISTENT : 0;
    info->is_group = st->r.source_is_group;
    info->auto_delete = st->r.settings.auto_delete == REPLSVC_BOOL_TRUE;
    info->time_before_removal_us = st->r.settings.time_before_removal_us;
    aspect_id(st, info->id);
    (void)snprintf(info->name, sizeof(info->name), "%s", st->r.name);
    memcpy(info->source_element, st->r.source, sizeof(info->source_element));
    memcpy(info->settings_state, st->o.id, sizeof(info->settings_state));
    for (size_t i = 0; i < st->r.n_snapshots; i++) {
        const struct relationship *s = aspect_snapshot(svc, st, i);
        if (s == NULL)
            continue;
        uint16_t status = copy_status_of(s);
        info->sync_state = sync_state_of(st, s, info->sync_state);
        info->copy_status =
            info->copy_status == 0 || info->copy_status == status ? status : REPLSVC_ASPECT_COPY_STATUS_MIXED;
        info->when_point_in_time = s->r.when_point_in_time;
        info->bytes_total += s->r.bytes_total;
        info->bytes_kept += relationship_bytes_synced(s);
    }
}

uint32_t aspect_get_info(struct replsvc_service *svc, const replsvc_aspect_ref *ref,
                         replsvc_aspect_info *info)
{
    struct settings_state *st;
    replsvc_aspect_info filled;
    model_read(svc);
    uint32_t ret = aspect_by_ref(svc, ref, &st);
    if (ret == REPLSVC_OK)
        aspect_info(svc, st, &filled);
    model_done(svc);
    return ret == REPLSVC_OK ? info_out(info, &filled, sizeof(filled), "info") : ret;
}

uint32_t settings_state_get_info(struct replsvc_service *svc, const replsvc_settings_state_ref *ref,
                                 replsvc_settings_state_info *info)
{
    struct settings_state *st;
    replsvc_settings_state_info filled = {.size = sizeof(filled)};
    model_read(svc);
    uint32_t ret = object_by_ref(svc, KIND_SETTINGS_STATE, ref, "SettingsState", &st);
    if (ret == REPLSVC_OK) {
        filled.is_group = st->r.source_is_group;
        memcpy(filled.id, st->o.id, sizeof(filled.id));
        memcpy(filled.managed_element, st->r.source, sizeof(filled.managed_element));
        aspect_id(st, filled.setting_data);
    }
    model_done(svc);
    return ret == REPLSVC_OK ? info_out(info, &filled, sizeof(filled), "info") : ret;
}

/* ---- what becomes of it ---- */

/* Whose point in time the snapshot holds, as the change will leave it; NULL: nobody's (any more). */
static struct settings_state *state_of(struct change *c, const struct relationship *s, size_t *at)
{
    struct settings_state *st;
    size_t cursor = 0;
    while ((st = object_next(c->svc, KIND_SETTINGS_STATE, &cursor)) != NULL) {
        const struct settings_state_record *r = change_peek(&st->o);
        for (size_t i = 0; r != NULL && i < r->n_snapshots; i++)
            if (strcmp(r->snapshots[i].id, s->o.id) == 0) {
                *at = i;
                return st;
            }
    }
    return NULL;
}

void aspect_taken(struct change *c, const struct relationship *snapshot)
{
    size_t at;
    struct settings_state *st = state_of(c, snapshot, &at);
    struct settings_state_record *r = st != NULL ? change_edit(c, &st->o) : NULL;
    if (r != NULL)
        r->activated = true;
}

static void remove_state(struct change *c, struct settings_state *st)
{
    struct group *g = st->group;
    change_remove(c, &st->o);
    if (g != NULL)
        group_unassociated(c, g);
}

void aspect_loses(struct change *c, const struct relationship *snapshot)
{
    size_t at;
    struct settings_state *st = state_of(c, snapshot, &at);
    struct settings_state_record *r = st != NULL ? change_edit(c, &st->o) : NULL;
    if (r == NULL)
        return;
    memmove(&r->snapshots[at], &r->snapshots[at + 1], (r->n_snapshots - at - 1) * sizeof(r->snapshots[0]));
    r->n_snapshots--;
    if (r->n_snapshots == 0)
        remove_state(c, st);
}

uint32_t aspect_show(struct change *c, struct settings_state *st)
{
    for (size_t i = 0; i < st->r.n_snapshots; i++) {
        struct relationship *s = aspect_snapshot(c->svc, st, i);
        struct sync_record *r = change_edit(c, &s->o);
        struct element_record *e = change_edit(c, &s->target->o);
        if (r == NULL || e == NULL)
            return svc_fail(REPLSVC_FAILED, ENOMEM, NULL, "the point in time cannot be given a target");
        r->hidden = false;
        e->hidden = false;
    }
    remove_state(c, st);
    return REPLSVC_OK;
}
