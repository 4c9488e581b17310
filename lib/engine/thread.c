/* SPDX-License-Identifier: BSD-2-Clause */
/* A new thread inherits the mask of its maker, so all signals are blocked while it is made. */
#include "engine/thread.h"

#include <signal.h>

int thread_start(pthread_t *thread, void *(*run)(void *), void *arg)
{
    sigset_t all, before;
    sigfillset(&all);
    int rc = pthread_sigmask(SIG_SETMASK, &all, &before);
    if (rc)
        return -rc;
    rc = pthread_create(thread, NULL, run, arg);
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    return -rc;
}
