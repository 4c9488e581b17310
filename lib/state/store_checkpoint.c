/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A new generation of the store's files, in this order:
 *   1. what an earlier attempt left is removed, then journal-(n+1), empty, synced, and that made durable: an
 *      old checkpoint.new must never be what step 3 renames;
 *   2. checkpoint.new with every live record, synced;
 *   3. renamed to checkpoint-(n+1), and that made durable: from here on generation n+1 is what an open finds;
 *   4. the files of generation n-1 are removed. Generation n stays: with its journal it still gives the
 *      state of checkpoint-(n+1), should that be damaged.
 * A failure before 3 leaves generation n as it was. After the rename, until it is known to be durable, a
 * crash may leave either; both give the same state now, but nothing may be added to either: poison.
 */
#include "state/store_internal.h"

#include <errno.h>
#include <string.h>

#include "util/alloc.h"
#include "util/bytes.h"

#define NEW_NAME "checkpoint.new"
#define PART_SIZE (256u << 10) /* of a frame of records, more if one record is larger */

/* A checkpoint being written: frames gathered in a buffer. */
struct output {
    struct vfs_file *file;
    uint32_t salt;
    uint64_t pos;
    uint64_t sequence; /* of the last frame written */
    uint8_t *buffer;   /* a frame: FRAME_HEADER_SIZE bytes, then the payload */
    size_t capacity, len;
};

static int output_flush(struct output *o, enum frame_type type)
{
    frame_seal(o->buffer, type, ++o->sequence, (uint32_t)(o->len - FRAME_HEADER_SIZE), o->salt);
    int r = o->file->ops->pwrite(o->file, o->buffer, o->len, o->pos);
    o->pos += o->len;
    o->len = FRAME_HEADER_SIZE;
    return r;
}

static int output_room(struct output *o, size_t n)
{
    if (o->len + n <= o->capacity)
        return 0;
    int r = o->len > FRAME_HEADER_SIZE ? output_flush(o, FRAME_RECORDS) : 0;
    if (r || o->len + n <= o->capacity)
        return r;
    uint8_t *buffer = mem_grow(o->buffer, o->len + n, 1);
    if (!buffer)
        return -ENOMEM;
    o->buffer = buffer;
    o->capacity = o->len + n;
    return 0;
}

static int write_records(struct store *s, struct output *o)
{
    size_t cursor = 0;
    for (const struct record *r; (r = hash_next(s->records, &cursor));) {
        struct op op = {.type = OP_PUT,
                        .kind = record_kind(r),
                        .id_len = r->id_len,
                        .blob_len = r->blob_len,
                        .id = (const uint8_t *)r->key + 1,
                        .blob = r->blob};
        int err = output_room(o, record_op_size(r));
        if (err)
            return err;
        op_encode(o->buffer + o->len, &op);
        o->len += record_op_size(r);
    }
    int err = o->len > FRAME_HEADER_SIZE ? output_flush(o, FRAME_RECORDS) : 0;
    if (err)
        return err;
    put_le64(o->buffer + o->len, hash_count(s->records));
    o->len += 8;
    return output_flush(o, FRAME_END);
}

/* A new file whose header is written. */
static int create(struct store *s, enum store_file_kind kind, const char *name, uint64_t generation,
                  uint32_t *salt, struct vfs_file **file)
{
    int r = s->vfs->ops->open(s->vfs, name, VFS_CREATE | VFS_EXCL, file);
    if (r)
        return r;
    uint8_t bytes[STORE_HEADER_SIZE];
    struct store_header h = {.generation = generation, .sequence = s->sequence};
    memcpy(h.id, s->id, sizeof h.id);
    store_header_encode(kind, &h, bytes);
    *salt = store_header_salt(bytes);
    return (*file)->ops->pwrite(*file, bytes, sizeof bytes, 0);
}

static int write_checkpoint(struct store *s, uint64_t generation)
{
    struct output o = {
        .pos = STORE_HEADER_SIZE, .len = FRAME_HEADER_SIZE, .capacity = FRAME_HEADER_SIZE + PART_SIZE};
    o.buffer = mem_alloc(o.capacity);
    if (!o.buffer)
        return -ENOMEM;
    int r = create(s, STORE_CHECKPOINT, NEW_NAME, generation, &o.salt, &o.file);
    if (r == 0)
        r = write_records(s, &o);
    if (r == 0)
        r = o.file->ops->sync(o.file);
    if (o.file)
        o.file->ops->close(o.file);
    mem_free(o.buffer);
    return r;
}

static void remove_generation(struct store *s, uint64_t generation)
{
    char name[STORE_NAME_SIZE];
    for (enum store_file_kind kind = STORE_CHECKPOINT; kind <= STORE_JOURNAL; kind++) {
        store_file_name(kind, generation, name);
        (void)s->vfs->ops->unlink(s->vfs, name); /* what stays costs space only */
    }
}

static int remove_if_there(struct vfs *v, const char *name)
{
    int r = v->ops->unlink(v, name);
    return r == -ENOENT ? 0 : r;
}

/* Steps 1 to 3; *renamed: the rename was reached and done. */
static int write_generation(struct store *s, uint64_t generation, struct vfs_file **journal, uint32_t *salt,
                            bool *renamed)
{
    struct vfs *v = s->vfs;
    char name[STORE_NAME_SIZE];
    store_file_name(STORE_JOURNAL, generation, name);
    int r = remove_if_there(v, name);
    if (r == 0)
        r = remove_if_there(v, NEW_NAME);
    if (r == 0)
        r = create(s, STORE_JOURNAL, name, generation, salt, journal);
    if (r == 0)
        r = (*journal)->ops->sync(*journal);
    if (r == 0)
        r = v->ops->sync_dir(v, "");
    if (r == 0)
        r = write_checkpoint(s, generation);
    if (r)
        return r;
    store_file_name(STORE_CHECKPOINT, generation, name);
    r = v->ops->rename(v, NEW_NAME, name);
    if (r)
        return r;
    *renamed = true;
    return v->ops->sync_dir(v, "");
}

int store_new_generation(struct store *s)
{
    uint64_t generation = s->generation + 1;
    struct vfs_file *journal = NULL;
    uint32_t salt = 0;
    bool renamed = false;
    int r = write_generation(s, generation, &journal, &salt, &renamed);
    if (r) {
        if (journal)
            journal->ops->close(journal);
        if (renamed) {
            (void)pthread_mutex_lock(&s->lock);
            s->poison = r;
            (void)pthread_mutex_unlock(&s->lock);
        } else {
            char name[STORE_NAME_SIZE];
            store_file_name(STORE_JOURNAL, generation, name);
            (void)s->vfs->ops->unlink(s->vfs, name);
            (void)s->vfs->ops->unlink(s->vfs, NEW_NAME);
        }
        return r;
    }
    if (s->journal)
        s->journal->ops->close(s->journal);
    s->journal = journal;
    s->journal_salt = salt;
    s->journal_tail = s->journal_size = STORE_HEADER_SIZE;
    s->checkpoint_at = STORE_CHECKPOINT_MIN + s->live_bytes;
    s->generation = generation;
    atomic_fetch_add(&s->checkpoints, 1);
    if (generation > 2)
        remove_generation(s, generation - 2);
    return 0;
}
