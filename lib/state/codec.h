/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How records are encoded: a sequence of fields, each a tag (u16), a length (u32) and that many bytes, all
 * little-endian. Tags of a record are only ever added, never reused; a reader skips those that it does not
 * know, and keeps its default for those that are missing. So an older library reads what a newer one of
 * the same store version wrote, and the reverse. A list is a tag that comes again. Numbers may be stored
 * in 1, 2, 4 or 8 bytes: a field can be widened later.
 *
 * Nothing here is thread-safe; buffers belong to the caller.
 */
#ifndef RSVC_STATE_CODEC_H
#define RSVC_STATE_CODEC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* ---- writing ---- */

struct codec_writer {
    uint8_t *data; /* what was written; from mem_alloc */
    size_t len, capacity;
    int err; /* the first failure (-ENOMEM, -EFBIG); later puts do nothing. Checked once, at the end. */
};

#define CODEC_WRITER_INIT                                                                                    \
    {                                                                                                        \
        NULL, 0, 0, 0                                                                                        \
    }

void codec_put_bytes(struct codec_writer *w, uint16_t tag, const void *bytes, size_t len);
void codec_put_str(struct codec_writer *w, uint16_t tag, const char *s); /* without the NUL */
void codec_put_bool(struct codec_writer *w, uint16_t tag, bool value);
void codec_put_u16(struct codec_writer *w, uint16_t tag, uint16_t value);
void codec_put_u32(struct codec_writer *w, uint16_t tag, uint32_t value);
void codec_put_u64(struct codec_writer *w, uint16_t tag, uint64_t value);
void codec_put_i64(struct codec_writer *w, uint16_t tag, int64_t value);
void codec_writer_free(struct codec_writer *w); /* ready for use again */

/* ---- reading ---- */

struct codec_reader {
    const uint8_t *data;
    size_t len, pos;
};

struct codec_field {
    uint16_t tag;
    const uint8_t *data; /* into the reader's bytes */
    size_t len;
};

void codec_reader_init(struct codec_reader *r, const void *data, size_t len);
/* 1: *f is the next field; 0: that was all; -EUCLEAN: cut short or lying about its length. */
int codec_next(struct codec_reader *r, struct codec_field *f);

/* 0, or -EUCLEAN: not of that kind, too large for it, or a string with a NUL inside or without room. */
int codec_get_bool(const struct codec_field *f, bool *value);
int codec_get_u16(const struct codec_field *f, uint16_t *value);
int codec_get_u32(const struct codec_field *f, uint32_t *value);
int codec_get_u64(const struct codec_field *f, uint64_t *value);
int codec_get_i64(const struct codec_field *f, int64_t *value);
int codec_get_str(const struct codec_field *f, char *s, size_t size);

#endif
