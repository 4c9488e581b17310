/* SPDX-License-Identifier: BSD-2-Clause */
/* CIM_ReplicationSettingData; see settings.h. */
#include "service/settings.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <strings.h>

#include "service/embedded.h"
#include "util/fail.h"

#define OFFSET(field) offsetof(replsvc_replication_settings, field)
#define NUMBER(property) REPLSVC_SETTING_PROPERTY_##property
#define V(n) (UINT32_C(1) << (n))
#define RANGE(from, to) ((V((to) + 1) - 1) & ~(V(from) - 1))

#define U16(name, field, values, number)                                                                     \
    {                                                                                                        \
        name, SETTING_U16, 0, values, OFFSET(field), number                                                  \
    }
#define BOOL(name, field, number)                                                                            \
    {                                                                                                        \
        name, SETTING_BOOL, 0, 0, OFFSET(field), number                                                      \
    }
#define U64(name, field, number)                                                                             \
    {                                                                                                        \
        name, SETTING_U64, 0, 0, OFFSET(field), number                                                       \
    }
#define INTERVAL(name, field, number)                                                                        \
    {                                                                                                        \
        name, SETTING_INTERVAL, 0, 0, OFFSET(field), number                                                  \
    }

static const struct setting_property table[] = {
    U16("Pairing", pairing, RANGE(2, 4), NUMBER(PAIRING)),
    U16("UnequalGroupsAction", unequal_groups_action, RANGE(2, 4), NUMBER(UNEQUALGROUPSACTION)),
    U16("UnequalListsAction", unequal_lists_action, RANGE(2, 4), NUMBER(UNEQUALLISTSACTION)),
    U16("DesiredCopyMethodology", desired_copy_methodology, RANGE(1, 11), NUMBER(DESIREDCOPYMETHODOLOGY)),
    U16("TargetElementSupplier", target_element_supplier, RANGE(1, 5), NUMBER(TARGETELEMENTSUPPLIER)),
    U16("ThinProvisioningPolicy", thin_provisioning_policy, RANGE(2, 7), NUMBER(THINPROVISIONINGPOLICY)),
    U16("OnGroupOrListError", on_group_or_list_error, RANGE(2, 3), NUMBER(ONGROUPORLISTERROR)),
    /* 0 is Unknown: as good as absent. */
    U16("CopyRecoveryMode", copy_recovery_mode, V(0) | RANGE(2, 4), NUMBER(COPYRECOVERYMODE)),
    U16("Multihop", multihop, 0, NUMBER(MULTIHOP)), /* a count of hops, no value map */
    U16("ReadOnly", read_only, RANGE(2, 4), NUMBER(READONLY)),
    U16("StorageCompressionPolicy", storage_compression_policy, RANGE(2, 7),
        NUMBER(STORAGECOMPRESSIONPOLICY)),
    U16("TargetElementGoal", target_element_goal, RANGE(2, 3), NUMBER(TARGETELEMENTGOAL)),
    U16("TargetElementResourcePool", target_element_resource_pool, RANGE(2, 3),
        NUMBER(TARGETELEMENTRESOURCEPOOL)),
    {"CopyPriority", SETTING_U16, 1, RANGE(0, 4), OFFSET(copy_priority), 0},
    BOOL("ConsistentPointInTime", consistent_point_in_time, NUMBER(CONSISTENTPOINTINTIME)),
    BOOL("FailedCopyStopsHostIO", failed_copy_stops_host_io, NUMBER(FAILEDCOPYSTOPSHOSTIO)),
    BOOL("AutoDelete", auto_delete, NUMBER(AUTODELETE)),
    BOOL("ConsistencyExempt", consistency_exempt, NUMBER(CONSISTENCYEXEMPT)),
    BOOL("ConsistentAsyncCopy", consistent_async_copy, NUMBER(CONSISTENTASYNCCOPY)),
    BOOL("RRCHardwareCompressionEnabled", rrc_hardware_compression_enabled,
         NUMBER(RRCHARDWARECOMPRESSIONENABLED)),
    BOOL("RRCSoftwareCompressionEnabled", rrc_software_compression_enabled,
         NUMBER(RRCSOFTWARECOMPRESSIONENABLED)),
    INTERVAL("DeltaUpdateInterval", delta_update_interval_us, NUMBER(DELTAUPDATEINTERVAL)),
    INTERVAL("TimeBeforeRemoval", time_before_removal_us, NUMBER(TIMEBEFOREREMOVAL)),
    INTERVAL("DesiredRPO", desired_rpo_us, NUMBER(RPO)),
    U64("DeltaUpdateBlocks", delta_update_blocks, NUMBER(DELTAUPDATEBLOCKS)),
    U64("MaximumSkew", maximum_skew, NUMBER(SKEW)),
};

