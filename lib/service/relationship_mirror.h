/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Mirrors as relationships: the engine's mirrors and mirror groups behind the CopyStates. The pairs of a
 * group relationship are one mirror group, a relationship by itself is a group of one; the group hangs on the
 * owner (the group relationship, or the relationship itself).
 *
 * sync_record.replica_state holds the engine's mirror_state. A mirror that was at work when the service was
 * closed or died is caught up with by a job at the next open (INTENT_CATCH_UP).
 */
#ifndef RSVC_SERVICE_RELATIONSHIP_MIRROR_H
#define RSVC_SERVICE_RELATIONSHIP_MIRROR_H

#include "service/relationship.h"

static inline bool is_mirror(const struct relationship *s)
{
    return s->r.sync_type == REPLSVC_SYNC_TYPE_MIRROR;
}

/* A restore has begun whose end is not on record: its source is behind what its hosts are shown. */
static inline bool relationship_half_restored(const struct relationship *s)
{
    return is_mirror(s) && s->r.reversed && s->r.intent == REPLSVC_OPERATION_RESTORE_FROM_REPLICA;
}

/* Sets or takes away what the engine has of it, so that who reads the model sees the one or the other. change
 * is held. */
void relationship_set_mirror(struct replsvc_service *svc, struct relationship *s, struct mirror *m);
/* How far its target trails now, if it is one that does. The model is locked for reading, or change. */
void relationship_trails(struct replsvc_service *svc, const struct relationship *s, uint64_t *skew,
                         int64_t *rpo_us);

/* 0 or a negative errno. The token must have been made. */
int relationship_mirror_make(struct replsvc_service *svc, struct relationship *s, struct volume *source,
                             struct volume *target);
/* state: in which it is to be taken up. */
int relationship_mirror_load(struct replsvc_service *svc, struct relationship *s, uint32_t state,
                             struct volume *source, struct volume *target);
/* After all of a group have been loaded. */
int relationship_mirror_ready(struct relationship *s);
/* No lock may be held: it waits for events that are being delivered. */
void relationship_mirror_put(struct replsvc_service *svc, struct relationship *s);
/* Takes it out of the engine; the mirror group goes with its last. */
int relationship_mirror_remove(struct replsvc_service *svc, struct relationship *s, struct mirror *m);

/* Opens the targets anew of those that have failed, before they are taken up again. */
int relationship_mirrors_reach(struct replsvc_service *svc, struct relationship *const s[], size_t n);

/* A mirror becomes another owner's, in steps within a change: begin (before the save), do (after it: it
 * cannot fail), end (of all, also of those that were not begun). `to`: the group relationship, or the
 * relationship itself. What is no mirror, or not loaded, moves in the records alone. All of the old and the
 * new group are idle. */
struct relationship_move {
    struct relationship *s, *from, *to; /* to: NULL when it was new and went with a save that failed */
    struct mirror_group *made;          /* the engine's group that was made for it, or NULL */
    struct mirror_move *move;
};
int relationship_move_begin(struct replsvc_service *svc, struct relationship *s, struct relationship *to,
                            struct relationship_move *move);
void relationship_move_do(struct replsvc_service *svc, struct relationship_move *move);
void relationship_moves_end(struct relationship_move moves[], size_t n);

/* For all of s[0..n), those of one group at one instant. Ones that are so already are left alone. */
int relationship_mirrors_start(struct replsvc_service *svc, struct relationship *const s[], size_t n,
                               int64_t *pause_us);
int relationship_mirrors_part(struct relationship *const s[], size_t n, bool settled);
int relationship_mirrors_deactivate(struct relationship *const s[], size_t n);
int relationship_mirrors_set_mode(struct relationship *const s[], size_t n, uint16_t mode);
int relationship_mirrors_reverse(struct relationship *const s[], size_t n);
/* mirrors_restore_begin, _settle, _end. */
int relationship_mirrors_restore(struct relationship *const s[], size_t n);
int relationship_mirrors_settle(struct relationship *const s[], size_t n, bool settled);
int relationship_mirrors_restored(struct relationship *const s[], size_t n);

/* Starts it if it is not, and copies until both sides are alike. */
int relationship_mirror_fill(struct relationship *s, const struct engine_control *control);

#endif
