/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a mirror is doing, changed for all members of a group at one instant: see mirror.h for the four
 * states.
 */
#include <errno.h>

#include "engine/cycle.h"
#include "engine/inside.h"
#include "engine/mirror_internal.h"
#include "engine/volume.h"
#include "util/alloc.h"

/* ---- taps ---- */

void mirror_untap(struct mirror *m)
{
    for (int i = 0; i < 2; i++) {
        if (m->side[i].tapped)
            volume_tap_remove(m->side[i].volume, &m->side[i].tap);
        m->side[i].tapped = false;
    }
}

int mirror_tap(struct mirror *m)
{
    for (int i = 0; i < 2; i++) {
        if (m->side[i].tapped)
            continue;
        int ret = volume_tap_add(m->side[i].volume, &m->side[i].tap);
        if (ret != 0) {
            mirror_untap(m);
            return ret;
        }
        m->side[i].tapped = true;
    }
    return 0;
}

/* ---- cuts ---- */

struct cut {
    struct mirror *const *mirrors;
    size_t n;
    enum mirror_state state;
};

static int set_phases(void *user)
{
    const struct cut *c = user;
    for (size_t i = 0; i < c->n; i++)
        atomic_store(&c->mirrors[i]->phase, (int)c->state);
    return 0;
}

int mirrors_cut(struct mirror *const mirrors[], size_t n, uint32_t sides, int (*fn)(void *user), void *user,
                int64_t *pause_us)
{
    struct volume **volumes = mem_array(2 * n + 1, sizeof(struct volume *));
    if (volumes == NULL)
        return -ENOMEM;
    for (size_t i = 0; i < 2 * n; i++)
        volumes[i] = mirrors[i / 2]->side[i % 2].volume;
    int ret = volumes_cut(volumes, 2 * n, sides, fn, user, pause_us);
    mem_free(volumes);
    return ret;
}

/* All of them to that state, with no host write under way on either side of any of them. */
static int cut(struct mirror *const mirrors[], size_t n, enum mirror_state state, int (*fn)(void *user),
               int64_t *pause_us)
{
    struct cut c = {mirrors, n, state};
    return mirrors_cut(mirrors, n, GATE_CLOSE_WRITES, fn, &c, pause_us);
}

int mirror_make_fit(struct mirror *m)
{
    pthread_mutex_lock(&m->lock);
    bool lost = m->mark.restore_order != 0;
    pthread_mutex_unlock(&m->lock);
    int ret = 0;
    if (lost) {
        mirror_untap(m);
        ret = mirror_renew_marks(m);
    }
    if (ret == 0)
        ret = mirror_mend(m);
    return ret != 0 ? ret : mirror_tap(m);
}

/* Sources that were stopped (stop_host_io) go on when no member is broken any more. */
static void let_hosts_go_on(struct mirror_group *g)
{
    bool broken = false;
    pthread_mutex_lock(&g->lock);
    for (struct mirror *m = g->mirrors; m != NULL; m = m->next)
        broken = broken || mirror_is_broken(m);
    pthread_mutex_unlock(&g->lock);
    if (!broken)
        atomic_store(&g->failed, 0);
}

int mirrors_start(struct mirror *const mirrors[], size_t n, int64_t *pause_us)
{
    for (size_t i = 0; i < n; i++)
        if (mirror_phase(mirrors[i]) == MIRROR_IN_SYNC || mirror_phase(mirrors[i]) == MIRROR_COPYING)
            return -EBUSY;
    /* A cycle that was committed before they parted must not reach the targets after they changed. */
    int recovered = n != 0 ? mirror_group_restart(mirrors[0]->group) : 0;
    if (recovered != 0)
        return recovered;
    for (size_t i = 0; i < n; i++) {
        int ret = mirror_make_fit(mirrors[i]);
        if (ret != 0)
            return ret;
        atomic_store(&mirrors[i]->target_written, false);
        atomic_store(&mirrors[i]->converging, false);
    }
    if (n != 0)
        let_hosts_go_on(mirrors[0]->group);
    return cut(mirrors, n, MIRROR_COPYING, set_phases, pause_us);
}

/* Both ways of parting leave each target a state of its source. Settled: all are APART from the cut of a last
 * cycle on, which is shipped. Else they are APART now; a cycle that was committed is still applied, another
 * one gives up. */
