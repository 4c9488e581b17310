/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the service asks of relationships, as long as there can be none: goes when they come. A state
 * directory in which there are some is not opened.
 */
#include "service/service.h"

#include "util/fail.h"

uint32_t relationships_load(struct change *c, struct element *e)
{
    (void)c;
    return svc_fail(REPLSVC_NOT_SUPPORTED, 0, NULL, "element \"%s\" is in a relationship", e->r.name);
}

uint32_t relationships_access(const struct element *e)
{
    (void)e;
    return VOLUME_HOST_READ | VOLUME_HOST_WRITE;
}

uint32_t relationships_start(struct replsvc_service *svc)
{
    size_t cursor = 0;
    struct object *o = object_next(svc, KIND_SYNC, &cursor);
    return o ? svc_fail(REPLSVC_NOT_SUPPORTED, 0, NULL, "there are relationships, such as %s", o->id)
             : REPLSVC_OK;
}

void relationships_stop(struct replsvc_service *svc)
{
    (void)svc;
}

void relationships_engine_event(void *user, struct replica *r, enum replica_event event, int err,
                                const char *text)
{
    (void)user;
    (void)r;
    (void)event;
    (void)err;
    (void)text;
}

static void changed(void *user, struct job *job, uint16_t old_state, uint16_t new_state, bool percent)
{
    (void)user;
    (void)job;
    (void)old_state;
    (void)new_state;
    (void)percent;
}

static void removed(void *user, const char *id)
{
    (void)user;
    (void)id;
}

struct job_listener relationships_job_listener(struct replsvc_service *svc)
{
    return (struct job_listener){.changed = changed, .removed = removed, .user = svc};
}
