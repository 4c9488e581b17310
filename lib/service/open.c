/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Opening and closing the service. Opening reads the records, links them, starts engine and job manager,
 * and finishes what a crash left half done; no medium is touched for an element that is whole. Closing
 * does the reverse, and waits for nobody: a service whose volumes are still open (a mistake of the caller)
 * lives on until the last of them is closed, so that hosts never write into freed memory.
 */
#include "service/objects.h"
#include "service/quiesce.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "registry/registry.h"
#include "service/entity.h"
#include "util/alloc.h"
#include "util/fail.h"
#include "util/id.h"

#define SERVICE_ID "service"
#define KNOWN_FLAGS (REPLSVC_SERVICE_MUST_EXIST | REPLSVC_SERVICE_NO_OVERLAY | REPLSVC_SERVICE_NO_IO_URING)
#define MAX_EVENTS (UINT32_C(1) << 20)
#define MAX_THREADS 1024u
#define DEFAULT_OVERLAY (UINT64_C(64) << 20)

/* ---- options ---- */

static uint32_t bad_option(const char *name, const char *rule)
{
    return svc_fail(REPLSVC_INVALID_PARAMETER, 0, "options", "options: %s %s", name, rule);
}

static uint32_t check_options(replsvc_service_options *o, const replsvc_service_options *given)
{
    uint32_t ret = options_in(o, sizeof *o, given, "options");
    if (ret)
        return ret;
    if (o->flags & ~KNOWN_FLAGS)
        return bad_option("flags", "has a bit that means nothing");
    if (o->worker_threads > MAX_THREADS)
        return bad_option("worker_threads", "is more than 1024");
    if (o->event_queue_length > MAX_EVENTS)
        return bad_option("event_queue_length", "is more than 1048576");
    if (o->wait_timeout_ms < 0)
        return bad_option("wait_timeout_ms", "is negative");
    if (o->region_size && (o->region_size < 4096 || (o->region_size & (o->region_size - 1))))
        return bad_option("region_size", "is not a power of two from 4096 on");
    if (o->log_level > REPLSVC_LOG_DEBUG)
        return bad_option("log_level", "is not a level");
    if (o->instance_encoding > REPLSVC_ENCODING_CIM_XML)
        return bad_option("instance_encoding", "is not an encoding");
    if (o->reserved_2)
        return bad_option("reserved_2", "is not 0");
    if (o->instance_encoding == 0)
        o->instance_encoding = REPLSVC_ENCODING_MOF;
    if (o->event_queue_length == 0)
        o->event_queue_length = 1024;
    if (o->region_size == 0)
        o->region_size = 65536;
    if (o->overlay_bytes == 0)
        o->overlay_bytes = DEFAULT_OVERLAY;
    if (o->flags & REPLSVC_SERVICE_NO_OVERLAY)
        o->overlay_bytes = 0;
    if (o->log_level == 0)
        o->log_level = REPLSVC_LOG_WARNING;
    if (o->quiesce_timeout_ms == 0)
        o->quiesce_timeout_ms = 10000;
    return REPLSVC_OK;
}

/* ---- the struct ---- */

static void service_free(struct replsvc_service *svc)
{
    if (!svc)
        return;
    indexes_free(svc);
    event_queue_free(svc->events);
    quiesce_destroy(svc);
    pthread_cond_destroy(&svc->changed);
    pthread_mutex_destroy(&svc->control_lock);
    pthread_mutex_destroy(&svc->wait_lock);
    pthread_rwlock_destroy(&svc->model);
    pthread_mutex_destroy(&svc->change);
    mem_free(svc);
}

static struct replsvc_service *service_alloc(const replsvc_service_options *options)
{
    struct replsvc_service *svc = mem_zalloc(sizeof *svc);
    if (!svc)
        return NULL;
    if (quiesce_init(svc)) {
        mem_free(svc);
        return NULL;
    }
    pthread_condattr_t attr;
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_mutex_init(&svc->change, NULL);
    pthread_rwlock_init(&svc->model, NULL);
    pthread_mutex_init(&svc->wait_lock, NULL);
    pthread_mutex_init(&svc->control_lock, NULL);
    pthread_cond_init(&svc->changed, &attr);
    pthread_condattr_destroy(&attr);
    svc->options = *options;
    svc->log = (struct log){options->log, options->log_record, options->log_user, options->log_level};
    if (indexes_new(svc) || event_queue_new(options->event_queue_length, &svc->events)) {
        service_free(svc);
        return NULL;
    }
    return svc;
}

