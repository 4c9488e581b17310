/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Replication groups: ordered lists of elements with rules about when they go by themselves. An element may
 * be in many groups, once in each. While a group is in a relationship its members are fixed: pairs join and
 * leave it by operations on the relationship.
 */
#include "service/group.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "service/settings.h"
#include "util/alloc.h"
#include "util/fail.h"

/* ---- parameters that all methods have ---- */

static uint32_t check_bool(replsvc_opt_bool value, const char *parameter)
{
    if (value == REPLSVC_BOOL_ABSENT || value == REPLSVC_BOOL_TRUE || value == REPLSVC_BOOL_FALSE)
        return REPLSVC_OK;
    return svc_fail(REPLSVC_INVALID_PARAMETER, 0, parameter, "%s: %d is neither absent, true nor false",
                    parameter, (int)value);
}

/* Groups live here: another system's access point can't be served. */
static uint32_t check_access_point(struct replsvc_service *svc, const replsvc_access_point_ref *ref)
{
    struct access_point *ap;
    if (ref_absent(ref))
        return REPLSVC_OK;
    uint32_t ret = object_by_ref(svc, KIND_ACCESS_POINT, ref, "ServiceAccessPoint", &ap);
    if (ret)
        return ret;
    return svc_fail(REPLSVC_NOT_SUPPORTED, 0, "ServiceAccessPoint",
                    "ServiceAccessPoint: groups on other systems are not supported");
}

/* A group that isn't there has a code of its own in AddMembers and RemoveMembers (7); a reference that is
 * none at all is an invalid parameter there too. */
static uint32_t member_group(struct replsvc_service *svc, const replsvc_group_ref *ref, struct group **g)
{
    uint32_t ret = group_by_ref(svc, ref, "ReplicationGroup", g);
    if (ret == REPLSVC_OK || ref_absent(ref) || !memchr(ref->id, 0, sizeof ref->id))
        return ret;
    return svc_fail(REPLSVC_MEMBERS_NO_SUCH_GROUP, 0, "ReplicationGroup",
                    "ReplicationGroup: there is no group %s (any more)", ref->id);
}

static bool associated(const struct group *g)
{
    return g->as_source || g->as_target;
}

static uint32_t check_idle(const struct group *g)
{
    if (associated(g))
        return svc_fail(REPLSVC_IN_USE, 0, "ReplicationGroup",
                        "ReplicationGroup: group \"%s\" is in a replication relationship", g->r.name);
    return REPLSVC_OK;
}

/* ---- members ---- */

/* The elements behind the references, each once and none already in `group` (may be NULL). *out: of
 * mem_array, n entries. */
static uint32_t find_members(struct replsvc_service *svc, const replsvc_element_ref members[], size_t n,
                             const struct group *group, struct element ***out)
{
    struct hash *seen = hash_new();
    struct element **elements =
        n <= SIZE_MAX / sizeof *elements ? mem_array(n ? n : 1, sizeof *elements) : NULL;
    uint32_t ret = REPLSVC_OK;
    if (!seen || !elements || hash_reserve(seen, n + (group ? group->r.n_members : 0)))
        ret = svc_fail(REPLSVC_FAILED, ENOMEM, NULL, "Members: no memory for %zu members", n);
    for (size_t i = 0; group && i < group->r.n_members && ret == REPLSVC_OK; i++)
        (void)hash_put(seen, group->r.members[i].id, &group->r.members[i]);
    for (size_t i = 0; i < n && ret == REPLSVC_OK; i++) {
        ret = element_by_ref(svc, &members[i], "Members", &elements[i]);
        if (ret == REPLSVC_OK && hash_put(seen, elements[i]->o.id, elements[i]))
            ret = svc_fail(REPLSVC_INVALID_PARAMETER, 0, "Members",
                           "Members: element \"%s\" (%s) is there twice", elements[i]->r.name,
                           elements[i]->o.id);
    }
    hash_free(seen);
    if (ret) {
        mem_free(elements);
        elements = NULL;
    }
    *out = elements;
    return ret;
}

