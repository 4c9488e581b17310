/* SPDX-License-Identifier: BSD-2-Clause */
/* The bits of a region map; see map_internal.h for how they lie in memory and why readers need no lock. */
#include "state/map_internal.h"

#include <errno.h>
#include <string.h>

#include "util/alloc.h"

map_word map_full[1];

/* ---- making one ---- */

bool map_geometry_valid(uint64_t regions, uint32_t region_size)
{
    return regions > 0 && regions <= MAP_REGIONS_MAX && region_size >= 4096 &&
           (region_size & (region_size - 1)) == 0;
}

int map_new(uint64_t regions, uint32_t region_size, struct vfs_file *file, struct map **out)
{
    struct map *m = mem_zalloc(sizeof *m);
    if (!m)
        return -ENOMEM;
    m->regions = m->durable_regions = regions;
    m->region_size = region_size;
    m->leaves = leaf_count(regions);
    m->file = file;
    (void)pthread_mutex_init(&m->grow, NULL);
    (void)pthread_mutex_init(&m->lock, NULL);
    (void)pthread_cond_init(&m->committed, NULL);
    m->words = mem_array((size_t)m->leaves, sizeof *m->words);
    m->dirty = mem_array(leaf_bitmap_words(m->leaves), sizeof *m->dirty);
    bool whole = m->words && m->dirty;
    if (file) {
        m->entries = mem_array((size_t)m->leaves, sizeof *m->entries);
        m->next = mem_array((size_t)m->leaves, sizeof *m->next);
        m->taken = mem_array(leaf_bitmap_words(m->leaves), sizeof *m->taken);
        m->page = mem_alloc(MAP_PAGE);
        whole = whole && m->entries && m->next && m->taken && m->page;
    }
    if (!whole) {
        map_delete(m);
        return -ENOMEM;
    }
    *out = m;
    return 0;
}

static void free_leaf(struct map *m, uint64_t leaf)
{
    map_word *words = atomic_load(&m->words[leaf]);
    if (words && words != map_full) {
        mem_free(words);
        atomic_fetch_sub(&m->allocated, 1);
    }
}

void map_delete(struct map *m)
{
    if (m->words)
        for (uint64_t leaf = 0; leaf < m->leaves; leaf++)
            free_leaf(m, leaf);
    mem_free(m->words);
    mem_free(m->dirty);
    mem_free(m->entries);
    mem_free(m->next);
    mem_free(m->taken);
    mem_free(m->page);
    (void)pthread_cond_destroy(&m->committed);
    (void)pthread_mutex_destroy(&m->lock);
    (void)pthread_mutex_destroy(&m->grow);
    mem_free(m);
}

int map_memory(uint64_t regions, uint32_t region_size, struct map **out)
{
    return map_geometry_valid(regions, region_size) ? map_new(regions, region_size, NULL, out) : -EINVAL;
}

void map_close(struct map *m)
{
    if (!m)
        return;
    if (m->file) {
        map_file_seal(m);
        m->file->ops->close(m->file);
    }
    map_delete(m);
}

uint64_t map_regions(const struct map *m)
{
    return m->regions;
}

uint32_t map_region_size(const struct map *m)
{
    return m->region_size;
}

uint64_t map_count(const struct map *m)
{
    return atomic_load(&m->count);
}

uint64_t map_memory_bytes(const struct map *m)
{
    uint64_t per_leaf = sizeof *m->words + (m->file ? sizeof *m->entries + sizeof *m->next : 0);
    uint64_t bitmaps = leaf_bitmap_words(m->leaves) * 8 * (m->file ? 2 : 1);
    return sizeof *m + m->leaves * per_leaf + bitmaps + (m->file ? MAP_PAGE : 0) +
           atomic_load(&m->allocated) * LEAF_WORDS * 8;
}

/* ---- leaves ---- */

void leaf_mark_dirty(struct map *m, uint64_t leaf)
{
    uint64_t bit = UINT64_C(1) << leaf % 64;
    if (!(atomic_load(&m->dirty[leaf / 64]) & bit))
        (void)atomic_fetch_or(&m->dirty[leaf / 64], bit);
}

