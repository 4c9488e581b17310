/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a point in time costs whatever the size: its creation from 1 GiB to 64 TiB, the hundredth against the
 * first, the pause of a cut through 64 volumes that are written to, and the memory of full maps. Prints a
 * line of JSON for each: name, values, unit, goal (the most that it may be).
 *
 * points DIRECTORY ROUNDS sizes|group|memory
 * points DIRECTORY ROUNDS size BYTES       one size
 * points DIRECTORY ROUNDS members COUNT    a cut through that many volumes
 */
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "engine/mirror.h"
#include "support/bed.h"
#include "util/clock.h"

#define GROUP 64u
#define GROUP_MAX 1024u
#define WRITERS 4u
#define LOAD_US 50000u /* of load before and after a cut */
#define ROUNDS_MAX 100
#define TIB (UINT64_C(1) << 40)

static void report(const char *name, const double values[], int n, const char *unit, double goal)
{
    printf("{\"name\": \"%s\", \"values\": [", name);
    for (int i = 0; i < n; i++)
        printf("%s%.4f", i ? ", " : "", values[i]);
    printf("], \"unit\": \"%s\", \"goal\": %g}\n", unit, goal);
    fflush(stdout);
}

/* A snapshot of source into a new file of that name: allocated and with its point in time. */
static int make_snapshot(struct bed *b, struct volume *source, const char *name, struct replica **r,
                         struct volume **target)
{
    *target = bed_volume(b, name, volume_size(source), false);
    struct replica_spec spec = {
        .id = name, .kind = REPLICA_SNAPSHOT, .source = source, .target = *target, .target_zeroed = true};
    return *target ? replica_create(&spec, r) : -EIO;
}

static void unlink_image(const struct bed *b, const char *name)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", b->directory, name);
    unlink(path);
}

/* Names of files and ids: what a label has in letters and digits. */
static void make_name(const char *label, int number, char name[64])
{
    char letters[40];
    snprintf(letters, sizeof letters, "%s", label);
    for (char *c = letters; *c; c++)
        if (*c == ' ' || *c == ',')
            *c = '-';
    snprintf(name, 64, "%s-%d", letters, number);
}

static int creations(struct bed *b, const char *label, struct volume *source, int rounds, bool keep)
{
    double whole[ROUNDS_MAX], cut[ROUNDS_MAX];
    char name[64];
    int rc = 0;
    for (int i = 0; !rc && i < rounds; i++) {
        struct replica *r;
        struct volume *target;
        make_name(label, i, name);
        /* The file is the backend's business; the engine's begins after it. */
        target = bed_volume(b, name, volume_size(source), false);
        if (!target)
            return -EIO;
        struct replica_spec spec = {
            .id = name, .kind = REPLICA_SNAPSHOT, .source = source, .target = target, .target_zeroed = true};
        int64_t start = clock_monotonic_us();
        rc = replica_create(&spec, &r);
        int64_t made = clock_monotonic_us();
        if (!rc)
            rc = replicas_activate(&r, 1, NULL);
        int64_t end = clock_monotonic_us();
        whole[i] = (double)(end - start) / 1000;
        cut[i] = (double)(end - made) / 1000;
        if (!rc && !keep) {
            rc = replica_remove(r, NULL);
            volume_put(target);
            unlink_image(b, name);
        }
    }
    if (rc)
        return rc;
    char title[128];
    snprintf(title, sizeof title, "create, %s", label);
    report(title, whole, rounds, "ms", 2);
    snprintf(title, sizeof title, "point in time alone, %s", label);
    report(title, cut, rounds, "ms", 2);
    return 0;
}

static int sizes(struct bed *b, int rounds)
{
    static const struct {
        const char *label;
        uint64_t size;
    } sizes[] = {{"1 GiB", UINT64_C(1) << 30}, {"1 TiB", TIB}, {"64 TiB", 64 * TIB - (1u << 20)}};
    int rc = 0;
    for (size_t i = 0; !rc && i < sizeof sizes / sizeof *sizes; i++) {
        char name[64];
        snprintf(name, sizeof name, "source %s", sizes[i].label);
        struct volume *source = bed_volume(b, name, sizes[i].size, false);
        if (!source) {
            fprintf(stderr, "%s: left out\n", sizes[i].label); /* the file system has no such files */
            continue;
        }
        rc = creations(b, sizes[i].label, source, rounds, false);
    }
    struct volume *source = bed_volume(b, "source of 100", UINT64_C(1) << 30, false);
    if (!rc)
        rc = source ? creations(b, "the first 100 of one source", source, ROUNDS_MAX, true) : -EIO;
    return rc ? rc : creations(b, "with 100 others, 1 GiB", source, rounds, false);
}

static int one_size(struct bed *b, int rounds, uint64_t size)
{
    struct volume *source = bed_volume(b, "source", size, false);
    char label[32];
    snprintf(label, sizeof label, "%llu bytes", (unsigned long long)size);
    return source ? creations(b, label, source, rounds, false) : -EIO;
}

/* ---- the group ---- */

struct group {
    unsigned n;
    struct volume *source[GROUP_MAX], *target[GROUP_MAX];
    struct replica *replica[GROUP_MAX];
    _Atomic bool stop, write; /* hosts write only around the cuts */
    _Atomic int64_t worst_us;
    _Atomic uint64_t writes;
    _Atomic int err;
};

