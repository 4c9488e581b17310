/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A source that shows a replica's content. From the instant of replica_restore_begin hosts read and write
 * the source as if it had been overwritten with the replica; the overwriting is done afterwards, region
 * by region, in the background and ahead of each host write.
 *
 * `todo` has a bit for every region in which the two differed at that instant and which has not been put
 * into the source's medium yet: reads of those go to the replica. Putting a region there is a write like
 * any other to the other points in time (points_keep first). Its bit is cleared after the medium was
 * flushed, and the clearing is durable before a host's write to the region goes on, or a crash would
 * restore it over that write. The mark's restore_order, stored when todo is complete, is the instant.
 *
 * locks order regions being put into the medium: after the volume's range locks, before store locks.
 * While a source is being restored it takes no new points in time, and its overlay is empty and unused.
 */
#ifndef RSVC_ENGINE_RESTORE_H
#define RSVC_ENGINE_RESTORE_H

#include "engine/replica.h"

struct restore {
    struct replica *r;
    struct map *todo;
    struct region_locks locks;
};

/* Inside the gate of a volume that has v->restore. */
int restore_read(struct volume *v, const struct iovec *iov, int iovcnt, uint64_t offset);
/* After it, [offset, offset+length) of the medium is what hosts see, durably so. */
int restore_before_write(struct volume *v, uint64_t offset, uint64_t length);

/* Around putting a range of the replica into the source: what is marked as different (track.h). */
void restore_marks_begin(struct restore *s, uint64_t offset, uint64_t length, void **slots);
void restore_marks_end(struct restore *s, uint64_t offset, uint64_t length, void **slots, bool done);

/* At load: the mark says that a restore was begun. */
int restore_load(struct replica *r);
void restore_leave(struct replica *r);
void restore_get_info(struct replica *r, struct replica_info *info);

#endif