map_word *leaf_materialise(struct map *m, uint64_t leaf)
{
    (void)pthread_mutex_lock(&m->grow);
    map_word *words = atomic_load(&m->words[leaf]);
    if (!words || words == map_full) {
        map_word *made = mem_zalloc(LEAF_WORDS * sizeof *made);
        if (made && words == map_full)
            for (uint32_t i = 0; i < LEAF_WORDS; i++)
                atomic_init(&made[i], valid_bits(leaf_bits(m, leaf), i));
        if (made) {
            atomic_store(&m->words[leaf], made);
            (void)atomic_fetch_add(&m->allocated, 1);
        }
        words = made;
    }
    (void)pthread_mutex_unlock(&m->grow);
    return words;
}

/* Turns a leaf without words into one that is all `set`; false: it has words. */
static bool leaf_turn(struct map *m, uint64_t leaf, bool set)
{
    (void)pthread_mutex_lock(&m->grow);
    map_word *words = atomic_load(&m->words[leaf]);
    bool plain = !words || words == map_full;
    if (plain && set && !words) {
        atomic_store(&m->words[leaf], map_full);
        (void)atomic_fetch_add(&m->count, leaf_bits(m, leaf));
    } else if (plain && !set && words) {
        atomic_store(&m->words[leaf], NULL);
        (void)atomic_fetch_sub(&m->count, leaf_bits(m, leaf));
    }
    (void)pthread_mutex_unlock(&m->grow);
    return plain;
}

/* Sets or clears bits [first, end) of a leaf's words. */
static void words_change(struct map *m, map_word *words, uint32_t first, uint32_t end, bool set)
{
    while (first < end) {
        uint32_t word = first / 64, stop = (word + 1) * 64 < end ? (word + 1) * 64 : end;
        uint64_t mask = (UINT64_MAX >> (64 - (stop - first))) << first % 64;
        if (set) {
            uint64_t changed = mask & ~atomic_fetch_or(&words[word], mask);
            if (changed)
                (void)atomic_fetch_add(&m->count, (uint64_t)__builtin_popcountll(changed));
        } else {
            uint64_t changed = mask & atomic_fetch_and(&words[word], ~mask);
            if (changed)
                (void)atomic_fetch_sub(&m->count, (uint64_t)__builtin_popcountll(changed));
        }
        first = stop;
    }
}

/* ---- ranges ---- */

/* The part of [first, first + count) that lies in the leaf of `first`. */
struct part {
    uint64_t leaf;
    uint32_t from, end;
    bool whole;
};

static struct part part_at(const struct map *m, uint64_t first, uint64_t count)
{
    struct part p = {.leaf = first / LEAF_BITS, .from = (uint32_t)(first % LEAF_BITS)};
    uint32_t bits = leaf_bits(m, p.leaf);
    p.end = count < bits - p.from ? p.from + (uint32_t)count : bits;
    p.whole = p.from == 0 && p.end == bits;
    return p;
}

/* Whether the bits, all of one word, are set already: hosts write where they have just written. */
static inline bool are_set(struct map *m, uint64_t first, uint64_t count)
{
    uint64_t leaf = first / LEAF_BITS;
    uint32_t from = (uint32_t)(first - leaf * LEAF_BITS);
    map_word *words = first < m->regions ? atomic_load(&m->words[leaf]) : NULL;
    if (!words || words == map_full || count - 1 >= 64 - from % 64)
        return false;
    uint64_t mask = (UINT64_MAX >> (64 - count)) << from % 64;
    if ((atomic_load(&words[from / 64]) & mask) != mask)
        return false;
    leaf_mark_dirty(m, leaf); /* who set them may not have got as far as this yet */
    return true;
}

