/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How the model is changed; see service.h. A change collects new objects, edited copies of records and
 * removals. The save allocates all that applying will need, writes one store transaction, and only then
 * touches the model, under `model` and without any step that can fail.
 */
#include "service/objects.h"
#include "service/policies.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "util/alloc.h"
#include "util/clock.h"
#include "util/fail.h"
#include "util/id.h"

enum item_type { ITEM_ADD = 1, ITEM_EDIT, ITEM_REMOVE };

struct change_item {
    struct change_item *next;
    struct object *object;
    enum item_type type;
    void *record;                 /* ITEM_EDIT: the copy */
    bool was_visible, is_visible; /* for events; set by the save */
};

void change_begin(struct change *c, struct replsvc_service *svc)
{
    *c = (struct change){.svc = svc};
    c->last = &c->items;
    log_hold();
    pthread_mutex_lock(&svc->change);
}

static struct change_item *item_new(struct change *c, struct object *o, enum item_type type)
{
    struct change_item *item = mem_zalloc(sizeof *item);
    if (!item) {
        c->err = -ENOMEM;
        return NULL;
    }
    item->object = o;
    item->type = type;
    *c->last = item;
    c->last = &item->next;
    o->pending = item;
    return item;
}

void *object_new(struct change *c, enum object_kind kind)
{
    struct object *o = object_alloc(kind);
    int r = o ? id_new(kind_of(kind)->prefix, o->id, sizeof o->id) : -ENOMEM;
    if (r || !item_new(c, o, ITEM_ADD)) {
        c->err = r ? r : -ENOMEM;
        object_free(o);
        return NULL;
    }
    return o;
}

void *change_edit(struct change *c, struct object *o)
{
    struct change_item *item = o->pending;
    if (item)
        return item->type == ITEM_EDIT ? item->record : object_record(o);
    const struct kind *k = kind_of(o->kind);
    void *copy = mem_alloc(k->record_size);
    if (!copy || record_copy(k->fields, k->n_fields, copy, object_record(o), k->record_size)) {
        mem_free(copy);
        c->err = -ENOMEM;
        return NULL;
    }
    item = item_new(c, o, ITEM_EDIT);
    if (!item) {
        record_clear(k->fields, k->n_fields, copy);
        mem_free(copy);
        return NULL;
    }
    item->record = copy;
    return copy;
}

static void drop_edit(struct change_item *item)
{
    const struct kind *k = kind_of(item->object->kind);
    if (item->record)
        record_clear(k->fields, k->n_fields, item->record);
    mem_free(item->record);
    item->record = NULL;
}

/* Removing what this change adds leaves an item without an object. */
void change_remove(struct change *c, struct object *o)
{
    struct change_item *item = o->pending;
    if (!item) {
        (void)item_new(c, o, ITEM_REMOVE);
    } else if (item->type == ITEM_ADD) {
        item->object = NULL;
        object_free(o);
    } else {
        drop_edit(item);
        item->type = ITEM_REMOVE;
    }
}

bool change_removes(const struct object *o)
{
    return o->pending && o->pending->type == ITEM_REMOVE;
}

const void *change_peek(const struct object *o)
{
    const struct change_item *item = o->pending;
    if (item && item->type == ITEM_REMOVE)
        return NULL;
    return item && item->type == ITEM_EDIT ? item->record : object_record(o);
}

void change_string(struct change *c, char **field, const char *value)
{
    char *copy = value && *value ? mem_strdup(value) : NULL;
    if (value && *value && !copy) {
        c->err = -ENOMEM;
        return;
    }
    mem_free(*field);
    *field = copy;
}

void change_array(struct change *c, void *field, size_t *n_field, const void *values, size_t n, size_t size)
{
    void **array = field;
    void *copy = n ? mem_array(n, size) : NULL;
    if (n && !copy) {
        c->err = -ENOMEM;
        return;
    }
    if (n)
        memcpy(copy, values, n * size);
    mem_free(*array);
    *array = copy;
    *n_field = n;
}

