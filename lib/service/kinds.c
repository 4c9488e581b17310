/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The table of kinds: the fields of every record with their tags on disk, and what the model derives from
 * a record when its object comes, changes or goes. A tag is never given a second meaning.
 */
#include "service/objects.h"

#include <string.h>

#include "engine/statistics.h"

#define NUMBER(tag, type, member)                                                                            \
    {                                                                                                        \
        tag, FIELD_NUMBER, offsetof(type, member), sizeof(((type *)0)->member)                               \
    }
#define FLAG(tag, type, member)                                                                              \
    {                                                                                                        \
        tag, FIELD_BOOL, offsetof(type, member), 1                                                           \
    }
#define TEXT(tag, type, member)                                                                              \
    {                                                                                                        \
        tag, FIELD_TEXT, offsetof(type, member), sizeof(((type *)0)->member)                                 \
    }
#define STRING(tag, type, member)                                                                            \
    {                                                                                                        \
        tag, FIELD_STRING, offsetof(type, member), 0                                                         \
    }
#define REFS(tag, type, member, count)                                                                       \
    {                                                                                                        \
        tag, FIELD_REFS, offsetof(type, member), offsetof(type, count)                                       \
    }

/* CIM_ReplicationSettingData inside a record; takes the tags base to base + 29. */
#define SETTINGS(base, type)                                                                                 \
    NUMBER(base + 0, type, settings.pairing), NUMBER(base + 1, type, settings.unequal_groups_action),        \
        NUMBER(base + 2, type, settings.unequal_lists_action),                                               \
        NUMBER(base + 3, type, settings.desired_copy_methodology),                                           \
        NUMBER(base + 4, type, settings.target_element_supplier),                                            \
        NUMBER(base + 5, type, settings.thin_provisioning_policy),                                           \
        NUMBER(base + 6, type, settings.on_group_or_list_error),                                             \
        NUMBER(base + 7, type, settings.copy_recovery_mode), NUMBER(base + 8, type, settings.multihop),      \
        NUMBER(base + 9, type, settings.read_only),                                                          \
        NUMBER(base + 10, type, settings.storage_compression_policy),                                        \
        NUMBER(base + 11, type, settings.target_element_goal),                                               \
        NUMBER(base + 12, type, settings.target_element_resource_pool),                                      \
        NUMBER(base + 13, type, settings.copy_priority),                                                     \
        NUMBER(base + 14, type, settings.consistent_point_in_time),                                          \
        NUMBER(base + 15, type, settings.failed_copy_stops_host_io),                                         \
        NUMBER(base + 16, type, settings.auto_delete), NUMBER(base + 17, type, settings.consistency_exempt), \
        NUMBER(base + 18, type, settings.consistent_async_copy),                                             \
        NUMBER(base + 19, type, settings.rrc_hardware_compression_enabled),                                  \
        NUMBER(base + 20, type, settings.rrc_software_compression_enabled),                                  \
        NUMBER(base + 21, type, settings.delta_update_interval_us),                                          \
        NUMBER(base + 22, type, settings.time_before_removal_us),                                            \
        NUMBER(base + 23, type, settings.desired_rpo_us),                                                    \
        NUMBER(base + 24, type, settings.delta_update_blocks),                                               \
        NUMBER(base + 25, type, settings.maximum_skew)

