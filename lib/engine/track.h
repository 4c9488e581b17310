/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a clone and its source may differ in: every region that a host wrote on either side since the
 * clone's point in time, durably known (activity.h). So a restore of a complete clone moves only those, and
 * so does a new point in time in the same target: what does not differ is there already.
 *
 * It begins at the cut and lasts as long as the clone does. It is an economy, not a promise: where it
 * cannot be kept (marks cannot be made durable, no room for a tap) it is given up, durably (mark.tracked),
 * and all regions are taken to differ; hosts' writes never fail for it. `whole` in the mark says that an
 * inactive replica's target equals the source wherever no difference is marked.
 *
 * Marks are made around writes by taps on both volumes; who writes in a host's place to a volume (a
 * restore) does so between volume_marks_begin and volume_marks_end (tap.h).
 */
#ifndef RSVC_ENGINE_TRACK_H
#define RSVC_ENGINE_TRACK_H

#include "engine/activity.h"
#include "engine/replica.h"

struct track {
    struct replica *r;
    struct activity *activity;
    struct tap source_tap, target_tap;
    bool on_source, on_target; /* the taps hang there */
    _Atomic bool lost;         /* given up: nothing that it says is true */
};

/* A new one, in which nothing differs; r->track stays NULL where it cannot be made. Before the cut. */
void track_make(struct replica *r);
/* The one that was recorded, with its taps. An error only if it can be neither used nor given up. */
int track_load(struct replica *r);
/* Under the source's closed gate. */
void track_hang_on_source(struct replica *r);
void track_hang_on_target(struct replica *r);
/* Lets go of it; its files stay and are right. */
void track_put(struct replica *r);
/* For good. An error: it could be taken for a true one later. */
int track_remove(struct replica *r);
/* The replica becomes inactive, its target is left whole: 0 if that was recorded. */
int track_keep_whole(struct replica *r);

/* The differences, or NULL: all regions may differ. */
struct map *track_map(struct replica *r);

/* A new point in time in a target that is whole but for the differences. prepare: everything else is
 * marked as kept (0 = done; -ENOENT: it cannot be used, all is to be copied). finish: under the source's
 * closed gate, what has come to differ meanwhile; from then on nothing differs. The kept map is to be
 * committed afterwards. */
int track_prepare_again(struct replica *r);
int track_finish_again(struct replica *r);

/* A region of the source is being made equal to the target, between begin and end. */
void track_equal_begin(struct replica *r, uint64_t offset, uint64_t length);
void track_equal_end(struct replica *r, uint64_t offset, uint64_t length, bool equal);

#endif
