/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the methods of CIM_ReplicationServiceCapabilities have in common: each asks for a type of replication
 * and hands lists out. Outputs that are not wanted may be NULL; nothing is set on failure.
 */
#ifndef RSVC_API_CAPABILITIES_H
#define RSVC_API_CAPABILITIES_H

#include "api/api.h"
#include "service/capabilities.h"

/* What every question has; operation and copy_state: 0 = not asked about. */
struct question {
    replsvc_service *service;
    uint16_t type;
    const char *settings;
    uint16_t operation, copy_state;
};
/* Checks it, parameter by parameter. */
uint32_t question_enter(const struct question *q, struct replication_kind *kind);

/* A list for the caller; nothing if it is not wanted or empty. */
uint32_t give(const void *values, size_t n, size_t size, void *list, size_t *n_list);
uint32_t give_values(const struct capability_list *l, uint16_t **list, size_t *n);
/* Of lists that belong together: when one cannot be given, those before are taken back. */
void take_back(void *list);

/* A question whose answer does not depend on more than its being a good one. */
uint32_t answer(const struct question *q, const uint16_t values[], size_t n, uint16_t **list, size_t *n_list);
/* A question whose answer is collected. */
uint32_t answer_by(const struct question *q,
                   void (*collect)(const struct replication_kind *kind, struct capability_list *list),
                   uint16_t **list, size_t *n_list);

uint32_t answer_no_memory(void);
uint32_t answer_none_here(const char *what);

#endif
