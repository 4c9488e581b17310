/* SPDX-License-Identifier: BSD-2-Clause */
/* Writing the log, and pages in place: see log_writer.h. */
#include "vhdx/log_writer.h"

#include <inttypes.h>
#include <stdlib.h>

#include "util/alloc.h"
#include "util/id.h"
#include "vhdx/image.h"
#include "vhdx/log_format.h"

void vhdx_log_init(struct vhdx *v)
{
    pthread_mutex_init(&v->log.lock, NULL);
    pthread_cond_init(&v->log.changed, NULL);
}

void vhdx_log_destroy(struct vhdx *v)
{
    mem_free(v->log.dirty);
    mem_free(v->log.entry);
    mem_free(v->log.copies);
    mem_free(v->log.copy_data);
    pthread_mutex_destroy(&v->log.lock);
    pthread_cond_destroy(&v->log.changed);
}

void vhdx_log_wake(struct vhdx *v)
{
    pthread_mutex_lock(&v->log.lock);
    pthread_cond_broadcast(&v->log.changed);
    pthread_mutex_unlock(&v->log.lock);
}

/* ---- entries ---- */

/* Lays out an entry of the pages in l->entry; its length. The current data of the pages is taken. */
static uint32_t encode_entry(struct vhdx *v, struct vhdx_page *const pages[], unsigned n, uint64_t sequence)
{
    struct vhdx_log *l = &v->log;
    uint8_t *e = l->entry;
    memset(e, 0, VHDX_PAGE);
    for (unsigned i = 0; i < n; i++) {
        uint8_t *d = e + 64 + 32 * i, *sector = e + VHDX_PAGE * (1 + i);
        memcpy(sector, pages[i]->data, VHDX_PAGE);
        vhdx_put32(d, 0, VHDX_LOG_DATA_DESCRIPTOR);
        memcpy(d + 4, sector + VHDX_PAGE - 4, 4);
        memcpy(d + 8, sector, 8);
        vhdx_put64(d, 16, pages[i]->offset);
        vhdx_put64(d, 24, sequence);
        vhdx_put32(sector, 0, VHDX_LOG_DATA_SECTOR);
        vhdx_put32(sector, 4, (uint32_t)(sequence >> 32));
        vhdx_put32(sector, VHDX_PAGE - 4, (uint32_t)sequence);
    }
    uint32_t length = VHDX_PAGE * (1 + n);
    uint64_t flushed = atomic_load(&v->durable_size);
    vhdx_put32(e, 0, VHDX_LOG_ENTRY);
    vhdx_put32(e, 8, length);
    vhdx_put32(e, 12, l->tail);
    vhdx_put64(e, 16, sequence);
    vhdx_put32(e, 24, n);
    vhdx_put_guid(e, 32, &v->log_guid);
    vhdx_put64(e, 48, flushed - flushed % VHDX_MIB);
    vhdx_put64(e, 56, vhdx_round_up(atomic_load(&v->space.used_end), VHDX_MIB));
    return length;
}

/* The page as the entry has it. */
static void decode_page(const uint8_t *entry, unsigned i, uint8_t *page)
{
    const uint8_t *d = entry + 64 + 32 * i, *sector = entry + VHDX_PAGE * (1 + i);
    memcpy(page, d + 8, 8);
    memcpy(page + 8, sector + 8, VHDX_PAGE - 12);
    memcpy(page + VHDX_PAGE - 4, d + 4, 4);
}

static int write_ring(struct vhdx *v, uint32_t at, uint32_t length)
{
    struct vhdx_log *l = &v->log;
    vhdx_put32(l->entry, 4, vhdx_checksum(l->entry, length, 4));
    uint32_t first = at + (uint64_t)length > l->length ? l->length - at : length;
    int r = vhdx_file_write(v->file, l->entry, first, l->offset + at);
    if (r == 0)
        r = vhdx_file_write(v->file, l->entry + first, length - first, l->offset);
    if (r != 0)
        return vhdx_poison(v, VHDX_FAIL(r, "log at offset %" PRIu64 " cannot be written", l->offset + at));
    return 0;
}

