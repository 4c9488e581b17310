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

/** One line of the log, in fields. */
typedef struct replsvc_log_record {
    uint32_t size;
    uint32_t level;       /**< enum replsvc_log_level. */
    int64_t time;         /**< Microseconds since the epoch. */
    int32_t system_errno; /**< errno behind it, or 0. */
    uint32_t reserved;
    char object[REPLSVC_REF_SIZE]; /**< Id of what it is about, or "". */
    const char *message; /**< The line that replsvc_log_function gets; valid during the call only. */
} replsvc_log_record;

/** Called with one record. May be called from any thread, never under a lock of the library. */
typedef void (*replsvc_log_record_function)(void *user, const replsvc_log_record *record);

/** Phase of a point in time in which a quiesce hook is called. */
enum replsvc_quiesce_phase { REPLSVC_QUIESCE_FREEZE = 1, REPLSVC_QUIESCE_THAW = 2 };

/** Quiesce hook: freeze before the cut of a point in time, thaw after it; 0 = done.
 *
 * Called on a thread of the library, one freeze and its thaw at a time; no lock of the library is held, so it
 * may call the library (to flush its volumes, say). It has options.quiesce_timeout_ms to come back from the
 * freeze: then the point in time is taken without waiting any longer (quiesce_result 3), and the thaw follows
 * as soon as the freeze has come back. When the relationship's settings ask for ConsistentPointInTime, a
 * freeze that fails or overruns takes no point in time: the method fails. A thaw follows every freeze,
 * whatever that returned. replsvc_service_close() waits for a hook that runs. */
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
    uint32_t instance_encoding; /**< enum replsvc_encoding of the embedded instances that the service gives
                                     out (relationships, aspects, errors, default settings); 0 = MOF. */
    uint32_t reserved_2;
    replsvc_log_record_function log_record; /**< Besides log or instead of it, with the same log_user and
                                                 log_level; NULL = none. */
} replsvc_service_options;

/** Fail if the state directory does not exist, instead of making it. */
#define REPLSVC_SERVICE_MUST_EXIST 0x1u
/** Do not write ahead of the source for first touches: flush per batch instead (see guarantees). */
#define REPLSVC_SERVICE_NO_OVERLAY 0x2u
/** Never use io_uring. */
#define REPLSVC_SERVICE_NO_IO_URING 0x4u

/** Open the service on its state directory.
 *
 * Reads the journal, repairs what a crash left, starts the worker threads. Elements whose image cannot be
 * opened now do not hinder it.
 *
 * @param[in] state_directory where the service keeps everything it knows; made (mode 0700) if it does not
 *   exist, unless the options say otherwise
 * @param[in] options NULL: defaults. Copied
 * @param[out] service the opened service; close it with replsvc_service_close()
 * @retval 0 open: jobs that ran when it was closed, or when its process died, go on
 * @retval 1 the directory was written by a newer version of the library
 * @retval 4 the directory cannot be read or made, its content is damaged (the message names file and
 *   offset), or no memory
 * @retval 5 a parameter is NULL or an option is out of range
 * @retval 6 another service, of this process or another, has the directory open */
REPLSVC_API uint32_t replsvc_service_open(const char *state_directory, const replsvc_service_options *options,
                                          replsvc_service **service);

/** Close the service.
 *
 * Running jobs stop where they are and go on when the service is opened again. Volumes must have been
 * closed; no other call may be running on the service. The state directory is free when the function
 * returns.
 *
 * @param[in] service from replsvc_service_open(); NULL is allowed */
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

/** Make an existing image or device known as an element.
 *
 * The image is opened to look at it, and not changed.
 *
 * @param[in] service the opened service
 * @param[in] name ElementName, at most 255 bytes, unique among the elements; NULL: the locator's last
 *   part, made unique
 * @param[in] locator where it is: "scheme:path" with the scheme of a backend ("file:/srv/a.img"); at most
 *   4095 bytes
 * @param[in] options NULL: defaults
 * @param[out] element the element; may be NULL
 * @retval 0 registered
 * @retval 1 there is no backend of that scheme
 * @retval 4 an I/O error or no memory
 * @retval 5 the locator is wrong, nothing is there, or it is no image of that kind; the name is in use
 * @retval 6 the image is registered already, or locked by another program */
REPLSVC_API uint32_t replsvc_element_register(replsvc_service *service, const char *name, const char *locator,
                                              const replsvc_element_options *options,
                                              replsvc_element_ref *element);

