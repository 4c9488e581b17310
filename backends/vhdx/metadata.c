/* SPDX-License-Identifier: BSD-2-Clause */
/* Reading and writing the metadata region: see metadata.h. The region has no checksum of its own. */
#include "vhdx/metadata.h"

#include <inttypes.h>
#include <stdlib.h>

#include "util/alloc.h"
#include "vhdx/error.h"

#define ENTRY(i) (32 + 32 * (size_t)(i))
#define MAX_ITEM_LENGTH VHDX_MIB

static const uint8_t signature[8] = {'m', 'e', 't', 'a', 'd', 'a', 't', 'a'};

struct item {
    struct vhdx_guid id;
    uint32_t offset; /* in the region */
    uint32_t length;
    uint32_t flags;
    uint64_t at; /* file offset of the entry, for messages */
};

enum known { FILE_PARAMETERS, DISK_SIZE, DISK_ID, LOGICAL_SECTOR, PHYSICAL_SECTOR, LOCATOR, N_KNOWN };

static const struct {
    const struct vhdx_guid *id;
    const char *name;
    uint32_t length; /* 0 = any */
    uint32_t flags;  /* as they are written */
} known_items[N_KNOWN] = {
    {&vhdx_item_file_parameters, "file parameters", 8, VHDX_ITEM_REQUIRED},
    {&vhdx_item_virtual_disk_size, "virtual disk size", 8, VHDX_ITEM_REQUIRED | VHDX_ITEM_VIRTUAL_DISK},
    {&vhdx_item_virtual_disk_id, "virtual disk id", 16, VHDX_ITEM_REQUIRED | VHDX_ITEM_VIRTUAL_DISK},
    {&vhdx_item_logical_sector_size, "logical sector size", 4, VHDX_ITEM_REQUIRED | VHDX_ITEM_VIRTUAL_DISK},
    {&vhdx_item_physical_sector_size, "physical sector size", 4, VHDX_ITEM_REQUIRED | VHDX_ITEM_VIRTUAL_DISK},
    {&vhdx_item_parent_locator, "parent locator", 0, VHDX_ITEM_REQUIRED},
};

struct table {
    struct item *items;
    size_t n;
    const struct item *known[N_KNOWN];
};

/* ---- the table ---- */

static int check_item_place(const struct item *i, struct vhdx_range region)
{
    if (i->length == 0 && i->offset == 0)
        return 0;
    if (i->offset < VHDX_TABLE_SIZE || i->length > MAX_ITEM_LENGTH || i->offset > region.length ||
        i->length > region.length - i->offset)
        return VHDX_FAIL(VHDX_CORRUPT,
                         "metadata entry at offset %" PRIu64 ": item of %" PRIu32 " bytes at %" PRIu32
                         " does not lie in the region",
                         i->at, i->length, i->offset);
    return 0;
}

static int classify_item(struct table *t, const struct item *i)
{
    if (vhdx_guid_is_zero(&i->id))
        return VHDX_FAIL(VHDX_CORRUPT, "metadata entry at offset %" PRIu64 ": no item id", i->at);
    if (i->flags & VHDX_ITEM_USER) {
        if (i->flags & VHDX_ITEM_REQUIRED)
            return VHDX_FAIL(VHDX_CORRUPT, "metadata entry at offset %" PRIu64 ": a required user item",
                             i->at);
        return 0;
    }
    if (vhdx_guid_equal(&i->id, &vhdx_item_incomplete))
        return VHDX_FAIL(
            -ENOTSUP, "metadata entry at offset %" PRIu64 ": the image's creation was never finished", i->at);
    for (int k = 0; k < N_KNOWN; k++) {
        if (!vhdx_guid_equal(&i->id, known_items[k].id))
            continue;
        if (known_items[k].length != 0 && i->length != known_items[k].length)
            return VHDX_FAIL(VHDX_CORRUPT,
                             "metadata entry at offset %" PRIu64 ": %s of %" PRIu32
                             " bytes instead of %" PRIu32,
                             i->at, known_items[k].name, i->length, known_items[k].length);
        t->known[k] = i;
        return 0;
    }
    bool harmless =
        vhdx_guid_equal(&i->id, &vhdx_item_chs) || vhdx_guid_equal(&i->id, &vhdx_item_pmem_labels);
    if ((i->flags & VHDX_ITEM_REQUIRED) && !harmless) {
        char text[VHDX_GUID_TEXT_SIZE];
        vhdx_guid_text(&i->id, text);
        return VHDX_FAIL(-ENOTSUP, "metadata entry at offset %" PRIu64 ": required item %s is not known",
                         i->at, text);
    }
    return 0;
}