static int part_async(struct mirror *const mirrors[], size_t n, bool settled, int64_t *pause_us)
{
    struct mirror_group *g = mirrors[0]->group;
    int ret = 0;
    if (!settled)
        ret = cut(mirrors, n, MIRROR_APART, set_phases, pause_us);
    pthread_mutex_lock(&g->cycle_lock);
    for (size_t i = 0; i < n; i++)
        mirrors[i]->parting = settled;
    if (ret == 0)
        ret = settled ? cycle_run(g, pause_us) : cycle_recover(g);
    for (size_t i = 0; i < n; i++)
        mirrors[i]->parting = false;
    pthread_mutex_unlock(&g->cycle_lock);
    return ret;
}

int mirrors_part(struct mirror *const mirrors[], size_t n, bool settled, const struct engine_control *control,
                 int64_t *pause_us)
{
    (void)control;
    for (size_t i = 0; i < n; i++) {
        if (mirror_phase(mirrors[i]) == MIRROR_IDLE)
            return -EINVAL;
        if (settled && mirror_phase(mirrors[i]) != MIRROR_IN_SYNC)
            return -EAGAIN;
    }
    bool cycles = n != 0 && atomic_load(&mirrors[0]->group->mode) != MIRROR_SYNCHRONOUS;
    int ret = cycles ? part_async(mirrors, n, settled, pause_us)
                     : cut(mirrors, n, MIRROR_APART, set_phases, pause_us);
    for (size_t i = 0; i < n && ret == 0; i++)
        if (settled)
            ret = inside_flush(mirror_to(mirrors[i])->volume);
    return ret;
}

int mirrors_deactivate(struct mirror *const mirrors[], size_t n)
{
    int ret = cut(mirrors, n, MIRROR_APART, set_phases, NULL);
    for (size_t i = 0; i < n && ret == 0; i++)
        ret = activity_mark_all(mirrors[i]->activity);
    if (ret == 0)
        ret = cut(mirrors, n, MIRROR_IDLE, set_phases, NULL);
    for (size_t i = 0; i < n && ret == 0; i++)
        mirror_untap(mirrors[i]);
    return ret;
}

/* ---- roles ---- */

static int swap_sides(void *user)
{
    const struct cut *c = user;
    for (size_t i = 0; i < c->n; i++)
        atomic_fetch_xor(&c->mirrors[i]->from, 1);
    return 0;
}

/* Whether the two volumes may play each other's part: nobody else counts on theirs. */
static int trade_roles(struct volume *source, struct volume *target)
{
    volume_role_drop(source, VOLUME_SOURCE);
    volume_role_drop(target, VOLUME_MIRROR_TARGET);
    int ret = volume_role_take(target, VOLUME_SOURCE);
    if (ret == 0) {
        ret = volume_role_take(source, VOLUME_MIRROR_TARGET);
        if (ret == 0)
            return 0;
        volume_role_drop(target, VOLUME_SOURCE);
    }
    /* Their old parts were theirs a moment ago, and nothing that happens meanwhile excludes them. */
    (void)volume_role_take(source, VOLUME_SOURCE);
    (void)volume_role_take(target, VOLUME_MIRROR_TARGET);
    return ret;
}

void mirrors_untrade_roles(struct mirror *const mirrors[], size_t n)
{
    for (size_t i = 0; i < n; i++)
        (void)trade_roles(mirror_to(mirrors[i])->volume, mirror_from(mirrors[i])->volume);
}

int mirrors_trade_roles(struct mirror *const mirrors[], size_t n)
{
    for (size_t i = 0; i < n; i++) {
        struct volume *from = mirror_from(mirrors[i])->volume, *to = mirror_to(mirrors[i])->volume;
        int ret = trade_roles(from, to);
        if (ret != 0) {
            mirrors_untrade_roles(mirrors, i);
            return ret;
        }
    }
    return 0;
}

int mirrors_reverse(struct mirror *const mirrors[], size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (mirror_phase(mirrors[i]) == MIRROR_IN_SYNC || mirror_phase(mirrors[i]) == MIRROR_COPYING)
            return -EBUSY;
    int ret = mirrors_trade_roles(mirrors, n);
    if (ret != 0)
        return ret;
    ret = cut(mirrors, n, MIRROR_APART, swap_sides, NULL);
    if (ret != 0)
        mirrors_untrade_roles(mirrors, n);
    return ret;
}
