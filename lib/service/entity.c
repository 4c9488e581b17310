/* SPDX-License-Identifier: BSD-2-Clause */
/* Replication entities; see entity.h. */
#include "service/entity.h"

#include <stdio.h>
#include <string.h>

#include "service/instance.h"
#include "util/fail.h"

static const char PARAMETER[] = "ReplicationEntity";

/* What an instance says, pointing into it. */
struct given {
    uint16_t type;
    const char *entity_id, *other_type, *element;
    replsvc_opt_bool persistent;
};

static uint32_t refuse(const char *rule)
{
    return svc_fail(REPLSVC_INVALID_PARAMETER, 0, PARAMETER, "%s: %s", PARAMETER, rule);
}

static uint32_t read_instance(const struct embedded *instance, struct given *g)
{
    uint32_t ret = instance_u16(instance, "Type", PARAMETER, &g->type);
    if (ret == REPLSVC_OK)
        ret = instance_text(instance, "EntityID", PARAMETER, &g->entity_id);
    if (ret == REPLSVC_OK)
        ret = instance_text(instance, "OtherTypeDescription", PARAMETER, &g->other_type);
    if (ret == REPLSVC_OK)
        ret = instance_text(instance, "Element", PARAMETER, &g->element);
    if (ret == REPLSVC_OK)
        ret = instance_bool(instance, "Persistent", PARAMETER, &g->persistent);
    return ret;
}

static uint32_t check(const struct given *g)
{
    if (g->type == REPLSVC_ENTITY_TYPE_UNKNOWN)
        return refuse("Type is required");
    if (g->type > REPLSVC_ENTITY_TYPE_COMPUTERSYSTEM)
        return refuse("Type is not in the value map");
    if (g->type == REPLSVC_ENTITY_TYPE_EMBEDDED_INSTANCE)
        return svc_fail(REPLSVC_NOT_SUPPORTED, 0, PARAMETER,
                        "%s: Type 11 (Embedded Instance) is not supported", PARAMETER);
    if ((g->type == REPLSVC_ENTITY_TYPE_OTHER) != (*g->other_type != '\0'))
        return refuse("OtherTypeDescription goes with Type 1 (Other), and only with that");
    if (!*g->entity_id && !*g->element)
        return refuse("EntityID or Element is required");
    if (strlen(g->entity_id) >= REPLSVC_LOCATOR_SIZE || strlen(g->element) >= REPLSVC_LOCATOR_SIZE)
        return refuse("EntityID or Element is too long");
    if (strlen(g->other_type) >= REPLSVC_NAME_SIZE)
        return refuse("OtherTypeDescription is too long");
    return REPLSVC_OK;
}

uint32_t entity_add(struct replsvc_service *svc, const char *text, replsvc_opt_bool persistent,
                    const char *instance_namespace, replsvc_entity_ref *path)
{
    struct embedded instance;
    struct given g = {0};
    uint32_t ret = instance_parse(text, PARAMETER, &instance);
    if (ret == REPLSVC_OK)
        ret = read_instance(&instance, &g);
    if (ret == REPLSVC_OK)
        ret = check(&g);
    if (ret == REPLSVC_OK)
        ret = instance_check_namespace(instance_namespace);
    if (ret == REPLSVC_OK && persistent != REPLSVC_BOOL_ABSENT && g.persistent != REPLSVC_BOOL_ABSENT &&
        persistent != g.persistent)
        ret = svc_fail(REPLSVC_INVALID_PARAMETER, 0, "Persistent",
                       "Persistent: the instance says the opposite");
    if (persistent == REPLSVC_BOOL_ABSENT)
        persistent = g.persistent;
    struct change c;
    change_begin(&c, svc);
    struct entity *e = ret ? NULL : object_new(&c, KIND_ENTITY);
    if (e) {
        e->r.type = g.type;
        e->r.persistent = persistent != REPLSVC_BOOL_FALSE;
        change_string(&c, &e->r.entity_id, g.entity_id);
        change_string(&c, &e->r.other_type, g.other_type);
        change_string(&c, &e->r.element, g.element);
        change_string(&c, &e->r.instance_namespace, instance_namespace);
    }
    if (ret == REPLSVC_OK)
        ret = change_save(&c);
    if (ret == REPLSVC_OK && path)
        memcpy(path->id, e->o.id, sizeof path->id);
    change_end(&c);
    embedded_clear(&instance);
    return ret;
}

uint32_t entity_delete(struct replsvc_service *svc, const replsvc_entity_ref *entity)
{
    struct entity *e;
    struct change c;
    change_begin(&c, svc);
    uint32_t ret = object_by_ref(svc, KIND_ENTITY, entity, PARAMETER, &e);
    if (ret == REPLSVC_OK) {
        change_remove(&c, &e->o);
        ret = change_save(&c);
    }
    change_end(&c);
    return ret;
}

static void copy_text(char *to, size_t size, const char *from)
{
    (void)snprintf(to, size, "%s", from ? from : "");
}

uint32_t entity_get_info(struct replsvc_service *svc, const replsvc_entity_ref *entity,
                         replsvc_entity_info *info)
{
    replsvc_entity_info filled = {.size = sizeof filled};
    struct entity *e;
    model_read(svc);
    uint32_t ret = object_by_ref(svc, KIND_ENTITY, entity, PARAMETER, &e);
    if (ret == REPLSVC_OK) {
        filled.type = e->r.type;
        filled.persistent = e->r.persistent;
        memcpy(filled.id, e->o.id, sizeof filled.id);
        copy_text(filled.entity_id, sizeof filled.entity_id, e->r.entity_id);
        copy_text(filled.other_type_description, sizeof filled.other_type_description, e->r.other_type);
        copy_text(filled.element, sizeof filled.element, e->r.element);
    }
    model_done(svc);
    return ret ? ret : info_out(info, &filled, sizeof filled, "info");
}

void entities_finish(struct replsvc_service *svc)
{
    struct change c;
    size_t cursor = 0;
    struct entity *e;
    change_begin(&c, svc);
    while ((e = object_next(svc, KIND_ENTITY, &cursor)) != NULL)
        if (!e->r.persistent)
            change_remove(&c, &e->o);
    if (change_save(&c))
        log_line(&svc->log, REPLSVC_LOG_WARNING,
                 "temporary entities could not be removed: the next open will");
    change_end(&c);
}
