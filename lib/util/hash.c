/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * An array of entries in order of insertion, and beside it an open-addressed table of indices into that
 * array, twice as large at least. A removed entry stays as a hole (value NULL, its hash kept so that
 * probing goes on past it) until the array is full and both are made anew, which squeezes the holes out.
 * So removing never moves anything and a walk survives it.
 */
#include "util/hash.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>

#include "util/alloc.h"

#define NONE UINT32_MAX
#define MIN_CAPACITY 8u

struct entry {
    const char *key; /* borrowed */
    void *value;     /* NULL = a hole */
    uint32_t hash;
};

struct hash {
    struct entry *entries; /* capacity of them */
    uint32_t *slots;       /* 2 * capacity of them: indices into entries, or NONE */
    size_t capacity;       /* a power of two, or 0 */
    size_t used;           /* entries ever put since the last rebuild, holes included */
    size_t count;          /* values */
};

static uint32_t hash_of(const char *key)
{
    uint64_t h = UINT64_C(14695981039346656037); /* FNV-1a, its high bits folded in at the end */
    for (; *key; key++)
        h = (h ^ (uint8_t)*key) * UINT64_C(1099511628211);
    return (uint32_t)(h ^ h >> 32);
}

struct hash *hash_new(void)
{
    return mem_zalloc(sizeof(struct hash));
}

void hash_free(struct hash *h)
{
    if (!h)
        return;
    mem_free(h->entries);
    mem_free(h->slots);
    mem_free(h);
}

size_t hash_count(const struct hash *h)
{
    return h->count;
}

static struct entry *find(const struct hash *h, const char *key)
{
    if (!h->capacity)
        return NULL;
    uint32_t hash = hash_of(key);
    size_t mask = 2 * h->capacity - 1;
    for (size_t i = hash & mask; h->slots[i] != NONE; i = (i + 1) & mask) {
        struct entry *e = &h->entries[h->slots[i]];
        if (e->value && e->hash == hash && strcmp(e->key, key) == 0)
            return e;
    }
    return NULL;
}

static void insert_slot(struct hash *h, size_t index)
{
    size_t mask = 2 * h->capacity - 1;
    size_t i = h->entries[index].hash & mask;
    while (h->slots[i] != NONE)
        i = (i + 1) & mask;
    h->slots[i] = (uint32_t)index;
}

static int rebuild(struct hash *h, size_t capacity)
{
    if (capacity >= NONE / 2)
        return -ENOMEM;
    struct entry *entries = mem_array(capacity, sizeof *entries);
    uint32_t *slots = mem_array(2 * capacity, sizeof *slots);
    if (!entries || !slots) {
        mem_free(entries);
        mem_free(slots);
        return -ENOMEM;
    }
    memset(slots, 0xff, 2 * capacity * sizeof *slots);
    size_t used = 0;
    for (size_t i = 0; i < h->used; i++)
        if (h->entries[i].value)
            entries[used++] = h->entries[i];
    mem_free(h->entries);
    mem_free(h->slots);
    h->entries = entries;
    h->slots = slots;
    h->capacity = capacity;
    h->used = used;
    for (size_t i = 0; i < used; i++)
        insert_slot(h, i);
    return 0;
}

int hash_reserve(struct hash *h, size_t n)
{
    if (n <= h->capacity - h->used)
        return 0;
    if (n > NONE)
        return -ENOMEM;
    /* Half of it stays free after this, so that holes are squeezed out only once in many puts. */
    size_t capacity = MIN_CAPACITY;
    while (capacity < (h->count + n) + (h->count + n) / 2)
        capacity *= 2;
    return rebuild(h, capacity);
}

int hash_put(struct hash *h, const char *key, void *value)
{
    if (find(h, key))
        return -EEXIST;
    int r = hash_reserve(h, 1);
    if (r)
        return r;
    h->entries[h->used] = (struct entry){key, value, hash_of(key)};
    insert_slot(h, h->used++);
    h->count++;
    return 0;
}

void *hash_get(const struct hash *h, const char *key)
{
    struct entry *e = find(h, key);
    return e ? e->value : NULL;
}

void *hash_remove(struct hash *h, const char *key)
{
    struct entry *e = find(h, key);
    if (!e)
        return NULL;
    void *value = e->value;
    e->value = NULL;
    e->key = NULL;
    h->count--;
    return value;
}

void *hash_replace(struct hash *h, const char *key, void *value)
{
    struct entry *e = find(h, key);
    if (!e)
        return NULL;
    void *old = e->value;
    e->key = key;
    e->value = value;
    return old;
}

void *hash_next(const struct hash *h, size_t *cursor)
{
    while (*cursor < h->used) {
        void *value = h->entries[(*cursor)++].value;
        if (value)
            return value;
    }
    return NULL;
}
