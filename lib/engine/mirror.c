/* SPDX-License-Identifier: BSD-2-Clause */
/* The life of mirrors and their groups: made, loaded, put, removed, looked at. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "engine/cycle.h"
#include "engine/inside.h"
#include "engine/mirror_internal.h"
#include "engine/volume.h"
#include "util/alloc.h"
#include "util/clock.h"

void mirror_file(const char *id, const char *what, char name[MIRROR_NAME_SIZE])
{
    snprintf(name, MIRROR_NAME_SIZE, "maps/%s.%s", id, what);
}

/* ---- members ---- */

static void join_group(struct mirror *m)
{
    pthread_mutex_lock(&m->group->cycle_lock);
    pthread_mutex_lock(&m->group->lock);
    m->next = m->group->mirrors;
    m->group->mirrors = m;
    pthread_mutex_unlock(&m->group->lock);
    pthread_mutex_unlock(&m->group->cycle_lock);
}

static void leave_group(struct mirror *m)
{
    pthread_mutex_lock(&m->group->cycle_lock);
    pthread_mutex_lock(&m->group->lock);
    struct mirror **link = &m->group->mirrors;
    while (*link != NULL && *link != m)
        link = &(*link)->next;
    if (*link != NULL)
        *link = m->next;
    pthread_mutex_unlock(&m->group->lock);
    pthread_mutex_unlock(&m->group->cycle_lock);
}

/* ---- mirrors ---- */

/* What is in the activity log is marked, if it may not have got to a target that broke. */
static int settle_doubts(struct mirror *m)
{
    if (!atomic_exchange(&m->doubtful, false))
        return 0;
    int ret = activity_mark_active(m->activity);
    if (ret != 0)
        atomic_store(&m->doubtful, true);
    return ret;
}

/* A target that is not to be had does not end the marking: what may not be on it is marked, once, and from
 * then on every write marks what it touches. */
int mirror_settle(void *mirror)
{
    struct mirror *m = mirror;
    int ret = inside_flush(mirror_from(m)->volume);
    int second = inside_flush(mirror_to(m)->volume);
    if (second == 0 || atomic_load(&m->restoring))
        return ret != 0 ? ret : second;
    if (!mirror_is_broken(m))
        (void)mirror_break(m, second, false, "a flush of the target failed");
    int marked = settle_doubts(m);
    return ret != 0 ? ret : marked;
}

int mirror_mark_all(struct mirror *m)
{
    return activity_mark_all(m->activity);
}

int mirror_note_lost(struct mirror *m, int err, const char *why)
{
    if (mirror_phase(m) == MIRROR_IDLE)
        return 0;
    int ret = mirror_break(m, err, false, "%s", why);
    atomic_store(&m->doubtful, false); /* nothing was on its way */
    return ret;
}

static int nothing(void *user)
{
    (void)user;
    return 0;
}

int mirror_reopen_target(struct mirror *m, const char *locator, const char *identity)
{
    struct volume *source = mirror_from(m)->volume;
    if (mirror_phase(m) != MIRROR_APART && mirror_phase(m) != MIRROR_IDLE)
        return -EBUSY;
    /* Writes that began before they parted may still be on their way to the target. */
    int ret = volumes_cut(&source, 1, GATE_CLOSE_WRITES, nothing, NULL, NULL);
    if (ret == 0)
        ret = settle_doubts(m);
    return ret != 0 ? ret : volume_reopen(mirror_to(m)->volume, locator, identity);
}

static void tell(void *user, int event, int err, const char *text)
{
    struct mirror *m = user;
    if (m->group->options.event != NULL)
        m->group->options.event(m->user, m, (enum mirror_event)event, err, text);
}

static void unmake(struct mirror *m)
{
    cycle_leave(m);
    if (m->mark.file != NULL)
        mark_close(&m->mark);
    for (int i = 0; i < 2; i++)
        if (m->side[i].volume != NULL)
            volume_put(m->side[i].volume);
    pthread_mutex_destroy(&m->lock);
    sync_statistics_put(m->statistics);
    mem_free(m->id);
    mem_free(m);
}

static int check(const struct mirror_spec *spec, uint32_t region_size)
{
    if (region_size < 4096 || (region_size & (region_size - 1)) != 0 || volume_size(spec->source) == 0 ||
        spec->source == spec->target)
        return -EINVAL;
    const struct volume *larger = spec->reversed ? spec->source : spec->target;
    const struct volume *smaller = spec->reversed ? spec->target : spec->source;
    return volume_size(larger) < volume_size(smaller) ? -ENOSPC : 0;
}

