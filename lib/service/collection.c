/* SPDX-License-Identifier: BSD-2-Clause */
/* Remote replication collections; see collection.h. */
#include "service/collection.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "util/alloc.h"
#include "util/fail.h"

#define LOCAL "LocalAccessPoints"
#define REMOTE "RemoteAccessPoints"

/* Far more than anybody has paths; bounds the work of comparing each with each. */
#define MAX_PATHS 1024u

static uint32_t find(struct replsvc_service *svc, const replsvc_collection_ref *ref, struct collection **c)
{
    return object_by_ref(svc, KIND_COLLECTION, ref, "ConnectivityCollection", c);
}

/* ---- checks ---- */

static bool is_in(const replsvc_access_point_ref list[], size_t n, const char *id)
{
    for (size_t i = 0; i < n; i++)
        if (strcmp(list[i].id, id) == 0)
            return true;
    return false;
}

static bool member_of(const struct collection_record *r, const char *id)
{
    return is_in(r->local, r->n_local, id) || is_in(r->remote, r->n_remote, id);
}

/* The access points of one side exist, and each is there once. */
static uint32_t check_side(struct replsvc_service *svc, const replsvc_access_point_ref list[], size_t n,
                           const char *parameter)
{
    struct access_point *ap;
    if (n && !list)
        return svc_fail(REPLSVC_INVALID_PARAMETER, 0, parameter, "%s: is NULL but has %zu entries", parameter,
                        n);
    if (n > MAX_PATHS)
        return svc_fail(REPLSVC_INVALID_PARAMETER, 0, parameter, "%s: has more than %u entries", parameter,
                        MAX_PATHS);
    for (size_t i = 0; i < n; i++) {
        uint32_t ret = object_by_ref(svc, KIND_ACCESS_POINT, &list[i], parameter, &ap);
        if (ret)
            return ret;
        if (is_in(list, i, list[i].id))
            return svc_fail(REPLSVC_INVALID_PARAMETER, 0, parameter, "%s: %s is given twice", parameter,
                            list[i].id);
    }
    return REPLSVC_OK;
}

static uint32_t check_paths(struct replsvc_service *svc, const struct collection_paths *p)
{
    struct system *s;
    uint32_t ret = check_side(svc, p->local, p->n_local, LOCAL);
    if (ret == REPLSVC_OK)
        ret = check_side(svc, p->remote, p->n_remote, REMOTE);
    for (size_t i = 0; ret == REPLSVC_OK && i < p->n_local; i++)
        if (is_in(p->remote, p->n_remote, p->local[i].id))
            ret = svc_fail(REPLSVC_INVALID_PARAMETER, 0, LOCAL, LOCAL ": %s is among the remote ones, too",
                           p->local[i].id);
    if (ret == REPLSVC_OK && !ref_absent(p->system))
        ret = object_by_ref(svc, KIND_SYSTEM, p->system, "RemoteComputerSystem", &s);
    return ret;
}

/* The other system, which may be known already, be given, or follow from the access points. */
static uint32_t choose_system(struct replsvc_service *svc, const struct collection_paths *p,
                              char system[REPLSVC_REF_SIZE])
{
    if (!ref_absent(p->system)) {
        if (system[0] && strcmp(system, p->system->id) != 0)
            return svc_fail(REPLSVC_INVALID_PARAMETER, 0, "RemoteComputerSystem",
                            "RemoteComputerSystem: the collection leads to another system, %s", system);
        memcpy(system, p->system->id, REPLSVC_REF_SIZE);
    }
    for (size_t i = 0; i < p->n_remote; i++) {
        const struct access_point *ap = object_by_id(svc, KIND_ACCESS_POINT, p->remote[i].id);
        if (!ap->r.system[0])
            continue;
        if (system[0] && strcmp(system, ap->r.system) != 0)
            return svc_fail(REPLSVC_INVALID_PARAMETER, 0, REMOTE,
                            REMOTE ": %s leads to another system than %s", p->remote[i].id, system);
        memcpy(system, ap->r.system, REPLSVC_REF_SIZE);
    }
    return REPLSVC_OK;
}

/* Those of this system do not lead to the other one. */
static uint32_t check_local(struct replsvc_service *svc, const replsvc_access_point_ref list[], size_t n,
                            const char *system)
{
    for (size_t i = 0; system[0] && i < n; i++) {
        const struct access_point *ap = object_by_id(svc, KIND_ACCESS_POINT, list[i].id);
        if (ap && strcmp(ap->r.system, system) == 0)
            return svc_fail(REPLSVC_INVALID_PARAMETER, 0, LOCAL,
                            LOCAL ": %s leads to the other system: it is a remote one", list[i].id);
    }
    return REPLSVC_OK;
}

/* ---- lists of records ---- */

