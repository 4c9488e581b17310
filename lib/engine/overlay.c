/* SPDX-License-Identifier: BSD-2-Clause */
/* The overlay in memory and in hosts' I/O; overlay_drain.c carries it out. See overlay.h. */
#include "engine/overlay.h"

#include <errno.h>
#include <string.h>

#include "engine/thread.h"
#include "util/alloc.h"

#define BUCKETS 4096u

/* The part of a record that lies in one granule. */
struct overlay_piece {
    struct overlay_piece *next;
    struct overlay_record *record;
    uint64_t granule;
};

/* Oldest first. tail: where the next one is linked. */
struct overlay_bucket {
    struct overlay_piece *head, **tail;
};

/* A record with its pieces and its bytes, in one allocation. */
struct node {
    struct overlay_record record;
    size_t n_pieces;
    struct overlay_piece pieces[];
};

static size_t bucket_of(const struct overlay *o, uint64_t granule)
{
    return (size_t)((granule * UINT64_C(0x9e3779b97f4a7c15)) >> 32) % o->n_buckets;
}

static struct node *node_new(uint64_t offset, uint64_t length, uint64_t epoch)
{
    uint64_t first = offset / VOLUME_GRANULE, last = (offset + length - 1) / VOLUME_GRANULE;
    size_t n = (size_t)(last - first + 1);
    struct node *node =
        mem_alloc(sizeof *node + n * sizeof node->pieces[0] + OVERLAY_HEADER + (size_t)length);
    if (!node)
        return NULL;
    *node = (struct node){.n_pieces = n, .record = {.epoch = epoch, .offset = offset, .length = length}};
    node->record.bytes = (char *)(node->pieces + n);
    for (size_t i = 0; i < n; i++)
        node->pieces[i] = (struct overlay_piece){.record = &node->record, .granule = first + i};
    return node;
}

/* Under the lock. */
static void insert(struct overlay *o, struct node *node)
{
    for (size_t i = 0; i < node->n_pieces; i++) {
        struct overlay_bucket *b = &o->buckets[bucket_of(o, node->pieces[i].granule)];
        node->pieces[i].next = NULL;
        if (!b->head)
            b->tail = &b->head;
        *b->tail = &node->pieces[i];
        b->tail = &node->pieces[i].next;
    }
    node->record.next = NULL;
    if (o->tail)
        o->tail->next = &node->record;
    else
        o->head = &node->record;
    o->tail = &node->record;
    atomic_fetch_add(&o->pending, node->n_pieces);
}

static void take_out(struct overlay *o, struct node *node)
{
    for (size_t i = 0; i < node->n_pieces; i++) {
        struct overlay_bucket *b = &o->buckets[bucket_of(o, node->pieces[i].granule)];
        struct overlay_piece **link = &b->head;
        while (*link != &node->pieces[i])
            link = &(*link)->next;
        *link = node->pieces[i].next;
        if (!*link)
            b->tail = link;
    }
    atomic_fetch_sub(&o->pending, node->n_pieces);
}

void overlay_forget(struct overlay *o, uint64_t generation)
{
    pthread_mutex_lock(&o->lock);
    atomic_fetch_add(&o->retired, 1);
    while (o->head && o->head->generation == generation) {
        struct node *node = (struct node *)o->head;
        o->head = o->head->next;
        take_out(o, node);
        mem_free(node);
    }
    if (!o->head)
        o->tail = NULL;
    pthread_mutex_unlock(&o->lock);
}

/* ---- life ---- */

/* Records as the log hands them out become nodes. */
static int adopt(struct overlay *o, struct overlay_record *records)
{
    int rc = 0;
    while (records) {
        struct overlay_record *r = records;
        records = r->next;
        struct node *node = rc ? NULL : node_new(r->offset, r->length, r->epoch);
        if (node) {
            node->record.generation = r->generation;
            memcpy(node->record.bytes, r->bytes, OVERLAY_HEADER + (size_t)r->length);
            insert(o, node);
        } else {
            rc = -ENOMEM;
        }
        mem_free(r);
    }
    return rc;
}

