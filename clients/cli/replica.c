/* SPDX-License-Identifier: BSD-2-Clause */
/* Relationships: creating them of elements, lists and groups, and looking at them. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "object.h"

/* ---- creating ---- */

/* What `replica create` was asked for, as references. */
struct request {
    const char *name;
    uint16_t type, mode, consistency, wait;
    uint64_t count;
    char *settings;
    bool has_goal, has_pool, has_target_group;
    replsvc_setting_ref goal;
    replsvc_pool_ref pool;
    replsvc_group_ref target_group;
    replsvc_element_ref *sources, *targets;
    int n_sources, n_targets;
    const char *group; /* the source group's name, or NULL */
    replsvc_group_ref source_group;
};

static int read_kind(const struct args *args, struct request *r)
{
    const char *type = args_value(args, "type"), *mode = args_value(args, "mode");
    const char *consistency = args_value(args, "consistency");
    if (type == NULL)
        return usage_error("`replsvc replica create` needs --type clone, snapshot or mirror");
    if (!value_of(sync_type_names, type, &r->type))
        return usage_error("--type: clone, snapshot or mirror, not `%s`", type);
    if (mode != NULL && !value_of(mode_names, mode, &r->mode))
        return usage_error("--mode: synchronous, asynchronous or adaptive, not `%s`", mode);
    if (args_flag(args, "consistent"))
        r->consistency = REPLSVC_CONSISTENCY_SEQUENTIAL_CONSISTENCY;
    if (consistency != NULL && !value_of(consistency_names, consistency, &r->consistency))
        return usage_error("--consistency: none or sequential, not `%s`", consistency);
    return wait_from_args(args, &r->wait);
}

static int read_goal(struct cli *cli, const struct args *args, struct request *r)
{
    replsvc_setting_goal goal = {.size = sizeof(goal), .preallocate = args_flag(args, "preallocate")};
    const char *format = args_value(args, "format");
    if (args_size(args, "block-size", &goal.block_size))
        return CLI_USAGE;
    if (format == NULL && !goal.preallocate && goal.block_size == 0)
        return 0;
    snprintf(goal.format, sizeof(goal.format), "%s", format != NULL ? format : "");
    uint32_t ret = replsvc_setting_create(cli->service, &goal, &r->goal);
    r->has_goal = ret == 0;
    return ret != 0 ? call_failed(cli, ret, "take this goal for the targets") : 0;
}

static int read_targets(struct cli *cli, const struct args *args, struct request *r)
{
    const char *name;
    r->targets = calloc((size_t)args->n_options + 1, sizeof(*r->targets));
    if (r->targets == NULL)
        return usage_error("out of memory");
    for (int at = 0; (name = args_next(args, "target", &at)) != NULL; r->n_targets++) {
        int bad = find_element(cli, name, &r->targets[r->n_targets]);
        if (bad)
            return bad;
    }
    return 0;
}

static int read_request(struct cli *cli, const struct args *args, struct request *r)
{
    const char *pool = args_value(args, "pool"), *target_group = args_value(args, "target-group");
    *r = (struct request){
        .name = args_value(args, "name"), .group = args_value(args, "group"), .n_sources = args->n_words};
    int bad = read_kind(args, r);
    if (!bad && (r->group != NULL) == (args->n_words > 0))
        bad = usage_error("`replsvc replica create` needs either elements or --group GROUP");
    if (!bad)
        bad = args_size(args, "count", &r->count);
    if (!bad)
        bad = settings_from_args(cli, args, &r->settings);
    if (!bad && r->group != NULL)
        bad = find_group(cli, r->group, &r->source_group);
    if (!bad)
        bad = find_elements(cli, args->words, args->n_words, &r->sources);
    if (!bad)
        bad = read_targets(cli, args, r);
    if (!bad && target_group != NULL) {
        bad = find_group(cli, target_group, &r->target_group);
        r->has_target_group = true;
    }
    if (!bad && pool != NULL) {
        bad = find_pool(cli, pool, &r->pool);
        r->has_pool = true;
    }
    if (!bad && r->n_targets > 0 && (r->group != NULL || r->n_targets != r->n_sources))
        bad = usage_error("give one --target for each element, or --target-group for a group");
    return bad ? bad : read_goal(cli, args, r);
}

