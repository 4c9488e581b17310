/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * @file methods.h
 * The methods of CIM_ReplicationService: each is a function with the method's
 * name in snake case and its parameters in the schema's order, the service
 * first. An array is a pointer and its length.
 *
 * replsvc_create_group() and replsvc_create_group_replica() have exactly the
 * parameters of the Microsoft iSCSI target's class; what the schema added
 * later is reached through the forms ending in `_ex`.
 *
 * For all of them: any thread may call them, at the same time too. Parameters
 * are checked before anything is changed, and a call that fails changes
 * nothing unless it says otherwise. Code 5 and the message of
 * replsvc_last_error() name the parameter at fault and the rule. A reference
 * that names nothing (any more) is such a fault. Codes 0 and 4096 are both
 * success: 0 when all is done, 4096 when a job goes on with the work. [out]
 * parameters are set on success only; a list that is empty is NULL.
 */
#ifndef REPLSVC_METHODS_H
#define REPLSVC_METHODS_H

#include <replsvc/cim.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Make a group of elements.
 *
 * The order of the members is kept; a group without members is allowed. An element may be in several
 * groups, but only once in one. Mirrors CIM_ReplicationService.CreateGroup.
 *
 * @param[in] service the opened service
 * @param[in] group_name name of the group, at most 255 bytes; NULL: one is generated. A name that is in
 *   use is refused
 * @param[in] members the elements, in order; NULL: none
 * @param[in] n_members entries of members
 * @param[in] persistent false: the service may delete the group once a copy of it is complete; absent:
 *   true
 * @param[in] delete_on_empty_element delete the group when its last member goes; absent: false
 * @param[in] delete_on_unassociated delete the group when its last relationship goes; absent: false
 * @param[in] service_access_point another system to do this on; NULL: this service
 * @param[out] replication_group the group; may be NULL
 * @param[in] replication_setting_data an embedded CIM_ReplicationSettingData instance in MOF or CIM-XML,
 *   as replsvc_replication_settings_format() writes it; NULL: the defaults
 * @retval 0 the group exists
 * @retval 1 this service cannot do that; the capabilities say the same
 * @retval 4 an I/O error, no space or no memory; nothing was changed
 * @retval 5 a parameter is wrong: replsvc_last_error() names it and the rule */
REPLSVC_API uint32_t replsvc_create_group(
    replsvc_service *service, const char *group_name, const replsvc_element_ref members[], size_t n_members,
    replsvc_opt_bool persistent, replsvc_opt_bool delete_on_empty_element,
    replsvc_opt_bool delete_on_unassociated, const replsvc_access_point_ref *service_access_point,
    replsvc_group_ref *replication_group, const char *replication_setting_data);

/** Make a group of elements, with the parameters that later schemas added.
 *
 * As replsvc_create_group(). Mirrors CIM_ReplicationService.CreateGroup.
 *
 * @param[in] service the opened service
 * @param[in] group_name name of the group, at most 255 bytes; NULL: one is generated. A name that is in
 *   use is refused
 * @param[in] members the elements, in order; NULL: none
 * @param[in] n_members entries of members
 * @param[in] persistent false: the service may delete the group once a copy of it is complete; absent:
 *   true
 * @param[in] delete_on_empty_element delete the group when its last member goes; absent: false
 * @param[in] delete_on_unassociated delete the group when its last relationship goes; absent: false
 * @param[in] service_access_point another system to do this on; NULL: this service
 * @param[out] replication_group the group; may be NULL
 * @param[in] replication_setting_data an embedded CIM_ReplicationSettingData instance in MOF or CIM-XML,
 *   as replsvc_replication_settings_format() writes it; NULL: the defaults
 * @param[in] reserved_as keep the members for the role of sources, of targets, or either: enum
 *   replsvc_reserved_as; 0: absent
 * @retval 0 the group exists
 * @retval 1 this service cannot do that; the capabilities say the same
 * @retval 4 an I/O error, no space or no memory; nothing was changed
 * @retval 5 a parameter is wrong: replsvc_last_error() names it and the rule */
REPLSVC_API uint32_t replsvc_create_group_ex(
    replsvc_service *service, const char *group_name, const replsvc_element_ref members[], size_t n_members,
    replsvc_opt_bool persistent, replsvc_opt_bool delete_on_empty_element,
    replsvc_opt_bool delete_on_unassociated, const replsvc_access_point_ref *service_access_point,
    replsvc_group_ref *replication_group, const char *replication_setting_data, uint16_t reserved_as);

/** Delete a group; its elements stay.
 *
 * Mirrors CIM_ReplicationService.DeleteGroup.
 *
 * @param[in] service the opened service
 * @param[in] replication_group the group; required
 * @param[in] service_access_point another system to do this on; NULL: this service
 * @param[in] remove_elements true: also when it has members, which are taken out of it; false: only when it
 *   is empty; absent: as true
 * @param[in] replication_setting_data an embedded CIM_ReplicationSettingData instance in MOF or CIM-XML,
 *   as replsvc_replication_settings_format() writes it; NULL: the defaults
 * @retval 0 the group is gone
 * @retval 1 this service cannot do that; the capabilities say the same
 * @retval 4 an I/O error, no space or no memory; nothing was changed
 * @retval 5 a parameter is wrong: replsvc_last_error() names it and the rule
 * @retval 6 the group has members and remove_elements is false
 * @retval 7 (::REPLSVC_DELETE_GROUP_IN_RELATIONSHIP) the group or one of its elements is in a
 *   relationship of that group */
REPLSVC_API uint32_t replsvc_delete_group(replsvc_service *service,
                                          const replsvc_group_ref *replication_group,
                                          const replsvc_access_point_ref *service_access_point,
                                          replsvc_opt_bool remove_elements,
                                          const char *replication_setting_data);

/** Append elements to a group.
 *
 * All or none are added. Mirrors CIM_ReplicationService.AddMembers.
 *
 * @param[in] service the opened service
 * @param[in] members the elements to append, in order
 * @param[in] n_members entries of members
 * @param[in] replication_group the group; required
 * @param[in] service_access_point another system to do this on; NULL: this service
 * @param[in] replication_setting_data an embedded CIM_ReplicationSettingData instance in MOF or CIM-XML,
 *   as replsvc_replication_settings_format() writes it; NULL: the defaults
 * @retval 0 all are members now
 * @retval 1 this service cannot do that; the capabilities say the same
 * @retval 4 an I/O error, no space or no memory; nothing was changed
 * @retval 5 a parameter is wrong: replsvc_last_error() names it and the rule
 * @retval 6 the group is in a relationship that does not allow it
 * @retval 7 (::REPLSVC_MEMBERS_NO_SUCH_GROUP) there is no such group */
REPLSVC_API uint32_t replsvc_add_members(replsvc_service *service, const replsvc_element_ref members[],
                                         size_t n_members, const replsvc_group_ref *replication_group,
                                         const replsvc_access_point_ref *service_access_point,
                                         const char *replication_setting_data);

/** Take elements out of a group.
 *
 * All or none are removed. The elements themselves stay. Mirrors CIM_ReplicationService.RemoveMembers.
 *
 * @param[in] service the opened service
 * @param[in] members the elements to take out
 * @param[in] n_members entries of members
 * @param[in] delete_on_empty_element delete the group if no member is left; absent: as the group says
 * @param[in] replication_group the group; required
 * @param[in] service_access_point another system to do this on; NULL: this service
 * @param[in] replication_setting_data an embedded CIM_ReplicationSettingData instance in MOF or CIM-XML,
 *   as replsvc_replication_settings_format() writes it; NULL: the defaults
 * @retval 0 none of them is a member any more
 * @retval 1 this service cannot do that; the capabilities say the same
 * @retval 4 an I/O error, no space or no memory; nothing was changed
 * @retval 5 a parameter is wrong: replsvc_last_error() names it and the rule
 * @retval 6 an element is in a relationship of that group
 * @retval 7 (::REPLSVC_MEMBERS_NO_SUCH_GROUP) there is no such group
 * @retval 8 (::REPLSVC_MEMBERS_NOT_A_MEMBER) an element is not a member */
REPLSVC_API uint32_t replsvc_remove_members(replsvc_service *service, const replsvc_element_ref members[],
                                            size_t n_members, replsvc_opt_bool delete_on_empty_element,
                                            const replsvc_group_ref *replication_group,
                                            const replsvc_access_point_ref *service_access_point,
                                            const char *replication_setting_data);

