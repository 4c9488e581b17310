/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The activity log's file: which extents it names, written and read. See activity.h for what it means.
 * No locks: one writer at a time is the caller's business.
 */
#ifndef RSVC_ENGINE_ACTIVITY_LOG_H
#define RSVC_ENGINE_ACTIVITY_LOG_H

#include <stddef.h>
#include <stdint.h>

#include "state/vfs.h"

#define ACTIVITY_SLOT_SIZE 4096u
#define ACTIVITY_HEADER_SIZE 32u
#define ACTIVITY_EXTENTS ((ACTIVITY_SLOT_SIZE - ACTIVITY_HEADER_SIZE) / 4u) /* 1016 */

struct activity_file {
    struct vfs_file *file;
    uint64_t sequence; /* of the newest slot */
    uint64_t extent_size;
    uint8_t slot[ACTIVITY_SLOT_SIZE]; /* the slot being built */
};

int activity_file_create(struct activity_file *f, struct vfs *vfs, const char *name, uint64_t extent_size);
/* extents: room for ACTIVITY_EXTENTS. -EUCLEAN: damaged, or made for another size; f is open all the same. */
int activity_file_open(struct activity_file *f, struct vfs *vfs, const char *name, uint64_t size,
                       uint32_t extents[], size_t *n);
/* Build names the extents; write makes the slot durable. */
void activity_file_build(struct activity_file *f, const uint32_t extents[], size_t n);
int activity_file_write(struct activity_file *f);
/* Makes both slots name nothing. */
int activity_file_clear(struct activity_file *f);
void activity_file_close(struct activity_file *f);

#endif
