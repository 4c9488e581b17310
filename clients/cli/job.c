/* SPDX-License-Identifier: BSD-2-Clause */
/* Jobs: looking at them, waiting for them with progress, changing their state. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "object.h"

int wait_from_args(const struct args *args, uint16_t *state)
{
    const char *text = args_value(args, "wait-for");
    if (text != NULL && !value_of(copy_state_names, text, state))
        return usage_error(
            "--wait-for: `%s` is no copy state; for example synchronized, or not-applicable for "
            "the end of the operation",
            text);
    return 0;
}

/* Waits with progress until the job has ended, or the user had enough of waiting. */
static int wait_for(struct cli *cli, const replsvc_job_ref *job, const char *what)
{
    struct progress p;
    uint32_t ret;
    progress_begin(&p, what, cli->quiet || cli->json);
    while ((ret = replsvc_job_wait(cli->service, job, 100)) == REPLSVC_TIMEOUT && !interrupted()) {
        replsvc_job_info info = {.size = sizeof(info)};
        if (replsvc_job_get_info(cli->service, job, &info) != 0)
            continue;
        progress_show(&p, info.bytes_done, info.bytes_total, info.bytes_per_second);
        if (info.job_state == REPLSVC_JOB_STATE_SUSPENDED) {
            progress_end(&p, false);
            fprintf(stderr, "replsvc: job %s is suspended: `replsvc job resume %s` goes on\n", job->id,
                    job->id);
            return REPLSVC_TIMEOUT;
        }
    }
    progress_end(&p, ret == 0);
    if (ret == REPLSVC_TIMEOUT) {
        fprintf(stderr, "replsvc: job %s goes on when the state directory is opened next\n", job->id);
        return CLI_INTERRUPTED;
    }
    return ret != 0 ? call_failed(cli, ret, "%s", what) : 0;
}

int finish_job(struct cli *cli, const struct args *args, uint32_t ret, const replsvc_job_ref *job,
               const char *what)
{
    if (ret != 0 && ret != REPLSVC_JOB_STARTED)
        return call_failed(cli, ret, "%s", what);
    if (ret == 0 || job->id[0] == '\0')
        return 0;
    if (!args_flag(args, "no-wait"))
        return wait_for(cli, job, what);
    if (!cli->json)
        printf("%s\n", job->id);
    return 0;
}

void describe_job(struct cli *cli, struct out *o, const replsvc_job_info *info)
{
    out_object(o, NULL);
    out_string(o, "id", info->id);
    out_string(o, "name", info->name);
    out_string(o, "state", name_of(job_state_names, info->job_state));
    out_string(o, "status", info->job_status);
    out_number(o, "percent_complete", info->percent_complete);
    if (info->synchronization[0] != '\0')
        out_string(o, "replica", replica_label(cli, info->synchronization));
    out_bytes(o, "bytes_done", info->bytes_done);
    out_bytes(o, "bytes_total", info->bytes_total);
    out_bytes(o, "bytes_per_second", info->bytes_per_second);
    out_time(o, "time_submitted", info->time_submitted);
    out_time(o, "start_time", info->start_time);
    out_time(o, "time_of_last_state_change", info->time_of_last_state_change);
    out_duration(o, "elapsed_time", info->elapsed_time_us);
    out_bool(o, "delete_on_completion", info->delete_on_completion);
    out_number(o, "priority", info->priority);
    if (info->error_code != 0) {
        out_number(o, "error_code", info->error_code);
        out_string(o, "error", info->error_description);
    }
    out_object_end(o);
}

static void list_one(struct cli *cli, const void *ref, struct out *o, struct table *t)
{
    replsvc_job_info info = {.size = sizeof(info)};
    char percent[64];
    if (replsvc_job_get_info(cli->service, ref, &info) != 0)
        return;
    if (t == NULL) {
        describe_job(cli, o, &info);
        return;
    }
    snprintf(percent, sizeof(percent), "%s %3u%%", text_bar(info.percent_complete), info.percent_complete);
    table_cell(t, info.id);
    table_cell(t, info.name);
    table_cell(t, name_of(job_state_names, info.job_state));
    table_cell(t, percent);
    table_cell(t, replica_label(cli, info.synchronization));
}

