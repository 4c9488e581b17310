/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * An engine on a simulated world: disks of the world as volumes of the same name, the world's directory
 * "state" as its state directory. Content is made of numbered blocks, so that a test can say in one line
 * what it writes and what it expects.
 */
#ifndef TESTS_SUPPORT_ENGINE_WORLD_H
#define TESTS_SUPPORT_ENGINE_WORLD_H

#include "engine/engine.h"
#include "sim/world.h"

#define EW_BLOCK 4096u
#define EW_VOLUMES 12
#define EW_REPLICAS 12

struct ew_event {
    struct replica *r;
    enum replica_event event;
    int err;
};

struct engine_world {
    struct world *world;
    struct vfs *vfs;
    struct engine *engine;
    uint64_t overlay_bytes;
    uint32_t region_size;
    struct volume *volumes[EW_VOLUMES];
    size_t n_volumes;
    struct ew_event events[64];
    size_t n_events;
};

/* On a world that has the disks already. */
int ew_start(struct engine_world *ew, struct world *w);
void ew_stop(struct engine_world *ew);

/* The volume of that disk, opened at the first call; ew_stop puts it. NULL: it cannot be. */
struct volume *ew_volume(struct engine_world *ew, const char *disk);
int ew_create(struct engine_world *ew, const char *id, enum replica_kind kind, const char *source,
              const char *target, struct replica **r);
int ew_load(struct engine_world *ew, const char *id, enum replica_kind kind, const char *source,
            const char *target, enum replica_state state, uint64_t order, struct replica **r);

/* Fills blocks [first, first+n) of a volume with a byte. */
int ew_write(struct volume *v, uint64_t first, uint64_t n, unsigned char byte);
/* The byte that fills the block; -1: not all the same; -2: it cannot be read. */
int ew_read(struct volume *v, uint64_t block);

#endif
