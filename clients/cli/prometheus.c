/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Counters in Prometheus' text format: all samples of a metric stand together under its HELP and TYPE, values
 * are in base units (bytes, seconds), counters end in _total. Names become label values and are escaped. The
 * pairs of a group relationship carry its id as the label `group`, so that sums over group="" count all once.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "statistics.h"

/* One thing that is counted: its labels and its struct. */
struct subject {
    const char *kind; /* "element", "replica"; NULL: the service, without labels */
    const char *id, *name;
    const void *statistics;
    const char *group; /* of a replica: the group relationship that tells it too, or ""; else NULL */
};

static const char *suffix_of(const struct metric *m)
{
    bool bytes = strncmp(m->name, "bytes_", 6) == 0 || strstr(m->name, "_bytes") != NULL;
    switch (m->type) {
    case METRIC_COUNTER:
        return "_total";
    case METRIC_BYTES:
        return bytes ? "_total" : "_bytes_total";
    case METRIC_BYTES_GAUGE:
        return bytes ? "" : "_bytes";
    case METRIC_DURATION:
    case METRIC_HISTOGRAM:
        return "_seconds";
    case METRIC_GAUGE:
        break;
    }
    return "";
}

static const char *type_of(const struct metric *m)
{
    switch (m->type) {
    case METRIC_COUNTER:
    case METRIC_BYTES:
        return "counter";
    case METRIC_HISTOGRAM:
        return "histogram";
    default:
        return "gauge";
    }
}

/* replsvc_element_reads_total; a duration's "_us" is dropped. */
static void full_name(const struct metric *m, const char *prefix, char name[128])
{
    size_t length = strlen(m->name);
    if (m->type == METRIC_DURATION && length > 3 && strcmp(m->name + length - 3, "_us") == 0)
        length -= 3;
    snprintf(name, 128, "replsvc_%s_%.*s%s", prefix, (int)length, m->name, suffix_of(m));
}

static void label_value(const char *text)
{
    for (; *text != '\0'; text++) {
        if (*text == '\\' || *text == '"')
            printf("\\%c", *text);
        else if (*text == '\n')
            fputs("\\n", stdout);
        else
            putchar(*text);
    }
}

/* {element="web",id="elem-…",le="…"}; nothing when there is none. */
static void labels(const struct subject *s, const char *le)
{
    if (s->kind == NULL && le == NULL)
        return;
    putchar('{');
    if (s->kind != NULL) {
        printf("%s=\"", s->kind);
        label_value(s->name);
        fputs("\",id=\"", stdout);
        label_value(s->id);
        putchar('"');
    }
    if (s->group != NULL)
        printf(",group=\"%s\"", s->group);
    if (le != NULL)
        printf("%sle=\"%s\"", s->kind != NULL ? "," : "", le);
    putchar('}');
}

static void print_histogram(const char *name, const struct subject *s, const replsvc_histogram *h)
{
    uint64_t below = 0;
    for (unsigned i = 0; i < REPLSVC_HISTOGRAM_BUCKETS; i++) {
        char le[32] = "+Inf";
        below += h->bucket[i];
        if (i + 1 < REPLSVC_HISTOGRAM_BUCKETS)
            snprintf(le, sizeof(le), "%.9g", (double)(UINT64_C(1) << i) / 1e6);
        printf("%s_bucket", name);
        labels(s, le);
        printf(" %" PRIu64 "\n", below);
    }
    printf("%s_sum", name);
    labels(s, NULL);
    printf(" %.6f\n%s_count", (double)h->sum_us / 1e6, name);
    labels(s, NULL);
    printf(" %" PRIu64 "\n", below); /* as the buckets say, which may have grown while they were read */
}

static void print_metric(const struct metric *m, const char *prefix, const struct subject subjects[],
                         size_t n)
{
    char name[128];
    full_name(m, prefix, name);
    if (n == 0)
        return;
    printf("# HELP %s %s\n# TYPE %s %s\n", name, m->help, name, type_of(m));
    for (size_t i = 0; i < n; i++) {
        if (m->type == METRIC_HISTOGRAM) {
            print_histogram(name, &subjects[i], metric_histogram(m, subjects[i].statistics));
            continue;
        }
        uint64_t value = metric_value(m, subjects[i].statistics);
        fputs(name, stdout);
        labels(&subjects[i], NULL);
        if (m->type == METRIC_DURATION)
            printf(" %.6f\n", (double)value / 1e6);
        else
            printf(" %" PRIu64 "\n", value);
    }
}

static void print_metrics(const struct metric metrics[], const char *prefix, const struct subject subjects[],
                          size_t n)
{
    for (const struct metric *m = metrics; m->name != NULL; m++)
        print_metric(m, prefix, subjects, n);
}

static struct subject replica_subject(const struct sync_sample *s)
{
    return (struct subject){"replica", s->id, s->name, &s->s, s->info.group_synchronization};
}

/* What a client alarms on: the state as a number, and how far it is. */
static void print_states(const struct samples *samples)
{
    if (samples->n_syncs == 0)
        return;
    puts("# HELP replsvc_replica_copy_state CIM CopyState: 4 Synchronized, 5 Broken, 16 Partitioned, 17 "
         "Invalid.\n"
         "# TYPE replsvc_replica_copy_state gauge");
    for (size_t i = 0; i < samples->n_syncs; i++) {
        const struct sync_sample *s = &samples->syncs[i];
        fputs("replsvc_replica_copy_state", stdout);
        const struct subject subject = replica_subject(s);
        labels(&subject, NULL);
        printf(" %u\n", s->info.copy_state);
    }
    puts("# HELP replsvc_replica_synced_ratio Share of the bytes that the target holds.\n"
         "# TYPE replsvc_replica_synced_ratio gauge");
    for (size_t i = 0; i < samples->n_syncs; i++) {
        const struct sync_sample *s = &samples->syncs[i];
        fputs("replsvc_replica_synced_ratio", stdout);
        const struct subject subject = replica_subject(s);
        labels(&subject, NULL);
        printf(" %.2f\n", s->info.percent_synced / 100.0);
    }
}

int print_prometheus(const struct samples *samples)
{
    size_t most = samples->n_elements > samples->n_syncs ? samples->n_elements : samples->n_syncs;
    struct subject *subjects = calloc(most + 1, sizeof(*subjects));
    if (subjects == NULL)
        return usage_error("out of memory");
    subjects[0] = (struct subject){.statistics = &samples->service};
    print_metrics(service_metrics, "service", subjects, 1);
    for (size_t i = 0; i < samples->n_elements; i++) {
        const struct element_sample *e = &samples->elements[i];
        subjects[i] = (struct subject){"element", e->id, e->name, &e->s, NULL};
    }
    print_metrics(element_metrics, "element", subjects, samples->n_elements);
    for (size_t i = 0; i < samples->n_syncs; i++) {
        const struct sync_sample *s = &samples->syncs[i];
        subjects[i] = replica_subject(s);
    }
    print_metrics(sync_metrics, "replica", subjects, samples->n_syncs);
    print_states(samples);
    free(subjects);
    return 0;
}
