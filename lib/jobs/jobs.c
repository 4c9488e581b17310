/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The job manager: see jobs.h.
 *
 * One lock (m->lock) guards every job and the queue; it is never held while a work function or the
 * listener runs. A job is in the queue (queued), on a worker (running), or neither (new, suspended, ended).
 * What somebody wants of a job that is not at rest stands in job->want; the work function reads it by
 * job_check(), and settle() carries it out when run() has returned or, for a job that never ran, when a
 * worker takes it from the queue: so cancelled() always runs on a worker.
 *
 * The listener is told by job_tell(): whoever changed a job delivers what has changed since the last
 * delivery, one thread at a time for each job, outside the lock. States that follow each other faster than
 * they can be delivered are merged, never reordered, and nothing is allocated for it. Waiters wake when an
 * ended job has been told, so that whoever waited finds it recorded.
 *
 * Ended jobs with DeleteOnCompletion are removed TimeBeforeRemoval after their end, by an idle worker or
 * by the next call that looks at jobs, whichever comes first.
 */
#include "jobs/internal.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/param.h>
#include <time.h>
#include <unistd.h>

#include "util/alloc.h"
#include "util/clock.h"
#include "util/id.h"
#include "util/probe.h"

#define PRIORITY_DEFAULT 100u                                /* CIM: the lower, the more urgent */
#define TIME_BEFORE_REMOVAL_DEFAULT (INT64_C(300) * 1000000) /* the schema's default, 5 minutes */
#define WORKERS_MAX 256u

bool job_has_ended(const struct job *job)
{
    uint16_t s = job->info.job_state;
    return s == REPLSVC_JOB_STATE_COMPLETED || s == REPLSVC_JOB_STATE_TERMINATED ||
           s == REPLSVC_JOB_STATE_KILLED || s == REPLSVC_JOB_STATE_EXCEPTION;
}

const char *job_state_text(uint16_t state)
{
    static const char *const text[] = {
        [REPLSVC_JOB_STATE_NEW] = "New",
        [REPLSVC_JOB_STATE_STARTING] = "Starting",
        [REPLSVC_JOB_STATE_RUNNING] = "Running",
        [REPLSVC_JOB_STATE_SUSPENDED] = "Suspended",
        [REPLSVC_JOB_STATE_SHUTTING_DOWN] = "Shutting Down",
        [REPLSVC_JOB_STATE_COMPLETED] = "Completed",
        [REPLSVC_JOB_STATE_TERMINATED] = "Terminated",
        [REPLSVC_JOB_STATE_KILLED] = "Killed",
        [REPLSVC_JOB_STATE_EXCEPTION] = "Exception",
    };
    return state < sizeof(text) / sizeof(text[0]) && text[state] != NULL ? text[state] : "?";
}

/* ---- life (all under m->lock unless said otherwise) ---- */

void job_unref(struct job *job)
{
    if (--job->refs != 0)
        return;
    if (job->work.destroy != NULL)
        job->work.destroy(job->work.user);
    mem_free(job);
}

static void unlist(struct job *job)
{
    struct job_manager *m = job->m;
    *(job->prev != NULL ? &job->prev->next : &m->first) = job->next;
    *(job->next != NULL ? &job->next->prev : &m->last) = job->prev;
    job->next = job->prev = NULL;
    job->listed = false;
}

/* Takes an ended job out and says so. Lets go of the lock meanwhile. */
void job_remove(struct job *job)
{
    struct job_manager *m = job->m;
    char id[REPLSVC_REF_SIZE];
    memcpy(id, job->info.id, sizeof(id));
    unlist(job);
    pthread_cond_broadcast(&m->changed);
    job_unref(job);
    pthread_mutex_unlock(&m->lock);
    if (m->listener.removed != NULL)
        m->listener.removed(m->listener.user, id);
    pthread_mutex_lock(&m->lock);
}

static int64_t due(const struct job *job)
{
    if (!job_has_ended(job) || !job->info.delete_on_completion || job->telling ||
        job->told_state != job->info.job_state)
        return INT64_MAX;
    return job->ended > INT64_MAX - job->info.time_before_removal_us
               ? INT64_MAX
               : job->ended + job->info.time_before_removal_us;
}

/* Removes what is due. Returns when the next removal is (monotonic, INT64_MAX: none). */
int64_t jobs_purge(struct job_manager *m)
{
    for (;;) {
        int64_t now = clock_monotonic_us(), next = INT64_MAX;
        struct job *job = m->first;
        for (; job != NULL; job = job->next) {
            if (due(job) <= now)
                break;
            next = MIN(next, due(job));
        }
        if (job == NULL)
            return next;
        job_remove(job); /* let go of the lock: start anew */
    }
}

