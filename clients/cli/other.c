/* SPDX-License-Identifier: BSD-2-Clause */
/* What the service can do, the library's version, and completion for shells. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "object.h"

/* ---- capabilities ---- */

static void list_names(struct out *o, const char *key, const struct value_name *names, const uint16_t *values,
                       size_t n)
{
    out_list(o, key);
    for (size_t i = 0; i < n; i++)
        out_string(o, NULL, name_of(names, values[i]));
    out_list_end(o);
}

static void describe_type(struct cli *cli, struct out *o, uint16_t type)
{
    uint16_t *values = NULL, *controlling = NULL;
    bool *force = NULL, *updates = NULL;
    size_t n = 0, m = 0;
    out_object(o, cli->json ? NULL : name_of(replication_type_names, type));
    if (cli->json)
        out_string(o, "replication_type", name_of(replication_type_names, type));
    if (replsvc_get_supported_copy_states(cli->service, type, &values, &n, NULL, NULL, NULL, 0) == 0)
        list_names(o, "copy_states", copy_state_names, values, n);
    replsvc_free(values);
    values = NULL;
    if (replsvc_get_supported_operations(cli->service, type, &values, &n, NULL, 0, &controlling, &m, &force,
                                         &m, &updates, &m) == 0)
        list_names(o, "operations", operation_names, values, n);
    replsvc_free(values);
    replsvc_free(controlling);
    replsvc_free(force);
    replsvc_free(updates);
    values = NULL;
    if (replsvc_get_supported_features(cli->service, type, &values, &n, NULL) == 0)
        list_names(o, "features", feature_names, values, n);
    replsvc_free(values);
    out_object_end(o);
}

static int capabilities(struct cli *cli, const struct args *args)
{
    struct out o = {.json = cli->json};
    uint16_t *types;
    size_t n;
    (void)args;
    uint32_t ret = replsvc_get_supported_replication_types(cli->service, &types, &n);
    if (ret != 0)
        return call_failed(cli, ret, "ask what the service can do");
    out_list(&o, NULL);
    for (size_t i = 0; i < n; i++)
        describe_type(cli, &o, types[i]);
    out_list_end(&o);
    out_end(&o);
    replsvc_free(types);
    return 0;
}

static int version(struct cli *cli, const struct args *args)
{
    struct out o = {.json = cli->json};
    uint64_t features = replsvc_features();
    (void)args;
    if (!cli->json) {
        printf("replsvc %s\n", replsvc_version_string());
        return 0;
    }
    out_object(&o, NULL);
    out_string(&o, "version", replsvc_version_string());
    out_bool(&o, "io_uring", (features & REPLSVC_LIBRARY_IO_URING) != 0);
    out_bool(&o, "modules", (features & REPLSVC_LIBRARY_MODULES) != 0);
    out_bool(&o, "control_socket", (features & REPLSVC_LIBRARY_CONTROL_SOCKET) != 0);
    out_bool(&o, "statistics", (features & REPLSVC_LIBRARY_STATISTICS) != 0);
    out_object_end(&o);
    out_end(&o);
    return 0;
}

/* ---- completion ----
 * The shell gives the words typed so far, the last one (maybe empty) being completed; what may stand there
 * is printed, one a line. The shell picks what fits. Names need the state directory; without it, none. */

static void complete_commands(char **words, int n)
{
    for (int t = 0; all_commands[t] != NULL; t++) {
        for (const struct command *c = all_commands[t]; c->name != NULL; c++) {
            const char *rest = c->name;
            int i = 0;
            for (; i < n && *rest != '\0'; i++) {
                size_t length = strcspn(rest, " ");
                if (strncmp(rest, words[i], length) != 0 || words[i][length] != '\0')
                    break;
                rest += length;
                rest += *rest == ' ';
            }
            if (i == n && *rest != '\0' && c->summary != NULL)
                printf("%.*s\n", (int)strcspn(rest, " "), rest);
        }
    }
}

static void complete_values(const struct value_name *names)
{
    for (; names->name != NULL; names++)
        puts(names->name);
}

