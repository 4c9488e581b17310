/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The VHDX format as it lies on disk: where things are, what they are called, and accessors for its
 * little-endian fields. Structures are never mapped onto C structs: every field is read and written by
 * offset, so that alignment, padding and byte order of the host play no part.
 */
#ifndef RSVC_VHDX_FORMAT_H
#define RSVC_VHDX_FORMAT_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include <endian.h>

#define VHDX_KIB UINT64_C(1024)
#define VHDX_MIB UINT64_C(0x100000)
#define VHDX_PAGE 4096u           /* unit of the log and of everything that changes through it */
#define VHDX_SLOT (64 * VHDX_KIB) /* each fixed structure has 64 KiB of its own */
#define VHDX_HEADER_OFFSET(slot) (VHDX_SLOT * (1 + (uint64_t)(slot)))
#define VHDX_HEADER_SIZE 4096u
#define VHDX_REGION_TABLE_OFFSET(copy) (VHDX_SLOT * (3 + (uint64_t)(copy)))
#define VHDX_TABLE_SIZE 65536u            /* region table, metadata table */
#define VHDX_MAX_ENTRIES 2047u            /* of either table */
#define VHDX_FIRST_LOGGED (3 * VHDX_SLOT) /* the log may not change what is before it */

#define VHDX_MAX_VIRTUAL_SIZE (UINT64_C(64) << 40)
#define VHDX_MIN_BLOCK_SIZE (1u << 20)
#define VHDX_MAX_BLOCK_SIZE (256u << 20)
#define VHDX_MAX_FILE_SIZE (UINT64_C(256) << 40) /* far above what 64 TiB of payload needs */
#define VHDX_MAX_LOG_LENGTH (UINT64_C(1) << 30)
#define VHDX_MAX_METADATA_LENGTH (UINT64_C(128) << 20)

#define VHDX_BLOCK_NOT_PRESENT 0u
#define VHDX_BLOCK_UNDEFINED 1u
#define VHDX_BLOCK_ZERO 2u
#define VHDX_BLOCK_UNMAPPED 3u
#define VHDX_BLOCK_FULLY_PRESENT 6u
#define VHDX_BLOCK_PARTIALLY_PRESENT 7u
#define VHDX_BITMAP_NOT_PRESENT 0u
#define VHDX_BITMAP_PRESENT 6u
#define VHDX_BAT_STATE(entry) ((unsigned)((entry)&7))
#define VHDX_BAT_OFFSET(entry) ((entry) & ~(VHDX_MIB - 1))
#define VHDX_BAT_RESERVED(entry) ((entry) & (VHDX_MIB - 1) & ~UINT64_C(7))

#define VHDX_REGION_REQUIRED 1u
#define VHDX_ITEM_USER 1u
#define VHDX_ITEM_VIRTUAL_DISK 2u
#define VHDX_ITEM_REQUIRED 4u
#define VHDX_PARAMETER_LEAVE_ALLOCATED 1u
#define VHDX_PARAMETER_HAS_PARENT 2u

/* A GUID in the byte order of the file. */
struct vhdx_guid {
    uint8_t bytes[16];
};

extern const struct vhdx_guid vhdx_guid_bat, vhdx_guid_metadata;
extern const struct vhdx_guid vhdx_item_file_parameters, vhdx_item_virtual_disk_size,
    vhdx_item_virtual_disk_id, vhdx_item_logical_sector_size, vhdx_item_physical_sector_size,
    vhdx_item_parent_locator, vhdx_item_chs, vhdx_item_incomplete, vhdx_item_pmem_labels;
extern const struct vhdx_guid vhdx_locator_type;

#define VHDX_GUID_TEXT_SIZE 37
/* "2dc27766-f623-4200-9d64-115e9bfd4a08", lower case, without braces. */
void vhdx_guid_text(const struct vhdx_guid *g, char text[VHDX_GUID_TEXT_SIZE]);
/* With or without braces, either case. */
bool vhdx_guid_parse(const char *text, struct vhdx_guid *g);
/* A random one (version 4); 0 or a negative errno. */
int vhdx_guid_new(struct vhdx_guid *g);

static inline bool vhdx_guid_equal(const struct vhdx_guid *a, const struct vhdx_guid *b)
{
    return memcmp(a, b, sizeof(*a)) == 0;
}

static inline bool vhdx_guid_is_zero(const struct vhdx_guid *g)
{
    static const struct vhdx_guid zero;
    return vhdx_guid_equal(g, &zero);
}

static inline uint16_t vhdx_get16(const uint8_t *p, size_t at)
{
    uint16_t v;
    memcpy(&v, p + at, sizeof(v));
    return le16toh(v);
}

static inline uint32_t vhdx_get32(const uint8_t *p, size_t at)
{
    uint32_t v;
    memcpy(&v, p + at, sizeof(v));
    return le32toh(v);
}

static inline uint64_t vhdx_get64(const uint8_t *p, size_t at)
{
    uint64_t v;
    memcpy(&v, p + at, sizeof(v));
    return le64toh(v);
}

static inline struct vhdx_guid vhdx_get_guid(const uint8_t *p, size_t at)
{
    struct vhdx_guid g;
    memcpy(&g, p + at, sizeof(g));
    return g;
}

static inline void vhdx_put16(uint8_t *p, size_t at, uint16_t v)
{
    v = htole16(v);
    memcpy(p + at, &v, sizeof(v));
}

static inline void vhdx_put32(uint8_t *p, size_t at, uint32_t v)
{
    v = htole32(v);
    memcpy(p + at, &v, sizeof(v));
}

static inline void vhdx_put64(uint8_t *p, size_t at, uint64_t v)
{
    v = htole64(v);
    memcpy(p + at, &v, sizeof(v));
}

static inline void vhdx_put_guid(uint8_t *p, size_t at, const struct vhdx_guid *g)
{
    memcpy(p + at, g, sizeof(*g));
}

static inline uint64_t vhdx_round_up(uint64_t v, uint64_t unit)
{
    return (v + unit - 1) / unit * unit;
}

static inline uint64_t vhdx_min(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

bool vhdx_all_zero(const void *data, size_t len);
/* CRC-32C of a structure with the 4-byte field at `field` taken as zero. */
uint32_t vhdx_checksum(const uint8_t *data, size_t len, size_t field);

#endif
