/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Inside the job manager: see jobs.c for how it works. All functions here are called with m->lock held;
 * those that let go of it meanwhile say so.
 */
#ifndef RSVC_JOBS_INTERNAL_H
#define RSVC_JOBS_INTERNAL_H

#include "jobs/jobs.h"

#include <pthread.h>

struct job {
    struct job_manager *m;
    struct job *next, *prev; /* all jobs, in order of creation */
    struct job *queue_next;
    struct job_work work;
    replsvc_job_info info;
    unsigned refs;         /* the manager's list is one */
    enum job_verdict want; /* JOB_GO_ON: nothing is asked for */
    bool listed, queued, running, telling, ran;
    bool delete_on_kill; /* remove as soon as it has ended */
    uint16_t told_state, told_percent;
    int64_t run_started;    /* monotonic; of the present run */
    int64_t elapsed_before; /* of earlier runs */
    uint64_t done_at_start; /* bytes_done when the present run began, for the throughput */
    int64_t ended;          /* monotonic; 0 = has not */
};

struct job_manager {
    pthread_mutex_t lock;
    pthread_cond_t work;    /* the queue has a job, or stop; or a removal is due earlier than before */
    pthread_cond_t changed; /* some job has been told, or was removed */
    struct job_listener listener;
    struct job *first, *last;
    struct job *queue; /* by priority, then by arrival */
    bool stop;
    uint64_t n_completed, n_failed; /* that ended since the start */
    unsigned n_workers;
    pthread_t workers[];
};

bool job_has_ended(const struct job *job);
const char *job_state_text(uint16_t state);
int64_t job_elapsed(const struct job *job);
struct job *jobs_find(struct job_manager *m, const char *id);
void job_unref(struct job *job);
/* Changes the state; the caller has it told. */
void job_set_state(struct job *job, uint16_t state);
/* Delivers what has changed. Lets go of the lock; the caller holds a reference. */
void job_tell(struct job *job);
/* Takes an ended job out and says so. Lets go of the lock. */
void job_remove(struct job *job);
/* Removes what is due; lets go of the lock. Returns when the next removal is (monotonic, INT64_MAX: none). */
int64_t jobs_purge(struct job_manager *m);
void job_enqueue(struct job *job);
void job_dequeue(struct job *job);
/* -> Starting, and into the queue. Lets go of the lock. */
void job_start_locked(struct job *job);

#endif
