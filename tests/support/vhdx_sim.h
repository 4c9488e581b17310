/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * VHDX images on a simulated world: backends/vhdx/file.h over backends/sim/world.h. Paths are names in the
 * world's root, "a.vhdx" or "dir/a.vhdx"; roots are not looked at.
 */
#ifndef TESTS_SUPPORT_VHDX_SIM_H
#define TESTS_SUPPORT_VHDX_SIM_H

#include "sim/world.h"
#include "vhdx/image.h"

/* The store of that world; lives as long as the program. */
struct vhdx_store *vhdx_sim_store(struct world *w);

/* Told of everything that was done to simulated files, after it succeeded; NULL: nobody. */
struct vhdx_sim_observer {
    void (*write)(struct world_file *f, uint64_t offset, const uint8_t *data, uint64_t length);
    void (*zero)(struct world_file *f, uint64_t offset, uint64_t length);
    void (*truncate)(struct world_file *f, uint64_t size);
    void (*sync)(struct world_file *f);
};
void vhdx_sim_observe(const struct vhdx_sim_observer *o);

/* A random number of a seed's series. */
uint64_t vhdx_random(uint64_t *seed);
/* Fills a buffer with what only this stamp gives; 0 gives zeroes. */
void vhdx_pattern(uint8_t *buffer, size_t length, uint64_t stamp);

int vhdx_pread(struct vhdx *v, void *buffer, size_t length, uint64_t offset);
int vhdx_pwrite(struct vhdx *v, const void *buffer, size_t length, uint64_t offset);

#endif