/** Make a new element in a pool.
 *
 * @param[in] service the opened service
 * @param[in] name ElementName, at most 255 bytes, unique among the elements; NULL: generated
 * @param[in] pool where to make it; NULL: the service chooses
 * @param[in] size_bytes bytes a host will see; a multiple of 512. In a pool of devices it is the least: the
 *   element has the size of the device, which is filled with zeroes before the call returns
 * @param[in] goal what it should be like; NULL: as the pool says
 * @param[out] element the element; may be NULL
 * @retval 0 made; it reads as zeroes
 * @retval 1 the pool cannot make such elements
 * @retval 4 an I/O error, no space or no memory; nothing was made
 * @retval 5 a parameter is wrong or the name is in use */
REPLSVC_API uint32_t replsvc_element_create(replsvc_service *service, const char *name,
                                            const replsvc_pool_ref *pool, uint64_t size_bytes,
                                            const replsvc_setting_ref *goal, replsvc_element_ref *element);

/** Forget an element.
 *
 * @param[in] service the opened service
 * @param[in] element the element
 * @param[in] remove_data also remove the image, if the service made it; an image that was registered is
 *   never removed
 * @retval 0 gone
 * @retval 4 an I/O error: the element is still there
 * @retval 5 no such element
 * @retval 6 it is in a relationship or group, or a volume is open on it */
REPLSVC_API uint32_t replsvc_element_unregister(replsvc_service *service, const replsvc_element_ref *element,
                                                bool remove_data);

/** Properties of an element.
 *
 * @param[in] service the opened service
 * @param[in] element the element
 * @param[in,out] info set size before; the library fills what fits
 * @retval 0 filled; what cannot be known because the image cannot be opened now is 0
 * @retval 5 no such element, or info is NULL or has no size */
REPLSVC_API uint32_t replsvc_element_get_info(replsvc_service *service, const replsvc_element_ref *element,
                                              replsvc_element_info *info);

/** All elements.
 *
 * @param[in] service the opened service
 * @param[out] elements list, in order of registration; free it with replsvc_free()
 * @param[out] n_elements its length
 * @retval 0 answered; no elements: NULL and 0
 * @retval 4 no memory
 * @retval 5 a parameter is NULL */
REPLSVC_API uint32_t replsvc_element_list(replsvc_service *service, replsvc_element_ref **elements,
                                          size_t *n_elements);

/** Find an element by its name or id.
 *
 * @param[in] service the opened service
 * @param[in] name ElementName or id
 * @param[out] element the element
 * @retval 0 found
 * @retval 5 there is no such element */
REPLSVC_API uint32_t replsvc_element_find(replsvc_service *service, const char *name,
                                          replsvc_element_ref *element);

/** Make a pool known: a place where elements can be made.
 *
 * There are three kinds, told by the locator's scheme. "file:/srv/pool" is a directory in which images are
 * made. "block:/dev/disk/by-id/a,/dev/disk/by-id/b" is a list of devices (of any backend that makes no
 * images), separated by commas: an element takes the smallest free one that is large enough, has that
 * device's size, and gives it back when it is removed; a device that is held by a mount, by swap or by
 * another program, or registered as an element, is not free. What a device held is overwritten: by the
 * replica, and by zeroes beyond it. Others ("rbd:pool") are places that their backend knows.
 *
 * @param[in] service the opened service
 * @param[in] name name, at most 255 bytes, unique among the pools; NULL: generated
 * @param[in] locator where it is; at most 4095 bytes
 * @param[in] options NULL: defaults
 * @param[out] pool the pool; may be NULL
 * @retval 0 registered
 * @retval 1 there is no backend of that kind that can make elements
 * @retval 4 an I/O error or no memory
 * @retval 5 the locator or an option is wrong, or the name is in use
 * @retval 6 the place is a pool already */
REPLSVC_API uint32_t replsvc_pool_register(replsvc_service *service, const char *name, const char *locator,
                                           const replsvc_pool_options *options, replsvc_pool_ref *pool);

/** Forget a pool.
 *
 * @param[in] service the opened service
 * @param[in] pool the pool
 * @retval 0 gone; nothing in it was touched
 * @retval 4 an I/O error: the pool is still there
 * @retval 5 no such pool
 * @retval 6 elements of the pool exist */
