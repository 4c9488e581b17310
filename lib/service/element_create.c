/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Elements made in pools. The order keeps a crash from leaving an image that nobody knows: the record, in
 * state CREATING and with the name that the image will have, is durable before the image is begun; the
 * name holds the element's UUID, so that what is found under it is ours and may be removed.
 */
#include "service/element.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "service/media.h"
#include "service/pool.h"
#include "service/retention.h"
#include "util/fail.h"

/* Space by the pools' limits, all n together, and places that are there. */
static uint32_t check_pools(const struct element_plan plans[], size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const struct pool *p = plans[i].pool;
        if (plans[i].size_bytes == 0 || plans[i].size_bytes % 512)
            return svc_fail(REPLSVC_INVALID_PARAMETER, 0, "Size",
                            "Size: %llu bytes are not a positive multiple of 512",
                            (unsigned long long)plans[i].size_bytes);
        bool first = true;
        for (size_t k = 0; k < i && first; k++)
            first = plans[k].pool != p;
        if (!first)
            continue;
        uint64_t allowance = pool_allowance(p);
        for (size_t k = i; k < n; k++) {
            if (plans[k].pool != p)
                continue;
            if (plans[k].size_bytes > allowance)
                return svc_fail(REPLSVC_FAILED, ENOSPC, NULL,
                                "pool \"%s\" may take %llu more bytes by its limit of %llu", p->r.name,
                                (unsigned long long)pool_allowance(p), (unsigned long long)p->r.space_limit);
            if (allowance != UINT64_MAX)
                allowance -= plans[k].size_bytes;
        }
        enum pool_kind kind = pool_kind(p->r.locator, "TargetPool");
        uint32_t ret = !kind                  ? replsvc_last_error()->code
                       : kind == POOL_DEVICES ? REPLSVC_OK
                                              : place_look(p->r.locator, "TargetPool", NULL, NULL);
        if (ret)
            return ret;
    }
    return REPLSVC_OK;
}

/* made[0..n): those that are planned already. */
static uint32_t plan_element(struct change *c, const struct element_plan *plan, struct element *made[],
                             size_t n)
{
    char locator[REPLSVC_LOCATOR_SIZE] = "";
    struct element *e = object_new(c, KIND_ELEMENT);
    made[n] = e;
    if (!e)
        return REPLSVC_OK; /* the save says so */
    uint32_t ret = pool_kind(plan->pool->r.locator, "TargetPool") == POOL_DEVICES
                       ? devices_choose(c->svc, plan->pool, plan->goal, plan->size_bytes, made, n, locator)
                       : place_image(e, plan->name, plan->pool, plan->goal, locator);
    change_string(c, &e->r.name, plan->name);
    change_string(c, &e->r.locator, locator);
    memcpy(e->r.pool, plan->pool->o.id, sizeof e->r.pool);
    e->r.size_bytes = plan->size_bytes;
    e->r.state = ELEMENT_CREATING;
    e->r.created_by_service = true;
    e->r.hidden = plan->hidden;
    return ret;
}

/* Makes the image and notes in the change what it became. */
static uint32_t make_image(struct change *c, struct element *e, const struct element_plan *plan, bool *made)
{
    const replsvc_setting_goal *goal = plan->goal ? &plan->goal->r.goal : NULL;
    replsvc_backend_create_options options = {
        .size = sizeof options,
        .size_bytes = plan->size_bytes,
        .block_size = goal ? goal->block_size : 0,
        .logical_sector_size =
            goal && goal->logical_sector_size ? goal->logical_sector_size : plan->block_size,
        .physical_sector_size =
            goal && goal->physical_sector_size ? goal->physical_sector_size : plan->physical_block_size,
        .preallocate = goal && goal->preallocate,
    };
    replsvc_backend_info info;
    uint32_t ret = pool_kind(plan->pool->r.locator, "TargetPool") == POOL_DEVICES
                       ? devices_clear(e->r.locator, plan->unread)
                       : media_create(e->r.locator, &options, made);
    if (ret == REPLSVC_OK)
        ret = media_look(e->r.locator, REPLSVC_BACKEND_SHARED, NULL, &info);
    struct element_record *r = ret ? NULL : change_edit(c, &e->o);
    if (r)
        element_take_info(c, r, &info);
    return ret;
}

