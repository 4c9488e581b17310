/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Elements: registering an image that exists, forgetting one, and what is known of one. A medium is
 * registered once, whatever path leads to it: two elements on one image would be written behind each
 * other's back.
 */
#include "service/element.h"

#include <stdio.h>
#include <string.h>

#include "service/media.h"
#include "util/fail.h"

/* ---- register ---- */

void element_take_info(struct change *c, struct element_record *r, const replsvc_backend_info *info)
{
    change_string(c, &r->identity, info->identity);
    change_string(c, &r->generation, info->generation);
    r->size_bytes = info->size_bytes;
    r->block_size = info->logical_block_size;
    r->physical_block_size = info->physical_block_size;
}

static uint32_t registered_already(const struct element *e)
{
    return svc_fail(REPLSVC_IN_USE, 0, "Locator",
                    "Locator: the image is registered as element \"%s\" (%s, %s)", e->r.name, e->o.id,
                    e->r.locator);
}

/* An identity on record counts only while the medium at that element's locator still has it: inode numbers
 * are used again. */
static uint32_t check_not_registered(struct replsvc_service *svc, const char *locator, const char *identity)
{
    struct element *e = hash_get(svc->by_locator, locator);
    if (e)
        return registered_already(e);
    e = *identity ? hash_get(svc->by_identity, identity) : NULL;
    if (!e)
        return REPLSVC_OK;
    replsvc_backend_info info;
    if (media_look(e->r.locator, REPLSVC_BACKEND_SHARED, "Locator", &info) == REPLSVC_OK &&
        strcmp(info.identity, identity) == 0)
        return registered_already(e);
    return REPLSVC_OK;
}

/* The locator's last part, if it will do as a name and nobody has it. */
static uint32_t name_of_locator(struct change *c, const char *locator, char name[REPLSVC_NAME_SIZE])
{
    const char *slash = strrchr(locator, '/');
    const char *last = slash ? slash + 1 : strchr(locator, ':') + 1;
    (void)snprintf(name, REPLSVC_NAME_SIZE, "%s", last);
    if (strlen(last) < REPLSVC_NAME_SIZE && name_check(c->svc, KIND_ELEMENT, name, "Name") == REPLSVC_OK)
        return REPLSVC_OK;
    bool taken = object_by_name(c->svc, KIND_ELEMENT, name) != NULL && strlen(last) < REPLSVC_NAME_SIZE;
    return name_make(c, KIND_ELEMENT, taken ? last : "element", name);
}

uint32_t element_register(struct replsvc_service *svc, const char *name, const char *locator,
                          const replsvc_element_options *given, replsvc_element_ref *element)
{
    replsvc_element_options options;
    replsvc_backend_info info;
    char canonical[REPLSVC_LOCATOR_SIZE], made[REPLSVC_NAME_SIZE];
    struct element *e = NULL;
    uint32_t ret = options_in(&options, sizeof options, given, "options");
    if (ret == REPLSVC_OK && (options.flags & ~REPLSVC_ELEMENT_READ_ONLY))
        ret =
            svc_fail(REPLSVC_INVALID_PARAMETER, 0, "options", "options: flags has a bit that means nothing");
    if (ret == REPLSVC_OK)
        ret = media_canonical(locator, "Locator", canonical);
    if (ret)
        return ret;
    struct change c;
    change_begin(&c, svc);
    ret = check_not_registered(svc, canonical, "");
    if (ret == REPLSVC_OK)
        ret = media_look(canonical, 0, "Locator", &info);
    if (ret == REPLSVC_OK)
        ret = check_not_registered(svc, canonical, info.identity);
    if (ret == REPLSVC_OK)
        ret = name ? name_check(svc, KIND_ELEMENT, name, "Name") : name_of_locator(&c, canonical, made);
    if (ret == REPLSVC_OK && (e = object_new(&c, KIND_ELEMENT)) != NULL) {
        change_string(&c, &e->r.name, name ? name : made);
        change_string(&c, &e->r.locator, canonical);
        element_take_info(&c, &e->r, &info);
        e->r.state = ELEMENT_PRESENT;
        e->r.read_only = (options.flags & REPLSVC_ELEMENT_READ_ONLY) != 0;
    }
    if (ret == REPLSVC_OK)
        ret = change_save(&c);
    if (ret == REPLSVC_OK && element)
        memcpy(element->id, e->o.id, sizeof element->id);
    change_end(&c);
    return ret;
}

