/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Access points, secrets and peer systems; see access_point.h. No message here ever holds text of an
 * instance that may have a secret in it.
 */
#include "service/access_point.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "service/instance.h"
#include "util/alloc.h"
#include "util/fail.h"

/* ---- access points ---- */

/* The authority part of "scheme://authority/…", or a length of 0. */
static const char *authority_of(const char *uri, size_t *len)
{
    const char *start = strstr(uri, "://");
    start = start ? start + 3 : "";
    *len = strcspn(start, "/?#");
    return start;
}

/* "user:password@" does not belong into what everybody may read. */
static bool has_password(const char *uri)
{
    size_t len;
    const char *authority = authority_of(uri, &len);
    const char *at = memchr(authority, '@', len);
    return at && memchr(authority, ':', (size_t)(at - authority));
}

static void host_of(const char *uri, char host[REPLSVC_NAME_SIZE])
{
    size_t len;
    const char *authority = authority_of(uri, &len);
    const char *at = memchr(authority, '@', len);
    if (at) {
        len -= (size_t)(at + 1 - authority);
        authority = at + 1;
    }
    const char *end = len && authority[0] == '[' ? memchr(authority, ']', len) : memchr(authority, ':', len);
    if (end && *end == ']')
        len = (size_t)(end + 1 - authority);
    else if (end)
        len = (size_t)(end - authority);
    if (len >= REPLSVC_NAME_SIZE)
        len = 0;
    for (size_t i = 0; i < len; i++)
        host[i] = (char)tolower((unsigned char)authority[i]);
    host[len] = '\0';
}

/* The system of that name, made when there is none. "" = no system. */
static void set_system(struct change *c, const char *name, char system[REPLSVC_REF_SIZE])
{
    struct system *s = *name ? object_by_name(c->svc, KIND_SYSTEM, name) : NULL;
    if (*name && !s) {
        s = object_new(c, KIND_SYSTEM);
        if (s)
            change_string(c, &s->r.name, name);
    }
    if (s)
        memcpy(system, s->o.id, REPLSVC_REF_SIZE);
}

static uint32_t check_uri(struct replsvc_service *svc, const char *uri)
{
    const char *parameter = "ServiceAccessPoint";
    if (!*uri)
        return svc_fail(REPLSVC_INVALID_PARAMETER, 0, parameter, "%s: AccessInfo is required", parameter);
    for (const char *c = uri; *c; c++)
        if ((unsigned char)*c <= ' ' || *c == 0x7f)
            return svc_fail(REPLSVC_INVALID_PARAMETER, 0, parameter,
                            "%s: AccessInfo has a blank or control character", parameter);
    if (has_password(uri))
        return svc_fail(REPLSVC_INVALID_PARAMETER, 0, parameter,
                        "%s: AccessInfo has a password in it: give it by AddSharedSecret", parameter);
    size_t cursor = 0;
    struct access_point *ap;
    while ((ap = object_next(svc, KIND_ACCESS_POINT, &cursor)) != NULL)
        if (strcmp(ap->r.access_info, uri) == 0)
            return svc_fail(REPLSVC_IN_USE, 0, parameter, "%s: %s is known as %s", parameter, uri, ap->o.id);
    return REPLSVC_OK;
}

