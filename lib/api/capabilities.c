/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * CIM_ReplicationServiceCapabilities: each method collects what service/capabilities.h tells and hands it
 * out. Outputs that are not wanted may be NULL; nothing is set on failure.
 */
#include "api/api.h"

#include <errno.h>
#include <string.h>

#include "service/capabilities.h"
#include "service/settings.h"
#include "service/transitions.h"
#include "util/alloc.h"

/* ---- what all methods do ---- */

/* Service, ReplicationType and ReplicationSettingData of a question. */
static uint32_t enter(const replsvc_service *service, uint16_t type, const char *text,
                      struct replication_kind *kind)
{
    replsvc_replication_settings settings;
    uint32_t ret = api_enter(service);
    if (ret == REPLSVC_OK)
        ret = replication_kind(type, kind);
    if (ret == REPLSVC_OK)
        ret = settings_parse(text, "ReplicationSettingData", &settings);
    return ret != REPLSVC_OK ? ret : capability_check_settings(kind->sync_type, &settings);
}

static uint32_t no_memory(void)
{
    return svc_fail(REPLSVC_FAILED, ENOMEM, NULL, "the answer cannot be put together");
}

/* A list for the caller; nothing if it is not wanted or empty. */
static uint32_t give(const void *values, size_t n, size_t size, void *list, size_t *n_list)
{
    void *copy = NULL;
    if (list != NULL && n != 0) {
        copy = mem_array(n, size);
        if (copy == NULL)
            return no_memory();
        memcpy(copy, values, n * size);
    }
    if (list != NULL)
        memcpy(list, &copy, sizeof(copy));
    if (n_list != NULL)
        *n_list = n;
    return REPLSVC_OK;
}

static void take_back(void *list)
{
    void *given = NULL;
    if (list == NULL)
        return;
    memcpy(&given, list, sizeof(given));
    mem_free(given);
    memset(list, 0, sizeof(given));
}

static uint32_t give_values(const struct capability_list *l, uint16_t **list, size_t *n)
{
    return give(l->values, l->n, sizeof(l->values[0]), list, n);
}

/* Lists that belong together: all or none. */
static uint32_t give_operations(const struct capability_list *l, uint16_t **operations, size_t *n_operations,
                                uint16_t **controlling, size_t *n_controlling, bool **force, size_t *n_force,
                                bool **updates, size_t *n_updates)
{
    static const bool no[CAPABILITY_LIST_MAX]; /* a relationship keeps its reference whatever is done to it */
    uint16_t both[CAPABILITY_LIST_MAX];
    for (size_t i = 0; i < l->n; i++)
        both[i] = REPLSVC_SERVICE_CONTROLLING_SOURCE_OR_TARGET; /* one service has both sides */
    uint32_t ret = give_values(l, operations, n_operations);
    if (ret == REPLSVC_OK)
        ret = give(both, l->n, sizeof(both[0]), controlling, n_controlling);
    if (ret == REPLSVC_OK)
        ret = give(l->flags, l->n, sizeof(l->flags[0]), force, n_force);
    if (ret == REPLSVC_OK)
        ret = give(no, l->n, sizeof(no[0]), updates, n_updates);
    if (ret != REPLSVC_OK) {
        take_back(operations);
        take_back(controlling);
        take_back(force);
        take_back(updates);
    }
    return ret;
}

static uint32_t none_here(const char *what)
{
    return svc_fail(REPLSVC_NOT_SUPPORTED, 0, NULL, "%s is not supported", what);
}

static uint32_t check_state(uint16_t copy_state)
{
    if (copy_state == 0 || copy_state_name(copy_state)[0] != '?')
        return REPLSVC_OK;
    return svc_fail(REPLSVC_INVALID_PARAMETER, 0, "CopyState", "CopyState: there is no state %u", copy_state);
}

static uint32_t check_operation(uint16_t operation)
{
    if (operation == 0 || operation_name(operation)[0] != '?')
        return REPLSVC_OK;
    return svc_fail(REPLSVC_INVALID_PARAMETER, 0, "Operation", "Operation: there is no operation %u",
                    operation);
}

/* ---- replication types ---- */

