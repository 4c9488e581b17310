/* SPDX-License-Identifier: BSD-2-Clause */
/* The job manager: every transition of a job, waiting, removal, restart, shutdown, threads, memory. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "jobs/jobs.h"
#include "util/alloc.h"

#include <replsvc/service.h>

/* A job that goes through a door in steps, so that the test decides how far it is. */
struct walk {
    pthread_mutex_t lock;
    pthread_cond_t cond;
    unsigned steps, allowed; /* done; may do */
    unsigned total;
    bool fail;
    atomic_uint runs, cancelled, killed, destroyed;
    enum job_verdict last;
};

static void walk_init(struct walk *w, unsigned allowed, unsigned total)
{
    memset(w, 0, sizeof(*w));
    pthread_mutex_init(&w->lock, NULL);
    pthread_cond_init(&w->cond, NULL);
    w->allowed = allowed;
    w->total = total;
}

static void walk_allow(struct walk *w, unsigned allowed)
{
    pthread_mutex_lock(&w->lock);
    w->allowed = allowed;
    pthread_cond_broadcast(&w->cond);
    pthread_mutex_unlock(&w->lock);
}

static void walk_reached(struct walk *w, unsigned steps)
{
    pthread_mutex_lock(&w->lock);
    while (w->steps < steps)
        pthread_cond_wait(&w->cond, &w->lock);
    pthread_mutex_unlock(&w->lock);
}

static enum job_outcome walk_run(struct job *job, void *user)
{
    struct walk *w = user;
    w->runs++;
    for (;;) {
        enum job_verdict v = job_check(job);
        pthread_mutex_lock(&w->lock);
        w->last = v;
        unsigned at = w->steps;
        pthread_mutex_unlock(&w->lock);
        if (v != JOB_GO_ON)
            return JOB_YIELDED;
        if (at == w->total)
            break;
        pthread_mutex_lock(&w->lock);
        bool step = w->steps < w->allowed;
        if (step) {
            w->steps++;
            pthread_cond_broadcast(&w->cond);
        } else { /* look at the verdict now and then */
            struct timespec at_time;
            clock_gettime(CLOCK_REALTIME, &at_time);
            at_time.tv_nsec += 1000000;
            if (at_time.tv_nsec >= 1000000000) {
                at_time.tv_nsec -= 1000000000;
                at_time.tv_sec++;
            }
            pthread_cond_timedwait(&w->cond, &w->lock, &at_time);
        }
        unsigned done = w->steps;
        pthread_mutex_unlock(&w->lock);
        if (step)
            job_progress(job, done, w->total);
    }
    if (w->fail) {
        job_set_error(job, REPLSVC_FAILED, "the door was locked");
        return JOB_FAILED;
    }
    return JOB_DONE;
}

static void walk_cancelled(struct job *job, void *user, bool killed)
{
    (void)job;
    struct walk *w = user;
    (*(killed ? &w->killed : &w->cancelled))++;
}

static void walk_destroy(void *user)
{
    ((struct walk *)user)->destroyed++;
}

static struct job_work work_of(struct walk *w)
{
    return (struct job_work){walk_run, walk_cancelled, walk_destroy, w};
}

/* What the listener heard, in order. */
struct diary {
    pthread_mutex_t lock;
    char text[4096];
    unsigned percents, removed;
};

static void note(void *user, struct job *job, uint16_t old_state, uint16_t new_state, bool percent)
{
    (void)job;
    struct diary *d = user;
    pthread_mutex_lock(&d->lock);
    size_t len = strlen(d->text);
    if (old_state != new_state)
        snprintf(d->text + len, sizeof(d->text) - len, "%u>%u ", old_state, new_state);
    d->percents += percent;
    pthread_mutex_unlock(&d->lock);
}

static void note_removed(void *user, const char *id)
{
    (void)id;
    struct diary *d = user;
    pthread_mutex_lock(&d->lock);
    d->removed++;
    pthread_mutex_unlock(&d->lock);
}

static struct job_manager *manager(unsigned threads, struct diary *d)
{
    struct job_listener l = {note, note_removed, d};
    struct job_manager *m;
    if (d != NULL) {
        memset(d, 0, sizeof(*d));
        pthread_mutex_init(&d->lock, NULL);
    }
    assert_int_equal(job_manager_new(threads, d != NULL ? &l : NULL, &m), 0);
    return m;
}

