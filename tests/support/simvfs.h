/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A state directory inside a simulated world: lib/state/vfs.h over backends/sim/world.h. What happens to
 * it stands in the same operation log as what happens to the world's disks, so that a power cut meets both
 * at one instant.
 */
#ifndef TESTS_SUPPORT_SIMVFS_H
#define TESTS_SUPPORT_SIMVFS_H

#include "sim/world.h"
#include "state/vfs.h"

/* The directory (one component, e.g. "state") of the world; create: made, durable, if it is not there.
 * The vfs is closed by its ops->close; the world stays the caller's. */
int simvfs_open(struct world *w, const char *directory, bool create, struct vfs **out);

#endif
