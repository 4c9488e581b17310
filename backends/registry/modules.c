/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Modules found by the scheme of a locator: replsvc-SCHEME.so in the directories of the environment variable
 * REPLSVC_BACKENDS (which a program with other rights than its user's does not heed), then in the one where
 * they were installed. A module may offer variants of its scheme: "nbd" has "nbds" and "nbd+unix".
 *
 * One thread looks at a time, so that the second finds what the first has loaded. The lock is a leaf but for
 * the loader's and the registry's own; a module's constructor must not look for a backend.
 */
#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <replsvc/service.h>

#include "registry/registry.h"
#include "util/fail.h"

#ifndef REPLSVC_BACKEND_DIR
#define REPLSVC_BACKEND_DIR ""
#endif

#define PATH_ROOM 4096

static pthread_mutex_t looking = PTHREAD_MUTEX_INITIALIZER;

/* Lengths of the names under which a module for this scheme may lie, the longest first; 0 ends them. */
static void module_names(const char *scheme, size_t n, size_t lengths[4])
{
    const char *plus = memchr(scheme, '+', n);
    size_t at = 0, stem = plus != NULL ? (size_t)(plus - scheme) : n;
    lengths[at++] = n;
    if (stem != n && stem != 0)
        lengths[at++] = stem;
    if (stem > 1 && scheme[stem - 1] == 's')
        lengths[at++] = stem - 1;
    lengths[at] = 0;
}

/* Whether there is one in that directory; then *failed tells whether it could not be loaded. */
static bool load_from(const char *directory, size_t n, const char *scheme, size_t length, bool *failed)
{
    char path[PATH_ROOM];
    struct stat st;
    int room = snprintf(path, sizeof(path), "%.*s/replsvc-%.*s.so", (int)n, directory, (int)length, scheme);
    if (n == 0 || directory[0] != '/' || room < 0 || (size_t)room >= sizeof(path) || stat(path, &st) != 0)
        return false;
    *failed = backend_load(path) != REPLSVC_OK;
    return true;
}

static bool load_from_path(const char *directories, const char *scheme, size_t length, bool *failed)
{
    for (const char *at = directories; *at != '\0';) {
        size_t n = strcspn(at, ":");
        if (load_from(at, n, scheme, length, failed))
            return true;
        at += n + (at[n] == ':');
    }
    return false;
}

int backend_load_for(const char *scheme, size_t length)
{
    const char *own = secure_getenv("REPLSVC_BACKENDS");
    bool failed = false, found = false;
    size_t lengths[4];
    module_names(scheme, length, lengths);
    pthread_mutex_lock(&looking);
    for (size_t i = 0; lengths[i] != 0 && !found; i++)
        found = (own != NULL && load_from_path(own, scheme, lengths[i], &failed)) ||
                load_from_path(REPLSVC_BACKEND_DIR, scheme, lengths[i], &failed);
    pthread_mutex_unlock(&looking);
    if (failed)
        replsvc_backend_set_error("%s", replsvc_last_error()->message);
    return failed ? -ENOEXEC : found ? 0 : -ENOENT;
}
