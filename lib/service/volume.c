/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How elements become engine volumes, and the guards on their media.
 *
 * An element's volume is opened when it is first wanted and closed when the last who wants it lets go;
 * relationships that are loaded want their volumes. The guard of an element in a relationship remembers
 * what its medium was: while the service may write to it, only that it is the same medium of the same
 * size; once it was closed in order, also that nobody has written since.
 */
#include "service/volume.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "service/element.h"
#include "service/retention.h"
#include "service/statistics.h"
#include "util/alloc.h"
#include "util/fail.h"

/* ---- guards ---- */

static bool in_relationship(const struct element *e)
{
    return e->as_source || e->as_target;
}

bool element_generation_differs(const struct element *e, const replsvc_backend_info *now)
{
    const char *generation = e->r.generation;
    return e->r.guard == GUARD_CLEAN && generation && *now->generation &&
           strcmp(generation, now->generation) != 0;
}

/* The sentence on what is not as it was; false: all is. */
static bool guard_differs(const struct element *e, const replsvc_backend_info *now, char *why,
                          size_t why_size)
{
    const char *identity = e->r.identity ? e->r.identity : "";
    if (e->r.guard == GUARD_NONE)
        return false;
    if (strcmp(identity, now->identity) != 0)
        (void)snprintf(why, why_size, "the image %s was replaced by another", e->r.locator);
    else if (e->r.size_bytes != now->size_bytes)
        (void)snprintf(why, why_size, "the size of %s was changed from %llu to %llu bytes", e->r.locator,
                       (unsigned long long)e->r.size_bytes, (unsigned long long)now->size_bytes);
    else if (element_generation_differs(e, now))
        (void)snprintf(why, why_size, "the image %s was written while the service was closed", e->r.locator);
    else
        return false;
    return true;
}

void element_guard_record(struct change *c, struct element *e, struct volume *v, enum element_guard guard)
{
    replsvc_backend_info info = {.size = sizeof info};
    struct element_record *r = change_edit(c, &e->o);
    if (!r)
        return;
    if (volume_backend_info(v, &info) == 0)
        element_take_info(c, r, &info);
    else if (guard == GUARD_CLEAN)
        guard = GUARD_OPEN; /* its generation is not known */
    r->guard = (uint8_t)guard;
}

/* ---- opening ---- */

/* A medium that can't be written may still be read. */
static int get(struct replsvc_service *svc, struct element *e, uint32_t flags, struct volume **v)
{
    uint32_t first = e->r.read_only ? VOLUME_READ_ONLY : 0;
    int r = volume_get(svc->engine, e->o.id, e->r.locator, first, v);
    if (first == 0 && (flags & VOLUME_READ_ONLY) && (r == -EROFS || r == -EACCES || r == -EPERM))
        r = volume_get(svc->engine, e->o.id, e->r.locator, VOLUME_READ_ONLY, v);
    if (r == 0)
        element_keep_counters(e, *v);
    return r;
}

uint32_t element_volume_get(struct replsvc_service *svc, struct element *e, uint32_t flags, struct volume **v,
                            bool *changed, char *why, size_t why_size)
{
    replsvc_backend_info now = {.size = sizeof now};
    *changed = false;
    *v = NULL;
    int r = get(svc, e, flags, v);
    if (r)
        return svc_fail_backend(r, NULL, "element \"%s\" cannot be opened", e->r.name);
    r = volume_backend_info(*v, &now);
    if (r) {
        volume_put(*v);
        *v = NULL;
        return svc_fail_backend(r, NULL, "element \"%s\" cannot be looked at", e->r.name);
    }
    *changed = guard_differs(e, &now, why, why_size);
    return REPLSVC_OK;
}

/* Elements outside of relationships may be exchanged at will; what is on record follows. */
static uint32_t follow_medium(struct change *c, struct element *e, struct volume *v)
{
    replsvc_backend_info now = {.size = sizeof now};
    const char *known = e->r.identity ? e->r.identity : "";
    if (volume_backend_info(v, &now))
        return REPLSVC_OK;
    if (strcmp(known, now.identity) == 0 && e->r.size_bytes == now.size_bytes && e->r.guard == GUARD_NONE)
        return REPLSVC_OK;
    struct element_record *r = change_edit(c, &e->o);
    if (r) {
        element_take_info(c, r, &now);
        r->guard = GUARD_NONE;
    }
    return change_save(c);
}

