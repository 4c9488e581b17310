/* SPDX-License-Identifier: BSD-2-Clause */
/* The rules of a writer: see vhdx_rules.h. */
#include "support/vhdx_rules.h"

#include <stdio.h>
#include <stdlib.h>

#include "vhdx/log_format.h"

#define MIB (UINT64_C(1) << 20)
#define BAT_AT (3 * MIB)
#define BAT_LENGTH MIB
#define MOST_MIB 4096
#define FILES 4

struct entry {
    uint64_t sequence, flushed;
    uint32_t at, length, tail;
    bool durable;
};

/* A page as an entry has it. */
struct image {
    uint64_t page, sequence;
    uint8_t data[VHDX_PAGE];
    bool in_place, in_place_durably;
};

struct freed {
    uint64_t sequence; /* of the entry that gave it up; 0: not given up */
    bool zeroed, zeroed_durably;
};

struct watched {
    uint64_t inode;
    bool unsynced;
    uint64_t size, durable_size;
    struct vhdx_guid log;
    uint64_t log_offset, log_length;
    struct entry *entries;
    size_t n_entries;
    struct image *images;
    size_t n_images;
    struct freed freed[MOST_MIB];
    uint8_t *part; /* of an entry that goes on at the ring's beginning */
    uint32_t part_at, part_length, part_whole;
};

static struct watched *files[FILES];
static struct vhdx_rules_result result;

static void broken(const char *rule, uint64_t at)
{
    if (result.violations++ < 20)
        fprintf(stderr, "  rule broken: %s (at offset %llu)\n", rule, (unsigned long long)at);
}

static struct watched *watch(struct world_file *f)
{
    for (size_t i = 0; i < FILES; i++) {
        if (files[i] == NULL) {
            files[i] = calloc(1, sizeof(*files[i]));
            files[i]->inode = world_inode(f);
            files[i]->log_offset = files[i]->log_length = MIB;
            (void)world_size(f, &files[i]->size);
        }
        if (files[i]->inode == world_inode(f))
            return files[i];
    }
    abort();
}

static void forget_log(struct watched *w)
{
    free(w->entries);
    free(w->images);
    free(w->part);
    w->entries = NULL;
    w->images = NULL;
    w->part = NULL;
    w->n_entries = w->n_images = 0;
}

/* The newest image of a page, or NULL. */
static struct image *newest(struct watched *w, uint64_t page)
{
    for (size_t i = w->n_images; i > 0; i--)
        if (w->images[i - 1].page == page)
            return &w->images[i - 1];
    return NULL;
}

static bool entry_is_durable(const struct watched *w, uint64_t sequence)
{
    for (size_t i = 0; i < w->n_entries; i++)
        if (w->entries[i].sequence == sequence)
            return w->entries[i].durable;
    return true; /* of an earlier log, which ended durably */
}

/* Whether the page is in place, durably, as the image has it or newer. */
static bool got_into_place(const struct watched *w, const struct image *wanted)
{
    for (size_t i = 0; i < w->n_images; i++)
        if (w->images[i].page == wanted->page && w->images[i].sequence >= wanted->sequence &&
            w->images[i].in_place_durably)
            return true;
    return false;
}

/* ---- space ---- */

static void take_space(struct watched *w, uint64_t first, uint64_t n)
{
    for (uint64_t i = first; i < first + n && i < MOST_MIB; i++) {
        struct freed *f = &w->freed[i];
        if (f->sequence == 0)
            continue;
        result.reused++;
        if (!f->zeroed_durably)
            broken("7: freed space goes to another block before it is zeroed, durably", i * MIB);
        memset(f, 0, sizeof(*f));
    }
}

static bool takes_space(uint64_t entry)
{
    return VHDX_BAT_STATE(entry) >= VHDX_BLOCK_FULLY_PRESENT;
}

/* How the BAT changes by an entry of the log. */
static void follow_bat(struct watched *w, struct world_file *f, uint64_t page, const uint8_t *data,
                       uint64_t sequence)
{
    uint8_t old[VHDX_PAGE], size[4];
    const struct image *before = newest(w, page);
    if (before != NULL)
        memcpy(old, before->data, VHDX_PAGE);
    else if (world_read(f, old, VHDX_PAGE, page) != 0)
        return;
    if (world_read(f, size, sizeof(size), 2 * MIB + 0x10000) != 0)
        return;
    uint64_t n = vhdx_get32(size, 0) / MIB;
    for (size_t i = 0; i < VHDX_PAGE; i += 8) {
        uint64_t was = vhdx_get64(old, i), is = vhdx_get64(data, i);
        if (takes_space(is) && VHDX_BAT_OFFSET(is) != VHDX_BAT_OFFSET(was))
            take_space(w, VHDX_BAT_OFFSET(is) / MIB, (page - BAT_AT + i) / 8 == 4096 ? 1 : n);
    }
    for (size_t i = 0; i < VHDX_PAGE; i += 8) {
        uint64_t was = vhdx_get64(old, i), is = vhdx_get64(data, i);
        if (!takes_space(was) || VHDX_BAT_OFFSET(is) == VHDX_BAT_OFFSET(was))
            continue;
        for (uint64_t k = VHDX_BAT_OFFSET(was) / MIB; k < VHDX_BAT_OFFSET(was) / MIB + n && k < MOST_MIB; k++)
            w->freed[k] = (struct freed){.sequence = sequence};
    }
}