/* ---- the records ---- */

/* What went wrong while records were read. */
struct loading {
    struct replsvc_service *svc;
    int err;
    char id[REPLSVC_REF_SIZE];
    char dangling[REPLSVC_REF_SIZE];
};

static int load_record(void *user, uint8_t kind, const char *id, const void *blob, size_t len)
{
    struct loading *l = user;
    const struct kind *k = kind_of((enum object_kind)kind);
    struct object *o = object_alloc((enum object_kind)kind);
    int r = o ? 0 : -ENOMEM;
    if (r == 0 && strlen(id) >= sizeof o->id)
        r = -EUCLEAN;
    if (r == 0) {
        memcpy(o->id, id, strlen(id));
        r = record_decode(k->fields, k->n_fields, object_record(o), blob, len);
    }
    if (r == 0)
        r = indexes_reserve(l->svc, (enum object_kind)kind, 1, 0);
    if (r) {
        object_free(o);
        l->err = r;
        (void)snprintf(l->id, sizeof l->id, "%s", id);
        return r;
    }
    index_add(l->svc, o);
    return 0;
}

/* Links every object of a kind; false: one names something that is not there. */
static bool link_kind(struct loading *l, enum object_kind kind)
{
    size_t cursor = 0;
    struct object *o;
    while ((o = object_next(l->svc, kind, &cursor)) != NULL) {
        const struct kind *k = kind_of(kind);
        const char *dangling = k->dangling ? k->dangling(l->svc, o) : NULL;
        if (dangling) {
            memcpy(l->id, o->id, sizeof l->id);
            (void)snprintf(l->dangling, sizeof l->dangling, "%s", dangling);
            return false;
        }
        object_link(l->svc, o);
    }
    return true;
}

static uint32_t load_records(struct replsvc_service *svc)
{
    struct loading l = {.svc = svc};
    for (int kind = 1; kind < KIND_COUNT; kind++) {
        int r = store_each(svc->store, (uint8_t)kind, load_record, &l);
        if (r || l.err)
            return svc_fail(REPLSVC_FAILED, l.err ? -l.err : -r, NULL, "the record of %s %s cannot be read",
                            kind_of((enum object_kind)kind)->word, l.id);
        if (!link_kind(&l, (enum object_kind)kind))
            return svc_fail(REPLSVC_FAILED, EUCLEAN, NULL,
                            "the record of %s %s names %s, of which there is no record",
                            kind_of((enum object_kind)kind)->word, l.id, l.dangling);
    }
    svc->self = object_by_id(svc, KIND_SERVICE, SERVICE_ID);
    return REPLSVC_OK;
}

/* A new state directory gets a record of its own. */
static uint32_t make_self(struct replsvc_service *svc)
{
    char uuid[UUID_TEXT_SIZE];
    int r = uuid_new(uuid);
    if (r)
        return svc_fail(REPLSVC_FAILED, -r, NULL, "cannot make an id for the service");
    struct change c;
    change_begin(&c, svc);
    struct service_object *self = object_new(&c, KIND_SERVICE);
    if (self) {
        memset(self->o.id, 0, sizeof self->o.id);
        memcpy(self->o.id, SERVICE_ID, sizeof SERVICE_ID);
        change_string(&c, &self->r.uuid, uuid);
    }
    uint32_t ret = change_save(&c);
    if (ret == REPLSVC_OK)
        svc->self = self;
    change_end(&c);
    return ret;
}

/* ---- open ---- */

static uint32_t open_store(struct replsvc_service *svc)
{
    char text[512] = "";
    int r = store_open(svc->vfs, &svc->store, text, sizeof text);
    if (r == 0)
        return REPLSVC_OK;
    svc->store = NULL;
    if (r == -EBUSY)
        return svc_fail(REPLSVC_IN_USE, 0, "state_directory",
                        "the state directory is in use by another service%s%s", *text ? ": " : "", text);
    if (r == -EPROTO)
        return svc_fail(REPLSVC_NOT_SUPPORTED, 0, "state_directory",
                        "the state directory is from a newer version of the library%s%s", *text ? ": " : "",
                        text);
    return svc_fail(REPLSVC_FAILED, -r, "state_directory", "the state directory cannot be opened%s%s",
                    *text ? ": " : "", text);
}

