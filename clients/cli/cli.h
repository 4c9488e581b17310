/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The command-line client: an ordinary user of the public API, linked against the shared library.
 *
 * One file per kind of object holds its commands as a table; main.c finds the command, parses its options
 * by the command's own table (which also makes its --help and the shell's completion) and opens the
 * service where the command needs one. The exit status is the CIM return code, or CLI_USAGE.
 */
#ifndef CLI_CLI_H
#define CLI_CLI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <replsvc/replsvc.h>

enum { CLI_USAGE = 64, CLI_INTERRUPTED = 130 };

struct args;

struct cli {
    const char *state;  /* state directory, or NULL */
    const char *socket; /* of a service to connect to, or NULL */
    bool json;
    bool quiet;               /* no progress */
    replsvc_service *service; /* opened, for commands that need it */
};

/* What a word or an option's value names, for completion. */
enum word_kind {
    WORD_ANY,
    WORD_ELEMENT,
    WORD_POOL,
    WORD_GROUP,
    WORD_REPLICA,
    WORD_JOB,
    WORD_FILE,
    WORD_SYNC_TYPE,
    WORD_MODE,
    WORD_COPY_STATE,
    WORD_YES_NO,
    WORD_SETTING
};

struct option_spec {
    const char *name;  /* without the dashes */
    const char *value; /* what it takes, e.g. "SIZE"; NULL: a flag */
    const char *help;
    enum word_kind kind;
};

struct command {
    const char *name;         /* e.g. "element add" */
    const char *words;        /* e.g. "NAME LOCATOR"; "" for none */
    int min_words, max_words; /* max -1: any number */
    const char *summary;
    const struct option_spec *options; /* ends with a zero entry; may be NULL */
    int (*run)(struct cli *cli, const struct args *args);
    bool stateless;          /* needs no state directory */
    enum word_kind kinds[2]; /* of the first word, and of the others */
    const char *text;        /* more help: what it does, and examples */
};

extern const struct command element_commands[], pool_commands[], group_commands[], replica_commands[],
    operation_commands[], job_commands[], event_commands[], image_commands[], vhdx_commands[],
    serve_commands[], stats_commands[], other_commands[];
extern const struct command *const all_commands[]; /* the tables above; ends with NULL */

/* ---- arguments (args.c) ---- */

struct args {
    const struct command *command;
    char **words;
    int n_words;
    struct {
        const struct option_spec *spec;
        const char *value;
    } * options;
    int n_options;
};

const struct command *command_find(char **argv, int argc, int *words_used);
/* 0, or CLI_USAGE after saying what is wrong. --help is among the options of every command. */
int args_parse(struct cli *cli, const struct command *command, int argc, char **argv, struct args *args);
void args_free(struct args *args);
/* The last value given of an option, or NULL. */
const char *args_value(const struct args *args, const char *name);
bool args_flag(const struct args *args, const char *name);
/* The next value of an option that may be given several times; *at starts at 0. NULL: no more. */
const char *args_next(const struct args *args, const char *name, int *at);
/* Values with a meaning: 0, or CLI_USAGE after saying what is wrong; *value stays when not given. */
int args_size(const struct args *args, const char *name, uint64_t *value);
int args_yes_no(const struct args *args, const char *name, replsvc_opt_bool *value);
int parse_size(const char *text, uint64_t *value);
/* A locator as the library wants it: a plain path becomes absolute, and vhdx: if it ends in .vhdx or .avhdx,
 * else file:. To be freed; NULL: no memory. */
char *locator_of(const char *text);

void help_overview(void);
void help_command(const struct command *command);

/* ---- failing (errors.c) ---- */

int usage_error(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* Says what failed, why, and what to do next; returns the exit status. */
int call_failed(const struct cli *cli, uint32_t code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* ---- names (names.c) ---- */

struct value_name {
    uint16_t value;
    const char *name;
};
extern const struct value_name sync_type_names[], mode_names[], copy_state_names[], progress_status_names[],
    job_state_names[], consistency_names[], consistency_state_names[], methodology_names[],
    recovery_mode_names[], replication_type_names[], feature_names[], operation_names[];
const char *name_of(const struct value_name *table, uint16_t value);
bool value_of(const struct value_name *table, const char *name, uint16_t *value);
/* Sets a property "Name=value" of the settings; 0 or CLI_USAGE. */
int settings_set(replsvc_replication_settings *settings, const char *assignment);
/* The i-th property's name, or NULL at the end. */
const char *settings_name(size_t i);
/* The settings that --set and --settings give as embedded text, *text NULL for none; free with replsvc_free.
 */
int settings_from_args(const struct cli *cli, const struct args *args, char **text);
#define SETTINGS_OPTIONS                                                                                     \
    {"set", "PROPERTY=VALUE", "a property of ReplicationSettingData (may be given again)", WORD_SETTING},    \
    {                                                                                                        \
        "settings", "FILE", "an embedded ReplicationSettingData instance, MOF or CIM-XML", WORD_FILE         \
    }

/* ---- jobs (job.c) ---- */

/* What to do with a call's result: report a failure, or wait for its job with progress unless --no-wait
 * was given. Returns the exit status. */
int finish_job(struct cli *cli, const struct args *args, uint32_t ret, const replsvc_job_ref *job,
               const char *what);
#define WAIT_OPTIONS                                                                                         \
    {"no-wait", NULL, "leave the work to whoever opens the state directory next", WORD_ANY},                 \
    {                                                                                                        \
        "wait-for", "STATE", "return when this copy state is reached", WORD_COPY_STATE                       \
    }
/* Reads --wait-for; 0 or CLI_USAGE. */
int wait_from_args(const struct args *args, uint16_t *state);
/* Set by SIGINT and SIGTERM. */
bool interrupted(void);

#endif
