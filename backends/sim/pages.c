/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A radix tree of pages, 64 children a node, as high as the highest page needs: see pages.h.
 *
 * A node whose count is 1 belongs to one tree alone and may be changed in place; nobody else can come to
 * share it but through that tree. A node with a higher count is copied before it is changed.
 */
#include "sim/pages.h"

#include <errno.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#define BITS 6u
#define FANOUT (1u << BITS)
#define HIGHEST 9u /* 64^9 pages are more than 2^64 bytes hold */

struct pages_node {
    atomic_uint refs;
    struct pages_node *child[]; /* FANOUT of them; at level 0 the PAGES_SIZE bytes of a page lie here */
};

static unsigned char *page_data(const struct pages_node *n)
{
    return (unsigned char *)n->child;
}

static struct pages_node *node_new(unsigned level)
{
    size_t body = level == 0 ? PAGES_SIZE : FANOUT * sizeof(struct pages_node *);
    struct pages_node *n = calloc(1, offsetof(struct pages_node, child) + body);
    if (n != NULL)
        atomic_init(&n->refs, 1);
    return n;
}

static void node_ref(struct pages_node *n)
{
    if (n != NULL)
        atomic_fetch_add_explicit(&n->refs, 1, memory_order_relaxed);
}

static void node_unref(struct pages_node *n, unsigned level)
{
    if (n == NULL || atomic_fetch_sub_explicit(&n->refs, 1, memory_order_acq_rel) != 1)
        return;
    if (level != 0)
        for (unsigned i = 0; i < FANOUT; i++)
            node_unref(n->child[i], level - 1);
    free(n);
}

/* Makes *slot a node that may be changed: new, or a copy, if need be. */
static struct pages_node *node_own(struct pages_node **slot, unsigned level)
{
    struct pages_node *old = *slot;
    if (old != NULL && atomic_load_explicit(&old->refs, memory_order_acquire) == 1)
        return old;
    struct pages_node *n = node_new(level);
    if (n == NULL)
        return NULL;
    if (old != NULL && level == 0) {
        memcpy(page_data(n), page_data(old), PAGES_SIZE);
    } else if (old != NULL) {
        memcpy(n->child, old->child, FANOUT * sizeof(struct pages_node *));
        for (unsigned i = 0; i < FANOUT; i++)
            node_ref(n->child[i]);
    }
    node_unref(old, level);
    *slot = n;
    return n;
}

static unsigned index_at(uint64_t page, unsigned level)
{
    return (unsigned)(page >> (BITS * (level - 1))) & (FANOUT - 1);
}

/* Whether a tree of that height reaches the page. */
static bool covers(unsigned height, uint64_t page)
{
    return height >= HIGHEST || page >> (BITS * height) == 0;
}

static int grow(struct pages *p, uint64_t page)
{
    while (!covers(p->height, page)) {
        if (p->root != NULL) {
            struct pages_node *top = node_new(p->height + 1);
            if (top == NULL)
                return -ENOMEM;
            top->child[0] = p->root;
            p->root = top;
        }
        p->height++;
    }
    return 0;
}

static const struct pages_node *find(const struct pages *p, uint64_t page)
{
    if (!covers(p->height, page))
        return NULL;
    const struct pages_node *n = p->root;
    for (unsigned level = p->height; n != NULL && level != 0; level--)
        n = n->child[index_at(page, level)];
    return n;
}

void pages_share(struct pages *to, const struct pages *from)
{
    *to = *from;
    node_ref(to->root);
}

void pages_free(struct pages *p)
{
    node_unref(p->root, p->height);
    *p = (struct pages){0};
}

/* Bytes of [off, off+len) that lie in the page of off. */
static uint64_t in_page(uint64_t off, uint64_t len)
{
    uint64_t room = PAGES_SIZE - off % PAGES_SIZE;
    return len < room ? len : room;
}

void pages_read(const struct pages *p, void *buf, uint64_t len, uint64_t off)
{
    unsigned char *to = buf;
    for (uint64_t n; len != 0; len -= n, off += n, to += n) {
        n = in_page(off, len);
        const struct pages_node *page = find(p, off / PAGES_SIZE);
        if (page != NULL)
            memcpy(to, page_data(page) + off % PAGES_SIZE, n);
        else
            memset(to, 0, n);
    }
}

