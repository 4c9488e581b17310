/* SPDX-License-Identifier: BSD-2-Clause */
/* Finding the active sequence and walking its descriptors: see log_replay.h. */
#include "vhdx/log_replay.h"

#include <inttypes.h>

#include "util/alloc.h"
#include "util/crc32c.h"
#include "vhdx/error.h"
#include "vhdx/log_format.h"

#define WINDOW (64u * 1024)

/* The ring, read a window at a time. */
struct ring {
    struct vhdx_file *file;
    const struct vhdx_header *header;
    uint8_t *window;
    uint64_t window_at; /* UINT64_MAX: nothing read yet */
};

static int ring_open(struct ring *ring, struct vhdx_file *f, const struct vhdx_header *h)
{
    ring->file = f;
    ring->header = h;
    ring->window_at = UINT64_MAX;
    ring->window = mem_alloc(WINDOW);
    return ring->window != NULL ? 0 : -ENOMEM;
}

/* The sector that is `distance` bytes behind `at`. */
static int ring_sector(struct ring *ring, uint32_t at, uint64_t distance, const uint8_t **sector)
{
    uint64_t where = (at + distance) % ring->header->log_length;
    uint64_t window_at = where / WINDOW * WINDOW;
    if (window_at != ring->window_at) {
        ring->window_at = UINT64_MAX;
        int r = vhdx_file_read(ring->file, ring->window, WINDOW, ring->header->log_offset + window_at);
        if (r != 0)
            return VHDX_FAIL(r, "log at offset %" PRIu64 " cannot be read",
                             ring->header->log_offset + window_at);
        ring->window_at = window_at;
    }
    *sector = ring->window + (where - window_at);
    return 0;
}

/* ---- one entry ---- */

static bool header_fits(const uint8_t *sector, const struct vhdx_header *h, uint32_t at,
                        struct vhdx_log_entry *e)
{
    struct vhdx_guid guid = vhdx_get_guid(sector, 32);
    if (vhdx_get32(sector, 0) != VHDX_LOG_ENTRY || !vhdx_guid_equal(&guid, &h->log))
        return false;
    e->at = at;
    e->length = vhdx_get32(sector, 8);
    e->tail = vhdx_get32(sector, 12);
    e->sequence = vhdx_get64(sector, 16);
    e->descriptors = vhdx_get32(sector, 24);
    e->flushed_size = vhdx_get64(sector, 48);
    e->last_size = vhdx_get64(sector, 56);
    return e->length != 0 && e->length % VHDX_PAGE == 0 && e->length <= h->log_length && e->sequence != 0 &&
           e->tail % VHDX_PAGE == 0 && e->tail < h->log_length &&
           vhdx_log_descriptor_bytes(e->descriptors) <= e->length;
}

/* Reads descriptor i. */
static int descriptor(struct ring *ring, const struct vhdx_log_entry *e, uint32_t i, uint8_t d[32])
{
    const uint8_t *sector;
    uint64_t where = 64 + 32 * (uint64_t)i;
    int r = ring_sector(ring, e->at, where / VHDX_PAGE * VHDX_PAGE, &sector);
    if (r == 0)
        memcpy(d, sector + where % VHDX_PAGE, 32);
    return r;
}

static bool descriptor_fits(const uint8_t d[32], uint64_t sequence)
{
    uint32_t kind = vhdx_get32(d, 0);
    if (vhdx_get64(d, 24) != sequence || vhdx_get64(d, 16) % VHDX_PAGE != 0)
        return false;
    return kind == VHDX_LOG_DATA_DESCRIPTOR ||
           (kind == VHDX_LOG_ZERO_DESCRIPTOR && vhdx_get64(d, 8) % VHDX_PAGE == 0);
}

static int layout_fits(struct ring *ring, const struct vhdx_log_entry *e, bool *fits)
{
    uint64_t end = vhdx_log_descriptor_bytes(e->descriptors);
    uint8_t d[32];
    const uint8_t *sector;
    int r = 0;
    uint64_t data = end;
    for (uint32_t i = 0; i < e->descriptors; i++) {
        if ((r = descriptor(ring, e, i, d)) != 0)
            return r;
        if (!descriptor_fits(d, e->sequence))
            return 0;
        data += vhdx_get32(d, 0) == VHDX_LOG_DATA_DESCRIPTOR ? VHDX_PAGE : 0;
    }
    if (data != e->length)
        return 0;
    for (; end < e->length; end += VHDX_PAGE) {
        if ((r = ring_sector(ring, e->at, end, &sector)) != 0)
            return r;
        if (vhdx_get32(sector, 0) != VHDX_LOG_DATA_SECTOR ||
            vhdx_get32(sector, 4) != (uint32_t)(e->sequence >> 32) ||
            vhdx_get32(sector, VHDX_PAGE - 4) != (uint32_t)e->sequence)
            return 0;
    }
    *fits = true;
    return 0;
}

