/* SPDX-License-Identifier: BSD-2-Clause */
/* Listing relationships; see relationship_list.h. */
#include "service/relationship_list.h"

#include <errno.h>
#include <string.h>

#include "service/embedded.h"
#include "service/relationship.h"
#include "service/transitions.h"
#include "util/alloc.h"
#include "util/fail.h"

#define REFUSE(parameter, value)                                                                             \
    svc_fail(REPLSVC_INVALID_PARAMETER, 0, parameter, parameter ": there is no value %u", value)

uint32_t relationship_filter_check(const struct relationship_filter *f)
{
    if (f->type != 0 && f->type != REPLSVC_RELATIONSHIP_TYPE_STORAGESYNCHRONIZED &&
        f->type != REPLSVC_RELATIONSHIP_TYPE_GROUPSYNCHRONIZED)
        return REFUSE("Type", f->type);
    if (f->sync_type != 0 && sync_type_name(f->sync_type)[0] == '?')
        return REFUSE("SyncType", f->sync_type);
    if (f->mode != 0 && mode_name(f->mode)[0] == '?')
        return REFUSE("Mode", f->mode);
    if (f->locality != 0 && f->locality != REPLSVC_LOCALITY_LOCAL_ONLY &&
        f->locality != REPLSVC_LOCALITY_REMOTE_ONLY)
        return REFUSE("Locality", f->locality);
    if (f->copy_state != 0 && copy_state_name(f->copy_state)[0] == '?')
        return REFUSE("CopyState", f->copy_state);
    return REPLSVC_OK;
}

static bool matches(const struct relationship_filter *f, const struct relationship *s)
{
    uint16_t type = s->r.is_group ? REPLSVC_RELATIONSHIP_TYPE_GROUPSYNCHRONIZED
                                  : REPLSVC_RELATIONSHIP_TYPE_STORAGESYNCHRONIZED;
    return !s->r.hidden && (f->type == 0 || f->type == type) &&
           (f->sync_type == 0 || f->sync_type == s->r.sync_type) && (f->mode == 0 || f->mode == s->r.mode) &&
           f->locality != REPLSVC_LOCALITY_REMOTE_ONLY &&
           (f->copy_state == 0 || f->copy_state == s->r.copy_state);
}

static size_t count(struct replsvc_service *svc, const struct relationship_filter *f)
{
    size_t n = 0, cursor = 0;
    const struct relationship *s;
    while ((s = object_next(svc, KIND_SYNC, &cursor)) != NULL)
        n += matches(f, s);
    return n;
}

uint32_t relationships_list(struct replsvc_service *svc, const struct relationship_filter *f,
                            replsvc_sync_ref **list, size_t *n)
{
    uint32_t ret = REPLSVC_OK;
    size_t cursor = 0, k = 0;
    const struct relationship *s;
    *list = NULL;
    *n = 0;
    model_read(svc);
    size_t found = count(svc, f);
    replsvc_sync_ref *refs = found != 0 ? mem_array(found, sizeof(*refs)) : NULL;
    if (found != 0 && refs == NULL)
        ret = svc_fail(REPLSVC_FAILED, ENOMEM, NULL, "the relationships cannot be listed");
    while (refs != NULL && (s = object_next(svc, KIND_SYNC, &cursor)) != NULL)
        if (matches(f, s))
            memcpy(refs[k++].id, s->o.id, sizeof(refs[0].id));
    model_done(svc);
    *list = refs;
    *n = k;
    return ret;
}

/* ---- instances ---- */

static void put_u16(struct embedded_writer *w, const char *name, uint16_t value)
{
    embedded_put_number(w, name, "uint16", value);
}

static void put_time(struct embedded_writer *w, const char *name, int64_t us)
{
    if (us != 0)
        embedded_put_time(w, name, us);
}

static void put_element(struct embedded_writer *w, const char *name, bool group, const char *id)
{
    embedded_put_reference(w, name, group ? "CIM_ReplicationGroup" : "CIM_StorageVolume",
                           group ? "InstanceID" : "DeviceID", id);
}

