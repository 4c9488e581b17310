/* SPDX-License-Identifier: BSD-2-Clause */
/* Counters; see statistics.h. */
#include "service/statistics.h"

#include <string.h>

#include "engine/mirror.h"
#include "engine/statistics.h"
#include "service/objects.h"
#include "util/alloc.h"

/* ---- keeping them ---- */

void element_keep_counters(struct element *e, struct volume *v)
{
    struct volume_statistics *counters = atomic_load(&e->counters);
    volume_count_in(v, &counters);
    atomic_store(&e->counters, counters);
}

struct sync_statistics *relationship_counters(struct relationship *s)
{
    struct sync_statistics *counters = atomic_load(&s->counters);
    if (counters == NULL) {
        counters = sync_statistics_new();
        atomic_store(&s->counters, counters);
    }
    return counters;
}

/* ---- elements ---- */

uint32_t element_get_statistics(struct replsvc_service *svc, const replsvc_element_ref *element,
                                replsvc_element_statistics *statistics)
{
    replsvc_element_statistics filled = {.size = sizeof filled};
    struct element *e;
    model_read(svc);
    uint32_t ret = element_by_ref(svc, element, "element", &e);
    struct volume_statistics *counters = ret ? NULL : atomic_load(&e->counters);
    if (counters)
        volume_statistics_read(counters, &filled);
    if (counters)
        engine_look_at_volume(svc->engine, e->o.id, &filled);
    if (ret == REPLSVC_OK)
        filled.openers = e->handles;
    model_done(svc);
    return ret ? ret : info_out(statistics, &filled, sizeof filled, "statistics");
}

/* ---- relationships ---- */

/* What the engine has of it now. `change` is held: nobody takes it away meanwhile. */
static void look_at_engine(struct relationship *s)
{
    struct replica_info replica;
    struct mirror_info mirror;
    uint64_t marked = 0, memory = 0;
    if (s->replica != NULL) {
        replica_get_info(s->replica, &replica);
        uint64_t bytes = s->r.sync_type == REPLSVC_SYNC_TYPE_SNAPSHOT ? replica.bytes_present
                         : replica.state == REPLICA_ACTIVE ? replica.bytes_total - replica.bytes_present
                                                           : replica.bytes_to_restore;
        marked = s->r.region_size ? (bytes + s->r.region_size - 1) / s->r.region_size : 0;
        memory = replica.map_memory;
    } else if (s->mirror != NULL) {
        mirror_get_info(s->mirror, &mirror);
        marked = s->r.region_size ? (mirror.bytes_differing + s->r.region_size - 1) / s->r.region_size : 0;
        memory = mirror.map_memory;
    }
    atomic_store(&s->regions_marked, marked);
    atomic_store(&s->map_memory, memory);
}

/* job: the one that works on it, if any. */
static void add_pair(struct relationship *s, bool look, replsvc_sync_statistics *out, replsvc_job_ref *job)
{
    struct sync_statistics *counters = atomic_load(&s->counters);
    if (counters != NULL)
        sync_statistics_read(counters, out);
    if (look)
        look_at_engine(s);
    out->regions_marked += atomic_load(&s->regions_marked);
    out->map_memory += atomic_load(&s->map_memory);
    if (s->r.job[0])
        memcpy(job->id, s->r.job, sizeof job->id);
}

uint32_t sync_get_statistics(struct replsvc_service *svc, const replsvc_sync_ref *sync,
                             replsvc_sync_statistics *statistics)
{
    replsvc_sync_statistics filled = {.size = sizeof filled};
    struct relationship *s;
    replsvc_job_ref job = {""};
    replsvc_job_info work = {.size = sizeof work};
    bool look = pthread_mutex_trylock(&svc->change) == 0;
    model_read(svc);
    uint32_t ret = sync_by_ref(svc, sync, "synchronization", &s);
    if (ret == REPLSVC_OK) {
        filled.bytes_per_second_limit = s->r.bytes_per_second;
        if (!s->r.is_group)
            add_pair(s, look, &filled, &job);
        for (size_t i = 0; s->r.is_group && i < s->r.n_pairs; i++) {
            struct relationship *p = sync_pair(svc, s, i);
            if (p != NULL)
                add_pair(p, look, &filled, &job);
        }
    }
    model_done(svc);
    if (look)
        pthread_mutex_unlock(&svc->change);
    /* The pairs of a group have one job together. */
    if (job.id[0] && jobs_get_info(svc->jobs, job.id, &work) == REPLSVC_OK &&
        work.job_state == REPLSVC_JOB_STATE_RUNNING)
        filled.bytes_per_second = work.bytes_per_second;
    return ret ? ret : info_out(statistics, &filled, sizeof filled, "statistics");
}

/* ---- the service ---- */

static uint64_t count(struct replsvc_service *svc, enum object_kind kind)
{
    size_t cursor = 0;
    uint64_t n = 0;
    struct object *o;
    while ((o = object_next(svc, kind, &cursor)) != NULL)
        n += object_visible(o);
    return n;
}

uint32_t service_get_statistics(struct replsvc_service *svc, replsvc_service_statistics *statistics)
{
    replsvc_service_statistics filled = {.size = sizeof filled};
    model_read(svc);
    filled.elements = count(svc, KIND_ELEMENT);
    filled.groups = count(svc, KIND_GROUP);
    filled.synchronizations = count(svc, KIND_SYNC);
    model_done(svc);
    jobs_count(svc->jobs, &filled);
    event_queue_count(svc->events, &filled.events_sent, &filled.events_lost);
    store_count(svc->store, &filled.state_commits, &filled.state_bytes, &filled.checkpoints);
    engine_get_cut_pause(svc->engine, &filled.cut_pause);
    filled.memory_bytes = mem_in_use();
    return info_out(statistics, &filled, sizeof filled, "statistics");
}
