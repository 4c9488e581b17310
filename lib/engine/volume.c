/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The engine and the life of its volumes: opened at the first get, shared, closed by the last put. Opening
 * and closing happen one at a time (open_lock), so that a volume that is being closed is never opened a
 * second time beside itself; looking up takes only engine.lock.
 */
#include "engine/volume.h"

#include <errno.h>
#include <string.h>

#include "engine/copy.h"
#include "engine/overlay.h"
#include "engine/overlay_log.h"
#include "util/alloc.h"

int engine_new(const struct engine_options *options, struct engine **out)
{
    struct engine *e = mem_zalloc(sizeof *e);
    if (!e)
        return -ENOMEM;
    e->options = *options;
    if (!e->options.region_size)
        e->options.region_size = 65536;
    int rc = -ENOMEM;
    e->volumes = hash_new();
    e->background = copy_limit_new(options->background_bytes_per_second);
    if (!e->volumes || !e->background)
        goto no_memory;
    rc = -pthread_mutex_init(&e->open_lock, NULL);
    if (rc)
        goto no_memory;
    rc = -pthread_mutex_init(&e->lock, NULL);
    if (rc)
        goto no_lock;
    rc = gate_helpers_init(&e->helpers);
    if (rc)
        goto no_helpers;
    struct vfs *vfs = options->vfs;
    rc = vfs->ops->mkdir(vfs, "maps");
    if (!rc)
        rc = vfs->ops->mkdir(vfs, "overlay");
    if (!rc)
        rc = vfs->ops->sync_dir(vfs, "");
    if (rc)
        goto no_events;
    rc = events_start(&e->events, options->event);
    if (rc)
        goto no_events;
    *out = e;
    return 0;

no_events:
    gate_helpers_destroy(&e->helpers);
no_helpers:
    pthread_mutex_destroy(&e->lock);
no_lock:
    pthread_mutex_destroy(&e->open_lock);
no_memory:
    copy_limit_free(e->background);
    hash_free(e->volumes);
    mem_free(e);
    return rc;
}

void engine_free(struct engine *e)
{
    if (!e)
        return;
    events_stop(&e->events);
    gate_helpers_destroy(&e->helpers);
    pthread_mutex_destroy(&e->lock);
    pthread_mutex_destroy(&e->open_lock);
    copy_limit_free(e->background);
    hash_free(e->volumes);
    mem_free(e);
}

void engine_set_background_limit(struct engine *e, uint64_t bytes_per_second)
{
    copy_limit_set(e->background, bytes_per_second);
}

void engine_get_cut_pause(const struct engine *e, replsvc_histogram *out)
{
    histogram_read(&e->cut_pause, out);
}

void engine_events_drain(struct engine *e)
{
    events_drain(&e->events);
}

static void volume_free(struct volume *v)
{
    pthread_cond_destroy(&v->points_unused);
    pthread_mutex_destroy(&v->points_lock);
    pthread_mutex_destroy(&v->change_lock);
    region_locks_destroy(&v->locks);
    gate_destroy(&v->gate);
    volume_statistics_put(v->statistics);
    mem_free(v->id);
    mem_free(v);
}

static int volume_new(struct engine *e, const char *id, struct volume **out)
{
    struct volume *v = mem_aligned(alignof(struct volume), sizeof *v);
    if (!v)
        return -ENOMEM;
    memset(v, 0, sizeof *v);
    v->engine = e;
    v->refs = 1;
    atomic_init(&v->access, VOLUME_HOST_READ | VOLUME_HOST_WRITE);
    v->id = mem_strdup(id);
    v->statistics = volume_statistics_new();
    int rc = v->id && v->statistics ? gate_init(&v->gate) : -ENOMEM;
    if (rc)
        goto no_gate;
    v->gate.helpers = &e->helpers;
    rc = region_locks_init_slots(&v->locks, VOLUME_GRANULE_SHIFT, v->granules);
    if (rc)
        goto no_locks;
    rc = -pthread_mutex_init(&v->change_lock, NULL);
    if (rc)
        goto no_change_lock;
    rc = -pthread_mutex_init(&v->points_lock, NULL);
    if (rc)
        goto no_points_lock;
    rc = -pthread_cond_init(&v->points_unused, NULL);
    if (rc)
        goto no_points_unused;
    *out = v;
    return 0;

no_points_unused:
    pthread_mutex_destroy(&v->points_lock);
no_points_lock:
    pthread_mutex_destroy(&v->change_lock);
no_change_lock:
    region_locks_destroy(&v->locks);
no_locks:
    gate_destroy(&v->gate);
no_gate:
    volume_statistics_put(v->statistics);
    mem_free(v->id);
    mem_free(v);
    return rc;
}

