/* SPDX-License-Identifier: BSD-2-Clause */
/* Relationships: looking at them, comparing and limiting them (replica_create.c makes them). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "object.h"

/* A group relationship's ends are groups, but for the source of one-to-many copies. */
static const char *end_label(struct cli *cli, const replsvc_sync_info *info, const char *id)
{
    const char *label = info->is_group ? group_label(cli, id) : id;
    return strcmp(label, id) == 0 ? element_label(cli, id) : label;
}

static void describe(struct cli *cli, struct out *o, const replsvc_sync_info *info)
{
    out_object(o, NULL);
    out_string(o, "id", info->id);
    out_string(o, "name", info->name);
    out_bool(o, "group", info->is_group);
    out_string(o, "source", end_label(cli, info, info->system_element));
    out_string(o, "target", end_label(cli, info, info->synced_element));
    if (info->group_synchronization[0] != '\0')
        out_string(o, "part_of", replica_label(cli, info->group_synchronization));
    out_string(o, "sync_type", name_of(sync_type_names, info->sync_type));
    out_string(o, "mode", name_of(mode_names, info->mode));
    out_string(o, "copy_state", name_of(copy_state_names, info->copy_state));
    out_string(o, "requested_copy_state", name_of(copy_state_names, info->requested_copy_state));
    out_string(o, "progress_status", name_of(progress_status_names, info->progress_status));
    out_number(o, "percent_synced", info->percent_synced);
    out_string(o, "copy_methodology", name_of(methodology_names, info->copy_methodology));
    out_string(o, "copy_recovery_mode", name_of(recovery_mode_names, info->copy_recovery_mode));
    out_bool(o, "sync_maintained", info->sync_maintained);
    if (info->is_group) {
        out_bool(o, "consistency_enabled", info->consistency_enabled);
        out_string(o, "consistency_state", name_of(consistency_state_names, info->consistency_state));
        out_number(o, "pairs", info->member_count);
    }
    out_bytes(o, "bytes_total", info->bytes_total);
    out_bytes(o, "bytes_synced", info->bytes_synced);
    if (info->sync_type == REPLSVC_SYNC_TYPE_MIRROR) {
        out_bytes(o, "skew", info->skew);
        out_duration(o, "rpo", info->rpo_us);
    }
    out_time(o, "when_established", info->when_established);
    out_time(o, "when_point_in_time", info->when_point_in_time);
    out_time(o, "when_synced", info->when_synced);
    out_time(o, "when_suspended", info->when_suspended);
    out_duration(o, "cut_pause", info->cut_pause_us);
    if (info->error_message[0] != '\0')
        out_string(o, "error", info->error_message);
}

/* The operations that are legal now, as the words that `replsvc replica` takes. */
static void describe_operations(struct cli *cli, struct out *o, const replsvc_sync_ref *ref)
{
    uint16_t *operations = NULL, *controlling = NULL;
    bool *force = NULL, *updates = NULL;
    size_t n = 0, n_controlling = 0, n_force = 0, n_updates = 0;
    if (replsvc_get_supported_operations_for_synchronization(cli->service, ref, NULL, &operations, &n,
                                                             &controlling, &n_controlling, &force, &n_force,
                                                             &updates, &n_updates) != 0)
        return;
    out_list(o, "allowed_now");
    for (size_t i = 0; i < n; i++) {
        char text[64];
        snprintf(text, sizeof(text), "%s%s", name_of(operation_names, operations[i]),
                 i < n_force && force[i] ? " (with --force)" : "");
        out_string(o, NULL, text);
    }
    out_list_end(o);
    replsvc_free(operations);
    replsvc_free(controlling);
    replsvc_free(force);
    replsvc_free(updates);
}

static int replica_show(struct cli *cli, const struct args *args)
{
    struct out o = {.json = cli->json};
    replsvc_sync_ref ref, *pairs = NULL;
    replsvc_sync_info info = {.size = sizeof(info)};
    size_t n = 0;
    int bad = find_replica(cli, args->words[0], &ref);
    if (bad)
        return bad;
    uint32_t ret = replsvc_sync_get_info(cli->service, &ref, &info);
    if (ret == 0 && info.is_group)
        ret = replsvc_sync_get_pairs(cli->service, &ref, &pairs, &n);
    if (ret != 0)
        return call_failed(cli, ret, "look at relationship `%s`", args->words[0]);
    describe(cli, &o, &info);
    describe_operations(cli, &o, &ref);
    if (info.is_group) {
        out_list(&o, "members");
        for (size_t i = 0; i < n; i++) {
            replsvc_sync_info pair = {.size = sizeof(pair)};
            if (replsvc_sync_get_info(cli->service, &pairs[i], &pair) == 0) {
                describe(cli, &o, &pair);
                out_object_end(&o);
            }
        }
        out_list_end(&o);
    }
    out_object_end(&o);
    out_end(&o);
    replsvc_free(pairs);
    return 0;
}

