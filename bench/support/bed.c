/* SPDX-License-Identifier: BSD-2-Clause */
/* See bed.h. */
#include "support/bed.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdalign.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "util/clock.h"

#define WRITERS_MAX 64u
#define LATENCIES 64u /* of powers of the fourth root of two, from 1 microsecond on, four to an octave */

int bed_fail(const char *what, int err)
{
    fprintf(stderr, "%s: %s\n", what, strerror(err < 0 ? -err : err));
    return -1;
}

int bed_open(struct bed *b, const char *directory, const char *direct, uint64_t size, uint64_t overlay_bytes)
{
    char state[4096];
    b->direct = strcmp(direct, "direct") == 0;
    b->size = size;
    snprintf(b->directory, sizeof b->directory, "%s", directory);
    snprintf(state, sizeof state, "%s/state", directory);
    int rc = vfs_posix_open(state, true, &b->vfs);
    if (rc)
        return bed_fail(state, rc);
    struct engine_options options = {
        .vfs = b->vfs, .open_flags = b->direct ? REPLSVC_BACKEND_DIRECT : 0, .overlay_bytes = overlay_bytes};
    rc = engine_new(&options, &b->engine);
    if (rc)
        b->vfs->ops->close(b->vfs);
    return rc ? bed_fail("engine", rc) : 0;
}

void bed_close(struct bed *b)
{
    engine_free(b->engine);
    b->vfs->ops->close(b->vfs);
}

static int fill(int fd, uint64_t size)
{
    static uint64_t block[BED_BLOCK_MAX / 8];
    for (size_t i = 0; i < BED_BLOCK_MAX / 8; i++)
        block[i] = i * UINT64_C(0x9e3779b97f4a7c15) + 1;
    for (uint64_t at = 0; at < size; at += BED_BLOCK_MAX) {
        block[0] = at;
        if (pwrite(fd, block, BED_BLOCK_MAX, (off_t)at) != BED_BLOCK_MAX)
            return -errno;
    }
    return fsync(fd) ? -errno : 0;
}

struct volume *bed_volume(struct bed *b, const char *name, uint64_t size, bool full)
{
    char locator[4096];
    snprintf(locator, sizeof locator, "file:%s/%s", b->directory, name);
    const char *path = locator + 5;
    int fd = open(path, O_CREAT | O_TRUNC | O_RDWR | O_CLOEXEC, 0600);
    int rc = fd < 0 ? -errno : full ? fill(fd, size) : ftruncate(fd, (off_t)size) ? -errno : 0;
    if (fd >= 0)
        close(fd);
    struct volume *v = NULL;
    if (!rc)
        rc = volume_get(b->engine, name, locator, 0, &v);
    if (!rc)
        rc = volume_ready(v);
    if (rc)
        bed_fail(path, rc);
    return rc ? NULL : v;
}

int bed_file(struct bed *b, const char *name)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", b->directory, name);
    int fd = open(path, O_RDWR | O_CLOEXEC | (b->direct ? O_DIRECT : 0));
    return fd < 0 ? bed_fail(path, errno) : fd;
}

int side_volume_write(struct side *s, unsigned worker, const struct iovec *iov, uint64_t offset)
{
    (void)worker;
    return volume_pwritev(s->volume, iov, 1, offset, 0);
}

int side_volume_flush(struct side *s)
{
    return volume_flush(s->volume);
}

int side_raw_write(struct side *s, unsigned worker, const struct iovec *iov, uint64_t offset)
{
    (void)worker;
    return pwrite(s->fd, iov->iov_base, iov->iov_len, (off_t)offset) == (ssize_t)iov->iov_len ? 0 : -EIO;
}

/* ---- a run ---- */

struct run {
    struct side *side;
    uint32_t block;
    int64_t deadline_us;
    uint64_t limit;
    _Atomic int err;
    alignas(
        64) _Atomic uint64_t issued; /* where somebody counts them; else no writer touches what others do */
};

struct writer {
    struct run *run;
    unsigned number;
    pthread_t thread;
    uint64_t random, done;
    uint64_t count[LATENCIES];
    int64_t worst_us;
    void *buffer;
};

static uint64_t next_random(uint64_t *x)
{
    *x ^= *x << 13;
    *x ^= *x >> 7;
    return *x ^= *x << 17;
}

/* Quarters of octaves, without logarithms: the position of the top bit and the two bits after it. */
static unsigned latency_bin(int64_t us)
{
    uint64_t x = us < 1 ? 4 : (uint64_t)us << 2;
    unsigned top = 63u - (unsigned)__builtin_clzll(x);
    unsigned bin = (top - 2) * 4 + (unsigned)(x >> (top - 2) & 3);
    return bin < LATENCIES ? bin : LATENCIES - 1;
}

static double bin_us(unsigned bin)
{
    return (double)((UINT64_C(4) + bin % 4) << bin / 4) / 4;
}