REPLSVC_API uint32_t replsvc_pool_unregister(replsvc_service *service, const replsvc_pool_ref *pool);

/** Properties of a pool.
 *
 * @param[in] service the opened service
 * @param[in] pool the pool
 * @param[in,out] info set size before; the library fills what fits
 * @retval 0 filled
 * @retval 5 no such pool, or info is NULL or has no size */
REPLSVC_API uint32_t replsvc_pool_get_info(replsvc_service *service, const replsvc_pool_ref *pool,
                                           replsvc_pool_info *info);

/** All pools.
 *
 * @param[in] service the opened service
 * @param[out] pools list, in order of registration; free it with replsvc_free()
 * @param[out] n_pools its length
 * @retval 0 answered; no pools: NULL and 0
 * @retval 4 no memory
 * @retval 5 a parameter is NULL */
REPLSVC_API uint32_t replsvc_pool_list(replsvc_service *service, replsvc_pool_ref **pools, size_t *n_pools);

/** Find a pool by its name or id.
 *
 * @param[in] service the opened service
 * @param[in] name name or id
 * @param[out] pool the pool
 * @retval 0 found
 * @retval 5 there is no such pool */
REPLSVC_API uint32_t replsvc_pool_find(replsvc_service *service, const char *name, replsvc_pool_ref *pool);

/** Keep a goal for targets that are to be made, for use as a TargetSettingGoal.
 *
 * @param[in] service the opened service
 * @param[in] goal set size before
 * @param[out] setting the setting
 * @retval 0 made; it is kept until it is deleted
 * @retval 4 an I/O error or no memory
 * @retval 5 a value of the goal is out of range */
REPLSVC_API uint32_t replsvc_setting_create(replsvc_service *service, const replsvc_setting_goal *goal,
                                            replsvc_setting_ref *setting);

/** The goal behind a setting.
 *
 * @param[in] service the opened service
 * @param[in] setting the setting
 * @param[in,out] goal set size before; the library fills what fits
 * @retval 0 filled
 * @retval 5 no such setting, or goal is NULL or has no size */
REPLSVC_API uint32_t replsvc_setting_get(replsvc_service *service, const replsvc_setting_ref *setting,
                                         replsvc_setting_goal *goal);

/** Delete a setting; elements made by it stay.
 *
 * @param[in] service the opened service
 * @param[in] setting the setting
 * @retval 0 gone
 * @retval 4 an I/O error: the setting is still there
 * @retval 5 no such setting */
REPLSVC_API uint32_t replsvc_setting_delete(replsvc_service *service, const replsvc_setting_ref *setting);

/** Properties of a group.
 *
 * @param[in] service the opened service
 * @param[in] group the group
 * @param[in,out] info set size before; the library fills what fits
 * @retval 0 filled
 * @retval 5 no such group, or info is NULL or has no size */
REPLSVC_API uint32_t replsvc_group_get_info(replsvc_service *service, const replsvc_group_ref *group,
                                            replsvc_group_info *info);

/** The members of a group, in order.
 *
 * @param[in] service the opened service
 * @param[in] group the group
 * @param[out] members list; free it with replsvc_free()
 * @param[out] n_members its length
 * @retval 0 answered; an empty group: NULL and 0
 * @retval 4 no memory
 * @retval 5 no such group */
REPLSVC_API uint32_t replsvc_group_get_members(replsvc_service *service, const replsvc_group_ref *group,
                                               replsvc_element_ref **members, size_t *n_members);

/** All groups.
 *
 * @param[in] service the opened service
 * @param[out] groups list, in order of creation; free it with replsvc_free()
 * @param[out] n_groups its length
 * @retval 0 answered; no groups: NULL and 0
 * @retval 4 no memory
 * @retval 5 a parameter is NULL */
REPLSVC_API uint32_t replsvc_group_list(replsvc_service *service, replsvc_group_ref **groups,
                                        size_t *n_groups);

/** Find a group by its name or id.
 *
 * @param[in] service the opened service
 * @param[in] name name or id
 * @param[out] group the group
 * @retval 0 found
 * @retval 5 there is no such group */
REPLSVC_API uint32_t replsvc_group_find(replsvc_service *service, const char *name, replsvc_group_ref *group);

/** Properties of a relationship.
 *
 * @param[in] service the opened service
 * @param[in] synchronization a pair or a group relationship
 * @param[in,out] info set size before; the library fills what fits
 * @retval 0 filled
 * @retval 5 no such relationship (any more), or info is NULL or has no size */