static void free_all(struct overlay *o)
{
    while (o->head) {
        struct node *node = (struct node *)o->head;
        o->head = o->head->next;
        mem_free(node);
    }
    mem_free(o->buckets);
    mem_free(o);
}

static int init_locks(struct overlay *o)
{
    int rc = -pthread_mutex_init(&o->lock, NULL);
    if (rc)
        return rc;
    rc = -pthread_cond_init(&o->work, NULL);
    if (rc)
        goto no_work;
    rc = -pthread_cond_init(&o->changed, NULL);
    if (rc)
        goto no_changed;
    return 0;
no_changed:
    pthread_cond_destroy(&o->work);
no_work:
    pthread_mutex_destroy(&o->lock);
    return rc;
}

static void destroy_locks(struct overlay *o)
{
    pthread_cond_destroy(&o->changed);
    pthread_cond_destroy(&o->work);
    pthread_mutex_destroy(&o->lock);
}

/* The volume as it is opened, or its gate is closed: nobody looks at v->overlay meanwhile. */
static int start(struct volume *v, struct overlay *o)
{
    struct overlay_record *records;
    uint64_t max_epoch;
    int rc = init_locks(o);
    if (rc)
        return rc;
    rc = overlay_log_open(&o->log, v->engine->options.vfs, v->id, v->medium.info.identity, &records,
                          &max_epoch);
    if (rc)
        goto no_log;
    rc = adopt(o, records);
    if (!rc)
        rc = thread_start(&o->thread, overlay_work, o);
    if (rc)
        goto no_thread;
    if (atomic_load(&v->order) < max_epoch)
        atomic_store(&v->order, max_epoch);
    return 0;

no_thread:
    overlay_log_close(&o->log);
no_log:
    destroy_locks(o);
    return rc;
}

int overlay_open(struct volume *v, bool make)
{
    uint64_t bytes = v->engine->options.overlay_bytes;
    if (atomic_load(&v->overlay) || (make && (!bytes || !v->medium.writable)))
        return 0; /* what a crash left is read even where nothing can be written */
    if (!make && !overlay_log_exists(v->engine->options.vfs, v->id))
        return 0;
    struct overlay *o = mem_zalloc(sizeof *o);
    if (!o)
        return -ENOMEM;
    o->v = v;
    atomic_store(&o->bound, bytes / 2);
    o->n_buckets = BUCKETS;
    o->buckets = mem_array(o->n_buckets, sizeof *o->buckets);
    int rc = o->buckets ? start(v, o) : -ENOMEM;
    if (rc) {
        free_all(o);
        return rc;
    }
    gate_close(&v->gate, GATE_CLOSE_ALL);
    atomic_store(&v->overlay, o);
    volume_special(v, SPECIAL_OVERLAY | (overlay_is_empty(v) ? 0 : SPECIAL_FROZEN), 0);
    gate_open(&v->gate);
    return 0;
}

void overlay_go(struct volume *v)
{
    struct overlay *o = atomic_load(&v->overlay);
    if (!o || !v->medium.writable)
        return;
    pthread_mutex_lock(&o->lock);
    o->go = true;
    pthread_cond_signal(&o->work);
    pthread_mutex_unlock(&o->lock);
}

void overlay_halt(struct volume *v)
{
    struct overlay *o = atomic_load(&v->overlay);
    if (!o)
        return;
    pthread_mutex_lock(&o->lock);
    o->go = false;
    while (o->draining)
        pthread_cond_wait(&o->changed, &o->lock);
    pthread_mutex_unlock(&o->lock);
}

void overlay_round_end(struct volume *v)
{
    struct overlay *o = atomic_load(&v->overlay);
    if (!o)
        return;
    pthread_mutex_lock(&o->lock);
    for (uint64_t now = o->rounds; o->draining && o->rounds == now;)
        pthread_cond_wait(&o->changed, &o->lock);
    pthread_mutex_unlock(&o->lock);
}

