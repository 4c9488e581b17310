/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Reading a log that its writer left behind.
 *
 * The log is a ring of 4 KiB sectors in which entries follow each other. A run is a series of valid entries,
 * each directly behind the other with the next sequence number; it counts if its last entry (the head) names
 * as tail an entry of the run. Of those the one with the largest head is the active sequence: its entries
 * from the tail to the head are what must be done again.
 *
 * An entry is taken as valid only if its layout is (header, descriptors, data sectors, each with the entry's
 * sequence number) and then its checksum. Sectors of a well laid out entry cannot begin another, so the
 * search costs no more than reading the ring about twice, whatever is in it.
 */
#ifndef RSVC_VHDX_LOG_REPLAY_H
#define RSVC_VHDX_LOG_REPLAY_H

#include "vhdx/file.h"
#include "vhdx/header.h"

struct vhdx_log_entry {
    uint64_t sequence;
    uint64_t flushed_size; /* the file was at least so long when the entry was written */
    uint64_t last_size;    /* everything that is named lies below it */
    uint32_t at;           /* offset in the ring */
    uint32_t length;
    uint32_t tail;
    uint32_t descriptors;
};

/* The active sequence, tail first. */
struct vhdx_log_sequence {
    struct vhdx_log_entry *entries;
    size_t n;
};

/* Finds it; h->log must not be zero. VHDX_CORRUPT if there is none. */
int vhdx_log_find(struct vhdx_file *f, const struct vhdx_header *h, struct vhdx_log_sequence *s);
void vhdx_log_sequence_free(struct vhdx_log_sequence *s);

/* What is done with the descriptors, in order. */
struct vhdx_log_sink {
    int (*data)(void *user, uint64_t offset, const uint8_t page[VHDX_PAGE]);
    int (*zero)(void *user, uint64_t offset, uint64_t length);
    void *user;
};
/* Checks every target first: nothing is done if one is not valid. sink NULL: only that. */
int vhdx_log_apply(struct vhdx_file *f, const struct vhdx_header *h, const struct vhdx_log_sequence *s,
                   const struct vhdx_log_sink *sink);

/* Whether it can be replayed; changes nothing. */
int vhdx_log_check(struct vhdx_file *f, const struct vhdx_header *h, uint64_t file_size);

/* Replays into the file, which is durable on return; the header is the caller's to change, before (a new
 * FileWriteGuid) and after (no log). Doing it again after a cut does the same. */
int vhdx_log_replay_to_file(struct vhdx_file *f, const struct vhdx_header *h, uint64_t file_size);

/* Opens a view of the file as it will be after the replay; writes nothing. The view closes f with it. */
int vhdx_log_replay_in_memory(struct vhdx_file *f, const struct vhdx_header *h, uint64_t file_size,
                              struct vhdx_file **view);

#endif
