/* SPDX-License-Identifier: BSD-2-Clause */
/* See confirm.h. */
#include "service/confirm.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "service/relationship_mirror.h"
#include "service/relationship_work.h"
#include "service/settings.h"
#include "service/transitions.h"
#include "util/alloc.h"
#include "util/fail.h"

#define REFUSE(parameter, ...) svc_fail(REPLSVC_INVALID_PARAMETER, 0, parameter, parameter ": " __VA_ARGS__)

/* ---- the method ---- */

/* Only whether to repair can be asked for. */
static uint32_t read_settings(const char *text, bool *repair)
{
    replsvc_replication_settings s;
    size_t n;
    const struct setting_property *table = settings_table(&n);
    uint32_t ret = settings_parse(text, "ReplicationSettingData", &s);
    for (size_t i = 0; i < n && ret == REPLSVC_OK; i++) {
        uint64_t value;
        if (!settings_get(&s, &table[i], &value))
            continue;
        if (table[i].number != REPLSVC_SETTING_PROPERTY_COPYRECOVERYMODE)
            ret = svc_fail(REPLSVC_NOT_SUPPORTED, 0, "ReplicationSettingData",
                           "ReplicationSettingData: %s means nothing to ConfirmTargetData", table[i].name);
        *repair = value == REPLSVC_COPY_RECOVERY_MODE_AUTOMATIC;
    }
    return ret;
}

static uint32_t check(const struct relationship *s)
{
    if (s->busy)
        return svc_fail(REPLSVC_IN_USE, 0, "Synchronized", "Synchronized: \"%s\" is being worked on%s%s",
                        s->r.name, s->r.job[0] != '\0' ? " by " : "", s->r.job);
    if (s->r.copy_state != REPLSVC_COPY_STATE_SYNCHRONIZED &&
        s->r.copy_state != REPLSVC_COPY_STATE_UNSYNCHRONIZED)
        return REFUSE("Synchronized", "\"%s\" is %s; only a mirror at work is compared", s->r.name,
                      copy_state_name(s->r.copy_state));
    return REPLSVC_OK;
}

struct confirming {
    struct relationship *owner, **s;
    size_t n;
};

static uint32_t find(struct change *c, const struct confirm_request *q, struct confirming *a)
{
    uint32_t ret = sync_by_ref(c->svc, q->sync, "Synchronized", &a->owner);
    if (ret != REPLSVC_OK)
        return ret;
    struct relationship *o = a->owner;
    if (!is_mirror(o))
        return svc_fail(REPLSVC_NOT_SUPPORTED, 0, "Synchronized",
                        "Synchronized: the source of a %s has moved on: there is nothing to compare with",
                        sync_type_name(o->r.sync_type));
    a->s = mem_array(o->r.is_group ? o->r.n_pairs : 1, sizeof(a->s[0]));
    if (a->s == NULL)
        return svc_fail(REPLSVC_FAILED, ENOMEM, NULL, "the comparison cannot be begun");
    for (size_t i = 0; o->r.is_group && i < o->r.n_pairs; i++)
        a->s[a->n++] = sync_pair(c->svc, o, i);
    if (!o->r.is_group)
        a->s[a->n++] = o;
    for (size_t i = 0; i < a->n && ret == REPLSVC_OK; i++)
        ret = check(a->s[i]);
    for (size_t i = 0; i < a->n && ret == REPLSVC_OK; i++)
        ret = relationship_need(c, a->s[i]);
    return ret;
}

static void note(struct change *c, struct relationship *s, bool repair)
{
    struct sync_record *r = change_edit(c, &s->o);
    if (r == NULL)
        return;
    r->intent = INTENT_VERIFY;
    r->intent_force = repair;
}

static uint32_t begin(struct replsvc_service *svc, const struct confirm_request *q, bool repair,
                      struct job **job, char id[REPLSVC_REF_SIZE])
{
    struct change c;
    struct confirming a = {0};
    change_begin(&c, svc);
    uint32_t ret = find(&c, q, &a);
    for (size_t i = 0; i < a.n && ret == REPLSVC_OK; i++)
        note(&c, a.s[i], repair);
    if (ret == REPLSVC_OK && a.owner->r.is_group)
        note(&c, a.owner, repair);
    if (ret == REPLSVC_OK)
        ret = relationship_job_make(&c, "ConfirmTargetData", a.owner, a.s, a.n, job);
    if (ret == REPLSVC_OK)
        ret = change_save(&c);
    for (size_t i = 0; i < a.n && ret == REPLSVC_OK; i++)
        a.s[i]->busy = true;
    if (ret == REPLSVC_OK) {
        a.owner->busy = true;
        memcpy(id, job_id(*job), REPLSVC_REF_SIZE);
    }
    change_end(&c);
    mem_free(a.s);
    if (ret != REPLSVC_OK && *job != NULL)
        job_discard(*job);
    return ret;
}

