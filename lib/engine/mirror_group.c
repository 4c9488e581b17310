/* SPDX-License-Identifier: BSD-2-Clause */
/* Groups of mirrors: made, made ready, freed; and their mode, which may change while hosts write. */
#include <errno.h>

#include "engine/cycle.h"
#include "engine/volume.h"
#include "util/alloc.h"
#include "util/clock.h"

static int make_locks(struct mirror_group *g)
{
    pthread_condattr_t monotonic;
    int ret = pthread_mutex_init(&g->lock, NULL);
    if (ret != 0)
        return -ret;
    ret = pthread_mutex_init(&g->cycle_lock, NULL);
    if (ret != 0)
        goto no_cycle_lock;
    ret = pthread_mutex_init(&g->wake_lock, NULL);
    if (ret != 0)
        goto no_wake_lock;
    ret = pthread_condattr_init(&monotonic);
    if (ret != 0)
        goto no_attributes;
    ret = pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    if (ret == 0)
        ret = pthread_cond_init(&g->wake, &monotonic);
    pthread_condattr_destroy(&monotonic);
    if (ret == 0)
        return 0;
no_attributes:
    pthread_mutex_destroy(&g->wake_lock);
no_wake_lock:
    pthread_mutex_destroy(&g->cycle_lock);
no_cycle_lock:
    pthread_mutex_destroy(&g->lock);
    return -ret;
}

static bool is_mode(enum mirror_mode mode)
{
    return mode == MIRROR_SYNCHRONOUS || mode == MIRROR_ASYNCHRONOUS || mode == MIRROR_ADAPTIVE;
}

static void set_skew(struct mirror_group *g, uint64_t maximum_skew)
{
    atomic_store(&g->adaptive.maximum_skew, maximum_skew != 0 ? maximum_skew : ADAPTIVE_DEFAULT_SKEW);
}

int mirror_group_new(const struct mirror_group_options *options, struct mirror_group **out)
{
    if (!is_mode(options->mode))
        return -EOPNOTSUPP;
    struct mirror_group *g = mem_zalloc(sizeof(*g));
    if (g == NULL)
        return -ENOMEM;
    g->options = *options;
    g->options.id = mem_strdup(options->id);
    atomic_init(&g->mode, (int)options->mode);
    atomic_init(&g->trailing, options->mode == MIRROR_ASYNCHRONOUS);
    atomic_init(&g->rpo_us, options->desired_rpo_us);
    set_skew(g, options->maximum_skew);
    int ret = g->options.id == NULL ? -ENOMEM : legs_new(&g->legs);
    if (ret == 0)
        ret = make_locks(g);
    if (ret == 0) {
        *out = g;
        return 0;
    }
    legs_free(g->legs);
    mem_free((char *)g->options.id);
    mem_free(g);
    return ret;
}

void mirror_group_free(struct mirror_group *g)
{
    if (g == NULL)
        return;
    cycle_thread_stop(g);
    legs_free(g->legs);
    if (g->log_open)
        cycle_log_close(&g->log);
    pthread_cond_destroy(&g->wake);
    pthread_mutex_destroy(&g->wake_lock);
    pthread_mutex_destroy(&g->cycle_lock);
    pthread_mutex_destroy(&g->lock);
    mem_free((char *)g->options.id);
    mem_free(g);
}

/* cycle_lock is held. */
static int open_log(struct mirror_group *g)
{
    if (g->log_open)
        return 0;
    int ret = cycle_log_open(&g->log, g->options.engine->options.vfs, g->options.id);
    g->log_open = ret == 0;
    if (ret == 0)
        atomic_store(&g->alike_us, g->log.cut_us);
    return ret;
}

/* No fault of a target, nor of the log, keeps the sources from their hosts: the mirrors break. */
static void break_all(struct mirror_group *g, int err, const char *what)
{
    for (struct mirror *m = g->mirrors; m != NULL; m = m->next)
        m->in_cycle = mirror_phase(m) == MIRROR_IN_SYNC || mirror_phase(m) == MIRROR_COPYING;
    for (struct mirror *m = g->mirrors; m != NULL; m = m->next) {
        if (m->in_cycle)
            (void)mirror_break(m, err, false, "%s", what);
        m->in_cycle = false;
    }
}

