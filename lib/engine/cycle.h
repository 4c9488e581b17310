/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Cycles of an asynchronous group: how a target trails its source and is at every instant, also after a crash
 * in the middle of anything, one earlier state of it, and the targets of a group one earlier state of all.
 *
 *   cut     The gates of all sources close for an instant; for each member the regions written since the last
 *           cut (*current*) become the *closed* ones of this cycle, and a new current map begins.
 *   gather  The closed regions are read as they were at the cut and appended to the group's redo log. A host
 *           that is about to write to one that is not there yet saves it first. Nothing is flushed for it,
 * and no write waits for a target. commit  The log is synced, then its commit slot. From here on the cycle
 * will be on the targets. apply   The log's records are written to the targets, which are flushed; the slot
 * says that it is done. finish  Marks of the closed regions are cleared, but for those that are current
 * again.
 *
 * A cycle that is not committed is abandoned without a trace: its regions are current again, and the marks of
 * the activity map hold all of them. After a crash a committed cycle is applied again (mirror_group_ready);
 * all that is marked is current.
 *
 * Locks: group.cycle_lock is held through a cycle, never by a host's write. save_locks (regions) are held
 * around saving; a host takes them inside its own range, gather alone.
 */
#ifndef RSVC_ENGINE_CYCLE_H
#define RSVC_ENGINE_CYCLE_H

#include "engine/mirror_internal.h"

/* Maps of a member; what is marked now is current (nothing is tapped, or the gates are closed). */
int cycle_join(struct mirror *m);
void cycle_leave(struct mirror *m);
/* What is marked is current, and nothing else. Under the closed gates. */
int cycle_restart(struct mirror *m);

/* A host's write to the source, before it: saves what the cycle needs, and makes the regions current. Inside
 * the gate. */
int cycle_before(struct mirror *m, uint64_t offset, uint64_t length);

/* One whole cycle of all members that take part; those that are parting are APART from its cut on. cycle_lock
 * is held. -ECANCELED: abandoned. */
int cycle_run(struct mirror_group *g, int64_t *pause_us);
/* Calls fn with the gates of all sources of the group closed. cycle_lock is held. */
int cycle_close_sources(struct mirror_group *g, int (*fn)(void *user), void *user, int64_t *pause_us);
/* Applies what was committed and not applied. cycle_lock is held. */
int cycle_recover(struct mirror_group *g);

/* The thread that runs cycles so that the RPO is kept. */
int cycle_thread_start(struct mirror_group *g);
/* It looks now what is to be done. Callable from inside a write. */
void cycle_thread_wake(struct mirror_group *g);
void cycle_thread_stop(struct mirror_group *g);

#endif
