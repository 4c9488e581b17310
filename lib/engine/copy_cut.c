/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The cutter: asks the caller for ranges and cuts them into pieces for those who move them.
 *
 * A range is *open* while it is being cut; it is done when it is not open and none of its pieces is
 * pending. Holes of the source become nothing (the target is zeroed there) or pieces that zero the target.
 * After the first error no more ranges are asked for and the current one is closed, so that everything in
 * flight ends by itself and every range gets its done().
 */
#include "engine/copy_internal.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "util/clock.h"
#include "util/fail.h"

enum { LATER_US = 1000, DATA_HINT = 1 << 20, REFLINK_HINT = 1 << 30 };

static void inspect(const struct copy_end *end, bool source, struct end_info *info)
{
    *info = (struct end_info){.size = UINT64_MAX, .alignment = 1};
    const replsvc_backend *b = end->backend;
    if (!b) {
        info->extents = source && end->extents;
        info->write_zeroes = end->write_zeroes;
        return;
    }
    replsvc_backend_info bi = {.size = sizeof bi};
    if (b->info(end->handle, &bi) == 0) {
        info->size = bi.size_bytes;
        info->alignment = bi.request_alignment > 1 ? bi.request_alignment : 1;
        info->memory = bi.capabilities & REPLSVC_BACKEND_CAP_MEMORY;
        info->queue = (bi.capabilities & REPLSVC_BACKEND_CAP_QUEUE) && b->queue_open && b->submit && b->reap;
        info->write_zeroes = (bi.capabilities & REPLSVC_BACKEND_CAP_WRITE_ZEROES) && b->write_zeroes;
        info->extents = b->extents;
    }
}

void cut_init(struct cut *c, const struct copy_job *job, struct copy_result *result)
{
    memset(c, 0, sizeof *c);
    c->job = job;
    c->result = result;
    inspect(&job->source, true, &c->source);
    inspect(&job->target, false, &c->target);
    c->unit = 4096;
    if (c->source.alignment > c->unit)
        c->unit = c->source.alignment;
    if (c->target.alignment > c->unit)
        c->unit = c->target.alignment;
    c->reflink = (job->flags & COPY_REFLINK) && job->source.backend &&
                 job->source.backend == job->target.backend && job->source.backend->clone_range;
    for (size_t i = 0; i < COPY_MAX_RANGES; i++) {
        c->ranges[i].next_free = c->free;
        c->free = &c->ranges[i];
    }
    c->checked_us = clock_monotonic_us();
}

static void stop(struct cut *c, int err, enum copy_side side, uint64_t offset, uint64_t length,
                 const char *sentence)
{
    if (c->stop)
        return;
    c->stop = err;
    c->result->side = side;
    c->result->offset = offset;
    c->result->length = length;
    (void)snprintf(c->sentence, sizeof c->sentence, "%s", sentence);
}

void cut_abort(struct cut *c, int err, const char *why)
{
    stop(c, err, COPY_SIDE_NONE, c->last_end, 0, why);
}

static void finish_if_done(struct cut *c, struct cut_range *r)
{
    if (r->open || r->pending)
        return;
    if (!r->err)
        c->result->bytes_done += r->length;
    int err = c->job->done(c->job->user, r->offset, r->length, r->err);
    if (err)
        stop(c, err, COPY_SIDE_CALLER, r->offset, r->length, svc_backend_error());
    r->next_free = c->free;
    c->free = r;
    c->in_flight--;
}

static void close_current(struct cut *c, int err)
{
    struct cut_range *r = c->current;
    c->current = NULL;
    c->last_end = r->offset + r->length;
    r->open = false;
    if (err && !r->err)
        r->err = err;
    finish_if_done(c, r);
}

void cut_complete(struct cut *c, const struct piece *piece, const struct piece_failure *failure)
{
    struct cut_range *r = piece->range;
    if (failure->err) {
        stop(c, failure->err, failure->side, failure->offset, failure->length, failure->sentence);
        if (!r->err)
            r->err = failure->err;
    }
    r->pending--;
    finish_if_done(c, r);
}