static int compare_ids(const void *a, const void *b)
{
    const struct item *x = a, *y = b;
    int c = memcmp(&x->id, &y->id, sizeof(x->id));
    return c != 0 ? c : (int)(x->flags & VHDX_ITEM_USER) - (int)(y->flags & VHDX_ITEM_USER);
}

static int compare_places(const void *a, const void *b)
{
    const struct item *x = a, *y = b;
    return x->offset < y->offset ? -1 : x->offset > y->offset;
}

static int check_against_each_other(struct item *items, size_t n)
{
    qsort(items, n, sizeof(*items), compare_ids);
    for (size_t i = 1; i < n; i++)
        if (compare_ids(&items[i - 1], &items[i]) == 0)
            return VHDX_FAIL(VHDX_CORRUPT,
                             "metadata entries at offsets %" PRIu64 " and %" PRIu64 ": one item twice",
                             items[i - 1].at, items[i].at);
    qsort(items, n, sizeof(*items), compare_places);
    for (size_t i = 1; i < n; i++)
        if (items[i].length != 0 && (uint64_t)items[i - 1].offset + items[i - 1].length > items[i].offset)
            return VHDX_FAIL(VHDX_CORRUPT,
                             "metadata entries at offsets %" PRIu64 " and %" PRIu64 ": the items overlap",
                             items[i - 1].at, items[i].at);
    return 0;
}

static int read_items(const uint8_t *data, struct vhdx_range region, struct table *t)
{
    int r = 0;
    for (size_t i = 0; i < t->n; i++) {
        struct item *item = &t->items[i];
        item->id = vhdx_get_guid(data, ENTRY(i));
        item->offset = vhdx_get32(data, ENTRY(i) + 16);
        item->length = vhdx_get32(data, ENTRY(i) + 20);
        item->flags = vhdx_get32(data, ENTRY(i) + 24);
        item->at = region.offset + ENTRY(i);
    }
    for (size_t i = 0; i < t->n && r == 0; i++)
        r = check_item_place(&t->items[i], region);
    if (r == 0)
        r = check_against_each_other(t->items, t->n);
    for (size_t i = 0; i < t->n && r == 0; i++)
        r = classify_item(t, &t->items[i]);
    for (int k = 0; k < LOCATOR && r == 0; k++)
        if (t->known[k] == NULL)
            r = VHDX_FAIL(VHDX_CORRUPT, "metadata table at offset %" PRIu64 ": no %s item", region.offset,
                          known_items[k].name);
    return r;
}

static int read_table(struct vhdx_file *f, struct vhdx_range region, uint8_t *data, struct table *t)
{
    int r = vhdx_file_read(f, data, VHDX_TABLE_SIZE, region.offset);
    if (r != 0)
        return VHDX_FAIL(r, "metadata table at offset %" PRIu64 " cannot be read", region.offset);
    if (memcmp(data, signature, sizeof(signature)) != 0)
        return VHDX_FAIL(VHDX_CORRUPT, "metadata table at offset %" PRIu64 ": no signature", region.offset);
    t->n = vhdx_get16(data, 10);
    if (t->n > VHDX_MAX_ENTRIES)
        return VHDX_FAIL(VHDX_CORRUPT, "metadata table at offset %" PRIu64 ": %zu entries", region.offset,
                         t->n);
    t->items = mem_array(t->n + 1, sizeof(*t->items));
    return t->items != NULL ? read_items(data, region, t) : -ENOMEM;
}

