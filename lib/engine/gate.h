/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The gate before a volume: every host I/O passes it, and whoever changes what a volume is (its taps, its
 * view, its point in time) closes it for a moment. Reads and writes are let in and held apart.
 *
 * Passing costs one atomic add on a cache line that is the thread's own and one load; closing is the
 * expensive side: it waits until everything that is inside has left. Several gates closed together (in
 * the order of gates_close) make one cut through many volumes.
 *
 * Invariant: between gate_close and gate_open no I/O of the closed sides is inside, and everything that
 * enters later sees what the closer wrote. One closer at a time; a thread that is inside must not close.
 *
 * Some of what is inside one gate has to pass a second one to get done (a mirror's leg). When both are being
 * closed it would wait for a closer that waits for it. So closing has two steps: *closed*, nobody new is let
 * in, but who is inside a closed gate may still pass through others; when all are empty, *sealed*: nobody.
 */
#ifndef RSVC_ENGINE_GATE_H
#define RSVC_ENGINE_GATE_H

#include <pthread.h>
#include <stdalign.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

enum { GATE_READ = 0, GATE_WRITE = 1, GATE_SIDES = 2 };
enum { GATE_CLOSE_READS = 1, GATE_CLOSE_WRITES = 2, GATE_CLOSE_ALL = 3, GATE_SEALED = 4 };

#define GATE_SHARDS 16u

/* Who holds operations inside gates that end only when somebody asks for them (an asynchronous queue whose
 * owner may be the closer himself) brings them in here: a closer calls help() again and again while it
 * waits, with no lock of the gate held. */
struct gate_helper {
    void (*help)(struct gate_helper *h);
    struct gate_helper *next;
};

struct gate_helpers {
    pthread_mutex_t lock; /* held while a helper works; after gate.closer */
    struct gate_helper *first;
    _Atomic unsigned n;
};
int gate_helpers_init(struct gate_helpers *h);
void gate_helpers_destroy(struct gate_helpers *h);
void gate_helper_add(struct gate_helpers *h, struct gate_helper *one);
void gate_helpers_call(struct gate_helpers *h);
/* When it returns the helper is not called any more. */
void gate_helper_remove(struct gate_helpers *h, struct gate_helper *one);

struct gate_shard {
    alignas(64) _Atomic uint64_t inside[GATE_SIDES]; /* operations between enter and leave */
};

struct gate {
    struct gate_shard shards[GATE_SHARDS];
    _Atomic uint32_t closed; /* GATE_CLOSE_*, GATE_SEALED */
    pthread_mutex_t closer;  /* held from close to open */
    pthread_mutex_t lock;    /* for the two conditions only */
    pthread_cond_t left;     /* somebody left while the gate was closed */
    pthread_cond_t opened;
    struct gate_helpers *helpers; /* set before the first use, or NULL */
};

int gate_init(struct gate *g);
void gate_destroy(struct gate *g);

/* Waits while that side is closed. Hand what it returns to gate_leave. */
struct gate_shard *gate_enter(struct gate *g, int side);
/* The same without waiting: NULL while that side is closed. It may be left by any thread. */
struct gate_shard *gate_try_enter(struct gate *g, int side);
/* For what is done for somebody inside `from` (which may be g itself), or who holds what keeps him there. */
struct gate_shard *gate_enter_through(struct gate *g, int side, struct gate *from);
void gate_leave(struct gate *g, struct gate_shard *shard, int side);

/* How many operations of the sides (GATE_CLOSE_*) are inside now. */
uint64_t gate_inside(struct gate *g, uint32_t sides);

void gate_close(struct gate *g, uint32_t sides);
void gate_open(struct gate *g);

/* Closes n distinct gates, which the caller has sorted by address: first all stop letting in, then all
 * are waited for, so that the pause is one wait and not n. */
void gates_close(struct gate *const gates[], size_t n, uint32_t sides);
void gates_open(struct gate *const gates[], size_t n);

#endif