void overlay_close(struct volume *v)
{
    struct overlay *o = atomic_load(&v->overlay);
    if (!o)
        return;
    pthread_mutex_lock(&o->lock);
    o->stop = true;
    pthread_cond_signal(&o->work);
    pthread_mutex_unlock(&o->lock);
    pthread_join(o->thread, NULL);
    if (overlay_is_empty(v))
        (void)overlay_log_remove(&o->log);
    overlay_log_close(&o->log);
    destroy_locks(o);
    free_all(o);
    atomic_store(&v->overlay, NULL);
}

/* ---- hosts ---- */

bool overlay_is_empty(struct volume *v)
{
    struct overlay *o = atomic_load(&v->overlay);
    return !o || atomic_load(&o->pending) == 0;
}

/* Under the lock: wakes the thread and waits for the next retirement, or a failed attempt. */
static int wait_for_change(struct overlay *o)
{
    o->hurry++;
    pthread_cond_signal(&o->work);
    pthread_cond_wait(&o->changed, &o->lock);
    o->hurry--;
    return o->error;
}

void overlay_throttle(struct volume *v)
{
    struct overlay *o = atomic_load(&v->overlay);
    if (atomic_load(&o->pending) == 0 || overlay_log_bytes(&o->log) < atomic_load(&o->bound))
        return;
    statistics_add(&v->statistics->overlay_waits, 1);
    pthread_mutex_lock(&o->lock);
    while (o->go && o->head && overlay_log_bytes(&o->log) >= atomic_load(&o->bound) && !wait_for_change(o))
        ;
    pthread_mutex_unlock(&o->lock);
}

/* Under the lock: the oldest pending piece of a granule. */
static struct overlay_piece *oldest(struct overlay *o, uint64_t granule)
{
    struct overlay_piece *p = o->buckets[bucket_of(o, granule)].head;
    while (p && p->granule != granule)
        p = p->next;
    return p;
}

/* Under the lock. epoch: pending writes of that one do not count. */
static bool covers(struct overlay *o, uint64_t offset, uint64_t length, uint64_t but_epoch)
{
    for (uint64_t g = offset / VOLUME_GRANULE; g <= (offset + length - 1) / VOLUME_GRANULE; g++) {
        const struct overlay_piece *p = oldest(o, g);
        if (p && p->record->epoch != but_epoch)
            return true;
    }
    return false;
}

bool overlay_covers(struct volume *v, uint64_t offset, uint64_t length)
{
    struct overlay *o = atomic_load(&v->overlay);
    if (atomic_load(&o->pending) == 0)
        return false;
    pthread_mutex_lock(&o->lock);
    bool yes = covers(o, offset, length, UINT64_MAX);
    pthread_mutex_unlock(&o->lock);
    return yes;
}

static int wait_until_clear(struct overlay *o, uint64_t offset, uint64_t length, uint64_t but_epoch)
{
    int rc = 0;
    pthread_mutex_lock(&o->lock);
    while (!rc && covers(o, offset, length, but_epoch))
        rc = o->go ? wait_for_change(o) : -EBUSY;
    pthread_mutex_unlock(&o->lock);
    return rc;
}

bool overlay_in_the_way(struct volume *v, const struct volume_write *w)
{
    struct overlay *o = atomic_load(&v->overlay);
    if (!o || atomic_load(&o->pending) == 0)
        return false;
    bool takes =
        atomic_load(&o->bound) && w->kind == WRITE_DATA && w->length <= OVERLAY_MAX_WRITE && !v->restore;
    pthread_mutex_lock(&o->lock);
    bool yes = o->go && covers(o, w->offset, w->length, takes ? atomic_load(&v->order) : UINT64_MAX);
    pthread_mutex_unlock(&o->lock);
    return yes;
}

int overlay_wait(struct volume *v, uint64_t offset, uint64_t length)
{
    struct overlay *o = atomic_load(&v->overlay);
    return atomic_load(&o->pending) ? wait_until_clear(o, offset, length, UINT64_MAX) : 0;
}

