/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How long it takes to open a service that knows 10,000 elements (real sparse files) and 1,000 relationships,
 * and to create a group of 1,000 of them. One line of JSON for each: name, value, unit, goal.
 *
 * service_open DIRECTORY [elements] [relationships]
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <replsvc/replsvc.h>

#include "support/many.h"
#include "util/clock.h"

#define ROUNDS 7
#define MEMBERS 1000u

static int fail(const char *what)
{
    fprintf(stderr, "service_open: %s: %s\n", what, replsvc_last_error()->message);
    return 1;
}

static int make_files(const char *directory, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        char path[4096];
        snprintf(path, sizeof path, "%s/many-%zu", directory, i);
        int fd = open(path, O_CREAT | O_WRONLY, 0600);
        if (fd < 0 || ftruncate(fd, 1 << 30)) {
            perror(path);
            return -1;
        }
        close(fd);
    }
    return 0;
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

static void report(const char *name, double times[ROUNDS], double goal_ms)
{
    qsort(times, ROUNDS, sizeof times[0], compare);
    printf("{\"name\": \"%s\", \"median\": %.3f, \"min\": %.3f, \"max\": %.3f, \"unit\": \"ms\", \"goal\": "
           "%.0f}\n",
           name, times[ROUNDS / 2], times[0], times[ROUNDS - 1], goal_ms);
}

static double since(int64_t start)
{
    return (double)(clock_monotonic_us() - start) / 1000.0;
}

int main(int argc, char **argv)
{
    if (argc < 2) {
        fprintf(stderr, "usage: service_open DIRECTORY [elements] [relationships]\n");
        return 2;
    }
    size_t n_elements = argc > 2 ? strtoul(argv[2], NULL, 10) : 10000;
    size_t n_relationships = argc > 3 ? strtoul(argv[3], NULL, 10) : 1000;
    char state[4096], locator[4200];
    snprintf(state, sizeof state, "%s/state", argv[1]);
    snprintf(locator, sizeof locator, "file:%s", argv[1]);
    replsvc_service *svc;
    if (make_files(argv[1], n_elements))
        return 1;
    if (replsvc_service_open(state, NULL, &svc))
        return fail("open");
    if (many_make(svc, locator, n_elements, n_relationships))
        return fail("make");
    replsvc_service_close(svc);

    double open_ms[ROUNDS], group_ms[ROUNDS], close_ms[ROUNDS];
    for (int i = 0; i < ROUNDS; i++) {
        int64_t start = clock_monotonic_us();
        if (replsvc_service_open(state, NULL, &svc))
            return fail("open");
        open_ms[i] = since(start);
        replsvc_element_ref *elements;
        replsvc_group_ref group;
        size_t n;
        if (replsvc_element_list(svc, &elements, &n))
            return fail("list");
        start = clock_monotonic_us();
        if (replsvc_create_group(svc, NULL, elements, n < MEMBERS ? n : MEMBERS, 0, 0, 0, NULL, &group, NULL))
            return fail("create_group");
        group_ms[i] = since(start);
        replsvc_free(elements);
        if (replsvc_delete_group(svc, &group, NULL, 0, NULL))
            return fail("delete_group");
        start = clock_monotonic_us();
        replsvc_service_close(svc);
        close_ms[i] = since(start);
    }
    report("service_open", open_ms, 100);
    report("create_group_1000", group_ms, 10);
    report("service_close", close_ms, 100);
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    printf("{\"name\": \"max_rss\", \"value\": %ld, \"unit\": \"KiB\"}\n", usage.ru_maxrss);
    return 0;
}
