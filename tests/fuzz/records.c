/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Records of every kind from arbitrary bytes (the first says which): what is accepted is encoded again and
 * must read back the same, and a copy of it must be equal to it and stand on its own.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "service/objects.h"

/* Encoded: two records with the same bytes are the same. */
static void encode(const struct kind *k, const void *record, struct codec_writer *w)
{
    record_encode(k->fields, k->n_fields, record, w);
    if (w->err)
        abort();
}

static void check(const struct kind *k, struct object *o)
{
    struct codec_writer first = CODEC_WRITER_INIT, second = CODEC_WRITER_INIT, third = CODEC_WRITER_INIT;
    void *record = object_record(o), *copy = malloc(k->record_size);
    struct object *again = object_alloc(o->kind);
    if (!copy || !again)
        abort();
    encode(k, record, &first);
    if (record_copy(k->fields, k->n_fields, copy, record, k->record_size))
        abort();
    if (record_decode(k->fields, k->n_fields, object_record(again), first.data, first.len))
        abort();
    record_clear(k->fields, k->n_fields, record);
    encode(k, copy, &second);
    encode(k, object_record(again), &third);
    if (second.len != first.len || third.len != first.len ||
        (first.len &&
         (memcmp(first.data, second.data, first.len) || memcmp(first.data, third.data, first.len))))
        abort();
    record_clear(k->fields, k->n_fields, copy);
    free(copy);
    object_free(again);
    codec_writer_free(&first);
    codec_writer_free(&second);
    codec_writer_free(&third);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    enum object_kind kind = (enum object_kind)(1 + data[0] % (KIND_COUNT - 1));
    const struct kind *k = kind_of(kind);
    struct object *o = object_alloc(kind);
    if (!o)
        return 0;
    if (record_decode(k->fields, k->n_fields, object_record(o), data + 1, size - 1) == 0)
        check(k, o);
    object_free(o);
    return 0;
}
