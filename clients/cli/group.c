/* SPDX-License-Identifier: BSD-2-Clause */
/* Groups: CreateGroup, DeleteGroup, AddMembers, RemoveMembers. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "object.h"

/* Every relationship that an element is an end of, as `-> target (state)` or `<- source (state)`. */
static void at_a_glance(struct cli *cli, const char *id, const replsvc_sync_ref syncs[], size_t n, char *text,
                        size_t size)
{
    int used = snprintf(text, size, "%s", element_label(cli, id));
    for (size_t i = 0; i < n; i++) {
        replsvc_sync_info info = {.size = sizeof(info)};
        if (replsvc_sync_get_info(cli->service, &syncs[i], &info) != 0 || info.is_group)
            continue;
        bool source = strcmp(info.system_element, id) == 0, target = strcmp(info.synced_element, id) == 0;
        if ((!source && !target) || used < 0 || (size_t)used >= size)
            continue;
        used +=
            snprintf(text + used, size - (size_t)used, "  %s %s (%s, %s)", source ? "->" : "<-",
                     element_label(cli, source ? info.synced_element : info.system_element),
                     name_of(sync_type_names, info.sync_type), name_of(copy_state_names, info.copy_state));
    }
}

/* The members: names for programs, for people with what they are part of. */
static void describe_members(struct cli *cli, struct out *o, const replsvc_element_ref members[], size_t n)
{
    replsvc_sync_ref *syncs = NULL;
    size_t n_syncs = 0;
    char text[2048];
    if (!cli->json && replsvc_sync_list(cli->service, &syncs, &n_syncs) != 0)
        n_syncs = 0;
    out_list(o, "members");
    for (size_t i = 0; i < n; i++) {
        at_a_glance(cli, members[i].id, syncs, n_syncs, text, sizeof(text));
        out_string(o, NULL, text);
    }
    out_list_end(o);
    replsvc_free(syncs);
}

/* The relationships of the group as a whole, with how far they are; for people. */
static void describe_relationships(struct cli *cli, struct out *o, const char *id)
{
    replsvc_sync_ref *syncs = NULL;
    size_t n = 0;
    if (cli->json || replsvc_sync_list(cli->service, &syncs, &n) != 0)
        return;
    bool any = false;
    for (size_t i = 0; i < n; i++) {
        replsvc_sync_info info = {.size = sizeof(info)};
        char text[2 * REPLSVC_NAME_SIZE + 128];
        if (replsvc_sync_get_info(cli->service, &syncs[i], &info) != 0 || !info.is_group)
            continue;
        bool source = strcmp(info.system_element, id) == 0;
        if (!source && strcmp(info.synced_element, id) != 0)
            continue;
        snprintf(text, sizeof(text), "%s %s %s  %s, %s %s %u%%", info.name, source ? "->" : "<-",
                 group_label(cli, source ? info.synced_element : info.system_element),
                 name_of(sync_type_names, info.sync_type), name_of(copy_state_names, info.copy_state),
                 text_bar(info.percent_synced), info.percent_synced);
        if (!any)
            out_list(o, "relationships");
        any = true;
        out_string(o, NULL, text);
    }
    if (any)
        out_list_end(o);
    replsvc_free(syncs);
}

static int describe(struct cli *cli, struct out *o, const replsvc_group_ref *ref)
{
    replsvc_group_info info = {.size = sizeof(info)};
    replsvc_element_ref *members;
    size_t n;
    uint32_t ret = replsvc_group_get_info(cli->service, ref, &info);
    if (ret == 0)
        ret = replsvc_group_get_members(cli->service, ref, &members, &n);
    if (ret != 0)
        return call_failed(cli, ret, "look at group `%s`", ref->id);
    out_object(o, NULL);
    out_string(o, "id", info.id);
    out_string(o, "name", info.name);
    out_bool(o, "persistent", info.persistent);
    out_bool(o, "delete_on_empty_element", info.delete_on_empty_element);
    out_bool(o, "delete_on_unassociated", info.delete_on_unassociated);
    out_bool(o, "consistent_point_in_time", info.consistent_point_in_time);
    out_duration(o, "last_cut_pause", info.last_cut_pause_us);
    out_duration(o, "max_cut_pause", info.max_cut_pause_us);
    describe_relationships(cli, o, info.id);
    describe_members(cli, o, members, n);
    out_object_end(o);
    replsvc_free(members);
    return 0;
}

static int group_create(struct cli *cli, const struct args *args)
{
    replsvc_opt_bool persistent = 0, on_empty = 0, on_unassociated = 0;
    replsvc_element_ref *members = NULL;
    replsvc_group_ref ref;
    char *settings = NULL;
    struct out o = {.json = cli->json};
    if (args_yes_no(args, "persistent", &persistent) || args_yes_no(args, "delete-on-empty", &on_empty) ||
        args_yes_no(args, "delete-on-unassociated", &on_unassociated))
        return CLI_USAGE;
    int n = args->n_words - 1;
    int bad = settings_from_args(cli, args, &settings);
    if (!bad)
        bad = find_elements(cli, args->words + 1, n, &members);
    if (!bad) {
        uint32_t ret = replsvc_create_group(cli->service, args->words[0], n > 0 ? members : NULL, (size_t)n,
                                            persistent, on_empty, on_unassociated, NULL, &ref, settings);
        bad = ret != 0 ? call_failed(cli, ret, "create group `%s`", args->words[0]) : 0;
    }
    if (!bad && cli->json) {
        bad = describe(cli, &o, &ref);
        out_end(&o);
    }
    free(members);
    replsvc_free(settings);
    return bad;
}

