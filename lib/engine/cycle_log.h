/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The redo log of an asynchronous group: the content of all regions that one cycle changes, of all members,
 * gathered before any of it is written to a target. A cycle that is committed here will be on the targets
 * in whole, by replay after a crash if need be; one that is not never touches them.
 *
 *     cycle_log_begin → append … append (from many threads) → cycle_log_commit → replay onto the targets →
 *     cycle_log_applied
 *
 * Two files in the state directory: cycles/ID.redo holds records, each a 4 KiB header and the data rounded up
 * to 4 KiB; cycles/ID.commit two 4 KiB slots written in turn, which say how much of the first is to be
 * replayed. What follows there is of earlier cycles: a cycle writes over the records of the last one, which
 * it knows by their cycle's number. A slot that is torn leaves the older one, and that is right: a commit
 * that was torn has not happened, and replaying what was applied already changes nothing. Both damaged:
 * nobody knows; -EUCLEAN.
 */
#ifndef RSVC_ENGINE_CYCLE_LOG_H
#define RSVC_ENGINE_CYCLE_LOG_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "state/vfs.h"

#define CYCLE_RECORD_MAX (UINT64_C(16) << 20)

struct cycle_log {
    struct vfs *vfs;
    struct vfs_file *redo, *commit;
    uint64_t number;      /* of the newest slot */
    uint64_t cycle;       /* being gathered, or gathered last */
    int64_t cut_us;       /* wall clock of the cut of the last committed cycle; 0 = none */
    uint64_t replay;      /* bytes of redo that are to be replayed; 0 = none */
    _Atomic uint64_t end; /* where the next record goes */
    uint64_t size;        /* of redo, at least: before this cycle */
    _Atomic bool torn;    /* an append failed: this cycle can't be committed */
};

/* Opens both, making them if they are not there. */
int cycle_log_open(struct cycle_log *log, struct vfs *vfs, const char *id);
void cycle_log_close(struct cycle_log *log);
int cycle_log_remove(struct vfs *vfs, const char *id);

/* Room for a record of that much data, or NULL; and where the data goes in there. */
uint8_t *cycle_log_buffer(uint64_t length);
uint8_t *cycle_log_data(uint8_t *buffer);

/* Forgets what is in it (nothing is to be replayed). */
int cycle_log_begin(struct cycle_log *log);
/* The content of [offset, offset + length) of a member. data: anywhere in the data of a buffer; what is ahead
 * of it there and what follows to the next 4 KiB is overwritten. zeroes: it is not looked at. */
int cycle_log_append(struct cycle_log *log, const char *member, uint64_t offset, uint64_t length,
                     uint8_t *data, bool zeroes);
/* All appends have returned. Durable. */
int cycle_log_commit(struct cycle_log *log, int64_t cut_us);
int cycle_log_applied(struct cycle_log *log);
/* Calls fn for each record of the committed cycle, in the order in which they were appended. -EUCLEAN: a
 * record is damaged. fn's error ends it. */
int cycle_log_replay(struct cycle_log *log,
                     int (*fn)(void *user, const char *member, uint64_t offset, uint64_t length,
                               const void *data),
                     void *user);

#endif
