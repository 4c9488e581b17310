/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The job manager: worker threads, a queue with priorities, and the state machine of CIM_ConcreteJob.
 * It knows nothing of replication: a job is a set of work functions handed down by the service, and
 * tells what happens to it by a listener handed down too (which persists it and raises events).
 */
#ifndef RSVC_JOBS_JOBS_H
#define RSVC_JOBS_JOBS_H

#include <replsvc/cim.h>
#include <replsvc/statistics.h>

struct job_manager;
struct job;

/* What the worker should do next, told by job_check() between steps of work. */
enum job_verdict { JOB_GO_ON, JOB_PAUSE, JOB_TERMINATE, JOB_KILL, JOB_SHUTDOWN };

/* How a call of run() ended. */
enum job_outcome {
    JOB_DONE,   /* Completed */
    JOB_FAILED, /* Exception; error set by job_set_error */
    JOB_YIELDED /* stopped as the verdict asked; run again after a resume, or after reopen */
};

struct job_work {
    enum job_outcome (*run)(struct job *job, void *user);
    /* Terminate or kill was carried out (or asked for before it ever ran): leave things whole. May be NULL.
     */
    void (*cancelled)(struct job *job, void *user, bool killed);
    void (*destroy)(void *user); /* may be NULL */
    void *user;
};

struct job_listener {
    /* Called without the manager's lock at each change of state or whole percent, in order for one job. */
    void (*changed)(void *user, struct job *job, uint16_t old_state, uint16_t new_state, bool percent);
    void (*removed)(void *user, const char *id);
    void *user;
};

int job_manager_new(unsigned threads, const struct job_listener *listener, struct job_manager **out);
/* Tells running jobs to stop (JOB_SHUTDOWN), joins the workers, frees all. Jobs stay persisted as they are.
 */
void job_manager_free(struct job_manager *m);

/* A new job in state New; started by job_start. id NULL: generated. Persisted fields can be restored with
 * job_restore. */
int job_new(struct job_manager *m, const char *id, const char *name, const char *synchronization,
            const struct job_work *work, struct job **out);
int job_restore(struct job_manager *m, const replsvc_job_info *info, const struct job_work *work,
                struct job **out);
/* Takes back a job that nobody was told of: in state New, never started. */
void job_discard(struct job *job);
void job_start(struct job *job); /* -> Starting, queued by priority */

/* For the work function. */
enum job_verdict job_check(struct job *job);
void job_progress(struct job *job, uint64_t done, uint64_t total);
void job_set_error(struct job *job, uint32_t code, const char *message);
const char *job_id(const struct job *job);
/* Of one that was just made, for its record: calls nobody, so any lock may be held. */
void job_get_info(struct job *job, replsvc_job_info *info);

/* By id, for the API: CIM codes. */
uint32_t jobs_get_info(struct job_manager *m, const char *id, replsvc_job_info *info);
uint32_t jobs_wait(struct job_manager *m, const char *id, int64_t timeout_ms);
uint32_t jobs_request_state(struct job_manager *m, const char *id, uint16_t requested);
/* Until what was asked of the job (by jobs_request_state, which answered 4096) has been carried out. */
uint32_t jobs_settle(struct job_manager *m, const char *id, int64_t timeout_ms);
uint32_t jobs_modify(struct job_manager *m, const char *id, replsvc_opt_bool delete_on_completion,
                     int64_t time_before_removal_us, uint32_t priority);
uint32_t jobs_delete(struct job_manager *m, const char *id);
/* Now if it has ended, else as soon as it has. */
uint32_t jobs_delete_when_over(struct job_manager *m, const char *id);
/* Fills in what is about jobs. */
void jobs_count(struct job_manager *m, replsvc_service_statistics *out);
int jobs_list(struct job_manager *m, replsvc_job_ref **jobs, size_t *n);

#endif