/** Copy one element: a mirror, a snapshot or a clone of it.
 *
 * The point in time of a snapshot or clone is the instant of the call. Either an existing element is the
 * target, or one is made in a pool. Mirrors CIM_ReplicationService.CreateElementReplica.
 *
 * @param[in] service the opened service
 * @param[in] element_name name of the target that is made, at most 255 bytes; NULL: one is generated
 * @param[in] sync_type which kind of copy: enum replsvc_sync_type; required
 * @param[in] mode enum replsvc_mode; 0: absent, the service decides
 * @param[in] source_element the element to copy; required
 * @param[in] source_access_point how to reach the source; NULL: it is local
 * @param[in,out] target_element in: an existing element to copy to, not smaller than the source, "" to
 *   have one made; out: the target. May be NULL
 * @param[in] target_access_point how to reach the target; NULL: it is local
 * @param[in] replication_setting_data an embedded CIM_ReplicationSettingData instance in MOF or CIM-XML,
 *   as replsvc_replication_settings_format() writes it; NULL: the defaults
 * @param[out] job the job that goes on with the work, "" when none does; may be NULL
 * @param[out] synchronization the relationship that was made; may be NULL
 * @param[in] target_setting_goal what targets that are made should be like (replsvc_setting_create());
 *   NULL: absent. Only when targets are to be made
 * @param[in] target_pool where targets are made; NULL: the service chooses among its pools. Only when
 *   targets are to be made
 * @param[in] wait_for_copy_state return only when this enum replsvc_copy_state is reached; 0: absent,
 *   return at once. See replsvc_get_supported_wait_for_copy_states()
 * @param[in] connectivity_collection paths to another system to use; NULL: absent
 * @param[in] collections collections that the targets are to be added to; NULL: absent
 * @param[in] n_collections entries of collections
 * @retval 0 done; job is ""
 * @retval 1 this service cannot do that; the capabilities say the same
 * @retval 3 wait_for_copy_state was not reached in the time that the service allows (wait_timeout_ms);
 *   the work goes on
 * @retval 4 an I/O error, no space or no memory; nothing was changed
 * @retval 5 a parameter is wrong: replsvc_last_error() names it and the rule
 * @retval 6 an element plays a part that excludes the new one, or its image is locked by another program
 * @retval 4096 the parameters were checked and job goes on with the work */
REPLSVC_API uint32_t replsvc_create_element_replica(
    replsvc_service *service, const char *element_name, uint16_t sync_type, uint16_t mode,
    const replsvc_element_ref *source_element, const replsvc_access_point_ref *source_access_point,
    replsvc_element_ref *target_element, const replsvc_access_point_ref *target_access_point,
    const char *replication_setting_data, replsvc_job_ref *job, replsvc_sync_ref *synchronization,
    const replsvc_setting_ref *target_setting_goal, const replsvc_pool_ref *target_pool,
    uint16_t wait_for_copy_state, const replsvc_collection_ref *connectivity_collection,
    const replsvc_collection_ref collections[], size_t n_collections);

/** Copy a group of elements, or one element several times.
 *
 * Targets are the members of target_group, or are made in a pool and named `RelationshipName_n`, n from 1
 * in the order of the sources. A failure for one member undoes the others. Mirrors
 * CIM_ReplicationService.CreateGroupReplica.
 *
 * @param[in] service the opened service
 * @param[in] relationship_name name of the relationship, at most 255 bytes; NULL: one is generated. A
 *   name that is in use is refused
 * @param[in] sync_type which kind of copy: enum replsvc_sync_type; required
 * @param[in] mode enum replsvc_mode; 0: absent, the service decides
 * @param[in] source_group the group to copy; NULL: absent. Exactly one of source_group and source_element
 *   is needed
 * @param[in] source_element one element to copy to every target; NULL: absent. Exactly one of
 *   source_group and source_element is needed
 * @param[in] source_access_point how to reach the source; NULL: it is local
 * @param[in,out] target_group in: an existing group of targets, "" for absent; out: the group used or
 *   made. May be NULL
 * @param[in] target_element_count how many targets to make; 0: absent, as many as there are sources.
 *   Excludes target_group; needed with source_element
 * @param[in] target_access_point how to reach the target; NULL: it is local
 * @param[in] consistency enum replsvc_consistency: whether all members get one and the same point in
 *   time; 0: absent, as the settings or the group say
 * @param[in] replication_setting_data an embedded CIM_ReplicationSettingData instance in MOF or CIM-XML,
 *   as replsvc_replication_settings_format() writes it; NULL: the defaults
 * @param[out] job the job that goes on with the work, "" when none does; may be NULL
 * @param[out] synchronization the relationship that was made; may be NULL
 * @param[in] target_setting_goal what targets that are made should be like (replsvc_setting_create());
 *   NULL: absent. Only when targets are to be made
 * @param[in] target_pool where targets are made; NULL: the service chooses among its pools. Only when
 *   targets are to be made
 * @param[in] wait_for_copy_state return only when this enum replsvc_copy_state is reached; 0: absent,
 *   return at once. See replsvc_get_supported_wait_for_copy_states()
 * @retval 0 done; job is ""
 * @retval 1 this service cannot do that; the capabilities say the same
 * @retval 3 wait_for_copy_state was not reached in the time that the service allows (wait_timeout_ms);
 *   the work goes on
 * @retval 4 an I/O error, no space or no memory; nothing was changed
 * @retval 5 a parameter is wrong: replsvc_last_error() names it and the rule
 * @retval 6 an element plays a part that excludes the new one, or its image is locked by another program
 * @retval 4096 the parameters were checked and job goes on with the work */
REPLSVC_API uint32_t replsvc_create_group_replica(
    replsvc_service *service, const char *relationship_name, uint16_t sync_type, uint16_t mode,
    const replsvc_group_ref *source_group, const replsvc_element_ref *source_element,
    const replsvc_access_point_ref *source_access_point, replsvc_group_ref *target_group,
    uint64_t target_element_count, const replsvc_access_point_ref *target_access_point, uint16_t consistency,
    const char *replication_setting_data, replsvc_job_ref *job, replsvc_sync_ref *synchronization,
    const replsvc_setting_ref *target_setting_goal, const replsvc_pool_ref *target_pool,
    uint16_t wait_for_copy_state);

/** Copy a group of elements, with the parameters that later schemas added.
 *
 * As replsvc_create_group_replica(). Mirrors CIM_ReplicationService.CreateGroupReplica.
 *
 * @param[in] service the opened service
 * @param[in] relationship_name name of the relationship, at most 255 bytes; NULL: one is generated. A
 *   name that is in use is refused
 * @param[in] sync_type which kind of copy: enum replsvc_sync_type; required
 * @param[in] mode enum replsvc_mode; 0: absent, the service decides
 * @param[in] source_group the group to copy; NULL: absent. Exactly one of source_group and source_element
 *   is needed
 * @param[in] source_element one element to copy to every target; NULL: absent. Exactly one of
 *   source_group and source_element is needed
 * @param[in] source_access_point how to reach the source; NULL: it is local
 * @param[in,out] target_group in: an existing group of targets, "" for absent; out: the group used or
 *   made. May be NULL
 * @param[in] target_element_count how many targets to make; 0: absent, as many as there are sources.
 *   Excludes target_group; needed with source_element
 * @param[in] target_access_point how to reach the target; NULL: it is local
 * @param[in] consistency enum replsvc_consistency: whether all members get one and the same point in
 *   time; 0: absent, as the settings or the group say
 * @param[in] replication_setting_data an embedded CIM_ReplicationSettingData instance in MOF or CIM-XML,
 *   as replsvc_replication_settings_format() writes it; NULL: the defaults
 * @param[out] job the job that goes on with the work, "" when none does; may be NULL
 * @param[out] synchronization the relationship that was made; may be NULL
 * @param[in] target_setting_goal what targets that are made should be like (replsvc_setting_create());
 *   NULL: absent. Only when targets are to be made
 * @param[in] target_pool where targets are made; NULL: the service chooses among its pools. Only when
 *   targets are to be made
 * @param[in] wait_for_copy_state return only when this enum replsvc_copy_state is reached; 0: absent,
 *   return at once. See replsvc_get_supported_wait_for_copy_states()
 * @param[in] connectivity_collection paths to another system to use; NULL: absent
 * @param[in] collections collections that the targets are to be added to; NULL: absent
 * @param[in] n_collections entries of collections
 * @retval 0 done; job is ""
 * @retval 1 this service cannot do that; the capabilities say the same
 * @retval 3 wait_for_copy_state was not reached in the time that the service allows (wait_timeout_ms);
 *   the work goes on
 * @retval 4 an I/O error, no space or no memory; nothing was changed
 * @retval 5 a parameter is wrong: replsvc_last_error() names it and the rule
 * @retval 6 an element plays a part that excludes the new one, or its image is locked by another program
 * @retval 4096 the parameters were checked and job goes on with the work */
