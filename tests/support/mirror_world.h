/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Two mirrors of one group on an engine world: m copies disk a to b, n copies c to d. What a test sees of
 * them is what their hosts would: numbered blocks of one byte each.
 */
#ifndef TESTS_SUPPORT_MIRROR_WORLD_H
#define TESTS_SUPPORT_MIRROR_WORLD_H

#include <stdatomic.h>

#include "engine/mirror.h"
#include "support/engine_world.h"

/* An RPO at which the group's thread runs no cycle in the time of a test. */
#define MW_FOR_EVER (INT64_C(3600) * 1000000)

struct mirror_world {
    /* Set before mw_make. */
    enum mirror_mode mode;
    unsigned blocks;        /* of each disk */
    unsigned target_blocks; /* of b and d; 0 = the same */
    unsigned region_blocks;
    int64_t rpo_us;
    bool stop_host_io; /* also before mw_start */

    struct world *w;
    struct engine_world ew;
    struct mirror_group *g;
    struct mirror *m, *n;
    _Atomic unsigned broken, differs; /* events */
};

/* Disks, engine, group, both mirrors. */
void mw_make(struct mirror_world *f);
void mw_free(struct mirror_world *f);
/* Without the mirrors, which the caller loads or creates; and all of it put. */
void mw_start(struct mirror_world *f);
void mw_stop(struct mirror_world *f);

struct mirror_spec mw_spec(struct mirror_world *f, const char *id, const char *from, const char *to);
struct volume *mw_volume(struct mirror_world *f, const char *disk);
struct mirror_info mw_info(struct mirror *m);
void mw_bring_in_sync(struct mirror_world *f);
int mw_part(struct mirror_world *f, bool settled);
/* One cycle of the group, now. */
int mw_cycle(struct mirror_world *f);
/* Of all blocks that are mirrored. */
void mw_assert_alike(struct mirror_world *f, const char *x, const char *y);

#endif
