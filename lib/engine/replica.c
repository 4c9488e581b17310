/* SPDX-License-Identifier: BSD-2-Clause */
/* The life of a replica's object and of its files in the state directory: made, loaded, let go of. */
#include "engine/replica.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "engine/own.h"
#include "engine/points.h"
#include "engine/restore.h"
#include "engine/track.h"
#include "util/alloc.h"

#define MAX_REGION (64u << 20)

void replica_file(const struct replica *r, const char *what, char name[REPLICA_NAME_SIZE])
{
    (void)snprintf(name, REPLICA_NAME_SIZE, "maps/%s.%s", r->id, what);
}

enum replica_state replica_get_state(struct replica *r)
{
    if (atomic_load(&r->broken))
        return REPLICA_BROKEN;
    pthread_mutex_lock(&r->lock);
    enum replica_state state = r->state;
    pthread_mutex_unlock(&r->lock);
    return state;
}

void replica_set_state(struct replica *r, enum replica_state state)
{
    pthread_mutex_lock(&r->lock);
    r->state = state;
    pthread_mutex_unlock(&r->lock);
}

uint64_t replica_regions(const struct replica *r)
{
    return (volume_size(r->source) + r->region_size - 1) >> r->shift;
}

uint64_t replica_bytes(const struct replica *r, uint64_t first, uint64_t count)
{
    uint64_t size = volume_size(r->source), from = first << r->shift, end = (first + count) << r->shift;
    if (end > size)
        end = size;
    return from < end ? end - from : 0;
}