REPLSVC_API uint32_t replsvc_create_group_replica_ex(
    replsvc_service *service, const char *relationship_name, uint16_t sync_type, uint16_t mode,
    const replsvc_group_ref *source_group, const replsvc_element_ref *source_element,
    const replsvc_access_point_ref *source_access_point, replsvc_group_ref *target_group,
    uint64_t target_element_count, const replsvc_access_point_ref *target_access_point, uint16_t consistency,
    const char *replication_setting_data, replsvc_job_ref *job, replsvc_sync_ref *synchronization,
    const replsvc_setting_ref *target_setting_goal, const replsvc_pool_ref *target_pool,
    uint16_t wait_for_copy_state, const replsvc_collection_ref *connectivity_collection,
    const replsvc_collection_ref collections[], size_t n_collections);

/** Take a point in time of an element or group without giving it a target yet.
 *
 * Targets are given to it later by replsvc_modify_settings_define_state(). Mirrors
 * CIM_ReplicationService.CreateSynchronizationAspect.
 *
 * @param[in] service the opened service
 * @param[in] name name of the aspect, at most 255 bytes; NULL: one is generated
 * @param[in] sync_type which kind of copy: enum replsvc_sync_type; required
 * @param[in] mode enum replsvc_mode; 0: absent, the service decides
 * @param[in] source_group the group to copy; NULL: absent. Exactly one of source_group and source_element
 *   is needed
 * @param[in] source_element the element; NULL: absent. Exactly one of source_group and source_element is
 *   needed
 * @param[in] source_access_point how to reach the source; NULL: it is local
 * @param[in] consistency enum replsvc_consistency: whether all members get one and the same point in
 *   time; 0: absent, as the settings or the group say
 * @param[in] replication_setting_data an embedded CIM_ReplicationSettingData instance in MOF or CIM-XML,
 *   as replsvc_replication_settings_format() writes it; NULL: the defaults
 * @param[out] job the job that goes on with the work, "" when none does; may be NULL
 * @param[out] settings_state the state that ties the source to its aspect:
 *   replsvc_settings_state_get_info(); may be NULL
 * @retval 0 done; job is ""
 * @retval 1 this service cannot do that; the capabilities say the same
 * @retval 4 an I/O error, no space or no memory; nothing was changed
 * @retval 5 a parameter is wrong: replsvc_last_error() names it and the rule
 * @retval 6 an element plays a part that excludes the new one, or its image is locked by another program
 * @retval 4096 the parameters were checked and job goes on with the work */
REPLSVC_API uint32_t replsvc_create_synchronization_aspect(
    replsvc_service *service, const char *name, uint16_t sync_type, uint16_t mode,
    const replsvc_group_ref *source_group, const replsvc_element_ref *source_element,
    const replsvc_access_point_ref *source_access_point, uint16_t consistency,
    const char *replication_setting_data, replsvc_job_ref *job, replsvc_settings_state_ref *settings_state);

/** Do something with a relationship: split, resync, restore, detach and so on.
 *
 * Which operation is legal in which state: replsvc_get_supported_operations_for_synchronization().
 * wait_for_copy_state ::REPLSVC_COPY_STATE_NOT_APPLICABLE waits until the operation has ended, whatever
 * state that is. Mirrors CIM_ReplicationService.ModifyReplicaSynchronization.
 *
 * @param[in] service the opened service
 * @param[in] operation what to do: enum replsvc_operation; required
 * @param[in] synchronization the pair or group relationship; required
 * @param[in] replication_setting_data an embedded CIM_ReplicationSettingData instance in MOF or CIM-XML,
 *   as replsvc_replication_settings_format() writes it; NULL: the defaults
 * @param[in] sync_pair pairs that AddSyncPair adds or RemoveSyncPair removes; NULL: absent
 * @param[in] n_sync_pair entries of sync_pair
 * @param[out] job the job that goes on with the work, "" when none does; may be NULL
 * @param[out] settings_state the settings state that the operation made, or ""; may be NULL
 * @param[in] force do it although data that only the target (or the source) has is lost; absent: false.
 *   Needed where replsvc_get_supported_operations() says so
 * @param[in] wait_for_copy_state return only when this enum replsvc_copy_state is reached; 0: absent,
 *   return at once. See replsvc_get_supported_wait_for_copy_states()
 * @param[out] updated_synchronization the relationship after the operation (Reverse Roles may change it),
 *   "" when it is gone; may be NULL
 * @retval 0 done; job is ""
 * @retval 1 this service cannot do that; the capabilities say the same
 * @retval 3 wait_for_copy_state was not reached in the time that the service allows (wait_timeout_ms);
 *   the work goes on
 * @retval 4 an I/O error, no space or no memory; nothing was changed
 * @retval 5 a parameter is wrong, there is no such relationship (any more), or the operation is not legal
 *   in its state, which the message names
 * @retval 6 an element plays a part that excludes the new one, or its image is locked by another program
 * @retval 4096 the parameters were checked and job goes on with the work */
REPLSVC_API uint32_t replsvc_modify_replica_synchronization(
    replsvc_service *service, uint16_t operation, const replsvc_sync_ref *synchronization,
    const char *replication_setting_data, const replsvc_sync_ref sync_pair[], size_t n_sync_pair,
    replsvc_job_ref *job, replsvc_settings_state_ref *settings_state, replsvc_opt_bool force,
    uint16_t wait_for_copy_state, replsvc_sync_ref *updated_synchronization);

/** Do the same thing with several relationships.
 *
 * Checked for every one before anything is done. Mirrors
 * CIM_ReplicationService.ModifyListSynchronization. Lists are freed with replsvc_free().
 *
 * @param[in] service the opened service
 * @param[in] operation what to do: enum replsvc_operation; required
 * @param[in] synchronization the relationships; required
 * @param[in] n_synchronization entries of synchronization
 * @param[in] replication_setting_data an embedded CIM_ReplicationSettingData instance in MOF or CIM-XML,
 *   as replsvc_replication_settings_format() writes it; NULL: the defaults
 * @param[out] job the job that goes on with the work, "" when none does; may be NULL
 * @param[out] settings_state list of the settings states that the operation made; may be NULL
 * @param[out] n_settings_state its length
 * @param[in] force do it although data that only the target (or the source) has is lost; absent: false.
 *   Needed where replsvc_get_supported_operations() says so
 * @param[in] wait_for_copy_state return only when this enum replsvc_copy_state is reached; 0: absent,
 *   return at once. See replsvc_get_supported_wait_for_copy_states()
 * @param[out] updated_synchronizations list of the relationships after the operation; may be NULL
 * @param[out] n_updated_synchronizations its length
 * @retval 0 done; job is ""
 * @retval 1 this service cannot do that; the capabilities say the same
 * @retval 3 wait_for_copy_state was not reached in the time that the service allows (wait_timeout_ms);
 *   the work goes on
 * @retval 4 an I/O error, no space or no memory; nothing was changed
 * @retval 5 a parameter is wrong: replsvc_last_error() names it and the rule
 * @retval 6 an element plays a part that excludes the new one, or its image is locked by another program
 * @retval 4096 the parameters were checked and job goes on with the work */
REPLSVC_API uint32_t replsvc_modify_list_synchronization(
    replsvc_service *service, uint16_t operation, const replsvc_sync_ref synchronization[],
    size_t n_synchronization, const char *replication_setting_data, replsvc_job_ref *job,
    replsvc_settings_state_ref **settings_state, size_t *n_settings_state, replsvc_opt_bool force,
    uint16_t wait_for_copy_state, replsvc_sync_ref **updated_synchronizations,
    size_t *n_updated_synchronizations);