uint32_t local_convert_sync_type_to_replication_type(replsvc_service *service, uint16_t sync_type,
                                                     uint16_t mode, uint16_t local_or_remote,
                                                     uint16_t *supported_replication_types)
{
    uint32_t ret = api_enter(service);
    if (ret)
        return ret;
    const struct replication_kind *k = replication_kind_by(sync_type, mode, local_or_remote);
    if (k == NULL)
        return svc_fail(
            REPLSVC_INVALID_PARAMETER, 0, "SyncType",
            "SyncType: there is no type of replication for SyncType %u, Mode %u, LocalOrRemote %u", sync_type,
            mode, local_or_remote);
    struct replication_kind supported;
    ret = replication_kind(k->type, &supported);
    if (ret == REPLSVC_OK && supported_replication_types != NULL)
        *supported_replication_types = k->type;
    return ret;
}

uint32_t local_convert_replication_type_to_sync_type(replsvc_service *service, uint16_t replication_type,
                                                     uint16_t *sync_type, uint16_t *mode,
                                                     uint16_t *local_or_remote)
{
    struct replication_kind k;
    uint32_t ret = enter(service, replication_type, NULL, &k);
    if (ret)
        return ret;
    if (sync_type != NULL)
        *sync_type = k.sync_type;
    if (mode != NULL)
        *mode = k.mode;
    if (local_or_remote != NULL)
        *local_or_remote = k.locality;
    return REPLSVC_OK;
}

uint32_t local_get_supported_replication_types_for_system(replsvc_service *service,
                                                          const replsvc_system_ref *system,
                                                          const char *replication_setting_data,
                                                          uint16_t **supported_replication_types,
                                                          size_t *n_supported_replication_types)
{
    struct object *o;
    (void)replication_setting_data;
    uint32_t ret = api_enter(service);
    if (ret)
        return ret;
    model_read(service);
    ret = object_by_ref(service, KIND_SYSTEM, system, "System", &o);
    model_done(service);
    return ret ? ret
               : give(NULL, 0, sizeof(uint16_t), supported_replication_types, n_supported_replication_types);
}

uint32_t local_get_supported_tokenized_replication_type(
    replsvc_service *service, const replsvc_element_ref *source_element,
    const replsvc_element_ref *target_element, const replsvc_access_point_ref *element_access_point,
    const char *replication_setting_data, uint16_t **replication_types, size_t *n_replication_types)
{
    (void)source_element;
    (void)target_element;
    (void)element_access_point;
    (void)replication_setting_data;
    (void)replication_types;
    (void)n_replication_types;
    uint32_t ret = api_enter(service);
    return ret ? ret : none_here("a tokenized clone");
}

/* ---- states ---- */

uint32_t local_get_supported_copy_states(replsvc_service *service, uint16_t replication_type,
                                         uint16_t **supported_copy_states, size_t *n_supported_copy_states,
                                         bool **host_accessible, size_t *n_host_accessible,
                                         const char *replication_setting_data, uint16_t operation)
{
    struct replication_kind k;
    struct capability_list l;
    uint32_t ret = enter(service, replication_type, replication_setting_data, &k);
    if (ret == REPLSVC_OK)
        ret = check_operation(operation);
    if (ret)
        return ret;
    capability_copy_states(&k, false, operation, &l);
    ret = give_values(&l, supported_copy_states, n_supported_copy_states);
    if (ret == REPLSVC_OK)
        ret = give(l.flags, l.n, sizeof(l.flags[0]), host_accessible, n_host_accessible);
    if (ret)
        take_back(supported_copy_states);
    return ret;
}

uint32_t local_get_supported_group_copy_states(replsvc_service *service, uint16_t replication_type,
                                               uint16_t **supported_copy_states,
                                               size_t *n_supported_copy_states,
                                               const char *replication_setting_data, uint16_t operation)
{
    struct replication_kind k;
    struct capability_list l;
    uint32_t ret = enter(service, replication_type, replication_setting_data, &k);
    if (ret == REPLSVC_OK)
        ret = check_operation(operation);
    if (ret)
        return ret;
    capability_copy_states(&k, true, operation, &l);
    return give_values(&l, supported_copy_states, n_supported_copy_states);
}

