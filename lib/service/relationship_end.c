/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How relationships end: their data flow (Deactivate, Abort, Reset), or they themselves (Detach, Dissolve,
 * Return To ResourcePool, what was taken back).
 */
#include "service/relationship_mirror.h"
#include "service/relationship_work.h"

#include <string.h>

uint32_t work_deactivate(struct work *f, uint16_t copy_state)
{
    struct engine_control control = {.check = work_check, .user = f};
    int err = !is_mirror(f->s)                           ? replica_deactivate(f->s->replica, &control)
              : copy_state == REPLSVC_COPY_STATE_ABORTED ? relationship_mirrors_part(&f->s, 1, false)
                                                         : relationship_mirrors_deactivate(&f->s, 1);
    if (err != 0 && f->stopped)
        return REPLSVC_OK;
    __atomic_store_n(&f->s->bytes_now, 0, __ATOMIC_RELAXED);
    return err == 0 ? work_record_end(f->svc, f->s, copy_state)
                    : work_record_failure(f->svc, f->s, err, "the deactivation");
}

uint32_t work_reset(struct work *f)
{
    int err = replica_reset(f->s->replica);
    return err == 0 ? work_record_end(f->svc, f->s, REPLSVC_COPY_STATE_SYNCHRONIZED)
                    : work_record_failure(f->svc, f->s, err, "the reset");
}

static void end_access(struct replsvc_service *svc, const struct element *e)
{
    struct volume *v;
    if (e == NULL || volume_get(svc->engine, e->o.id, NULL, 0, &v) != 0)
        return;
    volume_set_access(v, relationships_access(e));
    volume_put(v);
}

/* Out of the model, and its target's image if it goes. */
static uint32_t delete_record(struct replsvc_service *svc, struct relationship *s, bool with_target)
{
    struct change c;
    char group[REPLSVC_REF_SIZE];
    change_begin(&c, svc);
    struct element *target = s->target, *source = s->source;
    memcpy(group, s->r.group, sizeof(group));
    relationship_delete(&c, s, with_target);
    uint32_t ret = change_save(&c);
    if (ret != REPLSVC_OK) {
        s->leaving = false; /* the engine no longer has it; what asks again, or the next open, ends it */
        relationship_idle(svc, s);
        change_end(&c);
        return ret;
    }
    struct relationship *parent = object_by_id(svc, KIND_SYNC, group); /* s is gone; perhaps it is, too */
    struct relationship *pair = parent != NULL ? sync_pair(svc, parent, 0) : NULL;
    if (pair != NULL && !pair->busy)
        relationship_idle(svc, pair);
    end_access(svc, source);
    end_access(svc, with_target ? NULL : target);
    if (with_target && target != NULL)
        elements_discard(&c, &target, 1);
    change_end(&c);
    return REPLSVC_OK;
}

/* What the engine has of it, taken out of everybody's sight while it goes. */
struct hidden {
    struct replica *replica;
    struct mirror *mirror;
};

static struct hidden hide(struct replsvc_service *svc, struct relationship *s, struct hidden back)
{
    struct change c;
    change_begin(&c, svc);
    struct hidden h = {s->replica, s->mirror};
    s->replica = back.replica;
    relationship_set_mirror(svc, s, back.mirror);
    s->leaving = back.replica == NULL && back.mirror == NULL;
    change_end(&c);
    return h;
}

uint32_t work_remove(struct work *f, bool with_target)
{
    struct engine_control control = {.check = work_check, .user = f};
    struct relationship *s = f->s;
    struct hidden h = hide(f->svc, s, (struct hidden){0});
    int err = h.mirror != NULL    ? relationship_mirror_remove(f->svc, s, h.mirror)
              : h.replica != NULL ? replica_remove(h.replica, &control)
                                  : 0;
    if (err == 0)
        return delete_record(f->svc, s, with_target);
    (void)hide(f->svc, s, h);
    return f->stopped ? REPLSVC_OK : work_record_failure(f->svc, s, err, "the removal");
}

/* A snapshot is made complete first: what it reads from its source, it copies. */
uint32_t work_detach(struct work *f)
{
    struct relationship *s = f->s;
    struct replica_info info;
    int err = 0;
    if (is_mirror(s) && s->mirror != NULL)
        (void)relationship_mirrors_part(&f->s, 1, s->r.copy_state == REPLSVC_COPY_STATE_SYNCHRONIZED);
    if (s->replica == NULL)
        return work_remove(f, false);
    replica_get_info(s->replica, &info);
    if (s->r.sync_type == REPLSVC_SYNC_TYPE_SNAPSHOT && info.state == REPLICA_ACTIVE)
        err = replica_detach_begin(s->replica);
    replica_get_info(s->replica, &info);
    if (err == 0 && info.state == REPLICA_DETACHING)
        err = work_copy(f, work_fill_replica);
    if (err != 0 && f->stopped)
        return REPLSVC_OK;
    if (err != 0)
        return work_record_failure(f->svc, s, err, "the detachment");
    return work_remove(f, false);
}