REPLSVC_API uint32_t replsvc_sync_get_info(replsvc_service *service, const replsvc_sync_ref *synchronization,
                                           replsvc_sync_info *info);

/** All relationships, group relationships and pairs.
 *
 * @param[in] service the opened service
 * @param[out] synchronizations list, in order of creation; free it with replsvc_free()
 * @param[out] n_synchronizations its length
 * @retval 0 answered; no relationships: NULL and 0
 * @retval 4 no memory
 * @retval 5 a parameter is NULL */
REPLSVC_API uint32_t replsvc_sync_list(replsvc_service *service, replsvc_sync_ref **synchronizations,
                                       size_t *n_synchronizations);

/** Find a relationship by its name or id.
 *
 * @param[in] service the opened service
 * @param[in] name RelationshipName or id
 * @param[out] synchronization the relationship
 * @retval 0 found
 * @retval 5 there is no such relationship */
REPLSVC_API uint32_t replsvc_sync_find(replsvc_service *service, const char *name,
                                       replsvc_sync_ref *synchronization);

/** Find the relationship of which an element is the target.
 *
 * @param[in] service the opened service
 * @param[in] target the element
 * @param[out] synchronization the pair
 * @retval 0 found
 * @retval 5 there is no such element, or it is not a target */
REPLSVC_API uint32_t replsvc_sync_find_by_target(replsvc_service *service, const replsvc_element_ref *target,
                                                 replsvc_sync_ref *synchronization);

/** The pairs of a group relationship, in the order of its members.
 *
 * @param[in] service the opened service
 * @param[in] synchronization the group relationship
 * @param[out] pairs list; free it with replsvc_free()
 * @param[out] n_pairs its length
 * @retval 0 answered
 * @retval 4 no memory
 * @retval 5 no such relationship, or it is a pair */
REPLSVC_API uint32_t replsvc_sync_get_pairs(replsvc_service *service, const replsvc_sync_ref *synchronization,
                                            replsvc_sync_ref **pairs, size_t *n_pairs);

/** Bound the speed of a relationship's background work: initial copy, resync, restore.
 *
 * @param[in] service the opened service
 * @param[in] synchronization a pair, or a group relationship for each of its pairs
 * @param[in] bytes_per_second 0: no bound
 * @retval 0 set; it is kept across restarts and holds for work that runs already
 * @retval 1 this version cannot
 * @retval 4 an I/O error: nothing was changed
 * @retval 5 no such relationship */
REPLSVC_API uint32_t replsvc_sync_set_limit(replsvc_service *service, const replsvc_sync_ref *synchronization,
                                            uint64_t bytes_per_second);

/** Bound the speed of all background work together.
 *
 * @param[in] service the opened service
 * @param[in] bytes_per_second 0: no bound
 * @retval 0 set until the service is closed
 * @retval 1 this version cannot
 * @retval 5 the service is NULL */
REPLSVC_API uint32_t replsvc_service_set_limit(replsvc_service *service, uint64_t bytes_per_second);

/** Properties of a point in time that has no target.
 *
 * @param[in] service the opened service
 * @param[in] aspect the aspect
 * @param[in,out] info set size before; the library fills what fits
 * @retval 0 filled
 * @retval 5 no such aspect, or info is NULL or has no size */
REPLSVC_API uint32_t replsvc_aspect_get_info(replsvc_service *service, const replsvc_aspect_ref *aspect,
                                             replsvc_aspect_info *info);

/** What a settings state ties together.
 *
 * @param[in] service the opened service
 * @param[in] settings_state the state
 * @param[in,out] info set size before; the library fills what fits
 * @retval 0 filled
 * @retval 5 no such state, or info is NULL or has no size */
REPLSVC_API uint32_t replsvc_settings_state_get_info(replsvc_service *service,
                                                     const replsvc_settings_state_ref *settings_state,
                                                     replsvc_settings_state_info *info);

/** Properties of an access point. Its secret is never told.
 *
 * @param[in] service the opened service
 * @param[in] access_point the access point
 * @param[in,out] info set size before; the library fills what fits
 * @retval 0 filled
 * @retval 1 this version has no access points
 * @retval 5 no such access point, or info is NULL or has no size */
REPLSVC_API uint32_t replsvc_access_point_get_info(replsvc_service *service,
                                                   const replsvc_access_point_ref *access_point,
                                                   replsvc_access_point_info *info);