uint32_t local_get_supported_wait_for_copy_states(replsvc_service *service, uint16_t replication_type,
                                                  uint16_t method_name, uint16_t **supported_copy_states,
                                                  size_t *n_supported_copy_states,
                                                  const char *replication_setting_data, uint16_t operation)
{
    struct replication_kind k;
    struct capability_list l;
    uint32_t ret = enter(service, replication_type, replication_setting_data, &k);
    if (ret == REPLSVC_OK)
        ret = check_operation(operation);
    if (ret == REPLSVC_OK && (method_name < REPLSVC_METHOD_NAME_CREATEELEMENTREPLICA ||
                              method_name > REPLSVC_METHOD_NAME_ADDELEMENTSTOGROUPSYNCHRONIZED))
        ret = svc_fail(REPLSVC_INVALID_PARAMETER, 0, "MethodName", "MethodName: there is no method %u",
                       method_name);
    if (ret)
        return ret;
    capability_wait_states(&k, method_name, operation, &l);
    return give_values(&l, supported_copy_states, n_supported_copy_states);
}

/* ---- features ---- */

uint32_t local_get_supported_features(replsvc_service *service, uint16_t replication_type,
                                      uint16_t **features, size_t *n_features,
                                      const char *replication_setting_data)
{
    struct replication_kind k;
    struct capability_list l;
    uint32_t ret = enter(service, replication_type, replication_setting_data, &k);
    if (ret)
        return ret;
    capability_features(&k, &l);
    return give_values(&l, features, n_features);
}

uint32_t local_get_supported_group_features(replsvc_service *service, uint16_t replication_type,
                                            uint16_t **group_features, size_t *n_group_features,
                                            const char *replication_setting_data)
{
    struct replication_kind k;
    struct capability_list l;
    uint32_t ret = enter(service, replication_type, replication_setting_data, &k);
    if (ret)
        return ret;
    capability_group_features(&k, &l);
    return give_values(&l, group_features, n_group_features);
}

uint32_t local_get_supported_list_features(replsvc_service *service, uint16_t replication_type,
                                           uint16_t **group_features, size_t *n_group_features,
                                           const char *replication_setting_data)
{
    static const uint16_t list[] = {REPLSVC_LIST_FEATURE_LIST_IS_SUPPORTED,
                                    REPLSVC_LIST_FEATURE_SEQUENTIAL_CONSISTENCY,
                                    REPLSVC_LIST_FEATURE_NO_CONSISTENCY};
    struct replication_kind k;
    uint32_t ret = enter(service, replication_type, replication_setting_data, &k);
    return ret ? ret : give(list, 3, sizeof(list[0]), group_features, n_group_features);
}

uint32_t local_get_supported_consistency(replsvc_service *service, uint16_t replication_type,
                                         uint16_t **supported_consistency, size_t *n_supported_consistency,
                                         const char *replication_setting_data)
{
    static const uint16_t list[] = {REPLSVC_CONSISTENCY_TYPE_SEQUENTIALLY_CONSISTENT};
    struct replication_kind k;
    uint32_t ret = enter(service, replication_type, replication_setting_data, &k);
    return ret ? ret : give(list, 1, sizeof(list[0]), supported_consistency, n_supported_consistency);
}

uint32_t local_get_default_consistency(replsvc_service *service, uint16_t replication_type,
                                       uint16_t *default_consistency, const char *replication_setting_data)
{
    struct replication_kind k;
    uint32_t ret = enter(service, replication_type, replication_setting_data, &k);
    if (ret == REPLSVC_OK && default_consistency != NULL)
        *default_consistency = REPLSVC_CONSISTENCY_TYPE_SEQUENTIALLY_CONSISTENT;
    return ret;
}

uint32_t local_get_default_group_persistency(replsvc_service *service, uint16_t *default_group_persistency)
{
    uint32_t ret = api_enter(service);
    if (ret == REPLSVC_OK && default_group_persistency != NULL)
        *default_group_persistency = REPLSVC_GROUP_PERSISTENCY_PERSISTENT;
    return ret;
}

