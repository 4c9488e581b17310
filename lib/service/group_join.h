/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * New pairs that join a group relationship in the very change that makes them exist: before it a crash takes
 * them back as it does all that nobody was told of, and the group is as it was; after it they are its pairs.
 */
#ifndef RSVC_SERVICE_GROUP_JOIN_H
#define RSVC_SERVICE_GROUP_JOIN_H

#include "service/relationship.h"

struct group_join {
    char group[REPLSVC_REF_SIZE]; /* the group relationship's id; it may go at any time */
    uint16_t consistency;         /* 0: as it is */
    /* inside */
    struct relationship_move *moves;
    struct group_came *came; /* who is a member of the groups by this */
    size_t n;
    bool was_consistent;
};

/* Whether such a pair of that source can be one of g's. parameter: what names the pair, or g. */
uint32_t group_check_fit(const struct relationship *g, const struct sync_record *p,
                         const struct element *source, const char *parameter);
/* Within a change: need, before anything is edited in it (it may save); record, then change_save; end, in any
 * case. s[0..n): busy with being made. */
uint32_t group_join_need(struct change *c, struct group_join *j, size_t n);
uint32_t group_join_record(struct change *c, struct group_join *j, struct relationship *const s[]);
void group_join_end(struct change *c, struct group_join *j, bool saved);
/* What was recorded, in the change that has deleted the pairs. */
void group_join_undo(struct change *c, const struct group_join *j, struct relationship *const s[]);
void group_join_free(struct group_join *j);

#endif
