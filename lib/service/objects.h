/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The kinds of objects as a table, and the model's indexes. For change.c and open.c, which work on objects
 * of any kind; everybody else uses service.h.
 */
#ifndef RSVC_SERVICE_OBJECTS_H
#define RSVC_SERVICE_OBJECTS_H

#include "service/record.h"
#include "service/service.h"

struct kind {
    const char *prefix;  /* of ids */
    const char *word;    /* for messages */
    uint16_t event_kind; /* REPLSVC_OBJECT_*; 0 = none is raised for it */
    size_t object_size, record_offset, record_size;
    const struct field *fields;
    size_t n_fields;
    size_t name_offset; /* of the char * name in the record; 0 = names are not unique or not there */
    /* Set and unset what the model derives from the record (counts, pointers, chains). They tolerate
     * objects that are not there. NULL = nothing. */
    void (*link)(struct replsvc_service *svc, struct object *o);
    void (*unlink)(struct replsvc_service *svc, struct object *o);
    /* Frees what the object owns besides its record. NULL = nothing. */
    void (*release)(struct object *o);
    /* The first id in the record that names nothing, for loading; NULL = all there, or nothing to check. */
    const char *(*dangling)(struct replsvc_service *svc, const struct object *o);
};

const struct kind *kind_of(enum object_kind kind);
void *object_record(const struct object *o);
const char *object_name(const struct object *o); /* or NULL */
/* Whether the outside may see it. */
bool object_visible(const struct object *o);
/* Zeroed, with no id; NULL: no memory. */
struct object *object_alloc(enum object_kind kind);
void object_free(struct object *o);

int indexes_new(struct replsvc_service *svc);
void indexes_free(struct replsvc_service *svc); /* and all objects */
/* Room for that many more objects and edits of a kind: then the functions below don't fail. */
int indexes_reserve(struct replsvc_service *svc, enum object_kind kind, size_t added, size_t edited);
void index_add(struct replsvc_service *svc, struct object *o);
void index_remove(struct replsvc_service *svc, struct object *o);
void object_link(struct replsvc_service *svc, struct object *o);
void object_unlink(struct replsvc_service *svc, struct object *o);

#endif
