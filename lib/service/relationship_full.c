/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A creation that ran out of space is taken back whole: its relationships (all pairs of a group, also those
 * whose copies are complete) and the targets that were made for them go, so that the space is free again and
 * nothing half made is left. The job keeps the error. What cannot be taken back (a host has opened a target,
 * or a target was there before) stays as it is, Broken.
 */
#include <errno.h>
#include <string.h>

#include "service/relationship.h"
#include "util/alloc.h"

/* Not of a pair that was added to a group: that one does not go with it. */
static bool is_creation(const struct relationship *s)
{
    bool alone = s->parent != NULL && s->parent->r.intent != INTENT_CREATE;
    return s->r.intent == INTENT_CREATE && s->r.target_created && s->r.sync_type == REPLSVC_SYNC_TYPE_CLONE &&
           !alone;
}

bool relationship_creates(struct relationship *const s[], size_t n)
{
    bool all = n != 0;
    for (size_t i = 0; i < n && all; i++)
        all = is_creation(s[i]);
    return all;
}

static bool can_go(const struct relationship *s)
{
    return !s->busy && s->r.target_created && s->target != NULL && s->target->handles == 0 &&
           s->r.sync_type == REPLSVC_SYNC_TYPE_CLONE;
}

/* Whether there was no room for one of them, and all that belongs together can go; change is held. */
static bool to_be_taken_back(struct replsvc_service *svc, const replsvc_sync_ref ids[], size_t n)
{
    bool full = false;
    for (size_t i = 0; i < n; i++) {
        const struct relationship *s = object_by_id(svc, KIND_SYNC, ids[i].id);
        if (s == NULL || !can_go(s))
            return false;
        full = full || (s->r.copy_state == REPLSVC_COPY_STATE_BROKEN && s->r.error == -ENOSPC);
        for (size_t k = 0; s->parent != NULL && k < s->parent->r.n_pairs; k++) {
            const struct relationship *p = sync_pair(svc, s->parent, k);
            if (p == NULL || !can_go(p))
                return false;
        }
    }
    return full;
}

/* From here on a crash does not keep it. */
static void note_removal(struct change *c, struct relationship *s)
{
    struct sync_record *r = change_edit(c, &s->o);
    if (r != NULL)
        r->intent = INTENT_DELETE;
}

/* The ids of all that belongs to the first; NULL: no memory. */
static replsvc_sync_ref *family(const struct relationship *s, const replsvc_sync_ref ids[], size_t *n)
{
    const replsvc_sync_ref *from = s->parent != NULL ? s->parent->r.pairs : ids;
    *n = s->parent != NULL ? s->parent->r.n_pairs : *n;
    replsvc_sync_ref *all = mem_array(*n, sizeof(all[0]));
    if (all != NULL)
        memcpy(all, from, *n * sizeof(all[0]));
    return all;
}

void relationship_take_back(struct replsvc_service *svc, const replsvc_sync_ref ids[], size_t n)
{
    struct change c;
    replsvc_sync_ref *all = NULL;
    uint32_t ret = REPLSVC_FAILED;
    change_begin(&c, svc);
    if (n != 0 && to_be_taken_back(svc, ids, n))
        all = family(object_by_id(svc, KIND_SYNC, ids[0].id), ids, &n);
    for (size_t i = 0; all != NULL && i < n; i++)
        note_removal(&c, object_by_id(svc, KIND_SYNC, all[i].id));
    if (all != NULL)
        ret = change_save(&c);
    for (size_t i = 0; ret == REPLSVC_OK && i < n; i++) {
        struct relationship *s = object_by_id(svc, KIND_SYNC, all[i].id);
        s->busy = true;
        if (s->parent != NULL)
            s->parent->busy = true;
        relationship_apply_access(svc, s);
    }
    change_end(&c);
    for (size_t i = 0; ret == REPLSVC_OK && i < n; i++) {
        bool stopped;
        (void)relationship_work(svc, all[i].id, NULL, &stopped); /* or it goes at the next open */
    }
    mem_free(all);
}