/* Writes an entry of these pages; enters and leaves with the lock, in the writer's role. */
static int write_entry(struct vhdx *v, struct vhdx_page *const pages[], unsigned n)
{
    struct vhdx_log *l = &v->log;
    uint64_t sequence = l->next_sequence++;
    uint32_t at = l->head, tail = l->tail;
    uint32_t length = encode_entry(v, pages, n, sequence);
    pthread_mutex_unlock(&l->lock);
    int r = write_ring(v, at, length);
    pthread_mutex_lock(&l->lock);
    if (r != 0)
        return r;
    l->head = (uint32_t)((at + (uint64_t)length) % l->length);
    l->written_sequence = sequence;
    l->written_tail = tail;
    return 0;
}

int vhdx_log_start(struct vhdx *v, struct vhdx_guid *guid)
{
    struct vhdx_log *l = &v->log;
    if (v->header.log_length == 0)
        return VHDX_FAIL(-ENOTSUP, "header at offset %" PRIu64 ": the image has no log",
                         VHDX_HEADER_OFFSET(v->slot));
    l->offset = v->header.log_offset;
    l->length = v->header.log_length;
    l->usable = l->length < VHDX_LOG_USABLE ? l->length : VHDX_LOG_USABLE;
    if (l->entry == NULL)
        l->entry = mem_alloc(VHDX_PAGE * (1 + VHDX_LOG_BATCH));
    if (l->dirty == NULL)
        l->dirty = mem_array(l->usable / VHDX_PAGE, sizeof(struct vhdx_page *));
    if (l->copies == NULL)
        l->copies = mem_array(l->usable / VHDX_PAGE, sizeof(struct vhdx_copy));
    if (l->copy_data == NULL)
        l->copy_data = mem_alloc(l->usable);
    if (l->entry == NULL || l->dirty == NULL || l->copies == NULL || l->copy_data == NULL)
        return -ENOMEM;
    int r = random_bytes(&l->next_sequence, sizeof(l->next_sequence));
    if (r == 0)
        r = vhdx_guid_new(&v->log_guid);
    if (r != 0)
        return r;
    l->next_sequence = (l->next_sequence >> 2) + 1;
    l->head = l->tail = 0;
    pthread_mutex_lock(&l->lock);
    r = write_entry(v, NULL, 0);
    l->durable_tail = 0;
    l->durable_sequence = 0;
    l->open_batch = 1;
    l->done_batch = 0;
    l->started = r == 0;
    pthread_mutex_unlock(&l->lock);
    *guid = v->log_guid;
    return r;
}

/* ---- in place ---- */

static uint32_t distance(const struct vhdx_log *l, uint32_t from)
{
    return (l->head + l->length - from) % l->length;
}

static int compare_copies(const void *a, const void *b)
{
    const struct vhdx_copy *x = a, *y = b;
    return x->offset < y->offset ? -1 : x->offset > y->offset;
}

static int write_copies(struct vhdx *v, struct vhdx_copy *copies, unsigned n)
{
    struct iovec iov[32];
    int r = 0;
    qsort(copies, n, sizeof(*copies), compare_copies);
    for (unsigned i = 0; i < n && r == 0;) {
        int k = 0;
        uint64_t from = copies[i].offset;
        while (i < n && k < 32 && copies[i].offset == from + VHDX_PAGE * (uint64_t)k) {
            iov[k].iov_base = copies[i++].data;
            iov[k++].iov_len = VHDX_PAGE;
        }
        r = v->file->ops->pwritev(v->file, iov, k, from, false);
        if (r != 0)
            vhdx_poison(v, VHDX_FAIL(r, "metadata at offset %" PRIu64 " cannot be written", from));
    }
    return r;
}

