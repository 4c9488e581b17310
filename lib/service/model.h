/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The model: what the service knows, as C structs. Every object is a `struct object` (kind, id), a
 * *record* and perhaps a few fields of the running service. The record is what survives a restart: it is
 * encoded into the store whole, copied whole to be edited (change_edit), and swapped whole when the
 * edited copy is durable. Nothing else of an object is persistent, and nobody writes into the record of
 * an object that is in the model.
 *
 * Ids are a prefix of the kind and a UUID ("elem-…", see object_kinds in objects.c); they are never
 * reused. Records name each other by id; pointers between objects are runtime fields, kept by the link
 * and unlink functions of the kinds, and are right whenever the locks of service.h are held.
 *
 * Strings of records (char *) are owned by the record; NULL stands for "". Times are microseconds since
 * the epoch, 0 = never.
 */
#ifndef RSVC_SERVICE_MODEL_H
#define RSVC_SERVICE_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <replsvc/cim.h>
#include <replsvc/service.h>

struct replica;
struct job;
struct volume_statistics;
struct sync_statistics;

/* Numbers on disk: never reuse one. Loaded in this order, so that a record names only earlier kinds. */
enum object_kind {
    KIND_SERVICE = 1, /* one record, id "service": facts about the state directory as a whole */
    KIND_POOL,
    KIND_GOAL, /* CIM_StorageSetting */
    KIND_ELEMENT,
    KIND_GROUP,
    KIND_SYNC,           /* CIM_StorageSynchronized, CIM_GroupSynchronized */
    KIND_SETTINGS_STATE, /* CIM_SettingsDefineState and its CIM_SynchronizationAspect */
    KIND_ACCESS_POINT,
    KIND_SECRET,
    KIND_SYSTEM,
    KIND_JOB,
    KIND_COLLECTION, /* CIM_RemoteReplicationCollection */
    KIND_ENTITY,     /* CIM_ReplicationEntity */
    KIND_COUNT
};

struct object {
    enum object_kind kind;
    char id[REPLSVC_REF_SIZE];
    uint64_t serial;             /* rises in order of creation; of this opening only */
    struct change_item *pending; /* what a running change does to it, or NULL */
};

/* ---- pools and goals ---- */

struct pool_record {
    char *name;
    char *locator;        /* "file:/directory", canonical */
    uint64_t space_limit; /* bytes; 0 = what the medium has */
    char format[32];      /* backend of the elements it makes */
};
struct pool {
    struct object o;
    struct pool_record r;
    uint64_t elements;  /* linked: elements in it */
    uint64_t allocated; /* linked: the sum of their sizes, bytes */
};

struct goal_record {
    replsvc_setting_goal goal; /* size is sizeof here */
};
struct goal {
    struct object o;
    struct goal_record r;
};

/* ---- elements ---- */

/* A crash between the record and the medium leaves one of the middle states; opening the service finishes
 * what they say. Only PRESENT elements are seen from outside. */
enum element_state {
    ELEMENT_PRESENT = 1,
    ELEMENT_CREATING, /* its image may exist in part; at open: image and record are removed */
    ELEMENT_REMOVING  /* its image is going; at open: image and record are removed */
};

/* What is known of the medium, to notice that it was replaced or written behind the service's back. */
enum element_guard {
    GUARD_NONE = 0, /* nothing: never in a relationship */
    GUARD_OPEN,     /* the service may have written since: only identity and size must agree */
    GUARD_CLEAN     /* closed in order: identity, generation and size must agree */
};

struct element_record {
    char *name;
    char *locator;  /* "scheme:path", canonical */
    char *identity; /* replsvc_backend_info.identity when last opened, or NULL */
    char *generation;
    char pool[REPLSVC_REF_SIZE]; /* "" = none */
    uint64_t size_bytes;         /* when last opened or made */
    uint32_t block_size;
    uint32_t physical_block_size;
    uint8_t state; /* enum element_state */
    uint8_t guard; /* enum element_guard */
    bool read_only;
    bool created_by_service; /* its image was made by the service in its pool */
    bool hidden;             /* the service's own (a point in time without a target): in no list */
};
struct element {
    struct object o;
    struct element_record r;
    uint32_t groups;  /* linked: groups that it is a member of */
    uint32_t handles; /* replsvc_volume handles open on it */
    /* linked: relationships with it as source; chained by relationship.next_of_source, oldest first */
    struct relationship *as_source;
    struct relationship *as_target; /* linked: the relationship with it as target, or NULL */
    struct volume_statistics
        *_Atomic counters; /* a reference; NULL until it is first opened. Set under change */
};

