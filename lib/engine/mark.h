/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A replica's mark: the few facts that must be durable before a source's write may go on without or
 * against the replica (it is broken; its source is being restored from it; it stands alone). The file is made
 * in full with the replica, so that marking takes no space; two slots are written in turn, each with a
 * checksum and a number, so that a torn write leaves the older fact. Not locked: its replica's break_lock.
 */
#ifndef RSVC_ENGINE_MARK_H
#define RSVC_ENGINE_MARK_H

#include "state/vfs.h"

struct mark {
    struct vfs_file *file;
    uint64_t number; /* of the newest slot */
    /* The facts. */
    int32_t err;            /* negative errno that broke it; 0 = whole */
    uint64_t restore_order; /* not 0: its source shows its content since that order */
    uint32_t detached; /* nobody reads through its store any more, which may be changed, nor by its map, which
                          may be gone */
    uint32_t tracked;  /* what differs from the source is marked (track.h) */
    uint32_t whole;    /* inactive: and all else is equal */
    char text[256];    /* why it is broken */
};

int mark_create(struct vfs *vfs, const char *name,
                struct mark *m);                                  /* -EEXIST; durable but for the directory */
int mark_open(struct vfs *vfs, const char *name, struct mark *m); /* -EUCLEAN: neither slot is whole */
int mark_store(struct mark *m);                                   /* durable on 0 */
void mark_close(struct mark *m);
/* Of one that is not opened: it is broken, and what differs is not known any more. One that is lost says so
 * by being lost. mirror: whose kind it is. */
int mark_forsake(struct vfs *vfs, const char *name, bool mirror, int err, const char *text);

#endif
