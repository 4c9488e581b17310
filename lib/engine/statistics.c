/* SPDX-License-Identifier: BSD-2-Clause */
/* Counters; see statistics.h. */
#include "engine/statistics.h"

#include <string.h>

#include "engine/copy.h"
#include "util/alloc.h"

static uint64_t get(const _Atomic uint64_t *counter)
{
    return atomic_load_explicit(counter, memory_order_relaxed);
}

/* ---- histograms ---- */

static unsigned bucket_of(uint64_t us)
{
    unsigned bits = us ? 64 - (unsigned)__builtin_clzll(us) : 0; /* us < 2^bits */
    return bits < REPLSVC_HISTOGRAM_BUCKETS ? bits : REPLSVC_HISTOGRAM_BUCKETS - 1;
}

void histogram_add(struct histogram *h, int64_t ns)
{
    uint64_t took = ns > 0 ? (uint64_t)ns : 0;
    statistics_add(&h->bucket[bucket_of(took / 1000)], 1);
    statistics_add(&h->sum_ns, took);
    uint64_t max = get(&h->max_ns);
    while (took > max && !atomic_compare_exchange_weak_explicit(&h->max_ns, &max, took, memory_order_relaxed,
                                                                memory_order_relaxed))
        ;
}

void histogram_read(const struct histogram *h, replsvc_histogram *out)
{
    uint64_t max_us = get(&h->max_ns) / 1000;
    for (unsigned i = 0; i < REPLSVC_HISTOGRAM_BUCKETS; i++) {
        uint64_t n = get(&h->bucket[i]);
        out->bucket[i] += n;
        out->count += n;
    }
    out->sum_us += get(&h->sum_ns) / 1000;
    out->max_us = max_us > out->max_us ? max_us : out->max_us;
}

/* ---- stripes ---- */

uint64_t stripes_operations(const struct io_stripe stripes[], int side)
{
    uint64_t sum = 0;
    for (unsigned i = 0; i < SLOTS; i++)
        sum += get(&stripes[i].operations[side]);
    return sum;
}

uint64_t stripes_bytes(const struct io_stripe stripes[], int side)
{
    uint64_t sum = 0;
    for (unsigned i = 0; i < SLOTS; i++)
        sum += get(&stripes[i].bytes[side]);
    return sum;
}

/* Zeroed, and on lines of its own. */
static void *lines_alloc(size_t size)
{
    void *p = mem_aligned(64, size);
    return p ? memset(p, 0, size) : NULL;
}

/* ---- a volume ---- */

struct volume_statistics *volume_statistics_new(void)
{
    struct volume_statistics *s = lines_alloc(sizeof *s);
    if (s)
        atomic_init(&s->refs, 1);
    return s;
}

struct volume_statistics *volume_statistics_ref(struct volume_statistics *s)
{
    atomic_fetch_add_explicit(&s->refs, 1, memory_order_relaxed);
    return s;
}

void volume_statistics_put(struct volume_statistics *s)
{
    if (s && atomic_fetch_sub_explicit(&s->refs, 1, memory_order_acq_rel) == 1)
        mem_free(s);
}

void io_failed(struct volume_statistics *s)
{
    statistics_add(&s->errors, 1);
}

void io_timed(struct volume_statistics *s, enum io_kind kind, int64_t began_ns)
{
    histogram_add(&s->latency[kind], clock_monotonic_ns() - began_ns);
}

void io_other(struct volume_statistics *s, enum io_kind kind, int64_t began_ns, int result)
{
    if (result) {
        io_failed(s);
        return;
    }
    statistics_add(&s->others[kind], 1);
    if (began_ns)
        io_timed(s, kind, began_ns);
}

void volume_statistics_read(const struct volume_statistics *s, replsvc_element_statistics *out)
{
    out->reads = stripes_operations(s->stripes, IO_READ);
    out->writes = stripes_operations(s->stripes, IO_WRITE);
    out->bytes_read = stripes_bytes(s->stripes, IO_READ);
    out->bytes_written = stripes_bytes(s->stripes, IO_WRITE);
    out->flushes = get(&s->others[IO_FLUSH]);
    out->discards = get(&s->others[IO_DISCARD]);
    out->zeroes = get(&s->others[IO_ZEROES]);
    out->errors = get(&s->errors);
    out->copies_before_write = get(&s->copies_before_write);
    out->bytes_copied_before_write = get(&s->bytes_copied_before_write);
    out->overlay_waits = get(&s->overlay_waits);
    histogram_read(&s->latency[IO_READ], &out->read_latency);
    histogram_read(&s->latency[IO_WRITE], &out->write_latency);
    histogram_read(&s->latency[IO_FLUSH], &out->flush_latency);
}

/* ---- a relationship ---- */

struct sync_statistics *sync_statistics_new(void)
{
    struct sync_statistics *s = lines_alloc(sizeof *s);
    if (s)
        atomic_init(&s->refs, 1);
    return s;
}

struct sync_statistics *sync_statistics_ref(struct sync_statistics *s)
{
    atomic_fetch_add_explicit(&s->refs, 1, memory_order_relaxed);
    return s;
}

void sync_statistics_put(struct sync_statistics *s)
{
    if (s && atomic_fetch_sub_explicit(&s->refs, 1, memory_order_acq_rel) == 1)
        mem_free(s);
}

void statistics_copied(struct sync_statistics *s, const struct copy_result *result)
{
    uint64_t moved = result->bytes_written + result->bytes_shared;
    statistics_add(&s->bytes_copied, result->bytes_written);
    statistics_add(&s->bytes_shared, result->bytes_shared);
    if (result->bytes_done > moved)
        statistics_add(&s->bytes_zero, result->bytes_done - moved);
    if (result->side == COPY_SIDE_TARGET)
        statistics_add(&s->errors, 1);
}

void leg_timed(struct sync_statistics *s, int64_t began_ns)
{
    histogram_add(&s->target_latency, clock_monotonic_ns() - began_ns);
}

void sync_statistics_read(const struct sync_statistics *s, replsvc_sync_statistics *out)
{
    int64_t took_us = atomic_load_explicit(&s->last_cycle_us, memory_order_relaxed);
    out->bytes_copied += get(&s->bytes_copied);
    out->bytes_zero += get(&s->bytes_zero);
    out->bytes_shared += get(&s->bytes_shared);
    out->copies_before_write += get(&s->copies_before_write);
    out->mirror_writes += stripes_operations(s->legs, 0);
    out->mirror_bytes += stripes_bytes(s->legs, 0);
    out->cycles += get(&s->cycles);
    out->cycle_bytes += get(&s->cycle_bytes);
    out->last_cycle_us = took_us > out->last_cycle_us ? took_us : out->last_cycle_us;
    out->resyncs += get(&s->resyncs);
    out->errors += get(&s->errors);
    histogram_read(&s->target_latency, &out->target_latency);
}
