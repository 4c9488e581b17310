/* SPDX-License-Identifier: BSD-2-Clause */
/* The properties of ReplicationSettingData by name, and reading them from the command line. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "cli.h"

static const struct value_name pairing_names[] = {
    {REPLSVC_PAIRING_INSTRUMENTATION_DECIDES, "instrumentation-decides"},
    {REPLSVC_PAIRING_EXACT_ORDER, "exact-order"},
    {REPLSVC_PAIRING_OPTIMUM, "optimum"},
    {0, NULL},
};

static const struct value_name unequal_groups_names[] = {
    {REPLSVC_UNEQUAL_GROUPS_ACTION_RETURN_AN_ERROR, "return-an-error"},
    {REPLSVC_UNEQUAL_GROUPS_ACTION_ALLOW_SOURCE_GROUP_TO_BE_LARGER, "allow-source-group-to-be-larger"},
    {REPLSVC_UNEQUAL_GROUPS_ACTION_ALLOW_TARGET_GROUP_TO_BE_LARGER, "allow-target-group-to-be-larger"},
    {0, NULL},
};

static const struct value_name unequal_lists_names[] = {
    {REPLSVC_UNEQUAL_LISTS_ACTION_RETURN_AN_ERROR, "return-an-error"},
    {REPLSVC_UNEQUAL_LISTS_ACTION_ALLOW_SOURCE_LIST_TO_BE_LARGER, "allow-source-list-to-be-larger"},
    {REPLSVC_UNEQUAL_LISTS_ACTION_ALLOW_TARGET_LIST_TO_BE_LARGER, "allow-target-list-to-be-larger"},
    {0, NULL},
};

static const struct value_name supplier_names[] = {
    {REPLSVC_TARGET_ELEMENT_SUPPLIER_USE_EXISTING, "use-existing"},
    {REPLSVC_TARGET_ELEMENT_SUPPLIER_CREATE_NEW, "create-new"},
    {REPLSVC_TARGET_ELEMENT_SUPPLIER_USE_AND_CREATE, "use-and-create"},
    {REPLSVC_TARGET_ELEMENT_SUPPLIER_INSTRUMENTATION_DECIDES, "instrumentation-decides"},
    {REPLSVC_TARGET_ELEMENT_SUPPLIER_CLIENT_MUST_SUPPLY, "client-must-supply"},
    {0, NULL},
};

static const struct value_name thin_names[] = {
    {REPLSVC_THIN_PROVISIONING_POLICY_COPY_THIN_SOURCE_TO_THIN_TARGET, "copy-thin-source-to-thin-target"},
    {REPLSVC_THIN_PROVISIONING_POLICY_COPY_THIN_SOURCE_TO_FULL_TARGET, "copy-thin-source-to-full-target"},
    {REPLSVC_THIN_PROVISIONING_POLICY_COPY_FULL_SOURCE_TO_THIN_TARGET, "copy-full-source-to-thin-target"},
    {REPLSVC_THIN_PROVISIONING_POLICY_PROVISIONING_OF_TARGET_SAME_AS_SOURCE,
     "provisioning-of-target-same-as-source"},
    {REPLSVC_THIN_PROVISIONING_POLICY_TARGET_POOL_DECIDES_PROVISIONING_OF_TARGET_ELEMENT,
     "target-pool-decides-provisioning-of-target-element"},
    {REPLSVC_THIN_PROVISIONING_POLICY_IMPLEMENTATION_DECIDES_PROVISIONING_OF_TARGET,
     "implementation-decides-provisioning-of-target"},
    {0, NULL},
};

static const struct value_name on_error_names[] = {
    {REPLSVC_ON_GROUP_OR_LIST_ERROR_CONTINUE, "continue"},
    {REPLSVC_ON_GROUP_OR_LIST_ERROR_STOP, "stop"},
    {0, NULL},
};

static const struct value_name read_only_names[] = {
    {REPLSVC_READ_ONLY_SYSTEMELEMENT, "systemelement"},
    {REPLSVC_READ_ONLY_SYNCEDELEMENT, "syncedelement"},
    {REPLSVC_READ_ONLY_BOTH, "both"},
    {0, NULL},
};

static const struct value_name compression_names[] = {
    {REPLSVC_STORAGE_COMPRESSION_POLICY_COMPRESSED_SOURCE_TO_COMPRESSED_TARGET,
     "compressed-source-to-compressed-target"},
    {REPLSVC_STORAGE_COMPRESSION_POLICY_COMPRESSED_SOURCE_TO_UNCOMPRESSED_TARGET,
     "compressed-source-to-uncompressed-target"},
    {REPLSVC_STORAGE_COMPRESSION_POLICY_UNCOMPRESSED_SOURCE_TO_COMPRESSED_TARGET,
     "uncompressed-source-to-compressed-target"},
    {REPLSVC_STORAGE_COMPRESSION_POLICY_COMPRESSION_OF_TARGET_SAME_AS_SOURCE,
     "compression-of-target-same-as-source"},
    {REPLSVC_STORAGE_COMPRESSION_POLICY_TARGET_POOL_DECIDES_COMPRESSION_OF_TARGET_ELEMENT,
     "target-pool-decides-compression-of-target-element"},
    {REPLSVC_STORAGE_COMPRESSION_POLICY_IMPLEMENTATION_DECIDES_COMPRESSION_OF_TARGET,
     "implementation-decides-compression-of-target"},
    {0, NULL},
};

static const struct value_name goal_names[] = {
    {REPLSVC_TARGET_ELEMENT_GOAL_IMPLEMENTATION_DECIDES, "implementation-decides"},
    {REPLSVC_TARGET_ELEMENT_GOAL_SAME_AS_SOURCE_ELEMENT, "same-as-source-element"},
    {0, NULL},
};

static const struct value_name pool_names[] = {
    {REPLSVC_TARGET_ELEMENT_RESOURCE_POOL_IMPLEMENTATION_DECIDES, "implementation-decides"},
    {REPLSVC_TARGET_ELEMENT_RESOURCE_POOL_SAME_AS_SOURCE_ELEMENT, "same-as-source-element"},
    {0, NULL},
};

/* The value in the struct is the CIM value + 1: 0 is a value of its own. */
static const struct value_name priority_names[] = {
    {REPLSVC_COPY_PRIORITY_NOT_MANAGED + 1, "not-managed"},
    {REPLSVC_COPY_PRIORITY_LOW + 1, "low"},
    {REPLSVC_COPY_PRIORITY_SAME + 1, "same"},
    {REPLSVC_COPY_PRIORITY_HIGH + 1, "high"},
    {REPLSVC_COPY_PRIORITY_URGENT + 1, "urgent"},
    {0, NULL},
};

