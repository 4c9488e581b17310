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
        /* In the end hosts come back to the source, and leave the target. */
        ret = work_record_direction(f->svc, turning, n, reversed,
                                    reversed ? 0 : REPLSVC_COPY_STATE_UNSYNCHRONIZED);
    mem_free(turning);
    return ret;
}

static uint32_t failback(struct work *f, const struct together *t)
{
    uint32_t ret = turn(f, t, true);
    if (ret == REPLSVC_OK)
        ret = work_fill_together(f, t);
    if (ret != REPLSVC_OK || f->stopped)
        return ret;
    for (size_t i = 0; i < t->n; i++)
        relationship_bar_target(f->svc, t->s[i]); /* from here on hosts are to come back to the source */
    ret = turn(f, t, false);
    if (ret == REPLSVC_OK)
        ret = work_fill_together(f, t);
    for (size_t i = 0; i < t->n && ret == REPLSVC_OK && !f->stopped; i++)
        ret = work_record_end(f->svc, t->s[i], REPLSVC_COPY_STATE_SYNCHRONIZED);
    return ret;
}

/* On their way back still: hosts go on with the targets, and a failback may be asked for again. */
static void stay_failed_over(struct replsvc_service *svc, struct relationship *s, const replsvc_error *why)
{
    struct change c;
    (void)relationship_mirrors_part(&s, 1, false);
    change_begin(&c, svc);
    struct sync_record *r = change_edit(&c, &s->o);
    if (r != NULL) {
        r->error = why->system_errno != 0 ? -why->system_errno : -EIO;
        change_string(&c, &r->error_message, why->message);
        relationship_take_info(r, s);
        relationship_set_state(&c, s, REPLSVC_COPY_STATE_FAILEDOVER,
                               relationship_resting(REPLSVC_COPY_STATE_FAILEDOVER));
        relationship_rest(&c, s);
        if (s->parent != NULL)
            relationship_update_group(&c, s->parent, NULL);
    }
    if (change_save(&c) == REPLSVC_OK)
        relationship_apply_access(svc, s);
    relationship_idle(svc, s);
    change_end(&c);
}

static void give_up(struct work *f, const struct together *t)
{
    replsvc_error why = *replsvc_last_error();
    for (size_t i = 0; i < t->n; i++) {
        if (t->s[i]->r.intent == INTENT_NONE)
            continue;
        if (t->s[i]->r.reversed)
            stay_failed_over(f->svc, t->s[i], &why);
        else
            (void)work_record_failure(f->svc, t->s[i], -EIO, "the failback");
    }
    (void)svc_fail(why.code, 0, NULL, "%s", why.message);
}

/* What was written to the targets goes back while hosts go on there; then the roles are as before. */
uint32_t work_failback(struct work *f)
{
    struct together t;
    uint32_t ret = work_together(f, &t);
    if (ret == REPLSVC_OK)
        ret = failback(f, &t);
    if (ret != REPLSVC_OK)
        give_up(f, &t);
    work_together_free(&t);
    return ret;
}