/* Pages whose image has got into place are clean again. Under the lock. */
static void clean_pages(struct vhdx *v, uint64_t sequence)
{
    struct vhdx_log *l = &v->log;
    unsigned kept = 0;
    for (unsigned i = 0; i < l->n_dirty; i++) {
        struct vhdx_page *page = l->dirty[i];
        if (page->logged > sequence) {
            l->dirty[kept++] = page;
            continue;
        }
        page->dirty = false;
        if (!page->joined && !page->in_flight) {
            mem_free(page->image);
            page->image = NULL;
            vhdx_page_put(&v->pages, page);
        }
    }
    l->n_dirty = kept;
}

/* Enters and leaves with the lock. */
static int checkpoint(struct vhdx *v)
{
    struct vhdx_log *l = &v->log;
    struct vhdx_copy *copies = l->copies;
    l->checkpointing = true;
    uint64_t sequence = l->written_sequence;
    uint32_t end = l->head;
    unsigned n = l->n_dirty;
    for (unsigned i = 0; i < n; i++) {
        copies[i].offset = l->dirty[i]->offset;
        copies[i].data = l->copy_data + (size_t)i * VHDX_PAGE;
        memcpy(copies[i].data, l->dirty[i]->image, VHDX_PAGE);
    }
    bool durable = l->durable_sequence >= sequence;
    pthread_mutex_unlock(&l->lock);
    int r = durable ? 0 : vhdx_sync(v);
    if (r == 0)
        r = write_copies(v, copies, n);
    if (r == 0 && n > 0)
        r = vhdx_sync(v);
    pthread_mutex_lock(&l->lock);
    if (r == 0) {
        l->tail = end;
        clean_pages(v, sequence);
    }
    l->checkpointing = false;
    pthread_cond_broadcast(&l->changed);
    return r;
}

static bool wants_checkpoint(const struct vhdx_log *l)
{
    return l->started && !l->checkpointing && distance(l, l->tail) > l->usable / 8 * 3;
}

int vhdx_log_maintain(struct vhdx *v)
{
    struct vhdx_log *l = &v->log;
    if (!atomic_load_explicit(&l->checkpoint_due, memory_order_relaxed))
        return 0;
    pthread_mutex_lock(&l->lock);
    atomic_store_explicit(&l->checkpoint_due, false, memory_order_relaxed);
    int r = wants_checkpoint(l) && atomic_load(&v->error) == 0 ? checkpoint(v) : 0;
    pthread_mutex_unlock(&l->lock);
    return r;
}

int vhdx_log_drain(struct vhdx *v)
{
    struct vhdx_log *l = &v->log;
    int r = 0;
    pthread_mutex_lock(&l->lock);
    while (l->started && r == 0 && (l->checkpointing || l->n_dirty > 0)) {
        if (l->checkpointing)
            pthread_cond_wait(&l->changed, &l->lock);
        else
            r = checkpoint(v);
        if (r == 0)
            r = atomic_load(&v->error);
    }
    pthread_mutex_unlock(&l->lock);
    return r;
}

/* ---- batches ---- */

static bool has_room(const struct vhdx_log *l, unsigned pages)
{
    return distance(l, l->durable_tail) + VHDX_PAGE * (uint64_t)(1 + pages + 2) <= l->usable;
}

/* Makes the ring longer by what is not needed any more. In the writer's role, with the lock. */
static int make_room(struct vhdx *v)
{
    struct vhdx_log *l = &v->log;
    int r = 0;
    if (l->checkpointing) {
        pthread_cond_wait(&l->changed, &l->lock);
        return atomic_load(&v->error);
    }
    if (l->written_tail == l->durable_tail) {
        if (l->tail == l->written_tail)
            r = checkpoint(v);
        if (r == 0)
            r = write_entry(v, NULL, 0);
        if (r != 0)
            return r;
    }
    pthread_mutex_unlock(&l->lock);
    r = vhdx_sync(v);
    pthread_mutex_lock(&l->lock);
    return r;
}

static void take_images(struct vhdx_log *l, struct vhdx_page *const pages[], unsigned n)
{
    for (unsigned i = 0; i < n; i++) {
        decode_page(l->entry, i, pages[i]->image);
        pages[i]->logged = l->written_sequence;
        if (!pages[i]->dirty)
            l->dirty[l->n_dirty++] = pages[i];
        pages[i]->dirty = true;
        pages[i]->in_flight = false;
    }
}