#define N_TABLE (sizeof(table) / sizeof(table[0]))

const struct setting_property *settings_table(size_t *n)
{
    *n = N_TABLE;
    return table;
}

static const void *field_of(const replsvc_replication_settings *s, const struct setting_property *p)
{
    return (const char *)s + p->offset;
}

bool settings_get(const replsvc_replication_settings *s, const struct setting_property *p, uint64_t *value)
{
    const void *f = field_of(s, p);
    switch (p->type) {
    case SETTING_U16:
        *value = *(const uint16_t *)f;
        if (*value == 0)
            return false;
        *value -= p->bias;
        return true;
    case SETTING_BOOL:
        *value = *(const replsvc_opt_bool *)f == REPLSVC_BOOL_TRUE;
        return *(const replsvc_opt_bool *)f != REPLSVC_BOOL_ABSENT;
    default:
        memcpy(value, f, sizeof(*value));
        return *value != 0;
    }
}

static bool in_value_map(const struct setting_property *p, uint64_t v)
{
    return p->values == 0 || (v < 32 && (p->values & V(v)) != 0);
}

static const char *type_name(const struct setting_property *p)
{
    static const char *const names[] = {"uint16", "uint64", "boolean", "datetime"};
    return names[p->type];
}

struct place {
    const char *parameter;
    const struct embedded_property *given;
};

static uint32_t refuse(const struct place *at, const char *rule, uint64_t v)
{
    return svc_fail(REPLSVC_INVALID_PARAMETER, 0, at->parameter, "property %s at byte %zu: %s (%" PRIu64 ")",
                    at->given->name, at->given->position, rule, v);
}

static uint32_t wrong_type(const struct place *at, const struct setting_property *p)
{
    return svc_fail(REPLSVC_INVALID_PARAMETER, 0, at->parameter, "property %s at byte %zu is to be a %s%s",
                    at->given->name, at->given->position, type_name(p),
                    p->type == SETTING_INTERVAL ? " interval such as \"00000001020304.000000:000\"" : "");
}

static uint32_t set_property(const struct place *at, const struct setting_property *p,
                             replsvc_replication_settings *s)
{
    const struct embedded_property *given = at->given;
    void *f = (char *)s + p->offset;
    uint64_t v = 0;
    bool b = false;
    int64_t us = 0;
    if (given->array || (given->type[0] != '\0' && strcmp(given->type, type_name(p)) != 0))
        return wrong_type(at, p);
    if (given->kind == EMBEDDED_NULL)
        return REPLSVC_OK;
    switch (p->type) {
    case SETTING_U16:
        if (embedded_u64(given, 0, &v) != 0 || v > UINT16_MAX)
            return wrong_type(at, p);
        if (!in_value_map(p, v))
            return refuse(at, "the value is not in the value map", v);
        *(uint16_t *)f = (uint16_t)(v + p->bias);
        return REPLSVC_OK;
    case SETTING_U64:
        if (embedded_u64(given, 0, &v) != 0)
            return wrong_type(at, p);
        memcpy(f, &v, sizeof(v));
        return REPLSVC_OK;
    case SETTING_BOOL:
        if (embedded_bool(given, 0, &b) != 0)
            return wrong_type(at, p);
        *(replsvc_opt_bool *)f = b ? REPLSVC_BOOL_TRUE : REPLSVC_BOOL_FALSE;
        return REPLSVC_OK;
    case SETTING_INTERVAL:
        if (embedded_interval(given, 0, &us) != 0)
            return wrong_type(at, p);
        memcpy(f, &us, sizeof(us));
        return REPLSVC_OK;
    }
    return REPLSVC_OK;
}