/** Give a point in time that has no target a target, restore its source from it, or delete it.
 *
 * Delete, Copy To Target and Restore are supported, for snapshots. The target is the element that holds the
 * point in time, made when that was taken: an existing one, a goal or a pool is refused with 1. The state
 * goes when it has got its target.
 *
 * Mirrors CIM_ReplicationService.ModifySettingsDefineState.
 *
 * @param[in] service the opened service
 * @param[in] operation what to do: enum replsvc_settings_state_operation; required
 * @param[in] settings_state the state to work on; required
 * @param[in,out] target_element in: an existing target, "" to have one made; out: the target. May be NULL
 * @param[in,out] target_group in: an existing group of targets, "" for absent; out: the group used or
 *   made. May be NULL
 * @param[in] target_element_count how many targets to make; 0: absent. Excludes target_group
 * @param[in] target_access_point how to reach the target; NULL: it is local
 * @param[out] synchronization the relationship that was made, or ""; may be NULL
 * @param[in] replication_setting_data an embedded CIM_ReplicationSettingData instance in MOF or CIM-XML,
 *   as replsvc_replication_settings_format() writes it; NULL: the defaults
 * @param[out] job the job that goes on with the work, "" when none does; may be NULL
 * @param[in] target_setting_goal what targets that are made should be like (replsvc_setting_create());
 *   NULL: absent. Only when targets are to be made
 * @param[in] target_pool where targets are made; NULL: the service chooses among its pools. Only when
 *   targets are to be made
 * @param[in] wait_for_copy_state return only when this enum replsvc_copy_state is reached; 0: absent,
 *   return at once. See replsvc_get_supported_wait_for_copy_states()
 * @param[in] element_name name of the target that is made; NULL: generated
 * @param[in] collections collections that the targets are to be added to; NULL: absent
 * @param[in] n_collections entries of collections
 * @retval 0 done; job is ""
 * @retval 1 this service cannot do that; the capabilities say the same
 * @retval 3 wait_for_copy_state was not reached in the time that the service allows (wait_timeout_ms);
 *   the work goes on
 * @retval 4 an I/O error, no space or no memory; nothing was changed
 * @retval 5 a parameter is wrong: replsvc_last_error() names it and the rule
 * @retval 6 an element plays a part that excludes the new one, or its image is locked by another program
 * @retval 4096 the parameters were checked and job goes on with the work */
REPLSVC_API uint32_t replsvc_modify_settings_define_state(
    replsvc_service *service, uint16_t operation, const replsvc_settings_state_ref *settings_state,
    replsvc_element_ref *target_element, replsvc_group_ref *target_group, uint64_t target_element_count,
    const replsvc_access_point_ref *target_access_point, replsvc_sync_ref *synchronization,
    const char *replication_setting_data, replsvc_job_ref *job,
    const replsvc_setting_ref *target_setting_goal, const replsvc_pool_ref *target_pool,
    uint16_t wait_for_copy_state, const char *element_name, const replsvc_collection_ref collections[],
    size_t n_collections);

/** Find elements that could be targets of a copy of an element.
 *
 * These are registered, not smaller than the source, not in use and not the source. Mirrors
 * CIM_ReplicationService.GetAvailableTargetElements. Lists are freed with replsvc_free().
 *
 * @param[in] service the opened service
 * @param[in] source_element the element to copy; required
 * @param[in] sync_type which kind of copy: enum replsvc_sync_type; required
 * @param[in] mode enum replsvc_mode; 0: absent, the service decides
 * @param[in] replication_setting_data an embedded CIM_ReplicationSettingData instance in MOF or CIM-XML,
 *   as replsvc_replication_settings_format() writes it; NULL: the defaults
 * @param[in] target_access_point how to reach the target; NULL: it is local
 * @param[in] target_setting_goal only elements that are like this; NULL: absent
 * @param[in] target_pools only elements of these pools; NULL: all
 * @param[in] n_target_pools entries of target_pools
 * @param[out] job the job that goes on with the work, "" when none does; may be NULL
 * @param[out] candidates list of elements, best first
 * @param[out] n_candidates its length
 * @param[in] max_element_count at most so many; 0: absent, all
 * @retval 0 done; job is ""
 * @retval 1 this service cannot do that; the capabilities say the same
 * @retval 4 an I/O error, no space or no memory; nothing was changed
 * @retval 5 a parameter is wrong: replsvc_last_error() names it and the rule
 * @retval 4096 the parameters were checked and job goes on with the work */
REPLSVC_API uint32_t replsvc_get_available_target_elements(
    replsvc_service *service, const replsvc_element_ref *source_element, uint16_t sync_type, uint16_t mode,
    const char *replication_setting_data, const replsvc_access_point_ref *target_access_point,
    const replsvc_setting_ref *target_setting_goal, const replsvc_pool_ref target_pools[],
    size_t n_target_pools, replsvc_job_ref *job, replsvc_element_ref **candidates, size_t *n_candidates,
    uint16_t max_element_count);

/** List the other systems that this service knows.
 *
 * Mirrors CIM_ReplicationService.GetPeerSystems. Lists are freed with replsvc_free().
 *
 * @param[in] service the opened service
 * @param[in] options enum replsvc_peer_options; 0: absent, all without access points
 * @param[out] job the job that goes on with the work, "" when none does; may be NULL
 * @param[out] systems list of systems
 * @param[out] n_systems its length
 * @param[out] local_access_points list: the access point on this side for each; may be NULL
 * @param[out] n_local_access_points its length
 * @param[out] remote_access_points list: the access point on their side for each; may be NULL
 * @param[out] n_remote_access_points its length
 * @retval 0 done; job is ""
 * @retval 1 this service cannot do that; the capabilities say the same
 * @retval 4 an I/O error, no space or no memory; nothing was changed
 * @retval 5 a parameter is wrong: replsvc_last_error() names it and the rule
 * @retval 4096 the parameters were checked and job goes on with the work */
REPLSVC_API uint32_t replsvc_get_peer_systems(
    replsvc_service *service, uint16_t options, replsvc_job_ref *job, replsvc_system_ref **systems,
    size_t *n_systems, replsvc_access_point_ref **local_access_points, size_t *n_local_access_points,
    replsvc_access_point_ref **remote_access_points, size_t *n_remote_access_points);

/** List relationships, all or those that pass the filters.
 *
 * Mirrors CIM_ReplicationService.GetReplicationRelationships. Lists are freed with replsvc_free().
 *
 * @param[in] service the opened service
 * @param[in] type only pairs or only group relationships: enum replsvc_relationship_type; 0: both
 * @param[in] sync_type only this enum replsvc_sync_type; 0: all
 * @param[in] mode only this enum replsvc_mode; 0: all
 * @param[in] locality only local or only remote ones: enum replsvc_locality; 0: all
 * @param[in] copy_state only those in this enum replsvc_copy_state; 0: all
 * @param[out] job the job that goes on with the work, "" when none does; may be NULL
 * @param[out] synchronizations list of relationships, in order of creation
 * @param[out] n_synchronizations its length
 * @param[in] replication_setting_data an embedded CIM_ReplicationSettingData instance in MOF or CIM-XML,
 *   as replsvc_replication_settings_format() writes it; NULL: the defaults
 * @retval 0 done; job is ""
 * @retval 1 this service cannot do that; the capabilities say the same
 * @retval 4 an I/O error, no space or no memory; nothing was changed
 * @retval 5 a parameter is wrong: replsvc_last_error() names it and the rule
 * @retval 4096 the parameters were checked and job goes on with the work */
REPLSVC_API uint32_t replsvc_get_replication_relationships(
    replsvc_service *service, uint16_t type, uint16_t sync_type, uint16_t mode, uint16_t locality,
    uint16_t copy_state, replsvc_job_ref *job, replsvc_sync_ref **synchronizations,
    size_t *n_synchronizations, const char *replication_setting_data);

/** List the access points of another system.
 *
 * Mirrors CIM_ReplicationService.GetServiceAccessPoints. Lists are freed with replsvc_free().
 *
 * @param[in] service the opened service
 * @param[in] system the other system; required
 * @param[out] job the job that goes on with the work, "" when none does; may be NULL
 * @param[out] service_access_points list of access points
 * @param[out] n_service_access_points its length
 * @retval 0 done; job is ""
 * @retval 1 this service cannot do that; the capabilities say the same
 * @retval 4 an I/O error, no space or no memory; nothing was changed
 * @retval 5 a parameter is wrong: replsvc_last_error() names it and the rule
 * @retval 4096 the parameters were checked and job goes on with the work */
REPLSVC_API uint32_t replsvc_get_service_access_points(replsvc_service *service,
                                                       const replsvc_system_ref *system, replsvc_job_ref *job,
                                                       replsvc_access_point_ref **service_access_points,
                                                       size_t *n_service_access_points);

