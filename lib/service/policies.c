/* SPDX-License-Identifier: BSD-2-Clause */
/* The thread that carries out what settings ask for; see policies.h. */
#include "service/policies.h"

#include <errno.h>

#include "engine/thread.h"
#include "service/recovery.h"
#include "service/retention.h"
#include "util/alloc.h"
#include "util/clock.h"
#include "util/fail.h"

struct policies {
    struct replsvc_service *svc;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t wake; /* CLOCK_MONOTONIC */
    bool look, stop;     /* lock */
};

bool policies_concern(const struct object *o)
{
    if (o->kind != KIND_SYNC)
        return false;
    const struct relationship *s = (const struct relationship *)o;
    return retention_concerns(s) || recovery_concerns(s);
}

void policies_look(struct replsvc_service *svc)
{
    struct policies *p = svc->policies;
    if (p == NULL)
        return;
    pthread_mutex_lock(&p->lock);
    p->look = true;
    pthread_cond_signal(&p->wake);
    pthread_mutex_unlock(&p->lock);
}

/* Until that time, or somebody wants it to look; whether to go on. */
static bool sleep_until(struct policies *p, int64_t due)
{
    struct timespec at = clock_deadline(due);
    int ret = 0;
    pthread_mutex_lock(&p->lock);
    while (!p->stop && !p->look && ret != ETIMEDOUT)
        ret = due == POLICY_NEVER ? pthread_cond_wait(&p->wake, &p->lock)
                                  : pthread_cond_timedwait(&p->wake, &p->lock, &at);
    bool go_on = !p->stop;
    p->look = false;
    pthread_mutex_unlock(&p->lock);
    return go_on;
}

static void *run(void *arg)
{
    struct policies *p = arg;
    int64_t due;
    do {
        int64_t recovery = recovery_run(p->svc, clock_monotonic_us());
        due = retention_run(p->svc, clock_monotonic_us());
        due = recovery < due ? recovery : due;
    } while (sleep_until(p, due));
    return NULL;
}

static int make(struct replsvc_service *svc, struct policies **out)
{
    pthread_condattr_t monotonic;
    struct policies *p = mem_zalloc(sizeof(*p));
    if (p == NULL)
        return -ENOMEM;
    p->svc = svc;
    int err = pthread_condattr_init(&monotonic);
    if (err == 0) {
        err = pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
        if (err == 0)
            err = pthread_cond_init(&p->wake, &monotonic);
        pthread_condattr_destroy(&monotonic);
    }
    if (err == 0) {
        err = pthread_mutex_init(&p->lock, NULL);
        if (err != 0)
            pthread_cond_destroy(&p->wake);
    }
    if (err != 0) {
        mem_free(p);
        return -err;
    }
    *out = p;
    return 0;
}

static void destroy(struct policies *p)
{
    pthread_mutex_destroy(&p->lock);
    pthread_cond_destroy(&p->wake);
    mem_free(p);
}

uint32_t policies_start(struct replsvc_service *svc)
{
    struct change c;
    struct policies *p = NULL;
    change_begin(&c, svc); /* jobs work already, and look */
    int err = make(svc, &p);
    if (err == 0)
        err = thread_start(&p->thread, run, p);
    if (err == 0)
        svc->policies = p;
    else if (p != NULL)
        destroy(p);
    change_end(&c);
    return err == 0 ? REPLSVC_OK
                    : svc_fail(REPLSVC_FAILED, -err, NULL, "the service cannot start its threads");
}

void policies_stop(struct replsvc_service *svc)
{
    struct change c;
    change_begin(&c, svc);
    struct policies *p = svc->policies;
    svc->policies = NULL;
    change_end(&c);
    if (p == NULL)
        return;
    pthread_mutex_lock(&p->lock);
    p->stop = true;
    pthread_cond_signal(&p->wake);
    pthread_mutex_unlock(&p->lock);
    pthread_join(p->thread, NULL);
    destroy(p);
}