/* Threads inherit the mask: the library's take no signals of the program's. */
static uint32_t start_threads(struct replsvc_service *svc)
{
    struct engine_options options = {
        .vfs = svc->vfs,
        .region_size = svc->options.region_size,
        .open_flags = svc->options.flags & REPLSVC_SERVICE_NO_IO_URING ? REPLSVC_BACKEND_NO_IO_URING : 0,
        .overlay_bytes = svc->options.overlay_bytes,
        .background_bytes_per_second = svc->options.background_bytes_per_second,
        .event = relationships_engine_event,
    };
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int r = engine_new(&options, &svc->engine);
    if (r == 0) {
        struct job_listener listener = relationships_job_listener(svc);
        r = job_manager_new(svc->options.worker_threads, &listener, &svc->jobs);
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return r ? svc_fail(REPLSVC_FAILED, -r, NULL, "the service cannot start its threads") : REPLSVC_OK;
}

/* Also of what was opened only in part. */
static void service_shut(struct replsvc_service *svc, bool started)
{
    if (started)
        relationships_stop(svc);
    if (svc->jobs)
        job_manager_free(svc->jobs);
    if (svc->engine)
        engine_free(svc->engine);
    if (svc->store)
        store_close(svc->store);
    if (svc->owns_vfs)
        svc->vfs->ops->close(svc->vfs);
    service_free(svc);
}

uint32_t service_open_on(struct vfs *vfs, bool own_vfs, const replsvc_service_options *given,
                         replsvc_service **service)
{
    replsvc_service_options options;
    struct replsvc_service *svc = NULL;
    uint32_t ret = check_options(&options, given);
    if (ret == REPLSVC_OK && !(svc = service_alloc(&options)))
        ret = svc_fail(REPLSVC_FAILED, ENOMEM, NULL, "cannot open a service");
    if (ret) {
        if (own_vfs)
            vfs->ops->close(vfs);
        return ret;
    }
    svc->vfs = vfs;
    svc->owns_vfs = own_vfs;
    bool started = false;
    ret = open_store(svc);
    if (ret == REPLSVC_OK)
        ret = load_records(svc);
    if (ret == REPLSVC_OK && !svc->self)
        ret = make_self(svc);
    if (ret == REPLSVC_OK)
        ret = start_threads(svc);
    if (ret == REPLSVC_OK) {
        elements_finish(svc);
        entities_finish(svc);
        started = true;
        ret = relationships_start(svc);
    }
    if (ret) {
        service_shut(svc, started);
        return ret;
    }
    log_line(&svc->log, REPLSVC_LOG_INFO, "opened: %zu elements, %zu relationships, %zu jobs on record",
             hash_count(svc->by_id[KIND_ELEMENT]), hash_count(svc->by_id[KIND_SYNC]),
             hash_count(svc->by_id[KIND_JOB]));
    *service = svc;
    return REPLSVC_OK;
}

/* ---- close ---- */

void service_hold(struct replsvc_service *svc)
{
    pthread_mutex_lock(&svc->wait_lock);
    svc->handles++;
    pthread_mutex_unlock(&svc->wait_lock);
}

void service_release(struct replsvc_service *svc)
{
    pthread_mutex_lock(&svc->wait_lock);
    bool last = --svc->handles == 0 && svc->closing;
    pthread_mutex_unlock(&svc->wait_lock);
    if (last)
        service_shut(svc, true);
}

void service_close(struct replsvc_service *svc)
{
    pthread_mutex_lock(&svc->wait_lock);
    svc->closing = true;
    uint32_t open = svc->handles;
    pthread_mutex_unlock(&svc->wait_lock);
    if (open)
        log_line(&svc->log, REPLSVC_LOG_WARNING, "closed with %u volumes open: it ends when they are closed",
                 (unsigned)open);
    else
        service_shut(svc, true);
}
