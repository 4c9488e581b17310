/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A region map's file.
 *
 * A tree of three levels of 4 KiB pages, all numbers little-endian: the header names up to 496 tables, a
 * table 508 leaves, a leaf holds 32,512 bits. What names a page (an *entry*) holds the page's checksum, so
 * a page that is torn, lost, stale or of another map never passes for the one that was committed. Every
 * page has two slots, and a commit only ever writes the slot that the last durable state does not use: the
 * changed leaves, their tables, the header, then one sync. So a power cut in the middle, in whatever order
 * the sectors arrive, leaves the last state whole; a commit is there altogether or not at all.
 *
 * Offsets in pages: the two headers at 0 and 1; table t at 2 + 1018 t and the next; its leaf j at
 * 4 + 1018 t + 2 j and the next. The file is sparse; clear leaves and those with all bits set take no page.
 *
 * Header:  0 magic "RSVCRMAP", 8 version u32 (1), 12 CRC-32C of the page with this field zero, 16 id of the
 *          map u64 (random), 24 sequence u64, 32 regions u64, 40 region size u32, 44 zero, 128 entries.
 * Others:  0 magic u32 ("RSmt" table, "RSml" leaf), 4 zero, 8 number u64, 16 id u64, 24 sequence u64 of
 *          its commit, 32 entries or words.
 * Entry:   bits 0-31 CRC-32C of the page; 32-33 what: 0 all clear, 1 all set (leaves only), 2 slot 0,
 *          3 slot 1; the rest zero.
 *
 * Opening takes the header of the higher sequence number whose pages are all there. If some are not, either
 * its commit was never durable (then the other header's pages are whole, and it is taken), or pages were
 * damaged later (then the other header lacks them too): of the two, the one that lacks fewer, the newer if
 * equal. What it lacks is reported. When the last commit was followed by no close, damage to just the pages
 * of that commit cannot be told from a commit that a crash cut short: it is then taken for that. A close
 * writes the header once more into the other slot (the seal), and from then on it can be told.
 *
 * What an open reads may be in the page cache only: a process was killed before its sync, or a sync failed
 * and left pages that look clean. So without a seal the pages of the last commit are written once more, byte
 * for byte, and synced before anybody builds on them. With one only the header can be in doubt, and that is
 * written once more by the first commit, before it overwrites the other one.
 *
 * A failed write leaves everything as it was. A failed sync poisons the map: later commits fail.
 */
#include "state/map_internal.h"

#include <errno.h>
#include <string.h>

#include "util/alloc.h"
#include "util/bytes.h"
#include "util/crc32c.h"
#include "util/id.h"

#define MAP_VERSION 1u
#define HEADER_MAGIC "RSVCRMAP"
#define TABLE_MAGIC UINT32_C(0x746d5352)
#define LEAF_MAGIC UINT32_C(0x6c6d5352)
#define HEADER_ENTRIES 128u /* offset */
#define NAME_MAX_SIZE 512u

#define ENTRY_CLEAR UINT64_C(0)
#define ENTRY_FULL (UINT64_C(1) << 32)
#define ENTRY_SLOT(slot) ((uint64_t)(2 + (slot)) << 32)
#define ENTRY_RESERVED (UINT64_MAX << 34)

static bool entry_has_page(uint64_t entry)
{
    return entry >> 33 & 1;
}

static unsigned entry_slot(uint64_t entry)
{
    return (unsigned)(entry >> 32 & 1);
}

/* The slot that the durable state doesn't use. */
static unsigned free_slot(uint64_t durable)
{
    return entry_has_page(durable) ? !entry_slot(durable) : 0;
}

static uint64_t table_offset(uint64_t table, unsigned slot)
{
    return (2 + table * (2 + 2 * TABLE_LEAVES) + slot) * MAP_PAGE;
}

static uint64_t leaf_offset(uint64_t leaf, unsigned slot)
{
    return table_offset(leaf / TABLE_LEAVES, 0) + (2 + 2 * (leaf % TABLE_LEAVES) + slot) * MAP_PAGE;
}

static int write_page(struct map *m, uint64_t offset)
{
    return m->file->ops->pwrite(m->file, m->page, MAP_PAGE, offset);
}

/* ---- headers ---- */

struct map_header {
    uint64_t id, sequence, regions;
    uint32_t region_size;
    uint64_t tables[HEADER_TABLES];
};

static uint32_t header_crc(const uint8_t *page)
{
    static const uint8_t zero[4];
    return crc32c(crc32c(crc32c(0, page, 12), zero, sizeof zero), page + 16, MAP_PAGE - 16);
}

static void encode_header(struct map *m, uint64_t regions, const uint64_t *tables)
{
    memset(m->page, 0, MAP_PAGE);
    memcpy(m->page, HEADER_MAGIC, 8);
    put_le32(m->page + 8, MAP_VERSION);
    put_le64(m->page + 16, m->id);
    put_le64(m->page + 24, m->sequence);
    put_le64(m->page + 32, regions);
    put_le32(m->page + 40, m->region_size);
    for (size_t t = 0; t < HEADER_TABLES; t++)
        put_le64(m->page + HEADER_ENTRIES + 8 * t, tables[t]);
    put_le32(m->page + 12, header_crc(m->page));
}

static int write_header(struct map *m, unsigned slot, uint64_t regions, const uint64_t *tables)
{
    encode_header(m, regions, tables);
    return write_page(m, (uint64_t)slot * MAP_PAGE);
}

/* 0, -EUCLEAN not a whole header, -EPROTO a newer version's, or what reading it came to. */
static int read_header(struct vfs_file *file, unsigned slot, struct map_header *h)
{
    uint8_t page[MAP_PAGE];
    int r = file->ops->pread(file, page, MAP_PAGE, (uint64_t)slot * MAP_PAGE);
    if (r)
        return r == -ENODATA ? -EUCLEAN : r;
    if (memcmp(page, HEADER_MAGIC, 8) != 0 || get_le32(page + 12) != header_crc(page))
        return -EUCLEAN;
    if (get_le32(page + 8) != MAP_VERSION)
        return get_le32(page + 8) > MAP_VERSION ? -EPROTO : -EUCLEAN;
    h->id = get_le64(page + 16);
    h->sequence = get_le64(page + 24);
    h->regions = get_le64(page + 32);
    h->region_size = get_le32(page + 40);
    for (size_t t = 0; t < HEADER_TABLES; t++)
        h->tables[t] = get_le64(page + HEADER_ENTRIES + 8 * t);
    return map_geometry_valid(h->regions, h->region_size) && h->sequence <= INT64_MAX ? 0 : -EUCLEAN;
}

/* ---- tables and leaves ---- */

static void begin_page(struct map *m, uint32_t magic, uint64_t number)
{
    put_le32(m->page, magic);
    put_le32(m->page + 4, 0);
    put_le64(m->page + 8, number);
    put_le64(m->page + 16, m->id);
    put_le64(m->page + 24, m->sequence);
}

static uint64_t page_entry(const struct map *m, unsigned slot)
{
    return ENTRY_SLOT(slot) | crc32c(0, m->page, MAP_PAGE);
}

/* The page that an entry names into m->page. -EUCLEAN: it is not there. */
static int read_page(struct map *m, uint64_t entry, uint64_t offset, uint32_t magic, uint64_t number)
{
    int r = m->file->ops->pread(m->file, m->page, MAP_PAGE, offset);
    if (r)
        return r == -ENODATA ? -EUCLEAN : r;
    bool good = crc32c(0, m->page, MAP_PAGE) == (uint32_t)entry && get_le32(m->page) == magic &&
                get_le64(m->page + 8) == number && get_le64(m->page + 16) == m->id;
    return good ? 0 : -EUCLEAN;
}

/* ---- opening ---- */

/* What a header's pages came to. */
struct lack {
    uint64_t leaves; /* that are damaged; they are marked in m->taken */
    bool unreadable; /* by the medium, not by a checksum */
};

static void lacks(struct map *m, struct lack *lack, uint64_t first, uint64_t n, int r)
{
    for (uint64_t leaf = first; leaf < first + n && leaf < m->leaves; leaf++) {
        m->taken[leaf / 64] |= UINT64_C(1) << leaf % 64;
        lack->leaves++;
    }
    lack->unreadable |= r != -EUCLEAN;
}

static int load_table(struct map *m, uint64_t table, struct lack *lack)
{
    uint64_t entry = m->table_entries[table], first = table * TABLE_LEAVES;
    if (entry == ENTRY_CLEAR)
        return 0;
    int r = -EUCLEAN;
    if (entry_has_page(entry) && !(entry & ENTRY_RESERVED))
        r = read_page(m, entry, table_offset(table, entry_slot(entry)), TABLE_MAGIC, table);
    if (r == -ENOMEM)
        return r;
    if (r)
        lacks(m, lack, first, TABLE_LEAVES, r);
    for (uint64_t leaf = first; r == 0 && leaf < first + TABLE_LEAVES && leaf < m->leaves; leaf++)
        m->entries[leaf] = get_le64(m->page + PAGE_HEADER + 8 * (leaf - first));
    return 0;
}

static int load_leaf(struct map *m, uint64_t leaf, struct lack *lack)
{
    uint64_t entry = m->entries[leaf];
    uint32_t bits = leaf_bits(m, leaf);
    if (entry == ENTRY_CLEAR)
        return 0;
    if (entry == ENTRY_FULL) {
        atomic_store(&m->words[leaf], map_full);
        (void)atomic_fetch_add(&m->count, bits);
        return 0;
    }
    int r = -EUCLEAN;
    if (entry_has_page(entry) && !(entry & ENTRY_RESERVED))
        r = read_page(m, entry, leaf_offset(leaf, entry_slot(entry)), LEAF_MAGIC, leaf);
    for (uint32_t i = 0; r == 0 && i < LEAF_WORDS; i++)
        if (get_le64(m->page + PAGE_HEADER + 8 * i) & ~valid_bits(bits, i))
            r = -EUCLEAN;
    if (r == -ENOMEM)
        return r;
    if (r) {
        lacks(m, lack, leaf, 1, r);
        return 0;
    }
    map_word *words = leaf_materialise(m, leaf);
    if (!words)
        return -ENOMEM;
    for (uint32_t i = 0; i < LEAF_WORDS; i++) {
        uint64_t word = get_le64(m->page + PAGE_HEADER + 8 * i);
        atomic_store(&words[i], word);
        (void)atomic_fetch_add(&m->count, (uint64_t)__builtin_popcountll(word));
    }
    return 0;
}

static int load(struct vfs_file *file, const struct map_header *h, unsigned slot, struct map **out,
                struct lack *lack)
{
    struct map *m;
    *lack = (struct lack){0, false};
    int r = map_new(h->regions, h->region_size, file, &m);
    if (r)
        return r;
    m->id = h->id;
    m->sequence = h->sequence;
    m->header_slot = slot;
    memcpy(m->table_entries, h->tables, table_count(m) * sizeof *h->tables);
    for (uint64_t table = 0; r == 0 && table < table_count(m); table++)
        r = load_table(m, table, lack);
    for (uint64_t leaf = 0; r == 0 && leaf < m->leaves; leaf++)
        r = load_leaf(m, leaf, lack);
    if (r) {
        map_delete(m);
        return r;
    }
    memcpy(m->table_next, m->table_entries, sizeof m->table_next);
    memcpy(m->next, m->entries, (size_t)m->leaves * sizeof *m->next);
    *out = m;
    return 0;
}

/* Writes the header that was read once more, byte for byte, and syncs. */
static int harden_header(struct map *m)
{
    if (!m->header_unsure)
        return 0;
    int r = write_header(m, m->header_slot, m->durable_regions, m->table_entries);
    if (r == 0)
        r = m->file->ops->sync(m->file);
    m->header_unsure = r != 0;
    return r;
}

/* If it belongs to the last commit, a page is written once more. */
static int harden_page(struct map *m, uint64_t entry, uint64_t offset, uint32_t magic, uint64_t number)
{
    if (!entry_has_page(entry) || read_page(m, entry, offset, magic, number) != 0 ||
        get_le64(m->page + 24) != m->sequence)
        return 0;
    return write_page(m, offset);
}

/* Makes the last commit durable if it may not have been. */
static int harden(struct map *m)
{
    int r = 0;
    for (uint64_t table = 0; r == 0 && table < table_count(m); table++) {
        uint64_t entry = m->table_entries[table];
        r = harden_page(m, entry, table_offset(table, entry_slot(entry)), TABLE_MAGIC, table);
    }
    for (uint64_t leaf = 0; r == 0 && leaf < m->leaves; leaf++) {
        uint64_t entry = m->entries[leaf];
        r = harden_page(m, entry, leaf_offset(leaf, entry_slot(entry)), LEAF_MAGIC, leaf);
    }
    return r ? r : harden_header(m);
}

/* Tells the owner what is damaged. Such leaves count as set and are written anew by the next commit, or,
 * when they must not be made up, nothing is ever committed again. */
static void report(struct map *m, bool on_damage_set, void (*damaged)(void *, uint64_t, uint64_t), void *user)
{
    for (uint64_t leaf = 0; leaf < m->leaves; leaf++) {
        uint64_t bit = UINT64_C(1) << leaf % 64;
        if (!(m->taken[leaf / 64] & bit))
            continue;
        m->taken[leaf / 64] &= ~bit;
        if (on_damage_set)
            (void)map_set(m, leaf * LEAF_BITS, leaf_bits(m, leaf)); /* whole leaves need no memory */
        else
            m->poison = -EUCLEAN;
        if (damaged)
            damaged(user, leaf * LEAF_BITS, leaf_bits(m, leaf));
    }
}

static int open_newest(struct vfs_file *file, struct map **out)
{
    struct map_header *h = mem_array(2, sizeof *h); /* too large for a stack */
    if (!h)
        return -ENOMEM;
    struct map *m = NULL, *older = NULL;
    struct lack lack, older_lack;
    int results[2];
    for (unsigned slot = 0; slot < 2; slot++)
        results[slot] = read_header(file, slot, &h[slot]);
    int r = 0;
    for (unsigned slot = 0; slot < 2; slot++)
        if (results[slot] && results[slot] != -EUCLEAN)
            r = results[slot]; /* unreadable, or newer than we are: no guess */
    if (r == 0 && results[0] && results[1])
        r = -EUCLEAN;
    if (r)
        goto out;
    bool both = !results[0] && !results[1], cut_short = false;
    unsigned newest = results[0] || (both && h[1].sequence > h[0].sequence);
    r = load(file, &h[newest], newest, &m, &lack);
    if (r == 0 && lack.leaves && both && !lack.unreadable) {
        r = load(file, &h[!newest], !newest, &older, &older_lack);
        if (r == 0 && older_lack.leaves < lack.leaves) {
            struct map *swap = m;
            m = older;
            older = swap;
            m->sequence = h[newest].sequence; /* not to be used again */
            cut_short = true;
        }
    }
    if (r == 0) {
        m->unsealed = !both || h[0].regions != h[1].regions ||
                      memcmp(h[0].tables, h[1].tables, sizeof h[0].tables) != 0;
        m->header_unsure = !cut_short; /* the commit after ours was begun, so ours is durable */
        if (m->unsealed && !cut_short)
            r = harden(m);
    }
out:
    if (older)
        map_delete(older);
    if (r && m)
        map_delete(m);
    if (r == 0)
        *out = m;
    mem_free(h);
    return r;
}

int map_open(struct vfs *vfs, const char *name, bool on_damage_set,
             void (*damaged)(void *user, uint64_t first, uint64_t count), void *user, struct map **out)
{
    struct vfs_file *file;
    struct map *m;
    int r = vfs->ops->open(vfs, name, 0, &file);
    if (r)
        return r;
    r = open_newest(file, &m);
    if (r) {
        file->ops->close(file);
        return r;
    }
    report(m, on_damage_set, damaged, user);
    *out = m;
    return 0;
}

/* ---- commit ---- */

/* The leaf's new entry into m->next, and its page, if it needs one, into the free slot. */
static int commit_leaf(struct map *m, uint64_t leaf)
{
    map_word *words = atomic_load(&m->words[leaf]);
    m->next[leaf] = words == map_full ? ENTRY_FULL : ENTRY_CLEAR;
    if (!words || words == map_full)
        return 0;
    uint32_t set = 0;
    begin_page(m, LEAF_MAGIC, leaf);
    for (uint32_t i = 0; i < LEAF_WORDS; i++) {
        uint64_t word = atomic_load(&words[i]);
        set += (uint32_t)__builtin_popcountll(word);
        put_le64(m->page + PAGE_HEADER + 8 * i, word);
    }
    if (set == leaf_bits(m, leaf))
        m->next[leaf] = ENTRY_FULL;
    if (set == 0 || set == leaf_bits(m, leaf))
        return 0;
    unsigned slot = free_slot(m->entries[leaf]);
    m->next[leaf] = page_entry(m, slot);
    return write_page(m, leaf_offset(leaf, slot));
}

static int commit_table(struct map *m, uint64_t table)
{
    bool clear = true;
    begin_page(m, TABLE_MAGIC, table);
    for (uint64_t j = 0; j < TABLE_LEAVES; j++) {
        uint64_t leaf = table * TABLE_LEAVES + j;
        uint64_t entry = leaf < m->leaves ? m->next[leaf] : ENTRY_CLEAR;
        clear &= entry == ENTRY_CLEAR;
        put_le64(m->page + PAGE_HEADER + 8 * j, entry);
    }
    unsigned slot = free_slot(m->table_entries[table]);
    m->table_next[table] = clear ? ENTRY_CLEAR : page_entry(m, slot);
    return clear ? 0 : write_page(m, table_offset(table, slot));
}

/* Takes the marks. False: there are none. */
static bool take_dirty(struct map *m)
{
    bool any = false;
    for (size_t i = 0; i < leaf_bitmap_words(m->leaves); i++) {
        if (atomic_load(&m->dirty[i]))
            m->taken[i] = atomic_exchange(&m->dirty[i], 0);
        any |= m->taken[i] != 0;
    }
    return any;
}

static int write_taken(struct map *m)
{
    uint64_t table = UINT64_MAX; /* the one being gathered */
    int r = 0;
    for (size_t i = 0; r == 0 && i < leaf_bitmap_words(m->leaves); i++)
        for (uint64_t bits = m->taken[i]; r == 0 && bits; bits &= bits - 1) {
            uint64_t leaf = i * 64 + (uint64_t)__builtin_ctzll(bits);
            if (table != UINT64_MAX && table != leaf / TABLE_LEAVES)
                r = commit_table(m, table);
            table = leaf / TABLE_LEAVES;
            if (r == 0)
                r = commit_leaf(m, leaf);
        }
    return r == 0 && table != UINT64_MAX ? commit_table(m, table) : r;
}

/* What was taken becomes the durable state, or goes back. */
static void settle(struct map *m, bool durable)
{
    for (size_t i = 0; i < leaf_bitmap_words(m->leaves); i++) {
        for (uint64_t bits = m->taken[i]; bits; bits &= bits - 1) {
            uint64_t leaf = i * 64 + (uint64_t)__builtin_ctzll(bits);
            if (durable)
                m->entries[leaf] = m->next[leaf];
            else
                m->next[leaf] = m->entries[leaf];
        }
        if (!durable && m->taken[i])
            (void)atomic_fetch_or(&m->dirty[i], m->taken[i]);
        m->taken[i] = 0;
    }
    if (durable)
        memcpy(m->table_entries, m->table_next, sizeof m->table_entries);
    else
        memcpy(m->table_next, m->table_entries, sizeof m->table_next);
}

int map_file_commit(struct map *m)
{
    if (!take_dirty(m) && m->regions == m->durable_regions)
        return 0;
    int r = harden_header(m);
    m->sequence++;
    for (size_t t = (size_t)table_count(m); t < HEADER_TABLES; t++)
        m->table_next[t] = ENTRY_CLEAR; /* a smaller map has fewer */
    if (r == 0)
        r = write_taken(m);
    if (r == 0)
        r = write_header(m, !m->header_slot, m->regions, m->table_next);
    if (r == 0) {
        r = m->file->ops->sync(m->file);
        if (r) {
            (void)pthread_mutex_lock(&m->lock);
            m->poison = r;
            (void)pthread_mutex_unlock(&m->lock);
        }
    }
    settle(m, r == 0);
    if (r == 0) {
        m->header_slot = !m->header_slot;
        m->durable_regions = m->regions;
        m->unsealed = true;
    }
    return r;
}

void map_file_seal(struct map *m)
{
    if (!m->unsealed || m->poison)
        return;
    m->sequence++;
    if (write_header(m, !m->header_slot, m->durable_regions, m->table_entries) == 0)
        (void)m->file->ops->sync(m->file);
}

/* ---- making and removing the file ---- */

/* The directory of a name, as sync_dir takes it. */
static int sync_parent(struct vfs *vfs, const char *name)
{
    char directory[NAME_MAX_SIZE] = "";
    const char *slash = strchr(name, '/');
    if (slash) {
        size_t len = (size_t)(slash - name);
        if (len >= sizeof directory)
            return -ENAMETOOLONG;
        memcpy(directory, name, len);
        directory[len] = '\0';
    }
    return vfs->ops->sync_dir(vfs, directory);
}

static int write_first(struct map *m)
{
    int r = random_bytes(&m->id, sizeof m->id);
    for (int i = 0; r == 0 && i < 2; i++) {
        m->sequence++;
        r = write_header(m, !m->header_slot, m->regions, m->table_entries);
        m->header_slot = !m->header_slot;
    }
    return r ? r : m->file->ops->sync(m->file);
}

int map_create(struct vfs *vfs, const char *name, uint64_t regions, uint32_t region_size, struct map **out)
{
    struct vfs_file *file;
    struct map *m = NULL;
    if (!map_geometry_valid(regions, region_size))
        return -EINVAL;
    int r = vfs->ops->open(vfs, name, VFS_CREATE | VFS_EXCL, &file);
    if (r)
        return r;
    r = map_new(regions, region_size, file, &m);
    if (r == 0)
        r = write_first(m);
    if (r == 0)
        r = sync_parent(vfs, name);
    if (r) {
        if (m)
            map_delete(m);
        file->ops->close(file);
        (void)vfs->ops->unlink(vfs, name);
        return r;
    }
    *out = m;
    return 0;
}

int map_remove(struct vfs *vfs, const char *name)
{
    int r = vfs->ops->unlink(vfs, name);
    if (r && r != -ENOENT)
        return r;
    return sync_parent(vfs, name); /* also when it is gone: that may not be durable yet */
}