/** Properties of another system.
 *
 * @param[in] service the opened service
 * @param[in] system the system
 * @param[in,out] info set size before; the library fills what fits
 * @retval 0 filled
 * @retval 1 this version knows no other systems
 * @retval 5 no such system, or info is NULL or has no size */
REPLSVC_API uint32_t replsvc_system_get_info(replsvc_service *service, const replsvc_system_ref *system,
                                             replsvc_system_info *info);

/** Properties of a collection of paths to another system.
 *
 * @param[in] service the opened service
 * @param[in] collection the collection
 * @param[in,out] info set size before; the library fills what fits
 * @retval 0 filled
 * @retval 5 no such collection, or info is NULL or has no size */
REPLSVC_API uint32_t replsvc_collection_get_info(replsvc_service *service,
                                                 const replsvc_collection_ref *collection,
                                                 replsvc_collection_info *info);

/** The access points of a collection, in the order in which they were added.
 *
 * @param[in] service the opened service
 * @param[in] collection the collection
 * @param[out] local_access_points list of those of this system; free it with replsvc_free()
 * @param[out] n_local_access_points its length
 * @param[out] remote_access_points list of those of the other system; free it with replsvc_free()
 * @param[out] n_remote_access_points its length
 * @retval 0 done
 * @retval 4 no memory
 * @retval 5 no such collection, or no place for a list */
REPLSVC_API uint32_t replsvc_collection_get_access_points(replsvc_service *service,
                                                          const replsvc_collection_ref *collection,
                                                          replsvc_access_point_ref **local_access_points,
                                                          size_t *n_local_access_points,
                                                          replsvc_access_point_ref **remote_access_points,
                                                          size_t *n_remote_access_points);

/** All collections of paths, in order of creation.
 *
 * @param[in] service the opened service
 * @param[out] collections list; free it with replsvc_free()
 * @param[out] n_collections its length
 * @retval 0 done
 * @retval 4 no memory
 * @retval 5 a pointer is NULL */
REPLSVC_API uint32_t replsvc_collection_list(replsvc_service *service, replsvc_collection_ref **collections,
                                             size_t *n_collections);

/** Find a collection by its name or id.
 *
 * @param[in] service the opened service
 * @param[in] name name or id
 * @param[out] collection the collection
 * @retval 0 found
 * @retval 5 there is none of that name */
REPLSVC_API uint32_t replsvc_collection_find(replsvc_service *service, const char *name,
                                             replsvc_collection_ref *collection);

/** Delete a collection of paths; its access points stay. (What DeleteInstance is to a CIM client.)
 *
 * @param[in] service the opened service
 * @param[in] collection the collection
 * @retval 0 deleted
 * @retval 4 an I/O error, no space or no memory; nothing was changed
 * @retval 5 no such collection */
REPLSVC_API uint32_t replsvc_collection_delete(replsvc_service *service,
                                               const replsvc_collection_ref *collection);

/** Properties of a replication entity.
 *
 * @param[in] service the opened service
 * @param[in] entity the entity, of replsvc_add_replication_entity()
 * @param[in,out] info set size before; the library fills what fits
 * @retval 0 filled
 * @retval 5 no such entity, or info is NULL or has no size */
REPLSVC_API uint32_t replsvc_entity_get_info(replsvc_service *service, const replsvc_entity_ref *entity,
                                             replsvc_entity_info *info);

/** All replication entities, in order of creation.
 *
 * @param[in] service the opened service
 * @param[out] entities list; free it with replsvc_free()
 * @param[out] n_entities its length
 * @retval 0 done
 * @retval 4 no memory
 * @retval 5 a pointer is NULL */
REPLSVC_API uint32_t replsvc_entity_list(replsvc_service *service, replsvc_entity_ref **entities,
                                         size_t *n_entities);

/** Forget a replication entity. (What DeleteInstance is to a CIM client.)
 *
 * @param[in] service the opened service
 * @param[in] entity the entity
 * @retval 0 forgotten
 * @retval 4 an I/O error, no space or no memory; nothing was changed
 * @retval 5 no such entity */
REPLSVC_API uint32_t replsvc_entity_delete(replsvc_service *service, const replsvc_entity_ref *entity);

/** Free a list or text that a function of this library gave out.
 *
 * The texts of a list of texts go with it.
 *
 * @param[in] list what was given out; NULL is allowed */
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