uint32_t access_point_add(struct replsvc_service *svc, const char *text, const char *instance_namespace,
                          replsvc_access_point_ref *path)
{
    static const char parameter[] = "ServiceAccessPoint";
    struct embedded instance;
    const char *uri = "", *name = "", *element_name = "", *system = "";
    char host[REPLSVC_NAME_SIZE] = "";
    uint16_t format = 0;
    uint32_t ret = instance_parse(text, parameter, &instance);
    if (ret == REPLSVC_OK)
        ret = instance_text(&instance, "AccessInfo", parameter, &uri);
    if (ret == REPLSVC_OK)
        ret = instance_text(&instance, "Name", parameter, &name);
    if (ret == REPLSVC_OK)
        ret = instance_text(&instance, "ElementName", parameter, &element_name);
    if (ret == REPLSVC_OK)
        ret = instance_text(&instance, "SystemName", parameter, &system);
    if (ret == REPLSVC_OK)
        ret = instance_u16(&instance, "InfoFormat", parameter, &format);
    if (ret == REPLSVC_OK)
        ret = instance_check_namespace(instance_namespace);
    if (ret == REPLSVC_OK && (strlen(system) >= REPLSVC_NAME_SIZE || strlen(name) >= REPLSVC_NAME_SIZE ||
                              strlen(element_name) >= REPLSVC_NAME_SIZE))
        ret = svc_fail(REPLSVC_INVALID_PARAMETER, 0, parameter, "%s: a name in it is longer than %d bytes",
                       parameter, REPLSVC_NAME_SIZE - 1);
    struct change c;
    change_begin(&c, svc);
    struct access_point *ap = NULL;
    if (ret == REPLSVC_OK)
        ret = check_uri(svc, uri);
    if (ret == REPLSVC_OK && (ap = object_new(&c, KIND_ACCESS_POINT)) != NULL) {
        host_of(uri, host);
        set_system(&c, *system ? system : host, ap->r.system);
        change_string(&c, &ap->r.name, *element_name ? element_name : name);
        change_string(&c, &ap->r.access_info, uri);
        change_string(&c, &ap->r.instance_namespace, instance_namespace);
        ap->r.info_format = format;
    }
    if (ret == REPLSVC_OK)
        ret = change_save(&c);
    if (ret == REPLSVC_OK && path)
        memcpy(path->id, ap->o.id, sizeof path->id);
    change_end(&c);
    embedded_clear(&instance);
    return ret;
}

static bool has_secret(struct replsvc_service *svc, const char *access_point)
{
    size_t cursor = 0;
    struct secret *s;
    while ((s = object_next(svc, KIND_SECRET, &cursor)) != NULL)
        if (strcmp(s->r.access_point, access_point) == 0)
            return true;
    return false;
}

uint32_t access_point_get_info(struct replsvc_service *svc, const replsvc_access_point_ref *access_point,
                               replsvc_access_point_info *info)
{
    replsvc_access_point_info filled = {.size = sizeof filled};
    struct access_point *ap;
    model_read(svc);
    uint32_t ret = object_by_ref(svc, KIND_ACCESS_POINT, access_point, "access_point", &ap);
    if (ret == REPLSVC_OK) {
        memcpy(filled.id, ap->o.id, sizeof filled.id);
        (void)snprintf(filled.name, sizeof filled.name, "%s", ap->r.name ? ap->r.name : "");
        (void)snprintf(filled.uri, sizeof filled.uri, "%s", ap->r.access_info);
        memcpy(filled.system, ap->r.system, sizeof filled.system);
        filled.has_secret = has_secret(svc, ap->o.id);
    }
    model_done(svc);
    return ret ? ret : info_out(info, &filled, sizeof filled, "info");
}

uint32_t access_points_of_system(struct replsvc_service *svc, const replsvc_system_ref *system,
                                 replsvc_access_point_ref **list, size_t *n)
{
    struct system *s;
    struct access_point *ap;
    size_t cursor = 0, filled = 0;
    replsvc_access_point_ref *refs = NULL;
    model_read(svc);
    uint32_t ret = object_by_ref(svc, KIND_SYSTEM, system, "System", &s);
    if (ret == REPLSVC_OK) {
        refs = mem_array(hash_count(svc->by_id[KIND_ACCESS_POINT]), sizeof *refs);
        if (!refs)
            ret = svc_fail(REPLSVC_FAILED, ENOMEM, NULL, "cannot list the access points");
    }
    while (refs && (ap = object_next(svc, KIND_ACCESS_POINT, &cursor)) != NULL)
        if (strcmp(ap->r.system, s->o.id) == 0)
            memcpy(refs[filled++].id, ap->o.id, sizeof refs->id);
    model_done(svc);
    if (filled == 0) {
        mem_free(refs);
        refs = NULL;
    }
    *list = refs;
    *n = filled;
    return ret;
}