static int checksum_fits(struct ring *ring, const struct vhdx_log_entry *e, bool *fits)
{
    static const uint8_t zero[4];
    const uint8_t *sector;
    uint32_t crc = 0, wanted = 0;
    for (uint32_t done = 0; done < e->length; done += VHDX_PAGE) {
        int r = ring_sector(ring, e->at, done, &sector);
        if (r != 0)
            return r;
        if (done == 0) {
            wanted = vhdx_get32(sector, 4);
            crc = crc32c(crc32c(crc32c(0, sector, 4), zero, 4), sector + 8, VHDX_PAGE - 8);
        } else {
            crc = crc32c(crc, sector, VHDX_PAGE);
        }
    }
    *fits = crc == wanted;
    return 0;
}

static int entry_at(struct ring *ring, uint32_t at, struct vhdx_log_entry *e, bool *valid)
{
    const uint8_t *sector;
    *valid = false;
    int r = ring_sector(ring, at, 0, &sector);
    if (r != 0 || !header_fits(sector, ring->header, at, e))
        return r;
    r = layout_fits(ring, e, valid);
    return r == 0 && *valid ? checksum_fits(ring, e, valid) : r;
}

/* ---- the active sequence ---- */

static int add_entry(struct vhdx_log_sequence *all, size_t *room, const struct vhdx_log_entry *e)
{
    if (all->n == *room) {
        size_t more = *room == 0 ? 16 : *room * 2;
        struct vhdx_log_entry *p = mem_grow(all->entries, more, sizeof(*p));
        if (p == NULL)
            return -ENOMEM;
        all->entries = p;
        *room = more;
    }
    all->entries[all->n++] = *e;
    return 0;
}

/* Every valid entry, in the order of the ring. */
static int find_entries(struct ring *ring, struct vhdx_log_sequence *all)
{
    size_t room = 0;
    int r = 0;
    for (uint32_t at = 0; at < ring->header->log_length && r == 0; at += VHDX_PAGE) {
        struct vhdx_log_entry e;
        bool valid;
        r = entry_at(ring, at, &e, &valid);
        if (r == 0 && valid)
            r = add_entry(all, &room, &e);
    }
    return r;
}

static const struct vhdx_log_entry *entry_from(const struct vhdx_log_sequence *all, uint64_t at)
{
    size_t low = 0, high = all->n;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (all->entries[middle].at < at)
            low = middle + 1;
        else
            high = middle;
    }
    return low < all->n && all->entries[low].at == at ? &all->entries[low] : NULL;
}

static const struct vhdx_log_entry *next_entry(const struct vhdx_log_sequence *all, uint32_t ring_length,
                                               const struct vhdx_log_entry *e)
{
    const struct vhdx_log_entry *next = entry_from(all, ((uint64_t)e->at + e->length) % ring_length);
    return next != NULL && e->sequence != UINT64_MAX && next->sequence == e->sequence + 1 ? next : NULL;
}

/* The run from the head's tail to the head: its length, or 0 if the tail does not lead there. */
static size_t run_to_head(const struct vhdx_log_sequence *all, uint32_t ring_length,
                          const struct vhdx_log_entry *head)
{
    size_t n = 1;
    const struct vhdx_log_entry *e = entry_from(all, head->tail);
    /* Sequence numbers rise along a run, so it cannot go round for ever. */
    for (; e != NULL && e != head && e->sequence < head->sequence; n++)
        e = next_entry(all, ring_length, e);
    return e == head ? n : 0;
}

static int pick_sequence(const struct vhdx_log_sequence *all, const struct vhdx_header *h,
                         struct vhdx_log_sequence *s)
{
    const struct vhdx_log_entry *best = NULL;
    size_t best_n = 0;
    for (size_t i = 0; i < all->n; i++) {
        const struct vhdx_log_entry *head = &all->entries[i];
        if ((best != NULL && head->sequence <= best->sequence) ||
            next_entry(all, h->log_length, head) != NULL)
            continue;
        size_t n = run_to_head(all, h->log_length, head);
        if (n > 0) {
            best = head;
            best_n = n;
        }
    }
    if (best == NULL)
        return VHDX_FAIL(VHDX_CORRUPT,
                         "log at offset %" PRIu64 ": it is in use, but no valid sequence is in it",
                         h->log_offset);
    s->entries = mem_array(best_n, sizeof(*s->entries));
    if (s->entries == NULL)
        return -ENOMEM;
    const struct vhdx_log_entry *e = entry_from(all, best->tail);
    for (s->n = 0; s->n < best_n; e = next_entry(all, h->log_length, e))
        s->entries[s->n++] = *e;
    return 0;
}