/* ---- the items ---- */

static int read_value(struct vhdx_file *f, struct vhdx_range region, const struct item *i, uint8_t *value)
{
    int r = vhdx_file_read(f, value, i->length, region.offset + i->offset);
    return r == 0 ? 0
                  : VHDX_FAIL(r, "metadata item at offset %" PRIu64 " cannot be read",
                              region.offset + i->offset);
}

static int read_values(struct vhdx_file *f, struct vhdx_range region, const struct table *t,
                       struct vhdx_metadata *m)
{
    uint8_t v[N_KNOWN][16];
    int r = 0;
    for (int k = 0; k < LOCATOR && r == 0; k++)
        r = read_value(f, region, t->known[k], v[k]);
    if (r != 0)
        return r;
    uint32_t flags = vhdx_get32(v[FILE_PARAMETERS], 4);
    m->block_size = vhdx_get32(v[FILE_PARAMETERS], 0);
    m->has_parent = (flags & VHDX_PARAMETER_HAS_PARENT) != 0;
    m->leave_allocated = (flags & VHDX_PARAMETER_LEAVE_ALLOCATED) != 0 && !m->has_parent;
    m->virtual_size = vhdx_get64(v[DISK_SIZE], 0);
    m->disk_id = vhdx_get_guid(v[DISK_ID], 0);
    m->logical_sector = vhdx_get32(v[LOGICAL_SECTOR], 0);
    m->physical_sector = vhdx_get32(v[PHYSICAL_SECTOR], 0);
    m->size_at = region.offset + t->known[DISK_SIZE]->offset;
    if (t->known[LOCATOR] != NULL) {
        m->locator_at = region.offset + t->known[LOCATOR]->offset;
        m->locator_length = t->known[LOCATOR]->length;
        m->locator_entry_at = t->known[LOCATOR]->at;
    }
    if (m->has_parent && t->known[LOCATOR] == NULL)
        return VHDX_FAIL(VHDX_CORRUPT, "metadata table at offset %" PRIu64 ": a child without parent locator",
                         region.offset);
    if (flags & ~(VHDX_PARAMETER_LEAVE_ALLOCATED | VHDX_PARAMETER_HAS_PARENT))
        return VHDX_FAIL(VHDX_CORRUPT, "file parameters at offset %" PRIu64 ": reserved flags %#" PRIx32,
                         region.offset + t->known[FILE_PARAMETERS]->offset, flags);
    return vhdx_metadata_check(m, region.offset);
}

int vhdx_metadata_check(const struct vhdx_metadata *m, uint64_t at)
{
    if (m->block_size < VHDX_MIN_BLOCK_SIZE || m->block_size > VHDX_MAX_BLOCK_SIZE ||
        (m->block_size & (m->block_size - 1)) != 0)
        return VHDX_FAIL(VHDX_CORRUPT, "metadata at offset %" PRIu64 ": block size %" PRIu32, at,
                         m->block_size);
    if (m->logical_sector != 512 && m->logical_sector != 4096)
        return VHDX_FAIL(VHDX_CORRUPT, "metadata at offset %" PRIu64 ": logical sector size %" PRIu32, at,
                         m->logical_sector);
    if (m->physical_sector != 512 && m->physical_sector != 4096)
        return VHDX_FAIL(VHDX_CORRUPT, "metadata at offset %" PRIu64 ": physical sector size %" PRIu32, at,
                         m->physical_sector);
    if (m->virtual_size == 0 || m->virtual_size > VHDX_MAX_VIRTUAL_SIZE ||
        m->virtual_size % m->logical_sector != 0)
        return VHDX_FAIL(VHDX_CORRUPT, "metadata at offset %" PRIu64 ": virtual disk size %" PRIu64, at,
                         m->virtual_size);
    return 0;
}