/* Which of the methods serves the request: a group (or one element several times), one element, a list. */
static uint32_t call_method(struct cli *cli, struct request *r, replsvc_job_ref *job, replsvc_sync_ref *sync)
{
    const replsvc_setting_ref *goal = r->has_goal ? &r->goal : NULL;
    const replsvc_pool_ref *pool = r->has_pool ? &r->pool : NULL;
    if (r->group != NULL || r->count != 0 || r->has_target_group)
        return replsvc_create_group_replica(
            cli->service, r->name, r->type, r->mode, r->group != NULL ? &r->source_group : NULL,
            r->group != NULL ? NULL : &r->sources[0], NULL, &r->target_group, r->count, NULL, r->consistency,
            r->settings, job, sync, goal, pool, r->wait);
    if (r->n_sources == 1)
        return replsvc_create_element_replica(cli->service, r->name, r->type, r->mode, &r->sources[0], NULL,
                                              &r->targets[0], NULL, r->settings, job, sync, goal, pool,
                                              r->wait, NULL, NULL, 0);
    replsvc_sync_ref *syncs = NULL;
    size_t n = 0;
    uint32_t ret = replsvc_create_list_replica(
        cli->service, NULL, 0, r->type, r->mode, r->sources, (size_t)r->n_sources, NULL,
        r->n_targets > 0 ? r->targets : NULL, (size_t)r->n_targets, NULL, r->settings, job, &syncs, &n, goal,
        pool, r->wait, NULL, r->consistency, NULL, 0);
    if (n > 0)
        *sync = syncs[0];
    replsvc_free(syncs);
    return ret;
}

static int replica_create(struct cli *cli, const struct args *args)
{
    struct request r;
    replsvc_job_ref job = {""};
    replsvc_sync_ref sync = {""};
    int status = read_request(cli, args, &r);
    if (status == 0) {
        char what[512];
        snprintf(what, sizeof(what), "create %s of %s%s", name_of(sync_type_names, r.type),
                 r.group != NULL ? r.group : args->words[0], r.group == NULL && r.n_sources > 1 ? " …" : "");
        uint32_t ret = call_method(cli, &r, &job, &sync);
        status = finish_job(cli, args, ret, &job, what);
    }
    if (status == 0 && cli->json) {
        struct out o = {.json = true};
        out_object(&o, NULL);
        out_string(&o, "synchronization", sync.id);
        out_string(&o, "job", job.id);
        out_object_end(&o);
        out_end(&o);
    }
    if (r.has_goal)
        replsvc_setting_delete(cli->service, &r.goal);
    replsvc_free(r.settings);
    free(r.sources);
    free(r.targets);
    return status;
}

/* ---- looking ---- */

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

/* A group relationship is followed by its pairs, indented. */
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

static int replica_list(struct cli *cli, const struct args *args)
{
    (void)args;
    replsvc_sync_ref *refs;
    size_t n;
    uint32_t ret = replsvc_sync_list(cli->service, &refs, &n);
    if (ret != 0)
        return call_failed(cli, ret, "list the relationships");
    static const char *const headings[] = {"NAME", "TYPE", "SOURCE -> TARGET", "STATE", "STATUS", "SYNCED"};
    struct out o = {.json = cli->json};
    struct table *t = cli->json ? NULL : table_new(headings, 6);
    if (cli->json)
        out_list(&o, NULL);
    for (size_t i = 0; i < n; i++) {
        replsvc_sync_info info = {.size = sizeof(info)};
        if (replsvc_sync_get_info(cli->service, &refs[i], &info) != 0)
            continue;
        if (cli->json) {
            describe(cli, &o, &info);
            out_object_end(&o);
        } else if (info.group_synchronization[0] == '\0') {
            table_row(cli, t, &info, "");
            if (info.is_group)
                table_group(cli, t, &refs[i]);
        }
    }
    if (cli->json)
        out_list_end(&o);
    else
        table_print(t);
    out_end(&o);
    replsvc_free(refs);
    return 0;
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

static const struct option_spec create_options[] = {
    {"type", "TYPE", "clone, snapshot or mirror (required)", WORD_SYNC_TYPE},
    {"mode", "MODE", "of a mirror: synchronous, asynchronous or adaptive", WORD_MODE},
    {"group", "GROUP", "copy this group instead of elements", WORD_GROUP},
    {"name", "NAME", "of the relationship (a group) or the target (an element)", WORD_ANY},
    {"target", "ELEMENT", "an existing target, once for each element", WORD_ELEMENT},
    {"target-group", "GROUP", "existing targets: the members of this group", WORD_GROUP},
    {"count", "N", "make N copies of one element", WORD_ANY},
    {"pool", "POOL", "where targets are made", WORD_POOL},
    {"format", "FORMAT", "kind of image of targets that are made", WORD_ANY},
    {"block-size", "SIZE", "allocation unit of targets that are made", WORD_ANY},
    {"preallocate", NULL, "allocate all of targets that are made", WORD_ANY},
    {"consistent", NULL, "one point in time for all members", WORD_ANY},
    {"consistency", "KIND", "none or sequential (the same as --consistent)", WORD_ANY},
    SETTINGS_OPTIONS,
    WAIT_OPTIONS,
    {NULL, NULL, NULL, WORD_ANY},
};
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
     create_options,
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
