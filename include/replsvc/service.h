/* SPDX-License-Identifier: BSD-2-Clause */
/**
 * @file service.h
 * Opening the service on a state directory, and managing what CIM expects to
 * find there: elements, pools, settings goals; errors; the log.
 */
#ifndef REPLSVC_SERVICE_H
#define REPLSVC_SERVICE_H

#include <replsvc/cim.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Severity of a log line. */
enum replsvc_log_level {
    REPLSVC_LOG_ERROR = 1,
    REPLSVC_LOG_WARNING = 2,
    REPLSVC_LOG_INFO = 3,
    REPLSVC_LOG_DEBUG = 4
};

/** Called with one line, no newline. May be called from any thread, never under a lock of the library. */
typedef void (*replsvc_log_function)(void *user, enum replsvc_log_level level, const char *line);

/** Phase of a point in time in which a quiesce hook is called. */
enum replsvc_quiesce_phase { REPLSVC_QUIESCE_FREEZE = 1, REPLSVC_QUIESCE_THAW = 2 };

/** Quiesce hook: freeze before the cut, thaw after it; 0 = done. */
typedef int (*replsvc_quiesce_function)(void *user, enum replsvc_quiesce_phase phase,
                                        const replsvc_element_ref elements[], size_t n_elements);

/** How to open a service. Zero-filled with size set = all defaults. */
typedef struct replsvc_service_options {
    uint32_t size;               /**< sizeof this struct. */
    uint32_t flags;              /**< REPLSVC_SERVICE_*. */
    uint32_t worker_threads;     /**< 0 = by the number of CPUs. */
    uint32_t event_queue_length; /**< 0 = 1024. */
    int64_t wait_timeout_ms;     /**< Bound for WaitForCopyState; 0 = none. */
    uint32_t region_size;        /**< Default bytes per region; 0 = 64 KiB; a power of two >= 4096. */
    uint32_t reserved;
    uint64_t overlay_bytes;               /**< Bound of the write overlay's log per volume; 0 = 64 MiB. */
    uint64_t background_bytes_per_second; /**< Bound of all background copying; 0 = none. */
    replsvc_log_function log;             /**< NULL = no log. */
    void *log_user;
    uint32_t log_level;               /**< 0 = REPLSVC_LOG_WARNING. */
    uint32_t quiesce_timeout_ms;      /**< 0 = 10 s. */
    replsvc_quiesce_function quiesce; /**< NULL = none. */
    void *quiesce_user;
} replsvc_service_options;

/** Fail if the state directory does not exist, instead of making it. */
#define REPLSVC_SERVICE_MUST_EXIST 0x1u
/** Do not write ahead of the source for first touches: flush per batch instead (see guarantees). */
#define REPLSVC_SERVICE_NO_OVERLAY 0x2u
/** Never use io_uring. */
#define REPLSVC_SERVICE_NO_IO_URING 0x4u

REPLSVC_API uint32_t replsvc_service_open(const char *state_directory, const replsvc_service_options *options,
                                          replsvc_service **service);
REPLSVC_API void replsvc_service_close(replsvc_service *service);

/** How an element is to be used. Zero-filled with size set = all defaults. */
typedef struct replsvc_element_options {
    uint32_t size;
    uint32_t flags; /**< REPLSVC_ELEMENT_*. */
} replsvc_element_options;
/** The element may only be read. */
#define REPLSVC_ELEMENT_READ_ONLY 0x1u

/** How a pool makes elements. Zero-filled with size set = all defaults. */
typedef struct replsvc_pool_options {
    uint32_t size;
    uint32_t flags;
    uint64_t space_limit; /**< Bytes that its elements may have together; 0 = what the medium has. */
    char format[32];      /**< Backend of the elements it makes; "" = "file". */
} replsvc_pool_options;

/** A goal for targets to be created (CIM_StorageSetting). */
typedef struct replsvc_setting_goal {
    uint32_t size;
    uint32_t flags;
    char format[32];               /**< Backend; "" = as the pool says. */
    uint64_t block_size;           /**< Format's allocation unit, bytes; 0 = its default. */
    uint32_t logical_sector_size;  /**< 0 = as the source. */
    uint32_t physical_sector_size; /**< 0 = as the source. */
    bool preallocate;              /**< Full instead of thin. */
    bool reserved[7];
} replsvc_setting_goal;

REPLSVC_API uint32_t replsvc_element_register(replsvc_service *service, const char *name, const char *locator,
                                              const replsvc_element_options *options,
                                              replsvc_element_ref *element);
REPLSVC_API uint32_t replsvc_element_create(replsvc_service *service, const char *name,
                                            const replsvc_pool_ref *pool, uint64_t size_bytes,
                                            const replsvc_setting_ref *goal, replsvc_element_ref *element);
/** @param remove_data also remove the image, if the service made it. */
REPLSVC_API uint32_t replsvc_element_unregister(replsvc_service *service, const replsvc_element_ref *element,
                                                bool remove_data);
REPLSVC_API uint32_t replsvc_element_get_info(replsvc_service *service, const replsvc_element_ref *element,
                                              replsvc_element_info *info);
REPLSVC_API uint32_t replsvc_element_list(replsvc_service *service, replsvc_element_ref **elements,
                                          size_t *n_elements);
/** Find an element by its name or id. */
REPLSVC_API uint32_t replsvc_element_find(replsvc_service *service, const char *name,
                                          replsvc_element_ref *element);

REPLSVC_API uint32_t replsvc_pool_register(replsvc_service *service, const char *name, const char *locator,
                                           const replsvc_pool_options *options, replsvc_pool_ref *pool);
