/* SPDX-License-Identifier: BSD-2-Clause */
/* The page cache: see pages.h. */
#include "vhdx/pages.h"

#include <errno.h>

#include "util/alloc.h"

static struct vhdx_page_shard *shard_of(struct vhdx_pages *p, uint64_t offset)
{
    return &p->shards[offset / VHDX_PAGE % VHDX_PAGE_SHARDS];
}

static struct vhdx_page **bucket_of(struct vhdx_page_shard *s, uint64_t offset)
{
    return &s->buckets[offset / VHDX_PAGE / VHDX_PAGE_SHARDS % VHDX_PAGE_BUCKETS];
}

void vhdx_pages_init(struct vhdx_pages *p, struct vhdx_file *file)
{
    memset(p, 0, sizeof(*p));
    p->file = file;
    for (int i = 0; i < VHDX_PAGE_SHARDS; i++) {
        pthread_mutex_init(&p->shards[i].lock, NULL);
        pthread_cond_init(&p->shards[i].loaded, NULL);
    }
}

static void free_page(struct vhdx_page *page)
{
    mem_free(page->image);
    mem_free(page);
}

void vhdx_pages_destroy(struct vhdx_pages *p)
{
    for (int i = 0; i < VHDX_PAGE_SHARDS; i++) {
        struct vhdx_page_shard *s = &p->shards[i];
        for (int b = 0; b < VHDX_PAGE_BUCKETS; b++) {
            while (s->buckets[b] != NULL) {
                struct vhdx_page *page = s->buckets[b];
                s->buckets[b] = page->hash_next;
                free_page(page);
            }
        }
        pthread_mutex_destroy(&s->lock);
        pthread_cond_destroy(&s->loaded);
    }
}

/* ---- under the shard's lock ---- */

static struct vhdx_page *find(struct vhdx_page_shard *s, uint64_t offset)
{
    struct vhdx_page *page = *bucket_of(s, offset);
    while (page != NULL && page->offset != offset)
        page = page->hash_next;
    return page;
}

static void unhash(struct vhdx_page_shard *s, struct vhdx_page *page)
{
    struct vhdx_page **link = bucket_of(s, page->offset);
    while (*link != page)
        link = &(*link)->hash_next;
    *link = page->hash_next;
}

static void unlink_unpinned(struct vhdx_page_shard *s, struct vhdx_page *page)
{
    *(page->newer != NULL ? &page->newer->older : &s->newest) = page->older;
    *(page->older != NULL ? &page->older->newer : &s->oldest) = page->newer;
    page->newer = page->older = NULL;
    s->unpinned--;
}

static void link_unpinned(struct vhdx_page_shard *s, struct vhdx_page *page)
{
    page->older = s->newest;
    *(s->newest != NULL ? &s->newest->newer : &s->oldest) = page;
    s->newest = page;
    s->unpinned++;
}

static void pin(struct vhdx_page_shard *s, struct vhdx_page *page)
{
    if (page->pins++ == 0)
        unlink_unpinned(s, page);
}

static void unpin(struct vhdx_page_shard *s, struct vhdx_page *page)
{
    if (--page->pins > 0)
        return;
    link_unpinned(s, page);
    while (s->unpinned > VHDX_PAGES_CLEAN_PER_SHARD) {
        struct vhdx_page *victim = s->oldest;
        unlink_unpinned(s, victim);
        if (victim->used) { /* once more around */
            victim->used = false;
            link_unpinned(s, victim);
            continue;
        }
        unhash(s, victim);
        free_page(victim);
    }
}

/* ---- */

/* Reads a page that is not there. Enters with the lock, leaves with it; others wait for `loaded`. */
static int load(struct vhdx_pages *p, struct vhdx_page_shard *s, uint64_t offset, struct vhdx_page **out)
{
    struct vhdx_page *page = mem_alloc(sizeof(*page));
    if (page == NULL)
        return -ENOMEM;
    memset(page, 0, sizeof(*page) - sizeof(page->data));
    page->offset = offset;
    page->pins = 1;
    page->loading = page->used = true;
    page->hash_next = *bucket_of(s, offset);
    *bucket_of(s, offset) = page;
    pthread_mutex_unlock(&s->lock);
    int r = vhdx_file_read(p->file, page->data, VHDX_PAGE, offset);
    pthread_mutex_lock(&s->lock);
    page->loading = false;
    pthread_cond_broadcast(&s->loaded);
    if (r != 0) {
        unhash(s, page); /* those who waited look it up anew */
        mem_free(page);
        return r;
    }
    *out = page;
    return 0;
}

