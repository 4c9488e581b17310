/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The store in memory and its commits.
 *
 * A transaction gathers its new records and their encoded operations privately; nothing of the store is
 * touched. Commit queues it. One committer takes the *writer's role*, takes all that is queued as one
 * journal frame, writes and syncs it without the lock, then applies it to the records in memory; the
 * others wait for that. Everything that could fail for memory is done before the frame is written.
 *
 * When a commit fails:
 *  - the write failed: the frame is cut off again, durably; the transactions have changed nothing.
 *  - a sync failed: whether the frame is on the disk cannot be known, and asking again would prove
 *    nothing. So the state without those transactions is written as a new generation of files, which takes
 *    the place of this journal: then they have surely changed nothing. If that cannot be done either, the
 *    store is poisoned: every later commit fails with the same errno, and only the next open will tell.
 *
 * A failed checkpoint is no failure of the commit after which it was due; it is tried again when the
 * journal has grown twice as long.
 */
#include "state/store_internal.h"

#include <errno.h>
#include <string.h>

#include <replsvc/backend.h>

#include "util/alloc.h"
#include "util/probe.h"

#define JOURNAL_STEP (UINT64_C(64) << 10) /* the journal grows by so much at a time */
#define CHECKPOINT_AT_CLOSE (UINT64_C(64) << 10)
#define TXN_MAX (FRAME_PAYLOAD_MAX / 4)

struct change {
    struct record *put; /* or NULL */
    char *delete;       /* the key; or NULL */
};

struct store_txn {
    struct store *store;
    struct change *changes;
    size_t n, capacity, puts;
    size_t bytes; /* of the operations, encoded */

    /* Under the store's lock, once committed. */
    struct store_txn *next;
    bool done;
    int result;
};

/* ---- records ---- */

struct record *record_new(uint8_t kind, const char *id, size_t id_len, const void *blob, size_t blob_len)
{
    struct record *r = mem_alloc(sizeof *r + id_len + 2 + blob_len);
    if (!r)
        return NULL;
    uint8_t *bytes = (uint8_t *)r->key + id_len + 2;
    r->refs = 1;
    r->id_len = (uint16_t)id_len;
    r->blob_len = (uint32_t)blob_len;
    r->blob = bytes;
    r->key[0] = (char)kind;
    memcpy(r->key + 1, id, id_len);
    r->key[id_len + 1] = '\0';
    if (blob_len)
        memcpy(bytes, blob, blob_len);
    return r;
}

static void record_unref(struct record *r)
{
    if (--r->refs == 0)
        mem_free(r);
}

int store_reserve(struct store *s, size_t puts)
{
    return hash_reserve(s->records, puts);
}

void store_apply_put(struct store *s, struct record *r)
{
    struct record *old = hash_replace(s->records, r->key, r);
    s->live_bytes += record_op_size(r);
    if (old) {
        s->live_bytes -= record_op_size(old);
        record_unref(old);
    } else {
        (void)hash_put(s->records, r->key, r); /* room was reserved */
    }
}

void store_apply_delete(struct store *s, const char *key)
{
    struct record *old = hash_remove(s->records, key);
    if (old) {
        s->live_bytes -= record_op_size(old);
        record_unref(old);
    }
}

/* ---- transactions ---- */

struct store_txn *store_begin(struct store *s)
{
    struct store_txn *t = mem_zalloc(sizeof *t);
    if (t)
        t->store = s;
    return t;
}

void store_abort(struct store_txn *t)
{
    if (!t)
        return;
    for (size_t i = 0; i < t->n; i++) {
        mem_free(t->changes[i].put); /* nobody else knows it yet */
        mem_free(t->changes[i].delete);
    }
    mem_free(t->changes);
    mem_free(t);
}

/* Checks an operation and makes room for it. */
static int prepare(struct store_txn *t, uint8_t kind, const char *id, size_t blob_len)
{
    size_t id_len = strlen(id);
    if (kind == 0 || id_len == 0 || id_len > UINT16_MAX)
        return -EINVAL;
    if (blob_len > TXN_MAX || t->bytes + op_size(id_len, blob_len) > TXN_MAX)
        return -EFBIG;
    if (t->n < t->capacity)
        return 0;
    size_t capacity = t->capacity ? 2 * t->capacity : 4;
    struct change *changes = mem_grow(t->changes, capacity, sizeof *changes);
    if (!changes)
        return -ENOMEM;
    t->changes = changes;
    t->capacity = capacity;
    return 0;
}

int store_put(struct store_txn *t, uint8_t kind, const char *id, const void *blob, size_t len)
{
    int r = prepare(t, kind, id, len);
    if (r)
        return r;
    struct record *record = record_new(kind, id, strlen(id), blob, len);
    if (!record)
        return -ENOMEM;
    t->changes[t->n++] = (struct change){.put = record};
    t->bytes += record_op_size(record);
    t->puts++;
    return 0;
}

