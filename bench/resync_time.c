/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How long a mirror takes to become alike again after a part of its regions has been changed on the source
 * while they were apart. Prints a line of JSON for each share of changes: seconds, and bytes that differed.
 *
 * resync_time DIRECTORY MIB ROUNDS
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/mirror.h"
#include "support/bed.h"
#include "util/clock.h"

#define REGION 65536u

/* Whole regions, evenly spread; their bytes change each time. */
static int change(struct volume *v, uint64_t regions, uint64_t n, unsigned char byte)
{
    static char bytes[REGION];
    memset(bytes, byte, sizeof bytes);
    int rc = 0;
    for (uint64_t i = 0; !rc && i < n; i++) {
        struct iovec iov = {bytes, sizeof bytes};
        rc = volume_pwritev(v, &iov, 1, i * regions / n * REGION, 0);
    }
    return rc ? rc : volume_flush(v);
}

static int one(struct mirror *m, double share, unsigned char byte, double *seconds, uint64_t *differing)
{
    struct volume *source = mirror_source(m);
    uint64_t regions = volume_size(source) / REGION;
    struct mirror_info info;
    int rc = mirrors_part(&m, 1, false, NULL, NULL);
    if (!rc)
        rc = change(source, regions, (uint64_t)((double)regions * share), byte);
    mirror_get_info(m, &info);
    *differing = info.bytes_differing;
    int64_t start = clock_monotonic_us();
    if (!rc)
        rc = mirrors_start(&m, 1, NULL);
    if (!rc)
        rc = mirror_resync(m, NULL); /* in sync, and durably so */
    *seconds = (double)(clock_monotonic_us() - start) / 1e6;
    return rc;
}

int main(int argc, char **argv)
{
    static const double shares[] = {0.001, 0.01, 0.1};
    struct bed b;
    if (argc != 4) {
        fprintf(stderr, "usage: resync_time DIRECTORY MIB ROUNDS\n");
        return 2;
    }
    if (bed_open(&b, argv[1], "cached", strtoull(argv[2], NULL, 10) << 20, 0))
        return 1;
    struct mirror_group_options options = {.engine = b.engine, .id = "g", .mode = MIRROR_SYNCHRONOUS};
    struct mirror_group *group;
    struct mirror *m;
    struct mirror_spec spec = {.id = "m",
                               .source = bed_volume(&b, "source", b.size, true),
                               .target = bed_volume(&b, "target", b.size, false),
                               .target_zeroed = true};
    int rc = spec.source && spec.target ? mirror_group_new(&options, &group) : -EIO;
    if (!rc)
        rc = mirror_group_ready(group);
    if (!rc) {
        spec.group = group;
        rc = mirror_create(&spec, &m);
    }
    if (!rc)
        rc = mirrors_start(&m, 1, NULL);
    if (!rc)
        rc = mirror_resync(m, NULL);
    for (int round = 0; !rc && round < atoi(argv[3]); round++)
        for (size_t i = 0; !rc && i < sizeof shares / sizeof *shares; i++) {
            double seconds;
            uint64_t differing;
            rc = one(m, shares[i], (unsigned char)(round * 3 + (int)i + 1), &seconds, &differing);
            if (!rc)
                printf("{\"share\": %g, \"seconds\": %.6f, \"bytes\": %llu}\n", shares[i], seconds,
                       (unsigned long long)differing);
        }
    if (rc)
        bed_fail("resync_time", rc);
    return rc ? 1 : 0;
}
