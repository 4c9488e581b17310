/* SPDX-License-Identifier: BSD-2-Clause */
/* Records as bytes; see record.h. */
#include "service/record.h"

#include <errno.h>
#include <string.h>

#include <replsvc/cim.h>

#include "util/alloc.h"

static void *at(const void *record, const struct field *f)
{
    return (char *)(uintptr_t)record + f->offset;
}

static char **string_at(const void *record, const struct field *f)
{
    return at(record, f);
}

static size_t *count_at(const void *record, const struct field *f)
{
    return (size_t *)(void *)((char *)(uintptr_t)record + f->size);
}

static replsvc_element_ref **refs_at(const void *record, const struct field *f)
{
    return at(record, f); /* every reference is such an array of chars */
}

/* ---- encoding ---- */

static uint64_t number_get(const void *p, size_t size)
{
    switch (size) {
    case 1:
        return *(const uint8_t *)p;
    case 2:
        return *(const uint16_t *)p;
    case 4:
        return *(const uint32_t *)p;
    default:
        return *(const uint64_t *)p;
    }
}

static void encode_field(const struct field *f, const void *record, struct codec_writer *w)
{
    const char *text;
    uint64_t number;
    switch (f->type) {
    case FIELD_NUMBER:
    case FIELD_BOOL:
        number = number_get(at(record, f), f->size);
        if (number)
            codec_put_u64(w, f->tag, number);
        break;
    case FIELD_TEXT:
        text = at(record, f);
        if (*text)
            codec_put_bytes(w, f->tag, text, strnlen(text, f->size));
        break;
    case FIELD_STRING:
        text = *string_at(record, f);
        if (text && *text)
            codec_put_str(w, f->tag, text);
        break;
    default:
        for (size_t i = 0; i < *count_at(record, f); i++)
            codec_put_str(w, f->tag, (*refs_at(record, f))[i].id);
        break;
    }
}

void record_encode(const struct field fields[], size_t n, const void *record, struct codec_writer *w)
{
    for (size_t i = 0; i < n; i++)
        encode_field(&fields[i], record, w);
}

/* ---- decoding ---- */

static int number_set(void *p, size_t size, uint64_t value)
{
    if (size < 8 && value >> (8 * size))
        return -EUCLEAN;
    switch (size) {
    case 1:
        *(uint8_t *)p = (uint8_t)value;
        break;
    case 2:
        *(uint16_t *)p = (uint16_t)value;
        break;
    case 4:
        *(uint32_t *)p = (uint32_t)value;
        break;
    default:
        *(uint64_t *)p = value;
        break;
    }
    return 0;
}

/* Room doubles whenever the count reaches a power of two. */
static int append_ref(const struct field *f, void *record, const struct codec_field *c)
{
    replsvc_element_ref **refs = refs_at(record, f), ref;
    size_t *count = count_at(record, f);
    memset(&ref, 0, sizeof ref);
    int r = codec_get_str(c, ref.id, sizeof ref.id);
    if (r)
        return r;
    if ((*count & (*count - 1)) == 0) {
        replsvc_element_ref *grown = mem_grow(*refs, *count ? 2 * *count : 1, sizeof **refs);
        if (!grown)
            return -ENOMEM;
        *refs = grown;
    }
    (*refs)[(*count)++] = ref;
    return 0;
}

static int decode_string(char **string, const struct codec_field *c)
{
    char *text = mem_alloc(c->len + 1);
    if (!text)
        return -ENOMEM;
    int r = codec_get_str(c, text, c->len + 1);
    if (r) {
        mem_free(text);
        return r;
    }
    mem_free(*string);
    *string = text;
    return 0;
}

static int decode_field(const struct field *f, void *record, const struct codec_field *c)
{
    uint64_t number = 0;
    int r;
    switch (f->type) {
    case FIELD_NUMBER:
    case FIELD_BOOL:
        r = codec_get_u64(c, &number);
        if (r == 0 && f->type == FIELD_BOOL && number > 1)
            r = -EUCLEAN;
        return r ? r : number_set(at(record, f), f->size, number);
    case FIELD_TEXT:
        return codec_get_str(c, at(record, f), f->size);
    case FIELD_STRING:
        return decode_string(string_at(record, f), c);
    default:
        return append_ref(f, record, c);
    }
}

/* Records are written in the table's order, so the next field is nearly always the one after the last. */
static const struct field *field_of(const struct field fields[], size_t n, uint16_t tag, size_t *from)
{
    for (size_t i = 0; i < n; i++) {
        size_t k = (*from + i) % n;
        if (fields[k].tag == tag) {
            *from = k;
            return &fields[k];
        }
    }
    return NULL;
}

int record_decode(const struct field fields[], size_t n, void *record, const void *blob, size_t len)
{
    struct codec_reader reader;
    struct codec_field c;
    size_t from = 0;
    int r;
    codec_reader_init(&reader, blob, len);
    while ((r = codec_next(&reader, &c)) == 1) {
        const struct field *f = field_of(fields, n, c.tag, &from);
        r = f ? decode_field(f, record, &c) : 0;
        if (r)
            break;
    }
    if (r)
        record_clear(fields, n, record);
    return r;
}

/* ---- owning ---- */

int record_copy(const struct field fields[], size_t n, void *to, const void *from, size_t size)
{
    memcpy(to, from, size);
    for (size_t i = 0; i < n; i++) {
        if (fields[i].type == FIELD_STRING)
            *string_at(to, &fields[i]) = NULL;
        else if (fields[i].type == FIELD_REFS)
            *refs_at(to, &fields[i]) = NULL;
    }
    for (size_t i = 0; i < n; i++) {
        const struct field *f = &fields[i];
        bool whole = true;
        if (f->type == FIELD_STRING && *string_at(from, f)) {
            *string_at(to, f) = mem_strdup(*string_at(from, f));
            whole = *string_at(to, f) != NULL;
        } else if (f->type == FIELD_REFS && *count_at(from, f)) {
            size_t count = *count_at(from, f);
            *refs_at(to, f) = mem_array(count, sizeof **refs_at(to, f));
            whole = *refs_at(to, f) != NULL;
            if (whole)
                memcpy(*refs_at(to, f), *refs_at(from, f), count * sizeof **refs_at(to, f));
        }
        if (!whole) {
            record_clear(fields, n, to);
            return -ENOMEM;
        }
    }
    return 0;
}

void record_clear(const struct field fields[], size_t n, void *record)
{
    for (size_t i = 0; i < n; i++) {
        const struct field *f = &fields[i];
        if (f->type == FIELD_STRING) {
            mem_free(*string_at(record, f));
            *string_at(record, f) = NULL;
        } else if (f->type == FIELD_REFS) {
            mem_free(*refs_at(record, f));
            *refs_at(record, f) = NULL;
            *count_at(record, f) = 0;
        }
    }
}