void change_event(struct change *c, enum replsvc_event_kind kind, const struct object *o,
                  enum replsvc_event_property property, uint32_t previous_value, uint32_t value)
{
    if (!object_visible(o))
        return;
    if (c->n_events == c->room_events) {
        size_t room = 2 * c->room_events + 8;
        replsvc_event *events = mem_grow(c->events, room, sizeof *events);
        if (!events) {
            c->err = -ENOMEM;
            return;
        }
        c->events = events;
        c->room_events = room;
    }
    replsvc_event *e = &c->events[c->n_events++];
    memset(e, 0, sizeof *e);
    e->kind = (uint16_t)kind;
    e->object_kind = kind_of(o->kind)->event_kind;
    e->property = (uint16_t)property;
    e->previous_value = previous_value;
    e->value = value;
    memcpy(e->object, o->id, sizeof o->id);
}

/* ---- saving ---- */

/* Room in the indexes. Making it may move them, which nobody may look at meanwhile. */
static int reserve(struct change *c)
{
    int r = 0;
    pthread_rwlock_wrlock(&c->svc->model);
    for (int kind = 1; kind < KIND_COUNT && r == 0; kind++) {
        size_t added = 0, edited = 0;
        for (struct change_item *i = c->items; i; i = i->next)
            if (i->object && i->object->kind == (enum object_kind)kind) {
                added += i->type == ITEM_ADD;
                edited += i->type == ITEM_EDIT;
            }
        r = added + edited ? indexes_reserve(c->svc, (enum object_kind)kind, added, edited) : 0;
    }
    pthread_rwlock_unlock(&c->svc->model);
    return r;
}

static int put_item(struct store_txn *t, const struct change_item *i, struct codec_writer *w)
{
    const struct object *o = i->object;
    const struct kind *k = kind_of(o->kind);
    if (i->type == ITEM_REMOVE)
        return store_delete(t, (uint8_t)o->kind, o->id);
    record_encode(k->fields, k->n_fields, i->type == ITEM_EDIT ? i->record : object_record(o), w);
    int r = w->err ? w->err : store_put(t, (uint8_t)o->kind, o->id, w->data, w->len);
    w->len = 0;
    return r;
}

/* The items as one transaction: durable on 0, nothing happened otherwise. */
static int commit(struct change *c)
{
    struct store_txn *t = store_begin(c->svc->store);
    if (!t)
        return -ENOMEM;
    struct codec_writer w = CODEC_WRITER_INIT;
    int r = 0;
    for (struct change_item *i = c->items; i && r == 0; i = i->next)
        if (i->object)
            r = put_item(t, i, &w);
    codec_writer_free(&w);
    if (r) {
        store_abort(t);
        return r;
    }
    return store_commit(t);
}

/* Swaps an edited record in; the old one goes into the copy, to be freed. */
static void swap_record(struct change_item *i)
{
    size_t size = kind_of(i->object->kind)->record_size;
    unsigned char *a = object_record(i->object), *b = i->record;
    for (size_t k = 0; k < size; k++) {
        unsigned char t = a[k];
        a[k] = b[k];
        b[k] = t;
    }
}

/* All that goes is unlinked while all of it is still there; all that comes is linked when it is. */
static void apply(struct change *c)
{
    struct replsvc_service *svc = c->svc;
    pthread_rwlock_wrlock(&svc->model);
    for (struct change_item *i = c->items; i; i = i->next)
        if (i->object && i->type != ITEM_ADD) {
            i->was_visible = object_visible(i->object);
            object_unlink(svc, i->object);
        }
    for (struct change_item *i = c->items; i; i = i->next) {
        if (!i->object)
            continue;
        if (i->type == ITEM_ADD)
            index_add(svc, i->object);
        else if (i->type == ITEM_EDIT)
            swap_record(i);
        else
            index_remove(svc, i->object);
    }
    for (struct change_item *i = c->items; i; i = i->next)
        if (i->object && i->type != ITEM_REMOVE) {
            i->is_visible = object_visible(i->object);
            object_link(svc, i->object);
        }
    pthread_rwlock_unlock(&svc->model);
}

