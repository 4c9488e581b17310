/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * CIM_ReplicationSettingData: one table says of every property its name, type and values. Reading,
 * writing, and the capabilities that list supported values all go by it. A property that is absent is zero.
 */
#ifndef RSVC_SERVICE_SETTINGS_H
#define RSVC_SERVICE_SETTINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <replsvc/service.h>

enum setting_type { SETTING_U16, SETTING_U64, SETTING_BOOL, SETTING_INTERVAL };

struct setting_property {
    const char *name;
    enum setting_type type;
    uint16_t bias;   /* added to a U16 when kept, for a value map in which 0 means something */
    uint32_t values; /* U16: bit n: value n is in the value map */
    uint32_t offset; /* in replsvc_replication_settings */
    uint16_t number; /* REPLSVC_SETTING_PROPERTY_*; 0: it has none there */
};

const struct setting_property *settings_table(size_t *n);
/* The value as CIM numbers it; false: absent. */
bool settings_get(const replsvc_replication_settings *s, const struct setting_property *p, uint64_t *value);

/* text NULL or "": all absent. parameter: CIM name of the parameter that the text came in. */
uint32_t settings_parse(const char *text, const char *parameter, replsvc_replication_settings *s);
/* mem_free; NULL: no memory. */
char *settings_format(const replsvc_replication_settings *s, enum replsvc_encoding encoding);

#endif
