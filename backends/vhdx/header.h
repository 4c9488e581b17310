/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The two headers. The current one is the valid one with the larger sequence number; an update writes the
 * other slot, flushes, and then brings the first slot up to date too, so that a cut at any instant leaves a
 * valid current header that is either the old or the new one.
 */
#ifndef RSVC_VHDX_HEADER_H
#define RSVC_VHDX_HEADER_H

#include "vhdx/file.h"
#include "vhdx/format.h"

struct vhdx_header {
    uint64_t sequence;
    struct vhdx_guid file_write;
    struct vhdx_guid data_write; /* the content's identity, which children check */
    struct vhdx_guid log;        /* zero: the log is empty */
    uint16_t log_version;
    uint16_t version;
    uint32_t log_length;
    uint64_t log_offset;
};

/* Decodes one header; a deviation gives VHDX_CORRUPT or -ENOTSUP with the sentence. slot: 0 or 1. */
int vhdx_header_decode(const uint8_t data[VHDX_HEADER_SIZE], unsigned slot, uint64_t file_size,
                       struct vhdx_header *h);
void vhdx_header_encode(const struct vhdx_header *h, uint8_t data[VHDX_HEADER_SIZE]);

/* Reads both and picks the current one. */
int vhdx_header_load(struct vhdx_file *f, uint64_t file_size, struct vhdx_header *h, unsigned *slot);

/* Makes *h, with the next sequence numbers, current in both slots; durable on return. *h and *slot follow.
 * Everything written before the call is durable before the new header is. */
int vhdx_header_update(struct vhdx_file *f, struct vhdx_header *h, unsigned *slot);

#endif