/* ---- what is where in the source ---- */

static int source_extents(struct cut *c, uint64_t offset, uint64_t length, replsvc_extent *e, size_t *n)
{
    const struct copy_end *s = &c->job->source;
    int err = s->backend ? s->backend->extents(s->handle, offset, length, e, n)
                         : s->extents(s->handle, offset, length, e, n);
    if (!err && (!*n || e[0].offset > offset || e[0].offset + e[0].length <= offset))
        err = -EOPNOTSUPP; /* an answer that says nothing */
    if (err == -EOPNOTSUPP)
        c->source.extents = false;
    return err;
}

static bool is_hole(const replsvc_extent *e)
{
    return e->flags & (REPLSVC_EXTENT_HOLE | REPLSVC_EXTENT_ZERO);
}

static void remember_data(struct cut *c, uint64_t from, uint64_t end)
{
    c->data_from = from / c->unit * c->unit;
    c->data_end = end > UINT64_MAX - c->unit ? end : (end + c->unit - 1) / c->unit * c->unit;
}

/* How far to ask: to the end of the source, so that the end of long data is looked for only once. */
static uint64_t ask_length(const struct cut *c, uint64_t from, uint64_t at_least)
{
    if (c->source.size != UINT64_MAX && c->source.size > from && c->source.size - from > at_least)
        return c->source.size - from;
    return at_least;
}

/* The kind and end of what starts at c->position, inside the current range. */
static int classify(struct cut *c, bool *hole, uint64_t *end)
{
    uint64_t range_end = c->current->offset + c->current->length, from = c->position;
    *hole = false;
    if (!c->source.extents) {
        *end = range_end;
        return 0;
    }
    if (from < c->data_from || from >= c->data_end) {
        replsvc_extent e;
        size_t n = 1;
        int err = source_extents(c, from, ask_length(c, from, range_end - from), &e, &n);
        if (err == -EOPNOTSUPP) {
            *end = range_end;
            return 0;
        }
        if (err)
            return err;
        uint64_t e_end = e.offset + e.length;
        if (is_hole(&e)) {
            *end = e_end >= range_end ? range_end : e_end / c->unit * c->unit;
            *hole = *end > from;
            if (*hole)
                return 0;
            e_end = from + 1; /* too small a hole: take its unit as data */
        }
        remember_data(c, from, e_end);
    }
    *end = c->data_end < range_end ? c->data_end : range_end;
    return 0;
}

/* What to ask the caller for at last_end: a hole that can be seen from here, or a few requests. */
static uint64_t hint(struct cut *c)
{
    uint64_t from = c->last_end, few = c->piece_size > DATA_HINT ? c->piece_size : DATA_HINT;
    if (c->reflink)
        return REFLINK_HINT;
    bool known = from >= c->data_from && from < c->data_end;
    if (known || !c->source.extents || c->source.size == UINT64_MAX || from >= c->source.size)
        return known && c->data_end - from < few ? c->data_end - from : few;
    replsvc_extent e[2];
    size_t n = 2;
    if (source_extents(c, from, c->source.size - from, e, &n) != 0)
        return few;
    if (!is_hole(&e[0])) {
        remember_data(c, from, e[0].offset + e[0].length);
        return c->data_end - from < few ? c->data_end - from : few;
    }
    if (n > 1 && !is_hole(&e[1]))
        remember_data(c, e[1].offset, e[1].offset + e[1].length);
    uint64_t end = (e[0].offset + e[0].length) / c->unit * c->unit;
    return end > from ? end - from : c->unit;
}

/* ---- ranges ---- */

