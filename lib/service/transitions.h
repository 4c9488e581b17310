/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The CopyState machine as data: which operation of ModifyReplicaSynchronization is legal for which kind
 * of relationship in which state, what ProgressStatus it shows while it runs and where it ends. Every
 * layer that asks "may this be done now?" asks here, so that the methods, the engine and the capabilities
 * can never disagree. Immutable; no locks.
 *
 * Whether the implementation has an operation at all is another question: see api/capabilities_table.h.
 */
#ifndef RSVC_SERVICE_TRANSITIONS_H
#define RSVC_SERVICE_TRANSITIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Where an operation ends when not in a CopyState of its own. */
#define TRANSITION_ENDS_SAME 0u      /* in the state that it began in */
#define TRANSITION_ENDS_GONE 0xffffu /* the relationship is no more */

/* A set of CopyStates: bit n stands for value n. */
#define TRANSITION_STATE(state) (UINT32_C(1) << (state))

struct transition {
    uint16_t operation;       /* REPLSVC_OPERATION_* */
    uint16_t sync_types;      /* bit n: SyncType n; 0 = on group relationships only, whatever the SyncType */
    uint32_t from;            /* states in which it is legal */
    uint32_t from_forced;     /* states in which it is legal with Force only */
    uint16_t progress_status; /* while it runs; 0 = done at once */
    uint16_t ends_in;         /* CopyState, or TRANSITION_ENDS_* */
};

/* The table, for those who walk it (tests, capabilities). An operation may have several rows for one
 * SyncType, of disjoint states (Reverse Roles). */
const struct transition *transition_table(size_t *n);

/*
 * The first row of an operation for relationships of that SyncType, or NULL when there is none (then the
 * operation is Not Supported for them). group: the relationship is a GroupSynchronized; it takes the
 * operations of its pairs (each pair is to be checked by itself) and those that only groups have.
 */
const struct transition *transition_find(uint16_t operation, uint16_t sync_type, bool group);

/* The row that applies in that state, or NULL when the operation is not legal there, not even forced. */
const struct transition *transition_from(uint16_t operation, uint16_t sync_type, bool group,
                                         uint16_t copy_state);

/* Whether the operation is legal in that state; *requires_force (may be NULL): only with Force. */
bool transition_allowed(uint16_t operation, uint16_t sync_type, bool group, uint16_t copy_state,
                        bool *requires_force);

/* The CopyState in which the operation ends when begun in copy_state, or TRANSITION_ENDS_GONE. */
uint16_t transition_end_state(const struct transition *t, uint16_t copy_state);

/* Names as the schema has them, for messages; "?" for a value that has none. */
const char *copy_state_name(uint16_t copy_state);
const char *operation_name(uint16_t operation);
const char *progress_status_name(uint16_t progress_status);
const char *sync_type_name(uint16_t sync_type);
const char *mode_name(uint16_t mode);

#endif
