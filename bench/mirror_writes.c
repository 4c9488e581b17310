/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Host writes with and without a mirror: see bed.h for how it is driven. Sides:
 *
 *     raw     pwrite to one file
 *     pair    two raw writes at once: both in flight by an asynchronous queue, waited for together
 *     turn    two raw writes, one after the other, by the same thread
 *     none    through the engine, no relationship
 *     sync    through the engine, a synchronous mirror in sync
 *     async   through the engine, an asynchronous mirror
 *
 * mirror_writes DIRECTORY direct|cached MIB
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "engine/mirror.h"
#include "io/aio.h"
#include "support/bed.h"

#define QUEUES 64

static struct aio *queues[QUEUES]; /* one for each writer, made at its first write */

static int write_pair(struct side *s, unsigned worker, const struct iovec *iov, uint64_t offset)
{
    if (!queues[worker]) {
        int rc = aio_open(2, 0, &queues[worker]);
        if (rc)
            return rc;
    }
    struct aio_request a = {.operation = AIO_WRITE, .fd = s->fd, .iov = iov, .iovcnt = 1, .offset = offset},
                       b = a, *both[] = {&a, &b};
    b.fd = s->fd2;
    if (aio_submit(queues[worker], both, 2) != 2)
        return -EIO;
    int n = aio_reap(queues[worker], both, 2, 2, -1);
    return n < 0 ? n : n != 2 ? -EIO : a.result ? a.result : b.result;
}

static int write_turn(struct side *s, unsigned worker, const struct iovec *iov, uint64_t offset)
{
    (void)worker;
    ssize_t n = (ssize_t)iov->iov_len;
    return pwrite(s->fd, iov->iov_base, iov->iov_len, (off_t)offset) == n &&
                   pwrite(s->fd2, iov->iov_base, iov->iov_len, (off_t)offset) == n
               ? 0
               : -EIO;
}

/* Until the target has everything: the next side's turn must not pay for it. */
static int catch_up(struct side *s)
{
    struct mirror_info info;
    int rc = volume_flush(s->volume);
    do {
        mirror_get_info(s->user, &info);
        usleep(info.bytes_differing ? 20000 : 0);
    } while (!rc && !info.error && info.bytes_differing);
    return rc ? rc : info.error;
}

static int mirror_side(struct bed *b, const char *name, enum mirror_mode mode, struct side *side)
{
    char source[64], target[64];
    snprintf(source, sizeof source, "%s-source", name);
    snprintf(target, sizeof target, "%s-target", name);
    struct mirror_group *group;
    struct mirror *m = NULL;
    struct mirror_group_options options = {
        .engine = b->engine, .id = name, .mode = mode, .desired_rpo_us = 1000000};
    int rc = mirror_group_new(&options, &group);
    if (!rc)
        rc = mirror_group_ready(group);
    if (rc)
        return rc;
    struct mirror_spec spec = {.id = name,
                               .group = group,
                               .source = bed_volume(b, source, b->size, true),
                               .target = bed_volume(b, target, b->size, false),
                               .target_zeroed = true};
    rc = spec.source && spec.target ? mirror_create(&spec, &m) : -EIO;
    if (!rc)
        rc = mirrors_start(&m, 1, NULL);
    if (!rc)
        rc = mirror_resync(m, NULL);
    *side = (struct side){.name = name,
                          .write = side_volume_write,
                          .end = catch_up,
                          .volume = spec.source,
                          .user = m,
                          .size = b->size};
    return rc;
}

static int raw_flush(struct side *s)
{
    return fdatasync(s->fd) || (s->fd2 >= 0 && fdatasync(s->fd2)) ? -errno : 0;
}

int main(int argc, char **argv)
{
    struct bed b;
    if (argc != 4) {
        fprintf(stderr, "usage: mirror_writes DIRECTORY direct|cached MIB\n");
        return 2;
    }
    if (bed_open(&b, argv[1], argv[2], strtoull(argv[3], NULL, 10) << 20, 0))
        return 1;
    struct side sides[6];
    size_t n = 0;
    struct volume *none = bed_volume(&b, "none", b.size, true);
    if (!none || !bed_volume(&b, "raw", b.size, true) || !bed_volume(&b, "raw2", b.size, true))
        return 1;
    int fd = bed_file(&b, "raw"), fd2 = bed_file(&b, "raw2");
    if (fd < 0 || fd2 < 0)
        return 1;
    sides[n++] = (struct side){
        .name = "raw", .write = side_raw_write, .end = raw_flush, .fd = fd, .fd2 = -1, .size = b.size};
    sides[n++] = (struct side){
        .name = "pair", .write = write_pair, .end = raw_flush, .fd = fd, .fd2 = fd2, .size = b.size};
    sides[n++] = (struct side){
        .name = "turn", .write = write_turn, .end = raw_flush, .fd = fd, .fd2 = fd2, .size = b.size};
    sides[n++] = (struct side){
        .name = "none", .write = side_volume_write, .end = side_volume_flush, .volume = none, .size = b.size};
    int rc = mirror_side(&b, "sync", MIRROR_SYNCHRONOUS, &sides[n++]);
    if (!rc)
        rc = mirror_side(&b, "async", MIRROR_ASYNCHRONOUS, &sides[n++]);
    if (rc) {
        bed_fail("mirror", rc);
        return 1;
    }
    return bed_serve(sides, n); /* the files are thrown away: nothing is taken down in order */
}
