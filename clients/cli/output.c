/* SPDX-License-Identifier: BSD-2-Clause */
/* Objects, tables and progress: see output.h. */
#include "output.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* ---- objects ---- */

static void json_text(const char *s)
{
    putchar('"');
    for (; *s != '\0'; s++) {
        unsigned char c = (unsigned char)*s;
        if (c == '"' || c == '\\')
            printf("\\%c", c);
        else if (c == '\n')
            fputs("\\n", stdout);
        else if (c < 0x20 || c == 0x7f)
            printf("\\u%04x", c);
        else
            putchar(c);
    }
    putchar('"');
}

/* Begins a value: the comma, the line, the key. */
static void begin(struct out *o, const char *key)
{
    if (o->json) {
        if (!o->first && o->depth > 0)
            putchar(',');
        if (o->depth > 0)
            printf("\n%*s", o->depth * 2, "");
        if (key != NULL) {
            json_text(key);
            fputs(": ", stdout);
        }
    } else if (key != NULL) {
        int indent = o->depth > 1 ? (o->depth - 1) * 2 : 0;
        int width = printf("%*s%s", indent, "", key);
        printf("%*s", width < 26 ? 26 - width : 1, "");
    }
    o->first = false;
}

static void open_at(struct out *o, const char *key, char bracket)
{
    if (o->json) {
        begin(o, key);
        putchar(bracket);
    } else if (key != NULL) {
        printf("%*s%s\n", o->depth > 1 ? (o->depth - 1) * 2 : 0, "", key);
    }
    o->depth++;
    o->first = true;
}

static void close_at(struct out *o, char bracket)
{
    o->depth--;
    if (o->json) {
        if (!o->first)
            printf("\n%*s", o->depth * 2, "");
        putchar(bracket);
    }
    o->first = false;
}

void out_object(struct out *o, const char *key)
{
    if (!o->json && key == NULL && o->depth > 0 && !o->first)
        putchar('\n');
    open_at(o, key, '{');
}

void out_object_end(struct out *o)
{
    close_at(o, '}');
}

void out_list(struct out *o, const char *key)
{
    open_at(o, key, '[');
}

void out_list_end(struct out *o)
{
    close_at(o, ']');
}

void out_string(struct out *o, const char *key, const char *value)
{
    begin(o, key);
    if (o->json)
        json_text(value);
    else if (key == NULL)
        printf("%*s%s\n", o->depth > 1 ? (o->depth - 1) * 2 : 0, "", value);
    else
        puts(value[0] != '\0' ? value : "-");
}

void out_number(struct out *o, const char *key, uint64_t value)
{
    begin(o, key);
    printf("%" PRIu64 "%s", value, o->json ? "" : "\n");
}

void out_bytes(struct out *o, const char *key, uint64_t value)
{
    if (o->json) {
        out_number(o, key, value);
        return;
    }
    begin(o, key);
    if (value < 1024)
        printf("%" PRIu64 " bytes\n", value);
    else
        printf("%s (%" PRIu64 " bytes)\n", text_bytes(value), value);
}

void out_bool(struct out *o, const char *key, bool value)
{
    begin(o, key);
    if (o->json)
        fputs(value ? "true" : "false", stdout);
    else
        puts(value ? "yes" : "no");
}

void out_time(struct out *o, const char *key, int64_t microseconds)
{
    if (!o->json) {
        out_string(o, key, microseconds == 0 ? "never" : text_time(microseconds));
    } else if (microseconds == 0) {
        begin(o, key);
        fputs("null", stdout);
    } else {
        out_string(o, key, text_time(microseconds));
    }
}

void out_duration(struct out *o, const char *key, int64_t microseconds)
{
    begin(o, key);
    if (o->json)
        printf("%.6f", (double)microseconds / 1e6);
    else
        puts(text_duration(microseconds));
}

void out_end(struct out *o)
{
    if (o->json)
        putchar('\n');
}

/* ---- short texts ---- */

static char *buffer(void)
{
    static char buffers[8][64];
    static unsigned next;
    return buffers[next++ % 8];
}

const char *text_bytes(uint64_t bytes)
{
    static const char units[] = "KMGTPE";
    char *text = buffer();
    if (bytes < 1024) {
        snprintf(text, 64, "%" PRIu64 " B", bytes);
        return text;
    }
    double value = (double)bytes / 1024;
    int unit = 0;
    while (value >= 1000 && unit < 5) {
        value /= 1024;
        unit++;
    }
    snprintf(text, 64, "%.*f %ciB", value < 10 ? 1 : 0, value, units[unit]);
    return text;
}

const char *text_time(int64_t microseconds)
{
    char *text = buffer();
    struct tm tm;
    time_t seconds = (time_t)(microseconds / 1000000);
    if (gmtime_r(&seconds, &tm) == NULL)
        return "?";
    size_t length = strftime(text, 64, "%Y-%m-%dT%H:%M:%S", &tm);
    snprintf(text + length, 64 - length, ".%03dZ", (int)(microseconds / 1000 % 1000));
    return text;
}

