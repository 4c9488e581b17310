/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What is counted: per volume, what hosts do; per relationship, what it costs.
 *
 * Counters that every host request touches are spread over slots (util/slot.h): a line of the thread's own,
 * no locked instruction. Looking at the clock would cost a cached write more than all of that, so only one
 * read and one write in IO_SAMPLE of each thread is timed; the histograms count those. Flushes are rare and
 * slow: all are timed. Everything else is a plain atomic, and nothing here takes a lock.
 *
 * The structs outlive what they count for: the service keeps those of an element or relationship while the
 * engine opens and closes it, so each is counted by references.
 */
#ifndef RSVC_ENGINE_STATISTICS_H
#define RSVC_ENGINE_STATISTICS_H

#include <stdalign.h>
#include <stdatomic.h>
#include <stdbool.h>

#include <replsvc/statistics.h>

#include "util/clock.h"
#include "util/slot.h"

#define IO_SAMPLE 16u

static inline void statistics_add(_Atomic uint64_t *counter, uint64_t n)
{
    atomic_fetch_add_explicit(counter, n, memory_order_relaxed);
}

struct histogram {
    _Atomic uint64_t bucket[REPLSVC_HISTOGRAM_BUCKETS];
    _Atomic uint64_t sum_ns, max_ns;
};
void histogram_add(struct histogram *h, int64_t ns);
/* Adds it to what is there (zeroed at first). */
void histogram_read(const struct histogram *h, replsvc_histogram *out);

/* One slot's line: requests and bytes of two sides (IO_READ and IO_WRITE, or side 0 alone). */
struct io_stripe {
    alignas(64) _Atomic uint64_t operations[2], bytes[2];
    _Atomic uint32_t tick[2];
};
/* Of a side, over all slots. */
uint64_t stripes_operations(const struct io_stripe stripes[], int side);
uint64_t stripes_bytes(const struct io_stripe stripes[], int side);

/* ---- a volume ---- */

enum io_kind { IO_READ, IO_WRITE, IO_FLUSH, IO_DISCARD, IO_ZEROES, IO_KINDS };

struct volume_statistics {
    struct io_stripe stripes[SLOTS]; /* reads and writes */
    _Atomic uint64_t others[IO_KINDS];
    _Atomic uint64_t errors;
    _Atomic uint64_t copies_before_write, bytes_copied_before_write; /* regions */
    _Atomic uint64_t overlay_waits;
    struct histogram latency[IO_FLUSH + 1];
    _Atomic unsigned refs;
};
struct volume_statistics *volume_statistics_new(void); /* NULL: no memory */
struct volume_statistics *volume_statistics_ref(struct volume_statistics *s);
void volume_statistics_put(struct volume_statistics *s); /* NULL is fine */
/* The counters of hosts' I/O, into the zeroed struct. */
void volume_statistics_read(const struct volume_statistics *s, replsvc_element_statistics *out);

/* Whether this request is one to be timed: when it began, else 0. */
static inline int64_t io_sample(_Atomic uint32_t *tick)
{
    uint32_t n = atomic_load_explicit(tick, memory_order_relaxed);
    atomic_store_explicit(tick, n + 1, memory_order_relaxed);
    return __builtin_expect(n % IO_SAMPLE != 0, 1) ? 0 : clock_monotonic_ns();
}

/* Around a host's read or write. What is returned is handed to io_end, which may be called by any thread. */
static inline int64_t io_begin(struct volume_statistics *s, enum io_kind side)
{
    return io_sample(&s->stripes[slot_get()].tick[side]);
}
void io_failed(struct volume_statistics *s);
void io_timed(struct volume_statistics *s, enum io_kind kind, int64_t began_ns);
static inline void io_end(struct volume_statistics *s, enum io_kind side, int64_t began_ns, uint64_t bytes,
                          int result)
{
    unsigned slot = slot_get();
    if (__builtin_expect(result != 0, 0)) {
        io_failed(s);
        return;
    }
    slot_add(&s->stripes[slot].operations[side], slot, 1);
    slot_add(&s->stripes[slot].bytes[side], slot, bytes);
    if (__builtin_expect(began_ns != 0, 0))
        io_timed(s, side, began_ns);
}
/* A flush, discard or zeroing has ended; began_ns 0: it was not timed. */
void io_other(struct volume_statistics *s, enum io_kind kind, int64_t began_ns, int result);

/* ---- a relationship ---- */

struct sync_statistics {
    struct io_stripe legs[SLOTS]; /* side 0: hosts' writes passed on */
    _Atomic uint64_t bytes_copied, bytes_zero, bytes_shared;
    _Atomic uint64_t copies_before_write; /* regions */
    _Atomic uint64_t cycles, cycle_bytes;
    _Atomic int64_t last_cycle_us;
    _Atomic uint64_t resyncs, errors;
    struct histogram target_latency;
    _Atomic unsigned refs;
};
struct sync_statistics *sync_statistics_new(void); /* NULL: no memory */
struct sync_statistics *sync_statistics_ref(struct sync_statistics *s);
void sync_statistics_put(struct sync_statistics *s); /* NULL is fine */
/* Adds its counters to what is there (zeroed at first). */
void sync_statistics_read(const struct sync_statistics *s, replsvc_sync_statistics *out);

struct copy_result;
/* What a run of the bulk mover has done. */
void statistics_copied(struct sync_statistics *s, const struct copy_result *result);

/* Around the second leg of a host's write, as io_begin and io_end. */
static inline int64_t leg_begin(struct sync_statistics *s)
{
    return io_sample(&s->legs[slot_get()].tick[0]);
}
void leg_timed(struct sync_statistics *s, int64_t began_ns);
static inline void leg_end(struct sync_statistics *s, int64_t began_ns, uint64_t bytes, int result)
{
    unsigned slot = slot_get();
    if (__builtin_expect(result != 0, 0)) {
        statistics_add(&s->errors, 1);
        return;
    }
    slot_add(&s->legs[slot].operations[0], slot, 1);
    slot_add(&s->legs[slot].bytes[0], slot, bytes);
    if (__builtin_expect(began_ns != 0, 0))
        leg_timed(s, began_ns);
}

#endif