/* Shares the whole range with the source. False: copy it. */
static bool share(struct cut *c, uint64_t offset, uint64_t length)
{
    const struct copy_job *j = c->job;
    int err = j->source.backend->clone_range(j->source.handle, offset, j->target.handle, offset, length);
    if (err == 0) {
        c->result->bytes_shared += length;
        c->result->method = "reflink";
        return true;
    }
    /* One that never worked will not; else it may be this range (the ragged end of a larger target). */
    if (err != -EINVAL || !c->result->bytes_shared)
        c->reflink = false;
    return false;
}

/* Gets the next range. CUT_PIECE: there is one (maybe done already). */
static enum cut_answer next_range(struct cut *c, int64_t *wait_us)
{
    if (!c->free)
        return CUT_LATER;
    uint64_t offset = c->last_end, length = hint(c);
    int answer = c->job->next(c->job->user, &offset, &length);
    if (answer == COPY_LATER) {
        *wait_us = LATER_US;
        return CUT_LATER;
    }
    if (answer != COPY_RANGE) {
        c->ended = true;
        if (answer < 0)
            stop(c, answer, COPY_SIDE_CALLER, offset, 0, svc_backend_error());
        return CUT_END;
    }
    struct cut_range *r = c->free;
    c->free = r->next_free;
    *r = (struct cut_range){.offset = offset, .length = length, .open = true};
    c->current = r;
    c->position = offset;
    c->in_flight++;
    c->bytes_seen += length;
    if (c->reflink && length && share(c, offset, length))
        c->position = offset + length;
    return CUT_PIECE;
}

static void check_if_due(struct cut *c)
{
    int64_t now = clock_monotonic_us();
    if (!c->job->check ||
        (c->bytes_seen - c->bytes_checked < COPY_CHECK_BYTES && now - c->checked_us < COPY_CHECK_US))
        return;
    c->bytes_checked = c->bytes_seen;
    c->checked_us = now;
    int err = c->job->check(c->job->user, c->result->bytes_done);
    if (err)
        stop(c, err, COPY_SIDE_CALLER, c->last_end, 0, "stopped on request");
}

/* The next piece of the current range. CUT_END: it has no more (and is closed). */
static enum cut_answer cut_current(struct cut *c, struct piece *piece, int64_t *wait_us)
{
    struct cut_range *r = c->current;
    uint64_t range_end = r->offset + r->length;
    while (c->position < range_end) {
        bool hole;
        uint64_t end;
        int err = classify(c, &hole, &end);
        if (err) {
            struct piece_failure f;
            piece_fail(&f, err, COPY_SIDE_SOURCE, c->position, range_end - c->position);
            stop(c, err, f.side, f.offset, f.length, f.sentence);
            break;
        }
        if (hole && (c->job->flags & COPY_TARGET_ZEROED)) {
            c->position = end;
            continue;
        }
        uint64_t most = hole && c->target.write_zeroes ? COPY_ZERO_PIECE
                                                       : copy_limit_piece(c->job->limits, c->piece_size);
        uint64_t length = end - c->position < most ? end - c->position : most;
        if (!hole && (*wait_us = copy_limit_take(c->job->limits, length)) > 0)
            return CUT_LATER;
        *piece = (struct piece){.range = r, .offset = c->position, .length = length, .zero = hole};
        c->position += length;
        r->pending++;
        return CUT_PIECE;
    }
    close_current(c, c->stop);
    return CUT_END;
}

enum cut_answer cut_next(struct cut *c, struct piece *piece, int64_t *wait_us)
{
    *wait_us = 0;
    for (;;) {
        if (!c->stop)
            check_if_due(c);
        if (c->stop) {
            if (c->current)
                close_current(c, c->stop);
            return CUT_END;
        }
        if (c->current) {
            enum cut_answer a = cut_current(c, piece, wait_us);
            if (a != CUT_END)
                return a;
        } else if (c->ended) {
            return CUT_END;
        } else {
            enum cut_answer a = next_range(c, wait_us);
            if (a != CUT_PIECE)
                return a;
        }
    }
}
