/* SPDX-License-Identifier: BSD-2-Clause */
/* Sets of MiB: see mbmap.h. */
#include "vhdx/mbmap.h"

#include <errno.h>

#include "util/alloc.h"

#define WORDS (VHDX_MBMAP_PIECE_BITS / 64)

void vhdx_mbmap_destroy(struct vhdx_mbmap *m)
{
    for (uint64_t i = 0; m->pieces != NULL && i < VHDX_MBMAP_PIECES; i++)
        mem_free(m->pieces[i]);
    mem_free(m->pieces);
    memset(m, 0, sizeof(*m));
}

static uint64_t *piece_of(const struct vhdx_mbmap *m, uint64_t bit)
{
    uint64_t piece = bit / VHDX_MBMAP_PIECE_BITS;
    return m->pieces == NULL || piece >= VHDX_MBMAP_PIECES ? NULL : m->pieces[piece];
}

static bool test(const struct vhdx_mbmap *m, uint64_t bit)
{
    const uint64_t *piece = piece_of(m, bit);
    return piece != NULL && (piece[bit / 64 % WORDS] >> (bit % 64) & 1);
}

bool vhdx_mbmap_any(const struct vhdx_mbmap *m, uint64_t first, uint64_t n)
{
    return n != 0 && vhdx_mbmap_next(m, first) < first + n;
}

static int make_piece(struct vhdx_mbmap *m, uint64_t piece)
{
    if (piece >= VHDX_MBMAP_PIECES)
        return -EFBIG;
    if (m->pieces == NULL && (m->pieces = mem_array(VHDX_MBMAP_PIECES, sizeof(*m->pieces))) == NULL)
        return -ENOMEM;
    if (m->pieces[piece] == NULL && (m->pieces[piece] = mem_array(WORDS, sizeof(uint64_t))) == NULL)
        return -ENOMEM;
    return 0;
}

int vhdx_mbmap_set(struct vhdx_mbmap *m, uint64_t first, uint64_t n)
{
    if (n == 0)
        return 0;
    for (uint64_t p = first / VHDX_MBMAP_PIECE_BITS; p <= (first + n - 1) / VHDX_MBMAP_PIECE_BITS; p++) {
        int r = make_piece(m, p);
        if (r != 0)
            return r;
    }
    if (m->count == 0 || first < m->hint)
        m->hint = first;
    for (uint64_t bit = first; bit < first + n; bit++) {
        uint64_t *word = &piece_of(m, bit)[bit / 64 % WORDS];
        m->count += !(*word >> (bit % 64) & 1);
        *word |= UINT64_C(1) << (bit % 64);
    }
    return 0;
}

void vhdx_mbmap_clear(struct vhdx_mbmap *m, uint64_t first, uint64_t n)
{
    for (uint64_t bit = first; bit < first + n; bit++) {
        if (!test(m, bit))
            continue;
        piece_of(m, bit)[bit / 64 % WORDS] &= ~(UINT64_C(1) << (bit % 64));
        m->count--;
    }
}

uint64_t vhdx_mbmap_next(const struct vhdx_mbmap *m, uint64_t from)
{
    if (m->count == 0 || m->pieces == NULL)
        return UINT64_MAX;
    for (uint64_t p = from / VHDX_MBMAP_PIECE_BITS; p < VHDX_MBMAP_PIECES; p++) {
        const uint64_t *piece = m->pieces[p];
        uint64_t base = p * VHDX_MBMAP_PIECE_BITS;
        uint64_t skip = from > base ? from - base : 0;
        for (uint64_t w = skip / 64; piece != NULL && w < WORDS; w++) {
            uint64_t word = w == skip / 64 ? piece[w] & ~UINT64_C(0) << (skip % 64) : piece[w];
            if (word != 0)
                return base + w * 64 + (uint64_t)__builtin_ctzll(word);
        }
    }
    return UINT64_MAX;
}

uint64_t vhdx_mbmap_run(const struct vhdx_mbmap *m, uint64_t first, uint64_t max)
{
    uint64_t n = 0;
    while (n < max && test(m, first + n))
        n++;
    return n;
}

uint64_t vhdx_mbmap_find(struct vhdx_mbmap *m, uint64_t n)
{
    if (m->count < n)
        return UINT64_MAX;
    uint64_t first = vhdx_mbmap_next(m, m->hint);
    m->hint = first == UINT64_MAX ? 0 : first;
    while (first != UINT64_MAX) {
        uint64_t run = vhdx_mbmap_run(m, first, n);
        if (run == n)
            return first;
        first = vhdx_mbmap_next(m, first + run);
    }
    return UINT64_MAX;
}
