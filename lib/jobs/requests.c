/* SPDX-License-Identifier: BSD-2-Clause */
/* What clients do with jobs, by id: look, wait, ask for another state, remove. See jobs.c for the rules. */
#include "jobs/internal.h"

#include <errno.h>
#include <string.h>
#include <sys/param.h>
#include <time.h>

#include "util/alloc.h"
#include "util/caller.h"
#include "util/clock.h"
#include "util/fail.h"

static uint32_t no_such_job(const char *id)
{
    return svc_fail(REPLSVC_INVALID_PARAMETER, 0, "Job", "there is no job '%.63s' (any more)", id);
}

/* The job of that id with a reference for the caller, and the lock held; NULL: not there, lock not held. */
static struct job *acquire(struct job_manager *m, const char *id)
{
    pthread_mutex_lock(&m->lock);
    jobs_purge(m);
    struct job *job = jobs_find(m, id);
    if (job == NULL)
        pthread_mutex_unlock(&m->lock);
    else
        job->refs++;
    return job;
}

static void release(struct job *job)
{
    struct job_manager *m = job->m;
    job_unref(job);
    pthread_mutex_unlock(&m->lock);
}

uint32_t jobs_get_info(struct job_manager *m, const char *id, replsvc_job_info *info)
{
    struct job *job = acquire(m, id);
    if (job == NULL)
        return no_such_job(id);
    job->info.elapsed_time_us = job_elapsed(job);
    uint32_t size = MIN(info->size, (uint32_t)sizeof(job->info));
    uint32_t callers = info->size;
    memcpy(info, &job->info, size);
    info->size = callers;
    release(job);
    return REPLSVC_OK;
}

void job_get_info(struct job *job, replsvc_job_info *info)
{
    pthread_mutex_lock(&job->m->lock);
    *info = job->info;
    pthread_mutex_unlock(&job->m->lock);
}

/* Waits on m->changed until the deadline (monotonic, INT64_MAX: for ever); false: it has passed. */
static bool wait_changed(struct job_manager *m, int64_t deadline)
{
    if (deadline == INT64_MAX) {
        pthread_cond_wait(&m->changed, &m->lock);
        return true;
    }
    struct timespec at = clock_deadline(deadline);
    return pthread_cond_timedwait(&m->changed, &m->lock, &at) != ETIMEDOUT;
}

/* The same; also returns now and then for a look at whether anybody still waits. */
static bool wait_until(struct job_manager *m, int64_t deadline)
{
    return wait_changed(m, caller_look_until(deadline)) || clock_monotonic_us() < deadline;
}

static int64_t deadline_after(int64_t timeout_ms)
{
    int64_t now = clock_monotonic_us();
    return timeout_ms < 0 || timeout_ms > (INT64_MAX - now) / 1000 ? INT64_MAX : now + timeout_ms * 1000;
}

static bool is_over(const struct job *job)
{
    return job_has_ended(job) && job->told_state == job->info.job_state;
}

static uint32_t verdict_of(const struct job *job)
{
    switch (job->info.job_state) {
    case REPLSVC_JOB_STATE_COMPLETED:
        return REPLSVC_OK;
    case REPLSVC_JOB_STATE_EXCEPTION:
        return svc_fail(job->info.error_code, 0, NULL, "%s", job->info.error_description);
    default:
        return svc_fail(REPLSVC_FAILED, 0, NULL, "the job was %s",
                        job->info.job_state == REPLSVC_JOB_STATE_KILLED ? "killed" : "terminated");
    }
}

uint32_t jobs_wait(struct job_manager *m, const char *id, int64_t timeout_ms)
{
    struct job *job = acquire(m, id);
    if (job == NULL)
        return no_such_job(id);
    int64_t deadline = deadline_after(timeout_ms);
    bool in_time = true;
    while (!is_over(job) && !m->stop && in_time && !caller_gone()) {
        /* Its end shows before it is durable, which is soon: who has seen it must not be told a timeout. */
        bool ended = job_has_ended(job);
        in_time = wait_until(m, ended ? INT64_MAX : deadline) || job_has_ended(job);
    }
    uint32_t code;
    if (is_over(job))
        code = verdict_of(job);
    else if (m->stop)
        code = svc_fail(REPLSVC_FAILED, 0, NULL,
                        "the service is being closed; the job goes on when it is opened");
    else if (in_time)
        code = caller_fail();
    else
        code = svc_fail(REPLSVC_TIMEOUT, 0, NULL, "the job is %s, %u %% complete; it goes on",
                        job_state_text(job->info.job_state), job->info.percent_complete);
    release(job);
    return code;
}

static uint32_t impossible(const struct job *job, const char *wanted)
{
    return svc_fail(REPLSVC_INVALID_STATE_TRANSITION, 0, "RequestedState", "a job that is %s cannot be %s",
                    job_state_text(job->info.job_state), wanted);
}

static uint32_t request_start(struct job *job)
{
    uint16_t s = job->info.job_state;
    if (s != REPLSVC_JOB_STATE_NEW && s != REPLSVC_JOB_STATE_SUSPENDED)
        return impossible(job, "started");
    job_start_locked(job);
    return REPLSVC_OK;
}

static uint32_t request_suspend(struct job *job)
{
    uint16_t s = job->info.job_state;
    if ((s != REPLSVC_JOB_STATE_STARTING && s != REPLSVC_JOB_STATE_RUNNING) || job->want != JOB_GO_ON)
        return impossible(job, "suspended");
    if (!job->queued) {
        job->want = JOB_PAUSE;
        return REPLSVC_JOB_STARTED;
    }
    job_dequeue(job);
    job_set_state(job, REPLSVC_JOB_STATE_SUSPENDED);
    job_tell(job);
    return REPLSVC_OK;
}