int mirror_group_restart(struct mirror_group *g)
{
    if (atomic_load(&g->mode) == MIRROR_SYNCHRONOUS)
        return 0;
    pthread_mutex_lock(&g->cycle_lock);
    int ret = open_log(g);
    /* Nobody can tell any more what was committed, but all of it is still marked. */
    if (ret == -EUCLEAN && cycle_log_remove(g->options.engine->options.vfs, g->options.id) == 0)
        ret = open_log(g);
    if (ret == 0)
        ret = cycle_recover(g);
    pthread_mutex_unlock(&g->cycle_lock);
    return ret != 0 ? ret : cycle_thread_start(g);
}

int mirror_group_ready(struct mirror_group *g)
{
    if (atomic_load(&g->mode) == MIRROR_SYNCHRONOUS)
        return 0;
    pthread_mutex_lock(&g->cycle_lock);
    int ret = open_log(g);
    if (ret != 0)
        break_all(g, ret, "the redo log cannot be opened");
    else if ((ret = cycle_recover(g)) != 0)
        break_all(g, ret, "a cycle could not be applied");
    pthread_mutex_unlock(&g->cycle_lock);
    return ret != 0 ? 0 : cycle_thread_start(g);
}

int mirror_group_remove(struct mirror_group *g)
{
    int ret = cycle_log_remove(g->options.engine->options.vfs, g->options.id);
    if (ret == 0)
        mirror_group_free(g);
    return ret;
}

/* ---- mode ---- */

/* From here on writes only mark, and what is marked is current. */
static int become_async(void *user)
{
    struct mirror_group *g = user;
    int ret = 0;
    for (struct mirror *m = g->mirrors; m != NULL && ret == 0; m = m->next)
        ret = cycle_restart(m);
    if (ret == 0)
        atomic_store(&g->trailing, true);
    return ret;
}

static int to_async(struct mirror_group *g)
{
    atomic_store(&g->alike_us, clock_wall_us());
    return cycle_close_sources(g, become_async, g, NULL);
}

/* What cycles need; kept from then on. */
static int equip(struct mirror_group *g)
{
    int ret = open_log(g);
    for (struct mirror *m = g->mirrors; m != NULL && ret == 0; m = m->next)
        ret = cycle_join(m);
    return ret;
}

/* From here on writes have legs. What is marked is still to be copied. */
static int become_sync(void *user)
{
    struct mirror_group *g = user;
    for (struct mirror *m = g->mirrors; m != NULL; m = m->next) {
        int in_sync = MIRROR_IN_SYNC;
        atomic_store(&m->converging, false);
        if (map_count(activity_map(m->activity)) != 0)
            (void)atomic_compare_exchange_strong(&m->phase, &in_sync, MIRROR_COPYING);
    }
    atomic_store(&g->trailing, false);
    return 0;
}

static int to_sync(struct mirror_group *g)
{
    int ret = cycle_recover(g);
    if (ret == 0)
        ret = cycle_close_sources(g, become_sync, g, NULL);
    for (struct mirror *m = g->mirrors; m != NULL && ret == 0; m = m->next)
        if (mirror_phase(m) == MIRROR_COPYING)
            mirror_tell(m, MIRROR_EVENT_DIFFERS, 0, "writes go to both sides again");
    return ret;
}

int mirror_group_trail(struct mirror_group *g, bool trail)
{
    if (trail == mirror_async(g))
        return 0;
    adaptive_forget(&g->adaptive);
    return trail ? to_async(g) : to_sync(g);
}

int mirror_group_set_mode(struct mirror_group *g, enum mirror_mode mode, int64_t desired_rpo_us,
                          uint64_t maximum_skew)
{
    if (!is_mode(mode))
        return -EOPNOTSUPP;
    pthread_mutex_lock(&g->cycle_lock);
    int ret = mode == MIRROR_SYNCHRONOUS ? 0 : equip(g);
    /* An adaptive group goes on as it is, and then as it finds right. */
    if (ret == 0 && mode != MIRROR_ADAPTIVE)
        ret = mirror_group_trail(g, mode == MIRROR_ASYNCHRONOUS);
    if (ret == 0) {
        atomic_store(&g->mode, (int)mode);
        atomic_store(&g->rpo_us, desired_rpo_us);
        set_skew(g, maximum_skew);
    }
    pthread_mutex_unlock(&g->cycle_lock);
    if (ret != 0 || mode == MIRROR_SYNCHRONOUS)
        return ret;
    cycle_thread_wake(g); /* it may be sleeping by another RPO */
    return cycle_thread_start(g);
}
