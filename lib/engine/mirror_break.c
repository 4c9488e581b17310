/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A mirror that fails parts its whole group, and tells. The write that failed is not acknowledged before
 * that, so the targets together stay what the sources together once were.
 *
 * Is the break durable? For the data it need not be: the failed write's extent is in the activity log, and
 * after a crash the mirror would find out again. Only when the marks themselves can't be kept does it have to
 * be, before anything is acknowledged.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "engine/mirror_internal.h"
#include "engine/volume.h"

#include "util/probe.h"

void mirror_tell(struct mirror *m, enum mirror_event event, int err, const char *text)
{
    events_raise(&volume_engine(m->side[0].volume)->events, &m->events, (enum replica_event)event, err, text);
}

static void part_group(struct mirror_group *g)
{
    pthread_mutex_lock(&g->lock);
    for (struct mirror *m = g->mirrors; m != NULL; m = m->next) {
        int phase = atomic_load(&m->phase);
        while ((phase == MIRROR_COPYING || phase == MIRROR_IN_SYNC) &&
               !atomic_compare_exchange_weak(&m->phase, &phase, MIRROR_APART))
            ;
    }
    pthread_mutex_unlock(&g->lock);
}

int mirror_break(struct mirror *m, int err, bool lost, const char *format, ...)
{
    char text[256];
    va_list args;
    va_start(args, format);
    int n = vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    if (n >= 0 && (size_t)n < sizeof(text))
        snprintf(text + n, sizeof(text) - (size_t)n, ": %s", strerror(-err));

    PROBE3(broken, m->id, err, text);
    atomic_store(&m->group->failed, err); /* before any write finds them APART */
    part_group(m->group);
    pthread_mutex_lock(&m->lock);
    bool first = m->error == 0;
    int ret = 0;
    if (first) {
        atomic_store(&m->doubtful, true);
        m->error = err;
        memcpy(m->error_text, text, sizeof(text));
    }
    if (first || (lost && m->mark.restore_order == 0)) {
        m->mark.err = m->error;
        memcpy(m->mark.text, m->error_text, sizeof(m->error_text));
        m->mark.restore_order |= lost;
        ret = mark_store(&m->mark);
    }
    pthread_mutex_unlock(&m->lock);
    if (first)
        mirror_tell(m, MIRROR_EVENT_BROKEN, err, text);
    return ret;
}

bool mirror_is_broken(struct mirror *m)
{
    pthread_mutex_lock(&m->lock);
    bool broken = m->error != 0;
    pthread_mutex_unlock(&m->lock);
    return broken;
}

int mirror_mend(struct mirror *m)
{
    pthread_mutex_lock(&m->lock);
    int ret = 0;
    if (m->mark.err != 0) {
        struct mark was = m->mark;
        m->mark.err = 0;
        m->mark.restore_order = 0;
        m->mark.text[0] = '\0';
        ret = mark_store(&m->mark);
        if (ret != 0) {
            m->mark.err = was.err;
            m->mark.restore_order = was.restore_order;
            memcpy(m->mark.text, was.text, sizeof(was.text));
        }
    }
    if (ret == 0) {
        m->error = 0;
        m->error_text[0] = '\0';
    }
    pthread_mutex_unlock(&m->lock);
    return ret;
}
