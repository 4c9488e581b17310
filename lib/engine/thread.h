/* SPDX-License-Identifier: BSD-2-Clause */
/* Threads of the library never see a signal that is meant for the program that links it. */
#ifndef RSVC_ENGINE_THREAD_H
#define RSVC_ENGINE_THREAD_H

#include <pthread.h>

/* 0 or a negative errno. */
int thread_start(pthread_t *thread, void *(*run)(void *), void *arg);

#endif
