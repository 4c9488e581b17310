/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Opening the store: the newest checkpoint, then the journal of its generation.
 *
 * If the newest checkpoint is damaged but the generation before is still there and whole up to the very
 * sequence number at which the newest began, the same state is had from that and written anew. Anything
 * else that is damaged ends in an error naming file and offset; nothing is then changed on disk.
 *
 * What was read may be in the page cache only: a process that was killed hadn't synced its last frame yet,
 * or a failed sync has left pages that look clean and will never be written. So before anybody builds on
 * it, the last frame is written once more, byte for byte, and synced, and so is the directory. The frames
 * before it were durable before it was begun.
 */
#include "state/store_internal.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "util/alloc.h"
#include "util/bytes.h"
#include "util/id.h"

/* Where the sentence goes. */
struct blame {
    char *text;
    size_t size;
};

static int blamed(const struct blame *b, int r, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static int blamed(const struct blame *b, int r, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    if (b->text && b->size)
        (void)vsnprintf(b->text, b->size, format, args);
    va_end(args);
    return r;
}

/* A sentence for what reading a file at an offset came to. */
static int bad_file(const struct blame *b, int r, const char *name, uint64_t offset, const char *what)
{
    if (r == -EPROTO)
        return blamed(b, r, "state file %s was written by a newer version of the library", name);
    if (r == -EUCLEAN)
        return blamed(b, r, "state file %s is damaged at offset %" PRIu64 ": %s", name, offset, what);
    return blamed(b, r, "state file %s, offset %" PRIu64 ": %s", name, offset, strerror(-r));
}

/* ---- applying what was read ---- */

static int apply_payload(struct store *s, const struct frame *f, bool deletes)
{
    const uint8_t *p = f->payload;
    size_t len = f->len, rest = f->len, puts = 0;
    struct op op;
    int r;
    /* All of it is checked before any of it is applied. */
    for (const uint8_t *q = p; (r = op_next(&q, &rest, &op)) == 1;) {
        if (op.type == OP_DELETE && !deletes)
            return -EUCLEAN;
        puts += op.type == OP_PUT;
    }
    if (r == 0)
        r = store_reserve(s, puts);
    while (r == 0 && op_next(&p, &len, &op) == 1) {
        struct record *record = record_new(op.kind, (const char *)op.id, op.id_len, op.blob, op.blob_len);
        if (!record)
            return -ENOMEM;
        if (op.type == OP_PUT) {
            store_apply_put(s, record);
        } else {
            store_apply_delete(s, record->key);
            mem_free(record);
        }
    }
    return r;
}

static int open_file(struct store *s, enum store_file_kind kind, uint64_t generation,
                     char name[STORE_NAME_SIZE], struct frame_reader *reader, struct store_header *h,
                     const struct blame *b)
{
    struct vfs_file *file;
    store_file_name(kind, generation, name);
    int r = s->vfs->ops->open(s->vfs, name, 0, &file);
    if (r == -ENOENT)
        return blamed(b, -EUCLEAN, "state file %s is missing", name);
    if (r)
        return bad_file(b, r, name, 0, "");
    r = frame_reader_open(reader, file, kind, h);
    if (r == 0 && h->generation != generation)
        r = -EUCLEAN;
    if (r) {
        file->ops->close(file);
        return bad_file(b, r, name, 0, "not a header of this file");
    }
    return 0;
}

static int read_checkpoint(struct store *s, uint64_t generation, const struct blame *b)
{
    char name[STORE_NAME_SIZE];
    struct frame_reader reader;
    struct store_header h;
    int r = open_file(s, STORE_CHECKPOINT, generation, name, &reader, &h, b);
    if (r)
        return r;
    struct frame f = {.type = FRAME_RECORDS};
    uint64_t at = reader.pos;
    for (uint64_t sequence = 1; r == 0 && f.type != FRAME_END; sequence++) {
        at = reader.pos;
        r = frame_next(&reader, sequence, &f);
        if (r == 0 && f.type == FRAME_RECORDS)
            r = apply_payload(s, &f, false);
        else if (r == 0 &&
                 (f.type != FRAME_END || f.len != 8 || get_le64(f.payload) != hash_count(s->records)))
            r = -EUCLEAN;
    }
    if (r)
        r = bad_file(b, r, name, at, "not a whole frame of records");
    memcpy(s->id, h.id, sizeof s->id);
    s->sequence = h.sequence;
    s->generation = generation;
    frame_reader_close(&reader);
    reader.file->ops->close(reader.file);
    return r;
}

/* Sees to it that the journal up to its tail is durable; last: where its last frame begins. */
static int harden(struct store *s, struct frame_reader *reader, uint64_t last)
{
    const struct vfs_file_ops *ops = reader->file->ops;
    const uint8_t *frame;
    int r = 0;
    if (reader->pos > last) {
        r = frame_reader_view(reader, last, (size_t)(reader->pos - last), &frame);
        if (r == 0)
            r = ops->pwrite(reader->file, frame, (size_t)(reader->pos - last), last);
        if (r == 0)
            r = ops->sync(reader->file);
    }
    return r ? r : s->vfs->ops->sync_dir(s->vfs, "");
}

/* Applies the frames that are whole. 0: all up to reach; 1: there are no more; an error has been blamed.
 * *last: where the last one begins. */
static int replay(struct store *s, struct frame_reader *reader, uint64_t reach, const char *name,
                  uint64_t *last, const struct blame *b)
{
    *last = reader->pos;
    while (s->sequence < reach) {
        struct frame f;
        uint64_t at = reader->pos;
        int r = frame_next(reader, s->sequence + 1, &f);
        if (r == -EUCLEAN)
            return 1;
        if (r == 0)
            r = f.type == FRAME_TRANSACTIONS ? apply_payload(s, &f, true) : -EUCLEAN;
        if (r)
            return bad_file(b, r, name, at, "not a frame of transactions");
        s->sequence++;
        *last = at;
    }
    return 0;
}

/* Where replaying ended there must be nothing that was ever acknowledged: else -EUCLEAN. */
static int cut_tail(struct store *s, struct frame_reader *reader, const char *name, bool *blank,
                    const struct blame *b)
{
    int r = frame_find_later(reader, s->sequence + 1, blank);
    if (r == 1)
        return bad_file(b, -EUCLEAN, name, reader->pos, "a transaction is lost");
    if (r == 0 && !*blank)
        r = reader->file->ops->truncate(reader->file, reader->pos);
    return r ? bad_file(b, r, name, reader->pos, "") : 0;
}

static int open_journal(struct store *s, uint64_t generation, char name[STORE_NAME_SIZE],
                        struct frame_reader *reader, const struct blame *b)
{
    struct store_header h;
    int r = open_file(s, STORE_JOURNAL, generation, name, reader, &h, b);
    if (r == 0 && (memcmp(h.id, s->id, sizeof s->id) != 0 || h.sequence != s->sequence)) {
        reader->file->ops->close(reader->file);
        r = bad_file(b, -EUCLEAN, name, 0, "it does not follow its checkpoint");
    }
    return r;
}

/* The journal after the newest checkpoint: replayed, its torn tail cut off, and the one to go on with. */
static int read_journal(struct store *s, uint64_t generation, const struct blame *b)
{
    char name[STORE_NAME_SIZE];
    struct frame_reader reader;
    uint64_t last;
    bool blank = true;
    int r = open_journal(s, generation, name, &reader, b);
    if (r)
        return r;
    r = replay(s, &reader, UINT64_MAX, name, &last, b);
    if (r == 1)
        r = cut_tail(s, &reader, name, &blank, b);
    if (r == 0) {
        r = harden(s, &reader, last);
        if (r)
            r = bad_file(b, r, name, last, "");
    }
    frame_reader_close(&reader);
    if (r) {
        reader.file->ops->close(reader.file);
        return r;
    }
    s->journal = reader.file;
    s->journal_salt = reader.salt;
    s->journal_tail = reader.pos;
    s->journal_size = blank ? reader.size : reader.pos;
    s->checkpoint_at = STORE_CHECKPOINT_MIN + s->live_bytes;
    return 0;
}

/* The journal of the generation before, up to sequence number reach. What may follow that was never
 * acknowledged. */
static int read_older_journal(struct store *s, uint64_t generation, uint64_t reach, const struct blame *b)
{
    char name[STORE_NAME_SIZE];
    struct frame_reader reader;
    uint64_t last;
    int r = open_journal(s, generation, name, &reader, b);
    if (r)
        return r;
    r = replay(s, &reader, reach, name, &last, b);
    frame_reader_close(&reader);
    reader.file->ops->close(reader.file);
    return r == 1 ? -EUCLEAN : r;
}

/* ---- which generation ---- */

struct found {
    uint64_t checkpoint, journal; /* the highest generations; 0 = none */
};

static int note_entry(void *user, const char *entry)
{
    struct found *f = user;
    enum store_file_kind kind;
    uint64_t generation;
    if (store_file_parse(entry, &kind, &generation)) {
        uint64_t *highest = kind == STORE_CHECKPOINT ? &f->checkpoint : &f->journal;
        if (generation > *highest)
            *highest = generation;
    }
    return 0;
}

static void forget_records(struct store *s)
{
    size_t cursor = 0;
    for (struct record *r; (r = hash_next(s->records, &cursor));)
        store_apply_delete(s, r->key);
}

/* The state of the damaged newest checkpoint out of the generation before it. */
static int read_older(struct store *s, uint64_t generation)
{
    const struct blame nobody = {NULL, 0};
    char name[STORE_NAME_SIZE];
    struct frame_reader reader;
    struct store_header h;
    forget_records(s);
    /* The newest journal says where the newest checkpoint stood. */
    int r = open_file(s, STORE_JOURNAL, generation, name, &reader, &h, &nobody);
    if (r)
        return r;
    reader.file->ops->close(reader.file);
    r = read_checkpoint(s, generation - 1, &nobody);
    if (r == 0)
        r = read_older_journal(s, generation - 1, h.sequence, &nobody);
    s->generation = generation;
    return r;
}

/* No checkpoint: a new store, unless there is a journal that had one. */
static int start_new(struct store *s, const struct found *f, const struct blame *b)
{
    if (f->journal > 1)
        return blamed(b, -EUCLEAN, "the checkpoint of state file journal-%016" PRIx64 " is missing",
                      f->journal);
    if (f->journal == 1) {
        char name[STORE_NAME_SIZE];
        struct vfs_file *file;
        struct frame_reader reader;
        struct store_header h;
        struct frame frame;
        store_file_name(STORE_JOURNAL, 1, name);
        int r = s->vfs->ops->open(s->vfs, name, 0, &file);
        if (r)
            return bad_file(b, r, name, 0, "");
        bool used = frame_reader_open(&reader, file, STORE_JOURNAL, &h) == 0 &&
                    frame_next(&reader, h.sequence + 1, &frame) == 0;
        frame_reader_close(&reader);
        file->ops->close(file);
        if (used)
            return blamed(b, -EUCLEAN, "the checkpoint of state file %s is missing", name);
    }
    int r = random_bytes(s->id, sizeof s->id);
    if (r == 0)
        r = store_new_generation(s);
    return r ? blamed(b, r, "the state directory cannot be set up: %s", strerror(-r)) : 0;
}

int store_recover(struct store *s, char *error_text, size_t error_size)
{
    const struct blame b = {error_text, error_size};
    struct found f = {0, 0};
    int r = s->vfs->ops->lock(s->vfs);
    if (r == -EBUSY)
        return blamed(&b, r, "the state directory is in use by another opener");
    if (r == 0)
        r = s->vfs->ops->list(s->vfs, "", note_entry, &f);
    if (r)
        return blamed(&b, r, "the state directory cannot be read: %s", strerror(-r));
    if (f.checkpoint == 0)
        return start_new(s, &f, &b);

    bool healed = false;
    r = read_checkpoint(s, f.checkpoint, &b);
    if (r == -EUCLEAN && f.checkpoint > 1 && read_older(s, f.checkpoint) == 0) {
        healed = true;
        r = 0;
    }
    if (r == 0)
        r = read_journal(s, f.checkpoint, &b);
    if (r == 0 && healed)
        (void)store_new_generation(s); /* if not now, it is found again at the next open */
    return r;
}