static void append(struct change *c, replsvc_access_point_ref **list, size_t *n,
                   const replsvc_access_point_ref added[], size_t n_added)
{
    if (!n_added || c->err)
        return;
    replsvc_access_point_ref *all = mem_array(*n + n_added, sizeof *all);
    if (!all) {
        c->err = -ENOMEM;
        return;
    }
    if (*n)
        memcpy(all, *list, *n * sizeof *all);
    for (size_t i = 0; i < n_added; i++) /* what follows the id's end is the caller's */
        (void)snprintf(all[*n + i].id, sizeof all->id, "%s", added[i].id);
    mem_free(*list);
    *list = all;
    *n += n_added;
}

static void drop(replsvc_access_point_ref list[], size_t *n, const replsvc_access_point_ref gone[],
                 size_t n_gone)
{
    size_t kept = 0;
    for (size_t i = 0; i < *n; i++)
        if (!is_in(gone, n_gone, list[i].id))
            list[kept++] = list[i];
    *n = kept;
}

/* ---- what can be done ---- */

uint32_t collection_create(struct replsvc_service *svc, const struct collection_options *options,
                           const struct collection_paths *paths, replsvc_collection_ref *collection)
{
    char made[REPLSVC_NAME_SIZE], system[REPLSVC_REF_SIZE] = "";
    struct change c;
    change_begin(&c, svc);
    uint32_t ret = check_paths(svc, paths);
    if (ret == REPLSVC_OK)
        ret = choose_system(svc, paths, system);
    if (ret == REPLSVC_OK)
        ret = check_local(svc, paths->local, paths->n_local, system);
    if (ret == REPLSVC_OK)
        ret = options->name ? name_check(svc, KIND_COLLECTION, options->name, "ElementName")
                            : name_make(&c, KIND_COLLECTION, "collection", made);
    struct collection *k = ret ? NULL : object_new(&c, KIND_COLLECTION);
    if (k) {
        change_string(&c, &k->r.name, options->name ? options->name : made);
        k->r.active = options->active != REPLSVC_BOOL_FALSE;
        k->r.delete_on_unassociated = options->delete_on_unassociated == REPLSVC_BOOL_TRUE;
        memcpy(k->r.system, system, sizeof k->r.system);
        append(&c, &k->r.local, &k->r.n_local, paths->local, paths->n_local);
        append(&c, &k->r.remote, &k->r.n_remote, paths->remote, paths->n_remote);
    }
    if (ret == REPLSVC_OK)
        ret = change_save(&c);
    if (ret == REPLSVC_OK && collection)
        memcpy(collection->id, k->o.id, sizeof collection->id);
    change_end(&c);
    return ret;
}

static uint32_t refuse_members(const struct collection_record *r, const replsvc_access_point_ref list[],
                               size_t n, const char *parameter)
{
    for (size_t i = 0; i < n; i++)
        if (member_of(r, list[i].id))
            return svc_fail(REPLSVC_INVALID_PARAMETER, 0, parameter, "%s: %s is in the collection already",
                            parameter, list[i].id);
    return REPLSVC_OK;
}

uint32_t collection_add(struct replsvc_service *svc, const replsvc_collection_ref *collection,
                        const struct collection_paths *paths)
{
    struct collection *k;
    char system[REPLSVC_REF_SIZE] = "";
    struct change c;
    change_begin(&c, svc);
    uint32_t ret = find(svc, collection, &k);
    if (ret == REPLSVC_OK)
        ret = check_paths(svc, paths);
    if (ret == REPLSVC_OK && !paths->n_local && !paths->n_remote && ref_absent(paths->system))
        ret = svc_fail(REPLSVC_INVALID_PARAMETER, 0, REMOTE,
                       REMOTE ": neither access points nor a system are given");
    if (ret == REPLSVC_OK)
        ret = refuse_members(&k->r, paths->local, paths->n_local, LOCAL);
    if (ret == REPLSVC_OK)
        ret = refuse_members(&k->r, paths->remote, paths->n_remote, REMOTE);
    if (ret == REPLSVC_OK) {
        memcpy(system, k->r.system, sizeof system);
        ret = choose_system(svc, paths, system);
    }
    if (ret == REPLSVC_OK)
        ret = check_local(svc, paths->local, paths->n_local, system);
    if (ret == REPLSVC_OK)
        ret = check_local(svc, k->r.local, k->r.n_local, system);
    struct collection_record *r = ret ? NULL : change_edit(&c, &k->o);
    if (r) {
        memcpy(r->system, system, sizeof r->system);
        append(&c, &r->local, &r->n_local, paths->local, paths->n_local);
        append(&c, &r->remote, &r->n_remote, paths->remote, paths->n_remote);
        change_event(&c, REPLSVC_EVENT_MODIFIED, &k->o, REPLSVC_EVENT_PROPERTY_MEMBERS, 0, 0);
    }
    if (ret == REPLSVC_OK)
        ret = change_save(&c);
    change_end(&c);
    return ret;
}

static uint32_t require_members(const replsvc_access_point_ref list[], size_t n,
                                const replsvc_access_point_ref gone[], size_t n_gone, const char *parameter)
{
    for (size_t i = 0; i < n_gone; i++)
        if (!is_in(list, n, gone[i].id))
            return svc_fail(REPLSVC_INVALID_PARAMETER, 0, parameter, "%s: %s is not in the collection",
                            parameter, gone[i].id);
    return REPLSVC_OK;
}