/* The page, pinned; under the lock. */
static int get_locked(struct vhdx_pages *p, struct vhdx_page_shard *s, uint64_t offset,
                      struct vhdx_page **out)
{
    struct vhdx_page *page;
    while ((page = find(s, offset)) != NULL && page->loading)
        pthread_cond_wait(&s->loaded, &s->lock);
    if (page == NULL)
        return load(p, s, offset, out);
    pin(s, page);
    *out = page;
    return 0;
}

int vhdx_page_get(struct vhdx_pages *p, uint64_t offset, struct vhdx_page **page)
{
    struct vhdx_page_shard *s = shard_of(p, offset);
    pthread_mutex_lock(&s->lock);
    int r = get_locked(p, s, offset, page);
    pthread_mutex_unlock(&s->lock);
    return r;
}

void vhdx_page_pin(struct vhdx_pages *p, struct vhdx_page *page)
{
    struct vhdx_page_shard *s = shard_of(p, page->offset);
    pthread_mutex_lock(&s->lock);
    pin(s, page);
    pthread_mutex_unlock(&s->lock);
}

void vhdx_page_put(struct vhdx_pages *p, struct vhdx_page *page)
{
    struct vhdx_page_shard *s = shard_of(p, page->offset);
    pthread_mutex_lock(&s->lock);
    unpin(s, page);
    pthread_mutex_unlock(&s->lock);
}

/* Copies from a page that is there. Under the lock. */
static bool copy_from(struct vhdx_page_shard *s, uint64_t offset, void *buffer, size_t length)
{
    struct vhdx_page *page = find(s, offset - offset % VHDX_PAGE);
    if (page == NULL || page->loading)
        return false;
    page->used = true;
    memcpy(buffer, page->data + offset % VHDX_PAGE, length);
    return true;
}

int vhdx_pages_read(struct vhdx_pages *p, uint64_t offset, void *buffer, size_t length)
{
    struct vhdx_page_shard *s = shard_of(p, offset);
    struct vhdx_page *page;
    int r = 0;
    pthread_mutex_lock(&s->lock);
    if (!copy_from(s, offset, buffer, length)) {
        r = get_locked(p, s, offset - offset % VHDX_PAGE, &page);
        if (r == 0) {
            memcpy(buffer, page->data + offset % VHDX_PAGE, length);
            unpin(s, page);
        }
    }
    pthread_mutex_unlock(&s->lock);
    return r;
}

int vhdx_pages_read64(struct vhdx_pages *p, uint64_t offset, uint64_t *value)
{
    uint8_t bytes[8];
    int r = vhdx_pages_read(p, offset, bytes, sizeof(bytes));
    if (r == 0)
        *value = vhdx_get64(bytes, 0);
    return r;
}

int vhdx_pages_peek64(struct vhdx_pages *p, uint64_t offset, uint64_t *value)
{
    struct vhdx_page_shard *s = shard_of(p, offset);
    uint8_t bytes[8];
    pthread_mutex_lock(&s->lock);
    bool there = copy_from(s, offset, bytes, sizeof(bytes));
    pthread_mutex_unlock(&s->lock);
    if (!there)
        return -EAGAIN;
    *value = vhdx_get64(bytes, 0);
    return 0;
}

void vhdx_page_write(struct vhdx_pages *p, struct vhdx_page *page, size_t at, const void *data, size_t length)
{
    struct vhdx_page_shard *s = shard_of(p, page->offset);
    pthread_mutex_lock(&s->lock);
    memcpy(page->data + at, data, length);
    pthread_mutex_unlock(&s->lock);
}

void vhdx_pages_forget(struct vhdx_pages *p, uint64_t offset, uint64_t length)
{
    for (int i = 0; i < VHDX_PAGE_SHARDS; i++) {
        struct vhdx_page_shard *s = &p->shards[i];
        pthread_mutex_lock(&s->lock);
        struct vhdx_page *page = s->oldest;
        while (page != NULL) {
            struct vhdx_page *next = page->newer;
            if (page->offset >= offset && page->offset - offset < length) {
                unlink_unpinned(s, page);
                unhash(s, page);
                free_page(page);
            }
            page = next;
        }
        pthread_mutex_unlock(&s->lock);
    }
}