/* Makes and starts a job; its id in id. */
static void start(struct job_manager *m, struct walk *w, char id[REPLSVC_REF_SIZE])
{
    struct job_work work = work_of(w);
    struct job *job;
    assert_int_equal(job_new(m, NULL, "walk", "sync-1", &work, &job), 0);
    strcpy(id, job_id(job));
    job_start(job);
}

static replsvc_job_info info_of(struct job_manager *m, const char *id)
{
    replsvc_job_info info = {.size = sizeof(info)};
    assert_int_equal(jobs_get_info(m, id, &info), 0);
    return info;
}

static void a_job_runs_to_completion(void **state)
{
    (void)state;
    struct diary d;
    struct job_manager *m = manager(2, &d);
    struct walk w;
    walk_init(&w, 10, 10);
    char id[REPLSVC_REF_SIZE];
    start(m, &w, id);
    assert_int_equal(jobs_wait(m, id, -1), 0);
    replsvc_job_info info = info_of(m, id);
    assert_int_equal(info.job_state, REPLSVC_JOB_STATE_COMPLETED);
    assert_int_equal(info.percent_complete, 100);
    assert_int_equal(info.bytes_done, 10);
    assert_int_equal(info.bytes_total, 10);
    assert_string_equal(info.name, "walk");
    assert_string_equal(info.synchronization, "sync-1");
    assert_string_equal(info.job_status, "Completed");
    assert_true(info.time_submitted > 0 && info.start_time >= info.time_submitted);
    assert_true(info.time_of_last_state_change >= info.start_time);
    assert_true(info.elapsed_time_us >= 0 && info.owner[0] != '\0');
    assert_string_equal(d.text + strlen(d.text) - 3, ">7 ");
    job_manager_free(m);
    assert_int_equal(w.destroyed, 1);
    assert_int_equal(w.cancelled + w.killed, 0);
}

static void a_failed_job_keeps_its_error(void **state)
{
    (void)state;
    struct job_manager *m = manager(1, NULL);
    struct walk w;
    walk_init(&w, 1, 1);
    w.fail = true;
    char id[REPLSVC_REF_SIZE];
    start(m, &w, id);
    assert_int_equal(jobs_wait(m, id, -1), REPLSVC_FAILED);
    assert_non_null(strstr(replsvc_last_error()->message, "the door was locked"));
    replsvc_job_info info = info_of(m, id);
    assert_int_equal(info.job_state, REPLSVC_JOB_STATE_EXCEPTION);
    assert_int_equal(info.error_code, REPLSVC_FAILED);
    assert_string_equal(info.error_description, "the door was locked");
    job_manager_free(m);
}

static void waiting_ends_at_its_timeout_and_the_job_goes_on(void **state)
{
    (void)state;
    struct job_manager *m = manager(1, NULL);
    struct walk w;
    walk_init(&w, 1, 2);
    char id[REPLSVC_REF_SIZE];
    start(m, &w, id);
    assert_int_equal(jobs_wait(m, id, 0), REPLSVC_TIMEOUT);
    assert_int_equal(jobs_wait(m, id, 5), REPLSVC_TIMEOUT);
    walk_allow(&w, 2);
    assert_int_equal(jobs_wait(m, id, -1), 0);
    job_manager_free(m);
}

/* A listener that is slow to hear of the end: not done before somebody has begun to wait. */
static void hear_late(void *user, struct job *job, uint16_t old_state, uint16_t new_state, bool percent)
{
    (void)job, (void)old_state, (void)percent;
    atomic_bool *waiting = user;
    if (new_state != REPLSVC_JOB_STATE_COMPLETED)
        return;
    while (!*waiting)
        sched_yield();
    for (int i = 0; i < 1000; i++)
        sched_yield();
}