enum property_type { ENUM16, NUMBER16, BOOLEAN, DURATION, NUMBER64 };

#define OFFSET(field) offsetof(replsvc_replication_settings, field)

static const struct property {
    const char *name;
    size_t offset;
    enum property_type type;
    const struct value_name *values;
} properties[] = {
    {"Pairing", OFFSET(pairing), ENUM16, pairing_names},
    {"UnequalGroupsAction", OFFSET(unequal_groups_action), ENUM16, unequal_groups_names},
    {"UnequalListsAction", OFFSET(unequal_lists_action), ENUM16, unequal_lists_names},
    {"DesiredCopyMethodology", OFFSET(desired_copy_methodology), ENUM16, methodology_names},
    {"TargetElementSupplier", OFFSET(target_element_supplier), ENUM16, supplier_names},
    {"ThinProvisioningPolicy", OFFSET(thin_provisioning_policy), ENUM16, thin_names},
    {"OnGroupOrListError", OFFSET(on_group_or_list_error), ENUM16, on_error_names},
    {"CopyRecoveryMode", OFFSET(copy_recovery_mode), ENUM16, recovery_mode_names},
    {"Multihop", OFFSET(multihop), NUMBER16, NULL},
    {"ReadOnly", OFFSET(read_only), ENUM16, read_only_names},
    {"StorageCompressionPolicy", OFFSET(storage_compression_policy), ENUM16, compression_names},
    {"TargetElementGoal", OFFSET(target_element_goal), ENUM16, goal_names},
    {"TargetElementResourcePool", OFFSET(target_element_resource_pool), ENUM16, pool_names},
    {"CopyPriority", OFFSET(copy_priority), ENUM16, priority_names},
    {"ConsistentPointInTime", OFFSET(consistent_point_in_time), BOOLEAN, NULL},
    {"FailedCopyStopsHostIO", OFFSET(failed_copy_stops_host_io), BOOLEAN, NULL},
    {"AutoDelete", OFFSET(auto_delete), BOOLEAN, NULL},
    {"ConsistencyExempt", OFFSET(consistency_exempt), BOOLEAN, NULL},
    {"ConsistentAsyncCopy", OFFSET(consistent_async_copy), BOOLEAN, NULL},
    {"DeltaUpdateInterval", OFFSET(delta_update_interval_us), DURATION, NULL},
    {"TimeBeforeRemoval", OFFSET(time_before_removal_us), DURATION, NULL},
    {"DesiredRPO", OFFSET(desired_rpo_us), DURATION, NULL},
    {"DeltaUpdateBlocks", OFFSET(delta_update_blocks), NUMBER64, NULL},
    {"MaximumSkew", OFFSET(maximum_skew), NUMBER64, NULL},
};
static const size_t n_properties = sizeof(properties) / sizeof(properties[0]);

const char *settings_name(size_t i)
{
    return i < n_properties ? properties[i].name : NULL;
}