uint32_t local_get_supported_thin_provisioning_features(replsvc_service *service, uint16_t replication_type,
                                                        uint16_t **supported_thin_provisioning_features,
                                                        size_t *n_supported_thin_provisioning_features,
                                                        const char *replication_setting_data)
{
    /* What the source does not hold reads as zeroes in the target. */
    static const uint16_t list[] = {
        REPLSVC_THIN_PROVISIONING_FEATURE_ZEROS_WRITTEN_IN_UNUSED_ALLOCATED_BLOCKS_OF_TARGET};
    struct replication_kind k;
    uint32_t ret = enter(service, replication_type, replication_setting_data, &k);
    return ret ? ret
               : give(list, 1, sizeof(list[0]), supported_thin_provisioning_features,
                      n_supported_thin_provisioning_features);
}

uint32_t local_get_supported_storage_compression_features(replsvc_service *service, uint16_t replication_type,
                                                          uint16_t **supported_storage_compression_features,
                                                          size_t *n_supported_storage_compression_features,
                                                          const char *replication_setting_data)
{
    static const uint16_t list[] = {REPLSVC_STORAGE_COMPRESSION_FEATURE_STORAGE_COMPRESSION_IS_NOT_SUPPORTED};
    struct replication_kind k;
    uint32_t ret = enter(service, replication_type, replication_setting_data, &k);
    return ret ? ret
               : give(list, 1, sizeof(list[0]), supported_storage_compression_features,
                      n_supported_storage_compression_features);
}

uint32_t local_get_supported_connection_features(replsvc_service *service,
                                                 const replsvc_access_point_ref *connection,
                                                 uint16_t **supported_connection_features,
                                                 size_t *n_supported_connection_features)
{
    (void)connection;
    (void)supported_connection_features;
    (void)n_supported_connection_features;
    uint32_t ret = api_enter(service);
    return ret ? ret : none_here("replication over a connection");
}

uint32_t local_get_supported_maximum(replsvc_service *service, uint16_t replication_type, uint16_t component,
                                     uint64_t *max_value, const char *replication_setting_data)
{
    struct replication_kind k;
    uint32_t ret = enter(service, replication_type, replication_setting_data, &k);
    if (ret)
        return ret;
    uint64_t max = 0; /* none but memory and disk */
    switch (component) {
    case REPLSVC_MAXIMUM_COMPONENT_NUMBER_OF_GROUPS:
    case REPLSVC_MAXIMUM_COMPONENT_NUMBER_OF_ELEMENTS_PER_SOURCE_GROUP:
    case REPLSVC_MAXIMUM_COMPONENT_NUMBER_OF_ELEMENTS_PER_TARGET_GROUP:
    case REPLSVC_MAXIMUM_COMPONENT_NUMBER_OF_TARGET_ELEMENTS_PER_SOURCE_ELEMENT:
    case REPLSVC_MAXIMUM_COMPONENT_NUMBER_OF_TOTAL_SOURCE_ELEMENTS:
    case REPLSVC_MAXIMUM_COMPONENT_NUMBER_OF_TOTAL_TARGET_ELEMENTS:
    case REPLSVC_MAXIMUM_COMPONENT_NUMBER_OF_PEER_SYSTEMS:
        break;
    case REPLSVC_MAXIMUM_COMPONENT_NUMBER_OF_HOPS_IN_MULTI_HOP_COPY:
        max = k.sync_type == REPLSVC_SYNC_TYPE_CLONE ? 0 : 1;
        break;
    default:
        if (component < REPLSVC_MAXIMUM_COMPONENT_NUMBER_OF_GROUPS ||
            component > REPLSVC_MAXIMUM_COMPONENT_NUMBER_OF_SYNCHRONIZATIONASPECT_INSTANCES_PER_SOURCE_GROUP)
            return svc_fail(REPLSVC_INVALID_PARAMETER, 0, "Component", "Component: there is no component %u",
                            component);
        return none_here("what this component counts");
    }
    if (max_value != NULL)
        *max_value = max;
    return REPLSVC_OK;
}

/* ---- operations ---- */