static int change(struct map *m, uint64_t first, uint64_t count, bool set)
{
    if (first >= m->regions)
        return 0;
    if (count > m->regions - first)
        count = m->regions - first;
    /* Memory first, so that nothing has changed when there is none. */
    for (uint64_t at = first, left = count; left;) {
        struct part p = part_at(m, at, left);
        map_word *words = atomic_load(&m->words[p.leaf]);
        if (!p.whole && words == (set ? NULL : map_full) && !leaf_materialise(m, p.leaf))
            return -ENOMEM;
        at += p.end - p.from;
        left -= p.end - p.from;
    }
    for (uint64_t at = first, left = count; left;) {
        struct part p = part_at(m, at, left);
        at += p.end - p.from;
        left -= p.end - p.from;
        if (!p.whole || !leaf_turn(m, p.leaf, set)) {
            /* A flag here is as wanted, or was turned just now by somebody who overlaps us: then we were
             * first. */
            map_word *words = atomic_load(&m->words[p.leaf]);
            if (words && words != map_full)
                words_change(m, words, p.from, p.end, set);
        }
        leaf_mark_dirty(m, p.leaf);
    }
    return 0;
}

int map_set(struct map *m, uint64_t first, uint64_t count)
{
    return are_set(m, first, count) ? 0 : change(m, first, count, true);
}

int map_clear(struct map *m, uint64_t first, uint64_t count)
{
    return change(m, first, count, false);
}

int map_set_all(struct map *m)
{
    return map_set(m, 0, m->regions);
}

int map_or(struct map *m, const struct map *other)
{
    if (m->regions != other->regions || m->region_size != other->region_size)
        return -EINVAL;
    for (uint64_t leaf = 0; leaf < m->leaves; leaf++) {
        map_word *from = atomic_load(&other->words[leaf]);
        int r = 0;
        if (from == map_full) {
            r = map_set(m, leaf * LEAF_BITS, LEAF_BITS);
        } else if (from) {
            map_word *to = atomic_load(&m->words[leaf]);
            if (!to)
                to = leaf_materialise(m, leaf);
            if (!to)
                return -ENOMEM;
            for (uint32_t i = 0; to != map_full && i < LEAF_WORDS; i++) {
                uint64_t bits = atomic_load(&from[i]);
                uint64_t changed = bits ? bits & ~atomic_fetch_or(&to[i], bits) : 0;
                (void)atomic_fetch_add(&m->count, (uint64_t)__builtin_popcountll(changed));
            }
            leaf_mark_dirty(m, leaf);
        }
        if (r)
            return r;
    }
    return 0;
}

/* ---- reading ---- */

bool map_test(const struct map *m, uint64_t region)
{
    if (region >= m->regions)
        return false;
    map_word *words = atomic_load(&m->words[region / LEAF_BITS]);
    if (!words || words == map_full)
        return words != NULL;
    uint32_t bit = (uint32_t)(region % LEAF_BITS);
    return atomic_load(&words[bit / 64]) >> bit % 64 & 1;
}

/* The first bit >= from of that value among a leaf's words, or LEAF_BITS. */
static uint32_t words_next(map_word *words, uint32_t from, bool value)
{
    for (uint32_t word = from / 64; word < LEAF_WORDS; word++) {
        uint64_t bits = atomic_load(&words[word]);
        if (!value)
            bits = ~bits;
        if (word == from / 64)
            bits &= UINT64_MAX << from % 64;
        if (bits)
            return word * 64 + (uint32_t)__builtin_ctzll(bits);
    }
    return LEAF_BITS;
}

uint64_t map_next(const struct map *m, uint64_t from, bool value)
{
    while (from < m->regions) {
        uint64_t leaf = from / LEAF_BITS;
        map_word *words = atomic_load(&m->words[leaf]);
        if (words == (value ? map_full : NULL))
            return from;
        if (words && words != map_full) {
            uint32_t bit = words_next(words, (uint32_t)(from % LEAF_BITS), value);
            if (bit < LEAF_BITS) {
                uint64_t region = leaf * LEAF_BITS + bit;
                return region < m->regions ? region : m->regions;
            }
        }
        from = (leaf + 1) * LEAF_BITS;
    }
    return m->regions;
}

/* ---- another size ---- */

static void *resized(const void *old, uint64_t n, uint64_t old_n, size_t size)
{
    void *p = mem_array((size_t)n, size);
    if (p && old)
        memcpy(p, old, (size_t)(n < old_n ? n : old_n) * size);
    return p;
}