static uint32_t check_members_given(const replsvc_element_ref members[], size_t n, bool required)
{
    if (n && !members)
        return svc_fail(REPLSVC_INVALID_PARAMETER, 0, "Members", "Members: NULL, but %zu of them", n);
    if (!n && required)
        return svc_fail(REPLSVC_INVALID_PARAMETER, 0, "Members", "Members: no element is given");
    return REPLSVC_OK;
}

static uint32_t check_reserved(uint16_t reserved_as, struct element *const elements[], size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const struct element *e = elements[i];
        const char *role = reserved_as == REPLSVC_RESERVED_AS_SOURCE_ONLY && e->as_target   ? "target"
                           : reserved_as == REPLSVC_RESERVED_AS_TARGET_ONLY && e->as_source ? "source"
                                                                                            : NULL;
        if (role)
            return svc_fail(REPLSVC_IN_USE, 0, "Members",
                            "Members: element \"%s\" is the %s of a relationship, which ReservedAs excludes",
                            e->r.name, role);
    }
    return REPLSVC_OK;
}

/* Appends to the list of a record under edit. */
static void append_members(struct change *c, struct group_record *r, struct element *const elements[],
                           size_t n)
{
    replsvc_element_ref *grown = n ? mem_grow(r->members, r->n_members + n, sizeof *grown) : r->members;
    if (n && !grown) {
        c->err = -ENOMEM;
        return;
    }
    r->members = grown;
    for (size_t i = 0; i < n; i++)
        memcpy(r->members[r->n_members++].id, elements[i]->o.id, sizeof r->members->id);
}

/* ---- CreateGroup ---- */

uint32_t group_make(struct change *c, const char *name, const char *name_parameter,
                    struct element *const members[], size_t n_members, bool persistent, struct group **out)
{
    char made[REPLSVC_NAME_SIZE];
    *out = NULL;
    uint32_t ret =
        name ? name_check(c->svc, KIND_GROUP, name, name_parameter) : name_make(c, KIND_GROUP, "group", made);
    if (ret)
        return ret;
    struct group *g = object_new(c, KIND_GROUP);
    if (!g)
        return svc_fail(REPLSVC_FAILED, ENOMEM, NULL, "cannot make a group");
    change_string(c, &g->r.name, name ? name : made);
    g->r.persistent = persistent;
    append_members(c, &g->r, members, n_members);
    *out = g;
    return REPLSVC_OK;
}

uint32_t group_create(struct replsvc_service *svc, const char *group_name,
                      const replsvc_element_ref members[], size_t n_members, replsvc_opt_bool persistent,
                      replsvc_opt_bool delete_on_empty_element, replsvc_opt_bool delete_on_unassociated,
                      const replsvc_access_point_ref *service_access_point,
                      replsvc_group_ref *replication_group, const char *replication_setting_data,
                      uint16_t reserved_as)
{
    replsvc_replication_settings settings;
    struct element **elements = NULL;
    struct group *g = NULL;
    struct change c;
    uint32_t ret = check_members_given(members, n_members, false);
    if (ret == REPLSVC_OK)
        ret = check_bool(persistent, "Persistent");
    if (ret == REPLSVC_OK)
        ret = check_bool(delete_on_empty_element, "DeleteOnEmptyElement");
    if (ret == REPLSVC_OK)
        ret = check_bool(delete_on_unassociated, "DeleteOnUnassociated");
    if (ret == REPLSVC_OK)
        ret = settings_parse(replication_setting_data, "ReplicationSettingData", &settings);
    if (ret == REPLSVC_OK && reserved_as && reserved_as != REPLSVC_RESERVED_AS_SOURCE_ONLY &&
        reserved_as != REPLSVC_RESERVED_AS_TARGET_ONLY && reserved_as != REPLSVC_RESERVED_AS_SOURCE_OR_TARGET)
        ret = svc_fail(REPLSVC_INVALID_PARAMETER, 0, "ReservedAs", "ReservedAs: %u is not in the value map",
                       reserved_as);
    if (ret)
        return ret;
    change_begin(&c, svc);
    ret = check_access_point(svc, service_access_point);
    if (ret == REPLSVC_OK)
        ret = find_members(svc, members, n_members, NULL, &elements);
    if (ret == REPLSVC_OK)
        ret = check_reserved(reserved_as, elements, n_members);
    if (ret == REPLSVC_OK)
        ret = group_make(&c, group_name, "GroupName", elements, n_members, persistent != REPLSVC_BOOL_FALSE,
                         &g);
    if (ret == REPLSVC_OK) {
        g->r.delete_on_empty_element = delete_on_empty_element == REPLSVC_BOOL_TRUE;
        g->r.delete_on_unassociated = delete_on_unassociated == REPLSVC_BOOL_TRUE;
        g->r.consistent_point_in_time = settings.consistent_point_in_time == REPLSVC_BOOL_TRUE;
        g->r.reserved_as = reserved_as;
        ret = change_save(&c);
    }
    if (ret == REPLSVC_OK && replication_group)
        memcpy(replication_group->id, g->o.id, sizeof replication_group->id);
    change_end(&c);
    mem_free(elements);
    return ret;
}

