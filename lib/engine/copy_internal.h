/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Inside the bulk mover (see copy.h for what it is).
 *
 *   copy_cut.c      asks the caller for ranges, cuts them into pieces, and knows when a range is done
 *   copy_queue.c    moves pieces by the backends' asynchronous queues     } one of the two
 *   copy_threads.c  moves pieces by threads                               }
 *   copy_piece.c    moves one piece, synchronously
 *   copy_limit.c    the token bucket
 *
 * The cutter belongs to the thread that called copy_run; a piece belongs to whoever moves it until it is
 * given back with cut_complete.
 */
#ifndef RSVC_ENGINE_COPY_INTERNAL_H
#define RSVC_ENGINE_COPY_INTERNAL_H

#include "engine/copy.h"

enum {
    COPY_MAX_RANGES = 64,        /* in flight */
    COPY_ZERO_PIECE = 64 << 20,  /* zeroes in one request */
    COPY_CHECK_BYTES = 64 << 20, /* between two calls of check */
    COPY_CHECK_US = 100 * 1000,
    COPY_SENTENCE = 512
};

/* What the mover knows of an end before it starts. */
struct end_info {
    uint64_t size;      /* UINT64_MAX: not known */
    uint32_t alignment; /* of requests, >= 1 */
    bool memory, queue, write_zeroes, extents;
};

/* A range that next() gave out and that is not done. */
struct cut_range {
    uint64_t offset, length;
    unsigned pending; /* pieces that are being moved */
    bool open;        /* more pieces will come */
    int err;
    struct cut_range *next_free;
};

struct piece {
    struct cut_range *range;
    uint64_t offset, length;
    bool zero; /* the target is to read as zeroes here */
};

/* How moving a piece failed; err 0: it did not. */
struct piece_failure {
    int err;
    enum copy_side side;
    uint64_t offset, length;
    char sentence[COPY_SENTENCE];
};

struct cut {
    const struct copy_job *job;
    struct copy_result *result;
    struct end_info source, target;
    uint32_t piece_size;
    uint32_t unit; /* borders of data and holes are kept to multiples of it */
    bool reflink;  /* still worth trying */

    struct cut_range ranges[COPY_MAX_RANGES], *free;
    unsigned in_flight;
    struct cut_range *current; /* being cut */
    uint64_t position;         /* in it */
    uint64_t last_end;         /* where the range before ended */
    uint64_t data_from,
        data_end; /* known to be data. "Data" may be remembered: at worst zeroes are read. A
                   * hole is believed only when it was seen while the caller held the range. */
    bool ended;   /* next() answered COPY_END */
    int stop;     /* the first error */
    char sentence[COPY_SENTENCE];
    uint64_t bytes_seen; /* cut so far, and at the last check */
    uint64_t bytes_checked;
    int64_t checked_us;
};

enum cut_answer {
    CUT_PIECE, /* *piece is set */
    CUT_LATER, /* ask again after the next completion, or after *wait_us */
    CUT_END    /* nothing will come any more */
};

void cut_init(struct cut *c, const struct copy_job *job, struct copy_result *result);
enum cut_answer cut_next(struct cut *c, struct piece *piece, int64_t *wait_us);
void cut_complete(struct cut *c, const struct piece *piece, const struct piece_failure *failure);
/* The copy cannot go on for a reason of its own (no memory, a queue that fails). */
void cut_abort(struct cut *c, int err, const char *why);

/* Moves one piece with a page-aligned buffer of cut.piece_size, and adds
 * to the counters. */
struct piece_counts {
    uint64_t read, written, zeroed;
};
void piece_move(const struct cut *c, const struct piece *piece, void *buffer, struct piece_counts *counts,
                struct piece_failure *failure);
void piece_fail(struct piece_failure *f, int err, enum copy_side side, uint64_t offset, uint64_t length);
/* The run of equal kind (zero or not, by granules on absolute offsets) at the start of what was read. */
size_t piece_run(const void *buffer, size_t length, uint64_t offset, bool *zero);
static inline bool piece_aligned(const struct cut *c, const struct piece *p)
{
    uint64_t bits = p->offset | p->length;
    return !(bits & (c->source.alignment - 1)) && !(bits & (c->target.alignment - 1));
}

/* The size of pieces that keeps a bounded copy smooth: at most `most`, and about 16 in a second. */
uint64_t copy_limit_piece(struct copy_limit *const limits[2], uint64_t most);
/* 0: take `bytes` now; else microseconds to wait before asking again, nothing taken. */
int64_t copy_limit_take(struct copy_limit *const limits[2], uint64_t bytes);

/* The two ways. Both return when nothing is in flight. */
int copy_by_queue(struct cut *c);
int copy_by_threads(struct cut *c);

static inline uint32_t copy_io_flags(const struct copy_job *job)
{
    return job->flags & COPY_KEEP_CACHE ? 0 : REPLSVC_BACKEND_IO_UNCACHED;
}

#endif