/** Make something that is not a storage element known as an end of a replication.
 *
 * Mirrors CIM_ReplicationService.AddReplicationEntity.
 *
 * What is kept is what was given; relationships are made between storage elements only. Type and one of
 * EntityID and Element are required, OtherTypeDescription with Type 1 (Other) only; Type 11 (Embedded
 * Instance) is not supported. Read it again by replsvc_entity_get_info().
 *
 * @param[in] service the opened service
 * @param[in] replication_entity an embedded CIM_ReplicationEntity instance; required
 * @param[in] persistent keep it across restarts; absent: as the instance's Persistent says, else true
 * @param[in] instance_namespace CIM namespace of the instance; NULL: absent. Kept, without a meaning of
 *   its own
 * @param[out] replication_entity_path the entity; may be NULL
 * @retval 0 done
 * @retval 1 this service cannot do that; the capabilities say the same
 * @retval 4 an I/O error, no space or no memory; nothing was changed
 * @retval 5 a parameter is wrong: replsvc_last_error() names it and the rule */
REPLSVC_API uint32_t replsvc_add_replication_entity(replsvc_service *service, const char *replication_entity,
                                                    replsvc_opt_bool persistent,
                                                    const char *instance_namespace,
                                                    replsvc_entity_ref *replication_entity_path);

/** Make the access point of another system known.
 *
 * Mirrors CIM_ReplicationService.AddServiceAccessPoint.
 *
 * @param[in] service the opened service
 * @param[in] service_access_point an embedded CIM_RemoteServiceAccessPoint (or subclass) instance;
 *   required
 * @param[in] instance_namespace CIM namespace of the instance; NULL: absent. Kept, without a meaning of
 *   its own
 * @param[out] service_access_point_path the access point; may be NULL
 * @retval 0 done
 * @retval 1 this service cannot do that; the capabilities say the same
 * @retval 4 an I/O error, no space or no memory; nothing was changed
 * @retval 5 a parameter is wrong: replsvc_last_error() names it and the rule */
REPLSVC_API uint32_t replsvc_add_service_access_point(replsvc_service *service,
                                                      const char *service_access_point,
                                                      const char *instance_namespace,
                                                      replsvc_access_point_ref *service_access_point_path);

/** Give the secret with which an access point is used.
 *
 * The secret is kept out of logs and messages, and readable only by the owner of the state directory.
 * Mirrors CIM_ReplicationService.AddSharedSecret.
 *
 * @param[in] service the opened service
 * @param[in] shared_secret an embedded CIM_SharedSecret instance; required
 * @param[in] service_access_point where it is used; NULL: absent
 * @param[in] instance_namespace CIM namespace of the instance; NULL: absent. Kept, without a meaning of
 *   its own
 * @param[out] shared_secret_path the secret; may be NULL
 * @retval 0 done
 * @retval 1 this service cannot do that; the capabilities say the same
 * @retval 4 an I/O error, no space or no memory; nothing was changed
 * @retval 5 a parameter is wrong: replsvc_last_error() names it and the rule */
REPLSVC_API uint32_t replsvc_add_shared_secret(replsvc_service *service, const char *shared_secret,
                                               const replsvc_access_point_ref *service_access_point,
                                               const char *instance_namespace,
                                               replsvc_secret_ref *shared_secret_path);

/** Copy several elements, each to a target of its own, without making groups.
 *
 * All of them or none. Mirrors CIM_ReplicationService.CreateListReplica. Lists are freed with replsvc_free().
 *
 * @param[in] service the opened service
 * @param[in] element_names names of the targets to be made, in order; NULL: generated
 * @param[in] n_element_names entries of element_names: 0 or as many as there are targets
 * @param[in] sync_type which kind of copy: enum replsvc_sync_type; required
 * @param[in] mode enum replsvc_mode; 0: absent, the service decides
 * @param[in] source_elements the elements to copy, in order; required
 * @param[in] n_source_elements entries of source_elements
 * @param[in] source_access_point how to reach the source; NULL: it is local
 * @param[in,out] target_elements in: existing targets, one for each source, "" in an entry to have one
 *   made, or NULL; out: the targets. May be NULL
 * @param[in] n_target_elements entries of target_elements: 0 or as many as there are sources
 * @param[in] target_access_point how to reach the target; NULL: it is local
 * @param[in] replication_setting_data an embedded CIM_ReplicationSettingData instance in MOF or CIM-XML,
 *   as replsvc_replication_settings_format() writes it; NULL: the defaults
 * @param[out] job the job that goes on with the work, "" when none does; may be NULL
 * @param[out] synchronizations list of relationships, in the order of the sources; may be NULL
 * @param[out] n_synchronizations its length
 * @param[in] target_setting_goal what targets that are made should be like (replsvc_setting_create());
 *   NULL: absent. Only when targets are to be made
 * @param[in] target_pool where targets are made; NULL: the service chooses among its pools. Only when
 *   targets are to be made
 * @param[in] wait_for_copy_state return only when this enum replsvc_copy_state is reached; 0: absent,
 *   return at once. See replsvc_get_supported_wait_for_copy_states()
 * @param[in] connectivity_collection paths to another system to use; NULL: absent
 * @param[in] consistency enum replsvc_consistency: whether all members get one and the same point in
 *   time; 0: absent, as the settings or the group say
 * @param[in] collections collections that the targets are to be added to; NULL: absent
 * @param[in] n_collections entries of collections
 * @retval 0 done; job is ""
 * @retval 1 this service cannot do that; the capabilities say the same
 * @retval 3 wait_for_copy_state was not reached in the time that the service allows (wait_timeout_ms);
 *   the work goes on
 * @retval 4 an I/O error, no space or no memory; nothing was changed
 * @retval 5 a parameter is wrong: replsvc_last_error() names it and the rule
 * @retval 6 an element plays a part that excludes the new one, or its image is locked by another program
 * @retval 4096 the parameters were checked and job goes on with the work */
REPLSVC_API uint32_t replsvc_create_list_replica(
    replsvc_service *service, const char *const element_names[], size_t n_element_names, uint16_t sync_type,
    uint16_t mode, const replsvc_element_ref source_elements[], size_t n_source_elements,
    const replsvc_access_point_ref *source_access_point, replsvc_element_ref target_elements[],
    size_t n_target_elements, const replsvc_access_point_ref *target_access_point,
    const char *replication_setting_data, replsvc_job_ref *job, replsvc_sync_ref **synchronizations,
    size_t *n_synchronizations, const replsvc_setting_ref *target_setting_goal,
    const replsvc_pool_ref *target_pool, uint16_t wait_for_copy_state,
    const replsvc_collection_ref *connectivity_collection, uint16_t consistency,
    const replsvc_collection_ref collections[], size_t n_collections);

/** Copy elements and make source and target groups of them in one call.
 *
 * Mirrors CIM_ReplicationService.CreateGroupReplicaFromElements.
 *
 * @param[in] service the opened service
 * @param[in] relationship_name name of the relationship, at most 255 bytes; NULL: one is generated. A
 *   name that is in use is refused
 * @param[in] sync_type which kind of copy: enum replsvc_sync_type; required
 * @param[in] mode enum replsvc_mode; 0: absent, the service decides
 * @param[in,out] source_group in: an existing group that the sources are or become members of, "" to have
 *   one made; out: the group. May be NULL
 * @param[in] source_elements the elements to copy, in order; required
 * @param[in] n_source_elements entries of source_elements
 * @param[in,out] source_group_name name for a source group that is made, "" for a generated one; out: its
 *   name. May be NULL
 * @param[in] source_access_point how to reach the source; NULL: it is local
 * @param[in,out] target_group in: an existing group of targets, "" for absent; out: the group used or
 *   made. May be NULL
 * @param[in,out] target_group_name name for a target group that is made, "" for a generated one; out: its
 *   name. May be NULL
 * @param[in] target_elements existing targets, in order; NULL: they are made
 * @param[in] n_target_elements entries of target_elements
 * @param[in] target_element_names names of targets that are made; NULL: `RelationshipName_n`
 * @param[in] n_target_element_names entries of target_element_names
 * @param[in] target_access_point how to reach the target; NULL: it is local
 * @param[in] consistency enum replsvc_consistency: whether all members get one and the same point in
 *   time; 0: absent, as the settings or the group say
 * @param[in] replication_setting_data an embedded CIM_ReplicationSettingData instance in MOF or CIM-XML,
 *   as replsvc_replication_settings_format() writes it; NULL: the defaults
 * @param[out] job the job that goes on with the work, "" when none does; may be NULL
 * @param[out] synchronization the relationship that was made; may be NULL
 * @param[in] target_setting_goal what targets that are made should be like (replsvc_setting_create());
 *   NULL: absent. Only when targets are to be made
 * @param[in] target_pool where targets are made; NULL: the service chooses among its pools. Only when
 *   targets are to be made
 * @param[in] target_pools pools to make the targets in, one for all or one for each; NULL: absent
 * @param[in] n_target_pools entries of target_pools
 * @param[in] wait_for_copy_state return only when this enum replsvc_copy_state is reached; 0: absent,
 *   return at once. See replsvc_get_supported_wait_for_copy_states()
 * @param[in] connectivity_collection paths to another system to use; NULL: absent
 * @param[in] collections collections that the targets are to be added to; NULL: absent
 * @param[in] n_collections entries of collections
 * @retval 0 done; job is ""
 * @retval 1 this service cannot do that; the capabilities say the same
 * @retval 3 wait_for_copy_state was not reached in the time that the service allows (wait_timeout_ms);
 *   the work goes on
 * @retval 4 an I/O error, no space or no memory; nothing was changed
 * @retval 5 a parameter is wrong: replsvc_last_error() names it and the rule
 * @retval 6 an element plays a part that excludes the new one, or its image is locked by another program
 * @retval 4096 the parameters were checked and job goes on with the work */
