/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * @file cim.h
 * The vocabulary of the API: return codes, references, tri-state booleans, and
 * the "info" structs in which the library hands out the properties of an object.
 *
 * Absent is zero: an optional scalar is absent when 0, an optional pointer or
 * reference when NULL (a reference may also be absent by holding ""), an
 * optional boolean when REPLSVC_BOOL_ABSENT.
 *
 * Infos start with `size`: set it to sizeof the struct you were compiled
 * with; the library fills what fits. New fields are only ever appended.
 */
#ifndef REPLSVC_CIM_H
#define REPLSVC_CIM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <replsvc/enums.h>

#if defined(__GNUC__)
#define REPLSVC_API __attribute__((visibility("default")))
#else
#define REPLSVC_API
#endif

#ifdef __cplusplus
extern "C" {
#endif

/** Return codes shared by the CIM methods of both classes. */
enum replsvc_return_code {
    REPLSVC_OK = 0,
    REPLSVC_NOT_SUPPORTED = 1,
    REPLSVC_UNKNOWN = 2,
    REPLSVC_TIMEOUT = 3,
    REPLSVC_FAILED = 4,
    REPLSVC_INVALID_PARAMETER = 5,
    REPLSVC_IN_USE = 6,
    /** DeleteGroup: an element of the group is in a replication relationship. */
    REPLSVC_DELETE_GROUP_IN_RELATIONSHIP = 7,
    /** AddMembers and RemoveMembers: the group does not exist. */
    REPLSVC_MEMBERS_NO_SUCH_GROUP = 7,
    /** RemoveMembers: an element is not a member of the group. */
    REPLSVC_MEMBERS_NOT_A_MEMBER = 8,
    /** The parameters were checked and a job was started. */
    REPLSVC_JOB_STARTED = 4096,
    /** RequestStateChange: the job cannot go from its state to the requested one. */
    REPLSVC_INVALID_STATE_TRANSITION = 4097
};

/** An optional boolean. A plain C `true` (1) means true. */
typedef enum replsvc_opt_bool {
    REPLSVC_BOOL_ABSENT = 0,
    REPLSVC_BOOL_TRUE = 1,
    REPLSVC_BOOL_FALSE = 2
} replsvc_opt_bool;

/** Bytes in a reference, the terminating NUL included. */
#define REPLSVC_REF_SIZE 64
/** Bytes in a name, the terminating NUL included. */
#define REPLSVC_NAME_SIZE 256
/** Bytes in a locator ("scheme:path"), the terminating NUL included. */
#define REPLSVC_LOCATOR_SIZE 4096

/** @name References
 * Small values that name an object: a kind prefix and a UUID, or the name that
 * the caller gave. They need no freeing, compare with strcmp and stay valid
 * across restarts. "" stands for absent. */
/** @{ */
typedef struct replsvc_element_ref {
    char id[REPLSVC_REF_SIZE];
} replsvc_element_ref;
typedef struct replsvc_group_ref {
    char id[REPLSVC_REF_SIZE];
} replsvc_group_ref;
typedef struct replsvc_sync_ref {
    char id[REPLSVC_REF_SIZE];
} replsvc_sync_ref;
typedef struct replsvc_job_ref {
    char id[REPLSVC_REF_SIZE];
} replsvc_job_ref;
typedef struct replsvc_pool_ref {
    char id[REPLSVC_REF_SIZE];
} replsvc_pool_ref;
typedef struct replsvc_setting_ref {
    char id[REPLSVC_REF_SIZE];
} replsvc_setting_ref;
typedef struct replsvc_settings_state_ref {
    char id[REPLSVC_REF_SIZE];
} replsvc_settings_state_ref;
typedef struct replsvc_aspect_ref {
    char id[REPLSVC_REF_SIZE];
} replsvc_aspect_ref;
typedef struct replsvc_access_point_ref {
    char id[REPLSVC_REF_SIZE];
} replsvc_access_point_ref;
typedef struct replsvc_system_ref {
    char id[REPLSVC_REF_SIZE];
} replsvc_system_ref;
typedef struct replsvc_collection_ref {
    char id[REPLSVC_REF_SIZE];
} replsvc_collection_ref;
typedef struct replsvc_entity_ref {
    char id[REPLSVC_REF_SIZE];
} replsvc_entity_ref;
typedef struct replsvc_secret_ref {
    char id[REPLSVC_REF_SIZE];
} replsvc_secret_ref;
/** @} */

/** A name that a method both takes and gives ("" = absent on input). */
typedef struct replsvc_name {
    char text[REPLSVC_NAME_SIZE];
} replsvc_name;

/** An opened service. */
typedef struct replsvc_service replsvc_service;
/** An opened volume: host I/O to one element. */
typedef struct replsvc_volume replsvc_volume;

/** Properties of an element (CIM_StorageVolume, CIM_StorageExtent). */
typedef struct replsvc_element_info {
    uint32_t size; /**< [in] sizeof this struct. */
    uint32_t reserved;
    char id[REPLSVC_REF_SIZE];
    char name[REPLSVC_NAME_SIZE]; /**< ElementName. */
    char locator[REPLSVC_LOCATOR_SIZE];
    char backend[32];
    char pool[REPLSVC_REF_SIZE]; /**< Pool that it was allocated from, or "". */
    uint64_t size_bytes;         /**< Bytes a host sees; 0 if it cannot be opened now. */
    uint64_t allocated_bytes;    /**< Bytes it takes up, as far as known. */
    uint32_t block_size;         /**< CIM BlockSize: logical sector, bytes. */
    uint32_t physical_block_size;
    uint64_t number_of_blocks;
    bool thinly_provisioned;
    bool read_only;
    bool created_by_service; /**< Made by the service in a pool (its data may be removed by it). */
    bool in_use;             /**< Plays a part in a relationship. */
} replsvc_element_info;

/** Properties of a pool (CIM_StoragePool). */
typedef struct replsvc_pool_info {
    uint32_t size;
    uint32_t reserved;
    char id[REPLSVC_REF_SIZE];
    char name[REPLSVC_NAME_SIZE];
    char locator[REPLSVC_LOCATOR_SIZE];
    uint64_t total_managed_space;     /**< Bytes. */
    uint64_t remaining_managed_space; /**< Bytes. */
    uint64_t element_count;           /**< Elements allocated from it. */
    uint64_t space_limit;             /**< Bytes that its elements may take; 0 = none was set. */
} replsvc_pool_info;

/** Properties of a group (CIM_ReplicationGroup). */
typedef struct replsvc_group_info {
    uint32_t size;
    uint32_t member_count;
    char id[REPLSVC_REF_SIZE];
    char name[REPLSVC_NAME_SIZE];
    bool persistent;
    bool delete_on_empty_element;
    bool delete_on_unassociated;
    bool consistent_point_in_time;
    uint16_t reserved_as;
    uint16_t reserved;
    int64_t last_cut_pause_us; /**< How long the last cut of all members held writes. */
    int64_t max_cut_pause_us;  /**< The longest such pause since the service was opened. */
} replsvc_group_info;

/** Properties of a relationship (CIM_StorageSynchronized, or
 *  CIM_GroupSynchronized when is_group). Times are microseconds since the
 *  epoch, 0 = never. */
typedef struct replsvc_sync_info {
    uint32_t size;
    bool is_group;
    bool sync_maintained;
    bool failed_copy_stops_host_io;
    bool consistency_enabled;
    char id[REPLSVC_REF_SIZE];
    char name[REPLSVC_NAME_SIZE];                 /**< RelationshipName, or the pair's name. */
    char system_element[REPLSVC_REF_SIZE];        /**< Source element or group. */
    char synced_element[REPLSVC_REF_SIZE];        /**< Target element or group. */
    char group_synchronization[REPLSVC_REF_SIZE]; /**< Of a pair: its GroupSynchronized, or "". */
    uint16_t sync_type;
    uint16_t mode;
    uint16_t copy_state;
    uint16_t requested_copy_state;
    uint16_t progress_status;
    uint16_t percent_synced;
    uint16_t copy_recovery_mode;
    uint16_t copy_type;
    uint16_t replica_type;
    uint16_t sync_state;
    uint16_t copy_methodology;
    uint16_t copy_priority;
    uint16_t read_only;
    uint16_t undiscovered_element;
    uint16_t consistency_type;
    uint16_t consistency_state;
    uint16_t consistency_status;
    uint16_t quiesce_result; /**< 0 none asked for, 1 succeeded, 2 failed, 3 timed out. */
    uint32_t member_count;   /**< Pairs of a group relationship. */
    uint32_t region_size;    /**< Bytes per region of its maps. */
    uint64_t bytes_total;
    uint64_t bytes_synced;
    uint64_t skew;  /**< Bytes by which an asynchronous target trails. */
    int64_t rpo_us; /**< How far, in time, the target trails now. */
    int64_t when_synced;
    int64_t when_activated;
    int64_t when_deactivated;
    int64_t when_established;
    int64_t when_suspended;
    int64_t when_synchronized;
    int64_t when_point_in_time; /**< The instant that a snapshot or clone shows. */
    int64_t cut_pause_us;       /**< How long that cut held the hosts' writes. */
    char error_message[512];    /**< Why it is Broken or Invalid, or "". */
} replsvc_sync_info;

/** Properties of a point in time that has no target (CIM_SynchronizationAspect). */
typedef struct replsvc_aspect_info {
    uint32_t size;             /**< [in] sizeof this struct. */
    uint16_t sync_type;        /**< enum replsvc_sync_type. */
    uint16_t sync_state;       /**< enum replsvc_aspect_sync_state. */
    uint16_t copy_status;      /**< enum replsvc_aspect_copy_status. */
    uint16_t copy_methodology; /**< enum replsvc_copy_methodology. */
    uint16_t consistency_type; /**< enum replsvc_consistency_type, 0 = none. */
    bool consistency_enabled;
    bool auto_delete;
    bool is_group; /**< Of a group; then source_element names the group. */
    bool reserved[7];
    char id[REPLSVC_REF_SIZE];
    char name[REPLSVC_NAME_SIZE];          /**< ElementName. */
    char source_element[REPLSVC_REF_SIZE]; /**< Element or group. */
    char settings_state[REPLSVC_REF_SIZE]; /**< What ties the source to it. */
    int64_t when_point_in_time;            /**< Microseconds since the epoch. */
    int64_t time_before_removal_us;        /**< 0 = it stays. */
    uint64_t bytes_total;                  /**< Of the source. */
    uint64_t bytes_kept;                   /**< That are kept because they have been overwritten since. */
} replsvc_aspect_info;

/** What a settings state ties together (CIM_SettingsDefineState). */
typedef struct replsvc_settings_state_info {
    uint32_t size; /**< [in] sizeof this struct. */
    bool is_group; /**< managed_element names a group. */
    bool reserved[3];
    char id[REPLSVC_REF_SIZE];
    char managed_element[REPLSVC_REF_SIZE]; /**< Element or group. */
    char setting_data[REPLSVC_REF_SIZE];    /**< The aspect. */
} replsvc_settings_state_info;

/** Properties of an access point (CIM_RemoteServiceAccessPoint). */
typedef struct replsvc_access_point_info {
    uint32_t size;   /**< [in] sizeof this struct. */
    bool reachable;  /**< It answered when it was last used. */
    bool has_secret; /**< A secret was given for it. */
    bool reserved[2];
    char id[REPLSVC_REF_SIZE];
    char name[REPLSVC_NAME_SIZE];   /**< ElementName. */
    char uri[REPLSVC_LOCATOR_SIZE]; /**< AccessInfo, without secrets. */
    char system[REPLSVC_REF_SIZE];  /**< The system that it leads to, or "". */
} replsvc_access_point_info;

/** Properties of another system (CIM_ComputerSystem). */
typedef struct replsvc_system_info {
    uint32_t size;  /**< [in] sizeof this struct. */
    bool reachable; /**< One of its access points answered when it was last used. */
    bool reserved[3];
    char id[REPLSVC_REF_SIZE];
    char name[REPLSVC_NAME_SIZE];
} replsvc_system_info;

/** Properties of a collection of paths to another system (CIM_RemoteReplicationCollection). */
typedef struct replsvc_collection_info {
    uint32_t size; /**< [in] sizeof this struct. */
    bool active;
    bool delete_on_unassociated;
    bool reserved[2];
    uint32_t n_local_access_points;
    uint32_t n_remote_access_points;
    char id[REPLSVC_REF_SIZE];
    char name[REPLSVC_NAME_SIZE]; /**< ElementName. */
    char remote_system[REPLSVC_REF_SIZE];
} replsvc_collection_info;

/** Properties of a replication entity (CIM_ReplicationEntity). */
typedef struct replsvc_entity_info {
    uint32_t size;   /**< [in] sizeof this struct. */
    uint16_t type;   /**< enum replsvc_entity_type. */
    bool persistent; /**< It is kept when the service is closed. */
    bool reserved;
    char id[REPLSVC_REF_SIZE];                      /**< InstanceID. */
    char entity_id[REPLSVC_LOCATOR_SIZE];           /**< EntityID, or "". */
    char other_type_description[REPLSVC_NAME_SIZE]; /**< OtherTypeDescription, or "". */
    char element[REPLSVC_LOCATOR_SIZE];             /**< Element, or "". */
} replsvc_entity_info;

/** Properties of a job (CIM_ConcreteJob). */
typedef struct replsvc_job_info {
    uint32_t size;
    uint16_t job_state;
    uint16_t percent_complete;
    char id[REPLSVC_REF_SIZE];
    char name[REPLSVC_NAME_SIZE];
    char owner[REPLSVC_NAME_SIZE];
    char job_status[REPLSVC_NAME_SIZE];
    char synchronization[REPLSVC_REF_SIZE]; /**< What it works for, or "". */
    int64_t time_submitted;
    int64_t start_time;
    int64_t time_of_last_state_change;
    int64_t elapsed_time_us;
    int64_t time_before_removal_us;
    int64_t estimated_end; /**< 0 = unknown. */
    bool delete_on_completion;
    bool reserved[3];
    uint32_t priority;
    uint32_t error_code; /**< CIM code of the failure; 0 = none. */
    uint32_t reserved2;
    uint64_t bytes_total;
    uint64_t bytes_done;
    uint64_t bytes_per_second;
    char error_description[512];
} replsvc_job_info;

#ifdef __cplusplus
}
#endif

#endif
