/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where a log is replayed to: into the file itself, or, for a reader that must not write, into a view in
 * memory. The view holds the changed pages (never more than the log can hold) and the zeroed ranges, sorted,
 * and lies over the file; a page that was changed after its range was zeroed wins, and the other way round.
 */
#include "vhdx/log_replay.h"

#include <inttypes.h>
#include <stdlib.h>

#include "util/alloc.h"
#include "vhdx/error.h"

static int check_sizes(const struct vhdx_log_sequence *s, const struct vhdx_header *h, uint64_t file_size)
{
    const struct vhdx_log_entry *head = &s->entries[s->n - 1];
    uint64_t at = h->log_offset + head->at;
    if (head->flushed_size > file_size)
        return VHDX_FAIL(VHDX_CORRUPT,
                         "log entry at offset %" PRIu64 ": the file had %" PRIu64
                         " bytes, now it has %" PRIu64 ": it was cut off",
                         at, head->flushed_size, file_size);
    if (head->last_size > VHDX_MAX_FILE_SIZE)
        return VHDX_FAIL(VHDX_CORRUPT, "log entry at offset %" PRIu64 ": a file of %" PRIu64 " bytes", at,
                         head->last_size);
    return 0;
}

int vhdx_log_check(struct vhdx_file *f, const struct vhdx_header *h, uint64_t file_size)
{
    struct vhdx_log_sequence s;
    int r = vhdx_log_find(f, h, &s);
    if (r == 0)
        r = check_sizes(&s, h, file_size);
    if (r == 0)
        r = vhdx_log_apply(f, h, &s, NULL);
    vhdx_log_sequence_free(&s);
    return r;
}

/* ---- into the file ---- */

struct target {
    struct vhdx_file *file;
    uint64_t size;
};

static int file_data(void *user, uint64_t offset, const uint8_t page[VHDX_PAGE])
{
    struct target *t = user;
    return vhdx_file_write(t->file, page, VHDX_PAGE, offset);
}

static int file_zero(void *user, uint64_t offset, uint64_t length)
{
    struct target *t = user;
    if (offset >= t->size) /* what the file gains reads as zeroes */
        return 0;
    return vhdx_file_zero(t->file, offset, vhdx_min(length, t->size - offset), false);
}

int vhdx_log_replay_to_file(struct vhdx_file *f, const struct vhdx_header *h, uint64_t file_size)
{
    struct vhdx_log_sequence s;
    struct target t = {f, file_size};
    struct vhdx_log_sink sink = {file_data, file_zero, &t};
    int r = vhdx_log_find(f, h, &s);
    if (r == 0)
        r = check_sizes(&s, h, file_size);
    if (r == 0 && s.entries[s.n - 1].last_size > file_size) {
        t.size = s.entries[s.n - 1].last_size;
        r = f->ops->truncate(f, t.size);
        if (r != 0)
            r = VHDX_FAIL(r, "log replay: the file cannot grow to %" PRIu64 " bytes", t.size);
    }
    if (r == 0)
        r = vhdx_log_apply(f, h, &s, &sink);
    if (r == 0)
        r = f->ops->sync(f);
    vhdx_log_sequence_free(&s);
    return r;
}

/* ---- into memory ---- */

/* Each read looks at all of them; writers of today log none or a few. */
#define MAX_ZEROES 4096

struct patch {
    uint64_t offset;
    uint64_t length;
    uint64_t order; /* later ones win */
    uint8_t *page;  /* NULL: zeroes */
};

struct view {
    struct vhdx_file base;
    struct vhdx_file *below;
    uint64_t below_size;
    uint64_t size;
    /* Pages sorted by offset, one for each; zero ranges in the order in which they were logged. */
    struct patch *pages, *zeroes;
    size_t n_pages, n_zeroes;
    size_t pages_room, zeroes_room;
    uint64_t order;
};

static struct view *of(struct vhdx_file *f)
{
    return (struct view *)f;
}

