/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Relationships inside: what the files that make, work on, change and show them share.
 *
 *   relationship_access.c   what hosts may do by role
 *   relationship_load.c     loading into the engine
 *   relationship_reach.c    media of mirrors that failed, opened anew
 *   relationship_event.c    what the engine reports
 *   relationship_close.c    when the service is opened and closed
 *   relationship_state.c    the record's fields that follow from its state; groups from their pairs
 *   relationship_rest.c     at rest again, or gone
 *   relationship_cut.c      points in time
 *   relationship_work.c     the work of an intent; the parts of it:
 *   relationship_fill.c, _end.c, _together.c, _failback.c, _restore.c, _reverse.c, confirm.c
 *   relationship_job.c      the background work and its jobs
 *   relationship_reopen.c   the same when the service is opened
 *   relationship_info.c     replsvc_sync_info and looking relationships up
 *   replica_request.c       what a caller of the create methods wants, checked and paired
 *   replica_create.c        making it, all or nothing
 *   group_join.c            new pairs that join a group as they come to exist
 *   operations*.c           ModifyReplicaSynchronization
 *
 * Who works on a relationship sets `busy` under `change`, drops the lock, works, takes it again, records
 * the result and clears `busy`; nobody else touches its replica meanwhile. What is under way stands in the
 * record (intent, job), so that it is gone on with after a crash:
 *
 *   intent                          replica_state   at the next open
 *   CREATE                          0               becomes DELETE and is taken back: nobody was told of it
 *   CREATE                          ACTIVE          its fill goes on
 *   ACTIVATE, RESYNC                INACTIVE        is begun again
 *   ACTIVATE, RESYNC, RESUME        ACTIVE          its fill goes on
 *   RESTORE                         any             is begun again, or its fill goes on
 *   CATCH_UP, VERIFY (mirrors)       any             the two sides are made alike; and compared
 *   DETACH, DISSOLVE, RETURN,
 *   DEACTIVATE, ABORT, RESET        any             are begun again
 */
#ifndef RSVC_SERVICE_RELATIONSHIP_H
#define RSVC_SERVICE_RELATIONSHIP_H

#include "engine/mirror.h"
#include "service/service.h"

/* ---- relationship_access.c ---- */

/* Sets the access bits of its two elements' volumes as their roles are now (after a save). */
void relationship_apply_access(struct replsvc_service *svc, struct relationship *s);
/* Keeps hosts from both ends for the moment in which they change places. */
void relationship_bar_target(struct replsvc_service *svc, struct relationship *s);
/* Whether hosts can read the target of a relationship in that state. */
bool relationship_target_readable(uint16_t sync_type, uint16_t copy_state);

/* ---- relationship_load.c ---- */

/* The replica_spec of a relationship between two opened volumes. */
struct replica_spec relationship_spec(struct relationship *s, struct volume *source, struct volume *target);
/* Whether the engine has it now. */
bool relationship_loaded(const struct relationship *s);
/* Loads s if it isn't; Failed with its error when it cannot be. Saves by itself. */
uint32_t relationship_need(struct change *c, struct relationship *s);

/* ---- relationship_event.c ---- */

/* Whether that errno says that a medium does not answer, which may be whole; not that it fails. */
bool relationship_out_of_reach(int err);
/* The name under which the engine's events find it; made at the first need. NULL: no memory. */
struct sync_token *relationship_token(struct replsvc_service *svc, struct relationship *s);
/* When no event can come any more. */
void relationship_tokens_free(struct replsvc_service *svc);
/* The engine's event function for mirrors. */
void relationships_mirror_event(void *user, struct mirror *m, enum mirror_event event, int err,
                                const char *text);
/* A relationship whose data can no longer be trusted (Broken, Invalid), in the change. */
void relationship_break(struct change *c, struct relationship *s, uint16_t copy_state, int err,
                        const char *why);

/* What was wrong with it is so no more, in a record under edit. */
void relationship_mend(struct change *c, struct sync_record *r);

/* ---- relationship_state.c ---- */

/* Sets CopyState and ProgressStatus of a record under edit with all that follows from them (times,
 * SyncState, RequestedCopyState), and raises the events. */
void relationship_set_state(struct change *c, struct relationship *s, uint16_t copy_state,
                            uint16_t progress_status);
/* CopyState, ProgressStatus, PercentSynced, consistency of a group relationship from its pairs, as they
 * stand in the change. gone: a pair that is being removed, or NULL. */
void relationship_update_group(struct change *c, struct relationship *group, const struct relationship *gone);
/* The record as the change will leave it. */
const struct sync_record *relationship_record(const struct relationship *s);
/* Of a mirror: source and target are kept alike, or are being made so. In other states nothing flows. */
bool relationship_flows(const struct sync_record *r);
/* Bytes that its target holds; moves with a running copy. Any lock or none but the model's. */
uint64_t relationship_bytes_synced(const struct relationship *s);
/* By bytes; a group's by those of its pairs. */
uint16_t relationship_percent(struct replsvc_service *svc, const struct relationship *s);
/* Takes what the engine knows of it into a record under edit. */
void relationship_take_info(struct sync_record *r, const struct relationship *s);

/* ---- relationship_rest.c ---- */