static const struct field service_fields[] = {
    STRING(1, struct service_record, uuid),
    NUMBER(2, struct service_record, names),
};
static const struct field pool_fields[] = {
    STRING(1, struct pool_record, name),
    STRING(2, struct pool_record, locator),
    NUMBER(3, struct pool_record, space_limit),
    TEXT(4, struct pool_record, format),
};
static const struct field goal_fields[] = {
    NUMBER(1, struct goal_record, goal.flags),
    TEXT(2, struct goal_record, goal.format),
    NUMBER(3, struct goal_record, goal.block_size),
    NUMBER(4, struct goal_record, goal.logical_sector_size),
    NUMBER(5, struct goal_record, goal.physical_sector_size),
    FLAG(6, struct goal_record, goal.preallocate),
};
static const struct field element_fields[] = {
    STRING(1, struct element_record, name),       STRING(2, struct element_record, locator),
    STRING(3, struct element_record, identity),   STRING(4, struct element_record, generation),
    TEXT(5, struct element_record, pool),         NUMBER(6, struct element_record, size_bytes),
    NUMBER(7, struct element_record, block_size), NUMBER(8, struct element_record, physical_block_size),
    NUMBER(9, struct element_record, state),      NUMBER(10, struct element_record, guard),
    FLAG(11, struct element_record, read_only),   FLAG(12, struct element_record, created_by_service),
    FLAG(13, struct element_record, hidden),
};
static const struct field group_fields[] = {
    STRING(1, struct group_record, name),
    REFS(2, struct group_record, members, n_members),
    FLAG(3, struct group_record, persistent),
    FLAG(4, struct group_record, delete_on_empty_element),
    FLAG(5, struct group_record, delete_on_unassociated),
    FLAG(6, struct group_record, consistent_point_in_time),
    FLAG(7, struct group_record, ever_associated),
    NUMBER(8, struct group_record, reserved_as),
};
static const struct field sync_fields[] = {
    STRING(1, struct sync_record, name),
    FLAG(2, struct sync_record, is_group),
    TEXT(3, struct sync_record, source),
    TEXT(4, struct sync_record, target),
    FLAG(5, struct sync_record, source_is_element),
    TEXT(6, struct sync_record, group),
    REFS(7, struct sync_record, pairs, n_pairs),
    NUMBER(8, struct sync_record, sync_type),
    NUMBER(9, struct sync_record, mode),
    NUMBER(10, struct sync_record, copy_state),
    NUMBER(11, struct sync_record, requested_copy_state),
    NUMBER(12, struct sync_record, progress_status),
    NUMBER(13, struct sync_record, intent),
    FLAG(14, struct sync_record, intent_force),
    TEXT(15, struct sync_record, job),
    NUMBER(16, struct sync_record, copy_methodology),
    NUMBER(17, struct sync_record, copy_priority),
    NUMBER(18, struct sync_record, copy_recovery_mode),
    NUMBER(19, struct sync_record, copy_type),
    NUMBER(20, struct sync_record, replica_type),
    NUMBER(21, struct sync_record, sync_state),
    NUMBER(22, struct sync_record, undiscovered_element),
    NUMBER(23, struct sync_record, consistency_type),
    NUMBER(24, struct sync_record, consistency_state),
    NUMBER(25, struct sync_record, consistency_status),
    NUMBER(26, struct sync_record, quiesce_result),
    NUMBER(27, struct sync_record, read_only),
    FLAG(28, struct sync_record, sync_maintained),
    FLAG(29, struct sync_record, failed_copy_stops_host_io),
    FLAG(30, struct sync_record, consistency_enabled),
    NUMBER(31, struct sync_record, region_size),
    NUMBER(32, struct sync_record, replica_state),
    NUMBER(33, struct sync_record, order),
    NUMBER(34, struct sync_record, restore_order),
    FLAG(35, struct sync_record, target_created),
    FLAG(36, struct sync_record, target_zeroed),
    NUMBER(37, struct sync_record, when_synced),
    NUMBER(38, struct sync_record, when_activated),
    NUMBER(39, struct sync_record, when_deactivated),
    NUMBER(40, struct sync_record, when_established),
    NUMBER(41, struct sync_record, when_suspended),
    NUMBER(42, struct sync_record, when_synchronized),
    NUMBER(43, struct sync_record, when_point_in_time),
    NUMBER(44, struct sync_record, cut_pause_us),
    NUMBER(45, struct sync_record, bytes_total),
    NUMBER(46, struct sync_record, bytes_synced),
    NUMBER(47, struct sync_record, error),
    STRING(48, struct sync_record, error_message),
    NUMBER(49, struct sync_record, bytes_per_second),
    FLAG(50, struct sync_record, reversed),
    FLAG(51, struct sync_record, hidden),
    FLAG(52, struct sync_record, alike_at_close),
    SETTINGS(100, struct sync_record),
};
static const struct field settings_state_fields[] = {
    STRING(1, struct settings_state_record, name),
    NUMBER(2, struct settings_state_record, sync_type),
    NUMBER(3, struct settings_state_record, mode),
    TEXT(4, struct settings_state_record, source),
    FLAG(5, struct settings_state_record, source_is_group),
    FLAG(6, struct settings_state_record, consistent),
    FLAG(7, struct settings_state_record, activated),
    REFS(8, struct settings_state_record, snapshots, n_snapshots),
    SETTINGS(100, struct settings_state_record),
};
static const struct field access_point_fields[] = {
    STRING(1, struct access_point_record, name),
    STRING(2, struct access_point_record, access_info),
    NUMBER(3, struct access_point_record, info_format),
    STRING(4, struct access_point_record, instance_namespace),
    TEXT(5, struct access_point_record, system),
};
static const struct field secret_fields[] = {
    TEXT(1, struct secret_record, access_point), STRING(2, struct secret_record, remote_id),
    STRING(3, struct secret_record, secret),     STRING(4, struct secret_record, algorithm),
    STRING(5, struct secret_record, protocol),   STRING(6, struct secret_record, instance_namespace),
};
static const struct field system_fields[] = {
    STRING(1, struct system_record, name),
};
static const struct field collection_fields[] = {
    STRING(1, struct collection_record, name),
    FLAG(2, struct collection_record, active),
    FLAG(3, struct collection_record, delete_on_unassociated),
    TEXT(4, struct collection_record, system),
    REFS(5, struct collection_record, local, n_local),
    REFS(6, struct collection_record, remote, n_remote),
};
static const struct field entity_fields[] = {
    NUMBER(1, struct entity_record, type),
    STRING(2, struct entity_record, entity_id),
    STRING(3, struct entity_record, other_type),
    STRING(4, struct entity_record, element),
    STRING(5, struct entity_record, instance_namespace),
    FLAG(6, struct entity_record, persistent),
};
static const struct field job_fields[] = {
    NUMBER(1, struct job_record, info.job_state),
    NUMBER(2, struct job_record, info.percent_complete),
    TEXT(3, struct job_record, info.id),
    TEXT(4, struct job_record, info.name),
    TEXT(5, struct job_record, info.owner),
    TEXT(6, struct job_record, info.job_status),
    TEXT(7, struct job_record, info.synchronization),
    NUMBER(8, struct job_record, info.time_submitted),
    NUMBER(9, struct job_record, info.start_time),
    NUMBER(10, struct job_record, info.time_of_last_state_change),
    NUMBER(11, struct job_record, info.elapsed_time_us),
    NUMBER(12, struct job_record, info.time_before_removal_us),
    FLAG(13, struct job_record, info.delete_on_completion),
    NUMBER(14, struct job_record, info.priority),
    NUMBER(15, struct job_record, info.error_code),
    NUMBER(16, struct job_record, info.bytes_total),
    NUMBER(17, struct job_record, info.bytes_done),
    TEXT(18, struct job_record, info.error_description),
    NUMBER(19, struct job_record, operation),
};