/* Under open_lock: nobody else makes or ends volumes. locator NULL: it is absent, of that size for that
 * error. */
static int volume_open(struct engine *e, const char *id, const char *locator, uint32_t flags, uint64_t size,
                       int err, struct volume **out)
{
    struct volume *v;
    int rc = volume_new(e, id, &v);
    if (rc)
        return rc;
    uint32_t open_flags = e->options.open_flags | (flags & VOLUME_READ_ONLY ? 0 : REPLSVC_BACKEND_WRITABLE);
    rc = locator ? medium_open(&v->medium, locator, open_flags) : medium_be_absent(&v->medium, size, err);
    v->medium.helpers = &e->helpers;
    if (rc)
        goto no_medium;
    atomic_init(&v->size, v->medium.info.size_bytes);
    rc = overlay_open(v, false);
    if (rc)
        goto no_overlay;
    pthread_mutex_lock(&e->lock);
    rc = hash_put(e->volumes, v->id, v);
    pthread_mutex_unlock(&e->lock);
    if (rc)
        goto not_registered;
    *out = v;
    return 0;

not_registered:
    overlay_close(v);
no_overlay:
    medium_close(&v->medium);
no_medium:
    volume_free(v);
    return rc;
}

int volume_get(struct engine *e, const char *id, const char *locator, uint32_t flags, struct volume **out)
{
    int rc = 0;
    pthread_mutex_lock(&e->open_lock);
    pthread_mutex_lock(&e->lock);
    struct volume *v = hash_get(e->volumes, id);
    if (v)
        v->refs++;
    pthread_mutex_unlock(&e->lock);
    if (!v)
        rc = locator ? volume_open(e, id, locator, flags, 0, 0, &v) : -ENOENT;
    pthread_mutex_unlock(&e->open_lock);
    if (!rc)
        *out = v;
    return rc;
}

int volume_get_absent(struct engine *e, const char *id, uint64_t size, int err, struct volume **out)
{
    int rc = volume_get(e, id, NULL, 0, out); /* it is open, absent or not */
    if (rc != -ENOENT)
        return rc;
    pthread_mutex_lock(&e->open_lock);
    rc = overlay_log_exists(e->options.vfs, id) ? -EBUSY : volume_open(e, id, NULL, 0, size, err, out);
    pthread_mutex_unlock(&e->open_lock);
    return rc;
}

int volume_ready(struct volume *v)
{
    gate_close(&v->gate, GATE_CLOSE_WRITES);
    volume_special(v, 0, SPECIAL_FROZEN);
    gate_open(&v->gate);
    overlay_go(v);
    return 0;
}

struct volume *volume_ref(struct volume *v)
{
    pthread_mutex_lock(&v->engine->lock);
    v->refs++;
    pthread_mutex_unlock(&v->engine->lock);
    return v;
}

void volume_put(struct volume *v)
{
    if (!v)
        return;
    struct engine *e = v->engine;
    pthread_mutex_lock(&e->open_lock);
    pthread_mutex_lock(&e->lock);
    bool last = --v->refs == 0;
    if (last)
        (void)hash_remove(e->volumes, v->id);
    pthread_mutex_unlock(&e->lock);
    if (last) {
        (void)volume_settle(v); /* what does not get there stays in the log */
        overlay_close(v);
        medium_close(&v->medium);
        volume_free(v);
    }
    pthread_mutex_unlock(&e->open_lock);
}

void volume_set_access(struct volume *v, uint32_t bits)
{
    uint32_t old = atomic_exchange(&v->access, bits);
    if (old & ~bits) { /* what looked before has left when the gate was empty once */
        gate_close(&v->gate, GATE_CLOSE_ALL);
        gate_open(&v->gate);
    }
}

uint32_t volume_get_access(const struct volume *v)
{
    return atomic_load(&v->access);
}

const char *volume_id(const struct volume *v)
{
    return v->id;
}

uint64_t volume_size(const struct volume *v)
{
    return atomic_load(&v->size);
}

struct medium *volume_medium(struct volume *v)
{
    return &v->medium;
}

struct engine *volume_engine(struct volume *v)
{
    return v->engine;
}

int volume_backend_info(struct volume *v, replsvc_backend_info *info)
{
    struct gate_shard *s = gate_enter(&v->gate, GATE_READ); /* the medium may be opened anew */
    int rc = v->medium.backend->info(v->medium.handle, info);
    gate_leave(&v->gate, s, GATE_READ);
    return rc;
}

