/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a disk may hold after a crash. The disk is looked at in units of 4 KiB; each has the stamps that were
 * written to it, in order. Flushed: the last stamp before the flush or a later one, each 512-byte sector of
 * the unit by itself. Killed: the last acknowledged one or one that was under way.
 *
 * A scenario does its writes through model_write and so on, which note in the world's log what was begun and
 * done; model_mark lets the model follow the log to any point.
 */
#ifndef TESTS_SUPPORT_VHDX_MODEL_H
#define TESTS_SUPPORT_VHDX_MODEL_H

#include "support/crash.h"
#include "support/vhdx_sim.h"

#define MODEL_UNIT 4096u

struct model;

/* size: of the disk at first; most: that it will ever have. Whole units. */
struct model *model_new(uint64_t size, uint64_t most);
void model_free(struct model *m);
/* Before the run: what is there at first. */
void model_initial(struct model *m, uint64_t offset, uint64_t length, uint64_t stamp);
void model_restart(void *m);
void model_mark(void *m, const struct world_mark *mark);

/* In a run: the operation on the image, with its marks. Whole units; stamp: anything new but 0. */
int model_write(struct world *w, struct vhdx *v, uint64_t offset, uint64_t length, uint64_t stamp);
int model_discard(struct world *w, struct vhdx *v, uint64_t offset, uint64_t length);
int model_zero(struct world *w, struct vhdx *v, uint64_t offset, uint64_t length);
int model_resize(struct world *w, struct vhdx *v, uint64_t size);
int model_flush(struct world *w, struct vhdx *v);
/* After a flush, or a close that made all durable: the same by marks alone. */
void model_flushing(struct world *w);
void model_flushed(struct world *w);

/* Compares the image with what it may hold. 0, or crash_wrong's result. */
int model_check(const struct model *m, struct vhdx *v, const struct crash_point *p);

#endif
