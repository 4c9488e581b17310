/* SPDX-License-Identifier: BSD-2-Clause */
/* Finding a command, parsing its arguments by its own table, and the help made of that table. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli.h"

/* The longest command whose words begin argv. */
const struct command *command_find(char **argv, int argc, int *words_used)
{
    const struct command *best = NULL;
    *words_used = 0;
    for (int t = 0; all_commands[t] != NULL; t++) {
        for (const struct command *c = all_commands[t]; c->name != NULL; c++) {
            const char *rest = c->name;
            int used = 0;
            for (; *rest != '\0' && used < argc; used++) {
                size_t length = strcspn(rest, " ");
                if (strncmp(rest, argv[used], length) != 0 || argv[used][length] != '\0')
                    break;
                rest += length;
                rest += *rest == ' ';
            }
            if (*rest == '\0' && used > *words_used) {
                best = c;
                *words_used = used;
            }
        }
    }
    return best;
}

static const struct option_spec help_option = {"help", NULL, "this help", WORD_ANY};
static const struct option_spec json_option = {"json", NULL, "print JSON", WORD_ANY};
static const struct option_spec quiet_option = {"quiet", NULL, "no progress", WORD_ANY};

static const struct option_spec *find_option(const struct command *command, const char *name, size_t length)
{
    static const struct option_spec *const common[] = {&help_option, &json_option, &quiet_option};
    for (size_t i = 0; i < sizeof(common) / sizeof(common[0]); i++) {
        if (strncmp(common[i]->name, name, length) == 0 && common[i]->name[length] == '\0')
            return common[i];
    }
    for (const struct option_spec *o = command->options; o != NULL && o->name != NULL; o++) {
        if (strncmp(o->name, name, length) == 0 && o->name[length] == '\0')
            return o;
    }
    return NULL;
}

/* One option at argv[*i], which begins with two dashes. */
static int parse_option(const struct command *command, int argc, char **argv, int *i, struct args *args)
{
    const char *name = argv[*i] + 2;
    size_t length = strcspn(name, "=");
    const struct option_spec *spec = find_option(command, name, length);
    if (spec == NULL)
        return usage_error("`%s` has no option --%.*s: see `replsvc %s --help`", command->name, (int)length,
                           name, command->name);
    const char *value = NULL;
    if (spec->value == NULL) {
        if (name[length] == '=')
            return usage_error("--%s takes no value", spec->name);
    } else if (name[length] == '=') {
        value = name + length + 1;
    } else if (*i + 1 < argc) {
        value = argv[++*i];
    } else {
        return usage_error("--%s needs a value: %s", spec->name, spec->value);
    }
    args->options[args->n_options].spec = spec;
    args->options[args->n_options++].value = value;
    return 0;
}

int args_parse(struct cli *cli, const struct command *command, int argc, char **argv, struct args *args)
{
    *args = (struct args){.command = command};
    args->words = calloc((size_t)argc + 1, sizeof(*args->words));
    args->options = calloc((size_t)argc + 1, sizeof(*args->options));
    if (args->words == NULL || args->options == NULL)
        return usage_error("out of memory");
    bool only_words = false;
    for (int i = 0; i < argc; i++) {
        if (!only_words && strcmp(argv[i], "--") == 0) {
            only_words = true;
        } else if (!only_words && strncmp(argv[i], "--", 2) == 0) {
            int bad = parse_option(command, argc, argv, &i, args);
            if (bad)
                return bad;
        } else if (!only_words && argv[i][0] == '-' && argv[i][1] != '\0') {
            return usage_error("unknown option %s: options begin with two dashes", argv[i]);
        } else {
            args->words[args->n_words++] = argv[i];
        }
    }
    cli->json = cli->json || args_flag(args, "json");
    cli->quiet = cli->quiet || args_flag(args, "quiet");
    if (args_flag(args, "help"))
        return 0;
    if (args->n_words < command->min_words)
        return usage_error("`replsvc %s` needs %s%s", command->name, command->words,
                           args->n_words > 0 ? "; something is missing" : "");
    if (command->max_words >= 0 && args->n_words > command->max_words)
        return usage_error("`replsvc %s` takes %s; `%s` is too much", command->name,
                           command->words[0] != '\0' ? command->words : "no words",
                           args->words[command->max_words]);
    return 0;
}

void args_free(struct args *args)
{
    free(args->words);
    free(args->options);
}

const char *args_next(const struct args *args, const char *name, int *at)
{
    for (; *at < args->n_options; ++*at) {
        if (strcmp(args->options[*at].spec->name, name) == 0)
            return args->options[(*at)++].value;
    }
    return NULL;
}

const char *args_value(const struct args *args, const char *name)
{
    const char *value = NULL, *next;
    int at = 0;
    while ((next = args_next(args, name, &at)) != NULL)
        value = next;
    return value;
}

