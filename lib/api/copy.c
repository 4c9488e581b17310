/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Stand-alone functions on images: copy one to another, look at one. No service, no state: two handles of
 * backends and the bulk mover between them.
 *
 * A target that was made is removed again by whatever goes wrong after that. Verifying is the same copy
 * once more, into a target that compares instead of writing.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <replsvc/copy.h>

#include "api/compare.h"
#include "engine/copy.h"
#include "registry/registry.h"
#include "service/service.h"
#include "util/alloc.h"
#include "util/clock.h"
#include "util/fail.h"

#define ALL_FLAGS                                                                                            \
    (REPLSVC_COPY_OVERWRITE | REPLSVC_COPY_MUST_EXIST | REPLSVC_COPY_VERIFY | REPLSVC_COPY_NO_REFLINK |      \
     REPLSVC_COPY_NO_IO_URING | REPLSVC_COPY_FORCE_THREADS | REPLSVC_COPY_PREALLOCATE |                      \
     REPLSVC_COPY_NO_FLUSH)

/* One image. */
struct image {
    const char *parameter; /* as errors name it */
    char locator[REPLSVC_LOCATOR_SIZE];
    const replsvc_backend *backend;
    const char *path; /* inside locator */
    void *handle;     /* NULL: not open */
    replsvc_backend_info info;
};

struct standalone {
    struct image source, target;
    replsvc_copy_options options;
    replsvc_copy_statistics statistics;
    bool created;
    uint64_t position;  /* where the next range begins */
    uint64_t base;      /* of progress: what earlier passes did */
    uint64_t total;     /* of all passes */
    int64_t started_us; /* of this pass */
    int64_t rate_us;    /* when the rate was last taken, and of what */
    uint64_t rate_done;
    double rate;
};

/* ---- images ---- */

/* A path without a scheme is a file. */
static uint32_t image_name(struct image *i, const char *locator, const char *parameter)
{
    i->parameter = parameter;
    if (!locator || !*locator)
        return svc_fail(REPLSVC_INVALID_PARAMETER, 0, parameter, "%s is missing", parameter);
    const char *colon = strchr(locator, ':'), *slash = strchr(locator, '/');
    const char *scheme = colon && (!slash || colon < slash) ? "" : "file:";
    char full[REPLSVC_LOCATOR_SIZE];
    if ((size_t)snprintf(full, sizeof full, "%s%s", scheme, locator) >= sizeof full)
        return svc_fail(REPLSVC_INVALID_PARAMETER, ENAMETOOLONG, parameter, "%s is too long", parameter);
    int err = backend_canonical(full, i->locator);
    if (!err)
        err = backend_locate(i->locator, &i->backend, &i->path);
    if (err == -EPROTONOSUPPORT)
        err = -EINVAL;
    return err ? svc_fail_backend(err, parameter, "%s \"%s\" cannot be used", parameter, locator)
               : REPLSVC_OK;
}

static int image_open(struct image *i, uint32_t flags)
{
    replsvc_backend_open_options o = {.size = sizeof o, .flags = flags};
    void *handle = NULL;
    int err = i->backend->open(i->path, &o, &handle);
    if (err)
        return err;
    i->info = (replsvc_backend_info){.size = sizeof i->info};
    err = i->backend->info(handle, &i->info);
    if (err)
        i->backend->close(handle);
    else
        i->handle = handle;
    return err;
}

static void image_close(struct image *i)
{
    if (i->handle)
        i->backend->close(i->handle);
    i->handle = NULL;
}

/* ---- the target ---- */

static uint32_t sector_size(uint32_t wanted, uint32_t of_source)
{
    if (wanted)
        return wanted;
    return of_source == 512 || of_source == 4096 ? of_source : 0;
}

