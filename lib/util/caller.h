/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * For whom this thread makes a call. One that waits (for a job, for a CopyState) and was made for another
 * process must not wait on when that has gone. Whoever makes such a call tells how to see it; whoever waits
 * looks now and then. A thread that says nothing waits for itself, as long as it wants.
 */
#ifndef RSVC_UTIL_CALLER_H
#define RSVC_UTIL_CALLER_H

#include <stdbool.h>
#include <stdint.h>

struct caller {
    bool (*gone)(const struct caller *caller); /* may be called under any lock: takes none, never blocks */
};

/* Of this thread, until it is set to NULL. */
void caller_set(const struct caller *caller);
bool caller_gone(void);
/* Until when a wait may sleep before it looks: the deadline itself (monotonic), or sooner. */
int64_t caller_look_until(int64_t deadline_us);
/* The error of a wait that was given up: the code to return. */
uint32_t caller_fail(void);

#endif
