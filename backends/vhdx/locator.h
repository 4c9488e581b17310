/* SPDX-License-Identifier: BSD-2-Clause */
/* The parent locator: how a child names its parent. Text is UTF-16 in the file, UTF-8 here. */
#ifndef RSVC_VHDX_LOCATOR_H
#define RSVC_VHDX_LOCATOR_H

#include "vhdx/format.h"

#define VHDX_LOCATOR_MAX_PAIRS 256u
#define VHDX_LOCATOR_MAX_TEXT 4096u

/* A pair that means nothing here and is kept as it is: UTF-16, the value behind the key. */
struct vhdx_locator_other {
    uint8_t *text;
    uint16_t key_size, value_size; /* bytes */
};

struct vhdx_locator {
    struct vhdx_guid linkage;  /* the parent's DataWriteGuid */
    struct vhdx_guid linkage2; /* the one it has after a merge was begun; zero: none */
    char *relative_path;       /* any of the paths may be NULL */
    char *volume_path;
    char *absolute_path;
    struct vhdx_locator_other *others;
    unsigned n_others;
};

/* at: file offset of the item, for messages. */
int vhdx_locator_decode(const uint8_t *item, uint32_t length, uint64_t at, struct vhdx_locator *l);
void vhdx_locator_free(struct vhdx_locator *l);
/* Writes the item; its length, or a negative errno: -ENAMETOOLONG if it needs more than room. */
int64_t vhdx_locator_encode(const struct vhdx_locator *l, uint8_t *item, uint32_t room);

/* A path of the locator as this system writes it: '/' separators, no drive, volume or device prefix.
 * Returns false for one that cannot name a file here. relative: it is relative to the child's folder. */
bool vhdx_locator_native_path(const char *windows, char *path, size_t size);
/* The file's own name: what is behind the last separator of any path. */
const char *vhdx_locator_file_name(const char *windows);
/* How an image at `child` names the file `parent`, from its own folder: ".\\x" or "..\\y\\x"; both paths
 * are absolute and plain. To be freed. */
int vhdx_locator_relative(const char *child, const char *parent, char **relative);

#endif