/* Of the class that it inherits from: what clients send back without a meaning for replication. */
static bool is_inherited(const char *name)
{
    static const char *const names[] = {"InstanceID", "ElementName", "Caption", "Description", "Generation"};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (strcasecmp(names[i], name) == 0)
            return true;
    return false;
}

/* The class itself or one derived from it, by the schema's way of naming: SCHEMA_ReplicationSettingData. */
static bool is_class(const char *name)
{
    const char *tail = strchr(name, '_');
    return tail != NULL && strcasecmp(tail, "_ReplicationSettingData") == 0;
}

static uint32_t take(const struct embedded *e, const char *parameter, replsvc_replication_settings *s)
{
    if (!is_class(e->class_name))
        return svc_fail(REPLSVC_INVALID_PARAMETER, 0, parameter,
                        "an instance of CIM_ReplicationSettingData is expected, not of %.64s", e->class_name);
    for (size_t i = 0; i < e->n; i++) {
        struct place at = {parameter, &e->properties[i]};
        const struct setting_property *p = NULL;
        for (size_t k = 0; k < N_TABLE && p == NULL; k++)
            if (strcasecmp(table[k].name, at.given->name) == 0)
                p = &table[k];
        if (p == NULL && is_inherited(at.given->name))
            continue;
        if (p == NULL)
            return svc_fail(REPLSVC_INVALID_PARAMETER, 0, parameter,
                            "byte %zu: CIM_ReplicationSettingData has no property %.64s", at.given->position,
                            at.given->name);
        uint32_t ret = set_property(&at, p, s);
        if (ret != REPLSVC_OK)
            return ret;
    }
    return REPLSVC_OK;
}

uint32_t settings_parse(const char *text, const char *parameter, replsvc_replication_settings *s)
{
    replsvc_replication_settings read = {.size = sizeof(read)};
    if (text == NULL || *text == '\0') {
        *s = read;
        return REPLSVC_OK;
    }
    struct embedded e;
    struct embedded_error error;
    uint32_t ret;
    int err = embedded_parse(text, &e, &error);
    if (err == -EINVAL)
        ret = svc_fail(REPLSVC_INVALID_PARAMETER, 0, parameter, "byte %zu: %s", error.position, error.reason);
    else if (err != 0)
        ret = svc_fail(REPLSVC_FAILED, -err, parameter, "the text could not be read");
    else
        ret = take(&e, parameter, &read);
    embedded_clear(&e);
    if (ret == REPLSVC_OK)
        *s = read;
    return ret;
}

char *settings_format(const replsvc_replication_settings *s, enum replsvc_encoding encoding)
{
    struct embedded_writer w;
    embedded_begin(&w, encoding, "CIM_ReplicationSettingData");
    for (size_t i = 0; i < N_TABLE; i++) {
        uint64_t v;
        if (!settings_get(s, &table[i], &v))
            continue;
        if (table[i].type == SETTING_BOOL)
            embedded_put_bool(&w, table[i].name, v != 0);
        else if (table[i].type == SETTING_INTERVAL)
            embedded_put_interval(&w, table[i].name, (int64_t)v);
        else
            embedded_put_number(&w, table[i].name, type_name(&table[i]), v);
    }
    return embedded_end(&w);
}
