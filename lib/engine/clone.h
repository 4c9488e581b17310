/* SPDX-License-Identifier: BSD-2-Clause */
/* What the ways to complete a replica share. */
#ifndef RSVC_ENGINE_CLONE_H
#define RSVC_ENGINE_CLONE_H

#include "engine/replica.h"

int replica_fill_all(struct replica *r, const struct engine_control *control);
int replica_complete(struct replica *r);
int snapshot_detach(struct replica *r, const struct engine_control *control);

/* chain.c: everything that others read through r's store, they have by themselves afterwards. */
int chain_hand_down(struct replica *r, const struct engine_control *control);

#endif
