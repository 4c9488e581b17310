/* SPDX-License-Identifier: BSD-2-Clause */
/* Relationships: creating them of elements, lists and groups. */
#include <stdio.h>
#include <stdlib.h>

#include "object.h"

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

int replica_create(struct cli *cli, const struct args *args)
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

const struct option_spec replica_create_options[] = {
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
