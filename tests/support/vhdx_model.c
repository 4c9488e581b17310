/* SPDX-License-Identifier: BSD-2-Clause */
/* What a disk may hold after a crash: see vhdx_model.h. */
#include "support/vhdx_model.h"

#include "vhdx/resize.h"

#include <stdlib.h>
#include <string.h>

#define MAX_STAMPS 96

enum { BEGIN = 1, END, FLUSHING, FLUSHED, RESIZING, RESIZED };

struct unit {
    uint64_t stamps[MAX_STAMPS];
    uint8_t n;        /* begun */
    uint8_t done;     /* acknowledged: index of the last */
    uint8_t flushing; /* index of the last when the flush began */
    uint8_t floor;    /* index of the oldest that a cut may show */
};

struct model {
    uint64_t first_size;
    uint64_t size, other_size; /* while it is being resized it may have either */
    uint64_t n;
    struct unit *units;
    uint64_t *initial;
};

struct model *model_new(uint64_t size, uint64_t most)
{
    struct model *m = calloc(1, sizeof(*m));
    m->first_size = size;
    m->n = most / MODEL_UNIT;
    m->units = calloc(m->n, sizeof(*m->units));
    m->initial = calloc(m->n, sizeof(*m->initial));
    model_restart(m);
    return m;
}

void model_free(struct model *m)
{
    free(m->units);
    free(m->initial);
    free(m);
}

void model_initial(struct model *m, uint64_t offset, uint64_t length, uint64_t stamp)
{
    for (uint64_t u = offset / MODEL_UNIT; u < (offset + length) / MODEL_UNIT; u++)
        m->initial[u] = stamp;
    model_restart(m);
}

void model_restart(void *user)
{
    struct model *m = user;
    m->size = m->other_size = m->first_size;
    for (uint64_t u = 0; u < m->n; u++) {
        memset(&m->units[u], 0, sizeof(m->units[u]));
        m->units[u].stamps[0] = m->initial[u];
        m->units[u].n = 1;
    }
}

void model_mark(void *user, const struct world_mark *mark)
{
    struct model *m = user;
    uint64_t from = 0, to = m->n;
    if (mark->kind == BEGIN || mark->kind == END) {
        from = mark->a / MODEL_UNIT;
        to = (mark->a + mark->b) / MODEL_UNIT;
    } else if (mark->kind == RESIZING || mark->kind == RESIZED) {
        from = vhdx_min(mark->a, m->size) / MODEL_UNIT; /* what is cut off is zero when it comes back */
        m->other_size = mark->a;
    }
    for (uint64_t u = from; u < to; u++) {
        struct unit *unit = &m->units[u];
        if (mark->kind == BEGIN && unit->n == MAX_STAMPS)
            abort(); /* the scenario writes one place too often */
        if (mark->kind == BEGIN)
            unit->stamps[unit->n++] = mark->c;
        else if (mark->kind == END)
            unit->done = (uint8_t)(unit->n - 1);
        else if (mark->kind == FLUSHING)
            unit->flushing = unit->done;
        else if (mark->kind == FLUSHED)
            unit->floor = unit->flushing;
        else if (mark->kind == RESIZING)
            unit->stamps[unit->n++] = 0;
        else if (mark->kind == RESIZED)
            unit->floor = unit->done = (uint8_t)(unit->n - 1);
    }
    if (mark->kind == RESIZED)
        m->size = mark->a;
}

int model_write(struct world *w, struct vhdx *v, uint64_t offset, uint64_t length, uint64_t stamp)
{
    uint8_t *buffer = malloc(length);
    vhdx_pattern(buffer, length, stamp);
    world_mark(w, BEGIN, offset, length, stamp);
    int r = vhdx_pwrite(v, buffer, length, offset);
    if (r == 0)
        world_mark(w, END, offset, length, stamp);
    free(buffer);
    return r;
}

static int model_clear(struct world *w, struct vhdx *v, uint64_t offset, uint64_t length, bool discard)
{
    world_mark(w, BEGIN, offset, length, 0);
    int r = discard ? vhdx_discard(v, offset, length) : vhdx_write_zeroes(v, offset, length, true);
    if (r == 0)
        world_mark(w, END, offset, length, 0);
    return r;
}

int model_discard(struct world *w, struct vhdx *v, uint64_t offset, uint64_t length)
{
    return model_clear(w, v, offset, length, true);
}

int model_zero(struct world *w, struct vhdx *v, uint64_t offset, uint64_t length)
{
    return model_clear(w, v, offset, length, false);
}

int model_resize(struct world *w, struct vhdx *v, uint64_t size)
{
    world_mark(w, RESIZING, size, 0, 0);
    int r = vhdx_resize(v, size);
    if (r == 0)
        world_mark(w, RESIZED, size, 0, 0);
    return r;
}

void model_flushing(struct world *w)
{
    world_mark(w, FLUSHING, 0, 0, 0);
}

void model_flushed(struct world *w)
{
    world_mark(w, FLUSHED, 0, 0, 0);
}

int model_flush(struct world *w, struct vhdx *v)
{
    model_flushing(w);
    int r = vhdx_flush(v);
    if (r == 0)
        model_flushed(w);
    return r;
}

static bool sector_allowed(const struct unit *unit, const uint8_t *sector, bool killed)
{
    uint64_t wanted, found;
    memcpy(&found, sector, sizeof(found));
    if (memcmp(sector, sector + sizeof(found), 512 - sizeof(found)) != 0)
        return false; /* every pattern is one word, repeated */
    for (unsigned i = killed ? unit->done : unit->floor; i < unit->n; i++) {
        vhdx_pattern((uint8_t *)&wanted, sizeof(wanted), unit->stamps[i]);
        if (wanted == found)
            return true;
    }
    return false;
}

int model_check(const struct model *m, struct vhdx *v, const struct crash_point *p)
{
    const uint64_t step = 64 * MODEL_UNIT;
    uint8_t *buffer = malloc(step);
    int r = 0;
    uint64_t size = v->geometry.virtual_size;
    if (size != m->size && size != m->other_size)
        r = crash_wrong(p, "a disk of %llu bytes", (unsigned long long)size);
    for (uint64_t at = 0; at < size && r == 0; at += step) {
        uint64_t length = vhdx_min(step, size - at);
        r = vhdx_pread(v, buffer, length, at);
        if (r != 0)
            r = crash_wrong(p, "reading at %llu: %d", (unsigned long long)at, r);
        for (uint64_t s = 0; s < length && r == 0; s += 512)
            if (!sector_allowed(&m->units[(at + s) / MODEL_UNIT], buffer + s, p->killed))
                r = crash_wrong(p, "sector at %llu begins %02x%02x%02x%02x", (unsigned long long)(at + s),
                                buffer[s], buffer[s + 1], buffer[s + 2], buffer[s + 3]);
    }
    free(buffer);
    return r;
}