/* "30s", "5m", "2h", "1d", or seconds. */
static bool parse_duration(const char *text, int64_t *microseconds)
{
    char *end;
    double number = strtod(text, &end);
    double scale = *end == 'm' ? 60 : *end == 'h' ? 3600 : *end == 'd' ? 86400 : 1;
    if (end == text || !(number >= 0) || number > 1e9 || strlen(end) > 1 ||
        (*end != '\0' && !strchr("smhd", *end)))
        return false;
    *microseconds = (int64_t)(number * scale * 1e6);
    return true;
}

static bool parse_enum(const struct property *p, const char *text, uint16_t *value)
{
    if (p->values != NULL && value_of(p->values, text, value))
        return true;
    char *end;
    unsigned long number = strtoul(text, &end, 10);
    bool ok = end != text && *end == '\0' && number <= UINT16_MAX && isdigit((unsigned char)text[0]);
    /* Numbers are the schema's, also where the struct holds another one. */
    *value = (uint16_t)(number + (ok && p->values == priority_names ? 1 : 0));
    return ok;
}

static int bad_value(const struct property *p, const char *text)
{
    char choice[512] = "";
    for (const struct value_name *v = p->values; v != NULL && v->name != NULL; v++)
        snprintf(choice + strlen(choice), sizeof(choice) - strlen(choice), " %s", v->name);
    const char *form = p->type == BOOLEAN    ? " yes or no"
                       : p->type == DURATION ? " a duration such as 30s, 5m, 2h"
                       : p->values == NULL   ? " a number"
                                             : choice;
    return usage_error("--set %s: `%s` is none of its values:%s", p->name, text, form);
}

int settings_set(replsvc_replication_settings *settings, const char *assignment)
{
    const char *equals = strchr(assignment, '=');
    size_t length = equals != NULL ? (size_t)(equals - assignment) : 0;
    for (size_t i = 0; equals != NULL && i < n_properties; i++) {
        const struct property *p = &properties[i];
        if (strlen(p->name) != length || strncasecmp(p->name, assignment, length) != 0)
            continue;
        const char *text = equals + 1;
        char *field = (char *)settings + p->offset;
        bool yes = strcmp(text, "yes") == 0 || strcmp(text, "true") == 0;
        uint16_t small;
        uint64_t number;
        int64_t duration;
        replsvc_opt_bool boolean = yes ? REPLSVC_BOOL_TRUE : REPLSVC_BOOL_FALSE;
        switch (p->type) {
        case ENUM16:
        case NUMBER16:
            if (!parse_enum(p, text, &small))
                return bad_value(p, text);
            memcpy(field, &small, sizeof(small));
            return 0;
        case BOOLEAN:
            if (!yes && strcmp(text, "no") != 0 && strcmp(text, "false") != 0)
                return bad_value(p, text);
            memcpy(field, &boolean, sizeof(boolean));
            return 0;
        case DURATION:
            if (!parse_duration(text, &duration))
                return bad_value(p, text);
            memcpy(field, &duration, sizeof(duration));
            return 0;
        case NUMBER64:
            if (parse_size(text, &number) != 0)
                return bad_value(p, text);
            memcpy(field, &number, sizeof(number));
            return 0;
        }
    }
    return usage_error("--set: `%s` is no PROPERTY=VALUE of ReplicationSettingData; the properties are in "
                       "replsvc(1)",
                       assignment);
}

static int read_settings(const char *path, char **text)
{
    enum { MOST = 64 * 1024 };
    FILE *f = strcmp(path, "-") == 0 ? stdin : fopen(path, "r");
    char *buffer = calloc(1, MOST + 1);
    size_t length = f != NULL && buffer != NULL ? fread(buffer, 1, MOST, f) : 0;
    bool bad = f == NULL || buffer == NULL || ferror(f) || length == MOST;
    if (f != NULL && f != stdin)
        fclose(f);
    if (bad) {
        free(buffer);
        return usage_error("--settings: %s cannot be read, or is too long", path);
    }
    *text = buffer;
    return 0;
}

int settings_from_args(const struct cli *cli, const struct args *args, char **text)
{
    replsvc_replication_settings settings = {.size = sizeof(settings)};
    const char *file = args_value(args, "settings"), *assignment;
    char *given = NULL;
    *text = NULL;
    if (file == NULL && !args_flag(args, "set"))
        return 0;
    if (file != NULL) {
        int bad = read_settings(file, &given);
        if (bad)
            return bad;
        uint32_t ret = replsvc_replication_settings_parse(given, &settings);
        free(given);
        if (ret != 0)
            return call_failed(cli, ret, "read the settings in %s", file);
    }
    for (int at = 0; (assignment = args_next(args, "set", &at)) != NULL;) {
        int bad = settings_set(&settings, assignment);
        if (bad)
            return bad;
    }
    uint32_t ret = replsvc_replication_settings_format(&settings, REPLSVC_ENCODING_MOF, text);
    return ret != 0 ? call_failed(cli, ret, "take these settings") : 0;
}
