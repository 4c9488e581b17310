/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Points in time without a target (CIM_SynchronizationAspect, tied to their source by
 * CIM_SettingsDefineState). One is held by hidden snapshots: a snapshot relationship for each source
 * element, all cut at one instant, with targets that the service made for itself in a pool.
 *
 *   created    the state is recorded with the intent to make the snapshots, unseen; it is seen from the
 *              change on that records their cut (aspect_taken), so a crash leaves all of it or nothing
 *   deleted    the snapshots are returned to their pools like any; the state goes with the last
 *              (aspect_loses), whoever takes them away
 *   given a    the snapshots become seen, with their targets, and the state goes in the same change
 *   target     (aspect_show): no data moves, for the store that holds the point in time is the target
 *
 *   aspect.c         what a state is and what becomes of it
 *   aspect_create.c  CreateSynchronizationAspect, CreateListSynchronizationAspect
 *   aspect_modify.c  ModifySettingsDefineState, ModifyListSettingsDefineState
 *   aspect_list.c    GetSynchronizationAspects, GetSynchronizationAspectInstances
 */
#ifndef RSVC_SERVICE_ASPECT_H
#define RSVC_SERVICE_ASPECT_H

#include "service/relationship.h"

/* ---- aspect.c ---- */

uint32_t aspect_get_info(struct replsvc_service *svc, const replsvc_aspect_ref *ref,
                         replsvc_aspect_info *info);
uint32_t settings_state_get_info(struct replsvc_service *svc, const replsvc_settings_state_ref *ref,
                                 replsvc_settings_state_info *info);
/* Fills everything; model for reading, or change. */
void aspect_info(struct replsvc_service *svc, const struct settings_state *st, replsvc_aspect_info *info);
/* The i-th of its snapshots. */
struct relationship *aspect_snapshot(struct replsvc_service *svc, const struct settings_state *st, size_t i);

/* A hidden snapshot was cut, in the change that records it. */
void aspect_taken(struct change *c, const struct relationship *snapshot);
/* A hidden snapshot is removed, in that change. */
void aspect_loses(struct change *c, const struct relationship *snapshot);
/* Snapshots and targets become seen, under the names in their records as the change leaves them. */
uint32_t aspect_show(struct change *c, struct settings_state *st);

/* ---- aspect_create.c ---- */

/* As the caller gave it. A group, or a list of elements (of one for CreateSynchronizationAspect). */
struct aspect_request {
    const char *method;
    const char *const *names; /* n_names of them or none */
    size_t n_names;
    const char *name_parameter;
    uint16_t sync_type, mode, consistency;
    const replsvc_group_ref *group; /* or NULL */
    const replsvc_element_ref *sources;
    size_t n_sources;
    const char *source_parameter;
    bool elsewhere; /* SourceAccessPoint was given */
    const char *settings;
    replsvc_job_ref *job; /* out; may be NULL */
};

/* states: room for one of a group or for n_sources. */
uint32_t aspects_create(struct replsvc_service *svc, const struct aspect_request *q,
                        replsvc_settings_state_ref states[]);

/* ---- aspect_modify.c ---- */

/* Whether ModifySettingsDefineState has the operation for them. */
bool aspect_operation_supported(uint16_t sync_type, uint16_t operation);
/* Whether it can wait for that CopyState of what it makes or works on. */
bool aspect_wait_supported(uint16_t sync_type, uint16_t operation, uint16_t copy_state);

struct aspect_operation {
    const char *method;
    uint16_t operation;
    const replsvc_settings_state_ref *states;
    size_t n;
    const char *states_parameter;
    replsvc_element_ref *targets; /* in, out; n_targets of them */
    size_t n_targets;
    replsvc_group_ref *groups; /* in, out */
    size_t n_groups;
    uint64_t target_count;
    const char *elsewhere; /* the parameter that leads elsewhere and was given, or NULL */
    const char *made_by;   /* TargetSettingGoal or TargetPool, whichever was given, or NULL */
    const char *const *names;
    size_t n_names;
    const char *settings;
    uint16_t wait;
    replsvc_job_ref *job; /* out; may be NULL */
};

/* syncs: n references to what was made, or ""; may be NULL. */
uint32_t aspects_modify(struct replsvc_service *svc, const struct aspect_operation *q,
                        replsvc_sync_ref syncs[]);

/* ---- aspect_list.c ---- */

/* 0: any. */
struct aspect_filter {
    uint16_t sync_type, mode, locality, sync_state;
};

uint32_t aspect_filter_check(const struct aspect_filter *f);
uint32_t aspects_list(struct replsvc_service *svc, const struct aspect_filter *f, replsvc_aspect_ref **list,
                      size_t *n);
/* MOF texts; the list and its texts are one allocation. */
uint32_t aspects_instances(struct replsvc_service *svc, const struct aspect_filter *f, char ***list,
                           size_t *n);

#endif