static void a_job_that_is_seen_completed_is_not_waited_for_in_vain(void **state)
{
    (void)state;
    atomic_bool waiting = false;
    struct job_listener listener = {hear_late, NULL, &waiting};
    struct job_manager *m;
    struct walk w;
    char id[REPLSVC_REF_SIZE];
    assert_int_equal(job_manager_new(1, &listener, &m), 0);
    walk_init(&w, 0, 1);
    start(m, &w, id);
    walk_allow(&w, 1); /* only now: who starts a job may be the one that tells its end */
    while (info_of(m, id).job_state != REPLSVC_JOB_STATE_COMPLETED)
        sched_yield();
    waiting = true;
    assert_int_equal(jobs_wait(m, id, 0), 0);
    job_manager_free(m);
}

static void a_running_job_is_suspended_and_resumed(void **state)
{
    (void)state;
    struct diary d;
    struct job_manager *m = manager(1, &d);
    struct walk w;
    walk_init(&w, 3, 5);
    char id[REPLSVC_REF_SIZE];
    start(m, &w, id);
    walk_reached(&w, 3);
    assert_int_equal(jobs_request_state(m, id, REPLSVC_JOB_REQUESTED_STATE_SUSPEND), REPLSVC_JOB_STARTED);
    assert_int_equal(jobs_settle(m, id, -1), 0);
    assert_int_equal(info_of(m, id).job_state, REPLSVC_JOB_STATE_SUSPENDED);
    assert_int_equal(jobs_request_state(m, id, REPLSVC_JOB_REQUESTED_STATE_SUSPEND),
                     REPLSVC_INVALID_STATE_TRANSITION);
    /* Its worker is free for others. */
    struct walk other;
    walk_init(&other, 1, 1);
    char other_id[REPLSVC_REF_SIZE];
    start(m, &other, other_id);
    assert_int_equal(jobs_wait(m, other_id, -1), 0);
    walk_allow(&w, 5);
    assert_int_equal(jobs_request_state(m, id, REPLSVC_JOB_REQUESTED_STATE_START), 0);
    assert_int_equal(jobs_wait(m, id, -1), 0);
    assert_int_equal(w.runs, 2);
    assert_non_null(strstr(d.text, "4>5 "));
    job_manager_free(m);
}

static void a_queued_job_is_suspended_at_once(void **state)
{
    (void)state;
    struct job_manager *m = manager(1, NULL);
    struct walk first, second;
    walk_init(&first, 0, 1);
    walk_init(&second, 1, 1);
    char id1[REPLSVC_REF_SIZE], id2[REPLSVC_REF_SIZE];
    start(m, &first, id1);
    while (first.runs == 0)
        jobs_wait(m, id1, 1);
    start(m, &second, id2);
    assert_int_equal(jobs_request_state(m, id2, REPLSVC_JOB_REQUESTED_STATE_SUSPEND), 0);
    assert_int_equal(info_of(m, id2).job_state, REPLSVC_JOB_STATE_SUSPENDED);
    walk_allow(&first, 1);
    assert_int_equal(jobs_wait(m, id1, -1), 0);
    assert_int_equal(second.runs, 0);
    assert_int_equal(jobs_request_state(m, id2, REPLSVC_JOB_REQUESTED_STATE_START), 0);
    assert_int_equal(jobs_wait(m, id2, -1), 0);
    job_manager_free(m);
}

static void terminate_and_kill_leave_things_whole(void **state)
{
    (void)state;
    for (int kill = 0; kill < 2; kill++) {
        struct job_manager *m = manager(2, NULL);
        struct walk w;
        walk_init(&w, 1, 2);
        char id[REPLSVC_REF_SIZE];
        start(m, &w, id);
        walk_reached(&w, 1);
        uint16_t how = kill ? REPLSVC_JOB_REQUESTED_STATE_KILL : REPLSVC_JOB_REQUESTED_STATE_TERMINATE;
        assert_int_equal(jobs_request_state(m, id, how), REPLSVC_JOB_STARTED);
        assert_int_equal(jobs_wait(m, id, -1), REPLSVC_FAILED);
        assert_int_equal(info_of(m, id).job_state,
                         kill ? REPLSVC_JOB_STATE_KILLED : REPLSVC_JOB_STATE_TERMINATED);
        assert_int_equal(w.killed, kill);
        assert_int_equal(w.cancelled, !kill);
        for (uint16_t r = 2; r <= 5; r++)
            assert_int_equal(jobs_request_state(m, id, r), REPLSVC_INVALID_STATE_TRANSITION);
        job_manager_free(m);
        assert_int_equal(w.destroyed, 1);
    }
}

