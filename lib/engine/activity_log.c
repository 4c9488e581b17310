/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The activity log's file. A slot, little-endian:
 *
 *     0  8  magic "RSVCACT\1"
 *     8  4  CRC-32C of the slot with this field as zero
 *    12  4  number of extents, at most ACTIVITY_EXTENTS
 *    16  8  sequence number; slot (sequence & 1) of the file
 *    24  8  bytes of an extent, a power of two
 *    32  4  each: extents
 */
#include "engine/activity_log.h"

#include <errno.h>
#include <string.h>

#include "util/bytes.h"
#include "util/crc32c.h"

static const char magic[8] = "RSVCACT\1";

enum { AT_CRC = 8, AT_COUNT = 12, AT_SEQUENCE = 16, AT_EXTENT_SIZE = 24 };

void activity_file_build(struct activity_file *f, const uint32_t extents[], size_t n)
{
    uint8_t *s = f->slot;
    memset(s, 0, sizeof(f->slot));
    memcpy(s, magic, sizeof(magic));
    put_le32(s + AT_COUNT, (uint32_t)n);
    put_le64(s + AT_SEQUENCE, f->sequence + 1);
    put_le64(s + AT_EXTENT_SIZE, f->extent_size);
    for (size_t i = 0; i < n; i++)
        put_le32(s + ACTIVITY_HEADER_SIZE + 4 * i, extents[i]);
    put_le32(s + AT_CRC, crc32c(0, s, sizeof(f->slot)));
}

int activity_file_write(struct activity_file *f)
{
    uint64_t sequence = f->sequence + 1;
    int ret = f->file->ops->pwrite(f->file, f->slot, sizeof(f->slot), (sequence & 1) * ACTIVITY_SLOT_SIZE);
    if (ret == 0)
        ret = f->file->ops->sync(f->file);
    if (ret == 0)
        f->sequence = sequence;
    return ret;
}

int activity_file_clear(struct activity_file *f)
{
    for (int i = 0; i < 2; i++) {
        activity_file_build(f, NULL, 0);
        int ret = activity_file_write(f);
        if (ret != 0)
            return ret;
    }
    return 0;
}

int activity_file_create(struct activity_file *f, struct vfs *vfs, const char *name, uint64_t extent_size)
{
    *f = (struct activity_file){.extent_size = extent_size};
    int ret = vfs->ops->open(vfs, name, VFS_CREATE | VFS_EXCL, &f->file);
    if (ret != 0)
        return ret;
    ret = activity_file_clear(f);
    if (ret != 0) {
        activity_file_close(f);
        vfs->ops->unlink(vfs, name);
    }
    return ret;
}

static bool slot_is_sound(uint8_t *s, unsigned which, uint64_t size)
{
    uint32_t crc = get_le32(s + AT_CRC);
    put_le32(s + AT_CRC, 0);
    if (memcmp(s, magic, sizeof(magic)) != 0 || crc32c(0, s, ACTIVITY_SLOT_SIZE) != crc)
        return false;
    uint64_t extent_size = get_le64(s + AT_EXTENT_SIZE);
    uint32_t n = get_le32(s + AT_COUNT);
    if ((get_le64(s + AT_SEQUENCE) & 1) != which || n > ACTIVITY_EXTENTS || extent_size < 4096 ||
        (extent_size & (extent_size - 1)) != 0)
        return false;
    for (uint32_t i = 0; i < n; i++)
        if (get_le32(s + ACTIVITY_HEADER_SIZE + 4 * (size_t)i) > (size - 1) / extent_size)
            return false;
    return true;
}

int activity_file_open(struct activity_file *f, struct vfs *vfs, const char *name, uint64_t size,
                       uint32_t extents[], size_t *n)
{
    *f = (struct activity_file){.sequence = 0};
    *n = 0;
    int ret = vfs->ops->open(vfs, name, 0, &f->file);
    if (ret != 0)
        return ret;
    for (unsigned which = 0; which < 2; which++) {
        uint8_t *s = f->slot;
        ret = f->file->ops->pread(f->file, s, ACTIVITY_SLOT_SIZE, (uint64_t)which * ACTIVITY_SLOT_SIZE);
        if (ret != 0 && ret != -ENODATA)
            goto fail;
        if (ret == -ENODATA || !slot_is_sound(s, which, size))
            return -EUCLEAN;
        if (get_le64(s + AT_SEQUENCE) <= f->sequence)
            continue;
        f->sequence = get_le64(s + AT_SEQUENCE);
        f->extent_size = get_le64(s + AT_EXTENT_SIZE);
        *n = get_le32(s + AT_COUNT);
        for (size_t i = 0; i < *n; i++)
            extents[i] = get_le32(s + ACTIVITY_HEADER_SIZE + 4 * i);
    }
    return 0;
fail:
    activity_file_close(f);
    return ret;
}

void activity_file_close(struct activity_file *f)
{
    if (f->file != NULL)
        f->file->ops->close(f->file);
    f->file = NULL;
}