/* ---- what is derived from records ---- */

static void element_link(struct replsvc_service *svc, struct object *o)
{
    struct element *e = (struct element *)o;
    struct pool *p = object_by_id(svc, KIND_POOL, e->r.pool);
    if (p) {
        p->elements++;
        p->allocated += e->r.size_bytes;
    }
    if (e->r.locator)
        (void)hash_put(svc->by_locator, e->r.locator, e);
    if (e->r.identity)
        (void)hash_put(svc->by_identity, e->r.identity, e); /* the first of that identity stays */
}

static void element_unlink(struct replsvc_service *svc, struct object *o)
{
    struct element *e = (struct element *)o;
    struct pool *p = object_by_id(svc, KIND_POOL, e->r.pool);
    if (p) {
        p->elements--;
        p->allocated -= e->r.size_bytes;
    }
    if (e->r.locator && hash_get(svc->by_locator, e->r.locator) == e)
        hash_remove(svc->by_locator, e->r.locator);
    if (e->r.identity && hash_get(svc->by_identity, e->r.identity) == e)
        hash_remove(svc->by_identity, e->r.identity);
}

static const char *element_dangling(struct replsvc_service *svc, const struct object *o)
{
    const struct element *e = (const struct element *)o;
    return e->r.pool[0] && !object_by_id(svc, KIND_POOL, e->r.pool) ? e->r.pool : NULL;
}

static void count_members(struct replsvc_service *svc, const struct group *g, bool in)
{
    for (size_t i = 0; i < g->r.n_members; i++) {
        struct element *e = object_by_id(svc, KIND_ELEMENT, g->r.members[i].id);
        if (e)
            e->groups += in ? 1u : -1u;
    }
}

static void group_link(struct replsvc_service *svc, struct object *o)
{
    count_members(svc, (struct group *)o, true);
}