/* ---- groups ---- */

struct group_record {
    char *name;
    replsvc_element_ref *members; /* in the order given */
    size_t n_members;
    bool persistent;
    bool delete_on_empty_element;
    bool delete_on_unassociated;
    bool consistent_point_in_time;
    bool ever_associated; /* it was in a group relationship: DeleteOnUnassociated may apply */
    uint16_t reserved_as; /* REPLSVC_RESERVED_AS_*; 0 = not given */
};
struct group {
    struct object o;
    struct group_record r;
    uint32_t as_source; /* linked: group relationships with it as source */
    uint32_t as_target;
    int64_t last_cut_pause_us; /* atomic: no lock */
    int64_t max_cut_pause_us;
};

/* ---- relationships ---- */

/* What the engine was last told to do and may not have finished: written before it is begun, cleared with
 * its result; at open it is begun again (engine.h). 0 = nothing. Otherwise a CIM operation number
 * (REPLSVC_OPERATION_*), or one of these. */
enum { INTENT_NONE = 0, INTENT_CREATE = 0x8000, INTENT_DELETE, INTENT_CATCH_UP, INTENT_VERIFY };

struct sync_record {
    char *name; /* RelationshipName; unique among those given, the pairs of a group have "name_n" */
    bool is_group;
    char source[REPLSVC_REF_SIZE]; /* element, or group when is_group and the source is a group */
    char target[REPLSVC_REF_SIZE]; /* element, or group when is_group */
    bool source_is_element;        /* is_group: one element to a group of targets */
    char group[REPLSVC_REF_SIZE];  /* of a pair: its group relationship, or "" */
    replsvc_sync_ref *pairs;       /* is_group: in member order */
    size_t n_pairs;

    uint16_t sync_type, mode, copy_state, requested_copy_state, progress_status;
    uint16_t intent; /* operation begun, see above */
    bool intent_force;
    char job[REPLSVC_REF_SIZE]; /* the job that works on it, or "" */

    uint16_t copy_methodology, copy_priority, copy_recovery_mode, copy_type, replica_type, sync_state;
    uint16_t undiscovered_element, consistency_type, consistency_state, consistency_status, quiesce_result;
    uint16_t read_only;
    bool sync_maintained, failed_copy_stops_host_io, consistency_enabled;
    replsvc_replication_settings settings; /* as asked for, size is sizeof here */

    /* What the engine needs to load it again (replica_spec). */
    uint32_t region_size;
    uint32_t replica_state; /* enum replica_state; 0 = the engine has never had it */
    uint64_t order, restore_order;
    bool reversed;       /* a mirror that is failing back: it copies from target to source */
    bool target_created; /* made for this relationship: goes with it when the relationship is taken back */
    bool target_zeroed;