/* The object, without files and taps, its roles taken. */
static int make(const struct mirror_spec *spec, struct mirror **out)
{
    uint32_t region_size = spec->region_size;
    if (region_size == 0)
        region_size = spec->group->options.engine->options.region_size;
    if (region_size == 0)
        region_size = VOLUME_GRANULE;
    int ret = check(spec, region_size);
    if (ret != 0)
        return ret;
    struct mirror *m = mem_zalloc(sizeof(*m));
    if (m == NULL)
        return -ENOMEM;
    m->group = spec->group;
    m->user = spec->user;
    m->region_size = region_size;
    m->size = volume_size(spec->reversed ? spec->target : spec->source);
    atomic_init(&m->phase, MIRROR_IDLE);
    m->events = (struct event_source){.user = m, .tell = tell};
    m->id = mem_strdup(spec->id);
    m->statistics = spec->statistics != NULL ? sync_statistics_ref(spec->statistics) : sync_statistics_new();
    ret = m->id == NULL || m->statistics == NULL ? -ENOMEM : -pthread_mutex_init(&m->lock, NULL);
    if (ret != 0) {
        sync_statistics_put(m->statistics);
        mem_free(m->id);
        mem_free(m);
        return ret;
    }
    for (int i = 0; i < 2; i++)
        m->side[i] = (struct mirror_side){
            .tap = {.ops = &mirror_tap_ops, .user = &m->side[i]},
            .mirror = m,
            .volume = volume_ref(i == 0 ? spec->source : spec->target),
        };
    ret = volume_role_take(spec->source, VOLUME_SOURCE);
    if (ret == 0) {
        ret = volume_role_take(spec->target, VOLUME_MIRROR_TARGET);
        if (ret != 0)
            volume_role_drop(spec->source, VOLUME_SOURCE);
    }
    if (ret != 0) {
        unmake(m);
        return ret;
    }
    *out = m;
    return 0;
}

static void unmake_with_roles(struct mirror *m)
{
    volume_role_drop(mirror_from(m)->volume, VOLUME_SOURCE);
    volume_role_drop(mirror_to(m)->volume, VOLUME_MIRROR_TARGET);
    unmake(m);
}

struct names {
    char map[MIRROR_NAME_SIZE], log[MIRROR_NAME_SIZE], mark[MIRROR_NAME_SIZE];
};

static struct names names_of(const char *id)
{
    struct names n;
    mirror_file(id, "dirty", n.map);
    mirror_file(id, "active", n.log);
    mirror_file(id, "mark", n.mark);
    return n;
}

static struct activity_options activity_options_of(struct mirror *m, const struct names *n)
{
    return (struct activity_options){.vfs = m->group->options.engine->options.vfs,
                                     .map_name = n->map,
                                     .log_name = n->log,
                                     .size = m->size,
                                     .region_size = m->region_size,
                                     .settle = mirror_settle,
                                     .user = m};
}

static int remove_files(struct vfs *vfs, const char *id)
{
    struct names n = names_of(id);
    int ret = activity_remove(vfs, n.map, n.log);
    int mark = vfs->ops->unlink(vfs, n.mark);
    if (ret == 0 && mark != -ENOENT)
        ret = mark;
    return ret != 0 ? ret : vfs->ops->sync_dir(vfs, "maps");
}

int mirror_create(const struct mirror_spec *spec, struct mirror **out)
{
    struct mirror *m;
    int ret = make(spec, &m);
    if (ret != 0)
        return ret;
    struct vfs *vfs = m->group->options.engine->options.vfs;
    struct names n = names_of(m->id);
    struct activity_options options = activity_options_of(m, &n);
    ret = vfs->ops->mkdir(vfs, "maps");
    if (ret == 0)
        ret = mark_create(vfs, n.mark, &m->mark);
    if (ret != 0)
        goto fail;
    ret = activity_create(&options, &m->activity);
    if (ret == 0)
        ret = activity_mark_all(m->activity);
    if (ret == 0 && atomic_load(&m->group->mode) != MIRROR_SYNCHRONOUS)
        ret = cycle_join(m);
    if (ret != 0)
        goto fail_files;
    atomic_store(&m->target_zeroed, spec->target_zeroed);
    join_group(m);
    *out = m;
    return 0;
fail_files:
    activity_abandon(m->activity);
    remove_files(vfs, m->id);
fail:
    unmake_with_roles(m);
    return ret;
}

