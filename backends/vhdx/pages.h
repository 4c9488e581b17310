/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The cache of 4 KiB metadata pages: BAT, sector bitmaps, region tables, metadata items. None of these is
 * ever held whole: clean pages are bounded and replaced, in turn, but those that were used meanwhile later.
 *
 * A page that was changed stays until it lies in the file again: `data` is what everybody sees, `image` what
 * the log has of it. Only images are written in place, and only after their log entry is durable.
 *
 * Locks: a shard's lock covers its table, its pages' pins and their data; the log's lock covers changes,
 * image and what follows it. Order: log before shard. No I/O under a shard's lock.
 */
#ifndef RSVC_VHDX_PAGES_H
#define RSVC_VHDX_PAGES_H

#include <pthread.h>

#include "vhdx/file.h"
#include "vhdx/format.h"

#define VHDX_PAGE_SHARDS 16
#define VHDX_PAGE_BUCKETS 64          /* per shard */
#define VHDX_PAGES_CLEAN_PER_SHARD 48 /* with the shards: 3 MiB */

struct vhdx_page {
    uint64_t offset; /* in the file */
    struct vhdx_page *hash_next;
    struct vhdx_page *newer, *older; /* among the unpinned */
    unsigned pins;
    bool loading;
    bool used; /* since its turn to be replaced last came */
    /* The log's: */
    uint8_t *image;  /* as the last written entry that names it has it; room for it, if it is not dirty */
    uint64_t logged; /* that entry's sequence number */
    bool dirty;      /* the file has not got that image yet */
    bool joined;     /* changed since, in the open batch */
    bool in_flight;  /* in the entry that is being written */
    uint8_t data[VHDX_PAGE];
};

struct vhdx_page_shard {
    pthread_mutex_t lock;
    pthread_cond_t loaded;
    struct vhdx_page *buckets[VHDX_PAGE_BUCKETS];
    struct vhdx_page *newest, *oldest;
    unsigned unpinned;
};

struct vhdx_pages {
    struct vhdx_file *file;
    struct vhdx_page_shard shards[VHDX_PAGE_SHARDS];
};

void vhdx_pages_init(struct vhdx_pages *p, struct vhdx_file *file);
void vhdx_pages_destroy(struct vhdx_pages *p);

/* The page at that offset (a multiple of 4096), pinned. */
int vhdx_page_get(struct vhdx_pages *p, uint64_t offset, struct vhdx_page **page);
void vhdx_page_pin(struct vhdx_pages *p, struct vhdx_page *page); /* once more */
void vhdx_page_put(struct vhdx_pages *p, struct vhdx_page *page);

/* Eight aligned bytes at that offset of the file. */
int vhdx_pages_read64(struct vhdx_pages *p, uint64_t offset, uint64_t *value);
/* The same without waiting: -EAGAIN if the page is not there. */
int vhdx_pages_peek64(struct vhdx_pages *p, uint64_t offset, uint64_t *value);
/* Bytes within one page. */
int vhdx_pages_read(struct vhdx_pages *p, uint64_t offset, void *buffer, size_t length);
/* Change a pinned page's data; under the log's lock. */
void vhdx_page_write(struct vhdx_pages *p, struct vhdx_page *page, size_t at, const void *data,
                     size_t length);
/* Forgets every page of a range that was moved elsewhere; none may be pinned. */
void vhdx_pages_forget(struct vhdx_pages *p, uint64_t offset, uint64_t length);

#endif
