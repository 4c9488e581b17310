/* SPDX-License-Identifier: BSD-2-Clause */
/* Finds the command, opens the service if it needs one, runs it. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"

const struct command *const all_commands[] = {element_commands,
                                              pool_commands,
                                              group_commands,
                                              replica_commands,
                                              operation_commands,
                                              job_commands,
                                              event_commands,
                                              image_commands,
                                              vhdx_commands,
                                              serve_commands,
                                              stats_commands,
                                              other_commands,
                                              NULL};

static volatile sig_atomic_t signalled;

static void on_signal(int number)
{
    (void)number;
    signalled = 1;
}

bool interrupted(void)
{
    return signalled != 0;
}

/* Which service it is: an option counts more than the environment. */
static void choose_service(struct cli *cli, const char *state)
{
    const char *socket = getenv("REPLSVC_SOCKET");
    cli->state = state != NULL ? state : getenv("REPLSVC_STATE");
    if (cli->socket == NULL && state == NULL && socket != NULL && socket[0] != '\0')
        cli->socket = socket;
}

/* Options before the command. Returns how many words they took, or -1 after saying what is wrong. */
static int global_options(struct cli *cli, int argc, char **argv)
{
    const char *state = NULL;
    int i = 1;
    for (; i < argc && argv[i][0] == '-'; i++) {
        if (strcmp(argv[i], "--json") == 0) {
            cli->json = true;
        } else if (strcmp(argv[i], "--quiet") == 0 || strcmp(argv[i], "-q") == 0) {
            cli->quiet = true;
        } else if (strncmp(argv[i], "--state=", 8) == 0) {
            state = argv[i] + 8;
        } else if (strcmp(argv[i], "--state") == 0 && i + 1 < argc) {
            state = argv[++i];
        } else if (strncmp(argv[i], "--connect=", 10) == 0) {
            cli->socket = argv[i] + 10;
        } else if (strcmp(argv[i], "--connect") == 0 && i + 1 < argc) {
            cli->socket = argv[++i];
        } else if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0) {
            help_overview();
            exit(0);
        } else if (strcmp(argv[i], "--version") == 0) {
            printf("replsvc %s\n", replsvc_version_string());
            exit(0);
        } else {
            usage_error("unknown option %s: see `replsvc --help`", argv[i]);
            return -1;
        }
    }
    if (state != NULL && cli->socket != NULL) {
        usage_error(
            "--state and --connect exclude each other: one opens the service, the other finds it open");
        return -1;
    }
    choose_service(cli, state);
    return i;
}

static int connect_service(struct cli *cli)
{
    uint32_t ret = replsvc_service_connect(cli->socket, &cli->service);
    return ret != 0 ? call_failed(cli, ret, "connect to %s", cli->socket) : 0;
}

/* A service that has the directory open and listens is as good; if it has just gone, the directory is free.
 */
static uint32_t open_or_connect(struct cli *cli, uint32_t flags)
{
    replsvc_service_options options = {.size = sizeof(options), .flags = flags};
    uint32_t ret = replsvc_service_open(cli->state, &options, &cli->service);
    if (ret != REPLSVC_IN_USE || replsvc_service_connect(cli->state, &cli->service) == 0)
        return ret == REPLSVC_IN_USE ? REPLSVC_OK : ret;
    return replsvc_service_open(cli->state, &options, &cli->service);
}

static int open_service(struct cli *cli, const struct command *command)
{
    if (cli->socket != NULL)
        return connect_service(cli);
    if (cli->state == NULL || cli->state[0] == '\0')
        return usage_error(
            "`replsvc %s` needs a state directory: give --state DIR before the command, or set "
            "REPLSVC_STATE (or --connect SOCKET or REPLSVC_SOCKET for a service that another process has "
            "open)",
            command->name);
    uint32_t ret = open_or_connect(cli, 0);
    return ret != 0 ? call_failed(cli, ret, "open the state directory %s", cli->state) : 0;
}

/* Completion has no command line of its own: `--` is among the words that the shell hands over. */
static int run_completion(struct cli *cli, const struct command *command, int argc, char **argv)
{
    struct args args = {.command = command, .words = argv, .n_words = argc};
    if (cli->socket != NULL)
        (void)replsvc_service_connect(cli->socket, &cli->service);
    else if (cli->state != NULL && open_or_connect(cli, REPLSVC_SERVICE_MUST_EXIST) != 0)
        cli->service = NULL;
    int status = command->run(cli, &args);
    if (cli->service != NULL)
        replsvc_service_close(cli->service);
    return status;
}

/* Folders, with ':' between, in which parents of VHDX images may lie. */
static int allow_roots(struct cli *cli, const char *text)
{
    const char *roots[64];
    size_t n = 0;
    char *copy = text != NULL ? strdup(text) : NULL, *rest = NULL;
    if (copy == NULL)
        return 0;
    for (char *p = strtok_r(copy, ":", &rest); p != NULL && n < 64; p = strtok_r(NULL, ":", &rest))
        roots[n++] = p;
    uint32_t ret = replsvc_vhdx_allow_roots(roots, n);
    free(copy);
    return ret != 0 ? call_failed(cli, ret, "take REPLSVC_ROOTS") : 0;
}

int main(int argc, char **argv)
{
    struct cli cli = {0};
    int at = global_options(&cli, argc, argv);
    if (at < 0)
        return CLI_USAGE;
    if (at == argc) {
        help_overview();
        return CLI_USAGE;
    }
    int used;
    const struct command *command = command_find(argv + at, argc - at, &used);
    if (command == NULL)
        return usage_error("there is no command `%s%s%s`: see `replsvc --help`", argv[at],
                           at + 1 < argc ? " " : "", at + 1 < argc ? argv[at + 1] : "");
    if (command->summary == NULL)
        return run_completion(&cli, command, argc - at - used, argv + at + used);
    struct args args;
    int status = args_parse(&cli, command, argc - at - used, argv + at + used, &args);
    if (status == 0 && args_flag(&args, "help")) {
        help_command(command);
        args_free(&args);
        return 0;
    }
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = (int)SA_RESETHAND};
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    if (status == 0)
        status = allow_roots(&cli, getenv("REPLSVC_ROOTS"));
    if (status == 0 && !command->stateless)
        status = open_service(&cli, command);
    if (status == 0)
        status = command->run(&cli, &args);
    if (cli.service != NULL)
        replsvc_service_close(cli.service);
    args_free(&args);
    if (fflush(stdout) != 0 || ferror(stdout)) {
        fputs("replsvc: cannot write the output\n", stderr);
        status = status != 0 ? status : REPLSVC_FAILED;
    }
    return status;
}