static void list_one(struct cli *cli, const void *ref, struct out *o, struct table *t)
{
    replsvc_group_info info = {.size = sizeof(info)};
    char count[24];
    if (replsvc_group_get_info(cli->service, ref, &info) != 0)
        return;
    if (t == NULL) {
        (void)describe(cli, o, ref);
        return;
    }
    snprintf(count, sizeof(count), "%u", info.member_count);
    table_cell(t, info.name);
    table_cell(t, count);
    table_cell(t, info.persistent ? "yes" : "no");
}

static int group_list(struct cli *cli, const struct args *args)
{
    static const char *const headings[] = {"NAME", "MEMBERS", "PERSISTENT"};
    (void)args;
    replsvc_group_ref *refs = NULL;
    size_t n = 0;
    uint32_t ret = replsvc_group_list(cli->service, &refs, &n);
    return print_list(cli, ret, "groups", refs, n, headings, 3, list_one);
}

static int group_show(struct cli *cli, const struct args *args)
{
    struct out o = {.json = cli->json};
    replsvc_group_ref ref;
    int bad = find_group(cli, args->words[0], &ref);
    if (!bad)
        bad = describe(cli, &o, &ref);
    if (!bad)
        out_end(&o);
    return bad;
}

static int change_members(struct cli *cli, const struct args *args, bool add)
{
    replsvc_group_ref ref;
    replsvc_element_ref *members = NULL;
    replsvc_opt_bool on_empty = 0;
    int n = args->n_words - 1;
    if (!add && args_yes_no(args, "delete-on-empty", &on_empty))
        return CLI_USAGE;
    int bad = find_group(cli, args->words[0], &ref);
    if (!bad)
        bad = find_elements(cli, args->words + 1, n, &members);
    if (bad)
        return bad;
    uint32_t ret = add ? replsvc_add_members(cli->service, members, (size_t)n, &ref, NULL, NULL)
                       : replsvc_remove_members(cli->service, members, (size_t)n, on_empty, &ref, NULL, NULL);
    free(members);
    return ret != 0 ? call_failed(cli, ret, add ? "add members to `%s`" : "remove members from `%s`",
                                  args->words[0])
                    : 0;
}

static int group_add(struct cli *cli, const struct args *args)
{
    return change_members(cli, args, true);
}

static int group_remove(struct cli *cli, const struct args *args)
{
    return change_members(cli, args, false);
}

static int group_delete(struct cli *cli, const struct args *args)
{
    replsvc_group_ref ref;
    int bad = find_group(cli, args->words[0], &ref);
    if (bad)
        return bad;
    uint32_t ret = replsvc_delete_group(
        cli->service, &ref, NULL,
        args_flag(args, "remove-elements") ? REPLSVC_BOOL_TRUE : REPLSVC_BOOL_ABSENT, NULL);
    return ret != 0 ? call_failed(cli, ret, "delete group `%s`", args->words[0]) : 0;
}

static const struct option_spec create_options[] = {
    {"persistent", "yes|no", "no: it may go once a copy of it is complete", WORD_YES_NO},
    {"delete-on-empty", "yes|no", "delete it when its last member goes", WORD_YES_NO},
    {"delete-on-unassociated", "yes|no", "delete it when its last relationship goes", WORD_YES_NO},
    SETTINGS_OPTIONS,
    {NULL, NULL, NULL, WORD_ANY},
};
static const struct option_spec remove_options[] = {
    {"delete-on-empty", "yes|no", "delete the group if no member is left", WORD_YES_NO},
    {NULL, NULL, NULL, WORD_ANY},
};
static const struct option_spec delete_options[] = {
    {"remove-elements", NULL, "also remove elements that the service made, with their data", WORD_ANY},
    {NULL, NULL, NULL, WORD_ANY},
};

const struct command group_commands[] = {
    {"group create",
     "NAME [ELEMENT…]",
     1,
     -1,
     "Make a group of elements, in this order",
     create_options,
     group_create,
     false,
     {WORD_ANY, WORD_ELEMENT},
     "Example:\n  replsvc group create shop web db logs"},
    {"group list",
     "",
     0,
     0,
     "List the groups",
     NULL,
     group_list,
     false,
     {WORD_ANY, WORD_ANY},
     "Example:\n  replsvc group list"},
    {"group show",
     "GROUP",
     1,
     1,
     "Show a group and its members",
     NULL,
     group_show,
     false,
     {WORD_GROUP, WORD_GROUP},
     "Example:\n  replsvc group show shop"},
    {"group add",
     "GROUP ELEMENT…",
     2,
     -1,
     "Append elements to a group",
     NULL,
     group_add,
     false,
     {WORD_GROUP, WORD_ELEMENT},
     "Example:\n  replsvc group add shop mail"},
    {"group remove",
     "GROUP ELEMENT…",
     2,
     -1,
     "Take elements out of a group",
     remove_options,
     group_remove,
     false,
     {WORD_GROUP, WORD_ELEMENT},
     "Example:\n  replsvc group remove shop mail"},
    {"group delete",
     "GROUP",
     1,
     1,
     "Delete a group; its elements stay",
     delete_options,
     group_delete,
     false,
     {WORD_GROUP, WORD_GROUP},
     "Example:\n  replsvc group delete shop"},
    {0},
};