static struct patch *add_patch(struct patch **list, size_t *n, size_t *room)
{
    if (*n == *room) {
        size_t more = *room == 0 ? 16 : *room * 2;
        struct patch *p = mem_grow(*list, more, sizeof(*p));
        if (p == NULL)
            return NULL;
        *list = p;
        *room = more;
    }
    memset(&(*list)[*n], 0, sizeof(struct patch));
    return &(*list)[(*n)++];
}

static int view_data(void *user, uint64_t offset, const uint8_t page[VHDX_PAGE])
{
    struct view *v = user;
    uint8_t *copy = mem_alloc(VHDX_PAGE);
    struct patch *p = copy != NULL ? add_patch(&v->pages, &v->n_pages, &v->pages_room) : NULL;
    if (p == NULL) {
        mem_free(copy);
        return -ENOMEM;
    }
    memcpy(copy, page, VHDX_PAGE);
    *p = (struct patch){offset, VHDX_PAGE, v->order++, copy};
    return 0;
}

static int view_zero(void *user, uint64_t offset, uint64_t length)
{
    struct view *v = user;
    if (v->n_zeroes == MAX_ZEROES)
        return VHDX_FAIL(-ENOTSUP, "log: more than %d zeroed ranges: it must be replayed by a writable open",
                         MAX_ZEROES);
    struct patch *p = add_patch(&v->zeroes, &v->n_zeroes, &v->zeroes_room);
    if (p == NULL)
        return -ENOMEM;
    *p = (struct patch){offset, length, v->order++, NULL};
    return 0;
}

static int compare_patches(const void *a, const void *b)
{
    const struct patch *x = a, *y = b;
    if (x->offset != y->offset)
        return x->offset < y->offset ? -1 : 1;
    return x->order > y->order ? -1 : 1; /* the last one first */
}

static void sort_pages(struct view *v)
{
    if (v->n_pages == 0)
        return;
    qsort(v->pages, v->n_pages, sizeof(*v->pages), compare_patches);
    size_t n = 0;
    for (size_t i = 0; i < v->n_pages; i++) {
        if (n > 0 && v->pages[n - 1].offset == v->pages[i].offset)
            mem_free(v->pages[i].page);
        else
            v->pages[n++] = v->pages[i];
    }
    v->n_pages = n;
}

