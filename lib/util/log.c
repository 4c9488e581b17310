/* SPDX-License-Identifier: BSD-2-Clause */
/* Log lines; see log.h. */
#include "util/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "util/alloc.h"
#include "util/clock.h"

#define LINE_MAX_BYTES 1024

struct waiting {
    struct waiting *next;
    const struct log *log;
    replsvc_log_record record;
    char line[];
};

static _Thread_local struct {
    unsigned depth;
    struct waiting *first, **last;
} held;

static void give_out(const struct log *log, const replsvc_log_record *record)
{
    if (log->record)
        log->record(log->user, record);
    if (log->function)
        log->function(log->user, (enum replsvc_log_level)record->level, record->message);
}

/* Without memory the line is lost: better than to call somebody under a lock. */
static void wait_with(const struct log *log, const replsvc_log_record *record)
{
    size_t size = strlen(record->message) + 1;
    struct waiting *w = mem_alloc(sizeof *w + size);
    if (!w)
        return;
    w->next = NULL;
    w->log = log;
    w->record = *record;
    memcpy(w->line, record->message, size);
    w->record.message = w->line;
    *held.last = w;
    held.last = &w->next;
}

void log_hold(void)
{
    if (held.depth++ == 0) {
        held.first = NULL;
        held.last = &held.first;
    }
}

void log_let_go(void)
{
    if (--held.depth)
        return;
    struct waiting *w = held.first, *next;
    held.first = NULL;
    for (; w; w = next) { /* whoever is called may hold and let go, too */
        next = w->next;
        give_out(w->log, &w->record);
        mem_free(w);
    }
}

static void put(const struct log *log, enum replsvc_log_level level, const char *object, int err,
                const char *format, va_list args)
{
    if (!log || (!log->function && !log->record) ||
        (uint32_t)level > (log->level ? log->level : REPLSVC_LOG_WARNING))
        return;
    char line[LINE_MAX_BYTES];
    if (vsnprintf(line, sizeof line, format, args) < 0)
        return;
    /* Names and paths come from outside: one call is one line, whatever they hold. */
    for (char *c = line; *c; c++)
        if ((unsigned char)*c < ' ' || *c == 0x7f)
            *c = ' ';
    replsvc_log_record record = {.size = sizeof record,
                                 .level = level,
                                 .time = clock_wall_us(),
                                 .system_errno = err < 0 ? -err : 0,
                                 .message = line};
    (void)snprintf(record.object, sizeof record.object, "%s", object);
    if (held.depth)
        wait_with(log, &record);
    else
        give_out(log, &record);
}

void log_line(const struct log *log, enum replsvc_log_level level, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    put(log, level, "", 0, format, args);
    va_end(args);
}

void log_about(const struct log *log, enum replsvc_log_level level, const char *object, int err,
               const char *format, ...)
{
    va_list args;
    va_start(args, format);
    put(log, level, object, err, format, args);
    va_end(args);
}