REPLSVC_API uint32_t replsvc_create_group_replica_from_elements(
    replsvc_service *service, const char *relationship_name, uint16_t sync_type, uint16_t mode,
    replsvc_group_ref *source_group, const replsvc_element_ref source_elements[], size_t n_source_elements,
    replsvc_name *source_group_name, const replsvc_access_point_ref *source_access_point,
    replsvc_group_ref *target_group, replsvc_name *target_group_name,
    const replsvc_element_ref target_elements[], size_t n_target_elements,
    const char *const target_element_names[], size_t n_target_element_names,
    const replsvc_access_point_ref *target_access_point, uint16_t consistency,
    const char *replication_setting_data, replsvc_job_ref *job, replsvc_sync_ref *synchronization,
    const replsvc_setting_ref *target_setting_goal, const replsvc_pool_ref *target_pool,
    const replsvc_pool_ref target_pools[], size_t n_target_pools, uint16_t wait_for_copy_state,
    const replsvc_collection_ref *connectivity_collection, const replsvc_collection_ref collections[],
    size_t n_collections);

/** List relationships as embedded instances.
 *
 * Mirrors CIM_ReplicationService.GetReplicationRelationshipInstances. Lists are freed with
 * replsvc_free().
 *
 * @param[in] service the opened service
 * @param[in] type only pairs or only group relationships: enum replsvc_relationship_type; 0: both
 * @param[in] sync_type only this enum replsvc_sync_type; 0: all
 * @param[in] mode only this enum replsvc_mode; 0: all
 * @param[in] locality only local or only remote ones: enum replsvc_locality; 0: all
 * @param[in] copy_state only those in this enum replsvc_copy_state; 0: all
 * @param[out] job the job that goes on with the work, "" when none does; may be NULL
 * @param[out] synchronizations list of CIM_StorageSynchronized and CIM_GroupSynchronized instances in
 *   MOF; one replsvc_free() frees list and texts
 * @param[out] n_synchronizations its length
 * @param[in] replication_setting_data an embedded CIM_ReplicationSettingData instance in MOF or CIM-XML,
 *   as replsvc_replication_settings_format() writes it; NULL: the defaults
 * @retval 0 done; job is ""
 * @retval 1 this service cannot do that; the capabilities say the same
 * @retval 4 an I/O error, no space or no memory; nothing was changed
 * @retval 5 a parameter is wrong: replsvc_last_error() names it and the rule
 * @retval 4096 the parameters were checked and job goes on with the work */
REPLSVC_API uint32_t replsvc_get_replication_relationship_instances(
    replsvc_service *service, uint16_t type, uint16_t sync_type, uint16_t mode, uint16_t locality,
    uint16_t copy_state, replsvc_job_ref *job, char ***synchronizations, size_t *n_synchronizations,
    const char *replication_setting_data);

/** Do the same thing with several points in time that have no target.
 *
 * Mirrors CIM_ReplicationService.ModifyListSettingsDefineState. Lists are freed with replsvc_free().
 *
 * @param[in] service the opened service
 * @param[in] operation what to do: enum replsvc_settings_state_operation; required
 * @param[in] settings_states the states to work on; required
 * @param[in] n_settings_states entries of settings_states
 * @param[in,out] target_elements in: existing targets, one for each, "" to have one made; out: the
 *   targets. May be NULL
 * @param[in] n_target_elements entries of target_elements
 * @param[in,out] target_groups the same for states of groups. May be NULL
 * @param[in] n_target_groups entries of target_groups
 * @param[in] target_element_count how many targets to make; 0: absent. Excludes target_group
 * @param[in] target_access_point how to reach the target; NULL: it is local
 * @param[out] synchronizations list of the relationships that were made; may be NULL
 * @param[out] n_synchronizations its length
 * @param[in] replication_setting_data an embedded CIM_ReplicationSettingData instance in MOF or CIM-XML,
 *   as replsvc_replication_settings_format() writes it; NULL: the defaults
 * @param[out] job the job that goes on with the work, "" when none does; may be NULL
 * @param[in] target_setting_goals what targets that are made should be like, one for all or one for each;
 *   NULL: absent
 * @param[in] n_target_setting_goals entries of target_setting_goals
 * @param[in] target_pools pools to make the targets in, one for all or one for each; NULL: absent
 * @param[in] n_target_pools entries of target_pools
 * @param[in] wait_for_copy_state return only when this enum replsvc_copy_state is reached; 0: absent,
 *   return at once. See replsvc_get_supported_wait_for_copy_states()
 * @param[in] element_names names of the targets to be made, in order; NULL: generated
 * @param[in] n_element_names entries of element_names: 0 or as many as there are targets
 * @param[in] collections collections that the targets are to be added to; NULL: absent
 * @param[in] n_collections entries of collections
 * @retval 0 done; job is ""
 * @retval 1 this service cannot do that; the capabilities say the same
 * @retval 3 wait_for_copy_state was not reached in the time that the service allows (wait_timeout_ms);
 *   the work goes on
 * @retval 4 an I/O error, no space or no memory; nothing was changed
 * @retval 5 a parameter is wrong: replsvc_last_error() names it and the rule
 * @retval 6 an element plays a part that excludes the new one, or its image is locked by another program
 * @retval 4096 the parameters were checked and job goes on with the work */
REPLSVC_API uint32_t replsvc_modify_list_settings_define_state(
    replsvc_service *service, uint16_t operation, const replsvc_settings_state_ref settings_states[],
    size_t n_settings_states, replsvc_element_ref target_elements[], size_t n_target_elements,
    replsvc_group_ref target_groups[], size_t n_target_groups, uint64_t target_element_count,
    const replsvc_access_point_ref *target_access_point, replsvc_sync_ref **synchronizations,
    size_t *n_synchronizations, const char *replication_setting_data, replsvc_job_ref *job,
    const replsvc_setting_ref target_setting_goals[], size_t n_target_setting_goals,
    const replsvc_pool_ref target_pools[], size_t n_target_pools, uint16_t wait_for_copy_state,
    const char *const element_names[], size_t n_element_names, const replsvc_collection_ref collections[],
    size_t n_collections);

/** Add paths to a collection of paths to another system.
 *
 * Mirrors CIM_ReplicationService.AddToRemoteReplicationCollection.
 *
 * An access point is in a collection once. The remote ones lead to one system, the collection's.
 *
 * @param[in] service the opened service
 * @param[in] local_access_points access points of this system; NULL: absent
 * @param[in] n_local_access_points entries of local_access_points
 * @param[in] remote_access_points access points of the other system; NULL: absent
 * @param[in] n_remote_access_points entries of remote_access_points
 * @param[in] remote_computer_system the other system; NULL: it follows from remote_access_points
 * @param[out] job the job that goes on with the work, "" when none does; may be NULL
 * @param[in] connectivity_collection the collection; required
 * @retval 0 done; job is ""
 * @retval 1 this service cannot do that; the capabilities say the same
 * @retval 4 an I/O error, no space or no memory; nothing was changed
 * @retval 5 a parameter is wrong: replsvc_last_error() names it and the rule
 * @retval 4096 the parameters were checked and job goes on with the work */
REPLSVC_API uint32_t replsvc_add_to_remote_replication_collection(
    replsvc_service *service, const replsvc_access_point_ref local_access_points[],
    size_t n_local_access_points, const replsvc_access_point_ref remote_access_points[],
    size_t n_remote_access_points, const replsvc_system_ref *remote_computer_system, replsvc_job_ref *job,
    const replsvc_collection_ref *connectivity_collection);

