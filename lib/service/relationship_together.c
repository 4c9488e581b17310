/* SPDX-License-Identifier: BSD-2-Clause */
/* The mirrors of a group that turn round together, and their direction on record. */
#include "service/relationship_mirror.h"
#include "service/relationship_work.h"

#include <errno.h>

#include "util/alloc.h"
#include "util/fail.h"

uint32_t work_together(struct work *f, struct together *t)
{
    struct relationship *g = f->s->parent;
    struct change c;
    *t = (struct together){.s = &t->one, .one = f->s, .n = 1};
    if (g == NULL)
        return REPLSVC_OK;
    struct relationship **all = mem_array(g->r.n_pairs, sizeof(struct relationship *));
    if (all == NULL)
        return svc_fail(REPLSVC_FAILED, ENOMEM, NULL, "what \"%s\" is to do cannot be begun", f->s->r.name);
    t->s = all;
    t->n = 0;
    change_begin(&c, f->svc);
    for (size_t i = 0; i < g->r.n_pairs; i++) {
        struct relationship *p = sync_pair(f->svc, g, i);
        if (p != NULL && p->r.intent == f->s->r.intent && p->mirror != NULL)
            t->s[t->n++] = p;
    }
    change_end(&c);
    return REPLSVC_OK;
}

void work_together_free(struct together *t)
{
    if (t->s != &t->one)
        mem_free(t->s);
}

uint32_t work_fill_together(struct work *f, const struct together *t)
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

uint32_t work_record_direction(struct replsvc_service *svc, struct relationship *const s[], size_t n,
                               bool reversed, uint16_t copy_state)
{
    struct change c;
    change_begin(&c, svc);
    for (size_t i = 0; i < n; i++) {
        struct sync_record *r = change_edit(&c, &s[i]->o);
        if (r == NULL)
            break;
        r->reversed = reversed;
        relationship_take_info(r, s[i]);
        if (copy_state != 0)
            relationship_set_state(&c, s[i], copy_state, r->progress_status);
    }
    uint32_t ret = change_save(&c);
    for (size_t i = 0; i < n && ret == REPLSVC_OK; i++)
        relationship_apply_access(svc, s[i]);
    change_end(&c);
    return ret;
}