static int create_target(struct standalone *s)
{
    const replsvc_copy_options *o = &s->options;
    struct image *t = &s->target;
    replsvc_backend_create_options c = {
        .size = sizeof c,
        .size_bytes = o->target_size ? o->target_size : s->source.info.size_bytes,
        .block_size = o->block_size,
        .logical_sector_size = sector_size(o->logical_sector_size, s->source.info.logical_block_size),
        .physical_sector_size = sector_size(o->physical_sector_size, s->source.info.physical_block_size),
        .preallocate = o->flags & REPLSVC_COPY_PREALLOCATE,
        .parent = o->parent,
    };
    /* Formats know whole sectors only; a plain file has any size. */
    uint32_t sector = c.logical_sector_size ? c.logical_sector_size : 512;
    if (strcmp(t->backend->name, "file") != 0)
        c.size_bytes = (c.size_bytes + sector - 1) / sector * sector;
    int err = t->backend->create(t->path, &c);
    s->created = !err;
    return err;
}

static uint32_t target_failed(struct standalone *s, int err, const char *what)
{
    return svc_fail_backend(err, s->target.parameter, "target \"%s\" cannot be %s", s->target.locator, what);
}

/* Opens the target, or makes it and opens it, as the flags say. */
static uint32_t provide_target(struct standalone *s)
{
    struct image *t = &s->target;
    uint32_t flags = s->options.flags;
    bool may_exist = flags & (REPLSVC_COPY_OVERWRITE | REPLSVC_COPY_MUST_EXIST);
    int err = -ENOENT;
    if (may_exist || !t->backend->create)
        err = image_open(t, REPLSVC_BACKEND_WRITABLE);
    if (err != -ENOENT || !t->backend->create || (flags & REPLSVC_COPY_MUST_EXIST))
        return err ? target_failed(s, err, "opened") : REPLSVC_OK;

    svc_clear_error();
    err = create_target(s);
    if (err == -EEXIST)
        return svc_fail(REPLSVC_IN_USE, EEXIST, t->parameter,
                        "target \"%s\" exists and was not to be overwritten", t->locator);
    if (err)
        return target_failed(s, err, "made");
    err = image_open(t, REPLSVC_BACKEND_WRITABLE);
    return err ? target_failed(s, err, "opened") : REPLSVC_OK;
}

static uint32_t check_pair(struct standalone *s)
{
    const struct image *a = &s->source, *b = &s->target;
    if (a->backend == b->backend && a->info.identity[0] && strcmp(a->info.identity, b->info.identity) == 0)
        return svc_fail(REPLSVC_INVALID_PARAMETER, 0, b->parameter, "\"%s\" and \"%s\" are one image",
                        a->locator, b->locator);
    if (b->info.size_bytes < a->info.size_bytes)
        return svc_fail(REPLSVC_INVALID_PARAMETER, ENOSPC, b->parameter,
                        "target \"%s\" has %llu bytes, the source %llu", b->locator,
                        (unsigned long long)b->info.size_bytes, (unsigned long long)a->info.size_bytes);
    return REPLSVC_OK;
}

/* ---- what the mover asks and tells ---- */

static int next_range(void *user, uint64_t *offset, uint64_t *length)
{
    struct standalone *s = user;
    uint64_t size = s->source.info.size_bytes;
    if (s->position >= size)
        return COPY_END;
    *offset = s->position;
    if (*length > size - s->position)
        *length = size - s->position;
    s->position += *length;
    return COPY_RANGE;
}

static int range_done(void *user, uint64_t offset, uint64_t length, int err)
{
    (void)user, (void)offset, (void)length, (void)err;
    return 0;
}

/* Bytes per second of the last while: older values fade by half with each. */
static uint64_t update_rate(struct standalone *s, uint64_t done)
{
    int64_t now = clock_monotonic_us(), passed = now - s->rate_us;
    if (passed < 50 * 1000)
        return (uint64_t)s->rate;
    double rate = (double)(done - s->rate_done) * 1e6 / (double)passed;
    s->rate = s->rate > 0 ? (s->rate + rate) / 2 : rate;
    s->rate_us = now;
    s->rate_done = done;
    return (uint64_t)s->rate;
}

static int report(void *user, uint64_t done)
{
    struct standalone *s = user;
    if (!s->options.progress)
        return 0;
    done += s->base;
    return s->options.progress(s->options.progress_user, done, s->total, update_rate(s, done)) ? -ECANCELED
                                                                                               : 0;
}

/* ---- passes ---- */

