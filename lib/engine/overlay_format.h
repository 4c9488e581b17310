/* SPDX-License-Identifier: BSD-2-Clause */
/* The overlay log on disk. Fields are of the machine's byte order: a log never leaves its machine (another
 * order fails the magic). Shared by overlay_log.c and overlay_replay.c only. */
#ifndef RSVC_ENGINE_OVERLAY_FORMAT_H
#define RSVC_ENGINE_OVERLAY_FORMAT_H

#include "engine/overlay_log.h"

#define OVERLAY_FILE_MAGIC 0x474c564f43565352u /* "RSVCOVLG" */
#define OVERLAY_RECORD_MAGIC 0x4352564fu       /* "OVRC" */
#define OVERLAY_VERSION 1u
#define OVERLAY_LONGEST (4u << 20) /* data of one record */

struct overlay_file_header {
    uint64_t magic;
    uint32_t version, crc; /* of the header with crc 0 */
    uint64_t generation;
    char identity[128];
    char zero[4096 - 24 - 128];
};
_Static_assert(sizeof(struct overlay_file_header) == 4096, "a header is a block");

struct overlay_record_header {
    uint32_t magic, crc; /* of header (crc 0) and data */
    uint64_t length;
    uint64_t generation, number, epoch, offset;
    uint64_t synced; /* the file was durable up to here when the record was made */
    uint64_t zero;
};
_Static_assert(sizeof(struct overlay_record_header) == OVERLAY_HEADER, "record headers are 64 bytes");

/* Where the record after one of that many bytes begins: records are aligned to their header's size. */
static inline uint64_t overlay_after(uint64_t at, uint64_t length)
{
    return at + (OVERLAY_HEADER + length + OVERLAY_HEADER - 1) / OVERLAY_HEADER * OVERLAY_HEADER;
}

/* overlay_log.c: writes the header of a new generation over whatever the file held. */
int overlay_begin_file(struct overlay_log *l, struct overlay_file *f, uint64_t generation);
/* Everything but the files. */
int overlay_log_init(struct overlay_log *l, struct vfs *vfs, const char *volume_id, const char *identity);

#endif
