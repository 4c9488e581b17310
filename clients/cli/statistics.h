/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Counters as the client shows them. One table says of every number of the library's three structs its name,
 * what it is and where it lies; text, JSON and Prometheus are written by it.
 */
#ifndef CLI_STATISTICS_H
#define CLI_STATISTICS_H

#include <replsvc/statistics.h>

#include "object.h"

enum metric_type {
    METRIC_COUNTER,
    METRIC_GAUGE,
    METRIC_BYTES,       /* a counter of bytes */
    METRIC_BYTES_GAUGE, /* bytes now */
    METRIC_DURATION,    /* a gauge, microseconds */
    METRIC_HISTOGRAM
};

struct metric {
    const char *name; /* as the field; for Prometheus with prefix and suffix by type */
    enum metric_type type;
    size_t offset, size;
    const char *help;
};

extern const struct metric element_metrics[], sync_metrics[], service_metrics[]; /* end with a zero entry */
uint64_t metric_value(const struct metric *m, const void *statistics);
const replsvc_histogram *metric_histogram(const struct metric *m, const void *statistics);
/* The latency that a share of the requests did not reach, microseconds: a power of two. */
uint64_t histogram_percentile(const replsvc_histogram *h, unsigned percent);

/* Everything that is counted, at one time. */
struct element_sample {
    char id[REPLSVC_REF_SIZE], name[REPLSVC_NAME_SIZE];
    replsvc_element_statistics s;
};
struct sync_sample {
    char id[REPLSVC_REF_SIZE], name[REPLSVC_NAME_SIZE];
    bool is_pair; /* of a group relationship, which tells the sum */
    replsvc_sync_info info;
    replsvc_sync_statistics s;
};
struct samples {
    int64_t taken_us; /* monotonic */
    replsvc_service_statistics service;
    struct element_sample *elements;
    size_t n_elements;
    struct sync_sample *syncs;
    size_t n_syncs;
};
/* 0, or an exit status after saying what is wrong. */
int samples_take(struct cli *cli, struct samples *samples);
void samples_free(struct samples *samples);

/* In Prometheus' text format (version 0.0.4), to standard output. */
int print_prometheus(const struct samples *samples);

#endif
