/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Log lines to the function that the caller of the library gave. The struct is filled once, before any
 * thread uses it, and never changes; every layer is handed a pointer to it. The receiver may do what it
 * likes, so no line is ever given out under a lock: lines of a thread that holds one wait until it has let go
 * (log_hold, log_let_go; the service's change_begin and change_end do so).
 */
#ifndef RSVC_UTIL_LOG_H
#define RSVC_UTIL_LOG_H

#include <replsvc/service.h>

struct log {
    replsvc_log_function function;      /* NULL = none */
    replsvc_log_record_function record; /* NULL = none */
    void *user;
    uint32_t level; /* enum replsvc_log_level: lines above it are dropped; 0 = warnings and errors */
};

/* log may be NULL. The line is cut at about 1000 bytes; control characters in it become spaces. */
void log_line(const struct log *log, enum replsvc_log_level level, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* The same about an object (its id, or ""), with the negative errno behind it, or 0. */
void log_about(const struct log *log, enum replsvc_log_level level, const char *object, int err,
               const char *format, ...) __attribute__((format(printf, 5, 6)));

/* Between the two this thread's lines wait. Pairs may be nested. */
void log_hold(void);
void log_let_go(void);

#endif