/* The first page that ends behind offset. */
static size_t first_page(const struct view *v, uint64_t offset)
{
    size_t low = 0, high = v->n_pages;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (v->pages[middle].offset + VHDX_PAGE <= offset)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static bool touches(const struct patch *p, uint64_t offset, uint64_t length)
{
    return p->offset < offset + length && p->offset + p->length > offset;
}

/* Lays one patch over what was read. */
static void overlay(uint8_t *buffer, uint64_t offset, uint64_t length, const struct patch *p)
{
    uint64_t from = p->offset > offset ? p->offset : offset;
    uint64_t to = vhdx_min(p->offset + p->length, offset + length);
    if (p->page == NULL)
        memset(buffer + (from - offset), 0, to - from);
    else
        memcpy(buffer + (from - offset), p->page + (from - p->offset), to - from);
}

static int read_piece(struct view *v, uint8_t *buffer, uint64_t length, uint64_t offset)
{
    if (length > v->size || offset > v->size - length)
        return -ENODATA;
    uint64_t there = offset < v->below_size ? vhdx_min(length, v->below_size - offset) : 0;
    int r = vhdx_file_read(v->below, buffer, there, offset);
    if (r != 0)
        return r;
    memset(buffer + there, 0, length - there);
    for (size_t i = 0; i < v->n_zeroes; i++)
        if (touches(&v->zeroes[i], offset, length))
            overlay(buffer, offset, length, &v->zeroes[i]);
    for (size_t i = first_page(v, offset); i < v->n_pages && touches(&v->pages[i], offset, length); i++) {
        overlay(buffer, offset, length, &v->pages[i]);
        for (size_t z = 0; z < v->n_zeroes; z++) {
            struct patch both = v->zeroes[z];
            if (both.order < v->pages[i].order || !touches(&both, v->pages[i].offset, VHDX_PAGE))
                continue;
            uint64_t end = vhdx_min(both.offset + both.length, v->pages[i].offset + VHDX_PAGE);
            both.offset = both.offset > v->pages[i].offset ? both.offset : v->pages[i].offset;
            both.length = end - both.offset;
            if (touches(&both, offset, length))
                overlay(buffer, offset, length, &both);
        }
    }
    return 0;
}

static int view_preadv(struct vhdx_file *f, struct iovec *iov, int iovcnt, uint64_t offset, bool payload)
{
    struct view *v = of(f);
    uint64_t length = 0;
    for (int i = 0; i < iovcnt; i++)
        length += iov[i].iov_len;
    size_t page = first_page(v, offset);
    bool plain =
        offset + length <= v->below_size && (page == v->n_pages || !touches(&v->pages[page], offset, length));
    for (size_t i = 0; i < v->n_zeroes && plain; i++)
        plain = !touches(&v->zeroes[i], offset, length);
    if (plain)
        return v->below->ops->preadv(v->below, iov, iovcnt, offset, payload);
    int r = 0;
    for (int i = 0; i < iovcnt && r == 0; offset += iov[i++].iov_len)
        r = read_piece(v, iov[i].iov_base, iov[i].iov_len, offset);
    return r;
}

static int view_pwritev(struct vhdx_file *f, struct iovec *iov, int iovcnt, uint64_t offset, bool payload)
{
    (void)f, (void)iov, (void)iovcnt, (void)offset, (void)payload;
    return -EROFS;
}

static int view_sync(struct vhdx_file *f)
{
    (void)f;
    return 0;
}

static int view_size(struct vhdx_file *f, uint64_t *size)
{
    *size = of(f)->size;
    return 0;
}

static int view_truncate(struct vhdx_file *f, uint64_t size)
{
    (void)f, (void)size;
    return -EROFS;
}

static int view_zero_range(struct vhdx_file *f, uint64_t offset, uint64_t length, bool keep)
{
    (void)f, (void)offset, (void)length, (void)keep;
    return -EROFS;
}

static int view_allocate(struct vhdx_file *f, uint64_t offset, uint64_t length)
{
    (void)f, (void)offset, (void)length;
    return -EROFS;
}

static int view_usage(struct vhdx_file *f, uint64_t *bytes)
{
    return of(f)->below->ops->usage(of(f)->below, bytes);
}

static void view_identity(struct vhdx_file *f, char *text, size_t size)
{
    of(f)->below->ops->identity(of(f)->below, text, size);
}

static void free_view(struct view *v)
{
    for (size_t i = 0; i < v->n_pages; i++)
        mem_free(v->pages[i].page);
    mem_free(v->pages);
    mem_free(v->zeroes);
    mem_free(v);
}

static void view_close(struct vhdx_file *f)
{
    struct vhdx_file *below = of(f)->below;
    free_view(of(f));
    below->ops->close(below);
}

static const struct vhdx_file_ops view_ops = {
    .preadv = view_preadv,
    .pwritev = view_pwritev,
    .sync = view_sync,
    .size = view_size,
    .truncate = view_truncate,
    .zero = view_zero_range,
    .allocate = view_allocate,
    .usage = view_usage,
    .identity = view_identity,
    .close = view_close,
};

int vhdx_log_replay_in_memory(struct vhdx_file *f, const struct vhdx_header *h, uint64_t file_size,
                              struct vhdx_file **out)
{
    struct vhdx_log_sequence s = {0};
    struct view *v = mem_zalloc(sizeof(*v));
    if (v == NULL)
        return -ENOMEM;
    struct vhdx_log_sink sink = {view_data, view_zero, v};
    v->base.ops = &view_ops;
    v->below = f;
    v->below_size = file_size;
    int r = vhdx_log_find(f, h, &s);
    if (r == 0)
        r = check_sizes(&s, h, file_size);
    if (r == 0) {
        uint64_t last = s.entries[s.n - 1].last_size;
        v->size = last > file_size ? last : file_size;
        r = vhdx_log_apply(f, h, &s, &sink);
    }
    vhdx_log_sequence_free(&s);
    if (r != 0) {
        free_view(v);
        return r;
    }
    sort_pages(v);
    *out = &v->base;
    return 0;
}
