/* SPDX-License-Identifier: BSD-2-Clause */
/* Operations on relationships: ModifyReplicaSynchronization and ModifyListSynchronization. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "object.h"

static int find_replicas(struct cli *cli, char *const words[], int n, replsvc_sync_ref **refs)
{
    *refs = calloc((size_t)n + 1, sizeof(**refs));
    if (*refs == NULL)
        return usage_error("out of memory");
    for (int i = 0; i < n; i++) {
        int bad = find_replica(cli, words[i], &(*refs)[i]);
        if (bad)
            return bad;
    }
    return 0;
}

/* A job that has not ended, or "". */
static replsvc_job_ref active_job(struct cli *cli)
{
    replsvc_job_ref *jobs = NULL, found = {""};
    size_t n = 0;
    if (replsvc_job_list(cli->service, &jobs, &n) != 0)
        return found;
    for (size_t i = 0; i < n && found.id[0] == '\0'; i++) {
        replsvc_job_info info = {.size = sizeof(info)};
        if (replsvc_job_get_info(cli->service, &jobs[i], &info) == 0 &&
            info.job_state < REPLSVC_JOB_STATE_SUSPENDED)
            found = jobs[i];
    }
    replsvc_free(jobs);
    return found;
}

/* A mirror whose source was written when the state directory was open last comes up Unsynchronized, and is
 * brought together by a job of its own: operations that want it in sync wait for that. */
static void let_it_settle(struct cli *cli, uint16_t operation, const replsvc_sync_ref *ref)
{
    if (operation != REPLSVC_OPERATION_SPLIT && operation != REPLSVC_OPERATION_FAILOVER &&
        operation != REPLSVC_OPERATION_RESTORE_FROM_REPLICA && operation != REPLSVC_OPERATION_REVERSE_ROLES)
        return;
    while (!interrupted()) {
        replsvc_sync_info info = {.size = sizeof(info)};
        replsvc_job_ref job = active_job(cli);
        if (replsvc_sync_get_info(cli->service, ref, &info) != 0 ||
            info.sync_type != REPLSVC_SYNC_TYPE_MIRROR || job.id[0] == '\0' ||
            info.copy_state == REPLSVC_COPY_STATE_SYNCHRONIZED)
            return;
        replsvc_job_wait(cli->service, &job, 100);
    }
}

/* The command's last word is the operation. add-pair and remove-pair: the pairs follow the relationship. */
static int operate(struct cli *cli, const struct args *args)
{
    const char *verb = strrchr(args->command->name, ' ') + 1;
    uint16_t operation = 0, wait = 0;
    replsvc_opt_bool force = args_flag(args, "force") ? REPLSVC_BOOL_TRUE : REPLSVC_BOOL_ABSENT;
    replsvc_sync_ref *refs = NULL;
    replsvc_job_ref job = {""};
    char *settings = NULL, what[512];
    if (!value_of(operation_names, verb, &operation))
        return usage_error("no operation `%s`", verb);
    int status = wait_from_args(args, &wait);
    if (status == 0)
        status = settings_from_args(cli, args, &settings);
    if (status == 0)
        status = find_replicas(cli, args->words, args->n_words, &refs);
    if (status == 0) {
        size_t n = (size_t)args->n_words;
        for (size_t i = 0; i < n; i++)
            let_it_settle(cli, operation, &refs[i]);
        bool pairs =
            operation == REPLSVC_OPERATION_ADDSYNCPAIR || operation == REPLSVC_OPERATION_REMOVESYNCPAIR;
        uint32_t ret;
        if (n == 1 || pairs)
            ret = replsvc_modify_replica_synchronization(cli->service, operation, &refs[0], settings,
                                                         pairs ? refs + 1 : NULL, pairs ? n - 1 : 0, &job,
                                                         NULL, force, wait, NULL);
        else
            ret = replsvc_modify_list_synchronization(cli->service, operation, refs, n, settings, &job, NULL,
                                                      NULL, force, wait, NULL, NULL);
        snprintf(what, sizeof(what), "%s %s%s", verb, args->words[0], n > 1 ? " …" : "");
        status = finish_job(cli, args, ret, &job, what);
    }
    free(refs);
    replsvc_free(settings);
    return status;
}

static const struct option_spec options[] = {
    {"force", NULL, "although data is lost", WORD_ANY},
    SETTINGS_OPTIONS,
    WAIT_OPTIONS,
    {NULL, NULL, NULL, WORD_ANY},
};

#define OPERATION(verb, summary, text)                                                                       \
    {                                                                                                        \
        "replica " verb, "REPLICA…", 1, -1, summary, options, operate, false, {WORD_REPLICA, WORD_REPLICA},  \
            text "\n\nREPLICA is the name or id of a relationship, or the element that is its target.\n"     \
                 "\nExample:\n  replsvc replica " verb " monday"                                             \
    }

const struct command operation_commands[] = {
    OPERATION("activate", "Take the point in time of a prepared relationship now",
              "Data flows from then on."),
    OPERATION("deactivate", "Stop the data flow; a snapshot's content is dropped",
              "Activate takes a new one."),
    OPERATION("suspend", "Pause background copying; changes are remembered", "Resume goes on."),
    OPERATION("resume", "Go on after suspend, or when a broken target is back", "Only changes are copied."),
    OPERATION("fracture", "Part target and source; changes on both sides are remembered",
              "A host may use the target then."),
    OPERATION("split", "Part target and source at one write-consistent point in time",
              "A host may use the target then; resync brings them together again."),
    OPERATION("resync", "Make the target like the source again, by the differences",
              "A snapshot or clone gets a new point in time. What hosts wrote to the target is lost."),
    OPERATION("restore", "Make the source like the target, by the differences",
              "The source shows the restored content at once."),
    OPERATION("reset", "Drop what hosts wrote to the target", "It shows its point in time again."),
    OPERATION("failover", "Let hosts use the target of a mirror instead of its source",
              "The source becomes write-protected."),
    OPERATION("failback", "Go back to the source after a failover", "Changes are copied back."),
    OPERATION("reverse-roles", "Swap source and target of a mirror for good", "Changes are copied."),
    OPERATION("prepare", "Make ready for activation", "No data flows."),
    OPERATION("unprepare", "Take prepare back", "No data flows."),
    OPERATION("abort", "Stop an initial copy; the target is of no use then", "Resync starts it again."),
    OPERATION("detach", "End the relationship; source and target are independent",
              "A snapshot is made complete first. An unfinished copy needs --force."),
    OPERATION("dissolve", "End the relationship and leave the target as it is",
              "A snapshot's content is undefined then, so that it needs --force."),
    OPERATION("return", "Delete a snapshot and give its space back to the pool",
              "Other snapshots of the source keep their content."),
    OPERATION("reset-to-sync", "Make a mirror synchronous", "While it runs."),
    OPERATION("reset-to-async", "Make a mirror asynchronous", "While it runs."),
    OPERATION("reset-to-adaptive", "Make a mirror adaptive", "While it runs."),
    OPERATION("activate-consistency", "Keep the members of a group write-consistent", "For groups."),
    OPERATION("deactivate-consistency", "Let each member of a group go at its own pace", "For groups."),
    OPERATION("add-pair", "Add pairs to a group relationship", "The pairs follow the group relationship."),
    OPERATION("remove-pair", "Take pairs out of a group relationship",
              "The pairs follow the group relationship."),
    {0},
};