static int pass(struct standalone *s, struct copy_job *job, struct copy_limit *limit,
                struct copy_result *result)
{
    uint32_t flags = s->options.flags;
    job->source = (struct copy_end){.backend = s->source.backend, .handle = s->source.handle};
    job->flags |= flags & REPLSVC_COPY_NO_IO_URING ? COPY_NO_IO_URING : 0;
    job->flags |= flags & REPLSVC_COPY_FORCE_THREADS ? COPY_FORCE_THREADS : 0;
    job->limits[0] = limit;
    job->next = next_range;
    job->done = range_done;
    job->check = report;
    job->user = s;
    s->position = 0;
    s->rate_us = clock_monotonic_us();
    s->rate_done = s->base;
    s->rate = 0;
    return copy_run(job, result);
}

static uint32_t pass_failed(const struct standalone *s, const struct copy_result *result)
{
    const struct image *i = result->side == COPY_SIDE_SOURCE ? &s->source : &s->target;
    if (result->err == -ECANCELED)
        return svc_fail(REPLSVC_FAILED, ECANCELED, NULL, "the copy was cancelled");
    return svc_fail_backend(result->err, NULL, "copying \"%s\" to \"%s\" failed in \"%s\"", s->source.locator,
                            s->target.locator, i->locator);
}

static uint32_t copy_pass(struct standalone *s, struct copy_limit *limit)
{
    struct copy_job job = {.target = {.backend = s->target.backend, .handle = s->target.handle}};
    if (s->created && !s->options.parent)
        job.flags |= COPY_TARGET_ZEROED;
    if (!(s->options.flags & (REPLSVC_COPY_NO_REFLINK | REPLSVC_COPY_PREALLOCATE)))
        job.flags |= COPY_REFLINK;
    struct copy_result r;
    int err = pass(s, &job, limit, &r);
    replsvc_copy_statistics *t = &s->statistics;
    t->bytes_read = r.bytes_read;
    t->bytes_written = r.bytes_written;
    t->bytes_shared = r.bytes_shared;
    if (!err)
        t->bytes_zero = t->bytes_total - r.bytes_written - r.bytes_shared;
    (void)snprintf(t->method, sizeof t->method, "%s", r.method);
    return err ? pass_failed(s, &r) : REPLSVC_OK;
}

static uint32_t verify_pass(struct standalone *s, struct copy_limit *limit)
{
    struct comparer c = {s->target.backend, s->target.handle, s->target.info.request_alignment};
    struct copy_job job = {.target = comparer_end(&c)};
    struct copy_result r;
    s->base = s->source.info.size_bytes;
    return pass(s, &job, limit, &r) ? pass_failed(s, &r) : REPLSVC_OK;
}

static uint32_t copy_and_verify(struct standalone *s)
{
    struct copy_limit *limit = NULL;
    if (s->options.bytes_per_second && !(limit = copy_limit_new(s->options.bytes_per_second)))
        return svc_fail(REPLSVC_FAILED, ENOMEM, NULL, "no memory for a copy");
    uint32_t code = copy_pass(s, limit);
    if (!code && !(s->options.flags & REPLSVC_COPY_NO_FLUSH)) {
        int err = s->target.backend->flush(s->target.handle);
        if (err)
            code = svc_fail_backend(err, NULL, "target \"%s\" cannot be flushed", s->target.locator);
    }
    if (!code && (s->options.flags & REPLSVC_COPY_VERIFY))
        code = verify_pass(s, limit);
    s->base = s->total;
    if (!code && report(s, 0))
        code = svc_fail(REPLSVC_FAILED, ECANCELED, NULL, "the copy was cancelled");
    copy_limit_free(limit);
    return code;
}

/* ---- the functions ---- */

