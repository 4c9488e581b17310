/* SPDX-License-Identifier: BSD-2-Clause */
/* What is counted, as a table, and taking it all from a service: see statistics.h. */
#include "statistics.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define METRIC(type, struct_, field, text)                                                                   \
    {                                                                                                        \
#field, METRIC_##type, offsetof(struct_, field), sizeof(((struct_ *)0)->field), text                 \
    }
#define ELEMENT(type, field, text) METRIC(type, replsvc_element_statistics, field, text)
#define SYNC(type, field, text) METRIC(type, replsvc_sync_statistics, field, text)
#define SERVICE(type, field, text) METRIC(type, replsvc_service_statistics, field, text)

const struct metric element_metrics[] = {
    ELEMENT(GAUGE, openers, "Volumes that hosts have open on the element."),
    ELEMENT(COUNTER, reads, "Host reads completed well."),
    ELEMENT(COUNTER, writes, "Host writes completed well."),
    ELEMENT(COUNTER, flushes, "Host flushes completed well."),
    ELEMENT(COUNTER, discards, "Host discards completed well."),
    ELEMENT(COUNTER, zeroes, "Host requests to write zeroes completed well."),
    ELEMENT(BYTES, bytes_read, "Bytes read by hosts."),
    ELEMENT(BYTES, bytes_written, "Bytes written by hosts."),
    ELEMENT(COUNTER, errors, "Host requests that failed."),
    ELEMENT(GAUGE, in_flight, "Host requests that are being worked on."),
    ELEMENT(COUNTER, copies_before_write, "Regions that were copied before their first overwrite."),
    ELEMENT(BYTES, bytes_copied_before_write, "Bytes of the regions copied before a first overwrite."),
    ELEMENT(BYTES_GAUGE, overlay_bytes, "Bytes in the write overlay."),
    ELEMENT(COUNTER, overlay_waits, "Writes that had to wait because the overlay was full."),
    ELEMENT(HISTOGRAM, read_latency, "How long host reads took; a sample of them."),
    ELEMENT(HISTOGRAM, write_latency, "How long host writes took; a sample of them."),
    ELEMENT(HISTOGRAM, flush_latency, "How long host flushes took."),
    {0},
};

const struct metric sync_metrics[] = {
    SYNC(BYTES, bytes_copied, "Bytes moved by background copying, resync and restore."),
    SYNC(BYTES, bytes_zero, "Bytes of holes and zeroes that need not be copied."),
    SYNC(BYTES, bytes_shared, "Bytes shared with the source instead of being copied."),
    SYNC(BYTES_GAUGE, bytes_per_second, "Bytes per second of background work lately."),
    SYNC(BYTES_GAUGE, bytes_per_second_limit, "Bound of bytes per second of background work; 0: none."),
    SYNC(COUNTER, copies_before_write, "Regions kept for this point in time."),
    SYNC(GAUGE, regions_marked, "Regions that differ, are to be copied, or are kept."),
    SYNC(BYTES_GAUGE, map_memory, "Bytes of memory that region maps take."),
    SYNC(COUNTER, mirror_writes, "Host writes passed on to the target."),
    SYNC(BYTES, mirror_bytes, "Bytes of host writes passed on to the target."),
    SYNC(COUNTER, cycles, "Cycles that an asynchronous mirror completed."),
    SYNC(BYTES, cycle_bytes, "Bytes that cycles shipped."),
    SYNC(DURATION, last_cycle_us, "How long the last cycle took."),
    SYNC(COUNTER, resyncs, "Resynchronisations begun."),
    SYNC(COUNTER, errors, "Failed requests to the target."),
    SYNC(HISTOGRAM, target_latency, "How long writes to the target took; a sample of them."),
    {0},
};

const struct metric service_metrics[] = {
    SERVICE(GAUGE, worker_threads, "Worker threads of the job manager."),
    SERVICE(GAUGE, elements, "Elements registered."),
    SERVICE(GAUGE, groups, "Groups."),
    SERVICE(GAUGE, synchronizations, "Relationships, pairs included."),
    SERVICE(GAUGE, jobs_active, "Jobs that have not ended."),
    SERVICE(COUNTER, jobs_completed, "Jobs that ended well."),
    SERVICE(COUNTER, jobs_failed, "Jobs that ended in Exception."),
    SERVICE(COUNTER, events_sent, "Events raised."),
    SERVICE(COUNTER, events_lost, "Events dropped because the queue was full."),
    SERVICE(COUNTER, state_commits, "Transactions made durable in the state directory."),
    SERVICE(BYTES_GAUGE, state_bytes, "Bytes of journal and checkpoint."),
    SERVICE(COUNTER, checkpoints, "Checkpoints written."),
    SERVICE(BYTES_GAUGE, memory_bytes, "Bytes of memory that the library has allocated."),
    SERVICE(HISTOGRAM, cut_pause, "How long cuts held the hosts' writes."),
    {0},
};

