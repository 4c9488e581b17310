/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Failback: what was written to the targets goes back while hosts go on there; then the roles are as before.
 * All mirrors of a group turn round together, at one instant each time.
 */
#include "service/relationship_mirror.h"
#include "service/relationship_work.h"

#include <errno.h>

#include "util/alloc.h"
#include "util/fail.h"

/* Of all at once, so that a crash finds the whole group in one direction. */
static uint32_t record_reversed(struct replsvc_service *svc, struct relationship *const s[], size_t n,
                                bool reversed)
{
    struct change c;
    change_begin(&c, svc);
    for (size_t i = 0; i < n; i++) {
        struct sync_record *r = change_edit(&c, &s[i]->o);
        if (r == NULL)
            break;
        r->reversed = reversed;
        relationship_take_info(r, s[i]);
        if (!reversed) /* hosts come back to the source, and leave the target */
            relationship_set_state(&c, s[i], REPLSVC_COPY_STATE_UNSYNCHRONIZED, r->progress_status);
    }
    uint32_t ret = change_save(&c);
    for (size_t i = 0; i < n && ret == REPLSVC_OK; i++)
        relationship_apply_access(svc, s[i]);
    change_end(&c);
    return ret;
}

/* The mirrors of a group that fail back together, or the one. They are busy: they stay. */
struct together {
    struct relationship **s;
    size_t n;
};

static uint32_t all_of(struct work *f, struct together *t)
{
    struct relationship *g = f->s->parent;
    struct change c;
    t->s = mem_array(g != NULL ? g->r.n_pairs : 1, sizeof(struct relationship *));
    t->n = 0;
    if (t->s == NULL)
        return svc_fail(REPLSVC_FAILED, ENOMEM, NULL, "the failback of \"%s\" cannot be begun", f->s->r.name);
    change_begin(&c, f->svc);
    for (size_t i = 0; g != NULL && i < g->r.n_pairs; i++) {
        struct relationship *p = sync_pair(f->svc, g, i);
        if (p != NULL && p->r.intent == REPLSVC_OPERATION_FAILBACK && p->mirror != NULL)
            t->s[t->n++] = p;
    }
    change_end(&c);
    if (g == NULL)
        t->s[t->n++] = f->s;
    return REPLSVC_OK;
}

static bool roles_are_as_before(const struct relationship *s)
{
    return !s->r.reversed && s->r.copy_state == REPLSVC_COPY_STATE_UNSYNCHRONIZED;
}

/* All that do not copy in that direction yet turn round at one instant. */
static uint32_t turn(struct work *f, const struct together *t, bool reversed)
{
    struct relationship **turning = mem_array(t->n, sizeof(struct relationship *));
    size_t n = 0;
    if (turning == NULL)
        return svc_fail(REPLSVC_FAILED, ENOMEM, NULL, "the failback cannot go on");
    for (size_t i = 0; i < t->n; i++)
        if (t->s[i]->r.reversed != reversed && !(reversed && roles_are_as_before(t->s[i])))
            turning[n++] = t->s[i];
    int err = n != 0 ? relationship_mirrors_part(turning, n, !reversed) : 0;
    if (err == 0 && n != 0)
        err = relationship_mirrors_reverse(turning, n);
    uint32_t ret = err == 0 ? REPLSVC_OK : svc_fail_backend(err, NULL, "the direction could not be changed");
    if (ret == REPLSVC_OK && n != 0)
        ret = record_reversed(f->svc, turning, n, reversed);
    mem_free(turning);
    return ret;
}

/* Both sides alike, of each; *stopped by the caller: nothing more is done. */
static uint32_t fill_all(struct work *f, const struct together *t)
{
    struct relationship *own = f->s;
    int err = 0;
    for (size_t i = 0; i < t->n && err == 0; i++) {
        f->s = t->s[i];
        err = work_copy(f, relationship_mirror_fill);
    }
    f->s = own;
    return err == 0 || f->stopped ? REPLSVC_OK : svc_fail_backend(err, NULL, "the copy failed");
}

static uint32_t failback(struct work *f, const struct together *t)
{
    uint32_t ret = turn(f, t, true);
    if (ret == REPLSVC_OK)
        ret = fill_all(f, t);
    if (ret != REPLSVC_OK || f->stopped)
        return ret;
    for (size_t i = 0; i < t->n; i++)
        relationship_bar_target(f->svc, t->s[i]); /* from here on hosts are to come back to the source */
    ret = turn(f, t, false);
    if (ret == REPLSVC_OK)
        ret = fill_all(f, t);
    for (size_t i = 0; i < t->n && ret == REPLSVC_OK && !f->stopped; i++)
        ret = work_record_end(f->svc, t->s[i], REPLSVC_COPY_STATE_SYNCHRONIZED);
    return ret;
}

/* What was written to the targets goes back while hosts go on there; then the roles are as before. */
uint32_t work_failback(struct work *f)
{
    struct together t;
    uint32_t ret = all_of(f, &t);
    if (ret == REPLSVC_OK)
        ret = failback(f, &t);
    for (size_t i = 0; i < t.n && ret != REPLSVC_OK; i++)
        if (t.s[i]->r.intent != INTENT_NONE)
            (void)work_record_failure(f->svc, t.s[i], -EIO, "the failback");
    mem_free(t.s);
    return ret;
}
