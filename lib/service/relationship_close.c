/* SPDX-License-Identifier: BSD-2-Clause */
/* Relationships when the service is opened and closed: jobs begin and end, what is whole is on record. */
#include "service/policies.h"
#include "service/quiesce.h"
#include "service/relationship_mirror.h"

#include "util/alloc.h"

uint32_t relationships_start(struct replsvc_service *svc)
{
    uint32_t ret = relationship_jobs_restore(svc);
    return ret == REPLSVC_OK ? policies_start(svc) : ret;
}

/* The open volumes of elements in relationships, held so that they stay open while their guards are taken. */
struct held {
    struct element *e;
    struct volume *v;
};

static struct held *hold_volumes(struct replsvc_service *svc, size_t *n)
{
    struct element *e;
    size_t cursor = 0;
    *n = 0;
    struct held *held = mem_array(hash_count(svc->by_id[KIND_ELEMENT]) + 1, sizeof(*held));
    while (held != NULL && (e = object_next(svc, KIND_ELEMENT, &cursor)) != NULL)
        if ((e->as_source != NULL || e->as_target != NULL) &&
            volume_get(svc->engine, e->o.id, NULL, 0, &held[*n].v) == 0)
            held[(*n)++].e = e;
    return held;
}

/* Nobody else is left but the engine's events, which neither add nor remove a relationship. */
static void put_mirrors(struct replsvc_service *svc)
{
    struct relationship *s;
    size_t cursor = 0;
    while ((s = object_next(svc, KIND_SYNC, &cursor)) != NULL)
        relationship_mirror_put(svc, s);
}

static void put_replicas(struct replsvc_service *svc)
{
    struct relationship *s;
    size_t cursor = 0;
    while ((s = object_next(svc, KIND_SYNC, &cursor)) != NULL) {
        struct change c;
        change_begin(&c, svc);
        struct replica *r = s->replica;
        s->replica = NULL;
        change_end(&c);
        if (r != NULL)
            replica_put(r);
    }
}

/* What was in step at the end is so at the next open, if it has not been loaded before. */
static void record_alike(struct change *c)
{
    struct relationship *s;
    size_t cursor = 0;
    while ((s = object_next(c->svc, KIND_SYNC, &cursor)) != NULL) {
        struct sync_record *r = s->closed_alike ? change_edit(c, &s->o) : NULL;
        if (r != NULL)
            r->alike_at_close = true;
    }
}

/* Everything written and nothing under way: from here on the media must stay as they are. */
static void record_guards(struct replsvc_service *svc)
{
    struct change c;
    size_t n;
    change_begin(&c, svc);
    struct held *held = hold_volumes(svc, &n);
    change_end(&c);
    put_mirrors(svc);
    change_begin(&c, svc);
    for (int pass = 0; pass < 2; pass++) /* what a source still had to write may go to its targets */
        for (size_t i = 0; i < n; i++)
            if (volume_settle(held[i].v) == 0 && pass == 1)
                element_guard_record(&c, held[i].e, held[i].v, GUARD_CLEAN);
    record_alike(&c);
    if (change_save(&c) != REPLSVC_OK)
        log_line(&svc->log, REPLSVC_LOG_WARNING, "the state of the images at closing could not be recorded");
    for (size_t i = 0; i < n; i++)
        volume_put(held[i].v);
    mem_free(held);
    change_end(&c);
}

void relationships_stop(struct replsvc_service *svc)
{
    struct change c;
    policies_stop(svc);
    change_begin(&c, svc);
    struct job_manager *jobs = svc->jobs;
    change_end(&c);
    job_manager_free(jobs);
    quiesce_finish(svc);
    change_begin(&c, svc);
    svc->jobs = NULL;
    change_end(&c);
    record_guards(svc);
    put_replicas(svc);
    engine_events_drain(svc->engine);
    relationship_tokens_free(svc);
}