/* What ProgressStatus says of a relationship at rest in that state. */
uint16_t relationship_resting(uint16_t copy_state);
/* Operations that end a relationship do so also when its media are lost. */
bool relationship_goes_without_media(uint16_t intent);
/* Clears intent and job in the change; its group's, too, when no other pair has work left. */
void relationship_rest(struct change *c, struct relationship *s);
/* A group whose copies are all there may be of no more use: in the change. */
void relationship_completed(struct change *c, const struct relationship *group);
/* Clears busy (after a save that put it at rest), and its group's. change is held. */
void relationship_idle(struct replsvc_service *svc, struct relationship *s);
/* A mirror that is to be made alike again, in the change: Unsynchronized, for a job. */
void relationship_catch_up(struct change *c, struct relationship *s);
/* What was begun on those of them that are busy came to nothing: as before, and at rest; mirrors that have
 * parted for it catch up. No lock may be held; the error stays. */
void relationship_stay(struct replsvc_service *svc, struct relationship *const s[], size_t n);
/* Takes the relationship out of the model, in the change: out of its group, which goes with its last pair.
 * with_target: the target element goes too, out of its groups; its image is to be discarded after the
 * save (elements_discard). */
void relationship_delete(struct change *c, struct relationship *s, bool with_target);
/* Takes an element that goes out of its groups, in the change. */
void relationship_leave_groups(struct change *c, const struct element *e);

/* ---- relationship_cut.c ---- */

/* One point in time for s[0..n), all busy and inactive in the engine, with the service's quiesce hooks
 * around it if asked; recorded, and copies marked as under way with their intents. quiesce: call the
 * hooks. No lock may be held. */
uint32_t relationship_cut(struct replsvc_service *svc, struct relationship *const s[], size_t n,
                          bool quiesce);
/* And they join a group relationship (group_join.h; NULL: none) in the change that records it. */
struct group_join;
uint32_t relationship_cut_and_join(struct replsvc_service *svc, struct relationship *const s[], size_t n,
                                   bool quiesce, struct group_join *join);
/* Its intent is a new point in time, which has not been taken yet. */
bool relationship_uncut(const struct relationship *s);
/* Takes it for all of s[0..n) at once, dropping old ones: then fills may go on. On failure they are Broken
 * and idle. */
uint32_t relationship_begin_again(struct replsvc_service *svc, struct relationship *const s[], size_t n);

/* ---- relationship_restore.c ---- */

/* Begins the restore of mirrors of one owner, all busy: from its return hosts of the sources see what the
 * targets held. No lock may be held. */
uint32_t relationship_restore_mirrors(struct replsvc_service *svc, struct relationship *const s[], size_t n);

/* ---- relationship_work.c ---- */

/* The Mode that an operation sets; 0: it sets none. */
uint16_t relationship_mode_after(uint16_t operation);
/* Does what the intent of one busy relationship says, in this thread, to its end, and clears busy and
 * intent. control (may be NULL) may stop it: *stopped is set, and both stay. The relationship may be gone
 * afterwards. No lock may be held. 0, or a CIM code with an error left. */
uint32_t relationship_work(struct replsvc_service *svc, const char *id, const struct engine_control *control,
                           bool *stopped);

/* ---- relationship_job.c ---- */

/* A job for the work of the relationships s[0..n) as their intents say, recorded with the change: *job is
 * to be started by job_start when the change was saved and has ended, or given up by job_discard. owner:
 * what the job works for (may be a group). */
uint32_t relationship_job_make(struct change *c, const char *name, struct relationship *owner,
                               struct relationship *const s[], size_t n, struct job **job);
/* Whether the job works for the relationship. */
bool relationship_works_for(const struct relationship *s, const char *job);
/* The work of such a job. 0 or -ENOMEM. */
int relationship_job_work(struct replsvc_service *svc, struct job_work *work);
/* Stops the copy under way for s and every other pair of its job, for an operation that takes its place:
 * its state stays, nothing is busy. No lock may be held. */
uint32_t relationship_preempt(struct replsvc_service *svc, const char *id);
/* ---- relationship_reopen.c ---- */

/* At open: jobs on record go on, and what was begun without one is finished by one. */
uint32_t relationship_jobs_restore(struct replsvc_service *svc);

/* ---- relationship_wait.c ---- */

/* Waits until the relationship is in that CopyState, has ended (15), or can no longer get there; by the
 * service's own timeout. No lock may be held. */
uint32_t relationship_wait(struct replsvc_service *svc, const char *id, uint16_t copy_state);
/* Until a job whose relationships have got there has done what is left (images to be removed). */
uint32_t relationship_wait_job(struct replsvc_service *svc, const char *job);

/* ---- relationship_full.c ---- */

/* Whether the work of all of them is to fill targets that were made for them. */
bool relationship_creates(struct relationship *const s[], size_t n);
/* Takes back a creation of which a part found no room, if it can go: relationships and targets. They are at
 * rest; they may be gone afterwards, and their group with them. No lock may be held. */
void relationship_take_back(struct replsvc_service *svc, const replsvc_sync_ref ids[], size_t n);

/* ---- relationship_info.c ---- */

uint32_t sync_get_info(struct replsvc_service *svc, const replsvc_sync_ref *ref, replsvc_sync_info *info);
/* Fills everything; model for reading, or change. */
void relationship_info(struct replsvc_service *svc, const struct relationship *s, replsvc_sync_info *info);
uint32_t sync_find_by_target(struct replsvc_service *svc, const replsvc_element_ref *target,
                             replsvc_sync_ref *ref);
uint32_t sync_get_pairs(struct replsvc_service *svc, const replsvc_sync_ref *ref, replsvc_sync_ref **pairs,
                        size_t *n);

#endif
