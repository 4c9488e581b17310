/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A map from strings (ids, names) to pointers: O(1), walked in the order of insertion. Keys are borrowed:
 * they usually lie in the value and must stay unchanged while it is in. Not locked: its owner's lock.
 */
#ifndef RSVC_UTIL_HASH_H
#define RSVC_UTIL_HASH_H

#include <stdbool.h>
#include <stddef.h>

struct hash;

struct hash *hash_new(void);    /* NULL: out of memory */
void hash_free(struct hash *h); /* NULL allowed; the values are the caller's */

size_t hash_count(const struct hash *h);
void *hash_get(const struct hash *h, const char *key); /* or NULL */
/* value: not NULL. -EEXIST, or -ENOMEM (nothing changed). */
int hash_put(struct hash *h, const char *key, void *value);
/* Makes room for n more: that many puts will not fail for memory, whatever is removed meanwhile. -ENOMEM. */
int hash_reserve(struct hash *h, size_t n);
void *hash_remove(struct hash *h, const char *key); /* the value that was in, or NULL */
/* Another value under a key that is in, at the old one's place in the order; key: the new one to borrow. */
void *hash_replace(struct hash *h, const char *key, void *value); /* the old value, or NULL: nothing done */

/* The next value, or NULL at the end; *cursor begins at 0. What was reached may be removed meanwhile;
 * a put or reserve ends the walk. */
void *hash_next(const struct hash *h, size_t *cursor);

#endif