uint32_t local_get_supported_operations(replsvc_service *service, uint16_t replication_type,
                                        uint16_t **supported_operations, size_t *n_supported_operations,
                                        const char *replication_setting_data, uint16_t copy_state,
                                        uint16_t **service_controlling, size_t *n_service_controlling,
                                        bool **requires_force, size_t *n_requires_force,
                                        bool **updates_synchronized_path, size_t *n_updates_synchronized_path)
{
    struct replication_kind k;
    struct capability_list l;
    uint32_t ret = enter(service, replication_type, replication_setting_data, &k);
    if (ret == REPLSVC_OK)
        ret = check_state(copy_state);
    if (ret)
        return ret;
    capability_operations(&k, false, copy_state, &l);
    return give_operations(&l, supported_operations, n_supported_operations, service_controlling,
                           n_service_controlling, requires_force, n_requires_force, updates_synchronized_path,
                           n_updates_synchronized_path);
}

uint32_t local_get_supported_group_operations(
    replsvc_service *service, uint16_t replication_type, uint16_t **supported_group_operations,
    size_t *n_supported_group_operations, const char *replication_setting_data, uint16_t copy_state,
    uint16_t **service_controlling, size_t *n_service_controlling, bool **requires_force,
    size_t *n_requires_force, bool **updates_synchronized_path, size_t *n_updates_synchronized_path)
{
    struct replication_kind k;
    struct capability_list l;
    uint32_t ret = enter(service, replication_type, replication_setting_data, &k);
    if (ret == REPLSVC_OK)
        ret = check_state(copy_state);
    if (ret)
        return ret;
    capability_operations(&k, true, copy_state, &l);
    return give_operations(&l, supported_group_operations, n_supported_group_operations, service_controlling,
                           n_service_controlling, requires_force, n_requires_force, updates_synchronized_path,
                           n_updates_synchronized_path);
}

uint32_t local_get_supported_list_operations(
    replsvc_service *service, uint16_t replication_type, uint16_t synchronization_type,
    uint16_t **supported_list_operations, size_t *n_supported_list_operations,
    const char *replication_setting_data, uint16_t copy_state, uint16_t **service_controlling,
    size_t *n_service_controlling, bool **requires_force, size_t *n_requires_force,
    bool **updates_synchronized_path, size_t *n_updates_synchronized_path)
{
    struct replication_kind k;
    struct capability_list l;
    uint32_t ret = enter(service, replication_type, replication_setting_data, &k);
    if (ret == REPLSVC_OK)
        ret = check_state(copy_state);
    if (ret == REPLSVC_OK && synchronization_type != REPLSVC_SYNCHRONIZATION_TYPE_STORAGESYNCHRONIZED &&
        synchronization_type != REPLSVC_SYNCHRONIZATION_TYPE_GROUPSYNCHRONIZED)
        ret = svc_fail(REPLSVC_INVALID_PARAMETER, 0, "SynchronizationType",
                       "SynchronizationType: there is no type %u", synchronization_type);
    if (ret)
        return ret;
    capability_operations(&k, synchronization_type == REPLSVC_SYNCHRONIZATION_TYPE_GROUPSYNCHRONIZED,
                          copy_state, &l);
    capability_without_pairs(&l);
    return give_operations(&l, supported_list_operations, n_supported_list_operations, service_controlling,
                           n_service_controlling, requires_force, n_requires_force, updates_synchronized_path,
                           n_updates_synchronized_path);
}

uint32_t local_get_supported_operations_for_synchronization(
    replsvc_service *service, const replsvc_sync_ref *synchronization, const char *replication_setting_data,
    uint16_t **supported_operations, size_t *n_supported_operations, uint16_t **service_controlling,
    size_t *n_service_controlling, bool **requires_force, size_t *n_requires_force,
    bool **updates_synchronized_path, size_t *n_updates_synchronized_path)
{
    struct capability_list l = {0};
    struct relationship *s;
    (void)replication_setting_data;
    uint32_t ret = api_enter(service);
    if (ret)
        return ret;
    model_read(service);
    ret = sync_by_ref(service, synchronization, "Synchronization", &s);
    if (ret == REPLSVC_OK) {
        struct replication_kind k = {.sync_type = s->r.sync_type, .mode = s->r.mode};
        capability_operations(&k, s->r.is_group, s->r.copy_state, &l);
    }
    model_done(service);
    return ret ? ret
               : give_operations(&l, supported_operations, n_supported_operations, service_controlling,
                                 n_service_controlling, requires_force, n_requires_force,
                                 updates_synchronized_path, n_updates_synchronized_path);
}