static int job_list(struct cli *cli, const struct args *args)
{
    static const char *const headings[] = {"JOB", "NAME", "STATE", "DONE", "REPLICA"};
    (void)args;
    replsvc_job_ref *refs = NULL;
    size_t n = 0;
    uint32_t ret = replsvc_job_list(cli->service, &refs, &n);
    return print_list(cli, ret, "jobs", refs, n, headings, 5, list_one);
}

static replsvc_job_ref job_of(const struct args *args)
{
    replsvc_job_ref ref;
    snprintf(ref.id, sizeof(ref.id), "%s", args->words[0]);
    return ref;
}

static int job_show(struct cli *cli, const struct args *args)
{
    struct out o = {.json = cli->json};
    replsvc_job_ref ref = job_of(args);
    replsvc_job_info info = {.size = sizeof(info)};
    uint32_t ret = replsvc_job_get_info(cli->service, &ref, &info);
    if (ret != 0)
        return call_failed(cli, ret, "look at job `%s`", ref.id);
    describe_job(cli, &o, &info);
    out_end(&o);
    return 0;
}

static int job_wait(struct cli *cli, const struct args *args)
{
    replsvc_job_ref ref = job_of(args);
    return wait_for(cli, &ref, ref.id);
}

static int request(struct cli *cli, const struct args *args)
{
    static const struct {
        const char *verb;
        uint16_t state;
    } verbs[] = {{"suspend", REPLSVC_JOB_REQUESTED_STATE_SUSPEND},
                 {"resume", REPLSVC_JOB_REQUESTED_STATE_START},
                 {"terminate", REPLSVC_JOB_REQUESTED_STATE_TERMINATE},
                 {"kill", REPLSVC_JOB_REQUESTED_STATE_KILL}};
    const char *verb = strrchr(args->command->name, ' ') + 1;
    replsvc_job_ref ref = job_of(args);
    for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++) {
        if (strcmp(verb, verbs[i].verb) != 0)
            continue;
        uint32_t ret = replsvc_job_request_state_change(cli->service, &ref, verbs[i].state, 0);
        if (ret != 0 && ret != REPLSVC_JOB_STARTED)
            return call_failed(cli, ret, "%s job `%s`", verb, ref.id);
        bool resumed = verbs[i].state == REPLSVC_JOB_REQUESTED_STATE_START;
        return resumed && !args_flag(args, "no-wait") ? wait_for(cli, &ref, ref.id) : 0;
    }
    return CLI_USAGE;
}

static int job_delete(struct cli *cli, const struct args *args)
{
    replsvc_job_ref ref = job_of(args);
    uint32_t ret = replsvc_job_delete(cli->service, &ref);
    return ret != 0 ? call_failed(cli, ret, "delete job `%s`", ref.id) : 0;
}

static const struct option_spec resume_options[] = {
    {"no-wait", NULL, "leave the work to whoever opens the state directory next", WORD_ANY},
    {NULL, NULL, NULL, WORD_ANY},
};

#define JOB(verb, summary, options, run)                                                                     \
    {                                                                                                        \
        "job " verb, "JOB", 1, 1, summary, options, run, false, {WORD_JOB, WORD_JOB},                        \
            "`replsvc job list` shows the jobs."                                                             \
    }

const struct command job_commands[] = {
    {"job list",
     "",
     0,
     0,
     "List the jobs",
     NULL,
     job_list,
     false,
     {WORD_ANY, WORD_ANY},
     "Example:\n  replsvc job list"},
    JOB("show", "Show the properties of a job", NULL, job_show),
    JOB("wait", "Wait until a job has ended, with progress", NULL, job_wait),
    JOB("suspend", "Pause a job", NULL, request),
    JOB("resume", "Go on with a job that is suspended, and wait for it", resume_options, request),
    JOB("terminate", "End a job, leaving things whole", NULL, request),
    JOB("kill", "End a job at once", NULL, request),
    JOB("delete", "Remove a job that has ended", NULL, job_delete),
    {0},
};
