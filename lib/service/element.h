/* SPDX-License-Identifier: BSD-2-Clause */
/* Elements, for lib/api; the rest of the service uses service.h. */
#ifndef RSVC_SERVICE_ELEMENT_H
#define RSVC_SERVICE_ELEMENT_H

#include <replsvc/backend.h>

#include "service/service.h"

uint32_t element_register(struct replsvc_service *svc, const char *name, const char *locator,
                          const replsvc_element_options *options, replsvc_element_ref *element);
uint32_t element_create(struct replsvc_service *svc, const char *name, const replsvc_pool_ref *pool,
                        uint64_t size_bytes, const replsvc_setting_ref *goal, replsvc_element_ref *element);
uint32_t element_get_info(struct replsvc_service *svc, const replsvc_element_ref *element,
                          replsvc_element_info *info);
/* Puts what was seen of its medium into a record under edit. */
void element_take_info(struct change *c, struct element_record *r, const replsvc_backend_info *info);

#endif
