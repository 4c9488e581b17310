/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * `replsvc stats`, the counters once, and `replsvc top`, how fast they rise. Counters are those of the
 * process that has the service open: of interest where that is `replsvc serve`, an appliance or a target.
 */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "statistics.h"

/* ---- stats ---- */

static void describe_histogram(struct out *o, const struct metric *m, const replsvc_histogram *h)
{
    if (!o->json) {
        char text[160];
        snprintf(text, sizeof(text), "%llu timed", (unsigned long long)h->count);
        if (h->count != 0)
            snprintf(text, sizeof(text), "%llu timed: half below %s, 99%% below %s, longest %s",
                     (unsigned long long)h->count, text_duration((int64_t)histogram_percentile(h, 50)),
                     text_duration((int64_t)histogram_percentile(h, 99)), text_duration((int64_t)h->max_us));
        out_string(o, m->name, text);
        return;
    }
    out_object(o, m->name);
    out_number(o, "count", h->count);
    out_number(o, "sum_us", h->sum_us);
    out_number(o, "max_us", h->max_us);
    out_list(o, "buckets");
    for (unsigned i = 0; i < REPLSVC_HISTOGRAM_BUCKETS; i++)
        out_number(o, NULL, h->bucket[i]);
    out_list_end(o);
    out_object_end(o);
}

static void describe_metrics(struct out *o, const struct metric metrics[], const void *statistics)
{
    for (const struct metric *m = metrics; m->name != NULL; m++) {
        if (m->type == METRIC_HISTOGRAM)
            describe_histogram(o, m, metric_histogram(m, statistics));
        else if (m->type == METRIC_BYTES || m->type == METRIC_BYTES_GAUGE)
            out_bytes(o, m->name, metric_value(m, statistics));
        else if (m->type == METRIC_DURATION)
            out_duration(o, m->name, (int64_t)metric_value(m, statistics));
        else
            out_number(o, m->name, metric_value(m, statistics));
    }
}

/* Whether the words name it; no words name all. */
static bool wanted(const struct args *args, const char *name, const char *id)
{
    for (int i = 0; i < args->n_words; i++)
        if (strcmp(args->words[i], name) == 0 || strcmp(args->words[i], id) == 0)
            return true;
    return args->n_words == 0;
}

static void describe_samples(struct out *o, const struct args *args, const struct samples *samples)
{
    out_object(o, NULL);
    if (args->n_words == 0) {
        out_object(o, "service");
        describe_metrics(o, service_metrics, &samples->service);
        out_object_end(o);
    }
    out_list(o, "elements");
    for (size_t i = 0; i < samples->n_elements; i++) {
        const struct element_sample *e = &samples->elements[i];
        if (!wanted(args, e->name, e->id))
            continue;
        out_object(o, NULL);
        out_string(o, "name", e->name);
        out_string(o, "id", e->id);
        describe_metrics(o, element_metrics, &e->s);
        out_object_end(o);
    }
    out_list_end(o);
    out_list(o, "replicas");
    for (size_t i = 0; i < samples->n_syncs; i++) {
        const struct sync_sample *s = &samples->syncs[i];
        if (!wanted(args, s->name, s->id))
            continue;
        out_object(o, NULL);
        out_string(o, "name", s->name);
        out_string(o, "id", s->id);
        out_string(o, "copy_state", name_of(copy_state_names, s->info.copy_state));
        describe_metrics(o, sync_metrics, &s->s);
        out_object_end(o);
    }
    out_list_end(o);
    out_object_end(o);
    out_end(o);
}

/* A name that nothing has is a mistake. */
static int check_words(const struct args *args, const struct samples *samples)
{
    for (int i = 0; i < args->n_words; i++) {
        bool found = false;
        for (size_t k = 0; k < samples->n_elements && !found; k++)
            found = strcmp(args->words[i], samples->elements[k].name) == 0 ||
                    strcmp(args->words[i], samples->elements[k].id) == 0;
        for (size_t k = 0; k < samples->n_syncs && !found; k++)
            found = strcmp(args->words[i], samples->syncs[k].name) == 0 ||
                    strcmp(args->words[i], samples->syncs[k].id) == 0;
        if (!found) {
            fprintf(stderr,
                    "replsvc: there is no element or relationship `%s`\n"
                    "replsvc: hint: `replsvc element list` and `replsvc replica list` show them\n",
                    args->words[i]);
            return REPLSVC_INVALID_PARAMETER;
        }
    }
    return 0;
}