uint32_t local_get_supported_settings_define_state_operations(replsvc_service *service,
                                                              uint16_t replication_type,
                                                              uint16_t **supported_operations,
                                                              size_t *n_supported_operations,
                                                              const char *replication_setting_data)
{
    struct capability_list l;
    struct replication_kind k;
    uint32_t ret = enter(service, replication_type, replication_setting_data, &k);
    if (ret)
        return ret;
    capability_aspect_operations(&k, &l);
    return l.n != 0 ? give_values(&l, supported_operations, n_supported_operations)
                    : none_here("a synchronization aspect of that kind");
}

/* ---- setting data ---- */

uint32_t local_get_supported_replication_setting_data(replsvc_service *service, uint16_t replication_type,
                                                      uint16_t property_name, uint64_t **supported_values,
                                                      size_t *n_supported_values,
                                                      const char *replication_setting_data)
{
    struct replication_kind k;
    uint64_t values[32];
    size_t n = 0, n_table;
    uint32_t ret = enter(service, replication_type, replication_setting_data, &k);
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
        return none_here(p->name);
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
    uint32_t ret = enter(service, replication_type, replication_setting_data, &k);
    if (ret)
        return ret;
    const struct setting_property *p = settings_table(&n_table), *end = p + n_table;
    while (p != end && (p->number != property_name || p->type != SETTING_INTERVAL))
        p++;
    if (p == end)
        return svc_fail(REPLSVC_INVALID_PARAMETER, 0, "PropertyName",
                        "PropertyName: there is no datetime property %u", property_name);
    if (capability_setting(k.sync_type, p) == 0)
        return none_here(p->name);
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
    uint32_t ret = enter(service, replication_type, NULL, &k);
    if (ret)
        return ret;
    if (default_instance == NULL)
        return REPLSVC_OK;
    replsvc_replication_settings s;
    capability_default_settings(k.sync_type, &s);
    char *text = settings_format(&s, REPLSVC_ENCODING_MOF);
    if (text == NULL)
        return no_memory();
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
        ret = none_here("replication to another system");
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
        return no_memory();
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

/* ---- properties of the class ---- */

static uint32_t give_property(replsvc_service *service, const uint16_t values[], size_t n, uint16_t **list,
                              size_t *n_list)
{
    uint32_t ret = api_enter(service);
    return ret ? ret : give(values, n, sizeof(values[0]), list, n_list);
}

uint32_t local_get_supported_replication_types(replsvc_service *service, uint16_t **types, size_t *n_types)
{
    uint16_t list[REPLSVC_REPLICATION_TYPE_ACTIVE_MIRROR_REMOTE + 1];
    size_t n = 0;
    for (uint16_t t = 0; t <= REPLSVC_REPLICATION_TYPE_ACTIVE_MIRROR_REMOTE; t++) {
        const struct replication_kind *k = replication_kind_of(t);
        if (k != NULL && replication_kind_supported(k))
            list[n++] = t;
    }
    return give_property(service, list, n, types, n_types);
}

uint32_t local_get_supported_storage_objects(replsvc_service *service, uint16_t **objects, size_t *n_objects)
{
    static const uint16_t list[] = {REPLSVC_STORAGE_OBJECT_STORAGEVOLUME};
    return give_property(service, list, 1, objects, n_objects);
}

uint32_t local_get_supported_asynchronous_actions(replsvc_service *service, uint16_t **actions,
                                                  size_t *n_actions)
{
    static const uint16_t list[] = {
        REPLSVC_ASYNCHRONOUS_ACTION_CREATEELEMENTREPLICA,
        REPLSVC_ASYNCHRONOUS_ACTION_CREATEGROUPREPLICA,
        REPLSVC_ASYNCHRONOUS_ACTION_MODIFYREPLICASYNCHRONIZATION,
        REPLSVC_ASYNCHRONOUS_ACTION_MODIFYLISTSYNCHRONIZATION,
        REPLSVC_ASYNCHRONOUS_ACTION_CREATELISTREPLICA,
        REPLSVC_ASYNCHRONOUS_ACTION_CREATEGROUPREPLICAFROMELEMENTS,
        REPLSVC_ASYNCHRONOUS_ACTION_MODIFYSETTINGSDEFINESTATE,
        REPLSVC_ASYNCHRONOUS_ACTION_MODIFYLISTSETTINGSDEFINESTATE,
    };
    return give_property(service, list, sizeof(list) / sizeof(list[0]), actions, n_actions);
}

uint32_t local_get_supported_synchronous_actions(replsvc_service *service, uint16_t **actions,
                                                 size_t *n_actions)
{
    static const uint16_t list[] = {
        REPLSVC_SYNCHRONOUS_ACTION_CREATEELEMENTREPLICA,
        REPLSVC_SYNCHRONOUS_ACTION_CREATEGROUPREPLICA,
        REPLSVC_SYNCHRONOUS_ACTION_MODIFYREPLICASYNCHRONIZATION,
        REPLSVC_SYNCHRONOUS_ACTION_MODIFYLISTSYNCHRONIZATION,
        REPLSVC_SYNCHRONOUS_ACTION_GETAVAILABLETARGETELEMENTS,
        REPLSVC_SYNCHRONOUS_ACTION_GETPEERSYSTEMS,
        REPLSVC_SYNCHRONOUS_ACTION_GETREPLICATIONRELATIONSHIPS,
        REPLSVC_SYNCHRONOUS_ACTION_GETSERVICEACCESSPOINTS,
        REPLSVC_SYNCHRONOUS_ACTION_CREATEGROUP,
        REPLSVC_SYNCHRONOUS_ACTION_DELETEGROUP,
        REPLSVC_SYNCHRONOUS_ACTION_ADDMEMBERS,
        REPLSVC_SYNCHRONOUS_ACTION_REMOVEMEMBERS,
        REPLSVC_SYNCHRONOUS_ACTION_ADDSERVICEACCESSPOINT,
        REPLSVC_SYNCHRONOUS_ACTION_ADDSHAREDSECRET,
        REPLSVC_SYNCHRONOUS_ACTION_ADDREPLICATIONENTITY,
        REPLSVC_SYNCHRONOUS_ACTION_CREATEREMOTEREPLICATIONCOLLECTION,
        REPLSVC_SYNCHRONOUS_ACTION_ADDTOREMOTEREPLICATIONCOLLECTION,
        REPLSVC_SYNCHRONOUS_ACTION_REMOVEFROMREMOTEREPLICATIONCOLLECTION,
        REPLSVC_SYNCHRONOUS_ACTION_CREATELISTREPLICA,
        REPLSVC_SYNCHRONOUS_ACTION_CREATEGROUPREPLICAFROMELEMENTS,
        REPLSVC_SYNCHRONOUS_ACTION_GETREPLICATIONRELATIONSHIPINSTANCES,
        REPLSVC_SYNCHRONOUS_ACTION_CREATEGROUPREPLICAFROMELEMENTSYNCHRONIZATIONS,
        REPLSVC_SYNCHRONOUS_ACTION_CREATESYNCHRONIZATIONASPECT,
        REPLSVC_SYNCHRONOUS_ACTION_CREATELISTSYNCHRONIZATIONASPECT,
        REPLSVC_SYNCHRONOUS_ACTION_MODIFYSETTINGSDEFINESTATE,
        REPLSVC_SYNCHRONOUS_ACTION_MODIFYLISTSETTINGSDEFINESTATE,
        REPLSVC_SYNCHRONOUS_ACTION_GETSYNCHRONIZATIONASPECTS,
        REPLSVC_SYNCHRONOUS_ACTION_GETSYNCHRONIZATIONASPECTINSTANCES,
    };
    return give_property(service, list, sizeof(list) / sizeof(list[0]), actions, n_actions);
}
