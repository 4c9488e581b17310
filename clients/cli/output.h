/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the client prints: objects as JSON or as aligned lines, lists as JSON or as tables, and progress.
 *
 * A command describes an object once (out_string(&o, "name", …)); the form decides how it looks. A table
 * is for people only and takes the width that its cells need.
 */
#ifndef CLI_OUTPUT_H
#define CLI_OUTPUT_H

#include <stdbool.h>
#include <stdint.h>

struct out {
    bool json;
    int depth;
    bool first; /* nothing yet at this depth */
};

/* key: NULL inside a list and at the top. */
void out_object(struct out *o, const char *key);
void out_object_end(struct out *o);
void out_list(struct out *o, const char *key);
void out_list_end(struct out *o);
void out_string(struct out *o, const char *key, const char *value);
void out_number(struct out *o, const char *key, uint64_t value);
void out_bytes(struct out *o, const char *key, uint64_t value);
void out_bool(struct out *o, const char *key, bool value);
void out_time(struct out *o, const char *key, int64_t microseconds); /* 0: never */
void out_duration(struct out *o, const char *key, int64_t microseconds);
void out_end(struct out *o);

/* Short texts for people, in one of a few static buffers. */
const char *text_bytes(uint64_t bytes);
const char *text_time(int64_t microseconds);
const char *text_duration(int64_t microseconds);
const char *text_bar(unsigned percent); /* [#####.....] */

struct table;
struct table *table_new(const char *const headings[], int columns);
void table_cell(struct table *t, const char *text); /* the next cell, row by row; copied */
void table_print(struct table *t);                  /* and frees it */

/* A line of progress on standard error: redrawn in place on a terminal, a plain line now and then
 * elsewhere. */
struct progress {
    const char *what;
    bool quiet;
    bool terminal;
    unsigned last_percent;
    int64_t started, last_drawn; /* microseconds, monotonic */
};
void progress_begin(struct progress *p, const char *what, bool quiet);
void progress_show(struct progress *p, uint64_t done, uint64_t total, uint64_t bytes_per_second);
void progress_end(struct progress *p, bool success);

#endif
