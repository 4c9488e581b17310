/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Reverse Roles: source and target of mirrors change places for good, those of a group together. No data
 * moves.
 *
 *   Synchronized      hosts are kept from writing (relationship_access.c) while the last writes are shipped,
 *                     the roles change, and the mirror is in step again in the other direction
 *   Fractured, Split  both sides go on as they are
 *   Failedover        what hosts use is the source now, and the other side waits for a Resume (Suspended)
 *
 * The engine turns round first and the record follows. A crash in between finds them as they were: nothing
 * was written that one of the two directions would not know, for the sides are alike, or both are marked.
 */
#include "service/relationship_mirror.h"
#include "service/relationship_work.h"

#include <errno.h>
#include <string.h>

#include "util/alloc.h"
#include "util/fail.h"

/* The mirrors of the set that are, or are not, in that state. */
static struct together part_of(const struct together *t, struct relationship **room, bool in_step)
{
    struct together part = {.s = room, .n = 0};
    for (size_t i = 0; i < t->n; i++)
        if ((t->s[i]->r.copy_state == REPLSVC_COPY_STATE_SYNCHRONIZED) == in_step)
            part.s[part.n++] = t->s[i];
    return part;
}

/* Everything that was acknowledged is on both sides, which are apart. */
static uint32_t settle(struct work *f, const struct together *t)
{
    int err = -EAGAIN;
    while (err == -EAGAIN && t->n != 0) {
        uint32_t ret = work_fill_together(f, t);
        if (ret != REPLSVC_OK || f->stopped)
            return ret;
        err = relationship_mirrors_part(t->s, t->n, true);
    }
    return err == 0 || t->n == 0 ? REPLSVC_OK
                                 : svc_fail_backend(err, NULL, "the two sides could not be parted");
}

static void swap(char a[REPLSVC_REF_SIZE], char b[REPLSVC_REF_SIZE])
{
    char was[REPLSVC_REF_SIZE];
    memcpy(was, a, REPLSVC_REF_SIZE);
    memcpy(a, b, REPLSVC_REF_SIZE);
    memcpy(b, was, REPLSVC_REF_SIZE);
}

static void swap_one(struct change *c, struct relationship *s)
{
    struct sync_record *r = change_edit(c, &s->o);
    if (r == NULL)
        return;
    swap(r->source, r->target);
    r->reversed = false;
    r->target_created = r->target_zeroed = false;
    r->replica_state = MIRROR_APART;
    switch (r->copy_state) {
    case REPLSVC_COPY_STATE_SYNCHRONIZED: /* until it is known to be so in this direction */
        r->intent = INTENT_CATCH_UP;
        relationship_set_state(c, s, REPLSVC_COPY_STATE_UNSYNCHRONIZED, REPLSVC_PROGRESS_STATUS_RESYNCING);
        break;
    case REPLSVC_COPY_STATE_FAILEDOVER:
        relationship_set_state(c, s, REPLSVC_COPY_STATE_SUSPENDED,
                               relationship_resting(REPLSVC_COPY_STATE_SUSPENDED));
        relationship_rest(c, s);
        break;
    default:
        relationship_rest(c, s);
        break;
    }
}

static uint32_t record(struct work *f, const struct together *t)
{
    struct change c;
    struct relationship *g = f->s->parent;
    change_begin(&c, f->svc);
    for (size_t i = 0; i < t->n; i++)
        swap_one(&c, t->s[i]);
    struct sync_record *r = g != NULL ? change_edit(&c, &g->o) : NULL;
    if (r != NULL) {
        swap(r->source, r->target);
        relationship_update_group(&c, g, NULL);
    }
    uint32_t ret = change_save(&c);
    for (size_t i = 0; i < t->n && ret == REPLSVC_OK; i++) {
        if (t->s[i]->r.intent == INTENT_NONE)
            relationship_idle(f->svc, t->s[i]);
        relationship_apply_access(f->svc, t->s[i]);
    }
    change_end(&c);
    return ret;
}

/* One that fails back already has turned round in the engine. */
static int turn(const struct together *t, struct relationship **room)
{
    size_t n = 0;
    for (size_t i = 0; i < t->n; i++)
        if (!t->s[i]->r.reversed)
            room[n++] = t->s[i];
    int err = relationship_mirrors_part(t->s, t->n, false);
    return err == 0 && n != 0 ? relationship_mirrors_reverse(room, n) : err;
}

/* As recorded again; what cannot be turned back is loaded anew by whoever needs it. */
static void turn_back(struct work *f, const struct together *t, struct relationship **room)
{
    if (turn(t, room) != 0)
        for (size_t i = 0; i < t->n; i++)
            relationship_mirror_put(f->svc, t->s[i]);
}

static uint32_t reverse(struct work *f, const struct together *t, struct relationship **room)
{
    struct together in_step = part_of(t, room, true);
    uint32_t ret = settle(f, &in_step);
    if (ret != REPLSVC_OK || f->stopped)
        return ret;
    int err = turn(t, room);
    if (err != 0)
        return svc_fail_backend(err, NULL, "the roles could not be changed");
    ret = record(f, t);
    if (ret != REPLSVC_OK)
        turn_back(f, t, room);
    return ret;
}

/* In step again in the other direction. */
static uint32_t start_again(struct work *f, const struct together *t)
{
    uint32_t ret = REPLSVC_OK;
    struct relationship *own = f->s;
    for (size_t i = 0; i < t->n; i++) {
        f->s = t->s[i];
        if (f->s->r.intent == INTENT_CATCH_UP && work_fill(f) != REPLSVC_OK)
            ret = REPLSVC_FAILED;
    }
    f->s = own;
    return ret;
}

uint32_t work_reverse(struct work *f)
{
    struct together t;
    uint32_t ret = work_together(f, &t);
    struct relationship **room = ret == REPLSVC_OK ? mem_array(t.n, sizeof(struct relationship *)) : NULL;
    if (ret == REPLSVC_OK && room == NULL)
        ret = svc_fail(REPLSVC_FAILED, ENOMEM, NULL, "the roles could not be changed");
    if (ret == REPLSVC_OK)
        ret = reverse(f, &t, room);
    if (ret == REPLSVC_OK && !f->stopped)
        ret = start_again(f, &t);
    else if (ret != REPLSVC_OK)
        relationship_stay(f->svc, t.s, t.n);
    mem_free(room);
    work_together_free(&t);
    return ret;
}