uint32_t elements_create(struct change *c, const struct element_plan plans[], size_t n, struct element *out[])
{
    uint32_t ret = check_pools(plans, n);
    for (size_t i = 0; i < n && ret == REPLSVC_OK; i++)
        ret = plan_element(c, &plans[i], out, i);
    if (ret == REPLSVC_OK)
        ret = change_save(c);
    if (ret) {
        change_drop(c);
        return ret;
    }
    size_t whole = 0;
    bool made = false;
    while (whole < n && (ret = make_image(c, out[whole], &plans[whole], &made)) == REPLSVC_OK)
        whole++;
    if (ret) {
        /* Of the one that failed only the record goes if its image was not begun: what lies at its name then
         * is not ours. */
        replsvc_error why = *replsvc_last_error();
        change_drop(c);
        for (size_t i = 0; i < n; i++)
            if (i > whole || (i == whole && !made) || media_remove(out[i]->r.locator) == REPLSVC_OK)
                change_remove(c, &out[i]->o);
        (void)change_save(c);
        ret = svc_fail_again(&why);
    }
    return ret;
}

void elements_discard(struct change *c, struct element *const elements[], size_t n)
{
    replsvc_error why = *replsvc_last_error();
    change_drop(c);
    for (size_t i = 0; i < n; i++)
        if (media_remove(elements[i]->r.locator) == REPLSVC_OK)
            change_remove(c, &elements[i]->o);
    if (change_save(c))
        log_line(&c->svc->log, REPLSVC_LOG_WARNING,
                 "records of elements that were taken back go at the next open");
    if (why.code)
        (void)svc_fail_again(&why);
}

void elements_finish(struct replsvc_service *svc)
{
    struct change c;
    size_t cursor = 0;
    struct element *e;
    change_begin(&c, svc);
    while ((e = object_next(svc, KIND_ELEMENT, &cursor)) != NULL) {
        if (e->r.state == ELEMENT_PRESENT)
            continue;
        if (media_remove(e->r.locator) == REPLSVC_OK)
            change_remove(&c, &e->o);
        else
            log_about(&svc->log, REPLSVC_LOG_WARNING, e->o.id, -replsvc_last_error()->system_errno,
                      "the image of %s could not be removed: %s", e->o.id, replsvc_last_error()->message);
    }
    if (change_save(&c))
        log_line(&svc->log, REPLSVC_LOG_WARNING, "half-made elements are tried again at the next open");
    change_end(&c);
}

/* ---- create ---- */

static uint32_t create(struct replsvc_service *svc, const char *name, const replsvc_pool_ref *pool,
                       uint64_t size_bytes, const replsvc_setting_ref *goal, replsvc_element_ref *element)
{
    char made[REPLSVC_NAME_SIZE];
    struct goal *g = NULL;
    struct pool *p = NULL;
    struct element *e = NULL;
    struct change c;
    uint32_t ret = REPLSVC_OK;
    change_begin(&c, svc);
    if (!ref_absent(goal))
        ret = goal_by_ref(svc, goal, "Goal", &g);
    if (ret == REPLSVC_OK)
        ret =
            ref_absent(pool) ? pool_choose(svc, size_bytes, "Pool", &p) : pool_by_ref(svc, pool, "Pool", &p);
    if (ret == REPLSVC_OK)
        ret =
            name ? name_check(svc, KIND_ELEMENT, name, "Name") : name_make(&c, KIND_ELEMENT, "element", made);
    if (ret == REPLSVC_OK) {
        struct element_plan plan = {
            .name = name ? name : made, .pool = p, .goal = g, .size_bytes = size_bytes};
        ret = elements_create(&c, &plan, 1, &e);
    }
    if (ret == REPLSVC_OK) {
        struct element_record *r = change_edit(&c, &e->o);
        if (r)
            r->state = ELEMENT_PRESENT;
        ret = change_save(&c);
        if (ret)
            elements_discard(&c, &e, 1);
    }
    if (ret == REPLSVC_OK && element)
        memcpy(element->id, e->o.id, sizeof element->id);
    change_end(&c);
    return ret;
}

uint32_t element_create(struct replsvc_service *svc, const char *name, const replsvc_pool_ref *pool,
                        uint64_t size_bytes, const replsvc_setting_ref *goal, replsvc_element_ref *element)
{
    uint32_t ret;
    do
        ret = create(svc, name, pool, size_bytes, goal, element);
    while (ret && replsvc_last_error()->system_errno == ENOSPC &&
           retention_make_room(svc, ref_absent(pool) ? "" : pool->id, size_bytes));
    return ret;
}