int store_delete(struct store_txn *t, uint8_t kind, const char *id)
{
    int r = prepare(t, kind, id, 0);
    if (r)
        return r;
    size_t id_len = strlen(id);
    char *key = mem_alloc(id_len + 2);
    if (!key)
        return -ENOMEM;
    key[0] = (char)kind;
    memcpy(key + 1, id, id_len + 1);
    t->changes[t->n++] = (struct change){.delete = key};
    t->bytes += op_size(id_len, 0);
    return 0;
}

static uint8_t *encode(const struct store_txn *t, uint8_t *p)
{
    for (size_t i = 0; i < t->n; i++) {
        const struct record *r = t->changes[i].put;
        struct op op = {.type = OP_DELETE};
        const char *key = t->changes[i].delete;
        if (r) {
            op = (struct op){.type = OP_PUT, .blob_len = r->blob_len, .blob = r->blob};
            key = r->key;
        }
        op.kind = (uint8_t)key[0];
        op.id = (const uint8_t *)key + 1;
        op.id_len = (uint16_t)strlen(key + 1);
        op_encode(p, &op);
        p += op_size(op.id_len, op.blob_len);
    }
    return p;
}

static void apply(struct store *s, struct store_txn *t)
{
    for (size_t i = 0; i < t->n; i++) {
        struct change *c = &t->changes[i];
        if (c->put)
            store_apply_put(s, c->put);
        else
            store_apply_delete(s, c->delete);
        c->put = NULL; /* the store's now */
    }
}

/* ---- the writer's role ---- */

static void writer_enter(struct store *s)
{
    while (s->writing)
        (void)pthread_cond_wait(&s->changed, &s->lock);
    s->writing = true;
}

static void writer_leave(struct store *s)
{
    s->writing = false;
    (void)pthread_cond_broadcast(&s->changed);
}

/* Takes transactions off the queue, as many as go into one frame. */
static struct store_txn *take_batch(struct store *s, size_t *bytes, size_t *puts)
{
    struct store_txn *batch = s->queue, **end = &s->queue;
    *bytes = *puts = 0;
    while (*end && *bytes + (*end)->bytes <= FRAME_PAYLOAD_MAX) {
        *bytes += (*end)->bytes;
        *puts += (*end)->puts;
        end = &(*end)->next;
    }
    s->queue = *end;
    if (!s->queue)
        s->queue_end = &s->queue;
    *end = NULL;
    return batch;
}

/* Writes one frame and syncs. *unsure: it failed and may be on the disk all the same. */
static int write_frame(struct store *s, const struct store_txn *batch, size_t bytes, bool *unsure)
{
    size_t len = FRAME_HEADER_SIZE + bytes, padded = len;
    *unsure = false;
    if (s->journal_tail + len > s->journal_size) {
        uint64_t size = (s->journal_tail + len + JOURNAL_STEP - 1) / JOURNAL_STEP * JOURNAL_STEP;
        padded = (size_t)(size - s->journal_tail);
    }
    uint8_t *frame = mem_alloc(padded);
    if (!frame)
        return -ENOMEM;
    uint8_t *p = frame + FRAME_HEADER_SIZE;
    for (const struct store_txn *t = batch; t; t = t->next)
        p = encode(t, p);
    memset(frame + len, 0, padded - len);
    frame_seal(frame, FRAME_TRANSACTIONS, s->sequence + 1, (uint32_t)bytes, s->journal_salt);

    const struct vfs_file_ops *ops = s->journal->ops;
    int r = ops->pwrite(s->journal, frame, padded, s->journal_tail);
    if (r) {
        /* The frame may be there, whole, and only the zeroes behind it are not. */
        *unsure = ops->truncate(s->journal, s->journal_tail) != 0 || ops->sync(s->journal) != 0;
        s->journal_size = s->journal_tail;
    } else {
        r = ops->sync(s->journal);
        *unsure = r != 0;
    }
    if (r == 0) {
        s->sequence++;
        if (s->journal_size < s->journal_tail + padded)
            s->journal_size = s->journal_tail + padded;
        s->journal_tail += len;
    }
    mem_free(frame);
    return r;
}

/* Commits what is queued. Has the writer's role and the lock, and has them on return. */
static void write_batch(struct store *s)
{
    size_t bytes, puts;
    bool unsure = false;
    struct store_txn *batch = take_batch(s, &bytes, &puts);
    int r = s->poison;
    if (r == 0)
        r = store_reserve(s, puts);
    if (r == 0) {
        (void)pthread_mutex_unlock(&s->lock);
        r = write_frame(s, batch, bytes, &unsure);
        if (unsure && store_new_generation(s) != 0) {
            (void)pthread_mutex_lock(&s->lock);
            s->poison = r;
        } else {
            (void)pthread_mutex_lock(&s->lock);
        }
    }
    s->journal_bytes = s->journal_tail;
    PROBE2(commit, bytes, r);
    for (struct store_txn *t = batch, *next; t; t = next) {
        next = t->next; /* t is its committer's again once done is seen; that needs the lock */
        if (r == 0)
            apply(s, t);
        s->commits += r == 0;
        t->result = r;
        t->done = true;
    }
}