static void raise_life(struct change *c, const struct change_item *i, enum replsvc_event_kind kind)
{
    replsvc_event e = {.size = sizeof e, .kind = (uint16_t)kind};
    e.object_kind = kind_of(i->object->kind)->event_kind;
    if (e.object_kind == 0)
        return;
    memcpy(e.object, i->object->id, sizeof i->object->id);
    event_queue_raise(c->svc->events, &e);
}

/* Still under `change`, so that events come in the order of the changes; raising only fills a ring. */
static void raise_events(struct change *c)
{
    for (const struct change_item *i = c->items; i; i = i->next)
        if (i->object && !i->was_visible && i->is_visible)
            raise_life(c, i, REPLSVC_EVENT_CREATED);
    for (size_t k = 0; k < c->n_events; k++)
        event_queue_raise(c->svc->events, &c->events[k]);
    for (const struct change_item *i = c->items; i; i = i->next)
        if (i->object && i->was_visible && !i->is_visible)
            raise_life(c, i, REPLSVC_EVENT_DELETED);
}

/* Frees the items; saved: what was added stays, what was removed goes. Otherwise the reverse. */
static void drop_items(struct change *c, bool saved)
{
    for (struct change_item *i = c->items, *next; i; i = next) {
        next = i->next;
        if (i->object) {
            i->object->pending = NULL;
            drop_edit(i);
            if (i->type == (saved ? ITEM_REMOVE : ITEM_ADD))
                object_free(i->object);
        }
        mem_free(i);
    }
    c->items = NULL;
    c->last = &c->items;
    c->n_events = 0;
    c->err = 0;
}

static void tell_waiters(struct replsvc_service *svc)
{
    pthread_mutex_lock(&svc->wait_lock);
    svc->generation++;
    pthread_cond_broadcast(&svc->changed);
    pthread_mutex_unlock(&svc->wait_lock);
}

static bool concerns_policies(const struct change *c)
{
    for (const struct change_item *i = c->items; i; i = i->next)
        if (i->object && i->type != ITEM_REMOVE && policies_concern(i->object))
            return true;
    return false;
}

uint32_t change_save(struct change *c)
{
    int r = c->err;
    if (r == 0)
        r = reserve(c);
    if (r == 0 && c->items)
        r = commit(c);
    if (r) {
        drop_items(c, false);
        return svc_fail(REPLSVC_FAILED, -r, NULL, "the change could not be recorded and was not made");
    }
    apply(c);
    raise_events(c);
    if (concerns_policies(c))
        policies_look(c->svc);
    drop_items(c, true);
    tell_waiters(c->svc);
    return REPLSVC_OK;
}

void change_drop(struct change *c)
{
    drop_items(c, false);
}

void change_end(struct change *c)
{
    drop_items(c, false);
    mem_free(c->events);
    c->events = NULL;
    c->room_events = 0;
    pthread_mutex_unlock(&c->svc->change);
    log_let_go();
}

/* ---- waiting ---- */

uint64_t service_generation(struct replsvc_service *svc)
{
    pthread_mutex_lock(&svc->wait_lock);
    uint64_t generation = svc->generation;
    pthread_mutex_unlock(&svc->wait_lock);
    return generation;
}

bool service_wait_changed(struct replsvc_service *svc, uint64_t seen, int64_t deadline_us)
{
    struct timespec deadline = clock_deadline(deadline_us < 0 ? 0 : deadline_us);
    int r = 0;
    pthread_mutex_lock(&svc->wait_lock);
    while (svc->generation == seen && r == 0)
        r = deadline_us < 0 ? pthread_cond_wait(&svc->changed, &svc->wait_lock)
                            : pthread_cond_timedwait(&svc->changed, &svc->wait_lock, &deadline);
    bool changed = svc->generation != seen;
    pthread_mutex_unlock(&svc->wait_lock);
    return changed;
}
