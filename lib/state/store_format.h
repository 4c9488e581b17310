/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The files of the store, byte by byte. All numbers little-endian.
 *
 *   checkpoint-GGGGGGGGGGGGGGGG  every live record as of a sequence number; G: the generation in hex
 *   journal-GGGGGGGGGGGGGGGG     the transactions after the checkpoint of the same generation
 *   checkpoint.new               a checkpoint being written; means nothing
 *
 * Both begin with a header of 64 bytes, written once and the same in every version to come:
 *    0  8  magic "RSVCCHKP" or "RSVCJRNL"
 *    8  4  version (1)
 *   12  4  CRC-32C of the 64 bytes with this field zero
 *   16 16  id of the store, random
 *   32  8  generation
 *   40  8  sequence number: of the last transaction in the checkpoint, = of the one before the journal
 *   48 16  zero
 * and go on with frames:
 *    0  4  magic "RSfr"
 *    4  4  type: 1 transactions (journal), 2 records (checkpoint), 3 the end (checkpoint)
 *    8  8  sequence number: rises by one from frame to frame; a checkpoint's frames count from 1
 *   16  4  length of the payload, at most FRAME_PAYLOAD_MAX
 *   20  4  CRC-32C of the payload
 *   24  4  zero
 *   28  4  CRC-32C of the 28 bytes before
 *   32     payload
 * Both frame checksums start from the file header's checksum, so a frame of another file never passes.
 *
 * Payload of types 1 and 2: operations one after the other:
 *    0  1  1 put, 2 delete
 *    1  1  kind
 *    2  2  length of the id
 *    4  4  length of the blob (0 for delete)
 *    8     id, blob
 * Payload of type 3: the number of records (u64).
 *
 * A journal frame holds everything that was committed with one sync. That is what makes a torn tail
 * recognisable: the next frame is begun only when this one is durable, so a bad frame with nothing valid
 * after it was never acknowledged and is cut; a bad frame with a valid frame header of a higher sequence
 * number after it is damage. The journal is written ahead with zeroes, so that most syncs need no change
 * of the file's size.
 */
#ifndef RSVC_STATE_STORE_FORMAT_H
#define RSVC_STATE_STORE_FORMAT_H

#include "state/vfs.h"

#define STORE_VERSION 1u
#define STORE_HEADER_SIZE 64u
#define STORE_ID_SIZE 16u
#define STORE_NAME_SIZE 32u /* of a file, NUL included */
#define FRAME_HEADER_SIZE 32u
#define FRAME_PAYLOAD_MAX (UINT32_C(64) << 20)
#define OP_HEADER_SIZE 8u

enum store_file_kind { STORE_CHECKPOINT = 1, STORE_JOURNAL = 2 };
enum frame_type { FRAME_TRANSACTIONS = 1, FRAME_RECORDS = 2, FRAME_END = 3 };
enum op_type { OP_PUT = 1, OP_DELETE = 2 };

/* ---- names ---- */

void store_file_name(enum store_file_kind kind, uint64_t generation, char name[STORE_NAME_SIZE]);
bool store_file_parse(const char *name, enum store_file_kind *kind, uint64_t *generation);

/* ---- file headers ---- */

struct store_header {
    uint8_t id[STORE_ID_SIZE];
    uint64_t generation;
    uint64_t sequence;
};

void store_header_encode(enum store_file_kind kind, const struct store_header *h,
                         uint8_t bytes[STORE_HEADER_SIZE]);
/* -EUCLEAN damaged or something else, -EPROTO of a newer version. */
int store_header_decode(enum store_file_kind kind, const uint8_t bytes[STORE_HEADER_SIZE],
                        struct store_header *h);
/* What the frames' checksums start from. */
uint32_t store_header_salt(const uint8_t bytes[STORE_HEADER_SIZE]);

/* ---- frames ---- */

/* Fills the header before a payload of that length. */
void frame_seal(uint8_t *frame, enum frame_type type, uint64_t sequence, uint32_t payload_len, uint32_t salt);

struct frame {
    enum frame_type type;
    uint64_t sequence;
    const uint8_t *payload; /* in the reader's buffer, until its next call */
    uint32_t len;
};

struct frame_reader {
    struct vfs_file *file;
    uint64_t size, pos; /* of the file; of the next frame */
    uint32_t salt;
    uint8_t *buffer; /* bytes [buffer_at, buffer_at + buffer_len) of the file */
    size_t capacity, buffer_len;
    uint64_t buffer_at;
};

/* Reads and checks the file's header; the first frame is next. Same errors as store_header_decode. */
int frame_reader_open(struct frame_reader *r, struct vfs_file *file, enum store_file_kind kind,
                      struct store_header *h);
void frame_reader_close(struct frame_reader *r);
/* *p: the bytes [at, at + len) of the file, which must have them; until the reader's next call. */
int frame_reader_view(struct frame_reader *r, uint64_t at, size_t len, const uint8_t **p);
/* 0: the next frame, which had the expected sequence number. -EUCLEAN: none such at r->pos (or the end). */
int frame_next(struct frame_reader *r, uint64_t expected, struct frame *f);
/* After -EUCLEAN: 1 if a frame header of a sequence number above `expected` lies somewhere after r->pos
 * (then what is at r->pos was durable once), else 0; *blank: nothing but zeroes follow. */
int frame_find_later(struct frame_reader *r, uint64_t expected, bool *blank);

/* ---- operations ---- */

struct op {
    enum op_type type;
    uint8_t kind;
    uint16_t id_len;
    uint32_t blob_len;
    const uint8_t *id, *blob;
};

static inline size_t op_size(size_t id_len, size_t blob_len)
{
    return OP_HEADER_SIZE + id_len + blob_len;
}
/* Writes op_size bytes. */
void op_encode(uint8_t *p, const struct op *op);
/* Takes the first operation off [*p, *p + *len): 1, 0 when nothing is left, -EUCLEAN. */
int op_next(const uint8_t **p, size_t *len, struct op *op);

#endif