static int stats(struct cli *cli, const struct args *args)
{
    struct samples samples;
    struct out o = {.json = cli->json};
    bool prometheus = args_flag(args, "prometheus");
    if (prometheus && (cli->json || args->n_words > 0))
        return usage_error("--prometheus tells all there is, and not as JSON");
    int status = samples_take(cli, &samples);
    if (status != 0)
        return status;
    status = check_words(args, &samples);
    if (status == 0 && prometheus)
        status = print_prometheus(&samples);
    else if (status == 0)
        describe_samples(&o, args, &samples);
    samples_free(&samples);
    return status;
}

/* ---- top ---- */

/* Per second, between two samples; of something that is new since, all of it. */
static uint64_t rate(uint64_t now, uint64_t before, int64_t us)
{
    return us > 0 && now >= before ? (uint64_t)((double)(now - before) * 1e6 / (double)us) : 0;
}

static void subtract(replsvc_histogram *h, const replsvc_histogram *before)
{
    for (unsigned i = 0; i < REPLSVC_HISTOGRAM_BUCKETS; i++)
        h->bucket[i] -= before->bucket[i] <= h->bucket[i] ? before->bucket[i] : 0;
    h->count -= before->count <= h->count ? before->count : 0;
}

static const struct element_sample *element_before(const struct samples *before, const char *id)
{
    for (size_t i = 0; i < before->n_elements; i++)
        if (strcmp(before->elements[i].id, id) == 0)
            return &before->elements[i];
    return NULL;
}

static void top_elements(const struct samples *now, const struct samples *before)
{
    static const char *const headings[] = {"ELEMENT",   "READ/s",        "WRITE/s", "IOPS",
                                           "IN FLIGHT", "99% OF WRITES", "COW/s",   "OVERLAY"};
    static const replsvc_element_statistics none;
    struct table *t = table_new(headings, 8);
    int64_t us = now->taken_us - before->taken_us;
    for (size_t i = 0; i < now->n_elements; i++) {
        const struct element_sample *e = &now->elements[i], *old = element_before(before, e->id);
        const replsvc_element_statistics *b = old != NULL ? &old->s : &none;
        replsvc_histogram latency = e->s.write_latency;
        char numbers[3][24];
        subtract(&latency, &b->write_latency);
        snprintf(numbers[0], sizeof(numbers[0]), "%llu",
                 (unsigned long long)rate(e->s.reads + e->s.writes, b->reads + b->writes, us));
        snprintf(numbers[1], sizeof(numbers[1]), "%llu", (unsigned long long)e->s.in_flight);
        snprintf(numbers[2], sizeof(numbers[2]), "%llu",
                 (unsigned long long)rate(e->s.copies_before_write, b->copies_before_write, us));
        table_cell(t, e->name);
        table_cell(t, text_bytes(rate(e->s.bytes_read, b->bytes_read, us)));
        table_cell(t, text_bytes(rate(e->s.bytes_written, b->bytes_written, us)));
        table_cell(t, numbers[0]);
        table_cell(t, numbers[1]);
        table_cell(t, latency.count != 0 ? text_duration((int64_t)histogram_percentile(&latency, 99)) : "-");
        table_cell(t, numbers[2]);
        table_cell(t, text_bytes(e->s.overlay_bytes));
    }
    table_print(t);
}

static void top_replicas(const struct samples *now, const struct samples *before)
{
    static const char *const headings[] = {"REPLICA",  "STATE",  "SYNCED", "COPY/s",
                                           "MIRROR/s", "MARKED", "ERRORS"};
    struct table *t = table_new(headings, 7);
    int64_t us = now->taken_us - before->taken_us;
    for (size_t i = 0; i < now->n_syncs; i++) {
        const struct sync_sample *s = &now->syncs[i];
        uint64_t mirrored = 0;
        char percent[64], numbers[2][24];
        if (s->is_pair)
            continue;
        for (size_t k = 0; k < before->n_syncs; k++)
            if (strcmp(before->syncs[k].id, s->id) == 0)
                mirrored = before->syncs[k].s.mirror_bytes;
        snprintf(percent, sizeof(percent), "%s %3u%%", text_bar(s->info.percent_synced),
                 s->info.percent_synced);
        snprintf(numbers[0], sizeof(numbers[0]), "%llu", (unsigned long long)s->s.regions_marked);
        snprintf(numbers[1], sizeof(numbers[1]), "%llu", (unsigned long long)s->s.errors);
        table_cell(t, s->name);
        table_cell(t, name_of(copy_state_names, s->info.copy_state));
        table_cell(t, percent);
        table_cell(t, text_bytes(s->s.bytes_per_second));
        table_cell(t, text_bytes(rate(s->s.mirror_bytes, mirrored, us)));
        table_cell(t, numbers[0]);
        table_cell(t, numbers[1]);
    }
    table_print(t);
}