int overlay_write(struct volume *v, const struct volume_write *w, uint64_t epoch)
{
    struct overlay *o = atomic_load(&v->overlay);
    if (!atomic_load(&o->bound) || w->kind != WRITE_DATA || w->length > OVERLAY_MAX_WRITE)
        return -EAGAIN;
    int rc = wait_until_clear(o, w->offset, w->length, epoch);
    if (rc)
        return rc;
    struct node *node = node_new(w->offset, w->length, epoch);
    if (!node)
        return -ENOMEM;
    iov_gather(node->record.bytes + OVERLAY_HEADER, w->iov, w->iovcnt, 0, (size_t)w->length);
    pthread_mutex_lock(&o->lock); /* memory and log keep one order */
    rc = overlay_log_append(&o->log, &node->record);
    if (!rc)
        insert(o, node);
    bool begin = !rc && overlay_log_bytes(&o->log) > atomic_load(&o->bound) / 2;
    if (begin || o->head == &node->record)
        pthread_cond_signal(&o->work);
    pthread_mutex_unlock(&o->lock);
    if (rc) {
        mem_free(node);
        return -EAGAIN; /* the log takes nothing any more: keep old data at once, as without it */
    }
    return w->flags & REPLSVC_IO_FUA ? overlay_log_sync(&o->log) : 0;
}

int overlay_drain(struct volume *v)
{
    struct overlay *o = atomic_load(&v->overlay);
    if (!o)
        return 0;
    int rc = 0;
    pthread_mutex_lock(&o->lock);
    uint64_t last = o->tail ? o->tail->generation : 0;
    while (!rc && o->head && o->head->generation <= last)
        rc = o->go ? wait_for_change(o) : -EBUSY;
    pthread_mutex_unlock(&o->lock);
    return rc;
}

int overlay_sync(struct volume *v)
{
    struct overlay *o = atomic_load(&v->overlay);
    return o ? overlay_log_sync(&o->log) : 0;
}

/* Under the lock: lays the pending writes of one granule over what was read of [offset, offset+length). */
static void patch_granule(struct overlay *o, uint64_t granule, uint64_t order, const struct iovec *iov,
                          int iovcnt, uint64_t offset, uint64_t length)
{
    struct overlay_piece *p = oldest(o, granule);
    if (!p || p->record->epoch >= order)
        return;
    for (; p; p = p->next) {
        const struct overlay_record *r = p->record;
        uint64_t from = granule * VOLUME_GRANULE, end = from + VOLUME_GRANULE;
        if (p->granule != granule)
            continue;
        from = from > r->offset ? from : r->offset;
        from = from > offset ? from : offset;
        end = end < r->offset + r->length ? end : r->offset + r->length;
        end = end < offset + length ? end : offset + length;
        if (from < end)
            iov_scatter(iov, iovcnt, (size_t)(from - offset), r->bytes + OVERLAY_HEADER + (from - r->offset),
                        (size_t)(end - from));
    }
}

int overlay_read(struct volume *v, uint64_t order, const struct iovec *iov, int iovcnt, uint64_t offset)
{
    struct overlay *o = atomic_load(&v->overlay);
    uint64_t length = iov_length(iov, iovcnt);
    for (;;) {
        uint64_t retired = atomic_load(&o->retired);
        int rc = medium_preadv(&v->medium, iov, iovcnt, offset, 0);
        if (rc || !length || (atomic_load(&o->pending) == 0 && atomic_load(&o->retired) == retired))
            return rc;
        pthread_mutex_lock(&o->lock);
        bool again = atomic_load(&o->retired) != retired;
        if (!again)
            for (uint64_t g = offset / VOLUME_GRANULE; g <= (offset + length - 1) / VOLUME_GRANULE; g++)
                patch_granule(o, g, order, iov, iovcnt, offset, length);
        pthread_mutex_unlock(&o->lock);
        if (!again)
            return 0;
    }
}
