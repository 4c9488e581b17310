/* SPDX-License-Identifier: BSD-2-Clause */
/* A service in a process of its own, managed through its control socket until it is told to end. */
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"

#define MAX_USERS 64u

/* The library calls it from any thread; one call of fprintf writes one line. */
static void print_log(void *user, enum replsvc_log_level level, const char *line)
{
    static const char *const levels[] = {"", "error", "warning", "info", "debug"};
    (void)user;
    fprintf(stderr, "replsvc: %s: %s\n", levels[level], line);
}

static int mode_from_args(const struct args *args, uint32_t *mode)
{
    const char *text = args_value(args, "mode");
    char *end;
    if (text == NULL)
        return 0;
    unsigned long value = strtoul(text, &end, 8);
    if (end == text || *end != '\0' || value == 0 || value > 0777)
        return usage_error("--mode: `%s` are no permission bits; write 0660", text);
    *mode = (uint32_t)value;
    return 0;
}

/* By name or number. */
static int users_from_args(const struct args *args, uint32_t users[MAX_USERS], uint32_t *n)
{
    const char *text;
    int at = 0;
    while ((text = args_next(args, "user", &at)) != NULL) {
        char *end;
        const struct passwd *user = getpwnam(text);
        unsigned long id = strtoul(text, &end, 10);
        if (user == NULL && (end == text || *end != '\0' || id > UINT32_MAX))
            return usage_error("--user: there is no user `%s`", text);
        if (*n == MAX_USERS)
            return usage_error("--user: at most %u", MAX_USERS);
        users[(*n)++] = user != NULL ? user->pw_uid : (uint32_t)id;
    }
    return 0;
}

static int options_from_args(const struct args *args, replsvc_listen_options *options,
                             uint32_t users[MAX_USERS])
{
    uint64_t connections = 0;
    *options = (replsvc_listen_options){.size = sizeof(*options), .user_ids = users};
    if (mode_from_args(args, &options->mode) || users_from_args(args, users, &options->n_user_ids) ||
        args_size(args, "max-connections", &connections))
        return CLI_USAGE;
    options->max_connections = connections < UINT32_MAX ? (uint32_t)connections : UINT32_MAX;
    return 0;
}

/* From here on, so that one that comes while the service is being opened is not lost. */
static void hold_signals(sigset_t *ends)
{
    sigemptyset(ends);
    sigaddset(ends, SIGINT);
    sigaddset(ends, SIGTERM);
    sigprocmask(SIG_BLOCK, ends, NULL);
}

static int serve(struct cli *cli, const struct args *args)
{
    const char *state = args->n_words > 0 ? args->words[0] : cli->state;
    const char *socket = args_value(args, "listen");
    uint32_t users[MAX_USERS];
    replsvc_listen_options listen;
    replsvc_service_options options = {.size = sizeof(options), .log = print_log};
    sigset_t ends;
    int signal;
    if (socket == NULL || state == NULL || state[0] == '\0')
        return usage_error("`replsvc serve` needs %s",
                           socket == NULL ? "--listen SOCKET" : "a state directory");
    if (options_from_args(args, &listen, users))
        return CLI_USAGE;
    hold_signals(&ends);
    uint32_t ret = replsvc_service_open(state, &options, &cli->service);
    if (ret != 0)
        return call_failed(cli, ret, "open the state directory %s", state);
    ret = replsvc_service_listen(cli->service, socket, &listen);
    if (ret != 0)
        return call_failed(cli, ret, "listen on %s", socket);
    if (!cli->quiet) {
        printf("%s is served on %s\n", state, socket);
        fflush(stdout);
    }
    while (sigwait(&ends, &signal) != 0)
        ;
    return 0; /* closing the service ends it all */
}

static const struct option_spec options[] = {
    {"listen", "SOCKET", "the Unix socket on which other processes find the service", WORD_FILE},
    {"mode", "MODE", "its permission bits, octal; default 0600", WORD_ANY},
    {"user", "USER", "who may connect besides root and this user (may be given again)", WORD_ANY},
    {"max-connections", "N", "at a time; default 64", WORD_ANY},
    {NULL, NULL, NULL, WORD_ANY},
};

const struct command serve_commands[] = {
    {"serve",
     "[DIR]",
     0,
     1,
     "Have a state directory open until told to end, and listen on a socket",
     options,
     serve,
     true,
     {WORD_FILE, WORD_ANY},
     "DIR is the state directory; default: as --state or REPLSVC_STATE say. Jobs go on in this process, in\n"
     "the foreground; SIGTERM or SIGINT ends it cleanly. What the library logs goes to standard error.\n"
     "\nExample:\n  replsvc serve /var/lib/replsvc --listen /run/replsvc/control --mode 0660\n"
     "  replsvc --connect /run/replsvc/control replica list"},
    {0},
};
