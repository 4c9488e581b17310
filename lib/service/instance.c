/* SPDX-License-Identifier: BSD-2-Clause */
/* Embedded instances as parameters; see instance.h. */
#include "service/instance.h"

#include <errno.h>
#include <string.h>

#include "util/fail.h"

#define TEXT_MAX 4096u /* bytes of any one property that is kept, the NUL included */

uint32_t instance_parse(const char *text, const char *parameter, struct embedded *instance)
{
    struct embedded_error error;
    memset(instance, 0, sizeof *instance);
    if (!text || !*text)
        return svc_fail(REPLSVC_INVALID_PARAMETER, 0, parameter, "%s: an embedded instance is required",
                        parameter);
    int r = embedded_parse(text, instance, &error);
    if (r == -ENOMEM)
        return svc_fail(REPLSVC_FAILED, ENOMEM, NULL, "%s: cannot be read", parameter);
    return r ? svc_fail(REPLSVC_INVALID_PARAMETER, 0, parameter, "%s: at byte %zu: %s", parameter,
                        error.position, error.reason)
             : REPLSVC_OK;
}

uint32_t instance_text(const struct embedded *instance, const char *property, const char *parameter,
                       const char **value)
{
    const struct embedded_property *p = embedded_find(instance, property);
    *value = "";
    if (!p || p->kind == EMBEDDED_NULL)
        return REPLSVC_OK;
    if (p->kind != EMBEDDED_STRING || p->array || p->n != 1)
        return svc_fail(REPLSVC_INVALID_PARAMETER, 0, parameter, "%s: %s is to be one string", parameter,
                        property);
    if (strlen(p->values[0]) >= TEXT_MAX)
        return svc_fail(REPLSVC_INVALID_PARAMETER, 0, parameter, "%s: %s is longer than %u bytes", parameter,
                        property, TEXT_MAX - 1);
    *value = p->values[0];
    return REPLSVC_OK;
}

uint32_t instance_u16(const struct embedded *instance, const char *property, const char *parameter,
                      uint16_t *value)
{
    const struct embedded_property *p = embedded_find(instance, property);
    uint64_t number = 0;
    *value = 0;
    if (p && p->kind != EMBEDDED_NULL &&
        (p->kind != EMBEDDED_NUMBER || p->array || p->n != 1 || embedded_u64(p, 0, &number) ||
         number > UINT16_MAX))
        return svc_fail(REPLSVC_INVALID_PARAMETER, 0, parameter, "%s: %s is to be one uint16", parameter,
                        property);
    *value = (uint16_t)number;
    return REPLSVC_OK;
}

uint32_t instance_bool(const struct embedded *instance, const char *property, const char *parameter,
                       replsvc_opt_bool *value)
{
    const struct embedded_property *p = embedded_find(instance, property);
    bool is = false;
    *value = REPLSVC_BOOL_ABSENT;
    if (!p || p->kind == EMBEDDED_NULL)
        return REPLSVC_OK;
    if (p->array || p->n != 1 || embedded_bool(p, 0, &is))
        return svc_fail(REPLSVC_INVALID_PARAMETER, 0, parameter, "%s: %s is to be one boolean", parameter,
                        property);
    *value = is ? REPLSVC_BOOL_TRUE : REPLSVC_BOOL_FALSE;
    return REPLSVC_OK;
}

uint32_t instance_check_namespace(const char *instance_namespace)
{
    if (instance_namespace && strnlen(instance_namespace, REPLSVC_NAME_SIZE) == REPLSVC_NAME_SIZE)
        return svc_fail(REPLSVC_INVALID_PARAMETER, 0, "InstanceNamespace",
                        "InstanceNamespace: is longer than %d bytes", REPLSVC_NAME_SIZE - 1);
    return REPLSVC_OK;
}
