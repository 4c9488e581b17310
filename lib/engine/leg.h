/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The second leg of a mirrored write, in parallel with the first. A leg that is short and goes into memory
 * (the page cache) is quicker done than handed to another thread, so it is done at once; the others go to a
 * few threads.
 */
#ifndef RSVC_ENGINE_LEG_H
#define RSVC_ENGINE_LEG_H

#include "engine/tap.h"

struct legs;

/* One write; lives in its owner's hands until leg_wait has returned. */
struct leg {
    struct volume_write write;
    struct volume *from;
    struct legs *legs; /* NULL: done at once */
    struct leg *next;
    int result;
    bool done;
};

/* The threads start with the first leg that needs them. */
int legs_new(struct legs **out);
/* No leg is under way. */
void legs_free(struct legs *l);

/* Begin to write w to volume v (by inside_write). */
void leg_start(struct legs *l, struct leg *leg, struct volume *v, const struct volume_write *w);
/* Its result. */
int leg_wait(struct leg *leg);

#endif