/* Delivers what has changed. Lets go of the lock meanwhile; the caller holds a reference. */
void job_tell(struct job *job)
{
    struct job_manager *m = job->m;
    if (job->telling)
        return; /* that thread goes on until there is nothing new */
    job->telling = true;
    while (job->told_state != job->info.job_state || job->told_percent != job->info.percent_complete) {
        uint16_t old_state = job->told_state, new_state = job->info.job_state;
        bool percent = job->told_percent != job->info.percent_complete;
        uint16_t percent_now = job->info.percent_complete;
        pthread_mutex_unlock(&m->lock);
        if (m->listener.changed != NULL)
            m->listener.changed(m->listener.user, job, old_state, new_state, percent);
        pthread_mutex_lock(&m->lock);
        job->told_state = new_state;
        job->told_percent = percent_now;
    }
    job->telling = false;
    pthread_cond_broadcast(&m->changed);
    if (job_has_ended(job) && job->listed) {
        if (job->delete_on_kill)
            job_remove(job);
        else
            pthread_cond_signal(&m->work); /* a worker has to look when its removal is due */
    }
}

void job_set_state(struct job *job, uint16_t state)
{
    if (job->info.job_state == state)
        return;
    PROBE3(job_state, job->info.id, job->info.job_state, state);
    job->info.job_state = state;
    job->info.time_of_last_state_change = clock_wall_us();
    if (job_has_ended(job)) {
        job->ended = clock_monotonic_us();
        job->m->n_completed += state == REPLSVC_JOB_STATE_COMPLETED;
        job->m->n_failed += state == REPLSVC_JOB_STATE_EXCEPTION;
        job->info.estimated_end = 0;
        if (state == REPLSVC_JOB_STATE_COMPLETED)
            job->info.percent_complete = 100;
    }
    snprintf(job->info.job_status, sizeof(job->info.job_status), "%s", job_state_text(state));
}

void job_enqueue(struct job *job)
{
    struct job_manager *m = job->m;
    struct job **at = &m->queue;
    while (*at != NULL && (*at)->info.priority <= job->info.priority)
        at = &(*at)->queue_next;
    job->queue_next = *at;
    *at = job;
    job->queued = true;
    pthread_cond_signal(&m->work);
}

void job_dequeue(struct job *job)
{
    struct job **at = &job->m->queue;
    while (*at != job)
        at = &(*at)->queue_next;
    *at = job->queue_next;
    job->queue_next = NULL;
    job->queued = false;
}

/* ---- workers ---- */

int64_t job_elapsed(const struct job *job)
{
    int64_t run = job->running ? clock_monotonic_us() - job->run_started : 0;
    return job->elapsed_before + run;
}

static void begin_run(struct job *job)
{
    job->running = job->ran = true;
    job->run_started = clock_monotonic_us();
    job->done_at_start = job->info.bytes_done;
    if (job->info.start_time == 0)
        job->info.start_time = clock_wall_us();
    job_set_state(job, REPLSVC_JOB_STATE_RUNNING);
}

/* Carries out what was wanted of a job that does not run (any more). Lets go of the lock meanwhile. */
static void cancel(struct job *job)
{
    bool killed = job->want == JOB_KILL;
    job_set_state(job, REPLSVC_JOB_STATE_SHUTTING_DOWN);
    job_tell(job);
    pthread_mutex_unlock(&job->m->lock);
    if (job->work.cancelled != NULL)
        job->work.cancelled(job, job->work.user, killed);
    pthread_mutex_lock(&job->m->lock);
    job_set_state(job, killed ? REPLSVC_JOB_STATE_KILLED : REPLSVC_JOB_STATE_TERMINATED);
}

static void settle(struct job *job, enum job_outcome outcome)
{
    switch (outcome) {
    case JOB_DONE:
        job_set_state(job, REPLSVC_JOB_STATE_COMPLETED);
        break;
    case JOB_FAILED:
        if (job->info.error_code == 0)
            job->info.error_code = REPLSVC_FAILED;
        job_set_state(job, REPLSVC_JOB_STATE_EXCEPTION);
        break;
    case JOB_YIELDED:
        if (job->want == JOB_TERMINATE || job->want == JOB_KILL)
            cancel(job);
        else if (job->want == JOB_PAUSE)
            job_set_state(job, REPLSVC_JOB_STATE_SUSPENDED);
        else if (!job->m->stop)
            job_enqueue(job); /* nobody asked, or thought better of it: goes on at its next turn */
        break;
    }
    if (job_has_ended(job) || job->want == JOB_PAUSE)
        job->want = JOB_GO_ON;
}

