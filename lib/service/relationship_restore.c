/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Restore from Replica of mirrors. The mirrors of a group are restored together; each step is on record
 * before or after it such that a crash finds what can be gone on with:
 *
 *   1. the sides part, if they have not; `reversed` is recorded: the restore will be gone on with
 *   2. hosts of the source are shown the target, at one instant for all
 *   3. what differs is copied; both sides get what hosts write
 *   4. the mirrors are settled (mirror.h), the end is recorded, the source shows itself again
 *
 * A medium that fails on the way leaves the relationship Broken with its intent: hosts go on with the
 * target's content, and the restore is gone on with when it is asked for again, or when the service is
 * opened.
 */
#include "service/relationship_mirror.h"
#include "service/relationship_work.h"

#include <errno.h>

#include "util/alloc.h"
#include "util/fail.h"

uint32_t relationship_restore_mirrors(struct replsvc_service *svc, struct relationship *const s[], size_t n)
{
    int err = relationship_mirrors_part(s, n, false);
    uint32_t ret = err == 0 ? work_record_direction(svc, s, n, true, 0)
                            : svc_fail_backend(err, NULL, "\"%s\" cannot be parted", s[0]->r.name);
    if (ret != REPLSVC_OK)
        return ret;
    err = relationship_mirrors_restore(s, n);
    if (err == 0)
        return REPLSVC_OK;
    (void)work_record_direction(svc, s, n, false, 0);
    return svc_fail_backend(err, NULL, "\"%s\" cannot be restored", s[0]->r.name);
}

/* Those of the set for which that is not done. */
static uint32_t begin_rest(struct work *f, const struct together *t)
{
    struct relationship **rest = mem_array(t->n, sizeof(struct relationship *));
    size_t n = 0;
    if (rest == NULL)
        return svc_fail(REPLSVC_FAILED, ENOMEM, NULL, "the restore cannot go on");
    for (size_t i = 0; i < t->n; i++) {
        struct mirror_info info;
        mirror_get_info(t->s[i]->mirror, &info);
        if (!info.restoring || !t->s[i]->r.reversed)
            rest[n++] = t->s[i];
    }
    uint32_t ret = n != 0 ? relationship_restore_mirrors(f->svc, rest, n) : REPLSVC_OK;
    mem_free(rest);
    return ret;
}

/* The engine ends it next: what is recorded here is how it will be. */
static uint32_t record_end(struct work *f, const struct together *t)
{
    struct change c;
    change_begin(&c, f->svc);
    for (size_t i = 0; i < t->n; i++) {
        struct sync_record *r = change_edit(&c, &t->s[i]->o);
        if (r == NULL)
            break;
        relationship_take_info(r, t->s[i]);
        r->replica_state = MIRROR_APART;
        r->reversed = false;
        relationship_mend(&c, r);
        relationship_set_state(&c, t->s[i], REPLSVC_COPY_STATE_RESTORED,
                               relationship_resting(REPLSVC_COPY_STATE_RESTORED));
        relationship_rest(&c, t->s[i]);
    }
    if (f->s->parent != NULL)
        relationship_update_group(&c, f->s->parent, NULL);
    uint32_t ret = change_save(&c);
    change_end(&c);
    return ret;
}

static uint32_t end(struct work *f, const struct together *t)
{
    uint32_t ret = record_end(f, t);
    if (ret != REPLSVC_OK) {
        (void)relationship_mirrors_settle(t->s, t->n, false);
        return ret;
    }
    int err = relationship_mirrors_restored(t->s, t->n);
    struct change c;
    change_begin(&c, f->svc);
    for (size_t i = 0; i < t->n; i++) {
        relationship_idle(f->svc, t->s[i]);
        relationship_apply_access(f->svc, t->s[i]);
    }
    change_end(&c);
    return err == 0 ? REPLSVC_OK : svc_fail_backend(err, NULL, "the restore could not be ended");
}

static uint32_t restore(struct work *f, const struct together *t)
{
    uint32_t ret = begin_rest(f, t);
    int err = -EAGAIN;
    while (ret == REPLSVC_OK && err == -EAGAIN) { /* until none has come to differ again */
        ret = work_fill_together(f, t);
        if (ret != REPLSVC_OK || f->stopped)
            return ret;
        err = relationship_mirrors_settle(t->s, t->n, true);
    }
    if (ret == REPLSVC_OK && err != 0)
        ret = svc_fail_backend(err, NULL, "the restore could not be ended");
    return ret == REPLSVC_OK ? end(f, t) : ret;
}

/* Broken, but begun: there is no way back. */
static void record_failure(struct work *f, const struct together *t)
{
    replsvc_error why = *replsvc_last_error();
    struct change c;
    change_begin(&c, f->svc);
    for (size_t i = 0; i < t->n; i++) {
        struct relationship *s = t->s[i];
        relationship_break(&c, s, REPLSVC_COPY_STATE_BROKEN, why.system_errno != 0 ? -why.system_errno : -EIO,
                           why.message);
        if (!s->r.reversed)
            relationship_rest(&c, s);
    }
    bool saved = change_save(&c) == REPLSVC_OK;
    for (size_t i = 0; i < t->n; i++) {
        relationship_idle(f->svc, t->s[i]);
        if (saved)
            relationship_apply_access(f->svc, t->s[i]);
    }
    change_end(&c);
    (void)svc_fail(why.code, 0, NULL, "%s", why.message);
}

uint32_t work_restore_mirrors(struct work *f)
{
    struct together t;
    uint32_t ret = work_together(f, &t);
    if (ret == REPLSVC_OK)
        ret = restore(f, &t);
    if (ret != REPLSVC_OK && f->s->busy)
        record_failure(f, &t);
    work_together_free(&t);
    return ret;
}