static void group_unlink(struct replsvc_service *svc, struct object *o)
{
    count_members(svc, (struct group *)o, false);
}

static const char *group_dangling(struct replsvc_service *svc, const struct object *o)
{
    const struct group *g = (const struct group *)o;
    for (size_t i = 0; i < g->r.n_members; i++)
        if (!object_by_id(svc, KIND_ELEMENT, g->r.members[i].id))
            return g->r.members[i].id;
    return NULL;
}

/* Chained in order of creation, which an edit of the record does not change. */
static void chain_add(struct element *source, struct relationship *s)
{
    struct relationship **p = &source->as_source;
    while (*p && (*p)->o.serial < s->o.serial)
        p = &(*p)->next_of_source;
    s->next_of_source = *p;
    *p = s;
}

static void chain_remove(struct element *source, struct relationship *s)
{
    struct relationship **p = &source->as_source;
    while (*p && *p != s)
        p = &(*p)->next_of_source;
    if (*p)
        *p = s->next_of_source;
    s->next_of_source = NULL;
}

static void sync_link(struct replsvc_service *svc, struct object *o)
{
    struct relationship *s = (struct relationship *)o;
    bool groups = s->r.is_group;
    s->parent = s->r.group[0] ? object_by_id(svc, KIND_SYNC, s->r.group) : NULL;
    s->source = groups && !s->r.source_is_element ? NULL : object_by_id(svc, KIND_ELEMENT, s->r.source);
    s->source_group = groups && !s->r.source_is_element ? object_by_id(svc, KIND_GROUP, s->r.source) : NULL;
    s->target = groups ? NULL : object_by_id(svc, KIND_ELEMENT, s->r.target);
    s->target_group = groups ? object_by_id(svc, KIND_GROUP, s->r.target) : NULL;
    if (s->source_group)
        s->source_group->as_source++;
    if (s->target_group)
        s->target_group->as_target++;
    if (!groups && s->source)
        chain_add(s->source, s);
    if (s->target)
        s->target->as_target = s;
}

static void sync_unlink(struct replsvc_service *svc, struct object *o)
{
    (void)svc;
    struct relationship *s = (struct relationship *)o;
    if (s->source_group)
        s->source_group->as_source--;
    if (s->target_group)
        s->target_group->as_target--;
    if (!s->r.is_group && s->source)
        chain_remove(s->source, s);
    if (s->target && s->target->as_target == s)
        s->target->as_target = NULL;
    s->source = s->target = NULL;
    s->source_group = s->target_group = NULL;
    s->parent = NULL;
}

/* A group relationship may be newer than its pairs or older: both orders are right. */
static const char *sync_dangling(struct replsvc_service *svc, const struct object *o)
{
    const struct relationship *s = (const struct relationship *)o;
    enum object_kind source = s->r.is_group && !s->r.source_is_element ? KIND_GROUP : KIND_ELEMENT;
    if (!object_by_id(svc, source, s->r.source))
        return s->r.source;
    if (!object_by_id(svc, s->r.is_group ? KIND_GROUP : KIND_ELEMENT, s->r.target))
        return s->r.target;
    if (s->r.group[0] && !object_by_id(svc, KIND_SYNC, s->r.group))
        return s->r.group;
    for (size_t i = 0; i < s->r.n_pairs; i++)
        if (!object_by_id(svc, KIND_SYNC, s->r.pairs[i].id))
            return s->r.pairs[i].id;
    return NULL;
}

static void element_release(struct object *o)
{
    volume_statistics_put(atomic_load(&((struct element *)o)->counters));
}

static void sync_release(struct object *o)
{
    sync_statistics_put(atomic_load(&((struct relationship *)o)->counters));
}

/* The group is as good as in a relationship: it stays, and so do its members. */
static void settings_state_link(struct replsvc_service *svc, struct object *o)
{
    struct settings_state *st = (struct settings_state *)o;
    st->group = st->r.source_is_group ? object_by_id(svc, KIND_GROUP, st->r.source) : NULL;
    if (st->group)
        st->group->as_source++;
}

static void settings_state_unlink(struct replsvc_service *svc, struct object *o)
{
    (void)svc;
    struct settings_state *st = (struct settings_state *)o;
    if (st->group)
        st->group->as_source--;
    st->group = NULL;
}

