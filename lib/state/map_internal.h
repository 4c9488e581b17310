/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A region map from the inside: map.c has the bits, map_file.c the file and its commits.
 *
 * The bits are cut into *leaves* of LEAF_BITS. A leaf is in memory as NULL (all clear), map_full (all set)
 * or words of its own. Words, once there, stay until the map is closed, so readers need no lock and no
 * reference: they load the pointer, then the word. NULL and map_full may turn into each other or into
 * words, under `grow`.
 *
 * Whoever changes a bit marks its leaf dirty *after* the change. A commit takes the mark *before* it reads
 * the bits. Both are sequentially consistent, so a change is either in the commit or still marked.
 */
#ifndef RSVC_STATE_MAP_INTERNAL_H
#define RSVC_STATE_MAP_INTERNAL_H

#include <pthread.h>
#include <stdatomic.h>

#include "state/map.h"

#define MAP_PAGE 4096u
#define PAGE_HEADER 32u
#define LEAF_WORDS ((MAP_PAGE - PAGE_HEADER) / 8) /* 508 */
#define LEAF_BITS (LEAF_WORDS * 64u)
#define TABLE_LEAVES ((MAP_PAGE - PAGE_HEADER) / 8) /* 508: an entry is as large as a word */
#define HEADER_TABLES 496u
#define MAP_REGIONS_MAX ((uint64_t)HEADER_TABLES * TABLE_LEAVES * LEAF_BITS)

typedef _Atomic uint64_t map_word;

/* Stands for words that are all ones (within the map). */
extern map_word map_full[1];

struct map {
    struct vfs_file *file; /* NULL: in memory only */
    uint64_t regions;
    uint32_t region_size;
    uint64_t leaves;

    _Atomic(map_word *) *words; /* by leaf */
    map_word *dirty;            /* a bit by leaf */
    map_word count;             /* set bits */
    map_word allocated;         /* leaves that have words */
    pthread_mutex_t grow;

    /* Under lock. */
    pthread_mutex_t lock;
    pthread_cond_t committed;
    bool committing;
    uint64_t started, finished; /* commits, counted */
    int result;                 /* of the last one that finished */
    int poison;                 /* negative errno: no commit succeeds any more */

    /* Of the thread that commits. */
    uint64_t id;
    uint64_t sequence;    /* of the last commit begun; never used twice */
    unsigned header_slot; /* of the header that is durable */
    uint64_t durable_regions;
    bool unsealed;      /* the other header is of an earlier state */
    bool header_unsure; /* our header was read, and may be in the page cache only */
    uint64_t *entries;  /* by leaf: as durable */
    uint64_t *next;     /* by leaf: as being committed; equal to entries between commits */
    uint64_t *taken;    /* a bit by leaf: being committed. While opening: damaged */
    uint64_t table_entries[HEADER_TABLES], table_next[HEADER_TABLES];
    uint8_t *page;
};

static inline uint64_t leaf_count(uint64_t regions)
{
    return (regions + LEAF_BITS - 1) / LEAF_BITS;
}

static inline uint64_t table_count(const struct map *m)
{
    return (m->leaves + TABLE_LEAVES - 1) / TABLE_LEAVES;
}

static inline size_t leaf_bitmap_words(uint64_t leaves)
{
    return (size_t)((leaves + 63) / 64);
}

/* Bits that a leaf has; those of its word. */
static inline uint32_t leaf_bits(const struct map *m, uint64_t leaf)
{
    uint64_t left = m->regions - leaf * LEAF_BITS;
    return left < LEAF_BITS ? (uint32_t)left : LEAF_BITS;
}

static inline uint64_t valid_bits(uint32_t bits, uint32_t word)
{
    if (bits >= (word + 1) * 64)
        return UINT64_MAX;
    return bits <= word * 64 ? 0 : UINT64_MAX >> (64 - (bits - word * 64));
}

void leaf_mark_dirty(struct map *m, uint64_t leaf);
/* Words for a leaf, which keep what it holds. NULL: out of memory. */
map_word *leaf_materialise(struct map *m, uint64_t leaf);
/* Everything but the file's part; regions and region_size are checked by the caller. */
int map_new(uint64_t regions, uint32_t region_size, struct vfs_file *file, struct map **out);
void map_delete(struct map *m); /* does not close the file */
bool map_geometry_valid(uint64_t regions, uint32_t region_size);

/* map_file.c */
int map_file_commit(struct map *m); /* by one thread at a time */
void map_file_seal(struct map *m);

#endif