bool args_flag(const struct args *args, const char *name)
{
    for (int i = 0; i < args->n_options; i++) {
        if (strcmp(args->options[i].spec->name, name) == 0)
            return true;
    }
    return false;
}

/* "4096", "64k", "1.5G", "10MiB": powers of 1024. */
int parse_size(const char *text, uint64_t *value)
{
    static const char units[] = "kmgtpe";
    char *end;
    errno = 0;
    double number = strtod(text, &end);
    if (end == text || errno != 0 || !(number >= 0))
        return -1;
    double scale = 1;
    char unit = *end >= 'A' && *end <= 'Z' ? (char)(*end - 'A' + 'a') : *end;
    const char *found = unit != '\0' ? strchr(units, unit) : NULL;
    if (found != NULL) {
        for (const char *u = units; u <= found; u++)
            scale *= 1024;
        end++;
        if (strcmp(end, "iB") == 0 || strcmp(end, "B") == 0)
            end += strlen(end);
    } else if (strcmp(end, "B") == 0) {
        end++;
    }
    if (*end != '\0' || number * scale >= 9.2e18)
        return -1;
    *value = scale > 1 ? (uint64_t)(number * scale) : strtoull(text, NULL, 10);
    return 0;
}

static bool ends_with(const char *text, const char *end)
{
    size_t n = strlen(text), m = strlen(end);
    return n > m && strcasecmp(text + n - m, end) == 0;
}

/* By the name alone: what is in a raw image is its host's, and may look like any format. */
static const char *scheme_of(const char *path)
{
    return ends_with(path, ".vhdx") || ends_with(path, ".avhdx") ? "vhdx" : "file";
}

char *locator_of(const char *text)
{
    size_t scheme = strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789+-.");
    char *locator = NULL, *here = NULL;
    if (scheme > 0 && text[scheme] == ':')
        return strdup(text);
    if (text[0] != '/')
        here = getcwd(NULL, 0);
    if (asprintf(&locator, "%s:%s%s%s", scheme_of(text), here != NULL ? here : "", here != NULL ? "/" : "",
                 text) < 0)
        locator = NULL;
    free(here);
    return locator;
}

int args_size(const struct args *args, const char *name, uint64_t *value)
{
    const char *text = args_value(args, name);
    if (text != NULL && parse_size(text, value) != 0)
        return usage_error("--%s: `%s` is no size; write 1048576, 1M or 1MiB", name, text);
    return 0;
}

int args_yes_no(const struct args *args, const char *name, replsvc_opt_bool *value)
{
    const char *text = args_value(args, name);
    if (text == NULL)
        return 0;
    if (strcmp(text, "yes") == 0 || strcmp(text, "true") == 0)
        *value = REPLSVC_BOOL_TRUE;
    else if (strcmp(text, "no") == 0 || strcmp(text, "false") == 0)
        *value = REPLSVC_BOOL_FALSE;
    else
        return usage_error("--%s: write yes or no, not `%s`", name, text);
    return 0;
}

/* ---- help ---- */

void help_overview(void)
{
    puts("usage: replsvc [--state DIR | --connect SOCKET] [--json] [--quiet] COMMAND …\n"
         "\n"
         "Replication of disk images and groups of them. The state directory holds all that the service\n"
         "knows; give it by --state or in REPLSVC_STATE. One process at a time has it open: if that listens\n"
         "on a socket (`replsvc serve`), commands are done there, and --connect or REPLSVC_SOCKET finds it\n"
         "without the directory.\n"
         "\n"
         "Commands (`replsvc COMMAND --help` says more, with examples):");
    for (int t = 0; all_commands[t] != NULL; t++) {
        for (const struct command *c = all_commands[t]; c->name != NULL; c++) {
            if (c->summary != NULL)
                printf("  %-22s %s\n", c->name, c->summary);
        }
    }
    puts("\n"
         "Sizes are bytes; 64k, 10M, 1.5G, 2TiB are powers of 1024.\n"
         "Exit status: 0 done; else the CIM return code: 1 not supported, 3 timeout, 4 failed, 5 invalid\n"
         "parameter, 6 in use, 7 and 8 as the method says; 64 wrong usage; 130 interrupted.");
}

void help_command(const struct command *command)
{
    printf("usage: replsvc %s%s%s [OPTION…]\n\n%s.\n", command->name, command->words[0] != '\0' ? " " : "",
           command->words, command->summary != NULL ? command->summary : command->name);
    if (command->options != NULL)
        puts("\nOptions:");
    for (const struct option_spec *o = command->options; o != NULL && o->name != NULL; o++) {
        char left[64];
        snprintf(left, sizeof(left), "--%s%s%s", o->name, o->value != NULL ? " " : "",
                 o->value != NULL ? o->value : "");
        printf("  %-24s %s\n", left, o->help);
    }
    if (command->text != NULL)
        printf("\n%s\n", command->text);
}
