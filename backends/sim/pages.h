/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Sparse contents that cost nothing to copy: a tree of reference-counted 4 KiB pages. A copy shares
 * everything with its original; a write copies the path to the page that it touches. Absent pages read as
 * zeroes. Trees that share nodes may be used from different threads; one tree may not.
 */
#ifndef RSVC_SIM_PAGES_H
#define RSVC_SIM_PAGES_H

#include <stdbool.h>
#include <stdint.h>

#define PAGES_SIZE 4096u

struct pages_node;
struct pages {
    struct pages_node *root; /* NULL: all zeroes */
    unsigned height;         /* 0: root is a page */
};

/* Makes to share everything that from has; to is overwritten, not freed. */
void pages_share(struct pages *to, const struct pages *from);
void pages_free(struct pages *p);

void pages_read(const struct pages *p, void *buf, uint64_t len, uint64_t off);
int pages_write(struct pages *p, const void *buf, uint64_t len, uint64_t off); /* -ENOMEM */
int pages_zero(struct pages *p, uint64_t off, uint64_t len);                   /* -ENOMEM */
/* The first byte >= off in a page that is (data) or is not there; UINT64_MAX: none. */
uint64_t pages_next(const struct pages *p, uint64_t off, bool data);
uint64_t pages_count(const struct pages *p);

#endif