/* On a terminal in place of what was there before. */
static void top_draw(const struct samples *now, const struct samples *before, bool terminal)
{
    const replsvc_service_statistics *s = &now->service;
    if (terminal)
        fputs("\033[H\033[2J", stdout);
    printf(
        "%llu elements, %llu groups, %llu relationships; jobs: %llu active, %llu failed; memory %s; longest "
        "cut %s\n\n",
        (unsigned long long)s->elements, (unsigned long long)s->groups,
        (unsigned long long)s->synchronizations, (unsigned long long)s->jobs_active,
        (unsigned long long)s->jobs_failed, text_bytes(s->memory_bytes),
        text_duration((int64_t)s->cut_pause.max_us));
    top_elements(now, before);
    putchar('\n');
    top_replicas(now, before);
    if (!terminal)
        putchar('\n');
    fflush(stdout);
}

static int top(struct cli *cli, const struct args *args)
{
    const char *interval_text = args_value(args, "interval"), *count_text = args_value(args, "count");
    char *end = NULL;
    double interval = interval_text != NULL ? strtod(interval_text, &end) : 1;
    if (interval_text != NULL && (*end != '\0' || !(interval >= 0.05 && interval <= 3600)))
        return usage_error("--interval: seconds from 0.05 to 3600, not `%s`", interval_text);
    unsigned long count = count_text != NULL ? strtoul(count_text, &end, 10) : 0;
    if (count_text != NULL && (*end != '\0' || count == 0 || count_text[0] == '-'))
        return usage_error("--count: a number from 1, not `%s`", count_text);
    bool terminal = isatty(STDOUT_FILENO) == 1;
    if (count == 0 && !terminal)
        return usage_error("standard output is no terminal: say with --count how many pictures are wanted");
    struct samples before, now;
    int status = samples_take(cli, &before);
    for (unsigned long i = 0; status == 0 && (count == 0 || i < count); i++) {
        if (poll(NULL, 0, (int)(interval * 1000)) != 0 || interrupted())
            break;
        status = samples_take(cli, &now);
        if (status != 0)
            break;
        top_draw(&now, &before, terminal);
        samples_free(&before);
        before = now;
    }
    samples_free(&before);
    return status;
}

static const struct option_spec stats_options[] = {
    {"prometheus", NULL, "in Prometheus' text format", WORD_ANY},
    {NULL, NULL, NULL, WORD_ANY},
};
static const struct option_spec top_options[] = {
    {"interval", "SECONDS", "between two pictures; default: 1", WORD_ANY},
    {"count", "N", "end after N pictures", WORD_ANY},
    {NULL, NULL, NULL, WORD_ANY},
};

const struct command stats_commands[] = {
    {"stats",
     "[NAME…]",
     0,
     -1,
     "Print the counters of the service, of elements and of relationships",
     stats_options,
     stats,
     false,
     {WORD_ELEMENT, WORD_REPLICA},
     "Counters begin at 0 when a process opens the service: ask the one that has it open (`replsvc serve`, "
     "an\n"
     "appliance). Latencies are those of a sample of the requests.\n"
     "\nExamples:\n  replsvc stats\n  replsvc stats web --json\n"
     "  replsvc --connect /run/shop.sock stats --prometheus >/var/lib/node_exporter/replsvc.prom"},
    {"top",
     "",
     0,
     0,
     "Show what hosts and copies do, again and again",
     top_options,
     top,
     false,
     {WORD_ANY, WORD_ANY},
     "On a terminal the picture is drawn in place until you interrupt it.\n"
     "\nExamples:\n  replsvc --connect /run/shop.sock top\n  replsvc top --count 2 --interval 0.5"},
    {0},
};