static bool id_is_fine(const char *id)
{
    size_t n = strspn(id, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-");
    return n > 0 && n < 256 && id[n] == '\0' && id[0] != '.';
}

static int check_spec(const struct replica_spec *s, uint32_t region_size)
{
    if (s->kind == REPLICA_MIRROR)
        return -EOPNOTSUPP;
    if ((s->kind != REPLICA_CLONE && s->kind != REPLICA_SNAPSHOT) || !s->id || !id_is_fine(s->id) ||
        s->source == s->target || s->source->engine != s->target->engine)
        return -EINVAL;
    if (region_size < 4096 || region_size > MAX_REGION || region_size & (region_size - 1)) {
        replsvc_backend_set_error("a region of %u bytes is not a power of two from 4096 to %u", region_size,
                                  MAX_REGION);
        return -EINVAL;
    }
    if (volume_size(s->target) < volume_size(s->source)) {
        replsvc_backend_set_error("%s is smaller than its source %s", volume_id(s->target),
                                  volume_id(s->source));
        return -ENOSPC;
    }
    return s->target->medium.writable ? 0 : -EROFS;
}

static int init_locks(struct replica *r)
{
    int rc = region_locks_init(&r->store_locks);
    if (rc)
        return rc;
    rc = keeper_init(&r->keeper);
    if (rc)
        goto no_keeper;
    rc = -pthread_mutex_init(&r->lock, NULL);
    if (rc)
        goto no_lock;
    rc = -pthread_mutex_init(&r->own_lock, NULL);
    if (rc)
        goto no_own_lock;
    rc = -pthread_mutex_init(&r->break_lock, NULL);
    if (rc)
        goto no_break_lock;
    return 0;

no_break_lock:
    pthread_mutex_destroy(&r->own_lock);
no_own_lock:
    pthread_mutex_destroy(&r->lock);
no_lock:
    keeper_destroy(&r->keeper);
no_keeper:
    region_locks_destroy(&r->store_locks);
    return rc;
}

static void destroy(struct replica *r)
{
    pthread_mutex_destroy(&r->break_lock);
    pthread_mutex_destroy(&r->own_lock);
    pthread_mutex_destroy(&r->lock);
    keeper_destroy(&r->keeper);
    region_locks_destroy(&r->store_locks);
    sync_statistics_put(r->statistics);
    mem_free(r->id);
    mem_free(r);
}

/* The object, its parts taken, without files. */
static int make(const struct replica_spec *s, struct replica **out)
{
    struct engine *e = s->source->engine;
    uint32_t region_size = s->region_size ? s->region_size : e->options.region_size;
    int rc = check_spec(s, region_size);
    if (rc)
        return rc;
    struct replica *r = mem_zalloc(sizeof *r);
    if (!r)
        return -ENOMEM;
    r->engine = e;
    r->id = mem_strdup(s->id);
    r->statistics = s->statistics ? sync_statistics_ref(s->statistics) : sync_statistics_new();
    rc = r->id && r->statistics ? init_locks(r) : -ENOMEM;
    if (rc) {
        sync_statistics_put(r->statistics);
        mem_free(r->id);
        mem_free(r);
        return rc;
    }
    r->kind = s->kind;
    r->region_size = region_size;
    r->shift = (uint32_t)__builtin_ctz(region_size);
    r->read_only = s->read_only;
    r->state = REPLICA_INACTIVE;
    r->events.user = s->user;
    r->events.replica = r;
    rc = volume_role_take(s->source, VOLUME_SOURCE);
    if (rc)
        goto no_source;
    rc = volume_role_take(s->target, VOLUME_TARGET);
    if (rc)
        goto no_target;
    r->source = volume_ref(s->source);
    r->target = volume_ref(s->target);
    *out = r;
    return 0;

no_target:
    volume_role_drop(s->source, VOLUME_SOURCE);
no_source:
    replsvc_backend_set_error("%s or %s plays another part already", volume_id(s->source),
                              volume_id(s->target));
    destroy(r);
    return rc;
}

/* What make() made, and whatever was opened since. */
static void unmake(struct replica *r)
{
    events_forget(&r->engine->events, &r->events);
    own_close(r);
    map_close(r->kept);
    mark_close(&r->mark);
    volume_role_drop(r->source, VOLUME_SOURCE);
    volume_role_drop(r->target, VOLUME_TARGET);
    volume_put(r->target);
    volume_put(r->source);
    destroy(r);
}

int replica_empty_map(struct replica *r, const char *what, struct map **map)
{
    char name[REPLICA_NAME_SIZE];
    replica_file(r, what, name);
    pthread_mutex_lock(&r->lock); /* who asks for information may look at it */
    map_close(*map);
    *map = NULL;
    pthread_mutex_unlock(&r->lock);
    int rc = map_remove(r->engine->options.vfs, name);
    if (rc && rc != -ENOENT)
        return rc;
    struct map *made;
    rc = map_create(r->engine->options.vfs, name, replica_regions(r), r->region_size, &made);
    if (rc)
        return rc;
    pthread_mutex_lock(&r->lock);
    *map = made;
    pthread_mutex_unlock(&r->lock);
    return 0;
}

int replica_create(const struct replica_spec *spec, struct replica **out)
{
    struct replica *r;
    int rc = make(spec, &r);
    if (rc)
        return rc;
    struct vfs *vfs = r->engine->options.vfs;
    char name[REPLICA_NAME_SIZE];
    replica_file(r, "mark", name);
    rc = mark_create(vfs, name, &r->mark);
    if (rc)
        goto fail;
    rc = replica_empty_map(r, "kept", &r->kept);
    if (!rc)
        rc = vfs->ops->sync_dir(vfs, "maps");
    if (rc) {
        (void)vfs->ops->unlink(vfs, name);
        replica_file(r, "kept", name);
        (void)map_remove(vfs, name);
        goto fail;
    }
    atomic_store(&r->zeroed, spec->target_zeroed);
    *out = r;
    return 0;

fail:
    unmake(r);
    return rc;
}

static void note_damage(void *user, uint64_t first, uint64_t count)
{
    (void)first;
    (void)count;
    *(bool *)user = true;
}

/* 0 also when it is lost or damaged: then r->map_lost, and an empty one stands in for it. */
static int load_map(struct replica *r)
{
    char name[REPLICA_NAME_SIZE];
    bool damaged = false;
    replica_file(r, "kept", name);
    int rc = map_open(r->engine->options.vfs, name, false, note_damage, &damaged, &r->kept);
    if (rc == -ENOMEM)
        return rc;
    if (!rc && (map_regions(r->kept) != replica_regions(r) || map_region_size(r->kept) != r->region_size)) {
        map_close(r->kept);
        r->kept = NULL;
        rc = -EUCLEAN;
    }
    r->map_lost = rc || damaged;
    return rc ? map_memory(replica_regions(r), r->region_size, &r->kept) : 0;
}

/* Opens what there is. What is lost or damaged makes it broken, not absent. */
static int load_files(struct replica *r)
{
    char name[REPLICA_NAME_SIZE];
    replica_file(r, "mark", name);
    int rc = mark_open(r->engine->options.vfs, name, &r->mark);
    if (rc == -ENOMEM)
        return rc;
    /* Without an order it never had a point in time: its creation was cut short. */
    bool left = rc == -ENOENT || r->mark.detached || r->kind == REPLICA_CLONE || !r->order;
    if (r->state == REPLICA_LEAVING && left) {
        r->order = 0; /* only files remain to be removed: no part to play any more */
        r->mark.detached = 1;
        return map_memory(replica_regions(r), r->region_size, &r->kept);
    }
    int map_rc = load_map(r);
    if (map_rc)
        return map_rc;
    if (rc) {
        replica_break(r, rc, "%s: the mark of %s is lost", volume_id(r->target), r->id);
    } else if (r->mark.err) {
        r->error = r->mark.err;
        memcpy(r->error_text, r->mark.text, sizeof r->error_text);
        atomic_store(&r->broken, true);
    }
    if (r->map_lost)
        replica_break(r, -EUCLEAN, "%s: the region map of %s is lost or damaged", volume_id(r->target),
                      r->id);
    return own_open(r);
}

/* All is in the target; the map file stays, for a crash may come before the completion is recorded. */
static int load_complete(struct replica *r)
{
    struct vfs *vfs = r->engine->options.vfs;
    char name[REPLICA_NAME_SIZE];
    replica_file(r, "mark", name);
    int rc = mark_open(vfs, name, &r->mark);
    if (rc && rc != -ENOMEM) {
        rc = vfs->ops->unlink(vfs, name);
        if (!rc || rc == -ENOENT)
            rc = mark_create(vfs, name, &r->mark);
    }
    return rc;
}

/* An inactive one keeps nothing: whatever a crash left of an activation or removal goes. */
static int load_inactive(struct replica *r)
{
    int rc = load_complete(r);
    if (!rc)
        rc = own_remove(r);
    if (!rc)
        rc = replica_empty_map(r, "kept", &r->kept);
    if (!rc && (r->mark.err || r->mark.restore_order || r->mark.detached)) {
        r->mark.err = 0;
        r->mark.detached = 0;
        r->mark.restore_order = 0;
        rc = mark_store(&r->mark);
    }
    return rc ? rc : r->engine->options.vfs->ops->sync_dir(r->engine->options.vfs, "maps");
}

int replica_load(const struct replica_spec *spec, struct replica **out)
{
    bool has_point = spec->state != REPLICA_INACTIVE && spec->state != REPLICA_COMPLETE;
    if (has_point && !spec->order && spec->state != REPLICA_BROKEN && spec->state != REPLICA_LEAVING)
        return -EINVAL;
    struct replica *r;
    int rc = make(spec, &r);
    if (rc)
        return rc;
    r->order = spec->order;
    r->state = spec->state == REPLICA_BROKEN ? REPLICA_ACTIVE : spec->state;
    if (spec->state == REPLICA_INACTIVE)
        rc = load_inactive(r);
    else if (spec->state == REPLICA_COMPLETE)
        rc = load_complete(r);
    else
        rc = load_files(r);
    r->complete = r->state == REPLICA_COMPLETE;
    if (!rc && r->state == REPLICA_RESTORING) {
        /* What it was when its source began to show it; its map says which. */
        r->complete = r->kind == REPLICA_CLONE && map_next(r->kept, 0, false) >= replica_regions(r);
        r->state = r->complete ? REPLICA_COMPLETE : REPLICA_ACTIVE;
    }
    if (!rc && spec->state == REPLICA_BROKEN && !atomic_load(&r->broken))
        replica_break(r, -EIO, "%s: was broken", volume_id(r->target));
    if (!rc)
        rc = replica_join_loaded(r);
    if (rc) {
        unmake(r);
        return rc;
    }
    rc = spec->state == REPLICA_INACTIVE && !r->mark.whole ? track_remove(r) : track_load(r);
    if (!rc && r->mark.restore_order) {
        rc = restore_load(r);
        if (!rc)
            replica_set_state(r, REPLICA_RESTORING);
    }
    if (rc) {
        replica_put(r);
        return rc;
    }
    *out = r;
    return 0;
}

int replica_forsake(struct engine *e, const char *id, bool mirror, int err, const char *text)
{
    struct replica named = {.id = (char *)(uintptr_t)id};
    char name[REPLICA_NAME_SIZE];
    replica_file(&named, "mark", name);
    return mark_forsake(e->options.vfs, name, mirror, err, text);
}

static void freeze(struct volume *v)
{
    gate_close(&v->gate, GATE_CLOSE_WRITES);
    volume_special(v, SPECIAL_FROZEN, 0);
    gate_open(&v->gate);
}

static void replica_freeze_both(struct replica *r)
{
    freeze(r->source);
    freeze(r->target);
}

void replica_put(struct replica *r)
{
    if (!r)
        return;
    restore_leave(r);
    if (r->track)
        replica_freeze_both(r); /* nothing is marked any more */
    replica_leave_closing(r);
    track_put(r);
    unmake(r);
}

int replica_remove_files(struct replica *r)
{
    static const char *const whats[] = {"kept", "todo", "own-new",
                                        "mark"}; /* the mark last: what is broken stays so */
    struct vfs *vfs = r->engine->options.vfs;
    int rc = own_remove(r);
    for (size_t i = 0; !rc && i < sizeof whats / sizeof *whats; i++) {
        char name[REPLICA_NAME_SIZE];
        replica_file(r, whats[i], name);
        rc = i < 3 ? map_remove(vfs, name) : vfs->ops->unlink(vfs, name);
        if (rc == -ENOENT)
            rc = 0;
    }
    return rc ? rc : vfs->ops->sync_dir(vfs, "maps");
}

void replica_free_removed(struct replica *r)
{
    unmake(r);
}

struct volume *replica_source(struct replica *r)
{
    return r->source;
}

struct volume *replica_target(struct replica *r)
{
    return r->target;
}

void replica_get_info(struct replica *r, struct replica_info *info)
{
    memset(info, 0, sizeof *info);
    info->state = replica_get_state(r);
    info->order = r->order;
    info->bytes_total = volume_size(r->source);
    pthread_mutex_lock(&r->lock);
    if (info->state == REPLICA_COMPLETE) {
        info->bytes_present = info->bytes_total;
    } else if (r->kept) {
        uint64_t kept = map_count(r->kept) << r->shift;
        info->bytes_present = kept < info->bytes_total ? kept : info->bytes_total;
        info->map_memory = map_memory_bytes(r->kept);
    }
    pthread_mutex_unlock(&r->lock);
    own_get_info(r, info);
    restore_get_info(r, info);
    pthread_mutex_lock(&r->lock);
    info->when_cut_us = r->when_cut_us;
    info->pause_us = r->pause_us;
    info->error = r->error;
    memcpy(info->error_text, r->error_text, sizeof info->error_text);
    pthread_mutex_unlock(&r->lock);
}