    int64_t when_synced, when_activated, when_deactivated, when_established, when_suspended;
    int64_t when_synchronized, when_point_in_time, cut_pause_us;
    uint64_t bytes_per_second; /* bound of its background work; 0 = none */
    bool alike_at_close;       /* a mirror: closed in order, both sides alike; false while it is loaded */
    uint64_t bytes_total, bytes_synced; /* last known; the engine knows better while it is loaded */
    int32_t error;                      /* negative errno behind Broken or Invalid */
    char *error_message;
    bool hidden; /* the service's own: it holds a settings state's point in time; in no list */
};
struct relationship {
    struct object o;
    struct sync_record r;
    /* linked */
    struct element *source; /* of a pair or a single relationship */
    struct element *target;
    struct group *source_group; /* is_group */
    struct group *target_group;
    struct relationship *parent; /* the group relationship of a pair */
    struct relationship *next_of_source;
    /* running; svc->change unless said otherwise */
    struct mirror *mirror;        /* of a mirror: as replica; set by relationship_set_mirror */
    bool closed_alike;            /* how its mirror was put; for the end of the service */
    struct mirror_group *mirrors; /* of the owner of mirrors (relationship_mirror.h) */
    uint32_t n_mirrors;           /* in it */
    bool mirrors_ready;
    struct replica *replica;  /* loaded; NULL = not yet, or not the engine's business (groups) */
    bool busy;                /* an operation or job works on it: no other may begin, it may not go */
    bool preempted;           /* its job is being stopped for another operation */
    bool leaving;             /* the engine is removing its replica: not to be loaded */
    uint16_t percent_told;    /* of the last PercentSynced event; written by who works on it */
    struct sync_token *token; /* what the engine's events name it by (relationship_event.c) */
    uint64_t bytes_now;       /* atomic, no lock: bytes that a running fill has got to; 0 = none runs */
    struct sync_statistics *_Atomic counters;    /* a reference, or NULL. Set under change */
    _Atomic uint64_t regions_marked, map_memory; /* when the engine was last looked at */
    /* of the thread of policies.h */
    int64_t removal_from;  /* the point in time from which removal_due was reckoned */
    int64_t removal_due;   /* monotonic: when its time is over */
    int64_t removal_retry; /* monotonic: not to be tried before; 0 = at once */
    unsigned probes;       /* of its target since it was whole */
    int64_t probe_due;     /* monotonic: the next; 0 = not asked yet */
};

/* ---- points in time without a target (SettingsDefineState, SynchronizationAspect) ---- */

struct settings_state_record {
    char *name;
    uint16_t sync_type, mode;
    char source[REPLSVC_REF_SIZE]; /* element or group */
    bool source_is_group;
    bool consistent;             /* one instant for all of the group was asked for */
    bool activated;              /* its point in time has been taken: seen from here on */
    replsvc_sync_ref *snapshots; /* hidden snapshots that hold it, one per source element in order */
    size_t n_snapshots;
    replsvc_replication_settings settings;
};
struct settings_state {
    struct object o; /* its aspect has the same UUID under the prefix "aspect" */
    struct settings_state_record r;
    struct group *group; /* linked: the source, when it is a group */
};

/* ---- access points and what hangs on them ---- */

struct access_point_record {
    char *name;        /* ElementName, else Name of the instance given, or NULL */
    char *access_info; /* URI or address; holds no secret */
    uint16_t info_format;
    char *instance_namespace;
    char system[REPLSVC_REF_SIZE]; /* the peer that it leads to, or "" */
};
struct access_point {
    struct object o;
    struct access_point_record r;
};
struct secret_record {
    char access_point[REPLSVC_REF_SIZE]; /* or "" */
    char *remote_id;
    char *secret; /* never logged, never handed out */
    char *algorithm;
    char *protocol;
    char *instance_namespace;
};
struct secret {
    struct object o;
    struct secret_record r;
};
struct system_record {
    char *name; /* SystemName of the first access point that led to it, or the host part of its URI */
};
struct system {
    struct object o;
    struct system_record r;
};

/* Paths to another system. */
struct collection_record {
    char *name; /* ElementName */
    bool active;
    bool delete_on_unassociated;
    char system[REPLSVC_REF_SIZE]; /* the other one, or "": not known yet */
    replsvc_access_point_ref *local, *remote;
    size_t n_local, n_remote;
};
struct collection {
    struct object o;
    struct collection_record r;
};

/* Something that is not a storage element, made known as an end of a replication. */
struct entity_record {
    uint16_t type; /* REPLSVC_ENTITY_TYPE_* */
    char *entity_id;
    char *other_type; /* OtherTypeDescription */
    char *element;
    char *instance_namespace;
    bool persistent; /* false: it goes at the next open */
};
struct entity {
    struct object o;
    struct entity_record r;
};

/* ---- jobs ---- */

struct job_record {
    replsvc_job_info info; /* size is sizeof here */
    uint16_t operation;    /* as sync_record.intent: what its work function is to be made from */
};
struct job_object {
    struct object o;
    struct job_record r;
};

/* ---- the service's own ---- */

struct service_record {
    char *uuid;     /* of the state directory */
    uint64_t names; /* last number used in a generated name */
};
struct service_object {
    struct object o;
    struct service_record r;
};

#endif
