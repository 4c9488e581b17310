/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Differences and the activity log ahead of them: see activity.h. Here: the transactions that bring new
 * extents into the log and let old ones go, and opening and closing.
 *
 * One transaction runs at a time, by one of the writers that need it; the others wait for `moved`. A writer
 * takes all its extents at once or none, so writers that wait never hold what another one needs.
 *
 * Nearly every write touches one extent that is in the log: it steps in and out without the lock. Who waits
 * for room has said so before he looks for extents that nobody is in, and who steps out of one looks
 * afterwards whether anybody waits: one of them sees the other.
 *
 * The log's file vouches for the map: it is made last and removed first, and without it everything differs.
 */
#include "engine/activity.h"

#include <errno.h>
#include <pthread.h>
#include <string.h>

#include "engine/activity_log.h"
#include "engine/activity_table.h"
#include "util/alloc.h"

#define EXTENT_MIN (UINT64_C(4) << 20)
#define EXTENT_MAX (UINT64_C(16) << 20)

struct activity {
    struct activity_options options; /* its strings are not kept */
    struct map *map;
    struct activity_file file; /* whoever runs the transaction */
    pthread_mutex_t lock;
    pthread_cond_t moved;
    _Atomic int poisoned;     /* changed under lock */
    _Atomic unsigned waiting; /* for room. changed under lock */
    bool running;             /* lock: a transaction is under way */
    uint64_t log_writes;      /* lock */
    struct activity_table table;
};

/* ---- transactions ---- */

/* lock held, no transaction running; drops the lock for I/O. Brings in all WANTED ones; leavers: those that
 * were chosen go. */
static void run_transaction(struct activity *a, bool leavers)
{
    int ret = 0;
    a->running = true;
    uint32_t named[ACTIVITY_EXTENTS];
    activity_table_move_all(&a->table, EXTENT_WANTED, EXTENT_WRITING);
    activity_file_build(&a->file, named, activity_table_named(&a->table, named));
    pthread_mutex_unlock(&a->lock);
    if (leavers) {
        ret = a->options.settle(a->options.user);
        if (ret == 0)
            ret = map_commit(a->map);
    }
    if (ret == 0)
        ret = activity_file_write(&a->file);
    pthread_mutex_lock(&a->lock);
    a->running = false;
    if (ret != 0) {
        a->poisoned = ret;
        activity_table_move_all(&a->table, EXTENT_WRITING, EXTENT_WANTED);
        activity_table_move_all(&a->table, EXTENT_LEAVING, EXTENT_ACTIVE);
    } else {
        a->log_writes++;
        activity_table_move_all(&a->table, EXTENT_WRITING, EXTENT_ACTIVE);
        activity_table_drop_leavers(&a->table);
    }
    pthread_cond_broadcast(&a->moved);
}

/* ---- writers ---- */

static unsigned shift_of(uint64_t power_of_two)
{
    return (unsigned)__builtin_ctzll(power_of_two);
}

static struct extent_span span_of(const struct activity *a, uint64_t offset, uint64_t length)
{
    unsigned shift = shift_of(a->file.extent_size);
    return (struct extent_span){(uint32_t)(offset >> shift), (uint32_t)((offset + length - 1) >> shift)};
}

static void wait_for_room(struct activity *a, struct extent_span s)
{
    bool leaving;
    if (a->poisoned != 0 || activity_table_has_room(&a->table, s, &leaving))
        return;
    a->waiting++;
    while (a->poisoned == 0 && !activity_table_has_room(&a->table, s, &leaving)) {
        if (a->running || leaving || !activity_table_choose_leavers(&a->table))
            pthread_cond_wait(&a->moved, &a->lock);
        else
            run_transaction(a, true);
    }
    a->waiting--;
}

static int enter_by_lock(struct activity *a, struct extent_span s)
{
    pthread_mutex_lock(&a->lock);
    wait_for_room(a, s);
    int ret = a->poisoned;
    if (ret == 0) {
        activity_table_take(&a->table, s);
        while (a->poisoned == 0 && !activity_table_all_active(&a->table, s)) {
            if (a->running)
                pthread_cond_wait(&a->moved, &a->lock);
            else
                run_transaction(a, false);
        }
        ret = activity_table_all_active(&a->table, s) ? 0 : a->poisoned;
        if (ret != 0)
            activity_table_let_go(&a->table, s);
    }
    pthread_mutex_unlock(&a->lock);
    return ret;
}

int activity_enter(struct activity *a, uint64_t offset, uint64_t length)
{
    if (length == 0)
        return 0;
    if (length > ACTIVITY_MAX_WRITE)
        return -E2BIG;
    struct extent_span s = span_of(a, offset, length);
    if (s.first == s.last && a->poisoned == 0 && activity_table_step_in(&a->table, s.first))
        return 0;
    return enter_by_lock(a, s);
}