REPLSVC_API uint32_t replsvc_pool_unregister(replsvc_service *service, const replsvc_pool_ref *pool);
REPLSVC_API uint32_t replsvc_pool_get_info(replsvc_service *service, const replsvc_pool_ref *pool,
                                           replsvc_pool_info *info);
REPLSVC_API uint32_t replsvc_pool_list(replsvc_service *service, replsvc_pool_ref **pools, size_t *n_pools);
REPLSVC_API uint32_t replsvc_pool_find(replsvc_service *service, const char *name, replsvc_pool_ref *pool);

REPLSVC_API uint32_t replsvc_setting_create(replsvc_service *service, const replsvc_setting_goal *goal,
                                            replsvc_setting_ref *setting);
REPLSVC_API uint32_t replsvc_setting_get(replsvc_service *service, const replsvc_setting_ref *setting,
                                         replsvc_setting_goal *goal);
REPLSVC_API uint32_t replsvc_setting_delete(replsvc_service *service, const replsvc_setting_ref *setting);

REPLSVC_API uint32_t replsvc_group_get_info(replsvc_service *service, const replsvc_group_ref *group,
                                            replsvc_group_info *info);
REPLSVC_API uint32_t replsvc_group_get_members(replsvc_service *service, const replsvc_group_ref *group,
                                               replsvc_element_ref **members, size_t *n_members);
REPLSVC_API uint32_t replsvc_group_list(replsvc_service *service, replsvc_group_ref **groups,
                                        size_t *n_groups);
REPLSVC_API uint32_t replsvc_group_find(replsvc_service *service, const char *name, replsvc_group_ref *group);

REPLSVC_API uint32_t replsvc_sync_get_info(replsvc_service *service, const replsvc_sync_ref *synchronization,
                                           replsvc_sync_info *info);
REPLSVC_API uint32_t replsvc_sync_list(replsvc_service *service, replsvc_sync_ref **synchronizations,
                                       size_t *n_synchronizations);
/** Find a relationship by its name or id. */
REPLSVC_API uint32_t replsvc_sync_find(replsvc_service *service, const char *name,
                                       replsvc_sync_ref *synchronization);
/** Find the relationship of which this element is the target. */
REPLSVC_API uint32_t replsvc_sync_find_by_target(replsvc_service *service, const replsvc_element_ref *target,
                                                 replsvc_sync_ref *synchronization);
/** The pairs of a group relationship, in member order. */
REPLSVC_API uint32_t replsvc_sync_get_pairs(replsvc_service *service, const replsvc_sync_ref *synchronization,
                                            replsvc_sync_ref **pairs, size_t *n_pairs);

/** Free a list that a function of this library gave out. NULL is allowed. */
REPLSVC_API void replsvc_free(void *list);

/** What went wrong in this thread's last failed call. */
typedef struct replsvc_error {
    uint32_t size;
    uint32_t code;        /**< CIM return code. */
    int32_t system_errno; /**< errno behind it, or 0. */
    uint32_t reserved;
    char message_id[32]; /**< Stable, e.g. "RSVC0005". */
    char parameter[64];  /**< CIM name of the parameter at fault, or "". */
    char message[1024];  /**< One sentence. */
} replsvc_error;
/** This thread's last error; valid until its next call into the library. Never NULL. */
REPLSVC_API const replsvc_error *replsvc_last_error(void);
/** Text of a CIM return code; never NULL. */
REPLSVC_API const char *replsvc_strerror(uint32_t code);

/** Version of the library as it runs, 0xMMmmpp. */
REPLSVC_API uint32_t replsvc_version(void);
REPLSVC_API const char *replsvc_version_string(void);

/** Fill a C struct's worth of CIM_ReplicationSettingData. 0 = property absent. */
typedef struct replsvc_replication_settings {
    uint32_t size;
    uint16_t pairing;
    uint16_t unequal_groups_action;
    uint16_t unequal_lists_action;
    uint16_t desired_copy_methodology;
    uint16_t target_element_supplier;
    uint16_t thin_provisioning_policy;
    uint16_t on_group_or_list_error;
    uint16_t copy_recovery_mode;
    uint16_t multihop;
    uint16_t read_only;
    uint16_t storage_compression_policy;
    uint16_t target_element_goal;
    uint16_t target_element_resource_pool;
    uint16_t copy_priority; /**< CIM value + 1, since 0 (Not Managed) is a value of its own; 0 = absent. */
    replsvc_opt_bool consistent_point_in_time;
    replsvc_opt_bool failed_copy_stops_host_io;
    replsvc_opt_bool auto_delete;
    replsvc_opt_bool consistency_exempt;
    replsvc_opt_bool consistent_async_copy;
    replsvc_opt_bool rrc_hardware_compression_enabled;
    replsvc_opt_bool rrc_software_compression_enabled;
    uint32_t reserved;
    int64_t delta_update_interval_us;
    int64_t time_before_removal_us;
    int64_t desired_rpo_us;
    uint64_t delta_update_blocks;
    uint64_t maximum_skew; /**< Bytes. */
} replsvc_replication_settings;

/** Encodings of an embedded instance. */
enum replsvc_encoding { REPLSVC_ENCODING_MOF = 1, REPLSVC_ENCODING_CIM_XML = 2 };

/** Write settings as an embedded CIM_ReplicationSettingData; free the text with replsvc_free. */
REPLSVC_API uint32_t replsvc_replication_settings_format(const replsvc_replication_settings *settings,
                                                         enum replsvc_encoding encoding, char **text);
/** Read an embedded CIM_ReplicationSettingData in either encoding. */
REPLSVC_API uint32_t replsvc_replication_settings_parse(const char *text,
                                                        replsvc_replication_settings *settings);

#ifdef __cplusplus
}
#endif

#endif
