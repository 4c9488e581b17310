/* SPDX-License-Identifier: BSD-2-Clause */
/* See mirror_world.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "engine/cycle.h"
#include "support/mirror_world.h"

static const char *const disks[] = {"a", "b", "c", "d"};

static void on_event(void *user, struct mirror *m, enum mirror_event event, int err, const char *text)
{
    struct mirror_world *f = user;
    (void)m;
    (void)err;
    assert_non_null(text);
    f->broken += event == MIRROR_EVENT_BROKEN;
    f->differs += event == MIRROR_EVENT_DIFFERS;
}

struct volume *mw_volume(struct mirror_world *f, const char *disk)
{
    return ew_volume(&f->ew, disk);
}

struct mirror_spec mw_spec(struct mirror_world *f, const char *id, const char *from, const char *to)
{
    return (struct mirror_spec){
        .id = id, .group = f->g, .source = mw_volume(f, from), .target = mw_volume(f, to), .user = f};
}

void mw_start(struct mirror_world *f)
{
    f->ew.region_size = f->region_blocks * EW_BLOCK;
    assert_int_equal(ew_start(&f->ew, f->w), 0);
    struct mirror_group_options options = {.engine = f->ew.engine,
                                           .id = "g",
                                           .mode = f->mode,
                                           .desired_rpo_us = f->rpo_us,
                                           .stop_host_io = f->stop_host_io,
                                           .event = on_event};
    assert_int_equal(mirror_group_new(&options, &f->g), 0);
    for (int i = 0; i < 4; i++)
        assert_int_equal(volume_ready(mw_volume(f, disks[i])), 0);
}

void mw_stop(struct mirror_world *f)
{
    mirror_put(f->m);
    mirror_put(f->n);
    f->m = f->n = NULL;
    mirror_group_free(f->g);
    ew_stop(&f->ew);
}

void mw_make(struct mirror_world *f)
{
    f->w = world_new(EW_BLOCK);
    assert_int_equal(world_bind(f->w, ""), 0);
    for (unsigned i = 0; i < 4; i++) {
        uint64_t blocks = i % 2 == 1 && f->target_blocks != 0 ? f->target_blocks : f->blocks;
        assert_int_equal(world_disk(f->w, disks[i], blocks * EW_BLOCK), 0);
    }
    mw_start(f);
    assert_int_equal(mirror_group_ready(f->g), 0);
    struct mirror_spec m = mw_spec(f, "m", "a", "b"), n = mw_spec(f, "n", "c", "d");
    assert_int_equal(mirror_create(&m, &f->m), 0);
    assert_int_equal(mirror_create(&n, &f->n), 0);
}

void mw_free(struct mirror_world *f)
{
    world_faults_clear(f->w);
    mw_stop(f);
    world_unbind("");
    world_free(f->w);
}

struct mirror_info mw_info(struct mirror *m)
{
    struct mirror_info i;
    mirror_get_info(m, &i);
    return i;
}

void mw_bring_in_sync(struct mirror_world *f)
{
    struct mirror *both[] = {f->m, f->n};
    assert_int_equal(mirrors_start(both, 2, NULL), 0);
    assert_int_equal(mirror_resync(f->m, NULL), 0);
    assert_int_equal(mirror_resync(f->n, NULL), 0);
    assert_int_equal(mw_info(f->m).state, MIRROR_IN_SYNC);
    assert_int_equal(mw_info(f->n).state, MIRROR_IN_SYNC);
}

int mw_part(struct mirror_world *f, bool settled)
{
    struct mirror *both[] = {f->m, f->n};
    return mirrors_part(both, 2, settled, NULL, NULL);
}

int mw_cycle(struct mirror_world *f)
{
    pthread_mutex_lock(&f->g->cycle_lock);
    int ret = cycle_run(f->g, NULL);
    pthread_mutex_unlock(&f->g->cycle_lock);
    return ret;
}

void mw_assert_alike(struct mirror_world *f, const char *x, const char *y)
{
    for (unsigned i = 0; i < f->blocks; i++)
        assert_int_equal(ew_read(mw_volume(f, x), i), ew_read(mw_volume(f, y), i));
}
