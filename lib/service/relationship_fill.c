/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Copies under way: bounded as CopyPriority and replsvc_sync_set_limit say, their progress told, stopped by
 * whoever may; and how work ends, well or not.
 */
#include "service/relationship_mirror.h"
#include "service/relationship_work.h"

#include <errno.h>
#include <string.h>

#include "util/fail.h"

/* CopyPriority Low leaves most of a disk to the hosts; Same and above are held by the service's bound only,
 * and all by what replsvc_sync_set_limit said. */
#define LOW_BYTES_PER_SECOND (UINT64_C(32) << 20)

static uint64_t bound_of(const struct sync_record *r)
{
    uint64_t low = r->copy_priority == REPLSVC_COPY_PRIORITY_LOW ? LOW_BYTES_PER_SECOND : 0;
    return low == 0 || (r->bytes_per_second != 0 && r->bytes_per_second < low) ? r->bytes_per_second : low;
}

static void tell_percent(struct replsvc_service *svc, struct relationship *s)
{
    uint16_t now = relationship_percent(svc, s), before = s->percent_told;
    if (now == before || s->r.hidden)
        return;
    s->percent_told = now;
    replsvc_event e = {.size = sizeof(e),
                       .kind = REPLSVC_EVENT_MODIFIED,
                       .object_kind = REPLSVC_OBJECT_SYNCHRONIZATION,
                       .property = REPLSVC_EVENT_PROPERTY_PERCENT_SYNCED,
                       .previous_value = before,
                       .value = now};
    memcpy(e.object, s->o.id, sizeof(e.object));
    event_queue_raise(svc->events, &e);
}

int work_check(void *user, uint64_t done, uint64_t total)
{
    struct work *f = user;
    __atomic_store_n(&f->s->bytes_now, done != 0 ? done : 1, __ATOMIC_RELAXED);
    model_read(f->svc);
    tell_percent(f->svc, f->s);
    if (f->s->parent != NULL)
        tell_percent(f->svc, f->s->parent);
    model_done(f->svc);
    int err = f->outer != NULL && f->outer->check != NULL ? f->outer->check(f->outer->user, done, total) : 0;
    f->stopped = err != 0;
    return err;
}

/* Also asks whether to go on with another bound. */
static int check_fill(void *user, uint64_t done, uint64_t total)
{
    struct work *f = user;
    int err = work_check(f, done, total);
    model_read(f->svc);
    f->rebound = err == 0 && bound_of(&f->s->r) != f->bound;
    model_done(f->svc);
    return f->rebound ? -EAGAIN : err;
}

int work_fill_replica(struct relationship *s, const struct engine_control *control)
{
    return replica_fill(s->replica, control);
}

static int fill_restored(struct relationship *s, const struct engine_control *control)
{
    return replica_restore_fill(s->replica, control);
}

int work_copy(struct work *f, int (*work)(struct relationship *, const struct engine_control *))
{
    struct engine_control control = {.check = check_fill, .user = f};
    int err;
    do {
        model_read(f->svc);
        f->bound = bound_of(&f->s->r);
        model_done(f->svc);
        f->rebound = false;
        control.bytes_per_second = f->bound;
        err = work(f->s, &control);
    } while (err == -EAGAIN && f->rebound);
    __atomic_store_n(&f->s->bytes_now, 0, __ATOMIC_RELAXED);
    return err;
}

/* Puts the end of the work into the record. */
uint32_t work_record_end(struct replsvc_service *svc, struct relationship *s, uint16_t copy_state)
{
    struct change c;
    change_begin(&c, svc);
    struct sync_record *r = change_edit(&c, &s->o);
    if (r != NULL) {
        relationship_take_info(r, s);
        relationship_mend(&c, r);
        relationship_set_state(&c, s, copy_state, relationship_resting(copy_state));
        relationship_rest(&c, s);
        if (s->parent != NULL) {
            relationship_update_group(&c, s->parent, NULL);
            relationship_completed(&c, s->parent);
        }
    }
    uint32_t ret = change_save(&c);
    relationship_idle(svc, s);
    if (ret == REPLSVC_OK)
        relationship_apply_access(svc, s);
    model_read(svc);
    tell_percent(svc, s);
    if (s->parent != NULL)
        tell_percent(svc, s->parent);
    model_done(svc);
    change_end(&c);
    return ret;
}

/* The work failed: the relationship is Broken, its source goes on. */
uint32_t work_record_failure(struct replsvc_service *svc, struct relationship *s, int err, const char *what)
{
    struct change c;
    change_begin(&c, svc); /* events may break it meanwhile: its record is read under the lock */
    uint32_t ret = svc_fail_backend(err, NULL, "%s of relationship \"%s\" failed", what, s->r.name);
    replsvc_error why = *replsvc_last_error();
    relationship_break(&c, s, REPLSVC_COPY_STATE_BROKEN, err, why.message);
    relationship_rest(&c, s);
    if (change_save(&c) == REPLSVC_OK)
        relationship_apply_access(svc, s);
    relationship_idle(svc, s);
    change_end(&c);
    (void)svc_fail(ret, 0, NULL, "%s", why.message);
    return ret == REPLSVC_INVALID_PARAMETER ? REPLSVC_FAILED : ret;
}

uint32_t work_fill(struct work *f)
{
    int err = work_copy(f, is_mirror(f->s) ? relationship_mirror_fill : work_fill_replica);
    if (err != 0 && f->stopped)
        return REPLSVC_OK;
    return err == 0 ? work_record_end(f->svc, f->s, REPLSVC_COPY_STATE_SYNCHRONIZED)
                    : work_record_failure(f->svc, f->s, err, "the copy");
}

uint32_t work_restore(struct work *f)
{
    struct replica_info info;
    replica_get_info(f->s->replica, &info);
    int err = info.state == REPLICA_RESTORING ? 0 : replica_restore_begin(f->s->replica);
    if (err == 0)
        err = work_copy(f, fill_restored);
    if (err != 0 && f->stopped)
        return REPLSVC_OK;
    return err == 0 ? work_record_end(f->svc, f->s, REPLSVC_COPY_STATE_RESTORED)
                    : work_record_failure(f->svc, f->s, err, "the restore");
}
