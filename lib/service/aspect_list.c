/* SPDX-License-Identifier: BSD-2-Clause */
/* Listing points in time without a target; see aspect.h. */
#include "service/aspect.h"

#include <errno.h>
#include <string.h>

#include "service/embedded.h"
#include "service/transitions.h"
#include "util/alloc.h"
#include "util/fail.h"

#define REFUSE(parameter, value)                                                                             \
    svc_fail(REPLSVC_INVALID_PARAMETER, 0, parameter, parameter ": there is no value %u", value)

uint32_t aspect_filter_check(const struct aspect_filter *f)
{
    if (f->sync_type != 0 && sync_type_name(f->sync_type)[0] == '?')
        return REFUSE("SyncType", f->sync_type);
    if (f->mode != 0 && mode_name(f->mode)[0] == '?')
        return REFUSE("Mode", f->mode);
    if (f->locality != 0 && f->locality != REPLSVC_LOCALITY_LOCAL_ONLY &&
        f->locality != REPLSVC_LOCALITY_REMOTE_ONLY)
        return REFUSE("Locality", f->locality);
    if (f->sync_state != 0 && (f->sync_state < REPLSVC_ASPECT_SYNC_STATE_INITIALIZED ||
                               f->sync_state > REPLSVC_ASPECT_SYNC_STATE_RESTORED))
        return REFUSE("SyncState", f->sync_state);
    return REPLSVC_OK;
}

/* Fills info if it matches. */
static bool matches(struct replsvc_service *svc, const struct aspect_filter *f,
                    const struct settings_state *st, replsvc_aspect_info *info)
{
    if (!st->r.activated || f->locality == REPLSVC_LOCALITY_REMOTE_ONLY ||
        (f->sync_type != 0 && f->sync_type != st->r.sync_type) || (f->mode != 0 && f->mode != st->r.mode))
        return false;
    aspect_info(svc, st, info);
    return f->sync_state == 0 || f->sync_state == info->sync_state;
}

static size_t count(struct replsvc_service *svc, const struct aspect_filter *f)
{
    replsvc_aspect_info info;
    const struct settings_state *st;
    size_t n = 0, cursor = 0;
    while ((st = object_next(svc, KIND_SETTINGS_STATE, &cursor)) != NULL)
        n += matches(svc, f, st, &info);
    return n;
}

static uint32_t no_memory(void)
{
    return svc_fail(REPLSVC_FAILED, ENOMEM, NULL, "the synchronization aspects cannot be listed");
}

uint32_t aspects_list(struct replsvc_service *svc, const struct aspect_filter *f, replsvc_aspect_ref **list,
                      size_t *n)
{
    replsvc_aspect_info info;
    const struct settings_state *st;
    size_t cursor = 0, k = 0;
    *list = NULL;
    *n = 0;
    model_read(svc);
    size_t found = count(svc, f);
    replsvc_aspect_ref *refs = found != 0 ? mem_array(found, sizeof(*refs)) : NULL;
    while (refs != NULL && (st = object_next(svc, KIND_SETTINGS_STATE, &cursor)) != NULL)
        if (matches(svc, f, st, &info))
            memcpy(refs[k++].id, info.id, sizeof(refs[0].id));
    model_done(svc);
    *list = refs;
    *n = k;
    return found != 0 && refs == NULL ? no_memory() : REPLSVC_OK;
}

static void put_u16(struct embedded_writer *w, const char *name, uint16_t value)
{
    embedded_put_number(w, name, "uint16", value);
}

static char *format(const struct replsvc_service *svc, const replsvc_aspect_info *info)
{
    struct embedded_writer w;
    embedded_begin(&w, service_encoding(svc), "CIM_SynchronizationAspect");
    embedded_put_string(&w, "InstanceID", info->id);
    embedded_put_string(&w, "ElementName", info->name);
    put_u16(&w, "SyncType", info->sync_type);
    embedded_put_bool(&w, "ConsistencyEnabled", info->consistency_enabled);
    if (info->consistency_type != 0)
        put_u16(&w, "ConsistencyType", info->consistency_type);
    put_u16(&w, "CopyStatus", info->copy_status);
    put_u16(&w, "CopyMethodology", info->copy_methodology);
    embedded_put_time(&w, "WhenPointInTime", info->when_point_in_time);
    embedded_put_reference(&w, "SourceElement", info->is_group ? "CIM_ReplicationGroup" : "CIM_StorageVolume",
                           info->is_group ? "InstanceID" : "DeviceID", info->source_element);
    embedded_put_bool(&w, "AutoDelete", info->auto_delete);
    if (info->time_before_removal_us != 0)
        embedded_put_interval(&w, "TimeBeforeRemoval", info->time_before_removal_us);
    put_u16(&w, "SyncState", info->sync_state);
    return embedded_end(&w);
}

uint32_t aspects_instances(struct replsvc_service *svc, const struct aspect_filter *f, char ***list,
                           size_t *n)
{
    replsvc_aspect_info info;
    const struct settings_state *st;
    size_t cursor = 0, k = 0;
    *list = NULL;
    *n = 0;
    model_read(svc);
    size_t found = count(svc, f);
    char **texts = mem_array(found != 0 ? found : 1, sizeof(*texts));
    bool whole = texts != NULL;
    while (whole && (st = object_next(svc, KIND_SETTINGS_STATE, &cursor)) != NULL)
        if (matches(svc, f, st, &info)) {
            texts[k] = format(svc, &info);
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
        return no_memory();
    *list = block;
    *n = k;
    return REPLSVC_OK;
}