static void a_new_or_suspended_job_can_be_terminated(void **state)
{
    (void)state;
    struct job_manager *m = manager(1, NULL);
    struct walk w;
    walk_init(&w, 1, 1);
    struct job_work work = work_of(&w);
    struct job *job;
    assert_int_equal(job_new(m, "job-a", "walk", NULL, &work, &job), 0);
    assert_int_equal(info_of(m, "job-a").job_state, REPLSVC_JOB_STATE_NEW);
    assert_int_equal(jobs_request_state(m, "job-a", REPLSVC_JOB_REQUESTED_STATE_SUSPEND),
                     REPLSVC_INVALID_STATE_TRANSITION);
    assert_int_equal(jobs_request_state(m, "job-a", REPLSVC_JOB_REQUESTED_STATE_TERMINATE),
                     REPLSVC_JOB_STARTED);
    assert_int_equal(jobs_wait(m, "job-a", -1), REPLSVC_FAILED);
    assert_int_equal(w.runs, 0);
    assert_int_equal(w.cancelled, 1);
    job_manager_free(m);
}

static void a_request_that_is_no_state_is_refused(void **state)
{
    (void)state;
    struct job_manager *m = manager(1, NULL);
    struct walk w;
    walk_init(&w, 1, 1);
    char id[REPLSVC_REF_SIZE];
    start(m, &w, id);
    assert_int_equal(jobs_request_state(m, id, 0), REPLSVC_INVALID_PARAMETER);
    assert_int_equal(jobs_request_state(m, id, 6), REPLSVC_INVALID_PARAMETER);
    assert_int_equal(jobs_request_state(m, "job-none", 2), REPLSVC_INVALID_PARAMETER);
    assert_int_equal(jobs_wait(m, "job-none", 0), REPLSVC_INVALID_PARAMETER);
    job_manager_free(m);
}

static void urgent_jobs_run_first(void **state)
{
    (void)state;
    struct job_manager *m = manager(1, NULL);
    struct walk block, low, high;
    walk_init(&block, 0, 1);
    walk_init(&low, 0, 1);
    walk_init(&high, 0, 1);
    char b[REPLSVC_REF_SIZE], l[REPLSVC_REF_SIZE], h[REPLSVC_REF_SIZE];
    start(m, &block, b);
    while (block.runs == 0)
        jobs_wait(m, b, 1);
    start(m, &low, l);
    start(m, &high, h);
    assert_int_equal(jobs_modify(m, h, REPLSVC_BOOL_ABSENT, -1, 1), 0);
    walk_allow(&block, 1);
    while (high.runs == 0)
        jobs_wait(m, h, 1);
    assert_int_equal(low.runs, 0);
    walk_allow(&high, 1);
    walk_allow(&low, 1);
    assert_int_equal(jobs_wait(m, l, -1), 0);
    job_manager_free(m);
}

static void an_ended_job_goes_when_its_time_is_over(void **state)
{
    (void)state;
    struct diary d;
    struct job_manager *m = manager(1, &d);
    struct walk keep, go;
    walk_init(&keep, 1, 1);
    walk_init(&go, 1, 1);
    char k[REPLSVC_REF_SIZE], g[REPLSVC_REF_SIZE];
    start(m, &keep, k);
    start(m, &go, g);
    assert_int_equal(jobs_wait(m, k, -1), 0);
    assert_int_equal(jobs_wait(m, g, -1), 0);
    assert_int_equal(info_of(m, g).time_before_removal_us, 300000000);
    assert_int_equal(jobs_modify(m, k, REPLSVC_BOOL_FALSE, 0, 0), 0);
    assert_int_equal(jobs_modify(m, g, REPLSVC_BOOL_TRUE, 0, 0), 0);
    replsvc_job_info info = {.size = sizeof(info)};
    assert_int_equal(jobs_get_info(m, g, &info), REPLSVC_INVALID_PARAMETER);
    assert_int_equal(info_of(m, k).delete_on_completion, false);
    replsvc_job_ref *list;
    size_t n;
    assert_int_equal(jobs_list(m, &list, &n), 0);
    assert_int_equal(n, 1);
    assert_string_equal(list[0].id, k);
    mem_free(list);
    assert_int_equal(jobs_delete(m, k), 0);
    assert_int_equal(jobs_delete(m, k), REPLSVC_INVALID_PARAMETER);
    job_manager_free(m);
    assert_int_equal(d.removed, 2);
    assert_int_equal(keep.destroyed + go.destroyed, 2);
}

