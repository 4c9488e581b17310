/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Filling a store in the background, by the bulk mover (copy.h): what a clone still lacks, what a detaching
 * snapshot lacks, what an older snapshot needs before a newer one goes.
 *
 * A range's store lock is held while it moves, so hosts' writes and copies before write keep away from it
 * and from nothing else. It is let go of when the range has been written but before it counts: whoever
 * needs it kept earlier than the next commit copies it once more, which is the same data. Once a second
 * what has been written is flushed, then marked, then the mark is made durable.
 */
#ifndef RSVC_ENGINE_FILL_H
#define RSVC_ENGINE_FILL_H

#include "engine/points.h"

struct fill {
    struct replica *r;     /* whose store is filled */
    struct replica *giver; /* only what r would read from this one's store; NULL: everything r lacks */
    const struct engine_control *control;
    uint64_t done_before, total; /* for the control: bytes that were there at the start, and all */
};

/* 0 when nothing that is wanted is missing any more, durably. *target_failed: the error is r's store's. */
int fill_run(const struct fill *f, bool *target_failed);

#endif
