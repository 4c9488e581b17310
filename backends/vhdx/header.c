/* SPDX-License-Identifier: BSD-2-Clause */
/* Reading, choosing and updating headers: see header.h. */
#include "vhdx/header.h"

#include <inttypes.h>

#include "vhdx/error.h"

#define SIGNATURE 0x64616568u /* "head" */

void vhdx_header_encode(const struct vhdx_header *h, uint8_t data[VHDX_HEADER_SIZE])
{
    memset(data, 0, VHDX_HEADER_SIZE);
    vhdx_put32(data, 0, SIGNATURE);
    vhdx_put64(data, 8, h->sequence);
    vhdx_put_guid(data, 16, &h->file_write);
    vhdx_put_guid(data, 32, &h->data_write);
    vhdx_put_guid(data, 48, &h->log);
    vhdx_put16(data, 64, h->log_version);
    vhdx_put16(data, 66, h->version);
    vhdx_put32(data, 68, h->log_length);
    vhdx_put64(data, 72, h->log_offset);
    vhdx_put32(data, 4, vhdx_checksum(data, VHDX_HEADER_SIZE, 4));
}

/* Signature and checksum: what decides which header counts. */
static int decode_fields(const uint8_t *data, unsigned slot, struct vhdx_header *h)
{
    uint64_t at = VHDX_HEADER_OFFSET(slot);
    if (vhdx_get32(data, 0) != SIGNATURE)
        return VHDX_FAIL(VHDX_CORRUPT, "header %u at offset %" PRIu64 ": no signature", slot + 1, at);
    if (vhdx_get32(data, 4) != vhdx_checksum(data, VHDX_HEADER_SIZE, 4))
        return VHDX_FAIL(VHDX_CORRUPT, "header %u at offset %" PRIu64 ": wrong checksum", slot + 1, at);
    h->sequence = vhdx_get64(data, 8);
    h->file_write = vhdx_get_guid(data, 16);
    h->data_write = vhdx_get_guid(data, 32);
    h->log = vhdx_get_guid(data, 48);
    h->log_version = vhdx_get16(data, 64);
    h->version = vhdx_get16(data, 66);
    h->log_length = vhdx_get32(data, 68);
    h->log_offset = vhdx_get64(data, 72);
    return 0;
}

static int check_log_place(const struct vhdx_header *h, unsigned slot, uint64_t file_size)
{
    uint64_t at = VHDX_HEADER_OFFSET(slot);
    bool dirty = !vhdx_guid_is_zero(&h->log);
    if (dirty && h->log_version != 0)
        return VHDX_FAIL(-ENOTSUP, "header %u at offset %" PRIu64 ": log version %u is not known", slot + 1,
                         at, h->log_version);
    if (h->log_length == 0 && !dirty)
        return 0;
    if (h->log_length == 0 || h->log_length % VHDX_MIB != 0 || h->log_length > VHDX_MAX_LOG_LENGTH)
        return VHDX_FAIL(VHDX_CORRUPT, "header %u at offset %" PRIu64 ": log length %" PRIu32 " is not valid",
                         slot + 1, at, h->log_length);
    if (h->log_offset < VHDX_MIB || h->log_offset % VHDX_MIB != 0 || h->log_offset > VHDX_MAX_FILE_SIZE)
        return VHDX_FAIL(VHDX_CORRUPT, "header %u at offset %" PRIu64 ": log offset %" PRIu64 " is not valid",
                         slot + 1, at, h->log_offset);
    if (h->log_offset + h->log_length > file_size)
        return VHDX_FAIL(VHDX_CORRUPT,
                         "header %u at offset %" PRIu64 ": the log at offset %" PRIu64
                         " ends behind the end of the file",
                         slot + 1, at, h->log_offset);
    return 0;
}

static int check_fields(const struct vhdx_header *h, unsigned slot, uint64_t file_size)
{
    if (h->version != 1)
        return VHDX_FAIL(-ENOTSUP, "header %u at offset %" PRIu64 ": version %u is not known", slot + 1,
                         VHDX_HEADER_OFFSET(slot), h->version);
    return check_log_place(h, slot, file_size);
}

int vhdx_header_decode(const uint8_t data[VHDX_HEADER_SIZE], unsigned slot, uint64_t file_size,
                       struct vhdx_header *h)
{
    int r = decode_fields(data, slot, h);
    return r != 0 ? r : check_fields(h, slot, file_size);
}

int vhdx_header_load(struct vhdx_file *f, uint64_t file_size, struct vhdx_header *h, unsigned *slot)
{
    uint8_t data[2][VHDX_HEADER_SIZE];
    struct vhdx_header found[2];
    bool good[2];
    if (file_size < VHDX_MIB)
        return VHDX_FAIL(VHDX_CORRUPT, "file of %" PRIu64 " bytes: the header section needs 1 MiB",
                         file_size);
    for (unsigned i = 0; i < 2; i++) {
        int r = vhdx_file_read(f, data[i], VHDX_HEADER_SIZE, VHDX_HEADER_OFFSET(i));
        if (r != 0)
            return VHDX_FAIL(r, "header %u at offset %" PRIu64 " cannot be read", i + 1,
                             VHDX_HEADER_OFFSET(i));
        good[i] = decode_fields(data[i], i, &found[i]) == 0;
    }
    if (!good[0] && !good[1])
        return VHDX_FAIL(VHDX_CORRUPT, "headers at offsets 65536 and 131072: neither is valid");
    *slot = good[0] && (!good[1] || found[0].sequence >= found[1].sequence) ? 0 : 1;
    /* Some tools write two equal headers: harmless while they say the same. */
    if (good[0] && good[1] && found[0].sequence == found[1].sequence &&
        memcmp(data[0], data[1], VHDX_HEADER_SIZE) != 0)
        return VHDX_FAIL(VHDX_CORRUPT,
                         "headers at offsets 65536 and 131072: different content with the same sequence "
                         "number %" PRIu64,
                         found[0].sequence);
    *h = found[*slot];
    return check_fields(h, *slot, file_size);
}

int vhdx_header_update(struct vhdx_file *f, struct vhdx_header *h, unsigned *slot)
{
    uint8_t data[VHDX_HEADER_SIZE];
    if (h->sequence > UINT64_MAX - 2)
        return VHDX_FAIL(VHDX_CORRUPT, "header at offset %" PRIu64 ": the sequence number is used up",
                         VHDX_HEADER_OFFSET(*slot));
    int r = f->ops->sync(f);
    for (int i = 0; i < 2 && r == 0; i++) {
        struct vhdx_header next = *h;
        next.sequence++;
        vhdx_header_encode(&next, data);
        r = vhdx_file_write(f, data, sizeof(data), VHDX_HEADER_OFFSET(*slot ^ 1));
        if (r == 0)
            r = f->ops->sync(f);
        if (r == 0) {
            *slot ^= 1;
            *h = next;
        }
    }
    return r != 0 ? VHDX_FAIL(r, "headers cannot be updated") : 0;
}