/* ---- remove ---- */

const char *element_in_use(const struct element *e)
{
    if (e->as_source || e->as_target)
        return "is in a replication relationship";
    if (e->groups)
        return "is a member of a group";
    return e->handles ? "has an open volume" : NULL;
}

uint32_t element_remove(struct change *c, struct element *e, bool remove_data)
{
    const char *use = element_in_use(e);
    if (use)
        return svc_fail(REPLSVC_IN_USE, 0, "Element", "Element: \"%s\" (%s) %s", e->r.name, e->o.id, use);
    if (!remove_data || !e->r.created_by_service) {
        change_remove(c, &e->o);
        return change_save(c);
    }
    struct element_record *r = change_edit(c, &e->o);
    if (r)
        r->state = ELEMENT_REMOVING;
    uint32_t ret = change_save(c);
    if (ret)
        return ret;
    ret = media_remove(e->r.locator);
    if (ret) { /* it is still there, and so is the element; if that cannot be said, the next open tries again
                */
        r = change_edit(c, &e->o);
        if (r)
            r->state = ELEMENT_PRESENT;
        replsvc_error why = *replsvc_last_error();
        (void)change_save(c);
        return svc_fail(why.code, why.system_errno, "Element", "%s", why.message);
    }
    change_remove(c, &e->o);
    ret = change_save(c);
    if (ret)
        log_about(&c->svc->log, REPLSVC_LOG_WARNING, e->o.id, 0,
                  "element %s: its image is gone, its record will be at the next open", e->o.id);
    return REPLSVC_OK;
}

/* ---- looking ---- */

static void fill_info(const struct element *e, replsvc_element_info *info)
{
    memcpy(info->id, e->o.id, sizeof info->id);
    (void)snprintf(info->name, sizeof info->name, "%s", e->r.name);
    (void)snprintf(info->locator, sizeof info->locator, "%s", e->r.locator);
    media_scheme(e->r.locator, info->backend, sizeof info->backend);
    memcpy(info->pool, e->r.pool, sizeof info->pool);
    info->read_only = e->r.read_only;
    info->created_by_service = e->r.created_by_service;
    info->in_use = e->as_source || e->as_target;
}

/* Without a lock of the service: the medium may be slow. One that is open is asked as it is, for its file
 * alone may not tell the whole. false: it cannot be seen now. */
static bool look(struct replsvc_service *svc, const replsvc_element_info *info, replsvc_backend_info *medium)
{
    struct volume *v;
    if (volume_get(svc->engine, info->id, NULL, 0, &v) == 0) {
        medium->size = sizeof *medium;
        int r = volume_backend_info(v, medium);
        volume_put(v);
        return r == 0;
    }
    return media_look(info->locator, REPLSVC_BACKEND_SHARED, "Element", medium) == REPLSVC_OK;
}

uint32_t element_get_info(struct replsvc_service *svc, const replsvc_element_ref *element,
                          replsvc_element_info *info)
{
    replsvc_element_info filled = {.size = sizeof filled};
    replsvc_backend_info medium = {0};
    struct element *e;
    model_read(svc);
    uint32_t ret = element_by_ref(svc, element, "Element", &e);
    if (ret == REPLSVC_OK)
        fill_info(e, &filled);
    model_done(svc);
    if (ret)
        return ret;
    if (look(svc, &filled, &medium)) {
        filled.size_bytes = medium.size_bytes;
        filled.allocated_bytes = medium.allocated_bytes;
        filled.block_size = medium.logical_block_size;
        filled.physical_block_size = medium.physical_block_size;
        filled.number_of_blocks =
            medium.logical_block_size ? medium.size_bytes / medium.logical_block_size : 0;
        filled.thinly_provisioned = (medium.capabilities & REPLSVC_BACKEND_CAP_THIN) != 0;
    }
    return info_out(info, &filled, sizeof filled, "info");
}