static void checkpoint_if_due(struct store *s)
{
    if (s->poison || s->journal_tail < s->checkpoint_at)
        return;
    (void)pthread_mutex_unlock(&s->lock);
    if (store_new_generation(s) != 0)
        s->checkpoint_at = 2 * s->journal_tail;
    (void)pthread_mutex_lock(&s->lock);
}

static int poisoned(int r)
{
    replsvc_backend_set_error("state store: a sync failed before, nothing can be recorded until it is opened "
                              "again: %s",
                              strerror(-r));
    return r;
}

int store_commit(struct store_txn *t)
{
    struct store *s = t->store;
    if (t->n == 0) {
        store_abort(t);
        return 0;
    }
    (void)pthread_mutex_lock(&s->lock);
    bool was_poisoned = s->poison != 0;
    *s->queue_end = t;
    s->queue_end = &t->next;
    while (!t->done) {
        if (s->writing) {
            (void)pthread_cond_wait(&s->changed, &s->lock);
            continue;
        }
        s->writing = true;
        write_batch(s);
        /* The others of the batch need not wait for a checkpoint. */
        (void)pthread_cond_broadcast(&s->changed);
        checkpoint_if_due(s);
        writer_leave(s);
    }
    int r = t->result;
    (void)pthread_mutex_unlock(&s->lock);
    store_abort(t); /* what was applied is no longer in it */
    return r && was_poisoned ? poisoned(r) : r;
}

int store_checkpoint(struct store *s)
{
    (void)pthread_mutex_lock(&s->lock);
    writer_enter(s);
    int r = s->poison;
    (void)pthread_mutex_unlock(&s->lock);
    r = r ? poisoned(r) : store_new_generation(s);
    (void)pthread_mutex_lock(&s->lock);
    writer_leave(s);
    (void)pthread_mutex_unlock(&s->lock);
    return r;
}

/* ---- reading ---- */

int store_each(struct store *s, uint8_t kind,
               int (*fn)(void *user, uint8_t kind, const char *id, const void *blob, size_t len), void *user)
{
    /* A reference to each first, so that fn is called without the lock and may use the store. */
    (void)pthread_mutex_lock(&s->lock);
    struct record **found = mem_array(hash_count(s->records), sizeof *found);
    size_t n = 0, cursor = 0;
    if (found)
        for (struct record *r; (r = hash_next(s->records, &cursor));)
            if (kind == 0 || record_kind(r) == kind) {
                r->refs++;
                found[n++] = r;
            }
    (void)pthread_mutex_unlock(&s->lock);
    if (!found)
        return -ENOMEM;

    int result = 0;
    for (size_t i = 0; i < n && result == 0; i++)
        result = fn(user, record_kind(found[i]), found[i]->key + 1, found[i]->blob, found[i]->blob_len);

    (void)pthread_mutex_lock(&s->lock);
    for (size_t i = 0; i < n; i++)
        record_unref(found[i]);
    (void)pthread_mutex_unlock(&s->lock);
    mem_free(found);
    return result;
}

void store_count(struct store *s, uint64_t *commits, uint64_t *bytes, uint64_t *checkpoints)
{
    (void)pthread_mutex_lock(&s->lock);
    *commits = s->commits;
    *bytes = s->journal_bytes + s->live_bytes; /* a checkpoint is what was live when it was written */
    *checkpoints = atomic_load(&s->checkpoints);
    (void)pthread_mutex_unlock(&s->lock);
}

/* ---- opening and closing ---- */

static void store_free(struct store *s)
{
    size_t cursor = 0;
    if (s->records)
        for (struct record *r; (r = hash_next(s->records, &cursor));)
            record_unref(r);
    hash_free(s->records);
    if (s->journal)
        s->journal->ops->close(s->journal);
    (void)pthread_cond_destroy(&s->changed);
    (void)pthread_mutex_destroy(&s->lock);
    mem_free(s);
}

int store_open(struct vfs *vfs, struct store **out, char *error_text, size_t error_size)
{
    if (error_text && error_size)
        error_text[0] = '\0';
    struct store *s = mem_zalloc(sizeof *s);
    if (!s)
        return -ENOMEM;
    s->vfs = vfs;
    s->queue_end = &s->queue;
    (void)pthread_mutex_init(&s->lock, NULL);
    (void)pthread_cond_init(&s->changed, NULL);
    s->records = hash_new();
    int r = s->records ? store_recover(s, error_text, error_size) : -ENOMEM;
    if (r) {
        store_free(s);
        return r;
    }
    s->journal_bytes = s->journal_tail;
    *out = s;
    return 0;
}

void store_close(struct store *s)
{
    if (!s)
        return;
    if (!s->poison && s->journal_tail - STORE_HEADER_SIZE >= CHECKPOINT_AT_CLOSE)
        (void)store_new_generation(s); /* only so that the next open has less to read */
    store_free(s);
}
