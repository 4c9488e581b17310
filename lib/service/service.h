/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The opened service: where the model lives, how it is read and how it is changed.
 *
 * Locks.
 *   change (mutex): whoever changes the model, loads relationships or opens element volumes. Held from
 *     the checks until the change is durable and applied, so a check stays true. I/O is done under it
 *     (the store's sync, image creation, engine calls of constant work); host I/O never takes it, and no
 *     long work (fills, detaches) is done under it: mark the relationship busy, drop it, work, take it
 *     again.
 *   model (rwlock): the records and links in memory. Held for reading to look, for writing only while a
 *     durable change is applied; never during I/O. Who holds `change` may look without it.
 *   the event queue's lock, wait_lock: leaves, nothing is called under them.
 *   Order: change → job manager → engine → volume gate → region locks → replica/map locks → store;
 *   model and the leaves come last and alone. Jobs and the engine call in without any lock.
 *
 * A change is:
 *     struct change c;
 *     uint32_t ret;
 *     change_begin(&c, svc);                       takes `change`
 *     ret = element_by_ref(svc, ref, "Members", &e);
 *     if (ret) goto out;                           checks first, nothing has changed
 *     struct group *g = object_new(&c, KIND_GROUP);   a new object, or
 *     struct group_record *r = change_edit(&c, &g->o); a copy of a record to edit, or
 *     change_remove(&c, &g->o);
 *     change_event(&c, …);
 *     ret = change_save(&c);                       one store transaction; then applied in memory
 * out:
 *     change_end(&c);                              drops what was not saved, lets go of the lock
 *     return ret;
 * Failures inside (memory) are sticky: change_save reports them. Events reach the queue with the save, in
 * the order of the changes. change_save may be called several times in one change (intent, work, result).
 *
 * What is loaded when. service_open reads records only: no medium is touched but those of half-made
 * elements and of relationships with work to go on with. An element's volume is opened by
 * element_volume(); if the element takes part in relationships, all relationships and volumes that hang
 * together with it are loaded first, as engine.h wants it (relationships_load).
 */
#ifndef RSVC_SERVICE_SERVICE_H
#define RSVC_SERVICE_SERVICE_H

#include <pthread.h>

#include "engine/engine.h"
#include "jobs/jobs.h"
#include "service/event_queue.h"
#include "service/model.h"
#include "state/store.h"
#include "state/vfs.h"
#include "util/hash.h"
#include "util/log.h"

struct replsvc_service {
    /* Not NULL: a handle of replsvc_service_connect(), of which nothing else is used (control/client.h). */
    struct control_client *connected;

    pthread_mutex_t change;
    pthread_rwlock_t model;

    struct vfs *vfs;
    bool owns_vfs;
    struct store *store;
    struct engine *engine;
    struct job_manager *jobs;
    struct sync_token *tokens; /* change: by which the engine names relationships (relationship_event.c) */
    struct event_queue *events;
    struct policies *policies; /* while the service is open (policies.h) */

    /* change; model */
    struct hash *by_id[KIND_COUNT];   /* in order of creation */
    struct hash *by_name[KIND_COUNT]; /* kinds with unique names only, else NULL */
    struct hash *by_identity;         /* elements by identity of their medium */
    struct hash *by_locator;          /* elements */
    struct service_object *self;
    uint64_t serials; /* last object.serial given */

    /* quiesce.h; a leaf */
    pthread_mutex_t quiesce_lock;
    pthread_cond_t quiesce_moved; /* CLOCK_MONOTONIC */
    struct quiesce *quiesce_turn; /* of the hooks now, or NULL. quiesce_lock, as the two below */
    pthread_t quiesce_thread;
    bool quiesce_joinable;

    /* Fixed at open. */
    replsvc_service_options options; /* with the defaults filled in */
    struct log log;

    /* wait_lock */
    pthread_mutex_t wait_lock;
    pthread_cond_t changed; /* CLOCK_MONOTONIC */
    uint64_t generation;    /* rises with every applied change */
    uint32_t handles;       /* open replsvc_volume handles: the service lives until the last is closed */
    bool closing;

    /* control_lock: taken first, by who begins or ends listening (control/server.h) */
    pthread_mutex_t control_lock;
    struct control_server *servers;
};

/* ---- opening ---- */

/* replsvc_service_open on any vfs (which stays the caller's unless own_vfs). */
uint32_t service_open_on(struct vfs *vfs, bool own_vfs, const replsvc_service_options *options,
                         replsvc_service **service);

void service_close(struct replsvc_service *svc);
/* An open replsvc_volume keeps the service. Releasing the last one of a closed service ends it. */
void service_hold(struct replsvc_service *svc);
void service_release(struct replsvc_service *svc);

/* In which embedded instances are given out. */
static inline enum replsvc_encoding service_encoding(const struct replsvc_service *svc)
{
    return (enum replsvc_encoding)svc->options.instance_encoding;
}

/* ---- changing ---- */

struct change_item;
struct change {
    struct replsvc_service *svc;
    int err;                   /* sticky negative errno */
    struct change_item *items; /* in order */
    struct change_item **last;
    struct replsvc_event *events; /* of the next save */
    size_t n_events, room_events;
};

void change_begin(struct change *c, struct replsvc_service *svc);
/* A zeroed object of that kind with a new id, added at the save; NULL: no memory (sticky). Fill its
 * record, strings by change_string. */
void *object_new(struct change *c, enum object_kind kind);
/* Its record, to be altered in place until the save: a deep copy, the same one however often in one
 * change; a new object's own. NULL: no memory. */
void *change_edit(struct change *c, struct object *o);
void change_remove(struct change *c, struct object *o);
/* Its record as the running change will leave it; NULL: it will be removed. Nothing is copied. */
const void *change_peek(const struct object *o);
/* Whether the running change removes it. */
bool change_removes(const struct object *o);
/* Replaces an owned string of a record under edit. */
void change_string(struct change *c, char **field, const char *value);
/* Replaces an owned array (of n entries of size bytes); field: the address of its pointer. */
void change_array(struct change *c, void *field, size_t *n_field, const void *values, size_t n, size_t size);
void change_event(struct change *c, enum replsvc_event_kind kind, const struct object *o,
                  enum replsvc_event_property property, uint32_t previous_value, uint32_t value);
/* 0, or the CIM code, with an error left and nothing changed. CREATED and DELETED events of elements,
 * groups, pools, relationships and jobs are raised by themselves. */
uint32_t change_save(struct change *c);
/* Drops what was not saved and goes on. */
void change_drop(struct change *c);
void change_end(struct change *c);

/* Waits for a change of the model after the one `seen` (from service_generation): false on timeout.
 * deadline_us: monotonic; < 0 = none. No lock may be held. */
uint64_t service_generation(struct replsvc_service *svc);
bool service_wait_changed(struct replsvc_service *svc, uint64_t seen, int64_t deadline_us);

/* ---- looking (change, or model for reading) ---- */

void model_read(struct replsvc_service *svc);
void model_done(struct replsvc_service *svc);

/* NULL or "" */
bool ref_absent(const void *ref);
/* By reference: 0, or Invalid Parameter naming the parameter: absent, unterminated, of another kind, not
 * there (any more). Elements that are not PRESENT or hidden are not found. */
uint32_t object_by_ref(struct replsvc_service *svc, enum object_kind kind, const void *ref,
                       const char *parameter, void *object);
uint32_t element_by_ref(struct replsvc_service *svc, const replsvc_element_ref *ref, const char *parameter,
                        struct element **e);
uint32_t group_by_ref(struct replsvc_service *svc, const replsvc_group_ref *ref, const char *parameter,
                      struct group **g);
uint32_t sync_by_ref(struct replsvc_service *svc, const replsvc_sync_ref *ref, const char *parameter,
                     struct relationship **s);
uint32_t pool_by_ref(struct replsvc_service *svc, const replsvc_pool_ref *ref, const char *parameter,
                     struct pool **p);
uint32_t goal_by_ref(struct replsvc_service *svc, const replsvc_setting_ref *ref, const char *parameter,
                     struct goal **g);
/* By id or by name; NULL when there is none. */
void *object_by_id(struct replsvc_service *svc, enum object_kind kind, const char *id);
void *object_by_name(struct replsvc_service *svc, enum object_kind kind, const char *name);
void *object_next(struct replsvc_service *svc, enum object_kind kind, size_t *cursor);
/* The i-th pair of a group relationship. */
struct relationship *sync_pair(struct replsvc_service *svc, const struct relationship *group, size_t i);
/* All ids of a kind as a list of references for the caller (replsvc_free); takes model by itself.
 * Invalid Parameter when list or n is NULL. */
uint32_t object_list(struct replsvc_service *svc, enum object_kind kind, const char *parameter, void **list,
                     size_t *n);

/* By name or id, for the find functions: takes model by itself. ref: a reference's 64 bytes. */
uint32_t object_find(struct replsvc_service *svc, enum object_kind kind, const char *name, void *ref);

/* A name that a caller gave: Invalid Parameter when empty, longer than REPLSVC_NAME_SIZE - 1 bytes, not
 * UTF-8 or with control characters, or taken among objects of that kind. */
uint32_t name_check(struct replsvc_service *svc, enum object_kind kind, const char *name,
                    const char *parameter);
/* A name that nobody has: "prefix-n". Recorded by the change (numbers are not reused). */
uint32_t name_make(struct change *c, enum object_kind kind, const char *prefix, char name[REPLSVC_NAME_SIZE]);

/* Copies an info out: the caller's info->size bytes of it, at most size. Invalid Parameter when info is
 * NULL or too small to hold its size. */
uint32_t info_out(void *info, void *filled, uint32_t size, const char *parameter);
/* Reads an options struct in: zero-filled to size when shorter, refused when longer and not zero there. */
uint32_t options_in(void *out, uint32_t size, const void *options, const char *parameter);

/* ---- elements (element.c, volume.c) ---- */

/* Wanted: a new element in a pool, for element_create and for targets. */
struct element_plan {
    const char *name; /* checked by the caller (name_check) */
    struct pool *pool;
    const struct goal *goal; /* or NULL */
    uint64_t size_bytes;
    uint32_t block_size; /* of the source, 0 = the format's own */
    uint32_t physical_block_size;
    uint64_t
        unread; /* bytes at its start that the caller writes before they are read: they may hold anything */
    bool hidden;
};
/* Makes the images of n elements (or takes devices for them), all or nothing; saves by itself, so nothing
 * else may be in the change. They are left in state CREATING, with that recorded, so that a crash takes them
 * back. The caller then sets state PRESENT in the change that records what they were made for, or takes them
 * back with elements_discard. */
uint32_t elements_create(struct change *c, const struct element_plan plans[], size_t n,
                         struct element *out[]);
void elements_discard(struct change *c, struct element *const elements[], size_t n);
/* Removes an element: its record, and its image if the service made it and remove_data. In Use when it is
 * a member, in a relationship, pinned or open. Saves by itself. */
uint32_t element_remove(struct change *c, struct element *e, bool remove_data);
/* Why an element cannot be removed; NULL = free. */
const char *element_in_use(const struct element *e);
/* At open: takes back half-made elements and finishes removals. */
void elements_finish(struct replsvc_service *svc);

/* The element's volume with a reference for the caller (volume_put), ready for hosts, access bits set by
 * role. flags: VOLUME_READ_ONLY. Saves guards by itself. */
uint32_t element_volume(struct change *c, struct element *e, uint32_t flags, const char *parameter,
                        struct volume **v);
/* The bare first step of it, for relationships_load: volume_get and the guard; the element's volume is not
 * ready yet. *changed: the medium was replaced, resized or written behind the service's back, with the
 * sentence in why. */
uint32_t element_volume_get(struct replsvc_service *svc, struct element *e, uint32_t flags, struct volume **v,
                            bool *changed, char *why, size_t why_size);
/* It was closed in order, and has been written by others since. */
bool element_generation_differs(const struct element *e, const replsvc_backend_info *now);
/* Puts the element's guard as the medium is now into the change: GUARD_OPEN before hosts may write to a
 * volume of a relationship, GUARD_CLEAN when it was flushed and will not be written again. */
void element_guard_record(struct change *c, struct element *e, struct volume *v, enum element_guard guard);

/* ---- groups (group.c) ---- */

/* For relationships: what the rules say when an association of the group has gone (unassociated) or the
 * copy is complete (Persistent=false). Adds its removal to the change where they say so. */
void group_unassociated(struct change *c, struct group *g);
void group_copy_completed(struct change *c, struct group *g);
/* In Use / Invalid Parameter when ReservedAs forbids the role. */
uint32_t group_check_role(const struct group *g, bool as_source, const char *parameter);
/* A new group in a change of the caller's; name NULL = generated. */
uint32_t group_make(struct change *c, const char *name, const char *name_parameter,
                    struct element *const members[], size_t n_members, bool persistent, struct group **out);

/* ---- relationships: what the rest of the service needs of them (relationship files) ---- */

/* Loads every relationship that hangs together with the element, if it isn't: volumes, replicas, ready,
 * access. Failing media make relationships Broken or Invalid, not errors. Saves by itself. */
uint32_t relationships_load(struct change *c, struct element *e);
/* VOLUME_HOST_* bits that the element's roles allow. */
uint32_t relationships_access(const struct element *e);
/* After all records are loaded: goes on with intents and jobs. Before anything is freed: jobs are
 * stopped, replicas put, guards recorded. */
uint32_t relationships_start(struct replsvc_service *svc);
void relationships_stop(struct replsvc_service *svc);
/* What service_open hands to the engine as its event function, and the listener that it gives the job
 * manager (keeps KIND_JOB records and events; takes `change`, so no job_* function that changes a job is
 * called under it, except job_new and job_restore). */
void relationships_engine_event(void *user, struct replica *r, enum replica_event event, int err,
                                const char *text);
struct job_listener relationships_job_listener(struct replsvc_service *svc);

#endif
