/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A pool of threads that run tasks in the order in which they were given. Its threads have all signals
 * blocked. A task belongs to the pool until its run function is entered.
 */
#ifndef RSVC_IO_POOL_H
#define RSVC_IO_POOL_H

struct pool;

struct pool_task {
    void (*run)(struct pool_task *task);
    struct pool_task *next; /* the pool's */
};

/* At least one thread, or a negative errno. */
int pool_new(unsigned threads, struct pool **out);
void pool_submit(struct pool *p, struct pool_task *task);
/* Runs what was submitted, then joins the threads. */
void pool_free(struct pool *p);

#endif
