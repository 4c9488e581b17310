/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Counters of elements, relationships and the service. An element or relationship keeps its counters from its
 * first use until it goes; the engine counts in them while it has the thing open. Nothing here waits for I/O.
 */
#ifndef RSVC_SERVICE_STATISTICS_H
#define RSVC_SERVICE_STATISTICS_H

#include <replsvc/statistics.h>

#include "service/service.h"

/* A volume that was just got for the element counts where the element keeps its counters. `change` is held.
 */
void element_keep_counters(struct element *e, struct volume *v);
/* The counters of the relationship for the engine, made at the first need; NULL: no memory, the engine counts
 * by itself. `change` is held. */
struct sync_statistics *relationship_counters(struct relationship *s);

uint32_t element_get_statistics(struct replsvc_service *svc, const replsvc_element_ref *element,
                                replsvc_element_statistics *statistics);
uint32_t sync_get_statistics(struct replsvc_service *svc, const replsvc_sync_ref *sync,
                             replsvc_sync_statistics *statistics);
uint32_t service_get_statistics(struct replsvc_service *svc, replsvc_service_statistics *statistics);

#endif
