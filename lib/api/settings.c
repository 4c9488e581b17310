/* SPDX-License-Identifier: BSD-2-Clause */
/* replsvc_replication_settings_format and _parse: CIM_ReplicationSettingData as C struct and as text. */
#include <errno.h>
#include <string.h>
#include <sys/param.h>

#include "service/settings.h"
#include "util/alloc.h"
#include "util/fail.h"

/* Before fields are read or written the struct must at least hold its first property. */
#define LEAST (uint32_t)(offsetof(replsvc_replication_settings, pairing) + sizeof(uint16_t))

static uint32_t check_size(uint32_t size)
{
    if (size < LEAST)
        return svc_fail(REPLSVC_INVALID_PARAMETER, 0, "settings", "size is to be that of the struct, not %u",
                        size);
    return REPLSVC_OK;
}

/* What the parser would refuse is not written. */
static uint32_t check_values(const replsvc_replication_settings *s)
{
    size_t n;
    const struct setting_property *table = settings_table(&n);
    for (size_t i = 0; i < n; i++) {
        uint64_t v;
        if (!settings_get(s, &table[i], &v))
            continue;
        if (table[i].type == SETTING_U16 && table[i].values != 0 &&
            (v > 31 || (table[i].values >> v & 1) == 0))
            return svc_fail(REPLSVC_INVALID_PARAMETER, 0, table[i].name, "%s has no value %u", table[i].name,
                            (unsigned)v);
        if (table[i].type == SETTING_INTERVAL && (int64_t)v < 0)
            return svc_fail(REPLSVC_INVALID_PARAMETER, 0, table[i].name, "%s cannot be negative",
                            table[i].name);
    }
    return REPLSVC_OK;
}

uint32_t replsvc_replication_settings_format(const replsvc_replication_settings *settings,
                                             enum replsvc_encoding encoding, char **text)
{
    svc_clear_error();
    if (settings == NULL || text == NULL)
        return svc_fail(REPLSVC_INVALID_PARAMETER, 0, settings == NULL ? "settings" : "text", "it is NULL");
    if (encoding != REPLSVC_ENCODING_MOF && encoding != REPLSVC_ENCODING_CIM_XML)
        return svc_fail(REPLSVC_INVALID_PARAMETER, 0, "encoding", "there is no encoding %d", (int)encoding);
    uint32_t ret = check_size(settings->size);
    if (ret != REPLSVC_OK)
        return ret;
    replsvc_replication_settings s = {0};
    memcpy(&s, settings, MIN(settings->size, (uint32_t)sizeof(s)));
    ret = check_values(&s);
    if (ret != REPLSVC_OK)
        return ret;
    char *made = settings_format(&s, encoding);
    if (made == NULL)
        return svc_fail(REPLSVC_FAILED, ENOMEM, NULL, "the settings could not be written");
    *text = made;
    return REPLSVC_OK;
}

uint32_t replsvc_replication_settings_parse(const char *text, replsvc_replication_settings *settings)
{
    svc_clear_error();
    if (text == NULL || settings == NULL)
        return svc_fail(REPLSVC_INVALID_PARAMETER, 0, text == NULL ? "text" : "settings", "it is NULL");
    uint32_t ret = check_size(settings->size);
    if (ret != REPLSVC_OK)
        return ret;
    if (*text == '\0')
        return svc_fail(REPLSVC_INVALID_PARAMETER, 0, "text", "byte 0: the text is empty");
    replsvc_replication_settings s;
    ret = settings_parse(text, "text", &s);
    if (ret != REPLSVC_OK)
        return ret;
    uint32_t size = settings->size;
    memset(settings, 0, size);
    memcpy(settings, &s, MIN(size, (uint32_t)sizeof(s)));
    settings->size = size;
    return REPLSVC_OK;
}
