/* SPDX-License-Identifier: BSD-2-Clause */
/* Repairing what says nothing about where content is. */
#ifndef RSVC_VHDX_CHECK_REPAIR_H
#define RSVC_VHDX_CHECK_REPAIR_H

#include "vhdx/image.h"

/* The entry as it should be; the same if there is nothing to repair. The entry is sound by vhdx_bat_check. */
uint64_t vhdx_repaired_entry(const struct vhdx *v, uint64_t index, uint64_t entry);
/* Replays the log, and repairs headers, region tables, BAT entries and the file's length, durably. The image
 * has no damage. */
int vhdx_repair(struct vhdx_store *store, const char *path, const char *const *roots, size_t n_roots);

#endif
