/* SPDX-License-Identifier: BSD-2-Clause */
/* A directory of its own for a test, and small files in it. What cannot be had aborts the test. */
#ifndef TEST_SUPPORT_TEMPDIR_H
#define TEST_SUPPORT_TEMPDIR_H

#include <stddef.h>

#define TEMPDIR_SIZE 256

void tempdir_make(char path[TEMPDIR_SIZE]);
void tempdir_remove(const char *path); /* with all that is in it */

/* The whole of path/name; free it. */
unsigned char *tempdir_read(const char *path, const char *name, size_t *len);
void tempdir_write(const char *path, const char *name, const void *bytes, size_t len);

#endif