static void put_common(struct embedded_writer *w, const replsvc_sync_info *info, const struct relationship *s)
{
    put_element(w, "SystemElement", s->r.is_group && !s->r.source_is_element, info->system_element);
    put_element(w, "SyncedElement", s->r.is_group, info->synced_element);
    put_u16(w, "SyncType", info->sync_type);
    put_u16(w, "Mode", info->mode);
    put_u16(w, "CopyState", info->copy_state);
    put_u16(w, "RequestedCopyState", info->requested_copy_state);
    put_u16(w, "ProgressStatus", info->progress_status);
    put_u16(w, "PercentSynced", info->percent_synced);
    put_u16(w, "CopyRecoveryMode", info->copy_recovery_mode);
    embedded_put_bool(w, "SyncMaintained", info->sync_maintained);
    embedded_put_bool(w, "FailedCopyStopsHostIO", info->failed_copy_stops_host_io);
    if (info->sync_type == REPLSVC_SYNC_TYPE_MIRROR) {
        embedded_put_number(w, "Skew", "uint64", info->skew);
        embedded_put_interval(w, "RPO", info->rpo_us);
    }
    put_time(w, "WhenSynced", info->when_synced);
    put_time(w, "WhenActivated", info->when_activated);
    put_time(w, "WhenDeactivated", info->when_deactivated);
    put_time(w, "WhenEstablished", info->when_established);
    put_time(w, "WhenSuspended", info->when_suspended);
    put_time(w, "WhenSynchronized", info->when_synchronized);
}

static char *format(struct replsvc_service *svc, const struct relationship *s)
{
    replsvc_sync_info info;
    struct embedded_writer w;
    relationship_info(svc, s, &info);
    embedded_begin(&w, service_encoding(svc),
                   info.is_group ? "CIM_GroupSynchronized" : "CIM_StorageSynchronized");
    put_common(&w, &info, s);
    if (info.is_group) {
        embedded_put_string(&w, "RelationshipName", info.name);
        embedded_put_bool(&w, "ConsistencyEnabled", info.consistency_enabled);
        put_u16(&w, "ConsistencyType", info.consistency_type);
        put_u16(&w, "ConsistencyState", info.consistency_state);
        put_u16(&w, "ConsistencyStatus", info.consistency_status);
    } else {
        put_u16(&w, "CopyType", info.copy_type);
        put_u16(&w, "ReplicaType", info.replica_type);
        put_u16(&w, "SyncState", info.sync_state);
        put_u16(&w, "CopyMethodology", info.copy_methodology);
        put_u16(&w, "CopyPriority", info.copy_priority);
        if (info.read_only != 0)
            put_u16(&w, "ReadOnly", info.read_only);
        if (info.undiscovered_element != 0)
            put_u16(&w, "UndiscoveredElement", info.undiscovered_element);
    }
    return embedded_end(&w);
}

uint32_t relationships_instances(struct replsvc_service *svc, const struct relationship_filter *f,
                                 char ***list, size_t *n)
{
    size_t cursor = 0, k = 0;
    const struct relationship *s;
    *list = NULL;
    *n = 0;
    model_read(svc);
    size_t found = count(svc, f);
    char **texts = mem_array(found != 0 ? found : 1, sizeof(*texts));
    bool whole = texts != NULL;
    while (whole && (s = object_next(svc, KIND_SYNC, &cursor)) != NULL)
        if (matches(f, s)) {
            texts[k] = format(svc, s);
            whole = texts[k] != NULL;
            k += whole;
        }
    model_done(svc);
    char **block = whole && k != 0 ? embedded_pack(texts, k) : NULL;
    whole = whole && (k == 0 || block != NULL);
    for (size_t i = 0; i < k; i++)
        mem_free(texts[i]);
    mem_free(texts);
    if (!whole)
        return svc_fail(REPLSVC_FAILED, ENOMEM, NULL, "the relationships cannot be listed");
    *list = block;
    *n = k;
    return REPLSVC_OK;
}