/** Make a collection of paths to another system.
 *
 * Mirrors CIM_ReplicationService.CreateRemoteReplicationCollection.
 *
 * A path is a pair of access points, one of this system and one of the other. All may be absent and be
 * added later. The remote access points lead to one system; local ones do not lead there. Of the settings
 * only the compression of paths would apply, which is not supported. What is kept is configuration: no
 * connection is made.
 *
 * @param[in] service the opened service
 * @param[in] element_name name of the collection; NULL: generated
 * @param[in] local_access_points access points of this system; NULL: absent
 * @param[in] n_local_access_points entries of local_access_points
 * @param[in] remote_access_points access points of the other system; NULL: absent
 * @param[in] n_remote_access_points entries of remote_access_points
 * @param[in] remote_computer_system the other system; NULL: it follows from remote_access_points
 * @param[in] active use it at once; absent: true
 * @param[in] delete_on_unassociated delete the collection when its last path goes; absent: false
 * @param[out] job the job that goes on with the work, "" when none does; may be NULL
 * @param[out] connectivity_collection the collection; may be NULL
 * @param[in] replication_setting_data an embedded CIM_ReplicationSettingData instance in MOF or CIM-XML,
 *   as replsvc_replication_settings_format() writes it; NULL: the defaults
 * @retval 0 done; job is ""
 * @retval 1 this service cannot do that; the capabilities say the same
 * @retval 4 an I/O error, no space or no memory; nothing was changed
 * @retval 5 a parameter is wrong: replsvc_last_error() names it and the rule
 * @retval 4096 the parameters were checked and job goes on with the work */
REPLSVC_API uint32_t replsvc_create_remote_replication_collection(
    replsvc_service *service, const char *element_name, const replsvc_access_point_ref local_access_points[],
    size_t n_local_access_points, const replsvc_access_point_ref remote_access_points[],
    size_t n_remote_access_points, const replsvc_system_ref *remote_computer_system, replsvc_opt_bool active,
    replsvc_opt_bool delete_on_unassociated, replsvc_job_ref *job,
    replsvc_collection_ref *connectivity_collection, const char *replication_setting_data);

/** Take paths out of a collection of paths to another system.
 *
 * Mirrors CIM_ReplicationService.RemoveFromRemoteReplicationCollection.
 *
 * A system without access points takes all of the remote ones out. With delete_on_unassociated the
 * collection goes with its last access point.
 *
 * @param[in] service the opened service
 * @param[in] local_access_points access points of this system; NULL: absent
 * @param[in] n_local_access_points entries of local_access_points
 * @param[in] remote_access_points access points of the other system; NULL: absent
 * @param[in] n_remote_access_points entries of remote_access_points
 * @param[in] remote_computer_system the other system; NULL: it follows from remote_access_points
 * @param[out] job the job that goes on with the work, "" when none does; may be NULL
 * @param[in] connectivity_collection the collection; required
 * @retval 0 done; job is ""
 * @retval 1 this service cannot do that; the capabilities say the same
 * @retval 4 an I/O error, no space or no memory; nothing was changed
 * @retval 5 a parameter is wrong: replsvc_last_error() names it and the rule
 * @retval 6 an element plays a part that excludes the new one, or its image is locked by another program
 * @retval 4096 the parameters were checked and job goes on with the work */
REPLSVC_API uint32_t replsvc_remove_from_remote_replication_collection(
    replsvc_service *service, const replsvc_access_point_ref local_access_points[],
    size_t n_local_access_points, const replsvc_access_point_ref remote_access_points[],
    size_t n_remote_access_points, const replsvc_system_ref *remote_computer_system, replsvc_job_ref *job,
    const replsvc_collection_ref *connectivity_collection);

/** Add pairs of elements to a group relationship.
 *
 * The groups grow by these members, the new pairs have SyncType and Mode of the others. All or nothing.
 * Mirrors CIM_ReplicationService.AddElementsToGroupSynchronized. Lists are freed with replsvc_free().
 *
 * Snapshots and clones that are added have one point in time among themselves, another than those that were
 * there; where consistency is enabled the group is Inconsistent until its next resync.
 *
 * @param[in] service the opened service
 * @param[in] synchronized the group relationship; required
 * @param[in] source_elements the new sources, in order; required
 * @param[in] n_source_elements entries of source_elements
 * @param[in] target_elements their targets, one for each; NULL: they are made
 * @param[in] n_target_elements entries of target_elements
 * @param[in] source_access_point how to reach the source; NULL: it is local
 * @param[in] target_access_point how to reach the target; NULL: it is local
 * @param[in] consistency enum replsvc_consistency: what the group promises from now on: No Consistency; or
 *   Sequential Consistency, of mirrors only (5 for others, which have points in time of their own); 0:
 *   absent, as before
 * @param[in] replication_setting_data an embedded CIM_ReplicationSettingData instance in MOF or CIM-XML,
 *   as replsvc_replication_settings_format() writes it; NULL: what the group was made with
 * @param[out] job the job that goes on with the work, "" when none does; may be NULL
 * @param[out] synchronizations list of the new pairs; may be NULL
 * @param[out] n_synchronizations its length
 * @param[in] wait_for_copy_state return only when this enum replsvc_copy_state is reached; 0: absent,
 *   return at once. See replsvc_get_supported_wait_for_copy_states()
 * @retval 0 done; job is ""
 * @retval 1 this service cannot do that; the capabilities say the same
 * @retval 3 wait_for_copy_state was not reached in the time that the service allows (wait_timeout_ms);
 *   the work goes on
 * @retval 4 an I/O error, no space or no memory; nothing was changed
 * @retval 5 a parameter is wrong: replsvc_last_error() names it and the rule
 * @retval 6 an element plays a part that excludes the new one, or its image is locked by another program
 * @retval 4096 the parameters were checked and job goes on with the work */
REPLSVC_API uint32_t replsvc_add_elements_to_group_synchronized(
    replsvc_service *service, const replsvc_sync_ref *synchronized,
    const replsvc_element_ref source_elements[], size_t n_source_elements,
    const replsvc_element_ref target_elements[], size_t n_target_elements,
    const replsvc_access_point_ref *source_access_point, const replsvc_access_point_ref *target_access_point,
    uint16_t consistency, const char *replication_setting_data, replsvc_job_ref *job,
    replsvc_sync_ref **synchronizations, size_t *n_synchronizations, uint16_t wait_for_copy_state);

/** Compare the target of a mirror with its source while hosts go on.
 *
 * A job reads both sides; it gives way to operations on the relationship. What differs is counted in the
 * error of the job: how many bytes, and the offset of the first. It is copied, and the job completes (with
 * that text as its description), when CopyRecoveryMode 2 (Automatic) is asked for in
 * replication_setting_data, the one property that has a meaning here. Otherwise the job fails, and the mirror
 * is Unsynchronized (Requires resync) until a call with repair, a Suspend and Resume, or the next opening has
 * copied it. What a mirror knows to differ anyway is not compared. Only mirrors that are Synchronized or
 * Unsynchronized can be compared: the source of a snapshot or clone has moved on. Mirrors
 * CIM_ReplicationService.ConfirmTargetData.
 *
 * @param[in] service the opened service
 * @param[in] synchronized the pair or group relationship; required
 * @param[in] source_access_point how to reach the source; NULL: it is local
 * @param[in] target_access_point how to reach the target; NULL: it is local
 * @param[in] replication_setting_data an embedded CIM_ReplicationSettingData instance in MOF or CIM-XML,
 *   as replsvc_replication_settings_format() writes it; NULL: the defaults
 * @param[out] job the job that goes on with the work, "" when none does; may be NULL
 * @param[in] connectivity_collection paths to another system to use; NULL: absent
 * @param[in] wait_time microseconds to wait for the result before the job goes on alone; 0: absent, do
 *   not wait
 * @retval 0 both sides agree
 * @retval 1 this service cannot do that; the capabilities say the same
 * @retval 3 wait_time is over; the job goes on
 * @retval 4 the sides differ, or an I/O error: see replsvc_last_error() or the job
 * @retval 5 a parameter is wrong: replsvc_last_error() names it and the rule
 * @retval 4096 the parameters were checked and job goes on with the work */
REPLSVC_API uint32_t replsvc_confirm_target_data(replsvc_service *service,
                                                 const replsvc_sync_ref *synchronized,
                                                 const replsvc_access_point_ref *source_access_point,
                                                 const replsvc_access_point_ref *target_access_point,
                                                 const char *replication_setting_data, replsvc_job_ref *job,
                                                 const replsvc_collection_ref *connectivity_collection,
                                                 int64_t wait_time);

