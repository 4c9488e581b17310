/* SPDX-License-Identifier: BSD-2-Clause */
/* The targets of mirrors that have failed or were missing, opened anew before they are taken up again. */
#include "service/relationship_mirror.h"

#include <errno.h>

/* From now on it may be written; one that was written by others since it was closed in order has nothing in
 * common with its source any more. */
static int take_guard(struct replsvc_service *svc, struct relationship *s)
{
    struct change c;
    struct element *e = s->target;
    struct volume *v = mirror_target(s->mirror);
    replsvc_backend_info now = {.size = sizeof(now)};
    int err = volume_backend_info(v, &now);
    change_begin(&c, svc);
    if (err == 0 && element_generation_differs(e, &now))
        err = mirror_mark_all(s->mirror);
    element_guard_record(&c, e, v, GUARD_OPEN);
    if (err == 0 && change_save(&c) != REPLSVC_OK)
        err = -EIO;
    change_end(&c);
    return err;
}

/* A medium that has failed or did not answer is opened anew; only one that is still that medium is taken. */
static int reach(struct replsvc_service *svc, struct relationship *s)
{
    struct mirror_info info;
    if (s->mirror == NULL || s->r.reversed)
        return 0;
    mirror_get_info(s->mirror, &info);
    struct volume *v = mirror_target(s->mirror);
    bool failed = volume_has_failed(v);
    if ((info.error == 0 && !failed) || (info.state != MIRROR_APART && info.state != MIRROR_IDLE))
        return 0;
    if (!failed && !relationship_out_of_reach(info.error) && volume_probe(v) == 0)
        return 0;
    const struct element_record *e = &s->target->r;
    int err = mirror_reopen_target(s->mirror, e->locator, e->identity != NULL ? e->identity : "");
    if (err == -EBUSY && !failed)
        return 0; /* one that is a source, too, goes on as it is */
    return err == 0 ? take_guard(svc, s) : err;
}

int relationship_mirrors_reach(struct replsvc_service *svc, struct relationship *const s[], size_t n)
{
    int err = 0;
    for (size_t i = 0; i < n && err == 0; i++)
        err = reach(svc, s[i]);
    return err;
}
