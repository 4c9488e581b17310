/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Host writes to a source that has snapshots: see bed.h for how it is driven. Sides:
 *
 *     none                 no relationship
 *     first, first100      with 1 (MANY and more) snapshots, each write into a region that has not been
 *                          written to since the newest; a run begins with a new snapshot, and is over when
 *                          all regions have been written to
 *     later, later100      the same when everything has been copied before
 *     create, create100    not a write at all: the n-th operation makes a new snapshot's point in time
 *
 * first ends with a flush, by which every old region is kept or the write that needs it is in the overlay's
 * log, durably.
 *
 * snapshot_writes DIRECTORY direct|cached MIB OVERLAY_MIB [MANY]
 *     OVERLAY_MIB 0: each first touch waits for its batch's flush. MANY: 100 if not given
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "support/bed.h"

#define REGION 65536u
#define KEPT 200u

/* A source and what has been made of it. */
struct family {
    struct bed *bed;
    const char *name;
    struct volume *source;
    bool many; /* keep the snapshots; else the newest only */
    struct replica *replica[KEPT];
    struct volume *target[KEPT];
    unsigned n, made;
};

static void name_of(const struct family *f, unsigned i, char name[64])
{
    snprintf(name, 64, "%s-%u", f->name, i);
}

/* Its target and its maps. */
static int make_inactive(struct family *f)
{
    char name[64];
    if (f->n == KEPT)
        return -ENOSPC;
    name_of(f, f->made++, name);
    f->target[f->n] = bed_volume(f->bed, name, f->bed->size, false);
    if (!f->target[f->n])
        return -EIO;
    struct replica_spec spec = {.id = name,
                                .kind = REPLICA_SNAPSHOT,
                                .source = f->source,
                                .target = f->target[f->n],
                                .target_zeroed = true};
    int rc = replica_create(&spec, &f->replica[f->n]);
    if (!rc)
        f->n++;
    return rc;
}

static int drop_newest(struct family *f)
{
    char path[4096], name[64];
    f->n--;
    int rc = replica_remove(f->replica[f->n], NULL);
    volume_put(f->target[f->n]);
    name_of(f, f->made - 1, name);
    snprintf(path, sizeof path, "%s/%s", f->bed->directory, name);
    unlink(path);
    return rc;
}

static int begin_first(struct side *s)
{
    struct family *f = s->user;
    int rc = f->many || f->n == 0 ? 0 : drop_newest(f);
    if (!rc)
        rc = make_inactive(f);
    if (!rc)
        rc = replicas_activate(&f->replica[f->n - 1], 1, NULL);
    return rc;
}

/* All regions once, in rising order, as qemu-img bench does it. */
static uint64_t where_first(struct side *s, uint64_t n, uint32_t block)
{
    uint64_t regions = s->size / REGION;
    return n % regions * REGION + n % (REGION / block) * block;
}

static int touch(struct volume *v, uint64_t offset)
{
    static char bytes[4096];
    struct iovec iov = {bytes, sizeof bytes};
    return volume_pwritev(v, &iov, 1, offset, 0);
}

static int end_first(struct side *s)
{
    return volume_flush(s->volume);
}

static int end_later(struct side *s)
{
    return volume_settle(s->volume);
}

/* Everything has been copied. */
static int begin_later(struct side *s)
{
    int rc = 0;
    for (uint64_t at = 0; !rc && at < s->size; at += REGION)
        rc = touch(s->volume, at);
    return rc ? rc : volume_settle(s->volume);
}

static int begin_create(struct side *s)
{
    return make_inactive(s->user);
}

/* The point in time alone; the next one's files are made by begin. */
static int write_create(struct side *s, unsigned worker, const struct iovec *iov, uint64_t offset)
{
    struct family *f = s->user;
    (void)worker;
    (void)iov;
    (void)offset;
    return replicas_activate(&f->replica[f->n - 1], 1, NULL);
}

static int end_create(struct side *s)
{
    struct family *f = s->user;
    return f->many ? 0 : drop_newest(f);
}

/* The chain of many, with something kept by each. */
static int make_chain(struct family *f, unsigned long many)
{
    int rc = many < KEPT ? 0 : -EINVAL;
    for (unsigned i = 0; !rc && i < many; i++) {
        rc = make_inactive(f);
        if (!rc)
            rc = replicas_activate(&f->replica[f->n - 1], 1, NULL);
        if (!rc)
            rc = touch(f->source, (uint64_t)i * REGION % f->bed->size);
    }
    return rc;
}

int main(int argc, char **argv)
{
    struct bed b;
    if (argc != 5 && argc != 6) {
        fprintf(stderr, "usage: snapshot_writes DIRECTORY direct|cached MIB OVERLAY_MIB [MANY]\n");
        return 2;
    }
    if (bed_open(&b, argv[1], argv[2], strtoull(argv[3], NULL, 10) << 20, strtoull(argv[4], NULL, 10) << 20))
        return 1;
    struct volume *none = bed_volume(&b, "none", b.size, true);
    static struct family one = {.name = "one"}, many = {.name = "many", .many = true};
    one.bed = many.bed = &b;
    one.source = bed_volume(&b, "one", b.size, true);
    many.source = bed_volume(&b, "many", b.size, true);
    if (!none || !one.source || !many.source ||
        make_chain(&many, argc == 6 ? strtoul(argv[5], NULL, 10) : 100))
        return 1;
    struct side sides[] = {
        {.name = "none", .volume = none, .end = end_later},
        {.name = "first", .user = &one, .begin = begin_first, .where = where_first, .end = end_first},
        {.name = "first100", .user = &many, .begin = begin_first, .where = where_first, .end = end_first},
        {.name = "later", .user = &one, .begin = begin_later, .end = end_later},
        {.name = "later100", .user = &many, .begin = begin_later, .end = end_later},
        {.name = "create", .user = &one, .begin = begin_create, .end = end_create},
        {.name = "create100", .user = &many, .begin = begin_create, .end = end_create},
    };
    size_t n = sizeof sides / sizeof *sides;
    for (size_t i = 0; i < n; i++) {
        struct family *f = sides[i].user;
        sides[i].size = b.size;
        sides[i].write = i < 5 ? side_volume_write : write_create;
        if (f)
            sides[i].volume = f->source;
    }
    return bed_serve(sides, n);
}