static void work_on(struct job *job)
{
    struct job_manager *m = job->m;
    if (job->want == JOB_TERMINATE || job->want == JOB_KILL) {
        cancel(job);
        job->want = JOB_GO_ON;
        job_tell(job);
        return;
    }
    begin_run(job);
    job_tell(job);
    pthread_mutex_unlock(&m->lock);
    enum job_outcome outcome = job->work.run(job, job->work.user);
    pthread_mutex_lock(&m->lock);
    job->elapsed_before = job_elapsed(job);
    job->running = false;
    settle(job, outcome);
    job_tell(job);
    pthread_cond_broadcast(&m->changed);
}

static void wait_for_work(struct job_manager *m)
{
    int64_t next = jobs_purge(m);
    if (m->stop || m->queue != NULL)
        return; /* came while purge let go of the lock */
    if (next == INT64_MAX) {
        pthread_cond_wait(&m->work, &m->lock);
        return;
    }
    struct timespec at = clock_deadline(next);
    pthread_cond_timedwait(&m->work, &m->lock, &at);
}

static void *worker(void *arg)
{
    struct job_manager *m = arg;
    pthread_mutex_lock(&m->lock);
    while (!m->stop) {
        struct job *job = m->queue;
        if (job == NULL) {
            wait_for_work(m);
            continue;
        }
        job_dequeue(job);
        job->refs++;
        work_on(job);
        job_unref(job);
    }
    pthread_mutex_unlock(&m->lock);
    return NULL;
}

static int start_workers(struct job_manager *m, unsigned threads)
{
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before); /* workers inherit it: signals are the application's */
    int err = 0;
    while (m->n_workers < threads) {
        err = pthread_create(&m->workers[m->n_workers], NULL, worker, m);
        if (err != 0)
            break;
        m->n_workers++;
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return m->n_workers != 0 ? 0 : -err; /* one is enough to get on */
}

int job_manager_new(unsigned threads, const struct job_listener *listener, struct job_manager **out)
{
    if (threads == 0) {
        long n = sysconf(_SC_NPROCESSORS_ONLN);
        threads = n < 2 ? 2 : (unsigned)MIN(n, 64L);
    }
    threads = MIN(threads, WORKERS_MAX);
    struct job_manager *m = mem_zalloc(sizeof(*m) + threads * sizeof(m->workers[0]));
    if (m == NULL)
        return -ENOMEM;
    if (listener != NULL)
        m->listener = *listener;
    pthread_condattr_t attr;
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_mutex_init(&m->lock, NULL);
    pthread_cond_init(&m->work, &attr);
    pthread_cond_init(&m->changed, &attr);
    pthread_condattr_destroy(&attr);
    int err = start_workers(m, threads);
    if (err != 0) {
        job_manager_free(m);
        return err;
    }
    *out = m;
    return 0;
}

void job_manager_free(struct job_manager *m)
{
    if (m == NULL)
        return;
    pthread_mutex_lock(&m->lock);
    m->stop = true;
    pthread_cond_broadcast(&m->work);
    pthread_cond_broadcast(&m->changed);
    pthread_mutex_unlock(&m->lock);
    for (unsigned i = 0; i < m->n_workers; i++)
        pthread_join(m->workers[i], NULL);
    while (m->first != NULL) {
        struct job *job = m->first;
        unlist(job);
        job_unref(job);
    }
    pthread_cond_destroy(&m->changed);
    pthread_cond_destroy(&m->work);
    pthread_mutex_destroy(&m->lock);
    mem_free(m);
}

/* ---- making jobs ---- */

struct job *jobs_find(struct job_manager *m, const char *id)
{
    struct job *job = m->first;
    while (job != NULL && strcmp(job->info.id, id) != 0)
        job = job->next;
    return job;
}

/* Puts it into the list; the work's user data belongs to it from here on. */
static int add(struct job_manager *m, struct job *job, const struct job_work *work)
{
    pthread_mutex_lock(&m->lock);
    if (jobs_find(m, job->info.id) != NULL) {
        pthread_mutex_unlock(&m->lock);
        mem_free(job);
        return -EEXIST;
    }
    job->m = m;
    job->refs = 1;
    job->work = *work;
    job->told_state = job->info.job_state;
    job->told_percent = job->info.percent_complete;
    job->prev = m->last;
    *(m->last != NULL ? &m->last->next : &m->first) = job;
    m->last = job;
    job->listed = true;
    pthread_cond_signal(&m->work); /* restored ones may be due */
    pthread_mutex_unlock(&m->lock);
    return 0;
}

