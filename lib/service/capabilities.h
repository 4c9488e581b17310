/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the methods of CIM_ReplicationServiceCapabilities tell, collected from the tables that the methods
 * of the service themselves go by (capabilities_table.h, transitions.h, settings.h).
 */
#ifndef RSVC_SERVICE_CAPABILITIES_H
#define RSVC_SERVICE_CAPABILITIES_H

#include "service/capabilities_table.h"
#include "service/service.h"

/* A ReplicationType taken apart. */
struct replication_kind {
    uint16_t type;
    uint16_t sync_type, mode;
    uint16_t locality; /* 2 local, 3 remote */
};

/* By number: Invalid Parameter for one that the schema does not have, Not Supported for one that is not to
 * be had here. parameter: CIM's name. */
uint32_t replication_kind(uint16_t type, struct replication_kind *kind);
/* Any that the schema has, supported or not; NULL: none. */
const struct replication_kind *replication_kind_of(uint16_t type);
const struct replication_kind *replication_kind_by(uint16_t sync_type, uint16_t mode, uint16_t locality);
bool replication_kind_supported(const struct replication_kind *kind);

/* What can be listed of one kind. */
#define CAPABILITY_LIST_MAX 64u
struct capability_list {
    uint16_t values[CAPABILITY_LIST_MAX];
    bool flags[CAPABILITY_LIST_MAX]; /* CopyStates: a host can read the target; operations: Force is needed */
    size_t n;
};

/* operation 0: every state that there is; else those in which it is legal. */
void capability_copy_states(const struct replication_kind *kind, bool group, uint16_t operation,
                            struct capability_list *list);
/* copy_state 0: every operation that there is; else those that are legal in it. */
void capability_operations(const struct replication_kind *kind, bool group, uint16_t copy_state,
                           struct capability_list *list);
/* Those of ModifySettingsDefineState. */
void capability_aspect_operations(const struct replication_kind *kind, struct capability_list *list);
/* Takes out what needs SyncPair, which a list has no place for. */
void capability_without_pairs(struct capability_list *list);
/* What is done when the caller does not say. */
void capability_default_settings(uint16_t sync_type, replsvc_replication_settings *s);
/* method: enum replsvc_method_name. */
void capability_wait_states(const struct replication_kind *kind, uint16_t method, uint16_t operation,
                            struct capability_list *list);
void capability_features(const struct replication_kind *kind, struct capability_list *list);
void capability_group_features(const struct replication_kind *kind, struct capability_list *list);

/* How two elements can be related now. other NULL: any. */
struct capability_relation {
    uint16_t sync_types[CAPABILITY_LIST_MAX], modes[CAPABILITY_LIST_MAX], roles[CAPABILITY_LIST_MAX];
    size_t n;
};
void capability_relations(const struct element *local, const struct element *other,
                          struct capability_relation *out);

#endif
