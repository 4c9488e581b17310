/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Records as bytes, described by tables: one line a field says where it lies in the struct, of what type
 * it is, and the tag under which it is kept. Everything that must know all fields of a record (encoding,
 * decoding, copying, freeing) is done here from the table, so that none can be forgotten in one place.
 *
 * On disk a record is what state/codec.h makes of its fields. Absent is zero: fields of value zero or NULL
 * are left out, so fields can be added.
 */
#ifndef RSVC_SERVICE_RECORD_H
#define RSVC_SERVICE_RECORD_H

#include <stddef.h>
#include <stdint.h>

#include "state/codec.h"

enum field_type {
    FIELD_NUMBER, /* integer of `size` bytes; kept as u64, so that it may be widened */
    FIELD_BOOL,
    FIELD_TEXT,   /* char array of `size` bytes, terminated */
    FIELD_STRING, /* char *, owned */
    FIELD_REFS    /* array of references, owned; `size` is the offset of its size_t count */
};

struct field {
    uint16_t tag; /* never reuse one */
    uint16_t type;
    uint32_t offset;
    uint32_t size;
};

/* Appends the record's fields; failure is the writer's err. */
void record_encode(const struct field fields[], size_t n, const void *record, struct codec_writer *w);
/* Into a zeroed record. -ENOMEM, -EUCLEAN (not a record); then the record holds
 * nothing. */
int record_decode(const struct field fields[], size_t n, void *record, const void *blob, size_t len);
/* to: size bytes, whatever was in them; -ENOMEM: holds nothing. */
int record_copy(const struct field fields[], size_t n, void *to, const void *from, size_t size);
/* Frees what it owns. */
void record_clear(const struct field fields[], size_t n, void *record);

#endif