static void *write_on(void *arg)
{
    struct writer *w = arg;
    struct run *r = w->run;
    struct side *s = r->side;
    struct iovec iov = {w->buffer, r->block};
    for (int64_t before = clock_monotonic_us(); before < r->deadline_us && !r->err;) {
        uint64_t n = s->where || r->limit ? r->issued++ : w->done;
        if (r->limit && n >= r->limit)
            break;
        uint64_t at =
            s->where ? s->where(s, n, r->block) : next_random(&w->random) % (s->size / r->block) * r->block;
        memcpy(w->buffer, &n, sizeof n);
        int err = s->write(s, w->number, &iov, at);
        if (err)
            r->err = err;
        else
            w->done++;
        int64_t after = clock_monotonic_us(), took = after - before;
        w->count[latency_bin(took)]++;
        w->worst_us = took > w->worst_us ? took : w->worst_us;
        before = after;
    }
    return NULL;
}

static double cpu_seconds(void)
{
    struct rusage u;
    getrusage(RUSAGE_SELF, &u);
    return (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) +
           (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6;
}

static double percentile(const struct writer writers[], unsigned n, double part)
{
    uint64_t all = 0, below = 0;
    for (unsigned i = 0; i < n; i++)
        for (unsigned bin = 0; bin < LATENCIES; bin++)
            all += writers[i].count[bin];
    for (unsigned bin = 0; bin < LATENCIES; bin++) {
        for (unsigned i = 0; i < n; i++)
            below += writers[i].count[bin];
        if ((double)below >= part * (double)all)
            return bin_us(bin);
    }
    return bin_us(LATENCIES - 1);
}

static int run_side(struct side *s, unsigned n, uint32_t block, int64_t limit_ms, uint64_t limit_ops)
{
    struct run r = {.side = s, .block = block, .limit = limit_ops};
    struct writer *writers = calloc(n, sizeof *writers);
    if (!writers)
        return -ENOMEM;
    int rc = 0;
    for (unsigned i = 0; i < n; i++) {
        writers[i] = (struct writer){.run = &r, .number = i, .random = UINT64_C(88172645463325252) * (i + 1)};
        if (posix_memalign(&writers[i].buffer, 4096, block))
            rc = -ENOMEM;
        else
            memset(writers[i].buffer, 0x5a, block);
    }
    if (!rc && s->begin)
        rc = s->begin(s);
    double cpu = cpu_seconds();
    int64_t start = clock_monotonic_us();
    r.deadline_us = start + limit_ms * 1000;
    unsigned started = 0;
    for (; !rc && started < n; started++)
        rc = -pthread_create(&writers[started].thread, NULL, write_on, &writers[started]);
    int64_t worst = 0;
    uint64_t done = 0;
    for (unsigned i = 0; i < started; i++) {
        pthread_join(writers[i].thread, NULL);
        worst = writers[i].worst_us > worst ? writers[i].worst_us : worst;
        done += writers[i].done;
    }
    if (!rc)
        rc = r.err;
    int64_t written = clock_monotonic_us() - start;
    if (!rc && s->end)
        rc = s->end(s);
    int64_t took = clock_monotonic_us() - start;
    cpu = cpu_seconds() - cpu;
    if (!rc)
        printf("{\"side\": \"%s\", \"ops\": %llu, \"seconds\": %.6f, \"before_end\": %.6f, \"cpu\": %.6f, "
               "\"p50_us\": %.1f, \"p99_us\": %.1f, \"max_us\": %lld}\n",
               s->name, (unsigned long long)done, (double)took / 1e6, (double)written / 1e6, cpu,
               percentile(writers, n, 0.5), percentile(writers, n, 0.99), (long long)worst);
    for (unsigned i = 0; i < n; i++)
        free(writers[i].buffer);
    free(writers);
    return rc;
}

int bed_serve(struct side sides[], size_t n)
{
    char line[256], name[64];
    printf("{\"sides\": [");
    for (size_t i = 0; i < n; i++)
        printf("%s\"%s\"", i ? ", " : "", sides[i].name);
    printf("]}\n");
    fflush(stdout);
    while (fgets(line, sizeof line, stdin)) {
        unsigned writers, block;
        long long limit_ms, limit_ops;
        if (sscanf(line, "%63s %u %u %lld %lld", name, &writers, &block, &limit_ms, &limit_ops) != 5 ||
            !writers || writers > WRITERS_MAX || block < 512 || block > BED_BLOCK_MAX) {
            fprintf(stderr, "not understood: %s", line);
            return 2;
        }
        size_t i = 0;
        while (i < n && strcmp(sides[i].name, name) != 0)
            i++;
        int rc = i < n ? run_side(&sides[i], writers, block, limit_ms, (uint64_t)limit_ops) : -ENOENT;
        if (rc) {
            bed_fail(name, rc);
            return 1;
        }
        fflush(stdout);
    }
    return 0;
}
