/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Objects of any kind, the indexes that hold them, and how callers' references and names are checked
 * against these. The indexes are read under `change` or `model` and written under both.
 */
#include "service/objects.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "util/alloc.h"
#include "util/fail.h"

/* ---- objects ---- */

void *object_record(const struct object *o)
{
    return (char *)(uintptr_t)o + kind_of(o->kind)->record_offset;
}

const char *object_name(const struct object *o)
{
    size_t offset = kind_of(o->kind)->name_offset;
    return offset ? *(char **)(void *)((char *)object_record(o) + offset - 1) : NULL;
}

bool object_visible(const struct object *o)
{
    const struct element *e = (const struct element *)o;
    switch (o->kind) {
    case KIND_ELEMENT:
        return e->r.state == ELEMENT_PRESENT && !e->r.hidden;
    case KIND_SYNC:
        return !((const struct relationship *)o)->r.hidden;
    case KIND_SETTINGS_STATE:
        return ((const struct settings_state *)o)->r.activated;
    default:
        return true;
    }
}

struct object *object_alloc(enum object_kind kind)
{
    struct object *o = mem_zalloc(kind_of(kind)->object_size);
    if (o)
        o->kind = kind;
    return o;
}

void object_free(struct object *o)
{
    if (!o)
        return;
    const struct kind *k = kind_of(o->kind);
    record_clear(k->fields, k->n_fields, object_record(o));
    if (k->release)
        k->release(o);
    mem_free(o);
}

/* ---- indexes ---- */

int indexes_new(struct replsvc_service *svc)
{
    svc->by_identity = hash_new();
    svc->by_locator = hash_new();
    bool whole = svc->by_identity && svc->by_locator;
    for (int kind = 1; kind < KIND_COUNT; kind++) {
        svc->by_id[kind] = hash_new();
        whole &= svc->by_id[kind] != NULL;
        if (kind_of((enum object_kind)kind)->name_offset) {
            svc->by_name[kind] = hash_new();
            whole &= svc->by_name[kind] != NULL;
        }
    }
    return whole ? 0 : -1;
}

void indexes_free(struct replsvc_service *svc)
{
    for (int kind = 1; kind < KIND_COUNT; kind++) {
        size_t cursor = 0;
        struct object *o;
        while (svc->by_id[kind] && (o = hash_next(svc->by_id[kind], &cursor)) != NULL)
            object_free(o);
        hash_free(svc->by_id[kind]);
        hash_free(svc->by_name[kind]);
    }
    hash_free(svc->by_identity);
    hash_free(svc->by_locator);
}

int indexes_reserve(struct replsvc_service *svc, enum object_kind kind, size_t added, size_t edited)
{
    int r = hash_reserve(svc->by_id[kind], added);
    if (r == 0 && svc->by_name[kind])
        r = hash_reserve(svc->by_name[kind], added + edited);
    if (r == 0 && kind == KIND_ELEMENT)
        r = hash_reserve(svc->by_identity, added + edited);
    if (r == 0 && kind == KIND_ELEMENT)
        r = hash_reserve(svc->by_locator, added + edited);
    return r;
}

void index_add(struct replsvc_service *svc, struct object *o)
{
    o->serial = ++svc->serials;
    (void)hash_put(svc->by_id[o->kind], o->id, o);
}

void index_remove(struct replsvc_service *svc, struct object *o)
{
    hash_remove(svc->by_id[o->kind], o->id);
}

/* The name's index is kept here, since the key lies in the record. Objects that the outside does not see
 * have names that do not count. */
void object_link(struct replsvc_service *svc, struct object *o)
{
    const char *name = object_name(o);
    if (name && object_visible(o))
        (void)hash_put(svc->by_name[o->kind], name, o);
    if (kind_of(o->kind)->link)
        kind_of(o->kind)->link(svc, o);
}

void object_unlink(struct replsvc_service *svc, struct object *o)
{
    const char *name = object_name(o);
    if (name && hash_get(svc->by_name[o->kind], name) == o)
        hash_remove(svc->by_name[o->kind], name);
    if (kind_of(o->kind)->unlink)
        kind_of(o->kind)->unlink(svc, o);
}

/* ---- looking ---- */

void model_read(struct replsvc_service *svc)
{
    pthread_rwlock_rdlock(&svc->model);
}

void model_done(struct replsvc_service *svc)
{
    pthread_rwlock_unlock(&svc->model);
}

void *object_by_id(struct replsvc_service *svc, enum object_kind kind, const char *id)
{
    return hash_get(svc->by_id[kind], id);
}

void *object_by_name(struct replsvc_service *svc, enum object_kind kind, const char *name)
{
    return svc->by_name[kind] ? hash_get(svc->by_name[kind], name) : NULL;
}

