/* SPDX-License-Identifier: BSD-2-Clause */
/* Setting goals; see goal.h. A goal is checked when it is kept, so that a later creation cannot stumble. */
#include "service/goal.h"

#include <string.h>

#include <replsvc/backend.h>

#include "util/fail.h"

static bool power_of_two(uint64_t n)
{
    return n && (n & (n - 1)) == 0;
}

static uint32_t refuse(const char *member, const char *rule)
{
    return svc_fail(REPLSVC_INVALID_PARAMETER, 0, "goal", "goal: %s %s", member, rule);
}

static uint32_t check(const replsvc_setting_goal *g)
{
    if (g->flags)
        return refuse("flags", "has a bit that means nothing");
    if (!memchr(g->format, 0, sizeof g->format))
        return refuse("format", "is not terminated");
    const replsvc_backend *backend = g->format[0] ? replsvc_backend_find(g->format) : NULL;
    if (g->format[0] && (!backend || !backend->create))
        return refuse("format", "names no backend that makes images");
    if (g->block_size && (!power_of_two(g->block_size) || g->block_size < 512))
        return refuse("block_size", "is no power of two from 512 on");
    if (g->logical_sector_size && g->logical_sector_size != 512 && g->logical_sector_size != 4096)
        return refuse("logical_sector_size", "is neither 512 nor 4096");
    if (g->physical_sector_size && g->physical_sector_size != 512 && g->physical_sector_size != 4096)
        return refuse("physical_sector_size", "is neither 512 nor 4096");
    return REPLSVC_OK;
}

uint32_t goal_create(struct replsvc_service *svc, const replsvc_setting_goal *given,
                     replsvc_setting_ref *setting)
{
    replsvc_setting_goal goal;
    struct change c;
    if (!given || !setting)
        return svc_fail(REPLSVC_INVALID_PARAMETER, 0, given ? "setting" : "goal", "%s: is NULL",
                        given ? "setting" : "goal");
    uint32_t ret = options_in(&goal, sizeof goal, given, "goal");
    if (ret == REPLSVC_OK)
        ret = check(&goal);
    if (ret)
        return ret;
    change_begin(&c, svc);
    struct goal *g = object_new(&c, KIND_GOAL);
    if (g)
        g->r.goal = goal;
    ret = change_save(&c);
    if (ret == REPLSVC_OK)
        memcpy(setting->id, g->o.id, sizeof setting->id);
    change_end(&c);
    return ret;
}

uint32_t goal_get(struct replsvc_service *svc, const replsvc_setting_ref *setting, replsvc_setting_goal *goal)
{
    replsvc_setting_goal filled;
    struct goal *g;
    model_read(svc);
    uint32_t ret = goal_by_ref(svc, setting, "setting", &g);
    if (ret == REPLSVC_OK)
        filled = g->r.goal;
    model_done(svc);
    return ret ? ret : info_out(goal, &filled, sizeof filled, "goal");
}

uint32_t goal_delete(struct replsvc_service *svc, const replsvc_setting_ref *setting)
{
    struct change c;
    struct goal *g;
    change_begin(&c, svc);
    uint32_t ret = goal_by_ref(svc, setting, "setting", &g);
    if (ret == REPLSVC_OK) {
        change_remove(&c, &g->o);
        ret = change_save(&c);
    }
    change_end(&c);
    return ret;
}

bool goal_fits(const struct goal *goal, uint32_t logical_sector, uint32_t physical_sector)
{
    const replsvc_setting_goal *g = goal ? &goal->r.goal : NULL;
    return !g || ((!g->logical_sector_size || g->logical_sector_size == logical_sector) &&
                  (!g->physical_sector_size || g->physical_sector_size == physical_sector));
}
