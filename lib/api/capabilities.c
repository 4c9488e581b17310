/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * CIM_ReplicationServiceCapabilities: types of replication, states, features, and the class's properties.
 * Each method collects what service/capabilities.h tells and hands it out.
 */
#include "api/capabilities.h"

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
    const struct question q = {service, replication_type, NULL, 0, 0};
    uint32_t ret = question_enter(&q, &k);
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
    return ret ? ret : answer_none_here("a tokenized clone");
}

/* ---- states ---- */

uint32_t local_get_supported_copy_states(replsvc_service *service, uint16_t replication_type,
                                         uint16_t **supported_copy_states, size_t *n_supported_copy_states,
                                         bool **host_accessible, size_t *n_host_accessible,
                                         const char *replication_setting_data, uint16_t operation)
{
    struct replication_kind k;
    struct capability_list l;
    const struct question q = {service, replication_type, replication_setting_data, operation, 0};
    uint32_t ret = question_enter(&q, &k);
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
    const struct question q = {service, replication_type, replication_setting_data, operation, 0};
    uint32_t ret = question_enter(&q, &k);
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
    const struct question q = {service, replication_type, replication_setting_data, operation, 0};
    uint32_t ret = question_enter(&q, &k);
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
    const struct question q = {service, replication_type, replication_setting_data, 0, 0};
    return answer_by(&q, capability_features, features, n_features);
}

uint32_t local_get_supported_group_features(replsvc_service *service, uint16_t replication_type,
                                            uint16_t **group_features, size_t *n_group_features,
                                            const char *replication_setting_data)
{
    const struct question q = {service, replication_type, replication_setting_data, 0, 0};
    return answer_by(&q, capability_group_features, group_features, n_group_features);
}

uint32_t local_get_supported_list_features(replsvc_service *service, uint16_t replication_type,
                                           uint16_t **group_features, size_t *n_group_features,
                                           const char *replication_setting_data)
{
    static const uint16_t list[] = {REPLSVC_LIST_FEATURE_LIST_IS_SUPPORTED,
                                    REPLSVC_LIST_FEATURE_SEQUENTIAL_CONSISTENCY,
                                    REPLSVC_LIST_FEATURE_NO_CONSISTENCY};
    const struct question q = {service, replication_type, replication_setting_data, 0, 0};
    return answer(&q, list, 3, group_features, n_group_features);
}

uint32_t local_get_supported_consistency(replsvc_service *service, uint16_t replication_type,
                                         uint16_t **supported_consistency, size_t *n_supported_consistency,
                                         const char *replication_setting_data)
{
    static const uint16_t list[] = {REPLSVC_CONSISTENCY_TYPE_SEQUENTIALLY_CONSISTENT};
    const struct question q = {service, replication_type, replication_setting_data, 0, 0};
    return answer(&q, list, 1, supported_consistency, n_supported_consistency);
}

uint32_t local_get_default_consistency(replsvc_service *service, uint16_t replication_type,
                                       uint16_t *default_consistency, const char *replication_setting_data)
{
    struct replication_kind k;
    const struct question q = {service, replication_type, replication_setting_data, 0, 0};
    uint32_t ret = question_enter(&q, &k);
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
    const struct question q = {service, replication_type, replication_setting_data, 0, 0};
    return answer(&q, list, 1, supported_thin_provisioning_features, n_supported_thin_provisioning_features);
}

uint32_t local_get_supported_storage_compression_features(replsvc_service *service, uint16_t replication_type,
                                                          uint16_t **supported_storage_compression_features,
                                                          size_t *n_supported_storage_compression_features,
                                                          const char *replication_setting_data)
{
    static const uint16_t list[] = {REPLSVC_STORAGE_COMPRESSION_FEATURE_STORAGE_COMPRESSION_IS_NOT_SUPPORTED};
    const struct question q = {service, replication_type, replication_setting_data, 0, 0};
    return answer(&q, list, 1, supported_storage_compression_features,
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
    return ret ? ret : answer_none_here("replication over a connection");
}

uint32_t local_get_supported_maximum(replsvc_service *service, uint16_t replication_type, uint16_t component,
                                     uint64_t *max_value, const char *replication_setting_data)
{
    struct replication_kind k;
    const struct question q = {service, replication_type, replication_setting_data, 0, 0};
    uint32_t ret = question_enter(&q, &k);
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
        return answer_none_here("what this component counts");
    }
    if (max_value != NULL)
        *max_value = max;
    return REPLSVC_OK;
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
        REPLSVC_ASYNCHRONOUS_ACTION_CONFIRMTARGETDATA,
        REPLSVC_ASYNCHRONOUS_ACTION_ADDELEMENTSTOGROUPSYNCHRONIZED,
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
        REPLSVC_SYNCHRONOUS_ACTION_ADDELEMENTSTOGROUPSYNCHRONIZED,
    };
    return give_property(service, list, sizeof(list) / sizeof(list[0]), actions, n_actions);
}