int volume_role_take(struct volume *v, enum volume_role role)
{
    int rc = -EBUSY;
    pthread_mutex_lock(&v->engine->lock);
    if (role == VOLUME_SOURCE) {
        if (!v->is_target || v->target_whole) {
            v->n_source++;
            rc = 0;
        }
    } else if (!v->is_target && (!v->n_source || role == VOLUME_MIRROR_TARGET)) {
        v->is_target = true;
        v->target_whole = role == VOLUME_MIRROR_TARGET;
        rc = 0;
    }
    pthread_mutex_unlock(&v->engine->lock);
    return rc;
}

void volume_role_drop(struct volume *v, enum volume_role role)
{
    pthread_mutex_lock(&v->engine->lock);
    if (role == VOLUME_SOURCE)
        v->n_source--;
    else
        v->is_target = v->target_whole = false;
    pthread_mutex_unlock(&v->engine->lock);
}

void volume_target_complete(struct volume *v, bool complete)
{
    pthread_mutex_lock(&v->engine->lock);
    v->target_whole = complete;
    pthread_mutex_unlock(&v->engine->lock);
}

bool volume_is_source(struct volume *v)
{
    pthread_mutex_lock(&v->engine->lock);
    bool is = v->n_source > 0;
    pthread_mutex_unlock(&v->engine->lock);
    return is;
}

int volume_resize(struct volume *v, uint64_t size_bytes)
{
    int rc = -EBUSY;
    gate_close(&v->gate, GATE_CLOSE_ALL);
    pthread_mutex_lock(&v->engine->lock);
    bool busy = v->n_source || v->is_target;
    pthread_mutex_unlock(&v->engine->lock);
    if (!busy && !(atomic_load(&v->special) & ~(uint32_t)SPECIAL_OVERLAY) && overlay_is_empty(v))
        rc = medium_resize(&v->medium, size_bytes);
    if (!rc)
        atomic_store(&v->size, size_bytes);
    gate_open(&v->gate);
    return rc;
}

void volume_count_in(struct volume *v, struct volume_statistics **counters)
{
    if (*counters == v->statistics)
        return;
    if (*counters) {
        volume_statistics_put(v->statistics);
        v->statistics = volume_statistics_ref(*counters);
    } else {
        *counters = volume_statistics_ref(v->statistics);
    }
}

void engine_look_at_volume(struct engine *e, const char *id, replsvc_element_statistics *out)
{
    pthread_mutex_lock(&e->lock); /* one that is found is not freed until it is let go of */
    struct volume *v = hash_get(e->volumes, id);
    if (v) {
        struct overlay *o = atomic_load(&v->overlay);
        out->in_flight = gate_inside(&v->gate, GATE_CLOSE_ALL);
        out->overlay_bytes = o && atomic_load(&o->pending) ? atomic_load(&o->log.bytes) : 0;
    }
    pthread_mutex_unlock(&e->lock);
}

void volume_get_info(struct volume *v, replsvc_volume_info *info)
{
    struct gate_shard *s = gate_enter(&v->gate, GATE_READ); /* the medium may be opened anew */
    const replsvc_backend_info *b = &v->medium.info;
    replsvc_element_statistics counted = {.size = sizeof counted};
    volume_statistics_read(v->statistics, &counted);
    replsvc_volume_info all = {
        .size = info->size < sizeof all ? info->size : (uint32_t)sizeof all,
        .size_bytes = volume_size(v),
        .block_size = b->logical_block_size ? b->logical_block_size : 512,
        .physical_block_size = b->physical_block_size ? b->physical_block_size : 4096,
        .optimal_io_size = b->optimal_io_size,
        .read_only = !v->medium.writable || !(volume_get_access(v) & VOLUME_HOST_WRITE),
        .can_discard = medium_can_discard(&v->medium),
        .can_write_zeroes = v->medium.writable,
        .bytes_read = counted.bytes_read,
        .bytes_written = counted.bytes_written,
        .reads = counted.reads,
        .writes = counted.writes,
        .flushes = counted.flushes,
        .copies_before_write = counted.copies_before_write,
    };
    gate_leave(&v->gate, s, GATE_READ);
    memcpy(info, &all, all.size);
}

int volume_settle(struct volume *v)
{
    int rc = overlay_drain(v);
    int flushed = volume_flush_now(v);
    return rc ? rc : flushed;
}