/* What the files say of it, in the recorded state. */
static int load(struct mirror *m, enum mirror_state state)
{
    struct vfs *vfs = m->group->options.engine->options.vfs;
    struct names n = names_of(m->id);
    struct activity_options options = activity_options_of(m, &n);
    int ret = mark_open(vfs, n.mark, &m->mark);
    bool lost = ret == -EUCLEAN || ret == -ENOENT;
    if (lost)
        ret = mark_create(vfs, n.mark, &m->mark);
    if (ret == -EEXIST) { /* damaged: made anew in its place */
        ret = vfs->ops->unlink(vfs, n.mark);
        if (ret == 0)
            ret = mark_create(vfs, n.mark, &m->mark);
    }
    if (ret == 0)
        ret = activity_open(&options, &m->activity, NULL);
    if (ret == 0 && (lost || m->mark.restore_order != 0 || state == MIRROR_IDLE))
        ret = activity_mark_all(m->activity);
    if (ret != 0)
        return ret;
    m->error = m->mark.err;
    if (m->error != 0 && state != MIRROR_IDLE)
        atomic_store(&m->group->failed, m->error);
    memcpy(m->error_text, m->mark.text, sizeof(m->error_text));
    if (atomic_load(&m->group->mode) != MIRROR_SYNCHRONOUS)
        ret = cycle_join(m);
    if (ret != 0)
        return ret;
    if (m->error != 0 && state != MIRROR_IDLE)
        state = MIRROR_APART;
    else if (state == MIRROR_IN_SYNC && !mirror_trails(m) && map_count(activity_map(m->activity)) != 0)
        state = MIRROR_COPYING;
    atomic_store(&m->phase, (int)state);
    return state == MIRROR_IDLE ? 0 : mirror_tap(m);
}

int mirror_load(const struct mirror_spec *spec, struct mirror **out)
{
    struct mirror *m;
    int ret = make(spec, &m);
    if (ret != 0)
        return ret;
    ret = load(m, spec->state);
    if (ret != 0) {
        activity_abandon(m->activity);
        unmake_with_roles(m);
        return ret;
    }
    join_group(m);
    *out = m;
    return 0;
}

int mirror_renew_marks(struct mirror *m)
{
    struct names n = names_of(m->id);
    struct activity_options options = activity_options_of(m, &n);
    struct activity *renewed;
    int ret = activity_open(&options, &renewed, NULL);
    if (ret == 0) {
        ret = activity_mark_all(renewed);
        if (ret == 0) {
            activity_abandon(m->activity);
            m->activity = renewed;
        } else {
            activity_abandon(renewed);
        }
    }
    return ret;
}

static void take_down(struct mirror *m)
{
    mirror_hide(m);
    mirror_untap(m);
    leave_group(m);
    events_forget(&m->group->options.engine->events, &m->events);
}

bool mirror_put(struct mirror *m)
{
    if (m == NULL)
        return false;
    take_down(m);
    bool alike =
        mirror_phase(m) == MIRROR_IN_SYNC && !mirror_trails(m) && map_count(activity_map(m->activity)) == 0;
    /* If it can't be closed in order, its files are as after a crash: right, with more to compare. */
    alike = activity_close(m->activity) == 0 && alike;
    unmake_with_roles(m);
    return alike;
}

int mirror_remove(struct mirror *m)
{
    /* The files first, the log first of them: as long as it is there, the taps keep it true. */
    int ret = remove_files(m->group->options.engine->options.vfs, m->id);
    if (ret != 0)
        return ret;
    take_down(m);
    activity_abandon(m->activity);
    unmake_with_roles(m);
    return 0;
}

struct volume *mirror_source(struct mirror *m)
{
    return mirror_from(m)->volume;
}

struct volume *mirror_target(struct mirror *m)
{
    return mirror_to(m)->volume;
}

void mirror_get_info(struct mirror *m, struct mirror_info *info)
{
    struct map *map = activity_map(m->activity);
    uint64_t marked = map_count(map) * m->region_size;
    *info = (struct mirror_info){
        .state = mirror_phase(m),
        .mode = (enum mirror_mode)atomic_load(&m->group->mode),
        .trailing = mirror_trails(m),
        .bytes_total = m->size,
        .bytes_differing = marked < m->size ? marked : m->size,
        .map_memory = map_memory_bytes(map),
        .target_written = atomic_load(&m->target_written),
        .restoring = atomic_load(&m->restoring),
    };
    if (mirror_trails(m) && info->state != MIRROR_IDLE && marked != 0) {
        int64_t alike_us = atomic_load(&m->group->alike_us);
        info->skew = info->bytes_differing;
        info->rpo_us = alike_us != 0 ? clock_wall_us() - alike_us : 0;
    }
    pthread_mutex_lock(&m->lock);
    info->error = m->error;
    memcpy(info->error_text, m->error_text, sizeof(info->error_text));
    pthread_mutex_unlock(&m->lock);
}
