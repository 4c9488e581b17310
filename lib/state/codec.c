/* SPDX-License-Identifier: BSD-2-Clause */
/* Tagged fields; see codec.h. */
#include "state/codec.h"

#include <errno.h>
#include <string.h>

#include "util/alloc.h"
#include "util/bytes.h"

#define FIELD_HEADER 6u /* tag u16, length u32 */
#define MAX_RECORD (UINT32_C(1) << 30)

/* ---- writing ---- */

static uint8_t *reserve(struct codec_writer *w, size_t n)
{
    if (w->err)
        return NULL;
    if (n > MAX_RECORD || w->len + n > MAX_RECORD) {
        w->err = -EFBIG;
        return NULL;
    }
    if (w->len + n > w->capacity) {
        size_t capacity = w->capacity ? w->capacity : 128;
        while (capacity < w->len + n)
            capacity *= 2;
        uint8_t *data = mem_grow(w->data, capacity, 1);
        if (!data) {
            w->err = -ENOMEM;
            return NULL;
        }
        w->data = data;
        w->capacity = capacity;
    }
    uint8_t *p = w->data + w->len;
    w->len += n;
    return p;
}

void codec_put_bytes(struct codec_writer *w, uint16_t tag, const void *bytes, size_t len)
{
    uint8_t *p = len > MAX_RECORD ? reserve(w, len) : reserve(w, FIELD_HEADER + len);
    if (!p)
        return;
    put_le16(p, tag);
    put_le32(p + 2, (uint32_t)len);
    if (len)
        memcpy(p + FIELD_HEADER, bytes, len);
}

void codec_put_str(struct codec_writer *w, uint16_t tag, const char *s)
{
    codec_put_bytes(w, tag, s, strlen(s));
}

void codec_put_bool(struct codec_writer *w, uint16_t tag, bool value)
{
    uint8_t b = value;
    codec_put_bytes(w, tag, &b, sizeof b);
}

void codec_put_u16(struct codec_writer *w, uint16_t tag, uint16_t value)
{
    uint8_t b[2];
    put_le16(b, value);
    codec_put_bytes(w, tag, b, sizeof b);
}

void codec_put_u32(struct codec_writer *w, uint16_t tag, uint32_t value)
{
    uint8_t b[4];
    put_le32(b, value);
    codec_put_bytes(w, tag, b, sizeof b);
}

void codec_put_u64(struct codec_writer *w, uint16_t tag, uint64_t value)
{
    uint8_t b[8];
    put_le64(b, value);
    codec_put_bytes(w, tag, b, sizeof b);
}

void codec_put_i64(struct codec_writer *w, uint16_t tag, int64_t value)
{
    codec_put_u64(w, tag, (uint64_t)value);
}

void codec_writer_free(struct codec_writer *w)
{
    mem_free(w->data);
    *w = (struct codec_writer)CODEC_WRITER_INIT;
}

/* ---- reading ---- */

void codec_reader_init(struct codec_reader *r, const void *data, size_t len)
{
    *r = (struct codec_reader){data, len, 0};
}

int codec_next(struct codec_reader *r, struct codec_field *f)
{
    size_t left = r->len - r->pos;
    if (left == 0)
        return 0;
    if (left < FIELD_HEADER)
        return -EUCLEAN;
    const uint8_t *p = r->data + r->pos;
    size_t len = get_le32(p + 2);
    if (len > left - FIELD_HEADER)
        return -EUCLEAN;
    *f = (struct codec_field){get_le16(p), p + FIELD_HEADER, len};
    r->pos += FIELD_HEADER + len;
    return 1;
}

int codec_get_u64(const struct codec_field *f, uint64_t *value)
{
    switch (f->len) {
    case 1:
        *value = f->data[0];
        return 0;
    case 2:
        *value = get_le16(f->data);
        return 0;
    case 4:
        *value = get_le32(f->data);
        return 0;
    case 8:
        *value = get_le64(f->data);
        return 0;
    default:
        return -EUCLEAN;
    }
}

/* A number that must not be above max. */
static int get_bounded(const struct codec_field *f, uint64_t max, uint64_t *value)
{
    int r = codec_get_u64(f, value);
    return r == 0 && *value > max ? -EUCLEAN : r;
}

int codec_get_bool(const struct codec_field *f, bool *value)
{
    uint64_t v;
    int r = get_bounded(f, 1, &v);
    if (r == 0)
        *value = v != 0;
    return r;
}

int codec_get_u16(const struct codec_field *f, uint16_t *value)
{
    uint64_t v;
    int r = get_bounded(f, UINT16_MAX, &v);
    if (r == 0)
        *value = (uint16_t)v;
    return r;
}

int codec_get_u32(const struct codec_field *f, uint32_t *value)
{
    uint64_t v;
    int r = get_bounded(f, UINT32_MAX, &v);
    if (r == 0)
        *value = (uint32_t)v;
    return r;
}

int codec_get_i64(const struct codec_field *f, int64_t *value)
{
    if (f->len != 8)
        return -EUCLEAN;
    *value = (int64_t)get_le64(f->data);
    return 0;
}

int codec_get_str(const struct codec_field *f, char *s, size_t size)
{
    if (f->len >= size || memchr(f->data, 0, f->len))
        return -EUCLEAN;
    memcpy(s, f->data, f->len);
    s[f->len] = '\0';
    return 0;
}