static void complete_names(struct cli *cli, enum word_kind kind)
{
    union {
        replsvc_element_ref *elements;
        replsvc_pool_ref *pools;
        replsvc_group_ref *groups;
        replsvc_sync_ref *replicas;
        replsvc_job_ref *jobs;
        void *any;
    } list = {.any = NULL};
    size_t n = 0;
    if (kind == WORD_ELEMENT)
        replsvc_element_list(cli->service, &list.elements, &n);
    else if (kind == WORD_POOL)
        replsvc_pool_list(cli->service, &list.pools, &n);
    else if (kind == WORD_GROUP)
        replsvc_group_list(cli->service, &list.groups, &n);
    else if (kind == WORD_REPLICA)
        replsvc_sync_list(cli->service, &list.replicas, &n);
    else if (kind == WORD_JOB)
        replsvc_job_list(cli->service, &list.jobs, &n);
    for (size_t i = 0; i < n; i++) {
        const char *name = kind == WORD_ELEMENT   ? element_label(cli, list.elements[i].id)
                           : kind == WORD_POOL    ? pool_label(cli, list.pools[i].id)
                           : kind == WORD_GROUP   ? group_label(cli, list.groups[i].id)
                           : kind == WORD_REPLICA ? replica_label(cli, list.replicas[i].id)
                                                  : list.jobs[i].id;
        puts(name);
    }
    replsvc_free(list.any);
}

static void complete_kind(struct cli *cli, enum word_kind kind)
{
    switch (kind) {
    case WORD_SYNC_TYPE:
        puts("clone\nsnapshot\nmirror");
        break;
    case WORD_MODE:
        complete_values(mode_names);
        break;
    case WORD_COPY_STATE:
        complete_values(copy_state_names);
        break;
    case WORD_YES_NO:
        puts("yes\nno");
        break;
    case WORD_SETTING:
        for (size_t i = 0; settings_name(i) != NULL; i++)
            printf("%s=\n", settings_name(i));
        break;
    case WORD_FILE:
        puts("<file>");
        break;
    default:
        if (cli->service != NULL)
            complete_names(cli, kind);
        break;
    }
}

static int complete(struct cli *cli, const struct args *args)
{
    int used, n = args->n_words - 1;
    const char *typed = n >= 0 ? args->words[n] : "";
    const struct command *command = command_find(args->words, n > 0 ? n : 0, &used);
    if (command == NULL) {
        if (strncmp(typed, "-", 1) == 0)
            puts("--state\n--json\n--quiet\n--help\n--version");
        else
            complete_commands(args->words, n > 0 ? n : 0);
        return 0;
    }
    int position = 0;
    const struct option_spec *last = NULL;
    for (int i = used; i < n; i++) {
        const struct option_spec *spec = NULL;
        for (const struct option_spec *o = command->options; o != NULL && o->name != NULL; o++) {
            if (strncmp(args->words[i], "--", 2) == 0 && strcmp(args->words[i] + 2, o->name) == 0)
                spec = o;
        }
        if (spec == NULL && last == NULL && args->words[i][0] != '-')
            position++;
        last = spec != NULL && spec->value != NULL ? spec : NULL;
    }
    if (last != NULL) {
        complete_kind(cli, last->kind);
        return 0;
    }
    if (strncmp(typed, "-", 1) == 0) {
        for (const struct option_spec *o = command->options; o != NULL && o->name != NULL; o++)
            printf("--%s\n", o->name);
        puts("--json\n--quiet\n--help");
        return 0;
    }
    complete_kind(cli, command->kinds[position == 0 ? 0 : 1]);
    return 0;
}

const struct command other_commands[] = {
    {"capabilities",
     "",
     0,
     0,
     "Say which kinds of replication the service can do",
     NULL,
     capabilities,
     false,
     {WORD_ANY, WORD_ANY},
     "Example:\n  replsvc capabilities --json"},
    {"version",
     "",
     0,
     0,
     "Say which version of the library this is",
     NULL,
     version,
     true,
     {WORD_ANY, WORD_ANY},
     NULL},
    {"__complete", "", 0, -1, NULL, NULL, complete, true, {WORD_ANY, WORD_ANY}, NULL},
    {0},
};