static const char *settings_state_dangling(struct replsvc_service *svc, const struct object *o)
{
    const struct settings_state *st = (const struct settings_state *)o;
    if (!object_by_id(svc, st->r.source_is_group ? KIND_GROUP : KIND_ELEMENT, st->r.source))
        return st->r.source;
    for (size_t i = 0; i < st->r.n_snapshots; i++)
        if (!object_by_id(svc, KIND_SYNC, st->r.snapshots[i].id))
            return st->r.snapshots[i].id;
    return NULL;
}

static const char *collection_dangling(struct replsvc_service *svc, const struct object *o)
{
    const struct collection_record *r = &((const struct collection *)o)->r;
    if (r->system[0] && !object_by_id(svc, KIND_SYSTEM, r->system))
        return r->system;
    for (size_t i = 0; i < r->n_local + r->n_remote; i++) {
        const char *id = i < r->n_local ? r->local[i].id : r->remote[i - r->n_local].id;
        if (!object_by_id(svc, KIND_ACCESS_POINT, id))
            return id;
    }
    return NULL;
}

#define KIND(id_prefix, said, event, object_type, record_type, field_table)                                  \
    .prefix = id_prefix, .word = said, .event_kind = event, .object_size = sizeof(object_type),              \
    .record_offset = offsetof(object_type, r), .record_size = sizeof(record_type), .fields = field_table,    \
    .n_fields = sizeof(field_table) / sizeof(field_table[0])

/* name_offset is one more than the offset, so that 0 can say "none". */
#define UNIQUE_NAME(record_type) .name_offset = 1 + offsetof(record_type, name)

static const struct kind kinds[KIND_COUNT] = {
    [KIND_SERVICE] = {KIND("service", "service", 0, struct service_object, struct service_record,
                           service_fields)},
    [KIND_POOL] = {KIND("pool", "pool", REPLSVC_OBJECT_POOL, struct pool, struct pool_record, pool_fields),
                   UNIQUE_NAME(struct pool_record)},
    [KIND_GOAL] = {KIND("goal", "setting", 0, struct goal, struct goal_record, goal_fields)},
    [KIND_ELEMENT] = {KIND("elem", "element", REPLSVC_OBJECT_ELEMENT, struct element, struct element_record,
                           element_fields),
                      UNIQUE_NAME(struct element_record), .link = element_link, .unlink = element_unlink,
                      .release = element_release, .dangling = element_dangling},
    [KIND_GROUP] = {KIND("grp", "group", REPLSVC_OBJECT_GROUP, struct group, struct group_record,
                         group_fields),
                    UNIQUE_NAME(struct group_record), .link = group_link, .unlink = group_unlink,
                    .dangling = group_dangling},
    [KIND_SYNC] = {KIND("sync", "relationship", REPLSVC_OBJECT_SYNCHRONIZATION, struct relationship,
                        struct sync_record, sync_fields),
                   UNIQUE_NAME(struct sync_record), .link = sync_link, .unlink = sync_unlink,
                   .release = sync_release, .dangling = sync_dangling},
    [KIND_SETTINGS_STATE] = {KIND("state", "settings state", 0, struct settings_state,
                                  struct settings_state_record, settings_state_fields),
                             UNIQUE_NAME(struct settings_state_record), .link = settings_state_link,
                             .unlink = settings_state_unlink, .dangling = settings_state_dangling},
    [KIND_ACCESS_POINT] = {KIND("ap", "access point", 0, struct access_point, struct access_point_record,
                                access_point_fields)},
    [KIND_SECRET] = {KIND("secret", "shared secret", 0, struct secret, struct secret_record, secret_fields)},
    [KIND_SYSTEM] = {KIND("sys", "system", 0, struct system, struct system_record, system_fields),
                     UNIQUE_NAME(struct system_record)},
    [KIND_JOB] = {KIND("job", "job", REPLSVC_OBJECT_JOB, struct job_object, struct job_record, job_fields)},
    [KIND_COLLECTION] = {KIND("coll", "collection", REPLSVC_OBJECT_COLLECTION, struct collection,
                              struct collection_record, collection_fields),
                         UNIQUE_NAME(struct collection_record), .dangling = collection_dangling},
    [KIND_ENTITY] = {KIND("entity", "replication entity", REPLSVC_OBJECT_ENTITY, struct entity,
                          struct entity_record, entity_fields)},
};

const struct kind *kind_of(enum object_kind kind)
{
    return &kinds[kind];
}