static uint32_t request_end(struct job *job, enum job_verdict how)
{
    if (job_has_ended(job) || job->want == JOB_KILL || job->want == how)
        return impossible(job, how == JOB_KILL ? "killed" : "terminated");
    job->want = how;
    job_set_state(job, REPLSVC_JOB_STATE_SHUTTING_DOWN);
    if (!job->queued && !job->running)
        job_enqueue(job); /* a worker leaves things whole */
    job_tell(job);
    return REPLSVC_JOB_STARTED;
}

static uint32_t request(struct job *job, uint16_t requested)
{
    switch (requested) {
    case REPLSVC_JOB_REQUESTED_STATE_START:
        return request_start(job);
    case REPLSVC_JOB_REQUESTED_STATE_SUSPEND:
        return request_suspend(job);
    case REPLSVC_JOB_REQUESTED_STATE_TERMINATE:
        return request_end(job, JOB_TERMINATE);
    case REPLSVC_JOB_REQUESTED_STATE_KILL:
        return request_end(job, JOB_KILL);
    default:
        return svc_fail(REPLSVC_INVALID_PARAMETER, 0, "RequestedState",
                        "RequestedState %u is none of Start 2, Suspend 3, Terminate 4, Kill 5", requested);
    }
}

uint32_t jobs_request_state(struct job_manager *m, const char *id, uint16_t requested)
{
    struct job *job = acquire(m, id);
    if (job == NULL)
        return no_such_job(id);
    uint32_t code = request(job, requested);
    release(job);
    return code;
}

/* Whether nothing that was asked of the job is still to be carried out. */
static bool is_settled(const struct job *job)
{
    return is_over(job) || (job->want == JOB_GO_ON && job->told_state == job->info.job_state);
}

uint32_t jobs_settle(struct job_manager *m, const char *id, int64_t timeout_ms)
{
    struct job *job = acquire(m, id);
    if (job == NULL)
        return no_such_job(id);
    int64_t deadline = deadline_after(timeout_ms);
    bool in_time = true;
    while (!is_settled(job) && !m->stop && in_time && !caller_gone())
        in_time = wait_until(m, deadline);
    uint32_t code = REPLSVC_OK;
    if (!is_settled(job))
        code = svc_fail(REPLSVC_TIMEOUT, 0, "TimeoutPeriod", "the job is still %s",
                        job_state_text(job->info.job_state));
    release(job);
    return code;
}

uint32_t jobs_modify(struct job_manager *m, const char *id, replsvc_opt_bool delete_on_completion,
                     int64_t time_before_removal_us, uint32_t priority)
{
    struct job *job = acquire(m, id);
    if (job == NULL)
        return no_such_job(id);
    if (delete_on_completion != REPLSVC_BOOL_ABSENT)
        job->info.delete_on_completion = delete_on_completion == REPLSVC_BOOL_TRUE;
    if (time_before_removal_us >= 0)
        job->info.time_before_removal_us = time_before_removal_us;
    if (priority != 0 && priority != job->info.priority) {
        job->info.priority = priority;
        if (job->queued) {
            job_dequeue(job);
            job_enqueue(job);
        }
    }
    pthread_cond_broadcast(&m->work); /* its removal may be due earlier now */
    release(job);
    return REPLSVC_OK;
}

uint32_t jobs_delete(struct job_manager *m, const char *id)
{
    struct job *job = acquire(m, id);
    if (job == NULL)
        return no_such_job(id);
    uint32_t code = REPLSVC_OK;
    if (!job_has_ended(job))
        code = svc_fail(REPLSVC_IN_USE, 0, "Job", "job '%.63s' is %s; only an ended job can be deleted", id,
                        job_state_text(job->info.job_state));
    else {
        while (job->telling)
            wait_changed(m, INT64_MAX);
        if (job->listed)
            job_remove(job);
    }
    release(job);
    return code;
}

uint32_t jobs_delete_when_over(struct job_manager *m, const char *id)
{
    struct job *job = acquire(m, id);
    if (job == NULL)
        return no_such_job(id);
    if (is_over(job) && !job->telling)
        job_remove(job);
    else
        job->delete_on_kill = true;
    release(job);
    return REPLSVC_OK;
}

void jobs_count(struct job_manager *m, replsvc_service_statistics *out)
{
    pthread_mutex_lock(&m->lock);
    out->worker_threads = m->n_workers;
    out->jobs_completed = m->n_completed;
    out->jobs_failed = m->n_failed;
    for (const struct job *job = m->first; job != NULL; job = job->next)
        out->jobs_active += !job_has_ended(job);
    pthread_mutex_unlock(&m->lock);
}

int jobs_list(struct job_manager *m, replsvc_job_ref **jobs, size_t *n)
{
    pthread_mutex_lock(&m->lock);
    jobs_purge(m);
    size_t count = 0;
    for (struct job *job = m->first; job != NULL; job = job->next)
        count++;
    replsvc_job_ref *list = mem_array(count != 0 ? count : 1, sizeof(*list));
    if (list != NULL) {
        size_t i = 0;
        for (struct job *job = m->first; job != NULL; job = job->next)
            memcpy(list[i++].id, job->info.id, sizeof(list[0].id));
        *jobs = list;
        *n = count;
    }
    pthread_mutex_unlock(&m->lock);
    return list != NULL ? 0 : -ENOMEM;
}
