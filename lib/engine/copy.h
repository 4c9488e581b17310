/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The bulk mover: everything that copies much data from one image to another goes through here (clones,
 * fills of replicas, restores, resyncs, the stand-alone copy).
 *
 * The mover knows nothing of regions, maps or replicas. It asks its caller for the next range to move and
 * tells it when a range is there; between the two the caller may hold whatever locks keep hosts away from
 * that range:
 *
 *     next(): find the next region that is missing, lock it (or skip it) -> offset, length
 *        ... the mover reads and writes it, several ranges at once ...
 *     done(): mark it in the map, unlock
 *
 * next, done and check are called only from the thread that called copy_run, never two at once, no lock
 * of the mover held. For every range that next gave out, done is called exactly once before copy_run
 * returns, whatever happens. Ranges must not overlap one that is still in flight, and may come in any
 * order (rising offsets are fastest). Nothing of the mover's state is needed to go on after a stop: the
 * caller's map is the state.
 *
 * What has been written is in the backend's hands but not flushed: flush the target before the map that
 * says so becomes durable.
 *
 * Holes and zeroes. Extents of the source are asked for inside each range, after next gave it out (so that
 * what hosts wrote before the lock is seen): a hole costs no reading. Where the target may hold something
 * else it is made to read as zeroes, by write_zeroes (unmapping) where the backend has it; with
 * COPY_TARGET_ZEROED nothing is written there. Data that turns out to be zeroes is treated alike in
 * pieces of COPY_ZERO_GRANULE.
 *
 * How it moves. Both ends with an asynchronous queue (CAP_QUEUE) and not in memory: requests of up to
 * 4 MiB, up to 32 MiB in flight, past the page cache where the backend can. Otherwise, threads with
 * small requests for media in memory and large ones for others. Memory stays below 40 MiB for one copy_run,
 * whatever the size. With COPY_REFLINK, ranges are shared by clone_range first, for as long as it works.
 */
#ifndef RSVC_ENGINE_COPY_H
#define RSVC_ENGINE_COPY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

#include <replsvc/backend.h>

/* One side of a copy: a handle of a backend, or (backend NULL) a few functions, for what is not an image
 * but a view over several (a snapshot read through its chain). The functions are called from several
 * threads at once, return 0 or a negative errno, and leave a sentence with replsvc_backend_set_error. */
struct copy_end {
    const replsvc_backend *backend;
    void *handle; /* of the backend, or handed to the functions below */

    int (*read)(void *handle, const struct iovec *iov, int iovcnt, uint64_t offset);  /* source */
    int (*write)(void *handle, const struct iovec *iov, int iovcnt, uint64_t offset); /* target */
    /* As in backend.h. May be NULL: all data; zeroes are written out. */
    int (*extents)(void *handle, uint64_t offset, uint64_t length, replsvc_extent extents[], size_t *n);
    int (*write_zeroes)(void *handle, uint64_t offset, uint64_t length);
};

enum {
    COPY_TARGET_ZEROED =
        1, /* the target reads as zeroes wherever a range is asked for: zeroes need not be written */
    COPY_REFLINK = 2,       /* share by clone_range where the backend can */
    COPY_KEEP_CACHE = 4,    /* go through the page cache (small copies that will be read at once) */
    COPY_NO_IO_URING = 8,   /* a queue that would use io_uring uses threads instead */
    COPY_FORCE_THREADS = 16 /* do not use the backends' queues at all */
};

/* Pieces in which data is looked at for zeroes. */
#define COPY_ZERO_GRANULE 65536u

/* What next() answers, besides a negative errno, with which the copy stops. */
enum {
    COPY_END = 0,   /* there are no more ranges */
    COPY_RANGE = 1, /* *offset and *length are set */
    COPY_LATER =
        2 /* nothing now that is not locked by somebody else: ask again after the next done, or soon */
};

/* A bound of bytes per second, which several copies at once may share (a token bucket). */
struct copy_limit;
struct copy_limit *copy_limit_new(uint64_t bytes_per_second);             /* 0 = none; NULL: out of memory */
void copy_limit_set(struct copy_limit *limit, uint64_t bytes_per_second); /* at any time, from any thread */
void copy_limit_free(struct copy_limit *limit);

/* What went wrong, if anything did. */
enum copy_side {
    COPY_SIDE_NONE = 0,
    COPY_SIDE_SOURCE,
    COPY_SIDE_TARGET,
    COPY_SIDE_CALLER /* next, done or check said so */
};
struct copy_result {
    int err; /* what copy_run returned */
    enum copy_side side;
    uint64_t offset, length;             /* of the request that failed */
    uint64_t bytes_done;                 /* of ranges that were done without an error, holes included */
    uint64_t bytes_read, bytes_written;  /* moved */
    uint64_t bytes_shared, bytes_zeroed; /* by clone_range; by write_zeroes */
    const char *method;                  /* "reflink" if anything was shared, else "queue" or "threads" */
};

struct copy_job {
    struct copy_end source, target;
    uint32_t flags;               /* COPY_* */
    uint32_t threads;             /* of the thread way; 0 = by medium and CPUs */
    struct copy_limit *limits[2]; /* each may be NULL: all are kept */

    /* *offset: where the last range ended (0 at first); *length: how much the mover would like there (a
     * hole that it sees coming, else a few requests). The caller sets both as it likes; it may give less,
     * or more. */
    int (*next)(void *user, uint64_t *offset, uint64_t *length);
    /* err: 0 or a negative errno. Not 0 in return: the copy stops with that. */
    int (*done)(void *user, uint64_t offset, uint64_t length, int err);
    /* At least every 64 MiB and every quarter of a second; bytes_done as in copy_result. 0 to go on, or a
     * negative errno with which the copy stops as soon as what is in flight has ended. May be NULL. */
    int (*check)(void *user, uint64_t bytes_done);
    void *user;
};

/* Moves what next() gives. Returns 0 when next answered COPY_END and all is written, or a negative errno
 * (with a sentence that names side, offset and reason in this thread's backend error). result may be NULL. */
int copy_run(const struct copy_job *job, struct copy_result *result);

/* Whether [p, p+length) is all zeroes, at the speed of memory. */
bool copy_is_zero(const void *p, size_t length);

#endif
