/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What hosts wrote to a snapshot's target. It cannot go to the target's own medium: older snapshots
 * read what was kept there, and a reset must bring it back. So it goes to a sparse file in the state
 * directory, whole regions at their own offsets, with a map of its own. Made at the first such write.
 *
 * A region's first write fills the whole region (from the snapshot for what the write leaves out), syncs,
 * then sets and commits its bit: never is a bit durable before its data, and after a kill every
 * acknowledged write is found again. Later writes to the region go straight to the file.
 */
#ifndef RSVC_ENGINE_OWN_H
#define RSVC_ENGINE_OWN_H

#include "engine/replica.h"

struct own {
    struct map *map;
    struct vfs_file *file;
};

int own_open(struct replica *r); /* 0 also if there is none */
int own_make(struct replica *r); /* 0 also if there is one */
void own_close(struct replica *r);
/* Nobody uses it: everything that hosts wrote is gone, durably. */
int own_remove(struct replica *r);
void own_get_info(struct replica *r, struct replica_info *info);

#endif
