/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Host I/O without a relationship beside the bare system calls, in one process, in turn: slices of a few
 * milliseconds each, so that whatever else the machine does meets both alike.
 *
 *     host_writes DIRECTORY direct|cached MIB BLOCK DEPTH read|write SLICE_MS ROUNDS
 *
 * DEPTH 0: pread/pwrite against volume_preadv/volume_pwritev. Else a bare io_uring with DEPTH requests in
 * flight against the engine's queue with the same. One line of JSON: operations per second of each round, and
 * per second of this thread's own CPU time (what counts where nothing is waited for and the machine is busy).
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "engine/io_queue.h"
#include "io/uring.h"
#include "support/bed.h"
#include "util/clock.h"

enum { DEPTH_MAX = 256 };

struct load {
    uint32_t block, depth;
    bool write;
    uint64_t size, random;
    char *buffers;
    /* bare */
    int fd;
    struct uring *ring;
    /* ours */
    struct volume *volume;
    struct io_queue *queue;
    replsvc_io_request requests[DEPTH_MAX];
    struct iovec iov[DEPTH_MAX];
};

static uint64_t anywhere(struct load *l)
{
    l->random ^= l->random << 13;
    l->random ^= l->random >> 7;
    l->random ^= l->random << 17;
    return l->random % (l->size / l->block) * l->block;
}

static int bare_sync(struct load *l)
{
    uint64_t at = anywhere(l);
    ssize_t n = l->write ? pwrite(l->fd, l->buffers, l->block, (off_t)at)
                         : pread(l->fd, l->buffers, l->block, (off_t)at);
    return n == (ssize_t)l->block ? 1 : -EIO;
}

static int our_sync(struct load *l)
{
    struct iovec iov = {l->buffers, l->block};
    int err = l->write ? volume_pwritev(l->volume, &iov, 1, anywhere(l), 0)
                       : volume_preadv(l->volume, &iov, 1, anywhere(l), 0);
    return err ? err : 1;
}

static void bare_fill(struct load *l, uint64_t slot)
{
    struct uring_sqe *s = uring_next(l->ring);
    s->opcode = l->write ? URING_OP_WRITE : URING_OP_READ;
    s->fd = l->fd;
    s->off = anywhere(l);
    s->addr = (uint64_t)(uintptr_t)(l->buffers + slot * l->block);
    s->len = l->block;
    s->user_data = slot;
}

static int bare_async(struct load *l)
{
    struct uring_cqe c;
    int n = 0, err = uring_enter(l->ring, 1, -1);
    if (err)
        return err == -EINTR ? 0 : err;
    while (uring_take(l->ring, &c)) {
        if (c.res != (int)l->block)
            return -EIO;
        bare_fill(l, c.user_data);
        n++;
    }
    return n;
}

static void our_fill(struct load *l, replsvc_io_request *r)
{
    size_t slot = (size_t)(r - l->requests);
    l->iov[slot] = (struct iovec){l->buffers + slot * l->block, l->block};
    r->operation = l->write ? REPLSVC_IO_WRITE : REPLSVC_IO_READ;
    r->iov = &l->iov[slot];
    r->iovcnt = 1;
    r->offset = anywhere(l);
    r->user = l;
}

static int our_async(struct load *l)
{
    replsvc_io_request *done[DEPTH_MAX];
    int n = io_queue_reap(l->queue, done, l->depth, 1, -1);
    for (int i = 0; i < n; i++) {
        if (done[i]->result)
            return done[i]->result;
        our_fill(l, done[i]);
    }
    return n > 0 && io_queue_submit(l->queue, done, (size_t)n) != n ? -EIO : n;
}

static int resolve(const replsvc_io_request *r, struct volume **v)
{
    *v = ((struct load *)r->user)->volume;
    return 0;
}

static int open_queues(struct load *l, struct engine *e)
{
    struct io_queue_options o = {.engine = e, .depth = l->depth, .resolve = resolve};
    int err = uring_open(l->depth, &l->ring);
    if (!err)
        err = io_queue_open(&o, &l->queue);
    if (err)
        return err;
    for (uint32_t i = 0; i < l->depth; i++) {
        replsvc_io_request *r = &l->requests[i];
        bare_fill(l, i);
        our_fill(l, r);
        if (io_queue_submit(l->queue, &r, 1) != 1)
            return -EIO;
    }
    return 0;
}

struct rate {
    double wall, cpu;
};

static int64_t own_cpu_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return t.tv_sec * INT64_C(1000000) + t.tv_nsec / 1000;
}

/* One side's turn; the other side's requests stand still meanwhile. */
static int slice(struct load *l, int (*step)(struct load *), int64_t slice_us, struct rate *rate)
{
    int64_t cpu = own_cpu_us(), start = clock_monotonic_us(), now = start, operations = 0;
    while (now - start < slice_us) {
        int n = step(l);
        if (n < 0)
            return bed_fail("I/O", n);
        operations += n;
        now = clock_monotonic_us();
    }
    rate->wall = (double)operations * 1e6 / (double)(now - start);
    rate->cpu = (double)operations * 1e6 / (double)(own_cpu_us() - cpu + 1);
    return 0;
}

int main(int argc, char **argv)
{
    static struct load l;
    struct bed b;
    if (argc != 9) {
        fprintf(stderr,
                "usage: host_writes DIRECTORY direct|cached MIB BLOCK DEPTH read|write SLICE_MS ROUNDS\n");
        return 2;
    }
    l.size = strtoull(argv[3], NULL, 10) << 20;
    l.block = (uint32_t)atoi(argv[4]);
    l.depth = (uint32_t)atoi(argv[5]);
    l.write = strcmp(argv[6], "write") == 0;
    l.random = UINT64_C(88172645463325252);
    int64_t slice_us = atoll(argv[7]) * 1000;
    int rounds = atoi(argv[8]);
    if (l.depth > DEPTH_MAX || !l.block || bed_open(&b, argv[1], argv[2], l.size, 0))
        return 1;
    l.volume = bed_volume(&b, "ours", l.size, true);
    if (!l.volume || !bed_volume(&b, "bare", l.size, true) || (l.fd = bed_file(&b, "bare")) < 0)
        return 1;
    if (posix_memalign((void **)&l.buffers, 4096, (size_t)(l.depth + 1) * l.block))
        return 1;
    memset(l.buffers, 0x5a, (size_t)(l.depth + 1) * l.block);
    int err = l.depth ? open_queues(&l, b.engine) : 0;
    if (err) {
        bed_fail("queue", err);
        return 1;
    }
    int (*const steps[2])(struct load *) = {l.depth ? bare_async : bare_sync, l.depth ? our_async : our_sync};
    struct rate *rates[2] = {calloc((size_t)rounds, sizeof(struct rate)),
                             calloc((size_t)rounds, sizeof(struct rate))};
    for (int i = -2; i < rounds; i++) /* two to warm up */
        for (int k = 0; k < 2; k++) {
            int side = i % 2 ? k : !k;
            struct rate rate;
            if (slice(&l, steps[side], slice_us, &rate))
                return 1;
            if (i >= 0)
                rates[side][i] = rate;
        }
    static const char *const names[] = {"bare", "ours", "bare_cpu", "ours_cpu"};
    for (int k = 0; k < 4; k++) {
        printf("%s\"%s\": [", k ? "], " : "{", names[k]);
        for (int i = 0; i < rounds; i++)
            printf("%s%.1f", i ? ", " : "", k < 2 ? rates[k][i].wall : rates[k - 2][i].cpu);
    }
    printf("]}\n");
    return 0; /* the files are thrown away: nothing is taken down in order */
}
