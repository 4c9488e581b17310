/* SPDX-License-Identifier: BSD-2-Clause */
/* CIM_ReplicationServiceCapabilities: setting data, how two elements can be related, names. */
#include "api/capabilities.h"

#include "service/settings.h"
#include "util/alloc.h"

/* ---- setting data ---- */

uint32_t local_get_supported_replication_setting_data(replsvc_service *service, uint16_t replication_type,
                                                      uint16_t property_name, uint64_t **supported_values,
                                                      size_t *n_supported_values,
                                                      const char *replication_setting_data)
{
    struct replication_kind k;
    uint64_t values[32];
    size_t n = 0, n_table;
    const struct question q = {service, replication_type, replication_setting_data, 0, 0};
    uint32_t ret = question_enter(&q, &k);
    if (ret)
        return ret;
    const struct setting_property *p = settings_table(&n_table), *end = p + n_table;
    while (p != end && p->number != property_name)
        p++;
    if (property_name == 0 || p == end)
        return svc_fail(REPLSVC_INVALID_PARAMETER, 0, "PropertyName", "PropertyName: there is no property %u",
                        property_name);
    uint32_t can = capability_setting(k.sync_type, p);
    if (p->type == SETTING_INTERVAL)
        return svc_fail(REPLSVC_INVALID_PARAMETER, 0, "PropertyName",
                        "PropertyName: %s is a datetime: ask GetSupportedReplicationSettingDataDateTime",
                        p->name);
    if (can == 0)
        return answer_none_here(p->name);
    for (uint16_t v = 0; v < 32 && p->type != SETTING_U64; v++)
        if ((can >> v & 1) != 0)
            values[n++] = v;
    return give(values, n, sizeof(values[0]), supported_values, n_supported_values);
}

uint32_t local_get_supported_replication_setting_data_date_time(
    replsvc_service *service, uint16_t replication_type, uint16_t property_name, int64_t **supported_values,
    size_t *n_supported_values, uint16_t *supported_values_indicator, const char *replication_setting_data)
{
    struct replication_kind k;
    size_t n_table;
    const struct question q = {service, replication_type, replication_setting_data, 0, 0};
    uint32_t ret = question_enter(&q, &k);
    if (ret)
        return ret;
    const struct setting_property *p = settings_table(&n_table), *end = p + n_table;
    while (p != end && (p->number != property_name || p->type != SETTING_INTERVAL))
        p++;
    if (p == end)
        return svc_fail(REPLSVC_INVALID_PARAMETER, 0, "PropertyName",
                        "PropertyName: there is no datetime property %u", property_name);
    if (capability_setting(k.sync_type, p) == 0)
        return answer_none_here(p->name);
    static const int64_t range[] = {INT64_C(1), INT64_C(8639999999999999999)};
    ret = give(range, 2, sizeof(range[0]), supported_values, n_supported_values);
    if (ret == REPLSVC_OK && supported_values_indicator != NULL)
        *supported_values_indicator = REPLSVC_SUPPORTED_VALUES_INDICATOR_RANGE;
    return ret;
}

uint32_t local_get_default_replication_setting_data(replsvc_service *service, uint16_t replication_type,
                                                    char **default_instance)
{
    struct replication_kind k;
    const struct question q = {service, replication_type, NULL, 0, 0};
    uint32_t ret = question_enter(&q, &k);
    if (ret)
        return ret;
    if (default_instance == NULL)
        return REPLSVC_OK;
    replsvc_replication_settings s;
    capability_default_settings(k.sync_type, &s);
    char *text = settings_format(&s, service_encoding(service));
    if (text == NULL)
        return answer_no_memory();
    *default_instance = text;
    return REPLSVC_OK;
}

/* ---- elements and names ---- */

uint32_t local_get_synchronization_supported(
    replsvc_service *service, const replsvc_element_ref *local_element,
    const replsvc_element_ref *other_element, const replsvc_access_point_ref *other_element_access_point,
    uint16_t method_name, const char *replication_setting_data, uint16_t **sync_types, size_t *n_sync_types,
    uint16_t **modes, size_t *n_modes, uint16_t **local_element_role, size_t *n_local_element_role)
{
    struct capability_relation r = {0};
    struct element *local, *other = NULL;
    replsvc_replication_settings settings;
    uint32_t ret = api_enter(service);
    if (ret == REPLSVC_OK)
        ret = settings_parse(replication_setting_data, "ReplicationSettingData", &settings);
    if (ret == REPLSVC_OK && !ref_absent(other_element_access_point))
        ret = answer_none_here("replication to another system");
    if (ret == REPLSVC_OK && method_name > REPLSVC_METHOD_NAME_ADDELEMENTSTOGROUPSYNCHRONIZED)
        ret = svc_fail(REPLSVC_INVALID_PARAMETER, 0, "MethodName", "MethodName: there is no method %u",
                       method_name);
    if (ret)
        return ret;
    model_read(service);
    ret = element_by_ref(service, local_element, "LocalElement", &local);
    if (ret == REPLSVC_OK && !ref_absent(other_element))
        ret = element_by_ref(service, other_element, "OtherElement", &other);
    if (ret == REPLSVC_OK)
        capability_relations(local, other, &r);
    model_done(service);
    if (ret == REPLSVC_OK)
        ret = give(r.sync_types, r.n, sizeof(r.sync_types[0]), sync_types, n_sync_types);
    if (ret == REPLSVC_OK) {
        ret = give(r.modes, r.n, sizeof(r.modes[0]), modes, n_modes);
        if (ret == REPLSVC_OK)
            ret = give(r.roles, r.n, sizeof(r.roles[0]), local_element_role, n_local_element_role);
        if (ret) {
            take_back(sync_types);
            take_back(modes);
        }
    }
    return ret;
}

uint32_t local_get_element_name_capabilities(replsvc_service *service, uint16_t element_type,
                                             uint16_t **supported_features, size_t *n_supported_features,
                                             uint16_t *max_element_name_len, char **element_name_mask)
{
    static const uint16_t list[] = {REPLSVC_NAME_FEATURE_ELEMENTNAME_CAN_BE_SUPPLIED_DURING_CREATION};
    uint32_t ret = api_enter(service);
    if (ret)
        return ret;
    if (element_type < REPLSVC_NAMED_ELEMENT_TYPE_REPLICATIONGROUP ||
        element_type > REPLSVC_NAMED_ELEMENT_TYPE_REPLICATIONENTITY)
        return svc_fail(REPLSVC_INVALID_PARAMETER, 0, "ElementType", "ElementType: there is no type %u",
                        element_type);
    char *mask = mem_strdup("^[^\\x00-\\x1F\\x7F]+$"); /* UTF-8 without control characters */
    if (mask == NULL)
        return answer_no_memory();
    ret = give(list, 1, sizeof(list[0]), supported_features, n_supported_features);
    if (ret == REPLSVC_OK && max_element_name_len != NULL)
        *max_element_name_len =
            element_type == REPLSVC_NAMED_ELEMENT_TYPE_GROUPSYNCHRONIZED ? 244 : REPLSVC_NAME_SIZE - 1;
    if (ret == REPLSVC_OK && element_name_mask != NULL)
        *element_name_mask = mask;
    else
        mem_free(mask);
    return ret;
}