static void a_job_at_work_cannot_be_deleted(void **state)
{
    (void)state;
    struct job_manager *m = manager(1, NULL);
    struct walk w;
    walk_init(&w, 0, 1);
    char id[REPLSVC_REF_SIZE];
    start(m, &w, id);
    assert_int_equal(jobs_delete(m, id), REPLSVC_IN_USE);
    walk_allow(&w, 1);
    assert_int_equal(jobs_wait(m, id, -1), 0);
    job_manager_free(m);
}

static void shutdown_stops_jobs_and_wakes_waiters(void **state)
{
    (void)state;
    struct diary d;
    struct job_manager *m = manager(2, &d);
    struct walk w;
    walk_init(&w, 1, 2);
    char id[REPLSVC_REF_SIZE];
    start(m, &w, id);
    walk_reached(&w, 1);
    job_manager_free(m);
    assert_int_equal(w.last, JOB_SHUTDOWN);
    assert_int_equal(w.destroyed, 1);
    assert_int_equal(w.cancelled + w.killed, 0);
    assert_null(strstr(d.text, "4>")); /* nothing but Running was recorded: it goes on after a restart */
}

static void a_restored_job_goes_on_as_it_was(void **state)
{
    (void)state;
    struct job_manager *m = manager(1, NULL);
    struct walk w;
    walk_init(&w, 9, 1);
    struct job_work work = work_of(&w);
    replsvc_job_info info = {
        .size = sizeof(info), .job_state = REPLSVC_JOB_STATE_RUNNING, .elapsed_time_us = 7};
    strcpy(info.id, "job-old");
    struct job *job;
    assert_int_equal(job_restore(m, &info, &work, &job), 0);
    assert_int_equal(job_restore(m, &info, &work, &job), -EEXIST);
    job_start(job);
    assert_int_equal(jobs_wait(m, "job-old", -1), 0);
    assert_true(info_of(m, "job-old").elapsed_time_us >= 7);

    struct walk s;
    walk_init(&s, 1, 1);
    work = work_of(&s);
    strcpy(info.id, "job-paused");
    info.job_state = REPLSVC_JOB_STATE_SUSPENDED;
    assert_int_equal(job_restore(m, &info, &work, &job), 0);
    job_start(job);
    assert_int_equal(info_of(m, "job-paused").job_state, REPLSVC_JOB_STATE_SUSPENDED);

    struct walk e;
    walk_init(&e, 1, 1);
    work = work_of(&e);
    strcpy(info.id, "job-ended");
    info.job_state = REPLSVC_JOB_STATE_EXCEPTION;
    info.error_code = REPLSVC_FAILED;
    strcpy(info.error_description, "long ago");
    info.time_before_removal_us = INT64_MAX;
    assert_int_equal(job_restore(m, &info, &work, &job), 0);
    assert_int_equal(jobs_wait(m, "job-ended", -1), REPLSVC_FAILED);
    job_manager_free(m);
}

static void workers_take_no_signals(void **state)
{
    (void)state;
    /* A signal sent to the process is pending for this thread, which blocks it, and for no worker. */
    sigset_t usr1, before, pending;
    sigemptyset(&usr1);
    sigaddset(&usr1, SIGUSR1);
    pthread_sigmask(SIG_BLOCK, &usr1, &before);
    struct job_manager *m = manager(4, NULL);
    kill(getpid(), SIGUSR1);
    sigpending(&pending);
    assert_true(sigismember(&pending, SIGUSR1));
    int sig;
    sigwait(&usr1, &sig);
    job_manager_free(m);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
}

struct mob {
    struct job_manager *m;
    unsigned seed;
};

