/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A replica that failed. Its source must never wait for it again, and a restart must not take it for
 * whole: the source may be overwritten without a copy from now on. So the mark is made durable before the
 * first write goes on. If even that fails, its map is removed (a lost map means broken too); if the state
 * directory takes nothing at all, the event is what remains, and the source still goes on.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "engine/replica.h"
#include "util/fail.h"
#include "util/probe.h"

static void make_durable(struct replica *r, int err, const char *text)
{
    r->mark.err = err;
    (void)snprintf(r->mark.text, sizeof r->mark.text, "%s", text);
    if (r->mark.file && mark_store(&r->mark) == 0)
        return;
    char name[REPLICA_NAME_SIZE];
    replica_file(r, "kept", name);
    (void)map_remove(r->engine->options.vfs, name);
}

void replica_break(struct replica *r, int err, const char *format, ...)
{
    char text[256];
    va_list args;
    va_start(args, format);
    int n = vsnprintf(text, sizeof text, format, args);
    va_end(args);
    if (n >= 0 && (size_t)n < sizeof text)
        (void)snprintf(text + n, sizeof text - (size_t)n, ": %s", strerror(-err));

    PROBE3(broken, r->id, err, text);
    pthread_mutex_lock(&r->break_lock);
    bool first = !atomic_load(&r->broken);
    if (first) {
        pthread_mutex_lock(&r->lock);
        r->error = err;
        memcpy(r->error_text, text, sizeof text);
        pthread_mutex_unlock(&r->lock);
        make_durable(r, err, text);
        atomic_store(&r->broken, true);
    }
    pthread_mutex_unlock(&r->break_lock);
    if (first)
        events_raise(&r->engine->events, &r->events, REPLICA_EVENT_BROKEN, err, text);
}

void replica_skewed(struct replica *r)
{
    if (!atomic_load(&r->skewed) && !atomic_exchange(&r->skewed, true))
        events_raise(&r->engine->events, &r->events, REPLICA_EVENT_SKEWED, 0, "a host wrote to the target");
}