int job_new(struct job_manager *m, const char *id, const char *name, const char *synchronization,
            const struct job_work *work, struct job **out)
{
    struct job *job = mem_zalloc(sizeof(*job));
    if (job == NULL)
        return -ENOMEM;
    replsvc_job_info *info = &job->info;
    info->size = sizeof(*info);
    int err = 0;
    if (id != NULL)
        snprintf(info->id, sizeof(info->id), "%s", id);
    else
        err = id_new("job", info->id, sizeof(info->id));
    if (err != 0) {
        mem_free(job);
        return err;
    }
    snprintf(info->name, sizeof(info->name), "%s", name);
    snprintf(info->synchronization, sizeof(info->synchronization), "%s",
             synchronization != NULL ? synchronization : "");
    snprintf(info->owner, sizeof(info->owner), "uid:%lu", (unsigned long)geteuid());
    info->time_submitted = info->time_of_last_state_change = clock_wall_us();
    info->time_before_removal_us = TIME_BEFORE_REMOVAL_DEFAULT;
    info->delete_on_completion = true;
    info->priority = PRIORITY_DEFAULT;
    info->job_state = REPLSVC_JOB_STATE_NEW;
    snprintf(info->job_status, sizeof(info->job_status), "%s", job_state_text(info->job_state));
    err = add(m, job, work);
    if (err == 0)
        *out = job;
    return err;
}

int job_restore(struct job_manager *m, const replsvc_job_info *info, const struct job_work *work,
                struct job **out)
{
    struct job *job = mem_zalloc(sizeof(*job));
    if (job == NULL)
        return -ENOMEM;
    memcpy(&job->info, info, MIN(info->size, sizeof(job->info)));
    job->info.size = sizeof(job->info);
    job->elapsed_before = job->info.elapsed_time_us;
    /* What ran, was about to, or was being shut down when the process ended begins again from the queue. */
    if (!job_has_ended(job) && job->info.job_state != REPLSVC_JOB_STATE_SUSPENDED)
        job->info.job_state = REPLSVC_JOB_STATE_NEW;
    if (job_has_ended(job)) { /* its age by the wall clock, which may have been set meanwhile */
        int64_t age = clock_wall_us() - job->info.time_of_last_state_change;
        job->ended = clock_monotonic_us() - MIN(MAX(age, 0), job->info.time_before_removal_us);
    }
    snprintf(job->info.job_status, sizeof(job->info.job_status), "%s", job_state_text(job->info.job_state));
    int err = add(m, job, work);
    if (err == 0)
        *out = job;
    return err;
}

void job_start_locked(struct job *job)
{
    job_set_state(job, REPLSVC_JOB_STATE_STARTING);
    job_enqueue(job);
    job->refs++;
    job_tell(job);
    job_unref(job);
}

void job_discard(struct job *job)
{
    struct job_manager *m = job->m;
    pthread_mutex_lock(&m->lock);
    unlist(job);
    job_unref(job);
    pthread_mutex_unlock(&m->lock);
}

void job_start(struct job *job)
{
    struct job_manager *m = job->m;
    pthread_mutex_lock(&m->lock);
    if (job->info.job_state == REPLSVC_JOB_STATE_NEW)
        job_start_locked(job);
    pthread_mutex_unlock(&m->lock);
}

/* ---- for the work function ---- */

enum job_verdict job_check(struct job *job)
{
    pthread_mutex_lock(&job->m->lock);
    enum job_verdict v = job->want == JOB_GO_ON && job->m->stop ? JOB_SHUTDOWN : job->want;
    pthread_mutex_unlock(&job->m->lock);
    return v;
}

static void measure(struct job *job)
{
    replsvc_job_info *info = &job->info;
    int64_t run = clock_monotonic_us() - job->run_started;
    uint64_t moved = info->bytes_done > job->done_at_start ? info->bytes_done - job->done_at_start : 0;
    if (run <= 0 || moved == 0)
        return;
    double rate = (double)moved * 1e6 / (double)run;
    info->bytes_per_second = (uint64_t)rate;
    double left = (double)(info->bytes_total - info->bytes_done) / rate;
    info->estimated_end = left < 1e9 ? clock_wall_us() + (int64_t)(left * 1e6) : 0;
}

void job_progress(struct job *job, uint64_t done, uint64_t total)
{
    pthread_mutex_lock(&job->m->lock);
    replsvc_job_info *info = &job->info;
    info->bytes_total = total;
    info->bytes_done = MIN(done, total);
    measure(job);
    /* 100 is told by the end of the job only. */
    uint16_t percent = total == 0 ? 0 : (uint16_t)((double)info->bytes_done * 100.0 / (double)total);
    info->percent_complete = MAX(info->percent_complete, (uint16_t)MIN(percent, 99));
    job_tell(job);
    pthread_mutex_unlock(&job->m->lock);
}

void job_set_error(struct job *job, uint32_t code, const char *message)
{
    pthread_mutex_lock(&job->m->lock);
    job->info.error_code = code;
    snprintf(job->info.error_description, sizeof(job->info.error_description), "%s", message);
    pthread_mutex_unlock(&job->m->lock);
}

const char *job_id(const struct job *job)
{
    return job->info.id; /* written once, before anybody else sees it */
}