uint32_t collection_remove(struct replsvc_service *svc, const replsvc_collection_ref *collection,
                           const struct collection_paths *paths)
{
    struct collection *k;
    struct change c;
    change_begin(&c, svc);
    uint32_t ret = find(svc, collection, &k);
    bool whole = !paths->n_local && !paths->n_remote; /* the system, with all that leads there */
    if (ret == REPLSVC_OK)
        ret = check_paths(svc, paths);
    if (ret == REPLSVC_OK && whole && ref_absent(paths->system))
        ret = svc_fail(REPLSVC_INVALID_PARAMETER, 0, REMOTE,
                       REMOTE ": neither access points nor a system are given");
    if (ret == REPLSVC_OK)
        ret = require_members(k->r.local, k->r.n_local, paths->local, paths->n_local, LOCAL);
    if (ret == REPLSVC_OK)
        ret = require_members(k->r.remote, k->r.n_remote, paths->remote, paths->n_remote, REMOTE);
    if (ret == REPLSVC_OK && !ref_absent(paths->system) && strcmp(k->r.system, paths->system->id) != 0)
        ret = svc_fail(REPLSVC_INVALID_PARAMETER, 0, "RemoteComputerSystem",
                       "RemoteComputerSystem: the collection does not lead to %s", paths->system->id);
    struct collection_record *r = ret ? NULL : change_edit(&c, &k->o);
    if (r) {
        drop(r->local, &r->n_local, paths->local, paths->n_local);
        drop(r->remote, &r->n_remote, paths->remote, paths->n_remote);
        if (whole) {
            r->n_remote = 0;
            memset(r->system, 0, sizeof r->system);
        }
        if (!r->n_local && !r->n_remote && r->delete_on_unassociated)
            change_remove(&c, &k->o);
        else
            change_event(&c, REPLSVC_EVENT_MODIFIED, &k->o, REPLSVC_EVENT_PROPERTY_MEMBERS, 0, 0);
    }
    if (ret == REPLSVC_OK)
        ret = change_save(&c);
    change_end(&c);
    return ret;
}

uint32_t collection_delete(struct replsvc_service *svc, const replsvc_collection_ref *collection)
{
    struct collection *k;
    struct change c;
    change_begin(&c, svc);
    uint32_t ret = find(svc, collection, &k);
    if (ret == REPLSVC_OK) {
        change_remove(&c, &k->o);
        ret = change_save(&c);
    }
    change_end(&c);
    return ret;
}

/* ---- looking ---- */

uint32_t collection_get_info(struct replsvc_service *svc, const replsvc_collection_ref *collection,
                             replsvc_collection_info *info)
{
    replsvc_collection_info filled = {.size = sizeof filled};
    struct collection *k;
    model_read(svc);
    uint32_t ret = find(svc, collection, &k);
    if (ret == REPLSVC_OK) {
        filled.active = k->r.active;
        filled.delete_on_unassociated = k->r.delete_on_unassociated;
        filled.n_local_access_points = (uint32_t)k->r.n_local;
        filled.n_remote_access_points = (uint32_t)k->r.n_remote;
        memcpy(filled.id, k->o.id, sizeof filled.id);
        (void)snprintf(filled.name, sizeof filled.name, "%s", k->r.name);
        memcpy(filled.remote_system, k->r.system, sizeof filled.remote_system);
    }
    model_done(svc);
    return ret ? ret : info_out(info, &filled, sizeof filled, "info");
}

/* false: no memory. */
static bool copy_refs(const replsvc_access_point_ref from[], size_t n, replsvc_access_point_ref **to)
{
    *to = n ? mem_array(n, sizeof **to) : NULL;
    if (*to)
        memcpy(*to, from, n * sizeof **to);
    return !n || *to;
}

uint32_t collection_get_access_points(struct replsvc_service *svc, const replsvc_collection_ref *collection,
                                      replsvc_access_point_ref **local, size_t *n_local,
                                      replsvc_access_point_ref **remote, size_t *n_remote)
{
    struct collection *k;
    if (!local || !n_local || !remote || !n_remote)
        return svc_fail(REPLSVC_INVALID_PARAMETER, 0, !local || !n_local ? LOCAL : REMOTE,
                        "no place to put the lists");
    *local = *remote = NULL;
    *n_local = *n_remote = 0;
    model_read(svc);
    uint32_t ret = find(svc, collection, &k);
    if (ret == REPLSVC_OK &&
        !(copy_refs(k->r.local, k->r.n_local, local) && copy_refs(k->r.remote, k->r.n_remote, remote)))
        ret = svc_fail(REPLSVC_FAILED, ENOMEM, NULL, "cannot list the access points");
    if (ret == REPLSVC_OK) {
        *n_local = k->r.n_local;
        *n_remote = k->r.n_remote;
    } else {
        mem_free(*local);
        *local = NULL;
    }
    model_done(svc);
    return ret;
}