/* ---- systems ---- */

uint32_t system_get_info(struct replsvc_service *svc, const replsvc_system_ref *system,
                         replsvc_system_info *info)
{
    replsvc_system_info filled = {.size = sizeof filled};
    struct system *s;
    model_read(svc);
    uint32_t ret = object_by_ref(svc, KIND_SYSTEM, system, "system", &s);
    if (ret == REPLSVC_OK) {
        memcpy(filled.id, s->o.id, sizeof filled.id);
        (void)snprintf(filled.name, sizeof filled.name, "%s", s->r.name);
    }
    model_done(svc);
    return ret ? ret : info_out(info, &filled, sizeof filled, "info");
}

/* ---- secrets ---- */

/* The one for the same user at the same place, which a new one replaces. */
static struct secret *secret_of(struct replsvc_service *svc, const char *access_point, const char *remote_id)
{
    size_t cursor = 0;
    struct secret *s;
    while ((s = object_next(svc, KIND_SECRET, &cursor)) != NULL)
        if (strcmp(s->r.access_point, access_point) == 0 &&
            strcmp(s->r.remote_id ? s->r.remote_id : "", remote_id) == 0)
            return s;
    return NULL;
}

uint32_t secret_add(struct replsvc_service *svc, const char *text,
                    const replsvc_access_point_ref *access_point, const char *instance_namespace,
                    replsvc_secret_ref *path)
{
    static const char parameter[] = "SharedSecret";
    struct embedded instance;
    const char *remote_id = "", *secret = "", *algorithm = "", *protocol = "";
    struct access_point *ap = NULL;
    uint32_t ret = instance_parse(text, parameter, &instance);
    if (ret == REPLSVC_OK)
        ret = instance_text(&instance, "RemoteID", parameter, &remote_id);
    if (ret == REPLSVC_OK)
        ret = instance_text(&instance, "Secret", parameter, &secret);
    if (ret == REPLSVC_OK)
        ret = instance_text(&instance, "Algorithm", parameter, &algorithm);
    if (ret == REPLSVC_OK)
        ret = instance_text(&instance, "Protocol", parameter, &protocol);
    if (ret == REPLSVC_OK && !*secret)
        ret = svc_fail(REPLSVC_INVALID_PARAMETER, 0, parameter, "%s: Secret is required", parameter);
    if (ret == REPLSVC_OK)
        ret = instance_check_namespace(instance_namespace);
    struct change c;
    change_begin(&c, svc);
    if (ret == REPLSVC_OK && !ref_absent(access_point))
        ret = object_by_ref(svc, KIND_ACCESS_POINT, access_point, "ServiceAccessPoint", &ap);
    struct secret *s = NULL;
    if (ret == REPLSVC_OK) {
        static const char nowhere[REPLSVC_REF_SIZE];
        const char *place = ap ? ap->o.id : nowhere;
        s = secret_of(svc, place, remote_id);
        if (!s)
            s = object_new(&c, KIND_SECRET);
        struct secret_record *r = s ? change_edit(&c, &s->o) : NULL;
        if (r) {
            memcpy(r->access_point, place, sizeof r->access_point);
            change_string(&c, &r->remote_id, remote_id);
            change_string(&c, &r->secret, secret);
            change_string(&c, &r->algorithm, algorithm);
            change_string(&c, &r->protocol, protocol);
            change_string(&c, &r->instance_namespace, instance_namespace);
        }
        ret = change_save(&c);
    }
    if (ret == REPLSVC_OK && path)
        memcpy(path->id, s->o.id, sizeof path->id);
    change_end(&c);
    embedded_clear(&instance);
    return ret;
}