static void leave_by_lock(struct activity *a, struct extent_span s, bool marked)
{
    pthread_mutex_lock(&a->lock);
    if (marked)
        activity_table_let_go(&a->table, s);
    else
        a->poisoned = a->poisoned != 0 ? a->poisoned : -ENOMEM;
    pthread_cond_broadcast(&a->moved);
    pthread_mutex_unlock(&a->lock);
}

static void wake_who_waits(struct activity *a)
{
    pthread_mutex_lock(&a->lock);
    pthread_cond_broadcast(&a->moved);
    pthread_mutex_unlock(&a->lock);
}

void activity_leave(struct activity *a, uint64_t offset, uint64_t length, bool differs)
{
    if (length == 0)
        return;
    struct extent_span s = span_of(a, offset, length);
    bool marked = true, last;
    if (differs) {
        unsigned shift = shift_of(map_region_size(a->map));
        uint64_t first = offset >> shift, end = ((offset + length - 1) >> shift) + 1;
        /* Without memory for the bits, the extents must stay in the log for good: a writer that never leaves.
         */
        marked = map_set(a->map, first, end - first) == 0;
    }
    if (!marked || s.first != s.last || !activity_table_step_out(&a->table, s.first, &last))
        leave_by_lock(a, s, marked);
    else if (last && a->waiting != 0)
        wake_who_waits(a);
}

/* ---- life ---- */

static uint64_t extent_size_for(uint64_t size, uint32_t region_size)
{
    uint64_t extent = EXTENT_MIN;
    while (extent < EXTENT_MAX && extent * ACTIVITY_EXTENTS < size)
        extent *= 2;
    return extent < region_size ? region_size : extent;
}

static struct activity *activity_new(const struct activity_options *options)
{
    struct activity *a = mem_zalloc(sizeof(*a));
    if (a == NULL)
        return NULL;
    a->options = *options;
    activity_table_init(&a->table);
    if (pthread_mutex_init(&a->lock, NULL) != 0)
        goto no_lock;
    if (pthread_cond_init(&a->moved, NULL) != 0)
        goto no_cond;
    return a;
no_cond:
    pthread_mutex_destroy(&a->lock);
no_lock:
    mem_free(a);
    return NULL;
}

void activity_abandon(struct activity *a)
{
    if (a == NULL)
        return;
    activity_file_close(&a->file);
    if (a->map != NULL)
        map_close(a->map);
    pthread_cond_destroy(&a->moved);
    pthread_mutex_destroy(&a->lock);
    mem_free(a);
}

static uint64_t regions_of(const struct activity_options *o, uint32_t region_size)
{
    return (o->size + region_size - 1) / region_size;
}

/* Both files lie in one directory. */
static int sync_parent(const struct activity_options *o)
{
    char parent[256] = "";
    const char *slash = strrchr(o->log_name, '/');
    if (slash != NULL) {
        if ((size_t)(slash - o->log_name) >= sizeof(parent))
            return -ENAMETOOLONG;
        memcpy(parent, o->log_name, (size_t)(slash - o->log_name));
    }
    return o->vfs->ops->sync_dir(o->vfs, parent);
}

static int make_files(struct activity *a, uint32_t region_size)
{
    const struct activity_options *o = &a->options;
    int ret = map_create(o->vfs, o->map_name, regions_of(o, region_size), region_size, &a->map);
    if (ret != 0)
        return ret;
    ret = activity_file_create(&a->file, o->vfs, o->log_name, extent_size_for(o->size, region_size));
    if (ret == 0)
        ret = sync_parent(o);
    if (ret == 0)
        return 0;
    if (a->file.file != NULL)
        o->vfs->ops->unlink(o->vfs, o->log_name);
    map_close(a->map);
    a->map = NULL;
    map_remove(o->vfs, o->map_name);
    return ret;
}

int activity_create(const struct activity_options *options, struct activity **out)
{
    if (options->size == 0)
        return -EINVAL;
    struct activity *a = activity_new(options);
    if (a == NULL)
        return -ENOMEM;
    int ret = make_files(a, options->region_size);
    if (ret != 0) {
        activity_abandon(a);
        return ret;
    }
    *out = a;
    return 0;
}