void *object_next(struct replsvc_service *svc, enum object_kind kind, size_t *cursor)
{
    return hash_next(svc->by_id[kind], cursor);
}

struct relationship *sync_pair(struct replsvc_service *svc, const struct relationship *group, size_t i)
{
    return i < group->r.n_pairs ? object_by_id(svc, KIND_SYNC, group->r.pairs[i].id) : NULL;
}

uint32_t object_list(struct replsvc_service *svc, enum object_kind kind, const char *parameter, void **list,
                     size_t *n)
{
    if (!list || !n)
        return svc_fail(REPLSVC_INVALID_PARAMETER, 0, parameter, "%s: no place to put the list", parameter);
    *list = NULL;
    *n = 0;
    uint32_t ret = REPLSVC_OK;
    model_read(svc);
    size_t count = hash_count(svc->by_id[kind]), filled = 0, cursor = 0;
    replsvc_element_ref *refs = count ? mem_array(count, sizeof *refs) : NULL;
    if (count && !refs)
        ret = svc_fail(REPLSVC_FAILED, ENOMEM, NULL, "cannot list the %ss", kind_of(kind)->word);
    struct object *o;
    while (refs && (o = hash_next(svc->by_id[kind], &cursor)) != NULL)
        if (object_visible(o))
            memcpy(refs[filled++].id, o->id, sizeof o->id);
    model_done(svc);
    if (filled == 0) {
        mem_free(refs);
        refs = NULL;
    }
    *list = refs;
    *n = filled;
    return ret;
}

/* ---- references ---- */

bool ref_absent(const void *ref)
{
    return !ref || *(const char *)ref == '\0';
}

/* "a sync" said of "grp-…" helps more than "no such sync". */
static const char *word_of_id(const char *id)
{
    for (int kind = 1; kind < KIND_COUNT; kind++) {
        const struct kind *k = kind_of((enum object_kind)kind);
        size_t len = strlen(k->prefix);
        if (strncmp(id, k->prefix, len) == 0 && id[len] == '-')
            return k->word;
    }
    return NULL;
}

uint32_t object_by_ref(struct replsvc_service *svc, enum object_kind kind, const void *ref,
                       const char *parameter, void *object)
{
    void **out = object;
    const char *id = ref, *word = kind_of(kind)->word;
    *out = NULL;
    if (ref_absent(ref))
        return svc_fail(REPLSVC_INVALID_PARAMETER, 0, parameter, "%s: a reference to a %s is required",
                        parameter, word);
    if (!memchr(id, 0, REPLSVC_REF_SIZE))
        return svc_fail(REPLSVC_INVALID_PARAMETER, 0, parameter,
                        "%s: the reference is longer than %d bytes or not terminated", parameter,
                        REPLSVC_REF_SIZE - 1);
    struct object *o = object_by_id(svc, kind, id);
    if (o && object_visible(o)) {
        *out = o;
        return REPLSVC_OK;
    }
    const char *other = word_of_id(id);
    if (other && strcmp(other, word) != 0)
        return svc_fail(REPLSVC_INVALID_PARAMETER, 0, parameter, "%s: %s is a reference to a %s, not to a %s",
                        parameter, id, other, word);
    return svc_fail(REPLSVC_INVALID_PARAMETER, 0, parameter, "%s: there is no %s %s (any more)", parameter,
                    word, id);
}

uint32_t element_by_ref(struct replsvc_service *svc, const replsvc_element_ref *ref, const char *parameter,
                        struct element **e)
{
    return object_by_ref(svc, KIND_ELEMENT, ref, parameter, e);
}

uint32_t group_by_ref(struct replsvc_service *svc, const replsvc_group_ref *ref, const char *parameter,
                      struct group **g)
{
    return object_by_ref(svc, KIND_GROUP, ref, parameter, g);
}

uint32_t sync_by_ref(struct replsvc_service *svc, const replsvc_sync_ref *ref, const char *parameter,
                     struct relationship **s)
{
    return object_by_ref(svc, KIND_SYNC, ref, parameter, s);
}

uint32_t pool_by_ref(struct replsvc_service *svc, const replsvc_pool_ref *ref, const char *parameter,
                     struct pool **p)
{
    return object_by_ref(svc, KIND_POOL, ref, parameter, p);
}

uint32_t goal_by_ref(struct replsvc_service *svc, const replsvc_setting_ref *ref, const char *parameter,
                     struct goal **g)
{
    return object_by_ref(svc, KIND_GOAL, ref, parameter, g);
}

