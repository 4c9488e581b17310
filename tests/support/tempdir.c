/* SPDX-License-Identifier: BSD-2-Clause */
/* Temporary directories; see tempdir.h. */
#include "support/tempdir.h"

#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void must(int condition, const char *what)
{
    if (!condition) {
        perror(what);
        abort();
    }
}

void tempdir_make(char path[TEMPDIR_SIZE])
{
    const char *base = getenv("TMPDIR");
    (void)snprintf(path, TEMPDIR_SIZE, "%s/replsvc-test-XXXXXX", base ? base : "/tmp");
    must(mkdtemp(path) != NULL, path);
}

static int remove_entry(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    (void)st;
    (void)type;
    (void)ftw;
    return remove(path);
}

void tempdir_remove(const char *path)
{
    must(nftw(path, remove_entry, 16, FTW_DEPTH | FTW_PHYS) == 0, path);
}

static int open_in(const char *path, const char *name, int flags)
{
    int dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    must(dir >= 0, path);
    int fd = openat(dir, name, flags | O_CLOEXEC, 0600);
    must(fd >= 0, name);
    (void)close(dir);
    return fd;
}

unsigned char *tempdir_read(const char *path, const char *name, size_t *len)
{
    struct stat st;
    int fd = open_in(path, name, O_RDONLY);
    must(fstat(fd, &st) == 0, name);
    *len = (size_t)st.st_size;
    unsigned char *bytes = malloc(*len + 1);
    must(bytes != NULL && read(fd, bytes, *len) == (ssize_t)*len, name);
    (void)close(fd);
    return bytes;
}

void tempdir_write(const char *path, const char *name, const void *bytes, size_t len)
{
    int fd = open_in(path, name, O_WRONLY | O_CREAT | O_TRUNC);
    must(write(fd, bytes, len) == (ssize_t)len, name);
    (void)close(fd);
}
