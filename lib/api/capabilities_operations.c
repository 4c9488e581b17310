/* SPDX-License-Identifier: BSD-2-Clause */
/* CIM_ReplicationServiceCapabilities: which operations there are, and which are legal in a state. */
#include "api/capabilities.h"

/* Lists that belong together: all or none. */
struct operation_lists {
    uint16_t **operations;
    size_t *n_operations;
    uint16_t **controlling;
    size_t *n_controlling;
    bool **force;
    size_t *n_force;
    bool **updates;
    size_t *n_updates;
};
/* Of the parameters of the four methods, which call them alike but for the first. */
#define LISTS(operations)                                                                                    \
    {                                                                                                        \
        operations, n_##operations, service_controlling, n_service_controlling, requires_force,              \
            n_requires_force, updates_synchronized_path, n_updates_synchronized_path                         \
    }

static uint32_t give_operations(const struct capability_list *l, const struct operation_lists *to)
{
    static const bool no[CAPABILITY_LIST_MAX]; /* a relationship keeps its reference whatever is done to it */
    uint16_t both[CAPABILITY_LIST_MAX];
    for (size_t i = 0; i < l->n; i++)
        both[i] = REPLSVC_SERVICE_CONTROLLING_SOURCE_OR_TARGET; /* one service has both sides */
    uint32_t ret = give_values(l, to->operations, to->n_operations);
    if (ret == REPLSVC_OK)
        ret = give(both, l->n, sizeof(both[0]), to->controlling, to->n_controlling);
    if (ret == REPLSVC_OK)
        ret = give(l->flags, l->n, sizeof(l->flags[0]), to->force, to->n_force);
    if (ret == REPLSVC_OK)
        ret = give(no, l->n, sizeof(no[0]), to->updates, to->n_updates);
    if (ret != REPLSVC_OK) {
        take_back(to->operations);
        take_back(to->controlling);
        take_back(to->force);
        take_back(to->updates);
    }
    return ret;
}

/* By type: of single relationships or of groups; as a list's members, there is no place for SyncPair. */
static uint32_t answer_operations(const struct question *q, bool group, bool list,
                                  const struct operation_lists *to)
{
    struct replication_kind k;
    struct capability_list l;
    uint32_t ret = question_enter(q, &k);
    if (ret)
        return ret;
    capability_operations(&k, group, q->copy_state, &l);
    if (list)
        capability_without_pairs(&l);
    return give_operations(&l, to);
}

uint32_t local_get_supported_operations(replsvc_service *service, uint16_t replication_type,
                                        uint16_t **supported_operations, size_t *n_supported_operations,
                                        const char *replication_setting_data, uint16_t copy_state,
                                        uint16_t **service_controlling, size_t *n_service_controlling,
                                        bool **requires_force, size_t *n_requires_force,
                                        bool **updates_synchronized_path, size_t *n_updates_synchronized_path)
{
    const struct question q = {service, replication_type, replication_setting_data, 0, copy_state};
    const struct operation_lists to = LISTS(supported_operations);
    return answer_operations(&q, false, false, &to);
}

uint32_t local_get_supported_group_operations(
    replsvc_service *service, uint16_t replication_type, uint16_t **supported_group_operations,
    size_t *n_supported_group_operations, const char *replication_setting_data, uint16_t copy_state,
    uint16_t **service_controlling, size_t *n_service_controlling, bool **requires_force,
    size_t *n_requires_force, bool **updates_synchronized_path, size_t *n_updates_synchronized_path)
{
    const struct question q = {service, replication_type, replication_setting_data, 0, copy_state};
    const struct operation_lists to = LISTS(supported_group_operations);
    return answer_operations(&q, true, false, &to);
}

uint32_t local_get_supported_list_operations(
    replsvc_service *service, uint16_t replication_type, uint16_t synchronization_type,
    uint16_t **supported_list_operations, size_t *n_supported_list_operations,
    const char *replication_setting_data, uint16_t copy_state, uint16_t **service_controlling,
    size_t *n_service_controlling, bool **requires_force, size_t *n_requires_force,
    bool **updates_synchronized_path, size_t *n_updates_synchronized_path)
{
    const struct question q = {service, replication_type, replication_setting_data, 0, copy_state};
    const struct operation_lists to = LISTS(supported_list_operations);
    struct replication_kind k;
    uint32_t ret = question_enter(&q, &k);
    if (ret)
        return ret;
    if (synchronization_type != REPLSVC_SYNCHRONIZATION_TYPE_STORAGESYNCHRONIZED &&
        synchronization_type != REPLSVC_SYNCHRONIZATION_TYPE_GROUPSYNCHRONIZED)
        return svc_fail(REPLSVC_INVALID_PARAMETER, 0, "SynchronizationType",
                        "SynchronizationType: there is no type %u", synchronization_type);
    return answer_operations(&q, synchronization_type == REPLSVC_SYNCHRONIZATION_TYPE_GROUPSYNCHRONIZED, true,
                             &to);
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
    const struct operation_lists to = LISTS(supported_operations);
    return ret ? ret : give_operations(&l, &to);
}

uint32_t local_get_supported_settings_define_state_operations(replsvc_service *service,
                                                              uint16_t replication_type,
                                                              uint16_t **supported_operations,
                                                              size_t *n_supported_operations,
                                                              const char *replication_setting_data)
{
    struct capability_list l;
    struct replication_kind k;
    const struct question q = {service, replication_type, replication_setting_data, 0, 0};
    uint32_t ret = question_enter(&q, &k);
    if (ret)
        return ret;
    capability_aspect_operations(&k, &l);
    return l.n != 0 ? give_values(&l, supported_operations, n_supported_operations)
                    : answer_none_here("a synchronization aspect of that kind");
}