int pages_write(struct pages *p, const void *buf, uint64_t len, uint64_t off)
{
    const unsigned char *from = buf;
    for (uint64_t n; len != 0; len -= n, off += n, from += n) {
        n = in_page(off, len);
        uint64_t page = off / PAGES_SIZE;
        if (grow(p, page) != 0)
            return -ENOMEM;
        struct pages_node **slot = &p->root;
        for (unsigned level = p->height; level != 0; level--) {
            struct pages_node *node = node_own(slot, level);
            if (node == NULL)
                return -ENOMEM;
            slot = &node->child[index_at(page, level)];
        }
        if (node_own(slot, 0) == NULL)
            return -ENOMEM;
        memcpy(page_data(*slot) + off % PAGES_SIZE, from, n);
    }
    return 0;
}

/* Drops the whole pages first..last (relative to the node) below *slot. */
static int drop(struct pages_node **slot, unsigned level, uint64_t first, uint64_t last)
{
    if (*slot == NULL)
        return 0;
    uint64_t all = level >= HIGHEST ? UINT64_MAX : (UINT64_C(1) << (BITS * level)) - 1;
    if (first == 0 && last >= all) {
        node_unref(*slot, level);
        *slot = NULL;
        return 0;
    }
    struct pages_node *n = node_own(slot, level);
    if (n == NULL)
        return -ENOMEM;
    unsigned shift = BITS * (level - 1);
    uint64_t below = (UINT64_C(1) << shift) - 1;
    uint64_t from = first >> shift, to = last >> shift;
    for (uint64_t i = from; i <= to && i < FANOUT; i++) {
        int err =
            drop(&n->child[i], level - 1, i == from ? first & below : 0, i == to ? last & below : below);
        if (err != 0)
            return err;
    }
    return 0;
}

static int zero_part(struct pages *p, uint64_t off, uint64_t len)
{
    static const unsigned char zeroes[PAGES_SIZE];
    return find(p, off / PAGES_SIZE) != NULL ? pages_write(p, zeroes, len, off) : 0;
}

int pages_zero(struct pages *p, uint64_t off, uint64_t len)
{
    uint64_t head = off % PAGES_SIZE != 0 ? in_page(off, len) : 0;
    if (head != 0 && zero_part(p, off, head) != 0)
        return -ENOMEM;
    off += head;
    len -= head;
    uint64_t whole = len / PAGES_SIZE;
    if (whole != 0 && covers(p->height, off / PAGES_SIZE) &&
        drop(&p->root, p->height, off / PAGES_SIZE, off / PAGES_SIZE + whole - 1) != 0)
        return -ENOMEM;
    off += whole * PAGES_SIZE;
    len -= whole * PAGES_SIZE;
    return len != 0 ? zero_part(p, off, len) : 0;
}

/* The first page >= from (relative) below n that is or is not there; UINT64_MAX: none. */
static uint64_t next(const struct pages_node *n, unsigned level, uint64_t from, bool data)
{
    if (n == NULL)
        return data ? UINT64_MAX : from;
    if (level == 0)
        return data ? from : UINT64_MAX;
    unsigned shift = BITS * (level - 1);
    for (uint64_t i = from >> shift; i < FANOUT; i++) {
        uint64_t start = i == from >> shift ? from & ((UINT64_C(1) << shift) - 1) : 0;
        uint64_t found = next(n->child[i], level - 1, start, data);
        if (found != UINT64_MAX)
            return (i << shift) + found;
    }
    return UINT64_MAX;
}

uint64_t pages_next(const struct pages *p, uint64_t off, bool data)
{
    uint64_t page = off / PAGES_SIZE, found;
    if (!covers(p->height, page))
        return data ? UINT64_MAX : off;
    found = next(p->root, p->height, page, data);
    if (found == UINT64_MAX && !data) /* all of the tree is there; behind it is nothing */
        found = UINT64_C(1) << (BITS * p->height);
    if (found == UINT64_MAX)
        return UINT64_MAX;
    return found == page ? off : found * PAGES_SIZE;
}

static uint64_t count(const struct pages_node *n, unsigned level)
{
    if (n == NULL || level == 0)
        return n != NULL;
    uint64_t sum = 0;
    for (unsigned i = 0; i < FANOUT; i++)
        sum += count(n->child[i], level - 1);
    return sum;
}

uint64_t pages_count(const struct pages *p)
{
    return count(p->root, p->height);
}
