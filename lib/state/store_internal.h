/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the store's three parts share: store.c (records, transactions, group commit), store_checkpoint.c
 * (a new generation of files), store_recover.c (opening).
 */
#ifndef RSVC_STATE_STORE_INTERNAL_H
#define RSVC_STATE_STORE_INTERNAL_H

#include <pthread.h>
#include <stdatomic.h>

#include "state/store.h"
#include "state/store_format.h"
#include "util/hash.h"

/* One live record. Never changes once it is in the store: a put brings a new one. */
struct record {
    size_t refs; /* under the store's lock: the store's one, and one for each store_each that is at it */
    uint32_t blob_len;
    uint16_t id_len;
    const uint8_t *blob; /* behind the key */
    char key[];          /* the kind as a character, then the id */
};

static inline uint8_t record_kind(const struct record *r)
{
    return (uint8_t)r->key[0];
}

static inline size_t record_op_size(const struct record *r)
{
    return op_size(r->id_len, r->blob_len);
}

struct store {
    struct vfs *vfs;
    uint8_t id[STORE_ID_SIZE];

    pthread_mutex_t lock;
    pthread_cond_t changed; /* a transaction is done, or the writer's role is free */

    /* Under lock. */
    struct store_txn *queue, **queue_end; /* waiting to be written */
    bool writing;                         /* a thread has the writer's role */
    int poison;                           /* negative errno: nothing can be committed any more */

    /* Changed under lock by the thread that has the writer's role; it may read them without. */
    struct hash *records; /* by key, in order of creation */
    uint64_t live_bytes;  /* of all records, as encoded */

    uint64_t commits, journal_bytes; /* under lock: for store_count */

    /* Of the thread that has the writer's role. */
    _Atomic uint64_t checkpoints; /* read by anyone */
    uint64_t generation;
    uint64_t sequence; /* of the last durable frame */
    struct vfs_file *journal;
    uint32_t journal_salt;
    uint64_t journal_tail, journal_size; /* where the next frame goes; the file's size */
    uint64_t checkpoint_at;              /* journal_tail from which a checkpoint is due */
};

#define STORE_CHECKPOINT_MIN (UINT64_C(1) << 20) /* a shorter journal is never worth a checkpoint */

struct record *record_new(uint8_t kind, const char *id, size_t id_len, const void *blob, size_t blob_len);
/* Room for so many new records: after it store_apply_* does not fail. -ENOMEM. */
int store_reserve(struct store *s, size_t puts);
/* Writer's role, and the lock if others may know the store. Takes the record over. */
void store_apply_put(struct store *s, struct record *r);
void store_apply_delete(struct store *s, const char *key);

/* Writer's role. Makes everything durable in a new generation of files. On failure the old generation goes
 * on, unless it cannot be told which of the two a crash would leave: then the store is poisoned. */
int store_new_generation(struct store *s);

/* Reads what is there, or sets up a new store. */
int store_recover(struct store *s, char *error_text, size_t error_size);

#endif
