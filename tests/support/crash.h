/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The crash harness: runs a scenario once on a simulated world, then builds the world as it may be after
 * a crash between any two of its operations, and has the scenario check each of them.
 *
 * A test of an engine, a store or an image format needs about twenty lines:
 *
 *     static int setup(void *user, struct world *w)      // not recorded: all durable
 *     {
 *         return world_disk(w, "a", 1 << 20);
 *     }
 *     static int run(void *user, struct world *w)        // recorded; world_mark() what was acknowledged
 *     {
 *         struct thing *t = thing_open("sim:a");         // and, by simvfs_open(w, "state", true, &vfs),
 *         for (uint64_t i = 0; i < 100; i++) {           // anything that lives in a state directory
 *             world_mark(w, STARTED, i, 0, 0);
 *             thing_write(t, i);
 *             world_mark(w, ACKNOWLEDGED, i, 0, 0);
 *         }
 *         …
 *     }
 *     static void restart(void *user) { …the model as it was before run()… }
 *     static void mark(void *user, const struct world_mark *m) { …the model learns what m says… }
 *     static int check(void *user, struct world *w, const struct crash_point *p)
 *     {
 *         …open sim:a again (it is the crashed world's now), compare with the model:
 *         …p->killed: the process died, everything acknowledged is there;
 *         …else the power was cut: everything flushed is there…
 *         if (wrong)
 *             return crash_wrong(p, "block %u has %u", …);
 *         return 0;
 *     }
 *     struct crash_scenario s = {.name = "thing writes", .setup = setup, .run = run, …};
 *     assert_int_equal(crash_run(&s), 0);
 *
 * The world is bound to "" (locators "sim:NAME") during setup, run and check; check must close all that it
 * opened. The model is driven forward along the log: mark() is called for each mark that lies before the
 * crash point, once and in order, however many checks follow. run() may use threads.
 *
 * Crash points: at every position of the log (marks only count as part of what follows) a kill (all
 * operations are there) and power cuts in which the unflushed sectors, sizes and names are: all lost; only
 * one operation kept; only one lost; one torn between its sectors; kept, lost or of a middle version at
 * random. By default a handful of operations is picked for the single ones and a few random subsets are
 * tried; REPLSVC_LONG=1 takes up to 64 operations and 40 subsets. With .recovery set, what check() does until
 * it calls world_mark(w, CRASH_RECOVERED, 0, 0, 0) (or returns) is itself cut at some points, and the
 * worlds after that are checked by the same model.
 *
 * Prints "NAME: N crash points, F failures". A failure prints its point; REPLSVC_CRASH="POSITION:POLICY:ARG"
 * runs that one alone.
 */
#ifndef TESTS_SUPPORT_CRASH_H
#define TESTS_SUPPORT_CRASH_H

#include "sim/world.h"

/* A mark of check(): what comes after it belongs to no recovery. */
#define CRASH_RECOVERED UINT32_MAX

struct crash_point {
    const char *scenario;
    size_t at;          /* operations of the log that had been done */
    bool killed;        /* the process died, the machine did not: nothing that was written is lost */
    bool in_recovery;   /* a second crash, inside the recovery from this one */
    const char *policy; /* name, for messages */
    uint64_t arg;       /* its operation or seed */
};

struct crash_scenario {
    const char *name;
    uint32_t sector; /* 0 = 512 */
    bool recovery;   /* check() may be cut itself */
    unsigned random; /* random subsets per position; 0 = 2 (REPLSVC_LONG: 40) */
    unsigned single; /* operations picked per position for the single ones; 0 = 2 (REPLSVC_LONG: 64) */
    int (*setup)(void *user, struct world *w); /* may be NULL */
    int (*run)(void *user, struct world *w);
    void (*restart)(void *user);                                            /* may be NULL */
    void (*mark)(void *user, const struct world_mark *m);                   /* may be NULL */
    int (*check)(void *user, struct world *w, const struct crash_point *p); /* 0, or another value: wrong */
    void *user;
};

/* Returns the number of failures (a setup or run that fails is one). */
int crash_run(const struct crash_scenario *s);
/* Crash points that all runs of this process have tried. */
unsigned long crash_points(void);
/* Prints what is wrong at that point; returns -1. */
int crash_wrong(const struct crash_point *p, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Whether the long form was asked for. */
bool crash_long(void);

#endif