/* ---- DeleteGroup ---- */

uint32_t group_delete(struct replsvc_service *svc, const replsvc_group_ref *replication_group,
                      const replsvc_access_point_ref *service_access_point, replsvc_opt_bool remove_elements,
                      const char *replication_setting_data)
{
    replsvc_replication_settings settings;
    struct group *g;
    struct change c;
    uint32_t ret = check_bool(remove_elements, "RemoveElements");
    if (ret == REPLSVC_OK)
        ret = settings_parse(replication_setting_data, "ReplicationSettingData", &settings);
    if (ret)
        return ret;
    change_begin(&c, svc);
    ret = group_by_ref(svc, replication_group, "ReplicationGroup", &g);
    if (ret == REPLSVC_OK)
        ret = check_access_point(svc, service_access_point);
    if (ret == REPLSVC_OK && associated(g))
        ret = svc_fail(REPLSVC_DELETE_GROUP_IN_RELATIONSHIP, 0, "ReplicationGroup",
                       "ReplicationGroup: elements of group \"%s\" are in a replication relationship of it",
                       g->r.name);
    if (ret == REPLSVC_OK)
        ret = check_idle(g);
    if (ret == REPLSVC_OK && remove_elements == REPLSVC_BOOL_FALSE && g->r.n_members)
        ret =
            svc_fail(REPLSVC_IN_USE, 0, "RemoveElements",
                     "RemoveElements: is false, and group \"%s\" has %zu members", g->r.name, g->r.n_members);
    if (ret == REPLSVC_OK) {
        change_remove(&c, &g->o);
        ret = change_save(&c);
    }
    change_end(&c);
    return ret;
}

/* ---- AddMembers, RemoveMembers ---- */

uint32_t group_add_members(struct replsvc_service *svc, const replsvc_element_ref members[], size_t n_members,
                           const replsvc_group_ref *replication_group,
                           const replsvc_access_point_ref *service_access_point,
                           const char *replication_setting_data)
{
    replsvc_replication_settings settings;
    struct element **elements = NULL;
    struct group *g;
    struct change c;
    uint32_t ret = check_members_given(members, n_members, true);
    if (ret == REPLSVC_OK)
        ret = settings_parse(replication_setting_data, "ReplicationSettingData", &settings);
    if (ret)
        return ret;
    change_begin(&c, svc);
    ret = member_group(svc, replication_group, &g);
    if (ret == REPLSVC_OK)
        ret = check_access_point(svc, service_access_point);
    if (ret == REPLSVC_OK)
        ret = find_members(svc, members, n_members, g, &elements);
    if (ret == REPLSVC_OK)
        ret = check_idle(g);
    if (ret == REPLSVC_OK)
        ret = check_reserved(g->r.reserved_as, elements, n_members);
    if (ret == REPLSVC_OK) {
        uint32_t before = (uint32_t)g->r.n_members;
        struct group_record *r = change_edit(&c, &g->o);
        if (r) {
            append_members(&c, r, elements, n_members);
            change_event(&c, REPLSVC_EVENT_MODIFIED, &g->o, REPLSVC_EVENT_PROPERTY_MEMBERS, before,
                         (uint32_t)r->n_members);
        }
        ret = change_save(&c);
    }
    change_end(&c);
    mem_free(elements);
    return ret;
}