/* Clears the bits that a leaf has no more; a flag becomes words if it would come to mean more bits. */
static int fit_last_leaf(struct map *m, uint64_t leaf, uint64_t regions)
{
    uint64_t left = regions - leaf * LEAF_BITS;
    uint32_t bits = left < LEAF_BITS ? (uint32_t)left : LEAF_BITS, old = leaf_bits(m, leaf);
    map_word *words = atomic_load(&m->words[leaf]);
    if (words == map_full && bits > old && !leaf_materialise(m, leaf))
        return -ENOMEM;
    if (words == map_full && bits < old)
        (void)atomic_fetch_sub(&m->count, old - bits);
    else if (words && words != map_full && bits < old)
        words_change(m, words, bits, old, false);
    return 0;
}

int map_resize(struct map *m, uint64_t regions)
{
    if (!map_geometry_valid(regions, m->region_size))
        return -EINVAL;
    if (regions == m->regions)
        return 0;
    uint64_t leaves = leaf_count(regions), kept = leaves < m->leaves ? leaves : m->leaves;
    size_t bitmap = leaf_bitmap_words(leaves), old_bitmap = leaf_bitmap_words(m->leaves);
    void *words = resized(m->words, leaves, m->leaves, sizeof *m->words);
    void *dirty = resized(m->dirty, bitmap, old_bitmap, sizeof *m->dirty);
    void *entries = m->file ? resized(m->entries, leaves, m->leaves, sizeof *m->entries) : NULL;
    void *next = m->file ? resized(m->next, leaves, m->leaves, sizeof *m->next) : NULL;
    void *taken = m->file ? resized(m->taken, bitmap, old_bitmap, sizeof *m->taken) : NULL;
    if (!words || !dirty || (m->file && (!entries || !next || !taken)) ||
        fit_last_leaf(m, kept - 1, regions)) {
        mem_free(words);
        mem_free(dirty);
        mem_free(entries);
        mem_free(next);
        mem_free(taken);
        return -ENOMEM;
    }
    ((_Atomic(map_word *) *)words)[kept - 1] = m->words[kept - 1]; /* it may have got words */
    for (uint64_t leaf = leaves; leaf < m->leaves; leaf++) {
        map_word *gone = atomic_load(&m->words[leaf]);
        if (gone == map_full)
            (void)atomic_fetch_sub(&m->count, leaf_bits(m, leaf));
        else if (gone)
            words_change(m, gone, 0, LEAF_BITS, false);
        free_leaf(m, leaf);
    }
    mem_free(m->words);
    mem_free(m->dirty);
    mem_free(m->entries);
    mem_free(m->next);
    mem_free(m->taken);
    m->words = words;
    m->dirty = dirty;
    m->entries = entries;
    m->next = next;
    m->taken = taken;
    m->regions = regions;
    m->leaves = leaves;
    /* No mark may stay behind the end; and the last leaf's table is to be written without what is gone. */
    if (leaves % 64)
        (void)atomic_fetch_and(&m->dirty[bitmap - 1], UINT64_MAX >> (64 - leaves % 64));
    leaf_mark_dirty(m, kept - 1);
    return 0;
}

/* ---- commit ---- */

/* A caller's changes were made before it came, so a commit that begins from now on has them: the next one
 * if one is under way. Whoever finds none under way does it; all who waited for it share its outcome. */
int map_commit(struct map *m)
{
    if (!m->file)
        return 0;
    (void)pthread_mutex_lock(&m->lock);
    uint64_t mine = m->started + 1;
    while (m->finished < mine) {
        if (m->committing) {
            (void)pthread_cond_wait(&m->committed, &m->lock);
            continue;
        }
        m->committing = true;
        m->started++;
        int r = m->poison;
        (void)pthread_mutex_unlock(&m->lock);
        if (r == 0)
            r = map_file_commit(m);
        (void)pthread_mutex_lock(&m->lock);
        m->committing = false;
        m->finished = m->started;
        m->result = r;
        (void)pthread_cond_broadcast(&m->committed);
    }
    int r = m->result;
    (void)pthread_mutex_unlock(&m->lock);
    return r;
}
