/* SPDX-License-Identifier: BSD-2-Clause */
/* See events.h. One queue, first in first out, numbered as raised. */
#include "engine/events.h"

#include <stdio.h>
#include <string.h>

#include "engine/thread.h"

/* Under the lock; there is an item. */
static struct event_item *take(struct events *ev)
{
    struct event_item *item = ev->head;
    ev->head = item->next;
    if (!ev->head)
        ev->tail = NULL;
    item->queued = false;
    return item;
}

static void *tell(void *arg)
{
    struct events *ev = arg;
    pthread_mutex_lock(&ev->lock);
    for (;;) {
        while (!ev->head && !ev->stop)
            pthread_cond_wait(&ev->raised, &ev->lock);
        if (!ev->head)
            break;
        struct event_item item = *take(ev);
        ev->telling = item.source;
        ev->telling_number = item.number;
        struct event_source whose = {
            .user = item.source->user, .replica = item.source->replica, .tell = item.source->tell};
        pthread_mutex_unlock(&ev->lock);
        if (whose.tell)
            whose.tell(whose.user, (int)item.event, item.err, item.text);
        else if (ev->function)
            ev->function(whose.user, whose.replica, item.event, item.err, item.text);
        pthread_mutex_lock(&ev->lock);
        ev->telling = NULL;
        pthread_cond_broadcast(&ev->told);
    }
    pthread_mutex_unlock(&ev->lock);
    return NULL;
}

int events_start(struct events *ev,
                 void (*function)(void *, struct replica *, enum replica_event, int, const char *))
{
    memset(ev, 0, sizeof *ev);
    ev->function = function;
    int rc = pthread_mutex_init(&ev->lock, NULL);
    if (rc)
        return -rc;
    rc = pthread_cond_init(&ev->raised, NULL);
    if (rc) {
        rc = -rc;
        goto no_raised;
    }
    rc = pthread_cond_init(&ev->told, NULL);
    if (rc) {
        rc = -rc;
        goto no_told;
    }
    rc = thread_start(&ev->thread, tell, ev);
    if (rc)
        goto no_thread;
    return 0;

no_thread:
    pthread_cond_destroy(&ev->told);
no_told:
    pthread_cond_destroy(&ev->raised);
no_raised:
    pthread_mutex_destroy(&ev->lock);
    return rc;
}

void events_stop(struct events *ev)
{
    pthread_mutex_lock(&ev->lock);
    ev->stop = true;
    pthread_cond_signal(&ev->raised);
    pthread_mutex_unlock(&ev->lock);
    pthread_join(ev->thread, NULL);
    pthread_cond_destroy(&ev->told);
    pthread_cond_destroy(&ev->raised);
    pthread_mutex_destroy(&ev->lock);
}

void events_raise(struct events *ev, struct event_source *source, enum replica_event event, int err,
                  const char *text)
{
    pthread_mutex_lock(&ev->lock);
    struct event_item *item = &source->items[event - 1];
    if (!item->queued) {
        item->source = source;
        item->event = event;
        item->err = err;
        (void)snprintf(item->text, sizeof item->text, "%s", text ? text : "");
        item->queued = true;
        item->next = NULL;
        if (ev->tail)
            ev->tail->next = item;
        else
            ev->head = item;
        ev->tail = item;
        item->number = ++ev->n_raised;
        pthread_cond_signal(&ev->raised);
    }
    pthread_mutex_unlock(&ev->lock);
}

void events_drain(struct events *ev)
{
    pthread_mutex_lock(&ev->lock);
    uint64_t until = ev->n_raised;
    while ((ev->telling && ev->telling_number <= until) || (ev->head && ev->head->number <= until))
        pthread_cond_wait(&ev->told, &ev->lock);
    pthread_mutex_unlock(&ev->lock);
}

void events_forget(struct events *ev, struct event_source *source)
{
    pthread_mutex_lock(&ev->lock);
    struct event_item **link = &ev->head, *last = NULL;
    while (*link) {
        struct event_item *item = *link;
        if (item->source != source) {
            last = item;
            link = &item->next;
            continue;
        }
        *link = item->next;
        item->queued = false;
    }
    ev->tail = last;
    pthread_cond_broadcast(&ev->told);
    while (ev->telling == source && !pthread_equal(ev->thread, pthread_self()))
        pthread_cond_wait(&ev->told, &ev->lock);
    pthread_mutex_unlock(&ev->lock);
}