/* Takes the marked members out of a record under edit; the order of the others stays. */
static void drop_members(struct group_record *r, const bool leaving[])
{
    size_t kept = 0;
    for (size_t i = 0; i < r->n_members; i++)
        if (!leaving[i])
            r->members[kept++] = r->members[i];
    r->n_members = kept;
}

/* Which places in the group the references name: each must be a member, each once. */
static uint32_t mark_leaving(struct replsvc_service *svc, const struct group *g,
                             const replsvc_element_ref members[], size_t n, bool leaving[])
{
    struct hash *places = hash_new();
    uint32_t ret = REPLSVC_OK;
    if (!places || hash_reserve(places, g->r.n_members))
        ret = svc_fail(REPLSVC_FAILED, ENOMEM, NULL, "Members: no memory");
    for (size_t i = 0; i < g->r.n_members && ret == REPLSVC_OK; i++)
        (void)hash_put(places, g->r.members[i].id, &g->r.members[i]);
    for (size_t i = 0; i < n && ret == REPLSVC_OK; i++) {
        struct element *e;
        ret = element_by_ref(svc, &members[i], "Members", &e);
        if (ret)
            break;
        const replsvc_element_ref *place = hash_get(places, e->o.id);
        if (!place)
            ret = svc_fail(REPLSVC_MEMBERS_NOT_A_MEMBER, 0, "Members",
                           "Members: element \"%s\" (%s) is not a member of group \"%s\"", e->r.name, e->o.id,
                           g->r.name);
        else if (leaving[place - g->r.members])
            ret = svc_fail(REPLSVC_INVALID_PARAMETER, 0, "Members",
                           "Members: element \"%s\" (%s) is there twice", e->r.name, e->o.id);
        else
            leaving[place - g->r.members] = true;
    }
    hash_free(places);
    return ret;
}

uint32_t group_remove_members(struct replsvc_service *svc, const replsvc_element_ref members[],
                              size_t n_members, replsvc_opt_bool delete_on_empty_element,
                              const replsvc_group_ref *replication_group,
                              const replsvc_access_point_ref *service_access_point,
                              const char *replication_setting_data)
{
    replsvc_replication_settings settings;
    bool *leaving = NULL;
    struct group *g;
    struct change c;
    uint32_t ret = check_members_given(members, n_members, true);
    if (ret == REPLSVC_OK)
        ret = check_bool(delete_on_empty_element, "DeleteOnEmptyElement");
    if (ret == REPLSVC_OK)
        ret = settings_parse(replication_setting_data, "ReplicationSettingData", &settings);
    if (ret)
        return ret;
    change_begin(&c, svc);
    ret = member_group(svc, replication_group, &g);
    if (ret == REPLSVC_OK)
        ret = check_access_point(svc, service_access_point);
    if (ret == REPLSVC_OK && !(leaving = mem_array(g->r.n_members + 1, sizeof *leaving)))
        ret = svc_fail(REPLSVC_FAILED, ENOMEM, NULL, "Members: no memory");
    if (ret == REPLSVC_OK)
        ret = mark_leaving(svc, g, members, n_members, leaving);
    if (ret == REPLSVC_OK)
        ret = check_idle(g);
    if (ret == REPLSVC_OK) {
        bool goes = delete_on_empty_element ? delete_on_empty_element == REPLSVC_BOOL_TRUE
                                            : g->r.delete_on_empty_element;
        uint32_t before = (uint32_t)g->r.n_members;
        struct group_record *r = change_edit(&c, &g->o);
        if (r) {
            drop_members(r, leaving);
            change_event(&c, REPLSVC_EVENT_MODIFIED, &g->o, REPLSVC_EVENT_PROPERTY_MEMBERS, before,
                         (uint32_t)r->n_members);
            if (r->n_members == 0 && goes)
                change_remove(&c, &g->o);
        }
        ret = change_save(&c);
    }
    change_end(&c);
    mem_free(leaving);
    return ret;
}