static uint32_t prepare(struct standalone *s, const char *source, const char *target)
{
    uint32_t code = image_name(&s->source, source, "source_locator");
    if (!code)
        code = image_name(&s->target, target, "target_locator");
    if (code)
        return code;
    /* Whatever the formats: one path cannot be both. */
    if (strcmp(s->source.path, s->target.path) == 0)
        return svc_fail(REPLSVC_INVALID_PARAMETER, 0, "target_locator", "source and target are both \"%s\"",
                        s->source.path);
    int err = image_open(&s->source, 0);
    if (err)
        return svc_fail_backend(err, "source_locator", "source \"%s\" cannot be opened", s->source.locator);
    s->statistics.bytes_total = s->source.info.size_bytes;
    s->total = s->source.info.size_bytes * (s->options.flags & REPLSVC_COPY_VERIFY ? 2 : 1);
    if (s->options.target_size && s->options.target_size < s->source.info.size_bytes)
        return svc_fail(REPLSVC_INVALID_PARAMETER, ENOSPC, "target_size",
                        "target_size is less than the source");
    code = provide_target(s);
    return code ? code : check_pair(s);
}

static uint32_t copy_images(struct standalone *s, const char *source, const char *target)
{
    uint32_t code = prepare(s, source, target);
    if (!code)
        code = copy_and_verify(s);
    image_close(&s->target);
    image_close(&s->source);
    /* The message of what went wrong is in place; removing must not change it. */
    if (code && s->created && s->target.backend->remove)
        (void)s->target.backend->remove(s->target.path);
    s->statistics.target_created = s->created && !code;
    return code;
}

uint32_t replsvc_copy(const char *source_locator, const char *target_locator,
                      const replsvc_copy_options *options, replsvc_copy_statistics *statistics)
{
    svc_clear_error();
    int64_t start = clock_monotonic_us();
    struct standalone *s = mem_zalloc(sizeof *s);
    if (!s)
        return svc_fail(REPLSVC_FAILED, ENOMEM, NULL, "no memory for a copy");
    uint32_t code = options_in(&s->options, sizeof s->options, options, "options");
    if (!code && statistics)
        code = info_out(statistics, &s->statistics, sizeof s->statistics, "statistics");
    if (!code && (s->options.flags & ~(uint32_t)ALL_FLAGS))
        code = svc_fail(REPLSVC_INVALID_PARAMETER, 0, "options", "unknown flags 0x%x",
                        s->options.flags & ~(uint32_t)ALL_FLAGS);
    if (!code)
        code = copy_images(s, source_locator, target_locator);
    s->statistics.elapsed_us = clock_monotonic_us() - start;
    if (s->statistics.size) /* it was good when we began */
        (void)info_out(statistics, &s->statistics, sizeof s->statistics, "statistics");
    mem_free(s);
    return code;
}

static void fill_info(const struct image *i, replsvc_element_info *e)
{
    (void)snprintf(e->locator, sizeof e->locator, "%s", i->locator);
    (void)snprintf(e->backend, sizeof e->backend, "%s", i->backend->name);
    e->size_bytes = i->info.size_bytes;
    e->allocated_bytes = i->info.allocated_bytes;
    e->block_size = i->info.logical_block_size ? i->info.logical_block_size : 512;
    e->physical_block_size = i->info.physical_block_size ? i->info.physical_block_size : e->block_size;
    e->number_of_blocks = e->size_bytes / e->block_size;
    e->thinly_provisioned = i->info.capabilities & REPLSVC_BACKEND_CAP_THIN;
    e->read_only = i->info.capabilities & REPLSVC_BACKEND_CAP_READ_ONLY;
}

uint32_t replsvc_locator_get_info(const char *locator, replsvc_element_info *info)
{
    svc_clear_error();
    struct image *i = mem_zalloc(sizeof *i);
    replsvc_element_info *e = mem_zalloc(sizeof *e);
    uint32_t code = REPLSVC_OK;
    if (!i || !e)
        code = svc_fail(REPLSVC_FAILED, ENOMEM, NULL, "no memory to look at an image");
    if (!code)
        code = image_name(i, locator, "locator");
    if (!code) {
        int err = image_open(i, REPLSVC_BACKEND_SHARED);
        if (err)
            code = svc_fail_backend(err, "locator", "\"%s\" cannot be opened", i->locator);
    }
    if (!code) {
        fill_info(i, e);
        image_close(i);
        code = info_out(info, e, sizeof *e, "info");
    }
    mem_free(e);
    mem_free(i);
    return code;
}
