/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Log lines to the function that the caller of the library gave. The struct is filled once, before any
 * thread uses it, and never changes; every layer is handed a pointer to it. The receiver may do what it
 * likes, so no line is ever written under a lock: note what to say, unlock, then say it.
 */
#ifndef RSVC_UTIL_LOG_H
#define RSVC_UTIL_LOG_H

#include <replsvc/service.h>

struct log {
    replsvc_log_function function; /* NULL = no log */
    void *user;
    uint32_t level; /* enum replsvc_log_level: lines above it are dropped; 0 = warnings and errors */
};

/* log may be NULL. The line is cut at about 1000 bytes; control characters in it become spaces. */
void log_line(const struct log *log, enum replsvc_log_level level, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