static void *write_everywhere(void *arg)
{
    struct group *g = arg;
    unsigned seed = (unsigned)(uintptr_t)&seed;
    static char bytes[4096];
    while (!g->stop && !g->err) {
        if (!g->write) {
            usleep(1000);
            continue;
        }
        struct iovec iov = {bytes, sizeof bytes};
        struct volume *v = g->source[(unsigned)rand_r(&seed) % g->n];
        uint64_t offset = (uint64_t)rand_r(&seed) % (volume_size(v) / 4096) * 4096;
        int64_t start = clock_monotonic_us();
        int err = volume_pwritev(v, &iov, 1, offset, 0);
        int64_t took = clock_monotonic_us() - start;
        if (err)
            g->err = err;
        for (int64_t worst = g->worst_us;
             took > worst && !atomic_compare_exchange_weak(&g->worst_us, &worst, took);)
            ;
        g->writes++;
    }
    return NULL;
}

static int group_pauses(struct bed *b, int rounds, unsigned members)
{
    static struct group g;
    double pauses[ROUNDS_MAX], worst[ROUNDS_MAX];
    pthread_t threads[WRITERS];
    char name[64];
    int rc = 0;
    if (!members || members > GROUP_MAX)
        return -EINVAL;
    g.n = members;
    for (unsigned i = 0; i < g.n; i++) {
        snprintf(name, sizeof name, "group-%u", i);
        g.source[i] = bed_volume(b, name, UINT64_C(4) << 20, false);
        if (!g.source[i])
            return -EIO;
    }
    for (unsigned i = 0; i < WRITERS; i++)
        pthread_create(&threads[i], NULL, write_everywhere, &g);
    for (int round = 0; !rc && round < rounds; round++) {
        for (unsigned i = 0; !rc && i < g.n; i++) {
            snprintf(name, sizeof name, "group-%u-%d", i, round);
            rc = make_snapshot(b, g.source[i], name, &g.replica[i], &g.target[i]);
        }
        int64_t pause = 0;
        g.worst_us = 0;
        g.write = true;
        usleep(LOAD_US);
        if (!rc)
            rc = replicas_activate(g.replica, g.n, &pause);
        usleep(LOAD_US);
        g.write = false;
        pauses[round] = (double)pause / 1000;
        worst[round] = (double)g.worst_us / 1000;
        for (unsigned i = 0; !rc && i < g.n; i++) {
            snprintf(name, sizeof name, "group-%u-%d", i, round);
            rc = replica_remove(g.replica[i], NULL);
            volume_put(g.target[i]);
            unlink_image(b, name);
        }
    }
    g.stop = true;
    for (unsigned i = 0; i < WRITERS; i++)
        pthread_join(threads[i], NULL);
    if (rc || g.err)
        return rc ? rc : g.err;
    char title[64];
    snprintf(title, sizeof title, "pause of a cut through %u volumes under load", g.n);
    report(title, pauses, rounds, "ms", 5);
    report("longest write around that cut (with the waits for the medium)", worst, rounds, "ms", 0);
    return 0;
}

/* ---- memory ---- */

static int memory(struct bed *b)
{
    struct volume *source = bed_volume(b, "memory source", TIB, false);
    struct volume *target = bed_volume(b, "memory target", TIB, false);
    struct mirror_group_options options = {.engine = b->engine, .id = "memory", .mode = MIRROR_SYNCHRONOUS};
    struct mirror_group *group;
    struct mirror *m;
    if (!source || !target)
        return -EIO;
    int rc = mirror_group_new(&options, &group);
    if (!rc)
        rc = mirror_group_ready(group);
    struct mirror_spec spec = {
        .id = "memory", .group = group, .source = source, .target = target, .target_zeroed = true};
    if (!rc)
        rc = mirror_create(&spec, &m);
    if (rc)
        return rc;
    /* Apart, with a change in each of the map's pages: then all of them are held. */
    rc = mirrors_start(&m, 1, NULL);
    if (!rc)
        rc = mirror_resync(m, NULL);
    if (!rc)
        rc = mirrors_part(&m, 1, false, NULL, NULL);
    for (uint64_t at = 0; !rc && at < TIB; at += UINT64_C(1) << 30) {
        static char bytes[4096];
        struct iovec iov = {bytes, sizeof bytes};
        rc = volume_pwritev(source, &iov, 1, at, 0);
    }
    struct mirror_info info;
    mirror_get_info(m, &info);
    double mib = (double)info.map_memory / (1 << 20);
    if (!rc)
        report("memory of the maps of a mirror of 1 TiB", &mib, 1, "MiB", 2.1);
    return rc;
}

static int run(struct bed *b, int rounds, const char *part, unsigned long long number)
{
    if (strcmp(part, "sizes") == 0)
        return sizes(b, rounds);
    if (strcmp(part, "size") == 0)
        return one_size(b, rounds, number);
    if (strcmp(part, "group") == 0)
        return group_pauses(b, rounds, GROUP);
    if (strcmp(part, "members") == 0)
        return group_pauses(b, rounds, (unsigned)number);
    return strcmp(part, "memory") == 0 ? memory(b) : -EINVAL;
}

int main(int argc, char **argv)
{
    struct bed b;
    int rounds = argc == 4 || argc == 5 ? atoi(argv[2]) : 0;
    if (rounds < 1 || rounds > ROUNDS_MAX) {
        fprintf(stderr, "usage: points DIRECTORY ROUNDS sizes|group|memory|size BYTES|members COUNT\n");
        return 2;
    }
    if (bed_open(&b, argv[1], "cached", 0, UINT64_C(64) << 20))
        return 1;
    int rc = run(&b, rounds, argv[3], argc == 5 ? strtoull(argv[4], NULL, 10) : 0);
    if (rc)
        bed_fail(argv[3], rc);
    return rc ? 1 : 0;
}