static void touch_space(struct watched *w, uint64_t offset, uint64_t length, bool zero)
{
    for (uint64_t i = offset / MIB; i * MIB < offset + length && i < MOST_MIB; i++) {
        struct freed *f = &w->freed[i];
        if (f->sequence == 0)
            continue;
        if (!entry_is_durable(w, f->sequence))
            broken("7: freed space is touched before it is durable that it is", i * MIB);
        if (zero && offset <= i * MIB && offset + length >= (i + 1) * MIB)
            f->zeroed = true;
    }
}

/* ---- the log ---- */

static uint32_t ring_distance(const struct watched *w, uint32_t from, uint32_t to)
{
    return (uint32_t)((to + w->log_length - from) % w->log_length);
}

static void check_ring(const struct watched *w, const struct entry *e)
{
    if (w->n_entries == 0)
        return;
    const struct entry *last = &w->entries[w->n_entries - 1], *durable = NULL;
    for (size_t i = 0; i < w->n_entries; i++)
        if (w->entries[i].durable)
            durable = &w->entries[i];
    uint32_t end = (uint32_t)((last->at + last->length) % w->log_length);
    uint32_t needed = durable != NULL ? durable->tail : w->entries[0].at;
    if (e->at != end)
        broken("3: an entry lies elsewhere than behind the last one", w->log_offset + e->at);
    if (ring_distance(w, needed, end) + (uint64_t)e->length >= w->log_length)
        broken("3: an entry is written over what a replay needs", w->log_offset + e->at);
}

static void check_tail(const struct watched *w, const struct entry *e)
{
    uint64_t first = e->sequence;
    for (size_t i = 0; i < w->n_entries; i++)
        if (w->entries[i].at == e->tail)
            first = w->entries[i].sequence; /* the last one there */
    for (size_t i = 0; i < w->n_images; i++)
        if (w->images[i].sequence < first && !got_into_place(w, &w->images[i]))
            broken("4: a tail passes an entry whose page is not in place", w->images[i].page);
}

static void take_entry(struct watched *w, struct world_file *f, uint32_t at, const uint8_t *data)
{
    struct entry e = {.sequence = vhdx_get64(data, 16),
                      .flushed = vhdx_get64(data, 48),
                      .at = at,
                      .length = vhdx_get32(data, 8),
                      .tail = vhdx_get32(data, 12)};
    struct vhdx_guid guid = vhdx_get_guid(data, 32);
    uint32_t n = vhdx_get32(data, 24);
    result.entries++;
    if (!vhdx_guid_equal(&guid, &w->log)) {
        forget_log(w);
        w->log = guid;
    }
    check_ring(w, &e);
    check_tail(w, &e);
    if (e.flushed > w->durable_size)
        broken("5: an entry counts on a length that is not durable", w->log_offset + at);
    for (uint32_t i = 0; i < n; i++) {
        const uint8_t *d = data + 64 + 32 * i, *sector = data + vhdx_log_descriptor_bytes(n) + VHDX_PAGE * i;
        w->images = realloc(w->images, (w->n_images + 1) * sizeof(*w->images));
        struct image *image = &w->images[w->n_images];
        memset(image, 0, sizeof(*image));
        image->page = vhdx_get64(d, 16);
        image->sequence = e.sequence;
        memcpy(image->data, d + 8, 8);
        memcpy(image->data + 8, sector + 8, VHDX_PAGE - 12);
        memcpy(image->data + VHDX_PAGE - 4, d + 4, 4);
        if (image->page >= BAT_AT && image->page < BAT_AT + BAT_LENGTH)
            follow_bat(w, f, image->page, image->data, e.sequence);
        w->n_images++;
    }
    w->entries = realloc(w->entries, (w->n_entries + 1) * sizeof(*w->entries));
    w->entries[w->n_entries++] = e;
}

