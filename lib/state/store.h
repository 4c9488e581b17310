/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The crash-safe record of everything the service knows: a map from (kind, id) to a blob, changed by
 * transactions. Journal of CRC-32C framed records with sequence numbers, group-committed; checkpoints
 * as design says (new file, sync, rename, sync of the directory; the previous one kept until the next is
 * durable). The store holds all live records in memory, so a checkpoint needs nobody else.
 *
 * Thread-safe. A transaction that returned 0 from store_commit is durable; one that failed has changed
 * nothing, neither in memory nor, after any crash, on disk.
 */
#ifndef RSVC_STATE_STORE_H
#define RSVC_STATE_STORE_H

#include "state/vfs.h"

struct store;
struct store_txn;

/* Opens and recovers. *error_text (may be NULL) gets a sentence naming file and offset on failure:
 * -EBUSY locked, -EPROTO from a newer version, -EUCLEAN damaged. The vfs stays the caller's. */
int store_open(struct vfs *vfs, struct store **out, char *error_text, size_t error_size);
void store_close(struct store *s); /* writes a checkpoint if it is worth it */

struct store_txn *store_begin(struct store *s); /* NULL: out of memory */
int store_put(struct store_txn *t, uint8_t kind, const char *id, const void *blob, size_t len);
int store_delete(struct store_txn *t, uint8_t kind, const char *id);
int store_commit(struct store_txn *t); /* durable on 0; frees t */
void store_abort(struct store_txn *t);

/* Calls fn for each record of a kind (0 = all); order of creation. The blob is valid during the call only. */
int store_each(struct store *s, uint8_t kind,
               int (*fn)(void *user, uint8_t kind, const char *id, const void *blob, size_t len), void *user);
int store_checkpoint(struct store *s);
/* Transactions made durable and checkpoints written since the open, and bytes of both files now. */
void store_count(struct store *s, uint64_t *commits, uint64_t *bytes, uint64_t *checkpoints);

#endif