uint32_t element_volume(struct change *c, struct element *e, uint32_t flags, const char *parameter,
                        struct volume **v)
{
    uint32_t ret = in_relationship(e) ? relationships_load(c, e) : REPLSVC_OK;
    *v = NULL;
    if (ret)
        return ret;
    int r = get(c->svc, e, flags, v);
    if (r == 0 && volume_is_absent(*v)) {
        r = volume_absence(*v);
        volume_put(*v);
        *v = NULL;
    }
    if (r)
        return svc_fail_backend(r, parameter, "element \"%s\" cannot be opened", e->r.name);
    if (!in_relationship(e))
        ret = follow_medium(c, e, *v);
    if (ret == REPLSVC_OK) {
        volume_set_access(*v, relationships_access(e));
        r = volume_ready(*v);
        ret = r ? svc_fail_backend(r, parameter, "element \"%s\" cannot be opened", e->r.name) : REPLSVC_OK;
    }
    if (ret) {
        volume_put(*v);
        *v = NULL;
    }
    return ret;
}

/* ---- the host's handle ---- */

static int errno_of(uint32_t code)
{
    const replsvc_error *error = replsvc_last_error();
    if (error->system_errno > 0)
        return -error->system_errno;
    switch (code) {
    case REPLSVC_NOT_SUPPORTED:
        return -EOPNOTSUPP;
    case REPLSVC_INVALID_PARAMETER:
        return -EINVAL;
    case REPLSVC_IN_USE:
        return -EBUSY;
    default:
        return -EIO;
    }
}

static int not_writable(const struct element *e, struct volume *v)
{
    replsvc_volume_info info = {.size = sizeof info};
    const char *why = NULL;
    volume_get_info(v, &info);
    if (e->r.read_only)
        why = "was registered read-only";
    else if (info.read_only)
        why = "has a medium that is open for reading only";
    else if (!(volume_get_access(v) & VOLUME_HOST_WRITE))
        why = "is the target of a relationship and may not be written by a host now";
    if (!why)
        return 0;
    (void)svc_fail(REPLSVC_IN_USE, EROFS, "element", "element \"%s\" %s", e->r.name, why);
    return -EROFS;
}

/* Under `change`; and under `model` too, for those who only look. */
static void count_handle(struct replsvc_service *svc, struct element *e, uint32_t by)
{
    pthread_rwlock_wrlock(&svc->model);
    e->handles += by;
    pthread_rwlock_unlock(&svc->model);
}

int volume_handle_open(struct replsvc_service *svc, const replsvc_element_ref *element, uint32_t flags,
                       struct replsvc_volume **volume)
{
    struct element *e;
    struct volume *v = NULL;
    struct change c;
    bool writable = flags & REPLSVC_VOLUME_WRITABLE;
    struct replsvc_volume *handle = mem_zalloc(sizeof *handle);
    if (!handle) {
        (void)svc_fail(REPLSVC_FAILED, ENOMEM, NULL, "cannot open a volume");
        return -ENOMEM;
    }
    change_begin(&c, svc);
    uint32_t ret = element_by_ref(svc, element, "element", &e);
    int r = ret ? -ENOENT : 0;
    if (ret == REPLSVC_OK) {
        ret = element_volume(&c, e, writable ? 0 : VOLUME_READ_ONLY, "element", &v);
        r = ret ? errno_of(ret) : 0;
    }
    if (r == 0 && writable)
        r = not_writable(e, v);
    if (r == 0) {
        *handle = (struct replsvc_volume){.svc = svc, .volume = v, .writable = writable};
        memcpy(handle->element, e->o.id, sizeof handle->element);
        count_handle(svc, e, 1);
        service_hold(svc);
        *volume = handle;
    } else {
        if (v)
            volume_put(v);
        mem_free(handle);
    }
    change_end(&c);
    return r;
}

/* The last put may have to drain and flush: not under the lock. Until the count is down nobody removes the
 * element. */
int volume_handle_close(struct replsvc_volume *volume)
{
    struct replsvc_service *svc = volume->svc;
    struct change c;
    volume_put(volume->volume);
    change_begin(&c, svc);
    struct element *e = object_by_id(svc, KIND_ELEMENT, volume->element);
    if (e) {
        count_handle(svc, e, UINT32_MAX);
        retention_target_closed(svc, e);
    }
    change_end(&c);
    mem_free(volume);
    service_release(svc);
    return 0;
}

/* The new size is recorded after the fact: if that fails or a crash comes between, the guard of an element
 * in no relationship follows the medium at the next opening, and one in a relationship cannot be resized. */
int volume_handle_resize(struct replsvc_volume *volume, uint64_t size_bytes)
{
    struct change c;
    change_begin(&c, volume->svc);
    int r = volume_resize(volume->volume, size_bytes);
    struct element *e = r ? NULL : object_by_id(volume->svc, KIND_ELEMENT, volume->element);
    struct element_record *record = e ? change_edit(&c, &e->o) : NULL;
    if (record) {
        record->size_bytes = size_bytes;
        change_event(&c, REPLSVC_EVENT_MODIFIED, &e->o, REPLSVC_EVENT_PROPERTY_NONE, 0, 0);
        if (change_save(&c))
            log_about(&volume->svc->log, REPLSVC_LOG_WARNING, e->o.id, 0,
                      "the new size of %s could not be recorded", e->o.id);
    }
    change_end(&c);
    return r;
}