static void *disturb(void *arg)
{
    struct mob *mob = arg;
    for (int i = 0; i < 400; i++) {
        replsvc_job_ref *list;
        size_t n;
        if (jobs_list(mob->m, &list, &n) != 0)
            continue;
        if (n != 0) {
            const char *id = list[(unsigned)rand_r(&mob->seed) % n].id;
            replsvc_job_info info = {.size = sizeof(info)};
            jobs_request_state(mob->m, id, (uint16_t)(2 + rand_r(&mob->seed) % 4));
            jobs_get_info(mob->m, id, &info);
            jobs_modify(mob->m, id, REPLSVC_BOOL_TRUE, rand_r(&mob->seed) % 2000,
                        1 + (uint32_t)rand_r(&mob->seed) % 9);
            if (rand_r(&mob->seed) % 4 == 0)
                jobs_delete(mob->m, id);
            jobs_wait(mob->m, id, 0);
        }
        mem_free(list);
    }
    return NULL;
}

static void many_threads_may_pull_at_many_jobs(void **state)
{
    (void)state;
    struct diary d;
    struct job_manager *m = manager(4, &d);
    static struct walk w[60];
    pthread_t threads[4];
    struct mob mobs[4];
    for (unsigned i = 0; i < 60; i++) {
        walk_init(&w[i], 50, 50);
        char id[REPLSVC_REF_SIZE];
        struct job_work work = work_of(&w[i]);
        struct job *job;
        assert_int_equal(job_new(m, NULL, "walk", NULL, &work, &job), 0);
        strcpy(id, job_id(job));
        assert_int_equal(jobs_request_state(m, id, REPLSVC_JOB_REQUESTED_STATE_START), 0);
    }
    for (unsigned i = 0; i < 4; i++) {
        mobs[i] = (struct mob){m, i};
        pthread_create(&threads[i], NULL, disturb, &mobs[i]);
    }
    for (unsigned i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
    job_manager_free(m);
    for (unsigned i = 0; i < 60; i++)
        assert_int_equal(w[i].destroyed, 1);
}

static void without_memory_nothing_is_half_made(void **state)
{
    (void)state;
    struct job_manager *m = NULL;
    unsigned long n = 1;
    for (;; n++) {
        mem_fail_at(n);
        int err = job_manager_new(1, NULL, &m);
        mem_fail_at(0);
        if (err == 0)
            break;
        assert_int_equal(err, -ENOMEM);
    }
    struct walk w;
    walk_init(&w, 1, 1);
    struct job_work work = work_of(&w);
    struct job *job;
    for (n = 1;; n++) {
        mem_fail_at(n);
        int err = job_new(m, NULL, "walk", NULL, &work, &job);
        mem_fail_at(0);
        if (err == 0)
            break;
        assert_int_equal(err, -ENOMEM);
        assert_int_equal(w.destroyed, 0); /* the work stays the caller's */
    }
    mem_fail_at(1);
    replsvc_job_ref *list;
    size_t count;
    assert_int_equal(jobs_list(m, &list, &count), -ENOMEM);
    mem_fail_at(0);
    job_manager_free(m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_job_runs_to_completion),
        cmocka_unit_test(a_failed_job_keeps_its_error),
        cmocka_unit_test(waiting_ends_at_its_timeout_and_the_job_goes_on),
        cmocka_unit_test(a_job_that_is_seen_completed_is_not_waited_for_in_vain),
        cmocka_unit_test(a_running_job_is_suspended_and_resumed),
        cmocka_unit_test(a_queued_job_is_suspended_at_once),
        cmocka_unit_test(terminate_and_kill_leave_things_whole),
        cmocka_unit_test(a_new_or_suspended_job_can_be_terminated),
        cmocka_unit_test(a_request_that_is_no_state_is_refused),
        cmocka_unit_test(urgent_jobs_run_first),
        cmocka_unit_test(an_ended_job_goes_when_its_time_is_over),
        cmocka_unit_test(a_job_at_work_cannot_be_deleted),
        cmocka_unit_test(shutdown_stops_jobs_and_wakes_waiters),
        cmocka_unit_test(a_restored_job_goes_on_as_it_was),
        cmocka_unit_test(workers_take_no_signals),
        cmocka_unit_test(many_threads_may_pull_at_many_jobs),
        cmocka_unit_test(without_memory_nothing_is_half_made),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