/* ---- rules that relationships set off ---- */

uint32_t group_check_role(const struct group *g, bool as_source, const char *parameter)
{
    uint16_t excluded = as_source ? REPLSVC_RESERVED_AS_TARGET_ONLY : REPLSVC_RESERVED_AS_SOURCE_ONLY;
    if (g->r.reserved_as == excluded)
        return svc_fail(REPLSVC_IN_USE, 0, parameter, "%s: group \"%s\" is reserved for %ss", parameter,
                        g->r.name, as_source ? "target" : "source");
    return REPLSVC_OK;
}

/* Relationships of the group that this change leaves. */
static bool stays_associated(struct change *c, const struct group *g)
{
    size_t cursor = 0;
    const struct relationship *s;
    while ((s = object_next(c->svc, KIND_SYNC, &cursor)) != NULL)
        if ((s->source_group == g || s->target_group == g) && !change_removes(&s->o))
            return true;
    const struct settings_state *st;
    cursor = 0;
    while ((st = object_next(c->svc, KIND_SETTINGS_STATE, &cursor)) != NULL)
        if (st->group == g && !change_removes(&st->o))
            return true;
    return false;
}

void group_unassociated(struct change *c, struct group *g)
{
    bool goes = g->r.delete_on_unassociated || !g->r.persistent;
    if (goes && !change_removes(&g->o) && !stays_associated(c, g))
        change_remove(c, &g->o);
}

/* A group that is still in a relationship can't go: then it goes when it leaves the last one. */
void group_copy_completed(struct change *c, struct group *g)
{
    if (!g->r.persistent)
        group_unassociated(c, g);
}

/* ---- looking ---- */

uint32_t group_get_info(struct replsvc_service *svc, const replsvc_group_ref *group, replsvc_group_info *info)
{
    replsvc_group_info filled = {.size = sizeof filled};
    struct group *g;
    model_read(svc);
    uint32_t ret = group_by_ref(svc, group, "ReplicationGroup", &g);
    if (ret == REPLSVC_OK) {
        memcpy(filled.id, g->o.id, sizeof filled.id);
        (void)snprintf(filled.name, sizeof filled.name, "%s", g->r.name);
        filled.member_count = (uint32_t)g->r.n_members;
        filled.persistent = g->r.persistent;
        filled.delete_on_empty_element = g->r.delete_on_empty_element;
        filled.delete_on_unassociated = g->r.delete_on_unassociated;
        filled.consistent_point_in_time = g->r.consistent_point_in_time;
        filled.reserved_as = g->r.reserved_as;
        filled.last_cut_pause_us = __atomic_load_n(&g->last_cut_pause_us, __ATOMIC_RELAXED);
        filled.max_cut_pause_us = __atomic_load_n(&g->max_cut_pause_us, __ATOMIC_RELAXED);
    }
    model_done(svc);
    return ret ? ret : info_out(info, &filled, sizeof filled, "info");
}

uint32_t group_get_members(struct replsvc_service *svc, const replsvc_group_ref *group,
                           replsvc_element_ref **members, size_t *n_members)
{
    struct group *g;
    if (!members || !n_members)
        return svc_fail(REPLSVC_INVALID_PARAMETER, 0, "Members", "Members: no place to put the list");
    *members = NULL;
    *n_members = 0;
    model_read(svc);
    uint32_t ret = group_by_ref(svc, group, "ReplicationGroup", &g);
    if (ret == REPLSVC_OK && g->r.n_members) {
        *members = mem_array(g->r.n_members, sizeof **members);
        if (*members) {
            memcpy(*members, g->r.members, g->r.n_members * sizeof **members);
            *n_members = g->r.n_members;
        } else {
            ret = svc_fail(REPLSVC_FAILED, ENOMEM, NULL, "cannot list the members");
        }
    }
    model_done(svc);
    return ret;
}
