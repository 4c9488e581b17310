/* SPDX-License-Identifier: BSD-2-Clause */
/* CIM_ConcreteJob. */
#include "api/api.h"

#include <errno.h>
#include <string.h>

#include "service/job_error.h"
#include "util/alloc.h"

/* Reference and service; *id: the job's. */
static uint32_t enter(const replsvc_service *service, const replsvc_job_ref *job)
{
    uint32_t ret = api_enter(service);
    if (ret)
        return ret;
    if (ref_absent(job))
        return svc_fail(REPLSVC_INVALID_PARAMETER, 0, "Job", "Job: a reference to a job is required");
    if (memchr(job->id, 0, sizeof(job->id)) == NULL)
        return svc_fail(REPLSVC_INVALID_PARAMETER, 0, "Job", "Job: the reference is not terminated");
    return REPLSVC_OK;
}

uint32_t local_job_wait(replsvc_service *service, const replsvc_job_ref *job, int64_t timeout_ms)
{
    uint32_t ret = enter(service, job);
    return ret ? ret : jobs_wait(service->jobs, job->id, timeout_ms);
}

uint32_t local_job_get_info(replsvc_service *service, const replsvc_job_ref *job, replsvc_job_info *info)
{
    replsvc_job_info filled = {.size = sizeof(filled)};
    uint32_t ret = enter(service, job);
    if (ret == REPLSVC_OK)
        ret = jobs_get_info(service->jobs, job->id, &filled);
    return ret ? ret : info_out(info, &filled, sizeof(filled), "info");
}

uint32_t local_job_list(replsvc_service *service, replsvc_job_ref **jobs, size_t *n_jobs)
{
    uint32_t ret = api_enter(service);
    if (ret)
        return ret;
    if (jobs == NULL || n_jobs == NULL)
        return svc_fail(REPLSVC_INVALID_PARAMETER, 0, "Jobs", "Jobs: no place to put the list");
    *jobs = NULL;
    *n_jobs = 0;
    int err = jobs_list(service->jobs, jobs, n_jobs);
    return err != 0 ? svc_fail(REPLSVC_FAILED, -err, NULL, "cannot list the jobs") : REPLSVC_OK;
}

uint32_t local_job_request_state_change(replsvc_service *service, const replsvc_job_ref *job,
                                        uint16_t requested_state, int64_t timeout_period)
{
    uint32_t ret = enter(service, job);
    if (ret)
        return ret;
    if (timeout_period < 0)
        return svc_fail(REPLSVC_INVALID_PARAMETER, 0, "TimeoutPeriod", "TimeoutPeriod: it is negative");
    ret = jobs_request_state(service->jobs, job->id, requested_state);
    if (ret != REPLSVC_JOB_STARTED || timeout_period == 0)
        return ret;
    return jobs_settle(service->jobs, job->id, (timeout_period + 999) / 1000);
}

uint32_t local_job_get_error(replsvc_service *service, const replsvc_job_ref *job, char **error)
{
    replsvc_job_info info = {.size = sizeof(info)};
    uint32_t ret = enter(service, job);
    if (ret == REPLSVC_OK && error == NULL)
        ret = svc_fail(REPLSVC_INVALID_PARAMETER, 0, "Error", "Error: no place to put it");
    if (ret == REPLSVC_OK)
        ret = jobs_get_info(service->jobs, job->id, &info);
    if (ret)
        return ret;
    *error = info.error_code != 0 ? job_error_format(&info, service_encoding(service)) : NULL;
    if (info.error_code != 0 && *error == NULL)
        return svc_fail(REPLSVC_FAILED, ENOMEM, NULL, "the error cannot be written");
    return REPLSVC_OK;
}

/* The list and its string are one allocation, freed at once. */
uint32_t local_job_get_errors(replsvc_service *service, const replsvc_job_ref *job, char ***errors,
                              size_t *n_errors)
{
    char *text = NULL;
    uint32_t ret = api_enter(service);
    if (ret == REPLSVC_OK && (errors == NULL || n_errors == NULL))
        ret = svc_fail(REPLSVC_INVALID_PARAMETER, 0, "Errors", "Errors: no place to put them");
    if (ret == REPLSVC_OK)
        ret = local_job_get_error(service, job, &text);
    if (ret)
        return ret;
    *errors = NULL;
    *n_errors = 0;
    if (text == NULL)
        return REPLSVC_OK;
    char **list = mem_alloc(sizeof(*list) + strlen(text) + 1);
    if (list != NULL) {
        list[0] = (char *)(list + 1);
        strcpy(list[0], text);
        *errors = list;
        *n_errors = 1;
    }
    mem_free(text);
    return list != NULL ? REPLSVC_OK : svc_fail(REPLSVC_FAILED, ENOMEM, NULL, "the errors cannot be listed");
}

uint32_t local_job_kill(replsvc_service *service, const replsvc_job_ref *job, bool delete_on_kill)
{
    uint32_t ret = enter(service, job);
    if (ret == REPLSVC_OK)
        ret = jobs_request_state(service->jobs, job->id, REPLSVC_JOB_REQUESTED_STATE_KILL);
    if (ret == REPLSVC_JOB_STARTED && delete_on_kill)
        (void)jobs_delete_when_over(service->jobs, job->id);
    return ret;
}

uint32_t local_job_modify(replsvc_service *service, const replsvc_job_ref *job,
                          replsvc_opt_bool delete_on_completion, int64_t time_before_removal_us,
                          uint32_t priority)
{
    uint32_t ret = enter(service, job);
    if (ret)
        return ret;
    if (delete_on_completion != REPLSVC_BOOL_ABSENT && delete_on_completion != REPLSVC_BOOL_TRUE &&
        delete_on_completion != REPLSVC_BOOL_FALSE)
        return svc_fail(REPLSVC_INVALID_PARAMETER, 0, "DeleteOnCompletion",
                        "DeleteOnCompletion: it is no boolean");
    return jobs_modify(service->jobs, job->id, delete_on_completion, time_before_removal_us, priority);
}

uint32_t local_job_delete(replsvc_service *service, const replsvc_job_ref *job)
{
    uint32_t ret = enter(service, job);
    return ret ? ret : jobs_delete(service->jobs, job->id);
}