uint32_t object_find(struct replsvc_service *svc, enum object_kind kind, const char *name, void *ref)
{
    if (!ref)
        return svc_fail(REPLSVC_INVALID_PARAMETER, 0, NULL, "no place to put the reference");
    memset(ref, 0, REPLSVC_REF_SIZE);
    if (!name || !*name)
        return svc_fail(REPLSVC_INVALID_PARAMETER, 0, "Name", "Name: a name or an id is required");
    model_read(svc);
    struct object *o = object_by_name(svc, kind, name);
    if (!o)
        o = object_by_id(svc, kind, name);
    bool found = o && object_visible(o);
    if (found)
        memcpy(ref, o->id, sizeof o->id);
    model_done(svc);
    if (found)
        return REPLSVC_OK;
    return svc_fail(REPLSVC_INVALID_PARAMETER, 0, "Name", "Name: there is no %s \"%.255s\"",
                    kind_of(kind)->word, name);
}

/* ---- names ---- */

/* The length of the UTF-8 sequence at s, or 0 when it isn't one. Overlong forms and surrogates are not. */
static size_t utf8_sequence(const unsigned char *s)
{
    if (s[0] < 0x80)
        return 1;
    size_t len = s[0] >= 0xf0 ? 4 : s[0] >= 0xe0 ? 3 : 2;
    if (s[0] < 0xc2 || s[0] > 0xf4)
        return 0;
    for (size_t i = 1; i < len; i++)
        if ((s[i] & 0xc0) != 0x80)
            return 0;
    if ((s[0] == 0xe0 && s[1] < 0xa0) || (s[0] == 0xed && s[1] > 0x9f) || (s[0] == 0xf0 && s[1] < 0x90) ||
        (s[0] == 0xf4 && s[1] > 0x8f))
        return 0;
    return len;
}

static const char *name_fault(const char *name)
{
    if (!*name)
        return "is empty";
    const unsigned char *s = (const unsigned char *)name;
    for (size_t len; *s; s += len) {
        if ((size_t)(s - (const unsigned char *)name) >= REPLSVC_NAME_SIZE)
            break;
        len = utf8_sequence(s);
        if (len == 0)
            return "is not UTF-8";
        if (*s < 0x20 || *s == 0x7f)
            return "has a control character";
    }
    return *s || (size_t)(s - (const unsigned char *)name) >= REPLSVC_NAME_SIZE ? "is longer than 255 bytes"
                                                                                : NULL;
}

uint32_t name_check(struct replsvc_service *svc, enum object_kind kind, const char *name,
                    const char *parameter)
{
    const char *fault = name_fault(name);
    if (fault)
        return svc_fail(REPLSVC_INVALID_PARAMETER, 0, parameter, "%s: the name %s", parameter, fault);
    struct object *o = object_by_name(svc, kind, name);
    if (!o)
        o = object_by_id(svc, kind, name); /* names and ids are looked up alike */
    if (o)
        return svc_fail(REPLSVC_INVALID_PARAMETER, 0, parameter, "%s: the name \"%s\" is taken by %s %s",
                        parameter, name, kind_of(kind)->word, o->id);
    return REPLSVC_OK;
}

uint32_t name_make(struct change *c, enum object_kind kind, const char *prefix, char name[REPLSVC_NAME_SIZE])
{
    struct service_record *self = change_edit(c, &c->svc->self->o);
    if (!self)
        return svc_fail(REPLSVC_FAILED, ENOMEM, NULL, "cannot make a name");
    do
        (void)snprintf(name, REPLSVC_NAME_SIZE, "%.200s-%llu", prefix, (unsigned long long)++self->names);
    while (object_by_name(c->svc, kind, name));
    return REPLSVC_OK;
}

/* ---- structs that come and go ---- */

uint32_t info_out(void *info, void *filled, uint32_t size, const char *parameter)
{
    uint32_t room = 0;
    if (info)
        memcpy(&room, info, sizeof room);
    if (room < sizeof room)
        return svc_fail(REPLSVC_INVALID_PARAMETER, 0, parameter, "%s: set its size to sizeof the struct",
                        parameter);
    memcpy(filled, &room, sizeof room); /* size stays what the caller said */
    memcpy(info, filled, room < size ? room : size);
    return REPLSVC_OK;
}

uint32_t options_in(void *out, uint32_t size, const void *options, const char *parameter)
{
    memset(out, 0, size);
    uint32_t given = size;
    if (options)
        memcpy(&given, options, sizeof given);
    if (given < sizeof given)
        return svc_fail(REPLSVC_INVALID_PARAMETER, 0, parameter, "%s: set its size to sizeof the struct",
                        parameter);
    for (uint32_t i = size; i < given; i++)
        if (((const char *)options)[i])
            return svc_fail(REPLSVC_INVALID_PARAMETER, 0, parameter,
                            "%s: asks for something that this version of the library does not know",
                            parameter);
    if (options)
        memcpy(out, options, given < size ? given : size);
    memcpy(out, &size, sizeof size);
    return REPLSVC_OK;
}