int vhdx_metadata_load(struct vhdx_file *f, struct vhdx_range region, struct vhdx_metadata *m)
{
    struct table t = {0};
    memset(m, 0, sizeof(*m));
    uint8_t *data = mem_alloc(VHDX_TABLE_SIZE);
    int r = data != NULL ? read_table(f, region, data, &t) : -ENOMEM;
    if (r == 0)
        r = read_values(f, region, &t, m);
    m->items_end = region.offset + VHDX_TABLE_SIZE;
    for (size_t i = 0; i < t.n && r == 0; i++) {
        uint64_t end = region.offset + t.items[i].offset + t.items[i].length;
        if (end > m->items_end)
            m->items_end = vhdx_round_up(end, 8);
    }
    mem_free(t.items);
    mem_free(data);
    return r;
}

static void put_entry(uint8_t *region, unsigned i, enum known k, uint32_t offset, uint32_t length)
{
    vhdx_put_guid(region, ENTRY(i), known_items[k].id);
    vhdx_put32(region, ENTRY(i) + 16, offset);
    vhdx_put32(region, ENTRY(i) + 20, length);
    vhdx_put32(region, ENTRY(i) + 24, known_items[k].flags);
}

void vhdx_metadata_encode(const struct vhdx_metadata *m, const uint8_t *locator, uint32_t locator_length,
                          uint8_t *region)
{
    static const uint32_t offsets[N_KNOWN] = {0x10000, 0x10008, 0x10010,
                                              0x10020, 0x10024, VHDX_LOCATOR_OFFSET};
    unsigned n = locator != NULL ? N_KNOWN : N_KNOWN - 1;
    memset(region, 0, VHDX_METADATA_IMAGE);
    memcpy(region, signature, sizeof(signature));
    vhdx_put16(region, 10, (uint16_t)n);
    for (unsigned k = 0; k < n; k++)
        put_entry(region, k, (enum known)k, offsets[k],
                  k == LOCATOR ? locator_length : known_items[k].length);
    vhdx_put32(region, offsets[FILE_PARAMETERS], m->block_size);
    vhdx_put32(region, offsets[FILE_PARAMETERS] + 4,
               (m->leave_allocated ? VHDX_PARAMETER_LEAVE_ALLOCATED : 0) |
                   (m->has_parent ? VHDX_PARAMETER_HAS_PARENT : 0));
    vhdx_put64(region, offsets[DISK_SIZE], m->virtual_size);
    vhdx_put_guid(region, offsets[DISK_ID], &m->disk_id);
    vhdx_put32(region, offsets[LOGICAL_SECTOR], m->logical_sector);
    vhdx_put32(region, offsets[PHYSICAL_SECTOR], m->physical_sector);
    if (locator != NULL)
        memcpy(region + VHDX_LOCATOR_OFFSET, locator, locator_length);
}

void vhdx_geometry_of(const struct vhdx_metadata *m, struct vhdx_geometry *g)
{
    g->virtual_size = m->virtual_size;
    g->block_size = m->block_size;
    g->differencing = m->has_parent;
    g->block_shift = (unsigned)__builtin_ctz(m->block_size);
    g->sector_shift = (unsigned)__builtin_ctz(m->logical_sector);
    g->chunk_shift = 23 + g->sector_shift - g->block_shift;
    g->blocks = (m->virtual_size + m->block_size - 1) >> g->block_shift;
    uint64_t chunks = ((g->blocks - 1) >> g->chunk_shift) + 1;
    g->bat_entries = m->has_parent ? chunks * ((UINT64_C(1) << g->chunk_shift) + 1) : g->blocks + chunks - 1;
}