const char *text_duration(int64_t microseconds)
{
    char *text = buffer();
    int64_t s = microseconds / 1000000;
    if (microseconds < 1000)
        snprintf(text, 64, "%" PRId64 " us", microseconds);
    else if (s < 1)
        snprintf(text, 64, "%.1f ms", (double)microseconds / 1e3);
    else if (s < 60)
        snprintf(text, 64, "%.1f s", (double)microseconds / 1e6);
    else
        snprintf(text, 64, "%" PRId64 ":%02d:%02d", s / 3600, (int)(s / 60 % 60), (int)(s % 60));
    return text;
}

const char *text_bar(unsigned percent)
{
    enum { WIDTH = 20 };
    char *text = buffer();
    unsigned full = (percent > 100 ? 100 : percent) * WIDTH / 100;
    text[0] = '[';
    for (unsigned i = 0; i < WIDTH; i++)
        text[i + 1] = i < full ? '#' : '.';
    memcpy(text + WIDTH + 1, "]", 2);
    return text;
}

/* ---- tables ---- */

struct table {
    int columns;
    size_t n_cells, room;
    char **cells; /* the headings first */
};

static void *checked(void *p)
{
    if (p == NULL) {
        fputs("replsvc: out of memory\n", stderr);
        exit(4);
    }
    return p;
}

struct table *table_new(const char *const headings[], int columns)
{
    struct table *t = checked(calloc(1, sizeof(*t)));
    t->columns = columns;
    for (int i = 0; i < columns; i++)
        table_cell(t, headings[i]);
    return t;
}

void table_cell(struct table *t, const char *text)
{
    if (t->n_cells == t->room) {
        t->room = t->room * 2 + 64;
        t->cells = checked(realloc(t->cells, t->room * sizeof(*t->cells)));
    }
    t->cells[t->n_cells++] = checked(strdup(text));
}

/* Characters, not bytes: continuation bytes of UTF-8 take no room. */
static int width_of(const char *s)
{
    int width = 0;
    for (; *s != '\0'; s++)
        width += ((unsigned char)*s & 0xc0) != 0x80;
    return width;
}

void table_print(struct table *t)
{
    size_t columns = (size_t)t->columns;
    for (size_t i = 0; i < t->n_cells; i++) {
        int widest = 0;
        for (size_t j = i % columns; j < t->n_cells; j += columns) {
            int width = width_of(t->cells[j]);
            widest = width > widest ? width : widest;
        }
        bool last = i % columns == columns - 1;
        printf("%s%*s", t->cells[i], last ? 0 : widest - width_of(t->cells[i]) + 2, "");
        if (last)
            putchar('\n');
    }
    for (size_t i = 0; i < t->n_cells; i++)
        free(t->cells[i]);
    free(t->cells);
    free(t);
}

/* ---- progress ---- */

static int64_t now_us(void)
{
    struct timespec ts;
    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (int64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}

void progress_begin(struct progress *p, const char *what, bool quiet)
{
    *p = (struct progress){.what = what, .quiet = quiet, .terminal = isatty(STDERR_FILENO) == 1};
    p->started = p->last_drawn = now_us();
}

void progress_show(struct progress *p, uint64_t done, uint64_t total, uint64_t bytes_per_second)
{
    int64_t now = now_us();
    unsigned percent = total == 0 ? 0 : (unsigned)((double)done * 100.0 / (double)total);
    int64_t pause = p->terminal ? 100000 : 5000000;
    bool due = now - p->last_drawn >= pause || (!p->terminal && percent >= p->last_percent + 25);
    if (p->quiet || total == 0 || !due)
        return;
    p->last_drawn = now;
    p->last_percent = percent;
    const char *left = "";
    if (bytes_per_second != 0 && done < total)
        left = text_duration((int64_t)((double)(total - done) / (double)bytes_per_second * 1e6));
    fprintf(stderr, "%s%s  %s %3u%%  %s of %s", p->terminal ? "\r\033[K" : "", p->what,
            p->terminal ? text_bar(percent) : "", percent, text_bytes(done), text_bytes(total));
    if (bytes_per_second != 0)
        fprintf(stderr, "  %s/s%s%s", text_bytes(bytes_per_second), left[0] != '\0' ? "  left " : "", left);
    if (!p->terminal)
        fputc('\n', stderr);
    fflush(stderr);
}

void progress_end(struct progress *p, bool success)
{
    if (p->quiet)
        return;
    if (p->terminal)
        fputs("\r\033[K", stderr);
    if (success)
        fprintf(stderr, "%s: done in %s\n", p->what, text_duration(now_us() - p->started));
}
