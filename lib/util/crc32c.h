/* SPDX-License-Identifier: BSD-2-Clause */
/* CRC-32C (Castagnoli), by the processor's instruction where it has one. Thread-safe. */
#ifndef RSVC_UTIL_CRC32C_H
#define RSVC_UTIL_CRC32C_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The checksum of what had `crc` so far (0 = nothing yet) followed by these bytes. */
uint32_t crc32c(uint32_t crc, const void *data, size_t len);

/* The two ways, for the tests that compare them. */
uint32_t crc32c_by_table(uint32_t crc, const void *data, size_t len);
bool crc32c_has_hardware(void);
uint32_t crc32c_by_hardware(uint32_t crc, const void *data, size_t len); /* only if it has */

#endif
