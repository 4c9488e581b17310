/* SPDX-License-Identifier: BSD-2-Clause */
/* Finding and reading the specification's tables: see spec.h. */
#include "support/spec.h"

#include <stdlib.h>
#include <string.h>

static FILE *open_in(const char *folder, const char *name)
{
    char path[4096];
    if ((size_t)snprintf(path, sizeof(path), "%s/%s", folder, name) >= sizeof(path))
        return NULL;
    return fopen(path, "r");
}

/* The folder "shared" beside the source tree, or beside the folder that holds the tree. */
static FILE *open_beside(const char *up, const char *name)
{
    char folder[2048];
    const char *tail = strstr(__FILE__, "tests/support/spec.c");
    if (tail == NULL)
        return NULL;
    int root = (int)(tail - __FILE__);
    if ((size_t)snprintf(folder, sizeof(folder), "%.*s./%s/shared", root, __FILE__, up) >= sizeof(folder))
        return NULL;
    return open_in(folder, name);
}

FILE *spec_open(const char *name)
{
    const char *folder = getenv("REPLSVC_SPEC");
    FILE *f = folder != NULL ? open_in(folder, name) : NULL;
    if (f == NULL)
        f = open_beside("..", name);
    if (f == NULL)
        f = open_beside("../..", name);
    char heading[4096];
    if (f != NULL && fgets(heading, sizeof(heading), f) == NULL) {
        fclose(f);
        return NULL;
    }
    if (f == NULL)
        fprintf(stderr, "%s is not here: nothing to compare with\n", name);
    return f;
}

int spec_row(FILE *f, char *line, size_t size, char *fields[], int n)
{
    if (fgets(line, (int)size, f) == NULL)
        return -1;
    line[strcspn(line, "\r\n")] = '\0';
    int found = 0;
    char *rest = line;
    for (int i = 0; i < n; i++) {
        fields[i] = rest;
        size_t len = strcspn(rest, "\t");
        found += len != 0 || rest[len] != '\0';
        rest += len;
        if (*rest == '\t')
            *rest++ = '\0';
    }
    return found;
}