/* An entry comes in one piece, or in two over the ring's end. */
static void write_ring(struct watched *w, struct world_file *f, uint32_t at, const uint8_t *data,
                       uint32_t length)
{
    if (w->part == NULL) {
        w->part_at = at;
        w->part_whole = vhdx_get32(data, 8);
        w->part_length = 0;
        w->part = malloc(w->log_length);
    }
    memcpy(w->part + w->part_length, data, length);
    w->part_length += length;
    if (w->part_length < w->part_whole)
        return;
    uint8_t *whole = w->part;
    w->part = NULL;
    take_entry(w, f, w->part_at, whole);
    free(whole);
}

/* ---- headers, pages in place ---- */

static void write_header(struct watched *w, uint64_t offset, const uint8_t *data)
{
    struct vhdx_guid log = vhdx_get_guid(data, 48);
    result.headers++;
    if (w->unsynced)
        broken("1: a header is written before all before it is durable", offset);
    if (vhdx_guid_is_zero(&log)) {
        for (size_t i = 0; i < w->n_images; i++)
            if (!got_into_place(w, &w->images[i]))
                broken("6: the log is said to be empty, but a page is not in place", w->images[i].page);
    } else if (!vhdx_guid_equal(&log, &w->log) || w->n_entries == 0 || !w->entries[0].durable) {
        broken("6: a header names a log that has no durable entry", offset);
    }
}

static void write_page(struct watched *w, uint64_t page, const uint8_t *data)
{
    if (newest(w, page) == NULL)
        return;
    result.pages++;
    for (size_t i = w->n_images; i > 0; i--) {
        struct image *image = &w->images[i - 1];
        if (image->page != page || memcmp(image->data, data, VHDX_PAGE) != 0)
            continue;
        if (!entry_is_durable(w, image->sequence))
            continue; /* an older one may have been the same */
        image->in_place = true;
        return;
    }
    broken("2: a page is written in place that no durable entry has", page);
}

/* ---- what the simulated files tell ---- */

static void on_write(struct world_file *f, uint64_t offset, const uint8_t *data, uint64_t length)
{
    struct watched *w = watch(f);
    uint8_t id[8] = {0};
    bool made = world_read(f, id, sizeof(id), 0) == 0 && memcmp(id, "vhdxfile", 8) == 0;
    for (unsigned slot = 0; slot < 2; slot++)
        if (offset == VHDX_HEADER_OFFSET(slot) && made)
            write_header(w, offset, data);
    if (offset >= w->log_offset && offset < w->log_offset + w->log_length)
        write_ring(w, f, (uint32_t)(offset - w->log_offset), data, (uint32_t)length);
    else if (offset % VHDX_PAGE == 0 && length % VHDX_PAGE == 0)
        for (uint64_t i = 0; i < length; i += VHDX_PAGE)
            write_page(w, offset + i, data + i);
    if (offset >= 4 * MIB)
        touch_space(w, offset, length, false);
    w->size = offset + length > w->size ? offset + length : w->size;
    w->unsynced = true;
}

static void on_zero(struct world_file *f, uint64_t offset, uint64_t length)
{
    struct watched *w = watch(f);
    touch_space(w, offset, length, true);
    w->unsynced = true;
}

static void on_truncate(struct world_file *f, uint64_t size)
{
    struct watched *w = watch(f);
    for (uint64_t i = size / MIB; i < MOST_MIB; i++) /* what comes again there is new */
        if (w->freed[i].sequence != 0 && entry_is_durable(w, w->freed[i].sequence))
            memset(&w->freed[i], 0, sizeof(w->freed[i]));
    w->size = size;
    w->unsynced = true;
}

static void on_sync(struct world_file *f)
{
    struct watched *w = watch(f);
    w->unsynced = false;
    w->durable_size = w->size;
    for (size_t i = 0; i < w->n_entries; i++)
        w->entries[i].durable = true;
    for (size_t i = 0; i < w->n_images; i++)
        w->images[i].in_place_durably |= w->images[i].in_place;
    for (size_t i = 0; i < MOST_MIB; i++)
        w->freed[i].zeroed_durably |= w->freed[i].zeroed;
}

static const struct vhdx_sim_observer observer = {on_write, on_zero, on_truncate, on_sync};

void vhdx_rules_begin(void)
{
    memset(&result, 0, sizeof(result));
    vhdx_sim_observe(&observer);
}

struct vhdx_rules_result vhdx_rules_end(void)
{
    vhdx_sim_observe(NULL);
    for (size_t i = 0; i < FILES; i++) {
        if (files[i] != NULL)
            forget_log(files[i]);
        free(files[i]);
        files[i] = NULL;
    }
    return result;
}
