/* SPDX-License-Identifier: BSD-2-Clause */
/* The store's files; see store_format.h. Everything read is taken for hostile: lengths are held against
 * what the file has and FRAME_PAYLOAD_MAX before they are used, and searching is linear. */
#include "state/store_format.h"

#include <errno.h>
#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "util/alloc.h"
#include "util/bytes.h"
#include "util/crc32c.h"

#define FRAME_MAGIC UINT32_C(0x72665352) /* "RSfr" */
#define WINDOW (256u << 10)              /* read at once */

static const char *const magics[] = {[STORE_CHECKPOINT] = "RSVCCHKP", [STORE_JOURNAL] = "RSVCJRNL"};
static const char *const prefixes[] = {[STORE_CHECKPOINT] = "checkpoint-", [STORE_JOURNAL] = "journal-"};

/* ---- names ---- */

void store_file_name(enum store_file_kind kind, uint64_t generation, char name[STORE_NAME_SIZE])
{
    (void)snprintf(name, STORE_NAME_SIZE, "%s%016" PRIx64, prefixes[kind], generation);
}

bool store_file_parse(const char *name, enum store_file_kind *kind, uint64_t *generation)
{
    for (enum store_file_kind k = STORE_CHECKPOINT; k <= STORE_JOURNAL; k++) {
        size_t len = strlen(prefixes[k]);
        if (strncmp(name, prefixes[k], len) != 0)
            continue;
        uint64_t g = 0;
        const char *digit = name + len;
        for (; *digit; digit++) {
            const char *hex = strchr("0123456789abcdef", *digit);
            if (!hex)
                return false;
            g = g << 4 | (uint64_t)(hex - "0123456789abcdef");
        }
        *kind = k;
        *generation = g;
        return digit == name + len + 16;
    }
    return false;
}

/* ---- file headers ---- */

static uint32_t header_crc(const uint8_t bytes[STORE_HEADER_SIZE])
{
    static const uint8_t zero[4];
    uint32_t crc = crc32c(0, bytes, 12);
    crc = crc32c(crc, zero, sizeof zero);
    return crc32c(crc, bytes + 16, STORE_HEADER_SIZE - 16);
}

void store_header_encode(enum store_file_kind kind, const struct store_header *h,
                         uint8_t bytes[STORE_HEADER_SIZE])
{
    memset(bytes, 0, STORE_HEADER_SIZE);
    memcpy(bytes, magics[kind], 8);
    put_le32(bytes + 8, STORE_VERSION);
    memcpy(bytes + 16, h->id, STORE_ID_SIZE);
    put_le64(bytes + 32, h->generation);
    put_le64(bytes + 40, h->sequence);
    put_le32(bytes + 12, header_crc(bytes));
}

int store_header_decode(enum store_file_kind kind, const uint8_t bytes[STORE_HEADER_SIZE],
                        struct store_header *h)
{
    if (memcmp(bytes, magics[kind], 8) != 0 || get_le32(bytes + 12) != header_crc(bytes))
        return -EUCLEAN;
    uint32_t version = get_le32(bytes + 8);
    if (version != STORE_VERSION)
        return version > STORE_VERSION ? -EPROTO : -EUCLEAN;
    memcpy(h->id, bytes + 16, STORE_ID_SIZE);
    h->generation = get_le64(bytes + 32);
    h->sequence = get_le64(bytes + 40);
    if (h->generation > INT64_MAX || h->sequence > INT64_MAX)
        return -EUCLEAN; /* they only ever rise by one: nobody gets there */
    return 0;
}

uint32_t store_header_salt(const uint8_t bytes[STORE_HEADER_SIZE])
{
    return get_le32(bytes + 12);
}

/* ---- frames ---- */

void frame_seal(uint8_t *frame, enum frame_type type, uint64_t sequence, uint32_t payload_len, uint32_t salt)
{
    put_le32(frame, FRAME_MAGIC);
    put_le32(frame + 4, type);
    put_le64(frame + 8, sequence);
    put_le32(frame + 16, payload_len);
    put_le32(frame + 20, crc32c(salt, frame + FRAME_HEADER_SIZE, payload_len));
    put_le32(frame + 24, 0);
    put_le32(frame + 28, crc32c(salt, frame, 28));
}

static bool is_frame_header(const uint8_t *p, uint32_t salt)
{
    return get_le32(p) == FRAME_MAGIC && get_le32(p + 28) == crc32c(salt, p, 28);
}

int frame_reader_open(struct frame_reader *r, struct vfs_file *file, enum store_file_kind kind,
                      struct store_header *h)
{
    uint8_t bytes[STORE_HEADER_SIZE];
    *r = (struct frame_reader){.file = file, .pos = STORE_HEADER_SIZE};
    int err = file->ops->size(file, &r->size);
    if (err)
        return err;
    if (r->size < STORE_HEADER_SIZE)
        return -EUCLEAN;
    err = file->ops->pread(file, bytes, sizeof bytes, 0);
    if (err)
        return err;
    r->salt = store_header_salt(bytes);
    return store_header_decode(kind, bytes, h);
}