/** What went wrong in this thread's last failed call.
 *
 * @return the error, valid until this thread's next call into the library; never NULL. After a call that
 *   did not fail its code is 0 */
REPLSVC_API const replsvc_error *replsvc_last_error(void);

/** Text of a CIM return code, in English.
 *
 * @param[in] code enum replsvc_return_code
 * @return a constant text, never NULL */
REPLSVC_API const char *replsvc_strerror(uint32_t code);

/** Version of the library as it runs.
 *
 * @return 0xMMmmpp: major, minor, patch */
REPLSVC_API uint32_t replsvc_version(void);

/** Version of the library as it runs.
 *
 * @return a constant text such as "1.0.0" */
REPLSVC_API const char *replsvc_version_string(void);

/** @name Bits of replsvc_features() */
/** @{ */
/** io_uring is used where the kernel allows it. */
#define REPLSVC_LIBRARY_IO_URING 0x1u
/** Modules with backends can be loaded: replsvc_backend_load(). */
#define REPLSVC_LIBRARY_MODULES 0x2u
/** A service can be managed from other processes: control.h. */
#define REPLSVC_LIBRARY_CONTROL_SOCKET 0x4u
/** Counters are kept: statistics.h. */
#define REPLSVC_LIBRARY_STATISTICS 0x8u
/** Probes for tracers (sys/sdt.h) are compiled in. */
#define REPLSVC_LIBRARY_PROBES 0x10u
/** @} */

/** What this build of the library has, as bits REPLSVC_LIBRARY_*.
 *
 * @return the bits; unknown ones are to be ignored */
REPLSVC_API uint64_t replsvc_features(void);

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
    uint16_t copy_recovery_mode; /**< Mirrors: whether one is resumed when its lost target is back. */
    uint16_t multihop;
    uint16_t read_only;
    uint16_t storage_compression_policy;
    uint16_t target_element_goal;
    uint16_t target_element_resource_pool;
    uint16_t copy_priority; /**< CIM value + 1, since 0 (Not Managed) is a value of its own; 0 = absent. */
    replsvc_opt_bool consistent_point_in_time;  /**< TRUE: fail rather than do without a quiesce hook. */
    replsvc_opt_bool failed_copy_stops_host_io; /**< Mirrors: until resumed or dissolved. */
    replsvc_opt_bool auto_delete; /**< Snapshots, clones: goes when space runs out, its own or its pool's. */
    replsvc_opt_bool consistency_exempt;
    replsvc_opt_bool consistent_async_copy;
    replsvc_opt_bool rrc_hardware_compression_enabled;
    replsvc_opt_bool rrc_software_compression_enabled;
    uint32_t reserved;
    int64_t delta_update_interval_us; /**< Mirrors: time between two updates of the target. */
    int64_t time_before_removal_us;   /**< Snapshots, clones: how long their point in time is kept. */
    int64_t desired_rpo_us;
    uint64_t delta_update_blocks; /**< Mirrors: changed blocks of the source that bring an update. */
    uint64_t maximum_skew;        /**< Bytes. */
} replsvc_replication_settings;

/** Encodings of an embedded instance. */
enum replsvc_encoding { REPLSVC_ENCODING_MOF = 1, REPLSVC_ENCODING_CIM_XML = 2 };

/** Write settings as an embedded CIM_ReplicationSettingData instance.
 *
 * @param[in] settings set size before; a property that is 0 is left out
 * @param[in] encoding MOF or CIM-XML
 * @param[out] text the text; free it with replsvc_free()
 * @retval 0 written
 * @retval 4 no memory
 * @retval 5 a value is outside its value map, or a parameter is NULL */
REPLSVC_API uint32_t replsvc_replication_settings_format(const replsvc_replication_settings *settings,
                                                         enum replsvc_encoding encoding, char **text);

/** Read an embedded CIM_ReplicationSettingData instance, in either encoding.
 *
 * @param[in] text the instance
 * @param[in,out] settings set size before; properties that the text does not name become 0
 * @retval 0 read
 * @retval 5 the text is neither encoding, has an unknown property, a wrong type or a value outside its
 *   value map: the message names it and its position */
REPLSVC_API uint32_t replsvc_replication_settings_parse(const char *text,
                                                        replsvc_replication_settings *settings);

#ifdef __cplusplus
}
#endif

#endif
