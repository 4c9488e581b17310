/* SPDX-License-Identifier: BSD-2-Clause */
/* Random bytes and the ids made of them. Thread-safe. */
#ifndef RSVC_UTIL_ID_H
#define RSVC_UTIL_ID_H

#include <stddef.h>

#define UUID_TEXT_SIZE 37 /* the NUL included */

/* From the kernel: 0 or a negative errno. */
int random_bytes(void *buffer, size_t size);
/* A random (version 4) UUID as lower-case text. */
int uuid_new(char uuid[UUID_TEXT_SIZE]);
/* "prefix-uuid"; -ENAMETOOLONG if it doesn't fit (a reference's 64 bytes take prefixes up to 26). */
int id_new(const char *prefix, char *id, size_t size);

#endif
