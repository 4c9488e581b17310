/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Embedded instances that come as parameters of methods: what all of them check alike. Messages name the
 * parameter and the property, and never hold text of the instance, since a secret may be in it.
 */
#ifndef RSVC_SERVICE_INSTANCE_H
#define RSVC_SERVICE_INSTANCE_H

#include "service/embedded.h"

/* Every function returns 0 or Invalid Parameter (parse: or Failed), with an error left. */

/* instance is to be cleared (embedded_clear) in any case. */
uint32_t instance_parse(const char *text, const char *parameter, struct embedded *instance);
/* *value is "" when it is absent, else points into the instance. */
uint32_t instance_text(const struct embedded *instance, const char *property, const char *parameter,
                       const char **value);
/* Absent is 0. */
uint32_t instance_u16(const struct embedded *instance, const char *property, const char *parameter,
                      uint16_t *value);
uint32_t instance_bool(const struct embedded *instance, const char *property, const char *parameter,
                       replsvc_opt_bool *value);
/* The InstanceNamespace parameter; may be NULL. */
uint32_t instance_check_namespace(const char *instance_namespace);

#endif