/** Make one group relationship of pairs that exist.
 *
 * The pairs must have the same sync type and mode. Mirrors
 * CIM_ReplicationService.CreateGroupReplicaFromElementSynchronizations.
 *
 * @param[in] service the opened service
 * @param[in] relationship_name name of the relationship, at most 255 bytes; NULL: one is generated. A
 *   name that is in use is refused
 * @param[in] element_synchronizations the pairs, in order; required
 * @param[in] n_element_synchronizations entries of element_synchronizations
 * @param[in,out] source_group_name name for a source group that is made, "" for a generated one; out: its
 *   name. May be NULL
 * @param[in,out] source_group in: the group whose members are the sources, "" to have one made; out: the
 *   group. May be NULL
 * @param[in] source_access_point how to reach the source; NULL: it is local
 * @param[in,out] target_group_name name for a target group that is made, "" for a generated one; out: its
 *   name. May be NULL
 * @param[in,out] target_group in: the group whose members are the targets, "" to have one made; out: the
 *   group. May be NULL
 * @param[in] target_access_point how to reach the target; NULL: it is local
 * @param[in] consistency enum replsvc_consistency: whether all members get one and the same point in
 *   time; 0: absent, as the settings or the group say
 * @param[in] replication_setting_data an embedded CIM_ReplicationSettingData instance in MOF or CIM-XML,
 *   as replsvc_replication_settings_format() writes it; NULL: the defaults
 * @param[out] job the job that goes on with the work, "" when none does; may be NULL
 * @param[out] group_synchronization the group relationship; may be NULL
 * @param[in] wait_for_copy_state return only when this enum replsvc_copy_state is reached; 0: absent,
 *   return at once. See replsvc_get_supported_wait_for_copy_states()
 * @retval 0 done; job is ""
 * @retval 1 this service cannot do that; the capabilities say the same
 * @retval 3 wait_for_copy_state was not reached in the time that the service allows (wait_timeout_ms);
 *   the work goes on
 * @retval 4 an I/O error, no space or no memory; nothing was changed
 * @retval 5 a parameter is wrong: replsvc_last_error() names it and the rule
 * @retval 6 an element plays a part that excludes the new one, or its image is locked by another program
 * @retval 4096 the parameters were checked and job goes on with the work */
REPLSVC_API uint32_t replsvc_create_group_replica_from_element_synchronizations(
    replsvc_service *service, const char *relationship_name,
    const replsvc_sync_ref element_synchronizations[], size_t n_element_synchronizations,
    replsvc_name *source_group_name, replsvc_group_ref *source_group,
    const replsvc_access_point_ref *source_access_point, replsvc_name *target_group_name,
    replsvc_group_ref *target_group, const replsvc_access_point_ref *target_access_point,
    uint16_t consistency, const char *replication_setting_data, replsvc_job_ref *job,
    replsvc_sync_ref *group_synchronization, uint16_t wait_for_copy_state);

/** List points in time that have no target as embedded instances.
 *
 * Mirrors CIM_ReplicationService.GetSynchronizationAspectInstances. Lists are freed with replsvc_free().
 *
 * @param[in] service the opened service
 * @param[in] sync_type only this enum replsvc_sync_type; 0: all
 * @param[in] mode only this enum replsvc_mode; 0: all
 * @param[in] locality only local or only remote ones: enum replsvc_locality; 0: all
 * @param[in] sync_state only this enum replsvc_aspect_sync_state; 0: all
 * @param[out] job the job that goes on with the work, "" when none does; may be NULL
 * @param[in] cached_data whether figures that are a little old will do; absent: false
 * @param[in] replication_setting_data an embedded CIM_ReplicationSettingData instance in MOF or CIM-XML,
 *   as replsvc_replication_settings_format() writes it; NULL: the defaults
 * @param[out] synchronization_aspects list of CIM_SynchronizationAspect instances in MOF; one
 *   replsvc_free() frees list and texts
 * @param[out] n_synchronization_aspects its length
 * @retval 0 done; job is ""
 * @retval 1 this service cannot do that; the capabilities say the same
 * @retval 4 an I/O error, no space or no memory; nothing was changed
 * @retval 5 a parameter is wrong: replsvc_last_error() names it and the rule
 * @retval 4096 the parameters were checked and job goes on with the work */
REPLSVC_API uint32_t replsvc_get_synchronization_aspect_instances(
    replsvc_service *service, uint16_t sync_type, uint16_t mode, uint16_t locality, uint16_t sync_state,
    replsvc_job_ref *job, replsvc_opt_bool cached_data, const char *replication_setting_data,
    char ***synchronization_aspects, size_t *n_synchronization_aspects);

/** List points in time that have no target, all or those that pass the filters.
 *
 * Mirrors CIM_ReplicationService.GetSynchronizationAspects. Lists are freed with replsvc_free().
 *
 * @param[in] service the opened service
 * @param[in] sync_type only this enum replsvc_sync_type; 0: all
 * @param[in] mode only this enum replsvc_mode; 0: all
 * @param[in] locality only local or only remote ones: enum replsvc_locality; 0: all
 * @param[in] sync_state only this enum replsvc_aspect_sync_state; 0: all
 * @param[out] job the job that goes on with the work, "" when none does; may be NULL
 * @param[in] cached_data whether figures that are a little old will do; absent: false
 * @param[in] replication_setting_data an embedded CIM_ReplicationSettingData instance in MOF or CIM-XML,
 *   as replsvc_replication_settings_format() writes it; NULL: the defaults
 * @param[out] synchronization_aspects list of aspects, oldest first
 * @param[out] n_synchronization_aspects its length
 * @retval 0 done; job is ""
 * @retval 1 this service cannot do that; the capabilities say the same
 * @retval 4 an I/O error, no space or no memory; nothing was changed
 * @retval 5 a parameter is wrong: replsvc_last_error() names it and the rule
 * @retval 4096 the parameters were checked and job goes on with the work */
REPLSVC_API uint32_t replsvc_get_synchronization_aspects(
    replsvc_service *service, uint16_t sync_type, uint16_t mode, uint16_t locality, uint16_t sync_state,
    replsvc_job_ref *job, replsvc_opt_bool cached_data, const char *replication_setting_data,
    replsvc_aspect_ref **synchronization_aspects, size_t *n_synchronization_aspects);

/** Take a point in time of several elements without giving them targets yet.
 *
 * Mirrors CIM_ReplicationService.CreateListSynchronizationAspect. Lists are freed with replsvc_free().
 *
 * @param[in] service the opened service
 * @param[in] names names of the aspects, in order; NULL: generated
 * @param[in] n_names entries of names: 0 or as many as there are sources
 * @param[in] sync_type which kind of copy: enum replsvc_sync_type; required
 * @param[in] mode enum replsvc_mode; 0: absent, the service decides
 * @param[in] source_elements the elements to copy, in order; required
 * @param[in] n_source_elements entries of source_elements
 * @param[in] source_access_point how to reach the source; NULL: it is local
 * @param[in] consistency enum replsvc_consistency: whether all members get one and the same point in
 *   time; 0: absent, as the settings or the group say
 * @param[in] replication_setting_data an embedded CIM_ReplicationSettingData instance in MOF or CIM-XML,
 *   as replsvc_replication_settings_format() writes it; NULL: the defaults
 * @param[out] job the job that goes on with the work, "" when none does; may be NULL
 * @param[out] settings_states list of states, in the order of the sources; may be NULL
 * @param[out] n_settings_states its length
 * @retval 0 done; job is ""
 * @retval 1 this service cannot do that; the capabilities say the same
 * @retval 4 an I/O error, no space or no memory; nothing was changed
 * @retval 5 a parameter is wrong: replsvc_last_error() names it and the rule
 * @retval 6 an element plays a part that excludes the new one, or its image is locked by another program
 * @retval 4096 the parameters were checked and job goes on with the work */
REPLSVC_API uint32_t replsvc_create_list_synchronization_aspect(
    replsvc_service *service, const char *const names[], size_t n_names, uint16_t sync_type, uint16_t mode,
    const replsvc_element_ref source_elements[], size_t n_source_elements,
    const replsvc_access_point_ref *source_access_point, uint16_t consistency,
    const char *replication_setting_data, replsvc_job_ref *job, replsvc_settings_state_ref **settings_states,
    size_t *n_settings_states);

#ifdef __cplusplus
}
#endif

#endif
