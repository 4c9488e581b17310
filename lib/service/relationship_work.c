/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The work that a relationship's intent asks for: see the table in relationship.h. Everything here is done
 * on busy relationships, whose objects stay and whose replicas nobody else touches; `change` is taken for
 * looking and recording only. Each step can be begun again after a crash between any two of them.
 */
#include "service/relationship_mirror.h"
#include "service/relationship_work.h"

#include <errno.h>

uint16_t relationship_mode_after(uint16_t operation)
{
    switch (operation) {
    case REPLSVC_OPERATION_RESET_TO_SYNC:
        return REPLSVC_MODE_SYNCHRONOUS;
    case REPLSVC_OPERATION_RESET_TO_ASYNC:
        return REPLSVC_MODE_ASYNCHRONOUS;
    case REPLSVC_OPERATION_RESET_TO_ADAPTIVE:
        return REPLSVC_MODE_ADAPTIVE;
    default:
        return 0;
    }
}

static uint32_t work_part(struct work *f, uint16_t copy_state, bool settled)
{
    struct mirror_info info;
    mirror_get_info(f->s->mirror, &info);
    /* Begun again after a crash: what was alike has to be found so first. */
    int err = settled && info.state == MIRROR_COPYING ? work_copy(f, relationship_mirror_fill) : 0;
    if (err != 0 && f->stopped)
        return REPLSVC_OK;
    if (err == 0)
        err = relationship_mirrors_part(&f->s, 1, settled);
    return err == 0 ? work_record_end(f->svc, f->s, copy_state)
                    : work_record_failure(f->svc, f->s, err, "parting the two sides");
}

/* A mirror that was at work when the service ended. One that had broken stays so. */
static uint32_t work_catch_up(struct work *f)
{
    struct mirror_info info;
    mirror_get_info(f->s->mirror, &info);
    if (info.error != 0) {
        replsvc_backend_set_error("%s", info.error_text);
        return work_record_failure(f->svc, f->s, info.error, "the mirror");
    }
    return work_fill(f);
}

/* The engine has the mode already, or gets it (again) now. */
static uint32_t work_mode(struct work *f, uint16_t mode)
{
    struct relationship *s = f->s;
    int err = relationship_mirrors_set_mode(&s, 1, mode);
    if (err != 0)
        return work_record_failure(f->svc, s, err, "the change of mode");
    struct mirror_info info;
    struct change c;
    mirror_get_info(s->mirror, &info);
    change_begin(&c, f->svc);
    struct relationship *both[] = {s, s->parent};
    for (size_t i = 0; i < 2; i++) {
        struct sync_record *r = both[i] != NULL ? change_edit(&c, &both[i]->o) : NULL;
        if (r == NULL)
            continue;
        r->mode = mode;
        r->copy_type = mode == REPLSVC_MODE_SYNCHRONOUS ? REPLSVC_COPY_TYPE_SYNC : REPLSVC_COPY_TYPE_ASYNC;
    }
    /* What had not been shipped yet when writes began to go to both sides is copied. */
    if (info.state == MIRROR_COPYING && s->r.copy_state == REPLSVC_COPY_STATE_SYNCHRONIZED) {
        relationship_set_state(&c, s, REPLSVC_COPY_STATE_UNSYNCHRONIZED, REPLSVC_PROGRESS_STATUS_RESYNCING);
        if (s->parent != NULL)
            relationship_update_group(&c, s->parent, NULL);
    }
    uint32_t ret = change_save(&c);
    change_end(&c);
    if (ret != REPLSVC_OK)
        return ret;
    /* As a copy that gave way goes on. */
    return s->r.copy_state == REPLSVC_COPY_STATE_UNSYNCHRONIZED ? work_fill(f)
                                                                : work_record_end(f->svc, s, s->r.copy_state);
}

static uint32_t work_on(struct work *f)
{
    const struct sync_record *r = &f->s->r;
    if (relationship_mode_after(r->intent) != 0)
        return work_mode(f, relationship_mode_after(r->intent));
    switch (r->intent) {
    case INTENT_CATCH_UP:
        return work_catch_up(f);
    case INTENT_VERIFY:
        return work_verify(f);
    case REPLSVC_OPERATION_SUSPEND:
        return work_part(f, REPLSVC_COPY_STATE_SUSPENDED, false);
    case REPLSVC_OPERATION_FRACTURE:
        return work_part(f, REPLSVC_COPY_STATE_FRACTURED, false);
    case REPLSVC_OPERATION_SPLIT:
        return work_part(f, REPLSVC_COPY_STATE_SPLIT, true);
    case REPLSVC_OPERATION_FAILOVER:
        return work_part(f, REPLSVC_COPY_STATE_FAILEDOVER, false);
    case REPLSVC_OPERATION_FAILBACK:
        return work_failback(f);
    case INTENT_CREATE:
        return work_fill(f);
    case REPLSVC_OPERATION_ACTIVATE:
    case REPLSVC_OPERATION_RESYNC_REPLICA:
    case REPLSVC_OPERATION_RESUME:
        return work_fill(f);
    case REPLSVC_OPERATION_RESTORE_FROM_REPLICA:
        return is_mirror(f->s) ? work_restore_mirrors(f) : work_restore(f);
    case REPLSVC_OPERATION_REVERSE_ROLES:
        return work_reverse(f);
    case REPLSVC_OPERATION_DETACH:
        return work_detach(f);
    case REPLSVC_OPERATION_DISSOLVE:
        return work_remove(f, false);
    case INTENT_DELETE:
        return work_remove(f, r->target_created);
    case REPLSVC_OPERATION_RETURN_TO_RESOURCEPOOL:
        return work_remove(f, f->s->target != NULL && f->s->target->r.created_by_service);
    case REPLSVC_OPERATION_DEACTIVATE:
        return work_deactivate(f, REPLSVC_COPY_STATE_INACTIVE);
    case REPLSVC_OPERATION_ABORT:
        return work_deactivate(f, REPLSVC_COPY_STATE_ABORTED);
    case REPLSVC_OPERATION_RESET_REPLICA:
        return work_reset(f);
    default:
        return work_record_failure(f->svc, f->s, -EUCLEAN, "an operation that this version does not know");
    }
}

uint32_t relationship_work(struct replsvc_service *svc, const char *id, const struct engine_control *control,
                           bool *stopped)
{
    struct change c;
    struct work f = {.svc = svc, .outer = control};
    *stopped = false;
    change_begin(&c, svc);
    struct relationship *s = object_by_id(svc, KIND_SYNC, id);
    uint32_t ret = REPLSVC_OK;
    bool work = s != NULL && s->r.intent != INTENT_NONE;
    if (work && !relationship_loaded(s) && s->r.replica_state != 0) {
        ret = relationship_need(&c, s);
        if (relationship_goes_without_media(s->r.intent))
            ret = REPLSVC_OK;
        if (ret != REPLSVC_OK)
            relationship_idle(svc, s); /* its intent stays: whoever asks again begins again */
    }
    change_end(&c);
    if (ret != REPLSVC_OK || !work)
        return ret;
    f.s = s;
    if (relationship_uncut(s))
        ret = relationship_begin_again(svc, &s, 1);
    if (ret == REPLSVC_OK && s->busy)
        ret = work_on(&f);
    *stopped = f.stopped;
    return ret;
}