void frame_reader_close(struct frame_reader *r)
{
    mem_free(r->buffer);
    r->buffer = NULL;
}

int frame_reader_view(struct frame_reader *r, uint64_t at, size_t len, const uint8_t **p)
{
    if (at < r->buffer_at || at - r->buffer_at > r->buffer_len ||
        len > r->buffer_len - (size_t)(at - r->buffer_at)) {
        size_t want = len > WINDOW ? len : WINDOW;
        if (want > r->capacity) {
            uint8_t *buffer = mem_alloc(want);
            if (!buffer)
                return -ENOMEM;
            mem_free(r->buffer);
            r->buffer = buffer;
            r->capacity = want;
        }
        if (want > r->size - at)
            want = (size_t)(r->size - at);
        r->buffer_len = 0;
        int err = r->file->ops->pread(r->file, r->buffer, want, at);
        if (err)
            return err;
        r->buffer_at = at;
        r->buffer_len = want;
    }
    *p = r->buffer + (at - r->buffer_at);
    return 0;
}

int frame_next(struct frame_reader *r, uint64_t expected, struct frame *f)
{
    const uint8_t *p;
    if (r->size - r->pos < FRAME_HEADER_SIZE)
        return -EUCLEAN;
    int err = frame_reader_view(r, r->pos, FRAME_HEADER_SIZE, &p);
    if (err)
        return err;
    if (!is_frame_header(p, r->salt))
        return -EUCLEAN;
    f->type = get_le32(p + 4);
    f->sequence = get_le64(p + 8);
    f->len = get_le32(p + 16);
    uint32_t crc = get_le32(p + 20);
    if (f->sequence != expected || f->len > FRAME_PAYLOAD_MAX ||
        f->len > r->size - r->pos - FRAME_HEADER_SIZE)
        return -EUCLEAN;
    err = frame_reader_view(r, r->pos, FRAME_HEADER_SIZE + f->len, &p);
    if (err)
        return err;
    f->payload = p + FRAME_HEADER_SIZE;
    if (crc32c(r->salt, f->payload, f->len) != crc)
        return -EUCLEAN;
    r->pos += FRAME_HEADER_SIZE + f->len;
    return 0;
}

/* Whether a whole frame header of a sequence number above `expected` lies in these bytes. */
static bool has_later_header(const uint8_t *p, size_t len, uint32_t salt, uint64_t expected)
{
    for (const uint8_t *q = p, *end = p + len; q < end; q++) {
        q = memchr(q, FRAME_MAGIC & 0xff, (size_t)(end - q));
        if (!q || end - q < (ptrdiff_t)FRAME_HEADER_SIZE)
            return false;
        if (is_frame_header(q, salt) && get_le64(q + 8) > expected)
            return true;
    }
    return false;
}

int frame_find_later(struct frame_reader *r, uint64_t expected, bool *blank)
{
    const size_t step = WINDOW - FRAME_HEADER_SIZE; /* windows overlap by a header */
    *blank = true;
    for (uint64_t at = r->pos; at < r->size; at += step) {
        const uint8_t *p;
        size_t len = r->size - at < WINDOW ? (size_t)(r->size - at) : WINDOW;
        int err = frame_reader_view(r, at, len, &p);
        if (err)
            return err;
        if (p[0] != 0 || memcmp(p, p + 1, len - 1) != 0)
            *blank = false;
        if (has_later_header(p, len, r->salt, expected))
            return 1;
    }
    return 0;
}

/* ---- operations ---- */

void op_encode(uint8_t *p, const struct op *op)
{
    p[0] = (uint8_t)op->type;
    p[1] = op->kind;
    put_le16(p + 2, op->id_len);
    put_le32(p + 4, op->blob_len);
    memcpy(p + OP_HEADER_SIZE, op->id, op->id_len);
    if (op->blob_len)
        memcpy(p + OP_HEADER_SIZE + op->id_len, op->blob, op->blob_len);
}

int op_next(const uint8_t **p, size_t *len, struct op *op)
{
    const uint8_t *q = *p;
    if (*len == 0)
        return 0;
    if (*len < OP_HEADER_SIZE)
        return -EUCLEAN;
    *op = (struct op){.type = q[0], .kind = q[1], .id_len = get_le16(q + 2), .blob_len = get_le32(q + 4)};
    size_t left = *len - OP_HEADER_SIZE;
    if (op->id_len > left || op->blob_len > left - op->id_len)
        return -EUCLEAN;
    op->id = q + OP_HEADER_SIZE;
    op->blob = op->id + op->id_len;
    if ((op->type != OP_PUT && op->type != OP_DELETE) || op->kind == 0 || op->id_len == 0 ||
        memchr(op->id, 0, op->id_len) || (op->type == OP_DELETE && op->blob_len))
        return -EUCLEAN;
    *p += op_size(op->id_len, op->blob_len);
    *len -= op_size(op->id_len, op->blob_len);
    return 1;
}
