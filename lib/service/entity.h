/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Replication entities: things that are no storage elements of this service (a file system, a WWN, a volume
 * of another system), made known under a reference. What is kept is what was given. One that is not
 * persistent is gone at the next open.
 */
#ifndef RSVC_SERVICE_ENTITY_H
#define RSVC_SERVICE_ENTITY_H

#include "service/service.h"

uint32_t entity_add(struct replsvc_service *svc, const char *instance, replsvc_opt_bool persistent,
                    const char *instance_namespace, replsvc_entity_ref *path);
uint32_t entity_delete(struct replsvc_service *svc, const replsvc_entity_ref *entity);
uint32_t entity_get_info(struct replsvc_service *svc, const replsvc_entity_ref *entity,
                         replsvc_entity_info *info);
/* At open: those that are not persistent go. */
void entities_finish(struct replsvc_service *svc);

#endif
