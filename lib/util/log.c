/* SPDX-License-Identifier: BSD-2-Clause */
/* Log lines; see log.h. */
#include "util/log.h"

#include <stdarg.h>
#include <stdio.h>

void log_line(const struct log *log, enum replsvc_log_level level, const char *format, ...)
{
    if (!log || !log->function || (uint32_t)level > (log->level ? log->level : REPLSVC_LOG_WARNING))
        return;
    char line[1024];
    va_list args;
    va_start(args, format);
    int length = vsnprintf(line, sizeof line, format, args);
    va_end(args);
    if (length < 0)
        return;
    /* Names and paths come from outside: one call is one line, whatever they hold. */
    for (char *c = line; *c; c++)
        if ((unsigned char)*c < ' ' || *c == 0x7f)
            *c = ' ';
    log->function(log->user, level, line);
}
