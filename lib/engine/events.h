/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What happened to replicas, told from a thread of its own so that nothing is ever called back under a
 * lock or from inside a host's write. Raising needs no memory and cannot fail: each replica brings one
 * item per kind of event with it. An event that is raised again before it was told is told once.
 */
#ifndef RSVC_ENGINE_EVENTS_H
#define RSVC_ENGINE_EVENTS_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "engine/engine.h"

#define EVENT_KINDS 3

struct event_item {
    struct event_item *next;
    struct event_source *source;
    enum replica_event event;
    uint64_t number; /* of its raising */
    bool queued;
    int err;
    char text[256];
};

/* Part of a replica, or of what else has events. Zero-filled but for what says whose it is. Protected by
 * events.lock. */
struct event_source {
    void *user;
    struct replica *replica;
    /* Not NULL: this is told instead of the engine's function, and replica is not used. */
    void (*tell)(void *user, int event, int err, const char *text);
    struct event_item items[EVENT_KINDS];
};

struct events {
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t raised, told;
    struct event_item *head, *tail;
    struct event_source *telling; /* whose event function runs now */
    uint64_t n_raised;            /* the last number given out */
    uint64_t telling_number;      /* of the event that is being told */
    bool stop;
    void (*function)(void *, struct replica *, enum replica_event, int, const char *);
};

int events_start(struct events *ev,
                 void (*function)(void *, struct replica *, enum replica_event, int, const char *));
void events_stop(struct events *ev);
void events_raise(struct events *ev, struct event_source *source, enum replica_event event, int err,
                  const char *text);
/* Every event raised before has been told. */
void events_drain(struct events *ev);
/* No event of that source is or will be told (a running one is waited for, unless this is its thread). */
void events_forget(struct events *ev, struct event_source *source);

#endif
