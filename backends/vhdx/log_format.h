/* SPDX-License-Identifier: BSD-2-Clause */
/* Names and sizes of what lies in the log, shared by its reader and its writer. */
#ifndef RSVC_VHDX_LOG_FORMAT_H
#define RSVC_VHDX_LOG_FORMAT_H

#include "vhdx/format.h"

#define VHDX_LOG_ENTRY 0x65676f6cu           /* "loge" */
#define VHDX_LOG_DATA_DESCRIPTOR 0x63736564u /* "desc" */
#define VHDX_LOG_ZERO_DESCRIPTOR 0x6f72657au /* "zero" */
#define VHDX_LOG_DATA_SECTOR 0x61746164u     /* "data" */

/* Bytes that an entry's header and descriptors take. */
static inline uint64_t vhdx_log_descriptor_bytes(uint32_t descriptors)
{
    return vhdx_round_up(64 + 32 * (uint64_t)descriptors, VHDX_PAGE);
}

#endif
