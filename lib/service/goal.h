/* SPDX-License-Identifier: BSD-2-Clause */
/* Setting goals: what elements that are to be made should be like. */
#ifndef RSVC_SERVICE_GOAL_H
#define RSVC_SERVICE_GOAL_H

#include "service/service.h"

uint32_t goal_create(struct replsvc_service *svc, const replsvc_setting_goal *goal,
                     replsvc_setting_ref *setting);
uint32_t goal_get(struct replsvc_service *svc, const replsvc_setting_ref *setting,
                  replsvc_setting_goal *goal);
uint32_t goal_delete(struct replsvc_service *svc, const replsvc_setting_ref *setting);

/* Whether a medium with these sectors is as the goal wants it; NULL: any is. */
bool goal_fits(const struct goal *goal, uint32_t logical_sector, uint32_t physical_sector);

#endif