uint64_t metric_value(const struct metric *m, const void *statistics)
{
    const char *at = (const char *)statistics + m->offset;
    uint64_t wide;
    uint32_t narrow;
    if (m->size == sizeof(narrow)) {
        memcpy(&narrow, at, sizeof(narrow));
        return narrow;
    }
    memcpy(&wide, at, sizeof(wide));
    return wide;
}

const replsvc_histogram *metric_histogram(const struct metric *m, const void *statistics)
{
    return (const replsvc_histogram *)(const void *)((const char *)statistics + m->offset);
}

uint64_t histogram_percentile(const replsvc_histogram *h, unsigned percent)
{
    uint64_t want = (h->count * percent + 99) / 100, seen = 0;
    for (unsigned i = 0; i < REPLSVC_HISTOGRAM_BUCKETS && h->count != 0; i++) {
        seen += h->bucket[i];
        if (seen >= want)
            return UINT64_C(1) << i;
    }
    return 0;
}

/* ---- taking samples ---- */

static int64_t now_us(void)
{
    struct timespec ts;
    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (int64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}

/* What went between the list and the look is left out. */
static int take_elements(struct cli *cli, struct samples *out)
{
    replsvc_element_ref *refs;
    size_t n;
    uint32_t ret = replsvc_element_list(cli->service, &refs, &n);
    if (ret != 0)
        return call_failed(cli, ret, "list the elements");
    out->elements = calloc(n + 1, sizeof(*out->elements));
    for (size_t i = 0; i < n && out->elements != NULL; i++) {
        struct element_sample *e = &out->elements[out->n_elements];
        e->s.size = sizeof(e->s);
        if (replsvc_element_get_statistics(cli->service, &refs[i], &e->s) != 0)
            continue;
        memcpy(e->id, refs[i].id, sizeof(e->id));
        snprintf(e->name, sizeof(e->name), "%s", element_label(cli, e->id));
        out->n_elements++;
    }
    replsvc_free(refs);
    return out->elements == NULL ? usage_error("out of memory") : 0;
}

static int take_syncs(struct cli *cli, struct samples *out)
{
    replsvc_sync_ref *refs;
    size_t n;
    uint32_t ret = replsvc_sync_list(cli->service, &refs, &n);
    if (ret != 0)
        return call_failed(cli, ret, "list the relationships");
    out->syncs = calloc(n + 1, sizeof(*out->syncs));
    for (size_t i = 0; i < n && out->syncs != NULL; i++) {
        struct sync_sample *s = &out->syncs[out->n_syncs];
        s->s.size = sizeof(s->s);
        s->info.size = sizeof(s->info);
        if (replsvc_sync_get_info(cli->service, &refs[i], &s->info) != 0 ||
            replsvc_sync_get_statistics(cli->service, &refs[i], &s->s) != 0)
            continue;
        memcpy(s->id, refs[i].id, sizeof(s->id));
        snprintf(s->name, sizeof(s->name), "%s", s->info.name[0] != '\0' ? s->info.name : s->id);
        s->is_pair = s->info.group_synchronization[0] != '\0';
        out->n_syncs++;
    }
    replsvc_free(refs);
    return out->syncs == NULL ? usage_error("out of memory") : 0;
}

int samples_take(struct cli *cli, struct samples *samples)
{
    *samples = (struct samples){.taken_us = now_us(), .service = {.size = sizeof(samples->service)}};
    uint32_t ret = replsvc_service_get_statistics(cli->service, &samples->service);
    int status = ret != 0 ? call_failed(cli, ret, "read the counters of the service") : 0;
    if (status == 0)
        status = take_elements(cli, samples);
    if (status == 0)
        status = take_syncs(cli, samples);
    if (status != 0)
        samples_free(samples);
    return status;
}

void samples_free(struct samples *samples)
{
    free(samples->elements);
    free(samples->syncs);
    samples->elements = NULL;
    samples->syncs = NULL;
}