/* The map, or one made anew in which everything differs. */
static int open_map(struct activity *a, bool *guessed)
{
    const struct activity_options *o = &a->options;
    int ret = map_open(o->vfs, o->map_name, true, NULL, NULL, &a->map);
    if (ret == 0 && map_regions(a->map) == regions_of(o, map_region_size(a->map)))
        return 0;
    if (ret != 0 && ret != -EUCLEAN && ret != -ENOENT)
        return ret;
    *guessed = true;
    if (a->map != NULL)
        map_close(a->map);
    a->map = NULL;
    /* An empty new map must not be believed after a crash before its bits are set: first the log goes. */
    ret = o->vfs->ops->unlink(o->vfs, o->log_name);
    if (ret == 0 || ret == -ENOENT)
        ret = sync_parent(o);
    if (ret == 0)
        ret = map_remove(o->vfs, o->map_name);
    if (ret != 0 && ret != -ENOENT)
        return ret;
    return map_create(o->vfs, o->map_name, regions_of(o, o->region_size), o->region_size, &a->map);
}

static int mark_extents(struct activity *a, const uint32_t named[], size_t n)
{
    uint64_t per_extent = a->file.extent_size / map_region_size(a->map), regions = map_regions(a->map);
    int ret = 0;
    for (size_t i = 0; i < n && ret == 0; i++) {
        uint64_t first = named[i] * per_extent;
        ret = map_set(a->map, first, first + per_extent > regions ? regions - first : per_extent);
    }
    return ret;
}

/* Everything that the log names differs; *guessed: all does. */
static int read_log(struct activity *a, bool *guessed)
{
    const struct activity_options *o = &a->options;
    uint32_t named[ACTIVITY_EXTENTS];
    size_t n;
    int ret = activity_file_open(&a->file, o->vfs, o->log_name, o->size, named, &n);
    uint32_t region_size = map_region_size(a->map);
    if (ret == -ENOENT || ret == -EUCLEAN ||
        (ret == 0 && a->file.extent_size != extent_size_for(o->size, region_size)))
        *guessed = true;
    else if (ret != 0)
        return ret;
    return *guessed ? 0 : mark_extents(a, named, n);
}

/* The marks are durable, so the log may forget. */
static int start_log_anew(struct activity *a)
{
    const struct activity_options *o = &a->options;
    uint64_t extent_size = extent_size_for(o->size, map_region_size(a->map));
    if (a->file.file == NULL) {
        int ret = activity_file_create(&a->file, o->vfs, o->log_name, extent_size);
        return ret != 0 ? ret : sync_parent(o);
    }
    a->file.extent_size = extent_size;
    return activity_file_clear(&a->file);
}

int activity_open(const struct activity_options *options, struct activity **out, bool *guessed)
{
    bool all = false;
    struct activity *a = activity_new(options);
    if (a == NULL)
        return -ENOMEM;
    int ret = open_map(a, &all);
    if (ret == 0)
        ret = read_log(a, &all);
    if (ret == 0 && all)
        ret = map_set_all(a->map);
    if (ret == 0)
        ret = map_commit(a->map);
    if (ret == 0)
        ret = start_log_anew(a);
    if (ret != 0) {
        activity_abandon(a);
        return ret;
    }
    if (guessed != NULL)
        *guessed = all;
    *out = a;
    return 0;
}

int activity_close(struct activity *a)
{
    int ret = a->poisoned;
    if (ret == 0)
        ret = a->options.settle(a->options.user);
    if (ret == 0)
        ret = map_commit(a->map);
    if (ret == 0)
        ret = activity_file_clear(&a->file);
    activity_abandon(a);
    return ret;
}

int activity_remove(struct vfs *vfs, const char *map_name, const char *log_name)
{
    int ret = vfs->ops->unlink(vfs, log_name);
    int map_ret = map_remove(vfs, map_name);
    if (ret == -ENOENT)
        ret = 0;
    return ret != 0 || map_ret == -ENOENT ? ret : map_ret;
}

struct map *activity_map(struct activity *a)
{
    return a->map;
}

int activity_commit(struct activity *a)
{
    return map_commit(a->map);
}

int activity_mark_all(struct activity *a)
{
    int ret = map_set_all(a->map);
    return ret != 0 ? ret : map_commit(a->map);
}

int activity_mark_active(struct activity *a)
{
    uint32_t named[ACTIVITY_EXTENTS];
    pthread_mutex_lock(&a->lock);
    size_t n = activity_table_all(&a->table, named);
    pthread_mutex_unlock(&a->lock);
    int ret = mark_extents(a, named, n);
    return ret != 0 ? ret : map_commit(a->map);
}

void activity_stats(struct activity *a, uint64_t *active, uint64_t *log_writes)
{
    pthread_mutex_lock(&a->lock);
    *active = activity_table_count(&a->table, EXTENT_ACTIVE);
    *log_writes = a->log_writes;
    pthread_mutex_unlock(&a->lock);
}