/* As the job ended. */
static uint32_t result(struct replsvc_service *svc, const char *job)
{
    replsvc_job_info info = {.size = sizeof(info)};
    if (jobs_get_info(svc->jobs, job, &info) != REPLSVC_OK || info.error_code == REPLSVC_OK)
        return REPLSVC_OK;
    return svc_fail(info.error_code, 0, NULL, "%s", info.error_description);
}

uint32_t confirm_target_data(struct replsvc_service *svc, const struct confirm_request *q)
{
    struct job *job = NULL;
    char id[REPLSVC_REF_SIZE] = "";
    bool repair = false;
    if (q->job != NULL)
        q->job->id[0] = '\0';
    if (q->elsewhere_parameter != NULL)
        return svc_fail(REPLSVC_NOT_SUPPORTED, 0, q->elsewhere_parameter, "%s: it is not supported here",
                        q->elsewhere_parameter);
    if (q->wait_us < 0)
        return REFUSE("WaitTime", "%" PRId64 " is less than nothing", q->wait_us);
    uint32_t ret = read_settings(q->settings, &repair);
    if (ret == REPLSVC_OK)
        ret = begin(svc, q, repair, &job, id);
    if (ret != REPLSVC_OK)
        return ret;
    job_start(job);
    if (q->job != NULL)
        memcpy(q->job->id, id, sizeof(id));
    if (q->wait_us == 0)
        return REPLSVC_JOB_STARTED;
    ret = jobs_wait(svc->jobs, id, (q->wait_us + 999) / 1000);
    if (ret == REPLSVC_TIMEOUT)
        return ret;
    ret = result(svc, id);
    if (ret == REPLSVC_OK && q->job != NULL)
        q->job->id[0] = '\0';
    return ret;
}

/* ---- the work ---- */

/* What is known to differ is marked, and waits for a copy. */
static uint32_t record_differing(struct work *f, const char *text)
{
    struct change c;
    struct relationship *s = f->s;
    change_begin(&c, f->svc);
    struct sync_record *r = change_edit(&c, &s->o);
    if (r != NULL) {
        relationship_take_info(r, s);
        change_string(&c, &r->error_message, text);
        relationship_set_state(&c, s, REPLSVC_COPY_STATE_UNSYNCHRONIZED,
                               REPLSVC_PROGRESS_STATUS_REQUIRES_RESYNC);
        relationship_rest(&c, s);
        if (s->parent != NULL)
            relationship_update_group(&c, s->parent, NULL);
    }
    if (change_save(&c) == REPLSVC_OK)
        relationship_apply_access(f->svc, s);
    relationship_idle(f->svc, s);
    change_end(&c);
    return svc_fail(REPLSVC_FAILED, 0, NULL, "%s", text);
}

static int verify(struct work *f, struct mirror_verify *v)
{
    struct engine_control control = {.check = work_check, .user = f};
    struct mirror_info info;
    mirror_get_info(f->s->mirror, &info);
    /* After a restart, or because a write failed: what is marked is copied and not compared. */
    int err = info.state != MIRROR_IN_SYNC && v->repair ? work_copy(f, relationship_mirror_fill) : 0;
    if (err == 0)
        err = mirror_verify(f->s->mirror, v, &control);
    __atomic_store_n(&f->s->bytes_now, 0, __ATOMIC_RELAXED);
    return err;
}

uint32_t work_verify(struct work *f)
{
    struct relationship *s = f->s;
    struct mirror_verify v = {.repair = true};
    char text[400], name[REPLSVC_NAME_SIZE];
    bool repair = s->r.intent_force;
    int err = verify(f, &v);
    if (err != 0 && f->stopped)
        return REPLSVC_OK;
    if (err != 0)
        return work_record_failure(f->svc, s, err, "the comparison");
    (void)snprintf(name, sizeof(name), "%s", s->r.name); /* it may go when it is at rest */
    if (v.bytes_different != 0 && !repair) {
        (void)snprintf(text, sizeof(text),
                       "the target of \"%s\" differs from its source in %" PRIu64
                       " bytes, the first of them at offset %" PRIu64,
                       name, v.bytes_different, v.first_different);
        return record_differing(f, text);
    }
    err = work_copy(f, relationship_mirror_fill);
    if (err != 0 && f->stopped)
        return REPLSVC_OK;
    if (err != 0)
        return work_record_failure(f->svc, s, err, "the repair");
    uint32_t ret = work_record_end(f->svc, s, REPLSVC_COPY_STATE_SYNCHRONIZED);
    if (ret == REPLSVC_OK && v.bytes_different != 0)
        (void)svc_fail(REPLSVC_OK, 0, NULL,
                       "the target of \"%s\" differed from its source in %" PRIu64
                       " bytes, the first of them at offset %" PRIu64 "; they were copied",
                       name, v.bytes_different, v.first_different);
    return ret;
}