int vhdx_log_find(struct vhdx_file *f, const struct vhdx_header *h, struct vhdx_log_sequence *s)
{
    struct ring ring;
    struct vhdx_log_sequence all = {0};
    memset(s, 0, sizeof(*s));
    int r = ring_open(&ring, f, h);
    if (r == 0)
        r = find_entries(&ring, &all);
    if (r == 0)
        r = pick_sequence(&all, h, s);
    mem_free(all.entries);
    mem_free(ring.window);
    return r;
}

void vhdx_log_sequence_free(struct vhdx_log_sequence *s)
{
    mem_free(s->entries);
    memset(s, 0, sizeof(*s));
}

/* ---- its descriptors ---- */

static int check_target(const struct vhdx_header *h, const struct vhdx_log_entry *e, uint64_t offset,
                        uint64_t length)
{
    uint64_t at = h->log_offset + e->at;
    if (offset < VHDX_FIRST_LOGGED || offset > VHDX_MAX_FILE_SIZE || length > VHDX_MAX_FILE_SIZE)
        return VHDX_FAIL(VHDX_CORRUPT, "log entry at offset %" PRIu64 ": it changes offset %" PRIu64, at,
                         offset);
    if (offset < h->log_offset + h->log_length && offset + length > h->log_offset)
        return VHDX_FAIL(VHDX_CORRUPT,
                         "log entry at offset %" PRIu64 ": it changes the log itself, at %" PRIu64, at,
                         offset);
    return 0;
}

/* Two views of the ring, so that going to and fro between descriptors and data reads nothing twice. */
struct rings {
    struct ring descriptors, data;
};

static int apply_descriptor(struct rings *rings, const struct vhdx_log_entry *e, const uint8_t d[32],
                            uint64_t data, const struct vhdx_log_sink *sink)
{
    uint8_t page[VHDX_PAGE];
    const uint8_t *sector;
    uint64_t offset = vhdx_get64(d, 16);
    if (vhdx_get32(d, 0) == VHDX_LOG_ZERO_DESCRIPTOR)
        return sink->zero(sink->user, offset, vhdx_get64(d, 8));
    int r = ring_sector(&rings->data, e->at, data, &sector);
    if (r != 0)
        return r;
    memcpy(page, d + 8, 8);
    memcpy(page + 8, sector + 8, VHDX_PAGE - 12);
    memcpy(page + VHDX_PAGE - 4, d + 4, 4);
    return sink->data(sink->user, offset, page);
}

/* sink NULL: only the check. */
static int walk_entry(struct rings *rings, const struct vhdx_log_entry *e, const struct vhdx_log_sink *sink)
{
    uint64_t data = vhdx_log_descriptor_bytes(e->descriptors);
    uint8_t d[32];
    int r = 0;
    for (uint32_t i = 0; i < e->descriptors && r == 0; i++) {
        if ((r = descriptor(&rings->descriptors, e, i, d)) != 0)
            break;
        bool zero = vhdx_get32(d, 0) == VHDX_LOG_ZERO_DESCRIPTOR;
        uint64_t length = zero ? vhdx_get64(d, 8) : VHDX_PAGE;
        r = sink == NULL ? check_target(rings->data.header, e, vhdx_get64(d, 16), length)
                         : apply_descriptor(rings, e, d, data, sink);
        data += zero ? 0 : VHDX_PAGE;
    }
    return r;
}

int vhdx_log_apply(struct vhdx_file *f, const struct vhdx_header *h, const struct vhdx_log_sequence *s,
                   const struct vhdx_log_sink *sink)
{
    struct rings rings = {0};
    int r = ring_open(&rings.descriptors, f, h);
    if (r == 0)
        r = ring_open(&rings.data, f, h);
    for (size_t i = 0; i < s->n && r == 0; i++)
        r = walk_entry(&rings, &s->entries[i], NULL);
    for (size_t i = 0; i < s->n && r == 0 && sink != NULL; i++)
        r = walk_entry(&rings, &s->entries[i], sink);
    mem_free(rings.descriptors.window);
    mem_free(rings.data.window);
    return r;
}
