/* SPDX-License-Identifier: BSD-2-Clause */
/* Pools: the places where elements are made. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "object.h"

static void describe(struct out *o, const replsvc_pool_info *info)
{
    out_object(o, NULL);
    out_string(o, "id", info->id);
    out_string(o, "name", info->name);
    out_string(o, "locator", info->locator);
    out_bytes(o, "total_managed_space", info->total_managed_space);
    out_bytes(o, "remaining_managed_space", info->remaining_managed_space);
    out_number(o, "elements", info->element_count);
    out_object_end(o);
}

static int show(struct cli *cli, const replsvc_pool_ref *ref)
{
    struct out o = {.json = cli->json};
    replsvc_pool_info info = {.size = sizeof(info)};
    uint32_t ret = replsvc_pool_get_info(cli->service, ref, &info);
    if (ret != 0)
        return call_failed(cli, ret, "look at pool `%s`", ref->id);
    describe(&o, &info);
    out_end(&o);
    return 0;
}

static int pool_add(struct cli *cli, const struct args *args)
{
    replsvc_pool_options options = {.size = sizeof(options)};
    replsvc_pool_ref ref;
    const char *format = args_value(args, "format");
    if (args_size(args, "limit", &options.space_limit))
        return CLI_USAGE;
    snprintf(options.format, sizeof(options.format), "%s", format != NULL ? format : "");
    char *locator = locator_of(args->words[1]);
    if (locator == NULL)
        return usage_error("out of memory");
    uint32_t ret = replsvc_pool_register(cli->service, args->words[0], locator, &options, &ref);
    int status = ret != 0 ? call_failed(cli, ret, "register %s as pool `%s`", locator, args->words[0]) : 0;
    free(locator);
    return status == 0 && cli->json ? show(cli, &ref) : status;
}

static void list_one(struct cli *cli, const void *ref, struct out *o, struct table *t)
{
    replsvc_pool_info info = {.size = sizeof(info)};
    char count[24];
    if (replsvc_pool_get_info(cli->service, ref, &info) != 0)
        return;
    if (t == NULL) {
        describe(o, &info);
        return;
    }
    snprintf(count, sizeof(count), "%llu", (unsigned long long)info.element_count);
    table_cell(t, info.name);
    table_cell(t, text_bytes(info.total_managed_space));
    table_cell(t, text_bytes(info.remaining_managed_space));
    table_cell(t, count);
    table_cell(t, info.locator);
}

static int pool_list(struct cli *cli, const struct args *args)
{
    static const char *const headings[] = {"NAME", "TOTAL", "FREE", "ELEMENTS", "LOCATOR"};
    (void)args;
    replsvc_pool_ref *refs = NULL;
    size_t n = 0;
    uint32_t ret = replsvc_pool_list(cli->service, &refs, &n);
    return print_list(cli, ret, "pools", refs, n, headings, 5, list_one);
}

static int pool_show(struct cli *cli, const struct args *args)
{
    replsvc_pool_ref ref;
    int bad = find_pool(cli, args->words[0], &ref);
    return bad ? bad : show(cli, &ref);
}

static int pool_remove(struct cli *cli, const struct args *args)
{
    replsvc_pool_ref ref;
    int bad = find_pool(cli, args->words[0], &ref);
    if (bad)
        return bad;
    uint32_t ret = replsvc_pool_unregister(cli->service, &ref);
    return ret != 0 ? call_failed(cli, ret, "remove pool `%s`", args->words[0]) : 0;
}

static const struct option_spec add_options[] = {
    {"limit", "SIZE", "how much its elements may take together; default: what the medium has", WORD_ANY},
    {"format", "FORMAT", "kind of image of its elements; default: file", WORD_ANY},
    {NULL, NULL, NULL, WORD_ANY},
};

const struct command pool_commands[] = {
    {"pool add",
     "NAME LOCATOR",
     2,
     2,
     "Make a directory, or a list of devices, known as a pool",
     add_options,
     pool_add,
     false,
     {WORD_ANY, WORD_FILE},
     "Examples:\n  replsvc pool add main file:/srv/replicas --limit 500G\n"
     "  replsvc pool add disks block:/dev/disk/by-id/a,/dev/disk/by-id/b"},
    {"pool list",
     "",
     0,
     0,
     "List the pools",
     NULL,
     pool_list,
     false,
     {WORD_ANY, WORD_ANY},
     "Example:\n  replsvc pool list"},
    {"pool show",
     "POOL",
     1,
     1,
     "Show the properties of a pool",
     NULL,
     pool_show,
     false,
     {WORD_POOL, WORD_POOL},
     "Example:\n  replsvc pool show main"},
    {"pool remove",
     "POOL",
     1,
     1,
     "Forget a pool in which no elements are",
     NULL,
     pool_remove,
     false,
     {WORD_POOL, WORD_POOL},
     "Example:\n  replsvc pool remove main"},
    {0},
};
