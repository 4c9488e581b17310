/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * When an asynchronous group cuts its next cycle: so that the targets are not older than the RPO aimed at. A
 * target shows the cut of the last cycle that was applied, so at worst it is as old as the time between two
 * cuts and the time to ship one. Each cycle ships a region once, however often it was written, so the time
 * between cuts is as long as the RPO lets it be: an eighth of it, and half of what cycles took lately, are
 * kept in reserve. A cycle that takes longer is followed by the next at once. Of a Delta-Update group the
 * time between cuts itself is said, or how much has to change before the next.
 */
#include <errno.h>

#include "engine/cycle.h"
#include "engine/thread.h"
#include "util/clock.h"

#define DEFAULT_RPO_US INT64_C(5000000)
#define SHORTEST_US INT64_C(10000)
#define LONGEST_US (INT64_C(1) << 52) /* more than a century */

/* Until then, or until it is woken or told to stop; whether to go on. */
static bool sleep_until(struct mirror_group *g, int64_t deadline_us)
{
    struct timespec at = clock_deadline(deadline_us);
    pthread_mutex_lock(&g->wake_lock);
    int ret = 0;
    while (!g->stop && !g->woken && ret != ETIMEDOUT)
        ret = pthread_cond_timedwait(&g->wake, &g->wake_lock, &at);
    bool go_on = !g->stop;
    g->woken = false;
    pthread_mutex_unlock(&g->wake_lock);
    return go_on;
}

static uint64_t left_to_ship(struct mirror_group *g)
{
    uint64_t left = 0;
    for (struct mirror *m = g->mirrors; m != NULL; m = m->next)
        if (mirror_phase(m) == MIRROR_IN_SYNC)
            left += map_count(activity_map(m->activity)) * m->region_size;
    return left;
}

/* One turn; cycle_lock is held. What goes wrong breaks the mirrors and is told by them. */
static void turn(struct mirror_group *g)
{
    if (g->held)
        return;
    bool adaptive = atomic_load(&g->mode) == MIRROR_ADAPTIVE;
    int64_t began_us = clock_monotonic_us();
    if (mirror_async(g)) {
        int ret = cycle_run(g, NULL);
        if (adaptive && ret == 0 &&
            adaptive_turns_back(&g->adaptive, clock_monotonic_us() - began_us, left_to_ship(g)))
            (void)mirror_group_trail(g, false);
    } else if (adaptive && adaptive_is_slow(&g->adaptive)) {
        (void)mirror_group_trail(g, true);
    }
}

/* Delta-Update: when the targets are brought forward is said, not how old they may be. */
static bool by_delta(const struct mirror_group *g)
{
    return g->options.delta_interval_us > 0 || g->options.delta_bytes != 0;
}

static int64_t delta_wait_us(const struct mirror_group *g, int64_t took_us)
{
    int64_t interval = g->options.delta_interval_us;
    return interval > 0 && interval < LONGEST_US ? interval - took_us : LONGEST_US;
}

static void *run(void *arg)
{
    struct mirror_group *g = arg;
    int64_t took_us = 0, expected_us = -1;
    for (;;) {
        int64_t rpo_us = atomic_load(&g->rpo_us);
        rpo_us = rpo_us > 0 ? rpo_us : DEFAULT_RPO_US;
        if (expected_us < 0)
            expected_us = rpo_us / 4;
        int64_t wait_us = by_delta(g) ? delta_wait_us(g, took_us)
                                      : rpo_us - rpo_us / 8 - expected_us - expected_us / 2 - took_us;
        int64_t began_us = clock_monotonic_us();
        if (!sleep_until(g, began_us + (wait_us > SHORTEST_US ? wait_us : SHORTEST_US)))
            return NULL;
        began_us = clock_monotonic_us();
        pthread_mutex_lock(&g->cycle_lock);
        turn(g);
        pthread_mutex_unlock(&g->cycle_lock);
        took_us = clock_monotonic_us() - began_us;
        expected_us -= expected_us / 4;
        expected_us = took_us > expected_us ? took_us : expected_us;
    }
}

void cycle_thread_wake(struct mirror_group *g)
{
    pthread_mutex_lock(&g->wake_lock);
    g->woken = true;
    pthread_cond_signal(&g->wake);
    pthread_mutex_unlock(&g->wake_lock);
}

int cycle_thread_start(struct mirror_group *g)
{
    pthread_mutex_lock(&g->wake_lock);
    int ret = g->running ? 0 : thread_start(&g->thread, run, g);
    g->running = g->running || ret == 0;
    pthread_mutex_unlock(&g->wake_lock);
    return ret;
}

void cycle_thread_stop(struct mirror_group *g)
{
    pthread_mutex_lock(&g->wake_lock);
    bool running = g->running;
    g->stop = true;
    pthread_cond_signal(&g->wake);
    pthread_mutex_unlock(&g->wake_lock);
    if (running)
        pthread_join(g->thread, NULL);
}
