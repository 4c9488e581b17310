/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Work on one relationship inside: what the files that do it share (relationship_work.c picks it, _fill.c,
 * _end.c, _failback.c, _restore.c, _reverse.c do it). The relationship is busy; no lock is held.
 */
#ifndef RSVC_SERVICE_RELATIONSHIP_WORK_H
#define RSVC_SERVICE_RELATIONSHIP_WORK_H

#include "service/relationship.h"

struct work {
    struct replsvc_service *svc;
    struct relationship *s;
    const struct engine_control *outer;
    uint64_t bound; /* bytes per second with which the present piece of work was begun */
    bool stopped;
    bool rebound; /* it was stopped to go on with another bound */
};

/* ---- relationship_fill.c ---- */

/* engine_control.check of work: tells the progress, and asks whoever may stop it. user: the work. */
int work_check(void *user, uint64_t done, uint64_t total);
/* Copies with fn until it has ended, within the relationship's bound. A negative errno with `stopped` set:
 * it was stopped. */
int work_copy(struct work *f, int (*fn)(struct relationship *, const struct engine_control *));
/* What a clone or snapshot lacks, for work_copy. */
int work_fill_replica(struct relationship *s, const struct engine_control *control);
/* Puts the end of the work into the record: that CopyState, at rest and idle. */
uint32_t work_record_end(struct replsvc_service *svc, struct relationship *s, uint16_t copy_state);
/* The work failed: the relationship is Broken, at rest and idle; its source goes on. The code, with an error
 * left. */
uint32_t work_record_failure(struct replsvc_service *svc, struct relationship *s, int err, const char *what);

/* Each of these does the work of one intent to its end (or until it is stopped), and records it. */
uint32_t work_fill(struct work *f);
uint32_t work_restore(struct work *f);

/* ---- confirm.c ---- */

uint32_t work_verify(struct work *f);

/* ---- relationship_end.c ---- */

uint32_t work_deactivate(struct work *f, uint16_t copy_state);
uint32_t work_reset(struct work *f);
uint32_t work_detach(struct work *f);
uint32_t work_remove(struct work *f, bool with_target);

/* ---- relationship_together.c ---- */

/* The mirrors of a group that have the same intent, or the one. They are busy: they stay. */
struct together {
    struct relationship **s;
    size_t n;
    struct relationship *one;
};
/* After a failure it is the one at hand alone. */
uint32_t work_together(struct work *f, struct together *t);
void work_together_free(struct together *t);
/* Both sides of each are made alike. With f->stopped set they may not be: nothing more is to be done. */
uint32_t work_fill_together(struct work *f, const struct together *t);
/* Of all at once, so that a crash finds the whole group in one direction. copy_state 0: as it is. */
uint32_t work_record_direction(struct replsvc_service *svc, struct relationship *const s[], size_t n,
                               bool reversed, uint16_t copy_state);

/* ---- relationship_failback.c, relationship_restore.c, relationship_reverse.c: of mirrors ---- */

uint32_t work_failback(struct work *f);
uint32_t work_restore_mirrors(struct work *f);
uint32_t work_reverse(struct work *f);

#endif