static void table_row(struct cli *cli, struct table *t, const replsvc_sync_info *info, const char *indent)
{
    char name[REPLSVC_NAME_SIZE + 4], ends[2 * REPLSVC_NAME_SIZE + 8], percent[64];
    snprintf(name, sizeof(name), "%s%s", indent, info->name[0] != '\0' ? info->name : info->id);
    snprintf(ends, sizeof(ends), "%s -> %s", end_label(cli, info, info->system_element),
             end_label(cli, info, info->synced_element));
    snprintf(percent, sizeof(percent), "%s %3u%%", text_bar(info->percent_synced), info->percent_synced);
    table_cell(t, name);
    table_cell(t, name_of(sync_type_names, info->sync_type));
    table_cell(t, ends);
    table_cell(t, name_of(copy_state_names, info->copy_state));
    table_cell(t, name_of(progress_status_names, info->progress_status));
    table_cell(t, percent);
}

/* The pairs, indented. */
static void table_group(struct cli *cli, struct table *t, const replsvc_sync_ref *ref)
{
    replsvc_sync_ref *pairs;
    size_t n;
    if (replsvc_sync_get_pairs(cli->service, ref, &pairs, &n) != 0)
        return;
    for (size_t i = 0; i < n; i++) {
        replsvc_sync_info info = {.size = sizeof(info)};
        if (replsvc_sync_get_info(cli->service, &pairs[i], &info) == 0)
            table_row(cli, t, &info, "  ");
    }
    replsvc_free(pairs);
}

/* A group relationship is followed by its pairs. */
static void list_one(struct cli *cli, const void *ref, struct out *o, struct table *t)
{
    replsvc_sync_info info = {.size = sizeof(info)};
    if (replsvc_sync_get_info(cli->service, ref, &info) != 0)
        return;
    if (t == NULL) {
        describe(cli, o, &info);
        out_object_end(o);
    } else if (info.group_synchronization[0] == '\0') {
        table_row(cli, t, &info, "");
        if (info.is_group)
            table_group(cli, t, ref);
    }
}

static int replica_list(struct cli *cli, const struct args *args)
{
    static const char *const headings[] = {"NAME", "TYPE", "SOURCE -> TARGET", "STATE", "STATUS", "SYNCED"};
    (void)args;
    replsvc_sync_ref *refs = NULL;
    size_t n = 0;
    uint32_t ret = replsvc_sync_list(cli->service, &refs, &n);
    return print_list(cli, ret, "relationships", refs, n, headings, 6, list_one);
}

static int replica_limit(struct cli *cli, const struct args *args)
{
    replsvc_sync_ref ref;
    uint64_t rate = 0;
    if (strcmp(args->words[1], "none") != 0 && parse_size(args->words[1], &rate) != 0)
        return usage_error("`%s` is no rate; write 50M (bytes per second) or none", args->words[1]);
    int bad = find_replica(cli, args->words[0], &ref);
    if (bad)
        return bad;
    uint32_t ret = replsvc_sync_set_limit(cli->service, &ref, rate);
    return ret != 0 ? call_failed(cli, ret, "limit `%s`", args->words[0]) : 0;
}

static int replica_verify(struct cli *cli, const struct args *args)
{
    replsvc_sync_ref ref;
    replsvc_job_ref job = {""};
    char what[512];
    int bad = find_replica(cli, args->words[0], &ref);
    if (bad)
        return bad;
    snprintf(what, sizeof(what), "verify %s", args->words[0]);
    uint32_t ret = replsvc_confirm_target_data(cli->service, &ref, NULL, NULL, NULL, &job, NULL, 0);
    return finish_job(cli, args, ret, &job, what);
}

static const struct option_spec verify_options[] = {
    {"no-wait", NULL, "leave the work to whoever opens the state directory next", WORD_ANY},
    {NULL, NULL, NULL, WORD_ANY},
};

const struct command replica_commands[] = {
    {"replica create",
     "[ELEMENT…]",
     0,
     -1,
     "Copy elements or a group: a clone, a snapshot or a mirror",
     replica_create_options,
     replica_create,
     false,
     {WORD_ELEMENT, WORD_ELEMENT},
     "Targets that do not exist are made in a pool and named after the relationship (`NAME_n`).\n"
     "\nExamples:\n"
     "  replsvc replica create web --type clone --name web.copy --pool main\n"
     "  replsvc replica create --group shop --type snapshot --consistent --name monday --pool main\n"
     "  replsvc replica create --group shop --target-group shop2 --type clone --name moved\n"
     "  replsvc replica create web --count 3 --type clone --name lab --pool main"},
    {"replica list",
     "",
     0,
     0,
     "List the relationships with their states",
     NULL,
     replica_list,
     false,
     {WORD_ANY, WORD_ANY},
     "Example:\n  replsvc replica list --json"},
    {"replica show",
     "REPLICA",
     1,
     1,
     "Show a relationship, its pairs and what is allowed in its state",
     NULL,
     replica_show,
     false,
     {WORD_REPLICA, WORD_REPLICA},
     "REPLICA is the relationship's name or id, or the element that is its target.\n"
     "\nExample:\n  replsvc replica show monday"},
    {"replica verify",
     "REPLICA",
     1,
     1,
     "Compare the target with what it should hold",
     verify_options,
     replica_verify,
     false,
     {WORD_REPLICA, WORD_REPLICA},
     "This version of the library does not serve it yet and answers Not Supported.\n"
     "\nExample:\n  replsvc replica verify moved"},
    {"replica limit",
     "REPLICA RATE",
     2,
     2,
     "Bound the bytes per second of background work",
     NULL,
     replica_limit,
     false,
     {WORD_REPLICA, WORD_ANY},
     "Example:\n  replsvc replica limit moved 50M"},
    {0},
};