/* Writes the open batch. Enters and leaves with the lock. */
static int write_batch(struct vhdx *v)
{
    struct vhdx_log *l = &v->log;
    struct vhdx_page *pages[VHDX_LOG_BATCH];
    int r = atomic_load(&v->error);
    l->writing = true;
    while (r == 0 && !has_room(l, l->n_batch))
        r = make_room(v);
    if (r == 0) {
        unsigned n = l->n_batch;
        uint64_t number = l->open_batch++;
        memcpy(pages, l->batch, n * sizeof(pages[0]));
        for (unsigned i = 0; i < n; i++) {
            pages[i]->joined = false;
            pages[i]->in_flight = true;
        }
        l->n_batch = 0;
        r = write_entry(v, pages, n);
        if (r == 0) {
            take_images(l, pages, n);
            l->done_batch = number;
        }
    }
    l->writing = false;
    if (wants_checkpoint(l))
        atomic_store_explicit(&l->checkpoint_due, true, memory_order_relaxed);
    if (r != 0)
        vhdx_poison(v, r); /* the pages hold changes that are not in the log */
    pthread_cond_broadcast(&l->changed);
    return r;
}

int vhdx_log_begin(struct vhdx *v, unsigned n)
{
    struct vhdx_log *l = &v->log;
    pthread_mutex_lock(&l->lock);
    int r;
    while ((r = atomic_load(&v->error)) == 0 && l->n_batch + n > VHDX_LOG_BATCH)
        pthread_cond_wait(&l->changed, &l->lock);
    if (r != 0) {
        pthread_mutex_unlock(&l->lock);
        return VHDX_FAIL(r, "%s: an earlier I/O error has ended writing", v->path);
    }
    return 0;
}

int vhdx_log_add(struct vhdx *v, struct vhdx_page *page)
{
    struct vhdx_log *l = &v->log;
    if (page->joined)
        return 0;
    if (page->image == NULL) {
        page->image = mem_alloc(VHDX_PAGE);
        if (page->image == NULL)
            return -ENOMEM;
        vhdx_page_pin(&v->pages, page); /* until it is clean */
    }
    page->joined = true;
    l->batch[l->n_batch++] = page;
    return 0;
}

void vhdx_log_abandon(struct vhdx *v)
{
    pthread_mutex_unlock(&v->log.lock);
}

int vhdx_log_commit(struct vhdx *v)
{
    struct vhdx_log *l = &v->log;
    uint64_t mine = l->open_batch;
    int r = 0;
    while (l->done_batch < mine && (r = atomic_load(&v->error)) == 0) {
        if (l->writing)
            pthread_cond_wait(&l->changed, &l->lock);
        else
            r = write_batch(v);
    }
    r = l->done_batch >= mine ? 0 : r;
    pthread_mutex_unlock(&l->lock);
    return r;
}

/* ---- durability ---- */

struct vhdx_log_mark vhdx_log_mark(struct vhdx *v)
{
    pthread_mutex_lock(&v->log.lock);
    struct vhdx_log_mark mark = {v->log.written_sequence, v->log.written_tail};
    pthread_mutex_unlock(&v->log.lock);
    return mark;
}

void vhdx_log_is_durable(struct vhdx *v, struct vhdx_log_mark mark)
{
    struct vhdx_log *l = &v->log;
    pthread_mutex_lock(&l->lock);
    if (l->started && mark.sequence > l->durable_sequence) {
        l->durable_sequence = mark.sequence;
        l->durable_tail = mark.tail;
    }
    pthread_mutex_unlock(&l->lock);
}

uint64_t vhdx_log_written_sequence(struct vhdx *v)
{
    pthread_mutex_lock(&v->log.lock);
    uint64_t sequence = v->log.written_sequence;
    pthread_mutex_unlock(&v->log.lock);
    return sequence;
}
